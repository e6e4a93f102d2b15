"""The product-limit estimate (Kaplan and Meier): how long things take when some are not over yet."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from evaluators.itdata.tickets._ticket_times import BoolArray, FloatArray

_EXACT = 1e-9  # the curve is a long product: a value this near to a share is that share


@dataclass(frozen=True, slots=True)
class ProductLimit:
    """A curve of the share that is still waiting.

    Parameters
    ----------
    hours : array of float, shape (n_steps,)
        Times at which something ended, rising.
    waiting : array of float, shape (n_steps,)
        Share (0-1) that takes longer than that.
    error : array of float, shape (n_steps,)
        Greenwood's standard error of that share.
    longest : float
        The longest time seen, ended or not.
    """

    hours: FloatArray
    waiting: FloatArray
    error: FloatArray
    longest: float

    def quantile(self, share: float) -> float | None:
        """Return the time within which a share (0-1) has ended, or None if the curve does not fall so far.

        Where the curve lies flat exactly at the share, the middle of the flat piece, so that with nothing
        waiting the median is the ordinary one.
        """
        first = int(np.searchsorted(-self.waiting, -(1 - share) - _EXACT))
        below = int(np.searchsorted(-self.waiting, -(1 - share) + _EXACT, side="right"))
        if below >= len(self.hours):
            return None
        return float((self.hours[first] + self.hours[below]) / 2)

    def quantile_interval(self, share: float, confidence: float) -> tuple[float | None, float | None]:
        """Return the range of times whose share waiting a test does not tell from ``1 - share``.

        Brookmeyer and Crowley's interval, on the log(-log) scale; None for an end that the data do not show.
        """
        inside = (self.waiting > _EXACT) & (self.waiting < 1 - _EXACT)
        if not inside.any():
            return None, None
        waiting, error = self.waiting[inside], self.error[inside]
        scale = np.abs(np.log(waiting)) * waiting
        distance = (np.log(-np.log(waiting)) - math.log(-math.log(1 - share))) * scale / error
        fits = np.flatnonzero(inside)[np.abs(distance) <= NormalDist().inv_cdf((1 + confidence) / 2)]
        if not len(fits):
            return None, None
        end = int(fits[-1]) + 1
        return float(self.hours[fits[0]]), float(self.hours[end]) if end < len(self.hours) else None

    def mean(self) -> tuple[float | None, bool]:
        """Return the area under the curve up to the longest time, and whether the true mean is larger than that."""
        if not len(self.hours):
            return None, True
        steps = np.diff(self.hours, prepend=0.0, append=max(self.longest, float(self.hours[-1])))
        area = float(np.sum(steps * np.concatenate(([1.0], self.waiting))))
        return area, bool(self.waiting[-1] > _EXACT)


def product_limit(hours: FloatArray, ended: BoolArray) -> ProductLimit:
    """Estimate the share waiting longer than each time [1]_.

    Parameters
    ----------
    hours : array of float, shape (n,)
        Time to the end, or so far. 0 or more.
    ended : array of bool, shape (n,)
        Whether it ended then. What had not ended by a time at which others end still counts as waiting there.

    Returns
    -------
    ProductLimit

    References
    ----------
    .. [1] Kaplan, E. L., Meier, P. (1958). Nonparametric Estimation from Incomplete Observations. Journal of the
       American Statistical Association 53(282), 457-481.

    Examples
    --------
    >>> curve = product_limit(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, True]))
    >>> curve.hours.tolist(), curve.waiting.tolist(), curve.quantile(0.5)
    ([1.0, 3.0, 4.0], [0.75, 0.375, 0.0], 3.0)
    """
    order = np.argsort(hours, kind="stable")
    times, ends = hours[order], ended[order]
    first = np.flatnonzero(np.diff(times, prepend=-np.inf) > 0)
    deaths = np.add.reduceat(ends.astype(np.int64), first) if len(first) else np.zeros(0, dtype=np.int64)
    some = deaths > 0
    at_risk = (len(times) - first)[some].astype(np.float64)
    out = deaths[some].astype(np.float64)
    left = at_risk - out
    waiting = np.asarray(np.cumprod(left / at_risk), dtype=np.float64)
    # Greenwood (1926): the sum has no last term where nothing is left, and the share is 0 there anyway.
    terms = np.divide(out, at_risk * left, out=np.zeros_like(out), where=left > 0)
    error = np.asarray(waiting * np.sqrt(np.cumsum(terms)), dtype=np.float64)
    longest = float(times[-1]) if len(times) else math.nan
    return ProductLimit(times[first][some], waiting, error, longest)
