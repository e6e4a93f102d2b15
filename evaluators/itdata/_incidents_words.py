"""The sentences and tables that the command and the page say alike."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluators.itdata._words import counted, hours_in_words, percent, tickets
from evaluators.itdata.tickets.durations import DurationRow
from evaluators.itdata.tickets.sla import SlaRow
from evaluators.itdata.tickets.trend import FIGURES

if TYPE_CHECKING:
    from evaluators.itdata.incidents import IncidentReport
    from evaluators.itdata.people.staff_rates import StaffRates
    from evaluators.itdata.tickets.xmr import XmrChart

MOST_ROWS = 40  # of a table on the page
Table = tuple[Sequence[str], Sequence[Sequence[str]]]

WHAT_IT_DOES_NOT_SHOW = (
    "These are figures about tickets, not about people. They do not say whether somebody was helped, and who gave up "
    "left no ticket. They say nothing about how well any one person works, and no caller or resolver is listed."
)
NOT_TO_BLAME = "A group is the last one that had the ticket. It is not to blame for what came before."
NO_TRENDS = "The log is too short for limits by week."
LIMITS = (
    "Single weeks always differ. Limits show how much; a week outside of them, or eight in a row on one side, is a "
    "signal. Where the log is long enough, its first half (26 weeks at most) makes the limits; logs of more than three "
    "years are looked at by month or quarter."
)
_STEPS = {"respond": "First response", "resolve": "Resolution", "close": "Closing"}


def headline(report: "IncidentReport") -> str:
    """Say the first thing to know: what a row is, and how many tickets there are."""
    found = report.measures
    if found.events is None:
        return f"{tickets(found.tickets)}. A row of this export is a ticket."
    return (
        f"{tickets(found.tickets)} in {counted(found.events, 'row')}. A row is an event in the life of a ticket, so do "
        f"not count rows: there are {found.events / found.tickets:.1f} for each ticket."
    )


def meaning(report: "IncidentReport") -> list[str]:
    """Say the main figures, three sentences at most."""
    found, lines = report.measures, list[str]()
    lines.append(
        f"The first was opened on {found.first_opened[:10]}; the log ends on {found.as_of[:10]} (time of "
        f"{found.time_zone})."
    )
    if found.resolve is not None:
        row = found.resolve.overall
        late = "how long nine in ten take is not known, since too many still wait"
        nine = late if row.p90 is None else f"nine in ten within {hours_in_words(row.p90)}"
        half = "" if row.median is None else f"Half are resolved within {hours_in_words(row.median)}, "
        said = f"{half}{nine}; tickets still open are counted in."
        lines.append(f"{said[:1].upper()}{said[1:]}")
    if found.flow is not None:
        last = found.flow.rows[-1]
        lines.append(
            f"1 ticket is open at the end; it has waited for {hours_in_words(last.median_age)}."
            if last.backlog == 1
            else f"{tickets(last.backlog)} are open at the end; half of them are "
            f"{hours_in_words(last.median_age)} old or older."
            if last.backlog
            else "No ticket is open at the end. If only finished tickets were exported, the longest waits are missing."
        )
    return lines


def flow_table(report: "IncidentReport", *, most: int = 0) -> Table:
    """Return arrivals, closures and backlog, the last periods first cut to `most` (0: all)."""
    flow = report.measures.flow
    assert flow is not None
    rows = flow.rows[-most:] if most else flow.rows
    return (
        (flow.every.capitalize(), "Came in", "Ended", "Open at its end", "Half open for"),
        [
            (
                f"{row.period}{' (in part)' if row.partial else ''}",
                f"{row.arrivals:,}",
                f"{row.closures:,}",
                f"{row.backlog:,}",
                hours_in_words(row.median_age) if row.backlog else "–",
            )
            for row in rows
        ],
    )


def times_table(report: "IncidentReport") -> Table:
    """Return the times to respond, resolve and close."""
    found = report.measures
    rows = [
        _times(_STEPS[name], each.overall)
        for name, each in (("respond", found.respond), ("resolve", found.resolve), ("close", found.close))
        if each is not None
    ]
    return ("Until", *_TIME_HEADS), rows


_TIME_HEADS = ("Half within", "3 in 4 within", "9 in 10 within", "Mean", "Done", "Still waiting")


def resolve_table(rows: Sequence[DurationRow], label: str) -> Table:
    """Return the times to resolution of some labels."""
    ordered = sorted(rows, key=lambda row: row.label) if label == "priority" else rows
    return (label.capitalize(), *_TIME_HEADS), [_times(row.label, row) for row in ordered]


def _times(name: str, row: DurationRow) -> tuple[str, ...]:
    mean = f"{'over ' if row.mean_is_least else ''}{hours_in_words(row.mean)}" if row.mean is not None else "–"
    quantiles = (hours_in_words(each) for each in (row.median, row.p75, row.p90))
    return (name, *quantiles, mean, f"{row.ended:,}", f"{row.waiting:,}")


def sla_table(report: "IncidentReport") -> Table:
    """Return the service level by its label."""
    sla = report.measures.sla
    assert sla is not None
    targets = any(row.target_hours is not None for row in sla.rows)
    heads = (
        sla.by.capitalize(),
        *(("Target",) if targets else ()),
        "Met",
        "Likely between",
        "Met of decided",
        "Not yet due",
    )

    def cells(row: SlaRow) -> tuple[str, ...]:
        between = "–" if row.low is None else f"{percent(row.low)} and {percent(row.high)}"
        target = (hours_in_words(row.target_hours) if row.target_hours else "",) if targets else ()
        share = "–" if row.share_met is None else percent(row.share_met)
        return (
            row.label,
            *target,
            share,
            between,
            f"{row.met:,} of {row.met + row.missed:,}",
            f"{row.not_yet_known:,}",
        )

    return heads, [*map(cells, sla.rows), cells(sla.overall)]


def handling_table(report: "IncidentReport", place: int) -> Table:
    """Return how tickets of each label were handled."""
    found = report.measures.handling_by[place]
    rows = [
        (
            row.label,
            f"{row.tickets:,}",
            "–" if row.mean_reassignments is None else f"{row.mean_reassignments:.2f}",
            *(
                "–" if each.share is None else percent(each.share)
                for each in (row.reassigned, row.ping_pong, row.reopened, row.first_contact)
            ),
        )
        for row in found.rows
    ]
    heads = ("Tickets", "Passed on, mean", "Passed on", "Came back", "Reopened", "First contact")
    return (found.by.capitalize(), *heads), rows


def ways_table(report: "IncidentReport", by: str, *, most: int = 10) -> Table:
    """Return the commonest ways of tickets."""
    found = report.measures.group_path if by == "group" else report.measures.state_path
    assert found is not None
    rows = [
        (" → ".join(way.places[:12]) + (" → …" if len(way.places) > 12 else ""), f"{way.tickets:,}", f"{way.share:.1%}")
        for way in found.variants[:most]
    ]
    return (f"Way from {by} to {by}", "Tickets", "Share"), rows


def staff_table(rates: "StaffRates") -> Table:
    """Return the rates of one column of people; what is hidden says so."""
    rows = []
    for row in (*rates.rows, rates.overall):
        if row.hidden:
            rows.append((row.group, "hidden", "hidden", "hidden"))
        elif row.rate is None:
            rows.append((row.group, f"{row.people:,}", "–", "–"))
        else:
            rows.append((row.group, f"{row.people:,}", f"{row.rate:,.1f}", f"{row.low:,.1f} to {row.high:,.1f}"))
    return (rates.per, "People", f"Tickets {rates.unit}", f"{rates.confidence:.0%} interval"), rows


def trend_line(name: str, chart: "XmrChart") -> str:
    """Say in one sentence whether a figure changed."""
    title = FIGURES[name].title
    title = f"{title[:1].upper()}{title[1:]}"
    signals = [point for point in chart.points if point.signal]
    if not signals:
        return f"{title}: no signal in {len(chart.points)} {chart.every}s."
    first, last = signals[0], signals[-1]
    since = "" if first.since == first.label else f", a run that began in {first.since}"
    more = (
        ""
        if len(signals) == 1
        else f"; {len(signals)} of {len(chart.points)} {chart.every}s signal, the last {last.label}"
    )
    return (
        f"{title}: usual value {chart.say(first.centre)}; first signal in the {chart.every} {first.label}, "
        f"{chart.say(first.value)} ({first.signal}{since}){more}."
    )


def bad_rows_table(report: "IncidentReport", *, most: int = 200) -> Table:
    """Return cells and rows that could not be read, by line and column."""
    unit = "Line" if report.export.facts.kind == "CSV" else "Row"
    rows = [
        (f"{row.line:,}", row.column or "(the row)", report.shown_value(row.column, row.value) or "–", row.problem)
        for row in report.export.bad_rows[:most]
    ]
    return (unit, "Column", "There stands", "Problem"), rows


def bad_rows_sentence(report: "IncidentReport") -> str:
    """Say how many cells and rows could not be read, and of what kind."""
    counts = report.export.bad_counts
    if not counts:
        return "Every row could be read."
    said = "; ".join(f"{problem}: {often:,}" for problem, often in counts.items())
    return f"Not everything could be read as it stands. {said[:1].upper()}{said[1:]}."


def is_figure(text: str) -> bool:
    """Say whether a cell of these tables is a figure and stands on the right."""
    return text[:1].isdigit() or text in ("–", "hidden", "not known") or text.startswith(("over ", "under "))


def ways_title(report: "IncidentReport", by: str) -> str:
    """Say how many different ways there are."""
    found = report.measures.group_path if by == "group" else report.measures.state_path
    assert found is not None
    return "The only way" if found.all_variants == 1 else f"The commonest of {found.all_variants:,} ways"


def quality_sentences(report: "IncidentReport") -> list[str]:
    """Say what was found in the tickets; a row of the log that was checked is a ticket, not a row of the file."""
    lines = report.quality.summary().splitlines()
    return [re.sub(r"row(s?) (was|were) checked as tickets", r"ticket\1 \2 checked", lines[0]), *lines[1:]]


def not_shown(report: "IncidentReport") -> list[str]:
    """Say what the export does not allow, and why, each once."""
    lacking = report.measures.lacking
    return [
        f"Not shown: {what}. {why}"
        for what, why in lacking.items()
        if not any(what.startswith(f"{other} by ") and lacking[other] == why for other in lacking)
    ]
