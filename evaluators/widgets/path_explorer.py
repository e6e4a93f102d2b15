"""The map of tickets' paths to move: by group or state, for one site, with one place picked out."""

from html import escape
from typing import TYPE_CHECKING

from evaluators.widgets._ticket_filters import ALL, choices, chosen, in_words
from evaluators.widgets.explorer import Control, explore, select, slider

if TYPE_CHECKING:
    from evaluators.itdata.log import TicketLog
    from evaluators.itdata.tickets.paths import PathEdge, PathMap

_TITLE = "The ways that tickets take"
_OFFERED = 15  # places that can be picked out
_TOPS = (8, 15, 30)  # places drawn: more only to reach the one picked out
_LISTED = 12


class PathExplorer:
    """A log, the controls that its columns allow, and the map drawn for any setting of them.

    Parameters
    ----------
    log : TicketLog
        With events.

    Raises
    ------
    MeasureError
        If the export has one row a ticket, or no event has a group or a state.
    """

    def __init__(self, log: "TicketLog") -> None:
        from evaluators.itdata.errors import MeasureError
        from evaluators.itdata.tickets._visits import visits

        self._log = log
        looks = {}
        problem: MeasureError | None = None
        for by in ("group", "state"):
            try:
                visits(log, by)
            except MeasureError as error:
                problem = error
                continue
            found = log.events[by].value_counts().head(_OFFERED)  # type: ignore[index]
            looks[f"{by}="] = f"All {by}s"
            looks |= {f"{by}={label}": f"One {by}: {label}" for label, count in found.items() if count}
        if not looks:
            assert problem is not None
            raise problem
        self._looks = looks

    def controls(self, *, look: str | None = None, site: str | None = None, share: float = 2.0) -> dict[str, Control]:
        """Return the controls: what to look at, how rare a step is still drawn, and which tickets.

        Parameters
        ----------
        look : str, optional
            To begin with: ``"group="``, ``"state="`` or a place, such as ``"group=Field Support"``.
        site : str, optional
            To begin with, such as ``"Drumlough"``; by default all tickets.
        share : float, optional
            Steps made by fewer than so many of 100 tickets are left out to begin with.
        """
        made = {"look": select("Look at", self._looks, look)}
        made["share"] = slider(
            "Draw steps made by at least", 0, 20, value=share, step=0.5, unit="of 100 tickets",
            help="To the left: rare ways, too. To the right: only the main roads.",
        )  # fmt: skip
        sites = choices(self._log, "location", everything="All sites")
        priorities = choices(self._log, "priority", everything="All priorities")
        if len(sites) > 1:
            made["site"] = select("Tickets of", sites, f"location={site}" if site else None)
        if len(priorities) > 1:
            made["priority"] = select("Priority", priorities)
        return made

    def draw(self, look: str, share: float, site: str = ALL, priority: str = ALL) -> str:
        """Draw the map and say in words what it shows.

        Parameters
        ----------
        look, site, priority : str
            Keys of the controls' options.
        share : float
            Of 100 tickets.

        Returns
        -------
        str
            HTML.
        """
        from evaluators.itdata.errors import MeasureError
        from evaluators.itdata.tickets.paths import path_map
        from evaluators.reports.charts import chart_html

        by, _, place = look.partition("=")
        some = chosen(self._log, site, priority)
        if not len(some):
            raise MeasureError("No ticket is of this site and priority.", "Choose another pair.")
        for top in _TOPS:
            found = path_map(some, by=by, minimum_share=share / 100, top=top)
            there = place in {node.label for node in found.nodes}
            if not place or there:
                break
        words = [self._ways(found, some, site, priority), _drawn(found)]
        table = ""
        if place and there:
            words.append(_around(found, place))
            table = _steps(found, place)
        elif place:
            words.append(f"None of these tickets was ever at {place}.")
        said = " ".join(words)
        chart = found.chart(highlight=place if place and there else None)
        paragraphs = "".join(f"<p>{escape(each)}</p>" for each in words)
        return paragraphs + chart_html(chart, alt=f"{said}\n{found.summary()}") + table

    def _ways(self, found: "PathMap", some: "TicketLog", site: str, priority: str) -> str:
        """Say the commonest way and how many come back, beside the other tickets."""
        from evaluators.itdata.tickets.paths import path_map

        way = found.variants[0]
        who = in_words(site, priority)
        said = (
            f"{who[:1].upper()}{who[1:]}: {found.tickets:,}. The commonest way is {' → '.join(way.places[:6])}"
            f"{' → …' if len(way.places) > 6 else ''} ({way.share:.0%} of them); there are {found.all_variants:,} "
            f"different ways. {found.loops:,} ({found.loops / found.tickets:.1%}) came back to a {found.by} where they "
            "had been before"
        )
        rest = self._log.where(~self._log.tickets["number"].isin(some.tickets["number"]))
        if len(rest):
            other = path_map(rest, by=found.by)
            said += f"; of all other tickets, {other.loops / other.tickets:.1%}"
        return f"{said}."


def path_explorer(
    log: "TicketLog", *, look: str | None = None, site: str | None = None, share: float = 2.0, title: str = _TITLE
) -> None:
    """Let somebody move the map of tickets' paths: by group or state, rare ways, one site or priority, one place.

    Parameters
    ----------
    log : TicketLog
        Anybody's log with events, as `evaluators.itdata.reading.tickets.read_tickets` makes it from an export.
    look : str, optional
        To begin with: ``"group="``, ``"state="`` or a place, such as ``"group=Field Support"``.
    site : str, optional
        To begin with; by default all tickets.
    share : float, optional
        To begin with, steps made by fewer than so many of 100 tickets are left out.
    title : str, optional
        Heading.

    Raises
    ------
    MeasureError
        If the export has one row a ticket, or no event has a group or a state.

    See Also
    --------
    evaluators.itdata.tickets.paths.path_map : The map itself.

    Examples
    --------
    >>> from evaluators.data import load_tarnbrook_log
    >>> path_explorer(load_tarnbrook_log(), site="Drumlough")  # doctest: +SKIP
    """
    explorer = PathExplorer(log)
    explore(explorer.controls(look=look, site=site, share=share), explorer.draw, title=title)


def _drawn(found: "PathMap") -> str:
    hidden = [edge for edge in found.edges if not edge.shown]
    steps = f"{len(found.edges) - len(hidden)} of {len(found.edges)} different steps are drawn"
    if not hidden:
        return f"All {len(found.edges)} different steps are drawn."
    times = sum(edge.count for edge in hidden)
    return f"{steps}; the others were made {times:,} time{'' if times == 1 else 's'} in all."


def _around(found: "PathMap", place: str) -> str:
    """Say how often tickets come to a place, and how long they stay before they go on."""
    from evaluators.itdata._words import hours_in_words
    from evaluators.itdata.tickets.paths import STILL_OPEN

    node = next(node for node in found.nodes if node.label == place)
    said = (
        f"{place}: {node.tickets:,} ticket{' was' if node.tickets == 1 else 's were'} there, {node.visits:,} stays in "
        f"all, {node.visits / node.tickets:.1f} a ticket."
    )
    onward = [edge for edge in found.edges if edge.source == place and edge.median_hours is not None]
    if onward:
        first = onward[0]
        said += (
            f" Most go on to {first.target} ({first.count:,} times): half of them within "
            f"{hours_in_words(first.median_hours)}, nine in ten within {hours_in_words(first.p90_hours)}."
        )
    waiting = sum(edge.count for edge in found.edges if (edge.source, edge.target) == (place, STILL_OPEN))
    if waiting:
        said += f" {waiting:,} still {'waits' if waiting == 1 else 'wait'} there."
    return said


def _steps(found: "PathMap", place: str) -> str:
    """List the steps to and from a place, the most frequent first."""
    from evaluators.widgets.tables import table_html

    def times(edges: "list[PathEdge]") -> dict[str, list[str]]:
        return {"Times": [f"{edge.count:,}" for edge in edges]}

    into = [edge for edge in found.edges if edge.target == place][:_LISTED]
    out = [edge for edge in found.edges if edge.source == place][:_LISTED]
    came = {"From": [edge.source for edge in into], **times(into)}
    left = {
        "To": [edge.target for edge in out],
        **times(out),
        "Half within": [_time(edge.median_hours) for edge in out],
        "Nine in ten within": [_time(edge.p90_hours) for edge in out],
    }
    return table_html(came, f"Coming to {place}") + table_html(left, f"Leaving {place}")


def _time(hours: float | None) -> str:
    from evaluators.itdata._words import hours_in_words

    return "–" if hours is None else hours_in_words(hours)
