"""Less discriminatory alternatives: what a smaller gap would cost in quality."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, combinations, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.screening._columns import (
    BoolArray,
    FloatArray,
    Groups,
    auc,
    enough_expected,
    fetch,
    find_groups,
    find_yes,
    group_columns,
)
from evaluators.screening._labels import as_label
from evaluators.screening.counts import CountTable
from evaluators.screening.errors import CountError, LevelError, OutcomeError, ScoreError
from evaluators.screening.rates import impact_ratio, named_label, reference_group

if TYPE_CHECKING:
    import altair as alt

_QUALITIES = {"precision": "share of good ones among the selected", "auc": "pairs put in the right order"}


@dataclass(frozen=True, slots=True)
class Alternative:
    """One candidate: a set of features and a share of people selected.

    Parameters
    ----------
    features, dropped : tuple of str
        Features the tool reads, and those it does without.
    share_selected : float
        Share (0-1) of all people that it selects.
    precision : float
        Share (0-1) with a good outcome among the selected; of those for whom the outcome that judges is known, NaN
        if it is known for nobody.
    auc : float
        Share (0-1) of pairs, one good and one poor, in which the good one scores higher (ties count half).
    lowest_ratio : float
        The lowest impact ratio of any group with enough people; NaN if the reference group has no selected.
    lowest_group : str
        That group.
    held_out_precision, held_out_auc, held_out_ratio : float
        The same figures for people that neither the search nor the training saw; the ratio is that of
        `lowest_group`, and NaN where too few people would be expected.
    on_frontier : bool
        Whether no other candidate that selects the same share is better in one figure and not worse in the other.
    is_baseline : bool
        Whether this is the candidate that the others are held against.
    judged_share : float
        Share (0-1) of the selected for whom the outcome that judges is known.
    """

    features: tuple[str, ...]
    dropped: tuple[str, ...]
    share_selected: float
    precision: float
    auc: float
    lowest_ratio: float
    lowest_group: str
    held_out_precision: float
    held_out_auc: float
    held_out_ratio: float
    on_frontier: bool
    is_baseline: bool
    judged_share: float = 1.0


@dataclass(frozen=True, slots=True)
class AlternativeSearch:
    """Result of `search_alternatives`.

    Parameters
    ----------
    candidates : tuple of Alternative
        Fewest dropped features first, then by share selected.
    quality : str
        The figure that is traded against the ratio: ``"precision"`` or ``"auc"``.
    feature_sets_possible : int
        Sets of features there are; `candidates` may hold fewer.
    people, held_out, left_out : int
        People in the search, people held out, and people left out since their outcome is not known.
    groups_left_out : tuple of str
        Groups with too few people for a ratio at the baseline's share.
    outcome : str
        Column with the outcome that the tool learns.
    seed : int
        Makes folds, split and ties repeatable.
    judged_on : str
        Column with the outcome that quality is measured on; the same unless another was named.
    judged, judged_held_out : int
        People in the search, and held out, for whom that is known.
    """

    candidates: tuple[Alternative, ...]
    quality: str
    feature_sets_possible: int
    people: int
    held_out: int
    left_out: int
    groups_left_out: tuple[str, ...]
    outcome: str
    seed: int
    judged_on: str = ""
    judged: int = 0
    judged_held_out: int = 0

    def __iter__(self) -> Iterator[Alternative]:
        return iter(self.candidates)

    @property
    def baseline(self) -> Alternative:
        """All features at the baseline's share selected."""
        return next(each for each in self.candidates if each.is_baseline)

    @property
    def frontier(self) -> tuple[Alternative, ...]:
        """Candidates on the trade-off frontier at the baseline's share selected, lowest ratio first."""
        share = self.baseline.share_selected
        found = [each for each in self.candidates if each.on_frontier and each.share_selected == share]
        return tuple(sorted(found, key=lambda each: (each.lowest_ratio, -_quality(each, self.quality))))

    def best(self, *, give_up: float = 0.02) -> Alternative:
        """Find the highest lowest-ratio among candidates that are nearly as good as the baseline.

        Parameters
        ----------
        give_up : float
            Quality (0-1) that may be lost.

        Returns
        -------
        Alternative
            At the baseline's share selected; the baseline itself if nothing has a higher ratio.
        """
        enough = _quality(self.baseline, self.quality) - give_up
        fit = [each for each in self.frontier if _quality(each, self.quality) >= enough]
        return max([self.baseline, *fit], key=lambda each: _known_ratio(each.lowest_ratio))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per candidate; features and dropped ones as text.

        Returns
        -------
        DataFrame, shape (n_candidates, 13)
            The fields of `Alternative`.
        """
        rows = [asdict(each) for each in self.candidates]
        return pd.DataFrame(
            [row | {"features": ", ".join(row["features"]), "dropped": ", ".join(row["dropped"])} for row in rows]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words what each candidate on the frontier gives up, and for what.

        Returns
        -------
        str
            The baseline, a line per alternative with a higher ratio, then what the search cannot show.
        """
        base = self.baseline
        sets = len({each.features for each in self.candidates})
        shares = len({each.share_selected for each in self.candidates})
        lines = [
            f"{len(self.candidates)} candidates were tried: {sets} of {self.feature_sets_possible} sets of features, "
            f"at {shares} share{'s' * (shares != 1)} selected. Quality is {self.quality}: "
            f"{_QUALITIES[self.quality]}.",
            *self._who_judges(),
            f"Baseline, all features, {base.share_selected:.0%} selected: quality {_quality(base, self.quality):.3f}, "
            f"lowest impact ratio {_ratio_in_words(base.lowest_ratio)} ({base.lowest_group}).",
        ]
        better = [each for each in self.frontier if each.lowest_ratio > _known_ratio(base.lowest_ratio)]
        lines += [self._sentence(each) for each in better]
        if not better:
            lines.append("No candidate that selects as many people has a higher lowest ratio.")
        if self.groups_left_out:
            lines.append(f"Too few people for a ratio: {', '.join(self.groups_left_out)}.")
        if self.left_out:
            lines.append(f"{self.left_out:,} people without a known {self.outcome!r} are in none of these figures.")
        lines.append(
            "The best of many candidates looks better than it is; trust the people held out more, and try it on the "
            f"next applicants. If {self.judged_on!r} carries old bias, so does this quality. Whether a trade is right, "
            "people must decide."
        )
        return "\n".join(lines)

    def _who_judges(self) -> list[str]:
        """Say on what quality is measured, where that is not what the tool learns, and for how many it is known."""
        if self.judged_on == self.outcome:
            return []
        known, people = self.judged + self.judged_held_out, self.people + self.held_out
        said = f"The tool learns {self.outcome!r}; its quality is measured on {self.judged_on!r}"
        if known == people:
            return [f"{said}, known for all {people:,} people."]
        return [
            f"{said}, known for {known:,} of {people:,} people, and for {self.baseline.judged_share:.0%} of those whom "
            "the baseline selects. The others are in no figure of quality: if it is known only for people who were "
            "once hired, these figures say little about the people who were turned down."
        ]

    def _sentence(self, each: Alternative) -> str:
        base = self.baseline
        lost = _quality(base, self.quality) - _quality(each, self.quality)
        price = f"gives up {lost:.3f}" if lost > 0 else f"gains {-lost:.3f}" if lost < 0 else "loses nothing"
        held_out, base_held_out = (_quality_in_words(one, self.quality) for one in (each, base))
        ratio = "too few people for a ratio" if math.isnan(each.held_out_ratio) else f"ratio {each.held_out_ratio:.2f}"
        return (
            f"Without {', '.join(each.dropped) or 'anything dropped'}: {price} of quality for a lowest ratio of "
            f"{each.lowest_ratio:.2f} instead of {_ratio_in_words(base.lowest_ratio)} ({each.lowest_group}). On people "
            "held out: "
            f"quality {held_out} (baseline {base_held_out}), {ratio} of "
            f"{each.lowest_group}."
        )

    def chart(self) -> "alt.LayerChart":
        """Draw quality against the lowest ratio for the baseline's share selected, with the frontier.

        Returns
        -------
        altair.LayerChart
            Square: baseline; diamonds on a line: frontier; circles: the others. The description holds the summary.
        """
        from evaluators.screening._charts.alternatives import trade_off_chart  # Altair is slow to import

        return trade_off_chart(self)


def _known_ratio(ratio: float) -> float:
    return -math.inf if math.isnan(ratio) else ratio


def _ratio_in_words(ratio: float) -> str:
    return "unknown, since nobody of the reference group was selected," if math.isnan(ratio) else f"{ratio:.2f}"


def _quality(each: Alternative, quality: str, *, held_out: bool = False) -> float:
    return float(getattr(each, f"held_out_{quality}" if held_out else quality))


def _quality_in_words(each: Alternative, quality: str) -> str:
    found = _quality(each, quality, held_out=True)
    return "unknown" if math.isnan(found) else f"{found:.3f}"


def search_alternatives(
    frame: Any,
    *,
    features: str | Sequence[str],
    outcome: str,
    group: str | Sequence[str],
    judged_on: str | None = None,
    estimator: Any = None,
    share_selected: float = 0.2,
    other_shares: Sequence[float] = (),
    quality: str = "precision",
    reference: str = "highest",
    most_candidates: int = 60,
    folds: int = 5,
    held_out: float = 0.3,
    seed: int = 0,
) -> AlternativeSearch:
    """Train the tool on fewer and fewer features, and hold quality against the lowest impact ratio.

    A lawful tool may still have to give way to one that serves the employer as well with a smaller gap [1]_.
    Each candidate is judged by cross-validation: every score comes from a model that did not see the person.
    At each share the same number of people is selected, so qualities compare. Feature sets are tried by the
    number dropped: none, each one, each two, and so on.

    A tool that learned from past decisions repeats them, and agreement with them is no quality: who forgets an old bias
    looks worse. Where it is known what became of people, name that column as `judged_on`: the tool still learns
    `outcome`, and quality is measured against the later outcome.

    Parameters
    ----------
    frame : table, shape (n_people, n_columns)
        One row per person: a pandas or polars frame, a PyArrow table or the like.
    features : str or sequence of str
        The columns that the tool reads.
    outcome : str
        Column with what the tool is to predict, such as "good performer": true/false, 1/0 or yes/no. People
        for whom it is empty are left out.
    group : str or sequence of str
        Column with the group; several give their intersections. A missing label is the group ``"(missing)"``.
    judged_on : str, optional
        Column with a later outcome, such as "did well after 12 months", in which quality is measured instead of in
        `outcome`. Where it is empty, the person counts in training and in the ratios, and in no figure of quality.
    estimator : scikit-learn classifier, optional
        Anything with ``fit(frame, outcome)`` and ``predict_proba`` or ``decision_function`` that takes a frame
        of any of the features. By default a logistic regression on scaled numbers and one-hot words.
    share_selected : float
        Share (0-1) that the baseline selects.
    other_shares : sequence of float
        Other shares to try.
    quality : str
        ``"precision"`` among the selected, or ``"auc"`` over all people.
    reference : str
        ``"highest"``, ``"largest"`` or a label; see `reference_group`.
    most_candidates : int
        Upper bound on feature sets times shares.
    folds : int
        Parts of the cross-validation, at least 2.
    held_out : float
        Share (0-1) of people that the search never sees, to check its findings on.
    seed : int
        Makes folds, split and ties repeatable; give the estimator its own.

    Returns
    -------
    AlternativeSearch
        All candidates, the baseline and the frontier.

    Raises
    ------
    ScoreError
        If no feature is named, one is the group or an outcome, `quality` is unknown or the estimator fails.
    LevelError
        If a share, `folds` or `most_candidates` is out of range.
    OutcomeError
        If everybody has the same outcome, or too few have one of them; the same for `judged_on`, or if it is known
        for nobody whom the baseline selects.
    CountError
        If there are too few people of two groups for a ratio, or a column is named twice.
    ColumnError, TooFewGroupsError, UnknownGroupError
        If the table has no such column, one group, or no such group.

    References
    ----------
    .. [1] 29 CFR 1607.3(B), Uniform Guidelines on Employee Selection Procedures: suitable alternatives.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> people = pd.DataFrame({"sex": ["f", "m"] * 300, "skill": rng.normal(size=600)})
    >>> people["golf"] = (people["sex"] == "m") + rng.normal(size=600)
    >>> people["good"] = people["skill"] + rng.normal(size=600) > 0
    >>> found = search_alternatives(people, features=["skill", "golf"], outcome="good", group="sex")
    >>> len(found.candidates), found.baseline.dropped
    (3, ())

    The past liked golf players, so dropping golf costs agreement with it; in what became of people it costs nothing:

    >>> people["hired"] = people["skill"] + people["golf"] + rng.normal(size=600) > 1
    >>> settings = {"features": ["skill", "golf"], "outcome": "hired", "group": "sex"}
    >>> for judged_on in ("hired", "good"):
    ...     found = search_alternatives(people, judged_on=judged_on, **settings)
    ...     without = next(each for each in found if each.dropped == ("golf",))
    ...     print(judged_on, without.precision >= found.baseline.precision)
    hired False
    good True
    """
    names = [features] if isinstance(features, str) else list(dict.fromkeys(features))
    _check(names, quality, folds, most_candidates, (share_selected, held_out, *other_shares))
    shares = sorted({float(share) for share in (share_selected, *other_shares)})
    if most_candidates < len(shares):
        raise LevelError(f"{most_candidates} candidates do not cover {len(shares)} shares.", "Allow more candidates.")
    judges = outcome if judged_on is None else judged_on
    if told := sorted({*group_columns(group), outcome, judges} & set(names)):
        raise ScoreError(
            f"The column {told[0]!r} is among the features.", "A tool must not read the answer or the group."
        )
    table, columns = fetch(frame, group, *dict.fromkeys([outcome, judges]), *names)
    good, known = find_yes(table[outcome])
    later, judged = find_yes(table[judges])
    kept = table[known].reset_index(drop=True)
    good, later, judged = good[known], later[known], judged[known]
    groups = find_groups(kept, columns)
    _enough_of_each(good, outcome, folds)
    _enough_of_each(later[judged], judges, folds)
    if estimator is None:
        estimator = _default_estimator()
        words = [name for name in names if not pd.api.types.is_numeric_dtype(kept[name]) or kept[name].dtype == bool]
        kept = kept.assign(**{name: kept[name].astype(object).map(as_label, na_action=None) for name in words})
    rng = np.random.default_rng(seed)
    outside = _held_out(good, groups, held_out, rng)
    judge = _Judge(
        kept, good, groups, reference=reference, outside=outside, folds=folds, seed=seed, later=later, judged=judged
    )
    sets = chain.from_iterable(combinations(range(len(names)), dropped) for dropped in range(len(names)))
    rows: list[dict[str, Any]] = []
    for dropped in islice(sets, most_candidates // len(shares)):
        own = [name for place, name in enumerate(names) if place not in dropped]
        rows += judge.candidates(estimator, own, tuple(names[place] for place in dropped), shares)
    for row in rows:
        rivals = [other for other in rows if other["share_selected"] == row["share_selected"]]
        row["on_frontier"] = not (math.isnan(row["lowest_ratio"]) or math.isnan(row[quality])) and not any(
            _dominates(other, row, quality) for other in rivals
        )
        row["is_baseline"] = not row["dropped"] and row["share_selected"] == float(share_selected)
        if row["is_baseline"] and math.isnan(row[quality]):
            raise OutcomeError(
                f"{judges!r} is known for nobody whom the baseline selects, so there is no quality to compare.",
                "Name an outcome that is known for more people, or select a larger share.",
            )
    usable = judge.usable(float(share_selected))
    return AlternativeSearch(
        candidates=tuple(Alternative(**row) for row in rows),
        quality=quality,
        feature_sets_possible=2 ** len(names) - 1,
        people=int((~outside).sum()),
        held_out=int(outside.sum()),
        left_out=int((~known).sum()),
        groups_left_out=tuple(label for label, use in zip(groups.labels, usable, strict=True) if not use),
        outcome=outcome,
        seed=seed,
        judged_on=judges,
        judged=int((judged & ~outside).sum()),
        judged_held_out=int((judged & outside).sum()),
    )


def _enough_of_each(good: BoolArray, outcome: str, folds: int) -> None:
    rarer = int(min(good.sum(), (~good).sum()))
    if rarer < 2 * folds:
        raise OutcomeError(
            f"Only {rarer} people have the rarer {outcome!r}.",
            f"The search needs at least {2 * folds} of each, two per fold.",
        )


def _check(names: list[str], quality: str, folds: int, most_candidates: int, shares: Sequence[float]) -> None:
    if not names:
        raise ScoreError("No feature is named.", "Name the columns that the tool reads.")
    if quality not in _QUALITIES:
        raise ScoreError(f"There is no quality {quality!r}.", f"Choose one of: {', '.join(_QUALITIES)}.")
    if folds < 2 or most_candidates < 1:
        raise LevelError(
            "There are too few folds or candidates.", "Give folds=2 or more and most_candidates=1 or more."
        )
    if not all(0 < share < 1 for share in shares):
        raise LevelError("A share does not lie between 0 and 1.", "Give shares such as 0.2.")


def _default_estimator() -> Any:
    from sklearn.compose import make_column_selector, make_column_transformer  # slow to import
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore")
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")), (words, make_column_selector(dtype_exclude="number"))
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000))


def _held_out(good: BoolArray, groups: Groups, share: float, rng: np.random.Generator) -> BoolArray:
    """Choose people to hold out, about the same share of each group and outcome."""
    order = np.lexsort((rng.random(len(good)), good, groups.codes))
    outside = np.empty(len(good), dtype=bool)
    steps = np.floor(np.arange(1, len(good) + 1) * share)
    outside[order] = np.diff(steps, prepend=0) > 0
    return outside


class _Judge:
    """Judges candidates on the same people, folds and ties."""

    def __init__(
        self,
        table: pd.DataFrame,
        good: BoolArray,
        groups: Groups,
        *,
        reference: str,
        outside: BoolArray,
        folds: int,
        seed: int,
        later: BoolArray,
        judged: BoolArray,
    ) -> None:
        self.table, self.good, self.groups = table, good, groups
        self.later, self.judged = later, judged
        self.reference, self.outside, self.folds, self.seed = reference, outside, folds, seed
        self.ties = np.random.default_rng(seed).random(len(good))
        if (label := named_label(reference)) is not None:
            groups.place(label)

    def usable(self, share: float, *, held_out: bool = False) -> BoolArray:
        """Tell which groups have enough people for a ratio."""
        rows = self.outside if held_out else ~self.outside
        return enough_expected(self.groups.counts(rows), share)

    def candidates(
        self, estimator: Any, own: list[str], dropped: tuple[str, ...], shares: Sequence[float]
    ) -> list[dict[str, Any]]:
        """Judge one set of features at each share."""
        inside_scores, outside_scores = self._scores(estimator, own)
        rows = []
        for share in shares:
            usable = self.usable(share)
            if usable.sum() < 2:
                raise CountError(
                    f"At a share selected of {share:g}, fewer than two groups have enough people for a ratio.",
                    "Equal chances must give at least 5 selected and 5 rejected people in a group.",
                )
            precision, judged_share, counts = self._select(inside_scores, ~self.outside, share, usable)
            compared_with = reference_group(counts, self.reference)
            others = [each for each in counts if each.label != compared_with.label]
            lowest = min(others, key=lambda each: (each.rate, each.label))
            held_precision, _, held_counts = self._select(outside_scores, self.outside, share, usable)
            enough = self.usable(share, held_out=True)
            enough_there = all(
                enough[self.groups.place(label)] and label in held_counts.labels
                for label in (lowest.label, compared_with.label)
            )
            rows.append(
                {
                    "features": tuple(own),
                    "dropped": dropped,
                    "share_selected": share,
                    "precision": precision,
                    "auc": self._auc(inside_scores, ~self.outside),
                    "lowest_ratio": impact_ratio(lowest, compared_with),
                    "lowest_group": lowest.label,
                    "held_out_precision": held_precision,
                    "held_out_auc": self._auc(outside_scores, self.outside),
                    "held_out_ratio": impact_ratio(held_counts[lowest.label], held_counts[compared_with.label])
                    if enough_there
                    else math.nan,
                    "judged_share": judged_share,
                }
            )
        return rows

    def _scores(self, estimator: Any, own: list[str]) -> tuple[FloatArray, FloatArray]:
        """Return cross-validated scores of the people inside, and scores of those held out."""
        from sklearn.base import clone  # slow to import
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        method = "predict_proba" if hasattr(estimator, "predict_proba") else "decision_function"
        inside, outside = self.table.loc[~self.outside, own], self.table.loc[self.outside, own]
        parts = StratifiedKFold(self.folds, shuffle=True, random_state=self.seed)
        good = self.good[~self.outside]
        try:
            found = cross_val_predict(clone(estimator), inside, good, cv=parts, method=method)
            later = getattr(clone(estimator).fit(inside, good), method)(outside)
        except Exception as error:
            raise ScoreError(
                f"The estimator failed on the features {', '.join(own)}: {type(error).__name__}: {error}",
                "It must train on a table of any of the features, and give predict_proba or decision_function.",
            ) from error
        scores = [each[:, 1] if each.ndim == 2 else each for each in (np.asarray(found), np.asarray(later))]
        if not all(np.isfinite(each).all() for each in scores):
            raise ScoreError(f"The estimator gave scores that are no numbers for {', '.join(own)}.", "Mend it first.")
        return scores[0], scores[1]

    def _auc(self, scores: FloatArray, rows: BoolArray) -> float:
        """Return the AUC over the people of these rows whose quality is known."""
        judged = self.judged[rows]
        return auc(scores[judged], self.later[rows][judged])

    def _select(
        self, scores: FloatArray, rows: BoolArray, share: float, usable: BoolArray
    ) -> tuple[float, float, CountTable]:
        """Select the top share; return its precision, the share of it that has one, and the counts of the groups."""
        number = max(1, round(share * len(scores)))
        chosen = np.zeros(len(scores), dtype=bool)
        chosen[np.lexsort((self.ties[rows], -scores))[:number]] = True
        codes = self.groups.codes[rows]
        people = np.bincount(codes, minlength=len(self.groups.labels))
        hits = np.bincount(codes[chosen], minlength=len(self.groups.labels))
        counts = CountTable.from_counts(
            {
                label: (int(hits[place]), int(people[place]))
                for place, label in enumerate(self.groups.labels)
                if usable[place] and people[place]
            }
        )
        judged = self.judged[rows][chosen]
        good = self.later[rows][chosen][judged]
        return float(good.mean()) if len(good) else math.nan, float(judged.mean()), counts


def _dominates(other: dict[str, Any], row: dict[str, Any], quality: str) -> bool:
    better = (other[quality] - row[quality], other["lowest_ratio"] - row["lowest_ratio"])
    return bool(all(each >= 0 for each in better) and any(each > 0 for each in better))  # an unknown ratio: False
