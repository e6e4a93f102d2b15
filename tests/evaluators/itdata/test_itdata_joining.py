"""Joining to people and rates per 100 employees: hand counts, statsmodels and scipy as oracles."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2
from statsmodels.stats.rates import confint_poisson

from evaluators._validation import ColumnError
from evaluators.itdata._cells import day, key_texts
from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.log import ticket_log
from evaluators.itdata.people.joining import join_people
from evaluators.itdata.people.poisson import poisson_interval
from evaluators.itdata.people.rates import rate_per_100, rate_ratio

STAFF = pd.DataFrame(
    {
        "employee_id": ["E1", "E2", "E3", "E4"],
        "site": ["Cork", "Cork", "Sligo", None],
        "hired_on": ["2020-01-01", "2025-07-01", "2024-01-01", "2024-01-01"],
        "left_on": [None, None, "2025-03-31", None],
    }
)


def tickets(*rows: tuple[str | None, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["caller", "opened_at"])


def test_a_log_is_joined_and_what_did_not_match_is_told() -> None:
    table = tickets(("E1", "2025-01-02"), (" E1 ", "2025-01-03"), ("E9", "2025-01-04"), (None, "2025-01-05"))
    joined = join_people(ticket_log(table.assign(number=range(4))), STAFF, columns=["site"])
    assert (joined.rows, joined.matched, joined.unmatched, joined.without_key) == (4, 2, 1, 1)
    assert joined.examples == ("E9",)
    assert joined.quiet_people == 3
    assert joined.table["site"].tolist() == ["Cork", "Cork"]
    assert "50.0%" in joined.summary()
    assert "E9" not in json.dumps(joined.to_dict())


def test_keys_of_numbers_and_texts_meet() -> None:
    assert key_texts(pd.Series([7, 8])).tolist() == key_texts(pd.Series([7.0, 8.0])).tolist() == ["7", "8"]
    assert key_texts(pd.Series([7.0, np.nan])).tolist() == ["7", None]
    assert key_texts(pd.Series(["", "  ", "x"])).tolist() == [None, None, "x"]


def test_a_day_with_a_zone_is_the_day_on_the_clocks_there() -> None:
    assert day("2026-07-01T00:30+01:00", "as_of") == pd.Timestamp("2026-07-01")


@pytest.mark.parametrize(
    ("at", "start", "error", "said"),
    [
        pytest.param("when", "2026-01-01", ColumnError, "no column 'when'", id="no-column"),
        pytest.param("note", "2026-01-01", JoinError, "does not hold times", id="no-times"),
        pytest.param("opened_at", "soon", JoinError, "'soon' is no time", id="no-time"),
        pytest.param("opened_at", None, JoinError, "missing time", id="missing"),
        pytest.param("opened_at", "2026-01-01T00:00Z", JoinError, "has a time zone", id="zone"),
    ],
)
def test_windows_that_cannot_be(at: str, start: object, error: type[Exception], said: str) -> None:
    rows = pd.DataFrame({"caller": ["E1"], "note": ["x"], "opened_at": pd.to_datetime(["2026-01-02"])})
    with pytest.raises(error, match=said):
        join_people(rows, STAFF).per_person(at=at, start=pd.NaT if start is None else start)


def test_columns_of_the_same_name_are_told_apart() -> None:
    rows = pd.DataFrame({"caller": ["E1"], "site": ["Remote"]})
    joined = join_people(rows, STAFF).table
    assert joined[["site", "site_of_person"]].iloc[0].tolist() == ["Remote", "Cork"]


@pytest.mark.parametrize(
    ("rows", "people", "said"),
    [
        pytest.param(["E1"], ["E1", "E1"], "more than once", id="person-twice"),
        pytest.param(["E1"], ["E1", None], "no employee_id", id="person-without-key"),
        pytest.param(["e1"], ["E1"], "capitals", id="capitals"),
        pytest.param(["0017"], ["17"], "leading zeros", id="zeros"),
        pytest.param(["x"], ["y"], "right columns", id="other-keys"),
        pytest.param([None], ["y"], "missing", id="no-keys"),
        pytest.param([], ["y"], "empty", id="no-rows"),
        pytest.param(["x"], [], "empty", id="no-people"),
    ],
)
def test_tables_that_do_not_fit_are_refused(rows: list[str | None], people: list[str | None], said: str) -> None:
    with pytest.raises(JoinError) as caught:
        join_people(pd.DataFrame({"caller": rows}), pd.DataFrame({"employee_id": people}))
    assert said in str(caught.value)


def test_people_without_a_ticket_count_zero_and_windows_have_an_open_end() -> None:
    table = tickets(("E1", "2025-01-02"), ("E1", "2025-02-01"), ("E3", "2025-03-01"))
    joined = join_people(table.assign(opened_at=pd.to_datetime(table["opened_at"])), STAFF)
    assert joined.per_person()["events"].tolist() == [2, 0, 1, 0]
    early = joined.per_person(at="opened_at", start="2025-01-01", end="2025-02-01")
    assert early["events"].tolist() == [1, 0, 0, 0]
    with pytest.raises(JoinError):
        joined.per_person(start="2025-01-01")


@given(st.lists(st.sampled_from(["a", "b", "c", "x", None]), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_every_row_is_matched_unmatched_or_without_key(keys: list[str | None]) -> None:
    people = pd.DataFrame({"employee_id": ["a", "b", "c"], "site": [1, 2, 3]})
    if not {"a", "b", "c"} & set(keys):
        return
    joined = join_people(pd.DataFrame({"caller": keys}), people)
    assert joined.matched + joined.unmatched + joined.without_key == len(keys)
    assert joined.per_person()["events"].sum() == joined.matched == len(joined.table)


@pytest.mark.parametrize("events", [0, 1, 5, 10, 250])
def test_garwood_is_what_statsmodels_and_chi_squared_say(events: int) -> None:
    ours = poisson_interval(events, exposure=7.0)
    assert ours == pytest.approx(confint_poisson(events, 7.0, method="exact-c"))
    assert ours[1] == pytest.approx(chi2.ppf(0.975, 2 * events + 2) / 2 / 7)


def test_byar_is_near_to_exact_from_ten_events_on() -> None:
    # Breslow and Day (1987), table 2.10: exact limits for 10 events are 4.795 and 18.390.
    assert poisson_interval(10) == pytest.approx((4.795, 18.390), abs=1e-3)
    assert poisson_interval(10, method="byar") == pytest.approx(poisson_interval(10), rel=0.005)
    assert poisson_interval(0, method="byar")[0] == 0


@pytest.mark.parametrize("options", [{"exposure": 0}, {"confidence": 1}, {"method": "luck"}])
def test_intervals_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(MeasureError):
        poisson_interval(3, **options)  # type: ignore[arg-type]
    with pytest.raises(MeasureError):
        poisson_interval(-1)


YEAR = {"key": "caller", "at": "opened_at", "hired": "hired_on", "left": "left_on", "start": "2025-01-01"}


def test_employee_years_are_counted_by_hand() -> None:
    table = tickets(("E1", "2025-02-01"), ("E2", "2025-08-01"), ("E2", "2025-05-01"), ("E3", "2025-03-31"))
    rates = rate_per_100(table, STAFF, by="site", end="2025-12-31", what="tickets", **YEAR)
    # E1: 365 days; E2: July to December, 184; E3: January to March, 90; E4 (no site): 365.
    assert rates["Cork"].exposure == pytest.approx((365 + 184) / 365.25)
    assert rates["Sligo"].exposure == pytest.approx(90 / 365.25)
    assert (rates["Cork"].events, rates["Sligo"].events, rates["(missing)"].events) == (2, 1, 0)
    assert rates["Cork"].rate == pytest.approx(100 * 2 / (549 / 365.25))
    assert rates["(missing)"].low == 0
    assert rates.overall.events == 3  # E2's ticket of May came before the first day
    assert "not employed: 1 of the tickets" in rates.summary()
    assert [rate.label for rate in rates] == ["Sligo", "Cork", "(missing)"]


def test_tenure_splits_the_time_of_each_person() -> None:
    people = pd.DataFrame({"employee_id": ["a"], "hired_on": ["2024-07-01"]})
    table = pd.DataFrame({"caller": ["a", "a"], "opened_at": ["2025-06-30", "2025-07-02"]})
    options = {**YEAR, "left": None}
    rates = rate_per_100(table, people, by="tenure", end="2025-12-31", tenure_years=(1,), **options)  # type: ignore[arg-type]
    # A year of 365.25 days ends after 2025-07-01: 182 days of 2025 before, 183 after.
    assert rates["0 to 1 years"].exposure == pytest.approx(182 / 365.25)
    assert rates["1 years or more"].exposure == pytest.approx(183 / 365.25)
    assert (rates["0 to 1 years"].events, rates["1 years or more"].events) == (1, 1)


def test_without_dates_everybody_counts_once() -> None:
    rates = rate_per_100(tickets(("E1", "2025-02-01")), STAFF, by="site", at="opened_at", key="caller")
    assert rates["Cork"].exposure == 2
    assert rates["Cork"].rate == 50
    assert rates.unit == "per 100 employees"
    assert "fewer than 10 people" in rates.summary()


def test_groups_without_people_in_time_have_no_rate() -> None:
    people = STAFF.assign(left_on=[None, None, "2024-03-31", None])
    rates = rate_per_100(tickets(("E1", "2025-02-01")), people, by="site", end="2025-06-30", **YEAR)
    assert math.isnan(rates["Sligo"].rate)
    assert rates.to_dict()["rates"][-1]["rate"] is None
    assert "Nobody was employed in: Sligo" in rates.summary()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"hired_on": ["x"] * 4}, "date", id="no-date"),
        pytest.param({"hired_on": [None] * 4}, "no date", id="missing-date"),
        pytest.param({"left_on": ["2019-01-01", None, None, None]}, "left before", id="left-before-hired"),
        pytest.param({"employee_id": ["E1", "E1", "E2", "E3"]}, "more than once", id="twice"),
        pytest.param({"hired_on": ["2030-01-01"] * 4, "left_on": [None] * 4}, "Nobody was employed", id="nobody"),
    ],
)
def test_people_that_cannot_be_counted_are_refused(change: dict[str, list[str | None]], said: str) -> None:
    with pytest.raises((MeasureError, JoinError)) as caught:
        rate_per_100(tickets(("E1", "2025-02-01")), STAFF.assign(**change), by="site", end="2025-12-31", **YEAR)
    assert said in str(caught.value)


def test_rate_ratios_hold_what_an_exact_test_does_not_reject() -> None:
    rates = rate_per_100(
        pd.DataFrame({"caller": ["E1"] * 9 + ["E3"] * 4, "opened_at": "2025-02-01"}),
        STAFF,
        by="site",
        at="opened_at",
        key="caller",
    )
    (ratio,) = [each for each in rates.ratios("Sligo") if each.group == "Cork"]
    assert ratio.ratio == pytest.approx(9 / 2 / 4)
    for end, way in ((ratio.low, "greater"), (ratio.high, "less")):
        share = 2 * end / (2 * end + 1)  # Cork's share of the events if this were the true ratio; 2 people against 1
        assert binomtest(9, 13, share, alternative=way).pvalue == pytest.approx(0.025)
    with pytest.raises(MeasureError):
        rate_ratio(rates["Cork"], rates["(missing)"])


def test_clustered_events_are_said_to_be_clustered() -> None:
    people = pd.DataFrame({"employee_id": range(20), "site": "x"})
    one = pd.DataFrame({"caller": [3] * 40, "at": "2025-01-01"})
    table = rate_per_100(one, people, by="site", at="at", key="caller", what="tickets")
    # Expected 2 each: ((40 - 2)² + 19 × 2²) / 2 / 19.
    assert table.spread == pytest.approx((38**2 + 19 * 4) / 2 / 19)
    assert "A few people have many tickets" in table.summary()


def test_the_chart_tells_what_it_shows() -> None:
    rates = rate_per_100(tickets(("E1", "2025-02-01")), STAFF, by="site", at="opened_at", key="caller")
    assert rates.chart().to_dict()["description"] == rates.summary()


def test_codes_that_are_numbers_match_in_a_log_and_beside_text() -> None:
    people = pd.DataFrame({"employee_id": [7, 8], "site": ["Cork", "Sligo"]})
    log = ticket_log(pd.DataFrame({"number": ["A", "B"], "opened_at": "2025-06-02", "caller": [7, None]}))
    assert join_people(log, people).matched == 1
    mixed = pd.Series([7.0, "8", None, 7.5], dtype=object)
    assert key_texts(mixed).tolist() == ["7", "8", None, "7.5"]
    assert key_texts(pd.Series([7.0, np.inf])).tolist()[1] == "inf"
    assert join_people(log, people, columns="site").table["site"].tolist() == ["Cork"]


def test_days_of_a_log_begin_when_they_do_for_its_people() -> None:
    # 00:30 in Dublin on 1 June is 23:30 of 31 May in UTC.
    table = pd.DataFrame({"number": ["A"], "opened_at": ["2025-06-01 00:30"], "caller": ["E4"]})
    joined = join_people(ticket_log(table, time_zone="Europe/Dublin"), STAFF)
    assert joined.per_person(at="opened_at", start="2025-06-01")["events"].sum() == 1
    rates = rate_per_100(
        joined.table,
        STAFF,
        by="site",
        at="opened_at",
        key="caller",
        hired="hired_on",
        start="2025-06-01",
        end="2025-06-30",
    )
    assert rates.overall.events == 1


def test_dates_that_are_no_dates_are_refused_and_missing_ones_told() -> None:
    table = tickets(("E1", "2025-02-01"))
    for bad in ([2020, 2021, 2022, 2023], pd.array(["03/04/2020"] * 4, dtype="string")):
        with pytest.raises(MeasureError):
            rate_per_100(table, STAFF.assign(hired_on=bad), by="site", end="2025-12-31", **YEAR)
    for options in ({"by": ("site", "site")}, {"by": "tenure", "tenure_years": (1, 1)}, {"by": "site", "end": 2025}):
        with pytest.raises(MeasureError):
            rate_per_100(table, STAFF, **(YEAR | {"end": "2025-12-31"} | options))
    some = pd.DataFrame({"caller": ["E1", "E1"], "opened_at": ["2025-02-01T10:00+00:00", "2025-07-01T10:00+01:00"]})
    assert rate_per_100(some, STAFF, by="site", end="2025-12-31", **YEAR).overall.events == 2
    gone = rate_per_100(tickets(("E1", "2025-02-01"), ("E1", None)), STAFF, by="site", end="2025-12-31", **YEAR)
    assert gone.notes == ("Not counted, without a date: 1 of the events.",)


def test_groups_that_differ_are_no_clusters() -> None:
    people = pd.DataFrame({"employee_id": range(20), "site": ["x"] * 10 + ["y"] * 10})
    rows = [(person, "2025-01-01") for person in range(10) for _ in range(9 + 2 * (person % 2))]
    table = rate_per_100(pd.DataFrame(rows, columns=["caller", "at"]), people, by="site", at="at", key="caller")
    # At x 9 or 11 where 10 are expected, at y none: 10 × 1 / 100, times 20 people / (20 - 2 groups).
    assert table.spread == pytest.approx(10 / 100 * 20 / 18)
    assert "spread" not in table.summary()
