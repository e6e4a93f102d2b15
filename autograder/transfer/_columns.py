"""Columns and scalars of pandas: extension arrays travel as the arrays that they are made of."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas

from autograder.transfer import _dates
from autograder.transfer._arrays import encode_array
from autograder.transfer._codec import DECODERS, ENCODERS, ForeignError, Reader, Writer, exactly, fields
from autograder.transfer._frame import refuse

pd: Any = pandas

COST = 100  # items
_UNITS = ("s", "ms", "us", "ns")
_FREQUENCY = re.compile(r"-?[0-9]{0,9}[A-Za-z]{1,10}(-[A-Za-z0-9]{1,4}){0,4}")
_NUMBERS: dict[str, Any] = {
    kind.__name__: kind for kind in (pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray)
}
_CONSTANTS = {"NaT": pd.NaT, "NA": pd.NA}
_STORAGES = ("python", "pyarrow")
_CLOSED = ("left", "right", "both", "neither")


def encode_column(writer: Writer, array: Any) -> Any:
    """Encode the values of a column or an index."""
    if type(array) is np.ndarray:
        if array.dtype.kind not in "biufcmMO":
            raise ForeignError(f"with the type {str(array.dtype)[:40]}")
        return encode_array(writer, array)
    encoder = ENCODERS.get(type(array))
    if encoder is None or not isinstance(array, pd.api.extensions.ExtensionArray):
        raise ForeignError(f"with the type {str(array.dtype)[:40]}")
    return encoder(writer, array)


def values_of(thing: Any) -> Any:
    """Return the array of a series or an index; numpy's own where it has one."""
    return thing.to_numpy() if isinstance(thing.dtype, np.dtype) else thing.array


def is_column(array: Any) -> bool:
    """Tell whether what arrived can be a column."""
    if type(array) is np.ndarray:
        good = array.dtype.kind not in "mM" or np.datetime_data(array.dtype) in [(unit, 1) for unit in _UNITS]
        return array.ndim == 1 and array.dtype.kind in "biufcmMO" and good
    return isinstance(array, pd.api.extensions.ExtensionArray)


def read_column(array: Any) -> Any:
    if not is_column(array):
        raise refuse("a column is none")
    return array


def encode_frequency(frequency: Any) -> str | None:
    """Return the text of a frequency, or None if the text would not bring it back."""
    if frequency is None:
        return None
    text = str(frequency.freqstr)
    try:
        return text if _FREQUENCY.fullmatch(text) and pd.tseries.frequencies.to_offset(text) == frequency else None
    except ValueError:
        return None


def _period_frequency(dtype: Any) -> str:
    """Return the text of the frequency of periods, which have names of their own: M, not ME."""
    text = str(dtype.name).removeprefix("period[").removesuffix("]")
    if not _FREQUENCY.fullmatch(text) or pd.PeriodDtype(text) != dtype:
        raise ForeignError("with a frequency of its own")
    return text


def read_frequency(text: Any) -> str:
    if not _FREQUENCY.fullmatch(exactly(text, str)):
        raise refuse("a frequency is none")
    return str(text)


def quietly(decoder: Callable[[Reader, Any], Any]) -> Callable[[Reader, Any], Any]:
    """Keep what pandas has to say about odd values off standard error, where a warning costs the learner the points."""

    @functools.wraps(decoder)
    def decode(reader: Reader, payload: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return decoder(reader, payload)

    return decode


# ---- extension arrays


def _numbers(writer: Writer, array: Any) -> Any:
    mask = np.asarray(array.isna())
    data = array.to_numpy(dtype=array.dtype.numpy_dtype, na_value=array.dtype.numpy_dtype.type(0))
    if array.dtype.kind == "f":
        mask = np.asarray(array._mask)  # isna() counts NaN in, which is not the same as missing
        data = np.asarray(array._data)
    return {"pd_numbers": [type(array).__name__, encode_array(writer, data), encode_array(writer, mask)]}


def _read_numbers(reader: Reader, payload: Any) -> Any:
    name, data, mask = fields(payload, 3)
    for part in (data, mask):
        if exactly(part, np.ndarray).ndim != 1:
            raise refuse("an array is malformed")
    return _NUMBERS[exactly(name, str)](data, mask)


def _text(writer: Writer, array: Any) -> Any:
    codes, texts = pd.factorize(np.asarray(array, dtype=object))
    missing = "NA" if array.dtype.na_value is pd.NA else "nan"
    codes = encode_array(writer, codes.astype(np.int32))
    return {"pd_text": [array.dtype.storage, missing, codes, writer.encode(list(texts))]}


def _read_text(reader: Reader, payload: Any) -> Any:
    storage, missing, codes, texts = fields(payload, 4)
    if storage not in _STORAGES or missing not in ("NA", "nan") or set(map(type, exactly(texts, list))) - {str}:
        raise refuse("an array of text is malformed")
    if exactly(codes, np.ndarray).dtype != np.int32 or codes.ndim != 1:
        raise refuse("an array of text is malformed")
    if codes.size and not -1 <= codes.min() <= codes.max() < len(texts):
        raise refuse("an array of text is malformed")
    empty = pd.NA if missing == "NA" else np.nan
    values = np.array([*texts, empty], dtype=object)  # the last one, -1, stands for what is missing
    return pd.array(values.take(codes, mode="wrap"), dtype=pd.StringDtype(storage, na_value=empty))


def _dates_array(writer: Writer, array: Any) -> Any:
    zone = _dates.encode_zone(writer, getattr(array.dtype, "tz", None))
    unit = getattr(array.dtype, "unit", None) or np.datetime_data(array.dtype)[0]
    return {"pd_dates": [encode_array(writer, np.asarray(array, dtype=f"M8[{unit}]")), zone]}


def _read_dates(reader: Reader, payload: Any) -> Any:
    moments, zone = fields(payload, 2)
    if not is_column(exactly(moments, np.ndarray)) or moments.dtype.kind != "M" or not _dates.is_zone(zone):
        raise refuse("an array of dates is malformed")
    index = pd.DatetimeIndex(moments)
    return (index if zone is None else index.tz_localize("UTC").tz_convert(zone)).array


def _read_spans(reader: Reader, payload: Any) -> Any:
    if not is_column(exactly(payload, np.ndarray)) or payload.dtype.kind != "m":
        raise refuse("an array of time spans is malformed")
    return pd.TimedeltaIndex(payload).array


def _periods(writer: Writer, array: Any) -> Any:
    frequency = _period_frequency(array.dtype)
    return {"pd_period": [encode_array(writer, np.asarray(array.asi8)), frequency]}


def _read_periods(reader: Reader, payload: Any) -> Any:
    ordinals, frequency = fields(payload, 2)
    if exactly(ordinals, np.ndarray).dtype != np.int64 or ordinals.ndim != 1:
        raise refuse("an array of periods is malformed")
    return pd.PeriodIndex.from_ordinals(ordinals, freq=read_frequency(frequency)).array


def _intervals(writer: Writer, array: Any) -> Any:
    writer.enter(array, 0)
    encoded = [writer.part(array.left), writer.part(array.right), array.closed]
    writer.inside.pop()
    return {"pd_intervals": encoded}


def _read_intervals(reader: Reader, payload: Any) -> Any:
    left, right, closed = fields(payload, 3)
    if not isinstance(left, pd.Index) or type(left) is not type(right) or closed not in _CLOSED:
        raise refuse("an array of intervals is malformed")
    return pd.arrays.IntervalArray.from_arrays(left, right, closed=closed)


def _categorical(writer: Writer, array: Any) -> Any:
    writer.enter(array, 0)
    encoded = [encode_array(writer, np.asarray(array.codes)), writer.part(array.categories), bool(array.ordered)]
    writer.inside.pop()
    return {"categories": encoded}


def _read_categorical(reader: Reader, payload: Any) -> Any:
    codes, categories, ordered = fields(payload, 3)
    if exactly(codes, np.ndarray).dtype.kind != "i" or codes.ndim != 1 or not isinstance(categories, pd.Index):
        raise refuse("a categorical is malformed")
    dtype = pd.CategoricalDtype(categories, ordered=exactly(ordered, bool))
    return pd.Categorical.from_codes(codes, dtype=dtype)


# ---- scalars


def _moment(tag: str, unit: str, moment: Any, *more: Any) -> Any:
    return {tag: [int(moment.view(np.int64)), unit, *more]}


def _read_moment(kind: str, value: Any, unit: Any) -> Any:
    if unit not in _UNITS:
        raise refuse("a date has no unit")
    return np.array([exactly(value, int)], np.int64).view(f"{kind}8[{unit}]")[0]


def _read_timestamp(reader: Reader, payload: Any) -> Any:
    value, unit, zone = fields(payload, 3)
    if not _dates.is_zone(zone):
        raise refuse("a time zone is none")
    moment = pd.Timestamp(_read_moment("M", value, unit))
    return moment if zone is None else moment.tz_localize("UTC").tz_convert(zone)


def _period(writer: Writer, value: Any) -> Any:
    frequency = _period_frequency(pd.PeriodDtype(value.freq))
    return {"period": [int(value.ordinal), frequency]}


def _read_period(reader: Reader, payload: Any) -> Any:
    ordinal, frequency = fields(payload, 2)
    return pd.Period(ordinal=exactly(ordinal, int), freq=read_frequency(frequency))


def _read_interval(reader: Reader, payload: Any) -> Any:
    left, right, closed = fields(payload, 3)
    if closed not in _CLOSED:
        raise refuse("an interval is malformed")
    return pd.Interval(left, right, closed=closed)


def _timestamp(writer: Writer, value: Any) -> Any:
    return _moment("timestamp", value.unit, value.to_datetime64(), _dates.encode_zone(writer, value.tz))


def _interval(writer: Writer, value: Any) -> Any:
    return {"interval": [*writer.sequence(value, (value.left, value.right)), value.closed]}


ENCODERS.update(
    {
        **dict.fromkeys(_NUMBERS.values(), _numbers),
        pd.arrays.StringArray: _text,
        pd.arrays.ArrowStringArray: _text,
        pd.arrays.DatetimeArray: _dates_array,
        pd.arrays.TimedeltaArray: lambda w, array: {"pd_spans": encode_array(w, array.to_numpy())},
        pd.arrays.PeriodArray: _periods,
        pd.arrays.IntervalArray: _intervals,
        pd.arrays.NumpyExtensionArray: lambda w, array: {"pd_objects": encode_array(w, array.to_numpy())},
        pd.Categorical: _categorical,
        pd.Timestamp: _timestamp,
        pd.Timedelta: lambda w, value: _moment("delta", value.unit, value.to_timedelta64()),
        pd.Period: _period,
        pd.Interval: _interval,
        type(pd.NaT): lambda w, value: {"pd_na": "NaT"},
        type(pd.NA): lambda w, value: {"pd_na": "NA"},
    }
)
DECODERS.update(
    {
        tag: quietly(decoder)
        for tag, decoder in {
            "pd_numbers": _read_numbers,
            "pd_text": _read_text,
            "pd_dates": _read_dates,
            "pd_spans": _read_spans,
            "pd_period": _read_periods,
            "pd_intervals": _read_intervals,
            "pd_objects": lambda r, payload: pd.arrays.NumpyExtensionArray(exactly(payload, np.ndarray)),
            "categories": _read_categorical,
            "timestamp": _read_timestamp,
            "delta": lambda r, payload: pd.Timedelta(_read_moment("m", *fields(payload, 2))),
            "period": _read_period,
            "interval": _read_interval,
            "pd_na": lambda r, payload: _CONSTANTS[payload],
        }.items()
    }
)
