"""Grade everybody again after tests, points or solutions changed: first what would change, then the writing."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autograder.assignment import Assignment, assignment_from_source, read_notebook
from autograder.assignment import _files as files_beside
from autograder.catalogue import build_catalogue, save_catalogue
from autograder.course import Course
from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.grade import Graded, at_work, graded_alone, graded_from, graded_submissions, read_all, record
from autograder.gradebook import GradeRow, Recorder, points
from autograder.release import publish
from autograder.renewal import REMOVED_NAME, Renewal, renew_cells, renewal
from autograder.results import NotebookResult, Outcome
from autograder.settings import Settings


@dataclass(frozen=True)
class ScoreChange:
    """One cell of one submission whose automatic score would become another.

    Parameters
    ----------
    learner, notebook, grade_id : str
        Whose cell of which notebook.
    old_auto, new_auto : float or None
        Points from the tests before and after; None where there are none.
    manual_score : float or None
        Points that a person gave; they count instead of both, and stay.
    old_total, new_total : float
        The learner's points for the whole assignment before and after, late penalties not taken off.
    """

    learner: str
    notebook: str
    grade_id: str
    old_auto: float | None
    new_auto: float | None
    manual_score: float | None
    old_total: float
    new_total: float

    @property
    def manual_kept(self) -> bool:
        """Whether a person's score stands, so that this change does not count."""
        return self.manual_score is not None


def changes(
    before: Iterable[GradeRow],
    after: Mapping[str, Sequence[NotebookResult]],
    *,
    removed: Collection[tuple[str, str]] = (),
) -> list[ScoreChange]:
    """Compare the gradebook with new results.

    Parameters
    ----------
    before : iterable of GradeRow
        From `Recorder.grades`.
    after : mapping of str to sequence of NotebookResult
        Learner -> new results. Learners and cells that are not in it keep what they have.
    removed : collection of (str, str)
        Cells that the assignment no longer has, by notebook and grade id (`Renewal.removed`): they lose their score.

    Returns
    -------
    list of ScoreChange
        Sorted by learner, notebook and cell; empty if no automatic score changes.
    """
    old: dict[str, dict[tuple[str, str], GradeRow]] = {}
    for row in before:
        old.setdefault(row.learner, {})[row.notebook, row.grade_id] = row
    found = []
    for learner in sorted(old.keys() | after.keys()):
        rows = old.get(learner, {})
        new = {cell: row.auto_score for cell, row in rows.items() if cell not in removed}
        for result in after.get(learner, ()):
            if result.missing:
                new |= {cell: 0.0 for cell in new if cell[0] == result.name}
            else:
                new |= {(result.name, cell.grade_id): cell.auto_score for cell in result.cells}
        old_total = sum(row.score for row in rows.values())
        new_total = sum(
            points(auto, rows[cell].manual_score, rows[cell].extra_credit) if cell in rows else auto or 0.0
            for cell, auto in new.items()
        )
        for cell in sorted(rows.keys() | new.keys()):
            was = rows.get(cell)
            autos = was.auto_score if was else None, new.get(cell)
            if autos[0] != autos[1]:
                manual = was.manual_score if was and cell in new else None
                found.append(ScoreChange(learner, *cell, *autos, manual, old_total, new_total))
    return found


class Regrade:
    """Grading everybody again by an assignment's present tests: first looked at, then written.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        A lab that was released, and whose instructor version may have changed since.
    settings : Settings
        How to grade.

    Attributes
    ----------
    changes : tuple of ScoreChange
        What `run` found.
    renewal : Renewal
        How the assignment itself differs from the gradebook's.
    """

    def __init__(self, course: Course, lab: str, settings: Settings) -> None:
        self.course, self.lab, self.settings = course, lab, settings
        self.changes: tuple[ScoreChange, ...] = ()
        self.renewal = Renewal()
        if not (course.folder("release") / lab).is_dir():
            raise CourseError(f"The lab {lab!r} was not released yet.", f"Run `hrlab release {lab}` first.")
        self.assignment = _present(course, lab)
        self._open = ExitStack()
        self._recorder = self._open.enter_context(Recorder(course, lab))
        self._folder = self._open.enter_context(tempfile.TemporaryDirectory(prefix="hrlab-regrade-"))
        self._results: list[Path] = []

    def __enter__(self) -> Self:
        try:
            self._open.enter_context(graded_alone(self.course, self.lab))
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    @property
    def one_notebook(self) -> bool:
        """Whether the assignment has one notebook only."""
        return len(self.assignment.notebooks) == 1

    @property
    def ours(self) -> bool:
        """Whether `hrlab release` released the assignment; else its publishing is left to nbgrader."""
        return (self.course.root / "catalogue" / f"{self.lab}.json").is_file()

    @property
    def outdated(self) -> bool:
        """Whether learners would fetch another version than the present one."""
        folders = [self.course.folder("release"), *([self.course.outbound] if self.ours else [])]
        return any(
            _sources(folder / self.lab / f"{notebook.name}.ipynb") != _cell_sources(notebook.released)
            for folder in folders
            for notebook in self.assignment.notebooks
        )

    @property
    def anything(self) -> bool:
        """Whether there is anything to write."""
        renewal = self.renewal
        return bool(self.changes or renewal.added or renewal.changed or renewal.removed or self.outdated)

    def run(self, *, progress: Callable[[Graded, int], None] | None = None) -> None:
        """Grade every collected submission by the present tests, and write nothing but temporary files."""
        self.renewal = renewal(self._recorder, self.assignment)
        learners = self.course.learners_with("submitted", self.lab)
        scores: dict[str, tuple[NotebookResult, ...]] = {}
        with at_work(self.assignment, self.settings) as work:
            submissions = read_all(self.course, self.lab, learners)
            for submission, result in graded_submissions(work, submissions, self.settings.at_a_time):
                path = Path(self._folder, f"{len(self._results)}.pickle")  # ours, from this process to itself
                path.write_bytes(pickle.dumps((submission, result)))
                self._results.append(path)
                if result.outcome is Outcome.SCORED:
                    scores[result.learner] = tuple(replace(each, executed="") for each in result.notebooks)
                if progress:
                    progress(graded_from(submission, result), len(learners))
        self.changes = tuple(changes(self._recorder.grades(), scores, removed=self.renewal.removed))

    def write(self) -> None:
        """Bring gradebook, released files and list of items up to the present assignment; record the new results.

        A broken-off run goes on with the same command: what is written already no longer differs.

        Raises
        ------
        CourseError
            If the lab could not be released as it is now; then nothing is written.
        """
        items = build_catalogue(self.course, self.lab) if self.ours else None
        renew_cells(self._recorder, self.assignment)
        self._renew_release()
        if items is not None:
            save_catalogue(self.course, self.lab, items)
            publish(self.course, self.lab)
        for path in self._results:
            submission, result = pickle.loads(path.read_bytes())
            record(self.course, self._recorder, self.assignment, submission, result, strict=self.settings.strict)

    def _renew_release(self) -> None:
        """Write what `nbgrader generate_assignment` would: the learners' notebooks and the files beside them."""
        import nbformat

        folder = self.course.folder("release") / self.lab
        present = {f"{notebook.name}.ipynb": notebook for notebook in self.assignment.notebooks}
        for name, notebook in present.items():
            write_atomically(folder / name, nbformat.writes(notebook.released_nb).encode() + b"\n")
        for name, data in self.assignment.files.items():
            write_atomically(folder / name, data)
        for path in folder.glob("*.ipynb"):
            if path.name not in present:
                path.unlink()

    def lines(self) -> list[str]:
        """Say in sentences what happened to the assignment itself."""
        said = []
        for word, cells in (
            ("new", self.renewal.added),
            ("changed", self.renewal.changed),
            ("gone", self.renewal.removed),
        ):
            if cells:
                said.append(f"Cells that are {word}: {', '.join(cell for _, cell in cells)}.")
        if self.renewal.scores:
            said.append(
                f"{len(self.renewal.scores)} scores of cells that are gone leave the gradebook; they are kept in "
                f"{self.course.root / 'grading' / self.lab / REMOVED_NAME}."
            )
        if self.outdated:
            said.append("Learners would still fetch the version from before.")
        return said

    def to_dict(self) -> dict[str, Any]:
        """Return everything found, for machines."""
        changes = [asdict(each) for each in self.changes]
        return {
            "lab": self.lab, "assignment": asdict(self.renewal), "release_outdated": self.outdated, "changes": changes
        }  # fmt: skip


def _cell_sources(text: str) -> list[str]:
    return [cell.source for cell in read_notebook(text).cells]


def _sources(path: Path) -> list[str] | None:
    """Return the text of each cell of a notebook; None if there is none."""
    try:
        return _cell_sources(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, CourseError):
        return None


def _present(course: Course, lab: str) -> Assignment:
    """Return an assignment as its instructor version is now, whatever state gradebook and release are in."""
    from nbgrader.coursedir import CourseDirectory

    folder = course.labs_folder / lab
    notebooks = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.ipynb"))}
    if not notebooks:
        raise CourseError(f"{folder} holds no notebook.", "The instructor version must be where it was released from.")
    files = files_beside(folder, CourseDirectory(config=course.config).ignore)
    return assignment_from_source(lab, notebooks, files=files, config=course.config)
