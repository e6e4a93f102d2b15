"""Are services there when people need them? Availability, services in series, and what a percentage hides."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.itdata._cells import labels, months, numbers, rows_of
from evaluators.itdata._words import counted, listed
from evaluators.itdata.errors import MeasureError
from evaluators.screening._results import find_group

if TYPE_CHECKING:
    import altair as alt

TARGETS = (0.99, 0.995, 0.999, 0.9995, 0.9999)


@dataclass(frozen=True, slots=True)
class ServiceMonth:
    """One service in one month.

    Parameters
    ----------
    service, month : str
        The service and the month, such as ``"2026-03"``.
    agreed_minutes : float
        Minutes for which the service was promised, planned work included.
    down_minutes, planned_down_minutes : float
        Minutes down without and with notice; no minute is in both.
    availability : float
        Share (0-1) of the promised time without planned work in which the service was up; NaN if all was planned.
    availability_felt : float
        Share (0-1) of all promised time in which it was up: what somebody sees who was not told.
    """

    service: str
    month: str
    agreed_minutes: float
    down_minutes: float
    planned_down_minutes: float
    availability: float
    availability_felt: float


@dataclass(frozen=True, slots=True)
class ServiceUptime:
    """One service over all its months: sums of minutes, never means of percentages.

    Parameters
    ----------
    service : str
        The service.
    months : int
        Months with figures.
    agreed_minutes, down_minutes, planned_down_minutes : float
        Sums over the months.
    availability, availability_felt : float
        As in `ServiceMonth`, over all months.
    worst_month : str
        Month with the lowest `availability`, the first of several.
    worst_availability : float
        Availability (0-1) of that month.
    months_under_target : int or None
        Months with an availability under the target; None if no target was given.
    """

    service: str
    months: int
    agreed_minutes: float
    down_minutes: float
    planned_down_minutes: float
    availability: float
    availability_felt: float
    worst_month: str
    worst_availability: float
    months_under_target: int | None


@dataclass(frozen=True, slots=True)
class SeriesAvailability:
    """Several services that people need all at once, such as network, sign-in and payroll.

    Parameters
    ----------
    services : tuple of str
        The services.
    independent : float
        Share (0-1) of time in which all are up if their outages have nothing to do with each other: the product.
    low, high : float
        What is possible at all: outages never at the same time (1 less the sum of the shares of time down, not under
        0), and outages always at the same time (the share of the worst service).
    """

    services: tuple[str, ...]
    independent: float
    low: float
    high: float

    def summary(self) -> str:
        """Say in plain words how often all are up.

        Examples
        --------
        >>> print(SeriesAvailability(("network", "payroll"), 0.9801, 0.98, 0.99).summary())
        Somebody who needs network and payroll finds all of them up 98.01% of the time if their outages have nothing \
to do with each other. Figures from 98.00% (never down together) to 99.00% (always down together) are possible: \
monthly minutes do not say when each was down.
        """
        return (
            f"Somebody who needs {listed(self.services, most=8)} finds all of them up {_share(self.independent, 2)} of "
            f"the time if their outages have nothing to do with each other. Figures from {_share(self.low, 2)} (never "
            f"down together) to {_share(self.high, 2)} (always down together) are possible: monthly minutes do not say "
            "when each was down."
        )


@dataclass(frozen=True, slots=True)
class Availability:
    """Result of `availability`.

    Parameters
    ----------
    services : tuple of ServiceUptime
        Lowest availability first.
    months : tuple of ServiceMonth
        Services sorted, months rising.
    target : float or None
        Share (0-1) that was promised, if given.
    """

    services: tuple[ServiceUptime, ...]
    months: tuple[ServiceMonth, ...]
    target: float | None

    def __iter__(self) -> Iterator[ServiceUptime]:
        return iter(self.services)

    def __getitem__(self, service: str) -> ServiceUptime:
        """Return one service; an unknown name raises UnknownGroupError."""
        return find_group(self.services, service, "among the services", named="service")

    def in_series(self, *services: str, felt: bool = False) -> SeriesAvailability:
        """Say how often several services are all up.

        Parameters
        ----------
        *services : str
            Their names; none means all.
        felt : bool
            Whether planned work counts as down.

        Returns
        -------
        SeriesAvailability

        Raises
        ------
        UnknownGroupError
            If there is no such service.
        MeasureError
            If a service is named twice, or its availability is not known.

        Examples
        --------
        >>> rows = [("network", "2026-01", 1000, 10, 0), ("payroll", "2026-01", 1000, 20, 0)]
        >>> table = pd.DataFrame(
        ...     rows, columns=["service", "month", "agreed_minutes", "down_minutes", "planned_down_minutes"]
        ... )
        >>> both = availability(table).in_series("network", "payroll")
        >>> [round(each, 4) for each in (both.low, both.independent, both.high)]
        [0.97, 0.9702, 0.98]
        """
        names = services or tuple(sorted(each.service for each in self.services))
        if len(set(names)) < len(names):
            raise MeasureError("A service is named twice.", "Name each service once.")
        chosen = [self[name] for name in names]
        shares = [each.availability_felt if felt else each.availability for each in chosen]
        if any(math.isnan(share) for share in shares):
            raise MeasureError("A service was never due, for all its time was planned work.", "Leave it out.")
        return SeriesAvailability(
            tuple(names), math.prod(shares), max(0.0, 1 - math.fsum(1 - share for share in shares)), min(shares)
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per service and month.

        Returns
        -------
        DataFrame, shape (n_services * n_months, 7)
            The fields of `ServiceMonth`.
        """
        return pd.DataFrame([asdict(each) for each in self.months])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for what is not known."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how long each service was down, and what percentages hide.

        Returns
        -------
        str
            A line for each service, the worst first, then the limits.

        Examples
        --------
        >>> rows = [("payroll", "2026-01", 44640, 0, 120), ("payroll", "2026-02", 40320, 600, 0)]
        >>> table = pd.DataFrame(
        ...     rows, columns=["service", "month", "agreed_minutes", "down_minutes", "planned_down_minutes"]
        ... )
        >>> print(availability(table, target=0.999).summary())
        payroll: up 99.293% of the promised time without planned work, 99.153% with it: down 10.0 hours without \
notice and 2.0 hours with, in 2 months. Worst month 2026-02 (98.512%). 1 of 2 months under 99.9%.
        A percentage does not say whether one long outage on pay day or many short ones at night made it, how many \
people were waiting, or whether the service was slow: a slow service counts as up.
        """
        lines = []
        for each in self.services:
            under = ""
            if each.months_under_target is not None and self.target is not None:
                under = f" {each.months_under_target} of {counted(each.months, 'month')} under {_target(self.target)}."
            worst = (
                f" Worst month {each.worst_month} ({_share(each.worst_availability, 3)})."
                if each.down_minutes and each.worst_month
                else ""
            )
            lines.append(
                f"{each.service}: up {_share(each.availability, 3)} of the promised time without planned work, "
                f"{_share(each.availability_felt, 3)} with it: down {each.down_minutes / 60:,.1f} hours without "
                f"notice and {each.planned_down_minutes / 60:,.1f} hours with, in {counted(each.months, 'month')}."
                f"{worst}{under}"
            )
        if gaps := self._gaps():
            lines.append(
                f"{counted(len(gaps), 'month')} in between without figures, and in no percentage: {listed(gaps)}."
            )
        lines.append(
            "A percentage does not say whether one long outage on pay day or many short ones at night made it, how "
            "many people were waiting, or whether the service was slow: a slow service counts as up."
        )
        return "\n".join(lines)

    def _gaps(self) -> list[str]:
        """Return the months that lack between a service's first and last."""
        found = []
        for service in sorted({each.service for each in self.months}):
            own = pd.PeriodIndex([each.month for each in self.months if each.service == service], freq="M")
            found += [f"{service} {month}" for month in pd.period_range(own.min(), own.max()).difference(own)]
        return found

    def chart(self) -> "alt.VConcatChart":
        """Draw hours down by month, a small chart for each service.

        Returns
        -------
        altair.VConcatChart
            Bars: hours without notice (dark) and with (pale), the worst month named. The description holds the
            summary.
        """
        from evaluators.itdata.estate._charts.services import availability_chart  # Altair is slow to import

        return availability_chart(self)


def availability(services: Any, *, target: float | None = None, down_includes_planned: bool = False) -> Availability:
    """Compute the availability of services from agreed and down minutes.

    Availability is (agreed service time - downtime) / agreed service time [1]_. Planned work is often taken out of
    both, which is why two figures are given: without it (promised time less planned work) and with it.

    Parameters
    ----------
    services : table, shape (n_rows, n_columns)
        One row for each service and month: ``service``, ``month`` (such as ``"2026-03"`` or any day of it),
        ``agreed_minutes``, ``down_minutes``, ``planned_down_minutes``.
    target : float, optional
        The promised share (0-1), such as 0.999.
    down_includes_planned : bool
        Whether ``down_minutes`` already holds the planned minutes.

    Returns
    -------
    Availability

    Raises
    ------
    MeasureError
        If a month occurs twice for a service, minutes are missing or below 0, a service was down for longer than was
        agreed, no time was agreed, or the target is no share.
    ColumnError
        If a column is missing.

    References
    ----------
    .. [1] Cabinet Office (2011). ITIL Service Design, section 4.4 (availability management). TSO.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "service": ["payroll"],
    ...         "month": ["2026-04"],
    ...         "agreed_minutes": [43200],
    ...         "down_minutes": [43.2],
    ...         "planned_down_minutes": [0],
    ...     }
    ... )
    >>> round(availability(table)["payroll"].availability, 6)
    0.999
    """
    if target is not None and not 0 < target < 1:
        raise MeasureError(f"The target is {target}.", "Give a share between 0 and 1, such as 0.999.")
    frame = rows_of(services, "service", "month", "agreed_minutes", "down_minutes", "planned_down_minutes")
    hint = "Give minutes; 0 if there was none."
    agreed, down, planned = (
        numbers(frame, name, hint=hint) for name in ("agreed_minutes", "down_minutes", "planned_down_minutes")
    )
    if down_includes_planned:
        _refuse(planned > down, "more planned minutes than minutes down", "Are planned minutes counted apart?")
        down = down - planned
    _refuse(agreed == 0, "no agreed minutes", "Leave out months in which nothing was promised.")
    _refuse(down + planned > agreed, "more minutes down than agreed", "Only minutes inside the agreed time count.")
    table = pd.DataFrame(
        {
            "service": labels(frame, "service"),
            "month": months(frame, "month").dt.strftime("%Y-%m"),
            "agreed": agreed,
            "down": down,
            "planned": planned,
        }
    )
    twice = table.duplicated(["service", "month"])
    if twice.any():
        row = table[twice].iloc[0]
        raise MeasureError(f"{row['service']!r} has {row['month']} more than once.", "Keep one row a month.")
    table = table.sort_values(["service", "month"], ignore_index=True)
    columns = [table[name].tolist() for name in ("service", "month", "agreed", "down", "planned")]
    every = tuple(
        ServiceMonth(service, month, up_for, down_for, planned_for, *_shares(up_for, down_for, planned_for))
        for service, month, up_for, down_for, planned_for in zip(*columns, strict=True)
    )
    found = [
        _uptime(name, [each for each in every if each.service == name], target) for name in table["service"].unique()
    ]
    found.sort(key=lambda each: (math.isnan(each.availability), each.availability, each.service))
    return Availability(tuple(found), every, target)


def downtime_allowed(targets: Sequence[float] = TARGETS, *, month_days: int = 30) -> pd.DataFrame:
    """Turn promised percentages into minutes down that they allow, for a service that is promised day and night.

    Parameters
    ----------
    targets : sequence of float
        Promised shares (0-1).
    month_days : int
        Days of the month.

    Returns
    -------
    DataFrame, shape (n_targets, 5)
        ``target``, then minutes a ``day``, ``week``, ``month`` and ``year`` (365 days).

    Raises
    ------
    MeasureError
        If a target is no share between 0 and 1, or there is none.

    Examples
    --------
    >>> downtime_allowed([0.999]).round(1).to_dict("records")
    [{'target': 1.0, 'day': 1.4, 'week': 10.1, 'month': 43.2, 'year': 525.6}]
    """
    shares = np.asarray(list(targets), dtype=float)
    if not len(shares) or not ((shares > 0) & (shares <= 1)).all():
        raise MeasureError(f"{list(targets)} are no shares.", "Give shares such as 0.999.")
    if month_days < 1:
        raise MeasureError(f"A month cannot have {month_days} days.", "Give 28 to 31.")
    minutes = np.round((1 - shares) * 24 * 60, 10)
    return pd.DataFrame(
        {"target": shares, "day": minutes, "week": 7 * minutes, "month": month_days * minutes, "year": 365 * minutes}
    )


def _shares(agreed: float, down: float, planned: float) -> tuple[float, float]:
    promised = agreed - planned
    return 1 - down / promised if promised > 0 else math.nan, 1 - (down + planned) / agreed


def _uptime(name: str, rows: list[ServiceMonth], target: float | None) -> ServiceUptime:
    agreed, down, planned = (
        math.fsum(getattr(each, part) for each in rows)
        for part in ("agreed_minutes", "down_minutes", "planned_down_minutes")
    )
    known = [each for each in rows if not math.isnan(each.availability)]
    worst = min(known, key=lambda each: each.availability) if known else None
    under = None if target is None else sum(each.availability < target - 1e-12 for each in known)
    return ServiceUptime(
        name,
        len(rows),
        agreed,
        down,
        planned,
        *_shares(agreed, down, planned),
        worst_month=worst.month if worst else "",
        worst_availability=worst.availability if worst else math.nan,
        months_under_target=under,
    )


def _refuse(bad: Any, what: str, hint: str) -> None:
    places = np.flatnonzero(bad)
    if len(places):
        raise MeasureError(f"Row {places[0] + 1} has {what} ({counted(len(places), 'such row')}).", hint)


def _share(share: float, digits: int = 1) -> str:
    """Say an availability; what is not quite all never reads as 100 %."""
    if math.isnan(share):
        return "not known"
    said = f"{share:.{digits}%}"
    return f"over {1 - 10 ** -(digits + 2):.{digits}%}" if share < 1 and float(said[:-1]) == 100 else said


def _target(share: float) -> str:
    return f"{100 * share:.6g}%"
