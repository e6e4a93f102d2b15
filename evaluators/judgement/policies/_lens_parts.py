"""The parts of the lens model equation, of correlations in each draw of the items, all draws at once."""

import math

import numpy as np

from evaluators.judgement._draws import FloatArray, divided

_NOTHING_LEFT = 1e-7


def lens_parts(correlations: FloatArray) -> FloatArray:
    """Return r_a, G, R_e, R_s and C in each draw, shape (n_draws, 5).

    Parameters
    ----------
    correlations : array of float, shape (n_draws, n_columns + 2, n_columns + 2)
        Of the cues, then the outcome, then the ratings.
    """
    together, came, given = correlations[:, :-2, :-2], correlations[:, :-2, -2], correlations[:, :-2, -1]
    best = np.linalg.solve(together, came[:, :, None])[:, :, 0]
    own = np.linalg.solve(together, given[:, :, None])[:, :, 0]
    achievement = correlations[:, -2, -1]
    squared_e = np.clip((best * came).sum(axis=1), 0.0, 1.0)
    squared_s = np.clip((own * given).sum(axis=1), 0.0, 1.0)
    predicted = (best * given).sum(axis=1)
    knowledge = divided(predicted, np.sqrt(squared_e * squared_s))
    over = np.sqrt((1 - squared_e) * (1 - squared_s))
    left = divided(achievement - predicted, np.where(over > _NOTHING_LEFT, over, 0.0))
    return np.column_stack(
        [
            achievement,
            np.clip(knowledge, -1.0, 1.0),
            np.sqrt(squared_e),
            np.sqrt(squared_s),
            np.clip(left, -1.0, 1.0),
        ]
    )


def unmodelled_p_value(correlation: float, df: int) -> float:
    """Return the two-sided p-value of a correlation of residuals, by Student's t; NaN where there is none.

    It is a partial correlation given the cues; `df` is the items less the columns of cues less 2.
    """
    from scipy.special import stdtr  # slow to import

    if math.isnan(correlation) or df < 1:
        return math.nan
    if abs(correlation) >= 1:
        return 0.0
    return float(2 * stdtr(df, -abs(correlation) * math.sqrt(df / (1 - correlation**2))))
