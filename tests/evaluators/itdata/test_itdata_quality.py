import json

import numpy as np
import pandas as pd
import pytest

from evaluators._validation import ColumnError
from evaluators.data import load_tarnbrook, load_tarnbrook_log
from evaluators.itdata import ticket_log
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.quality import check_log, check_quality, table_kinds


def people(**changes):
    base = {
        "employee_id": ["E1", "E2", "E3"],
        "site": ["Oakfield", "Oakfield", "Quay Street"],
        "department": ["IT", "Sales", "Sales"],
        "hired_on": ["2020-01-01", "2021-05-01", "2022-05-01"],
        "left_on": [None, None, "2025-05-01"],
    }
    return pd.DataFrame(base | changes)


def found(report, *, severity=None):
    return {(each.check, each.column): each.rows for each in report if severity is None or each.severity == severity}


def test_a_sound_table_has_nothing_wrong():
    assert check_quality(people(), "people", as_of="2026-06-30").wrong == ()


@pytest.mark.parametrize(
    ("changes", "check", "column", "rows", "examples"),
    [
        ({"employee_id": ["E1", "E2", "E2"]}, "twice", "employee_id", 2, ("row 2", "row 3")),
        ({"employee_id": ["E1", None, " "]}, "empty", "employee_id", 2, ("row 2", "row 3")),
        ({"site": ["Oakfield", "", None]}, "empty", "site", 2, ("row 2", "row 3")),
        ({"hired_on": ["2020-01-01", "soon", "2022-05-01"]}, "unreadable", "hired_on", 1, ("row 2: soon",)),
        ({"left_on": [None, "2021-04-30", None]}, "order", "hired_on and left_on", 1, ("row 2",)),
        ({"hired_on": ["2020-01-01", "2021-05-01", "2031-01-01"]}, "future", "hired_on", 1, ("row 3",)),
        ({"weekly_hours": [40, 0, 400]}, "low", "weekly_hours", 1, ("row 2",)),
        ({"weekly_hours": [40, 20, 400]}, "high", "weekly_hours", 1, ("row 3",)),
        ({"weekly_hours": [40, "many", 20]}, "unreadable", "weekly_hours", 1, ("row 2: many",)),
    ],
)
def test_what_cannot_be_true_is_found_with_its_rows(changes, check, column, rows, examples):
    wrong = {
        (each.check, each.column): each for each in check_quality(people(**changes), "people", as_of="2026-06-30").wrong
    }
    finding = wrong[check, column]
    assert (finding.rows, finding.examples, finding.share) == (rows, examples, pytest.approx(rows / 3))


def test_what_cannot_be_read_is_not_also_called_empty():
    report = check_quality(people(hired_on=["2020-01-01", "soon", None]), "people")
    assert found(report, severity="wrong") == {("unreadable", "hired_on"): 1, ("empty", "hired_on"): 1}


def test_a_missing_column_a_strange_kind_and_no_rows():
    report = check_quality(people().drop(columns="site"), "people")
    assert found(report, severity="wrong") == {("column missing", "site"): 0}
    with pytest.raises(MeasureError, match="no kind of table 'payslips'"):
        check_quality(people(), "payslips")
    with pytest.raises(MeasureError, match="no rows"):
        check_quality(people().iloc[:0], "people")
    with pytest.raises(ColumnError, match="no table"):
        check_quality([1, 2], "people")


def test_rows_that_say_the_same_and_keys_of_several_columns():
    table = pd.DataFrame(
        {
            "service": ["mail", "mail", "mail"],
            "month": ["2026-01", "2026-01", "2026-01"],
            "agreed_minutes": [100, 100, 100],
            "down_minutes": [1, 1, 101],
            "planned_down_minutes": [0, 0, 0],
        }
    )
    report = check_quality(table, "services")
    assert found(report, severity="doubtful") == {
        ("same row", "all columns"): 1,
        ("twice", "service and month"): 3,
    }
    assert found(report, severity="wrong") == {("order", "down_minutes and agreed_minutes"): 1}


def test_columns_that_say_nothing_are_noted():
    table = pd.DataFrame(
        {
            "month": [f"2025-{1 + n % 12:02d}" for n in range(24)],
            "kind": ["licences"] * 24,
            "euros": range(24),
            "remark": [None] * 24,
            "invoice": [None] * 12 + [f"I{n}" for n in range(12)],
        }
    )
    notes = found(check_quality(table, "costs"), severity="note")
    assert notes == {("constant", "kind"): 0, ("missing", "remark"): 24, ("missing", "invoice"): 12}


def test_any_library_and_results_for_machines():
    polars = pytest.importorskip("polars")
    table = people(employee_id=["E1", "E1", "E3"])
    report = check_quality(table, "people")
    assert check_quality(polars.from_pandas(table), "people") == report
    assert json.loads(json.dumps(report.to_dict()))["findings"][0]["examples"] == ["row 1", "row 2"]
    assert report.to_frame()["severity"].tolist()[0] == "wrong"
    assert check_quality(people(left_on=["2026-01-01"] * 3), "people").to_frame().shape == (0, 7)


def log_of(n=400, *, start="2025-01-01 09:00", every="21h", **columns):
    """Tickets over about a year, opened from 8 to 17."""
    opened = pd.date_range(start, periods=n, freq=every).normalize() + pd.to_timedelta(
        8 * 60 + (np.arange(n) * 37) % (9 * 60), unit="min"
    )
    table = {"number": [f"T{place:04d}" for place in range(n)], "opened_at": opened} | columns
    return ticket_log(pd.DataFrame(table), as_of="2026-06-30")


def checks(log):
    return {(each.check, each.column) for each in check_log(log)}


def test_a_sound_log_has_nothing_to_say():
    assert checks(log_of()) == set()


def test_single_tickets_that_cannot_be_true():
    log = ticket_log(
        pd.DataFrame(
            {
                "number": ["A1", "A2", "A3", "A4"],
                "opened_at": ["2026-03-02 09:00"] * 4,
                "resolved_at": ["2026-03-02 08:00", None, "2026-03-04 08:00", None],
                "closed_at": ["2026-03-05", "2026-03-05", "2026-03-03", None],
                "state": ["Closed", "Closed", "Closed", "Resolved"],
                "priority": ["P1", "P9", "3 - Moderate", None],
                "first_group": ["a", "a", "a", "a"],
                "group": ["a", "b", "b", "a"],
                "reassignments": [0, 0, 1, None],
            }
        ),
        as_of="2026-03-10",
    )
    report = {(each.check, each.column): each.examples for each in check_log(log) if each.severity != "note"}
    assert report == {
        ("order", "opened_at and resolved_at"): ("A1",),
        ("no end", "state"): ("A4",),
        ("order", "resolved_at and closed_at"): ("A3",),
        ("no resolution", "resolved_at"): ("A2",),
        ("priority", "priority"): ("A2",),
        ("reassignments", "reassignments"): ("A2",),
    }


def test_events_before_the_opening():
    tickets = pd.DataFrame({"number": ["A1", "A2"], "opened_at": ["2026-03-02 09:00", "2026-03-02 09:00"]})
    events = pd.DataFrame({"number": ["A1", "A2"], "at": ["2026-03-02 08:00", "2026-03-02 09:00"]})
    early = [each for each in check_log(ticket_log(tickets, events)) if each.check == "early event"]
    assert early[0].examples == ("A1",)


def test_tickets_entered_twice():
    table = pd.DataFrame(
        {
            "number": ["A1", "A2", "A3", "A4"],
            "opened_at": ["2026-03-02 09:00"] * 4,
            "caller": ["c", "c", "d", None],
            "category": ["mail"] * 4,
        }
    )
    twice = [each for each in check_log(ticket_log(table)) if each.check == "entered twice"]
    assert [each.examples for each in twice] == [("A2",)]


def test_days_without_a_clock_round_times_and_heaps():
    opened = log_of().tickets["opened_at"]
    hours = pd.Series(np.arange(400) % 50 + 1)
    assert ("no clock", "resolved_at") in checks(log_of(resolved_at=opened.dt.normalize() + pd.Timedelta(days=3)))
    by_hand = opened.dt.normalize() + pd.to_timedelta(24 + hours % 9 + 8, unit="h")
    assert ("round times", "resolved_at") in checks(log_of(resolved_at=by_hand))
    heap = (opened + pd.to_timedelta(hours, unit="h")).where(
        np.arange(400) >= 60, pd.Timestamp("2025-12-31 18:07", tz="UTC")
    )
    assert ("heap", "resolved_at") in checks(log_of(resolved_at=heap))


def test_busy_nights_everywhere_and_at_one_place():
    table = log_of(location=["Oakfield"] * 400).tickets
    nights = table.assign(opened_at=table["opened_at"] + pd.Timedelta(hours=14))
    assert ("night", "opened_at") in checks(ticket_log(nights, time_zone="UTC"))
    place = np.where(np.arange(400) % 5 == 0, "Harbour", "Oakfield")
    mixed = table.assign(
        location=place, opened_at=table["opened_at"] + pd.to_timedelta(14 * (place == "Harbour"), unit="h")
    )
    night = [each for each in check_log(ticket_log(mixed)) if each.check == "night"]
    assert len(night) == 1
    assert "at Harbour most calls come at night" in night[0].message


def test_the_clock_is_that_of_the_people():
    # The same moments are night in UTC and day in Auckland.
    table = log_of().tickets
    moved = table.assign(opened_at=table["opened_at"] - pd.Timedelta(hours=12))
    assert ("night", "opened_at") in checks(ticket_log(moved, time_zone="UTC"))
    assert ("night", "opened_at") not in checks(ticket_log(moved, time_zone="Pacific/Auckland"))


def test_labels_that_come_and_go():
    half = np.arange(400) < 200
    changed = [
        each for each in check_log(log_of(category=np.where(half, "hardware", "device"))) if each.severity == "doubtful"
    ]
    assert [(each.check, each.column) for each in changed] == [("changed meaning", "category")]
    assert "'hardware' until 2025-06" in changed[0].message
    steady = np.where(np.arange(400) % 2 == 0, "hardware", "device")
    assert ("changed meaning", "category") not in checks(log_of(category=steady))


def test_a_change_of_rows_a_ticket():
    half = np.arange(400) < 200
    assert ("rows a ticket", "events") in checks(log_of(events=np.where(half, 4, 8)))
    assert ("rows a ticket", "events") not in checks(log_of(events=4 + np.arange(400) % 3))


def test_the_reorganisation_of_tarnbrook_is_found():
    said = [each.message for each in check_log(load_tarnbrook_log()) if each.check == "rows a ticket"]
    assert len(said) == 1


@pytest.mark.parametrize("kind", ["people", "onboarding", "services", "outages", "storage", "deployments", "costs"])
def test_tarnbrooks_tables_hold_what_their_kind_must(kind):
    assert kind in table_kinds()
    assert check_quality(load_tarnbrook(kind), kind, as_of="2026-07-01").wrong == ()


def test_days_without_a_clock_are_no_night_work():
    log = ticket_log(pd.DataFrame({"number": [f"T{n}" for n in range(60)], "opened_at": "2026-03-02"}))
    assert [each.check for each in check_log(log) if each.severity == "doubtful"] == ["no clock"]
