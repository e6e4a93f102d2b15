import math
import random
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.weightstats import DescrStatsW

from autograder.statistics import cronbach_alpha, item_statistics, mean_interval

NAN = math.nan

# Ten learners, three items of 0-4 points, as counted by hand below.
A = [0, 1, 1, 2, 2, 2, 3, 3, 4, 4]
B = [0, 0, 1, 1, 2, 3, 2, 4, 3, 4]
C = [4, 0, 3, 1, 2, 2, 0, 1, 4, 3]


def table(**columns):
    return pd.DataFrame(columns, index=[f"learner{i}" for i in range(len(next(iter(columns.values()))))])


def test_facility_is_the_mean_share_of_those_scored():
    shares = table(q1=[1, 0.5, 0, NAN], q2=[NAN] * 4, q3=[1, 1, 1, 1])
    easy, empty, all_right = item_statistics(shares)
    assert (easy.item, easy.n, easy.facility) == ("q1", 3, pytest.approx(0.5))
    assert (empty.n, empty.advice) == (0, "")
    assert math.isnan(empty.facility)
    assert math.isnan(empty.discrimination)
    assert (all_right.n, all_right.facility) == (4, 1.0)


def test_discrimination_leaves_the_item_out_of_the_rest():
    """By hand for a: r(a, b + c); b + c = 4 0 4 2 4 5 2 5 7 7, sums 22 and 40, squares 64 and 204, products 103."""
    covariance = 103 - 22 * 40 / 10
    expected = covariance / math.sqrt((64 - 22**2 / 10) * (204 - 40**2 / 10))
    shares = table(a=A, b=B, c=C) / 4
    assert item_statistics(shares)[0].discrimination == pytest.approx(expected)


@pytest.mark.parametrize("item", ["a", "b", "c"])
def test_discrimination_agrees_with_the_standard_library(item):
    columns = {"a": A, "b": B, "c": C}
    rest = [sum(values) for values in zip(*(v for k, v in columns.items() if k != item), strict=True)]
    found = {s.item: s.discrimination for s in item_statistics(table(**columns) / 4)}
    assert found[item] == pytest.approx(statistics.correlation(columns[item], rest))


@pytest.mark.parametrize(
    ("q1", "q2"),
    [
        pytest.param(A[:9], B[:9], id="nine-learners"),
        pytest.param([*A[:9], NAN], B, id="nine-scored"),
        pytest.param(A, [*B[:9], NAN], id="nine-with-a-rest"),
        pytest.param([3] * 10, B, id="all-earned-the-same"),
        pytest.param(A, [2] * 10, id="the-rest-is-the-same"),
    ],
)
def test_discrimination_is_nan_where_it_says_nothing(q1, q2):
    assert math.isnan(item_statistics(table(q1=q1, q2=q2))[0].discrimination)


def test_a_single_item_has_no_rest():
    (single,) = item_statistics(table(q1=A))
    assert math.isnan(single.discrimination)


@pytest.mark.parametrize(
    ("item", "rest", "advice"),
    [
        pytest.param([1] * 10, list(range(10)), "Nearly everyone", id="easy"),
        pytest.param([0] * 8 + [1, 1], list(range(10)), "Most learners miss it", id="hard"),
        pytest.param([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], list(range(10)), "wording and its key", id="backwards"),
        pytest.param([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], list(range(10)), "", id="fine"),
        pytest.param([1, 1, 1, 1, 1, 0, 0, 0, 0], list(range(9)), "", id="too-few-to-say"),
    ],
)
def test_advice(item, rest, advice):
    found = item_statistics(table(item=item, rest=[value / 10 for value in rest]))[0].advice
    assert advice in found
    assert bool(advice) == bool(found)


def test_alpha_by_hand():
    """Variances times 9: a 64 - 48.4, b 60 - 40, c 60 - 40; totals 4 1 5 4 6 7 5 8 11 11 have 474 - 62**2 / 10."""
    items = (64 - 22**2 / 10) + (60 - 20**2 / 10) + (60 - 20**2 / 10)
    totals = 474 - 62**2 / 10
    assert cronbach_alpha(table(a=A, b=B, c=C)) == pytest.approx(3 / 2 * (1 - items / totals))


def test_alpha_of_right_and_wrong_is_kuder_richardson_20():
    """Kuder and Richardson (1937), formula 20; with population variances it is alpha's special case."""
    answers = [(1, 1, 1, 1)] * 3 + [(1, 1, 1, 0)] * 3 + [(1, 1, 0, 0)] * 2 + [(0, 1, 0, 0), (0, 0, 0, 0)]
    right = [8, 9, 6, 3]  # of 10, counted by hand
    totals = [4, 4, 4, 3, 3, 3, 2, 2, 1, 0]
    expected = 4 / 3 * (1 - sum(p / 10 * (1 - p / 10) for p in right) / statistics.pvariance(totals))
    assert cronbach_alpha(pd.DataFrame(answers)) == pytest.approx(expected)


def test_alpha_of_one_item_asked_twice_is_one():
    assert cronbach_alpha(table(a=A, again=A)) == pytest.approx(1)


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"a": A[:9], "b": B[:9]}, id="nine-learners"),
        pytest.param({"a": [*A[:9], NAN], "b": B}, id="nine-complete"),
        pytest.param({"a": A}, id="one-item"),
        pytest.param({"a": [1] * 10, "b": [2] * 10}, id="all-the-same"),
        pytest.param({"a": A, "b": [4 - value for value in A]}, id="same-totals"),
        pytest.param(
            {"a": [0.1, 0.3] * 5, "b": [0.2] * 10, "c": [0.3, 0.1] * 5},
            id="same-totals-in-another-order-of-adding",
        ),
    ],
)
def test_alpha_is_nan_where_it_says_nothing(columns):
    assert math.isnan(cronbach_alpha(table(**columns)))


def test_discrimination_is_nan_when_the_rest_differs_only_by_rounding():
    shares = table(item=[0, 1] * 5, a=[0.1, 0.3] * 5, b=[0.2] * 10, c=[0.3, 0.1] * 5)
    assert math.isnan(item_statistics(shares)[0].discrimination)


def test_alpha_leaves_learners_with_a_gap_out():
    gap = {"a": [*A, 4], "b": [*B, NAN], "c": [*C, 0]}
    assert cronbach_alpha(table(**gap)) == pytest.approx(cronbach_alpha(table(a=A, b=B, c=C)))


# The interval of a mean


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_interval_agrees_with_statsmodels(confidence):
    values = [0.2, 0.4, 0.5, 0.5, 0.6, 0.7, 0.55, 0.3]
    found = mean_interval(pd.Series([NAN, *values, NAN]), confidence=confidence)
    low, high = DescrStatsW(values).tconfint_mean(alpha=1 - confidence)
    assert found == pytest.approx((0.46875, low, high))


def test_the_interval_of_two_values_by_hand():
    """t(0.975, 1 df) = 12.706 (any table); mean 0.5, standard error 0.01."""
    assert mean_interval(pd.Series([0.49, 0.51])) == pytest.approx((0.5, 0.37294, 0.62706), abs=1e-5)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], (NAN, NAN, NAN), id="nobody"),
        pytest.param([NAN, NAN], (NAN, NAN, NAN), id="nobody-scored"),
        pytest.param([0.4, NAN], (0.4, NAN, NAN), id="one"),
        pytest.param([0.4, 0.4, 0.4], (0.4, 0.4, 0.4), id="all-the-same"),
        pytest.param([0.0, 1.0], (0.5, 0.0, 1.0), id="cut-to-shares"),
    ],
)
def test_intervals_at_the_edges(values, expected):
    assert mean_interval(pd.Series(values, dtype=float)) == pytest.approx(expected, nan_ok=True)


# Properties

points = st.sampled_from([0.0, 0.25, 0.5, 1.0, NAN])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(points, points, points), min_size=2, max_size=16), st.randoms(use_true_random=False))
def test_the_order_of_learners_changes_nothing(rows, shuffler: random.Random):
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    one, two = (pd.DataFrame(each, columns=["a", "b", "c"]) for each in (rows, shuffled))
    assert cronbach_alpha(one) == pytest.approx(cronbach_alpha(two), nan_ok=True)
    assert mean_interval(one["a"]) == pytest.approx(mean_interval(two["a"]), nan_ok=True)
    for first, second in zip(item_statistics(one), item_statistics(two), strict=True):
        assert (first.item, first.n, first.advice) == (second.item, second.n, second.advice)
        assert [first.facility, first.discrimination] == pytest.approx(
            [second.facility, second.discrimination], nan_ok=True
        )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(points, points), min_size=10, max_size=16))
def test_figures_stay_in_their_ranges(rows):
    frame = pd.DataFrame(rows, columns=["a", "b"])
    for item in item_statistics(frame):
        assert np.isnan(item.facility) or 0 <= item.facility <= 1
        assert np.isnan(item.discrimination) or -1 - 1e-9 <= item.discrimination <= 1 + 1e-9
    alpha = cronbach_alpha(frame)
    assert np.isnan(alpha) or alpha <= 1 + 1e-9
