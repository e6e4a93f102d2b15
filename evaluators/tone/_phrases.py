"""A small language for phrases, so that people who do not program can read and extend the lists.

========================  ===========================================================================
``sorry to hear``         these words, with spaces or commas between them
``(i am|i'm) sorry``      one of several
``so? sorry``             a word that may be missing; ``(very|so)?`` a group that may
``sorry ~2 wait``         up to two other words between
``overreact*``            any ending
``{feeling}``             one of the words of a list in the same file
``^at least``             only at the beginning of a sentence
``^whatever $``           only at the end of a sentence
========================  ===========================================================================

A phrase begins with a word, a group or a list. Apostrophes may be missing in the text, except where the word would
become another one ("we'll", "I'll").
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from evaluators.tone._text import Text
from evaluators.tone.errors import RubricError

_TOKEN = re.compile(r"\^|\$|\([^()]*\)\??|\{\w+\}\??|~\d|[\w'*&%-]+\??")
_NESTED = re.compile(r"\((?:[^()]*\|)?(?P<whole>(?P<before>[^()|]*)\((?P<inner>[^()]*)\)(?P<after>[^()|]*))[|)]")
_STRICT = frozenset(("we'll", "i'll", "he'll", "she'll", "we're", "i'd", "she'd", "we'd"))
_GAP = r"[^\w.!?…]{1,4}"
_WORD = r"[^\W_]+(?:'[^\W_]+)*"
_BETWEEN = rf"(?!(?:not|never|hardly|barely|scarcely|anything but|\w+n't)\b){_WORD}"  # a "not" between undoes a phrase
_LAST = r"(?=[^\w.!?…\n]*(?:[.!?…\n]|$))"


def _word(word: str) -> str:
    made = re.escape(word).replace(r"\*", r"\w*")
    return made if word in _STRICT else made.replace("'", "'?")


def _choice(words: Iterable[str]) -> str:
    ordered = sorted(words, key=len, reverse=True)  # the longest first, so that a span is not cut short
    return "(?:" + "|".join(_GAP.join(_word(each) for each in word.split()) for word in ordered) + ")"


@dataclass(frozen=True, slots=True)
class _Phrase:
    source: str  # of the pattern, which is made when it is first needed: making all of them takes seconds
    at_start: bool
    first: frozenset[str]
    owner: int


@dataclass(slots=True)
class _Parts:
    pattern: str = ""
    first: set[str] = field(default_factory=set)
    open: bool = True  # whether the next part may still be the first word
    joint: bool = False  # whether a gap stands before the next part


def _unnested(phrase: str) -> str:
    """Write out groups inside groups: ``(a (b|c)|d)`` becomes ``(a b|a c|d)``."""
    while found := _NESTED.search(phrase):
        start, before, inner, after = found.start("whole"), found["before"], found["inner"], found["after"]
        written = "|".join(f"{before}{each}{after}" for each in inner.split("|"))
        phrase = phrase[:start] + written + phrase[found.end("whole") :]
    return phrase


def _compile(phrase: str, lists: Mapping[str, Sequence[str]], owner: int, where: str) -> _Phrase:
    tokens = _TOKEN.findall(phrase := _unnested(phrase))
    if "".join(tokens).replace(" ", "") != phrase.replace(" ", "") or "$" in phrase.removesuffix(" $"):
        raise RubricError(f"{where}: the phrase {phrase!r} cannot be read.", "See how phrases are written.")
    at_start = tokens[:1] == ["^"]
    made, last = _Parts(), ""
    for token in tokens[1:] if at_start else tokens:
        if token[0] == "~":
            if made.open:
                raise RubricError(f"{where}: the phrase {phrase!r} begins with a gap.", "Begin with a word.")
            made.pattern += rf"(?:{_GAP}{_BETWEEN}){{0,{token[1:]}}}"
            continue
        if token == "$":
            last = _LAST
            continue
        may_miss = token.endswith("?")
        core = token.rstrip("?")
        if core[0] == "{":
            if core[1:-1] not in lists:
                raise RubricError(f"{where}: there is no list {core}.", f"The lists are: {', '.join(lists)}.")
            words = list(lists[core[1:-1]])
        else:
            words = core[1:-1].split("|") if core[0] == "(" else [core]
        if made.open:
            firsts = [word.split()[0] for word in words]
            if any("*" in word for word in firsts):
                raise RubricError(f"{where}: {phrase!r} begins with a word of any ending.", "Write its forms out.")
            made.first |= {word.replace("'", "") for word in firsts}
        choice = _choice(words)
        if not made.joint:
            made.pattern += f"(?:{choice}{_GAP})?" if may_miss else choice
        else:
            made.pattern += f"(?:{_GAP}{choice})?" if may_miss else _GAP + choice
        made.joint = made.joint or not may_miss
        made.open = made.open and may_miss
    if made.open:
        raise RubricError(f"{where}: the phrase {phrase!r} may be empty.", "Leave at least one word that must stand.")
    return _Phrase(made.pattern + r"(?![^\W_])" + last, at_start, frozenset(made.first), owner)


def _either(phrases: Sequence[_Phrase]) -> re.Pattern[str] | None:
    """Return a pattern that matches where one of the phrases does; None for no phrase."""
    return re.compile("|".join(each.source for each in phrases)) if phrases else None


class PhraseBook:
    """Many phrases, looked up by their first word: a text is read once.

    Parameters
    ----------
    groups : sequence of sequence of str
        The phrases of each group; a group is known by its place.
    lists : mapping of str to sequence of str
        What ``{name}`` stands for.
    where : str
        The file, for the error.

    Raises
    ------
    RubricError
        If a phrase cannot be read.

    Examples
    --------
    >>> book = PhraseBook([["(i am|i'm) so? sorry", "my condolences"]], {}, "here")
    >>> [(owner, "I’m sorry. My condolences."[start:end]) for owner, start, end in book.find(Text("I’m sorry. My "
    ...     "condolences."))]
    [(0, 'I’m sorry'), (0, 'My condolences')]
    """

    def __init__(self, groups: Sequence[Sequence[str]], lists: Mapping[str, Sequence[str]], where: str) -> None:
        self._by_first: dict[str, list[_Phrase]] = defaultdict(list)
        for owner, phrases in enumerate(groups):
            for phrase in phrases:
                made = _compile(phrase, lists, owner, where)
                for word in made.first:
                    self._by_first[word].append(made)
        # Most words begin no phrase that goes on: one pattern of all phrases of a first word says so at once. It
        # is made when the word first occurs, since making all of them takes seconds.
        self._made: dict[str, re.Pattern[str]] = {}
        self._any: dict[str, tuple[re.Pattern[str] | None, re.Pattern[str] | None]] = {}

    def find(self, text: Text) -> Iterator[tuple[int, int, int]]:
        """Yield the group and the place in the folded text of each phrase; of a group's phrases that overlap, one."""
        folded = text.folded
        starts = text.first_words
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for word in text.words:
            phrases = self._by_first.get(word.key)
            if phrases is None:
                continue
            if word.key not in self._any:
                self._any[word.key] = _either(phrases), _either([each for each in phrases if not each.at_start])
            quick = self._any[word.key][0 if word.start in starts else 1]
            if quick is None or quick.match(folded, word.start) is None:
                continue
            for phrase in phrases:
                if phrase.at_start and word.start not in starts:
                    continue
                made = self._made.get(phrase.source)
                if made is None:
                    made = self._made[phrase.source] = re.compile(phrase.source)
                match = made.match(folded, word.start)
                if match:
                    found[phrase.owner].append(match.span())
        for owner in sorted(found):
            last = -1
            for start, end in sorted(found[owner], key=lambda each: (each[0], -each[1])):
                if start >= last:
                    yield owner, start, end
                    last = end
