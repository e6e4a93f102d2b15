"""Intervals for the impact ratio: one that holds up with few people, and the textbook one."""

import math
from collections.abc import Mapping
from statistics import NormalDist
from types import MappingProxyType

from evaluators.screening.counts import GroupCount
from evaluators.screening.errors import LevelError, MethodError

INTERVAL_METHODS: Mapping[str, str] = MappingProxyType({"koopman": "Koopman score", "katz": "Katz log"})
METHOD = INTERVAL_METHODS["koopman"]

# Ratios of rates of up to a million million people lie between these logarithms, and so do their limits.
_LOG_RATIO_BOUND = 70.0


def interval_name(method: str) -> str:
    """Give the name under which results print an interval method.

    Parameters
    ----------
    method : str
        A key of `INTERVAL_METHODS`.

    Returns
    -------
    str
        Its name for readers.

    Raises
    ------
    MethodError
        If there is no such method.

    Examples
    --------
    >>> interval_name("katz")
    'Katz log'
    """
    try:
        return INTERVAL_METHODS[method]
    except KeyError as error:
        raise MethodError(
            f"There is no interval method {method!r}.", f"The methods are: {', '.join(INTERVAL_METHODS)}."
        ) from error


def ratio_interval(
    group: GroupCount, reference: GroupCount, *, confidence: float = 0.95, method: str = "koopman"
) -> tuple[float, float]:
    """Give the range of true impact ratios that fit the counts, by Koopman's score method [1]_ or Katz's [2]_.

    Koopman's interval holds each ratio that a score test would not reject. It stays honest where few people
    were selected, where the common logarithm and bootstrap intervals come out too short. Katz's logarithm
    interval is the one of most textbooks and serves to compare with their figures.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.
    confidence : float
        Share (0-1) of such intervals that hold the true ratio.
    method : str
        ``"koopman"`` or ``"katz"``; `interval_name` gives the name to print beside the figures.

    Returns
    -------
    low, high : float
        Ratios (no unit). Koopman: `low` is 0 if nobody of the group was selected; `high` is infinite if
        nobody of the reference group was. Katz: both NaN if nobody of a group was selected, or everybody of
        both, since the formula then divides by zero or claims to know the ratio exactly.

    Raises
    ------
    LevelError
        If `confidence` does not lie between 0 and 1.
    MethodError
        If there is no such method.

    References
    ----------
    .. [1] Koopman, P. A. R. (1984). Confidence Intervals for the Ratio of Two Binomial Proportions.
       Biometrics 40(2), 513-517.
    .. [2] Katz, D., Baptista, J., Azen, S. P. and Pike, M. C. (1978). Obtaining Confidence Intervals for the
       Risk Ratio in Cohort Studies. Biometrics 34(3), 469-474.

    Examples
    --------
    >>> low, high = ratio_interval(GroupCount("x", 12, 40), GroupCount("y", 48, 80))
    >>> print(f"{low:.3f} to {high:.3f}")
    0.293 to 0.794
    >>> low, high = ratio_interval(GroupCount("x", 12, 40), GroupCount("y", 48, 80), method="katz")
    >>> print(f"{low:.3f} to {high:.3f}")
    0.301 to 0.829
    """
    interval_name(method)
    if not 0 < confidence < 1:
        raise LevelError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.95.")
    critical_z = NormalDist().inv_cdf((1 + confidence) / 2)
    if method == "katz":
        return _katz(critical_z, group, reference)
    low = _ratio_where_score_is(critical_z, group, reference) if group.selected else 0.0
    high = _ratio_where_score_is(-critical_z, group, reference) if reference.selected else math.inf
    return low, high


def _katz(critical_z: float, group: GroupCount, reference: GroupCount) -> tuple[float, float]:
    """Give the logarithm interval: the log of the ratio is taken as normal."""
    if not (group.selected and reference.selected):
        return math.nan, math.nan
    variance = float((1 - group.rate) / group.selected + (1 - reference.rate) / reference.selected)
    if variance == 0:
        return math.nan, math.nan
    ratio, factor = float(group.rate / reference.rate), math.exp(critical_z * math.sqrt(variance))
    return ratio / factor, ratio * factor


def _ratio_where_score_is(target_z: float, group: GroupCount, reference: GroupCount) -> float:
    """Find the ratio with a given score by bisection; the score falls as the ratio grows."""
    low, high = -_LOG_RATIO_BOUND, _LOG_RATIO_BOUND
    while low < (middle := (low + high) / 2) < high:
        if _score(math.exp(middle), group, reference) > target_z:
            low = middle
        else:
            high = middle
    return math.exp(middle)


def _score(ratio: float, group: GroupCount, reference: GroupCount) -> float:
    """Return how many standard errors the counts lie above what this true ratio predicts."""
    x1, n1 = group.selected, group.applicants
    x0, n0 = reference.selected, reference.applicants
    # Most likely rates p1 and p0 among those with p1 = ratio * p0: the smaller root of a p0² - b p0 + c = 0.
    a = (n1 + n0) * ratio
    b = n1 * ratio + x1 + n0 + x0 * ratio
    c = x1 + x0
    p0 = 2 * c / (b + math.sqrt(max(b * b - 4 * a * c, 0.0)))
    p1 = ratio * p0
    variance = p1 * max(1 - p1, 0.0) / n1 + ratio**2 * p0 * max(1 - p0, 0.0) / n0
    if variance == 0:  # everybody was selected and the ratio is 1: a perfect fit
        return 0.0
    return (x1 / n1 - ratio * x0 / n0) / math.sqrt(variance)
