"""A panel from a table of ratings, long or wide, with the line of the file wherever something is wrong."""

import math
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.judgement._cells import natural
from evaluators.judgement.errors import PanelError
from evaluators.judgement.panel import SCALES, Panel
from evaluators.judgement.reading._marks import NOT_RATED, Marks, key_of, read_marks
from evaluators.judgement.reading._names import is_summary, plain_name
from evaluators.judgement.reading._sheet import Sheet, read_sheet, sheet_of_frame
from evaluators.judgement.reading._times import seconds_of
from evaluators.judgement.reading.layout import Layout, guess_layout
from evaluators.own_data import FileFacts

_LAST_ROWS = 5
Record = tuple[int, str, str, str]  # the row, the item, the rater, the rating as written


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings that were read.

    Parameters
    ----------
    panel : Panel
        The ratings.
    dimensions : dict of str to Panel
        Further ratings, of the same items by the same raters; empty if there are none.
    layout : Layout
        Which column was taken as what.
    file : FileFacts
        Where they came from.
    notes : tuple of str
        What was left out or read in a special way; no rater is named.
    guessed : bool
        Whether a column or the order of words was guessed, so that somebody should confirm it.
    """

    panel: Panel
    dimensions: dict[str, Panel]
    layout: Layout
    file: FileFacts
    notes: tuple[str, ...]
    guessed: bool

    def sentences(self, *, names: bool = True) -> list[str]:
        """Say what was taken as what, what was left out, and how it was read; without `names` no rater is named."""
        return [*self.layout.sentences(names=names), *self.notes]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rating, as `Panel.to_frame` does."""
        return self.panel.to_frame()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; the ratings themselves are not in it."""
        return {
            "file": self.file.to_dict(),
            "columns": self.layout.to_dict(),
            "levels": list(self.panel.level_names) or list(self.panel.levels),
            "scale": self.panel.scale,
            "notes": list(self.notes),
        }

    def summary(self) -> str:
        """Say in plain words what was read and how."""
        return "\n".join([self.panel.summary(), *self.sentences(), *self.file.notes])


def read_ratings(
    source: "str | os.PathLike[str] | Sheet | Any",
    *,
    item: str = "",
    raters: Sequence[str] = (),
    rating: str = "",
    dimensions: Sequence[str] = (),
    order: str = "",
    wide: bool | None = None,
    levels: Sequence[str] | None = None,
    scale: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Ratings:
    """Read ratings from somebody's own table.

    Parameters
    ----------
    source : path, Sheet or table
        CSV, Excel or Parquet; or what `read_sheet` returned; or a pandas or polars frame.
    item, raters, rating, dimensions, order, wide
        As for `guess_layout`.
    levels : sequence of str, optional
        The levels from the lowest to the highest. Without it words are taken in an order that they usually have, which
        is a guess. Numbers that fall say that low ones are the best, as with German marks.
    scale : str, optional
        As in `evaluators.judgement.panel.Panel`.
    sheet, encoding, delimiter : str, optional
        As for `read_sheet`.

    Returns
    -------
    Ratings
        Items and raters without a rating are left out; the notes say how many.

    Raises
    ------
    PanelError
        If it is not clear which column says what, a rating cannot be read, a name is missing, or somebody rated an item
        twice; the message names the line of the file.
    TableError, ColumnError
        If the file cannot be read, or has no such column.

    Examples
    --------
    >>> table = pd.DataFrame({"cv": ["a", "a", "b"], "rater": ["Ada", "Ben", "Ada"], "rating": ["yes", "no", "maybe"]})
    >>> read_ratings(table).panel.ratings.tolist()
    [[2.0, 0.0], [1.0, nan]]
    """
    if scale is not None and scale not in SCALES:
        raise PanelError(f"There is no scale {scale!r}.", f"The scales are: {', '.join(SCALES)}.", "scale")
    if isinstance(source, Sheet):
        table = source
    elif isinstance(source, str | os.PathLike):
        table = read_sheet(source, sheet=sheet, encoding=encoding, delimiter=delimiter)
    elif isinstance(source, pd.DataFrame):
        table = sheet_of_frame(source)
    else:
        table = sheet_of_frame(pandas_columns(source, *list(getattr(source, "columns", []))))
    layout = guess_layout(
        table, item=item, raters=raters, rating=rating, dimensions=dimensions, order=order, wide=wide, levels=levels,
        scale=scale,
    )  # fmt: skip
    return panel_of(table, layout, levels=levels, scale=scale)


def panel_of(sheet: Sheet, layout: Layout, *, levels: Sequence[str] | None = None, scale: str | None = None) -> Ratings:
    """Read the ratings of a table whose columns are known.

    Parameters
    ----------
    sheet : Sheet
        The table.
    layout : Layout
        Which column says what, as from `guess_layout`.
    levels, scale
        As for `read_ratings`.

    Returns
    -------
    Ratings

    Raises
    ------
    PanelError
        As for `read_ratings`.

    Examples
    --------
    >>> table = sheet_of_frame(pd.DataFrame({"cv": ["a", "b"], "Ada": [1, 4], "Ben": [2, 5]}))
    >>> panel_of(table, Layout(True, "cv", ("Ada", "Ben"))).panel.ratings.tolist()
    [[1.0, 2.0], [4.0, 5.0]]
    """
    notes: list[str] = []
    place = {name: number for number, name in enumerate(sheet.names)}
    columns = layout.raters if layout.wide else (layout.rating,)
    kept = _without_totals(sheet, layout, notes)
    records = _records(sheet, layout, kept, columns[0] if not layout.wide else "")
    marks = _marks_of(sheet, [(row, text, column) for row, text, column in _texts(sheet, columns, kept)], levels, scale)
    if marks.sentence:
        notes.append(marks.sentence)
    elif levels is None and not layout.wide and _are_german_marks(layout.rating, marks):
        notes.append(
            f"{layout.rating!r} is taken as points, the highest the best. If they are marks of which 1 is the best, "
            "name the levels from the worst to the best: 6,5,4,3,2,1."
        )
    _note_not_rated(records, marks, notes)
    values = np.array([marks.value(text) for *_, text in records], dtype=np.float64)
    rated = ~np.isnan(values)
    if not rated.any():
        raise PanelError(
            f"{sheet.facts.name} has no rating.", f"Looked at: {', '.join(columns)}. Name the right column.", "rating"
        )
    _check_once(sheet, layout, records, rated)
    _check_spelling(sheet, records, rated, notes)
    items = _names([item for (_, item, _, _), some in zip(records, rated.tolist(), strict=True) if some])
    raters = _names([rater for (_, _, rater, _), some in zip(records, rated.tolist(), strict=True) if some])
    for kind, found, every in (
        ("item", items, {item for _, item, _, _ in records}),
        ("rater", raters, {rater for _, _, rater, _ in records}),
    ):
        if lost := len(every) - len(found):
            notes.append(f"{lost:,} {kind}{'' if lost == 1 else 's'} without any rating: left out.")
    cells = _Cells(records, items, raters)
    order = None
    if layout.order:
        order = cells.filled(_order(sheet, layout, records, rated, place[layout.order]), rated)
    panel = Panel(cells.filled(values, rated), items, raters, marks.scale, marks.levels, marks.level_names, order=order)
    dimensions = {}
    for name in layout.dimensions:
        texts = [sheet.rows[row][place[name]] for row, *_ in records]
        own = _marks_of(sheet, list(zip([row for row, *_ in records], texts, [name] * len(texts), strict=True)),
                        levels, scale)  # fmt: skip
        given = np.array([own.value(text) for text in texts], dtype=np.float64)
        if not (there := ~np.isnan(given) & cells.known).any():
            notes.append(f"The dimension {name!r} holds no rating: left out.")
            continue
        dimensions[name] = Panel(
            cells.filled(given, there), items, raters, own.scale, own.levels, own.level_names, order=None
        )
    return Ratings(panel, dimensions, layout, sheet.facts, tuple(notes), bool(layout.guesses) or marks.guessed)


def _are_german_marks(column: str, marks: Marks) -> bool:
    """Whether ratings may be marks of which 1 is the best: by the column's name, and from 1 to 6."""
    values = marks.values.values()
    return (
        bool(re.fullmatch(r"(schul|gesamt|end|teil)?noten?", plain_name(column)))
        and marks.kind == "numbers"
        and min(values) >= 1
        and max(values) <= 6
    )


class _Cells:
    """Where each record stands in the panel."""

    def __init__(self, records: Sequence[Record], items: tuple[str, ...], raters: tuple[str, ...]) -> None:
        down = {name: place for place, name in enumerate(items)}
        across = {name: place for place, name in enumerate(raters)}
        self.rows = np.array([down.get(item, -1) for _, item, _, _ in records])
        self.columns = np.array([across.get(rater, -1) for _, _, rater, _ in records])
        self.known = (self.rows >= 0) & (self.columns >= 0)
        self.shape = len(items), len(raters)

    def filled(self, values: npt.NDArray[np.float64], rated: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        found = np.full(self.shape, np.nan)
        found[self.rows[rated], self.columns[rated]] = values[rated]
        return found


def _names(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=natural))


def _texts(sheet: Sheet, columns: Sequence[str], kept: Sequence[int]) -> list[tuple[int, str, str]]:
    places = [sheet.names.index(name) for name in columns]
    return [
        (row, sheet.rows[row][place], name)
        for row in kept
        for place, name in zip(places, columns, strict=True)
        if sheet.rows[row][place]
    ]


def _records(sheet: Sheet, layout: Layout, kept: Sequence[int], rating: str) -> list[Record]:
    """Return one record per rating or empty place for one; a rating without a name is an error with its line."""
    place = {name: number for number, name in enumerate(sheet.names)}
    records: list[Record] = []
    seen: dict[str, int] = {}
    for row in kept:
        cells = sheet.rows[row]
        name = cells[place[layout.item]]
        if layout.wide:
            texts = [(rater, cells[place[rater]]) for rater in layout.raters]
        else:
            texts = [(cells[place[layout.raters[0]]], cells[place[rating]])]
        given = any(key_of(text) not in NOT_RATED for _, text in texts)
        if not name:
            if given:
                raise PanelError(
                    f"{sheet.where(row)} has a rating and does not say of what ({layout.item!r} is empty).",
                    "Fill it in, or take the row out.",
                )
            continue
        if layout.wide:
            if name in seen:
                raise PanelError(
                    f"{name!r} stands in {sheet.unit}s {sheet.lines[seen[name]]} and {sheet.lines[row]}.",
                    "Give each item one row. Two rounds of rating the same item need two names.",
                    "item",
                )
            seen[name] = row
        elif not texts[0][0]:
            if given:
                raise PanelError(
                    f"{sheet.where(row)} has a rating and does not say whose ({layout.raters[0]!r} is empty).",
                    "Fill it in, or take the row out.",
                )
            continue
        records += [(row, name, rater, text) for rater, text in texts]
    return records


def _marks_of(
    sheet: Sheet, cells: Sequence[tuple[int, str, str]], levels: Sequence[str] | None, scale: str | None
) -> Marks:
    """Read ratings; the first one that cannot be read is an error with its line and column."""
    marks = read_marks(dict.fromkeys(text for _, text, _ in cells if text), levels=levels, scale=scale)
    if not marks.odd:
        return marks
    odd = {key_of(text) for text in marks.odd}
    row, text, column = next(each for each in cells if key_of(each[1]) in odd)
    if marks.kind == "numbers" and not levels:
        raise PanelError(
            f"{sheet.where(row)}, {column!r}: {text!r} is no number.",
            "Correct it, or leave it empty. If ratings are words, name the words from lowest to highest.",
            "levels",
        )
    if levels:
        raise PanelError(
            f"{sheet.where(row)}, {column!r}: {text!r} is none of the levels {', '.join(levels)}.",
            "Correct it, or name all levels from the lowest to the highest.",
            "levels",
        )
    often = Counter(text for _, text, _ in cells if key_of(text) in odd)
    shown = ", ".join(repr(text) for text, _ in often.most_common(8))
    raise PanelError(
        f"The order of these ratings is not known: {shown} ({sheet.where(row).lower()}, {column!r}).",
        "Name the words from the lowest to the highest, or say that they are only names (a nominal scale).",
        "levels",
    )


def _note_not_rated(records: Sequence[Record], marks: Marks, notes: list[str]) -> None:
    words = Counter(text for *_, text in records if text and math.isnan(marks.value(text)))
    if words:
        listed = ", ".join(f"{word!r} ({often:,})" for word, often in sorted(words.items()))
        notes.append(f"Read as not rated: {listed}.")


def _check_once(sheet: Sheet, layout: Layout, records: Sequence[Record], rated: npt.NDArray[np.bool_]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for (row, item, rater, _), some in zip(records, rated.tolist(), strict=True):
        if not some:
            continue
        if (item, rater) in seen:
            raise PanelError(
                f"{rater} rated {item} twice, in {sheet.unit}s {sheet.lines[seen[item, rater]]} and "
                f"{sheet.lines[row]}.",
                "Keep one of the ratings. To compare a person with herself, give the second round a name of its own.",
            )
        seen[item, rater] = row


def _check_spelling(sheet: Sheet, records: Sequence[Record], rated: npt.NDArray[np.bool_], notes: list[str]) -> None:
    """Refuse raters whose names look alike and who share no item: one person counted as two; of items, say so."""
    given = [record for record, some in zip(records, rated.tolist(), strict=True) if some]
    for one, other in _alike_names(rater for _, _, rater, _ in given):
        of_one, of_other = ({item: row for row, item, rater, _ in given if rater == each} for each in (one, other))
        if not of_one.keys() & of_other.keys():
            rows = [next(iter(each.values())) for each in (of_one, of_other)]
            where = f"{sheet.unit} {sheet.lines[rows[0]]}" + (
                f" and {sheet.unit} {sheet.lines[rows[1]]}" if rows[0] != rows[1] else ""
            )
            raise PanelError(
                f"{one!r} and {other!r} look alike and rated nothing in common ({where}): one person would count as "
                "two.",
                "Write the name in one way. If these are two people, add something to a name.",
                "rater",
            )
    if pairs := _alike_names(item for _, item, _, _ in given):
        notes.append(
            f"Names of items that differ in capitals or blanks only ({len(pairs):,}, such as {pairs[0][0]!r} and "
            f"{pairs[0][1]!r}) count as different items. If they are the same, write them in one way."
        )


def _alike_names(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs of names that differ in capitals, blanks or the way in which letters are encoded only."""
    seen: dict[str, str] = {}
    pairs = []
    for name in dict.fromkeys(names):
        key = "".join(unicodedata.normalize("NFKC", name).casefold().split())
        if key in seen:
            pairs.append((seen[key], name))
        seen.setdefault(key, name)
    return pairs


def _order(
    sheet: Sheet, layout: Layout, records: Sequence[Record], rated: npt.NDArray[np.bool_], place: int
) -> npt.NDArray[np.float64]:
    """Return how many-th rating of its rater each one is; a cell that is neither number nor time is an error."""
    texts = [sheet.rows[row][place] for row, *_ in records]
    read: Callable[[str], float] = float if any(map(_is_number, texts)) else seconds_of
    found = np.full(len(texts), np.nan)
    for number, (text, some) in enumerate(zip(texts, rated.tolist(), strict=True)):
        if some:
            try:
                found[number] = read(text)
            except ValueError:
                found[number] = math.nan
            if not math.isfinite(found[number]):
                raise PanelError(
                    f"{sheet.where(records[number][0])}, {layout.order!r}: {text!r} does not say when it was rated.",
                    "Give every rating a number or a time such as 2026-03-02 14:30, or name no order.",
                    "order",
                )
    whose = np.array([rater for _, _, rater, _ in records], dtype=object)
    ranks = np.full(len(texts), np.nan)
    ranks[rated] = pd.Series(found[rated]).groupby(whose[rated]).rank(method="average").to_numpy()
    return ranks


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _without_totals(sheet: Sheet, layout: Layout, notes: list[str]) -> list[int]:
    """Return the rows that are ratings: without totals, averages and the like among the last rows; say which."""
    place = {name: number for number, name in enumerate(sheet.names)}
    names = [place[layout.item], *([] if layout.wide else [place[layout.raters[0]]])]
    columns = [place[name] for name in (layout.raters if layout.wide else (layout.rating,))]
    kept = list(range(len(sheet.rows)))
    dropped: list[int] = []
    for row in reversed(kept[-_LAST_ROWS:]):
        cells = sheet.rows[row]
        total = any(is_summary(cells[each]) for each in names if cells[each])
        if not total and layout.wide and not cells[names[0]]:
            total = _is_mean_of_above(sheet, row, columns)
        if not total:
            break
        dropped.append(row)
    if dropped:
        kept = kept[: -len(dropped)]
        shown = ", ".join(str(sheet.lines[row]) for row in reversed(dropped))
        one = len(dropped) == 1
        notes.append(
            f"{sheet.unit.capitalize()}{'' if one else 's'} {shown} {'was' if one else 'were'} left out: "
            f"{'a total or an average' if one else 'totals or averages'}, not {'an item' if one else 'items'}."
        )
    return kept


def _is_mean_of_above(sheet: Sheet, row: int, columns: Sequence[int]) -> bool:
    """Whether a row without a name holds the columns' sums or means."""
    checks = []
    for column in columns:
        text = sheet.rows[row][column].replace(",", ".")
        if not text or not _is_number(text):
            continue
        above = [
            float(cell)
            for each in sheet.rows[:row]
            if _is_number(cell := each[column].replace(",", ".")) and math.isfinite(float(cell))
        ]
        digits = len(re.split(r"\.", text)[1]) if "." in text else 0
        near = 0.51 * 10.0**-digits
        checks.append(
            bool(above) and min(abs(sum(above) - float(text)), abs(sum(above) / len(above) - float(text))) <= near
        )
    return bool(checks) and all(checks)
