"""Limits of an XmR chart, phase by phase, and the points that break a rule."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluators.itdata.errors import MeasureError

OUTSIDE, RUN, NEAR = "outside the limits", "eight in a row on one side", "three of four near a limit"
RULES = (OUTSIDE, RUN, NEAR)
LIMIT_FACTOR, RANGE_FACTOR = 2.66, 3.267
LEAST, _RUN = 4, 8  # periods that make limits; in a row
_ROUNDING = 1e-9  # of half a limit: a mean of 0.1, 0.2 and 0.3 is not quite 0.2


@dataclass(frozen=True, slots=True)
class XmrPoint:
    """One period of an XmR chart.

    Parameters
    ----------
    label : str
        The period.
    value : float
        The figure; NaN where there is none.
    cases : int or None
        Tickets that the figure rests on, if told.
    moving_range : float
        Distance (0 or more) from the last usable period; NaN at the start of a phase.
    centre, low, high, range_high : float
        Centre line, limits of the value and upper limit of the moving range; NaN if the phase has no limits.
    usable : bool
        False for a period without a figure or with too few cases: it is drawn, makes no limits, never signals and
        neither lengthens nor breaks a run.
    baseline : bool
        Whether the limits were computed from this period.
    phase : int
        0 up to the first step, 1 from there on, and so forth.
    signal : str
        One of `RULES` or empty.
    since : str
        For a signal, the first period it rests on.
    jump : bool
        Whether the moving range lies above its limit.
    """

    label: str
    value: float
    cases: int | None
    moving_range: float
    centre: float
    low: float
    high: float
    range_high: float
    usable: bool
    baseline: bool
    phase: int
    signal: str
    since: str
    jump: bool


def check_values(
    numbers: NDArray[np.float64], names: list[str], cases: Sequence[int] | None, rules: Sequence[str]
) -> None:
    """Refuse values, labels, cases and rules that make no chart."""
    if numbers.ndim != 1 or not len(numbers):
        raise MeasureError("There are no values to chart.", "Give one number for each period.")
    if np.isinf(numbers).any():
        raise MeasureError("A value is infinite.", "Leave such periods empty (NaN).")
    for what, given in (("labels", names), ("cases", cases)):
        if given is not None and len(given) != len(numbers):
            raise MeasureError(f"{len(numbers)} values have {len(given)} {what}.", "Give one for each value.")
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise MeasureError(f"The label {twice!r} occurs twice.", "Give each period a name of its own.")
    if unknown := [rule for rule in rules if rule not in RULES]:
        raise MeasureError(f"There is no rule {unknown[0]!r}.", f"The rules are: {'; '.join(RULES)}.")


def place_of(names: list[str], label: str, what: str) -> int:
    """Return the place of a period; `what` it was named for stands in the error."""
    if str(label) not in names:
        raise MeasureError(f"The {what} {label!r} is none of the periods.", f"They run from {names[0]} to {names[-1]}.")
    return names.index(str(label))


def baseline_periods(
    names: list[str], usable: NDArray[np.bool_], starts: list[int], baseline: int | tuple[str, str] | None
) -> NDArray[np.bool_]:
    """Mark the periods that make the limits of their phase."""
    if baseline is None:
        return usable.copy()
    ends = [*starts[1:], len(names)]
    chosen = usable.copy()
    if isinstance(baseline, int):
        if baseline < LEAST:
            raise MeasureError(f"The baseline is to have {baseline} periods.", f"At least {LEAST} are needed.")
        for start, end in zip(starts, ends, strict=True):
            chosen[start:end] &= np.cumsum(usable[start:end]) <= baseline
        return chosen
    first, last = (place_of(names, label, "baseline") for label in baseline)
    for start, end in zip(starts, ends, strict=True):
        if start <= first <= last < end:
            chosen[start:first] = False
            chosen[last + 1 : end] = False
            return chosen
    raise MeasureError(
        f"The baseline from {baseline[0]} to {baseline[1]} does not lie in one phase.",
        "Let it begin before it ends and hold no step.",
    )


def phase_points(
    numbers: NDArray[np.float64],
    names: list[str],
    usable: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
    phase: int,
    rules: tuple[str, ...],
    bounds: tuple[float, float],
) -> list[XmrPoint]:
    """Return the points of one phase with its limits, cut off at the bounds that a value cannot pass."""
    places = np.flatnonzero(usable)
    ranges = np.full(len(numbers), np.nan)
    ranges[places[1:]] = np.abs(np.diff(numbers[places]))
    base = numbers[chosen]
    centre, mean_range = float(base.mean()), float(np.abs(np.diff(base)).mean())
    low, high, range_high = math.nan, math.nan, math.nan
    if mean_range > 1e-12 * max(1.0, abs(centre)):
        low, high = centre - LIMIT_FACTOR * mean_range, centre + LIMIT_FACTOR * mean_range
        low = low if low > bounds[0] else -math.inf
        high = high if high < bounds[1] else math.inf
        range_high = RANGE_FACTOR * mean_range
    half = LIMIT_FACTOR * mean_range / 2
    signals = _signals(numbers, places, centre, (low, high), half, rules) if not math.isnan(range_high) else {}
    return [
        XmrPoint(
            label=names[place],
            value=float(numbers[place]),
            cases=None,
            moving_range=float(ranges[place]),
            centre=centre,
            low=low,
            high=high,
            range_high=range_high,
            usable=bool(usable[place]),
            baseline=bool(chosen[place]),
            phase=phase,
            signal=signals.get(place, ("", 0))[0],
            since=names[signals[place][1]] if place in signals else "",
            jump=bool(usable[place] and ranges[place] > range_high),
        )
        for place in range(len(numbers))
    ]


def _signals(
    numbers: NDArray[np.float64],
    places: NDArray[np.intp],
    centre: float,
    limits: tuple[float, float],
    half: float,
    rules: tuple[str, ...],
) -> dict[int, tuple[str, int]]:
    """Return, by place, the rule that a point breaks and the place of the first point that it rests on."""
    found: dict[int, tuple[str, int]] = {}
    away = numbers[places] - centre
    sides = np.where(np.abs(away) > _ROUNDING * half, np.sign(away), 0.0)
    outer = np.where(np.abs(away) > (1 + _ROUNDING) * half, sides, 0.0)
    run = 0
    for step, place in enumerate(places.tolist()):
        run = run + 1 if step and sides[step] and sides[step] == sides[step - 1] else int(sides[step] != 0)
        last_four = outer[max(0, step - 3) : step + 1]
        if OUTSIDE in rules and not limits[0] <= numbers[place] <= limits[1]:
            found[place] = (OUTSIDE, place)
        elif RUN in rules and run >= _RUN:
            found[place] = (RUN, int(places[step - run + 1]))
        elif NEAR in rules and outer[step] and (last_four == outer[step]).sum() >= 3:
            since = max(0, step - 3) + int(np.flatnonzero(last_four == outer[step])[0])
            found[place] = (NEAR, int(places[since]))
    return found
