"""Which situations reach a person, to open one by one: a chart, words, and each conversation as it was played."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from evaluators.widgets._display import show

if TYPE_CHECKING:
    from evaluators.chatbot.flow import BotFlow, FlowPath, SituationFlow
    from evaluators.chatbot.turn import Talk, Talker, Turn

# These pages stay readable where no style sheet is: in feedback, in a saved notebook, on light and on dark paper.
_LINE = "1px solid rgb(128 140 152 / 45%)"
_SITUATION = f"margin:.5em 0;border:{_LINE};border-radius:10px;max-width:46rem"
_SUMMARY = "padding:.7em 1em;min-height:24px;cursor:pointer;overflow-wrap:anywhere"
_TALK = "margin:0;padding:.25em 1em .75em;list-style:none"
_BUBBLE = "margin:.35em 0;padding:.45em .8em;border-radius:14px;white-space:pre-wrap;overflow-wrap:anywhere"
_MINE = f"{_BUBBLE};margin-inline-start:12%;background:rgb(10 110 150 / 14%)"
_THEIRS = f"{_BUBBLE};margin-inline-end:12%;border:{_LINE}"
_MARK = "margin:.35em 0;font-weight:600"
_NOTICE = "margin:.75em 0;padding:.6em .9em;border-inline-start:4px solid #8b95a1;max-width:46rem"
_MARKS = {"person": "☎", "loop": "↻", "no person": "○"}


def flow_view(
    bot: "Talker | None" = None,
    scenarios: Mapping[str, Sequence[Sequence[str]]] | None = None,
    *,
    max_turns: int = 8,
    title: str = "Who reaches a person, and when",
    notice: str = "",
) -> None:
    """Show which situations reach a person, after how many turns, and what was said; each situation can be opened.

    The conversations are played once, when the cell runs; the page then needs no kernel, so that it can be read in a
    saved notebook, too.

    Parameters
    ----------
    bot : Talker, optional
        Whoever answers; default `evaluators.chatbot.example_bot`.
    scenarios : mapping of str to sequence of sequence of str, optional
        Situation -> openings, each the messages in order, as in `evaluators.chatbot.flow.bot_flow`; default the
        project's own conversation tests, which were written for the example bot. Some are about grief and danger to
        life.
    max_turns : int, optional
        After so many turns an opening is broken off.
    title : str, optional
        Heading, plain text.
    notice : str, optional
        Shown above, plain text, such as a warning that grave topics come.

    Raises
    ------
    FlowError
        If there is nothing to play.

    See Also
    --------
    evaluators.chatbot.flow.bot_flow : The figures alone.

    Examples
    --------
    >>> from evaluators.chatbot import example_bot
    >>> flow_view(example_bot(), {"grief": [["my father died"]]})  # doctest: +SKIP
    """
    if bot is None:
        from evaluators.chatbot import example_bot

        bot = example_bot()
    flow, played = _played(bot, shipped_openings() if scenarios is None else scenarios, max_turns)
    show(flow_html(flow, played, title=title, notice=notice), f"{title}\n{flow.summary()}")


def shipped_openings() -> dict[str, list[list[str]]]:
    """Return the messages of the project's own conversation tests, by situation.

    Returns
    -------
    dict of str to list of list of str
        Situation -> conversations, each the messages in order; situations in the order in which they first come.

    Examples
    --------
    >>> len(shipped_openings()["bereavement"]) >= 6
    True
    """
    from evaluators.data import dataset_folder
    from evaluators.tone.conversation_tests import load_tests

    openings: dict[str, list[list[str]]] = {}
    for story in load_tests(dataset_folder("hr_bot") / "tests"):
        openings.setdefault(story.situation or "other", []).append(list(story.messages))
    return openings


def flow_html(flow: "BotFlow", played: "Sequence[Sequence[Turn]]", *, title: str = "", notice: str = "") -> str:
    """Draw a flow as HTML: chart, words, and below them each situation with its conversations.

    Parameters
    ----------
    flow : BotFlow
        The figures.
    played : sequence of sequence of Turn
        The turns of each of ``flow.paths``, in the same order.
    title, notice : str, optional
        Plain text above.

    Returns
    -------
    str
        HTML.
    """
    from evaluators.reports.charts import chart_html

    head = f'<p style="font-size:1.125rem;font-weight:600">{escape(title)}</p>' if title else ""
    if notice:
        head += f'<p style="{_NOTICE}" role="note"><strong>Before you begin.</strong> {escape(notice)}</p>'
    situations = "".join(
        _situation(
            each,
            [pair for pair in zip(flow.paths, played, strict=True) if pair[0].situation == each.situation],
            flow.bot,
        )
        for each in flow.situations
    )
    return (
        f'<div style="max-width:46rem">{head}<p>{escape(flow.summary())}</p>'
        f"{chart_html(flow.chart(), alt=flow.summary())}"
        f"<p>Open a situation to read what was said: ☎ a person was offered, ○ nobody was, ↻ the same answer came "
        f"twice and nobody was.</p>{situations}</div>"
    )


class _Recorder:
    """A talker that keeps every conversation it begins."""

    def __init__(self, talker: "Talker") -> None:
        self.name = talker.name
        self._talker = talker
        self.talks: list[_RecordedTalk] = []

    def conversation(self) -> "Talk":
        self.talks.append(_RecordedTalk(self._talker.conversation()))
        return self.talks[-1]


class _RecordedTalk:
    def __init__(self, talk: "Talk") -> None:
        self._talk = talk
        self.turns: list[Turn] = []

    def say(self, text: str) -> "Turn":
        turn = self._talk.say(text)
        self.turns.append(turn)
        return turn


def _played(
    bot: "Talker", scenarios: Mapping[str, Sequence[Sequence[str]]], max_turns: int
) -> "tuple[BotFlow, list[list[Turn]]]":
    from evaluators.chatbot.flow import bot_flow

    recorder = _Recorder(bot)
    flow = bot_flow(recorder, scenarios, max_turns=max_turns)
    return flow, [talk.turns for talk in recorder.talks]


def _situation(found: "SituationFlow", openings: "Sequence[tuple[FlowPath, Sequence[Turn]]]", bot: str) -> str:
    outcome = "person" if found.reached else "loop" if found.loops else "no person"
    name = found.situation.replace("_", " ")
    name = name[:1].upper() + name[1:]
    talks = "".join(_talk(path, turns, len(openings), bot) for path, turns in openings)
    return (
        f'<details style="{_SITUATION}"><summary style="{_SUMMARY}"><span aria-hidden="true">{_MARKS[outcome]}</span> '
        f"<strong>{escape(name)}</strong>: {escape(_in_words(found))}</summary>{talks}</details>"
    )


def _in_words(found: "SituationFlow") -> str:
    if not found.reached:
        said = f"none of {found.openings} reached a person" if found.openings > 1 else "it did not reach a person"
        return f"{said}; the same answer came twice" if found.loops else said
    said = f"{found.reached} of {found.openings} reached a person"
    if found.openings == 1:
        return f"it reached a person at turn {found.most_turns}"
    if found.median_turns is None or found.most_turns is None:
        return said
    if found.reached == 1 or found.median_turns == found.most_turns:
        return f"{said}, by turn {found.most_turns}"
    return f"{said}, half of them by turn {found.median_turns:g}, the last by turn {found.most_turns}"


def _talk(path: "FlowPath", turns: "Sequence[Turn]", openings: int, bot: str) -> str:
    end = {
        "person": f"☎ A person was offered at turn {path.person_after}.",
        "loop": "↻ The same answer came twice in a row, and no person.",
        "no person": "○ No person was offered.",
    }[path.outcome]
    left = len(path.said) - path.turns
    if left:
        end += f" {left} more of its messages {'was' if left == 1 else 'were'} not played."
    heading = f'<p style="margin:.75em 1em 0;font-weight:600">Opening {path.opening}</p>' if openings > 1 else ""
    lines = "".join(
        f'<li><p dir="auto" style="{_MINE}"><strong>You:</strong> {escape(turn.said.strip())}</p>'
        f'<p dir="auto" style="{_THEIRS}"><strong>{escape(bot)}:</strong> {escape(turn.reply)}</p></li>'
        for turn in turns
    )
    return f'{heading}<ol style="{_TALK}">{lines}<li><p style="{_MARK}">{end}</p></li></ol>'
