"""Ranked lists: who stands where people look, and whether a group-blind order could have done the same."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.screening._columns import (
    FloatArray,
    IntArray,
    fetch,
    find_groups,
    find_scores,
    p_value_of_shuffles,
    people_have,
)
from evaluators.screening._results import find_group
from evaluators.screening.errors import LevelError, ScoreError
from evaluators.screening.significance import holm, p_in_words

if TYPE_CHECKING:
    import altair as alt

_BLOCK = 2_000_000  # cells of one block of shuffles, so that long lists do not fill the memory


@dataclass(frozen=True, slots=True)
class GroupExposure:
    """One group's share of the attention that a ranked list gives.

    Parameters
    ----------
    group : str
        The group's label.
    people : int
        People of the group on the list.
    share : float
        Share (0-1) of the list.
    exposure : float
        Share (0-1) of all attention, where rank r gets 1 / log2(1 + r).
    exposure_ratio : float
        `exposure` divided by `share` (no unit): 1 is what a group-blind order gives on average.
    p_value, p_adjusted : float
        How often (0-1) shuffled lists put the ratio at least as far from 1, raw and after Holm's adjustment
        over the groups; two groups mirror each other and are one comparison. The smallest possible value is
        1 / (1 + shuffles).
    """

    group: str
    people: int
    share: float
    exposure: float
    exposure_ratio: float
    p_value: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class TopShare:
    """One group among the first so many of the list.

    Parameters
    ----------
    asked, top : int
        The number of places asked for, and the number counted: if people share the last place, all of them are in.
    group : str
        The group's label.
    in_top : int
        People of the group in the top.
    expected : float
        People of the group in the top that a group-blind order gives on average.
    share_of_top, share : float
        The group's share (0-1) of the top, and of the whole list.
    ratio : float
        `share_of_top` divided by `share` (no unit).
    p_value, p_adjusted : float
        Probability (0-1) under the hypergeometric distribution (drawing the top at random, without putting
        back) of a number of people no likelier than this one; raw, and after Holm's adjustment over all groups
        and tops (over the tops alone if there are two groups, which mirror each other).
    """

    asked: int
    top: int
    group: str
    in_top: int
    expected: float
    share_of_top: float
    share: float
    ratio: float
    p_value: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class RankingAudit:
    """Result of `audit_ranking`.

    Parameters
    ----------
    exposures : tuple of GroupExposure
        All groups, sorted by label.
    tops : tuple of TopShare
        All groups in each top, tops rising, groups sorted.
    ndkl : float
        Normalised discounted cumulative Kullback-Leibler divergence (0 or more, no unit); see `ndkl`.
    ndkl_expected, ndkl_high : float
        Mean and 95th percentile of the same figure over shuffled lists.
    ndkl_p_value : float
        How often (0-1) shuffled lists reach at least this figure.
    people, unranked, tied : int
        People on the list; people without a score or rank; people who share a place with others.
    shuffles, seed : int
        Number of shuffled lists, and the seed that made them.
    """

    exposures: tuple[GroupExposure, ...]
    tops: tuple[TopShare, ...]
    ndkl: float
    ndkl_expected: float
    ndkl_high: float
    ndkl_p_value: float
    people: int
    unranked: int
    tied: int
    shuffles: int
    seed: int

    def __iter__(self) -> Iterator[GroupExposure]:
        return iter(self.exposures)

    def __getitem__(self, label: str) -> GroupExposure:
        """Return one group's exposure; an unknown label raises UnknownGroupError."""
        return find_group(self.exposures, label, "on the list")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group and top, the group's exposure beside it.

        Returns
        -------
        DataFrame, shape (n_tops * n_groups, 13)
            The fields of `TopShare`, then `exposure`, `exposure_ratio` and `exposure_p_adjusted`.
        """
        own = {group.group: group for group in self.exposures}
        return pd.DataFrame(
            [
                asdict(top)
                | {
                    "exposure": own[top.group].exposure,
                    "exposure_ratio": own[top.group].exposure_ratio,
                    "exposure_p_adjusted": own[top.group].p_adjusted,
                }
                for top in self.tops
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words whether groups stand where people look.

        Returns
        -------
        str
            A line for the whole list, for each group and for each top, then what the figures cannot show.

        Examples
        --------
        >>> people = pd.DataFrame({"sex": ["m"] * 12 + ["f"] * 12, "score": range(24, 0, -1)})
        >>> print(audit_ranking(people, group="sex", score="score", tops=[5]).summary())
        24 people are ranked. The order differs from a group-blind one more than luck explains: its distance (NDKL) \
is 0.485, shuffled lists have 0.154 on average, and rarely more than 0.274 (p-value 0.002).
        f: 50% of the people, 36% of the attention (ratio 0.71); luck alone rarely does this (p-value 0.002).
        m: 50% of the people, 64% of the attention (ratio 1.29); luck alone rarely does this (p-value 0.002).
        Top 5: f 0 (2.5 expected), luck alone rarely does this (p-value 0.037); m 5 (2.5 expected), luck alone \
rarely does this (p-value 0.037).
        "Attention" assumes that readers look less and less the further down a name stands. These figures do not say \
why a group stands where it does, nor who should stand there.
        """
        found = self.ndkl_p_value < _ALPHA
        lines = [
            f"{self.people:,} people are ranked. The order "
            f"{'differs from a group-blind one more than luck explains' if found else 'could be a group-blind one'}: "
            f"its distance (NDKL) is {self.ndkl:.3f}, shuffled lists have {self.ndkl_expected:.3f} on average, and "
            f"rarely more than {self.ndkl_high:.3f} (p-value {p_in_words(self.ndkl_p_value)})."
        ]
        for group in self.exposures:
            lines.append(
                f"{group.group}: {group.share:.0%} of the people, {group.exposure:.0%} of the attention (ratio "
                f"{group.exposure_ratio:.2f}); {_luck(group.p_adjusted)}."
            )
        for asked in dict.fromkeys(top.asked for top in self.tops):
            rows = [top for top in self.tops if top.asked == asked]
            name = f"Top {rows[0].top:,}"
            if rows[0].top != asked:
                name += f" (top {asked:,} asked for, but people share the last place)"
            said = "; ".join(
                f"{top.group} {top.in_top:,} ({top.expected:.1f} expected), {_luck(top.p_adjusted)}" for top in rows
            )
            lines.append(f"{name}: {said}.")
        if self.tied:
            lines.append(
                f"{self.tied:,} people share a place with others. Each gets the average attention of the places they "
                "share; a list on a screen puts one of them first, and you should know how it decides."
            )
        if self.unranked:
            lines.append(
                f"{people_have(self.unranked)} no place, which leaves them out of these figures: find out why."
            )
        lines.append(
            '"Attention" assumes that readers look less and less the further down a name stands. These figures do not '
            "say why a group stands where it does, nor who should stand there."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw each group's share of each top divided by its share of the list, with the line at 1.

        Returns
        -------
        altair.LayerChart
            Groups differ in colour, dash and shape; filled marks are more than luck explains. The description
            holds the summary.
        """
        from evaluators.screening._charts.ranking import top_chart  # Altair is slow to import

        return top_chart(self)


_ALPHA = 0.05


def _luck(p_value: float) -> str:
    return f"luck {'alone rarely does' if p_value < _ALPHA else 'could do'} this (p-value {p_in_words(p_value)})"


def audit_ranking(
    frame: Any,
    *,
    group: str | Sequence[str],
    score: str | None = None,
    rank: str | None = None,
    tops: int | Sequence[int] = (10, 25, 50),
    shuffles: int = 500,
    seed: int = 0,
) -> RankingAudit:
    """Compare the places that groups have on one ranked list with those of a group-blind order.

    *Exposure* [1]_: rank r draws attention 1 / log2(1 + r); a group's share of all attention is held against
    its share of the list. *Top-k parity*: people of a group among the first k, against drawing k people at
    random. *NDKL* [2]_: one figure for the whole list; see `ndkl`. People with equal scores share the average
    of their places, so the order of the rows never matters.

    Parameters
    ----------
    frame : table, shape (n_people, n_columns)
        One row per person on the list: a pandas or polars frame, a PyArrow table or the like.
    group : str or sequence of str
        Column with the group; several give their intersections. A missing label is the group ``"(missing)"``.
    score, rank : str
        Column with the score (more is better) or with the rank (1 is best). Give one of the two.
    tops : int or sequence of int
        How many places from the top; those longer than the list are left out, and one that is cut by equal
        scores takes all who share the last place.
    shuffles : int
        Number of shuffled lists for the p-values of exposure and NDKL, at least 99.
    seed : int
        Makes the shuffles repeatable.

    Returns
    -------
    RankingAudit
        Exposure of each group, each group in each top, and NDKL.

    Raises
    ------
    ScoreError
        If not exactly one of `score` and `rank` is given, a value is no finite number, or all are the same.
    LevelError
        If `shuffles` is under 99, or a top is no whole number, under 1, or none is shorter than the list.
    ColumnError, CountError, TooFewGroupsError
        If the table has no such column, no rows, or one group.

    References
    ----------
    .. [1] Singh, A., Joachims, T. (2018). Fairness of Exposure in Rankings. KDD '18, 2219-2228.
    .. [2] Geyik, S. C., Ambler, S., Kenthapadi, K. (2019). Fairness-Aware Ranking in Search & Recommendation
       Systems with Application to LinkedIn Talent Search. KDD '19, 2221-2231.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": ["m", "f", "m", "f"], "place": [1, 2, 3, 4]})
    >>> audit = audit_ranking(people, group="sex", rank="place", tops=[1, 2])
    >>> print(f"{audit['f'].exposure:.3f} of the attention, {audit['f'].share} of the people")
    0.414 of the attention, 0.5 of the people
    """
    if (score is None) == (rank is None):
        raise ScoreError("A ranking needs either scores or ranks.", "Give one of `score=` and `rank=`.")
    if shuffles < 99:
        raise LevelError(f"{shuffles} shuffles are too few for a p-value.", "Give 99 or more.")
    asked_tops = _whole_numbers(tops)
    column = score if score is not None else str(rank)
    table, columns = fetch(frame, group, column)
    values = find_scores(table[column])
    ranked = ~np.isnan(values)
    groups = find_groups(table[ranked], columns)
    order = np.argsort(-values[ranked] if score is not None else values[ranked], kind="stable")
    sorted_values, codes = values[ranked][order], groups.codes[order]
    if sorted_values[0] == sorted_values[-1]:
        raise ScoreError(f"Everybody has {sorted_values[0]:g} in {column!r}.", "Equal values are no ranking.")
    new_place = np.append(True, sorted_values[1:] != sorted_values[:-1])
    block = np.cumsum(new_place) - 1
    starts = np.flatnonzero(new_place)
    ends = np.append(starts[1:], len(codes))
    attention = _shared(_attention(len(codes)), block)
    people = groups.counts()
    exposures, divergences = _figures(codes[None, :], people, attention, block)
    null_exposures, null_divergences = _shuffled(codes, people, attention, block, shuffles=shuffles, seed=seed)
    shares = people / len(codes)
    ratios = exposures[0] / shares
    p_values = [
        p_value_of_shuffles(np.abs(null_exposures[:, place] / shares[place] - 1), abs(ratios[place] - 1))
        for place in range(len(groups.labels))
    ]
    return RankingAudit(
        exposures=tuple(
            GroupExposure(label, int(count), float(share), float(exposure), float(ratio), p_value, p_adjusted)
            for label, count, share, exposure, ratio, p_value, p_adjusted in zip(
                groups.labels,
                people,
                shares,
                exposures[0],
                ratios,
                p_values,
                _adjusted(p_values, len(people)),
                strict=True,
            )
        ),
        tops=_tops(codes, groups.labels, people, ends, asked_tops),
        ndkl=float(divergences[0]),
        ndkl_expected=float(null_divergences.mean()),
        ndkl_high=float(np.quantile(null_divergences, 0.95)),
        ndkl_p_value=p_value_of_shuffles(null_divergences, float(divergences[0])),
        people=len(codes),
        unranked=int((~ranked).sum()),
        tied=int((ends - starts)[ends - starts > 1].sum()),
        shuffles=shuffles,
        seed=seed,
    )


def ndkl(groups: Sequence[str]) -> float:
    """Say with one figure how far a ranked list is from mixing its groups evenly: NDKL [1]_.

    For each i, the groups' shares among the first i are compared with their shares on the whole list by the
    Kullback-Leibler divergence (natural logarithm). The divergences are averaged with weights 1 / log2(1 + i),
    so that the top counts most. 0 means that every top mirrors the whole list, which no real list reaches:
    compare with shuffled lists, as `audit_ranking` does.

    Parameters
    ----------
    groups : sequence of str, shape (n_people,)
        The group of each person, best first, no places shared.

    Returns
    -------
    float
        0 or more, no unit.

    Raises
    ------
    ScoreError
        If the list is empty.

    References
    ----------
    .. [1] Geyik, S. C., Ambler, S., Kenthapadi, K. (2019). Fairness-Aware Ranking in Search & Recommendation
       Systems with Application to LinkedIn Talent Search. KDD '19, section 3.2.

    Examples
    --------
    The first place differs from half and half by log 2, the second by nothing:

    >>> import math
    >>> value = ndkl(["f", "m"])
    >>> print(f"{value:.4f} = {math.log(2) / (1 + 1 / math.log2(3)):.4f}")
    0.4250 = 0.4250
    """
    if not len(groups):
        raise ScoreError("The list is empty.", "Give at least one person.")
    codes, _ = pd.factorize(np.asarray(groups, dtype=object), use_na_sentinel=False)
    places = np.arange(len(codes))
    return float(_figures(codes[None, :], np.bincount(codes), _attention(len(codes)), places)[1][0])


def _attention(people: int) -> FloatArray:
    return np.asarray(1 / np.log2(2 + np.arange(people)))


def _shared(values: FloatArray, block: IntArray) -> FloatArray:
    """Give everybody in a block the block's mean."""
    return np.asarray((np.bincount(block, weights=values) / np.bincount(block))[block])


def _figures(
    lists: IntArray, people: IntArray, attention: FloatArray, block: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return each group's share of the attention and NDKL, for several orders of the same people.

    Inside a block of equal scores every place holds the block's average mix of groups.
    """
    weights = _attention(lists.shape[1])
    so_far = np.arange(1, lists.shape[1] + 1)
    ties = len(people) and int(block[-1]) + 1 < lists.shape[1]
    starts = np.flatnonzero(np.append(True, block[1:] != block[:-1]))
    exposures = np.empty((len(lists), len(people)))
    divergence = np.zeros(lists.shape)
    for place in range(len(people)):
        own = (lists == place).astype(np.float64)
        if ties:
            own = (np.add.reduceat(own, starts, axis=1) / np.bincount(block))[:, block]
        exposures[:, place] = own @ attention
        mix = np.cumsum(own, axis=1) / so_far
        logs = np.zeros_like(mix)
        np.log(mix * (lists.shape[1] / people[place]), out=logs, where=mix > 0)
        divergence += mix * logs
    ndkls = np.maximum(divergence, 0.0) @ weights / weights.sum()
    return exposures / attention.sum(), ndkls


def _shuffled(
    codes: IntArray, people: IntArray, attention: FloatArray, block: IntArray, *, shuffles: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return the figures of shuffled lists; the places that are shared stay shared."""
    rng = np.random.default_rng(seed)
    at_once = max(1, _BLOCK // len(codes))
    exposures: list[FloatArray] = []
    divergences: list[FloatArray] = []
    for done in range(0, shuffles, at_once):
        lists = rng.permuted(np.tile(np.sort(codes), (min(at_once, shuffles - done), 1)), axis=1)
        for found, value in zip((exposures, divergences), _figures(lists, people, attention, block), strict=True):
            found.append(value)
    return np.concatenate(exposures), np.concatenate(divergences)


def _adjusted(p_values: Sequence[float], groups: int) -> list[float]:
    """Adjust by Holm's method, groups in turn; of two groups one mirrors the other, which is one comparison."""
    if groups != 2:
        return holm(p_values)
    return [p_value for p_value in holm(p_values[::2]) for _ in range(groups)]


def _whole_numbers(tops: Any) -> list[int]:
    """Return the tops as a list, also where one was given without."""
    given = [tops] if isinstance(tops, str) or not hasattr(tops, "__iter__") else list(tops)
    if odd := [top for top in given if isinstance(top, bool | np.bool_) or not hasattr(top, "__index__")]:
        raise LevelError(f"A top is {odd[0]!r}.", "Give whole numbers of places such as tops=[10, 25].")
    return [index(top) for top in given]


def _tops(
    codes: IntArray, labels: Sequence[str], people: IntArray, ends: IntArray, tops: Sequence[int]
) -> tuple[TopShare, ...]:
    from scipy.stats import hypergeom  # slow to import

    if min(tops, default=0) < 1:
        raise LevelError("A top is under 1, or none is given.", "Give numbers of places such as tops=[10, 25].")
    rows = []
    for asked in sorted(set(tops)):
        top = int(ends[np.searchsorted(ends, min(asked, len(codes)))])
        if asked >= len(codes) or top >= len(codes):
            continue
        counts = np.bincount(codes[:top], minlength=len(labels))
        for place, label in enumerate(labels):
            chances = hypergeom.pmf(np.arange(top + 1), len(codes), people[place], top)
            own = chances[counts[place]]
            share, share_of_top = people[place] / len(codes), counts[place] / top
            p_value = min(1.0, float(chances[chances <= own * (1 + 1e-7)].sum()))
            rows.append((asked, top, label, int(counts[place]), float(share * top), share_of_top, share, p_value))
    if not rows:
        raise LevelError(
            f"Each top takes in the whole list of {len(codes)} people.", "Give a smaller number of places in `tops=`."
        )
    return tuple(
        TopShare(
            asked,
            top,
            label,
            in_top,
            expected,
            float(share_of_top),
            float(share),
            float(share_of_top / share),
            p,
            adjusted,
        )
        for (asked, top, label, in_top, expected, share_of_top, share, p), adjusted in zip(
            rows, _adjusted([row[-1] for row in rows], len(labels)), strict=True
        )
    )
