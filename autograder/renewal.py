"""Bring nbgrader's gradebook up to an assignment whose tests, points or cells have changed.

`nbgrader generate_assignment` writes new sources and points over an assignment that has submissions, but refuses to add
or remove a cell or a notebook. Here both are possible: scores are kept by the cell's name, new cells wait for a score,
and what is lost with a removed cell is written to a file first.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.gradebook import Recorder, mirror, new_id, plan_of, tables

if TYPE_CHECKING:
    from autograder.assignment import Assignment, AssignmentNotebook, GradedCell

REMOVED_NAME = "removed_scores.csv"


@dataclass(frozen=True)
class RemovedScore:
    """What one submission had for a cell that the assignment no longer has."""

    learner: str
    notebook: str
    grade_id: str
    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    manual_comment: str | None


@dataclass(frozen=True)
class Renewal:
    """How the gradebook's copy of an assignment differs from the new one; cells are (notebook, grade id), sorted.

    Parameters
    ----------
    added, changed, removed : tuple of (str, str)
        Cells that came, whose source, points or kind changed, and that went.
    scores : tuple of RemovedScore
        What submissions had for the removed cells.
    """

    added: tuple[tuple[str, str], ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    scores: tuple[RemovedScore, ...] = ()


def renewal(recorder: Recorder, assignment: Assignment) -> Renewal:
    """Say what `renew_cells` would do, and write nothing."""
    return recorder.store.run(lambda connection: _Renewing(connection, recorder, assignment).difference(), write=False)


def renew_cells(recorder: Recorder, assignment: Assignment) -> Renewal:
    """Bring the gradebook's copy of an assignment up to the new one, in one transaction; submissions stay.

    Scores and comments stay with their cell by its name, also if it changes from a test to a task. Each submission gets
    rows for new cells, which wait for a score until it is graded again. Grades of removed cells leave the gradebook,
    since nbgrader would go on adding them to the totals; ``grading/<assignment>/removed_scores.csv`` has them.

    Parameters
    ----------
    recorder : Recorder
        Of the same assignment.
    assignment : Assignment
        What it is now.

    Returns
    -------
    Renewal
        What was done; nothing where the gradebook was up to date.

    Raises
    ------
    CourseError
        If the assignment is another one, or a cell is of a type that nbgrader can't keep.
    """
    return recorder.store.run(lambda connection: _Renewing(connection, recorder, assignment).apply())


@dataclass(frozen=True)
class _Cell:
    """A cell as nbgrader's tables have it: its source, and what it is with (maximum, cell type)."""

    source: tuple[str, bool, str, str | None] | None  # cell type, locked, text, checksum
    kinds: Mapping[str, tuple[float | None, str | None]]  # GradeCell, SolutionCell, TaskCell


_GRADED = ("GradeCell", "TaskCell")
_COMMENTED = ("SolutionCell", "TaskCell")


def _wanted(cell: GradedCell) -> _Cell:
    points = float(cell.points or 0)
    kinds: dict[str, tuple[float | None, str | None]] = {}
    if cell.grade:
        kinds["GradeCell"] = points, cell.cell_type
    if cell.solution:
        kinds["SolutionCell"] = None, None
    if cell.task:
        kinds["TaskCell"] = points, cell.cell_type
    locked = not cell.solution and (cell.grade or cell.locked)
    return _Cell((cell.cell_type, locked, cell.source, cell.checksum or None), kinds)


class _Renewing:
    """One renewal inside a transaction."""

    def __init__(self, connection: sa.Connection, recorder: Recorder, assignment: Assignment) -> None:
        if assignment.name != recorder.assignment:
            raise CourseError(f"{assignment.name!r} is not {recorder.assignment!r}.", "Name the same assignment twice.")
        self.connection, self.recorder, self.assignment, self.db = connection, recorder, assignment, tables()
        self.plan = plan_of(connection, assignment.name)
        self.ids: dict[tuple[str, str, str], str] = {}  # (notebook, cell, kind) -> row of base_cell
        self.source_ids: dict[tuple[str, str], str] = {}
        self.kernels: dict[str, str | None] = {}
        self.old = self._read()
        self.new: dict[tuple[str, str], _Cell] = {}
        for notebook in assignment.notebooks:
            for cell in notebook.cells:
                if cell.cell_type not in ("code", "markdown"):
                    raise CourseError(
                        f"The cell {cell.grade_id!r} of {notebook.name!r} is of type {cell.cell_type!r}.",
                        "nbgrader keeps code and markdown cells; make it one of them.",
                    )
                if cell.grade or cell.solution or cell.locked or cell.task:
                    self.new[notebook.name, cell.grade_id] = _wanted(cell)

    def _read(self) -> dict[tuple[str, str], _Cell]:
        db, cells = self.db, {}
        for notebook in self.plan.notebooks.values():
            here = db.Notebook.c.id == notebook.id
            self.kernels[notebook.name] = self.connection.execute(
                sa.select(db.Notebook.c.kernelspec).where(here)
            ).scalar()
            sources: dict[str, tuple[str, bool, str, str | None]] = {}
            kinds: dict[str, dict[str, Any]] = {}
            table = db.SourceCell
            for row in self.connection.execute(sa.select(table).where(table.c.notebook_id == notebook.id)).mappings():
                sources[row["name"]] = row["cell_type"], row["locked"], row["source"], row["checksum"] or None
                self.source_ids[notebook.name, row["name"]] = row["id"]
            query = (
                sa.select(
                    db.BaseCell.c.id, db.BaseCell.c.name, db.BaseCell.c.type,
                    db.GradeCell.c.max_score, db.GradeCell.c.cell_type,
                    db.TaskCell.c.max_score, db.TaskCell.c.cell_type,
                )
                .outerjoin(db.GradeCell, db.GradeCell.c.id == db.BaseCell.c.id)
                .outerjoin(db.TaskCell, db.TaskCell.c.id == db.BaseCell.c.id)
                .where(db.BaseCell.c.notebook_id == notebook.id)
            )  # fmt: skip
            for identity, name, kind, *values in self.connection.execute(query):
                kinds.setdefault(name, {})[kind] = tuple(values[2:] if kind == "TaskCell" else values[:2])
                self.ids[notebook.name, name, kind] = identity
            for name in sources.keys() | kinds.keys():
                cells[notebook.name, name] = _Cell(sources.get(name), kinds.get(name, {}))
        return cells

    def difference(self) -> Renewal:
        """Compare what the gradebook has with what it should have."""
        both = self.old.keys() & self.new.keys()
        gone = self.old.keys() - self.new.keys()
        ungraded = {cell for cell in both if self._lost(cell, _GRADED)}
        return Renewal(
            tuple(sorted(self.new.keys() - self.old.keys())),
            tuple(sorted(cell for cell in both if self.old[cell] != self.new[cell])),
            tuple(sorted(gone | ungraded)),
            self._scores(),
        )

    def _lost(self, cell: tuple[str, str], kinds: Sequence[str]) -> list[str]:
        """Return the rows of a cell that nothing of its name follows, among the kinds that have grades or comments."""
        if cell in self.new and any(kind in self.new[cell].kinds for kind in kinds):
            return []
        return [self.ids[(*cell, kind)] for kind in self.old[cell].kinds if kind in kinds]

    def _scores(self) -> tuple[RemovedScore, ...]:
        db = self.db
        found: dict[tuple[str, str, str], RemovedScore] = {}

        def rows(table: sa.Table, kinds: Sequence[str], *columns: str) -> Iterable[tuple[tuple[str, str, str], Any]]:
            cells = {row: cell for cell in self.old for row in self._lost(cell, kinds)}
            query = (
                sa.select(db.SubmittedAssignment.c.student_id, table.c.cell_id, *(table.c[name] for name in columns))
                .join(db.SubmittedNotebook, db.SubmittedNotebook.c.id == table.c.notebook_id)
                .join(db.SubmittedAssignment, db.SubmittedAssignment.c.id == db.SubmittedNotebook.c.assignment_id)
                .where(table.c.cell_id.in_(list(cells)))
            )
            for learner, row, *values in self.connection.execute(query):
                yield (learner, *cells[row]), values

        for key, (auto, manual, extra) in rows(db.Grade, _GRADED, "auto_score", "manual_score", "extra_credit"):
            found[key] = RemovedScore(*key, auto, manual, extra, None)
        for key, (comment,) in rows(db.Comment, _COMMENTED, "manual_comment"):
            score = found.get(key, RemovedScore(*key, None, None, None, None))
            found[key] = replace(score, manual_comment=comment)
        return tuple(
            score for _, score in sorted(found.items()) if any(each is not None for each in astuple(score)[3:])
        )

    def apply(self) -> Renewal:
        """Make the gradebook what it should be."""
        done = self.difference()
        names = {notebook.name for notebook in self.assignment.notebooks}
        kernels = {notebook.name: _kernelspec(notebook) for notebook in self.assignment.notebooks}
        if (self.old, self.kernels) == (self.new, kernels):
            return done
        self._keep(done.scores)
        for notebook in self.assignment.notebooks:
            self._renew(notebook, kernels[notebook.name])
        for name in self.plan.notebooks.keys() - names:
            self._remove_notebook(name)
        self.plan = plan_of(self.connection, self.assignment.name)
        table = self.db.SubmittedAssignment
        submissions = sa.select(table.c.id).where(table.c.assignment_id == self.plan.id)
        for submission in self.connection.execute(submissions).scalars().all():
            mirror(self.connection, self.plan, submission)
        self.recorder.renew_penalties_in(self.connection)
        return done

    def _renew(self, notebook: AssignmentNotebook, kernelspec: str) -> None:
        db, connection = self.db, self.connection
        if notebook.name in self.plan.notebooks:
            identity = self.plan.notebooks[notebook.name].id
            connection.execute(sa.update(db.Notebook).where(db.Notebook.c.id == identity).values(kernelspec=kernelspec))
        else:
            identity = new_id()
            row = {"id": identity, "name": notebook.name, "assignment_id": self.plan.id, "kernelspec": kernelspec}
            connection.execute(sa.insert(db.Notebook).values(**row))
        # Nothing refers to source cells, and nbgrader puts deleted cells back in the order in which it finds them.
        connection.execute(sa.delete(db.SourceCell).where(db.SourceCell.c.notebook_id == identity))
        sources = []
        for cell in notebook.cells:
            key = notebook.name, cell.grade_id
            if key in self.new and (source := self.new[key].source):
                values = dict(zip(("cell_type", "locked", "source", "checksum"), source, strict=True))
                row_id = self.source_ids.get(key) or new_id()
                sources.append({"id": row_id, "name": cell.grade_id, "notebook_id": identity, **values})
        if sources:
            connection.execute(sa.insert(db.SourceCell), sources)
        for key in [key for key in self.new if key[0] == notebook.name]:
            for kind, (maximum, cell_type) in self.new[key].kinds.items():
                self._renew_kind(identity, key, kind, {"max_score": maximum, "cell_type": cell_type})
        for key in [key for key in self.old if key[0] == notebook.name]:
            self._remove_kinds(key)

    def _renew_kind(self, notebook: str, key: tuple[str, str], kind: str, values: dict[str, Any]) -> None:
        """Write what a cell is, and give it the grades and comments that it had as something else."""
        table = getattr(self.db, kind)
        columns = values if kind in _GRADED else {}
        old = self.old.get(key, _Cell(None, {}))
        if kind in old.kinds:
            if columns:
                here = table.c.id == self.ids[(*key, kind)]
                self.connection.execute(sa.update(table).where(here).values(**columns))
            return
        row = new_id()
        base = {"id": row, "name": key[1], "notebook_id": notebook, "type": kind}
        self.connection.execute(sa.insert(self.db.BaseCell).values(**base))
        self.connection.execute(sa.insert(table).values(id=row, **columns))
        for kinds, table in ((_GRADED, self.db.Grade), (_COMMENTED, self.db.Comment)):
            before = [
                self.ids[(*key, other)] for other in old.kinds.keys() - self.new[key].kinds if {other, kind} <= {*kinds}
            ]
            if before:
                self.connection.execute(sa.update(table).where(table.c.cell_id.in_(before)).values(cell_id=row))

    def _remove_kinds(self, key: tuple[str, str]) -> None:
        wanted = self.new[key].kinds if key in self.new else {}
        for kind in self.old[key].kinds:
            if kind not in wanted:
                row = self.ids[(*key, kind)]
                for table in (self.db.Grade, self.db.Comment):
                    self.connection.execute(sa.delete(table).where(table.c.cell_id == row))
                for table in (getattr(self.db, kind), self.db.BaseCell):
                    self.connection.execute(sa.delete(table).where(table.c.id == row))

    def _remove_notebook(self, name: str) -> None:
        db, identity = self.db, self.plan.notebooks[name].id
        for key in [key for key in self.old if key[0] == name]:
            self._remove_kinds(key)
        for table in (db.SourceCell, db.SubmittedNotebook):
            self.connection.execute(sa.delete(table).where(table.c.notebook_id == identity))
        self.connection.execute(sa.delete(db.Notebook).where(db.Notebook.c.id == identity))

    def _keep(self, scores: Sequence[RemovedScore]) -> None:
        """Write removed scores to a file before they go; one that it has already is not written twice."""
        if not scores:
            return
        path = self.recorder.course.root / "grading" / self.assignment.name / REMOVED_NAME
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows(astuple(score) for score in scores)
        old = path.read_text(encoding="utf-8") if path.exists() else ",".join(_REMOVED_COLUMNS) + "\r\n"
        if not old.endswith(new := stream.getvalue()):
            write_atomically(path, (old + new).encode())


_REMOVED_COLUMNS = [each.name for each in fields(RemovedScore)]


def _kernelspec(notebook: AssignmentNotebook) -> str:
    return json.dumps(json.loads(notebook.source).get("metadata", {}).get("kernelspec", {}))
