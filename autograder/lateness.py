"""Due dates, extensions and what late work costs, in nbgrader's own terms.

Due dates lie in nbgrader's gradebook. Extensions do too, but only once a learner has handed in: a row made earlier
would make nbgrader and formgrader show a submission that does not exist. Those granted before wait in
``extensions.csv`` in the course folder (learner_id, lab, hours) and reach the gradebook with the first result; what the
gradebook has by then is never overwritten.

nbgrader keeps times as UTC without a time zone. Here every time has one, and is converted at the border.
"""

from __future__ import annotations

import csv
import io
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float

from autograder.database import Store
from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.gradebook import PenaltyChange, Recorder, as_utc, gradebook_url, tables
from autograder.roster import roster_of

if TYPE_CHECKING:
    from autograder.course import Course

EXTENSIONS_NAME = "extensions.csv"
_COLUMNS = ["learner_id", "lab", "hours"]
_DAY_S = 86400


class PercentPerDay(LateSubmissionPlugin):
    """Take a share of the earned points for each day that a submission is late.

    Named in nbgrader_config.py::

        c.AssignLatePenalties.plugin_class = "autograder.lateness.PercentPerDay"
        c.PercentPerDay.percent = 10

    nbgrader tells a plugin the points earned in a notebook, not the maximum, so the share is of those.
    """

    percent = Float(10.0, min=0.0, max=100.0, help="Percent of the earned points for each day begun.").tag(config=True)
    cap_percent = Float(100.0, min=0.0, max=100.0, help="No more than this, in percent.").tag(config=True)
    grace_minutes = Float(0.0, min=0.0, help="Minutes late that cost nothing; days begin after them.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Return the penalty in points, None if there is none.

        Parameters
        ----------
        student_id : str
            Learner id; everybody is treated alike.
        score : float
            Points earned in the notebook.
        total_seconds_late : float
            Seconds after the due date, the learner's extension counted.

        Returns
        -------
        float or None
            Points, between 0 and the score.

        Examples
        --------
        >>> rule = PercentPerDay(percent=10, cap_percent=50, grace_minutes=15)
        >>> [rule.late_submission_penalty("ada", 8.0, hours * 3600) for hours in (0.25, 1, 25, 1000)]
        [None, 0.8, 1.6, 4.0]
        """
        late_s = total_seconds_late - self.grace_minutes * 60
        if late_s <= 0:
            return None
        share = min(self.percent * math.ceil(late_s / _DAY_S), self.cap_percent)
        return round(score * share / 100, 6)


def parse_when(text: str, zone: str = "UTC") -> datetime:
    """Read a date and time as people write it.

    Parameters
    ----------
    text : str
        ISO 8601, ``2026-03-29 17:00``, with an offset (``+02:00``, ``Z``) or a zone's name behind it
        (``2026-03-29 17:00 Europe/Brussels``); a date alone means the last second of that day.
    zone : str
        Zone of times that name none.

    Returns
    -------
    datetime
        With a time zone. An hour that the clocks go through twice means the later one.

    Raises
    ------
    CourseError
        If it can't be read, the zone is unknown (nbgrader takes it for UTC without a word), or the clocks skip that
        time.

    Examples
    --------
    >>> parse_when("2026-03-29 17:00 Europe/Brussels").isoformat()
    '2026-03-29T17:00:00+02:00'
    """
    *parts, place = text.split() or [""]
    if not parts or place[:1].isdigit() or place[:1] in "+-":  # what stands last is no zone's name
        parts, place = [*parts, place], ""
    stamp = " ".join(parts[:2]) + "".join(parts[2:])  # "17:00 +02:00" as "17:00+02:00"
    try:
        when = datetime.fromisoformat(stamp)
    except ValueError as error:
        raise CourseError(
            f"{text!r} is no date and time.", "Write it like 2026-03-29 17:00 or 2026-03-29 17:00 Europe/Brussels."
        ) from error
    if ":" not in stamp and "T" not in stamp:
        when = when.replace(hour=23, minute=59, second=59)
    if when.tzinfo is not None:
        if place:
            raise CourseError(f"{text!r} has an offset and a zone.", "Keep one of them.")
        return when
    try:
        local = when.replace(tzinfo=ZoneInfo(place or zone), fold=1)
        exists = local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == when
    except (ValueError, KeyError, OSError, OverflowError) as error:
        raise CourseError(
            f"There is no time zone {place or zone!r} for {text!r}.", "Use a name like Europe/Brussels, or UTC."
        ) from error
    if not exists:
        raise CourseError(
            f"{text!r} does not exist: the clocks go forward then.", "Take a time an hour earlier or later."
        )
    return local


def set_due(course: Course, lab: str, when: datetime | None) -> list[PenaltyChange]:
    """Set or remove a lab's due date and work out the late penalties again.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        An assignment; it may be generated later.
    when : datetime or None
        With a time zone. None removes the due date, and with it every penalty.

    Returns
    -------
    list of PenaltyChange
        Late penalties that changed.

    Raises
    ------
    CourseError
        If the time has no zone, or there is no such lab.
    """
    if when is not None and when.tzinfo is None:
        raise CourseError(f"The due date {when} has no time zone.", "Name one, as in 2026-03-29 17:00 Europe/Brussels.")
    due = as_utc(when)
    if not _generated(course, lab):
        if not (course.labs_folder / lab).is_dir():
            raise CourseError(
                f"There is no lab {lab!r} in {course.labs_folder}.",
                f"Labs that exist: {', '.join(course.labs) or 'none'}.",
            )
        with course.gradebook() as book:  # makes the gradebook where there is none; generating keeps the date
            book.update_or_create_assignment(lab, duedate=due)
        return []
    table = tables().Assignment
    with Recorder(course, lab) as recorder:

        def work(connection: sa.Connection) -> list[PenaltyChange]:
            connection.execute(sa.update(table).where(table.c.name == lab).values(duedate=due))
            return recorder.renew_penalties_in(connection)

        return recorder.store.run(work)


def due_of(course: Course, lab: str) -> datetime | None:
    """Return a lab's due date in UTC, None if it has none."""
    table = tables().Assignment
    due = _ask(course, sa.select(table.c.duedate).where(table.c.name == lab))
    return None if due is None else due.replace(tzinfo=UTC)


def extend(course: Course, lab: str, learner: str, by: timedelta) -> list[PenaltyChange]:
    """Give a learner more time for a lab, before or after the hand-in.

    Parameters
    ----------
    course : Course
        The course.
    lab, learner : str
        Who gets more time for what. The learner must be on the roster or in the gradebook.
    by : timedelta
        Time after the due date; it replaces an extension granted before. Zero takes that back.

    Returns
    -------
    list of PenaltyChange
        Late penalties that changed.

    Raises
    ------
    CourseError
        If the time is negative, or there is no such lab or learner.
    """
    if by < timedelta(0):
        raise CourseError(f"An extension of {by} would shorten the time.", "Give a time of zero or more.")
    path = course.root / EXTENSIONS_NAME
    generated = _generated(course, lab)
    if not generated and not (course.labs_folder / lab).is_dir():
        raise CourseError(f"There is no lab {lab!r} in {course.labs_folder}.", "Check how it is spelt.")
    students = tables().Student
    if learner not in roster_of(course) and not (
        _has_gradebook(course) and _ask(course, sa.select(students.c.id).where(students.c.id == learner))
    ):
        raise CourseError(f"Nobody called {learner!r} takes part.", "Check the id, or add the learner to the roster.")

    def grant() -> None:
        granted = read_extensions(path)
        granted[learner, lab] = by
        write_extensions(path, {key: extension for key, extension in granted.items() if extension})

    if not generated:
        grant()
        return []
    db = tables()
    with Recorder(course, lab) as recorder:

        def work(connection: sa.Connection) -> list[PenaltyChange]:
            lock = sa.select(db.Assignment.c.id).where(db.Assignment.c.name == lab).with_for_update()
            assignment = connection.execute(lock).scalar()  # one at a time, as the file is read and written
            grant()
            table = db.SubmittedAssignment
            submission = sa.update(table).where(table.c.assignment_id == assignment, table.c.student_id == learner)
            connection.execute(submission.values(extension=by or None))
            return recorder.renew_penalties_in(connection, learner)

        return recorder.store.run(work)


class Extensions:
    """The extensions granted in a course, read again whenever the file has changed.

    Parameters
    ----------
    course : Course
        The course.
    """

    def __init__(self, course: Course) -> None:
        self.path = course.root / EXTENSIONS_NAME
        self._version: tuple[int, int] | None = None
        self._granted: dict[tuple[str, str], timedelta] = {}

    def granted(self, learner: str, lab: str) -> timedelta | None:
        """Return a learner's extension for a lab, None if there is none."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        if self._version != (version := (status.st_mtime_ns, status.st_ino)):
            self._granted, self._version = read_extensions(self.path), version
        return self._granted.get((learner, lab))


def read_extensions(path: Path) -> dict[tuple[str, str], timedelta]:
    """Read an extensions file; one that does not exist grants nothing.

    Parameters
    ----------
    path : Path
        CSV with the columns learner_id, lab and hours (0 or more).

    Returns
    -------
    dict of (str, str) to timedelta
        (learner, lab) -> extension.

    Raises
    ------
    CourseError
        If it can't be read; the message names the row as a spreadsheet counts it.
    """
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"{path} cannot be read: {error}.", "Save it as UTF-8 CSV with commas.") from error
    if not rows or [name.strip() for name in rows[0]] != _COLUMNS:
        raise CourseError(
            f"{path} does not begin with {','.join(_COLUMNS)}.", "Write that line, then one row for each extension."
        )
    granted = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        try:
            learner, lab, hours = (value.strip() for value in row)
            extension = timedelta(hours=float(hours))
        except (ValueError, OverflowError) as error:
            raise CourseError(
                f"{path}, row {number}: {','.join(row)!r} is no extension.",
                "Write it like ada,ps1,48.",
            ) from error
        if extension < timedelta(0):
            raise CourseError(f"{path}, row {number}: {hours} hours would shorten the time.", "Give 0 or more.")
        granted[learner, lab] = extension
    return granted


def write_extensions(path: Path, granted: dict[tuple[str, str], timedelta]) -> None:
    """Write an extensions file, whole or not at all."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(_COLUMNS)
    for (learner, lab), extension in sorted(granted.items()):
        writer.writerow([learner, lab, f"{extension.total_seconds() / 3600:g}"])
    write_atomically(path, stream.getvalue().encode())


def _has_gradebook(course: Course) -> bool:
    url = sa.make_url(gradebook_url(course))
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


def _ask(course: Course, query: sa.Select[Any]) -> Any:
    store = Store(gradebook_url(course))
    try:
        return store.run(lambda connection: connection.execute(query).scalar(), write=False)
    finally:
        store.close()


def _generated(course: Course, lab: str) -> bool:
    """Tell whether the gradebook has the lab with its notebooks."""
    if not _has_gradebook(course):
        return False
    db = tables()
    query = sa.select(db.Notebook.c.id).join(db.Assignment, db.Notebook.c.assignment_id == db.Assignment.c.id)
    return _ask(course, query.where(db.Assignment.c.name == lab).limit(1)) is not None
