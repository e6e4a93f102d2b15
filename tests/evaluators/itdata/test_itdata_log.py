"""Ticket logs from tables: times, zones and what is refused."""

import pandas as pd
import pytest

from evaluators.itdata import LogError, TicketLog, ticket_log

UTC = "UTC"


def made(opened: list[object], **columns: list[object]) -> TicketLog:
    zone = str(columns.pop("zone", [UTC])[0])
    numbers = [f"T{place}" for place in range(len(opened))]
    return ticket_log(pd.DataFrame({"number": numbers, "opened_at": opened, **columns}), time_zone=zone)


def test_days_and_moments_may_stand_in_one_column() -> None:
    log = made(["2026-03-04", "2026-03-04 08:00"])
    assert log.tickets["opened_at"].tolist() == [
        pd.Timestamp("2026-03-04", tz=UTC),
        pd.Timestamp("2026-03-04 08:00", tz=UTC),
    ]


def test_offsets_of_winter_and_summer_may_stand_in_one_column() -> None:
    log = made(["2026-03-04T08:00+00:00", "2026-06-04T08:00+01:00", "2026-06-04T08:00Z"])
    assert [moment.hour for moment in log.tickets["opened_at"]] == [8, 7, 8]


def test_times_of_which_only_some_have_an_offset_are_refused() -> None:
    with pytest.raises(LogError, match="opened_at"):
        made(["2026-03-04T08:00Z", "2026-06-04T08:00"])


def test_the_hour_that_occurs_twice_is_the_earlier_and_the_one_that_never_occurs_moves_on() -> None:
    log = made(["2026-10-25 01:30", "2026-03-29 01:30"], zone=["Europe/Dublin"])
    assert log.tickets["opened_at"].tolist() == [
        pd.Timestamp("2026-03-29 01:00", tz=UTC),  # 02:00 in Dublin: 01:30 did not occur
        pd.Timestamp("2026-10-25 00:30", tz=UTC),  # still summer time
    ]


def test_hours_count_what_passed_and_not_what_clocks_showed() -> None:
    log = made(["2026-03-28 12:00"], resolved_at=["2026-03-29 12:00"], zone=["Europe/Dublin"])
    assert log.hours().tolist() == [23.0]


@pytest.mark.parametrize(
    ("tickets", "events", "said"),
    [
        ({"number": [], "opened_at": []}, None, "no ticket"),
        ({"number": ["A", "A"], "opened_at": ["2026-01-01"] * 2}, None, "more than once"),
        ({"number": ["A"], "opened_at": [None]}, None, "no time of opening"),
        ({"number": [None], "opened_at": ["2026-01-01"]}, None, "no number"),
        ({"number": ["A"], "opened_at": ["1/2/2026 25:00"]}, None, "Not every value"),
        ({"number": ["A"], "opened_at": ["2026-01-01"]}, {"number": ["B"], "at": ["2026-01-01"]}, "no ticket"),
        ({"number": ["A"], "opened_at": ["2026-01-01"]}, {"number": ["A"], "at": [None]}, "no time"),
    ],
)
def test_what_is_no_log_is_refused(tickets: dict[str, list[object]], events: object, said: str) -> None:
    rows = None if events is None else pd.DataFrame(events)
    with pytest.raises(LogError, match=said):
        ticket_log(pd.DataFrame(tickets), rows)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(LogError, match="Atlantis"):
        made(["2026-01-01"], zone=["Europe/Atlantis"])


def test_a_part_of_a_log_keeps_its_events_and_its_end() -> None:
    tickets = pd.DataFrame({"number": ["A", "B"], "opened_at": ["2026-01-01", "2026-01-02"], "priority": ["P1", "P3"]})
    events = pd.DataFrame({"number": ["B", "A", "A"], "at": ["2026-01-05", "2026-01-04", "2026-01-03"]})
    log = ticket_log(tickets, events)
    assert log.as_of == pd.Timestamp("2026-01-05", tz=UTC)
    assert log.events is not None
    assert log.events["at"].dt.day.tolist() == [3, 4, 5]
    part = log.where(log.tickets["priority"] == "P1")
    assert (len(part), part.as_of) == (1, log.as_of)
    assert part.events is not None
    assert part.events["at"].dt.day.tolist() == [3, 4]
    assert not part.has("location")
    assert part.has("priority")


def test_a_log_remembers_when_it_begins():
    table = pd.DataFrame({"number": ["a", "b"], "opened_at": ["2026-07-02 00:30", "2026-07-20 09:00"]})
    log = ticket_log(table, as_of="2026-08-01", time_zone="Europe/Dublin")
    assert log.since == pd.Timestamp("2026-07-01 23:00", tz="UTC")  # midnight of 2 July in Dublin
    assert log.where(log.tickets["number"] == "b").since == log.since
    assert log.where(log.tickets["number"] == "z").since == log.since
    given = ticket_log(table, as_of="2026-08-01", since="2026-06-01")
    assert given.where(given.tickets["number"] == "b").since == pd.Timestamp("2026-06-01", tz="UTC")


def test_a_mask_must_be_of_this_log():
    log = ticket_log(pd.DataFrame({"number": ["a", "b"], "opened_at": "2026-07-02", "sla_met": [True, None]}))
    assert log.where(log.tickets["sla_met"]).tickets["number"].tolist() == ["a"]
    for mask in (pd.Series([True]), pd.Series([0, 1]), pd.Series([True, False], index=[5, 6])):
        with pytest.raises(LogError, match="mask"):
            log.where(mask)


def test_numbers_of_tickets_and_labels_may_be_numbers():
    table = pd.DataFrame({"number": [1, 2], "opened_at": "2026-07-02", "priority": [1.0, None]})
    events = pd.DataFrame({"number": [1, 2], "at": "2026-07-02", "group": [7, "7"]})
    log = ticket_log(table, events)
    assert log.tickets["priority"].cat.categories.tolist() == ["1"]
    assert log.events["group"].tolist() == ["7", "7"]
    assert log.events["number"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("reassignments", 1.5, "whole number"),
        ("reassignments", -1, "below 0"),
        ("sla_met", "perhaps", "yes or no"),
    ],
)
def test_counts_and_flags_that_make_no_sense_are_refused(column, value, said):
    with pytest.raises(LogError, match=said):
        ticket_log(pd.DataFrame({"number": ["a"], "opened_at": "2026-07-02", column: [value]}))


def test_an_end_or_a_beginning_that_is_no_time_is_refused():
    table = pd.DataFrame({"number": ["a"], "opened_at": "2026-07-02"})
    for options in (
        {"as_of": "soon"},
        {"as_of": pd.NaT},
        {"since": "then"},
        {"as_of": "2026-07-03", "since": "2027-01-01"},
    ):
        with pytest.raises(LogError):
            ticket_log(table, **options)
    # 01:30 comes twice on that day: the earlier one, in summer time, is 00:30 UTC.
    end = ticket_log(table, as_of="2026-10-25 01:30", time_zone="Europe/Dublin").as_of
    assert end == pd.Timestamp("2026-10-25 00:30", tz="UTC")
