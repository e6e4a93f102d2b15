"""Tables, series and indexes of pandas, column by column; imported when pandas is.

The reader puts them together with pandas' public constructors, which check codes, lengths and bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas

from autograder.transfer._arrays import encode_array
from autograder.transfer._codec import (
    DECODERS,
    ENCODERS,
    ForeignError,
    Reader,
    UnfitError,
    Writer,
    exactly,
    fields,
    step,
)
from autograder.transfer._columns import (
    COST,
    encode_column,
    encode_frequency,
    quietly,
    read_column,
    read_frequency,
    values_of,
)
from autograder.transfer._frame import refuse

pd: Any = pandas

_INDEXES = (pd.Index, pd.DatetimeIndex, pd.TimedeltaIndex, pd.PeriodIndex, pd.CategoricalIndex, pd.IntervalIndex)


def _index(writer: Writer, index: Any) -> Any:
    writer.spend(COST)
    kind = type(index)
    if kind is pd.RangeIndex:
        parts = [int(index.start), int(index.stop), int(index.step), writer.encode(index.name)]
        return {"range_index": parts}
    writer.enter(index, 0)
    encoded: dict[str, Any]
    if kind is pd.MultiIndex:
        levels = [_index(writer, level.rename(None)) for level in index.levels]
        codes = [encode_array(writer, np.asarray(codes)) for codes in index.codes]
        encoded = {"multi_index": [levels, codes, [writer.encode(name) for name in index.names]]}
    elif kind in _INDEXES:
        frequency = encode_frequency(index.freq) if kind in (pd.DatetimeIndex, pd.TimedeltaIndex) else None
        encoded = {"index": [encode_column(writer, values_of(index)), writer.encode(index.name), frequency]}
    else:
        raise ForeignError(f"with an index of the type {kind.__name__[:40]}")
    writer.inside.pop()
    return encoded


def _read_range_index(reader: Reader, payload: Any) -> Any:
    start, stop, step_, name = fields(payload, 4)
    reader.spend(COST)
    if len(range(*(exactly(part, int) for part in (start, stop, step_)))) > reader.bounds.bytes:
        raise refuse("an index is too long")
    return pd.RangeIndex(start, stop, step_, name=name)


def _read_index(reader: Reader, payload: Any) -> Any:
    array, name, frequency = fields(payload, 3)
    reader.spend(COST)
    index = pd.Index(read_column(array), dtype=array.dtype, name=name)
    if frequency is not None:
        if type(index) not in (pd.DatetimeIndex, pd.TimedeltaIndex):
            raise refuse("an index has a frequency without dates")
        index = type(index)(index, freq=read_frequency(frequency))
    return index


def _read_multi_index(reader: Reader, payload: Any) -> Any:
    levels, codes, names = fields(payload, 3)
    reader.spend(COST)
    for level, numbers in zip(exactly(levels, list), exactly(codes, list), strict=True):
        if not isinstance(level, pd.Index) or isinstance(level, pd.MultiIndex):
            raise refuse("a level of an index is none")
        if exactly(numbers, np.ndarray).ndim != 1 or numbers.dtype.kind != "i":
            raise refuse("the codes of an index are none")
    return pd.MultiIndex(levels, codes, names=exactly(names, list))


def _notes(writer: Writer, table: Any) -> list[Any]:
    """Encode what a table carries beside its values."""
    return [bool(table.flags.allows_duplicate_labels), writer.encode(dict(table.attrs))]


def _with_notes(table: Any, notes: Any) -> Any:
    unique, attributes = fields(notes, 2)
    table.attrs = exactly(attributes, dict)
    return table if exactly(unique, bool) else table.set_flags(allows_duplicate_labels=False)


def _series(writer: Writer, series: Any) -> Any:
    writer.spend(COST)
    writer.enter(series, 0)
    values = encode_column(writer, values_of(series))
    encoded = [values, _index(writer, series.index), writer.encode(series.name), _notes(writer, series)]
    writer.inside.pop()
    return {"series": encoded}


def _read_series(reader: Reader, payload: Any) -> Any:
    array, index, name, notes = fields(payload, 4)
    reader.spend(COST)
    if not isinstance(index, pd.Index):
        raise refuse("a series has no index")
    return _with_notes(pd.Series(read_column(array), index=index, dtype=array.dtype, name=name, copy=False), notes)


def _frame(writer: Writer, frame: Any) -> Any:
    writer.spend(COST)
    writer.enter(frame, 0)
    columns: list[Any] = []
    try:
        for _, series in frame.items():
            columns.append(encode_column(writer, values_of(series)))
    except UnfitError as unfit:
        unfit.steps.append(step(frame.columns[len(columns)]))
        raise
    encoded = [_index(writer, frame.columns), _index(writer, frame.index), columns, _notes(writer, frame)]
    writer.inside.pop()
    return {"frame": encoded}


def _read_frame(reader: Reader, payload: Any) -> Any:
    columns, index, arrays, notes = fields(payload, 4)
    reader.spend(COST)
    if not isinstance(columns, pd.Index) or not isinstance(index, pd.Index) or len(columns) != len(arrays):
        raise refuse("a table has no index, or not as many columns as names")
    if any(len(read_column(array)) != len(index) for array in arrays):
        raise refuse("a table has columns of different lengths")
    # As a series, text in an array of objects stays what it is; as it is, pandas would make its own type of text of it.
    wrapped = [pd.Series(array, dtype=object) if array.dtype == object else array for array in arrays]
    frame = pd.DataFrame(dict(enumerate(wrapped)), index=pd.RangeIndex(len(index)))
    frame.index, frame.columns = index, columns
    return _with_notes(frame, notes)


ENCODERS.update(
    {
        pd.DataFrame: _frame,
        pd.Series: _series,
        pd.RangeIndex: _index,
        pd.MultiIndex: _index,
        **dict.fromkeys(_INDEXES, _index),
    }
)
DECODERS.update(
    {
        tag: quietly(decoder)
        for tag, decoder in {
            "frame": _read_frame,
            "series": _read_series,
            "range_index": _read_range_index,
            "index": _read_index,
            "multi_index": _read_multi_index,
        }.items()
    }
)
