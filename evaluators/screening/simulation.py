"""How often a fair process is flagged: pools of applicants in which everybody has the same chance."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from operator import index
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.screening.counts import CountTable
from evaluators.screening.errors import LevelError, SimulationError, UnknownGroupError
from evaluators.screening.rules import FOUR_FIFTHS

if TYPE_CHECKING:
    import altair as alt

# Seven groups, as unlike in size as those of many employers: two of them make up 2 % each.
GROUP_SHARES: Mapping[str, float] = MappingProxyType(
    {"A": 0.48, "B": 0.18, "C": 0.15, "D": 0.10, "E": 0.05, "F": 0.02, "G": 0.02}
)
SMALL_SHARE = Fraction(2, 100)

_MOST_POOLS = 1_000_000
_MOST_PEOPLE = 10**8  # products of two such counts still fit into 64 bits

Counts = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FairAudits:
    """Result of `simulate_fair_audits`: how many fair pools each way of looking flagged.

    Parameters
    ----------
    pools : int
        Simulated pools.
    applicants : int
        People in each pool.
    shares : tuple of (str, float)
        Each group's label and its share (0-1) of the people who might apply.
    rate : float
        Everybody's true chance of selection (0-1).
    reference : str
        How the reference group was chosen in each pool: ``"highest"``, ``"largest"`` or a label.
    alpha : float
        Significance level (0-1).
    bare_rule : int
        Pools in which any group's impact ratio lay below four fifths.
    bare_rule_without_small : int
        The same after groups under 2 % of the pool were left out, also as the reference.
    rule_and_holm : int
        Pools in which a group had a ratio below four fifths **and** a Holm-adjusted p-value under `alpha`.
    evidence : int
        Those among them in which one different selection would not have changed that: where
        `audit_selection` says "evidence of adverse impact".

    Notes
    -----
    In every one of these pools the process is fair, so that each flag is a false alarm.
    """

    pools: int
    applicants: int
    shares: tuple[tuple[str, float], ...]
    rate: float
    reference: str
    alpha: float
    bare_rule: int
    bare_rule_without_small: int
    rule_and_holm: int
    evidence: int

    @property
    def bare_rule_share(self) -> float:
        """Share of the pools (0-1) that the bare rule flagged."""
        return self.bare_rule / self.pools

    @property
    def bare_rule_without_small_share(self) -> float:
        """Share of the pools (0-1) that the rule flagged without groups under 2 %."""
        return self.bare_rule_without_small / self.pools

    @property
    def rule_and_holm_share(self) -> float:
        """Share of the pools (0-1) with a ratio below four fifths and a Holm-adjusted p-value under alpha."""
        return self.rule_and_holm / self.pools

    @property
    def evidence_share(self) -> float:
        """Share of the pools (0-1) in which `audit_selection` says "evidence of adverse impact"."""
        return self.evidence / self.pools

    def to_frame(self) -> pd.DataFrame:
        """Return one row per way of looking.

        Returns
        -------
        DataFrame, shape (3, 4)
            Columns ``tool`` (in words), ``flagged`` (pools), ``pools``, ``flagged_share`` (0-1).
        """
        flagged = {
            "any ratio below 4/5": self.bare_rule,
            "the same, without groups under 2 %": self.bare_rule_without_small,
            "ratio below 4/5 and unlikely by chance": self.rule_and_holm,
        }
        return pd.DataFrame(
            [
                {"tool": tool, "flagged": count, "pools": self.pools, "flagged_share": count / self.pools}
                for tool, count in flagged.items()
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: the settings, the counts and the shares flagged (0-1)."""
        return {
            "pools": self.pools,
            "applicants": self.applicants,
            "shares": dict(self.shares),
            "rate": self.rate,
            "reference": self.reference,
            "alpha": self.alpha,
            "bare_rule": self.bare_rule,
            "bare_rule_without_small": self.bare_rule_without_small,
            "rule_and_holm": self.rule_and_holm,
            "evidence": self.evidence,
            "bare_rule_share": self.bare_rule_share,
            "bare_rule_without_small_share": self.bare_rule_without_small_share,
            "rule_and_holm_share": self.rule_and_holm_share,
            "evidence_share": self.evidence_share,
        }

    def summary(self) -> str:
        """Say in plain words how often each way of looking raised a false alarm.

        Returns
        -------
        str
            Five lines; the last says what the figures depend on.
        """
        bare, without_small, both = (
            f"{count:,} ({count / self.pools:.1%})"
            for count in (self.bare_rule, self.bare_rule_without_small, self.rule_and_holm)
        )
        return "\n".join(
            [
                f"{self.pools:,} pools of {self.applicants:,} applicants in {len(self.shares)} groups. Everybody had "
                f"the same chance of {100 * self.rate:g}%, so every alarm is a false one.",
                f"Some group's rate was under four fifths of the reference group's: {bare} pools.",
                f"The same without groups of under 2% of the pool: {without_small} pools.",
                f"Under four fifths, and a gap that chance alone rarely makes: {both} pools.",
                "Other group sizes, chances or numbers of applicants give other figures.",
            ]
        )

    def chart(self) -> "alt.LayerChart":
        """Draw the share of fair pools that each way of looking flagged.

        Returns
        -------
        altair.LayerChart
            Bars with their figures written beside them; the description holds the summary.
        """
        from evaluators.screening._charts.simulation import false_alarm_chart  # Altair is slow to import

        return false_alarm_chart(self)


def draw_fair_pool(
    applicants: int, *, shares: Mapping[str, float] = GROUP_SHARES, rate: float = 0.3, seed: int = 0
) -> CountTable:
    """Draw one pool of applicants in which everybody has the same chance.

    Parameters
    ----------
    applicants : int
        People in the pool.
    shares : mapping of str to float
        Group -> its share of the people who might apply, or any number in proportion to it.
    rate : float
        Everybody's true chance of selection (0-1).
    seed : int
        Same seed, same pool.

    Returns
    -------
    CountTable
        The groups that occur in the pool. A small group may be missing by chance.

    Raises
    ------
    SimulationError
        If a setting makes no sense.

    Examples
    --------
    >>> pool = draw_fair_pool(1_000, seed=1)
    >>> sum(group.applicants for group in pool)
    1000
    """
    _check(applicants, 1, shares, rate)
    applied, selected = _draw(applicants, 1, shares, rate, seed)
    pairs = zip(shares, selected[0].tolist(), applied[0].tolist(), strict=True)
    return CountTable.from_counts({label: (hits, people) for label, hits, people in pairs if people})


def simulate_fair_audits(
    applicants: int,
    *,
    shares: Mapping[str, float] = GROUP_SHARES,
    rate: float = 0.3,
    pools: int = 1_000,
    reference: str = "highest",
    alpha: float = 0.05,
    seed: int = 0,
) -> FairAudits:
    """Draw many fair pools and count how often each way of looking at them raises an alarm.

    Group sizes are drawn first (multinomial), then each group's selected people (binomial). The four-fifths
    comparison is exact, the p-values are those of `rate_test`, adjusted by Holm's method inside each pool.

    Parameters
    ----------
    applicants : int
        People in each pool.
    shares : mapping of str to float
        Group -> its share of the people who might apply, or any number in proportion to it; at least two.
    rate : float
        Everybody's true chance of selection (0-1).
    pools : int
        How many pools to draw (1 to 1,000,000).
    reference : str
        ``"highest"`` rate of each pool, its ``"largest"`` group, or a label.
    alpha : float
        Significance level (0-1).
    seed : int
        Same seed, same pools.

    Returns
    -------
    FairAudits
        How many pools were flagged by each of three ways of looking.

    Raises
    ------
    SimulationError
        If a setting makes no sense.
    UnknownGroupError
        If `reference` is neither a rule nor a group.
    LevelError
        If `alpha` does not lie between 0 and 1.

    Examples
    --------
    >>> fair = simulate_fair_audits(1_000, pools=200, seed=7)
    >>> fair.bare_rule_share > 0.9, fair.rule_and_holm_share < 0.15
    (True, True)
    """
    _check(applicants, pools, shares, rate)
    if not 0 < alpha < 1:
        raise LevelError(f"alpha is {alpha}.", "Give a share between 0 and 1, such as 0.05.")
    if len(shares) < 2:
        raise SimulationError("The simulated pools have one group only.", "Give shares for at least two groups.")
    if reference not in {"highest", "largest", *shares}:
        raise UnknownGroupError(
            f"There is no group {reference!r} in the simulation.",
            f"Give 'highest', 'largest' or one of the groups: {', '.join(shares)}.",
        )
    applied, selected = _draw(applicants, pools, shares, rate, seed)
    labels = list(shares)
    bare, unlikely, evidence = _flags(applied, selected, labels=labels, reference=reference, alpha=alpha)
    large_enough = applied * SMALL_SHARE.denominator >= applicants * SMALL_SHARE.numerator
    large, hits = np.where(large_enough, applied, 0), np.where(large_enough, selected, 0)
    _, below = _below(large, hits, labels=labels, reference=reference)
    total = math.fsum(shares.values())
    return FairAudits(
        pools=pools,
        applicants=applicants,
        shares=tuple((label, share / total) for label, share in shares.items()),
        rate=rate,
        reference=reference,
        alpha=alpha,
        bare_rule=int(bare.sum()),
        bare_rule_without_small=int(below.any(axis=1).sum()),
        rule_and_holm=int(unlikely.sum()),
        evidence=int(evidence.sum()),
    )


def _check(applicants: int, pools: int, shares: Mapping[str, float], rate: float) -> None:
    for name, number, most in (("applicants", applicants, _MOST_PEOPLE), ("pools", pools, _MOST_POOLS)):
        try:
            whole = index(number)
        except TypeError as error:
            raise SimulationError(f"The number of {name} is {number!r}.", "Give a whole number.") from error
        if not 1 <= whole <= most:
            raise SimulationError(f"The number of {name} is {number}.", f"Give a number from 1 to {most:,}.")
    if not 0 <= rate <= 1:
        raise SimulationError(f"The true rate is {rate}.", "Give a share from 0 to 1, such as 0.3 for 30 %.")
    bad = {label: share for label, share in shares.items() if not 0 < share < math.inf}
    if bad or not shares:
        raise SimulationError(
            f"The groups' shares are {dict(shares)}.", "Give each group a share above 0, such as {'A': 0.7, 'B': 0.3}."
        )


def _draw(applicants: int, pools: int, shares: Mapping[str, float], rate: float, seed: int) -> tuple[Counts, Counts]:
    """Draw applicants and selected people, each of shape (pools, groups)."""
    random = np.random.default_rng(seed)
    weights = np.array(list(shares.values()), dtype=np.float64)
    applied = random.multinomial(applicants, weights / weights.sum(), size=pools)
    return applied, random.binomial(applied, rate)


def _below(applied: Counts, selected: Counts, *, labels: list[str], reference: str) -> tuple[Counts, Bools]:
    """Find each pool's reference group (column) and which groups fall below four fifths of its rate.

    Groups without people count as absent; of equals the reference is the one `reference_group` would take.
    """
    order = np.argsort(labels, kind="stable")
    people, rates = applied[:, order], selected[:, order] / np.maximum(applied[:, order], 1)
    if reference == "highest":
        rates = np.where(people > 0, rates, -1.0)
        best = np.where(rates == rates.max(axis=1, keepdims=True), people, -1).argmax(axis=1)
    elif reference == "largest":
        best = np.where(people == people.max(axis=1, keepdims=True), rates, -1.0).argmax(axis=1)
    else:
        best = np.full(len(applied), [labels[place] for place in order].index(reference))
    column = order[best][:, None]
    ref_applied, ref_selected = (np.take_along_axis(counts, column, axis=1) for counts in (applied, selected))
    four, five = FOUR_FIFTHS.threshold.as_integer_ratio()
    below = (applied > 0) & (ref_applied > 0) & (five * selected * ref_applied < four * ref_selected * applied)
    return column, below


def _flags(
    applied: Counts, selected: Counts, *, labels: list[str], reference: str, alpha: float
) -> tuple[Bools, Bools, Bools]:
    """Tell which pools have a ratio below four fifths, which one that Holm's method confirms, and which evidence."""
    from evaluators.screening._many_tests import holm_rows, rate_p_values

    column, below = _below(applied, selected, labels=labels, reference=reference)
    ref_applied, ref_selected = (
        np.broadcast_to(np.take_along_axis(counts, column, axis=1), applied.shape) for counts in (applied, selected)
    )
    tested = (applied > 0) & (ref_applied > 0) & (np.arange(len(labels)) != column)
    p_values = np.full(applied.shape, np.nan)
    p_values[tested] = rate_p_values(selected[tested], applied[tested], ref_selected[tested], ref_applied[tested])
    unlikely = below & (holm_rows(p_values) < alpha)
    # Evidence is what stays when one person of the group is selected instead of one of the reference group.
    pool, group = np.nonzero(unlikely)
    after = (selected[unlikely] + 1, applied[unlikely], ref_selected[unlikely] - 1, ref_applied[unlikely])
    p_after = p_values[pool]
    p_after[np.arange(len(pool)), group] = rate_p_values(*after)
    confirmed = holm_rows(p_after)[np.arange(len(pool)), group] < alpha
    four, five = FOUR_FIFTHS.threshold.as_integer_ratio()
    stays = confirmed & (five * after[0] * after[3] < four * after[2] * after[1])
    evidence = np.zeros(len(applied), dtype=np.bool_)
    evidence[pool[stays]] = True
    return np.any(below, axis=1, keepdims=False), np.any(unlikely, axis=1, keepdims=False), evidence
