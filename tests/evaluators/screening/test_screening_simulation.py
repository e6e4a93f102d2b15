"""The simulation of fair audits against `audit_selection`, scipy, and published shares of false alarms."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from evaluators.screening import Verdict, audit_selection, holm, rate_test
from evaluators.screening._many_tests import fisher_p_values, holm_rows, rate_p_values
from evaluators.screening.counts import GroupCount
from evaluators.screening.errors import LevelError, SimulationError, UnknownGroupError
from evaluators.screening.simulation import draw_fair_pool, simulate_fair_audits

counts = st.integers(1, 120).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=5))
def test_many_p_values_are_those_of_one_test_each(pairs):
    table = np.array([(*first, *second) for first, second in pairs]).T
    expected = [rate_test(GroupCount("x", *first), GroupCount("y", *second)).p_value for first, second in pairs]
    np.testing.assert_allclose(rate_p_values(*table), expected, rtol=1e-9)
    theirs = [fisher_exact([[a, n - a], [b, m - b]])[1] for (a, n), (b, m) in pairs]
    np.testing.assert_allclose(fisher_p_values(*table), theirs, rtol=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 200).map(lambda n: n / 200), min_size=1, max_size=7), st.integers(0, 3))
def test_holm_by_rows_passes_over_what_was_not_tested(p_values, untested):
    row = np.array([[*p_values, *[np.nan] * untested]])
    adjusted = holm_rows(row)[0]
    np.testing.assert_allclose(adjusted[: len(p_values)], holm(p_values))
    assert np.isnan(adjusted[len(p_values) :]).all()


@pytest.mark.parametrize("reference", ["highest", "largest", "F"])
def test_each_simulated_pool_is_judged_as_an_audit_would(reference):
    judged = []
    for seed in range(30):
        pool = draw_fair_pool(700, seed=seed)
        one = simulate_fair_audits(700, pools=1, seed=seed, reference=reference)
        audit = audit_selection(pool, reference=reference)
        flagged = [group for group in audit if group.below_four_fifths]
        assert one.bare_rule == bool(flagged)
        assert one.rule_and_holm == any(group.p_adjusted < 0.05 for group in flagged)
        assert one.evidence == (audit.verdict is Verdict.EVIDENCE)
        if reference == "highest":
            large = audit_selection(pool, reference=reference, leave_small_out=True)
            assert one.bare_rule_without_small == any(group.below_four_fifths for group in large)
        judged.append(one.bare_rule)
    assert sum(judged) > 0


def test_the_bare_rule_cries_wolf_and_the_adjusted_one_seldom():
    fair = simulate_fair_audits(1_000)
    # Known for seven groups at 30 %: 97.8, 90.1 and 7.4 %. Around them, three standard errors of 1,000 pools.
    assert fair.bare_rule_share == pytest.approx(0.978, abs=0.015)
    assert fair.bare_rule_without_small_share == pytest.approx(0.901, abs=0.03)
    assert fair.rule_and_holm_share == pytest.approx(0.074, abs=0.025)
    assert fair.evidence <= fair.rule_and_holm <= fair.bare_rule


@pytest.mark.slow
@pytest.mark.parametrize(
    ("applicants", "bare", "without_small", "with_holm"),
    [(1_000, 0.978, 0.901, 0.074), (5_000, 0.625, 0.390, 0.072), (10_000, 0.308, 0.156, 0.059)],
)
def test_published_shares_of_false_alarms(applicants, bare, without_small, with_holm):
    fair = simulate_fair_audits(applicants, pools=20_000, seed=5)
    assert fair.bare_rule_share == pytest.approx(bare, abs=0.015)
    assert fair.bare_rule_without_small_share == pytest.approx(without_small, abs=0.015)
    assert fair.rule_and_holm_share == pytest.approx(with_holm, abs=0.01)
    assert fair.evidence_share < 0.05
    named = simulate_fair_audits(applicants, pools=20_000, seed=5, reference="A")
    assert named.rule_and_holm_share < 0.02  # about 2 % with a reference fixed in advance


def test_same_seed_same_pools():
    assert simulate_fair_audits(300, pools=50, seed=1) == simulate_fair_audits(300, pools=50, seed=1)
    assert simulate_fair_audits(300, pools=500, seed=1) != simulate_fair_audits(300, pools=500, seed=2)
    assert draw_fair_pool(300, seed=4) == draw_fair_pool(300, seed=4)


def test_the_order_of_the_groups_changes_nothing_but_the_draw():
    forward = simulate_fair_audits(500, shares={"a": 3, "b": 1}, pools=2_000)
    backward = simulate_fair_audits(500, shares={"b": 1, "a": 3}, pools=2_000)
    assert forward.bare_rule_share == pytest.approx(backward.bare_rule_share, abs=0.06)
    assert dict(forward.shares) == {"a": 0.75, "b": 0.25}


def test_extreme_settings_flag_nobody():
    for rate in (0, 1):
        fair = simulate_fair_audits(40, rate=rate, pools=20)
        assert (fair.bare_rule, fair.bare_rule_without_small, fair.evidence) == (0, 0, 0)
    alone = simulate_fair_audits(1, pools=20)
    assert (alone.bare_rule, alone.rule_and_holm) == (0, 0)


def test_result_as_frame_json_words_and_chart():
    fair = simulate_fair_audits(200, pools=40)
    assert fair.to_frame()["flagged_share"].tolist() == [
        fair.bare_rule_share,
        fair.bare_rule_without_small_share,
        fair.rule_and_holm_share,
    ]
    assert json.loads(json.dumps(fair.to_dict()))["pools"] == 40
    assert "every alarm is a false one" in fair.summary()
    assert fair.chart().to_dict()["description"] == fair.summary()


@pytest.mark.parametrize(
    ("settings_", "error", "words"),
    [
        ({"applicants": 0}, SimulationError, "from 1 to"),
        ({"applicants": 10.5}, SimulationError, "whole number"),
        ({"applicants": 10, "pools": 0}, SimulationError, "number of pools is 0"),
        ({"applicants": 10, "rate": 30}, SimulationError, "0.3 for 30 %"),
        ({"applicants": 10, "rate": float("nan")}, SimulationError, "nan"),
        ({"applicants": 10, "shares": {"a": 1, "b": 0}}, SimulationError, "above 0"),
        ({"applicants": 10, "shares": {"a": 1}}, SimulationError, "one group only"),
        ({"applicants": 10, "shares": {}}, SimulationError, "share"),
        ({"applicants": 10, "reference": "Z"}, UnknownGroupError, "'highest', 'largest'"),
        ({"applicants": 10, "alpha": 5}, LevelError, "alpha is 5"),
    ],
)
def test_settings_that_make_no_sense(settings_, error, words):
    with pytest.raises(error, match=words):
        simulate_fair_audits(**settings_)
