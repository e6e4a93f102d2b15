"""YAML that people write, read with bounds: no objects, no bombs, and a line for each thing."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_NODES = 100_000
MAX_ALIASES = 100

Place = tuple[str | int, ...]

_NULL = ("", "~", "null", "Null", "NULL")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_TAB = re.compile(r" *\t")
_NO_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # YAML 1.2, 5.1
_STANDARD_TAG = "tag:yaml.org,2002:"


class YamlProblemError(Exception):
    """What is wrong with the text of a file, and in which line (0: the file as a whole)."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem, line)
        self.problem, self.line = problem, line


@dataclass(slots=True)
class YamlDocument:
    """Plain values, and the line of each by its place, such as ``("nlu", 0, "intent")``.

    `written` holds the letters of numbers, ``true`` and ``false`` as they stand in the file: 0042 is 42 as a value.
    """

    value: Any = None
    written: dict[Place, str] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    twice: list[tuple[str, int]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Return the line of a value, or of what holds it."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(path: Path) -> YamlDocument:
    """Read one file of at most `MAX_BYTES`, `MAX_NODES` (aliases written out) and `MAX_DEPTH`.

    Words are read as YAML 1.2 has it: ``no``, ``on`` and ``off`` stay words, as intents may be called so.

    Raises
    ------
    YamlProblemError
        If the file cannot be read within these bounds.
    """
    import yaml  # type: ignore[import-untyped, unused-ignore]

    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise YamlProblemError(f"cannot be read ({error.strerror})") from error
    if len(content) > MAX_BYTES:
        raise YamlProblemError(f"is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise YamlProblemError("holds a character that is not UTF-8; save it as UTF-8", line) from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml.parse(text, Loader=loader), yaml)
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        if line and _TAB.match(text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""):
            raise YamlProblemError("is indented with a tab here; YAML wants blanks", line) from error
        if odd := _NO_TEXT.search(text):
            line = text.count("\n", 0, odd.start()) + 1
            raise YamlProblemError("holds a character that no text has; is it a text file?", line) from error
        said = getattr(error, "problem", None) or "is no YAML"
        raise YamlProblemError(f"is not YAML here: {said}", line) from error
    document = YamlDocument()
    if node is not None:
        document.value = _Builder(document, yaml).value(node, (), set())
    return document


def _check_events(events: Any, yaml: Any) -> None:
    depth = aliases = 0
    for nodes, event in enumerate(events):
        line = event.start_mark.line + 1
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise YamlProblemError(f"is nested more than {MAX_DEPTH} deep", line)
        if aliases > MAX_ALIASES or nodes > 2 * MAX_NODES:
            raise YamlProblemError("holds too many aliases (*name) or values", line)


class _Builder:
    """Turns nodes into plain values and counts them as if aliases were written out."""

    def __init__(self, document: YamlDocument, yaml: Any) -> None:
        self.document, self.yaml, self.nodes = document, yaml, 0

    def value(self, node: Any, place: Place, above: set[int]) -> Any:
        line = node.start_mark.line + 1
        self.nodes += 1
        if self.nodes > MAX_NODES or id(node) in above:
            raise YamlProblemError(f"makes more than {MAX_NODES:,} values of its aliases", line)
        if not str(node.tag).startswith(_STANDARD_TAG) or "python" in str(node.tag):
            raise YamlProblemError(f"uses the tag {node.tag}, which is not read here", line)
        self.document.lines[place] = line
        if isinstance(node, self.yaml.ScalarNode):
            made = _scalar(node)
            if isinstance(made, int | float):
                self.document.written[place] = str(node.value)
            return made
        inside = above | {id(node)}
        if isinstance(node, self.yaml.SequenceNode):
            return [self.value(each, (*place, number), inside) for number, each in enumerate(node.value)]
        found: dict[str, Any] = {}
        for key, each in node.value:
            if not isinstance(key, self.yaml.ScalarNode):
                raise YamlProblemError("has a list or a table as a key", key.start_mark.line + 1)
            name = str(key.value)
            if name in found:
                self.document.twice.append((name, key.start_mark.line + 1))
            found[name] = self.value(each, (*place, name), inside)
            self.document.lines[(*place, name)] = key.start_mark.line + 1
        return found


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _NULL:
        return None
    if text in ("true", "True", "false", "False"):
        return text.casefold() == "true"
    if _NUMBER.fullmatch(text) and len(text) < 30:
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    return text
