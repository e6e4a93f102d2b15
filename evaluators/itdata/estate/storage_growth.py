"""How much storage to expect: a forecast that admits what it cannot know."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.itdata._cells import FloatArray
from evaluators.itdata._words import counted
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.estate._storage_rows import by_month, holes
from evaluators.screening._results import find_group

if TYPE_CHECKING:
    import altair as alt

_FEWEST_MONTHS = 6
_MOST = math.log(1e15)  # gigabytes: more than all the world stores


@dataclass(frozen=True, slots=True)
class StorageForecast:
    """Result of `storage_forecast`.

    Parameters
    ----------
    system : str
        The system, or ``"all systems"``.
    history : tuple of (str, float)
        Month and gigabytes on record.
    forecast : tuple of (str, float, float, float)
        Month, then expected, low and high gigabytes.
    confidence : float
        Share (0-1) of such ranges that hold the true figure if storage goes on as it did.
    growth : str
        ``"percent"``: by the same share each month; ``"amount"``: by the same gigabytes.
    gigabytes_month : float
        Mean growth in gigabytes a month over the history.
    check : tuple of (str, float, float, float, float) or None
        A test on the past: month, and what the same method would have expected (middle, low, high) from the earlier
        two thirds of the history, then what was stored. None with fewer than 9 months.
    """

    system: str
    history: tuple[tuple[str, float], ...]
    forecast: tuple[tuple[str, float, float, float], ...]
    confidence: float
    growth: str
    gigabytes_month: float
    check: tuple[str, float, float, float, float] | None

    def to_frame(self) -> pd.DataFrame:
        """Return history and forecast as one table.

        Returns
        -------
        DataFrame, shape (n_months, 5)
            ``month``, ``kind`` (``"recorded"`` or ``"forecast"``), ``gigabytes``, ``low`` and ``high`` (missing where
            recorded).
        """
        past = [(month, "recorded", value, math.nan, math.nan) for month, value in self.history]
        ahead = [(month, "forecast", value, low, high) for month, value, low, high in self.forecast]
        return pd.DataFrame(past + ahead, columns=["month", "kind", "gigabytes", "low", "high"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words what to expect, how sure that is and how the method did before.

        Examples
        --------
        >>> table = pd.DataFrame(
        ...     {
        ...         "system": "mail",
        ...         "month": [f"2026-{month:02d}" for month in range(1, 8)],
        ...         "gigabytes": [100, 112, 118, 131, 139, 148, 160],
        ...         "price_per_gb_month": 0.1,
        ...     }
        ... )
        >>> print(storage_forecast(table, months_ahead=6, growth="amount").summary())
        All systems stored 160 gigabytes in 2026-07, after growing by 10 gigabytes a month on average since 2026-01.
        If it goes on as it did, by the same amount each month, it will store 220 gigabytes in 2027-01; with 90% \
confidence between 201 and 239.
        With so few months the method could not be tried on the past.
        The range covers ups and downs like those on record. It knows nothing of what was never seen: a new system, a \
clean-up, a merger, a change of rules.
        """
        month, value, low, high = self.forecast[-1]
        way = "growing" if self.gigabytes_month >= 0 else "shrinking"
        pace = "share" if self.growth == "percent" else "amount"
        name = f"{self.system[0].upper()}{self.system[1:]}"
        lines = [
            f"{name} stored {self.history[-1][1]:,.0f} gigabytes in {self.history[-1][0]}, after {way} by "
            f"{abs(self.gigabytes_month):,.0f} gigabytes a month on average since {self.history[0][0]}.",
            f"If it goes on as it did, by the same {pace} each month, "
            f"it will store {value:,.0f} gigabytes in {month}; with {self.confidence:.0%} "
            f"confidence between {low:,.0f} and {high:,.0f}.",
        ]
        if self.check is None:
            lines.append("With so few months the method could not be tried on the past.")
        else:
            then, expected, from_, to, stored = self.check
            lines.append(
                f"Tried on the past: for {then} it would have said {expected:,.0f} ({from_:,.0f} to {to:,.0f}); stored "
                f"were {stored:,.0f}, "
                + (
                    "which lies in that range."
                    if from_ <= stored <= to
                    else "which lies OUTSIDE that range: trust the new one less than it claims."
                )
            )
        lines.append(
            "The range covers ups and downs like those on record. It knows nothing of what was never seen: a new "
            "system, a clean-up, a merger, a change of rules."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw the months on record, and the forecast with its range.

        Returns
        -------
        altair.LayerChart
            A line for the record, a dashed one with a band for the forecast. The description holds the summary.
        """
        from evaluators.itdata.estate._charts.storage import forecast_chart  # Altair is slow to import

        return forecast_chart(self)


def storage_forecast(
    storage: Any,
    *,
    system: str | None = None,
    months_ahead: int = 12,
    confidence: float = 0.9,
    growth: str = "percent",
) -> StorageForecast:
    """Carry the growth of storage forward, with a range that widens as it should.

    A random walk with drift [1]_: each month adds the mean monthly growth b; after h months the range is
    last + h b ± t s √(h (1 + h / n)), where s is the standard deviation of the n monthly growths and t Student's
    quantile with n - 1 degrees of freedom. With ``growth="percent"`` this is done on logarithms: storage grows by the
    same share each month, as most does; with ``"amount"`` by the same gigabytes, and the low end is cut at 0. The
    figures of a year ahead can differ much: look at `StorageForecast.check` before you believe either.

    Parameters
    ----------
    storage : table, shape (n_rows, n_columns)
        As for `storage_cost`.
    system : str, optional
        One system; by default all together.
    months_ahead : int
        Months to look ahead, at most as many as there are on record.
    confidence : float
        Share (0-1) of such ranges that hold the true figure if storage goes on as it did.
    growth : str
        ``"percent"`` or ``"amount"``.

    Returns
    -------
    StorageForecast

    Raises
    ------
    MeasureError
        If there are fewer than 6 months, a month is missing in between, the look ahead is longer than the record,
        there is no such growth, nothing was stored in a month and growth is a share of nothing, or the months differ
        so wildly that no range can be said.
    UnknownGroupError
        If there is no such system.
    ColumnError
        If a column is missing.

    References
    ----------
    .. [1] Hyndman, R. J., Athanasopoulos, G. (2021). Forecasting: Principles and Practice, 3rd edition, sections 5.2
       and 5.5 (drift method). OTexts.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "system": "mail",
    ...         "month": [f"2026-{month:02d}" for month in range(1, 7)],
    ...         "gigabytes": [100, 110, 120, 130, 140, 150],
    ...         "price_per_gb_month": 0.1,
    ...     }
    ... )
    >>> storage_forecast(table, months_ahead=2, growth="amount").forecast[-1]
    ('2026-08', 170.0, 170.0, 170.0)
    """
    if not 0 < confidence < 1:
        raise MeasureError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.9.")
    if growth not in ("percent", "amount"):
        raise MeasureError(f"There is no growth {growth!r}.", 'Choose "percent" or "amount".')
    table = by_month(storage)
    name = "all systems" if system is None else system
    if system is not None:
        parts = [(each, part) for each, part in table.groupby("system", sort=True)]
        table = find_group([_Named(str(each), part) for each, part in parts], system, "among the systems").part
    else:
        for each, part in table.groupby("system", sort=True):
            if len(gaps := holes(part["month"])):
                raise MeasureError(
                    f"{each!r} has no figure for {gaps[0]:%Y-%m}, so the sum of all would dip there.",
                    "Fill it in, or forecast one system at a time.",
                )
    series = table.groupby("month")["gigabytes"].sum()
    if len(gaps := holes(pd.Series(series.index))):
        raise MeasureError(f"There is no figure for {gaps[0]:%Y-%m}.", "Fill the gap, or begin after it.")
    values = series.to_numpy(dtype=np.float64)
    if len(values) < _FEWEST_MONTHS:
        raise MeasureError(
            f"There are only {counted(len(values), 'month')} on record.", f"A forecast needs {_FEWEST_MONTHS} or more."
        )
    if not 1 <= months_ahead <= len(values):
        raise MeasureError(
            f"{months_ahead} months ahead from {len(values)} on record.",
            f"Look ahead 1 to {len(values)} months: further is guessing.",
        )
    if growth == "percent" and not values.all():
        raise MeasureError("Nothing was stored in a month, and growth in per cent needs something.", 'Try "amount".')
    stamps = [f"{each:%Y-%m}" for each in series.index]
    ahead = pd.date_range(series.index[-1], periods=months_ahead + 1, freq="MS")[1:]
    check = None
    if (held := len(values) // 3) and len(values) - held >= _FEWEST_MONTHS:
        check = (stamps[-1], *_drift(values[:-held], held, confidence, growth), float(values[-1]))
    return StorageForecast(
        system=name,
        history=tuple(zip(stamps, (float(each) for each in values), strict=True)),
        forecast=tuple(
            (f"{stamp:%Y-%m}", *_drift(values, place, confidence, growth)) for place, stamp in enumerate(ahead, start=1)
        ),
        confidence=confidence,
        growth=growth,
        gigabytes_month=float(values[-1] - values[0]) / (len(values) - 1),
        check=check,
    )


@dataclass(frozen=True, slots=True)
class _Named:
    group: str
    part: pd.DataFrame


def _drift(values: FloatArray, steps: int, confidence: float, growth: str) -> tuple[float, float, float]:
    """Return the middle, low and high of a random walk with drift."""
    from scipy.stats import t  # scipy is slow to import

    scale = np.log(values) if growth == "percent" else values
    growths = np.diff(scale)
    middle = float(scale[-1] + steps * growths.mean())
    spread = float(np.std(growths, ddof=1)) * math.sqrt(steps * (1 + steps / len(growths)))
    half = float(t.ppf((1 + confidence) / 2, len(growths) - 1)) * spread
    ends = (middle, middle - half, middle + half)
    if growth == "percent":
        if ends[2] > _MOST:
            raise MeasureError(
                "These months go up and down too much for growth in per cent.", 'Try "amount", or look at them first.'
            )
        return math.exp(ends[0]), math.exp(ends[1]), math.exp(ends[2])
    return max(0.0, ends[0]), max(0.0, ends[1]), max(0.0, ends[2])
