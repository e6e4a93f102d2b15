"""The threshold sweep against a loop that tries every cut by hand."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.screening.counts import CountTable, count_table
from evaluators.screening.errors import (
    CountError,
    OutcomeError,
    ScoreError,
    TooFewGroupsError,
    UnknownGroupError,
)
from evaluators.screening.rates import falls_below, impact_ratios, reference_group
from evaluators.screening.sweep import threshold_sweep

people_lists = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None, " "]), st.integers(0, 8), st.sampled_from([True, False, None])),
    min_size=2,
    max_size=40,
).filter(lambda people: len({(label or "").strip() for label, *_ in people}) > 1)


def table(people: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(people, columns=["group", "score", "good"]).astype({"group": object, "good": object})


SMALL = table([("f", 90, True), ("f", 70, False), ("m", 80, True), ("m", 80, False), ("m", 60, True)])


@settings(deadline=None, max_examples=40)
@given(people_lists, st.sampled_from(["highest", "largest"]))
def test_every_cut_agrees_with_counting_one_cut_at_a_time(people, reference):
    frame = table(people)
    sweep = threshold_sweep(frame, group="group", score="score", reference=reference)
    assert sweep.cuts.tolist() == sorted(set(frame["score"]), reverse=True)
    for row, cut in enumerate(sweep.cuts):
        by_hand = count_table(frame.assign(selected=frame["score"] >= cut), group="group", outcome="selected")
        assert sweep.at(cut) == by_hand
        compared_with = reference_group(by_hand, reference)
        assert sweep.labels[sweep.references[row]] == compared_with.label
        assert dict(zip(sweep.labels, sweep.impact_ratios[row], strict=True)) == pytest.approx(
            impact_ratios(by_hand, reference=reference), nan_ok=True
        )
        assert sweep.below_four_fifths[row].tolist() == [falls_below(group, compared_with) for group in by_hand]


@settings(deadline=None, max_examples=6)
@given(people_lists.filter(lambda people: any(good is not None for *_, good in people)))
def test_precision_and_recall_agree_with_scikit_learn(people):
    from sklearn.metrics import precision_score, recall_score

    frame = table(people)
    quality = threshold_sweep(frame, group="group", score="score", outcome="good").quality()
    known = frame[frame["good"].notna()]
    for row in quality.itertuples():
        if (selected := known["score"] >= row.cut).any():
            assert row.precision == pytest.approx(precision_score(known["good"].astype(bool), selected))
        else:
            assert np.isnan(row.precision)
        if known["good"].any():
            assert row.recall == pytest.approx(recall_score(known["good"].astype(bool), selected))
        else:
            assert np.isnan(row.recall)


@settings(deadline=None, max_examples=12)
@given(people_lists, st.randoms())
def test_order_of_rows_and_scale_of_scores_change_nothing(people, random):
    first = threshold_sweep(table(people), group="group", score="score").to_frame()
    shuffled = list(people)
    random.shuffle(shuffled)
    again = table(shuffled).assign(score=lambda frame: 3 * frame["score"] - 5)
    second = threshold_sweep(again, group="group", score="score").to_frame()
    pd.testing.assert_frame_equal(first.assign(cut=3 * first["cut"] - 5), second)


def test_each_figure_by_hand():
    sweep = threshold_sweep(SMALL, group="group", score="score", outcome="good", reference="m")
    assert sweep.cuts.tolist() == [90, 80, 70, 60]
    assert sweep.selected.tolist() == [[1, 0], [1, 2], [2, 2], [2, 3]]
    assert sweep.impact_ratios[:, 0] == pytest.approx([np.nan, 0.75, 1.5, 1.0], nan_ok=True)
    assert sweep.share_selected.tolist() == [0.2, 0.6, 0.8, 1.0]
    quality = sweep.quality()
    assert quality["precision"].tolist() == pytest.approx([1, 2 / 3, 1 / 2, 3 / 5])
    assert quality["recall"].tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1])
    own = sweep.to_frame().query("cut == 80 and group == 'm'").iloc[0]
    assert (own["precision"], own["recall"], own["reference"]) == (0.5, 0.5, "m")


@pytest.mark.parametrize(
    ("cut", "selected"),
    [(100, (0, 0)), (90, (1, 0)), (75.5, (1, 2)), (-np.inf, (2, 3)), (np.inf, (0, 0))],
)
def test_cuts_between_scores_select_who_reaches_them(cut, selected):
    counts = threshold_sweep(SMALL, group="group", score="score").at(cut)
    assert counts == CountTable.from_counts({"f": (selected[0], 2), "m": (selected[1], 3)})


def test_exactly_four_fifths_is_not_below():
    scores = {"f": [1] * 64 + [0] * 36, "m": [1] * 80 + [0] * 20}
    frame = pd.DataFrame([(label, score) for label, own in scores.items() for score in own], columns=["sex", "score"])
    sweep = threshold_sweep(frame, group="sex", score="score")
    assert sweep.impact_ratios[0].tolist() == [0.8, 1.0]
    assert not sweep.below_four_fifths.any()


def test_the_lowest_ratio_looks_only_where_there_are_enough_people():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"group": ["a"] * 300 + ["b"] * 300, "score": np.r_[rng.normal(0, 1, 300), rng.normal(1, 1, 300)]}
    )
    sweep = threshold_sweep(frame, group="group", score="score")
    assert sweep.lowest_ratio(all_cuts=True).impact_ratio == 0
    lowest = sweep.lowest_ratio()
    chosen = sweep.at(lowest.cut)
    total = sum(group.selected for group in chosen)
    assert 10 <= total <= 590  # two groups of equal size: five expected in each
    assert (lowest.group, lowest.reference, lowest.selected) == ("a", "b", chosen["a"].selected)
    by_hand = [
        impact_ratios(sweep.at(cut))["a"] for cut in frame["score"] if 10 <= (frame["score"] >= cut).sum() <= 590
    ]
    assert lowest.impact_ratio == pytest.approx(min(by_hand))
    assert threshold_sweep(SMALL, group="group", score="score").lowest_ratio() is None


def test_people_without_a_score_are_counted_and_said():
    frame = table([("f", 90, None), ("f", None, None), ("m", 80, None), ("m", 70, None), (None, None, None)])
    sweep = threshold_sweep(frame, group="group", score="score")
    assert sweep.unscored == {"(missing)": 1, "f": 1}
    assert sweep.labels == ("f", "m")
    assert sweep.applicants.tolist() == [1, 2]
    assert "2 people have no score" in sweep.summary()
    assert sweep.to_dict()["unscored"] == {"(missing)": 1, "f": 1}


@pytest.mark.parametrize(
    "convert",
    [
        pytest.param(pl.DataFrame, id="polars"),
        pytest.param(pl.LazyFrame, id="polars-lazy"),
        pytest.param(pa.table, id="pyarrow"),
    ],
)
def test_any_table_gives_the_same_sweep(convert):
    columns = {"sex": ["f", None, "m", "m"], "race": ["x", "y", "x", "x"], "score": [3.0, 2.0, 2.0, None]}
    expected = threshold_sweep(pd.DataFrame(columns), group=["sex", "race"], score="score").to_frame()
    found = threshold_sweep(convert(columns), group=["sex", "race"], score="score").to_frame()
    pd.testing.assert_frame_equal(found, expected)
    assert found["group"].unique().tolist() == ["(missing) × y", "f × x", "m × x"]


def test_labels_are_those_of_the_count_table():
    labels = [1, 1.0, "1.0 ", None, "", float("nan"), "b"]
    frame = pd.DataFrame({"group": pd.Series(labels, dtype=object), "score": range(7), "hired": [True] * 7})
    counted = count_table(frame, group="group", outcome="hired")
    assert threshold_sweep(frame, group="group", score="score").at(0) == counted
    by_category = frame.assign(group=pd.Categorical(["x", None, "y", "y", "x", "x", "y"], categories=["y", "x", "z"]))
    assert threshold_sweep(by_category, group="group", score="score").labels == ("(missing)", "x", "y")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        pytest.param({"score": ["high", 1, 2, 3, 4]}, ScoreError, "'high'", id="text"),
        pytest.param({"score": [np.inf, 1, 2, 3, 4]}, ScoreError, "infinite", id="infinite"),
        pytest.param({"score": [None] * 5}, ScoreError, "Nobody has a score", id="none"),
        pytest.param({"score": [True] * 5}, ScoreError, "yes or no", id="bool"),
        pytest.param({"good": ["maybe", 1, 0, 1, 0]}, OutcomeError, "'maybe'", id="unclear-outcome"),
        pytest.param({"good": [None] * 5}, OutcomeError, "empty", id="no-outcome"),
        pytest.param({"group": ["x"] * 5}, TooFewGroupsError, "only one group", id="one-group"),
        pytest.param({"group": list("xxxxy"), "score": [1, 2, 3, 4, None]}, CountError, "Only people", id="one-scored"),
    ],
)
def test_unusable_tables_are_refused(change, error, words):
    with pytest.raises(error, match=words):
        threshold_sweep(SMALL.assign(**change), group="group", score="score", outcome="good")


def test_wrong_settings_say_what_to_do():
    with pytest.raises(UnknownGroupError, match="f, m"):
        threshold_sweep(SMALL, group="group", score="score", reference="x")
    with pytest.raises(CountError, match="no rows"):
        threshold_sweep(SMALL.iloc[:0], group="group", score="score")
    with pytest.raises(CountError, match="at least one group column"):
        threshold_sweep(SMALL, group=[], score="score")
    sweep = threshold_sweep(SMALL, group="group", score="score")
    with pytest.raises(ScoreError, match="outcome="):
        sweep.quality()
    with pytest.raises(ScoreError, match="not a number"):
        sweep.at(float("nan"))
    with pytest.raises(ScoreError, match="no axis"):
        sweep.chart(against="rate")


@pytest.mark.parametrize("against", ["share_selected", "cut"])
def test_words_json_and_chart(against):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"group": rng.choice(list("abc"), 3_000), "score": rng.normal(size=3_000)})
    sweep = threshold_sweep(frame.assign(good=rng.random(3_000) < 0.5), group="group", score="score", outcome="good")
    assert len(json.loads(json.dumps(sweep.to_dict(), allow_nan=False))["rows"]) <= 3 * 200
    assert "known for 3,000 of 3,000" in sweep.summary()
    chart = sweep.chart(against=against).to_dict()
    assert chart["description"] == sweep.summary()
    encoding = chart["layer"][1]["encoding"]
    assert encoding["x"]["field"] == against
    assert len({tuple(dash) for dash in encoding["strokeDash"]["scale"]["range"]}) == 3
    assert [{"at": 0.8}] in chart["datasets"].values()
