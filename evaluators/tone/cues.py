"""Words that earn or cost: named cues with their places in the reply, aware of negation, quotation and repetition."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from evaluators.tone._phrases import PhraseBook
from evaluators.tone._text import Text
from evaluators.tone._undoing import denied, excused, taken_back
from evaluators.tone._words import word_list
from evaluators.tone.errors import RubricError
from evaluators.tone.rubric import load_rubric

_FILE = Path(__file__).with_name("cues.toml")
PILED = "piles up kind words"
NEGATION_REACH = 3
_KIND_REACH = 8  # a kind word must be safe from a "not" further away
_SOFT = 0.4  # lighter words may repeat without being piled up
_NO_NEGATION = frozenset(("only", "doubt", "wonder", "problem", "just"))  # "not only sorry", "no doubt"
_SAID_BY_OTHERS = frozenset(
    [
        "said",
        "says",
        "say",
        "saying",
        "told",
        "tells",
        "wrote",
        "writes",
        "heard",
        "called",
        "calls",
        "asked",
        "asks",
        "words",
        "word",
        "phrase",
        "quote",
        "wrote",
    ]
)


@dataclass(frozen=True, slots=True)
class Cue:
    """Words of a reply that earned or cost points.

    Parameters
    ----------
    dimension, name : str
        Which dimension it speaks to, and what the cue is called.
    says : str
        What the words do, as the end of a sentence: "names the feeling".
    start, end : int
        Their place in the reply, in characters.
    text : str
        The words as they stand there.
    weight : float
        Points (of 4) it earned (+) or cost (−); 0 where it did not count.
    void : str
        Why it did not count, such as ``"in quotation marks"``; empty where it did.
    """

    dimension: str
    name: str
    says: str
    start: int
    end: int
    text: str
    weight: float
    void: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


@runtime_checkable
class WordModel(Protocol):
    """Anything that adds points for words, such as a fitted linear model: one cue for each word that moved the score.

    A model names the dimension it was fitted for, and gives its points as cues, so that they are shown, added and
    bounded like those of the lists.
    """

    def cues(self, text: Text) -> Iterable[Cue]:
        """Return what the words of a text earned and cost."""


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    dimension: str
    weight: float
    says: str
    cap: int
    quoted_counts: bool
    mocks: bool
    acknowledges: bool
    softened_by: frozenset[str]


@cache
def _rules() -> tuple[tuple[_Rule, ...], PhraseBook]:
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    known = load_rubric().keys
    rules = []
    for each in read["cue"]:
        if each["dimension"] not in known:
            raise RubricError(
                f"{_FILE.name}: the cue {each['name']!r} is of a dimension {each['dimension']!r}.",
                f"Dimensions are: {', '.join(known)}.",
            )
        rules.append(
            _Rule(
                each["name"],
                each["dimension"],
                float(each["weight"]),
                each["says"],
                each.get("cap", 1),
                each.get("quoted") == "counts",
                each.get("mocks", False),
                each.get("acknowledges", False),
                frozenset(each.get("softened_by", ())),
            )
        )
    return tuple(rules), PhraseBook([each["phrases"] for each in read["cue"]], read["lists"], _FILE.name)


@dataclass(frozen=True, slots=True)
class Found:
    """The cues of a reply, and what the order of its sentences needs.

    Parameters
    ----------
    cues : tuple of Cue
        By place.
    acknowledged_at : int or None
        Where in the reply the first acknowledgement begins; None without one.
    mocks : bool
        Whether something mocks: kind words then count for nothing.
    folded : tuple of (int, int)
        The place of each cue in the folded text (`Text.folded`).
    """

    cues: tuple[Cue, ...]
    acknowledged_at: int | None
    mocks: bool
    folded: tuple[tuple[int, int], ...]


def find_cues(reply: str | Text) -> Found:
    """Find the listed phrases of a reply.

    A kind phrase does not count behind a "not", in quotation marks, or in a reply that mocks. A hurtful one does not
    count behind a "not", or where the reply says that somebody else said it. Of a cue that occurs more often than its
    cap, the first count.

    Parameters
    ----------
    reply : str
        The reply.

    Returns
    -------
    Found

    Examples
    --------
    >>> for cue in find_cues("I'm not sorry. “Calm down”, he said.").cues:
    ...     print(cue.name, "|", cue.text, "|", cue.weight, "|", cue.void or "counts")
    I and we | I'm | 0.1 | counts
    apology | sorry | 0.0 | behind a "not"
    tells how to feel | Calm down | 0.0 | somebody else said it
    """
    return _find(reply if isinstance(reply, Text) else Text(reply))


@lru_cache(maxsize=8)  # a reply is asked for by the rules, and again by a model
def _find(text: Text) -> Found:
    rules, book = _rules()
    hits = sorted(((start, end, rules[owner]) for owner, start, end in book.find(text)), key=lambda each: each[:2])
    mocks = any(rule.mocks and not _void(text, start, end, rule) for start, end, rule in hits)
    used: dict[str, int] = defaultdict(int)
    hits = _heaviest(hits)
    cues = []
    acknowledged: int | None = None
    for start, end, rule in hits:
        void = _void(text, start, end, rule)
        if not void and mocks and rule.weight > 0:
            void = "the reply mocks"
        if not void:
            used[rule.name] += 1
            if used[rule.name] > rule.cap:
                void = "said before" if abs(rule.weight) >= _SOFT else "counted already"
        begin, stop = text.span(start, end)
        cues.append(
            Cue(
                rule.dimension,
                rule.name,
                rule.says,
                begin,
                stop,
                text.raw[begin:stop],
                0.0 if void else rule.weight,
                void,
            )
        )
        if rule.acknowledges and not void and acknowledged is None:
            acknowledged = begin
    return Found(tuple(cues), acknowledged, mocks, tuple((start, end) for start, end, _ in hits))


def _heaviest(hits: list[tuple[int, int, _Rule]]) -> list[tuple[int, int, _Rule]]:
    """Of cues of one dimension and sign whose words overlap, keep the heavier; who does what by when may overlap."""
    kept: list[tuple[int, int, _Rule] | None] = []
    last: dict[tuple[str, bool], int] = {}  # the place in `kept` of the latest hit of a dimension and sign
    for hit in hits:
        start, _, rule = hit
        kind = (rule.dimension, rule.weight > 0)
        before = kept[last[kind]] if kind in last else None
        if before is not None and start < before[1] and rule.dimension != "ownership" and rule.weight:
            if abs(rule.weight) <= abs(before[2].weight):
                continue
            kept[last[kind]] = None
        last[kind] = len(kept)
        kept.append(hit)
    return [hit for hit in kept if hit is not None]


def _void(text: Text, start: int, end: int, rule: _Rule) -> str:
    if text.quotations and text.quoted(start, end):
        if not rule.quoted_counts:
            return "in quotation marks"
        if _somebody_else_said(text, start, end):
            return "somebody else said it"
    number = text.sentence_at(start)
    if rule.softened_by and any(word.key in rule.softened_by for word in text.words_of(number)):
        return "softened in the same sentence"
    if rule.weight > 0 and number in text.heaps:
        return "in a heap of words"
    if rule.weight > 0 and (back := taken_back(text, start, end)):
        return back
    if rule.weight <= 0 and excused(text, start, end, rule.name):
        return "harmless where it stands"
    if rule.weight < 0 and denied(text, start):
        return 'behind a "not"'
    return 'behind a "not"' if negated(text, start, reach=_KIND_REACH if rule.weight > 0 else NEGATION_REACH) else ""


def negated(text: Text, start: int, *, reach: int = NEGATION_REACH) -> bool:
    """Say whether a "not" stands some words before a place of the folded text, in its part of a sentence."""
    number = text.word_at(start)
    sentence = text.sentence_at(start)
    later = start
    for back in range(1, reach + 1):
        if number - back < 0:
            return False
        word = text.words[number - back]
        if re.search(r"[,;:—–()\n]", text.folded[word.end : later]) or text.sentence_at(word.start) != sentence:
            return False
        if word.key in ("but", "and", "because"):
            return False
        if word.key in word_list("negators"):
            return text.words[number - back + 1].key not in _NO_NEGATION
        later = word.start
    return False


def _somebody_else_said(text: Text, start: int, end: int) -> bool:
    """Say whether a quotation is told of somebody else: a word of saying within six words, and not "I say"."""
    for begin, stop in text.quotations:
        if begin < end and start < stop:
            first, last = text.word_at(begin), text.word_at(stop - 1)
            if first >= 0 and text.words[first].start >= begin:
                first -= 1
            near = [*range(max(0, first - 5), first + 1), *range(last + 1, min(len(text.words), last + 7))]
            keys = [text.words[place].key for place in near]
            return any(key in _SAID_BY_OTHERS for key in keys) and "i" not in keys and "me" not in keys
    return False


def weigh(cues: Iterable[Cue]) -> tuple[Cue, ...]:
    """Let further kind words of one dimension count less, and a heap of them cost.

    Parameters
    ----------
    cues : iterable of Cue
        In the order of the reply.

    Returns
    -------
    tuple of Cue
        With the weights that count.

    Examples
    --------
    >>> sorry = Cue("emotional_reaction", "sorry", "says sorry", 0, 5, "sorry", 1.0)
    >>> [cue.weight for cue in weigh([sorry] * 6)]
    [1.0, 0.5, 0.0, 0.0, -0.5, -0.5]
    """
    rubric = load_rubric()
    cues = list(cues)
    kind = [place for place, cue in enumerate(cues) if cue.weight >= 0.25 and not cue.void]
    rank: dict[int, int] = {}  # the heaviest of a dimension counts first, so that a light word before it costs nothing
    earned: dict[str, int] = defaultdict(int)
    for place in sorted(kind, key=lambda place: (-cues[place].weight, place)):
        rank[place] = earned[cues[place].dimension]
        earned[cues[place].dimension] += 1
    said: dict[str, int] = defaultdict(int)
    made = []
    for place, cue in enumerate(cues):
        if cue.weight <= 0 and cue.void != "said before":
            made.append(cue)
            continue
        dimension = rubric[cue.dimension]
        said[cue.dimension] += bool(cue.void) or cue.weight >= _SOFT
        if said[cue.dimension] > dimension.enough and (cue.void or cue.weight >= _SOFT):
            made.append(replace(cue, weight=-0.5, says=PILED, void=""))
        elif place not in rank:
            made.append(cue)
        else:
            share = dimension.counts[rank[place]] if rank[place] < len(dimension.counts) else 0.0
            if share != 1.0:
                cue = replace(cue, weight=cue.weight * share, void=cue.void if share else "enough was said")
            made.append(cue)
    return tuple(made)
