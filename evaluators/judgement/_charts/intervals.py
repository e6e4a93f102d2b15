"""Figures with intervals, one a row: measures of agreement, or raters; imported only when a chart is asked for."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, guide, large_labelled, large_letters, large_titled, row_pixels
from evaluators._palette import BLUE, ORANGE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.judgement.agreement.result import Agreement


def agreement_chart(found: "Sequence[Agreement]", *, title: str, description: str) -> alt.LayerChart:
    """Draw measures of agreement; see `Agreement.chart` and `PanelAgreement.chart`."""
    rows = [
        {"label": each.name.split(", mean")[0], "value": each.value, "low": each.low, "high": each.high}
        for each in found
    ]
    lowest = min([0.0, *(end for each in found for end in (each.value, each.low) if math.isfinite(end))])
    return interval_chart(
        rows,
        axis="Agreement (1: perfect)",
        title=title,
        said=[f"Line: {found[0].confidence:.0%} interval. What lies below -1 is cut off."]
        if lowest < -1
        else [f"Line: {found[0].confidence:.0%} interval."],
        description=description,
        domain=(max(lowest, -1.0), 1.0),
    )


def interval_chart(
    rows: list[dict[str, Any]],
    *,
    axis: str,
    title: str,
    said: Sequence[str],
    description: str,
    at: float = 0.0,
    domain: tuple[float, float] | None = None,
    kinds: tuple[str, str] | None = None,
) -> alt.LayerChart:
    """Draw a point and a line for each row, beside a dashed line to compare with.

    Rows have label, value, low, high, and `found` (bool) where there are two kinds: the words for True and False.
    """
    order = [row["label"] for row in rows]
    values = [plain(row | {"kind": (kinds[0] if row["found"] else kinds[1]) if kinds else ""}) for row in rows]
    scale = alt.Scale(domain=list(domain), clamp=True) if domain else alt.Scale(zero=False)
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y("label:N", title=None, sort=order, axis=large_labelled(order))
    )
    if kinds:
        colour: Any = alt.Color("kind:N", title=None, scale=alt.Scale(domain=list(kinds), range=[ORANGE, BLUE]))
        shape: Any = alt.Shape("kind:N", title=None, scale=alt.Scale(domain=list(kinds), range=["diamond", "circle"]))
    else:
        colour, shape = alt.value(BLUE), alt.value("circle")
    lines = (
        base.transform_filter("isValid(datum.high)")
        .transform_calculate(start="isValid(datum.low) ? datum.low : -1")
        .mark_rule(strokeWidth=2)
        .encode(x=alt.X("start:Q", title=axis, scale=scale), x2="high:Q", color=colour)
    )
    points = (
        base.transform_filter("isValid(datum.value)")
        .mark_point(size=100, filled=True, opacity=1)
        .encode(
            x=alt.X("value:Q", title=axis, scale=scale),
            color=colour,
            shape=shape,
            tooltip=[
                alt.Tooltip("label:N", title="of"),
                *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("value", "low", "high")),
            ],
        )
    )
    return alt.LayerChart(
        layer=[guide("x", at, title=axis, scale=scale), lines, points],
        title=large_titled(title, *said),
        config=large_letters(),
        width=LABELLED_WIDTH,
        height=alt.Step(row_pixels(order)),
        description=description,
    )


def below_each_other(charts: Sequence[alt.LayerChart], *, description: str) -> alt.VConcatChart:
    """Stack charts; their settings move to the whole."""
    for chart in charts:
        chart.config = alt.Undefined
    return alt.VConcatChart(
        vconcat=list(charts),
        config=large_letters(),
        description=description,
        resolve=alt.Resolve(scale=alt.LegendResolveMap(color="independent", shape="independent")),
    )
