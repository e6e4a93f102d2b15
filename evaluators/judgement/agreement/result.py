"""How far raters agree: one figure, its interval, and what it means."""

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import json_able

if TYPE_CHECKING:
    import altair as alt

BOOTSTRAP = "bootstrap over items, percentiles"
NOT_VALIDITY = (
    "It does not show that the ratings are right or fair: raters can agree and all be wrong, or share one prejudice."
)


@dataclass(frozen=True, slots=True)
class AgreementTest:
    """A test against "the raters agree no better than luck".

    Parameters
    ----------
    name : str
        ``"F"`` or ``"chi-squared"``.
    statistic : float
        The test's statistic; infinite where nothing is left to chance.
    df : tuple of float
        Degrees of freedom.
    p_value : float
        Probability (0-1) of such agreement or more by luck.
    """

    name: str
    statistic: float
    df: tuple[float, ...]
    p_value: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree, by one measure.

    Parameters
    ----------
    measure : str
        Key of the measure, such as ``"krippendorff_alpha_ordinal"``.
    name : str
        The measure as papers call it.
    value : float
        The figure, no unit; 1 is perfect agreement.
    low, high : float
        Limits of the interval; NaN if there is none, minus infinity where the formula sets no lower limit.
    interval : str
        How the interval was made.
    bootstrap_low, bootstrap_high : float
        Percentiles of the figure over redrawn items; the same as `low` and `high` where no formula gives an interval.
    confidence : float
        Share (0-1) of such intervals that hold the true value, if their assumptions hold.
    replicates, seed : int
        Draws of the bootstrap, and what makes them repeatable.
    n_items, n_raters, n_ratings : int
        What the figure rests on.
    missing : int
        Pairs of these items and raters without a rating.
    test : AgreementTest or None
        A test against luck, where the measure has one.
    means : str
        What the value says, in plain words.
    does_not_mean : str
        What it does not say.
    notes : tuple of str
        What was left out, and where to be careful.
    """

    measure: str
    name: str
    value: float
    low: float
    high: float
    interval: str
    bootstrap_low: float
    bootstrap_high: float
    confidence: float
    replicates: int
    seed: int
    n_items: int
    n_raters: int
    n_ratings: int
    missing: int
    test: AgreementTest | None
    means: str
    does_not_mean: str
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What the value means, and what it does not."""
        return f"{self.means} {self.does_not_mean} {NOT_VALIDITY}"

    def to_frame(self) -> pd.DataFrame:
        """Return one row.

        Returns
        -------
        DataFrame, shape (1, 18)
            The figures, and statistic and p-value of the test (NaN without one).
        """
        fields = asdict(self)
        for name in ("test", "means", "does_not_mean", "notes"):
            del fields[name]
        test = self.test
        return pd.DataFrame(
            [
                fields
                | {
                    "test": test.name if test else "",
                    "statistic": test.statistic if test else math.nan,
                    "p_value": test.p_value if test else math.nan,
                }
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def line(self) -> str:
        """Say the figure, its interval and what it rests on, in one line."""
        between = "no interval" if math.isnan(self.low) else f"{self.confidence:.0%} interval {self._limits()}"
        return (
            f"{self.name}: {self.value:.2f} ({between}; {self.n_items:,} items, {self.n_raters:,} raters, "
            f"{self.n_ratings:,} ratings)."
        )

    def summary(self) -> str:
        """Say in plain words how far the raters agree, how sure that is, and what it does not show.

        Returns
        -------
        str
            The figure; what it means; what it does not mean; what to be careful about.
        """
        said = [self.line(), self.means, f"{self.does_not_mean} {NOT_VALIDITY}"]
        if self.test is not None:
            said.append(_tested(self.test))
        return "\n".join([*said, *self.notes])

    def chart(self) -> "alt.LayerChart":
        """Draw the figure with its interval.

        Returns
        -------
        altair.LayerChart
            A point and a line on a scale that ends at 1; the description holds the summary.
        """
        from evaluators.judgement._charts.intervals import agreement_chart  # Altair is slow to import

        return agreement_chart([self], title="How far do the raters agree?", description=self.summary())

    def _limits(self) -> str:
        return f"{self.low:.2f} to {self.high:.2f}" if math.isfinite(self.low) else f"up to {self.high:.2f}"


def _tested(test: AgreementTest) -> str:
    from evaluators.screening.significance import p_in_words

    shown = f"{test.statistic:.2f}" if math.isfinite(test.statistic) else "without limit"
    df = " and ".join(f"{each:g}" for each in test.df)
    return (
        f"Against luck: {test.name} {shown} ({df} degrees of freedom), p-value {p_in_words(test.p_value)}. A small "
        "p-value says that the raters share something, not that they share much."
    )
