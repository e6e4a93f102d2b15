"""What changed between a run and the accepted one: which reply got colder, by which sentence and which words."""

import math
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from evaluators._plain import plain
from evaluators.tone._text import Text
from evaluators.tone.conversation_tests.accepted import KeptRun, KeptStep, KeptStory, kept, load_accepted, names
from evaluators.tone.conversation_tests.errors import AcceptedRunError
from evaluators.tone.conversation_tests.results import TestRun
from evaluators.tone.rubric import load_rubric

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

TOLERANCE = 0.25
NOT_RUN = "It was not run, so nothing was compared."
_SENTENCES = 2_000  # replies beyond so many sentences are compared as a whole


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """A sentence before and now.

    Attributes
    ----------
    kind : str
        ``"same"``, ``"changed"``, ``"new"`` or ``"gone"``.
    before, now : str
        The sentence; empty where there is none.
    """

    kind: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A score before and now, and the words that made the difference.

    Attributes
    ----------
    dimension : str
        Key of the dimension, or ``"overall"``.
    before, now : float
        Points (0-4).
    words : tuple of str
        Such as ``"gone: +1 'sorry for your loss'"``; empty for ``"overall"``.
    """

    dimension: str
    before: float
    now: float
    words: tuple[str, ...]

    @property
    def change(self) -> float:
        """Points up or down."""
        return round(self.now - self.before, 3)


@dataclass(frozen=True, slots=True)
class StepDiff:
    """What became of one answer.

    Attributes
    ----------
    number : int
        Which answer of the story, from 1.
    said : str
        The message.
    sentences : tuple of SentenceChange
        The reply, sentence by sentence.
    fell, rose : tuple of ScoreChange
        Scores that moved by more than the tolerance.
    problems : tuple of str
        What got worse besides scores: the gate, a check, a reply that can no longer be scored.
    mended : tuple of str
        What got better besides scores.
    """

    number: int
    said: str
    sentences: tuple[SentenceChange, ...]
    fell: tuple[ScoreChange, ...] = ()
    rose: tuple[ScoreChange, ...] = ()
    problems: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()

    @property
    def regression(self) -> bool:
        """Whether it got worse."""
        return bool(self.fell or self.problems)

    @property
    def changed(self) -> bool:
        """Whether the reply has other words."""
        return any(each.kind != "same" for each in self.sentences)

    @property
    def same_words(self) -> bool:
        """Whether a score fell although the reply says the same: something else than this reply has changed."""
        return bool(self.fell) and not self.changed


@dataclass(frozen=True, slots=True)
class StoryDiff:
    """What became of one story.

    Attributes
    ----------
    file, name : str
        As it is called now.
    was : str
        Its name before, where it was renamed or moved; else empty.
    steps : tuple of StepDiff
        Answers that changed in words, scores or checks.
    problems, mended : tuple of str
        What got worse or better in the story as a whole.
    note : str
        Where the test itself was changed, and only a part could be compared.
    """

    file: str
    name: str
    was: str
    steps: tuple[StepDiff, ...]
    problems: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    note: str = ""

    @property
    def regression(self) -> bool:
        """Whether it got worse."""
        return bool(self.problems) or any(step.regression for step in self.steps)

    @property
    def improvement(self) -> bool:
        """Whether anything got better."""
        return bool(self.mended) or any(step.rose or step.mended for step in self.steps)


@dataclass(frozen=True, slots=True)
class RunDiff:
    """A run beside the accepted one.

    Attributes
    ----------
    stories : tuple of StoryDiff
        Stories in both runs that changed in any way, in the order of the run.
    new, gone : tuple of str
        Stories that are only in the run, or only in the accepted one.
    compared : int
        How many stories are in both, and were played now.
    tolerance : float
        Points (0-4) by which a score may fall.
    bot_was : str
        What the bot of the accepted run calls itself, where that is another name; else empty.
    """

    stories: tuple[StoryDiff, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]
    compared: int
    tolerance: float
    bot_was: str = ""

    @property
    def regressions(self) -> tuple[StoryDiff, ...]:
        """Stories that got worse."""
        return tuple(each for each in self.stories if each.regression)

    @property
    def improvements(self) -> tuple[StoryDiff, ...]:
        """Stories in which something got better."""
        return tuple(each for each in self.stories if each.improvement)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a score that moved.

        Returns
        -------
        DataFrame
            ``file``, ``story``, ``step``, ``dimension``, ``before``, ``now``, ``change`` (points) and ``words``.
        """
        import pandas as pd

        rows = [
            {
                "file": story.file,
                "story": story.name,
                "step": step.number,
                "dimension": moved.dimension,
                "before": moved.before,
                "now": moved.now,
                "change": moved.change,
                "words": "; ".join(moved.words),
            }
            for story in self.stories
            for step in story.steps
            for moved in (*step.fell, *step.rose)
        ]
        return pd.DataFrame(rows, columns=["file", "story", "step", "dimension", "before", "now", "change", "words"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**dict(plain(asdict(self))), "regressions": [each.name for each in self.regressions]}

    def summary(self) -> str:
        """Say in plain words what got worse, what got better, and what could not be compared."""
        lines = []
        worse, better = len(self.regressions), len(self.improvements)
        if not self.compared:
            lines.append("Nothing could be compared: no story of the accepted run was played now.")
        elif worse:
            lines.append(f"{worse} of {_stories(self.compared)} got worse than when you accepted them.")
        else:
            lines.append(f"Nothing got worse in {_stories(self.compared)}.")
        for story in self.regressions:
            lines.append(f"{story.name}: {'; '.join(worse_in(story))}.")
        if better:
            lines.append(f"Something got better in {better}: {names([each.name for each in self.improvements])}.")
        if same := sum(step.same_words for story in self.regressions for step in story.steps):
            lines.append(f"{_replies(same)} the same words and lower scores: {OTHER_CAUSES}.")
        if self.bot_was:
            lines.append(f"The accepted run is one of another bot, {self.bot_was}.")
        waiting = [each.name for each in self.stories if each.note == NOT_RUN]
        renamed = [f"{each.name} (was {each.was})" for each in self.stories if each.was]
        for what, which in (
            ("Not run", waiting),
            ("Renamed", renamed),
            ("New, with nothing to compare", self.new),
            ("Gone", self.gone),
        ):
            if which:
                lines.append(f"{what}: {names(which)}.")
        lines.append(
            f"Worse means: a score fell by more than {self.tolerance:g} of 4 points, or the gate or a check failed and "
            "had not. Other words with the same score can still read colder: look at the changed sentences."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw the scores that moved, before and now.

        Returns
        -------
        altair.LayerChart
            A line for each, from a hollow circle (before) to a filled triangle (now).

        Raises
        ------
        AcceptedRunError
            If no score moved.
        """
        from evaluators.tone.conversation_tests._charts import diff_chart  # Altair is slow to import

        return diff_chart(self)


OTHER_CAUSES = "an earlier reply, a calibration or this evaluator has changed, not this reply"


def _replies(count: int) -> str:
    return "1 reply has" if count == 1 else f"{count} replies have"


def _stories(count: int) -> str:
    return "1 story" if count == 1 else f"{count} stories"


def worse_in(story: StoryDiff) -> list[str]:
    """Say what got worse in a story, a line each."""
    said = list(story.problems)
    for step in story.steps:
        for moved in step.fell:
            words = f", {moved.words[0]}" if moved.words else ""
            said.append(f"reply {step.number}: {moved.dimension} {moved.before:.1f} to {moved.now:.1f}{words}")
        said += [f"reply {step.number}: {each}" for each in step.problems]
    return said


def compare(
    run: TestRun, accepted: KeptRun | TestRun | str | os.PathLike[str], *, tolerance: float = TOLERANCE
) -> RunDiff:
    """Compare a run with the one that was accepted.

    Parameters
    ----------
    run : TestRun
        The run of now.
    accepted : KeptRun, TestRun or path
        The yardstick, or its file.
    tolerance : float
        Points (0-4) by which a score may fall and not be called worse.

    Returns
    -------
    RunDiff
        The order of stories in either run makes no difference to what is compared with what.

    Raises
    ------
    AcceptedRunError
        If the file is no accepted run, or the tolerance is none.
    """
    if not 0 <= tolerance <= 4:
        raise AcceptedRunError(f"The tolerance is {tolerance}.", "Give points from 0 to 4, such as 0.25.", "tolerance")
    if isinstance(accepted, TestRun):
        accepted = kept(accepted)
    before = accepted if isinstance(accepted, KeptRun) else load_accepted(accepted)
    now = kept(run)
    pairs, new, gone = _pairs(before.stories, now.stories)
    stories = [_story_diff(old, each, tolerance) for old, each in pairs]
    shown = tuple(each for each in stories if each.steps or each.problems or each.mended or each.was or each.note)
    compared = sum(each.outcome != "not run" for _, each in pairs)
    bot_was = "" if before.bot == now.bot else before.bot
    return RunDiff(shown, new, gone, compared, tolerance, bot_was)


def _pairs(
    before: Sequence[KeptStory], now: Sequence[KeptStory]
) -> tuple[list[tuple[KeptStory, KeptStory]], tuple[str, ...], tuple[str, ...]]:
    """Find each story's earlier self: by file and name, else by name alone, else by what is said in it."""
    left = dict(enumerate(before))
    found: dict[int, KeptStory] = {}
    ways: list[Callable[[KeptStory], tuple[str, ...]]] = [
        lambda each: (each.file, each.name),
        lambda each: (each.name,),
        lambda each: each.messages,
    ]
    for key in ways:
        fits, rivals = defaultdict[tuple[str, ...], list[int]](list), defaultdict[tuple[str, ...], list[int]](list)
        for number, old in left.items():
            fits[key(old)].append(number)
        for place, each in enumerate(now):
            if place not in found:
                rivals[key(each)].append(place)
        for alike, places in rivals.items():
            if alike and len(places) == 1 and len(fits[alike]) == 1:
                found[places[0]] = left.pop(fits[alike][0])
    new = tuple(each.name for place, each in enumerate(now) if place not in found)
    return [(found[place], now[place]) for place in sorted(found)], new, tuple(each.name for each in left.values())


def _story_diff(old: KeptStory, now: KeptStory, tolerance: float) -> StoryDiff:
    was = "" if old.name == now.name else old.name
    problems, mended = _checks_diff(old.checks, now.checks)
    if now.outcome == "not run":
        return StoryDiff(now.file, now.name, was, (), note=NOT_RUN)
    if now.outcome == "error" and old.outcome != "error":
        return StoryDiff(now.file, now.name, was, (), ("it broke off and had not",))
    steps, note = [], ""
    for number, (one, other) in enumerate(zip(old.steps, now.steps, strict=False), start=1):
        if one.said != other.said:
            note = f"The test says something else from message {number} on, so only what comes before is compared."
            break
        step = _step_diff(number, one, other, tolerance)
        if step.changed or step.fell or step.rose or step.problems or step.mended:
            steps.append(step)
    if not note and len(old.steps) != len(now.steps):
        note = f"The test has {len(now.steps)} messages and had {len(old.steps)}."
    if note:  # what the whole conversation is asked cannot be compared either
        problems, mended = [], []
    return StoryDiff(now.file, now.name, was, tuple(steps), tuple(problems), tuple(mended), note)


def _checks_diff(old: Mapping[str, str], now: Mapping[str, str]) -> tuple[list[str], list[str]]:
    problems = [f"{asked}: failed, and had not" for asked, outcome in now.items()
                if outcome == "failed" and old.get(asked) in ("passed", "not told")]  # fmt: skip
    mended = [f"{asked}: passed, and had not" for asked, outcome in now.items()
              if outcome == "passed" and old.get(asked) == "failed"]  # fmt: skip
    return problems, mended


def _step_diff(number: int, old: KeptStep, now: KeptStep, tolerance: float) -> StepDiff:
    problems, mended = _checks_diff(
        {key: each for key, each in old.checks.items() if key != "the gate"},
        {key: each for key, each in now.checks.items() if key != "the gate"},
    )
    if now.gate_failed and not old.gate_failed:
        problems.insert(0, "the gate failed, and had not")
    if old.gate_failed and not now.gate_failed:
        mended.insert(0, "the gate is passed, and was not")
    if old.tone and not now.tone:
        problems.append("the reply can no longer be scored" if now.reply.strip() else "there is no reply any more")
    moved = [
        ScoreChange(key, before, now.tone[key], _why(key, old, now))
        for key in ("overall", *load_rubric().keys)
        if (before := old.tone.get(key, math.nan)) == before and key in now.tone
    ]
    fell = tuple(each for each in moved if each.change < -tolerance - 1e-9)
    rose = tuple(each for each in moved if each.change > tolerance + 1e-9)
    return StepDiff(
        number, now.said, sentence_changes(old.reply, now.reply), fell, rose, tuple(problems), tuple(mended)
    )


def _why(key: str, old: KeptStep, now: KeptStep) -> tuple[str, ...]:
    """Return the words of a dimension that are gone or new, those that moved most first."""

    def sums(step: KeptStep) -> dict[str, float]:
        found: dict[str, float] = {}
        for dimension, words, weight in step.words:
            if dimension == key:
                name = " ".join(words.split())
                found[name] = round(found.get(name, 0.0) + weight, 3)
        return found

    before, after = sums(old), sums(now)
    moved = {name: round(after.get(name, 0) - before.get(name, 0), 3) for name in before.keys() | after.keys()}
    order = sorted((name for name, points in moved.items() if points), key=lambda name: (-abs(moved[name]), name))
    said = []
    for name in order[:6]:
        if name not in after:
            said.append(f"gone: {before[name]:+.2g} '{name}'")
        elif name not in before:
            said.append(f"new: {after[name]:+.2g} '{name}'")
        else:
            said.append(f"now {after[name]:+.2g}, was {before[name]:+.2g}: '{name}'")
    return tuple(said)


def sentences_of(reply: str) -> tuple[str, ...]:
    """Return the sentences of a reply, blanks around them aside; nothing else is lost.

    Examples
    --------
    >>> sentences_of("I'm sorry. 😀 Take Dr. Hale's number!")
    ("I'm sorry.", "😀 Take Dr. Hale's number!")
    """
    text = Text(reply)
    starts = [text.span(start, end)[0] for start, end in text.sentences]
    if len(starts) > _SENTENCES:
        return (reply.strip(),)
    cuts = [0, *starts[1:], len(reply)] if starts else [0, len(reply)]
    pieces = [reply[start:end].strip() for start, end in pairwise(cuts)]
    return tuple(each for each in pieces if each)


def sentence_changes(before: str, now: str) -> tuple[SentenceChange, ...]:
    """Compare two replies sentence by sentence.

    Examples
    --------
    >>> [(each.kind, each.now) for each in sentence_changes("I'm sorry. Call me.", "Noted. Call me.")]
    [('changed', 'Noted.'), ('same', 'Call me.')]
    """
    old, new = sentences_of(before), sentences_of(now)
    left_keys, right_keys = ([" ".join(each.split()) for each in side] for side in (old, new))
    changes: list[SentenceChange] = []
    for kind, a, b, c, d in SequenceMatcher(None, left_keys, right_keys, autojunk=False).get_opcodes():
        left, right = old[a:b], new[c:d]
        if kind == "equal":
            changes += [SentenceChange("same", one, other) for one, other in zip(left, right, strict=True)]
            continue
        both = min(len(left), len(right))
        changes += [SentenceChange("changed", left[n], right[n]) for n in range(both)]
        changes += [SentenceChange("gone", each, "") for each in left[both:]]
        changes += [SentenceChange("new", "", each) for each in right[both:]]
    return tuple(changes)
