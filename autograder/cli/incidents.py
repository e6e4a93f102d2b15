"""Read what IT recorded about one's own tickets: the command, and the questions it asks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from autograder.cli._common import QuietOption, app, err, out
from autograder.cli._own import (
    AskOption,
    DelimiterOption,
    EncodingOption,
    FolderOption,
    HtmlOption,
    JsonOption,
    PrintOnlyOption,
    SheetOption,
    ask_file,
    ask_numbers,
    command_line,
    is_terminal,
    plain,
    right,
    show_files,
    targets,
    write_texts,
)
from evaluators.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from evaluators.itdata.incidents import IncidentReport
    from evaluators.itdata.reading import TicketExport
    from evaluators.itdata.reading.looking import ExportLook

_ASKED = {
    "number": "the ticket's number",
    "opened_at": "when it was opened",
    "resolved_at": "when it was resolved",
    "closed_at": "when it was closed",
    "at": "when the row was written, if a row is an event",
    "state": "the state",
    "priority": "the priority",
    "group": "the group that works on it",
    "location": "the place of the caller",
    "caller": "who called (counted, never shown)",
}
_LOOKS = {"kept": "green", "broken": "bold red", "not checked": "yellow"}
_BAD_ROWS = 10
_PERIODS = 6
_LABELS = 15
_KINDS = "CSV, Excel, Parquet or JSON"


@app.command()
def incidents(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Export of tickets: CSV, Excel, Parquet or JSON (several pages of it); none: ask."),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help='Which column holds what: --map opened_at="Raised on"; repeat it. Empty: none.'),
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Where the people are, such as Europe/Dublin; default UTC.")
    ] = None,
    day_first: Annotated[
        bool | None,
        typer.Option("--day-first/--month-first", help="Whether 3/2/2026 is in February; default found out."),
    ] = None,
    rows: Annotated[str | None, typer.Option(help="What a row is: events or tickets; default found out.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="When the log ends, such as 2026-06-30; default the last time in it.")
    ] = None,
    sla: Annotated[
        list[str] | None, typer.Option(help="Target by priority, such as P1=4h; repeat it. Default the export's mark.")
    ] = None,
    business_hours: Annotated[
        str | None, typer.Option(help='With --sla: when the clock runs, such as "Mon-Fri 8-17"; default always.')
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="Split by priority, group, category or location; repeat it.")
    ] = None,
    every: Annotated[str, typer.Option(help="Periods of arrivals and backlog: day, week or month.")] = "month",
    steps: Annotated[
        list[str] | None,
        typer.Option("--step", help="Date at which something is known to have changed; limits start afresh. Repeat."),
    ] = None,
    hr: Annotated[Path | None, typer.Option(help="Table of people, one row each: rates per 100 employees.")] = None,
    key: Annotated[
        str, typer.Option(help="Which columns match: caller=employee_id (of the tickets, of the people).")
    ] = "caller=employee_id",
    per: Annotated[
        list[str] | None, typer.Option(help="With --hr: column of the people to compare, such as site; repeat it.")
    ] = None,
    hired: Annotated[
        str | None, typer.Option(help="With --hr: column with the first day of employment; default found.")
    ] = None,
    left: Annotated[str | None, typer.Option(help="With --hr: column with the last day; default found.")] = None,
    k: Annotated[int, typer.Option("--k", help="Groups of fewer people are hidden.")] = 5,
    fail_under_sla: Annotated[
        float | None, typer.Option(help="Exit code 1 if less than this share met the service level, such as 0.9.")
    ] = None,
    fail_backlog_growth: Annotated[
        float | None, typer.Option(help="Exit code 1 if the backlog grew by more in the last whole period: 0.1.")
    ] = None,
    fail_bad_rows: Annotated[
        float | None, typer.Option(help="Exit code 1 if there are more bad cells and rows for each row: 0.01.")
    ] = None,
    sheet: SheetOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    folder: FolderOption = None,
    html: HtmlOption = None,
    json_file: JsonOption = None,
    print_only: PrintOnlyOption = False,
    ask: AskOption = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take recognised columns and UTC without asking.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Read an export of tickets: arrivals, waiting, service level, paths, change, trust; a page and JSON to keep."""
    from evaluators.itdata.incidents import report_incidents
    from evaluators.itdata.tickets.promises import read_business_hours, read_targets

    paths = list(files or [])
    if not paths:
        if not is_terminal():
            raise LabError("No file is named.", "Name one: hrlab incidents export.csv --time-zone Europe/Dublin.")
        paths, ask = [ask_file(_KINDS)], True
    people_key = _key(key)
    read = [*paths, *([hr] if hr else [])]
    chosen = {} if print_only else targets(read, "incidents", folder, html, json_file)
    to_screen = json_file is not None and str(json_file) == "-"
    promised = read_targets(sla, business=business_hours is not None) if sla else None
    clock = read_business_hours(business_hours) if business_hours else None
    given = _Reading(_mapping(mapping), time_zone, day_first, rows, as_of, sheet, encoding, delimiter)
    export = _ask_and_read(paths, given) if ask else _read(paths, given, may_ask=is_terminal() and not yes)
    people = None if hr is None else _people(hr)
    with err.status("Counting"):
        report = report_incidents(
            export,
            by=by or [],
            targets=promised,
            business_hours=clock,
            every=every,  # type: ignore[arg-type]  # the error names those there are
            steps=steps or [],
            people=people,
            people_file=hr.name if hr else "",
            people_key=people_key,
            per=per or [],
            hired=hired,
            left=left,
            k=k,
            fail_under_sla=fail_under_sla,
            fail_backlog_growth=fail_backlog_growth,
            fail_bad_rows=fail_bad_rows,
        )
    if to_screen:
        from evaluators.itdata.report import report_json

        print(report_json(report, written=datetime.now(UTC)))
    elif not quiet:
        _show(report)
        if given.time_zone is None:
            out.print(
                "No time zone was named, so clock times were read as UTC: name yours with --time-zone.", soft_wrap=True
            )
    _write(report, chosen)
    if not quiet and not to_screen:
        show_files(chosen)
        if ask:
            out.print("\nThe same without questions:", soft_wrap=True)
            settings: dict[str, Any] = given.options() | {
                "--sla": sla, "--business-hours": business_hours, "--by": by,
                "--every": every if every != "month" else None, "--step": steps, "--hr": hr,
                "--key": key if key != "caller=employee_id" else None, "--per": per, "--hired": hired, "--left": left,
                "--k": k if k != 5 else None, "--fail-under-sla": fail_under_sla,
                "--fail-backlog-growth": fail_backlog_growth, "--fail-bad-rows": fail_bad_rows,
            }  # fmt: skip
            out.print(escape(command_line(["hrlab", "incidents", *map(str, paths)], settings)), soft_wrap=True)
    raise typer.Exit(1 if report.broken or report.unchecked else 0)


class _Reading:
    """How the export is to be read; filled by options or questions."""

    def __init__(
        self,
        mapping: dict[str, str | None],
        time_zone: str | None,
        day_first: bool | None,
        rows: str | None,
        as_of: str | None,
        sheet: str | None,
        encoding: str | None,
        delimiter: str | None,
    ) -> None:
        self.mapping, self.time_zone, self.day_first, self.rows, self.as_of = mapping, time_zone, day_first, rows, as_of
        self.file: dict[str, Any] = {"sheet": sheet, "encoding": encoding, "delimiter": delimiter}

    def options(self) -> dict[str, Any]:
        """Return the options that read so."""
        order = None if self.day_first is None else "--day-first" if self.day_first else "--month-first"
        named = [f"{name}={column or ''}" for name, column in self.mapping.items()]
        found: dict[str, Any] = {"--map": named or None, "--time-zone": self.time_zone, "--rows": self.rows}
        found |= {"--as-of": self.as_of} | {f"--{name}": value for name, value in self.file.items()}
        return found | ({order: True} if order else {})


def _mapping(texts: Sequence[str] | None) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for text in texts or []:
        name, equals, column = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise LabError(f"--map {text!r} names no column.", 'Write our name and yours: --map opened_at="Raised on".')
        if name in found:
            raise LabError(f"--map names {name} twice.", "Name one column for it.")
        found[name] = column.strip("'\"") or None
    return found


def _key(text: str) -> str:
    """Return the column of the people; that of the tickets is always the caller."""
    name, equals, column = (part.strip() for part in text.partition("="))
    if equals and name in ("assigned_to", "resolved_by", "resolver"):
        raise LabError(
            f"Tickets are not matched with people by {name}.",
            "This is not a tool to watch people at work: only callers are matched, and only in groups.",
        )
    if not equals or not column or name not in ("caller", "caller_id"):
        raise LabError(
            f"--key {text!r} does not say which columns match.",
            "Write caller= and the column of the people: --key caller=employee_id. Name the tickets' column of callers "
            'with --map caller="…".',
        )
    return column


def _read(paths: Sequence[Path], given: _Reading, *, may_ask: bool) -> TicketExport:
    """Read the export; ask which comes first, day or month, if the file leaves it open and somebody is there."""
    from evaluators.itdata.reading import read_tickets

    kind: Any = given.rows or "find"
    while True:
        try:
            with err.status("Reading"):
                return read_tickets(
                    paths if len(paths) > 1 else paths[0],
                    mapping=given.mapping or None,
                    rows=kind,
                    time_zone=given.time_zone or "UTC",
                    day_first=given.day_first,
                    as_of=given.as_of,
                    **given.file,
                )
        except LabError as error:
            if error.argument != "day_first" or not may_ask or given.day_first is not None:
                raise
            err.print(escape(plain(error.problem)), soft_wrap=True)
            given.day_first = typer.confirm("Does the day come first (3/2/2026 is in February)?", err=True)


def _ask_and_read(paths: Sequence[Path], given: _Reading) -> TicketExport:
    """Ask which column is what until the export can be read so."""
    again = False
    while True:
        _ask_columns(paths, given, again=again)
        try:
            return _read(paths, given, may_ask=True)
        except LabError as error:
            if not (error.argument or "").startswith("mapping["):
                raise
            err.print(escape(plain(f"{error.problem} {error.hint}")), soft_wrap=True)
            again = True


def _people(file: Path) -> pd.DataFrame:
    from evaluators.own_data import open_own_table

    with open_own_table(file) as table:
        frame: pd.DataFrame = table.relation.df()
        return frame


def _ask_columns(paths: Sequence[Path], given: _Reading, *, again: bool = False) -> None:
    """Show the columns with examples, ask which is what, and where the people are."""
    from evaluators.itdata.reading.looking import look_at_export

    look = look_at_export(paths if len(paths) > 1 else paths[0], **given.file)
    _show_columns(look)
    names = [column.name for column in look.columns]
    proposed = {**look.mapping, **{name: column for name, column in given.mapping.items() if name in _ASKED}}
    if not look.lacking and not again and typer.confirm("Are these columns right?", default=True, err=True):
        chosen: Mapping[str, str | None] = given.mapping
    else:
        found = dict(given.mapping)
        for name, what in _ASKED.items():
            needed = name in ("number", "opened_at")
            while True:
                answer = ask_numbers(f"Number of the column with {what}", names, [proposed.get(name)], most=1)
                if answer or not needed:
                    break
                err.print("Tickets cannot be read without it.")
            column = next(iter(answer), None)
            if column != look.mapping.get(name):
                found[name] = column
        chosen = found
    given.mapping = dict(chosen)
    if given.time_zone is None:
        given.time_zone = _ask_zone()


def _show_columns(look: ExportLook) -> None:
    taken = {column: name for name, column in look.mapping.items()}
    shown = Table("No.", "Column", "Holds", "Taken as", title=escape(plain(look.facts.name)))
    for number, column in enumerate(look.columns, start=1):
        examples = column.examples if len(column.examples) <= 60 else f"{column.examples[:59]}…"
        shown.add_row(str(number), escape(plain(column.name)), escape(plain(examples)), taken.get(column.name, ""))
    err.print(shown)
    for note in look.notes:
        err.print(escape(plain(note)), soft_wrap=True)


def _ask_zone() -> str:
    from zoneinfo import available_timezones

    zones = available_timezones()
    while True:
        answer = str(typer.prompt("Where are the people? A time zone such as Europe/Dublin", default="UTC", err=True))
        if answer.strip() in zones:
            return answer.strip()
        word = answer.strip().casefold().replace(" ", "_")
        near = sorted(zone for zone in zones if word and word in zone.casefold())[:5]
        hint = f"Did you mean {', '.join(near)}?" if near else "Write it as Europe/Dublin or America/New_York."
        err.print(f"There is no time zone {escape(plain(answer))}. {hint}", soft_wrap=True)


def _write(report: IncidentReport, chosen: Mapping[str, Path]) -> None:
    from evaluators.itdata.report import report_html, report_json

    written = datetime.now(UTC)
    page, values = (lambda: report_html(report, written=written)), (lambda: report_json(report, written=written))
    with err.status("Writing"):
        write_texts(chosen, {"Page": page, "JSON": values})


def _show(report: IncidentReport) -> None:
    """Print the result: sentences, and a table where figures are compared."""
    from evaluators.itdata import _incidents_words as words

    found = report.measures
    out.print(f"[bold]{escape(words.headline(report))}[/]", soft_wrap=True)
    _say(words.meaning(report))
    if found.flow is not None:
        _table(words.flow_table(report, most=_PERIODS), "Came in, went out, piled up: the last periods")
    if found.resolve is not None or found.respond is not None or found.close is not None:
        _table(words.times_table(report), "Time from opening; tickets that still wait are counted in")
    if found.resolve is not None and found.resolve.rows and "priority" not in {each.by for each in found.resolve_by}:
        _table(words.resolve_table(found.resolve.rows, found.resolve.by), "Until resolution")
    for each in found.resolve_by:
        _table(words.resolve_table(each.rows, each.by), "Until resolution")
    if found.sla is not None:
        _table(words.sla_table(report), "Service level")
        _say([f"Met means: {found.sla.definition}"])
    if found.handling is not None:
        _heading("How tickets are handled")
        _say(found.handling.summary().splitlines())
    for place, handled in enumerate(found.handling_by):
        _table(words.handling_table(report, place), "Handling")
        _say([words.NOT_TO_BLAME] if handled.by == "group" else [])
    for by, path in (("group", found.group_path), ("state", found.state_path)):
        if path is not None:
            _table(words.ways_table(report, by, most=5), words.ways_title(report, by))
    _heading("Did something change?")
    _say([words.trend_line(name, chart) for name, chart in report.trends] or [words.NO_TRENDS])
    if report.staff is not None:
        _heading("Tickets and people")
        _say(report.staff.match_sentences())
        for rates in report.staff.rates:
            _table(words.staff_table(rates), f"Tickets by {rates.per}")
            _say(rates.summary().splitlines()[1:])
    _heading("Can the data be trusted?")
    _say(words.quality_sentences(report))
    _say([words.bad_rows_sentence(report)])
    if report.export.bad_rows:
        _table(words.bad_rows_table(report, most=_BAD_ROWS), "The first of them")
    _say([*report.notes, *words.not_shown(report), *found.notes])
    for limit in report.limits:
        out.print(f"[{_LOOKS[limit.result]}]{limit.result.capitalize()}:[/] {escape(limit.sentence)}", soft_wrap=True)
    out.print(words.WHAT_IT_DOES_NOT_SHOW, soft_wrap=True)


def _heading(title: str) -> None:
    out.print(f"\n[bold]{title}[/]")


def _say(lines: Any) -> None:
    for line in lines:
        out.print(escape(plain(line)), soft_wrap=True)


def _table(content: tuple[Sequence[str], Sequence[Sequence[str]]], title: str) -> None:
    from evaluators.itdata._incidents_words import MOST_ROWS, is_figure

    heads, rows = content
    justify: list[Literal["left", "right"]] = [
        "right" if place and rows and all(is_figure(row[place]) for row in rows) else "left"
        for place in range(len(heads))
    ]
    columns = [
        right(plain(head)) if side == "right" else plain(head) for head, side in zip(heads, justify, strict=True)
    ]
    table = Table(*columns, title=escape(plain(title)), title_justify="left", padding=(0, 1 if out.width >= 90 else 0))
    for row in rows[:_LABELS]:
        table.add_row(*(escape(plain(cell)) for cell in row))
    out.print(table)
    if len(rows) > _LABELS:
        where = "on the page" if len(rows) <= MOST_ROWS else f"in the JSON, the first {MOST_ROWS} of all on the page"
        out.print(f"{len(rows) - _LABELS:,} more rows stand {where}.")
