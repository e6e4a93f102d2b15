"""Service levels as people type them: ``P1=4h`` and ``Mon-Fri 8-17``."""

import re
from collections.abc import Iterable

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.tickets.sla import BusinessHours

_UNITS = {"": 1.0, "h": 1.0, "hour": 1.0, "hours": 1.0, "m": 1 / 60, "min": 1 / 60, "minutes": 1 / 60}
_DAYS = {"d": 24.0, "day": 24.0, "days": 24.0}
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_targets(texts: Iterable[str], *, business: bool = False) -> dict[str, float]:
    """Read targets by priority.

    Parameters
    ----------
    texts : iterable of str
        Such as ``"P1=4h"``, ``"P2=30min"`` or ``"P3=2d"`` (days of 24 hours); a bare number means hours.
    business : bool
        Whether the clock runs in business hours only. A day has no fixed length then and is refused.

    Returns
    -------
    dict of str to float
        Priority -> hours.

    Raises
    ------
    MeasureError
        If a text is no such target, or a priority occurs twice.

    Examples
    --------
    >>> read_targets(["P1=4h", "P2=1.5d", "P3=90min"])
    {'P1': 4.0, 'P2': 36.0, 'P3': 1.5}
    """
    found: dict[str, float] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.rpartition("="))
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", value.casefold())
        unit = (_UNITS | _DAYS).get(match[2]) if match else None
        if not equals or not name or match is None or unit is None:
            raise MeasureError(f"{text!r} is no target.", "Write it like P1=4h, P2=30min or P3=2d.")
        if business and match[2] in _DAYS:
            raise MeasureError(
                f"The target {text!r} is in days, and the clock runs in business hours.", "Write hours: P3=16h."
            )
        if name in found:
            raise MeasureError(f"{name} has two targets.", "Give one for each priority.")
        found[name] = float(match[1]) * unit
    return found


def read_business_hours(text: str) -> BusinessHours:
    """Read business hours.

    Parameters
    ----------
    text : str
        Days and hours, such as ``"Mon-Fri 8-17"`` or ``"Mon,Wed,Fri 08:30-16:00"``.

    Returns
    -------
    BusinessHours

    Raises
    ------
    MeasureError
        If the text says no such thing.

    Examples
    --------
    >>> read_business_hours("Mon-Fri 8-17").in_words()
    'Monday to Friday, 08:00 to 17:00'
    """
    refused = MeasureError(f"{text!r} are no business hours.", 'Write days and hours, such as "Mon-Fri 8-17".')
    match = re.fullmatch(r"\s*(.+?)\s+(\d{1,2})(?::?(\d\d))?\s*[-–]\s*(\d{1,2})(?::?(\d\d))?\s*", text)
    if match is None:
        raise refused
    days: list[int] = []
    for part in match[1].casefold().replace("–", "-").split(","):
        names = [each.strip()[:3] for each in part.split("-")]
        if len(names) > 2 or not set(names) <= set(_WEEK):
            raise refused
        first, last = _WEEK.index(names[0]), _WEEK.index(names[-1])
        days += [day % 7 for day in range(first, last + 1 + (7 if last < first else 0))]
    start, end = (f"{int(match[place]):02d}:{match[place + 1] or '00'}" for place in (2, 4))
    return BusinessHours(start, end, tuple(sorted(set(days))))
