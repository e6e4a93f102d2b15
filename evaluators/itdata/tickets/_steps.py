"""From visits to a map: the commonest ways, the steps between places, and which of them to draw."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluators.itdata._words import counted
from evaluators.itdata.tickets._ticket_times import BoolArray, IntArray, quantiles
from evaluators.itdata.tickets._visits import Visits, by_place, changes
from evaluators.itdata.tickets._widest import widest_paths

START, END, STILL_OPEN = "(start)", "(end)", "(still open)"
_VARIANTS = 20


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


def commonest_ways(stays: Visits, mapped: int) -> tuple[tuple[PathVariant, ...], int, int]:
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


def folded(stays: Visits, top: int) -> Visits:
    """Return the visits with the places beyond `top` put together in one."""
    count = np.bincount(stays.place, minlength=len(stays.labels))
    present = np.flatnonzero(count)
    order = present[np.argsort(-count[present], kind="stable")]
    kept = order[:top]
    places = np.full(len(stays.labels), len(kept), dtype=np.int64)
    places[kept] = np.arange(len(kept))
    labels = [_told_apart(stays.labels[place]) for place in kept]
    if len(order) > top:
        labels.append(f"({counted(len(order) - top, 'other')})")
    return stays.folded(places, tuple(labels))


def _told_apart(label: str) -> str:
    """Return a label that cannot be mistaken for the start, an end or the rest of the map."""
    own = label in (START, END, STILL_OPEN) or re.fullmatch(r"\(\d+ others?\)", label)
    return f"“{label}”" if own else label


def steps_and_places(
    stays: Visits, done: BoolArray, mapped: int, minimum_share: float
) -> tuple[tuple[PathNode, ...], tuple[PathEdge, ...]]:
    """Return the places with their visits, in the order in which tickets come to them, and the steps between."""
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
) -> BoolArray:
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
