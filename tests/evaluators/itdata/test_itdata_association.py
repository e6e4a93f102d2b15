"""Naive and adjusted associations against statsmodels and hand counts."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.people.association import Estimate, association, correlation_within


def people(tables: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    """Make people: for each stratum exposed with and without the outcome, others with and without."""
    rows = [
        (exposed, left, f"role {place}")
        for place, counts in enumerate(tables)
        for (exposed, left), number in zip(((1, 1), (1, 0), (0, 1), (0, 0)), counts, strict=True)
        for _ in range(number)
    ]
    return pd.DataFrame(rows, columns=["many", "left", "role"])


TABLES = [(8, 72, 1, 19), (8, 12, 16, 64), (5, 10, 9, 30)]


def test_mantel_haenszel_is_what_statsmodels_says() -> None:
    found = association(people(TABLES), exposure="many", outcome="left", strata="role")
    oracle = StratifiedTable([np.array(counts, dtype=float).reshape(2, 2) for counts in TABLES])
    assert found.adjusted_odds.value == pytest.approx(oracle.oddsratio_pooled)
    assert (found.adjusted_odds.low, found.adjusted_odds.high) == pytest.approx(oracle.oddsratio_pooled_confint())
    assert found.adjusted.value == pytest.approx(oracle.riskratio_pooled)
    assert found.p_value == pytest.approx(oracle.test_null_odds(correction=False).pvalue)


def test_the_naive_figures_are_those_of_one_table() -> None:
    found = association(people(TABLES), exposure="many", outcome="left", strata="role")
    oracle = Table2x2(np.array(TABLES).sum(axis=0).reshape(2, 2))
    assert found.naive.value == pytest.approx(oracle.riskratio)
    assert (found.naive.low, found.naive.high) == pytest.approx(oracle.riskratio_confint())
    assert found.naive_odds.value == pytest.approx(oracle.oddsratio)
    assert (found.naive_odds.low, found.naive_odds.high) == pytest.approx(oracle.oddsratio_confint())


def test_a_reversal_is_named() -> None:
    # Both roles: 2.0 times as often; together 17/100 against 16/100... turned by where the people are.
    found = association(people([(8, 72, 1, 19), (8, 12, 16, 64)]), exposure="many", outcome="left", strata="role")
    assert found.naive.value == pytest.approx((16 / 100) / (17 / 100))
    assert [table.risk_ratio for table in found.tables] == pytest.approx([2.0, 2.0])
    assert found.adjusted.value == pytest.approx(2.0)
    assert found.reverses
    assert "opposite directions" in found.summary()


def test_strata_with_one_side_only_say_nothing() -> None:
    with_silent = association(people([*TABLES, (3, 7, 0, 0)]), exposure="many", outcome="left", strata="role")
    without = association(people(TABLES), exposure="many", outcome="left", strata="role")
    assert with_silent.silent == ("role 3",)
    assert with_silent.adjusted == without.adjusted
    assert with_silent.p_value == pytest.approx(without.p_value)


def test_a_threshold_makes_numbers_an_exposure_and_missing_rows_are_told() -> None:
    table = people(TABLES)
    counted = table.assign(tickets=np.where(table["many"] == 1, 7, 2).astype(float))
    one = association(counted, exposure="tickets", outcome="left", strata="role", at_least=5)
    assert one.adjusted == association(table, exposure="many", outcome="left", strata="role").adjusted
    assert one.exposure == "5 or more tickets"
    counted.loc[0, "left"] = np.nan
    assert association(counted, exposure="many", outcome="left", strata="role").left_out == 1


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        pytest.param([(5, 5, 0, 0)], "same for all", id="all-exposed"),
        pytest.param([(0, 5, 0, 5)], "same for all", id="no-outcome"),
        pytest.param([(3, 5, 0, 0), (0, 0, 2, 5)], "broader strata", id="never-both"),
    ],
)
def test_nothing_to_compare_is_an_error(tables: list[tuple[int, int, int, int]], said: str) -> None:
    with pytest.raises(MeasureError) as caught:
        association(people(tables), exposure="many", outcome="left", strata="role")
    assert said in str(caught.value)


def test_words_and_other_numbers_are_refused() -> None:
    table = people(TABLES)
    for wrong in (table.assign(many=2), table.assign(many="often")):
        with pytest.raises(MeasureError, match="In row 1"):
            association(wrong, exposure="many", outcome="left", strata="role")


def test_no_case_on_one_side_has_no_interval() -> None:
    found = association(people([(3, 7, 0, 10)]), exposure="many", outcome="left", strata="role")
    assert math.isinf(found.adjusted.value)
    assert math.isnan(found.adjusted.low)
    assert found.to_dict()["adjusted"]["value"] is None
    assert "no interval" in found.summary()


def test_the_correlation_within_is_the_partial_one_of_a_regression() -> None:
    rng = np.random.default_rng(3)
    role = rng.integers(0, 4, 200)
    tickets = 3.0 * role + rng.normal(size=200)
    score = 2.0 * role - 0.6 * tickets + rng.normal(size=200)
    table = pd.DataFrame({"tickets": tickets, "score": score, "role": role.astype(str)})
    found = correlation_within(table, x="tickets", y="score", strata="role")
    assert found.naive.value == pytest.approx(np.corrcoef(tickets, score)[0, 1])
    dummies = pd.get_dummies(table["role"], dtype=float)
    model = sm.OLS(table["score"], dummies.assign(tickets=table["tickets"])).fit()
    t, df = model.tvalues["tickets"], model.df_resid
    assert found.adjusted.value == pytest.approx(t / math.sqrt(t**2 + df))
    half = 1.959964 / math.sqrt(200 - 3 - 3)  # three more strata than one
    assert found.adjusted.high == pytest.approx(math.tanh(math.atanh(found.adjusted.value) + half), rel=1e-5)
    assert found.reverses == (found.naive.value * found.adjusted.value < 0)


def test_columns_that_do_not_vary_or_too_few_rows_are_refused() -> None:
    table = pd.DataFrame({"x": [1, 1, 1, 1, 1], "y": [1, 2, 3, 4, 5], "role": list("aabbb")})
    with pytest.raises(MeasureError, match="does not vary"):
        correlation_within(table, x="x", y="y", strata="role")
    with pytest.raises(MeasureError, match="too few"):
        correlation_within(table.assign(role=list("abcde")), x="y", y="x", strata="role")
    inside = table.assign(x=[1, 1, 2, 2, 2])
    with pytest.raises(MeasureError, match="within role"):
        correlation_within(inside, x="x", y="y", strata="role")


@given(st.lists(st.tuples(*[st.integers(0, 12)] * 4), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_odds_ratios_agree_with_statsmodels_wherever_both_are_defined(tables: list[tuple[int, int, int, int]]) -> None:
    try:
        found = association(people(tables), exposure="many", outcome="left", strata="role")
    except MeasureError:
        return
    if not math.isnan(found.adjusted_odds.low):
        used = [np.array(counts, dtype=float).reshape(2, 2) for counts in tables if sum(counts)]
        assert found.adjusted_odds.value == pytest.approx(StratifiedTable(used).oddsratio_pooled)


def test_the_chart_tells_what_it_shows() -> None:
    found = association(people(TABLES), exposure="many", outcome="left", strata="role")
    assert found.chart().to_dict()["description"] == found.summary()
    assert len(found.to_frame()) == 4


def test_labels_with_commas_are_different_strata() -> None:
    made = people([(3, 7, 1, 9), (2, 8, 1, 9)])
    two = made["role"].map(dict(zip(made["role"].unique(), (("a, b", "c"), ("a", "b, c")), strict=True)))
    table = made.assign(site=[each[0] for each in two], team=[each[1] for each in two])
    assert len(association(table, exposure="many", outcome="left", strata=["site", "team"]).tables) == 2
    with pytest.raises(MeasureError, match="No column of strata"):
        association(table, exposure="many", outcome="left", strata=[])


def test_a_reversal_without_an_interval_may_be_chance() -> None:
    found = association(people([(0, 1, 1, 9), (5, 5, 3, 7)]), exposure="many", outcome="left", strata="role")
    silly = type(found)(
        **{name: getattr(found, name) for name in found.__slots__}
        | {"naive": Estimate(0.0, math.nan, math.nan), "adjusted": Estimate(2.0, 1.5, 2.7)}
    )
    assert silly.reverses
    assert "At least one of them may be chance." in silly.summary()


def test_rounding_is_no_variation_and_small_numbers_vary() -> None:
    rng = np.random.default_rng(1)
    role = np.repeat(list("abc"), 20)
    same = np.repeat([54321.987, 12345.678, 99999.123], 20)
    table = pd.DataFrame({"x": same, "y": rng.normal(size=60), "role": role})
    with pytest.raises(MeasureError, match="does not vary within role"):
        correlation_within(table, x="x", y="y", strata="role")
    x, y = rng.normal(size=(2, 60))
    big = correlation_within(pd.DataFrame({"x": x, "y": y, "role": role}), x="x", y="y", strata="role")
    small = correlation_within(pd.DataFrame({"x": x * 1e-8, "y": y * 1e-8, "role": role}), x="x", y="y", strata="role")
    assert small.adjusted.value == pytest.approx(big.adjusted.value)
    for bad in (pd.date_range("2020-01-01", periods=60), [np.inf, *range(59)]):
        with pytest.raises(MeasureError):
            correlation_within(table.assign(x=bad), x="x", y="y", strata="role")
