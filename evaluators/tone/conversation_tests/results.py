"""What came of conversation tests: replies with their tone, checks with the words that decided them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from evaluators._plain import plain
from evaluators.tone.conversation_tests.checks import CheckResult
from evaluators.tone.conversation_tests.model import TestStory
from evaluators.tone.rubric import load_rubric
from evaluators.tone.score import ToneScore
from evaluators.tone.word_model import REST

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

OUTCOMES = ("passed", "failed", "error", "not run")
NOT_SHOWN = (
    "The checks find words, and the scores are a careful guess by rules about how readers would feel. No person has "
    "rated our own HR replies. A passed run does not show that a bot is kind, right or safe."
)


@dataclass(frozen=True, slots=True)
class MovedWords:
    """Words of a reply that earned (+) or cost (-) points in a dimension; `start` and `end` count characters.

    `whole` is true for what a model gives the reply as a whole, for its many small words together.
    """

    dimension: str
    text: str
    says: str
    weight: float
    start: int
    end: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ReplyTone:
    """The figures of one reply.

    Attributes
    ----------
    overall, mean : float
        As a whole (0-4), with and without what a failed gate does; NaN where nothing was scored.
    dimensions : mapping of str to float
        Score (0-4) of each dimension, in the order of the rubric.
    words : tuple of MovedWords
        Words that moved a score, in the order of the reply.
    gate_needed, gate_passed : bool
        Whether the person's words raised the gate, and whether the reply passes it.
    gate_missing : tuple of str
        What the gate misses.
    abstained : str
        Why nothing was scored; empty where it was.
    """

    overall: float
    mean: float
    dimensions: Mapping[str, float]
    words: tuple[MovedWords, ...]
    gate_needed: bool
    gate_passed: bool
    gate_missing: tuple[str, ...]
    abstained: str

    @classmethod
    def of(cls, score: ToneScore) -> "ReplyTone":
        """Take the figures out of a score."""
        words = [
            MovedWords(cue.dimension, cue.text, cue.says, round(cue.weight, 3), cue.start, cue.end, cue.name == REST)
            for each in score.dimensions
            for cue in each.cues
            if abs(cue.weight) >= 0.005
        ]
        return cls(
            score.overall,
            score.mean,
            {each.key: each.score for each in score.dimensions},
            tuple(sorted(words, key=lambda each: (each.start, each.end, each.dimension, each.says))),
            score.gate.needed,
            score.gate.passed,
            tuple(each.says for each in score.gate.requirements if not each.met),
            score.abstained,
        )


@dataclass(frozen=True, slots=True)
class StepResult:
    """A message, the answer and what came of it.

    Attributes
    ----------
    number : int
        Which message of the story, from 1.
    said, reply : str
        The message and the answer.
    tone : ReplyTone or None
        None where the bot answered nothing, or the story broke off.
    checks : tuple of CheckResult
        In the order of the file, the bot's path and the gate first.
    why : tuple of str
        How the bot says it came to the answer.
    offered_person : bool
        Whether a person was offered.
    sensitive : tuple of str
        Kinds of grave matter that were found in the message.
    """

    number: int
    said: str
    reply: str
    tone: ReplyTone | None
    checks: tuple[CheckResult, ...]
    why: tuple[str, ...] = ()
    offered_person: bool = False
    sensitive: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return tuple(each for each in self.checks if each.outcome == "failed")


@dataclass(frozen=True, slots=True)
class StoryResult:
    """What came of one story.

    Attributes
    ----------
    file, name, situation, persona, tags
        As in the test.
    outcome : str
        ``"passed"``, ``"failed"`` (a check, a bound or the gate), ``"error"`` (the bot broke off) or ``"not run"``.
    steps : tuple of StepResult
        As far as it was played.
    checks : tuple of CheckResult
        Those on the conversation as a whole.
    mean, minimum : float
        Of the replies as a whole (0-4); NaN if none was scored.
    trajectory : str
        ``"warmer"``, ``"colder"``, ``"steady"`` or ``"too short to tell"``.
    error : str
        Why it broke off or was not run.
    note : str
        As in the test.
    """

    file: str
    name: str
    situation: str
    persona: str
    tags: tuple[str, ...]
    outcome: str
    steps: tuple[StepResult, ...]
    checks: tuple[CheckResult, ...] = ()
    mean: float = math.nan
    minimum: float = math.nan
    trajectory: str = "too short to tell"
    error: str = ""
    note: str = ""

    @classmethod
    def of(
        cls,
        story: TestStory,
        outcome: str,
        steps: tuple[StepResult, ...],
        *,
        told: tuple[CheckResult, ...] = (),
        figures: tuple[float, float, str] = (math.nan, math.nan, "too short to tell"),
        error: str = "",
    ) -> "StoryResult":
        """Put a story and what came of it together."""
        mean, minimum, trajectory = figures
        return cls(
            story.file, story.name, story.situation, story.persona, story.tags, outcome, steps, told,
            round(mean, 3), round(minimum, 3), trajectory, error, story.note,
        )  # fmt: skip

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that failed, of the steps first."""
        return (*(check for step in self.steps for check in step.failed),
                *(each for each in self.checks if each.outcome == "failed"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class TestRun:
    """What came of all stories.

    Attributes
    ----------
    bot : str
        What the bot calls itself.
    stories : tuple of StoryResult
        In the order of the tests.
    stopped : str
        Why the run ended before its end; empty if it did not.
    """

    __test__ = False  # pytest takes names that begin so for tests of its own

    bot: str
    stories: tuple[StoryResult, ...] = field(repr=False)
    stopped: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many stories ended in which of the four ways."""
        return {name: sum(each.outcome == name for each in self.stories) for name in OUTCOMES}

    @property
    def passed(self) -> bool:
        """Whether every story passed."""
        return all(each.outcome == "passed" for each in self.stories)

    @property
    def overall(self) -> tuple[float, ...]:
        """The scores as a whole of all replies that were scored, in order."""
        return tuple(
            step.tone.overall
            for story in self.stories
            for step in story.steps
            if step.tone is not None and not step.tone.abstained
        )

    @property
    def mean(self) -> float:
        """Mean of the replies as a whole (0-4); NaN if none was scored."""
        scores = self.overall
        return round(math.fsum(scores) / len(scores), 3) if scores else math.nan

    @property
    def minimum(self) -> float:
        """Lowest of the replies as a whole (0-4); NaN if none was scored."""
        return min(self.overall, default=math.nan)

    def by_situation(self) -> "pd.DataFrame":
        """Return one row a situation.

        Returns
        -------
        DataFrame
            ``situation``, ``stories``, ``passed``, ``replies``, ``mean`` and ``minimum`` (0-4), by name.
        """
        import pandas as pd

        rows = []
        for name in sorted({story.situation for story in self.stories}):
            own = TestRun(self.bot, tuple(story for story in self.stories if story.situation == name))
            rows.append(
                {
                    "situation": name or "none named",
                    "stories": len(own.stories),
                    "passed": own.counts["passed"],
                    "replies": len(own.overall),
                    "mean": own.mean,
                    "minimum": own.minimum,
                }
            )
        return pd.DataFrame(rows, columns=["situation", "stories", "passed", "replies", "mean", "minimum"])

    def worst(self, count: int = 5) -> tuple[tuple[StoryResult, StepResult], ...]:
        """Return the replies with the lowest scores as a whole, the lowest first."""
        scored = [
            (step.tone.overall, place, step.number, story, step)
            for place, story in enumerate(self.stories)
            for step in story.steps
            if step.tone is not None and not step.tone.abstained
        ]
        return tuple((story, step) for _, _, _, story, step in sorted(scored, key=lambda each: each[:3])[:count])

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a reply.

        Returns
        -------
        DataFrame
            ``file``, ``story``, ``situation``, ``persona``, ``outcome`` of the story, ``step``, ``said``, ``reply``,
            ``overall``, a column for each dimension (0-4), ``gate_passed`` and ``failed`` (what, joined).
        """
        import pandas as pd

        keys = load_rubric().keys
        rows = [
            {
                "file": story.file,
                "story": story.name,
                "situation": story.situation,
                "persona": story.persona,
                "outcome": story.outcome,
                "step": step.number,
                "said": step.said,
                "reply": step.reply,
                "overall": step.tone.overall if step.tone else math.nan,
                **{key: step.tone.dimensions[key] if step.tone else math.nan for key in keys},
                "gate_passed": step.tone.gate_passed if step.tone else None,
                "failed": "; ".join(check.asked for check in step.failed),
            }
            for story in self.stories
            for step in story.steps
        ]
        columns = ["file", "story", "situation", "persona", "outcome", "step", "said", "reply", "overall"]
        return pd.DataFrame(rows, columns=[*columns, *keys, "gate_passed", "failed"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, schema 1; None stands for figures that were not given."""
        figures = {"bot": self.bot, "counts": self.counts, "mean": self.mean, "minimum": self.minimum}
        return {
            "schema": "hr-it-lab conversation tests 1",
            **dict(plain(figures)),
            "stopped": self.stopped,
            "stories": [plain(_as_dict(each)) for each in self.stories],
        }

    def summary(self) -> str:
        """Say in plain words what came of the tests, and what that does not show.

        Returns
        -------
        str
            How many stories passed, the scores, what failed in each story, and the limits.
        """
        lines = [headline(self)]
        if self.overall:
            scored = f"{len(self.overall):,} {'reply' if len(self.overall) == 1 else 'replies'}"
            lines.append(f"{scored} scored: mean {self.mean:.1f} of 4, lowest {self.minimum:.1f}.")
        for story in self.stories:
            if story.outcome == "failed":
                why = "; ".join(failure(check) for check in story.failed[:5])
                lines.append(f"Failed: {story.name}. {why}.")
            elif story.outcome == "error":
                lines.append(f"Broke off: {story.name}. {story.error}")
        if self.stopped:
            lines.append(f"Stopped before the end: {self.stopped}")
        return "\n".join([*lines, NOT_SHOWN])

    def chart(self) -> "alt.LayerChart":
        """Draw mean and lowest reply of each situation.

        Returns
        -------
        altair.LayerChart
            A line from the lowest reply (a hollow diamond) to the mean (a filled circle) of each situation, on a scale
            of 0 to 4. The description holds the figures.
        """
        from evaluators.tone.conversation_tests._charts import situation_chart  # Altair is slow to import

        return situation_chart(self)


def headline(run: TestRun) -> str:
    """Say in a sentence how many stories passed."""
    counts, total = run.counts, len(run.stories)
    said = f"{counts['passed']} of {total} {'story' if total == 1 else 'stories'} passed"
    rest = [f"{counts[name]} {words}" for name, words in _REST.items() if counts[name]]
    return f"{run.bot}: {said}{', ' if rest else ''}{', '.join(rest)}."


_REST = {"failed": "failed", "error": "broke off", "not run": "not run"}


def failure(check: CheckResult) -> str:
    """Say what was asked and what was found, such as ``"reply 2: must say "sorry" (it does not say so)"``."""
    where = f"reply {check.step}: " if check.step else ""
    return f"{where}{check.asked} ({check.found})"


def _as_dict(story: StoryResult) -> dict[str, Any]:
    return asdict(story)


def find_story(stories: Sequence[StoryResult], file: str, name: str) -> StoryResult | None:
    """Return the story of that file and name; None without one."""
    return next((each for each in stories if (each.file, each.name) == (file, name)), None)
