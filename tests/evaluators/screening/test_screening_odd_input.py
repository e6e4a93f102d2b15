"""What a stranger would try: odd columns, edges of the formulas, and sentences held against what they claim."""

import json
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from evaluators._frames import pandas_columns
from evaluators._validation import ColumnError
from evaluators.screening import (
    FOUR_FIFTHS,
    CountError,
    CountTable,
    GroupCount,
    LevelError,
    PeriodError,
    ScoreError,
    Verdict,
    audit_selection,
    bootstrap_ratios,
    count_above_median,
    falls_below,
    rate_test,
    rule_pack,
    simulate_fair_audits,
)
from evaluators.screening.alternatives import search_alternatives
from evaluators.screening.calibration import CalibrationVerdict, calibration_by_group
from evaluators.screening.proxies import find_proxies
from evaluators.screening.ranking import audit_ranking
from evaluators.screening.scores import score_distributions
from evaluators.screening.stability import audit_over_time
from evaluators.screening.sweep import threshold_sweep

PEOPLE = pd.DataFrame({"sex": list("fmfm"), "score": [60.0, 80.0, 70.0, 95.0], "good": [1, 0, 1, 1]})


@pytest.mark.parametrize(
    "scores",
    [
        pytest.param(pd.array([True, False, None, True], dtype="boolean"), id="nullable-bool"),
        pytest.param(pd.Series([True, False, None, True], dtype=object), id="bool-among-objects"),
        pytest.param(pd.Categorical([True, False, True, True]), id="bool-categories"),
        pytest.param(pd.date_range("2026-01-01", periods=4), id="dates"),
        pytest.param([date(2026, 1, day) for day in (1, 2, 3, 4)], id="date-objects"),
        pytest.param(pd.to_timedelta([1, 2, 3, 4], unit="D"), id="durations"),
        pytest.param(np.array([1, 2, 3, 4]) + 1j, id="complex"),
    ],
)
def test_only_numbers_are_scores(scores):
    with pytest.raises(ScoreError, match="instead of scores"):
        threshold_sweep(PEOPLE.assign(score=scores), group="sex", score="score")


def test_groups_whose_labels_would_run_together_are_refused_by_scored_tools_too():
    frame = pd.DataFrame({"a": ["x × y", "x", "q"] * 4, "b": ["z", "y × z", "r"] * 4, "score": range(12)})
    for audit in (threshold_sweep, score_distributions, audit_ranking):
        with pytest.raises(CountError, match="same label 'x × y × z'"):
            audit(frame, group=["a", "b"], score="score")
        for group in (["a", "a"], "score"):
            with pytest.raises(CountError, match="named twice"):
                audit(frame, group=group, score="score")


def test_lists_in_a_column_are_refused_with_its_name():
    listed = PEOPLE.assign(sex=[["f"], ["m"], ["f"], ["m"]])
    with pytest.raises(ColumnError, match="'sex' are lists"):
        threshold_sweep(listed, group="sex", score="score")
    many = pd.concat([PEOPLE] * 10).assign(skills=[["typing"]] * 40)
    with pytest.raises(ColumnError, match="'skills' are lists"):
        find_proxies(many, group="sex", features=["skills"], shuffles=99)


def test_one_feature_may_be_given_without_a_list():
    many = pd.concat([PEOPLE] * 10)
    assert [each.feature for each in find_proxies(many, group="sex", features="score", shuffles=99)] == ["score"]


def test_a_column_named_by_a_number_is_found_under_its_text():
    frame = pd.DataFrame({1: list("fm"), "score": [1, 2]}, index=[7, 7])
    found = pandas_columns(frame, "score", "1")
    assert found.columns.tolist() == ["score", "1"]
    assert found.index.tolist() == [7, 7]
    assert threshold_sweep(frame, group="1", score="score").labels == ("f", "m")


def test_dates_of_several_time_zones_are_refused():
    mixed = ["2026-01-31T23:30:00+02:00", "2026-02-01T00:30:00"] * 2
    with pytest.raises(PeriodError, match="several time zones"):
        audit_over_time(PEOPLE.assign(day=mixed), group="sex", outcome="good", date="day")


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        pytest.param({"selected": 1.5, "applicants": 3}, "1.5 selected", id="half-a-person"),
        pytest.param({"selected": 1, "applicants": float("nan")}, "nan applicants", id="nan"),
        pytest.param({"selected": "1", "applicants": 3}, "'1' selected", id="text"),
    ],
)
def test_people_are_whole_numbers(counts, found):
    with pytest.raises(CountError, match=found):
        GroupCount("x", **counts)


def test_numpy_counts_do_not_overflow():
    small = np.int32
    x, y = GroupCount("x", small(10**8), small(2 * 10**8)), GroupCount("y", small(10**8), small(10**8))
    assert x.rate / y.rate == Fraction(1, 2)
    assert audit_selection(CountTable((x, y)))["x"].impact_ratio == 0.5


def test_groups_have_names():
    with pytest.raises(CountError, match="group None"):
        CountTable.from_counts({None: (1, 2), "x": (1, 2)})
    with pytest.raises(CountError, match="group 1 has"):
        CountTable.from_counts({1: (1, 2), 2: (1, 2)})


def test_a_significance_level_of_the_rules_can_be_used_as_it_is():
    counts = CountTable.from_counts({"x": (10, 50), "y": (20, 50)})
    level = rule_pack("ugesp").significance_level
    assert json.loads(json.dumps(audit_selection(counts, alpha=level).to_dict(), allow_nan=False))["alpha"] == 0.05


@pytest.mark.parametrize("settings", [{"alpha": 0.9}, {"alpha": 0.85}])
def test_where_there_is_nothing_to_plan_for_the_summary_still_stands(settings):
    audit = audit_selection(CountTable.from_counts({"x": (9, 40), "y": (12, 40)}), **settings)
    assert audit.people_needed is None
    assert audit.summary().startswith("Result: ")


def test_a_smallest_share_that_is_no_number_is_refused():
    with pytest.raises(LevelError, match="nan"):
        audit_selection(CountTable.from_counts({"x": (1, 2), "y": (1, 2)}), minimum_share=float("nan"))


@pytest.mark.parametrize("selected", [30, 80, 95, 100])
def test_so_many_people_let_the_test_notice_the_gap_in_80_of_100_tries(selected):
    # By simulation; and it promises no verdict: below four fifths lie only half of the samples.
    counts = CountTable.from_counts({"x": (selected - 2, 100), "y": (selected, 100)})
    people = audit_selection(counts, reference="y").people_needed
    rate, rng = selected / 100, np.random.default_rng(selected)
    noticed = below = 0
    for x, y in zip(rng.binomial(people, 0.8 * rate, 1000), rng.binomial(people, rate, 1000), strict=True):
        pair = GroupCount("x", int(x), people), GroupCount("y", int(y), people)
        noticed += rate_test(*pair).p_value < 0.05
        below += falls_below(*pair, FOUR_FIFTHS)
    assert noticed > 760  # 800 less three standard errors
    assert below < 600


@pytest.mark.parametrize("selected", [0, 3])
def test_a_range_without_width_is_none(selected):
    counts = CountTable.from_counts({"x": (selected, 3), "y": (3, 3)})
    drawn = bootstrap_ratios(counts)
    assert drawn["x"].low == drawn["x"].high
    audit = audit_selection(
        counts, reference="y", method="bootstrap", intervals={group.group: (group.low, group.high) for group in drawn}
    )
    assert "no range of true values" in audit.sentence("x")
    assert audit["x"].verdict is Verdict.TOO_LITTLE_DATA  # three of three prove nothing
    assert "Everybody was selected of" in drawn.note


def test_an_expected_number_just_under_five_does_not_read_as_five():
    # 32 of 200 selected, 31 of them in x: 32 · 31 / 200 = 4.96 expected.
    found = rate_test(GroupCount("x", 0, 31), GroupCount("y", 32, 169))
    assert found.name == "Fisher exact"
    assert "only 4.9 selected people" in found.reason


def test_a_share_of_one_in_250_is_not_told_as_nobody():
    assert "the same chance of 0.4%," in simulate_fair_audits(1_000, rate=0.004, pools=2).summary()


def test_more_than_half_can_score_at_most_the_median():
    found = count_above_median(PEOPLE.assign(score=[1, 5, 5, 9]), groups="sex", score="score")
    assert "At least half of them score at most 5, the median; 1 of 4" in found.summary()


def test_the_same_score_with_the_same_chance_is_no_finding_among_very_many_people():
    # Who has the same score has the same chance, but the groups differ in scores, also inside a range.
    rng = np.random.default_rng(3)
    women = rng.random(200_000) < 0.5
    score = rng.normal(size=len(women)) - 1.0 * women
    good = rng.random(len(women)) < 1 / (1 + np.exp(-2 * score))
    frame = pd.DataFrame({"sex": np.where(women, "f", "m"), "score": score, "good": good})
    found = calibration_by_group(frame, group="sex", score="score", outcome="good", reference="m", bins=5)["f"]
    assert found.p_adjusted < 0.05
    assert found.verdict is CalibrationVerdict.NONE_SEEN
    planted = frame.assign(good=good | (women & (rng.random(len(women)) < 0.3)))
    found = calibration_by_group(planted, group="sex", score="score", outcome="good", reference="m", bins=5)["f"]
    assert found.verdict is CalibrationVerdict.DIFFERENT


def test_two_groups_on_a_list_are_one_comparison_and_three_are_three():
    frame = pd.DataFrame({"sex": ["m"] * 12 + ["f"] * 12, "score": range(24, 0, -1)})
    audit = audit_ranking(frame, group="sex", score="score", tops=[5])
    assert [top.p_adjusted for top in audit.tops] == [top.p_value for top in audit.tops]
    # All five of the top from one half of the list, or all from the other: 2 · C(12, 5) / C(24, 5).
    assert audit.tops[0].p_value == pytest.approx(2 * 792 / 42504)
    assert [group.p_adjusted for group in audit] == [group.p_value for group in audit]
    three = audit_ranking(frame.assign(sex=list("mmxfffmmxfff") * 2), group="sex", score="score", tops=[5])
    least = min(three.tops, key=lambda top: top.p_value)
    assert least.p_adjusted == pytest.approx(min(1.0, 3 * least.p_value))


def test_lists_on_which_all_orders_are_alike_are_not_told_as_rare():
    found = audit_ranking(PEOPLE.assign(score=[1, 1, 1, 2]), group="sex", score="score", tops=[1])
    assert "and rarely more than" in found.summary()
    assert "only 5%" not in found.summary()


@pytest.mark.parametrize(
    ("people", "verdict"), [(20, CalibrationVerdict.TOO_FEW), (2_000, CalibrationVerdict.NONE_SEEN)]
)
def test_equal_outcomes_of_everybody_are_no_certainty(people, verdict):
    frame = pd.DataFrame({"sex": ["f", "m"] * people, "score": [1, 1, 2, 2] * (people // 2), "good": True})
    found = calibration_by_group(frame, group="sex", score="score", outcome="good")["m"]
    assert found.difference == 0
    # Wilson's upper limit for 0 of n is z² / (n + z²); two of them, as the sides of a right angle.
    assert found.difference_high == pytest.approx(2**0.5 * 1.96**2 / (people + 1.96**2), rel=1e-3)
    assert found.difference_low == -found.difference_high
    assert found.verdict is verdict


def test_one_person_is_not_1_people():
    frame = pd.DataFrame({"sex": list("fmm"), "score": [1, 2, 3]})
    assert score_distributions(frame, group="sex", score="score").summary().startswith("f (1 person): mean")


def test_the_cut_that_is_told_selects_as_many_as_the_cut_that_was_found():
    scores = np.linspace(0.123456789, 0.98765432, 100)
    sweep = threshold_sweep(pd.DataFrame({"sex": ["f", "m"] * 50, "score": scores}), group="sex", score="score")
    told = sweep.summary().partition("at a cut of ")[2].partition(", ")[0]
    assert sweep.at(float(told)) == sweep.at(sweep.lowest_ratio().cut)
    assert sweep.at(float(f"{sweep.lowest_ratio().cut:g}")) != sweep.at(sweep.lowest_ratio().cut)


def test_a_baseline_without_a_ratio_loses_to_any_candidate_with_one():
    # The tool selects by a club that nobody of the reference group is in; without it, luck selects both groups.
    sex = np.array(["f", "m"] * 200)
    club = (sex == "m").astype(float)
    luck = np.random.default_rng(4).random(400)
    good = np.where(sex == "m", luck < 0.9, luck < 0.1)
    frame = pd.DataFrame({"sex": sex, "club": club, "luck": np.random.default_rng(5).random(400), "good": good})
    found = search_alternatives(frame, features=["club", "luck"], outcome="good", group="sex", reference="f")
    assert np.isnan(found.baseline.lowest_ratio)
    assert found.best(give_up=1.0).dropped == ("club",)
    assert "lowest impact ratio unknown, since nobody of the reference group was selected, (m)" in found.summary()
    assert "Without club: " in found.summary()
    assert "nan" not in found.summary().replace(repr("nan"), "")
