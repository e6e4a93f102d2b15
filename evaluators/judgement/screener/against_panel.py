"""A screener against the panel: how well it follows the recruiters, where it does not, and what it does to groups."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.judgement._additive import fit_additive
from evaluators.judgement._alike import alike_gaps
from evaluators.judgement._draws import FloatArray, check_draws, divided, drawn_values, percentiles, rounded
from evaluators.judgement._measured import ALL_EQUAL, ALL_EQUAL_HINT
from evaluators.judgement._rows import check_alpha
from evaluators.judgement.agreement.kappa import cohens_kappa, mean_of_defined
from evaluators.judgement.errors import CueError, NoAgreementError, NoPolicyError, ScreenerError
from evaluators.judgement.panel import ORDINAL, Panel
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.raters.drift import others_mean
from evaluators.judgement.raters.rest import Spearman
from evaluators.judgement.screener import _shortlists
from evaluators.judgement.screener._against_result import AgainstPanel, Figure
from evaluators.judgement.screener._beside_raters import OneRater, audits_of, mean_overlap, rows_of, tie_notes
from evaluators.judgement.screener._disagreement import AlikeGap, FeatureGap, feature_gaps, group_gaps

__all__ = ["AgainstPanel", "Figure", "screener_against_panel"]

_DIGITS = 9


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
        the screener treats people alike who are alike in them: in their values, and in where these stand in the job.
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
        If a rated item has no score or two, a score is no number, all (of each job) are equal, or shares make no
        sense.
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
    if np.ptp(places) == 0:
        raise ScreenerError(
            "In each job all scores are the same.", "A screener that tells nobody apart cannot be compared."
        )
    if np.ptp(worths) == 0:
        raise NoAgreementError(ALL_EQUAL, ALL_EQUAL_HINT)
    raters = [OneRater(scores, panel.ratings[rated, place], rest[:, place], jobs) for place in range(panel.n_raters)]
    whole = Spearman(places, worths)
    chosen, bands = _shortlists.bands(scores, jobs, share=share, reserve=reserve)
    theirs, their_bands = _shortlists.bands(worth, jobs, share=share, reserve=reserve)
    both = (chosen & theirs).astype(np.float64)
    notes += tie_notes({"the screener's": (scores, chosen), "the panel's": (worth, theirs)}, jobs)

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
    untold: tuple[str, ...] = ()
    if features:
        named = table.assign(**{item: items})
        try:
            cues = Cues.from_table(named, item=item, cues=list(features))
            found_features = feature_gaps(100 * (places - worths), tuple(items), cues, alpha=1 - confidence)
        except (CueError, NoPolicyError) as error:
            notes += (f"Where they part by feature was not computed. {error.problem}",)
        try:
            asked = [name for name in groups if name not in features]
            alike, untold = alike_gaps(named, asked, features, 100 * places, jobs, item=item, alpha=1 - confidence)
        except CueError as error:
            untold = (f"Whether people who are alike are treated alike cannot be told. {error.problem}",)
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
        alike_untold=untold,
        panel_audit=audits.get("panel"),
        share=share,
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        notes=notes + audit_notes,
    )
