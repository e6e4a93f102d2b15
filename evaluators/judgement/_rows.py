"""Results with one row for each rater: how they are looked up, written down and told from luck."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement.errors import LevelError, UnknownRaterError
from evaluators.screening.significance import holm

FloatArray = npt.NDArray[np.float64]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ByRater(Generic[Row]):
    """A result with one row for each rater.

    Parameters
    ----------
    raters : tuple
        The rows.
    """

    raters: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.raters)

    def __getitem__(self, rater: str) -> Row:
        """Return one rater; an unknown one raises UnknownRaterError."""
        return row_of(self.raters, rater)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rater, in the order of `raters`, with their fields."""
        return pd.DataFrame([asdict(row) for row in self.raters])  # type: ignore[call-overload]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)


def row_of(rows: Sequence[Row], rater: str) -> Row:
    """Return the row of a rater."""
    by_name: dict[str, Row] = {row.rater: row for row in rows}  # type: ignore[attr-defined]
    if rater not in by_name:
        raise UnknownRaterError(f"There is no rater {rater!r} here.", f"The raters are: {', '.join(by_name)}.")
    return by_name[rater]


def check_alpha(alpha: float) -> None:
    """Refuse a significance level outside 0 to 1."""
    if not 0 < alpha < 1:
        raise LevelError(f"alpha is {alpha}.", "Give a share between 0 and 1, such as 0.05.", "alpha")


def t_limits(estimate: float, error: float, df: float, alpha: float) -> tuple[float, float, float]:
    """Return an interval and a two-sided p-value by Student's t; NaN without degrees of freedom."""
    from scipy.special import stdtr, stdtrit

    if not (df > 0 and math.isfinite(error)):
        return math.nan, math.nan, math.nan
    if error <= 1e-12 * max(1.0, abs(estimate)):
        return estimate, estimate, 0.0 if abs(estimate) > 1e-9 else 1.0
    width = float(stdtrit(df, 1 - alpha / 2)) * error
    return estimate - width, estimate + width, float(2 * stdtr(df, -abs(estimate) / error))


def holm_of_defined(p_values: Sequence[float]) -> list[float]:
    """Adjust the p-values that are defined, by Holm's method."""
    defined = [p_value for p_value in p_values if not math.isnan(p_value)]
    adjusted = iter(holm(defined))
    return [math.nan if math.isnan(p_value) else next(adjusted) for p_value in p_values]


def chart_rows(rows: Sequence[Any], value: str) -> list[dict[str, Any]]:
    """Return rows for a chart of intervals."""
    return [
        {"label": row.rater, "value": getattr(row, value), "low": row.low, "high": row.high, "found": row.found}
        for row in rows
    ]
