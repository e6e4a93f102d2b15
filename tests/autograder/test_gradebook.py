"""Recording results, compared with what `nbgrader autograde` leaves, on SQLite and on PostgreSQL."""

import multiprocessing
import pickle
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import nbformat
import pytest
import sqlalchemy as sa

from autograder.course import Course
from autograder.database import Store, database_url
from autograder.errors import CourseError, GraderError
from autograder.gradebook import (
    GradeRow,
    PenaltyChange,
    Recorder,
    gradebook_url,
    tables,
)
from autograder.results import CellScore, NotebookResult
from tests.autograder.conftest import ASSIGNMENT, NBGRADER_TESTS, configure

DUE = "2026-03-02 12:00:00"
LATE, ON_TIME = datetime(2026, 3, 2, 16, 0, 0, 5000), datetime(2026, 3, 1, 9, 30)
RIGHT = (
    NotebookResult(
        "p1",
        (CellScore("foo", 1.0), CellScore("bar", 1.0), CellScore("baz", None), CellScore("quux", None)),
        {"set_a": False, "baz": False, "quux": False},
    ),
    NotebookResult("p2", missing=True),
)
WRONG = (
    NotebookResult(
        "p1",
        (CellScore("foo", 1.0), CellScore("bar", 0.0), CellScore("baz", 0.0), CellScore("quux", 0.0)),
        {"set_a": True, "baz": True, "quux": True},
    ),
    NotebookResult("p2", missing=True),
)


def notebook_scores(name: str, nb: Any) -> NotebookResult:
    """Read the scores of an executed notebook, as nbgrader's SaveAutoGrades does.

    Parameters
    ----------
    name : str
        The notebook's name.
    nb : NotebookNode
        The notebook, sanitised and executed.

    Returns
    -------
    NotebookResult
        Pure data, ready for `Recorder.record`.
    """
    from nbgrader import utils

    cells, no_response = {}, {}
    for cell in nb.cells:
        spec = cell.metadata.get("nbgrader", {})
        if utils.is_grade(cell):
            cells[spec["grade_id"]] = utils.determine_grade(cell)[0]
        if utils.is_solution(cell) or utils.is_task(cell):
            untouched = spec.get("checksum") == utils.compute_checksum(cell)
            no_response[spec["grade_id"]] = untouched and not utils.is_task(cell)
    return NotebookResult(name, tuple(CellScore(item, score) for item, score in cells.items()), no_response)


def rows_of(course: Course) -> dict[str, list[str]]:
    """Every row of every table as text, with names for ids, so that two gradebooks can be compared."""
    db = tables()
    store = Store(gradebook_url(course))
    order = [
        db.Course, db.Assignment, db.Notebook, db.BaseCell, db.GradeCell, db.SolutionCell, db.TaskCell, db.SourceCell,
        db.Student, db.SubmittedAssignment, db.SubmittedNotebook, db.Grade, db.Comment,
    ]  # fmt: skip
    found = store.run(
        lambda connection: {table.name: list(connection.execute(sa.select(table)).mappings()) for table in order},
        write=False,
    )
    store.close()
    names: dict[Any, str] = {}
    for table in order:
        for row in found[table.name]:
            parts = [str(names.get(row[key], row[key])) for key in row if key in ("name", "type", "student_id")]
            links = [str(names.get(row[key], row[key])) for key in row if key.endswith("_id") and key != "student_id"]
            if "id" in row and table.name not in ("student", "course") and row["id"] not in names:
                names[row["id"]] = f"<{table.name} {' '.join([*links, *parts])}>"
    return {
        name: sorted(str([(key, names.get(value, value)) for key, value in row.items()]) for row in rows)
        for name, rows in found.items()
    }


@dataclass(frozen=True)
class Autograded:
    """What real `nbgrader autograde` did: rows of the gradebook and executed notebooks after each of two rounds."""

    rows: tuple[dict[str, list[str]], dict[str, list[str]]]
    scores: tuple[dict[str, tuple[NotebookResult, ...]], dict[str, tuple[NotebookResult, ...]]]


ROUNDS: tuple[dict[str, datetime | None], ...] = (
    {"ada": ON_TIME, "ben": LATE, "cleo": None},
    {"ada": LATE},
)


def hand_in(course: Course, learner: str, when: datetime | None, *, second: bool = False) -> None:
    """Put a submission where nbgrader finds it."""
    folder = course.root / "submitted" / learner / ASSIGNMENT
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if learner == "ada":
        answers = "submitted-unchanged" if second else "submitted-changed"
        shutil.copy(NBGRADER_TESTS / f"apps/files/{answers}.ipynb", folder / "p1.ipynb")
        if not second:
            shutil.copy(course.root / "source" / ASSIGNMENT / "p2.ipynb", folder)
    elif learner == "ben":
        shutil.copy(NBGRADER_TESTS / "apps/files/submitted-changed.ipynb", folder / "p1.ipynb")
    else:
        shutil.copy(course.root / "release" / ASSIGNMENT / "p1.ipynb", folder)
    if when:
        (folder / "timestamp.txt").write_text(f"{when.isoformat(' ')} UTC")


def by_a_person(course: Course) -> None:
    """Write what people write between two rounds: scores, credit, comments, a flag, an extension."""
    with course.gradebook() as book:
        for item, manual, extra in (("baz", 1.5, None), ("bar", None, 0.25), ("foo", 0.5, 0.5)):
            grade = book.find_grade(item, "p1", ASSIGNMENT, "ada")
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = manual, extra, False
        book.find_grade("baz", "p1", ASSIGNMENT, "cleo").manual_score = 2.0
        book.find_comment("baz", "p1", ASSIGNMENT, "ada").manual_comment = "Well put."
        book.find_submission_notebook("p1", ASSIGNMENT, "ada").flagged = True
        book.grant_extension(ASSIGNMENT, "ada", hours=1)
        book.db.commit()


def set_due_date(course: Course) -> None:
    with course.gradebook() as book:
        book.update_or_create_assignment(ASSIGNMENT, duedate=DUE)


@pytest.fixture(scope="module")
def autograded(plain_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Autograded:
    """Two rounds of real autograding, with a person's work in between."""
    root = tmp_path_factory.mktemp("autograded") / "course"
    shutil.copytree(plain_course, root)
    course = configure(root)
    set_due_date(course)
    rows, scores = [], []
    for number, learners in enumerate(ROUNDS):
        if number:
            by_a_person(course)
        results = {}
        for learner, when in learners.items():
            hand_in(course, learner, when, second=bool(number))
            course.call("autograde", ASSIGNMENT, learner, force=True)
            results[learner] = tuple(
                notebook_scores(name, nbformat.read(path, as_version=4))
                if (path := root / "autograded" / learner / ASSIGNMENT / f"{name}.ipynb").exists()
                else NotebookResult(name, missing=True)
                for name in ("p1", "p2")
            )
        rows.append(rows_of(course))
        scores.append(results)
    return Autograded((rows[0], rows[1]), (scores[0], scores[1]))


def test_rows_equal_nbgraders(plain: Course, autograded: Autograded) -> None:
    set_due_date(plain)
    with Recorder(plain, ASSIGNMENT) as recorder:
        for learner, when in ROUNDS[0].items():
            recorder.record(learner, autograded.scores[0][learner], timestamp=when)
    assert rows_of(plain) == autograded.rows[0]
    by_a_person(plain)
    with Recorder(plain, ASSIGNMENT) as recorder:
        for learner, when in ROUNDS[1].items():
            recorder.record(learner, autograded.scores[1][learner], timestamp=when)
    assert rows_of(plain) == autograded.rows[1]


def test_the_comparison_has_something_to_compare(autograded: Autograded) -> None:
    first, second = autograded.rows
    assert len(first["grade"]) == 3 * 11
    assert len(first["comment"]) == 3 * 8
    text = str((first, second))
    for sign in ("No response.", "Well put.", "('extension', datetime.timedelta(seconds=3600))", "('flagged', True)"):
        assert sign in text
    penalties = [row.split("'late_submission_penalty', ")[1] for row in second["submitted_notebook"]]
    assert {"None)]", "2.0)]", "2.75)]"} <= set(penalties), penalties


def grades(course: Course, learner: str = "ada") -> dict[str, tuple[Any, ...]]:
    with Recorder(course, ASSIGNMENT) as recorder:
        return {
            row.grade_id: (row.auto_score, row.manual_score, row.extra_credit, row.needs_manual_grade)
            for row in recorder.grades()
            if row.learner == learner and row.notebook == "p1"
        }


def test_what_a_person_wrote_is_kept(plain: Course) -> None:
    with Recorder(plain, ASSIGNMENT) as recorder:
        recorder.record("ada", RIGHT, timestamp=ON_TIME)
        by_a_person_for_ada(plain)
        recorder.record("ada", WRONG, timestamp=LATE)
    assert grades(plain) == {
        "foo": (1.0, 0.5, 0.5, True),  # nbgrader asks for another look where a person had scored
        "bar": (0.0, None, 0.25, False),
        "baz": (0.0, 1.5, None, True),
        "quux": (0.0, None, None, False),
    }
    with plain.gradebook() as book:
        assert book.find_comment("baz", "p1", ASSIGNMENT, "ada").comment == "Well put."
        assert book.find_submission_notebook("p1", ASSIGNMENT, "ada").flagged
        assert book.find_submission(ASSIGNMENT, "ada").extension == timedelta(hours=1)


def by_a_person_for_ada(course: Course) -> None:
    with Recorder(course, ASSIGNMENT) as recorder:  # by_a_person writes about cleo, too
        recorder.record("cleo", WRONG, timestamp=None)
    by_a_person(course)


def test_a_paragraph_scored_and_unchanged_needs_no_other_look(sqlite_course: Course) -> None:
    with Recorder(sqlite_course, ASSIGNMENT) as recorder:
        recorder.record("ada", RIGHT, timestamp=None)
        by_a_person_for_ada(sqlite_course)
        recorder.record("ada", RIGHT, timestamp=None, unchanged_manual={"p1": ["baz", "quux"], "p2": ["foo"]})
        now = grades(sqlite_course)
        assert [now[item][3] for item in ("foo", "baz", "quux")] == [True, False, True]  # quux: nobody has scored it
        recorder.record("ada", RIGHT, timestamp=None)  # changed: somebody must look
        recorder.record("ada", RIGHT, timestamp=None, unchanged_manual={"p1": ["baz"]})  # and has not yet
    assert grades(sqlite_course)["baz"][3] is True


def test_cells_that_are_not_named_keep_what_they_had(sqlite_course: Course) -> None:
    with Recorder(sqlite_course, ASSIGNMENT) as recorder:
        recorder.record("ada", [NotebookResult("p1", (CellScore("foo", 1.0),))], timestamp=ON_TIME)
        recorder.record("ada", [NotebookResult("p1", (CellScore("bar", 0.0),))], timestamp=None)
        rows = {(row.notebook, row.grade_id): row for row in recorder.grades()}
    assert (rows["p1", "foo"].auto_score, rows["p1", "bar"].auto_score, rows["p1", "baz"].auto_score) == (
        1.0,
        0.0,
        None,
    )
    assert all(row.needs_manual_grade for cell, row in rows.items() if cell[0] == "p2")
    with sqlite_course.gradebook() as book:
        assert book.find_submission(ASSIGNMENT, "ada").timestamp == ON_TIME


def test_recording_twice_changes_nothing(plain: Course) -> None:
    with Recorder(plain, ASSIGNMENT) as recorder:
        recorder.record("ada", RIGHT, timestamp=LATE)
        before = rows_of(plain)
        recorder.record("ada", RIGHT, timestamp=LATE)
    assert rows_of(plain) == before


def test_times_with_a_zone_become_utc(sqlite_course: Course) -> None:
    with Recorder(sqlite_course, ASSIGNMENT) as recorder:
        recorder.record("ada", RIGHT, timestamp=ON_TIME.replace(tzinfo=timezone(timedelta(hours=2))))
    with sqlite_course.gradebook() as book:
        assert book.find_submission(ASSIGNMENT, "ada").timestamp == ON_TIME - timedelta(hours=2)


def test_results_are_pure_data() -> None:
    assert pickle.loads(pickle.dumps(RIGHT)) == RIGHT
    with pytest.raises(ValueError, match="number of points"):
        CellScore("foo", float("nan"))


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        pytest.param([NotebookResult("p9")], "knows no notebook 'p9'", id="notebook"),
        pytest.param([NotebookResult("p1", (CellScore("new", 1.0),))], "knows no cell new in 'p1'", id="cell"),
        pytest.param([NotebookResult("p1", no_response={"foo": True})], "knows no cell foo", id="comment"),
    ],
)
def test_a_cell_that_the_gradebook_does_not_know_stops_the_whole_record(
    plain: Course, scores: list[NotebookResult], words: str
) -> None:
    before = rows_of(plain)
    with Recorder(plain, ASSIGNMENT) as recorder, pytest.raises(CourseError, match=words):
        recorder.record("ada", [*RIGHT[:1], *scores], timestamp=None)
    assert rows_of(plain) == before


def test_an_unknown_assignment_or_no_gradebook_is_said_at_once(sqlite_course: Course) -> None:
    with pytest.raises(CourseError, match="knows no assignment 'ps2'"):
        Recorder(sqlite_course, "ps2")
    (sqlite_course.root / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="There is no gradebook"):
        Recorder(sqlite_course, ASSIGNMENT)
    assert not (sqlite_course.root / "gradebook.db").exists()


def test_nbgrader_and_formgrader_read_on(plain: Course) -> None:
    with Recorder(plain, ASSIGNMENT) as recorder:
        recorder.record("ada", RIGHT, timestamp=ON_TIME)
    with plain.gradebook() as book:
        (submission,) = book.submission_dicts(ASSIGNMENT)
        assert (submission["score"], submission["max_score"], submission["needs_manual_grade"]) == (2.0, 15.0, True)
        assert [student["score"] for student in book.student_dicts()] == [2.0]
        notebooks = book.notebook_submission_dicts("p1", ASSIGNMENT)
        assert [(each["student"], each["score"], each["failed_tests"]) for each in notebooks] == [("ada", 2.0, False)]
        book.remove_submission(ASSIGNMENT, "ada")
        book.remove_assignment(ASSIGNMENT)


def test_a_gradebook_generated_anew_meanwhile_is_not_misread(plain: Course) -> None:
    with Recorder(plain, ASSIGNMENT) as recorder:
        recorder.record("ada", RIGHT, timestamp=None)
        with plain.gradebook() as book:
            book.remove_submission(ASSIGNMENT, "ada")
        plain.call("generate_assignment", ASSIGNMENT, force=True)  # every cell has another id now
        recorder.record("ada", RIGHT, timestamp=None)
    assert grades(plain)["foo"] == (1.0, None, None, False)


# ---- Late penalties ----


@pytest.mark.parametrize(
    ("config", "penalty"),
    [
        pytest.param("", 2.0, id="zero"),
        pytest.param("c.LateSubmissionPlugin.penalty_method = 'none'", None, id="none"),
        pytest.param("c.AssignLatePenalties.plugin_class = 'late_rule.Hourly'", 0.5, id="own-module-in-the-course"),
        pytest.param("c.AssignLatePenalties.plugin_class = 'late_rule.Huge'", 2.0, id="clipped"),
        pytest.param(
            "c.Autograde.autograde_preprocessors = ['nbgrader.preprocessors.Execute']", None, id="step-taken-out"
        ),
        pytest.param("c.AssignLatePenalties.enabled = False", None, id="step-off"),
    ],
)
def test_late_penalties_follow_the_courses_own_rule(
    sqlite_course: Course, config: str, penalty: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.modules", dict(__import__("sys").modules))
    set_due_date(sqlite_course)
    (sqlite_course.root / "late_rule.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Hourly(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return (total_seconds_late // 3600) / 8\n"
        "class Huge(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return 99\n"
    )
    with (sqlite_course.root / "nbgrader_config.py").open("a") as file:
        file.write(config + "\n")
    with Recorder(Course(sqlite_course.root), ASSIGNMENT) as recorder:
        recorder.record("ada", RIGHT, timestamp=LATE)
        recorder.record("ben", RIGHT, timestamp=ON_TIME)
    with sqlite_course.gradebook() as book:
        assert book.find_submission_notebook("p1", ASSIGNMENT, "ada").late_submission_penalty == penalty
        for notebook, learner in (("p1", "ben"), ("p2", "ada")):  # on time; not handed in
            assert book.find_submission_notebook(notebook, ASSIGNMENT, learner).late_submission_penalty is None


def test_a_rule_that_fails_leaves_nothing_behind(sqlite_course: Course) -> None:
    with (sqlite_course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.AssignLatePenalties.plugin_class = 'no_such_module.Rule'\n")
    with pytest.raises(CourseError, match="rule for late work cannot be loaded"):
        Recorder(Course(sqlite_course.root), ASSIGNMENT)
    (sqlite_course.root / "failing_rule.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Rule(BasePlugin):\n"
        "    def late_submission_penalty(self, *args):\n"
        "        return 1 / 0\n"
    )
    with (sqlite_course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.AssignLatePenalties.plugin_class = 'failing_rule.Rule'\n")
    set_due_date(sqlite_course)
    before = rows_of(sqlite_course)
    with (
        Recorder(Course(sqlite_course.root), ASSIGNMENT) as recorder,
        pytest.raises(GraderError, match="The rule for late work, Rule, failed for ada: division by zero"),
    ):
        recorder.record("ada", RIGHT, timestamp=LATE)
    assert rows_of(sqlite_course) == before


def test_penalties_are_worked_out_again_without_grading_again(plain: Course) -> None:
    set_due_date(plain)
    with Recorder(plain, ASSIGNMENT) as recorder:
        for learner in ("ada", "ben"):
            recorder.record(learner, RIGHT, timestamp=LATE)
        with plain.gradebook() as book:
            book.grant_extension(ASSIGNMENT, "ada", hours=5)
        assert recorder.renew_penalties() == [PenaltyChange("ada", "p1", 2.0, None)]
        assert recorder.renew_penalties() == []


# ---- Never half-written ----


def cohort(count: int = 20, *, turn: int = 0) -> list[tuple[str, tuple[NotebookResult, ...], datetime]]:
    """Results of a cohort; at each turn every learner's differ from the turn's before."""
    return [
        (f"learner{n:03d}", (RIGHT, WRONG)[(n + turn) % 2], ON_TIME + timedelta(hours=n, minutes=turn % 2))
        for n in range(count)
    ]


def record_all(root: Path, *, turn: int = 0, told: Connection | None = None) -> None:
    """Record a cohort and tell after each learner; what the killed process does."""
    with Recorder(Course(root), ASSIGNMENT) as recorder:
        for learner, scores, when in cohort(turn=turn):
            recorder.record(learner, scores, timestamp=when)
            if told:
                told.send_bytes(b".")


def whole(course: Course) -> bool:
    """Tell whether each submission in the gradebook has all its rows, and the scores of one result."""
    wanted = [{cell.grade_id: cell.auto_score for cell in result[0].cells} for result in (RIGHT, WRONG)]
    found: dict[str, list[GradeRow]] = {}
    with Recorder(course, ASSIGNMENT) as recorder:
        for row in recorder.grades():
            found.setdefault(row.learner, []).append(row)
    return all(
        len(rows) == 11 and {row.grade_id: row.auto_score for row in rows if row.notebook == "p1"} in wanted
        for rows in found.values()
    )


def kill_and_resume(course: Course, undisturbed: dict[str, list[str]], *, kills: int, seed: int) -> None:
    """Kill a recording process again and again at random moments; the next one finds old rows or new ones."""
    dice, context = random.Random(seed), multiprocessing.get_context("fork")
    for turn in range(kills):
        told, tells = context.Pipe(duplex=False)
        process = context.Process(target=record_all, args=(course.root,), kwargs={"turn": turn + 1, "told": tells})
        process.start()
        for _ in range(dice.randrange(18)):
            told.recv_bytes()
        time.sleep(dice.uniform(0, 0.01))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert whole(course)
    record_all(course.root)
    assert rows_of(course) == undisturbed


@pytest.fixture
def undisturbed(plain_course: Path, tmp_path: Path) -> dict[str, list[str]]:
    """The rows after nobody was killed."""
    shutil.copytree(plain_course, tmp_path / "undisturbed")
    course = configure(tmp_path / "undisturbed")
    record_all(course.root)
    return rows_of(course)


def test_a_killed_recording_is_resumed(plain: Course, undisturbed: dict[str, list[str]]) -> None:
    kill_and_resume(plain, undisturbed, kills=4, seed=20261122)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_recording_killed_fifty_times_is_resumed(plain: Course, undisturbed: dict[str, list[str]], seed: int) -> None:
    kill_and_resume(plain, undisturbed, kills=50, seed=seed)


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold a write lock on a SQLite file from another thread."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        held.set()
        done.wait(seconds)
        other.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    yield
    done.set()
    thread.join()


def test_a_short_lock_is_waited_for_and_told(sqlite_course: Course) -> None:
    told: list[float] = []
    path = sqlite_course.root / "gradebook.db"
    with Recorder(sqlite_course, ASSIGNMENT, waiting=told.append) as recorder, locked(path, 1.2):
        recorder.record("ada", RIGHT, timestamp=None)
    assert told == sorted(told)
    assert told[0] >= 0.4
    assert grades(sqlite_course)["foo"][0] == 1.0


def test_a_long_lock_says_which_file_and_that_nothing_was_lost(sqlite_course: Course) -> None:
    path = sqlite_course.root / "gradebook.db"
    with Recorder(sqlite_course, ASSIGNMENT, wait_s=0.8) as recorder:
        with locked(path, 30), pytest.raises(GraderError, match="nothing was lost") as error:
            recorder.record("ada", RIGHT, timestamp=None)
        assert error.value.problem.startswith(f"{path} was locked")
        recorder.record("ada", RIGHT, timestamp=None)
    assert grades(sqlite_course)["foo"][0] == 1.0


def test_a_lock_in_postgresql_is_waited_for(plain: Course) -> None:
    if gradebook_url(plain).startswith("sqlite"):
        pytest.skip("SQLite's locks have tests of their own")
    told: list[float] = []
    engine = sa.create_engine(gradebook_url(plain), poolclass=sa.NullPool)
    with Recorder(plain, ASSIGNMENT, wait_s=0.8, waiting=told.append) as recorder:
        recorder.record("ada", WRONG, timestamp=None)
        with engine.begin() as other:
            other.exec_driver_sql("UPDATE grade SET manual_score = 1 WHERE auto_score = 0")
            with pytest.raises(GraderError, match="was locked"):
                recorder.record("ada", RIGHT, timestamp=None)
        recorder.record("ada", RIGHT, timestamp=None)
    assert told
    assert grades(plain)["bar"] == (1.0, 1.0, None, True)  # the person's score came first and is seen


def test_a_lost_connection_is_made_again(plain: Course) -> None:
    if gradebook_url(plain).startswith("sqlite"):
        pytest.skip("there is no connection to lose")
    engine = sa.create_engine(gradebook_url(plain), poolclass=sa.NullPool)
    with Recorder(plain, ASSIGNMENT) as recorder:
        with engine.begin() as other:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            other.exec_driver_sql(f"{cut} AND pid <> pg_backend_pid()")
        recorder.record("ada", RIGHT, timestamp=None)
    assert grades(plain)["foo"][0] == 1.0


def record_until_it_fails(recorder: Recorder) -> None:
    for learner, scores, when in cohort(500):
        recorder.record(learner, scores, timestamp=when)


@contextmanager
def no_room(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as a full disk or a quota does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_without_room_loses_nothing(sqlite_course: Course) -> None:
    path = sqlite_course.root / "gradebook.db"
    with Recorder(sqlite_course, ASSIGNMENT) as recorder:
        with no_room(path.stat().st_size), pytest.raises(CourseError, match=r"could not be written.*disk"):
            record_until_it_fails(recorder)
        assert whole(sqlite_course)
        recorder.record("zoe", RIGHT, timestamp=ON_TIME)
    assert grades(sqlite_course, "zoe")["foo"][0] == 1.0


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB."""
    place = tmp_path / "tiny"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", place], capture_output=True)
    if made.returncode:
        pytest.skip("this user may not mount a file system")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_loses_nothing(plain_course: Path, tiny_disk: Path) -> None:
    shutil.copy(plain_course / "gradebook.db", tiny_disk)
    course = configure(tiny_disk)
    full = pytest.raises(CourseError, match=r"could not be written: .*(full|I/O)")
    with Recorder(course, ASSIGNMENT) as recorder, full:
        record_until_it_fails(recorder)
    assert whole(course)


def test_a_damaged_gradebook_is_named(sqlite_course: Course) -> None:
    path = sqlite_course.root / "gradebook.db"
    good = path.read_bytes()
    for bad in (b"not a database at all " * 500, good[:4096] + b"\0" * (len(good) - 4096)):
        path.write_bytes(bad)
        with pytest.raises(GraderError, match=f"{path} is damaged"), Recorder(sqlite_course, ASSIGNMENT) as recorder:
            recorder.record("ada", RIGHT, timestamp=None)
        assert path.read_bytes() == bad
    path.write_bytes(good)
    record_all(sqlite_course.root)


def test_a_read_only_gradebook_is_named(sqlite_course: Course) -> None:
    path = sqlite_course.root / "gradebook.db"
    url = f"sqlite:///file:{path}?mode=ro&uri=true"  # the owner of the machine may write to any file
    with (sqlite_course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"c.CourseDirectory.db_url = {url!r}\n")
    with (
        Recorder(Course(sqlite_course.root), ASSIGNMENT) as recorder,
        pytest.raises(CourseError, match="could not be written: attempt to write a readonly database"),
    ):
        recorder.record("ada", RIGHT, timestamp=None)


def test_an_old_gradebook_is_told_from_a_damaged_one(sqlite_course: Course) -> None:
    other = sqlite3.connect(sqlite_course.root / "gradebook.db")
    other.execute("ALTER TABLE grade RENAME COLUMN extra_credit TO something")
    other.close()
    with (
        Recorder(sqlite_course, ASSIGNMENT) as recorder,
        pytest.raises(GraderError, match="not of this version of nbgrader") as error,
    ):
        recorder.record("ada", RIGHT, timestamp=None)
    assert "nbgrader db upgrade" in error.value.hint


def test_a_gradebook_restored_meanwhile_is_the_one_written_to(sqlite_course: Course) -> None:
    path = sqlite_course.root / "gradebook.db"
    copy = path.read_bytes()
    with Recorder(sqlite_course, ASSIGNMENT) as recorder:
        recorder.record("ada", RIGHT, timestamp=None)
        path.with_suffix(".copy").write_bytes(copy)
        path.with_suffix(".copy").replace(path)
        recorder.record("ben", RIGHT, timestamp=None)
    assert (len(grades(sqlite_course, "ada")), len(grades(sqlite_course, "ben"))) == (0, 4)


def test_nothing_lies_beside_the_gradebook_afterwards(sqlite_course: Course) -> None:
    with Recorder(sqlite_course, ASSIGNMENT) as recorder:
        recorder.record("ada", RIGHT, timestamp=None)
        with sqlite_course.gradebook() as book:  # nbgrader writes with a journal that it deletes, in between
            book.update_or_create_student("zoe")
        recorder.record("ben", RIGHT, timestamp=None)
    assert [path.name for path in sqlite_course.root.glob("gradebook.db*")] == ["gradebook.db"]


def test_two_recorders_at_a_time_share_a_gradebook(plain: Course) -> None:
    def record(start: int) -> None:
        with Recorder(plain, ASSIGNMENT) as recorder:
            for learner, scores, when in cohort()[start:]:
                recorder.record(learner, scores, timestamp=when)

    threads = [threading.Thread(target=record, args=(start,)) for start in (0, 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert whole(plain)
    with Recorder(plain, ASSIGNMENT) as recorder:
        assert len(recorder.grades()) == 20 * 11


def test_recording_is_fast(sqlite_course: Course) -> None:
    """Some 5 ms of work a submission on an idle machine; the limit leaves room for what runs beside this test."""
    times = []
    with Recorder(sqlite_course, ASSIGNMENT) as recorder:
        for learner, scores, when in cohort(40):
            start = time.process_time()
            recorder.record(learner, scores, timestamp=when)
            times.append(time.process_time() - start)
    assert sorted(times)[20] < 0.03


# ---- URLs ----


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("sqlite:///gradebook.db", "sqlite:////course/gradebook.db", id="relative"),
        pytest.param("sqlite:////else/where.db", "sqlite:////else/where.db", id="absolute"),
        pytest.param("postgresql://a:p%40ss@host/db", "postgresql+psycopg://a:p%40ss@host/db", id="driver"),
        pytest.param("postgres://host/db?host=/run/pg", "postgresql+psycopg://host/db?host=/run/pg", id="old-name"),
        pytest.param("postgresql+psycopg2://host/db", "postgresql+psycopg2://host/db", id="driver-named"),
    ],
)
def test_database_urls_mean_the_same_everywhere(url: str, expected: str) -> None:
    pytest.importorskip("psycopg")
    assert database_url(url, Path("/course")) == expected


def test_a_url_that_cannot_be_read_keeps_its_password_to_itself() -> None:
    with pytest.raises(CourseError, match="cannot be read") as error:
        database_url("secret-password", Path("/course"))
    assert "secret" not in str(error.value)


def test_without_a_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CourseError, match=r"hr-it-lab\[postgres\]"):
        database_url("postgresql://host/db", Path("/course"))


def test_a_wrong_server_is_an_error_at_once_without_the_password(sqlite_course: Course) -> None:
    pytest.importorskip("psycopg")
    start = time.monotonic()
    with pytest.raises(GraderError) as error:
        Store(database_url("postgresql://me:hidden@127.0.0.1:1/db", Path())).run(lambda connection: None)
    assert time.monotonic() - start < 10
    assert "hidden" not in str(error.value)


def test_utc_is_what_nbgrader_keeps() -> None:
    from autograder.gradebook import as_utc

    assert as_utc(datetime(2026, 3, 29, 2, 0, tzinfo=UTC)) == datetime(2026, 3, 29, 2, 0)
    assert as_utc(None) is None
