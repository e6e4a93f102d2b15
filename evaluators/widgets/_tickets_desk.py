"""What the tickets explorer does behind the page: look into an export, measure it, join it to people. No browser."""

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators.errors import LabError
from evaluators.widgets._desk import (
    ENDINGS,
    FILE,
    Desk,
    Done,
    FieldError,
    note_twice,
    number_of,
    plain_stem,
    reading_of,
    shown_column,
    text_of,
    texts_of,
)

if TYPE_CHECKING:
    from evaluators.itdata.incidents import IncidentReport
    from evaluators.itdata.log import TicketLog
    from evaluators.itdata.reading.looking import ExportLook

# Our name -> what the form and its guesses call it; those of the first group stand open on the page.
MAIN = {
    "number": "Number of the ticket",
    "opened_at": "When it was opened",
    "resolved_at": "When it was resolved",
    "closed_at": "When it was closed",
    "state": "State",
    "priority": "Priority",
    "category": "Category",
    "group": "Group that has the ticket",
    "location": "Place",
    "caller": "Who asked (is counted, never listed)",
}
MORE = {
    "at": "When the row was written (the event)",
    "updates": "How often the ticket was changed by then",
    "responded_at": "First response",
    "reassignments": "How often it changed the group",
    "reopens": "How often it was opened again",
    "contact_type": "Way of contact",
    "first_group": "First group",
    "assigned_to": "Who works on it (is never listed)",
    "sla_met": "Service level met: yes or no",
    "sla_breached": "Service level missed: yes or no",
    "sla_left": "Time left to the service level",
}
SPLITS = {"priority": "Priority", "group": "Group", "category": "Category", "location": "Place"}
_NEEDED = ("number", "opened_at")
_KEYS = ("employee_id", "person_id", "staff_id", "personnel_number", "staff_number", "id")
_MOST_GROUPS = 100
_MOST_NAMED = 12


class TicketsDesk(Desk):
    """The exports that can be read, and tables of people beside them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name -> an export of tickets, or people, one row each.
    folder : path
        Where files are looked for and results are saved.
    """

    form = "incidents"
    endings = takes = (*ENDINGS, ".json", ".jsonl", ".ndjson")

    def __init__(self, tables: Mapping[str, pd.DataFrame], folder: str | os.PathLike[str]) -> None:
        super().__init__(tables, folder)
        self._written: dict[str, Path] = {}
        self._own: Path | None = None

    def look(self, source: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Look into an export: its columns with examples, what they seem to hold, notes on how it was read."""
        from evaluators.itdata.reading.looking import look_at_export

        try:
            seen = look_at_export(self._path(source), **reading_of(sent))
        except LabError as error:
            raise FieldError({_field_of(error): self.in_words(error)}) from error
        words = MAIN | MORE
        return {
            "columns": [shown_column(column) for column in seen.columns],
            "guesses": list(_guesses(seen)),
            "notes": list(seen.notes),
            "proposed": {f"mapping[{name}]": seen.mapping.get(name, "") for name in words},
        }

    def look_aside(self, source: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Look into the table of people: its columns, and which of them is most likely the key."""
        chosen = text_of(sent, "people")
        if not chosen:
            return {}
        try:
            people = self._people(chosen)
        except LabError as error:
            raise FieldError({"people": self.in_words(error)}) from error
        names = [str(name) for name in people.columns]
        keys = [name for name in names if name.casefold().strip().replace(" ", "_") in _KEYS]
        groups = [str(name) for name in people.columns if 1 < people[name].nunique() <= _MOST_GROUPS]
        return {"people": chosen, "columns": names, "groups": groups, "key": (keys or names or [""])[0]}

    def run(self, source: str, sent: Mapping[str, Any]) -> Done:
        """Measure an export as the form says; FieldError names the fields that do not fit."""
        from evaluators.itdata.incidents import report_incidents
        from evaluators.itdata.reading import read_tickets
        from evaluators.itdata.report import report_html, report_json

        name = self.name(source)
        proposed = self.look(source, sent)["proposed"]
        reading, settings = read_settings(sent, proposed)
        try:
            people = text_of(sent, "people")
            if people:
                settings["people"] = self._people(people)
                settings["people_file"] = self.name(people, field="people")
            found = report_incidents(read_tickets(self._path(source), **reading), **settings)
        except LabError as error:
            raise FieldError({_field_of(error): self.in_words(error)}) from error
        written = datetime.now(UTC)
        return Done(
            found,
            found.summary().splitlines()[0],
            report_html(found, written=written, title="" if source.startswith(FILE) else name),
            report_json(found, written=written),
            self.stem(source, "incidents"),
        )

    def _path(self, source: str) -> Path:
        """Return the file of a source; a table that was given is written as text, since exports are files."""
        name = self.name(source)
        if source.startswith(FILE):
            return self.folder / name
        if source not in self._written:
            if self._own is None:
                self._own = Path(tempfile.mkdtemp(prefix="hrlab-"))
                weakref.finalize(self, shutil.rmtree, self._own, ignore_errors=True)  # with the desk, or at the end
            path = self._own / f"{plain_stem(name)}.csv"
            self.tables[name].to_csv(path, index=False, encoding="utf-8")
            self._written[source] = path
        return self._written[source]

    def _people(self, source: str) -> pd.DataFrame:
        from evaluators.own_data import open_own_table

        name = self.name(source, field="people")
        if not source.startswith(FILE):
            return pd.DataFrame(self.tables[name])
        with open_own_table(self.folder / name) as table:
            frame: pd.DataFrame = table.relation.df()
            return frame


def read_settings(sent: Mapping[str, Any], proposed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Turn what the form sent into arguments of `read_tickets` and of `report_incidents`.

    Parameters
    ----------
    sent : mapping of str to object
        What the form sent.
    proposed : mapping of str to str
        The columns that were proposed, by field; only those that somebody changed become a mapping.

    Returns
    -------
    tuple of (dict, dict)
        Arguments of `read_tickets` and of `report_incidents`, without the people.

    Raises
    ------
    FieldError
        Names the fields that do not fit.
    """
    from evaluators.itdata.tickets.promises import read_business_hours, read_targets

    problems: dict[str, str] = {}
    mapping: dict[str, str | None] = {}
    words = {f"mapping[{name}]": f"“{said}”" for name, said in (MAIN | MORE).items()}
    note_twice(((field, text_of(sent, field)) for field in words), words, problems)
    for name, said in (MAIN | MORE).items():
        field = f"mapping[{name}]"
        column = text_of(sent, field)
        if name in _NEEDED and not column:
            problems[field] = f"Choose the column that holds: {_small(said)}."
        if column != proposed.get(field, ""):
            mapping[name] = column or None
    zone = text_of(sent, "time_zone").strip()
    if not zone:
        problems["time_zone"] = "Say where the people are, such as Europe/Dublin. Days and hours depend on it."
    targets = [part.strip() for part in text_of(sent, "targets").replace(";", ",").split(",") if part.strip()]
    hours = text_of(sent, "business_hours").strip()
    settings: dict[str, Any] = {}
    for field, read in (
        ("business_hours", lambda: read_business_hours(hours) if hours else None),
        ("targets", lambda: read_targets(targets, business=bool(hours)) if targets else None),
    ):
        try:
            settings[field] = read()
        except LabError as error:
            problems[field] = f"{error.problem} {error.hint}"
    if hours and not targets and "business_hours" not in problems:
        problems["targets"] = "Business hours change nothing without promised times. Type both, or leave both empty."
    limits = {
        "fail_under_sla": number_of(sent, "fail_under_sla", problems, zero=True, such_as="0.9"),
        "fail_backlog_growth": number_of(sent, "fail_backlog_growth", problems, most=100, zero=True, such_as="0.1"),
        "fail_bad_rows": number_of(sent, "fail_bad_rows", problems, zero=True, such_as="0.01"),
    }
    k = number_of(sent, "k", problems, most=1000, such_as="5")
    if k is not None and (k < 2 or k != int(k)):
        problems["k"] = "Type a whole number from 2 on, such as 5. Groups of fewer people are hidden."
    people = bool(text_of(sent, "people"))
    per = texts_of(sent, "per") if people else []
    if people and not per:
        problems["per"] = "Tick at least one column of the people, such as site."
    if people and not text_of(sent, "people_key"):
        problems["people_key"] = "Choose the column that holds what the tickets call the caller."
    if problems:
        raise FieldError(problems)
    reading = {
        "mapping": mapping or None,
        "rows": text_of(sent, "rows") or "find",
        "time_zone": zone,
        "day_first": {"day": True, "month": False}.get(text_of(sent, "day_first")),
        "as_of": text_of(sent, "as_of").strip() or None,
        **reading_of(sent),
    }
    settings |= {
        **limits,
        "by": [name for name in texts_of(sent, "by") if name in SPLITS],
        "every": text_of(sent, "every") or "month",
        "steps": [part.strip() for part in text_of(sent, "steps").replace(";", ",").split(",") if part.strip()],
        "k": 5 if k is None else int(k),
        "per": per,
    }
    if people:
        settings["people_key"] = text_of(sent, "people_key")
    return reading, settings


def _guesses(seen: "ExportLook") -> Iterator[str]:
    """Say whose export it looks like, and what was recognised; which column is what, the fields show."""
    if not seen.mapping:
        return
    if seen.kind != "mapped":
        yield f"The columns are called as {seen.kind} calls them."
    yield f"Recognised by their names: {len(seen.mapping)} of {len(seen.columns)} columns. They are filled in below."
    rest = [column.name for column in seen.columns if column.name not in seen.mapping.values()]
    if rest:
        more = f" and {len(rest) - _MOST_NAMED} more" if len(rest) > _MOST_NAMED else ""
        yield f"Not used: {', '.join(rest[:_MOST_NAMED])}{more}."


def log_of(done: Done) -> "TicketLog":
    """Return the tickets behind a result, with the places put together that few people called from."""
    from evaluators.itdata.incidents import without_small_places

    found: IncidentReport = done.found
    log = found.export.log
    if not log.has("location"):
        return log
    hidden = {group for rates in (found.staff.rates if found.staff else ()) for group in rates.hidden}
    return without_small_places(log, found.k, hidden, [])


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _field_of(error: LabError) -> str:
    """Name the field beside which an error is shown."""
    from evaluators.itdata.errors import JoinError

    if error.argument:
        return error.argument
    return "people" if isinstance(error, JoinError) else "source"
