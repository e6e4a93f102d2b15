"""What a policy is: the weight of each cue, and how much of the ratings they account for."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._rows import row_of
from evaluators.judgement.errors import NoPolicyError

if TYPE_CHECKING:
    import altair as alt

NOT_MINDS = (
    "A policy says which cues the ratings go with, not what anybody thought. A cue that nobody wrote down here can "
    "stand behind one that is, and who values a cue is not therefore right to."
)


@dataclass(frozen=True, slots=True)
class CueWeight:
    """How much one cue counts in a policy.

    Parameters
    ----------
    cue : str
        The cue.
    column : str
        The cue, or for words the word that is compared with the reference.
    weight : float
        Points of the scale (ordinal: log-odds of a higher rating) for one unit more of the cue, others equal.
    low, high : float
        Limits of the weight.
    standardised : float
        Standard deviations of the ratings for one standard deviation of the cue (no unit), to compare cues with.
        Ordinal: of the leaning behind the ratings.
    standardised_low, standardised_high : float
        Limits of it; the standard deviations are taken as known.
    p_value, p_adjusted : float
        Two-sided (0-1) against no weight; the latter by Holm over the columns of this policy.
    found : bool
        Whether the adjusted p-value is under alpha.
    """

    cue: str
    column: str
    weight: float
    low: float
    high: float
    standardised: float
    standardised_low: float
    standardised_high: float
    p_value: float
    p_adjusted: float
    found: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """One rater's policy, or the panel's.

    Parameters
    ----------
    rater : str
        The rater, or "the panel".
    model : str
        ``"linear"`` or ``"ordinal"``.
    n_items : int
        Items rated.
    weights : tuple of CueWeight
        In the order of the columns.
    r_squared : float
        Share (0-1) of the differences between ratings that the cues account for. Ordinal: McKelvey and Zavoina's.
    adjusted_r_squared : float
        The same, less what that many cues would reach by luck; NaN for ordinal.
    cross_validated_r_squared : float
        The same for items that the policy has not seen, each left out once; below 0 if the mean would do better. NaN
        for ordinal.
    consistency : float
        Correlation (0-1) of the ratings with what the policy would have given: how steadily the rater follows one
        rule that adds up these cues. Ordinal: root of `r_squared`.
    alpha : float
        Significance level (0-1); intervals have the confidence 1 - alpha.
    notes : tuple of str
        Where to be careful.
    """

    rater: str
    model: str
    n_items: int
    weights: tuple[CueWeight, ...]
    r_squared: float
    adjusted_r_squared: float
    cross_validated_r_squared: float
    consistency: float
    alpha: float
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[CueWeight]:
        return iter(self.weights)

    def __getitem__(self, column: str) -> CueWeight:
        """Return one column; an unknown one raises NoPolicyError."""
        by_name = {each.column: each for each in self.weights}
        if column not in by_name:
            raise NoPolicyError(f"This policy has no cue {column!r}.", f"It has: {', '.join(by_name)}.")
        return by_name[column]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per column: ``rater``, then the fields of `CueWeight`."""
        return pd.DataFrame([{"rater": self.rater} | asdict(each) for each in self.weights])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words what counts, how much of the ratings it accounts for, and what it does not show."""
        return "\n".join([*self.lines(), *self.notes, NOT_MINDS])

    def lines(self) -> list[str]:
        """Say what counts, without the cautions."""
        told = sorted((each for each in self.weights if each.found), key=lambda each: -abs(each.standardised))
        counting = "; ".join(
            f"{each.column} {'for' if each.standardised > 0 else 'against'} "
            f"({each.standardised:+.2f}, {each.standardised_low:+.2f} to {each.standardised_high:+.2f})"
            for each in told
        )
        said = [
            f"{self.rater}: {f'what counts, strongest first: {counting}' if told else 'no cue can be told from luck'}."
        ]
        rest = [each.column for each in self.weights if not each.found]
        if rest and told:
            said.append(f"Not told from luck: {', '.join(rest)}.")
        new = self.cross_validated_r_squared
        of_new = "" if math.isnan(new) else f", and {max(new, 0.0):.0%} for an item that the policy has not seen"
        said.append(
            f"The cues account for {self.r_squared:.0%} of the differences between {self.n_items:,} ratings{of_new}; "
            f"consistency {self.consistency:.2f} (1: follows one rule to the letter)."
        )
        return said

    def chart(self) -> "alt.LayerChart":
        """Draw each cue's standardised weight with its interval; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        rows = [
            {
                "label": each.column,
                "value": each.standardised,
                "low": each.standardised_low,
                "high": each.standardised_high,
                "found": each.found,
            }
            for each in self.weights
        ]
        return interval_chart(
            rows,
            axis="Standardised weight",
            title=f"What counts for {self.rater}?",
            said=[f"Right of the dashed line: counts for. Line: {1 - self.alpha:.0%} interval."],
            description=self.summary(),
            kinds=("counts", "not told from luck"),
        )


@dataclass(frozen=True, slots=True)
class Policies:
    """Result of `capture_policies`.

    Parameters
    ----------
    raters : tuple of Policy
        In the panel's order; those from whose ratings a policy can be read.
    panel : Policy or None
        That of the panel's severity-free means; None where there is none.
    not_computed : tuple of str
        Whose policy is missing, and why.
    alpha : float
        Significance level (0-1).
    """

    raters: tuple[Policy, ...]
    panel: Policy | None
    not_computed: tuple[str, ...]
    alpha: float

    def __iter__(self) -> Iterator[Policy]:
        return iter(self.raters)

    def __getitem__(self, rater: str) -> Policy:
        """Return one rater's policy; an unknown rater raises UnknownRaterError."""
        return row_of(self.raters, rater)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rater and column, then the panel's, with the columns of `Policy.to_frame`."""
        return pd.concat([each.to_frame() for each in self._all()], ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words what counts for each rater and the panel, and what it does not show."""
        said = ["\n".join([*each.lines(), *each.notes]) for each in self._all()]
        return "\n\n".join([*said, *(["\n".join(self.not_computed)] if self.not_computed else []), NOT_MINDS])

    def chart(self) -> "alt.LayerChart":
        """Draw the standardised weights of all raters, one row a cue; the description holds the summary."""
        from evaluators.judgement._charts.policies import policies_chart  # Altair is slow to import

        return policies_chart(self)

    def _all(self) -> tuple[Policy, ...]:
        return (*self.raters, *([self.panel] if self.panel is not None else []))
