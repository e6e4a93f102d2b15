"""Items drawn again, all draws at once: how often each item comes, and statistics of weighted items."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from evaluators.judgement.errors import LevelError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FEWEST_REPLICATES = 100
_CELLS_AT_ONCE = 4_000_000
_DIGITS = 10  # sums of floats differ in the last digits from one machine to another


def check_draws(confidence: float, replicates: int) -> None:
    """Refuse a confidence outside 0 to 1 and too few draws."""
    if not 0 < confidence < 1:
        raise LevelError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.95.")
    if replicates < FEWEST_REPLICATES:
        raise LevelError(
            f"There are {replicates} replicates.", f"Draw at least {FEWEST_REPLICATES}; 2,000 is usual.", "replicates"
        )


def drawn_values(
    statistic: Callable[[FloatArray], FloatArray], n_items: int, *, replicates: int, seed: int
) -> FloatArray:
    """Return a statistic of the items as they are (first row), then of each draw.

    Drawing items with replacement is a multinomial draw of how often each one comes. The statistic takes these
    weights, shape (n_draws, n_items), and returns one row per draw. Blocks of draws bound the memory.
    """
    rng = np.random.default_rng(seed)
    found = [statistic(np.ones((1, n_items)))]
    block = max(1, _CELLS_AT_ONCE // n_items)
    chances = np.full(n_items, 1 / n_items)
    for start in range(0, replicates, block):
        drawn = rng.multinomial(n_items, chances, size=min(block, replicates - start))
        found.append(statistic(drawn.astype(np.float64)))
    return np.concatenate(found)


def percentiles(values: FloatArray, confidence: float) -> tuple[float, float]:
    """Return the limits of the middle share of the values that are defined; NaN if fewer than half are."""
    defined = values[np.isfinite(values)]
    if 2 * len(defined) < len(values) or not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return rounded(low), rounded(high)


def rounded(value: float) -> float:
    """Return the value without its last digits; no minus before nought."""
    return round(float(value), _DIGITS) + 0.0


def divided(over: FloatArray, under: FloatArray) -> FloatArray:
    """Divide, NaN where there is nothing to divide by (rounding allowed for)."""
    enough = np.abs(under) > 1e-12
    found: FloatArray = np.divide(over, under, out=np.full(np.broadcast(over, under).shape, np.nan), where=enough)
    return found


def coded(column: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the different values, ascending, and the place of each."""
    values, places = np.unique(column, return_inverse=True)
    return values, np.asarray(places, dtype=np.int64)


def level_counts(weights: FloatArray, places: IntArray, n_levels: int) -> FloatArray:
    """Count the drawn items at each level, shape (n_draws, n_levels)."""
    marks = np.zeros((len(places), n_levels))
    marks[np.arange(len(places)), places] = 1.0
    return np.asarray(weights @ marks)


def mid_ranks(counts: FloatArray) -> FloatArray:
    """Return the mean rank of each level's items, ties sharing theirs; shape (n_draws, n_levels)."""
    return np.asarray(np.cumsum(counts, axis=1) - (counts - 1) / 2)
