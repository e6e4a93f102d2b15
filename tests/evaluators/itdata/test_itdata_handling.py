"""Passing on, ping-pong, reopening and first contact against hand counts."""

import json

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog, ticket_log
from evaluators.itdata.tickets.handling import measure_handling

OPENED = pd.Timestamp("2026-03-02 08:00", tz="UTC")


def log_of(ways: dict[str, str], **columns: list[object]) -> TicketLog:
    """Make a ticket for each name, an event each hour in the group of a letter; "-" is an event without a group."""
    names = list(ways)
    table = {
        "number": names,
        "opened_at": [OPENED] * len(names),
        "resolved_at": [OPENED + pd.Timedelta(hours=len(way)) for way in ways.values()],
    }
    events = pd.DataFrame(
        [
            (name, OPENED + pd.Timedelta(hours=hour), None if letter == "-" else letter, letter.lower())
            for name, way in ways.items()
            for hour, letter in enumerate(way)
        ],
        columns=["number", "at", "group", "assigned_to"],
    )
    return ticket_log(pd.DataFrame(table | columns), events)


def test_ping_pong_by_hand():
    # ABA: one return. ABAB: two. A-A and AAB: none. ABCA: back, but not straight. A-BBA: one, blanks passed over.
    found = measure_handling(
        log_of({"1": "ABA", "2": "ABAB", "3": "A-A", "4": "AAB", "5": "ABCA", "6": "A-BBA", "7": "--"})
    )
    row = found.overall
    assert (row.ping_pong.count, row.ping_pong.of, row.returns) == (3, 6, 4)
    assert (row.ping_pong.low, row.ping_pong.high) == pytest.approx(proportion_confint(3, 6, method="wilson"))
    assert row.reassigned.share is None
    assert "How often tickets were passed on is not in the export." in found.notes


def test_reassignments_by_hand_and_by_label():
    log = log_of(
        {"1": "A", "2": "A", "3": "AB", "4": "ABC"},
        reassignments=[0, 0, 1, 5],
        reopens=[0, 1, 0, 0],
        location=["x", "y", "y", "y"],
    )
    found = measure_handling(log, by="location")
    row = found.overall
    assert (row.reassigned.count, row.reassigned.of, row.reassigned.share) == (2, 4, 0.5)
    assert (row.mean_reassignments, row.p90_reassignments, row.max_reassignments) == (1.5, 5, 5)
    assert row.reopened.share == 0.25
    assert [each.label for each in found] == ["y", "x"]
    assert found.of("y").mean_reassignments == 2
    assert found.to_frame().shape == (3, 26)


def test_first_contact_by_hand():
    log = log_of(
        {"1": "A", "2": "A", "3": "AB", "4": "AAAA", "5": "A"},
        reassignments=[0, 0, 1, 0, 0],
        reopens=[0, 1, 0, 0, 0],
        first_group=["A", "A", "A", "A", "A"],
        group=["A", "A", "B", "A", "B"],
    )
    found = measure_handling(log)
    assert (found.overall.first_contact.count, found.overall.first_contact.of) == (2, 5)  # 1 and 4
    assert (
        found.first_contact_means == "never passed on to another group, never reopened, by the group that had it first"
    )
    assert measure_handling(log, session_hours=2).overall.first_contact.count == 1  # 4 took four hours
    assert "within 2 hours" in measure_handling(log, session_hours=2).first_contact_means


def test_one_person_is_asked_for_only_on_request():
    log = log_of({"1": "A", "2": "AB"}, reassignments=[0, 0])
    assert measure_handling(log).overall.first_contact.count == 2
    assert measure_handling(log, same_person=True).overall.first_contact.count == 1


def test_open_tickets_have_no_first_contact_yet():
    log = log_of({"1": "A", "2": "A"}, reassignments=[0, 0], resolved_at=[OPENED, None])
    assert (measure_handling(log).overall.first_contact.of) == 1


def test_json_and_chart():
    found = measure_handling(log_of({"1": "ABA", "2": "A"}, location=["x", "y"]), by="location")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["overall"]["reopened"]["share"] is None
    assert found.chart(figure="ping_pong").to_dict()["description"] == found.summary()
    with pytest.raises(MeasureError, match="does not show 'reopened'"):
        found.chart(figure="reopened")
    with pytest.raises(MeasureError, match="no figure"):
        found.chart(figure="speed")


def test_a_log_without_any_of_it_is_refused():
    table = pd.DataFrame({"number": ["a"], "opened_at": [OPENED]})
    with pytest.raises(MeasureError, match="neither reassignments nor reopenings"):
        measure_handling(ticket_log(table))
    with pytest.raises(MeasureError, match="session"):
        measure_handling(ticket_log(table), session_hours=0)


def test_one_return_and_one_time_are_said_in_the_singular():
    table = pd.DataFrame({"number": ["a"], "opened_at": "2026-03-02 08:00", "reassignments": 1, "priority": "P1"})
    events = pd.DataFrame(
        {"number": "a", "at": [f"2026-03-02 {hour}:00" for hour in (10, 11, 12)], "group": list("xyx")}
    )
    text = measure_handling(ticket_log(table, events), by="priority").summary()
    assert "1 return in all" in text
    assert "nine in ten at most 1 time, at most 1." in text
    assert "P1: 1.00 times (1 ticket)" in text
