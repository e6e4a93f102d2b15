"""Try a check out before it is kept: does it catch what got worse, and does it leave good replies alone."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators._plain import plain
from evaluators.chatbot._yaml import YamlProblemError, read_yaml
from evaluators.chatbot.turn import Talker, Turn
from evaluators.tone.conversation_tests.errors import ConversationTestError
from evaluators.tone.conversation_tests.model import Check, StoryTone, TestStory
from evaluators.tone.conversation_tests.results import StoryResult, TestRun, failure
from evaluators.tone.conversation_tests.running import run_tests

if TYPE_CHECKING:
    import pandas as pd

VERDICTS = ("caught", "missed", "false alarm", "quiet")
STEPS = tuple(round(0.1 * step, 1) for step in range(41))  # bounds from 0 to 4 points


@dataclass(frozen=True, slots=True)
class Recording:
    """A bot's answers to some conversations, played once: it can be talked to again and again at no cost.

    Attributes
    ----------
    name : str
        Of the bot.
    answers : mapping of tuple of str to Turn
        What was said up to and with a message -> its answer.
    """

    name: str
    answers: Mapping[tuple[str, ...], Turn] = field(repr=False)

    def conversation(self) -> "_Replay":
        """Begin a conversation; only messages that were recorded can be said, in their order."""
        return _Replay(self)


@dataclass(slots=True)
class _Replay:
    recording: Recording
    turns: list[Turn] = field(default_factory=list)

    def say(self, text: str) -> Turn:
        said = (*(turn.said for turn in self.turns), text)
        if said not in self.recording.answers:
            raise ConversationTestError(f"Nobody said {text[:60]!r} at this point.", "Record the bot with this story.")
        self.turns.append(self.recording.answers[said])
        return self.turns[-1]


def record(talker: Talker, stories: Sequence[TestStory]) -> Recording:
    """Play stories to a bot once, and keep its answers.

    Parameters
    ----------
    talker : Talker
        A bot that answers the same each time.
    stories : sequence of TestStory
        What is said.

    Returns
    -------
    Recording
        A talker that gives these answers.

    Examples
    --------
    >>> from evaluators.chatbot import example_bot
    >>> from evaluators.tone.conversation_tests.model import TestStep
    >>> heard = record(example_bot(), [TestStory("here", "a question", 1, (TestStep("Are you a bot?"),))])
    >>> heard.conversation().say("Are you a bot?").reply[:10]
    'I am Brook'
    """
    answers: dict[tuple[str, ...], Turn] = {}
    for story in stories:
        talk = talker.conversation()
        for place, message in enumerate(story.messages, start=1):
            turn = talk.say(message)
            answers[story.messages[:place]] = turn if turn.said == message else replace(turn, said=message)
    return Recording(talker.name, answers)


@dataclass(frozen=True, slots=True)
class PlantedChanges:
    """Replies before and after a change of which it is known what it did.

    Attributes
    ----------
    before, after : mapping of str to str
        Reply -> words, for `evaluators.chatbot.Bot.with_replies`; what `after` does not name stays.
    planted : mapping of str to str
        Story -> what got worse in it.
    reworded : tuple of str
        Stories whose words changed and got no worse.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    planted: Mapping[str, str]
    reworded: tuple[str, ...]


def load_changes(path: str | Path) -> PlantedChanges:
    """Read a file of replies before and after a change.

    Parameters
    ----------
    path : path
        YAML with ``wednesday`` and ``thursday`` (reply: words), ``planted`` (story: what got worse) and ``reworded``.

    Returns
    -------
    PlantedChanges

    Raises
    ------
    ConversationTestError
        If the file cannot be read, or one of the four is missing.

    Examples
    --------
    >>> from evaluators.data import dataset_folder
    >>> load_changes(dataset_folder("hr_bot_shortened") / "replies.yml").planted["who reads this"]
    'promises secrecy'
    """
    hint = "It needs wednesday, thursday, planted and reworded, as in datasets/hr_bot_shortened/replies.yml."
    try:
        value = read_yaml(Path(path)).value
    except YamlProblemError as error:
        raise ConversationTestError(f"{path}, line {error.line}: {error.problem}", hint) from error
    parts = [value.get(name) if isinstance(value, dict) else None for name in ("wednesday", "thursday", "planted")]
    reworded = value.get("reworded") if isinstance(value, dict) else None
    if not all(isinstance(each, dict) for each in parts) or not isinstance(reworded, list):
        raise ConversationTestError(f"{path} does not say what was changed.", hint)
    before, after, planted = ({str(key): str(words) for key, words in dict(each or {}).items()} for each in parts)
    return PlantedChanges(before, after, planted, tuple(map(str, reworded)))


@dataclass(frozen=True, slots=True)
class StoryTrial:
    """What a check does with one story.

    Attributes
    ----------
    story : str
        Its name.
    planted : str
        What got worse in it; empty where nothing did.
    asked : bool
        Whether the check was asked of it.
    before, now : bool
        Whether it fails the check with the good bot, and with the changed one.
    why : str
        What failed, in words; empty where nothing did.
    """

    story: str
    planted: str
    asked: bool
    before: bool
    now: bool
    why: str = ""

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`: a check that fails with the good bot, too, is a false alarm and catches nothing."""
        if self.before or (self.now and not self.planted):
            return "false alarm"
        if self.planted:
            return "caught" if self.now else "missed"
        return "quiet"


@dataclass(frozen=True, slots=True)
class CheckTrial:
    """What a check does with all stories.

    Attributes
    ----------
    asked : str
        The check, in words.
    stories : tuple of StoryTrial
        In the order of the tests.
    """

    asked: str
    stories: tuple[StoryTrial, ...]

    def names(self, verdict: str) -> tuple[str, ...]:
        """Return the stories of a verdict, such as ``"caught"``."""
        return tuple(each.story for each in self.stories if each.verdict == verdict)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a story: ``planted``, ``before`` and ``now`` (failed or not), ``verdict`` and ``why``."""
        import pandas as pd

        rows = [asdict(each) | {"verdict": each.verdict} for each in self.stories]
        return pd.DataFrame(rows, columns=["story", "planted", "asked", "before", "now", "verdict", "why"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"asked": self.asked, "stories": [asdict(each) | {"verdict": each.verdict} for each in self.stories]}

    def summary(self) -> str:
        """Say in plain words what the check catches, what it misses, and whom it bothers for nothing."""
        planted = sum(bool(each.planted) for each in self.stories)
        caught, alarms = self.names("caught"), self.names("false alarm")
        said = f"It catches {len(caught)} of {planted} that got worse"
        said += f" ({', '.join(caught)})." if caught else "."
        said += f" False alarms: {', '.join(alarms)}." if alarms else " No false alarm."
        many = f"these {len(self.stories)} conversations" if len(self.stories) > 1 else "this conversation"
        return f"{said} That says how it does on {many}, not on the next change."


def try_check(
    stories: Sequence[TestStory],
    before: Talker,
    now: Talker,
    *,
    planted: Mapping[str, str],
    tone: StoryTone | None = None,
    must: Sequence[Check] = (),
    never: Sequence[Check] = (),
    asked_of: Collection[str] | None = None,
) -> CheckTrial:
    """Ask something of whole conversations, of a good bot and of a changed one, and say what that catches.

    What the stories ask themselves is left aside; the gate, which is always asked for, is not.

    Parameters
    ----------
    stories : sequence of TestStory
        What is said.
    before, now : Talker
        The good bot and the changed one; a `Recording` spares playing them anew.
    planted : mapping of str to str
        Story -> what got worse in it, where something did.
    tone, must, never
        What is asked, as the blocks of a story; several things must all hold.
    asked_of : collection of str, optional
        Names of the stories of which it is asked; by default all.

    Returns
    -------
    CheckTrial

    Raises
    ------
    ConversationTestError
        If nothing is asked, there is no story, or a name is none of the stories'.

    Examples
    --------
    >>> from evaluators.chatbot import example_bot
    >>> from evaluators.tone.conversation_tests.model import TestStep
    >>> story = TestStory("here", "who reads this", 1, (TestStep("Are you a bot?"),))
    >>> worse = example_bot().with_replies({"utter_bot": "I am a program. This stays between us."})
    >>> trial = try_check([story], example_bot(), worse, planted={"who reads this": "promises secrecy"},
    ...     never=[Check(promise_secrecy=True)])
    >>> trial.stories[0].verdict, trial.stories[0].why
    ('caught', 'never promise secrecy (reply 1: it promises secrecy)')
    """
    whole = tone or StoryTone()
    words = _in_words(whole, must, never)
    if not words:
        raise ConversationTestError("Nothing is asked.", "Give a bound of tone, or something under must or never.")
    known = [story.name for story in stories]
    for name in (*planted, *(asked_of or ())):
        if name not in known:
            raise ConversationTestError(f"There is no story {name!r}.", f"The stories are: {', '.join(known)}.")
    bare = [
        replace(story, tone=whole, must=tuple(must), never=tuple(never), steps=_bare(story))
        for story in stories
        if asked_of is None or story.name in asked_of
    ]
    found = [{each.name: each for each in run_tests(talker, bare).stories} if bare else {} for talker in (before, now)]
    return CheckTrial(words, tuple(_trial(name, planted.get(name, ""), found[0], found[1]) for name in known))


def _bare(story: TestStory) -> Any:
    return tuple(replace(step, intent="", actions=(), slots={}, bounds={}, must=(), never=()) for step in story.steps)


def _trial(name: str, planted: str, before: Mapping[str, StoryResult], now: Mapping[str, StoryResult]) -> StoryTrial:
    if name not in now:
        return StoryTrial(name, planted, False, False, False)
    bad = [each[name].outcome != "passed" for each in (before, now)]
    which = now[name] if bad[1] else before[name]
    why = "; ".join(failure(each) for each in which.failed) or which.error
    return StoryTrial(name, planted, True, bad[0], bad[1], why if any(bad) else "")


def _in_words(tone: StoryTone, must: Sequence[Check], never: Sequence[Check]) -> str:
    said = [f"{name} {bound.words()} in every reply" for name, bound in tone.bounds().items()]
    said += [f"{name} {bound.words()}" for name in ("mean", "minimum") if (bound := getattr(tone, name)) is not None]
    said += [tone.trajectory] if tone.trajectory else []
    said += [f"must {each.words()}" for each in must] + [f"never {each.words()}" for each in never]
    return "; ".join(said)


@dataclass(frozen=True, slots=True)
class BoundSweep:
    """What a bound on one figure catches, bound for bound.

    Attributes
    ----------
    figure : str
        ``"mean"``, ``"minimum"``, or a dimension in every reply.
    bounds : tuple of float
        "At least", in points (0-4).
    caught, false_alarms : tuple of int
        Stories, one count a bound.
    planted, total : int
        How many stories got worse, and how many there are.
    """

    figure: str
    bounds: tuple[float, ...]
    caught: tuple[int, ...]
    false_alarms: tuple[int, ...]
    planted: int
    total: int

    def at(self, bound: float) -> tuple[int, int]:
        """Return what the nearest bound catches, and its false alarms."""
        place = min(range(len(self.bounds)), key=lambda each: abs(self.bounds[each] - bound))
        return self.caught[place], self.false_alarms[place]

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a bound: ``bound`` (points), ``caught`` and ``false_alarms`` (stories)."""
        import pandas as pd

        return pd.DataFrame({"bound": self.bounds, "caught": self.caught, "false_alarms": self.false_alarms})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return dict(plain(asdict(self)))

    def summary(self) -> str:
        """Say in plain words whether one bound is right for all, and what that does not prove."""
        most = max(self.caught)
        clean = max(caught for caught, alarms in zip(self.caught, self.false_alarms, strict=True) if not alarms)
        return (
            f"Without a false alarm, the best bound catches {clean} of {self.planted}; at the most, a bound catches "
            f"{most}. On other conversations another bound is best."
        )


def sweep_bound(before: TestRun, now: TestRun, *, planted: Collection[str], figure: str = "minimum") -> BoundSweep:
    """Count for bounds from 0 to 4 what each catches, and where it raises a false alarm.

    A story fails a bound if its figure is below it. As in `StoryTrial`, failing with the good bot is a false alarm.

    Parameters
    ----------
    before, now : TestRun
        The same stories with the good bot and the changed one.
    planted : collection of str
        Names of the stories that got worse.
    figure : str
        ``"mean"`` or ``"minimum"`` of the replies as a whole, or a dimension of the rubric (its lowest reply counts).

    Returns
    -------
    BoundSweep

    Raises
    ------
    ConversationTestError
        If the runs hold different stories, or a figure is not known.
    """
    if [each.name for each in before.stories] != [each.name for each in now.stories]:
        raise ConversationTestError("The two runs hold different stories.", "Play the same stories to both bots.")
    pairs = [
        (each.name in planted, _figure(each, figure), _figure(other, figure))
        for each, other in zip(before.stories, now.stories, strict=True)
    ]
    caught, alarms = [], []
    for bound in STEPS:
        low = bound - 1e-9
        caught.append(sum(worse and old >= low > new for worse, old, new in pairs))
        alarms.append(sum(old < low or (not worse and new < low) for worse, old, new in pairs))
    count = sum(worse for worse, _, _ in pairs)
    return BoundSweep(figure, STEPS, tuple(caught), tuple(alarms), count, len(pairs))


def _figure(story: StoryResult, figure: str) -> float:
    if figure in ("mean", "minimum"):
        return float(getattr(story, figure))
    scores = [step.tone.dimensions.get(figure, math.nan) for step in story.steps if step.tone is not None]
    if not scores or any(score != score for score in scores):
        raise ConversationTestError(
            f"{story.name!r} has no figure {figure!r}.", "Use mean, minimum or a dimension of the rubric.", "figure"
        )
    return float(min(scores))
