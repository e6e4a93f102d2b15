"""The board of a lab: those who said yes, under made-up names, by the points of some of its cells.

What may be shown to everybody (`Board`) and who is who (`Standings`) are kept apart: pages, JSON and tables are made
from the first alone. docs/decisions/0009-leaderboard.md says what can be guessed all the same.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.board_settings import YES, BoardSettings, board_of_lab, cell_faults
from autograder.course import Course
from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.grade import is_current
from autograder.handin import submission_id
from autograder.pseudonyms import course_secret, pseudonyms
from autograder.report import TEMPLATES
from autograder.scores import LabScores, lab_scores
from autograder.submissions import read_submission
from evaluators.answers.sheet import answers_in
from evaluators.reports import page

FEWEST = 5  # learners on a board; with fewer, a name is guessed too easily


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a board.

    Parameters
    ----------
    rank : int
        From 1; equal points share a rank, and the next one is left out (1, 2, 2, 4).
    shared : bool
        Whether somebody else has the same rank.
    pseudonym : str
        The made-up name.
    points : float
        Points, to two decimals as the page shows them.
    """

    rank: int
    shared: bool
    pseudonym: str
    points: float


@dataclass(frozen=True, slots=True)
class Board:
    """What everybody may see. It knows no learner.

    Parameters
    ----------
    lab, title : str
        The lab, and the heading of its board.
    about : str
        What the points are, in the author's words; may be "".
    questions : tuple of (int, str, float)
        Number, prompt and most points of each question that counts.
    maximum : float
        Most points.
    places : tuple of Place
        Best first, equal points by name; empty while fewer than `FEWEST` are on it.
    """

    lab: str
    title: str
    about: str
    questions: tuple[tuple[int, str, float], ...]
    maximum: float
    places: tuple[Place, ...]

    @property
    def median(self) -> float:
        """Median of the points on the board, which anybody could work out from it; NaN while it is empty."""
        return statistics.median(place.points for place in self.places) if self.places else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return the board as JSON values."""
        return {
            "lab": self.lab,
            "title": self.title,
            "about": self.about,
            "questions": [dict(zip(("number", "prompt", "points"), each, strict=True)) for each in self.questions],
            "maximum": self.maximum,
            "shown": bool(self.places),
            "fewest": FEWEST,
            "places": [asdict(place) for place in self.places],
        }


@dataclass(frozen=True, slots=True)
class Standings:
    """A board and who is who on it: for the trainer, and one line of it for each learner.

    Parameters
    ----------
    board : Board
        What everybody may see.
    places : mapping of str to Place
        Learner id -> line of the board; empty while the board is not shown.
    joined : tuple of str
        Ids of those who said yes and whose newest hand-in is scored, sorted.
    """

    board: Board
    places: Mapping[str, Place]
    joined: tuple[str, ...]

    def sentence(self, learner: str) -> str:
        """Say to a learner where they stand; "" to one who did not join.

        Parameters
        ----------
        learner : str
            Learner id.
        """
        if learner not in self.joined:
            return ""
        place = self.places.get(learner)
        if place is None:
            return (
                f"You said yes to the board of this lab. It is not shown yet: fewer than {FEWEST} are on it, and in so "
                "small a group names are guessed."
            )
        shared = ", shared with others" if place.shared else ""
        return (
            f"On the board of this lab you are “{place.pseudonym}”: place {place.rank} of {len(self.places)}{shared}, "
            f"with {place.points:g} of {round(self.board.maximum, 2):g} points of the questions that count there. "
            "Your trainer can tell that the name is yours; the other learners read it only if you tell them. "
            "If you do not want to stand there any more, tell your trainer."
        )


def standings(course: Course, lab: str, scores: LabScores | None = None) -> Standings:
    """Rank those who said yes, by the gradebook as it is now.

    Only a learner whose newest hand-in is graded and scored stands on the board. A score that a person put in the place
    of the automatic one counts, as everywhere, up to the question's own points. What lateness costs is not taken off.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        A released lab with a board.
    scores : LabScores, optional
        Its scores, where they are read already.

    Returns
    -------
    Standings
        The board, and who is who.

    Raises
    ------
    CourseError
        If the lab has no board, the board does not fit the lab as it was released, or the course's secret is damaged.
    """
    settings = board_of_lab(course, course.lab(lab))
    if settings is None:
        raise CourseError(
            f"The lab {lab!r} has no board.",
            'A lab takes part if its notebook\'s metadata has "hrlab": {"leaderboard": {"opt_in": …, "cells": […]}}: '
            "docs/grading.md.",
        )
    scores = scores or lab_scores(course, lab)
    if faults := cell_faults(settings, scores.items):
        raise CourseError(
            f"The board of {lab!r} does not fit the lab that was released: {'; '.join(faults)}.",
            f"Mend the notebook's metadata, then run `hrlab release {lab}` or `hrlab regrade {lab}`.",
        )
    counting = [item for item in scores.items if item.id in settings.cells]
    points = {}
    for learner in joined(course, lab, settings, scores):
        earned = scores.points[learner]
        if all(item.id in earned for item in counting):  # else a cell waits for a person
            points[learner] = _rounded([min(earned[item.id], item.points) for item in counting])
    places = {}
    if len(points) >= FEWEST:
        names = _names(course, lab, scores)
        places = _ranked(points, names)
    board = Board(
        lab=lab,
        title=settings.title or f"Board of “{scores.title}”",
        about=settings.about,
        questions=tuple((item.number, item.prompt, item.points) for item in counting),
        maximum=math.fsum(item.points for item in counting),
        places=tuple(sorted(places.values(), key=lambda place: (place.rank, place.pseudonym))),
    )
    return Standings(board, places, tuple(sorted(points)))


def joined(course: Course, lab: str, settings: BoardSettings, scores: LabScores) -> list[str]:
    """Return who stands on the board: said yes in the hand-in that is scored, and did not leave since; sorted."""
    left = _left(course, lab)
    found = []
    for learner in scores.scored:
        result = scores.graded[learner]
        stays = is_current(course, result) and left.get(learner) != result.submission
        if stays and _answers(course, lab, learner).get(settings.opt_in) == YES:
            found.append(learner)
    return found


def _answers(course: Course, lab: str, learner: str) -> dict[str, Any]:
    """Return the answers that a learner handed in; never what their code made of the sheet while it ran."""
    try:
        sheet = read_submission(course.folder("submitted") / learner / lab / "answers.json")
    except CourseError:
        return {}
    return answers_in(sheet.files["answers.json"], lab=lab)


def _names(course: Course, lab: str, scores: LabScores) -> dict[str, str]:
    real = [text for person in scores.learners.values() for text in (person.learner_id, person.name, person.email)]
    return pseudonyms(scores.learners, lab=lab, secret=course_secret(_folder(course) / "secret"), avoid=real)


def _rounded(points: list[float]) -> float:
    """Add points up to two decimals, as they are shown: who reads the same points reads the same rank."""
    return round(math.fsum(points), 2) + 0.0


def _ranked(points: Mapping[str, float], names: Mapping[str, str]) -> dict[str, Place]:
    """Return each learner's place; equal points share one.

    Examples
    --------
    >>> places = _ranked({"a": 3.0, "b": 4.0, "c": 3.0, "d": 1.0}, {name: name for name in "abcd"})
    >>> [(name, place.rank, place.shared) for name, place in places.items()]
    [('a', 2, True), ('b', 1, False), ('c', 2, True), ('d', 4, False)]
    """
    every = list(points.values())
    return {
        learner: Place(1 + sum(other > own for other in every), every.count(own) > 1, names[learner], own)
        for learner, own in points.items()
    }


# What is written


def board_html(board: Board, *, written: datetime | None = None) -> str:
    """Return the board as one page for everybody.

    Parameters
    ----------
    board : Board
        The board.
    written : datetime, optional
        When, UTC; default now.
    """
    return page(TEMPLATES, "leaderboard.html", board=board, fewest=FEWEST, written=written or datetime.now(UTC))


def write_board(course: Course, board: Board, to: Path | None = None) -> Path:
    """Write the page, over the one that was there.

    Parameters
    ----------
    course : Course
        The course.
    board : Board
        The board.
    to : Path, optional
        Another place than ``leaderboard/<lab>.html`` in the course folder.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    CourseError
        If it cannot be written.
    """
    path = to or _folder(course) / f"{board.lab}.html"
    write_atomically(path, board_html(board).encode())
    if to is None:
        _folder(course).chmod(0o700)
    return path


def leave_board(course: Course, lab: str, learner: str) -> None:
    """Take a learner off a board who said yes and has thought better of it.

    It is for the hand-in of now: who hands in anew and says yes again stands on the board again.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        A lab with a board.
    learner : str
        Learner id.

    Raises
    ------
    CourseError
        If nothing of that learner was collected, or the note cannot be written.
    """
    folder = course.folder("submitted") / learner / lab
    if learner not in course.learners_with("submitted", lab):
        raise CourseError(f"Nothing of {lab!r} was collected from {learner!r}.", "Check the learner's id.")
    left = _left(course, lab) | {learner: submission_id(folder)}
    write_atomically(_left_file(course, lab), (json.dumps(dict(sorted(left.items())), indent=1) + "\n").encode())
    _folder(course).chmod(0o700)


def _left(course: Course, lab: str) -> dict[str, str]:
    """Return who left a board, and with which hand-in."""
    path = _left_file(course, lab)
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        content = error
    if not isinstance(content, dict):  # to go on would put people on the board who asked not to stand there
        raise CourseError(
            f"{path}, which tells who has left the board, cannot be read.",
            "Put a copy of the file back; or delete it and name those who left again with --leave.",
        )
    return content


def _left_file(course: Course, lab: str) -> Path:
    return _folder(course) / f"{lab}.left.json"


def _folder(course: Course) -> Path:
    """Where secret and pages lie; nobody but the trainer looks in."""
    return course.root / "leaderboard"


def feedback_sentences(course: Course, scores: LabScores) -> dict[str, str]:
    """Return what each learner reads of the board on their feedback page, by learner id.

    A board that does not fit its lab is no reason to keep feedback back: then nobody reads of it, and `hrlab
    leaderboard` says what is wrong.

    Parameters
    ----------
    course : Course
        The course.
    scores : LabScores
        The scores of one lab.
    """
    try:
        if board_of_lab(course, scores.lab) is None:
            return {}
        found = standings(course, scores.lab, scores)
    except CourseError:
        return {}
    return {learner: found.sentence(learner) for learner in found.joined}
