"""Sizes of a gap against hand counts, published examples and other libraries."""

import json
import math

import numpy as np
import pytest
from aedt_audit.significance import selections_to_four_fifths, standard_deviation_test
from hypothesis import example, given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import proportion_effectsize

from evaluators.screening.counts import GroupCount
from evaluators.screening.effects import (
    cohens_h,
    effects,
    exchange,
    flips,
    odds_ratio,
    people_to_threshold,
    shortfall,
    standard_errors,
)
from evaluators.screening.errors import LevelError

counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def pair(x1: int, n1: int, x0: int, n0: int) -> tuple[GroupCount, GroupCount]:
    return GroupCount("x", x1, n1), GroupCount("y", x0, n0)


def test_twelve_of_forty_against_forty_eight_of_eighty():
    found = effects(*pair(12, 40, 48, 80))
    assert (found.odds_ratio, found.cohens_h) == pytest.approx((0.286, -0.61), abs=0.005)
    assert (found.shortfall, found.people_to_threshold) == (8.0, 8)
    assert found.standard_errors == pytest.approx(-3.10, abs=0.005)
    assert (found.impact_ratio, found.empty_cells, found.flips) == (0.5, (), False)


@settings(deadline=None, max_examples=25)
@given(counts, counts)
@example((3, 4), (3, 4))
@example((0, 5), (3, 4))  # floats would ask for one person too many
def test_people_and_standard_errors_agree_with_aedt_audit(first, second):
    (x1, n1), (x0, n0) = first, second
    group, reference = pair(x1, n1, x0, n0)
    assert people_to_threshold(group, reference) == selections_to_four_fifths(x1, n1, x0, n0)
    z, _ = standard_deviation_test(x1, n1, x0, n0)
    if 0 < x1 + x0 < n1 + n0:
        assert standard_errors(group, reference) == pytest.approx(z, abs=1e-12)
    else:
        assert math.isnan(standard_errors(group, reference))


@settings(deadline=None, max_examples=25)
@given(st.data(), st.integers(2, 300), st.integers(2, 300))
def test_odds_ratio_and_h_agree_with_statsmodels(data, n1, n0):
    x1, x0 = data.draw(st.integers(1, n1 - 1)), data.draw(st.integers(1, n0 - 1))
    theirs = Table2x2(np.array([[x1, n1 - x1], [x0, n0 - x0]])).oddsratio
    assert odds_ratio(*pair(x1, n1, x0, n0)) == pytest.approx(theirs)
    assert cohens_h(x1 / n1, x0 / n0) == pytest.approx(proportion_effectsize(x1 / n1, x0 / n0))


@pytest.mark.parametrize(
    ("counted", "expected", "said"),
    [
        pytest.param((0, 4, 2, 4), 0.0, ("Nobody of x was selected.",), id="none-of-the-group"),
        pytest.param((2, 4, 0, 4), math.inf, ("Nobody of y was selected.",), id="none-of-the-reference"),
        pytest.param((4, 4, 2, 4), math.inf, ("Everybody of x was selected.",), id="all-of-the-group"),
        pytest.param(
            (0, 4, 0, 4), math.nan, ("Nobody of x was selected.", "Nobody of y was selected."), id="none-at-all"
        ),
    ],
)
def test_empty_cells_are_said_and_not_filled(counted, expected, said):
    found = effects(*pair(*counted))
    assert found.odds_ratio == pytest.approx(expected, nan_ok=True)
    assert found.empty_cells == said
    assert all(sentence in found.summary() for sentence in said)


@given(counts, counts)
@settings(deadline=None, max_examples=25)
def test_after_the_shortfall_the_rates_are_equal_and_what_one_lacks_the_other_has(first, second):
    group, reference = pair(*first, *second)
    missing = shortfall(group, reference)
    assert missing == pytest.approx(-shortfall(reference, group), abs=1e-9)
    evened = (group.selected + missing) / group.applicants, (reference.selected - missing) / reference.applicants
    assert evened[0] == pytest.approx(evened[1])


@given(counts, counts)
@settings(deadline=None, max_examples=25)
def test_people_to_threshold_are_just_enough(first, second):
    (x1, n1), (x0, n0) = first, second
    more = people_to_threshold(*pair(x1, n1, x0, n0))
    assert 5 * (x1 + more) * n0 >= 4 * x0 * n1
    assert more == 0 or 5 * (x1 + more - 1) * n0 < 4 * x0 * n1


def test_the_example_of_question_21():
    # 3 of 20 beside 16 of 80 is 75 %; with one Black person instead of a White one it is 20 % beside 18.75 %.
    after = exchange(GroupCount("Black", 3, 20), GroupCount("White", 16, 80))
    assert after is not None
    assert [float(each.rate) for each in after] == [0.20, 0.1875]
    assert flips(GroupCount("Black", 3, 20), GroupCount("White", 16, 80)) == (True, False)


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        pytest.param((12, 40, 48, 80), (False, False), id="neither"),
        # 63/100 beside 80/100 is below; 64 beside 79 is not. Z goes from -2.67 to -2.36.
        pytest.param((63, 100, 80, 100), (True, False), id="ratio-only"),
        # 64/100 beside 80/100 is not below, but 63 beside 81 is.
        pytest.param((64, 100, 80, 100), (True, False), id="ratio-the-other-way"),
        # Z goes from -2.096 to -1.818.
        pytest.param((27, 100, 41, 100), (False, True), id="significance-only"),
        # Z of 28 beside 41 is -1.93; of 27 beside 42, -2.23.
        pytest.param((28, 100, 41, 100), (False, True), id="significance-the-other-way"),
        pytest.param((0, 5, 0, 5), (False, False), id="nobody-to-exchange"),
    ],
)
def test_one_different_selection(counted, expected):
    assert flips(*pair(*counted)) == expected


def test_results_are_json_words_and_one_row():
    for counted in ((12, 40, 48, 80), (0, 4, 0, 4), (3, 20, 16, 80)):
        found = effects(*pair(*counted))
        assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["group"] == "x"
        assert found.to_frame().shape == (1, 12)
        assert found.summary().endswith("not why.")
        assert "nan" not in found.summary()
    assert "draw no conclusion" in effects(*pair(3, 20, 16, 80)).summary()


def test_alpha_is_a_share():
    with pytest.raises(LevelError, match="alpha is 5"):
        flips(*pair(1, 2, 1, 2), alpha=5)
