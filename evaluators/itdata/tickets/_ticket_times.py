"""What every measure of tickets shares: how far a ticket came by the end of the log, its labels, hours in words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TICKET_LABELS, TicketLog

if TYPE_CHECKING:
    from collections.abc import Sequence

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

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


def wilson(successes: int, of: int, confidence: float) -> tuple[float, float]:
    """Return Wilson's interval of a share; NaN if there is nothing to count."""
    from evaluators.screening.calibration import wilson_interval  # a large package, wanted only here

    return wilson_interval(successes, of, confidence=confidence) if of else (float("nan"), float("nan"))


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is no share between 0 and 1."""
    if not 0 < confidence < 1:
        raise MeasureError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.95.")


def json_able(result: object) -> dict[str, Any]:
    """Return a frozen result as plain values for JSON; None stands for undefined figures."""
    from dataclasses import asdict

    from evaluators._plain import plain

    return cast("dict[str, Any]", plain(asdict(cast("Any", result))))


def tickets(number: int) -> str:
    """Say a number of tickets.

    Examples
    --------
    >>> tickets(1), tickets(12034)
    ('1 ticket', '12,034 tickets')
    """
    return f"{number:,} ticket{'' if number == 1 else 's'}"


def hours_in_words(hours: float | None) -> str:
    """Say a time as people do: minutes, hours or days (of 24 hours).

    Examples
    --------
    >>> [hours_in_words(each) for each in (0.004, 0.5, 22.1, 148.0, 2843.0, None)]
    ['under a minute', '30 minutes', '22.1 hours', '6.2 days', '118 days', 'not known']
    """
    if hours is None or np.isnan(hours):
        return "not known"
    if hours * 60 < 1:
        return "under a minute"
    if round(hours * 60) < 60:
        minutes = round(hours * 60)
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    if hours < 48:
        return "1 hour" if f"{hours:.1f}" == "1.0" else f"{hours:.1f} hours".replace(".0 ", " ")
    days = hours / 24
    return f"{days:,.0f} days" if days >= 100 else f"{days:.1f} days".replace(".0 ", " ")


def at_most(hours: float | None) -> str:
    """Say a time behind "within" or before "or less".

    Examples
    --------
    >>> f"within {at_most(0.0)}", f"within {at_most(2.0)}"
    ('within a minute', 'within 2 hours')
    """
    words = hours_in_words(hours)
    return "a minute" if words == "under a minute" else words


def hours_short(hours: float | None) -> str:
    """Say a time in a few characters, for a label in a chart.

    Examples
    --------
    >>> [hours_short(each) for each in (0.004, 0.5, 22.1, 148.0, 2843.0, None)]
    ['<1 min', '30 min', '22 h', '6.2 d', '118 d', '–']
    """
    if hours is None or np.isnan(hours):
        return "–"
    if hours * 60 < 1:
        return "<1 min"
    if hours < 1:
        return f"{hours * 60:.0f} min"
    if hours < 48:
        return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"
    days = hours / 24
    return f"{days:.1f} d" if days < 10 else f"{days:,.0f} d"


def share_in_words(share: float | None) -> str:
    """Say a share as percent; None or NaN is "not known".

    Examples
    --------
    >>> share_in_words(0.634), share_in_words(None)
    ('63.4%', 'not known')
    """
    return "not known" if share is None or np.isnan(share) else f"{share:.1%}"
