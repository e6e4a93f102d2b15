"""Was the promise kept? Service levels met by priority, with the definition beside the figure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators.itdata._ticket_times import (
    STEPS,
    FloatArray,
    check_confidence,
    json_able,
    labels_of,
    over,
    reached,
    share_in_words,
    tickets,
    wilson,
)
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog

if TYPE_CHECKING:
    import altair as alt

ALL = "all tickets"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """The hours in which a service desk's clock runs, on the clocks of the log's time zone.

    Parameters
    ----------
    start, end : str
        Such as ``"08:30"`` and ``"17:00"``; an end of ``"24:00"`` is midnight. The end comes after the start.
    weekdays : tuple of int
        Days on which the clock runs: 0 is Monday, 6 is Sunday.
    holidays : tuple of str
        Days on which it does not, such as ``"2026-03-17"``.

    Raises
    ------
    MeasureError
        If a time, a weekday or a holiday makes no sense.

    Examples
    --------
    >>> opened = pd.Series(pd.to_datetime(["2026-03-27 16:00"]).tz_localize("UTC"))
    >>> ended = pd.Series(pd.to_datetime(["2026-03-30 10:00"]).tz_localize("UTC"))  # a Friday and a Monday
    >>> BusinessHours("09:00", "17:00").between(opened, ended, "UTC").tolist()
    [2.0]
    """

    start: str = "09:00"
    end: str = "17:00"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= _minutes(self.start) < _minutes(self.end) <= 24 * 60:
            raise MeasureError(
                f"Business hours from {self.start} to {self.end} make no day.", 'Give them as "09:00" and "17:00".'
            )
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise MeasureError(f"The weekdays are {self.weekdays}.", "Give numbers: 0 is Monday, 6 is Sunday.")
        try:
            pd.to_datetime(list(self.holidays), format="%Y-%m-%d")
        except ValueError as error:
            raise MeasureError(f"The holidays are {self.holidays}.", 'Give days such as "2026-03-17".') from error

    def in_words(self) -> str:
        """Say when the clock runs."""
        days = sorted(set(self.weekdays))
        spell = [_DAYS[day] for day in days]
        unbroken = len(days) > 2 and all(after - before == 1 for before, after in pairwise(days))
        names = f"{spell[0]} to {spell[-1]}" if unbroken else ", ".join(spell)
        free = f", except {len(set(self.holidays))} holidays" if self.holidays else ""
        return f"{names}, {self.start} to {self.end}{free}"

    def between(self, starts: "pd.Series[Any]", ends: "pd.Series[Any]", time_zone: str) -> FloatArray:
        """Return the hours of business between two times.

        Parameters
        ----------
        starts, ends : Series of datetime64 with a zone, shape (n,)
            An end lies after its start; missing where not known.
        time_zone : str
            Where the business hours hold. A day on which the clocks change is as long as it truly was.

        Returns
        -------
        array of float, shape (n,)
            Hours; NaN where a time is missing.
        """
        known = (starts.notna() & ends.notna()).to_numpy()
        found = np.full(len(starts), np.nan)
        if known.any():
            first, last = starts[known].min(), ends[known].max()
            opens, closes = self._days(first.tz_convert(time_zone), last.tz_convert(time_zone), time_zone)
            before = np.concatenate(([0.0], np.cumsum((closes - opens) / 3.6e9)))
            ticked = [_ticked(each[known], opens, closes, before) for each in (starts, ends)]
            found[known] = ticked[1] - ticked[0]
        return found

    def _days(
        self, first: pd.Timestamp, last: pd.Timestamp, zone: str
    ) -> tuple["np.typing.NDArray[np.int64]", "np.typing.NDArray[np.int64]"]:
        """Return when the clock starts and stops on each day of business, in microseconds of UTC."""
        days = pd.date_range(first.tz_localize(None).normalize(), last.tz_localize(None).normalize(), freq="D")
        days = days[days.day_of_week.isin(self.weekdays) & ~days.isin(pd.to_datetime(list(self.holidays)))]
        ends = []
        for clock in (self.start, self.end):
            local = pd.DatetimeIndex(days + pd.Timedelta(minutes=_minutes(clock)))
            once = np.ones(len(local), dtype=bool)
            utc = local.tz_localize(zone, ambiguous=once, nonexistent="shift_forward").tz_convert("UTC")
            ends.append(utc.as_unit("us").asi8.astype(np.int64))
        return ends[0], ends[1]


@dataclass(frozen=True, slots=True)
class SlaRow:
    """The service level of some tickets.

    Parameters
    ----------
    label : str
        Which tickets.
    target_hours : float or None
        The promise in hours; None where the export's own mark decides.
    tickets : int
        Tickets counted: met, missed or not yet known.
    met, missed, not_yet_known : int
        Kept in time; not kept, open ones past their target among them; open and not yet due.
    share_met : float or None
        Met of met and missed (0-1); None if nothing is known.
    low, high : float or None
        Wilson's range of shares that fit the counts.
    """

    label: str
    target_hours: float | None
    tickets: int
    met: int
    missed: int
    not_yet_known: int
    share_met: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class SlaMeasure:
    """Result of `measure_sla`.

    Parameters
    ----------
    definition : str
        What "met" means here, in words.
    by : str
        The label that splits the tickets.
    overall : SlaRow
        All tickets counted.
    rows : tuple of SlaRow
        One for each label, in the labels' order.
    confidence : float
        Share (0-1) of such intervals that hold the true share.
    notes : tuple of str
        Tickets that were left out, and why.
    """

    definition: str
    by: str
    overall: SlaRow
    rows: tuple[SlaRow, ...]
    confidence: float
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[SlaRow]:
        return iter(self.rows)

    def of(self, label: str) -> SlaRow:
        """Return the row of one label.

        Raises
        ------
        MeasureError
            If there is no such label.
        """
        for row in (self.overall, *self.rows):
            if row.label == label:
                return row
        raise MeasureError(f"There is no row {label!r}.", f"There are: {', '.join(row.label for row in self.rows)}.")

    def to_frame(self) -> pd.DataFrame:
        """Return one row for all tickets and one for each label.

        Returns
        -------
        DataFrame, shape (1 + n_labels, 9)
            The fields of `SlaRow`.
        """
        frame = pd.DataFrame([asdict(row) for row in (self.overall, *self.rows)])
        return frame.astype(dict.fromkeys(("target_hours", "share_met", "low", "high"), "float64"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are not known."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how often the promise was kept, what it was, and what that does not show.

        Returns
        -------
        str
            Lines of text.

        Examples
        --------
        >>> from evaluators.itdata.log import ticket_log
        >>> table = pd.DataFrame({"number": list("abcd"), "opened_at": ["2026-03-02 08:00"] * 3 + ["2026-03-03 07:00"],
        ...     "resolved_at": ["2026-03-02 11:00", "2026-03-02 13:00", None, None], "priority": "P2"})
        >>> log = ticket_log(table, as_of="2026-03-03 08:00")
        >>> print(measure_sla(log, targets={"P2": 4}).summary())
        Met means: from opening to resolution within P2 4 hours. The clock runs day and night, weekends too.
        Met: 1 of 3 tickets (33.3%, likely 6.1% to 79.2%); 1 open ticket is not yet due and counts neither way.
        P2: 33.3% of 3.
        A promise kept is not a person helped: clocks can be paused, tickets closed early, and a mild target is easy \
to meet. Read the waiting times beside it.
        """
        row = self.overall
        lines = [f"Met means: {self.definition}", f"Met: {self._counted(row)}."]
        known = [each for each in self.rows if each.share_met is not None]
        if known:
            shares = "; ".join(
                f"{each.label}: {share_in_words(each.share_met)} of {each.met + each.missed:,}" for each in known[:8]
            )
            lines.append(f"{shares}.")
        lines += self.notes
        lines.append(
            "A promise kept is not a person helped: clocks can be paused, tickets closed early, and a mild target is "
            "easy to meet. Read the waiting times beside it."
        )
        return "\n".join(lines)

    def _counted(self, row: SlaRow) -> str:
        if row.share_met is None:
            return f"not known, since no ticket of {row.tickets:,} is decided"
        known = row.met + row.missed
        said = (
            f"{row.met:,} of {tickets(known)} ({share_in_words(row.share_met)}, likely {share_in_words(row.low)} to "
            f"{share_in_words(row.high)})"
        )
        if row.not_yet_known:
            one = row.not_yet_known == 1
            said += (
                f"; {row.not_yet_known:,} open ticket{' is' if one else 's are'} not yet due and "
                f"count{'s' if one else ''} neither way"
            )
        return said

    def chart(self) -> "alt.LayerChart":
        """Draw the share met by label, with its range.

        Returns
        -------
        altair.LayerChart
            A dot and a line for each of the twelve largest labels. The description holds the summary.

        Raises
        ------
        MeasureError
            If no ticket is decided.
        """
        if self.overall.share_met is None:
            raise MeasureError("No ticket is decided, so there is nothing to draw.", "Wait, or set a shorter target.")
        from evaluators.itdata._sla_chart import sla_chart  # Altair is slow to import

        return sla_chart(self)


def measure_sla(
    log: TicketLog,
    *,
    targets: Mapping[str, float] | None = None,
    by: str = "priority",
    until: str = "resolved_at",
    business_hours: BusinessHours | None = None,
    confidence: float = 0.95,
) -> SlaMeasure:
    """Count how often a service level was met.

    Without `targets` the export's own mark decides (``sla_met``): how that was counted, with which clock and
    pauses, only those know who set it up. With targets a ticket is met if the time from opening is at most the
    target of its priority. An open ticket past its target is missed; an open one that is not yet due is not yet
    known and never counts as met. Ranges are Wilson's [1]_.

    Parameters
    ----------
    log : TicketLog, n_tickets
        The tickets.
    targets : dict of str to float, optional
        Hours by priority, such as ``{"P1": 4, "P2": 8}``. Tickets of other priorities are left out and counted.
    by : str
        The label that splits the tickets; targets go by priority whatever this is.
    until : str
        With targets: ``"resolved_at"``, ``"responded_at"`` or ``"closed_at"``.
    business_hours : BusinessHours, optional
        With targets: when the clock runs. By default always.
    confidence : float
        Share (0-1) of such intervals that hold the true share.

    Returns
    -------
    SlaMeasure

    Raises
    ------
    MeasureError
        If the export has neither mark nor the times, a target is no number of hours above 0, none fits a
        ticket, or business hours come without targets.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable Inference, the Law of Succession, and Statistical Inference. Journal of the
       American Statistical Association 22(158), 209-212.

    Examples
    --------
    >>> from evaluators.itdata.log import ticket_log
    >>> table = pd.DataFrame({"number": ["a", "b"], "opened_at": ["2026-03-02 08:00"] * 2, "priority": ["P1", "P3"],
    ...                       "sla_met": [False, True], "resolved_at": ["2026-03-03 08:00"] * 2})
    >>> measure_sla(ticket_log(table)).of("P3").share_met
    1.0
    """
    check_confidence(confidence)
    codes, labels = labels_of(log, by)
    notes: list[str] = []
    hours_by: Mapping[str, float] = {}
    if targets is None:
        if business_hours is not None:
            raise MeasureError("Business hours were given without targets.", 'Give both: targets={"P1": 4, …}.')
        met, missed, unsure = _marked(log, notes)
        definition = (
            "the export's own mark says so (sla_met). Which clock, pauses and targets it used, the export does not say."
        )
    else:
        hours_by = _checked(targets, log)
        met, missed, unsure = _timed(log, hours_by, until, business_hours, notes)
        clock = (
            f"The clock runs {business_hours.in_words()}, time of {log.time_zone}."
            if business_hours
            else "The clock runs day and night, weekends too."
        )
        promise = ", ".join(f"{name} {hours:,g} hour{'' if hours == 1 else 's'}" for name, hours in hours_by.items())
        definition = f"from opening to {STEPS[until]} within {promise}. {clock}"
    counts = [np.bincount(codes[mask], minlength=len(labels)) for mask in (met, missed, unsure)]
    rows = []
    for place, label in enumerate(labels):
        three = [int(each[place]) for each in counts]
        if sum(three):
            rows.append(_row(label, hours_by.get(label) if by == "priority" else None, three, confidence))
    overall = _row(ALL, None, [int(each.sum()) for each in counts], confidence)
    return SlaMeasure(definition, by, overall, tuple(rows), confidence, tuple(notes))


def _marked(log: TicketLog, notes: list[str]) -> tuple["np.typing.NDArray[np.bool_]", ...]:
    flag = log.tickets["sla_met"]
    if flag.isna().all():
        raise MeasureError(
            "The export has no mark that says whether the service level was met (sla_met).",
            'Export it ("Made SLA"), or give your own targets in hours: targets={"P1": 4, …}.',
        )
    known = flag.notna().to_numpy()
    yes = flag.fillna(False).to_numpy(dtype=bool)
    ends = log.tickets[["resolved_at", "closed_at"]].min(axis=1)
    ended = (ends.notna() & (ends <= log.as_of)).to_numpy() | over(log, "resolved_at")
    if not ended.any():  # an export without any sign of an end: its marks are all there is
        ended = np.ones(len(log), dtype=bool)
        notes.append("The export does not say which tickets are over, so a mark of an open ticket may still change.")
    if not known.all():
        notes.append(f"{tickets(int((~known).sum()))} without a mark: left out.")
    return known & yes & ended, known & ~yes, known & yes & ~ended


def _timed(
    log: TicketLog, targets: Mapping[str, float], until: str, business: BusinessHours | None, notes: list[str]
) -> tuple["np.typing.NDArray[np.bool_]", ...]:
    found = reached(log, until)
    target = log.tickets["priority"].astype("object").map(dict(targets)).to_numpy(dtype=np.float64, na_value=np.nan)
    without = np.isnan(target)
    usable = (found.there | found.waiting) & ~without
    hours = found.hours
    if business is not None:
        ends = log.tickets[until].where(pd.Series(found.there, index=log.tickets.index), log.as_of)
        ends = ends.where(pd.Series(found.there | found.waiting, index=log.tickets.index))
        hours = business.between(log.tickets["opened_at"], ends, log.time_zone)
    late = np.where(usable, hours, 0.0) > np.where(usable, target, 0.0) + _ROUNDING
    if without.any():
        notes.append(f"{tickets(int(without.sum()))} of a priority without a target: left out.")
    notes += found.left_out()
    return usable & found.there & ~late, usable & late, usable & found.waiting & ~late


def _checked(targets: Mapping[str, float], log: TicketLog) -> dict[str, float]:
    _, present = labels_of(log, "priority")
    for name, hours in targets.items():
        if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours < float("inf"):
            raise MeasureError(f"The target of {name!r} is {hours!r}.", 'Give hours above 0: {"P1": 4, "P2": 8}.')
    if not set(targets) & set(present):
        raise MeasureError(
            f"No ticket has a priority of your targets ({', '.join(targets) or 'none given'}).",
            f"The priorities are: {', '.join(present)}.",
        )
    return {name: float(hours) for name, hours in targets.items()}


def _row(label: str, target: float | None, three: list[int], confidence: float) -> SlaRow:
    met, missed, unsure = three
    known = met + missed
    low, high = wilson(met, known, confidence) if known else (None, None)
    return SlaRow(label, target, met + missed + unsure, met, missed, unsure, met / known if known else None, low, high)


def _minutes(clock: str) -> int:
    """Return minutes since midnight, or -1 if this is no time of day."""
    if clock == "24:00":
        return 24 * 60
    try:
        read = time.fromisoformat(clock)
    except (ValueError, TypeError):
        return -1
    return read.hour * 60 + read.minute


def _ticked(
    moments: "pd.Series[Any]",
    opens: "np.typing.NDArray[np.int64]",
    closes: "np.typing.NDArray[np.int64]",
    before: FloatArray,
) -> FloatArray:
    """Return how many hours of business had passed at each moment since the first day."""
    at = pd.DatetimeIndex(moments).as_unit("us").asi8.astype(np.int64)
    if not len(opens):
        return np.zeros(len(at))
    day = np.searchsorted(opens, at, side="right") - 1
    inside = np.clip(at - opens[day], 0, closes[day] - opens[day]) / 3.6e9
    return np.where(day < 0, 0.0, before[day] + inside)
