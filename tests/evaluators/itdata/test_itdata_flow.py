"""Arrivals, closures and backlog against hand counts and what must add up."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog, ticket_log
from evaluators.itdata.tickets.flow import measure_flow


def log_of(spans: list[tuple[str, str | None]], **settings: str) -> TicketLog:
    table = pd.DataFrame(spans, columns=["opened_at", "resolved_at"])
    table["number"] = [f"T{place}" for place in range(len(table))]
    return ticket_log(table, **settings)


def test_backlog_by_hand():
    flow = measure_flow(
        log_of(
            [
                ("2026-03-02 09:00", "2026-03-02 17:00"),
                ("2026-03-02 12:00", "2026-03-04 12:00"),
                ("2026-03-03 10:00", "2026-03-05 00:00"),  # ends as the 5th begins: open at the end of the 4th
                ("2026-03-05 08:00", None),
            ],
            as_of="2026-03-06 08:00",
        ),
        every="day",
    )
    assert [(row.period[-2:], row.arrivals, row.closures, row.backlog) for row in flow] == [
        ("02", 2, 1, 1),
        ("03", 1, 0, 2),
        ("04", 0, 1, 1),
        ("05", 1, 1, 1),
        ("06", 0, 0, 1),
    ]
    assert [row.median_age for row in flow] == [12, 25, 38, 16, 24]  # the 3rd: 36 and 14 hours
    assert [row.oldest_age for row in flow] == [12, 36, 38, 16, 24]
    assert [row.partial for row in flow] == [False] * 4 + [True]


def test_days_begin_at_local_midnight():
    spans = [("2026-07-01 23:30+00:00", None), ("2026-07-01 12:00+00:00", None)]
    log = log_of(spans, as_of="2026-07-03 12:00+00:00")
    assert [row.arrivals for row in measure_flow(log, every="day")] == [2, 0, 0]
    dublin = TicketLog(log.tickets, None, log.as_of, "Europe/Dublin")  # 00:30 on the second there
    assert [row.arrivals for row in measure_flow(dublin, every="day")] == [1, 1, 0]
    assert measure_flow(dublin).hours[0] == 1
    assert measure_flow(dublin).weekdays == (0, 0, 1, 1, 0, 0, 0)


def test_weeks_and_months_at_the_ends_are_marked_as_partial():
    log = log_of([("2026-01-14 09:00", None), ("2026-03-20 09:00", None)], as_of="2026-03-31 06:00")
    assert [(row.period, row.partial) for row in measure_flow(log, every="month")] == [
        ("2026-01", True),
        ("2026-02", False),
        ("2026-03", False),  # the log ends on its last day
    ]
    weeks = measure_flow(log).rows
    assert (weeks[0].period, weeks[0].partial, weeks[-1].period, weeks[-1].partial) == (
        "2026-01-12",
        True,
        "2026-03-30",
        True,
    )


def test_a_log_that_ends_at_midnight_begins_no_further_day():
    flow = measure_flow(log_of([("2026-03-02 09:00", None)], as_of="2026-03-03 00:00"), every="day")
    assert [(row.period, row.partial, row.median_age) for row in flow] == [("2026-03-02", False, 15)]


def test_what_cannot_be_placed_is_said():
    table = pd.DataFrame(
        {
            "number": list("abcde"),
            "opened_at": ["2026-03-02 08:00"] * 4 + ["2026-03-09 08:00"],
            "resolved_at": [None, None, "2026-03-01 08:00", "2026-03-03 08:00", None],
            "closed_at": ["2026-03-03 09:00", None, None, None, None],
            "state": ["Closed", "Cancelled", "Resolved", "Resolved", "New"],
            "reopens": [0, 0, 0, 1, 0],
        }
    )
    flow = measure_flow(ticket_log(table, as_of="2026-03-04"), every="day")
    assert [(row.arrivals, row.closures, row.backlog) for row in flow] == [(4, 0, 2), (0, 2, 0)]
    assert [note.split(":")[0] for note in flow.notes] == [
        "1 ticket without a time of resolution",
        "1 ticket opened after the end of the log",
        "1 ticket with an end before the opening, which cannot be",
        "1 ticket over by state, but the export does not say when",
        "1 ticket reopened",
    ]


minutes = st.integers(0, 60 * 24 * 40)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(minutes, st.one_of(st.none(), minutes)), min_size=1, max_size=25),
    st.sampled_from(["day", "week", "month"]),
    st.sampled_from(["UTC", "Europe/Dublin", "America/New_York"]),
)
def test_the_backlog_adds_up(spans, every, zone):
    start = pd.Timestamp("2026-03-10", tz="UTC")  # both zones change their clocks in these weeks
    rows = [
        (
            start + pd.Timedelta(minutes=opened),
            None if length is None else start + pd.Timedelta(minutes=opened + length),
        )
        for opened, length in spans
    ]
    log = log_of(rows, as_of=start + pd.Timedelta(days=41), time_zone=zone)
    flow = measure_flow(log, every=every)
    backlog = 0
    for row in flow:
        backlog += row.arrivals - row.closures
        assert row.backlog == backlog
    assert sum(row.arrivals for row in flow) == len(spans) == sum(flow.weekdays) == sum(flow.hours)
    ends = log.tickets["resolved_at"]
    assert backlog == int((ends.isna() | (ends > log.as_of)).sum())
    for row in flow.rows[:-1]:
        edge = (
            pd.Timestamp(row.period)
            + {"day": pd.DateOffset(days=1), "week": pd.DateOffset(days=7), "month": pd.DateOffset(months=1)}[every]
        ).tz_localize(zone)
        still = (log.tickets["opened_at"] < edge) & (ends.isna() | (ends >= edge))
        assert row.backlog == int(still.sum())
        if row.backlog:
            ages = (edge - log.tickets["opened_at"][still]).dt.total_seconds() / 3600
            assert row.median_age == pytest.approx(np.median(ages))
            assert row.oldest_age == pytest.approx(ages.max())


def test_json_frame_chart_and_errors():
    log = log_of([("2026-03-02 09:00", "2026-03-02 17:00")], as_of="2026-03-20")
    flow = measure_flow(log)
    assert json.loads(json.dumps(flow.to_dict(), allow_nan=False))["rows"][0]["median_age"] is None
    assert flow.to_frame().shape == (3, 8)
    assert "No ticket is open" in flow.summary()
    for kind in ("flow", "shape"):
        assert flow.chart(kind=kind).to_dict()["description"] == flow.summary()
    with pytest.raises(MeasureError, match="no period 'hour'"):
        measure_flow(log, every="hour")
    with pytest.raises(MeasureError, match="No ticket was opened"):
        measure_flow(log_of([("2026-03-02", None)], as_of="2026-03-01"))
    with pytest.raises(MeasureError, match="more than 5,000 days"):
        measure_flow(log_of([("1990-01-01", None)], as_of="2026-03-01"), every="day")


def test_some_tickets_begin_with_the_log():
    table = pd.DataFrame({"number": ["a", "b"], "opened_at": ["2026-03-02 08:00", "2026-03-17 08:00"]})
    log = ticket_log(table, as_of="2026-03-23")
    some = measure_flow(log.where(log.tickets["number"] == "b"))
    assert [(row.period, row.partial, row.arrivals) for row in some] == [
        ("2026-03-02", False, 0),
        ("2026-03-09", False, 0),
        ("2026-03-16", False, 1),
    ]


def test_weeks_before_the_log_begins_are_partial():
    table = pd.DataFrame({"number": ["a", "b"], "opened_at": ["2026-02-25 08:00", "2026-03-17 08:00"]})
    flow = measure_flow(ticket_log(table, as_of="2026-03-23", since="2026-03-09"))
    assert [row.partial for row in flow] == [True, True, False, False]


def test_a_week_whose_end_is_unknown_does_not_make_the_pile_grow():
    days = [f"2026-03-{day:02d} 08:00" for day in (2, 3, 4, 5)]
    table = pd.DataFrame({"number": list("abcd"), "opened_at": days, "resolved_at": None, "state": "Cancelled"})
    flow = measure_flow(ticket_log(table, as_of="2026-03-06"), every="day")
    assert (sum(row.arrivals for row in flow), flow.rows[-1].backlog) == (4, 0)
    assert "the pile stayed as it was, in the second half it stayed as it was" in flow.summary()
    assert "Monday, Tuesday, Wednesday … (25.0% each)" in flow.summary()
