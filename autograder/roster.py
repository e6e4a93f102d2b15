"""The roster: who takes part in a course, from a CSV file that a trainer or an LMS writes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course, check_id
from autograder.errors import CourseError
from autograder.files import write_atomically

COLUMNS = ("learner_id", "first_name", "last_name", "email")
_ALIASES = {"id": "learner_id", "student_id": "learner_id", "username": "learner_id", "e-mail": "email"}


@dataclass(frozen=True)
class Learner:
    """One row of a roster.

    Parameters
    ----------
    learner_id : str
        Names the learner in file names, the gradebook and exports; unique in the course.
    first_name, last_name, email : str
        May be blank.
    """

    learner_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id where neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.learner_id


def read_roster(path: Path) -> list[Learner]:
    """Read a roster.

    Parameters
    ----------
    path : Path
        CSV with a header, comma or semicolon separated, UTF-8. Only the column ``learner_id`` is required (``id``,
        ``student_id`` and ``username`` are understood too); unknown columns are ignored.

    Returns
    -------
    list of Learner
        In the order of the file.

    Raises
    ------
    CourseError
        If the file is missing, not UTF-8 text, has no learner_id column, a blank, malformed or repeated id. Ids that
        differ only in case count as one: on Windows and macOS they would name the same folder. The message names the
        row as a spreadsheet counts it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CourseError(f"The roster {path} cannot be read: {error.strerror}.", "Check its path and name.") from error
    except UnicodeDecodeError as error:
        raise CourseError(
            f"The roster {path} is not UTF-8 text (byte {error.start}).", 'In Excel, save it as "CSV UTF-8".'
        ) from error
    header = text.split("\n", 1)[0]
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ","))
    except csv.Error as error:
        raise CourseError(
            f"The roster {path} cannot be read as CSV: {error}.", "Look for a quotation mark that is never closed."
        ) from error
    names = [name.strip().lower() for name in rows[0]] if rows else []
    if "learner_id" not in names:
        names = [_ALIASES.get(name, name) for name in names]
    if "learner_id" not in names:
        raise CourseError(
            f"The roster {path} has no column learner_id (found: {', '.join(filter(None, names)) or 'nothing'}).",
            f"Its first line must name the columns: {','.join(COLUMNS)}; only learner_id is required.",
        )
    learners: dict[str, tuple[int, Learner]] = {}  # by folded id
    for number, row in enumerate(rows[1:], start=2):
        if not any(value.strip() for value in row):
            continue
        fields = {name: value.strip() for name, value in zip(names, row, strict=False) if name in COLUMNS}
        try:
            learner = Learner(**fields)
            check_id(learner.learner_id, "learner id")
        except (TypeError, CourseError) as error:
            reason = error.problem if isinstance(error, CourseError) else "there is no learner_id."
            raise CourseError(
                f"{path}, row {number}: {reason}", "Mend that row; the old roster is still in place."
            ) from error
        folded = learner.learner_id.casefold()
        if folded in learners:
            earlier, other = learners[folded]
            spelling = "" if other.learner_id == learner.learner_id else f", as {other.learner_id!r}"
            raise CourseError(
                f"{path}, row {number}: the learner id {learner.learner_id!r} stands in row {earlier} too{spelling}.",
                "Ids must be unique, and not only by capital letters; the old roster is still in place.",
            )
        learners[folded] = number, learner
    if not learners:
        raise CourseError(f"The roster {path} names no learner.", "Add one row a learner below the header.")
    return [learner for _, learner in learners.values()]


def set_roster(course: Course, learners: list[Learner]) -> None:
    """Make `learners` the roster of a course: roster.csv and nbgrader's students.

    Parameters
    ----------
    course : Course
        The course.
    learners : list of Learner
        The whole roster. Learners who are no longer on it keep their scores in the gradebook.
    """
    with course.gradebook() as book:
        for learner in learners:
            book.update_or_create_student(
                learner.learner_id,
                first_name=learner.first_name,
                last_name=learner.last_name,
                email=learner.email,
            )
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    writer.writerows([getattr(learner, column) for column in COLUMNS] for learner in learners)
    write_atomically(course.roster_file, stream.getvalue().encode())


def roster_of(course: Course) -> dict[str, Learner]:
    """Return the learners of a course by id; empty when it has no roster yet."""
    if not course.roster_file.exists():
        return {}
    return {learner.learner_id: learner for learner in read_roster(course.roster_file)}
