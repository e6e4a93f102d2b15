"""Intervals against statsmodels and hand counts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep, score_test_proportions_2indep

from evaluators.screening import GroupCount, LevelError, ratio_interval
from evaluators.screening.errors import MethodError
from evaluators.screening.intervals import INTERVAL_METHODS, interval_name

sizes = st.integers(10, 500)


def interval(
    x1: int, n1: int, x0: int, n0: int, confidence: float = 0.95, method: str = "koopman"
) -> tuple[float, float]:
    return ratio_interval(GroupCount("x", x1, n1), GroupCount("y", x0, n0), confidence=confidence, method=method)


def test_twelve_of_forty_against_forty_eight_of_eighty():
    assert interval(12, 40, 48, 80) == pytest.approx((0.293, 0.794), abs=5e-4)


@settings(deadline=None, max_examples=25)
@given(st.data(), sizes, sizes, st.sampled_from([0.9, 0.95, 0.99]))
def test_agrees_with_the_closed_form_in_statsmodels(data, n1, n0, confidence):
    # With (nearly) empty cells the closed form loses digits or takes wrong roots; the next test has those.
    x1, x0 = data.draw(st.integers(5, n1 - 5)), data.draw(st.integers(5, n0 - 5))
    theirs = confint_proportions_2indep(
        x1, n1, x0, n0, method="score", compare="ratio", alpha=1 - confidence, correction=False
    )
    assert interval(x1, n1, x0, n0, confidence) == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.data(), st.integers(1, 2000), st.integers(1, 2000), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_score_test_in_statsmodels_puts_the_limits_at_alpha(data, n1, n0, confidence):
    x1, x0 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n0))
    for limit in interval(x1, n1, x0, n0, confidence):
        if 0 < limit < math.inf:
            test = score_test_proportions_2indep(
                x1, n1, x0, n0, value=limit, compare="ratio", correction=False, return_results=True
            )
            assert test.pvalue == pytest.approx(1 - confidence, rel=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.data(), sizes, sizes)
def test_the_interval_holds_the_observed_ratio_and_mirrors(data, n1, n0):
    x1, x0 = data.draw(st.integers(1, n1)), data.draw(st.integers(1, n0))
    low, high = interval(x1, n1, x0, n0)
    assert 0 < low < (x1 / n1) / (x0 / n0) < high < math.inf
    mirrored = interval(x0, n0, x1, n1)
    assert (low, high) == pytest.approx((1 / mirrored[1], 1 / mirrored[0]), rel=1e-9)


def test_nobody_selected_leaves_the_interval_open():
    low, high = interval(0, 40, 48, 80)
    assert (low, 0.05 < high < 0.25) == (0, True)
    low, high = interval(12, 40, 0, 80)
    assert (low > 1, high) == (True, math.inf)
    assert interval(0, 40, 0, 80) == (0, math.inf)


def test_everybody_selected():
    # The score test of n1 of n1 against n0 of n0 has z² = n0 (ratio - 1), so the limits are known by hand.
    z_squared = 1.959963984540054**2
    assert interval(50, 50, 80, 80) == pytest.approx((1 / (1 + z_squared / 50), 1 + z_squared / 80), rel=1e-9)


def test_more_people_give_a_shorter_interval():
    lengths = [high - low for low, high in (interval(3 * n, 10 * n, 6 * n, 10 * n) for n in (1, 10, 10_000_000))]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] < 0.001


@pytest.mark.parametrize("confidence", [0, 1, 95, math.nan])
def test_confidence_is_a_share(confidence):
    with pytest.raises(LevelError):
        interval(1, 2, 1, 2, confidence)


def test_katz_of_twelve_of_forty_against_forty_eight_of_eighty():
    assert interval(12, 40, 48, 80, method="katz") == pytest.approx((0.301, 0.829), abs=5e-4)


@settings(deadline=None, max_examples=25)
@given(st.data(), sizes, sizes, st.sampled_from([0.9, 0.95, 0.99]))
def test_katz_agrees_with_statsmodels(data, n1, n0, confidence):
    x1, x0 = data.draw(st.integers(1, n1 - 1)), data.draw(st.integers(1, n0 - 1))
    theirs = confint_proportions_2indep(x1, n1, x0, n0, method="log", compare="ratio", alpha=1 - confidence)
    assert interval(x1, n1, x0, n0, confidence, "katz") == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("counts", [(0, 40, 48, 80), (12, 40, 0, 80), (0, 40, 0, 80), (40, 40, 80, 80)])
def test_katz_gives_no_number_where_its_formula_fails(counts):
    assert all(math.isnan(limit) for limit in interval(*counts, method="katz"))


def test_an_unknown_method_says_which_there_are():
    assert [interval_name(method) for method in INTERVAL_METHODS] == ["Koopman score", "Katz log"]
    with pytest.raises(MethodError, match="koopman, katz"):
        interval(1, 2, 1, 2, method="wald")


@pytest.mark.slow
def test_koopman_covers_the_true_ratio_of_few_people_with_low_rates():
    # 20 against 100 people at rates of 4 and 5 %, where the percentile bootstrap covers .551; added up exactly.
    coverage = dict.fromkeys(INTERVAL_METHODS, 0.0)
    for x1, chance1 in enumerate(binom.pmf(range(21), 20, 0.04)):
        for x0, chance0 in enumerate(binom.pmf(range(31), 100, 0.05)):
            for method in coverage:
                low, high = interval(x1, 20, x0, 100, method=method)
                coverage[method] += chance1 * chance0 * (low <= 0.8 <= high)
    assert coverage["koopman"] == pytest.approx(0.951, abs=0.005)
    assert coverage["katz"] < 0.6  # nobody of 20 is selected in 44 % of the samples, and then it says nothing


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_koopman_covers_the_true_ratio_in_simulated_samples(seed):
    random = np.random.default_rng(seed)
    drawn = zip(random.binomial(20, 0.04, 4_000).tolist(), random.binomial(100, 0.05, 4_000).tolist(), strict=True)
    covered = [low <= 0.8 <= high for low, high in (interval(x1, 20, x0, 100) for x1, x0 in drawn)]
    assert np.mean(covered) == pytest.approx(0.951, abs=0.012)


@pytest.mark.parametrize(
    ("counts", "koopman", "katz"),
    [
        # The counts of Koopman's example, at full, half and a quarter of the size.
        pytest.param((36, 40, 16, 80), (2.94, 7.15), (2.87, 7.06), id="koopman-1984"),
        pytest.param((18, 20, 8, 40), (2.50, 8.68), (2.38, 8.51), id="half"),
        pytest.param((9, 10, 4, 20), (2.00, 11.34), (1.83, 11.07), id="quarter"),
    ],
)
def test_koopmans_example_by_the_definition(counts, koopman, katz):
    # Written out anew: all ratios whose constrained chi-square (Koopman's U) stays under 3.84, found on a fine grid.
    x1, n1, x0, n0 = counts
    p0 = np.linspace(1e-4, 1 - 1e-4, 20_001)

    def chi_square(ratio: float) -> float:
        p1 = ratio * p0
        inside = p1 < 1
        p1, q0 = p1[inside], p0[inside]
        likelihood = x1 * np.log(p1) + (n1 - x1) * np.log1p(-p1) + x0 * np.log(q0) + (n0 - x0) * np.log1p(-q0)
        best = int(likelihood.argmax())
        a, b = p1[best], q0[best]
        return float((x1 - n1 * a) ** 2 / (n1 * a * (1 - a)) + (x0 - n0 * b) ** 2 / (n0 * b * (1 - b)))

    low, high = interval(*counts)
    assert (low, high) == pytest.approx(koopman, abs=0.006)
    for limit in (low, high):
        assert chi_square(limit) == pytest.approx(3.8415, abs=0.01)
    assert interval(*counts, method="katz") == pytest.approx(katz, abs=0.006)
