"""What a map of raters is made from: shrunken weights, redrawn items, main axes, and a split in two."""

import math
from dataclasses import dataclass

import numpy as np

from evaluators.judgement._draws import FloatArray

FALLBACK_PULL = 1.0  # ratings for each column of cues, where the panel cannot say: half of the differences explained
MOST_PULL = 10.0
FEWEST_TO_SPLIT = 6  # raters; under this, two groups cannot be told from one
_FEWEST_IN_GROUP = 2
SIMULATED = 999


@dataclass(frozen=True, slots=True)
class Rated:
    """One rater's ratings beside the standardised cues of the same items.

    Parameters
    ----------
    rater : str
        The rater.
    cues : array of float, shape (n_items, n_columns)
        Standard deviations above the mean of all items.
    ratings : array of float, shape (n_items,)
        As given.
    """

    rater: str
    cues: FloatArray
    ratings: FloatArray

    @property
    def n(self) -> int:
        """Items rated."""
        return len(self.ratings)


def weights_of(rated: Rated, drawn: FloatArray, pull: float) -> FloatArray:
    """Return the weights in each draw of the items, shape (n_draws, n_columns): ridge regression.

    Ratings count in standard deviations of the draw, so that nobody's habit of using few steps matters. NaN where a
    draw holds one rating only.
    """
    cues, ratings = rated.cues, rated.ratings - rated.ratings.mean()
    total = drawn.sum(axis=1)
    middle = drawn @ cues / total[:, None]
    level = drawn @ ratings / total
    squares = np.einsum("di,ij,ik->djk", drawn, cues, cues, optimize=True)
    squares -= total[:, None, None] * middle[:, :, None] * middle[:, None, :]
    products = (drawn * ratings) @ cues - (total * level)[:, None] * middle
    variance = drawn @ ratings**2 / total - level**2
    apart = np.sqrt(np.where(variance > 1e-9, variance, np.nan))
    pulled = squares + pull * np.eye(cues.shape[1])
    found = np.linalg.solve(pulled, products[:, :, None])[:, :, 0]
    return np.asarray(found / apart[:, None])


def point_weights(rated: Rated, pull: float) -> FloatArray:
    """Return the weights of the items as they are, shape (n_columns,)."""
    return np.asarray(weights_of(rated, np.ones((1, rated.n)), pull)[0])


def redrawn_weights(rated: Rated, pull: float, *, replicates: int, seed: tuple[int, ...]) -> FloatArray:
    """Return the weights of redrawn items, shape (n_defined_draws, n_columns)."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(rated.n, np.full(rated.n, 1 / rated.n), size=replicates).astype(np.float64)
    found = weights_of(rated, drawn, pull)
    return np.asarray(found[np.isfinite(found).all(axis=1)])


def fitting_pull(panel: list[Rated]) -> float:
    """Return how strongly weights are pulled to nought: noise over signal of the panel, after Hoerl and others (1975).

    The pull counts in ratings: as if each rater had also given so many that say nothing of any cue counts.
    """
    columns = int(panel[0].cues.shape[1])
    noise = signal = 0.0
    for rated in panel:
        if rated.n < 3 * columns:
            continue
        centred = rated.cues - rated.cues.mean(axis=0)
        ratings = (rated.ratings - rated.ratings.mean()) / rated.ratings.std()
        weights, _, rank, _ = np.linalg.lstsq(centred, ratings, rcond=1e-10)
        left = ratings - centred @ weights
        noise += float(np.sum(left**2)) / (rated.n - int(rank) - 1)
        signal += float(np.sum(weights**2))
    if not signal:
        return FALLBACK_PULL * columns
    return float(min(max(round(columns * noise / signal, 6), 0.01), MOST_PULL * columns))


def main_axes(weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the middle of the raters, their main axes and the share of their differences that each axis shows.

    Parameters
    ----------
    weights : array of float, shape (n_raters, n_columns)
        A row per rater.

    Returns
    -------
    middle : array of float, shape (n_columns,)
    axes : array of float, shape (n_columns, n_axes)
        The largest entry of each is positive.
    shares : array of float, shape (n_axes,)

    Examples
    --------
    >>> middle, axes, shares = main_axes(np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]))
    >>> middle.tolist(), (np.abs(axes[:, 0]).round(6) + 0).tolist(), (shares.round(6) + 0).tolist()
    ([2.0, 1.0], [1.0, 0.0], [1.0, 0.0])
    """
    middle = weights.mean(axis=0)
    _, spreads, axes = np.linalg.svd(weights - middle, full_matrices=False)
    axes = axes.T
    largest = np.abs(axes).round(9).argmax(axis=0)  # of two that are equal, the first
    axes = axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    total = float((spreads**2).sum())
    apart = total > 1e-18 * float((weights**2).sum())  # more than rounding
    return middle, axes, spreads**2 / total if apart else np.zeros(len(spreads))


def split_in_two(places: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cut raters in two along the first axis where the parts are tightest, in each of several panels.

    Parameters
    ----------
    places : array of float, shape (n_panels, n_raters, n_axes)
        Raters on their panel's main axes.

    Returns
    -------
    first : array of bool, shape (n_panels, n_raters)
        Whether a rater is in the part with the lower values.
    index : array of float, shape (n_panels,)
        Differences that are left within the parts, as a share (0-1).

    Examples
    --------
    >>> first, index = split_in_two(np.array([[[0.0], [0.1], [5.0], [5.1]]]))
    >>> first.tolist(), bool(index[0] < 0.01)
    ([[True, True, False, False]], True)
    """
    n_panels, n, _ = places.shape
    order = np.argsort(places[:, :, 0], axis=1, kind="stable")
    ordered = np.take_along_axis(places, order[:, :, None], axis=1)
    ordered = ordered - ordered.mean(axis=1, keepdims=True)
    total = (ordered**2).sum(axis=(1, 2))
    sums = np.cumsum(ordered, axis=1)
    sizes = np.arange(1, n + 1)
    # Two parts of a centred whole: the squares between them are |sum of one|² (1/size + 1/rest).
    between = (sums**2).sum(axis=2)[:, :-1] * (1 / sizes[:-1] + 1 / (n - sizes[:-1]))
    between = between[:, _FEWEST_IN_GROUP - 1 : n - _FEWEST_IN_GROUP]
    cut = between.argmax(axis=1) + _FEWEST_IN_GROUP
    rank = np.argsort(order, axis=1, kind="stable")
    best = between[np.arange(n_panels), cut - _FEWEST_IN_GROUP]
    index = np.where(total > 0, 1 - best / np.where(total > 0, total, 1.0), 1.0)
    return rank < cut[:, None], index


def two_groups(weights: FloatArray, *, seed: int) -> tuple[FloatArray, float]:
    """Return who is in the first of two groups, and how often one cloud of raters would look as much like two.

    The cloud is a normal distribution with the panel's own spread on each axis (Liu and others 2008).
    """
    middle, axes, _ = main_axes(weights)
    places = (weights - middle) @ axes
    first, index = split_in_two(places[None])
    spread = places.std(axis=0, ddof=1)
    rng = np.random.default_rng((seed, 2))
    clouds = rng.normal(size=(SIMULATED, *places.shape)) * spread
    clouds -= clouds.mean(axis=1, keepdims=True)
    turned = np.linalg.svd(clouds, full_matrices=False)[2]
    _, by_luck = split_in_two(clouds @ np.swapaxes(turned, 1, 2))
    return first[0], float((1 + (by_luck <= index[0] + 1e-12).sum()) / (1 + SIMULATED))


def correlations(ratings: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the correlation of each row of ratings, shape (n, n_items), with what each policy expects.

    `expected` has the shape (n_policies, n_items); the result (n, n_policies). 0 where one side never changes.
    """
    one = ratings - ratings.mean(axis=1, keepdims=True)
    other = expected - expected.mean(axis=1, keepdims=True)
    spread = np.sqrt((one**2).sum(axis=1))[:, None] * np.sqrt((other**2).sum(axis=1))[None, :]
    return np.asarray(np.divide(one @ other.T, spread, out=np.zeros(spread.shape), where=spread > 1e-12))


def drawn_correlations(ratings: FloatArray, expected: FloatArray, drawn: FloatArray) -> FloatArray:
    """Return correlations of one's ratings with each policy in each draw of the items, shape (n_draws, n_policies)."""
    total = drawn.sum(axis=1, keepdims=True)
    level = drawn @ ratings[:, None] / total
    means = drawn @ expected.T / total
    cross = (drawn * ratings) @ expected.T / total - level * means
    one = np.maximum(drawn @ (ratings**2)[:, None] / total - level**2, 0)
    other = np.maximum(drawn @ (expected**2).T / total - means**2, 0)
    spread = np.sqrt(one * other)
    return np.asarray(np.divide(cross, spread, out=np.zeros(spread.shape), where=spread > 1e-12))


def ellipse_of(points: FloatArray, *, confidence: float) -> tuple[float, float, float]:
    """Return half axes and turn (radians) of the ellipse that holds so many of normally spread points, shape (n, 2)."""
    covariance = np.cov(points, rowvar=False)
    roots, axes = np.linalg.eigh(covariance)
    reach = math.sqrt(-2 * math.log(1 - confidence))  # of a chi-squared with two degrees of freedom
    long, short = (reach * math.sqrt(max(float(root), 0.0)) for root in roots[::-1])
    turn = math.atan2(float(axes[1, 1]), float(axes[0, 1])) % math.pi
    return long, short, turn
