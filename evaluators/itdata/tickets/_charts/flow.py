"""Charts of the flow of tickets; imported only when a chart is asked for."""

from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._palette import BLUE, DARK_ORANGE, GREY
from evaluators.itdata.tickets.flow import WEEKDAYS

if TYPE_CHECKING:
    from evaluators.itdata.tickets.flow import Flow


def flow_chart(flow: "Flow") -> alt.VConcatChart:
    """Draw arrivals, closures and the backlog; see `Flow.chart`."""
    rows: list[dict[str, Any]] = []
    for row in flow.rows:
        start = row.period if len(row.period) > 7 else f"{row.period}-01"
        covered = "partly in the log" if row.partial else "whole"
        for what, count in (("came in", row.arrivals), ("ended", row.closures), ("open at the end", row.backlog)):
            rows.append({"start": f"{start}T00:00:00", "what": what, "tickets": count, "covered": covered})
    charts = []
    for names, colours, height in (
        (["came in", "ended"], [DARK_ORANGE, BLUE], 140),
        (["open at the end"], [GREY], 110),
    ):
        base = alt.Chart(alt.InlineData(values=[row for row in rows if row["what"] in names])).encode(
            x=alt.X(
                "start:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True, tickCount=5, labelFontSize=13)
            ),
            y=alt.Y(
                "tickets:Q",
                title="Open at the end" if len(names) == 1 else "Tickets",
                axis=alt.Axis(labelFontSize=13, titleFontSize=13),
            ),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=names, range=colours),
                legend=alt.Legend(orient="top", labelFontSize=13) if len(names) > 1 else None,
            ),
            tooltip=[
                alt.Tooltip("start:T", format="%d %b %Y", title=f"{flow.every} from"),
                "what:N",
                "tickets:Q",
                "covered:N",
            ],
        )
        known = base if len(names) == 1 else base.transform_filter("datum.covered == 'whole'")
        lines = known.mark_line(strokeWidth=2).encode(
            strokeDash=alt.StrokeDash("what:N", title=None, scale=alt.Scale(domain=names, range=[[1, 0], [5, 3]]))
        )
        partial = base.transform_filter("datum.covered != 'whole'").mark_point(size=60, strokeWidth=2, fill="#FFFFFF")
        charts.append(alt.layer(lines, partial).properties(width=250, height=height))
    chart = alt.VConcatChart(
        vconcat=charts,
        title=alt.Title(
            f"In, out, and left over, by {flow.every}",
            subtitle=["Ring: only partly in the log,", "not to be compared."],
            anchor="start",
        ),
        description=flow.summary(),
    )
    drawn: alt.VConcatChart = chart.resolve_scale(color="independent", strokeDash="independent", x="shared")
    return drawn


def shape_chart(flow: "Flow") -> alt.VConcatChart:
    """Draw tickets by weekday and by hour; see `Flow.chart`."""
    total = max(sum(flow.weekdays), 1)
    days: list[dict[str, Any]] = [
        {"day": name[:3], "share": count / total, "tickets": count, "text": f"{count / total:.0%}"}
        for name, count in zip(WEEKDAYS, flow.weekdays, strict=True)
    ]
    hours: list[dict[str, Any]] = [
        {"hour": hour, "share": count / total, "tickets": count} for hour, count in enumerate(flow.hours)
    ]
    by_day = alt.Chart(alt.InlineData(values=days)).encode(
        x=alt.X("day:N", title=None, sort=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("share:Q", title="Share of tickets", axis=alt.Axis(format="%")),
    )
    bars = by_day.mark_bar(color=BLUE).encode(tooltip=["day:N", "tickets:Q", alt.Tooltip("share:Q", format=".1%")])
    texts = by_day.mark_text(baseline="bottom", dy=-2).encode(text="text:N")
    by_hour = (
        alt.Chart(alt.InlineData(values=hours))
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X(
                "hour:O",
                title=f"Hour of the day, time of {flow.time_zone}",
                axis=alt.Axis(labelAngle=0, values=list(range(0, 24, 3))),
            ),
            y=alt.Y("share:Q", title="Share of tickets", axis=alt.Axis(format="%")),
            tooltip=["hour:O", "tickets:Q", alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return alt.VConcatChart(
        vconcat=[
            alt.layer(bars, texts).properties(width=310, height=120),
            by_hour.properties(width=310, height=120),
        ],
        title="When tickets are opened",
        description=flow.summary(),
    )
