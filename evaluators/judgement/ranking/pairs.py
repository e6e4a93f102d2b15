"""Paired comparisons: a scale of items from who won against whom, by the Bradley-Terry model."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import json_able
from evaluators.judgement._cells import names_of, natural
from evaluators.judgement._draws import FloatArray, rounded
from evaluators.judgement._rows import check_alpha
from evaluators.judgement.errors import PairError
from evaluators.judgement.ranking._strengths import fit_strengths

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class PairedItem:
    """One item on the scale.

    Parameters
    ----------
    item : str
        The item.
    wins, losses, ties : int
        Its comparisons.
    strength : float
        Log-odds against an average item of this set; strengths sum to 0. A difference of 1 between two items means
        that, ties aside, the stronger wins 73 of 100 comparisons.
    low, high : float
        Limits of it.
    standard_error : float
        Of it.
    rank : int
        1 is the strongest; items of equal strength share the better rank.
    """

    item: str
    wins: int
    losses: int
    ties: int
    strength: float
    low: float
    high: float
    standard_error: float
    rank: int


@dataclass(frozen=True, slots=True)
class PairedScale:
    """Result of `bradley_terry`.

    Parameters
    ----------
    items : tuple of PairedItem
        Strongest first.
    n_comparisons : int
        Comparisons, ties among them.
    tie_parameter : float
        Davidson's nu, 0 or more: two equal items tie in nu / (2 + nu) of comparisons; 0 without ties.
    alpha : float
        Significance level (0-1); intervals have the confidence 1 - alpha.
    """

    items: tuple[PairedItem, ...]
    n_comparisons: int
    tie_parameter: float
    alpha: float

    def __iter__(self) -> Iterator[PairedItem]:
        return iter(self.items)

    def __getitem__(self, item: str) -> PairedItem:
        """Return one item; an unknown one raises PairError."""
        by_name = {each.item: each for each in self.items}
        if item not in by_name:
            raise PairError(f"{item!r} was not compared.", f"The items are: {', '.join(list(by_name)[:20])}.")
        return by_name[item]

    def chance(self, one: str, other: str) -> float:
        """Return the probability (0-1) that one item wins against another, ties aside."""
        return rounded(1 / (1 + math.exp(self[other].strength - self[one].strength)))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per item, strongest first, with the fields of `PairedItem`."""
        return pd.DataFrame([asdict(each) for each in self.items])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words which items are strongest, how sure that is, and what it does not show."""
        first, last = self.items[0], self.items[-1]
        count = (
            f"{self.n_comparisons:,} comparison{'' if self.n_comparisons == 1 else 's'} of {len(self.items):,} items."
        )
        lines = [
            f"{count} By these, all items are equally strong."
            if last.rank == 1
            else f"{count} Strongest: {first.item} "
            f"({first.strength:+.2f}, {1 - self.alpha:.0%} interval {first.low:+.2f} to {first.high:+.2f}); "
            f"weakest: {last.item} ({last.strength:+.2f}). Between these two, {first.item} would win "
            f"{self.chance(first.item, last.item):.0%} of comparisons, ties aside."
        ]
        if self.tie_parameter:
            lines.append(
                f"Two equal items would tie in {self.tie_parameter / (2 + self.tie_parameter):.0%} of comparisons."
            )
        lines.append(
            "The scale is relative to this set of items: it does not say whether any of them is good. It supposes that "
            "all judges share one scale, and that comparisons are independent; where one person compares many times, "
            "the intervals are too short."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw each item's strength with its interval, strongest first; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        rows = [{"label": row.item, "value": row.strength, "low": row.low, "high": row.high} for row in self.items]
        return interval_chart(
            rows,
            axis="Strength (log-odds against an average item)",
            title="Which items win?",
            said=[f"Dashed: an average item of this set. Line: {1 - self.alpha:.0%} interval."],
            description=self.summary(),
        )


def bradley_terry(frame: Any, *, winner: str, loser: str, tie: str | None = None, alpha: float = 0.05) -> PairedScale:
    """Scale items by paired comparisons, by maximum likelihood [1]_; ties after Davidson [2]_.

    Parameters
    ----------
    frame : table, shape (n_comparisons, n_columns)
        One comparison a row: a pandas or polars frame, a PyArrow table or the like.
    winner, loser : str
        Columns with the items that won and lost.
    tie : str, optional
        Column (bool or 0/1) that says that neither won; winner and loser then stand in any order.
    alpha : float
        Significance level (0-1); intervals have the confidence 1 - alpha.

    Returns
    -------
    PairedScale
        The items with their strengths, and intervals by the normal approximation.

    Raises
    ------
    PairError
        If the table has no rows, an item meets itself, or a tie is neither yes nor no; if all are ties, or no chain of
        wins and ties leads from every item to every other [3]_, so that nobody can tell how far apart they are.
    ColumnError
        If the table has no such column.
    LevelError
        If `alpha` does not lie between 0 and 1.

    References
    ----------
    .. [1] Bradley, R. A. and Terry, M. E. (1952). Rank Analysis of Incomplete Block Designs. Biometrika 39, 324-345.
    .. [2] Davidson, R. R. (1970). On Extending the Bradley-Terry Model to Accommodate Ties in Paired Comparison
       Experiments. Journal of the American Statistical Association 65(329), 317-328.
    .. [3] Ford, L. R. (1957). Solution of a Ranking Problem from Binary Comparisons. American Mathematical Monthly
       64(8), 28-33.

    Examples
    --------
    >>> table = pd.DataFrame({"won": ["a", "a", "a", "b"], "lost": ["b", "b", "b", "a"]})
    >>> found = bradley_terry(table, winner="won", loser="lost")
    >>> found["a"].rank, round(found.chance("a", "b"), 2)
    (1, 0.75)
    """
    check_alpha(alpha)
    columns = [winner, loser, *([tie] if tie is not None else [])]
    if len(set(columns)) < len(columns):
        raise PairError("One column stands for two things.", "Name a column of its own for each.")
    table = pandas_columns(frame, *columns).reset_index(drop=True)
    if table.empty:
        raise PairError("There are no comparisons.", "Give one row for each.")
    one, other = names_of(table[winner], "winner"), names_of(table[loser], "loser")
    same = [row for row, (a, b) in enumerate(zip(one, other, strict=True), start=1) if a == b]
    if same:
        raise PairError(f"Row {same[0]}: {one[same[0] - 1]} is compared with itself.", "Correct the row.")
    tied = np.zeros(len(table), dtype=bool) if tie is None else _tied(table[tie])
    items = tuple(sorted({*one, *other}, key=natural))
    places = {name: place for place, name in enumerate(items)}
    wins, ties = (np.zeros((len(items), len(items))) for _ in range(2))
    for a, b, neither in zip(one, other, tied.tolist(), strict=True):
        if neither:
            ties[places[a], places[b]] += 1
            ties[places[b], places[a]] += 1
        else:
            wins[places[a], places[b]] += 1
    _refuse_parted(items, wins + ties)
    if not wins.any():
        raise PairError(
            "Every comparison is a tie.", "Nobody can tell then how far apart the items are: compare more closely."
        )
    strengths, nu, errors = fit_strengths(wins, ties)
    from scipy.special import ndtri

    width = float(ndtri(1 - alpha / 2))
    shown = np.round(strengths, 9)
    order = sorted(range(len(items)), key=lambda place: (-float(shown[place]), natural(items[place])))
    rows = tuple(
        PairedItem(
            item=items[place],
            wins=int(wins[place].sum()),
            losses=int(wins[:, place].sum()),
            ties=int(ties[place].sum()),
            strength=rounded(strengths[place]),
            low=rounded(strengths[place] - width * errors[place]),
            high=rounded(strengths[place] + width * errors[place]),
            standard_error=rounded(errors[place]),
            rank=1 + int((shown > shown[place]).sum()),
        )
        for place in order
    )
    return PairedScale(rows, len(table), rounded(nu), alpha)


def _tied(column: pd.Series) -> npt.NDArray[np.bool_]:
    values = [bool(cell) if not pd.isna(cell) and cell in (True, False) else None for cell in column.tolist()]
    unread = [row for row, value in enumerate(values, start=1) if value is None]
    if unread:
        raise PairError(f"Row {unread[0]}: the tie is {column.iloc[unread[0] - 1]!r}.", "Give True or False.", "tie")
    return np.array(values, dtype=bool)


def _refuse_parted(items: tuple[str, ...], beats: FloatArray) -> None:
    """Refuse comparisons in which no chain of wins and ties leads from some item to another."""
    whole = set(range(len(items)))
    if (met := _reached(beats + beats.T, 0)) != whole:
        raise PairError(
            f"The comparisons fall into parts that never meet: {_shown(items, met)} on one side, "
            f"{_shown(items, whole - met)} on the other.",
            "Compare some item of each part with one of another.",
        )
    for side, never in ((beats, "lost to or tied with"), (beats.T, "won against or tied with")):
        if (reached := _reached(side, 0)) != whole:
            raise PairError(
                f"Nobody can tell how far apart the items are: {_shown(items, whole - reached)} never {never} "
                f"{_shown(items, reached)}.",
                "Leave out items that won or lost every time, or compare more.",
            )


def _shown(items: tuple[str, ...], places: Iterable[int]) -> str:
    names = [items[place] for place in sorted(places)]
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _reached(beats: FloatArray, start: int) -> set[int]:
    reached, edge = {start}, [start]
    while edge:
        for place in np.flatnonzero(beats[edge.pop()] > 0).tolist():
            if place not in reached:
                reached.add(place)
                edge.append(place)
    return reached
