"""Agreement among raters and with a score, against hand counts and statsmodels."""

import json
import math
from itertools import product
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from statsmodels.stats.inter_rater import cohens_kappa

from evaluators._validation import ColumnError
from evaluators.tone.agreement import agreement_with, rater_agreement, read_ratings, weighted_kappa
from evaluators.tone.errors import RatingsError

COLUMNS = ["rater", "reply_id", "dimension", "score"]


def table(scores: dict[str, list[float | None]], dimension: str = "politeness") -> pd.DataFrame:
    rows = [(who, f"r{n}", dimension, score) for who, own in scores.items() for n, score in enumerate(own)]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_kappa_matches_a_hand_count() -> None:
    # Squared differences: 1 in sum. Expected by chance: all 16 pairs of [0 2 4 3] and [1 2 4 3] sum to 56, over 4: 14.
    assert weighted_kappa([0, 2, 4, 3], [1, 2, 4, 3]) == pytest.approx(1 - 1 / 14)
    # Opposites: squared differences 16 + 16, by chance (0 + 16 + 16 + 0) / 2.
    assert weighted_kappa([0, 4], [4, 0]) == pytest.approx(1 - 32 / 16)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=30))
def test_kappa_matches_statsmodels(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    counts = np.zeros((5, 5))
    for one, other in pairs:
        counts[one, other] += 1
    if len({*first, *second}) < 2:
        assert math.isnan(weighted_kappa(first, second))
        return
    expected = cohens_kappa(counts, wt="quadratic", return_results=False)
    assert weighted_kappa(first, second) == pytest.approx(float(expected), abs=1e-9)


def test_scores_are_rounded_to_whole_steps_halves_up() -> None:
    assert weighted_kappa([0.5, 2.4, 3.5], [1, 2, 4]) == 1


def test_three_raters_pairs_mean_and_one_against_the_rest() -> None:
    found = rater_agreement(table({"Ana": [0, 2, 4, 3], "Ben": [1, 2, 4, 3], "Cem": [0, 2, 4, 3]}))
    pair = next(each for each in found.pairs if (each.dimension, each.first, each.second) == ("all", "Ana", "Ben"))
    assert (pair.ratings, pair.kappa) == (4, pytest.approx(1 - 1 / 14))
    assert found.overall.kappa == pytest.approx((1 + 2 * (1 - 1 / 14)) / 3)
    assert found.overall.one_against_rest == pytest.approx(1)
    assert (found.raters, found.replies, found.ratings) == (3, 4, 12)
    assert found.to_frame()["dimension"].tolist() == ["politeness", "all"]
    json.dumps(found.to_dict(), allow_nan=False)


def test_one_category_has_no_kappa_and_says_why() -> None:
    found = rater_agreement(table({"Ana": [2, 2, 2], "Ben": [2, 2, 2]}))
    assert math.isnan(found.overall.kappa)
    assert "no kappa: everybody gave the same score throughout" in found.summary()
    assert found.to_dict()["dimensions"][0]["kappa"] is None


def test_a_constant_rater_agrees_as_by_chance() -> None:
    found = rater_agreement(table({"Ana": [2, 2, 2], "Ben": [1, 2, 3]}))
    assert found.overall.kappa == 0
    assert math.isnan(found.overall.one_against_rest)


def test_raters_need_not_rate_the_same_things() -> None:
    found = rater_agreement(table({"Ana": [0, 2, 4, 3, None], "Ben": [0, 2, 4, None, 3], "Cem": [None] * 3 + [1, 1]}))
    assert {each.ratings for each in found.pairs} == {3, 1}
    assert found.overall.kappa == 1
    few = rater_agreement(table({"Ana": [0, 1], "Ben": [0, 1]}))
    assert "share 2 ratings at most, and it takes 3" in few.summary()
    with pytest.raises(RatingsError, match="No two raters"):
        rater_agreement(table({"Ana": [1, None], "Ben": [None, 1]}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"score": 5}, "row 2 has the score '5'"),
        ({"score": "good"}, "row 2 has the score 'good'"),
        ({"dimension": "warmth"}, "row 2 rates a dimension 'warmth'"),
        ({"rater": " "}, "row 2 has no rater"),
        ({"reply_id": "r0"}, "Ana rated politeness of reply r0 more than once"),
    ],
)
def test_what_is_no_rating_is_refused_with_its_row(change: dict[str, object], said: str) -> None:
    made = table({"Ana": [1, 2], "Ben": [1, 2]}).astype(object)
    for name, value in change.items():
        made.loc[1, name] = value
    with pytest.raises(RatingsError, match=said):
        rater_agreement(made)


def test_one_rater_is_refused() -> None:
    with pytest.raises(RatingsError, match="one rater, Ana"):
        rater_agreement(table({"Ana": [1, 2, 3]}))


def test_agreement_with_scores_stands_beside_the_human_figure() -> None:
    ratings = table({"Ana": [0, 2, 4, 3], "Ben": [1, 2, 4, 3]})
    scores = table({"x": [0.4, 1.9, 3.6, 3.2]}).drop(columns="rater")
    found = agreement_with(ratings, scores)
    # Rounded, the scores are Ana's ratings: kappa 1 with her, 1 - 1/14 with Ben.
    assert found.overall.kappa == pytest.approx((1 + 1 - 1 / 14) / 2)
    assert found.overall.human_kappa == pytest.approx(1 - 1 / 14)
    assert found.overall.spearman == pytest.approx(1)
    # Means are 0.5, 2, 4, 3; differences -0.1, -0.1, -0.4, 0.2.
    assert found.overall.difference == pytest.approx(-0.1)
    assert "the raters among themselves 0.93" in found.summary()
    assert "0.1 points stricter" in found.summary()
    alone = agreement_with(table({"Ana": [0, 2, 4]}), scores)
    assert math.isnan(alone.overall.human_kappa)


def test_a_score_that_abstained_is_left_out() -> None:
    ratings = table({"Ana": [0, 2, 4, 3], "Ben": [1, 2, 4, 3]})
    scores = table({"x": [0, 2, 4, math.nan]}).drop(columns="rater")
    assert agreement_with(ratings, scores).overall.replies == 3
    with pytest.raises(RatingsError, match="No reply has both"):
        agreement_with(ratings, scores.assign(reply_id="z" + scores["reply_id"]))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    ratings = table({"Ana": [0, 2, 4, 3], "Ben": [1, 2, 4, 3]})
    assert rater_agreement(ratings.iloc[order]) == rater_agreement(ratings)


def test_files_are_read_from_csv_and_excel(tmp_path: Path) -> None:
    rows = [["Rater", "Reply_ID", "Dimension", "Score"], *product(["Ana"], ["r1", "r2"], ["politeness"], [3])]
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "ratings.xlsx")
    text = "\n".join(";".join(map(str, row)) for row in rows)
    (tmp_path / "ratings.csv").write_text(text, encoding="utf-8-sig")
    read = [read_ratings(tmp_path / name) for name in ("ratings.xlsx", "ratings.csv")]
    pd.testing.assert_frame_equal(*read)
    assert read[0]["score"].tolist() == [3.0, 3.0]
    (tmp_path / "bad.csv").write_text("rater,reply_id,dimension,score\nAna,r1,politeness,9\n")
    with pytest.raises(RatingsError, match=r"bad.csv: row 1 has the score '9'"):
        read_ratings(tmp_path / "bad.csv")
    (tmp_path / "other.csv").write_text("rater,reply,dimension,score\nAna,r1,politeness,3\n")
    with pytest.raises(ColumnError, match="reply_id"):
        read_ratings(tmp_path / "other.csv")


def test_charts_say_what_they_show() -> None:
    ratings = table({"Ana": [0, 2, 4, 3], "Ben": [1, 2, 4, 3]})
    for found in (rater_agreement(ratings), agreement_with(ratings, ratings[ratings["rater"] == "Ana"])):
        chart = found.chart()
        assert isinstance(chart, alt.LayerChart)
        assert chart.to_dict()["description"] == found.summary()
