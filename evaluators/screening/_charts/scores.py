"""Charts of scored tools; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, WIDTH, guide, labelled, legends_below, look, titled
from evaluators._palette import COLOURS, DASHES, INK, SHAPES
from evaluators._plain import plain
from evaluators.screening.rules import FOUR_FIFTHS

if TYPE_CHECKING:
    from evaluators.screening.calibration import Calibration
    from evaluators.screening.scores import ScoreDistributions
    from evaluators.screening.sweep import ThresholdSweep

_MOST_CUTS = 200
_WIDEST_RATIO = 2.0


def threshold_line() -> alt.Chart:
    """Draw the dashed line at four fifths."""
    return guide("y", float(FOUR_FIFTHS.threshold))


def sweep_chart(sweep: "ThresholdSweep", against: str) -> alt.LayerChart:
    """Draw ratios over cuts; see `ThresholdSweep.chart`."""
    frame = sweep.to_frame(most_cuts=_MOST_CUTS)
    frame = frame[frame["enough"]]
    rows = frame[["cut", "group", "impact_ratio", "share_selected", "selected", "applicants"]]
    top = min(_WIDEST_RATIO, max(1.1, float(rows["impact_ratio"].max()) if len(rows) else 1.1))
    labels = list(sweep.labels)
    title = {"share_selected": "Share of all applicants selected", "cut": "Cut score (selected: at or above)"}[against]
    x = alt.X(
        f"{against}:Q",
        title=title,
        axis=alt.Axis(format="%") if against == "share_selected" else alt.Axis(),
        scale=alt.Scale(zero=against == "share_selected"),
    )
    lines = (
        alt.Chart(alt.InlineData(values=plain(rows.to_dict("records"))))
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            x=x,
            y=alt.Y("impact_ratio:Q", title="Impact ratio", scale=alt.Scale(domain=[0, top])),
            color=alt.Color("group:N", title="Group", scale=look(labels, COLOURS)),
            strokeDash=alt.StrokeDash("group:N", title="Group", scale=look(labels, DASHES)),
            tooltip=[
                "group:N",
                alt.Tooltip("cut:Q", format=".4~g"),
                "selected:Q",
                "applicants:Q",
                alt.Tooltip("impact_ratio:Q", format=".2f"),
            ],
        )
    )
    return alt.LayerChart(
        layer=[threshold_line(), lines],
        title=titled("Impact ratios at every cut score", f"Dashed: {FOUR_FIFTHS.name}."),
        width=WIDTH,
        height=240,
        config=legends_below(),
        description=sweep.summary(),
    )


def distribution_chart(found: "ScoreDistributions") -> alt.LayerChart:
    """Draw score ranges; see `ScoreDistributions.chart`."""
    rows = plain(found.to_frame().to_dict("records"))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("group:N", title=None, axis=labelled([str(row["group"]) for row in rows]))
    )
    colour = COLOURS[0]
    scale = alt.Scale(zero=False)
    outer = base.mark_rule(strokeWidth=1.5, color=colour).encode(
        x=alt.X("q10:Q", title=["Score: thin line 80% of people,", "bar 50%, mark the median"], scale=scale), x2="q90:Q"
    )
    inner = base.mark_bar(size=14, color=colour, opacity=0.55).encode(x=alt.X("q25:Q", scale=scale), x2="q75:Q")
    middle = base.mark_point(size=90, filled=True, opacity=1, color=INK, shape="diamond").encode(
        x=alt.X("q50:Q", scale=scale),
        tooltip=["group:N", "people:Q", "q10:Q", "q25:Q", "q50:Q", "q75:Q", "q90:Q"],
    )
    line = guide("x", found.median, scale=scale)
    return alt.LayerChart(
        layer=[line, outer, inner, middle],
        title=titled("Scores by group", "Dashed: median of all people together."),
        width=LABELLED_WIDTH,
        height=alt.Step(36),
        description=found.summary(),
    )


def calibration_chart(found: "Calibration") -> alt.LayerChart:
    """Draw observed rates over scores; see `Calibration.chart`."""
    frame = found.to_frame()
    rows = plain(frame[frame["people"] > 0].to_dict("records"))
    labels = [group.group for group in found.groups]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("mean_score:Q", title="Mean score in the range", scale=alt.Scale(zero=False)),
        color=alt.Color("group:N", title="Group", scale=look(labels, COLOURS)),
    )
    y = alt.Y("observed_rate:Q", title="Share with a good outcome", axis=alt.Axis(format="%"))
    enough = base.transform_filter("datum.enough")
    lines = enough.mark_line(strokeWidth=2).encode(
        y=y, strokeDash=alt.StrokeDash("group:N", title="Group", scale=look(labels, DASHES))
    )
    shape = alt.Shape("group:N", title="Group", scale=look(labels, SHAPES))
    tooltip = ["group:N", "people:Q", "good:Q", alt.Tooltip("observed_rate:Q", format=".0%")]
    sure = enough.mark_point(size=80, filled=True, opacity=1).encode(y=y, shape=shape, tooltip=tooltip)
    unsure = (
        base.transform_filter("!datum.enough")
        .mark_point(size=60, filled=False, opacity=0.8)
        .encode(y=y, shape=shape, tooltip=tooltip)
    )
    intervals = base.mark_rule(strokeWidth=1.5, opacity=0.7).encode(
        y=alt.Y("rate_low:Q", title="Share with a good outcome"), y2="rate_high:Q"
    )
    return alt.LayerChart(
        layer=[intervals, lines, unsure, sure],
        title=titled(
            "The same score, the same outcome?", "Bars: 95% Wilson intervals. Hollow: too few people to tell."
        ),
        width=WIDTH,
        height=240,
        config=legends_below(),
        description=found.summary(),
    )
