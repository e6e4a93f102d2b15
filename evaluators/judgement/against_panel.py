"""A screener against the panel: how well it follows the recruiters, where it does not, and what it does to groups."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import json_able, plain
from evaluators.judgement import _shortlists
from evaluators.judgement._additive import fit_additive
from evaluators.judgement._disagreement import AlikeGap, FeatureGap, GroupGap, alike_gaps, feature_gaps, group_gaps
from evaluators.judgement._draws import FloatArray, check_draws, divided, drawn_values, percentiles, rounded
from evaluators.judgement._measured import ALL_EQUAL, ALL_EQUAL_HINT
from evaluators.judgement._rows import check_alpha
from evaluators.judgement._screener import OneRater, audits_of, mean_overlap, rows_of
from evaluators.judgement.cues import Cues
from evaluators.judgement.drift import others_mean
from evaluators.judgement.errors import CueError, NoAgreementError, NoPolicyError, ScreenerError
from evaluators.judgement.kappa import cohens_kappa, mean_of_defined
from evaluators.judgement.panel import ORDINAL, Panel
from evaluators.judgement.rest import Spearman
from evaluators.judgement.result import Agreement
from evaluators.screening.families import Audit
from evaluators.screening.verdicts import Verdict

if TYPE_CHECKING:
    import altair as alt

_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its interval.

    Parameters
    ----------
    value : float
        The figure.
    low, high : float
        Percentiles of it over redrawn items.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AgainstPanel:
    """Result of `screener_against_panel`.

    Parameters
    ----------
    correlation : Figure
        Spearman's rank correlation (-1 to 1) of the scores with what the items are worth to the whole panel.
    screener, ceiling : Figure
        The same with the mean of all raters but one, over the items of that one: of the screener, and of that one
        rater; both averaged over the raters. The latter is the human ceiling.
    difference : Figure
        `screener` less `ceiling`.
    n_items, n_raters : int
        What the figures rest on.
    shortlisted : int
        Items on each shortlist.
    overlap : Figure
        Share (0-1) of the panel's shortlist that is on the screener's.
    overlap_by_luck : float
        Share expected of a shortlist drawn by lot.
    overlap_screener, overlap_raters : float
        The same against all raters but one, as for `screener` and `ceiling`.
    kappa : Agreement
        Quadratic weighted kappa between the screener's and the panel's shortlist, reserve and rest.
    features : tuple of FeatureGap
        Which features the screener rewards more, or less, than the panel does.
    groups : tuple of GroupGap
        Where the groups stand with either.
    alike : tuple of AlikeGap
        Whether the screener puts a group higher or lower than people who are alike in the features.
    audit, panel_audit : Audit or None
        What `evaluators.screening` says of the screener's shortlist, and of the panel's; None if no groups are named.
    share : float
        Share (0-1) of the items on the shortlist.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.
    notes : tuple of str
        What was left out, and where to be careful.
    """

    correlation: Figure
    screener: Figure
    ceiling: Figure
    difference: Figure
    n_items: int
    n_raters: int
    shortlisted: int
    overlap: Figure
    overlap_by_luck: float
    overlap_screener: float
    overlap_raters: float
    kappa: Agreement
    features: tuple[FeatureGap, ...]
    groups: tuple[GroupGap, ...]
    alike: tuple[AlikeGap, ...]
    audit: Audit | None
    panel_audit: Audit | None
    share: float
    confidence: float
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()

    @property
    def reaches_ceiling(self) -> bool:
        """Whether the data do not show the screener to follow the others less well than one of their colleagues.

        False, too, if the ceiling cannot be told.
        """
        return bool(self.difference.high >= 0)

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """Why the screener must not win, however well it follows the panel; empty if nothing speaks against it."""
        if self.audit is None:
            return ("Its shortlist was not audited: name the columns with groups.",)
        impact = tuple(
            f"Its shortlist shows adverse impact on {group.group} ({name}): {group.impact_ratio:.2f} of the rate of "
            f"{audit.reference}."
            for name, audit in self.audit
            for group in audit.compared
            if group.verdict is Verdict.EVIDENCE
        )
        unequal = tuple(
            f"It puts {row.group} ({row.attribute}) {abs(row.gap):.1f} places of 100 "
            f"{'higher' if row.gap > 0 else 'lower'} than {row.reference}, among people who are alike in the "
            f"features ({row.low:+.1f} to {row.high:+.1f})."
            for row in self.alike
            if row.found
        )
        return impact + unequal

    @property
    def may_win(self) -> bool:
        """Whether nothing in `blocked_by` speaks against it: agreement with a panel never buys unfairness off."""
        return not self.blocked_by

    def to_frame(self) -> pd.DataFrame:
        """Return one row per figure.

        Returns
        -------
        DataFrame, shape (10, 4)
            Columns figure, value, low, high (NaN without an interval).
        """
        rows: list[tuple[str, float, float, float]] = [
            ("correlation", *_three(self.correlation)),
            ("screener_against_the_rest", *_three(self.screener)),
            ("rater_against_the_rest", *_three(self.ceiling)),
            ("difference", *_three(self.difference)),
            ("overlap", *_three(self.overlap)),
            ("overlap_by_luck", self.overlap_by_luck, math.nan, math.nan),
            ("overlap_screener", self.overlap_screener, math.nan, math.nan),
            ("overlap_raters", self.overlap_raters, math.nan, math.nan),
            ("weighted_kappa", self.kappa.value, self.kappa.low, self.kappa.high),
            ("may_win", float(self.may_win), math.nan, math.nan),
        ]
        return pd.DataFrame(rows, columns=["figure", "value", "low", "high"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures and for audits that there are not."""
        figures = ("correlation", "screener", "ceiling", "difference", "overlap")
        counts = ("n_items", "n_raters", "shortlisted", "overlap_by_luck", "overlap_screener", "overlap_raters")
        settings = ("share", "confidence", "replicates", "seed", "notes", "reaches_ceiling", "blocked_by", "may_win")
        return {
            **{name: json_able(getattr(self, name)) for name in figures},
            **{name: plain(getattr(self, name)) for name in (*counts, *settings)},
            "kappa": self.kappa.to_dict(),
            "features": [json_able(row) for row in self.features],
            "groups": [json_able(row) for row in self.groups],
            "alike": [json_able(row) for row in self.alike],
            "audit": self.audit.to_dict() if self.audit is not None else None,
            "panel_audit": self.panel_audit.to_dict() if self.panel_audit is not None else None,
        }

    def summary(self) -> str:
        """Say in plain words how the screener compares, what its shortlist does to groups, and what is not shown."""
        from evaluators.judgement._against_words import said_of  # keeps this module short

        return said_of(self)

    def chart(self) -> "alt.VConcatChart":
        """Draw screener and raters on one scale, and below where they part; the description holds the summary."""
        from evaluators.judgement._charts.against import against_chart  # Altair is slow to import

        return against_chart(self)

    def disagreement(self) -> pd.DataFrame:
        """Return one row per feature, with the fields of `FeatureGap`."""
        return pd.DataFrame([asdict(row) for row in self.features])


def _three(figure: Figure) -> tuple[float, float, float]:
    return figure.value, figure.low, figure.high


def screener_against_panel(
    panel: Panel,
    resumes: Any,
    *,
    item: str,
    score: str,
    share: float = 0.25,
    reserve: float = 0.25,
    within: str | None = None,
    features: Sequence[str] = (),
    groups: Sequence[str] = (),
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> AgainstPanel:
    """Set a screener's scores beside a panel's ratings, and beside the audit of its shortlist.

    Both shortlists are as long: the best `share` of the items (of each job). Items that are equal at the edge are taken
    in the order of their names.

    Parameters
    ----------
    panel : Panel
        The ratings.
    resumes : table, shape (n_items, n_columns)
        One row per item: a pandas or polars frame, a PyArrow table or the like.
    item, score : str
        Columns with the item's name, as in the panel, and with the screener's score; higher is better.
    share, reserve : float
        Shares (0-1) of the items on the shortlist, and on the reserve list behind it; the latter may be 0.
    within : str, optional
        Column with the job. Then ranks and shortlists are made within each job.
    features : sequence of str
        Columns with what could be seen of an item and may count, to find where screener and panel part, and whether
        the screener treats people alike who are alike in them.
    groups : sequence of str
        Columns with groups of people, such as sex, to audit the shortlists by.
    confidence : float
        Share (0-1) of the draws between the limits; tests take 1 less this as their level.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    AgainstPanel
        The figures, the human ceiling, where the two part, and both audits.

    Raises
    ------
    ScreenerError
        If a rated item has no score or two, a score is no number, all are equal, or shares make no sense.
    NoAgreementError
        If the panel's worth of items cannot be told, as for `rater_severity`, or all items are worth the same.
    LevelError, ColumnError
        If `confidence` or `replicates` make no sense, or the table has no such column.

    Examples
    --------
    >>> ratings = np.array([[1, 1, 2], [2, 3, 1], [3, 2, 4], [4, 4, 3], [5, 5, 5], [6, 5, 6], [2, 1, 1], [4, 5, 6.0]])
    >>> panel = Panel(ratings, tuple("abcdefgh"), ("Ada", "Ben", "Cleo"))
    >>> scores = pd.DataFrame({"cv": list("abcdefgh"), "points": [10, 20, 30, 40, 50, 60, 15, 45]})
    >>> found = screener_against_panel(panel, scores, item="cv", score="points", replicates=100)
    >>> found.overlap.value, found.overlap_by_luck, found.may_win
    (1.0, 0.25, False)
    """
    check_draws(confidence, replicates)
    check_alpha(1 - confidence)
    if not (0 < share < 1 and reserve >= 0 and share + reserve < 1):
        raise ScreenerError(
            f"The shares are {share} and {reserve}.",
            "Give shares over 0 that leave somebody out, such as 0.25.",
            "share",
        )
    wanted = list(dict.fromkeys([item, score, *([within] if within is not None else []), *features, *groups]))
    table = pandas_columns(resumes, *wanted).reset_index(drop=True)
    model = fit_additive(panel)
    rated = np.isfinite(model.items)
    items = [name for name, some in zip(panel.items, rated.tolist(), strict=True) if some]
    table, notes = rows_of(table, items, item=item, score=score)
    scores = table[score].to_numpy(dtype=np.float64)
    jobs = np.zeros(len(items), dtype=np.int64) if within is None else pd.factorize(table[within].astype(str))[0]
    worth = np.round(model.items[rated], _DIGITS)
    if np.ptp(worth) == 0:
        raise NoAgreementError(ALL_EQUAL, ALL_EQUAL_HINT)
    level = (panel.ratings - model.raters[None, :])[rated]
    rest = np.round(others_mean(level), _DIGITS)
    places, worths = _shortlists.places_in_jobs(scores, jobs), _shortlists.places_in_jobs(worth, jobs)

    raters = [OneRater(scores, panel.ratings[rated, place], rest[:, place], jobs) for place in range(panel.n_raters)]
    whole = Spearman(places, worths)
    chosen, bands = _shortlists.bands(scores, jobs, share=share, reserve=reserve)
    theirs, their_bands = _shortlists.bands(worth, jobs, share=share, reserve=reserve)
    both = (chosen & theirs).astype(np.float64)

    def statistic(drawn: FloatArray) -> FloatArray:
        machine = mean_of_defined(np.stack([one.machine.correlations(drawn) for one in raters], axis=1))
        human = mean_of_defined(np.stack([one.human.correlations(drawn) for one in raters], axis=1))
        shared = divided(drawn @ both, drawn @ theirs.astype(np.float64))
        return np.column_stack([whole.correlations(drawn), machine, human, machine - human, shared])

    values = drawn_values(statistic, len(items), replicates=replicates, seed=seed)
    correlation, machine, human, apart, overlap = (
        Figure(rounded(values[0, place]), *percentiles(values[1:, place], confidence)) for place in range(5)
    )
    two = Panel(
        np.column_stack([bands, their_bands]), tuple(items), ("the screener", "the panel"), ORDINAL, (0.0, 1.0, 2.0)
    )
    luck = sum(float(theirs[jobs == job].sum()) ** 2 / float((jobs == job).sum()) for job in np.unique(jobs))
    found_features: tuple[FeatureGap, ...] = ()
    alike: tuple[AlikeGap, ...] = ()
    if features:
        try:
            named = table.assign(**{item: items})
            cues = Cues.from_table(named, item=item, cues=list(features))
            found_features = feature_gaps(100 * (places - worths), tuple(items), cues, alpha=1 - confidence)
            alike = alike_gaps(named, groups, features, 100 * places, item=item, alpha=1 - confidence)
        except (CueError, NoPolicyError) as error:
            notes += (f"Where they part by feature was not computed. {error.problem}",)
    audits, audit_notes = audits_of(table, groups, {"screener": chosen, "panel": theirs}, alpha=1 - confidence)
    return AgainstPanel(
        correlation=correlation,
        screener=machine,
        ceiling=human,
        difference=apart,
        n_items=len(items),
        n_raters=panel.n_raters,
        shortlisted=int(theirs.sum()),
        overlap=overlap,
        overlap_by_luck=rounded(luck / theirs.sum()),
        overlap_screener=mean_overlap(raters, share, machine=True),
        overlap_raters=mean_overlap(raters, share, machine=False),
        kappa=cohens_kappa(two, weights="quadratic", confidence=confidence, replicates=replicates, seed=seed),
        features=found_features,
        alike=alike,
        groups=group_gaps(table, groups, 100 * places, 100 * worths, alpha=1 - confidence),
        audit=audits.get("screener"),
        panel_audit=audits.get("panel"),
        share=share,
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        notes=notes + audit_notes,
    )
