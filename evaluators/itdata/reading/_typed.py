"""The columns of an export as arrays, in the file's order, with every cell that could not be read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from evaluators.itdata.errors import ExportError
from evaluators.itdata.reading._fields import FIELDS, SERVICENOW, TIME_FIELDS
from evaluators.itdata.reading._files import ROW_NAME, Source, quoted_name
from evaluators.itdata.reading._labels import NO, YES, Codes, priority_names, renamed, state_names
from evaluators.itdata.reading._times import (
    Form,
    Times,
    Vote,
    day_votes,
    form_of,
    possible,
    quoted,
    shape_sql,
    time_sql,
    to_utc,
)

Flags = npt.NDArray[np.bool_]

MISSING = ("", "?", "-", "(empty)", "NULL", "null", r"\N")
NO_TIMES = ("--", "n/a", "N/A", "none", "None", "NaT", "nan")
KEPT_ROWS = 200
_SAMPLE = 1000
_FORMS = 30
_SHOWN = 40
_PLAIN_BLANKS = (
    "CASE WHEN contains(x, chr(160)) OR contains(x, chr(8239)) "
    "THEN replace(replace(x, chr(160), ' '), chr(8239), ' ') ELSE x END"
)

NO_NUMBER = "a row without a ticket number, which was left out"
NO_TIME = "not a time that can be read, taken as missing"
NO_COUNT = "not a count, taken as missing"
NO_FLAG = "neither yes nor no, taken as missing"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A cell or row that could not be read as it stands.

    Parameters
    ----------
    line : int
        Line of a text file, where the header line is 1; row of a workbook; else the number of the record.
    column : str
        Column of the file; empty if the whole row is meant.
    value : str
        What stands there, at most 40 characters of it.
    problem : str
        What is wrong with it, and what became of it.
    """

    line: int
    column: str
    value: str
    problem: str


@dataclass(slots=True)
class Problems:
    """Bad cells by their place in the table, and how many there are of each kind."""

    _found: list[tuple[int, str, str | None, str]] = field(default_factory=list)
    _often: Counter[str] = field(default_factory=Counter)

    def add(self, problem: str, where: str, places: npt.NDArray[Any], value: str | None = None) -> None:
        """Note places of a field; the value is read from the file later unless it is given."""
        if len(places):
            self._often[problem] += len(places)
            self._found += [(int(place), where, value, problem) for place in np.sort(places)[:KEPT_ROWS]]

    def counts(self) -> dict[str, int]:
        """Return problem -> how often, commonest first."""
        return dict(self._often.most_common())

    def located(self, source: Source, columns: Mapping[str, str]) -> tuple[BadRow, ...]:
        """Return the first bad rows with their lines and values, lines rising."""
        first = sorted(self._found, key=lambda each: each[:2])[:KEPT_ROWS]
        places = sorted({place for place, *_ in first})
        lines = dict(zip(places, source.lines(places), strict=True))
        wanted: dict[str, set[int]] = {}
        for place, where, given, _ in first:
            if given is None and where:
                wanted.setdefault(where, set()).add(place)
        found = {where: source_values(source, where, each) for where, each in wanted.items()}
        made = []
        for place, where, given, problem in first:
            value = found[where].get(place, "") if given is None and where else given
            made.append(BadRow(lines[place], columns.get(where, ""), shortened(value or ""), problem))
        for each in source.broken:
            problem = f"{each.problem}, left out"
            self._often[problem] += 1
            if len(made) < 2 * KEPT_ROWS:
                made.append(BadRow(each.line, "", shortened(each.text), problem))
        return tuple(sorted(made, key=lambda each: (each.line, each.column))[:KEPT_ROWS])


def shortened(text: str) -> str:
    """Return at most 40 characters of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def source_values(source: Source, where: str, places: Iterable[int]) -> dict[int, str]:
    """Return what stands in cells of a column, as text: place -> text, without empty ones."""
    rows = source.connection.execute(
        f"SELECT rowid, {quoted_name(where)} FROM raw WHERE rowid IN ({', '.join(map(str, places))})"
    ).fetchall()
    return {int(place): str(value) for place, value in rows if value is not None}


@dataclass(slots=True)
class Table:
    """The staged columns of an export, fetched one at a time.

    Parameters
    ----------
    source : Source
        The open file, with the table ``raw``: a column of text for each field.
    columns : mapping of str to str
        Field -> column of the file.
    zone : ZoneInfo
        Where times without an offset belong.
    kind : str
        Whose export it is.
    notes, problems
        Receive what is found.
    """

    source: Source
    columns: Mapping[str, str]
    zone: ZoneInfo
    kind: str
    notes: list[str]
    problems: Problems
    fields: set[str]
    forms: dict[str, list[Form]] = field(default_factory=dict)
    _day_first: bool = True
    _twice: int = 0
    _never: int = 0

    def has(self, name: str) -> bool:
        """Say whether the export has this field."""
        return name in self.fields

    def fetch(self, select: str, rest: str = "") -> dict[str, Any]:
        """Return columns of a query on the table ``raw``, in the file's order."""
        return cast("dict[str, Any]", self.source.connection.execute(f"SELECT {select} FROM raw {rest}").fetchnumpy())

    def tickets(self) -> tuple[Codes, list[str]]:
        """Return for each row which ticket it is about (-1: none), and the tickets' numbers, sorted."""
        self.source.connection.execute(
            "CREATE OR REPLACE TABLE ids AS SELECT number, row_number() OVER (ORDER BY number) - 1 AS n "
            "FROM (SELECT DISTINCT number FROM raw WHERE number IS NOT NULL)"
        )
        rows = self.source.connection.execute("SELECT count(*) FROM raw").fetchone()
        codes = np.full(rows[0] if rows else 0, -1, dtype=np.int32)
        found = self.fetch("raw.rowid AS place, CAST(n AS INTEGER) AS n", "JOIN ids USING (number)")
        codes[found["place"]] = found["n"]
        numbers = self.source.connection.execute("SELECT number FROM ids ORDER BY n").fetchnumpy()["number"]
        without = np.flatnonzero(codes < 0)
        if len(without):
            empty = np.asarray(self.fetch("empty")["empty"], dtype=bool)
            if empty.any():
                self.notes.append(f"Empty rows were skipped: {int(empty.sum()):,}.")
            self.problems.add(NO_NUMBER, "number", without[~empty[without]])
        return codes, [str(number) for number in np.asarray(numbers)]

    def time(self, name: str) -> Times:
        """Return a column of times in UTC, NaT where there is none."""
        value, zoned = time_sql(quoted_name(name), self.forms[name], day_first=self._day_first)
        got = self.fetch(f"{value} AS t, {quoted_name(name)} IS NOT NULL AS filled, {zoned} AS zoned")
        times: Times = np.ma.filled(got["t"], np.datetime64("NaT")).astype("datetime64[us]")
        times[~possible(times)] = np.datetime64("NaT")
        filled = np.asarray(np.ma.filled(got["filled"], False), dtype=bool)
        bad = filled & np.isnat(times)
        if bad.any() and int(bad.sum()) == int(filled.sum()):
            place = int(np.flatnonzero(bad)[0])
            shown = shortened(source_values(self.source, name, [place]).get(place, ""))
            if name == "opened_at":
                raise ExportError(
                    f"No value of the column {self.columns[name]!r} is a time that can be read, such as {shown!r}.",
                    "Name the column with the times of opening.",
                    "mapping[opened_at]",
                )
            self.notes.append(f"The column {self.columns[name]!r} holds no times; it was not used.")
            self.fields.discard(name)
            return times
        self.problems.add(NO_TIME, name, np.flatnonzero(bad))
        utc = np.asarray(np.ma.filled(got["zoned"], False), dtype=bool)
        del got
        local = np.where(utc, np.datetime64("NaT"), times) if utc.any() else times
        moved, twice, never = to_utc(local, self.zone)
        self._twice, self._never = self._twice + twice, self._never + never
        return np.where(utc, times, moved) if utc.any() else moved

    def label(self, name: str) -> tuple[Codes, list[str]]:
        """Return a column of labels as codes (-1: missing) and what they stand for."""
        column, kind = quoted_name(name), quoted_name(f"words of {name}")
        run = self.source.connection.execute
        words = [
            row[0] for row in run(f"SELECT DISTINCT {column} FROM raw WHERE {column} IS NOT NULL ORDER BY 1").fetchall()
        ]
        if not words:
            rows = run("SELECT count(*) FROM raw").fetchone()
            return np.full(rows[0] if rows else 0, -1, dtype=np.int32), []
        run(f"CREATE TYPE {kind} AS ENUM (SELECT DISTINCT {column} FROM raw WHERE {column} IS NOT NULL ORDER BY 1)")
        got = run(f"SELECT CAST(enum_code(CAST({column} AS {kind})) AS INTEGER) AS code FROM raw").fetchnumpy()["code"]
        codes = np.ma.filled(got, -1).astype(np.int32)
        names = {}
        if name == "priority":
            names = priority_names(words)
        elif name == "state" and self.kind == SERVICENOW:
            names = state_names(words, column=self.columns[name])
            if names:
                self.notes.append("Numbers of states were read as ServiceNow's own states.")
        return renamed(codes, words, names) if names else (codes, words)

    def count(self, name: str) -> npt.NDArray[np.int64]:
        """Return a column of counts, -1 where there is none."""
        column = quoted_name(name)
        got = self.fetch(f"TRY_CAST({column} AS DOUBLE) AS x, {column} IS NOT NULL AS filled")
        values = np.ma.filled(got["x"], np.nan)
        good = np.isfinite(values) & (values >= 0) & (values == np.floor(values)) & (values < 2**53)
        filled = np.asarray(np.ma.filled(got["filled"], False), dtype=bool)
        self.problems.add(NO_COUNT, name, np.flatnonzero(filled & ~good))
        return np.where(good, np.nan_to_num(values, posinf=0, neginf=0), -1).astype(np.int64)

    def flag(self, name: str) -> npt.NDArray[np.int8]:
        """Return a column of yes (1) and no (0), -1 where there is neither."""
        codes, words = self.label(name)
        meaning = np.array(
            [*(1 if w.casefold() in YES else 0 if w.casefold() in NO else -1 for w in words), -1], dtype=np.int8
        )
        values = meaning[codes]
        if words and (values < 0).all():
            self.notes.append(f"The column {self.columns[name]!r} says neither yes nor no; it was not used.")
            self.fields.discard(name)
            return values
        self.problems.add(NO_FLAG, name, np.flatnonzero((values < 0) & (codes >= 0)))
        return values

    def close(self) -> None:
        """Say what the zone's clock changes did."""
        if self._twice:
            self.notes.append(
                f"Times that occur twice, since clocks went back: {self._twice:,}. The earlier was taken."
            )
        if self._never:
            self.notes.append(
                f"Times that no clock showed, since clocks went forward: {self._never:,}. They moved to the change."
            )


def read_columns(
    source: Source,
    columns: Mapping[str, str],
    *,
    zone: ZoneInfo,
    day_first: bool | None,
    kind: str,
    notes: list[str],
    problems: Problems,
) -> Table:
    """Stage the columns of an export, and find out how its times are written.

    Raises
    ------
    ExportError
        If there is no row, or day and month cannot be told apart.
    """
    used = [name for name in FIELDS if name in columns]
    source.connection.execute(f"CREATE OR REPLACE MACRO clean(x) AS {_clean(MISSING)}")
    source.connection.execute(f"CREATE OR REPLACE MACRO clean_time(x) AS {_clean(MISSING + NO_TIMES)}")
    source.connection.execute(f"CREATE OR REPLACE MACRO with_plain_blanks(x) AS {_PLAIN_BLANKS}")
    parts = []
    for name in used:
        cell = quoted_name(columns[name])
        if name in TIME_FIELDS:  # some programs put narrow blanks into times
            cell = f"clean_time(with_plain_blanks({cell}))"
        else:
            cell = f"clean({cell})" if name != "number" else f"clean(replace({cell}, chr(9), ''))"
        parts.append(f"{cell} AS {quoted_name(name)}")
    every = ", ".join(f"nullif(trim({quoted_name(columns[name])}), '')" for name in used)
    number = quoted_name(columns["number"])
    parts.append(f"CASE WHEN clean({number}) IS NULL THEN coalesce({every}, NULL) IS NULL ELSE false END AS empty")
    marks = " OR ".join(f"{quoted_name(columns[name])} = '?'" for name in used)
    parts.append(f"coalesce({marks}, false) AS asked")
    if ROW_NAME in source.columns:
        parts.append(quoted_name(ROW_NAME))
    source.stage(", ".join(parts))
    rows, asked = source.connection.execute("SELECT count(*), count(*) FILTER (WHERE asked) FROM raw").fetchone() or (
        0,
        0,
    )
    if not rows:
        broken = f" {len(source.broken):,} rows do not fit the header." if source.broken else ""
        raise ExportError(
            f"{source.facts.name} has a header and no rows that can be read.{broken}",
            "Check which tickets were exported, and what stands between the cells.",
        )
    if asked:
        notes.append(f'"?" was taken as missing; it occurs in {asked:,} of {rows:,} rows.')
    if len(source.broken) > rows:
        raise ExportError(
            f"Most rows of {source.facts.name} do not fit its header, first in line {source.broken[0].line}.",
            "Check what stands between the cells, and export it again.",
        )
    table = Table(source, columns, zone, kind, notes, problems, set(used))
    for name in used:
        if name in TIME_FIELDS:
            table.forms[name] = _forms(source, name)
    table._day_first = _day_first(table) if day_first is None else day_first
    if table.forms["opened_at"] and all(form.days for form in table.forms["opened_at"]):
        notes.append(
            f"The column {columns['opened_at']!r} holds days without a time, taken as midnight: hours are rough then."
        )
    if any(form.pattern == "serial" for each in table.forms.values() for form in each):
        notes.append("Numbers such as 46112.5 in columns of times were read as the day numbers of a workbook.")
    return table


def _clean(missing: Sequence[str]) -> str:
    """Return the SQL of a cell without outer blanks, NULL for words that mean missing. Few cells need the slow trim."""

    def words(cell: str) -> str:
        return " OR ".join(f"{cell} = {quoted(word)}" for word in missing)

    trimmed = f"CASE WHEN {words('trim(x)')} THEN NULL ELSE trim(x) END"
    return f"CASE WHEN {words('x')} THEN NULL WHEN x LIKE ' %' OR x LIKE '% ' THEN {trimmed} ELSE x END"


def _forms(source: Source, name: str) -> list[Form]:
    """Find every form of a column's times: look at some texts, then at those that are of no form seen so far."""
    column, forms = quoted_name(name), list[Form]()
    while len(forms) < _FORMS:
        rest = "".join(f" AND NOT {form.fits(column)}" for form in forms)
        shapes = source.connection.execute(
            f"SELECT {shape_sql('x')} AS shape, count(*) FROM "
            f"(SELECT {column} AS x FROM raw WHERE {column} IS NOT NULL{rest} LIMIT {_SAMPLE}) "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        new = [form for form in dict.fromkeys(form_of(shape) for shape, _ in shapes) if form and form not in forms]
        forms += new
        if not new:
            if sum(often for _, often in shapes) < _SAMPLE:
                break
            shapes = source.connection.execute(  # a sample of rubbish: look at all of it
                f"SELECT {shape_sql(column)} AS shape, count(*) FROM raw WHERE {column} IS NOT NULL{rest} "
                f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_SAMPLE}"
            ).fetchall()
            forms += [
                form for form in dict.fromkeys(form_of(shape) for shape, _ in shapes) if form and form not in forms
            ]
            break
    return forms


def _day_first(table: Table) -> bool:
    """Find out whether the day comes first, from all columns of times together."""
    source, found = table.source, list[list[tuple[Vote, str]]]([[], [], []])
    for name, forms in table.forms.items():
        numbers = [form for form in forms if form.undecided and form.between != "."]
        if not numbers:
            continue
        column = quoted_name(name)
        fitting = " OR ".join(form.fits(column) for form in numbers)
        rows = source.connection.execute(
            f"SELECT regexp_extract({column}, '^[-0-9/]+') AS day, min(rowid) FROM raw WHERE {fitting} GROUP BY 1"
        ).fetchall()
        for kind, vote in enumerate(day_votes((day, int(place)) for day, place in rows if day)):
            if vote is not None:
                found[kind].append((vote, name))
    best = [min(each, key=lambda pair: pair[0].place, default=None) for each in found]
    if best[0] and best[1]:
        raise ExportError(
            "Dates contradict each other: in "
            + ", and in ".join(_cell_at(table, *each) for each in best[:2] if each)
            + ".",
            "Say which comes first, day or month; dates that do not fit are then listed as bad rows.",
            "day_first",
        )
    if best[2] and not best[0] and not best[1]:
        raise ExportError(
            f"Day and month cannot be told apart: in {_cell_at(table, *best[2])}, and no other date decides.",
            "Say which comes first: 3/2/2026 is in February with the day first, in March with the month first.",
            "day_first",
        )
    return best[1] is None


def _cell_at(table: Table, vote: Vote, name: str) -> str:
    line = table.source.lines([vote.place])[0]
    return f"{table.source.unit} {line} the column {table.columns[name]!r} holds {shortened(vote.date)!r}"
