"""The cells of a table of ratings: names, numbers and words, with the row where one cannot be read."""

import math
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.judgement.errors import PanelError

_DIGITS = re.compile(r"(\d+)")


def natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return a key that sorts "cv 2" before "cv 10".

    Examples
    --------
    >>> sorted(["cv 10", "cv 2", "10", "a"], key=natural)
    ['10', 'a', 'cv 2', 'cv 10']
    """
    parts = _DIGITS.split(name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part], name


def name_of(value: object) -> str:
    """Return a name as text: 3.0 is called 3, a missing one is empty.

    Examples
    --------
    >>> [name_of(value) for value in (3.0, " Ada ", None)]
    ['3', 'Ada', '']
    """
    if pd.api.types.is_scalar(value) and pd.isna(value):  # type: ignore[call-overload]
        return ""
    whole = isinstance(value, float) and math.isfinite(value) and value == int(value)
    return str(int(value) if whole else value).strip()  # type: ignore[call-overload]


def names_of(column: pd.Series, kind: str) -> list[str]:
    """Return names as text; a missing name is an error with its row."""
    names = []
    for row, value in enumerate(column.tolist(), start=1):
        name = name_of(value)
        if not name:
            raise PanelError(f"Row {row} does not name the {kind}.", f"Give each rating the name of its {kind}.")
        names.append(name)
    return names


def places_of(names: Sequence[str], among: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the place of each name."""
    places = {name: place for place, name in enumerate(among)}
    return np.array([places[name] for name in names], dtype=np.int64)


def numbers_of(column: pd.Series) -> npt.NDArray[np.float64]:
    """Return ratings as numbers, NaN where a cell is empty; text that is no number is an error with its row."""
    for kind, is_kind in (
        ("dates", pd.api.types.is_datetime64_any_dtype),
        ("complex numbers", pd.api.types.is_complex_dtype),
    ):
        if is_kind(column):
            raise PanelError(f"The ratings are {kind}.", "Check that the column of ratings is the right one.", "rating")
    text = column.map(lambda value: np.nan if isinstance(value, str) and not value.strip() else value)
    values = pd.to_numeric(text.astype(object), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if (unread := np.isnan(values) & text.notna().to_numpy()).any():
        row = int(np.flatnonzero(unread)[0])
        raise PanelError(
            f"Row {row + 1}: the rating {str(column.iloc[row])!r} is no number.",
            "Correct it, or leave it empty. If ratings are words, name the words in order, from lowest to highest.",
            "levels",
        )
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0])
        raise PanelError(f"Row {row + 1}: the rating is infinite.", "Correct it, or leave it empty.")
    return np.asarray(values)


def code_words(column: pd.Series, words: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the place of each word among the levels, NaN where a cell is empty."""
    if len(set(words)) < len(words) or "" in words:
        raise PanelError("A level has no name, or two have the same.", "Name each level once.", "levels")
    places = {word: float(place) for place, word in enumerate(words)}
    values = []
    for row, value in enumerate(column.tolist(), start=1):
        word = name_of(value)
        if word and word not in places:
            raise PanelError(
                f"Row {row}: the rating {word!r} is not on the scale.",
                f"The levels are {', '.join(words)}: correct the rating, or the levels.",
                "levels",
            )
        values.append(places.get(word, np.nan))
    return np.array(values)


def check_once(
    cells: npt.NDArray[np.int64], values: npt.NDArray[np.float64], items: list[str], raters: list[str]
) -> None:
    """Refuse a second rating of an item by one rater; rows without a rating do not count."""
    rated = np.flatnonzero(~np.isnan(values))
    repeated = np.flatnonzero(pd.Series(cells[rated]).duplicated().to_numpy())
    if len(repeated):
        second = int(rated[repeated[0]])
        first = int(rated[np.flatnonzero(cells[rated] == cells[second])[0]])
        raise PanelError(
            f"{raters[second]} rated {items[second]} twice, in rows {first + 1} and {second + 1}.",
            "Keep one of the ratings. To compare a person with herself, give the second round a name of its own.",
        )


def order_ranks(column: pd.Series, raters: list[str], rated: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return how many-th rating of the rater each one is."""
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)):
        numbers = pd.to_numeric(column.astype(object), errors="coerce")  # as text, or Decimals
        if numbers[rated].notna().all():
            column = numbers
        else:
            column = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
    unread = column.isna().to_numpy() & rated
    if unread.any():
        row = int(np.flatnonzero(unread)[0])
        raise PanelError(
            f"Row {row + 1} does not say when it was rated.",
            "Give every rating a number or a time such as 2026-03-02 14:30, or leave the order away.",
            "order",
        )
    ranks = column[rated].groupby(np.array(raters, dtype=object)[rated]).rank(method="average")
    return np.asarray(ranks.to_numpy(dtype=np.float64))
