"""Years as calendars and contracts count them, leap days or not."""

from typing import TypeVar

import pandas as pd

DAYS_A_YEAR = 365.25
FOR_EVER = 1000.0  # years

Days = TypeVar("Days", pd.Timestamp, pd.Series)


def kept_until(since: Days, years: float) -> Days:
    """Return the last day of so many years after a day, or after each of a column of days.

    Parameters
    ----------
    since : Timestamp or Series of datetime64, shape (n_rows,)
        The first day, without a zone.
    years : float
        Above 0. Whole years end on the same date, of 29 February on 28 February; the rest is days of 1/365.25 year.
        From 1,000 on: for ever, which is after every day that pandas can hold of real data.

    Examples
    --------
    >>> [kept_until(pd.Timestamp(day), 1).date().isoformat() for day in ("2023-02-28", "2024-02-29")]
    ['2024-02-28', '2025-02-28']
    """
    whole = int(min(years, FOR_EVER))
    rest = 0 if years >= FOR_EVER else round((years - whole) * DAYS_A_YEAR)
    return since + pd.DateOffset(years=whole, days=rest)
