"""Places, shortlists and reserve lists within jobs."""

import numpy as np
import numpy.typing as npt

from evaluators.judgement._draws import FloatArray

IntArray = npt.NDArray[np.int64]


def places_in_jobs(values: FloatArray, jobs: IntArray) -> FloatArray:
    """Return where each value stands in its job: 0 below all, 1 above all, ties in their middle.

    Of a table, shape (n_items, n_columns), each column is placed for itself.

    Examples
    --------
    >>> places_in_jobs(np.array([5.0, 7.0, 1.0, 9.0]), np.array([0, 0, 1, 1])).tolist()
    [0.25, 0.75, 0.25, 0.75]
    """
    from scipy.stats import rankdata

    found = np.empty(values.shape)
    for job in np.unique(jobs):
        rows = jobs == job
        found[rows] = (rankdata(values[rows], axis=0) - 0.5) / rows.sum()
    return found


def bands(
    values: FloatArray, jobs: IntArray, *, share: float, reserve: float
) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    """Return who is on the shortlist, and 2 for the shortlist, 1 for the reserve, 0 for the rest.

    Each job has at least one item on its shortlist; equal values are taken in their order.

    Examples
    --------
    >>> bands(np.array([5.0, 7.0, 1.0, 9.0]), np.zeros(4, dtype=int), share=0.25, reserve=0.25)[1].tolist()
    [0.0, 1.0, 0.0, 2.0]
    """
    found = np.zeros(len(values))
    for job in np.unique(jobs):
        rows = np.flatnonzero(jobs == job)
        best = rows[np.argsort(-values[rows], kind="stable")]
        first = max(1, round(share * len(rows)))
        second = round(reserve * len(rows))
        found[best[first : first + second]] = 1.0
        found[best[:first]] = 2.0
    return found == 2.0, found


def tied_at_edge(values: FloatArray, chosen: npt.NDArray[np.bool_]) -> int:
    """Return how many items have the value at the edge of a shortlist, if some of them are on it and some are not.

    Examples
    --------
    >>> tied_at_edge(np.array([5.0, 7.0, 5.0, 5.0]), np.array([True, True, False, False]))
    3
    """
    edge = values == values[chosen].min()
    return int(edge.sum()) if (edge & ~chosen).any() else 0


def chances(values: FloatArray, jobs: IntArray, *, share: float) -> FloatArray:
    """Return each item's chance (0-1) to be on the shortlist if lots are drawn among equal values at its edge.

    Examples
    --------
    >>> chances(np.array([5.0, 7.0, 5.0, 5.0]), np.zeros(4, dtype=int), share=0.5).round(2).tolist()
    [0.33, 1.0, 0.33, 0.33]
    """
    chosen, _ = bands(values, jobs, share=share, reserve=0.0)
    found = chosen.astype(np.float64)
    for job in np.unique(jobs):
        rows = np.flatnonzero(jobs == job)
        edge = rows[values[rows] == values[rows][chosen[rows]].min()]
        found[edge] = chosen[edge].mean()
    return found
