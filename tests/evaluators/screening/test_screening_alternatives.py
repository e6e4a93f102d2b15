"""The search for less discriminatory alternatives: planted trade-offs, counts by hand, scikit-learn."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB

from evaluators._validation import ColumnError
from evaluators.screening.alternatives import AlternativeSearch, search_alternatives
from evaluators.screening.errors import CountError, LevelError, OutcomeError, ScoreError, UnknownGroupError


def people(number: int = 1_000, *, golf_matters: float = 0.0) -> pd.DataFrame:
    """Make people of whom skill makes good ones; golf tells the sex, and matters as much as told."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"sex": ["f", "m"] * (number // 2), "skill": rng.normal(size=number)})
    frame["golf"] = 1.5 * (frame["sex"] == "m") + rng.normal(size=number)
    frame["good"] = frame["skill"] + golf_matters * frame["golf"] + rng.normal(size=number) > 0
    return frame


def search(frame: pd.DataFrame, **settings: object) -> AlternativeSearch:
    known = {"features": ["skill", "golf"], "outcome": "good", "group": "sex", "estimator": GaussianNB(), "folds": 2}
    return search_alternatives(frame, **(known | settings))


class FirstColumn:
    """A tool that needs no training: the first column is the score."""

    def get_params(self, deep: bool = True) -> dict[str, object]:
        return {}

    def fit(self, frame: pd.DataFrame, outcome: object) -> "FirstColumn":
        self.classes_ = np.array([False, True])
        return self

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return frame.iloc[:, 0].to_numpy() > 0

    def decision_function(self, frame: pd.DataFrame) -> np.ndarray:
        return frame.iloc[:, 0].to_numpy()

    def __sklearn_tags__(self) -> object:
        return LogisticRegression().__sklearn_tags__()


def test_a_feature_that_only_makes_a_gap_is_found_to_be_dispensable():
    # Past decisions favoured golf players; what the tool learns from them costs women.
    found = search(people(golf_matters=0.8))
    without = next(each for each in found if each.dropped == ("golf",))
    assert found.baseline.lowest_group == "f"
    assert without.lowest_ratio > 0.8 > found.baseline.lowest_ratio
    assert without.precision < found.baseline.precision
    assert without in found.frontier
    assert without.held_out_ratio > found.baseline.held_out_ratio
    assert found.best(give_up=1) is without
    assert found.best(give_up=0) == found.baseline
    assert "Without golf: gives up" in found.summary()


def test_each_figure_by_hand_for_a_tool_that_needs_no_training():
    frame = people()
    found = search(frame, estimator=FirstColumn(), share_selected=0.25, held_out=0.3)
    assert (found.people, found.held_out) == (700, 300)
    rows = {each.features: each for each in found}
    assert set(rows) == {("skill", "golf"), ("skill",), ("golf",)}
    skill = rows["skill",]
    assert rows["skill", "golf"].auc == skill.auc
    # The people inside are not listed, but AUC over all people lies between those inside and outside.
    everybody = roc_auc_score(frame["good"], frame["skill"])
    assert (700 * skill.auc + 300 * skill.held_out_auc) / 1_000 == pytest.approx(everybody, abs=0.01)
    top = frame.nlargest(250, "golf")["sex"].value_counts()
    assert rows["golf",].lowest_group == "f"
    assert rows["golf",].lowest_ratio == pytest.approx(top["f"] / top["m"], abs=0.05)


def test_the_frontier_holds_exactly_the_candidates_that_none_beats():
    rng = np.random.default_rng(9)
    frame = people(golf_matters=0.4).assign(noise=rng.normal(size=1_000))
    found = search(frame, features=["skill", "golf", "noise"], other_shares=[0.4], quality="auc")
    assert found.feature_sets_possible == 7
    assert len(found.candidates) == 14
    for each in found:
        rivals = [other for other in found if other.share_selected == each.share_selected]
        beaten = any(
            (other.auc >= each.auc and other.lowest_ratio > each.lowest_ratio)
            or (other.auc > each.auc and other.lowest_ratio >= each.lowest_ratio)
            for other in rivals
        )
        assert each.on_frontier is not beaten
    ratios = [each.lowest_ratio for each in found.frontier]
    assert ratios == sorted(ratios)
    assert [each.auc for each in found.frontier] == sorted((each.auc for each in found.frontier), reverse=True)


def test_the_number_of_candidates_is_bounded_and_said():
    found = search(people(400), most_candidates=5, other_shares=[0.3])
    assert len(found.candidates) == 4  # two sets of features at two shares
    assert "4 candidates were tried: 2 of 3 sets of features, at 2 shares" in found.summary()
    assert [each.dropped for each in found] == [(), (), ("skill",), ("skill",)]


def test_the_same_seed_gives_the_same_search():
    assert search(people(400)).to_dict() == search(people(400)).to_dict()


def test_missing_labels_and_unknown_outcomes_are_said_and_small_groups_left_out_of_ratios():
    frame = people(600).astype({"sex": object, "good": object})
    frame.loc[:149, "sex"] = None
    frame.loc[150:153, "sex"] = "x"
    frame.loc[590:, "good"] = None
    found = search(frame, features=["skill"])
    assert found.left_out == 10
    assert found.groups_left_out == ("x",)
    assert {each.lowest_group for each in found} <= {"(missing)", "f", "m"}
    assert "10 people without a known 'good'" in found.summary()
    assert "Too few people for a ratio: x." in found.summary()


def test_the_default_tool_reads_numbers_words_and_empty_cells():
    frame = people(300).astype({"skill": float})
    frame["word"] = np.where(frame["good"], "x", "y")
    frame.loc[:5, "word"] = None
    frame.loc[6:9, "skill"] = None
    found = search(frame, features=["word", "skill"], estimator=None)
    assert found.baseline.auc > 0.95  # the word gives the outcome away
    assert found.baseline.precision == found.baseline.held_out_precision == 1


def test_too_few_people_held_out_give_no_ratio():
    found = search(people(120), features=["skill"], held_out=0.1)
    assert math.isnan(found.baseline.held_out_ratio)
    assert found.to_dict()["candidates"][0]["held_out_ratio"] is None


def test_words_json_and_chart():
    found = search(people(golf_matters=0.8))
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.to_frame().shape == (3, 13)
    chart = found.chart().to_dict()
    assert chart["description"] == found.summary()
    fair = search(people(), features=["skill"])
    assert "No candidate that selects as many people" in fair.summary()


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        pytest.param({"features": []}, ScoreError, "No feature", id="no-feature"),
        pytest.param({"features": ["skill", "sex"]}, ScoreError, "'sex' is among", id="group"),
        pytest.param({"features": ["good"]}, ScoreError, "'good' is among", id="outcome"),
        pytest.param(
            {"features": ["skill", "later"], "judged_on": "later"}, ScoreError, "'later' is among", id="judge"
        ),
        pytest.param({"judged_on": "sex"}, CountError, "'sex' is named twice", id="judged-on-group"),
        pytest.param({"judged_on": "never"}, ColumnError, "'never'", id="no-judge"),
        pytest.param({"quality": "f1"}, ScoreError, "precision, auc", id="quality"),
        pytest.param({"share_selected": 20}, LevelError, "0.2", id="share"),
        pytest.param({"folds": 1}, LevelError, "folds=2", id="folds"),
        pytest.param({"most_candidates": 1, "other_shares": [0.3]}, LevelError, "2 shares", id="candidates"),
        pytest.param({"share_selected": 0.01}, CountError, "fewer than two groups", id="few-selected"),
        pytest.param({"reference": "x"}, UnknownGroupError, "f, m", id="reference"),
        pytest.param({"estimator": LogisticRegression(C=-1)}, ScoreError, "failed on the features", id="estimator"),
    ],
)
def test_wrong_settings_say_what_to_do(settings, error, words):
    with pytest.raises(error, match=words):
        search(people(200).assign(later=True), **settings)


def test_an_outcome_that_is_always_the_same_is_refused():
    with pytest.raises(OutcomeError, match="Only 0 people"):
        search(people(200).assign(good=True))


def unfair_past(number: int = 1_000) -> pd.DataFrame:
    """Make people whose golf was rewarded when they were hired, and did nothing for the work."""
    return people(number).assign(hired=lambda frame: frame["skill"] + 0.8 * frame["golf"] > 0.8)


def test_what_an_unfair_past_calls_quality_a_later_outcome_does_not():
    frame = unfair_past()
    past = search(frame, outcome="hired")
    later = search(frame, outcome="hired", judged_on="good")
    for found in (past, later):
        assert [each.dropped for each in found] == [(), ("skill",), ("golf",)]
    with_golf, _, without = later
    assert past.candidates[2].precision < past.baseline.precision - 0.1
    assert without.precision > with_golf.precision
    assert without.held_out_precision > with_golf.held_out_precision
    # The tools, and so whom they select, are the same: only the yardstick differs.
    assert [each.lowest_ratio for each in past] == [each.lowest_ratio for each in later]
    assert "The tool learns 'hired'; its quality is measured on 'good', known for all 1,000 people." in later.summary()
    assert "If 'good' carries old bias" in later.summary()
    assert "its quality is measured" not in past.summary()
    assert (past.judged_on, past.judged, past.judged_held_out) == ("hired", 700, 300)
    assert later.to_dict()["judged_on"] == "good"


def test_precision_against_a_later_outcome_by_hand():
    frame = unfair_past()
    found = search(frame, outcome="hired", judged_on="good", estimator=FirstColumn(), features=["skill"], held_out=0.3)
    # Inside and held-out people together are everybody; about 20 % of each are selected by skill alone.
    top = frame.nlargest(200, "skill")["good"].mean()
    assert 0.7 * found.baseline.precision + 0.3 * found.baseline.held_out_precision == pytest.approx(top, abs=0.03)
    everybody = roc_auc_score(frame["good"], frame["skill"])
    assert 0.7 * found.baseline.auc + 0.3 * found.baseline.held_out_auc == pytest.approx(everybody, abs=0.02)


def test_a_later_outcome_that_is_known_for_some_only_is_said_and_judges_them_only():
    frame = unfair_past().astype({"good": object})
    frame.loc[~frame["hired"], "good"] = None
    found = search(frame, outcome="hired", judged_on="good", estimator=FirstColumn(), features=["skill"])
    known = int(frame["hired"].sum())
    assert (found.judged + found.judged_held_out, found.people + found.held_out) == (known, 1_000)
    assert found.left_out == 0
    assert 0.5 < found.baseline.judged_share < 1
    assert f"known for {known} of 1,000 people" in found.summary()
    assert "once hired" in found.summary()
    judged = frame[frame["hired"]]
    everybody = roc_auc_score(judged["good"].astype(bool), judged["skill"])
    assert (found.judged * found.baseline.auc + found.judged_held_out * found.baseline.held_out_auc) / known == (
        pytest.approx(everybody, abs=0.02)
    )


def test_a_later_outcome_that_nobody_selected_has_is_refused():
    frame = unfair_past().astype({"good": object})
    frame.loc[frame["skill"] > 0, "good"] = None
    with pytest.raises(OutcomeError, match="known for nobody whom the baseline selects"):
        search(frame, outcome="hired", judged_on="good", estimator=FirstColumn(), features=["skill"])
    with pytest.raises(OutcomeError, match="Only 0 people have the rarer 'good'"):
        search(unfair_past().assign(good=True), outcome="hired", judged_on="good")
