"""Do two things go together, and do they still once like is compared with like? Naive and adjusted figures."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators._frames import pandas_columns
from evaluators.itdata.errors import MeasureError
from evaluators.screening._results import plain

if TYPE_CHECKING:
    import altair as alt

_Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class StratumTable:
    """The 2 × 2 table of one stratum, or of all people.

    Parameters
    ----------
    stratum : str
        Its label.
    exposed, exposed_cases, others, other_cases : int
        People with and without the exposure, and how many of each had the outcome.
    exposed_share, other_share : float
        Shares (0-1) with the outcome; NaN if there is nobody.
    risk_ratio : float
        `exposed_share` / `other_share`; NaN or infinite where it cannot be divided.
    """

    stratum: str
    exposed: int
    exposed_cases: int
    others: int
    other_cases: int
    exposed_share: float
    other_share: float
    risk_ratio: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; NaN where it cannot be known."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Association:
    """Result of `association`.

    Parameters
    ----------
    exposure, outcome, strata : str
        What was compared, and within what.
    naive, adjusted : Estimate
        Risk ratio of all people, and averaged within strata (Mantel-Haenszel).
    naive_odds, adjusted_odds : Estimate
        The same as odds ratio.
    p_value : float
        Cochran-Mantel-Haenszel: how often chance alone gives a difference within strata as large; NaN if unknown.
    overall : StratumTable
        All people.
    tables : tuple of StratumTable
        Each stratum, sorted by label.
    silent : tuple of str
        Strata that say nothing, since all their people are on one side.
    left_out : int
        Rows in which something is missing.
    """

    exposure: str
    outcome: str
    strata: str
    naive: Estimate
    adjusted: Estimate
    naive_odds: Estimate
    adjusted_odds: Estimate
    p_value: float
    overall: StratumTable
    tables: tuple[StratumTable, ...]
    silent: tuple[str, ...]
    left_out: int

    @property
    def reverses(self) -> bool:
        """Whether the naive figure points the other way than the adjusted one (Simpson's paradox)."""
        return (self.naive.value - 1) * (self.adjusted.value - 1) < 0

    def to_frame(self) -> pd.DataFrame:
        """Return one row a stratum, then all people.

        Returns
        -------
        DataFrame, shape (n_strata + 1, 8)
            The fields of `StratumTable`.
        """
        return pd.DataFrame([asdict(each) for each in (*self.tables, self.overall)])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return dict(plain(asdict(self)))

    def summary(self) -> str:
        """Say the naive and the adjusted figure side by side, and what neither proves.

        Returns
        -------
        str
            One paragraph a line.
        """
        every = self.overall
        lines = [
            f"{self.outcome} among people with {self.exposure}: {every.exposed_cases:,} of {every.exposed:,} "
            f"({_percent(every.exposed_share)}); among the others: {every.other_cases:,} of {every.others:,} "
            f"({_percent(every.other_share)}).",
            f"Naive: {_times(self.naive)} as often.",
            f"Comparing only people of the same {self.strata}: {_times(self.adjusted)} as often.",
        ]
        if self.reverses:
            sure = not (self.naive.low <= 1 <= self.naive.high or self.adjusted.low <= 1 <= self.adjusted.high)
            lines.append(
                f"The two point in opposite directions: groups of {self.strata} differ in both, and the naive figure "
                f"compares the groups. {'' if sure else 'At least one of them may be chance. '}"
                "Do not report the naive figure alone."
            )
        if self.silent:
            lines.append(f"These say nothing, as all are on one side: {', '.join(self.silent)}.")
        if self.left_out:
            lines.append(f"{self.left_out:,} rows were left out because something is missing.")
        lines.append(
            f"The adjusted figure is fair with regard to {self.strata} only. Other differences remain, and going "
            "together is not causing: unhappy people may report more tickets, rather than tickets making people leave."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw the ratio of each stratum, the naive and the adjusted one, with their intervals.

        Returns
        -------
        altair.LayerChart
            On a doubling scale; the dashed line is "as often". The description holds the summary.
        """
        from evaluators.itdata._rates_chart import association_chart  # Altair is slow to import

        return association_chart(self)


def association(
    table: Any, *, exposure: str, outcome: str, strata: str | Sequence[str], at_least: float | None = None
) -> Association:
    """Compare how often an outcome follows with and without an exposure, for all people and within strata.

    Adjusted: Mantel-Haenszel ratios [1]_, with the intervals of Greenland and Robins [2]_ (risk ratio) and of Robins,
    Breslow and Greenland [3]_ (odds ratio). Naive: the same formulas with all people in one stratum.

    Parameters
    ----------
    table : table, shape (n_people, n_columns)
        One row a person.
    exposure, outcome : str
        Columns of true/false or 1/0. With `at_least` the exposure is a number.
    strata : str or sequence of str
        Columns within which people are comparable, such as the role family. A missing label is a label.
    at_least : float, optional
        People with an exposure of at least so much count as exposed, such as 5 tickets.

    Returns
    -------
    Association

    Raises
    ------
    MeasureError
        If a column is no true/false column, all people are on one side, nobody or everybody had the outcome, or no
        stratum has people on both sides.
    ColumnError
        If a column is missing.

    References
    ----------
    .. [1] Mantel, N., Haenszel, W. (1959). Statistical Aspects of the Analysis of Data from Retrospective Studies of
       Disease. Journal of the National Cancer Institute 22(4), 719-748.
    .. [2] Greenland, S., Robins, J. M. (1985). Estimation of a Common Effect Parameter from Sparse Follow-up Data.
       Biometrics 41(1), 55-68.
    .. [3] Robins, J., Breslow, N., Greenland, S. (1986). Estimators of the Mantel-Haenszel Variance Consistent in Both
       Sparse Data and Large-Strata Limiting Models. Biometrics 42(2), 311-323.

    Examples
    --------
    >>> made = pd.DataFrame({
    ...     "many": [1] * 80 + [0] * 20 + [1] * 20 + [0] * 80,
    ...     "left": [1] * 8 + [0] * 72 + [1] * 1 + [0] * 19 + [1] * 8 + [0] * 12 + [1] * 16 + [0] * 64,
    ...     "role": ["office"] * 100 + ["warehouse"] * 100})
    >>> found = association(made, exposure="many", outcome="left", strata="role")
    >>> round(found.naive.value, 2), round(found.adjusted.value, 2), found.reverses
    (0.94, 2.0, True)
    """
    columns = [strata] if isinstance(strata, str) else list(strata)
    frame = pandas_columns(table, *dict.fromkeys([exposure, outcome, *columns])).reset_index(drop=True)
    exposed, known_exposure = _flags(frame[exposure], at_least)
    case, known_case = _flags(frame[outcome], None)
    known = known_exposure & known_case
    if not known.any():
        raise MeasureError("In no row are both exposure and outcome known.", "Check the two columns.")
    for flags, name in ((exposed[known], exposure), (case[known], outcome)):
        if flags.all() or not flags.any():
            raise MeasureError(
                f"{name!r} is the same for all {len(flags)} people.", "There is nothing to compare; choose another."
            )
    named = frame[columns].astype(object).where(frame[columns].notna(), "(missing)").astype(str).agg(", ".join, axis=1)
    labels, codes = np.unique(named[known].to_numpy(dtype=str), return_inverse=True)
    cells = (
        np.bincount(codes * 4 + exposed[known] * 2 + case[known], minlength=4 * len(labels))
        .reshape(-1, 4)
        .astype(float)
    )  # columns: others without, others with, exposed without, exposed with the outcome
    both = (cells[:, :2].sum(axis=1) > 0) & (cells[:, 2:].sum(axis=1) > 0)
    if not both.any():
        raise MeasureError(
            f"No group of {', '.join(columns)} has people with and without {exposure!r}.", "Choose broader strata."
        )
    total = cells.sum(axis=0, keepdims=True)
    return Association(
        exposure=exposure if at_least is None else f"{at_least:g} or more {exposure}",
        outcome=outcome,
        strata=", ".join(columns),
        naive=_risk_ratio(total),
        adjusted=_risk_ratio(cells),
        naive_odds=_odds_ratio(total),
        adjusted_odds=_odds_ratio(cells),
        p_value=_cmh(cells),
        overall=_table("all", total[0]),
        tables=tuple(_table(str(label), row) for label, row in zip(labels, cells, strict=True)),
        silent=tuple(str(label) for label, fine in zip(labels, both, strict=True) if not fine),
        left_out=int((~known).sum()),
    )


Cells = NDArray[np.float64]


def _flags(values: pd.Series, at_least: float | None) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which are true, and which are known."""
    numbers = pd.to_numeric(values.astype(object).where(values.notna(), None), errors="coerce").to_numpy(dtype=float)
    known = ~np.isnan(numbers)
    unclear = np.flatnonzero(values.notna().to_numpy() & ~known)
    if at_least is not None and not len(unclear):
        return numbers >= at_least, known
    if not len(unclear):
        unclear = np.flatnonzero(known & (numbers != 0) & (numbers != 1))
    if len(unclear):
        raise MeasureError(
            f"In row {unclear[0] + 1} the column {values.name!r} has {values.iloc[unclear[0]]!r}.",
            "Give true and false (1 and 0), or numbers with at_least=… for the exposure.",
        )
    return numbers == 1, known


def _table(label: str, row: Cells) -> StratumTable:
    others, other_cases = int(row[0] + row[1]), int(row[1])
    exposed, exposed_cases = int(row[2] + row[3]), int(row[3])
    one = exposed_cases / exposed if exposed else math.nan
    two = other_cases / others if others else math.nan
    ratio = one / two if two > 0 else math.inf if two == 0 and one > 0 else math.nan
    return StratumTable(label, exposed, exposed_cases, others, other_cases, one, two, ratio)


def _risk_ratio(cells: Cells) -> Estimate:
    without, with_, exposed_without, cases = cells.T
    others, exposed = without + with_, exposed_without + cases
    people = others + exposed
    top, bottom = (cases * others / people).sum(), (with_ * exposed / people).sum()
    if not (top and bottom):
        return _edge(float(top), float(bottom))
    part = (exposed * others * (cases + with_) - cases * with_ * people) / people**2
    return _log_interval(float(top / bottom), float(part.sum() / (top * bottom)))


def _odds_ratio(cells: Cells) -> Estimate:
    without, with_, exposed_without, cases = cells.T
    people = cells.sum(axis=1)
    r, s = cases * without / people, with_ * exposed_without / people
    top, bottom = float(r.sum()), float(s.sum())
    if not (top and bottom):
        return _edge(top, bottom)
    p, q = (cases + without) / people, (with_ + exposed_without) / people
    variance = (
        (p * r).sum() / (2 * top**2) + (p * s + q * r).sum() / (2 * top * bottom) + (q * s).sum() / (2 * bottom**2)
    )
    return _log_interval(top / bottom, float(variance))


def _edge(top: float, bottom: float) -> Estimate:
    value = 0.0 if bottom else math.inf if top else math.nan
    return Estimate(value, math.nan, math.nan)


def _log_interval(value: float, variance: float) -> Estimate:
    factor = math.exp(_Z95 * math.sqrt(variance))
    return Estimate(value, value / factor, value * factor)


def _cmh(cells: Cells) -> float:
    _, with_, exposed_without, cases = cells.T
    people = cells.sum(axis=1)
    usable = people > 1
    exposed, had = (exposed_without + cases)[usable], (with_ + cases)[usable]
    number = people[usable]
    expected = exposed * had / number
    variance = exposed * (number - exposed) * had * (number - had) / (number**2 * (number - 1))
    if not variance.sum():
        return math.nan
    statistic = float((cases[usable] - expected).sum() / math.sqrt(variance.sum()))
    return 2 * (1 - NormalDist().cdf(abs(statistic)))


@dataclass(frozen=True, slots=True)
class Correlation:
    """Result of `correlation_within`.

    Parameters
    ----------
    x, y, strata : str
        The columns.
    naive, adjusted : Estimate
        Correlation (-1 to 1) of all rows, and of the differences from the mean of the own stratum.
    rows, groups : int
        Rows used, and strata among them.
    left_out : int
        Rows in which something is missing.
    """

    x: str
    y: str
    strata: str
    naive: Estimate
    adjusted: Estimate
    rows: int
    groups: int
    left_out: int

    @property
    def reverses(self) -> bool:
        """Whether the two correlations have opposite signs."""
        return self.naive.value * self.adjusted.value < 0

    def to_frame(self) -> pd.DataFrame:
        """Return the two correlations.

        Returns
        -------
        DataFrame, shape (2, 4)
            ``figure``, ``value``, ``low``, ``high``.
        """
        return pd.DataFrame([{"figure": name, **asdict(getattr(self, name))} for name in ("naive", "adjusted")])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return dict(plain(asdict(self)))

    def summary(self) -> str:
        """Say both correlations, and what neither proves.

        Returns
        -------
        str
            One paragraph a line.
        """
        lines = [
            f"{self.x} and {self.y}, {self.rows:,} rows: correlation {_signed(self.naive)}.",
            f"Within the same {self.strata} ({self.groups} groups): {_signed(self.adjusted)}.",
        ]
        if self.reverses:
            lines.append(
                f"The sign turns: groups of {self.strata} differ in both, and the first figure compares the groups."
            )
        if self.left_out:
            lines.append(f"{self.left_out:,} rows were left out because something is missing.")
        lines.append(
            "-1 and 1 mean a straight line, 0 none. Going together is not causing, and a weak correlation says nothing "
            "about single people."
        )
        return "\n".join(lines)


def correlation_within(table: Any, *, x: str, y: str, strata: str | Sequence[str]) -> Correlation:
    """Correlate two columns over all rows and within strata.

    Within: both columns minus the mean of their stratum, Pearson's correlation, Fisher's interval with one degree of
    freedom less for each stratum but one; the same as the partial correlation given the strata [1]_.

    Parameters
    ----------
    table : table, shape (n_rows, n_columns)
        One row a person (or a site).
    x, y : str
        Columns of numbers.
    strata : str or sequence of str
        Columns with labels; a missing label is a label.

    Returns
    -------
    Correlation

    Raises
    ------
    MeasureError
        If there are too few rows for the strata (at least the number of strata + 3), or a column does not vary.
    ColumnError
        If a column is missing.

    References
    ----------
    .. [1] Snijders, T. A. B., Bosker, R. J. (2012). Multilevel Analysis, 2nd ed. Sage, section 3.6.

    Examples
    --------
    >>> made = pd.DataFrame({"tickets": [1, 2, 3, 6, 7, 8], "score": [3, 2, 1, 6, 5, 4], "role": list("aaabbb")})
    >>> found = correlation_within(made, x="tickets", y="score", strata="role")
    >>> round(found.naive.value, 2), round(found.adjusted.value, 2)
    (0.69, -1.0)
    """
    columns = [strata] if isinstance(strata, str) else list(strata)
    frame = pandas_columns(table, *dict.fromkeys([x, y, *columns])).reset_index(drop=True)
    numbers = []
    for name in (x, y):
        found = pd.to_numeric(frame[name], errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        if (np.isnan(found) & frame[name].notna().to_numpy()).any():
            raise MeasureError(f"The column {name!r} holds other things than numbers.", "Give numbers.")
        numbers.append(found)
    known = np.isfinite(numbers[0]) & np.isfinite(numbers[1])
    one, two = (np.asarray(each[known], dtype=np.float64) for each in numbers)
    named = frame[columns].astype(object).where(frame[columns].notna(), "(missing)").astype(str).agg(", ".join, axis=1)
    labels, codes = np.unique(named[known].to_numpy(dtype=str), return_inverse=True)
    if known.sum() < len(labels) + 3:
        raise MeasureError(f"{int(known.sum())} rows are too few for {len(labels)} groups.", "Choose broader strata.")
    sizes = np.bincount(codes)
    inner, outer = (
        np.asarray(values - (np.bincount(codes, weights=values) / sizes)[codes], dtype=np.float64)
        for values in (one, two)
    )
    return Correlation(
        x,
        y,
        ", ".join(columns),
        _pearson(one, two, len(one), x, y, ""),
        _pearson(inner, outer, len(one) - len(labels) + 1, x, y, f" within {', '.join(columns)}"),
        len(one),
        len(labels),
        int((~known).sum()),
    )


def _pearson(one: Cells, two: Cells, number: int, x: str, y: str, where: str) -> Estimate:
    one, two = one - float(one.mean()), two - float(two.mean())
    spread = math.sqrt(float((one**2).sum() * (two**2).sum()))
    if not spread > 1e-12 * max(1.0, float(np.abs(one).max()) * float(np.abs(two).max())):
        raise MeasureError(f"{x!r} or {y!r} does not vary{where}.", "There is nothing to compare.")
    value = max(-1.0, min(1.0, float((one * two).sum()) / spread))
    if number < 4 or abs(value) > 1 - 1e-12:
        return Estimate(value, math.nan, math.nan)
    half = _Z95 / math.sqrt(number - 3)
    return Estimate(value, math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half))


def _percent(share: float) -> str:
    return "unknown" if math.isnan(share) else f"{share:.1%}"


def _times(estimate: Estimate) -> str:
    if math.isnan(estimate.value):
        return "an unknown number of times"
    if math.isnan(estimate.low):
        return f"{estimate.value:.2f} times (no interval: one side has no case)"
    return f"{estimate.value:.2f} times (95% interval {estimate.low:.2f} to {estimate.high:.2f})"


def _signed(estimate: Estimate) -> str:
    if math.isnan(estimate.low):
        return f"{estimate.value:+.2f}"
    return f"{estimate.value:+.2f} (95% interval {estimate.low:+.2f} to {estimate.high:+.2f})"
