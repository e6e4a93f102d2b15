"""A file of ratings as text: its cells, and the line of the file in which each row stands."""

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from evaluators._own_files import (
    DELIMITERS,
    LOCKED_HINT,
    SAVE_AGAIN,
    TITLE_ROWS,
    TableError,
    checksum,
    find_encoding,
    find_header,
    kind_of,
    names_told_apart,
    opened,
    titles_note,
)
from evaluators._validation import require_columns
from evaluators._workbooks import cell_text, opened_sheet
from evaluators.own_data import Column, FileFacts, column_of

_MOST_BYTES = 200 << 20
_LONGEST_CELL = 1 << 24


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of a table as text.

    Parameters
    ----------
    facts : FileFacts
        Which file it is, and how it was read.
    names : tuple of str
        Its columns.
    rows : tuple of tuple of str
        The cells without outer blanks; an empty cell is ``""``. Rows without any are left out.
    lines : tuple of int
        The line of the file (of a workbook or Parquet: the row) in which each of them stands, from 1.
    unit : str
        ``"line"`` or ``"row"``.
    """

    facts: FileFacts
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    unit: str = "line"

    def where(self, row: int) -> str:
        """Say where a row stands, such as ``"Line 7"``."""
        return f"{self.unit.capitalize()} {self.lines[row]}"

    def column(self, name: str) -> list[str]:
        """Return the cells of a column."""
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def columns(self) -> tuple[Column, ...]:
        """Describe the columns, as `evaluators.own_data.OwnTable.columns` does."""
        return tuple(column_of(name, self.column(name)) for name in self.names)

    def named(self, name: str) -> str:
        """Return the column of that name, whatever its capitals; an unknown one raises ColumnError."""
        if name in self.names:
            return name
        same = [each for each in self.names if each.strip().casefold() == name.strip().casefold()]
        if len(same) == 1:
            return same[0]
        require_columns(pd.DataFrame(columns=list(self.names)), name)
        return name


def read_sheet(
    path: "str | os.PathLike[str]",
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Sheet:
    r"""Read a table of ratings, of items or of stated weights as text.

    Parameters
    ----------
    path : path
        CSV, Excel or Parquet, as for `evaluators.own_data.open_own_table`.
    sheet, encoding, delimiter : str, optional
        As there.

    Returns
    -------
    Sheet
        The cells, with the lines in which they stand.

    Raises
    ------
    TableError
        If the file is missing, empty, locked, damaged or of another kind, or a row has more cells than the header.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "ratings.csv")
    ...     _ = path.write_text("Ratings of spring\n\ncv;Ada;Ben\n1;3,5;4\n\n2;;5\n", encoding="utf-8")
    ...     found = read_sheet(path)
    >>> found.names, found.rows, found.lines
    (('cv', 'Ada', 'Ben'), (('1', '3,5', '4'), ('2', '', '5')), (4, 6))
    """
    file = Path(path)
    kind = kind_of(file)
    if file.stat().st_size > _MOST_BYTES:
        raise TableError(
            f"{file} is larger than {_MOST_BYTES >> 20} MB.", "Keep the columns of the ratings only, and try again."
        )
    notes: list[str] = []
    try:
        if kind == "Excel":
            name, names, rows, lines = _from_workbook(file, sheet, notes)
            return Sheet(_facts(file, kind, notes, sheet=name), names, rows, lines, "row")
        if kind == "Parquet":
            try:
                frame = pd.read_parquet(file)
            except (OSError, ValueError) as error:
                raise TableError(f"{file} cannot be read: it is damaged.", "Export it again.") from error
            found = sheet_of_frame(frame)
            return Sheet(_facts(file, kind, notes), found.names, found.rows, found.lines, "row")
        found_encoding = encoding or find_encoding(file)
        names, rows, lines = _from_text(file, found_encoding, delimiter, notes)
    except OSError as error:
        raise TableError(f"{file} cannot be read: {error.strerror or error}.", LOCKED_HINT) from error
    if found_encoding == "cp1252" and not encoding:
        notes.append(
            "The file is not UTF-8; it was read as Windows-1252, as older Excel writes it. Check that letters with "
            "accents look right."
        )
    return Sheet(_facts(file, kind, notes, encoding=found_encoding), names, rows, lines)


def sheet_of_frame(frame: pd.DataFrame, *, name: str = "the table") -> Sheet:
    """Return a frame's cells as text, its rows counted from 1 without the header.

    Examples
    --------
    >>> sheet_of_frame(pd.DataFrame({"cv": [1.0, 2.0], "Ada": [3.5, None]})).rows
    (('1', '3.5'), ('2', ''))
    """
    columns = [[_cell(value) for value in frame.iloc[:, place].tolist()] for place in range(frame.shape[1])]
    every = list(zip(*columns, strict=True)) if columns else []
    kept = [place for place, row in enumerate(every) if any(row)]
    names = tuple(names_told_apart([str(each).strip() for each in frame.columns]))
    return Sheet(
        FileFacts(name, "frame", 0, ""),
        names,
        tuple(every[place] for place in kept),
        tuple(place + 1 for place in kept),
        "row",
    )


def _facts(file: Path, kind: str, notes: Sequence[str], *, encoding: str = "", sheet: str = "") -> FileFacts:
    return FileFacts(file.name, kind, file.stat().st_size, checksum(file), encoding, sheet, tuple(notes))


def _cell(value: Any) -> str:
    if value is None or (not isinstance(value, str) and pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return cell_text(value).strip()


_Table = tuple[tuple[str, ...], tuple[tuple[str, ...], ...], tuple[int, ...]]


def _from_text(file: Path, encoding: str, delimiter: str | None, notes: list[str]) -> _Table:
    skipped, delimiter = find_header(file, encoding, delimiter, notes)
    try:
        with opened(file) as raw:
            text = raw.read().decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except LookupError as error:
        raise TableError(f"There is no encoding {encoding!r}.", 'Try "cp1252" or "utf-16".', "encoding") from error
    except UnicodeError as error:
        raise TableError(f"{file} is not in the encoding {encoding}.", SAVE_AGAIN, "encoding") from error
    stream = io.StringIO(text.removeprefix("\ufeff"), newline="")
    for _ in range(skipped):
        stream.readline()
    start = stream.tell()
    if delimiter is None:
        first = next((line for line in stream if line.strip()), "")
        delimiter = max(DELIMITERS, key=lambda sign: len(next(csv.reader([first], delimiter=sign), [])))
        stream.seek(start)
    limit = csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    numbered: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for row in reader:
            numbered.append((before + 1 + skipped, [cell.strip() for cell in row]))
            before = reader.line_num
    except csv.Error as error:
        raise TableError(
            f"{file.name}, line {before + 1 + skipped}: quotation marks that do not fit.", "Correct them there."
        ) from error
    finally:
        csv.field_size_limit(limit)
    numbered = [(line, row) for line, row in numbered if any(row)]
    if not numbered:
        raise TableError(f"{file} is empty.", "Export it again.")
    return _table(file.name, "line", numbered[0][1], numbered[1:], notes)


def _from_workbook(file: Path, sheet: str | None, notes: list[str]) -> tuple[str, *_Table]:
    with opened_sheet(file, sheet, notes, find=_sheet_with_a_table) as (name, read):
        numbered = ((place, [cell_text(value).strip() for value in row]) for place, row in enumerate(read, start=1))
        first = list(islice(numbered, TITLE_ROWS))
        widths = [sum(map(bool, row)) for _, row in first]
        if not any(widths):
            raise TableError(f"{file}, sheet {name!r}, is empty.", "Name another sheet.", "sheet")
        start = next(place for place, width in enumerate(widths) if width >= 0.6 * max(widths))
        if titles := [" ".join(filter(None, row)) for _, row in first[:start] if any(row)]:
            notes.append(titles_note(titles))
        rows = [pair for pair in [*first[start + 1 :], *numbered] if any(pair[1])]
        return name, *_table(file.name, "row", first[start][1], rows, notes)


def _sheet_with_a_table(book: Any) -> str | None:
    """Return the first sheet with two rows of two cells or more; None if that is the first sheet, or there is none."""
    for page in book.worksheets:
        page.reset_dimensions()
        rows = islice(page.iter_rows(values_only=True), 2 * TITLE_ROWS)
        if sum(sum(cell is not None for cell in row) >= 2 for row in rows) >= 2:
            return None if page is book.worksheets[0] else str(page.title)
    return None


def _table(file: str, unit: str, header: list[str], numbered: list[tuple[int, list[str]]], notes: list[str]) -> _Table:
    """Give all rows the header's width: too many cells are an error, missing ones at the end are empty."""
    width = max((place + 1 for place, cell in enumerate(header) if cell), default=0)
    short: list[int] = []
    rows = []
    for line, row in numbered:
        if any(row[width:]):
            raise TableError(
                f"{file}, {unit} {line}: more cells than the header has names ({', '.join(filter(None, row))[:80]}).",
                "Give every column a name"
                + (
                    ", or put quotation marks around a cell that holds a comma."
                    if unit == "line"
                    else ". Names in two rows must be put into one, such as 'skills Ada'."
                ),
            )
        if len(row) < width and unit == "line":
            short.append(line)
        rows.append(tuple((row + [""] * width)[:width]))
    if short:
        shown = ", ".join(str(line) for line in short[:5]) + (", …" if len(short) > 5 else "")
        notes.append(
            f"{len(short):,} {'line has' if len(short) == 1 else 'lines have'} fewer cells than the header ({unit} "
            f"{shown}); the last ones were read as empty."
        )
    return tuple(names_told_apart(header[:width])), tuple(rows), tuple(line for line, _ in numbered)
