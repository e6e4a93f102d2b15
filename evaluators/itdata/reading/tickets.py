"""Read tickets from an export of ServiceNow, Jira Service Management or another program."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from evaluators._plain import plain
from evaluators.itdata._moments import zone_named
from evaluators.itdata._words import counted
from evaluators.itdata.errors import ExportError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.reading._fields import match_columns
from evaluators.itdata.reading._files import open_export
from evaluators.itdata.reading._rows import make_log
from evaluators.itdata.reading._typed import BadRow, Problems, read_columns
from evaluators.own_data import FileFacts


@dataclass(frozen=True, slots=True)
class TicketExport:
    """What an export holds, and how it was read.

    Parameters
    ----------
    log : TicketLog
        The tickets, and their events where the export has them.
    facts : FileFacts
        Which file it was.
    kind : str
        ``"ServiceNow"``, ``"Jira Service Management"``, or ``"mapped"`` where other names or a mapping told the
        columns.
    rows : str
        ``"events"`` if a row was an event of a ticket, ``"tickets"`` if it was a ticket.
    columns : mapping of str to str
        What was read -> the column of the file it was read from.
    bad_rows : tuple of BadRow
        Cells and rows that could not be read as they stand, at most the first 200.
    bad_counts : mapping of str to int
        Problem -> how often, all of them counted.
    """

    log: TicketLog
    facts: FileFacts
    kind: str
    rows: str
    columns: Mapping[str, str]
    bad_rows: tuple[BadRow, ...]
    bad_counts: Mapping[str, int]

    def to_frame(self) -> pd.DataFrame:
        """Return the bad rows.

        Returns
        -------
        DataFrame, shape (n_bad_rows, 4)
            The fields of `BadRow`.
        """
        return pd.DataFrame([asdict(each) for each in self.bad_rows], columns=list(BadRow.__dataclass_fields__))

    def to_dict(self) -> dict[str, Any]:
        """Return what is known about the reading as plain values for JSON; the tickets are not in it."""
        events = self.log.events
        return dict(
            plain(
                {
                    "file": self.facts.to_dict(),
                    "kind": self.kind,
                    "rows": self.rows,
                    "tickets": len(self.log),
                    "events": None if events is None else len(events),
                    "as_of": self.log.as_of.isoformat(),
                    "time_zone": self.log.time_zone,
                    "columns": dict(self.columns),
                    "lacking": list(self.log.lacking),
                    "notes": list(self.log.notes),
                    "bad_counts": dict(self.bad_counts),
                    "bad_rows": [asdict(each) for each in self.bad_rows],
                }
            )
        )

    def summary(self) -> str:
        """Say in plain words what was read, and what could not be read.

        Returns
        -------
        str
            A line for the file, one for each note and one for each kind of problem.
        """
        events, unit = self.log.events, "line" if self.facts.kind == "CSV" else "row"
        kind = f"an export of {self.kind}" if self.kind != "mapped" else "an export"
        first = f"{self.facts.name} was read as {kind}: {counted(len(self.log), 'ticket')}"
        if events is not None:
            first += f" in {counted(len(events), 'row')}. A row is an event in the life of a ticket, not a ticket"
        lines = [f"{first}.", *self.log.notes]
        for problem, often in self.bad_counts.items():
            seen = [each for each in self.bad_rows if each.problem == problem]
            places = ", ".join(f"{unit} {each.line}" for each in seen[:3])
            example = f" See {places}; there stands {seen[0].value!r}." if seen else ""
            lines.append(f"{problem[:1].upper()}{problem[1:]}: {often:,}.{example}")
        if not self.bad_counts:
            lines.append("Every row could be read.")
        lines.append(
            "Reading well says nothing about whether what was recorded is true: people close tickets late, or for "
            "other reasons than a solution."
        )
        return "\n".join(lines)


def read_tickets(
    path: "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]",
    *,
    mapping: Mapping[str, str | None] | None = None,
    rows: Literal["find", "events", "tickets"] = "find",
    time_zone: str = "UTC",
    day_first: bool | None = None,
    as_of: object = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> TicketExport:
    """Read tickets from an export: ServiceNow, Jira Service Management, or any table with a mapping.

    A row that holds an event is told from a row that holds a ticket by the data: where many numbers stand on several
    rows that differ, rows are events. A ticket then gets the values of its last row (by time of change, number of
    changes and place in the file); the times of response, resolution and closing are the last ones that are there.
    A resolution that the last row takes back, since the ticket is open again, does not count.

    Parameters
    ----------
    path : path or sequence of path
        CSV (.csv, .tsv, .txt, also with .gz), Excel (.xlsx, .xlsm), Parquet, or JSON as ServiceNow's Table API gives
        it (.json, .jsonl); several pages of JSON are read as one export.
    mapping : mapping of str to str, optional
        Our name -> column of the file, such as ``{"number": "Ticket ID", "opened_at": "Raised"}``. Our names are
        those of `TICKET_COLUMNS` without ``events``, and ``at`` (when an event happened), ``updates`` (how often the
        ticket was changed by then), ``sla_breached`` (the opposite of ``sla_met``). None leaves a column out. Columns
        that the mapping does not name are found by their usual names.
    rows : {"find", "events", "tickets"}
        What a row is.
    time_zone : str
        Where the people are, such as ``"Europe/Dublin"``. Times without an offset are clock times there: one that
        occurs twice when clocks go back is the earlier, one that never occurs moves to the moment of the change.
    day_first : bool, optional
        Whether 3/2/2026 is in February; by default found out from dates such as 13/2/2026. With dots the day always
        comes first.
    as_of : time, optional
        The end of the log; by default the last time in the export.
    sheet : str, optional
        Sheet of a workbook; by default the first.
    encoding, delimiter : str, optional
        Of a text file; by default found out.

    Returns
    -------
    TicketExport
        With the log, and every bad row by line and column. Cells that are empty or hold ``?``, ``(empty)`` or ``NULL``
        are missing. A response, resolution or closing before the opening cannot be and becomes missing; the ticket
        stays. A ticket without a time of opening cannot be measured and is left out. Fractions of a second are cut off.
        All of this is counted.

    Raises
    ------
    TableError
        If the file is missing, empty, locked, damaged or not what its name says.
    ExportError
        If no column holds numbers or times of opening, no row can be read as a ticket, or dates can be read in two
        ways.
    LogError
        If the time zone is unknown.

    Notes
    -----
    ``responded_at`` is the first event at which the state was no longer New or somebody was assigned; without events,
    a column of first responses. ``reassignments`` and ``reopens`` are the export's own counts, else changes of the
    group and moves from a finished state back to an open one. ``sla_met`` is the export's own flag on the last row.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> text = '''Number,Opened,State,Resolved
    ... INC01,13/2/2026 09:00,Closed,13/2/2026 11:30
    ... INC02,14/2/2026 10:00,New,
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "incident.csv")
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     export = read_tickets(path, time_zone="Europe/Dublin")
    >>> export.kind, export.rows, export.log.hours().tolist()
    ('ServiceNow', 'tickets', [2.5, nan])
    """
    if rows not in ("find", "events", "tickets"):
        raise ExportError(f"Rows cannot be {rows!r}.", 'Say "find", "events" or "tickets".', "rows")
    zone = zone_named(time_zone)
    with open_export(path, sheet=sheet, encoding=encoding, delimiter=delimiter) as source:
        notes, problems = list(source.facts.notes), Problems()
        try:
            columns, kind = match_columns(source.names, mapping, notes)
        except ExportError as error:  # another sheet or encoding may be what is wrong
            raise ExportError(error.problem, " ".join([error.hint, *source.facts.notes]), error.argument) from error
        table = read_columns(source, columns, zone=zone, day_first=day_first, kind=kind, notes=notes, problems=problems)
        log, found = make_log(table, rows=rows, zone_name=time_zone, zone=zone, as_of=as_of)
        bad = problems.located(source, columns)
        used = {field: column for field, column in columns.items() if field in table.fields}
        return TicketExport(log, source.facts, kind, found, used, bad, problems.counts())
