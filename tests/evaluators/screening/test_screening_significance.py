import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from evaluators.screening import GroupCount, RateTest, holm, p_in_words, rate_test

sizes = st.integers(1, 400)


def compare(x1: int, n1: int, x0: int, n0: int) -> RateTest:
    return rate_test(GroupCount("x", x1, n1), GroupCount("y", x0, n0))


def test_twelve_of_forty_against_forty_eight_of_eighty():
    result = compare(12, 40, 48, 80)
    assert result.name == "pooled Z"
    assert result.statistic == pytest.approx(-3.10, abs=0.005)


@pytest.mark.parametrize(
    ("counts", "name", "reason"),
    [
        pytest.param((7, 14, 7, 15), "Fisher exact", "29 people", id="29-people"),
        pytest.param((7, 15, 7, 15), "pooled Z", "30 people", id="30-people-and-7-expected"),
        pytest.param((4, 100, 5, 100), "Fisher exact", "only 4.5 selected people", id="expected-4.5"),
        pytest.param((5, 100, 5, 100), "pooled Z", "200 people", id="expected-exactly-5"),
        pytest.param((96, 100, 95, 100), "Fisher exact", "only 4.5 rejected people", id="few-rejected"),
        pytest.param((0, 100, 0, 100), "Fisher exact", "0.0", id="none-selected"),
        pytest.param((100, 100, 100, 100), "Fisher exact", "0.0", id="all-selected"),
    ],
)
def test_the_choice_of_test_comes_with_its_reason(counts, name, reason):
    result = compare(*counts)
    assert result.name == name
    assert reason in result.reason
    assert result.reason.startswith("We used ")
    assert result.reason.endswith(".")
    assert 0 <= result.p_value <= 1


@settings(deadline=None, max_examples=25)
@given(st.data(), sizes, sizes)
def test_agrees_with_other_libraries(data, n1, n0):
    x1, x0 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n0))
    result = compare(x1, n1, x0, n0)
    if result.name == "pooled Z":
        expected = proportions_ztest([x1, x0], [n1, n0])
    else:
        expected = fisher_exact([[x1, n1 - x1], [x0, n0 - x0]])
    assert (result.statistic, result.p_value) == pytest.approx(tuple(expected), rel=1e-6, nan_ok=True)


def test_fisher_by_hand():
    # 3 of 3 against 0 of 3: two of the 20 equally likely ways to choose 3 of 6 are as far apart.
    result = compare(3, 3, 0, 3)
    assert (result.statistic, result.p_value) == (math.inf, pytest.approx(0.1))


@pytest.mark.parametrize(
    ("p_value", "words"),
    [(0.0, "< 0.001"), (0.00099, "< 0.001"), (0.001, "0.001"), (0.0476, "0.048"), (1.0, "1.000"), (math.nan, "–")],
)
def test_p_values_in_words(p_value, words):
    assert p_in_words(p_value) == words


@settings(deadline=None, max_examples=4)  # statsmodels takes 0.1 s a call
@given(st.lists(st.integers(0, 1000).map(lambda n: n / 1000), max_size=8))
def test_holm_agrees_with_statsmodels(p_values):
    expected = multipletests(p_values, method="holm")[1] if p_values else []
    np.testing.assert_allclose(holm(p_values), expected)
