"""Own tickets by clicking, without a kernel: what a browser would send is sent by hand."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from evaluators.widgets._later import LaterExplorer
from evaluators.widgets._tickets_desk import MAIN, MORE, TicketsDesk, log_of, read_settings
from evaluators.widgets.incidents_explorer import IncidentsExplorer, Movable, incidents_explorer
from tests.evaluators import own_data_forms

# Ten tickets a week for twelve weeks from Monday, 5 January 2026; three events each, resolved after 2, 4, … 20 hours.
OPENED = [
    pd.Timestamp("2026-01-05 09:15") + pd.Timedelta(days=7 * week, hours=n) for week in range(12) for n in range(10)
]
SITES = ("Ashby", "Brill", "Corr")


def event(place: int, at: pd.Timestamp, state: str, group: str) -> str:
    resolved = OPENED[place] + pd.Timedelta(hours=2 * (place % 10 + 1))
    cells = [
        f"INC{place:03d}", state, f"{OPENED[place]:%-d/%-m/%Y %H:%M}", f"{at:%-d/%-m/%Y %H:%M}",
        f"{resolved:%-d/%-m/%Y %H:%M}" if place % 12 else "?", f"{place % 3 + 2} - x", group, SITES[place % 3],
        f"E{place % 24:02d}",
    ]  # fmt: skip
    return ",".join(cells)


HEADER = "number,incident_state,opened_at,sys_updated_at,resolved_at,priority,assignment_group,location,caller_id"
EVENTS = "\n".join(
    [HEADER]
    + [
        event(place, opened + pd.Timedelta(hours=hours), state, group)
        for place, opened in enumerate(OPENED)
        for hours, state, group in ((0, "New", "Desk"), (1, "Active", "Field"), (2, "Resolved", "Field"))
        if state != "Resolved" or place % 12
    ]
)
PEOPLE = "employee_id,site\n" + "\n".join(f"E{n:02d},{SITES[n % 3]}" for n in range(24))
FILE = "file:tickets.csv"
ZONE = "Europe/Dublin"
send = partial(own_data_forms.send, source=FILE)
filled = partial(own_data_forms.filled, time_zone=ZONE)


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawings out: they take most of the time, and the page's own tests look at them."""
    monkeypatch.setattr("evaluators.itdata.report._drawn", lambda *_: "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tickets.csv").write_text(EVENTS, encoding="utf-8")
    (tmp_path / "staff.csv").write_text(PEOPLE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def explorer(folder: Path) -> IncidentsExplorer:
    made = IncidentsExplorer(TicketsDesk({}, folder))
    send(made, "open")
    return made


def test_exports_are_listed_also_json(folder: Path) -> None:
    for name in ("list.json", "notes.md", "tickets-incidents.html", "b.XLSX"):
        (folder / name).write_text("x")
    listed = TicketsDesk({"Example": pd.DataFrame()}, folder).sources()
    assert list(listed.values()) == ["Example", "b.XLSX", "list.json", "staff.csv", "tickets.csv"]


def test_the_columns_are_shown_with_what_was_recognised(explorer: IncidentsExplorer) -> None:
    table = explorer.table
    assert [column["name"] for column in table["columns"]] == HEADER.split(",")
    assert table["columns"][7]["examples"] == "Brill, Corr, Ashby"  # commonest first: what is still open has a row less
    proposed = {field: column for field, column in table["proposed"].items() if column}
    assert proposed == {
        "mapping[number]": "number", "mapping[opened_at]": "opened_at", "mapping[resolved_at]": "resolved_at",
        "mapping[state]": "incident_state", "mapping[priority]": "priority", "mapping[group]": "assignment_group",
        "mapping[location]": "location", "mapping[caller]": "caller_id", "mapping[at]": "sys_updated_at",
    }  # fmt: skip
    assert table["guesses"] == [
        "The columns are called as ServiceNow calls them.",
        "Recognised by their names: 9 of 9 columns. They are filled in below.",
    ]


def test_every_field_of_the_library_can_be_mapped() -> None:
    from evaluators.itdata.reading._fields import FIELDS

    assert {*MAIN, *MORE} == set(FIELDS)


@pytest.mark.parametrize(
    ("values", "options"),
    [
        pytest.param({}, [], id="least"),
        pytest.param(
            {"by": ["group", "location"], "targets": "P2=4h; P3=8h,P4=12h", "business_hours": "Mon-Fri 8-18",
             "every": "week", "steps": "2026-02-02", "day_first": "day", "rows": "events",
             "as_of": "2026-04-01 12:00", "fail_under_sla": "0,99", "fail_bad_rows": "0", "fail_backlog_growth": "0.1"},
            ["--by", "group", "--by", "location", "--sla", "P2=4h", "--sla", "P3=8h", "--sla", "P4=12h",
             "--business-hours", "Mon-Fri 8-18", "--every", "week", "--step", "2026-02-02", "--day-first", "--rows",
             "events", "--as-of", "2026-04-01 12:00", "--fail-under-sla", "0.99", "--fail-bad-rows", "0",
             "--fail-backlog-growth", "0.1"],
            id="much",
        ),
        pytest.param(
            {"mapping[resolved_at]": "", "mapping[category]": "location", "mapping[location]": ""},
            ["--map", "resolved_at=", "--map", "category=location", "--map", "location="],
            id="other-columns",
        ),
        pytest.param(
            {"people": "file:staff.csv", "people_key": "employee_id", "per": ["site"], "k": "6"},
            ["--hr", "staff.csv", "--per", "site", "--k", "6"],
            id="people",
        ),
    ],
)  # fmt: skip
def test_the_saved_files_are_those_of_the_command(
    explorer: IncidentsExplorer,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any],
    options: list[str],
) -> None:
    from autograder.cli import app

    monkeypatch.chdir(folder)
    assert send(explorer, "run", filled(explorer, **values))["problems"] == {}
    reply = send(explorer, "save")
    assert reply["said"] == f"Saved in {folder}: tickets-incidents.html and tickets-incidents.json."
    command = ["incidents", "tickets.csv", "--time-zone", ZONE, "--yes", *options, "--out", "command"]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code in (0, 1), ran.output

    def read(place: Path) -> tuple[dict[str, Any], list[str]]:
        numbers, page = ((place / f"tickets-incidents.{kind}").read_text("utf-8") for kind in ("json", "html"))
        lines = [line for line in page.splitlines() if "· written " not in line]
        return {**json.loads(numbers), "written_at": None}, lines

    assert read(folder) == read(folder / "command")


def test_figures_counted_by_hand(explorer: IncidentsExplorer, folder: Path) -> None:
    values = filled(explorer, people="file:staff.csv", people_key="employee_id", per=["site"])
    said = send(explorer, "run", values)["said"]
    assert said.startswith("120 tickets in 350 rows")  # 12 weeks of 10; 120 times 3 events, 10 of them never resolved
    send(explorer, "save")
    found = json.loads((folder / "tickets-incidents.json").read_text("utf-8"))
    assert found["reading"]["rows"] == "events"
    assert found["measures"]["tickets"] == 120
    assert found["staff"]["matched"] == 120
    groups = {row["group"]: row["people"] for row in found["staff"]["rates"][0]["rows"]}
    assert groups == {"Ashby": 8, "Brill": 8, "Corr": 8}


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        pytest.param({"mapping[number]": ""}, "mapping[number]", "number of the ticket", id="no-number"),
        pytest.param({"mapping[closed_at]": "resolved_at"}, "mapping[closed_at]", "Use each column once", id="twice"),
        pytest.param(
            {"mapping[opened_at]": "location", "mapping[location]": ""}, "mapping[opened_at]", "Ashby", id="no-times"
        ),
        pytest.param({"mapping[state]": "gone"}, "mapping[state]", "no column 'gone'", id="column-gone"),
        pytest.param({"time_zone": " "}, "time_zone", "Europe/Dublin", id="no-zone"),
        pytest.param({"time_zone": "Dublin"}, "time_zone", "no time zone 'Dublin'", id="unknown-zone"),
        pytest.param({"as_of": "2026-01-06"}, "as_of", "cannot end", id="early-end"),
        pytest.param({"targets": "P1"}, "targets", "'P1' is no target", id="target"),
        pytest.param({"business_hours": "always", "targets": "P1=4h"}, "business_hours", "Mon-Fri", id="hours"),
        pytest.param({"business_hours": "Mon-Fri 8-17"}, "targets", "Type both", id="hours-alone"),
        pytest.param({"fail_under_sla": "90 %"}, "fail_under_sla", "such as 0.9", id="percent"),
        pytest.param({"fail_backlog_growth": "-1"}, "fail_backlog_growth", "from 0 to 100", id="negative"),
        pytest.param({"k": "1"}, "k", "whole number from 2", id="k"),
        pytest.param({"people": "file:staff.csv", "people_key": "site", "per": []}, "per", "Tick at least", id="per"),
        pytest.param(
            {"people": "file:staff.csv", "people_key": "site", "per": ["site"]}, "people", "Ashby", id="person-twice"
        ),
        pytest.param({"people": "file:gone.csv", "people_key": "x", "per": ["y"]}, "people", "not there", id="gone"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    explorer: IncidentsExplorer, folder: Path, changed: dict[str, Any], field: str, said: str
) -> None:
    reply = send(explorer, "run", filled(explorer, **changed))
    assert list(reply["problems"]) == [field], reply["problems"]
    assert said in reply["problems"][field]
    assert not {"--", "mapping", "day_first"} & set(reply["problems"][field].split())
    assert explorer.result == {}
    send(explorer, "save")
    assert sorted(path.name for path in folder.iterdir()) == ["staff.csv", "tickets.csv"]


def test_day_and_month_that_cannot_be_told_apart_ask_at_their_field(folder: Path) -> None:
    (folder / "open.csv").write_text("Number,Opened,State\nA,3/2/2026 09:00,New\nB,4/2/2026 09:00,New\n")
    explorer = IncidentsExplorer(TicketsDesk({}, folder))
    send(explorer, "open", source="file:open.csv")
    asked = send(explorer, "run", filled(explorer), source="file:open.csv")["problems"]
    assert "Day and month cannot be told apart" in asked["day_first"]
    for answer, month in (("day", 2), ("month", 3)):
        assert send(explorer, "run", filled(explorer, day_first=answer), source="file:open.csv")["problems"] == {}
        assert explorer._done is not None
        assert explorer._done.found.export.log.tickets["opened_at"].dt.month.tolist()[0] == month


def test_rubbish_from_the_browser_is_no_traceback(explorer: IncidentsExplorer) -> None:
    assert "mapping[number]" in send(explorer, "run", "rubbish")["problems"]
    for forged in ("file:../tickets.csv", "file:/etc/passwd", ""):
        assert "not there any more" in send(explorer, "run", filled(explorer), source=forged)["problems"]["source"]
    (explorer._desk.folder / "page.csv").write_text("<!doctype html><html>sign in</html>")
    assert "web page" in send(explorer, "open", source="file:page.csv")["problems"]["source"]
    assert explorer.table == {}


def test_a_table_of_people_is_looked_into(explorer: IncidentsExplorer, folder: Path) -> None:
    send(explorer, "aside", {"people": "file:staff.csv"})
    assert explorer.aside == {
        "people": "file:staff.csv", "columns": ["employee_id", "site"], "groups": ["employee_id", "site"],
        "key": "employee_id",
    }  # fmt: skip
    (folder / "empty.csv").write_text("")
    assert "empty" in send(explorer, "aside", {"people": "file:empty.csv"})["problems"]["people"]
    assert explorer.aside == {}
    send(explorer, "aside", {"people": ""})
    assert explorer.aside == {}


def test_tables_that_are_given_read_as_files_do(explorer: IncidentsExplorer, folder: Path) -> None:
    given = {"Tickets, été": pd.read_csv(folder / "tickets.csv", dtype=str), "Staff": pd.read_csv(folder / "staff.csv")}
    other = IncidentsExplorer(TicketsDesk(given, folder))
    source = "table:Tickets, été"
    assert other.table["proposed"] == explorer.table["proposed"]
    people = {"people": "table:Staff", "people_key": "employee_id", "per": ["site"]}
    assert send(other, "run", filled(other, **people), source=source)["problems"] == {}
    send(explorer, "run", filled(explorer, people="file:staff.csv", people_key="employee_id", per=["site"]))
    assert other._done is not None
    assert explorer._done is not None
    mine, theirs = other._done.found.to_dict(), explorer._done.found.to_dict()
    assert (mine["measures"], mine["trends"]) == (theirs["measures"], theirs["trends"])
    assert mine["staff"] | {"file": ""} == theirs["staff"] | {"file": ""}
    assert other._done.stem == "tickets-ete-incidents"


def test_text_of_the_table_is_escaped_and_no_person_is_in_the_files(folder: Path) -> None:
    (folder / "odd.csv").write_text(EVENTS.replace("Desk", "<script>alert(1)</script>").replace("E07", "=cmd|Ada"))
    explorer = IncidentsExplorer(TicketsDesk({}, folder))
    send(explorer, "open", source="file:odd.csv")
    assert send(explorer, "run", filled(explorer, by=["group"]), source="file:odd.csv")["problems"] == {}
    page = explorer.result["page"]
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert explorer._done is not None
    for text in (page, explorer._done.numbers):
        assert "Ada" not in text
        assert "E08" not in text


def test_what_can_be_moved_comes_and_goes_with_a_result(explorer: IncidentsExplorer, folder: Path) -> None:
    movable = Movable()
    other = IncidentsExplorer(TicketsDesk({}, folder), then=movable.follow)
    assert movable.ways.spec["title"] == ""
    send(other, "open")
    send(other, "run", filled(other))
    assert [control["name"] for control in movable.ways.spec["controls"]][:2] == ["look", "share"]
    assert "Desk" in movable.ways.drawing["html"]
    assert movable.weeks.spec["title"] == "Your figures over time, to move"
    start = movable.weeks.drawing["html"]
    figure = next(control for control in movable.weeks.spec["controls"] if control["name"] == "figure")
    movable.weeks.request = {"seq": 1, "values": {"figure": figure["options"][-1][0]}}
    assert movable.weeks.drawing["seq"] == 1
    assert movable.weeks.drawing["html"] != start
    (folder / "short.csv").write_text("Number,Opened\nA,2026-02-13 09:00\n")
    send(other, "open", source="file:short.csv")
    assert (movable.ways.spec["title"], movable.weeks.drawing["html"]) == ("", "")
    assert send(other, "run", filled(other), source="file:short.csv")["problems"] == {}
    assert "Not for this table." in movable.ways.drawing["html"]
    assert "less than four weeks" in movable.weeks.drawing["html"]


def test_places_with_few_callers_are_put_together_before_anything_is_moved(folder: Path) -> None:
    text = EVENTS.replace(",Corr,E02", ",Tiny,E02").replace(",Brill,E01", ",Small,E01")  # one caller each
    (folder / "few.csv").write_text(text)
    desk = TicketsDesk({}, folder)
    proposed = desk.look("file:few.csv", {})["proposed"]
    log = log_of(desk.run("file:few.csv", {**proposed, "time_zone": ZONE}))
    assert {"Tiny", "Small"}.isdisjoint(map(str, log.tickets["location"].unique()))
    assert len(log) == 120


def test_the_later_explorer_is_one_script_with_one_export() -> None:
    script = str(LaterExplorer()._esm)
    assert script.count("export default") == 1
    assert "function render(" in script


def test_only_changed_columns_become_a_mapping() -> None:
    proposed = {"mapping[number]": "Key", "mapping[opened_at]": "Created", "mapping[state]": "Status"}
    reading, settings = read_settings(
        {**proposed, "mapping[state]": "", "time_zone": "UTC", "day_first": "month"}, proposed
    )
    assert reading["mapping"] == {"state": None}
    assert reading["day_first"] is False
    assert (settings["k"], settings["every"], settings["by"]) == (5, "month", [])
    assert read_settings({**proposed, "time_zone": "UTC"}, proposed)[0]["mapping"] is None


def test_a_saved_notebook_holds_none_of_the_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.DataFrame({"Number": ["A1"], "Opened": ["2026-02-13 09:00"], "Caller": ["Ada"]})
    incidents_explorer({"<b>Example</b>": table}, folder=folder, title="<i>Mine</i>")
    printed = capsys.readouterr().out
    assert "Here a form stands while the lab runs" in printed
    assert "Ada" not in printed
