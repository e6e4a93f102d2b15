"""The lessons on the scored tool and on the probe: what their sentences claim is what their data show."""

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "curriculum/02_auditing_resume_screening"
SCORED, PROBE = "03_the_scored_tool", "04_the_probe_and_the_memo"
CELLS = {
    lesson: {cell["id"]: cell for cell in json.loads((FOLDER / f"{lesson}.ipynb").read_text("utf-8"))["cells"]}
    for lesson in (SCORED, PROBE)
}
EXPLORERS = {
    "draw_cut": [{"percent": 5, "by": "race", "curve": "quality"}, {"percent": 80, "by": "sex", "curve": "ratio"}],
    "draw_ties": [{"step": "25", "by": "race", "ties": True}],
    "draw_scores": [{"by": "race", "what": "spread"}, {"by": "sex", "what": "outcome"}],
    "draw_blank": [{"view": "sex × race", "dropped": False}, {"view": "race", "dropped": True}],
    "draw_drift": [{"version": "2", "month": "2024-05", "line": "race", "period": "quarter"}],
    "draw_trade": [{"name": False, "profile": "none", "place": False, "yardstick": "hired"}],
    "draw_one": [{"applicant": None, "name": "White-sounding"}],
    "draw_probe": [{"size": "15", "swap": "school"}, {"size": "600", "swap": "pronoun"}],
    "draw_bias": [{"bias": "0"}],
    "draw_delete": [{"choice": "plain", "by": "race"}],
    "draw_decision": [{"choice": "lot"}, {"choice": "text"}],
}


def source(lesson: str, cell_id: str) -> str:
    return "".join(CELLS[lesson][cell_id]["source"])


def checks(lesson: str) -> list[tuple[str, list[str], list[str], str]]:
    """Read the check questions from the code: id, keys of the options, their labels as written, right key."""
    code = "\n".join(source(lesson, name) for name, cell in CELLS[lesson].items() if cell["cell_type"] == "code")
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "lesson.check":
            item, _, options = node.args
            key = next(each.value.value for each in node.keywords if each.arg == "key")
            written = [re.sub(r"\{.*?\}", "0.69", ast.unparse(label)) for label in options.values]  # figures are short
            found.append((item.value, [each.value for each in options.keys], written, key))
    return found


@pytest.mark.parametrize("lesson", CELLS)
def test_learners_see_no_code(lesson: str) -> None:
    code = [cell for cell in CELLS[lesson].values() if cell["cell_type"] == "code"]
    assert len(code) > 20
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in code)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert CELLS[lesson]["parameters"]["metadata"]["tags"] == ["parameters"]


@pytest.mark.parametrize("lesson", CELLS)
def test_right_answers_stand_in_different_places_and_are_seldom_the_longest(lesson: str) -> None:
    found = checks(lesson)
    assert len(found) >= 6
    places = [options.index(key) for _, options, _, key in found]
    assert max(places.count(place) for place in range(4)) <= 4
    assert len(set(places)) >= 3
    longest = [item for item, options, labels, key in found if options[labels.index(max(labels, key=len))] == key]
    assert len(longest) <= 2, longest


@pytest.fixture(scope="module")
def scored(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(SCORED)


@pytest.fixture(scope="module")
def probed(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(PROBE)


def rates(people: Any, by: str, hit: Any) -> dict[str, float]:
    """Count by hand, with pandas."""
    return hit.groupby(people[by].astype(object)).mean().to_dict()


@pytest.mark.slow
def test_the_vendors_figure_and_the_figure_at_the_cut(scored: dict[str, Any]) -> None:
    people = scored["people"]
    median = rates(people, "sex", people["score"] > people["score"].median())
    assert f"{median['women'] / median['men']:.2f}" == "0.82"
    assert "Our published figure for women is 0.82" in source(SCORED, "opening")
    for percent, shown in ((50, "0.82"), (25, "0.69"), (5, "0.47")):
        ordered = people["score"].sort_values(ascending=False)
        cut = ordered.iloc[-(-len(people) * percent // 100) - 1]  # at least so many of 100 score this or more
        found = rates(people, "sex", people["score"] >= cut)
        assert f"{found['women'] / found['men']:.2f}" == shown
        assert scored["at"]("sex", "women", percent) == pytest.approx(found["women"] / found["men"])
    assert "**0.69**, and at the best 5 of 100 it is 0.47" in scored["shown"]
    assert scored["precision"][5] > scored["precision"][25.0] > scored["precision"][50]


@pytest.mark.slow
def test_coarse_scores_push_the_published_ratio_below_four_fifths(scored: dict[str, Any]) -> None:
    people = scored["people"]
    for step, shown in (("10", "0.78"), ("25", "0.68")):
        coarse = people["score"] // int(step) * int(step)
        strict, tied = (rates(people, "sex", hit) for hit in (coarse > coarse.median(), coarse >= coarse.median()))
        assert f"{scored['by_step'][step]:.2f}" == f"{strict['women'] / strict['men']:.2f}" == shown
    assert scored["with_ties"] == pytest.approx(tied["women"] / tied["men"])
    assert scored["with_ties"] > 0.8


@pytest.mark.slow
def test_the_score_underrates_women_and_says_too_little_about_black_applicants(scored: dict[str, Any]) -> None:
    assert scored["women"].verdict == "the same score means something else"
    assert scored["women"].difference_low > 0
    assert scored["black"].verdict == "too few to tell"
    assert scored["black"].difference > 0  # "the counts lean the same way"
    people = scored["people"]
    ranges = (people["score"] // 20).clip(upper=4)
    good = people["good_after_12_months"].groupby([ranges, people["sex"].astype(object)]).mean().unstack()
    assert (good["women"] - good["men"]).mean() == pytest.approx(scored["women"].difference, abs=0.015)


@pytest.mark.slow
def test_who_disappears_and_who_meets_both_gaps(scored: dict[str, Any]) -> None:
    people = scored["people"]
    blank = people["sex"].isna() | people["race"].isna()
    assert len(scored["gone_both"]) == blank.sum()
    assert round(100 * blank.mean()) == 11  # the option "About 11 of 100"
    black_women = people[(people["sex"] == "women") & (people["race"] == "Black")]["invited"].mean()
    white_men = people[(people["sex"] == "men") & (people["race"] == "White")]["invited"].mean()
    assert scored["black_women"].impact_ratio == pytest.approx(black_women / white_men)
    assert scored["black_women"].impact_ratio < min(scored["sex_view"].impact_ratio, scored["race_view"].impact_ratio)


@pytest.mark.slow
def test_the_monthly_chart_misses_what_the_quarter_shows(scored: dict[str, Any]) -> None:
    assert scored["first_signal"]("1", "month") == ""
    assert scored["first_signal"]("1", "quarter") == "2024Q3"
    assert scored["first_signal"]("2", "month") == "2024-07"
    assert scored["under"] == len(scored["july_on"]) == 6
    assert scored["steady_signals"] == 0
    assert scored["half_year"].verdict == "evidence of adverse impact"
    assert "The monthly chart does not signal in that year at all" in scored["shown"]
    assert "and it signals in the third quarter" in scored["shown"]


@pytest.mark.slow
def test_a_smaller_gap_is_free_one_way_and_costs_another_way(scored: dict[str, Any]) -> None:
    today, plainly, no_text = (scored[name] for name in ("today", "plainly", "no_text"))
    assert len(scored["tools"]) == 12
    assert plainly["good"] > today["good"] > no_text["good"] + 3
    assert min(plainly["lowest"], no_text["lowest"]) > 0.8 > today["lowest"]
    assert abs(scored["no_name"]["women"] - today["women"]) < 0.05  # "hardly a change for women"
    assert not scored["bettered"](plainly, "good")
    assert scored["bettered"](today, "good")


@pytest.mark.slow
def test_the_probe_finds_three_swaps_and_the_placebo_is_as_large(probed: dict[str, Any]) -> None:
    full = probed["full"]
    found = [effect.swap for effect in full if effect.verdict == "effect beyond the placebo"]
    assert found == ["first name (race)", "first name (sex)", "pronoun"]
    assert all(full[name].high < 0 for name in found)
    assert full["first name (race)"].placebo_move == pytest.approx(-full["first name (race)"].effect, abs=1.5)
    few = {effect.verdict for effect in probed["probes"]["15"] if effect.swap.startswith("first name")}
    assert few == {"too little data to tell"}
    assert (probed["district"].verdict, probed["gap"].verdict) == ("too little data to tell", "none seen")
    assert min(probed["spans"]) > 10  # the option "10 points or more"
    assert min(probed["within"]) > 5


@pytest.mark.slow
def test_the_probe_follows_the_bias_that_was_planted(probed: dict[str, Any]) -> None:
    for name in ("first name (race)", "first name (sex)", "pronoun"):
        effects = [found[name].effect for found in probed["by_bias"].values()]
        assert effects == sorted(effects, reverse=True)
        assert probed["zero"][name].verdict != "effect beyond the placebo"
        assert probed["two"][name].verdict == "effect beyond the placebo"
    assert probed["zero"]["school"].verdict == "effect beyond the placebo"  # "a lesson in modesty"
    fair, ours = probed["ratios_by_bias"]["0"], probed["ratios_by_bias"]["1"]
    assert min(fair.values()) > 0.9
    assert max(ours.values()) < 0.7


@pytest.mark.slow
def test_deleting_the_name_is_not_enough(probed: dict[str, Any]) -> None:
    variants = probed["variants"]
    assert abs(variants["name"]["sex"] - variants["all"]["sex"]) < 0.05
    assert variants["all"]["race"] < variants["name"]["race"] < 0.8
    assert min(variants["plain"]["sex"], variants["plain"]["race"]) > 0.9
    assert variants["text"]["good"] < variants["all"]["good"] < variants["plain"]["good"]
    assert probed["proxies"]["sex"]["he_or_she"].auc == pytest.approx(1)
    assert probed["left"].p_value < 0.05
    assert "now 0.69?" in source(PROBE, "guess_delete")
    assert f"{variants['all']['sex']:.2f}" == "0.69"
    own, people = probed["outcome_of"]("all"), variants["all"]["chosen"]
    invited = people.groupby(people["sex"].astype(object))["invited"].agg(["mean", "size"])
    missed = (invited.loc["men", "mean"] - invited.loc["women", "mean"]) * invited.loc["women", "size"]
    assert own["women"] == pytest.approx(1000 * missed / len(people))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "settings"), [(draw, settings) for draw, each in EXPLORERS.items() for settings in each]
)
def test_what_a_picture_shows_is_also_said(
    scored: dict[str, Any], probed: dict[str, Any], draw: str, settings: dict[str, Any]
) -> None:
    names = scored if draw in scored else probed
    if settings.get("applicant", "") is None:
        settings = settings | {"applicant": next(iter(names["eighteen"]))}
    html = names[draw](**settings)
    alternatives = re.findall(r'<svg role="img" aria-label="([^"]+)"', html)
    assert alternatives
    assert all(len(text) > 40 for text in alternatives)
    assert re.search(r"</figure><p>[^<]{60,}</p>", html)
    assert "nan" not in re.sub(r"<figure.*?</figure>", "", html, flags=re.S)
