"""Courses that have the small lab."""

import shutil
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.release import release
from autograder.roster import Learner, set_roster
from tests.small_lab import LAB, small_lab, write_lab


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with the small lab released and three learners; never changed, copy it."""
    root = tmp_path_factory.mktemp("released")
    course = Course.new(root / "course", labs=write_lab(root / "labs", small_lab()), course_id="test-course")
    release(course, LAB)
    set_roster(course, [Learner(name, name.title(), "Sample") for name in ("ada", "ben", "cleo")])
    return course.root


@pytest.fixture
def course(released: Path, tmp_path: Path) -> Course:
    """A released course of one's own."""
    shutil.copytree(released, tmp_path / "course")
    return Course(tmp_path / "course")
