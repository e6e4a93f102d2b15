"""Sheets of Excel workbooks as CSV files, from their header on."""

import csv
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from evaluators._own_files import SAVE_AGAIN, TITLE_ROWS, TableError, titles_note

_MERGED = re.compile(rb'mergeCell\s[^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_LONGEST_TAG = 200


@contextmanager
def opened_sheet(
    file: Path, sheet: str | None, notes: list[str], *, find: Callable[[Any], str | None] | None = None
) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    """Open a sheet of a workbook: its name and, from the first row on, its rows with merged cells filled in.

    Where no sheet is named and there are several, `find` may choose one from the workbook; else it is the first.
    """
    import openpyxl  # type: ignore[import-untyped]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about colours and drop-down lists, which we do not need
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except Exception as error:  # damage shows as many things: BadZipFile, KeyError, the XML parser's own errors
            raise TableError(f"{file} cannot be read as a workbook: it is damaged.", SAVE_AGAIN) from error
        try:
            if sheet is None and find is not None and len(book.worksheets) > 1 and (sheet := find(book)) is not None:
                notes.append(f"The workbook has {len(book.worksheets)} sheets; {sheet!r} was read.")
            name = _sheet_name(file, [each.title for each in book.worksheets], sheet, notes)
            page = book[name]
            page.reset_dimensions()
            yield name, _filled_down(page.iter_rows(values_only=True), _merged_down(page, notes))
        finally:
            book.close()


def excel_as_csv(file: Path, sheet: str | None, folder: Path, notes: list[str]) -> tuple[Path, str]:
    """Copy a sheet into a CSV file, row by row, from its header on."""
    copy = folder / "sheet.csv"
    with (
        opened_sheet(file, sheet, notes) as (name, rows),
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        csv.writer(target).writerows(_from_header_on(rows, f"{file}, sheet {name!r},", notes))
    return copy, name


def _sheet_name(file: Path, names: list[str], wanted: str | None, notes: list[str]) -> str:
    if wanted is not None and wanted not in names:
        raise TableError(f"{file} has no sheet {wanted!r}.", f"Its sheets are: {', '.join(names)}.", "sheet")
    if not names:
        raise TableError(f"{file} has no sheet with cells.", SAVE_AGAIN)
    if wanted is None and len(names) > 1:
        notes.append(f"The workbook has {len(names)} sheets; the first, {names[0]!r}, was read.")
    return wanted or names[0]


def _merged_down(page: Any, notes: list[str]) -> list[tuple[int, int, int]]:
    """Find cells that are merged over several rows: (column from 0, first row, last row), rows from 1.

    Such cells hold their value in their first row alone, while everybody who looks at the sheet sees it in all of them.
    The reader that saves memory does not list them, so they are looked for in the sheet's XML.
    """
    from openpyxl.utils import column_index_from_string  # type: ignore[import-untyped]

    merged: list[tuple[int, int, int]] = []
    first, rest = "", b""
    with page._get_source() as source:
        while piece := source.read(1 << 20):
            text = rest + piece
            end = 0
            for found in _MERGED.finditer(text):
                end = found.end()
                left, top, right, bottom = (each.decode("ascii") for each in found.groups())
                if int(bottom) > int(top):
                    first = first or f"{left}{top}:{right}{bottom}"
                    merged.append((column_index_from_string(left) - 1, int(top), int(bottom)))
            rest = text[max(end, len(text) - _LONGEST_TAG) :]
    if merged:
        places = "1 place" if len(merged) == 1 else f"{len(merged):,} places"
        notes.append(
            f"Cells are merged over several rows ({places}, such as {first}); each of these rows was read as holding "
            "the value."
        )
    return sorted(merged, key=lambda each: each[1])


def _filled_down(rows: Iterator[tuple[Any, ...]], merged: list[tuple[int, int, int]]) -> Iterator[tuple[Any, ...]]:
    """Give each row the values of the cells that are merged with cells above it."""
    waiting = merged[::-1]
    held: dict[int, tuple[int, Any]] = {}  # column -> last row of the merge, its value
    for number, row in enumerate(rows, start=1):
        filled = list(row)
        for column, (last, value) in list(held.items()):
            if number > last:
                del held[column]
            else:
                filled += [None] * (column + 1 - len(filled))
                filled[column] = value
        while waiting and waiting[-1][1] == number:
            column, _, last = waiting.pop()
            held[column] = (last, filled[column] if column < len(filled) else None)
        yield tuple(filled)


def _from_header_on(rows: Iterator[tuple[Any, ...]], where: str, notes: list[str]) -> Iterator[list[str]]:
    """Skip titles above the header (the first row with most of the cells of the widest) and empty rows."""
    first: list[list[str]] = []
    for row in rows:
        first.append([cell_text(value) for value in row])
        if len(first) == TITLE_ROWS:
            break
    widths = [sum(map(bool, row)) for row in first]
    if not any(widths):
        raise TableError(f"{where} is empty.", "Name another sheet.", "sheet")
    start = next(place for place, width in enumerate(widths) if width >= 0.6 * max(widths))
    titles = [" ".join(filter(None, row)) for row in first[:start] if any(row)]
    if titles:
        notes.append(titles_note(titles))
    width = max(place + 1 for place, cell in enumerate(first[start]) if cell)
    header = [cell.strip() for cell in first[start][:width]]
    yield header
    yield from (_padded(row, width, where) for row in first[start + 1 :] if any(row))
    rest = ([cell_text(value) for value in row] for row in rows)
    yield from (_padded(row, width, where) for row in rest if any(row))


def _padded(row: list[str], width: int, where: str) -> list[str]:
    if any(row[width:]):
        raise TableError(
            f"{where} has a row with more cells than the header has names: {', '.join(filter(None, row))[:100]}.",
            "Give every column a name in the header row.",
        )
    return (row + [""] * width)[:width]


def cell_text(value: Any) -> str:
    """Return what stands in a cell as text: a day without a clock time as a day."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if not (value.hour or value.minute or value.second) else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)
