"""Service levels against hand counts: marks, targets, open tickets and business hours."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog, ticket_log
from evaluators.itdata.tickets.sla import BusinessHours, measure_sla


def log_of(rows: list[tuple[str, str | None, str | None, bool | None]], **settings: str) -> TicketLog:
    table = pd.DataFrame(rows, columns=["opened_at", "resolved_at", "priority", "sla_met"])
    table["number"] = [f"T{place}" for place in range(len(table))]
    return ticket_log(table, **({"as_of": "2026-03-10 00:00"} | settings))


def counts(row):
    return row.met, row.missed, row.not_yet_known


def test_marks_by_hand_and_an_open_ticket_is_never_met():
    found = measure_sla(
        log_of(
            [
                ("2026-03-02", "2026-03-03", "P1", True),
                ("2026-03-02", "2026-03-03", "P1", False),
                ("2026-03-02", None, "P1", True),  # the mark of an open ticket can still change
                ("2026-03-02", None, "P3", False),  # past its target already
                ("2026-03-02", "2026-03-03", "P3", None),
            ]
        )
    )
    assert counts(found.of("P1")) == (1, 1, 1)
    assert counts(found.of("P3")) == (0, 1, 0)
    assert found.overall.share_met == pytest.approx(1 / 3)
    assert (found.overall.low, found.overall.high) == pytest.approx(proportion_confint(1, 3, method="wilson"))
    assert found.notes == ("1 ticket without a mark: left out.",)


def test_targets_by_hand():
    rows = [
        ("2026-03-02 08:00", "2026-03-02 12:00", "P1", None),  # exactly four hours: met
        ("2026-03-02 08:00", "2026-03-02 12:01", "P1", None),  # a minute too late
        ("2026-03-09 21:00", None, "P1", None),  # three hours old: not yet known
        ("2026-03-09 19:00", None, "P1", None),  # five hours old: missed
        ("2026-03-02 08:00", "2026-03-02 09:00", "P4", None),  # no target
    ]
    found = measure_sla(log_of(rows), targets={"P1": 4})
    assert counts(found.of("P1")) == counts(found.overall) == (1, 2, 1)
    assert found.of("P1").target_hours == 4
    assert found.notes == ("1 ticket of a priority without a target: left out.",)
    assert "day and night" in found.definition


def test_business_hours_change_the_verdict():
    rows = [("2026-03-06 16:00", "2026-03-09 10:00", "P2", None)]  # Friday afternoon to Monday morning
    assert counts(measure_sla(log_of(rows), targets={"P2": 4}).overall) == (0, 1, 0)
    found = measure_sla(log_of(rows), targets={"P2": 4}, business_hours=BusinessHours())
    assert counts(found.overall) == (1, 0, 0)
    assert "Monday to Friday, 09:00 to 17:00" in found.definition


def between(first: str, last: str, /, zone: str = "Europe/Dublin", **settings: object) -> float:
    times = [pd.Series([pd.Timestamp(each, tz=zone).tz_convert("UTC")]) for each in (first, last)]
    return float(BusinessHours(**settings).between(*times, zone)[0])


@pytest.mark.parametrize(
    ("start", "end", "settings", "hours"),
    [
        pytest.param("2026-03-02 10:00", "2026-03-02 12:30", {}, 2.5, id="within-a-day"),
        pytest.param("2026-03-02 07:00", "2026-03-02 20:00", {}, 8, id="around-a-day"),
        pytest.param("2026-03-06 16:00", "2026-03-09 10:00", {}, 2, id="over-a-weekend"),
        pytest.param("2026-03-07 10:00", "2026-03-08 10:00", {}, 0, id="a-weekend"),
        pytest.param("2026-03-16 09:00", "2026-03-18 17:00", {"holidays": ("2026-03-17",)}, 16, id="a-holiday"),
        # Ireland: the clocks go forward on Sunday 2026-03-29 at 01:00 and back on 2026-10-25 at 02:00.
        pytest.param(
            "2026-03-28 12:00",
            "2026-03-30 12:00",
            {"start": "00:00", "end": "24:00", "weekdays": tuple(range(7))},
            47,
            id="spring",
        ),
        pytest.param(
            "2026-10-24 12:00",
            "2026-10-26 12:00",
            {"start": "00:00", "end": "24:00", "weekdays": tuple(range(7))},
            49,
            id="autumn",
        ),
        pytest.param("2026-03-27 16:00", "2026-03-30 10:00", {}, 2, id="a-weekend-in-which-clocks-change"),
    ],
)
def test_business_hours_by_hand(start, end, settings, hours):
    assert between(start, end, **settings) == pytest.approx(hours)


moments = st.datetimes(pd.Timestamp("2026-03-20").to_pydatetime(), pd.Timestamp("2026-04-05").to_pydatetime())


@settings(max_examples=25, deadline=None)
@given(st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_business_hours_add_up_and_never_exceed_elapsed_time(three):
    times = [pd.Series([pd.Timestamp(each, tz="UTC").as_unit("us")]) for each in three]
    clock = BusinessHours("08:30", "17:15")
    whole, first, second = (clock.between(times[a], times[b], "Europe/Dublin")[0] for a, b in ((0, 2), (0, 1), (1, 2)))
    assert whole == pytest.approx(first + second, abs=1e-6)
    assert -1e-9 <= whole <= (three[2] - three[0]).total_seconds() / 3600 + 1e-9


def test_nothing_decided_is_said():
    found = measure_sla(
        log_of([("2026-03-09 23:00", None, "P1", None), ("2026-03-01 00:00", "2026-03-02", "P2", None)]),
        targets={"P1": 4},
    )
    assert found.overall.share_met is None
    assert "not known" in found.summary()
    with pytest.raises(MeasureError, match="No ticket is decided"):
        found.chart()


def test_json_frame_and_chart():
    found = measure_sla(log_of([("2026-03-02", "2026-03-03", "P1", True), ("2026-03-02", None, "P2", True)]))
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["rows"][1]["share_met"] is None
    assert found.to_frame().shape == (3, 9)
    assert found.chart().to_dict()["description"] == found.summary()


def test_errors_say_what_to_do():
    log = log_of([("2026-03-02", "2026-03-03", "P1", None)])
    with pytest.raises(MeasureError, match="no mark"):
        measure_sla(log)
    with pytest.raises(MeasureError, match="No ticket has a priority of your targets"):
        measure_sla(log, targets={"high": 4})
    with pytest.raises(MeasureError, match="target of 'P1' is -1"):
        measure_sla(log, targets={"P1": -1})
    with pytest.raises(MeasureError, match="without targets"):
        measure_sla(log, business_hours=BusinessHours())
    with pytest.raises(MeasureError, match="make no day"):
        BusinessHours("17:00", "09:00")
    with pytest.raises(MeasureError, match="weekdays"):
        BusinessHours(weekdays=(7,))


def test_open_tickets_alone_are_not_met():
    table = pd.DataFrame({"number": ["a", "b"], "opened_at": "2026-03-02", "resolved_at": ["2026-03-03", None]})
    log = ticket_log(table.assign(priority=1, sla_met=True), as_of="2026-03-04")
    found = measure_sla(log.where(log.tickets["resolved_at"].isna())).overall
    assert (found.met, found.missed, found.not_yet_known, found.share_met) == (0, 0, 1, None)


def test_tickets_opened_after_the_end_are_left_out():
    table = pd.DataFrame({"number": ["a", "b"], "opened_at": ["2026-03-02", "2026-03-09"], "sla_met": True})
    found = measure_sla(ticket_log(table.assign(priority="P1", closed_at="2026-03-03"), as_of="2026-03-04"))
    assert found.overall.tickets == 1
    assert "1 ticket was opened after the end of the log: left out." in found.notes


def test_priorities_and_targets_may_be_numbers():
    table = pd.DataFrame({"number": ["a", "b"], "opened_at": "2026-03-02 08:00", "priority": [1, 2]})
    log = ticket_log(table.assign(resolved_at="2026-03-02 12:00"))
    assert measure_sla(log, targets={1: 4, 2: 3}).of("2").missed == 1
    with pytest.raises(MeasureError, match="7"):
        measure_sla(log, targets={7: 4})


def test_business_hours_are_whole_minutes_without_a_zone():
    assert "except 1 holiday." in f"{BusinessHours(holidays=('2026-03-17',)).in_words()}."
    for clock in ("09:00:30", "09:00+01:00"):
        with pytest.raises(MeasureError, match="make no day"):
            BusinessHours(clock, "17:00")
