"""Correlations and covariances in each draw of the items, all draws at once."""

import numpy as np

from evaluators.judgement._draws import FloatArray

_LEAST_ROOT = 1e-9


def drawn_covariances(drawn: FloatArray, table: FloatArray) -> FloatArray:
    """Return the covariances (divided by n) of a table's columns in each draw, shape (n_draws, n_columns, n_columns).

    Examples
    --------
    >>> drawn_covariances(np.ones((1, 2)), np.array([[1.0, 2.0], [3.0, 6.0]])).tolist()
    [[[1.0, 2.0], [2.0, 4.0]]]
    """
    centred = table - table.mean(axis=0)
    n, columns = centred.shape
    total = drawn.sum(axis=1)
    means = drawn @ centred / total[:, None]
    products = (drawn @ (centred[:, :, None] * centred[:, None, :]).reshape(n, -1)).reshape(-1, columns, columns)
    return np.asarray(products / total[:, None, None] - means[:, :, None] * means[:, None, :])


def drawn_correlations(drawn: FloatArray, table: FloatArray, *, explained: int = 1) -> tuple[FloatArray, FloatArray]:
    """Return correlations as `drawn_covariances` does, and in which draws they are defined.

    A draw in which a column is the same for all items, or follows from others, has the identity instead. The last
    `explained` columns may follow from the others: they are what these are to explain.
    """
    covariances = drawn_covariances(drawn, table)
    places = np.arange(table.shape[1])
    variances = covariances[:, places, places]
    own = table.var(axis=0)
    defined = (variances > 1e-12 * own[None, :]).all(axis=1)
    apart = np.sqrt(np.where(defined[:, None], variances, 1.0))
    found = np.where(defined[:, None, None], covariances / (apart[:, :, None] * apart[:, None, :]), np.eye(len(places)))
    least = np.linalg.eigvalsh(found[:, :-explained, :-explained])[:, 0]
    defined &= least > _LEAST_ROOT
    found = np.where(defined[:, None, None], found, np.eye(len(places)))
    return found, defined
