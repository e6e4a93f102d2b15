"""How software reaches its users: DORA's measures of delivery, with what they cannot say."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import plain
from evaluators._wilson import wilson
from evaluators.itdata._cells import flags, has_column, labels, moment, moments, rows_of
from evaluators.itdata._waits import wait_quantile
from evaluators.itdata._words import counted, percent
from evaluators.itdata.errors import MeasureError
from evaluators.screening._results import find_group

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class ServiceDelivery:
    """DORA's measures for one service.

    Parameters
    ----------
    service : str
        The service.
    deployments : int
        Deployments to the people who use it, in the time looked at.
    per_week : float
        Deployment frequency: deployments per 7 days.
    lead_median_hours, lead_p90_hours : float
        Change lead time: hours from commit to deployment; NaN if no commit time is known.
    lead_unknown : int
        Deployments without a time of commit.
    failed, judged : int
        Deployments that failed and needed a quick repair, of those for which this is known.
    fail_rate, fail_low, fail_high : float
        Change fail rate: share (0-1) and its 95 % Wilson interval; NaN if nothing is known.
    recovery_median_hours, recovery_p90_hours : float
        Failed deployment recovery time: hours from deployment to recovery. Failures that are not repaired yet count
        as long as they have lasted; NaN if too few are over to tell.
    not_recovered : int
        Failed deployments that were not repaired at the end.
    rework_rate, rework_low, rework_high : float
        Deployment rework rate: share (0-1) of unplanned deployments that repair an incident, and its interval; NaN
        if the table does not record them.
    """

    service: str
    deployments: int
    per_week: float
    lead_median_hours: float
    lead_p90_hours: float
    lead_unknown: int
    failed: int
    judged: int
    fail_rate: float
    fail_low: float
    fail_high: float
    recovery_median_hours: float
    recovery_p90_hours: float
    not_recovered: int
    rework_rate: float
    rework_low: float
    rework_high: float


@dataclass(frozen=True, slots=True)
class DeliveryPerformance:
    """Result of `delivery_performance`.

    Parameters
    ----------
    services : tuple of ServiceDelivery
        Sorted by name.
    start, end : date
        First and last day looked at, both counted.
    outside : int
        Deployments outside these days, left out.
    rework_recorded : bool
        Whether the table says which deployments were unplanned repairs.
    """

    services: tuple[ServiceDelivery, ...]
    start: date
    end: date
    outside: int
    rework_recorded: bool

    def __iter__(self) -> Iterator[ServiceDelivery]:
        return iter(self.services)

    def __getitem__(self, service: str) -> ServiceDelivery:
        """Return one service; an unknown name raises UnknownGroupError."""
        return find_group(self.services, service, "among the deployments", named="service")

    @property
    def days(self) -> int:
        """Days looked at."""
        return (self.end - self.start).days + 1

    def to_frame(self) -> pd.DataFrame:
        """Return one row per service with the fields of `ServiceDelivery`.

        Returns
        -------
        DataFrame, shape (n_services, 17)
        """
        return pd.DataFrame([asdict(each) for each in self.services])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for what is not known."""
        made = asdict(self) | {"start": self.start.isoformat(), "end": self.end.isoformat(), "days": self.days}
        return dict(plain(made))

    def summary(self) -> str:
        """Say in plain words how often, how fast and how safely changes arrive.

        Returns
        -------
        str
            A line for each service, then the limits.

        Examples
        --------
        >>> table = pd.DataFrame(
        ...     {
        ...         "service": "payroll",
        ...         "committed_at": ["2026-03-01 09:00", "2026-03-03 09:00", "2026-03-09 09:00", "2026-03-12 09:00"],
        ...         "deployed_at": ["2026-03-02 09:00", "2026-03-05 09:00", "2026-03-10 09:00", "2026-03-15 09:00"],
        ...         "failed": [False, True, False, False],
        ...         "restored_at": [None, "2026-03-05 12:00", None, None],
        ...     }
        ... )
        >>> print(delivery_performance(table, start="2026-03-02", end="2026-03-15").summary())
        payroll: 4 changes reached users in 14 days, 2.0 a week. From a finished change to its use: 36.0 hours in the \
middle, 72.0 hours or less for 9 in 10. 1 of 4 failed and needed a quick repair (25.0%; true rates from 4.6% to 69.9% \
fit these counts). Repair took 3.0 hours in the middle.
        These figures describe how work flows, not how good it is or how hard anybody worked. They serve to compare a \
service with itself over time, never two different services or two people; made into a target they are easily gamed. \
Which deployments were unplanned repairs is not recorded, so the fifth measure, the rework rate, is not known.
        """
        lines = [self._sentence(each) for each in self.services]
        if self.outside:
            lines.append(f"{counted(self.outside, 'deployment')} outside {self.start} to {self.end} left out.")
        rework = (
            ""
            if self.rework_recorded
            else " Which deployments were unplanned repairs is not recorded, so the fifth measure, the rework rate, is "
            "not known."
        )
        lines.append(
            "These figures describe how work flows, not how good it is or how hard anybody worked. They serve to "
            "compare a service with itself over time, never two different services or two people; made into a target "
            f"they are easily gamed.{rework}"
        )
        return "\n".join(lines)

    def _sentence(self, each: ServiceDelivery) -> str:
        said = (
            f"{each.service}: {counted(each.deployments, 'change')} reached users in {self.days} days, "
            f"{each.per_week:.1f} a week."
        )
        if not math.isnan(each.lead_median_hours):
            said += (
                f" From a finished change to its use: {each.lead_median_hours:,.1f} hours in the middle, "
                f"{each.lead_p90_hours:,.1f} hours or less for 9 in 10."
            )
        if each.lead_unknown:
            said += f" {counted(each.lead_unknown, 'deployment')} without a time of commit."
        if not each.judged:
            return f"{said} Whether any failed is not recorded."
        said += (
            f" {each.failed:,} of {each.judged:,} failed and needed a quick repair ({percent(each.fail_rate)}; true "
            f"rates from {percent(each.fail_low)} to {percent(each.fail_high)} fit these counts)."
        )
        if not math.isnan(each.recovery_median_hours):
            said += f" Repair took {each.recovery_median_hours:,.1f} hours in the middle."
        if each.not_recovered:
            said += f" {counted(each.not_recovered, 'failure')} not repaired at the end."
        if not math.isnan(each.rework_rate):
            said += f" {percent(each.rework_rate)} of all deployments were unplanned repairs."
        return said

    def chart(self) -> "alt.VConcatChart":
        """Draw a row of dots for each measure, services below each other.

        Returns
        -------
        altair.VConcatChart
            Deployments a week, lead time, fail rate with its interval and recovery time. The description holds the
            summary.
        """
        from evaluators.itdata.estate._charts.services import delivery_chart  # Altair is slow to import

        return delivery_chart(self)


def delivery_performance(deployments: Any, *, start: Any = None, end: Any = None) -> DeliveryPerformance:
    """Compute DORA's measures of software delivery, service by service.

    The four measures of the early reports were deployment frequency, lead time for changes, time to restore service
    and change failure rate [1]_. DORA's names today are deployment frequency, change lead time, failed deployment
    recovery time (since 2023: only failures that a deployment caused) and change fail rate; a fifth, deployment rework
    rate, came in 2024 [2]_. Lead times are given as medians: a mean would be made by the slowest few.

    Parameters
    ----------
    deployments : table, shape (n_deployments, n_columns)
        One row for each deployment: ``service``, ``committed_at`` (may be empty), ``deployed_at``, ``failed``
        (true/false, empty: not known), ``restored_at`` (empty: not yet); a column ``rework`` (true/false: unplanned,
        to repair an incident) gives the fifth measure.
    start, end : date, optional
        First and last day, both counted; by default those of the first and last deployment of any service. Give them
        where you can: a time that begins and ends with a deployment makes the frequency a little too high.

    Returns
    -------
    DeliveryPerformance

    Raises
    ------
    MeasureError
        If a deployment comes before its commit or after its recovery, a deployment that is not said to have failed has
        a recovery, the days do not make a week, or nothing was deployed in them.
    ColumnError
        If a column is missing.

    References
    ----------
    .. [1] Forsgren, N., Humble, J., Kim, G. (2018). Accelerate, chapter 2. IT Revolution.
    .. [2] DORA (2026). DORA's software delivery performance metrics, and A history of DORA's software delivery
       metrics, 5 January 2026. dora.dev/guides/dora-metrics.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "service": ["mail", "mail"],
    ...         "committed_at": ["2026-03-02 09:00", None],
    ...         "deployed_at": ["2026-03-02 15:00", "2026-03-08 10:00"],
    ...         "failed": [False, False],
    ...         "restored_at": [None, None],
    ...     }
    ... )
    >>> found = delivery_performance(table)["mail"]
    >>> found.per_week, found.lead_median_hours, found.lead_unknown
    (2.0, 6.0, 1)
    """
    rework_recorded = has_column(deployments, "rework")
    names = ["service", "committed_at", "deployed_at", "failed", "restored_at"] + ["rework"] * rework_recorded
    frame = rows_of(deployments, *names)
    table = pd.DataFrame(
        {
            "service": labels(frame, "service"),
            "committed": moments(frame, "committed_at"),
            "deployed": moments(frame, "deployed_at", needed=True),
            "failed": flags(frame, "failed"),
            "restored": moments(frame, "restored_at"),
        }
    )
    table["rework"] = flags(frame, "rework") if rework_recorded else pd.NA
    _check(table)
    first = moment(start, "start").normalize() if start is not None else table["deployed"].min().normalize()
    last = moment(end, "end").normalize() if end is not None else table["deployed"].max().normalize()
    if (last - first).days + 1 < 7:
        raise MeasureError(
            f"From {first.date()} to {last.date()} is less than a week.", "Give start and end at least 7 days apart."
        )
    after = last + pd.Timedelta(days=1)
    inside = (table["deployed"] >= first) & (table["deployed"] < after)
    if not inside.any():
        raise MeasureError(f"Nothing was deployed from {first.date()} to {last.date()}.", "Check start and end.")
    weeks = ((last - first).days + 1) / 7
    known_until = after  # a repair after a given end was not known then
    if end is None and table["restored"].notna().any():
        known_until = max(after, table["restored"].max())
    return DeliveryPerformance(
        services=tuple(
            _measure(str(name), part, weeks, known_until) for name, part in table[inside].groupby("service", sort=True)
        ),
        start=first.date(),
        end=last.date(),
        outside=int((~inside).sum()),
        rework_recorded=rework_recorded,
    )


def _check(table: pd.DataFrame) -> None:
    fine = (table["failed"] == False).fillna(value=False).to_numpy(dtype=bool)  # noqa: E712
    unknown = table["failed"].isna().to_numpy(dtype=bool)
    for bad, what, hint in (
        (table["committed"] > table["deployed"], "is deployed before it was committed", "Are both in the same zone?"),
        (table["restored"] < table["deployed"], "is repaired before it was deployed", "Are both in the same zone?"),
        (table["restored"].notna() & fine, "has a time of repair but did not fail", "Correct one of the two."),
        (table["restored"].notna() & unknown, "has a time of repair, but not whether it failed", "Fill in failed."),
    ):
        places = np.flatnonzero(bad)
        if len(places):
            raise MeasureError(f"Row {places[0] + 1} {what} ({counted(len(places), 'such row')}).", hint)


def _measure(name: str, part: pd.DataFrame, weeks: float, known_until: pd.Timestamp) -> ServiceDelivery:
    lead = ((part["deployed"] - part["committed"]).dt.total_seconds() / 3600).dropna()
    failed = part[part["failed"].fillna(value=False).astype(bool)]
    over = (failed["restored"] <= known_until).to_numpy()
    waits = (failed["restored"].where(over, known_until) - failed["deployed"]).dt.total_seconds() / 3600
    judged = int(part["failed"].notna().sum())
    known = part["rework"].dropna().astype(bool)
    return ServiceDelivery(
        service=name,
        deployments=len(part),
        per_week=len(part) / weeks,
        lead_median_hours=float(lead.median()) if len(lead) else math.nan,
        lead_p90_hours=float(np.quantile(lead, 0.9, method="inverted_cdf")) if len(lead) else math.nan,
        lead_unknown=len(part) - len(lead),
        failed=len(failed),
        judged=judged,
        **_rate("fail", len(failed), judged),
        recovery_median_hours=wait_quantile(waits, over, 0.5),
        recovery_p90_hours=wait_quantile(waits, over, 0.9),
        not_recovered=int((~over).sum()),
        **_rate("rework", int(known.sum()), len(known)),
    )


def _rate(name: str, hits: int, known: int) -> dict[str, float]:
    low, high = wilson(hits, known)
    return {f"{name}_rate": hits / known if known else math.nan, f"{name}_low": low, f"{name}_high": high}
