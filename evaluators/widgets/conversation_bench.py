"""A bench for conversation tests: look at a conversation before and now, and build a check by clicking."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from evaluators._palette import BLUE, RED
from evaluators.errors import LabError
from evaluators.widgets._display import show
from evaluators.widgets.explorer import Control, explore, select, slider

if TYPE_CHECKING:
    from evaluators.chatbot.turn import Talker
    from evaluators.tone.conversation_tests import SentenceChange, StepResult, StoryResult, TestRun, TestStory
    from evaluators.tone.conversation_tests.trial import BoundSweep, CheckTrial

_LINE = "1px solid rgb(128 140 152 / 45%)"
_BOX = f"border:{_LINE};border-radius:10px;padding:.35em .9em;margin:.5em 0;max-width:46rem;overflow-wrap:anywhere"
_CELL = f"padding:.45em .6em;border-bottom:{_LINE};text-align:left;vertical-align:top"
_MARKS = {"caught": "✓", "missed": "✗", "false alarm": "▲", "quiet": "–"}
_MEANS = {
    "caught": "caught: it fails now, and did not before",
    "missed": "missed: it got worse, and the check does not see it",
    "false alarm": "false alarm: the check fails where nothing got worse",
    "quiet": "quiet: nothing got worse, and the check says nothing",
}
DIMENSIONS = (
    "emotional_reaction",
    "interpretation",
    "exploration",
    "non_dismissal",
    "advice_timing",
    "politeness",
    "plain_language",
    "ownership",
)


class BenchError(LabError, ValueError):
    """A bench that cannot be set up as it was asked for."""


def sentences_html(changes: "Sequence[SentenceChange]") -> str:
    """Write a reply sentence by sentence: what is gone, what is new, what stayed.

    Parameters
    ----------
    changes : sequence of SentenceChange
        As `evaluators.tone.conversation_tests.sentence_changes` returns them.

    Returns
    -------
    str
        HTML; each changed sentence begins with a word that says so, since a colour or a line alone is not enough.

    Examples
    --------
    >>> from evaluators.tone.conversation_tests import sentence_changes
    >>> sentences_html(sentence_changes("I'm sorry.", "Noted.")).count("<li")
    2
    """
    rows = []
    for each in changes:
        if each.kind == "same":
            rows.append(_sentence("as before", each.now, ""))
            continue
        if each.before:
            rows.append(_sentence("gone", each.before, f"text-decoration:line-through;border-inline-start-color:{RED}"))
        if each.now:
            rows.append(_sentence("new", each.now, f"font-weight:600;border-inline-start-color:{BLUE}"))
    return f'<ul style="list-style:none;margin:.25em 0;padding:0">{"".join(rows)}</ul>'


def _sentence(word: str, text: str, style: str) -> str:
    return (
        '<li style="margin:.2em 0;padding-inline-start:.6em;border-inline-start:4px solid rgb(128 140 152 / 45%);'
        f'{style.partition(";")[2] if style else ""}"><span style="font-size:.85em;font-weight:400">{word}:</span> '
        f'<span style="{style.partition(";")[0] if style else ""}">{escape(text.strip())}</span></li>'
    )


def story_html(before: "StoryResult", now: "StoryResult") -> str:
    """Write a conversation as it went before and goes now, with what was asked of it.

    Parameters
    ----------
    before, now : StoryResult
        The same story with the good bot and the changed one.

    Returns
    -------
    str
        HTML.
    """
    from evaluators.tone.conversation_tests import sentence_changes

    parts = []
    for old, new in zip(before.steps, now.steps, strict=False):
        changes = sentence_changes(old.reply, new.reply)
        said = f"<p><strong>Person:</strong> {escape(new.said.strip())}</p>"
        if all(each.kind == "same" for each in changes):
            reply = f"<p><strong>Bot</strong> (not one word changed): {escape(new.reply)}</p>"
        else:
            reply = f"<p><strong>Bot</strong>, sentence by sentence:</p>{sentences_html(changes)}"
        parts.append(f'<div style="{_BOX}">{said}{reply}{_checks(old, new)}</div>')
    return "".join(parts)


def _checks(before: "StepResult", now: "StepResult") -> str:
    earlier = {each.asked: each.outcome for each in before.checks}
    told = [each for each in now.checks if each.outcome != "not told"]
    if not told:
        return ""
    rows = "".join(
        f"<li>{escape(each.asked)}: before {_sign(earlier.get(each.asked, 'not asked'))}, now {_sign(each.outcome)}"
        f" ({escape(each.found)})</li>"
        for each in told
    )
    return f"<details><summary>{len(told)} checks of this answer</summary><ul>{rows}</ul></details>"


def _sign(outcome: str) -> str:
    return {"passed": "✓ passed", "failed": "✗ failed"}.get(outcome, outcome)


def trial_html(trial: "CheckTrial") -> str:
    """Write what a check does with each conversation: a mark, a word, and why.

    Parameters
    ----------
    trial : CheckTrial
        Of one check, or of several together.

    Returns
    -------
    str
        HTML: the sentence first, then a table.
    """
    rows = []
    for each in trial.stories:
        verdict = each.verdict
        what = each.planted or "nothing got worse"
        fails = (
            "not asked here"
            if not each.asked
            else " and ".join(name for name, bad in (("before", each.before), ("now", each.now)) if bad)
            or "passes twice"
        )
        fails = f"fails {fails}" if each.before or each.now else fails
        rows.append(
            f'<tr><th scope="row" style="{_CELL};font-weight:400">{escape(each.story)}<br>'
            f'<span style="font-size:.85em">{escape(what)}</span></th>'
            f'<td style="{_CELL}"><strong style="white-space:nowrap">'
            f'<span aria-hidden="true">{_MARKS[verdict]}</span> {verdict}</strong>'
            f'<br><span style="font-size:.85em">{fails}</span></td></tr>'
        )
    key = "; ".join(f"{_MARKS[name]} {words}" for name, words in _MEANS.items())
    why = "".join(f"<li>{escape(each.story)}: {escape(each.why)}</li>" for each in trial.stories if each.why)
    why = f"<details><summary>What failed, in the words of the test</summary><ul>{why}</ul></details>" if why else ""
    return (
        f"<p><strong>Your check:</strong> {escape(trial.asked.replace('_', ' '))}.</p><p>{escape(trial.summary())}</p>"
        '<div class="hrlab-table" role="region" aria-label="What the check does" tabindex="0" style="overflow-x:auto">'
        '<table style="border-collapse:collapse"><thead><tr>'
        f'<th scope="col" style="{_CELL}">Conversation</th><th scope="col" style="{_CELL}">The check</th>'
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f'</div><p style="font-size:.875em">{escape(key)}.</p>{why}'
    )


def with_block(text: str, block: str, stories: Sequence[str]) -> str:
    r"""Put a block into some stories of a file of conversation tests, before their steps.

    Parameters
    ----------
    text : str
        The file, in the layout of our own ones: ``  - story: name``, ``    steps:``.
    block : str
        Lines such as ``"never:\n  - promise_secrecy"``, without indentation.
    stories : sequence of str
        Names of the stories.

    Returns
    -------
    str
        The file with the block.

    Raises
    ------
    BenchError
        If a story is not found.

    Examples
    --------
    >>> print(with_block("stories:\n  - story: a\n    steps:\n      - user: hi", "must:\n  - ask_question", ["a"]))
    stories:
      - story: a
        must:
          - ask_question
        steps:
          - user: hi
    """
    lines, name, done = [], "", []
    for line in text.splitlines():
        if line.startswith("  - story:"):
            name = line.partition(":")[2].strip()
        if line == "    steps:" and name in stories and name not in done:
            done.append(name)
            lines += [f"    {each}" for each in block.splitlines()]
        lines.append(line)
    if missing := [each for each in stories if each not in done]:
        raise BenchError(f"The file has no story {missing[0]!r}.", "Write its name as in the file.", "stories")
    return "\n".join(lines)


def conversation_viewer(before: "TestRun", now: "TestRun", *, title: str, start: str = "", notice: str = "") -> None:
    """Let somebody choose a conversation and see it before and now, sentence by sentence.

    Parameters
    ----------
    before, now : TestRun
        The same stories with the good bot and the changed one.
    title : str
        Heading, plain text.
    start : str, optional
        The story to begin with; default the first.
    notice : str, optional
        Shown under the drop-down, such as which conversations are about a death.
    """
    stories = {each.name: (old, each) for old, each in zip(before.stories, now.stories, strict=True)}

    def draw(story: str) -> str:
        old, new = stories[story]
        return story_html(old, new) + (
            f"<p>Tone, of 4 points: mean {old.mean:.1f} before and {new.mean:.1f} now; lowest reply {old.minimum:.1f} "
            f"before and {new.minimum:.1f} now. IT's checks of this conversation: {new.outcome}.</p>"
        )

    explore(
        {"story": select("Conversation", {name: name for name in stories}, start or None, help=notice)},
        draw,
        title=title,
    )


def conversation_bench(
    stories: "Sequence[TestStory]",
    before: "Talker",
    now: "Talker",
    *,
    planted: Mapping[str, str],
    hard: Sequence[str],
    file_text: str,
    wordings: Mapping[str, Sequence[str]],
    title: str = "Build a check",
) -> None:
    """Let somebody build a check by clicking, and see at once what it catches and whom it bothers for nothing.

    Parameters
    ----------
    stories : sequence of TestStory
        What is said.
    before, now : Talker
        The good bot and the changed one; use `evaluators.tone.conversation_tests.trial.record` for both.
    planted : mapping of str to str
        Story -> what got worse in it.
    hard : sequence of str
        Names of the stories about a hard moment: the check can be asked of these alone.
    file_text : str
        The file of the stories: shown with the check in it, and to be saved.
    wordings : mapping of str to sequence of str
        What the words are called on the page -> wordings, any of which counts; for "must say" and "never say".
    title : str, optional
        Heading.
    """
    names = [story.name for story in stories]
    kinds = {
        "minimum": "tone: the lowest reply of a conversation has at least …",
        "mean": "tone: the mean of a conversation is at least …",
        **{key: f"tone: {key.replace('_', ' ')} of every reply is at least …" for key in DIMENSIONS},
        "must person": "must: a person is offered",
        "must ask": "must: something is asked",
        "must words": "must: say the words chosen below",
        "never secrecy": "never: promise secrecy",
        "never words": "never: say the words chosen below",
    }

    def draw(kind: str, bound: float, words: str, where: str) -> str:
        from evaluators.tone.conversation_tests.trial import try_check

        block, asked = check_of(kind, bound, wordings[words])
        chosen = list(names if where == "all" else hard)
        trial = try_check(stories, before, now, planted=planted, asked_of=chosen, **asked)
        made = with_block(file_text, block, chosen)
        return trial_html(trial) + _file(block, made)

    controls: dict[str, Control] = {
        "kind": select("Check", kinds),
        "bound": slider("At least", 0, 4, value=2.0, step=0.1, unit="points", help="For a check of tone."),
        "words": select("Words", {name: name for name in wordings}, help="For “must say” and “never say”."),
        "where": select("Ask it of", {"all": "all conversations", "hard": "hard moments only"}),
    }
    explore(controls, draw, title=title)


def check_of(kind: str, bound: float, words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    r"""Return a check as a block of a file, and as arguments of `try_check`.

    Parameters
    ----------
    kind : str
        ``"mean"``, ``"minimum"``, a dimension, ``"must person"``, ``"must ask"``, ``"must words"``,
        ``"never secrecy"`` or ``"never words"``.
    bound : float
        Points (0-4), for a check of tone.
    words : sequence of str
        Wordings, for a check of words.

    Returns
    -------
    str
        YAML lines.
    dict
        ``tone``, ``must`` or ``never``.

    Raises
    ------
    BenchError
        If the kind is not known.

    Examples
    --------
    >>> check_of("never secrecy", 0, ())[0]
    'never:\n  - promise_secrecy'
    """
    from evaluators.tone.conversation_tests import Check, StoryTone

    if kind in ("mean", "minimum", *DIMENSIONS):
        points = round(float(bound), 1)
        return f"tone:\n  {kind}: {points:g}", {"tone": StoryTone.model_validate({kind: points})}
    flags = {"must person": "offer_person", "must ask": "ask_question", "never secrecy": "promise_secrecy"}
    side, _, _ = kind.partition(" ")
    if kind in flags:
        return f"{side}:\n  - {flags[kind]}", {side: [Check.model_validate(flags[kind])]}
    if kind not in ("must words", "never words"):
        raise BenchError(f"{kind!r} is no kind of check.", "See the documentation of check_of.", "kind")
    said = ", ".join('"' + each.replace("\\", "").replace('"', "'") + '"' for each in words)
    return f"{side}:\n  - say: [{said}]", {side: [Check(say=tuple(words))]}


def _file(block: str, text: str) -> str:
    from base64 import b64encode

    link = b64encode((text + "\n").encode()).decode()
    return (
        "<details><summary>The check as IT writes it, and the whole file</summary>"
        f"<p>These lines go into each conversation that is asked:</p><pre>{escape(block)}</pre>"
        f'<p><a download="conversations.yml" href="data:text/yaml;base64,{link}">Save the whole file</a>. It has the '
        "form of Rasa's test stories, so it can move with the bot.</p>"
        f'<pre tabindex="0" style="max-height:20em;overflow:auto;white-space:pre-wrap">{escape(text)}</pre></details>'
    )


def sweep_html(sweep: "BoundSweep", bound: float) -> str:
    """Draw what a bound catches and its false alarms, for all bounds, with the chosen one marked.

    Parameters
    ----------
    sweep : BoundSweep
        The counts.
    bound : float
        The chosen one (0-4 points).

    Returns
    -------
    str
        HTML: a chart with its text alternative, and the words.
    """
    import altair as alt

    from evaluators._palette import ORANGE
    from evaluators.widgets.pictures import line_at, picture

    caught, alarms = sweep.at(bound)
    quiet = sweep.total - sweep.planted
    words = (
        f"At least {bound:.1f}: {caught} of {sweep.planted} caught, {alarms} of {sweep.total} raise a false alarm "
        f"({quiet} are as good as before). {sweep.summary()}"
    )
    rows = [
        {"bound": at, "count": count, "what": what}
        for what, counts in (("caught (of those that got worse)", sweep.caught), ("false alarms", sweep.false_alarms))
        for at, count in zip(sweep.bounds, counts, strict=True)
    ]
    kinds = ["caught (of those that got worse)", "false alarms"]
    base: alt.Chart = alt.Chart(alt.InlineData(values=rows))
    lines = base.mark_line(interpolate="step-after", strokeWidth=3).encode(
        x=alt.X("bound:Q", title="A reply needs at least … points", scale=alt.Scale(domain=[0, 4])),
        y=alt.Y("count:Q", title="Conversations", scale=alt.Scale(domain=[0, sweep.total])),
        color=alt.Color("what:N", scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE])),
        strokeDash=alt.StrokeDash("what:N", scale=alt.Scale(domain=kinds, range=[[1, 0], [6, 3]])),
    )
    return picture([lines, line_at(bound)], message=words, height=220, width=240) + f"<p>{escape(words)}</p>"


def show_story(before: "TestRun", now: "TestRun", story: str) -> None:
    """Show one conversation before and now, without anything to move.

    Parameters
    ----------
    before, now : TestRun
        The same stories with the good bot and the changed one.
    story : str
        Its name.

    Raises
    ------
    BenchError
        If there is no such story.
    """
    found = [pair for pair in zip(before.stories, now.stories, strict=True) if pair[1].name == story]
    if not found:
        raise BenchError(f"There is no story {story!r}.", "Use a name of the runs.", "story")
    show(story_html(*found[0]), f"{story}, before and now")
