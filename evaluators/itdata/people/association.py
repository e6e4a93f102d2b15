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
from evaluators._plain import json_able
from evaluators.itdata._words import counted
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.people._strata import Z95, Estimate, FloatArray, strata_codes
from evaluators.itdata.people.correlation import Correlation, correlation_within

if TYPE_CHECKING:
    import altair as alt

__all__ = ["Association", "Correlation", "Estimate", "StratumTable", "association", "correlation_within"]


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
        return json_able(self)

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
            f"Naive: {_as_often(self.naive)}.",
            f"Comparing only people of the same {self.strata}: {_as_often(self.adjusted)}.",
        ]
        if self.reverses:
            sure = all(each.low > 1 or each.high < 1 for each in (self.naive, self.adjusted))
            lines.append(
                f"The two point in opposite directions: groups of {self.strata} differ in both, and the naive figure "
                f"compares the groups. {'' if sure else 'At least one of them may be chance. '}"
                "Do not report the naive figure alone."
            )
        if self.silent:
            lines.append(
                f"No comparison inside {', '.join(self.silent)}: there all people are with {self.exposure}, or all "
                "without."
            )
        if self.left_out:
            lines.append(f"Left out because something is missing: {counted(self.left_out, 'row')}.")
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
        from evaluators.itdata.people._charts.rates import association_chart  # Altair is slow to import

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
    labels, codes = strata_codes(frame[known], columns)
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


def _table(label: str, row: FloatArray) -> StratumTable:
    others, other_cases = int(row[0] + row[1]), int(row[1])
    exposed, exposed_cases = int(row[2] + row[3]), int(row[3])
    one = exposed_cases / exposed if exposed else math.nan
    two = other_cases / others if others else math.nan
    ratio = one / two if two > 0 else math.inf if two == 0 and one > 0 else math.nan
    return StratumTable(label, exposed, exposed_cases, others, other_cases, one, two, ratio)


def _risk_ratio(cells: FloatArray) -> Estimate:
    without, with_, exposed_without, cases = cells.T
    others, exposed = without + with_, exposed_without + cases
    people = others + exposed
    top, bottom = (cases * others / people).sum(), (with_ * exposed / people).sum()
    if not (top and bottom):
        return _edge(float(top), float(bottom))
    part = (exposed * others * (cases + with_) - cases * with_ * people) / people**2
    return _log_interval(float(top / bottom), float(part.sum() / (top * bottom)))


def _odds_ratio(cells: FloatArray) -> Estimate:
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
    factor = math.exp(Z95 * math.sqrt(variance))
    return Estimate(value, value / factor, value * factor)


def _cmh(cells: FloatArray) -> float:
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


def _percent(share: float) -> str:
    return "unknown" if math.isnan(share) else f"{share:.1%}"


def _as_often(estimate: Estimate) -> str:
    if math.isnan(estimate.value):
        return "not known, since nobody who can be compared is a case"
    if math.isinf(estimate.value):
        return "no ratio and no interval, since of the others nobody who can be compared is a case"
    if math.isnan(estimate.low):
        return f"{estimate.value:.2f} times as often (no interval: one side has no case)"
    return f"{estimate.value:.2f} times (95% interval {estimate.low:.2f} to {estimate.high:.2f}) as often"
