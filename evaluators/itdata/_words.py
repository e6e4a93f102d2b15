"""How results of this subject say figures: money, counts, days and shares, always the same way."""

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


def percent(share: float, *, digits: int = 1) -> str:
    """Say a share (0-1) as a percentage; NaN is "not known".

    Examples
    --------
    >>> percent(0.125), percent(math.nan)
    ('12.5%', 'not known')
    """
    return "not known" if math.isnan(share) else f"{share:.{digits}%}"


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
