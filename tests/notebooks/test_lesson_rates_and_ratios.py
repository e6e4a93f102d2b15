"""The lesson on rates and ratios: what its sentences claim is what its data and its game show."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "curriculum/02_auditing_resume_screening/01_rates_and_ratios.ipynb"
CELLS = {cell["id"]: cell for cell in json.loads(LESSON.read_text("utf-8"))["cells"]}


def source(cell_id: str) -> str:
    return "".join(CELLS[cell_id]["source"])


@pytest.fixture(scope="module")
def lesson(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(LESSON.stem)


def test_the_page_of_monday_morning_is_the_one_that_the_lesson_audits(lesson: dict[str, Any]) -> None:
    for group in lesson["vendor"]:
        assert f"| {group.label} | {group.applicants} | {group.selected} |" in source("opening")
    assert f"Impact ratio {lesson['vendor_audit']['Women'].impact_ratio:.2f}: compliant" in source("opening")
    assert source("opening").startswith(f"# Ratio {lesson['vendor_audit']['Women'].impact_ratio:.2f}")


def test_the_published_callback_rates_are_shown(lesson: dict[str, Any]) -> None:
    assert "9.65% against 6.45%" in lesson["shown"]
    assert lesson["overall"]["White-sounding names"].selected == 235
    assert lesson["overall"]["Black-sounding names"].selected == 157


@pytest.mark.parametrize("draw", [1, 7, 20])
def test_more_than_90_of_100_fair_employers_with_seven_small_groups_raise_an_alarm(
    lesson: dict[str, Any], draw: int
) -> None:
    kinds = lesson["fair_employers"](7, 60, draw)
    assert sum(kind != lesson["KINDS"][0] for kind in kinds) > 90
    assert sum(kind == lesson["KINDS"][2] for kind in kinds) < 20


def test_the_agencies_example_comes_out_as_they_printed_it(lesson: dict[str, Any]) -> None:
    assert lesson["eeoc_ratios"] == {"White": 1.0, "American Indian": 0.75, "Hispanic": 0.8, "Black": 0.85}
    assert lesson["flagged"] == ["American Indian"]


@pytest.mark.parametrize(
    ("divide_by", "upside_down", "below"),
    [
        ("highest", False, "American Indian"),
        ("average", False, "nobody"),
        ("lowest", False, "nobody"),
        ("highest", True, "nobody"),
        ("average", True, "nobody"),
        ("lowest", True, "White"),
    ],
)
def test_other_ways_to_divide_hide_the_finding_or_turn_it_round(
    lesson: dict[str, Any], divide_by: str, upside_down: bool, below: str
) -> None:
    assert f"Below 0.8: {below}." in lesson["draw_ratio"](divide_by, upside_down)


def test_claims_that_are_written_out_in_words_hold(lesson: dict[str, Any]) -> None:
    ratio = lesson["overall"]["Black-sounding names"].impact_ratio
    gap = lesson["overall"]["White-sounding names"].rate - lesson["overall"]["Black-sounding names"].rate
    assert f"{100 * gap:.1f}" == "3.2"  # "3.2 percentage points", "3.2 percent"
    assert f"{ratio:.0%}" == "67%"  # "a third fewer", "two thirds (67%)"
    four = lesson["four"]
    assert len(four) == 4
    assert all(audit["Black-sounding names"].impact_ratio < 0.8 for audit in four.values())
    assert lesson["evidence"] == ["Boston, women's names", "Chicago, women's names"]
    assert lesson["smallest"] == "Chicago, men's names"  # and its ratio is the highest of the four
    assert max(four, key=lambda label: four[label]["Black-sounding names"].impact_ratio) == lesson["smallest"]
    assert len(lesson["against"]) == 1  # "1 of 7 leans the other way"
    assert max(lesson["adjusted"][label] for label in lesson["evidence"]) < lesson["alpha"]
    # Round 5: without a name, "no gaps" keeps women's names out and "computer skills" men's names.
    assert (lesson["gaps"].group, lesson["computer"].group) == ("Women's names", "Men's names")
    assert max(lesson["gaps"].impact_ratio, lesson["computer"].impact_ratio) < 0.8
    assert lesson["gaps_race"].impact_ratio > 0.95
    # Feedback of the question upside_down: the average as divisor lifts the ratio just over the line.
    assert 0.8 < lesson["overall"]["Black-sounding names"].rate / lesson["average"] < 0.81


def test_right_answers_stand_in_different_places() -> None:
    code = "\n".join(source(cell_id) for cell_id in CELLS if cell_id.startswith("check_"))
    places = []
    for call in code.split("lesson.check(")[1:]:
        options, _, rest = call.partition("key=")
        keys = re.findall(r'^        "(\w+)": ', options, flags=re.M)
        places.append(keys.index(re.match(r'"(\w+)"', rest)[1]))  # type: ignore[index]
    assert len(places) == 10
    assert max(places.count(place) for place in range(4)) <= 4


def test_learners_see_no_code() -> None:
    code = [cell for cell in CELLS.values() if cell["cell_type"] == "code"]
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in code)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
