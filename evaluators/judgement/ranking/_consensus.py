"""How consensus rankings score items, of weighted raters: all draws of the raters at once."""

import math
from itertools import permutations

import numpy as np

from evaluators.judgement._draws import FloatArray
from evaluators.judgement.panel import Panel

_DIGITS = 9


def ranks_of(scores: FloatArray) -> FloatArray:
    """Return the ranks of each row's scores, 1 for the highest, ties sharing theirs; NaN where a score is missing.

    Examples
    --------
    >>> ranks_of(np.array([[5.0, 7.0, 5.0]])).tolist()
    [[2.5, 1.0, 2.5]]
    """
    from scipy.stats import rankdata

    ranks = rankdata(-np.round(scores, _DIGITS), axis=1)
    ranks[np.isnan(scores).any(axis=1)] = np.nan
    return np.asarray(ranks)


class Means:
    """Worth of the items with severity taken out, of weighted raters."""

    def __init__(self, panel: Panel) -> None:
        self.rated = panel.rated.astype(np.float64)
        self.values = np.where(panel.rated, panel.ratings, 0.0)

    def scores(self, drawn: FloatArray) -> FloatArray:
        """Return each item's score, shape (n_draws, n_items)."""
        return np.stack([self._of(weights) for weights in drawn])

    def ranks(self, drawn: FloatArray) -> FloatArray:
        """Return each item's rank, shape (n_draws, n_items)."""
        return ranks_of(self.scores(drawn))

    def _of(self, weights: FloatArray) -> FloatArray:
        """Solve for the raters first, as `fit_additive` does; a rater drawn twice counts twice."""
        kept = weights > 0
        given = self.rated[:, kept] * weights[kept]
        each = given.sum(axis=1)
        if (each == 0).any():
            return np.full(len(each), np.nan)
        share = given / each[:, None]
        laplacian = np.diag(given.sum(axis=0)) - given.T @ share
        means = (self.values[:, kept] * weights[kept]).sum(axis=1) / each
        gap = ((self.values[:, kept] - self.rated[:, kept] * means[:, None]) * weights[kept]).sum(axis=0)
        k = int(kept.sum())
        if k > 1 and np.linalg.eigvalsh(laplacian)[1] < 1e-9:  # these raters share no items
            return np.full(len(each), np.nan)
        effects = np.linalg.solve(laplacian + 1 / k, gap)
        effects -= effects @ weights[kept] / weights.sum()
        return np.asarray(means - share @ effects)


class Borda:
    """Mean share of the other items that a rater puts below, of weighted raters."""

    def __init__(self, panel: Panel) -> None:
        from scipy.stats import rankdata

        self.rated = panel.rated
        below = np.full(panel.ratings.shape, 0.0)
        for place in range(panel.n_raters):
            rows = self.rated[:, place]
            if rows.sum() > 1:
                below[rows, place] = (rankdata(panel.ratings[rows, place]) - 1) / (rows.sum() - 1)
        self.below = below
        self.counts = (self.rated & (self.rated.sum(axis=0) > 1)[None, :]).astype(np.float64)

    def scores(self, drawn: FloatArray) -> FloatArray:
        """Return each item's score, shape (n_draws, n_items)."""
        over, under = drawn @ (self.below * self.counts).T, drawn @ self.counts.T
        return np.asarray(np.divide(over, under, out=np.full(over.shape, np.nan), where=under > 0))

    def ranks(self, drawn: FloatArray) -> FloatArray:
        """Return each item's rank, shape (n_draws, n_items)."""
        return ranks_of(self.scores(drawn))


class Kemeny:
    """The order with the fewest disagreements, of weighted raters: all orders are tried."""

    def __init__(self, panel: Panel) -> None:
        with np.errstate(invalid="ignore"):
            higher = panel.ratings[:, None, :] > panel.ratings[None, :, :]
        self.higher = higher.astype(np.float64)  # item, item, rater
        self.both = (panel.rated[:, None, :] & panel.rated[None, :, :]).astype(np.float64)
        n = panel.n_items
        self.n = n
        orders = np.array(list(permutations(range(n))), dtype=np.int64)
        places = np.argsort(orders, axis=1)
        self.places = places
        above = places[:, :, None] < places[:, None, :]
        self.above = above.reshape(len(orders), n * n).astype(np.float32)
        self.unanimity = math.nan
        votes = self.higher.sum(axis=2)
        if votes.sum() > 0:
            self.unanimity = float((self.above @ votes.reshape(-1)).max() / votes.sum())

    def scores(self, drawn: FloatArray) -> FloatArray:
        """Return each item's score, shape (n_draws, n_items)."""
        votes = np.einsum("dr,ijr->dij", drawn, self.higher)
        met = np.einsum("dr,ijr->dij", drawn, self.both * (1 - np.eye(self.n))[:, :, None]).sum(axis=2)
        ahead = (votes - np.swapaxes(votes, 1, 2)).sum(axis=2)
        return np.asarray(np.divide(ahead, met, out=np.full(ahead.shape, np.nan), where=met > 0))

    def ranks(self, drawn: FloatArray) -> FloatArray:
        """Return each item's rank, shape (n_draws, n_items)."""
        votes = np.einsum("dr,ijr->dij", drawn, self.higher).reshape(len(drawn), -1)
        found = np.empty((len(drawn), self.n))
        for start in range(0, len(drawn), 50):  # bounds the memory: 40,320 orders
            followed = self.above @ votes[start : start + 50].T.astype(np.float32)
            best = followed >= followed.max(axis=0) - 0.5
            for place in range(best.shape[1]):
                found[start + place] = self.places[best[:, place]].mean(axis=0) + 1
        return found
