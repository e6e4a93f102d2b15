"""The lesson on chance and pattern: what its sentences claim is what its games show."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "curriculum/02_auditing_resume_screening/02_chance_or_pattern.ipynb"
CELLS = {cell["id"]: cell for cell in json.loads(LESSON.read_text("utf-8"))["cells"]}


def source(cell_id: str) -> str:
    return "".join(CELLS[cell_id]["source"])


@pytest.fixture(scope="module")
def lesson(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(LESSON.stem)


def test_the_messages_of_wednesday_are_the_ones_that_the_lesson_audits(lesson: dict[str, Any]) -> None:
    for words, counts, group in (
        ("3 of 20 applicants over fifty", "office", "over fifty"),
        ("6 of 20 younger", "office", "younger"),
        ("50 of 200 women", "trial", "women"),
        ("60 of 200 men", "trial", "men"),
    ):
        found = lesson[counts][group]
        assert words in source("opening")
        assert words.startswith(f"{found.selected} of {found.applicants} ")
    assert sum(group.applicants for group in lesson["red"]) == 1000
    assert len(lesson["red"].groups) == 7
    assert sum(group.below_four_fifths for group in lesson["red"]) == 4  # "four groups lie below 0.8"
    assert lesson["red"].verdict == "too little data to tell"
    assert sum(p < 0.05 for p in lesson["analyst_p"]) == 1  # "In one of them the p-value is under 0.05"
    assert min(lesson["holm"](lesson["analyst_p"])) >= 0.05  # "by the stricter test nothing is left"


def test_the_false_alarms_are_about_those_measured_elsewhere(lesson: dict[str, Any]) -> None:
    # Seven groups, equal true rates of 30 %, another simulation: 97.8, 90.1 and 7.4 %; 30.8 % at 10,000.
    fair = lesson["thousand"]
    assert len(fair.shares) == 7
    assert 0.45 < dict(fair.shares)["A"] < 0.5  # "A is nearly half of all applicants, F and G are only 2 of 100 each"
    assert (dict(fair.shares)["F"], dict(fair.shares)["G"]) == pytest.approx((0.02, 0.02))
    assert fair.bare_rule_share == pytest.approx(0.978, abs=0.01)
    assert fair.bare_rule_without_small_share == pytest.approx(0.901, abs=0.03)
    assert fair.rule_and_holm_share == pytest.approx(0.074, abs=0.01)
    assert lesson["ten_thousand"].bare_rule_share == pytest.approx(0.308, abs=0.02)
    assert lesson["named"].rule_and_holm_share == pytest.approx(0.02, abs=0.01)
    assert "red for **98 of 100** perfectly fair tools" in lesson["shown"]


def test_shuffling_gives_the_p_value_that_scipy_works_out(lesson: dict[str, Any]) -> None:
    from scipy.stats import fisher_exact, hypergeom

    exact = fisher_exact([[3, 17], [6, 14]])[1]
    assert lesson["p_office"] == pytest.approx(exact)
    assert 0.40 < exact < 0.50  # the option "About 45 of 100", "nearly every other time"
    for case, (_, (hits, people), (other, others)) in lesson["CASES"].items():
        law = hypergeom(people + others, hits + other, people)
        assert lesson["ways"](case, hits) == pytest.approx(law.pmf(hits))
        far = sum(law.pmf(count) for count in range(people + 1) if lesson["as_rare"](case, count))
        assert far == pytest.approx(fisher_exact([[hits, people - hits], [other, others - other]])[1])
        assert lesson["shuffled"](case, 3).mean() == pytest.approx(law.mean(), rel=0.05)
        drawn = lesson["draw_shuffle"](case, 1)
        away = abs(hits - law.mean()) / law.std()
        assert f"{away:.1f} standard deviations from the middle ({law.mean():.1f}" in drawn
    assert f"{abs(lesson['z_country']):.1f}" == "3.6"  # as the picture says


def test_what_the_vendors_trial_could_have_found(lesson: dict[str, Any]) -> None:
    assert 0.2 < lesson["trial_power"] < 0.3  # "About 25 of 100"
    noticed = [sum(row["noticed"] for row in lesson["trials"](200, 24, draw)) for draw in range(1, 6)]
    assert sum(noticed) / 500 == pytest.approx(lesson["trial_power"], abs=0.06)
    held = [sum(row["holds"] for row in lesson["trials"](200, 24, draw)) for draw in range(1, 6)]
    assert 0.92 < sum(held) / 500 < 0.98
    assert lesson["plan"].iloc[:, 0].tolist() == [3205, 858, 388]  # published sample sizes
    assert (round(lesson["depot"].ratio_low, 3), round(lesson["depot"].ratio_high, 3)) == (0.293, 0.794)
    assert lesson["women"].verdict == lesson["older"].verdict == "too little data to tell"
    assert lesson["women"].p_value > 0.05  # "Not significant", as the vendor says


def test_one_of_24_fair_slices_wins_in_three_firms_of_four(lesson: dict[str, Any]) -> None:
    assert lesson["any_raw"] == pytest.approx(1 - 0.95**24, abs=0.08)
    assert lesson["any_holm"] < 0.08
    assert lesson["real_raw"] > 0.6 > lesson["real_holm"]
    assert lesson["after_holm"] == pytest.approx([0.03, 0.06, 0.20])  # by hand: 3 × 0.01, 2 × 0.03, 1 × 0.20


@pytest.mark.parametrize(
    ("draw", "settings"),
    [
        ("draw_pool", {"applicants": "200"}),
        ("draw_thousand", {"applicants": "10000"}),
        ("draw_shuffle", {"case": "country"}),
        ("draw_trials", {"people": "20", "percent": "15"}),
        ("draw_trials", {"people": "2000", "percent": "30"}),
        ("draw_slices", {"families": "1", "real": True, "strict": True}),
        ("draw_slices", {"families": "48", "real": False, "strict": False}),
    ],
)
def test_a_press_draws_a_picture_and_the_same_words_for_those_who_do_not_see_it(
    lesson: dict[str, Any], draw: str, settings: dict[str, Any]
) -> None:
    press = {"presses": 0} if draw == "draw_shuffle" else {"draws": 0}
    before = lesson[draw](**settings, **press)
    after = lesson[draw](**settings, **dict.fromkeys(press, 2))
    assert before.startswith("<p>Press the button")  # the result stays back until the guess is made
    assert "<svg" not in before
    words = re.search(r'<svg role="img" aria-label="([^"]+)"', after)
    assert words
    paragraph = after.split("</figure><p>")[1].partition("</p>")[0]
    assert paragraph in words[1].replace("&quot;", '"')


def test_right_answers_stand_in_different_places_and_are_seldom_the_longest(lesson: dict[str, Any]) -> None:
    found = lesson["asked"]
    assert len(found) == 10
    places = [list(options).index(key) for _, options, key in found]
    assert max(places.count(place) for place in range(4)) <= 4
    longest = [item for item, options, key in found if options[key] == max(options.values(), key=len)]
    assert len(longest) <= 3, longest


def test_learners_see_no_code() -> None:
    code = [cell for cell in CELLS.values() if cell["cell_type"] == "code"]
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in code)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
