"""The chart of how tickets are handled; imported only when a chart is asked for."""

from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._chart_looks import guide
from evaluators._palette import BLUE, RANGE_BLUE
from evaluators.itdata._words import percent

if TYPE_CHECKING:
    from evaluators.itdata.tickets.handling import Handling

_MOST = 12
_TITLES = {
    "reassigned": "Passed on to another group",
    "ping_pong": "Came back to a group they had just left",
    "reopened": "Reopened after being resolved",
    "first_contact": "Resolved at the first contact",
}


def share_chart(found: "Handling", figure: str) -> alt.LayerChart:
    """Draw one share by label; see `Handling.chart`."""
    chosen = [row for row in found.rows if getattr(row, figure).share is not None][:_MOST] or [found.overall]
    rows: list[dict[str, Any]] = []
    for row in sorted(chosen, key=lambda each: -getattr(each, figure).share):
        share = getattr(row, figure)
        rows.append(
            {
                "label": row.label,
                "share": share.share,
                "low": share.low,
                "high": share.high,
                "count": share.count,
                "tickets": share.of,
                "text": f"{percent(share.share)} of {share.of:,}",
            }
        )
    top = min(1.0, 1.1 * max(row["high"] for row in rows))
    scale = alt.Scale(domain=[0, top], nice=False)
    for each in rows:
        each["place"] = min(each["low"], 0.6 * top)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=110))
    )
    ranges = base.mark_rule(strokeWidth=3, color=RANGE_BLUE).encode(
        x=alt.X("low:Q", title="Share of tickets", scale=scale, axis=alt.Axis(format=".0~%", tickCount=5)), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=80, opacity=1, color=BLUE).encode(
        x=alt.X("share:Q", scale=scale),
        tooltip=["label:N", alt.Tooltip("share:Q", format=".1%"), "count:Q", "tickets:Q"],
    )
    texts = base.mark_text(align="left", baseline="bottom", dy=-6, fontSize=11).encode(
        x=alt.X("place:Q", scale=scale), text="text:N"
    )
    overall = guide("x", getattr(found.overall, figure).share, scale=scale)
    return alt.LayerChart(
        layer=[overall, ranges, dots, texts],
        title=alt.Title(
            f"{_TITLES[figure]}{f', by {found.by}' if found.rows else ''}",
            subtitle="Dot: share. Line: its likely range. Dashed: all tickets.",
        ),
        width=250,
        height=alt.Step(38),
        description=found.summary(),
    )
