"""Is the tool still what it was? Audits period by period on a control chart, so that drift is noticed."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.screening._columns import FloatArray, IntArray, enough_expected, fetch, find_groups, find_yes
from evaluators.screening.counts import CountTable
from evaluators.screening.errors import OutcomeError, PeriodError, UnknownGroupError
from evaluators.screening.rates import reference_group

if TYPE_CHECKING:
    import altair as alt

RATE, RATIO = "selection rate", "impact ratio"
OUTSIDE, RUN = "outside the limits", "eight in a row on one side"
_SIGMAS = 3
_RUN = 8
_PERIODS = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """One figure of one group in one period.

    Parameters
    ----------
    period : str
        Such as ``"2026-03"``.
    group : str
        The group's label.
    figure : str
        ``"selection rate"``, or ``"impact ratio"`` against the reference group of the same period.
    selected, applicants : int
        People of the group in this period.
    value : float
        The rate (0-1) or ratio; NaN if there is nobody to compare.
    centre, low, high : float
        What the baseline periods lead us to expect, and the 3-sigma limits for this many people; NaN if not known.
    enough : bool
        Whether the expected numbers of selected and of rejected people are all at least 5 (for a ratio: also
        those of the reference group). Points with fewer are drawn but never signal.
    signal : str
        ``"outside the limits"``, ``"eight in a row on one side"`` or empty.
    since : str
        For a signal, the first period it rests on: this one, or the first of the eight; otherwise empty.
    """

    period: str
    group: str
    figure: str
    selected: int
    applicants: int
    value: float
    centre: float
    low: float
    high: float
    enough: bool
    signal: str
    since: str


@dataclass(frozen=True, slots=True)
class StabilityAudit:
    """Result of `audit_over_time`.

    Parameters
    ----------
    points : tuple of ControlPoint
        Sorted by group, figure (ratio, then rate) and period. The reference group has rates only.
    periods : tuple of str
        Periods in which anybody applied, rising.
    gaps : tuple of str
        Periods between the first and the last in which nobody applied.
    reference : str
        Label of the group that ratios compare with.
    baseline_periods : int
        The centre lines come from the first so many periods.
    period : str
        ``"week"``, ``"month"``, ``"quarter"`` or ``"year"``.
    """

    points: tuple[ControlPoint, ...]
    periods: tuple[str, ...]
    gaps: tuple[str, ...]
    reference: str
    baseline_periods: int
    period: str

    def __iter__(self) -> Iterator[ControlPoint]:
        return iter(self.points)

    def of(self, group: str, *, figure: str = RATIO) -> tuple[ControlPoint, ...]:
        """Return the points of one group and figure, periods rising.

        Parameters
        ----------
        group : str
            The group's label.
        figure : str
            ``"impact ratio"`` or ``"selection rate"``.

        Returns
        -------
        tuple of ControlPoint
            One per period.

        Raises
        ------
        UnknownGroupError
            If there is no such line.
        """
        found = tuple(point for point in self.points if (point.group, point.figure) == (group, figure))
        if not found:
            lines = sorted({f"{point.figure} of {point.group}" for point in self.points})
            raise UnknownGroupError(f"There is no line {figure!r} of {group!r}.", f"There are: {'; '.join(lines)}.")
        return found

    @property
    def signals(self) -> tuple[ControlPoint, ...]:
        """Points that signal, earliest period first, ratios before rates."""
        found = [point for point in self.points if point.signal]
        return tuple(sorted(found, key=lambda point: (self.periods.index(point.period), point.figure, point.group)))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group, figure and period.

        Returns
        -------
        DataFrame, shape (n_points, 12)
            The fields of `ControlPoint`.
        """
        return pd.DataFrame([asdict(point) for point in self.points])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words whether the tool drifted, and since when.

        Returns
        -------
        str
            A line for each line of the chart that signals, then what such signals cannot show.

        Examples
        --------
        >>> rows = [
        ...     (f"2026-{month:02d}-15", sex, number < (40 if sex == "m" or month < 9 else 15))
        ...     for month in range(1, 13) for sex in "fm" for number in range(100)
        ... ]
        >>> people = pd.DataFrame(rows, columns=["applied", "sex", "invited"])
        >>> audit = audit_over_time(
        ...     people, group="sex", outcome="invited", date="applied", reference="m", baseline_periods=6
        ... )
        >>> print(audit.summary())
        12 months were looked at, 2026-01 to 2026-12; the first 6 say what to expect.
        Impact ratio of f against m: first signal in 2026-09 (0.38, expected 0.59 to 1.68: outside the limits); 4 \
months signal in all.
        Selection rate of f: first signal in 2026-09 (15.0%, expected 25.3% to 54.7%: outside the limits); 4 months \
signal in all.
        Even with nothing changed, each line gives a false signal about once in 150 months, and there are 3 lines, so \
one signal asks for a look and not for a verdict. A change can come from the tool, from who applied or from the jobs. \
A steady line is not a fair one: compare the groups too.
        """
        months = f"{self.period}s"
        expect = (
            "all of them say what to expect, so a slow change hides in it"
            if self.baseline_periods == len(self.periods)
            else f"the first {self.baseline_periods} say what to expect"
        )
        lines = [f"{len(self.periods)} {months} were looked at, {self.periods[0]} to {self.periods[-1]}; {expect}."]
        if self.gaps:
            lines.append(f"Nobody applied in {len(self.gaps)} {months} between: {', '.join(self.gaps[:6])}.")
        by_line: dict[tuple[str, str], list[ControlPoint]] = {}
        for point in self.signals:
            by_line.setdefault((point.figure, point.group), []).append(point)
        lines += [self._sentence(points) for points in by_line.values()]
        if not by_line:
            lines.append("No signal: nothing in these figures says that the tool changed.")
        few = {(point.figure, point.group) for point in self.points} - {
            (point.figure, point.group) for point in self.points if point.enough
        }
        if few:
            names = ", ".join(f"{figure} of {group}" for figure, group in sorted(few))
            lines.append(
                f"Too few people selected, or too few rejected, in every {self.period} to tell: {names}. Try longer "
                "periods."
            )
        lines.append(
            f"Even with nothing changed, each line gives a false signal about once in 150 {months}, and there are "
            f"{len({(point.figure, point.group) for point in self.points})} lines, so one signal asks for a look and "
            "not for a verdict. A change can come from the tool, from who applied or from the jobs. A "
            "steady line is not a fair one: compare the groups too."
        )
        return "\n".join(lines)

    def _sentence(self, points: Sequence[ControlPoint]) -> str:
        first = points[0]
        against = f" against {self.reference}" if first.figure == RATIO else ""
        style = "{:.2f}" if first.figure == RATIO else "{:.1%}"
        value, low, high = (style.format(each) for each in (first.value, first.low, first.high))
        since = f", which began in {first.since}" if first.signal == RUN else ""
        many = f"; {len(points)} {self.period}s signal in all" if len(points) > 1 else ""
        return (
            f"{first.figure.capitalize()} of {first.group}{against}: first signal in {first.period} ({value}, expected "
            f"{low} to {high}: {first.signal}{since}){many}."
        )

    def chart(self, *, figure: str = RATIO) -> "alt.VConcatChart":
        """Draw one small control chart per group, below each other.

        Parameters
        ----------
        figure : str
            ``"impact ratio"`` or ``"selection rate"``.

        Returns
        -------
        altair.VConcatChart
            The value per period, the centre line, and the limits as dashes; signals are orange diamonds. The
            description holds the summary.

        Raises
        ------
        UnknownGroupError
            If there is no such figure.
        """
        if figure not in (RATE, RATIO):
            raise UnknownGroupError(f"There is no figure {figure!r}.", f"Choose {RATIO!r} or {RATE!r}.")
        from evaluators.screening._charts.stability import control_chart  # Altair is slow to import

        return control_chart(self, figure)


def audit_over_time(
    frame: Any,
    *,
    group: str | Sequence[str],
    outcome: str,
    date: str,
    period: str = "month",
    reference: str = "largest",
    baseline_periods: int | None = None,
) -> StabilityAudit:
    """Watch each group's selection rate and impact ratio on a control chart.

    *Rates*: a p-chart [1]_, [2]_. Centre: the group's rate p over the baseline periods; limits for n people:
    p ± 3 √(p (1 - p) / n), cut at 0 and 1. *Ratios*: the same on the logarithm. Centre: the ratio of the two
    baseline rates; limits: exp(log centre ± 3 √((1 - p) / (n p) + (1 - q) / (m q))), where q and m belong to the
    reference group. A point signals if it lies outside its limits, or if it is the eighth in a row (or later)
    on one side of the centre line [3]_. Periods with too few people (`ControlPoint.enough`) never signal and
    neither lengthen nor break a run. With nothing changed, the two rules together raise a false signal about
    once in 150 periods on each line [4]_.

    Parameters
    ----------
    frame : table, shape (n_applicants, n_columns)
        One row per applicant: a pandas or polars frame, a PyArrow table or the like.
    group : str or sequence of str
        Column with the group; several give their intersections. A missing label is the group ``"(missing)"``.
    outcome : str
        Column that says whether the applicant was selected: true/false, 1/0 or yes/no, in every row.
    date : str
        Column with the date: a date type, or text such as ``"2026-03-31"``.
    period : str
        ``"week"`` (Monday to Sunday), ``"month"``, ``"quarter"`` or ``"year"``.
    reference : str
        ``"largest"``: the group with most applicants over all periods; ``"highest"``: the one with the highest
        rate over all periods; otherwise a label. It stays the same in all periods.
    baseline_periods : int, optional
        The first so many periods make the centre lines: those in which the tool was known to work. By default
        all, which is right for a first look back and weak against slow drift.

    Returns
    -------
    StabilityAudit
        The points of every line, with limits and signals.

    Raises
    ------
    PeriodError
        If a date is missing or cannot be read, there are fewer than two periods, or `period` or
        `baseline_periods` makes no sense.
    OutcomeError
        If an outcome is missing or unclear.
    ColumnError, CountError, TooFewGroupsError, UnknownGroupError
        If the table has no such column, no rows, one group, or no such group.

    References
    ----------
    .. [1] Shewhart, W. A. (1931). Economic Control of Quality of Manufactured Product. Van Nostrand.
    .. [2] NIST/SEMATECH (2012). e-Handbook of Statistical Methods, section 6.3.3.2, Proportions control charts.
    .. [3] Western Electric (1956). Statistical Quality Control Handbook, section I-B: eight in a row.
    .. [4] Champ, C. W., Woodall, W. H. (1987). Exact Results for Shewhart Control Charts with Supplementary Runs
       Rules. Technometrics 29(4), 393-399.

    Examples
    --------
    >>> people = pd.DataFrame(
    ...     {
    ...         "applied": ["2026-01-05"] * 40 + ["2026-02-05"] * 40,
    ...         "sex": ["f", "m"] * 40,
    ...         "invited": [1, 1, 0, 0] * 20,
    ...     }
    ... )
    >>> [point.value for point in audit_over_time(people, group="sex", outcome="invited", date="applied").of("m")]
    [1.0, 1.0]
    """
    if period not in _PERIODS:
        raise PeriodError(f"There is no period {period!r}.", f"Choose one of: {', '.join(_PERIODS)}.")
    table, columns = fetch(frame, group, outcome, date)
    selected, known = find_yes(table[outcome])
    if not known.all():
        row = table.index[int(np.flatnonzero(~known)[0])]
        raise OutcomeError(
            f"In row {row!r} the outcome column {outcome!r} has nothing ({int((~known).sum())} such rows).",
            "Each row needs a clear outcome; leave people out whose application is still open.",
        )
    groups = find_groups(table, columns)
    stamps = _periods(table[date], period)
    numbers, present = pd.factorize(stamps, sort=True)
    names = tuple(_name(each, period) for each in present)
    if len(names) < 2:
        raise PeriodError(f"All dates lie in one {period}, {names[0]}.", "Drift needs two periods: try shorter ones.")
    baseline = len(names) if baseline_periods is None else baseline_periods
    if not 1 <= baseline <= len(names):
        raise PeriodError(
            f"The baseline is to have {baseline} of {len(names)} {period}s.",
            f"Give 1 to {len(names)}, or leave it out.",
        )
    cells = numbers * len(groups.labels) + groups.codes
    shape = (len(names), len(groups.labels))
    people = np.bincount(cells, minlength=math.prod(shape)).reshape(shape)
    hits = np.bincount(cells[selected], minlength=math.prod(shape)).reshape(shape)
    totals = CountTable.from_counts(
        {label: (int(hits[:, place].sum()), int(people[:, place].sum())) for place, label in enumerate(groups.labels)}
    )
    against = groups.place(reference_group(totals, reference).label)
    points: list[ControlPoint] = []
    for place, label in enumerate(groups.labels):
        for figure in (RATIO, RATE):
            if figure == RATIO and place == against:
                continue
            line = (
                _ratio_line(hits, people, place, against, baseline)
                if figure == RATIO
                else _rate_line(hits[:, place], people[:, place], baseline)
            )
            signals = _signals(**line)
            points += [
                ControlPoint(
                    period=names[row],
                    group=label,
                    figure=figure,
                    selected=int(hits[row, place]),
                    applicants=int(people[row, place]),
                    value=float(line["values"][row]),
                    centre=float(line["centre"][row]),
                    low=float(line["low"][row]),
                    high=float(line["high"][row]),
                    enough=bool(line["enough"][row]),
                    signal=signal,
                    since=names[first] if signal else "",
                )
                for row, (signal, first) in enumerate(signals)
            ]
    every = pd.period_range(present[0], present[-1])
    return StabilityAudit(
        points=tuple(points),
        periods=names,
        gaps=tuple(_name(each, period) for each in every if each not in set(present)),
        reference=groups.labels[against],
        baseline_periods=baseline,
        period=period,
    )


def _periods(dates: pd.Series, period: str) -> pd.PeriodIndex:
    if pd.api.types.is_numeric_dtype(dates):
        raise PeriodError(f"The column {dates.name!r} holds numbers.", 'Give dates, such as "2026-03-31".')
    if isinstance(dates.dtype, pd.CategoricalDtype):
        dates = dates.astype(object)
    with_zone = isinstance(dates.dtype, pd.DatetimeTZDtype)
    try:
        stamps = pd.to_datetime(dates, errors="coerce", format="ISO8601", utc=with_zone)
    except ValueError as error:
        raise PeriodError(
            f"The column {dates.name!r} mixes dates of several time zones.",
            'Write the day alone, such as "2026-03-31", or bring all times to one zone first.',
        ) from error
    unclear = np.flatnonzero(stamps.isna())
    if len(unclear):
        value = dates.iloc[unclear[0]]
        found = "nothing" if pd.isna(value) or not str(value).strip() else repr(value)
        raise PeriodError(
            f"In row {dates.index[unclear[0]]!r} the date column {dates.name!r} has {found} "
            f"({len(unclear)} such rows).",
            'Write dates as year-month-day, such as "2026-03-31"; leave people without a date out.',
        )
    if with_zone:
        stamps = dates.dt.tz_localize(None)  # the day as the clock on the wall said it
    return pd.PeriodIndex(stamps, freq=_PERIODS[period])


def _name(stamp: pd.Period, period: str) -> str:
    return str(stamp.start_time.date()) if period == "week" else str(stamp)


def _rate_line(hits: IntArray, people: IntArray, baseline: int) -> dict[str, Any]:
    rate = _share(hits[:baseline], people[:baseline])
    half = _SIGMAS * np.sqrt(rate * (1 - rate) / np.maximum(people, 1))
    return {
        "values": np.where(people > 0, hits / np.maximum(people, 1), np.nan),
        "centre": np.full(len(hits), rate),
        "low": np.maximum(rate - half, 0.0),
        "high": np.minimum(rate + half, 1.0),
        "enough": enough_expected(people, rate),
        # Whole numbers, so that a value on the centre line is on neither side.
        "side": np.sign(hits * int(people[:baseline].sum()) - int(hits[:baseline].sum()) * people),
    }


def _ratio_line(hits: IntArray, people: IntArray, place: int, against: int, baseline: int) -> dict[str, Any]:
    rates = [_share(hits[:baseline, column], people[:baseline, column]) for column in (place, against)]
    x, n, y, m = hits[:, place], people[:, place], hits[:, against], people[:, against]
    enough = enough_expected(n, rates[0]) & enough_expected(m, rates[1]) & (y > 0)
    values = np.full(len(hits), np.nan)
    np.divide(x * m, y * n, out=values, where=(y > 0) & (n > 0))
    centre = low = high = np.full(len(hits), np.nan)
    if rates[0] > 0 and rates[1] > 0:
        ratio = rates[0] / rates[1]
        odds = [(1 - rate) / (np.maximum(count, 1) * rate) for rate, count in zip(rates, (n, m), strict=True)]
        factor = np.exp(_SIGMAS * np.sqrt(odds[0] + odds[1]))
        centre, low, high = np.full(len(hits), ratio), ratio / factor, ratio * factor
    # Whole numbers of any size, so that a value on the centre line is on neither side.
    expected = _products(*(each[:baseline].sum() for each in (x, m, y, n)))
    sides = [_side(_products(*row), expected) for row in zip(x, m, y, n, strict=True)]
    return {"values": values, "centre": centre, "low": low, "high": high, "enough": enough, "side": np.array(sides)}


def _share(part: IntArray, whole: IntArray) -> float:
    total = int(whole.sum())
    return int(part.sum()) / total if total else math.nan


def _products(x: int, m: int, y: int, n: int) -> tuple[int, int]:
    """Return numerator and denominator of the ratio (x / n) / (y / m)."""
    return int(x) * int(m), int(y) * int(n)


def _side(own: tuple[int, int], expected: tuple[int, int]) -> int:
    """Tell whether a ratio lies above (1), on (0) or below (-1) another."""
    difference = own[0] * expected[1] - expected[0] * own[1]
    return (difference > 0) - (difference < 0)


def _signals(
    *, values: FloatArray, centre: FloatArray, low: FloatArray, high: FloatArray, enough: FloatArray, side: IntArray
) -> list[tuple[str, int]]:
    """Return each point's signal, and the row of the first point it rests on."""
    found: list[tuple[str, int]] = []
    run: list[int] = []
    for row in range(len(values)):
        if not enough[row] or math.isnan(centre[row]):
            found.append(("", row))
            continue
        run = [*run, row] if run and side[row] and side[row] == side[run[-1]] else [row]
        if not side[row]:
            run = []
        if values[row] < low[row] or values[row] > high[row]:
            found.append((OUTSIDE, row))
        elif len(run) >= _RUN:
            found.append((RUN, run[0]))
        else:
            found.append(("", row))
    return found
