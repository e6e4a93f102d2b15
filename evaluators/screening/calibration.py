"""Does the same score mean the same in every group? Scores beside what happened later."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators._wilson import wilson
from evaluators.screening._columns import (
    FloatArray,
    IntArray,
    fetch,
    find_groups,
    find_scores,
    find_yes,
    people_have,
    people_in_words,
)
from evaluators.screening._results import find_group
from evaluators.screening.errors import CountError, LevelError, ScoreError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.significance import holm, p_in_words

if TYPE_CHECKING:
    import altair as alt

CountArray = FloatArray | IntArray
_FEWEST_PEOPLE = 10  # a rate of fewer people than this is not worth drawing a conclusion from


class CalibrationVerdict(StrEnum):
    """What the outcomes say about one group's scores; `calibration_by_group` defines when each is given."""

    DIFFERENT = "the same score means something else"
    TOO_FEW = "too few to tell"
    NONE_SEEN = "no difference seen"


@dataclass(frozen=True, slots=True)
class CalibrationCell:
    """People of one group in one range of scores.

    Parameters
    ----------
    group : str
        The group's label.
    score_low, score_high : float
        Lowest and highest score of anybody in this range, whatever the group.
    people, good : int
        People whose later outcome is known, and those for whom it was good.
    mean_score : float
        Mean score of these people; NaN if there are none.
    observed_rate : float
        Share (0-1) with a good outcome; NaN if there are none.
    rate_low, rate_high : float
        95 % Wilson interval [1]_ of that share; 0 and 1 if there is nobody.
    enough : bool
        Whether there are at least 10 people; otherwise: too few to tell.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable Inference, the Law of Succession, and Statistical Inference. Journal
       of the American Statistical Association 22(158), 209-212.
    """

    group: str
    score_low: float
    score_high: float
    people: int
    good: int
    mean_score: float
    observed_rate: float
    rate_low: float
    rate_high: float
    enough: bool


@dataclass(frozen=True, slots=True)
class GroupCalibration:
    """One group beside the reference group, at the same scores.

    Parameters
    ----------
    group : str
        The group's label.
    people, good : int
        Scored people whose later outcome is known, and those for whom it was good.
    left_out : int
        People without a score or without a known outcome, who are in no other figure.
    difference : float
        Share with a good outcome minus the reference group's, at the same scores (-1 to 1): the
        Mantel-Haenszel average over the ranges of scores. Above 0: the score is too low for this group. NaN
        for the reference group, or if no range holds people of both.
    difference_low, difference_high : float
        95 % interval of the difference (Sato's variance). Where that is 0, since nobody's outcome differs from
        the group's others in the range, it reaches as far as Wilson's limits for nobody of so many, both groups'
        taken together.
    p_value, p_adjusted : float
        Cochran-Mantel-Haenszel test that the outcome does not depend on the group once the score is known,
        raw and after Holm's adjustment over the groups.
    verdict : CalibrationVerdict or None
        None for the reference group.
    """

    group: str
    people: int
    good: int
    left_out: int
    difference: float
    difference_low: float
    difference_high: float
    p_value: float
    p_adjusted: float
    verdict: CalibrationVerdict | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Result of `calibration_by_group`.

    Parameters
    ----------
    groups : tuple of GroupCalibration
        Groups with at least one usable person, sorted by label.
    cells : tuple of CalibrationCell
        Every group in every range of scores, groups sorted, scores rising.
    reference : str
        Label of the group that the others are compared with.
    margin : float
        Differences (0-1) smaller than this count as small enough.
    outcome : str
        Column with the later outcome.
    left_out : int
        People without a score or without a known outcome, of all groups.
    """

    groups: tuple[GroupCalibration, ...]
    cells: tuple[CalibrationCell, ...]
    reference: str
    margin: float
    outcome: str
    left_out: int

    def __iter__(self) -> Iterator[GroupCalibration]:
        return iter(self.groups)

    def __getitem__(self, label: str) -> GroupCalibration:
        """Return one group; an unknown label raises UnknownGroupError."""
        return find_group(self.groups, label, "with outcomes")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group and range of scores.

        Returns
        -------
        DataFrame, shape (n_groups * n_ranges, 10)
            The fields of `CalibrationCell`.
        """
        return pd.DataFrame([asdict(cell) for cell in self.cells])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words whether the same score went with the same later outcome.

        Returns
        -------
        str
            One line per group, then what such figures cannot show.

        Examples
        --------
        >>> people = pd.DataFrame(
        ...     {
        ...         "sex": ["f"] * 400 + ["m"] * 400,
        ...         "score": [60, 80] * 400,
        ...         "good": [1, 1, 0, 1] * 100 + [0, 1, 0, 1] * 75 + [1, 1, 0, 0] * 25,
        ...     }
        ... )
        >>> print(calibration_by_group(people, group="sex", score="score", outcome="good", reference="m").summary())
        f (400 people): the same score means something else. At the same scores, good outcomes are 25 percentage \
points more frequent than for m (true differences from 20 to 30 fit these counts; p-value < 0.001). The score is \
too low for this group: it underrates them.
        m (400 people): the other groups are compared with this one.
        'good' is itself somebody's judgement or measurement. If it is biased, a score that agrees with it is too; \
and it is often known only for people who were hired.
        """
        lines = [self._sentence(group) for group in self.groups]
        if self.left_out:
            lines.append(
                f"{people_have(self.left_out)} no score or no known outcome, which leaves them out of these figures."
            )
        lines.append(
            f"{self.outcome!r} is itself somebody's judgement or measurement. If it is biased, a score that agrees "
            "with it is too; and it is often known only for people who were hired."
        )
        return "\n".join(lines)

    def _sentence(self, group: GroupCalibration) -> str:
        if group.verdict is None:
            return f"{group.group} ({people_in_words(group.people)}): the other groups are compared with this one."
        said = f"{group.group} ({people_in_words(group.people)}): {group.verdict.value}."
        if math.isnan(group.difference):
            return f"{said} No range of scores holds people of this group and of {self.reference}."
        points = 100 * group.difference
        low, high = sorted(100 * end for end in (group.difference_low, group.difference_high))
        if points < 0:
            low, high = -high, -low
        said += (
            f" At the same scores, good outcomes are {abs(points):.0f} percentage points "
            f"{'more' if points >= 0 else 'less'} frequent than for {self.reference} (true differences from {low:.0f} "
            f"to {high:.0f} fit these counts; p-value {p_in_words(group.p_adjusted)})."
        )
        if group.verdict is CalibrationVerdict.DIFFERENT:
            too_low = "low for this group: it underrates them" if points > 0 else "high for this group"
            return f"{said} The score is too {too_low}."
        if group.verdict is CalibrationVerdict.NONE_SEEN:
            margin = f"{100 * self.margin:.0f} points"
            return f"{said} A difference of {margin} or more does not fit; a smaller one may be real."
        return f"{said} That leaves room for a difference of {100 * self.margin:.0f} points or more."

    def chart(self) -> "alt.LayerChart":
        """Draw the observed rate with its interval against the score, a line for each group.

        Returns
        -------
        altair.LayerChart
            Groups differ in colour, dash and shape; hollow marks have too few people to tell. The description
            holds the summary.
        """
        from evaluators.screening._charts.scores import calibration_chart  # Altair is slow to import

        return calibration_chart(self)


def calibration_by_group(
    frame: Any,
    *,
    group: str | Sequence[str],
    score: str,
    outcome: str,
    reference: str = "largest",
    bins: int = 10,
    alpha: float = 0.05,
    margin: float = 0.05,
) -> Calibration:
    """Compare later outcomes between groups among people with about the same score.

    The scores are cut into ranges with about equally many people. Inside each range the groups should do
    equally well. The differences are averaged over the ranges with Mantel-Haenszel weights [1]_, with Sato's
    variance [2]_, and tested with the Cochran-Mantel-Haenszel test [1]_ (no continuity correction). A group's
    verdict is

    - *no difference seen* if the whole 95 % interval of the difference lies inside ± `margin`,
    - *the same score means something else* if that is not so and the Holm-adjusted p-value is under `alpha`,
    - *too few to tell* otherwise, and always with fewer than 10 people of either group.

    Within a range of scores the groups' scores can still differ, which shows as a small difference of outcomes. With
    very many people even that gives a small p-value, which is why `margin` comes first. Use more bins then.

    Parameters
    ----------
    frame : table, shape (n_applicants, n_columns)
        One row per applicant: a pandas or polars frame, a PyArrow table or the like.
    group : str or sequence of str
        Column with the group; several give their intersections. A missing label is the group ``"(missing)"``.
    score, outcome : str
        Columns with the score, and with the later outcome (true/false, 1/0, yes/no, empty where unknown).
    reference : str
        ``"largest"``: the group with most usable people (missing labels are passed over); otherwise a label.
    bins : int
        Number of ranges, at least 2; fewer come out where many scores are equal.
    alpha : float
        Significance level (0-1).
    margin : float
        Difference of outcome rates (0-1) that would matter.

    Returns
    -------
    Calibration
        Figures and verdict of each group, and the counts behind them.

    Raises
    ------
    ScoreError
        If a score is no finite number, all are the same, or `bins` is under 2.
    OutcomeError
        If an outcome is neither yes, no nor empty.
    LevelError
        If `alpha` or `margin` does not lie between 0 and 1.
    ColumnError, CountError, TooFewGroupsError, UnknownGroupError
        If the table has no such column, no usable rows, one group, or no such group.

    References
    ----------
    .. [1] Mantel, N., Haenszel, W. (1959). Statistical Aspects of the Analysis of Data from Retrospective
       Studies of Disease. Journal of the National Cancer Institute 22(4), 719-748; Cochran, W. G. (1954). Some
       Methods for Strengthening the Common Chi-Square Tests. Biometrics 10(4), 417-451.
    .. [2] Sato, T. (1989). On the Variance Estimator for the Mantel-Haenszel Risk Difference. Biometrics 45(4),
       1323-1324.

    Examples
    --------
    >>> people = pd.DataFrame(
    ...     {"sex": ["f", "m"] * 40, "score": [1, 1, 2, 2] * 20, "good": [0, 0, 1, 1] * 10 + [1, 1, 1, 1] * 10}
    ... )
    >>> calibration_by_group(people, group="sex", score="score", outcome="good")["m"].difference
    0.0
    """
    for name, level in (("alpha", alpha), ("margin", margin)):
        if not 0 < level < 1:
            raise LevelError(f"{name} is {level}.", "Give a share between 0 and 1, such as 0.05.")
    if bins < 2:
        raise ScoreError(f"The scores cannot be cut into {bins} ranges.", "Give bins=2 or more.")
    table, columns = fetch(frame, group, score, outcome)
    all_scores = find_scores(table[score])
    good, known = find_yes(table[outcome])
    usable = known & ~np.isnan(all_scores)
    if not usable.any():
        raise CountError("Nobody has both a score and a known outcome.", "Check the two columns.")
    everybody = find_groups(table, columns)
    scores, codes, good = all_scores[usable], everybody.codes[usable], good[usable]
    if scores.min() == scores.max():
        raise ScoreError(f"Everybody has the score {scores[0]:g}.", "Scores that are all the same tell nothing apart.")
    people = everybody.counts(usable)
    present = [place for place, count in enumerate(people) if count]
    if len(present) < 2:
        raise TooFewGroupsError(
            f"Only people of the group {everybody.labels[present[0]]!r} have a score and an outcome.",
            "A comparison needs two groups.",
        )
    named = [place for place in everybody.known if people[place]] or present
    against = max(named, key=lambda place: int(people[place])) if reference == "largest" else everybody.place(reference)
    if not people[against]:
        raise UnknownGroupError(
            f"Nobody of the group {reference!r} has a score and a known outcome.",
            f"Groups that can be the reference: {', '.join(everybody.labels[place] for place in present)}.",
        )
    ranges = _ranges(scores, bins)
    n_ranges = int(ranges.max()) + 1
    cells = ranges * len(everybody.labels) + codes
    shape = (n_ranges, len(everybody.labels))
    people_in, goods, sums = (
        np.bincount(cells, weights=weights, minlength=n_ranges * len(everybody.labels)).reshape(shape)
        for weights in (np.ones(len(scores)), good.astype(np.float64), scores)
    )
    others = [place for place in present if place != against]
    compared = [
        _compare(goods[:, place], people_in[:, place], goods[:, against], people_in[:, against]) for place in others
    ]
    tested = [row for row in compared if not math.isnan(row[3])]
    adjusted = iter(holm([row[3] for row in tested]))
    judged = {}
    for place, (difference, low, high, p_value) in zip(others, compared, strict=True):
        p_adjusted = math.nan if math.isnan(p_value) else next(adjusted)
        if min(people[place], people[against]) < _FEWEST_PEOPLE or math.isnan(p_value):
            verdict = CalibrationVerdict.TOO_FEW
        elif -margin < low and high < margin:
            verdict = CalibrationVerdict.NONE_SEEN
        elif p_adjusted < alpha:
            verdict = CalibrationVerdict.DIFFERENT
        else:
            verdict = CalibrationVerdict.TOO_FEW
        judged[place] = (difference, low, high, p_value, p_adjusted, verdict)
    everyone = everybody.counts()
    ends = [(float(scores[ranges == row].min()), float(scores[ranges == row].max())) for row in range(n_ranges)]
    return Calibration(
        groups=tuple(
            GroupCalibration(
                everybody.labels[place],
                int(people[place]),
                int(goods[:, place].sum()),
                int(everyone[place] - people[place]),
                *judged.get(place, (math.nan, math.nan, math.nan, math.nan, math.nan, None)),
            )
            for place in present
        ),
        cells=tuple(
            _cell(
                everybody.labels[place],
                *ends[row],
                int(people_in[row, place]),
                int(goods[row, place]),
                sums[row, place],
            )
            for place in present
            for row in range(n_ranges)
        ),
        reference=everybody.labels[against],
        margin=margin,
        outcome=outcome,
        left_out=int((~usable).sum()),
    )


def wilson_interval(successes: int, people: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Give the range of true rates that fit a count: Wilson's score interval.

    Parameters
    ----------
    successes, people : int
        People with the outcome, of all.
    confidence : float
        Share (0-1) of such intervals that hold the true rate.

    Returns
    -------
    low, high : float
        Shares (0-1); 0 and 1 if there is nobody.

    Raises
    ------
    LevelError
        If `confidence` does not lie between 0 and 1.
    CountError
        If there are more successes than people.

    Examples
    --------
    >>> low, high = wilson_interval(8, 10)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.490 to 0.943
    """
    if not 0 < confidence < 1:
        raise LevelError(f"The confidence is {confidence}.", "Give a share between 0 and 1, such as 0.95.")
    if not 0 <= successes <= people:
        raise CountError(f"{successes} of {people} is no share.", "Give (successes, people).")
    return wilson(successes, people, confidence) if people else (0.0, 1.0)


def _ranges(scores: FloatArray, bins: int) -> IntArray:
    """Give each score the number of its range, from 0; equal scores share one, and no range is empty."""
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
    return np.unique(np.searchsorted(edges, scores, side="left"), return_inverse=True)[1]


def _compare(x1: CountArray, n1: CountArray, x0: CountArray, n0: CountArray) -> tuple[float, float, float, float]:
    """Return the Mantel-Haenszel difference of rates, its 95 % limits and the CMH test's p-value."""
    both = (n1 > 0) & (n0 > 0)
    if not both.any():
        return math.nan, math.nan, math.nan, math.nan
    x1, n1, x0, n0 = x1[both], n1[both], x0[both], n0[both]
    n = n1 + n0
    weight = float((n1 * n0 / n).sum())
    difference = float(((x1 * n0 - x0 * n1) / n).sum()) / weight
    p = float(((n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2) / n**2).sum())
    q = float(((x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * n)).sum())
    z = NormalDist().inv_cdf(0.975)
    half = z * math.sqrt(max(difference * p + q, 0.0)) / weight
    if half < 1e-9:  # no outcome differs inside a group and range: no variance, yet no certainty
        half = math.hypot(*(z * z / (float(people.sum()) + z * z) for people in (n1, n0)))
    good = x1 + x0
    variance = float((n1 * n0 * good * (n - good) / (n**2 * np.maximum(n - 1, 1))).sum())
    excess = float((x1 - n1 * good / n).sum())
    p_value = math.erfc(math.sqrt(excess**2 / variance / 2)) if variance else 1.0
    return difference, max(difference - half, -1.0), min(difference + half, 1.0), p_value


def _cell(label: str, low: float, high: float, people: int, good: int, total: float) -> CalibrationCell:
    return CalibrationCell(
        label,
        low,
        high,
        people,
        good,
        float(total) / people if people else math.nan,
        good / people if people else math.nan,
        *wilson_interval(good, people),
        people >= _FEWEST_PEOPLE,
    )
