"""A screener and a panel on one scale, and where they part; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators.judgement._charts.intervals import below_each_other, interval_chart

if TYPE_CHECKING:
    from evaluators.judgement.screener.against_panel import AgainstPanel


def against_chart(found: "AgainstPanel") -> alt.VConcatChart:
    """Draw `AgainstPanel`: see its `chart`."""
    figures = (
        ("screener against the panel", found.correlation),
        ("screener against all raters but one", found.screener),
        ("that one rater (the human ceiling)", found.ceiling),
    )
    rows = [{"label": label, "value": each.value, "low": each.low, "high": each.high} for label, each in figures]
    lowest = min([0.0, *(each.low for _, each in figures if each.low == each.low)])
    charts = [
        interval_chart(
            rows,
            axis="Rank correlation",
            title="Does the screener follow the panel?",
            said=[f"Dashed: the human ceiling ({found.ceiling.value:.2f}). Line: {found.confidence:.0%} interval."],
            description="",
            at=found.ceiling.value,
            domain=(lowest, 1.0),
        )
    ]
    apart = [
        {"label": row.feature, "value": row.gap, "low": row.low, "high": row.high, "found": row.found}
        for row in found.features
    ] + [
        {
            "label": f"{row.attribute}: {row.group}",
            "value": row.gap,
            "low": row.low,
            "high": row.high,
            "found": row.found,
        }
        for row in found.groups
    ]
    if apart:
        charts.append(
            interval_chart(
                apart,
                axis="Places of 100, screener less panel",
                title="Where do they part?",
                said=["Right of the dashed line: the screener puts it higher than the panel does."],
                description="",
                kinds=("they part", "not told from luck"),
            )
        )
    return below_each_other(charts, description=found.summary())
