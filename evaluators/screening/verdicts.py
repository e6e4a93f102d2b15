"""One group's audit: its figures and what they say."""

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What the counts say about one group; `audit_selection` defines when each is given."""

    EVIDENCE = "evidence of adverse impact"
    TOO_LITTLE_DATA = "too little data to tell"
    NONE_SEEN = "none seen"


@dataclass(frozen=True, slots=True)
class GroupAudit:
    """One group beside the reference group.

    Parameters
    ----------
    group : str
        The group's label.
    applicants, selected : int
        People.
    rate : float
        Share selected (0-1).
    impact_ratio : float
        Rate divided by the reference group's rate (no unit); NaN if that rate is zero or the group is
        left out.
    ratio_low, ratio_high : float
        Interval of the impact ratio at the audit's confidence, not adjusted for several groups, by the audit's
        `interval_method`; `ratio_high` may be infinite. NaN for the reference group, and where the method has
        no answer.
    below_four_fifths : bool
        Whether the impact ratio lies under the rule's threshold (0.8), in exact arithmetic.
    test, test_reason : str
        Which test, and a sentence that says why this one; empty for the reference group.
    statistic : float
        Z in standard errors, or Fisher's odds ratio; NaN for the reference group.
    p_value, p_adjusted : float
        Two-sided p-value, raw and after Holm's adjustment over all groups; NaN for the reference group.
    smaller_gap_significant : bool
        Whether the rate is lower without falling below four fifths, yet chance alone hardly explains it
        (adjusted p under alpha). The guidelines let such a gap count where it matters in practice, which a
        person must judge.
    verdict : Verdict or None
        None for the reference group and for groups left out of the comparison.
    odds_ratio, cohens_h, shortfall, standard_errors : float
        Other sizes of the gap, as in `effects`; NaN for the reference group.
    people_to_threshold : int
        How many more selected people would have brought the ratio to the rule's threshold; 0 if it is not below.
    flips : bool
        Whether one different selection would have taken the evidence away; then the verdict is "too little
        data to tell".
    smallest_ratio_seen : float
        The mildest true ratio at which the test would have noticed a gap in 80 of 100 tries, at the reference
        group's rate and at alpha divided by the number of comparisons; NaN if not even at a ratio of 0.
    is_missing : bool
        Whether these are people whose group, or part of it, is not known.
    small : str
        Why the group counts as small, such as "is under 2% of all applicants"; empty if it does not.
    left_out : bool
        Whether the group is small and was therefore not compared.
    """

    group: str
    applicants: int
    selected: int
    rate: float
    impact_ratio: float
    ratio_low: float
    ratio_high: float
    below_four_fifths: bool
    test: str
    test_reason: str
    statistic: float
    p_value: float
    p_adjusted: float
    smaller_gap_significant: bool
    verdict: Verdict | None
    odds_ratio: float = math.nan
    cohens_h: float = math.nan
    shortfall: float = math.nan
    standard_errors: float = math.nan
    people_to_threshold: int = 0
    flips: bool = False
    smallest_ratio_seen: float = math.nan
    is_missing: bool = False
    small: str = ""
    left_out: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values; the verdict without comparison reads "reference" or "left out"."""
        untested = "left out" if self.left_out else "reference"
        return asdict(self) | {"verdict": untested if self.verdict is None else self.verdict.value}
