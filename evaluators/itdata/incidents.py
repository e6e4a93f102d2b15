"""Everything about one export in one result: what `hrlab incidents` prints, its page shows and its JSON holds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, get_args

import numpy as np
import pandas as pd

from evaluators.itdata._words import counted
from evaluators.itdata.errors import LogError, MeasureError
from evaluators.itdata.limits import BROKEN, UNCHECKED, Limit, check_limits
from evaluators.itdata.log import TICKET_LABELS, TicketLog
from evaluators.itdata.people.staff_rates import StaffReport, staff_rates
from evaluators.itdata.quality import QualityReport, check_log
from evaluators.itdata.reading import TicketExport
from evaluators.itdata.reading._fields import holds_people
from evaluators.itdata.tickets.flow import Every
from evaluators.itdata.tickets.measures import TicketMeasures, measure_tickets
from evaluators.itdata.tickets.sla import BusinessHours
from evaluators.itdata.tickets.trend import FIGURES, trend
from evaluators.itdata.tickets.xmr import XmrChart

SCHEMA = 1
SPLITS = ("priority", "group", "category", "location")
TRENDS = ("arrivals", "median_hours", "events_per_ticket", "reassignments", "sla_share")
_BASELINE = 26
_WEEKS = 160  # more points than that no chart can show
_MOST_LABELS = 1000
_FEW = 30  # tickets
_QUIET_DAYS = 14
_ON_PEOPLE = ("caller", "assigned_to")


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """Result of `report_incidents`.

    Parameters
    ----------
    export : TicketExport
        What was read, and how.
    measures : TicketMeasures
        Every measure that the export allows.
    trends : tuple of (str, XmrChart)
        Figures with their limits, by week; by month or quarter where there would be too many weeks.
    trends_lacking : dict of str to str
        Figures of which no such chart could be made, and why.
    quality : QualityReport
        What cannot be true, is doubtful or should be known.
    staff : StaffReport or None
        Rates by groups of people; None without a table of people.
    staff_file : str
        Name of the file with the people, or empty.
    limits : tuple of Limit
        Limits that were set.
    k : int
        Groups of fewer people are hidden.
    notes : tuple of str
        What makes figures shaky as a whole, and what was put together so that few people stay unknown.
    """

    export: TicketExport
    measures: TicketMeasures
    trends: tuple[tuple[str, XmrChart], ...]
    trends_lacking: Mapping[str, str]
    quality: QualityReport
    staff: StaffReport | None = None
    staff_file: str = ""
    limits: tuple[Limit, ...] = ()
    k: int = 5
    notes: tuple[str, ...] = field(default=())

    @property
    def broken(self) -> tuple[Limit, ...]:
        """Limits that are broken."""
        return tuple(each for each in self.limits if each.result == BROKEN)

    @property
    def unchecked(self) -> tuple[Limit, ...]:
        """Limits that could not be checked."""
        return tuple(each for each in self.limits if each.result == UNCHECKED)

    def to_frame(self) -> pd.DataFrame:
        """Return the main figures; see `TicketMeasures.to_frame`."""
        return self.measures.to_frame()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, under the number of their schema; no person, caller or resolver is in it."""
        reading = self.export.to_dict()
        for row in reading["bad_rows"]:
            row["value"] = self.shown_value(row["column"], row["value"])
        return {
            "schema": SCHEMA,
            "reading": reading,
            "measures": self.measures.to_dict(),
            "trends": {name: chart.to_dict() for name, chart in self.trends},
            "trends_lacking": dict(self.trends_lacking),
            "quality": self.quality.to_dict(),
            "staff": None if self.staff is None else {"file": self.staff_file, **self.staff.to_dict()},
            "limits": [asdict(each) for each in self.limits],
            "k": self.k,
            "notes": list(self.notes),
        }

    def shown_value(self, column: str, value: str) -> str:
        """Return what stands in a bad cell, unless it may name a person; empty if so.

        A whole row, a caller or a resolver is never shown. Of other cells those are that look like times or numbers:
        where cells have slipped, a name can stand in any column.
        """
        people = {self.export.columns.get(name) for name in _ON_PEOPLE}
        looks_like_a_figure = re.search(r"\d", value) and not re.search(r"[^\W\d_]{4}", value)
        return value if column and column not in people and looks_like_a_figure else ""

    def summary(self) -> str:
        """Say everything in plain words.

        Returns
        -------
        str
            Lines of text.
        """
        lines = [*self.measures.summary().splitlines(), *self.notes]
        lines += [line for each in self.trends for line in each[1].summary().splitlines()[:2]]
        lines += self.quality.summary().splitlines()
        if self.staff is not None:
            lines += self.staff.summary().splitlines()
        return "\n".join([*lines, *(each.sentence for each in self.limits)])


def report_incidents(
    export: TicketExport,
    *,
    by: Sequence[str] = (),
    targets: Mapping[str, float] | None = None,
    business_hours: BusinessHours | None = None,
    every: Every = "month",
    steps: Sequence[str] = (),
    people: pd.DataFrame | None = None,
    people_file: str = "",
    people_key: str = "employee_id",
    per: Sequence[str] = (),
    hired: str | None = None,
    left: str | None = None,
    k: int = 5,
    fail_under_sla: float | None = None,
    fail_backlog_growth: float | None = None,
    fail_bad_rows: float | None = None,
) -> IncidentReport:
    r"""Measure an export, follow it over time, check it, and join it to people if a table of them is given.

    Nothing about a single caller or resolver is in the result: they are counted, never listed. Locations with fewer
    than `k` callers, and those whose group is hidden among the people, are put together.

    Parameters
    ----------
    export : TicketExport
        From `read_tickets`.
    by : sequence of str
        Of ``"priority"``, ``"group"``, ``"category"`` and ``"location"``: how waiting and handling are split.
    targets, business_hours
        As in `measure_sla`.
    every : str
        Periods of arrivals, closures and backlog.
    steps : sequence of str
        Dates at which something is known to have changed: the limits of trends start afresh there.
    people : DataFrame, optional
        One row a person.
    people_file : str
        Name of its file, for the page.
    people_key, per, hired, left, k
        As in `staff_rates`.
    fail_under_sla, fail_backlog_growth, fail_bad_rows : float, optional
        As in `check_limits`.

    Returns
    -------
    IncidentReport

    Raises
    ------
    MeasureError, JoinError, ColumnError
        If a setting does not fit the data.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from evaluators.itdata.reading import read_tickets
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "list.csv")
    ...     _ = file.write_text("Number,Opened,Resolved,Location\n1,2026-03-02,2026-03-03,Cork\n", encoding="utf-8")
    ...     report = report_incidents(read_tickets(file), by=["location"])
    >>> report.measures.resolve.overall.median, report.measures.resolve_by[0].rows[0].label
    (24.0, '(1 small place)')
    """
    for name in by:
        if name not in SPLITS:
            hint = f"Choose of: {', '.join(SPLITS)}."
            if name in _ON_PEOPLE or name == "resolver":
                hint += " People are not listed on purpose: this is not a tool to watch them at work."
            raise MeasureError(f"Tickets are not split by {name!r}.", hint, "by")
    if every not in get_args(Every):
        raise MeasureError(f"There is no period {every!r}.", f"Choose one of: {', '.join(get_args(Every))}.", "every")
    if k < 2:
        raise MeasureError(f"Groups of fewer than {k} people cannot be hidden.", "Give 5, 10 or the like.", "k")
    if business_hours is not None and not targets:
        raise MeasureError("Business hours were given without targets.", "Give both: the clock is for them.", "targets")
    for name in by:
        if export.log.has(name) and len(export.log.tickets[name].cat.categories) > _MOST_LABELS:
            raise MeasureError(
                f"Tickets cannot be split by {name}: it has {len(export.log.tickets[name].cat.categories):,} different "
                "values.",
                f"More than {_MOST_LABELS:,} nobody reads. Choose another column, or put values together first.",
                "by",
            )
    for step in steps:
        _check_day(step)
    if people is None and per:
        raise MeasureError(
            f"Rates per {per[0]} need a table of people.", "Give one, with a key that callers share.", "people"
        )
    _check_mapping(export)
    log = export.log
    staff = None
    if people is not None:
        if not per:
            raise MeasureError(
                "Which groups of people are to be compared was not said.",
                f"Name a column of the table of people: {', '.join(map(str, people.columns))}.",
                "per",
            )
        staff = staff_rates(log, people, per=per, people_key=people_key, k=k, hired=hired, left=left)
    notes: list[str] = []
    if log.has("location"):
        small = {group for each in (staff.rates if staff else ()) for group in each.hidden}
        log = without_small_places(log, k, small, notes)
    measures = measure_tickets(
        log, targets=targets, by=tuple(dict.fromkeys(by)), business_hours=business_hours, every=every
    )
    for name in by:
        if f"time to resolve by {name}" in measures.lacking and f"handling by {name}" in measures.lacking:
            raise MeasureError(f"The tickets cannot be split by {name}.", measures.lacking[f"handling by {name}"])
    trends, lacking = _trends(export.log, steps)
    known = tuple(notes) if "location" in by else ()
    return IncidentReport(
        export=export,
        measures=measures,
        trends=trends,
        trends_lacking=lacking,
        quality=_without_people(check_log(log)),
        staff=staff,
        staff_file=people_file,
        limits=check_limits(
            export, measures, sla=fail_under_sla, backlog_growth=fail_backlog_growth, bad_rows=fail_bad_rows
        ),
        k=k,
        notes=(*_few_or_cut(export.log), *known),
    )


def _few_or_cut(log: TicketLog) -> list[str]:
    """Say what makes figures shaky as a whole: few tickets, or a log that goes on after its last opening."""
    notes, last = list[str](), log.tickets["opened_at"].max()
    if len(log) < _FEW:
        notes.append(
            f"With {'1 ticket' if len(log) == 1 else f'{len(log)} tickets'}, one more can change every figure."
        )
    if (days := (log.as_of - last).days) >= _QUIET_DAYS:
        notes.append(
            f"No ticket was opened after {last.tz_convert(log.time_zone):%Y-%m-%d}, {days:,} days before the log ends. "
            "Probably only tickets opened until then were exported: that none came in later means nothing, and the "
            "backlog lacks them."
        )
    return notes


def _check_mapping(export: TicketExport) -> None:
    """Refuse a column of people in the place of a label, which would list them."""
    for name in TICKET_LABELS:
        column = export.columns.get(name)
        if column is None or name in _ON_PEOPLE:
            continue
        if holds_people(column):
            raise MeasureError(
                f"The column {column!r} holds people and cannot be read as {name}.",
                "Choose another column, or leave it out: this is not a tool to watch people at work.",
                f"mapping[{name}]",
            )


def _check_day(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise MeasureError(f"The step {text!r} is no day.", "Write it as 2026-03-31.", "steps") from error


def _trends(log: TicketLog, steps: Sequence[str]) -> tuple[tuple[tuple[str, XmrChart], ...], dict[str, str]]:
    """Chart each figure by week (long logs by month or quarter); the first half, at most 26, makes the limits."""
    made, lacking = [], dict[str, str]()
    weeks = (log.as_of - log.since).days / 7
    every = next(
        name for name, most in (("week", _WEEKS), ("month", 4.3 * _WEEKS), ("quarter", np.inf)) if weeks < most
    )
    for figure in TRENDS:
        try:
            first = trend(log, figure=figure, every=every)
            many = min(_BASELINE, len(first.points) // 2)
            base = None if steps or many < 10 else many
            again = bool(base or steps)
            made.append(
                (figure, trend(log, figure=figure, every=every, baseline=base, steps=steps) if again else first)
            )
        except MeasureError as error:
            if steps and "step" in error.problem:
                raise
            lacking[FIGURES[figure].title] = error.problem
    return tuple(made), lacking


def without_small_places(log: TicketLog, k: int, hidden: set[str], notes: list[str]) -> TicketLog:
    """Put together locations with fewer than k callers (or tickets, where callers are unknown)."""
    places = log.tickets["location"]
    codes, names = places.cat.codes.to_numpy(), [str(each) for each in places.cat.categories]
    people = log.tickets["caller"].cat.codes.to_numpy() if log.has("caller") else np.arange(len(log))
    known = (codes >= 0) & (people >= 0)
    pairs = pd.DataFrame({"place": codes[known], "caller": people[known]}).drop_duplicates()
    callers = np.bincount(pairs["place"], minlength=len(names))
    used = np.bincount(codes[codes >= 0], minlength=len(names)) > 0
    folded = {each.strip().casefold() for each in hidden}
    small = used & ((callers < k) | np.array([name.strip().casefold() in folded for name in names], dtype=bool))
    if not small.any():
        return log
    for place in np.argsort(callers, kind="stable"):  # one alone, or too few people, would still be known
        if small.sum() >= 2 and len(pairs[pairs["place"].isin(np.flatnonzero(small))]["caller"].unique()) >= k:
            break
        small[place] |= bool(used[place])
    many = int(small.sum())
    pooled = f"({counted(many, 'small place')})"
    if pooled in names:
        raise LogError(f"A location is called {pooled!r}.", "Give it another name.")
    text = places.astype(object).where(~np.isin(codes, np.flatnonzero(small)), pooled)
    notes.append(
        f"{many:,} locations are put together, since fewer than {k} people called from there or their group is hidden."
    )
    return replace(log, tickets=log.tickets.assign(location=text.astype("category")))


def _without_people(report: QualityReport) -> QualityReport:
    """Return the findings without any that quote a caller or a resolver."""
    kept = [
        replace(each, examples=(), message=f"{each.column}: always the same, so it tells nothing apart")
        if each.column in _ON_PEOPLE and each.check == "constant"
        else each
        for each in report.findings
    ]
    return replace(report, findings=tuple(kept))
