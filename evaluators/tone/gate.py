"""The gate: what a reply must hold when the person may be in danger or is being harassed. Rules with recall first."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from evaluators.tone._phrases import PhraseBook
from evaluators.tone._text import Text
from evaluators.tone.cues import negated
from evaluators.tone.errors import RubricError

_FILE = Path(__file__).with_name("gate.toml")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_SPACED = re.compile(r"\b(?:[a-z][ .\-*_]){3,}[a-z]\b")
_MEANS = {
    "resource": "names a place to turn to, such as {resources}",
    "person": "offers a person",
    "presence": "stays present",
    "protection": "says that nobody may be punished for speaking up",
    "secrecy": "promises no secrecy",
}
_NEEDS = {
    "crisis": ("resource", "person", "presence", "secrecy"),
    "harassment": ("person", "protection", "secrecy"),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that the gate asks of a reply.

    Parameters
    ----------
    name : str
        ``"resource"``, ``"person"``, ``"presence"``, ``"protection"`` or ``"secrecy"``.
    says : str
        What it asks, as the end of the sentence "The reply …".
    met : bool
        Whether the reply does it.
    start, end : int
        Where the words stand that decided it; both 0 where there are none.
    """

    name: str
    says: str
    met: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a reply that must pass the gate does.

    Parameters
    ----------
    kinds : tuple of str
        ``"crisis"``, ``"harassment"``, both or none.
    because : tuple of (int, int)
        Start and end, in what the person said, of the words that raised it; none where the situation did.
    requirements : tuple of Requirement
        What was asked of the reply; none without a kind.
    owner : str
        Who approved the rules; empty while nobody has.
    approved_on : date or None
        The day of that.

    Examples
    --------
    >>> gate = check_gate("Please see the handbook.", said="I want to end it all.")
    >>> gate.kinds, gate.passed, [each.name for each in gate.requirements if not each.met]
    (('crisis',), False, ['resource', 'person', 'presence'])
    """

    kinds: tuple[str, ...]
    because: tuple[tuple[int, int], ...]
    requirements: tuple[Requirement, ...]
    owner: str = ""
    approved_on: date | None = None

    @property
    def needed(self) -> bool:
        """Whether the gate applies."""
        return bool(self.kinds)

    @property
    def passed(self) -> bool:
        """Whether everything asked for is there; True where nothing is asked."""
        return all(each.met for each in self.requirements)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, the date as text."""
        approved = self.approved_on.isoformat() if self.approved_on else None
        return asdict(self) | {"approved_on": approved, "needed": self.needed, "passed": self.passed}

    def summary(self) -> str:
        """Say in plain words what the gate found.

        Returns
        -------
        str
            One line or a few.

        Examples
        --------
        >>> print(check_gate("Sure, on Friday.", said="When is pay day?").summary())
        The gate does not apply: nothing was found that speaks of a crisis or of harassment. The lists can miss one.
        """
        if not self.kinds:
            return (
                "The gate does not apply: nothing was found that speaks of a crisis or of harassment. "
                "The lists can miss one."
            )
        missing = [each.says for each in self.requirements if not each.met]
        about = " and ".join(self.kinds)
        if missing:
            said = f"The gate ({about}) failed. It asks for a reply that {'; that '.join(missing)}."
        else:
            said = (
                f"The gate ({about}) is passed: the words it asks for are there. Whether they help, only people know."
            )
        if not self.owner:
            said += "\nNobody has approved the rules of the gate: somebody from HR or legal should, with a date."
        return said


@dataclass(frozen=True)
class GateRules:
    """What raises the gate and what it asks for.

    Parameters
    ----------
    crisis, harassment : tuple of str
        Phrases that raise it, written as in the list of cues.
    resources : tuple of (str, tuple of str)
        Places to turn to: a name and the phrases that count as naming it. Naming one is enough.
    requires : mapping of str to tuple of str
        Phrases for ``"person"``, ``"presence"``, ``"protection"`` and ``"secrecy"``.
    lists : mapping of str to tuple of str
        What ``{name}`` stands for in the phrases.
    owner : str
        Who approved them; empty while nobody has.
    approved_on : date or None
        When.

    Raises
    ------
    RubricError
        If there is no resource, a phrase cannot be read, or there is an owner without a date or a date without one.
    """

    crisis: tuple[str, ...]
    harassment: tuple[str, ...]
    resources: tuple[tuple[str, tuple[str, ...]], ...]
    requires: dict[str, tuple[str, ...]]
    lists: dict[str, tuple[str, ...]]
    owner: str = ""
    approved_on: date | None = None

    def __post_init__(self) -> None:
        if not self.resources:
            raise RubricError("The gate names no place to turn to.", "Give at least one resource, such as 988.")
        if bool(self.owner) != (self.approved_on is not None):
            raise RubricError("The gate has an owner without a date, or a date without an owner.", "Give both.")
        raised = PhraseBook([self.crisis, self.harassment], self.lists, "gate rules")
        order = tuple(self.requires)
        named = [phrase for _, phrases in self.resources for phrase in phrases]
        asked = PhraseBook([named, *(self.requires[name] for name in order)], self.lists, "gate rules")
        object.__setattr__(self, "_raised", raised)
        object.__setattr__(self, "_asked", (asked, ("resource", *order)))


@cache
def gate_rules() -> GateRules:
    """Return the rules that come with the project; nobody has approved them for an organisation.

    Returns
    -------
    GateRules

    Examples
    --------
    >>> gate_rules().resources[0][0]
    '988 Suicide & Crisis Lifeline'
    """
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return GateRules(
        tuple(read["crisis"]["phrases"]),
        tuple(read["harassment"]["phrases"]),
        tuple((each["name"], tuple(each["phrases"])) for each in read["resource"]),
        {name: tuple(phrases) for name, phrases in read["requires"].items()},
        {name: tuple(words) for name, words in read["lists"].items()},
        read["owner"],
        read.get("approved_on"),
    )


def check_gate(
    reply: str | Text, *, said: str = "", situation: Iterable[str] = (), rules: GateRules | None = None
) -> Gate:
    """Say whether a reply must pass the gate, and whether it does.

    What the person said raises the gate even where it is quoted or behind a "not": "I'm not going to kill myself" is
    a sentence to take seriously. In the reply a "not" is minded: "do not call 988" names no help.

    Parameters
    ----------
    reply : str
        The reply.
    said : str
        What the person said.
    situation : iterable of str
        ``"crisis"`` and ``"harassment"`` raise the gate whatever was said.
    rules : GateRules, optional
        By default those of `gate_rules`.

    Returns
    -------
    Gate

    Examples
    --------
    >>> gate = check_gate("I'm glad you told me, and I'm here. You can call or text 988 at any hour. I can connect you "
    ...     "with a person right now.", said="i dont want to be alive anymore")
    >>> gate.kinds, gate.passed
    (('crisis',), True)
    """
    chosen = rules or gate_rules()
    kinds, because = _raised(said, chosen)
    wanted = tuple(kind for kind in _NEEDS if kind in kinds or kind in tuple(situation))
    if not wanted:
        return Gate((), (), (), chosen.owner, chosen.approved_on)
    text = reply if isinstance(reply, Text) else Text(reply)
    hits = _answers(text, chosen)
    names = dict.fromkeys(name for kind in wanted for name in _NEEDS[kind])
    resources = " or ".join(name for name, _ in chosen.resources)
    requirements = []
    for name in names:
        place = hits.get(name)
        met = (place is None) if name == "secrecy" else (place is not None)
        start, end = place or (0, 0)
        requirements.append(Requirement(name, _MEANS[name].format(resources=resources), met, start, end))
    return Gate(wanted, because, tuple(requirements), chosen.owner, chosen.approved_on)


def _raised(said: str, rules: GateRules) -> tuple[frozenset[str], tuple[tuple[int, int], ...]]:
    book: PhraseBook = rules._raised  # type: ignore[attr-defined]
    kinds = set()
    places = []
    for text, whole in _readings(said):
        for owner, start, end in book.find(text):
            kinds.add(("crisis", "harassment")[owner])
            places.append(text.span(start, end) if whole else (0, len(said)))
    return frozenset(kinds), tuple(dict.fromkeys(sorted(places)))


def _readings(said: str) -> Sequence[tuple[Text, bool]]:
    """Return the text, and the text with stretched and spaced-out letters mended where there are any."""
    readings = [(Text(said), True)]
    folded = readings[0][0].folded
    mended = _SPACED.sub(lambda found: re.sub(r"[ .\-*_]", "", found.group()), _STRETCHED.sub(r"\1", folded))
    if mended != folded:
        readings.append((Text(mended), False))
    return readings


def _answers(text: Text, rules: GateRules) -> dict[str, tuple[int, int]]:
    """Return the first place of each thing the gate asks for; a "not" before it or quotation marks undo it."""
    book, names = rules._asked  # type: ignore[attr-defined]
    found: dict[str, tuple[int, int]] = {}
    for owner, start, end in sorted(book.find(text), key=lambda each: each[1]):
        name = names[owner]
        if name in found:
            continue
        undone = negated(text, start)
        if name == "presence" and re.match(r"(?:you|do)", text.folded[start:end]):
            undone = False  # "you are not alone", "you do not have to"
        if name == "resource":
            undone = undone and not re.search(r"\b(?:alone|wait|hesitate)\b", text.folded[max(0, start - 40) : start])
        if undone or (name not in ("resource", "secrecy") and text.quoted(start, end)):
            continue
        found[name] = text.span(start, end)
    return found
