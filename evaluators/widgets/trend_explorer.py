"""A figure over time to move: which figure, which tickets, which window, and what the limits are made from."""

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from evaluators.widgets._ticket_filters import ALL, choices, chosen, in_words
from evaluators.widgets.explorer import Control, explore, select, word_slider

if TYPE_CHECKING:
    from evaluators.itdata.log import TicketLog
    from evaluators.itdata.tickets.xmr import XmrChart, XmrPoint

_TITLE = "A figure over time: noise or change?"
_FEW = 10  # tickets behind a point; fewer, and it neither signals nor makes limits
_BASELINES = (6, 8, 12, 20)
_LONG_ENOUGH = 8  # periods of a kind that make it worth offering first


class TrendExplorer:
    """A log, the controls that its columns allow, and the chart drawn for any setting of them.

    Parameters
    ----------
    log : TicketLog
        Anybody's log.

    Raises
    ------
    MeasureError
        If the log spans less than four weeks.
    """

    def __init__(self, log: "TicketLog") -> None:
        from evaluators.itdata.errors import MeasureError
        from evaluators.itdata.tickets.trend import FIGURES, has_figure

        self._log = log
        self._figures = {
            name: what.title[:1].upper() + what.title[1:] for name, what in FIGURES.items() if has_figure(log, name)
        }
        opened = log.local("opened_at")
        last = log.as_of.tz_convert(log.time_zone).tz_localize(None)
        if last - opened.min() < pd.Timedelta(days=28):
            raise MeasureError("The log spans less than four weeks.", "Export a longer time: a trend needs it.")
        months = pd.period_range(opened.min(), max(last - pd.Timedelta(seconds=1), opened.min()), freq="M")
        self._months = [month.start_time for month in months]
        spans = {"month": len(months), "week": int((last - opened.min()).days // 7)}
        self._every = {"month": "Months", "week": "Weeks"}
        if spans["month"] < _LONG_ENOUGH:
            self._every = {"week": "Weeks", "month": "Months"}

    def controls(
        self,
        *,
        figure: str | None = None,
        every: str | None = None,
        only: str | None = None,
        help: str = "",  # noqa: A002
    ) -> dict[str, Control]:
        """Return the controls: figure, period, tickets, window, baseline and a known change.

        Parameters
        ----------
        figure, every, only : str, optional
            To begin with, such as ``"median_hours"``, ``"week"`` and ``"group=Network"``.
        help : str, optional
            A line under the list of figures.
        """
        names = [f"{month:%B %Y}" for month in self._months]
        first = figure or ("median_hours" if "median_hours" in self._figures else None)
        made = {
            "figure": select("Figure", self._figures, first, help=help),
            "every": select("A point is one of the", self._every, every),
        }
        tickets = choices(self._log, "priority", "location", "group", "category", everything="All tickets")
        if len(tickets) > 1:
            made["only"] = select("Tickets", tickets, only)
        if len(names) > 1:
            made["start"] = word_slider("Window from", names)
            made["end"] = word_slider("Window to", names, value=len(names) - 1)
        made["baseline"] = select(
            "Limits are made from",
            {"all": "all points of the window", **{str(n): f"the first {n} points" for n in _BASELINES}},
        )
        if len(names) > 1:
            steps = {"none": "nothing known", **{f"{month:%Y-%m-%d}": f"{month:%B %Y}" for month in self._months[1:]}}
            made["step"] = select("Something changed in", steps, help="New limits begin there.")
        return made

    def chart(
        self,
        figure: str,
        every: str,
        only: str = ALL,
        start: int = 0,
        end: int = -1,
        baseline: str = "all",
        step: str = "none",
    ) -> "XmrChart":
        """Return the chart of the window.

        Parameters
        ----------
        figure, every : str
            As in `evaluators.itdata.tickets.trend.trend`.
        only, step : str
            Keys of the controls' options.
        start, end : int
            Places of the first and the last month of the window; the other way round means the same.
        baseline : str
            ``"all"`` or a number of points.

        Returns
        -------
        XmrChart

        Raises
        ------
        MeasureError
            If the window has fewer than four usable points, or the change lies outside of it.
        """
        from evaluators.itdata.errors import MeasureError
        from evaluators.itdata.tickets.trend import FIGURES, trend
        from evaluators.itdata.tickets.xmr import xmr

        what = FIGURES[figure]
        whole = trend(chosen(self._log, only), figure=figure, every=every, few=_FEW)
        low, high = sorted((self._months[start], self._months[end]))
        inside = [point for point in whole if low <= pd.Timestamp(point.label) < high + pd.DateOffset(months=1)]
        usable = sum(point.usable for point in inside)
        if usable < 4:
            raise MeasureError(
                f"Only {usable} {every}{'' if usable == 1 else 's'} of this window can be used.",
                "Make the window longer, choose shorter periods, or take more tickets.",
            )
        steps = []
        if step != "none":
            after = [point.label for point in inside if pd.Timestamp(point.label) >= pd.Timestamp(step)]
            if not after or after[0] == inside[0].label:
                raise MeasureError(
                    "The change that you named lies outside of the window.", "Move the window or the change."
                )
            steps = [after[0]]
        return xmr(
            [point.value for point in inside],
            labels=[point.label for point in inside],
            baseline=None if baseline == "all" else int(baseline),
            steps=steps,
            cases=[point.cases or 0 for point in inside],
            few=0 if what.counts else _FEW,
            floor=0.0,
            ceiling=1.0 if what.unit == "share" else math.inf,
            figure=whole.figure,
            unit=whole.unit,
            every=every,
            notes=whole.notes,
        )

    def draw(
        self,
        figure: str,
        every: str,
        only: str = ALL,
        start: int = 0,
        end: int = -1,
        baseline: str = "all",
        step: str = "none",
    ) -> str:
        """Draw the chart, and say what two of its points alone would tell and what all of them tell.

        Parameters
        ----------
        figure, every, only, start, end, baseline, step
            As in `chart`.

        Returns
        -------
        str
            HTML.
        """
        from evaluators.reports.charts import chart_html

        found = self.chart(figure, every, only, start, end, baseline, step)
        points = [point for point in found if point.usable]
        naive, chart = two_points(found, points[0], points[-1]), verdict(found)
        rest = "".join(f"<p>{escape(line)}</p>" for line in found.summary().splitlines())
        lead = in_words(only)
        return (
            f"<p><strong>A slide with two points would say</strong> ({escape(lead)}): {escape(naive)}</p>"
            f"<p><strong>The chart says:</strong> {escape(chart)}</p>"
            + chart_html(found.chart(), alt=f"{lead}. {naive} {chart}\n{found.summary()}")
            + f"<details><summary>Limits, signals and what this chart does not show</summary>{rest}</details>"
        )


def trend_explorer(
    log: "TicketLog",
    *,
    figure: str | None = None,
    every: str | None = None,
    only: str | None = None,
    title: str = _TITLE,
) -> None:
    """Let somebody slide a window over a figure, and see what two points would tell and what limits tell.

    Parameters
    ----------
    log : TicketLog
        Anybody's log, as `evaluators.itdata.reading.tickets.read_tickets` makes it from an export.
    figure : str, optional
        To begin with: a key of `evaluators.itdata.tickets.trend.FIGURES`; by default the median hours to resolve.
    every : str, optional
        To begin with: ``"month"`` or ``"week"``.
    only : str, optional
        To begin with: some tickets, such as ``"group=Network"`` or ``"location=Kilnard"``.
    title : str, optional
        Heading.

    Raises
    ------
    MeasureError
        If the log spans less than four weeks.

    See Also
    --------
    evaluators.itdata.tickets.trend.trend : The chart itself.

    Examples
    --------
    >>> from evaluators.data import load_tarnbrook_log
    >>> trend_explorer(load_tarnbrook_log(), only="group=Desktop Support")  # doctest: +SKIP
    """
    explorer = TrendExplorer(log)
    explore(explorer.controls(figure=figure, every=every, only=only), explorer.draw, title=title)


def two_points(found: "XmrChart", first: "XmrPoint", last: "XmrPoint") -> str:
    """Say what somebody would say who looks at two points only.

    Parameters
    ----------
    found : XmrChart
        Says the figure and its unit.
    first, last : XmrPoint
        The two.
    """
    way = "up" if last.value > first.value else "down"
    ends = f"from {found.say(first.value)} ({first.label}) to {found.say(last.value)} ({last.label})"
    if last.value == first.value:
        return f"{found.figure} stayed at {found.say(first.value)}."
    if found.unit == "share":
        return f"{found.figure} is {way} by {abs(last.value - first.value) * 100:.1f} percentage points, {ends}."
    if first.value <= 0:
        return f"{found.figure} is {way}, {ends}."
    return f"{found.figure} is {way} by {abs(last.value / first.value - 1):.0%}, {ends}."


def verdict(found: "XmrChart") -> str:
    """Say whether any point is more than noise."""
    signals = [point for point in found if point.signal]
    if not any(not math.isnan(point.high) for point in found):
        return f"all {found.every}s that make the limits are alike, so there are no limits to compare with."
    if not signals:
        return f"no signal. The {found.every}s differ as they always do; one point up or down needs no story."
    listed = _listed([point.label for point in signals])
    every = found.every if len(signals) == 1 else f"{found.every}s"
    said = f"{len(signals):,} {every} of {len(found.points):,} signal{'s' if len(signals) == 1 else ''}: {listed}."
    if len(signals) > len(found.points) / 3:
        cure = "make the limits from the first points only"
        if not all(point.baseline for point in found if point.usable):
            cure = "name when something changed, and let new limits begin there"
        return f"{said} So many say that the level itself moved: {cure}."
    return f"{said} Something has probably changed. What it was, the chart cannot say."


def _listed(labels: Sequence[str], most: int = 4) -> str:
    return ", ".join(labels) if len(labels) <= most else f"{', '.join(labels[:most])} …"
