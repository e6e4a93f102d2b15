"""The demo: a sample cohort on the real lab, whose scores come out of the grading alone."""

import json
import random
from pathlib import Path

import pytest

from autograder.catalogue import CatalogueItem, load_catalogue
from autograder.demo import ABILITIES, MARKER, MISHAPS, DemoResult, draw_answers, run_demo, sample_cohort
from autograder.errors import CourseError
from autograder.grade import Outcome, grade
from autograder.scores import LabScores, lab_scores

LAB = "resume_screening_audit"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    """A demo with six learners."""
    steps: list[str] = []
    counted: list[int] = []
    folder = tmp_path_factory.mktemp("demo")
    result = run_demo(folder, size=6, step=steps.append, progress=lambda graded, total: counted.append(total))
    assert counted == [6] * 6
    assert len(steps) == 4
    return result


def answers_of(result: DemoResult, learner: str) -> Path:
    """Where the collected answer sheet of a learner lies."""
    return result.course.root / "submitted" / learner / LAB / "answers.json"


def earned(scores: LabScores, learner: str) -> dict[str, float]:
    rows = scores.table[scores.table["learner"] == learner]
    return dict(zip(rows["item"], rows["score"], strict=True))


def with_mishap(result: DemoResult, mishap: str) -> str:
    (name,) = [sample.learner.learner_id for sample in result.cohort if sample.mishap == mishap]
    return name


def test_every_mishap_harms_nobody_else(result: DemoResult) -> None:
    scores = result.scores
    assert {sample.mishap for sample in result.cohort} == {"", *MISHAPS.values()}
    assert {graded.outcome for graded in scores.graded.values()} == {Outcome.SCORED}
    noted = {mishap: " ".join(scores.graded[with_mishap(result, mishap)].notes) for mishap in MISHAPS.values()}
    assert "No question was answered" in noted["untouched"]
    assert "sheet" in noted["corrupt sheet"]
    assert "was missing and was put back" in noted["deleted test cell"]
    assert "ZeroDivisionError" in noted["raises"]
    totals = scores.totals()
    for mishap in ("untouched", "corrupt sheet"):
        assert totals[with_mishap(result, mishap)] == 0
    for mishap in ("", "deleted test cell", "raises"):
        names = [sample.learner.learner_id for sample in result.cohort if sample.mishap == mishap]
        assert all(totals[name] > 0 for name in names), mishap


def test_scores_follow_from_the_answers(result: DemoResult) -> None:
    items = {item.id: item for item in load_catalogue(result.course, LAB) if not item.manual}
    compared = 0
    for sample in result.cohort:
        name = sample.learner.learner_id
        if sample.mishap in ("untouched", "corrupt sheet"):
            continue
        given = json.loads(answers_of(result, name).read_text(encoding="utf-8"))["answers"]
        points = earned(result.scores, name)
        for item in items.values():
            if item.id not in given:
                assert points[item.id] == 0
            elif given[item.id] == item.model_answer:
                assert points[item.id] == item.points
            else:
                assert points[item.id] < item.points
            compared += 1
    assert compared >= 4 * len(items)


def test_changing_an_answer_changes_that_score(result: DemoResult) -> None:
    items = {item.id: item for item in load_catalogue(result.course, LAB) if not item.manual}
    name = next(s.learner.learner_id for s in result.cohort if not s.mishap and s.level == "new to it")
    sheet = json.loads(answers_of(result, name).read_text(encoding="utf-8"))
    wrong, *_ = [item for item in items.values() if sheet["answers"].get(item.id) != item.model_answer]
    right, *_ = [item for item in items.values() if sheet["answers"].get(item.id) == item.model_answer]
    sheet["answers"][wrong.id] = wrong.model_answer
    del sheet["answers"][right.id]
    before = earned(result.scores, name)

    answers_of(result, name).write_text(json.dumps(sheet), encoding="utf-8")
    grade(result.course, LAB, learners=[name])

    after = earned(lab_scores(result.course, LAB), name)
    assert {item for item in items if before[item] != after[item]} == {wrong.id, right.id}
    assert (after[wrong.id], after[right.id]) == (wrong.points, 0)


def test_pages_for_everybody_in_one_folder(result: DemoResult) -> None:
    assert len(result.feedback) == 6
    for page in [result.report, *result.feedback]:
        assert page.is_relative_to(result.course.root)
        assert page.stat().st_size > 1000
    assert (result.course.root / MARKER).is_file()


@pytest.mark.parametrize("size", [4, 6, 7, 24, 60])
def test_the_cohort_is_seeded_and_has_every_mishap_once(size: int) -> None:
    cohort = sample_cohort(1, size)
    assert cohort == sample_cohort(1, size)
    assert len({sample.learner.learner_id for sample in cohort}) == size
    assert sorted(filter(None, (sample.mishap for sample in cohort))) == sorted(MISHAPS.values())
    assert {sample.level for sample in cohort} == set(ABILITIES)
    if size == 24:
        assert [sample.level for sample in cohort] != [sample.level for sample in sample_cohort(2, size)]
        assert {n: s.mishap for n, s in enumerate(cohort, start=1) if s.mishap} == MISHAPS


def test_abler_learners_know_more() -> None:
    items = [
        CatalogueItem(f"q{n}", n, "choice", "?", "B1", 1.0, False, {"options": {"a": "A", "b": "B"}}, "a")
        for n in range(1, 11)
    ]
    rng = random.Random(1)
    known = {
        level: sum(list(draw_answers(items, level, rng).values()).count("a") for _ in range(200)) for level in ABILITIES
    }
    assert sorted(known, key=lambda level: known[level]) == list(ABILITIES)


def test_only_a_folder_of_its_own_is_replaced(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "desks").mkdir(parents=True)
    (mine / "desks" / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="is not empty"):
        run_demo(mine)
    assert (mine / "desks" / "thesis.txt").read_text() == "mine"

    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("mine")
    (mine / "link").symlink_to(outside, target_is_directory=True)
    (mine / MARKER).touch()
    (mine / "desks").chmod(0o500)  # as nbgrader leaves what it released
    (tmp_path / "no-labs").mkdir()
    with pytest.raises(CourseError, match="holds no labs"):
        run_demo(mine, labs=tmp_path / "no-labs")  # fails right after the folder was emptied
    assert list(mine.iterdir()) == []
    assert (outside / "kept.txt").read_text() == "mine"


@pytest.mark.slow
def test_the_whole_cohort(tmp_path: Path) -> None:
    scores = run_demo(tmp_path / "demo").scores
    totals = scores.totals()
    assert len(totals) == 24
    assert {graded.outcome for graded in scores.graded.values()} == {Outcome.SCORED}
    cohort = [sample for sample in sample_cohort(2004) if sample.mishap not in ("untouched", "corrupt sheet")]
    means = {level: [] for level in ABILITIES}
    for sample in cohort:
        means[sample.level].append(totals[sample.learner.learner_id])
    average = {level: sum(values) / len(values) for level, values in means.items()}
    assert average["new to it"] < average["able"] < scores.maximum
    assert average["learning"] < average["expert"]
