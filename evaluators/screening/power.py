"""How many people an audit needs, and what it could have found with the people it has.

All figures use Cohen's arcsine formula, which treats a gap as a distance `h` on a scale on which chance is about as
strong everywhere. They plan for the two-sided pooled Z test. Where fewer than about 5 people of a group are selected
or rejected they are rough.
"""

import math
from statistics import NormalDist

from evaluators.screening.effects import cohens_h
from evaluators.screening.errors import LevelError, SimulationError

_NORMAL = NormalDist()


def detection_power(
    people: int, reference_people: int, *, rate: float, reference_rate: float, alpha: float = 0.05
) -> float:
    """Give the chance that a test finds the gap between two true rates: its power.

    Parameters
    ----------
    people, reference_people : int
        Applicants of the group and of the reference group.
    rate, reference_rate : float
        Their true selection rates (0-1).
    alpha : float
        Significance level (0-1), two-sided.

    Returns
    -------
    float
        Share of such samples (0-1) in which the p-value falls under `alpha`; `alpha` itself if the rates are
        equal.

    Raises
    ------
    LevelError
        If `alpha` does not lie between 0 and 1.
    SimulationError
        If a number of people is under 1 or a rate is no share.

    References
    ----------
    Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., section 6.3.

    Examples
    --------
    >>> round(detection_power(858, 858, rate=0.24, reference_rate=0.30), 2)
    0.8
    >>> round(detection_power(40, 80, rate=0.24, reference_rate=0.30), 2)
    0.11
    """
    _check_people(people=people, reference_people=reference_people)
    _check_shares(rate=rate, reference_rate=reference_rate)
    _check_levels(alpha=alpha)
    critical_z = _NORMAL.inv_cdf(1 - alpha / 2)
    expected_z = abs(cohens_h(rate, reference_rate)) / math.sqrt(1 / people + 1 / reference_people)
    return _NORMAL.cdf(expected_z - critical_z) + _NORMAL.cdf(-expected_z - critical_z)


def people_needed(
    *, ratio: float, reference_rate: float, power: float = 0.8, alpha: float = 0.05, reference_per_person: float = 1
) -> int:
    """Give the people needed in a group so that a test finds an impact ratio.

    ``n = (1 + 1/k) ((z(1 - alpha/2) + z(power)) / h)²``, rounded up, where ``h`` is Cohen's distance of the two
    rates and ``k`` is `reference_per_person`. At a ratio of 0.8 this gives 3,205 a group at a rate of 10 %, 858 at
    30 % and 388 at 50 %.

    Parameters
    ----------
    ratio : float
        True impact ratio to be found (0 or more, not 1).
    reference_rate : float
        The reference group's true rate (over 0, at most 1).
    power : float
        Share of the samples (0-1) in which it shall be found, over `alpha`.
    alpha : float
        Significance level (0-1), two-sided.
    reference_per_person : float
        People of the reference group for each person of the group.

    Returns
    -------
    int
        People of the group; the reference group needs `reference_per_person` times as many.

    Raises
    ------
    LevelError
        If `alpha` or `power` does not lie between 0 and 1, or the power is not over alpha.
    SimulationError
        If the ratio is 1 (there is nothing to find), or it or the rate is no such share.

    References
    ----------
    Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., section 6.4.

    Examples
    --------
    >>> [people_needed(ratio=0.8, reference_rate=rate) for rate in (0.1, 0.3, 0.5)]
    [3205, 858, 388]
    """
    _check_levels(alpha=alpha, power=power)
    if power <= alpha:
        raise LevelError(
            f"The power {power} is not over alpha, {alpha}.", "Ask for more, such as 0.8: chance alone gives alpha."
        )
    if not 0 < reference_rate <= 1:
        raise SimulationError(f"The reference rate is {reference_rate}.", "Give a share over 0, such as 0.3 for 30 %.")
    if not 0 < reference_per_person < math.inf:
        raise SimulationError(
            f"There are {reference_per_person} reference people for each person.", "Give a number over 0, such as 1."
        )
    if not 0 <= ratio * reference_rate <= 1 or ratio == 1:
        raise SimulationError(
            f"The ratio is {ratio} at a reference rate of {reference_rate}.",
            "Give a ratio that makes a rate from 0 to 1 and is not 1, such as 0.8.",
        )
    distance = cohens_h(ratio * reference_rate, reference_rate)
    return math.ceil((1 + 1 / reference_per_person) * (_needed_z(power, alpha) / distance) ** 2)


def smallest_ratio_seen(
    people: int, reference_people: int, *, reference_rate: float, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Give the mildest impact ratio under 1 that a sample of this size would have found.

    Gaps between this ratio and 1 would mostly have been missed, so that "none found" says little about them.

    Parameters
    ----------
    people, reference_people : int
        Applicants of the group and of the reference group.
    reference_rate : float
        The reference group's true rate (0-1).
    power : float
        Share of the samples (0-1) in which it would be found.
    alpha : float
        Significance level (0-1), two-sided.

    Returns
    -------
    float
        Ratio (0-1); a true ratio this low or lower is found with at least that power. NaN if not even a ratio
        of 0 would be found, or the reference rate is 0.

    Raises
    ------
    LevelError
        If `alpha` or `power` does not lie between 0 and 1.
    SimulationError
        If a number of people is under 1 or the rate is no share.

    References
    ----------
    Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., chapter 6 (solved for the
    second rate).

    Examples
    --------
    >>> round(smallest_ratio_seen(40, 80, reference_rate=0.6), 2)
    0.55
    >>> round(smallest_ratio_seen(858, 858, reference_rate=0.3), 2)
    0.8
    """
    _check_people(people=people, reference_people=reference_people)
    _check_shares(reference_rate=reference_rate)
    _check_levels(alpha=alpha, power=power)
    distance = _needed_z(power, alpha) * math.sqrt(1 / people + 1 / reference_people)
    angle = math.asin(math.sqrt(reference_rate)) - distance / 2
    if angle < 0 or not reference_rate:
        return math.nan
    return math.sin(angle) ** 2 / reference_rate


def _needed_z(power: float, alpha: float) -> float:
    return _NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)


def _check_levels(**levels: float) -> None:
    for name, level in levels.items():
        if not 0 < level < 1:
            raise LevelError(f"{name} is {level}.", "Give a share between 0 and 1, such as 0.05 or 0.8.")


def _check_people(**people: int) -> None:
    for name, number in people.items():
        if not 1 <= number < math.inf:
            raise SimulationError(f"{name} is {number}.", "Give a number of applicants of at least 1.")


def _check_shares(**rates: float) -> None:
    for name, rate in rates.items():
        if not 0 <= rate <= 1:
            raise SimulationError(f"{name} is {rate}.", "Give a share from 0 to 1, such as 0.3 for 30 %.")
