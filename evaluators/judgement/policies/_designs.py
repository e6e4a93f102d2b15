"""One person's ratings, or the panel's, beside the cues of the same items: what policies are read from."""

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
import numpy.typing as npt

from evaluators.judgement._additive import fit_additive
from evaluators.judgement._measured import require_order
from evaluators.judgement.errors import NoPolicyError, UnknownRaterError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies.cues import Cues

FloatArray = npt.NDArray[np.float64]

FEWEST_PER_COLUMN, USUAL_PER_COLUMN = 5, 10  # items; Karren and Barringer (2002)
HIGH_INFLATION = 5.0  # of a variance, by other cues
PANEL = "the panel"


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Judgements and cues of the same items.

    Parameters
    ----------
    items : tuple of str
        The items that were rated.
    judgement : array of float, shape (n_items,)
        What was given to each.
    cues : array of float, shape (n_items, n_columns)
        The columns of the cues.
    notes : tuple of str
        Where to be careful.
    """

    items: tuple[str, ...]
    judgement: FloatArray
    cues: FloatArray
    notes: tuple[str, ...]


def judgements_of(panel: Panel, rater: str | None) -> FloatArray:
    """Return one rater's ratings, or what each item is worth to the panel with severity taken out; NaN if not rated."""
    require_order(panel, "A policy")
    if rater is None:
        return fit_additive(panel).items
    if rater not in panel.raters:
        raise UnknownRaterError(f"The panel has no rater {rater!r}.", f"It has: {', '.join(panel.raters)}.")
    return np.asarray(panel.ratings[:, panel.raters.index(rater)])


def design_of(panel: Panel, cues: Cues, rater: str | None) -> Design:
    """Return judgements and cues of what was rated.

    Raises
    ------
    NoPolicyError
        If there are too few items, all judgements are equal, a cue is the same in all items, or cues repeat each other.
    CueError
        If a rated item has no cues.
    """
    whose = rater if rater is not None else PANEL
    given = judgements_of(panel, rater)
    rated = np.isfinite(given)
    items = tuple(name for name, one in zip(panel.items, rated.tolist(), strict=True) if one)
    return checked(items, given[rated], cues, whose=whose)


def checked(items: tuple[str, ...], judgement: FloatArray, cues: Cues, *, whose: str) -> Design:
    """Return the design if a policy can be read from it; see `design_of`."""
    needed, who = FEWEST_PER_COLUMN * cues.n_columns, "The panel" if whose == PANEL else whose
    if len(items) < needed:
        raise NoPolicyError(
            f"{who} rated {len(items)} items, too few for {cues.n_columns} "
            f"{'cue' if cues.n_columns == 1 else 'cues (words count once for each but the reference)'}.",
            f"{needed} are the fewest, {USUAL_PER_COLUMN * cues.n_columns} are better: "
            f"{FEWEST_PER_COLUMN} to {USUAL_PER_COLUMN} for each. Rate more items, or use fewer cues.",
        )
    matrix = cues.rows(items)
    if np.ptp(judgement) <= 1e-12 * max(1.0, float(np.abs(judgement).max())):
        raise NoPolicyError(
            f"{who} gave all items the same rating.", "Nothing can be learned from that: choose items that differ."
        )
    flat = [name for place, name in enumerate(cues.columns) if np.ptp(matrix[:, place]) == 0]
    if flat:
        raise NoPolicyError(
            f"{', '.join(flat)} {'is' if len(flat) == 1 else 'are'} the same in all items that {whose} rated.",
            "Leave such a cue out, or rate items that differ in it.",
        )
    inflation = variance_inflation(matrix)
    repeating = [name for name, value in zip(cues.columns, inflation.tolist(), strict=True) if not isfinite(value)]
    if repeating:
        raise NoPolicyError(
            f"The cues {', '.join(repeating)} repeat each other: each follows from the rest in these items.",
            "Nobody can tell which of them counts: leave one out.",
        )
    high = [
        f"{name} ({value:.0f} times)"
        for name, value in zip(cues.columns, inflation.tolist(), strict=True)
        if value > HIGH_INFLATION
    ]
    notes: tuple[str, ...] = ()
    if high:
        notes += (
            f"Some cues nearly follow from others, so their weights are uncertain by so much more variance: "
            f"{', '.join(high)}. Read relative weights rather than single ones.",
        )
    if len(items) < USUAL_PER_COLUMN * cues.n_columns:
        notes += (
            f"{len(items)} items for {cues.n_columns} columns of cues: {USUAL_PER_COLUMN} for each are usual, so read "
            "the figures as rough.",
        )
    return Design(items, judgement, matrix, notes)


def variance_inflation(matrix: FloatArray) -> FloatArray:
    """Return how many times overlap with others multiplies the variance of each column's weight; infinity: it follows.

    Examples
    --------
    >>> variance_inflation(np.array([[1, 0], [1, 1], [0, 0], [0, 1.0]])).tolist()
    [1.0, 1.0]
    """
    scaled = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    together = scaled.T @ scaled / len(matrix)
    roots, axes = np.linalg.eigh(together)
    if roots[0] <= 1e-10:
        follows = (np.abs(axes[:, roots <= 1e-10]) > 1e-6).any(axis=1)
        return np.where(follows, np.inf, 1.0)
    return np.asarray(np.round(np.diag(np.linalg.inv(together)), 9))


def spread(values: FloatArray) -> float:
    """Return the standard deviation (n - 1)."""
    return sqrt(float(((values - values.mean()) ** 2).sum()) / (len(values) - 1))
