"""A paragraph that is scored twice: by rules in its hidden test, by a person in a cell of its own."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.course import Course
from autograder.feedback import items_feedback
from autograder.grade import grade
from autograder.handin import collect
from autograder.release import release
from autograder.roster import Learner, set_roster
from autograder.sandbox import missing_walls
from autograder.scores import lab_scores
from autograder.settings import Settings
from tests.small_lab import LAB, MODEL, RIGHT, _nbgrader, hand_in, small_lab, write_lab

TEXT = "Sam will call you <b>today</b>."


def lab_with_a_reply() -> nbformat.NotebookNode:
    nb = small_lab()
    nb.cells[2].source = nb.cells[2].source.replace(repr(MODEL), repr({**MODEL, "reply": "Ana will call you by noon."}))
    test = (
        'lab.credit_text("reply", parts={"who": "will" in lab.answer("reply"), "when": "noon" in lab.answer("reply")})'
    )
    nb.cells[-1:-1] = [
        new_code_cell(
            'lab.paragraph("reply", "What do you answer?", words=(2, 60), competency="C2", points=2)',
            metadata=_nbgrader("form_reply"),
        ),
        new_markdown_cell(
            "Ana will call you by noon.",
            metadata=_nbgrader("reply_by_person", grade=True, solution=True, locked=False, points=1),
        ),
        new_code_cell(
            f"# Scored later.\n### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS",
            metadata=_nbgrader("reply", grade=True, points=2),
        ),
    ]
    return nb


@pytest.mark.slow
def test_rules_score_one_part_and_a_person_sees_the_same_text(tmp_path: Path) -> None:
    course = Course.new(tmp_path / "course", labs=write_lab(tmp_path / "labs", lab_with_a_reply()))
    items = {item.id: item for item in release(course, LAB)}
    shown = {name: (item.kind, item.competency, item.points, item.manual) for name, item in items.items()}
    assert shown["reply"] == ("paragraph", "C2", 2, False)
    assert shown["reply_by_person"] == ("paragraph", "C2", 1, True)
    assert not items["reply_by_person"].spec  # so that the start page asks for the text once

    set_roster(course, [Learner("ada", "Ada", "A", "ada@example.org")])
    hand_in(tmp_path / "desks", course, "ada", {**RIGHT, "reply": TEXT})
    collect(course, LAB)
    grade(course, LAB, settings=Settings(sandboxed=not missing_walls()))
    scores = lab_scores(course, LAB)
    assert scores.points["ada"]["reply"] == 1
    assert scores.points["ada"].get("reply_by_person") is None  # waits for a person
    graded = nbformat.read(course.notebook("autograded", LAB, "ada"), as_version=4)
    by_id = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in graded.cells}
    assert "Sam will call you &lt;b&gt;today&lt;/b&gt;." in by_id["reply_by_person"].source
    told = {entry.item.id: entry for entry in items_feedback(course, scores, "ada")}
    assert told["reply_by_person"].answer == told["reply"].answer == TEXT
    assert "Not done, or only in part: when." in told["reply"].message
