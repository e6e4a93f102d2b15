"""Columns of the tables that IT keeps beside tickets: labels, days, moments, numbers and flags, or a clear error."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._validation import ColumnError
from evaluators.itdata.errors import JoinError, MeasureError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_OFFSET = r"(?<=\d)\s?(?:Z|[+-]\d{2}:?\d{2})$|(?<=:\d\d)[+-]\d\d$"  # not the -31 of a day
_YES = {"true": True, "yes": True, "y": True, "1": True, "1.0": True}
_NO = {"false": False, "no": False, "n": False, "0": False, "0.0": False}


def rows_of(table: Any, *names: str) -> pd.DataFrame:
    """Fetch columns of any table, rows numbered from 0; a table without rows is an error."""
    frame = pandas_columns(table, *names).reset_index(drop=True)
    if frame.empty:
        raise MeasureError("The table has no rows.", "Check which rows were exported.")
    return frame


def has_column(table: Any, name: str) -> bool:
    """Say whether a table of any kind has a column."""
    try:
        pandas_columns(table, name)
    except ColumnError:
        return False
    return True


def labels(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as text; a missing label is an error."""
    made = frame[name].astype("string").str.strip()
    _refuse(made.isna() | (made == ""), frame, name, "is empty", "Fill it in, or leave such rows out.")
    return made.astype("str")


def key_texts(values: pd.Series) -> pd.Series:
    """Return keys as text without spaces around them; missing and empty ones are missing.

    Examples
    --------
    >>> key_texts(pd.Series([17.0, 8.0])).tolist(), key_texts(pd.Series([" E17 "])).tolist()
    (['17', '8'], ['E17'])
    """
    if pd.api.types.is_bool_dtype(values):
        raise JoinError(f"The key {values.name!r} holds true and false.", "Name the column with the key.")
    if isinstance(values.dtype, pd.CategoricalDtype):  # its labels may be numbers, too
        texts = key_texts(pd.Series(values.cat.categories, name=values.name)).tolist()
        return pd.Series(np.array([*texts, None], dtype=object)[values.cat.codes.to_numpy()], dtype=object)
    if pd.api.types.is_float_dtype(values):
        known = values.dropna().astype(float)
        if np.isfinite(known).all() and (known == known.round()).all():
            values = values.astype("Float64").round().astype("Int64")
    elif values.dtype == object:
        values = values.map(lambda each: int(each) if isinstance(each, float) and each.is_integer() else each)
    text = values.astype("string").str.strip().reset_index(drop=True)
    empty = text.isna() | (text == "").fillna(False)
    found = np.array(text, dtype=object)
    found[empty.to_numpy(dtype=bool)] = None
    return pd.Series(found, dtype=object)


def keys(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of keys as text, 17 and 17.0 alike; a missing key is an error."""
    made = key_texts(frame[name])
    _refuse(made.isna(), frame, name, "is empty", "Fill it in, or leave such rows out.")
    return made


def days(frame: pd.DataFrame, name: str, *, needed: bool = False) -> pd.Series:
    """Return a column as calendar days (midnight, without a zone); missing where nothing stands."""
    made: pd.Series = _read_times(frame, name, needed).dt.normalize()
    return made


def moments(frame: pd.DataFrame, name: str, *, needed: bool = False) -> pd.Series:
    """Return a column as moments without a zone: UTC where zones are given, as they stand where not."""
    return _read_times(frame, name, needed, to_utc=True)


def numbers(frame: pd.DataFrame, name: str, *, hint: str) -> FloatArray:
    """Return a column of numbers that are finite, present and not negative."""
    given = frame[name].astype(object).where(frame[name].notna(), None)
    if any(isinstance(each, bool | np.bool_) for each in given):
        raise MeasureError(f"The column {name!r} holds yes and no, not numbers.", hint)
    made: FloatArray = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64)
    _refuse(pd.Series(~np.isfinite(made), dtype=bool), frame, name, "is no number", hint)
    _refuse(pd.Series(made < 0, dtype=bool), frame, name, "is below 0", hint)
    return made


def flags(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of yes and no as nullable booleans; other words are an error."""
    words = frame[name].astype("string").str.strip().str.casefold()
    made = words.map(_YES | _NO).astype("boolean")
    _refuse(made.isna() & words.notna() & (words != ""), frame, name, "is neither yes nor no", "Write true or false.")
    return made


def day(value: Any, name: str) -> pd.Timestamp:
    """Return one calendar day, such as `as_of`: where a zone is given, the day that the clock there showed."""
    return _stamp(value, name).tz_localize(None).normalize()


def moment(value: Any, name: str) -> pd.Timestamp:
    """Return one moment without a zone: UTC where a zone is given."""
    made = _stamp(value, name)
    return made if made.tz is None else made.tz_convert("UTC").tz_localize(None)


def _stamp(value: Any, name: str) -> pd.Timestamp:
    if isinstance(value, int | float | np.number) and value == value:
        raise MeasureError(f"{name} is the number {value}.", 'Write a date as text, such as "2026-06-30".')
    try:
        made = pd.Timestamp(value)
    except (ValueError, TypeError) as error:
        raise MeasureError(f"{name} is {value!r}, which is no date.", "Write 2026-06-30.") from error
    if pd.isna(made):
        raise MeasureError(f"{name} is missing.", "Write a date such as 2026-06-30.")
    return made


def months(frame: pd.DataFrame, name: str) -> "pd.Series[Any]":
    """Return a column of months, such as ``2026-03`` or any day of it, as the first day of the month."""
    made: pd.Series = _read_times(frame, name, needed=True).dt.to_period("M").dt.to_timestamp()
    return made


def _read_times(frame: pd.DataFrame, name: str, needed: bool, *, to_utc: bool = False) -> pd.Series:
    given = frame[name]
    if isinstance(given.dtype, pd.PeriodDtype):
        given = given.dt.to_timestamp()
    if pd.api.types.is_numeric_dtype(given) and given.notna().any():
        raise MeasureError(f"The column {name!r} holds numbers.", "Give dates such as 2026-03-31.")
    if isinstance(given.dtype, pd.CategoricalDtype) or not pd.api.types.is_datetime64_any_dtype(given):
        given = given.astype(object)
    blank = given.isna()
    if pd.api.types.is_datetime64_any_dtype(given):
        read = given
    else:
        blank |= (given.astype("string").str.strip() == "").fillna(value=False)
        places, texts = pd.factorize(given.mask(blank).astype("string").str.strip())  # days come again and again
        text = pd.Series(texts, dtype="string")
        zoned = text.str.contains(_OFFSET).fillna(value=False)
        if zoned.any() and not zoned.all():
            raise MeasureError(
                f"The column {name!r} mixes times with and without a zone.", "Bring all times to one zone first."
            )
        if not to_utc:  # the day as the clock on the wall said it
            text = text.str.replace(_OFFSET, "", regex=True)
        try:
            read = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=bool(zoned.any() and to_utc))
        except ValueError as error:
            raise MeasureError(
                f"The column {name!r} has times that cannot be read together: {error}.", "Write 2026-03-31T14:05+01:00."
            ) from error
        read = pd.Series(read.array.take(places, allow_fill=True), index=given.index)
    if read.dt.tz is not None:
        read = (read.dt.tz_convert("UTC") if to_utc else read).dt.tz_localize(None)
    _refuse(read.isna() & ~blank, frame, name, "is no date", "Write dates as year-month-day, such as 2026-03-31.")
    if needed:
        _refuse(read.isna(), frame, name, "is empty", "Fill it in, or leave such rows out.")
    made: pd.Series = read.astype("datetime64[us]")
    return made


def _refuse(bad: "pd.Series[Any]", frame: pd.DataFrame, name: str, what: str, hint: str) -> None:
    places = np.flatnonzero(bad.fillna(value=False).to_numpy(dtype=bool))
    if len(places):
        value = frame[name].iloc[places[0]]
        shown = "" if what == "is empty" else f" ({str(value)[:40]!r})"
        many = f"; {len(places)} such rows" if len(places) > 1 else ""
        raise MeasureError(f"In row {places[0] + 1} the column {name!r} {what}{shown}{many}.", hint)
