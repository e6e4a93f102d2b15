"""Grade what was handed in: nbgrader's autograde, several submissions at once, three outcomes kept apart.

Scores are nbgrader's: each submission goes through `nbgrader autograde` itself, in a pool of processes that import it
once. A submission that fails never stops the others, and a run that is broken off goes on where it stopped.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from autograder.catalogue import CREDIT_MIME, SHEET_MIME, mime_outputs
from autograder.course import Course
from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.handin import submitted_at


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
        What a trainer should know, one sentence each: a cell was restored, the answer sheet could not be read…
    seconds : float
        Wall time it took.
    """

    learner: str
    lab: str
    outcome: Outcome
    notes: tuple[str, ...]
    seconds: float


def pending(course: Course, lab: str) -> list[str]:
    """Return the learners whose newest submission of a lab has no scores yet, sorted."""
    waiting = []
    for learner in course.learners_with("submitted", lab):
        done = course.notebook("autograded", lab, learner)
        submitted = submitted_at(course.root / "submitted" / learner / lab)
        if not done.exists() or load_graded(course, lab, learner) is None or submitted != submitted_at(done.parent):
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
    if not chosen:
        return []
    workers = min(len(chosen), workers or os.cpu_count() or 1)
    results: list[Graded] = []
    with ProcessPoolExecutor(workers, mp_context=_context(), initializer=_start_worker) as pool:
        futures: dict[Future[Graded], str] = {pool.submit(grade_one, course.root, lab, name): name for name in chosen}
        for future in as_completed(futures):
            try:
                result = future.result()
            except BrokenProcessPool:
                result = Graded(futures[future], lab, Outcome.GRADER_FAILED, ("The grading process was ended.",), 0.0)
            save_graded(course, result)
            results.append(result)
            if progress:
                progress(result, len(chosen))
    return sorted(results, key=lambda result: result.learner)


def _context() -> Any:
    """Return how workers start: forked from a server that has imported nbgrader once, where the system can fork."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["nbgrader.apps", "autograder.grade"])
    return context


def _start_worker() -> None:
    os.environ["PYTHONSAFEPATH"] = "1"  # a submitted pandas.py must not shadow the real one


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
    try:
        if problem := _unreadable(course.notebook("submitted", lab, learner)):
            return Graded(learner, lab, Outcome.SUBMISSION_FAILED, (problem,), time.perf_counter() - start)
        result = course.nbgrader.autograde(lab, learner, force=True)
        autograded = course.notebook("autograded", lab, learner)
        if result["success"] and autograded.exists():
            outcome, notes = Outcome.SCORED, tuple(notes_on(autograded))
        else:
            outcome, notes = explain_failure((result.get("error") or "") + (result.get("log") or ""))
    except Exception as error:  # one broken submission never ends the cohort
        outcome, notes = Outcome.GRADER_FAILED, (f"{type(error).__name__}: {error}",)
    return Graded(learner, lab, outcome, notes, round(time.perf_counter() - start, 2))


def _unreadable(notebook: Path) -> str:
    """Say why a file cannot be graded as a notebook; "" if it can be tried."""
    import nbformat

    if not notebook.exists():
        return f"The notebook {notebook.name} is not among the files handed in."
    try:
        nbformat.validate(nbformat.read(notebook, as_version=4))
    except Exception:  # nbformat raises whatever the damage leads to
        return "The file handed in is not a readable notebook."
    return ""


def explain_failure(log: str) -> tuple[Outcome, tuple[str, ...]]:
    """Say in a sentence why nbgrader could not grade a submission.

    Parameters
    ----------
    log : str
        nbgrader's log and traceback.

    Returns
    -------
    outcome : Outcome
        Which side failed.
    notes : tuple of str
        The reason.
    """
    if "unresponsive" in log or "CellTimeoutError" in log:
        return Outcome.SUBMISSION_FAILED, ("A cell ran longer than the time limit and could not be stopped.",)
    if "DeadKernelError" in log or "Kernel died" in log:
        return Outcome.SUBMISSION_FAILED, ("The notebook ended its own kernel, so nothing after that could be scored.",)
    # The exception that started it is the last one in the log, which follows the traceback of nbgrader's own.
    reasons = re.findall(r"^\s*([\w.]*(?:Error|Exception|Entry): .*)$", log, flags=re.MULTILINE)
    return Outcome.GRADER_FAILED, (reasons[-1] if reasons else "nbgrader gave no reason.",)


def notes_on(autograded: Path) -> list[str]:
    """Return what a trainer should know about an executed submission, one sentence each.

    Parameters
    ----------
    autograded : Path
        The executed notebook.

    Returns
    -------
    list of str
        Restored cells, a sheet that was set aside, cells that raised; empty for an ordinary submission.
    """
    import nbformat

    nb = nbformat.read(autograded, as_version=4)
    notes = []
    if restored := nb.metadata.get("hrlab", {}).get("restored"):  # left by preprocessors.RestoreCells
        notes.append(f"Deleted cells were restored before grading: {', '.join(restored)}.")
    notes += [sheet["notice"] for sheet in mime_outputs(nb, SHEET_MIME) if sheet["status"] == "set aside"]
    for index, cell in enumerate(nb.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                notes.append(f"Cell {index} raised {output.ename}: {output.evalue}"[:200])
    scored = mime_outputs(nb, CREDIT_MIME)
    if not notes and scored and not any(item["answered"] for item in scored):
        notes.append("No question was answered.")
    return notes


def save_graded(course: Course, result: Graded) -> None:
    """Record how a submission fared, for the report and for the next run."""
    data = json.dumps(asdict(result), indent=1) + "\n"
    write_atomically(course.root / "grading" / result.lab / f"{result.learner}.json", data.encode())


def load_graded(course: Course, lab: str, learner: str) -> Graded | None:
    """Return how a submission fared, None if it was never graded to the end."""
    try:
        content = json.loads((course.root / "grading" / lab / f"{learner}.json").read_text(encoding="utf-8"))
        return Graded(**{**content, "outcome": Outcome(content["outcome"]), "notes": tuple(content["notes"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
