"""Who was employed, when and in which group: the employee-years that rates are divided by."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators._frames import pandas_columns
from evaluators.itdata._cells import day, days
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.people.joining import person_keys

TENURE = "tenure"
_DAYS_A_YEAR = 365.25

Floats = NDArray[np.float64]


class Cells(NamedTuple):
    """Groups with their figures, and how widely people of the same group differ."""

    figures: dict[tuple[str, ...], tuple[int, int, float]]
    spread: float


def people_days(
    people: Any, names: tuple[str, ...], people_key: str, hired: str | None, left: str | None
) -> tuple[pd.DataFrame, Floats]:
    """Return the groups of each person, by key, and the first and last day employed (days since 1970)."""
    if left is not None and hired is None:
        raise MeasureError("A last day of employment needs a first one.", "Name the column with `hired`.")
    if TENURE in names and hired is None:
        raise MeasureError("Tenure needs the day of hiring.", "Name its column with `hired`.")
    groups = [name for name in names if name != TENURE]
    wanted = list(dict.fromkeys([people_key, *groups, *(each for each in (hired, left) if each)]))
    frame = pandas_columns(people, *wanted)
    keys = person_keys(frame[people_key], people_key)
    staff = pd.DataFrame(
        {name: frame[name].astype(object).where(frame[name].notna(), "(missing)").astype(str) for name in groups}
    ).set_axis(keys, axis="index")
    if not groups:
        staff = pd.DataFrame(index=keys)
    employed = np.column_stack([np.full(len(frame), -np.inf), np.full(len(frame), np.inf)])
    for place, column in ((0, hired), (1, left)):
        if column is not None:
            found = day_numbers(days(frame, column))
            if place == 0 and np.isnan(found).any():
                row = int(np.flatnonzero(np.isnan(found))[0])
                raise MeasureError(
                    f"In row {row + 1} the column {column!r} has no date.", "Fill it in, or leave these people out."
                )
            employed[:, place] = np.where(np.isnan(found), employed[:, place], found)
    if (employed[:, 1] < employed[:, 0]).any():
        row = int(np.flatnonzero(employed[:, 1] < employed[:, 0])[0])
        raise MeasureError(f"In row {row + 1} the person left before being hired.", "Correct the dates.")
    return staff, employed


def day_numbers(when: pd.Series) -> Floats:
    """Return days since 1970; NaN where there is none."""
    return np.asarray((when - pd.Timestamp(0)).dt.days, dtype=np.float64)


def window_days(start: object, end: object, when: pd.Series, *, dated: bool) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last day that count."""
    if (start is None or end is None) and not len(when.dropna()):
        raise MeasureError("There is no event from which the days could be taken.", "Give `start` and `end`.")
    if dated and (start is None or end is None):
        raise MeasureError("Employee-years need a first and a last day.", "Give `start` and `end`.")
    first, last = (
        day(given, name) if given is not None else found
        for given, name, found in ((start, "start", when.min()), (end, "end", when.max()))
    )
    if first > last:
        raise MeasureError(f"The time ends ({last:%Y-%m-%d}) before it begins ({first:%Y-%m-%d}).", "Swap them.")
    return first, last


def overlap(employed: Floats, window: tuple[float, float], *, dated: bool) -> Floats:
    """Return the employee-years of each person inside a window of days, both ends included."""
    if not dated:
        return np.ones(len(employed))
    shared = np.minimum(employed[:, 1], window[1]) - np.maximum(employed[:, 0], window[0]) + 1
    years: Floats = np.maximum(shared, 0.0) / _DAYS_A_YEAR
    return years


def rate_cells(
    staff: pd.DataFrame,
    names: tuple[str, ...],
    employed: Floats,
    window: tuple[float, float],
    place: NDArray[np.intp],
    day: Floats,
    tenure_years: Sequence[float],
    *,
    dated: bool,
) -> Cells:
    """Add up events, people and exposure by group.

    Parameters
    ----------
    staff : DataFrame, shape (n_people, n_labels)
        Labels of each person.
    names : tuple of str
        What the groups are; `TENURE` among them splits everybody's time.
    employed : ndarray of float, shape (n_people, 2)
        First and last day of each.
    window : (float, float)
        First and last day that count.
    place, day : ndarray, shape (n_events,)
        Whose each event is, and its day.
    tenure_years : sequence of float
        Edges of the bands.
    dated : bool
        Whether days of employment are known.
    """
    labels = (
        [tuple(row) for row in staff.itertuples(index=False, name=None)] if len(staff.columns) else [()] * len(staff)
    )
    codes, uniques = pd.factorize(pd.Series(labels, dtype=object))
    figures: dict[tuple[str, ...], tuple[int, int, float]] = {}
    expected = np.zeros(len(staff))
    for band, exposure, own in _bands(names, employed, window, place, day, tenure_years, dated=dated):
        events = np.bincount(codes[place[own]], minlength=len(uniques))
        present = np.bincount(codes[exposure > 0], minlength=len(uniques))
        added = np.bincount(codes, weights=exposure, minlength=len(uniques))
        expected += exposure * (events / np.where(added > 0, added, 1.0))[codes]
        for number, group in enumerate(uniques):
            rest = iter(group)
            label = tuple(band if name == TENURE else next(rest) for name in names)
            figures[label] = (int(events[number]), int(present[number]), float(added[number]))
    total = np.bincount(place, minlength=len(staff)).astype(float)
    there = overlap(employed, window, dated=dated) > 0
    return Cells(figures, _spread(total[there], expected[there], sum(years > 0 for _, _, years in figures.values())))


def _bands(
    names: tuple[str, ...],
    employed: Floats,
    window: tuple[float, float],
    place: NDArray[np.intp],
    day: Floats,
    tenure_years: Sequence[float],
    *,
    dated: bool,
) -> list[tuple[str, Floats, NDArray[np.bool_]]]:
    """Return each band of tenure with everybody's years in it and the events that belong to it."""
    if TENURE not in names:
        return [("", overlap(employed, window, dated=dated), np.ones(len(day), dtype=bool))]
    edges = [0.0, *sorted(float(each) for each in tenure_years), math.inf]
    if len(edges) < 3 or not all(low < high for low, high in pairwise(edges)):
        raise MeasureError(
            f"{list(tenure_years)} are no edges of bands of tenure.",
            "Give different years above 0: tenure_years=(1, 3, 5) or the like.",
        )
    bands = []
    for low, high in pairwise(edges):
        begin = employed[:, 0] + np.ceil(low * _DAYS_A_YEAR)
        stop = np.minimum(employed[:, 1], employed[:, 0] + np.ceil(high * _DAYS_A_YEAR) - 1)
        years = overlap(np.column_stack([begin, stop]), window, dated=True)
        name = f"{low:g} years or more" if math.isinf(high) else f"{low:g} to {high:g} years"
        bands.append((name, years, (day >= begin[place]) & (day <= stop[place])))
    return bands


def _spread(total: Floats, expected: Floats, groups: int) -> float:
    """Return the variance of the counts around what their group leads one to expect, over that of pure chance.

    One quotient of two sums, so that people who were there for a day only cannot make it.
    """
    if len(total) <= groups or not expected.sum():
        return math.nan
    return float(((total - expected) ** 2).sum() / expected.sum() * len(total) / (len(total) - groups))
