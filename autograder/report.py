"""The trainer's report on one lab: one self-contained HTML page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from autograder.course import Course
from autograder.files import write_atomically
from autograder.grade import is_current
from autograder.handin import submitted_at
from autograder.results import Outcome
from autograder.scores import LabScores, lab_scores
from autograder.statistics import (
    FEWEST_LEARNERS,
    ItemStatistics,
    cronbach_alpha,
    item_statistics,
    mean_interval,
)
from evaluators._palette import BLUE, GREY, ORANGE
from evaluators.reports import chart_html, page

if TYPE_CHECKING:
    import altair

TEMPLATES = Path(__file__).parent / "templates"


def write_report(course: Course, lab: str) -> Path:
    """Write the report on a lab.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        A released lab; it may be partly graded.

    Returns
    -------
    Path
        ``reports/<lab>.html`` in the course folder.

    Raises
    ------
    CourseError
        If the lab was never released or the page cannot be written.
    """
    path = course.root / "reports" / f"{lab}.html"
    write_atomically(path, report_html(course, lab_scores(course, lab)).encode())
    return path


def people_needed(course: Course, scores: LabScores) -> list[tuple[str, str]]:
    """List what only a person can settle, as (learner id, sentence), sorted by learner.

    Parameters
    ----------
    course : Course
        The course.
    scores : LabScores
        The scores of one lab.

    Returns
    -------
    list of (str, str)
        Failed submissions, notes left by the grader, submissions not graded yet, and learners who handed nothing in.
        Paragraphs that wait for a score are counted by `LabScores.waiting`.
    """
    submitted = set(course.learners_with("submitted", scores.lab))
    needed = []
    for learner in sorted(scores.learners.keys() | submitted):
        result = scores.graded.get(learner)
        if learner not in submitted:
            needed.append((learner, "Nothing was handed in."))
        elif result is None or not is_current(course, result):
            needed.append((learner, "The newest hand-in is not graded yet: run `hrlab grade`."))
        else:
            prefix = "" if result.outcome is Outcome.SCORED else f"No score, {result.outcome}: "
            needed += [(learner, prefix + note) for note in result.notes]
    return needed


def report_html(course: Course, scores: LabScores) -> str:
    """Return the report on a lab as one HTML page."""
    shares = scores.table.assign(share=scores.table["score"] / scores.table["points"])
    by_item = shares.pivot(index="learner", columns="item", values="share").reindex(
        columns=[item.id for item in scores.items]
    )
    statistics = item_statistics(by_item)
    competencies = scores.competencies()
    means = {name: mean_interval(competencies[name]) for name in competencies.columns}
    automatic = [item.id for item in scores.items if not item.manual]
    return page(
        TEMPLATES,
        "report.html",
        course=course.id,
        scores=scores,
        totals=scores.totals(),
        waiting=scores.waiting(),
        competencies=competencies,
        means=means,
        people=people_needed(course, scores),
        statistics=statistics,
        items={item.id: item for item in scores.items},
        alpha=cronbach_alpha(by_item[automatic]),
        fewest=FEWEST_LEARNERS,
        submitted=len(course.learners_with("submitted", scores.lab)),
        times={learner: submitted_at(course.folder("submitted") / learner / scores.lab) for learner in scores.learners},
        written=datetime.now(UTC),
        charts=_charts(scores, statistics, means) if scores.scored else {},
    )


def _charts(
    scores: LabScores, statistics: list[ItemStatistics], means: dict[str, tuple[float, float, float]]
) -> dict[str, str]:
    totals = scores.totals()
    best, worst = totals.max(), totals.min()
    hardest = min((s for s in statistics if s.n), key=lambda s: s.facility, default=None)
    numbers = {item.id: item.number for item in scores.items}
    return {
        "scores": chart_html(
            _score_chart(totals, scores.maximum),
            alt=f"Histogram of {len(totals)} total scores, from {worst:g} to {best:g} of {scores.maximum:g} points; "
            f"the median is {totals.median():g}.",
        ),
        "questions": chart_html(
            _item_chart(statistics, numbers),
            alt="Facility of each question"
            + (f"; the hardest is question {numbers[hardest.item]} at {hardest.facility:.0%}." if hardest else "."),
        ),
        "competencies": chart_html(
            _competency_chart(means),
            alt="; ".join(
                f"{name}: mean {mean:.0%}, interval {low:.0%} to {high:.0%}"
                for name, (mean, low, high) in means.items()
            ),
        ),
    }


def _score_chart(totals: pd.Series, maximum: float) -> altair.TopLevelMixin:
    import altair as alt

    frame = pd.DataFrame({"points": totals.to_numpy(float)})
    chart: altair.Chart = (
        alt.Chart(frame, width=420, height=180)
        .mark_bar(color=BLUE)
        .encode(
            alt.X("points:Q", bin=alt.Bin(maxbins=12, extent=[0, maximum]), title="Points so far"),
            alt.Y("count():Q", title="Learners", axis=alt.Axis(tickMinStep=1)),
        )
    )
    return chart


def _item_chart(statistics: list[ItemStatistics], numbers: dict[str, int]) -> altair.TopLevelMixin:
    import altair as alt

    frame = pd.DataFrame(
        [(f"Question {numbers[s.item]}", numbers[s.item], s.facility, bool(s.advice)) for s in statistics if s.n],
        columns=["question", "order", "facility", "look"],
    )
    chart: altair.Chart = (
        alt.Chart(frame, width=420, height=alt.Step(20))
        .mark_bar()
        .encode(
            alt.X(
                "facility:Q",
                title="Mean share of points",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(domain=[0, 1]),
            ),
            alt.Y("question:N", sort=alt.SortField("order"), title=None),
            alt.Color(
                "look:N",
                scale=alt.Scale(domain=[False, True], range=[BLUE, ORANGE]),
                legend=alt.Legend(title=None, orient="bottom", labelExpr="datum.value ? 'worth a look' : 'fine'"),
            ),
        )
    )
    return chart


def _competency_chart(means: dict[str, tuple[float, float, float]]) -> altair.TopLevelMixin:
    import altair as alt

    frame = pd.DataFrame(
        [(name, *values) for name, values in means.items()], columns=["competency", "mean", "low", "high"]
    )
    base = alt.Chart(frame, width=420, height=alt.Step(34)).encode(alt.Y("competency:N", title=None))
    scale = alt.Scale(domain=[0, 1])
    interval = base.mark_rule(color=GREY, strokeWidth=4).encode(
        alt.X("low:Q", scale=scale, axis=alt.Axis(format="%"), title="Mean share of points, 95 % interval"),
        alt.X2("high:Q"),
    )
    mean = base.mark_point(color=BLUE, filled=True, size=110, opacity=1).encode(alt.X("mean:Q", scale=scale))
    return alt.layer(interval, mean)
