"""Would this site still stand out if all sites had the same mix of roles? Standardised rates and ratios."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaluators._frames import pandas_columns
from evaluators._plain import json_able
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.people.poisson import poisson_interval
from evaluators.itdata.people.rates import RateTable

if TYPE_CHECKING:
    import altair as alt

_UNKNOWN = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class StandardisedRate:
    """One group's rates, naive and standardised.

    Parameters
    ----------
    group : str
        Its label.
    events : int
        Events of the group.
    exposure : float
        Employee-years (or employees).
    rate, rate_low, rate_high : float
        Naive rate per 100, with Garwood's interval.
    standardised, low, high : float
        The rate per 100 that the group would have with the standard mix (direct method), with the gamma interval of
        Fay and Feuer; NaN if the group has nobody in a stratum that the standard has.
    expected : float
        Events that the group would have if each of its strata had the rate of all groups together.
    ratio, ratio_low, ratio_high : float
        Events / expected (indirect method, standardised incidence ratio), with Garwood's interval: 1 is as expected.
        NaN if none is expected.
    indirect, indirect_low, indirect_high : float
        The ratio times the rate of all groups together: the indirectly standardised rate per 100, which can be
        computed even where the direct one cannot.
    absent : tuple of str
        Strata of the standard in which the group has nobody.
    """

    group: str
    events: int
    exposure: float
    rate: float
    rate_low: float
    rate_high: float
    standardised: float
    low: float
    high: float
    expected: float
    ratio: float
    ratio_low: float
    ratio_high: float
    indirect: float
    indirect_low: float
    indirect_high: float
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StandardisedRates:
    """Result of `standardise`.

    Parameters
    ----------
    rates : tuple of StandardisedRate
        Highest naive rate first.
    group, stratum : str
        What is compared, and whose mix is made equal.
    standard : tuple of (str, float)
        Share (0-1) of each stratum in the standard mix.
    overall : float
        Naive rate per 100 of all groups together.
    confidence : float
        Of all intervals.
    spread : float
        `RateTable.spread` if the rates came from there, else NaN: much more than 1 means that events come in clusters
        and all intervals are too narrow, by about its square root.
    """

    rates: tuple[StandardisedRate, ...]
    group: str
    stratum: str
    standard: tuple[tuple[str, float], ...]
    overall: float
    confidence: float
    spread: float = math.nan

    def __iter__(self) -> Iterator[StandardisedRate]:
        return iter(self.rates)

    def __getitem__(self, label: str) -> StandardisedRate:
        for rate in self.rates:
            if rate.group == label:
                return rate
        raise MeasureError(
            f"There is no {self.group} {label!r}.", f"There are: {', '.join(each.group for each in self.rates)}."
        )

    @property
    def direct(self) -> bool:
        """Whether every group has people in every stratum, so that the direct method compares them all."""
        return not any(rate.absent for rate in self.rates)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a group.

        Returns
        -------
        DataFrame, shape (n_groups, 17)
            The fields of `StandardisedRate`.
        """
        return pd.DataFrame([asdict(rate) for rate in self.rates])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say what changes once the mix is the same, and what that does not prove.

        Returns
        -------
        str
            One paragraph a line.
        """
        top = self.rates[0]
        lines = [f"All together: {self.overall:,.1f} per 100. Naive highest: {top.group}, {top.rate:,.1f}."]
        names = ("standardised", "low", "high") if self.direct else ("indirect", "indirect_low", "indirect_high")
        known = [each for each in self.rates if not math.isnan(getattr(each, names[0]))]
        if known:
            best = max(known, key=lambda each: float(getattr(each, names[0])))
            value, low, high = (getattr(best, name) for name in names)
            lines.append(
                f"With the mix of {self.stratum} taken into account the highest is {best.group}: {value:,.1f} "
                f"({self.confidence:.0%} interval {low:,.1f} to {high:,.1f}), instead of {best.rate:,.1f}."
            )
        far = [each for each in self.rates if each.ratio_low > 1 or each.ratio_high < 1]
        if far:
            told = "; ".join(f"{each.group} {each.ratio:.2f} times" for each in far[:5])
            lines.append(
                f"Standing out against what their mix leads one to expect: {len(far)} of {len(self.rates)}, {told}"
                f"{' …' if len(far) > 5 else ''}. Even if all were as expected, about {1 - self.confidence:.0%} would "
                "stand out by chance."
            )
            if self.spread > 1.5:
                lines.append(
                    f"A few people have many events, so the true intervals are about {math.sqrt(self.spread):.1f} "
                    f"times as wide. Of the {len(far)}, {self._wide(far)} would still stand out."
                )
        else:
            lines.append("None stands out against what its mix leads one to expect.")
        if gaps := [each for each in self.rates if each.absent]:
            told = "; ".join(f"{each.group} ({', '.join(each.absent)})" for each in gaps[:3])
            lines.append(
                f"{len(gaps)} of {len(self.rates)} have nobody in some {self.stratum}, so their rate with the same mix "
                f"as all cannot be known: {told}{' …' if len(gaps) > 3 else ''}. The figures here compare each with "
                "what its own mix leads one to expect (indirect method)."
            )
        lines.append(
            f"Only the mix of {self.stratum} was made equal. Groups differ in other things too, and a rate that stands "
            "out does not say why."
        )
        return "\n".join(lines)

    def _wide(self, far: list[StandardisedRate]) -> int:
        """Count those that stand out of an interval as wide as clusters ask for."""
        wide = math.sqrt(self.spread)
        return sum(
            each.ratio - wide * (each.ratio - each.ratio_low) > 1
            or each.ratio + wide * (each.ratio_high - each.ratio) < 1
            for each in far
        )

    def chart(self) -> "alt.LayerChart":
        """Draw the naive and the standardised rate of each group, joined by a line.

        The standardised rate is the direct one if all groups have it, else the indirect one.

        Returns
        -------
        altair.LayerChart
            Open squares are naive, filled circles standardised with their interval. The description holds the summary.
        """
        from evaluators.itdata.people._charts.rates import standardised_chart  # Altair is slow to import

        return standardised_chart(self)


def direct_rate(
    events: ArrayLike, exposure: ArrayLike, standard: ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Weight the rates of strata by a standard mix, with the gamma interval of Fay and Feuer [1]_.

    Parameters
    ----------
    events, exposure, standard : array-like of float, shape (n_strata,)
        Events and exposure (above 0) of the group, and size of the stratum in the standard.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    rate, low, high : float
        Events per unit of exposure. The interval is safe rather than short: at least so many hold the true rate.

    Raises
    ------
    MeasureError
        If a number makes no sense.

    References
    ----------
    .. [1] Fay, M. P., Feuer, E. J. (1997). Confidence Intervals for Directly Standardized Rates: A Method Based on the
       Gamma Distribution. Statistics in Medicine 16(7), 791-801.

    Examples
    --------
    >>> rate, low, high = direct_rate([2, 9], [100, 100], [1, 1])
    >>> print(f"{rate:.3f} ({low:.3f} to {high:.3f})")
    0.055 (0.027 to 0.098)
    """
    count, time, mix = (np.asarray(each, dtype=float) for each in (events, exposure, standard))
    if not (count.ndim == 1 and count.shape == time.shape == mix.shape and len(count)):
        raise MeasureError("Events, exposure and standard differ in length.", "Give one number a stratum in each.")
    if not (np.isfinite([count, time, mix]).all() and (count >= 0).all() and (time > 0).all() and (mix >= 0).all()):
        raise MeasureError("An exposure is 0 or a number is negative or missing.", "Merge strata in which nobody is.")
    if not mix.sum() or not 0 < confidence < 1:
        raise MeasureError("The standard is empty or the confidence not between 0 and 1.", "Check both.")
    from scipy.special import gammaincinv  # slow to import

    weights = mix / mix.sum() / time
    rate, variance, largest = float(weights @ count), float(weights**2 @ count), float(weights.max())
    tail = (1 - confidence) / 2
    # A gamma distribution with this mean and variance has shape rate²/variance and scale variance/rate.
    low = variance / rate * float(gammaincinv(rate**2 / variance, tail)) if rate else 0.0
    more, wider = rate + largest, variance + largest**2
    high = wider / more * float(gammaincinv(more**2 / wider, 1 - tail))
    return rate, low, high


def standardise(
    cells: Any,
    *,
    group: str,
    stratum: str,
    events: str = "events",
    exposure: str = "exposure",
    standard: Mapping[str, float] | None = None,
    confidence: float = 0.95,
) -> StandardisedRates:
    """Compare groups as if they had the same mix of strata (roles), in two ways.

    *Direct*: the group's own rates in each stratum, weighted by the standard mix; answers "what would its rate be
    with the usual mix?" and needs people in every stratum. *Indirect*: the group's events against those expected if
    each of its strata had the rate of all groups together; works with small groups, but ratios of two groups compare
    each with the whole, not with one another [1]_.

    Parameters
    ----------
    cells : RateTable or table, shape (n_cells, n_columns)
        One row for each group and stratum, such as ``rate_per_100(..., by=("site", "role_family"))``.
    group, stratum : str
        Columns with labels.
    events, exposure : str
        Columns with the number of events and the employee-years (or employees).
    standard : mapping of str to float, optional
        Size of each stratum in the standard; by default the exposure of all groups together.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    StandardisedRates

    Raises
    ------
    MeasureError
        If there is one group, a number makes no sense, events are no whole number, a pair of labels occurs twice,
        nothing happened at all, or the standard names other strata.
    ColumnError
        If a column is missing.

    References
    ----------
    .. [1] Breslow, N. E., Day, N. E. (1987). Statistical Methods in Cancer Research, volume II. IARC, chapter 2.

    Examples
    --------
    >>> cells = pd.DataFrame({"site": ["x", "x", "y", "y"], "role": ["office", "drivers"] * 2,
    ...                       "events": [80, 4, 10, 36], "exposure": [80, 20, 10, 90]})
    >>> found = standardise(cells, group="site", stratum="role")
    >>> [(each.group, round(each.rate), round(each.standardised), round(each.ratio, 2)) for each in found]
    [('x', 84, 56, 0.96), ('y', 46, 67, 1.08)]
    """
    table = cells.to_frame() if isinstance(cells, RateTable) else cells
    if group == stratum:
        raise MeasureError(f"{group!r} is both group and stratum.", "Name two columns.")
    frame = pandas_columns(table, *dict.fromkeys((group, stratum, events, exposure))).reset_index(drop=True)
    counts, time, groups, strata = _matrix(frame, group, stratum, events, exposure)
    mix = _standard(standard, strata, time)
    if not 0 < confidence < 1:
        raise MeasureError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.95.")
    stratum_rate = counts.sum(axis=0) / np.where(time.sum(axis=0) > 0, time.sum(axis=0), 1.0)
    overall = float(100 * counts.sum() / time.sum())
    rates = []
    for place, label in enumerate(groups):
        total, years = float(counts[place].sum()), float(time[place].sum())
        if not years:
            continue
        absent = (time[place] <= 0) & (mix > 0)
        used = mix > 0
        direct = _UNKNOWN
        if not absent.any():
            direct = direct_rate(counts[place][used], time[place][used], mix[used], confidence=confidence)
        expected = float(time[place] @ stratum_rate)
        ratio = _against(total, expected, confidence) if expected else _UNKNOWN
        naive = _against(total, years, confidence)
        rates.append(
            StandardisedRate(
                group=label,
                events=int(total),
                exposure=years,
                rate=100 * naive[0],
                rate_low=100 * naive[1],
                rate_high=100 * naive[2],
                standardised=100 * direct[0],
                low=100 * direct[1],
                high=100 * direct[2],
                expected=expected,
                ratio=ratio[0],
                ratio_low=ratio[1],
                ratio_high=ratio[2],
                indirect=overall * ratio[0],
                indirect_low=overall * ratio[1],
                indirect_high=overall * ratio[2],
                absent=tuple(name for name, gone in zip(strata, absent, strict=True) if gone),
            )
        )
    if len(rates) < 2:
        raise MeasureError(f"There are fewer than two groups of {group} with people.", "Give at least two to compare.")
    return StandardisedRates(
        tuple(sorted(rates, key=lambda each: (-each.rate, each.group))),
        group,
        stratum,
        tuple(zip(strata, (mix / mix.sum()).tolist(), strict=True)),
        overall,
        confidence,
        cells.spread if isinstance(cells, RateTable) else math.nan,
    )


def _against(events: float, size: float, confidence: float) -> tuple[float, float, float]:
    return events / size, *poisson_interval(events, exposure=size, confidence=confidence)


def _matrix(
    frame: pd.DataFrame, group: str, stratum: str, events: str, exposure: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str], list[str]]:
    """Return events and exposure by group and stratum, and their labels."""
    if frame.empty:
        raise MeasureError("The table has no row.", "Count events by group and stratum first.")
    named = [
        frame[name].astype(object).where(frame[name].notna(), "(missing)").astype(str) for name in (group, stratum)
    ]
    if pd.concat(named, axis=1).duplicated().any():
        raise MeasureError(f"A pair of {group} and {stratum} occurs in two rows.", "Add such rows up.")
    made = []
    for name in (events, exposure):
        numbers = pd.to_numeric(frame[name], errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
            row = int(np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))[0])
            raise MeasureError(
                f"In row {row + 1} the column {name!r} has {frame[name].iloc[row]!r}.", "Give 0 or more."
            )
        if name == events and not (numbers == np.round(numbers)).all():
            row = int(np.flatnonzero(numbers != np.round(numbers))[0])
            raise MeasureError(
                f"In row {row + 1} the column {name!r} has {frame[name].iloc[row]!r}.", "Events are whole numbers."
            )
        made.append(numbers)
    if ((made[1] == 0) & (made[0] > 0)).any():
        raise MeasureError("A row has events but nobody to whom they happened.", "Check its exposure.")
    groups, strata = (sorted(set(each)) for each in named)
    where = (pd.Index(groups).get_indexer(pd.Index(named[0])), pd.Index(strata).get_indexer(pd.Index(named[1])))
    counts, time = np.zeros((2, len(groups), len(strata)))
    counts[where], time[where] = made
    if not counts.sum():
        raise MeasureError("Nothing happened in any group.", "There is no rate to compare.")
    return counts, time, groups, strata


def _standard(
    standard: Mapping[str, float] | None, strata: Sequence[str], time: NDArray[np.float64]
) -> NDArray[np.float64]:
    if standard is None:
        total: NDArray[np.float64] = time.sum(axis=0)
        return total
    if set(standard) != set(strata):
        odd = sorted(set(standard) ^ set(strata))
        raise MeasureError(
            f"The standard and the table do not have the same strata: {', '.join(odd)}.",
            f"The strata of the table are: {', '.join(strata)}.",
        )
    mix = np.array([float(standard[name]) for name in strata])
    if not (np.isfinite(mix).all() and (mix >= 0).all() and mix.sum() > 0):
        raise MeasureError("The sizes of the standard are not all 0 or more.", "Give numbers of people or shares.")
    return mix
