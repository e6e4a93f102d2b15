"""Open the tables that people bring, CSV, Excel or Parquet in any usual encoding, and say how they were read."""

import math
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators._own_files import LOCKED_HINT, TableError, checksum, find_encoding, find_header, kind_of
from evaluators._validation import ColumnError
from evaluators._workbooks import excel_as_csv

if TYPE_CHECKING:
    import duckdb

SAMPLE_ROWS = 10_000
_EXAMPLES = 8
_LARGE_BYTES = 4 << 20
_KEPT_VALUES = 200


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Which file was read, and how; enough to show later that it was this one.

    Parameters
    ----------
    name : str
        Name of the file without its folder.
    kind : str
        ``"CSV"``, ``"Excel"`` or ``"Parquet"``.
    size_bytes : int
        Its size.
    sha256 : str
        Checksum of the file as it lies on the disk, 64 hexadecimal digits.
    encoding : str
        Encoding of a text file, as Python calls it; empty for others.
    sheet : str
        Sheet of a workbook; empty for others.
    notes : tuple of str
        Sentences on what had to be found out or was skipped.
    """

    name: str
    kind: str
    size_bytes: int
    sha256: str
    encoding: str = ""
    sheet: str = ""
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return asdict(self) | {"notes": list(self.notes)}


@dataclass(frozen=True, slots=True)
class Column:
    """What the first rows of a column hold (at most `SAMPLE_ROWS`).

    Parameters
    ----------
    name : str
        The column.
    values : tuple of str
        Values that differ, commonest first, as text without outer blanks; at most 200.
    distinct : int
        How many values differ.
    filled, rows : int
        Rows that hold something, of all rows looked at.
    numbers, dates : bool
        Whether every filled cell is a finite number, or a date such as 2026-03-31.
    """

    name: str
    values: tuple[str, ...]
    distinct: int
    filled: int
    rows: int
    numbers: bool
    dates: bool

    @property
    def examples(self) -> str:
        """A few values for people, such as ``"female, male"``."""
        shown = [value if len(value) <= 30 else f"{value[:29]}…" for value in self.values[:_EXAMPLES]]
        return ", ".join(shown) + (", …" if self.distinct > len(shown) else "")


@dataclass(frozen=True, slots=True)
class OwnTable:
    """An open file.

    Parameters
    ----------
    facts : FileFacts
        Which file it is, and how it was read.
    relation : DuckDBPyRelation
        The table, for any evaluator; valid while the file is open.
    names : tuple of str
        Its columns.
    in_order : bool
        Whether the rows of `relation` come in the order of the file, so that an error can name one; text files and
        workbooks of more than 4 MB are read in any order, which is faster.
    """

    facts: FileFacts
    relation: "duckdb.DuckDBPyRelation"
    names: tuple[str, ...]
    in_order: bool = True

    def columns(self, *, rows: int = SAMPLE_ROWS) -> tuple[Column, ...]:
        """Look at the first rows.

        Parameters
        ----------
        rows : int
            How many at most.

        Returns
        -------
        tuple of Column
            One for each column, in the file's order.
        """
        sample = self.relation.limit(rows).fetchall()
        return tuple(column_of(name, [row[place] for row in sample]) for place, name in enumerate(self.names))


@contextmanager
def open_own_table(
    path: str | os.PathLike[str],
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    keep_order: bool = False,
) -> Iterator[OwnTable]:
    r"""Open somebody's own file as a table; close it at the end. Nothing is read into memory as a whole.

    Parameters
    ----------
    path : path
        Text with a header line (.csv, .tsv, .txt, also with .gz; a title above it is skipped where that is clear, and
        a note says so), an Excel workbook (.xlsx, .xlsm) or Parquet
        (.parquet, .pq). Cells of text files and workbooks are taken as text; an empty cell is missing, and words
        such as NA stay words.
    sheet : str, optional
        Sheet of a workbook; by default the first.
    encoding : str, optional
        Encoding of a text file, as Python calls it. By default it is found out: UTF-8 with or without its mark,
        UTF-16, else Windows-1252 (older Excel), which a note says.
    delimiter : str, optional
        What stands between the cells of a text file; by default found out from the header line.
    keep_order : bool
        Whether the rows of large files, too, come in the order of the file; that takes more memory.

    Yields
    ------
    OwnTable
        The table with its facts. Columns of the same name, small and capital letters being the same, are told apart
        as ``"sex (1)"``, ``"sex (2)"``; a note says so.

    Raises
    ------
    TableError
        If the file is missing, a folder, empty, locked by a password or another program, or not what its name says.
    FileReadError
        If it is damaged further down.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "people.csv")
    ...     _ = path.write_bytes("sex;Ort\nf;Köln\nm;Bonn\n".encode("cp1252"))
    ...     with open_own_table(path) as table:
    ...         print(table.facts.encoding, [column.examples for column in table.columns()])
    cp1252 ['f, m', 'Köln, Bonn']
    """
    from evaluators.screening.errors import FileReadError  # here, since screening may come to use this module
    from evaluators.screening.files import open_table

    file = Path(path)
    kind = kind_of(file)
    with tempfile.TemporaryDirectory(prefix="hrlab-", ignore_cleanup_errors=True) as folder:
        readable, notes, found, chosen, skipped, in_order = file, list[str](), "", "", 0, True
        try:
            if kind == "Excel":
                readable, chosen = excel_as_csv(file, sheet, Path(folder), notes)
                delimiter = ","
            elif kind == "CSV":
                found = encoding or find_encoding(file)
                skipped, delimiter = find_header(file, found, delimiter, notes)
            digest = checksum(file)
        except OSError as error:
            raise TableError(f"{file} cannot be read: {error.strerror or error}.", LOCKED_HINT) from error
        if found == "cp1252" and not encoding:
            notes.append(
                "The file is not UTF-8; it was read as Windows-1252, as older Excel writes it. Check that letters with "
                "accents look right."
            )
        try:
            with ExitStack() as opened:
                relation = opened.enter_context(
                    open_table(
                        readable,
                        delimiter=delimiter,
                        encoding=found or "utf-8",
                        missing_words=("",),
                        skip_lines=skipped,
                    )
                )
                names = tuple(relation.columns)
                notes += _names_note(names)
                if kind != "Parquet" and readable.stat().st_size > _LARGE_BYTES:
                    copy = Path(folder, "large.parquet")  # an audit looks at it several times, and text is slow to read
                    if not keep_order:
                        relation.query("large", "SET preserve_insertion_order = false")  # else it waits in memory
                    relation.write_parquet(str(copy))
                    opened.pop_all().close()
                    relation, in_order = opened.enter_context(open_table(copy)), keep_order
                facts = FileFacts(file.name, kind, file.stat().st_size, digest, found, chosen, tuple(notes))
                yield OwnTable(facts, relation, names, in_order)
        except FileReadError as error:  # a copy in a folder of ours means nothing to the reader
            raise FileReadError(error.problem.replace(str(readable), str(file)), error.hint) from error


def column_named(table: OwnTable, name: str) -> str:
    """Return the column of that name, whatever its capitals.

    Parameters
    ----------
    table : OwnTable
        The table.
    name : str
        The name that somebody typed.

    Returns
    -------
    str
        The name as it stands in the table.

    Raises
    ------
    ColumnError
        If there is no such column, or several; the message names those there are.
    """
    if name in table.names:
        return name
    wanted = name.strip().casefold()
    same = [each for each in table.names if each.strip().casefold() == wanted]
    if len(same) == 1:
        return same[0]
    twins = [each for each in table.names if re.fullmatch(rf"{re.escape(wanted)} \(\d+\)", each.casefold())]
    if twins:
        raise ColumnError(
            f"{table.facts.name} has {len(twins)} columns called {name!r}.",
            f"Say which one you mean: {', '.join(repr(twin) for twin in twins)}.",
        )
    import pandas as pd

    from evaluators._validation import require_columns

    require_columns(pd.DataFrame(columns=list(table.names)), name)
    return name


def _names_note(names: Sequence[str]) -> list[str]:
    """Say which columns had the same name."""
    first = [name.removesuffix(" (1)") for name in names if name.endswith(" (1)")]
    there = {name.casefold() for name in names}
    return [
        f"Several columns are called {name!r}; they were given numbers, such as '{name} (1)'."
        for name in first
        if f"{name} (2)".casefold() in there
    ]


def column_of(name: str, cells: Sequence[Any]) -> Column:
    """Describe a column from the cells of a sample, None where a cell is empty."""
    texts = Counter(text for text in map(_text, cells) if text)
    return Column(
        name=name,
        values=tuple(value for value, _ in texts.most_common(_KEPT_VALUES)),
        distinct=len(texts),
        filled=sum(texts.values()),
        rows=len(cells),
        numbers=bool(texts) and all(map(_is_number, texts)),
        dates=bool(texts) and all(map(_is_date, texts)),
    )


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value).strip()


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _is_date(text: str) -> bool:
    if not re.match(r"\d{4}-\d\d", text):
        return False
    try:
        datetime.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        return False
    return True


__all__ = [
    "SAMPLE_ROWS",
    "Column",
    "FileFacts",
    "OwnTable",
    "TableError",
    "column_named",
    "column_of",
    "open_own_table",
]
