"""One figure of a ticket log week by week or month by month, on an XmR chart."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._product_limit import product_limit
from evaluators.itdata.tickets._spans import in_utc, spans
from evaluators.itdata.tickets._ticket_times import check_tickets, reached
from evaluators.itdata.tickets._whole_periods import FREQUENCIES, WholePeriods, period_name, wall_time, whole_periods
from evaluators.itdata.tickets.sla import marked
from evaluators.itdata.tickets.xmr import OUTSIDE, RUN, XmrChart, xmr

_STILL_MOVING = "Tickets of the last {every}s that are still open can gather more: the latest points may yet rise."


@dataclass(frozen=True, slots=True)
class Figure:
    """What `trend` can chart.

    Parameters
    ----------
    title : str
        In words.
    unit : str
        ``"hours"``, ``"tickets"``, ``"events"``, ``"share"`` or empty.
    column : str
        Column of the tickets that it needs.
    counts : bool
        True for numbers of tickets or events in a period, False for a figure a ticket.
    """

    title: str
    unit: str
    column: str
    counts: bool = False


FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "arrivals": Figure("tickets opened", "tickets", "opened_at", counts=True),
        "closures": Figure("tickets resolved", "tickets", "resolved_at", counts=True),
        "backlog": Figure("tickets open at the end", "tickets", "resolved_at", counts=True),
        "event_rows": Figure("event rows", "events", "events", counts=True),
        "events_per_ticket": Figure("event rows a ticket", "", "events"),
        "median_hours": Figure("median hours to resolve", "hours", "resolved_at"),
        "p90_hours": Figure("hours within which 90% are resolved", "hours", "resolved_at"),
        "mean_hours": Figure("mean hours to resolve, resolved tickets only", "hours", "resolved_at"),
        "reassignments": Figure("mean reassignments a ticket", "", "reassignments"),
        "reassigned_share": Figure("share of tickets reassigned", "share", "reassignments"),
        "reopened_share": Figure("share of tickets reopened", "share", "reopens"),
        "sla_share": Figure("share of tickets with the SLA met", "share", "sla_met"),
    }
)


def trend(
    log: TicketLog,
    *,
    figure: str = "median_hours",
    every: str = "week",
    baseline: int | tuple[str, str] | None = None,
    steps: Sequence[str] = (),
    rules: Sequence[str] = (OUTSIDE, RUN),
    few: int = 20,
    season: str | None = None,
    since: object = None,
) -> XmrChart:
    """Chart a figure of the log period by period and say whether it changed.

    Figures a ticket belong to the period in which the ticket was *opened*, so that a change in the work shows when it
    began. Hours to resolve count open tickets as "at least so long" (Kaplan-Meier [1]_), so that the latest periods
    do not look fast merely because their slow tickets are still open; ``"mean_hours"`` cannot do that and is here to
    be compared. A ticket without a time of resolution ends when it is closed, for closures and backlog. An open ticket
    counts for ``"sla_share"`` only once its time is missed. ``"event_rows"`` counts events by their own time, where the
    log has events. Periods that the log
    covers in part only are left out and named.

    Parameters
    ----------
    log : TicketLog
        The tickets; choose some of them first with ``log.where(...)``.
    figure : str
        A key of `FIGURES`.
    every : str
        ``"day"``, ``"week"`` (Monday to Sunday), ``"month"`` or ``"quarter"``, in the log's time zone.
    baseline : int or (str, str), optional
        The first so many periods of each phase make its limits, or those from one date to another, such as
        ``("2025-01-06", "2025-06-30")``. By default all.
    steps : sequence of str
        Dates at which something is known to have changed; limits start afresh in the first whole period that begins
        on that date or later.
    rules : sequence of str
        As in `xmr`.
    few : int
        For figures a ticket: periods with fewer tickets are drawn, but make no limits and never signal.
    season : str, optional
        ``"weekday"`` takes the usual pattern of the week out of arrivals or closures by day, month or quarter; see
        `seasonality`. Weeks need none: each holds every weekday once.
    since : time, optional
        When the export begins; by default what the log says, which ``log.where(...)`` keeps.

    Returns
    -------
    XmrChart

    Raises
    ------
    MeasureError
        If there is no ticket, no such figure or period, the log lacks the column, has too few whole periods, or a
        date lies outside of them.

    References
    ----------
    .. [1] Kaplan, E. L., Meier, P. (1958). Nonparametric Estimation from Incomplete Observations. Journal of the
       American Statistical Association 53(282), 457-481.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> days = pd.date_range("2026-01-05", "2026-03-08", freq="D")
    >>> opened = [day + pd.Timedelta(hours=9) for day in days for ticket in range(3)]
    >>> made = pd.DataFrame({"number": range(len(opened)), "opened_at": opened})
    >>> chart = trend(ticket_log(made, as_of="2026-03-09"), figure="arrivals")
    >>> [point.value for point in chart][:3], chart["2026-01-05"].cases
    ([21.0, 21.0, 21.0], 21)
    """
    check_tickets(log)
    if figure not in FIGURES:
        raise MeasureError(f"There is no figure {figure!r}.", f"The figures are: {', '.join(FIGURES)}.")
    what = FIGURES[figure]
    if not has_figure(log, figure):
        raise MeasureError(f"The log does not say {what.column!r}, which {figure!r} needs.", "Choose another figure.")
    periods = whole_periods(log, every, since=since)
    values, cases = _MEASURES[figure](log, periods)
    notes = _left_out(log, figure)
    title = what.title
    if season is not None:
        values, note = _without_season(log, periods, values, figure, every, season, since)
        notes.append(note)
        title = f"{title}, pattern of the week taken out"
    if figure in ("reassignments", "reassigned_share", "reopened_share", "events_per_ticket"):
        notes.append(_STILL_MOVING.format(every=every))
    if figure == "backlog":
        notes.append("Tickets that were opened before the export begins are unknown and not in the backlog.")
        notes.append(f"A backlog carries over from one {every} to the next, so its limits come out too narrow.")
    if figure in ("median_hours", "p90_hours"):
        notes.append("Open tickets count as at least so long. Nights and weekends are part of the hours.")
    if figure == "mean_hours":
        notes.append("Tickets still open are missing from the mean, so it is too low, most of all for late periods.")
    if figure == "sla_share":
        notes.append('"Met" is what the export says, by a clock that may stop while somebody waits.')
        notes.append("Open tickets count only once their time is missed, so the latest points may yet rise.")
    return xmr(
        values,
        labels=periods.names,
        baseline=baseline if baseline is None or isinstance(baseline, int) else _span(baseline, periods, every, log),
        steps=[_step(wall_time(date, log, "A step"), periods) for date in steps],
        rules=rules,
        cases=[int(number) for number in cases],
        few=0 if what.counts else few,
        floor=0.0,
        ceiling=1.0 if what.unit == "share" else math.inf,
        figure=title,
        unit=what.unit,
        every=every,
        left_out=periods.left_out,
        notes=notes,
    )


_QUIET = 0.5
Floats = NDArray[np.float64]
Counts = NDArray[np.intp]


def has_figure(log: TicketLog, figure: str) -> bool:
    """Say whether a log has what a figure of `FIGURES` needs."""
    if figure == "event_rows" and log.events is not None:
        return True
    column = FIGURES[figure].column
    return log.has(column) and bool(log.tickets[column].notna().any())


def _counted(times: pd.Series, periods: WholePeriods) -> Counts:
    places = periods.places(times)
    return np.bincount(places[places >= 0], minlength=len(periods.names))


def _arrivals(log: TicketLog, periods: WholePeriods) -> tuple[Floats, Counts]:
    counts = _counted(log.local("opened_at"), periods)
    return counts.astype(float), counts


def _closures(log: TicketLog, periods: WholePeriods) -> tuple[Floats, Counts]:
    found = spans(log)
    ended = np.sort(found.ended[found.usable])
    edges = in_utc(pd.DatetimeIndex([*periods.index.start_time, periods.index[-1].end_time.ceil("us")]), log.time_zone)
    counts = np.diff(np.searchsorted(ended, edges))
    return counts.astype(float), counts


def _backlog(log: TicketLog, periods: WholePeriods) -> tuple[Floats, Counts]:
    # A period ends where the next one starts; what is resolved at that very moment was still open before it.
    ends = in_utc(pd.DatetimeIndex((periods.index + 1).start_time), log.time_zone)
    found = spans(log)
    opened, ended = np.sort(found.opened[found.usable]), np.sort(found.ended[found.usable])
    counts = np.searchsorted(opened, ends) - np.searchsorted(ended, ends)
    return counts.astype(float), counts


def _event_rows(log: TicketLog, periods: WholePeriods) -> tuple[Floats, Counts]:
    if log.events is not None:
        counts = _counted(log.events["at"].dt.tz_convert(log.time_zone).dt.tz_localize(None), periods)
        return counts.astype(float), counts
    places = periods.places(log.local("opened_at"))
    rows = log.tickets["events"].fillna(0).to_numpy(dtype=float)
    sums = np.bincount(places[places >= 0], weights=rows[places >= 0], minlength=len(periods.names)).astype(float)
    return sums, sums.astype(np.intp)


def _mean_of(values: Floats, log: TicketLog, periods: WholePeriods) -> tuple[Floats, Counts]:
    """Average a figure a ticket over the tickets of each period that have it."""
    places = periods.places(log.local("opened_at"))
    known = (places >= 0) & ~np.isnan(values)
    counts = np.bincount(places[known], minlength=len(periods.names))
    sums = np.bincount(places[known], weights=values[known], minlength=len(periods.names))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).astype(float), counts


def _column(log: TicketLog, name: str) -> Floats:
    values = log.tickets[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(values, dtype=np.float64)


def _resolved_hours(log: TicketLog) -> Floats:
    way = reached(log, "resolved_at")
    return np.where(way.there, way.hours, np.nan)


def _sla_known(log: TicketLog) -> Floats:
    """Return 1 for met, 0 for missed and NaN for not known, as `measure_sla` counts the export's own mark."""
    met, missed, _ = marked(log, [])
    return np.where(met, 1.0, np.where(missed, 0.0, np.nan))


def _left_out(log: TicketLog, figure: str) -> list[str]:
    if figure in ("median_hours", "p90_hours", "mean_hours"):
        return reached(log, "resolved_at").left_out()
    return list(spans(log).notes) if figure in ("closures", "backlog") else []


def _some(values: Floats) -> Floats:
    return np.where(np.isnan(values), np.nan, (values > 0).astype(float))


def _quantile(share: float) -> "Callable[[TicketLog, WholePeriods], tuple[Floats, Counts]]":
    def measure(log: TicketLog, periods: WholePeriods) -> tuple[Floats, Counts]:
        way = reached(log, "resolved_at")
        lasted, resolved = way.hours, way.there
        places = np.where(way.there | way.waiting, periods.places(log.local("opened_at")), -1)
        order = np.argsort(places, kind="stable")
        edges = np.searchsorted(places[order], np.arange(len(periods.names) + 1))
        parts = [order[start:end] for start, end in pairwise(edges.tolist())]
        values = np.array([_reached(lasted[part], resolved[part], share) for part in parts])
        return values, np.diff(edges)

    return measure


def _reached(lasted: Floats, ended: NDArray[np.bool_], share: float) -> float:
    """Return the hours within which a share was resolved; NaN where too many still wait to say."""
    if not ended.any():
        return math.nan
    hours = product_limit(lasted, ended).quantile(share)
    return math.nan if hours is None else hours


_MEASURES: Mapping[str, Callable[[TicketLog, WholePeriods], tuple[Floats, Counts]]] = MappingProxyType(
    {
        "arrivals": _arrivals,
        "closures": _closures,
        "backlog": _backlog,
        "event_rows": _event_rows,
        "events_per_ticket": lambda log, periods: _mean_of(_column(log, "events"), log, periods),
        "median_hours": _quantile(0.5),
        "p90_hours": _quantile(0.9),
        "mean_hours": lambda log, periods: _mean_of(_resolved_hours(log), log, periods),
        "reassignments": lambda log, periods: _mean_of(_column(log, "reassignments"), log, periods),
        "reassigned_share": lambda log, periods: _mean_of(_some(_column(log, "reassignments")), log, periods),
        "reopened_share": lambda log, periods: _mean_of(_some(_column(log, "reopens")), log, periods),
        "sla_share": lambda log, periods: _mean_of(_sla_known(log), log, periods),
    }
)


def _without_season(
    log: TicketLog, periods: WholePeriods, values: Floats, figure: str, every: str, season: str, since: object
) -> tuple[Floats, str]:
    from evaluators.itdata.tickets.seasonality import weekday_weights

    if season != "weekday" or figure not in ("arrivals", "closures"):
        raise MeasureError(
            f"The season {season!r} cannot be taken out of {figure!r}.",
            'Only season="weekday" of "arrivals" and "closures" can.',
        )
    weights = weekday_weights(log, column=FIGURES[figure].column, since=since)
    expected = np.array(
        [sum(weights[day.weekday()] for day in pd.date_range(each.start_time, each.end_time)) for each in periods.index]
    )
    scale = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4}[every]
    # A Sunday with 3 tickets instead of 2 is no news, but raised to an average day it would look like it.
    possible = expected > (_QUIET if every == "day" else 0.0)
    adjusted = np.where(possible, values / np.where(possible, expected, 1.0) * scale, np.nan)
    note = f"Each {every} is shown as if it held average days: {scale:.4g} of them."
    if not possible.all():
        note += " Weekdays with less than half the tickets of an average day are left out."
    return adjusted, note


def _span(baseline: tuple[str, str], periods: WholePeriods, every: str, log: TicketLog) -> tuple[str, str]:
    days = [wall_time(date, log, "An end of the baseline") for date in baseline]
    first, last = (pd.Period(day, freq=FREQUENCIES[every]) for day in days)
    inside = periods.index[(periods.index >= first) & (periods.index <= last)]
    if not len(inside):
        raise MeasureError(
            f"No whole {every} lies between {baseline[0]} and {baseline[1]}.",
            f"The whole ones run from {periods.names[0]} to {periods.names[-1]}.",
        )
    return period_name(inside[0], every), period_name(inside[-1], every)


def _step(date: pd.Timestamp, periods: WholePeriods) -> str:
    later = np.flatnonzero(periods.index.start_time >= date)
    if not len(later) or not later[0]:
        raise MeasureError(
            f"The step {date:%Y-%m-%d} leaves no whole period on one side of it.",
            f"The whole ones run from {periods.names[0]} to {periods.names[-1]}.",
        )
    return periods.names[int(later[0])]
