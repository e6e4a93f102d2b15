"""How large a gap is: in odds, in people, in standard errors, and whether one selection would undo it."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from evaluators._plain import json_able
from evaluators.screening.counts import GroupCount
from evaluators.screening.errors import LevelError
from evaluators.screening.rates import falls_below, impact_ratio
from evaluators.screening.rules import FOUR_FIFTHS, Rule
from evaluators.screening.significance import rate_test


@dataclass(frozen=True, slots=True)
class Effects:
    """Sizes of the gap between a group and the reference group; `effects` computes them.

    Parameters
    ----------
    group, reference : str
        The two groups' labels.
    threshold : float
        The rule's threshold (0-1).
    impact_ratio : float
        Ratio of the selection rates (no unit); NaN if nobody of the reference group was selected.
    odds_ratio : float
        Odds of selection (selected : rejected) divided by the reference group's (no unit). Infinite or NaN if
        cells are empty; `empty_cells` then says which.
    empty_cells : tuple of str
        Sentences on cells without people, such as "Nobody of x was selected."
    cohens_h : float
        Difference of the rates on the arcsine scale, in radians (-3.14 to 3.14), negative where the group's
        rate is the lower one. Cohen called 0.2 small, 0.5 medium, 0.8 large, and asked not to take it
        as a law.
    shortfall : float
        People of the group who would have been selected at equal rates, with as many selections in all, minus
        those who were. Negative where the group has more.
    people_to_threshold : int
        How many more selected people of the group would have brought the ratio to the rule's threshold; 0 if
        it is not below.
    standard_errors : float
        Gap in standard errors of the pooled rate, negative where the group's rate is the lower one; NaN if
        nobody or everybody was selected. Courts look closer beyond "two or three standard deviations".
    ratio_flips, significance_flips : bool
        Whether one different selection would change on which side of the threshold the ratio lies, or of
        alpha the p-value; see `flips`.
    """

    group: str
    reference: str
    threshold: float
    impact_ratio: float
    odds_ratio: float
    empty_cells: tuple[str, ...]
    cohens_h: float
    shortfall: float
    people_to_threshold: int
    standard_errors: float
    ratio_flips: bool
    significance_flips: bool

    @property
    def flips(self) -> bool:
        """Whether one different selection would reverse a finding: no conclusion then."""
        return self.ratio_flips or self.significance_flips

    def to_frame(self) -> pd.DataFrame:
        """Return one row with the fields as columns.

        Returns
        -------
        DataFrame, shape (1, 12)
            `empty_cells` is one text.
        """
        return pd.DataFrame([asdict(self) | {"empty_cells": " ".join(self.empty_cells)}])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are undefined or unbounded."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how large the gap is.

        Returns
        -------
        str
            A few sentences on one line.

        Examples
        --------
        >>> print(effects(GroupCount("x", 12, 40), GroupCount("y", 48, 80)).summary())
        At equal rates 8.0 more people of x would have been selected. 8 more would have brought the rate of x \
to 80% of that of y. The gap is 3.1 times as wide as what chance usually does (standard errors); courts look \
closer from two or three. This says how far apart the groups are, not why.
        """
        more = "more" if self.shortfall >= 0 else "fewer"
        said = [f"At equal rates {abs(self.shortfall):.1f} {more} people of {self.group} would have been selected."]
        if self.people_to_threshold:
            said.append(
                f"{self.people_to_threshold:,} more would have brought the rate of {self.group} to "
                f"{self.threshold:.0%} of that of {self.reference}."
            )
        if not math.isnan(self.standard_errors):
            said.append(
                f"The gap is {abs(self.standard_errors):.1f} times as wide as what chance usually does (standard "
                "errors); courts look closer from two or three."
            )
        said.extend(self.empty_cells)
        if self.flips:
            said.append("One different selection would reverse a finding: draw no conclusion.")
        return " ".join([*said, "This says how far apart the groups are, not why."])


def effects(group: GroupCount, reference: GroupCount, *, rule: Rule = FOUR_FIFTHS, alpha: float = 0.05) -> Effects:
    """Measure the gap between two groups in several ways.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.
    rule : Rule
        The guideline with its threshold; four-fifths by default.
    alpha : float
        Significance level (0-1) for `significance_flips`; the p-value is not adjusted for other groups.

    Returns
    -------
    Effects
        All sizes, with statements where one is undefined.

    Raises
    ------
    LevelError
        If `alpha` does not lie between 0 and 1.

    References
    ----------
    Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., chapter 6 (h).
    Castaneda v. Partida, 430 U.S. 482 (1977), note 17; Hazelwood School District v. United States, 433 U.S.
    299 (1977), note 14 (standard deviations, shortfall against the expected number).

    Examples
    --------
    >>> found = effects(GroupCount("x", 12, 40), GroupCount("y", 48, 80))
    >>> print(f"odds ratio {found.odds_ratio:.3f}, h {found.cohens_h:.2f}, shortfall {found.shortfall:.0f}")
    odds ratio 0.286, h -0.61, shortfall 8
    """
    ratio_flips, significance_flips = flips(group, reference, rule=rule, alpha=alpha)
    return Effects(
        group=group.label,
        reference=reference.label,
        threshold=float(rule.threshold),
        impact_ratio=impact_ratio(group, reference),
        odds_ratio=odds_ratio(group, reference),
        empty_cells=tuple(_empty_cells(group, reference)),
        cohens_h=cohens_h(float(group.rate), float(reference.rate)),
        shortfall=shortfall(group, reference),
        people_to_threshold=people_to_threshold(group, reference, rule=rule),
        standard_errors=standard_errors(group, reference),
        ratio_flips=ratio_flips,
        significance_flips=significance_flips,
    )


def odds_ratio(group: GroupCount, reference: GroupCount) -> float:
    """Divide the group's odds of selection by the reference group's; no half is added to empty cells.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.

    Returns
    -------
    float
        The sample's odds ratio (no unit, 0 or more); infinite if it divides by zero, NaN if it is zero by zero.

    Examples
    --------
    >>> round(odds_ratio(GroupCount("x", 12, 40), GroupCount("y", 48, 80)), 3)
    0.286
    """
    above = group.selected * (reference.applicants - reference.selected)
    below = reference.selected * (group.applicants - group.selected)
    if not below:
        return math.inf if above else math.nan
    return above / below


def cohens_h(rate: float, reference_rate: float) -> float:
    """Give the difference of two rates on the arcsine scale, on which chance is about as strong everywhere.

    Parameters
    ----------
    rate, reference_rate : float
        Selection rates (0-1).

    Returns
    -------
    float
        Radians (-3.14 to 3.14), negative where `rate` is the lower one.

    Examples
    --------
    >>> round(cohens_h(0.3, 0.6), 2)
    -0.61
    """
    return 2 * (math.asin(math.sqrt(rate)) - math.asin(math.sqrt(reference_rate)))


def shortfall(group: GroupCount, reference: GroupCount) -> float:
    """Count the people whom the group lacks: expected at equal rates, minus selected.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.

    Returns
    -------
    float
        People; expected is the group's size times the rate of both groups together.

    Examples
    --------
    60 of 120 were selected, so 20 of x's 40 people would have been:

    >>> shortfall(GroupCount("x", 12, 40), GroupCount("y", 48, 80))
    8.0
    """
    both = GroupCount("both", group.selected + reference.selected, group.applicants + reference.applicants)
    return float(group.applicants * both.rate - group.selected)


def people_to_threshold(group: GroupCount, reference: GroupCount, *, rule: Rule = FOUR_FIFTHS) -> int:
    """Count how many more selected people of the group would bring the impact ratio to the threshold.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with; the reference group's selections stay as they are.
    rule : Rule
        The guideline with its threshold.

    Returns
    -------
    int
        People, exact; 0 if the ratio is not below the threshold.

    Examples
    --------
    >>> people_to_threshold(GroupCount("x", 12, 40), GroupCount("y", 48, 80))
    8
    """
    return max(0, math.ceil(rule.threshold * reference.rate * group.applicants) - group.selected)


def standard_errors(group: GroupCount, reference: GroupCount) -> float:
    """Express the gap in standard errors of the pooled rate: the "two standard deviations" of the courts.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.

    Returns
    -------
    float
        Negative where the group's rate is the lower one; NaN if nobody or everybody was selected. With small
        numbers look at the test of `rate_test` instead.

    Examples
    --------
    >>> round(standard_errors(GroupCount("x", 12, 40), GroupCount("y", 48, 80)), 2)
    -3.1
    """
    people = group.applicants + reference.applicants
    pooled = (group.selected + reference.selected) / people
    variance = pooled * (1 - pooled) * people / (group.applicants * reference.applicants)
    return float(group.rate - reference.rate) / math.sqrt(variance) if variance > 0 else math.nan


def exchange(
    group: GroupCount, reference: GroupCount, *, to_group: bool = True
) -> tuple[GroupCount, GroupCount] | None:
    """Give the counts after one different selection, as Question 21 of 1979 [1]_ tries it.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.
    to_group : bool
        Whether one person of the group is selected instead of one of the reference group, or the other way
        round.

    Returns
    -------
    (GroupCount, GroupCount) or None
        The two groups' new counts; None if nobody can be exchanged.

    References
    ----------
    .. [1] Adoption of Questions and Answers to Clarify and Provide a Common Interpretation of the Uniform
       Guidelines on Employee Selection Procedures, 44 FR 11996 (2 March 1979), question 21.

    Examples
    --------
    The example of Question 21: 3 of 20 beside 16 of 80. Afterwards the rates are 20 % and 18.75 %.

    >>> after = exchange(GroupCount("Black", 3, 20), GroupCount("White", 16, 80))
    >>> [(each.label, each.selected) for each in after]
    [('Black', 4), ('White', 15)]
    """
    step = 1 if to_group else -1
    selected, others = group.selected + step, reference.selected - step
    if not (0 <= selected <= group.applicants and 0 <= others <= reference.applicants):
        return None
    return GroupCount(group.label, selected, group.applicants), GroupCount(
        reference.label, others, reference.applicants
    )


def flips(
    group: GroupCount, reference: GroupCount, *, rule: Rule = FOUR_FIFTHS, alpha: float = 0.05
) -> tuple[bool, bool]:
    """Tell whether one different selection would reverse a finding; then the counts carry no conclusion.

    Both ways are tried: one person of the group selected instead of one of the reference group, and the
    reverse. Question 21 of 1979 (see `exchange`) holds enforcement to be out of place where a single selection
    shifts the result from one side to the other.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.
    rule : Rule
        The guideline with its threshold.
    alpha : float
        Significance level (0-1) for the p-value of `rate_test`.

    Returns
    -------
    ratio_flips, significance_flips : bool
        Whether the ratio would change to the other side of the threshold, and the p-value to the other side of
        `alpha`.

    Raises
    ------
    LevelError
        If `alpha` does not lie between 0 and 1.

    Examples
    --------
    >>> flips(GroupCount("Black", 3, 20), GroupCount("White", 16, 80))
    (True, False)
    >>> flips(GroupCount("x", 12, 40), GroupCount("y", 48, 80))
    (False, False)
    """
    if not 0 < alpha < 1:
        raise LevelError(f"alpha is {alpha}.", "Give a share between 0 and 1, such as 0.05.")
    below = falls_below(group, reference, rule)
    significant = rate_test(group, reference).p_value < alpha
    ratio_flips = significance_flips = False
    for to_group in (True, False):
        after = exchange(group, reference, to_group=to_group)
        if after is not None:
            ratio_flips |= falls_below(*after, rule) != below
            significance_flips |= (rate_test(*after).p_value < alpha) != significant
    return ratio_flips, significance_flips


def _empty_cells(group: GroupCount, reference: GroupCount) -> list[str]:
    said = []
    for each in (group, reference):
        if not each.selected:
            said.append(f"Nobody of {each.label} was selected.")
        if each.selected == each.applicants:
            said.append(f"Everybody of {each.label} was selected.")
    return said
