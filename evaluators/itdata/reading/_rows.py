"""Rows of an export as tickets and events: what a row is, and which values a ticket ends with."""

from collections.abc import Callable
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.itdata._moments import utc_moment
from evaluators.itdata.errors import ExportError
from evaluators.itdata.log import TICKET_COLUMNS, TicketLog
from evaluators.itdata.reading._fields import LABEL_FIELDS
from evaluators.itdata.reading._files import quoted_name
from evaluators.itdata.reading._labels import DONE, NEW, UNKNOWN, Codes, categories, of_kind
from evaluators.itdata.reading._times import Times
from evaluators.itdata.reading._typed import Table

Ints = npt.NDArray[np.integer[Any]]

# A typing error in a year puts a few tickets far away from all others; so large a share of tickets at most.
_FEW = 0.005
_YEAR = np.timedelta64(366, "D")

# Rows more than tickets, as a share of tickets, from which on a row is taken as an event.
EVENTS_FROM = 0.25

NO_OPENING = "a ticket without a time of opening, which was left out"
BACKWARDS = "earlier than the opening, taken as missing"
AGAIN = "a number that occurs again with other content; the row changed last was kept"
FAR = "more than a year after all other times, taken as not yet happened"
TOO_LATE = "a ticket that was opened after the end of the log, which was left out"
NO_EVENT_TIME = "an event without a time, left out of the events"

_NAT = np.datetime64("NaT")
_TIME: Literal["datetime64[us, UTC]"] = "datetime64[us, UTC]"


class _Groups:
    """Rows sorted by ticket and time, and where each ticket begins and ends among them."""

    def __init__(self, tickets: Codes, order: Ints) -> None:
        self.order = order
        self.of_row = tickets[order]
        self.starts = np.flatnonzero(np.r_[True, self.of_row[1:] != self.of_row[:-1]])
        self.ends = np.r_[self.starts[1:], len(order)] - 1
        self.sizes = self.ends - self.starts + 1

    def __len__(self) -> int:
        return len(self.starts)

    def last(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the value of each ticket's last row."""
        found: npt.NDArray[Any] = values[self.order[self.ends]]
        return found

    def last_filled(self, values: npt.NDArray[Any], filled: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
        """Return each ticket's last value that is there, else that of its last row."""
        rows = np.where(filled[self.order], np.arange(len(self.order)), -1)
        best = np.maximum.reduceat(rows, self.starts)
        found: npt.NDArray[Any] = values[self.order[np.where(best < 0, self.ends, best)]]
        return found

    def first_row(self, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Return the first sorted row of each ticket at which a mask of sorted rows is true, -1 if it never is."""
        rows = np.where(mask, np.arange(len(mask)), len(mask))
        best = np.minimum.reduceat(rows, self.starts)
        return np.where(best == len(mask), -1, best)

    def moves(
        self, rows: npt.NDArray[np.bool_], changed: Callable[[Ints, Ints], npt.NDArray[np.bool_]], values: Ints
    ) -> Ints:
        """Count each ticket's moves from one of these sorted rows to the next."""
        chosen = np.flatnonzero(rows)
        now, before = chosen[1:], chosen[:-1]
        hit = (self.of_row[now] == self.of_row[before]) & changed(values[before], values[now])
        group = np.searchsorted(self.starts, now[hit], side="right") - 1
        return np.bincount(group, minlength=len(self)).astype(np.int64)


def make_log(table: Table, *, rows: str, zone_name: str, zone: ZoneInfo, as_of: object) -> tuple[TicketLog, str]:
    """Turn the rows of an export into tickets and, where a row is an event, events.

    Returns
    -------
    tuple of (TicketLog, str)
        The log, and ``"events"`` or ``"tickets"``.

    Raises
    ------
    ExportError
        If no row can be read as a ticket, or the log would end before its last ticket was opened.
    """
    codes, numbers = table.tickets()
    kept = np.flatnonzero(codes >= 0)
    if not len(kept):
        raise ExportError("No row has a ticket number.", "Name the column with the numbers.", "mapping[number]")
    at = table.time("at") if table.has("at") else np.full(len(codes), _NAT, dtype="datetime64[us]")
    updates = table.count("updates") if table.has("updates") else np.full(len(codes), -1, dtype=np.int64)
    groups = _Groups(codes, kept[_order(codes[kept], at[kept], updates[kept], table.notes)])
    labels = {name: table.label(name) for name in ("state", "group", "assigned_to") if table.has(name)}
    again, differ = _alike(groups, at, updates, labels)
    found = rows if rows != "find" else "events" if differ >= EVENTS_FROM * len(groups) else "tickets"
    _say_rows(table, groups, found, len(numbers), again if table.has("updates") else 0)
    made = _tickets(table, groups, found, at, labels)
    events = None
    if found == "tickets":
        _say_repeated(table, groups)
    opened = made["opened_at"]
    without = np.isnat(opened)
    table.problems.add(NO_OPENING, "opened_at", groups.order[groups.ends][without])
    if without.all():
        raise ExportError(
            "No ticket has a time of opening that can be read.", "Check the column of openings.", "mapping[opened_at]"
        )
    sort = np.lexsort((np.arange(len(groups)), opened))
    sort = sort[~without[sort]]
    times = {name: made[name][sort] for name in made if name.endswith("_at")}
    if found == "events":
        times["at"] = at[groups.order[groups.ends]][sort]
    since, end = _span(table, times, groups.order[groups.ends][sort], as_of, zone)
    sort = sort[opened[sort] <= end]
    frame = _frame(made, sort, numbers)
    if found == "events" and table.has("at"):
        events = _events(table, groups, at, labels, sort, frame["number"])
    table.close()
    lacking = tuple(name for name in TICKET_COLUMNS if name not in made and name != "number")
    moments = [None if each is None else pd.Timestamp(each, tz="UTC").as_unit("us") for each in (since, end)]
    return TicketLog(
        frame, events, cast("pd.Timestamp", moments[1]), zone_name, lacking, tuple(table.notes),
        cast("pd.Timestamp", moments[0]),
    ), found  # fmt: skip


def _order(codes: Codes, at: Times, updates: Ints, notes: list[str]) -> Ints:
    """Sort rows by ticket, time, number of changes and place in the file (from its end, if it is newest first)."""
    order = np.argsort(codes, kind="stable")
    same = codes[order][1:] == codes[order][:-1]
    if not same.any():
        return cast("Ints", order)
    steps = np.diff(at[order].astype(np.int64))[same & ~np.isnat(at[order])[1:] & ~np.isnat(at[order])[:-1]]
    place = np.arange(len(codes))
    if int((steps < 0).sum()) > int((steps > 0).sum()):
        notes.append("The file lists the newest rows first; this was turned round.")
        place = -place
    return cast("Ints", np.lexsort((place, updates, at.astype(np.int64), codes)))


def _alike(groups: _Groups, at: Times, updates: Ints, labels: dict[str, tuple[Codes, list[str]]]) -> tuple[int, int]:
    """Count the rows of a ticket that say the same as the row before, and those that differ from it.

    Rows are events where many numbers stand on several rows that differ.
    """
    same = groups.of_row[1:] == groups.of_row[:-1]
    differ = np.zeros(len(same), dtype=bool)
    for values in (at.astype(np.int64), updates, *(codes for codes, _ in labels.values())):
        sorted_values = values[groups.order]
        differ |= sorted_values[1:] != sorted_values[:-1]
    return int((same & ~differ).sum()), int((same & differ).sum())


def _say_rows(table: Table, groups: _Groups, found: str, tickets: int, again: int) -> None:
    count = len(groups.order)
    if found == "events":
        table.notes.append(
            f"{count:,} rows hold {tickets:,} tickets, {count / tickets:.1f} rows a ticket: a row was taken as an "
            "event, not as a ticket. A ticket has the values of its last row."
        )
        if again:
            table.notes.append(
                f"Rows that repeat the row before (ticket, time, number of changes, state, group, person): {again:,}. "
                "They count as events. A file that was put together from two has such rows."
            )
        if not table.has("at"):
            table.notes.append(
                "No column says when an event happened, so the order of the rows was taken, and there are no events "
                "to follow."
            )
    else:
        table.notes.append("A row was taken as a ticket.")


def _say_repeated(table: Table, groups: _Groups) -> None:
    """Say which numbers occur again: rows that say the same, and rows that do not."""
    twice = np.flatnonzero(groups.sizes > 1)
    if not len(twice):
        return
    content = ", ".join(f"coalesce({quoted_name(name)}, '')" for name in sorted(table.fields))
    rows = table.source.connection.execute(
        "SELECT CAST(n AS INTEGER) FROM (SELECT n, count(*) OVER (PARTITION BY n) AS often, "
        f"md5(to_json([{content}])::VARCHAR) AS content FROM raw JOIN ids USING (number)) WHERE often > 1 "
        "GROUP BY n HAVING count(DISTINCT content) > 1"
    ).fetchall()
    other = np.isin(groups.of_row[groups.starts[twice]], [row[0] for row in rows])
    same = int((groups.sizes[twice[~other]] - 1).sum())
    if same:
        table.notes.append(f"Rows that repeat a ticket word for word were taken once: {same:,} more.")
    for place in twice[other]:
        dropped = groups.order[groups.starts[place] : groups.ends[place]]
        table.problems.add(AGAIN, "number", dropped)


def _tickets(
    table: Table, groups: _Groups, found: str, at: Times, labels: dict[str, tuple[Codes, list[str]]]
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    opened = table.time("opened_at")
    made["opened_at"] = opened = groups.last_filled(opened, ~np.isnat(opened))
    for name in (*LABEL_FIELDS, "first_group"):
        if table.has(name):
            codes, words = labels.get(name) or table.label(name)
            made[name] = (groups.last(codes), words)
    if found == "events" and "group" in labels and "first_group" not in made:
        codes, words = labels["group"]
        made["first_group"] = (codes[groups.order[groups.starts]], words)
    done = of_kind(made["state"][1], DONE)[made["state"][0]] if "state" in made else None
    for name in ("responded_at", "resolved_at", "closed_at"):
        if not table.has(name):
            continue
        times = table.time(name)
        if not table.has(name):  # it held no times after all
            continue
        filled = ~np.isnat(times)
        value = groups.last_filled(times, filled)
        if name != "responded_at" and done is not None and found == "events":
            back = ~np.isnat(value) & ~filled[groups.order[groups.ends]] & ~done & (made["state"][0] >= 0)
            if back.any():
                table.notes.append(
                    f"{table.columns[name]}: taken back by the ticket's last row {int(back.sum()):,} times."
                )
                value[back] = _NAT
        early = value < opened
        table.problems.add(BACKWARDS, name, groups.order[groups.ends][early])
        value[early] = _NAT
        made[name] = value
    if found == "events":
        made["events"] = groups.sizes.astype(np.int64)
        if "responded_at" not in made and labels.keys() & {"state", "assigned_to"} and table.has("at"):
            made["responded_at"] = _responded(table, groups, at, labels, opened)
    _counts(table, groups, found, labels, made)
    _sla(table, groups, made)
    if "state" in made and (odd := of_kind(made["state"][1], UNKNOWN)).any():
        rows = int(odd[labels["state"][0][groups.order]].sum())
        table.notes.append(f"The state -100, which the export does not explain, stands on {rows:,} rows.")
    return made


def _responded(
    table: Table, groups: _Groups, at: Times, labels: dict[str, tuple[Codes, list[str]]], opened: Times
) -> Times:
    """Return when each ticket first left New or was given to somebody."""
    answered = np.zeros(len(groups.order), dtype=bool)
    if "state" in labels:
        codes, words = labels["state"]
        states = codes[groups.order]
        known = (states >= 0) & ~of_kind(words, UNKNOWN)[states]
        new = of_kind(words, NEW)
        if new.any():
            answered |= known & ~new[states]
            word = "New"
        else:
            answered |= known & (states != np.repeat(states[groups.starts], groups.sizes))
            word = "its first state"
    if "assigned_to" in labels:
        answered |= labels["assigned_to"][0][groups.order] >= 0
    rule = [f"was no longer {word}"] if "state" in labels else []
    rule += ["had somebody assigned"] if "assigned_to" in labels else []
    table.notes.append(f"The response is the first event at which a ticket {' or '.join(rule)}.")
    first = groups.first_row(answered)
    times = np.where(first < 0, _NAT, at[groups.order[np.maximum(first, 0)]])
    early = times < opened
    if early.any():
        table.notes.append(f"Responses earlier than the opening, taken as missing: {int(early.sum()):,}.")
    times[early] = _NAT
    return cast("Times", times)


def _counts(
    table: Table, groups: _Groups, found: str, labels: dict[str, tuple[Codes, list[str]]], made: dict[str, Any]
) -> None:
    for name in ("reassignments", "reopens"):
        if table.has(name):
            values = table.count(name)
            made[name] = groups.last_filled(values, values >= 0)
    if found != "events":
        return
    if "reassignments" not in made and "group" in labels:
        codes = labels["group"][0][groups.order]
        made["reassignments"] = groups.moves(codes >= 0, lambda a, b: a != b, codes)
        table.notes.append("Reassignments were counted: changes of the group from one event to the next.")
    if "reopens" not in made and "state" in labels:
        codes, words = labels["state"]
        states = codes[groups.order]
        known = (states >= 0) & ~of_kind(words, UNKNOWN)[states]
        done = of_kind(words, DONE)[states].astype(np.int64)
        made["reopens"] = groups.moves(known, lambda a, b: (a == 1) & (b == 0), done)
        table.notes.append("Reopenings were counted: moves from a finished state back to an open one.")


def _sla(table: Table, groups: _Groups, made: dict[str, Any]) -> None:
    column = next((name for name in ("sla_met", "sla_breached", "sla_left") if table.has(name)), None)
    if column is None:
        return
    shown = repr(table.columns[column])
    if column != "sla_left":
        values = table.flag(column)
        if not table.has(column):  # it said neither yes nor no after all
            return
        values = groups.last_filled(values, values >= 0)
        made["sla_met"] = values if column == "sla_met" else np.where(values < 0, -1, 1 - values)
        way = "is yes" if column == "sla_met" else "is no"
        table.notes.append(f"The agreed time counts as met where {shown} {way} on the ticket's last row.")
        return
    codes, words = table.label(column)
    clock = pd.Series([*words, ""], dtype="str").str.fullmatch(r"-?\s*\d+:\d\d(:\d\d)?|-?\s*(\d+\s?[wdhms]\s*)+")
    if not words or not clock[:-1].all():
        table.fields.discard(column)
        table.notes.append(f"The column {shown} was not used: not all of it is time left, such as 3:25 or -1:40.")
        return
    left = np.array([*(0 if word.startswith("-") else 1 for word in words), -1], dtype=np.int8)[codes]
    values = groups.last_filled(left, left >= 0)
    resolved = made.get("resolved_at")
    if resolved is not None:
        values = np.where((values == 1) & np.isnat(resolved), -1, values)
    made["sla_met"] = values
    table.notes.append(
        f"{shown} was read as the time left: below zero means that the agreed time was missed; a ticket that is still "
        "open and has time left counts as not yet known."
    )


def _frame(made: dict[str, Any], sort: Ints, numbers: list[str]) -> pd.DataFrame:
    columns: dict[str, Any] = {"number": pd.Series(np.array(numbers, dtype=object)[sort], dtype="str")}
    absent = pd.Series(pd.NA, index=range(len(sort)))
    for name in TICKET_COLUMNS[1:]:
        value = made.get(name)
        if name.endswith("_at"):
            times = np.full(len(sort), _NAT, dtype="datetime64[us]") if value is None else value[sort]
            columns[name] = pd.Series(times).dt.tz_localize("UTC").astype(_TIME)
        elif isinstance(value, tuple):
            columns[name] = pd.Series(categories(value[0][sort], value[1]))
        elif value is None:
            kind = (
                "boolean"
                if name == "sla_met"
                else "Int64"
                if name in ("reassignments", "reopens", "events")
                else "category"
            )
            columns[name] = absent.astype(kind)  # type: ignore[call-overload]
        elif name == "sla_met":
            columns[name] = pd.Series(pd.arrays.BooleanArray(value[sort] == 1, value[sort] < 0))
        else:
            columns[name] = pd.Series(pd.arrays.IntegerArray(value[sort].astype(np.int64), value[sort] < 0))
    return pd.DataFrame(columns)


def _events(
    table: Table,
    groups: _Groups,
    at: Times,
    labels: dict[str, tuple[Codes, list[str]]],
    sort: Ints,
    numbers: pd.Series,
) -> pd.DataFrame | None:
    times = at[groups.order]
    untimed = np.isnat(times)
    empty = groups.order[untimed]
    if len(empty):
        filled = np.asarray(table.fetch('"at" IS NOT NULL AS filled')["filled"], dtype=bool)
        table.problems.add(NO_EVENT_TIME, "at", empty[~filled[empty]])  # unreadable ones are counted as such already
    rank = np.full(len(groups), -1, dtype=np.int32)
    rank[sort] = np.arange(len(sort), dtype=np.int32)
    of_row = np.repeat(rank, groups.sizes)
    rows = np.flatnonzero((of_row >= 0) & ~untimed)
    rows = rows[np.argsort(of_row[rows], kind="stable")]
    if not len(rows):
        return None
    columns: dict[str, Any] = {
        "number": pd.Series(pd.Categorical.from_codes(of_row[rows], pd.Index(numbers))),
        "at": pd.Series(times[rows]).dt.tz_localize("UTC").astype(_TIME),
    }
    for name in ("state", "group", "assigned_to"):
        if name in labels:
            codes, words = labels[name]
            columns[name] = pd.Series(categories(codes[groups.order[rows]], words))
        else:
            columns[name] = pd.Series(pd.NA, index=range(len(rows))).astype("category")
    return pd.DataFrame(columns)


def _span(
    table: Table, times: dict[str, Times], places: Ints, as_of: object, zone: ZoneInfo
) -> tuple[np.datetime64 | None, np.datetime64]:
    """Say when the log begins (None: with its first ticket) and ends; what lies after its end is noted."""
    opened = times["opened_at"]
    since = _beyond_gap(opened)
    begin = None
    if since is not None:
        old, first = since
        local = pd.Timestamp(first, tz="UTC").tz_convert(zone).tz_localize(None).normalize()
        begin = utc_moment(local, zone).tz_localize(None).to_numpy()
        table.notes.append(
            f"{old:,} ticket{'' if old == 1 else 's'} opened more than a year before all others, first on "
            f"{opened.min().astype('datetime64[D]')}. The log was taken to begin on {local:%Y-%m-%d}; if a year is a "
            "typing error, mend it in the file."
        )
    if as_of is not None:
        moment = utc_moment(as_of, zone)
        end: np.datetime64 = moment.tz_localize(None).to_numpy()
        late = opened > end
        if late.sum() > _FEW * len(opened):
            raise ExportError(
                f"The log cannot end on {moment:%Y-%m-%d %H:%M} UTC: {int(late.sum()):,} tickets were opened later, "
                f"the last on {pd.Timestamp(opened.max()):%Y-%m-%d %H:%M} UTC.",
                "Give a later end of the log, or none.",
                "as_of",
            )
        table.problems.add(TOO_LATE, "opened_at", places[late])
        return begin, end
    every = np.concatenate(list(times.values()))
    every = np.sort(every[~np.isnat(every)])
    far = _beyond_gap(every[::-1], tickets=len(opened))
    if far is None:
        return begin, every[-1]
    end = far[1]
    for name, each in times.items():
        late = each > end
        if table.has(name):
            table.problems.add(TOO_LATE if name == "opened_at" else FAR, name, places[late])
    table.notes.append(
        f"{far[0]:,} time{' lies' if far[0] == 1 else 's lie'} more than a year after all others, the last on "
        f"{every[-1].astype('datetime64[D]')}: typing errors, probably. The log was taken to end on "
        f"{end.astype('datetime64[D]')}. If such a date is right, name the end of the log yourself (as_of)."
    )
    return begin, end


def _beyond_gap(times: Times, *, tickets: int = 0) -> tuple[int, np.datetime64] | None:
    """Look for a few times far away from all others at the beginning of sorted times.

    Far is more than a year, and more than all others span.

    Returns
    -------
    tuple of (int, datetime64) or None
        How many they are, and the first of the others.
    """
    most = min(int(_FEW * (tickets or len(times))), len(times) - 1)
    gaps = np.abs(np.diff(times[: most + 1]))
    span = np.abs(times[-1] - times[1 : most + 1])
    wide = np.flatnonzero((gaps > _YEAR) & (gaps > span))
    return None if not len(wide) else (int(wide[-1]) + 1, times[wide[-1] + 1])
