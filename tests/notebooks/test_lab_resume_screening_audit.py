"""The lab on auditing a résumé screening: what it weighs, what typical slips earn, and the figures of its memo."""

from collections import Counter

import pytest

from evaluators.data import load_adviser_probe, load_adviser_scores
from tests.lab_runs import Mark, cells, in_the_place_of

AUDIT = "resume_screening_audit"


def test_the_audit_lab_weighs_its_five_competencies(mark: Mark) -> None:
    marked = mark(AUDIT)
    points: Counter[str] = Counter()
    for each in marked.values():
        points[each.item.competency] += int(each.item.points)
    points["B5"] += 4  # the paragraph, which a person scores
    assert points == {"B1": 10, "B2": 7, "B3": 8, "B4": 6, "B5": 8}
    assert 12 <= len(marked) + 1 <= 20


def test_the_figures_of_the_model_memo_are_those_of_the_tables() -> None:
    (source,) = ("".join(cell["source"]) for cell in cells(AUDIT) if "trainer-only" in cell["metadata"].get("tags", []))
    memo = " ".join(source.split())
    scores = load_adviser_scores()
    people, invited = scores["sex"].value_counts(), scores.loc[scores["score"] >= 75, "sex"].value_counts()
    for sex in ("female", "male"):
        assert f"{invited[sex]} of {people[sex]:,}" in memo
    rates = invited / people
    assert f"{100 * rates['female']:.0f} against {100 * rates['male']:.0f} of 100" in memo
    assert f"a ratio of {rates['female'] / rates['male']:.2f}." in memo
    for version, count in {"score": 181, "score_plain_no_name": 187}.items():
        best = scores[scores[version] >= scores[version].quantile(0.75)]
        assert 250 * best["good_after_12_months"].mean() == pytest.approx(count, abs=0.5)
        assert str(count) in memo
    probe = load_adviser_probe().set_index("swap")
    assert f"{-probe.loc['pronoun', 'effect']:.0f} points" in memo
    assert probe.loc["pronoun", "placebo_move"] == 0


SLIPS: list[tuple[str, object, float, str]] = [
    ("rate_black", "6,4", 1, ""),
    ("rate_black", "0.0645", 0.5, "multiply by 100"),
    ("rate_black", "9.65", 0.25, "the other group"),
    ("impact_ratio", "67 %", 1, ""),
    ("impact_ratio", "66.8%", 1, ""),
    ("impact_ratio", "67", 0.75, "without its sign"),
    ("impact_ratio", "66,8", 0.75, "without its sign"),
    ("impact_ratio", "1.49", 0.25, "upside down"),
    ("impact_ratio", "1,5", 0.25, "upside down"),
    ("impact_ratio", "150 %", 0.25, "upside down"),
    ("impact_ratio", "3.2", 0, "percentage points"),
    ("impact_ratio", "3.2 %", 0, "comes from dividing"),
    ("more_hires", "2 more", 1, ""),
    ("more_hires", "5", 0.5, "in all"),
    ("more_hires", "1.8", 0.5, "people come whole"),
    ("more_hires", "4,8", 0.25, "in all, and people come whole"),
    ("more_hires", "3", 0.5, "two rates equal"),
    ("more_hires", "1", 0, "4 of 20"),
    ("rank_groups", ["female_white", "female_black", "male_white", "male_black"], 0.25, "order of the callbacks"),
    ("rank_groups", ["female_black", "female_white", "male_white", "male_black"], 0.25, "résumés sent"),
    ("rank_groups", ["female_white", "male_white", "male_black", "female_black"], 2 / 3, ""),
    ("lowest_ratio", "0,45", 1, ""),
    ("lowest_ratio", "44.9 %", 1, ""),
    ("lowest_ratio", "45", 0.75, "without its sign"),
    ("lowest_ratio", "2.23", 0.25, "upside down"),
    ("lowest_ratio", "0.70", 0.25, "furthest apart in points"),
    ("lowest_ratio", "0.64", 0, "average of the five"),
    ("lowest_ratio", "14.6", 0, "percentage points"),
    ("above_median", "34,5", 1, ""),
    ("above_median", "0.345", 0.5, "multiply by 100"),
    ("above_median", "53.6", 0.5, "at the median, not above it"),
    ("above_median", "46.7", 0.25, "Divide by all women"),
    ("what_the_table_says", ["black_women"], 0.5, "Add up the applicants"),
    ("what_the_table_says", ["black_women", "in_no_figure", "black_men"], 0.5, "too little data"),
    ("same_score", "overrates", 0, "had to be better than men"),
    ("beyond_placebo", ["name_race", "name_sex", "pronoun", "gap"], 2 / 3, "smaller than what matters"),
    ("beyond_placebo", ["name_race", "name_sex", "pronoun", "district"], 2 / 3, "no change at all"),
    ("one_name", "proof", 0, "one other name among many"),
    ("still_reads", "gap", 0, "hardly goes by it"),
    ("struck_off", ["a"], 0.5, "Compare C with D"),
    ("struck_off", ["a", "b", "c", "e"], 0, "Nothing betters B"),
    ("what_it_costs", "19", 1, ""),
    ("what_it_costs", "18.5", 1, ""),
    ("what_it_costs", "7.4", 0.5, "fewer of 100"),
    ("what_it_costs", "74", 0.25, "1,000 invited"),
]


@pytest.mark.parametrize(("item", "answer", "share", "reason"), SLIPS)
def test_slips_in_the_audit_lab_earn_a_part_and_a_reason(
    mark: Mark, item: str, answer: object, share: float, reason: str
) -> None:
    found = mark(AUDIT, in_the_place_of(SLIPS, item, answer))[item]
    assert found.result.share == pytest.approx(share)
    assert (len(found.reasons) > 1) == bool(reason)
    assert reason in found.reasons[0]


def test_the_ranking_is_explained_in_the_words_of_its_options(mark: Mark) -> None:
    found = mark(AUDIT)["rank_groups"]
    places = [found.reasons[-1].index(found.item.options[option]) for option in found.key]
    assert places == sorted(places)
