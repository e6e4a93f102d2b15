"""Scoring rates: how many people of each group score above the median of everybody."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import plain
from evaluators.screening._counting import (
    Cells,
    count_cells,
    fetched,
    first_row_with,
    open_frame,
    row_in_words,
    values_of,
)
from evaluators.screening._labels import as_label
from evaluators.screening.counts import CountTable, check_columns, tables_of
from evaluators.screening.errors import CountError, ScoreError
from evaluators.screening.rates import impact_ratios

if TYPE_CHECKING:
    import altair as alt

# Where a person's score lies.
_NONE, _BELOW, _AT, _ABOVE = "none", "below", "at", "above"
_PLACES = (_NONE, _BELOW, _AT, _ABOVE)
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"


@dataclass(frozen=True, slots=True)
class ScoringCounts:
    """Result of `count_above_median`.

    Parameters
    ----------
    score : str
        The column with the scores.
    median : float
        Exact median of all scores, in the unit of the scores; with an even number of people, the middle between
        the two middle scores.
    people : int
        People with a score.
    at_median : int
        People whose score equals the median: they do not count as above it.
    without_score : int
        People without a score, who are in neither table.
    above : dict of str to CountTable
        Column of groups -> people above the median (`selected`) of those with a score (`applicants`); the
        combinations of all columns too, under a key such as ``"sex × race"``.
    at_or_above : dict of str to CountTable
        The same if people at the median counted as above.
    scored : dict of str to CountTable
        Column of groups -> people with a score (`selected`) of all (`applicants`).
    """

    score: str
    median: float
    people: int
    at_median: int
    without_score: int
    above: dict[str, CountTable]
    at_or_above: dict[str, CountTable]
    scored: dict[str, CountTable]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group of each column.

        Returns
        -------
        DataFrame, shape (n_groups_of_all_columns, 9)
            Columns `column`, `group`, `people` with a score, `above`, `scoring_rate` (share 0-1), `impact_ratio`
            against the highest rate (NaN if nobody is above), `at_median`, `scoring_rate_with_ties` (share 0-1, if
            those at the median counted as above) and `without_score`.
        """
        rows = []
        for column, scored in self.scored.items():
            above = {group.label: group for group in self.above[column]}
            with_ties = {group.label: group for group in self.at_or_above[column]}
            ratios = impact_ratios(self.above[column])
            for everybody in scored:
                label = everybody.label
                found = above.get(label)
                rows.append(
                    {
                        "column": column,
                        "group": label,
                        "people": everybody.selected,
                        "above": found.selected if found else 0,
                        "scoring_rate": float(found.rate) if found else math.nan,
                        "impact_ratio": ratios.get(label, math.nan),
                        "at_median": with_ties[label].selected - found.selected if found else 0,
                        "scoring_rate_with_ties": float(with_ties[label].rate) if found else math.nan,
                        "without_score": everybody.applicants - everybody.selected,
                    }
                )
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are undefined."""
        return {
            "score": self.score,
            "median": self.median,
            "people": self.people,
            "at_median": self.at_median,
            "without_score": self.without_score,
            "groups": plain(self.to_frame().to_dict("records")),
        }

    def summary(self) -> str:
        """Say in plain words where the median lies, who is exactly there and who is left out.

        Returns
        -------
        str
            Two to five sentences.

        Examples
        --------
        >>> applicants = pd.DataFrame({"sex": list("ffmm"), "score": [70, 80, 80, 95]})
        >>> print(count_above_median(applicants, groups=["sex"], score="score").summary())
        4 people have a score. At least half of them score at most 80, the median; 1 of 4 is above it (25.0%).
        2 people score exactly 80 and do not count as above. If they did, these rates would change: f from 0.0% to \
50.0%, m from 50.0% to 100.0%.
        A rate above the median says who scores higher, not whether the scores are right.
        """
        first = next(iter(self.above.values()))
        median = f"{self.median:,.10g}"
        lines = [
            f"{_people(self.people)} {'has' if self.people == 1 else 'have'} a score. At least half of them score at "
            f"most {median}, the median; {first.selected:,} of {self.people:,} "
            f"{'is' if first.selected == 1 else 'are'} above it ({first.selected / self.people:.1%})."
        ]
        if not first.selected:
            lines.append("Nobody is above the median, so there are no impact ratios: the scores hardly differ.")
        if self.at_median:
            changed = [
                f"{strict.label} from {float(strict.rate):.1%} to {float(tied.rate):.1%}"
                for column in self._columns()
                for strict, tied in zip(self.above[column], self.at_or_above[column], strict=True)
                if strict != tied
            ]
            lines.append(
                f"{_people(self.at_median)} {'scores' if self.at_median == 1 else 'score'} exactly {median} and "
                f"{'does' if self.at_median == 1 else 'do'} not count as above. If they did, these rates would "
                f"change: {', '.join(changed)}."
            )
        if self.without_score:
            lines.append(
                f"{_people(self.without_score)} {'has' if self.without_score == 1 else 'have'} no score and "
                f"{'is' if self.without_score == 1 else 'are'} left out: {self._left_out()}."
            )
        lines.append("A rate above the median says who scores higher, not whether the scores are right.")
        return "\n".join(lines)

    def chart(self) -> "alt.VConcatChart":
        """Draw each group's scoring rate, and what it would be if people at the median counted as above it.

        Returns
        -------
        altair.VConcatChart
            One part per column of groups, lowest rate first, at most the 30 largest groups; circles: above the median,
            diamonds: above it or on it. The description holds the summary.
        """
        from evaluators.screening._charts.counts import scoring_chart  # Altair is slow to import

        return scoring_chart(self)

    def _columns(self) -> list[str]:
        """Return the columns themselves, without their combinations."""
        names = list(self.above)
        return names[:-1] if len(names) > 1 and names[-1] == " × ".join(names[:-1]) else names

    def _left_out(self) -> str:
        return ", ".join(
            f"{group.applicants - group.selected:,} of {group.applicants:,} {group.label}"
            for column in self._columns()
            for group in self.scored[column]
            if group.selected < group.applicants
        )


def count_above_median(
    frame: Any, *, groups: str | Sequence[str], score: str, intersections: bool = True, in_file_order: bool = False
) -> ScoringCounts:
    """Count who scores above the median of everybody: the scoring rate of New York City's Local Law 144 [1]_.

    The median is that of all people with a score, those of unknown groups included. It is exact on every engine: the
    middle score is looked up, never estimated. Who scores exactly the median is not above it; with coarse scores that
    can be many people, so they are counted, and the rates that would follow if they counted as above are given too.

    Parameters
    ----------
    frame : table, shape (n_applicants, n_columns)
        One row per applicant, as in `count_table`. A DuckDB relation or a Spark frame is sorted and counted where it
        is.
    groups : str or sequence of str
        Columns with groups, such as sex and race.
    score : str
        Column with numbers; a missing or blank score leaves the person out, and the result says so.
    intersections : bool
        Whether to count the combinations of all group columns too.
    in_file_order : bool
        As in `count_tables`.

    Returns
    -------
    ScoringCounts
        Counts above the median for each column, with median and ties.

    Raises
    ------
    ColumnError
        If a column is missing or occurs twice.
    ScoreError
        If a score is no number or infinite, or nobody has one.
    CountError
        If the table has no rows, or a column is named twice.
    TooManyGroupsError
        As in `count_table`.

    References
    ----------
    .. [1] 6 RCNY 5-300, "scoring rate" (2023).

    Examples
    --------
    >>> applicants = pd.DataFrame({"sex": list("ffmm"), "score": [60, 80, 70, 95]})
    >>> found = count_above_median(applicants, groups="sex", score="score")
    >>> found.median, found.above["sex"]["f"].selected
    (75.0, 1)
    """
    columns = [groups] if isinstance(groups, str) else list(groups)
    check_columns(columns, score)
    if isinstance(frame, pd.DataFrame):
        cells, low, high = _count_pandas(frame, columns, score)
    else:
        try:
            cells, low, high = _count_engine(frame, columns, score)
        except ScoreError as error:
            if not in_file_order:
                raise
            raise _with_row(error, frame, score) from error
    people = {place: sum(rows for cell, rows in cells.items() if cell[-1] == place) for place in _PLACES}
    return ScoringCounts(
        score=score,
        median=float(low + (high - low) / 2),
        people=sum(people.values()) - people[_NONE],
        at_median=people[_AT],
        without_score=people[_NONE],
        above=_tables(cells, columns, intersections, hit={_ABOVE}),
        at_or_above=_tables(cells, columns, intersections, hit={_ABOVE, _AT}),
        scored=_tables(cells, columns, intersections, hit={_ABOVE, _AT, _BELOW}, of=set(_PLACES)),
    )


def _tables(
    cells: Cells,
    columns: Sequence[str],
    intersections: bool,
    *,
    hit: set[str],
    of: "set[str] | frozenset[str]" = frozenset({_BELOW, _AT, _ABOVE}),
) -> dict[str, CountTable]:
    """Count those whose score lies in some places, of those whose score lies in others."""
    people = [(labels, rows if place in hit else 0, rows) for (*labels, place), rows in cells.items() if place in of]
    return tables_of(people, columns, intersections=intersections)


def _count_pandas(frame: pd.DataFrame, columns: Sequence[str], score: str) -> tuple[Cells, float, float]:
    from evaluators._frames import pandas_columns  # here, so that lessons start fast
    from evaluators.screening._columns import find_scores

    table = pandas_columns(frame, *columns, score)
    _refuse_nobody(len(table))
    scores = find_scores(table[score])
    present = scores[~np.isnan(scores)]
    middle = [(len(present) - 1) // 2, len(present) // 2]
    low, high = (float(value) for value in np.partition(present, middle)[middle])
    # Nobody scores between the two middle scores, so "above the median" means above the lower one.
    places = np.select([np.isnan(scores), scores > low, (scores == low) & (low == high)], [0, 3, 2], default=1)
    place = _free_name(columns)
    table = table[list(columns)].assign(**{place: places.astype(np.int8)})
    return count_cells(table, [*columns, place], [*(as_label for _ in columns), _place_of]), low, high


def _count_engine(frame: Any, columns: Sequence[str], score: str) -> tuple[Cells, float, float]:
    import narwhals.stable.v2 as nw

    table, place = open_frame(frame, *columns, score), _free_name([*columns, score])
    dtype = table.collect_schema()[score]
    if dtype == nw.Boolean:
        raise ScoreError(f"The column {score!r} holds yes or no instead of scores.", "Give the tool's scores.")
    value = nw.col(score)
    if not dtype.is_numeric():
        value = value.cast(nw.String)
        table = table.with_columns(nw.when(value.str.strip_chars() != "").then(value).alias(score))
        _refuse_text(table.filter(~nw.col(score).str.contains(_NUMBER)).select(score).head(1), score)
        value = nw.col(score).str.strip_chars()
    if not dtype.is_integer():
        table = table.with_columns(value.cast(nw.Float64).alias(score))
        table = table.with_columns(nw.when(~nw.col(score).is_nan()).then(nw.col(score)).alias(score))
    rows, known, least, most = _row(
        table.select(
            nw.len().alias("rows"),
            nw.col(score).count().alias("known"),
            nw.col(score).min().alias("least"),
            nw.col(score).max().alias("most"),
        )
    )
    _refuse_nobody(rows)
    if not known:
        raise ScoreError(f"Nobody has a score in {score!r}.", "Name the column with the tool's scores.")
    if math.isinf(least) or math.isinf(most):
        raise ScoreError(f"A score in {score!r} is infinite.", "Give a finite number, or leave it empty.")
    in_order = table.select(score).filter(~nw.col(score).is_null()).sort(score)
    low, high = (
        _row(in_order.head(upto).select(nw.col(score).max()))[0] for upto in ((known + 1) // 2, known // 2 + 1)
    )
    tied = nw.when(nw.col(score) == low).then(nw.lit(2 if low == high else 1)).otherwise(nw.lit(1))
    scored = nw.when(nw.col(score) > low).then(nw.lit(3)).otherwise(tied)
    seen = nw.when(nw.col(score).is_null()).then(nw.lit(0)).otherwise(scored)
    placed = table.with_columns(seen.alias(place)).select(*columns, place)
    cells = count_cells(placed.to_native(), [*columns, place], [*(as_label for _ in columns), _place_of])
    return cells, low, high


def _place_of(code: int | None) -> str:
    return _NONE if code is None else _PLACES[code]


def _row(table: Any) -> tuple[Any, ...]:
    """Fetch the only row of a table."""
    return next(iter(fetched(table)))


def _refuse_text(odd: Any, score: str) -> None:
    for (value,) in fetched(odd):
        raise ScoreError(
            f"The score column {score!r} has {value!r}.",
            "Each score must be a number; leave the cell empty where there is none.",
        )


def _with_row(error: ScoreError, frame: Any, score: str) -> ScoreError:
    """Name the first row whose score is no number, if there is one."""
    odd = [value for value, _ in values_of(frame, score) if isinstance(value, str) and not _is_score(value)]
    first = first_row_with(frame, score, odd)
    if first is None:
        return error
    return ScoreError(f"In {row_in_words(first[0])} the score column {score!r} has {first[1]!r}.", error.hint)


def _is_score(text: str) -> bool:
    return not text.strip() or re.fullmatch(_NUMBER, text) is not None


def _refuse_nobody(rows: int) -> None:
    if not rows:
        raise CountError("There is nobody to count: the table has no rows.", "Give at least one applicant.")


def _free_name(taken: Sequence[str]) -> str:
    name = "place"
    while name in taken:
        name += "_"
    return name


def _people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"
