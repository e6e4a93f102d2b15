"""The audit of one selection step: every group against the reference group, with a verdict in words."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators.screening.counts import CountTable, GroupCount
from evaluators.screening.errors import LevelError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.intervals import METHOD, ratio_interval
from evaluators.screening.rates import falls_below, impact_ratio, reference_group
from evaluators.screening.rules import FOUR_FIFTHS, Rule
from evaluators.screening.significance import RateTest, holm, p_in_words, rate_test

if TYPE_CHECKING:
    import altair as alt


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
        Rate divided by the reference group's rate (no unit); NaN if that rate is zero.
    ratio_low, ratio_high : float
        Koopman score interval of the impact ratio at the audit's confidence, not adjusted for several groups;
        `ratio_high` may be infinite. NaN for the reference group.
    below_four_fifths : bool
        Whether the impact ratio lies under 0.8, in exact arithmetic.
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
        None for the reference group.
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
        for group in self.groups:
            if group.group == label:
                return group
        known = ", ".join(group.group for group in self.groups)
        raise UnknownGroupError(f"There is no group {label!r} in this audit.", f"The groups are: {known}.")

    @property
    def compared(self) -> tuple[GroupAudit, ...]:
        """All groups but the reference group, lowest impact ratio first."""
        others = [group for group in self.groups if group.group != self.reference]
        return tuple(sorted(others, key=lambda group: group.rate))

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of any group: evidence, else too little data, else none seen."""
        found = {group.verdict for group in self.compared}
        return next(verdict for verdict in Verdict if verdict in found)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group, with the fields of `GroupAudit` as columns.

        Returns
        -------
        DataFrame, shape (n_groups, 15)
            The reference group's verdict reads "reference".
        """
        return pd.DataFrame([_as_row(group) for group in self.groups])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are undefined or unbounded."""
        return {
            "verdict": self.verdict.value,
            "reference": self.reference,
            "reference_rule": self.reference_rule,
            "alpha": self.alpha,
            "interval_method": self.interval_method,
            "rule": {
                "name": self.rule.name,
                "threshold": float(self.rule.threshold),
                "source": self.rule.source,
                "status": self.rule.status,
                "status_source": self.rule.status_source,
                "checked_on": self.rule.checked_on.isoformat(),
            },
            "groups": [
                {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row}
                for row in (_as_row(group).items() for group in self.groups)
            ],
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
        group = self[label]
        selected = f"{group.selected:,} of {group.applicants:,} were selected ({group.rate:.1%})"
        if group.verdict is None:
            return f"{label}: {selected}. The other groups are compared with this one."
        said = f"{label}: {_in_words(group.verdict)}. {selected}"
        if math.isnan(group.impact_ratio):
            return f"{said}. Nobody of {self.reference} was selected, so there is nothing to compare with."
        return (
            f"{said}, which is {group.impact_ratio:.0%} of the rate of {self.reference}; "
            f"true values {_range_in_words(group)} fit these counts. {self._reading(group)}"
        )

    def _reading(self, group: GroupAudit) -> str:
        """Say how the ratio, the interval and the test lead to the verdict."""
        four_fifths = float(self.rule.threshold)
        if group.verdict is Verdict.EVIDENCE:
            return f"That is below {four_fifths:.0%}, and chance alone rarely makes such a gap: {self._odds(group)}."
        if group.below_four_fifths:
            return f"That is below {four_fifths:.0%}, but chance alone could make such a gap: {self._odds(group)}."
        if group.smaller_gap_significant:
            return (
                f"That is not below {four_fifths:.0%}, yet chance alone rarely makes such a gap: {self._odds(group)}. "
                "Someone who knows the job must judge whether it matters."
            )
        if group.verdict is Verdict.TOO_LITTLE_DATA:
            return f"That is not below {four_fifths:.0%}, but these counts leave room for it."
        return f"Even the low end is not below {four_fifths:.0%}."

    def _odds(self, group: GroupAudit) -> str:
        """Say what the p-value means, with the figures for experts in brackets."""
        comparisons = len(self.groups) - 1
        strict = f"; {p_in_words(group.p_adjusted)} after allowing for {comparisons} comparisons"
        return (
            f"if the true rates were equal, one at least this large would turn up {_how_often(group.p_value)} "
            f"(p-value {p_in_words(group.p_value)}{strict if comparisons > 1 else ''}; {group.test} test)"
        )

    def summary(self) -> str:
        """Say in plain words what was found, lowest impact ratio first.

        Returns
        -------
        str
            One line per group, then what such figures cannot show.

        Examples
        --------
        >>> print(audit_selection(CountTable.from_counts({"x": (12, 40), "y": (48, 80)})).summary())
        Result: evidence of adverse impact.
        x: evidence of adverse impact. 12 of 40 were selected (30.0%), which is 50% of the rate of y; true \
values from 29% to 79% fit these counts. That is below 80%, and chance alone rarely makes such a gap: if \
the true rates were equal, one at least this large would turn up in about 2 of 1,000 tries (p-value 0.002; \
pooled Z test).
        y: 48 of 80 were selected (60.0%). The other groups are compared with this one.
        These figures show how large a gap is, not why it is there or whether it is fair or lawful.
        """
        return "\n".join(
            [
                f"Result: {_in_words(self.verdict)}.",
                *(self.sentence(group.group) for group in self.compared),
                self.sentence(self.reference),
                "These figures show how large a gap is, not why it is there or whether it is fair or lawful.",
            ]
        )

    def chart(self) -> "alt.LayerChart":
        """Draw each group's impact ratio with its interval and the line at 0.8.

        Returns
        -------
        altair.LayerChart
            Verdicts differ in colour (safe for the colour-blind) and in shape; the description holds the
            summary as text for people who do not see the chart.
        """
        from evaluators.screening._chart import ratio_chart  # Altair is slow to import

        return ratio_chart(self)


def audit_selection(counts: CountTable, *, reference: str = "highest", alpha: float = 0.05) -> SelectionAudit:
    """Compare every group's selection rate with the reference group's.

    A group's verdict is

    - *evidence of adverse impact* if its impact ratio lies below four fifths **and** its Holm-adjusted
      p-value is under `alpha`. The ratio alone flags nearly every fair process with many small groups; the
      p-value alone flags gaps that do not matter.
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

    Returns
    -------
    SelectionAudit
        Figures and verdict of each group.

    Raises
    ------
    TooFewGroupsError
        If there is only one group.
    UnknownGroupError
        If `reference` is neither a rule nor a group.
    LevelError
        If `alpha` does not lie between 0 and 1.

    References
    ----------
    .. [1] 29 CFR 1607.4(D), Uniform Guidelines on Employee Selection Procedures.

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
    if len(counts) < 2:
        raise TooFewGroupsError(
            f"There is only one group, {counts.labels[0]!r}.", "An audit compares groups: give at least two."
        )
    compared_with = reference_group(counts, reference)
    others = [group for group in counts if group is not compared_with]
    tests = [rate_test(group, compared_with) for group in others]
    adjusted = holm([test.p_value for test in tests])
    audited = [
        _audit_group(group, compared_with, test=test, p_adjusted=p_adjusted, alpha=alpha)
        for group, test, p_adjusted in zip(others, tests, adjusted, strict=True)
    ]
    return SelectionAudit(
        groups=tuple(sorted([*audited, _reference_row(compared_with)], key=lambda group: group.group)),
        reference=compared_with.label,
        reference_rule=reference,
        alpha=alpha,
        interval_method=METHOD,
        rule=FOUR_FIFTHS,
    )


def _audit_group(
    group: GroupCount, reference: GroupCount, *, test: RateTest, p_adjusted: float, alpha: float
) -> GroupAudit:
    low, high = ratio_interval(group, reference, confidence=1 - alpha)
    below = falls_below(group, reference)
    significant = p_adjusted < alpha
    if below and significant:
        verdict = Verdict.EVIDENCE
    elif reference.selected and low >= FOUR_FIFTHS.threshold:
        verdict = Verdict.NONE_SEEN
    else:
        verdict = Verdict.TOO_LITTLE_DATA
    return GroupAudit(
        group=group.label,
        applicants=group.applicants,
        selected=group.selected,
        rate=float(group.rate),
        impact_ratio=impact_ratio(group, reference),
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
    )


def _reference_row(reference: GroupCount) -> GroupAudit:
    return GroupAudit(
        group=reference.label,
        applicants=reference.applicants,
        selected=reference.selected,
        rate=float(reference.rate),
        impact_ratio=impact_ratio(reference, reference),
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


def _as_row(group: GroupAudit) -> dict[str, Any]:
    return asdict(group) | {"verdict": "reference" if group.verdict is None else group.verdict.value}


def _in_words(verdict: Verdict) -> str:
    return "no adverse impact seen" if verdict is Verdict.NONE_SEEN else verdict.value


def _range_in_words(group: GroupAudit) -> str:
    if math.isinf(group.ratio_high):
        return f"from {group.ratio_low:.0%} upwards"
    return f"from {group.ratio_low:.0%} to {group.ratio_high:.0%}"


def _how_often(p_value: float) -> str:
    if p_value < 0.001:
        return "in fewer than 1 of 1,000 tries"
    if p_value < 0.0095:
        return f"in about {1000 * p_value:.0f} of 1,000 tries"
    return f"in about {100 * p_value:.0f} of 100 tries" if p_value < 0.995 else "in practically every try"
