"""Could chance alone have made the gap? Tests for two rates, and for many at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from evaluators.screening.counts import GroupCount

POOLED_Z = "pooled Z"
FISHER_EXACT = "Fisher exact"

_TIE = 1e-7  # two tables that are equally likely differ in the last digits of a float

FEWEST_PEOPLE = 30
FEWEST_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class RateTest:
    """Result of a two-sided test that two groups have the same chance of selection.

    Parameters
    ----------
    name : str
        ``"pooled Z"`` or ``"Fisher exact"``.
    reason : str
        Which test and why, as a sentence.
    statistic : float
        Z in standard errors, negative where the group's rate is the lower one; or Fisher's odds ratio, which
        may be infinite or NaN.
    p_value : float
        Probability (0-1) of a gap at least this unusual if the chances were equal.
    """

    name: str
    reason: str
    statistic: float
    p_value: float


def rate_test(group: GroupCount, reference: GroupCount) -> RateTest:
    """Test whether chance alone could have made the gap between two selection rates.

    Fisher's exact test where numbers are small (fewer than 30 people, or fewer than 5 expected among the
    selected or rejected of a group), otherwise the pooled two-proportion Z test that courts know as the "two
    standard deviations" rule [1]_.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.

    Returns
    -------
    RateTest
        Test, reason of the choice, statistic and two-sided p-value.

    References
    ----------
    .. [1] Castaneda v. Partida, 430 U.S. 482 (1977), note 17; Hazelwood School District v. United States, 433
       U.S. 299 (1977), note 14.

    Examples
    --------
    >>> result = rate_test(GroupCount("x", 12, 40), GroupCount("y", 48, 80))
    >>> print(f"{result.name}: {result.statistic:.2f}, p = {result.p_value:.4f}")
    pooled Z: -3.10, p = 0.0019
    """
    people = group.applicants + reference.applicants
    selected = group.selected + reference.selected
    fewest_expected = Fraction(min(group.applicants, reference.applicants) * min(selected, people - selected), people)
    if people < FEWEST_PEOPLE:
        return _fisher_exact(group, reference, f"there are only {people} people in the two groups together.")
    if fewest_expected < FEWEST_EXPECTED:
        rarer = "selected" if selected <= people - selected else "rejected"
        expected = math.floor(10 * fewest_expected) / 10  # 4.96 must not read as 5.0
        reason = (
            f"with equal chances we would expect only {expected} {rarer} people in a group, "
            f"and the Z test needs at least {FEWEST_EXPECTED}."
        )
        return _fisher_exact(group, reference, reason)
    pooled_rate = selected / people
    standard_error = math.sqrt(pooled_rate * (1 - pooled_rate) * (1 / group.applicants + 1 / reference.applicants))
    z = float(group.rate - reference.rate) / standard_error
    return RateTest(
        POOLED_Z,
        reason=f"We used the pooled Z test, because {people:,} people are enough for it: with equal chances we would "
        f"expect at least {FEWEST_EXPECTED} selected and {FEWEST_EXPECTED} rejected people in each group.",
        statistic=z,
        p_value=math.erfc(abs(z) / math.sqrt(2)),
    )


def _fisher_exact(group: GroupCount, reference: GroupCount, because: str) -> RateTest:
    # Own arithmetic, since scipy.stats takes seconds to import; tests hold it against scipy.
    n1, n0, hits = group.applicants, reference.applicants, group.selected + reference.selected
    possible = range(max(0, hits - n0), min(n1, hits) + 1)
    logs = [_log_ways(n1, chosen) + _log_ways(n0, hits - chosen) - _log_ways(n1 + n0, hits) for chosen in possible]
    seen = logs[group.selected - possible.start] + _TIE
    rejected = n1 - group.selected, n0 - reference.selected
    across, along = group.selected * rejected[1], reference.selected * rejected[0]
    return RateTest(
        FISHER_EXACT,
        reason=f"We used Fisher's exact test, because {because}",
        statistic=across / along if along else math.inf if across else math.nan,
        p_value=min(1.0, math.fsum(math.exp(log) for log in logs if log <= seen)),
    )


def _log_ways(people: int, chosen: int) -> float:
    """Return the logarithm of the number of ways to choose some of the people."""
    return math.lgamma(people + 1) - math.lgamma(chosen + 1) - math.lgamma(people - chosen + 1)


def p_in_words(p_value: float) -> str:
    """Write a p-value for people: never 0.000, since no gap is impossible.

    Parameters
    ----------
    p_value : float
        Probability (0-1), or NaN where nothing was tested.

    Returns
    -------
    str
        Three decimal places, ``"< 0.001"`` or a dash.

    Examples
    --------
    >>> p_in_words(0.00004), p_in_words(0.125), p_in_words(float("nan"))
    ('< 0.001', '0.125', '–')
    """
    if math.isnan(p_value):
        return "\N{EN DASH}"
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for having made several tests, by Holm's step-down method [1]_.

    Parameters
    ----------
    p_values : sequence of float, shape (n_tests,)
        Raw p-values (0-1).

    Returns
    -------
    list of float, shape (n_tests,)
        Adjusted p-values (0-1) in the same order. Calling those under alpha a finding keeps the chance of any
        false finding at alpha or less.

    References
    ----------
    .. [1] Holm, S. (1979). A Simple Sequentially Rejective Multiple Test Procedure. Scandinavian Journal of
       Statistics 6(2), 65-70.

    Examples
    --------
    >>> holm([0.25, 0.125])
    [0.25, 0.25]
    """
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, position in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, p_values[position] * (len(p_values) - rank)))
        adjusted[position] = running
    return adjusted
