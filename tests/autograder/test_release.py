"""Releasing proves that a lab can be solved, and gives away nothing."""

import json
import re
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import determine_grade, is_grade, is_solution

from autograder.catalogue import CatalogueItem, load_catalogue, run_notebook
from autograder.course import Course, default_labs
from autograder.errors import CourseError
from autograder.executed import shown
from autograder.release import release
from evaluators.answers.mime import SHEET_MIME
from tests.small_lab import LAB, MODEL, small_lab, write_lab

REAL_LABS = sorted(path.stem for path in default_labs().glob("*/*.ipynb"))


def scores(nb: nbformat.NotebookNode) -> dict[str, float]:
    """Score the automatic items of an executed notebook as nbgrader does."""
    return {
        cell.metadata.nbgrader.grade_id: float(determine_grade(cell)[0])
        for cell in nb.cells
        if is_grade(cell) and not is_solution(cell)
    }


def test_the_catalogue_lists_the_items_in_order(course: Course) -> None:
    items = load_catalogue(course, LAB)
    assert [(item.id, item.number, item.competency, item.points, item.manual) for item in items] == [
        ("rule", 1, "B1", 1, False),
        ("impact", 2, "B1", 2, False),
        ("causes", 3, "B2", 1, False),
        ("memo", 4, "B2", 3, True),
    ]
    assert [item.model_answer for item in items] == ["ratio", "0.67", ["chance", "proxy"], MODEL["memo"]]


def test_learners_get_no_key_no_test_and_no_model_answer(course: Course) -> None:
    folder = course.exchange
    text = "\n".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
    assert "What is the impact ratio?" in text, "the search looked at the released lab"
    for secret in ("hidden_secret", "HIDDEN-EXPLANATION", "model_answers(", "Measure first", "0.67", "key="):
        assert secret not in text
    specs = json.loads((folder / "items" / f"{LAB}.json").read_text())
    assert [spec["id"] for spec in specs] == ["rule", "impact", "causes", "memo"]
    assert not any({"value", "model_answer", "key"} & spec.keys() for spec in specs)


def test_a_lab_that_contradicts_its_own_model_answers_is_not_released(tmp_path: Path) -> None:
    labs = write_lab(tmp_path / "labs", small_lab(key="count"))
    course = Course.new(tmp_path / "course", labs=labs)
    with pytest.raises(CourseError, match="rule earns 0 of 1 points"):
        release(course, LAB)
    assert course.released == []


def test_a_broken_second_release_keeps_the_first(course: Course) -> None:
    lab = Path(course.labs_folder) / LAB / f"{LAB}.ipynb"
    before, good = (course.root / "release" / LAB / f"{LAB}.ipynb").read_bytes(), lab.read_bytes()
    nb = nbformat.read(lab, as_version=4)
    nb.cells.insert(3, nbformat.v4.new_code_cell("undefined_name"))
    try:
        nbformat.write(nb, lab)
        with pytest.raises(CourseError, match="cell 4 raised NameError"):
            release(course, LAB)
    finally:
        lab.write_bytes(good)
    assert (course.root / "release" / LAB / f"{LAB}.ipynb").read_bytes() == before
    assert course.released == [LAB]


def test_an_answer_sheet_beside_the_source_is_refused(tmp_path: Path) -> None:
    labs = write_lab(tmp_path / "labs", small_lab())
    (labs / LAB / "answers.json").write_text("{}")
    course = Course.new(tmp_path / "course", labs=labs)
    with pytest.raises(CourseError, match="would copy it over every learner's own"):
        release(course, LAB)


SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?### END SOLUTION(?:\n|\Z)", re.DOTALL | re.MULTILINE)


def test_there_are_real_labs() -> None:
    assert "resume_screening_audit" in REAL_LABS


@pytest.fixture(scope="session", params=REAL_LABS)
def real_release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, str]:
    """A course with one of our own labs released, which proves that its instructor version earns full marks."""
    course = Course.new(tmp_path_factory.mktemp("real") / "course")
    release(course, request.param)
    return course, request.param


def test_a_released_lab_earns_nothing_unanswered(real_release: tuple[Course, str]) -> None:
    course, lab = real_release
    nb = run_notebook(course.root / "release" / lab / f"{lab}.ipynb")
    raised = [cell for cell in nb.cells if any(each.output_type == "error" for each in cell.get("outputs", []))]
    # Only what asks for code stops while it is not written, and says so itself.
    assert all("raises-exception" in cell.metadata.get("tags", []) for cell in raised)
    # Hidden tests are gone from the release, so put the instructor's back, as nbgrader does when it grades.
    assert set(graded(course, lab, {}).values()) == {0.0}


def test_every_wrong_answer_earns_less(real_release: tuple[Course, str]) -> None:
    course, lab = real_release
    items = [item for item in load_catalogue(course, lab) if not item.manual]
    rounds = max(len(item.spec["options"]) - 1 for item in items if item.kind == "choice")
    for place in range(rounds):  # each wrong option of each choice gets its turn
        found = graded(course, lab, {item.id: wrong(item, place) for item in items if item.kind != "code"})
        assert found.keys() == {item.id for item in items}
        assert {item.id for item in items if found[item.id] >= item.points} == set(), place


def wrong(item: CatalogueItem, place: int) -> object:
    """An answer that is not the model answer."""
    if item.kind in ("choice", "choices"):
        model = [item.model_answer] if item.kind == "choice" else item.model_answer
        options = [option for option in item.spec["options"] if option not in model]
        return options[place % len(options)] if item.kind == "choice" else options
    if item.kind == "ranking":
        return item.model_answer[::-1]
    if item.kind == "paragraph":
        return "Please see the handbook. " * 12
    return str(float(item.model_answer) * 2 + 7)


def graded(course: Course, lab: str, answers: dict[str, object]) -> dict[str, float]:
    """Run a lab with its hidden tests, without its model answers and with no code written, on an answer sheet."""
    nb = nbformat.read(course.labs_folder / lab / f"{lab}.ipynb", as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = SOLUTION.sub(r"\1pass\n", cell.source)
    sheet = {"schema": 1, "lab": lab, "answers": answers, "saved_at": ""}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / lab
        folder.mkdir()
        nbformat.write(nb, folder / f"{lab}.ipynb")
        (folder / "answers.json").write_text(json.dumps(sheet))
        executed = run_notebook(folder / f"{lab}.ipynb", keep_answers=True)
    assert [sheet["lab"] for cell in executed.cells for sheet in shown(cell, SHEET_MIME)] == [lab]
    return scores(executed)
