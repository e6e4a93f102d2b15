"""Find the folders that `hrlab lab` works on."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import COURSE_ENV, Course, default_labs, is_course
from autograder.errors import CourseError
from autograder.files import writing_to
from autograder.release import release


@dataclass(frozen=True)
class Places:
    """Where a server works.

    Parameters
    ----------
    desk : Path
        Where labs and answers lie, a folder for each learner in it; made by `find_places`.
    exchange : Path or None
        The course's shared folder, if this machine sees one.
    course : Course or None
        The course, on a trainer's machine only.
    """

    desk: Path
    exchange: Path | None
    course: Course | None


def find_places(
    *, course: Path | None, exchange: Path | None, desk: Path | None, tell: Callable[[str], None]
) -> Places:
    """Find the folders to work on; on a machine with none, make a practice course.

    Parameters
    ----------
    course : Path, optional
        A course folder: a trainer's machine.
    exchange : Path, optional
        A course's shared folder: a learner's machine. Exclusive with `course`.
    desk : Path, optional
        Where labs and answers lie; default ``~/hr-it-lab/<course id>``, or ``desk`` in the course folder.
    tell : callable
        Told what is made, in words.

    Returns
    -------
    Places
        Folders that exist.

    Raises
    ------
    CourseError
        If a folder given is not what it should be.
    """
    home = Path.home() / "hr-it-lab"
    if exchange is not None:
        if course is not None:
            raise CourseError(
                "--course and --exchange were both given.", "Trainers give --course, learners --exchange."
            )
        exchange = exchange.expanduser().resolve()
        if not any((exchange / folder).is_dir() for folder in ("handins", "outbound")):
            raise CourseError(
                f"{exchange} is not a course's shared folder (it holds no folder `handins` or `outbound`).",
                "Give the folder that your trainer named, …/exchange/<course id>.",
            )
        return Places(_made(desk or home / exchange.name), exchange, None)
    found: Course | None
    if course is not None or is_course(Path.cwd()) or os.environ.get(COURSE_ENV):
        found = Course.open(course)
    elif default_labs().is_dir():
        found = _practice_course(home / "practice", tell)
    else:
        return Places(_made(desk or home / "lessons"), None, None)
    return Places(_made(desk or found.root / "desk"), found.exchange, found)


def _practice_course(folder: Path, tell: Callable[[str], None]) -> Course:
    if is_course(folder):
        course = Course(folder)
    else:
        tell(f"There is no course here, so a practice course is made in {folder}.")
        course = Course.new(folder, course_id="practice")
    for lab in course.labs:
        if lab not in course.released:
            tell(f"Releasing {lab} …")
            release(course, lab)
    return course


def _made(folder: Path) -> Path:
    folder = folder.expanduser().resolve()
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder
