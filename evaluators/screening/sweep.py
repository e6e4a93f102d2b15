"""Every cut score at once: who would be selected at each, and how the groups compare there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import plain
from evaluators.screening._columns import (
    BoolArray,
    FloatArray,
    Groups,
    IntArray,
    enough_expected,
    fetch,
    find_groups,
    find_scores,
    find_yes,
    people_have,
)
from evaluators.screening.counts import CountTable, GroupCount
from evaluators.screening.errors import CountError, ScoreError
from evaluators.screening.rates import named_label
from evaluators.screening.rules import FOUR_FIFTHS

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class CutPoint:
    """One group at one cut score.

    Parameters
    ----------
    cut : float
        People with this score or more are selected.
    group, reference : str
        The group, and the group it is compared with at this cut.
    selected, applicants : int
        People of the group at or above the cut, and all of them.
    impact_ratio : float
        The group's selection rate divided by the reference group's (no unit).
    share_selected : float
        Share (0-1) of all people, whatever their group, at or above the cut.
    """

    cut: float
    group: str
    reference: str
    selected: int
    applicants: int
    impact_ratio: float
    share_selected: float


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdSweep:
    """Result of `threshold_sweep`. Row i of each array belongs to ``cuts[i]``, column j to ``labels[j]``.

    Parameters
    ----------
    labels : tuple of str
        The groups, sorted.
    applicants : array of int, shape (n_groups,)
        People with a score.
    unscored : dict of str to int
        Label -> people without a score, who are in no other figure; groups in which all have one are left out.
    cuts : array of float, shape (n_cuts,)
        Every score that occurs, highest first.
    selected : array of int, shape (n_cuts, n_groups)
        People at or above each cut.
    references : array of int, shape (n_cuts,)
        Column of the reference group at each cut.
    reference_rule : str
        How it was chosen: ``"highest"``, ``"largest"`` or a label.
    outcome : str or None
        Column with the later outcome, if one was given.
    outcome_known, good : array of int, shape (n_cuts, n_groups), or None
        Of the selected: those whose later outcome is known, and those for whom it was good.
    """

    labels: tuple[str, ...]
    applicants: IntArray
    unscored: dict[str, int]
    cuts: FloatArray
    selected: IntArray
    references: IntArray
    reference_rule: str
    outcome: str | None
    outcome_known: IntArray | None
    good: IntArray | None

    @property
    def rates(self) -> FloatArray:
        """Share (0-1) of each group at or above each cut, shape (n_cuts, n_groups)."""
        return np.asarray(self.selected / self.applicants)

    @property
    def impact_ratios(self) -> FloatArray:
        """Rate divided by the reference group's at that cut, shape (n_cuts, n_groups); NaN if that is zero."""
        rows = np.arange(len(self.cuts))
        reference_selected = self.selected[rows, self.references][:, None]
        products = self.selected * self.applicants[self.references][:, None]  # whole numbers: one rounding only
        ratios = np.full(self.selected.shape, np.nan)
        np.divide(products, reference_selected * self.applicants, out=ratios, where=reference_selected > 0)
        return ratios

    @property
    def below_four_fifths(self) -> BoolArray:
        """Whether the impact ratio lies under 0.8, in exact arithmetic, shape (n_cuts, n_groups)."""
        threshold = FOUR_FIFTHS.threshold
        reference_selected = self.selected[np.arange(len(self.cuts)), self.references][:, None]
        lower = self.selected * self.applicants[self.references][:, None] * threshold.denominator
        return np.asarray(lower < reference_selected * self.applicants * threshold.numerator)

    @property
    def share_selected(self) -> FloatArray:
        """Share (0-1) of all people at or above each cut, shape (n_cuts,)."""
        return np.asarray(self.selected.sum(axis=1) / self.applicants.sum())

    def at(self, cut: float) -> CountTable:
        """Count selected people and applicants of each group at one cut score.

        Parameters
        ----------
        cut : float
            People with this score or more are selected; it need not be a score that occurs.

        Returns
        -------
        CountTable
            For `audit_selection` and the rest; groups in which nobody has a score are not in it.

        Raises
        ------
        ScoreError
            If `cut` is not a number.
        """
        if np.isnan(cut):
            raise ScoreError("The cut score is not a number.", "Give a score, such as 60.")
        rows = int(np.searchsorted(-self.cuts, -cut, side="right"))  # cuts at or above this one
        selected = self.selected[rows - 1] if rows else np.zeros(len(self.labels), dtype=np.int64)
        return CountTable(
            tuple(
                GroupCount(label, int(hits), int(people))
                for label, hits, people in zip(self.labels, selected, self.applicants, strict=True)
            )
        )

    def enough(self) -> BoolArray:
        """Tell where a ratio means something, shape (n_cuts, n_groups).

        Returns
        -------
        array of bool, shape (n_cuts, n_groups)
            True where equal chances would give at least 5 selected and 5 rejected people both in the group
            and in the reference group. At the top end of the scores one person makes or breaks every ratio.
        """
        enough = enough_expected(self.applicants[None, :], self.share_selected[:, None])
        return np.asarray(enough & enough[np.arange(len(self.cuts)), self.references][:, None])

    def lowest_ratio(self, *, all_cuts: bool = False) -> CutPoint | None:
        """Find the cut score and the group with the lowest impact ratio.

        Parameters
        ----------
        all_cuts : bool
            Also look where fewer than 5 people would be expected; see `enough`. There the lowest ratio is
            almost always 0, whatever the tool.

        Returns
        -------
        CutPoint or None
            Of equals the higher cut, then the first label; None if there are too few people at every cut.
        """
        ratios = self.impact_ratios
        ratios[np.arange(len(self.cuts)), self.references] = np.nan
        if not all_cuts:
            ratios[~self.enough()] = np.nan
        if np.isnan(ratios).all():
            return None
        row, column = np.unravel_index(int(np.nanargmin(ratios)), ratios.shape)
        return self._point(int(row), int(column))

    def _point(self, row: int, column: int) -> CutPoint:
        return CutPoint(
            cut=float(self.cuts[row]),
            group=self.labels[column],
            reference=self.labels[self.references[row]],
            selected=int(self.selected[row, column]),
            applicants=int(self.applicants[column]),
            impact_ratio=float(self.impact_ratios[row, column]),
            share_selected=float(self.share_selected[row]),
        )

    def quality(self) -> pd.DataFrame:
        """Say how good the selected people later were, at each cut, all groups together.

        Returns
        -------
        DataFrame, shape (n_cuts, 4)
            Columns `cut`, `share_selected`, `precision` (share of good ones among the selected with a known
            outcome) and `recall` (share of all known good ones who were selected); NaN where nothing is known.

        Raises
        ------
        ScoreError
            If the sweep was made without an outcome.
        """
        if self.outcome_known is None or self.good is None:
            raise ScoreError("This sweep knows no later outcome.", "Give `outcome=` to threshold_sweep().")
        known, good = self.outcome_known.sum(axis=1), self.good.sum(axis=1)
        return pd.DataFrame(
            {
                "cut": self.cuts,
                "share_selected": self.share_selected,
                "precision": _shares(good, known),
                "recall": _shares(good, good[-1]),
            }
        )

    def thinned(self, most: int) -> IntArray:
        """Choose at most so many cuts, spread evenly over the share selected, first and last among them.

        Parameters
        ----------
        most : int
            Number of cuts, at least 2.

        Returns
        -------
        array of int
            Rows of the arrays, rising.
        """
        if len(self.cuts) <= most:
            return np.arange(len(self.cuts))
        wanted = np.linspace(self.share_selected[0], 1.0, most)
        rows = np.searchsorted(self.share_selected, wanted)
        return np.unique(np.minimum(rows, len(self.cuts) - 1))

    def to_frame(self, *, most_cuts: int | None = None) -> pd.DataFrame:
        """Return one row per cut and group.

        Parameters
        ----------
        most_cuts : int, optional
            At most so many cuts, see `thinned`; all of them by default.

        Returns
        -------
        DataFrame, shape (n_cuts * n_groups, 10 or 12)
            Columns `cut`, `group`, `selected`, `applicants`, `rate`, `reference` (the group compared with),
            `impact_ratio`, `below_four_fifths`, `share_selected`, `enough`; with an outcome also the group's
            `precision` and `recall`.
        """
        rows = np.arange(len(self.cuts)) if most_cuts is None else self.thinned(most_cuts)
        groups = len(self.labels)
        labels = np.array(self.labels, dtype=object)
        columns: dict[str, Any] = {
            "cut": np.repeat(self.cuts[rows], groups),
            "group": np.tile(labels, len(rows)),
            "selected": self.selected[rows].ravel(),
            "applicants": np.tile(self.applicants, len(rows)),
            "rate": self.rates[rows].ravel(),
            "reference": np.repeat(labels[self.references[rows]], groups),
            "impact_ratio": self.impact_ratios[rows].ravel(),
            "below_four_fifths": self.below_four_fifths[rows].ravel(),
            "share_selected": np.repeat(self.share_selected[rows], groups),
            "enough": self.enough()[rows].ravel(),
        }
        if self.outcome_known is not None and self.good is not None:
            columns["precision"] = _shares(self.good[rows], self.outcome_known[rows]).ravel()
            columns["recall"] = _shares(self.good[rows], np.broadcast_to(self.good[-1], (len(rows), groups))).ravel()
        return pd.DataFrame(columns)

    def to_dict(self, *, most_cuts: int = 200) -> dict[str, Any]:
        """Return plain values for JSON, of at most so many cuts; None stands for undefined figures."""
        lowest = self.lowest_ratio()
        return {
            "reference_rule": self.reference_rule,
            "outcome": self.outcome,
            "cuts_in_all": len(self.cuts),
            "unscored": self.unscored,
            "lowest_ratio": None
            if lowest is None
            else {name: plain(getattr(lowest, name)) for name in CutPoint.__slots__},
            "rows": plain(self.to_frame(most_cuts=most_cuts).to_dict("records")),
        }

    def summary(self) -> str:
        """Say in plain words where the ratios fall lowest, and how much of the range is below four fifths.

        Returns
        -------
        str
            A few sentences, one line each.

        Examples
        --------
        >>> people = pd.DataFrame({"sex": ["f", "m"] * 40, "score": [n + 10 * (n % 2) for n in range(80)]})
        >>> print(threshold_sweep(people, group="sex", score="score").summary())
        Every cut score was tried: 80 of them, for 80 people with a score in 2 groups.
        The lowest impact ratio, leaving out cuts that select too few or nearly everybody, is 0.25: at a cut of \
75, 2 of 40 of f would be selected, against 8 of 40 of m. That cut selects 12% of all.
        At 64% of the cuts looked at, at least one group has a ratio below four fifths.
        The lowest of many ratios is partly bad luck, and a cut chosen after seeing them looks better than it will \
on the next applicants. Ratios do not say why groups differ or whether the score measures what the job needs.
        """
        people = int(self.applicants.sum())
        lines = [
            f"Every cut score was tried: {len(self.cuts):,} of them, for {people:,} people with a score in "
            f"{len(self.labels)} groups."
        ]
        without = sum(self.unscored.values())
        if without:
            lines.append(f"{people_have(without)} no score, which leaves them out of these figures: find out why.")
        lowest = self.lowest_ratio()
        if lowest is None:
            lines.append("At every cut, too few people would be selected or rejected for a ratio to mean something.")
        else:
            other = self.at(lowest.cut)[lowest.reference]
            lines.append(
                "The lowest impact ratio, leaving out cuts that select too few or nearly everybody, is "
                f"{lowest.impact_ratio:.2f}: at a cut of {self._told(lowest.cut)}, {lowest.selected:,} of "
                f"{lowest.applicants:,} of {lowest.group} would be selected, against {other.selected:,} of "
                f"{other.applicants:,} of {other.label}. That cut selects {lowest.share_selected:.0%} of all."
            )
            compared = self.enough()
            compared[np.arange(len(self.cuts)), self.references] = False
            usable = np.asarray(compared.any(axis=1))
            share = np.asarray((compared & self.below_four_fifths).any(axis=1))[usable].mean()
            lines.append(f"At {share:.0%} of the cuts looked at, at least one group has a ratio below four fifths.")
        if self.outcome_known is not None:
            known = int(self.outcome_known[-1].sum())
            lines.append(
                f"The later outcome {self.outcome!r} is known for {known:,} of {people:,} people. If it is known only "
                "for those who were hired, it cannot say how good the rejected would have been."
            )
        lines.append(
            "The lowest of many ratios is partly bad luck, and a cut chosen after seeing them looks better than it "
            "will on the next applicants. Ratios do not say why groups differ or whether the score measures what the "
            "job needs."
        )
        return "\n".join(lines)

    def _told(self, cut: float) -> str:
        """Write a cut with as many digits as it takes to select the same people."""
        counts = self.at(cut)
        return next(told for digits in range(6, 18) if self.at(float(told := f"{cut:.{digits}g}")) == counts)

    def chart(self, *, against: str = "share_selected") -> "alt.LayerChart":
        """Draw each group's impact ratio at up to 200 cuts, with the line at 0.8.

        Parameters
        ----------
        against : str
            What lies on the horizontal axis: ``"share_selected"`` or ``"cut"``.

        Returns
        -------
        altair.LayerChart
            Groups differ in colour and dash; the description holds the summary.

        Raises
        ------
        ScoreError
            If `against` is neither of the two.
        """
        if against not in ("share_selected", "cut"):
            raise ScoreError(f"There is no axis {against!r}.", 'Choose "share_selected" or "cut".')
        from evaluators.screening._charts.scores import sweep_chart  # Altair is slow to import

        return sweep_chart(self, against)


def threshold_sweep(
    frame: Any, *, group: str | Sequence[str], score: str, outcome: str | None = None, reference: str = "highest"
) -> ThresholdSweep:
    """Compare the groups' selection rates at every cut score, in one pass over the sorted scores.

    Whoever has the cut score or more counts as selected. People without a score are counted in `unscored` and
    left out of all else.

    Parameters
    ----------
    frame : table, shape (n_applicants, n_columns)
        One row per applicant: a pandas or polars frame, a PyArrow table or the like.
    group : str or sequence of str
        Column with the group; several give their intersections. A missing label is the group ``"(missing)"``.
    score : str
        Column with the tool's score; more is better.
    outcome : str, optional
        Column with a later outcome such as "good performer": true/false, 1/0 or yes/no, empty where unknown.
    reference : str
        ``"highest"``: at each cut the group with the highest rate there; ``"largest"``: the group with most
        people; otherwise a label. Both rules pass over missing labels; of equals they take the group with more
        people (or the higher rate at that cut), then the first label, as `reference_group` does.

    Returns
    -------
    ThresholdSweep
        Counts, rates and ratios at each score that occurs. A group in which nobody has a score is left out of
        them, and an error if it was named as the reference.

    Raises
    ------
    ColumnError, CountError, ScoreError, OutcomeError, TooFewGroupsError, UnknownGroupError
        If the table cannot be used; the message says which row and what to do.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": list("ffmm"), "score": [50, 70, 70, 90]})
    >>> sweep = threshold_sweep(people, group="sex", score="score")
    >>> sweep.cuts.tolist(), sweep.selected.tolist(), sweep.labels
    ([90.0, 70.0, 50.0], [[0, 1], [1, 2], [2, 2]], ('f', 'm'))
    >>> sweep.at(70)["f"].rate
    Fraction(1, 2)
    """
    others = [score] if outcome is None else [score, outcome]
    table, columns = fetch(frame, group, *others)
    scores = find_scores(table[score])
    scored = ~np.isnan(scores)
    everybody = find_groups(table, columns)
    present = np.flatnonzero(everybody.counts(scored))
    if len(present) < 2:
        raise CountError(
            f"Only people of the group {everybody.labels[present[0]]!r} have a score.",
            "A comparison needs scores in at least two groups.",
        )
    new_place = np.full(len(everybody.labels), -1)
    new_place[present] = np.arange(len(present))
    groups = Groups(new_place[everybody.codes[scored]], tuple(everybody.labels[place] for place in present))
    order = np.argsort(-scores[scored], kind="stable")
    sorted_scores, codes = scores[scored][order], groups.codes[order]
    ends = np.flatnonzero(np.append(sorted_scores[1:] != sorted_scores[:-1], True))
    selected = _running_counts(codes, ends, len(groups.labels))
    applicants = selected[-1]
    known = good = None
    if outcome is not None:
        is_good, is_known = (found[scored][order] for found in find_yes(table[outcome]))
        known = _running_counts(codes, ends, len(groups.labels), where=is_known)
        good = _running_counts(codes, ends, len(groups.labels), where=is_good)
    return ThresholdSweep(
        labels=groups.labels,
        applicants=applicants,
        unscored={
            label: int(people)
            for label, people in zip(everybody.labels, everybody.counts(~scored), strict=True)
            if people
        },
        cuts=sorted_scores[ends],
        selected=selected,
        references=_references(groups, selected, reference),
        reference_rule=reference,
        outcome=outcome,
        outcome_known=known,
        good=good,
    )


def _running_counts(codes: IntArray, ends: IntArray, groups: int, *, where: BoolArray | None = None) -> IntArray:
    """Count the people of each group up to each end, shape (n_ends, n_groups)."""
    counts = np.empty((len(ends), groups), dtype=np.int64)
    for place in range(groups):
        own = codes == place if where is None else (codes == place) & where
        counts[:, place] = np.cumsum(own)[ends]
    return counts


def _references(groups: Groups, selected: IntArray, reference: str) -> IntArray:
    """Find the reference group's column at each cut."""
    applicants = selected[-1]
    if (label := named_label(reference)) is not None:
        return np.full(len(selected), groups.place(label), dtype=np.int64)
    known = np.array(sorted(groups.known, key=lambda place: -int(applicants[place])))  # first of equals: most people
    if reference == "largest":
        known = known[applicants[known] == applicants[known[0]]]
    return np.asarray(known[np.argmax(selected[:, known] / applicants[known], axis=1)])


def _shares(part: IntArray, whole: IntArray) -> FloatArray:
    """Divide, NaN where the whole is zero."""
    shares = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=shares, where=np.asarray(whole) > 0)
    return shares
