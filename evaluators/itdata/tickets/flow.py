"""What comes in, what goes out, and what piles up: arrivals, closures and the backlog with its age."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.itdata._words import hours_in_words, tickets
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._spans import NEVER, in_utc, spans
from evaluators.itdata.tickets._ticket_times import quantiles

if TYPE_CHECKING:
    import altair as alt

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Every = Literal["day", "week", "month"]
_MOST_PERIODS = 5000


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One day, week or month, in local time.

    Parameters
    ----------
    period : str
        Such as ``"2026-03-02"`` (a day, or the Monday of a week) or ``"2026-03"``.
    partial : bool
        Whether the log covers only a part of it: do not compare it with the others.
    arrivals, closures : int
        Tickets opened, and tickets that ended.
    backlog : int
        Tickets open at its end, or at the end of the log: the backlog before, plus arrivals, less closures (and less
        tickets whose end is not known; the notes count them).
    median_age, p90_age, oldest_age : float or None
        Age of the backlog in hours; None if nothing is open.
    """

    period: str
    partial: bool
    arrivals: int
    closures: int
    backlog: int
    median_age: float | None
    p90_age: float | None
    oldest_age: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """Result of `measure_flow`.

    Parameters
    ----------
    every : str
        ``"day"``, ``"week"`` or ``"month"``.
    time_zone : str
        Where days begin and end.
    rows : tuple of FlowRow
        Every period from the beginning to the end of the log, rising, quiet ones too.
    weekdays : tuple of int
        Tickets opened on Mondays to Sundays.
    hours : tuple of int
        Tickets opened in each hour of the day, from midnight on.
    notes : tuple of str
        What was assumed or left out.
    """

    every: str
    time_zone: str
    rows: tuple[FlowRow, ...]
    weekdays: tuple[int, ...]
    hours: tuple[int, ...]
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[FlowRow]:
        return iter(self.rows)

    @property
    def whole(self) -> tuple[FlowRow, ...]:
        """The periods that the log covers wholly."""
        return tuple(row for row in self.rows if not row.partial)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a period.

        Returns
        -------
        DataFrame, shape (n_periods, 8)
            The fields of `FlowRow`.
        """
        frame = pd.DataFrame([asdict(row) for row in self.rows])
        return frame.astype(dict.fromkeys(("median_age", "p90_age", "oldest_age"), "float64"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are not known."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words whether the pile grows, how old it is and when tickets come.

        Returns
        -------
        str
            Lines of text.

        Examples
        --------
        >>> from evaluators.itdata.log import ticket_log
        >>> table = pd.DataFrame({"number": list("abc"), "opened_at": ["2026-03-02 09:10", "2026-03-02 09:40",
        ...     "2026-03-03 14:00"], "resolved_at": ["2026-03-02 12:00", None, "2026-03-03 15:00"]})
        >>> print(measure_flow(ticket_log(table, as_of="2026-03-04 00:00"), every="day").summary())
        3 tickets came in and 2 ended in 2 days, 2026-03-02 to 2026-03-03 (time of UTC).
        1 ticket is open at the end. Half of the open tickets are 38.3 hours old or older, the oldest 38.3 hours.
        The busiest day of the week is Monday (66.7% of tickets), the busiest hour 9:00 to 10:00 (66.7%).
        Tickets opened before the export begins are not in it, so the first backlogs are too small. More tickets need \
not mean more trouble: people also report more when reporting is easy.
        """
        last = self.rows[-1]
        came, gone = sum(row.arrivals for row in self.rows), sum(row.closures for row in self.rows)
        periods = f"{len(self.rows):,} {self.every}{'s' if len(self.rows) > 1 else ''}"
        lines = [
            f"{tickets(came)} came in and {gone:,} ended in {periods}, {self.rows[0].period}"
            f"{f' to {last.period}' if len(self.rows) > 1 else ''} (time of {self.time_zone})."
        ]
        part = [row.period for row in self.rows if row.partial]
        if part:
            lines.append(f"Only partly in the log, so not to be compared: {', '.join(part)}.")
        if last.backlog:
            lines.append(
                f"{tickets(last.backlog)} {'is' if last.backlog == 1 else 'are'} open at the end. Half of the open "
                f"tickets are {hours_in_words(last.median_age)} old or older, the oldest "
                f"{hours_in_words(last.oldest_age)}."
            )
        else:
            lines.append("No ticket is open at the end.")
        lines += self._pile()
        lines.append(
            f"The busiest {_busiest('day', WEEKDAYS, self.weekdays)}, the busiest "
            f"{_busiest('hour', [f'{hour}:00 to {hour + 1}:00' for hour in range(24)], self.hours)}."
        )
        lines += self.notes
        lines.append(
            "Tickets opened before the export begins are not in it, so the first backlogs are too small. More tickets "
            "need not mean more trouble: people also report more when reporting is easy."
        )
        return "\n".join(lines)

    def _pile(self) -> list[str]:
        whole = self.whole
        if len(whole) < 4:
            return []
        half = len(whole) // 2
        place = self.rows.index(whole[0])
        before = self.rows[place - 1].backlog if place else 0
        first = whole[half - 1].backlog - before
        second = whole[-1].backlog - whole[len(whole) - half - 1].backlog
        return [
            f"In the first half of the whole {self.every}s the pile {_grew(first)}, in the second half it "
            f"{_grew(second)}."
        ]

    def chart(self, *, kind: str = "flow") -> "alt.VConcatChart":
        """Draw the flow or the shape of a week and a day.

        Parameters
        ----------
        kind : str
            ``"flow"``: arrivals and closures a period above the backlog. ``"shape"``: tickets by weekday and hour.

        Returns
        -------
        altair.VConcatChart
            Partial periods are hollow. The description holds the summary.

        Raises
        ------
        MeasureError
            If there is no such kind.
        """
        if kind not in ("flow", "shape"):
            raise MeasureError(f"There is no chart {kind!r}.", 'Choose "flow" or "shape".')
        from evaluators.itdata.tickets._charts.flow import flow_chart, shape_chart  # Altair is slow to import

        return flow_chart(self) if kind == "flow" else shape_chart(self)


def measure_flow(log: TicketLog, *, every: Every = "week") -> Flow:
    """Count what comes in and goes out, and rebuild the backlog of every period.

    A ticket ends when it is resolved; where the export does not say when, the time of closing stands in. A reopened
    ticket counts as open until its last resolution. A period runs from its first local midnight up to the next
    period's; a ticket that ends exactly then is in the next. Periods that start before the log begins are partial;
    the last one is if the log does not end on its last day. A day is partial if the log begins or ends within it. Age
    quantiles between two tickets are their middle.

    Parameters
    ----------
    log : TicketLog, n_tickets
        The tickets.
    every : str
        ``"day"``, ``"week"`` (Monday to Sunday) or ``"month"``.

    Returns
    -------
    Flow

    Raises
    ------
    MeasureError
        If there is no such period, no ticket was opened by the end of the log, or there are more than 5,000 periods.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> table = pd.DataFrame({"number": ["a", "b"], "opened_at": ["2026-03-02", "2026-03-03"],
    ...                       "resolved_at": ["2026-03-10", None]})
    >>> [(row.period, row.arrivals, row.closures, row.backlog) for row in measure_flow(ticket_log(table))]
    [('2026-03-02', 2, 0, 2), ('2026-03-09', 0, 1, 1)]
    """
    if every not in get_args(Every):
        raise MeasureError(f"There is no period {every!r}.", f"Choose one of: {', '.join(get_args(Every))}.")
    found = spans(log)
    if not found.arrived.any():
        raise MeasureError("No ticket was opened by the end of the log.", "Check as_of, and which tickets you chose.")
    arrived = np.sort(found.opened[found.arrived])
    opened, ended = found.opened[found.usable], found.ended[found.usable]
    since = log.since.tz_convert(log.time_zone).tz_localize(None)
    first = pd.Timestamp(int(arrived[0]), unit="us", tz="UTC").tz_convert(log.time_zone).tz_localize(None)
    first = min(first, since)
    last = log.as_of.tz_convert(log.time_zone).tz_localize(None)
    starts = _starts(first, last, every)
    edges = in_utc(starts, log.time_zone)
    came = np.diff(np.searchsorted(arrived, edges))
    known = np.sort(ended[ended < NEVER])
    gone = np.diff(np.searchsorted(known, edges))
    end = int(pd.DatetimeIndex([log.as_of]).as_unit("us").asi8[0])
    # In the last period everything up to the end of the log counts, the end itself included.
    came[-1], gone[-1] = len(arrived) - came[:-1].sum(), len(known) - gone[:-1].sum()
    partial = np.asarray(starts[:-1] < (since if every == "day" else since.normalize()))
    slack = pd.Timedelta(0) if every == "day" else pd.Timedelta(days=1)
    partial[-1] |= last < starts[-1] - slack
    ages = _ages(opened, ended, np.minimum(edges[1:], end + 1), min(int(edges[-1]), end))
    style = "%Y-%m" if every == "month" else "%Y-%m-%d"
    rows = tuple(
        FlowRow(start.strftime(style), bool(part), int(new), int(done), *age)
        for start, part, new, done, age in zip(starts[:-1], partial, came, gone, ages, strict=True)
    )
    local = log.local("opened_at")[found.arrived]
    weekdays = np.bincount(local.dt.day_of_week, minlength=7)
    hours = np.bincount(local.dt.hour, minlength=24)
    return Flow(every, log.time_zone, rows, tuple(weekdays.tolist()), tuple(hours.tolist()), found.notes)


def _starts(first: pd.Timestamp, last: pd.Timestamp, every: str) -> pd.DatetimeIndex:
    """Return the local midnights at which periods begin, and the one after the last period."""
    start, step = {
        "day": (first.normalize(), pd.DateOffset(days=1)),
        "week": (first.normalize() - pd.Timedelta(days=first.day_of_week), pd.DateOffset(days=7)),
        "month": (first.normalize().replace(day=1), pd.DateOffset(months=1)),
    }[every]
    about = (last - start) / pd.Timedelta(days={"day": 1, "week": 7, "month": 28}[every])
    if about > _MOST_PERIODS:
        raise MeasureError(
            f"From {first:%Y-%m-%d} to {last:%Y-%m-%d} there are more than {_MOST_PERIODS:,} {every}s.",
            "Measure longer periods, or check for a time that is wrong.",
        )
    inside = max(last - pd.Timedelta(microseconds=1), first)  # a log that ends at midnight begins no new period
    return pd.date_range(start, inside.normalize() + step, freq=step)


def _ages(
    opened: "np.typing.NDArray[np.int64]",
    ended: "np.typing.NDArray[np.int64]",
    edges: "np.typing.NDArray[np.int64]",
    end: int,
) -> list[tuple[int, float | None, float | None, float | None]]:
    """Return the number of open tickets just before each edge, and their median, P90 and oldest age in hours."""
    order = np.argsort(opened, kind="stable")
    opened, ended = opened[order], ended[order]
    new = np.searchsorted(opened, edges)
    active = np.zeros(0, dtype=np.int64)
    seen = 0
    found: list[tuple[int, float | None, float | None, float | None]] = []
    for edge, until in zip(edges, new, strict=True):
        active = np.concatenate((active, np.arange(seen, until)))
        active = active[ended[active] >= edge]
        seen = int(until)
        ages = (min(int(edge), end) - opened[active])[::-1] / 3.6e9
        median, p90 = quantiles(ages, (0.5, 0.9))
        found.append((len(active), median, p90, float(ages[-1]) if len(ages) else None))
    return found


def _grew(change: int) -> str:
    if not change:
        return "stayed as it was"
    return f"{'grew' if change > 0 else 'shrank'} by {abs(change):,}"


def _busiest(what: str, names: Sequence[str], counts: Sequence[int]) -> str:
    """Say which part has most tickets; several that have as many are all named."""
    most = max(counts)
    named = [name for name, count in zip(names, counts, strict=True) if count == most]
    kind = "day of the week" if what == "day" else what
    share = f"{most / sum(counts):.1%}"
    if len(named) > 1:
        shown = f"{', '.join(named[:3])}{' …' if len(named) > 3 else ''}"
        return f"{kind.replace(what, f'{what}s', 1)} are {shown} ({share} each)"
    return f"{kind} is {named[0]} ({share} of tickets)" if what == "day" else f"{kind} {named[0]} ({share})"
