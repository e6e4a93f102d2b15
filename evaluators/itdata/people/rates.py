"""How often for so many people? Rates per 100 employees with exact intervals, by group."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import json_able
from evaluators.itdata._cells import days, key_texts
from evaluators.itdata._words import counted
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.people._employee_years import TENURE, day_numbers, overlap, people_days, rate_cells, window_days
from evaluators.itdata.people.poisson import METHODS, poisson_interval

if TYPE_CHECKING:
    import altair as alt

__all__ = ["TENURE", "GroupRate", "RateRatio", "RateTable", "rate_per_100", "rate_ratio"]

_FEW = 10


@dataclass(frozen=True, slots=True)
class GroupRate:
    """The rate of one group.

    Parameters
    ----------
    group : tuple of str
        Its label, one for each column of `RateTable.by`.
    events : int
        Events of people of the group.
    people : int
        Different people who were employed for at least a part of the time.
    exposure : float
        Employee-years; without dates of employment, people.
    rate : float
        Events per 100 employees and year (without dates: per 100 employees); NaN if nobody was there.
    low, high : float
        Interval of the rate; NaN if nobody was there.
    """

    group: tuple[str, ...]
    events: int
    people: int
    exposure: float
    rate: float
    low: float
    high: float

    @property
    def label(self) -> str:
        """The label as one text."""
        return ", ".join(self.group)


@dataclass(frozen=True, slots=True)
class RateRatio:
    """One group's rate against another's.

    Parameters
    ----------
    group, reference : str
        The labels.
    ratio : float
        Rate of the group divided by that of the reference.
    low, high : float
        Exact interval, given the sum of both counts; `high` may be infinite.
    """

    group: str
    reference: str
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RateTable:
    """Result of `rate_per_100`.

    Parameters
    ----------
    rates : tuple of GroupRate
        Highest rate first.
    overall : GroupRate
        All people together.
    by : tuple of str
        What the groups are.
    what : str
        What is counted, such as ``"tickets"``.
    unit : str
        ``"per 100 employees and year"`` or ``"per 100 employees"``.
    method : str
        Of the intervals.
    confidence : float
        Of the intervals.
    spread : float
        Variance of the counts of people around the rate of their group, against what pure chance gives (1); NaN
        without an event, or with no more people than groups. Much more than 1: events come in clusters, and the
        intervals are too narrow, by about its square root.
    notes : tuple of str
        What was left out.
    """

    rates: tuple[GroupRate, ...]
    overall: GroupRate
    by: tuple[str, ...]
    what: str
    unit: str
    method: str
    confidence: float
    spread: float
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[GroupRate]:
        return iter(self.rates)

    def __getitem__(self, label: str | tuple[str, ...]) -> GroupRate:
        wanted = (label,) if isinstance(label, str) else label
        for rate in self.rates:
            if rate.group == wanted:
                return rate
        raise MeasureError(
            f"There is no group {', '.join(wanted)!r}.", f"The groups are: {'; '.join(r.label for r in self.rates)}."
        )

    def ratios(self, reference: str | tuple[str, ...]) -> tuple[RateRatio, ...]:
        """Divide each group's rate by that of a reference group.

        Parameters
        ----------
        reference : str or tuple of str
            The group's label.

        Returns
        -------
        tuple of RateRatio
            The other groups.

        Raises
        ------
        MeasureError
            If there is no such group, or it has no event or no exposure.
        """
        base = self[reference]
        return tuple(
            rate_ratio(rate, base, confidence=self.confidence)
            for rate in self.rates
            if rate.group != base.group and rate.exposure > 0
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a group.

        Returns
        -------
        DataFrame, shape (n_groups, len(by) + 6)
            A column for each part of the label, ``events``, ``people``, ``exposure``, ``rate``, ``low``, ``high``.
        """
        records = []
        for rate in self.rates:
            fields = asdict(rate)
            records.append(dict(zip(self.by, fields.pop("group"), strict=True)) | fields)
        return pd.DataFrame(records)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words which groups differ, and what the figures do not prove.

        Returns
        -------
        str
            One paragraph a line.
        """
        overall = self.overall
        years = f" in {overall.exposure:,.0f} employee-years" if "year" in self.unit else ""
        lines = [
            f"{overall.events:,} {self.what}, {overall.people:,} people{years}: {overall.rate:,.1f} {self.unit} "
            f"({self.confidence:.0%} interval {overall.low:,.1f} to {overall.high:,.1f})."
        ]
        known = [rate for rate in self.rates if not math.isnan(rate.rate)]
        if len(known) > 1:
            top, bottom = known[0], known[-1]
            wide = math.sqrt(self.spread) if self.spread > 1.5 else 1.0
            apart = "do not overlap"
            if top.low <= bottom.high:
                apart = "overlap, so the order may be chance"
            elif top.rate - wide * (top.rate - top.low) <= bottom.rate + wide * (bottom.high - bottom.rate):
                apart = "do not overlap, but would if they were as wide as they should be (see below)"
            lines.append(
                f"Highest: {top.label}, {top.rate:,.1f} ({top.low:,.1f} to {top.high:,.1f}). Lowest: {bottom.label}, "
                f"{bottom.rate:,.1f} ({bottom.low:,.1f} to {bottom.high:,.1f}). The two intervals {apart}."
            )
        if len(known) < len(self.rates):
            lines.append(
                "Nobody was employed in: " + "; ".join(r.label for r in self.rates if math.isnan(r.rate)) + "."
            )
        if small := [rate for rate in self.rates if 0 < rate.people < _FEW]:
            have = "has" if len(small) == 1 else "have"
            lines.append(
                f"{len(small)} of {counted(len(self.rates), 'group')} {have} fewer than {_FEW} people: hide "
                f"{'it' if len(small) == 1 else 'them'} (`suppress`) before you show this to anybody."
            )
        if self.spread > 1.5:
            lines.append(
                f"A few people have many {self.what}: the counts of people of the same group spread {self.spread:.1f} "
                f"times as widely as pure chance would, so the true intervals are about "
                f"{math.sqrt(self.spread):.1f} times as wide."
            )
        lines += self.notes
        lines.append(
            "A rate compares groups of different size. It does not say why they differ: groups differ in roles, shifts "
            "and tools too."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw each group's rate as a dot with its interval, highest first.

        Returns
        -------
        altair.LayerChart
            The dashed line is the rate of all. The description holds the summary.
        """
        from evaluators.itdata.people._charts.rates import rates_chart  # Altair is slow to import

        return rates_chart(self)


def rate_ratio(group: GroupRate, reference: GroupRate, *, confidence: float = 0.95) -> RateRatio:
    """Compare two rates by their ratio, with the exact interval that follows from the split of all events.

    Parameters
    ----------
    group, reference : GroupRate
        Two rates with exposure.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    RateRatio

    Raises
    ------
    MeasureError
        If the reference has no event, one of them no exposure, or the confidence is not between 0 and 1.

    References
    ----------
    .. [1] Przyborowski, J., Wilenski, H. (1940). Homogeneity of Results in Testing Samples from Poisson Series.
       Biometrika 31(3/4), 313-323.
    """
    if not (group.exposure > 0 and reference.exposure > 0 and reference.events > 0):
        raise MeasureError(
            f"{group.label} cannot be compared with {reference.label}: no event or nobody there.",
            "Choose a larger group as reference.",
        )
    if not 0 < confidence < 1:
        raise MeasureError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.95.")
    from scipy.special import betaincinv  # slow to import

    tail = (1 - confidence) / 2
    one, other = group.events, reference.events
    factor = reference.exposure / group.exposure
    low = float(betaincinv(one, other + 1, tail)) if one else 0.0
    high = float(betaincinv(one + 1, other, 1 - tail))
    ends = [factor * share / (1 - share) if share < 1 else math.inf for share in (low, high)]
    return RateRatio(group.label, reference.label, group.rate / reference.rate, *ends)


def rate_per_100(
    events: Any,
    people: Any,
    *,
    by: str | Sequence[str],
    at: str,
    key: str = "employee_id",
    people_key: str = "employee_id",
    hired: str | None = None,
    left: str | None = None,
    start: object = None,
    end: object = None,
    tenure_years: Sequence[float] = (0.5, 1, 3, 5),
    what: str = "events",
    method: str = "garwood",
    confidence: float = 0.95,
) -> RateTable:
    """Count events (tickets, exits, late laptops) per 100 employees and year, by group.

    With dates of hiring and leaving, everybody counts for the days that they were employed between `start` and `end`
    (employee-years of 365.25 days), and only events on such days count, so that sites with many short jobs compare
    fairly. Without them everybody counts as one.

    Parameters
    ----------
    events : table, shape (n_events, n_columns)
        One row an event, such as ``join_people(log, ...).table``.
    people : table, shape (n_people, n_columns)
        One row a person.
    by : str or sequence of str
        Columns of `people`; ``"tenure"`` splits everybody's time by the years since hiring (needs `hired`).
    at : str
        Column of `events` with the time; a time with a zone counts on its day in that zone.
    key, people_key : str
        Columns that hold the same key.
    hired, left : str, optional
        Columns of `people`: first and last day of employment; a missing last day means still employed.
    start, end : time
        First and last day that count, needed with `hired`; by default those of the events.
    tenure_years : sequence of float
        Edges of the bands of tenure.
    what : str
        What is counted, for readers.
    method, confidence
        As in `poisson_interval`.

    Returns
    -------
    RateTable

    Raises
    ------
    MeasureError
        If there is nobody, no time, or the days make no sense.
    JoinError
        If a person occurs twice.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> people = pd.DataFrame({"employee_id": [1, 2, 3], "site": ["x", "x", "y"], "hired_on": ["2020-01-01"] * 3})
    >>> tickets = pd.DataFrame({"employee_id": [1, 1, 3], "at": ["2025-02-01", "2025-03-01", "2025-04-01"]})
    >>> table = rate_per_100(tickets, people, by="site", at="at", hired="hired_on", start="2025-01-01",
    ...                      end="2025-12-31")
    >>> table["x"].events, round(table["x"].exposure, 3), round(table["x"].rate, 1)
    (2, 1.999, 100.1)
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    if not names:
        raise MeasureError("No groups were named.", 'Give by="site" or the like.')
    if len(set(names)) < len(names):
        raise MeasureError(f"A column is named twice in by={list(names)}.", "Name each column once.")
    staff, employed = people_days(people, names, people_key, hired, left)
    happened = pandas_columns(events, *dict.fromkeys([key, at]))
    when = days(happened, at)
    first, last = window_days(start, end, when, dated=hired is not None)
    place = staff.index.get_indexer(pd.Index(key_texts(happened[key])))
    day = day_numbers(when)
    window = (float((first - pd.Timestamp(0)).days), float((last - pd.Timestamp(0)).days))
    known, dated = place >= 0, ~np.isnan(day)
    inside = (day >= window[0]) & (day <= window[1])
    counts = known & inside
    there = counts.copy()
    there[counts] = (day[counts] >= employed[place[counts], 0]) & (day[counts] <= employed[place[counts], 1])
    notes = tuple(
        f"Not counted, {why}: {int(rows.sum()):,} of the {what}."
        for why, rows in (
            ("because nobody in the table of people has their key", ~known),
            ("without a date", known & ~dated),
            (f"outside {first:%Y-%m-%d} to {last:%Y-%m-%d}", known & dated & ~inside),
            ("on days on which the person was not employed", counts & ~there),
        )
        if rows.any()
    )
    counts = there
    cells = rate_cells(
        staff, names, employed, window, place[counts], day[counts], tenure_years, dated=hired is not None
    )
    unit = "per 100 employees and year" if hired is not None else "per 100 employees"
    rates = [_rate(group, *figures, confidence, method) for group, figures in cells.figures.items()]
    exposure = overlap(employed, window, dated=hired is not None)
    overall = _rate(("all",), int(counts.sum()), int((exposure > 0).sum()), float(exposure.sum()), confidence, method)
    if math.isnan(overall.rate):
        raise MeasureError(
            f"Nobody was employed between {first:%Y-%m-%d} and {last:%Y-%m-%d}.", "Check the dates and their columns."
        )
    ranked = sorted(rates, key=lambda rate: (-rate.rate if not math.isnan(rate.rate) else math.inf, rate.label))
    return RateTable(tuple(ranked), overall, names, what, unit, METHODS[method], confidence, cells.spread, notes)


def _rate(
    group: tuple[str, ...], events: int, people: int, exposure: float, confidence: float, method: str
) -> GroupRate:
    empty = GroupRate(group, events, people, exposure, math.nan, math.nan, math.nan)
    if exposure <= 0:
        return empty
    low, high = poisson_interval(events, exposure=exposure, confidence=confidence, method=method)
    return replace(empty, rate=100 * events / exposure, low=100 * low, high=100 * high)
