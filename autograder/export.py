"""Scores for other systems."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from autograder.course import Course
from autograder.files import write_atomically
from autograder.grade import Graded
from autograder.scores import Late, lab_scores

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def scores_csv(course: Course, labs: list[str]) -> str:
    """Return one row for each learner and lab as CSV.

    Parameters
    ----------
    course : Course
        The course.
    labs : list of str
        Released labs.

    Returns
    -------
    str
        Columns: course, lab, learner_id, first_name, last_name, email, state, points (what lateness costs is taken
        off), maximum, waiting (items that wait for a person), late_penalty (points taken off), late ("2 days"), then
        one column an item named ``lab.item``, empty where there is no score. Text that a spreadsheet would run as a
        formula is quoted with an apostrophe.
    """
    head = [
        "course",
        "lab",
        "learner_id",
        "first_name",
        "last_name",
        "email",
        "state",
        "points",
        "maximum",
        "waiting",
        "late_penalty",
        "late",
    ]
    all_scores = [lab_scores(course, lab) for lab in labs]
    items = [f"{scores.lab}.{item.id}" for scores in all_scores for item in scores.items]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, head + items, restval="", lineterminator="\n")
    writer.writeheader()
    for scores in all_scores:
        totals, waiting = scores.totals(), scores.waiting()
        scored = scores.table.dropna(subset="score").groupby("learner")
        points = {learner: dict(zip(rows["item"], rows["score"], strict=True)) for learner, rows in scored}
        for learner, person in sorted(scores.learners.items()):
            row = {
                "course": course.id,
                "lab": scores.lab,
                "learner_id": _text(learner),
                "first_name": _text(person.first_name),
                "last_name": _text(person.last_name),
                "email": _text(person.email),
                "state": _state(learner, scores.graded, waiting),
                "maximum": f"{scores.maximum:g}",
            }
            if learner in totals.index:
                late = scores.late.get(learner, Late(0.0))
                row |= {"points": f"{totals[learner]:g}", "waiting": str(waiting.get(learner, 0))}
                row |= {"late_penalty": f"{late.points:g}", "late": late.words}
                row |= {f"{scores.lab}.{item}": f"{value:g}" for item, value in points.get(learner, {}).items()}
            writer.writerow(row)
    return stream.getvalue()


def write_scores(course: Course, labs: list[str], to: Path) -> None:
    """Write `scores_csv` to a file, with the mark by which Excel knows UTF-8.

    Parameters
    ----------
    course : Course
        The course.
    labs : list of str
        Released labs.
    to : Path
        The file; one that exists is replaced.

    Raises
    ------
    CourseError
        If the file cannot be written.
    """
    write_atomically(to, scores_csv(course, labs).encode("utf-8-sig"))


def _state(learner: str, graded: dict[str, Graded], waiting: dict[str, int]) -> str:
    if learner not in graded:
        return "nothing graded"
    return "waits for a person" if learner in waiting else graded[learner].outcome


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
