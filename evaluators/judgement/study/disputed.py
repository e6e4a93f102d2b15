"""Items over which raters part most: what to talk about first."""

from dataclasses import dataclass

import numpy as np

from evaluators.judgement._additive import fit_additive
from evaluators.judgement._draws import rounded
from evaluators.judgement.panel import Panel

SHOWN = 5


@dataclass(frozen=True, slots=True)
class DisputedItem:
    """An item over which raters part.

    Parameters
    ----------
    item : str
        The item.
    n_ratings : int
        Its ratings.
    spread : float
        Standard deviation (n - 1) of its ratings with each rater's severity taken out, in points of the scale.
    low, high : float
        Its lowest and highest rating, as given.
    """

    item: str
    n_ratings: int
    spread: float
    low: float
    high: float


def disputed_items(panel: Panel, *, most: int = SHOWN) -> tuple[DisputedItem, ...]:
    """Return the items whose ratings differ most once severity is taken out, most disputed first.

    Items with three ratings or more are looked at; where there are none, those with two.

    Parameters
    ----------
    panel : Panel
        The ratings, taken as points with equal steps.
    most : int
        How many items at most.

    Returns
    -------
    tuple of DisputedItem
        None with a spread of 0.

    Raises
    ------
    NoAgreementError
        As for `evaluators.judgement.raters.severity.rater_severity`.

    Examples
    --------
    >>> panel = Panel(np.array([[3, 4, 5], [1, 2, 3], [5, 1, 3.0]]), ("a", "b", "c"), ("Ada", "Ben", "Cleo"))
    >>> [(each.item, each.low, each.high) for each in disputed_items(panel, most=1)]
    [('c', 1.0, 5.0)]
    """
    model = fit_additive(panel)
    counts = panel.rated.sum(axis=1)
    fewest = 3 if (counts >= 3).any() else 2
    found = []
    for place in np.flatnonzero(counts >= fewest).tolist():
        left = model.residuals[place][panel.rated[place]]
        given = panel.ratings[place][panel.rated[place]]
        spread = rounded(left.std(ddof=1))
        if spread > 0:
            found.append(DisputedItem(panel.items[place], len(left), spread, float(given.min()), float(given.max())))
    order = sorted(range(len(found)), key=lambda place: (-round(found[place].spread, 9), place))
    return tuple(found[place] for place in order[:most])
