"""How far impact ratios move when the whole table is drawn again, the reference group included."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._plain import plain
from evaluators.screening._results import find_group
from evaluators.screening.counts import CountTable
from evaluators.screening.errors import LevelError, SimulationError, TooFewGroupsError
from evaluators.screening.rates import impact_ratios, named_label, reference_group

if TYPE_CHECKING:
    import altair as alt

METHOD = "multinomial bootstrap, percentiles"

FloatArray = npt.NDArray[np.float64]
_FEW = 5
TOO_SHORT = (
    "Such intervals come out too short where few people were selected: they hold the true ratio less often than they "
    "promise."
)


@dataclass(frozen=True, slots=True)
class GroupBootstrap:
    """One group's impact ratio over all draws.

    Parameters
    ----------
    group : str
        The group's label.
    impact_ratio : float
        Of the counts themselves (no unit); NaN if the reference rate is zero.
    low, high : float
        Percentiles of the ratio over the draws; NaN if no draw has a ratio.
    reference_share : float
        Share of the draws (0-1) in which this group was the reference group.
    undefined_share : float
        Share of the draws (0-1) without a ratio: nobody of the group was drawn, or the reference rate was zero.
    """

    group: str
    impact_ratio: float
    low: float
    high: float
    reference_share: float
    undefined_share: float


@dataclass(frozen=True, slots=True)
class BootstrapRatios:
    """Result of `bootstrap_ratios`.

    Parameters
    ----------
    groups : tuple of GroupBootstrap
        All groups, sorted by label.
    lowest_ratio, lowest_low, lowest_high : float
        The lowest impact ratio of any group whose label is known, and percentiles of it over the draws.
    reference_rule : str
        ``"highest"``, ``"largest"`` or a label.
    replicates : int
        Draws.
    confidence : float
        Share (0-1) of the draws between `low` and `high`.
    note : str
        What these intervals cannot be trusted with, in plain words.
    """

    groups: tuple[GroupBootstrap, ...]
    lowest_ratio: float
    lowest_low: float
    lowest_high: float
    reference_rule: str
    replicates: int
    confidence: float
    note: str

    def __iter__(self) -> Iterator[GroupBootstrap]:
        return iter(self.groups)

    def __getitem__(self, label: str) -> GroupBootstrap:
        """Return one group; an unknown label raises UnknownGroupError."""
        return find_group(self.groups, label, "in the bootstrap")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group, with the fields of `GroupBootstrap` as columns.

        Returns
        -------
        DataFrame, shape (n_groups, 6)
            Sorted by label.
        """
        return pd.DataFrame([asdict(group) for group in self.groups])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are undefined."""
        fields = {name: value for name, value in asdict(self).items() if name != "groups"}
        return {
            "method": METHOD,
            **plain(fields),
            "groups": [plain(asdict(group)) for group in self.groups],
        }

    def summary(self) -> str:
        """Say in plain words how far the ratios moved.

        Returns
        -------
        str
            One line per group, lowest ratio first, then the limits.

        Examples
        --------
        >>> counts = CountTable.from_counts({"x": (12, 40), "y": (48, 80)})
        >>> print(bootstrap_ratios(counts, seed=1).summary().splitlines()[1])
        x: impact ratio 0.50; 95% of 1,000 redrawn tables gave 0.28 to 0.77.
        """
        ranked = sorted(self.groups, key=lambda group: (math.isnan(group.impact_ratio), group.impact_ratio))
        return "\n".join(
            [
                "Each draw makes a new table of as many people, with the observed shares as chances, and chooses the "
                "reference group again.",
                *(self._line(group) for group in ranked),
                self.note,
            ]
        )

    def chart(self) -> "alt.LayerChart":
        """Draw the ratios and the range in which most of the redrawn tables put them.

        Returns
        -------
        altair.LayerChart
            Lowest ratio first, at most the 30 lowest groups; the description holds the summary.
        """
        from evaluators.screening._charts.counts import bootstrap_chart  # Altair is slow to import

        return bootstrap_chart(self)

    def _line(self, group: GroupBootstrap) -> str:
        if math.isnan(group.low):
            return f"{group.group}: no draw has an impact ratio, since there was nothing to divide by."
        ratio = "undefined" if math.isnan(group.impact_ratio) else f"{group.impact_ratio:.2f}"
        said = (
            f"{group.group}: impact ratio {ratio}; {self.confidence:.0%} of {self.replicates:,} redrawn tables gave "
            f"{group.low:.2f} to {group.high:.2f}."
        )
        if group.undefined_share:
            said += f" {group.undefined_share:.1%} of the draws had no ratio and are left out."
        return said


def bootstrap_ratios(
    counts: CountTable,
    *,
    reference: str = "highest",
    replicates: int = 1000,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> BootstrapRatios:
    """Draw the table again and again, and see how far the impact ratios move.

    Each draw gives as many people to the table's cells (group by selected or not) as there were, with the observed
    shares as chances. That is the same as drawing the rows with replacement [1]_, and costs the same for a hundred
    people and for ten million. The reference group is chosen again in every draw, which an interval for one pair of
    groups cannot do: use this for a ratio against the *highest* rate. For a pair named in advance, and wherever a
    group has few people, `ratio_interval` is the better choice.

    Parameters
    ----------
    counts : CountTable
        The groups' counts, at least two groups.
    reference : str
        ``"highest"`` rate or ``"largest"`` group of each draw, or a group's label; see `reference_group`.
    replicates : int
        Draws, at least 100.
    confidence : float
        Share (0-1) of the draws between the limits.
    seed : int or Generator
        The same seed gives the same draws.

    Returns
    -------
    BootstrapRatios
        The ratio of each group with its limits, and the limits of the lowest ratio.

    Raises
    ------
    TooFewGroupsError
        If there is only one group.
    UnknownGroupError
        If `reference` is neither a rule nor a group.
    LevelError
        If `confidence` does not lie between 0 and 1.
    SimulationError
        If there are fewer than 100 replicates.

    References
    ----------
    .. [1] Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap, chapters 6 and 13.

    Examples
    --------
    >>> found = bootstrap_ratios(CountTable.from_counts({"x": (12, 40), "y": (48, 80)}), seed=1)
    >>> print(f"{found['x'].low:.2f} to {found['x'].high:.2f}")
    0.28 to 0.77
    """
    if not 0 < confidence < 1:
        raise LevelError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.95.")
    if replicates < 100:
        raise SimulationError(f"There are {replicates} replicates.", "Draw at least 100; 1,000 is usual.")
    if len(counts) < 2:
        raise TooFewGroupsError(
            f"There is only one group, {counts.labels[0]!r}.", "An impact ratio compares groups: give at least two."
        )
    reference_group(counts, reference)  # an unknown label is an error
    selected, applicants = _drawn(counts, replicates, np.random.default_rng(seed))
    rates = np.divide(selected, applicants, out=np.full(selected.shape, np.nan), where=applicants > 0)
    compared_with = _references(rates, applicants, counts, reference)
    base = np.take_along_axis(rates, compared_with[:, None], axis=1)
    ratios = np.divide(rates, base, out=np.full(rates.shape, np.nan), where=base > 0)
    observed = impact_ratios(counts, reference=reference)
    chosen = np.bincount(compared_with, minlength=len(counts)) / replicates
    groups = []
    for place, group in enumerate(counts):
        low, high = _percentiles(ratios[:, place], confidence)
        undefined = float(np.isnan(ratios[:, place]).mean())
        groups.append(GroupBootstrap(group.label, observed[group.label], low, high, float(chosen[place]), undefined))
    known = _known(counts)
    lowest = np.fmin.reduce(ratios[:, known], axis=1)
    low, high = _percentiles(lowest, confidence)
    return BootstrapRatios(
        groups=tuple(groups),
        lowest_ratio=min(observed[counts.labels[place]] for place in known),
        lowest_low=low,
        lowest_high=high,
        reference_rule=reference,
        replicates=replicates,
        confidence=confidence,
        note=_note(counts),
    )


def _drawn(counts: CountTable, replicates: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Draw the whole table; return selected people and applicants, shape (replicates, n_groups)."""
    cells = np.array([(group.selected, group.applicants - group.selected) for group in counts]).ravel()
    drawn = rng.multinomial(cells.sum(), cells / cells.sum(), size=replicates)
    pairs = drawn.reshape(replicates, len(counts), 2)
    return pairs[:, :, 0].astype(float), pairs.sum(axis=2).astype(float)


def _known(counts: CountTable) -> list[int]:
    """Return the places of the groups whose label is known, or of all if none is, as `reference_group` has it."""
    return [place for place, group in enumerate(counts) if not group.is_missing] or list(range(len(counts)))


def _references(rates: FloatArray, applicants: FloatArray, counts: CountTable, reference: str) -> npt.NDArray[np.intp]:
    """Return the place of each draw's reference group."""
    if (label := named_label(reference)) is not None:
        return np.full(len(rates), counts.labels.index(label), dtype=np.intp)
    known = _known(counts)
    ranked = rates if reference == "highest" else applicants
    best = np.where(np.isnan(ranked), -1.0, ranked)[:, known]
    # Of equals, the one with more applicants or the higher rate, then the first label.
    second = (applicants if reference == "highest" else np.nan_to_num(rates))[:, known]
    second = np.where(best == best.max(axis=1, keepdims=True), second, -1.0)
    chosen: npt.NDArray[np.intp] = np.argmax(second, axis=1)
    return np.array(known, dtype=np.intp)[chosen]


def _percentiles(values: FloatArray, confidence: float) -> tuple[float, float]:
    """Return the limits of the middle share of the values that are defined."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return math.nan, math.nan
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _note(counts: CountTable) -> str:
    said = TOO_SHORT
    never = [group.label for group in counts if group.selected == 0]
    if never:
        said += (
            f" Nobody was selected of {', '.join(never)}: every draw repeats that, so an interval of 0 to 0 says "
            "nothing about the true rate."
        )
    always = [group.label for group in counts if group.selected == group.applicants]
    if always:
        said += (
            f" Everybody was selected of {', '.join(always)}: every draw repeats that, so these intervals leave out "
            "what luck could do there."
        )
    few = [group.label for group in counts if 0 < group.selected < _FEW]
    if few:
        said += f" Fewer than {_FEW} people were selected of {', '.join(few)}: take Koopman's score interval there."
    return said
