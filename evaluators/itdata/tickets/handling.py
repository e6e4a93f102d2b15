"""How tickets are handled: passed on, passed back, reopened, or solved at the first contact."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators._wilson import wilson
from evaluators.itdata._words import percent, tickets
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._ticket_times import (
    ALL,
    BoolArray,
    FloatArray,
    IntArray,
    check_confidence,
    check_tickets,
    labels_of,
    quantiles,
    reached,
    row_of,
)
from evaluators.itdata.tickets._visits import visits

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class TicketShare:
    """A share of tickets with the range that fits the counts.

    Parameters
    ----------
    count, of : int
        Tickets with it, of tickets for which it is known.
    share, low, high : float or None
        Share (0-1) and Wilson's range; None if it is known of no ticket.
    """

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None

    def in_words(self) -> str:
        """Say the share with its range."""
        if self.share is None:
            return "not known"
        return (
            f"{percent(self.share)} ({self.count:,} of {self.of:,}, likely {percent(self.low)} to {percent(self.high)})"
        )


@dataclass(frozen=True, slots=True)
class HandlingRow:
    """How some tickets were handled. A figure that the export does not show is None.

    Parameters
    ----------
    label : str
        Which tickets.
    tickets : int
        How many.
    reassigned : TicketShare
        Passed on to another group at least once.
    mean_reassignments, p90_reassignments, max_reassignments : float or None
        How often a ticket was passed on.
    ping_pong : TicketShare
        Came back to a group it had just left (A, then B, then A again) at least once; needs events.
    returns : int
        How many such returns there were.
    reopened : TicketShare
        Taken up again after it had been resolved.
    first_contact : TicketShare
        Resolved at the first contact, of all resolved; see `Handling.first_contact_means`.
    """

    label: str
    tickets: int
    reassigned: TicketShare
    mean_reassignments: float | None
    p90_reassignments: float | None
    max_reassignments: float | None
    ping_pong: TicketShare
    returns: int
    reopened: TicketShare
    first_contact: TicketShare


@dataclass(frozen=True, slots=True)
class Handling:
    """Result of `measure_handling`.

    Parameters
    ----------
    by : str
        The label that splits the tickets, or empty.
    overall : HandlingRow
        All tickets.
    rows : tuple of HandlingRow
        One for each label, most tickets first; empty without `by`.
    first_contact_means : str
        The definition of "resolved at the first contact", as far as this export allows it.
    confidence : float
        Share (0-1) of such intervals that hold the true share.
    notes : tuple of str
        What the export does not show.
    """

    by: str
    overall: HandlingRow
    rows: tuple[HandlingRow, ...]
    first_contact_means: str
    confidence: float
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[HandlingRow]:
        return iter(self.rows)

    def of(self, label: str) -> HandlingRow:
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
        DataFrame, shape (1 + n_labels, 26)
            The fields of `HandlingRow`; a share becomes ``…_count``, ``…_of``, ``…_share``, ``…_low`` and ``…_high``.
        """
        flat = []
        for row in (self.overall, *self.rows):
            record: dict[str, Any] = {}
            for name, value in asdict(row).items():
                record |= (
                    {f"{name}_{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
                )
            flat.append(record)
        frame = pd.DataFrame(flat)
        numbers = [name for name in frame if str(name).endswith(("_share", "_low", "_high", "_reassignments"))]
        return frame.astype(dict.fromkeys(numbers, "float64"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are not known."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how tickets are passed around, and what that does not show.

        Returns
        -------
        str
            Lines of text.

        Examples
        --------
        >>> from evaluators.itdata.log import ticket_log
        >>> table = pd.DataFrame({"number": list("abcd"), "opened_at": ["2026-03-02 08:00"] * 4,
        ...     "resolved_at": ["2026-03-02 09:00"] * 4, "reassignments": [0, 0, 1, 3], "reopens": [0, 1, 0, 0]})
        >>> print(measure_handling(ticket_log(table)).summary())
        Passed on to another group: 50.0% (2 of 4, likely 15.0% to 85.0%); 1 time a ticket on average, nine in ten at \
most 3 times, at most 3.
        Reopened after being resolved: 25.0% (1 of 4, likely 4.6% to 69.9%).
        Resolved at the first contact: 25.0% (1 of 4, likely 4.6% to 69.9%). That means: never passed on to another \
group, never reopened.
        Whether tickets came back to a group they had just left is not known: the export has one row a ticket.
        Passing on can be right: some work needs two teams. These counts say where to ask, not who is to blame.
        """
        row = self.overall
        lines = []
        if row.mean_reassignments is not None:
            mean = f"{row.mean_reassignments:.2f}".rstrip("0").rstrip(".")
            lines.append(
                f"Passed on to another group: {row.reassigned.in_words()}; {mean} time{'' if mean == '1' else 's'} a "
                f"ticket on average, nine in ten at most {row.p90_reassignments:g} "
                f"time{'' if row.p90_reassignments == 1 else 's'}, at most {row.max_reassignments:g}."
            )
        if row.ping_pong.share is not None:
            lines.append(
                f"Came back to a group they had just left: {row.ping_pong.in_words()}, {row.returns:,} "
                f"return{'' if row.returns == 1 else 's'} in all."
            )
        if row.reopened.share is not None:
            lines.append(f"Reopened after being resolved: {row.reopened.in_words()}.")
        if row.first_contact.share is not None:
            lines.append(
                f"Resolved at the first contact: {row.first_contact.in_words()}. That means: "
                f"{self.first_contact_means}."
            )
        known = [each for each in self.rows if each.mean_reassignments]
        if known:
            worst = sorted(known, key=lambda each: -(each.mean_reassignments or 0))[:3]
            lines.append(
                f"Passed on most, by {self.by}: "
                + "; ".join(
                    f"{each.label}: {each.mean_reassignments:.2f} times ({tickets(each.tickets)})" for each in worst
                )
                + "."
            )
        lines += self.notes
        lines.append(
            "Passing on can be right: some work needs two teams. These counts say where to ask, not who is to blame."
        )
        return "\n".join(lines)

    def chart(self, *, figure: str = "reassigned") -> "alt.LayerChart":
        """Draw one share by label, with its range.

        Parameters
        ----------
        figure : str
            ``"reassigned"``, ``"ping_pong"``, ``"reopened"`` or ``"first_contact"``.

        Returns
        -------
        altair.LayerChart
            The twelve largest labels, the highest share first; a dashed line shows all tickets. The description
            holds the summary.

        Raises
        ------
        MeasureError
            If there is no such figure, or the export does not show it.
        """
        if figure not in ("reassigned", "ping_pong", "reopened", "first_contact"):
            raise MeasureError(
                f"There is no figure {figure!r}.", "Choose reassigned, ping_pong, reopened or first_contact."
            )
        if getattr(self.overall, figure).share is None:
            raise MeasureError(f"The export does not show {figure!r}.", "See the notes of this measure.")
        from evaluators.itdata.tickets._charts.handling import share_chart  # Altair is slow to import

        return share_chart(self, figure)


def measure_handling(
    log: TicketLog,
    *,
    by: str | None = None,
    session_hours: float | None = None,
    same_person: bool = False,
    confidence: float = 0.95,
) -> Handling:
    """Count how often tickets are passed on, passed back, reopened and resolved at the first contact.

    Counts come from the export's own columns; ping-pong is counted in the events: a group, another, the first one
    again. Rows without a group are passed over. Ranges of shares are Wilson's.

    Parameters
    ----------
    log : TicketLog, n_tickets
        The tickets.
    by : str, optional
        A label such as ``"location"`` or ``"first_group"``. ``"group"`` is the *last* group, which is not to blame
        for what came before.
    session_hours : float, optional
        "First contact" also asks that the ticket was resolved within so many elapsed hours.
    same_person : bool
        "First contact" also asks that at most one person was assigned, in the events.
    confidence : float
        Share (0-1) of such intervals that hold the true share.

    Returns
    -------
    Handling

    Raises
    ------
    MeasureError
        If there is no ticket, the export has neither reassignments, nor reopenings, nor events with groups, or not the
        label or the people asked for.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> table = pd.DataFrame({"number": ["a"], "opened_at": ["2026-03-02 08:00"], "reassignments": [2]})
    >>> steps = pd.DataFrame({"number": ["a"] * 3, "at": ["2026-03-02 08:00", "2026-03-02 09:00", "2026-03-02 10:00"],
    ...                       "group": ["Desk", "Network", "Desk"]})
    >>> measure_handling(ticket_log(table, steps)).overall.returns
    1
    """
    check_confidence(confidence)
    check_tickets(log)
    if session_hours is not None and not 0 < session_hours < float("inf"):
        raise MeasureError(f"The session is {session_hours} hours.", "Give hours above 0, or leave it out.")
    notes: list[str] = []
    passed = _counts(log, "reassignments")
    again = _counts(log, "reopens")
    returns = _returns(log, notes)
    if np.isnan(passed).all() and np.isnan(again).all() and np.isnan(returns).all():
        raise MeasureError(
            "The export has neither reassignments nor reopenings, and no events with groups.",
            'Export "Reassignment count" and "Reopen count", or the history of changes.',
        )
    for name, values in (("passed on", passed), ("reopened", again)):
        lost = int(np.isnan(values).sum())
        if lost == len(log):
            notes.append(f"How often tickets were {name} is not in the export.")
        elif lost:
            notes.append(f"How often {tickets(lost)} {'was' if lost == 1 else 'were'} {name} is not in the export.")
    first, means = _first_contact(log, passed, again, session_hours, same_person, notes)
    figures = (passed, again, returns, first)
    everyone = np.arange(len(log))
    overall = _row(ALL, everyone, figures, confidence)
    rows: list[HandlingRow] = []
    if by is not None:
        codes, labels = labels_of(log, by)
        order = np.argsort(codes, kind="stable")
        pieces = np.split(order, np.cumsum(np.bincount(codes, minlength=len(labels)))[:-1])
        largest = sorted(range(len(labels)), key=lambda place: -len(pieces[place]))
        rows = [_row(labels[place], pieces[place], figures, confidence) for place in largest]
    return Handling(by or "", overall, tuple(rows), means, confidence, tuple(notes))


def _counts(log: TicketLog, name: str) -> FloatArray:
    return log.tickets[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _returns(log: TicketLog, notes: list[str]) -> FloatArray:
    """Return how often each ticket came back to a group it had just left; NaN where no event has a group."""
    found = np.full(len(log), np.nan)
    try:
        stays = visits(log, "group")
    except MeasureError:
        why = "one row a ticket" if log.events is None else "no group in its events"
        notes.append(f"Whether tickets came back to a group they had just left is not known: the export has {why}.")
        return found
    found[stays.ticket] = 0
    back = (stays.ticket[2:] == stays.ticket[:-2]) & (stays.place[2:] == stays.place[:-2])
    np.add.at(found, stays.ticket[2:][back], 1)
    return found


def _first_contact(
    log: TicketLog,
    passed: FloatArray,
    again: FloatArray,
    session_hours: float | None,
    same_person: bool,
    notes: list[str],
) -> tuple[FloatArray, str]:
    """Return 1, 0 or NaN a ticket, and the definition that the export allows."""
    if np.isnan(passed).all():
        notes.append("First contact is not known: the export does not say how often tickets were passed on.")
        return np.full(len(log), np.nan), ""
    try:
        way = reached(log, "resolved_at")
    except MeasureError:
        notes.append("First contact is not known: the export has no times of resolution.")
        return np.full(len(log), np.nan), ""
    known = way.there & ~np.isnan(passed)
    good: BoolArray = passed == 0
    means = ["never passed on to another group"]
    if not np.isnan(again).all():
        known &= ~np.isnan(again)
        good &= again == 0
        means.append("never reopened")
    first, last = log.tickets["first_group"], log.tickets["group"]
    both = (first.notna() & last.notna()).to_numpy()
    if both.any():
        good &= ~both | (first.astype("object") == last.astype("object")).to_numpy()
        means.append("by the group that had it first")
    if same_person:
        people = visits(log, "assigned_to")
        order = np.lexsort((people.place, people.ticket))
        ticket, place = people.ticket[order], people.place[order]
        fresh = (np.diff(ticket, prepend=-1) != 0) | (np.diff(place, prepend=-1) != 0)
        good &= np.bincount(ticket[fresh], minlength=len(log)) <= 1
        means.append("with one person assigned")
    if session_hours is not None:
        good &= ~(way.hours > session_hours)
        means.append(f"within {session_hours:g} hour{'' if session_hours == 1 else 's'}")
    return np.where(known, good.astype(np.float64), np.nan), ", ".join(means)


def _row(
    label: str, places: IntArray, figures: tuple[FloatArray, FloatArray, FloatArray, FloatArray], confidence: float
) -> HandlingRow:
    passed, again, returns, first = (each[places] for each in figures)
    times = np.sort(passed[~np.isnan(passed)])
    return HandlingRow(
        label,
        len(places),
        _share(passed, confidence),
        float(times.mean()) if len(times) else None,
        quantiles(times, (0.9,))[0],
        float(times[-1]) if len(times) else None,
        _share(returns, confidence),
        int(np.nansum(returns)),
        _share(again, confidence),
        _share(first, confidence),
    )


def _share(values: FloatArray, confidence: float) -> TicketShare:
    known = values[~np.isnan(values)]
    if not len(known):
        return TicketShare(0, 0, None, None, None)
    count = int((known > 0).sum())
    low, high = wilson(count, len(known), confidence)
    return TicketShare(count, len(known), count / len(known), low, high)
