"""The path of a ticket: which groups or states it goes through, how often, and where it waits."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.itdata._words import at_most, counted, tickets
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._steps import (
    END as END,
)
from evaluators.itdata.tickets._steps import (
    START as START,
)
from evaluators.itdata.tickets._steps import (
    STILL_OPEN as STILL_OPEN,
)
from evaluators.itdata.tickets._steps import (
    PathEdge as PathEdge,
)
from evaluators.itdata.tickets._steps import (
    PathNode as PathNode,
)
from evaluators.itdata.tickets._steps import (
    PathVariant as PathVariant,
)
from evaluators.itdata.tickets._steps import (
    commonest_ways,
    folded,
    steps_and_places,
)
from evaluators.itdata.tickets._ticket_times import over
from evaluators.itdata.tickets._visits import Visits, visits

if TYPE_CHECKING:
    import altair as alt

_FEWEST, _MOST = 2, 30


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
            f"{tickets(self.tickets)} in {counted(self.events, 'row')} of events went "
            f"{counted(self.all_variants, 'different way')}.",
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
                    f"{each.source} → {each.target} {counted(each.count, 'time')}, half of them "
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
    .. [1] van der Aalst, W. M. P. (2016). Process Mining: Data Science in Action, 2nd ed., section 6.2 (directly
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
    variants, all_variants, loops = commonest_ways(stays, mapped)
    notes = _notes(log, stays, mapped, by)
    fewer = folded(stays, top)
    if len(fewer.labels) > top:
        rest = len(np.flatnonzero(np.bincount(stays.place))) - top
        notes.append(
            f"{rest} {by}s with fewer visits are put together as one."
            if rest > 1
            else f"The {by} with fewest visits is shown as (1 other)."
        )
    ended = (log.tickets[["resolved_at", "closed_at"]] <= log.as_of).any(axis=1)
    done = ended.to_numpy() | over(log, "resolved_at")
    nodes, edges = steps_and_places(fewer, done, mapped, minimum_share)
    return PathMap(by, nodes, edges, variants, all_variants, loops, mapped, stays.events, minimum_share, tuple(notes))


def _notes(log: TicketLog, stays: Visits, mapped: int, by: str) -> list[str]:
    notes = []
    if stays.nowhere:
        notes.append(f"{stays.nowhere:,} of {stays.events:,} rows have no {by} and were passed over.")
    if mapped < len(log):
        notes.append(f"{tickets(len(log) - mapped)} without any such row: not on the map.")
    return notes
