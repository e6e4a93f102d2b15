"""Grading on a Dask cluster: a scheduler and workers as processes of their own, some of which are killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from autograder import cluster
from autograder.course import Course
from autograder.errors import CourseError, GraderError
from autograder.grade import grade, load_graded, pending
from autograder.pipeline import SolutionFails
from autograder.results import Outcome
from autograder.sandbox import missing_walls
from autograder.settings import Settings
from tests import code_lab
from tests.autograder.conftest import configure
from tests.autograder.test_gradebook import rows_of
from tests.code_lab import LAB
from tests.postgres import _ends_with_us

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = pytest.mark.skipif(bool(missing_walls()), reason="; ".join(missing_walls()) or "has walls")

START_S = 60  # for a process to be there
PEOPLE = 10


class Processes:
    """A scheduler and its workers."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.running = folder, []
        self.environment = {**os.environ, "PYTHONWARNINGS": "default", **environment}
        self.scheduler_file = folder / "scheduler.json"
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--no-show")
        self._wait(self.scheduler_file.is_file)
        self.address: str = json.loads(self.scheduler_file.read_text())["address"]
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self) -> "subprocess.Popen[bytes]":
        """Start a worker of one thread, without a nanny that would bring it back."""
        place = self.folder / f"worker{len(self.workers)}"
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(place)]
        self.workers.append(self._start("dask_worker", "--host", "127.0.0.1", *options))
        return self.workers[-1]

    def _start(self, module: str, *options: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", f"distributed.cli.{module}", *options]
        log = (self.folder / f"log{len(self.running)}").open("wb")
        with log:
            process = subprocess.Popen(
                [*command, "--scheduler-file", str(self.scheduler_file)],
                env=self.environment, stdout=log, stderr=log, cwd=self.folder,
                preexec_fn=_ends_with_us,
            )  # fmt: skip
        self.running.append(process)
        return process

    def _wait(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_S
        while not ready():
            if time.monotonic() > deadline or any(process.poll() is not None for process in self.running):
                raise RuntimeError("\n".join(path.read_text() for path in sorted(self.folder.glob("log*"))))
            time.sleep(0.02)

    def wait_for_workers(self) -> None:
        """Wait until every worker has registered."""
        from distributed import Client

        with Client(self.address, timeout=START_S, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=START_S)

    def end(self) -> None:
        """End all of them."""
        for process in self.running:
            process.kill()
            process.wait()


@contextmanager
def processes(folder: Path, workers: int, **environment: str) -> Iterator[Processes]:
    """Run a scheduler and workers."""
    folder.mkdir()
    started = Processes(folder, **environment)
    try:
        for _ in range(workers):
            started.add_worker()
        if workers:
            started.wait_for_workers()
        yield started
    finally:
        started.end()


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of the code lab with its submissions; never changed, copy it."""
    root = tmp_path_factory.mktemp("code") / "course"
    code_lab.write_source(root / "source")
    with pytest.MonkeyPatch.context() as patch:  # as in conftest.py
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "not asked")
        configure(root).call("generate_assignment", LAB)
    for made in code_lab.cohort(PEOPLE, seed=6):
        folder = root / "submitted" / made.learner / LAB
        folder.mkdir(parents=True)
        nbformat.write(made.nb, folder / f"{LAB}.ipynb")
        (folder / "timestamp.txt").write_text("2026-03-01 09:30:00.000000 UTC")
    return root


@pytest.fixture(scope="module")
def on_this_machine(collected: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What grading without a cluster leaves."""
    course = copy_of(collected, tmp_path_factory.mktemp("local") / "course")
    grade(course, LAB)
    return left_by(course)


def copy_of(collected: Path, root: Path) -> Course:
    shutil.copytree(collected, root)
    return configure(root)


def left_by(course: Course) -> dict[str, Any]:
    """All that grading wrote, without ids and times."""
    graded = {each: load_graded(course, LAB, each) for each in course.learners_with("submitted", LAB)}
    autograded = course.root / "autograded"
    return {
        "gradebook": rows_of(course),
        "grading": {learner: result and replace(result, seconds=0.0) for learner, result in graded.items()},
        "autograded": {
            str(path.relative_to(autograded)): path.read_text() for path in autograded.rglob("*") if path.is_file()
        },
    }


def nothing_warm(worker: "subprocess.Popen[bytes]") -> bool:
    """Whether a worker ends its warm processes, which know the tests."""
    _, left = psutil.wait_procs(psutil.Process(worker.pid).children(recursive=True), timeout=START_S)
    return not left


def test_a_worker_killed_in_the_middle_costs_nobody_a_score(
    collected: Path, on_this_machine: dict[str, Any], tmp_path: Path
) -> None:
    course = copy_of(collected, tmp_path / "course")
    counted: list[str] = []
    with processes(tmp_path / "cluster", workers=2) as started:

        def progress(result: Any, total: int) -> None:
            counted.append(result.learner)
            if len(counted) == 2:
                started.workers[0].send_signal(signal.SIGKILL)

        grade(course, LAB, settings=Settings(cluster=started.address, workers=4), progress=progress)
        assert started.workers[0].wait(START_S) == -signal.SIGKILL
        assert nothing_warm(started.workers[1])
    assert sorted(counted) == course.learners_with("submitted", LAB)
    assert len(counted) == PEOPLE
    assert left_by(course) == on_this_machine
    assert pending(course, LAB) == []


@pytest.mark.slow
def test_submissions_that_a_cluster_gave_up_are_graded_by_the_next_run(
    collected: Path, on_this_machine: dict[str, Any], tmp_path: Path
) -> None:
    course = copy_of(collected, tmp_path / "course")
    with processes(tmp_path / "cluster", workers=2, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as started:
        killed = []

        def progress(result: Any, total: int) -> None:
            if not killed:
                killed.append(started.workers[0].pid)
                started.workers[0].send_signal(signal.SIGKILL)

        results = grade(course, LAB, settings=Settings(cluster=started.address, workers=4), progress=progress)
        lost = [result for result in results if result.outcome is Outcome.GRADER_FAILED]
        assert lost
        assert all("The cluster could not grade this submission: KilledWorker" in result.notes[0] for result in lost)
        assert pending(course, LAB) == [result.learner for result in lost]
        again = grade(course, LAB, settings=Settings(cluster=started.address))
    assert [result.learner for result in again] == [result.learner for result in lost]
    assert left_by(course) == on_this_machine


@pytest.mark.slow
def test_a_scheduler_that_is_lost_ends_the_run_and_the_next_one_goes_on(
    collected: Path, on_this_machine: dict[str, Any], tmp_path: Path
) -> None:
    course = copy_of(collected, tmp_path / "course")
    counted: list[str] = []
    with processes(tmp_path / "cluster", workers=1) as started:

        def progress(result: Any, total: int) -> None:
            counted.append(result.learner)
            if len(counted) == 1:
                started.scheduler.send_signal(signal.SIGKILL)

        with pytest.raises(GraderError, match="The connection to the Dask scheduler was lost"):
            grade(course, LAB, settings=Settings(cluster=started.address), progress=progress)
    assert 1 <= len(counted) < PEOPLE
    rest = grade(course, LAB)
    assert sorted([*counted, *(result.learner for result in rest)]) == course.learners_with("submitted", LAB)
    assert left_by(course) == on_this_machine


@pytest.mark.slow
def test_a_solution_that_fails_stops_a_cluster_too(collected: Path, tmp_path: Path) -> None:
    course = copy_of(collected, tmp_path / "course")
    path = course.root / "source" / LAB / f"{LAB}.ipynb"
    nb = nbformat.read(path, as_version=4)
    cell = code_lab.cell_of(nb, "selection_rate")
    cell.source = cell.source.replace("selected / applicants", "applicants / selected")
    nbformat.write(nb, path)
    before = left_by(course)
    with processes(tmp_path / "cluster", workers=1) as started:
        with pytest.raises(SolutionFails, match="test_selection_rate earns 0 of 2"):
            grade(course, LAB, settings=Settings(cluster=started.address))
        assert started.workers[0].poll() is None
    assert left_by(course) == before


def test_a_cluster_without_workers_is_named(collected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = copy_of(collected, tmp_path / "course")
    before = left_by(course)
    with processes(tmp_path / "cluster", workers=0) as started:
        monkeypatch.setattr(cluster, "WAIT_FOR_WORKERS_S", 0.5)
        with pytest.raises(CourseError, match="has no workers") as error:
            grade(course, LAB, settings=Settings(cluster=started.address))
        assert f"dask worker {started.address}" in error.value.hint
    assert left_by(course) == before


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://127.0.0.1:8786", "tls://127.0.0.1:1", "nobody"])
def test_a_wrong_address_is_named(
    collected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    course = copy_of(collected, tmp_path / "course")
    monkeypatch.setattr(cluster, "WAIT_FOR_WORKERS_S", 0.5)
    with pytest.raises(CourseError, match=f"No Dask scheduler answers at {address}"):
        grade(course, LAB, settings=Settings(cluster=address))
    assert not (course.root / "autograded").exists()


@pytest.mark.slow
def test_a_worker_that_cannot_grade_is_named_before_anybody_is_graded(collected: Path, tmp_path: Path) -> None:
    course = copy_of(collected, tmp_path / "course")
    with processes(tmp_path / "cluster", workers=1) as started:
        started.environment["PATH"] = str(tmp_path)  # no bubblewrap there
        started.add_worker()
        started.wait_for_workers()
        with pytest.raises(CourseError, match=r"The worker tcp://.* cannot grade: bubblewrap is not installed"):
            grade(course, LAB, settings=Settings(cluster=started.address))
        assert nothing_warm(started.workers[0])
    assert not (course.root / "autograded").exists()
