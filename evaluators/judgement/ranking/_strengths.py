"""The likelihood of paired comparisons, ties among them, and its maximum."""

import math

import numpy as np

from evaluators.judgement._draws import FloatArray
from evaluators.judgement.errors import PairError

_STEPS, _SETTLED = 100, 1e-10


def fit_strengths(wins: FloatArray, ties: FloatArray) -> tuple[FloatArray, float, FloatArray]:
    """Return strengths that sum to 0, Davidson's nu, and the strengths' standard errors.

    Newton's method; the likelihood is concave in the strengths and in log nu.

    Parameters
    ----------
    wins : array of float, shape (n_items, n_items)
        How often the row won against the column.
    ties : array of float, shape (n_items, n_items)
        How often neither won; symmetric.

    Raises
    ------
    PairError
        If the likelihood has no maximum.
    """
    n, with_ties = len(wins), bool(ties.any())
    met = np.triu(wins + wins.T + ties, 1)
    first, second = np.nonzero(met)
    each = met[first, second]
    points = (wins + ties / 2).sum(axis=1)
    drawn = float(np.triu(ties, 1).sum())
    found = np.zeros(n + 1)
    if with_ties:
        found[n] = math.log(2 * max(drawn, 0.5) / max(float(wins.sum()), 0.5))
    size = n + 1 if with_ties else n
    columns = np.zeros((len(first), 3, n + 1))  # what each outcome of a pair adds: first wins, second wins, a tie
    rows = np.arange(len(first))
    columns[rows, 0, first] = columns[rows, 1, second] = 1.0
    columns[rows, 2, first] = columns[rows, 2, second] = 0.5
    columns[:, 2, n] = 1.0
    flat = columns.reshape(-1, n + 1)
    held = np.zeros((n + 1, n + 1))
    held[:n, :n] = 1 / n  # strengths sum to 0
    inverse = np.eye(size)
    for _ in range(_STEPS):
        leaning = columns @ found
        if not with_ties:
            leaning[:, 2] = -np.inf
        chance = np.exp(leaning - leaning.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        weight = each[:, None] * chance
        expected = weight.ravel() @ flat
        middle = (chance[:, None, :] @ columns)[:, 0, :]
        gradient = np.concatenate([points, [drawn]]) - expected
        information = flat.T @ (weight.ravel()[:, None] * flat) - middle.T @ (each[:, None] * middle)
        inverse = np.linalg.inv((information + held)[:size, :size])
        step = inverse @ gradient[:size]
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        found[:size] += step
        found[:n] -= found[:n].mean()
        if float(np.abs(step).max()) < _SETTLED:
            break
    else:
        raise PairError("The strengths do not settle.", "Compare each item more often, with several others.")
    covariance = inverse[:n, :n] - 1 / n
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return found[:n], math.exp(found[n]) if with_ties else 0.0, np.asarray(errors)
