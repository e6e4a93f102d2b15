"""The path of a ticket: which groups or states it goes through, how often, and where it waits."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._ticket_times import IntArray, at_most, json_able, over, quantiles, tickets
from evaluators.itdata.tickets._visits import Visits, by_place, changes, visits
from evaluators.itdata.tickets._widest import widest_paths

if TYPE_CHECKING:
    import altair as alt

START, END, STILL_OPEN = "(start)", "(end)", "(still open)"
_VARIANTS = 20
_FEWEST, _MOST = 2, 30


@dataclass(frozen=True, slots=True)
class PathNode:
    """A place on the map.

    Parameters
    ----------
    label : str
        A group or state, ``"(start)"``, ``"(end)"``, ``"(still open)"`` or the rest, such as ``"(62 others)"``.
    visits : int
        Stays there; a ticket that comes back stays twice.
    tickets : int
        Tickets that were ever there.
    """

    label: str
    visits: int
    tickets: int


@dataclass(frozen=True, slots=True)
class PathEdge:
    """A step from one place to the next.

    Parameters
    ----------
    source, target : str
        Labels of the two places.
    count : int
        How often the step was made.
    tickets : int
        Tickets that made it.
    median_hours, p90_hours : float or None
        Hours from coming to `source` until coming to `target`; None for steps from the start, which take no time,
        and to the end.
    backwards : bool
        Whether the step leads to a place that most tickets see earlier.
    shown : bool
        Whether the chart draws it.
    """

    source: str
    target: str
    count: int
    tickets: int
    median_hours: float | None
    p90_hours: float | None
    backwards: bool
    shown: bool


@dataclass(frozen=True, slots=True)
class PathVariant:
    """One way through, with the tickets that went exactly so.

    Parameters
    ----------
    places : tuple of str
        The places in order, before small ones were put together.
    tickets : int
        Tickets that went so.
    share : float
        Of all tickets on the map (0-1).
    loop : bool
        Whether it comes back to a place.
    """

    places: tuple[str, ...]
    tickets: int
    share: float
    loop: bool


@dataclass(frozen=True, slots=True)
class PathMap:
    """Result of `path_map`: a directly-follows map.

    Parameters
    ----------
    by : str
        ``"group"`` or ``"state"``.
    nodes : tuple of PathNode
        In the order in which tickets come to them, start first, end last.
    edges : tuple of PathEdge
        All steps, most frequent first. At each place as many steps come in as go out.
    variants : tuple of PathVariant
        The 20 commonest ways, most tickets first.
    all_variants : int
        How many different ways there are.
    loops : int
        Tickets that came back to a place.
    tickets, events : int
        Tickets on the map, and rows of events that were read for it.
    minimum_share : float
        Steps made by a smaller share of tickets are drawn only where a place would be cut off without them.
    notes : tuple of str
        What was put together, passed over or left out.
    """

    by: str
    nodes: tuple[PathNode, ...]
    edges: tuple[PathEdge, ...]
    variants: tuple[PathVariant, ...]
    all_variants: int
    loops: int
    tickets: int
    events: int
    minimum_share: float
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[PathEdge]:
        return iter(self.edges)

    def edge(self, source: str, target: str) -> PathEdge:
        """Return the step from one place to another.

        Raises
        ------
        MeasureError
            If no ticket made that step.
        """
        for each in self.edges:
            if (each.source, each.target) == (source, target):
                return each
        raise MeasureError(
            f"No ticket went from {source!r} to {target!r}.", f"Places: {', '.join(node.label for node in self.nodes)}."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a step.

        Returns
        -------
        DataFrame, shape (n_edges, 8)
            The fields of `PathEdge`.
        """
        frame = pd.DataFrame([asdict(edge) for edge in self.edges])
        return frame.astype({"median_hours": "float64", "p90_hours": "float64"})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for times that are not known."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words the main path, the loops and the longest waits.

        Returns
        -------
        str
            Lines of text; the chart's text alternative.

        Examples
        --------
        >>> from evaluators.itdata.log import ticket_log
        >>> table = pd.DataFrame({"number": ["a", "b"], "opened_at": ["2026-03-02 08:00"] * 2,
        ...                       "resolved_at": ["2026-03-02 12:00"] * 2})
        >>> steps = pd.DataFrame({"number": ["a", "a", "a", "b"], "group": ["Desk", "Network", "Desk", "Desk"],
        ...     "at": ["2026-03-02 08:00", "2026-03-02 09:00", "2026-03-02 11:00", "2026-03-02 08:00"]})
        >>> print(path_map(ticket_log(table, steps)).summary())
        2 tickets in 4 rows of events went 2 different ways.
        The commonest way: Desk (50.0% of tickets). Next: Desk → Network → Desk (50.0%).
        1 ticket (50.0%) came back to a group where it had been before.
        Steps by how often they are made: Desk → Network 1 time, half of them within 1 hour; Network → Desk 1 time, \
half of them within 2 hours.
        A step's time is the time at the place before it, work and waiting together. Tickets that still wait there are \
not in it, so true times are longer.
        """
        ways = [" → ".join(each.places[:8]) + (" → …" if len(each.places) > 8 else "") for each in self.variants[:3]]
        shares = [f"{each.share:.1%}" for each in self.variants[:3]]
        lines = [
            f"{tickets(self.tickets)} in {self.events:,} row{'' if self.events == 1 else 's'} of events went "
            f"{self.all_variants:,} different way{'' if self.all_variants == 1 else 's'}.",
            f"The commonest way: {ways[0]} ({shares[0]} of tickets)."
            + (
                f" Next: {'; '.join(f'{way} ({share})' for way, share in zip(ways[1:], shares[1:], strict=True))}."
                if ways[1:]
                else ""
            ),
        ]
        if self.loops:
            one = self.loops == 1
            lines.append(
                f"{tickets(self.loops)} ({self.loops / self.tickets:.1%}) came back to a {self.by} where "
                f"{'it' if one else 'they'} had been before."
            )
        steps = [each for each in self.edges if each.median_hours is not None][:6]
        if steps:
            lines.append(
                "Steps by how often they are made: "
                + "; ".join(
                    f"{each.source} → {each.target} {each.count:,} time{'' if each.count == 1 else 's'}, half of them "
                    f"within {at_most(each.median_hours)}"
                    for each in steps
                )
                + "."
            )
        lines += self.notes
        lines.append(
            "A step's time is the time at the place before it, work and waiting together. Tickets that still wait "
            "there are not in it, so true times are longer."
        )
        return "\n".join(lines)

    def chart(self, *, highlight: str | None = None) -> "alt.LayerChart":
        """Draw the map from top to bottom.

        Parameters
        ----------
        highlight : str, optional
            A place whose steps stand out; the others are pale.

        Returns
        -------
        altair.LayerChart
            A row for each place. Arrows down on the right lead on, dashed orange ones on the left lead back; a
            thicker arrow is a more frequent step and its label the median time. The description holds the summary.

        Raises
        ------
        MeasureError
            If there is no such place on the map.
        """
        labels = [node.label for node in self.nodes]
        if highlight is not None and highlight not in labels:
            raise MeasureError(f"There is no place {highlight!r} on the map.", f"Places: {', '.join(labels)}.")
        from evaluators.itdata.tickets._charts.paths import map_chart  # Altair is slow to import

        return map_chart(self, highlight)


def path_map(log: TicketLog, *, by: str = "group", minimum_share: float = 0.02, top: int = 8) -> PathMap:
    """Draw a map of the ways that tickets take: which place directly follows which [1]_.

    A row of events that changes neither group nor state is no step. Rows without a label are passed over. Beyond
    the `top` places with most visits, the rest are put together in one, so that every ticket stays on the map and
    at each place as many steps come in as go out. Every place that is drawn keeps its most travelled way from the
    start and to the end, however rare.

    Parameters
    ----------
    log : TicketLog, n_tickets
        The tickets, with their events.
    by : str
        ``"group"`` or ``"state"``.
    minimum_share : float
        Steps made by a smaller share (0-1) of the tickets are not drawn, unless a place would be cut off.
    top : int
        How many places to show, 2 to 30; 8 are legible on a telephone.

    Returns
    -------
    PathMap

    Raises
    ------
    MeasureError
        If the export has one row a ticket, no event has that label, or a setting makes no sense.

    References
    ----------
    .. [1] van der Aalst, W. M. P. (2016). Process Mining: Data Science in Action, 2nd ed., section 5.2 (directly
       follows). Springer.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> table = pd.DataFrame({"number": ["a"], "opened_at": ["2026-03-02 08:00"], "resolved_at": ["2026-03-02 12:00"]})
    >>> steps = pd.DataFrame({"number": ["a"] * 2, "at": ["2026-03-02 08:00", "2026-03-02 09:30"],
    ...                       "group": ["Desk", "Network"]})
    >>> path_map(ticket_log(table, steps)).edge("Desk", "Network").median_hours
    1.5
    """
    if by not in ("group", "state"):
        raise MeasureError(f"There is no path by {by!r}.", 'Choose "group" or "state".')
    if not 0 <= minimum_share <= 1:
        raise MeasureError(f"The minimum share is {minimum_share}.", "Give a share between 0 and 1, such as 0.02.")
    if not _FEWEST <= top <= _MOST:
        raise MeasureError(f"{top} places cannot be shown.", f"Give {_FEWEST} to {_MOST}.")
    stays = visits(log, by)
    mapped = int(stays.first.sum())
    variants, all_variants, loops = _variants(stays, mapped)
    notes = _notes(log, stays, mapped, by)
    folded = _folded(stays, top)
    if len(folded.labels) > top:
        rest = len(np.flatnonzero(np.bincount(stays.place))) - top
        notes.append(
            f"{rest} {by}s with fewer visits are put together as one."
            if rest > 1
            else f"The {by} with fewest visits is shown as (1 other)."
        )
    ended = (log.tickets[["resolved_at", "closed_at"]] <= log.as_of).any(axis=1)
    done = ended.to_numpy() | over(log, "resolved_at")
    nodes, edges = _map(folded, done, mapped, minimum_share)
    return PathMap(by, nodes, edges, variants, all_variants, loops, mapped, stays.events, minimum_share, tuple(notes))


def _notes(log: TicketLog, stays: Visits, mapped: int, by: str) -> list[str]:
    notes = []
    if stays.nowhere:
        notes.append(f"{stays.nowhere:,} of {stays.events:,} rows have no {by} and were passed over.")
    if mapped < len(log):
        notes.append(f"{tickets(len(log) - mapped)} without any such row: not on the map.")
    return notes


def _variants(stays: Visits, mapped: int) -> tuple[tuple[PathVariant, ...], int, int]:
    """Return the commonest ways, how many different ones there are, and how many tickets come back to a place.

    Two tickets went the same way if all their stays agree: they are told apart stay by stay, exactly.
    """
    starts = np.flatnonzero(stays.first)
    lengths = np.diff(np.append(starts, len(stays.place)))
    way = np.zeros(mapped, dtype=np.int64)
    going = np.arange(mapped)
    names = 1
    for step in range(int(lengths.max())):
        going = going[lengths[going] > step]
        keys = way[going] * len(stays.labels) + stays.place[starts[going] + step]
        inverse, found = pd.factorize(keys)
        way[going] = names + inverse  # a fresh number, so that longer ways never meet shorter ones
        names += len(found)
    codes, found = pd.factorize(way)
    counts = np.bincount(codes)
    example = np.empty(len(found), dtype=np.int64)
    example[codes[::-1]] = np.arange(mapped)[::-1]  # the first ticket that went so
    order = np.lexsort((lengths[example], -counts))[:_VARIANTS]
    made = []
    for each in order:
        start = starts[example[each]]
        places = stays.place[start : start + lengths[example[each]]]
        made.append(
            PathVariant(
                tuple(stays.labels[place] for place in places),
                int(counts[each]),
                float(counts[each] / mapped),
                len(np.unique(places)) < len(places),
            )
        )
    order = by_place(stays.place)
    once = stays.ticket[order][changes(stays.place[order], stays.ticket[order])]
    loops = int((np.bincount(once) < np.bincount(stays.ticket)).sum())
    return tuple(made), len(counts), loops


def _folded(stays: Visits, top: int) -> Visits:
    """Return the visits with the places beyond `top` put together in one."""
    count = np.bincount(stays.place, minlength=len(stays.labels))
    present = np.flatnonzero(count)
    order = present[np.argsort(-count[present], kind="stable")]
    kept = order[:top]
    places = np.full(len(stays.labels), len(kept), dtype=np.int64)
    places[kept] = np.arange(len(kept))
    labels = [_told_apart(stays.labels[place]) for place in kept]
    if len(order) > top:
        labels.append(f"({len(order) - top} other{'' if len(order) - top == 1 else 's'})")
    return stays.folded(places, tuple(labels))


def _told_apart(label: str) -> str:
    """Return a label that cannot be mistaken for the start, an end or the rest of the map."""
    own = label in (START, END, STILL_OPEN) or re.fullmatch(r"\(\d+ others?\)", label)
    return f"“{label}”" if own else label


def _map(
    stays: Visits, done: "np.typing.NDArray[np.bool_]", mapped: int, minimum_share: float
) -> tuple[tuple[PathNode, ...], tuple[PathEdge, ...]]:
    size = len(stays.labels)
    start, end, still = size, size + 1, size + 2
    labels = (*stays.labels, START, END, STILL_OPEN)
    first = stays.first
    last = np.append(first[1:], np.True_)
    inner = ~last[:-1]
    finish = np.where(done[stays.ticket[last]], end, still)
    moved = (stays.place[:-1] * len(labels) + stays.place[1:])[inner]
    order = by_place(moved)  # sorted by step, and within a step by ticket
    step, who = moved[order], stays.ticket[:-1][inner][order]
    waits = (stays.hours[1:] - stays.hours[:-1])[inner][order]
    cells = len(labels) ** 2
    moves = np.bincount(step, minlength=cells)
    begins = np.cumsum(moves) - moves
    # Every ticket starts once and finishes once; other steps it may make again and again.
    ends_of = np.bincount(start * len(labels) + stays.place[first], minlength=cells)
    ends_of += np.bincount(stays.place[last] * len(labels) + finish, minlength=cells)
    keys = np.flatnonzero(moves + ends_of)
    counts = (moves + ends_of)[keys]
    apart = (np.bincount(step[changes(step, who)], minlength=cells) + ends_of)[keys]
    rank = _ranks(stays, size)
    shown = _shown(keys, counts, apart, len(labels), (start, (end, still)), minimum_share * mapped)
    edges = []
    for place, key in enumerate(keys):
        source, target = divmod(int(key), len(labels))
        median, p90 = quantiles(waits[begins[key] : begins[key] + moves[key]], (0.5, 0.9))
        edges.append(
            PathEdge(
                labels[source],
                labels[target],
                int(counts[place]),
                int(apart[place]),
                median,
                p90,
                source < size and target < size and bool(rank[target] < rank[source]),
                bool(shown[place]),
            )
        )
    edges.sort(key=lambda each: (-each.count, each.source, each.target))
    stayed = np.bincount(stays.place, minlength=size)
    order = by_place(stays.place)
    place_of = stays.place[order]
    once = np.bincount(place_of[changes(place_of, stays.ticket[order])], minlength=size)
    ends = np.bincount(finish, minlength=len(labels))
    nodes = [PathNode(START, mapped, mapped)]
    nodes += [PathNode(labels[place], int(stayed[place]), int(once[place])) for place in np.argsort(rank)]
    nodes += [PathNode(labels[place], int(ends[place]), int(ends[place])) for place in (end, still) if ends[place]]
    return tuple(nodes), tuple(edges)


def _ranks(stays: Visits, size: int) -> IntArray:
    """Return each place's turn: the earlier tickets come to it (mean step, to a tenth), then the more stays."""
    begins = np.flatnonzero(stays.first)
    lengths = np.diff(np.append(begins, len(stays.place)))
    step = np.arange(len(stays.place)) - np.repeat(begins, lengths)
    count = np.bincount(stays.place, minlength=size)
    mean = np.bincount(stays.place, weights=step, minlength=size) / count
    rank = np.empty(size, dtype=np.int64)
    rank[np.lexsort((-count, np.round(mean, 1)))] = np.arange(size)
    return rank


def _shown(
    keys: IntArray,
    counts: IntArray,
    apart: IntArray,
    size: int,
    ends: tuple[int, tuple[int, int]],
    fewest: float,
) -> "np.typing.NDArray[np.bool_]":
    """Return which steps to draw: the frequent ones, and each place's most travelled way from start and to end."""
    shown = np.asarray(apart >= max(fewest, 1))
    start, finishes = ends
    steps = {(int(key) // size, int(key) % size): (place, int(counts[place])) for place, key in enumerate(keys)}
    for step in widest_paths({step: width for step, (_, width) in steps.items()}, {start}):
        shown[steps[step][0]] = True
    turned = {(target, source): width for (source, target), (_, width) in steps.items()}
    for target, source in widest_paths(turned, set(finishes)):
        shown[steps[source, target][0]] = True
    return shown
