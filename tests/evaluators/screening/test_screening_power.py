"""Power and sample sizes against published figures, statsmodels and exact enumeration."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from evaluators.screening.errors import LevelError, SimulationError
from evaluators.screening.power import detection_power, people_needed, smallest_ratio_seen

shares = st.integers(1, 99).map(lambda percent: percent / 100)


def exact_power(n1: int, n0: int, rate: float, reference_rate: float) -> float:
    """Add up the chances of all outcomes that the pooled Z test at 5 % rejects."""
    x1, x0 = np.arange(n1 + 1)[:, None], np.arange(n0 + 1)[None, :]
    pooled = (x1 + x0) / (n1 + n0)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    z = np.divide(x1 / n1 - x0 / n0, error, out=np.zeros_like(error), where=error > 0)
    chances = binom.pmf(x1, n1, rate) * binom.pmf(x0, n0, reference_rate)
    return float(chances[np.abs(z) > 1.959964].sum())


@pytest.mark.parametrize(("rate", "people"), [(0.1, 3205), (0.3, 858), (0.5, 388)])
def test_people_for_four_fifths(rate, people):
    assert people_needed(ratio=0.8, reference_rate=rate) == people


@pytest.mark.parametrize(
    ("n1", "n0", "rate", "reference_rate"),
    [(858, 858, 0.24, 0.3), (388, 388, 0.4, 0.5), (100, 300, 0.2, 0.4), (60, 60, 0.3, 0.6)],
)
def test_power_is_near_the_exact_power_of_the_z_test(n1, n0, rate, reference_rate):
    approximate = detection_power(n1, n0, rate=rate, reference_rate=reference_rate)
    assert approximate == pytest.approx(exact_power(n1, n0, rate, reference_rate), abs=0.02)


@settings(deadline=None, max_examples=25)
@given(shares, shares, st.integers(5, 2000), st.integers(5, 2000), st.sampled_from([0.01, 0.05, 0.1]))
def test_power_agrees_with_statsmodels(rate, reference_rate, n1, n0, alpha):
    theirs = NormalIndPower().power(proportion_effectsize(rate, reference_rate), n1, alpha, ratio=n0 / n1)
    ours = detection_power(n1, n0, rate=rate, reference_rate=reference_rate, alpha=alpha)
    assert ours == pytest.approx(float(theirs), abs=1e-9)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from([0.0, 0.5, 0.8, 0.9, 1.1]), st.sampled_from([0.05, 0.3, 0.8]), st.sampled_from([0.25, 1.0, 4.0]))
def test_people_needed_agree_with_statsmodels(ratio, rate, reference_per_person):
    ours = people_needed(ratio=ratio, reference_rate=rate, reference_per_person=reference_per_person)
    theirs = NormalIndPower().solve_power(
        proportion_effectsize(ratio * rate, rate), alpha=0.05, power=0.8, ratio=reference_per_person
    )
    assert ours == pytest.approx(math.ceil(float(theirs)), abs=1)


@settings(deadline=None, max_examples=25)
@given(st.integers(5, 5000), st.integers(5, 5000), shares)
def test_the_smallest_ratio_has_the_power_asked_for(n1, n0, rate):
    ratio = smallest_ratio_seen(n1, n0, reference_rate=rate)
    if math.isnan(ratio):
        assert detection_power(n1, n0, rate=0, reference_rate=rate) < 0.8
    else:
        assert 0 <= ratio < 1
        assert detection_power(n1, n0, rate=ratio * rate, reference_rate=rate) == pytest.approx(0.8, abs=1e-4)


def test_equal_rates_are_found_at_alpha():
    assert detection_power(50, 70, rate=0.3, reference_rate=0.3) == pytest.approx(0.05)


def test_few_people_can_show_nothing():
    assert math.isnan(smallest_ratio_seen(3, 20, reference_rate=0.1))
    assert math.isnan(smallest_ratio_seen(3, 20, reference_rate=0))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: people_needed(ratio=1, reference_rate=0.3), SimulationError, "is not 1"),
        (lambda: people_needed(ratio=4, reference_rate=0.3), SimulationError, "ratio is 4"),
        (lambda: people_needed(ratio=math.nan, reference_rate=0.3), SimulationError, "nan"),
        (lambda: people_needed(ratio=0.8, reference_rate=0), SimulationError, "over 0"),
        (lambda: people_needed(ratio=0.8, reference_rate=30), SimulationError, "0.3 for 30 %"),
        (lambda: people_needed(ratio=0.8, reference_rate=0.3, power=0.01), LevelError, "not over alpha"),
        (lambda: people_needed(ratio=0.8, reference_rate=0.3, power=80), LevelError, "power is 80"),
        (lambda: people_needed(ratio=0.8, reference_rate=0.3, reference_per_person=0), SimulationError, "over 0"),
        (lambda: detection_power(0, 5, rate=0.3, reference_rate=0.3), SimulationError, "people is 0"),
        (lambda: detection_power(5, 5, rate=3, reference_rate=0.3), SimulationError, "rate is 3"),
        (lambda: smallest_ratio_seen(5, 5, reference_rate=0.3, alpha=0), LevelError, "alpha is 0"),
    ],
)
def test_settings_that_make_no_sense(call, error, words):
    with pytest.raises(error, match=words):
        call()
