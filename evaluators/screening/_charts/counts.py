"""The charts of plain counts, of counts above the median and of the bootstrap; imported only when one is asked for."""

import math
from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, broken_lines, guide, labelled, legends_below, titled
from evaluators._palette import BLUE, ORANGE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.screening.bootstrap import BootstrapRatios
    from evaluators.screening.counts import CountTable
    from evaluators.screening.scoring import ScoringCounts

# Okabe and Ito's blue and vermilion; shapes repeat what colours say.
_MOST_DRAWN = 30
_WIDEST_RATIO = 3.0
_ROW_PIXELS, _LINE_PIXELS = 28, 12


def rate_chart(counts: "CountTable") -> alt.LayerChart:
    """Draw selection rates; see `CountTable.chart`."""
    drawn = sorted(counts, key=lambda group: (-group.applicants, group.label))[:_MOST_DRAWN]
    drawn.sort(key=lambda group: (group.rate, group.label))
    order = [group.label for group in drawn]
    most = max(float(group.rate) for group in drawn) or 1.0  # the text beside the longest bar needs room
    rows = [
        {"group": each.label, "rate": float(each.rate), "text": f"{each.selected:,} of {each.applicants:,}"}
        for each in drawn
    ]
    base = _rows(rows, order)
    bars = base.mark_bar(height=16, color=BLUE).encode(
        x=alt.X("rate:Q", title="Selection rate", axis=_percent(most), scale=alt.Scale(domain=[0, 1.6 * most])),
        tooltip=["group:N", alt.Tooltip("rate:Q", format=".1%"), "text:N"],
    )
    texts = base.mark_text(align="left", dx=4).encode(x="rate:Q", text="text:N")
    said = f"{len(order)} largest of {len(counts):,} groups" if len(counts) > len(order) else "Lowest rate first"
    return alt.LayerChart(
        layer=[bars, texts],
        title=titled("Who was selected?", f"{said}. Beside each bar: selected of all."),
        width=LABELLED_WIDTH,
        height=_step(order),
        description=_rates_in_words(counts, drawn),
    )


def scoring_chart(scoring: "ScoringCounts") -> alt.VConcatChart:
    """Draw rates above the median, and what they would be with ties; see `ScoringCounts.chart`."""
    frame = scoring.to_frame()
    frame = frame[frame["people"] > 0]
    frame["all_rate"] = frame[["scoring_rate", "scoring_rate_with_ties"]].max(axis=1)
    most = float(frame["all_rate"].max()) or 1.0
    scale = alt.Scale(domain=[0, 1.1 * most])
    kinds = ["above the median", "above or exactly on it"] if scoring.at_median else ["above the median"]
    charts = []
    for column, rows in frame.groupby("column", sort=False):
        rows = rows.nlargest(_MOST_DRAWN, "people").sort_values(["scoring_rate", "group"])
        order = list(rows["group"])
        values = [
            {"group": row["group"], "kind": kind, "rate": row[name], "text": f"{row['above']:,} of {row['people']:,}"}
            for row in plain(rows.to_dict("records"))
            for kind, name in zip(kinds, ("scoring_rate", "scoring_rate_with_ties"), strict=False)
        ]
        base = _rows(values, order)
        lines = base.mark_line(color="#999999", strokeWidth=1.5).encode(
            x=alt.X("rate:Q", scale=scale, axis=_percent(most)), detail="group:N"
        )
        points = base.mark_point(size=100, filled=True, opacity=1).encode(
            x=alt.X("rate:Q", title="Scoring rate", scale=scale, axis=_percent(most)),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE][: len(kinds)])),
            shape=alt.Shape(
                "kind:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "diamond"][: len(kinds)])
            ),
            tooltip=["group:N", "kind:N", alt.Tooltip("rate:Q", format=".1%"), alt.Tooltip("text:N", title="above")],
        )
        name = str(column)
        if len(scoring.scored[name]) > len(order):
            name += f" ({len(order)} groups of {len(scoring.scored[name]):,})"
        charts.append(
            alt.LayerChart(
                layer=[lines, points],
                title=alt.Title(name, anchor="start", frame="group"),
                width=LABELLED_WIDTH,
                height=_step(order),
            )
        )
    at = f"The median is {scoring.median:,.10g}; {scoring.at_median:,} of {scoring.people:,} people are on it."
    return alt.VConcatChart(
        vconcat=charts,
        title=titled("Who scores above the median?", at),
        config=legends_below(),
        description=scoring.summary(),
    )


def bootstrap_chart(ratios: "BootstrapRatios") -> alt.LayerChart:
    """Draw impact ratios and how far they moved; see `BootstrapRatios.chart`."""
    ranked = sorted(ratios, key=lambda group: (math.isnan(group.impact_ratio), group.impact_ratio, group.group))
    drawn = ranked[:_MOST_DRAWN]
    order = [group.group for group in drawn]
    ends = [end for group in drawn for end in (group.impact_ratio, group.high) if math.isfinite(end)]
    right = min(_WIDEST_RATIO, 1.05 * max([1.0, *ends]))
    rows = [plain({name: getattr(each, name) for name in ("group", "impact_ratio", "low", "high")}) for each in drawn]
    base = _rows(rows, order)
    scale = alt.Scale(domain=[0, right], clamp=True)
    line = guide("x", 0.8, scale=scale)
    spans = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=2, color=BLUE)
        .encode(x=alt.X("low:Q", scale=scale, title="Impact ratio"), x2="high:Q")
    )
    points = (
        base.transform_filter("isValid(datum.impact_ratio)")
        .mark_point(size=100, filled=True, opacity=1, color=BLUE, shape="circle")
        .encode(
            x=alt.X("impact_ratio:Q", scale=scale, title="Impact ratio"),
            tooltip=["group:N", *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("impact_ratio", "low", "high"))],
        )
    )
    some = [f"The {len(drawn)} lowest of {len(ratios.groups):,} groups."] if len(ranked) > len(drawn) else []
    return alt.LayerChart(
        layer=[line, spans, points],
        title=titled(
            "How far could the ratios move?",
            f"Bars: {ratios.confidence:.0%} of {ratios.replicates:,} redrawn tables.",
            "Dashed: 0.8, the four-fifths guideline.",
            *some,
        ),
        width=LABELLED_WIDTH,
        height=_step(order),
        description=ratios.summary(),
    )


def _rows(rows: list[dict[str, Any]], order: list[str]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("group:N", title=None, sort=order, axis=labelled(order))
    )


def _step(labels: list[str]) -> alt.Step:
    """Give each row the height of the label with most lines, so that labels do not run into each other."""
    return alt.Step(
        max(_ROW_PIXELS, 4 + _LINE_PIXELS * max(1 + broken_lines([label]).count('", "') for label in labels))
    )


def _percent(most: float) -> alt.Axis:
    """Return an axis with at most five round shares up to the highest one, and none over 100 %."""
    step = next(each for each in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if each == 0.25 or 4 * each >= most)
    return alt.Axis(format=".0%", values=[place * step for place in range(5) if place * step <= 1])


def _rates_in_words(counts: "CountTable", drawn: list[Any]) -> str:
    said = "; ".join(
        f"{each.label} {each.selected:,} of {each.applicants:,} ({float(each.rate):.1%})" for each in drawn
    )
    rest = len(counts) - len(drawn)
    more = f"; and {rest:,} smaller groups" if rest else ""
    return f"Selected people of each group, lowest rate first: {said}{more}. The rates do not say why they differ."
