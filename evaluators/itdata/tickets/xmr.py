"""Is it still the same? One figure a period on a chart of individuals and moving ranges (XmR chart)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaluators._plain import json_able
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.tickets._xmr_points import (
    LEAST,
    baseline_periods,
    check_values,
    phase_points,
    place_of,
)
from evaluators.itdata.tickets._xmr_points import (
    LIMIT_FACTOR as LIMIT_FACTOR,
)
from evaluators.itdata.tickets._xmr_points import (
    NEAR as NEAR,
)
from evaluators.itdata.tickets._xmr_points import (
    OUTSIDE as OUTSIDE,
)
from evaluators.itdata.tickets._xmr_points import (
    RANGE_FACTOR as RANGE_FACTOR,
)
from evaluators.itdata.tickets._xmr_points import (
    RULES as RULES,
)
from evaluators.itdata.tickets._xmr_points import (
    RUN as RUN,
)
from evaluators.itdata.tickets._xmr_points import (
    XmrPoint as XmrPoint,
)

if TYPE_CHECKING:
    import altair as alt

_SOLID, _MANY = 15, 1 / 3
_FALSE_ALARMS = {(OUTSIDE,): 370, (OUTSIDE, RUN): 150}


@dataclass(frozen=True, slots=True)
class XmrChart:
    """Result of `xmr` and of `trend`.

    Parameters
    ----------
    points : tuple of XmrPoint
        In the order given.
    figure : str
        What is charted, such as ``"median hours to resolve"``.
    unit : str
        ``"hours"``, ``"tickets"``, ``"share"`` and the like; empty if it needs none.
    every : str
        What a point stands for, such as ``"week"``.
    rules : tuple of str
        The rules that were applied.
    left_out : tuple of str
        Periods that the data covers in part only; they are not among the points.
    notes : tuple of str
        What else a reader must know of the figure.
    """

    points: tuple[XmrPoint, ...]
    figure: str = "value"
    unit: str = ""
    every: str = "period"
    rules: tuple[str, ...] = (OUTSIDE, RUN)
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __iter__(self) -> Iterator[XmrPoint]:
        return iter(self.points)

    def __getitem__(self, label: str) -> XmrPoint:
        for point in self.points:
            if point.label == label:
                return point
        raise MeasureError(
            f"There is no {self.every} {label!r}.", f"They run from {self.points[0].label} to {self.points[-1].label}."
        )

    @property
    def signals(self) -> tuple[XmrPoint, ...]:
        """Points that signal or jump, in order."""
        return tuple(point for point in self.points if point.signal or point.jump)

    @property
    def phases(self) -> tuple[tuple[XmrPoint, ...], ...]:
        """The points of each phase, in order."""
        numbers = range(self.points[-1].phase + 1)
        return tuple(tuple(point for point in self.points if point.phase == number) for number in numbers)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a period.

        Returns
        -------
        DataFrame, shape (n_periods, 14)
            The fields of `XmrPoint`.
        """
        return pd.DataFrame([asdict(point) for point in self.points])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words whether the figure changed, and what such a chart cannot show.

        Returns
        -------
        str
            One paragraph a line.

        Examples
        --------
        >>> print(xmr([20, 22, 19, 21, 20, 23, 21, 19, 34, 20], figure="tickets", every="week", baseline=8).summary())
        Tickets, 10 weeks: 1 to 10.
        From 1 to 10 the usual value is 20.6; single weeks are expected between 14.9 and 26.3 (limits made from 8 \
weeks).
        Signal in 9: 34 (outside the limits).
        A larger jump than usual from one week to the next: into 10.
        8 weeks are few to make limits from: they may still move a good deal, and false alarms are more frequent.
        With nothing changed, about one week in 150 signals by chance. A signal says that something changed, not what \
changed or who caused it. No signal does not say that the level is good.
        """
        many = f"{len(self.points)} {self.every}s"
        lines = [f"{_capital(self.figure)}, {many}: {self.points[0].label} to {self.points[-1].label}."]
        for number, phase in enumerate(self.phases):
            lines.append(self._phase(phase))
            if number and not math.isnan(phase[0].centre):
                before = self.phases[number - 1][0].centre
                if not math.isnan(before):
                    change = phase[0].centre - before
                    way = "up" if change > 0 else "down"
                    lines.append(
                        f"That is {way} by {self.say(abs(change))} from the phase before."
                        if change
                        else "That is the same as in the phase before."
                    )
        lines += self._signals()
        if self.left_out:
            lines.append(
                f"Left out, because the data covers a part of it only: {', '.join(self.left_out)}."
                if len(self.left_out) == 1
                else f"Left out, because the data covers a part of them only: {', '.join(self.left_out)}."
            )
        few = [point.label for point in self.points if not point.usable]
        if few:
            shown = ", ".join(few[:4]) + (" …" if len(few) > 4 else "")
            they = "It does" if len(few) == 1 else "They do"
            lines.append(f"Too few tickets to count on, or no figure: {shown} ({len(few)} in all). {they} not signal.")
        bases = [sum(point.baseline for point in phase) for phase in self.phases]
        if min(bases) < _SOLID:
            lines.append(
                f"{min(bases)} {self.every}s are few to make limits from: they may still move a good deal, and false "
                "alarms are more frequent."
            )
        lines += self.notes
        alarms = _FALSE_ALARMS.get(self.rules)
        by_chance = (
            f"With nothing changed, about one {self.every} in {alarms} signals by chance."
            if alarms
            else "With nothing changed, some points signal by chance, and the more rules, the more often."
        )
        lines.append(
            f"{by_chance} A signal says that something changed, not what changed or who caused it. No signal does not "
            "say that the level is good."
        )
        return "\n".join(lines)

    def say(self, value: float) -> str:
        """Return a figure of this chart as text, with its unit.

        Parameters
        ----------
        value : float
            In the chart's unit; a share (0-1) is said in percent.
        """
        if math.isnan(value):
            return "unknown"
        if self.unit == "share":
            return f"{value:.1%}"
        number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
        if self.unit == "hours" and number == "1":
            return "1 hour"
        return f"{number} hours" if self.unit == "hours" else number

    def chart(self) -> "alt.VConcatChart":
        """Draw the values with their limits and, below, the moving ranges.

        Returns
        -------
        altair.VConcatChart
            Signals are orange diamonds, periods with too few tickets grey triangles, limits dashes. The description
            holds the summary.
        """
        from evaluators.itdata.tickets._charts.trend import xmr_chart  # Altair is slow to import

        return xmr_chart(self)

    def _phase(self, phase: Sequence[XmrPoint]) -> str:
        first, where = phase[0], f"From {phase[0].label} to {phase[-1].label}"
        base = [point for point in phase if point.baseline]
        made = f"limits made from {len(base)} {self.every}s"
        if math.isnan(first.centre):
            return f"{where} there are only {len(base)} usable {self.every}s: too few for limits."
        if math.isnan(first.high):
            return (
                f"{where} every {self.every} that was to make limits has the same value, {self.say(first.centre)}: "
                "there are no limits, and nothing can signal."
            )
        usual = f"{where} the usual value is {self.say(first.centre)}"
        if math.isinf(first.low) and math.isinf(first.high):
            return (
                f"{usual}; single {self.every}s differ so much that any possible value is expected ({made}): only a "
                "long run can signal."
            )
        between = (
            f"at or below {self.say(first.high)}"
            if math.isinf(first.low)
            else f"at or above {self.say(first.low)}"
            if math.isinf(first.high)
            else f"between {self.say(first.low)} and {self.say(first.high)}"
        )
        return f"{usual}; single {self.every}s are expected {between} ({made})."

    def _signals(self) -> list[str]:
        found = [point for point in self.points if point.signal]
        lines = []
        for point in found[:3]:
            since = f", which began in {point.since}" if point.since != point.label else ""
            lines.append(f"Signal in {point.label}: {self.say(point.value)} ({point.signal}{since}).")
        if len(found) > 3:
            lines.append(f"{len(found)} {self.every}s signal in all, the last of them {found[-1].label}.")
        if len(found) > _MANY * len(self.points) and all(point.baseline for point in self.points if point.usable):
            lines.append(
                f"So many signals say that the level itself moved, and then the usual value of all {self.every}s is of "
                "no use: make the limits from an early baseline, or begin a new phase where something is known to have "
                "changed."
            )
        jumps = [point.label for point in self.points if point.jump and point.signal != OUTSIDE]
        if jumps:
            shown = f"{', '.join(jumps[:4])}{' …' if len(jumps) > 4 else ''}"
            lines.append(f"A larger jump than usual from one {self.every} to the next: into {shown}.")
        if not lines and any(not math.isnan(point.high) for point in self.points):
            lines.append(f"No signal: the {self.every}s differ as they always do, so do not explain single ones.")
        return lines


def xmr(
    values: ArrayLike,
    *,
    labels: Sequence[object] | None = None,
    baseline: int | tuple[str, str] | None = None,
    steps: Sequence[str] = (),
    rules: Sequence[str] = (OUTSIDE, RUN),
    cases: Sequence[int] | None = None,
    few: int = 0,
    floor: float = -math.inf,
    ceiling: float = math.inf,
    figure: str = "value",
    unit: str = "",
    every: str = "period",
    left_out: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> XmrChart:
    """Chart one figure a period with limits that come from how much neighbouring periods differ.

    Centre: the mean of the baseline periods. Limits: centre ± 2.66 × the mean moving range; upper limit of the moving
    range: 3.267 × its mean [1]_, [2]_. A point signals outside the limits, as the eighth in a row (or later) on one
    side of the centre, or as the third of four in a row in the outer half between centre and limit on one side.
    The first two rules together raise a false alarm about once in 150 periods [3]_ if the limits are well known and
    the values roughly bell-shaped and unrelated from period to period.

    Parameters
    ----------
    values : array-like of float, shape (n_periods,)
        One figure a period, in order of time; NaN where there is none.
    labels : sequence, shape (n_periods,), optional
        Names of the periods, each once; by default 1, 2, 3 …
    baseline : int or (str, str), optional
        Which usable periods make the limits: the first so many of each phase, or those from one label to another
        (they must lie in one phase; the other phases use all of theirs). By default all, which is right for a first
        look back and weak against slow drift.
    steps : sequence of str
        Labels at which something is known to have changed: a new phase with limits of its own begins there. Choose
        them for a reason outside the data, not because a signal stood there.
    rules : sequence of str
        Some of `RULES`.
    cases : sequence of int, shape (n_periods,), optional
        Tickets behind each value.
    few : int
        Periods with fewer cases are drawn, but make no limits and never signal.
    floor, ceiling : float
        Values that the figure cannot pass, such as 0 for hours and 1 for shares; a limit beyond is no limit and comes
        out infinite.
    figure, unit, every, left_out, notes
        As in `XmrChart`.

    Returns
    -------
    XmrChart

    Raises
    ------
    MeasureError
        If there are fewer than 4 usable periods in all or in the baseline of a phase, a label occurs twice or is
        unknown, or a value is infinite.

    References
    ----------
    .. [1] Wheeler, D. J. (2000). Understanding Variation, 2nd ed. SPC Press, chapter 3.
    .. [2] NIST/SEMATECH (2012). e-Handbook of Statistical Methods, section 6.3.2.2, Individuals Control Charts.
    .. [3] Champ, C. W., Woodall, W. H. (1987). Exact Results for Shewhart Control Charts with Supplementary Runs
       Rules. Technometrics 29(4), 393-399.

    Examples
    --------
    >>> flow = xmr([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
    >>> print(f"{flow['1'].low:.1f} {flow['1'].centre:.2f} {flow['1'].high:.1f} {flow.signals}")
    45.8 50.81 55.8 ()
    """
    numbers = np.asarray(values, dtype=float)
    names = [str(each) for each in (range(1, len(numbers) + 1) if labels is None else labels)]
    check_values(numbers, names, cases, rules)
    usable = ~np.isnan(numbers)
    if cases is not None:
        usable &= np.asarray(cases) >= few
    starts = sorted({0, *(place_of(names, label, "step") for label in steps)})
    chosen = baseline_periods(names, usable, starts, baseline)
    points: list[XmrPoint] = []
    for phase, (start, end) in enumerate(zip(starts, [*starts[1:], len(names)], strict=True)):
        part = slice(start, end)
        base = numbers[part][chosen[part]]
        if len(base) < LEAST:
            raise MeasureError(
                f"From {names[start]} to {names[end - 1]} only {len(base)} {every}s can make limits.",
                f"At least {LEAST} are needed, 15 or more are better: take shorter periods, a longer baseline, fewer "
                "steps, or points with fewer cases.",
            )
        points += phase_points(
            numbers[part], names[part], usable[part], chosen[part], phase, tuple(rules), (floor, ceiling)
        )
    if cases is not None:
        points = [replace(point, cases=int(number)) for point, number in zip(points, cases, strict=True)]
    kept = tuple(rule for rule in RULES if rule in rules)
    return XmrChart(tuple(points), figure, unit, every, kept, tuple(left_out), tuple(notes))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
