"""What kind of file somebody brings, in which encoding, and a checksum of it."""

import codecs
import csv
import gzip
import hashlib
import io
import re
import shutil
import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import IO

from evaluators.errors import LabError

SAVE_AGAIN = 'Open it in the program that made it and save it as "Excel workbook (.xlsx)" or "CSV UTF-8".'
LOCKED_HINT = "Close it in other programs, such as Excel, and check that you may read it."
_TEXT, _PARQUET, _EXCEL = (".csv", ".tsv", ".txt"), (".parquet", ".pq"), (".xlsx", ".xlsm")
_PIECE = 1 << 20
DELIMITERS = ",;\t|"
TITLE_ROWS = 50


class TableError(LabError, ValueError):
    """A file of people's own that cannot be read as a table: missing, locked, empty, damaged or of another kind."""


def kind_of(file: Path) -> str:
    """Say what kind of file it is, and refuse what is not what its name says."""
    if not file.exists():
        raise TableError(f"There is no file {file}.", "Check the spelling and the folder.")
    if file.is_dir():
        raise TableError(f"{file} is a folder.", "Name one file.")
    if not file.stat().st_size:
        raise TableError(f"{file} is empty.", "Export it again.")
    try:
        with file.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise TableError(f"{file} cannot be opened: {error.strerror or error}.", LOCKED_HINT) from error
    name = file.name.casefold().removesuffix(".gz")
    zipped = file.name.casefold().endswith(".gz")
    if name.endswith(_PARQUET) and not zipped:
        if start[:4] != b"PAR1":
            raise TableError(f"{file} is no Parquet file, whatever its name says.", "Export it again.")
        return "Parquet"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(f"{file} is a workbook with a password, or one of the old kind (.xls).", SAVE_AGAIN)
    if name.endswith(_EXCEL) and not zipped:
        if not start.startswith(b"PK"):
            raise TableError(f"{file} is no Excel workbook, whatever its name says.", SAVE_AGAIN)
        return "Excel"
    if name.endswith(_TEXT):
        if start.startswith(b"PK"):
            raise TableError(f"{file} is no text but a workbook or an archive.", "If it is Excel, name it .xlsx.")
        return "CSV"
    raise TableError(
        f"{file} is neither CSV nor Excel nor Parquet.",
        f"Names of files that can be read end in {', '.join((*_TEXT, *_EXCEL, *_PARQUET))}.",
    )


def checksum(*files: Path) -> str:
    """Return the SHA-256 of files, one after the other, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    return digest.hexdigest()


def opened(file: Path) -> IO[bytes]:
    """Open a file to read its bytes, unpacked if its name ends in .gz."""
    return gzip.open(file) if file.suffix.casefold() == ".gz" else file.open("rb")  # type: ignore[return-value]


def copy_as_utf8(file: Path, encoding: str, copy: Path, *, skip_lines: int) -> Path:
    """Copy a text file from its header on into UTF-8, which is all that DuckDB reads, piece by piece.

    Raises
    ------
    LookupError
        If there is no such encoding.
    UnicodeError
        If the file is in another one.
    """
    with (
        opened(file) as raw,
        io.TextIOWrapper(raw, encoding=encoding, newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        for _ in range(skip_lines):
            source.readline()
        shutil.copyfileobj(source, target, _PIECE)
    return copy


def first_cells(file: Path, delimiter: str | None) -> tuple[list[str], str]:
    """Return the cells of the first line of a UTF-8 file, and what stands between them: what makes most cells."""
    with opened(file) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as stream:
        start = stream.read(_PIECE)
    found = {
        each: next((row for row in csv.reader(io.StringIO(start, newline=""), delimiter=each) if row), [])
        for each in ([delimiter] if delimiter else DELIMITERS)
    }
    best = max(found, key=lambda each: len(found[each]))
    return found[best], best


def find_encoding(file: Path) -> str:
    """Find out the encoding of a text file from all its bytes."""
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp1252")}
    try:
        with opened(file) as stream:
            start = stream.read(_PIECE)
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            if b"\0" in start:  # text has none, but for UTF-16, where every second byte of Latin letters is one
                even, odd = start[::2].count(0), start[1::2].count(0)
                if max(even, odd) * 4 > len(start) and min(even, odd) * 20 < max(even, odd):
                    return "utf-16-be" if even > odd else "utf-16-le"
                raise TableError(f"{file} is no text.", SAVE_AGAIN)
            piece = start
            while decoders:
                plain = piece.isascii() and not any(each.getstate()[0] for each in decoders.values())
                for name in [] if plain and piece else list(decoders):
                    try:
                        decoders[name].decode(piece, final=not piece)
                    except UnicodeDecodeError:
                        del decoders[name]
                if not piece:
                    break
                piece = stream.read(_PIECE)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TableError(f"{file} cannot be unpacked: {error}.", "Export it again.") from error
    if not decoders:
        raise TableError(
            f"{file} is neither UTF-8 nor UTF-16 nor Windows-1252.",
            'Save it as "CSV UTF-8", or name its encoding, such as latin-1.',
            "encoding",
        )
    return next(iter(decoders))


def find_header(file: Path, encoding: str, delimiter: str | None, notes: list[str]) -> tuple[int, str | None]:
    """Find the header of a text file below its title, where that is clear.

    It is clear where each line above has at most one filled cell, the header has names for several columns, all of them
    different, and every row after it that is looked at has as many cells. What a line above holds stands in its first
    cell. Where another sign between the cells makes as many of them from the first line on, nothing is skipped.

    Returns
    -------
    lines, delimiter
        Lines to skip, and what stands between the cells if the file says so itself (Excel's line ``sep=;``).
    """
    kind = encoding.casefold().replace("_", "-")
    try:
        with (
            opened(file) as raw,
            io.TextIOWrapper(raw, "utf-8-sig" if kind == "utf-8" else encoding, "replace", newline="") as stream,
        ):
            start = stream.read(_PIECE)
    except (LookupError, OSError, EOFError, zlib.error):
        return 0, delimiter  # whoever reads the file says what is wrong with it
    told = re.match(r"\"?sep=([^\r\n])\"?[ ,;\t]*(\r\n|\r|\n)", start)
    if told:
        notes.append("The first line, which tells Excel what stands between the cells, was read as that.")
        return 1, delimiter or told[1]
    found = [_header_below_titles(start, each) for each in ([delimiter] if delimiter else DELIMITERS)]
    _, lines, titles = max(found, key=lambda each: (each[0], not each[1]))  # as many cells: better skip nothing
    if titles:
        notes.append(titles_note(titles))
    return lines, delimiter


def _header_below_titles(start: str, delimiter: str) -> tuple[int, int, list[str]]:
    """Return the cells of the header, the lines above it, and the titles among these; lines are 0 unless clear."""
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for row in islice(reader, 2 * TITLE_ROWS):
            rows.append((before, [cell.strip() for cell in row]))
            before = reader.line_num
    except csv.Error:
        return 0, 0, []
    if len(start) == _PIECE:
        rows = rows[:-1]  # the last may be cut
    header = next((place for place, (_, row) in enumerate(rows[:TITLE_ROWS]) if sum(map(bool, row)) > 1), 0)
    if not rows:
        return 0, 0, []
    lines, names = rows[header]
    after = [row for _, row in rows[header + 1 :] if row]
    clear = all(names) and len(set(names)) == len(names) and all(len(row) == len(names) for row in after)
    clear = clear and all(
        row[0] for _, row in rows[:header] if any(row)
    )  # ",reply" is a header: pandas' index has none
    if not header or not clear or not any(row for _, row in rows[:header]):
        return len(names), 0, []
    return len(names), lines, [" ".join(filter(None, row)) for _, row in rows[:header] if any(row)]


def titles_note(titles: Sequence[str]) -> str:
    """Say which rows above the header were skipped."""
    return (
        f"{len(titles)} {'row' if len(titles) == 1 else 'rows'} above the header "
        f"{'was' if len(titles) == 1 else 'were'} skipped: {'; '.join(titles)[:200]}."
    )


def names_told_apart(header: Sequence[str]) -> list[str]:
    """Give a number to columns that share a name, and a name to those that have none.

    Examples
    --------
    >>> names_told_apart(["Site", "site", "", "Age"])
    ['Site (1)', 'site (2)', '(column 3)', 'Age']
    """
    named = [name or f"(column {place})" for place, name in enumerate(header, start=1)]
    often, seen = Counter(name.casefold() for name in named), Counter[str]()
    for place, name in enumerate(named):
        if often[name.casefold()] > 1:
            seen[name.casefold()] += 1
            named[place] = f"{name} ({seen[name.casefold()]})"
    return named


def duckdb_gist(said: str) -> str:
    """Return what DuckDB found and in which line, without the line itself, which is about a person."""
    lines = [line.strip() for line in said.partition("Possible")[0].splitlines() if line.strip()]
    first = lines[0].partition(": ")[2]
    found = [first, lines[-1]] if len(lines) > 1 else [first]
    return ". ".join(part.rstrip(".") for part in found if part) or "it is damaged"
