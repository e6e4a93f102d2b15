"""Waits that may not be over yet: the middle and the long ones, without leaving the unfinished out."""

import math
from typing import Any

import numpy as np

from evaluators.itdata.tickets._product_limit import product_limit


def wait_quantile(waits: Any, over: Any, share: float) -> float:
    """Give the wait within which a share of cases were over, counting unfinished ones as long as they were watched.

    Parameters
    ----------
    waits : array-like of float, shape (n_cases,)
        Time waited so far, in any unit.
    over : array-like of bool, shape (n_cases,)
        Whether the wait has ended.
    share : float
        0.5 for the median, 0.9 for P90.

    Returns
    -------
    float
        In the unit of `waits`; NaN without cases, or if too many still wait to tell.

    Examples
    --------
    >>> wait_quantile([1, 2, 3, 4], [True, True, True, True], 0.5), wait_quantile([1, 2, 3], [True, False, True], 0.5)
    (2.5, 3.0)
    """
    times = np.asarray(waits, dtype=np.float64)
    found = product_limit(times, np.asarray(over, dtype=bool)).quantile(share) if len(times) else None
    return math.nan if found is None else found
