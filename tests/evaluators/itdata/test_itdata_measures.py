"""All measures together: the same figures as one by one, and what the export lacks."""

import json

import pandas as pd
import pytest

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog, ticket_log
from evaluators.itdata.tickets.durations import measure_durations
from evaluators.itdata.tickets.measures import measure_tickets

TABLE = pd.DataFrame(
    {
        "number": ["a", "b", "c", "d"],
        "opened_at": ["2026-03-02 08:00"] * 4,
        "resolved_at": ["2026-03-02 09:00", "2026-03-02 12:00", "2026-03-03 08:00", None],
        "priority": ["P3", "P3", "P1", "P3"],
        "location": ["x", "y", "x", "y"],
        "reassignments": [0, 1, 2, 0],
        "sla_met": [True, True, False, True],
    }
)
EVENTS = pd.DataFrame(
    {
        "number": ["a", "b", "b", "c", "c", "c", "d"],
        "at": [f"2026-03-02 08:0{place}" for place in range(7)],
        "group": ["Desk", "Desk", "SAP", "Desk", "SAP", "Desk", "Desk"],
    }
)


def full() -> TicketLog:
    return ticket_log(TABLE, EVENTS, as_of="2026-03-04 08:00")


def test_each_part_is_the_measure_itself():
    log = full()
    found = measure_tickets(log, by=("location",))
    assert (found.tickets, found.events) == (4, 7)
    assert found.resolve == measure_durations(log, by="priority")
    assert found.resolve_by == (measure_durations(log, by="location"),)
    assert (found.sla.overall.met, found.sla.overall.missed, found.sla.overall.not_yet_known) == (2, 1, 1)
    assert found.flow.rows[-1].backlog == 1
    assert found.handling.overall.ping_pong.count == 1
    assert found.group_path.variants[0].places == ("Desk",)
    assert set(found.lacking) == {"time to respond", "time to close", "path by state"}
    text = found.summary()
    assert "4 tickets in 7 rows: a row is an event, something that happened to a ticket, 1.8 a ticket" in text
    assert "This export does not show: time to respond, time to close, path by state." in text


def test_a_bare_log_says_what_it_lacks():
    found = measure_tickets(ticket_log(TABLE[["number", "opened_at"]], as_of="2026-03-04"))
    assert found.resolve is found.sla is found.handling is found.group_path is None
    assert found.flow.rows[-1].backlog == 4
    assert "No ticket has a time of resolution (resolved_at)." in found.lacking["time to resolve"]
    figures = found.to_frame().set_index("figure")["value"]
    assert figures["open at the end"] == 4
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_json_holds_every_part():
    found = json.loads(json.dumps(measure_tickets(full(), by="location").to_dict(), allow_nan=False))
    assert found["resolve"]["overall"]["ended_median"] == 4
    assert found["resolve_by"][0]["by"] == found["handling_by"][0]["by"] == "location"
    assert found["respond"] is None


def test_what_was_asked_for_and_cannot_be_is_an_error():
    assert measure_tickets(full(), targets={"P3": 5}).sla.overall.met == 2
    with pytest.raises(MeasureError, match="priority of your targets"):
        measure_tickets(full(), targets={"high": 5})
    with pytest.raises(MeasureError, match="no label 'site'"):
        measure_tickets(full(), by="site")


def test_a_log_without_tickets_is_refused():
    log = full()
    with pytest.raises(MeasureError, match="There is no ticket"):
        measure_tickets(log.where(log.tickets["number"] == "z"))


def test_what_is_not_known_makes_a_sentence():
    table = pd.DataFrame({"number": list("abc"), "opened_at": "2026-03-02 08:00"})
    table["resolved_at"] = ["2026-03-02 09:00", None, None]
    text = measure_tickets(ticket_log(table, as_of="2026-03-04")).summary()
    assert "Half of all tickets are resolved (not known, too many still wait)." in text
