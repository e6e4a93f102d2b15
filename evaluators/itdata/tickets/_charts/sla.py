"""The chart of service levels; imported only when a chart is asked for."""

from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._chart_looks import titled
from evaluators._palette import BLUE, RANGE_BLUE
from evaluators.itdata._words import percent

if TYPE_CHECKING:
    from evaluators.itdata.tickets.sla import SlaMeasure

_MOST = 12


def sla_chart(found: "SlaMeasure") -> alt.LayerChart:
    """Draw the share met with its range; see `SlaMeasure.chart`."""
    known = [row for row in found.rows if row.share_met is not None]
    largest = sorted(known, key=lambda row: -(row.met + row.missed))[:_MOST]
    rows: list[dict[str, Any]] = [
        {
            "label": row.label,
            "share": row.share_met,
            "low": row.low,
            "high": row.high,
            "decided": row.met + row.missed,
            "open": row.not_yet_known,
            "text": f"{percent(row.share_met)} of {row.met + row.missed:,}",
        }
        for row in known
        if row in largest
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=alt.Y("label:N", title=None, sort=None))
    x = alt.X(
        "low:Q",
        title="Share met (of those that are decided)",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    ranges = base.mark_rule(strokeWidth=3, color=RANGE_BLUE).encode(x=x, x2="high:Q")
    dots = base.mark_point(filled=True, size=90, opacity=1, color=BLUE).encode(
        x="share:Q",
        tooltip=["label:N", alt.Tooltip("share:Q", format=".1%"), "decided:Q", "open:Q"],
    )
    texts = base.mark_text(align="left", baseline="bottom", dy=-7, fontSize=12).encode(
        x=alt.X("place:Q", scale=alt.Scale(domain=[0, 1])), text="text:N"
    )
    for row in rows:
        row["place"] = min(row["low"], 0.62)
    return alt.LayerChart(
        layer=[ranges, dots, texts],
        title=titled(
            f"Service level met by {found.by}",
            "Dot: share met. Line: its likely range. Open and not yet due: not counted.",
        ),
        width=270,
        height=alt.Step(46),
        description=found.summary(),
    )
