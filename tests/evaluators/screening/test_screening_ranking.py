"""Ranked lists against counts by hand, brute force and scipy."""

import json
import math
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluators.screening.errors import CountError, LevelError, ScoreError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.ranking import audit_ranking, ndkl


def ranked(labels: str) -> pd.DataFrame:
    return pd.DataFrame({"group": list(labels), "place": range(1, len(labels) + 1)})


def ndkl_by_hand(labels: str) -> float:
    """Follow the formula of Geyik, Ambler and Kenthapadi (2019) term by term, with scipy's divergence."""
    groups = sorted(set(labels))
    whole = [labels.count(group) for group in groups]
    weights = [1 / math.log2(i + 1) for i in range(1, len(labels) + 1)]
    tops = [stats.entropy([labels[:i].count(group) for group in groups], whole) for i in range(1, len(labels) + 1)]
    return sum(weight * top for weight, top in zip(weights, tops, strict=True)) / sum(weights)


@settings(deadline=None, max_examples=40)
@given(st.text(alphabet="abc", min_size=1, max_size=30))
def test_ndkl_agrees_with_the_formula_written_out(labels):
    assert ndkl(list(labels)) == pytest.approx(ndkl_by_hand(labels), abs=1e-12)
    assert ndkl(list(labels.translate(str.maketrans("abc", "xyz")))) == ndkl(list(labels))


def test_ndkl_of_a_short_list_by_hand():
    # ffm: shares 2/3 and 1/3. First place: log 1.5; second: log 1.5; third: 0.
    weights = [1, 1 / math.log2(3), 1 / 2]
    assert ndkl(list("ffm")) == pytest.approx(math.log(1.5) * (weights[0] + weights[1]) / sum(weights))
    assert ndkl(list("aaa")) == 0
    with pytest.raises(ScoreError, match="empty"):
        ndkl([])


def test_exposure_by_hand():
    audit = audit_ranking(ranked("mfmf"), group="group", rank="place", tops=[2])
    attention = [1 / math.log2(1 + place) for place in (1, 2, 3, 4)]
    assert audit["f"].exposure == pytest.approx((attention[1] + attention[3]) / sum(attention))
    assert audit["f"].exposure_ratio == pytest.approx(audit["f"].exposure / 0.5)
    assert sum(group.exposure for group in audit) == pytest.approx(1)


def test_shuffles_agree_with_all_orders_there_are():
    labels = "mmmff"
    audit = audit_ranking(ranked(labels), group="group", rank="place", tops=[1], shuffles=4_000)
    attention = [1 / math.log2(1 + place) for place in range(1, 6)]
    orders = set(permutations(labels))
    exposures = [
        sum(weight for weight, label in zip(attention, order, strict=True) if label == "f") / sum(attention) / 0.4
        for order in orders
    ]
    own = sum(attention[3:]) / sum(attention) / 0.4
    expected = np.mean([abs(exposure - 1) >= abs(own - 1) - 1e-12 for exposure in exposures])
    assert audit["f"].p_value == pytest.approx(expected, abs=0.025)
    divergences = [ndkl_by_hand("".join(order)) for order in orders]
    assert audit.ndkl_expected == pytest.approx(np.mean(divergences), abs=0.01)
    assert audit.ndkl_p_value == pytest.approx(
        np.mean([value >= audit.ndkl - 1e-9 for value in divergences]), abs=0.025
    )


def test_tops_agree_with_fishers_exact_test():
    labels = "mmmmmfmmmf" + "fmfmffmfff"
    audit = audit_ranking(ranked(labels), group="group", rank="place", tops=[5, 10])
    for top in audit.tops:
        k, own, people = top.top, labels[: top.top].count(top.group), labels.count(top.group)
        assert (top.in_top, top.expected, top.ratio) == pytest.approx((own, k * people / 20, (own / k) / (people / 20)))
        table = [[own, k - own], [people - own, 20 - people - (k - own)]]
        assert top.p_value == pytest.approx(stats.fisher_exact(table).pvalue)
    # Two tests in the family, one a top, since the second group mirrors the first: the smallest counts twice.
    assert min(top.p_adjusted for top in audit.tops) == pytest.approx(2 * min(top.p_value for top in audit.tops))


def test_equal_scores_share_their_places():
    frame = pd.DataFrame({"group": list("mfmf"), "score": [9, 5, 5, 1]})
    audit = audit_ranking(frame, group="group", score="score", tops=[1, 2])
    attention = [1 / math.log2(1 + place) for place in (1, 2, 3, 4)]
    shared = (attention[1] + attention[2]) / 2
    assert audit["f"].exposure == pytest.approx((shared + attention[3]) / sum(attention))
    assert [(top.asked, top.top) for top in audit.tops if top.group == "f"] == [(1, 1), (2, 3)]
    assert audit.tied == 2
    assert "2 people share a place" in audit.summary()
    assert "Top 3 (top 2 asked for" in audit.summary()
    # Expected composition of the first i places: (1, 0), (1.5, .5), (2, 1), (2, 2).
    mixes = [[1, 0], [1.5, 0.5], [2, 1], [2, 2]]
    weights = [1 / math.log2(i + 1) for i in (1, 2, 3, 4)]
    assert audit.ndkl == pytest.approx(np.average([stats.entropy(mix, [1, 1]) for mix in mixes], weights=weights))


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 6)), min_size=4, max_size=25), st.randoms())
def test_order_of_rows_and_scale_of_scores_change_nothing(people, random):
    frame = pd.DataFrame(people, columns=["group", "score"])
    low, high = frame["score"].agg(["min", "max"])
    if frame["group"].nunique() < 2 or low == high or (frame["score"] < high).sum() == 0:
        return
    random.shuffle(people)
    again = pd.DataFrame(people, columns=["group", "score"]).assign(score=lambda f: 2 * f["score"] + 1)
    settings = {"group": "group", "score": "score", "tops": [1], "shuffles": 99}
    if (frame["score"] == high).all():
        return
    assert audit_ranking(frame, **settings) == audit_ranking(again, **settings)


def test_scores_and_ranks_say_the_same():
    frame = ranked("fmmfmfmmmfffmmffmf")
    by_rank = audit_ranking(frame, group="group", rank="place", tops=[3])
    assert by_rank == audit_ranking(frame.assign(score=-frame["place"]), group="group", score="score", tops=[3])


def test_a_planted_order_is_found_and_a_blind_one_is_not():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"group": rng.choice(list("ab"), 300), "score": rng.normal(size=300)})
    blind = audit_ranking(frame, group="group", score="score")
    assert blind.ndkl_p_value > 0.05
    assert "could be a group-blind one" in blind.summary()
    planted = audit_ranking(frame.assign(score=frame["score"] + (frame["group"] == "a")), group="group", score="score")
    assert planted["a"].exposure_ratio > 1 > planted["b"].exposure_ratio
    assert planted["b"].p_adjusted < 0.05
    assert "differs from a group-blind one" in planted.summary()


def test_missing_labels_are_a_group_and_people_without_a_score_are_said():
    frame = pd.DataFrame({"group": ["a", None, "b", "a", " "], "score": [5, 4, 3, 2, None]})
    audit = audit_ranking(frame, group="group", score="score", tops=[2])
    assert [group.group for group in audit] == ["(missing)", "a", "b"]
    assert audit["(missing)"].people == 1
    assert audit.unranked == 1
    assert "1 person has no place" in audit.summary()


def test_words_json_and_chart():
    audit = audit_ranking(ranked("ffmfmmfmmfmfmmfmffmmfm"), group="group", rank="place", tops=[5, 10, 50])
    as_json = json.loads(json.dumps(audit.to_dict(), allow_nan=False))
    assert [top["top"] for top in as_json["tops"]] == [5, 5, 10, 10]  # 50 places take in the whole list
    assert audit.to_frame().shape == (4, 13)
    assert audit.chart().to_dict()["description"] == audit.summary()


def test_unusable_lists_are_refused():
    frame = ranked("fmfm")
    with pytest.raises(ScoreError, match="one of"):
        audit_ranking(frame, group="group")
    with pytest.raises(ScoreError, match="one of"):
        audit_ranking(frame, group="group", rank="place", score="place")
    with pytest.raises(ScoreError, match="Everybody has 1"):
        audit_ranking(frame.assign(place=1), group="group", rank="place")
    with pytest.raises(LevelError, match="99"):
        audit_ranking(frame, group="group", rank="place", shuffles=5)
    with pytest.raises(LevelError, match="whole list of 4"):
        audit_ranking(frame, group="group", rank="place")
    with pytest.raises(LevelError, match="under 1"):
        audit_ranking(frame, group="group", rank="place", tops=[0])
    with pytest.raises(TooFewGroupsError, match="only one group"):
        audit_ranking(ranked("mm"), group="group", rank="place")
    with pytest.raises(CountError, match="no rows"):
        audit_ranking(frame.iloc[:0], group="group", rank="place")
    with pytest.raises(UnknownGroupError, match="f, m"):
        audit_ranking(frame, group="group", rank="place", tops=[1])["x"]


def test_one_top_needs_no_list_and_odd_ones_are_refused():
    one = audit_ranking(ranked("fmfmfm"), group="group", rank="place", tops=2)
    assert one.to_dict() == audit_ranking(ranked("fmfmfm"), group="group", rank="place", tops=[2]).to_dict()
    for odd in (2.5, "2", True, None, [2, "3"]):
        with pytest.raises(LevelError, match="whole numbers"):
            audit_ranking(ranked("fmfmfm"), group="group", rank="place", tops=odd)


def test_ndkl_of_mfff_by_hand():
    # The tops m, mf, mff and mfff, each against the whole list's 1/4 and 3/4.
    kl = [
        math.log(4),
        0.5 * math.log(2) + 0.5 * math.log(2 / 3),
        1 / 3 * math.log(4 / 3) + 2 / 3 * math.log(8 / 9),
        0.0,
    ]
    weights = [1 / math.log2(2), 1 / math.log2(3), 1 / math.log2(4), 1 / math.log2(5)]
    by_hand = sum(weight * each for weight, each in zip(weights, kl, strict=True)) / sum(weights)
    assert ndkl(list("mfff")) == pytest.approx(by_hand) == pytest.approx(0.5800, abs=5e-5)
