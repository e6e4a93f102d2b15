"""The chart of a probe; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, guide, labelled, legends_below, titled
from evaluators._palette import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from evaluators.screening.probe_results import ProbeResult

# Okabe and Ito's vermilion and blue, and a grey; shapes repeat what colours say.
_LOOK = {
    "effect beyond the placebo": (ORANGE, "diamond"),
    "too little data to tell": (GREY, "triangle-up"),
    "none seen": (BLUE, "circle"),
}


def effect_chart(result: "ProbeResult") -> alt.LayerChart:
    """Draw effects with intervals over the placebo's range; see `ProbeResult.chart`."""
    rows = [row | {"label": effect.label} for row, effect in zip(result.to_dict()["effects"], result, strict=True)]
    order = [effect.label for effect in result]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("label:N", title=None, sort=order, axis=labelled(order))
    )
    title = ["Change of the score, in points", "(below 0: the second group scores lower)"]
    colour = alt.Color("verdict:N", title="Verdict", scale=_scale(0))
    placebo = (
        base.transform_filter("isValid(datum.placebo_low)")
        .mark_bar(height=20, color="#dddddd", stroke="#999999")
        .encode(x=alt.X("placebo_low:Q", title=title), x2="placebo_high:Q")
    )
    intervals = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=2)
        .encode(x=alt.X("low:Q", title=title), x2="high:Q", color=colour)
    )
    points = (
        base.transform_filter("isValid(datum.effect)")
        .mark_point(size=110, filled=True, opacity=1)
        .encode(
            x=alt.X("effect:Q", title=title),
            color=colour,
            shape=alt.Shape("verdict:N", title="Verdict", scale=_scale(1)),
            tooltip=[
                "label:N",
                alt.Tooltip("effect:Q", format="+.2f"),
                alt.Tooltip("low:Q", format="+.2f"),
                alt.Tooltip("high:Q", format="+.2f"),
                alt.Tooltip("placebo_move:Q", format=".2f"),
                alt.Tooltip("share_flipped:Q", format=".1%"),
                "verdict:N",
            ],
        )
    )
    nothing = guide("x", 0, title=title)
    return alt.LayerChart(
        layer=[placebo, nothing, intervals, points],
        title=titled(
            "What a swap does to the score",
            f"Point and line: effect and {1 - result.alpha:.0%} interval.",
            "Grey: 95% of what the placebo does to single résumés.",
        ),
        config=legends_below(),
        width=LABELLED_WIDTH,
        height=alt.Step(40),
        description=result.summary(),
    )


def _scale(look: int) -> alt.Scale:
    return alt.Scale(domain=list(_LOOK), range=[looks[look] for looks in _LOOK.values()])
