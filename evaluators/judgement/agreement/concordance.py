"""Do raters put the items in the same order? Kendall's W of all, Kendall's tau of each pair."""

import math
from itertools import combinations

import numpy as np

from evaluators.judgement._draws import FloatArray, coded, divided, level_counts, mid_ranks
from evaluators.judgement._measured import complete, left_out, measured, require_order, shared
from evaluators.judgement.agreement.kappa import mean_of_defined
from evaluators.judgement.agreement.result import Agreement, AgreementTest
from evaluators.judgement.panel import Panel

_NO_LEVEL = (
    "It is about order only: raters who agree perfectly here can still differ in how strict they are, and in where "
    "they would draw the line."
)


def kendalls_w(panel: Panel, *, confidence: float = 0.95, replicates: int = 2000, seed: int = 0) -> Agreement:
    """Compute Kendall's coefficient of concordance W [1]_, corrected for ties [2]_, with its chi-squared test.

    Only items count that all raters rated.

    Parameters
    ----------
    panel : Panel
        The ratings; only their order counts.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable. A drawn item ties with its double, which lifts W a little.

    Returns
    -------
    Agreement
        W (0-1), with percentiles over redrawn items.

    Raises
    ------
    NoAgreementError
        If there are not two items that everybody rated, everybody gave all items one rating, or ratings are only names.
    LevelError
        If `confidence` or `replicates` make no sense.

    References
    ----------
    .. [1] Kendall, M. G. and Babington Smith, B. (1939). The Problem of m Rankings. Annals of Mathematical Statistics
       10(3), 275-287.
    .. [2] Siegel, S. and Castellan, N. J. (1988). Nonparametric Statistics for the Behavioral Sciences, 2nd edition,
       section 9.6.

    Examples
    --------
    >>> ratings = np.array([[1, 2, 1], [2, 1, 2], [3, 3, 4], [4, 4, 3]], dtype=float)
    >>> round(kendalls_w(Panel(ratings, tuple("abcd"), ("Ada", "Ben", "Cleo"))).value, 3)
    0.822
    """
    require_order(panel, "Kendall's W")
    used = complete(panel)
    n, k = used.n_items, used.n_raters
    columns = [coded(used.ratings[:, column]) for column in range(k)]

    def statistic(drawn: FloatArray) -> FloatArray:
        totals, ties = np.zeros(drawn.shape), np.zeros(len(drawn))
        for values, places in columns:
            counts = level_counts(drawn, places, len(values))
            totals += mid_ranks(counts)[:, places]
            ties += (counts**3 - counts).sum(axis=1)
        spread = (drawn * (totals - k * (n + 1) / 2) ** 2).sum(axis=1)
        return divided(12 * spread, k**2 * (n**3 - n) - k * ties)

    def tested(value: float) -> AgreementTest:
        from scipy.special import chdtrc

        chi = k * (n - 1) * value
        return AgreementTest("chi-squared", chi, (float(n - 1),), float(chdtrc(n - 1, chi)))

    def means(value: float) -> str:
        between = (k * value - 1) / (k - 1)
        return (
            f"1 would be one and the same order by all; by luck W is about {1 / k:.2f} with {k} raters, not 0. Without "
            f"ties, this W says that the ranks of two raters correlate at {between:.2f} on average."
        )

    notes = left_out(panel, used, "all raters")
    if n <= 7:
        notes += ("With 7 items or fewer the chi-squared test is only a rough guide.",)
    return measured(
        used,
        statistic,
        measure="kendalls_w",
        name="Kendall's W",
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        means=means,
        does_not_mean=_NO_LEVEL,
        notes=notes,
        test=tested,
    )


def kendalls_tau(panel: Panel, *, confidence: float = 0.95, replicates: int = 2000, seed: int = 0) -> Agreement:
    """Compute Kendall's tau-b [1]_ of two raters, or its mean over all pairs of raters.

    Each pair counts the items that both rated. A rater who gave all items one rating has no order and no tau.

    Parameters
    ----------
    panel : Panel
        The ratings; only their order counts.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable. A drawn item ties with its double and says nothing.

    Returns
    -------
    Agreement
        Tau-b (-1 to 1), with percentiles over redrawn items.

    Raises
    ------
    NoAgreementError
        If no two raters rated two items in common, none of them told items apart, or the ratings are only names.
    LevelError
        If `confidence` or `replicates` make no sense.

    References
    ----------
    .. [1] Kendall, M. G. (1945). The Treatment of Ties in Ranking Problems. Biometrika 33(3), 239-251.

    Examples
    --------
    >>> ratings = np.array([[1, 2], [2, 1], [3, 3], [4, 4]], dtype=float)
    >>> round(kendalls_tau(Panel(ratings, tuple("abcd"), ("Ada", "Ben"))).value, 3)
    0.667
    """
    require_order(panel, "Kendall's tau")
    used = shared(panel)
    pairs = [
        _Pair(used.ratings[:, one], used.ratings[:, other]) for one, other in combinations(range(used.n_raters), 2)
    ]
    itself = np.ones((1, used.n_items))
    defined = [bool(np.isfinite(pair.taus(itself)[0])) for pair in pairs]

    def statistic(drawn: FloatArray) -> FloatArray:
        return mean_of_defined(np.stack([pair.taus(drawn) for pair in pairs], axis=1))

    same, other_way = (sum(parts) for parts in zip(*(pair.compared() for pair in pairs), strict=True))

    def means(value: float) -> str:
        told = same + other_way
        share = 100 * same / told if told else math.nan
        direction = "in the same order" if value >= 0 else "in the same order, fewer than luck would (50)"
        return f"Of 100 pairs of items that two raters both told apart, they put {share:.0f} {direction}."

    notes = left_out(panel, used, "at least two raters")
    if 0 < sum(defined) < len(defined):
        notes += (
            f"{len(defined) - sum(defined)} of {len(defined)} pairs of raters have no tau: nothing in common, or one "
            "of them gave all items one rating.",
        )
    return measured(
        used,
        statistic,
        measure="kendalls_tau_b",
        name="Kendall's tau-b" + ("" if len(pairs) < 2 else _of_pairs(sum(defined))),
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        means=means,
        does_not_mean=f"{_NO_LEVEL} Pairs of items with a tie pull it down, so it is lower on a scale of few levels.",
        notes=notes,
    )


def _of_pairs(number: int) -> str:
    return f", mean of {number} pairs" if number > 1 else ", of 1 pair"


class _Pair:
    """Two raters' ratings, gathered in the cells of their two-way table.

    With many levels there are many cells, so what is a square of them is made only while it is needed.
    """

    def __init__(self, one: FloatArray, other: FloatArray) -> None:
        rows = np.flatnonzero(~np.isnan(one) & ~np.isnan(other))
        cells, place, self.sizes = np.unique(
            np.stack([one[rows], other[rows]], axis=1), axis=0, return_inverse=True, return_counts=True
        )
        self.rows, self.place = rows, place
        self.sides = [coded(side) for side in cells.T]

    def _same_way(self) -> FloatArray:
        """Return 1 where both put a cell above another, -1 where they differ, 0 where one of them has a tie."""
        one, other = (places for _, places in self.sides)
        return np.sign((one[:, None] - one[None, :]) * (other[:, None] - other[None, :])).astype(np.float64)

    def taus(self, drawn: FloatArray) -> FloatArray:
        """Return tau-b in each draw; NaN where one rater told no two items apart."""
        if not len(self.rows):
            return np.full(len(drawn), np.nan)
        own = drawn if len(self.place) == drawn.shape[1] else drawn[:, self.rows]
        weights = level_counts(own, self.place, len(self.sizes))
        agree = ((weights @ self._same_way()) * weights).sum(axis=1)
        total = weights.sum(axis=1) ** 2
        one, other = (
            total - (level_counts(weights, places, len(values)) ** 2).sum(axis=1) for values, places in self.sides
        )
        return divided(agree, np.sqrt(one * other))

    def compared(self) -> tuple[float, float]:
        """Return how many pairs of items both told apart: in the same order, and the other way round."""
        weights = self.sizes.astype(np.float64)
        product = self._same_way()
        return float(weights @ (product > 0) @ weights / 2), float(weights @ (product < 0) @ weights / 2)
