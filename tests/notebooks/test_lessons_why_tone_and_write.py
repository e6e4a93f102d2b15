"""The lessons on rating and on writing: figures on the pages against their sources, and every end of their games."""

import json
import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from evaluators.chatbot import example_bot
from evaluators.data import load_hr_replies
from evaluators.tone import load_rubric

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "curriculum/03_designing_chatbot_tone"
NAMES = ("01_why_tone", "02_write_for_the_moment")
CELLS = {
    name: {cell["id"]: cell for cell in json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))["cells"]}
    for name in NAMES
}
CARD = (ROOT / "docs/tone_model_card.md").read_text("utf-8")


@pytest.fixture(scope="module")
def why(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(NAMES[0])


@pytest.fixture(scope="module")
def write(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(NAMES[1])


def source(name: str, cell_id: str) -> str:
    return re.sub(r"\s+", " ", "".join(CELLS[name][cell_id]["source"]))


def kappa_by_hand(first: list[int], second: list[int]) -> float:
    """Cohen (1968): one less the squared distances seen, divided by those of every pair of one's with the other's."""
    seen = sum((one - other) ** 2 for one, other in zip(first, second, strict=True)) / len(first)
    chance = sum((one - other) ** 2 for one in first for other in second) / len(first) ** 2
    return 1 - seen / chance


def test_replies_on_the_page_are_those_of_the_data_set(why: dict[str, Any]) -> None:
    table = load_hr_replies().set_index("reply_id")
    for reply_id in ("pay_stub_1", "pay_stub_2"):
        assert table.loc[reply_id, "reply"] in source(NAMES[0], "round_1")
    assert table.loc["bereavement_2", "reply"] in source(NAMES[0], "opening")
    assert "Wow, amazing, congratulations!!!" in table.loc["tuition_5", "reply"]
    heavy = {"bereavement", "harassment", "mental_health", "ill_child"}
    assert not heavy & set(table.loc[list(why["LIGHT"]), "situation"])
    assert not heavy & set(table.loc[why["LIGHT_IDS"], "situation"])
    assert next(iter(why["GATED"])) == "none"  # nothing heavy is shown before somebody chooses it
    assert why["draw_gate"]("none").count("<") == 2


def test_each_dimension_has_a_high_and_a_low_reply(why: dict[str, Any]) -> None:
    for each in load_rubric().dimensions:
        high, low = why["pair_of"](each.key)
        assert why["scored"](high)[each.key].score > why["scored"](low)[each.key].score + 0.5
        drawn = why["draw_dimension"](each.key)
        assert each.definition in drawn
        assert drawn.count("of 4.</strong>") == 2


def test_every_reply_of_the_lists_can_be_drawn(why: dict[str, Any]) -> None:
    for reply_id in why["LIGHT"]:
        assert "<svg" in why["draw_voice"](reply_id)
    passed = {each: "The gate is passed" in why["draw_gate"](each) for each in why["GATED"] if each != "none"}
    assert passed == {
        **dict.fromkeys(["harassment_4", "harassment_3", "mental_health_3"], False),
        **dict.fromkeys(["harassment_1", "mental_health_1"], True),
    }


def test_about_her_differs_most_between_the_two_pay_stubs(why: dict[str, Any]) -> None:
    gaps = why["gaps"]
    assert why["widest"] in ("Interpretation", "Ownership, next step and choice")  # "being about her", "next step"
    assert gaps["Ownership, next step and choice"] > 0
    assert abs(gaps["Plain language"]) < 0.5
    assert gaps["Politeness"] < 0.5  # "cold is seldom rude"
    assert "A is even ahead" in why["shown"]


@pytest.mark.parametrize("habit", ["whole", "threes"])
def test_the_imaginary_raters_run_from_chance_to_the_same(why: dict[str, Any], habit: str) -> None:
    first = why["FIRST"][habit]
    kappas = []
    for alike in range(21):
        second = why["second_of"](habit, alike)
        kappas.append(kappa_by_hand(first, second))
        same = sum(one == other for one, other in zip(first, second, strict=True))
        drawn = why["draw_kappa"](habit, alike)
        assert f"The same step on {same} of 20 cards" in drawn
        assert float(re.search(r"Weighted kappa: (-?\d\.\d\d)", drawn)[1]) == pytest.approx(kappas[-1], abs=0.0051)  # type: ignore[index]
    assert abs(kappas[0]) < 0.1
    assert kappas[-1] == 1
    if habit == "threes":  # "compare 0, 9 and 10": one more card, and the figure leaps
        assert kappas[9] < 0.05 < 0.6 < kappas[10]
    if habit == "whole":
        assert all(later >= earlier - 1e-9 for earlier, later in pairwise(kappas))


def test_what_kappa_feels_like_is_counted(why: dict[str, Any]) -> None:
    assert source(NAMES[0], "guess_kappa").count("16 of 20") == 2
    assert "have the same step on 16 of 20 cards, and a kappa of **0.00**" in why["shown"].replace("-0.00", "0.00")
    for target, words in (
        (0.4, "about 0.4 when they give the same step on {} of 20"),
        (0.7, "**About 0.7** takes {} of 20"),
    ):
        alike = why["about"][target]
        second = why["second_of"]("whole", alike)
        assert kappa_by_hand(why["FIRST"]["whole"], second) == pytest.approx(target, abs=0.06)
        assert words.format(why["same_at"](alike)) in why["shown"]


def test_the_ceiling_is_the_model_cards(why: dict[str, Any]) -> None:
    assert "one rater against the other four | 0.539" in CARD
    assert "all 4,353** | **0.664" in CARD
    assert "listed cues alone, no model | 0.517" in CARD
    assert "a **rank correlation** of **0.54**" in why["shown"]
    drawn = why["draw_ceiling"]("all")
    assert "the other four 0.54; listed words alone 0.52; listed words and the model 0.6" in drawn
    assert load_rubric()["politeness"].human_ceiling == 0.54
    assert [each.key for each in load_rubric().dimensions if each.human_ceiling is not None] == ["politeness"]


def test_four_tones_and_their_lesson(write: dict[str, Any]) -> None:
    found = {name: write["scored"](text) for name, text in write["TONES"].items()}
    assert write["politest"] == "sorry"  # "no pay, no rent, no tomorrow in it"
    assert max(found, key=lambda name: found[name].overall) == "owned"
    assert found["chatty"]["non_dismissal"].score < 1
    assert found["owned"]["ownership"].score >= 3
    assert all(found[name]["ownership"].score <= 1 for name in ("legal", "sorry", "chatty"))
    for name in found:
        assert f"The eight together: {found[name].overall:.1f} of 4" in write["draw_tone"](name)


def test_a_heap_of_sorries_earns_no_more_than_one(write: dict[str, Any]) -> None:
    figures = {name: write["reaction"](name) for name in write["TRIES"]}
    assert float(figures["stuffed"]) <= float(figures["honest"])
    assert float(figures["denied"]) < float(figures["honest"])
    assert float(figures["quoted"]) < float(figures["honest"])
    assert figures["spanish"] == "no score"
    assert all(text.count(write["END"]) == (name != "spanish") for name, (_, text) in write["TRIES"].items())
    got_past = float(figures["mocked"]) > float(figures["honest"])
    assert ("What got past:** kind words, mocked" in write["shown"]) == got_past  # said as it is today
    assert len(re.findall(r"\bsorry\b", write["TRIES"]["stuffed"][1])) == 7  # "seven sorries"


def test_the_ladder_of_ownership_rises(write: dict[str, Any]) -> None:
    steps = [write["step"][name] for name in write["LADDER"]]
    assert all(later > earlier for earlier, later in pairwise(steps))
    assert list(write["LADDER"])[2] == "bare"  # "please contact payroll" stands below the bare apology
    for name in write["LADDER"]:
        assert f"Chosen: {write['LADDER'][name][0]}." in write["draw_ladder"](name)


def test_school_grades_by_the_published_formula(write: dict[str, Any]) -> None:
    grades = write["grade"]
    assert grades["policy"] > 20 > grades["cut"] > 8 > grades["plain"] > grades["her"]
    text = write["DRAFTS"]["plain"][1]
    sentence = len(text.split()) / text.count(".")
    syllables = (grades["plain"] + 15.59 - 0.39 * sentence) / 11.8  # Kincaid and others (1975), solved for a word's
    assert 1.2 < syllables < 1.4
    assert all("31 days" in draft for _, draft in write["DRAFTS"].values())
    assert write["jargon_left"] >= 2
    assert not math.isnan(grades["her"])


def test_the_persona_is_read_from_the_bots_file(write: dict[str, Any]) -> None:
    files = example_bot().files
    assert files.persona is not None
    assert files.tone_guide is not None
    for line in (*files.persona.voice, *files.persona.never, *files.tone_guide.principles):
        assert f"- {line}" in write["shown"]
    assert write["claims"]["advice_timing"].score + 1 <= write["honest_bot"]["advice_timing"].score


@pytest.mark.parametrize("name", NAMES)
def test_warned_ahead_and_honest_about_ratings(name: str) -> None:
    opening = source(name, "opening")
    assert opening.index("Before you start") < opening.index("day,")  # ahead of the scene
    assert "**988**" in opening
    assert "No human has rated the" in opening
    assert "made up" in opening


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_stand_in_different_places_and_are_seldom_the_longest(
    why: dict[str, Any], write: dict[str, Any], name: str
) -> None:
    found = {NAMES[0]: why, NAMES[1]: write}[name]["asked"]
    assert len(found) >= 5
    places = [list(options).index(key) for _, options, key in found]
    assert len(set(places)) >= 3
    assert max(places.count(place) for place in range(4)) <= 2
    longest = [item for item, options, key in found if options[key] == max(options.values(), key=len)]
    assert len(longest) <= 2, longest


@pytest.mark.parametrize("name", NAMES)
def test_learners_see_no_code_of_these_pages(name: str) -> None:
    code = [cell for cell in CELLS[name].values() if cell["cell_type"] == "code"]
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in code)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
