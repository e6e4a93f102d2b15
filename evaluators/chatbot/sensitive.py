"""Messages that a person must see: crisis, harassment, a death, an illness; rules and a fitted layer, recall first."""

import itertools
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from evaluators.chatbot._words import Word, dropped, near, plain_word, single_letters, spellings, words_of
from evaluators.chatbot.errors import WordListError
from evaluators.chatbot.sensitive_model import GATE, Alarm, Hit, sensitive_model

KINDS = ("crisis", "harassment", "bereavement", "illness")

_FILE = Path(__file__).with_name("sensitive.toml")
_GAP = 4
_REMEMBERED = 50_000
# So far above its bar (log-odds), an alarm of the fitted layer counts as clear. By cross-validation some 78 of 100
# messages of crisis or harassment reach it, 4 of 100 everyday ones (nearly all of them long), and 3 of 100 that tempt.
_CLEARLY = 3.0
# A message that is nothing but this asks for a person, and gets one: the fitted layer, which reads it like despair, is
# not asked. "Someone" may be a cry for help and is not among the words.
_ASKS_FOR_PERSON = re.compile(
    r"\W*(?:(?:hi|hello|hey|brook|please|ok|okay|no|sorry|thanks)\W+)*"
    r"(?:(?:(?:can|could|may) i|i(?:'d|’d| would) (?:like|prefer|rather)|i (?:want|wish|need|have)|let me)"
    r"(?: please)?(?: to)? (?:talk|speak|chat) (?:to|with)|i(?:'d|’d| would) like|i want|get me|give me)"
    r" (?:an? |the )?(?:real |actual |live )?(?:person|human|human being|agent|hr|(?:someone|somebody) (?:from|in) hr)"
    r"(?: (?:from|in|at) hr| on the phone| instead| now)*(?:\W+(?:please|thanks|thank you))*\W*",
    re.IGNORECASE,
)
_SIMILAR = "reads like messages of this kind"
_NAMES = {
    "crisis": "danger to somebody's life",
    "harassment": "harassment, abuse or discrimination",
    "bereavement": "a death",
    "illness": "a serious illness or strain",
}


@dataclass(frozen=True, slots=True)
class SensitiveFinding:
    """Words of a message that send it to a person.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    words : str
        The words as they were typed.
    start, end : int
        Where they stand: ``text[start:end] == words``.
    phrase : str
        The entry of the word list that matched, or "reads like messages of this kind" where the fitted layer found it.
    clear : bool
        Whether a phrase of the word list stands in the message, or it reads clearly like crisis or harassment; False
        where the fitted layer alone raised it, and not by much.
    """

    kind: str
    words: str
    start: int
    end: int
    phrase: str
    clear: bool = True

    @property
    def certain(self) -> bool:
        """Whether a phrase of the word list stands in the message; False where the fitted layer alone raised it."""
        return self.phrase != _SIMILAR

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)

    def summary(self) -> str:
        """Say in one sentence what was read, and what that does not prove."""
        return f'"{self.words}" may speak of {_NAMES[self.kind]}. A program cannot know; a person should look.'


@dataclass(frozen=True, slots=True)
class _Slot:
    number: int
    after_gap: bool
    may_end: bool


@dataclass(frozen=True, slots=True)
class SensitiveWords:
    """A word list, ready to search with.

    Attributes
    ----------
    owners : mapping of str to str
        Kind -> who answers for its list.
    dates_checked : mapping of str to date
        Kind -> when its list was last read over.
    phrases : mapping of str to tuple of str
        Kind -> its phrases, as in the file.
    """

    owners: Mapping[str, str]
    dates_checked: Mapping[str, date]
    phrases: Mapping[str, tuple[str, ...]]
    _expansions: Mapping[str, str] = field(repr=False)
    _never_misspelled: frozenset[str] = field(repr=False)
    _lists: Mapping[str, str] = field(repr=False)
    _compiled: list[tuple[str, str, tuple[_Slot, ...]]] = field(default_factory=list, repr=False)
    _needed: list[frozenset[int]] = field(default_factory=list, repr=False)  # places that a phrase cannot do without
    _first: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list), repr=False)
    _exact: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set), repr=False)
    _once: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set), repr=False)
    _begins: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set), repr=False)
    _by_letter: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), repr=False)
    _by_dropped: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set), repr=False)
    _numbers: dict[frozenset[str], int] = field(default_factory=dict, repr=False)
    _seen: dict[str, frozenset[int]] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, path: str | Path | None = None) -> "SensitiveWords":
        """Read a word list; by default the one beside this module.

        Parameters
        ----------
        path : path, optional
            A TOML file in the form of ``evaluators/chatbot/sensitive.toml``.

        Raises
        ------
        WordListError
            If the file is missing or damaged, or a kind lacks its owner, its date or its phrases.
        """
        file = Path(path or _FILE)
        try:
            content = tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise WordListError(f"{file} cannot be read: {error}.", "Compare it with sensitive.toml.") from error
        return cls._from_table(content, str(file))

    @classmethod
    def _from_table(cls, content: Mapping[str, Any], where: str) -> "SensitiveWords":
        for kind in KINDS:
            table = content.get(kind, {})
            fine = isinstance(table, dict) and isinstance(table.get("owner"), str) and table["owner"].strip()
            if not (fine and isinstance(table.get("date_checked"), date) and table.get("phrases")):
                raise WordListError(
                    f"{where}: [{kind}] must have an owner, a date_checked and phrases.",
                    "A list without somebody who answers for it is not used.",
                )
        words = cls(
            owners={kind: content[kind]["owner"] for kind in KINDS},
            dates_checked={kind: content[kind]["date_checked"] for kind in KINDS},
            phrases={kind: tuple(content[kind]["phrases"]) for kind in KINDS},
            _expansions=content.get("expansions", {}),
            _never_misspelled=frozenset(content.get("never_misspelled", {}).get("words", ())),
            _lists=content.get("lists", {}),
        )
        for kind in KINDS:
            for phrase in words.phrases[kind]:
                words._compile(kind, phrase, where)
        return words

    def find(self, text: str) -> tuple[SensitiveFinding, ...]:
        """Return what in a message must reach a person, the gravest kind first, one finding a kind.

        Nothing lowers an alarm: "I won't", "my friend said" and quotation marks change nothing.

        Parameters
        ----------
        text : str
            A message as typed, of any length.
        """
        words = self.words_in(text)
        found: dict[str, SensitiveFinding] = {}
        for hit in self.hits(words):
            found.setdefault(hit.kind, _finding(text, words, hit, hit.phrase))
        return tuple(found[kind] for kind in KINDS if kind in found)

    def words_in(self, text: str) -> list[Word]:
        """Return the words of a message as the phrases are compared with them."""
        return words_of(text, self._expansions)

    def hits(self, words: Sequence[Word]) -> list[Hit]:
        """Return each phrase that stands in a message, where it stands first; in the order of the message."""
        slots = [self._slots_of(word.text) for word in words]
        there = frozenset().union(*slots)
        found: dict[int, Hit] = {}
        for start in range(len(words)):
            for number in self._starting(slots[start]):
                if number in found or not self._needed[number] <= there:
                    continue
                kind, phrase, wanted = self._compiled[number]
                end = _follow(words, slots, wanted, start + 1, 1)
                if end:
                    found[number] = Hit(kind, phrase, start, end)
        first: dict[str, Hit] = {}
        for hit in sorted(found.values(), key=lambda each: (each.start, -each.end, each.phrase)):
            first.setdefault(f"{hit.kind} {hit.phrase}", hit)
        return list(first.values())

    def _starting(self, slots: frozenset[int]) -> Iterator[int]:
        for slot in slots:
            yield from self._first.get(slot, ())

    def _compile(self, kind: str, phrase: str, where: str) -> None:
        parts: list[list[list[_Slot]]] = []  # for each part what may stand there: one word, or several in a row
        gap = False
        for part in phrase.split():
            if part == "..":
                gap = True
                continue
            words = list(self._alternatives(part, where))
            single = frozenset(word for word in words if "_" not in word)
            rows = [[single]] * bool(single)
            rows += [[frozenset([each]) for each in word.split("_")] for word in words if "_" in word]
            parts.append([[self._slot(each, gap and not place) for place, each in enumerate(row)] for row in rows])
            gap = False
        for choice in itertools.product(*parts):
            wanted = tuple(itertools.chain.from_iterable(choice))
            if not wanted or wanted[0].after_gap or wanted[0].may_end:
                raise WordListError(f"{where}: the phrase {phrase!r} has no first word.", "Begin it with a word.")
            self._first[wanted[0].number].append(len(self._compiled))
            self._compiled.append((kind, phrase, wanted))
            self._needed.append(frozenset(each.number for each in wanted if not each.may_end))

    def _slot(self, words: frozenset[str], after_gap: bool) -> _Slot:
        if words not in self._numbers:
            self._numbers[words] = len(self._numbers)
            for word in words - {"$"}:
                self._learn(word, self._numbers[words])
        return _Slot(self._numbers[words], after_gap, "$" in words)

    def _alternatives(self, part: str, where: str) -> Iterator[str]:
        def listed(match: re.Match[str]) -> str:
            if match.group(1) not in self._lists:
                raise WordListError(f"{where}: there is no list {match.group()}.", "Lists stand under [lists].")
            return self._lists[match.group(1)]

        for word in re.sub(r"\{(\w+)\}", listed, part).split("|"):
            if word:
                yield word

    def _learn(self, word: str, slot: int) -> None:
        if word.endswith("*"):
            stem = plain_word(word[:-1])
            self._begins[stem].add(slot)
            if len(single_letters(stem)) >= 4:
                self._begins[single_letters(stem)].add(slot)
            return
        word = plain_word(word)
        if word not in self._exact:
            self._by_letter[word[:1]].append(word)
            for less in dropped(word):
                self._by_dropped[less].add(word)
        self._exact[word].add(slot)
        if len(single_letters(word)) >= 4:
            self._once[single_letters(word)].add(slot)

    def _slots_of(self, word: str) -> frozenset[int]:
        if word not in self._seen:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[word] = frozenset(self._match(word[:60]))
        return self._seen[word]

    def _match(self, word: str) -> set[int]:
        found: set[int] = set()
        if "*" in word:  # letters hidden by a star: any listed word that fits
            hidden = re.compile(re.sub(r"\\\*", ".", re.escape(word)))
            for other in self._by_letter.get(word[:1], ()):
                if hidden.fullmatch(other):
                    found |= self._exact[other]
            return found
        for spelled in spellings(word):
            found |= self._exact.get(spelled, set())
            once = single_letters(spelled)
            if len(once) >= 4:
                found |= self._once.get(once, set())
            for variant in {spelled, once} if len(once) >= 4 else {spelled}:
                for length in range(2, len(variant) + 1):
                    found |= self._begins.get(variant[:length], set())
        if not word.isascii() or word in self._exact or word in self._never_misspelled:
            return found
        for other in {other for less in dropped(word) for other in self._by_dropped.get(less, ())}:
            if near(word, other):
                found |= self._exact[other]
        return found


def _follow(words: Sequence[Word], slots: Sequence[frozenset[int]], wanted: Sequence[_Slot], at: int, step: int) -> int:
    """Return the place after the last word of a phrase, or 0 if the words do not go on as it wants."""
    if step == len(wanted):
        return at
    slot = wanted[step]
    for place in range(at, min(at + (_GAP if slot.after_gap else 0), len(words)) + 1):
        if slot.may_end and words[place - 1].last and (end := _follow(words, slots, wanted, place, step + 1)):
            return end
        if place < len(words) and slot.number in slots[place]:
            end = _follow(words, slots, wanted, place + 1, step + 1)
            if end:
                return end
    return 0


@lru_cache(maxsize=1)
def _standard() -> SensitiveWords:
    return SensitiveWords.load()


def _finding(
    text: str, words: Sequence[Word], found: Hit | Alarm, phrase: str, *, clear: bool = True
) -> SensitiveFinding:
    start, end = words[found.start].start, words[found.end - 1].end
    return SensitiveFinding(found.kind, text[start:end], start, end, phrase, clear)


def find_sensitive(text: str, *, words: SensitiveWords | None = None) -> tuple[SensitiveFinding, ...]:
    """Return what in a message must reach a person: crisis, harassment, a death, an illness.

    Two layers look at it. A phrase of the word list raises an alarm, unless the phrase also stands in ordinary
    messages. The fitted layer raises one where the message, or a piece of it, reads like messages of that kind; the
    phrases count in it as evidence. Nothing lowers an alarm: "I won't", "my friend said" and quotation marks change
    nothing. Only a message that asks for a person and says no more is not shown to the fitted layer.

    Measured on ``examination.txt`` of the tests, whose writer had seen neither the lists nor the messages of the fit:
    217 of 231 messages of crisis or harassment found; needless alarms on 8 of 236 everyday messages, and on 40 of 150
    that were written to sound grave. Nothing was fitted on it, but designs were compared on its counts, so it is mildly
    optimistic. By cross-validation on ``datasets/hr_messages``, lines kept together: 96 of 100 found; with whole topics
    left out, 94. Needless alarms there: 5 to 10 in 100 short everyday messages, and **more than half of the long ones
    in which somebody is worried about ordinary things** (pay, visas, feedback). **So it misses about one in twenty, and
    rings too often where people write at length.** That is why an alarm says whether it is ``certain`` (Brook fetches a
    person at once only then, and else offers one) and whether it is ``clear`` (a failed gate caps a score only then).
    It reads English only; no clinician has read the lists and nobody with the authority to do so has approved them: see
    their ``owner``. A message takes about half a millisecond.

    Parameters
    ----------
    text : str
        A message as typed, of any length.
    words : SensitiveWords, optional
        A word list of your own: it then decides alone, without the fitted layer. By default both that come with the
        project.

    Returns
    -------
    tuple of SensitiveFinding
        At most one a kind, the gravest first; empty if nothing was found, which does not prove that all is well.

    Examples
    --------
    >>> [found.kind for found in find_sensitive("My dad died and I want to be dead too")]
    ['crisis', 'bereavement']
    >>> find_sensitive("Where is my pay stub?")
    ()
    """
    if words is not None:
        return words.find(text)
    typed = _standard().words_in(text)
    hits = _standard().hits(typed)
    model = sensitive_model()
    found: dict[str, SensitiveFinding] = {}
    for hit in hits:
        if hit.phrase not in model.weak:
            found.setdefault(hit.kind, _finding(text, typed, hit, hit.phrase))
    for alarm in () if _ASKS_FOR_PERSON.fullmatch(text) else model.alarms(typed, hits):
        backed = next((hit for hit in hits if hit.kind == alarm.kind), None)
        found.setdefault(
            alarm.kind,
            _finding(text, typed, backed, backed.phrase)
            if backed
            else _finding(text, typed, alarm, _SIMILAR, clear=alarm.kind in GATE and alarm.above >= _CLEARLY),
        )
    return tuple(found[kind] for kind in KINDS if kind in found)
