"""Scores as tables, straight from nbgrader's gradebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import pandas as pd

from autograder.catalogue import CatalogueItem, item_id, load_catalogue
from autograder.course import Course
from autograder.grade import Graded, load_graded
from autograder.results import Outcome
from autograder.roster import Learner, roster_of

COLUMNS = ["learner", "item", "competency", "points", "score", "needs_person"]


@dataclass(frozen=True)
class Late:
    """What a late submission costs.

    Parameters
    ----------
    points : float
        Points that nbgrader's gradebook takes off, over all notebooks of the lab.
    time : timedelta
        Time after the due date, the learner's extension counted; zero if the due date was moved or removed since.

    Examples
    --------
    >>> Late(1.5, timedelta(days=2)).sentence
    '1.5 points off for 2 days late.'
    """

    points: float
    time: timedelta = timedelta(0)

    @property
    def words(self) -> str:
        """How late it was, in the two largest units: "2 days", "1 day 3 hours", "20 minutes"; "" if unknown.

        Examples
        --------
        >>> Late(1, timedelta(hours=27, minutes=10)).words
        '1 day 3 hours'
        """
        seconds = int(self.time.total_seconds())
        if seconds <= 0:
            return ""
        minutes = max(1, seconds // 60)
        units = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60 if minutes < 1440 else 0}
        return " ".join(f"{number} {unit}{'' if number == 1 else 's'}" for unit, number in units.items() if number)

    @property
    def sentence(self) -> str:
        """What was taken off and why, for a person."""
        unit = "point" if round(self.points, 2) == 1 else "points"
        return f"{round(self.points, 2):g} {unit} off for {self.words + ' late' if self.words else 'lateness'}."


@dataclass(frozen=True)
class LabScores:
    """Everything a report, a feedback page or an export says about one lab.

    Parameters
    ----------
    lab : str
        The lab.
    title : str
        Its title.
    items : tuple of CatalogueItem
        Its items, in order.
    learners : dict of str to Learner
        The roster, and who else handed in.
    graded : dict of str to Graded
        Learner id -> how the grading ended; learners without a graded submission are missing.
    table : DataFrame
        One row a scored learner and item: learner, item, competency, points (maximum), score (points earned; NaN while
        nobody has scored it), needs_person.
    comments : dict of (str, str) to str
        (learner, item) -> what the person who scored it wrote.
    late : dict of str to Late
        Learner id -> what lateness costs; learners whom it costs nothing are missing.
    """

    lab: str
    title: str
    items: tuple[CatalogueItem, ...]
    learners: dict[str, Learner]
    graded: dict[str, Graded]
    table: pd.DataFrame
    comments: dict[tuple[str, str], str]
    late: dict[str, Late] = field(default_factory=dict)

    @property
    def scored(self) -> list[str]:
        """Ids of the learners who have scores, sorted."""
        return sorted(name for name, result in self.graded.items() if result.outcome is Outcome.SCORED)

    @property
    def maximum(self) -> float:
        """Points of the whole lab."""
        return sum(item.points for item in self.items)

    def totals(self) -> pd.Series:
        """Points earned so far by each scored learner, less what lateness costs, which is no more than there is.

        What waits for a person counts nothing yet.
        """
        return self._totals.copy()

    @cached_property
    def _totals(self) -> pd.Series:
        earned = self.table.groupby("learner")["score"].sum(min_count=0)
        off = pd.Series({name: late.points for name, late in self.late.items()}, dtype=float)
        return (earned - off.reindex(earned.index, fill_value=0.0)).where(lambda total: total > 0, 0.0)

    @cached_property
    def points(self) -> dict[str, dict[str, float]]:
        """Learner id -> item id -> points earned; an item that waits for a person is missing."""
        known = self.table.dropna(subset="score")
        found: dict[str, dict[str, float]] = {learner: {} for learner in self.scored}
        for learner, item, score in zip(known["learner"], known["item"], known["score"], strict=True):
            found[learner][item] = score
        return found

    def waiting(self) -> dict[str, int]:
        """Learner id -> number of items that wait for a person."""
        return {str(k): int(v) for k, v in self.table.groupby("learner")["needs_person"].sum().items() if v}

    def competencies(self) -> pd.DataFrame:
        """Share of points earned by each learner in each competency, over the items that are scored."""
        done = self.table[~self.table["needs_person"]]
        sums = done.groupby(["learner", "competency"])[["score", "points"]].sum()
        return (sums["score"] / sums["points"]).unstack("competency")


def lab_scores(course: Course, lab: str) -> LabScores:
    """Read the scores of one lab.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        A released lab.

    Returns
    -------
    LabScores
        Scores as nbgrader's gradebook has them now; a person's score counts before the automatic one.

    Raises
    ------
    CourseError
        If the lab was never released.
    """
    items = load_catalogue(course, lab)
    by_id = {item.id: item for item in items}
    graded = {}
    for learner in course.learners_with("submitted", lab):
        if (result := load_graded(course, lab, learner)) is not None:
            graded[learner] = result
    rows, comments, late = _read_gradebook(course, lab)
    table = pd.DataFrame(
        [
            (learner, item, by_id[item].competency, by_id[item].points, score, needs_person)
            for learner, item, score, needs_person in rows
            if item in by_id and learner in graded and graded[learner].outcome is Outcome.SCORED
        ],
        columns=COLUMNS,
    ).astype({"score": float, "points": float, "needs_person": bool})
    roster = roster_of(course)
    learners = roster | {name: Learner(name) for name in graded if name not in roster}
    return LabScores(lab, course.title(lab), tuple(items), learners, graded, table, comments, late)


Row = tuple[str, str, float | None, bool]


def _read_gradebook(course: Course, lab: str) -> tuple[list[Row], dict[tuple[str, str], str], dict[str, Late]]:
    """Return (learner, item, score, needs a person) rows, the comments and what lateness costs, in three queries."""
    from nbgrader.api import (
        Assignment,
        BaseCell,
        Comment,
        Grade,
        Notebook,
        SubmittedAssignment,
        SubmittedNotebook,
    )

    with course.gradebook() as book:
        several = len(book.find_assignment(lab).notebooks) > 1

        def of_lab(entity: type, *columns: object) -> list[tuple]:  # type: ignore[type-arg]
            query = book.db.query(SubmittedAssignment.student_id, Notebook.name, BaseCell.name, *columns)
            rows = (
                query.select_from(entity)
                .join(BaseCell, entity.cell_id == BaseCell.id)  # type: ignore[attr-defined]
                .join(Notebook, BaseCell.notebook_id == Notebook.id)
                .join(SubmittedNotebook, entity.notebook_id == SubmittedNotebook.id)  # type: ignore[attr-defined]
                .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
                .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
                .filter(Assignment.name == lab)
            )
            return [
                (learner, item_id(notebook, cell, several=several), *rest) for learner, notebook, cell, *rest in rows
            ]

        grades = of_lab(Grade, Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade)
        notes = of_lab(Comment, Comment.manual_comment)
        penalties = (
            book.db.query(
                SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty,
                SubmittedAssignment.timestamp, SubmittedAssignment.extension, Assignment.duedate,
            )
            .select_from(SubmittedNotebook)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .filter(Assignment.name == lab, SubmittedNotebook.late_submission_penalty > 0)
            .all()
        )  # fmt: skip
    rows = []
    for learner, item, auto, manual, extra, needs_person in grades:
        # A paragraph rewritten after it was scored keeps its score and waits for a person all the same.
        score = manual if manual is not None else None if needs_person else auto
        total = None if score is None else score + (extra or 0.0)
        rows.append((learner, item, total, bool(needs_person) or score is None))
    late: dict[str, Late] = {}
    for learner, penalty, *times in penalties:
        before = late[learner].points if learner in late else 0.0
        late[learner] = Late(before + penalty, _time_late(*times))
    return rows, {(learner, item): text for learner, item, text in notes if text}, late


def _time_late(handed_in: datetime | None, extension: timedelta | None, due: datetime | None) -> timedelta:
    if handed_in is None or due is None:
        return timedelta(0)
    return max(timedelta(0), handed_in - due - (extension or timedelta(0)))
