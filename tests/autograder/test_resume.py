"""Nothing is lost: whatever kills, fills, locks or breaks, the same command goes on and the end is the same."""

import ctypes
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from autograder.course import Course
from autograder.errors import CourseError, GraderError
from autograder.files import finish_replacing, replace_tree
from autograder.grade import Graded, grade, load_graded, pending, save_graded
from autograder.handin import collect
from autograder.pipeline import Grader, SolutionFails
from autograder.results import Outcome
from autograder.roster import Learner, set_roster
from autograder.sandbox import Host, bubblewrap, missing_walls
from autograder.scores import lab_scores
from autograder.settings import Settings
from tests.autograder.test_gradebook import rows_of
from tests.small_lab import LAB, RIGHT, hand_in

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux")
walled = pytest.mark.skipif(bool(missing_walls()), reason="; ".join(missing_walls()) or "has walls")

END_S = 60  # for a process to do what it was told
ROOT = Path(__file__).parents[2]
BINARY = "binary"  # whose notebook cannot be read
OWN_CODE = "own_code"  # who needs a session of their own
PEOPLE = ("ada", "ben", "cleo", "dora", "emil", "untouched", OWN_CODE, BINARY)


def add_code(nb: nbformat.NotebookNode) -> None:
    nb.cells.insert(2, nbformat.v4.new_code_cell("mine = sum(range(10))\n1 / 0"))


@pytest.fixture(scope="module")
def collected(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose submissions are collected; never changed, copy it."""
    tmp_path = tmp_path_factory.mktemp("collected")
    shutil.copytree(released, tmp_path / "course")
    course = Course(tmp_path / "course")
    set_roster(course, [Learner(name) for name in PEOPLE])
    for number, learner in enumerate(PEOPLE):
        answers = None if learner == "untouched" else {**RIGHT, "impact": (0.67, 1.49, 3)[number % 3]}
        hand_in(tmp_path / "desks", course, learner, answers, edit=add_code if learner == OWN_CODE else None)
    assert len(collect(course, LAB).new) == len(PEOPLE)
    (course.root / "submitted" / BINARY / LAB / f"{LAB}.ipynb").write_bytes(b"\x00\xff not a notebook")
    return course.root


@pytest.fixture
def course(collected: Path, tmp_path: Path) -> Course:
    """Submissions that wait, in a course of one's own."""
    shutil.copytree(collected, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture(scope="module")
def undisturbed(collected: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course after one run that nothing disturbed; never changed, copy it."""
    root = tmp_path_factory.mktemp("undisturbed") / "course"
    shutil.copytree(collected, root)
    grade(Course(root), LAB)
    return root


def with_own_labs(course: Course, labs: Path) -> Course:
    """Give a course a copy of the instructor versions."""
    shutil.copytree(course.labs_folder, labs)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace(repr(str(course.labs_folder)), repr(str(labs))))
    return Course(course.root)


def left_by(course: Course) -> dict[str, Any]:
    """All that grading leaves, without ids and times; every file counts, hidden ones too."""
    found: dict[str, Any] = {"gradebook": rows_of(course)}
    for path in sorted(course.root.rglob("*")):
        name = path.relative_to(course.root)
        if path.is_file() and name.parts[0] == "grading":
            found[str(name)] = {**json.loads(path.read_text()), "seconds": 0}
        elif path.is_file() and name.name not in ("gradebook.db", "nbgrader_config.py"):
            found[str(name)] = path.read_bytes()
    return found


def graded_now(course: Course) -> set[str]:
    """Those who are graded to an end."""
    return set(PEOPLE) - set(pending(course, LAB))


# --- killed ----------------------------------------------------------------------------------------------------------

# A run that kills itself before its nth step that changes the course: a file opened for writing, moved or deleted, a
# folder made, a transaction committed. 0 kills nothing.
KILLS_ITSELF = """
import os, signal, sys
left, root = int(sys.argv.pop(1)), sys.argv.pop(1)

def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def watch(event, args):
    writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}:
        if isinstance(args[0], (str, os.PathLike)) and os.fspath(args[0]).startswith(root):
            count()

import sqlalchemy.event
from sqlalchemy.engine import Engine
from autograder.cli import main
sqlalchemy.event.listen(Engine, "commit", count)
sys.addaudithook(watch)
try:
    main()
finally:
    print(f"steps: {-left}", file=sys.stderr)
"""


def command(course: Course, *options: str, steps: int | None = None) -> list[str]:
    """The command line of a run; with `steps` one that kills itself."""
    arguments = ["grade", "--course", str(course.root), "--workers", "2", *options]
    if steps is None:
        return [sys.executable, "-m", "autograder", *arguments]
    return [sys.executable, "-c", KILLS_ITSELF, str(steps), str(course.root), *arguments]


def run(course: Course, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(command(course, *options), cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def no_process_left() -> Iterator[None]:
    """Adopt what the block's processes leave behind, and see it end."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    libc = ctypes.CDLL(None)
    assert libc.prctl(36, 1) == 0  # PR_SET_CHILD_SUBREAPER
    try:
        yield
        left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
        _, alive = psutil.wait_procs(left, timeout=END_S)
        assert [process.cmdline() for process in alive] == []
    finally:
        libc.prctl(36, 0)


def steps_of_a_run(course: Course) -> tuple[int, float]:
    """How many steps a whole run has, and how long it takes."""
    start = time.monotonic()
    done = subprocess.run(command(course, steps=0), cwd=ROOT, capture_output=True, text=True, check=False)
    return int(done.stderr.rpartition("steps: ")[2]), time.monotonic() - start


def kill_one(course: Course, chance: random.Random, steps: int, seconds: float) -> None:
    """Start a run and kill it before some step, or after some time."""
    if chance.random() < 0.7:
        done = subprocess.run(
            command(course, steps=chance.randint(1, steps)), cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode in (-signal.SIGKILL, 1)  # 1: fewer steps were left
        return
    process = subprocess.Popen(command(course), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(chance.uniform(0, seconds))
    process.kill()
    process.wait()


def score_memo(course: Course, learner: str) -> None:
    """Do what a person does in formgrader."""
    with course.gradebook() as book:
        memo = book.find_grade("memo", LAB, LAB, learner)
        memo.manual_score, memo.extra_credit, memo.needs_manual_grade = 2.5, 0.25, False
        book.find_comment("memo", LAB, LAB, learner).manual_comment = f"Name an owner, {learner}."
        book.db.commit()


def kill_and_go_on(collected: Path, undisturbed: Path, place: Path, *, kills: int, seed: int) -> None:
    """Kill runs until a course is graded, as often as asked for, and compare each course with the undisturbed one."""
    chance = random.Random(seed)
    shutil.copytree(collected, place / "counted")
    steps, seconds = steps_of_a_run(Course(place / "counted"))
    assert steps > 5 * len(PEOPLE)
    while kills > 0:
        for name in ("course", "expected"):
            shutil.rmtree(place / name, ignore_errors=True)
        shutil.copytree(collected, place / "course")
        shutil.copytree(undisturbed, place / "expected")
        course, expected = Course(place / "course"), Course(place / "expected")
        scored: set[str] = set()
        with no_process_left():
            for _ in range(min(kills, chance.randint(3, 8))):
                kills -= 1
                before = graded_now(course)
                kill_one(course, chance, steps, seconds)
                assert before <= graded_now(course)
                if ready := sorted(graded_now(course) - scored - {BINARY, "untouched"}):
                    scored.add(learner := chance.choice(ready))
                    score_memo(course, learner)
            waiting = set(pending(course, LAB))
            last = run(course, "--json")
        assert last.returncode == 1, last.stderr
        assert {each["learner"] for each in json.loads(last.stdout)} == waiting  # nobody is graded again
        assert pending(course, LAB) == []
        for learner in scored:
            score_memo(expected, learner)
        assert left_by(course) == left_by(expected)


@linux
@walled
def test_a_killed_run_goes_on(collected: Path, undisturbed: Path, tmp_path: Path) -> None:
    kill_and_go_on(collected, undisturbed, tmp_path, kills=3, seed=20261122)


@linux
@walled
@pytest.mark.slow
def test_a_run_killed_fifty_times_goes_on(collected: Path, undisturbed: Path, tmp_path: Path) -> None:
    kill_and_go_on(collected, undisturbed, tmp_path, kills=50, seed=6)


def test_a_paragraph_a_person_scored_is_not_read_again_after_a_kill(undisturbed: Path, tmp_path: Path) -> None:
    """Killed between the two renames of the autograded folder: what it was is what the next run compares with."""
    shutil.copytree(undisturbed, tmp_path / "course")
    course = Course(tmp_path / "course")
    score_memo(course, "ada")
    before = left_by(course)
    folder = course.root / "autograded" / "ada" / LAB
    folder.rename(folder.with_name(f".{LAB}.old"))
    (folder.with_name(f".{LAB}.new")).mkdir()
    (course.root / "grading" / LAB / "ada.json").unlink()
    (course.root / "grading" / LAB / ".ada.json.part").write_text('{"learner": "a')
    assert [result.learner for result in grade(course, LAB)] == ["ada"]
    assert left_by(course) == before
    assert "ada" not in lab_scores(course, LAB).waiting()


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "lab"
    replace_tree(folder, {"a/b.txt": b"old"})
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full_disk)
        with pytest.raises(CourseError, match="No space left on device"):
            replace_tree(folder, {"a/b.txt": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["lab"]
    assert (folder / "a/b.txt").read_bytes() == b"old"
    folder.rename(tmp_path / ".lab.old")
    finish_replacing(folder)
    assert (folder / "a/b.txt").read_bytes() == b"old"
    replace_tree(folder, {"c.txt": b"new"})
    assert [path.name for path in folder.iterdir()] == ["c.txt"]


def full_disk(*_: object) -> int:
    raise OSError(28, "No space left on device")


# --- one thing goes wrong --------------------------------------------------------------------------------------------


def test_a_full_disk_is_named_and_the_next_run_goes_on(course: Course, undisturbed: Path) -> None:
    """A limit on the size of files is a disk with room for the gradebook and none for what one learner handed in."""
    large = course.root / "submitted" / "cleo" / LAB / "notes.txt"
    large.write_bytes(b"x" * 4_000_000)
    most = 2_000_000
    assert (course.root / "gradebook.db").stat().st_size < most // 2
    done = subprocess.run(
        command(course), cwd=ROOT, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY)),
    )  # fmt: skip
    assert done.returncode == 2
    assert f"Could not write {course.root / 'autograded' / 'cleo' / LAB}: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert "cleo" not in graded_now(course)
    assert not list(course.root.rglob(".*"))
    large.unlink()
    grade(course, LAB)
    assert left_by(course) == left_by(Course(undisturbed))


@pytest.mark.slow
def test_a_gradebook_that_cannot_grow_is_named_and_the_next_run_goes_on(course: Course, undisturbed: Path) -> None:
    most = (course.root / "gradebook.db").stat().st_size // 2  # so that nothing can be written behind it
    done = subprocess.run(
        command(course), cwd=ROOT, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY)),
    )  # fmt: skip
    assert done.returncode == 2
    assert f"The gradebook {course.root / 'gradebook.db'} could not be written" in done.stderr
    assert graded_now(course) < set(PEOPLE)
    grade(course, LAB)
    assert left_by(course) == left_by(Course(undisturbed))


@contextmanager
def locked(path: Path) -> Iterator[threading.Event]:
    """Hold a gradebook in another process until the event is set, or the block ends."""
    holder = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\nc.execute('BEGIN EXCLUSIVE')"
    holder += "\nprint('held', flush=True)\nsys.stdin.read()"
    let_go = threading.Event()
    process = subprocess.Popen([sys.executable, "-c", holder, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout
        assert process.stdin
        process.stdout.readline()
        waiter = threading.Thread(target=lambda: (let_go.wait(), process.stdin.close()))
        waiter.start()
        try:
            yield let_go
        finally:
            let_go.set()
            waiter.join()


def test_a_gradebook_in_use_is_waited_for_and_the_trainer_is_told(course: Course, undisturbed: Path) -> None:
    told: list[float] = []
    with locked(course.root / "gradebook.db") as let_go:

        def waiting(seconds: float) -> None:
            told.append(seconds)
            let_go.set()

        grade(course, LAB, waiting=waiting)
    assert told
    assert left_by(course) == left_by(Course(undisturbed))


def test_a_gradebook_locked_in_the_middle_is_waited_for(course: Course, undisturbed: Path) -> None:
    told: list[float] = []
    with locked_later(course) as (lock, let_go):
        grade(
            course, LAB, progress=lambda result, total: lock(), waiting=lambda seconds: (told.append(seconds), let_go())
        )
    assert told
    assert left_by(course) == left_by(Course(undisturbed))


@contextmanager
def locked_later(course: Course) -> Iterator[tuple[Any, Any]]:
    """Two functions: one locks the gradebook, once, and the other one lets it go."""
    held = sqlite3.connect(course.root / "gradebook.db", isolation_level=None, check_same_thread=False)
    done: list[bool] = []

    def lock() -> None:
        if not done:
            done.append(True)
            held.execute("BEGIN EXCLUSIVE")

    def let_go() -> None:
        if held.in_transaction:
            held.execute("ROLLBACK")

    try:
        yield lock, let_go
    finally:
        held.close()


@pytest.mark.slow
def test_a_gradebook_locked_for_ever_is_3_and_the_next_run_goes_on(course: Course, undisturbed: Path) -> None:
    patient = "import sys\nfrom autograder.gradebook import Recorder\n"
    patient += "Recorder.__init__.__kwdefaults__['wait_s'] = 1.0\nfrom autograder.cli import main\nmain()"
    with locked(course.root / "gradebook.db"):
        done = subprocess.run(
            [sys.executable, "-c", patient, *command(course)[3:]], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 3
    assert f"{course.root / 'gradebook.db'} was locked or out of reach for" in done.stderr
    assert "nothing was lost" in done.stderr
    grade(course, LAB)
    assert left_by(course) == left_by(Course(undisturbed))


def test_a_damaged_gradebook_is_named_and_left_as_it_is(course: Course, undisturbed: Path) -> None:
    path = course.root / "gradebook.db"
    whole = path.read_bytes()
    damaged = whole[:4096] + b"\xff" * (len(whole) - 4096)
    path.write_bytes(damaged)
    done = run(course)
    assert done.returncode == 3
    assert f"The gradebook {path} is damaged" in done.stderr
    assert "restore" in done.stderr
    assert path.read_bytes() == damaged
    path.write_bytes(whole)
    grade(course, LAB)
    assert left_by(course) == left_by(Course(undisturbed))


@pytest.mark.slow
def test_what_a_restored_gradebook_lacks_is_graded_again(collected: Path, undisturbed: Path, tmp_path: Path) -> None:
    shutil.copytree(undisturbed, tmp_path / "course")
    course = Course(tmp_path / "course")
    with course.gradebook() as book:  # a copy from when some had been graded, one of them an older hand-in
        for learner in ("ben", "dora"):
            book.remove_submission(LAB, learner)
        book.find_submission(LAB, "ada").timestamp = datetime(2026, 3, 1)
        book.find_grade("impact", LAB, LAB, "ada").auto_score = 0
        book.db.commit()
    assert [result.learner for result in grade(course, LAB)] == ["ada", "ben", "dora"]
    assert left_by(course) == left_by(Course(undisturbed))
    assert grade(course, LAB) == []


@linux
@walled
def test_a_sandbox_that_is_killed_costs_nobody_a_score(
    course: Course, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system does where memory runs out: once in the middle of a submission, with its sessions in it."""
    killed: list[int] = []
    one_by_one = threading.Lock()
    plain = Host.session

    def session(host: Host, *args: Any, **options: Any) -> Any:
        started = plain(host, *args, **options)
        with one_by_one:
            process = host._running()._process
            grading = threading.current_thread().name.startswith("hrlab-grade")
            if grading and not killed:  # a second one could meet the same submission, which is tried twice
                killed.append(process.pid)
                for inside in [*psutil.Process(process.pid).children(recursive=True), process]:
                    with suppress(psutil.NoSuchProcess):
                        inside.kill()
                process.wait()
        return started

    monkeypatch.setattr(Host, "session", session)
    results = grade(course, LAB, settings=Settings(workers=2))
    assert len(killed) == 1
    assert all(result.outcome is not Outcome.GRADER_FAILED for result in results)
    assert all("lost" not in note for result in results for note in result.notes)
    assert left_by(course) == left_by(Course(undisturbed))


@pytest.mark.slow
def test_a_clock_that_jumps_changes_nothing(course: Course, undisturbed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = iter([0, 48, -72, 1, -1] * 100_000)
    now, now_ns = time.time, time.time_ns

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.fromtimestamp(time.time(), tz)

    monkeypatch.setattr(time, "time", lambda: now() + 3600 * next(hours))
    monkeypatch.setattr(time, "time_ns", lambda: now_ns() + 3_600_000_000_000 * next(hours))
    for name, module in list(sys.modules.items()):
        if name.startswith("autograder.") and getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", Jumping)
    results = grade(course, LAB)
    assert all(0 <= result.seconds < 600 for result in results)
    assert left_by(course) == left_by(Course(undisturbed))


@linux
@walled
def test_ctrl_c_ends_soon_and_the_same_command_goes_on(course: Course, undisturbed: Path) -> None:
    """A cell that would run for a minute does not keep the trainer waiting for its end."""
    path = course.root / "submitted" / OWN_CODE / LAB / f"{LAB}.ipynb"
    handed_in = path.read_text()
    nb = nbformat.reads(handed_in, as_version=4)
    nb.cells[2].source = "import time; time.sleep(3600)"
    path.write_text(nbformat.writes(nb))
    (course.root / "grading.toml").write_text("[limits]\ncell_s = 3000\nwall_s = 3000\n")
    with no_process_left():
        process = subprocess.Popen(command(course), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + END_S
        while len(graded_now(course)) < len(PEOPLE) - 1:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=END_S)
    assert process.returncode == 3
    assert "Stopped.\nThe same command goes on where it stopped." in said
    assert "Traceback" not in said
    path.write_text(handed_in)
    (course.root / "grading.toml").unlink()
    last = run(course, "--json")
    assert [each["learner"] for each in json.loads(last.stdout)] == [OWN_CODE]
    assert left_by(course) == left_by(Course(undisturbed))


def test_a_solution_that_fails_grades_nobody_and_writes_nothing(course: Course, released: Path) -> None:
    with course.gradebook() as book:
        cell = book.find_source_cell("impact", LAB, LAB)
        cell.source = cell.source.replace("key=0.67", "key=0.76")
        book.db.commit()
    before = left_by(course)
    done = run(course)
    assert done.returncode == 2
    assert "does not earn full marks: impact earns 0 of 2" in done.stderr
    assert left_by(course) == before
    with pytest.raises(SolutionFails):
        grade(course, LAB)


def test_a_second_run_beside_the_first_is_refused(course: Course, undisturbed: Path) -> None:
    refused: list[str] = []

    def progress(result: Graded, total: int) -> None:
        if pending(course, LAB):
            with pytest.raises(CourseError, match="is being graded already"):
                grade(course, LAB)
            refused.append(result.learner)

    grade(course, LAB, progress=progress)
    assert len(refused) == len(PEOPLE) - 1  # at the last one nobody waits any more
    assert left_by(course) == left_by(Course(undisturbed))


@pytest.mark.slow
def test_what_the_grader_fails_is_tried_twice_and_again_by_the_next_run(
    course: Course, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    plain = Grader._grade

    def fails(grader: Grader, submission: Any, surfaces: Any, **options: Any) -> Any:
        tried.append(submission.learner)
        if submission.learner == "cleo" or (submission.learner == "ada" and tried.count("ada") == 1):
            raise GraderError("Something of ours is broken.", "Mend it.")
        return plain(grader, submission, surfaces, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Grader, "_grade", fails)
        grade(course, LAB)
    assert (tried.count("ada"), tried.count("ben"), tried.count("cleo")) == (2, 1, 2)
    assert load_graded(course, LAB, "cleo").outcome is Outcome.GRADER_FAILED
    assert pending(course, LAB) == ["cleo"]
    grade(course, LAB)
    assert left_by(course) == left_by(Course(undisturbed))


def test_an_autograded_notebook_that_somebody_broke_stops_nobody(undisturbed: Path, tmp_path: Path) -> None:
    shutil.copytree(undisturbed, tmp_path / "course")
    course = Course(tmp_path / "course")
    for learner, text in (("ada", ""), ("ben", "[]"), ("cleo", '{"cells": [{}]}')):
        path = course.notebook("autograded", LAB, learner)
        path.chmod(0o644)
        path.write_text(text)
    grade(course, LAB, learners=["ada", "ben", "cleo"])
    assert left_by(course) == left_by(Course(undisturbed))


def test_a_file_where_the_instructor_has_a_folder_stops_nobody(course: Course) -> None:
    course = with_own_labs(course, course.root.parent / "labs")
    for folder in (course.root / "release" / LAB, course.labs_folder / LAB):
        (folder / "data").mkdir()
        (folder / "data" / "numbers.csv").write_text("1,2\n")
    (course.root / "submitted" / OWN_CODE / LAB / "data").write_text("mine")
    grade(course, LAB)
    assert pending(course, LAB) == []
    result = load_graded(course, LAB, OWN_CODE)
    assert result.outcome is Outcome.SCORED
    assert (course.root / "autograded" / OWN_CODE / LAB / "data" / "numbers.csv").read_text() == "1,2\n"


def test_how_it_went_is_written_whole_or_not_at_all(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Graded("ada", LAB, Outcome.SCORED, notes=("Well done.",))
    save_graded(course, first)
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(CourseError, match="No space left on device"):
        save_graded(course, Graded("ada", LAB, Outcome.GRADER_FAILED))
    assert load_graded(course, LAB, "ada") == first


# --- as an ordinary user ---------------------------------------------------------------------------------------------


@linux
@walled
def test_an_ordinary_user_grades_the_same_and_goes_on_after_a_kill(collected: Path, undisturbed: Path) -> None:
    if os.getuid():
        pytest.skip("these tests run as an ordinary user already")
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed (Debian's package: util-linux)")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(collected, Path(folder, "course"))
        course = with_own_labs(Course(Path(folder, "course")), Path(folder, "labs"))
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(path, 65534, 65534)
        with no_process_left():
            killed = subprocess.run(
                as_nobody(command(course, steps=60)), cwd="/", capture_output=True, text=True, check=False
            )
            assert killed.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), killed.stderr  # bwrap says it so
            assert 0 < len(graded_now(course)) < len(PEOPLE)
            done = subprocess.run(as_nobody(command(course)), cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        assert {path.stat().st_uid for path in (course.root / "autograded").rglob("*")} == {65534}
        ours, expected = left_by(course), left_by(Course(undisturbed))
        assert ours == expected


def as_nobody(arguments: list[str]) -> list[str]:
    """A command as the user nobody, who also gets to a Python that lies in a folder that is closed to others."""
    needed = {Path(place).resolve() for place in (sys.prefix, sys.base_prefix, ROOT)}
    closed = {
        next((above for above in reversed(place.parents) if not above.stat().st_mode & 0o001), None) for place in needed
    }
    line = [str(bubblewrap.program()), "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--cap-add", "ALL"]
    for folder in sorted(str(folder) for folder in closed if folder):
        line += ["--perms", "0755", "--tmpfs", folder]
    for place in sorted(needed):
        for above in reversed(place.parents):
            if any(above.is_relative_to(folder) and above != folder for folder in closed if folder):
                line += ["--perms", "0755", "--dir", str(above)]
        line += ["--ro-bind", str(place), str(place)]
    nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    environment = ["env", "-C", "/", f"PYTHONPATH={ROOT}", "HOME=/nonexistent"]
    return [*line, "--", str(shutil.which("setpriv")), *nobody, *environment, *arguments]
