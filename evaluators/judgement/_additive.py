"""The additive model of a panel: a rating is what the item is worth, plus how kind the rater is, plus noise."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluators.judgement._measured import require_order, require_raters
from evaluators.judgement.errors import NoAgreementError
from evaluators.judgement.panel import Panel

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AdditiveModel:
    """Least squares of items and raters on the ratings that there are.

    Parameters
    ----------
    raters : array of float, shape (n_raters,)
        Effects of the raters; they sum to 0.
    items : array of float, shape (n_items,)
        Worth of the items at a rater of effect 0; NaN if nobody rated one.
    residuals : array of float, shape (n_items, n_raters)
        Ratings less their expected value; NaN where there is none.
    leverage : array of float, shape (n_items, n_raters)
        How far each rating draws its own expected value (0-1).
    inverse : array of float, shape (n_raters, n_raters)
        Covariance of the raters' effects at a residual variance of 1.
    df : int
        Degrees of freedom of the residuals.
    variance : float
        Of the residuals; NaN without degrees of freedom.
    """

    raters: FloatArray
    items: FloatArray
    residuals: FloatArray
    leverage: FloatArray
    inverse: FloatArray
    df: int
    variance: float


def fit_additive(panel: Panel) -> AdditiveModel:
    """Fit the additive model, on complete and incomplete designs alike.

    The items are solved for first, which leaves a small equation for the raters: the Laplacian of the graph in which
    raters are tied by the items that they share.

    Raises
    ------
    NoAgreementError
        If there are fewer than two raters, the ratings are only names, or some raters share no item with the others,
        not even through third people.
    """
    require_order(panel, "A comparison of raters")
    require_raters(panel)
    idle = [
        name
        for name, rated in zip(panel.raters, np.asarray(panel.rated.any(axis=0)).tolist(), strict=True)
        if not rated
    ]
    if idle:
        raise NoAgreementError(f"{', '.join(idle)} rated nothing.", "Leave such raters out.")
    rated = panel.rated.astype(np.float64)
    parts = _parts(rated)
    if len(parts) > 1:
        named = "; ".join(", ".join(panel.raters[place] for place in part) for part in parts[:4])
        raise NoAgreementError(
            f"Some raters share no item with the others: {named}{'; …' if len(parts) > 4 else ''}.",
            "Nobody can tell strict raters from weak items there: compare each of these groups for itself.",
        )
    values = np.where(panel.rated, panel.ratings, 0.0)
    each = rated.sum(axis=1)
    share = rated / np.maximum(each, 1.0)[:, None]
    laplacian = np.diag(rated.sum(axis=0)) - rated.T @ share
    means = np.divide(values.sum(axis=1), each, out=np.zeros(len(each)), where=each > 0)
    gap = (values - rated * means[:, None]).sum(axis=0)
    k = panel.n_raters
    # The Laplacian lacks one rank; adding the mean and taking it away again gives its pseudo-inverse.
    inverse = np.linalg.inv(laplacian + 1 / k) - 1 / k
    effects = inverse @ gap
    effects -= effects.mean()
    own = means - share @ effects
    items = np.where(each > 0, own, np.nan)
    residuals = np.where(panel.rated, panel.ratings - own[:, None] - effects[None, :], np.nan)
    df = int(rated.sum()) - int((each > 0).sum()) - k + 1
    squares = float(np.nansum(residuals**2))
    scale = float(np.ptp(panel.ratings[panel.rated])) or 1.0
    variance = squares / df if df > 0 else float("nan")
    if squares <= 1e-24 * scale**2 * rated.sum():
        residuals, variance = np.where(panel.rated, 0.0, np.nan), 0.0 if df > 0 else float("nan")
    return AdditiveModel(effects, items, residuals, _leverage(rated, share, inverse), inverse, df, variance)


def _leverage(rated: FloatArray, share: FloatArray, inverse: FloatArray) -> FloatArray:
    """Return 1/m + (e - s)' inverse (e - s) for the rater e and the shares s of the item's m raters."""
    cross = share @ inverse
    both = (cross * share).sum(axis=1)
    of_item = np.divide(1.0, rated.sum(axis=1), out=np.zeros(len(rated)), where=rated.sum(axis=1) > 0)
    found = of_item[:, None] + np.diag(inverse)[None, :] - 2 * cross + both[:, None]
    return np.where(rated > 0, found, np.nan)


def _parts(rated: FloatArray) -> list[list[int]]:
    """Return the raters in groups that share items, directly or through others."""
    left, parts = set(range(rated.shape[1])), []
    while left:
        reached, edge = set(), {min(left)}
        while edge:
            reached |= edge
            items = rated[:, sorted(edge)].any(axis=1)
            edge = set(np.flatnonzero(rated[items].any(axis=0)).tolist()) - reached
        parts.append(sorted(reached))
        left -= reached
    return parts
