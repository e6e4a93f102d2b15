"""Records that are kept for longer than their rule allows, counted row by row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.itdata._calendar import kept_until
from evaluators.itdata._cells import day, days, rows_of
from evaluators.itdata._words import counted
from evaluators.itdata.errors import MeasureError


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
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words what is kept too long.

        Returns
        -------
        str
            One paragraph a line.
        """
        rows = sum(line.rows for line in self.lines)
        lines = [f"Rows older than their rule allows on {self.as_of}: {self.overdue:,} of {rows:,}."]
        lines += [
            f"{line.retention_class}: {line.overdue:,} of {line.rows:,} kept for more than "
            f"{line.years:g} year{'' if line.years == 1 else 's'}; the oldest is of {line.oldest}."
            for line in self.lines
            if line.overdue
        ]
        if ruleless := [line for line in self.lines if line.years is None]:
            number = sum(line.rows for line in ruleless)
            names = ", ".join(line.retention_class for line in ruleless)
            lines.append(f"No rule was given for {counted(number, 'row')} ({names}): that is a finding too.")
        if undated := sum(line.undated for line in self.lines):
            lines.append(f"{counted(undated, 'row')} without a date: nobody can say when to delete.")
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
        Class -> years that such rows may be kept: 3 years from 30 June 2023 end with 30 June 2026, those from 29
        February with 28 February. Infinity keeps for ever; a class that is absent has no rule.
    as_of : time
        The day of the check.

    Returns
    -------
    RetentionCheck

    Raises
    ------
    MeasureError
        If there is no row, a date cannot be read, lies after `as_of` or is a number, or a number of years is not
        positive.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> made = pd.DataFrame({"closed": ["2019-05-01", "2026-01-01"], "kind": ["ticket", "ticket"]})
    >>> check_retention(made, date="closed", retention_class="kind", years={"ticket": 3}, as_of="2026-06-30").overdue
    1
    """
    if date == retention_class:
        raise MeasureError(f"{date!r} is both date and class.", "Name two columns.")
    frame = rows_of(table, date, retention_class)
    if wrong := [name for name, number in years.items() if not number > 0]:
        raise MeasureError(f"{wrong[0]!r} may be kept {years[wrong[0]]} years.", "Give a number above 0.")
    when, today = days(frame, date), day(as_of, "as_of")
    later = np.flatnonzero((when > today).to_numpy())
    if len(later):
        raise MeasureError(
            f"In row {later[0] + 1} the column {date!r} has {when.iloc[later[0]].date()}, after {today.date()}.",
            "Check as_of and the dates.",
        )
    names = frame[retention_class].astype(object).where(frame[retention_class].notna(), "(no class)").astype(str)
    lines = []
    for name in sorted(set(names)):
        own = (names == name).to_numpy()
        rule = years.get(name)
        oldest = when[own].min()
        lines.append(
            RetentionLine(
                name,
                None if rule is None else float(rule),
                int(own.sum()),
                0 if rule is None else int((kept_until(when[own], rule) < today).sum()),
                int(when[own].isna().sum()),
                "" if pd.isna(oldest) else str(oldest.date()),
            )
        )
    return RetentionCheck(tuple(sorted(lines, key=lambda line: -line.overdue)), str(today.date()))
