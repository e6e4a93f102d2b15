"""Charts of waiting times; imported only when a chart is asked for."""

from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._chart_looks import guide, look
from evaluators._palette import BLUE, COLOURS, DASHES, INK, ORANGE, RANGE_BLUE
from evaluators.itdata._words import hours_in_words
from evaluators.itdata.tickets._ticket_times import STEPS

if TYPE_CHECKING:
    from evaluators.itdata.tickets.durations import Durations

_MINUTE = 1 / 60
_WIDTH, _HEIGHT = 250, 220
_TEXT: dict[str, Any] = {"labelFontSize": 13, "titleFontSize": 13}  # legible on a telephone, where charts shrink
# Ticks of the scale, in hours, as people call them.
_TICKS = {1 / 60: "1 min", 1 / 6: "10 min", 1: "1 hour", 24: "1 day", 168: "1 week", 8760: "1 year"}


def _hours_axis(longest: float) -> tuple[alt.Axis, alt.Scale]:
    shown = [each for each in _TICKS if each <= longest]
    words = " : ".join(f"abs(datum.value / {each!r} - 1) < 0.01 ? '{_TICKS[each]}'" for each in shown)
    axis = alt.Axis(
        values=shown,
        labelExpr=f"{words} : ''" if shown else "''",
        grid=True,
        labelOverlap="greedy",
        labelSeparation=8,
        **_TEXT,
    )
    return axis, alt.Scale(type="log", domain=[_MINUTE, max(longest, 2 * _MINUTE)], nice=False, clamp=True)


def curve_chart(found: "Durations") -> alt.LayerChart:
    """Draw the share still waiting; see `Durations.chart`."""
    labels = [row.label for row in found.rows if row.label in found.curves] or [found.overall.label]
    rows: list[dict[str, Any]] = []
    for label in labels:
        points = ((_MINUTE, 1.0), *found.curves[label])
        rows += [
            {"label": label, "hours": max(hours, _MINUTE), "waiting": share, "time": hours_in_words(hours)}
            for hours, share in points
        ]
    longest = max(row["hours"] for row in rows)
    axis, scale = _hours_axis(longest)
    many = len(labels) > 1
    lines = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("hours:Q", title=f"Time from opening to {STEPS[found.until]}", axis=axis, scale=scale),
            y=alt.Y(
                "waiting:Q", title="Still waiting", axis=alt.Axis(format="%", **_TEXT), scale=alt.Scale(domain=[0, 1])
            ),
            color=alt.Color(
                "label:N",
                title=None,
                scale=look(labels, COLOURS),
                legend=alt.Legend(orient="bottom", columns=2, labelLimit=130, labelFontSize=13) if many else None,
            ),
            strokeDash=alt.StrokeDash("label:N", title=None, scale=look(labels, DASHES)),
            tooltip=["label:N", "time:N", alt.Tooltip("waiting:Q", format=".1%")],
        )
    )
    half = guide("y", 0.5, dash=(2, 3))
    return alt.LayerChart(
        layer=[half, lines],
        title=alt.Title(
            "How many still wait, and for how long", subtitle="Dotted: half. Tickets still open are counted."
        ),
        width=_WIDTH,
        height=_HEIGHT,
        description=found.summary(),
    )


def distribution_chart(found: "Durations") -> alt.LayerChart:
    """Draw how long ended tickets took; see `Durations.chart`."""
    bars: list[dict[str, Any]] = [
        {
            "from": max(low, _MINUTE),
            "to": high,
            "tickets": count,
            "zero": 0,
            "time": f"{hours_in_words(low)} to {hours_in_words(high)}",
        }
        for low, high, count in found.histogram
    ]
    longest = max(each["to"] for each in bars)
    axis, scale = _hours_axis(longest)
    x = alt.X("from:Q", title=f"Time from opening to {STEPS[found.until]}", axis=axis, scale=scale)
    top = max(each["tickets"] for each in bars)
    drawn = (
        alt.Chart(alt.InlineData(values=bars))
        .mark_rect(color=RANGE_BLUE, stroke="#FFFFFF", strokeWidth=1)
        .encode(
            x=x,
            x2="to:Q",
            y=alt.Y(
                "tickets:Q",
                title="Ended tickets",
                axis=alt.Axis(**_TEXT),
                scale=alt.Scale(domain=[0, top * 1.3], nice=False),
            ),
            y2="zero:Q",
            tooltip=["time:N", "tickets:Q"],
        )
    )
    return alt.LayerChart(
        layer=[drawn, *_figures(found, top, longest, scale)],
        title=alt.Title(
            "How long ended tickets took",
            subtitle=["Bars to the right are far longer: each label", "is several times the one before."],
            anchor="start",
        ),
        width=_WIDTH,
        height=_HEIGHT,
        description=found.summary(),
    )


def _figures(found: "Durations", top: int, longest: float, scale: alt.Scale) -> list[alt.Chart]:
    """Draw median, mean and P90 as lines with their figures at different heights."""
    row = found.overall
    figures = (("Median", row.ended_median), ("Mean", row.ended_mean), ("P90", row.ended_p90))
    names = [name for name, hours in figures if hours is not None]
    marks = [
        {
            "name": name,
            "hours": max(hours, _MINUTE),
            "text": f"{name} {hours_in_words(hours)}",
            "height": top * (1.25 - 0.1 * place),
            "zero": 0,
            "left": name == "Median" or hours > longest**0.85 * _MINUTE**0.15,
        }
        for place, (name, hours) in enumerate(figures)
        if hours is not None
    ]
    base = alt.Chart(alt.InlineData(values=marks)).encode(
        x=alt.X("hours:Q", scale=scale),
        color=alt.Color("name:N", scale=look(names, (INK, ORANGE, BLUE)), legend=None),
    )
    rules = base.mark_rule(strokeWidth=2).encode(
        y="height:Q", y2="zero:Q", strokeDash=alt.StrokeDash("name:N", scale=look(names, DASHES), legend=None)
    )
    # White below, so that no line runs through a figure.
    looks: tuple[dict[str, Any], ...] = ({"stroke": "#FFFFFF", "strokeWidth": 4}, {})
    texts = [
        base.transform_filter(f"{'' if left else '!'}datum.left")
        .mark_text(
            align="right" if left else "left",
            dx=-4 if left else 4,
            baseline="top",
            fontWeight="bold",
            fontSize=13,
            **each,
        )
        .encode(y="height:Q", text="text:N")
        for each in looks
        for left in (True, False)
    ]
    return [rules, *texts]
