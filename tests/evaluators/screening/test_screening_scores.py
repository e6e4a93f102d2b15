"""Score distributions and calibration against scipy, statsmodels and counts by hand."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import proportion_confint

from evaluators.screening.calibration import CalibrationVerdict, calibration_by_group, wilson_interval
from evaluators.screening.errors import CountError, LevelError, ScoreError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.scores import score_distributions


def shifted(*, people: int = 200, shift: float = 5.0) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    scores = np.r_[rng.normal(50, 10, people), rng.normal(50 - shift, 10, people)].round(1)
    return pd.DataFrame({"sex": ["m"] * people + ["f"] * people, "score": scores})


def test_figures_agree_with_scipy_and_numpy():
    frame = shifted()
    men, women = (frame.loc[frame["sex"] == label, "score"].to_numpy() for label in "mf")
    f = score_distributions(frame, group="sex", score="score", reference="m")["f"]
    assert (f.mean, f.standard_deviation) == pytest.approx((women.mean(), women.std(ddof=1)))
    assert f.quantiles == pytest.approx(np.quantile(women, [0.1, 0.25, 0.5, 0.75, 0.9]))
    assert f.share_above_median == (women > np.median(frame["score"])).mean()
    ks = stats.ks_2samp(women, men)
    assert (f.largest_gap, f.p_value) == pytest.approx((ks.statistic, ks.pvalue))
    # Cohen's d follows from Student's t, which pools the variances in the same way.
    t = stats.ttest_ind(women, men).statistic
    assert f.standardised_difference == pytest.approx(t * math.sqrt(1 / 200 + 1 / 200))


def test_holm_adjusts_and_the_reference_is_not_judged():
    frame = pd.concat([shifted(), shifted().query("sex == 'f'").assign(sex="x")])
    found = score_distributions(frame, group="sex", score="score", reference="m")
    assert found["f"].p_adjusted == pytest.approx(2 * found["f"].p_value)
    reference = found["m"]
    assert all(
        math.isnan(value) for value in (reference.standardised_difference, reference.largest_gap, reference.p_adjusted)
    )


def test_ties_at_the_median_and_missing_scores_are_said():
    frame = pd.DataFrame({"sex": [*"ffffmmmm", None, "f"], "score": [1, 2, 2, 2, 2, 2, 3, 4, None, None]})
    found = score_distributions(frame, group="sex", score="score")
    assert (found.median, found.at_median, found.unscored, found["f"].unscored) == (2, 5, 2, 1)
    assert (found["f"].share_above_median, found["m"].share_above_median) == (0, 0.5)
    assert "5 people have exactly the median score" in found.summary()
    assert "2 people have no score" in found.summary()
    assert "Too few people to compare" in found.summary()
    assert [group.group for group in found] == ["f", "m"]


def test_groups_without_any_spread_are_said_and_not_divided_by_zero():
    frame = pd.DataFrame({"sex": ["f"] * 12 + ["m"] * 12, "score": [1] * 12 + [2] * 12})
    found = score_distributions(frame, group="sex", score="score", reference="m")
    assert found["f"].standardised_difference == -math.inf
    assert "all scores are the same" in found.summary()
    assert "inf" not in found.summary()
    assert found.to_dict()["groups"][0]["standardised_difference"] is None


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 5)), min_size=4, max_size=40), st.randoms())
def test_order_and_scale_change_no_comparison(people, random):
    frame = pd.DataFrame(people, columns=["group", "score"]).astype({"group": object})
    if frame["group"].nunique(dropna=False) < 2 or frame["score"].nunique() < 2:
        return
    shuffled = frame.sample(frac=1, random_state=random.randrange(1_000)).assign(score=lambda f: 10 * f["score"] - 7)
    keep = ["group", "people", "share_above_median", "standardised_difference", "largest_gap", "p_adjusted"]
    first, second = (score_distributions(each, group="group", score="score") for each in (frame, shuffled))
    pd.testing.assert_frame_equal(first.to_frame()[keep], second.to_frame()[keep])


def test_unusable_scores_are_refused():
    frame = shifted()
    with pytest.raises(ScoreError, match="Everybody has the score 3"):
        score_distributions(frame.assign(score=3), group="sex", score="score")
    with pytest.raises(TooFewGroupsError, match="only one group"):
        score_distributions(frame.assign(sex="x"), group="sex", score="score")
    with pytest.raises(TooFewGroupsError, match="'m'"):
        score_distributions(frame.assign(score=frame["score"].where(frame["sex"] == "m")), group="sex", score="score")
    with pytest.raises(UnknownGroupError, match="f, m"):
        score_distributions(frame, group="sex", score="score", reference="x")
    with pytest.raises(UnknownGroupError, match="f, m"):
        score_distributions(frame, group="sex", score="score")["x"]
    with pytest.raises(LevelError, match="Give shares"):
        score_distributions(frame, group="sex", score="score", shares=[25])


def test_words_json_and_charts():
    frame = shifted().assign(good=lambda f: f["score"] > 48)
    for found, rows in (
        (score_distributions(frame, group="sex", score="score", shares=[0.05]), 2),
        (calibration_by_group(frame, group="sex", score="score", outcome="good"), 20),
    ):
        json.dumps(found.to_dict(), allow_nan=False)
        assert len(found.to_frame()) == rows
        assert "nan" not in found.summary()
        assert found.chart().to_dict()["description"] == found.summary()
    assert "q5" in score_distributions(frame, group="sex", score="score", shares=[0.05]).to_frame()


@pytest.mark.parametrize(("successes", "people"), [(0, 7), (7, 7), (3, 10), (157, 2435)])
def test_wilson_agrees_with_statsmodels(successes, people):
    expected = proportion_confint(successes, people, method="wilson")
    assert wilson_interval(successes, people) == pytest.approx(expected, abs=1e-12)


def test_wilson_refuses_what_is_no_share():
    assert wilson_interval(0, 0) == (0, 1)
    with pytest.raises(CountError, match="no share"):
        wilson_interval(3, 2)
    with pytest.raises(LevelError, match="confidence"):
        wilson_interval(1, 2, confidence=95)


def outcomes(tables: list[list[list[int]]]) -> pd.DataFrame:
    """Make people from 2x2 tables, one for each score: rows f and m, columns good and poor."""
    people = [
        (sex, score, good)
        for score, rows in enumerate(tables)
        for sex, row in zip("fm", rows, strict=True)
        for good, count in zip((True, False), row, strict=True)
        for _ in range(count)
    ]
    return pd.DataFrame(people, columns=["sex", "score", "good"])


TABLES = [[[8, 32], [10, 50]], [[20, 30], [15, 35]], [[30, 15], [40, 30]]]


def test_the_test_is_that_of_cochran_mantel_and_haenszel():
    f = calibration_by_group(outcomes(TABLES), group="sex", score="score", outcome="good", reference="m")["f"]
    oracle = StratifiedTable([np.array(table) for table in TABLES])
    assert f.p_value == pytest.approx(oracle.test_null_odds(correction=False).pvalue)
    # By hand: weights n1 n0 / n of 24, 25 and 27.39; differences 1/30, 1/10 and 2/21.
    weights = np.array([40 * 60 / 100, 50 * 50 / 100, 45 * 70 / 115])
    assert f.difference == pytest.approx(np.average([0.2 - 1 / 6, 0.4 - 0.3, 30 / 45 - 40 / 70], weights=weights))


def test_the_interval_of_one_range_is_nearly_that_of_two_rates():
    frame = outcomes([[[400, 600], [300, 700]], [[1, 0], [0, 1]]])
    f = calibration_by_group(frame, group="sex", score="score", outcome="good", reference="m")["f"]
    half = (f.difference_high - f.difference_low) / 2
    assert half == pytest.approx(1.96 * math.sqrt(0.4 * 0.6 / 1000 + 0.3 * 0.7 / 1000), rel=0.01)


@pytest.mark.parametrize(
    ("tables", "verdict", "words"),
    [
        pytest.param([[[300, 700], [200, 800]]] * 2, CalibrationVerdict.DIFFERENT, "underrates", id="underrated"),
        pytest.param([[[200, 800], [300, 700]]] * 2, CalibrationVerdict.DIFFERENT, "too high", id="overrated"),
        pytest.param([[[500, 500], [500, 500]]] * 3, CalibrationVerdict.NONE_SEEN, "does not fit", id="same"),
        pytest.param([[[10, 10], [10, 10]]] * 2, CalibrationVerdict.TOO_FEW, "leaves room", id="few"),
        pytest.param([[[4, 0], [0, 40]]] * 2, CalibrationVerdict.TOO_FEW, "leaves room", id="eight-people"),
        pytest.param([[[50, 50], [0, 0]], [[0, 0], [50, 50]]], CalibrationVerdict.TOO_FEW, "No range", id="apart"),
    ],
)
def test_verdicts(tables, verdict, words):
    found = calibration_by_group(outcomes(tables), group="sex", score="score", outcome="good", reference="m")
    assert found["f"].verdict is verdict
    assert found["m"].verdict is None
    assert words in found.summary()


def test_cells_are_counted_and_small_ones_marked():
    found = calibration_by_group(
        outcomes([[[2, 3], [10, 10]], [[6, 6], [20, 0]]]), group="sex", score="score", outcome="good"
    )
    cells = found.to_frame().set_index(["group", "score_low"])
    assert cells.loc[("f", 0), ["people", "good", "observed_rate", "enough"]].tolist() == [5, 2, 0.4, False]
    assert cells.loc[("f", 1), ["people", "good", "observed_rate", "enough"]].tolist() == [12, 6, 0.5, True]
    assert cells.loc[("f", 0), ["rate_low", "rate_high"]].tolist() == pytest.approx(
        proportion_confint(2, 5, method="wilson")
    )


def test_ranges_hold_equally_many_people_and_equal_scores_stay_together():
    frame = pd.DataFrame({"sex": ["f", "m"] * 500, "score": np.arange(1_000), "good": [True, False, False, True] * 250})
    cells = calibration_by_group(frame, group="sex", score="score", outcome="good", bins=4).to_frame()
    assert cells["people"].tolist() == [125] * 8
    tied = calibration_by_group(frame.assign(score=[1] * 900 + [2] * 100), group="sex", score="score", outcome="good")
    assert tied.to_frame()["people"].tolist() == [450, 50] * 2


def test_people_without_score_or_outcome_are_counted_and_said():
    frame = outcomes(TABLES).astype({"good": object, "score": float})
    frame.loc[0, "good"] = None
    frame.loc[1, "score"] = None
    found = calibration_by_group(frame, group="sex", score="score", outcome="good")
    assert (found.left_out, found["f"].left_out) == (2, 2)
    assert "2 people have no score or no known outcome" in found.summary()


def test_unusable_outcomes_are_refused():
    frame = outcomes(TABLES)
    with pytest.raises(ScoreError, match="bins=2"):
        calibration_by_group(frame, group="sex", score="score", outcome="good", bins=1)
    with pytest.raises(LevelError, match="margin"):
        calibration_by_group(frame, group="sex", score="score", outcome="good", margin=5)
    with pytest.raises(ScoreError, match="Everybody has the score"):
        calibration_by_group(frame.assign(score=1), group="sex", score="score", outcome="good")
    with pytest.raises(UnknownGroupError, match="f, m"):
        calibration_by_group(frame, group="sex", score="score", outcome="good", reference="x")
    frame["good"] = frame["good"].astype(object)
    apart = frame.assign(score=frame["score"].where(frame["score"] > 0), good=frame["good"].where(frame["score"] == 0))
    with pytest.raises(CountError, match="Nobody has both"):
        calibration_by_group(apart, group="sex", score="score", outcome="good")
    women_only = frame.assign(good=frame["good"].where(frame["sex"] == "f"))
    with pytest.raises(TooFewGroupsError, match="Only people of the group 'f'"):
        calibration_by_group(women_only, group="sex", score="score", outcome="good")


@pytest.mark.slow
def test_saying_no_difference_and_difference_is_rarely_wrong():
    rng = np.random.default_rng(11)
    covered = false_alarms = 0
    for _ in range(400):
        score = rng.uniform(0, 1, 400)
        frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 400), "score": score.round(1)})
        truth = np.where(frame["sex"] == "f", 0.1, 0.0)
        frame["good"] = rng.random(400) < 0.2 + 0.5 * frame["score"] + truth
        f = calibration_by_group(frame, group="sex", score="score", outcome="good", reference="m")["f"]
        covered += f.difference_low <= 0.1 <= f.difference_high
        frame["good"] = rng.random(400) < 0.2 + 0.5 * frame["score"]
        fair = calibration_by_group(frame, group="sex", score="score", outcome="good", reference="m")["f"]
        false_alarms += fair.verdict is CalibrationVerdict.DIFFERENT
    assert 0.92 <= covered / 400 <= 0.98
    assert false_alarms / 400 <= 0.08
