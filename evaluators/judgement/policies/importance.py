"""Importance of cues: shares of R² that add up to it, even where cues go together."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._draws import FloatArray, check_draws, drawn_values, percentiles, rounded
from evaluators.judgement._moments import drawn_correlations
from evaluators.judgement.errors import NoPolicyError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies._designs import PANEL, design_of
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.policies.policy import NOT_MINDS

if TYPE_CHECKING:
    import altair as alt

MOST_CUES = 12  # for dominance, which tries all subsets of the cues
_MOST_FITS = 600_000  # subsets times draws


@dataclass(frozen=True, slots=True)
class CueImportance:
    """One cue's share of R².

    Parameters
    ----------
    cue : str
        The cue; the columns of one cue of words count together.
    relative_weight : float
        Johnson's relative weight (0-1): its part of R².
    low, high : float
        Percentiles of it over redrawn items.
    share : float
        The relative weight as a share (0-1) of R².
    dominance : float
        General dominance (0-1): what the cue adds to R², averaged over all subsets of the others; NaN beyond 12 cues.
    dominance_low, dominance_high : float
        Percentiles of it; NaN where all subsets in all draws would take too long.
    """

    cue: str
    relative_weight: float
    low: float
    high: float
    share: float
    dominance: float
    dominance_low: float
    dominance_high: float


@dataclass(frozen=True, slots=True)
class Importance:
    """Result of `cue_importance`.

    Parameters
    ----------
    rater : str
        The rater, or "the panel".
    cues : tuple of CueImportance
        In the order given. Relative weights sum to `r_squared`, and so do dominances.
    r_squared : float
        Share (0-1) of the differences between ratings that the cues account for.
    n_items : int
        Items rated.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.
    notes : tuple of str
        Where to be careful.
    """

    rater: str
    cues: tuple[CueImportance, ...]
    r_squared: float
    n_items: int
    confidence: float
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[CueImportance]:
        return iter(self.cues)

    def __getitem__(self, cue: str) -> CueImportance:
        """Return one cue; an unknown one raises NoPolicyError."""
        by_name = {each.cue: each for each in self.cues}
        if cue not in by_name:
            raise NoPolicyError(f"There is no cue {cue!r} here.", f"The cues are: {', '.join(by_name)}.")
        return by_name[cue]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per cue: ``rater``, then the fields of `CueImportance`."""
        return pd.DataFrame([{"rater": self.rater} | asdict(each) for each in self.cues])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how much of the ratings goes with each cue, and what it does not show."""
        ranked = sorted(self.cues, key=lambda each: (-each.relative_weight, each.cue))
        parts = "; ".join(
            f"{each.cue} {each.share:.0%} (of R²: {each.relative_weight:.2f}, {each.low:.2f} to {each.high:.2f})"
            for each in ranked
        )
        said = [
            f"{self.rater}: the cues account for {self.r_squared:.0%} of the differences between {self.n_items:,} "
            f"ratings. Of that: {parts}.",
            "A share has no direction: it may count for or against. Intervals by redrawing items never reach 0, so a "
            "small share may be luck. Cues too many or noisy make R² look larger than it is.",
        ]
        return "\n".join([*said, *self.notes, NOT_MINDS])

    def chart(self) -> "alt.LayerChart":
        """Draw each cue's part of R² with its interval, largest first; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        ranked = sorted(self.cues, key=lambda each: (-each.relative_weight, each.cue))
        rows = [
            {"label": each.cue, "value": each.relative_weight, "low": each.low, "high": each.high} for each in ranked
        ]
        return interval_chart(
            rows,
            axis="Part of R² (relative weight)",
            title=f"How much does each cue count for {self.rater}?",
            said=[f"The parts add up to R², {self.r_squared:.2f}. Line: {self.confidence:.0%} interval."],
            description=self.summary(),
        )


def cue_importance(
    panel: Panel,
    cues: Cues,
    *,
    rater: str | None = None,
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> Importance:
    """Share out the R² of a policy among its cues, by relative weights [1]_ and by general dominance [2]_.

    Parameters
    ----------
    panel : Panel
        The ratings, taken as points with equal steps.
    cues : Cues
        What could be seen of each item.
    rater : str, optional
        Whose policy; by default the panel's, as in `evaluators.judgement.policies.policy.capture_policy`.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    Importance
        Each cue's part of R², twice. Beyond 12 cues, relative weights only.

    Raises
    ------
    NoPolicyError, CueError, UnknownRaterError, NoAgreementError
        As in `evaluators.judgement.policies.policy.capture_policy`.
    LevelError
        If `confidence` or `replicates` make no sense.

    References
    ----------
    .. [1] Johnson, J. W. (2000). A Heuristic Method for Estimating the Relative Weight of Predictor Variables in
       Multiple Regression. Multivariate Behavioral Research 35(1), 1-19.
    .. [2] Budescu, D. V. (1993). Dominance Analysis. Psychological Bulletin 114(3), 542-551; averaged over subsets as
       in Azen and Budescu (2003), Psychological Methods 8(2), 129-148.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> seen = rng.normal(size=(40, 2))
    >>> given = (seen @ [2.0, 1.0] + rng.normal(size=40))[:, None]
    >>> items = tuple(str(number) for number in range(40))
    >>> cues = Cues(items, ("skill", "years"), seen, ("skill", "years"), (0, 1))
    >>> found = cue_importance(Panel(given, items, ("Ada",)), cues, rater="Ada", replicates=100)
    >>> found["skill"].relative_weight > found["years"].relative_weight
    True
    """
    check_draws(confidence, replicates)
    design = design_of(panel, cues, rater)
    groups = [[place for place, cue in enumerate(cues.of_cue) if cue == each] for each in range(len(cues.names))]
    many = len(groups) > MOST_CUES
    redrawn = not many and 2 ** len(groups) * replicates <= _MOST_FITS
    table = np.column_stack([design.cues, design.judgement])

    def statistic(drawn: FloatArray) -> FloatArray:
        correlations, defined = drawn_correlations(drawn, table)
        parts = [grouped(relative_weights(correlations), groups)]
        if redrawn:
            parts.append(general_dominance(correlations, groups))
        return np.where(defined[:, None], np.concatenate(parts, axis=1), np.nan)

    values = drawn_values(statistic, len(design.items), replicates=replicates, seed=seed)
    k, notes = len(groups), design.notes
    own = values[0, k:] if redrawn else np.full(k, np.nan)
    if many:
        notes += (
            f"No dominance: with {k} cues it would take all {2**k:,} subsets of them ({MOST_CUES} are the most).",
        )
    elif not redrawn:
        whole, _ = drawn_correlations(np.ones((1, len(design.items))), table)
        own = general_dominance(whole, groups)[0]
        notes += (f"Dominance has no interval: {2**k:,} subsets in each of {replicates:,} draws take too long.",)
    lost = int((~np.isfinite(values[1:, 0])).sum())
    if lost:
        notes += (f"In {lost:,} of {replicates:,} draws some cue was the same in all items; they are left out.",)
    total = float(values[0, :k].sum())
    rows = []
    for place, name in enumerate(cues.names):
        low, high = percentiles(values[1:, place], confidence)
        ends = percentiles(values[1:, k + place], confidence) if redrawn else (np.nan, np.nan)
        weight = rounded(values[0, place])
        rows.append(CueImportance(name, weight, low, high, rounded(weight / total), rounded(own[place]), *ends))
    whose = rater if rater is not None else PANEL
    return Importance(whose, tuple(rows), rounded(total), len(design.items), confidence, replicates, seed, notes)


def relative_weights(correlations: FloatArray) -> FloatArray:
    """Return the relative weight of each column, shape (n_draws, n_columns).

    Parameters
    ----------
    correlations : array of float, shape (n_draws, n_columns + 1, n_columns + 1)
        Of the columns and, last, of what they are to explain.

    Returns
    -------
    array of float
        Each draw's weights sum to its R².

    Examples
    --------
    >>> relative_weights(np.array([[[1, 0, 0.6], [0, 1, 0.3], [0.6, 0.3, 1]]])).round(2).tolist()
    [[0.36, 0.09]]
    """
    together, beside = correlations[:, :-1, :-1], correlations[:, :-1, -1]
    roots, axes = np.linalg.eigh(together)
    root = np.sqrt(np.maximum(roots, 1e-12))
    half = (axes * root[:, None, :]) @ np.swapaxes(axes, 1, 2)  # correlations of the columns with nearest uncorrelated
    inverse = (axes / root[:, None, :]) @ np.swapaxes(axes, 1, 2)
    slopes = (inverse @ beside[:, :, None])[:, :, 0]
    return np.asarray(((half**2) @ (slopes**2)[:, :, None])[:, :, 0])


def general_dominance(correlations: FloatArray, groups: Sequence[Sequence[int]]) -> FloatArray:
    """Return the general dominance of each group of columns, shape (n_draws, n_groups).

    Parameters
    ----------
    correlations : array of float, shape (n_draws, n_columns + 1, n_columns + 1)
        As in `relative_weights`.
    groups : sequence of sequence of int
        The columns of each cue.

    Returns
    -------
    array of float
        Each draw's dominances sum to its R².

    Examples
    --------
    >>> table = np.array([[[1, 0, 0.6], [0, 1, 0.3], [0.6, 0.3, 1]]])
    >>> general_dominance(table, [[0], [1]]).round(2).tolist()
    [[0.36, 0.09]]
    """
    k = len(groups)
    reached = np.zeros((2**k, len(correlations)))
    for subset in range(1, 2**k):
        columns = [place for each in range(k) if subset >> each & 1 for place in groups[each]]
        beside = correlations[:, columns, -1]
        solved = np.linalg.solve(correlations[:, columns][:, :, columns], beside[:, :, None])[:, :, 0]
        reached[subset] = (beside * solved).sum(axis=1)
    found = np.zeros((len(correlations), k))
    for subset in range(2**k):
        size = subset.bit_count()
        for each in range(k):
            if not subset >> each & 1:
                found[:, each] += (reached[subset | 1 << each] - reached[subset]) / (k * comb(k - 1, size))
    return found


def grouped(weights: FloatArray, groups: Sequence[Sequence[int]]) -> FloatArray:
    """Sum the columns of each group."""
    return np.stack([weights[:, list(columns)].sum(axis=1) for columns in groups], axis=1)
