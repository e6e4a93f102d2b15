"""Where a ticket has been: rows of events made into visits, one for each stay at a place."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluators.itdata._ticket_times import BoolArray, FloatArray, IntArray
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog


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
        return np.asarray(np.diff(self.ticket, prepend=-1) != 0)

    def folded(self, places: IntArray, labels: tuple[str, ...]) -> "Visits":
        """Return the visits with each place replaced by another; neighbours that become equal are one stay."""
        place = places[self.place]
        new = self.first | (np.diff(place, prepend=-1) != 0)
        return Visits(self.ticket[new], place[new], self.hours[new], labels, self.events, self.nowhere)


def visits(log: TicketLog, by: str) -> Visits:
    """Return the stays of each ticket; rows that change nothing here do not begin a new one.

    Raises
    ------
    MeasureError
        If the export has no events, or no event has that label.
    """
    if log.events is None:
        raise MeasureError(
            "The export has one row a ticket, so it does not say where a ticket has been.",
            "Export the history of changes: a row for each event, with its time.",
        )
    rows = log.events
    rows = rows[(rows["at"] <= log.as_of).to_numpy()]
    codes = rows[by].cat.codes.to_numpy().astype(np.int64)
    named = np.flatnonzero(codes >= 0)
    if not len(named):
        raise MeasureError(f"No event has a {by}.", "Export that column too, or follow another one.")
    ticket = rows["number"].cat.codes.to_numpy().astype(np.int64)[named]
    if not rows["number"].cat.categories.equals(pd.Index(log.tickets["number"])):
        place = pd.Index(log.tickets["number"]).get_indexer(rows["number"].cat.categories)
        ticket = place[ticket].astype(np.int64)
        order = np.argsort(ticket, kind="stable")
        named = named[order]
        ticket = ticket[order]
    codes = codes[named]
    at = rows["at"].to_numpy(dtype="datetime64[us]").astype(np.int64)[named] / 3.6e9
    new = (np.diff(ticket, prepend=-1) != 0) | (np.diff(codes, prepend=-1) != 0)
    labels = tuple(str(each) for each in rows[by].cat.categories)
    return Visits(ticket[new], codes[new], at[new], labels, len(rows), int(len(rows) - len(codes)))
