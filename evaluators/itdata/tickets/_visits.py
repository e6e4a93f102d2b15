"""Where a ticket has been: rows of events made into visits, one for each stay at a place."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._ticket_times import BoolArray, FloatArray, IntArray, check_tickets


@dataclass(frozen=True, slots=True)
class Visits:
    """Stays of tickets at places, sorted by ticket and time.

    Parameters
    ----------
    ticket : array of int, shape (n_visits,)
        Place of the ticket in the log's table.
    place : array of int, shape (n_visits,)
        Place of the label in `labels`.
    hours : array of float, shape (n_visits,)
        When the stay began, in hours since 1970.
    labels : tuple of str
        Names of the places.
    events : int
        Rows of events that were read.
    nowhere : int
        Rows without that label, which were passed over.
    """

    ticket: IntArray
    place: IntArray
    hours: FloatArray
    labels: tuple[str, ...]
    events: int
    nowhere: int

    @property
    def first(self) -> BoolArray:
        """Whether a visit is its ticket's first."""
        return changes(self.ticket)

    def folded(self, places: IntArray, labels: tuple[str, ...]) -> "Visits":
        """Return the visits with each place replaced by another; neighbours that become equal are one stay."""
        place = places[self.place]
        new = changes(self.ticket, place)
        return Visits(self.ticket[new], place[new], self.hours[new], labels, self.events, self.nowhere)


def visits(log: TicketLog, by: str) -> Visits:
    """Return the stays of each ticket; rows that change nothing here do not begin a new one.

    Raises
    ------
    MeasureError
        If there is no ticket, the export has no events, or no event has that label.
    """
    check_tickets(log)
    if log.events is None:
        raise MeasureError(
            "The export has one row a ticket, so it does not say where a ticket has been.",
            "Export the history of changes: a row for each event, with its time.",
        )
    rows = log.events
    past = (rows["at"] <= log.as_of).to_numpy()
    if not past.all():
        rows = rows[past]
    codes = rows[by].cat.codes.to_numpy()
    named = np.flatnonzero(codes >= 0)
    if not len(named):
        raise MeasureError(f"No event has a {by}.", "Export that column too, or follow another one.")
    ticket = rows["number"].cat.codes.to_numpy()[named]
    if not rows["number"].cat.categories.equals(pd.Index(log.tickets["number"])):
        place = pd.Index(log.tickets["number"]).get_indexer(rows["number"].cat.categories)
        ticket = place[ticket]
        order = np.argsort(ticket, kind="stable")
        named = named[order]
        ticket = ticket[order]
    codes = codes[named]
    new = np.flatnonzero(changes(ticket, codes))
    at = rows["at"].to_numpy(dtype="datetime64[us]")[named[new]].astype(np.int64) / 3.6e9
    labels = tuple(str(each) for each in rows[by].cat.categories)
    stays = ticket[new].astype(np.int64), codes[new].astype(np.int64)
    return Visits(*stays, at, labels, len(rows), int(len(rows) - len(codes)))


def changes(*columns: "np.typing.NDArray[np.integer[Any]]") -> BoolArray:
    """Say of each row whether it is the first or differs from the one before in any column.

    Examples
    --------
    >>> changes(np.array([4, 4, 5, 5]), np.array([1, 1, 1, 2])).tolist()
    [True, False, True, True]
    """
    new = np.ones(len(columns[0]), dtype=bool)
    if len(new):
        new[1:] = columns[0][1:] != columns[0][:-1]
    for column in columns[1:]:
        new[1:] |= column[1:] != column[:-1]
    return new


def by_place(place: IntArray) -> IntArray:
    """Return the order of rows by place, each place's rows as they came; fast for small numbers."""
    small = place.astype(np.int16) if len(place) and place.max() < 2**15 else place
    return np.argsort(small, kind="stable").astype(np.int64)
