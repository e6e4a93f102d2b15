"""How many people of each group applied and were selected: all that an audit needs to know."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators.screening._counting import count_cells, first_row_with, row_in_words, values_of
from evaluators.screening._labels import INTERSECTION as INTERSECTION
from evaluators.screening._labels import MISSING as MISSING
from evaluators.screening._labels import as_label, as_selected
from evaluators.screening._results import find_group
from evaluators.screening.errors import CountError, OutcomeError, TooManyGroupsError

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class GroupCount:
    """One group's counts.

    Parameters
    ----------
    label : str
        The group.
    selected, applicants : int
        People of the group who were selected, of all who applied; `applicants` is at least 1.

    Raises
    ------
    CountError
        If the counts are impossible.

    Examples
    --------
    >>> GroupCount("Black", selected=157, applicants=2435).rate
    Fraction(157, 2435)
    """

    label: str
    selected: int
    applicants: int

    def __post_init__(self) -> None:
        if not isinstance(self.label, str):
            raise CountError(f"The group {self.label!r} has no name.", "Name each group with a text, such as 'x'.")
        for name in ("selected", "applicants"):
            count = getattr(self, name)
            try:
                object.__setattr__(self, name, index(count))  # numpy's integers overflow
            except TypeError as error:
                raise CountError(
                    f"The group {self.label!r} has {count!r} {name} instead of a whole number.",
                    "Give numbers of people, such as selected=157, applicants=2435.",
                ) from error
        if self.applicants < 1:
            raise CountError(f"Nobody of the group {self.label!r} applied.", "Leave groups without applicants out.")
        if not 0 <= self.selected <= self.applicants:
            raise CountError(
                f"The group {self.label!r} has {self.selected} selected of {self.applicants} applicants.",
                "Give the counts in the order (selected, applicants).",
            )

    @property
    def rate(self) -> Fraction:
        """Share of the group that was selected (0-1), exact."""
        return Fraction(self.selected, self.applicants)

    @property
    def is_missing(self) -> bool:
        """Whether the group gathers people whose group, or part of it, is not known."""
        return MISSING in self.label.split(INTERSECTION)


@dataclass(frozen=True, slots=True)
class CountTable:
    """Selected and applicants for each group, in the order of the labels.

    Parameters
    ----------
    groups : tuple of GroupCount
        At least one, sorted by label, no label twice. `from_counts` and `count_table` see to that.

    Raises
    ------
    CountError
        If there is no group, or the labels are not sorted and unique.

    Examples
    --------
    >>> counts = CountTable.from_counts({"White": (235, 2435), "Black": (157, 2435)})
    >>> counts.labels
    ('Black', 'White')
    >>> counts["White"].selected
    235
    """

    groups: tuple[GroupCount, ...]

    def __post_init__(self) -> None:
        if not self.groups:
            raise CountError("There is nobody to count: the table has no rows.", "Give at least one applicant.")
        if list(self.labels) != sorted(set(self.labels)):
            raise CountError("The groups are not sorted by label, or one occurs twice.", "Use from_counts().")

    @classmethod
    def from_counts(cls, counts: Mapping[str, tuple[int, int]]) -> "CountTable":
        """Make a table from ``{label: (selected, applicants)}``.

        Parameters
        ----------
        counts : mapping of str to (int, int)
            Selected people and all applicants of each group.

        Returns
        -------
        CountTable
            The same counts, sorted by label.

        Raises
        ------
        CountError
            If a count is impossible or not a whole number.
        """
        groups = []
        for label, pair in sorted(counts.items(), key=lambda item: str(item[0])):
            try:
                selected, applicants = (index(count) for count in pair)
            except (TypeError, ValueError) as error:
                raise CountError(
                    f"The group {label!r} has {pair!r} instead of two whole numbers.",
                    "Give (selected, applicants), such as (235, 2435).",
                ) from error
            groups.append(GroupCount(label, selected, applicants))
        return cls(tuple(groups))

    @classmethod
    def sum_of(cls, tables: "Iterable[CountTable]") -> "CountTable":
        """Add tables of different people up, such as those of several months.

        Parameters
        ----------
        tables : iterable of CountTable
            At least one.

        Returns
        -------
        CountTable
            Every group that occurs in any of them.

        Examples
        --------
        >>> may, june = CountTable.from_counts({"x": (1, 4)}), CountTable.from_counts({"x": (2, 3), "y": (0, 1)})
        >>> CountTable.sum_of([may, june]).groups
        (GroupCount(label='x', selected=3, applicants=7), GroupCount(label='y', selected=0, applicants=1))
        """
        return _summed((group.label, group.selected, group.applicants) for table in tables for group in table)

    @property
    def labels(self) -> tuple[str, ...]:
        """The groups' labels, sorted."""
        return tuple(group.label for group in self.groups)

    @property
    def applicants(self) -> int:
        """All people of all groups."""
        return sum(group.applicants for group in self.groups)

    @property
    def selected(self) -> int:
        """Selected people of all groups."""
        return sum(group.selected for group in self.groups)

    @property
    def people_missing(self) -> int:
        """People whose group, or part of it, is not known."""
        return sum(group.applicants for group in self.groups if group.is_missing)

    def merged(self, into: Mapping[str, str]) -> "CountTable":
        """Put groups together.

        Parameters
        ----------
        into : mapping of str to str
            Label -> label of the group it becomes part of; groups that are not named stay as they are.

        Returns
        -------
        CountTable
            The same people in fewer groups.

        Raises
        ------
        UnknownGroupError
            If a label does not occur.

        Examples
        --------
        >>> counts = CountTable.from_counts({"Asian": (302, 616), "NHPI": (52, 119), "White": (412, 797)})
        >>> merged = counts.merged({"Asian": "Asian or NHPI", "NHPI": "Asian or NHPI"})
        >>> merged.labels, merged["Asian or NHPI"].selected
        (('Asian or NHPI', 'White'), 354)
        """
        for label in into:
            self[label]
        return _summed((into.get(group.label, group.label), group.selected, group.applicants) for group in self)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group.

        Returns
        -------
        DataFrame, shape (n_groups, 5)
            Columns `group`, `selected`, `applicants`, `rate` (share 0-1) and `share` of all applicants (0-1).
        """
        return pd.DataFrame(self.to_dict()["groups"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: the totals, and the columns of `to_frame` for each group."""
        people = self.applicants
        return {
            "applicants": people,
            "selected": self.selected,
            "people_missing": self.people_missing,
            "groups": [
                {
                    "group": group.label,
                    "selected": group.selected,
                    "applicants": group.applicants,
                    "rate": float(group.rate),
                    "share": group.applicants / people,
                }
                for group in self.groups
            ],
        }

    def chart(self) -> "alt.LayerChart":
        """Draw each group's selection rate as a bar, with its people beside it.

        Returns
        -------
        altair.LayerChart
            Lowest rate first; of more than 30 groups the 30 with most applicants, and the chart says so. The
            description holds the figures as text.
        """
        from evaluators.screening._charts.counts import rate_chart  # Altair is slow to import

        return rate_chart(self)

    def __iter__(self) -> Iterator[GroupCount]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, label: str) -> GroupCount:
        """Return the counts of one group; an unknown label raises UnknownGroupError."""
        return find_group(self.groups, label, "in the data", named="label")


def count_table(frame: Any, *, group: str | Sequence[str], outcome: str) -> CountTable:
    """Count applicants and selected people for each group.

    Parameters
    ----------
    frame : table, shape (n_applicants, n_columns)
        One row per applicant: a pandas or polars frame (eager or lazy), a PyArrow table, a DuckDB relation or a
        Spark frame. The last four are counted where they are; only the counts are fetched.
    group : str or sequence of str
        Column with the group; several columns give their intersections, such as ``"female × Black"``. Labels
        are compared as text without outer blanks; a missing or blank label is the group ``"(missing)"``.
    outcome : str
        Column that says whether the applicant was selected: bool, 0/1, or words such as yes/no.

    Returns
    -------
    CountTable
        One entry per group that occurs.

    Raises
    ------
    ColumnError
        If a column is missing or occurs twice, or holds lists.
    OutcomeError
        If an outcome is missing or is neither "selected" nor "not selected".
    CountError
        If the table has no rows, or a column is named twice.
    TooManyGroupsError
        If the columns have more than 20,000 combinations of values.

    Notes
    -----
    Only an empty cell is missing. Words such as ``"nan"``, ``"NA"`` or ``"Unknown"`` are groups like any other, since
    ``NA`` may stand for Native American; note that ``astype(str)`` makes the text ``"nan"`` of empty cells. Replace
    such words before counting, or use `audit_applicants`, which reads them as missing and says so.

    Examples
    --------
    >>> applicants = pd.DataFrame({"sex": ["f", "f", "m", None], "hired": ["yes", "no", "yes", "no"]})
    >>> for counted in count_table(applicants, group="sex", outcome="hired"):
    ...     print(counted.label, counted.selected, "of", counted.applicants)
    (missing) 0 of 1
    f 1 of 2
    m 1 of 1
    """
    columns = [group] if isinstance(group, str) else list(group)
    tables = count_tables(frame, groups=columns, outcome=outcome)
    return tables[INTERSECTION.join(columns)]


def count_tables(
    frame: Any, *, groups: Sequence[str], outcome: str, intersections: bool = True, in_file_order: bool = False
) -> dict[str, CountTable]:
    """Count several group columns, and all of them together, in one pass over the table.

    Parameters
    ----------
    frame : table, shape (n_applicants, n_columns)
        One row per applicant, as in `count_table`.
    groups : sequence of str
        Columns with groups, such as sex and race.
    outcome : str
        Column that says whether the applicant was selected: bool, 0/1, or words such as yes/no.
    intersections : bool
        Whether to count the combinations of all columns too, if there are at least two.
    in_file_order : bool
        Whether `frame` is a DuckDB relation whose rows come in the order of a file, as from `open_table`; an error
        about an outcome then names its row.

    Returns
    -------
    dict of str to CountTable
        Column -> its counts, in the order of `groups`; then, under a key such as ``"sex × race"``, those of the
        combinations that occur.

    Raises
    ------
    ColumnError, OutcomeError, CountError, TooManyGroupsError
        As in `count_table`.

    Examples
    --------
    >>> applicants = pd.DataFrame({"sex": list("ffmm"), "race": list("xyxx"), "hired": [1, 0, 1, 1]})
    >>> tables = count_tables(applicants, groups=["sex", "race"], outcome="hired")
    >>> list(tables), tables["sex × race"].labels
    (['sex', 'race', 'sex × race'], ('f × x', 'f × y', 'm × x'))
    """
    columns = [groups] if isinstance(groups, str) else list(groups)
    check_columns(columns, outcome)
    meanings = [*(as_label for _ in columns), as_selected]
    try:
        cells = count_cells(frame, [*columns, outcome], meanings)
    except TooManyGroupsError:
        _refuse_unclear(frame, outcome, in_file_order)  # scores in the outcome column are the likelier cause
        raise
    if any(cell[-1] is None for cell in cells):
        _refuse_unclear(frame, outcome, in_file_order)
    people = [(labels, rows if selected else 0, rows) for *labels, selected, rows in _flat(cells)]
    return tables_of(people, columns, intersections=intersections)


def tables_of(
    people: Sequence[tuple[Sequence[str], int, int]], columns: Sequence[str], *, intersections: bool
) -> dict[str, CountTable]:
    """Sum (labels, selected, applicants) over all columns but one, and for all columns together."""
    tables = {
        column: _summed((labels[place], selected, applicants) for labels, selected, applicants in people)
        for place, column in enumerate(columns)
    }
    if intersections and len(columns) > 1:
        names: dict[str, Sequence[str]] = {}
        for labels, _, _ in people:
            if list(names.setdefault(INTERSECTION.join(labels), labels)) != list(labels):
                raise CountError(
                    f"Two combinations of groups have the same label {INTERSECTION.join(labels)!r}.",
                    f"Rename groups whose names hold {INTERSECTION.strip()!r}.",
                )
        tables[INTERSECTION.join(columns)] = _summed(
            (INTERSECTION.join(labels), selected, applicants) for labels, selected, applicants in people
        )
    return tables


def check_columns(groups: Sequence[str], measured: str) -> None:
    """Refuse no group column, one that is named twice, or one that is the outcome or score as well."""
    if not groups:
        raise CountError("No column says which group a person belongs to.", "Name at least one group column.")
    twice = [column for place, column in enumerate([*groups, measured]) if column in groups[:place]]
    if twice:
        raise CountError(
            f"The column {twice[0]!r} is named twice.", "Name each group column once, and another for the result."
        )


def _flat(cells: Mapping[tuple[Any, ...], int]) -> Iterator[tuple[Any, ...]]:
    return ((*cell, rows) for cell, rows in cells.items())


def _summed(people: Iterable[tuple[str, int, int]]) -> CountTable:
    """Add up (label, selected, applicants)."""
    sums: dict[str, list[int]] = {}
    for label, selected, applicants in people:
        total = sums.setdefault(label, [0, 0])
        total[0] += selected
        total[1] += applicants
    return CountTable.from_counts({label: (total[0], total[1]) for label, total in sums.items()})


def _refuse_unclear(frame: Any, outcome: str, in_file_order: bool) -> None:
    """Raise an error that says which outcome has no clear meaning, if there is one."""
    if isinstance(frame, pd.DataFrame):
        column = frame.iloc[:, [str(name) for name in frame.columns].index(outcome)]
        codes, values = pd.factorize(column, use_na_sentinel=False)
        unclear = np.array([as_selected(value) is None for value in values], dtype=bool)[codes]
        found = list(column[unclear].head(1))
        rows, where = f"{unclear.sum():,}", f"In row {column.index[unclear][0]!r} the" if found else ""
    else:
        odd = [(value, count) for value, count in values_of(frame, outcome) if as_selected(value) is None]
        found = [value for value, _ in sorted(odd, key=repr)[:1]]
        rows, where = f"{sum(count for _, count in odd):,}", "The"
        if in_file_order and (first := first_row_with(frame, outcome, [value for value, _ in odd])):
            found, where = [first[1]], f"In {row_in_words(first[0])} the"
    if found:
        raise OutcomeError(
            f"{where} outcome column {outcome!r} has {'nothing' if pd.isna(found[0]) else repr(found[0])} "
            f"({rows} {'row has' if rows == '1' else 'rows have'} no clear outcome).",
            "Each row needs a clear outcome: true/false, 1/0, yes/no or selected/rejected. "
            "Turn scores into outcomes with a cut-off first.",
        )
