"""A bot from its files: Rasa 3.1 YAML, checked as a whole, with every problem named at once."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evaluators.chatbot._yaml import Place, YamlDocument, YamlProblemError, read_yaml
from evaluators.chatbot.errors import BotFileError
from evaluators.chatbot.model import PARTS, Form, Persona, Response, Rule, Slot, Story, ToneGuide

MAX_FILES = 50
MAX_EXAMPLES = 20_000

_KEYS = (
    *("version", "nlu", "intents", "entities", "slots", "responses", "actions", "forms", "session_config"),
    *("stories", "rules", "persona", "tone_guide"),
)
_NOT_BOT_FILES = {"config", "credentials", "endpoints"}
_ENTITY = re.compile(r"\[(?P<text>[^\]\n]+)\](?:\((?P<name>[^)\n]+)\)|(?P<json>\{[^}\n]*\}))")


@dataclass(frozen=True, slots=True)
class BotFinding:
    """Something wrong in a bot's files: where, what, and what to do."""

    file: str
    line: int
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}{f', line {self.line}' if self.line else ''}: {self.problem} {self.fix}"


@dataclass(frozen=True, slots=True)
class BotFiles:
    """What a bot's files say.

    Attributes
    ----------
    intents : mapping of str to tuple of str
        Intent -> what people say, without marks for entities.
    entity_values : mapping of str to mapping of str to str
        Entity -> words in small letters -> the value that they stand for.
    slots, responses, forms, rules, stories
        As in the files; a response is a tuple of wordings.
    actions : tuple of str
        Actions that are no reply, such as ``"action_change_medical_plan"``.
    persona, tone_guide
        Our own two blocks, or None.
    """

    intents: Mapping[str, tuple[str, ...]]
    entity_values: Mapping[str, Mapping[str, str]]
    slots: Mapping[str, Slot]
    responses: Mapping[str, tuple[Response, ...]]
    forms: Mapping[str, Form]
    actions: tuple[str, ...]
    rules: tuple[Rule, ...]
    stories: tuple[Story, ...]
    persona: Persona | None
    tone_guide: ToneGuide | None


@dataclass(slots=True)
class Draft:
    """What was read so far, with where each thing stands; made by `load_bot_files`."""

    findings: list[BotFinding] = field(default_factory=list)
    intents: dict[str, list[str]] = field(default_factory=dict)
    declared: dict[str, tuple[str, int]] = field(default_factory=dict)
    entities: dict[str, tuple[str, int]] = field(default_factory=dict)
    entity_values: dict[str, dict[str, str]] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in PARTS})
    actions: dict[str, tuple[str, int]] = field(default_factory=dict)
    where: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    steps: list[tuple[str, int, Any]] = field(default_factory=list)

    def add(self, place: tuple[str, int], problem: str, fix: str) -> None:
        """Keep a finding."""
        self.findings.append(BotFinding(*place, problem, fix))


def load_bot_files(path: str | Path, *, own_actions: Iterable[str] = ()) -> BotFiles:
    """Read a bot from a YAML file, or from all YAML files of a folder.

    Files called config, credentials or endpoints, and folders called tests, hold no part of a bot in Rasa either and
    are passed over.

    Parameters
    ----------
    path : path
        A ``.yml`` file or a folder of them.
    own_actions : iterable of str
        Names of actions that your own code carries out, besides those of the pretend HR system.

    Returns
    -------
    BotFiles
        All parts, checked against each other.

    Raises
    ------
    BotFileError
        If a file cannot be read, or anything in the files does not fit; it names all problems with file and line.
    """
    from evaluators.chatbot._file_checks import check_together

    root = Path(path)
    draft = Draft()
    for file in _files(root):
        name = file.name if root.is_file() else file.relative_to(root).as_posix()
        try:
            document = read_yaml(file)
        except YamlProblemError as problem:
            draft.add((name, problem.line), f"The file {problem.problem}.", "Mend it there, or take it out.")
            continue
        _read_document(draft, name, document)
    if not draft.findings:
        check_together(draft, frozenset(own_actions))
    if draft.findings:
        count = len(draft.findings)
        raise BotFileError(
            f"{count} {'problem' if count == 1 else 'problems'} in the bot {path}:\n"
            + "\n".join(f"- {each}" for each in draft.findings[:100]),
            "Mend them in the files named, from the top, and load the bot again.",
        )
    return BotFiles(
        intents={name: tuple(examples) for name, examples in draft.intents.items()},
        entity_values=draft.entity_values,
        slots=draft.parts["slots"],
        responses=draft.parts["responses"],
        forms=draft.parts["forms"],
        actions=tuple(draft.actions),
        rules=tuple(draft.parts["rules"].values()),
        stories=tuple(draft.parts["stories"].values()),
        persona=draft.parts["persona"].get(""),
        tone_guide=draft.parts["tone_guide"].get(""),
    )


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise BotFileError(f"There is no bot at {root}.", "Name a .yml file, or a folder that holds some.")
    found = [
        each
        for each in sorted(root.rglob("*"))
        if each.suffix in (".yml", ".yaml")
        and each.is_file()
        and each.stem not in _NOT_BOT_FILES
        and not any(part == "tests" or part.startswith(".") for part in each.relative_to(root).parts)
    ]
    if not found or len(found) > MAX_FILES:
        raise BotFileError(
            f"{root} holds {len(found) or 'no'} YAML files.", f"A bot has 1 to {MAX_FILES}; name the folder of one bot."
        )
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "Did you mean …?" where a known name is near, else the known names."""
    names = sorted(set(known))
    if near := get_close_matches(name, names, n=1):
        return f"Did you mean {near[0]!r}?"
    return f"Known are: {', '.join(names[:20]) or 'none'}."


def _read_document(draft: Draft, name: str, document: YamlDocument) -> None:
    for key, line in document.twice:
        draft.add((name, line), f"{key!r} stands twice in the same block.", "Keep one, or give one another name.")
    if document.value is None:
        return
    if not isinstance(document.value, dict):
        draft.add((name, 1), "The file is a list.", "It must begin with a key, such as 'nlu:' or 'responses:'.")
        return
    for key, value in document.value.items():
        place = (name, document.line((key,)))
        if key not in _KEYS:
            draft.add(place, f"{key!r} is no part of a bot.", nearest(key, _KEYS))
        elif key == "nlu":
            _read_nlu(draft, name, document, value)
        elif key in ("intents", "entities", "actions"):
            _read_names(draft, name, document, key, value)
        elif key in PARTS and value is not None:
            _read_part(draft, name, document, key, value)


def _read_names(draft: Draft, name: str, document: YamlDocument, key: str, value: Any) -> None:
    kept = {"intents": draft.declared, "entities": draft.entities, "actions": draft.actions}[key]
    if not isinstance(value, list | None):
        draft.add((name, document.line((key,))), f"{key!r} is no list.", "Write one name a line, after a hyphen.")
        return
    for number, each in enumerate(value or []):
        place = (name, document.line((key, number)))
        if isinstance(each, dict) and len(each) == 1:  # Rasa: - greet: {use_entities: []}
            each = next(iter(each))
        if not isinstance(each, str):
            draft.add(place, f"{each!r} in {key!r} is no name.", "Write a word, in quotes if it is a number.")
        else:
            kept[each] = place


def _read_part(draft: Draft, name: str, document: YamlDocument, key: str, value: Any) -> None:
    kept = draft.parts[key]
    single = key in ("persona", "tone_guide")
    listed = key in ("stories", "rules")
    entries: list[tuple[str, Any, Place]]
    if single:
        entries = [("", value, (key,))]
    elif listed and isinstance(value, list):
        named = [each.get(PARTS_NAME[key]) if isinstance(each, dict) else None for each in value]
        entries = [(str(title), each, (key, n)) for n, (title, each) in enumerate(zip(named, value, strict=True))]
    elif not listed and isinstance(value, dict):
        entries = [(title, each, (key, title)) for title, each in value.items()]
    else:
        kind = "list" if listed else "table of names"
        draft.add((name, document.line((key,))), f"{key!r} is no {kind}.", "Compare it with the example bot.")
        return
    for title, each, place in entries:
        where = (name, document.line(place))
        if title in kept:
            draft.add(where, f"{title or key!r} of {key!r} is there a second time.", "Give one another name.")
            continue
        if key == "responses":
            if not isinstance(each, list) or not each:
                draft.add(where, f"The response {title!r} has no wording.", "Write '- text:' below it.")
                continue
            read = [_valid(draft, name, document, key, (*place, n), one) for n, one in enumerate(each)]
            model: Any = tuple(one for one in read if one is not None)
        else:
            model = _valid(draft, name, document, key, place, {} if each is None and key == "slots" else each)
        if model is not None:
            kept[title] = model
            draft.where[key, title] = where
            if listed:
                draft.steps += [(name, document.line((*place, "steps", n)), step) for n, step in enumerate(model.steps)]


PARTS_NAME = {"stories": "story", "rules": "rule"}


def _valid(draft: Draft, name: str, document: YamlDocument, key: str, place: Place, value: Any) -> Any:
    model = PARTS[key]
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            where = (name, document.line((*place, *each["loc"])))
            words = ".".join(str(part) for part in (*place, *each["loc"]))
            if each["type"] == "extra_forbidden":
                wrong = str(each["loc"][-1])
                draft.add(where, f"The key {wrong!r} is not known here ({words}).", nearest(wrong, _known(key, wrong)))
            else:
                found = "" if each["type"] == "missing" else f", found {str(each.get('input'))[:40]!r}"
                draft.add(where, f"{words}: {each['msg'].lower()}{found}.", "Compare it with the example bot.")
        return None


def _known(key: str, _wrong: str) -> set[str]:
    """Return all keys that a part and what it is made of may have."""
    schema = PARTS[key].model_json_schema()
    found = set(schema["properties"])
    for inner in schema.get("$defs", {}).values():
        found |= set(inner.get("properties", {}))
    return found


def _read_nlu(draft: Draft, name: str, document: YamlDocument, value: Any) -> None:
    if not isinstance(value, list):
        draft.add((name, document.line(("nlu",))), "'nlu' is no list.", "Write '- intent: name' below it.")
        return
    for number, entry in enumerate(value):
        place = (name, document.line(("nlu", number)))
        kinds = [kind for kind in ("intent", "synonym", "lookup", "regex") if isinstance(entry, dict) and kind in entry]
        if len(kinds) != 1:
            draft.add(place, "This entry of 'nlu' names no intent.", "Write '- intent: name', then 'examples: |'.")
            continue
        for key in entry.keys() - {kinds[0], "examples", "metadata"}:
            line = document.line(("nlu", number, key))
            draft.add((name, line), f"{key!r} is not known in 'nlu'.", nearest(key, [kinds[0], "examples", "metadata"]))
        title = entry[kinds[0]]
        if not isinstance(title, str) or not title.strip():
            draft.add(place, f"The {kinds[0]} has no name.", "Write a word, in quotes if it is a number or true.")
            continue
        examples = _examples(draft, place, entry.get("examples"))
        if kinds[0] == "intent":
            title = title.partition("/")[0]
            kept = draft.intents.setdefault(title, [])
            kept += [_without_marks(draft, place, each) for each in examples]
            draft.where.setdefault(("intent", title), place)
        elif kinds[0] == "synonym":
            for values in draft.entity_values.values():
                values.update({each.casefold(): title for each in examples if each.casefold() in values})
            draft.entity_values.setdefault("", {}).update({each.casefold(): title for each in examples})
        elif kinds[0] == "lookup":
            draft.entity_values.setdefault(title, {}).update({each.casefold(): each for each in examples})
    if sum(map(len, draft.intents.values())) > MAX_EXAMPLES:
        draft.add((name, 0), f"There are more than {MAX_EXAMPLES:,} examples.", "Keep the most different ones.")


def _examples(draft: Draft, place: tuple[str, int], value: Any) -> list[str]:
    if isinstance(value, str):
        lines = [line.strip() for line in value.splitlines() if line.strip()]
        bare = [line for line in lines if not line.startswith(("-", "#"))]
        if bare:
            draft.add(place, f"An example does not begin with a hyphen: {bare[0][:40]!r}.", "Write '- ' before it.")
        return [line[1:].strip() for line in lines if line.startswith("-") and line[1:].strip()]
    if isinstance(value, list):
        texts = [each.get("text") if isinstance(each, dict) else each for each in value]
        if all(isinstance(each, str) for each in texts):
            return [str(each).strip().removeprefix("- ") for each in texts if str(each).strip()]
    if value is not None:
        draft.add(place, "The examples are neither lines nor a list.", "Write 'examples: |' and one '- …' a line.")
    return []


def _without_marks(draft: Draft, place: tuple[str, int], example: str) -> str:
    """Take the marks of entities out of an example, and keep what they say."""

    def plain(match: re.Match[str]) -> str:
        text, entity, value = match["text"], match["name"], match["text"]
        if match["json"]:
            try:
                said = json.loads(match["json"])
                entity, value = str(said["entity"]), str(said.get("value", text))
            except (ValueError, KeyError, TypeError):
                draft.add(place, f"The mark {match['json']!r} cannot be read.", 'Write {"entity": "name"}.')
                return text
        draft.entity_values.setdefault(entity, {})[text.casefold()] = value
        return text

    return _ENTITY.sub(plain, example)
