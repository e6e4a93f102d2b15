"""The page of a study: one HTML file for whoever answers for a panel, and the same as JSON."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators.judgement.study import _tables as tables
from evaluators.judgement.study import _words as words
from evaluators.reports.dated import dated_json
from evaluators.reports.printable import printable

if TYPE_CHECKING:
    from evaluators.judgement.study.panel_study import PanelStudy

_MOST_ROWS_DRAWN = 30
_MOST_FACETS = 12


def report_json(study: "PanelStudy", *, written: datetime) -> str:
    """Write a study as JSON text, schema 1 of `PanelStudy.to_dict` with the time it was written at.

    Examples
    --------
    >>> import json
    >>> import numpy as np
    >>> from datetime import UTC
    >>> from evaluators.judgement.panel import Panel
    >>> from evaluators.judgement.study.panel_study import judge_panel
    >>> panel = Panel(np.array([[1, 2], [2, 2], [4, 5.0]]), ("a", "b", "c"), ("Ada", "Ben"))
    >>> text = report_json(judge_panel(panel, replicates=100), written=datetime(2026, 3, 2, tzinfo=UTC))
    >>> json.loads(text)["kind"], json.loads(text)["written_at"]
    ('panel study', '2026-03-02T00:00:00+00:00')
    """
    return dated_json(study.to_dict(), written=written)


def report_html(study: "PanelStudy", *, written: datetime, title: str = "") -> str:
    """Write a study as a self-contained HTML page.

    What to do next comes first; then how far the raters agree, single raters, what they value, one ranking, a screener;
    at the end what is missing, how the figures were made, and the data.

    Parameters
    ----------
    study : PanelStudy
        What was found.
    written : datetime
        When; printed with its time zone.
    title : str
        What was rated; by default the file's name.

    Returns
    -------
    str
        The page. It loads nothing; every text from the data is escaped.

    Examples
    --------
    >>> import numpy as np
    >>> from datetime import UTC
    >>> from evaluators.judgement.panel import Panel
    >>> from evaluators.judgement.study.panel_study import judge_panel
    >>> panel = Panel(np.array([[1, 2], [2, 2], [4, 5.0]]), ("<i>", "b", "c"), ("Ada", "Ben"))
    >>> html = report_html(judge_panel(panel, replicates=100), written=datetime.now(UTC))
    >>> "&lt;i&gt;" in html, "<i>" in html
    (True, False)
    """
    from evaluators.reports import pages  # Jinja is slow to import

    report = study.raters
    layout = [] if study.layout is None else study.layout.sentences(names=not study.pseudonyms)
    html = pages.page(
        Path(pages.__file__).parent / "templates",
        "panel_study.html",
        study=study,
        title=title or (study.file.name if study.file and study.file.name else "Ratings of a panel"),
        written=written,
        headline=words.headline(study),
        look=words.look(study),
        limit=words.limit_sentence(study),
        limit_look="warn" if study.unchecked else "bad" if study.broken else "good",
        steps=study.next_steps,
        no_review=words.NO_REVIEW,
        not_shown=words.NOT_SHOWN,
        agreement=tables.agreement_grid(study),
        agreement_chart=_drawn(study.agreement, "How far the raters agree, by each measure, with intervals."),
        means=[] if study.measure is None else [f"{study.measure.means} {study.measure.does_not_mean}"],
        disputed=tables.disputed_grid(study),
        raters=tables.raters_grid(study),
        raters_charts=[
            chart
            for part, alt in (
                (report.severity if report else None, "Who is stricter and who is kinder than the panel."),
                (report.drift if report else None, "Whose level moves in the course of the work."),
                (report.halo if report else None, "Whose dimensions go together beyond the others'."),
                (report.rest if report else None, "How well one rater predicts the others."),
            )
            if part is not None and len(part.raters) <= _MOST_ROWS_DRAWN and (chart := _drawn(part, alt))
        ],
        raters_words=_lines(report),
        importance=tables.importance_grid(study),
        importance_chart=_drawn(study.importance, "How much each cue counts for the panel."),
        values=tables.values_grid(study),
        values_chart=_drawn(study.policies, "What each rater's ratings go with, cue by cue."),
        schools=_lines(study.schools),
        schools_chart=_drawn(study.schools, "The raters on a map by what their ratings go with."),
        stated=tables.stated_grid(study),
        stated_chart=_drawn(study.stated, "Stated and recovered weights of each rater.")
        if study.stated is not None and len(study.stated.raters) <= _MOST_FACETS
        else "",
        stated_words=[] if study.stated is None else study.stated.summary().splitlines()[-2:],
        consensus=tables.consensus_grid(study),
        consensus_words=_lines(study.consensus),
        consensus_chart=_drawn(
            None
            if study.consensus is None
            else replace(study.consensus, items=study.consensus.items[: tables.MOST_ITEMS]),
            "The first items of the ranking, with the uncertainty of their ranks.",
        ),
        screener=tables.screener_grid(study),
        screener_words=_lines(study.against),
        screener_chart=_drawn(study.against, f"{study.screener} and the raters on one scale."),
        layout=layout,
        day=lambda date: f"{date.day} {date:%B %Y}",
    )
    return printable(html)


def _lines(part: Any) -> list[str]:
    return [] if part is None else [line for line in part.summary().splitlines() if line]


def _drawn(part: Any, alt: str) -> str:
    if part is None:
        return ""
    from evaluators.reports import chart_html  # Altair is slow to import

    return chart_html(part.chart(), alt=f"{alt} The figures stand in the tables and words beside it.")
