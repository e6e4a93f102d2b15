"""How far a count can be off by chance: intervals of rates of events that happen one by one."""

import math
from statistics import NormalDist

from evaluators.itdata.errors import MeasureError

METHODS = {"garwood": "exact Poisson (Garwood)", "byar": "Byar's approximation"}


def poisson_interval(
    events: float, *, exposure: float = 1.0, confidence: float = 0.95, method: str = "garwood"
) -> tuple[float, float]:
    """Give the range of true rates that fit a count.

    Parameters
    ----------
    events : float
        Number of events, 0 or more.
    exposure : float
        What the count is divided by, such as employee-years; above 0.
    confidence : float
        Between 0 and 1.
    method : str
        ``"garwood"`` [1]_ is exact: at least so many such intervals hold the true rate. ``"byar"`` [2]_ is the
        approximation of many public-health tables, good from about 10 events on.

    Returns
    -------
    low, high : float
        Events per unit of exposure. For no event `low` is 0.

    Raises
    ------
    MeasureError
        If a number makes no sense or there is no such method.

    References
    ----------
    .. [1] Garwood, F. (1936). Fiducial Limits for the Poisson Distribution. Biometrika 28(3/4), 437-442.
    .. [2] Breslow, N. E., Day, N. E. (1987). Statistical Methods in Cancer Research, volume II. IARC, section 2.3.

    Examples
    --------
    >>> low, high = poisson_interval(10)
    >>> print(f"{low:.2f} to {high:.2f}")
    4.80 to 18.39
    """
    if not (math.isfinite(events) and events >= 0):
        raise MeasureError(f"The number of events is {events}.", "Give 0 or more.")
    if not (math.isfinite(exposure) and exposure > 0):
        raise MeasureError(f"The exposure is {exposure}.", "Nobody was there to have an event; leave the group out.")
    if not 0 < confidence < 1:
        raise MeasureError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.95.")
    if method not in METHODS:
        raise MeasureError(f"There is no method {method!r}.", f"The methods are: {', '.join(METHODS)}.")
    tail = (1 - confidence) / 2
    if method == "garwood":
        from scipy.special import gammaincinv  # slow to import

        low = float(gammaincinv(events, tail)) if events else 0.0
        high = float(gammaincinv(events + 1, 1 - tail))
        return low / exposure, high / exposure
    z = NormalDist().inv_cdf(1 - tail)
    low = events * (1 - 1 / (9 * events) - z / (3 * math.sqrt(events))) ** 3 if events else 0.0
    more = events + 1
    high = more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3
    return max(low, 0.0) / exposure, high / exposure
