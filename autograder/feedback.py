"""Feedback pages for learners: what was right, what was not and why. Never a hidden test or a key.

nbgrader's own feedback prints the whole notebook with its hidden tests. These pages are made from what the scored cells
*said*, and from the gradebook.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.catalogue import CatalogueItem
from autograder.course import Course
from autograder.executed import credits_shown, learner_paragraphs
from autograder.files import write_atomically
from autograder.grade import Outcome, is_current
from autograder.handin import submitted_at
from autograder.report import TEMPLATES
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
    written = []
    for learner, result in sorted(scores.graded.items()):
        if not is_current(course, result):
            continue
        path = course.notebook("feedback", lab, learner).with_suffix(".html")
        html = feedback_html(course, scores, learner).encode()
        write_atomically(path, html)
        checksum = course.root / "submitted" / learner / lab / "handin.sha256"
        if checksum.exists():
            shared = course.exchange / "feedback"
            write_atomically(shared / f"{checksum.read_text().strip()}.html", html)
            shared.chmod(0o711)  # a page is found by its name only
        written.append(path)
    return written


def feedback_html(course: Course, scores: LabScores, learner: str) -> str:
    """Return one learner's feedback page."""
    result = scores.graded[learner]
    scored = result.outcome is Outcome.SCORED
    items = items_feedback(course, scores, learner) if scored else []
    return page(
        TEMPLATES,
        "feedback.html",
        course=course.id,
        title=scores.title,
        person=scores.learners[learner],
        result=result,
        scored=scored,
        items=items,
        earned=sum(entry.earned or 0 for entry in items),
        maximum=scores.maximum,
        waiting=[entry for entry in items if entry.earned is None],
        handed_in=submitted_at(course.root / "submitted" / learner / scores.lab),
    )


def items_feedback(course: Course, scores: LabScores, learner: str) -> list[ItemFeedback]:
    """Return what a learner reads about each question, in the order of the lab."""
    import nbformat

    nb = nbformat.read(course.notebook("autograded", scores.lab, learner), as_version=4)
    said = credits_shown(nb)
    paragraphs = learner_paragraphs(nb)
    points = scores.table[scores.table["learner"] == learner].set_index("item")["score"]
    entries = []
    for item in scores.items:
        earned = None if points.isna().get(item.id, True) else float(points[item.id])
        credit = said.get(item.id)
        if item.manual:
            answer = paragraphs.get(item.id, "")
            verdict = "waits" if earned is None else "scored" if answer else "unanswered"
            message = scores.comments.get((learner, item.id), "")
        else:
            answer, verdict, message = (credit.answer, credit.verdict, credit.message) if credit else ("", "scored", "")
        entries.append(ItemFeedback(item, verdict, earned, answer, message))
    return entries
