"""Halo: whose ratings of several dimensions go together more than the other raters' do."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evaluators.judgement._draws import FloatArray, check_draws, divided, drawn_values, percentiles, rounded
from evaluators.judgement._measured import require_order, require_raters
from evaluators.judgement._rows import ByRater, chart_rows, check_alpha, holm_of_defined
from evaluators.judgement.agreement.kappa import mean_of_defined
from evaluators.judgement.errors import NoAgreementError
from evaluators.judgement.panel import Panel

if TYPE_CHECKING:
    import altair as alt

FEWEST_ITEMS = 5


@dataclass(frozen=True, slots=True)
class RaterHalo:
    """How far one rater's dimensions go together.

    Parameters
    ----------
    rater : str
        The rater.
    n_items : int
        Items of which the rater rated all dimensions.
    own : float
        Mean correlation (-1 to 1) between the rater's ratings of two dimensions, over all pairs of them.
    others : float
        Mean of the same figure over the other raters.
    excess : float
        `own` less `others`.
    low, high : float
        Percentiles of the excess over redrawn items.
    p_value, p_adjusted : float
        Two-sided (0-1), from the draws; the latter by Holm over the raters.
    found : bool
        Whether the adjusted p-value is under alpha and the excess above 0.
    """

    rater: str
    n_items: int
    own: float
    others: float
    excess: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    found: bool


@dataclass(frozen=True, slots=True)
class Halo(ByRater[RaterHalo]):
    """Result of `rater_halo`.

    Parameters
    ----------
    raters : tuple of RaterHalo
        In the panels' order.
    dimensions : tuple of str
        What was rated of each item.
    alpha : float
        Significance level (0-1); intervals have the confidence 1 - alpha.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.
    """

    dimensions: tuple[str, ...]
    alpha: float
    replicates: int
    seed: int

    def summary(self) -> str:
        """Say in plain words whose dimensions go together more than the others'.

        Returns
        -------
        str
            A line for each rater found, one for the rest, and what it does not show.
        """
        lines = [
            f"{row.rater}'s ratings of {len(self.dimensions)} dimensions correlate at {row.own:.2f} on average, the "
            f"others' at {row.others:.2f} (difference {row.excess:+.2f}, {1 - self.alpha:.0%} interval {row.low:+.2f} "
            f"to {row.high:+.2f})."
            for row in self.raters
            if row.found
        ]
        rest = [row.rater for row in self.raters if not row.found and not math.isnan(row.excess)]
        untold = [row.rater for row in self.raters if math.isnan(row.excess)]
        if rest:
            lines.append(f"No halo beyond the others' that can be told from luck: {', '.join(rest)}.")
        if untold:
            lines.append(f"Too few items, or no differences between them, to tell: {', '.join(untold)}.")
        lines.append(
            "Dimensions may well go together in the items themselves: only what goes beyond the other raters counts "
            "here. If all raters have the same halo, this does not see it. A rater with less noise than the others "
            "looks like one with a halo."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw how far each rater exceeds the others, with intervals; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        return interval_chart(
            chart_rows(self.raters, "excess"),
            axis="Correlation of dimensions, beyond the others'",
            title="Whose dimensions go together?",
            said=[f"Right of the dashed line: more than the others'. Line: {1 - self.alpha:.0%} interval."],
            description=self.summary(),
            kinds=("halo beyond the others'", "not told from luck"),
        )


def rater_halo(panels: Mapping[str, Panel], *, alpha: float = 0.05, replicates: int = 2000, seed: int = 0) -> Halo:
    """Compare how far each rater's dimensions correlate with how far the other raters' do.

    Parameters
    ----------
    panels : mapping of str to Panel
        One panel for each dimension, with the same items and raters.
    alpha : float
        Significance level (0-1).
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    Halo
        Each rater's mean correlation, that of the others, and the difference with its interval.

    Raises
    ------
    NoAgreementError
        If there are fewer than two dimensions or raters, the panels differ in items or raters, ratings are only
        names, or fewer than two raters' dimensions can be correlated.
    LevelError
        If `alpha` or `replicates` make no sense.

    Examples
    --------
    >>> skill = Panel(np.array([[1, 2], [2, 4], [3, 1], [4, 5], [5, 3.0]]), tuple("abcde"), ("Ada", "Ben"))
    >>> style = Panel(np.array([[1, 4], [2, 2], [3, 3], [4, 1], [5, 5.0]]), tuple("abcde"), ("Ada", "Ben"))
    >>> found = rater_halo({"skill": skill, "style": style})
    >>> found["Ada"].own, found["Ada"].others
    (1.0, -0.6)
    """
    check_alpha(alpha)
    check_draws(1 - alpha, replicates)
    names, first = tuple(panels), _checked(panels)
    cube = np.stack([panels[name].only(raters=first.raters, items=first.items).ratings for name in names], axis=2)
    raters = [_Dimensions(cube[:, place, :]) for place in range(first.n_raters)]

    def statistic(drawn: FloatArray) -> FloatArray:
        own = np.stack([rater.correlations(drawn) for rater in raters], axis=1)
        others = np.stack([mean_of_defined(np.delete(own, place, axis=1)) for place in range(own.shape[1])], axis=1)
        return np.concatenate([own, others], axis=1)

    values = drawn_values(statistic, first.n_items, replicates=replicates, seed=seed)
    own, others = values[:, : first.n_raters], values[:, first.n_raters :]
    excess = own - others
    if np.isfinite(excess[0]).sum() < 2:
        raise NoAgreementError(
            "Fewer than two raters' dimensions can be correlated.",
            f"It takes {FEWEST_ITEMS} items of which a rater rated all dimensions, and differently.",
        )
    p_values = [_p_value(excess[:, place]) for place in range(first.n_raters)]
    adjusted = holm_of_defined(p_values)
    rows = []
    for place, name in enumerate(first.raters):
        some = math.isfinite(excess[0, place])
        low, high = percentiles(excess[1:, place], 1 - alpha) if some else (math.nan, math.nan)
        rows.append(
            RaterHalo(
                rater=name,
                n_items=raters[place].n_items,
                own=rounded(own[0, place]),
                others=rounded(others[0, place]),
                excess=rounded(excess[0, place]),
                low=low,
                high=high,
                p_value=p_values[place],
                p_adjusted=adjusted[place],
                found=bool(adjusted[place] < alpha and excess[0, place] > 0),
            )
        )
    return Halo(tuple(rows), names, alpha, replicates, seed)


def _checked(panels: Mapping[str, Panel]) -> Panel:
    """Return the first panel; all must have the same items and raters."""
    if len(panels) < 2:
        raise NoAgreementError(
            f"There {'is 1 dimension' if panels else 'are no dimensions'}.", "A halo is seen between two or more."
        )
    first = next(iter(panels.values()))
    for name, panel in panels.items():
        if set(panel.items) != set(first.items) or set(panel.raters) != set(first.raters):
            raise NoAgreementError(
                f"The dimension {name!r} has other items or raters than {next(iter(panels))!r}.",
                "Give the panels the same items and raters; ratings may be missing.",
            )
        require_order(panel, "Halo")
        require_raters(panel)
    return first


def _p_value(values: FloatArray) -> float:
    """Return how often the draws lie on the other side of 0, two-sided; the first value is the panel's own."""
    draws = values[1:][np.isfinite(values[1:])]
    if not math.isfinite(values[0]) or not len(draws):
        return math.nan
    fewer = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return min(1.0, 2 * (1 + fewer) / (1 + len(draws)))


class _Dimensions:
    """One rater's ratings of all dimensions, of weighted items."""

    def __init__(self, ratings: FloatArray) -> None:
        self.rows = np.flatnonzero(~np.isnan(ratings).any(axis=1))
        self.n_items = len(self.rows)
        kept = ratings[self.rows]
        width = np.ptp(kept, axis=0) if self.n_items else np.ones(ratings.shape[1])
        self.ratings = (kept - kept.mean(axis=0)) / np.where(width > 0, width, 1.0) if self.n_items else kept
        self.one, self.other = np.triu_indices(ratings.shape[1], 1)

    def correlations(self, drawn: FloatArray) -> FloatArray:
        """Return the mean correlation of two dimensions in each draw; NaN where none is defined."""
        if self.n_items < FEWEST_ITEMS:
            return np.full(len(drawn), np.nan)
        weights = drawn[:, self.rows]
        total = np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
        means = weights @ self.ratings / total
        squares = weights @ self.ratings**2 / total - means**2
        products = weights @ (self.ratings[:, self.one] * self.ratings[:, self.other]) / total
        together = products - means[:, self.one] * means[:, self.other]
        apart = np.sqrt(np.maximum(squares[:, self.one] * squares[:, self.other], 0.0))
        return mean_of_defined(np.clip(divided(together, apart), -1.0, 1.0))
