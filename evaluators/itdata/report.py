"""The page of an export of tickets: one HTML file to read, print and pass on, and JSON for machines."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators.errors import LabError
from evaluators.itdata import _incidents_words as words
from evaluators.itdata._words import hours_in_words, percent
from evaluators.reports.dated import dated_json
from evaluators.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from evaluators.itdata.incidents import IncidentReport


def report_json(report: "IncidentReport", *, written: datetime) -> str:
    """Write a report as JSON text, schema 1 of `IncidentReport.to_dict` with the time it was written at."""
    return dated_json(report.to_dict(), written=written)


def report_html(report: "IncidentReport", *, written: datetime, title: str = "") -> str:
    r"""Write a report as a self-contained HTML page.

    What a row is and the main figures come first, with what they do not show; then limits, the flow, waiting times,
    service level, handling, ways, weeks with their limits, groups of people, and how far the data can be trusted; at
    the end methods and the file.

    Parameters
    ----------
    report : IncidentReport
        What was found.
    written : datetime
        When; printed with its time zone.
    title : str
        What it is about; by default the file's name.

    Returns
    -------
    str
        The page. It loads nothing; every text from the data is escaped, and no caller or resolver is in it.

    Examples
    --------
    >>> from datetime import UTC
    >>> from tempfile import TemporaryDirectory
    >>> from evaluators.itdata.incidents import report_incidents
    >>> from evaluators.itdata.reading import read_tickets
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "list.csv")
    ...     _ = file.write_text("Number,Opened,Resolved,Priority\n1,2026-03-02,2026-03-03,<i>\n", encoding="utf-8")
    ...     html = report_html(report_incidents(read_tickets(file)), written=datetime.now(UTC))
    >>> "&lt;i&gt;" in html, "<i>" in html
    (True, False)
    """
    from evaluators.reports import pages  # Jinja is slow to import

    html = pages.page(
        Path(pages.__file__).parent / "templates",
        "incidents.html",
        report=report,
        title=title or report.export.facts.name,
        written=written,
        headline=words.headline(report),
        meaning=words.meaning(report),
        not_shown=words.WHAT_IT_DOES_NOT_SHOW,
        tiles=_tiles(report),
        limit_look="bad" if report.broken else "warn" if report.unchecked else "good",
        sections=_sections(report),
        staff=_staff(report),
        trends=_trends(report),
        no_trends=words.NO_TRENDS,
        limits_mean=words.LIMITS,
        lacking=words.not_shown(report),
        quality=words.quality_sentences(report),
        bad_sentence=words.bad_rows_sentence(report),
        bad_rows=_table(words.bad_rows_table(report)),
        day=lambda date: f"{date.day} {date:%B %Y}",
    )
    return printable(html)


def _tiles(report: "IncidentReport") -> list[tuple[str, str]]:
    found = report.measures
    tiles = [(f"{found.tickets:,}", "tickets")]
    if found.events is not None:
        tiles.append((f"{found.events:,}", "rows of events"))
    if found.resolve is not None:
        tiles.append((hours_in_words(found.resolve.overall.median), "half are resolved within"))
        tiles.append((hours_in_words(found.resolve.overall.p90), "nine in ten are resolved within"))
    if found.flow is not None:
        tiles.append((f"{found.flow.rows[-1].backlog:,}", "open at the end"))
    if found.sla is not None and found.sla.overall.share_met is not None:
        tiles.append((percent(found.sla.overall.share_met), "service level met"))
    return tiles


def _sections(report: "IncidentReport") -> list[dict[str, Any]]:
    """Prepare what is known for the template; what is not known says so."""
    found, made = report.measures, list[dict[str, Any]]()

    def add(title: str, lines: list[str], tables: "list[tuple[str, Any]]", charts: "list[tuple[str, str]]") -> None:
        made.append({"title": title, "lines": lines, "tables": tables, "charts": [each for each in charts if each[1]]})

    if found.flow is not None:
        flow = found.flow
        table = words.flow_table(report, most=words.MOST_ROWS)
        caption = f"Arrivals, closures and backlog by {flow.every}"
        add(
            "What comes in, what goes out, what piles up",
            flow.summary().splitlines(),
            [(caption, _table(table))],
            [
                ("", _drawn(lambda: flow.chart(), f"{caption}: the table below has all figures.")),
                ("Days of the week and hours of the day", _drawn(lambda: flow.chart(kind="shape"), flow.summary())),
            ],
        )
    if found.resolve is not None or found.respond is not None or found.close is not None:
        shown = next(each for each in (found.resolve, found.respond, found.close) if each is not None)
        tables = [("Time from opening; tickets that still wait are counted in", _table(words.times_table(report)))]
        if shown.rows:
            tables.append((f"Until resolution, by {shown.by}", _table(words.resolve_table(shown.rows, shown.by))))
        tables += [
            (f"Until resolution, by {each.by}", _table(words.resolve_table(each.rows, each.by)))
            for each in found.resolve_by
            if each.by != shown.by or not shown.rows
        ]
        add(
            "How long people wait",
            shown.summary().splitlines(),
            tables,
            [
                ("", _drawn(lambda: shown.chart(kind="distribution"), _first_lines(shown.summary()))),
                ("Who still waits after so many hours", _drawn(lambda: shown.chart(), _first_lines(shown.summary()))),
            ],
        )
    if found.sla is not None:
        sla = found.sla
        add(
            "Was the promise kept?",
            sla.summary().splitlines(),
            [(f"Service level met, by {sla.by}", _table(words.sla_table(report)))],
            [("", _drawn(lambda: sla.chart(), _first_lines(sla.summary())))],
        )
    if found.handling is not None:
        tables = []
        for place, each in enumerate(found.handling_by):
            tables.append((f"By {each.by}", _table(words.handling_table(report, place))))
        blame = [words.NOT_TO_BLAME] if any(each.by == "group" for each in found.handling_by) else []
        add("How tickets are handled", [*found.handling.summary().splitlines(), *blame], tables, [])
    for by, path in (("group", found.group_path), ("state", found.state_path)):
        if path is not None:
            add(
                f"The way of a ticket from {by} to {by}",
                path.summary().splitlines(),
                [(words.ways_title(report, by), _table(words.ways_table(report, by)))],
                [("" if by == "group" else "Map", _drawn(path.chart, path.summary()))],
            )
    return made


def _trends(report: "IncidentReport") -> list[dict[str, Any]]:
    return [
        {
            "line": words.trend_line(name, chart),
            "lines": chart.summary().splitlines(),
            "chart": _drawn(chart.chart, _first_lines(chart.summary())),
        }
        for name, chart in report.trends
    ]


def _staff(report: "IncidentReport") -> list[dict[str, Any]]:
    if report.staff is None:
        return []
    return [
        {
            "per": rates.per,
            "lines": rates.summary().splitlines(),
            "table": _table(words.staff_table(rates)),
            "chart": _drawn(rates.chart, f"{_first_lines(rates.summary())} The table below has all figures shown."),
        }
        for rates in report.staff.rates
    ]


def _table(table: words.Table) -> dict[str, Any]:
    """Prepare a table for the template; of a long one the first rows, and how many there are."""
    heads, every = table
    rows = every[: words.MOST_ROWS]
    numbers = [bool(rows) and all(words.is_figure(row[place]) for row in rows) for place in range(len(heads))]
    return {
        "heads": list(zip(heads, numbers, strict=True)),
        "rows": [list(zip(row, numbers, strict=True)) for row in rows],
        "all": len(every),
    }


def _first_lines(text: str) -> str:
    return " ".join(text.splitlines()[:3])


def _drawn(draw: "Callable[[], Any]", alt: str) -> str:
    from evaluators.reports import chart_html  # Altair is slow to import

    try:
        return chart_html(draw(), alt=alt)
    except LabError:  # nothing to draw; the sentences say so
        return ""
    except ValueError:  # the library that draws gives up on odd data, such as years far away; the tables have it all
        return "<p>The chart could not be drawn. The table has all figures.</p>"
