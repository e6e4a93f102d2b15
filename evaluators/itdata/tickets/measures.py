"""All measures of a ticket log in one result: what a command prints and a report shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import pandas as pd

from evaluators.itdata._words import at_most, counted, hours_in_words, percent, tickets
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TICKET_LABELS, TicketLog
from evaluators.itdata.tickets._ticket_times import check_tickets
from evaluators.itdata.tickets.durations import Durations, measure_durations
from evaluators.itdata.tickets.flow import Every, Flow, measure_flow
from evaluators.itdata.tickets.handling import Handling, measure_handling
from evaluators.itdata.tickets.paths import PathMap, path_map
from evaluators.itdata.tickets.sla import BusinessHours, SlaMeasure, measure_sla

Measured = TypeVar("Measured")


@dataclass(frozen=True, slots=True)
class TicketMeasures:
    """Result of `measure_tickets`. A measure that the export does not allow is None; `lacking` says why.

    Parameters
    ----------
    tickets : int
        Tickets in the log.
    events : int or None
        Rows of events; None where the export has one row a ticket.
    first_opened, as_of : str
        The first opening and the end of the log, in ISO form and local time.
    time_zone : str
        Where days and hours are counted.
    respond, resolve, close : Durations or None
        Times to the first response, to resolution and to closing; by priority where the export has it.
    resolve_by : tuple of Durations
        Time to resolution by each label asked for.
    sla : SlaMeasure or None
        Service level met.
    flow : Flow or None
        Arrivals, closures and backlog.
    handling : Handling or None
        Passed on, passed back, reopened, resolved at the first contact.
    handling_by : tuple of Handling
        The same by each label asked for.
    group_path, state_path : PathMap or None
        The way from group to group, and from state to state.
    lacking : dict of str to str
        Measures that this export does not allow, and why.
    notes : tuple of str
        What was found out or repaired while reading.
    """

    tickets: int
    events: int | None
    first_opened: str
    as_of: str
    time_zone: str
    respond: Durations | None
    resolve: Durations | None
    close: Durations | None
    resolve_by: tuple[Durations, ...]
    sla: SlaMeasure | None
    flow: Flow | None
    handling: Handling | None
    handling_by: tuple[Handling, ...]
    group_path: PathMap | None
    state_path: PathMap | None
    lacking: Mapping[str, str]
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the main figures, one row each.

        Returns
        -------
        DataFrame, shape (n_figures, 3)
            ``figure``, ``value`` and ``unit``; NaN where a figure is not known.
        """
        rows: list[tuple[str, float | None, str]] = [("tickets", self.tickets, "tickets")]
        if self.events is not None:
            rows.append(("rows of events", self.events, "rows"))
        for name in ("respond", "resolve", "close"):
            found: Durations | None = getattr(self, name)
            if found is not None:
                row = found.overall
                rows += [(f"time to {name}, {each}", getattr(row, each), "hours") for each in ("median", "p75", "p90")]
                rows.append((f"time to {name}, mean", row.mean, "hours"))
        if self.sla is not None:
            rows.append(("service level met", self.sla.overall.share_met, "share"))
        if self.flow is not None:
            rows.append(("open at the end", self.flow.rows[-1].backlog, "tickets"))
            rows.append(("median age of open tickets", self.flow.rows[-1].median_age, "hours"))
        if self.handling is not None:
            row_of = self.handling.overall
            rows.append(("reassignments a ticket, mean", row_of.mean_reassignments, "times"))
            for name in ("reassigned", "ping_pong", "reopened", "first_contact"):
                rows.append((name.replace("_", " "), getattr(row_of, name).share, "share"))
        frame = pd.DataFrame(rows, columns=["figure", "value", "unit"])
        return frame.astype({"value": "float64"})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for measures and figures that are not known."""
        from evaluators._plain import plain

        found: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if hasattr(value, "to_dict"):
                found[each.name] = value.to_dict()
            elif each.name.endswith("_by"):
                found[each.name] = [one.to_dict() for one in value]
            else:
                found[each.name] = plain(value)
        return found

    def summary(self) -> str:
        """Say the main figures in plain words, and what the export does not show.

        Returns
        -------
        str
            Lines of text.

        Examples
        --------
        >>> from evaluators.itdata.log import ticket_log
        >>> table = pd.DataFrame({"number": list("abc"), "opened_at": ["2026-03-02 08:00"] * 3,
        ...     "resolved_at": ["2026-03-02 09:00", "2026-03-02 10:00", None]})
        >>> print(measure_tickets(ticket_log(table, as_of="2026-03-04")).summary())
        3 tickets in 3 rows: a row is a ticket. Opened from 2026-03-02; the log ends on 2026-03-04 (UTC).
        Half of all tickets are resolved within 2 hours, nine in ten (not known, too many still wait).
        1 ticket is open at the end; half of the open tickets are 40 hours old or older.
        This export does not show: time to respond, time to close, service level, handling, path by group, path by \
state.
        These figures describe tickets. They do not say how people are, and people who gave up leave no ticket.
        """
        if self.events is None:
            rows = f"{counted(self.tickets, 'row')}: a row is a ticket."
        else:
            each = self.events / self.tickets
            rows = (
                f"{counted(self.events, 'row')}: a row is an event, something that happened to "
                f"a ticket, {each:.1f} a ticket on average."
            )
        lines = [
            f"{tickets(self.tickets)} in {rows} Opened from {self.first_opened[:10]}; the log ends on "
            f"{self.as_of[:10]} ({self.time_zone})."
        ]
        if self.respond is not None:
            lines.append(f"Half of all tickets get a first response {_within(self.respond.overall.median)}.")
        if self.resolve is not None:
            row = self.resolve.overall
            lines.append(
                f"Half of all tickets are resolved {_within(row.median)}."
                if row.p90 is None and row.median is None
                else f"Half of all tickets are resolved {_within(row.median)}, nine in ten {_within(row.p90)}."
            )
            known = [each for each in self.resolve.rows if each.median is not None][:6]
            if known:
                said = "; ".join(
                    f"{each.label}: {at_most(each.median)} ({tickets(each.tickets)})"
                    for each in sorted(known, key=lambda each: each.label)
                )
                lines.append(f"Half are resolved within, by priority: {said}.")
        if self.sla is not None and self.sla.overall.share_met is not None:
            lines.append(f"Service level met: {percent(self.sla.overall.share_met)}. Met means: {self.sla.definition}")
        if self.flow is not None:
            lines.append(self._open(self.flow))
        if self.handling is not None:
            lines += self._handled(self.handling)
        if self.group_path is not None:
            way = self.group_path.variants[0]
            lines.append(
                f"The commonest way: {' → '.join(way.places[:8])} ({way.share:.1%} of tickets; "
                f"{counted(self.group_path.all_variants, 'different way')})."
            )
        if self.lacking:
            lines.append(f"This export does not show: {', '.join(self.lacking)}.")
        lines += self.notes
        lines.append(
            "These figures describe tickets. They do not say how people are, and people who gave up leave no ticket."
        )
        return "\n".join(lines)

    def _open(self, flow: Flow) -> str:
        last = flow.rows[-1]
        if not last.backlog:
            return (
                "No ticket is open at the end. If only finished tickets were exported, the longest waits are missing."
            )
        return (
            f"{tickets(last.backlog)} {'is' if last.backlog == 1 else 'are'} open at the end; half of the open tickets "
            f"are {hours_in_words(last.median_age)} old or older."
        )

    def _handled(self, handling: Handling) -> list[str]:
        row = handling.overall
        parts = [
            f"{words}: {percent(share.share)}"
            for words, share in (
                ("passed on to another group", row.reassigned),
                ("came back to a group they had just left", row.ping_pong),
                ("reopened", row.reopened),
                ("resolved at the first contact", row.first_contact),
            )
            if share.share is not None
        ]
        return [f"Of the tickets, {'; '.join(parts)}."] if parts else []


def measure_tickets(
    log: TicketLog,
    *,
    targets: Mapping[str, float] | None = None,
    by: str | Sequence[str] = (),
    business_hours: BusinessHours | None = None,
    every: Every = "month",
) -> TicketMeasures:
    """Take every measure that the log allows; what it lacks is said, not invented.

    Parameters
    ----------
    log : TicketLog, n_tickets
        The tickets.
    targets : dict of str to float, optional
        Hours by priority for the service level; by default the export's own mark.
    by : str or sequence of str
        Further labels, such as ``"location"``, by which resolution and handling are shown.
    business_hours : BusinessHours, optional
        With targets: when their clock runs.
    every : str
        Periods of the flow: ``"day"``, ``"week"`` or ``"month"``.

    Returns
    -------
    TicketMeasures

    Raises
    ------
    MeasureError
        If there is no ticket, or `targets` or `by` do not fit the log.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> table = pd.DataFrame({"number": ["a"], "opened_at": ["2026-03-02 08:00"], "resolved_at": ["2026-03-02 09:00"]})
    >>> measure_tickets(ticket_log(table)).resolve.overall.median
    1.0
    """
    check_tickets(log)
    labels = (by,) if isinstance(by, str) else tuple(by)
    for label in labels:
        if label not in TICKET_LABELS:
            raise MeasureError(f"Tickets have no label {label!r}.", f"Choose one of: {', '.join(TICKET_LABELS)}.")
    lacking: dict[str, str] = {}

    def attempt(name: str, measure: Callable[[], Measured]) -> Measured | None:
        try:
            return measure()
        except MeasureError as error:
            lacking[name] = error.problem
            return None

    priority = "priority" if log.tickets["priority"].notna().any() else None
    times = {
        name: attempt(f"time to {name}", lambda until=until: measure_durations(log, until=until, by=priority))  # type: ignore[misc]
        for name, until in (("respond", "responded_at"), ("resolve", "resolved_at"), ("close", "closed_at"))
    }
    if targets is not None:  # what the caller asked for and cannot have is an error, not a gap
        sla: SlaMeasure | None = measure_sla(log, targets=targets, business_hours=business_hours)
    elif business_hours is not None:
        raise MeasureError("Business hours were given without targets.", 'Give both: targets={"P1": 4, …}.')
    else:
        work = [name for name in TICKET_LABELS if name not in ("caller", "assigned_to")]  # never by person, unasked
        split = priority or next((name for name in work if log.tickets[name].notna().any()), "priority")
        sla = attempt("service level", lambda: measure_sla(log, by=split))
    resolve_by = [
        attempt(f"time to resolve by {label}", lambda label=label: measure_durations(log, by=label))  # type: ignore[misc]
        for label in labels
    ]
    handling_by = [
        attempt(f"handling by {label}", lambda label=label: measure_handling(log, by=label))  # type: ignore[misc]
        for label in labels
    ]
    zone = log.time_zone
    return TicketMeasures(
        tickets=len(log),
        events=None if log.events is None else len(log.events),
        first_opened=log.tickets["opened_at"].min().tz_convert(zone).isoformat(),
        as_of=log.as_of.tz_convert(zone).isoformat(),
        time_zone=zone,
        respond=times["respond"],
        resolve=times["resolve"],
        close=times["close"],
        resolve_by=tuple(each for each in resolve_by if each is not None),
        sla=sla,
        flow=attempt("flow", lambda: measure_flow(log, every=every)),
        handling=attempt("handling", lambda: measure_handling(log)),
        handling_by=tuple(each for each in handling_by if each is not None),
        group_path=attempt("path by group", lambda: path_map(log)),
        state_path=attempt("path by state", lambda: path_map(log, by="state")),
        lacking=lacking,
        notes=log.notes,
    )


def _within(hours: float | None) -> str:
    return f"within {at_most(hours)}" if hours is not None else "(not known, too many still wait)"
