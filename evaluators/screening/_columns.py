"""Columns of people's own tables as arrays: groups as numbers, scores as floats, outcomes as yes or no."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
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


def fetch(frame: Any, group: str | Sequence[str], *others: str) -> tuple[pd.DataFrame, list[str]]:
    """Fetch the group columns and others of any table; a column named twice is fetched once."""
    columns = [group] if isinstance(group, str) else list(group)
    if not columns:
        raise CountError("No column says which group a person belongs to.", "Name at least one group column.")
    table = pandas_columns(frame, *dict.fromkeys([*columns, *others]))
    if not len(table):
        raise CountError("There is nobody to count: the table has no rows.", "Give at least one applicant.")
    return table, columns


def find_groups(table: pd.DataFrame, columns: Sequence[str], *, fewest: int = 2) -> Groups:
    """Give everybody's group a number; several columns give their intersections."""
    codes, labels = np.zeros(len(table), dtype=np.int64), [""]
    for column in columns:
        own, names = _own_codes(table[column])
        codes, present = pd.factorize(codes * len(names) + own)
        pairs = ((labels[place // len(names)], names[place % len(names)]) for place in present)
        labels = [INTERSECTION.join(filter(None, pair)) for pair in pairs]
    order = sorted(range(len(labels)), key=labels.__getitem__)
    new_place = np.empty(len(labels), dtype=np.int64)
    new_place[order] = np.arange(len(labels))
    groups = Groups(new_place[codes], tuple(labels[place] for place in order))
    if len(groups.labels) < fewest:
        raise TooFewGroupsError(
            f"There is only one group, {groups.labels[0]!r}.", "A comparison needs at least two groups."
        )
    return groups


def _own_codes(column: pd.Series) -> tuple[IntArray, list[str]]:
    values, uniques = pd.factorize(column, use_na_sentinel=False)
    labels = [as_label(value) for value in uniques]
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    return np.array([places[label] for label in labels], dtype=np.int64)[values], list(places)


def find_scores(column: pd.Series) -> FloatArray:
    """Return scores as floats, NaN where there is none; text and infinite values are errors."""
    name = column.name
    if column.dtype == bool:
        raise ScoreError(f"The column {name!r} holds yes or no instead of scores.", "Give the tool's scores.")
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.dtype.categories.dtype)
    numbers = pd.to_numeric(column, errors="coerce")
    if not pd.api.types.is_numeric_dtype(column):
        text = np.flatnonzero(numbers.isna() & column.notna() & (column.astype(str).str.strip() != ""))
        if len(text):
            raise ScoreError(
                f"In row {column.index[text[0]]!r} the score column {name!r} has {column.iloc[text[0]]!r} "
                f"({len(text)} such rows).",
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


def find_yes(column: pd.Series) -> tuple[BoolArray, BoolArray]:
    """Return (yes, known) for a yes/no column in which some cells may be empty."""
    values, uniques = pd.factorize(column, use_na_sentinel=False)
    meaning = np.array([_meaning(value) for value in uniques], dtype=np.int64)[values]
    unclear = np.flatnonzero(meaning == _UNCLEAR)
    if len(unclear):
        raise OutcomeError(
            f"In row {column.index[unclear[0]]!r} the outcome column {column.name!r} has "
            f"{column.iloc[unclear[0]]!r} ({len(unclear)} such rows).",
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


def people_have(number: int) -> str:
    """Return "1 person has" or such as "1,200 people have"."""
    return "1 person has" if number == 1 else f"{number:,} people have"


def enough_expected(people: FloatArray | IntArray, share: FloatArray | float) -> BoolArray:
    """Tell where equal chances would give at least 5 selected and 5 rejected people."""
    return np.asarray(np.minimum(people * share, people * (1 - np.asarray(share))) >= _FEWEST_EXPECTED)


def plain(value: Any) -> Any:
    """Return JSON-able values: numpy numbers as Python's, NaN and infinity as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
