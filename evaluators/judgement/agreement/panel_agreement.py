"""How far a panel agrees, by every measure that fits its ratings, and why the others do not fit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators.judgement._draws import check_draws
from evaluators.judgement.agreement.alpha import krippendorff_alpha
from evaluators.judgement.agreement.concordance import kendalls_tau, kendalls_w
from evaluators.judgement.agreement.intraclass import FORMS, icc
from evaluators.judgement.agreement.kappa import LINEAR, QUADRATIC, cohens_kappa, fleiss_kappa
from evaluators.judgement.agreement.result import NOT_VALIDITY, Agreement
from evaluators.judgement.errors import NoAgreementError
from evaluators.judgement.panel import INTERVAL, NOMINAL, ORDINAL, RATIO, SCALES, Panel

if TYPE_CHECKING:
    import altair as alt

MOST_LEVELS = 20  # of a scale for which kappa is made


@dataclass(frozen=True, slots=True)
class NotFitting:
    """A measure that does not fit the ratings.

    Parameters
    ----------
    measure, name : str
        Key and name of the measure, as in `Agreement`.
    reason : str
        Why it does not fit.
    """

    measure: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PanelAgreement:
    """Result of `rater_agreement`.

    Parameters
    ----------
    agreements : tuple of Agreement
        The measures that fit, the one that copes with most first: Krippendorff's alpha for the panel's scale.
    not_fitting : tuple of NotFitting
        The other measures.
    scale : str
        The panel's scale.
    panel_summary : str
        Who rated how much.
    """

    agreements: tuple[Agreement, ...]
    not_fitting: tuple[NotFitting, ...]
    scale: str
    panel_summary: str

    def __iter__(self) -> Iterator[Agreement]:
        return iter(self.agreements)

    def __getitem__(self, measure: str) -> Agreement:
        """Return one measure by its key; one that does not fit, or that nobody knows, raises NoAgreementError."""
        for each in self.agreements:
            if each.measure == measure:
                return each
        for other in self.not_fitting:
            if other.measure == measure:
                raise NoAgreementError(other.reason, "Take a measure that fits: see the summary.")
        known = ", ".join(each.measure for each in self.agreements)
        raise NoAgreementError(f"There is no measure {measure!r}.", f"These fit: {known}.", "measure")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per measure that fits, as `Agreement.to_frame` does."""
        return pd.concat([each.to_frame() for each in self.agreements], ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return {
            "scale": self.scale,
            "panel": self.panel_summary,
            "agreements": [each.to_dict() for each in self.agreements],
            "not_fitting": [
                {"measure": each.measure, "name": each.name, "reason": each.reason} for each in self.not_fitting
            ],
        }

    def summary(self) -> str:
        """Say in plain words how far the panel agrees, by each measure, and what that does not show.

        Returns
        -------
        str
            The ratings; a line for each measure; what the first one means; what does not fit, with reasons.
        """
        first = self.agreements[0]
        lines = [
            self.panel_summary,
            *(each.line() for each in self.agreements),
            f"{first.name}: {first.means} {first.does_not_mean}",
            "The measures answer different questions, so their figures differ. Choose one before looking, not the "
            "highest.",
            NOT_VALIDITY,
        ]
        holders: dict[str, list[str]] = {}
        for each in self.agreements:
            for note in each.notes:
                holders.setdefault(note, []).append(each.name)
        notes = [
            note if len(names) == len(self.agreements) else f"{', '.join(names)}: {note}"
            for note, names in holders.items()
        ]
        reasons: dict[str, list[str]] = {}
        for other in self.not_fitting:
            reasons.setdefault(other.reason, []).append(other.name)
        return "\n".join(
            [*lines, *notes, *(f"Not computed: {', '.join(names)}. {reason}" for reason, names in reasons.items())]
        )

    def chart(self) -> "alt.LayerChart":
        """Draw each measure with its interval.

        Returns
        -------
        altair.LayerChart
            One row per measure; the description holds the summary.
        """
        from evaluators.judgement._charts.intervals import agreement_chart  # Altair is slow to import

        return agreement_chart(self.agreements, title="How far do the raters agree?", description=self.summary())


def rater_agreement(panel: Panel, *, confidence: float = 0.95, replicates: int = 2000, seed: int = 0) -> PanelAgreement:
    """Compute every measure of agreement that fits the panel's ratings.

    Parameters
    ----------
    panel : Panel
        The ratings; the panel's scale says which measures make sense.
    confidence : float
        Share (0-1) for all intervals.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    PanelAgreement
        The measures with intervals, and the reasons why the others do not fit.

    Raises
    ------
    NoAgreementError
        If no measure fits: one rater, nothing rated in common, all ratings equal.
    LevelError
        If `confidence` or `replicates` make no sense.

    Examples
    --------
    >>> import numpy as np
    >>> ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])
    >>> found = rater_agreement(Panel(ratings, tuple("123456"), tuple("ABCD")))
    >>> print(found["icc_3_k"].line())
    ICC(3,k): 0.91 (95% interval 0.68 to 0.99; 6 items, 4 raters, 24 ratings).
    """
    check_draws(confidence, replicates)
    found: list[Agreement] = []
    not_fitting: list[NotFitting] = []
    problem: NoAgreementError | None = None
    for measure, name, compute in _measures(panel):
        reason = _unsuitable(panel, measure)
        if not reason:
            try:
                found.append(compute(panel, confidence=confidence, replicates=replicates, seed=seed))
            except NoAgreementError as error:
                problem, reason = problem or error, error.problem
            else:
                continue
        not_fitting.append(NotFitting(measure, name, reason))
    if not found and problem is not None:  # alpha for the panel's own scale is always tried
        raise problem
    return PanelAgreement(tuple(found), tuple(not_fitting), panel.scale, panel.summary())


def _measures(panel: Panel) -> list[tuple[str, str, Callable[..., Agreement]]]:
    """Return key, name and function of each measure; alpha for the panel's scale first."""
    scales = sorted(SCALES, key=lambda scale: (scale != panel.scale, SCALES.index(scale)))
    kappas = [(None, "Cohen's kappa"), (LINEAR, "Weighted kappa (linear)"), (QUADRATIC, "Weighted kappa (quadratic)")]
    return [
        *(
            (f"krippendorff_alpha_{scale}", f"Krippendorff's alpha ({scale})", partial(krippendorff_alpha, scale=scale))
            for scale in scales
        ),
        *((f"icc_{form.replace(',', '_')}", f"ICC({form})", partial(icc, form=form)) for form in FORMS),
        ("kendalls_w", "Kendall's W", kendalls_w),
        ("kendalls_tau_b", "Kendall's tau-b", kendalls_tau),
        *(
            (f"weighted_kappa_{weights}" if weights else "cohens_kappa", name, partial(cohens_kappa, weights=weights))
            for weights, name in kappas
        ),
        ("fleiss_kappa", "Fleiss' kappa", fleiss_kappa),
    ]


def _unsuitable(panel: Panel, measure: str) -> str:
    """Say why a measure does not suit the scale; empty if it does, or if the measure itself says so."""
    values = len(panel.values())
    if measure.startswith("krippendorff_alpha_"):
        scale = measure.removeprefix("krippendorff_alpha_")
        if SCALES.index(scale) > SCALES.index(panel.scale):
            return f"The ratings are {panel.scale}, and this measure asks for more than that."
        if scale == NOMINAL != panel.scale and values > 2:
            return "It counts a near miss like a far one, and these ratings have an order."
    if measure.startswith("icc") and panel.scale in (NOMINAL, ORDINAL):
        return f"It needs equally wide steps between ratings, and these are {panel.scale}."
    if "kappa" in measure and values > MOST_LEVELS:
        return f"Kappa is made for scales of few levels (here: at most {MOST_LEVELS}), and there are {values:,}."
    if measure in ("cohens_kappa", "fleiss_kappa") and panel.scale != NOMINAL and values > 2:
        return "It counts a near miss like a far one, and these ratings have an order."
    if measure.startswith("weighted") and panel.scale in (ORDINAL, INTERVAL, RATIO) and values == 2:
        return "With two levels, weights change nothing: see Cohen's kappa."
    return ""
