"""Exports as they come: other programs, other languages, mistyped years, workbooks with a cover sheet."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from evaluators.itdata.errors import ExportError, MeasureError
from evaluators.itdata.incidents import report_incidents
from evaluators.itdata.reading import TicketExport, read_tickets
from evaluators.itdata.reading._fields import holds_people

HEAD = "Number,Opened,Resolved,State"


def read(
    folder: Path, text: str, *, name: str = "export.csv", encoding: str = "utf-8", **options: object
) -> TicketExport:
    file = folder / name
    file.write_text(text, encoding=encoding)
    return read_tickets(file, **options)  # type: ignore[arg-type]


def many(tickets: int, *, changed: dict[int, str] | None = None) -> str:
    """Write a ticket for each hour from 2026-01-01 on, resolved two hours later; some rows as they are given."""
    lines = [HEAD]
    for number in range(tickets):
        opened = datetime(2026, 1, 1) + timedelta(hours=number)
        row = f"INC{number},{opened:%Y-%m-%d %H:%M},{opened + timedelta(hours=2):%Y-%m-%d %H:%M},Closed"
        lines.append((changed or {}).get(number, row))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (
            "Id,Requester,Assignee,Group,Status,Priority,Via,Created at,Solved at",
            "7,A,B,Desk,Closed,Urgent,Mail,{0},{1}",
        ),
        (
            "Ticket ID,Requester Name,Agent,Group,Status,Priority,Source,Created Time,Resolved Time",
            "7,A,B,Desk,Closed,Urgent,Portal,{0},{1}",
        ),
        (
            "Nummer,Anrufer,Zugewiesen an,Zuweisungsgruppe,Status,Priorität,Kontaktart,Geöffnet,Gelöst",
            "7,A,B,Desk,Geschlossen,1 - Kritisch,Telefon,{0},{1}",
        ),
        (
            "Numéro,Appelant,Affecté à,Groupe d'affectation,État,Priorité,Type de contact,Ouvert,Résolu",
            "7,A,B,Desk,Fermé,1 - Critique,Téléphone,{0},{1}",
        ),
        (
            "Número,Solicitante,Asignado a,Grupo de asignación,Estado,Prioridad,Tipo de contacto,Abierto,Resuelto",
            "7,A,B,Desk,Cerrado,1 - Crítica,Teléfono,{0},{1}",
        ),
    ],
)
def test_columns_of_other_programs_and_languages_are_known(tmp_path: Path, head: str, row: str) -> None:
    text = f"{head}\n{row.format('2026-03-02 09:00:00', '2026-03-02 11:30:00')}\n"
    export = read(tmp_path, text, encoding="utf-16")
    ticket = export.log.tickets.iloc[0]
    assert ticket[["number", "caller", "assigned_to", "group", "priority"]].tolist() == ["7", "A", "B", "Desk", "P1"]
    assert export.log.hours().tolist() == [2.5]
    assert export.log.has("state")
    assert export.log.has("contact_type")


def test_utc_behind_a_time_is_no_afternoon(tmp_path: Path) -> None:
    text = "#,Created at,Close at\n31001,2026-01-26 23:50:00 UTC,2026-01-27 01:20:00 UTC\n"
    export = read(tmp_path, text, time_zone="Europe/Dublin")
    assert export.log.tickets["opened_at"].iloc[0] == pd.Timestamp("2026-01-26 23:50", tz="UTC")
    assert export.log.hours("closed_at").tolist() == [1.5]


def test_within_sla_is_a_yes_and_fixed_is_neither(tmp_path: Path) -> None:
    head = "Ticket ID,Created Time,Resolution status"
    days = ("2026-03-02", "2026-03-03", "2026-03-04")
    told = [*zip(days, ("Within SLA", "SLA Violated", ""), strict=True)]
    export = read(tmp_path, "\n".join([head, *(f"{n},{day},{word}" for n, (day, word) in enumerate(told))]))
    assert export.log.tickets["sla_met"].tolist() == [True, False, pd.NA]
    export = read(tmp_path, "\n".join([head, *(f"{n},{day},Fixed" for n, day in enumerate(days))]))
    assert not export.log.has("sla_met")
    assert not export.bad_counts
    assert any("neither yes nor no" in note for note in export.log.notes)


def test_a_mistyped_year_does_not_move_the_end(tmp_path: Path) -> None:
    wrong = "INC7,2026-01-01 07:00,2062-01-01 09:00,Closed"
    export = read(tmp_path, many(400, changed={7: wrong}))
    assert export.log.as_of == pd.Timestamp("2026-01-17 17:00", tz="UTC")  # 399 hours and 2 after the first
    assert [(row.line, row.value) for row in export.bad_rows] == [(9, "2062-01-01 09:00")]
    assert any("2062-01-01" in note and "2026-01-17" in note for note in export.log.notes)
    flow = report_incidents(export).measures.flow
    assert flow is not None
    assert flow.rows[-1].backlog == 1  # not yet resolved, as far as the log goes


def test_a_mistyped_year_of_opening_leaves_the_ticket_out(tmp_path: Path) -> None:
    export = read(tmp_path, many(400, changed={7: "INC7,2062-01-01 07:00,,New"}))
    assert len(export.log) == 399
    assert [(row.line, row.column) for row in export.bad_rows] == [(9, "Opened")]
    named = read(tmp_path, many(400, changed={7: "INC7,2062-01-01 07:00,,New"}), as_of="2026-02-01")
    assert len(named.log) == 399
    assert named.log.as_of == pd.Timestamp("2026-02-01", tz="UTC")


def test_stragglers_are_no_typing_errors(tmp_path: Path) -> None:
    # 3 of 400 are more than 1 in 200; and half a year is not far.
    late = {n: f"INC{n},2026-01-01 0{n}:00,2029-01-01 09:00,Closed" for n in (1, 2, 3)}
    assert read(tmp_path, many(400, changed=late)).log.as_of == pd.Timestamp("2029-01-01 09:00", tz="UTC")
    near = {7: "INC7,2026-01-01 07:00,2026-07-01 09:00,Closed"}
    assert read(tmp_path, many(400, changed=near)).log.as_of == pd.Timestamp("2026-07-01 09:00", tz="UTC")


def test_a_very_old_ticket_stays_and_the_log_begins_with_the_others(tmp_path: Path) -> None:
    export = read(tmp_path, many(400, changed={0: "INC0,2019-05-06 07:00,,New"}), time_zone="Europe/Dublin")
    assert len(export.log) == 400
    assert export.log.since == pd.Timestamp("2026-01-01", tz="UTC")
    assert any("2019-05-06" in note for note in export.log.notes)


def test_zero_of_computers_is_no_time(tmp_path: Path) -> None:
    export = read(tmp_path, many(20, changed={0: "INC0,1970-01-01 00:00,,New"}))
    assert len(export.log) == 19
    assert export.bad_rows[0].value == "1970-01-01 00:00"


def test_repeated_rows_of_events_are_said(tmp_path: Path) -> None:
    head = "number,opened_at,sys_updated_at,sys_mod_count,incident_state,assignment_group"
    row = "INC{0},2026-03-0{0} 09:00,2026-03-0{0} 1{1}:00,{1},{2},Desk"
    rows = [
        row.format(number, step, state) for number in (1, 2) for step, state in enumerate(("New", "Active", "Closed"))
    ]
    export = read(tmp_path, "\n".join([head, *rows, rows[1], rows[1]]) + "\n")
    assert export.rows == "events"
    assert export.log.events is not None
    assert len(export.log.events) == 8
    assert sum("repeat the row before" in note and ": 2." in note for note in export.log.notes) == 1
    once = read(tmp_path, "\n".join([head, *rows]) + "\n")
    assert not any("repeat the row before" in note for note in once.log.notes)


def test_the_sheet_with_tickets_is_found(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["About this export"])
    page = book.create_sheet("Data")
    for row in (["Tickets of March"], [], ["Number", "Opened"], ["INC1", datetime(2026, 3, 2, 9)]):
        page.append(row)
    book.save(tmp_path / "book.xlsx")
    export = read_tickets(tmp_path / "book.xlsx")
    assert export.facts.sheet == "Data"
    assert any("2 sheets" in note and "'Data'" in note for note in export.log.notes)
    with pytest.raises(ExportError, match=r"No column says") as caught:
        read_tickets(tmp_path / "book.xlsx", sheet="Sheet")
    assert "About this export" in caught.value.hint


def test_no_sheet_with_tickets_says_which_was_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["About this export"])
    book.create_sheet("Data").append(["Case", "Raised"])
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(ExportError, match=r"No column says") as caught:
        read_tickets(tmp_path / "book.xlsx")
    assert "2 sheets" in caught.value.hint


@pytest.mark.parametrize(
    "name", ["resolved_by", "Closed by", "Requester email", "sys_created_by", "Agent name", "Anrufer"]
)
def test_columns_of_people_are_known(name: str) -> None:
    assert holds_people(name)


@pytest.mark.parametrize("name", ["Assignment group", "Agent group", "Category name", "User group", "Site", "vendor"])
def test_columns_of_no_people_are_known(name: str) -> None:
    assert not holds_people(name)


def test_resolvers_cannot_stand_in_for_a_group(tmp_path: Path) -> None:
    text = "Number,Opened,Resolved by\n1,2026-03-02,Ann\n"
    export = read(tmp_path, text, mapping={"group": "Resolved by"})
    with pytest.raises(MeasureError, match=r"'Resolved by' holds people"):
        report_incidents(export, by=["group"])


def test_a_column_of_too_many_labels_is_no_split(tmp_path: Path) -> None:
    rows = [f"{number},2026-03-02,Category {number}" for number in range(1001)]
    export = read(tmp_path, "\n".join(["Number,Opened,Category", *rows]))
    with pytest.raises(MeasureError, match=r"1,001 different"):
        report_incidents(export, by=["category"])
    assert report_incidents(export).measures.tickets == 1001


def test_shaky_figures_say_so(tmp_path: Path) -> None:
    few = report_incidents(read(tmp_path, many(29)))
    assert any("29 tickets" in note for note in few.notes)
    assert not report_incidents(read(tmp_path, many(30))).notes
    cut = report_incidents(read(tmp_path, many(40, changed={3: "INC3,2026-01-01 03:00,2026-03-02 09:00,Closed"})))
    assert [note for note in cut.notes if "after 2026-01-02, 58 days" in note]  # 2 January 15:00 to 2 March 9:00
