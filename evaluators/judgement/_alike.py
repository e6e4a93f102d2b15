"""Whether a screener treats people alike who are alike in the features: one group beside another, features equal."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.judgement._draws import FloatArray, rounded
from evaluators.judgement._rows import holm_of_defined, t_limits
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.screener._disagreement import ALIKE_LEVEL, SMALLEST_ALIKE, AlikeGap, label_of
from evaluators.judgement.screener._shortlists import places_in_jobs

IntArray = npt.NDArray[np.int64]

FEWEST_LEFT, SMALLEST_GROUP = 10, 5  # degrees of freedom; items of a group for which a gap is told
_LEFT_TO_BEND, _VALUES_TO_BEND = 30, 5  # degrees of freedom; different values of a feature
_LEFT_OVER = 1e-8  # of a column beside the others: under it, it follows from them


@dataclass(frozen=True, slots=True)
class AlikeFit:
    """Gaps of groups beside their reference.

    Parameters
    ----------
    gaps, errors : array of float, shape (n_groups,)
        In the unit of what was fitted.
    df : int
        Degrees of freedom of the errors.
    """

    gaps: FloatArray
    errors: FloatArray
    df: int


def alike_gaps(
    table: pd.DataFrame,
    groups: Sequence[str],
    features: Sequence[str],
    screener: FloatArray,
    jobs: IntArray,
    *,
    item: str,
    alpha: float,
) -> tuple[tuple[AlikeGap, ...], tuple[str, ...]]:
    """Compare the screener's places of groups, features equal, and say of which attributes that cannot be told.

    An audit of a shortlist needs many people. This asks less: whether the group moves the place beyond what the
    features explain. It sees only what does not pass through a feature.

    Raises
    ------
    CueError
        If a cell of a feature is empty, or a column of words has too many of them.
    """
    names = tuple(table[item])
    columns = feature_columns(Cues.from_table(table, item=item, cues=list(features)).rows(names), jobs)
    rows: list[tuple[str, str, str, float, tuple[float, float, float]]] = []
    untold: list[str] = []
    for attribute in groups:
        labels = table[attribute].map(label_of).astype(str)
        counts = labels.value_counts().sort_index()
        if len(counts) < 2:
            continue
        reference = str(counts.idxmax())
        others = [str(label) for label in counts.index if label != reference]
        marks = np.column_stack([(labels == label).to_numpy(dtype=np.float64) for label in others])
        fit = fit_alike(screener, columns, np.asarray(marks, dtype=np.float64), jobs)
        if isinstance(fit, str):
            untold.append(f"Whether {attribute} moves the place of people who are alike cannot be told: {fit}.")
            continue
        for place, label in enumerate(others):
            if counts[label] >= SMALLEST_GROUP:
                gap, error = float(fit.gaps[place]), float(fit.errors[place])
                rows.append((attribute, label, reference, gap, t_limits(gap, error, fit.df, alpha)))
    adjusted = holm_of_defined([p_value for *_, (_, _, p_value) in rows])
    found = tuple(
        AlikeGap(
            attribute=attribute,
            group=label,
            reference=reference,
            gap=rounded(gap),
            low=rounded(low),
            high=rounded(high),
            p_adjusted=adjusted[place],
            found=bool(adjusted[place] < ALIKE_LEVEL and abs(gap) >= SMALLEST_ALIKE),
        )
        for place, (attribute, label, reference, gap, (low, high, _)) in enumerate(rows)
    )
    return found, tuple(untold)


def feature_columns(matrix: FloatArray, jobs: IntArray) -> FloatArray:
    """Return the features less each job's mean; with items enough, bent as well; none that follows from others.

    A fair screener may stop counting at ten years, or ask for five. A straight line would leave that bend over, and lay
    it on a group that has more such people. So each feature also counts as the place in its job, and, if it has several
    values, with a bend at each quarter of the places. Few items cannot carry that, and cannot show a bend either.

    Examples
    --------
    >>> years = np.array([[1.0], [2], [4], [9]])
    >>> feature_columns(years, np.zeros(4, dtype=int)).shape
    (4, 1)
    >>> feature_columns(np.tile(years, (10, 1)) + np.arange(40.0)[:, None], np.zeros(40, dtype=int)).shape
    (40, 5)
    """
    straight = _independent(_within(matrix, jobs))
    bent = _independent(np.column_stack([straight, _within(_bends(matrix, jobs), jobs)]))
    enough = len(matrix) - len(np.unique(jobs)) - bent.shape[1] >= _LEFT_TO_BEND
    return bent if enough else straight


def _bends(matrix: FloatArray, jobs: IntArray) -> FloatArray:
    """Return each feature's places in its job, and how far they lie beyond each quarter."""
    places = places_in_jobs(matrix, jobs)
    bend = [len(np.unique(column)) >= _VALUES_TO_BEND for column in matrix.T]
    beyond = [np.maximum(places[:, bend] - quarter, 0.0) for quarter in (0.25, 0.5, 0.75)]
    return np.column_stack([places, *beyond])


def _independent(columns: FloatArray) -> FloatArray:
    """Return the columns that do not follow from those before them."""
    basis = np.empty((len(columns), 0))
    kept = []
    for place, column in enumerate(columns.T):
        left = column / max(float(np.sqrt((column**2).sum())), 1e-300)
        for _ in range(2):  # twice, since once leaves rounding over
            left = left - basis @ (basis.T @ left)
        size = float(np.sqrt((left**2).sum()))
        if size > _LEFT_OVER:
            basis = np.column_stack([basis, left / size])
            kept.append(place)
    return columns[:, kept]


def fit_alike(places: FloatArray, columns: FloatArray, marks: FloatArray, jobs: IntArray) -> AlikeFit | str:
    """Fit places on features and groups by least squares within jobs; say why not if that cannot be told.

    Parameters
    ----------
    places : array of float, shape (n_items,)
        Of the screener.
    columns : array of float, shape (n_items, n_columns)
        From `feature_columns`.
    marks : array of float, shape (n_items, n_groups)
        1 for the members of each group but the reference.
    jobs : array of int, shape (n_items,)
        Job of each item.
    """
    given, groups = _within(places[:, None], jobs)[:, 0], _within(marks, jobs)
    df = len(given) - len(np.unique(jobs)) - columns.shape[1] - groups.shape[1]
    if df < FEWEST_LEFT:
        return f"{len(given)} items are too few for so many features and {groups.shape[1] + 1} groups"
    basis, _ = np.linalg.qr(columns / np.sqrt((columns**2).sum(axis=0)))
    own = groups - basis @ (basis.T @ groups)
    size, whole = (np.sqrt((each**2).sum(axis=0)) for each in (own, groups))
    if (size <= _LEFT_OVER * np.maximum(whole, 1e-300)).any() or np.linalg.matrix_rank(own / size, tol=1e-7) < len(
        size
    ):
        return "its groups follow from the features, or from the jobs"
    left = given - basis @ (basis.T @ given)
    inverse = np.linalg.inv(own.T @ own)
    gaps = inverse @ (own.T @ left)
    variance = float(((left - own @ gaps) ** 2).sum()) / df
    return AlikeFit(gaps, np.sqrt(variance * np.diag(inverse)), df)


def _within(columns: FloatArray, jobs: IntArray) -> FloatArray:
    """Return each column less the mean of its job."""
    _, places, counts = np.unique(jobs, return_inverse=True, return_counts=True)
    means = [np.bincount(places, column) / counts for column in columns.T]
    return np.asarray(columns - np.column_stack(means)[places])
