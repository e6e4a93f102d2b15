"""Where a course stands, lab by lab: for `hrlab course status` and the trainer's start page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from autograder.course import Course
from autograder.errors import CourseError
from autograder.grade import pending
from autograder.handin import submitted_at
from autograder.scores import lab_scores


@dataclass(frozen=True)
class LabStatus:
    """Where one lab stands.

    Parameters
    ----------
    lab, title : str
        The lab.
    released : bool
        Whether learners can fetch it.
    arrived : int
        Hand-in files in the shared folder, several of one learner included.
    collected : int
        Learners whose hand-in was collected.
    newest : datetime or None
        Time of the newest collected hand-in, UTC.
    to_grade : int
        Collected and not graded yet.
    paragraphs : int
        Items that wait for a person.
    problem : str
        Why the figures are not complete; "" if they are.
    """

    lab: str
    title: str
    released: bool
    arrived: int
    collected: int
    newest: datetime | None
    to_grade: int
    paragraphs: int
    problem: str = ""


def course_status(course: Course) -> list[LabStatus]:
    """Return where each lab of a course stands, assignments of nbgrader's included, sorted by name."""
    return [_lab_status(course, lab) for lab in sorted({*course.labs, *course.gradable})]


def _lab_status(course: Course, lab: str) -> LabStatus:
    released, gradable = lab in course.released, lab in course.gradable
    collected = course.learners_with("submitted", lab)
    paragraphs, problem = 0, ""
    if gradable:
        try:
            paragraphs = sum(lab_scores(course, lab).waiting().values())
        except CourseError as error:  # release and gradebook do not fit together
            problem = str(error)
    times = [submitted_at(course.folder("submitted") / learner / lab) for learner in collected]
    return LabStatus(
        lab=lab,
        title=course.title(lab),
        released=released,
        arrived=len(list(course.handins.glob(f"*+{lab}+*.zip"))),
        collected=len(collected),
        newest=max(filter(None, times), default=None),
        to_grade=len(pending(course, lab)) if gradable else 0,
        paragraphs=paragraphs,
        problem=problem,
    )
