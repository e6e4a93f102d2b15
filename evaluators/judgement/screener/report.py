"""The page of a screener's check: one HTML file for the developer, and for whoever decides."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from evaluators.judgement.screener import _tables as tables
from evaluators.judgement.screener.check import BROKEN, KEPT
from evaluators.reports.dated import dated_json
from evaluators.reports.printable import printable
from evaluators.screening.verdicts import Verdict

if TYPE_CHECKING:
    from evaluators.judgement.screener.check import ScreenerCheck


def screener_json(check: "ScreenerCheck", *, written: datetime) -> str:
    """Write a check as JSON text, schema 1 of `ScreenerCheck.to_dict` with the time it was written at."""
    return dated_json(check.to_dict(), written=written)


def screener_html(check: "ScreenerCheck", *, written: datetime, title: str = "") -> str:
    """Write a check as a self-contained HTML page.

    Parameters
    ----------
    check : ScreenerCheck
        What was found.
    written : datetime
        When; printed with its time zone.
    title : str
        What was checked; by default the screener as it was named.

    Returns
    -------
    str
        The page. It loads nothing, names no résumé and no rater, and escapes every text from the data.
    """
    from evaluators.reports import chart_html, pages  # Altair and Jinja are slow to import

    found = check.against
    results = {limit.result for limit in check.limits}
    audit = found.audit
    told = audit is not None and audit.verdict is not Verdict.TOO_LITTLE_DATA
    look = "bad" if BROKEN in results else "good" if told and results == {KEPT} else "warn"
    html = pages.page(
        Path(pages.__file__).parent / "templates",
        "screener.html",
        check=check,
        found=found,
        title=title or check.run.spec,
        written=written,
        look=look,
        looks={"kept": "good", "broken": "bad", "could not be checked": "warn"},
        order=tables.order_rows(found),
        shortlist=tables.shortlist_rows(found),
        parts=tables.part_rows(found),
        alike=tables.alike_rows(found),
        audits=tables.audit_rows(found),
        said=[part.split("\n") for part in found.summary().split("\n\n")],
        chart=chart_html(
            found.chart(),
            alt=f"Rank correlation with the panel {found.correlation.value:.2f}, and where screener and panel part. "
            "The tables have all figures.",
        ),
        spread=chart_html(
            check.run.chart(), alt=f"How {len(check.run.scores):,} scores spread. The JSON has all of them."
        ),
        probe_chart=""
        if check.probe is None or not any(effect.swapped for effect in check.probe)
        else chart_html(check.probe.chart(), alt="What each swap does to the score, over what a placebo does."),
        day=lambda date: f"{date.day} {date:%B %Y}",
    )
    return printable(html)
