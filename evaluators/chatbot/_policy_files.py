"""One policy from one file: a block of facts about it, then sections with headings."""

import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from evaluators.chatbot.errors import PolicyError

POLICY_BYTES = 200_000

_KEYS = ("policy", "title", "owner", "version", "valid_from", "valid_until", "topics", "also")
_NEEDED = _KEYS[:5]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text below it."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a policy.

    Attributes
    ----------
    policy : str
        Its name, the same in all versions.
    title, owner, document : str
        What it is called, who answers for it, and its file.
    version : int
        Counts up.
    valid_from : date
        First day on which it is in force.
    valid_until : date or None
        Last day; None while no end is known.
    topics : tuple of str
        Intents of the bot that it answers.
    also : str
        Other words that people use for the matter.
    sections : tuple of Section
        The first is the summary.
    """

    policy: str
    title: str
    owner: str
    document: str
    version: int
    valid_from: date
    valid_until: date | None
    topics: tuple[str, ...]
    also: str
    sections: tuple[Section, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values; days as ``"2026-01-01"``."""
        days = {"valid_from": self.valid_from.isoformat()}
        until = {"valid_until": self.valid_until.isoformat() if self.valid_until else None}
        return asdict(self) | days | until


def read_policy(file: Path) -> Policy:
    """Read one file; see `evaluators.chatbot.policies.Policies.load`.

    Raises
    ------
    PolicyError
        If it cannot be read or lacks something; the problem names file and line.
    """
    lines = _text(file).splitlines()
    facts, body = _facts(lines, file.name)
    begin = _day(facts, "valid_from", file.name)
    end = _day(facts, "valid_until", file.name)
    assert begin is not None  # it is needed
    if end is not None and end < begin:
        raise _wrong(file.name, facts["valid_until"][1], "ends before it begins")
    number, line = facts["version"]
    if not number.isascii() or not number.isdigit():
        raise _wrong(file.name, line, f"has the version {number!r}, which is no whole number")
    return Policy(
        policy=facts["policy"][0],
        title=facts["title"][0],
        owner=facts["owner"][0],
        document=file.name,
        version=int(number),
        valid_from=begin,
        valid_until=end,
        topics=tuple(each.strip() for each in facts.get("topics", ("", 0))[0].split(",") if each.strip()),
        also=facts.get("also", ("", 0))[0],
        sections=_sections(lines, body, file.name),
    )


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(POLICY_BYTES + 1)
    except OSError as error:
        raise _wrong(file.name, 0, f"cannot be read ({error.strerror})") from error
    if len(content) > POLICY_BYTES:
        raise _wrong(file.name, 0, f"is larger than {POLICY_BYTES // 1000} kB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _wrong(file.name, line, "holds a character that is not UTF-8; save it as UTF-8") from error


def _facts(lines: list[str], name: str) -> tuple[dict[str, tuple[str, int]], int]:
    closing = next((n for n, line in enumerate(lines[1:60], start=1) if line.strip() == "---"), 0)
    if not lines or lines[0].strip() != "---" or not closing:
        raise _wrong(name, 1, "does not begin with a block between two lines '---'")
    facts: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines[1:closing], start=2):
        if not line.strip():
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or key not in _KEYS:
            raise _wrong(name, number, f"has {line.strip()[:40]!r}; known are {', '.join(_KEYS)}, each with a colon")
        if key in facts:
            raise _wrong(name, number, f"says {key!r} twice")
        if value:
            facts[key] = (value, number)
    missing = [key for key in _NEEDED if key not in facts]
    if missing:
        raise _wrong(name, closing + 1, f"does not say its {', '.join(missing)}; without them it is not quoted")
    return facts, closing + 1


def _day(facts: dict[str, tuple[str, int]], key: str, name: str) -> date | None:
    if key not in facts:
        return None
    value, line = facts[key]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _wrong(name, line, f"has {value[:40]!r} as {key}; write a day as 2026-01-31")


def _sections(lines: list[str], body: int, name: str) -> tuple[Section, ...]:
    sections: list[tuple[str, list[str]]] = []
    for number, line in enumerate(lines[body:], start=body + 1):
        text = line.strip()
        if text.startswith("## "):
            sections.append((text[3:].strip(), []))
        elif text.startswith("#") or not text:
            continue
        elif not sections:
            raise _wrong(name, number, "has text before its first section ('## …')")
        else:
            sections[-1][1].append(text.removeprefix("- "))
    full = tuple(Section(heading, " ".join(texts)) for heading, texts in sections if texts)
    if not full:
        raise _wrong(name, body + 1, "has no section ('## …') with text")
    return full


def _wrong(name: str, line: int, what: str) -> PolicyError:
    return PolicyError(f"{name}{f', line {line}' if line else ''}: it {what}.", "Compare it with the example bot's.")
