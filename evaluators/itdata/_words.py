"""How results of this subject say figures: money, counts, times and shares, always the same way."""

import math


def euros(amount: float) -> str:
    """Say an amount of money: whole euros from 100 on, cents below.

    Examples
    --------
    >>> euros(12345.6), euros(9.5)
    ('12,346 euros', '9.50 euros')
    """
    return f"{amount:,.0f} euros" if abs(amount) >= 100 or amount == round(amount) else f"{amount:,.2f} euros"


def counted(number: int, one: str, many: str = "") -> str:
    """Say a number with its noun.

    Examples
    --------
    >>> counted(1, "licence"), counted(1200, "licence")
    ('1 licence', '1,200 licences')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(share: float | None, *, digits: int = 1) -> str:
    """Say a share (0-1) as a percentage; None or NaN is "not known".

    Examples
    --------
    >>> percent(0.125), percent(math.nan)
    ('12.5%', 'not known')
    """
    return "not known" if share is None or math.isnan(share) else f"{share:.{digits}%}"


def listed(names: list[str] | tuple[str, ...], *, most: int = 5) -> str:
    """List names in a sentence, the first few of many.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def tickets(number: int) -> str:
    """Say a number of tickets.

    Examples
    --------
    >>> tickets(1), tickets(12034)
    ('1 ticket', '12,034 tickets')
    """
    return counted(number, "ticket")


def hours_in_words(hours: float | None) -> str:
    """Say a time as people do: minutes, hours or days (of 24 hours).

    Examples
    --------
    >>> [hours_in_words(each) for each in (0.004, 0.5, 22.1, 148.0, 2843.0, None)]
    ['under a minute', '30 minutes', '22.1 hours', '6.2 days', '118 days', 'not known']
    """
    if hours is None or math.isnan(hours):
        return "not known"
    if hours * 60 < 1:
        return "under a minute"
    if round(hours * 60) < 60:
        return counted(round(hours * 60), "minute")
    if hours < 48:
        return "1 hour" if f"{hours:.1f}" == "1.0" else f"{hours:.1f} hours".replace(".0 ", " ")
    days = hours / 24
    return f"{days:,.0f} days" if days >= 100 else f"{days:.1f} days".replace(".0 ", " ")


def at_most(hours: float | None) -> str:
    """Say a time behind "within" or before "or less".

    Examples
    --------
    >>> f"within {at_most(0.0)}", f"within {at_most(2.0)}"
    ('within a minute', 'within 2 hours')
    """
    words = hours_in_words(hours)
    return "a minute" if words == "under a minute" else words


def hours_short(hours: float | None) -> str:
    """Say a time in a few characters, for a label in a chart.

    Examples
    --------
    >>> [hours_short(each) for each in (0.004, 0.5, 0.999, 22.1, 148.0, 2843.0, None)]
    ['<1 min', '30 min', '1.0 h', '22 h', '6.2 d', '118 d', '–']
    """
    if hours is None or math.isnan(hours):
        return "–"
    if hours * 60 < 1:
        return "<1 min"
    if round(hours * 60) < 60:
        return f"{hours * 60:.0f} min"
    if hours < 48:
        return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"
    days = hours / 24
    return f"{days:.1f} d" if days < 10 else f"{days:,.0f} d"
