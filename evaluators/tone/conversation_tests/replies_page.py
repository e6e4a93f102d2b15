"""The page and the JSON of scored replies: what the command `hrlab tone score` and the form in the notebook write."""

from datetime import datetime
from pathlib import Path

from evaluators.errors import LabError
from evaluators.reports.dated import dated_json
from evaluators.reports.printable import printable
from evaluators.tone.conversation_tests.page import Piece, pieces_of, reasons_of
from evaluators.tone.conversation_tests.replies_table import ReplyScores
from evaluators.tone.conversation_tests.results import StepResult
from evaluators.tone.rubric import load_rubric

_LOWEST = 10
_NAMED = 40
_FEW = 5

Quoted = tuple[str, StepResult, tuple[Piece, ...]]


def scores_json(scores: ReplyScores, *, written: datetime) -> str:
    """Write the scores as JSON text, schema 1 of `ReplyScores.to_dict` with the time it was written at."""
    return dated_json(scores.to_dict(), written=written)


def scores_csv(scores: ReplyScores) -> str:
    """Write one line a reply, with figures and no words, for a spreadsheet."""
    return scores.to_frame().to_csv(index=False, lineterminator="\n")


def scores_html(scores: ReplyScores, *, written: datetime) -> str:
    """Write the scores as a self-contained page: failed gates, means, the lowest replies with the words that cost.

    Every text from the table is escaped.
    """
    from evaluators.reports import chart_html, pages  # Jinja and Altair are slow to import

    try:
        chart = scores.chart()
        drawn = chart_html(chart, alt=str(chart.description))
    except (LabError, ValueError):  # nothing to draw; the table has all figures
        drawn = ""
    names = {each.key: each.name for each in load_rubric().dimensions}
    talks = scores.conversations
    html = pages.page(
        Path(__file__).parent / "templates",
        "scored_replies.html",
        scores=scores,
        written=written,
        lines=scores.summary().splitlines(),
        means=[(names[key], value) for key, value in scores.means().items()],
        chart=drawn,
        worst=_quoted(scores.worst),
        failed=_quoted(scores.failed),
        talks=talks[:_LOWEST],
        unscored=[
            (why, len(rows), ", ".join(rows[:_NAMED]) + (", …" if len(rows) > _NAMED else ""))
            for why, rows in scores.unscored()
        ],
        few=0 < (len(talks) or len(scores.rows)) < _FEW,
        reasons=reasons_of,
        day=lambda date: f"{date.day} {date:%B %Y}",
    )
    return printable(html)


def _quoted(replies: tuple[tuple[str, StepResult], ...]) -> list[Quoted]:
    return [(row, step, pieces_of(step)) for row, step in replies]
