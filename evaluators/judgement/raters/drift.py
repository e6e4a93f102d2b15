"""Drift: whose ratings wander away from the panel's in the course of the work."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evaluators.judgement._additive import FloatArray, fit_additive
from evaluators.judgement._draws import rounded
from evaluators.judgement._rows import ByRater, chart_rows, check_alpha, holm_of_defined, t_limits
from evaluators.judgement.errors import NoAgreementError
from evaluators.judgement.panel import Panel

if TYPE_CHECKING:
    import altair as alt

_FEWEST = 4  # ratings for a slope with an interval worth the name


@dataclass(frozen=True, slots=True)
class RaterDrift:
    """How one rater's level moves against the others'.

    Parameters
    ----------
    rater : str
        The rater.
    n_ratings : int
        Ratings of items that somebody else rated, too.
    slope : float
        Points of the scale per 10 items: + becomes kinder, - stricter, compared with the others on the same items.
        NaN if there are too few ratings.
    low, high : float
        Limits of the slope; NaN if there are too few ratings.
    p_value, p_adjusted : float
        Two-sided (0-1) against no drift; the latter by Holm over the raters.
    found : bool
        Whether the adjusted p-value is under alpha.
    """

    rater: str
    n_ratings: int
    slope: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    found: bool


@dataclass(frozen=True, slots=True)
class Drift(ByRater[RaterDrift]):
    """Result of `rater_drift`.

    Parameters
    ----------
    raters : tuple of RaterDrift
        In the panel's order.
    same_order : bool
        Whether all raters saw the items in one order.
    alpha : float
        Significance level (0-1); intervals have the confidence 1 - alpha.
    """

    same_order: bool
    alpha: float

    def summary(self) -> str:
        """Say in plain words who drifts.

        Returns
        -------
        str
            A line for each rater found, one for the rest, and what it does not show.
        """
        lines = [
            f"{row.rater} becomes {'kinder' if row.slope > 0 else 'stricter'} than the others by {abs(row.slope):.2f} "
            f"points per 10 items ({1 - self.alpha:.0%} interval {row.low:+.2f} to {row.high:+.2f})."
            for row in self.raters
            if row.found
        ]
        rest = [row.rater for row in self.raters if not row.found and not math.isnan(row.p_value)]
        untold = [row.rater for row in self.raters if math.isnan(row.p_value)]
        if rest:
            lines.append(f"No drift that can be told from luck: {', '.join(rest)}.")
        if untold:
            lines.append(
                "Too few ratings in common with others, or all at one place in the order, to tell: "
                f"{', '.join(untold)}."
            )
        lines.append(
            "Drift is measured against the other raters: if all drift together, this does not see it. It looks for a "
            "straight line, and does not say why anybody drifts."
        )
        if self.same_order:
            lines.append(
                "All saw the items in the same order. So when one rater drifts, the others seem to drift the other "
                "way, a little each. Give raters different orders to tell these apart."
            )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw each rater's slope with its interval; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        return interval_chart(
            chart_rows(self.raters, "slope"),
            axis="Points per 10 items, against the others",
            title="Who drifts in the course of the work?",
            said=[f"Left of the dashed line: becomes stricter. Line: {1 - self.alpha:.0%} interval."],
            description=self.summary(),
            kinds=("drifts", "not told from luck"),
        )


def rater_drift(panel: Panel, *, alpha: float = 0.05) -> Drift:
    """Fit a straight line to each rater's deviations from the others, in the order of rating.

    A deviation is the rating less the mean of the others' ratings of the same item, after each rater's severity has
    been taken out. The line is fitted by least squares, with an interval by Student's t; Holm adjusts the p-values.

    Parameters
    ----------
    panel : Panel
        The ratings with their order: see ``order`` of `Panel.from_table`.
    alpha : float
        Significance level (0-1).

    Returns
    -------
    Drift
        The slope of each rater, in points per 10 items.

    Raises
    ------
    NoAgreementError
        If the panel has no order, or as for `rater_severity`.
    LevelError
        If `alpha` does not lie between 0 and 1.

    Examples
    --------
    >>> ratings = np.array([[3, 3.0], [4, 4.2], [2, 2.3], [3, 3.6], [1, 1.8]])
    >>> order = np.array([[1, 1.0], [2, 2], [3, 3], [4, 4], [5, 5]])
    >>> panel = Panel(ratings, tuple("abcde"), ("Ada", "Ben"), order=order)
    >>> round(rater_drift(panel)["Ben"].slope, 2)
    2.0
    """
    check_alpha(alpha)
    if panel.order is None or not np.isfinite(panel.order[panel.rated]).all():
        raise NoAgreementError(
            "Nobody knows in which order the items were rated.",
            "Name the column with the number or the time of each rating.",
            "order",
        )
    model = fit_additive(panel)
    level = panel.ratings - model.raters[None, :]
    beside = level - others_mean(level)
    fits = [_line_through(panel.order[:, place], beside[:, place], alpha) for place in range(panel.n_raters)]
    adjusted = holm_of_defined([p_value for *_, p_value in fits])
    shared = panel.rated.sum(axis=1) >= 2
    spread = [np.ptp(row[rated]) for row, rated in zip(panel.order[shared], panel.rated[shared], strict=True)]
    return Drift(
        raters=tuple(
            RaterDrift(name, *fits[place], p_adjusted=adjusted[place], found=adjusted[place] < alpha)
            for place, name in enumerate(panel.raters)
        ),
        same_order=bool(spread) and max(spread) == 0,
        alpha=alpha,
    )


def others_mean(level: FloatArray) -> FloatArray:
    """Return, for each rating, the mean of the other ratings of its item; NaN if there is none.

    Examples
    --------
    >>> others_mean(np.array([[1.0, 2.0, 6.0], [1.0, np.nan, np.nan]])).tolist()
    [[4.0, 3.5, 1.5], [nan, nan, nan]]
    """
    rated = ~np.isnan(level)
    values = np.where(rated, level, 0.0)
    others = rated.sum(axis=1, keepdims=True) - rated
    sums = values.sum(axis=1, keepdims=True) - values
    return np.asarray(np.divide(sums, others, out=np.full(level.shape, np.nan), where=rated & (others > 0)))


def _line_through(order: FloatArray, beside: FloatArray, alpha: float) -> tuple[int, float, float, float, float]:
    """Return how many points there are, the slope per 10 items, its limits and its p-value."""
    kept = np.isfinite(order) & np.isfinite(beside)
    n = int(kept.sum())
    x, y = order[kept] / 10, beside[kept]
    if n < _FEWEST or np.ptp(x) == 0:
        return n, math.nan, math.nan, math.nan, math.nan
    x, y = x - x.mean(), y - y.mean()
    width = float((x**2).sum())
    slope = float((x * y).sum()) / width
    error = math.sqrt(float(((y - slope * x) ** 2).sum()) / (n - 2) / width)
    low, high, p_value = t_limits(slope, error, n - 2, alpha)
    return n, rounded(slope), rounded(low), rounded(high), p_value
