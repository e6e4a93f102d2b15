"""Release a lab: prove that it can be solved, strip it, and put it where learners fetch it."""

from __future__ import annotations

import shutil
import sys

from autograder.catalogue import CatalogueItem, build_catalogue, save_catalogue
from autograder.course import Course
from autograder.errors import CourseError
from autograder.files import remove_tree, writing_to


def release(course: Course, lab: str) -> list[CatalogueItem]:
    """Release a lab to the course's exchange folder; releasing again replaces what learners fetch from then on.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        The lab.

    Returns
    -------
    list of CatalogueItem
        The lab's items.

    Raises
    ------
    CourseError
        If there is no such lab, an answer sheet lies beside its source (it would replace every learner's own), or its
        instructor version does not earn full marks.
    GraderError
        If nbgrader cannot make the learners' version; the one released before is kept.
    """
    source = course.labs_folder / course.lab(lab)
    if sheets := sorted(source.glob("answers*.json*")):
        raise CourseError(
            f"{sheets[0]} is an answer sheet; nbgrader would copy it over every learner's own.",
            "Delete it (it is left from a try-out) and release again.",
        )
    items = build_catalogue(course, lab)
    released = course.folder("release") / lab
    backup = released.with_name(f".{lab}.old")
    with writing_to(released):
        if backup.exists():
            remove_tree(backup)
        if released.exists():
            shutil.copytree(released, backup)
    try:
        course.call("generate_assignment", lab)
    except Exception:
        if backup.exists() and not released.exists():
            backup.rename(released)
        raise
    if backup.exists():
        remove_tree(backup)
    publish(course, lab)
    save_catalogue(course, lab, items)
    return items


def publish(course: Course, lab: str) -> None:
    """Put what lies in the course's release folder where learners fetch it, in place of what was there."""
    if sys.platform != "win32":
        course.call("release_assignment", lab)  # so that nbgrader's own Assignment List works too
        return
    target = course.outbound / lab
    with writing_to(target):
        if target.exists():
            remove_tree(target)
        shutil.copytree(course.folder("release") / lab, target)
