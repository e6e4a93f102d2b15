"""Words of a message as people type them: short forms, repeated letters, signs for letters, s p a c e s."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

# Signs may stand inside a word (k*ll, su1c1de), not at its ends, where they are punctuation.
_WORD = re.compile(r"[^\W_]+(?:['’‘`´ʼ@$!*\u0300-\u036f\u200b-\u200d\u2060\ufeff\u00ad]+[^\W_]+)*['’]?")
_INVISIBLE = re.compile(r"[\u200b-\u200d\u2060\ufeff\u00ad]")
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘`´ʼ", "'"))
_LEET = str.maketrans("@$!01345", "asioieas")
_ENDS = re.compile(r"[.!?;:\n…]")
_RUN_OF_THREE = re.compile(r"(.)\1{2,}")
_RUN = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word for comparison, and where it stands in the message."""

    text: str
    start: int
    end: int
    last: bool = False


def words_of(text: str, expansions: Mapping[str, str]) -> list[Word]:
    """Split a message into words for comparison.

    Parameters
    ----------
    text : str
        A message as typed.
    expansions : mapping of str to str
        Short form -> words, such as ``"dont"`` -> ``"do not"``.

    Returns
    -------
    list of Word
        In order; ``start`` and ``end`` are offsets in `text`, and ``last`` marks the last word of a sentence.
    """
    matches = list(_WORD.finditer(text))
    typed: list[Word] = []
    for place, match in enumerate(matches):
        after = text[match.end() : matches[place + 1].start() if place + 1 < len(matches) else None]
        last = place + 1 == len(matches) or bool(_ENDS.search(after))
        typed.append(Word(plain_word(match.group()), match.start(), match.end(), last))
    found: list[Word] = []
    for word in _joined_letters(typed):
        parts = expanded(word.text, expansions)
        found += [
            Word(part, word.start, word.end, word.last and place == len(parts)) for place, part in enumerate(parts, 1)
        ]
    return found


def expanded(word: str, expansions: Mapping[str, str]) -> list[str]:
    """Write a short form out; with no such entry, drop the apostrophe or the possessive s."""
    if word in expansions:
        return expansions[word].split()
    bare = word.replace("'", "")
    if bare != word and word.endswith("'s"):
        bare = word.removesuffix("'s").replace("'", "")
    return expansions[bare].split() if bare in expansions and bare != "ill" else [bare]


@lru_cache(maxsize=20_000)
def plain_word(word: str) -> str:
    """Lower-case a word, take accents and invisible signs away, and read signs inside it as the letters they mimic."""
    letters = unicodedata.normalize("NFKD", _INVISIBLE.sub("", word).translate(_APOSTROPHES))
    letters = "".join(each for each in letters if not unicodedata.combining(each)).casefold()
    if any(each.isalpha() for each in letters) and not letters.isalpha():
        letters = letters.translate(_LEET)
    return letters.strip("'")


def spellings(word: str) -> set[str]:
    """Return a word and what it is with repeated letters taken back to two and to one."""
    return {word, _RUN_OF_THREE.sub(r"\1\1", word), _RUN_OF_THREE.sub(r"\1", word)}


def single_letters(word: str) -> str:
    """Return a word with doubled letters written once."""
    return _RUN.sub(r"\1", word)


def _joined_letters(words: list[Word]) -> list[Word]:
    """Join three or more single letters in a row, as in "s u i c i d e"."""
    joined: list[Word] = []
    run: list[Word] = []
    for word in [*words, Word("", 0, 0)]:
        if len(word.text) == 1 and word.text.isalnum():
            run.append(word)
            continue
        if len(run) > 2:
            joined.append(Word("".join(each.text for each in run), run[0].start, run[-1].end, run[-1].last))
        else:
            joined += run
        run = []
        if word.text:
            joined.append(word)
    return joined


def near(word: str, other: str) -> bool:
    """Tell whether a word may be a misspelling of another, longer one.

    The first letter must agree. From four letters two neighbours may be swapped, from six letters one letter may be
    wrong, missing or too many, from ten letters two.
    """
    longest = 2 if len(other) >= 10 else 1
    if len(other) < 4 or word[:1] != other[:1] or abs(len(word) - len(other)) > longest:
        return False
    if len(other) < 6:
        return len(word) == len(other) and sorted(word) == sorted(other) and distance(word, other) == 1
    return len(word) >= 5 and distance(word, other) <= longest


def dropped(word: str) -> set[str]:
    """Return a word, and what is left of it with one letter dropped, or up to two of a long one.

    Two words that `near` takes for one another have one of these in common, so that a list need not be searched.

    Examples
    --------
    >>> sorted(dropped("rope"))
    ['ope', 'roe', 'rop', 'rope', 'rpe']
    """
    once = {word[:at] + word[at + 1 :] for at in range(len(word))}
    if len(word) < 9:
        return {word} | once
    return {word} | once | {each[:at] + each[at + 1 :] for each in once for at in range(len(each))}


def distance(word: str, other: str) -> int:
    """Count the letters to change, add, drop or swap with a neighbour to make one word of another.

    Examples
    --------
    >>> distance("wnat", "want"), distance("suicde", "suicide")
    (1, 1)
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(word, 1):
        two_before, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and word[i - 2] == b:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
    return row[-1]
