"""Consensus: one ranking of a panel's items, and how sure each rank is."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._additive import fit_additive
from evaluators.judgement._draws import check_draws, rounded
from evaluators.judgement._measured import require_order, require_raters
from evaluators.judgement.errors import LevelError, NoAgreementError
from evaluators.judgement.panel import Panel
from evaluators.judgement.ranking._consensus import Borda, Kemeny, Means

if TYPE_CHECKING:
    import altair as alt

MEAN, BORDA, KEMENY = METHODS = ("mean", "borda", "kemeny")
FEW_RATERS = 10
MOST_KEMENY = 8  # items; 8! orders are tried


@dataclass(frozen=True, slots=True)
class ConsensusItem:
    """One item in the consensus.

    Parameters
    ----------
    item : str
        The item.
    score : float
        ``"mean"``: points with the raters' severity taken out. ``"borda"``: mean share (0-1) of the other items that a
        rater puts below it. ``"kemeny"``: mean share of raters who put it above another item, less those who put it
        below (-1 to 1).
    rank : float
        1 is the best; ties share their mean rank.
    low, high : float
        Percentiles of the rank over redrawn raters.
    n_ratings : int
        Its ratings.
    """

    item: str
    score: float
    rank: float
    low: float
    high: float
    n_ratings: int


@dataclass(frozen=True, slots=True)
class Consensus:
    """Result of `consensus_ranking`.

    Parameters
    ----------
    items : tuple of ConsensusItem
        Best first.
    method : str
        ``"mean"``, ``"borda"`` or ``"kemeny"``.
    n_raters : int
        Raters.
    unanimity : float
        ``"kemeny"``: share (0-1) of all the raters' preferences between two items that the ranking follows; NaN
        otherwise.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the raters, and what makes them repeatable.
    notes : tuple of str
        Where to be careful.
    """

    items: tuple[ConsensusItem, ...]
    method: str
    n_raters: int
    unanimity: float
    confidence: float
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[ConsensusItem]:
        return iter(self.items)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per item, best first, with the fields of `ConsensusItem`."""
        return pd.DataFrame([asdict(row) for row in self.items])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words who stands first, how sure that is, and what it does not show."""
        first = self.items[0]
        level = [row.item for row in self.items if row.rank == first.rank and row is not first]
        beside = [row.item for row in self.items if row.low <= first.high and row.rank > first.rank]
        sure = (
            "; how sure that is cannot be told."
            if math.isnan(first.low)
            else f"; with raters drawn again from these, its rank is {first.low:.3g} to {first.high:.3g} in "
            f"{self.confidence:.0%} of draws."
        )
        also = f", level with {_listed(level)}" if level else ""
        lines = [
            f"First of {len(self.items):,} items by {_SAID[self.method]} of {self.n_raters} raters: {first.item}{also}"
            f"{sure}"
        ]
        if beside:
            lines.append(
                f"Not settled against {len(beside):,} {'other' if len(beside) == 1 else 'others'}, whose ranks overlap "
                f"with that: {_listed(beside)}."
            )
        if not math.isnan(self.unanimity):
            lines.append(f"The ranking follows {self.unanimity:.0%} of the raters' preferences between two items.")
        lines.append(
            "A consensus is what these raters have in common, not the truth: where there are two schools of thought, "
            "it lies between them and may suit neither; what the raters share unfairly, it shares, too."
        )
        return "\n".join([*lines, *self.notes])

    def chart(self) -> "alt.LayerChart":
        """Draw each item's rank with its interval, best first; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        rows = [{"label": row.item, "value": row.rank, "low": row.low, "high": row.high} for row in self.items]
        return interval_chart(
            rows,
            axis="Rank (1: first)",
            title="Which items stand first?",
            said=[f"Dashed: rank 1. Line: {self.confidence:.0%} interval over redrawn raters."],
            description=self.summary(),
            at=1.0,
        )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


_SAID = {
    MEAN: "the mean rating, with severity taken out,",
    BORDA: "Borda's count",
    KEMENY: "Kemeny's rule",
}


def consensus_ranking(
    panel: Panel, *, method: str = MEAN, confidence: float = 0.95, replicates: int = 500, seed: int = 0
) -> Consensus:
    """Rank the items of a panel as its raters would together.

    Parameters
    ----------
    panel : Panel
        The ratings.
    method : str
        ``"mean"``: what the items are worth with the raters' severity taken out; steps must be equally wide.
        ``"borda"`` [1]_: by each rater's order only, among the items that this rater rated. ``"kemeny"`` [2]_: the
        order with the fewest disagreements, exact, for up to 8 items; of several such orders, the mean of their ranks.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the raters, and what makes them repeatable.

    Returns
    -------
    Consensus
        The items, best first, with the uncertainty of their ranks.

    Raises
    ------
    NoAgreementError
        If the ratings are only names, there is one rater, an item has no rating, or (for the mean) raters share no
        items.
    LevelError
        If `method`, `confidence` or `replicates` make no sense, or there are too many items for Kemeny's rule.

    References
    ----------
    .. [1] Borda, J.-C. de (1781). Mémoire sur les élections au scrutin. Histoire de l'Académie Royale des Sciences.
    .. [2] Kemeny, J. G. (1959). Mathematics Without Numbers. Daedalus 88(4), 577-591.

    Examples
    --------
    >>> panel = Panel(np.array([[1, 2, 1], [5, 4, 4], [3, 3, 5.0]]), ("a", "b", "c"), ("Ada", "Ben", "Cleo"))
    >>> [(row.item, row.rank) for row in consensus_ranking(panel, method="kemeny", replicates=100)]
    [('b', 1.0), ('c', 2.0), ('a', 3.0)]
    """
    check_draws(confidence, replicates)
    if method not in METHODS:
        raise LevelError(f"There is no method {method!r}.", f"The methods are: {', '.join(METHODS)}.", "method")
    require_order(panel, "A ranking")
    require_raters(panel)
    empty = [
        name for name, some in zip(panel.items, np.asarray(panel.rated.any(axis=1)).tolist(), strict=True) if not some
    ]
    if empty:
        raise NoAgreementError(f"Nobody rated {', '.join(empty[:5])}.", "Leave such items out.")
    if method == KEMENY and panel.n_items > MOST_KEMENY:
        raise LevelError(
            f"Kemeny's rule would try {math.factorial(panel.n_items):.0e} orders of {panel.n_items} items.",
            f"It takes up to {MOST_KEMENY}: rank the best few of them, or use mean or borda.",
            "method",
        )
    if method == MEAN:
        fit_additive(panel)  # refuses raters who share nothing
    scorer: Means | Borda | Kemeny = (
        Means(panel) if method == MEAN else Borda(panel) if method == BORDA else Kemeny(panel)
    )
    ones = np.ones((1, panel.n_raters))
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(panel.n_raters, np.full(panel.n_raters, 1 / panel.n_raters), size=replicates).astype(float)
    scores, ranks = scorer.scores(ones)[0], scorer.ranks(ones)[0]
    redrawn = scorer.ranks(drawn)
    lost = int(np.isnan(redrawn).any(axis=1).sum())
    notes: tuple[str, ...] = ()
    if lost:
        notes += (
            f"In {lost:,} of {replicates:,} draws some item had no rating, or raters shared none; they are left out.",
        )
    if panel.n_raters < FEW_RATERS:
        notes += (f"With {panel.n_raters} raters, intervals by drawing them again come out too short.",)
    kept = redrawn[~np.isnan(redrawn).any(axis=1)]
    if 2 * len(kept) < replicates:
        ends = np.full((2, panel.n_items), np.nan)
        notes += ("Too few draws remain for intervals of the ranks.",)
    else:
        ends = np.quantile(kept, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    order = sorted(range(panel.n_items), key=lambda place: (float(ranks[place]), place))
    rows = tuple(
        ConsensusItem(
            panel.items[place],
            rounded(scores[place]),
            float(ranks[place]),
            rounded(ends[0, place]),
            rounded(ends[1, place]),
            int(panel.rated[place].sum()),
        )
        for place in order
    )
    unanimity = rounded(scorer.unanimity) if isinstance(scorer, Kemeny) else math.nan
    return Consensus(rows, method, int(panel.rated.any(axis=0).sum()), unanimity, confidence, replicates, seed, notes)
