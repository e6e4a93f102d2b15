"""Keep a run that was accepted: the yardstick for later ones."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evaluators._plain import plain
from evaluators.tone.conversation_tests.errors import AcceptedRunError
from evaluators.tone.conversation_tests.model import TestStory
from evaluators.tone.conversation_tests.results import TestRun

SCHEMA = "hr-it-lab accepted conversations 1"
_MAX_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class KeptStep:
    """What is kept of a message and its answer; `tone` holds scores by dimension, and ``"overall"``."""

    said: str
    reply: str
    tone: Mapping[str, float]
    words: tuple[tuple[str, str, float], ...]
    gate_failed: bool
    checks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KeptStory:
    """What is kept of a story."""

    file: str
    name: str
    outcome: str
    steps: tuple[KeptStep, ...]
    checks: Mapping[str, str]

    @property
    def messages(self) -> tuple[str, ...]:
        """What the person says, in order."""
        return tuple(step.said for step in self.steps)


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run that was accepted."""

    bot: str
    stories: tuple[KeptStory, ...] = field(repr=False)


def kept(run: TestRun) -> KeptRun:
    """Return what is kept of a run."""
    stories = []
    for story in run.stories:
        steps = []
        for step in story.steps:
            tone: dict[str, float] = {}
            words: tuple[tuple[str, str, float], ...] = ()
            if step.tone is not None and not step.tone.abstained:
                tone = {"overall": step.tone.overall, **step.tone.dimensions}
                words = tuple((each.dimension, each.text, each.weight) for each in step.tone.words)
            gate = step.tone is not None and step.tone.gate_needed and not step.tone.gate_passed
            steps.append(KeptStep(step.said, step.reply, tone, words, gate, _outcomes(step.checks)))
        stories.append(KeptStory(story.file, story.name, story.outcome, tuple(steps), _outcomes(story.checks)))
    return KeptRun(run.bot, tuple(stories))


def _outcomes(checks: Sequence[Any]) -> dict[str, str]:
    return {each.asked: each.outcome for each in checks}


def accepted_text(run: TestRun) -> str:
    """Return a run as the text of a file to compare with; the same run always gives the same text.

    Raises
    ------
    AcceptedRunError
        If a story broke off or was not run: there would be nothing to compare with.
    """
    broken = [each.name for each in run.stories if each.outcome in ("error", "not run")]
    if broken:
        raise AcceptedRunError(
            f"The run is not whole: {names(broken)} broke off or {'was' if len(broken) == 1 else 'were'} not run.",
            "Mend that and run it again; a yardstick needs every story.",
        )
    value = {"schema": SCHEMA, **dict(plain(asdict(kept(run))))}
    return json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def accept(run: TestRun, path: str | os.PathLike[str]) -> Path:
    """Keep a run as the yardstick for later ones.

    Parameters
    ----------
    run : TestRun
        Every story must have been played; failed checks may be in it.
    path : path
        JSON file; an older one is replaced, whole or not at all.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    AcceptedRunError
        If the run is not whole, or the file cannot be written.
    """
    target, text = Path(path), accepted_text(run)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise AcceptedRunError(
            f"{target} could not be written: {error.strerror or error}.", "Check the folder; nothing was changed."
        ) from error
    return target


def load_accepted(path: str | os.PathLike[str]) -> KeptRun:
    """Read a run that was accepted.

    Raises
    ------
    AcceptedRunError
        If the file is missing, is no accepted run, or of another version.
    """
    file = Path(path)
    hint = "Make one with accept(run, path), or with hrlab tone … --accepted FILE --accept."
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise AcceptedRunError(f"{file} is larger than {_MAX_BYTES // 1_000_000} MB.", hint)
        value = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise AcceptedRunError(f"{file} cannot be read: {error.strerror or error}.", hint) from error
    except (ValueError, RecursionError) as error:
        raise AcceptedRunError(f"{file} is no JSON: {error}.", hint) from error
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        found = value.get("schema", "something else") if isinstance(value, dict) else "something else"
        raise AcceptedRunError(f"{file} holds {str(found)[:60]!r}, not {SCHEMA!r}.", hint)
    try:
        return _run_of(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AcceptedRunError(f"{file} is damaged: {type(error).__name__} {error}.", hint) from error


def without(before: KeptRun, chosen: Sequence[TestStory], every: Sequence[TestStory]) -> KeptRun:
    """Leave out of an accepted run the stories that are in the tests and were not chosen to be played.

    Parameters
    ----------
    before : KeptRun
        The accepted run.
    chosen, every : sequence of TestStory
        Those that are played, and all that were read.

    Returns
    -------
    KeptRun
        Without stories that have the name or the messages of one that is not played; those that are gone stay in it.
    """
    played = {(each.file, each.name) for each in chosen}
    others = [each for each in every if (each.file, each.name) not in played]
    names_out = {each.name for each in others} - {each.name for each in chosen}
    said_out = {each.messages for each in others} - {each.messages for each in chosen}
    places_out = {(each.file, each.name) for each in others}
    stories = tuple(
        each
        for each in before.stories
        if (each.file, each.name) in played
        or not ((each.file, each.name) in places_out or each.name in names_out or each.messages in said_out)
    )
    return KeptRun(before.bot, stories)


def _run_of(value: Mapping[str, Any]) -> KeptRun:
    stories = []
    for story in value["stories"]:
        steps = tuple(
            KeptStep(
                _text(step["said"]),
                _text(step["reply"]),
                {str(key): float(score) for key, score in step["tone"].items()},
                tuple((_text(dimension), _text(words), float(weight)) for dimension, words, weight in step["words"]),
                bool(step["gate_failed"]),
                {str(key): _text(each) for key, each in step["checks"].items()},
            )
            for step in story["steps"]
        )
        checks = {str(key): _text(each) for key, each in story["checks"].items()}
        stories.append(KeptStory(_text(story["file"]), _text(story["name"]), _text(story["outcome"]), steps, checks))
    return KeptRun(_text(value["bot"]), tuple(stories))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} where words should be")
    return value


def names(given: Sequence[str]) -> str:
    """Return names with commas between; of many the first, and how many more there are."""
    return ", ".join(given[:8]) + (f" and {len(given) - 8} more" if len(given) > 8 else "")
