"""What the lens model shows: figures of each rater, and what they say in words."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._rows import holm_of_defined, row_of

if TYPE_CHECKING:
    import altair as alt

_LITTLE_LOST = 0.95


@dataclass(frozen=True, slots=True)
class RaterLens:
    """The lens of one rater, or of the panel.

    Parameters
    ----------
    rater : str
        The rater, or "the panel".
    n_items : int
        Items that were rated and whose outcome is known.
    achievement : float
        r_a: correlation (-1 to 1) of the ratings with the outcome.
    low, high : float
        Percentiles of it over redrawn items.
    knowledge : float
        G: correlation of what the rater's policy would give with what the best weights would; how well the weights
        fit the task. NaN if either is the same for all items.
    knowledge_low, knowledge_high : float
        Percentiles of it.
    predictability : float
        R_e: correlation (0-1) of the outcome with the best weighting of the cues. Nobody who adds up these cues can
        do better.
    consistency : float
        R_s: correlation (0-1) of the ratings with the rater's own policy.
    unmodelled : float
        C: correlation of what is left of the ratings and of the outcome; above 0, the rater sees something useful that
        is no cue or no sum of cues. NaN where nothing is left.
    unmodelled_p_value : float
        Two-sided (0-1) against C being 0, by Student's t.
    identity_gap : float
        r_a less G·R_e·R_s + C·√((1-R_e²)(1-R_s²)); nought but for rounding.
    """

    rater: str
    n_items: int
    achievement: float
    low: float
    high: float
    knowledge: float
    knowledge_low: float
    knowledge_high: float
    predictability: float
    consistency: float
    unmodelled: float
    unmodelled_p_value: float
    identity_gap: float


@dataclass(frozen=True, slots=True)
class Lens:
    """Result of `lens_model`.

    Parameters
    ----------
    raters : tuple of RaterLens
        In the panel's order; those whose ratings allow it.
    panel : RaterLens or None
        Of the panel's severity-free means; None where there are none.
    not_computed : tuple of str
        Who is missing, and why.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.
    notes : tuple of str
        Where to be careful.
    """

    raters: tuple[RaterLens, ...]
    panel: RaterLens | None
    not_computed: tuple[str, ...]
    confidence: float
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[RaterLens]:
        return iter(self.raters)

    def __getitem__(self, rater: str) -> RaterLens:
        """Return one rater; an unknown one raises UnknownRaterError."""
        return row_of(self._all(), rater)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rater, then the panel, with the fields of `RaterLens`."""
        return pd.DataFrame([asdict(row) for row in self._all()])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how well each rater's judgements fit the outcome and why not better."""
        rows = self._all()
        adjusted = holm_of_defined([row.unmodelled_p_value for row in rows])
        return "\n".join(
            [
                *(
                    _line(row, self.confidence, sees_more=p_value < 1 - self.confidence)
                    for row, p_value in zip(rows, adjusted, strict=True)
                ),
                *self.not_computed,
                *self.notes,
                "Achievement counts against one outcome, such as the rating after a year: it is no better than that "
                "measure, and known only for people who were hired unless the data are made up. A good fit does not "
                "show that the ratings are fair.",
            ]
        )

    def chart(self) -> "alt.LayerChart":
        """Draw each rater's achievement with its interval; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        rows = [{"label": row.rater, "value": row.achievement, "low": row.low, "high": row.high} for row in self._all()]
        return interval_chart(
            rows,
            axis="Correlation with the outcome",
            title="Whose judgements fit what came of it?",
            said=[f"Right of the dashed line: better than luck. Line: {self.confidence:.0%} interval."],
            description=self.summary(),
        )

    def _all(self) -> tuple[RaterLens, ...]:
        return (*self.raters, *([self.panel] if self.panel is not None else []))


def _line(row: RaterLens, confidence: float, *, sees_more: bool) -> str:
    said = (
        f"{row.rater}: the ratings correlate with the outcome at {row.achievement:.2f} ({confidence:.0%} interval "
        f"{row.low:.2f} to {row.high:.2f}, {row.n_items:,} items). The best sum of the cues reaches "
        f"{row.predictability:.2f}."
    )
    if not math.isnan(row.knowledge):
        said += (
            f" The weights fit the task at {row.knowledge:.2f} ({row.knowledge_low:.2f} to {row.knowledge_high:.2f}), "
            f"and are used with a consistency of {row.consistency:.2f}. {_most_lost(row)}"
        )
    if sees_more:
        said += (
            f" What the cues leave over goes with the outcome at {row.unmodelled:+.2f}: the rater seems to see "
            f"{'something useful' if row.unmodelled > 0 else 'something misleading'} that is not among them, or not as "
            "a sum."
        )
    return said


def _most_lost(row: RaterLens) -> str:
    if min(row.knowledge, row.consistency) >= _LITTLE_LOST:
        return "Little is lost by either."
    if row.knowledge_high < row.consistency:
        return "Most is lost by the weights."
    if row.knowledge_low > row.consistency:
        return "Most is lost by inconsistency."
    return "Whether more is lost by the weights or by inconsistency cannot be told."
