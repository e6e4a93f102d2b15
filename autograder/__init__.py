"""Courses, grading and reports around the labs.

For those who grade from their own programs: ``from autograder import Grader, grade_one``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.pipeline import Grader, grade_one

__all__ = ["Grader", "grade_one"]


def __getattr__(name: str) -> Any:
    """Import the graders when somebody asks for them: most commands never do."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autograder import pipeline

    return getattr(pipeline, name)
