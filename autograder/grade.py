"""Grade a cohort: read, grade several submissions at once, record each as it comes. The coordinator.

Only this process writes: the gradebook in one transaction for each submission, then the executed notebooks, then how it
went. A run that is broken off at any moment goes on where it stopped, with the same command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import sqlalchemy as sa

from autograder.assignment import Assignment, assignment_of
from autograder.course import Course
from autograder.errors import CourseError
from autograder.executed import solutions
from autograder.files import finish_replacing, held_alone, replace_tree, write_atomically, writing_to
from autograder.gradebook import Recorder, as_utc, tables
from autograder.handin import submission_id, submitted_at
from autograder.pipeline import Grader
from autograder.results import Outcome, Result, Submission
from autograder.settings import Settings, read_settings
from autograder.submissions import read_submission
from evaluators.errors import LabError


@dataclass(frozen=True)
class Graded:
    """How one submission fared, as it is kept in the course.

    Parameters
    ----------
    learner, lab : str
        Whose submission of which lab.
    outcome : Outcome
        Scored, or which side failed.
    notes : tuple of str
        What the trainer should know, one sentence each: a cell was restored, the answer sheet could not be read…
    messages : tuple of str
        What of it the learner is told; never words of a hidden test.
    seconds : float
        Wall time it took.
    submission : str
        Which submission was graded (see `autograder.handin.submission_id`).
    walls : tuple of str
        What kept learners' code in its place; empty where it ran without a sandbox.
    waiting : int
        Items that a person has to score.
    """

    learner: str
    lab: str
    outcome: Outcome
    notes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    seconds: float = 0.0
    submission: str = ""
    walls: tuple[str, ...] = ()
    waiting: int = 0


Work = Callable[[Submission], "Future[Result]"]


def is_current(course: Course, result: Graded) -> bool:
    """Tell whether a result is about the submission that is collected now."""
    return result.submission == submission_id(course.folder("submitted") / result.learner / result.lab)


def pending(course: Course, lab: str) -> list[str]:
    """Return the learners whose newest submission of a lab was not graded to an end, sorted.

    A submission that failed by itself waits for a new hand-in; one that the grader failed is tried again.
    """
    waiting = []
    for learner in course.learners_with("submitted", lab):
        result = load_graded(course, lab, learner)
        done = result is not None and is_current(course, result) and result.outcome is not Outcome.GRADER_FAILED
        if not done or (
            result is not None
            and result.outcome is Outcome.SCORED
            and not (course.folder("autograded") / learner / lab).is_dir()
        ):
            waiting.append(learner)
    return waiting


def grade(
    course: Course,
    lab: str,
    *,
    learners: list[str] | None = None,
    settings: Settings | None = None,
    progress: Callable[[Graded, int], None] | None = None,
    waiting: Callable[[float], None] | None = None,
) -> list[Graded]:
    """Grade the submissions of a lab that have no scores yet.

    The instructor's own solution is graded first; unless it earns full marks, nobody is graded.

    Parameters
    ----------
    course : Course
        The course: ours, or any nbgrader course folder after `nbgrader generate_assignment`.
    lab : str
        A released lab.
    learners : list of str, optional
        Grade these again, scored or not; scores given by a person are kept.
    settings : Settings, optional
        How to grade; default what ``grading.toml`` in the course folder says.
    progress : callable, optional
        Called with each result as it comes and the number of submissions in all.
    waiting : callable, optional
        Called with the seconds waited while another program holds the gradebook.

    Returns
    -------
    list of Graded
        One for each submission graded in this run, sorted by learner.

    Raises
    ------
    CourseError
        If the lab was not released, a learner named handed nothing in, the instructor's solution fails
        (`SolutionFails`) or there is no sandbox (`SandboxMissing`).
    """
    settings = settings or read_settings(course.root)
    if not (course.folder("release") / lab).is_dir():
        raise CourseError(f"The lab {lab!r} was not released yet.", f"Run `hrlab release {lab}` first.")
    handed_in = course.learners_with("submitted", lab)
    if learners and (strangers := sorted(set(learners) - set(handed_in))):
        raise CourseError(
            f"Nothing of {lab!r} was collected from {', '.join(strangers)}.", "Run `hrlab collect` first."
        )
    results: list[Graded] = []
    if not handed_in:
        return results
    # The recorder comes first: it waits for a gradebook that somebody else uses, and says so.
    with graded_alone(course, lab), Recorder(course, lab, waiting=waiting) as recorder:
        _tidy(course, lab)
        chosen = learners or sorted({*pending(course, lab), *_unrecorded(course, recorder, lab)})
        if not chosen:
            return results
        assignment = assignment_of(course, lab)
        with at_work(assignment, settings) as work:
            for submission, result in graded_submissions(work, read_all(course, lab, chosen), settings.at_a_time):
                results.append(record(course, recorder, assignment, submission, result, strict=settings.strict))
                if progress:
                    progress(results[-1], len(chosen))
    return sorted(results, key=lambda result: result.learner)


def graded_alone(course: Course, lab: str) -> AbstractContextManager[None]:
    """Keep a second run of the same lab out, for the length of a ``with`` block."""
    return held_alone(
        course.folder("release") / lab,
        problem=f"{lab!r} is being graded already.",
        hint="Wait until the other `hrlab grade` is done, or stop it; then run the same command again.",
    )


def _unrecorded(course: Course, recorder: Recorder, lab: str) -> list[str]:
    """Return those who count as scored and whose hand-in the gradebook does not know: it is an older copy."""
    known = _hand_ins(recorder)
    missing = []
    for learner in course.learners_with("submitted", lab):
        result = load_graded(course, lab, learner)
        if result is not None and result.outcome is Outcome.SCORED and is_current(course, result):
            when = as_utc(submitted_at(course.folder("submitted") / learner / lab))
            if learner not in known or when not in (None, known[learner]):
                missing.append(learner)
    return missing


def _hand_ins(recorder: Recorder) -> dict[str, datetime | None]:
    """Return when each submission in the gradebook was handed in (UTC), by learner."""
    db = tables()
    query = (
        sa.select(db.SubmittedAssignment.c.student_id, db.SubmittedAssignment.c.timestamp)
        .join_from(db.SubmittedAssignment, db.Assignment, db.SubmittedAssignment.c.assignment_id == db.Assignment.c.id)
        .where(db.Assignment.c.name == recorder.assignment)
    )
    rows = recorder.store.run(lambda connection: list(connection.execute(query)), write=False)
    return {str(learner): when for learner, when in rows}


def _tidy(course: Course, lab: str) -> None:
    """Clear up after a run that was killed while it wrote."""
    with writing_to(course.root):
        for pattern in (f"*/.{lab}.new", f"*/.{lab}.old"):
            for leftover in course.folder("autograded").glob(pattern):
                finish_replacing(leftover.with_name(lab))
        for half in (course.root / "grading" / lab).glob(".*.part"):
            half.unlink()


def read_all(course: Course, lab: str, learners: Iterable[str]) -> Iterator[Submission]:
    """Read submissions one by one; one that cannot be read has no files and says why."""
    for learner in learners:
        folder = course.folder("submitted") / learner / lab
        try:
            yield read_submission(folder, learner=learner)
        except (LabError, OSError) as error:
            why = error.problem if isinstance(error, LabError) else f"{folder} cannot be read: {error.strerror}."
            yield Submission(learner, {}, notes=(why,), id=submission_id(folder))


def at_work(assignment: Assignment, settings: Settings) -> AbstractContextManager[Work]:
    """Return what grades: threads that drive sessions on this machine, or a cluster."""
    if settings.cluster:
        from autograder.cluster import on_cluster

        return on_cluster(assignment, settings)
    return _on_this_machine(assignment, settings)


def grader_of(assignment: Assignment, settings: Settings) -> Grader:
    """Return the grader of an assignment, not started."""
    return Grader(
        assignment, limits=settings.limits, sandboxed=settings.sandboxed, strict=settings.strict,
        readable=settings.readable, network=settings.network,
    )  # fmt: skip


@contextmanager
def _on_this_machine(assignment: Assignment, settings: Settings) -> Iterator[Work]:
    grader = grader_of(assignment, settings)
    pool: Executor
    with grader, ThreadPoolExecutor(settings.at_a_time, "hrlab-grade") as pool:
        try:
            yield lambda submission: pool.submit(grade_twice, grader, submission)
        except BaseException:  # Ctrl-C, a full disk: nobody waits for what runs now, and it is graded next time
            pool.shutdown(wait=False, cancel_futures=True)
            grader.close()
            raise


def grade_twice(grader: Grader, submission: Submission) -> Result:
    """Grade a submission, and once more if the grader failed: a sandbox that was killed is there again by then."""
    result = grader.grade(submission)
    return grader.grade(submission) if result.outcome is Outcome.GRADER_FAILED else result


def graded_submissions(work: Work, submissions: Iterable[Submission], most: int) -> Iterator[tuple[Submission, Result]]:
    """Yield results as they come, with never more than a few submissions in memory.

    Parameters
    ----------
    work : callable
        Starts the grading of one submission.
    submissions : iterable of Submission
        Read as they are needed.
    most : int
        Submissions that are graded at a time.

    Yields
    ------
    tuple of (Submission, Result)
        In the order in which they are done.
    """
    coming = iter(submissions)
    running: dict[Future[Result], Submission] = {}
    while True:
        while len(running) < 2 * most and (submission := next(coming, None)) is not None:
            running[work(submission)] = submission
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


def record(
    course: Course, recorder: Recorder, assignment: Assignment, submission: Submission, result: Result, *, strict: bool
) -> Graded:
    """Record one result: executed notebooks, gradebook, and last how it went, so that a broken-off run repeats it.

    Parameters
    ----------
    course : Course
        The course.
    recorder : Recorder
        The gradebook.
    assignment : Assignment
        What was graded.
    submission : Submission
        What was handed in.
    result : Result
        How it fared.
    strict : bool
        See `Settings`.

    Returns
    -------
    Graded
        What was recorded.
    """
    graded = graded_from(submission, result)
    if result.outcome is Outcome.SCORED:
        folder = course.folder("autograded") / result.learner / result.assignment
        reviewed = {} if strict else _unchanged(folder, result)
        with writing_to(folder):  # from here until `save_graded` it counts as not graded
            _graded_file(course, result.assignment, result.learner).unlink(missing_ok=True)
        recorder.record(result.learner, result.notebooks, timestamp=submission.timestamp, unchanged_manual=reviewed)
        _store(folder, assignment, submission, result)
    save_graded(course, graded)
    return graded


def graded_from(submission: Submission, result: Result) -> Graded:
    """Return what is kept of a result beside its scores."""
    return Graded(
        result.learner, result.assignment, result.outcome, result.notes, result.messages, result.seconds,
        submission.id, result.walls, sum(score is None for score in result.scores.values()),
    )  # fmt: skip


def _unchanged(folder: Path, result: Result) -> dict[str, list[str]]:
    """Return, by notebook, the cells a person scores that read as they did when they were graded last."""
    found = {}
    for notebook in result.notebooks:
        path = folder / f"{notebook.name}.ipynb"
        if notebook.executed and path.is_file():
            after = solutions(json.loads(notebook.executed))
            try:
                before = solutions(json.loads(path.read_bytes()))
            except (OSError, ValueError, LookupError, TypeError, AttributeError):  # somebody's editor, a bad disk
                before = {}
            found[notebook.name] = [cell for cell, text in after.items() if before.get(cell) == text]
    return found


def _store(folder: Path, assignment: Assignment, submission: Submission, result: Result) -> None:
    """Write the autograded folder."""
    files = {name: data for name, data in assignment.files.items() if name not in assignment.keep_files}
    files |= {f"{each.name}.ipynb": each.executed.encode() for each in result.notebooks if each.executed}
    names = {f"{notebook.name}.ipynb" for notebook in result.notebooks}
    folders = {str(above) for name in files for above in PurePosixPath(name).parents}
    for name, data in submission.files.items():
        above = [str(each) for each in PurePosixPath(name).parents]
        # A file where the instructor has a folder, or a folder where there is a file, has no place.
        if name not in {*names, *files, *folders} and not files.keys() & {*above}:
            files[name] = data
            folders.update(above)
    replace_tree(folder, files)


def save_graded(course: Course, result: Graded) -> None:
    """Record how a submission fared, for the report and for the next run."""
    data = json.dumps(asdict(result), indent=1) + "\n"
    write_atomically(_graded_file(course, result.lab, result.learner), data.encode())


def _graded_file(course: Course, lab: str, learner: str) -> Path:
    return course.root / "grading" / lab / f"{learner}.json"


def load_graded(course: Course, lab: str, learner: str) -> Graded | None:
    """Return how a submission fared, None if it was never graded to the end."""
    try:
        content = json.loads(_graded_file(course, lab, learner).read_text(encoding="utf-8"))
        lists: dict[str, Any] = {name: tuple(content.get(name, ())) for name in ("notes", "messages", "walls")}
        return Graded(**{**content, **lists, "outcome": Outcome(content["outcome"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
