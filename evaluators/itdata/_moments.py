"""Times on the clocks of a zone, as moments in UTC."""

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype

from evaluators.itdata.errors import LogError

_OFFSET = r"\d[T ]\d\d.*(?:Z|[+-]\d\d:?(?:\d\d)?)$"
_TIME: Literal["datetime64[us, UTC]"] = "datetime64[us, UTC]"


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises
    ------
    LogError
        If no zone has this name.

    Examples
    --------
    >>> zone_named("Europe/Dublin").key
    'Europe/Dublin'
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise LogError(
            f"There is no time zone {name!r}.",
            'Name one as computers do: "Europe/Dublin", "America/New_York", "UTC".',
            "time_zone",
        ) from error


def utc_times(values: pd.Series, name: str, zone: ZoneInfo) -> pd.Series:
    """Return times in UTC; a clock time that occurs twice a year is the earlier, one that never occurs moves on."""
    try:
        read = pd.to_datetime(values) if is_datetime64_any_dtype(values) else _read(values)
    except (ValueError, TypeError) as error:
        raise LogError(
            f"Not every value of {name} is a time{_first_wrong(values)}.", "Give times such as 2026-03-31 14:05."
        ) from error
    if read.dt.tz is None:
        once = np.ones(len(read), dtype=bool)
        read = read.dt.tz_localize(zone, ambiguous=once, nonexistent="shift_forward")
    return read.dt.tz_convert("UTC").astype(_TIME)


def _first_wrong(values: pd.Series) -> str:
    for value in values[values.notna()]:
        try:
            pd.to_datetime(value, format="ISO8601")
        except (ValueError, TypeError):
            return f": {value!r} is none"
    return ": some have a zone and some have none"


def _read(values: pd.Series) -> pd.Series:
    """Read ISO times; offsets may differ, as between winter and summer, but either all have one or none has."""
    offset = values.astype("string").str.contains(_OFFSET, na=False)
    everywhere = bool(offset.any() and (offset | values.isna()).all())
    return pd.to_datetime(values.astype(object), format="ISO8601", utc=everywhere)


def utc_moment(value: object, zone: ZoneInfo, name: str = "as_of") -> pd.Timestamp:
    """Return a moment in UTC; a clock time that occurs twice a year is the earlier, one that never occurs moves on."""
    try:
        moment = pd.Timestamp(value)  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise LogError(f"{name} is {value!r}, which is no time.", "Give one such as 2026-03-31 14:05.") from error
    if pd.isna(moment):
        raise LogError(f"{name} is a missing time.", "Give one such as 2026-03-31 14:05, or leave it out.")
    local = moment.tz_localize(zone, ambiguous=True, nonexistent="shift_forward") if moment.tz is None else moment
    return local.tz_convert("UTC")
