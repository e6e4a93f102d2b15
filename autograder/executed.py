"""Read an executed submission: what its scored cells said, why tests failed, what a learner wrote.

A learner's own cells can display anything, our MIME types included. So a credit is taken only from the scored cell it
belongs to, a notice about the answer sheet only from a locked cell, and nothing is trusted to have the right shape.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from nbgrader.utils import is_grade, is_locked

from evaluators.answers.mime import CREDIT_MIME, SHEET_MIME

NOTE = "hrlab"  # notebook and cell metadata under which grading leaves its notes
VERDICTS = ("right", "partly", "wrong", "unanswered")


@dataclass(frozen=True)
class ShownCredit:
    """What a scored cell said about an answer.

    Parameters
    ----------
    verdict : str
        "right", "partly", "wrong" or "unanswered".
    answered : bool
        Whether there was an answer.
    answer, message : str
        The answer in words, and why it earned what it earned.
    """

    verdict: str
    answered: bool
    answer: str
    message: str


def shown(cell: Any, mime: str) -> list[dict[str, Any]]:
    """Return what a cell displayed under one of our MIME types, if it is a JSON object."""
    found = []
    for output in cell.get("outputs", []):
        value = output.get("data", {}).get(mime)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                continue
        if isinstance(value, dict):
            found.append(value)
    return found


def credits_shown(nb: Any) -> dict[str, ShownCredit]:
    """Return what the scored cells said, by item id."""
    credits_by_item = {}
    for cell in nb.cells:
        if not is_grade(cell):
            continue
        for value in shown(cell, CREDIT_MIME):
            if value.get("item") == cell.metadata.nbgrader.grade_id and value.get("verdict") in VERDICTS:
                answered, answer, message = (value.get(name) for name in ("answered", "answer", "message"))
                credits_by_item[cell.metadata.nbgrader.grade_id] = ShownCredit(
                    value["verdict"], bool(answered), str(answer or ""), str(message or "")
                )
    return credits_by_item


def sheet_notice(nb: Any) -> str:
    """Return what the lab said about an answer sheet that it could not use; "" if all was well."""
    for cell in nb.cells:
        if is_locked(cell):
            for sheet in shown(cell, SHEET_MIME):
                if sheet.get("status") == "set aside":
                    return str(sheet.get("notice") or "The answer sheet could not be used.")
    return ""


def learner_paragraphs(nb: Any) -> dict[str, str]:
    """Return the paragraphs that `autograder.paragraphs.show_paragraphs` put into a notebook, by item id."""
    found = {}
    for cell in nb.cells:
        note = cell.metadata.get(NOTE)
        if is_grade(cell) and isinstance(note, dict) and isinstance(note.get("paragraph"), str):
            found[cell.metadata.nbgrader.grade_id] = note["paragraph"]
    return found


def failures(nb: Any) -> dict[str, tuple[str, str]]:
    """Return why tests failed, by item id: a word for the kind of failure, and what a learner may read of it.

    The words are those of `autograder.kernel.session`; a test that an older version graded has none.
    """
    found = {}
    for cell in nb.cells:
        note = cell.metadata.get(NOTE)
        failed = note.get("failed") if isinstance(note, dict) else None
        if is_grade(cell) and isinstance(failed, list) and len(failed) == 2:
            found[cell.metadata.nbgrader.grade_id] = (str(failed[0]), str(failed[1]))
    return found


def solutions(nb: Any) -> dict[str, str]:
    """Return what stands in the cells that a person scores, by grade id; `nb` may be plain JSON."""
    found = {}
    for cell in nb["cells"]:
        spec = cell["metadata"].get("nbgrader", {})
        if spec.get("grade") and spec.get("solution"):
            found[spec["grade_id"]] = "".join(cell["source"])
    return found
