"""Weeks and months that a log covers from end to end, counted in the people's own time zone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog

FREQUENCIES = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q"}
_MISSING_AT_MOST = 0.02  # of a period: 29 minutes of a day, 3 hours of a week, half a day of a month


@dataclass(frozen=True, slots=True)
class WholePeriods:
    """The periods that lie inside a log.

    Parameters
    ----------
    index : PeriodIndex, shape (n_periods,)
        Rising, without gaps.
    names : tuple of str
        The day on which a day or a week begins, a month as ``"2026-03"``, a quarter as ``"2026Q1"``.
    left_out : tuple of str
        Names of the cut first and last period, where there are any.
    """

    index: pd.PeriodIndex
    names: tuple[str, ...]
    left_out: tuple[str, ...]

    def places(self, times: pd.Series) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
        """Return the place of the period of each local time; -1 outside the periods and for a missing time."""
        present = times.notna().to_numpy()
        places = np.full(len(times), -1, dtype=np.intp)
        stamps = pd.PeriodIndex(times[present], freq=self.index.freq)
        places[present] = self.index.get_indexer(stamps)
        return places


def whole_periods(log: TicketLog, every: str, *, since: object = None) -> WholePeriods:
    """Find the periods between the beginning of the log (or `since`) and its end.

    Parameters
    ----------
    log : TicketLog
        The log.
    every : str
        ``"day"``, ``"week"`` (Monday to Sunday), ``"month"`` or ``"quarter"``.
    since : time, optional
        When the export begins; by default what the log says. A period of which more than 2 % lies outside the log is
        left out.

    Raises
    ------
    MeasureError
        If there is no such kind of period, the log holds no whole one, or `since` is no time.
    """
    if every not in FREQUENCIES:
        raise MeasureError(f"There is no period {every!r}.", f"Choose one of: {', '.join(FREQUENCIES)}.")
    first = wall_time(log.since if since is None else since, log, "since")
    last = log.as_of.tz_convert(log.time_zone).tz_localize(None)
    if first >= last:
        raise MeasureError(f"The log would begin on {first:%Y-%m-%d} and end on {last:%Y-%m-%d}.", "Check `since`.")
    inside = max(first, last - pd.Timedelta(microseconds=1))  # a log that ends at midnight begins no new period
    every_period = pd.period_range(first, inside, freq=FREQUENCIES[every])
    starts, ends = every_period.start_time, every_period.end_time
    slack = (ends - starts) * _MISSING_AT_MOST
    whole = np.asarray((first <= starts + slack) & (last >= ends - slack))
    if not whole.any():
        raise MeasureError(
            f"The log holds no whole {every}: it runs from {first:%Y-%m-%d} to {last:%Y-%m-%d}.",
            "Choose shorter periods, or say with `since` when the export begins.",
        )
    return WholePeriods(
        every_period[whole],
        tuple(period_name(each, every) for each in every_period[whole]),
        tuple(period_name(each, every) for each in every_period[~whole]),
    )


def period_name(period: pd.Period, every: str) -> str:
    """Return the name under which results print a period."""
    return str(period.start_time.date()) if every in ("day", "week") else str(period)


def wall_time(moment: object, log: TicketLog, name: str) -> pd.Timestamp:
    """Return a time as the clocks on the wall showed it, without a zone.

    Raises
    ------
    MeasureError
        If this is no time.
    """
    try:
        stamp = pd.Timestamp(moment)  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise MeasureError(f"{name} is {moment!r}, which is no time.", "Give a day such as 2026-03-31.") from error
    if pd.isna(stamp):
        raise MeasureError(f"{name} is a missing time.", "Give a day such as 2026-03-31, or leave it out.")
    return stamp if stamp.tz is None else stamp.tz_convert(log.time_zone).tz_localize(None)
