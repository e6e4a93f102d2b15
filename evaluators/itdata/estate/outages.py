"""One long outage against many short ones: what monthly percentages hide, and the worst stretch of days."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators._plain import plain
from evaluators.itdata._cells import flags, has_column, labels, moment, moments, rows_of
from evaluators.itdata._words import counted
from evaluators.itdata.errors import MeasureError
from evaluators.screening._results import find_group


@dataclass(frozen=True, slots=True)
class OutagePattern:
    """The outages of one service.

    Parameters
    ----------
    service : str
        The service.
    outages : int
        Outages, those that overlap or touch taken as one.
    down_minutes : float
        Minutes down in all; no minute counts twice.
    median_minutes, longest_minutes : float
        Length of the middle and of the longest outage.
    longest_started_at : Timestamp
        When the longest began, without a zone.
    worst_window_minutes : float
        Most minutes down in any stretch of `OutagePatterns.window_days` days, wherever it begins.
    worst_window_from : Timestamp
        Where such a stretch begins, with an outage if it can; the first of several.
    still_down : bool
        Whether the last outage had not ended at `as_of`; its true length is longer then.
    """

    service: str
    outages: int
    down_minutes: float
    median_minutes: float
    longest_minutes: float
    longest_started_at: pd.Timestamp
    worst_window_minutes: float
    worst_window_from: pd.Timestamp
    still_down: bool


@dataclass(frozen=True, slots=True)
class OutagePatterns:
    """Result of `outage_patterns`.

    Parameters
    ----------
    services : tuple of OutagePattern
        Most minutes down first.
    window_days : float
        Length of the stretch that is searched for the worst.
    """

    services: tuple[OutagePattern, ...]
    window_days: float

    def __iter__(self) -> Iterator[OutagePattern]:
        return iter(self.services)

    def __getitem__(self, service: str) -> OutagePattern:
        """Return one service; an unknown name raises UnknownGroupError."""
        return find_group(self.services, service, "among the outages", named="service")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per service with the fields of `OutagePattern`."""
        return pd.DataFrame([asdict(each) for each in self.services])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; times as text."""
        rows = [
            {
                name: value.isoformat() if isinstance(value, pd.Timestamp) else value
                for name, value in asdict(each).items()
            }
            for each in self.services
        ]
        return {"services": plain(rows), "window_days": self.window_days}

    def summary(self) -> str:
        """Say in plain words whether few long or many short outages made the time down.

        Examples
        --------
        >>> table = pd.DataFrame(
        ...     {
        ...         "service": "payroll",
        ...         "started_at": ["2026-01-10 10:00", "2026-02-05 09:00"],
        ...         "ended_at": ["2026-01-10 11:00", "2026-02-05 18:00"],
        ...     }
        ... )
        >>> print(outage_patterns(table).summary())
        payroll: 2 outages, 600 minutes down in all. The longest, from 2026-02-05 09:00, took 540 minutes: 90% of it \
all. Worst 30 days: 600 minutes, from 2026-01-10 10:00.
        The same minutes in one piece can cost a working day; in many pieces they break into it again and again. \
Neither figure says how many people needed the service at the time.
        """
        lines = []
        days = "day" if self.window_days == 1 else f"{self.window_days:g} days"
        for each in self.services:
            open_end = " It has not ended, so the true figures are higher." if each.still_down else ""
            lines.append(
                f"{each.service}: {counted(each.outages, 'outage')}, {_said(each.down_minutes)} down in all. The "
                f"longest, from {each.longest_started_at:%Y-%m-%d %H:%M}, took {_said(each.longest_minutes)}: "
                f"{each.longest_minutes / each.down_minutes:.0%} of it all. Worst {days}: "
                f"{_said(each.worst_window_minutes)}, from {each.worst_window_from:%Y-%m-%d %H:%M}.{open_end}"
            )
        lines.append(
            "The same minutes in one piece can cost a working day; in many pieces they break into it again and again. "
            "Neither figure says how many people needed the service at the time."
        )
        return "\n".join(lines)


def outage_patterns(
    outages: Any, *, window_days: float = 30, as_of: Any = None, include_planned: bool = False
) -> OutagePatterns:
    """Look at single outages: how many, how long, and the worst stretch of days.

    A calendar month cuts an outage over the turn of the month in two. The worst stretch is found exactly: the time
    down in a window that slides over the outages is largest where the window begins with an outage or ends with one.

    Parameters
    ----------
    outages : table, shape (n_outages, n_columns)
        One row an outage: ``service``, ``started_at``, ``ended_at`` (empty: not ended) and, if it is there,
        ``planned`` (true/false; empty: no). Times with a zone are turned into UTC. Times without one are taken as
        they stand: give those with a zone if the clocks changed during an outage.
    window_days : float
        Length of the stretch, in days.
    as_of : time, optional
        The end of the records, needed if an outage has not ended.
    include_planned : bool
        Whether planned work counts as an outage.

    Returns
    -------
    OutagePatterns

    Raises
    ------
    MeasureError
        If an outage ends before it starts or takes no time, has not ended and there is no `as_of`, or starts after it.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"service": ["mail"], "started_at": ["2026-01-31 23:30"], "ended_at": ["2026-02-01 00:30"]}
    ... )
    >>> outage_patterns(table)["mail"].worst_window_minutes
    60.0
    """
    if not (math.isfinite(window_days) and window_days > 0):
        raise MeasureError(f"A stretch cannot be {window_days} days long.", "Give a number of days above 0.")
    told = has_column(outages, "planned")
    frame = rows_of(outages, "service", "started_at", "ended_at", *["planned"] * told)
    if told and not include_planned:
        frame = frame[~flags(frame, "planned").fillna(value=False).astype(bool)].reset_index(drop=True)
        if frame.empty:
            raise MeasureError("Every row is planned work.", "Count it with include_planned=True.")
    names = labels(frame, "service")
    starts, ends = moments(frame, "started_at", needed=True), moments(frame, "ended_at")
    not_ended = ends.isna()
    if not_ended.any() and as_of is None:
        raise MeasureError(
            f"Row {int(np.flatnonzero(not_ended)[0]) + 1} has no end of the outage.",
            "Give as_of, the time of the export.",
        )
    if as_of is not None:
        ends = ends.fillna(moment(as_of, "as_of"))
    wrong = np.flatnonzero((ends <= starts).to_numpy())
    if len(wrong):
        raise MeasureError(
            f"In row {wrong[0] + 1} the outage ends at {ends.iloc[wrong[0]]}, not after its start at "
            f"{starts.iloc[wrong[0]]} ({counted(len(wrong), 'such row')}).",
            "Correct or leave out such rows.",
        )
    table = pd.DataFrame({"service": names, "start": starts, "end": ends, "open": not_ended})
    found = [_pattern(str(name), part, window_days) for name, part in table.groupby("service", sort=True)]
    return OutagePatterns(tuple(sorted(found, key=lambda each: (-each.down_minutes, each.service))), window_days)


def _pattern(name: str, part: pd.DataFrame, window_days: float) -> OutagePattern:
    merged: list[list[int]] = []
    ordered = part.sort_values("start")
    for start, end in zip(ordered["start"].astype("int64"), ordered["end"].astype("int64"), strict=True):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    spans = np.array(merged, dtype=np.int64)  # microseconds
    lengths = spans[:, 1] - spans[:, 0]
    longest = int(lengths.argmax())
    window = round(window_days * 86_400_000_000)
    begins = np.concatenate([spans[:, 0], spans[:, 1] - window])
    down = _down_before(spans, begins + window) - _down_before(spans, begins)
    worst = int(np.argmax(down))
    return OutagePattern(
        service=name,
        outages=len(spans),
        down_minutes=_minutes(lengths.sum()),
        median_minutes=_minutes(np.median(lengths)),
        longest_minutes=_minutes(lengths[longest]),
        longest_started_at=pd.Timestamp(int(spans[longest, 0]), unit="us"),
        worst_window_minutes=_minutes(down[worst]),
        worst_window_from=pd.Timestamp(int(begins[worst]), unit="us"),
        still_down=bool(part["open"].any()),
    )


def _down_before(spans: NDArray[np.int64], moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how long the service was down before each moment; spans rise and do not overlap."""
    done = np.concatenate([[0], np.cumsum(spans[:, 1] - spans[:, 0])])
    place = np.searchsorted(spans[:, 0], moments, side="right")  # spans that began by then
    last = spans[np.maximum(place - 1, 0)]
    total: NDArray[np.int64] = done[place] - np.where(place > 0, np.maximum(last[:, 1] - moments, 0), 0)
    return total


def _said(minutes: float) -> str:
    return counted(round(minutes), "minute") if minutes >= 1 or not minutes else "under 1 minute"


def _minutes(microseconds: Any) -> float:
    return float(microseconds) / 60_000_000
