"""What every measure of tickets shares: how far a ticket came by the end of the log, and its labels."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.itdata._words import tickets
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TICKET_LABELS, TicketLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Labelled(Protocol):
    """A row of a measure, for all tickets or for those of one label."""

    @property
    def label(self) -> str:
        """What the row is about."""


RowT = TypeVar("RowT", bound=Labelled)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ALL = "all tickets"
MISSING = "(missing)"
STEPS = {"responded_at": "first response", "resolved_at": "resolution", "closed_at": "closing"}
# A state that says a ticket is over, whatever its times say.
ENDED = ("resolved", "closed", "cancelled", "canceled", "done", "completed", "complete")


@dataclass(frozen=True, slots=True)
class Reached:
    """How far each ticket came on the way to one time, seen from the end of the log.

    Every ticket is exactly one of: there, waiting, unknown, backwards, later.

    Parameters
    ----------
    hours : array of float, shape (n_tickets,)
        Elapsed hours from opening to that time, or to the end of the log for tickets still waiting; NaN for the rest.
    there, waiting : array of bool, shape (n_tickets,)
        Tickets that came there by the end of the log, and tickets that had not.
    unknown : array of bool
        Over (a later time, or a state such as Closed, says so), but this time is not in the export.
    backwards : array of bool
        The time lies before the opening, which cannot be.
    later : array of bool
        Opened after the end of the log.
    """

    hours: FloatArray
    there: BoolArray
    waiting: BoolArray
    unknown: BoolArray
    backwards: BoolArray
    later: BoolArray

    def left_out(self) -> list[str]:
        """Say which tickets no figure can use, a sentence for each kind."""
        kinds = (
            (self.unknown, "{} over, but the export does not say when: left out."),
            (self.backwards, "{} a time before the opening, which cannot be: left out."),
            (self.later, "{} opened after the end of the log: left out."),
        )
        verbs = (("is", "are"), ("has", "have"), ("was", "were"))
        return [
            sentence.format(f"{tickets(int(mask.sum()))} {verb[int(mask.sum() > 1)]}")
            for (mask, sentence), verb in zip(kinds, verbs, strict=True)
            if mask.any()
        ]


def reached(log: TicketLog, until: str) -> Reached:
    """Find out how far each ticket came on the way to `until`.

    Raises
    ------
    MeasureError
        If there is no ticket, `until` is no time of a ticket, or the export has it for no ticket.
    """
    check_tickets(log)
    if until not in STEPS:
        raise MeasureError(f"There is no time {until!r}.", f"Choose one of: {', '.join(STEPS)}.")
    times = log.tickets[until]
    if times.isna().all():
        raise MeasureError(
            f"No ticket has a time of {STEPS[until]} ({until}).", "Export that column too, or measure another time."
        )
    opened = log.tickets["opened_at"]
    hours = log.hours(until).to_numpy(dtype=np.float64)
    waited = (log.as_of - opened).dt.total_seconds().to_numpy(dtype=np.float64) / 3600
    later = waited < 0
    told = ~np.isnan(hours)
    backwards = told & (hours < 0) & ~later
    there = told & ~backwards & ~later & (hours <= waited)
    # A time after the end of the log is not known yet then: the ticket was waiting.
    after = told & ~backwards & ~later & (hours > waited)
    rest = ~told & ~later
    unknown = rest & over(log, until)
    waiting = (rest & ~unknown) | after
    return Reached(np.where(there, hours, np.where(waiting, waited, np.nan)), there, waiting, unknown, backwards, later)


def check_tickets(log: TicketLog) -> None:
    """Refuse a log without a ticket, as a choice that fits none leaves it."""
    if not len(log):
        raise MeasureError("There is no ticket.", "Check which tickets you chose.")


def over(log: TicketLog, until: str = "closed_at") -> BoolArray:
    """Say of each ticket whether a time after `until`, or its state, shows that it is past that step."""
    order = list(STEPS)
    past = np.zeros(len(log), dtype=bool)
    for name in order[order.index(until) + 1 :]:
        times = log.tickets[name]
        past |= (times.notna() & (times <= log.as_of)).to_numpy()
    state = log.tickets["state"]
    names = [str(each).strip().casefold() for each in state.cat.categories]
    done = ENDED if until != "closed_at" else ENDED[1:]  # a resolved ticket still waits to be closed
    ended = np.array([*(name in done for name in names), False])
    return np.asarray(past | ended[state.cat.codes.to_numpy()], dtype=np.bool_)


def labels_of(log: TicketLog, column: str) -> tuple[IntArray, list[str]]:
    """Return each ticket's place in the list of labels, and that list; a missing label is ``"(missing)"``.

    Raises
    ------
    MeasureError
        If there is no such label, or the export does not have it.
    """
    check_tickets(log)
    if column not in TICKET_LABELS:
        raise MeasureError(f"Tickets have no label {column!r}.", f"Choose one of: {', '.join(TICKET_LABELS)}.")
    values = log.tickets[column]
    if values.isna().all():
        raise MeasureError(f"No ticket has a {column}.", "Export that column too, or choose another label.")
    return coded(values)


def coded(values: "pd.Series[Any]") -> tuple[IntArray, list[str]]:
    """Return codes and the labels that occur, in the order of the categories, the missing one last."""
    codes = values.cat.codes.to_numpy().astype(np.int64)
    names = [str(each) for each in values.cat.categories]
    if MISSING in names:  # a label of that very name: the same row
        codes = np.where(codes < 0, names.index(MISSING), codes)
    else:
        codes = np.where(codes < 0, len(names), codes)
        names.append(MISSING)
    found = np.bincount(codes, minlength=len(names)) > 0
    place = np.cumsum(found) - 1
    return place[codes].astype(np.int64), [name for name, here in zip(names, found, strict=True) if here]


def quantiles(sorted_values: FloatArray, shares: "Sequence[float]") -> list[float | None]:
    """Return quantiles of sorted values; where one falls exactly between two values, their middle.

    This is the definition of the Kaplan–Meier quantiles here, so that both agree when nothing is open.
    """
    if not len(sorted_values):
        return [None for _ in shares]
    found = np.quantile(sorted_values, shares, method="averaged_inverted_cdf")
    return [float(each) for each in found]


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is no share between 0 and 1."""
    if not 0 < confidence < 1:
        raise MeasureError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.95.")


def row_of(rows: "Iterable[RowT]", label: str) -> RowT:
    """Return the row of one label; an error says which there are, the first of many."""
    there = list(rows)
    for row in there:
        if row.label == label:
            return row
    known = [row.label for row in there if row.label != ALL][:8] or [ALL]
    raise MeasureError(f"There is no row {label!r}.", f"There are: {', '.join(known)}.")
