"""Which tickets an explorer shows: lists of sites, groups and priorities, largest first."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluators.itdata.log import TicketLog

ALL = "all"
_NAMES = {"location": "Site", "group": "Last group", "priority": "Priority", "category": "Category"}
_LISTED, _FEWEST = 15, 20


def choices(log: "TicketLog", *columns: str, everything: str = "all tickets") -> dict[str, str]:
    """Return what a list offers: key -> label, with the number of tickets; only labels that 20 tickets have.

    Parameters
    ----------
    log : TicketLog
        The tickets.
    *columns : str
        ``"location"``, ``"group"``, ``"priority"`` or ``"category"``; one that the log lacks offers nothing.
    everything : str
        The first label, which stands for no choice.
    """
    offered = {ALL: f"{everything} ({len(log):,})"}
    for column in columns:
        counts = log.tickets[column].value_counts()
        counts = counts[counts >= _FEWEST].head(_LISTED)
        if len(counts) < 2:  # one label for all tickets is no choice
            continue
        if column == "priority":
            counts = counts.sort_index()
        lead = f"{_NAMES[column]}: " if len(columns) > 1 else ""
        offered |= {f"{column}={label}": f"{lead}{label} ({count:,})" for label, count in counts.items()}
    return offered


def chosen(log: "TicketLog", *keys: str) -> "TicketLog":
    """Return the tickets that fit all keys of `choices`."""
    for key in keys:
        if key != ALL:
            column, _, label = key.partition("=")
            log = log.where((log.tickets[column].astype("object").astype("str") == label).fillna(False))
    return log


def in_words(*keys: str) -> str:
    """Say which tickets those are: "tickets of Drumlough, P3"."""
    labels = [key.partition("=")[2] for key in keys if key != ALL]
    return f"tickets of {', '.join(labels)}" if labels else "all tickets"
