"""Was the promise kept? Service levels met by priority, with the definition beside the figure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators._wilson import wilson
from evaluators.itdata._words import percent, tickets
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._business_hours import BusinessHours as BusinessHours
from evaluators.itdata.tickets._ticket_times import ALL, STEPS, check_confidence, labels_of, over, reached, row_of

if TYPE_CHECKING:
    import altair as alt

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class SlaRow:
    """The service level of some tickets.

    Parameters
    ----------
    label : str
        Which tickets.
    target_hours : float or None
        The promise in hours; None where the export's own mark decides.
    tickets : int
        Tickets counted: met, missed or not yet known.
    met, missed, not_yet_known : int
        Kept in time; not kept, open ones past their target among them; open and not yet due.
    share_met : float or None
        Met of met and missed (0-1); None if nothing is known.
    low, high : float or None
        Wilson's range of shares that fit the counts.
    """

    label: str
    target_hours: float | None
    tickets: int
    met: int
    missed: int
    not_yet_known: int
    share_met: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class SlaMeasure:
    """Result of `measure_sla`.

    Parameters
    ----------
    definition : str
        What "met" means here, in words.
    by : str
        The label that splits the tickets.
    overall : SlaRow
        All tickets counted.
    rows : tuple of SlaRow
        One for each label, in the labels' order.
    confidence : float
        Share (0-1) of such intervals that hold the true share.
    notes : tuple of str
        Tickets that were left out, and why.
    """

    definition: str
    by: str
    overall: SlaRow
    rows: tuple[SlaRow, ...]
    confidence: float
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[SlaRow]:
        return iter(self.rows)

    def of(self, label: str) -> SlaRow:
        """Return the row of one label.

        Raises
        ------
        MeasureError
            If there is no such label.
        """
        return row_of((self.overall, *self.rows), label)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for all tickets and one for each label.

        Returns
        -------
        DataFrame, shape (1 + n_labels, 9)
            The fields of `SlaRow`.
        """
        frame = pd.DataFrame([asdict(row) for row in (self.overall, *self.rows)])
        return frame.astype(dict.fromkeys(("target_hours", "share_met", "low", "high"), "float64"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are not known."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how often the promise was kept, what it was, and what that does not show.

        Returns
        -------
        str
            Lines of text.

        Examples
        --------
        >>> from evaluators.itdata.log import ticket_log
        >>> table = pd.DataFrame({"number": list("abcd"), "opened_at": ["2026-03-02 08:00"] * 3 + ["2026-03-03 07:00"],
        ...     "resolved_at": ["2026-03-02 11:00", "2026-03-02 13:00", None, None], "priority": "P2"})
        >>> log = ticket_log(table, as_of="2026-03-03 08:00")
        >>> print(measure_sla(log, targets={"P2": 4}).summary())
        Met means: from opening to resolution within 4 hours (P2). The clock runs day and night, weekends too.
        Met: 1 of 3 tickets (33.3%, likely 6.1% to 79.2%); 1 open ticket is not yet due and counts neither way.
        P2: 33.3% of 3.
        A promise kept is not a person helped: clocks can be paused, tickets closed early, and a mild target is easy \
to meet. Read the waiting times beside it.
        """
        row = self.overall
        lines = [f"Met means: {self.definition}", f"Met: {self._counted(row)}."]
        known = [each for each in self.rows if each.share_met is not None]
        if known:
            shares = "; ".join(
                f"{each.label}: {percent(each.share_met)} of {each.met + each.missed:,}" for each in known[:8]
            )
            lines.append(f"{shares}.")
        lines += self.notes
        lines.append(
            "A promise kept is not a person helped: clocks can be paused, tickets closed early, and a mild target is "
            "easy to meet. Read the waiting times beside it."
        )
        return "\n".join(lines)

    def _counted(self, row: SlaRow) -> str:
        if row.share_met is None:
            return (
                f"not known: of {tickets(row.tickets)} none is decided"
                if row.tickets
                else "there is no ticket to count"
            )
        known = row.met + row.missed
        said = (
            f"{row.met:,} of {tickets(known)} ({percent(row.share_met)}, likely {percent(row.low)} to "
            f"{percent(row.high)})"
        )
        if row.not_yet_known:
            one = row.not_yet_known == 1
            said += (
                f"; {row.not_yet_known:,} open ticket{' is' if one else 's are'} not yet due and "
                f"count{'s' if one else ''} neither way"
            )
        return said

    def chart(self) -> "alt.LayerChart":
        """Draw the share met by label, with its range.

        Returns
        -------
        altair.LayerChart
            A dot and a line for each of the twelve largest labels. The description holds the summary.

        Raises
        ------
        MeasureError
            If no ticket is decided.
        """
        if self.overall.share_met is None:
            raise MeasureError("No ticket is decided, so there is nothing to draw.", "Wait, or set a shorter target.")
        from evaluators.itdata.tickets._charts.sla import sla_chart  # Altair is slow to import

        return sla_chart(self)


def measure_sla(
    log: TicketLog,
    *,
    targets: Mapping[str, float] | None = None,
    by: str = "priority",
    until: str = "resolved_at",
    business_hours: BusinessHours | None = None,
    confidence: float = 0.95,
) -> SlaMeasure:
    """Count how often a service level was met.

    Without `targets` the export's own mark decides (``sla_met``): how that was counted, with which clock and
    pauses, only those know who set it up. With targets a ticket is met if the time from opening is at most the
    target of its priority. An open ticket past its target is missed; an open one that is not yet due is not yet
    known and never counts as met. Ranges are Wilson's [1]_.

    Parameters
    ----------
    log : TicketLog, n_tickets
        The tickets.
    targets : dict of str to float, optional
        Hours by priority, such as ``{"P1": 4, "P2": 8}``. Tickets of other priorities are left out and counted.
    by : str
        The label that splits the tickets; targets go by priority whatever this is.
    until : str
        With targets: ``"resolved_at"``, ``"responded_at"`` or ``"closed_at"``.
    business_hours : BusinessHours, optional
        With targets: when the clock runs. By default always.
    confidence : float
        Share (0-1) of such intervals that hold the true share.

    Returns
    -------
    SlaMeasure

    Raises
    ------
    MeasureError
        If the export has neither mark nor the times, a target is no number of hours above 0, none fits a
        ticket, or business hours come without targets.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable Inference, the Law of Succession, and Statistical Inference. Journal of the
       American Statistical Association 22(158), 209-212.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> table = pd.DataFrame({"number": ["a", "b"], "opened_at": ["2026-03-02 08:00"] * 2, "priority": ["P1", "P3"],
    ...                       "sla_met": [False, True], "resolved_at": ["2026-03-03 08:00"] * 2})
    >>> measure_sla(ticket_log(table)).of("P3").share_met
    1.0
    """
    check_confidence(confidence)
    codes, labels = labels_of(log, by)
    notes: list[str] = []
    hours_by: Mapping[str, float] = {}
    if targets is None:
        if business_hours is not None:
            raise MeasureError("Business hours were given without targets.", 'Give both: targets={"P1": 4, …}.')
        met, missed, unsure = marked(log, notes)
        definition = (
            "the export's own mark says so (sla_met). Which clock, pauses and targets it used, the export does not say."
        )
    else:
        hours_by = _checked(targets, log)
        met, missed, unsure = _timed(log, hours_by, until, business_hours, notes)
        clock = (
            f"The clock runs {business_hours.in_words()}, time of {log.time_zone}."
            if business_hours
            else "The clock runs day and night, weekends too."
        )
        promise = ", ".join(f"{hours:,g} hour{'' if hours == 1 else 's'} ({name})" for name, hours in hours_by.items())
        definition = f"from opening to {STEPS[until]} within {promise}. {clock}"
    counts = [np.bincount(codes[mask], minlength=len(labels)) for mask in (met, missed, unsure)]
    rows = []
    for place, label in enumerate(labels):
        three = [int(each[place]) for each in counts]
        if sum(three):
            rows.append(_row(label, hours_by.get(label) if by == "priority" else None, three, confidence))
    overall = _row(ALL, None, [int(each.sum()) for each in counts], confidence)
    return SlaMeasure(definition, by, overall, tuple(rows), confidence, tuple(notes))


def marked(log: TicketLog, notes: list[str]) -> tuple["np.typing.NDArray[np.bool_]", ...]:
    """Say of each ticket whether the export's mark makes it met, missed or not yet known; add what to note.

    An open ticket marked as met is not yet known; one marked as not met is missed already.

    Raises
    ------
    MeasureError
        If the export has no such mark.
    """
    flag = log.tickets["sla_met"]
    if flag.isna().all():
        raise MeasureError(
            "The export has no mark that says whether the service level was met (sla_met).",
            'Export it ("Made SLA"), or give your own targets in hours: targets={"P1": 4, …}.',
        )
    later = (log.tickets["opened_at"] > log.as_of).to_numpy()
    if later.any():
        number = int(later.sum())
        notes.append(f"{tickets(number)} {'was' if number == 1 else 'were'} opened after the end of the log: left out.")
    marks = flag.notna().to_numpy()
    known = marks & ~later
    yes = flag.fillna(False).to_numpy(dtype=bool)
    ends = log.tickets[["resolved_at", "closed_at"]].min(axis=1)
    ended = (ends.notna() & (ends <= log.as_of)).to_numpy() | over(log, "resolved_at")
    if not any(log.has(name) for name in ("resolved_at", "closed_at", "state")):  # its marks are all there is
        ended = np.ones(len(log), dtype=bool)
        notes.append("The export does not say which tickets are over, so a mark of an open ticket may still change.")
    if not marks.all():
        notes.append(f"{tickets(int((~marks).sum()))} without a mark: left out.")
    return known & yes & ended, known & ~yes, known & yes & ~ended


def _timed(
    log: TicketLog, targets: Mapping[str, float], until: str, business: BusinessHours | None, notes: list[str]
) -> tuple["np.typing.NDArray[np.bool_]", ...]:
    found = reached(log, until)
    codes, names = labels_of(log, "priority")
    target = np.array([targets.get(name, np.nan) for name in names])[codes]
    without = np.isnan(target)
    usable = (found.there | found.waiting) & ~without
    hours = found.hours
    if business is not None:
        ends = log.tickets[until].where(pd.Series(found.there, index=log.tickets.index), log.as_of)
        ends = ends.where(pd.Series(found.there | found.waiting, index=log.tickets.index))
        hours = business.between(log.tickets["opened_at"], ends, log.time_zone)
    late = np.where(usable, hours, 0.0) > np.where(usable, target, 0.0) + _ROUNDING
    if without.any():
        notes.append(f"{tickets(int(without.sum()))} of a priority without a target: left out.")
    notes += found.left_out()
    return usable & found.there & ~late, usable & late, usable & found.waiting & ~late


def _checked(targets: Mapping[str, float], log: TicketLog) -> dict[str, float]:
    _, present = labels_of(log, "priority")
    for name, hours in targets.items():
        if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours < float("inf"):
            raise MeasureError(f"The target of {name!r} is {hours!r}.", 'Give hours above 0: {"P1": 4, "P2": 8}.')
    named = {str(name): float(hours) for name, hours in targets.items()}
    if not set(named) & set(present):
        raise MeasureError(
            f"No ticket has a priority of your targets ({', '.join(named) or 'none given'}).",
            f"The priorities are: {', '.join(present)}.",
        )
    return named


def _row(label: str, target: float | None, three: list[int], confidence: float) -> SlaRow:
    met, missed, unsure = three
    known = met + missed
    low, high = wilson(met, known, confidence) if known else (None, None)
    return SlaRow(label, target, met + missed + unsure, met, missed, unsure, met / known if known else None, low, high)
