"""Standardised rates against a published example and hand counts."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.people.poisson import poisson_interval
from evaluators.itdata.people.rates import rate_per_100
from evaluators.itdata.people.standardise import direct_rate, standardise

# Births in Michigan 1950-1964 by mother's age: Fleiss (1981), table 14.4, used by Fay and Feuer (1997), table II.
# Fifth and later children, and all births as the standard.
CASES = [0, 8, 63, 112, 262, 295]
BIRTHS = [327, 30_666, 123_419, 149_919, 104_088, 34_392]
ALL_BIRTHS = [319_933, 931_318, 786_511, 488_235, 237_863, 61_313]


def test_the_gamma_interval_is_the_published_one() -> None:
    # The R package dsrTest 2.1 prints for these data: 75.52901 (67.70212 to 188.30017) per 100,000.
    found = [100_000 * each for each in direct_rate(CASES, BIRTHS, ALL_BIRTHS)]
    assert found == pytest.approx([75.52901, 67.70212, 188.30017], abs=1e-4)


def test_with_one_stratum_it_is_garwood() -> None:
    assert direct_rate([7], [50], [1])[1:] == pytest.approx(poisson_interval(7, exposure=50))
    assert direct_rate([0], [50], [1])[1:] == pytest.approx(poisson_interval(0, exposure=50))


CELLS = pd.DataFrame(
    {
        "site": ["x", "x", "y", "y"],
        "role": ["office", "drivers"] * 2,
        "events": [80, 4, 10, 36],
        "exposure": [80, 20, 10, 90],
    }
)


def test_both_methods_are_counted_by_hand() -> None:
    found = standardise(CELLS, group="site", stratum="role")
    # Standard: 90 office and 110 drivers of 200. Rates of all: office 1, drivers 40 / 110.
    assert found["x"].rate == pytest.approx(84)
    assert found["x"].standardised == pytest.approx(100 * (0.45 * 1.0 + 0.55 * 0.2))
    assert found["y"].standardised == pytest.approx(100 * (0.45 * 1.0 + 0.55 * 0.4))
    assert found["x"].expected == pytest.approx(80 + 20 * 40 / 110)
    assert found["y"].ratio == pytest.approx(46 / (10 + 90 * 40 / 110))
    assert found["y"].indirect == pytest.approx(65 * found["y"].ratio)  # 130 events, 200 people
    assert [each.group for each in found] == ["x", "y"]
    assert found.direct
    assert "the highest is y" in found.summary()


def test_expected_events_add_up_to_those_seen() -> None:
    found = standardise(CELLS, group="site", stratum="role")
    assert sum(each.expected for each in found) == pytest.approx(CELLS["events"].sum())


def test_a_standard_of_ones_own_is_used() -> None:
    found = standardise(CELLS, group="site", stratum="role", standard={"office": 3, "drivers": 1})
    assert found["x"].standardised == pytest.approx(100 * (0.75 * 1.0 + 0.25 * 0.2))
    assert dict(found.standard) == {"drivers": 0.25, "office": 0.75}
    with pytest.raises(MeasureError, match="same strata"):
        standardise(CELLS, group="site", stratum="role", standard={"office": 1})


def test_a_group_without_a_stratum_has_no_direct_rate_but_a_ratio() -> None:
    found = standardise(CELLS.drop(index=1), group="site", stratum="role")
    assert math.isnan(found["x"].standardised)
    assert found["x"].absent == ("drivers",)
    assert found["x"].ratio == pytest.approx(80 / (80 * 90 / 90))
    assert not found.direct
    assert "nobody in some role" in found.summary()
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["rates"][0]["standardised"] is None


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        pytest.param(CELLS.iloc[:0], "no row", id="empty"),
        pytest.param(CELLS.iloc[:2], "fewer than two", id="one-group"),
        pytest.param(pd.concat([CELLS, CELLS.iloc[:1]]), "two rows", id="twice"),
        pytest.param(CELLS.assign(events=0), "Nothing happened", id="no-event"),
        pytest.param(CELLS.assign(exposure=[0, 1, 1, 1]), "nobody to whom", id="events-of-nobody"),
        pytest.param(CELLS.assign(exposure=[-1, 1, 1, 1]), "In row 1", id="negative"),
    ],
)
def test_cells_that_make_no_sense_are_refused(cells: pd.DataFrame, said: str) -> None:
    with pytest.raises(MeasureError) as caught:
        standardise(cells, group="site", stratum="role")
    assert said in str(caught.value)


@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=5),
    st.integers(1, 50),
)
@settings(max_examples=40, deadline=None)
def test_the_interval_holds_the_rate_and_scales_with_time(events: list[int], time: int) -> None:
    mix = list(range(1, len(events) + 1))
    rate, low, high = direct_rate(events, [time] * len(events), mix)
    assert low <= rate <= high
    assert direct_rate(events, [2 * time] * len(events), mix) == pytest.approx((rate / 2, low / 2, high / 2))
    assert rate == pytest.approx(np.average(np.array(events) / time, weights=mix))


def test_the_chart_tells_what_it_shows() -> None:
    for cells in (CELLS, CELLS.drop(index=1)):
        found = standardise(cells, group="site", stratum="role")
        assert found.chart().to_dict()["description"] == found.summary()


def test_a_published_table_of_directly_standardised_rates() -> None:
    # Down's syndrome in Michigan by birth order, per 100,000; Fay and Feuer (1997), data of Fleiss (1981), table 14.4.
    births = [319933, 931318, 786511, 488235, 237863, 61313]
    first = direct_rate([107, 141, 60, 40, 39, 25], [230061, 329449, 114920, 39487, 14208, 3052], births)
    fifth = direct_rate([0, 8, 63, 112, 262, 295], [327, 30666, 123419, 149919, 104088, 34392], births)
    assert [round(1e5 * each, 1) for each in first] == [92.3, 80.4, 105.8]
    assert [round(1e5 * each, 1) for each in fifth] == [75.5, 67.7, 188.3]


def test_clusters_are_said_where_rates_come_with_them() -> None:
    people = pd.DataFrame({"employee_id": range(40), "site": ["x"] * 20 + ["y"] * 20, "role": ["a", "b"] * 20})
    rows = pd.DataFrame({"caller": [0] * 30 + [1] * 30 + [21, 22], "at": "2025-01-01"})
    rates = rate_per_100(rows, people, by=("site", "role"), at="at", key="caller")
    found = standardise(rates, group="site", stratum="role")
    assert found.spread == rates.spread == pytest.approx((2 * 810 + 2 * 0.9) / 62 * 40 / 36)
    # Variance 29 times that of chance, intervals 5.4 times as wide: from 60/31 down below 1, from 2/31 up to 0.97.
    assert "Of the 2, 1 would still stand out." in found.summary()
    with pytest.raises(MeasureError, match="whole numbers"):
        standardise(CELLS.assign(events=0.5), group="site", stratum="role")
