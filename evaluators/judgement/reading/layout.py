"""Guess which column of a table of ratings says what, with a reason for each, so that a person can confirm it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluators.judgement.errors import PanelError
from evaluators.judgement.reading._marks import NOT_RATED, Marks, key_of, read_marks
from evaluators.judgement.reading._names import (
    BEST_RATING_NAMES,
    ITEM_NAMES,
    ORDER_NAMES,
    OTHER_NAMES,
    PLAIN_ITEM_NAMES,
    RATER_NAMES,
    RATING_NAMES,
    is_summary,
    plain_name,
)
from evaluators.judgement.reading._sheet import Sheet
from evaluators.judgement.reading._times import seconds_of

ITEM, RATER, RATERS, RATING, DIMENSION, ORDER = "item", "rater", "raters", "rating", "dimension", "order"
_IS = {
    ITEM: "what was rated",
    RATER: "who rated",
    RATERS: "the raters",
    RATING: "the rating",
    DIMENSION: "a dimension",
    ORDER: "the order of rating",
}
_SHOWN = 8
_MOST_WORDS = 15  # of a column that could be the rating
_FAR_LARGER = 3.0  # times the middle one of the columns' largest values


@dataclass(frozen=True, slots=True)
class RoleGuess:
    """What one column, or several, seem to hold.

    Parameters
    ----------
    role : str
        ``"item"``, ``"rater"``, ``"raters"`` (a column for each), ``"rating"``, ``"dimension"`` or ``"order"``.
    columns : tuple of str
        Their names.
    reason : str
        Why, as the end of a sentence.
    examples : str
        Some of what they hold; it may name people, and is in no file that is written under pseudonyms.
    """

    role: str
    columns: tuple[str, ...]
    reason: str
    examples: str = ""

    def sentence(self, *, names: bool = True) -> str:
        """Say what was guessed and why; without `names`, nobody who rated is named.

        Examples
        --------
        >>> RoleGuess("item", ("cv",), "its name says so").sentence()
        "'cv' is taken as what was rated: its name says so."
        >>> RoleGuess("raters", ("Ada", "Ben"), "they hold ratings").sentence(names=False)
        '2 columns are taken as the raters: they hold ratings.'
        """
        many = len(self.columns) > 1
        if self.role == RATERS and not names:
            listed = f"{len(self.columns)} columns"
        else:
            more = f" and {len(self.columns) - _SHOWN} more" if len(self.columns) > _SHOWN else ""
            listed = ", ".join(repr(name) for name in self.columns[:_SHOWN]) + more
        shown = f" ({self.examples})" if self.examples and (names or self.role != RATER) else ""
        return f"{listed} {'are' if many else 'is'} taken as {_IS[self.role]}: {self.reason}{shown}."


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of a table of ratings says what.

    Parameters
    ----------
    wide : bool
        Whether a row is an item with a column for each rater; otherwise a row is one rating.
    item : str
        Column with what was rated.
    raters : tuple of str
        The column that says who rated; if wide, the column of each rater.
    rating : str
        Column with the rating; empty if wide.
    dimensions : tuple of str
        Columns with further ratings of the same thing.
    order : str
        Column by which each rater's ratings can be put in order; empty if there is none.
    guesses : tuple of RoleGuess
        What of this was guessed.
    left_out : tuple of (str, str)
        Columns that are not used, and why; those that need no reason are not listed.
    """

    wide: bool
    item: str
    raters: tuple[str, ...]
    rating: str = ""
    dimensions: tuple[str, ...] = ()
    order: str = ""
    guesses: tuple[RoleGuess, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def shape(self) -> str:
        """What a row is, as a sentence."""
        if self.wide:
            return f"A row is taken as one item, with a column for each of {len(self.raters)} raters (a wide table)."
        return "A row is taken as one rating (a long table)."

    def sentences(self, *, names: bool = True) -> list[str]:
        """Say the shape, each guess, and what was left out; without `names`, rater columns are only counted."""
        said = [self.shape, *(guess.sentence(names=names) for guess in self.guesses)]
        reasons: dict[str, list[str]] = {}
        for column, reason in self.left_out:
            reasons.setdefault(reason, []).append(column)
        for reason, columns in reasons.items():
            listed = ", ".join(repr(name) for name in columns) if names else f"{len(columns)} of the columns"
            said.append(f"Left out: {listed} ({reason}).")
        return said

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "shape": "wide" if self.wide else "long",
            "item": self.item,
            "raters": list(self.raters),
            "rating": self.rating,
            "dimensions": list(self.dimensions),
            "order": self.order,
            "guessed": [
                {"role": guess.role, "columns": list(guess.columns), "reason": guess.reason} for guess in self.guesses
            ],
            "left_out": [list(pair) for pair in self.left_out],
        }


def guess_layout(
    sheet: Sheet,
    *,
    item: str = "",
    raters: Sequence[str] = (),
    rating: str = "",
    dimensions: Sequence[str] = (),
    order: str = "",
    wide: bool | None = None,
    levels: Sequence[str] | None = None,
    scale: str | None = None,
) -> Layout:
    """Find out whether a table is long or wide, and which column says what.

    Parameters
    ----------
    sheet : Sheet
        The table.
    item, rating, order : str
        Columns that are known; empty: guess.
    raters : sequence of str
        The column that says who rated; several for the columns of a wide table.
    dimensions : sequence of str
        Columns with further ratings; empty: guess.
    wide : bool, optional
        Whether a row is an item; by default found out.
    levels, scale
        As for `evaluators.judgement.reading.read_ratings`.

    Returns
    -------
    Layout
        With a sentence for each guess.

    Raises
    ------
    PanelError
        If it is not clear; the message says what is, and names the columns.
    ColumnError
        If there is no such column.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluators.judgement.reading import sheet_of_frame
    >>> table = pd.DataFrame({"cv": ["a", "b", "c"], "Ada": [1, 4, 2], "Ben": [2, 5, 2], "age": [40, 31, 28]})
    >>> found = guess_layout(sheet_of_frame(table))
    >>> found.wide, found.item, found.raters
    (True, 'cv', ('Ada', 'Ben'))
    """
    if not sheet.rows:
        raise PanelError(f"{sheet.facts.name} has a header and no rows.", "Export it again.")
    return _Guesser(sheet, levels, scale).layout(
        item=item and sheet.named(item),
        raters=[sheet.named(each) for each in raters],
        rating=rating and sheet.named(rating),
        dimensions=[sheet.named(each) for each in dimensions],
        order=order and sheet.named(order),
        wide=wide,
    )


class _Guesser:
    """What is known of the columns of one table."""

    def __init__(self, sheet: Sheet, levels: Sequence[str] | None, scale: str | None) -> None:
        self.sheet, self.levels, self.scale = sheet, levels, scale
        self.cells = {name: [cell for cell in sheet.column(name) if cell] for name in sheet.names}
        self.marks = {name: self._marks(name) for name in sheet.names}
        self.listed = f"The columns of {sheet.facts.name}: {', '.join(sheet.names)}."
        self.guesses: list[RoleGuess] = []
        self.left_out: list[tuple[str, str]] = []

    def _marks(self, name: str) -> Marks:
        try:
            found = read_marks(dict.fromkeys(self.cells[name]), levels=self.levels, scale=self.scale)
        except PanelError:
            return Marks("numbers", {}) if self.levels is None else Marks("", {})
        if self.levels and found.odd and len(found.odd) >= len(found.values):
            return Marks("", {})
        return found

    def is_mark(self, name: str) -> bool:
        """Whether the cells of a column read like ratings."""
        return bool(self.marks[name].kind) and any(key_of(cell) not in NOT_RATED for cell in self.cells[name])

    def layout(
        self, *, item: str, raters: list[str], rating: str, dimensions: list[str], order: str, wide: bool | None
    ) -> Layout:
        named = [name for name in (item, rating, order, *raters, *dimensions) if name]
        if len(set(named)) < len(named):
            raise PanelError(f"One column stands for two things: {', '.join(named)}.", "Name each column once.")
        turned = (
            "" if item or raters or wide is False or self._by_name(ITEM_NAMES, ()) else self._by_name(RATER_NAMES, ())
        )
        if turned and len(set(self.cells[turned])) == len(self.cells[turned]) == len(self.sheet.rows) > 1:
            raise PanelError(
                f"Each row of {self.sheet.facts.name} seems to be a rater ({turned!r}), each column what was rated.",
                "Turn the table round: a row for each item and a column for each rater.",
                "wide",
            )
        rater = raters[0] if len(raters) == 1 and not wide else ""
        if not raters and not wide and (found := self._by_name(RATER_NAMES, named)):
            rater = found
        if wide is None:
            wide = len(raters) > 1 or (not rater and not (rating or order or dimensions) and self._is_wide(item))
        if wide:
            return self._wide(item, raters)
        return self._long(item, rater, raters, rating, dimensions, order)

    def _by_name(self, names: re.Pattern[str], taken: Sequence[str]) -> str:
        found = [name for name in self.sheet.names if name not in taken and names.fullmatch(plain_name(name))]
        if not found:
            return ""
        return max(found, key=lambda name: (len(self.cells[name]), len(set(self.cells[name]))))

    def _is_wide(self, item: str) -> bool:
        """Whether a row is an item: its names differ, or nobody is named beside them and several columns rate."""
        name = item or self._by_name(ITEM_NAMES, ()) or self._by_name(PLAIN_ITEM_NAMES, ()) or self.sheet.names[0]
        if len(set(self.cells[name])) >= 0.9 * len(self.cells[name]):
            return True
        rating = [each for each in self.sheet.names if each != name and self.is_mark(each)]
        return len(rating) > 1 and not self._who_by_shape(name, ())

    def _item(self, item: str, taken: Sequence[str], *, unique: bool) -> str:
        if item:
            return item
        for names in (ITEM_NAMES, PLAIN_ITEM_NAMES):
            if found := self._by_name(names, taken):
                self.guesses.append(RoleGuess(ITEM, (found,), "its name says so", self._examples(found)))
                return found
        first = self.sheet.names[0]
        cells = self.cells[first]
        usable = first not in taken and bool(cells)
        usable = usable and (len(set(cells)) == len(cells) if unique else not self.is_mark(first))
        if usable:
            why = "it comes first and differs from row to row" if unique else "it comes first"
            self.guesses.append(RoleGuess(ITEM, (first,), why, self._examples(first)))
            return first
        raise PanelError("No column is seen to say what was rated.", f"Name it. {self.listed}", "item")

    def _wide(self, item: str, raters: list[str]) -> Layout:
        item = self._item(item, raters, unique=True)
        if raters:
            return Layout(True, item, tuple(raters), guesses=tuple(self.guesses))
        candidates = self._rater_columns([name for name in self.sheet.names if name != item])
        if len(candidates) < 2:
            problem = "One column holds" if candidates else "No columns hold"
            raise PanelError(
                f"{problem} ratings that can be read, and no column says who rated.",
                f"Name the columns of the raters, or the one that says who rated. If ratings are words, name the words "
                f"from lowest to highest. {self.listed}",
                "rater",
            )
        values = self._values(candidates)
        seen = ("; " if any("," in value for value in values) else ", ").join(values)
        self.guesses.append(RoleGuess(RATERS, tuple(candidates), "they hold ratings alike", seen))
        return Layout(True, item, tuple(candidates), guesses=tuple(self.guesses), left_out=tuple(self.left_out))

    def _rater_columns(self, names: Sequence[str]) -> list[str]:
        """Return the columns that hold ratings of one kind; the others go to those left out."""
        kept: list[str] = []
        for name in names:
            if not self.cells[name]:
                continue
            if is_summary(name):
                self.left_out.append((name, "a total, an average or the like"))
            elif OTHER_NAMES.fullmatch(plain_name(name)):
                self.left_out.append((name, "its name is not that of a rater"))
            elif not self.is_mark(name) or (self.marks[name].odd and self.marks[name].kind != "numbers"):
                self.left_out.append((name, "its cells are no ratings"))
            else:
                kept.append(name)
        kinds = [self._kind(name) for name in kept]
        if kept:
            most = max(dict.fromkeys(kinds), key=kinds.count)
            self.left_out += [
                (name, "its cells are of another kind than the other ratings")
                for name, kind in zip(kept, kinds, strict=True)
                if kind != most
            ]
            kept = [name for name, kind in zip(kept, kinds, strict=True) if kind == most]
        return self._one_size(self._no_means(kept))

    def _kind(self, name: str) -> str:
        kind = self.marks[name].kind
        return "words" if kind in ("words", "letters") else kind

    def _no_means(self, names: list[str]) -> list[str]:
        """Leave out the last column if it is the mean of the others: broken numbers beside whole ones."""
        if len(names) < 3 or self._kind(names[-1]) != "numbers":
            return names
        *others, last = names
        rows = [
            ([self.marks[name].value(row[self.sheet.names.index(name)]) for name in others],
             row[self.sheet.names.index(last)])
            for row in self.sheet.rows
        ]  # fmt: skip
        same = broken = seen = 0
        for values, text in rows:
            given = [value for value in values if value == value]
            value = self.marks[last].value(text)
            if not given or value != value or any(each != round(each) for each in given):
                continue
            digits = len(re.split(r"[.,]", text)[1]) if re.search(r"[.,]", text) else 0
            seen += 1
            broken += value != round(value)
            same += abs(sum(given) / len(given) - value) <= 0.51 * 10.0**-digits
        if seen >= 3 and same >= 0.9 * seen and broken:
            self.left_out.append((last, "it is the mean of the other columns"))
            return others
        return names

    def _one_size(self, names: list[str]) -> list[str]:
        """Leave out columns whose numbers are far larger than the others'."""
        if len(names) < 3 or self._kind(names[0]) != "numbers":
            return names
        largest = {name: max((abs(each) for each in self.marks[name].values.values()), default=0.0) for name in names}
        middle = sorted(largest.values())[(len(names) - 1) // 2]
        for name in names:
            if largest[name] > _FAR_LARGER * middle > 0:
                self.left_out.append((name, "its numbers are far larger than those of the other columns"))
        return [name for name in names if not largest[name] > _FAR_LARGER * middle > 0]

    def _long(self, item: str, rater: str, raters: list[str], rating: str, dimensions: list[str], order: str) -> Layout:
        taken = [name for name in (rater, rating, order, *dimensions) if name]
        item = self._item(item, taken, unique=False)
        if not rater:
            rater = self._rater_by_shape(item, taken)
        elif not raters:
            self.guesses.insert(0, RoleGuess(RATER, (rater,), "its name says so", self._examples(rater)))
        taken = [item, rater, *(name for name in (rating, order, *dimensions) if name)]
        if not order:
            order = self._order(taken)
        free = [name for name in self.sheet.names if name not in [*taken, order] and self.is_mark(name)]
        rating = rating or self._rating(free, taken)
        if not dimensions:
            dimensions = self._dimensions(rating, [name for name in free if name != rating])
        return Layout(
            False, item, (rater,), rating, tuple(dimensions), order, tuple(self.guesses), tuple(self.left_out)
        )

    def _rater_by_shape(self, item: str, taken: Sequence[str]) -> str:
        """Return the one column of words that, with the item, names each row once."""
        found = self._who_by_shape(item, taken)
        if len(found) != 1:
            raise PanelError(
                f"{item!r} stands in several rows, so a row is one rating, but no column is seen to say who rated.",
                f"Name it. {self.listed}",
                "rater",
            )
        self.guesses.append(
            RoleGuess(RATER, (found[0],), f"with {item!r} it names each row once", self._examples(found[0]))
        )
        return found[0]

    def _who_by_shape(self, item: str, taken: Sequence[str]) -> list[str]:
        """Return the columns of words that, with the item, name each row once."""
        found = []
        places = {name: place for place, name in enumerate(self.sheet.names)}
        for name in self.sheet.names:
            if name in (item, *taken) or len(self.cells[name]) < len(self.sheet.rows) or self.is_mark(name):
                continue
            pairs = {(row[places[item]], row[places[name]]) for row in self.sheet.rows}
            distinct = len(set(self.cells[name]))
            if len(pairs) == len(self.sheet.rows) and 2 <= distinct <= len(self.sheet.rows) / 2:
                found.append(name)
        return found

    def _order(self, taken: Sequence[str]) -> str:
        name = self._by_name(ORDER_NAMES, taken)
        if not name:
            return ""
        if len(self.cells[name]) < len(self.sheet.rows) or not all(_is_moment(cell) for cell in self.cells[name]):
            self.left_out.append((name, "it would be the order of rating, but not all cells are numbers or times"))
            return ""
        self.guesses.append(RoleGuess(ORDER, (name,), "its name says so", self._examples(name)))
        return name

    def _rating(self, free: Sequence[str], taken: Sequence[str]) -> str:
        for names in (BEST_RATING_NAMES, RATING_NAMES):
            found = [name for name in free if names.fullmatch(plain_name(name))]
            if len(found) == 1:
                self.guesses.append(RoleGuess(RATING, (found[0],), "its name says so", self._examples(found[0])))
                return found[0]
            if found:
                break
        usable = [name for name in free if not is_summary(name) and not OTHER_NAMES.fullmatch(plain_name(name))]
        if len(usable) == 1:
            why = "it alone holds values that read like ratings"
            self.guesses.append(RoleGuess(RATING, (usable[0],), why, self._examples(usable[0])))
            return usable[0]
        named = [
            name
            for name in self.sheet.names
            if name not in taken
            and (BEST_RATING_NAMES.fullmatch(plain_name(name)) or RATING_NAMES.fullmatch(plain_name(name)))
            and len(set(self.cells[name])) <= _MOST_WORDS
        ]
        if len(named) == 1 and not usable:  # whoever reads it says what is wrong with it
            self.guesses.append(RoleGuess(RATING, (named[0],), "its name says so", self._examples(named[0])))
            return named[0]
        seen = f"These could be: {', '.join(usable)}." if usable else "No column holds numbers or words with an order."
        more = "" if usable else " If the ratings are words, name the words from lowest to highest, too."
        raise PanelError(f"No column is seen to hold the rating. {seen}", f"Name it.{more} {self.listed}", "rating")

    def _dimensions(self, rating: str, free: Sequence[str]) -> list[str]:
        mine = self.marks[rating]
        if mine.kind != "numbers" or not mine.values:
            return []
        low, high = min(mine.values.values()), max(mine.values.values())
        whole = all(each == round(each) for each in mine.values.values())
        found = []
        for name in free:
            values = list(self.marks[name].values.values())
            alike = self.marks[name].kind == "numbers" and len(set(values)) >= 3 and not self.marks[name].odd
            alike = alike and min(values) >= low and max(values) <= high
            alike = alike and (not whole or all(each == round(each) for each in values))
            other = plain_name(name) != "experience" and bool(OTHER_NAMES.fullmatch(plain_name(name)))
            if alike and not other and not is_summary(name):
                found.append(name)
        if found:
            why = f"numbers from {low:g} to {high:g} like the rating"
            self.guesses.append(RoleGuess(DIMENSION, tuple(found), why))
        return found

    def _examples(self, name: str) -> str:
        shown = list(dict.fromkeys(self.cells[name]))[:3]
        return ", ".join(each if len(each) <= 30 else f"{each[:29]}…" for each in shown)

    def _values(self, names: Sequence[str]) -> list[str]:
        values = {cell for name in names for cell in self.cells[name] if key_of(cell) not in NOT_RATED}
        marks = self.marks[names[0]]
        order = sorted(values, key=lambda cell: (marks.values.get(key_of(cell), 0.0), cell))
        return order if len(order) <= _SHOWN else [*order[:3], "…", *order[-2:]]


def _is_moment(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        try:
            seconds_of(cell)
        except ValueError:
            return False
    return True
