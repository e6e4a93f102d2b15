"""Severity: who rates the same items lower or higher than the panel."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evaluators.judgement._additive import fit_additive
from evaluators.judgement._draws import rounded
from evaluators.judgement._rows import ByRater, chart_rows, check_alpha, holm_of_defined, t_limits
from evaluators.judgement.panel import Panel

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class RaterSeverity:
    """How far one rater lies above or below the panel.

    Parameters
    ----------
    rater : str
        The rater.
    n_ratings : int
        The rater's ratings.
    mean : float
        Their plain mean, in points of the scale, whatever items they were.
    deviation : float
        Points above (+, kinder) or below (-, stricter) the panel's mean on the same items.
    low, high : float
        Limits of the deviation; NaN if too few items are shared.
    p_value, p_adjusted : float
        Two-sided (0-1) against no deviation; the latter by Holm over the raters.
    found : bool
        Whether the adjusted p-value is under alpha.
    """

    rater: str
    n_ratings: int
    mean: float
    deviation: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    found: bool


@dataclass(frozen=True, slots=True)
class Severity(ByRater[RaterSeverity]):
    """Result of `rater_severity`.

    Parameters
    ----------
    raters : tuple of RaterSeverity
        Strictest first.
    n_items : int
        Items with a rating.
    complete : bool
        Whether everybody rated every item.
    alpha : float
        Significance level (0-1); intervals have the confidence 1 - alpha.
    """

    n_items: int
    complete: bool
    alpha: float

    def summary(self) -> str:
        """Say in plain words who is stricter or kinder than the panel.

        Returns
        -------
        str
            A line for each rater found, one for the rest, and what it does not show.

        Examples
        --------
        >>> panel = Panel(np.array([[3, 4, 5], [1, 2, 4], [2, 4, 5.0]]), ("a", "b", "c"), ("Ada", "Ben", "Cleo"))
        >>> print(rater_severity(panel).summary().splitlines()[0])
        Ada is stricter than the panel by 1.33 points on the same items (95% interval -1.87 to -0.80).
        """
        lines = [_line(row, self.alpha) for row in self.raters if row.found]
        rest = [row.rater for row in self.raters if not row.found and not math.isnan(row.p_value)]
        untold = [row.rater for row in self.raters if math.isnan(row.p_value)]
        if rest:
            lines.append(f"Not told from luck: {', '.join(rest)}.")
        if untold:
            lines.append(f"Too few ratings to tell: {', '.join(untold)}.")
        how = (
            "Everybody rated the same items."
            if self.complete
            else (
                "Not everybody rated all items, so the comparison takes out what each item is worth by the ratings of "
                "others."
            )
        )
        lines.append(
            f"{how} Stricter is not worse: nobody knows from this who is right, and severity alone changes no rater's "
            "order of the items."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw each rater's deviation with its interval, strictest first; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        return interval_chart(
            chart_rows(self.raters, "deviation"),
            axis="Points from the panel's mean on the same items",
            title="Who is stricter, who is kinder?",
            said=[f"Left of the dashed line: stricter. Line: {1 - self.alpha:.0%} interval."],
            description=self.summary(),
            kinds=("differs from the panel", "not told from luck"),
        )


def _line(row: RaterSeverity, alpha: float) -> str:
    word = "stricter" if row.deviation < 0 else "kinder"
    return (
        f"{row.rater} is {word} than the panel by {abs(row.deviation):.2f} points on the same items "
        f"({1 - alpha:.0%} interval {row.low:+.2f} to {row.high:+.2f})."
    )


def rater_severity(panel: Panel, *, alpha: float = 0.05) -> Severity:
    """Compare each rater's level with the panel's, on the same items.

    A rating is taken as the item's worth plus the rater's effect plus noise, by least squares [1]_. If everybody rated
    everything, the effect is the rater's mean less the panel's. Intervals assume noise of one size for all raters;
    p-values are adjusted by Holm's method.

    Parameters
    ----------
    panel : Panel
        The ratings, taken as points with equal steps.
    alpha : float
        Significance level (0-1).

    Returns
    -------
    Severity
        The raters, strictest first.

    Raises
    ------
    NoAgreementError
        If there is one rater, somebody rated nothing, the ratings are only names, or some raters share no items with
        the others.
    LevelError
        If `alpha` does not lie between 0 and 1.

    References
    ----------
    .. [1] Searle, S. R. (1971). Linear Models. Wiley, chapter 7: the two-way classification without interaction.

    Examples
    --------
    >>> panel = Panel(np.array([[3, 4, 5], [1, 2, 4], [2, 4, 5.0]]), ("a", "b", "c"), ("Ada", "Ben", "Cleo"))
    >>> [(row.rater, round(row.deviation, 2)) for row in rater_severity(panel)]
    [('Ada', -1.33), ('Ben', 0.0), ('Cleo', 1.33)]
    """
    check_alpha(alpha)
    model = fit_additive(panel)
    errors = np.sqrt(model.variance * np.maximum(np.diag(model.inverse), 0.0))
    told = [
        t_limits(float(effect), float(error), model.df, alpha)
        for effect, error in zip(model.raters, errors, strict=True)
    ]
    adjusted = holm_of_defined([p_value for *_, p_value in told])
    rows = [
        RaterSeverity(
            rater=name,
            n_ratings=int(panel.rated[:, place].sum()),
            mean=rounded(float(np.nanmean(panel.ratings[:, place]))),
            deviation=rounded(model.raters[place]),
            low=rounded(told[place][0]),
            high=rounded(told[place][1]),
            p_value=told[place][2],
            p_adjusted=adjusted[place],
            found=adjusted[place] < alpha,
        )
        for place, name in enumerate(panel.raters)
    ]
    return Severity(
        raters=tuple(sorted(rows, key=lambda row: (row.deviation, row.rater))),
        n_items=int(panel.rated.any(axis=1).sum()),
        complete=panel.missing == 0,
        alpha=alpha,
    )
