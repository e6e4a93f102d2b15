"""Waiting times against hand counts, statsmodels and what must hold for any log."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog, ticket_log
from evaluators.itdata.tickets._product_limit import product_limit
from evaluators.itdata.tickets.durations import Durations, measure_durations

OPENED = pd.Timestamp("2026-03-02 08:00", tz="UTC")


def log_of(hours: list[float], waiting: list[float] = [], **columns: object) -> TicketLog:  # noqa: B006
    """Make tickets resolved after so many hours, and tickets open for so many hours when the log ends."""
    end = OPENED + pd.Timedelta(hours=max([*hours, *waiting]) + 1000)
    opened = [OPENED] * len(hours) + [end - pd.Timedelta(hours=each) for each in waiting]
    resolved = [OPENED + pd.Timedelta(hours=each) for each in hours] + [pd.NaT] * len(waiting)
    number = [f"T{place}" for place in range(len(opened))]
    table = pd.DataFrame({"number": number, "opened_at": opened, "resolved_at": resolved} | columns)
    return ticket_log(table, as_of=end)


def overall(hours: list[float], waiting: list[float] = []):  # noqa: B006
    return measure_durations(log_of(hours, waiting)).overall


def test_kaplan_meier_by_hand():
    # At risk 5, 4, 2, 1: the curve is 4/5 at 2 h, 3/5 at 4 h, (one censored at 5 h) 3/10 at 6 h, 0 at 10 h.
    row = overall([2, 4, 6, 10], [5])
    assert (row.median, row.p75, row.p90) == (6, 10, 10)
    assert (row.tickets, row.ended, row.waiting) == (5, 4, 1)
    assert row.mean == pytest.approx(2 * 1 + 2 * 0.8 + 2 * 0.6 + 4 * 0.3)
    assert row.mean_is_least is False
    assert (row.ended_median, row.ended_mean) == (5, 5.5)


def test_a_quantile_that_the_curve_does_not_reach_is_none():
    row = overall([1, 2], [30, 40, 50])
    assert row.median is None
    assert (row.p75, row.p90) == (None, None)
    assert row.mean_is_least is True
    assert row.mean == pytest.approx(1 + 0.8 + 48 * 0.6)
    assert overall([10], [20]).median is None  # half are still waiting: nobody knows for how long
    assert "not known, too many still wait" in measure_durations(log_of([1, 2], [30, 40, 50])).summary()


def test_no_open_ticket_gives_the_ordinary_median():
    row = overall([1, 2, 3, 10])
    assert row.median == row.ended_median == 2.5
    assert row.mean == row.ended_mean == 4


@pytest.mark.parametrize("seed", range(6))
def test_curve_and_interval_agree_with_statsmodels(seed):
    rng = np.random.default_rng(seed)
    hours = np.round(rng.lognormal(2, 1.5, 60), 0 if seed % 2 else 3) + 1
    ended = rng.random(60) < 0.75
    ours, oracle = product_limit(hours, ended), SurvfuncRight(hours, ended.astype(int))
    times = np.asarray(oracle.surv_times)
    assert ours.hours.tolist() == times[np.isin(times, hours[ended])].tolist()
    inside = np.isin(times, ours.hours)
    assert ours.waiting == pytest.approx(np.asarray(oracle.surv_prob)[inside])
    left = ours.waiting > 0
    assert ours.error[left] == pytest.approx(np.asarray(oracle.surv_prob_se)[inside][left])
    with np.errstate(all="ignore"):
        low, high = oracle.quantile_ci(0.5)
    assert ours.quantile_interval(0.5, 0.95) == (low, high)
    for share in (0.33, 0.5, 0.71):
        if not np.isclose(ours.waiting, 1 - share).any():
            assert ours.quantile(share) == oracle.quantile(share)


times = st.integers(0, 60)


@settings(max_examples=12, deadline=None)
@given(st.lists(times, min_size=1, max_size=12), st.lists(times, max_size=8), st.lists(times, min_size=1, max_size=5))
def test_more_open_tickets_never_shorten_the_median(hours, waiting, more):
    before, after = overall(hours, waiting).median, overall(hours, waiting + more).median
    assert after is None or (before is not None and after >= before)


@settings(max_examples=12, deadline=None)
@given(st.lists(times, min_size=1, max_size=12), st.sampled_from(["Europe/Dublin", "Asia/Kolkata", "America/New_York"]))
def test_the_time_zone_leaves_durations_alone(hours, zone):
    log = log_of(hours)
    there = TicketLog(log.tickets, None, log.as_of, zone)
    assert measure_durations(there) == measure_durations(log)


@settings(max_examples=12, deadline=None)
@given(st.lists(times, min_size=1, max_size=30))
def test_ended_quantiles_are_those_of_numpy(hours):
    row = overall(hours)
    expected = np.quantile(hours, [0.5, 0.75, 0.9], method="averaged_inverted_cdf")
    assert [row.ended_median, row.ended_p75, row.ended_p90] == pytest.approx(expected.tolist())
    assert [row.median, row.p75, row.p90] == pytest.approx(expected.tolist())


def test_closed_without_a_resolution_time_is_neither_there_nor_waiting():
    table = pd.DataFrame(
        {
            "number": ["a", "b", "c", "d", "e"],
            "opened_at": ["2026-03-02 08:00"] * 5,
            "resolved_at": ["2026-03-02 10:00", None, None, "2026-03-02 07:00", "2026-03-09 08:00"],
            "closed_at": [None, "2026-03-03 08:00", None, None, None],
            "state": ["Resolved", "Active", "Cancelled", "Resolved", "Resolved"],
        }
    )
    found = measure_durations(ticket_log(table, as_of="2026-03-04 08:00"))
    assert (found.overall.ended, found.overall.waiting) == (1, 1)  # a is there; e is resolved after the end
    assert found.notes == (
        "2 tickets are over, but the export does not say when: left out.",
        "1 ticket has a time before the opening, which cannot be: left out.",
    )


def test_rows_by_label_are_those_of_each_label_alone():
    hours, waiting = [1.0, 2, 3, 9, 20, 30, 31], [5.0, 50]
    found = measure_durations(log_of(hours, waiting, priority=["P1", "P2"] * 4 + [None]), by="priority")
    assert [row.label for row in found] == ["P1", "P2", "(missing)"]
    assert found.of("P1").median == overall([1, 3, 20, 31]).median
    assert found.of("P2").median == overall([2, 9, 30], [5]).median
    assert found.of("(missing)").median is None
    assert isinstance(found, Durations)
    assert found.to_frame().shape == (4, 15)


def test_the_result_becomes_json_and_charts_carry_the_summary():
    found = measure_durations(log_of([0, 1, 30, 400], [50], priority=["P1", "P2", "P1", "P2", "P1"]), by="priority")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["overall"]["waiting"] == 1
    assert sum(count for _, _, count in found.histogram) == 4
    for kind in ("curve", "distribution"):
        assert found.chart(kind=kind).to_dict()["description"] == found.summary()


def test_errors_say_what_is_missing():
    log = log_of([1, 2])
    with pytest.raises(MeasureError, match="No ticket has a time of closing"):
        measure_durations(log, until="closed_at")
    with pytest.raises(MeasureError, match="No ticket has a priority"):
        measure_durations(log, by="priority")
    with pytest.raises(MeasureError, match="no label 'prio'"):
        measure_durations(log, by="prio")
    with pytest.raises(MeasureError, match="confidence"):
        measure_durations(log, confidence=95)
    with pytest.raises(MeasureError, match="no time 'due_at'"):
        measure_durations(log, until="due_at")


def test_a_choice_without_tickets_is_said():
    log = ticket_log(pd.DataFrame({"number": ["a"], "opened_at": "2026-03-02", "resolved_at": "2026-03-03"}))
    with pytest.raises(MeasureError, match="There is no ticket"):
        measure_durations(log.where(log.tickets["number"] == "z"))


def test_a_label_named_like_the_missing_one_is_one_row():
    table = pd.DataFrame({"number": list("abc"), "opened_at": "2026-03-02", "resolved_at": "2026-03-03"})
    table["location"] = ["(missing)", None, "x"]
    found = measure_durations(ticket_log(table), by="location")
    assert [(row.label, row.tickets) for row in found] == [("(missing)", 2), ("x", 1)]
