"""An assignment that changes after submissions came in."""

import csv
import json
from dataclasses import replace
from datetime import datetime

import nbformat
import pytest

from autograder.assignment import Assignment, AssignmentNotebook, GradedCell
from autograder.course import Course
from autograder.errors import CourseError, GraderError
from autograder.gradebook import GradeRow, Recorder
from autograder.regrade import ScoreChange, changes
from autograder.renewal import REMOVED_NAME, RemovedScore, Renewal, renew_cells, renewal
from autograder.results import CellScore, NotebookResult
from tests.autograder.conftest import ASSIGNMENT

FULL = (
    NotebookResult("p1", (CellScore("foo", 1.0), CellScore("bar", 0.0), CellScore("baz", None))),
    NotebookResult("p2", missing=True),
)
WHEN = datetime(2026, 3, 1, 9, 30)


# ---- What would change ----


def row(item: str, auto: float | None, manual: float | None = None, learner: str = "ada") -> GradeRow:
    return GradeRow(learner, "p1", item, auto, manual, None, auto is None)


def result(**scores: float | None) -> list[NotebookResult]:
    return [NotebookResult("p1", tuple(CellScore(item, score) for item, score in scores.items()))]


def test_only_scores_that_change_are_rows() -> None:
    before = [row("a", 1.0), row("b", 0.0), row("c", None, 2.0), row("a", 1.0, learner="ben")]
    after = {"ada": result(a=1.0, b=0.5, c=None), "ben": result(a=1.0)}
    assert changes(before, after) == [ScoreChange("ada", "p1", "b", 0.0, 0.5, None, 3.0, 3.5)]


def test_a_persons_score_stands() -> None:
    (change,) = changes([row("a", 1.0, 4.0)], {"ada": result(a=0.0)})
    assert change == ScoreChange("ada", "p1", "a", 1.0, 0.0, 4.0, 4.0, 4.0)
    assert change.manual_kept


def test_new_and_removed_cells() -> None:
    before = [row("old", 2.0, 1.5), row("a", 1.0)]
    found = changes(before, {"ada": result(new=3.0, a=1.0)}, removed=[("p1", "old")])
    assert found == [
        ScoreChange("ada", "p1", "new", None, 3.0, None, 2.5, 4.0),
        ScoreChange("ada", "p1", "old", 2.0, None, None, 2.5, 4.0),
    ]


def test_learners_without_a_new_result_keep_theirs_and_a_missing_notebook_earns_nothing() -> None:
    before = [row("a", 1.0), row("a", 1.0, learner="ben")]
    found = changes(before, {"ben": [NotebookResult("p1", missing=True)]})
    assert [(change.learner, change.new_auto) for change in found] == [("ben", 0.0)]


# ---- The gradebook ----


def assignment_in(course: Course) -> Assignment:
    """What nbgrader generated, from its gradebook."""
    notebooks = []
    with course.gradebook() as book:
        for notebook in book.find_assignment(ASSIGNMENT).notebooks:
            grades = {cell.name: cell.max_score for cell in notebook.grade_cells}
            tasks = {cell.name: cell.max_score for cell in notebook.task_cells}
            solutions = {cell.name for cell in notebook.solution_cells}
            cells = tuple(
                GradedCell(
                    cell.name,
                    cell.cell_type,
                    cell.source,
                    cell.locked,
                    cell.name in grades,
                    cell.name in solutions,
                    cell.name in tasks,
                    grades.get(cell.name, tasks.get(cell.name)),
                    cell.checksum or "",
                )
                for cell in notebook.source_cells
            )
            source = json.dumps({"metadata": {"kernelspec": json.loads(notebook.kernelspec)}})
            notebooks.append(AssignmentNotebook(notebook.name, source, source, cells))
    return Assignment(ASSIGNMENT, tuple(notebooks))


def with_cells(assignment: Assignment, notebook: str, cells: tuple[GradedCell, ...]) -> Assignment:
    """The same assignment with other cells in one notebook."""
    return replace(
        assignment,
        notebooks=tuple(
            AssignmentNotebook(each.name, each.source, each.released, cells if each.name == notebook else each.cells)
            for each in assignment.notebooks
        ),
    )


@pytest.fixture
def graded(plain: Course) -> Course:
    """A course with two submissions, one of them scored by a person as well."""
    with Recorder(plain, ASSIGNMENT) as recorder:
        for learner in ("ada", "ben"):
            recorder.record(learner, FULL, timestamp=WHEN)
    with plain.gradebook() as book:
        grade = book.find_grade("baz", "p1", ASSIGNMENT, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.find_comment("baz", "p1", ASSIGNMENT, "ada").manual_comment = "Well put."
        book.db.commit()
    return plain


def test_nbgrader_itself_refuses_to_remove_a_cell(graded: Course) -> None:
    path = graded.root / "source" / ASSIGNMENT / "p1.ipynb"
    nb = nbformat.read(path, as_version=4)
    nb.cells = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "bar"]
    nbformat.write(nb, path)
    with pytest.raises(GraderError, match="generate assignment"):
        graded.call("generate_assignment", ASSIGNMENT, force=True)


def test_nothing_to_renew_changes_nothing(graded: Course) -> None:
    with Recorder(graded, ASSIGNMENT) as recorder:
        before = recorder.grades()
        assert renew_cells(recorder, assignment_in(graded)) == Renewal()
        assert recorder.grades() == before


def test_new_sources_and_points_reach_the_gradebook(graded: Course) -> None:
    assignment = assignment_in(graded)
    cells = tuple(
        replace(cell, source="assert a == 2", points=4.0, checksum="new") if cell.grade_id == "bar" else cell
        for cell in assignment.notebooks[0].cells
    )
    with Recorder(graded, ASSIGNMENT) as recorder:
        before = recorder.grades()
        changed = with_cells(assignment, "p1", cells)
        assert renewal(recorder, changed) == Renewal(changed=(("p1", "bar"),))
        assert assignment_in(graded) == assignment  # looking writes nothing
        assert renew_cells(recorder, changed) == Renewal(changed=(("p1", "bar"),))
        assert recorder.grades() == before
    assert assignment_in(graded) == changed


def test_cells_are_added_removed_and_moved_and_scores_stay_by_name(graded: Course) -> None:
    assignment = assignment_in(graded)
    cells = {cell.grade_id: cell for cell in assignment.notebooks[0].cells}
    new = replace(cells["foo"], grade_id="new", points=5.0)
    kept = [new, *(cell for name, cell in reversed(cells.items()) if name != "baz")]
    changed = with_cells(assignment, "p1", tuple(kept))
    with Recorder(graded, ASSIGNMENT) as recorder:
        before = {row for row in recorder.grades() if row.grade_id != "baz"}
        done = renew_cells(recorder, changed)
        after = set(recorder.grades())
        assert done == Renewal(
            added=(("p1", "new"),),
            removed=(("p1", "baz"),),
            scores=(RemovedScore("ada", "p1", "baz", None, 1.5, None, "Well put."),),
        )
        assert before < after
        assert {(row.learner, row.auto_score, row.needs_manual_grade) for row in after - before} == {
            ("ada", None, True),
            ("ben", None, True),
        }
        assert {row.grade_id for row in after - before} == {"new"}
        recorder.record("ada", [NotebookResult("p1", (CellScore("new", 5.0),))], timestamp=None)
        assert renew_cells(recorder, changed) == Renewal()
    assert assignment_in(graded) == changed  # in the new order, too
    with (graded.root / "grading" / ASSIGNMENT / REMOVED_NAME).open(newline="") as file:
        assert list(csv.reader(file))[1:] == [["ada", "p1", "baz", "", "1.5", "", "Well put."]]
    with graded.gradebook() as book:
        (score,) = [each["score"] for each in book.submission_dicts(ASSIGNMENT) if each["student"] == "ada"]
        assert score == 6.0  # foo and new; the removed cell no longer counts


def test_a_cell_that_becomes_a_task_keeps_its_score_and_comment(graded: Course) -> None:
    assignment = assignment_in(graded)
    cells = tuple(
        replace(cell, grade=False, solution=False, task=True, locked=True) if cell.grade_id == "baz" else cell
        for cell in assignment.notebooks[0].cells
    )
    with Recorder(graded, ASSIGNMENT) as recorder:
        before = recorder.grades()
        assert renew_cells(recorder, with_cells(assignment, "p1", cells)).changed == (("p1", "baz"),)
        assert recorder.grades() == before
    with graded.gradebook() as book:
        assert book.find_grade("baz", "p1", ASSIGNMENT, "ada").manual_score == 1.5
        assert book.find_comment("baz", "p1", ASSIGNMENT, "ada").manual_comment == "Well put."


def test_a_test_that_is_no_longer_scored_loses_its_score(graded: Course) -> None:
    assignment = assignment_in(graded)
    cells = tuple(
        replace(cell, grade=False, locked=True, points=None) if cell.grade_id == "foo" else cell
        for cell in assignment.notebooks[0].cells
    )
    with Recorder(graded, ASSIGNMENT) as recorder:
        done = renew_cells(recorder, with_cells(assignment, "p1", cells))
        assert (done.changed, done.removed) == ((("p1", "foo"),), (("p1", "foo"),))
        assert {score.auto_score for score in done.scores} == {1.0}
        assert "foo" not in {row.grade_id for row in recorder.grades()}


def test_notebooks_come_and_go(graded: Course) -> None:
    assignment = assignment_in(graded)
    first, second = assignment.notebooks
    changed = replace(assignment, notebooks=(replace(second, name="p3"), first))
    with Recorder(graded, ASSIGNMENT) as recorder:
        done = renew_cells(recorder, changed)
        assert {notebook for notebook, _ in done.added} == {"p3"}
        assert {notebook for notebook, _ in done.removed} == {"p2"}
        assert {row.notebook for row in recorder.grades()} == {"p1", "p3"}
    with graded.gradebook() as book:
        assert [notebook.name for notebook in book.find_assignment(ASSIGNMENT).notebooks] == ["p1", "p3"]


def test_another_assignment_or_type_of_cell_is_refused(graded: Course) -> None:
    assignment = assignment_in(graded)
    with Recorder(graded, ASSIGNMENT) as recorder:
        with pytest.raises(CourseError, match="'other' is not 'ps1'"):
            renew_cells(recorder, replace(assignment, name="other"))
        raw = replace(assignment.notebooks[0].cells[0], cell_type="raw")
        with pytest.raises(CourseError, match="of type 'raw'"):
            renew_cells(recorder, with_cells(assignment, "p1", (raw,)))
    assert assignment_in(graded) == assignment
