"""`hrlab regrade` from a changed lab to the gradebook, the learners' copies and back to `hrlab release`."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from autograder import regrade as regrade_module
from autograder.cli import main
from autograder.course import Course
from autograder.grade import grade, pending
from autograder.handin import collect
from autograder.regrade import REMOVED_NAME
from autograder.release import release
from autograder.scores import lab_scores
from tests.small_lab import LAB, RIGHT, hand_in, small_lab

ADA = RIGHT  # by the first key: rule 1, impact 2, causes 1
BEN = {**RIGHT, "rule": "count"}  # by the first key: rule 0


@pytest.fixture(scope="module")
def graded_once(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada and Ben graded by the first key, Ada's paragraph scored by a person; never changed, copy it."""
    root = tmp_path_factory.mktemp("regrading")
    shutil.copytree(released, root / "course")
    course = Course(root / "course")
    for learner, answers in (("ada", ADA), ("ben", BEN)):
        hand_in(root / "desks", course, learner, answers)
    collect(course, LAB)
    grade(course, LAB)
    with course.gradebook() as book:
        memo = book.find_grade("memo", LAB, LAB, "ada")
        memo.manual_score, memo.needs_manual_grade = 2.5, False
        book.find_comment("memo", LAB, LAB, "ada").manual_comment = "Name an owner."
        book.db.commit()
    return root / "course"


@pytest.fixture
def regraded(graded_once: Path, tmp_path: Path) -> Course:
    """A copy of one's own, with a labs folder of its own."""
    shutil.copytree(graded_once, tmp_path / "course")
    labs = Course(graded_once).labs_folder
    shutil.copytree(labs, tmp_path / "labs")
    config = tmp_path / "course" / "nbgrader_config.py"
    text = config.read_text()
    assert str(labs) in text
    config.write_text(
        text.replace(str(labs), str(tmp_path / "labs")).replace(str(graded_once), str(tmp_path / "course"))
    )
    course = Course(tmp_path / "course")
    assert course.labs_folder == tmp_path / "labs"
    return course


def change(course: Course, nb: nbformat.NotebookNode) -> None:
    """Save another instructor version."""
    nbformat.write(nb, course.labs_folder / LAB / f"{LAB}.ipynb")


def other_key() -> nbformat.NotebookNode:
    """The lab in which the other choice is right, with a model answer to match."""
    nb = small_lab(key="count")
    for cell in nb.cells:
        cell.source = cell.source.replace("'rule': 'ratio'", "'rule': 'count'")
    return nb


def with_cell(nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The lab with one more scored cell, which everybody passes."""
    spec = {"schema_version": 3, "grade": True, "solution": False, "locked": True, "task": False}
    metadata = {"nbgrader": {**spec, "grade_id": "bonus", "points": 4}}
    nb.cells.insert(3, new_code_cell("assert 1 + 1 == 2", metadata=metadata))
    return nb


def without_cell(nb: nbformat.NotebookNode, *grade_ids: str) -> nbformat.NotebookNode:
    """The lab without some cells."""
    nb.cells = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in grade_ids]
    return nb


@pytest.fixture
def regrade(
    regraded: Course, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run `hrlab regrade` in this process; exit code, standard output, standard error."""

    def run(*options: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hrlab", "regrade", LAB, "--course", str(regraded.root), *options])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capfd.readouterr()

    return run


def totals(course: Course) -> dict[str, float]:
    return {str(learner): float(points) for learner, points in lab_scores(Course(course.root), LAB).totals().items()}


def rows(course: Course) -> list[tuple[Any, ...]]:
    """Everything the gradebook says about grades and comments."""
    with Course(course.root).gradebook() as book:
        found = []
        for submission in book.assignment_submissions(LAB):
            for notebook in submission.notebooks:
                student = submission.student_id
                found += [
                    (student, grade.name, grade.auto_score, grade.manual_score, grade.extra_credit)
                    for grade in notebook.grades
                ]
                found += [(student, comment.name, comment.manual_comment) for comment in notebook.comments]
        return sorted(found, key=repr)


def test_nothing_has_changed(regraded: Course, regrade: Callable[..., tuple[int, str, str]]) -> None:
    before = rows(regraded)
    assert regrade()[:2] == (0, "No score changes.\n")
    assert rows(regraded) == before


def test_without_a_terminal_the_changes_are_shown_and_nothing_is_written(
    regraded: Course, regrade: Callable[..., tuple[int, str, str]]
) -> None:
    before = rows(regraded)
    change(regraded, other_key())
    code, said, _ = regrade()
    assert code == 1
    assert "Cells that are changed: rule." in said
    assert [line.split("│")[1:-1] for line in said.splitlines() if "ada" in line or "ben" in line] == [
        [" ada     ", " rule ", " 1   ", " 0       ", " –              ", " 6.5       ", " 5.5           "],
        [" ben     ", " rule ", " 0   ", " 1       ", " –              ", " 3         ", " 4             "],
    ]
    assert "Nothing was written. Run it with --yes to write." in said
    assert rows(regraded) == before
    assert '"ratio"' not in said  # no key is printed


def test_a_changed_key_reaches_scores_and_learners(
    regraded: Course, regrade: Callable[..., tuple[int, str, str]]
) -> None:
    change(regraded, other_key())
    code, said, _ = regrade("--yes")
    assert (code, said.splitlines()[-1]) == (0, "Written. Scores and comments that a person gave are as they were.")
    assert totals(regraded) == {"ada": 0 + 2 + 1 + 2.5, "ben": 1 + 2 + 1}
    scores = lab_scores(Course(regraded.root), LAB)
    assert scores.comments == {("ada", "memo"): "Name an owner."}
    assert scores.waiting() == {"ben": 1}  # Ada's paragraph is the one that was scored
    assert pending(regraded, LAB) == []
    assert regrade()[:2] == (0, "No score changes.\n")


def test_release_works_again_and_agrees(regraded: Course, regrade: Callable[..., tuple[int, str, str]]) -> None:
    change(regraded, other_key())
    assert regrade("--yes")[0] == 0
    after = rows(regraded)
    released = [folder / LAB / f"{LAB}.ipynb" for folder in (regraded.root / "release", regraded.outbound)]
    items = (regraded.root / "catalogue" / f"{LAB}.json").read_text()
    before = [path.read_text() for path in released]
    assert before[0] == before[1]
    release(Course(regraded.root), LAB)
    assert [path.read_text() for path in released] == before
    assert (regraded.root / "catalogue" / f"{LAB}.json").read_text() == items
    assert rows(regraded) == after


def test_learners_fetch_the_present_version(regraded: Course, regrade: Callable[..., tuple[int, str, str]]) -> None:
    nb = other_key()
    nb.cells[0].source = "# A small audit, second edition"
    change(regraded, with_cell(nb))
    assert regrade("--yes")[0] == 0
    for folder in (regraded.root / "release", regraded.outbound):
        text = (folder / LAB / f"{LAB}.ipynb").read_text()
        assert "second edition" in text
        assert "bonus" in text
        assert "hidden_secret" not in text


def test_a_cell_that_came_and_one_that_went(regraded: Course, regrade: Callable[..., tuple[int, str, str]]) -> None:
    nb = without_cell(with_cell(small_lab()), "form_impact", "impact")
    change(regraded, nb)
    code, said, _ = regrade()
    assert code == 1
    assert "Cells that are new: bonus." in said
    assert "Cells that are gone: form_impact, impact." in said
    assert "2 scores of cells that are gone leave the gradebook" in said
    assert not (regraded.root / "grading" / LAB / REMOVED_NAME).exists()
    assert regrade("--yes")[0] == 0
    assert totals(regraded) == {"ada": 1 + 1 + 4 + 2.5, "ben": 0 + 1 + 4}
    assert (regraded.root / "grading" / LAB / REMOVED_NAME).read_text().splitlines()[1:] == [
        f"ada,{LAB},impact,2.0,,,",
        f"ben,{LAB},impact,2.0,,,",
    ]
    assert [item.id for item in lab_scores(Course(regraded.root), LAB).items] == ["bonus", "rule", "causes", "memo"]
    release(Course(regraded.root), LAB)
    assert totals(regraded) == {"ada": 1 + 1 + 4 + 2.5, "ben": 0 + 1 + 4}


def test_json_says_all_and_writes_nothing(regraded: Course, regrade: Callable[..., tuple[int, str, str]]) -> None:
    before = rows(regraded)
    change(regraded, other_key())
    code, said, told = regrade("--json")
    assert (code, told) == (1, "")
    found = json.loads(said)
    assert found["lab"] == LAB
    assert found["assignment"]["changed"] == [[LAB, "model_answers"], [LAB, "rule"]] or found["assignment"][
        "changed"
    ] == [[LAB, "rule"]]
    assert [(each["learner"], each["old_auto"], each["new_auto"]) for each in found["changes"]] == [
        ("ada", 1.0, 0.0),
        ("ben", 0.0, 1.0),
    ]
    assert rows(regraded) == before
    assert regrade("--json", "--yes")[0] == 0
    assert totals(regraded)["ben"] == 4


def test_broken_off_between_the_lab_and_the_scores(
    regraded: Course, regrade: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command goes on: what was not written yet still differs."""
    change(regraded, with_cell(other_key()))
    real, done = regrade_module.record, []

    def stopping(*args: Any, **kwargs: Any) -> Any:
        if done:
            raise KeyboardInterrupt
        done.append(real(*args, **kwargs))
        return done[0]

    monkeypatch.setattr(regrade_module, "record", stopping)
    assert regrade("--yes")[0] == 3
    monkeypatch.setattr(regrade_module, "record", real)
    code, said, _ = regrade()
    assert code == 1
    (left,) = {"ada", "ben"} - {done[0].learner}
    assert left in said
    assert done[0].learner not in said
    assert regrade("--yes")[0] == 0
    assert totals(regraded) == {"ada": 0 + 2 + 1 + 4 + 2.5, "ben": 1 + 2 + 1 + 4}
    assert regrade()[:2] == (0, "No score changes.\n")


def test_a_persons_score_of_a_test_stands_and_is_shown(
    regraded: Course, regrade: Callable[..., tuple[int, str, str]]
) -> None:
    with regraded.gradebook() as book:
        rule = book.find_grade("rule", LAB, LAB, "ben")
        rule.manual_score = 0.5
        book.db.commit()
    change(regraded, other_key())
    _, said, _ = regrade("--yes")
    (line,) = [line for line in said.splitlines() if "ben" in line]
    assert [part.strip() for part in line.split("│")[1:-1]] == ["ben", "rule", "0", "1", "0.5", "3.5", "3.5"]
    assert totals(regraded)["ben"] == 0.5 + 2 + 1


def test_a_lab_whose_solution_fails_changes_nothing(
    regraded: Course, regrade: Callable[..., tuple[int, str, str]]
) -> None:
    before = rows(regraded)
    change(regraded, small_lab(key="count"))  # the model answer is still the other one
    code, _, told = regrade("--yes")
    assert code == 2
    assert "rule earns 0 of 1" in told
    assert rows(regraded) == before


def test_a_lab_that_is_not_there(regraded: Course, regrade: Callable[..., tuple[int, str, str]]) -> None:
    shutil.rmtree(regraded.labs_folder / LAB)
    code, _, told = regrade()
    assert code == 2
    assert "holds no notebook" in told


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal needs POSIX")
@pytest.mark.parametrize(
    ("answer", "code", "ben"), [("y\n", 0, 4.0), pytest.param("n\n", 1, 3.0, marks=pytest.mark.slow)]
)
def test_at_a_terminal_it_asks(regraded: Course, answer: str, code: int, ben: float) -> None:
    """A real terminal, a real process."""
    import pty

    change(regraded, other_key())
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - in the child
        os.environ |= {"COLUMNS": "120", "TERM": "dumb"}
        os.execv(sys.executable, [sys.executable, "-m", "autograder", "regrade", LAB, "--course", str(regraded.root)])
    said = b""
    try:
        while part := os.read(terminal, 4096):
            said += part
            if b"Write these scores?" in said and answer:
                os.write(terminal, answer.encode())
                answer = ""
    except OSError:  # the terminal closes with the process
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code, said.decode()
    assert totals(regraded)["ben"] == ben
