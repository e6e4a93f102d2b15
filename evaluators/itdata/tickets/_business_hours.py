"""The hours in which a service desk's clock runs, on days on which the clocks change, too."""

from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.tickets._ticket_times import FloatArray

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """The hours in which a service desk's clock runs, on the clocks of the log's time zone.

    Parameters
    ----------
    start, end : str
        Such as ``"08:30"`` and ``"17:00"``; an end of ``"24:00"`` is midnight. The end comes after the start.
    weekdays : tuple of int
        Days on which the clock runs: 0 is Monday, 6 is Sunday.
    holidays : tuple of str
        Days on which it does not, such as ``"2026-03-17"``.

    Raises
    ------
    MeasureError
        If a time, a weekday or a holiday makes no sense.

    Examples
    --------
    >>> opened = pd.Series(pd.to_datetime(["2026-03-27 16:00"]).tz_localize("UTC"))
    >>> ended = pd.Series(pd.to_datetime(["2026-03-30 10:00"]).tz_localize("UTC"))  # a Friday and a Monday
    >>> BusinessHours("09:00", "17:00").between(opened, ended, "UTC").tolist()
    [2.0]
    """

    start: str = "09:00"
    end: str = "17:00"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= _minutes(self.start) < _minutes(self.end) <= 24 * 60:
            raise MeasureError(
                f"Business hours from {self.start} to {self.end} make no day.", 'Give them as "09:00" and "17:00".'
            )
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise MeasureError(f"The weekdays are {self.weekdays}.", "Give numbers: 0 is Monday, 6 is Sunday.")
        try:
            pd.to_datetime(list(self.holidays), format="%Y-%m-%d")
        except ValueError as error:
            raise MeasureError(f"The holidays are {self.holidays}.", 'Give days such as "2026-03-17".') from error

    def in_words(self) -> str:
        """Say when the clock runs."""
        days = sorted(set(self.weekdays))
        spell = [_DAYS[day] for day in days]
        unbroken = len(days) > 2 and all(after - before == 1 for before, after in pairwise(days))
        names = f"{spell[0]} to {spell[-1]}" if unbroken else ", ".join(spell)
        many = len(set(self.holidays))
        free = f", except {many} holiday{'' if many == 1 else 's'}" if many else ""
        return f"{names}, {self.start} to {self.end}{free}"

    def between(self, starts: "pd.Series[Any]", ends: "pd.Series[Any]", time_zone: str) -> FloatArray:
        """Return the hours of business between two times.

        Parameters
        ----------
        starts, ends : Series of datetime64 with a zone, shape (n,)
            An end lies after its start; missing where not known.
        time_zone : str
            Where the business hours hold. A day on which the clocks change is as long as it truly was.

        Returns
        -------
        array of float, shape (n,)
            Hours; NaN where a time is missing.
        """
        known = (starts.notna() & ends.notna()).to_numpy()
        found = np.full(len(starts), np.nan)
        if known.any():
            first, last = starts[known].min(), ends[known].max()
            opens, closes = self._days(first.tz_convert(time_zone), last.tz_convert(time_zone), time_zone)
            before = np.concatenate(([0.0], np.cumsum((closes - opens) / 3.6e9)))
            ticked = [_ticked(each[known], opens, closes, before) for each in (starts, ends)]
            found[known] = ticked[1] - ticked[0]
        return found

    def _days(
        self, first: pd.Timestamp, last: pd.Timestamp, zone: str
    ) -> tuple["np.typing.NDArray[np.int64]", "np.typing.NDArray[np.int64]"]:
        """Return when the clock starts and stops on each day of business, in microseconds of UTC."""
        days = pd.date_range(first.tz_localize(None).normalize(), last.tz_localize(None).normalize(), freq="D")
        days = days[days.day_of_week.isin(self.weekdays) & ~days.isin(pd.to_datetime(list(self.holidays)))]
        ends = []
        for clock in (self.start, self.end):
            local = pd.DatetimeIndex(days + pd.Timedelta(minutes=_minutes(clock)))
            once = np.ones(len(local), dtype=bool)
            utc = local.tz_localize(zone, ambiguous=once, nonexistent="shift_forward").tz_convert("UTC")
            ends.append(utc.as_unit("us").asi8.astype(np.int64))
        return ends[0], ends[1]


def _minutes(clock: str) -> int:
    """Return minutes since midnight, or -1 if this is no time of day."""
    if clock == "24:00":
        return 24 * 60
    try:
        read = time.fromisoformat(clock)
    except (ValueError, TypeError):
        return -1
    if read.second or read.microsecond or read.tzinfo is not None:
        return -1
    return read.hour * 60 + read.minute


def _ticked(
    moments: "pd.Series[Any]",
    opens: "np.typing.NDArray[np.int64]",
    closes: "np.typing.NDArray[np.int64]",
    before: FloatArray,
) -> FloatArray:
    """Return how many hours of business had passed at each moment since the first day."""
    at = pd.DatetimeIndex(moments).as_unit("us").asi8.astype(np.int64)
    if not len(opens):
        return np.zeros(len(at))
    day = np.searchsorted(opens, at, side="right") - 1
    inside = np.clip(at - opens[day], 0, closes[day] - opens[day]) / 3.6e9
    return np.where(day < 0, 0.0, before[day] + inside)
