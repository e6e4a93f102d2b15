"""What keeps nbgrader's own autograde away from our courses."""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.errors import CourseError


class GradeWithHrlab(NbGraderPreprocessor):
    """Stop `nbgrader autograde` and formgrader's button before they run learners' code in the process that scores it.

    Named in a course's nbgrader_config.py, where a trainer who wants nbgrader's way can delete it.
    """

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Raise."""
        lab = resources["nbgrader"]["assignment"]
        raise CourseError(
            f"This course is graded by `hrlab grade {lab}`, which keeps learners' code away from the scores.",
            "Run that command, or delete the line with GradeWithHrlab from nbgrader_config.py.",
        )
