"""One ticket's life, row by row: what each row of events says, and where the time went."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import json_able
from evaluators.itdata._words import counted, hours_in_words
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog

if TYPE_CHECKING:
    import altair as alt

# States in which IT waits for somebody else; many a service level's clock stands still in them.
PARKED = ("awaiting", "on hold", "pending", "waiting")
NOTHING = "Nothing changes that this log shows."


@dataclass(frozen=True, slots=True)
class StoryRow:
    """One row of events.

    Parameters
    ----------
    at : Timestamp
        When, as the clocks on the wall showed it, without a zone.
    state, group : str
        After this event; empty where the row says nothing.
    hours : float
        Hours since the ticket was opened.
    lasted : float or None
        Hours until the next row; None for the last.
    said : str
        What the row says, in words.
    changes : bool
        Whether it changes state, group or person.
    """

    at: pd.Timestamp
    state: str
    group: str
    hours: float
    lasted: float | None
    said: str
    changes: bool


@dataclass(frozen=True, slots=True)
class TicketStory:
    """Result of `ticket_story`.

    Parameters
    ----------
    number : str
        The ticket.
    rows : tuple of StoryRow
        In order of time.
    resolved_hours : float or None
        Hours from opening to (the last) resolution; None if it was still open.
    parked_hours : float
        Hours in states in which IT waits for somebody else, such as "Awaiting User Info", before the resolution.
    passed_on : int
        How often the group changes from one row to the next.
    silent : int
        Rows that change nothing.
    sla_met : bool or None
        The export's own mark; None if it has none.
    """

    number: str
    rows: tuple[StoryRow, ...]
    resolved_hours: float | None
    parked_hours: float
    passed_on: int
    silent: int
    sla_met: bool | None

    def __iter__(self) -> Iterator[StoryRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_frame(self) -> pd.DataFrame:
        """Return one row an event.

        Returns
        -------
        DataFrame, shape (n_rows, 7)
            The fields of `StoryRow`.
        """
        return pd.DataFrame([asdict(row) for row in self.rows]).astype({"lasted": "float64"})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; times as text."""
        plain = asdict(self)
        for row in plain["rows"]:
            row["at"] = row["at"].isoformat()
        return json_able(self) | {"rows": plain["rows"]}

    def summary(self) -> str:
        """Say in plain words how long it took, who waited for whom, and what the rows do not show.

        Returns
        -------
        str
            Lines of text.

        Examples
        --------
        >>> from evaluators.itdata.log import ticket_log
        >>> table = pd.DataFrame({"number": ["a"], "opened_at": ["2026-03-02 08:00"],
        ...                       "resolved_at": ["2026-03-03 08:00"], "sla_met": [True]})
        >>> steps = pd.DataFrame({"number": ["a"] * 3, "state": ["New", "Awaiting User Info", "Resolved"],
        ...     "at": ["2026-03-02 08:00", "2026-03-02 09:00", "2026-03-03 08:00"], "group": "Desk"})
        >>> print(ticket_story(ticket_log(table, steps), "a").summary())
        3 rows tell of 1 ticket.
        From opening to resolution: 24 hours. For 23 hours of them the state said that IT waits for somebody else.
        Service level: met, says the export.
        The rows do not say whether the person could work again, or what anybody did between two rows.
        """
        lines = [f"{counted(len(self), 'row')} tell{'s' if len(self) == 1 else ''} of 1 ticket."]
        if self.silent:
            lines[0] += f" {counted(self.silent, 'row')} of them change{'s' if self.silent == 1 else ''} nothing."
        if self.resolved_hours is None:
            took = "It was still open when the log ended."
        else:
            took = f"From opening to resolution: {hours_in_words(self.resolved_hours)}."
        if self.parked_hours:
            took += f" For {hours_in_words(self.parked_hours)} of them the state said that IT waits for somebody else."
        lines.append(took)
        if self.passed_on:
            lines.append(f"Passed on to another group {counted(self.passed_on, 'time')}.")
        if self.sla_met is not None:
            lines.append(f"Service level: {'met' if self.sla_met else 'not met'}, says the export.")
        lines.append("The rows do not say whether the person could work again, or what anybody did between two rows.")
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw in which state the ticket was, and when.

        Returns
        -------
        altair.LayerChart
            A line for each state, a bar for each stay; stays in which IT waits for somebody else are pale with a
            dashed edge. The description holds the summary.

        Raises
        ------
        MeasureError
            If no row has a state.
        """
        if not any(row.state for row in self.rows):
            raise MeasureError("No row of this ticket has a state.", "Read the rows instead.")
        from evaluators.itdata.tickets._charts.story import story_chart  # Altair is slow to import

        return story_chart(self)


def ticket_story(log: TicketLog, number: str) -> TicketStory:
    """Tell one ticket's life from its rows. Nobody is named: who asked and who worked is left out on purpose.

    Parameters
    ----------
    log : TicketLog
        With events.
    number : str
        The ticket.

    Returns
    -------
    TicketStory

    Raises
    ------
    MeasureError
        If there is no such ticket, or the log has no events of it.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> table = pd.DataFrame({"number": ["a"], "opened_at": ["2026-03-02 08:00"]})
    >>> steps = pd.DataFrame({"number": ["a"] * 2, "at": ["2026-03-02 08:00", "2026-03-02 09:30"],
    ...                       "group": ["Desk", "Network"]})
    >>> ticket_story(ticket_log(table, steps), "a").rows[1].said
    'Passed on: Desk → Network.'
    """
    found = log.tickets[log.tickets["number"] == number]
    if found.empty:
        raise MeasureError(f"There is no ticket {number!r}.", "Look up its number in the export.")
    ticket = found.iloc[0]
    events = None if log.events is None else log.events[(log.events["number"] == number).to_numpy()]
    if events is None or events.empty:
        raise MeasureError(f"The log has no events of {number!r}.", "Export the history of changes.")
    times = events["at"].tolist()
    states, groups, people = (
        events[name].astype("object").where(events[name].notna(), "").tolist()
        for name in ("state", "group", "assigned_to")
    )
    rows: list[StoryRow] = []
    passed_on = 0
    known = ["", "", ""]  # the last state, group and person that a row named
    for place, now in enumerate(zip(states, groups, people, strict=True)):
        parts = [] if place else ["The ticket is opened."]
        if now[0] and known[0] and now[0] != known[0]:
            parts.append(f"State: {known[0]} → {now[0]}.")
        if now[1] and known[1] and now[1] != known[1]:
            passed_on += 1
            parts.append(f"Passed on: {known[1]} → {now[1]}.")
        elif now[1] and not known[1]:
            parts.append(f"{now[1]} has it.")
        if now[2] and now[2] != known[2]:
            parts.append("Somebody else is named." if known[2] else "Somebody is named who works on it.")
        known = [new or old for new, old in zip(now, known, strict=True)]
        after = times[place + 1] if place + 1 < len(times) else None
        rows.append(
            StoryRow(
                times[place].tz_convert(log.time_zone).tz_localize(None),
                now[0],
                now[1],
                _hours(ticket["opened_at"], times[place]),
                None if after is None else _hours(times[place], after),
                " ".join(parts) or NOTHING,
                bool(parts),
            )
        )
    resolved = ticket["resolved_at"]
    over = None if pd.isna(resolved) or resolved > log.as_of else _hours(ticket["opened_at"], resolved)
    end = _hours(ticket["opened_at"], log.as_of) if over is None else over
    parked = sum(
        max(0.0, min(end, row.hours + (end if row.lasted is None else row.lasted)) - row.hours)
        for row in rows
        if is_parked(row.state)
    )
    mark = ticket["sla_met"]
    silent = sum(not row.changes for row in rows)
    return TicketStory(number, tuple(rows), over, parked, passed_on, silent, None if pd.isna(mark) else bool(mark))


def is_parked(state: str) -> bool:
    """Say whether IT waits for somebody else in a state of that name.

    Examples
    --------
    >>> is_parked("Awaiting User Info"), is_parked("Active")
    (True, False)
    """
    return state.strip().casefold().startswith(PARKED)


def _hours(start: pd.Timestamp, end: pd.Timestamp) -> float:
    return float((end - start).total_seconds() / 3600)
