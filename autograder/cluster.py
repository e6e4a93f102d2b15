"""Grade on several machines: the same pure task on a Dask cluster. Only the coordinator reads and writes the course.

Each worker process keeps one `Grader` for the assignment at hand: it starts the warm processes and grades the
instructor's solution once, then one submission after the other. A task that is lost with its worker runs again on
another one; `autograder.grade` records each result once.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.metadata
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from autograder.errors import CourseError, GraderError
from autograder.results import Outcome, Result, Submission
from evaluators.errors import LabError

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.grade import Work
    from autograder.pipeline import Grader
    from autograder.settings import Settings

WAIT_FOR_WORKERS_S = 60.0
_INSTALL = "Install the same versions of this package and of the lab's libraries there: docs/operations.md says how."


@dataclass
class _Kept:
    """A grader in a worker, and how many tasks use it now."""

    grader: Grader
    users: int = 0


_lock = threading.Lock()
_kept: dict[str, _Kept] = {}  # in a worker: key of an assignment -> its grader; more than one only while in use


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
        If Dask is not installed, nothing answers at the address, no worker comes, or one of them cannot grade.
    SolutionFails
        If the instructor's own solution does not earn full marks.
    """
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise CourseError("Dask is not installed.", 'Run `pip install "hr-it-lab[cluster]"`.') from error
    try:
        client: Any = Client(settings.cluster, timeout=WAIT_FOR_WORKERS_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError, TypeError) as error:  # a TypeError where TLS has no certificate
        raise CourseError(
            f"No Dask scheduler answers at {settings.cluster}: {error}.",
            "Start one with `dask scheduler`, and give its address, such as tcp://host:8786.",
        ) from error
    task = pickle.dumps((assignment, replace(settings, cluster="")))
    key = hashlib.sha256(task).hexdigest()
    # A submission of some megabytes is what we mean to send; Dask would warn.
    with client, dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"}):
        try:
            client.wait_for_workers(1, timeout=WAIT_FOR_WORKERS_S)
        except TimeoutError as error:
            raise CourseError(
                f"The scheduler at {settings.cluster} has no workers.",
                f"Start some with `dask worker {settings.cluster} --nthreads 1`.",
            ) from error
        # A task, not scattered data: it is made again when the workers that hold it are lost.
        everywhere = client.submit(bytes, task, key=f"hrlab-assignment-{key}", pure=False)
        try:
            _check_workers(client, key, everywhere)
            yield lambda submission: _submit(client, key, everywhere, submission, assignment.name)
        finally:
            everywhere.release()
            if client.status == "running":
                with suppress(Exception):  # a worker that is lost now has nothing to end
                    client.run(end_task, key, on_error="ignore")


def _check_workers(client: Any, key: str, task: Any) -> None:
    """Have every worker grade the instructor's solution: one that cannot grade would soon get all submissions."""
    addresses = list(client.scheduler_info(n_workers=-1)["workers"])
    checks = {
        address: client.submit(check_task, key, task, workers=[address], allow_other_workers=True, pure=False)
        for address in addresses
    }
    ours = _version()
    for address, check in checks.items():
        try:
            theirs = check.result()
        except LabError as error:
            if len(checks) == 1 or type(error).__name__ == "SolutionFails":
                raise
            raise type(error)(f"The worker {address} cannot grade: {error.problem}", error.hint) from error
        except Exception as error:
            raise CourseError(
                f"The worker {address} cannot grade: {type(error).__name__}: {error}"[:1000], _INSTALL
            ) from error
        if theirs != ours:
            raise CourseError(f"The worker {address} has version {theirs} of hr-it-lab, we have {ours}.", _INSTALL)


def _version() -> str:
    try:
        return importlib.metadata.version("hr-it-lab")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _submit(client: Any, key: str, task: Any, submission: Submission, assignment: str) -> Future[Result]:
    """Return a future of the standard library's for a task on the cluster."""
    done: Future[Result] = Future()

    def finish(future: Any) -> None:
        with suppress(InvalidStateError):  # nobody waits any more
            try:
                if future.cancelled():
                    done.set_exception(_connection_lost())
                elif error := future.exception():
                    # Such as a submission that took several workers with it: Dask gives it up then.
                    note = f"The cluster could not grade this submission: {type(error).__name__}: {error}"[:500]
                    done.set_result(Result(submission.learner, assignment, Outcome.GRADER_FAILED, notes=(note,)))
                else:
                    done.set_result(future.result())
            except BaseException:  # cancelled in between: the client closes
                done.set_exception(_connection_lost())
            finally:
                future.release()

    try:
        remote = client.submit(grade_task, key, task, submission, pure=False)
    except Exception as error:
        raise _connection_lost() from error
    remote.add_done_callback(finish)
    return done


def _connection_lost() -> GraderError:
    return GraderError(
        "The connection to the Dask scheduler was lost.",
        "See that it runs, then run the same command again; what was recorded before stays.",
    )


def check_task(key: str, task: bytes) -> str:
    """Start an assignment's grader in this worker, which grades the instructor's solution; return our version."""
    with _grader(key, task):
        return _version()


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
    from autograder.grade import grade_twice

    with _grader(key, task) as grader:
        return grade_twice(grader, submission)


def end_task(key: str) -> None:
    """End an assignment's grader in this worker, if it has one; returns at once."""
    threading.Thread(target=_end, args=(key,), name="hrlab-end").start()


@contextmanager
def _grader(key: str, task: bytes) -> Iterator[Grader]:
    """Lend this worker's grader for an assignment; the first call starts it, and ends those that nobody uses."""
    from autograder.grade import grader_of

    with _lock:
        if key not in _kept:
            for other in [other for other, kept in _kept.items() if not kept.users]:
                _kept.pop(other).grader.close()
            assignment, settings = pickle.loads(task)  # the coordinator's, as is every task of a Dask worker
            _kept[key] = _Kept(grader_of(assignment, settings).__enter__())
        lent = _kept[key]
        lent.users += 1
    try:
        yield lent.grader
    finally:
        with _lock:
            lent.users -= 1


def _end(key: str) -> None:
    with _lock:
        kept = _kept.pop(key, None)
    if kept:
        kept.grader.close()


@atexit.register
def close_all() -> None:
    """End the graders of this worker."""
    for key in list(_kept):
        _end(key)
