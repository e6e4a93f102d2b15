"""Charts of agreement among raters, and of scores with raters; imported only when a chart is asked for."""

import math
from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, guide, labelled, legends_below, titled
from evaluators._palette import BLUE, INK, ORANGE
from evaluators._plain import plain
from evaluators.tone.rubric import load_rubric

if TYPE_CHECKING:
    from evaluators.tone.agreement import AgreementWith, RaterAgreement
    from evaluators.tone.calibration import Calibration

_AMONG = "the raters among themselves"
_KAPPA = "Weighted kappa (1 the same, 0 as by chance)"


def _name(key: str) -> str:
    return "All together" if key == "all" else load_rubric()[key].name


def _scale(values: list[float]) -> alt.Scale:
    lowest = min([0.0, *(each for each in values if not math.isnan(each))])
    return alt.Scale(domain=[math.floor(lowest * 5) / 5, 1])


def rater_chart(found: "RaterAgreement") -> alt.LayerChart:
    """Draw the agreement of raters; see `RaterAgreement.chart`."""
    names = [_name(each.dimension) for each in found.dimensions]
    scale = _scale([*(each.kappa for each in found.pairs), *(each.kappa for each in found.dimensions)])
    y = alt.Y("name:N", title=None, sort=names, axis=labelled(names), scale=alt.Scale(domain=names))
    x = alt.X("kappa:Q", title=_KAPPA, scale=scale)
    means = [{"name": _name(each.dimension), "kappa": each.kappa} for each in found.dimensions if each.pairs]
    pairs = [
        {"name": _name(each.dimension), "kappa": each.kappa, "pair": f"{each.first} and {each.second}"}
        for each in found.pairs
        if not math.isnan(each.kappa)
    ]
    bars = alt.Chart(alt.InlineData(values=plain(means))).mark_bar(size=12, color=BLUE, opacity=0.55)
    marks = alt.Chart(alt.InlineData(values=plain(pairs))).mark_point(size=50, filled=False, color=INK, opacity=0.8)
    tips = [alt.Tooltip("pair:N", title="Raters"), alt.Tooltip("kappa:Q", format=".2f")]
    return alt.LayerChart(
        layer=[bars.encode(y=y, x=x), guide("x", 0, scale=scale), marks.encode(y=y, x=x, tooltip=tips)],
        title=titled("How far the raters agree", "Bars: mean of all pairs. Circles: one pair of raters."),
        width=LABELLED_WIDTH,
        height=alt.Step(34),
        description=found.summary(),
    )


def score_chart(found: "AgreementWith") -> alt.LayerChart:
    """Draw the agreement of scores with raters; see `AgreementWith.chart`."""
    rows = [
        (_name(each.dimension), {"the scores with the raters": each.kappa, _AMONG: each.human_kappa})
        for each in found.dimensions
    ]
    return _beside(rows, "How far the scores agree with the raters", found.summary())


def calibration_chart(fitted: "Calibration") -> alt.LayerChart:
    """Draw the agreement before and after; see `Calibration.chart`."""
    rows = [
        (_name(each.dimension), {"before": each.kappa_before, "calibrated": each.kappa, _AMONG: each.human_kappa})
        for each in fitted.dimensions
    ]
    return _beside(rows, "How far the scores agree with your raters", fitted.summary())


def _beside(rows: list[tuple[str, dict[str, float]]], title: str, summary: str) -> alt.LayerChart:
    names, who = [name for name, _ in rows], list(rows[0][1])
    marks = {_AMONG: ("diamond", ORANGE), "before": ("cross", INK)}
    looks = [marks.get(each, ("circle", BLUE)) for each in who]
    cells = [
        {"name": name, "kappa": kappa, "who": label}
        for name, own in rows
        for label, kappa in own.items()
        if not math.isnan(kappa)
    ]
    scale = _scale([kappa for _, own in rows for kappa in own.values()])
    drawn = (
        alt.Chart(alt.InlineData(values=plain(cells)))
        .mark_point(size=90, filled=True, opacity=1)
        .encode(
            y=alt.Y("name:N", title=None, sort=names, axis=labelled(names), scale=alt.Scale(domain=names)),
            x=alt.X("kappa:Q", title=_KAPPA, scale=scale),
            color=alt.Color("who:N", title=None, scale=alt.Scale(domain=who, range=[each[1] for each in looks])),
            shape=alt.Shape("who:N", title=None, scale=alt.Scale(domain=who, range=[each[0] for each in looks])),
            tooltip=["name:N", "who:N", alt.Tooltip("kappa:Q", format=".2f")],
        )
    )
    return alt.LayerChart(
        layer=[guide("x", 0, scale=scale), drawn],
        title=titled(title, "Diamonds: how far people agree on these replies."),
        width=LABELLED_WIDTH,
        height=alt.Step(34),
        description=summary,
        config=legends_below(),
    )
