"""Joining what IT records to who people are, by one key, and saying what did not match."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import plain
from evaluators._validation import require_columns
from evaluators.itdata._cells import key_texts
from evaluators.itdata._words import counted
from evaluators.itdata.errors import JoinError
from evaluators.itdata.log import TICKET_TIMES, TicketLog

_EXAMPLES = 5
_GOOD = 0.95


@dataclass(frozen=True, slots=True)
class PeopleJoin:
    """Result of `join_people`.

    Parameters
    ----------
    table : DataFrame, shape (n_matched, n_columns)
        The matched rows with the columns of their person; a column that both tables have is ``"<name>_of_person"``.
    people : DataFrame, shape (n_people, n_columns)
        The people, with their key as text.
    key, people_key : str
        The columns that were matched.
    rows : int
        Rows to be joined.
    without_key : int
        Rows whose key is missing.
    unmatched : int
        Rows whose key no person has.
    unmatched_keys : int
        Different keys that no person has.
    examples : tuple of str
        The first few of them. They may be names: do not show them further.
    quiet_people : int
        People without a row. They belong into every rate all the same.
    """

    table: pd.DataFrame = field(repr=False)
    people: pd.DataFrame = field(repr=False)
    key: str
    people_key: str
    rows: int
    without_key: int
    unmatched: int
    unmatched_keys: int
    examples: tuple[str, ...]
    quiet_people: int

    @property
    def matched(self) -> int:
        """Rows that found their person."""
        return self.rows - self.without_key - self.unmatched

    @property
    def share(self) -> float:
        """Share (0-1) of the rows that found their person."""
        return self.matched / self.rows

    def per_person(self, *, at: str | None = None, start: object = None, end: object = None) -> pd.DataFrame:
        """Count the rows of each person; people without a row have 0.

        Compare such counts with what happened *afterwards*, in a window of the same length for all: somebody who left
        in March could not report tickets in April.

        Parameters
        ----------
        at : str, optional
            Column with the time, needed for a window.
        start, end : time, optional
            First moment that counts and first that does not any more.

        Returns
        -------
        DataFrame, shape (n_people, n_columns + 1)
            The people with the column ``events`` (or, if they have one, ``events_joined``).

        Raises
        ------
        JoinError
            If a window is given without `at`, or one of its ends is no time like those of `at`.
        ColumnError
            If there is no column `at`.
        """
        rows = self.table
        if start is not None or end is not None:
            if at is None:
                raise JoinError("A window needs the column with the time.", 'Give at="opened_at" or the like.')
            require_columns(rows, at)
            for bound, after in ((start, True), (end, False)):
                if bound is not None:
                    moment = _bound(bound, rows[at])
                    rows = rows[rows[at] >= moment] if after else rows[rows[at] < moment]
        counts = rows[self.key].value_counts()
        name = "events_joined" if "events" in self.people else "events"
        return self.people.assign(**{name: self.people[self.people_key].map(counts).fillna(0).astype(int)})

    def to_frame(self) -> pd.DataFrame:
        """Return how many rows matched.

        Returns
        -------
        DataFrame, shape (3, 2)
            ``rows`` and ``share`` of those matched, without a key, and unmatched.
        """
        numbers = [self.matched, self.without_key, self.unmatched]
        return pd.DataFrame(
            {"found": ["matched", "without key", "unmatched"], "rows": numbers, "share": np.divide(numbers, self.rows)}
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the counts for JSON; neither people nor keys."""
        names = ("key", "people_key", "rows", "matched", "without_key", "unmatched", "unmatched_keys", "quiet_people")
        return dict(plain({name: getattr(self, name) for name in names}))

    def summary(self) -> str:
        """Say in plain words how well the two tables fit.

        Returns
        -------
        str
            One paragraph a line.
        """
        lines = [
            f"{self.matched:,} of {self.rows:,} rows ({self.share:.1%}) found their person by {self.key} = "
            f"{self.people_key}."
        ]
        if self.without_key:
            lines.append(f"{counted(self.without_key, 'row')} without {self.key}.")
        if self.unmatched:
            shown = ", ".join(self.examples) + (" …" if self.unmatched_keys > len(self.examples) else "")
            keys = counted(self.unmatched_keys, "key")
            lines.append(f"{counted(self.unmatched, 'row')} with {keys} that nobody has: {shown}.")
        if self.share < _GOOD:
            lines.append(
                "Find out who these are before you compare groups: if one group is missing more often, its rates come "
                "out too low."
            )
        lines.append(
            f"People without a row: {self.quiet_people:,} of {len(self.people):,}. They count in every rate; leaving "
            "them out would make all groups look busier."
        )
        return "\n".join(lines)


def join_people(
    table: Any,
    people: Any,
    *,
    key: str = "caller",
    people_key: str = "employee_id",
    columns: str | Sequence[str] | None = None,
) -> PeopleJoin:
    """Give each ticket (or any other row) the columns of its person.

    Keys are compared as text without spaces around; 17, 17.0 and ``"17"`` are the same, ``"E17"`` and ``"e17"`` are
    not.

    Parameters
    ----------
    table : TicketLog or table, shape (n_rows, n_columns)
        What is to be joined; of a log, its tickets, with the times in the log's own time zone.
    people : table, shape (n_people, n_columns)
        One row a person.
    key, people_key : str
        The columns that hold the same key.
    columns : str or sequence of str, optional
        Columns of `people` to take along: take no more than you need. By default all.

    Returns
    -------
    PeopleJoin

    Raises
    ------
    JoinError
        If a person occurs twice or has no key, a table is empty, or no row matches.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> tickets = pd.DataFrame({"caller": [7, 7, 9, None], "hours": [1, 2, 3, 4]})
    >>> staff = pd.DataFrame({"employee_id": ["7", "8"], "site": ["Cork", "Sligo"]})
    >>> joined = join_people(tickets, staff)
    >>> joined.matched, joined.unmatched, joined.examples, joined.table["site"].tolist()
    (2, 1, ('9',), ['Cork', 'Cork'])
    """
    left = _local(table) if isinstance(table, TicketLog) else _whole(table)
    right = _whole(people)
    pandas_columns(left, key)
    taken = right.columns if columns is None else [columns] if isinstance(columns, str) else columns
    wanted = [each for each in taken if each != people_key]
    staff = pandas_columns(right, people_key, *wanted).reset_index(drop=True)
    if not len(left) or not len(staff):
        raise JoinError(f"The table of {'people' if len(left) else 'rows'} is empty.", "Check what was exported.")
    staff = staff.assign(**{people_key: person_keys(staff[people_key], people_key)})
    keys = key_texts(left[key])
    place = pd.Index(staff[people_key]).get_indexer(pd.Index(keys))
    without = keys.isna().to_numpy()
    matched = (place >= 0) & ~without
    strangers = keys[~matched & ~without].drop_duplicates()
    if not matched.any():
        raise JoinError(f"No {key} is the {people_key} of anybody.", _why(keys, staff[people_key]))
    joined = left[matched].reset_index(drop=True).assign(**{key: keys[matched].to_numpy()})
    for name in wanted:
        given = staff[name].take(place[matched]).reset_index(drop=True)
        joined[f"{name}_of_person" if name in left.columns else name] = given
    return PeopleJoin(
        table=joined,
        people=staff,
        key=key,
        people_key=people_key,
        rows=len(left),
        without_key=int(without.sum()),
        unmatched=int((~matched & ~without).sum()),
        unmatched_keys=len(strangers),
        examples=tuple(strangers.iloc[:_EXAMPLES]),
        quiet_people=len(staff) - len(np.unique(place[matched])),
    )


def person_keys(values: pd.Series, name: str) -> pd.Series:
    """Return the keys of people as text: each there and each once.

    Raises
    ------
    JoinError
        If one is missing or occurs twice.
    """
    keys = key_texts(values)
    if keys.isna().any():
        row = int(np.flatnonzero(keys.isna())[0])
        raise JoinError(
            f"In row {row + 1} a person has no {name} ({int(keys.isna().sum())} such rows).", "Leave these rows out."
        )
    twice = keys[keys.duplicated()]
    if len(twice):
        raise JoinError(
            f"The {name} {twice.iloc[0]!r} occurs more than once among the people ({len(twice)} rows too many).",
            "One row a person belongs here: keep the latest of each, or each ticket would count twice.",
        )
    return keys


def _local(log: TicketLog) -> pd.DataFrame:
    """Return the tickets with times in the log's zone, so that days begin when they do for its people."""
    return log.tickets.assign(**{name: log.tickets[name].dt.tz_convert(log.time_zone) for name in TICKET_TIMES})


def _whole(table: Any) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    import narwhals.stable.v2 as nw

    try:
        names = nw.from_native(table).collect_schema().names()
    except TypeError:
        names = []  # the error of pandas_columns says what it is
    return pandas_columns(table, *names)


def _why(keys: pd.Series, known: pd.Series) -> str:
    """Guess why no key matches."""

    def simple(texts: pd.Series) -> set[str]:
        return set(texts.dropna().astype(str).str.casefold().str.replace(r"^\D*0*", "", regex=True))

    one, other = keys.dropna(), known
    shown = f"One table has {one.iloc[0]!r}, the other {other.iloc[0]!r}. " if len(one) else "All keys are missing. "
    if (simple(one) & simple(other)) - {""}:
        return f"{shown}They seem to differ in capitals, leading zeros or a prefix: write them alike first."
    return f"{shown}Name the right columns with key and people_key."


def _bound(given: object, times: pd.Series) -> pd.Timestamp:
    """Return an end of a window as the times are: with their zone, or without one."""
    if not pd.api.types.is_datetime64_any_dtype(times):
        raise JoinError(
            f"The column {times.name!r} does not hold times.", "Turn it into times with pandas.to_datetime."
        )
    try:
        bound = pd.Timestamp(given)  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise JoinError(f"{given!r} is no time.", "Give one such as 2026-03-31.") from error
    if pd.isna(bound):
        raise JoinError("An end of the window is a missing time.", "Give one such as 2026-03-31, or leave it out.")
    zone = times.dt.tz
    if bound.tz is None:
        return bound if zone is None else bound.tz_localize(zone)
    if zone is None:
        raise JoinError(f"{given!s} has a time zone, {times.name!r} has none.", "Give the clock time without a zone.")
    return bound
