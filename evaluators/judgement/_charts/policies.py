"""The weights of several raters, one row a cue; imported only when a chart is asked for."""

from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, guide, large_labelled, large_letters, large_titled, row_pixels
from evaluators._palette import BLUE, ORANGE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.judgement.policies.mixed import MixedPolicy
    from evaluators.judgement.policies.policy import Policies

_RATER, _PANEL = "a rater", "the panel"


def policies_chart(found: "Policies") -> alt.LayerChart:
    """Draw `Policies`: see `Policies.chart`."""
    rows = [
        {"label": each.column, "value": each.standardised, "who": policy.rater, "kind": _RATER}
        for policy in found
        for each in policy
    ]
    if found.panel is not None:
        rows += [
            {"label": each.column, "value": each.standardised, "who": _PANEL, "kind": _PANEL} for each in found.panel
        ]
    return _dots(rows, title="What do the raters value?", description=found.summary())


def mixed_chart(found: "MixedPolicy") -> alt.LayerChart:
    """Draw `MixedPolicy`: see `MixedPolicy.chart`."""
    rows = [
        {"label": each.column, "value": value, "who": rater, "kind": _RATER}
        for each in found.spreads
        for rater, value in each.raters
    ]
    rows += [
        {"label": each.column, "value": each.standardised, "who": _PANEL, "kind": _PANEL} for each in found.weights
    ]
    return _dots(rows, title="What do the raters value?", description=found.summary())


def _dots(rows: list[dict[str, Any]], *, title: str, description: str) -> alt.LayerChart:
    order = list(dict.fromkeys(row["label"] for row in rows))
    scale = alt.Scale(zero=False)
    points = (
        alt.Chart(alt.InlineData(values=[plain(row) for row in rows]))
        .mark_point(size=90, strokeWidth=2, opacity=0.8)
        .encode(
            x=alt.X("value:Q", title="Standardised weight", scale=scale),
            y=alt.Y("label:N", title=None, sort=order, axis=large_labelled(order)),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=[_RATER, _PANEL], range=[BLUE, ORANGE])),
            shape=alt.Shape(
                "kind:N", title=None, scale=alt.Scale(domain=[_RATER, _PANEL], range=["circle", "diamond"])
            ),
            tooltip=[
                alt.Tooltip("who:N", title="of"),
                alt.Tooltip("label:N", title="cue"),
                alt.Tooltip("value:Q", format="+.2f"),
            ],
        )
    )
    return alt.LayerChart(
        layer=[guide("x", 0.0, title="Standardised weight", scale=scale), points],
        title=large_titled(title, "Right of the dashed line: counts for; left: counts against."),
        config=large_letters(),
        width=LABELLED_WIDTH,
        height=alt.Step(row_pixels(order)),
        description=description,
    )
