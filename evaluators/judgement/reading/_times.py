"""When a rating was made, as people write it: 2026-03-02 14:30, or with dots 2.3.2026 14:30."""

import re
from datetime import UTC, datetime

_DOTS = re.compile(
    r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:,?\s+(?:um\s+)?(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?:\s+uhr)?)?"
)


def seconds_of(text: str) -> float:
    """Return a day, or a day and a time, as seconds since 1970; with dots the day comes first, as nearly everywhere.

    Days with slashes are not read: 3/4/2026 is in March or in April.

    Parameters
    ----------
    text : str
        As ISO 8601 has it, or day, month and year with dots; without a time zone it is taken as UTC.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    ValueError
        If it says no day.

    Examples
    --------
    >>> seconds_of("2026-03-02 14:30") == seconds_of("02.03.2026 14:30") == seconds_of("2.3.2026, 14.30 Uhr")
    True
    """
    if match := _DOTS.fullmatch(text.strip().casefold()):
        day, month, year, hour, minute, second = (int(each or 0) for each in match.groups())
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    else:
        moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
