"""Grade what was handed in: nbgrader's autograde, several submissions at once, three outcomes kept apart.

Scores are nbgrader's: each submission goes through `nbgrader autograde` itself, in a pool of processes that import it
once. A submission that fails never stops the others, and a run that is broken off goes on where it stopped.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import time
import warnings
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.errors import CourseError
from autograder.executed import cell_errors, credits_shown, learner_paragraphs, restored_cells, sheet_notice
from autograder.files import write_atomically
from autograder.forked import use_forked_kernels, warm_context
from autograder.handin import submission_id


class Outcome(StrEnum):
    """How the grading of one submission ended."""

    SCORED = "scored"
    SUBMISSION_FAILED = "submission failed"
    GRADER_FAILED = "grader failed"


@dataclass(frozen=True)
class Graded:
    """How one submission fared.

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
    """

    learner: str
    lab: str
    outcome: Outcome
    notes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    seconds: float = 0.0
    submission: str = ""


OUR_FAULT = "Something went wrong on our side. Your trainer has been told."


def is_current(course: Course, result: Graded) -> bool:
    """Tell whether a result is about the submission that is collected now."""
    return result.submission == submission_id(course.root / "submitted" / result.learner / result.lab)


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
            and not course.notebook("autograded", lab, learner).exists()
        ):
            waiting.append(learner)
    return waiting


def grade(
    course: Course,
    lab: str,
    *,
    learners: list[str] | None = None,
    workers: int | None = None,
    progress: Callable[[Graded, int], None] | None = None,
) -> list[Graded]:
    """Grade the submissions of a lab that have no scores yet.

    The learners' notebooks are executed as you, without a sandbox, exactly as `nbgrader autograde` does: grade on a
    machine or account where their code may do no harm.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        A released lab.
    learners : list of str, optional
        Grade these again, scored or not; scores given by a person are kept.
    workers : int, optional
        Submissions at a time; default one for each core.
    progress : callable, optional
        Called with each result as it comes and the number of submissions in all.

    Returns
    -------
    list of Graded
        One for each submission graded in this run, sorted by learner.

    Raises
    ------
    CourseError
        If the lab was not released, or a learner named handed nothing in.
    """
    if lab not in course.released:
        raise CourseError(f"The lab {lab!r} was not released yet.", f"Run `hrlab release {lab}` first.")
    handed_in = course.learners_with("submitted", lab)
    if learners and (strangers := sorted(set(learners) - set(handed_in))):
        raise CourseError(
            f"Nothing of {lab!r} was collected from {', '.join(strangers)}.", "Run `hrlab collect` first."
        )
    chosen = learners or pending(course, lab)
    results: list[Graded] = []

    def record(result: Graded) -> None:
        save_graded(course, result)
        results.append(result)
        if progress:
            progress(result, len(chosen))

    workers = min(len(chosen), workers or os.cpu_count() or 1)
    for learner in _grade_together(course, lab, chosen, workers=workers, record=record):
        # Once more, alone and in a process started for it, so that whoever brings the grader down harms nobody else.
        record(_grade_alone(course, lab, learner))
    return sorted(results, key=lambda result: result.learner)


def _grade_together(
    course: Course, lab: str, learners: list[str], *, workers: int, record: Callable[[Graded], None]
) -> list[str]:
    """Grade submissions in a pool and record them as they come; return the learners to try again alone."""
    waiting, again = [*learners], []
    released = course.root / "release" / lab / f"{lab}.ipynb"
    while waiting:  # once, and once more after each time that a process of the pool was killed
        running: dict[Future[Graded], str] = {}
        pool = ProcessPoolExecutor(workers, warm_context(), initializer=use_forked_kernels, initargs=(released,))
        try:
            while waiting or running:
                while (
                    waiting and len(running) < workers
                ):  # no more than run, so that we know whom a crash may be due to
                    learner = waiting.pop(0)
                    running[pool.submit(grade_one, course.root, lab, learner)] = learner
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    learner = running.pop(future)
                    result = future.result()
                    if result.outcome is Outcome.GRADER_FAILED:
                        again.append(learner)
                    else:
                        record(result)
        except BrokenProcessPool:
            again += [learner, *running.values()]
        finally:  # also when stopped by hand: what runs is finished, nothing new begins
            pool.shutdown(cancel_futures=True)
    return sorted(again)


def _grade_alone(course: Course, lab: str, learner: str) -> Graded:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(grade_one, course.root, lab, learner).result()
        except BrokenProcessPool:
            note = "The notebook ended the process that graded it."
            submission = submission_id(course.root / "submitted" / learner / lab)
            return Graded(learner, lab, Outcome.SUBMISSION_FAILED, (note,), (note,), submission=submission)


def grade_one(root: Path, lab: str, learner: str) -> Graded:
    """Run nbgrader's autograde on one submission and say how it went.

    Parameters
    ----------
    root : Path
        The course folder.
    lab, learner : str
        Which submission.

    Returns
    -------
    Graded
        Scores and the executed notebook are in the course then, unless the outcome says otherwise.
    """
    start = time.perf_counter()
    course = Course(root)
    submission = submission_id(root / "submitted" / learner / lab)
    try:
        result = _autograde(course, lab, learner)
    except Exception as error:  # one broken submission never ends the cohort
        note = f"{type(error).__name__}: {error}"
        result = Graded(learner, lab, Outcome.GRADER_FAILED, (note,), (OUR_FAULT,))
    return replace(result, seconds=round(time.perf_counter() - start, 2), submission=submission)


def _autograde(course: Course, lab: str, learner: str) -> Graded:
    if problem := _unreadable(course.notebook("submitted", lab, learner)):
        return Graded(learner, lab, Outcome.SUBMISSION_FAILED, (problem,), (problem,))
    autograded = course.notebook("autograded", lab, learner)
    before = learner_paragraphs(_read(autograded)) if autograded.exists() else {}
    with warnings.catch_warnings():  # nbgrader adds rows in an order that SQLAlchemy 2 mentions; the rows are right
        warnings.filterwarnings("ignore", message="Object of type <Submitted")
        result = course.nbgrader.autograde(lab, learner, force=True)
    if not (result["success"] and autograded.exists()):
        outcome, note = explain_failure((result.get("error") or "") + (result.get("log") or ""))
        return Graded(learner, lab, outcome, (note,), (note if outcome is Outcome.SUBMISSION_FAILED else OUR_FAULT,))
    nb = _read(autograded)
    after = learner_paragraphs(nb)
    _keep_reviewed(course, lab, learner, [item for item, text in after.items() if before.get(item) == text])
    notes, messages = notes_on(nb)
    return Graded(learner, lab, Outcome.SCORED, tuple(notes), tuple(messages))


def _read(notebook: Path) -> Any:
    import nbformat

    return nbformat.read(notebook, as_version=4)


def _keep_reviewed(course: Course, lab: str, learner: str, items: list[str]) -> None:
    """Take back nbgrader's wish for another review of paragraphs that a person has scored and nobody has changed."""
    if not items:
        return
    with course.gradebook() as book:
        for item in items:
            grade = book.find_grade(item, lab, lab, learner)
            if grade.manual_score is not None:
                grade.needs_manual_grade = False
        book.db.commit()


def _unreadable(notebook: Path) -> str:
    """Say why a file cannot be graded as a notebook; "" if it can be tried."""
    import nbformat

    if not notebook.exists():
        return f"The notebook {notebook.name} is not among the files handed in."
    try:
        nbformat.validate(_read(notebook))
    except Exception:  # nbformat raises whatever the damage leads to
        return "The file handed in is not a readable notebook."
    return ""


def explain_failure(log: str) -> tuple[Outcome, str]:
    """Say in a sentence why nbgrader could not grade a submission.

    Parameters
    ----------
    log : str
        nbgrader's log and traceback.

    Returns
    -------
    outcome : Outcome
        Which side failed.
    note : str
        The reason.
    """
    if "unresponsive" in log or "CellTimeoutError" in log:
        return Outcome.SUBMISSION_FAILED, "A cell ran longer than the time limit and could not be stopped."
    if "DeadKernelError" in log or "Kernel died" in log:
        return Outcome.SUBMISSION_FAILED, "The notebook ended its own kernel, so nothing after that could be scored."
    # The exception that started it is the last one in the log, which follows the traceback of nbgrader's own.
    reasons = re.findall(r"^\s*([\w.]*(?:Error|Exception|Entry): .*)$", log, flags=re.MULTILINE)
    return Outcome.GRADER_FAILED, reasons[-1] if reasons else "nbgrader gave no reason."


def notes_on(nb: Any) -> tuple[list[str], list[str]]:
    """Return what is worth saying about an executed submission, one sentence each.

    Parameters
    ----------
    nb : NotebookNode
        The executed notebook.

    Returns
    -------
    notes : list of str
        For the trainer: restored cells, a sheet that was set aside, cells that raised; ordinarily empty.
    messages : list of str
        The same for the learner, without the words of a scored cell's error, which may tell the key.
    """
    notes = []
    if restored := restored_cells(nb):
        notes.append(f"Deleted cells were restored before grading: {', '.join(restored)}.")
    if notice := sheet_notice(nb):
        notes.append(notice)
    errors = cell_errors(nb)
    notes += [f"{where} raised {error}"[:200] for where, error, scored in errors if not scored]
    messages = [*notes]
    if not notes and (shown := credits_shown(nb)) and not any(credit.answered for credit in shown.values()):
        notes.append("No question was answered.")
    scored_errors = [f"{where} (scored) raised {error}"[:200] for where, error, scored in errors if scored]
    if scored_errors:
        messages.append("A scored cell stopped with an error, so it earned nothing. Your trainer sees which.")
    return notes + scored_errors, messages


def save_graded(course: Course, result: Graded) -> None:
    """Record how a submission fared, for the report and for the next run."""
    data = json.dumps(asdict(result), indent=1) + "\n"
    write_atomically(course.root / "grading" / result.lab / f"{result.learner}.json", data.encode())


def load_graded(course: Course, lab: str, learner: str) -> Graded | None:
    """Return how a submission fared, None if it was never graded to the end."""
    try:
        content = json.loads((course.root / "grading" / lab / f"{learner}.json").read_text(encoding="utf-8"))
        lists = {name: tuple(content[name]) for name in ("notes", "messages")}
        return Graded(**{**content, **lists, "outcome": Outcome(content["outcome"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
