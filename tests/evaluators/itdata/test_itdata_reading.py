"""Exports of tickets in the forms that programs write them, and everything that can be wrong with them."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.itdata import ExportError, LogError, ticket_log
from evaluators.itdata.reading import read_tickets
from evaluators.itdata.reading._times import form_of, to_utc
from evaluators.own_data import TableError

# Three incidents as events, in the form of the public log; INC2 went to another group and is open still.
COLUMNS = (
    "number,incident_state,reassignment_count,reopen_count,sys_mod_count,made_sla,caller_id,opened_at,sys_updated_at,"
    "contact_type,location,category,priority,assignment_group,assigned_to,resolved_at,closed_at"
)
FIRST = "Phone,Location 1,Category 1,3 - Moderate,Group 1"
SECOND = "?,1/3/2016 09:00"
THIRD = "Phone,Location 1,Category 1,4 - Low,Group 1,?,?,4/3/2016 07:00"
EVENTS = f"""{COLUMNS}
INC1,New,0,0,0,true,Caller 1,29/2/2016 01:16,29/2/2016 01:23,{FIRST},?,29/2/2016 11:29,5/3/2016 12:00
INC1,Resolved,0,0,1,true,Caller 1,29/2/2016 01:16,29/2/2016 08:53,{FIRST},Resolver 1,29/2/2016 11:29,5/3/2016 12:00
INC1,Closed,0,0,2,true,Caller 1,29/2/2016 01:16,5/3/2016 12:00,{FIRST},Resolver 1,29/2/2016 11:29,5/3/2016 12:00
INC2,New,0,0,0,true,{SECOND},1/3/2016 09:00,Email,?,Category 2,1 - Critical,?,?,?,?
INC2,Active,1,0,1,false,{SECOND},1/3/2016 10:00,Email,?,Category 2,1 - Critical,Group 2,?,?,?
INC2,-100,1,0,2,false,{SECOND},1/3/2016 11:00,Email,?,Category 2,1 - Critical,Group 3,?,?,?
INC3,New,0,0,0,true,Caller 3,2/3/2016 07:00,2/3/2016 07:00,{THIRD}
INC3,Closed,0,0,1,true,Caller 3,2/3/2016 07:00,4/3/2016 07:00,{THIRD}
"""


def write(folder: Path, text: str, name: str = "incident.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def read(folder: Path, text: str, **options: object):
    return read_tickets(write(folder, text), **options)


def moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def test_events_of_the_public_logs_form(tmp_path: Path) -> None:
    export = read(tmp_path, EVENTS)
    log = export.log
    assert (export.kind, export.rows, len(log), len(log.events)) == ("ServiceNow", "events", 3, 8)
    tickets = log.tickets.set_index("number")
    assert tickets["priority"].tolist() == ["P3", "P1", "P4"]
    assert tickets["events"].tolist() == [3, 3, 2]
    assert tickets["sla_met"].tolist() == [True, False, True]
    assert tickets["reassignments"].tolist() == [0, 1, 0]
    assert tickets["state"].tolist() == ["Closed", "-100", "Closed"]
    assert tickets["resolved_at"].isna().tolist() == [False, True, True]
    assert tickets.loc["INC1", "resolved_at"] == moment("2016-02-29 11:29")
    # INC1 had somebody at 08:53, INC2 was active at 10:00, INC3 was closed at once.
    assert tickets["responded_at"].tolist() == [
        moment("2016-02-29 08:53"), moment("2016-03-01 10:00"), moment("2016-03-04 07:00")
    ]  # fmt: skip
    assert log.as_of == moment("2016-03-05 12:00")
    assert not export.bad_rows


def test_a_question_mark_is_no_caller_no_group_and_no_reassignment(tmp_path: Path) -> None:
    text = "\n".join(",".join(c for i, c in enumerate(line.split(",")) if i != 2) for line in EVENTS.splitlines())
    export = read(tmp_path, text)
    tickets = export.log.tickets
    assert "?" not in {*tickets["caller"].cat.categories, *tickets["group"].cat.categories}
    assert tickets["caller"].isna().tolist() == [False, True, False]
    assert tickets["first_group"].isna().tolist() == [False, True, False]
    assert tickets["reassignments"].tolist() == [0, 1, 0]  # ? to Group 2 is none, Group 2 to Group 3 is one
    assert any('"?" was taken as missing; it occurs in 6 of 8 rows.' in note for note in export.log.notes)
    assert any("-100" in note and "1 rows" in note for note in export.log.notes)


def test_the_log_is_what_ticket_log_makes_of_its_tables(tmp_path: Path) -> None:
    log = read(tmp_path, EVENTS, time_zone="Europe/Dublin").log
    again = ticket_log(log.tickets, log.events, time_zone="Europe/Dublin")
    pd.testing.assert_frame_equal(log.tickets, again.tickets)
    pd.testing.assert_frame_equal(log.events, again.events)
    assert log.as_of == again.as_of


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    header, *rows = EVENTS.splitlines()
    turned = read(tmp_path, "\n".join([header, *rows[::-1]]))
    pd.testing.assert_frame_equal(turned.log.tickets, read(tmp_path, EVENTS).log.tickets)
    assert any("newest rows first" in note for note in turned.log.notes)


LABELS = '''\
Number,Opened,Short description,Caller,Priority,State,Category,Assignment group,Assigned to,Updated,Resolved,Closed,\
Made SLA,Reassignment count,Reopen count
INC01,2026-03-02 09:00:00,"Laptop, black; ""dead""",A B,3 - Moderate,Closed,Hardware,Desk,R S,2026-03-03 09:00:00,\
2026-03-02 11:30:00,2026-03-03 09:00:00,true,2,0
INC02,2026-03-02 10:00:00,"two
lines",C D,2 - High,In Progress,,Network,,2026-03-02 10:30:00,,,false,0,1
'''


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("incident.csv", LABELS.encode("utf-8-sig"), id="utf-8-with-its-mark"),
        pytest.param("incident.csv", LABELS.encode("utf-16"), id="utf-16"),
        pytest.param("incident.csv.gz", gzip.compress(LABELS.encode()), id="packed"),
        pytest.param("incident.csv", LABELS.replace("\n", "\r\n").encode(), id="windows-line-ends"),
    ],
)
def test_a_list_export_with_labels(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    export = read_tickets(path, time_zone="Europe/Dublin")
    tickets = export.log.tickets
    assert (export.kind, export.rows, export.log.events) == ("ServiceNow", "tickets", None)
    assert tickets["priority"].tolist() == ["P3", "P2"]
    assert export.log.hours().tolist() == [2.5, pytest.approx(np.nan, nan_ok=True)]
    assert tickets["reassignments"].tolist() == [2, 0]
    assert tickets["sla_met"].tolist() == [True, False]
    assert export.columns["group"] == "Assignment group"
    assert export.log.lacking == ("responded_at", "contact_type", "location", "first_group", "events")


def test_a_workbook_with_times_day_numbers_and_titles(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["Incidents of March"],
        [],
        ["Number", "Opened", "Resolved", "State"],
        ["INC1", datetime(2026, 3, 2, 9), datetime(2026, 3, 2, 11, 30), "Closed"],
        [None, None, None, None],
        ["INC2", 46083.5, "soon", "Closed"],
        ["=1+1", datetime(2026, 3, 4), None, "New"],
    ):
        book.active.append(row)
    book.active["A7"].data_type = "s"
    path = tmp_path / "incident.xlsx"
    book.save(path)
    export = read_tickets(path)
    tickets = export.log.tickets.set_index("number")
    assert tickets.loc["INC2", "opened_at"] == moment("2026-03-02 12:00")  # 46083 days after 1899-12-30
    assert list(tickets.index) == ["INC1", "INC2", "=1+1"]
    assert [(bad.line, bad.column, bad.value) for bad in export.bad_rows] == [(6, "Resolved", "soon")]


def record(number: str, **more: object) -> dict[str, object]:
    return {"number": number, "opened_at": "2026-07-01 09:00:00", "state": "7", "priority": "3"} | more


@pytest.mark.parametrize("form", ["result", "list", "lines"])
def test_table_api_json_in_utc_whatever_the_zone(tmp_path: Path, form: str) -> None:
    group = {"link": "https://example.org/api/1", "value": "abc"}
    rows = [
        record("INC1", resolved_at="2026-07-01 10:00:00", assignment_group=group),
        record("INC2", resolved_at="", assignment_group="", state="2"),
    ]
    text = {
        "result": json.dumps({"result": rows}),
        "list": json.dumps(rows, indent=1),
        "lines": "\n".join(map(json.dumps, rows)),
    }[form]
    export = read_tickets(write(tmp_path, text, "incident.json"), time_zone="Europe/Dublin")
    tickets = export.log.tickets
    assert (export.facts.kind, export.kind) == ("JSON", "ServiceNow")
    assert tickets["opened_at"].tolist() == [moment("2026-07-01 09:00")] * 2
    assert tickets["state"].tolist() == ["Closed", "In Progress"]
    assert tickets["priority"].tolist() == ["P3", "P3"]
    assert tickets["group"].tolist()[0] == "abc"
    assert tickets["group"].isna().tolist() == [False, True]


def test_table_api_json_with_display_values_on_two_pages(tmp_path: Path) -> None:
    def both(shown: str, value: str) -> dict[str, str]:
        return {"display_value": shown, "value": value}

    pages = []
    for page in (1, 2):
        row = {
            "number": both(f"INC{page}", f"INC{page}"),
            "opened_at": both("01/07/2026 10:00:00", "2026-07-01 09:00:00"),
            "priority": both("3 - Moderate", "3"),
            "state": both("New", "1"),
            "sys_updated_on": both("01/07/2026 10:00:00", "2026-07-01 09:00:00"),
        }
        pages.append(write(tmp_path, json.dumps({"result": [row]}), f"{page}.json"))
    export = read_tickets(pages, time_zone="Europe/Dublin")
    assert export.log.tickets["opened_at"].tolist() == [moment("2026-07-01 09:00")] * 2
    assert export.log.tickets["state"].tolist() == ["New", "New"]
    assert export.facts.name == "1.json and 1 more"


JIRA = """\
Summary,Issue key,Issue Type,Status,Priority,Assignee,Reporter,Created,Updated,Resolved,Labels,Labels,Comment,Comment,\
Custom field (Time to resolution)
a,SD-1,Incident,Done,High,X,Y,31/Mar/26 2:05 PM,31/Mar/26 5:05 PM,31/Mar/26 4:05 PM,l,m,c,d,3:25
b,SD-2,Incident,Open,Lowest,,Y,31/Mar/26 12:05 AM,31/Mar/26 2:05 PM,,,,,,1:00
c,SD-3,Incident,Done,Medium,X,Y,2026-03-31T14:05:00.000+0100,2026-03-31T14:05:00.000+0100,31/Mar/2026 15:05,,,,,-0:40
"""


def test_jira_service_management(tmp_path: Path) -> None:
    export = read(tmp_path, JIRA, time_zone="Europe/Dublin")
    tickets = export.log.tickets.set_index("number")
    assert (export.kind, export.rows) == ("Jira Service Management", "tickets")
    # Dublin is an hour ahead of UTC on 31 March.
    assert tickets.loc["SD-1", "opened_at"] == moment("2026-03-31 13:05")
    assert tickets.loc["SD-2", "opened_at"] == moment("2026-03-30 23:05")
    assert tickets.loc["SD-3", "opened_at"] == moment("2026-03-31 13:05")
    assert tickets.loc["SD-3", "resolved_at"] == moment("2026-03-31 14:05")
    assert tickets.loc[["SD-1", "SD-2", "SD-3"], "priority"].tolist() == ["P2", "P5", "P3"]
    # Met; still open with an hour left, so not yet known; missed by 40 minutes.
    assert tickets.loc[["SD-1", "SD-3"], "sla_met"].tolist() == [True, False]
    assert pd.isna(tickets.loc["SD-2", "sla_met"])


def test_a_mapping_and_its_mistakes(tmp_path: Path) -> None:
    text = "Ticket ID;Raised;Fixed;Breach\n7;2026-01-05 08:00;2026-01-05 09:00;no\n8;2026-01-05 08:00;;yes\n"
    names = {"number": "ticket id", "opened_at": "Raised", "resolved_at": "Fixed", "sla_breached": "Breach"}
    export = read(tmp_path, text, mapping=names)
    assert (export.kind, export.columns["number"]) == ("mapped", "Ticket ID")
    assert export.log.tickets["sla_met"].tolist() == [True, False]
    with pytest.raises(ExportError, match="Did you mean 'Raised'"):
        read(tmp_path, text, mapping=names | {"opened_at": "Raisd"})
    with pytest.raises(ExportError, match="Did you mean 'resolved_at'"):
        read(tmp_path, text, mapping={"resolvd_at": "Fixed"})
    with pytest.raises(ExportError, match=r"when a ticket was opened[\s\S]*'Raised'[\s\S]*mapping.opened_at"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("first", "second", "opened"),
    [
        pytest.param("3/2/2026 09:00", "13/2/2026 09:00", "2026-02-03 09:00", id="day-first"),
        pytest.param("3/2/2026 09:00", "2/13/2026 09:00", "2026-03-02 09:00", id="month-first"),
        pytest.param("3/2/26 9:00 AM", "2/13/26 9:00 PM", "2026-03-02 09:00", id="short-years"),
        pytest.param("03.02.2026 09:00:00", "04.02.2026 09:00:00", "2026-02-03 09:00", id="dots"),
        pytest.param("03-02-2026 09:00:00", "30-01-2026 09:00:00", "2026-02-03 09:00", id="hyphens"),
        pytest.param("2026-02-03T09:00:00Z", "2026-02-04T09:00:00+02:00", "2026-02-03 09:00", id="iso"),
        pytest.param("3/2/2026 09:00", "2026-02-13 09:00:00", "", id="the-iso-date-decides-nothing"),
        pytest.param("3/3/2026 09:00", "4/4/2026 09:00:00", "2026-03-03 09:00", id="the-same-either-way"),
        pytest.param("Feb 3, 2026 9:00 AM", "March 3, 2026 9:00 AM", "2026-02-03 09:00", id="months-as-words"),
        pytest.param("3/2/2026 9:00\u202fAM", "13/2/2026 9:00\u202fAM", "2026-02-03 09:00", id="narrow-blank"),
    ],
)
def test_forms_of_times(tmp_path: Path, first: str, second: str, opened: str) -> None:
    text = f'number,opened_at\nA,"{first}"\nB,"{second}"\n'
    if not opened:
        with pytest.raises(ExportError, match=r"line 2[\s\S]*day_first"):
            read(tmp_path, text)
        return
    export = read(tmp_path, text)
    assert export.log.tickets.set_index("number").loc["A", "opened_at"] == moment(opened)
    assert not export.bad_rows


def test_dates_that_contradict_each_other(tmp_path: Path) -> None:
    text = 'number,note,opened_at\nA,"x\ny",13/2/2026 09:00\nB,,1/1/2026 00:00\nC,,2/14/2026 09:00\n'
    with pytest.raises(ExportError, match=r"line 2 .*'13/2/2026', and in line 5 .*'2/14/2026'"):
        read(tmp_path, text)
    export = read(tmp_path, text, day_first=True)
    assert [(bad.line, bad.value) for bad in export.bad_rows] == [(5, "2/14/2026 09:00"), (5, "2/14/2026 09:00")]
    assert export.log.tickets["number"].tolist() == ["B", "A"]


def test_bad_rows_are_named_by_line_and_column(tmp_path: Path) -> None:
    text = (
        "number,opened_at,resolved_at,state,reassignment_count\n"
        "A,2026-01-05 08:00,2026-01-04 08:00,Closed,1\n"  # the clock goes backwards
        "\n"
        "B,2026-01-05 08:00,yesterday,Closed,many\n"
        "C,2026-01-05 08:00,2026-01-06 08:00,Closed,0,one,cell,more\n"
        "D,2026-01-05 08:00\n"
        ",2026-01-05 08:00,,New,0\n"
        ",,,,\n"
        "E,2026-02-30 08:00,,New,0\n"
        'F,2026-01-05 08:00,2026-01-05 10:00,"Clo\nsed",0\n'
        "G,2026-01-05 08:00,9999-12-31 00:00,New,-1\n"
    )
    export = read(tmp_path, text)
    found = [(bad.line, bad.column, bad.value) for bad in export.bad_rows]
    assert found == [
        (2, "resolved_at", "2026-01-04 08:00"),
        (4, "reassignment_count", "many"),
        (4, "resolved_at", "yesterday"),
        (5, "", "C,2026-01-05 08:00,2026-01-06 08:00,Clo…"),
        (6, "", "D,2026-01-05 08:00"),
        (7, "number", ""),
        (9, "opened_at", "2026-02-30 08:00"),
        (9, "opened_at", "2026-02-30 08:00"),
        (12, "reassignment_count", "-1"),
        (12, "resolved_at", "9999-12-31 00:00"),
    ]
    assert sum(export.bad_counts.values()) == 10
    assert export.log.tickets["number"].tolist() == ["A", "B", "F", "G"]
    assert export.log.tickets["resolved_at"].isna().tolist() == [True, True, False, True]
    assert "Empty rows were skipped: 1." in export.log.notes
    assert "line 2" in export.summary()
    json.dumps(export.to_dict(), allow_nan=False)
    assert list(export.to_frame()["line"]) == [line for line, *_ in found]


def test_a_number_twice_among_tickets(tmp_path: Path) -> None:
    rows = "".join(f"T{n},2026-01-05 08:00,2026-01-05 09:00,New\n" for n in range(20))
    text = f"number,opened_at,sys_updated_at,state\n{rows}T3,2026-01-05 08:00,2026-01-05 09:00,New\n"
    text += "T4,2026-01-05 08:00,2026-01-05 08:30,Closed\n"
    export = read(tmp_path, text)
    assert (export.rows, len(export.log)) == ("tickets", 20)
    assert (
        export.log.tickets.set_index("number").loc["T4", "state"] == "New"
    )  # changed last, though not last in the file
    assert [(bad.line, bad.value) for bad in export.bad_rows] == [(23, "T4")]
    assert any("word for word were taken once: 1 more" in note for note in export.log.notes)
    assert len(read(tmp_path, text, rows="events").log.events) == 22


def test_counts_from_events_where_the_export_has_none(tmp_path: Path) -> None:
    groups, states = "AABBA", ["New", "Active", "Resolved", "Active", "Closed"]
    rows = [
        f"X,2026-01-05 08:00,2026-01-05 {8 + n:02}:00,{g},{s}"
        for n, (g, s) in enumerate(zip(groups, states, strict=True))
    ]
    export = read(tmp_path, "\n".join(["number,opened_at,sys_updated_on,assignment_group,state", *rows]))
    ticket = export.log.tickets.iloc[0]
    assert (ticket["reassignments"], ticket["reopens"], ticket["first_group"], ticket["group"]) == (2, 1, "A", "A")
    assert ticket["responded_at"] == moment("2026-01-05 09:00")


def test_a_resolution_that_was_taken_back(tmp_path: Path) -> None:
    text = (
        "number,opened_at,sys_updated_at,state,resolved_at\n"
        "X,2026-01-05 08:00,2026-01-05 08:00,New,\n"
        "X,2026-01-05 08:00,2026-01-05 09:00,Resolved,2026-01-05 09:00\n"
        "X,2026-01-05 08:00,2026-01-05 10:00,Active,\n"
    )
    export = read(tmp_path, text)
    assert export.log.tickets["resolved_at"].isna().all()
    assert any("taken back" in note for note in export.log.notes)


@pytest.mark.parametrize(
    ("name", "text", "error", "said"),
    [
        ("a.csv", "<!DOCTYPE html>\n<html><body>Sign in</body></html>", ExportError, "web page"),
        ("a.csv", '[{"number": "A"}]', ExportError, "holds JSON"),
        ("a.csv", "number,opened_at\n", ExportError, "no rows"),
        ("a.csv", "", TableError, "empty"),
        ("a.xml", "<xml/>", TableError, "no kind of file"),
        ("a.json", '{"error": {"message": "User Not Authenticated"}}', ExportError, "Not Authenticated"),
        ("a.json", '{"result": []}', ExportError, "no records"),
        ("a.json", '[{"number": "A"}, {"numb', ExportError, "from record 2 on"),
        ("a.csv", "number,opened_at\nA,soon\n", ExportError, "No value of the column 'opened_at'"),
        ("a.csv", "number,opened_at\n?,2026-01-01 00:00\n", ExportError, "ticket number"),
    ],
)
def test_what_is_no_export(tmp_path: Path, name: str, text: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read_tickets(write(tmp_path, text, name))


def test_a_wrong_delimiter_an_unknown_zone_and_an_early_end(tmp_path: Path) -> None:
    text = "number;opened_at\nA;2026-01-05 08:00\n"
    with pytest.raises(ExportError, match="Try ';'"):
        read(tmp_path, text, delimiter=",")
    with pytest.raises(LogError, match="no time zone"):
        read(tmp_path, text, time_zone="Dublin")
    with pytest.raises(ExportError, match="cannot end"):
        read(tmp_path, text, as_of="2026-01-01")


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "tickets.parquet"
    zone = pd.Timestamp("2026-07-01 09:00", tz="Europe/Dublin")
    pd.DataFrame({"number": [1, 2], "opened_at": [zone, zone], "made_sla": [True, None]}).to_parquet(path)
    tickets = read_tickets(path).log.tickets
    assert tickets["opened_at"].tolist() == [moment("2026-07-01 08:00")] * 2
    assert tickets["sla_met"].isna().tolist() == [False, True]


def test_nights_when_clocks_change(tmp_path: Path) -> None:
    text = "number,opened_at,resolved_at\nA,2026-03-29 01:30,\nB,2026-10-25 01:30,2026-10-25 02:30\n"
    log = read(tmp_path, text, time_zone="Europe/Dublin").log
    assert log.tickets["opened_at"].tolist() == [moment("2026-03-29 01:00"), moment("2026-10-25 00:30")]
    assert log.hours().iloc[1] == 2.0
    assert sum("clocks went" in note for note in log.notes) == 2


@settings(max_examples=40, deadline=None)
@given(
    st.datetimes(datetime(1975, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
)
def test_clock_times_become_utc_as_the_time_zone_says(local: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    there = local.replace(tzinfo=zone, fold=0)
    back = there.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    utc = to_utc(np.array([local], dtype="datetime64[us]"), zone)[0].tolist()[0]
    if back == local:
        assert utc == there.astimezone(UTC).replace(tzinfo=None)
    else:  # no clock showed it: the moment of the change
        before = (utc - timedelta(seconds=1)).replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        after = utc.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        assert before < local < after or local == after - (after - before - timedelta(seconds=1))


@settings(max_examples=40, deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(
        ["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%d/%b/%y %I:%M %p", "%Y-%m-%dT%H:%M:%S.%f", "%d.%m.%Y %H:%M"]
    ),
)
def test_what_python_writes_is_read_again(when: datetime, pattern: str) -> None:
    import duckdb

    text = when.strftime(pattern)
    shape = "".join("0" if c.isdigit() else "A" if c.isupper() else "a" if c.islower() else c for c in text)
    form = form_of(shape)
    assert form is not None
    row = (
        duckdb.connect()
        .execute(f"SELECT {form.to_sql('x', day_first=True)}, {form.fits('x')} FROM (SELECT '{text}' AS x)")
        .fetchone()
    )
    assert row == (datetime.strptime(text, pattern).replace(microsecond=0), True)


@pytest.mark.slow
def test_memory_stays_flat_where_only_unused_columns_grow(tmp_path: Path) -> None:
    """A file ten times as big, of the same tickets, takes hardly more memory: nothing is read in as a whole."""
    import subprocess
    import sys

    peaks = []
    for width in (50, 20_000):
        path = tmp_path / f"{width}.csv"
        with path.open("w", encoding="utf-8") as stream:
            stream.write("number,opened_at,resolved_at,description\n")
            for n in range(20_000):
                stream.write(f"T{n},2026-01-05 08:00,2026-01-05 10:00,{'x' * width}\n")
        script = (
            "import resource, sys; from evaluators.itdata.reading import read_tickets; read_tickets(sys.argv[1]); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) / 1024)
    assert peaks[1] < peaks[0] + 200  # MB; the file has 400 MB
