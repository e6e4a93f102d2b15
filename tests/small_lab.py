"""A small lab of four items, and how a learner of the tests hands it in."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course import Course
from autograder.files import write_atomically
from autograder.handin import pack
from autograder.lab.desk import Desk

LAB = "small_audit"
MODEL = {"rule": "ratio", "impact": 0.67, "causes": ["chance", "proxy"], "memo": "Measure first, then talk."}
RIGHT = {**MODEL, "memo": "I would measure our own log before I say anything."}


def _nbgrader(grade_id: str, **kwargs: Any) -> dict[str, Any]:
    spec = {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False}
    return {"nbgrader": {**spec, "grade_id": grade_id, **kwargs}}


def small_lab(*, key: str = "ratio") -> nbformat.NotebookNode:
    """Four items: a choice (1 point), a number (2), several choices (1) and a paragraph for a person (3)."""
    cells = [
        new_markdown_cell("# A small audit"),
        new_code_cell(f'from evaluators.widgets import Lab\nlab = Lab("{LAB}")', metadata=_nbgrader("set_up")),
        new_code_cell(
            f"### BEGIN SOLUTION\nlab.model_answers({MODEL!r})\n### END SOLUTION",
            metadata=_nbgrader("model_answers", solution=True, locked=False),
        ),
    ]
    forms = {
        "rule": (
            'lab.choice("rule", "Which figure?", {"ratio": "A ratio", "count": "A count"}, competency="B1", points=1)',
            f'lab.credit("rule", key="{key}", why={{"count": "Groups differ in size."}}, explain="HIDDEN-EXPLANATION")',
            1,
        ),
        "impact": (
            'lab.number("impact", "What is the impact ratio?", minimum=0, competency="B1", points=2)',
            'lab.credit("impact", key=0.67, tolerance=0.006, partial={1.49: 0.5})',
            2,
        ),
        "causes": (
            'lab.choices("causes", "What explains a gap?", '
            '{"chance": "Chance", "proxy": "A proxy", "moon": "The moon"}, competency="B2", points=1)',
            'lab.credit("causes", key=["chance", "proxy"])',
            1,
        ),
    }
    for item, (form, test, points) in forms.items():
        cells.append(new_code_cell(form, metadata=_nbgrader(f"form_{item}")))
        source = f"# Scored later.\n### BEGIN HIDDEN TESTS\nhidden_secret = 42\n{test}\n### END HIDDEN TESTS"
        cells.append(new_code_cell(source, metadata=_nbgrader(item, grade=True, points=points)))
    cells += [
        new_code_cell(
            'lab.paragraph("memo", "Write to the manager.", words=(2, 60), competency="B2", points=3)',
            metadata=_nbgrader("form_memo"),
        ),
        new_markdown_cell(
            "Measure first, then talk.",
            metadata=_nbgrader("memo", grade=True, solution=True, locked=False, points=3),
        ),
        new_code_cell("lab.finish()", metadata=_nbgrader("finish")),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def write_lab(folder: Path, nb: nbformat.NotebookNode) -> Path:
    """Write a lab into a labs folder and return that folder."""
    (folder / LAB).mkdir(parents=True)
    nbformat.write(nb, folder / LAB / f"{LAB}.ipynb")
    return folder


def hand_in(
    desks: Path,
    course: Course,
    learner: str,
    answers: dict[str, Any] | str | None,
    *,
    edit: Callable[[nbformat.NotebookNode], None] | None = None,
    minute: int = 0,
) -> None:
    """Hand in answers, or the raw text of a sheet, after an edit of the notebook if one is given."""
    desk = Desk(desks / learner, course.exchange)
    desk.fetch(LAB)
    folder = desk.folder(LAB)
    if answers is not None:
        sheet = {"schema": 1, "lab": LAB, "answers": answers, "saved_at": "2026-03-02T10:00:00+00:00"}
        (folder / "answers.json").write_text(answers if isinstance(answers, str) else json.dumps(sheet))
    if edit:
        nb = nbformat.read(folder / f"{LAB}.ipynb", as_version=4)
        edit(nb)
        nbformat.write(nb, folder / f"{LAB}.ipynb")
    now = datetime(2026, 3, 2, 12, minute, tzinfo=UTC)
    _, data = pack(folder, course=course.id, lab=LAB, learner=learner, now=now)
    write_atomically(course.handins / f"{learner}+{LAB}+{minute}.zip", data)
