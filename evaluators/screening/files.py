"""Counts straight from CSV and Parquet files, also from those that do not fit into memory."""

import csv
import glob
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evaluators._own_files import copy_as_utf8, duckdb_gist, first_cells, names_told_apart, opened
from evaluators.screening.counts import CountTable, count_tables
from evaluators.screening.errors import CountError, FileReadError

if TYPE_CHECKING:
    import duckdb

# Cells that mean "nothing here"; those of pandas, so that both ways of reading a file agree.
MISSING_WORDS = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A"),
    *("NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)

_PARQUET = (".parquet", ".pq")
_TEXT = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def count_file(
    path: str | os.PathLike[str],
    *,
    groups: str | Sequence[str],
    outcome: str,
    intersections: bool = True,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    missing_words: Sequence[str] = MISSING_WORDS,
    skip_lines: int = 0,
) -> dict[str, CountTable]:
    r"""Count applicants and selected people of a file, without reading it into memory as a whole.

    Parameters
    ----------
    path : path
        A file of one row per applicant: Parquet (.parquet, .pq), or text with a header line (.csv, .tsv, .txt, also
        with .gz), whose cells are all taken as text.
    groups : str or sequence of str
        Columns with groups, such as sex and race.
    outcome : str
        Column that says whether the applicant was selected: 0/1, or words such as yes/no.
    intersections : bool
        Whether to count the combinations of all group columns too.
    delimiter : str, optional
        What stands between the cells of a text file; by default the one of comma, semicolon, tab and bar that gives
        the header line most columns.
    encoding : str
        Encoding of a text file, as Python calls it, such as ``"cp1252"`` (older Excel) or ``"latin-1"``; UTF-16
        is recognised by its first bytes.
    missing_words : sequence of str
        Cells of a text file that mean "not known", as pandas has them. Where ``NA`` stands for Native American,
        give a list without it.
    skip_lines : int
        Lines of a text file above its header, such as a title.

    Returns
    -------
    dict of str to CountTable
        As from `count_tables`: what ``pandas.read_csv(path, dtype=str)`` and `count_tables` would give.

    Raises
    ------
    FileReadError
        If the file is missing, empty, damaged, of another kind or in another encoding.
    ColumnError, OutcomeError, CountError, TooManyGroupsError
        As in `count_table`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "applicants.csv")
    ...     _ = path.write_text("sex;hired\nf;yes\nf;no\nm;yes\n", encoding="utf-8")
    ...     count_file(path, groups="sex", outcome="hired")["sex"]["f"].selected
    1
    """
    columns = [groups] if isinstance(groups, str) else list(groups)
    with open_table(
        path, delimiter=delimiter, encoding=encoding, missing_words=missing_words, skip_lines=skip_lines
    ) as table:
        return count_tables(table, groups=columns, outcome=outcome, intersections=intersections, in_file_order=True)


def count_files(
    paths: Iterable[str | os.PathLike[str]],
    *,
    groups: str | Sequence[str],
    outcome: str,
    intersections: bool = True,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    missing_words: Sequence[str] = MISSING_WORDS,
    skip_lines: int = 0,
) -> dict[str, CountTable]:
    """Count the people of several files with the same columns, such as one export a month, as one.

    Parameters
    ----------
    paths : iterable of path
        The files, at least one; a person who occurs in two of them counts twice.
    groups, outcome, intersections, delimiter, encoding, missing_words, skip_lines
        As in `count_file`, the same for all files.

    Returns
    -------
    dict of str to CountTable
        The sums over all files.

    Raises
    ------
    CountError
        If there is no file.
    FileReadError, ColumnError, OutcomeError, TooManyGroupsError
        As in `count_file`; the first file with a problem ends the count.
    """
    counted = [
        count_file(
            path,
            groups=groups,
            outcome=outcome,
            intersections=intersections,
            delimiter=delimiter,
            encoding=encoding,
            missing_words=missing_words,
            skip_lines=skip_lines,
        )
        for path in paths
    ]
    if not counted:
        raise CountError("There is no file to count.", "Give at least one path.")
    return {name: CountTable.sum_of(tables[name] for tables in counted) for name in counted[0]}


@contextmanager
def open_table(
    path: str | os.PathLike[str],
    *,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    missing_words: Sequence[str] = MISSING_WORDS,
    skip_lines: int = 0,
) -> "Iterator[duckdb.DuckDBPyRelation]":
    """Open a file as a DuckDB relation, for `count_tables` or `count_above_median`; close it at the end.

    Parameters
    ----------
    path, delimiter, encoding, missing_words, skip_lines
        As in `count_file`.

    Yields
    ------
    DuckDBPyRelation
        The table, valid inside the ``with`` block. Columns of the same name, small and capital letters being the
        same, are told apart as ``"sex (1)"``, ``"sex (2)"``.

    Raises
    ------
    FileReadError
        As in `count_file`; damage further down is found when the table is counted.
    """
    import duckdb  # here, so that lessons start fast

    file = Path(path)
    kind = _checked_kind(file)
    with tempfile.TemporaryDirectory(prefix="hrlab-", ignore_cleanup_errors=True) as folder:
        if kind == "text":
            file, header, delimiter = _prepared(file, delimiter, encoding, Path(folder), skip_lines)
        connection = duckdb.connect(config={"temp_directory": folder, "autoinstall_known_extensions": False})
        try:
            if kind == "parquet":
                yield connection.read_parquet(glob.escape(str(file)))
            else:
                yield connection.read_csv(
                    glob.escape(str(file)),
                    auto_detect=False,
                    columns=dict.fromkeys(names_told_apart(header), "VARCHAR"),
                    header=True,
                    delimiter=delimiter,
                    quotechar='"',
                    escapechar='"',
                    na_values=list(missing_words),
                )
        except duckdb.Error as error:
            said = str(error)
            if "not utf-8 encoded" in said:
                raise FileReadError(f"{path} is not in the encoding utf-8.", _ENCODING_HINT) from error
            raise FileReadError(f"{path} cannot be read: {duckdb_gist(said)}.", _EXPORT_HINT) from error
        finally:
            connection.close()


_ENCODING_HINT = 'Save it as "CSV UTF-8", or give its encoding: "cp1252" for older Excel in Western Europe.'
_EXPORT_HINT = "Open it where it came from and save it again."


def _checked_kind(file: Path) -> str:
    if not file.exists():
        raise FileReadError(f"There is no file {file}.", "Check the spelling and the folder.")
    if file.is_dir():
        raise FileReadError(f"{file} is a folder.", "Name one file, or count several with count_files.")
    if not file.stat().st_size:
        raise FileReadError(f"{file} is empty.", "Export it again.")
    name = file.name.casefold()
    if name.endswith(_PARQUET):
        return "parquet"
    if name.endswith(_TEXT):
        return "text"
    raise FileReadError(
        f"{file} is neither CSV nor Parquet.", f"Names of files that can be read end in {', '.join(_TEXT + _PARQUET)}."
    )


def _prepared(
    file: Path, delimiter: str | None, encoding: str, folder: Path, skip_lines: int
) -> tuple[Path, list[str], str]:
    """Return a text file in UTF-8, the names of its columns and what stands between them."""
    try:
        marked = _byte_order_mark(file)
        readable = file
        if skip_lines or marked or not encoding.casefold().replace("_", "-").startswith("utf-8"):
            readable = _as_utf8(file, marked or encoding, folder, skip_lines)
        return readable, *_header(readable, delimiter)
    except UnicodeError as error:
        raise FileReadError(f"{file} is not in the encoding {encoding}.", _ENCODING_HINT) from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise FileReadError(f"{file} cannot be read: {error}.", _EXPORT_HINT) from error


def _byte_order_mark(file: Path) -> str:
    with opened(file) as stream:
        return _BYTE_ORDER_MARKS.get(stream.read(2), "")


def _as_utf8(file: Path, encoding: str, folder: Path, skip_lines: int) -> Path:
    try:
        return copy_as_utf8(file, encoding, folder / "applicants.csv", skip_lines=skip_lines)
    except LookupError as error:
        raise FileReadError(f"There is no encoding {encoding!r}.", 'Try "cp1252" or "utf-16".') from error


def _header(file: Path, delimiter: str | None) -> tuple[list[str], str]:
    names, between = first_cells(file, delimiter)
    if not any(map(str.strip, names)):
        raise FileReadError(f"{file} has no header line.", "The first line must name the columns.")
    return names, between
