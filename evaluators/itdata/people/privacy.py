"""Could somebody be recognised? Rare combinations in a table of persons, and two tables subtracted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import json_able
from evaluators.itdata._words import counted
from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.people.old_records import RetentionCheck, RetentionLine, check_retention
from evaluators.itdata.people.suppression import SuppressedTable

__all__ = [
    "Anonymity",
    "DifferencingCheck",
    "RetentionCheck",
    "RetentionLine",
    "check_retention",
    "differencing",
    "k_anonymity",
]


@dataclass(frozen=True, slots=True)
class Anonymity:
    """Result of `k_anonymity`.

    Parameters
    ----------
    people : int
        Rows of the table.
    quasi_identifiers : tuple of str
        The columns that somebody may know from elsewhere.
    k : int
        Size of the smallest class: people who share all these values.
    classes : int
        Number of classes.
    alone : int
        People who share their values with nobody.
    wanted : int
        The k asked for.
    below : int
        People in classes smaller than `wanted`.
    sensitive : str
        The column that must not become known; empty if none was named.
    diversity : int or None
        The l of l-diversity: the smallest number of different sensitive values in a class.
    given_away : int or None
        People in classes of at least two in which all have the same sensitive value.
    without : tuple of (str, int, int)
        For each quasi-identifier: `k` and `below` if this column were left out.
    """

    people: int
    quasi_identifiers: tuple[str, ...]
    k: int
    classes: int
    alone: int
    wanted: int
    below: int
    sensitive: str
    diversity: int | None
    given_away: int | None
    without: tuple[tuple[str, int, int], ...]

    def to_frame(self) -> pd.DataFrame:
        """Return what leaving out each column would bring.

        Returns
        -------
        DataFrame, shape (n_columns, 3)
            ``left_out``, ``k`` and ``below``.
        """
        return pd.DataFrame(list(self.without), columns=["left_out", "k", "below"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how many people could be recognised.

        Returns
        -------
        str
            One paragraph a line.

        Examples
        --------
        >>> made = pd.DataFrame({"site": ["x"] * 4, "role": ["driver"] * 3 + ["cook"]})
        >>> print(k_anonymity(made, quasi_identifiers=["site", "role"], wanted=3).summary())
        4 people, 2 combinations of site, role. The rarest is shared by 1: the table is 1-anonymous.
        1 person can be recognised by these columns alone; 1 shares them with fewer than 2 others.
        Leaving out role would help most: then the people in groups under 3 are 0 instead of 1.
        The columns are a guess at what others know. People who know more recognise more.
        """
        lines = [
            f"{self.people:,} people, {self.classes:,} combinations of {', '.join(self.quasi_identifiers)}. The rarest "
            f"is shared by {self.k}: the table is {self.k}-anonymous."
        ]
        if self.below:
            who = "1 person" if self.alone == 1 else f"{self.alone:,} people"
            share = "shares" if self.below == 1 else "share"
            with_whom = "nobody" if self.wanted == 2 else f"fewer than {self.wanted - 1} others"
            lines.append(
                f"{who} can be recognised by these columns alone; {self.below:,} {share} them with {with_whom}."
            )
            best = min(self.without, key=lambda each: each[2])
            if len(self.without) > 1 and best[2] < self.below:
                lines.append(
                    f"Leaving out {best[0]} would help most: then the people in groups under {self.wanted} are "
                    f"{best[2]:,} instead of {self.below:,}."
                )
            elif len(self.without) > 1:
                lines.append("Leaving out one of these columns would not help.")
        if self.diversity is not None:
            lines.append(
                f"{self.sensitive}: at least {self.diversity} different value{'s' if self.diversity > 1 else ''} in "
                f"each combination. In groups of two or more that all have the same value: "
                f"{counted(self.given_away or 0, 'person', 'people')}. It is known of each of them, however large the "
                "group."
            )
        lines.append("The columns are a guess at what others know. People who know more recognise more.")
        return "\n".join(lines)


def k_anonymity(
    table: Any, *, quasi_identifiers: Sequence[str], sensitive: str | None = None, wanted: int = 5
) -> Anonymity:
    """Count how many people share the values that somebody may know of them.

    k-anonymity [1]_: everybody shares all quasi-identifiers with at least k - 1 others. l-diversity [2]_ (distinct):
    everywhere among those who share them there are at least l different sensitive values. A missing value is a value.

    Parameters
    ----------
    table : table, shape (n_people, n_columns)
        One row a person.
    quasi_identifiers : sequence of str
        Columns known from elsewhere: site, department, role, year of hiring …
    sensitive : str, optional
        A column that must not become known, such as the reason of leaving.
    wanted : int
        The k that you want, at least 2.

    Returns
    -------
    Anonymity

    Raises
    ------
    MeasureError
        If there is no row or no column, or `wanted` is below 2.
    ColumnError
        If a column is missing.

    References
    ----------
    .. [1] Sweeney, L. (2002). k-Anonymity: A Model for Protecting Privacy. International Journal of Uncertainty,
       Fuzziness and Knowledge-Based Systems 10(5), 557-570.
    .. [2] Machanavajjhala, A., Kifer, D., Gehrke, J., Venkitasubramaniam, M. (2007). l-Diversity: Privacy beyond
       k-Anonymity. ACM Transactions on Knowledge Discovery from Data 1(1), article 3.

    Examples
    --------
    >>> made = pd.DataFrame({"site": list("xxxyy"), "reason": ["pay", "pay", "pay", "pay", "move"]})
    >>> found = k_anonymity(made, quasi_identifiers=["site"], sensitive="reason")
    >>> found.k, found.diversity, found.given_away
    (2, 1, 3)
    """
    names = [quasi_identifiers] if isinstance(quasi_identifiers, str) else list(quasi_identifiers)
    if not names:
        raise MeasureError("No column was named that others may know.", "Give quasi_identifiers=[...].")
    if len(set(names)) < len(names):
        raise MeasureError("A column is named twice.", "Name each column once.")
    if wanted < 2:
        raise MeasureError(f"Groups of {wanted} protect nobody.", "Give wanted=5, 10 or the like.")
    if sensitive in names:
        raise MeasureError(f"{sensitive!r} is both known and to be kept secret.", "Name it in one place.")
    frame = pandas_columns(table, *names, *([sensitive] if sensitive else []))
    if frame.empty:
        raise MeasureError("The table has no row.", "Give one row a person.")
    sizes, codes = _classes(frame, names)
    diversity = given_away = None
    if sensitive:
        secret = pd.factorize(frame[sensitive], use_na_sentinel=False)[0]
        pairs = np.unique(np.column_stack([codes, secret]), axis=0)
        different = np.bincount(pairs[:, 0], minlength=len(sizes))
        diversity = int(different.min())
        given_away = int(sizes[(different == 1) & (sizes > 1)].sum())
    without = []
    for name in names:
        others = [each for each in names if each != name]
        fewer = _classes(frame, others)[0] if others else np.array([len(frame)])
        without.append((name, int(fewer.min()), int(fewer[fewer < wanted].sum())))
    return Anonymity(
        people=len(frame),
        quasi_identifiers=tuple(names),
        k=int(sizes.min()),
        classes=len(sizes),
        alone=int((sizes == 1).sum()),
        wanted=wanted,
        below=int(sizes[sizes < wanted].sum()),
        sensitive=sensitive or "",
        diversity=diversity,
        given_away=given_away,
        without=tuple(without),
    )


def _classes(frame: pd.DataFrame, names: list[str]) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Return the size of each class and the class of each row."""
    codes = np.column_stack([pd.factorize(frame[name], use_na_sentinel=False)[0] for name in names])
    _, classes, sizes = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    return sizes, classes.ravel()


@dataclass(frozen=True, slots=True)
class DifferencingCheck:
    """Result of `differencing`; it names the groups, not the differences.

    Parameters
    ----------
    compared : int
        Groups shown in both tables.
    risky : tuple of tuple of str
        Labels of the groups whose two counts differ by 1 to k - 1 people.
    k : int
        Smallest difference that is safe.
    uncovered : tuple of tuple of str
        Labels of the groups that one table hides and the other shows. If both count the same people, what one shows
        helps to work out what the other hides.
    """

    compared: int
    risky: tuple[tuple[str, ...], ...]
    k: int
    uncovered: tuple[tuple[str, ...], ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row a group that gives something away.

        Returns
        -------
        DataFrame, shape (n_risky + n_uncovered, 2)
            ``group``, the labels joined by commas; ``why``, ``"few apart"`` or ``"hidden in one table"``.
        """
        rows = [(", ".join(each), "few apart") for each in self.risky]
        rows += [(", ".join(each), "hidden in one table") for each in self.uncovered]
        return pd.DataFrame(rows, columns=["group", "why"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words whether the two tables may both be shown.

        Returns
        -------
        str
            One paragraph.
        """
        few = "1 person" if self.k == 2 else f"1 to {self.k - 1} people"
        if not self.risky:
            said = (
                f"{counted(self.compared, 'group')} shown in both tables; none differs by {few}. Sums of several "
                "groups, and tables published elsewhere, were not compared."
            )
        else:
            said = (
                f"{len(self.risky)} of {counted(self.compared, 'group')} shown in both tables "
                f"{'differs' if len(self.risky) == 1 else 'differ'} by {few}: {self._names(self.risky)}. Whoever holds "
                "both tables subtracts one from the other and knows the figures of these few. Show one of the tables, "
                "or the same people in both."
            )
        if self.uncovered:
            said += (
                f" Hidden in one table and shown in the other: {self._names(self.uncovered)}. If both count the same "
                "people, this gives hidden groups away. Hide the same in both, or show one of them."
            )
        return said

    @staticmethod
    def _names(groups: tuple[tuple[str, ...], ...]) -> str:
        return "; ".join(", ".join(each) for each in groups[:5]) + (" …" if len(groups) > 5 else "")


def differencing(
    first: Any, second: Any, *, k: int, groups: Sequence[str] = (), counts: str = "count"
) -> DifferencingCheck:
    """Find groups that two tables give away together: by subtraction, or as only one of them hides the group.

    Parameters
    ----------
    first, second : SuppressedTable or table
        Two tables that are to be shown: of two months, or with and without some people.
    k : int
        Differences of 1 to k - 1 are risky; at least 2.
    groups : sequence of str
        Columns with the labels; not for a `SuppressedTable`.
    counts : str
        Column with the number of people, likewise. Missing counts are hidden ones.

    Returns
    -------
    DifferencingCheck

    Raises
    ------
    MeasureError
        If `k` is below 2, a count is no number, or no group is in both tables.
    JoinError
        If a group occurs twice in a table.

    Examples
    --------
    >>> march = pd.DataFrame({"site": ["x", "y"], "count": [40, 31]})
    >>> april = pd.DataFrame({"site": ["x", "y"], "count": [39, 31]})
    >>> differencing(march, april, k=5, groups=["site"]).risky
    (('x',),)
    """
    if k < 2:
        raise MeasureError(f"Differences under {k} cannot be looked for.", "Give k = 5, 10 or the like.")
    one, other = (_counted(each, groups, counts) for each in (first, second))
    both = [group for group in one if group in other]
    if not both:
        raise MeasureError("No group is in both tables.", "Compare tables with the same labels.")
    pairs = {group: (one[group], other[group]) for group in both}
    shown = {group: (a, b) for group, (a, b) in pairs.items() if a is not None and b is not None}
    risky = tuple(group for group, (a, b) in shown.items() if 0 < abs(a - b) < k)
    uncovered = tuple(group for group, (a, b) in pairs.items() if (a is None) != (b is None))
    return DifferencingCheck(len(shown), risky, k, uncovered)


def _counted(table: Any, groups: Sequence[str], counts: str) -> dict[tuple[str, ...], float | None]:
    """Return the count of each group; None where it is hidden."""
    if isinstance(table, SuppressedTable):
        return {(cell.row, cell.column): cell.count for cell in table.cells}
    names = [groups] if isinstance(groups, str) else list(groups)
    if not names:
        raise MeasureError("The columns with the groups are not named.", "Give groups=[...].")
    frame = pandas_columns(table, *names, counts)
    keys = list(zip(*(frame[name].astype(str) for name in names), strict=True))
    if len(set(keys)) < len(keys):
        twice = keys[int(np.flatnonzero(frame[names].astype(str).duplicated())[0])]
        raise JoinError(f"The group {', '.join(twice)} occurs in two rows.", "Give one row for each group.")
    numbers = pd.to_numeric(frame[counts].astype(object), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if (unclear := np.flatnonzero(np.isnan(numbers) & frame[counts].notna().to_numpy())).size:
        raise MeasureError(
            f"In row {unclear[0] + 1} the column {counts!r} has {frame[counts].iloc[unclear[0]]!r}.",
            "Give numbers of people; leave hidden ones empty.",
        )
    return {key: None if np.isnan(number) else float(number) for key, number in zip(keys, numbers, strict=True)}
