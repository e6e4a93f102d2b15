"""Kappa: agreement beyond luck for ratings on a scale of few levels."""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from evaluators.judgement._draws import FloatArray, coded, divided, level_counts
from evaluators.judgement._measured import beyond_luck, left_out, measured, require_order, shared
from evaluators.judgement.agreement.result import Agreement
from evaluators.judgement.errors import LevelError, NoAgreementError
from evaluators.judgement.panel import Panel

LINEAR, QUADRATIC = "linear", "quadratic"
_NAMES = {None: "Cohen's kappa", LINEAR: "Weighted kappa (linear)", QUADRATIC: "Weighted kappa (quadratic)"}
_PARADOX = (
    "A low kappa does not always mean that raters differ often: where nearly all items get one rating, luck agrees so "
    "often that kappa is low though most ratings are equal (the prevalence paradox, Feinstein and Cicchetti 1990). So "
    "kappas of different sets of items do not compare, and names for its ranges, such as Landis and Koch's of 1977, "
    "are arbitrary."
)


def cohens_kappa(
    panel: Panel,
    *,
    weights: str | None = None,
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> Agreement:
    """Compute Cohen's kappa [1]_, or weighted kappa [2]_, of two raters, or its mean over all pairs [3]_.

    Each pair counts the items that both rated. Weights grow with the distance of the ratings as numbers, not with
    their places among the ratings that occur: 1, 2, 5 is not 1, 2, 3.

    Parameters
    ----------
    panel : Panel
        The ratings, by two raters or more.
    weights : str, optional
        ``"linear"``: a disagreement counts by its distance; ``"quadratic"``: by the distance squared. By default
        every disagreement counts alike.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    Agreement
        Kappa, at most 1, with percentiles over redrawn items.

    Raises
    ------
    NoAgreementError
        If no two raters rated two items in common, all their ratings are equal, or weights are asked for on a nominal
        scale.
    LevelError
        If `weights`, `confidence` or `replicates` make no sense.

    References
    ----------
    .. [1] Cohen, J. (1960). A Coefficient of Agreement for Nominal Scales. Educational and Psychological Measurement
       20(1), 37-46.
    .. [2] Cohen, J. (1968). Weighted Kappa. Psychological Bulletin 70(4), 213-220.
    .. [3] Light, R. J. (1971). Measures of Response Agreement for Qualitative Data. Psychological Bulletin 76(5),
       365-377.

    Examples
    --------
    >>> ratings = np.array([[1, 1], [1, 2], [2, 2], [3, 3]], dtype=float)
    >>> panel = Panel(ratings, ("a", "b", "c", "d"), ("Ada", "Ben"))
    >>> cohens_kappa(panel).value, round(cohens_kappa(panel, weights="quadratic").value, 3)
    (0.6363636364, 0.8)
    """
    if weights not in _NAMES:
        raise LevelError(f"There are no weights {weights!r}.", "Give linear, quadratic, or none.", "weights")
    name = _NAMES[weights]
    if weights is not None:
        require_order(panel, name)
    used = shared(panel)
    pairs = [Pair(used, one, other, weights) for one, other in combinations(range(used.n_raters), 2)]
    pairs = [pair for pair in pairs if pair.n_items > 1]  # of a single item, kappa is 0 or nothing, whoever rated it
    if not pairs:
        raise NoAgreementError(
            "No two raters rated two items in common.",
            "Let raters rate the same items, at least in part. Krippendorff's alpha needs only two ratings an item.",
        )

    def statistic(drawn: FloatArray) -> FloatArray:
        return mean_of_defined(np.stack([pair.kappas(drawn) for pair in pairs], axis=1))

    own = [bool(np.isfinite(pair.kappas(np.ones((1, used.n_items)))[0])) for pair in pairs]
    notes = left_out(panel, used, "at least two raters")
    if 0 < sum(own) < len(own):
        notes += (f"{len(own) - sum(own)} of {len(own)} pairs have no kappa, since all their ratings are equal.",)
    if used.n_raters > 2:
        name += f", mean of {sum(own)} pairs" if sum(own) > 1 else ", of 1 pair"
    equal = sum(pair.equal for pair in pairs) / sum(pair.n_items for pair in pairs)

    def means(value: float) -> str:
        far = " A disagreement counts by its distance on the scale." if weights == LINEAR else ""
        far = " A disagreement counts by its distance squared, so far-off ratings cost most." if weights else far
        return f"{beyond_luck(value)} {100 * equal:.0f} of 100 pairs of ratings of one item are equal.{far}"

    return measured(
        used,
        statistic,
        measure="cohens_kappa" if weights is None else f"weighted_kappa_{weights}",
        name=name,
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        means=means,
        does_not_mean=_PARADOX,
        notes=notes,
    )


def fleiss_kappa(panel: Panel, *, confidence: float = 0.95, replicates: int = 2000, seed: int = 0) -> Agreement:
    """Compute Fleiss' kappa of many raters [1]_: every disagreement counts alike.

    It needs equally many ratings of each item, though not by the same people. Where the numbers differ, only items
    count that everybody rated.

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
    Agreement
        Kappa, at most 1, with percentiles over redrawn items.

    Raises
    ------
    NoAgreementError
        If there are not two items with equally many ratings, or all ratings are equal.
    LevelError
        If `confidence` or `replicates` make no sense.

    References
    ----------
    .. [1] Fleiss, J. L. (1971). Measuring Nominal Scale Agreement Among Many Raters. Psychological Bulletin 76(5),
       378-382.

    Examples
    --------
    >>> ratings = np.array([[1, 1, 1], [2, 2, 1], [2, 2, 2]], dtype=float)
    >>> fleiss_kappa(Panel(ratings, ("a", "b", "c"), ("Ada", "Ben", "Cleo"))).value
    0.55
    """
    used, notes = equally_rated(panel)
    values, places = coded(used.ratings[used.rated])
    rows = np.nonzero(used.rated)[0]
    counts = np.zeros((used.n_items, len(values)))
    np.add.at(counts, (rows, places), 1.0)
    each = counts[0].sum()
    equal = ((counts**2).sum(axis=1) - each) / (each * (each - 1))

    def statistic(drawn: FloatArray) -> FloatArray:
        items = drawn.sum(axis=1)
        by_luck = ((drawn @ counts / (items[:, None] * each)) ** 2).sum(axis=1)
        return divided(drawn @ equal / items - by_luck, 1 - by_luck)

    return measured(
        used,
        statistic,
        measure="fleiss_kappa",
        name="Fleiss' kappa",
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        means=lambda value: (
            f"{beyond_luck(value)} {100 * equal.mean():.0f} of 100 pairs of ratings of one item are equal."
        ),
        does_not_mean=_PARADOX + " A near miss counts like a far one.",
        notes=notes,
    )


def equally_rated(panel: Panel) -> tuple[Panel, tuple[str, ...]]:
    """Return the items with equally many ratings, and what was left out."""
    used = shared(panel)
    if len(set(used.rated.sum(axis=1).tolist())) == 1:
        return used, left_out(panel, used, "at least two raters")
    by_all = np.asarray(used.rated.all(axis=1))
    if by_all.sum() < 2:
        raise NoAgreementError(
            "The items have different numbers of ratings, and there are not two that everybody rated.",
            "Fleiss' kappa needs equally many ratings of each item; Krippendorff's alpha does not.",
        )
    used = used.only(items=[name for name, keep in zip(used.items, by_all.tolist(), strict=True) if keep])
    return used, left_out(panel, used, "all raters")


def mean_of_defined(values: FloatArray) -> FloatArray:
    """Return the mean of each row's defined values; NaN if there are none."""
    defined = np.isfinite(values)
    return divided(np.where(defined, values, 0.0).sum(axis=1), defined.sum(axis=1).astype(np.float64))


class Pair:
    """Two raters' ratings of the items that both rated."""

    def __init__(self, panel: Panel, one: int, other: int, weights: str | None) -> None:
        self.rows: npt.NDArray[np.int64] = np.flatnonzero(panel.rated[:, one] & panel.rated[:, other])
        self.n_items = len(self.rows)
        a, b = panel.ratings[self.rows, one], panel.ratings[self.rows, other]
        self.equal = int((a == b).sum())
        values, places = coded(np.concatenate([a, b]))
        self.a, self.b, self.n_levels = places[: len(a)], places[len(a) :], len(values)
        distance = np.abs(values[:, None] - values[None, :])
        if len(values):
            distance = distance / max(float(values[-1] - values[0]), np.finfo(float).tiny)
        self.cost = (
            (distance > 0).astype(np.float64) if weights is None else distance if weights == LINEAR else distance**2
        )

    def kappas(self, drawn: FloatArray) -> FloatArray:
        """Return kappa in each draw; NaN where luck could not have made them differ."""
        own = drawn if self.n_items == drawn.shape[1] else drawn[:, self.rows]
        items = own.sum(axis=1)
        observed = own @ self.cost[self.a, self.b]
        by_a, by_b = (level_counts(own, places, self.n_levels) for places in (self.a, self.b))
        expected = (by_a @ self.cost * by_b).sum(axis=1)
        return 1 - divided(observed * items, expected)
