"""Single raters in one table: severity, drift, halo, how well each predicts the others, and ratings far off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators.judgement._cells import natural
from evaluators.judgement._draws import check_draws
from evaluators.judgement._rows import check_alpha
from evaluators.judgement.errors import NoAgreementError
from evaluators.judgement.panel import Panel
from evaluators.judgement.raters.drift import Drift, rater_drift
from evaluators.judgement.raters.halo import Halo, rater_halo
from evaluators.judgement.raters.outliers import Outliers, outlying_ratings
from evaluators.judgement.raters.rest import AgainstRest, against_the_rest
from evaluators.judgement.raters.severity import Severity, rater_severity

if TYPE_CHECKING:
    import altair as alt

_TITLES = {
    "severity": "Severity",
    "drift": "Drift",
    "halo": "Halo",
    "rest": "Each rater against the others",
    "outliers": "Single ratings",
}


@dataclass(frozen=True, slots=True)
class RaterReport:
    """Result of `rater_report`; a part that the ratings do not allow is None.

    Parameters
    ----------
    severity : Severity or None
        Who is stricter or kinder.
    drift : Drift or None
        Who moves in the course of the work.
    halo : Halo or None
        Whose dimensions go together.
    rest : AgainstRest or None
        How well each rater predicts the others.
    outliers : Outliers or None
        Single ratings that lie far off.
    not_computed : tuple of str
        Which part is None, and why.
    """

    severity: Severity | None
    drift: Drift | None
    halo: Halo | None
    rest: AgainstRest | None
    outliers: Outliers | None
    not_computed: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rater.

        Returns
        -------
        DataFrame
            The column rater, then those of the parts that there are: deviation, slope_per_10_items, halo_excess,
            correlation_with_rest, outlying_ratings; in the order of the names.
        """
        found = pd.DataFrame({"rater": sorted(self._raters(), key=natural)})
        if self.severity is not None:
            found["deviation"] = found["rater"].map({row.rater: row.deviation for row in self.severity})
        if self.drift is not None:
            found["slope_per_10_items"] = found["rater"].map({row.rater: row.slope for row in self.drift})
        if self.halo is not None:
            found["halo_excess"] = found["rater"].map({row.rater: row.excess for row in self.halo})
        if self.rest is not None:
            found["correlation_with_rest"] = found["rater"].map({row.rater: row.correlation for row in self.rest})
        if self.outliers is not None:
            far = [row.rater for row in self.outliers.found]
            found["outlying_ratings"] = [far.count(rater) for rater in found["rater"]]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures and for parts that are missing."""
        parts = {name: part.to_dict() if part is not None else None for name, part in self._parts().items()}
        return {**parts, "not_computed": list(self.not_computed)}

    def summary(self) -> str:
        """Say each part in plain words, under its title, then what was not computed."""
        said = [f"{_TITLES[name]}\n{part.summary()}" for name, part in self._parts().items() if part is not None]
        return "\n\n".join([*said, *(["\n".join(self.not_computed)] if self.not_computed else [])])

    def chart(self) -> "alt.VConcatChart":
        """Draw the parts below each other; the description holds the summary."""
        from evaluators.judgement._charts.intervals import below_each_other  # Altair is slow to import

        charts = [part.chart() for part in self._parts().values() if part is not None]
        return below_each_other(charts, description=self.summary())

    def _parts(self) -> dict[str, Severity | Drift | Halo | AgainstRest | Outliers | None]:
        return {name: getattr(self, name) for name in _TITLES}

    def _raters(self) -> set[str]:
        parts = (self.severity, self.drift, self.halo, self.rest)
        return {row.rater for part in parts if part is not None for row in part}


def rater_report(
    panel: Panel,
    *,
    dimensions: Mapping[str, Panel] | None = None,
    alpha: float = 0.05,
    replicates: int = 2000,
    seed: int = 0,
) -> RaterReport:
    """Look at single raters in every way that the ratings allow.

    Parameters
    ----------
    panel : Panel
        The ratings, such as the overall ones.
    dimensions : mapping of str to Panel, optional
        A panel for each dimension, for `rater_halo`.
    alpha : float
        Significance level (0-1) of each part; each allows for its own number of raters or ratings.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    RaterReport
        The parts, and why others are missing.

    Raises
    ------
    NoAgreementError
        If the ratings allow no part: one rater, nothing rated in common, ratings that are only names.
    LevelError
        If `alpha` or `replicates` make no sense.

    Examples
    --------
    >>> import numpy as np
    >>> ratings = np.array([[1, 1, 2], [2, 3, 1], [3, 2, 4], [4, 4, 3], [5, 5, 5.0]])
    >>> rater_report(Panel(ratings, tuple("abcde"), ("Ada", "Ben", "Cleo"))).not_computed[0]
    'Drift was not computed. Nobody knows in which order the items were rated.'
    """
    check_alpha(alpha)
    check_draws(1 - alpha, replicates)
    found: dict[str, Any] = {}
    missing: list[str] = []
    ways: dict[str, Callable[[], Any]] = {
        "severity": lambda: rater_severity(panel, alpha=alpha),
        "drift": lambda: rater_drift(panel, alpha=alpha),
        "halo": lambda: rater_halo(dimensions or {}, alpha=alpha, replicates=replicates, seed=seed),
        "rest": lambda: against_the_rest(panel, confidence=1 - alpha, replicates=replicates, seed=seed),
        "outliers": lambda: outlying_ratings(panel, alpha=alpha),
    }
    problem: NoAgreementError | None = None
    for name, way in ways.items():
        try:
            found[name] = way()
        except NoAgreementError as error:
            found[name] = None
            problem = problem or error
            missing.append(f"{_TITLES[name]} was not computed. {error.problem}")
    if problem is not None and not any(found.values()):
        raise problem
    return RaterReport(**found, not_computed=tuple(missing))
