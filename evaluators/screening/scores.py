"""How a tool's scores are spread in each group, before any cut turns them into decisions."""

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.screening._columns import (
    FloatArray,
    fetch,
    find_groups,
    find_scores,
    people_have,
    people_in_words,
)
from evaluators.screening._results import find_group
from evaluators.screening.errors import LevelError, ScoreError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.rates import LABEL
from evaluators.screening.significance import holm, p_in_words

if TYPE_CHECKING:
    import altair as alt

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_FEWEST_PEOPLE = 10
_EXACT_UP_TO = 1_000


@dataclass(frozen=True, slots=True)
class GroupScores:
    """The scores of one group.

    Parameters
    ----------
    group : str
        The group's label.
    people, unscored : int
        People with a score, and people without one, who are in no other figure.
    mean, standard_deviation : float
        In points of the score; the latter NaN for fewer than two people.
    quantiles : tuple of float
        Scores under which the shares named in `ScoreDistributions.shares` of the group lie, interpolated.
    share_above_median : float
        Share (0-1) strictly above the median of all people together.
    standardised_difference : float
        Mean minus the reference group's, in pooled standard deviations (Cohen's d [1]_); NaN for the reference
        and for fewer than two people.
    largest_gap : float
        Greatest difference (0-1) between the shares of this group and of the reference group that lie at or
        below a score, whichever score shows it best: the Kolmogorov-Smirnov distance. NaN for the reference.
    p_value, p_adjusted : float
        Probability (0-1) of a distance at least this large if both groups came from one distribution, raw and
        after Holm's adjustment over the groups. With tied scores it errs on the side of caution. NaN for the
        reference.

    References
    ----------
    .. [1] Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., section 2.2.
    """

    group: str
    people: int
    unscored: int
    mean: float
    standard_deviation: float
    quantiles: tuple[float, ...]
    share_above_median: float
    standardised_difference: float
    largest_gap: float
    p_value: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class ScoreDistributions:
    """Result of `score_distributions`.

    Parameters
    ----------
    groups : tuple of GroupScores
        All groups in which somebody has a score, sorted by label.
    reference : str
        Label of the group that the others are compared with.
    shares : tuple of float
        Shares (0-1) that `GroupScores.quantiles` belong to.
    median : float
        Median score of all people together.
    at_median : int
        People whose score is exactly the median.
    unscored : int
        People without a score, also of groups in which nobody has one.
    """

    groups: tuple[GroupScores, ...]
    reference: str
    shares: tuple[float, ...]
    median: float
    at_median: int
    unscored: int

    def __iter__(self) -> Iterator[GroupScores]:
        return iter(self.groups)

    def __getitem__(self, label: str) -> GroupScores:
        """Return one group; an unknown label raises UnknownGroupError."""
        return find_group(self.groups, label, "with scores")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group; quantiles as columns such as `q10`, `q50`.

        Returns
        -------
        DataFrame, shape (n_groups, 10 + n_shares)
        """
        rows = []
        for group in self.groups:
            row = asdict(group)
            quantiles = row.pop("quantiles")
            rows.append(row | {f"q{100 * share:g}": q for share, q in zip(self.shares, quantiles, strict=True)})
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how the groups' scores differ.

        Returns
        -------
        str
            One line per group, then what such figures cannot show.

        Examples
        --------
        >>> people = pd.DataFrame({"sex": ["f"] * 20 + ["m"] * 20, "score": [*range(20), *range(10, 30)]})
        >>> print(score_distributions(people, group="sex", score="score", reference="m").summary())
        f (20 people): mean score 9.5, half of them between 4.75 and 14.25; 25% lie above the median of all, 14.5. \
The mean is 10 points lower than that of m, which is 1.69 times the usual spread of scores (large by a common rule \
of thumb). The widest gap between the two curves is 50 percentage points; chance alone rarely makes one so wide \
(p-value 0.012).
        m (20 people): mean score 19.5, half of them between 14.75 and 24.25; 75% lie above the median of all, 14.5. \
The other groups are compared with this one.
        A gap in scores does not say whether the tool or the world before it made the gap, nor whether a score \
measures what the job needs.
        """
        lines = [self._sentence(group) for group in self.groups]
        if self.unscored:
            lines.append(
                f"{people_have(self.unscored)} no score, which leaves them out of these figures: find out why."
            )
        if self.at_median > 1:
            lines.append(
                f"{self.at_median:,} people have exactly the median score. They count as not above it, so the shares "
                "above the median can lie well under 50% for every group."
            )
        lines.append(
            "A gap in scores does not say whether the tool or the world before it made the gap, nor whether a score "
            "measures what the job needs."
        )
        return "\n".join(lines)

    def _sentence(self, group: GroupScores) -> str:
        said = (
            f"{group.group} ({people_in_words(group.people)}): mean score {group.mean:.4g}, half of them between "
            f"{self._quantile(group, 0.25):.4g} and {self._quantile(group, 0.75):.4g}; {group.share_above_median:.0%} "
            f"lie above the median of all, {self.median:.4g}."
        )
        if group.group == self.reference:
            return f"{said} The other groups are compared with this one."
        if group.people < _FEWEST_PEOPLE or self[self.reference].people < _FEWEST_PEOPLE:
            return f"{said} Too few people to compare."
        if math.isinf(group.standardised_difference):
            return f"{said} Within this group and within {self.reference} all scores are the same, but they differ."
        reference = self[self.reference]
        size = abs(group.standardised_difference)
        word = next(word for limit, word in _SIZES if size < limit)
        points = group.mean - reference.mean
        rarely = "rarely makes one so wide" if group.p_adjusted < 0.05 else "could make one so wide"
        return (
            f"{said} The mean is {abs(points):.3g} points {'lower' if points < 0 else 'higher'} than that of "
            f"{self.reference}, which is {size:.2f} times the usual spread of scores ({word} by a common rule of "
            f"thumb). The widest gap between the two curves is {100 * group.largest_gap:.0f} percentage points; "
            f"chance alone {rarely} (p-value {p_in_words(group.p_adjusted)})."
        )

    def _quantile(self, group: GroupScores, share: float) -> float:
        return group.quantiles[self.shares.index(share)]

    def chart(self) -> "alt.LayerChart":
        """Draw each group's score range: tenth to ninetieth percentile, the middle half and the median.

        Returns
        -------
        altair.LayerChart
            Thickness and marks carry all meaning; the description holds the summary.
        """
        from evaluators.screening._charts.scores import distribution_chart  # Altair is slow to import

        return distribution_chart(self)


_SIZES = ((0.2, "very small"), (0.5, "small"), (0.8, "medium"), (math.inf, "large"))


def score_distributions(
    frame: Any,
    *,
    group: str | Sequence[str],
    score: str,
    reference: str = "largest",
    shares: Sequence[float] = _QUANTILES,
) -> ScoreDistributions:
    """Describe the scores of each group and compare them with one group's.

    Parameters
    ----------
    frame : table, shape (n_applicants, n_columns)
        One row per applicant: a pandas or polars frame, a PyArrow table or the like.
    group : str or sequence of str
        Column with the group; several give their intersections. A missing label is the group ``"(missing)"``.
    score : str
        Column with the score; an empty cell is counted as unscored.
    reference : str
        ``"largest"``: the group with most scored people (missing labels are passed over); otherwise a label.
    shares : sequence of float
        Shares (0-1) for the quantiles; 0.1, 0.25, 0.5, 0.75 and 0.9 are always among them.

    Returns
    -------
    ScoreDistributions
        Figures of each group with at least one scored person.

    Raises
    ------
    ScoreError
        If a score is no finite number, or everybody has the same.
    LevelError
        If a share does not lie between 0 and 1.
    ColumnError, CountError, TooFewGroupsError, UnknownGroupError
        If the table has no such column, no rows, one group, or no such group.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": list("ffffmmmm"), "score": [1, 2, 3, 4, 3, 4, 5, 6]})
    >>> found = score_distributions(people, group="sex", score="score", reference="m")
    >>> found["f"].mean, found["f"].largest_gap, found["m"].share_above_median
    (2.5, 0.5, 0.75)
    """
    wanted = tuple(sorted({*_QUANTILES, *(float(share) for share in shares)}))
    if not all(0 <= share <= 1 for share in wanted):
        raise LevelError("A quantile's share does not lie between 0 and 1.", "Give shares such as 0.25.")
    table, columns = fetch(frame, group, score)
    scores = find_scores(table[score])
    scored = ~np.isnan(scores)
    groups = find_groups(table, columns)
    values = scores[scored]
    if values.min() == values.max():
        raise ScoreError(
            f"Everybody has the score {values[0]:g} in {score!r}.", "Scores that are all the same cannot be compared."
        )
    people = {
        label: np.sort(values[groups.codes[scored] == place])
        for place, label in enumerate(groups.labels)
        if (scored & (groups.codes == place)).any()
    }
    if len(people) < 2:
        raise TooFewGroupsError(
            f"Only people of the group {next(iter(people))!r} have a score.", "A comparison needs two groups."
        )
    if reference == "largest":
        known = [groups.labels[place] for place in groups.known if groups.labels[place] in people] or list(people)
        reference = max(known, key=lambda label: len(people[label]))
    elif (reference := reference.removeprefix(LABEL)) not in people:
        raise UnknownGroupError(
            f"There is no group {reference!r} with scores.", f"The groups are: {', '.join(people)}."
        )
    median = float(np.median(values))
    without = dict(zip(groups.labels, groups.counts(~scored), strict=True))
    gaps = {label: _largest_gap(own, people[reference]) for label, own in people.items() if label != reference}
    adjusted = dict(zip(gaps, holm([p_value for _, p_value in gaps.values()]), strict=True))
    return ScoreDistributions(
        groups=tuple(
            GroupScores(
                group=label,
                people=len(own),
                unscored=int(without[label]),
                mean=float(own.mean()),
                standard_deviation=float(own.std(ddof=1)) if len(own) > 1 else math.nan,
                quantiles=tuple(float(quantile) for quantile in np.quantile(own, wanted)),
                share_above_median=float((own > median).mean()),
                standardised_difference=math.nan
                if label == reference
                else _standardised_difference(own, people[reference]),
                largest_gap=gaps.get(label, (math.nan, math.nan))[0],
                p_value=gaps.get(label, (math.nan, math.nan))[1],
                p_adjusted=adjusted.get(label, math.nan),
            )
            for label, own in people.items()
        ),
        reference=reference,
        shares=wanted,
        median=median,
        at_median=int((values == median).sum()),
        unscored=int((~scored).sum()),
    )


def _standardised_difference(own: FloatArray, others: FloatArray) -> float:
    freedom = len(own) + len(others) - 2
    if len(own) < 2 or len(others) < 2:
        return math.nan
    pooled = math.sqrt(((len(own) - 1) * own.var(ddof=1) + (len(others) - 1) * others.var(ddof=1)) / freedom)
    difference = float(own.mean() - others.mean())
    if pooled == 0:  # both groups without any spread
        return math.copysign(math.inf, difference) if difference else 0.0
    return difference / pooled


def _largest_gap(own: FloatArray, others: FloatArray) -> tuple[float, float]:
    """Return the Kolmogorov-Smirnov distance of two sorted samples, and its p-value."""
    from scipy.stats import ks_2samp  # slow to import

    method = "exact" if max(len(own), len(others)) <= _EXACT_UP_TO else "asymp"
    with warnings.catch_warnings():  # with many ties the exact way can fail; scipy then takes the other, and warns
        warnings.simplefilter("ignore", RuntimeWarning)
        found = ks_2samp(own, others, method=method)
    return float(found.statistic), float(found.pvalue)
