"""Each rater against the mean of the others: how well one person predicts the panel, the human ceiling."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evaluators.judgement._additive import fit_additive
from evaluators.judgement._draws import (
    FloatArray,
    check_draws,
    coded,
    divided,
    drawn_values,
    level_counts,
    mid_ranks,
    percentiles,
    rounded,
)
from evaluators.judgement._rows import ByRater
from evaluators.judgement.agreement.kappa import mean_of_defined
from evaluators.judgement.errors import NoAgreementError
from evaluators.judgement.panel import Panel
from evaluators.judgement.raters.drift import others_mean

if TYPE_CHECKING:
    import altair as alt

FEWEST_ITEMS = 4
_DIGITS = 9  # so that means which are equal but for rounding are ties


@dataclass(frozen=True, slots=True)
class RaterAgainstRest:
    """How well one rater's order of the items is that of the others.

    Parameters
    ----------
    rater : str
        The rater.
    n_items : int
        Items that the rater and somebody else rated.
    correlation : float
        Spearman's rank correlation (-1 to 1) with the mean of the others; NaN if either gave no order.
    low, high : float
        Percentiles of it over redrawn items.
    mean_absolute_difference : float
        Between the rating and the others' mean of the same item, in points of the scale; severity counts.
    """

    rater: str
    n_items: int
    correlation: float
    low: float
    high: float
    mean_absolute_difference: float


@dataclass(frozen=True, slots=True)
class AgainstRest(ByRater[RaterAgainstRest]):
    """Result of `against_the_rest`.

    Parameters
    ----------
    raters : tuple of RaterAgainstRest
        In the panel's order.
    ceiling : float
        Mean correlation over the raters: what one person reaches against the others.
    low, high : float
        Percentiles of the ceiling over redrawn items.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.
    """

    ceiling: float
    low: float
    high: float
    confidence: float
    replicates: int
    seed: int

    def summary(self) -> str:
        """Say in plain words how well one person predicts the others.

        Returns
        -------
        str
            The ceiling, the raters farthest from it, and what it does not show.
        """
        told = [row for row in self.raters if not math.isnan(row.correlation)]
        lowest, highest = (pick(told, key=lambda row: (row.correlation, row.rater)) for pick in (min, max))
        between = (
            "no interval"
            if math.isnan(self.low)
            else f"{self.confidence:.0%} interval {self.low:.2f} to {self.high:.2f}"
        )
        lines = [
            f"One rater's order of the items correlates with that of the others' mean at {self.ceiling:.2f} on average "
            f"({between}): from {lowest.correlation:.2f} "
            f"({lowest.rater}) to {highest.correlation:.2f} ({highest.rater}).",
            "This is the human ceiling: a screener that reaches it follows the others as well as one of their "
            "colleagues does. Compare it over the same items, and with the mean of as many raters.",
            "A low figure does not say that a rater is wrong, nor a high one that the panel is right or fair.",
        ]
        untold = [row.rater for row in self.raters if math.isnan(row.correlation)]
        if untold:
            lines.append(
                f"No figure for {', '.join(untold)}: fewer than {FEWEST_ITEMS} items in common with others, or one "
                "rating for all."
            )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw each rater's correlation with the others; dashed, the ceiling. The description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        rows = [{"label": row.rater, "value": row.correlation, "low": row.low, "high": row.high} for row in self.raters]
        lowest = min([0.0, *(row.low for row in self.raters if not math.isnan(row.low))])
        return interval_chart(
            rows,
            axis="Rank correlation with the others' mean",
            title="How well does one rater predict the others?",
            said=[
                f"Dashed: the mean of the raters, the human ceiling ({self.ceiling:.2f}).",
                f"Line: {self.confidence:.0%} interval.",
            ],
            description=self.summary(),
            at=self.ceiling,
            domain=(lowest, 1.0),
        )


def against_the_rest(panel: Panel, *, confidence: float = 0.95, replicates: int = 2000, seed: int = 0) -> AgainstRest:
    """Correlate each rater's ratings with the mean of the other raters' ratings of the same items.

    Severity is taken out of the others' ratings first, so that it does not matter who of them rated which item.

    Parameters
    ----------
    panel : Panel
        The ratings.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    AgainstRest
        Spearman's correlation of each rater, and their mean, the human ceiling.

    Raises
    ------
    NoAgreementError
        If nobody's ratings can be compared, or as for `rater_severity`.
    LevelError
        If `confidence` or `replicates` make no sense.

    Examples
    --------
    >>> ratings = np.array([[1, 1, 2], [2, 3, 1], [3, 2, 4], [4, 4, 3], [5, 5, 5.0]])
    >>> found = against_the_rest(Panel(ratings, tuple("abcde"), ("Ada", "Ben", "Cleo")))
    >>> found["Ada"].correlation
    1.0
    """
    check_draws(confidence, replicates)
    model = fit_additive(panel)
    rest = np.round(others_mean(panel.ratings - model.raters[None, :]), _DIGITS)
    compared = [Spearman(panel.ratings[:, place], rest[:, place]) for place in range(panel.n_raters)]

    def statistic(drawn: FloatArray) -> FloatArray:
        each = np.stack([one.correlations(drawn) for one in compared], axis=1)
        return np.column_stack([each, mean_of_defined(each)])

    values = drawn_values(statistic, panel.n_items, replicates=replicates, seed=seed)
    if math.isnan(values[0, -1]):
        raise NoAgreementError(
            "No rater's order can be compared with the others'.",
            f"Let raters rate at least {FEWEST_ITEMS} items in common, that are not all alike.",
        )
    apart = np.abs(panel.ratings - others_mean(panel.ratings))
    rows = []
    for place, name in enumerate(panel.raters):
        own = values[:, place]
        low, high = percentiles(own[1:], confidence) if math.isfinite(own[0]) else (math.nan, math.nan)
        seen = apart[~np.isnan(apart[:, place]), place]
        far = rounded(seen.mean()) if len(seen) else math.nan
        rows.append(RaterAgainstRest(name, compared[place].n_items, rounded(own[0]), low, high, far))
    low, high = percentiles(values[1:, -1], confidence)
    return AgainstRest(tuple(rows), rounded(values[0, -1]), low, high, confidence, replicates, seed)


class Spearman:
    """Spearman's correlation of two columns, of weighted items."""

    def __init__(self, one: FloatArray, other: FloatArray) -> None:
        self.rows = np.flatnonzero(~np.isnan(one) & ~np.isnan(other))
        self.n_items = len(self.rows)
        self.columns = [coded(each[self.rows]) for each in (one, other)]

    def correlations(self, drawn: FloatArray) -> FloatArray:
        """Return the correlation in each draw; NaN where one side has no order."""
        if self.n_items < FEWEST_ITEMS:
            return np.full(len(drawn), np.nan)
        weights = drawn[:, self.rows]
        total = weights.sum(axis=1, keepdims=True)
        centre = (total + 1) / 2  # of ranks, whatever the ties
        one, other = (
            mid_ranks(level_counts(weights, places, len(values)))[:, places] - centre for values, places in self.columns
        )
        spread = np.sqrt((weights * one**2).sum(axis=1) * (weights * other**2).sum(axis=1))
        return divided((weights * one * other).sum(axis=1), spread)
