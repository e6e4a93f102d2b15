"""Could somebody be recognised? Rare combinations in a table of persons, two tables subtracted, data kept too long."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.suppression import SuppressedTable
from evaluators.screening._results import plain

_DAYS_A_YEAR = 365.25


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
        return dict(plain(asdict(self)))

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
        Leaving out role would help most: then 0 people remain in groups under 3.
        The columns are a guess at what others know. People who know more recognise more.
        """
        lines = [
            f"{self.people:,} people, {self.classes:,} combinations of {', '.join(self.quasi_identifiers)}. The rarest "
            f"is shared by {self.k}: the table is {self.k}-anonymous."
        ]
        if self.below:
            who = "1 person" if self.alone == 1 else f"{self.alone:,} people"
            share = "shares" if self.below == 1 else "share"
            lines.append(
                f"{who} can be recognised by these columns alone; {self.below:,} {share} them with fewer than "
                f"{self.wanted - 1} others."
            )
            if len(self.without) > 1:
                best = min(self.without, key=lambda each: each[2])
                lines.append(
                    f"Leaving out {best[0]} would help most: then {best[2]:,} people remain in groups under "
                    f"{self.wanted}."
                )
        if self.diversity is not None:
            lines.append(
                f"{self.sensitive}: at least {self.diversity} different value{'s' if self.diversity > 1 else ''} in "
                f"each combination. {self.given_away:,} people stand in a group of two or more that all have the same "
                "value, so it is known of each of them, however large the group."
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
    """

    compared: int
    risky: tuple[tuple[str, ...], ...]
    k: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row a risky group.

        Returns
        -------
        DataFrame, shape (n_risky, 1)
            The labels, joined by commas.
        """
        return pd.DataFrame({"group": [", ".join(each) for each in self.risky]})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return dict(plain(asdict(self)))

    def summary(self) -> str:
        """Say in plain words whether the two tables may both be shown.

        Returns
        -------
        str
            One paragraph.
        """
        if not self.risky:
            return (
                f"{self.compared} groups stand in both tables; none differs by 1 to {self.k - 1} people. Sums of "
                "several groups, and tables published elsewhere, were not compared."
            )
        shown = "; ".join(", ".join(each) for each in self.risky[:5]) + (" …" if len(self.risky) > 5 else "")
        return (
            f"{len(self.risky)} of {self.compared} groups differ by 1 to {self.k - 1} people: {shown}. Whoever holds "
            "both tables subtracts one from the other and knows the figures of these few. Show one of the tables, or "
            "the same people in both."
        )


def differencing(
    first: Any, second: Any, *, k: int, groups: Sequence[str] = (), counts: str = "count"
) -> DifferencingCheck:
    """Find groups whose counts in two tables differ by a few people, who could be read off by subtraction.

    Parameters
    ----------
    first, second : SuppressedTable or table
        Two tables that are to be shown: of two months, or with and without some people.
    k : int
        Differences of 1 to k - 1 are risky; at least 2.
    groups : sequence of str
        Columns with the labels; not for a `SuppressedTable`.
    counts : str
        Column with the number of people, likewise. Missing counts are hidden and not compared.

    Returns
    -------
    DifferencingCheck

    Raises
    ------
    MeasureError
        If `k` is below 2, or no group is in both tables.
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
        raise MeasureError("No group is shown in both tables.", "Compare tables with the same labels.")
    risky = tuple(group for group in both if 0 < abs(one[group] - other[group]) < k)
    return DifferencingCheck(len(both), risky, k)


def _counted(table: Any, groups: Sequence[str], counts: str) -> dict[tuple[str, ...], int]:
    if isinstance(table, SuppressedTable):
        return {(cell.row, cell.column): cell.count for cell in table.cells if cell.count is not None}
    names = [groups] if isinstance(groups, str) else list(groups)
    if not names:
        raise MeasureError("The columns with the groups are not named.", "Give groups=[...].")
    frame = pandas_columns(table, *names, counts)
    keys = list(zip(*(frame[name].astype(str) for name in names), strict=True))
    if len(set(keys)) < len(keys):
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise JoinError(f"The group {', '.join(twice)} occurs in two rows.", "Give one row for each group.")
    return {key: int(number) for key, number in zip(keys, frame[counts], strict=True) if pd.notna(number)}


@dataclass(frozen=True, slots=True)
class RetentionLine:
    """Rows of one retention class.

    Parameters
    ----------
    retention_class : str
        Its name.
    years : float or None
        How long such rows may be kept; None if no rule was given.
    rows : int
        Rows of the class.
    overdue : int
        Rows older than that.
    undated : int
        Rows without a date.
    oldest : str
        Date of the oldest row, empty if none has a date.
    """

    retention_class: str
    years: float | None
    rows: int
    overdue: int
    undated: int
    oldest: str


@dataclass(frozen=True, slots=True)
class RetentionCheck:
    """Result of `check_retention`.

    Parameters
    ----------
    lines : tuple of RetentionLine
        Most overdue first.
    as_of : str
        The day of the check.
    """

    lines: tuple[RetentionLine, ...]
    as_of: str

    @property
    def overdue(self) -> int:
        """Rows that are kept too long."""
        return sum(line.overdue for line in self.lines)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a retention class.

        Returns
        -------
        DataFrame, shape (n_classes, 6)
            The fields of `RetentionLine`.
        """
        return pd.DataFrame([asdict(line) for line in self.lines])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return dict(plain(asdict(self)))

    def summary(self) -> str:
        """Say in plain words what is kept too long.

        Returns
        -------
        str
            One paragraph a line.
        """
        rows = sum(line.rows for line in self.lines)
        lines = [f"{self.overdue:,} of {rows:,} rows are older than their rule allows on {self.as_of}."]
        lines += [
            f"{line.retention_class}: {line.overdue:,} of {line.rows:,} rows are older than {line.years:g} years; the "
            f"oldest is of {line.oldest}."
            for line in self.lines
            if line.overdue
        ]
        if ruleless := [line for line in self.lines if line.years is None]:
            number = sum(line.rows for line in ruleless)
            names = ", ".join(line.retention_class for line in ruleless)
            lines.append(f"No rule was given for {number:,} rows ({names}): that is a finding too.")
        if undated := sum(line.undated for line in self.lines):
            lines.append(f"{undated:,} rows have no date, so nobody can say when they are to go.")
        lines.append("Before anything is deleted, ask whether a law, a contract or a dispute requires it to be kept.")
        return "\n".join(lines)


def check_retention(
    table: Any, *, date: str, retention_class: str, years: Mapping[str, float], as_of: object
) -> RetentionCheck:
    """Count rows that are older than the rule of their class.

    Parameters
    ----------
    table : table, shape (n_rows, n_columns)
        One row a record.
    date : str
        Column from which the time counts, such as the day of closing.
    retention_class : str
        Column with the class of each row.
    years : mapping of str to float
        Class -> years (of 365.25 days) that such rows may be kept; a class that is absent has no rule.
    as_of : time
        The day of the check.

    Returns
    -------
    RetentionCheck

    Raises
    ------
    MeasureError
        If there is no row, a date cannot be read, or a number of years is not positive.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> made = pd.DataFrame({"closed": ["2019-05-01", "2026-01-01"], "kind": ["ticket", "ticket"]})
    >>> check_retention(made, date="closed", retention_class="kind", years={"ticket": 3}, as_of="2026-06-30").overdue
    1
    """
    frame = pandas_columns(table, date, retention_class)
    if frame.empty:
        raise MeasureError("The table has no row.", "Check which rows were exported.")
    if wrong := [name for name, number in years.items() if not number > 0]:
        raise MeasureError(f"{wrong[0]!r} may be kept {years[wrong[0]]} years.", "Give a number above 0.")
    try:
        days = pd.to_datetime(frame[date], utc=True)
    except (ValueError, TypeError) as error:
        raise MeasureError(f"Not every value of {date!r} is a date: {error}.", "Write 2026-03-31.") from error
    moment = pd.Timestamp(as_of)  # type: ignore[arg-type]
    moment = moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
    age = ((moment - days).dt.total_seconds() / 86_400 / _DAYS_A_YEAR).to_numpy(dtype=float)
    names = frame[retention_class].astype(object).where(frame[retention_class].notna(), "(no class)").astype(str)
    lines = []
    for name in sorted(set(names)):
        own = (names == name).to_numpy()
        rule = years.get(name)
        oldest = days[own].min()
        lines.append(
            RetentionLine(
                name,
                None if rule is None else float(rule),
                int(own.sum()),
                0 if rule is None else int((age[own] > rule).sum()),
                int(np.isnan(age[own]).sum()),
                "" if pd.isna(oldest) else str(oldest.date()),
            )
        )
    return RetentionCheck(tuple(sorted(lines, key=lambda line: -line.overdue)), str(moment.date()))
