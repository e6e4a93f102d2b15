"""Proxies: which columns give away the group, though nobody told the tool."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.screening._columns import (
    FloatArray,
    IntArray,
    auc,
    fetch,
    find_groups,
    group_columns,
    own_codes,
    p_value_of_shuffles,
)
from evaluators.screening._labels import MISSING
from evaluators.screening.errors import LevelError, ScoreError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.significance import p_in_words

if TYPE_CHECKING:
    import altair as alt

TOGETHER = "all together"
_FEWEST_IN_CELL = 10  # rarer values are taken together
_MOST_CELLS = 40


@dataclass(frozen=True, slots=True)
class Proxy:
    """How well one column, or all together, tells a group from the other people.

    Parameters
    ----------
    feature : str
        The column, or ``"all together"``.
    group : str
        The group it gives away most clearly, allowing for the groups' sizes.
    auc : float
        Share (0-1) of pairs, one person of that group and one of the others, in which the column points to
        the right person (ties count half): the area under the ROC curve, on people that the guess was not
        learned from. 0.5 is guessing.
    auc_by_luck : float
        95th percentile of the same figure when the groups are shuffled.
    p_value, p_adjusted : float
        How often (0-1) shuffled groups are told apart at least as clearly; the latter counts the clearest of
        all columns in each shuffle, which allows for having looked at several. Equal for all together.
    cramers_v : float
        Cramér's V (0-1) between the column's values and the groups; NaN for all together.
    found : bool
        Whether the adjusted p-value is under alpha.
    """

    feature: str
    group: str
    auc: float
    auc_by_luck: float
    p_value: float
    p_adjusted: float
    cramers_v: float
    found: bool


@dataclass(frozen=True, slots=True)
class ProxySearch:
    """Result of `find_proxies`.

    Parameters
    ----------
    proxies : tuple of Proxy
        One per column, clearest first.
    together : Proxy
        All columns at once.
    people : int
        People looked at.
    left_out : tuple of str
        Groups too small to be told from the others; their people count among the others.
    alpha : float
        Significance level (0-1).
    folds, shuffles, seed : int
        Parts of the cross-validation, shuffles of the groups, and the seed of both.
    """

    proxies: tuple[Proxy, ...]
    together: Proxy
    people: int
    left_out: tuple[str, ...]
    alpha: float
    folds: int
    shuffles: int
    seed: int

    def __iter__(self) -> Iterator[Proxy]:
        return iter(self.proxies)

    def __getitem__(self, feature: str) -> Proxy:
        """Return one column's result; an unknown column raises UnknownGroupError."""
        for proxy in (*self.proxies, self.together):
            if proxy.feature == feature:
                return proxy
        known = ", ".join(proxy.feature for proxy in self.proxies)
        raise UnknownGroupError(f"The column {feature!r} was not looked at.", f"These were: {known}.")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per column, clearest first, then all together.

        Returns
        -------
        DataFrame, shape (n_features + 1, 8)
            The fields of `Proxy`.
        """
        return pd.DataFrame([asdict(proxy) for proxy in (*self.proxies, self.together)])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words which columns give the group away.

        Returns
        -------
        str
            A line for each column found, for the rest, and for all together; then what it cannot show.

        Examples
        --------
        >>> people = pd.DataFrame({"sex": ["f", "m"] * 100, "gap": [3, 0, 0, 0] * 50, "shoe": [1, 1, 2, 2] * 50})
        >>> print(find_proxies(people, group="sex", features=["gap", "shoe"]).summary())
        gap gives away f: it points to the right person in 75 of 100 pairs, one of f and one of the others (guessing: \
50; shuffled groups: rarely more than 56; p-value 0.005).
        Not told from luck: shoe.
        All together point to f in 70.1 of 100 pairs (guessing: 50; shuffled groups: rarely more than 58.1; p-value \
0.005).
        A tool that reads such columns can treat groups differently without being told the group. Whether it does, and \
whether the job needs the column, these figures do not show. They miss what only two columns together give away.
        """
        lines = [
            f"{proxy.feature} gives away {proxy.group}: it points to the right person in {_pairs(proxy)} pairs, one of "
            f"{proxy.group} and one of the others {_luck(proxy)}."
            for proxy in self.proxies
            if proxy.found
        ]
        rest = [proxy.feature for proxy in self.proxies if not proxy.found]
        if rest:
            lines.append(f"Not told from luck: {', '.join(rest)}.")
        lines.append(
            f"All together point to {self.together.group} in {_pairs(self.together)} pairs {_luck(self.together)}."
        )
        if self.left_out:
            lines.append(f"Too few people to be told apart: {', '.join(self.left_out)}.")
        lines.append(
            "A tool that reads such columns can treat groups differently without being told the group. Whether it "
            "does, and whether the job needs the column, these figures do not show. They miss what only two columns "
            "together give away."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw how well each column tells the group, beside what luck reaches.

        Returns
        -------
        altair.LayerChart
            Diamonds: given away; circles: not told from luck; grey bars: luck. The description holds the summary.
        """
        from evaluators.screening._charts.proxies import proxy_chart  # Altair is slow to import

        return proxy_chart(self)


def _pairs(proxy: Proxy) -> str:
    return f"{100 * proxy.auc:.3g} of 100"


def _luck(proxy: Proxy) -> str:
    return (
        f"(guessing: 50; shuffled groups: rarely more than {100 * proxy.auc_by_luck:.3g}; p-value "
        f"{p_in_words(proxy.p_adjusted)})"
    )


def find_proxies(
    frame: Any,
    *,
    group: str | Sequence[str],
    features: str | Sequence[str],
    folds: int = 5,
    shuffles: int = 200,
    bins: int = 10,
    alpha: float = 0.05,
    seed: int = 0,
) -> ProxySearch:
    """Look for columns from which the group can be guessed, and tell them from luck.

    Numbers are cut into `bins` ranges with about equally many people; values of fewer than 10 people are taken
    together; an empty cell is a value like any other. Each person's group is guessed from the other folds: for
    one column from the groups' shares among people with the same value, for all together by naive Bayes. The
    groups are then shuffled, again and again, and guessed in the same way. Of several groups the one counts
    that stands out most in standard errors of the Mann-Whitney test; several columns are allowed for by the
    clearest column of each shuffle [1]_.

    Parameters
    ----------
    frame : table, shape (n_people, n_columns)
        One row per person: a pandas or polars frame, a PyArrow table or the like.
    group : str or sequence of str
        Column with the group; several give their intersections. A missing label is the group ``"(missing)"``.
    features : str or sequence of str
        The columns that a tool reads: numbers, words, yes/no.
    folds : int
        Parts of the cross-validation, at least 2.
    shuffles : int
        How often the groups are shuffled, at least 99.
    bins : int
        Ranges for numbers, at least 2.
    alpha : float
        Significance level (0-1).
    seed : int
        Makes folds and shuffles repeatable.

    Returns
    -------
    ProxySearch
        Each column, clearest first, and all together.

    Raises
    ------
    ScoreError
        If no feature is named, one is the group itself, or `bins` is under 2.
    LevelError
        If `folds`, `shuffles` or `alpha` is out of range.
    TooFewGroupsError
        If there are not two groups, one of them with at least two people per fold.
    ColumnError, CountError
        If the table has no such column, or no rows.

    References
    ----------
    .. [1] Westfall, P. H., Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley, section 2.3: the
       single-step maximum.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": ["f", "m"] * 100, "gap": [1, 0] * 100, "shoe": [1, 1, 2, 2] * 50})
    >>> found = find_proxies(people, group="sex", features=["gap", "shoe"])
    >>> found["gap"].auc, found["gap"].found, found["shoe"].found
    (1.0, True, False)
    """
    names = [features] if isinstance(features, str) else list(dict.fromkeys(features))
    if not names:
        raise ScoreError("No feature is named.", "Name the columns that the tool reads.")
    if bins < 2:
        raise ScoreError(f"Numbers cannot be cut into {bins} ranges.", "Give bins=2 or more.")
    if folds < 2:
        raise LevelError(f"Cross-validation with {folds} folds is none.", "Give folds=2 or more.")
    if shuffles < 99:
        raise LevelError(f"{shuffles} shuffles are too few for a p-value.", "Give 99 or more.")
    if not 0 < alpha < 1:
        raise LevelError(f"alpha is {alpha}.", "Give a share between 0 and 1, such as 0.05.")
    if told := sorted(set(group_columns(group)) & set(names)):
        raise ScoreError(f"The group column {told[0]!r} is among the features.", "It predicts itself: leave it out.")
    table, columns = fetch(frame, group, *names)
    groups = find_groups(table, columns)
    people = groups.counts()
    targets = np.flatnonzero((people >= 2 * folds) & (len(table) - people >= 2 * folds))
    if not len(targets):
        raise TooFewGroupsError(
            f"No group has {2 * folds} people, two for each of {folds} folds, and as many others beside it.",
            "Take fewer folds, or larger groups.",
        )
    rng = np.random.default_rng(seed)
    by_group = np.lexsort((rng.random(len(table)), groups.codes))
    fold = np.empty(len(table), dtype=np.int64)
    fold[by_group] = np.arange(len(table)) % folds  # every group is spread over all folds
    cells = [_cells(table[name], bins) for name in names]
    search = _Guess(cells, fold, folds, people, targets)
    own = search.aucs(groups.codes)
    by_chance = np.stack([search.aucs(_shuffled_within(groups.codes, fold, rng)) for _ in range(shuffles)])
    spread = np.sqrt((len(table) + 1) / (12 * people[targets] * (len(table) - people[targets])))
    own_errors, chance_errors = (own - 0.5) / spread, (by_chance - 0.5) / spread
    own_best, chance_best = own_errors.argmax(axis=-1), chance_errors.argmax(axis=-1)
    own_z, chance_z = own_errors.max(axis=-1), chance_errors.max(axis=-1)
    clearest = chance_z[:, :-1].max(axis=1)
    chance_auc = np.take_along_axis(by_chance, chance_best[..., None], axis=-1)[..., 0]
    found = []
    for place, name in enumerate([*names, TOGETHER]):
        p_value = p_value_of_shuffles(chance_z[:, place], own_z[place])
        p_adjusted = p_value if name == TOGETHER else p_value_of_shuffles(clearest, own_z[place])
        found.append(
            Proxy(
                feature=name,
                group=groups.labels[targets[own_best[place]]],
                auc=float(own[place, own_best[place]]),
                auc_by_luck=float(np.quantile(chance_auc[:, place], 0.95)),
                p_value=p_value,
                p_adjusted=p_adjusted,
                cramers_v=float("nan") if name == TOGETHER else _cramers_v(cells[place], groups.codes),
                found=p_adjusted < alpha,
            )
        )
    return ProxySearch(
        proxies=tuple(sorted(found[:-1], key=lambda proxy: (proxy.p_adjusted, -proxy.auc, proxy.feature))),
        together=found[-1],
        people=len(table),
        left_out=tuple(label for place, label in enumerate(groups.labels) if place not in targets),
        alpha=alpha,
        folds=folds,
        shuffles=shuffles,
        seed=seed,
    )


class _Guess:
    """Guesses groups from cells; all that does not change from shuffle to shuffle is kept."""

    def __init__(self, cells: list[IntArray], fold: IntArray, folds: int, people: IntArray, targets: IntArray) -> None:
        self.cells, self.fold, self.folds, self.targets = cells, fold, folds, targets
        self.groups = len(people)
        self.sizes = [int(own.max()) + 1 for own in cells]
        self.in_fold = [np.flatnonzero(fold == part) for part in range(folds)]

    def aucs(self, codes: IntArray) -> FloatArray:
        """Return the AUC of each column, then of all together, for each target group."""
        result = np.empty((len(self.cells) + 1, len(self.targets)))
        evidence = np.zeros((len(codes), self.groups))
        for place, (cells, size) in enumerate(zip(self.cells, self.sizes, strict=True)):
            at = (self.fold * size + cells) * self.groups
            counts = np.bincount(at + codes, minlength=self.folds * size * self.groups)
            counts = counts.reshape(self.folds, size, self.groups)
            learned = counts.sum(axis=0) - counts
            in_group = learned.sum(axis=1, keepdims=True)
            prior = in_group / in_group.sum(axis=2, keepdims=True)
            share = (learned + prior) / (learned.sum(axis=2, keepdims=True) + 1)
            result[place] = _cell_aucs(share[..., self.targets], counts, self.targets)
            logs = np.log((learned + 1) / (in_group + size))
            evidence += logs[self.fold, cells]
            if place == 0:
                evidence += np.log(np.maximum(prior, 1e-12))[self.fold, 0]
        result[-1] = self._together(evidence, codes)
        return result

    def _together(self, evidence: FloatArray, codes: IntArray) -> FloatArray:
        chance = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        aucs = np.zeros(len(self.targets))
        for rows in self.in_fold:
            for place, target in enumerate(self.targets):
                aucs[place] += auc(chance[rows, target], codes[rows] == target)
        return aucs / self.folds


def _shuffled_within(codes: IntArray, fold: IntArray, rng: np.random.Generator) -> IntArray:
    """Shuffle the groups inside each fold, so that folds keep their mix."""
    shuffled = np.empty_like(codes)
    order = np.argsort(fold, kind="stable")
    mixed = np.lexsort((rng.random(len(codes)), fold))
    shuffled[order] = codes[mixed]
    return shuffled


def _cell_aucs(share: FloatArray, counts: IntArray, targets: IntArray) -> FloatArray:
    """Return the mean AUC over folds of guessing by cell, for each target group."""
    total = counts.sum(axis=2)
    aucs = np.empty((len(share), len(targets)))
    for place, target in enumerate(targets):
        inside = counts[..., target].astype(np.float64)
        outside = total - inside
        scores = share[..., place]
        wins = (scores[:, :, None] > scores[:, None, :]) + 0.5 * (scores[:, :, None] == scores[:, None, :])
        pairs = inside.sum(axis=1) * outside.sum(axis=1)
        aucs[:, place] = np.einsum("fi,fij,fj->f", inside, wins, outside) / pairs
    return np.asarray(aucs.mean(axis=0))


def _cells(column: pd.Series, bins: int) -> IntArray:
    """Give each row the number of its value, range of values, or of the rare values together."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.astype("int64").where(column.notna())
    if pd.api.types.is_numeric_dtype(column) and column.dtype != bool and column.nunique() > bins:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        known = ~np.isnan(values)
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
        cells = np.where(known, np.searchsorted(edges, values, side="left"), -1)
    else:
        cells, labels = own_codes(column)
        sizes = np.bincount(cells)
        kept = np.argsort(-sizes, kind="stable")[:_MOST_CELLS]
        rare = np.ones(len(sizes), dtype=bool)
        rare[kept[sizes[kept] >= _FEWEST_IN_CELL]] = False
        if MISSING in labels:
            rare[labels.index(MISSING)] = False
        cells = np.where(rare[cells], len(sizes), cells)
    return np.unique(cells, return_inverse=True)[1]


def _cramers_v(cells: IntArray, codes: IntArray) -> float:
    table = pd.crosstab(cells, codes).to_numpy()
    fewest = min(table.shape) - 1
    if not fewest:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / table.sum() / fewest))
