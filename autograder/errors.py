"""Errors of running a course. Only cli.py turns them into exit codes."""

from evaluators.errors import LabError


class CourseError(LabError, ValueError):
    """A course, roster, lab name or hand-in is not what a command needs (exit code 2)."""


class GraderError(LabError, RuntimeError):
    """Our own side failed: the grader, a page, nbgrader or the database (exit code 3)."""
