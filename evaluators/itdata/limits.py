"""Limits that somebody sets for a ticket log, checked so that a machine can act on them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluators.itdata._words import percent, tickets
from evaluators.itdata.errors import MeasureError

if TYPE_CHECKING:
    from evaluators.itdata.reading import TicketExport
    from evaluators.itdata.tickets.measures import TicketMeasures

KEPT, BROKEN, UNCHECKED = "kept", "broken", "not checked"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit and what became of it.

    Parameters
    ----------
    name : str
        ``"service level"``, ``"backlog growth"`` or ``"bad rows"``.
    limit : float
        As it was set, a share (0-1; of the backlog also above).
    value : float or None
        What was found; None if it could not be found.
    result : str
        ``"kept"``, ``"broken"`` or ``"not checked"``.
    sentence : str
        The same in words.
    """

    name: str
    limit: float
    value: float | None
    result: str
    sentence: str


def check_limits(
    export: "TicketExport",
    measures: "TicketMeasures",
    *,
    sla: float | None = None,
    backlog_growth: float | None = None,
    bad_rows: float | None = None,
) -> tuple[Limit, ...]:
    """Check the limits that were set.

    Parameters
    ----------
    export : TicketExport
        For the bad rows.
    measures : TicketMeasures
        For the service level and the backlog.
    sla : float, optional
        Smallest share (0-1) of decided tickets that must have met the service level.
    backlog_growth : float, optional
        Largest growth of the backlog from the end of one whole period to the end of the next, the last two in the
        log: 0.1 is a tenth more.
    bad_rows : float, optional
        Largest number of bad cells and rows for each row read (0-1).

    Returns
    -------
    tuple of Limit

    Raises
    ------
    MeasureError
        If a limit is no such share.
    """
    for given, name, most in (
        (sla, "service level", 1.0),
        (backlog_growth, "backlog", 100.0),
        (bad_rows, "bad rows", 1.0),
    ):
        if given is not None and not 0 <= given <= most:
            raise MeasureError(f"The limit for the {name} is {given:g}.", "Give a share: 0.9 is nine in ten.")
    found = []
    if sla is not None:
        found.append(_sla(measures, sla))
    if backlog_growth is not None:
        found.append(_backlog(measures, backlog_growth))
    if bad_rows is not None:
        events = export.log.events
        rows, bad = len(export.log if events is None else events), sum(export.bad_counts.values())
        value = bad / rows
        result = KEPT if value <= bad_rows else BROKEN
        sentence = f"{bad:,} bad cells and rows in {rows:,} rows ({percent(value)}); the limit is at most"
        found.append(Limit("bad rows", bad_rows, value, result, f"{sentence} {percent(bad_rows)}."))
    return tuple(found)


def _sla(measures: "TicketMeasures", least: float) -> Limit:
    row = None if measures.sla is None else measures.sla.overall
    wanted = f"the limit is at least {percent(least)}."
    if row is None or row.share_met is None:
        why = "no ticket is decided" if row is not None else "the export does not show it"
        return Limit("service level", least, None, UNCHECKED, f"The service level was not checked: {why}; {wanted}")
    said = f"Service level met: {row.met:,} of {tickets(row.met + row.missed)} ({percent(row.share_met)})"
    result = KEPT if row.share_met >= least else BROKEN
    return Limit("service level", least, row.share_met, result, f"{said}; {wanted}")


def _backlog(measures: "TicketMeasures", most: float) -> Limit:
    whole = () if measures.flow is None else measures.flow.whole[-2:]
    wanted = f"the limit is a growth of at most {percent(most)}."
    if measures.flow is None or len(whole) < 2 or not whole[0].backlog:
        every = "period" if measures.flow is None else measures.flow.every
        why = f"the log has no two whole {every}s" if len(whole) < 2 else f"nothing was open after {whole[0].period}"
        return Limit("backlog growth", most, None, UNCHECKED, f"The backlog was not checked: {why}; {wanted}")
    before, after = whole
    value = after.backlog / before.backlog - 1
    said = (
        f"Open at the end of {before.period}: {before.backlog:,}, of {after.period}: {after.backlog:,} ({value:+.1%})"
    )
    return Limit("backlog growth", most, value, KEPT if value <= most else BROKEN, f"{said}; {wanted}")
