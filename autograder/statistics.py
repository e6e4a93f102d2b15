"""Classical test statistics of a lab: how hard each item was and whether it tells strong from weak learners apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

FEWEST_LEARNERS = 10  # below this a correlation or an alpha says nothing, and people could be told apart
_ROUNDING = 1e-9  # shares that differ by less are equal


@dataclass(frozen=True)
class ItemStatistics:
    """How one item did.

    Parameters
    ----------
    item : str
        Id of the item.
    n : int
        Learners with a score.
    facility : float
        Mean share of the points earned, 0 (nobody) to 1 (everybody); NaN without scores.
    discrimination : float
        Corrected item-rest correlation, -1 to 1; NaN for fewer than ten learners or when all earned the same.
    advice : str
        What a trainer may do about it, "" when there is nothing to do.
    """

    item: str
    n: int
    facility: float
    discrimination: float
    advice: str


def item_statistics(shares: pd.DataFrame) -> list[ItemStatistics]:
    """Compute facility and discrimination of each item.

    Parameters
    ----------
    shares : DataFrame, shape (n_learners, n_items)
        Share of the item's points that each learner earned, 0 to 1; NaN where it is not scored yet.

    Returns
    -------
    list of ItemStatistics
        In the order of the columns.

    References
    ----------
    Corrected item-rest correlation: Crocker & Algina (1986), Introduction to Classical and Modern Test Theory, ch. 14.

    Examples
    --------
    >>> shares = pd.DataFrame({"q1": [1, 1, 0, 0], "q2": [1, 1, 0, 1]})
    >>> [statistic.facility for statistic in item_statistics(shares)]
    [0.5, 0.75]
    """
    results = []
    for item in shares.columns:
        scored = shares[item].dropna()
        rest = shares.loc[scored.index].drop(columns=item).mean(axis=1)
        r = _correlation(scored.to_numpy(float), rest.to_numpy(float))
        facility = float(scored.mean()) if len(scored) else float("nan")
        results.append(ItemStatistics(str(item), len(scored), facility, r, _advice(len(scored), facility, r)))
    return results


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if len(x) < FEWEST_LEARNERS or np.ptp(x) < _ROUNDING or np.ptp(y) < _ROUNDING:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def _advice(n: int, facility: float, discrimination: float) -> str:
    if n < FEWEST_LEARNERS:
        return ""
    if discrimination < 0.1:
        return "Strong learners do no better here than weak ones: read its wording and its key."
    if facility < 0.3:
        return "Most learners miss it: teach it again, or split it."
    if facility > 0.9:
        return "Nearly everyone gets it: fine as a warm-up."
    return ""


def cronbach_alpha(shares: pd.DataFrame) -> float:
    """Compute Cronbach's alpha over the learners with every item scored.

    Parameters
    ----------
    shares : DataFrame, shape (n_learners, n_items)
        Points or shares earned; learners with a NaN are left out.

    Returns
    -------
    float
        Internal consistency, at most 1; NaN for fewer than ten learners or two items, or when all scored the same.

    References
    ----------
    Cronbach (1951), Psychometrika 16, 297-334.
    """
    complete = shares.dropna()
    k = complete.shape[1]
    if len(complete) < FEWEST_LEARNERS or k < 2:
        return float("nan")
    total = complete.sum(axis=1).var(ddof=1)
    return float("nan") if total < _ROUNDING else float(k / (k - 1) * (1 - complete.var(ddof=1).sum() / total))


def mean_interval(values: pd.Series, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of `values` with a t interval, cut to 0-1.

    Parameters
    ----------
    values : Series of float
        Shares, one a learner; NaN is left out.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    mean, low, high : float
        NaN where fewer than two learners have a value.
    """
    from scipy.special import stdtrit  # scipy.stats takes seconds to import

    values = values.dropna()
    n = len(values)
    if n < 2:
        return (float(values.mean()) if n else float("nan"), float("nan"), float("nan"))
    mean = float(values.mean())
    half = float(stdtrit(n - 1, (1 + confidence) / 2) * values.std(ddof=1) / np.sqrt(n))
    return mean, max(0.0, mean - half), min(1.0, mean + half)
