"""The fitted layer beside the rules: what a message is about, judged by its words, their classes and their letters.

A linear model for each kind of grave matter. A message is read as a whole and in pieces, and the gravest piece counts,
so that one clause is not lost in a long message. Weights are whole numbers and sums of them are exact: the answer is
the same on every computer. `evaluators.chatbot.sensitive_fit` makes the weights; sklearn is not needed to use them.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from evaluators.chatbot._words import Word, single_letters, spellings
from evaluators.chatbot.errors import WordListError

BUCKETS = 2**16
GATE = ("crisis", "harassment")  # the kinds that the gate of a reply asks about
EITHER = "crisis or harassment"

_FOLDER = Path(__file__).parent
_CLASSES = _FOLDER / "sensitive_classes.toml"
_FACTS = _FOLDER / "sensitive_model.json"
_WEIGHTS = _FOLDER / "sensitive_model.npy"
_VALUES = (10, 10, 10, 7, 4, 10)  # of a word, two words, a class, two classes, letters, a rule
_APART = 5  # two classes are read together up to so many words apart
_WHOLE, _LONG, _WINDOW, _STEP, _FEWEST = 60, 18, 14, 7, 8
_REMEMBERED = 20_000
_BACKED = 1.5  # what a weak phrase of the same kind, anywhere in the message, adds to a score


class Hit(NamedTuple):
    """A phrase of the rules that was found: its kind, how the list writes it, its first word and the one after it."""

    kind: str
    phrase: str
    start: int
    end: int


class Alarm(NamedTuple):
    """A piece that reads like messages of a kind: how far above the bar, its first word and the one after it."""

    kind: str
    above: float
    start: int
    end: int


def pieces_of(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Return the pieces in which a message is read: all of it if it is not long, its sentences, parts of long ones.

    Parameters
    ----------
    words : sequence of Word
        The words of the message.

    Returns
    -------
    list of (int, int)
        First word and the one after the last.

    Examples
    --------
    >>> from evaluators.chatbot._words import words_of
    >>> pieces_of(words_of("Where is my pay stub? And who can change my address for me?", {}))
    [(0, 13), (0, 5), (5, 13)]
    """
    count = len(words)
    pieces = [(0, count)] if 0 < count <= _WHOLE else []
    if count <= _FEWEST:
        return pieces
    start = 0
    for place, word in enumerate(words, 1):
        if not (word.last or place == count):
            continue
        if place - start > 1 and (start, place) != (0, count):
            pieces.append((start, place))
        if place - start > _LONG:
            pieces += [(at, min(at + _WINDOW, place)) for at in range(start, place - _STEP + 1, _STEP)]
        start = place
    return pieces


@lru_cache(maxsize=1)
def _known_classes() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    exact: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    for group in tomllib.loads(_CLASSES.read_text("utf-8")).values():
        for name, words in group.items():
            for word in words.split():
                (stems if word.endswith("*") else exact).setdefault(word.rstrip("*"), set()).add(name)
    return {word: tuple(sorted(names)) for word, names in exact.items()}, {
        stem: tuple(sorted(names)) for stem, names in stems.items()
    }


@lru_cache(maxsize=_REMEMBERED)
def classes_of(word: str) -> tuple[str, ...]:
    """Return what a word is about, such as ``("die",)``; several classes, or none.

    Parameters
    ----------
    word : str
        A word in small letters.

    Examples
    --------
    >>> classes_of("diiie"), classes_of("forklift")
    (('die',), ())
    """
    exact, stems = _known_classes()
    found: set[str] = set()
    forms = spellings(word) | ({single_letters(word)} if len(word) > 3 else set())
    for form in forms:
        found.update(exact.get(form, ()))
        for length in range(3, min(len(form), 20) + 1):
            found.update(stems.get(form[:length], ()))
    return tuple(sorted(found))


def _bucket(feature: str) -> int:
    return crc32(feature.encode()) % BUCKETS


@lru_cache(maxsize=_REMEMBERED)
def _of_word(word: str) -> tuple[int, frozenset[int], frozenset[int]]:
    """Return the buckets of a word, of its classes, and of its runs of three to five letters."""
    framed = f" {word[:40]} "
    letters = (framed[at : at + size] for size in (3, 4, 5) for at in range(len(framed) - size + 1))
    return (
        _bucket(f"w {word}"),
        frozenset(_bucket(f"c {name}") for name in classes_of(word)),
        frozenset(_bucket(f"h {part}") for part in letters),
    )


@lru_cache(maxsize=_REMEMBERED)
def _of_pair(first: tuple[str, ...], second: tuple[str, ...]) -> frozenset[int]:
    return frozenset(_bucket(f"s {one}>{other}") for one in first for other in second)


@lru_cache(maxsize=_REMEMBERED)
def _of_two(first: str, second: str) -> int:
    return _bucket(f"b {first} {second}")


def features(words: Sequence[str], rules: Sequence[tuple[str, str]] = ()) -> tuple[frozenset[int], ...]:
    """Return what the model sees of a piece: buckets of six types of features.

    Parameters
    ----------
    words : sequence of str
        The words of the piece, in small letters.
    rules : sequence of (str, str)
        Kind and phrase of the rules that fired in it.

    Returns
    -------
    tuple of frozenset of int
        For words, two words, classes, two classes up to five words apart, letters, and rules.
    """
    singles = [_of_word(word) for word in words]
    classes = [classes_of(word) for word in words]
    pairs: set[int] = set()
    for at, first in enumerate(classes):
        if first:
            for second in classes[at + 1 : at + 1 + _APART]:
                if second:
                    pairs |= _of_pair(first, second)
    fired = [_bucket(f"r {kind}") for kind, _ in rules] + [_bucket(f"r {kind} {phrase}") for kind, phrase in rules]
    return (
        frozenset(each[0] for each in singles),
        frozenset(_of_two(words[at], words[at + 1]) for at in range(len(words) - 1)),
        frozenset().union(*(each[1] for each in singles)),
        frozenset(pairs),
        frozenset().union(*(each[2] for each in singles)),
        frozenset(fired),
    )


def row_of(found: Sequence[frozenset[int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], float]:
    """Return the buckets and whole-number values of features, and the length of the row of values."""
    buckets = np.fromiter((each for group in found for each in group), np.int64)
    counts = [len(group) for group in found]
    values = np.repeat(np.array(_VALUES, np.int64), counts)
    return (
        buckets,
        values,
        float(np.sqrt(sum(value * value * count for value, count in zip(_VALUES, counts, strict=True)))),
    )


@dataclass(frozen=True, slots=True)
class SensitiveModel:
    """The weights, and from where on they raise an alarm.

    Attributes
    ----------
    kinds : tuple of str
        The kinds it knows.
    bars : mapping of str to float
        Kind -> from which score on there is an alarm.
    weak : frozenset of str
        Phrases of the rules that also stand in ordinary messages: they count as evidence, and raise no alarm alone.
    measured : mapping
        What the fit measured by cross-validation; see ``evaluators/chatbot/sensitive_fit.py``.
    """

    kinds: tuple[str, ...]
    bars: Mapping[str, float]
    weak: frozenset[str]
    measured: Mapping[str, Any]
    _weights: npt.NDArray[np.int8] = field(repr=False)  # one row a kind, the last for EITHER
    _scales: Mapping[str, float] = field(repr=False)
    _starts: Mapping[str, float] = field(repr=False)

    @classmethod
    def from_parts(cls, facts: Mapping[str, Any], weights: npt.NDArray[np.int8]) -> "SensitiveModel":
        """Put the stored facts and weights together.

        Parameters
        ----------
        facts : mapping
            ``kinds``, ``bars``, ``weak``, ``measured``, ``scales`` and ``starts``, as in ``sensitive_model.json``.
        weights : array of int8, shape (kinds + 1, 65536)

        Raises
        ------
        WordListError
            If they do not fit together.
        """
        kinds = tuple(facts["kinds"])
        if weights.shape != (len(kinds) + 1, BUCKETS) or weights.dtype != np.int8:
            raise WordListError(
                "The weights of the fitted layer do not fit its facts.",
                "Run evaluators.chatbot.sensitive_fit.",
            )
        return cls(
            kinds=kinds,
            bars=dict(facts["bars"]),
            weak=frozenset(facts["weak"]),
            measured=dict(facts["measured"]),
            _weights=weights,
            _scales=dict(facts["scales"]),
            _starts=dict(facts["starts"]),
        )

    def scores(self, words: Sequence[Word], hits: Sequence[Hit] = ()) -> dict[str, tuple[float, int, int]]:
        """Return for each kind, and for "crisis or harassment", the highest score of a piece, and the piece.

        Parameters
        ----------
        words : sequence of Word
            The words of a message.
        hits : sequence of Hit
            What the rules found in it.

        Returns
        -------
        dict of str to (float, int, int)
            Kind, or `EITHER`, -> score, first word, the one after the last; empty without a word.
        """
        best: dict[str, tuple[float, int, int]] = {}
        seen: set[tuple[str, ...]] = set()
        for start, end in pieces_of(words):
            texts = tuple(word.text for word in words[start:end])
            if texts in seen:
                continue
            seen.add(texts)
            fired = [(hit.kind, hit.phrase) for hit in hits if start <= hit.start and hit.end <= end]
            buckets, values, length = row_of(features(texts, fired))
            sums = (self._weights[:, buckets] * values).sum(axis=1, dtype=np.int64)
            for kind, total in zip((*self.kinds, EITHER), sums.tolist(), strict=True):
                score = self._starts[kind] + self._scales[kind] * total / length
                if kind not in best or score > best[kind][0]:
                    best[kind] = (score, start, end)
        return best

    def backed(self, words: Sequence[Word], hits: Sequence[Hit] = ()) -> dict[str, tuple[float, int, int]]:
        """Return the score of each kind that the bars are for; empty without a word.

        A kind of which a phrase stands anywhere in the message has 1.5 more. A message may read clearly as one that
        must reach a person, and yet not as crisis rather than harassment or the other way round. So both also move by
        half of what "either of them" scores above the higher of the two, which then is the mean of the two scores.
        """
        named = {hit.kind for hit in hits}
        own = {
            kind: (score + _BACKED * (kind in named or (kind == EITHER and not named.isdisjoint(GATE))), start, end)
            for kind, (score, start, end) in self.scores(words, hits).items()
        }
        if not own:
            return own
        move = (own.pop(EITHER)[0] - max(own[kind][0] for kind in GATE)) / 2
        return {kind: (score + move * (kind in GATE), start, end) for kind, (score, start, end) in own.items()}

    def alarms(self, words: Sequence[Word], hits: Sequence[Hit] = ()) -> Iterator[Alarm]:
        """Yield the kinds whose score reaches the bar, with the words that count most."""
        for kind, (score, start, end) in self.backed(words, hits).items():
            if score >= self.bars[kind]:
                first, last = self._telling(kind, [word.text for word in words[start:end]])
                yield Alarm(kind, score - self.bars[kind], start + first, start + last)

    def _telling(self, kind: str, words: Sequence[str]) -> tuple[int, int]:
        """Return the run of words that speaks most for a kind."""
        weights = self._weights[self.kinds.index(kind)].astype(np.int64)
        counts = np.zeros(len(words))
        for at, word in enumerate(words):
            one, classes, letters = _of_word(word)
            counts[at] += 10 * weights[one] + 10 * sum(weights[each] for each in classes)
            counts[at] += 4 * sum(weights[each] for each in letters)
            for other in range(at + 1, min(at + 1 + _APART, len(words))):
                share = 3.5 * sum(weights[each] for each in _of_pair(classes_of(word), classes_of(words[other])))
                counts[at] += share
                counts[other] += share
        best, at_best, run, begin = -np.inf, (0, len(words)), 0.0, 0
        for at, count in enumerate((counts - max(counts.mean(), 0.0) / 2).tolist()):
            run, begin = (run + count, begin) if run > 0 else (count, at)
            if run > best:
                best, at_best = run, (begin, at + 1)
        return at_best


@lru_cache(maxsize=1)
def sensitive_model() -> SensitiveModel:
    """Return the fitted layer that comes with the project.

    Returns
    -------
    SensitiveModel

    Raises
    ------
    WordListError
        If its files are missing or damaged.

    Examples
    --------
    >>> sensitive_model().kinds
    ('crisis', 'harassment', 'bereavement', 'illness')
    """
    try:
        return SensitiveModel.from_parts(json.loads(_FACTS.read_text("utf-8")), np.load(_WEIGHTS, allow_pickle=False))
    except (OSError, ValueError, KeyError) as error:
        raise WordListError(
            f"The fitted layer cannot be read: {error}.", "Install the project again: its files are damaged."
        ) from error
