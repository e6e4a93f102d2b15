"""What comparisons within strata share: figures with an interval, and the stratum of each row."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators.itdata.errors import MeasureError

FloatArray = NDArray[np.float64]

Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; NaN where it cannot be known."""

    value: float
    low: float
    high: float


def strata_codes(frame: pd.DataFrame, columns: list[str]) -> tuple[list[str], NDArray[np.intp]]:
    """Return the label of each stratum, sorted, and the stratum of each row; a missing label is a label.

    Examples
    --------
    >>> strata_codes(pd.DataFrame({"site": ["b", "a", "b"], "role": ["x", None, "x"]}), ["site", "role"])
    (['a, (missing)', 'b, x'], array([1, 0, 1]))
    """
    if not columns:
        raise MeasureError("No column of strata was named.", 'Give strata="role_family" or the like.')
    named = [frame[name].astype(object).where(frame[name].notna(), "(missing)").astype(str) for name in columns]
    codes, found = pd.MultiIndex.from_arrays(named).factorize(sort=True)
    return [", ".join(label) for label in found], codes
