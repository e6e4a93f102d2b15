"""Grade on several machines: the same pure task on a Dask cluster. Only the coordinator reads and writes the course.

Each worker process keeps one `Grader` for the assignment at hand: it starts the warm processes and grades the
instructor's solution once, then one submission after the other. A task that is lost with its worker runs again on
another one; `autograder.grade` records each result once.
"""

from __future__ import annotations

import atexit
import hashlib
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograder.errors import CourseError
from autograder.results import Outcome, Result, Submission

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.grade import Work
    from autograder.settings import Settings

WAIT_FOR_WORKERS_S = 60.0
LOST_WORKERS = 3  # workers that a submission may take with it before it is given up

_lock = threading.Lock()
_kept: dict[str, Any] = {}  # in a worker: key of an assignment -> its Grader; never more than one


@contextmanager
def on_cluster(assignment: Assignment, settings: Settings) -> Iterator[Work]:
    """Connect to a Dask scheduler.

    Parameters
    ----------
    assignment : Assignment
        What is graded; sent to each worker once.
    settings : Settings
        `cluster` is the scheduler's address.

    Yields
    ------
    callable
        Starts the grading of a submission on some worker and returns its future.

    Raises
    ------
    CourseError
        If Dask is not installed, nothing answers at the address, or no worker comes.
    SolutionFails
        If the instructor's own solution does not earn full marks.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise CourseError("Dask is not installed.", 'Run `pip install "hr-it-lab[cluster]"`.') from error
    try:
        client: Any = Client(settings.cluster, timeout=f"{WAIT_FOR_WORKERS_S:g}s", set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise CourseError(
            f"No Dask scheduler answers at {settings.cluster}: {error}.",
            "Start one with `dask scheduler`, and give its address, such as tcp://host:8786.",
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT_FOR_WORKERS_S)
        except TimeoutError as error:
            raise CourseError(
                f"The scheduler at {settings.cluster} has no workers.",
                f"Start some with `dask worker {settings.cluster} --nthreads 1`.",
            ) from error
        task = pickle.dumps((assignment, replace(settings, cluster="")))
        key = hashlib.sha256(task).hexdigest()
        everywhere = client.scatter(task, broadcast=True, hash=False)
        client.submit(check_task, key, everywhere, pure=False, retries=LOST_WORKERS).result()
        yield lambda submission: _submit(client, key, everywhere, submission, assignment.name)


def _submit(client: Any, key: str, task: Any, submission: Submission, assignment: str) -> Future[Result]:
    """Return a future of the standard library's for a task on the cluster."""
    # A task is tried again elsewhere when its worker is lost; one that takes several workers with it is to blame.
    remote = client.submit(grade_task, key, task, submission, pure=False, allow_other_workers=True)
    done: Future[Result] = Future()

    def finish(future: Any) -> None:
        try:
            done.set_result(future.result())
        except BaseException as error:
            note = f"The cluster lost this submission: {type(error).__name__}: {error}"[:500]
            done.set_result(Result(submission.learner, assignment, Outcome.GRADER_FAILED, notes=(note,)))
        finally:
            future.release()

    remote.add_done_callback(finish)
    return done


def check_task(key: str, task: bytes) -> bool:
    """Start an assignment's grader in this worker; the instructor's solution is graded."""
    _grader(key, task)
    return True


def grade_task(key: str, task: bytes, submission: Submission) -> Result:
    """Grade one submission in this worker: pure, bytes in and a result out.

    Parameters
    ----------
    key : str
        Names the assignment and settings in `task`.
    task : bytes
        Pickled (Assignment, Settings), from the coordinator.
    submission : Submission
        What was handed in.

    Returns
    -------
    Result
        How it fared.
    """
    result: Result = _grader(key, task).grade(submission)
    return result


def _grader(key: str, task: bytes) -> Any:
    """Return this worker's grader for an assignment; the first call starts it, and ends the one before."""
    with _lock:
        if key not in _kept:
            from autograder.grade import grader_of

            close_all()
            assignment, settings = pickle.loads(task)
            grader = grader_of(assignment, settings)
            grader.__enter__()
            _kept[key] = grader
        return _kept[key]


@atexit.register
def close_all() -> None:
    """End the graders of this worker."""
    while _kept:
        _, grader = _kept.popitem()
        grader.close()
