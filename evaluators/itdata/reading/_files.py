"""Files with exports, opened for DuckDB: which rows are whole, and where each row stands in the file."""

import csv
import io
import os
import re
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators._own_files import (
    DELIMITERS,
    LOCKED_HINT,
    SAVE_AGAIN,
    TableError,
    checksum,
    copy_as_utf8,
    duckdb_gist,
    find_encoding,
    find_header,
    first_cells,
    kind_of,
    names_told_apart,
    opened,
)
from evaluators._workbooks import cell_text, opened_sheet
from evaluators.itdata.errors import ExportError
from evaluators.itdata.reading._fields import match_columns
from evaluators.itdata.reading._json_pages import json_as_csv
from evaluators.own_data import FileFacts

if TYPE_CHECKING:
    import duckdb

ROW_NAME = "(row)"
TOO_MANY, TOO_FEW, BROKEN = (
    "more cells than the header",
    "fewer cells than the header",
    "quotation marks that do not fit",
)
_JSON = (".json", ".jsonl", ".ndjson")
_MEMORY = "900MB"
_TITLE_ROWS = 50
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that is no row of the table: its line, what is wrong and how it begins."""

    line: int
    problem: str
    text: str


@dataclass(slots=True)
class Source:
    """An open export.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With a database in a folder that is deleted at the end.
    facts : FileFacts
        Which file it is, and how it was read.
    names : tuple of str
        Its columns that are somebody's.
    unit : str
        What numbers of rows count: ``"line"`` or ``"row"``.
    columns : tuple of str
        All columns, with the numbers of rows that we added.
    broken : list of BrokenRow
        Rows left out, known after `stage`.
    """

    connection: "duckdb.DuckDBPyConnection"
    facts: FileFacts
    names: tuple[str, ...]
    unit: str
    columns: tuple[str, ...]
    broken: list[BrokenRow]
    _file: Path
    _delimiter: str
    _skipped: int

    def stage(self, select: str) -> None:
        """Make the table ``raw`` in the file's order from a select list; rows that are none go to `broken`."""
        import duckdb

        try:
            self._stage(select, lenient=False)
        except duckdb.Error as error:
            if not self._delimiter:
                raise ExportError(
                    f"{self.facts.name} cannot be read: {duckdb_gist(str(error))}.", SAVE_AGAIN
                ) from error
            try:
                self._stage(select, lenient=True)
            except duckdb.Error as again:
                raise ExportError(
                    f"{self.facts.name} cannot be read: {duckdb_gist(str(again))}.", SAVE_AGAIN
                ) from again
            self._find_broken()

    def _stage(self, select: str, *, lenient: bool) -> None:
        table = self._table("store_rejects=true, parallel=false" if lenient else "")
        self.connection.execute(f"CREATE OR REPLACE TABLE raw AS SELECT {select} FROM {table}")

    def _table(self, more: str) -> str:
        """Return the file as a table of texts in SQL; `more` are further options of reading a text file."""
        if not self._delimiter:
            cells = ", ".join(f"CAST({quoted_name(each)} AS VARCHAR) AS {quoted_name(each)}" for each in self.names)
            return f"(SELECT {cells} FROM read_parquet({_text(str(self._file))}))"
        columns = ", ".join(f"{_text(each)}: 'VARCHAR'" for each in self.columns)
        return (
            f"read_csv({_text(str(self._file))}, auto_detect=false, columns={{{columns}}}, header=true, "
            f"delim={_text(self._delimiter)}, quote='\"', escape='\"'{f', {more}' if more else ''})"
        )

    def sample(self, rows: int) -> list[tuple[str | None, ...]]:
        """Return the cells of the first rows as text, None where a cell is empty; rows that do not fit are skipped."""
        import duckdb

        names = ", ".join(f"nullif(trim({quoted_name(each)}), '')" for each in self.names)
        table = self._table("ignore_errors=true")
        try:
            return self.connection.execute(f"SELECT {names} FROM {table} LIMIT {int(rows)}").fetchall()
        except duckdb.Error as error:
            raise ExportError(f"{self.facts.name} cannot be read: {duckdb_gist(str(error))}.", SAVE_AGAIN) from error

    def _find_broken(self) -> None:
        kinds = {"TOO MANY COLUMNS": TOO_MANY, "MISSING COLUMNS": TOO_FEW}
        rows = self.connection.execute(
            "SELECT line_byte_position, any_value(error_type), any_value(left(csv_line, 80)) FROM reject_errors "
            "GROUP BY line_byte_position ORDER BY 1"
        ).fetchall()
        lines = _lines_at(self._file, [int(at) for at, _, _ in rows])
        for line, (_, kind, text) in zip(lines, rows, strict=True):
            self.broken.append(BrokenRow(line + self._skipped, kinds.get(kind, BROKEN), " ".join(str(text).split())))

    def lines(self, places: Sequence[int]) -> list[int]:
        """Return the line (or row) in the file of rows of the table ``raw``, counted from 0 and rising.

        Parameters
        ----------
        places : sequence of int
            Rising places.
        """
        if not places:
            return []
        if not self._delimiter or ROW_NAME in self.columns:
            if ROW_NAME not in self.columns:
                return [place + 1 for place in places]
            listed = ", ".join(str(place) for place in places)
            found = dict(
                self.connection.execute(
                    f"SELECT rowid, CAST({quoted_name(ROW_NAME)} AS BIGINT) FROM raw WHERE rowid IN ({listed})"
                ).fetchall()
            )
            return [int(found[place]) for place in places]
        return self._walk(places)

    def _walk(self, places: Sequence[int]) -> list[int]:
        """Go through the text as far as needed: cells may hold line ends, and lines may be empty."""
        found = list[int]()
        wanted = iter(places)
        want = next(wanted)
        broken = {each.line - self._skipped for each in self.broken}
        limit = csv.field_size_limit(1 << 30)
        try:
            with opened(self._file) as binary, io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as stream:
                reader = csv.reader(stream, delimiter=self._delimiter)
                place, before, header = -1, 0, True
                for row in reader:
                    line, before = before + 1, reader.line_num
                    if not row:
                        continue
                    if header:
                        header = False
                        continue
                    if line in broken:
                        continue
                    place += 1
                    while place == want:
                        found.append(line + self._skipped)
                        want = next(wanted, -1)
                    if want < 0:
                        break
        except csv.Error:
            pass
        finally:
            csv.field_size_limit(limit)
        return found + [place + 2 + self._skipped for place in places[len(found) :]]


@contextmanager
def open_export(
    path: "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]",
    *,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
) -> Iterator[Source]:
    """Open an export; nothing is read into memory as a whole. Close it at the end.

    Parameters
    ----------
    path : path or sequence of path
        CSV, Excel, Parquet or JSON; several pages of JSON are one export.
    sheet, encoding, delimiter
        As in `evaluators.own_data.open_own_table`.

    Yields
    ------
    Source

    Raises
    ------
    TableError, ExportError
        If the file is missing, empty, locked, damaged, a web page or of another kind.
    """
    import duckdb

    files = [Path(path)] if isinstance(path, str | os.PathLike) else [Path(each) for each in path]
    kind = _kind(files)
    with (
        tempfile.TemporaryDirectory(prefix="hrlab-", ignore_cleanup_errors=True) as folder,
        ThreadPoolExecutor(1) as summing,  # the checksum of a large file takes seconds, in which others can be read
    ):
        notes, readable, chosen, found, unit, skipped = list[str](), files[0], "", "", "row", 0
        try:
            if kind == "Excel":
                readable, chosen, broken = _excel_as_csv(files[0], sheet, Path(folder), notes)
            elif kind == "JSON":
                readable, broken = Path(folder, "records.csv"), []
                json_as_csv(files, readable, ROW_NAME, notes)
            else:
                broken = []
            digest = summing.submit(checksum, *files)
            columns, between = tuple[str, ...](), ""
            if kind == "CSV":
                unit, found = "line", encoding or find_encoding(readable)
                _refuse_pages(readable, found)
                skipped, delimiter = find_header(readable, found, delimiter, notes)
                readable = _as_utf8(readable, found, Path(folder), skipped)
                header, between = _header(readable, delimiter)
                columns = tuple(names_told_apart(header))
            elif kind != "Parquet":
                between = ","
                with readable.open(encoding="utf-8", newline="") as stream:
                    columns = tuple(names_told_apart(next(csv.reader(stream))))
        except OSError as error:
            raise TableError(f"{files[0]} cannot be read: {error.strerror or error}.", LOCKED_HINT) from error
        if found == "cp1252" and not encoding:
            notes.append(
                "The file is not UTF-8; it was read as Windows-1252. Check that letters with accents look right."
            )
        connection = duckdb.connect(
            str(Path(folder, "work.duckdb")),
            config={"temp_directory": folder, "memory_limit": _MEMORY, "autoinstall_known_extensions": False},
        )
        try:
            if kind == "Parquet":
                connection.execute("SET TimeZone = 'UTC'")
                columns = tuple(connection.read_parquet(str(readable)).columns)
            names = tuple(name for name in columns if name != ROW_NAME)
            named = files[0].name + (f" and {len(files) - 1} more" if len(files) > 1 else "")
            size = sum(each.stat().st_size for each in files)
            facts = FileFacts(named, kind, size, digest.result(), found, chosen, tuple(notes))
            yield Source(connection, facts, names, unit, columns, broken, readable, between, skipped)
        except duckdb.Error as error:
            raise ExportError(f"{files[0].name} cannot be read: {duckdb_gist(str(error))}.", SAVE_AGAIN) from error
        finally:
            connection.close()


def quoted_name(name: str) -> str:
    """Return the name of a column as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _kind(files: Sequence[Path]) -> str:
    if not files:
        raise ExportError("There is no file to read.", "Give at least one path.")
    if all(file.name.casefold().endswith(_JSON) for file in files):
        for file in files:
            if not file.exists() or file.is_dir():
                raise TableError(f"There is no file {file}.", "Check the spelling and the folder.")
            if not file.stat().st_size:
                raise TableError(f"{file} is empty.", "Export it again.")
        return "JSON"
    if len(files) > 1:
        raise ExportError("Several files can be read as one only if all are JSON.", "Read them one by one.")
    if files[0].exists() and not files[0].name.casefold().removesuffix(".gz").endswith(
        (".csv", ".tsv", ".txt", ".parquet", ".pq", ".xlsx", ".xlsm")
    ):
        raise TableError(
            f"{files[0].name} is no kind of file that can be read.", "Export the list as CSV, Excel, JSON or Parquet."
        )
    return kind_of(files[0])


def _refuse_pages(file: Path, encoding: str) -> None:
    """Refuse what a browser saved in place of an export."""
    with opened(file) as stream:
        start = stream.read(2000).decode(encoding, errors="replace").lstrip("\ufeff \t\r\n").casefold()
    if start.startswith(("<!doctype", "<html", "<head", "<script")):
        raise ExportError(
            f"{file.name} is a web page, not a table: most likely the page that asks for a password.",
            "Sign in first and export the list again.",
        )
    if start.startswith("<?xml"):
        raise ExportError(f"{file.name} is XML.", "Export the list as CSV, Excel or JSON.")
    if re.match(r'[\[{]\s*[{"]', start):
        raise ExportError(f"{file.name} holds JSON.", "Give it a name that ends in .json.")


def _as_utf8(file: Path, encoding: str, folder: Path, skipped: int) -> Path:
    """Return the text in UTF-8 from its header on, copied piece by piece where it is not so already."""
    if not skipped and encoding.casefold().replace("_", "-") in ("utf-8", "utf-8-sig", "utf8"):
        return file
    as_read = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        return copy_as_utf8(file, as_read, folder / "export.csv", skip_lines=skipped)
    except LookupError as error:
        raise ExportError(f"There is no encoding {encoding!r}.", 'Try "cp1252" or "utf-16".', "encoding") from error
    except UnicodeError as error:
        raise ExportError(f"{file.name} is not in the encoding {encoding}.", SAVE_AGAIN, "encoding") from error


def _header(file: Path, delimiter: str | None) -> tuple[list[str], str]:
    """Return the names of the columns, and what stands between them."""
    try:
        names, between = first_cells(file, delimiter)
    except (UnicodeError, EOFError, zlib.error) as error:
        raise ExportError(f"{file.name} cannot be read: {error}.", SAVE_AGAIN) from error
    if not any(map(str.strip, names)):
        raise ExportError(f"{file.name} has no header line.", "The first line must name the columns.")
    if len(names) == 1 and delimiter:
        others = [each for each in DELIMITERS if each in names[0]]
        if others:
            raise ExportError(
                f"With {delimiter!r} between the cells, {file.name} has one column: {names[0][:60]!r}.",
                f"Try {others[0]!r}, or leave it to be found out.",
                "delimiter",
            )
    return names, between


def _lines_at(file: Path, positions: Sequence[int]) -> list[int]:
    """Return the lines in which bytes stand, positions rising; empty lines before a row do not belong to it."""
    found = list[int]()
    with opened(file) as stream:
        at, line = 0, 1
        for position in positions:
            while at < position:
                piece = stream.read(min(_PIECE, position - at))
                if not piece:
                    break
                line += piece.count(b"\n")
                at += len(piece)
            while (sign := stream.read(1)) in (b"\n", b"\r") and sign:
                line += sign == b"\n"
                at += 1
            at += len(sign)
            found.append(line)
    return found


def _excel_as_csv(file: Path, sheet: str | None, folder: Path, notes: list[str]) -> tuple[Path, str, list[BrokenRow]]:
    """Copy a sheet from its header on, with the number of each row."""
    copy, broken = folder / "sheet.csv", list[BrokenRow]()
    with opened_sheet(file, sheet, notes, find=_sheet_of_tickets) as (name, read):
        rows = ((number, [_shown(value) for value in row]) for number, row in enumerate(read, 1))
        first = list(islice(rows, _TITLE_ROWS))
        widths = [sum(map(bool, row)) for _, row in first]
        if not any(widths):
            raise TableError(f"{file}, sheet {name!r}, is empty.", "Name another sheet.", "sheet")
        start = next(place for place, width in enumerate(widths) if width >= 0.6 * max(widths))
        if titles := sum(width > 0 for width in widths[:start]):
            notes.append(f"Rows above the header were skipped: {titles}.")
        header = first[start][1]
        width = max(place + 1 for place, cell in enumerate(header) if cell)
        with copy.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow([ROW_NAME, *(cell.strip() for cell in header[:width])])
            for number, row in chain(first[start + 1 :], rows):
                _write(writer, number, row, width, broken)
    return copy, name, broken


def _sheet_of_tickets(book: Any) -> str | None:
    """Return the first sheet with a row that names columns of tickets, None if no sheet has one."""
    for page in book.worksheets:
        page.reset_dimensions()
        for row in islice(page.iter_rows(values_only=True), _TITLE_ROWS):
            found, _ = match_columns([cell for cell in row if isinstance(cell, str)], None, [], partly=True)
            if {"number", "opened_at"} <= found.keys():
                return str(page.title)
    return None


def _write(writer: Any, number: int, row: list[str], width: int, broken: list[BrokenRow]) -> None:
    if any(row[width:]):
        broken.append(BrokenRow(number, TOO_MANY, ", ".join(filter(None, row))[:80]))
    elif any(row):
        writer.writerow([number, *(row + [""] * width)[:width]])


def _shown(value: Any) -> str:
    if isinstance(value, datetime) and value.microsecond:
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)  # workbooks keep times as fractions
    return cell_text(value)
