"""Tickets and their events, as every measure of `evaluators.itdata` takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype

from evaluators._validation import require_columns
from evaluators.itdata._moments import utc_moment, utc_times, zone_named
from evaluators.itdata.errors import LogError

TICKET_TIMES = ("opened_at", "responded_at", "resolved_at", "closed_at")
TICKET_LABELS = (
    "state",
    "priority",
    "category",
    "contact_type",
    "location",
    "caller",
    "first_group",
    "group",
    "assigned_to",
)
TICKET_COUNTS = ("reassignments", "reopens", "events")
TICKET_FLAGS = ("sla_met",)
TICKET_COLUMNS = ("number", *TICKET_TIMES, *TICKET_LABELS, *TICKET_COUNTS, *TICKET_FLAGS)
EVENT_COLUMNS = ("number", "at", "state", "group", "assigned_to")


@dataclass(frozen=True, slots=True)
class TicketLog:
    """A ticket log: one row for each ticket and, where the export has them, one for each event.

    Make one with `read_tickets` from an export or with `ticket_log` from tables.

    Parameters
    ----------
    tickets : DataFrame, shape (n_tickets, 17)
        The columns of `TICKET_COLUMNS`, one row a ticket, sorted by ``opened_at`` and number. ``number`` is text and
        unique. Times are UTC, missing where the export says nothing; ``opened_at`` is never missing. Labels are
        categorical; ``group`` is the last group, ``first_group`` the first. Counts are ``Int64``, ``sla_met`` is
        ``boolean``; both may be missing.
    events : DataFrame, shape (n_events, 5), or None
        The columns of `EVENT_COLUMNS`, sorted by ticket, time and place in the file; None where the export has one
        row a ticket. ``number`` is categorical.
    as_of : Timestamp
        The moment the log ends, UTC. Tickets without ``resolved_at`` were still open then.
    time_zone : str
        Where the people are, such as ``"Europe/Dublin"``: days, weekdays and hours are counted there.
    lacking : tuple of str
        Columns of `TICKET_COLUMNS` that the export does not have at all.
    notes : tuple of str
        Sentences on what was found out, skipped or repaired while reading.
    since : Timestamp, optional
        The moment the log begins, UTC; by default the midnight, on the clocks of `time_zone`, before the first ticket.
        `where` keeps it: some of the tickets may begin later, and their first weeks then hold none.
    """

    tickets: pd.DataFrame = field(repr=False)
    events: pd.DataFrame | None = field(repr=False)
    as_of: pd.Timestamp
    time_zone: str = "UTC"
    lacking: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    since: pd.Timestamp = None  # type: ignore[assignment]  # __post_init__ sets it

    def __post_init__(self) -> None:
        if self.since is None:
            zone = zone_named(self.time_zone)
            first = self.tickets["opened_at"].min() if len(self.tickets) else self.as_of
            object.__setattr__(self, "since", utc_moment(first.tz_convert(zone).tz_localize(None).normalize(), zone))

    def __len__(self) -> int:
        return len(self.tickets)

    def has(self, column: str) -> bool:
        """Say whether the export has this column of `TICKET_COLUMNS`."""
        return column not in self.lacking

    def local(self, column: str) -> pd.Series:
        """Return a column of times as the clocks on the wall showed them, in `time_zone` and without a zone.

        Parameters
        ----------
        column : str
            One of ``"opened_at"``, ``"responded_at"``, ``"resolved_at"`` and ``"closed_at"``.

        Returns
        -------
        Series of datetime64[us], shape (n_tickets,)
        """
        local: pd.Series = self.tickets[column].dt.tz_convert(self.time_zone).dt.tz_localize(None)
        return local

    def hours(self, until: str = "resolved_at") -> pd.Series:
        """Return the hours from opening to another time; missing where that never came.

        Parameters
        ----------
        until : str
            ``"responded_at"``, ``"resolved_at"`` or ``"closed_at"``.

        Returns
        -------
        Series of float, shape (n_tickets,)
            Elapsed hours, nights and weekends included.
        """
        elapsed: pd.Series = (self.tickets[until] - self.tickets["opened_at"]).dt.total_seconds() / 3600
        return elapsed

    def where(self, mask: "pd.Series[bool]") -> "TicketLog":
        """Return the log of some tickets with their events.

        Parameters
        ----------
        mask : Series of bool, shape (n_tickets,)
            Which tickets stay; those of which it says neither yes nor no do not.

        Returns
        -------
        TicketLog
            With the same beginning, end, time zone and notes.

        Raises
        ------
        LogError
            If the mask is not of this log's tickets, or not of yes and no.
        """
        chosen = mask if isinstance(mask, pd.Series) else pd.Series(mask)
        if not (is_bool_dtype(chosen) and chosen.index.equals(self.tickets.index)):
            raise LogError(
                "The mask does not say yes or no of each ticket of this log.",
                'Make it from log.tickets, such as log.tickets["priority"] == "P1".',
            )
        tickets = self.tickets[chosen.fillna(False).astype(bool)].reset_index(drop=True)
        events = self.events
        if events is not None:
            events = events[events["number"].isin(tickets["number"])].reset_index(drop=True)
        return TicketLog(tickets, events, self.as_of, self.time_zone, self.lacking, self.notes, self.since)


def ticket_log(
    tickets: pd.DataFrame,
    events: pd.DataFrame | None = None,
    *,
    as_of: object = None,
    time_zone: str = "UTC",
    notes: tuple[str, ...] = (),
    since: object = None,
) -> TicketLog:
    """Make a log from tables that already have our column names.

    Parameters
    ----------
    tickets : DataFrame, shape (n_tickets, n_columns)
        One row a ticket with at least ``number`` and ``opened_at``; other columns of `TICKET_COLUMNS` may be absent,
        further columns are left out. Times with a zone are turned into UTC, times without one are taken to be in
        `time_zone`.
    events : DataFrame, shape (n_events, n_columns), optional
        One row an event with at least ``number`` and ``at``.
    as_of : time, optional
        The end of the log; by default the last time in either table.
    time_zone : str
        Such as ``"Europe/Dublin"``.
    notes : tuple of str
        Kept as they are.
    since : time, optional
        The beginning of the log; by default the midnight before the first ticket. Tickets opened before it stay, but
        the time before it counts as covered in part only.

    Returns
    -------
    TicketLog

    Raises
    ------
    LogError
        If there is no ticket, a ticket occurs twice or has no time of opening, an event belongs to no ticket, a time
        cannot be read, a count is no whole number of 0 or more, a flag is not yes or no, the log ends before it begins
        or the time zone is unknown.
    ColumnError
        If ``number``, ``opened_at`` or ``at`` is missing.

    Examples
    --------
    >>> log = ticket_log(pd.DataFrame({"number": ["A1", "A2"], "opened_at": ["2026-03-02 09:00", "2026-03-02 10:00"],
    ...                                "resolved_at": ["2026-03-02 11:30", None]}), as_of="2026-03-03")
    >>> log.hours().tolist(), log.has("priority")
    ([2.5, nan], False)
    """
    require_columns(tickets, "number", "opened_at")
    zone = zone_named(time_zone)
    if tickets.empty:
        raise LogError("There is no ticket.", "Check which rows were exported.")
    made: dict[str, pd.Series] = {"number": tickets["number"].astype("string").astype("str")}
    absent = pd.Series(pd.NA, index=tickets.index)
    lacking = tuple(name for name in TICKET_COLUMNS if name not in tickets.columns)
    given: Mapping[str, pd.Series] = {name: tickets.get(name, absent) for name in TICKET_COLUMNS}
    made |= {name: utc_times(given[name], name, zone) for name in TICKET_TIMES}
    made |= {name: _labels(given[name]) for name in TICKET_LABELS}
    made |= {name: _typed(given[name], "Int64", name) for name in TICKET_COUNTS}
    made |= {name: _typed(given[name], "boolean", name) for name in TICKET_FLAGS}
    table = pd.DataFrame(made)[list(TICKET_COLUMNS)]
    _check_tickets(table)
    table = table.sort_values(["opened_at", "number"], kind="stable", ignore_index=True)
    rows = None if events is None else _events(events, table, zone)
    ends = [table[name].max() for name in TICKET_TIMES] + ([] if rows is None else [rows["at"].max()])
    end = utc_moment(as_of, zone) if as_of is not None else max(each for each in ends if pd.notna(each))
    begin = None if since is None else utc_moment(since, zone, "since")
    if begin is not None and begin >= end:
        raise LogError(
            f"The log would begin on {begin:%Y-%m-%d %H:%M} UTC and end on {end:%Y-%m-%d %H:%M} UTC.",
            "Give an earlier `since` or a later `as_of`.",
        )
    return TicketLog(table, rows, end, time_zone, lacking, notes, cast("pd.Timestamp", begin))


def _labels(values: pd.Series) -> pd.Series:
    """Return labels as categories of text, so that a priority 1 is "1" wherever it is named."""
    made = values.astype("category")
    if all(isinstance(each, str) for each in made.cat.categories):
        return made
    names = [
        str(int(each)) if isinstance(each, float) and each.is_integer() else str(each) for each in made.cat.categories
    ]
    known = pd.Index(dict.fromkeys(names))  # 1 and "1" are one label
    codes = np.append(known.get_indexer(pd.Index(names)), -1)[made.cat.codes.to_numpy()]
    return pd.Series(pd.Categorical.from_codes(codes, categories=known), index=values.index)


def _typed(values: pd.Series, kind: Literal["Int64", "boolean"], name: str) -> pd.Series:
    try:
        typed = values.astype(kind)
    except (ValueError, TypeError) as error:
        what = "a whole number" if kind == "Int64" else "yes or no"
        raise LogError(
            f"Not every value of {name} is {what}: {error}.", "Mend those values, or leave them empty."
        ) from error
    if kind == "Int64" and (typed < 0).any():
        raise LogError(f"A value of {name} is below 0, which cannot be.", "Mend it, or leave it empty.")
    return typed


def _check_tickets(table: pd.DataFrame) -> None:
    if table["number"].isna().any():
        raise LogError("A ticket has no number.", "Leave such rows out, or give each ticket a number.")
    twice = table.loc[table["number"].duplicated(), "number"]
    if len(twice):
        raise LogError(
            f"Ticket {twice.iloc[0]!r} occurs more than once ({len(twice)} such rows).",
            "One row a ticket belongs here. A row for each event is read with read_tickets.",
        )
    without = table.loc[table["opened_at"].isna(), "number"]
    if len(without):
        raise LogError(f"Ticket {without.iloc[0]!r} has no time of opening.", "Leave such tickets out.")


def _events(events: pd.DataFrame, tickets: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    require_columns(events, "number", "at")
    known = pd.Index(tickets["number"])
    codes = known.get_indexer(pd.Index(events["number"].astype("string").astype("str")))
    if (codes < 0).any():
        unknown = events["number"][codes < 0].iloc[0]
        raise LogError(f"An event belongs to {unknown!r}, which is no ticket.", "Export tickets and events together.")
    number = pd.Categorical.from_codes(codes, categories=known)
    absent = pd.Series(pd.NA, index=events.index)
    rows = pd.DataFrame({"number": pd.Series(number, index=events.index), "at": utc_times(events["at"], "at", zone)})
    if rows["at"].isna().any():
        raise LogError("An event has no time.", "Leave such events out.")
    for name in EVENT_COLUMNS[2:]:
        rows[name] = _labels(events.get(name, absent))
    return rows.sort_values(["number", "at"], kind="stable", ignore_index=True)
