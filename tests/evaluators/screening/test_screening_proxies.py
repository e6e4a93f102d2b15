"""The search for proxies against scikit-learn and scipy, with planted proxies and with noise."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats.contingency import association
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import CategoricalNB

from evaluators.screening.errors import LevelError, ScoreError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.proxies import TOGETHER, ProxySearch, _Guess, find_proxies


def people(*, number: int = 400, planted: float = 1.0, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": ["f", "m"] * (number // 2)})
    frame["gap"] = planted * (frame["sex"] == "f") + rng.normal(size=number)
    frame["school"] = rng.choice(["north", "south", "east"], number)
    frame["shoe"] = rng.normal(size=number)
    return frame


def search(frame: pd.DataFrame, **settings: object) -> ProxySearch:
    return find_proxies(
        frame, **({"group": "sex", "features": ["gap", "school", "shoe"], "shuffles": 120, "folds": 3} | settings)
    )


def test_guesses_agree_with_scikit_learn():
    rng = np.random.default_rng(1)
    codes, fold = rng.permutation(np.repeat([0, 1, 2], 50)), np.arange(150) % 3
    cells = [rng.integers(0, 4, 150), (codes + rng.integers(0, 2, 150)) % 3]
    found = _Guess(cells, fold, 3, np.bincount(codes), np.arange(3)).aucs(codes)
    table = np.column_stack(cells)
    for target in range(3):
        singles, together = [[], []], []
        for part in range(3):
            learn, guess = fold != part, fold == part
            for place, column in enumerate(cells):
                share = pd.Series(codes[learn] == target).groupby(column[learn]).agg(["sum", "count"])
                prior = (codes[learn] == target).mean()
                scores = ((share["sum"] + prior) / (share["count"] + 1)).reindex(column[guess]).fillna(prior)
                singles[place].append(roc_auc_score(codes[guess] == target, scores))
            bayes = CategoricalNB(alpha=1, min_categories=[4, 3]).fit(table[learn], codes[learn])
            together.append(roc_auc_score(codes[guess] == target, bayes.predict_proba(table[guess])[:, target]))
        assert found[:2, target] == pytest.approx([np.mean(each) for each in singles])
        assert found[2, target] == pytest.approx(np.mean(together))


def test_a_planted_proxy_is_found_and_noise_is_not():
    found = search(people())
    assert found.proxies[0].feature == "gap"
    # Two normal curves one standard deviation apart: the chance of the right order is 0.76.
    assert found["gap"].auc == pytest.approx(0.76, abs=0.05)
    assert [proxy.found for proxy in found] == [True, False, False]
    assert found[TOGETHER].found
    assert found["gap"].auc > found["gap"].auc_by_luck > 0.5


def test_noise_is_rarely_called_a_proxy():
    searches = [search(people(planted=0, number=60, seed=seed), folds=2, shuffles=99) for seed in range(6)]
    assert sum(any(proxy.found for proxy in found) for found in searches) <= 2  # more has a chance of 0.002


def test_a_proxy_that_is_not_monotone_is_found():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"sex": ["f", "m"] * 200})
    frame["age"] = rng.normal(size=400) * np.where(frame["sex"] == "f", 0.3, 2.0)  # the middle against both ends
    assert find_proxies(frame, group="sex", features=["age"])["age"].auc > 0.75


def test_the_group_that_stands_out_is_named_and_small_groups_are_said():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"race": ["a"] * 100 + ["b"] * 100 + ["c"] * 100 + ["d"] * 4 + [None] * 20})
    frame["club"] = np.where((frame["race"] == "b") & (rng.random(324) < 0.7), "rowing", "chess")
    found = find_proxies(frame, group="race", features=["club"])
    assert found["club"].group == "b"
    assert found.left_out == ("d",)
    assert "Too few people to be told apart: d." in found.summary()


def test_cramers_v_agrees_with_scipy():
    frame = people().assign(word=lambda f: np.where((f["sex"] == "f") & (f["shoe"] > 0), "x", "y"))
    expected = association(pd.crosstab(frame["word"], frame["sex"]).to_numpy(), method="cramer", correction=False)
    assert search(frame, features=["word"])["word"].cramers_v == pytest.approx(expected)


def test_empty_cells_are_a_value_and_values_of_few_people_are_taken_together():
    frame = people(planted=0)
    frame["parental_leave"] = np.where(frame["sex"] == "f", np.nan, frame["shoe"])
    frame["name"] = [f"person {number}" for number in range(len(frame))]
    found = search(frame, features=["parental_leave", "name"])
    assert found["parental_leave"].auc == pytest.approx(1)
    assert (found["name"].auc, found["name"].cramers_v, found["name"].found) == (0.5, 0, False)


def test_new_names_for_groups_and_another_scale_change_no_figure():
    frame = people()
    again = frame.assign(sex=frame["sex"].map({"f": "female", "m": "male"}), gap=5 + 2 * frame["gap"])
    first, second = search(frame, shuffles=99).to_frame(), search(again, shuffles=99).to_frame()
    pd.testing.assert_frame_equal(first.drop(columns="group"), second.drop(columns="group"))
    assert second["group"].tolist() == first["group"].map({"f": "female", "m": "male"}).tolist()


def test_kinds_of_columns_and_tables():
    frame = people()
    frame["yes"] = frame["shoe"] > 0
    frame["kind"] = frame["school"].astype("category")
    frame["since"] = pd.Timestamp("2020-01-01") + pd.to_timedelta((1_000 * frame["gap"]).round(), unit="h")
    features = ["yes", "kind", "since"]
    found = search(frame, features=features)
    assert found["since"].found
    assert not found["kind"].found
    assert search(pl.from_pandas(frame), features=features).to_dict() == found.to_dict()


def test_words_json_and_chart():
    found = search(people())
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["together"]["cramers_v"] is None
    assert found.to_frame().shape == (4, 8)
    assert "gap gives away f" in found.summary() or "gap gives away m" in found.summary()
    assert "Not told from luck: s" in found.summary()
    assert found.chart().to_dict()["description"] == found.summary()


def test_unusable_input_is_refused():
    frame = people(number=40)
    with pytest.raises(ScoreError, match="No feature"):
        search(frame, features=[])
    with pytest.raises(ScoreError, match="'sex' is among"):
        search(frame, features=["sex"])
    with pytest.raises(ScoreError, match="bins=2"):
        search(frame, bins=1)
    with pytest.raises(LevelError, match="folds=2"):
        search(frame, folds=1)
    with pytest.raises(LevelError, match="99"):
        search(frame, shuffles=10)
    with pytest.raises(LevelError, match="alpha"):
        search(frame, alpha=5)
    with pytest.raises(TooFewGroupsError, match="No group has 6 people"):
        search(frame.iloc[:8])
    with pytest.raises(UnknownGroupError, match="gap"):
        search(frame)["hat"]
