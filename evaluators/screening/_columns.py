"""Columns of people's own tables as arrays: groups as numbers, scores as floats, outcomes as yes or no."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._validation import ColumnError
from evaluators.screening._labels import INTERSECTION, MISSING, as_label, as_selected
from evaluators.screening.errors import CountError, OutcomeError, ScoreError, TooFewGroupsError, UnknownGroupError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_LATER = {"good": 1, "poor": 0}  # how people write later outcomes, beside yes and no
_FEWEST_EXPECTED = 5  # below this, a rate can jump by a fifth because of one person


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Everybody's group: `codes[i]` is the place of person i's group in `labels`, which are sorted."""

    codes: IntArray
    labels: tuple[str, ...]

    @property
    def known(self) -> list[int]:
        """Places of the groups whose label is not missing; all of them if none is known."""
        named = [place for place, label in enumerate(self.labels) if MISSING not in label.split(INTERSECTION)]
        return named or list(range(len(self.labels)))

    def counts(self, chosen: BoolArray | None = None) -> IntArray:
        """People per group, of all or of the chosen rows."""
        codes = self.codes if chosen is None else self.codes[chosen]
        return np.bincount(codes, minlength=len(self.labels))

    def place(self, label: str) -> int:
        """Place of a label, or an error that names those there are."""
        if label not in self.labels:
            raise UnknownGroupError(
                f"There is no group {label!r} in the data.", f"The groups are: {', '.join(self.labels)}."
            )
        return self.labels.index(label)


def group_columns(group: str | Sequence[str]) -> list[str]:
    """Return the group columns as a list, also where one was given without."""
    return [group] if isinstance(group, str) else list(group)


def fetch(frame: Any, group: str | Sequence[str], *others: str) -> tuple[pd.DataFrame, list[str]]:
    """Fetch the group columns and others of any table; a column that is two things at once is an error."""
    columns = group_columns(group)
    if not columns:
        raise CountError("No column says which group a person belongs to.", "Name at least one group column.")
    everything = [*columns, *others]
    if twice := [column for place, column in enumerate(everything) if column in everything[:place]]:
        raise CountError(
            f"The column {twice[0]!r} is named twice.", "Give groups, scores, outcomes and dates a column each."
        )
    table = pandas_columns(frame, *everything)
    if not len(table):
        raise CountError("There is nobody to count: the table has no rows.", "Give at least one applicant.")
    return table, columns


def find_groups(table: pd.DataFrame, columns: Sequence[str], *, fewest: int = 2) -> Groups:
    """Give everybody's group a number; several columns give their intersections."""
    codes, labels = np.zeros(len(table), dtype=np.int64), [""]
    for column in columns:
        own, names = own_codes(table[column])
        codes, present = pd.factorize(codes * len(names) + own)
        pairs = ((labels[place // len(names)], names[place % len(names)]) for place in present)
        labels = [INTERSECTION.join(filter(None, pair)) for pair in pairs]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise CountError(
            f"Two combinations of groups have the same label {twice!r}.",
            f"Rename groups whose names hold {INTERSECTION.strip()!r}.",
        )
    order = sorted(range(len(labels)), key=labels.__getitem__)
    new_place = np.empty(len(labels), dtype=np.int64)
    new_place[order] = np.arange(len(labels))
    groups = Groups(new_place[codes], tuple(labels[place] for place in order))
    if len(groups.labels) < fewest:
        raise TooFewGroupsError(
            f"There is only one group, {groups.labels[0]!r}.", "A comparison needs at least two groups."
        )
    return groups


def own_codes(column: pd.Series) -> tuple[IntArray, list[str]]:
    """Give each row the number of its label, as `as_label` writes it, and return the labels."""
    values, uniques = _distinct(column)
    labels = [as_label(value) for value in uniques]
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    return np.array([places[label] for label in labels], dtype=np.int64)[values], list(places)


def _distinct(column: pd.Series) -> tuple[npt.NDArray[np.intp], Any]:
    """Return each row's place among the different values, and these values; missing is one of them."""
    try:
        return pd.factorize(column, use_na_sentinel=False)
    except TypeError as error:
        raise ColumnError(
            f"The values in {column.name!r} are lists or the like, not single values.",
            "Name columns with one text, number or yes/no in each row.",
        ) from error


def find_scores(column: pd.Series) -> FloatArray:
    """Return scores as floats, NaN where there is none; text and infinite values are errors."""
    name = column.name
    kind = _kind(column)
    if kind == "boolean":
        raise ScoreError(f"The column {name!r} holds yes or no instead of scores.", "Give the tool's scores.")
    if kind.startswith(("date", "time", "period", "interval")) or kind == "complex":
        raise ScoreError(f"The column {name!r} holds {kind} values instead of scores.", "Give the tool's scores.")
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.dtype.categories.dtype)
    numbers = pd.to_numeric(column, errors="coerce")
    if not pd.api.types.is_numeric_dtype(column):
        text = np.flatnonzero(numbers.isna() & column.notna() & (column.astype(str).str.strip() != ""))
        if len(text):
            raise ScoreError(
                f"In row {column.index[text[0]]!r} the score column {name!r} has {column.iloc[text[0]]!r} "
                f"({len(text)} such {'row' if len(text) == 1 else 'rows'}).",
                "Each score must be a number; leave the cell empty where there is none.",
            )
    scores = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(scores).any():
        row = column.index[int(np.flatnonzero(np.isinf(scores))[0])]
        raise ScoreError(
            f"In row {row!r} the score in {name!r} is infinite.", "Give a finite number, or leave it empty."
        )
    if np.isnan(scores).all():
        raise ScoreError(f"Nobody has a score in {name!r}.", "Name the column with the tool's scores.")
    return scores


def _kind(column: pd.Series) -> str:
    """Name the kind of a column's values, as pandas does; empty for numbers, which need no look at each."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(column.dtype):
        return "complex" if pd.api.types.is_complex_dtype(column.dtype) else ""
    return str(pd.api.types.infer_dtype(column, skipna=True))


def find_yes(column: pd.Series) -> tuple[BoolArray, BoolArray]:
    """Return (yes, known) for a yes/no column in which some cells may be empty."""
    values, uniques = _distinct(column)
    meaning = np.array([_meaning(value) for value in uniques], dtype=np.int64)[values]
    unclear = np.flatnonzero(meaning == _UNCLEAR)
    if len(unclear):
        raise OutcomeError(
            f"In row {column.index[unclear[0]]!r} the outcome column {column.name!r} has "
            f"{column.iloc[unclear[0]]!r} ({len(unclear)} such {'row' if len(unclear) == 1 else 'rows'}).",
            "Each row needs true/false, 1/0 or yes/no, or an empty cell where the outcome is not known.",
        )
    if (meaning == _UNKNOWN).all():
        raise OutcomeError(f"The outcome column {column.name!r} is empty.", "Give an outcome for at least some people.")
    return meaning == 1, meaning >= 0


_UNKNOWN, _UNCLEAR = -1, -2


def _meaning(value: Hashable) -> int:
    word = as_label(value).casefold()
    if word == MISSING:
        return _UNKNOWN
    selected = as_selected(value)
    return _LATER.get(word, _UNCLEAR) if selected is None else int(selected)


def people_in_words(number: int) -> str:
    """Return "1 person" or such as "1,200 people"."""
    return f"{number:,} {'person' if number == 1 else 'people'}"


def people_have(number: int) -> str:
    """Return "1 person has" or such as "1,200 people have"."""
    return "1 person has" if number == 1 else f"{number:,} people have"


def enough_expected(people: FloatArray | IntArray, share: FloatArray | float) -> BoolArray:
    """Tell where equal chances would give at least 5 selected and 5 rejected people."""
    return np.asarray(np.minimum(people * share, people * (1 - np.asarray(share))) >= _FEWEST_EXPECTED)


def p_value_of_shuffles(chance: FloatArray, found: float) -> float:
    """Return the share of shuffles at least as clear as what was found, that itself counted as one of them."""
    return float((1 + (chance >= found - 1e-12).sum()) / (1 + len(chance)))


def auc(scores: FloatArray, inside: BoolArray) -> float:
    """Return the share of pairs in which the one inside scores higher, ties counting half; NaN without a pair."""
    others, own = np.sort(scores[~inside]), scores[inside]
    if not len(others) or not len(own):
        return math.nan
    wins = np.searchsorted(others, own, side="left") + np.searchsorted(others, own, side="right")
    return float(wins.sum() / (2 * len(own) * len(others)))
