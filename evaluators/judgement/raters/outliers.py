"""Outliers: single ratings that fit neither the item nor the rater."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._additive import fit_additive
from evaluators.judgement._draws import rounded
from evaluators.judgement._rows import check_alpha
from evaluators.judgement.errors import NoAgreementError
from evaluators.judgement.panel import Panel
from evaluators.screening.significance import holm

if TYPE_CHECKING:
    import altair as alt

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class OutlyingRating:
    """A rating far from what item and rater let expect.

    Parameters
    ----------
    item, rater : str
        Who rated what.
    rating, expected : float
        The rating, and the item's worth plus the rater's severity, in points of the scale.
    difference : float
        `rating` less `expected`.
    studentised : float
        The externally studentised residual: how many standard errors the rating lies from what the other ratings let
        expect.
    p_adjusted : float
        Two-sided (0-1), by Holm over all ratings.
    found : bool
        Whether that is under alpha.
    """

    item: str
    rater: str
    rating: float
    expected: float
    difference: float
    studentised: float
    p_adjusted: float
    found: bool


@dataclass(frozen=True, slots=True)
class Outliers:
    """Result of `outlying_ratings`.

    Parameters
    ----------
    ratings : tuple of OutlyingRating
        The ten ratings that lie farthest off, and any further one that was found; farthest first.
    n_tested : int
        Ratings looked at.
    alpha : float
        Significance level (0-1).
    """

    ratings: tuple[OutlyingRating, ...]
    n_tested: int
    alpha: float

    def __iter__(self) -> Iterator[OutlyingRating]:
        return iter(self.ratings)

    @property
    def found(self) -> tuple[OutlyingRating, ...]:
        """The ratings that are told from luck."""
        return tuple(row for row in self.ratings if row.found)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rating, farthest off first, with the fields of `OutlyingRating`."""
        return pd.DataFrame([asdict(row) for row in self.ratings])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words which ratings to look at again, and what that does not mean."""
        lines = [
            f"{row.rater} gave {row.item} {row.rating:g}; {row.expected:.1f} was to be expected." for row in self.found
        ]
        if not lines:
            return f"None of {self.n_tested:,} ratings lies farther off than luck lets one of so many lie."
        lines.append(
            "Look at such a rating again before you do anything: it may be a slip, or the one person who saw "
            "something. Taking out ratings because they disagree makes a panel agree on paper only."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw how far the ten farthest ratings lie off; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        rows = [
            {
                "label": f"{row.rater}: {row.item}",
                "value": row.difference,
                "low": None,
                "high": None,
                "found": row.found,
            }
            for row in self.ratings[:_SHOWN]
        ]
        return interval_chart(
            rows,
            axis="Points from what was to be expected",
            title="Which ratings lie far off?",
            said=[f"The {len(rows)} farthest of {self.n_tested:,} ratings."],
            description=self.summary(),
            kinds=("farther than luck", "not told from luck"),
        )


def outlying_ratings(panel: Panel, *, alpha: float = 0.05) -> Outliers:
    """Look for single ratings that fit neither the item's other ratings nor the rater's severity.

    The additive model of `rater_severity` is fitted, and each rating's externally studentised residual [1]_ tested by
    Student's t, with Holm's adjustment for having looked at all of them.

    Parameters
    ----------
    panel : Panel
        The ratings, taken as points with equal steps.
    alpha : float
        Significance level (0-1).

    Returns
    -------
    Outliers
        The ratings farthest off.

    Raises
    ------
    NoAgreementError
        If too few ratings overlap for such a test, or as for `rater_severity`.
    LevelError
        If `alpha` does not lie between 0 and 1.

    References
    ----------
    .. [1] Cook, R. D. and Weisberg, S. (1982). Residuals and Influence in Regression. Chapman and Hall, section 2.2.

    Examples
    --------
    >>> ratings = np.array([[1, 1, 1.2], [2, 2.1, 2], [3, 3, 3.1], [4, 4.1, 4], [5, 5, 1]])
    >>> found = outlying_ratings(Panel(ratings, tuple("abcde"), ("Ada", "Ben", "Cleo"))).found
    >>> [(row.item, row.rater) for row in found]
    [('e', 'Cleo')]
    """
    from scipy.special import stdtr  # slow to import

    check_alpha(alpha)
    model = fit_additive(panel)
    if model.df < 2:
        raise NoAgreementError(
            "Too few ratings overlap to tell an outlier from noise.", "Let more raters rate the same items."
        )
    rows, columns = np.nonzero(panel.rated)
    residual, free = model.residuals[rows, columns], 1 - model.leverage[rows, columns]
    kept = free > 1e-9  # otherwise the rating alone says what to expect of it
    rows, columns, residual, free = rows[kept], columns[kept], residual[kept], free[kept]
    without = (model.variance * model.df - residual**2 / free) / (model.df - 1)
    some = without > 1e-12 * max(model.variance, np.finfo(float).tiny)
    studentised = np.where(residual > 0, np.inf, -np.inf)
    np.divide(residual, np.sqrt(np.where(some, without, 1.0) * free), out=studentised, where=some)
    studentised[np.abs(residual) <= 1e-9 * max(1.0, float(np.abs(residual).max()))] = 0.0
    adjusted = np.array(holm((2 * stdtr(model.df - 1, -np.abs(studentised))).tolist()))
    order = np.lexsort((columns, rows, -np.round(np.abs(studentised), 9)))
    chosen = [place for rank, place in enumerate(order.tolist()) if rank < _SHOWN or adjusted[place] < alpha]
    return Outliers(
        ratings=tuple(
            OutlyingRating(
                item=panel.items[rows[place]],
                rater=panel.raters[columns[place]],
                rating=float(panel.ratings[rows[place], columns[place]]),
                expected=rounded(panel.ratings[rows[place], columns[place]] - residual[place]),
                difference=rounded(residual[place]),
                studentised=rounded(studentised[place]),
                p_adjusted=float(adjusted[place]),
                found=bool(adjusted[place] < alpha),
            )
            for place in chosen
        ),
        n_tested=len(rows),
        alpha=alpha,
    )
