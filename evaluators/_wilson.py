"""Wilson's interval of a share, which every part of the library draws and quotes."""

import math
from statistics import NormalDist


def wilson(successes: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Give the range of true shares that fit a count: Wilson's score interval (Wilson 1927).

    Parameters
    ----------
    successes, of : int
        Cases with the outcome, of all; 0 <= successes <= of.
    confidence : float
        Share (0-1) of such intervals that hold the true share.

    Returns
    -------
    low, high : float
        Shares (0-1); NaN if there is no case.

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.490 to 0.943
    """
    if not of:
        return math.nan, math.nan
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / of
    centre = share + z * z / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    low = 0.0 if not successes else (centre - half) / scale
    return low, 1.0 if successes == of else (centre + half) / scale
