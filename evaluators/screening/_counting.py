"""How often each combination of values occurs in a table, wherever the table lives.

pandas and PyArrow columns are counted piece by piece as small numbers, so that no copy as long as the table is made;
categories keep their codes. Everything else counts in its own engine, and only the finished counts are fetched.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._validation import ColumnError, require_columns
from evaluators.screening.errors import TooManyGroupsError

Meaning = Callable[[Any], Any]
Cells = dict[tuple[Any, ...], int]
Codes = npt.NDArray[np.integer[Any]]
# The numbers of one piece of a column, and what each number means; -1 is a missing value.
Piece = tuple[Codes, list[Any]]

MOST_CELLS = 20_000
_PIECE_ROWS = 1 << 18
_DENSE_CELLS = 1 << 20
_MOST_SOUGHT = 500


def count_cells(frame: Any, columns: Sequence[str], meanings: Sequence[Meaning]) -> Cells:
    """Count the rows of each combination of meanings.

    Parameters
    ----------
    frame : table, shape (n_rows, n_columns)
        Anything narwhals knows.
    columns : sequence of str
        The columns to combine.
    meanings : sequence of callable
        One for each column: what a value of it stands for (hashable); called once for each value that differs.

    Returns
    -------
    dict of tuple to int
        Meanings -> rows; only combinations that occur.

    Raises
    ------
    ColumnError
        If `frame` is no table, a column is missing or occurs twice, or holds lists or the like.
    TooManyGroupsError
        If more than 20,000 combinations occur.
    """
    if isinstance(frame, pd.DataFrame):
        require_columns(frame, *columns)
        names = [str(name) for name in frame.columns]
        series = [frame.iloc[:, names.index(name)] for name in columns]
        return _count_pieces(map(_pandas_pieces, series, columns), columns, meanings)
    if type(frame).__module__.partition(".")[0] == "pyarrow" and type(frame).__name__ in {"Table", "RecordBatch"}:
        require_columns(pd.DataFrame(columns=frame.schema.names), *columns)
        arrays = [frame.column(name) for name in columns]
        return _count_pieces(map(_arrow_pieces, arrays, columns), columns, meanings)
    return _count_in_engine(open_frame(frame, *columns), columns, meanings)


def open_frame(frame: Any, *columns: str) -> Any:
    """Return the table as narwhals sees it, after checking that it is one and has these columns."""
    import narwhals.stable.v2 as nw  # here, so that lessons start fast

    try:
        table = nw.from_native(frame)
    except TypeError as error:
        raise ColumnError(
            f"A {type(frame).__name__} is no table.",
            "Give a pandas or polars frame, a PyArrow table, a DuckDB relation or a Spark frame.",
        ) from error
    require_columns(pd.DataFrame(columns=table.collect_schema().names()), *columns)
    return table


def values_of(frame: Any, column: str) -> list[tuple[Any, int]]:
    """Return the values of one column with their numbers of rows; of very many values, some."""
    return [(value, int(rows)) for value, rows in _grouped(open_frame(frame, column), [column])]


def first_row_with(frame: Any, column: str, values: Sequence[Any]) -> tuple[int, Any] | None:
    """Find the first row of a DuckDB relation in file order that has one of these values.

    Parameters
    ----------
    frame : DuckDBPyRelation
        Rows in the order of a file: DuckDB keeps it for one table and a window without order.
    column : str
        The column.
    values : sequence
        Values as `values_of` gives them.

    Returns
    -------
    (int, value) or None
        Row, counted from 1, and its value. None for other tables, and for so many values that any row might have one.
    """
    if (
        not values
        or len(values) > _MOST_SOUGHT
        or type(frame).__module__.partition(".")[0] not in {"duckdb", "_duckdb"}
    ):
        return None
    import duckdb

    name = f'"{column.replace(chr(34), 2 * chr(34))}"'
    cell, place = duckdb.ColumnExpression("cell"), duckdb.ColumnExpression("place")
    there = [value for value in values if value is not None]
    sought = cell.isin(*(duckdb.ConstantExpression(value) for value in there)) if there else cell.isnull()
    if len(there) < len(values):
        sought |= cell.isnull()
    rows = (
        frame.project(f"{name} AS cell, row_number() OVER () AS place").filter(sought).sort(place).limit(1).fetchall()
    )
    return (int(rows[0][1]), rows[0][0]) if rows else None


def row_in_words(row: int) -> str:
    """Say which row of a file it is."""
    return f"row {row:,} of the data (not counting the header)"


def _count_in_engine(table: Any, columns: Sequence[str], meanings: Sequence[Meaning]) -> Cells:
    """Group and count where the data lie, by the values as they are, so that every engine agrees on them."""
    known = [_remembered(meaning) for meaning in meanings]
    cells: Cells = {}
    try:
        for place, (*values, rows) in enumerate(_grouped(table, columns), start=1):
            _refuse_too_many(place, columns)
            cell = tuple(meaning(value) for meaning, value in zip(known, values, strict=True))
            cells[cell] = cells.get(cell, 0) + int(rows)
    except TypeError as error:
        raise _no_single_values(columns) from error
    return cells


def _grouped(table: Any, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the combinations of values and their numbers of rows, at most one more than there may be."""
    import narwhals.stable.v2 as nw

    keys = [f"key_{place}" for place in range(len(columns))]
    named = table.select(*(nw.col(name).alias(key) for name, key in zip(columns, keys, strict=True)))
    return fetched(named.group_by(*keys, drop_null_keys=False).agg(nw.len().alias("rows")).head(MOST_CELLS + 1))


def fetched(counted: Any) -> Iterator[tuple[Any, ...]]:
    """Fetch the rows of a small table, as Python's own values."""
    native = counted.to_native()
    if hasattr(native, "fetchall"):  # DuckDB hands rows over itself; its Arrow stream would block the connection
        yield from native.fetchall()
    else:
        yield from (counted.collect() if hasattr(counted, "collect") else counted).iter_rows()


def _remembered(meaning: Meaning) -> Meaning:
    """Call a meaning once for each value; True and 1 are two values."""
    return lru_cache(maxsize=None, typed=True)(meaning)


def _count_pieces(columns: Any, names: Sequence[str], meanings: Sequence[Meaning]) -> Cells:
    """Count columns that come in pieces of the same lengths."""
    known = [_remembered(meaning) for meaning in meanings]
    cells: Cells = {}
    for pieces in zip(*columns, strict=True):
        merged = [_merge(piece, meaning, name) for piece, meaning, name in zip(pieces, known, names, strict=True)]
        shape = tuple(len(found) for _, found in merged)
        for places, rows in _occurring([codes for codes, _ in merged], shape):
            cell = tuple(found[place] for (_, found), place in zip(merged, places, strict=True))
            cells[cell] = cells.get(cell, 0) + rows
        _refuse_too_many(len(cells), names)
    return cells


def _merge(piece: Piece, meaning: Meaning, name: str) -> Piece:
    """Give values of one meaning one number, such as ``1`` and ``"1 "``; the missing value gets one too."""
    codes, values = piece
    try:
        meanings = [meaning(value) for value in [*values, None]]
    except TypeError as error:
        raise _no_single_values([name]) from error
    places = {found: place for place, found in enumerate(dict.fromkeys(meanings))}
    # The last entry is what the code -1 picks.
    renumbered = np.array([places[found] for found in meanings], dtype=np.intp)
    return renumbered[codes], list(places)


def _occurring(codes: list[Codes], shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the combinations of codes that occur, with their number of rows."""
    together, size = codes[0], shape[0]
    for own, width in zip(codes[1:], shape[1:], strict=True):
        if size * width > _DENSE_CELLS:
            break
        together = together * width + own
        size *= width
    else:
        rows = np.bincount(together, minlength=size)
        present = np.flatnonzero(rows)
        for places, count in zip(zip(*np.unravel_index(present, shape), strict=True), rows[present], strict=True):
            yield tuple(map(int, places)), int(count)
        return
    combinations, rows = np.unique(np.column_stack(codes), axis=0, return_counts=True)
    for places, count in zip(combinations.tolist(), rows.tolist(), strict=True):
        yield tuple(places), count


def _pandas_pieces(column: pd.Series, name: str) -> Iterator[Piece]:
    """Yield a pandas column in pieces; an empty one has none."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, values = column.array.codes, list(column.array.categories)
        for start in range(0, len(column), _PIECE_ROWS):
            yield codes[start : start + _PIECE_ROWS], values
        return
    if isinstance(column.dtype, pd.ArrowDtype) or getattr(column.dtype, "storage", "") == "pyarrow":
        yield from _arrow_pieces(column.array.__arrow_array__(), name)
        return
    if column.dtype == bool:
        flags = column.to_numpy().view(np.int8)
        for start in range(0, len(column), _PIECE_ROWS):
            yield flags[start : start + _PIECE_ROWS], [False, True]
        return
    for start in range(0, len(column), _PIECE_ROWS):
        try:
            found, uniques = pd.factorize(column.iloc[start : start + _PIECE_ROWS])
        except TypeError as error:
            raise _no_single_values([name]) from error
        yield found, list(uniques)


def _arrow_pieces(column: Any, name: str) -> Iterator[Piece]:
    """Yield an Arrow column in pieces, as numbers into a list of its values."""
    import pyarrow as pa  # type: ignore[import-untyped]

    for start in range(0, len(column), _PIECE_ROWS):
        piece = column.slice(start, _PIECE_ROWS)
        if isinstance(piece, pa.ChunkedArray):
            if pa.types.is_dictionary(piece.type):
                piece = piece.unify_dictionaries()
            piece = piece.combine_chunks()
        try:
            encoded = piece if pa.types.is_dictionary(piece.type) else piece.dictionary_encode()
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            raise _no_single_values([name]) from error
        codes = encoded.indices.fill_null(-1) if encoded.null_count else encoded.indices
        yield codes.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()


def _refuse_too_many(found: int, columns: Sequence[str]) -> None:
    if found > MOST_CELLS:
        raise TooManyGroupsError(
            f"The columns {', '.join(columns)} have more than {MOST_CELLS:,} combinations of values.",
            "Groups are shared by many people: name columns such as sex or department, not names, numbers or dates.",
        )


def _no_single_values(columns: Sequence[str]) -> ColumnError:
    return ColumnError(
        f"The values in {', '.join(repr(name) for name in columns)} are lists or the like, not single values.",
        "Name columns with one text, number or yes/no in each row.",
    )
