"""What raters could see of each item, and what they say they value: further tables beside the ratings."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.judgement.errors import CueError
from evaluators.judgement.panel import Panel
from evaluators.judgement.reading._marks import NOT_RATED, key_of, read_marks
from evaluators.judgement.reading._names import plain_name
from evaluators.judgement.reading._sheet import Sheet, read_sheet, sheet_of_frame
from evaluators.own_data import FileFacts

_MOST_WORDS = 12
_GROUP_NAMES = re.compile(
    r"(.*_)?(sex|gender|race|ethnicity|ethnic|age|age_band|disability|nationality|religion|geschlecht|nationalitat|"
    r"sexe|genre|sexo|genero|alter|herkunft)(_.*)?"
)
_LATER_NAMES = re.compile(r"(.*_)?(rating|score|outcome|hired|selected|invited|decision|after|result|good|label)(_.*)?")
_YES, _NO = frozenset({"yes", "true", "ja", "oui", "sí", "wahr"}), frozenset({"no", "false", "nein", "non", "falsch"})


@dataclass(frozen=True, slots=True)
class ItemsTable:
    """A table with one row for each item.

    Parameters
    ----------
    frame : DataFrame
        Numbers as numbers, yes and no as truth values, the rest as text; an empty cell is missing.
    item : str
        The column with the items' names.
    cues : tuple of str
        Columns to take as cues.
    sentences : tuple of str
        What was guessed or left out, and why.
    guessed : bool
        Whether a column was guessed.
    file : FileFacts
        Where the table came from.
    """

    frame: pd.DataFrame
    item: str
    cues: tuple[str, ...]
    sentences: tuple[str, ...]
    guessed: bool
    file: FileFacts


def read_items(
    source: "str | os.PathLike[str] | Sheet | Any",
    panel: Panel,
    *,
    item: str = "",
    cues: Sequence[str] = (),
    groups: Sequence[str] = (),
    within: str = "",
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> ItemsTable:
    """Read the table of what was rated, and find out which columns can be cues.

    Parameters
    ----------
    source : path, Sheet or table
        As for `evaluators.judgement.reading.read_ratings`.
    panel : Panel
        The ratings: their items must stand in the table.
    item : str
        Column with the items' names; empty: the one that holds most of the panel's.
    cues : sequence of str
        Columns with what raters could see; empty: columns of numbers, of yes and no, and of up to 12 words that are
        filled for every rated item. Names of groups such as sex, and of what came later such as a score, are never
        guessed as cues.
    groups, within : str
        Columns that are not cues: groups of people, and the job.
    sheet, encoding, delimiter : str, optional
        As for `read_sheet`.

    Returns
    -------
    ItemsTable

    Raises
    ------
    CueError
        If no column holds the items' names, an item stands there twice, or a cell of a named cue is empty; the message
        names the line.
    TableError, ColumnError
        If the file cannot be read, or has no such column.

    Examples
    --------
    >>> import numpy as np
    >>> panel = Panel(np.array([[4.0, 5.0], [2.0, 3.0]]), ("a", "b"), ("Ada", "Ben"))
    >>> table = pd.DataFrame({"cv": ["a", "b"], "years": ["3", "5,5"], "sex": ["f", "m"], "text": ["...", "hello"]})
    >>> found = read_items(table, panel)
    >>> found.item, found.cues, found.frame["years"].tolist()
    ('cv', ('years', 'text'), [3.0, 5.5])
    """
    table = _sheet(source, sheet=sheet, encoding=encoding, delimiter=delimiter)
    said: list[str] = []
    if item:
        name = table.named(item)
    else:
        known = {each.casefold(): each for each in panel.items}
        hits = {each: len({cell.casefold() for cell in table.column(each)} & known.keys()) for each in table.names}
        name = max(table.names, key=lambda each: hits[each])
        if not hits[name]:
            raise CueError(
                f"No column of {table.facts.name} holds the names of what was rated, such as {panel.items[0]!r}.",
                "Give the table of items the same names as the ratings.",
            )
        said.append(f"{name!r} is taken as the items' names: it holds {hits[name]:,} of {panel.n_items:,} rated items.")
    names = table.column(name)
    first: dict[str, int] = {}
    for row, each in enumerate(names):
        if not each:
            raise CueError(f"{table.facts.name}, {table.where(row).lower()}: no item is named.", "Fill it in.")
        if first.setdefault(each, row) != row:
            raise CueError(
                f"{each!r} stands in {table.unit}s {table.lines[first[each]]} and {table.lines[row]} of "
                f"{table.facts.name}.",
                "Describe each item once.",
            )
    spelt = {each.casefold(): each for each in panel.items}
    columns: dict[str, Any] = {name: [spelt.get(each.casefold(), each) for each in names]}
    rated = [row for row, each in enumerate(columns[name]) if each in set(panel.items)]
    columns |= {each: _typed(table.column(each)) for each in table.names if each != name}
    frame = pd.DataFrame(columns)
    aside = {name, *groups, *([within] if within else [])}
    chosen = [table.named(each) for each in cues]
    for cue in chosen:
        empty = [row for row in rated if not table.rows[row][table.names.index(cue)]]
        if empty:
            raise CueError(
                f"{table.facts.name}, {table.where(empty[0]).lower()}: {cue!r} is empty"
                f"{f' (and in {len(empty) - 1:,} more)' if len(empty) > 1 else ''}.",
                "Fill it in, or give what is not known a word of its own.",
                "cues",
            )
    if not cues:
        chosen, left = _guess_cues(table, frame, rated, aside)
        if chosen:
            said.append(f"Taken as what raters could see: {', '.join(repr(each) for each in chosen)}.")
        said += [f"Not taken: {', '.join(repr(each) for each in columns)} ({why})." for why, columns in left.items()]
    return ItemsTable(frame, name, tuple(chosen), tuple(said), bool(said), table.facts)


def read_stated(
    source: "str | os.PathLike[str] | Sheet | Any",
    panel: Panel,
    cues: Sequence[str],
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Read what raters say each cue counts: a row for each rater, a column for each cue, points in the cells.

    Parameters
    ----------
    source : path, Sheet or table
        As for `evaluators.judgement.reading.read_ratings`. Columns may be called ``stated_`` and the cue.
    panel : Panel
        The ratings.
    cues : sequence of str
        What raters could see.
    sheet, encoding, delimiter : str, optional
        As for `read_sheet`.

    Returns
    -------
    stated, notes : dict of str to dict of str to float, tuple of str
        Rater -> cue -> points, for raters of the panel; and what was left out.

    Raises
    ------
    CueError
        If no column holds the raters' names or none is called like a cue, or points are no number.
    TableError
        If the file cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> panel = Panel(np.array([[4.0, 5.0], [2.0, 3.0]]), ("a", "b"), ("Ada", "Ben"))
    >>> read_stated(pd.DataFrame({"who": ["Ada", "Eve"], "stated_years": ["70", "30"]}), panel, ["years"])
    ({'Ada': {'years': 70.0}}, ('Of the stated weights, 1 row is of nobody in the panel: left out.',))
    """
    table = _sheet(source, sheet=sheet, encoding=encoding, delimiter=delimiter)
    raters = {each.casefold(): each for each in panel.raters}
    hits = {name: len({cell.casefold() for cell in table.column(name)} & raters.keys()) for name in table.names}
    whose = max(table.names, key=lambda name: hits[name], default="")
    wanted = {plain_name(cue): cue for cue in cues}
    columns = {
        name: wanted[plain]
        for name in table.names
        if (plain := plain_name(name).removeprefix("stated_")) in wanted and name != whose
    }
    if not whose or not hits[whose]:
        raise CueError(
            f"No column of {table.facts.name} holds the names of the raters.",
            "Give a row for each rater, under the name that stands in the ratings.",
            "stated",
        )
    if not columns:
        raise CueError(
            f"No column of {table.facts.name} is called like a cue.",
            f"Call the columns like the cues: {', '.join(cues)}.",
            "stated",
        )
    stated: dict[str, dict[str, float]] = {}
    strangers = 0
    for row, cells in enumerate(table.rows):
        rater = raters.get(cells[table.names.index(whose)].casefold())
        if rater is None:
            strangers += 1
            continue
        points = {}
        for name, cue in columns.items():
            text = cells[table.names.index(name)]
            if key_of(text) in NOT_RATED:
                continue
            marks = read_marks([text])
            if marks.kind != "numbers" or marks.odd:
                raise CueError(
                    f"{table.facts.name}, {table.where(row).lower()}, {name!r}: {text!r} is no number of points.",
                    "Give each cue 0 points or more.",
                    "stated",
                )
            points[cue] = marks.value(text)
        if points:
            stated[rater] = points
    notes = [f"{cue!r} has no column in {table.facts.name}: it counts as 0 points stated." for cue in cues
             if cue not in columns.values()]  # fmt: skip
    if strangers:
        notes.append(
            f"Of the stated weights, {strangers:,} {'row is' if strangers == 1 else 'rows are'} of nobody in the "
            "panel: left out."
        )
    return stated, tuple(notes)


def _sheet(source: Any, **how: str | None) -> Sheet:
    if isinstance(source, Sheet):
        return source
    if isinstance(source, str | os.PathLike):
        return read_sheet(source, **how)
    if isinstance(source, pd.DataFrame):
        return sheet_of_frame(source)
    return sheet_of_frame(pandas_columns(source, *list(getattr(source, "columns", []))))


def _typed(cells: Sequence[str]) -> "pd.Series[Any]":
    """Return a column of numbers, of truth values or of texts; an empty cell is missing."""
    given = [cell for cell in cells if cell]
    words = {cell.casefold() for cell in given}
    if given and words <= _YES | _NO:
        told = [None if not cell else cell.casefold() in _YES for cell in cells]
        return pd.Series(told, dtype=bool if len(given) == len(cells) else object)
    try:
        marks = read_marks(dict.fromkeys(given))
    except ValueError:  # two ways to read a comma
        marks = None
    if (
        marks is not None
        and marks.kind == "numbers"
        and not marks.odd
        and all(key_of(each) in marks.values for each in given)
    ):
        return pd.Series([marks.value(cell) for cell in cells], dtype=float)
    return pd.Series([cell or None for cell in cells], dtype=object)


def _guess_cues(
    table: Sheet, frame: pd.DataFrame, rated: Sequence[int], aside: set[str]
) -> tuple[list[str], Mapping[str, list[str]]]:
    chosen: list[str] = []
    left: dict[str, list[str]] = {}
    for name in table.names:
        if name in aside:
            continue
        column = frame[name].iloc[list(rated)]
        if _GROUP_NAMES.fullmatch(plain_name(name)):
            why = "a group of people: name it as a group, or as a cue if raters saw it"
        elif _LATER_NAMES.fullmatch(plain_name(name)):
            why = "its name is that of a score or of something that came later"
        elif column.isna().any():
            why = "empty for some rated items"
        elif column.dtype == object and column.nunique() > _MOST_WORDS:
            why = f"text with more than {_MOST_WORDS} different values"
        elif column.nunique() < 2:
            why = "the same for all rated items"
        else:
            chosen.append(name)
            continue
        left.setdefault(why, []).append(name)
    return chosen, left
