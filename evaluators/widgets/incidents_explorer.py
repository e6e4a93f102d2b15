"""The reading of one's own tickets by clicking: an anywidget whose browser half is incidents_explorer.js."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from evaluators.widgets._desk import Done
from evaluators.widgets._display import assets, show_widget
from evaluators.widgets._later import LaterExplorer, Offer
from evaluators.widgets._own_data import OwnDataExplorer, show_explorer
from evaluators.widgets._tickets_desk import MAIN, MORE, SPLITS, TicketsDesk, log_of

if TYPE_CHECKING:
    import pandas as pd


_TITLE = "Read your own tickets"


class IncidentsExplorer(OwnDataExplorer):
    """The form of a reading of tickets, and its result.

    Parameters
    ----------
    desk : TicketsDesk
        What does the work.
    title : str
        Heading.
    time_zone : str
        To begin with; empty: the one of the browser.
    then : callable, optional
        Gets each new result, and None when it goes.
    """

    _esm = assets("dom.js", "own_data.js", "incidents_explorer.js")

    def __init__(
        self,
        desk: TicketsDesk,
        title: str = _TITLE,
        *,
        time_zone: str = "",
        then: Callable[[Done | None], None] | None = None,
    ) -> None:
        spec = {
            "main": list(map(list, MAIN.items())),
            "more": list(map(list, MORE.items())),
            "splits": list(map(list, SPLITS.items())),
            "zones": sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
            "time_zone": time_zone,
        }
        super().__init__(desk, title, spec, then)


class Movable:
    """What can be moved of the tickets that were read last: their ways, and their figures over time."""

    def __init__(self) -> None:
        self.ways, self.weeks = LaterExplorer(), LaterExplorer()

    def follow(self, done: Done | None) -> None:
        """Take the tickets of a new result, or show nothing if there is none."""
        from evaluators.widgets.path_explorer import PathExplorer
        from evaluators.widgets.trend_explorer import TrendExplorer

        if done is None:
            self.ways.withdraw()
            self.weeks.withdraw()
            return
        log = log_of(done)

        def ways() -> Offer:
            explorer = PathExplorer(log)
            return explorer.controls(), explorer.draw

        def weeks() -> Offer:
            explorer = TrendExplorer(log)
            return explorer.controls(), explorer.draw

        self.ways.offer("The ways of your tickets, to move", ways)
        self.weeks.offer("Your figures over time, to move", weeks)


def incidents_explorer(
    tables: "Mapping[str, pd.DataFrame] | None" = None,
    *,
    folder: str | os.PathLike[str] = ".",
    title: str = _TITLE,
    time_zone: str = "",
    move: bool = True,
) -> None:
    """Let somebody read an export of tickets by clicking: choose it, say what its columns hold, read, save.

    The form does what the command ``hrlab incidents`` does, with the same figures. It shows the columns with examples
    and what they seem to hold, asks what files leave open (time zone, day or month first), and can join the tickets to
    a table of people. A button saves the page and the JSON into `folder`. Nothing leaves the computer.

    Parameters
    ----------
    tables : mapping of str to DataFrame, optional
        Name -> an export with one row for each ticket or event, or people, such as an example; offered before the
        files.
    folder : path, optional
        Where CSV, Excel, JSON and Parquet files are looked for; default the notebook's folder.
    title : str, optional
        Heading, plain text.
    time_zone : str, optional
        To begin with, such as ``"Europe/Dublin"``; default that of the reader's computer.
    move : bool, optional
        Whether, after each reading, the ways of the tickets and their figures over time are offered to move, as
        `path_explorer` and `trend_explorer` do.

    See Also
    --------
    evaluators.itdata.incidents.report_incidents : The reading itself.

    Examples
    --------
    >>> from evaluators.data import load_tarnbrook
    >>> incidents_explorer({"Example": load_tarnbrook("ticket_events")})  # doctest: +SKIP
    """
    desk = TicketsDesk(tables or {}, folder)
    movable = Movable() if move else None
    show_explorer(
        lambda: IncidentsExplorer(desk, title, time_zone=time_zone, then=movable.follow if movable else None),
        title,
        "Here a form stands while the lab runs. Open this notebook in the lab to choose an export and read it.",
    )
    if movable:
        show_widget(lambda: movable.ways)
        show_widget(lambda: movable.weeks)
