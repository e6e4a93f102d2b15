"""Do two numbers rise together? Correlations of all rows, and of rows whose people are alike."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import json_able
from evaluators.itdata._words import counted
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.people._strata import Z95, Estimate, FloatArray, strata_codes


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
        return json_able(self)

    def summary(self) -> str:
        """Say both correlations, and what neither proves.

        Returns
        -------
        str
            One paragraph a line.
        """
        lines = [
            f"{self.x} and {self.y}, {self.rows:,} rows: correlation {_signed(self.naive)}.",
            f"Within the same {self.strata} ({counted(self.groups, 'group')}): {_signed(self.adjusted)}.",
        ]
        if self.reverses:
            sure = all(each.low > 0 or each.high < 0 for each in (self.naive, self.adjusted))
            lines.append(
                f"The sign turns: groups of {self.strata} differ in both, and the first figure compares the groups."
                f"{'' if sure else ' At least one of them may be chance.'}"
            )
        if self.left_out:
            lines.append(f"Left out because something is missing: {counted(self.left_out, 'row')}.")
        lines.append(
            "-1 and 1 mean that all lie on a straight line, 0 that no line fits better than a level one. Going "
            "together is not causing, and a weak correlation says nothing about single people."
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
        if pd.api.types.is_datetime64_any_dtype(frame[name]) or pd.api.types.is_timedelta64_dtype(frame[name]):
            raise MeasureError(f"The column {name!r} holds times.", "Turn them into numbers first, such as days.")
        found = pd.to_numeric(frame[name].astype(object), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        if (~np.isfinite(found) & frame[name].notna().to_numpy()).any():
            raise MeasureError(f"The column {name!r} holds other things than numbers.", "Give numbers.")
        numbers.append(found)
    known = np.isfinite(numbers[0]) & np.isfinite(numbers[1])
    one, two = (np.asarray(each[known], dtype=np.float64) for each in numbers)
    labels, codes = strata_codes(frame[known], columns)
    if known.sum() < len(labels) + 3:
        raise MeasureError(
            f"{counted(int(known.sum()), 'known row')}: too few for {counted(len(labels), 'group')}.",
            "Choose broader strata.",
        )
    sizes = np.bincount(codes)
    inner, outer = (values - (np.bincount(codes, weights=values) / sizes)[codes] for values in (one, two))
    within = f" within {', '.join(columns)}"
    for values, raw, name, where in (
        (one - one.mean(), one, x, ""),
        (two - two.mean(), two, y, ""),
        (inner, one, x, within),
        (outer, two, y, within),
    ):
        if float(np.abs(values).max()) <= 1e-12 * float(np.abs(raw).max()):  # what rounding leaves of equal numbers
            raise MeasureError(f"{name!r} does not vary{where}.", "There is nothing to compare.")
    return Correlation(
        x,
        y,
        ", ".join(columns),
        _pearson(one - one.mean(), two - two.mean(), len(one)),
        _pearson(inner, outer, len(one) - len(labels) + 1),
        len(one),
        len(labels),
        int((~known).sum()),
    )


def _pearson(one: FloatArray, two: FloatArray, number: int) -> Estimate:
    """Correlate two columns of mean 0 that vary."""
    one, two = one / np.abs(one).max(), two / np.abs(two).max()
    spread = math.sqrt(float((one**2).sum() * (two**2).sum()))
    value = max(-1.0, min(1.0, float((one * two).sum()) / spread))
    if number < 4 or abs(value) > 1 - 1e-12:
        return Estimate(value, math.nan, math.nan)
    half = Z95 / math.sqrt(number - 3)
    return Estimate(value, math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half))


def _signed(estimate: Estimate) -> str:
    if math.isnan(estimate.low):
        return f"{estimate.value:+.2f}"
    return f"{estimate.value:+.2f} (95% interval {estimate.low:+.2f} to {estimate.high:+.2f})"
