"""The chart of a selection audit; imported only when a chart is asked for."""

import math
from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, guide, headed, labelled, legends_below, titled
from evaluators._palette import BLUE, GREY, INK, ORANGE

if TYPE_CHECKING:
    from evaluators.screening.audit import SelectionAudit
    from evaluators.screening.families import Audit

# Okabe and Ito's vermilion and blue, which people with any common colour vision tell apart, and greys;
# all stand out from white at 3:1 or more, and shapes repeat what colours say.
_LOOK = {
    "evidence of adverse impact": (ORANGE, "diamond"),
    "too little data to tell": (GREY, "triangle-up"),
    "none seen": (BLUE, "circle"),
    "reference": (INK, "square"),
}
_WIDEST_RATIO = 3.0  # an interval that goes on for ever is cut here


def ratio_chart(audit: "SelectionAudit") -> alt.LayerChart:
    """Draw impact ratios with intervals; see `SelectionAudit.chart`."""
    bars = f"Bars: {1 - audit.alpha:.0%} intervals ({audit.interval_method})."
    return _ratios(audit, right=_right_end([audit])).properties(
        title=titled("Impact ratios", bars, f"Dashed: {audit.rule.name}."),
        config=legends_below(),
        description=audit.summary(),
    )


def families_chart(families: "Audit") -> alt.VConcatChart:
    """Draw one chart of impact ratios per family on one scale; see `Audit.chart`."""
    audits = [audit for _, audit in families]
    right = _right_end(audits)
    first = audits[0]
    return alt.VConcatChart(
        vconcat=[_ratios(audit, right=right).properties(title=headed(name)) for name, audit in families],
        title=titled(
            "Impact ratios",
            f"Bars: {1 - first.alpha:.0%} intervals ({first.interval_method}).",
            f"Dashed: {first.rule.name}.",
        ),
        config=legends_below(),
        description=families.summary(),
    )


def _right_end(audits: list["SelectionAudit"]) -> float:
    ends = [end for audit in audits for group in audit for end in (group.impact_ratio, group.ratio_high)]
    return min(_WIDEST_RATIO, max([1.1, *filter(math.isfinite, ends)]))


def _ratios(audit: "SelectionAudit", *, right: float) -> alt.LayerChart:
    """Draw the points, bars and the line of one audit, without a title."""
    left_out = [group.group for group in audit.left_out]
    rows = [
        row | {"shown_high": right if row["ratio_high"] is None else row["ratio_high"]}
        for row in audit.to_dict()["groups"]
    ]
    order = [*(group.group for group in audit.compared), audit.reference, *left_out]
    title = ["Impact ratio: selection rate /", f"rate of {audit.reference}"]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("group:N", title=None, sort=order, axis=labelled(order))
    )
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
                title=title,
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
    line = guide("x", float(audit.rule.threshold), scale=scale)
    layers = [line, intervals, points]
    if left_out:
        said = (
            base.transform_filter("datum.left_out").mark_text(align="left", dx=4).encode(x=alt.XDatum(0, scale=scale))
        )
        layers.append(said.encode(text=alt.TextValue("small group, not compared")))
    return alt.LayerChart(layer=layers, width=LABELLED_WIDTH, height=alt.Step(36))


def _colour() -> alt.Color:
    return alt.Color("verdict:N", title="Verdict", scale=_scale(0))


def _scale(look: int) -> alt.Scale:
    return alt.Scale(domain=list(_LOOK), range=[looks[look] for looks in _LOOK.values()])
