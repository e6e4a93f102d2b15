"""How easy a text is to read: words, sentences, syllables, school grade, long sentences, words that only HR knows."""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from evaluators._plain import plain
from evaluators.tone._phrases import PhraseBook
from evaluators.tone._text import Text
from evaluators.tone.errors import ReplyError

FEWEST_WORDS = 30
LONG_SENTENCE_WORDS = 25
EASY_GRADE = 8.0

_VOWELS = re.compile(r"[aeiouy]+")
_APART = re.compile(  # neighbouring vowels that are spoken apart
    r"(?<![cgtsx])ia(?!g)|(?<=[aeiouy])ing|(?<![gqcs])ua(?!r[de])|eo(?=[lr](?:o|y|i|e))|iou(?=s$)(?<![ctgx]iou)"
    r"|(?<![tscgx])io|iet|(?<=[^aeiouyq])ui(?=ng|st|ty)|reali|creat(?!u)|^rei(?=[mn])|uou|ieu|[^q]uou|(?<=[dlnrtv])ier$|eat(?:ive|or|ion|ing)"
)
_SPOKEN_NOT = re.compile(r"(?:does|is|should|was|would|could|has|had|did|have|must|need)nt")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+")
_FILE = Path(__file__).with_name("jargon.toml")


@dataclass(frozen=True, slots=True)
class JargonWord:
    """A word that only HR knows, where it stands, and what to say instead.

    Parameters
    ----------
    word : str
        As it stands in the text.
    start, end : int
        Its place in the text.
    instead : str
        Plain words for it.
    explained : bool
        Whether the text explains it: brackets follow, or "that is", "which means".
    """

    word: str
    start: int
    end: int
    instead: str
    explained: bool


@dataclass(frozen=True, slots=True)
class Readability:
    """What makes a text easy or hard to read.

    Parameters
    ----------
    words, sentences, syllables : int
        Counts; a link or an address is no word, a line of a list is a sentence.
    grade : float
        Flesch–Kincaid school grade of the United States; NaN under 30 words, where one long word decides it.
    mean_sentence_words : float
        Words a sentence.
    long_sentences : tuple of (int, int)
        Start and end of each sentence of more than 25 words.
    jargon : tuple of JargonWord
        Words only HR knows, each once.

    Examples
    --------
    >>> readability("Your FSA election is due on Friday.").jargon[0].instead
    'the account that pays medical bills from untaxed pay'
    """

    words: int
    sentences: int
    syllables: int
    grade: float
    mean_sentence_words: float
    long_sentences: tuple[tuple[int, int], ...]
    jargon: tuple[JargonWord, ...]

    @property
    def score(self) -> float:
        """Points (0-4): a grade, long sentences and unexplained words take some away."""
        lost = 0.0 if math.isnan(self.grade) else max(0.0, (self.grade - EASY_GRADE) * 0.4)
        lost += 0.1 * max(0.0, self.mean_sentence_words - 20) + min(1.5, 0.5 * len(self.long_sentences))
        lost += min(2.0, 0.5 * sum(not each.explained for each in self.jargon))
        return max(0.0, 4.0 - min(lost, 4.0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for a grade that cannot be given."""
        return dict(plain(asdict(self) | {"score": self.score}))

    def summary(self) -> str:
        """Say in plain words how easy the text is, and what would make it easier.

        Returns
        -------
        str
            One line a finding.

        Examples
        --------
        >>> print(readability("Your pay stub is in the portal. Do you want me to send it?").summary())
        14 words in 2 sentences. That is too short for a school grade.
        Counts say nothing about whether the text is true, kind or complete.
        """
        said = f"{self.words} words in {self.sentences} sentence{'s' if self.sentences != 1 else ''}."
        if math.isnan(self.grade):
            said += " That is too short for a school grade."
        else:
            said += f" School grade {self.grade:.1f}"
            said += ": easy enough." if self.grade <= EASY_GRADE else f"; {EASY_GRADE:.0f} or lower is easy to read."
        lines = [said]
        if self.long_sentences:
            lines.append(f"Sentences of more than {LONG_SENTENCE_WORDS} words: {len(self.long_sentences)}.")
        lines += [
            f"'{each.word}' may not be known to the reader; say '{each.instead}', or explain it."
            for each in self.jargon
            if not each.explained
        ]
        return "\n".join([*lines, "Counts say nothing about whether the text is true, kind or complete."])


@cache
def _jargon() -> tuple[PhraseBook, tuple[str, ...], PhraseBook]:
    read: Mapping[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    words = read["word"]
    book = PhraseBook([[*each["says"]] for each in words], {}, _FILE.name)
    return book, tuple(each["instead"] for each in words), PhraseBook([read["explains"]], {}, _FILE.name)


@cache
def count_syllables(word: str) -> int:
    """Count the syllables of an English word by rule: groups of vowels, less silent endings.

    Parameters
    ----------
    word : str
        One word; capitals, digits and apostrophes may occur. A number counts as one.

    Returns
    -------
    int
        1 or more.

    Examples
    --------
    >>> [count_syllables(word) for word in ("mat", "platypus", "hired", "created", "policies", "realise")]
    [1, 3, 1, 3, 3, 3]
    """
    letters = re.sub(r"[^a-z]", "", word.lower().removesuffix("'s"))
    if not letters:
        return 1
    if letters in _KNOWN:
        return _KNOWN[letters]
    if _SPOKEN_NOT.fullmatch(letters):
        return 2
    stem = letters.replace("ically", "icly")
    count = 0
    if stem.endswith(("sm", "thm")) and len(stem) > 3:
        count += 1  # rhythm, criticism
    if re.search(r"[^aeiouytd]ed$|[aeiouy][^aeiouytd]+ed$", stem) and not re.search(r"[td]ed$|[bcdfgkptz]led$", stem):
        stem = stem[:-2] + ("" if re.search(r"[aeiouy]", stem[:-2]) else "e")
    elif re.search(r"[^aeiouy]es$", stem) and not re.search(r"(?:[cgsxz]|[cs]h|[bcdfgkptz]l)es$", stem):
        stem = stem[:-2]
    elif re.search(r"[^aeiouy]e$", stem) and not re.search(r"[^aeiouylr]le$", stem):
        stem = stem[:-1]
    stem = re.sub(r"(?<=[^aeiouy])e(?=(?:ly|ment|ments|less|ness|ful|fully|where|times?|thing)$)", "", stem)
    count += len(_VOWELS.findall(stem)) + len(_APART.findall(letters))
    return max(1, count)


_KNOWN = {
    "business": 2, "businesses": 3, "people": 2, "every": 2, "everyone": 3, "everything": 3, "area": 3, "areas": 3,
    "employee": 3, "employees": 3, "employer": 3, "fire": 1, "hour": 1, "hours": 1, "our": 1, "idea": 3, "ideas": 3,
    "something": 2, "sometimes": 2, "someone": 2, "somewhere": 2, "being": 2, "seeing": 2, "doing": 2, "going": 2,
    "quiet": 2, "client": 2, "clients": 2, "science": 2, "period": 3, "material": 4, "serious": 3, "previous": 3,
    "various": 3, "obvious": 3, "trial": 2, "social": 2, "special": 2, "initial": 3, "official": 3, "financial": 3,
    "eligible": 4, "evening": 2, "interest": 2, "different": 2, "actual": 3, "usual": 3, "usually": 4, "annual": 3,
    "insurance": 3, "create": 2, "created": 3, "creates": 2, "reality": 4, "really": 2, "real": 1, "realise": 3,
    "realize": 3, "via": 2, "diary": 3, "giant": 2, "variety": 4, "society": 4, "anxiety": 4, "science's": 2,
    "experience": 4, "experiences": 5, "medium": 3, "radio": 3, "ratio": 3, "video": 3, "junior": 2, "senior": 2,
    "behaviour": 3, "behavior": 3, "million": 2, "opinion": 3, "union": 2, "reviewed": 2, "poem": 2, "cooperate": 4,
    "cooperation": 5, "moreover": 3, "therefore": 2, "maybe": 2, "careful": 2, "carefully": 3, "forever": 3,
    "useful": 2, "hopeful": 2, "safety": 2, "ninety": 2, "lovely": 2, "rely": 2, "likely": 2, "immediately": 5,
    "one": 1, "once": 1, "done": 1, "the": 1, "be": 1, "me": 1, "we": 1, "he": 1, "she": 1, "w": 3, "hr": 2,
    "australian": 3, "familiar": 3, "appreciate": 4, "appreciated": 5, "associate": 4, "associated": 5, "anyone": 3,
    "somebody": 3, "somehow": 2, "somewhat": 2, "elsewhere": 2, "tired": 2, "entire": 3, "entirely": 4, "easier": 3,
    "guideline": 2, "guidelines": 2, "timeline": 2, "player": 2, "beyond": 2, "reaction": 3, "suicide": 3,
    "audience": 3,
    "recipient": 4, "recipients": 4, "opinions": 3, "ok": 2, "pursuant": 3, "likewise": 2, "unique": 2, "technique": 2,
    "league": 1, "layout": 2, "association": 5, "awesome": 2, "annually": 4, "etc": 4, "uk": 2, "reptilian": 3,
}  # fmt: skip


def readability(text: str | Text) -> Readability:
    """Count what makes a text easy or hard to read.

    The school grade is 0.39 words a sentence + 11.8 syllables a word − 15.59 [1]_.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    Readability

    Raises
    ------
    ReplyError
        If it holds no words.

    References
    ----------
    .. [1] Kincaid, J. P., Fishburne, R. P., Rogers, R. L., Chissom, B. S. (1975). Derivation of New Readability
       Formulas for Navy Enlisted Personnel. Research Branch Report 8-75, Naval Technical Training Command.

    Examples
    --------
    >>> found = readability("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.")
    >>> found.words, found.sentences, found.grade
    (13, 1, nan)
    """
    read = text if isinstance(text, Text) else Text(text)
    links = [each.span() for each in _LINK.finditer(read.folded)] if "." in read.folded else []
    words = [word for word in read.words if not any(start <= word.start < end for start, end in links)]
    if not words:
        raise ReplyError("The text holds no words.", "Give a text of at least one word.")
    lengths = [0] * len(read.sentences)
    for word in words:
        lengths[read.sentence_at(word.start)] += 1
    spoken = [(length, sentence) for length, sentence in zip(lengths, read.sentences, strict=True) if length]
    syllables = sum(count_syllables(word.key) for word in words)
    mean = len(words) / len(spoken)
    grade = 0.39 * mean + 11.8 * syllables / len(words) - 15.59 if len(words) >= FEWEST_WORDS else math.nan
    return Readability(
        len(words),
        len(spoken),
        syllables,
        grade,
        mean,
        tuple(_trimmed(read, *sentence) for length, sentence in spoken if length > LONG_SENTENCE_WORDS),
        _find_jargon(read),
    )


def _trimmed(text: Text, start: int, end: int) -> tuple[int, int]:
    piece = text.folded[start:end]
    return text.span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))


def _find_jargon(text: Text) -> tuple[JargonWord, ...]:
    book, instead, explains = _jargon()
    explanations: list[int] | None = None
    seen: set[int] = set()
    found = []
    for owner, begin, end in sorted(book.find(text), key=lambda each: each[1]):
        if owner in seen:
            continue
        seen.add(owner)
        if explanations is None:
            explanations = [start for _, start, _ in explains.find(text)]
        after = text.folded[end : end + 3].lstrip()
        explained = (
            after.startswith(("(", ":", "—", "–"))
            or text.folded[max(0, begin - 2) : begin].endswith("(")
            or any(0 < start - end < 12 for start in explanations)
        )
        start, stop = text.span(begin, end)
        found.append(JargonWord(text.raw[start:stop], start, stop, instead[owner], explained))
    return tuple(found)
