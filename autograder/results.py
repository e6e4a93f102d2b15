"""What grading a submission gives: pure data that any process can make and only the coordinator records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How the grading of one submission ended."""

    SCORED = "scored"
    SUBMISSION_FAILED = "submission failed"
    GRADER_FAILED = "grader failed"


@dataclass(frozen=True)
class Submission:
    """What one learner handed in.

    Parameters
    ----------
    learner : str
        Whose it is.
    files : mapping of str to bytes
        Relative POSIX path -> contents, notebooks included. Ordinary files only.
    timestamp : datetime, optional
        When it was handed in (UTC).
    notes : tuple of str
        What was left out when it was read: links, devices, names that no system takes.
    id : str
        Tells this hand-in from the learner's other ones.
    """

    learner: str
    files: Mapping[str, bytes] = field(repr=False)
    timestamp: datetime | None = None
    notes: tuple[str, ...] = ()
    id: str = ""


@dataclass(frozen=True)
class CellScore:
    """What one scored cell earned.

    Parameters
    ----------
    grade_id : str
        nbgrader's name of the cell.
    auto_score : float or None
        Points earned; None where a person scores it.
    points : float
        Most points that it can earn.
    """

    grade_id: str
    auto_score: float | None
    points: float = 0.0

    def __post_init__(self) -> None:
        if self.auto_score is not None and not math.isfinite(self.auto_score):
            raise ValueError(f"The score of {self.grade_id!r} is {self.auto_score}; it must be a number of points.")


@dataclass(frozen=True)
class NotebookResult:
    """One graded notebook of a submission.

    Parameters
    ----------
    name : str
        Its name, without ``.ipynb``.
    cells : tuple of CellScore
        Its scored cells; empty if the notebook is missing, which scores 0 throughout.
    no_response : mapping of str to bool
        Solution or task cell -> whether it is as released.
    executed : str
        JSON of the executed notebook; "" if it is missing.
    missing : bool
        Whether it was not handed in.
    """

    name: str
    cells: tuple[CellScore, ...] = ()
    no_response: Mapping[str, bool] = field(default_factory=dict)
    executed: str = field(default="", repr=False)
    missing: bool = False


@dataclass(frozen=True)
class Result:
    """How one submission fared.

    Parameters
    ----------
    learner, assignment : str
        Whose submission of what.
    outcome : Outcome
        Scored, or which side failed.
    notebooks : tuple of NotebookResult
        One for each notebook of the assignment; empty unless scored.
    notes : tuple of str
        What the trainer should know, one sentence each.
    messages : tuple of str
        What of it the learner is told; never words of a hidden test.
    seconds : float
        Wall time it took.
    walls : tuple of str
        What kept learners' code in its place (see `autograder.sandbox.Host.walls`).
    """

    learner: str
    assignment: str
    outcome: Outcome
    notebooks: tuple[NotebookResult, ...] = ()
    notes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    seconds: float = 0.0
    walls: tuple[str, ...] = ()

    @property
    def scores(self) -> dict[str, float | None]:
        """Item -> automatic points; None where a person scores.

        An item is a grade id, after the notebook's name and a slash where there are several notebooks.
        """
        several = len(self.notebooks) > 1
        return {
            f"{notebook.name}/{cell.grade_id}" if several else cell.grade_id: cell.auto_score
            for notebook in self.notebooks
            for cell in notebook.cells
        }

    @property
    def score(self) -> float:
        """Automatic points in all."""
        return sum(score or 0.0 for score in self.scores.values())
