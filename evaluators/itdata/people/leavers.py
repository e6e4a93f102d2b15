"""The last days: access that outlives the job."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from evaluators._plain import plain
from evaluators._wilson import wilson
from evaluators.itdata._cells import day, days, has_column, keys, labels, rows_of
from evaluators.itdata._waits import wait_quantile
from evaluators.itdata._words import counted, percent
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.people._starters import last_days, refuse_after


@dataclass(frozen=True, slots=True)
class SystemAccess:
    """Access of people who left, in one system.

    Parameters
    ----------
    system : str
        The system.
    leavers : int
        Accesses of people whose last day is over.
    late : int
        Those taken back after the days allowed, or still open after them.
    still_open : int
        Those not taken back by `LeaverAccess.as_of`.
    late_share, late_low, late_high : float
        Share (0-1) late of those that can be judged, and its 95 % Wilson interval.
    median_days, longest_days : float
        Days from the last day to the taking back; open ones count so far. Median NaN if too many are open.
    longest_open_days : float
        Days since the last day of the access that has been open longest; 0 if none is open.
    """

    system: str
    leavers: int
    late: int
    still_open: int
    late_share: float
    late_low: float
    late_high: float
    median_days: float
    longest_days: float
    longest_open_days: float


@dataclass(frozen=True, slots=True)
class LeaverAccess:
    """Result of `leaver_access`.

    Parameters
    ----------
    systems : tuple of SystemAccess
        Most late first.
    total : SystemAccess
        All systems together.
    as_of : date
        The day of the export.
    allowed_days : int
        Days after the last day in which taking access back is still in time.
    too_recent : int
        Accesses of people who left so lately that the days allowed are not over. They are in no count, even if they
        were taken back already: else of the latest leavers only the quick cases would count.
    """

    systems: tuple[SystemAccess, ...]
    total: SystemAccess
    as_of: date
    allowed_days: int
    too_recent: int

    def __iter__(self) -> Iterator[SystemAccess]:
        return iter(self.systems)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per system with the fields of `SystemAccess`."""
        return pd.DataFrame([asdict(each) for each in self.systems])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for what is not known."""
        return dict(plain(asdict(self) | {"as_of": self.as_of.isoformat()}))

    def summary(self) -> str:
        """Say in plain words whose access outlived the job.

        Examples
        --------
        >>> table = pd.DataFrame(
        ...     {
        ...         "employee_id": ["E1", "E2"],
        ...         "system": ["payroll", "payroll"],
        ...         "revoked_at": ["2026-03-31 17:00", None],
        ...         "left_on": ["2026-03-31", "2026-05-31"],
        ...     }
        ... )
        >>> print(leaver_access(table, as_of="2026-06-30").summary())
        1 of 2 accesses of people who left outlived their last day by more than 1 day (50.0%); 1 is still open on \
2026-06-30, for up to 30 days.
        payroll: 1 of 2 late, 1 still open.
        That access was open does not say that anybody used it, or that anybody is to blame. Each open one is to be \
closed today; why they were late is a question to the process that tells IT who leaves.
        """
        each = self.total
        open_ones = (
            f"; {each.still_open:,} {'is' if each.still_open == 1 else 'are'} still open on {self.as_of}, for up to "
            f"{each.longest_open_days:g} days"
            if each.still_open
            else ""
        )
        lines = [
            f"{each.late:,} of {counted(each.leavers, 'access', 'accesses')} of people who left outlived their last "
            f"day by more than {counted(self.allowed_days, 'day')} ({percent(each.late_share)}){open_ones}."
        ]
        lines += [
            f"{row.system}: {row.late:,} of {row.leavers:,} late, {row.still_open:,} still open."
            for row in self.systems[:5]
            if row.late
        ]
        if self.too_recent:
            lines.append(
                f"Not counted, since the days allowed are not over: {counted(self.too_recent, 'access', 'accesses')}."
            )
        lines.append(
            "That access was open does not say that anybody used it, or that anybody is to blame. Each open one is to "
            "be closed today; why they were late is a question to the process that tells IT who leaves."
        )
        return "\n".join(lines)


def leaver_access(access_requests: Any, *, as_of: Any, people: Any = None, allowed_days: int = 1) -> LeaverAccess:
    """Count accesses that were still open after their holder had left.

    Parameters
    ----------
    access_requests : table, shape (n_rows, n_columns)
        One row for each person and system: ``employee_id``, ``system``, ``revoked_at`` (empty: not yet) and
        ``left_on`` (last day; empty: still here). A row with an empty ``provisioned_at`` never was an access and is
        left out, if there is such a column.
    as_of : date
        The day of the export.
    people : table, shape (n_people, n_columns), optional
        ``employee_id`` and ``left_on``, to be taken instead of the table's own ``left_on``.
    allowed_days : int
        Days after the last day in which taking access back is in time; 0: by the end of the last day.

    Returns
    -------
    LeaverAccess

    Raises
    ------
    MeasureError
        If nobody with access has left, or a date cannot be read or lies after `as_of`.
    JoinError
        If a person occurs twice in `people`.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"employee_id": ["E1"], "system": ["mail"], "revoked_at": ["2026-04-20"], "left_on": ["2026-03-31"]}
    ... )
    >>> leaver_access(table, as_of="2026-06-30").total.median_days
    20.0
    """
    if isinstance(allowed_days, bool) or allowed_days < 0:
        raise MeasureError(f"{allowed_days} days cannot be allowed.", "Give 0 days or more.")
    today = day(as_of, "as_of")
    given = has_column(access_requests, "provisioned_at")
    own = people is None
    frame = rows_of(
        access_requests, "employee_id", "system", "revoked_at", *["left_on"] * own, *["provisioned_at"] * given
    )
    person = keys(frame, "employee_id")
    left = days(frame, "left_on") if own else person.map(last_days(people))
    table = pd.DataFrame(
        {"system": labels(frame, "system"), "revoked": days(frame, "revoked_at"), "left": pd.to_datetime(left)}
    )
    refuse_after(table["revoked"], today, "access is taken back")
    given_rows = days(frame, "provisioned_at").notna() if given else pd.Series(True, index=table.index)
    table = table[given_rows & (table["left"] < today)]
    if table.empty:
        raise MeasureError(f"Nobody with access had left by {today.date()}.", "Check left_on and as_of.")
    over = table["revoked"].notna()
    waited = (table["revoked"].fillna(today) - table["left"]).dt.days.clip(lower=0)
    recent = (today - table["left"]).dt.days <= allowed_days
    table = table.assign(over=over, waited=waited, late=waited > allowed_days)[~recent]
    if table.empty:
        raise MeasureError("All who left are still within the days allowed.", "Look again later.")
    parts = [_access(str(name), part) for name, part in table.groupby("system", sort=True)]
    return LeaverAccess(
        systems=tuple(sorted(parts, key=lambda each: (-each.late, each.system))),
        total=_access("all systems", table),
        as_of=today.date(),
        allowed_days=allowed_days,
        too_recent=int(recent.sum()),
    )


def _access(name: str, part: pd.DataFrame) -> SystemAccess:
    late = int(part["late"].sum())
    return SystemAccess(
        name,
        len(part),
        late,
        int((~part["over"]).sum()),
        late / len(part),
        *wilson(late, len(part)),
        median_days=wait_quantile(part["waited"], part["over"], 0.5),
        longest_days=float(part["waited"].max()),
        longest_open_days=float(part["waited"].where(~part["over"], 0).max()),
    )
