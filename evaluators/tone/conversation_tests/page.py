"""The page of a run: what failed, how it reads, what changed; one HTML file that loads nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from evaluators.errors import LabError
from evaluators.reports.dated import dated_json
from evaluators.reports.printable import printable
from evaluators.tone.conversation_tests.diff import OTHER_CAUSES, RunDiff, StoryDiff
from evaluators.tone.conversation_tests.results import NOT_SHOWN, MovedWords, StepResult, StoryResult, TestRun, headline
from evaluators.tone.rubric import load_rubric

_WORST = 8
_REASONS = 20
_MARKED = 0.1
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply: `kind` is ``"earned"``, ``"cost"``, ``"found"`` or empty; `says` is why, for everybody."""

    text: str
    kind: str = ""
    says: str = ""


def run_json(run: TestRun, diff: RunDiff | None = None, *, written: datetime) -> str:
    """Write a run as JSON text, schema 1 of `TestRun.to_dict`, with what changed and the time."""
    value = {**run.to_dict(), "diff": diff.to_dict() if diff else None}
    return dated_json(value, written=written)


def run_html(run: TestRun, diff: RunDiff | None = None, *, written: datetime, title: str = "") -> str:
    r"""Write a run as a self-contained HTML page.

    What failed and what got worse come first; then situations, the replies with the lowest scores, changes side by
    side, and every story with what was asked.

    Parameters
    ----------
    run : TestRun
        What came of the tests.
    diff : RunDiff, optional
        Beside the accepted run.
    written : datetime
        When; printed with its time zone.
    title : str
        By default the bot's name.

    Returns
    -------
    str
        The page. It loads nothing, runs nothing, and every text of a bot or a test is escaped.

    Examples
    --------
    >>> from datetime import UTC
    >>> from evaluators.tone.conversation_tests.results import StoryResult
    >>> story = StoryResult("talks.yml", "<i>greet</i>", "", "", (), "error", (), error="no connection")
    >>> html = run_html(TestRun("bot", (story,)), written=datetime.now(UTC))
    >>> "&lt;i&gt;greet" in html, "<i>" in html
    (True, False)
    """
    from evaluators.reports import pages  # Jinja is slow to import

    html = pages.page(
        _TEMPLATES,
        "conversation_tests.html",
        run=run,
        diff=diff,
        title=title or run.bot,
        written=written,
        headline=headline(run),
        not_shown=NOT_SHOWN,
        situations=run.by_situation().to_dict("records"),
        chart=_drawn(run),
        worst=[(story, step, pieces_of(step, story)) for story, step in run.worst(_WORST)],
        stories=[(story, [(step, pieces_of(step, story)) for step in story.steps]) for story in run.stories],
        reasons=reasons_of,
        other_causes=OTHER_CAUSES,
        names={each.key: each.name for each in load_rubric().dimensions} | {"overall": "As a whole"},
        changed=[] if diff is None else [(each, _rows(each)) for each in _worst_first(diff)],
        day=lambda date: f"{date.day} {date:%B %Y}",
    )
    return printable(html)


def _drawn(run: TestRun) -> str:
    from evaluators.reports import chart_html  # Altair is slow to import

    try:
        chart = run.chart()
        return chart_html(chart, alt=str(chart.description))
    except (LabError, ValueError):  # nothing to draw, or the library that draws gives up; the table has all figures
        return ""


def _worst_first(diff: RunDiff) -> list[StoryDiff]:
    return sorted(diff.stories, key=lambda each: not each.regression)


def _rows(story: StoryDiff) -> list[dict[str, Any]]:
    """Prepare the sentences of a story's answers: before on the left, now on the right."""
    return [{"step": step, "sentences": step.sentences} for step in story.steps]


def _failed_here(step: StepResult, story: StoryResult | None) -> list[tuple[int, int, str]]:
    """Return start, end and question of the words that failed checks found, of the whole story too."""
    checks = [*step.failed, *(each for each in (story.checks if story else ()) if each.outcome == "failed")]
    return [(at.start, at.end, each.asked) for each in checks for at in each.spans if at.step == step.number]


def pieces_of(step: StepResult, story: StoryResult | None = None) -> tuple[Piece, ...]:
    """Cut a reply where words earned, cost or were found by a failed check; the pieces together are the reply.

    Where words overlap, those of the checks go first, then those that cost. What a model gives the reply as a whole is
    no mark: it would lie over everything else.
    """
    marks = [(start, end, "found", asked) for start, end, asked in _failed_here(step, story)]
    for each in step.tone.words if step.tone else ():
        if abs(each.weight) < _MARKED or each.whole:  # a fitted model gives every word a little
            continue
        marks.append((each.start, each.end, "earned" if each.weight > 0 else "cost", _why(each)))
    return cut(step.reply, marks)


def reasons_of(step: StepResult, story: StoryResult | None = None) -> tuple[str, ...]:
    """Say which words of a reply were found by failed checks, and which earned or cost, those that moved most first."""
    found = [f"“{_short(step.reply[start:end])}”: {asked}" for start, end, asked in _failed_here(step, story)]
    moved = [each for each in (step.tone.words if step.tone else ()) if abs(each.weight) >= _MARKED]
    moved.sort(key=lambda each: (-abs(each.weight), each.start, each.dimension))
    return tuple(dict.fromkeys([*found, *(f"“{_short(each.text)}”: {_why(each)}" for each in moved)]))[:_REASONS]


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


def _why(words: MovedWords) -> str:
    name = load_rubric()[words.dimension].name.lower()
    return f"{words.weight:+.2g} {name}: {words.says}"


def cut(text: str, marks: Sequence[tuple[int, int, str, str]]) -> tuple[Piece, ...]:
    """Cut a text at marks (start, end, kind, why); overlapping ones are put together in each piece.

    Examples
    --------
    >>> [(each.text, each.kind) for each in cut("so sorry", [(0, 8, "earned", "a"), (3, 8, "cost", "b")])]
    [('so ', 'earned'), ('sorry', 'cost')]
    """
    inside = [mark for mark in marks if 0 <= mark[0] < mark[1] <= len(text)]
    edges = sorted({0, len(text), *(mark[0] for mark in inside), *(mark[1] for mark in inside)})
    order = {"found": 0, "cost": 1, "earned": 2}
    pieces: list[Piece] = []
    for start, end in pairwise(edges):
        here = sorted((mark for mark in inside if mark[0] <= start and end <= mark[1]), key=lambda mark: order[mark[2]])
        says = "; ".join(dict.fromkeys(mark[3] for mark in here))
        made = Piece(text[start:end], here[0][2] if here else "", says)
        if pieces and (pieces[-1].kind, pieces[-1].says) == (made.kind, made.says):
            made = Piece(pieces.pop().text + made.text, made.kind, made.says)
        pieces.append(made)
    return tuple(pieces)
