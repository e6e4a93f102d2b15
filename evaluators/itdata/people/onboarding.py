"""The first days: late laptops, and access that is complete when people start."""

import math
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from evaluators._plain import plain
from evaluators._wilson import wilson
from evaluators.itdata._waits import wait_quantile
from evaluators.itdata._words import counted, percent
from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.people._starters import last_days, starters_of


@dataclass(frozen=True, slots=True)
class OnboardingDelays:
    """Result of `onboarding_delays`.

    Parameters
    ----------
    as_of : date
        The day of the export.
    starters : int
        People whose laptop was due before `as_of`.
    not_due : int
        People whose laptop was not due before `as_of`. They are in no share, even if it came already: else of these
        only the quick deliveries would count.
    no_due_date : int
        People without a due date; they are in no share.
    late, missing : int
        Laptops that came after they were due or had not come by `as_of`; and of these, those that had not come, also
        because their person left meanwhile.
    late_share, late_low, late_high : float
        Share (0-1) late, and its 95 % Wilson interval.
    late_median_days, late_p90_days : float
        Days late among the late ones. Laptops that never came count as long as somebody waited: until `as_of`, or
        the last day of a person known to have left. NaN if none is late or too many are missing to tell.
    access_known, access_on_time : int
        People who have started, and those of them whose access was complete by their first day.
    access_share, access_low, access_high : float
        That share (0-1) and its interval; NaN if nobody has started.
    left_first : int
        People who left before it was known whether their laptop was late; they are in no share. 0 if no table of
        people was given.
    """

    as_of: date
    starters: int
    not_due: int
    no_due_date: int
    late: int
    missing: int
    late_share: float
    late_low: float
    late_high: float
    late_median_days: float
    late_p90_days: float
    access_known: int
    access_on_time: int
    access_share: float
    access_low: float
    access_high: float
    left_first: int = 0

    def to_frame(self) -> pd.DataFrame:
        """Return one row with the fields."""
        return pd.DataFrame([asdict(self)])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for what is not known."""
        return dict(plain(asdict(self) | {"as_of": self.as_of.isoformat()}))

    def summary(self) -> str:
        """Say in plain words how many waited, and for how long.

        Examples
        --------
        >>> table = pd.DataFrame(
        ...     {
        ...         "employee_id": ["E1", "E2"],
        ...         "starts_on": ["2026-03-02", "2026-03-02"],
        ...         "laptop_due_on": ["2026-03-02", "2026-03-02"],
        ...         "laptop_delivered_on": ["2026-02-27", "2026-03-12"],
        ...         "access_complete_on": ["2026-03-02", "2026-03-04"],
        ...     }
        ... )
        >>> print(onboarding_delays(table, as_of="2026-06-30").summary())
        1 of 2 laptops were late (50.0%; true shares from 9.5% to 90.5% fit these counts). Half of the late ones came \
within 10 days after they were due, 9 in 10 within 10 days.
        1 of 2 new people had all their access by the first day (50.0%; true shares from 9.5% to 90.5% fit).
        A date of delivery says that a parcel left the desk, not that the laptop worked; and a due date that was moved \
afterwards hides a delay.
        """
        missing = f", {self.missing:,} of them had not come by {self.as_of}" if self.missing else ""
        were = "was" if self.starters == 1 else "were"
        first = (
            f"{self.late:,} of {counted(self.starters, 'laptop')} {were} late{missing} ({percent(self.late_share)}; "
            f"true shares from {percent(self.late_low)} to {percent(self.late_high)} fit these counts)."
        )
        if not math.isnan(self.late_median_days):
            first += f" Half of the late ones came within {self.late_median_days:g} days after they were due"
            first += (
                f", 9 in 10 within {self.late_p90_days:g} days."
                if not math.isnan(self.late_p90_days)
                else "; too many are still missing to tell how long the slowest tenth takes."
            )
        elif self.late:
            first += " Too many are still missing to tell how long it takes."
        lines = [first]
        if self.access_known:
            lines.append(
                f"{self.access_on_time:,} of {self.access_known:,} new people had all their access by the first day "
                f"({percent(self.access_share)}; true shares from {percent(self.access_low)} to "
                f"{percent(self.access_high)} fit)."
            )
        if self.left_first:
            said = counted(self.left_first, "person", "people")
            lines.append(f"{said} left before it was known whether the laptop was late, and not counted.")
        if self.not_due:
            lines.append(f"{counted(self.not_due, 'laptop')} not due yet and not counted.")
        if self.no_due_date:
            lines.append(f"{counted(self.no_due_date, 'person', 'people')} without a due date not counted.")
        lines.append(
            "A date of delivery says that a parcel left the desk, not that the laptop worked; and a due date that was "
            "moved afterwards hides a delay."
        )
        return "\n".join(lines)


def onboarding_delays(onboarding: Any, *, as_of: Any, people: Any = None) -> OnboardingDelays:
    """Count late laptops and access that was complete on the first day.

    Parameters
    ----------
    onboarding : table, shape (n_people, n_columns)
        One row a new person: ``employee_id``, ``starts_on``, ``laptop_due_on`` (empty: none was ordered),
        ``laptop_delivered_on`` and ``access_complete_on`` (empty: not yet).
    as_of : date
        The day of the export; a delivery after it is an error.
    people : table, shape (n_people, n_columns), optional
        One row a person: ``employee_id`` and ``left_on`` (last day; empty: still here). Who left by the day when the
        laptop was due is left out then, and nobody waits longer than to the last day.

    Returns
    -------
    OnboardingDelays

    Raises
    ------
    MeasureError
        If no laptop was due yet, a person occurs twice, or a date cannot be read or lies after `as_of`.
    JoinError
        If a person occurs twice in `people`, or nobody of `onboarding` is in it.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "employee_id": ["E1", "E2"],
    ...         "starts_on": ["2026-03-02", "2026-03-02"],
    ...         "laptop_due_on": ["2026-03-02", "2026-03-02"],
    ...         "laptop_delivered_on": ["2026-03-02", None],
    ...         "access_complete_on": ["2026-03-02", "2026-03-04"],
    ...     }
    ... )
    >>> found = onboarding_delays(table, as_of="2026-03-20")
    >>> found.late, found.missing, found.access_share
    (1, 1, 0.5)
    """
    table, today = starters_of(onboarding, as_of)
    due, delivered = table["due"], table["delivered"]
    left = pd.Series(pd.NaT, index=table.index, dtype="datetime64[us]")
    if people is not None:
        last = last_days(people)
        if not table["person"].isin(set(last)).any():
            raise JoinError("No new person is in the table of people.", "Do both tables use the same employee_id?")
        left = pd.to_datetime(table["person"].map(last))
    gone = (due < today) & (left <= due)
    counted_in = (due < today) & ~gone
    late = (counted_in & ((delivered > due) | delivered.isna())).to_numpy()
    starters = int(counted_in.sum())
    if not starters:
        raise MeasureError(f"No laptop was due before {today.date()}.", "Check as_of and laptop_due_on.")
    over = delivered[late].notna().to_numpy()
    waited_until = delivered.fillna(left.where(left < today)).fillna(today)
    waits = (waited_until[late] - due[late]).dt.days
    begun = (table["starts"] <= today).to_numpy()
    on_time = int((table["access"][begun] <= table["starts"][begun]).sum())
    known = int(begun.sum())
    return OnboardingDelays(
        as_of=today.date(),
        starters=starters,
        not_due=int((due >= today).sum()),
        no_due_date=int(due.isna().sum()),
        late=int(late.sum()),
        missing=int((~over).sum()),
        late_share=int(late.sum()) / starters,
        **dict(zip(("late_low", "late_high"), wilson(int(late.sum()), starters), strict=True)),
        late_median_days=wait_quantile(waits, over, 0.5),
        late_p90_days=wait_quantile(waits, over, 0.9),
        access_known=known,
        access_on_time=on_time,
        access_share=on_time / known if known else math.nan,
        **dict(zip(("access_low", "access_high"), wilson(on_time, known), strict=True)),
        left_first=int(gone.sum()),
    )
