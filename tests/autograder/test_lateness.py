"""Due dates, extensions and penalties, in time zones and around the nights when clocks change."""

import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets import TraitError
from traitlets.config import Config

from autograder.course import Course
from autograder.errors import CourseError
from autograder.gradebook import PenaltyChange, Recorder
from autograder.lateness import (
    EXTENSIONS_NAME,
    PercentPerDay,
    due_of,
    extend,
    parse_when,
    read_extensions,
    set_due,
)
from autograder.results import CellScore, NotebookResult
from autograder.roster import Learner, set_roster
from tests.autograder.conftest import ASSIGNMENT, configure

DUE = datetime(2026, 3, 28, 17, tzinfo=UTC)
FULL = (NotebookResult("p1", (CellScore("foo", 1.0), CellScore("bar", 1.0))), NotebookResult("p2", missing=True))


# ---- The rule ----


@pytest.mark.parametrize(
    ("settings", "hours", "penalty"),
    [
        pytest.param({}, 0, None, id="on-time"),
        pytest.param({}, 0.001, 1.0, id="a-day-begun"),
        pytest.param({}, 24, 1.0, id="one-whole-day"),
        pytest.param({}, 24.001, 2.0, id="second-day-begun"),
        pytest.param({}, 24 * 365, 10.0, id="never-more-than-all"),
        pytest.param({"cap_percent": 30}, 24 * 365, 3.0, id="cap"),
        pytest.param({"grace_minutes": 60}, 1, None, id="grace"),
        pytest.param({"grace_minutes": 60}, 25, 1.0, id="days-begin-after-grace"),
        pytest.param({"percent": 0}, 30, 0.0, id="nothing"),
    ],
)
def test_percent_a_day(settings: dict[str, float], hours: float, penalty: float | None) -> None:
    assert PercentPerDay(**settings).late_submission_penalty("ada", 10.0, hours * 3600) == penalty


@given(
    score=st.floats(0, 1000),
    first=st.floats(0, 1e8),
    second=st.floats(0, 1e8),
    percent=st.floats(0, 100),
    cap=st.floats(0, 100),
    grace=st.floats(0, 1e4),
)
def test_a_penalty_never_falls_with_time_and_never_exceeds_the_score(
    score: float, first: float, second: float, percent: float, cap: float, grace: float
) -> None:
    rule = PercentPerDay(percent=percent, cap_percent=cap, grace_minutes=grace)
    earlier, later = (rule.late_submission_penalty("ada", score, late) or 0.0 for late in sorted((first, second)))
    assert 0 <= earlier <= later <= score + 1e-6


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(TraitError, match="percent"):
        PercentPerDay(percent=120)
    assert PercentPerDay(config=Config({"PercentPerDay": {"percent": 25.0}})).percent == 25.0


# ---- Times ----


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        pytest.param("2026-03-28 17:00", "2026-03-28T17:00", id="utc"),
        pytest.param("2026-03-28T17:00Z", "2026-03-28T17:00", id="iso-z"),
        pytest.param("2026-03-28 17:00+05:30", "2026-03-28T11:30", id="offset"),
        pytest.param("2026-03-28 17:00 -0700", "2026-03-29T00:00", id="offset-apart"),
        pytest.param("2026-03-28 17:00 Europe/Brussels", "2026-03-28T16:00", id="winter"),
        pytest.param("2026-03-29 17:00 Europe/Brussels", "2026-03-29T15:00", id="summer"),
        pytest.param("2026-03-29T17:00 Europe/Brussels", "2026-03-29T15:00", id="iso-zone"),
        pytest.param("2026-03-29 Europe/Brussels", "2026-03-29T21:59:59", id="end-of-a-day"),
        pytest.param("2026-03-28", "2026-03-28T23:59:59", id="date"),
        pytest.param("2026-10-25 02:30 Europe/Brussels", "2026-10-25T01:30", id="twice-the-later"),
        pytest.param("2015-02-02 14:58:23.948203 America/Los_Angeles", "2015-02-02T22:58:23.948203", id="nbgraders"),
    ],
)
def test_times_as_people_write_them(text: str, utc: str) -> None:
    assert parse_when(text).astimezone(UTC) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_zone_can_be_the_courses() -> None:
    assert parse_when("2026-07-01 12:00", "Asia/Kolkata").astimezone(UTC).hour == 6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("2026-03-29 02:30 Europe/Brussels", "does not exist", id="skipped-by-the-clocks"),
        pytest.param("2026-03-29 02:30 Europe/Brusels", "no time zone 'Europe/Brusels'", id="unknown-zone"),
        pytest.param("2026-03-29 02:30 /etc/passwd", "no time zone", id="path"),
        pytest.param("2026-03-29 02:30+01:00 Europe/Brussels", "an offset and a zone", id="both"),
        pytest.param("29/03/2026", "no date and time", id="slashes"),
        pytest.param("tomorrow", "no date and time", id="words"),
        pytest.param("", "no date and time", id="empty"),
        pytest.param("0001-01-01 00:00 Asia/Tokyo", "Use a name", id="before-time"),
    ],
)
def test_times_that_cannot_be_meant(text: str, words: str) -> None:
    with pytest.raises(CourseError, match=words):
        parse_when(text)


@given(st.text(max_size=40))
def test_any_other_text_is_a_clear_error(text: str) -> None:
    with suppress(CourseError):
        assert parse_when(text).tzinfo is not None


# ---- In the gradebook ----


def penalty_of(course: Course, learner: str = "ada") -> float | None:
    with course.gradebook() as book:
        found: float | None = book.find_submission_notebook("p1", ASSIGNMENT, learner).late_submission_penalty
        return found


def record(course: Course, learner: str, when: datetime) -> None:
    with Recorder(course, ASSIGNMENT) as recorder:
        recorder.record(learner, FULL, timestamp=when)


def test_a_due_date_moves_the_penalties(plain: Course) -> None:
    record(plain, "ada", DUE + timedelta(minutes=1))
    record(plain, "ben", DUE - timedelta(minutes=1))
    assert set_due(plain, ASSIGNMENT, DUE) == [PenaltyChange("ada", "p1", None, 2.0)]
    assert due_of(plain, ASSIGNMENT) == DUE
    with plain.gradebook() as book:
        assert book.find_submission(ASSIGNMENT, "ada").total_seconds_late == 60  # nbgrader says so, too
        assert book.find_submission(ASSIGNMENT, "ben").total_seconds_late == 0
    assert set_due(plain, ASSIGNMENT, None) == [PenaltyChange("ada", "p1", 2.0, None)]
    assert due_of(plain, ASSIGNMENT) is None


def test_the_night_when_clocks_change_is_as_long_as_it_is(sqlite_course: Course) -> None:
    set_due(sqlite_course, ASSIGNMENT, parse_when("2026-03-29 01:30 Europe/Brussels"))
    record(sqlite_course, "ada", parse_when("2026-03-29 03:30 Europe/Brussels"))
    with sqlite_course.gradebook() as book:
        assert book.find_submission(ASSIGNMENT, "ada").total_seconds_late == 3600


def test_a_due_date_before_the_assignment_is_generated_is_kept(
    tmp_path: Path, plain_course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "not asked")
    root = tmp_path / "course"
    shutil.copytree(plain_course / "source", root / "source")
    course = configure(root)
    assert set_due(course, ASSIGNMENT, DUE) == []
    assert due_of(course, ASSIGNMENT) == DUE
    with pytest.raises(CourseError, match="There is no lab 'ps9'"):
        set_due(course, "ps9", DUE)
    with pytest.raises(CourseError, match="has no time zone"):
        set_due(course, ASSIGNMENT, DUE.replace(tzinfo=None))
    with course.gradebook() as book:
        book.update_or_create_assignment(ASSIGNMENT)  # as nbgrader does when it generates
    assert due_of(course, ASSIGNMENT) == DUE


def test_an_extension_before_the_hand_in_makes_no_submission(plain: Course) -> None:
    set_due(plain, ASSIGNMENT, DUE)
    with plain.gradebook() as book:
        book.update_or_create_student("ada")
    assert extend(plain, ASSIGNMENT, "ada", timedelta(hours=36)) == []
    with plain.gradebook() as book:
        assert book.assignment_submissions(ASSIGNMENT) == []
    record(plain, "ada", DUE + timedelta(hours=36))
    record(plain, "ben", DUE + timedelta(hours=36))
    assert (penalty_of(plain), penalty_of(plain, "ben")) == (None, 2.0)
    with plain.gradebook() as book:
        submission = book.find_submission(ASSIGNMENT, "ada")
        assert (submission.extension, submission.total_seconds_late) == (timedelta(hours=36), 0)


def test_an_extension_after_grading_lifts_the_penalty_and_can_be_taken_back(plain: Course) -> None:
    set_due(plain, ASSIGNMENT, DUE)
    record(plain, "ada", DUE + timedelta(hours=5))
    assert extend(plain, ASSIGNMENT, "ada", timedelta(days=1)) == [PenaltyChange("ada", "p1", 2.0, None)]
    assert extend(plain, ASSIGNMENT, "ada", timedelta(0)) == [PenaltyChange("ada", "p1", None, 2.0)]
    assert read_extensions(plain.root / EXTENSIONS_NAME) == {}
    record(plain, "ada", DUE + timedelta(hours=5))
    assert penalty_of(plain) == 2.0


def test_an_extension_granted_in_nbgrader_is_never_overwritten(sqlite_course: Course) -> None:
    set_due(sqlite_course, ASSIGNMENT, DUE)
    record(sqlite_course, "ada", DUE)
    with sqlite_course.gradebook() as book:
        book.grant_extension(ASSIGNMENT, "ada", days=3)
    (sqlite_course.root / EXTENSIONS_NAME).write_text(
        f"learner_id,lab,hours\nada,{ASSIGNMENT},1\nben,{ASSIGNMENT},2.5\n"
    )
    record(sqlite_course, "ada", DUE + timedelta(days=3))
    record(sqlite_course, "ben", DUE + timedelta(hours=2.5))
    assert (penalty_of(sqlite_course), penalty_of(sqlite_course, "ben")) == (None, None)


def test_an_extension_without_a_due_date_hurts_nobody(sqlite_course: Course) -> None:
    record(sqlite_course, "ada", DUE)
    assert extend(sqlite_course, ASSIGNMENT, "ada", timedelta(days=1)) == []
    record(sqlite_course, "ada", DUE)  # nbgrader itself stops with a TypeError here


def test_extensions_are_for_people_and_labs_that_exist(sqlite_course: Course) -> None:
    with pytest.raises(CourseError, match="Nobody called 'adda'"):
        extend(sqlite_course, ASSIGNMENT, "adda", timedelta(days=1))
    set_roster(sqlite_course, [Learner("eve")])
    assert extend(sqlite_course, ASSIGNMENT, "eve", timedelta(days=1)) == []
    with pytest.raises(CourseError, match="no lab 'ps9'"):
        extend(sqlite_course, "ps9", "eve", timedelta(days=1))
    with pytest.raises(CourseError, match="would shorten"):
        extend(sqlite_course, ASSIGNMENT, "eve", timedelta(days=-1))
    assert read_extensions(sqlite_course.root / EXTENSIONS_NAME) == {("eve", ASSIGNMENT): timedelta(days=1)}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"who,lab,hours\n", "does not begin with", id="header"),
        pytest.param(b"", "does not begin with", id="empty"),
        pytest.param(b"learner_id,lab,hours\nada,ps1\n", "row 2: 'ada,ps1' is no extension", id="short"),
        pytest.param(b"learner_id,lab,hours\n\nada,ps1,soon\n", "row 3", id="words"),
        pytest.param(b"learner_id,lab,hours\nada,ps1,nan\n", "row 2", id="nan"),
        pytest.param(b"learner_id,lab,hours\nada,ps1,1e99\n", "row 2", id="for-ever"),
        pytest.param(b"learner_id,lab,hours\nada,ps1,-2\n", "row 2: -2 hours would shorten", id="negative"),
        pytest.param(b"learner_id,lab,hours\n\xff,ps1,2\n", "cannot be read", id="not-utf-8"),
    ],
)
def test_a_broken_extensions_file_is_named_by_row(sqlite_course: Course, content: bytes, words: str) -> None:
    (sqlite_course.root / EXTENSIONS_NAME).write_bytes(content)
    with pytest.raises(CourseError, match=words):
        record(sqlite_course, "ada", DUE)
    with Recorder(sqlite_course, ASSIGNMENT) as recorder:
        assert recorder.grades() == []


def test_the_rule_works_from_the_courses_configuration(sqlite_course: Course) -> None:
    with (sqlite_course.root / "nbgrader_config.py").open("a") as file:
        file.write(
            'c.AssignLatePenalties.plugin_class = "autograder.lateness.PercentPerDay"\nc.PercentPerDay.percent = 20\n'
        )
    course = Course(sqlite_course.root)
    set_due(course, ASSIGNMENT, DUE)
    record(course, "ada", DUE + timedelta(hours=30))
    assert penalty_of(course) == 0.8
