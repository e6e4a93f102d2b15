"""The usual pattern of hours, weekdays and months, so that it is not taken for a change."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators._plain import json_able
from evaluators.itdata._words import counted, tickets
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._ticket_times import check_tickets
from evaluators.itdata.tickets._whole_periods import whole_periods

if TYPE_CHECKING:
    import altair as alt

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
PATTERNS = ("weekday", "hour", "month")
_YEARS_NEEDED = 3
_WEEKS_NEEDED = 5


@dataclass(frozen=True, slots=True)
class SeasonFactor:
    """How much one hour, weekday or month differs from the average one.

    Parameters
    ----------
    pattern : str
        ``"weekday"``, ``"hour"`` or ``"month"``.
    part : int
        0 (Monday) to 6, 0 to 23, or 1 (January) to 12.
    name : str
        For readers: ``"Monday"``, ``"09:00"``, ``"March"``.
    tickets : int
        Tickets in the whole weeks (for months: in the whole months).
    occasions : int
        Whole weeks, or times that the month occurs: on so many looks the factor rests.
    factor : float
        Tickets against the average part: 1 is average, 2 twice as many. Months are compared by tickets a day, with
        the pattern of the week taken out.
    low, high : float
        Between these lie the factors of eight in ten weeks (for months: the lowest and the highest year).
    """

    pattern: str
    part: int
    name: str
    tickets: int
    occasions: int
    factor: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Seasonality:
    """Result of `seasonality`.

    Parameters
    ----------
    factors : tuple of SeasonFactor
        7 weekdays, 24 hours and the months of which at least one is whole.
    weeks, months : int
        Whole weeks and months in the log.
    first, last : str
        First day of the first and last day of the last whole week.
    what : str
        ``"opened"`` or ``"resolved"``.
    """

    factors: tuple[SeasonFactor, ...]
    weeks: int
    months: int
    first: str
    last: str
    what: str

    def of(self, pattern: str) -> tuple[SeasonFactor, ...]:
        """Return the factors of one pattern, in the order of the calendar.

        Parameters
        ----------
        pattern : str
            ``"weekday"``, ``"hour"`` or ``"month"``.

        Raises
        ------
        MeasureError
            If there is no such pattern.
        """
        if pattern not in PATTERNS:
            raise MeasureError(f"There is no pattern {pattern!r}.", f"Choose one of: {', '.join(PATTERNS)}.")
        return tuple(each for each in self.factors if each.pattern == pattern)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a weekday, hour or month.

        Returns
        -------
        DataFrame, shape (n_factors, 8)
            The fields of `SeasonFactor`.
        """
        return pd.DataFrame([asdict(each) for each in self.factors])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words what the usual week looks like, and how little is known of the year.

        Returns
        -------
        str
            One paragraph a line.
        """
        days, hours, months = (self.of(pattern) for pattern in PATTERNS)
        most, least = max(days, key=lambda each: each.factor), min(days, key=lambda each: each.factor)
        busy = [each for each in sorted(hours, key=lambda each: -each.factor)[:3] if each.factor > 1]
        number = sum(each.tickets for each in days)
        spread = f" (in eight of ten weeks {most.low:.2g} to {most.high:.2g})" if self.weeks >= _WEEKS_NEEDED else ""
        quiet = [each.name for each in days if each.factor == least.factor]
        lines = [
            f"{tickets(number)} {self.what} in {counted(self.weeks, 'whole week')}, {self.first} to {self.last}.",
            f"Busiest day: {most.name}, {_times(most.factor)} an average day{spread}. "
            f"Quietest: {', '.join(quiet)}, {_times(least.factor)}.",
            f"Busiest {'hour begins' if len(busy) == 1 else 'hours begin'} at "
            f"{', '.join(each.name for each in sorted(busy, key=lambda each: each.part))}.",
        ]
        if most.factor == least.factor:
            lines[1] = "Every day of the week has as many tickets."
        if self.weeks < _WEEKS_NEEDED:
            lines.append(
                f"{counted(self.weeks, 'week')} {'is' if self.weeks == 1 else 'are'} too short to know a usual one."
            )
        if len(months) == 1:
            lines.append(f"Only {months[0].name} was seen whole, so nothing can be said of months.")
        elif months:
            twice = [each for each in months if each.occasions > 1]
            top = max(months, key=lambda each: each.factor)
            again = f"{len(twice) or 'none'} of them more than once"
            lines.append(
                f"Highest month: {top.name}, {_times(top.factor)} an average month. {len(months)} months of the year "
                f"were seen, {again}."
            )
            if self.months < 12 * _YEARS_NEEDED:
                lines.append(
                    f"{self.months} months are too short to know a yearly pattern: what happened once (a move, a new "
                    f"tool) looks just like a season. It takes about {_YEARS_NEEDED} years to tell them apart, so do "
                    "not correct for months here."
                )
        lines.append("Public holidays are not taken out. A pattern says when tickets come, not why.")
        return "\n".join(lines)

    def chart(self) -> "alt.VConcatChart":
        """Draw the factors of weekdays, hours and months as bars around the average.

        Returns
        -------
        altair.VConcatChart
            A line at 1 marks the average; thin lines hold eight in ten weeks. The description holds the summary.
        """
        from evaluators.itdata.tickets._charts.seasonality import season_chart  # Altair is slow to import

        return season_chart(self)


def seasonality(log: TicketLog, *, column: str = "opened_at", since: object = None) -> Seasonality:
    """Measure how tickets spread over hours, weekdays and months, in local time.

    Weekdays and hours: the part's tickets in all whole weeks (Monday to Sunday), divided by the average part's
    (ratio to the mean). Months: a whole month's tickets divided by what its weekdays lead one to expect, divided by
    the mean of these ratios over all whole months; a month that occurs twice is averaged.

    Parameters
    ----------
    log : TicketLog
        The tickets.
    column : str
        ``"opened_at"`` or ``"resolved_at"``.
    since : time, optional
        When the export begins; by default what the log says.

    Returns
    -------
    Seasonality

    Raises
    ------
    MeasureError
        If there is no ticket, no whole week, or no ticket in the whole weeks.

    References
    ----------
    .. [1] Hyndman, R. J., Athanasopoulos, G. (2021). Forecasting: Principles and Practice, 3rd ed., section 3.4,
       Classical decomposition.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> opened = ["2026-01-05 09:00", "2026-01-05 10:00", "2026-01-06 09:30", "2026-01-12 09:00"]
    >>> log = ticket_log(pd.DataFrame({"number": range(4), "opened_at": opened}), as_of="2026-01-19")
    >>> [round(each.factor, 2) for each in seasonality(log).of("weekday")]
    [5.25, 1.75, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    check_tickets(log)
    if column not in ("opened_at", "resolved_at"):
        raise MeasureError(f"There is no pattern of {column!r}.", 'Choose "opened_at" or "resolved_at".')
    weeks = whole_periods(log, "week", since=since)
    local = log.local(column)
    days, hours = _by_week(local, weeks.places(local), len(weeks.names))
    if not days.sum():
        raise MeasureError("There is no ticket in the whole weeks of the log.", "Take a longer export.")
    factors = [
        *_factors("weekday", days, range(7), WEEKDAYS),
        *_factors("hour", hours, range(24), [f"{hour:02d}:00" for hour in range(24)]),
    ]
    monthly, number = _months(log, local, days.sum(axis=0) / days.sum() * 7, since)
    return Seasonality(
        factors=(*factors, *monthly),
        weeks=len(weeks.names),
        months=number,
        first=weeks.names[0],
        last=str(weeks.index[-1].end_time.date()),
        what=column.removesuffix("_at"),
    )


def weekday_weights(log: TicketLog, *, column: str = "opened_at", since: object = None) -> NDArray[np.float64]:
    """Return the factors of Monday to Sunday; their mean is 1.

    Parameters
    ----------
    log, column, since
        As in `seasonality`.

    Returns
    -------
    ndarray of float, shape (7,)

    Raises
    ------
    MeasureError
        As `seasonality`.
    """
    return np.array([each.factor for each in seasonality(log, column=column, since=since).of("weekday")])


def _by_week(local: pd.Series, places: NDArray[np.intp], weeks: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count tickets by week and weekday, and by week and hour."""
    inside = places >= 0
    counted = []
    for parts, number in ((local[inside].dt.day_of_week, 7), (local[inside].dt.hour, 24)):
        cells = places[inside] * number + parts.to_numpy(dtype=np.intp)
        counted.append(np.bincount(cells, minlength=weeks * number).reshape(weeks, number).astype(float))
    return counted[0], counted[1]


def _factors(pattern: str, counts: NDArray[np.float64], parts: range, names: Any) -> list[SeasonFactor]:
    total = counts.sum(axis=0)
    factors = total / total.mean()
    busy = counts.sum(axis=1) > 0  # a week without tickets has no pattern
    weekly = counts[busy] / counts[busy].mean(axis=1, keepdims=True)
    low, high = np.quantile(weekly, [0.1, 0.9], axis=0)
    return [
        SeasonFactor(
            pattern,
            part,
            names[place],
            int(total[place]),
            len(counts),
            float(factors[place]),
            float(low[place]),
            float(high[place]),
        )
        for place, part in enumerate(parts)
    ]


def _months(
    log: TicketLog, local: pd.Series, weights: NDArray[np.float64], since: object
) -> tuple[list[SeasonFactor], int]:
    try:
        months = whole_periods(log, "month", since=since)
    except MeasureError:
        return [], 0
    places = months.places(local)
    counts = np.bincount(places[places >= 0], minlength=len(months.names)).astype(float)
    expected = np.array([weights[pd.date_range(m.start_time, m.end_time).day_of_week].sum() for m in months.index])
    ratios = counts / expected
    if not ratios.sum():
        return [], len(months.names)
    ratios = ratios / ratios.mean()
    number = np.asarray(months.index.month)
    return [
        SeasonFactor(
            "month",
            month,
            MONTHS[month - 1],
            int(counts[number == month].sum()),
            int((number == month).sum()),
            float(ratios[number == month].mean()),
            float(ratios[number == month].min()),
            float(ratios[number == month].max()),
        )
        for month in range(1, 13)
        if (number == month).any()
    ], len(months.names)


def _times(factor: float) -> str:
    return f"{factor:.2g} times"
