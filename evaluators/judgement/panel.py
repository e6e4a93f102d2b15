"""A panel: several raters, who each rated some of the same items."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import plain
from evaluators.judgement._cells import (
    check_once,
    code_words,
    name_of,
    names_of,
    natural,
    numbers_of,
    order_ranks,
    places_of,
)
from evaluators.judgement.errors import PanelError, UnknownRaterError

FloatArray = npt.NDArray[np.float64]

LARGEST = 1e100  # squares of larger ratings have no float
NOMINAL, ORDINAL, INTERVAL, RATIO = SCALES = ("nominal", "ordinal", "interval", "ratio")


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Ratings of items by raters.

    Parameters
    ----------
    ratings : array of float, shape (n_items, n_raters)
        NaN where a rater did not rate an item.
    items, raters : tuple of str
        Their names; none twice.
    scale : str
        What the numbers can be used for: ``"nominal"`` (they are only names), ``"ordinal"`` (more is more),
        ``"interval"`` (steps are equally wide) or ``"ratio"`` (and nought means nothing at all).
    levels : tuple of float
        The values of the scale, ascending; empty if any number is allowed.
    level_names : tuple of str
        The words that stand for the levels; empty if the ratings are numbers.
    order : array of float, shape (n_items, n_raters), or None
        How many-th item of the rater this was (1 = the first); None if nobody knows.

    Raises
    ------
    PanelError
        If shapes do not fit, a name occurs twice, a rating is no number, infinite, beyond 1e100 or not on the scale,
        or nothing was rated.

    Examples
    --------
    >>> panel = Panel(np.array([[4.0, 5.0], [2.0, np.nan]]), ("r1", "r2"), ("Ada", "Ben"))
    >>> panel.n_ratings, panel.missing
    (3, 1)
    """

    ratings: FloatArray
    items: tuple[str, ...]
    raters: tuple[str, ...]
    scale: str = INTERVAL
    levels: tuple[float, ...] = ()
    level_names: tuple[str, ...] = ()
    order: FloatArray | None = None

    def __post_init__(self) -> None:
        try:
            ratings = np.array(self.ratings, dtype=np.float64)  # a copy, that nobody else can change
        except (TypeError, ValueError) as error:
            raise PanelError(
                "The ratings are no table of numbers.", "Read a table of words with Panel.from_table and its levels."
            ) from error
        ratings.flags.writeable = False
        object.__setattr__(self, "ratings", ratings)
        if self.order is not None:
            order = np.array(self.order, dtype=np.float64)
            if order.shape == ratings.shape:
                order[np.isnan(ratings)] = np.nan
            order.flags.writeable = False
            object.__setattr__(self, "order", order)
        _check(self)

    @classmethod
    def from_table(
        cls,
        frame: Any,
        *,
        item: str,
        rater: str,
        rating: str,
        order: str | None = None,
        levels: Sequence[float] | Sequence[str] | None = None,
        scale: str | None = None,
    ) -> "Panel":
        """Read a panel from a table with one rating a row.

        Parameters
        ----------
        frame : table, shape (n_ratings, n_columns)
            A pandas or polars frame, a PyArrow table or the like. A row without a rating says "not rated".
        item, rater, rating : str
            Columns with what was rated, by whom, and how.
        order : str, optional
            Column with a number or a time by which each rater's ratings can be put in order.
        levels : sequence of float or of str, optional
            The scale's levels from lowest to highest: all that a rating may be. Words become 0, 1, 2, …
        scale : str, optional
            See `Panel`. By default ``"ordinal"`` if the levels are words, otherwise ``"interval"``.

        Returns
        -------
        Panel
            Items and raters in the order of their names, so that the order of rows does not matter.

        Raises
        ------
        PanelError
            If a rating is no number, infinite or not on the scale, if somebody rated an item twice, or if a name is
            missing; the message says in which row. Rows are counted from 1, without the header.
        ColumnError
            If the table has no such column.

        Examples
        --------
        >>> table = pd.DataFrame({"cv": [1, 1, 2], "who": ["Ada", "Ben", "Ada"], "mark": ["maybe", "yes", "no"]})
        >>> panel = Panel.from_table(table, item="cv", rater="who", rating="mark", levels=["no", "maybe", "yes"])
        >>> panel.ratings.tolist()
        [[1.0, 2.0], [0.0, nan]]
        """
        columns = [item, rater, rating, *([order] if order is not None else [])]
        if len(set(columns)) < len(columns):
            raise PanelError(
                f"One column stands for two things: {', '.join(columns)}.", "Name a column of its own for each."
            )
        table = pandas_columns(frame, *columns).reset_index(drop=True)
        if table.empty:
            raise PanelError("The table of ratings has no rows.", "Give one row for each rating.")
        item_of, rater_of = names_of(table[item], "item"), names_of(table[rater], "rater")
        words: tuple[str, ...] = ()
        scale_levels = () if levels is None else tuple(levels)
        if any(isinstance(level, str) for level in scale_levels):
            words = tuple(name_of(level) for level in scale_levels)
        elif scale == NOMINAL and not pd.api.types.is_numeric_dtype(table[rating]):
            words = tuple(sorted({name_of(word) for word in table[rating].dropna()} - {""}, key=natural))
        values = code_words(table[rating], words) if words else numbers_of(table[rating])
        allowed = _ascending(range(len(words)) if words else scale_levels)  # type: ignore[arg-type]
        if allowed and (wrong := ~np.isnan(values) & ~np.isin(values, allowed)).any():
            row = int(np.flatnonzero(wrong)[0])
            raise PanelError(
                f"Row {row + 1}: the rating {values[row]:g} is not on the scale.",
                f"The levels are {', '.join(f'{level:g}' for level in allowed)}: correct the rating, or the levels.",
                "levels",
            )
        items, raters = tuple(sorted(set(item_of), key=natural)), tuple(sorted(set(rater_of), key=natural))
        cells = places_of(item_of, items) * len(raters) + places_of(rater_of, raters)
        check_once(cells, values, item_of, rater_of)
        rated = ~np.isnan(values)
        ratings = np.full(len(items) * len(raters), np.nan)
        ratings[cells[rated]] = values[rated]
        ordered = None
        if order is not None:
            ordered = np.full(len(ratings), np.nan)
            ordered[cells[rated]] = order_ranks(table[order], rater_of, rated)
        shape = len(items), len(raters)
        return cls(
            ratings=ratings.reshape(shape),
            items=items,
            raters=raters,
            scale=scale if scale is not None else ORDINAL if words else INTERVAL,
            levels=allowed,
            level_names=words,
            order=None if ordered is None else ordered.reshape(shape),
        )

    @property
    def n_items(self) -> int:
        """Items, rated or not."""
        return len(self.items)

    @property
    def n_raters(self) -> int:
        """Raters, with or without a rating."""
        return len(self.raters)

    @property
    def n_ratings(self) -> int:
        """Ratings given."""
        return int(self.rated.sum())

    @property
    def missing(self) -> int:
        """Pairs of an item and a rater without a rating."""
        return self.ratings.size - self.n_ratings

    @property
    def rated(self) -> npt.NDArray[np.bool_]:
        """Where there is a rating, shape (n_items, n_raters)."""
        return np.asarray(~np.isnan(self.ratings))

    def values(self) -> FloatArray:
        """Return the levels, or the different ratings if there are none, ascending."""
        return np.array(self.levels) if self.levels else np.unique(self.ratings[self.rated])

    def only(self, *, raters: Sequence[str] | None = None, items: Sequence[str] | None = None) -> "Panel":
        """Return the panel of some raters or items, in the order asked for.

        Raises
        ------
        UnknownRaterError
            If the panel has no such rater or item.

        Examples
        --------
        >>> panel = Panel(np.array([[4.0, 5.0], [2.0, 3.0]]), ("r1", "r2"), ("Ada", "Ben"))
        >>> panel.only(raters=["Ben"]).ratings.tolist()
        [[5.0], [3.0]]
        """
        across = self.raters if raters is None else tuple(raters)
        down = self.items if items is None else tuple(items)
        cut = np.ix_(_places(self.items, down, "item"), _places(self.raters, across, "rater"))
        order = None if self.order is None else self.order[cut]
        return replace(self, ratings=self.ratings[cut], items=down, raters=across, order=order)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rating.

        Returns
        -------
        DataFrame, shape (n_ratings, 3 or 4)
            The columns item, rater, rating (a number) and, where it is known, order.
        """
        rows, columns = np.nonzero(self.rated)
        found = pd.DataFrame(
            {
                "item": [self.items[row] for row in rows],
                "rater": [self.raters[column] for column in columns],
                "rating": self.ratings[rows, columns],
            }
        )
        return found if self.order is None else found.assign(order=self.order[rows, columns])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for ratings that were not given."""
        fields = ("items", "raters", "scale", "levels", "level_names", "ratings", "order")
        return {name: plain(getattr(self, name)) for name in fields}

    def summary(self) -> str:
        """Say in plain words who rated how much.

        Examples
        --------
        >>> print(Panel(np.array([[4.0, 5.0], [2.0, np.nan]]), ("r1", "r2"), ("Ada", "Ben")).summary())
        2 raters gave 3 ratings of 2 items, from 2 to 5; 1 of 4 is missing. 1 item was rated by everybody, 0 by nobody.
        """
        given = self.ratings[self.rated]
        by_all, by_none = int(self.rated.all(axis=1).sum()), int((~self.rated).all(axis=1).sum())
        lacking = f"{self.missing:,} of {self.ratings.size:,} {'is' if self.missing == 1 else 'are'} missing"
        return (
            f"{_many(self.n_raters, 'rater')} gave {_many(self.n_ratings, 'rating')} of {_many(self.n_items, 'item')}, "
            f"from {given.min():g} to {given.max():g}; {lacking if self.missing else 'none is missing'}. "
            f"{_many(by_all, 'item')} {'was' if by_all == 1 else 'were'} rated by everybody, {by_none:,} by nobody."
        )


def _many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _places(names: tuple[str, ...], wanted: Sequence[str], kind: str) -> list[int]:
    places = {name: place for place, name in enumerate(names)}
    for name in wanted:
        if name not in places:
            shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
            raise UnknownRaterError(f"The panel has no {kind} {name!r}.", f"It has: {shown}.")
    return [places[name] for name in wanted]


def _ascending(levels: Sequence[float]) -> tuple[float, ...]:
    try:
        values = tuple(float(level) for level in levels)
    except (TypeError, ValueError) as error:
        raise PanelError("A level is no number.", "Give all levels as numbers, or all as words.", "levels") from error
    if any(not np.isfinite(each) for each in values) or any(a >= b for a, b in pairwise(values)):
        raise PanelError(
            f"The levels {', '.join(f'{each:g}' for each in values)} do not ascend.",
            "Name each level once, from the lowest to the highest.",
            "levels",
        )
    return values


def _check(panel: Panel) -> None:
    shape = len(panel.items), len(panel.raters)
    if panel.ratings.shape != shape:
        raise PanelError(
            f"The ratings have the shape {panel.ratings.shape}, the names {shape}.",
            "Give a row for each item and a column for each rater.",
        )
    for kind, names in (("item", panel.items), ("rater", panel.raters)):
        if twice := sorted({name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()):
            raise PanelError(f"There are two {kind}s called {twice[0]!r}.", f"Give each {kind} a name of its own.")
    if panel.order is not None and panel.order.shape != shape:
        raise PanelError("The order has another shape than the ratings.", "Give one place for each rating.")
    if panel.scale not in SCALES:
        raise PanelError(f"There is no scale {panel.scale!r}.", f"The scales are: {', '.join(SCALES)}.", "scale")
    if not panel.rated.any():
        raise PanelError("There is no rating at all.", "Check that the column of ratings is the right one.")
    if infinite := np.argwhere(np.isinf(panel.ratings)).tolist():
        row, column = infinite[0]
        raise PanelError(
            f"The rating of {panel.items[row]} by {panel.raters[column]} is infinite.", "Correct it, or leave it empty."
        )
    if large := np.argwhere(np.abs(panel.ratings) > LARGEST).tolist():
        row, column = large[0]
        raise PanelError(
            f"The rating of {panel.items[row]} by {panel.raters[column]} is {panel.ratings[row, column]:g}.",
            f"Nothing can be computed beyond {LARGEST:g}: give the ratings in larger units.",
        )
    levels = _ascending(panel.levels)
    if levels and (off := np.argwhere(panel.rated & ~np.isin(panel.ratings, levels)).tolist()):
        row, column = off[0]
        raise PanelError(
            f"The rating {panel.ratings[row, column]:g} of {panel.items[row]} by {panel.raters[column]} is not on the "
            "scale.",
            f"The levels are {', '.join(f'{level:g}' for level in levels)}.",
            "levels",
        )
