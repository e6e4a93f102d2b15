"""How long do people wait? Times to respond, resolve and close, with the tickets that are still open."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.itdata._words import at_most, hours_in_words, tickets
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.tickets._product_limit import ProductLimit, product_limit
from evaluators.itdata.tickets._ticket_times import (
    ALL,
    STEPS,
    FloatArray,
    check_confidence,
    labels_of,
    quantiles,
    reached,
    row_of,
)
from evaluators.itdata.tickets._visits import by_place

if TYPE_CHECKING:
    import altair as alt

_SHARES = (0.5, 0.75, 0.9)
_POINTS = 200
_DRAWN = 6


@dataclass(frozen=True, slots=True)
class DurationRow:
    """The waiting times of some tickets. All times are elapsed hours, nights and weekends included.

    Parameters
    ----------
    label : str
        Which tickets.
    tickets : int
        Tickets measured: those that came there and those still waiting.
    ended, waiting : int
        Tickets that came there, and tickets that were still waiting when the log ended.
    median, p75, p90 : float or None
        Hours within which half, three quarters and nine tenths of all tickets came there, waiting ones included
        (Kaplan–Meier); None if too many still wait to say.
    median_low, median_high : float or None
        The range of medians that fit the data (Brookmeyer–Crowley); None for an end that the data do not show.
    mean : float or None
        Mean hours up to the longest time seen; None if nothing ended.
    mean_is_least : bool
        Whether the true mean is larger, because the longest times are of tickets still waiting.
    ended_median, ended_p75, ended_p90, ended_mean : float or None
        The same of ended tickets alone, as most reports have it. Too short if many still wait.
    """

    label: str
    tickets: int
    ended: int
    waiting: int
    median: float | None
    p75: float | None
    p90: float | None
    median_low: float | None
    median_high: float | None
    mean: float | None
    mean_is_least: bool
    ended_median: float | None
    ended_p75: float | None
    ended_p90: float | None
    ended_mean: float | None


@dataclass(frozen=True, slots=True)
class Durations:
    """Result of `measure_durations`.

    Parameters
    ----------
    until : str
        ``"responded_at"``, ``"resolved_at"`` or ``"closed_at"``.
    by : str
        The label that splits the tickets, or empty.
    overall : DurationRow
        All tickets.
    rows : tuple of DurationRow
        One for each label, most tickets first; empty without `by`.
    confidence : float
        Share (0-1) of such intervals that hold the true median.
    curves : dict of str to tuple of (float, float)
        Hours and the share (0-1) waiting longer, for all tickets and the first six labels; at most 200 points each.
    histogram : tuple of (float, float, int)
        From hours, to hours and the number of ended tickets, in steps of equal ratio; the first starts at 0.
    notes : tuple of str
        Tickets that were left out, and why.
    """

    until: str
    by: str
    overall: DurationRow
    rows: tuple[DurationRow, ...]
    confidence: float
    curves: dict[str, tuple[tuple[float, float], ...]] = field(repr=False)
    histogram: tuple[tuple[float, float, int], ...] = field(repr=False)
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[DurationRow]:
        return iter(self.rows)

    def of(self, label: str) -> DurationRow:
        """Return the row of one label.

        Raises
        ------
        MeasureError
            If there is no such label.
        """
        return row_of((self.overall, *self.rows), label)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for all tickets and one for each label.

        Returns
        -------
        DataFrame, shape (1 + n_labels, 15)
            The fields of `DurationRow`.
        """
        frame = pd.DataFrame([asdict(row) for row in (self.overall, *self.rows)])
        numbers = [name for name, kind in DurationRow.__annotations__.items() if "float" in str(kind)]
        return frame.astype(dict.fromkeys(numbers, "float64"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that the data do not show."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how long people wait, and what the figures do not show.

        Returns
        -------
        str
            Lines of text.

        Examples
        --------
        >>> from evaluators.itdata.log import ticket_log
        >>> table = pd.DataFrame({"number": list("abcd"), "opened_at": ["2026-03-02 08:00"] * 4,
        ...     "resolved_at": ["2026-03-02 09:00", "2026-03-02 10:00", "2026-03-03 08:00", None]})
        >>> print(measure_durations(ticket_log(table, as_of="2026-03-04 08:00")).summary())
        Time to resolution of 4 tickets: 3 are there, 1 still waits.
        Half of all tickets take 13 hours or less. Three quarters: not known, too many still wait. Nine in ten: not \
known, too many still wait.
        The mean is at least 18.8 hours: a few very long tickets pull it up, so the median says more about a usual day.
        Ended tickets alone would say 2 hours for half of them, which leaves out everyone who still waits.
        Hours run day and night, weekends too, from opening on. A ticket that IT calls resolved need not be one whose \
person is helped.
        """
        row = self.overall
        lines = [
            f"Time to {STEPS[self.until]} of {tickets(row.tickets)}: {row.ended:,} {'is' if row.ended == 1 else 'are'} "
            f"there, {row.waiting:,} still wait{'s' if row.waiting == 1 else ''}.",
            f"{_within('Half of all tickets take', row.median)} {_within('Three quarters:', row.p75)} "
            f"{_within('Nine in ten:', row.p90)}",
        ]
        if row.mean is not None and row.median is not None and row.mean > 1.2 * row.median:
            least = "at least " if row.mean_is_least else ""
            lines.append(
                f"The mean is {least}{hours_in_words(row.mean)}: a few very long tickets pull it up, so the median "
                "says more about a usual day."
            )
        if row.waiting and row.ended_median is not None and row.ended_median != row.median:
            lines.append(
                f"Ended tickets alone would say {hours_in_words(row.ended_median)} for half of them, which leaves out "
                "everyone who still waits."
            )
        if not row.waiting:
            lines.append(
                "No ticket is waiting. If the export holds finished tickets only, the latest and longest ones are "
                "missing and the true times are longer."
            )
        if self.rows:
            lines.append(f"By {self.by}: " + "; ".join(self._short(each) for each in self.rows[:_DRAWN]) + ".")
        ended = {"resolved_at": "resolved", "closed_at": "closed", "responded_at": "answered"}[self.until]
        lines += self.notes
        lines.append(
            "Hours run day and night, weekends too, from opening on. "
            f"A ticket that IT calls {ended} need not be one whose person is helped."
        )
        return "\n".join(lines)

    def _short(self, row: DurationRow) -> str:
        if row.median is None:
            return f"{row.label}: not known ({tickets(row.tickets)}, too many still wait)"
        low, high = row.median_low, row.median_high
        extent = f", likely {hours_in_words(low)} to {hours_in_words(high)}" if None not in (low, high) else ""
        return f"{row.label}: half within {at_most(row.median)} ({tickets(row.tickets)}{extent})"

    def chart(self, *, kind: str = "curve") -> "alt.LayerChart":
        """Draw how the tickets end.

        Parameters
        ----------
        kind : str
            ``"curve"``: the share still waiting after so many hours, a line for all tickets or for each of the six
            largest labels. ``"distribution"``: how many ended tickets took how long, with mean, median and P90.

        Returns
        -------
        altair.LayerChart
            With a scale on which each step is ten times the one before. The description holds the summary.

        Raises
        ------
        MeasureError
            If there is no such kind, or nothing ended that could be drawn.
        """
        if kind not in ("curve", "distribution"):
            raise MeasureError(f"There is no chart {kind!r}.", 'Choose "curve" or "distribution".')
        if not self.overall.ended:
            raise MeasureError("No ticket ended, so there is nothing to draw.", "Measure a longer time.")
        from evaluators.itdata.tickets._charts.durations import (  # Altair is slow to import
            curve_chart,
            distribution_chart,
        )

        return curve_chart(self) if kind == "curve" else distribution_chart(self)


def measure_durations(
    log: TicketLog, *, until: str = "resolved_at", by: str | None = None, confidence: float = 0.95
) -> Durations:
    """Measure how long tickets take, counting those that still wait.

    A ticket that still waits has taken *at least* its age: it is censored at the end of the log. The Kaplan–Meier
    estimate [1]_ uses just that; a report of ended tickets alone leaves the longest waits out. Ranges of medians are
    Brookmeyer and Crowley's [2]_ on the log(-log) scale. The mean is the area under the curve.

    Parameters
    ----------
    log : TicketLog, n_tickets
        The tickets.
    until : str
        ``"responded_at"``, ``"resolved_at"`` or ``"closed_at"``. Times after the end of the log count as waiting.
    by : str, optional
        A label such as ``"priority"``, ``"group"`` or ``"location"``: a row for each.
    confidence : float
        Share (0-1) of such intervals that hold the true median.

    Returns
    -------
    Durations

    Raises
    ------
    MeasureError
        If the export has no such time or label, or no ticket can be measured.

    References
    ----------
    .. [1] Kaplan, E. L., Meier, P. (1958). Nonparametric Estimation from Incomplete Observations. Journal of the
       American Statistical Association 53(282), 457-481.
    .. [2] Brookmeyer, R., Crowley, J. (1982). A Confidence Interval for the Median Survival Time. Biometrics 38(1),
       29-41.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> table = pd.DataFrame({"number": ["a", "b", "c"], "opened_at": ["2026-03-02 08:00"] * 3,
    ...                       "resolved_at": ["2026-03-02 09:00", "2026-03-02 12:00", None]})
    >>> row = measure_durations(ticket_log(table, as_of="2026-03-03 08:00")).overall
    >>> row.median, row.ended_median, row.p90
    (4.0, 2.5, None)
    """
    check_confidence(confidence)
    found = reached(log, until)
    used = found.there | found.waiting
    if not used.any():
        raise MeasureError("No ticket can be measured.", " ".join(found.left_out()) or "Check the export.")
    places = np.flatnonzero(used)
    places = places[np.argsort(found.hours[places])]  # sorted once for all rows
    hours, ended = found.hours[places], found.there[places]
    overall, curve = _row(ALL, hours, ended, confidence)
    curves = {ALL: _thinned(curve)}
    rows: list[DurationRow] = []
    if by is not None:
        codes, labels = labels_of(log, by)
        codes = codes[places]
        order = by_place(codes)
        ends = np.cumsum(np.bincount(codes, minlength=len(labels)))
        pieces = np.split(order, ends[:-1])
        largest = sorted(range(len(labels)), key=lambda place: -len(pieces[place]))
        for place in largest:
            piece = pieces[place]
            if len(piece):
                row, curve = _row(labels[place], hours[piece], ended[piece], confidence)
                if len(rows) < _DRAWN:
                    curves[row.label] = _thinned(curve)
                rows.append(row)
    return Durations(
        until,
        by or "",
        overall,
        tuple(rows),
        confidence,
        curves,
        _histogram(hours[ended]),
        tuple(found.left_out()),
    )


def _within(lead: str, hours: float | None) -> str:
    return (
        f"{lead} {at_most(hours)} or less."
        if hours is not None
        else f"{lead.removesuffix(' take').removesuffix(':')}: not known, too many still wait."
    )


def _row(
    label: str, hours: FloatArray, ended: "np.typing.NDArray[np.bool_]", confidence: float
) -> tuple[DurationRow, ProductLimit]:
    curve = product_limit(hours, ended)
    over = np.sort(hours[ended])
    median, p75, p90 = (curve.quantile(share) for share in _SHARES)
    ended_median, ended_p75, ended_p90 = quantiles(over, _SHARES)
    low, high = curve.quantile_interval(0.5, confidence)
    mean, least = curve.mean()
    row = DurationRow(
        label,
        len(hours),
        len(over),
        len(hours) - len(over),
        median,
        p75,
        p90,
        low,
        high,
        mean,
        least and mean is not None,
        ended_median,
        ended_p75,
        ended_p90,
        float(over.mean()) if len(over) else None,
    )
    return row, curve


def _thinned(curve: ProductLimit) -> tuple[tuple[float, float], ...]:
    """Return the curve at so few points that a chart can hold it, spread evenly over the shares and the scale."""
    if not len(curve.hours):
        return ()
    places = np.arange(len(curve.hours))
    if len(places) > _POINTS:
        by_time = np.geomspace(max(curve.hours[0], 1 / 60), max(curve.hours[-1], 1 / 30), _POINTS // 2)
        by_share = np.linspace(curve.waiting[0], curve.waiting[-1], _POINTS // 2 - 1)
        places = np.unique(
            np.concatenate(
                (
                    np.searchsorted(curve.hours, by_time).clip(0, len(places) - 1),
                    np.searchsorted(-curve.waiting, -by_share).clip(0, len(places) - 1),
                    [len(places) - 1],
                )
            )
        )
    return tuple(zip(curve.hours[places].tolist(), curve.waiting[places].tolist(), strict=True))


def _histogram(hours: FloatArray) -> tuple[tuple[float, float, int], ...]:
    """Count ended tickets in steps of a quarter of a tenfold, from one minute on; the first step starts at 0."""
    if not len(hours):
        return ()
    start = np.log10(1 / 60)
    place = np.floor((np.log10(np.maximum(hours, 1 / 60)) - start) * 4 + 1e-9).astype(np.int64)
    counts = np.bincount(place)
    edges = 10 ** (start + np.arange(len(counts) + 1) / 4)
    return tuple(
        (0.0 if step == 0 else float(edges[step]), float(edges[step + 1]), int(count))
        for step, count in enumerate(counts)
    )
