"""Do people leave early more often when their laptop came late? The gap, its range, and what it does not prove."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators._wilson import wilson
from evaluators.itdata._cells import BoolArray, keys, rows_of
from evaluators.itdata._words import percent
from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.people._starters import last_days, starters_of
from evaluators.screening.counts import GroupCount
from evaluators.screening.intervals import ratio_interval

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class EarlyExits:
    """Result of `early_exits`: people with a late laptop beside those with one in time.

    Parameters
    ----------
    within_days : int
        Exits in so many days after the start count as early.
    exit_kinds : tuple of str
        Kinds of exit that count; empty: all.
    late_people, late_exits, on_time_people, on_time_exits : int
        People whose laptop was late or on time, and those of them who left early.
    late_risk, on_time_risk : float
        Shares (0-1) who left early.
    risk_difference, difference_low, difference_high : float
        Share of the late less share of the others, and Newcombe's 95 % interval (method 10).
    risk_ratio, ratio_low, ratio_high : float
        First share over second, and Koopman's 95 % interval; NaN or infinite where nobody left.
    p_value : float
        Fisher's exact test, two-sided.
    too_recent : int
        Left out: people who started less than `within_days` days before the export.
    left_before_due : int
        Left out: people who left before it was known whether their laptop was late.
    unknown : int
        Left out: people without a due date, or who are not in the table of people.
    """

    within_days: int
    exit_kinds: tuple[str, ...]
    late_people: int
    late_exits: int
    on_time_people: int
    on_time_exits: int
    late_risk: float
    on_time_risk: float
    risk_difference: float
    difference_low: float
    difference_high: float
    risk_ratio: float
    ratio_low: float
    ratio_high: float
    p_value: float
    too_recent: int
    left_before_due: int
    unknown: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row for late and one for on time.

        Returns
        -------
        DataFrame, shape (2, 6)
            ``laptop``, ``people``, ``exits``, ``risk`` (0-1) and its 95 % Wilson interval ``low``, ``high``.
        """
        groups = (
            ("late", self.late_people, self.late_exits, self.late_risk),
            ("on time", self.on_time_people, self.on_time_exits, self.on_time_risk),
        )
        return pd.DataFrame(
            [(name, people, exits, risk, *wilson(exits, people)) for name, people, exits, risk in groups],
            columns=["laptop", "people", "exits", "risk", "low", "high"],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for what is not known."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how much more often the one group left, and what that does not prove.

        Examples
        --------
        >>> print(compare_exits(late=(30, 100), on_time=(30, 300)).summary())
        30 of 100 people whose laptop came late left within 180 days (30.0%), and 30 of 300 others (10.0%).
        That is 20.0 percentage points more (from 11.0 more to 30.0 more fits these counts), or 3.0 times as often \
(1.9 to 4.7 times). If the laptop had nothing to do with it, chance alone would give a gap this large in fewer than 1 \
of 1,000 such companies.
        This does not prove that laptops drive people away. Where laptops come late, other things may be late too: \
busy sites, weak managers, rushed hiring. Compare within site and kind of work before you act.
        """
        what = f" ({', '.join(self.exit_kinds)})" if self.exit_kinds else ""
        points = 100 * self.risk_difference
        low, high = 100 * self.difference_low, 100 * self.difference_high
        lines = [
            f"{self.late_exits:,} of {self.late_people:,} people whose laptop came late left within "
            f"{self.within_days} days{what} ({percent(self.late_risk)}), and {self.on_time_exits:,} of "
            f"{self.on_time_people:,} others ({percent(self.on_time_risk)})."
        ]
        said = f"That is {_points(points, unit=True)} (from {_points(low)} to {_points(high)} fits these counts)"
        if math.isfinite(self.risk_ratio):
            top = f"{self.ratio_high:.1f}" if math.isfinite(self.ratio_high) else "any number of"
            said += f", or {self.risk_ratio:.1f} times as often ({self.ratio_low:.1f} to {top} times)"
        lines.append(f"{said}. {_chance(self.p_value)}")
        out = [
            (self.too_recent, f"started less than {self.within_days} days ago"),
            (self.left_before_due, "left before it was known whether the laptop was late"),
            (self.unknown, "without a due date or not in the table of people"),
        ]
        if any(number for number, _ in out):
            lines.append("Not counted: " + "; ".join(f"{number:,} {words}" for number, words in out if number) + ".")
        lines.append(
            "This does not prove that laptops drive people away. Where laptops come late, other things may be late "
            "too: busy sites, weak managers, rushed hiring. Compare within site and kind of work before you act."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw both shares with their intervals.

        Returns
        -------
        altair.LayerChart
            A dot and a line for each group, told apart by place, shape and colour. The description holds the summary.
        """
        from evaluators.itdata.people._charts.exits import exits_chart  # Altair is slow to import

        return exits_chart(self)


def early_exits(
    onboarding: Any, people: Any, *, as_of: Any, within_days: int = 180, exit_kinds: Sequence[str] = ()
) -> EarlyExits:
    """Compare early exits of people whose laptop came late with those of the others.

    Only people who started at least `within_days` days before `as_of` count, since of the others nobody knows yet
    whether they leave early. Somebody who left on or before the due date could have no late laptop and is left out.
    The laptop counts as late if it came after its due date, or never came.

    Parameters
    ----------
    onboarding : table, shape (n_people, n_columns)
        As for `onboarding_delays`.
    people : table, shape (n_people, n_columns)
        One row a person: ``employee_id``, ``left_on`` (empty: still here) and, if `exit_kinds` is given, ``exit_kind``.
    as_of : date
        The day of the export.
    within_days : int
        Days after the start that count as early.
    exit_kinds : sequence of str
        Kinds of exit to count, such as ``["resigned"]``; people who left otherwise count as not having left so.

    Returns
    -------
    EarlyExits

    Raises
    ------
    MeasureError
        If nobody, or nobody of one group, can be compared, or there is no such kind of exit.
    JoinError
        If a person occurs twice in `people`, or nobody of `onboarding` is in it.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> onboarding = pd.DataFrame(
    ...     {
    ...         "employee_id": ["E1", "E2", "E3"],
    ...         "starts_on": "2025-03-03",
    ...         "laptop_due_on": "2025-03-03",
    ...         "laptop_delivered_on": ["2025-03-20", "2025-03-03", "2025-02-28"],
    ...         "access_complete_on": "2025-03-03",
    ...     }
    ... )
    >>> people = pd.DataFrame({"employee_id": ["E1", "E2", "E3"], "left_on": ["2025-05-31", None, None]})
    >>> early_exits(onboarding, people, as_of="2026-06-30").risk_difference
    1.0
    """
    table, left_out = _comparable(onboarding, people, as_of, within_days, tuple(exit_kinds))
    late, early = table["late"].to_numpy(), table["left_early"].to_numpy()
    result = compare_exits(late=_counts(early[late]), on_time=_counts(early[~late]), within_days=within_days)
    values = {name: getattr(result, name) for name in EarlyExits.__slots__}
    return EarlyExits(**values | left_out | {"exit_kinds": tuple(exit_kinds)})


def early_exit_rows(
    onboarding: Any, people: Any, *, as_of: Any, within_days: int = 180, exit_kinds: Sequence[str] = ()
) -> pd.DataFrame:
    """Return the people whom `early_exits` compares, one row each, to compare them within site or kind of work.

    Parameters
    ----------
    onboarding, people, as_of, within_days, exit_kinds
        As for `early_exits`.

    Returns
    -------
    DataFrame, shape (n_compared, 4)
        ``employee_id``, ``starts_on``, ``late`` and ``left_early``. Personal data: count them, do not show them.

    Raises
    ------
    MeasureError, JoinError, ColumnError
        As `early_exits`; a group may be empty here.

    Examples
    --------
    >>> onboarding = pd.DataFrame(
    ...     {
    ...         "employee_id": ["E1", "E2"],
    ...         "starts_on": "2025-03-03",
    ...         "laptop_due_on": "2025-03-03",
    ...         "laptop_delivered_on": ["2025-03-20", "2025-03-03"],
    ...         "access_complete_on": "2025-03-03",
    ...     }
    ... )
    >>> people = pd.DataFrame({"employee_id": ["E1", "E2"], "left_on": ["2025-05-31", None]})
    >>> rows = early_exit_rows(onboarding, people, as_of="2026-06-30")
    >>> rows["late"].tolist(), rows["left_early"].tolist()
    ([True, False], [True, False])
    """
    return _comparable(onboarding, people, as_of, within_days, tuple(exit_kinds))[0]


def _comparable(
    onboarding: Any, people: Any, as_of: Any, within_days: int, kinds: tuple[str, ...]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the people who can be compared, and how many cannot, by reason."""
    if isinstance(within_days, bool) or within_days < 1:
        raise MeasureError(f"Exits within {within_days} days cannot be counted.", "Give 1 day or more.")
    table, today = starters_of(onboarding, as_of)
    last = last_days(people)
    found = table["person"].isin(set(last))
    if not found.any():
        raise JoinError("No new person is in the table of people.", "Do both tables use the same employee_id?")
    left = pd.to_datetime(table["person"].map(last))
    unknown = table["due"].isna() | ~found
    recent = ~unknown & (table["starts"] + pd.Timedelta(days=within_days) > today)
    gone = ~unknown & ~recent & (left <= table["due"])
    early = (left - table["starts"]).dt.days <= within_days
    if kinds:
        early &= table["person"].isin(_left_as(people, kinds))
    late = (table["delivered"] > table["due"]) | table["delivered"].isna()
    rows = pd.DataFrame(
        {"employee_id": table["person"], "starts_on": table["starts"], "late": late, "left_early": early}
    )
    left_out = {"too_recent": int(recent.sum()), "left_before_due": int(gone.sum()), "unknown": int(unknown.sum())}
    return rows[~(unknown | recent | gone)].reset_index(drop=True), left_out


def _left_as(people: Any, kinds: tuple[str, ...]) -> set[str]:
    """Return the keys of people whose exit is of one of the kinds."""
    frame = rows_of(people, "employee_id", "exit_kind")
    known = set(frame["exit_kind"].dropna().astype(str))
    if strange := sorted(set(kinds) - known):
        raise MeasureError(
            f"Nobody's exit is of the kind {strange[0]!r}.", f"Kinds are: {', '.join(sorted(known)) or 'none'}."
        )
    return set(keys(frame, "employee_id")[frame["exit_kind"].astype("string").isin(kinds).fillna(False)])


def compare_exits(*, late: tuple[int, int], on_time: tuple[int, int], within_days: int = 180) -> EarlyExits:
    """Compare the shares of two groups who left early.

    Parameters
    ----------
    late, on_time : (int, int)
        People who left early, and people in all, of each group.
    within_days : int
        What early means; it is only said in the words.

    Returns
    -------
    EarlyExits
        The difference with Newcombe's interval [1]_, the ratio with Koopman's [2]_, and Fisher's exact test.

    Raises
    ------
    MeasureError
        If a group has nobody, or more exits than people.

    References
    ----------
    .. [1] Newcombe, R. G. (1998). Interval Estimation for the Difference between Independent Proportions. Statistics
       in Medicine 17(8), 873-890, method 10.
    .. [2] Koopman, P. A. R. (1984). Confidence Intervals for the Ratio of Two Binomial Proportions. Biometrics 40(2),
       513-517.

    Examples
    --------
    >>> found = compare_exits(late=(56, 70), on_time=(48, 80))
    >>> print(f"{found.risk_difference:.4f}: {found.difference_low:.4f} to {found.difference_high:.4f}")
    0.2000: 0.0524 to 0.3339
    """
    from scipy.stats import fisher_exact  # scipy is slow to import

    (x, n), (y, m) = late, on_time
    for exits, people, name in ((x, n, "came late"), (y, m, "came on time")):
        if people < 1:
            raise MeasureError(f"There is nobody to compare whose laptop {name}.", "A comparison needs both groups.")
        if not 0 <= exits <= people:
            raise MeasureError(f"{exits} of {people} people cannot have left.", "Give (exits, people).")
    p, q = x / n, y / m
    (p_low, p_high), (q_low, q_high) = wilson(x, n), wilson(y, m)
    ratio_low, ratio_high = ratio_interval(GroupCount("late", x, n), GroupCount("on time", y, m))
    return EarlyExits(
        within_days=within_days,
        exit_kinds=(),
        late_people=n,
        late_exits=x,
        on_time_people=m,
        on_time_exits=y,
        late_risk=p,
        on_time_risk=q,
        risk_difference=p - q,
        difference_low=p - q - math.hypot(p - p_low, q_high - q),
        difference_high=p - q + math.hypot(p_high - p, q - q_low),
        risk_ratio=p / q if q else (math.inf if p else math.nan),
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        p_value=float(fisher_exact([[x, n - x], [y, m - y]])[1]),
        too_recent=0,
        left_before_due=0,
        unknown=0,
    )


def _counts(early: "pd.Series[bool] | BoolArray") -> tuple[int, int]:
    return int(np.asarray(early).sum()), len(early)


def _points(points: float, *, unit: bool = False) -> str:
    way = "more" if points >= 0 else "fewer"
    return f"{abs(points):.1f} {'percentage points ' if unit else ''}{way}"


def _chance(p_value: float) -> str:
    often = "fewer than 1 of 1,000" if p_value < 0.001 else f"about {max(1, round(1000 * p_value)):,} of 1,000"
    return (
        f"If the laptop had nothing to do with it, chance alone would give a gap this large in {often} such companies."
    )
