"""The audit of one selection step: every group against the reference group, with a verdict in words."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import plain
from evaluators.screening._audit_words import group_in_words, people_in_words, verdict_in_words
from evaluators.screening._results import find_group
from evaluators.screening.counts import CountTable, GroupCount
from evaluators.screening.effects import (
    cohens_h,
    exchange,
    odds_ratio,
    people_to_threshold,
    shortfall,
    standard_errors,
)
from evaluators.screening.errors import LevelError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.intervals import interval_name, ratio_interval
from evaluators.screening.power import people_needed, smallest_ratio_seen
from evaluators.screening.rates import falls_below, impact_ratio, named_label, reference_group
from evaluators.screening.rules import FOUR_FIFTHS, Rule
from evaluators.screening.significance import FEWEST_EXPECTED, RateTest, holm, rate_test
from evaluators.screening.small import small_categories
from evaluators.screening.verdicts import GroupAudit, Verdict

if TYPE_CHECKING:
    import altair as alt

SMALL_SHARE = Fraction(2, 100)  # the 2 % of 6 RCNY 5-301(d)
_POWER = 0.8


@dataclass(frozen=True, slots=True)
class SelectionAudit:
    """Result of `audit_selection`.

    Parameters
    ----------
    groups : tuple of GroupAudit
        All groups, the reference group among them, sorted by label.
    reference : str
        Label of the reference group.
    reference_rule : str
        How it was chosen: ``"highest"``, ``"largest"`` or a label.
    alpha : float
        Significance level (0-1); intervals have confidence 1 - alpha.
    interval_method : str
        Name of the method that made the intervals.
    rule : Rule
        The guideline the ratios were held against, with source, status and date.
    """

    groups: tuple[GroupAudit, ...]
    reference: str
    reference_rule: str
    alpha: float
    interval_method: str
    rule: Rule

    def __iter__(self) -> Iterator[GroupAudit]:
        return iter(self.groups)

    def __getitem__(self, label: str) -> GroupAudit:
        """Return one group; an unknown label raises UnknownGroupError."""
        return find_group(self.groups, label, "in this audit")

    @property
    def compared(self) -> tuple[GroupAudit, ...]:
        """All groups that were compared with the reference group, lowest impact ratio first."""
        others = [group for group in self.groups if group.verdict is not None]
        return tuple(sorted(others, key=lambda group: group.rate))

    @property
    def left_out(self) -> tuple[GroupAudit, ...]:
        """The small groups that were not compared, lowest rate first; none unless they were to be left out."""
        return tuple(sorted((group for group in self.groups if group.left_out), key=lambda group: group.rate))

    @property
    def people_needed(self) -> int | None:
        """People in each group with whom the test finds a true ratio at the rule's threshold in 80 of 100 tries.

        At the reference group's rate and at alpha divided by the number of comparisons, and enough for 5 selected
        and 5 rejected people in a group, which the formula needs. None if nobody of the reference group was
        selected, or if there is nothing to find (threshold 1, or alpha of 0.8 or more). To find a gap is not yet a
        verdict: where the true ratio lies at the threshold, half of all samples fall above it.
        """
        rate, ratio, alpha = self[self.reference].rate, float(self.rule.threshold), self.alpha / len(self.compared)
        if not rate or ratio == 1 or alpha >= _POWER:
            return None
        both = rate * (1 + ratio) / 2
        enough = math.ceil(FEWEST_EXPECTED / min(both, 1 - both))
        return max(enough, people_needed(ratio=ratio, reference_rate=rate, alpha=alpha, power=_POWER))

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of any group: evidence, else too little data, else none seen."""
        found = {group.verdict for group in self.compared}
        return next(verdict for verdict in Verdict if verdict in found)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group, with the fields of `GroupAudit` as columns.

        Returns
        -------
        DataFrame, shape (n_groups, 26)
            The reference group's verdict reads "reference", that of a small group without comparison "left
            out". The last column, ``interval_method``, names what made the intervals.
        """
        rows = [group.to_dict() | {"interval_method": self.interval_method} for group in self.groups]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are undefined or unbounded."""
        return {
            "verdict": self.verdict.value,
            "reference": self.reference,
            "reference_rule": self.reference_rule,
            "alpha": self.alpha,
            "interval_method": self.interval_method,
            "people_needed": self.people_needed,
            "rule": {
                "name": self.rule.name,
                "threshold": float(self.rule.threshold),
                "source": self.rule.source,
                "status": self.rule.status,
                "status_source": self.rule.status_source,
                "checked_on": self.rule.checked_on.isoformat(),
            },
            "groups": [plain(group.to_dict()) for group in self.groups],
        }

    def sentence(self, label: str) -> str:
        """Say in plain words what was found for one group.

        Parameters
        ----------
        label : str
            The group.

        Returns
        -------
        str
            One or more sentences.

        Raises
        ------
        UnknownGroupError
            If the audit has no such group.
        """
        return group_in_words(self, self[label])

    def summary(self) -> str:
        """Say in plain words what was found, lowest impact ratio first.

        Returns
        -------
        str
            The result, one line per group, how many people a clear answer would need where it is open, and
            what such figures cannot show.

        Examples
        --------
        >>> print(audit_selection(CountTable.from_counts({"x": (12, 40), "y": (48, 80)})).summary())
        Result: evidence of adverse impact.
        x: evidence of adverse impact. 12 of 40 were selected (30.0%), which is 50% of the rate of y; true \
values from 29% to 79% fit these counts. That is below 80%, and chance alone rarely makes such a gap: if \
the true rates were equal, one at least this large would turn up in about 2 of 1,000 tries (p-value 0.002; \
pooled Z test). 8 more selected would have brought it to 80%.
        y: 48 of 80 were selected (60.0%). The other groups are compared with this one.
        These figures show how large a gap is, not why it is there or whether it is fair or lawful.
        """
        return "\n".join(
            [
                f"Result: {verdict_in_words(self.verdict)}.",
                *(self.sentence(group.group) for group in self.compared),
                self.sentence(self.reference),
                *(self.sentence(group.group) for group in self.left_out),
                *people_in_words(self),
                "These figures show how large a gap is, not why it is there or whether it is fair or lawful.",
            ]
        )

    def chart(self) -> "alt.LayerChart":
        """Draw each group's impact ratio with its interval and the line at the rule's threshold.

        Returns
        -------
        altair.LayerChart
            Verdicts differ in colour (safe for the colour-blind) and in shape; the description holds the
            summary as text for people who do not see the chart.
        """
        from evaluators.screening._charts.audit import ratio_chart  # Altair is slow to import

        return ratio_chart(self)


def audit_selection(
    counts: CountTable,
    *,
    reference: str = "highest",
    alpha: float = 0.05,
    method: str = "koopman",
    rule: Rule = FOUR_FIFTHS,
    minimum_share: Fraction | float | None = SMALL_SHARE,
    minimum_people: int | None = None,
    leave_small_out: bool = False,
    intervals: Mapping[str, tuple[float, float]] | None = None,
) -> SelectionAudit:
    """Compare every group's selection rate with the reference group's.

    A group's verdict is

    - *evidence of adverse impact* if its impact ratio lies below four fifths **and** its Holm-adjusted
      p-value is under `alpha`, **and** one different selection would change neither (see `exchange`). The
      ratio alone flags nearly every fair process with many small groups; the p-value alone flags gaps that
      do not matter.
    - *none seen* if the whole interval of the ratio, at confidence 1 - `alpha`, lies at four fifths or above.
      A gap this size or larger does not fit the counts. A smaller gap may still be real:
      `smaller_gap_significant` marks it, and the guidelines [1]_ let it count where it matters in practice.
    - *too little data to tell* otherwise, and whenever nobody of the reference group was selected.

    Parameters
    ----------
    counts : CountTable
        The groups' counts, at least two groups.
    reference : str
        ``"highest"`` rate, ``"largest"`` group or a group's label; see `reference_group`. A group named in
        advance gives fewer false findings than the highest rate.
    alpha : float
        Significance level (0-1): accepted chance of any false finding among the groups.
    method : str
        Interval method, ``"koopman"`` or ``"katz"``; with `intervals`, the name of what made them.
    rule : Rule
        Guideline with the threshold that takes the place of four fifths above.
    minimum_share : Fraction, float or None
        Groups under this share (0-1) of all applicants are marked as small; see `small_categories`. People whose
        group is not known are never small.
    minimum_people : int or None
        Groups with fewer applicants are marked as small.
    leave_small_out : bool
        Whether small groups are not compared and cannot be the ``"highest"`` or ``"largest"`` reference, as
        New York's rule allows under 2 % [2]_. Their counts and rates stay in the result.
    intervals : mapping of str to (float, float), optional
        Intervals of the ratio by group that were made elsewhere, such as by the bootstrap, at confidence
        1 - `alpha`; `method` then names them. One without any width, as the bootstrap gives where nobody or
        everybody was selected, counts as none.

    Returns
    -------
    SelectionAudit
        Figures and verdict of each group.

    Raises
    ------
    TooFewGroupsError
        If there is only one group to compare.
    UnknownGroupError
        If `reference` is neither a rule nor a group, or `intervals` lacks a group.
    LevelError
        If `alpha` or `minimum_share` does not lie between 0 and 1, or `minimum_people` is negative.
    MethodError
        If there is no such interval method.

    References
    ----------
    .. [1] 29 CFR 1607.4(D), Uniform Guidelines on Employee Selection Procedures.
    .. [2] 6 RCNY 5-301(d), rules for automated employment decision tools.

    Examples
    --------
    >>> audit = audit_selection(CountTable.from_counts({"White": (235, 2435), "Black": (157, 2435)}))
    >>> audit.verdict.value
    'evidence of adverse impact'
    >>> round(audit["Black"].impact_ratio, 2)
    0.67
    """
    if not 0 < alpha < 1:
        raise LevelError(f"alpha is {alpha}.", "Give a share between 0 and 1, such as 0.05.")
    alpha = float(alpha)  # rules keep theirs as fractions, which JSON does not know
    name = interval_name(method) if intervals is None else method
    small = _small_groups(counts, minimum_share=minimum_share, minimum_people=minimum_people)
    compared_with, others = _who_is_compared(counts, reference, left_out=set(small) if leave_small_out else set())
    tests = [rate_test(group, compared_with) for group in others]
    p_values = [test.p_value for test in tests]
    adjusted = holm(p_values)
    audited = {compared_with.label: _plain_row(compared_with, compared_with)}
    for place, group in enumerate(others):
        audited[group.label] = _audit_group(
            group,
            compared_with,
            test=tests[place],
            p_adjusted=adjusted[place],
            interval=_interval(group, compared_with, method=method, confidence=1 - alpha, intervals=intervals),
            alpha=alpha,
            comparisons=len(others),
            rule=rule,
        )
        if audited[group.label].verdict is Verdict.EVIDENCE and _flips(
            group, compared_with, place=place, p_values=p_values, alpha=alpha, rule=rule
        ):
            audited[group.label] = replace(audited[group.label], flips=True, verdict=Verdict.TOO_LITTLE_DATA)
    rows = [
        replace(
            audited.get(group.label) or replace(_plain_row(group, compared_with), impact_ratio=math.nan, left_out=True),
            is_missing=group.is_missing,
            small=small.get(group.label, ""),
        )
        for group in counts
    ]
    return SelectionAudit(
        groups=tuple(rows),
        reference=compared_with.label,
        reference_rule=reference,
        alpha=alpha,
        interval_method=name,
        rule=rule,
    )


def _small_groups(
    counts: CountTable, *, minimum_share: Fraction | float | None, minimum_people: int | None
) -> dict[str, str]:
    """Say why a group counts as small, for those that do."""
    small = {}
    for found in small_categories(counts, share=minimum_share, people=minimum_people):
        why = []
        if found.below_people:
            why.append(f"has fewer than {minimum_people:,} people")
        if found.below_share and minimum_share is not None:
            why.append(f"is under {float(100 * minimum_share):g}% of all applicants")
        small[found.group.label] = " and ".join(why)
    return small


def _who_is_compared(counts: CountTable, reference: str, *, left_out: set[str]) -> tuple[GroupCount, list[GroupCount]]:
    """Return the reference group, and the groups to compare with it."""
    if len(counts) < 2:
        raise TooFewGroupsError(
            f"There is only one group, {counts.labels[0]!r}.", "An audit compares groups: give at least two."
        )
    stay = tuple(group for group in counts if group.label not in left_out or group.label == named_label(reference))
    if len(stay) < 2:
        raise TooFewGroupsError(
            f"Only {len(stay)} of the {len(counts)} groups is large enough to be compared."
            if stay
            else f"None of the {len(counts)} groups is large enough to be compared.",
            "Lower the minimum, or mark small groups without leaving them out.",
        )
    compared_with = reference_group(CountTable(stay), reference)
    return compared_with, [group for group in stay if group is not compared_with]


def _interval(
    group: GroupCount,
    reference: GroupCount,
    *,
    method: str,
    confidence: float,
    intervals: Mapping[str, tuple[float, float]] | None,
) -> tuple[float, float]:
    if intervals is None:
        return ratio_interval(group, reference, confidence=confidence, method=method)
    if group.label not in intervals:
        raise UnknownGroupError(
            f"The given intervals lack the group {group.label!r}.", f"They have: {', '.join(intervals)}."
        )
    low, high = intervals[group.label]
    return (float(low), float(high)) if low != high else (math.nan, math.nan)  # no sample knows a ratio exactly


def _audit_group(
    group: GroupCount,
    reference: GroupCount,
    *,
    test: RateTest,
    p_adjusted: float,
    interval: tuple[float, float],
    alpha: float,
    comparisons: int,
    rule: Rule,
) -> GroupAudit:
    low, high = interval
    below = falls_below(group, reference, rule)
    significant = p_adjusted < alpha
    if below and significant:
        verdict = Verdict.EVIDENCE
    elif reference.selected and low >= rule.threshold:
        verdict = Verdict.NONE_SEEN
    else:
        verdict = Verdict.TOO_LITTLE_DATA
    return replace(
        _plain_row(group, reference),
        ratio_low=low,
        ratio_high=high,
        below_four_fifths=below,
        test=test.name,
        test_reason=test.reason,
        statistic=test.statistic,
        p_value=test.p_value,
        p_adjusted=p_adjusted,
        smaller_gap_significant=significant and not below and group.rate < reference.rate,
        verdict=verdict,
        odds_ratio=odds_ratio(group, reference),
        cohens_h=cohens_h(float(group.rate), float(reference.rate)),
        shortfall=shortfall(group, reference),
        standard_errors=standard_errors(group, reference),
        people_to_threshold=people_to_threshold(group, reference, rule=rule),
        smallest_ratio_seen=smallest_ratio_seen(
            group.applicants, reference.applicants, reference_rate=float(reference.rate), alpha=alpha / comparisons
        ),
    )


def _flips(
    group: GroupCount, reference: GroupCount, *, place: int, p_values: list[float], alpha: float, rule: Rule
) -> bool:
    """Tell whether one person of the group instead of one of the reference group would undo the evidence."""
    after = exchange(group, reference)
    if after is None:
        return False
    p_after = [*p_values[:place], rate_test(*after).p_value, *p_values[place + 1 :]]
    return not falls_below(*after, rule) or holm(p_after)[place] >= alpha


def _plain_row(group: GroupCount, reference: GroupCount) -> GroupAudit:
    """Return the row of a group that is not tested: the reference group, or one left out."""
    return GroupAudit(
        group=group.label,
        applicants=group.applicants,
        selected=group.selected,
        rate=float(group.rate),
        impact_ratio=impact_ratio(group, reference),
        ratio_low=math.nan,
        ratio_high=math.nan,
        below_four_fifths=False,
        test="",
        test_reason="",
        statistic=math.nan,
        p_value=math.nan,
        p_adjusted=math.nan,
        smaller_gap_significant=False,
        verdict=None,
    )
