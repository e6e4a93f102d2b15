"""The chart of a selection audit; imported only when a chart is asked for."""

import math
from typing import TYPE_CHECKING

import altair as alt

if TYPE_CHECKING:
    from evaluators.screening.audit import SelectionAudit

# Okabe and Ito's vermilion and blue, which people with any common colour vision tell apart, and greys;
# all stand out from white at 3:1 or more, and shapes repeat what colours say.
_LOOK = {
    "evidence of adverse impact": ("#D55E00", "diamond"),
    "too little data to tell": ("#707070", "triangle-up"),
    "none seen": ("#0072B2", "circle"),
    "reference": ("#000000", "square"),
}
_WIDEST_RATIO = 3.0  # an interval that goes on for ever is cut here


def ratio_chart(audit: "SelectionAudit") -> alt.LayerChart:
    """Draw impact ratios with intervals; see `SelectionAudit.chart`."""
    ends = [end for group in audit for end in (group.impact_ratio, group.ratio_high) if math.isfinite(end)]
    right = min(_WIDEST_RATIO, max([1.1, *ends]))
    rows = [
        row | {"shown_high": right if row["ratio_high"] is None else row["ratio_high"]}
        for row in audit.to_dict()["groups"]
    ]
    order = [*(group.group for group in audit.compared), audit.reference]
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=alt.Y("group:N", title=None, sort=order))
    scale = alt.Scale(domain=[0, right], clamp=True)
    intervals = (
        base.transform_filter("isValid(datum.ratio_low)")
        .mark_rule(strokeWidth=2)
        .encode(x=alt.X("ratio_low:Q", scale=scale), x2="shown_high:Q", color=_colour())
    )
    points = (
        base.transform_filter("isValid(datum.impact_ratio)")
        .mark_point(size=110, filled=True, opacity=1)
        .encode(
            x=alt.X(
                "impact_ratio:Q",
                scale=scale,
                title=f"Impact ratio: selection rate / rate of {audit.reference}",
            ),
            color=_colour(),
            shape=alt.Shape("verdict:N", title="Verdict", scale=_scale(1)),
            tooltip=[
                "group:N",
                "selected:Q",
                "applicants:Q",
                alt.Tooltip("impact_ratio:Q", format=".2f"),
                "verdict:N",
            ],
        )
    )
    threshold = float(audit.rule.threshold)
    line = (
        alt.Chart(alt.InlineData(values=[{"threshold": threshold}]))
        .mark_rule(strokeDash=[6, 4], color="#555555")
        .encode(x=alt.X("threshold:Q", scale=scale))
    )
    bars = f"Bars: {1 - audit.alpha:.0%} intervals ({audit.interval_method})."
    return alt.LayerChart(
        layer=[line, intervals, points],
        title=alt.Title("Impact ratios", subtitle=f"{bars} Dashed: {audit.rule.name}."),
        width=420,
        height=alt.Step(36),
        description=audit.summary(),
    )


def _colour() -> alt.Color:
    return alt.Color("verdict:N", title="Verdict", scale=_scale(0))


def _scale(look: int) -> alt.Scale:
    return alt.Scale(domain=list(_LOOK), range=[looks[look] for looks in _LOOK.values()])
