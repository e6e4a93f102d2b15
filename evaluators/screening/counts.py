"""How many people of each group applied and were selected: all that an audit needs to know."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from operator import index

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._validation import require_columns
from evaluators.screening.errors import CountError, OutcomeError, UnknownGroupError

MISSING = "(missing)"
INTERSECTION = " × "

_SELECTED_WORDS = frozenset({"1", "true", "yes", "y", "selected", "pass", "passed", "hired"})
_REJECTED_WORDS = frozenset({"0", "false", "no", "n", "not selected", "rejected", "fail", "failed", "not hired"})


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
        for label, pair in sorted(counts.items()):
            try:
                selected, applicants = (index(count) for count in pair)
            except (TypeError, ValueError) as error:
                raise CountError(
                    f"The group {label!r} has {pair!r} instead of two whole numbers.",
                    "Give (selected, applicants), such as (235, 2435).",
                ) from error
            groups.append(GroupCount(label, selected, applicants))
        return cls(tuple(groups))

    @property
    def labels(self) -> tuple[str, ...]:
        """The groups' labels, sorted."""
        return tuple(group.label for group in self.groups)

    def __iter__(self) -> Iterator[GroupCount]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, label: str) -> GroupCount:
        """Return the counts of one group; an unknown label raises UnknownGroupError."""
        for group in self.groups:
            if group.label == label:
                return group
        raise UnknownGroupError(
            f"There is no group {label!r} in the data.", f"The groups are: {', '.join(self.labels)}."
        )


def count_table(frame: pd.DataFrame, *, group: str | list[str], outcome: str) -> CountTable:
    """Count applicants and selected people for each group.

    Parameters
    ----------
    frame : DataFrame, shape (n_applicants, n_columns)
        One row per applicant.
    group : str or list of str
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
        If a column is missing or occurs twice.
    OutcomeError
        If an outcome is missing or is neither "selected" nor "not selected".
    CountError
        If the table has no rows.

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
    if not columns:
        raise CountError("No column says which group a person belongs to.", "Name at least one group column.")
    require_columns(frame, *columns, outcome)
    selected = _as_bool(frame[outcome]).to_numpy(dtype=bool)
    codes, labels = np.zeros(len(frame), dtype=np.intp), [""]
    for column in columns:
        own, names = _codes(frame[column])
        codes, present = pd.factorize(codes * len(names) + own)  # only the intersections that occur
        pairs = ((labels[place // len(names)], names[place % len(names)]) for place in present)
        labels = [INTERSECTION.join(filter(None, pair)) for pair in pairs]
    applicants = np.bincount(codes, minlength=len(labels))
    hits = np.bincount(codes[selected], minlength=len(labels))
    return CountTable.from_counts(
        {label: (int(hit), int(count)) for label, hit, count in zip(labels, hits, applicants, strict=True)}
    )


def _codes(column: pd.Series) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Return each row's group as a number, and the groups' labels."""
    values, uniques = pd.factorize(column, use_na_sentinel=False)
    labels = [_as_label(value) for value in uniques]  # 1 and "1 " are two values and one label
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    return np.array([places[label] for label in labels], dtype=np.intp)[values], list(places)


def _as_label(value: Hashable) -> str:
    """Return a group's value as text: ``1`` and ``1.0`` are one group, blank and missing are another."""
    if pd.isna(value):  # type: ignore[call-overload]
        return MISSING
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or MISSING


def _as_bool(outcome: pd.Series) -> pd.Series:
    """Return the outcome column as bool, or say which value of which row has no clear meaning."""
    if outcome.dtype == bool:
        return outcome
    meaning = {value: _selected(value) for value in outcome.dropna().unique()}
    if all(known is not None for known in meaning.values()) and not outcome.hasnans:
        return outcome.map(meaning).astype(bool)
    selected = outcome.astype(object).map(meaning)
    unclear = selected.isna()
    if unclear.any():
        row, value = outcome.index[unclear][0], outcome[unclear].iloc[0]
        found = "nothing" if pd.isna(value) else repr(value)
        raise OutcomeError(
            f"In row {row!r} the outcome column {outcome.name!r} has {found} ({unclear.sum()} such rows).",
            "Each row needs a clear outcome: true/false, 1/0, yes/no or selected/rejected. "
            "Turn scores into outcomes with a cut-off first.",
        )
    return selected.astype(bool)


def _selected(value: object) -> bool | None:
    word = _as_label(value).casefold()
    if word in _SELECTED_WORDS:
        return True
    return False if word in _REJECTED_WORDS else None
