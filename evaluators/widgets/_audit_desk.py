"""What the audit explorer does behind the page: list tables, look into one, audit it, save. No browser here."""

import os
import re
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators.errors import LabError

if TYPE_CHECKING:
    from evaluators.own_data import Column
    from evaluators.screening.applicants import ApplicantAudit

_TEXT = (".csv", ".tsv", ".txt")
ENDINGS = (*_TEXT, *(f"{ending}.gz" for ending in _TEXT), ".xlsx", ".xlsm", ".parquet", ".pq")
_MOST_LABELS = 100  # an audit takes no column with more groups
_FILE, _TABLE = "file:", "table:"
# The library speaks to those who type the command. Its words for an option -> what the form has in its place.
_FORM_WORDS = {
    r" \(--[a-z-]+\)": "",
    ", or name its encoding with --encoding, such as latin-1": "",
    "Name another sheet with --sheet": "Make the sheet with the applicants the first one of the workbook",
    "keep it with --not-missing": (
        "write it into “Labels that look like ‘not known’ and are groups” under “More settings”"
    ),
    r"--alpha 0\.05 beside it asks that chance alone hardly explains the gap": (
        "under “More settings”, “Count a broken limit only where chance hardly explains the gap” leaves such gaps out"
    ),
}


class FieldError(Exception):
    """What is wrong with some fields of the form: field name -> sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(dict(problems))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Done:
    """An audit as it is shown and saved: `page` is HTML, `numbers` JSON, `stem` how their files begin."""

    found: "ApplicantAudit"
    page: str
    numbers: str
    stem: str


class AuditDesk:
    """The tables that can be audited, and the last audit.

    Parameters
    ----------
    tables : mapping of str to table
        Name -> any table that `audit_applicants` takes.
    folder : path
        Where files are looked for and results are saved.
    """

    def __init__(self, tables: Mapping[str, Any], folder: str | os.PathLike[str]) -> None:
        self.tables = dict(tables)
        self.folder = Path(folder).absolute()

    def sources(self) -> dict[str, str]:
        """Return what can be chosen: key -> label; given tables first, then files by name."""
        given = {f"{_TABLE}{name}": name for name in self.tables}
        try:
            there = sorted(path.name for path in self.folder.iterdir() if path.is_file())
        except OSError:
            return given
        files = [name for name in there if name.casefold().endswith(ENDINGS) and not name.startswith((".", "~$"))]
        return given | {f"{_FILE}{name}": name for name in files}

    def look(self, source: str) -> dict[str, Any]:
        """Look into a table: its columns with examples, what they seem to say and why, notes on how it was read."""
        from evaluators.screening.guesses import guess_columns

        columns, notes = self._columns(source)
        guesses = guess_columns(columns)
        roles = {role: [each.column for each in guesses if each.role == role] for role in ("outcome", "score", "date")}
        return {
            "columns": [_shown(column) for column in columns],
            "guesses": [each.sentence() for each in guesses],
            "notes": list(notes),
            "proposed": {
                **{role: (names or [""])[0] for role, names in roles.items()},
                "groups": [each.column for each in guesses if each.role == "group"],
            },
        }

    def audit(self, source: str, sent: Mapping[str, Any]) -> Done:
        """Audit a table as the form says; FieldError names the fields that do not fit."""
        from evaluators.own_data import open_own_table
        from evaluators.screening.applicants import audit_applicants
        from evaluators.screening.report import report_html, report_json

        settings = read_settings(sent)
        name = self._name(source)
        try:
            if source.startswith(_FILE):
                with open_own_table(self.folder / name) as table:
                    found = audit_applicants(table.relation, file=table.facts, in_file_order=table.in_order, **settings)
            else:
                found = audit_applicants(self.tables[name], **settings)
        except LabError as error:
            raise FieldError({_field_of(error): self._in_words(error)}) from error
        written = datetime.now(UTC)
        title = "" if found.file else name
        numbers = report_json(found, written=written)
        stem = name.split(".")[0] if found.file else _plain_stem(name)
        page = report_html(found, written=written, title=title)
        return Done(found, in_form_words(page), in_form_words(numbers), stem or name)

    def save(self, done: Done) -> tuple[str, ...]:
        """Write the page and the JSON beside the notebook, each whole or not at all; return their names."""
        files = {f"{done.stem}-audit.html": done.page, f"{done.stem}-audit.json": done.numbers}
        for name, text in files.items():
            _write(self.folder / name, text.encode("utf-8", "replace"))
        return tuple(files)

    def _in_words(self, error: LabError) -> str:
        return in_words(error).replace(f"{self.folder}{os.sep}", "")  # the page names the folder once

    def _name(self, source: str) -> str:
        sources = self.sources()
        if source not in sources:
            raise FieldError({"source": "This table is not there any more. Press “Look again” and choose another."})
        return sources[source]

    def _columns(self, source: str) -> tuple[Sequence["Column"], Sequence[str]]:
        from evaluators.own_data import open_own_table

        name = self._name(source)
        try:
            if source.startswith(_FILE):
                with open_own_table(self.folder / name) as table:
                    return table.columns(), table.facts.notes
            return _columns_of(self.tables[name]), ()
        except LabError as error:
            raise FieldError({"source": self._in_words(error)}) from error


def read_settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what the form sent into arguments of `audit_applicants`; FieldError names the fields that do not fit."""
    problems: dict[str, str] = {}
    outcome, score, date = (_text(sent, name) or None for name in ("outcome", "score", "date"))
    groups = _texts(sent, "groups")
    if outcome is None and score is None:
        problems["outcome"] = "Choose the column that says who was selected, or a column with scores, or both."
    if not groups:
        problems["groups"] = "Tick at least one column with groups, such as sex."
    taken: dict[str, str] = {}
    roles: dict[str, list[str | None]] = {"outcome": [outcome], "score": [score], "date": [date], "groups": [*groups]}
    said = {"outcome": "the outcome", "score": "the score", "date": "the date"}
    for field, names in roles.items():
        for name in names:
            if name in taken:
                problems[field] = f"“{name}” is {said[taken[name]]} already. Use each column once."
            elif name is not None and field != "groups":
                taken[name] = field
    fail_under = _share(sent, "fail_under", problems, most=1.0)
    alpha = _share(sent, "alpha", problems, most=0.5)
    if problems:
        raise FieldError(problems)
    alpha = 0.05 if alpha is None else alpha
    return {
        "groups": groups,
        "outcome": outcome,
        "score": score,
        "date": date,
        "selected_values": _texts(sent, "selected_values") if outcome else [],
        "not_missing": [word.strip() for word in _text(sent, "not_missing").split(",") if word.strip()],
        "rules": _text(sent, "rules") or None,
        "reference": _text(sent, "reference") or "highest",
        "alpha": alpha,
        "intersections": sent.get("intersections") is not False,
        "leave_small_out": sent.get("leave_small_out") is True,
        "fail_under": fail_under,
        "limit_alpha": alpha if fail_under is not None and sent.get("beyond_chance") is not False else None,
    }


def in_words(error: LabError) -> str:
    """Return an error as sentences for a page, without the options of the command."""
    return in_form_words(f"{error.problem} {error.hint}")


def in_form_words(text: str) -> str:
    """Write the fields of the form where the library names options of the command.

    Parameters
    ----------
    text : str
        A sentence, a page or JSON.

    Returns
    -------
    str
        The same with the form's words; they need no escaping in HTML or JSON.

    Examples
    --------
    >>> in_form_words("Leave the combinations out (--no-intersections).")
    'Leave the combinations out.'
    """
    for options, fields in _FORM_WORDS.items():
        text = re.sub(options, fields, text)
    return text


def _field_of(error: LabError) -> str:
    """Name the field beside which an error is shown."""
    from evaluators.screening import errors

    fields = {
        errors.OutcomeError: "outcome",
        errors.ScoreError: "score",
        errors.PeriodError: "date",
        errors.TooFewGroupsError: "groups",
        errors.TooManyGroupsError: "groups",
        errors.UnknownGroupError: "reference",
        errors.UnknownRulesError: "rules",
        errors.LevelError: "alpha",
    }
    return next((field for kind, field in fields.items() if isinstance(error, kind)), "source")


def _columns_of(frame: Any) -> tuple["Column", ...]:
    """Look at the first rows of a table that is not a file, as `OwnTable.columns` does."""
    import narwhals.stable.v2 as nw
    import pandas as pd

    from evaluators._frames import pandas_columns
    from evaluators.own_data import SAMPLE_ROWS, column_of

    if isinstance(frame, pd.DataFrame):
        names, head = [str(name) for name in frame.columns], frame.head(SAMPLE_ROWS)
    else:
        try:
            table = nw.from_native(frame)
        except TypeError:
            pandas_columns(frame)  # raises what people can read
            raise
        names, head = table.collect_schema().names(), table.head(SAMPLE_ROWS).to_native()
    sample = pandas_columns(head, *names)
    cells = [sample.iloc[:, place].astype(object) for place in range(len(names))]
    return tuple(
        column_of(name, each.where(each.notna(), None).tolist()) for name, each in zip(names, cells, strict=True)
    )


def _shown(column: "Column") -> dict[str, Any]:
    """Return a column as the form shows it; its labels where it could be a column of groups or an outcome."""
    from evaluators.screening._labels import MISSING, as_label, as_selected

    few = 0 < column.distinct <= _MOST_LABELS
    labels = dict.fromkeys(as_label(value) for value in column.values) if few else {}
    return {
        "name": column.name,
        "examples": column.examples,
        "empty": f"{1 - column.filled / column.rows:.0%}" if column.rows else "–",
        "distinct": column.distinct,
        "labels": [label for label in labels if label != MISSING],
        "says_yes_or_no": few and all(as_selected(value) is not None for value in column.values),
    }


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name)
    return value if isinstance(value, str) else ""


def _texts(sent: Mapping[str, Any], name: str) -> list[str]:
    value = sent.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _share(sent: Mapping[str, Any], name: str, problems: dict[str, str], *, most: float) -> float | None:
    """Read a share that somebody typed, with a point or a comma; None if the field is empty."""
    typed = _text(sent, name).strip()
    if not typed:
        return None
    try:
        number = float(typed.replace(",", "."))
    except ValueError:
        number = float("nan")
    if not 0 < number <= most:
        such_as = "0.8" if name == "fail_under" else "0.05"
        problems[name] = f"“{typed}” does not fit. Type a number above 0 and up to {most:g}, such as {such_as}."
        return None
    return number


def _plain_stem(name: str) -> str:
    """Return a table's name as the start of a file name: small letters without accents, and hyphens."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", letters)[:40].strip("-") or "table"


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)  # as an ordinary file, so that it can be passed on
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
