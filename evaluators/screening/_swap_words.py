"""Find and replace whole words in a text, pronouns among them."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache


def words_found(text: str, words: Sequence[str]) -> list[str]:
    """Return which of the words occur in a text as whole words, in the order of the text.

    Examples
    --------
    >>> words_found("Annette, Anne and ANNE", ["Anne", "Emily"])
    ['Anne', 'Anne']
    """
    listed = {word.casefold(): word for word in words}
    matches = ((listed.get(match[0].casefold()), match) for match in _pattern(tuple(words)).finditer(text))
    return [word for word, match in matches if word is not None and _counts(word, match)]


def replace_words(text: str, new: Mapping[str, str]) -> str:
    """Replace whole words and keep their capitals.

    Parameters
    ----------
    text : str
        Any text.
    new : mapping of str to str
        Old word or phrase -> new one.

    Returns
    -------
    str
        The text; all replacements are made at once, so that a swap of two words is possible.

    Examples
    --------
    >>> replace_words("EMILY will meet Anne at emily.b@example.org", {"Emily": "Jill", "Anne": "Emily"})
    'JILL will meet Emily at jill.b@example.org'
    """
    if not new:
        return text
    listed = {old.casefold(): old for old in new}

    def replaced(match: re.Match[str]) -> str:
        old = listed.get(match[0].casefold())
        return match[0] if old is None or not _counts(old, match) else _in_case(match[0], old, new[old])

    return _pattern(tuple(new)).sub(replaced, text)


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    # A word does not count after a letter, a hyphen or an apostrophe that follows a letter (O'Neil is not Neil).
    longest_first = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?<!\w['’])(?:{longest_first})(?![\w-])", re.IGNORECASE)


def _counts(word: str, match: re.Match[str]) -> bool:
    """Whether a match is meant: a name in small letters is one in an e-mail address only."""
    if not word[0].isupper() or not match[0].islower():
        return True
    return re.match(r"[\w.+-]*@", match.string[match.end() :]) is not None


def _in_case(found: str, old: str, new: str) -> str:
    if found == old:
        return new
    if found.isupper():
        return new.upper()
    if found.islower():
        return new.lower()
    return new[:1].upper() + new[1:] if found[0].isupper() else new


_MALE = ("he", "him", "his", "himself", "mr")
_FEMALE = ("she", "her", "hers", "herself", "ms", "mrs", "miss")
IS_MALE = dict.fromkeys(_MALE, True) | dict.fromkeys(_FEMALE, False)
_TITLES = {"mr": "ms", "ms": "mr", "mrs": "mr", "miss": "mr"}
_PLAIN = {"he": "she", "she": "he", "him": "her", "hers": "his", "himself": "herself", "herself": "himself"} | _TITLES
_PRONOUN = re.compile(rf"(?<![\w-])(?<!\w['’])(?:{'|'.join(IS_MALE)})(?![\w-])", re.IGNORECASE)
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
# After these, "her" is nobody's: "thank her for", "told her that", "hired her in".
_NOT_OWNED = re.compile(
    "a|about|after|again|all|an|and|any|as|at|because|before|but|by|every|for|from|has|had|how|if|in|into|is|it|not|of|"
    "on|once|or|out|over|she|he|so|some|that|the|then|they|this|through|to|today|until|was|we|well|what|when|where|"
    "which|while|who|why|with",
    re.IGNORECASE,
)


def pronouns_found(text: str) -> list[str]:
    """Return the pronouns and titles in a text, in small letters; `IS_MALE` says which are a man's."""
    return [match[0].casefold() for match in _PRONOUN.finditer(text) if _is_pronoun(match)]


def _is_pronoun(match: re.Match[str]) -> bool:
    word = match[0]
    if word.casefold() in _TITLES:  # "Ms Baker"; "did not miss a shift" has no title
        return word[0].isupper() and re.match(r"\.?\s+[A-Z]", match.string[match.end() :]) is not None
    return not word.isupper() or match.string.isupper()


def _other_pronoun(match: re.Match[str]) -> str:
    word = match[0].casefold()
    if not _is_pronoun(match):
        return match[0]
    following = _NEXT_WORD.match(match.string, match.end())
    owned = following is not None and not _NOT_OWNED.fullmatch(following[1])
    new = {"her": "his" if owned else "him", "his": "her" if owned else "hers"}.get(word) or _PLAIN[word]
    return _in_case(match[0], word, new)


def other_pronouns(text: str) -> str:
    """Return the text with he and she exchanged, and all that goes with them.

    Examples
    --------
    >>> other_pronouns("She sells her own; ask her.")
    'He sells his own; ask him.'
    """
    return _PRONOUN.sub(_other_pronoun, text)
