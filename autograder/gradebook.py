"""Record results in nbgrader's own gradebook: one submission, one transaction, the rows of `nbgrader autograde`.

What a person wrote (manual scores, extra credit, comments, flags, extensions) is read and never written. A submission's
rows are the old ones or the new ones, whatever is killed in between, and writing the same result twice changes nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import sqlalchemy as sa

from autograder.database import WAIT_S, Store, database_url
from autograder.errors import CourseError, GraderError
from autograder.results import NotebookResult

if TYPE_CHECKING:
    from autograder.course import Course

NO_RESPONSE = "No response."  # nbgrader's words for a solution that nobody touched


@dataclass(frozen=True)
class GradeRow:
    """One graded cell of one submission as the gradebook has it.

    Parameters
    ----------
    learner, notebook, grade_id : str
        Whose cell of which notebook.
    auto_score, manual_score, extra_credit : float or None
        Points from the tests, from a person, and on top; None where there are none.
    needs_manual_grade : bool
        Whether a person is waited for.
    """

    learner: str
    notebook: str
    grade_id: str
    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    needs_manual_grade: bool

    @property
    def score(self) -> float:
        """Points that count, by nbgrader's rule: a person's score before the tests', extra credit on top."""
        return points(self.auto_score, self.manual_score, self.extra_credit)


@dataclass(frozen=True)
class PenaltyChange:
    """A late penalty that became another one (points; None where there is none)."""

    learner: str
    notebook: str
    before: float | None
    after: float | None


def points(auto: float | None, manual: float | None, extra: float | None) -> float:
    """Return the points that count; extra credit counts only where there is a score, as in nbgrader.

    Examples
    --------
    >>> points(1.0, 2.5, 0.5), points(None, None, 1.0)
    (3.0, 0.0)
    """
    score = manual if manual is not None else auto
    return 0.0 if score is None else score + (extra or 0.0)


def gradebook_url(course: Course) -> str:
    """Return the URL of a course's gradebook."""
    return database_url(str(course.config.CourseDirectory.db_url), course.root)


class Recorder:
    """Writes the results of one assignment; owned by one thread.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        An assignment that `nbgrader generate_assignment` has put into the gradebook.
    wait_s : float
        Seconds to wait for a lock.
    waiting : callable, optional
        Called while we wait with the seconds waited so far.

    Raises
    ------
    CourseError
        If the gradebook does not know the assignment, or the late penalty's plugin can't be loaded.
    """

    def __init__(
        self,
        course: Course,
        assignment: str,
        *,
        wait_s: float = WAIT_S,
        waiting: Callable[[float], None] | None = None,
    ) -> None:
        from autograder.lateness import Extensions

        self.course, self.assignment = course, assignment
        self._penalise = late_penalty(course)
        self._extensions = Extensions(course)
        self.store = Store(gradebook_url(course), wait_s=wait_s, waiting=waiting)
        try:
            self.store.run(lambda connection: plan_of(connection, assignment), write=False)
        except BaseException:
            self.store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the gradebook."""
        self.store.close()

    def record(
        self,
        learner: str,
        scores: Sequence[NotebookResult],
        *,
        timestamp: datetime | None,
        unchanged_manual: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """Write the result of one submission, whole or not at all.

        Parameters
        ----------
        learner : str
            Learner id; the learner is added where the gradebook has none of that name.
        scores : sequence of NotebookResult
            What the tests say; notebooks of the assignment that are not among them keep what they had.
        timestamp : datetime or None
            When it was handed in; without a time zone it is UTC. None keeps the time that the gradebook has.
        unchanged_manual : mapping of str to collection of str, optional
            Notebook -> grade ids of cells that a person has scored and nobody has changed since: they need no other
            look. nbgrader asks for one at each regrade.

        Raises
        ------
        CourseError
            If the gradebook does not know one of the cells, or can't be written.
        GraderError
            If it stays locked, is damaged, or the late penalty's plugin fails.
        """
        reviewed = unchanged_manual or {}
        when = as_utc(timestamp)
        extension = self._extensions.granted(learner, self.assignment)

        def work(connection: sa.Connection) -> None:
            plan = plan_of(connection, self.assignment)
            submission = _submission(connection, plan, learner, when, extension)
            sheets = {sheet.notebook: sheet for sheet in mirror(connection, plan, submission["id"])}
            for result in scores:
                sheet = sheets[plan.notebook(result.name).name]
                _score(connection, plan, sheet, result, reviewed.get(result.name, ()))
                # What was not handed in cannot be late.
                late = 0.0 if result.missing else plan.seconds_late(submission)
                _set_penalty(connection, sheet, self._penalty(learner, sheet, late))

        self.store.run(work)

    def renew_penalties(self, learner: str | None = None) -> list[PenaltyChange]:
        """Work out the late penalties again from the scores, due date and extensions as they are now.

        Parameters
        ----------
        learner : str, optional
            Only this learner's.

        Returns
        -------
        list of PenaltyChange
            The penalties that changed, sorted by learner and notebook.
        """
        return self.store.run(lambda connection: self.renew_penalties_in(connection, learner))

    def renew_penalties_in(self, connection: sa.Connection, learner: str | None = None) -> list[PenaltyChange]:
        """Do what `renew_penalties` does as a part of a larger transaction."""
        plan = plan_of(connection, self.assignment)
        table = tables().SubmittedAssignment
        query = sa.select(table).where(table.c.assignment_id == plan.id)
        if learner is not None:
            query = query.where(table.c.student_id == learner)
        submissions = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
        one = next(iter(submissions)) if len(submissions) == 1 else None
        changed = []
        for sheet in sheets_of(connection, plan, one) if submissions else []:
            submission = submissions[sheet.submission]
            before = sheet.penalty
            after = self._penalty(submission["student_id"], sheet, plan.seconds_late(submission))
            if (before or 0) != (after or 0):
                _set_penalty(connection, sheet, after)
                changed.append(PenaltyChange(submission["student_id"], sheet.notebook, before, after))
        return sorted(changed, key=lambda change: (change.learner, change.notebook))

    def grades(self) -> list[GradeRow]:
        """Return every graded cell of every submission, sorted by learner, notebook and cell."""
        db = tables()
        query = (
            sa.select(
                db.SubmittedAssignment.c.student_id, db.Notebook.c.name, db.BaseCell.c.name, db.Grade.c.auto_score,
                db.Grade.c.manual_score, db.Grade.c.extra_credit, db.Grade.c.needs_manual_grade,
            )
            .join_from(db.Grade, db.BaseCell, db.Grade.c.cell_id == db.BaseCell.c.id)
            .join(db.SubmittedNotebook, db.Grade.c.notebook_id == db.SubmittedNotebook.c.id)
            .join(db.Notebook, db.SubmittedNotebook.c.notebook_id == db.Notebook.c.id)
            .join(db.SubmittedAssignment, db.SubmittedNotebook.c.assignment_id == db.SubmittedAssignment.c.id)
            .join(db.Assignment, db.SubmittedAssignment.c.assignment_id == db.Assignment.c.id)
            .where(db.Assignment.c.name == self.assignment)
        )  # fmt: skip
        rows = self.store.run(lambda connection: list(connection.execute(query)), write=False)
        return sorted((GradeRow(*row) for row in rows), key=lambda row: (row.learner, row.notebook, row.grade_id))

    def _penalty(self, learner: str, sheet: Sheet, seconds_late: float) -> float | None:
        return self._penalise(learner, sheet.score, seconds_late) if seconds_late > 0 else None


def as_utc(when: datetime | None) -> datetime | None:
    """Return a time the way that nbgrader keeps it: UTC, without a time zone."""
    return when if when is None or when.tzinfo is None else when.astimezone(UTC).replace(tzinfo=None)


def late_penalty(course: Course) -> Callable[[str, float, float], float | None]:
    """Return the course's own rule for late work, as nbgrader's AssignLatePenalties applies it.

    Parameters
    ----------
    course : Course
        Its configuration names the plugin (``c.AssignLatePenalties.plugin_class``).

    Returns
    -------
    callable
        (learner, score in points, seconds late) -> penalty in points, between 0 and the score, or None.

    Raises
    ------
    CourseError
        If the plugin can't be loaded.
    """
    from nbgrader.preprocessors import AssignLatePenalties
    from traitlets.utils.importstring import import_item

    log = logging.getLogger("autograder.late")
    log.setLevel(logging.ERROR)  # nbgrader warns about every late notebook; a report says it once
    steps = course.config.Autograde.get("autograde_preprocessors", [AssignLatePenalties])
    try:
        with _importing_from(course.root):
            kinds = [import_item(step) if isinstance(step, str) else step for step in steps]
            kind = next((each for each in kinds if issubclass(each, AssignLatePenalties)), None)
            step = kind(config=course.config, log=log) if kind else None
            if step:
                step.init_plugin()
    except Exception as error:  # traitlets and the trainer's own module raise whatever they like
        raise CourseError(
            f"The rule for late work cannot be loaded: {error}.",
            f"Check c.AssignLatePenalties in {course.root / 'nbgrader_config.py'}.",
        ) from error
    if step is None or not step.enabled:
        return lambda learner, score, seconds_late: None

    def penalise(learner: str, score: float, seconds_late: float) -> float | None:
        try:
            step.init_plugin()  # nbgrader makes a new one for each notebook
            penalty = step.plugin_inst.late_submission_penalty(learner, score, seconds_late)
            return None if penalty is None else float(step._check_late_penalty(SimpleNamespace(score=score), penalty))
        except Exception as error:
            raise GraderError(
                f"The rule for late work, {type(step.plugin_inst).__name__}, failed for {learner}: {error}.",
                "Mend c.AssignLatePenalties.plugin_class; nothing of this submission was recorded.",
            ) from error

    return penalise


@contextmanager
def _importing_from(folder: Path) -> Iterator[None]:
    """Find a trainer's own plugin in the course folder, as nbgrader's commands do, behind everything installed."""
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


@dataclass(frozen=True)
class PlannedNotebook:
    """A notebook's row, and its cells that have grades and comments: grade id -> row id."""

    id: str
    name: str
    graded: dict[str, str]
    commented: dict[str, str]


@dataclass(frozen=True)
class Plan:
    """An assignment's rows in the gradebook.

    Parameters
    ----------
    id, name : str
        Its row and name.
    due : datetime or None
        Due date, UTC without a time zone.
    notebooks : dict of str to PlannedNotebook
        By name.
    """

    id: str
    name: str
    due: datetime | None
    notebooks: Mapping[str, PlannedNotebook]

    def notebook(self, name: str) -> PlannedNotebook:
        """Return a notebook, or raise a CourseError that says what to do."""
        if name not in self.notebooks:
            raise CourseError(
                f"The gradebook knows no notebook {name!r} of {self.name!r}.",
                f"Run `nbgrader generate_assignment {self.name}` or `hrlab regrade {self.name}`.",
            )
        return self.notebooks[name]

    def seconds_late(self, submission: Mapping[str, Any]) -> float:
        """Return how late a submission is, its extension counted; nbgrader fails if there is one and no due date."""
        if submission["timestamp"] is None or self.due is None:
            return 0.0
        due = self.due + (submission["extension"] or timedelta(0))
        return max(0.0, float((submission["timestamp"] - due).total_seconds()))


@dataclass
class Sheet:
    """A submitted notebook's rows: cell -> [id, auto, manual, extra, needs a person], cell -> (id, auto comment)."""

    id: str
    submission: str
    notebook: str
    penalty: float | None
    grades: dict[str, list[Any]] = field(default_factory=dict)
    comments: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """Points that count, before a penalty."""
        return sum(points(*grade[1:4]) for grade in self.grades.values())


@cache
def tables() -> Any:
    """Return nbgrader's tables by the names of their classes; slow to import, so asked for when needed."""
    from nbgrader import api

    names = (
        "Assignment", "Notebook", "BaseCell", "GradeCell", "SolutionCell", "TaskCell", "SourceCell", "Student",
        "SubmittedAssignment", "SubmittedNotebook", "Grade", "Comment", "Course",
    )  # fmt: skip
    return SimpleNamespace(**{name: getattr(api, name).__table__ for name in names})


def new_id() -> str:
    """Return an id for a new row, made as nbgrader makes them."""
    return uuid4().hex


def plan_of(connection: sa.Connection, assignment: str) -> Plan:
    """Read an assignment's rows: one query, so cheap that a gradebook which changes meanwhile is never misread.

    Raises
    ------
    CourseError
        If the gradebook has no such assignment with notebooks in it.
    """
    db = tables()
    query = (
        sa.select(
            db.Assignment.c.id, db.Assignment.c.duedate, db.Notebook.c.id, db.Notebook.c.name,
            db.BaseCell.c.id, db.BaseCell.c.name, db.BaseCell.c.type,
        )
        .join_from(db.Assignment, db.Notebook, db.Notebook.c.assignment_id == db.Assignment.c.id)
        .outerjoin(db.BaseCell, db.BaseCell.c.notebook_id == db.Notebook.c.id)
        .where(db.Assignment.c.name == assignment)
    )  # fmt: skip
    rows = connection.execute(query).all()
    if not rows:
        raise CourseError(
            f"The gradebook knows no assignment {assignment!r}.", f"Run `nbgrader generate_assignment {assignment}`."
        )
    notebooks: dict[str, PlannedNotebook] = {}
    for _, _, notebook_id, notebook, cell_id, cell, kind in rows:
        planned = notebooks.setdefault(notebook, PlannedNotebook(notebook_id, notebook, {}, {}))
        if kind in ("GradeCell", "TaskCell"):
            planned.graded[cell] = cell_id
        if kind in ("SolutionCell", "TaskCell"):
            planned.commented[cell] = cell_id
    return Plan(rows[0][0], assignment, rows[0][1], notebooks)


def _submission(
    connection: sa.Connection, plan: Plan, learner: str, when: datetime | None, extension: timedelta | None
) -> dict[str, Any]:
    """Return a learner's submission; it and the learner are added where they are missing."""
    db = tables()
    table = db.SubmittedAssignment
    row = connection.execute(
        sa.select(table).where(table.c.assignment_id == plan.id, table.c.student_id == learner).with_for_update()
    ).mappings()
    if found := row.first():
        changes: dict[str, Any] = {}
        if when is not None and when != found["timestamp"]:
            changes["timestamp"] = when
        if extension is not None and found["extension"] is None:
            changes["extension"] = extension
        if changes:
            connection.execute(sa.update(table).where(table.c.id == found["id"]).values(**changes))
        return {**found, **changes}
    if connection.execute(sa.select(db.Student.c.id).where(db.Student.c.id == learner)).first() is None:
        connection.execute(sa.insert(db.Student).values(id=learner))
    new = {"id": new_id(), "assignment_id": plan.id, "student_id": learner, "timestamp": when, "extension": extension}
    connection.execute(sa.insert(table).values(**new))
    return new


def sheets_of(connection: sa.Connection, plan: Plan, submission: str | None = None) -> list[Sheet]:
    """Read the rows of one submission, or of all submissions of the assignment.

    nbgrader's only indexes on these tables begin with the cell and with the notebook, so the queries name those too:
    without, each submission would read everybody's grades.
    """
    db = tables()
    names = {notebook.id: notebook.name for notebook in plan.notebooks.values()}
    graded = {identity: name for notebook in plan.notebooks.values() for name, identity in notebook.graded.items()}
    commented = {row: name for notebook in plan.notebooks.values() for name, row in notebook.commented.items()}
    table = db.SubmittedNotebook
    query = sa.select(table.c.id, table.c.assignment_id, table.c.notebook_id, table.c.late_submission_penalty).where(
        table.c.notebook_id.in_(names)
    )
    if submission is not None:
        query = query.where(table.c.assignment_id == submission)
    sheets = {row[0]: Sheet(row[0], row[1], names[row[2]], row[3]) for row in connection.execute(query)}

    def rows(table: sa.Table, cells: Collection[str], *columns: str) -> Iterable[Sequence[Any]]:
        chosen = (table.c[name] for name in ("notebook_id", "cell_id", "id", *columns))
        query = sa.select(*chosen).where(table.c.cell_id.in_(cells)).with_for_update()
        if submission is not None:
            query = query.where(table.c.notebook_id.in_(list(sheets)))
        return connection.execute(query)

    columns = ("auto_score", "manual_score", "extra_credit", "needs_manual_grade")
    for sheet, cell, *values in rows(db.Grade, list(graded), *columns):
        sheets[sheet].grades[graded[cell]] = values
    for sheet, cell, identity, text in rows(db.Comment, list(commented), "auto_comment"):
        sheets[sheet].comments[commented[cell]] = identity, text
    return list(sheets.values())


def mirror(connection: sa.Connection, plan: Plan, submission: str) -> list[Sheet]:
    """Return the rows of a submission; those it lacks are added, as nbgrader does when a submission is made."""
    db = tables()
    sheets = {sheet.notebook: sheet for sheet in sheets_of(connection, plan, submission)}
    notebooks, grades, comments = [], [], []
    for notebook in plan.notebooks.values():
        if notebook.name not in sheets:
            sheet = sheets[notebook.name] = Sheet(new_id(), submission, notebook.name, None)
            notebooks.append(
                {"id": sheet.id, "assignment_id": submission, "notebook_id": notebook.id, "flagged": False}
            )
        sheet = sheets[notebook.name]
        for cell, cell_id in notebook.graded.items():
            if cell not in sheet.grades:
                sheet.grades[cell] = [new_id(), None, None, None, True]
                identity = sheet.grades[cell][0]
                grades.append({"id": identity, "notebook_id": sheet.id, "cell_id": cell_id, "needs_manual_grade": True})
        for cell, cell_id in notebook.commented.items():
            if cell not in sheet.comments:
                sheet.comments[cell] = new_id(), None
                comments.append({"id": sheet.comments[cell][0], "notebook_id": sheet.id, "cell_id": cell_id})
    for table, rows in ((db.SubmittedNotebook, notebooks), (db.Grade, grades), (db.Comment, comments)):
        if rows:
            connection.execute(sa.insert(table), rows)
    return list(sheets.values())


def _score(
    connection: sa.Connection, plan: Plan, sheet: Sheet, result: NotebookResult, reviewed: Collection[str]
) -> None:
    """Write one notebook's automatic scores and comments."""
    known = plan.notebooks[result.name]
    scores = {cell.grade_id: cell.auto_score for cell in result.cells}
    if result.missing:
        scores = dict.fromkeys(known.graded, 0.0)
    if strangers := sorted(
        (scores.keys() - known.graded.keys()) | (result.no_response.keys() - known.commented.keys())
    ):
        raise CourseError(
            f"The gradebook knows no cell {', '.join(sorted(strangers))} in {result.name!r} of {plan.name!r}.",
            f"The assignment has changed since: run `hrlab regrade {plan.name}`.",
        )
    grades, comments = [], []
    for cell, auto in scores.items():
        row, old, manual, _, waiting = values = sheet.grades[cell]
        needed = not result.missing and (manual is not None or auto is None)
        if manual is not None and cell in reviewed:
            needed = waiting  # nobody asks for another look; one that was asked for before stays
        if (auto, needed) != (old, waiting):
            grades.append({"row": row, "auto": auto, "needed": needed})
            values[1], values[4] = auto, needed
    for cell, untouched in result.no_response.items():
        row, text = sheet.comments[cell]
        if text != (comment := NO_RESPONSE if untouched else None):
            comments.append({"row": row, "comment": comment})
    db = tables()
    if grades:
        columns: dict[Any, Any] = {"auto_score": sa.bindparam("auto"), "needs_manual_grade": sa.bindparam("needed")}
        connection.execute(sa.update(db.Grade).where(db.Grade.c.id == sa.bindparam("row")).values(columns), grades)
    if comments:
        change = sa.update(db.Comment).where(db.Comment.c.id == sa.bindparam("row"))
        connection.execute(change.values(auto_comment=sa.bindparam("comment")), comments)


def _set_penalty(connection: sa.Connection, sheet: Sheet, penalty: float | None) -> None:
    if penalty != sheet.penalty:
        table = tables().SubmittedNotebook
        connection.execute(sa.update(table).where(table.c.id == sheet.id).values(late_submission_penalty=penalty))
