"""The intervals of an audit of somebody's own table: by which method, and what the page says about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluators.screening.audit import SMALL_SHARE
from evaluators.screening.bootstrap import TOO_SHORT, bootstrap_ratios
from evaluators.screening.counts import CountTable
from evaluators.screening.errors import LevelError, MethodError, SimulationError, TooFewGroupsError
from evaluators.screening.intervals import INTERVAL_METHODS, interval_name
from evaluators.screening.small import small_categories

BOOTSTRAP = "bootstrap"
METHODS = (*INTERVAL_METHODS, BOOTSTRAP)
REPLICATES = 1_000
_MOST_REPLICATES = 20_000
_FEWEST_BEYOND = 5  # draws outside each end of an interval, so that its ends are not single draws


@dataclass(frozen=True, slots=True)
class IntervalChoice:
    """How the intervals of all families are made; `check_intervals` sees that it makes sense.

    `replicates` and `seed` are None unless the method is the bootstrap.
    """

    method: str
    replicates: int | None
    seed: int | None

    @property
    def name(self) -> str:
        """The name that stands beside the figures."""
        if self.method != BOOTSTRAP:
            return interval_name(self.method)
        return f"bootstrap, {self.replicates:,} draws, seed {self.seed}, percentile"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"method": self.method, "name": self.name, "replicates": self.replicates, "seed": self.seed}

    def settings(
        self,
        tables: Mapping[str, CountTable],
        references: Mapping[str, str],
        *,
        measure: str,
        alpha: float,
        leave_small_out: bool,
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the arguments of `audit_families` that make these intervals, and notes for the reader."""
        if self.method != BOOTSTRAP:
            notes = [] if self.method == "koopman" else [_KATZ]
            return {"method": self.method}, notes
        intervals: dict[str, dict[str, tuple[float, float]]] = {}
        notes = [
            f"The intervals are made by drawing each table {self.replicates:,} times anew (seed {self.seed}); the "
            f'verdict "none seen" rests on them. {TOO_SHORT}'
        ]
        for name, counts in tables.items():
            compared = _compared(counts, references[name]) if leave_small_out else counts
            try:
                drawn = bootstrap_ratios(
                    compared,
                    reference=references[name],
                    replicates=self.replicates or REPLICATES,
                    confidence=1 - alpha,
                    seed=self.seed or 0,
                )
            except TooFewGroupsError:  # the audit itself says so, and names the family
                intervals[name] = {group.label: (0.0, 0.0) for group in counts}
                continue
            intervals[name] = {group.group: (group.low, group.high) for group in drawn}
            if more := drawn.note.removeprefix(TOO_SHORT).strip():
                notes.append(f"{name} ({measure}): {more}")
        return {"method": self.name, "intervals": intervals}, notes


_KATZ = (
    "The intervals are Katz's, the textbook ones. With few people selected they hold the true ratio less often than "
    "they promise, and they are lacking where nobody was selected; Koopman's, the default, hold up."
)


def check_intervals(method: str, *, replicates: int | None, seed: int | None, alpha: float) -> IntervalChoice:
    """Refuse a method that does not exist, and draws without a bootstrap or too few or many of them."""
    if method not in METHODS:
        raise MethodError(f"There is no interval method {method!r}.", f"The methods are: {', '.join(METHODS)}.")
    if method != BOOTSTRAP:
        if replicates is not None or seed is not None:
            given = "replicates" if replicates is not None else "seed"
            raise MethodError(
                f"The {interval_name(method)} intervals draw nothing, so a number for {given} means nothing.",
                "Leave replicates and seed out, or choose the bootstrap intervals.",
            )
        return IntervalChoice(method, None, None)
    if not 0 < alpha < 1:
        raise LevelError(f"alpha is {alpha}.", "Give a share between 0 and 1, such as 0.05.")
    draws, start = REPLICATES if replicates is None else replicates, 0 if seed is None else seed
    if start < 0:
        raise SimulationError(f"The seed is {start}.", "Give a whole number, 0 or more.")
    if draws > _MOST_REPLICATES:
        raise SimulationError(f"There are {draws:,} replicates.", f"Draw at most {_MOST_REPLICATES:,}.")
    needed = max(100, -int(-2 * _FEWEST_BEYOND // alpha))
    if draws < needed:
        raise SimulationError(
            f"{draws:,} replicates are too few for intervals at {1 - alpha:g} confidence.",
            f"Draw at least {needed:,}, so that {_FEWEST_BEYOND} draws lie beyond each end."
            if needed <= _MOST_REPLICATES
            else "Choose Koopman intervals, or a larger alpha.",
        )
    return IntervalChoice(method, draws, start)


def _compared(counts: CountTable, reference: str) -> CountTable:
    """Return the groups that are compared where small ones are left out, as the audit does."""
    from evaluators.screening.rates import named_label

    small = {each.group.label for each in small_categories(counts, share=SMALL_SHARE)} - {named_label(reference)}
    stay = tuple(group for group in counts if group.label not in small)
    return CountTable(stay) if stay else counts
