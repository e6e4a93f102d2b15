"""Charts of services and their deployments; imported only when a chart is asked for."""

from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._palette import BLUE, DARK_ORANGE, INK, PALE_BLUE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.itdata.estate.deployments import DeliveryPerformance
    from evaluators.itdata.estate.services import Availability

_NOTICE = ["without notice", "with notice"]


def availability_chart(found: "Availability") -> alt.VConcatChart:
    """Draw hours down by month; see `Availability.chart`."""
    frame = found.to_frame()
    months = sorted(frame["month"].unique())
    top = float((frame["down_minutes"] + frame["planned_down_minutes"]).max()) / 60 or 1.0
    charts: list[Any] = []
    for place, each in enumerate(found.services):
        rows = frame[frame["service"] == each.service]
        values = [
            {"month": row["month"], "kind": kind, "place": order, "hours": row[name] / 60}
            for row in rows.to_dict("records")
            for order, (kind, name) in enumerate(zip(_NOTICE, ("down_minutes", "planned_down_minutes"), strict=True))
        ]
        last = place == len(found.services) - 1
        axis = alt.Axis(labels=last, ticks=last, values=months[:: max(1, len(months) // 6)], labelAngle=-45)
        base = alt.Chart(alt.InlineData(values=plain(values))).encode(
            x=alt.X("month:O", title=None, scale=alt.Scale(domain=months), axis=axis)
        )
        bars = base.mark_bar(stroke=INK, strokeWidth=0.4).encode(
            y=alt.Y(
                "hours:Q",
                title="Hours down",
                stack="zero",
                scale=alt.Scale(domain=[0, top]),
                axis=alt.Axis(tickCount=3),
            ),
            order="place:Q",
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=_NOTICE, range=[DARK_ORANGE, PALE_BLUE]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["month:O", "kind:N", alt.Tooltip("hours:Q", format=".1f")],
        )
        share = f"{each.availability:.3%} up" if each.availability == each.availability else "never due"
        charts.append(bars.properties(title=f"{each.service}: {share}", width=300, height=60))
    return alt.VConcatChart(
        vconcat=charts,
        title=alt.Title("Hours down by month", subtitle="Lowest availability first; planned work is not in the %."),
        description=found.summary(),
    )


def delivery_chart(found: "DeliveryPerformance") -> alt.VConcatChart:
    """Draw a row of dots for each measure; see `DeliveryPerformance.chart`."""
    frame = found.to_frame()
    order = list(frame["service"])
    panels = (
        ("per_week", "Deployments a week", None),
        ("lead_median_hours", "Lead time, median hours", None),
        ("fail_rate", "Share that failed, with 95% interval", ("fail_low", "fail_high")),
        ("recovery_median_hours", "Recovery time, median hours", None),
    )
    charts: list[Any] = []
    for name, title, ends in panels:
        rows = frame[frame[name].notna()]
        base = alt.Chart(alt.InlineData(values=plain(rows.to_dict("records")))).encode(
            y=alt.Y("service:N", title=None, sort=order, axis=alt.Axis(labelLimit=120))
        )
        top = 1.08 * float(rows[ends[1] if ends else name].max()) if len(rows) else 1.0
        axis = alt.Axis(format="%", tickCount=5) if ends else alt.Axis(tickCount=5)
        x: dict[str, Any] = {"title": None, "axis": axis, "scale": alt.Scale(domain=[0, top or 1.0])}
        dots: Any = base.mark_point(filled=True, size=80, opacity=1, color=BLUE).encode(
            x=alt.X(f"{name}:Q", **x),
            tooltip=["service:N", alt.Tooltip(f"{name}:Q", format=".3~g"), "deployments:Q", "failed:Q"],
        )
        if ends:
            rules = base.mark_rule(strokeWidth=2, color=BLUE).encode(x=alt.X(f"{ends[0]}:Q", **x), x2=f"{ends[1]}:Q")
            dots = alt.layer(rules, dots)
        charts.append(dots.properties(title=title, width=270, height=alt.Step(20)))
    return alt.VConcatChart(
        vconcat=charts,
        title=alt.Title(
            "How changes reach users", subtitle="For each service beside itself over time, not for a contest."
        ),
        description=found.summary(),
    )
