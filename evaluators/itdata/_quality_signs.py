"""Signs in a ticket log that its figures mean something else than they seem to."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluators.itdata._words import counted, listed, percent
from evaluators.itdata.log import TicketLog
from evaluators.itdata.quality import DOUBTFUL, WRONG, QualityFinding

_NIGHT = (22, 6)  # from this hour of the evening to this hour of the morning
_NIGHT_SHARE = 0.4
_FEWEST = 30
_LABELS = ("category", "priority", "group", "contact_type", "location", "state")


def log_signs(log: TicketLog) -> list[QualityFinding]:
    """Return what is doubtful about a log beyond single cells; see `check_log`."""
    return [*_states(log), *_doubles(log), *_clock(log), *_nights(log), *_changes(log), *_rows_a_ticket(log)]


def _states(log: TicketLog) -> list[QualityFinding]:
    tickets, found = log.tickets, []
    if log.has("closed_at") and log.has("resolved_at"):
        bad = tickets["closed_at"].notna() & tickets["resolved_at"].isna()
        found += _rows(log, bad, DOUBTFUL, "no resolution", "resolved_at", "closed without a time of resolution")
    if log.has("state") and log.has("resolved_at"):
        said = tickets["state"].astype("string").str.casefold()
        bad = said.isin(["resolved", "closed"]) & tickets["resolved_at"].isna()
        if log.has("closed_at"):
            bad &= tickets["closed_at"].isna()
        found += _rows(log, bad, WRONG, "no end", "state", "resolved or closed by the state, without any time of it")
    if log.has("priority"):
        said = tickets["priority"].astype("string")
        bad = said.notna() & ~said.str.fullmatch(r"P?[1-5]( - .*)?")
        values = listed(sorted(set(said[bad].dropna()))[:3]) if bad.any() else ""
        found += _rows(log, bad, DOUBTFUL, "priority", "priority", f"with a priority that is not P1 to P5: {values}")
    if log.has("reassignments") and log.has("group") and log.has("first_group"):
        moved = tickets["group"].astype("string") != tickets["first_group"].astype("string")
        bad = (moved & (tickets["reassignments"] == 0)).fillna(value=False)
        found += _rows(
            log, bad, DOUBTFUL, "reassignments", "reassignments", "ended in another group, with no reassignment counted"
        )
    if log.events is not None:
        first = log.events.groupby("number", observed=True)["at"].min()
        opened = tickets.set_index("number")["opened_at"]
        early = (first < opened.reindex(first.index)).reindex(tickets["number"].to_numpy(), fill_value=False)
        bad = pd.Series(early.to_numpy(dtype=bool), index=tickets.index)
        found += _rows(log, bad, DOUBTFUL, "early event", "opened_at", "with an event from before the opening")
    return found


def _doubles(log: TicketLog) -> list[QualityFinding]:
    if not (log.has("caller") and log.has("category")):
        return []
    same = ["caller", "category", "opened_at"]
    known = log.tickets[same].notna().all(axis=1)
    bad = log.tickets.duplicated(same) & known
    return _rows(
        log, bad, DOUBTFUL, "entered twice", listed(same), "with the caller, category and minute of an earlier one"
    )


def _clock(log: TicketLog) -> list[QualityFinding]:
    """Look for days without a clock, times by hand and heaps."""
    found = []
    for name in ("opened_at", "resolved_at", "closed_at"):
        local = log.local(name).dropna()
        if len(local) < _FEWEST:
            continue
        midnight = float((local == local.dt.normalize()).mean())
        whole = float(((local.dt.minute == 0) & (local.dt.second == 0)).mean())
        top = local.dt.floor("min").value_counts()
        if midnight > 0.1:
            found.append(
                _whole(
                    DOUBTFUL,
                    "no clock",
                    name,
                    f"{name}: {percent(midnight)} at midnight sharp: probably days without a clock, hours say nothing",
                )
            )
        elif whole > 0.2:
            found.append(
                _whole(
                    DOUBTFUL,
                    "round times",
                    name,
                    f"{name}: {percent(whole)} on the full hour, where chance gives 1.7%: probably entered by hand",
                )
            )
        if name != "opened_at" and top.iloc[0] >= max(_FEWEST, 0.01 * len(local)):
            found.append(
                _whole(
                    DOUBTFUL,
                    "heap",
                    name,
                    f"{name}: {counted(int(top.iloc[0]), 'ticket')} in one minute ({top.index[0]:%Y-%m-%d %H:%M}): "
                    "probably a clean-up, so this is not when the work ended",
                )
            )
    return found


def _nights(log: TicketLog) -> list[QualityFinding]:
    local = log.local("opened_at")
    clocked = local != local.dt.normalize()  # midnight sharp is a day without a clock, and has its own finding
    hours = local[clocked].dt.hour
    if len(hours) < _FEWEST:
        return []
    night = (hours >= _NIGHT[0]) | (hours < _NIGHT[1])
    share = float(night.mean())
    hint = f"the clock of {log.time_zone} may not be the one on their wall"
    if share > _NIGHT_SHARE:
        peak = int(hours.mode().iloc[0])
        message = (
            f"opened_at: {percent(share)} between {_NIGHT[0]}:00 and 0{_NIGHT[1]}:00, most at {peak:02d}:00: {hint}, "
            "or people work at night"
        )
        return [_whole(DOUBTFUL, "night", "opened_at", message)]
    if not log.has("location"):
        return []
    by_place = night.groupby(log.tickets.loc[clocked, "location"], observed=True).agg(["mean", "size"])
    odd = by_place[(by_place["mean"] > _NIGHT_SHARE) & (by_place["size"] >= _FEWEST)]
    if odd.empty:
        return []
    message = (
        f"opened_at: at {listed([str(each) for each in odd.index])} most calls come at night ({percent(share)} come at "
        f"night everywhere): {hint}, or people work at night there"
    )
    return [_whole(DOUBTFUL, "night", "opened_at", message)]


def _changes(log: TicketLog) -> list[QualityFinding]:
    """Look for labels that come late or go early, though they are common."""
    found = []
    months = log.local("opened_at").dt.to_period("M")
    numbers = (months - months.min()).map(lambda gap: gap.n).to_numpy()
    last = int(numbers.max())
    if last < 5:
        return []
    for name in _LABELS:
        if not log.has(name) or name == "state":
            continue
        codes = log.tickets[name].cat
        table = pd.crosstab(numbers, codes.codes.to_numpy())
        come, gone = [], []
        for code in (int(each) for each in table.columns):
            if code < 0:
                continue
            used = table.index[table[code] > 0]
            begin, end = int(used[0]), int(used[-1])
            inside = numbers[(numbers >= begin) & (numbers <= end)]
            if table[code].sum() < max(_FEWEST, 0.05 * len(inside)):
                continue
            label = str(codes.categories[code])
            if begin >= 3:
                come.append(f"{label!r} from {months.min() + begin} on")
            if end <= last - 3:
                gone.append(f"{label!r} until {months.min() + end}")
        if come or gone:
            message = (
                f"{name}: {listed([*come, *gone])} only, though common: its meaning probably changed then, so earlier "
                "and later months do not compare"
            )
            found.append(_whole(DOUBTFUL, "changed meaning", name, message))
    return found


def _rows_a_ticket(log: TicketLog) -> list[QualityFinding]:
    if not log.has("events") or log.tickets["events"].isna().all():
        return []
    months = log.local("opened_at").dt.to_period("M")
    means = log.tickets["events"].astype(float).groupby(months).mean()
    if len(means) < 6:
        return []
    values = means.to_numpy()
    places = range(3, len(values) - 2)
    ratios: Sequence[Any] = [values[place:].mean() / values[:place].mean() for place in places]
    best = int(np.argmax(np.abs(np.log(ratios))))
    if not abs(np.log(ratios[best])) > np.log(1.4):
        return []
    place = places[best]
    message = (
        f"events: rows a ticket went from {values[:place].mean():.1f} to {values[place:].mean():.1f} in "
        f"{means.index[place]}: the recording changed, so rows do not measure work"
    )
    return [_whole(DOUBTFUL, "rows a ticket", "events", message)]


def _rows(
    log: TicketLog, bad: "pd.Series[bool]", severity: str, check: str, column: str, words: str
) -> list[QualityFinding]:
    numbers = log.tickets["number"][bad.to_numpy(dtype=bool)]
    if not len(numbers):
        return []
    message = f"{column}: {counted(len(numbers), 'ticket')} {words}"
    return [
        QualityFinding(severity, check, column, len(numbers), len(numbers) / len(log), tuple(numbers.iloc[:5]), message)
    ]


def _whole(severity: str, check: str, column: str, message: str) -> QualityFinding:
    return QualityFinding(severity, check, column, 0, 0.0, (), message)
