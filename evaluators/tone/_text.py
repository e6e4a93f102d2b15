"""A text as the cues read it: folded letters, words, sentences and quotations, each with its place in the original.

Folding makes letters small, straightens apostrophes and drops what cannot be seen (combining marks, zero-width
characters), so that "Sorry", "SORRY" and "so\u00adrry" are the same word. `Text.span` leads back to the original.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

_APOSTROPHES = {"’": "'", "ʼ": "'", "`": "'", "´": "'", "＇": "'"}
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|\n+")
# A point after these ends no sentence; "p.m." and "e.g." are caught by the single letter before their last point.
_SHORTENED = re.compile(r"mrs?|ms|dr|st|no|vs|etc|approx|dept|inc|ltd|jan|feb|mar|apr|ju[nl]|aug|sept?|oct|nov|dec")
_NUMBER = re.compile(r"\s*\d")  # "no. 5" is a number, "You said no." a sentence
_QUOTED = re.compile(
    r"“[^“”]{1,400}”|„[^„“”]{1,400}[“”]|«[^«»]{1,400}»|\"[^\"\n]{1,400}\"|‘[^‘]{1,400}?'(?!\w)"
    r"|<!--.{1,400}?-->|\{\{[^{}\n]{1,400}\}\}|~~[^~\n]{1,400}~~"
    r"|(?<![\w'])'(?=\w)[^\n]{1,200}?(?<=[\w.!?,])'(?![\w])|^[ \t]*>[^\n]*",
    re.MULTILINE,
)


class Word(NamedTuple):
    """A word of the folded text: small letters without apostrophes, and where it stands there."""

    key: str
    start: int
    end: int


def _fold(raw: str) -> tuple[str, tuple[int, ...] | None]:
    """Return the folded text and, unless every letter kept its place, the place of each of its letters in `raw`."""
    if raw.isascii():
        return raw.replace("`", "'").lower(), None
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(raw):
        if letter in _APOSTROPHES:
            made = "'"
        elif letter.isascii():
            made = letter.lower()
        else:
            if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
                continue
            first = unicodedata.normalize("NFKD", letter)[:1].lower()[:1]
            made = first if first.isalnum() else letter
        letters.append(made)
        places.append(place)
    return "".join(letters), tuple(places)


@dataclass(frozen=True)
class Text:
    """A text and what the cues need to know of it.

    Parameters
    ----------
    raw : str
        The text as it was written.

    Examples
    --------
    >>> text = Text("So\u0301rry to hear it. “Calm down”, he said.")
    >>> text.folded[:5], text.raw[slice(*text.span(0, 5))] == "So\u0301rry", len(text.sentences)
    ('sorry', True, 2)
    """

    raw: str

    @cached_property
    def _folding(self) -> tuple[str, tuple[int, ...] | None]:
        return _fold(self.raw)

    @property
    def folded(self) -> str:
        """The text in small letters, without marks."""
        return self._folding[0]

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words in order."""
        return tuple(
            Word(each.group().replace("'", ""), each.start(), each.end()) for each in _WORD.finditer(self.folded)
        )

    @cached_property
    def _starts(self) -> list[int]:
        return [word.start for word in self.words]

    def word_at(self, place: int) -> int:
        """Return the number of the last word that begins at or before a place of the folded text; -1 for none."""
        return bisect_right(self._starts, place) - 1

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each sentence in the folded text; those without a word are left out."""
        ends = []
        for found in _END.finditer(self.folded):
            before = self.folded[max(0, found.start() - 6) : found.start()]
            last = re.search(r"[^\W_]+$", before)
            if (
                found.group() == "."
                and last
                and (_SHORTENED.fullmatch(last.group()) or self._initial(last.group(), before))
                and (last.group() != "no" or _NUMBER.match(self.folded, found.end()))
            ):
                continue
            ends.append(found.end())
        cuts = [0, *ends, len(self.folded)]
        return tuple((start, end) for start, end in pairwise(cuts) if _WORD.search(self.folded, start, end) is not None)

    @staticmethod
    def _initial(last: str, before: str) -> bool:
        return len(last) == 1 and last.isalpha() and before[-2:-1] in ("", " ", ".", "(") and last != "i"

    @cached_property
    def first_words(self) -> frozenset[int]:
        """Where the first word of each sentence begins in the folded text."""
        starts = set()
        for start, end in self.sentences:
            number = self.word_at(start)
            if number < 0 or self.words[number].start < start:
                number += 1
            if number < len(self.words) and self.words[number].start < end:
                starts.add(self.words[number].start)
        return frozenset(starts)

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [start for start, _ in self.sentences]

    def sentence_at(self, place: int) -> int:
        """Return the number of the sentence at a place of the folded text; -1 before the first."""
        return bisect_right(self._sentence_starts, place) - 1

    def words_of(self, number: int) -> tuple[Word, ...]:
        """Return the words of a sentence, by its number."""
        start, end = self.sentences[number]
        return self.words[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    @cached_property
    def heaps(self) -> frozenset[int]:
        """The numbers of sentences that are no sentences: twice or more, a word is followed by itself."""
        found = set()
        for number in range(len(self.sentences)):
            words = self.words_of(number)
            if sum(one.key == other.key for one, other in pairwise(words)) >= 2:
                found.add(number)
        return frozenset(found)

    @cached_property
    def quotations(self) -> tuple[tuple[int, int], ...]:
        """Start and end of what stands in quotation marks, or on a line that begins with ``>``."""
        return tuple(each.span() for each in _QUOTED.finditer(self.folded))

    @cached_property
    def _quoted_ends(self) -> list[int]:
        return [end for _, end in self.quotations]

    def quoted(self, start: int, end: int) -> bool:
        """Say whether a piece of the folded text touches a quotation."""
        place = bisect_left(self._quoted_ends, start + 1)
        return place < len(self.quotations) and self.quotations[place][0] < end

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the original of a piece of the folded text, with the marks that belong to its letters."""
        places = self._folding[1]
        if places is None:
            return start, end
        if start >= end:
            place = places[start] if start < len(places) else len(self.raw)
            return place, place
        return places[start], places[end] if end < len(places) else len(self.raw)
