"""One ticket's life: every sentence against a life written down by hand."""

import json

import pandas as pd
import pytest

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog, ticket_log
from evaluators.itdata.tickets.paths import path_map
from evaluators.itdata.tickets.story import NOTHING, ticket_story


def log_of(rows: list[tuple[str, str | None, str | None, str | None]], **ticket: object) -> TicketLog:
    """Make a log of one ticket "a", opened on 2 March 2026 at 8:00, and a second one that does nothing."""
    tickets = pd.DataFrame(
        [{"number": "a", "opened_at": "2026-03-02 08:00", **ticket}, {"number": "b", "opened_at": "2026-03-02 08:00"}]
    )
    events = pd.DataFrame(rows, columns=["at", "state", "group", "assigned_to"]).assign(number="a")
    return ticket_log(tickets, events, as_of="2026-03-10 08:00", time_zone="Europe/Dublin")


LIFE = [
    ("2026-03-02 08:00", "New", "Desk", None),
    ("2026-03-02 09:00", "Active", "Desk", "D-1"),
    ("2026-03-02 09:01", "Active", "Desk", "D-1"),
    ("2026-03-02 12:00", "Active", "Network", "N-1"),
    ("2026-03-02 14:00", "Awaiting User Info", "Network", "N-1"),
    ("2026-03-04 14:00", "Active", "Network", "N-1"),
    ("2026-03-04 20:00", "Resolved", "Network", "N-1"),
]


def test_each_row_is_told_as_it_is() -> None:
    story = ticket_story(log_of(LIFE, resolved_at="2026-03-04 20:00", sla_met=True), "a")
    assert [row.said for row in story] == [
        "The ticket is opened. Desk has it.",
        "State: New → Active. Somebody is named who works on it.",
        NOTHING,
        "Passed on: Desk → Network. Somebody else is named.",
        "State: Active → Awaiting User Info.",
        "State: Awaiting User Info → Active.",
        "State: Active → Resolved.",
    ]
    assert story.resolved_hours == 60
    assert story.parked_hours == 48
    assert (story.passed_on, story.silent, story.sla_met, len(story)) == (1, 1, True, 7)
    assert [row.lasted for row in story][:3] == pytest.approx([1, 1 / 60, 179 / 60])
    assert [row.hours for row in story][-1] == 60
    assert str(story.rows[1].at) == "2026-03-02 09:00:00"  # as the clock in Dublin shows it
    said = story.summary()
    assert "7 rows tell of 1 ticket. 1 row of them changes nothing." in said
    assert "From opening to resolution: 2.5 days. For 2 days of them the state said that IT waits" in said
    assert not any(name in json.dumps(story.to_dict()) for name in ("D-1", "N-1"))  # nobody is named


def test_an_open_ticket_waits_until_the_log_ends() -> None:
    story = ticket_story(log_of(LIFE[:5]), "a")
    assert story.resolved_hours is None
    assert story.parked_hours == 7 * 24 + 18  # from 2 March 14:00 to 10 March 8:00
    assert story.sla_met is None
    assert "It was still open when the log ended." in story.summary()
    assert "Service level" not in story.summary()


def test_rows_without_a_label_are_no_change() -> None:
    rows = [("2026-03-02 08:00", "New", "Desk", None), ("2026-03-02 09:00", None, None, None), LIFE[3]]
    story = ticket_story(log_of(rows), "a")
    assert [row.changes for row in story] == [True, False, True]
    assert story.rows[2].said.startswith("State: New → Active. Passed on: Desk → Network.")


def test_the_frame_the_json_and_the_chart_say_the_same() -> None:
    story = ticket_story(log_of(LIFE, resolved_at="2026-03-04 20:00"), "a")
    assert story.to_frame()["said"].tolist() == [row.said for row in story]
    assert json.loads(json.dumps(story.to_dict()))["rows"][0]["at"] == "2026-03-02T08:00:00"
    spec = story.chart().to_dict()
    assert spec["description"] == story.summary()
    bars = next(iter(spec["datasets"].values()))
    assert [bar["state"] for bar in bars] == ["New", "Active", "Awaiting User Info", "Active", "Resolved"]


@pytest.mark.parametrize(
    ("number", "problem"), [("zebra", "There is no ticket 'zebra'."), ("b", "The log has no events of 'b'.")]
)
def test_a_ticket_that_is_not_there(number: str, problem: str) -> None:
    with pytest.raises(MeasureError, match=problem.replace(".", r"\.")):
        ticket_story(log_of(LIFE), number)


def test_a_story_without_states_has_no_chart() -> None:
    with pytest.raises(MeasureError, match="No row of this ticket has a state"):
        ticket_story(log_of([("2026-03-02 08:00", None, "Desk", None)]), "a").chart()


def test_a_map_picks_out_one_place_and_refuses_another() -> None:
    found = path_map(log_of(LIFE, resolved_at="2026-03-04 20:00"))
    spec = json.dumps(found.chart(highlight="Network").to_dict())
    assert '"shade": 0.15' in spec  # (start) -> Desk does not touch it
    assert '"shade": 0.15' not in json.dumps(found.chart().to_dict())
    with pytest.raises(MeasureError, match="no place 'zebra'"):
        found.chart(highlight="zebra")
