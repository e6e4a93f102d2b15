"""From when to when each ticket was open, as the flow and the trend of a log both count it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluators.itdata._words import tickets
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._ticket_times import BoolArray, IntArray, over

NEVER = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Spans:
    """When tickets were opened and ended. All times are microseconds of UTC.

    Parameters
    ----------
    opened : array of int, shape (n_tickets,)
        Opening of every ticket of the log.
    ended : array of int, shape (n_tickets,)
        Its end by the end of the log; `NEVER` for a ticket that was still open.
    arrived : array of bool, shape (n_tickets,)
        Whether it was opened by the end of the log.
    usable : array of bool, shape (n_tickets,)
        Whether, besides, it is known from when to when it was open.
    notes : tuple of str
        What was assumed or left out.
    """

    opened: IntArray
    ended: IntArray
    arrived: BoolArray
    usable: BoolArray
    notes: tuple[str, ...]


def spans(log: TicketLog) -> Spans:
    """Find out from when to when each ticket was open.

    A ticket ends when it is resolved; where the export does not say when, the time of closing stands in.
    """
    table = log.tickets
    end = table["resolved_at"].fillna(table["closed_at"])
    notes = []
    stand_in = table["resolved_at"].isna() & table["closed_at"].notna()
    if stand_in.any():
        notes.append(f"{tickets(int(stand_in.sum()))} without a time of resolution: the time of closing stands in.")
    future = table["opened_at"] > log.as_of
    if future.any():
        notes.append(f"{tickets(int(future.sum()))} opened after the end of the log: left out.")
    backwards = (end < table["opened_at"]) & ~future
    if backwards.any():
        notes.append(
            f"{tickets(int(backwards.sum()))} with an end before the opening, which cannot be: counted when opened, "
            "left out of closures and backlog."
        )
    lost = end.isna().to_numpy() & over(log, "resolved_at") & ~future.to_numpy()
    if lost.any():
        notes.append(
            f"{tickets(int(lost.sum()))} over by state, but the export does not say when: counted when opened, left "
            "out of closures and backlog."
        )
    again = table["reopens"].gt(0).fillna(False)
    if again.any():
        notes.append(f"{tickets(int(again.sum()))} reopened: counted as open until the last resolution.")
    end = end.mask(end > log.as_of)
    opened = table["opened_at"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    ended = np.where(end.isna(), NEVER, end.to_numpy(dtype="datetime64[us]").astype(np.int64))
    arrived = ~future.to_numpy()
    return Spans(opened, ended, arrived, arrived & ~backwards.to_numpy() & ~lost, tuple(notes))


def in_utc(local: pd.DatetimeIndex, zone: str) -> IntArray:
    """Return microseconds of UTC; a midnight that does not exist moves on, one that is twice is the first."""
    first = np.ones(len(local), dtype=bool)
    utc = local.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").tz_convert("UTC")
    return utc.as_unit("us").asi8.astype(np.int64)
