"""Read conversation tests: every problem at once, each with its file, line, story and step."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evaluators.chatbot._yaml import YamlDocument, YamlProblemError, read_yaml
from evaluators.chatbot.packed import unpacked
from evaluators.tone._situation import situations
from evaluators.tone.conversation_tests.errors import ConversationTestError
from evaluators.tone.conversation_tests.model import (
    ANY_VALUE,
    ONLY_MUST,
    ONLY_NEVER,
    Bound,
    Check,
    Metadata,
    RawStep,
    RawStory,
    StepTone,
    StoryTone,
    TestStep,
    TestStory,
)

MAX_FILES = 200
_SHOWN = 100
_IGNORED_ACTIONS = ("action_listen", "...")
_FRAME = ("version", "stories", "personas")
_PERSONA = ("persona", "speaks", "needs")
_MARKED = re.compile(r"\[([^\]\n]+)\](?:\([^)\n]+\)|\{[^}\n]*\})")
_REFUSED = {
    "bot": "write what must be in the answer under 'must:'",
    "or": "write two stories",
    "checkpoint": "write the steps out in each story",
}

_IN_WORDS = {
    "dict_type": "write 'key: value'",
    "model_type": "write 'key: value'",
    "model_attributes_type": "write 'key: value'",
    "list_type": "write a list, each on a line of its own, after a hyphen",
    "tuple_type": "write a list, each on a line of its own, after a hyphen",
    "string_type": "write words; a number in quotes",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "too_short": "something must stand here",
    "string_too_short": "something must stand here",
}

PathLike = str | os.PathLike[str]


def load_tests(paths: PathLike | Iterable[PathLike]) -> tuple[TestStory, ...]:
    r"""Read conversation tests from files, or from all YAML files of folders.

    Parameters
    ----------
    paths : path or iterable of paths
        ``.yml`` or ``.yaml`` files, read in the order given; a folder stands for those in it, by name, and a ``.zip``
        file of a bot for those in its folder ``tests``.

    Returns
    -------
    tuple of TestStory
        In the order of the files.

    Raises
    ------
    ConversationTestError
        If a file cannot be read, or anything in the files cannot be; all problems, each with file, line, story and
        step.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "talks.yml")
    ...     words = 'stories:\n- story: greet\n  steps:\n  - user: hello\n  - must: [ask_question]\n'
    ...     _ = file.write_text(words, encoding="utf-8")
    ...     story, = load_tests(file)
    >>> story.name, story.steps[0].said, story.steps[0].must[0].words()
    ('greet', 'hello', 'ask something')
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    reader = _Reader()
    with ExitStack() as opened:
        files = _files([opened.enter_context(_unpacked(Path(each))) for each in given])
        stories = [
            story for file, label in zip(files, _labels(files), strict=True) for story in reader.read(file, label)
        ]
    if reader.problems:
        count = len(reader.problems)
        more = f"\n… and {count - _SHOWN} more" if count > _SHOWN else ""
        raise ConversationTestError(
            f"{count} {'problem' if count == 1 else 'problems'} in the conversation tests:\n"
            + "\n".join(f"- {each}" for each in reader.problems[:_SHOWN])
            + more,
            "Mend them in the files named, from the top. docs/conversation_tests.md has a complete example.",
        )
    if not stories:
        raise ConversationTestError(
            f"There is no story in {', '.join(str(each) for each in given) or 'no file'}.",
            "Write one under 'stories:'; docs/conversation_tests.md has an example.",
        )
    return tuple(stories)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """Give the tests of a packed bot; other paths as they are."""
    with unpacked(path) as place:
        yield place / "tests" if place != path and (place / "tests").is_dir() else place


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [each for each in sorted(path.rglob("*")) if each.suffix in (".yml", ".yaml") and each.is_file()]
            if not inside:
                raise ConversationTestError(f"The folder {path} holds no .yml file.", "Name the folder of the tests.")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise ConversationTestError(f"There is no file {path}.", "Check the spelling and the folder.")
    files = list({each.resolve(): each for each in found}.values())
    if len(files) > MAX_FILES:
        raise ConversationTestError(f"These are {len(files)} files.", f"Give at most {MAX_FILES} at once.")
    return files


def _labels(files: Sequence[Path]) -> list[str]:
    """Return the shortest ends of the paths that tell them apart: accepted runs find stories by them."""
    parts = [each.resolve().parts for each in files]
    for length in range(1, max((len(each) for each in parts), default=1) + 1):
        labels = ["/".join(each[-length:]) for each in parts]
        if len(set(labels)) == len(labels):
            return labels
    return [each.as_posix() for each in files]


class _Reader:
    def __init__(self) -> None:
        self.problems: list[str] = []

    def add(self, where: str, line: int, problem: str) -> None:
        self.problems.append(f"{where.partition(': ')[0]}{f', line {line}' if line else ''}: "
                             + (f"{where.partition(': ')[2]}: " if ": " in where else "") + problem)  # fmt: skip

    def read(self, file: Path, label: str) -> list[TestStory]:
        try:
            document = read_yaml(file)
        except YamlProblemError as problem:
            self.add(label, problem.line, f"The file {problem.problem}.")
            return []
        for key, line in document.twice:
            self.add(label, line, f"{key!r} stands twice in the same block; keep one.")
        value = document.value
        if not isinstance(value, dict):
            self.add(label, 1, "The file must begin with 'version: \"3.1\"' and 'stories:'.")
            return []
        for key in value:
            if key not in _FRAME:
                self.add(label, document.line((key,)), f"{key!r} is not known here{_near(key, _FRAME)}.")
        if str(value.get("version", "3.1")) != "3.1":
            line = document.line(("version",))
            self.add(label, line, f'The version is {value["version"]!r}; known is "3.1", in quotes.')
        self._personas(label, document, value)
        stories = value.get("stories")
        if stories is None and "personas" in value:
            return []
        if not isinstance(stories, list):
            self.add(label, document.line(("stories",)), "'stories' must be a list: '- story: name', then 'steps:'.")
            return []
        made = [self._story(label, document, number, each) for number, each in enumerate(stories)]
        seen: dict[str, int] = {}
        for story in made:
            if story is not None and story.name in seen:
                where = f"{label}: story {story.name!r}"
                self.add(where, story.line, f"A story of this name begins in line {seen[story.name]}; rename one.")
            elif story is not None:
                seen[story.name] = story.line
        return [story for story in made if story is not None]

    def _personas(self, label: str, document: YamlDocument, value: dict[Any, Any]) -> None:
        """Look whether the people who speak are described as they should be; they change no result."""
        people = value.get("personas", [])
        for number, each in enumerate(people if isinstance(people, list) else [people]):
            if not isinstance(each, dict) or set(each) - set(_PERSONA) or not each.get("persona"):
                line = document.line(("personas", number))
                self.add(label, line, "A persona is '- persona: name' with 'speaks: …' and 'needs: …'.")

    def _story(self, label: str, document: YamlDocument, number: int, value: Any) -> TestStory | None:
        place = ("stories", number)
        line = document.line(place)
        name = str(value.get("story", "")) if isinstance(value, dict) else ""
        where = f"{label}: story {name!r}" if name else f"{label}: story {number + 1}"
        before = len(self.problems)
        if not isinstance(value, dict):
            self.add(where, line, "A story begins with '- story: name'.")
            return None
        if isinstance(value.get("story"), str) and not name.strip():
            self.add(where, line, "The story has no name: write one after 'story:'.")
            return None
        try:
            raw = RawStory.model_validate(_words_of_users(value, document, place))
        except ValidationError as error:
            self._invalid(where, document, place, error)
            return None
        self._check_sides(where, document, place, raw)
        data = raw.metadata
        if data.situation and data.situation not in situations():
            at = document.line((*place, "metadata", "situation"))
            self.add(where, at, f"There is no situation {data.situation!r}{_near(data.situation, situations())}.")
        steps = self._steps(where, document, place, raw)
        if len(self.problems) > before:
            return None
        return TestStory(
            label, raw.story.strip(), line, steps, data.situation, data.persona, data.tags, data.note,
            raw.tone or StoryTone(), raw.must, raw.never,
        )  # fmt: skip

    def _invalid(self, where: str, document: YamlDocument, place: Any, error: ValidationError) -> None:
        errors = error.errors(include_url=False, include_context=False)
        inside = any(len(each["loc"]) > 1 for each in errors)
        for each in errors:
            loc = tuple(each["loc"])
            if each["type"] == "too_short" and inside and each["input"]:
                continue  # pydantic counts only what it could read
            at = where
            if len(loc) > 1 and loc[0] == "steps" and isinstance(loc[1], int):
                at = f"{where}, step {loc[1] + 1}"
            said = each["msg"].removeprefix("Value error, ")
            key = str(loc[-1]) if loc else ""
            if each["type"] == "extra_forbidden":
                known = _keys_at(loc)
                said = f"{key!r} is not known here" + (f": {_REFUSED[key]}" if key in _REFUSED else _near(key, known))
            elif each["type"] == "missing":
                said = f"{key!r} is missing"
            elif each["type"] != "value_error":
                found = "" if each["input"] is None else f", found {str(each['input'])[:40]!r}"
                said = f"{_place_of(loc)}{_IN_WORDS.get(each['type'], said[:1].lower() + said[1:])}{found}"
            elif key and not isinstance(loc[-1], int):
                said = f"{key!r}: {said}"
            self.add(at, document.line((*place, *loc)), f"{said}.")

    def _check_sides(self, where: str, document: YamlDocument, place: Any, raw: RawStory) -> None:
        """Refuse checks that make sense on one side only."""
        sides: list[tuple[str, Any, tuple[Check, ...], tuple[Check, ...]]] = [(where, place, raw.must, raw.never)]
        for number, step in enumerate(raw.steps):
            sides.append((f"{where}, step {number + 1}", (*place, "steps", number), step.must, step.never))
        for at, here, must, never in sides:
            for side, checks, other in (("must", must, ONLY_NEVER), ("never", never, ONLY_MUST)):
                for number, check in enumerate(checks):
                    kinds = {check.kind, check.do.kind if check.do else ""}
                    for kind in sorted(kinds.intersection(other)):
                        right = "never" if side == "must" else "must"
                        self.add(at, document.line((*here, side, number)), f"{kind!r} can only stand under '{right}:'.")

    def _steps(self, where: str, document: YamlDocument, place: Any, raw: RawStory) -> tuple[TestStep, ...]:
        made: list[_Draft] = []
        for number, step in enumerate(raw.steps):
            line = document.line((*place, "steps", number))
            at = f"{where}, step {number + 1}"
            ours = step.tone is not None or step.must or step.never
            if step.user is not None:
                said = _MARKED.sub(r"\1", step.user).strip()
                if not said:
                    self.add(at, line, "The person says nothing: write words after 'user:'.")
                if ours or step.action or step.slot_was_set:
                    self.add(at, line, "What is asked of the answer stands in a step of its own, after this one.")
                made.append(_Draft(said, line, step.intent or ""))
            elif step.intent is not None or step.entities is not None:
                self.add(at, line, "The words are missing: write 'user: |' and what the person says.")
            elif not made:
                self.add(at, line, "The first step must be a message: 'user: |'.")
            elif not (ours or step.action or step.slot_was_set or step.active_loop):
                self.add(at, line, "The step is empty: write 'user:', 'action:', 'tone:', 'must:' or 'never:'.")
            else:
                twice = made[-1].add(step)
                if twice:
                    self.add(at, line, f"{', '.join(twice)}: bounded twice for the same answer; keep one.")
        return tuple(each.step() for each in made)


class _Draft:
    """A message and the bot's steps after it, put together."""

    def __init__(self, said: str, line: int, intent: str) -> None:
        self.said, self.line, self.intent = said, line, intent.strip()
        self.actions: list[str] = []
        self.slots: dict[str, Any] = {}
        self.bounds: dict[str, Bound] = {}
        self.gate_asked = True
        self.must: list[Check] = []
        self.never: list[Check] = []

    def add(self, step: RawStep) -> list[str]:
        if step.action and step.action not in _IGNORED_ACTIONS:
            self.actions.append(step.action)
        for each in step.slot_was_set or []:
            self.slots.update(each if isinstance(each, dict) else {each: ANY_VALUE})
        own = (step.tone or StepTone()).bounds()
        twice = sorted(own.keys() & self.bounds.keys())
        self.bounds |= own
        self.gate_asked = self.gate_asked and not (step.tone and step.tone.gate)
        self.must += step.must
        self.never += step.never
        return twice

    def step(self) -> TestStep:
        return TestStep(
            self.said, self.line, self.intent, tuple(self.actions), self.slots, self.bounds, self.gate_asked,
            tuple(self.must), tuple(self.never),
        )  # fmt: skip


def _words_of_users(value: dict[Any, Any], document: YamlDocument, place: Any) -> dict[Any, Any]:
    """Return a story whose messages are text, as it was written: somebody may well say 42, or 0042."""
    steps = value.get("steps")
    if not isinstance(steps, list):
        return value
    made = [
        {**step, "user": document.written.get((*place, "steps", number, "user"), str(step["user"]))}
        if isinstance(step, dict) and isinstance(step.get("user"), int | float)
        else step
        for number, step in enumerate(steps)
    ]
    return {**value, "steps": made}


def _place_of(loc: tuple[Any, ...]) -> str:
    """Name the key that is wrong, without its story and step, which are named already."""
    parts = [str(part) for part in (loc[2:] if loc[:1] == ("steps",) and len(loc) > 1 else loc)]
    named = [part for part in parts if not part.isdigit() and "[" not in part and part != "str"]
    return f"{'.'.join(named)}: " if named else ""


def _keys_at(loc: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the keys that are known where an unknown one was found."""
    inside = [part for part in loc[:-1] if isinstance(part, str)]
    if "metadata" in inside:
        return tuple(Metadata.model_fields)
    if "must" in inside or "never" in inside:
        return tuple(Check.model_fields)
    if "tone" in inside:
        if inside[-1] != "tone":
            return tuple(Bound.model_fields)
        return tuple((StepTone if "steps" in inside else StoryTone).model_fields)
    return tuple((RawStep if "steps" in inside else RawStory).model_fields)


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    if near := get_close_matches(str(name), names, n=1):
        return f"; {near[0]!r} may be meant"
    return f"; known are {', '.join(names)}"
