"""The report of an export: hand counts, what is hidden, what is escaped, and limits."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from evaluators.data import load_tarnbrook, load_tarnbrook_log
from evaluators.errors import LabError
from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.incidents import IncidentReport, report_incidents
from evaluators.itdata.log import EVENT_COLUMNS, TICKET_COLUMNS, ticket_log
from evaluators.itdata.people.staff_rates import staff_rates
from evaluators.itdata.reading import TicketExport, read_tickets
from evaluators.itdata.reading.looking import look_at_export
from evaluators.itdata.report import report_html, report_json
from evaluators.itdata.tickets.promises import read_business_hours, read_targets

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """120 tickets of 30 callers at three places; Tory has two callers, one of them called <b>Ann</b>."""
    place = ["Cork"] * 70 + ["Sligo"] * 46 + ["Tory"] * 4
    caller = [f"C{number % 16:02d}" for number in range(70)] + [f"S{number % 12:02d}" for number in range(46)]
    opened = pd.Timestamp("2026-01-05 09:00") + pd.to_timedelta(range(120), unit="D")
    took = pd.to_timedelta([2 + number % 5 for number in range(120)], unit="h")
    table = pd.DataFrame(
        {
            "Number": [f"INC{number:03d}" for number in range(120)],
            "Opened": opened,
            "Resolved": opened + took,
            "Priority": ["1 - Critical", "3 - Moderate", "3 - Moderate"] * 40,
            "Category": ["=cmd()", "<script>alert(1)</script>"] * 60,
            "Location": place,
            "Caller": [*caller, "T-secret", "<b>Ann</b>", "T-secret", "T-secret"],
            "Assigned to": ["Resolver Zoe"] * 120,
            "Assignment group": ["Desk"] * 100 + ["Network"] * 20,
            "Made SLA": ["true"] * 90 + ["false"] * 30,
            "Reassignment count": [0] * 100 + [1] * 20,
        }
    )
    table.loc[[3, 118], "Resolved"] = pd.NaT
    return table


@pytest.fixture
def export(rows: pd.DataFrame, tmp_path: Path) -> TicketExport:
    rows.to_csv(tmp_path / "list.csv", index=False)
    return read_tickets(tmp_path / "list.csv")


def people() -> pd.DataFrame:
    """Who could call: 30 in Cork, 25 in Sligo, 20 in Mayo without a ticket, 3 in Tory."""
    keys = [f"C{number:02d}" for number in range(30)] + [f"S{number:02d}" for number in range(25)]
    keys += [f"M{number:02d}" for number in range(20)] + ["T-secret", "<b>Ann</b>", "T-quiet"]
    return pd.DataFrame({"employee_id": keys, "site": ["Cork"] * 30 + ["Sligo"] * 25 + ["Mayo"] * 20 + ["Tory"] * 3})


@pytest.fixture
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts take a second each, and most tests are about words."""
    monkeypatch.setattr("evaluators.itdata.report._drawn", lambda draw, alt: "")


def written(report: IncidentReport) -> tuple[str, str]:
    return report_html(report, written=NOW), report_json(report, written=NOW)


@pytest.mark.usefixtures("no_charts")
def test_figures_are_those_of_a_hand_count(export: TicketExport) -> None:
    report = report_incidents(export, by=["category"], fail_under_sla=0.8, fail_bad_rows=0.0)
    value = json.loads(report_json(report, written=NOW))
    assert (value["schema"], value["written_at"]) == (1, "2026-07-01T09:00:00+00:00")
    assert value["measures"]["tickets"] == 120
    # 118 resolved in 2 to 6 hours, 24 of each but two; two are open: the 60th shortest of 120 takes 4 hours
    assert value["measures"]["resolve"]["overall"]["median"] == 4.0
    assert value["measures"]["resolve"]["overall"]["waiting"] == 2
    assert value["measures"]["flow"]["rows"][-1]["backlog"] == 2
    # met: 90 marked, of which ticket 3 is open and so not yet known; missed: 30
    assert value["measures"]["sla"]["overall"]["share_met"] == pytest.approx(89 / 119)
    limits = {each["name"]: each for each in value["limits"]}
    assert limits["service level"]["result"] == "broken"
    assert limits["bad rows"] == limits["bad rows"] | {"value": 0.0, "result": "kept"}
    assert [each.name for each in report.broken] == ["service level"]
    assert "89 of 119 tickets (74.8%)" in report_html(report, written=NOW)


@pytest.fixture(scope="module")
def whole(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """The page with its charts, the JSON and the summary of everything at once."""
    path = tmp_path_factory.mktemp("whole") / "list.csv"
    rows.to_csv(path, index=False)
    report = report_incidents(read_tickets(path), by=["location", "group", "category"], people=people(), per=["site"])
    return (*written(report), report.summary())


def test_nobody_is_named_on_the_page_or_in_the_json(whole: tuple[str, str, str]) -> None:
    for text in whole:
        for name in ("T-secret", "Ann", "Resolver Zoe", "C07", "T-quiet"):
            assert name not in text


def test_labels_are_escaped(whole: tuple[str, str, str]) -> None:
    page = whole[0]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "=cmd()" in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_every_chart_has_words(whole: tuple[str, str, str]) -> None:
    page = whole[0]
    assert page.count("<svg ") == page.count('role="img" aria-label="') >= 6


def test_rates_and_what_is_hidden(export: TicketExport) -> None:
    report = report_incidents(export, people=people(), per=["site"], k=5)
    assert report.staff is not None
    rates = {row.group: row for row in report.staff.rates[0].rows}
    assert rates["Cork"].rate == pytest.approx(100 * 70 / 30)
    assert rates["Sligo"].rate == pytest.approx(100 * 46 / 25)
    assert report.staff.rates[0].overall.rate == pytest.approx(100 * 120 / 78)
    # Tory's 3 are small; Mayo, the next smallest, is hidden with it, or 78 - 75 would give them away
    assert set(report.staff.rates[0].hidden) == {"Tory", "Mayo"}
    for group in ("Tory", "Mayo"):
        assert (rates[group].people, rates[group].rate, rates[group].low, rates[group].high) == (None,) * 4
    value = json.loads(report_json(report, written=NOW))
    assert next(row for row in value["staff"]["rates"][0]["rows"] if row["group"] == "Tory")["people"] is None


@pytest.mark.usefixtures("no_charts")
def test_hidden_groups_stay_hidden_as_locations(export: TicketExport) -> None:
    report = report_incidents(export, by=["location"], people=people(), per=["site"])
    labels = {row.label: row.tickets for row in report.measures.resolve_by[0].rows}
    # Tory has 2 callers and cannot stand alone: Sligo, the next smallest, goes with it
    assert labels == {"Cork": 70, "(2 small places)": 50}
    page, values = written(report)
    assert "2 locations are put together" in page
    assert '"Tory"' not in json.dumps(json.loads(values)["measures"])


def test_checks_of_the_data_name_no_small_place(rows: pd.DataFrame, tmp_path: Path) -> None:
    # one caller at Tory calls 40 times at night, so that the checks would speak of Tory
    night = rows.head(40).assign(
        Number=[f"N{number}" for number in range(40)], Location="Tory", Caller="T-secret",
        Opened=pd.Timestamp("2026-02-01 02:10") + pd.to_timedelta(range(40), unit="D"), Resolved=pd.NaT,
    )  # fmt: skip
    pd.concat([rows, night]).to_csv(tmp_path / "night.csv", index=False)
    said = report_incidents(read_tickets(tmp_path / "night.csv")).quality.summary()
    assert "Tory" not in said


def test_person_time_where_there_are_dates() -> None:
    tickets = pd.DataFrame({"number": range(3), "opened_at": "2025-07-02", "caller": ["a", "b", "b"]})
    log = ticket_log(tickets.assign(opened_at=["2025-01-01", "2025-07-02", "2025-12-31"]), as_of="2026-01-01")
    staff = pd.DataFrame(
        {
            "employee_id": list("abcdefgh"),
            "site": "x",
            "Hire date": "2020-01-01",
            "Exit date": [None] * 7 + ["2025-03-31"],
        }
    )
    found = staff_rates(log, staff, per="site")
    # 7 people for 365 days, one for the 90 days of January to March
    assert (found.hired, found.left) == ("Hire date", "Exit date")
    assert found.rates[0].rows[0].rate == pytest.approx(100 * 3 / ((7 * 365 + 90) / 365.25))


@pytest.mark.parametrize(
    ("days", "years"),
    [
        pytest.param(["31.03.2025"] * 6, 275 + 1, id="dots"),
        pytest.param(["1/2/2025", *["13/2/2025"] * 5], None, id="day-first"),
        pytest.param(["2/1/2025", *["2/13/2025"] * 5], None, id="month-first"),
    ],
)
def test_days_of_employment_as_people_write_them(days: list[str], years: int | None) -> None:
    tickets = pd.DataFrame({"number": range(2), "opened_at": ["2025-01-01", "2025-12-31"], "caller": ["a", "b"]})
    staff = pd.DataFrame({"employee_id": list("abcdef"), "site": "x", "hired_on": days})
    row = staff_rates(ticket_log(tickets, as_of="2026-01-01"), staff, per="site").rates[0].rows[0]
    # from 31 March on 276 days each; else 334 days from 1 February and 322 from 13 February
    there = 6 * years if years else 334 + 5 * 322
    assert row.rate == pytest.approx(100 * 1 / (there / 365.25))  # the ticket of 1 January came before


def test_days_that_can_be_read_in_two_ways_are_refused() -> None:
    tickets = pd.DataFrame({"number": ["1"], "opened_at": ["2025-01-01"], "caller": ["a"]})
    for days in (["1/2/2025"] * 6, ["1/2/2025"] * 4 + ["13/2/2025", "2/13/2025"]):
        staff = pd.DataFrame({"employee_id": list("abcdef"), "site": "x", "hired_on": days})
        with pytest.raises(MeasureError, match="cannot be told"):
            staff_rates(ticket_log(tickets, as_of="2026-01-01"), staff, per="site")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"by": ["assigned_to"]}, "not split by 'assigned_to'", id="resolvers"),
        pytest.param({"by": ["caller"]}, "not split by 'caller'", id="callers"),
        pytest.param({"per": ["site"]}, "need a table of people", id="per-without-people"),
        pytest.param({"people": people()}, "was not said", id="people-without-per"),
        pytest.param({"people": people().head(4), "per": ["site"]}, "fewer than 5 people", id="too-few-people"),
        pytest.param({"people": people(), "per": ["town"]}, "town", id="no-column"),
        pytest.param({"fail_under_sla": 90}, "limit for the service level is 90", id="percent"),
        pytest.param({"targets": {"P9": 4.0}}, "No ticket has a priority", id="no-priority"),
    ],
)
def test_settings_that_do_not_fit(export: TicketExport, settings: dict, said: str) -> None:
    with pytest.raises(LabError, match=said):
        report_incidents(export, **settings)


def test_strangers_are_counted_and_not_named(export: TicketExport) -> None:
    report = report_incidents(export, people=people().iloc[:75], per=["site"])
    assert report.staff is not None
    assert (report.staff.matched, report.staff.unmatched, report.staff.unmatched_keys) == (116, 4, 2)
    assert "secret" not in report.summary()
    with pytest.raises(JoinError, match="No caller"):
        report_incidents(export, people=people().assign(employee_id=range(78)), per=["site"])


@pytest.mark.usefixtures("no_charts")
def test_bad_cells_show_no_person(rows: pd.DataFrame, tmp_path: Path) -> None:
    text = rows.astype({"Opened": str}).replace({"Opened": {"2026-01-06 09:00:00": "37/13/26"}}).to_csv(index=False)
    (tmp_path / "odd.csv").write_text(f"{text}INC900,Secret Person,,,,,,,,,\n", encoding="utf-8")
    report = report_incidents(read_tickets(tmp_path / "odd.csv"), fail_bad_rows=0.001)
    page, values = written(report)
    assert "Secret Person" not in page + values
    found = {(row["line"], row["column"], row["value"]) for row in json.loads(values)["reading"]["bad_rows"]}
    assert {(3, "Opened", "37/13/26"), (122, "Opened", "")} <= found
    assert [each.name for each in report.broken] == ["bad rows"]


@pytest.mark.usefixtures("no_charts")
def test_a_limit_that_cannot_be_checked_says_so(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("Number,Opened\n1,2026-03-02\n", encoding="utf-8")
    report = report_incidents(read_tickets(tmp_path / "one.csv"), fail_under_sla=0.9, fail_backlog_growth=0.1)
    assert [each.result for each in report.limits] == ["not checked", "not checked"]
    page, _ = written(report)
    assert "A limit could not be checked." in page
    assert "Not shown: time to resolve" in page


@pytest.mark.parametrize(
    ("open_at_ends", "limit", "result"),
    [pytest.param((10, 11), 0.1, "kept", id="kept"), pytest.param((10, 13), 0.1, "broken", id="broken")],
)
def test_growth_of_the_backlog(tmp_path: Path, open_at_ends: tuple[int, int], limit: float, result: str) -> None:
    first, second = open_at_ends
    lines = [f"a{number},2026-01-01 08:00," for number in range(first)]
    lines += [f"b{number},2026-02-10 08:00," for number in range(second - first)]
    lines += ["c,2026-01-01 08:00,2026-02-28 23:59"]
    (tmp_path / "x.csv").write_text("Number,Opened,Resolved\n" + "\n".join(lines) + "\n", encoding="utf-8")
    export = read_tickets(tmp_path / "x.csv", as_of="2026-03-01")
    (found,) = report_incidents(export, fail_backlog_growth=limit).limits
    # the ticket c is open at the end of January, too
    assert (found.result, found.value) == (
        ("kept", 0.0) if second == first + 1 else (result, pytest.approx((second - first - 1) / (first + 1)))
    )


@pytest.mark.slow
def test_a_wrong_year_does_not_break_the_page(rows: pd.DataFrame, tmp_path: Path) -> None:
    odd = rows.astype({"Resolved": str})
    odd.loc[5, "Resolved"] = "2063-01-01 09:00:00"
    odd.to_csv(tmp_path / "odd.csv", index=False)
    report = report_incidents(read_tickets(tmp_path / "odd.csv"))
    page, _ = written(report)
    assert "2063" in page


@pytest.mark.usefixtures("no_charts")
def test_where_people_are_the_only_label_nothing_is_split_by_them(tmp_path: Path) -> None:
    lines = [f"{number},2026-03-02,2026-03-03,Ann,Zoe,yes" for number in range(9)]
    text = "\n".join(["Number,Opened,Resolved,Caller,Assigned to,Made SLA", *lines, ""])
    (tmp_path / "few.csv").write_text(text, encoding="utf-8")
    report = report_incidents(read_tickets(tmp_path / "few.csv"))
    for said in (*written(report), report.summary()):
        assert "Ann" not in said
        assert "Zoe" not in said


def test_constant_people_are_not_quoted(export: TicketExport) -> None:
    report = report_incidents(export)
    assert "assigned_to: always the same" in report.quality.summary()


@pytest.mark.parametrize(
    ("texts", "business", "said"),
    [
        (["P1"], False, "is no target"), (["P1=soon"], False, "is no target"), (["=4h"], False, "is no target"),
        (["P1=1d"], True, "in days"), (["P1=4h", "P1=5h"], False, "two targets"),
    ],
)  # fmt: skip
def test_targets_that_are_none(texts: list[str], business: bool, said: str) -> None:
    with pytest.raises(MeasureError, match=said):
        read_targets(texts, business=business)


def test_business_hours_as_people_type_them() -> None:
    assert read_business_hours("Sat-Mon 22:30-24").weekdays == (0, 5, 6)
    assert read_business_hours("mon, wed 0830-1615").in_words() == "Monday, Wednesday, 08:30 to 16:15"
    for text in ("always", "Mon-Fri", "Mon-Xyz 8-17", "Mon-Fri 17-8"):
        with pytest.raises(MeasureError):
            read_business_hours(text)


def test_a_first_look_names_columns_and_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Ticket;Raised;Prio;State\n1;3/2/2026;high;open\n", encoding="utf-8")
    look = look_at_export(tmp_path / "list.csv")
    assert (look.mapping, look.lacking) == ({"number": "Ticket", "state": "State"}, ("opened_at",))
    assert look.to_frame()["examples"].tolist() == ["1", "3/2/2026", "high", "open"]
    assert "high" not in json.dumps(look.to_dict())
    (tmp_path / "list.json").write_text('{"result": [{"number": "1", "opened_at": "2026-03-02 09:00:00"}]}')
    assert look_at_export(tmp_path / "list.json").lacking == ()


@pytest.fixture(scope="module")
def tarnbrook() -> TicketExport:
    return read_tickets(ROOT / "datasets/tarnbrook/ticket_events.csv.gz", time_zone="Europe/Dublin", as_of="2026-07-01")


def test_the_events_of_the_data_set_read_to_its_own_log(tarnbrook: TicketExport) -> None:
    log, read = load_tarnbrook_log(), tarnbrook.log
    assert (read.as_of, read.time_zone) == (log.as_of, log.time_zone)
    # the table of events has no contact_type; the log takes it from the table of tickets
    for name in set(TICKET_COLUMNS) - {"contact_type"}:
        mine, theirs = (
            each.tickets[name].astype(object).where(each.tickets[name].notna(), None) for each in (read, log)
        )
        assert mine.tolist() == theirs.tolist(), name
    assert read.events is not None
    assert log.events is not None
    for name in EVENT_COLUMNS:
        mine, theirs = (
            each[name].astype(object).where(each[name].notna(), None).tolist() for each in (read.events, log.events)
        )
        assert mine == theirs, name


def test_the_planted_effects_are_in_the_report(tarnbrook: TicketExport) -> None:
    staff = load_tarnbrook("people")
    report = report_incidents(tarnbrook, by=["location"], people=staff, per=["site", "department"], k=10)
    moved = {row.label: row.mean_reassignments for row in report.measures.handling_by[0].rows}
    assert max(moved, key=lambda name: moved[name] or 0) == "Drumlough"
    assert any("rows a ticket went from 5.9" in each.message for each in report.quality)
    charts = dict(report.trends)
    assert max(point.label for point in charts["events_per_ticket"].signals) > "2026-01-12"
    # every department with fewer than 10 people is hidden, counted here by plain pandas
    sizes = staff["department"].value_counts()
    assert report.staff is not None
    assert set(sizes[sizes < 10].index) <= set(report.staff.rates[1].hidden)
    # tickets of a site per 100 employee-years, by plain pandas
    tickets = load_tarnbrook("tickets").merge(staff, left_on="caller_id", right_on="employee_id")
    first = pd.to_datetime(staff["hired_on"]).clip(lower=pd.Timestamp("2025-01-01"))
    last = pd.to_datetime(staff["left_on"]).fillna(pd.Timestamp("2026-06-30")).clip(upper=pd.Timestamp("2026-06-30"))
    years = ((last - first).dt.days + 1).groupby(staff["site"]).sum() / 365.25
    there = pd.to_datetime(tickets["opened_at"]).dt.normalize()
    employed = (there >= pd.to_datetime(tickets["hired_on"])) & ~(there > pd.to_datetime(tickets["left_on"]))
    for row in report.staff.rates[0].rows:
        count = ((tickets["site"] == row.group) & employed).sum()
        assert row.rate == pytest.approx(100 * count / years[row.group]), row.group
