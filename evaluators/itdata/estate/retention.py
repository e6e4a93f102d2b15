"""How long data are kept: what is older than its rule, what a schedule would delete, save and run into."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evaluators._plain import plain
from evaluators.itdata._calendar import DAYS_A_YEAR, FOR_EVER, kept_until
from evaluators.itdata._cells import day, days, labels, months, numbers, rows_of
from evaluators.itdata._words import counted, euros, listed
from evaluators.itdata.errors import MeasureError


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long one class of data is kept.

    Parameters
    ----------
    years : float
        Keep so many years, then delete; infinity keeps for ever.
    at_least_years : float
        What a law, a contract or a running dispute asks for; 0 if nothing does.
    why : str
        The source of that duty, or the need for keeping at all, such as ``"tax law"``.
    """

    years: float
    at_least_years: float = 0.0
    why: str = ""


Schedule = Mapping[str, RetentionRule | float]


@dataclass(frozen=True, slots=True)
class RetainedData:
    """One class of data in one system under a schedule.

    Parameters
    ----------
    system, retention_class : str
        Where and what.
    years : float
        How long it may be kept; infinity: for ever.
    oldest_record_on : date
        Its oldest record.
    oldest_years : float
        Age of that record in years.
    overdue : bool
        Whether the oldest record is older than the rule allows: data are kept that should be gone.
    gigabytes : float
        Stored in the last month.
    gigabytes_low, gigabytes_high : float
        What the schedule would delete now. High: as if equally much had been added each day since the oldest record.
        Low: as if what is added had always grown as storage grew on record, so that less of it is old. Both are
        assumptions: the table does not say how old each gigabyte is.
    euros_year_low, euros_year_high : float
        What that costs a year.
    too_short : bool
        Whether the rule deletes before the duty to keep ends.
    why : str
        The rule's reason or duty.
    """

    system: str
    retention_class: str
    years: float
    oldest_record_on: date
    oldest_years: float
    overdue: bool
    gigabytes: float
    gigabytes_low: float
    gigabytes_high: float
    euros_year_low: float
    euros_year_high: float
    too_short: bool
    why: str


@dataclass(frozen=True, slots=True)
class ScheduleEffect:
    """Result of `schedule_effect`.

    Parameters
    ----------
    data : tuple of RetainedData
        Highest possible saving first.
    as_of : date
        The day that ages are counted on.
    ended : tuple of str
        Systems and classes whose figures end before the last month; they are in no sum.
    """

    data: tuple[RetainedData, ...]
    as_of: date
    ended: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[RetainedData]:
        return iter(self.data)

    @property
    def overdue(self) -> tuple[RetainedData, ...]:
        """Data that are older than their rule allows."""
        return tuple(each for each in self.data if each.overdue)

    @property
    def too_short(self) -> tuple[RetainedData, ...]:
        """Data that the schedule would delete before a duty to keep them ends."""
        return tuple(each for each in self.data if each.too_short)

    @property
    def euros_year(self) -> tuple[float, float]:
        """What deleting would save a year, low and high; nothing is counted for rules that are too short."""
        return _total(self.data, "euros_year")

    @property
    def gigabytes_deleted(self) -> tuple[float, float]:
        """Gigabytes that could be deleted, low and high; nothing is counted for rules that are too short."""
        return _total(self.data, "gigabytes")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per system and class with the fields of `RetainedData`."""
        return pd.DataFrame([asdict(each) for each in self.data])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for "for ever"."""
        rows = [asdict(each) | {"oldest_record_on": each.oldest_record_on.isoformat()} for each in self.data]
        made = {
            "as_of": self.as_of.isoformat(),
            "data": rows,
            "ended": self.ended,
            "euros_year": self.euros_year,
            "gigabytes_deleted": self.gigabytes_deleted,
        }
        return dict(plain(made))

    def summary(self) -> str:
        """Say in plain words what is kept too long, what deleting would save, and what may stand against it.

        Examples
        --------
        >>> table = pd.DataFrame(
        ...     {
        ...         "system": ["mail"],
        ...         "month": ["2026-06"],
        ...         "gigabytes": [1000],
        ...         "retention_class": ["letters"],
        ...         "retention_years": [3],
        ...         "oldest_record_on": ["2020-06-30"],
        ...         "price_per_gb_month": [0.1],
        ...     }
        ... )
        >>> print(schedule_effect(table, as_of="2026-06-30").summary())
        1 of 1 kind of data is kept for longer than the rule allows. mail (letters): allowed 3 years, oldest record \
from 2020-06-30, 6.0 years old.
        Deleting what is too old would free up to 500 of 1,000 gigabytes and save up to 600 euros a year. That assumes \
that equally much was added each day; usually more comes later, so expect less.
        Before anything is deleted: tax, pay, health and safety and pension rules may ask for longer; a dispute, an \
audit or an investigation under way stops deletion; backups keep copies. This table knows none of that: ask those who \
do. Data about people that no rule or need keeps must go, even where keeping them costs nothing.
        """
        late = self.overdue
        lines = [
            f"{len(late)} of {counted(len(self.data), 'kind')} of data {'is' if len(late) == 1 else 'are'} kept for "
            "longer than the rule allows."
        ]
        if late:
            lines[0] += " " + " ".join(
                f"{each.system} ({each.retention_class}): allowed {_years(each.years)}, oldest record from "
                f"{each.oldest_record_on}, {each.oldest_years:.1f} years old."
                for each in late[:5]
            )
        (low, high), (cheap, dear) = self.gigabytes_deleted, self.euros_year
        total = math.fsum(each.gigabytes for each in self.data)
        if high > 0:
            span = (
                f"{low:,.0f} to {high:,.0f} of {total:,.0f} gigabytes and save {euros(cheap)} to {euros(dear)} a year. "
                "Nobody has looked how old each gigabyte is: the high figures assume that equally much was added each "
                "day, the low ones that storage always grew as it did on record."
                if high - low > 0.005 * high
                else f"up to {high:,.0f} of {total:,.0f} gigabytes and save up to {euros(dear)} a year. That assumes "
                "that equally much was added each day; usually more comes later, so expect less."
            )
            lines.append(f"Deleting what is too old would free {span}")
        for each in self.too_short:
            lines.append(
                f"Do not: {each.system} ({each.retention_class}) would be deleted after {_years(each.years)}, but must "
                f"be kept for longer{f' ({each.why})' if each.why else ''}. It is in no saving."
            )
        if self.ended:
            lines.append(f"Without figures for the last month, so in no sum: {listed(self.ended)}.")
        lines.append(
            "Before anything is deleted: tax, pay, health and safety and pension rules may ask for longer; a dispute, "
            "an audit or an investigation under way stops deletion; backups keep copies. This table knows none of "
            "that: ask those who do. Data about people that no rule or need keeps must go, even where keeping them "
            "costs nothing."
        )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class ScheduleComparison:
    """Result of `compare_schedules`.

    Parameters
    ----------
    first, second : str
        Names of the schedules.
    effects : tuple of ScheduleEffect
        What each would do, in that order.
    """

    first: str
    second: str
    effects: tuple[ScheduleEffect, ScheduleEffect]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per system and class with years, deletable gigabytes and savings under both.

        Returns
        -------
        DataFrame, shape (n_classes, 8)
            ``system``, ``retention_class``, then for each of ``1`` and ``2`` the ``years``, ``gigabytes_high`` and
            ``euros_year_high``.
        """
        keys = ["system", "retention_class"]
        tables = [effect.to_frame()[[*keys, "years", "gigabytes_high", "euros_year_high"]] for effect in self.effects]
        joined: pd.DataFrame = tables[0].merge(tables[1], on=keys, suffixes=("_1", "_2"), validate="1:1")
        return joined

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "effects": [effect.to_dict() for effect in self.effects],
        }

    def summary(self) -> str:
        """Say in plain words which schedule deletes and saves more, and where either is too short."""
        lines = []
        for name, effect in zip((self.first, self.second), self.effects, strict=True):
            (_, high), (_, dear) = effect.gigabytes_deleted, effect.euros_year
            short = [f"{each.system} ({each.retention_class})" for each in effect.too_short]
            warned = f" It would delete too early: {listed(short)}." if short else ""
            lines.append(f"{name}: deletes up to {high:,.0f} gigabytes, saves up to {euros(dear)} a year.{warned}")
        longer: list[str] = []
        shorter: list[str] = []
        for here, there in zip(self.effects[0], _ordered(self.effects[1], like=self.effects[0]), strict=True):
            if here.years != there.years:
                named = f"{here.system} ({here.retention_class}, {_years(here.years)} to {_years(there.years)})"
                (shorter if there.years < here.years else longer).append(named)
        if shorter:
            lines.append(f"Shorter under {self.second}: {listed(shorter)}.")
        if longer:
            lines.append(f"Longer under {self.second}: {listed(longer)}.")
        if not shorter and not longer:
            lines.append("Both keep everything for the same time.")
        lines.append("The cheaper schedule is not the better one: first what law and people need, then the price.")
        return "\n".join(lines)


def schedule_effect(storage: Any, schedule: Schedule | None = None, *, as_of: Any = None) -> ScheduleEffect:
    """Say what a retention schedule would delete today, what that saves and what it runs into.

    Parameters
    ----------
    storage : table, shape (n_rows, n_columns)
        One row for each system, month and retention class: ``system``, ``month``, ``gigabytes``,
        ``retention_class``, ``retention_years`` (empty: for ever), ``oldest_record_on``, ``price_per_gb_month``.
        Sizes and prices of each one's last month count; earlier months tell how it grew.
    schedule : mapping of str to RetentionRule or float, optional
        Retention class to rule, or to years. By default the table's own ``retention_years``.
    as_of : date, optional
        The day to count ages on; by default the end of the last month.

    Returns
    -------
    ScheduleEffect

    Raises
    ------
    MeasureError
        If the schedule lacks a class or has a negative time, a month occurs twice, the oldest record is missing or
        lies after `as_of`, or a value cannot be read.
    ColumnError
        If a column is missing.

    Notes
    -----
    With data added evenly over an age of A years, a rule of L < A years deletes the share (A - L) / A. If what is
    stored always grew at the rate g a year, the share is (e^(-gL) - e^(-gA)) / (1 - e^(-gA)), which is smaller.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "system": ["mail"],
    ...         "month": ["2026-06"],
    ...         "gigabytes": [1000],
    ...         "retention_class": ["letters"],
    ...         "retention_years": [None],
    ...         "oldest_record_on": ["2016-06-30"],
    ...         "price_per_gb_month": [0.1],
    ...     }
    ... )
    >>> rules = {"letters": RetentionRule(4, at_least_years=2, why="contract law")}
    >>> round(schedule_effect(table, rules).data[0].gigabytes_high)
    600
    """
    frame = rows_of(
        storage,
        *("system", "month", "gigabytes", "retention_class", "retention_years", "oldest_record_on"),
        "price_per_gb_month",
    )
    years = pd.to_numeric(frame["retention_years"], errors="coerce").astype(float)
    unclear = np.flatnonzero(years.isna() & frame["retention_years"].notna() | (years <= 0))
    if len(unclear):
        value = str(frame["retention_years"].iloc[unclear[0]])[:40]
        raise MeasureError(
            f"In row {unclear[0] + 1} retention_years is {value!r}.", "Give years above 0; leave it empty for ever."
        )
    table = pd.DataFrame(
        {
            "system": labels(frame, "system"),
            "retention_class": labels(frame, "retention_class"),
            "month": months(frame, "month"),
            "gigabytes": numbers(frame, "gigabytes", hint="Give the gigabytes stored; 0 if none."),
            "price": numbers(frame, "price_per_gb_month", hint="Give euros for a gigabyte and month."),
            "years": years.fillna(math.inf),
            "oldest": days(frame, "oldest_record_on"),
        }
    )
    keys = ["system", "retention_class"]
    twice = table.duplicated([*keys, "month"])
    if twice.any():
        row = table[twice].iloc[0]
        raise MeasureError(
            f"{row['system']!r} has {row['month']:%Y-%m} more than once for {row['retention_class']!r}.",
            "Keep one row for each system, month and class.",
        )
    last = table["month"].max()
    today = day(as_of, "as_of") if as_of is not None else last + pd.offsets.MonthEnd()
    rules = None if schedule is None else _rules(schedule, table["retention_class"].unique())
    found, ended = [], []
    for (system, name), part in table.sort_values("month").groupby(keys, sort=True):
        now = part.iloc[-1]
        if now["month"] < last:
            ended.append(f"{system} ({name})")  # gone, or its figures are missing: nobody knows
            continue
        rule = RetentionRule(float(now["years"])) if rules is None else rules[str(name)]
        found.append(_effect(str(system), str(name), part, rule, today))
    found.sort(key=lambda each: (-each.euros_year_high, each.system, each.retention_class))
    return ScheduleEffect(tuple(found), today.date(), tuple(ended))


def compare_schedules(
    storage: Any, schedules: Mapping[str, Schedule | None], *, as_of: Any = None
) -> ScheduleComparison:
    """Set two retention schedules side by side.

    Parameters
    ----------
    storage : table, shape (n_rows, n_columns)
        As for `schedule_effect`.
    schedules : mapping of str to schedule
        Two named schedules; None stands for the table's own ``retention_years``.
    as_of : date, optional
        As for `schedule_effect`.

    Returns
    -------
    ScheduleComparison

    Raises
    ------
    MeasureError
        If there are not two schedules, or as in `schedule_effect`.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "system": ["mail"],
    ...         "month": ["2026-06"],
    ...         "gigabytes": [1000],
    ...         "retention_class": ["letters"],
    ...         "retention_years": [8],
    ...         "oldest_record_on": ["2016-06-30"],
    ...         "price_per_gb_month": [0.1],
    ...     }
    ... )
    >>> print(compare_schedules(table, {"today": None, "proposed": {"letters": 5}}).summary())
    today: deletes up to 200 gigabytes, saves up to 240 euros a year.
    proposed: deletes up to 500 gigabytes, saves up to 600 euros a year.
    Shorter under proposed: mail (letters, 8 years to 5 years).
    The cheaper schedule is not the better one: first what law and people need, then the price.
    """
    if len(schedules) != 2:
        raise MeasureError(f"There are {len(schedules)} schedules to compare.", "Give two, each with a name.")
    (first, one), (second, two) = schedules.items()
    effects = (schedule_effect(storage, one, as_of=as_of), schedule_effect(storage, two, as_of=as_of))
    return ScheduleComparison(first, second, effects)


def _rules(schedule: Schedule, classes: Any) -> dict[str, RetentionRule]:
    missing = sorted(set(classes) - set(schedule))
    if missing:
        raise MeasureError(
            f"The schedule says nothing on {listed(missing)}.", "Give a rule for each class; math.inf keeps for ever."
        )
    rules = {
        name: rule if isinstance(rule, RetentionRule) else RetentionRule(float(rule)) for name, rule in schedule.items()
    }
    for name, rule in rules.items():
        if not (rule.years > 0 and rule.at_least_years >= 0):
            raise MeasureError(f"The rule for {name!r} is {rule.years} years.", "Give a time above 0.")
    return rules


def _effect(system: str, name: str, part: pd.DataFrame, rule: RetentionRule, today: pd.Timestamp) -> RetainedData:
    now = part.iloc[-1]
    oldest = now["oldest"]
    if pd.isna(oldest):
        raise MeasureError(f"The oldest record of {system!r} ({name}) is not given.", "Ask for oldest_record_on.")
    if oldest > today:
        raise MeasureError(
            f"The oldest record of {system!r} ({name}) is from {oldest.date()}, after {today.date()}.", "Check as_of."
        )
    age = (today - oldest).days / DAYS_A_YEAR
    overdue = bool(rule.years < FOR_EVER and kept_until(oldest, rule.years) < today)
    even = max(0.0, 1 - rule.years / age) if overdue else 0.0
    growth = _growth(part)
    grown = even
    if even > 0 and growth > 0:
        kept_out = math.exp(-growth * age)
        grown = min(even, (math.exp(-growth * rule.years) - kept_out) / (1 - kept_out))
    gigabytes, price = float(now["gigabytes"]), 12 * float(now["price"])
    return RetainedData(
        system=system,
        retention_class=name,
        years=rule.years,
        oldest_record_on=oldest.date(),
        oldest_years=age,
        overdue=overdue,
        gigabytes=gigabytes,
        gigabytes_low=gigabytes * grown,
        gigabytes_high=gigabytes * even,
        euros_year_low=gigabytes * grown * price,
        euros_year_high=gigabytes * even * price,
        too_short=rule.years < rule.at_least_years,
        why=rule.why,
    )


def _growth(part: pd.DataFrame) -> float:
    """Return the steady growth a year, as a logarithm, from the first month to the last; 0 if it is not known."""
    first, last = part.iloc[0], part.iloc[-1]
    years = (last["month"] - first["month"]).days / DAYS_A_YEAR
    if years <= 0 or min(first["gigabytes"], last["gigabytes"]) <= 0:
        return 0.0
    return float(math.log(last["gigabytes"] / first["gigabytes"]) / years)


def _total(data: tuple[RetainedData, ...], name: str) -> tuple[float, float]:
    lawful = [each for each in data if not each.too_short]
    return (
        math.fsum(getattr(each, f"{name}_low") for each in lawful),
        math.fsum(getattr(each, f"{name}_high") for each in lawful),
    )


def _ordered(effect: ScheduleEffect, *, like: ScheduleEffect) -> list[RetainedData]:
    by_key = {(each.system, each.retention_class): each for each in effect}
    return [by_key[each.system, each.retention_class] for each in like]


def _years(years: float) -> str:
    return "for ever" if math.isinf(years) else f"{years:g} year{'' if years == 1 else 's'}"
