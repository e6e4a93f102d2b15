"""Tickets per 100 employees of each site or department, with small groups hidden before anybody sees them."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import json_able
from evaluators._validation import require_columns
from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.log import TicketLog
from evaluators.itdata.people.joining import PeopleJoin, join_people
from evaluators.itdata.people.rates import GroupRate, RateTable, rate_per_100
from evaluators.itdata.people.suppression import TOTAL, suppress

if TYPE_CHECKING:
    import altair as alt

_HIRED = ("hired_on", "hire_date", "date_hired", "start_date", "entry_date", "joined_on", "employed_from")
_LEFT = ("left_on", "leave_date", "exit_date", "end_date", "termination_date", "date_left", "employed_to")


@dataclass(frozen=True, slots=True)
class StaffRate:
    """The rate of one group, or that it is hidden.

    Parameters
    ----------
    group : str
        Its label.
    people : int or None
        People employed for at least a part of the time; None if hidden.
    rate, low, high : float or None
        Tickets per 100 employees (and year) with their interval; None if hidden, or if nobody was there.
    hidden : bool
        Whether the group is hidden: it is small, or a small one could be worked out from it.
    """

    group: str
    people: int | None
    rate: float | None
    low: float | None
    high: float | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class StaffRates:
    """Rates by one column of the table of people; nothing hidden is in it.

    Parameters
    ----------
    per : str
        The column, such as ``"site"``.
    rows : tuple of StaffRate
        Highest rate first, hidden groups last.
    overall : StaffRate
        All people.
    unit : str
        ``"per 100 employees and year"`` or ``"per 100 employees"``.
    confidence : float
        Of the intervals.
    spread : float
        As in `RateTable`.
    k : int
        Groups of fewer people are hidden.
    notes : tuple of str
        Tickets that do not count, and why.
    """

    per: str
    rows: tuple[StaffRate, ...]
    overall: StaffRate
    unit: str
    confidence: float
    spread: float
    k: int
    notes: tuple[str, ...]

    @property
    def hidden(self) -> tuple[str, ...]:
        """Labels of the hidden groups."""
        return tuple(row.group for row in self.rows if row.hidden)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a group.

        Returns
        -------
        DataFrame, shape (n_groups, 6)
            The fields of `StaffRate`.
        """
        frame = pd.DataFrame([asdict(row) for row in self.rows])
        return frame.astype({"people": "Int64", "rate": "float64", "low": "float64", "high": "float64"})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for what is hidden or not known."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words which groups differ, what is hidden, and what the figures do not prove.

        Returns
        -------
        str
            Lines of text.
        """
        shown = [row for row in self.rows if row.rate is not None]
        lines = [f"Tickets {self.unit}, by {self.per}. All: {_said(self.overall)}."]
        if len(shown) > 1:
            top, bottom = shown[0], shown[-1]
            apart = (
                "The two intervals do not overlap."
                if (top.low or 0) > (bottom.high or 0)
                else "The two intervals overlap, so their order may be chance."
            )
            lines.append(
                f"Highest shown: {top.group}, {_said(top)}. Lowest shown: {bottom.group}, {_said(bottom)}. {apart}"
            )
        if self.hidden:
            many = len(self.hidden)
            lines.append(
                f"{many} of {len(self.rows)} groups {'is' if many == 1 else 'are'} hidden: those with fewer than "
                f"{self.k} people, and others from which these could be worked out."
            )
        if self.spread > 1.5:
            lines.append(
                f"A few people have many tickets: counts a person spread {self.spread:.1f} times as widely as pure "
                f"chance would, so true intervals are about {self.spread**0.5:.1f} times as wide."
            )
        lines += self.notes
        lines.append(
            "A rate does not say why groups differ: roles, shifts and tools differ too, and people who gave up open no "
            "ticket. It says nothing about any one person."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw the groups that are shown as dots with their intervals.

        Returns
        -------
        altair.LayerChart
            The dashed line is the rate of all. It holds nothing that is hidden; the description holds the summary.

        Raises
        ------
        MeasureError
            If no group is shown.
        """
        shown = [row for row in self.rows if row.rate is not None]
        if not shown:
            raise MeasureError("Every group is hidden, so there is nothing to draw.", "Choose larger groups.")

        def rate(row: StaffRate) -> GroupRate:
            figures = [float("nan") if each is None else each for each in (row.rate, row.low, row.high)]
            return GroupRate((row.group,), 0, row.people or 0, 0.0, *figures)

        table = RateTable(
            tuple(map(rate, shown)), rate(self.overall), (self.per,), "tickets", self.unit, "", self.confidence,
            self.spread,
        )  # fmt: skip
        drawn = table.chart()
        drawn.description = self.summary()
        return drawn


@dataclass(frozen=True, slots=True)
class StaffReport:
    """Result of `staff_rates`.

    Parameters
    ----------
    rates : tuple of StaffRates
        One for each column asked for.
    key, people_key : str
        The columns that were matched.
    tickets, matched, without_key, unmatched, unmatched_keys : int
        Tickets; those whose caller is in the table of people; without a caller; with a caller whom the table does
        not have; different such callers. Their names are not kept.
    people, quiet_people : int
        People in the table, and those of them without a ticket.
    hired, left : str
        Columns with the first and last day of employment; empty if everybody counts as one.
    first_day, last_day : str
        Days that count, in ISO form.
    """

    rates: tuple[StaffRates, ...]
    key: str
    people_key: str
    tickets: int
    matched: int
    without_key: int
    unmatched: int
    unmatched_keys: int
    people: int
    quiet_people: int
    hired: str
    left: str
    first_day: str
    last_day: str

    @property
    def share(self) -> float:
        """Share (0-1) of the tickets whose caller is in the table of people."""
        return self.matched / self.tickets

    def to_frame(self) -> pd.DataFrame:
        """Return one row a group of every column.

        Returns
        -------
        DataFrame, shape (n_groups, 7)
            ``per`` and the columns of `StaffRates.to_frame`.
        """
        return pd.concat([each.to_frame().assign(per=each.per) for each in self.rates], ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for what is hidden or not known."""
        return json_able(self) | {"share": self.share}

    def match_sentences(self) -> list[str]:
        """Say how well the two tables fit, without naming anybody."""
        lines = [
            f"{self.matched:,} of {self.tickets:,} tickets ({self.share:.1%}) found their caller in the table of "
            f"people, by {self.key} = {self.people_key}."
        ]
        if self.without_key:
            lines.append(f"{self.without_key:,} tickets have no caller.")
        if self.unmatched:
            lines.append(
                f"{self.unmatched:,} tickets are of {self.unmatched_keys:,} callers whom the table does not have. They "
                "do not count."
            )
        if self.share < 0.95:
            lines.append("Find out who is missing first: a group whose callers are not found comes out too low.")
        lines.append(f"{self.quiet_people:,} of {self.people:,} people have no ticket. They count in every rate.")
        if self.hired:
            until = f" to {self.left}" if self.left else ", with no last day"
            lines.append(
                f"Everybody counts for the days they were employed ({self.hired}{until}) from {self.first_day} to "
                f"{self.last_day}."
            )
        else:
            lines.append(
                "The table has no dates of employment, so everybody in it counts as one: groups from which many left, "
                "or which many joined, come out wrong."
            )
        return lines

    def summary(self) -> str:
        """Say how well the tables fit, and each rate in words.

        Returns
        -------
        str
            Lines of text.
        """
        return "\n".join([*self.match_sentences(), *(each.summary() for each in self.rates)])


def staff_rates(
    log: TicketLog,
    people: pd.DataFrame,
    *,
    per: str | Sequence[str],
    people_key: str = "employee_id",
    k: int = 5,
    hired: str | None = None,
    left: str | None = None,
) -> StaffReport:
    """Count tickets per 100 employees of each group of people, and hide the small groups.

    Callers are matched with people by one key and are then forgotten: no person, caller or key is in the result.
    Groups of fewer than `k` people are hidden, and so many others that nobody can work these out from the totals.
    Each column is protected by itself. Who resolved a ticket cannot be matched: this is not for watching people work.

    Parameters
    ----------
    log : TicketLog
        With callers.
    people : DataFrame, shape (n_people, n_columns)
        One row a person.
    per : str or sequence of str
        Columns of `people` whose groups are compared, such as ``"site"``.
    people_key : str
        The column of `people` that holds what the tickets call the caller.
    k : int
        Smallest group that may be shown, at least 2.
    hired, left : str, optional
        Columns with first and last day of employment, such as 2026-03-31 or 31.3.2026. By default a column called
        ``hired_on``, ``hire_date``, ``left_on``, ``exit_date`` or the like is taken; an empty text is none.

    Returns
    -------
    StaffReport

    Raises
    ------
    JoinError
        If no caller is among the people, or a person occurs twice.
    MeasureError
        If the table holds fewer than `k` people, or dates make no sense.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> table = pd.DataFrame({"number": range(4), "opened_at": "2026-03-02", "caller": ["1", "1", "7", "x"]})
    >>> staff = pd.DataFrame({"employee_id": range(24), "site": ["Cork"] * 8 + ["Sligo"] * 12 + ["Tory"] * 4})
    >>> found = staff_rates(ticket_log(table), staff, per="site")
    >>> found.matched, [(row.group, row.rate) for row in found.rates[0].rows]
    (3, [('Sligo', 0.0), ('Cork', None), ('Tory', None)])
    """
    names = [per] if isinstance(per, str) else list(dict.fromkeys(per))
    if not names:
        raise MeasureError("No column of the people was named.", 'Give per="site" or the like.')
    require_columns(people, people_key, *names)
    if not log.has("caller") or log.tickets["caller"].isna().all():
        raise JoinError("The tickets do not say who called.", "Export the caller as well, or name its column.")
    if len(people) < k:
        raise MeasureError(f"The table holds fewer than {k} people.", "Nothing about so few people may be shown.")
    hired = _found(people, _HIRED) if hired is None else hired or None
    left = (_found(people, _LEFT) if hired else None) if left is None else left or None
    for each in (hired, left):
        if each:
            require_columns(people, each)
            people = _with_days(people, each)
    rows = pd.DataFrame({"caller": log.tickets["caller"].astype(object), "opened_at": log.local("opened_at")})
    end = log.as_of.tz_convert(log.time_zone).tz_localize(None) - pd.Timedelta(microseconds=1)
    first, last = rows["opened_at"].min(), max(end, rows["opened_at"].max())
    joined = join_people(rows, people, key="caller", people_key=people_key, columns=[])
    made = []
    for name in names:
        found = rate_per_100(
            joined.table, people, by=name, at="opened_at", key="caller", people_key=people_key, hired=hired, left=left,
            start=first, end=last, what="tickets",
        )  # fmt: skip
        made.append(_shown(found, name, k))
    return StaffReport(
        rates=tuple(made), key="caller", people_key=people_key, **_counts(joined),
        hired=hired or "", left=left or "", first_day=f"{first:%Y-%m-%d}", last_day=f"{last:%Y-%m-%d}",
    )  # fmt: skip


def _with_days(people: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the people with a column of days such as 31.3.2026 or 31/3/2026 written as 2026-03-31."""
    texts = people[name].astype("string").str.strip()
    parts = texts.str.extract(r"^(\d{1,2})([./-])(\d{1,2})[./-](\d{4})$")
    if not parts[0].notna().any():
        return people
    first, second = pd.to_numeric(parts[0]), pd.to_numeric(parts[2])
    day_first = bool((first > 12).any() or (parts[1] == ".").any())
    if day_first == bool((second > 12).any()):
        shown = texts[parts[0].notna()].iloc[0]
        raise MeasureError(
            f"In the column {name!r} it cannot be told whether the day or the month comes first, as in {shown!r}.",
            "Write dates as year-month-day, such as 2026-03-31.",
        )
    day, month = (first, second) if day_first else (second, first)
    pad = [each.astype("Int64").astype("string").str.zfill(2) for each in (month, day)]
    return people.assign(**{name: (parts[3] + "-" + pad[0] + "-" + pad[1]).where(parts[0].notna(), texts)})


def _counts(joined: PeopleJoin) -> dict[str, int]:
    return {
        "tickets": joined.rows, "matched": joined.matched, "without_key": joined.without_key,
        "unmatched": joined.unmatched, "unmatched_keys": joined.unmatched_keys, "people": len(joined.people),
        "quiet_people": joined.quiet_people,
    }  # fmt: skip


def _shown(table: RateTable, per: str, k: int) -> StaffRates:
    """Keep of a table of rates what may be shown."""
    frame = pd.DataFrame(
        {"group": [rate.label for rate in table.rates], "people": [rate.people for rate in table.rates]}
    )
    safe = suppress(frame, k=k, counts="people", rows="group")
    rows = [_row(rate, hidden=safe.cell(rate.label).hidden) for rate in table.rates]
    rows.sort(key=lambda row: row.hidden)  # else the order would tell how high the hidden ones are
    ends = [*(row for row in rows if not row.hidden), *sorted((r for r in rows if r.hidden), key=lambda r: r.group)]
    overall = replace(_row(table.overall, hidden=safe.cell(TOTAL).hidden), group="All")
    if overall.hidden:
        raise MeasureError(f"Fewer than {k} people were employed.", "Nothing about so few people may be shown.")
    return StaffRates(per, tuple(ends), overall, table.unit, table.confidence, table.spread, k, table.notes)


def _row(rate: GroupRate, *, hidden: bool) -> StaffRate:
    if hidden:
        return StaffRate(rate.label, None, None, None, None, True)
    if math.isnan(rate.rate):
        return StaffRate(rate.label, rate.people, None, None, None, False)
    return StaffRate(rate.label, rate.people, rate.rate, rate.low, rate.high, False)


def _found(people: pd.DataFrame, names: Sequence[str]) -> str | None:
    """Return the first column with one of these names, whatever its capitals and blanks."""
    there = {str(name).strip().casefold().replace(" ", "_"): str(name) for name in people.columns}
    return next((there[name] for name in names if name in there), None)


def _said(row: StaffRate) -> str:
    if row.rate is None:
        return "not known"
    return f"{row.rate:,.1f} ({row.low:,.1f} to {row.high:,.1f})"
