"""Feedback pages for learners: what was right, what was not and why. Never a hidden test or a key.

nbgrader's own feedback prints the whole notebook with its hidden tests. These pages are made from what the scored cells
*said*, and from the gradebook.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.catalogue import CatalogueItem
from autograder.course import Course
from autograder.executed import credits_shown, failures, learner_paragraphs
from autograder.files import write_atomically
from autograder.grade import is_current
from autograder.handin import checksum_of, submitted_at
from autograder.leaderboard import feedback_sentences
from autograder.report import TEMPLATES
from autograder.results import Outcome
from autograder.scores import LabScores, lab_scores
from evaluators.reports import page


@dataclass(frozen=True)
class ItemFeedback:
    """What a learner reads about one question.

    Parameters
    ----------
    item : CatalogueItem
        The question.
    verdict : str
        "right", "partly", "wrong", "unanswered", "waits" (for a person) or "scored" (by a person, or without a form).
    earned : float or None
        Points; None while it waits for a person.
    answer : str
        The learner's answer in words, "" if there was none.
    message : str
        Why, in the words of the scored cell or of the person who scored it.
    """

    item: CatalogueItem
    verdict: str
    earned: float | None
    answer: str
    message: str


def write_feedback(course: Course, lab: str) -> list[Path]:
    """Write a feedback page for every graded submission and put it where its learner finds it.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        A released lab.

    Returns
    -------
    list of Path
        ``feedback/<learner>/<lab>/<lab>.html``, sorted by learner; none for a hand-in that is collected and not graded
        yet, so that nobody reads about an older one. A copy goes into the shared folder under the
        checksum of the hand-in, which only the learner's receipt names.
    """
    scores = lab_scores(course, lab)
    boards = feedback_sentences(course, scores)
    written = []
    for learner, result in sorted(scores.graded.items()):
        if not is_current(course, result):
            continue
        path = course.notebook("feedback", lab, learner).with_suffix(".html")
        html = feedback_html(course, scores, learner, board=boards.get(learner, "")).encode()
        write_atomically(path, html)
        if checksum := checksum_of(course.folder("submitted") / learner / lab):
            shared = course.exchange / "feedback"
            write_atomically(shared / f"{checksum}.html", html)
            shared.chmod(0o711)  # a page is found by its name only
        written.append(path)
    return written


def feedback_html(course: Course, scores: LabScores, learner: str, *, board: str = "") -> str:
    """Return one learner's feedback page; `board` says where they stand on the lab's board, if they joined it."""
    result = scores.graded[learner]
    scored = result.outcome is Outcome.SCORED
    items = items_feedback(course, scores, learner) if scored else []
    late = scores.late.get(learner)
    return page(
        TEMPLATES,
        "feedback.html",
        course=course.id,
        title=scores.title,
        person=scores.learners[learner],
        result=result,
        scored=scored,
        items=items,
        earned=scores.totals().get(learner, 0.0) if scored else 0.0,  # lateness taken off
        penalty=late.sentence if scored and late else "",
        board=board,
        maximum=scores.maximum,
        waiting=[entry for entry in items if entry.earned is None],
        handed_in=submitted_at(course.folder("submitted") / learner / scores.lab),
    )


def items_feedback(course: Course, scores: LabScores, learner: str) -> list[ItemFeedback]:
    """Return what a learner reads about each question, in the order of the lab."""
    from nbformat import from_dict

    folder = course.folder("autograded") / learner / scores.lab
    notebooks = {path.stem: from_dict(json.loads(path.read_bytes())) for path in sorted(folder.glob("*.ipynb"))}
    said = {name: credits_shown(nb) for name, nb in notebooks.items()}
    paragraphs = {name: written(nb) | learner_paragraphs(nb) for name, nb in notebooks.items()}
    failed = {name: failures(nb) for name, nb in notebooks.items()}
    points = scores.points[learner]
    entries = []
    for item in scores.items:
        earned = points.get(item.id)
        credit = said.get(item.notebook, {}).get(item.cell)
        answer = ""
        if item.manual:
            answer = paragraphs.get(item.notebook, {}).get(item.cell, "")
            verdict = "waits" if earned is None else "scored" if answer or earned else "unanswered"
            message = scores.comments.get((learner, item.id), "")
            if item.kind == "task":
                verdict, answer = "waits" if earned is None else "scored", _IN_THE_NOTEBOOK
            if item.notebook not in notebooks and not message:
                message = f"The notebook {item.notebook}.ipynb was not handed in."
        elif credit:
            answer, verdict, message = credit.answer, credit.verdict, credit.message
        else:
            verdict = "right" if earned == item.points else "partly" if earned else "wrong"
            kind, text = failed.get(item.notebook, {}).get(item.cell, ("", ""))
            message = why_not(kind, text) if verdict == "wrong" else _WHOLE_OR_PART[verdict]
            if item.notebook not in notebooks:
                message = f"The notebook {item.notebook}.ipynb was not handed in."
        entries.append(ItemFeedback(item, verdict, earned, answer, message))
    return entries


def written(nb: Any) -> dict[str, str]:
    """Return what stands in the cells that a person scores, by grade id; cells left as released are missing."""
    from nbgrader.utils import compute_checksum, is_grade, is_solution

    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in nb.cells
        if is_grade(cell) and is_solution(cell) and cell.metadata.nbgrader.get("checksum") != compute_checksum(cell)
    }


_IN_THE_NOTEBOOK = "in the notebook"
_WHOLE_OR_PART = {"right": "Every check of this question holds.", "partly": "Some of the checks of this question hold."}


def why_not(kind: str, text: str) -> str:
    """Say to a learner why a test failed: from the test's own message or the learner's own error, never its source.

    Parameters
    ----------
    kind, text : str
        From `autograder.executed.failures`.

    Returns
    -------
    str
        One or two sentences.

    Examples
    --------
    >>> why_not("missing_name", "rate.")
    'The check needs something that your notebook does not define: rate.'
    """
    match kind:
        case "message":
            return text
        case "learner_raised":
            return f"Your code stopped with an error while it was checked. {text}"
        case "missing_name" if ". " in text:  # it is there, and could not be looked at
            return f"The check needs {text}"
        case "missing_name":
            return f"The check needs something that your notebook does not define: {text}"
        case "cannot_cross":
            return f"Your answer is of a kind that this check cannot judge. Your trainer has been told. {text}"
        case "not_answered":
            return "This code is not written yet: it still raises NotImplementedError."
        case "stopped":
            return f"The check could not be done: {text.rstrip('.')}."
        case "time":
            return "The check took too long. Does your code end for every input?"
        case "error":
            return "The check stopped with an error, so it earned nothing. Your trainer sees which."
    return "A check of this question does not hold."
