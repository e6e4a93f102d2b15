"""Grading by real nbgrader on SQLite, with real kernels."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.errors import CourseError
from autograder.feedback import write_feedback
from autograder.grade import grade, load_graded, pending
from autograder.handin import collect
from autograder.report import people_needed, report_html, write_report
from autograder.results import Outcome
from autograder.roster import Learner, set_roster
from autograder.scores import lab_scores
from tests.small_lab import LAB, RIGHT, hand_in


def delete_test_cell(nb: nbformat.NotebookNode) -> None:
    nb.cells = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "impact"]


def raise_early(nb: nbformat.NotebookNode) -> None:
    nb.cells.insert(2, nbformat.v4.new_code_cell("1 / 0"))


def skip_by_tag(nb: nbformat.NotebookNode) -> None:
    for cell in nb.cells:
        cell.metadata["tags"] = ["skip-execution"]


def insert(source: str) -> Callable[[nbformat.NotebookNode], None]:
    """An edit that puts a code cell behind the set-up."""
    return lambda nb: nb.cells.insert(2, nbformat.v4.new_code_cell(source))


FORGED = """from IPython.display import display
for data in ({}, {"item": "rule"}, {"item": "rule", "verdict": "perfect"}, "not an object"):
    for kind in ("credit", "sheet", "item"):
        display({f"application/vnd.hrlab.{kind}+json": data}, raw=True)"""

# learner -> (answers, edit of the notebook, points for rule, impact, causes), by hand from the small lab's key
COHORT = {
    "all_right": (RIGHT, None, (1, 2, 1)),
    "upside_down": ({"rule": "count", "impact": "1,49", "causes": ["chance"]}, None, (0, 1, 0.5)),
    "ticks_all": ({"causes": ["chance", "proxy", "moon"]}, None, (0, 0, 0)),
    "untouched": (None, None, (0, 0, 0)),
    "corrupt": ('{"schema": 1, "lab": "small_au', None, (0, 0, 0)),
    "deleted_cell": (RIGHT, delete_test_cell, (1, 2, 1)),
    "raises": (RIGHT, raise_early, (1, 2, 1)),
    "skips": ({}, skip_by_tag, (0, 0, 0)),
    "forges": ({"rule": "count"}, insert(FORGED), (0, 0, 0)),
    "ends": (RIGHT, insert("import os; os._exit(3)"), (1, 2, 1)),
    "leaves": (RIGHT, insert("import subprocess; left = subprocess.Popen(['sleep', '987654'])"), (1, 2, 1)),
}


@pytest.fixture(scope="module")
def graded_course(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The cohort above and one hand-in that is no notebook, graded once for this module."""
    tmp_path = tmp_path_factory.mktemp("graded")
    shutil.copytree(released, tmp_path / "course")
    course = Course(tmp_path / "course")
    set_roster(course, [Learner(name) for name in (*COHORT, "binary", "absent")])
    for learner, (answers, edit, _) in COHORT.items():
        hand_in(tmp_path / "desks", course, learner, answers, edit=edit)
    hand_in(tmp_path / "desks", course, "binary", RIGHT)
    assert len(collect(course, LAB).new) == len(COHORT) + 1
    (course.root / "submitted" / "binary" / LAB / f"{LAB}.ipynb").write_bytes(b"\x00\xff not a notebook")
    grade(course, LAB)
    return course


@pytest.mark.parametrize("learner", COHORT)
def test_scores_are_what_a_hand_count_gives(graded_course: Course, learner: str) -> None:
    table = lab_scores(graded_course, LAB).table
    found = table[table["learner"] == learner].set_index("item")["score"]
    assert tuple(found[["rule", "impact", "causes"]]) == COHORT[learner][2]


def test_paragraphs_wait_for_a_person_and_empty_ones_do_not(graded_course: Course) -> None:
    waiting = lab_scores(graded_course, LAB).waiting()
    assert waiting == {"all_right": 1, "deleted_cell": 1, "raises": 1, "ends": 1, "leaves": 1}


def test_formgrader_shows_the_paragraph_in_its_cell(graded_course: Course) -> None:
    nb = nbformat.read(graded_course.notebook("autograded", LAB, "all_right"), as_version=4)
    (cell,) = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "memo"]
    assert RIGHT["memo"] in cell.source


@pytest.mark.parametrize(
    ("learner", "note"),
    [
        ("untouched", "No question was answered."),
        ("corrupt", "could not be used"),
        ("deleted_cell", "Cell impact was missing and was put back."),
        ("raises", "Cell 3 raised ZeroDivisionError: division by zero"),
        ("ends", "The notebook was stopped: the notebook ended its own process."),
    ],
)
def test_the_trainer_is_told_what_was_odd(graded_course: Course, learner: str, note: str) -> None:
    result = load_graded(graded_course, LAB, learner)
    assert result is not None
    assert result.outcome is Outcome.SCORED
    assert note in " ".join(result.notes)


def test_a_broken_submission_stops_nobody_and_gets_no_score(graded_course: Course) -> None:
    result = load_graded(graded_course, LAB, "binary")
    assert result is not None
    assert result.outcome is Outcome.SUBMISSION_FAILED
    assert result.notes == ("The notebook cannot be read: it is not text.",)
    assert "binary" not in lab_scores(graded_course, LAB).totals().index


def test_nothing_survives_a_submission(graded_course: Course) -> None:
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "ps -eo args" in running
    assert "sleep 987654" not in running


def test_forged_displays_change_nothing(graded_course: Course) -> None:
    assert load_graded(graded_course, LAB, "forges").notes == ()
    write_feedback(graded_course, LAB)
    page = graded_course.notebook("feedback", LAB, "forges").with_suffix(".html").read_text()
    assert "perfect" not in page
    assert "Groups differ in size." in page


def test_the_collected_files_are_not_changed_by_grading(graded_course: Course) -> None:
    folder = graded_course.root / "submitted" / "corrupt" / LAB
    assert (folder / "answers.json").read_text() == COHORT["corrupt"][0]
    assert not list(folder.glob("*set-aside*"))


def test_competencies_count_what_is_scored(graded_course: Course) -> None:
    shares = lab_scores(graded_course, LAB).competencies()
    assert shares.loc["upside_down"].to_dict() == pytest.approx({"B1": 1 / 3, "B2": 0.5 / 4})  # empty memo: 0 of 3
    assert shares.loc["all_right"].to_dict() == {"B1": 1, "B2": 1}  # the memo waits and does not count yet


def test_the_report_names_everybody_and_loads_nothing(graded_course: Course) -> None:
    html = write_report(graded_course, LAB).read_text()
    for learner in (*COHORT, "binary", "absent"):
        assert learner in html
    assert "Nothing was handed in." in html
    assert "A small audit" in html
    for link in ("src=", "http-equiv", "@import", "<link", "<script"):
        assert link not in html
    assert html.count('role="img"') == 3


def test_people_needed_lists_each_person_once_a_reason(graded_course: Course) -> None:
    needed = people_needed(graded_course, lab_scores(graded_course, LAB))
    assert ("absent", "Nothing was handed in.") in needed
    assert ("binary", "No score, submission failed: The notebook cannot be read: it is not text.") in needed
    assert [learner for learner, _ in needed if learner == "all_right"] == []


def test_a_name_from_the_roster_cannot_bring_html(graded_course: Course) -> None:
    scores = lab_scores(graded_course, LAB)
    evil = "<script>alert(1)</script>"
    scores.learners["all_right"] = Learner("all_right", evil)
    html = report_html(graded_course, scores)
    assert evil not in html
    assert "&lt;script&gt;" in html


def test_feedback_explains_and_hides_the_tests(graded_course: Course) -> None:
    pages = {path.parents[1].name: path.read_text() for path in write_feedback(graded_course, LAB)}
    assert pages.keys() == {*COHORT, "binary"}
    assert "Groups differ in size." in pages["upside_down"]
    assert "Waits for your trainer" in pages["all_right"]
    assert RIGHT["memo"] in pages["all_right"]
    assert "could not be scored" in pages["binary"]
    for page in pages.values():
        assert "hidden_secret" not in page
        assert "BEGIN HIDDEN" not in page
        assert "lab.credit" not in page


def test_feedback_is_found_by_the_checksum_of_the_hand_in(graded_course: Course) -> None:
    write_feedback(graded_course, LAB)
    checksum = (graded_course.root / "submitted" / "all_right" / LAB / "handin.sha256").read_text().strip()
    assert (graded_course.exchange / "feedback" / f"{checksum}.html").is_file()


def test_grading_again_repeats_nothing(graded_course: Course) -> None:
    assert pending(graded_course, LAB) == []


def test_a_newer_hand_in_is_graded_and_a_persons_score_stays(course: Course, tmp_path: Path) -> None:
    hand_in(tmp_path / "desks", course, "ada", {**RIGHT, "rule": "count"}, minute=1)
    collect(course, LAB)
    grade(course, LAB)
    with course.gradebook() as book:
        memo = book.find_grade("memo", LAB, LAB, "ada")
        memo.manual_score, memo.needs_manual_grade = 2.5, False
        book.find_comment("memo", LAB, LAB, "ada").manual_comment = "Name an owner."
        book.db.commit()
    assert lab_scores(course, LAB).totals()["ada"] == 0 + 2 + 1 + 2.5
    hand_in(tmp_path / "desks", course, "ada", RIGHT, minute=2)
    assert collect(course, LAB).new == ("ada",)
    assert pending(course, LAB) == ["ada"]
    assert write_feedback(course, LAB) == []  # it would be about the older hand-in
    assert ("ada", "The newest hand-in is not graded yet: run `hrlab grade`.") in people_needed(
        course, lab_scores(course, LAB)
    )
    grade(course, LAB)
    scores = lab_scores(course, LAB)
    assert scores.totals()["ada"] == 1 + 2 + 1 + 2.5
    assert scores.waiting() == {}  # the paragraph is the one that was scored
    page = write_feedback(course, LAB)[0].read_text()
    assert "Name an owner." in page
    assert grade(course, LAB) == []

    # After the feedback, which tells what is right, a newer hand-in needs the trainer's consent.
    hand_in(tmp_path / "desks", course, "ada", {**RIGHT, "memo": "Something else entirely."}, minute=3)
    refused = collect(course, LAB)
    assert refused.new == ()
    assert "came after the feedback" in refused.problems[0]
    assert collect(course, LAB, again=True).new == ("ada",)
    grade(course, LAB)
    assert lab_scores(course, LAB).waiting() == {"ada": 1}  # a rewritten paragraph is read again
    assert lab_scores(course, LAB).totals()["ada"] == 1 + 2 + 1 + 2.5


def test_grading_needs_a_released_lab_and_a_hand_in(course: Course) -> None:
    with pytest.raises(CourseError, match="was not released yet"):
        grade(course, "other_lab")
    with pytest.raises(CourseError, match="Nothing of 'small_audit' was collected from ada"):
        grade(course, LAB, learners=["ada"])


def test_an_outcome_file_that_was_half_written_counts_as_not_graded(course: Course) -> None:
    path = course.root / "grading" / LAB / "ada.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"learner": "ada"}))
    assert load_graded(course, LAB, "ada") is None


def test_a_course_may_name_its_folders_as_it_likes(released: Path, tmp_path: Path) -> None:
    root = tmp_path / "course"
    shutil.copytree(released, root)
    with (root / "nbgrader_config.py").open("a") as config:
        for step, name in {"release": "published", "submitted": "handed_in", "autograded": "scored"}.items():
            config.write(f"c.CourseDirectory.{step}_directory = {name!r}\n")
    (root / "release").rename(root / "published")
    course = Course(root)
    set_roster(course, [Learner("ada")])
    hand_in(tmp_path / "desks", course, "ada", RIGHT)
    assert collect(course, LAB).new == ("ada",)
    assert [(result.learner, result.outcome) for result in grade(course, LAB)] == [("ada", Outcome.SCORED)]
    assert (root / "handed_in" / "ada" / LAB).is_dir()
    assert (root / "scored" / "ada" / LAB / f"{LAB}.ipynb").is_file()
    assert not {"release", "submitted", "autograded"} & {path.name for path in root.iterdir()}
    assert pending(course, LAB) == []
