"""The chart of a selection audit; imported only when a chart is asked for."""

import json
import math
import textwrap
from typing import TYPE_CHECKING

import altair as alt

if TYPE_CHECKING:
    from evaluators.screening.audit import SelectionAudit
    from evaluators.screening.families import Audit

# Okabe and Ito's vermilion and blue, which people with any common colour vision tell apart, and greys;
# all stand out from white at 3:1 or more, and shapes repeat what colours say.
_LOOK = {
    "evidence of adverse impact": ("#D55E00", "diamond"),
    "too little data to tell": ("#707070", "triangle-up"),
    "none seen": ("#0072B2", "circle"),
    "reference": ("#000000", "square"),
}
_WIDEST_RATIO = 3.0  # an interval that goes on for ever is cut here
_PHONE_PIXELS = 340
_LABEL_PIXELS = 130
_LABEL_LETTERS = 20


def ratio_chart(audit: "SelectionAudit") -> alt.LayerChart:
    """Draw impact ratios with intervals; see `SelectionAudit.chart`."""
    bars = f"Bars: {1 - audit.alpha:.0%} intervals ({audit.interval_method})."
    return _ratios(audit, right=_right_end([audit])).properties(
        title=alt.Title("Impact ratios", subtitle=f"{bars} Dashed: {audit.rule.name}."),
        width=420,
        description=audit.summary(),
    )


def families_chart(families: "Audit") -> alt.VConcatChart:
    """Draw one chart of impact ratios per family on one scale; see `Audit.chart`."""
    audits = [audit for _, audit in families]
    right = _right_end(audits)
    first = audits[0]
    return alt.VConcatChart(
        vconcat=[
            _ratios(audit, right=right, narrow=True).properties(
                title=alt.Title(name, anchor="start", frame="group"), width=_PHONE_PIXELS - _LABEL_PIXELS
            )
            for name, audit in families
        ],
        title=alt.Title(
            "Impact ratios",
            subtitle=[
                f"Bars: {1 - first.alpha:.0%} intervals ({first.interval_method}).",
                f"Dashed: {first.rule.name}.",
            ],
            anchor="start",
        ),
        config=alt.Config(legend=alt.LegendConfig(orient="bottom", columns=1)),
        description=families.summary(),
    )


def _right_end(audits: list["SelectionAudit"]) -> float:
    ends = [end for audit in audits for group in audit for end in (group.impact_ratio, group.ratio_high)]
    return min(_WIDEST_RATIO, max([1.1, *filter(math.isfinite, ends)]))


def _ratios(audit: "SelectionAudit", *, right: float, narrow: bool = False) -> alt.LayerChart:
    """Draw the points, bars and the line of one audit, without title or width; `narrow` fits a phone."""
    left_out = [group.group for group in audit.left_out]
    rows = [
        row | {"shown_high": right if row["ratio_high"] is None else row["ratio_high"]}
        for row in audit.to_dict()["groups"]
    ]
    order = [*(group.group for group in audit.compared), audit.reference, *left_out]
    title = ["Impact ratio: selection rate /", f"rate of {audit.reference}"]
    axis = alt.Axis(labelLimit=_LABEL_PIXELS, labelExpr=broken_lines(order)) if narrow else alt.Axis()
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=alt.Y("group:N", title=None, sort=order, axis=axis))
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
                title=title if narrow else " ".join(title),
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
    layers = [line, intervals, points]
    if left_out:
        said = (
            base.transform_filter("datum.left_out").mark_text(align="left", dx=4).encode(x=alt.XDatum(0, scale=scale))
        )
        layers.append(said.encode(text=alt.TextValue("small group, not compared")))
    return alt.LayerChart(layer=layers, height=alt.Step(36))


def broken_lines(labels: list[str]) -> str:
    """Write long labels on several lines, as an expression of Vega."""
    lines = {label: textwrap.wrap(label, _LABEL_LETTERS) for label in labels if len(label) > _LABEL_LETTERS}
    cases = [f"datum.value === {json.dumps(label)} ? {json.dumps(broken)}" for label, broken in lines.items()]
    return " : ".join([*cases, "datum.value"])


def _colour() -> alt.Color:
    return alt.Color("verdict:N", title="Verdict", scale=_scale(0))


def _scale(look: int) -> alt.Scale:
    return alt.Scale(domain=list(_LOOK), range=[looks[look] for looks in _LOOK.values()])
