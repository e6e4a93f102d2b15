"""Krippendorff's alpha: agreement beyond luck for any number of raters, with ratings missing, on any scale."""

import numpy as np

from evaluators.judgement._draws import FloatArray, coded, divided, mid_ranks
from evaluators.judgement._measured import beyond_luck, left_out, measured, require_order, shared
from evaluators.judgement.agreement.result import Agreement
from evaluators.judgement.errors import LevelError, NoAgreementError
from evaluators.judgement.panel import INTERVAL, NOMINAL, ORDINAL, RATIO, SCALES, Panel

_FIRM, _TENTATIVE = 0.8, 0.667
_DISTANCES = {
    NOMINAL: "every disagreement counts alike",
    ORDINAL: "a disagreement counts by how many ratings lie between, squared",
    INTERVAL: "a disagreement counts by its distance squared",
    RATIO: "a disagreement counts by its distance as a share of the sum, squared",
}


def krippendorff_alpha(
    panel: Panel,
    *,
    scale: str | None = None,
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> Agreement:
    """Compute Krippendorff's alpha [1]_, [2]_: 1 minus observed by expected disagreement.

    Items count that at least two raters rated. The interval draws whole items, with all their ratings. (Krippendorff's
    own bootstrap draws pairs of ratings as if they were independent.)

    Parameters
    ----------
    panel : Panel
        The ratings; some may be missing.
    scale : str, optional
        ``"nominal"``, ``"ordinal"``, ``"interval"`` or ``"ratio"``: how a disagreement counts. By default the
        panel's own.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    Agreement
        Alpha, at most 1, with percentiles over redrawn items.

    Raises
    ------
    NoAgreementError
        If there are not two items with two ratings, all ratings are equal, the panel's ratings are only names and
        `scale` asks for more, or a rating is negative on a ratio scale.
    LevelError
        If `scale`, `confidence` or `replicates` make no sense.

    References
    ----------
    .. [1] Krippendorff, K. (2011). Computing Krippendorff's Alpha-Reliability. University of Pennsylvania.
    .. [2] Krippendorff, K. (2004). Content Analysis, 2nd edition. Sage, chapter 11; the lines at .800 and .667: p. 241.

    Examples
    --------
    >>> ratings = np.array([[1, 1, np.nan], [2, np.nan, 2], [3, 3, 4], [1, 2, 1]])
    >>> panel = Panel(ratings, ("a", "b", "c", "d"), ("Ada", "Ben", "Cleo"))
    >>> round(krippendorff_alpha(panel, scale="interval").value, 3)
    0.82
    """
    scale = panel.scale if scale is None else scale
    if scale not in SCALES:
        raise LevelError(f"There is no scale {scale!r}.", f"The scales are: {', '.join(SCALES)}.", "scale")
    if scale != NOMINAL:
        require_order(panel, f"Krippendorff's alpha for {scale} ratings")
    used = shared(panel)
    if scale == RATIO and (used.ratings[used.rated] < 0).any():
        raise NoAgreementError(
            "A ratio scale begins at nought, and a rating is negative.", "Take the interval scale.", "scale"
        )
    values, places = coded(used.ratings[used.rated])
    counts = np.zeros((used.n_items, len(values)))
    np.add.at(counts, (np.nonzero(used.rated)[0], places), 1.0)
    statistic = _Alpha(counts, values, scale)
    return measured(
        used,
        statistic,
        measure=f"krippendorff_alpha_{scale}",
        name=f"Krippendorff's alpha ({scale})",
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        means=lambda value: f"{beyond_luck(value)} Here {_DISTANCES[scale]}. {_convention(value)}",
        does_not_mean=(
            "These lines are a convention for research texts, not a law: the higher the cost of a wrong decision, the "
            "more agreement it needs. Where items hardly differ, alpha is low though ratings are close."
        ),
        notes=left_out(panel, used, "at least two raters"),
    )


def _convention(value: float) -> str:
    said = f"Krippendorff (2004) relies on data from {_FIRM} on and draws tentative conclusions from {_TENTATIVE} on"
    if value >= _FIRM:
        return f"{said}: this is above both."
    return f"{said}: this is between the two." if value >= _TENTATIVE else f"{said}: this is below both."


class _Alpha:
    """Alpha of weighted items: shares of disagreement as sums over items, so that all draws are done at once."""

    def __init__(self, counts: FloatArray, values: FloatArray, scale: str) -> None:
        self.counts: FloatArray = counts
        self.scale = scale
        self.each = counts.sum(axis=1)
        width = max(float(values[-1] - values[0]), np.finfo(float).tiny)
        self.values = (values - values[0]) / width
        self.cost: FloatArray = np.empty((0, 0))
        if scale in (NOMINAL, RATIO):
            apart = np.abs(values[:, None] - values[None, :])
            total = values[:, None] + values[None, :]
            self.cost = np.asarray(apart > 0, dtype=np.float64)
            if scale == RATIO:
                self.cost = np.nan_to_num(divided(apart, total)) ** 2
            # Of each item: the disagreement of all its pairs of ratings, both ways round.
            self.own = ((counts @ self.cost) * counts).sum(axis=1) / (self.each - 1)

    def __call__(self, drawn: FloatArray) -> FloatArray:
        """Return alpha in each draw; NaN where all ratings are equal."""
        at_level = drawn @ self.counts
        ratings = at_level.sum(axis=1)
        if self.scale in (NOMINAL, RATIO):
            observed = drawn @ self.own
            expected = ((at_level @ self.cost) * at_level).sum(axis=1) / (ratings - 1)
            return 1 - divided(observed, expected)
        # Squared distances of numbers or of ranks: sums of squares about the mean give all pairs without a loop. The
        # ordinal distance is that of mean ranks, for it counts the ratings from one level's middle to the other's.
        place: FloatArray = self.values[None, :]
        if self.scale == ORDINAL:
            place = mid_ranks(at_level) / ratings[:, None]
        place = np.asarray(place - (at_level * place).sum(axis=1, keepdims=True) / ratings[:, None])
        squares, sums = place**2 @ self.counts.T, place @ self.counts.T
        observed = (drawn * (self.each * squares - sums**2) / (self.each - 1)).sum(axis=1)
        expected = ratings * (at_level * place**2).sum(axis=1) / (ratings - 1)
        return 1 - divided(observed, expected)
