"""Whether a text is English: the lists of phrases know no other language, so the evaluator must say when it is not."""

from evaluators.tone._text import Text
from evaluators.tone._words import word_list

_FEWEST_WORDS = 4


def _share_elsewhere(letters: str) -> float:
    """Return the share of letters of another alphabet than the Latin one."""
    alphabetic = [letter for letter in letters if letter.isalpha()]
    return sum(letter > "\u024f" for letter in alphabetic) / len(alphabetic) if alphabetic else 0.0


def why_not_english(text: Text) -> str:
    """Return why a text cannot be judged as English; an empty text if it can.

    Parameters
    ----------
    text : Text
        The text as it was read.

    Returns
    -------
    str
        A sentence, or ``""``. A sentence of another language in an otherwise English text is passed over.

    Examples
    --------
    >>> why_not_english(Text("I am sorry to hear that.")), why_not_english(Text("Siento mucho su pérdida."))
    ('', 'The text is not in English.')
    """
    if not text.words:
        return "The text holds no words."
    if not text.raw.isascii() and _share_elsewhere(text.raw) > 0.3:
        return "The text is not in English."
    keys = [word.key for word in text.words]
    ours, theirs = word_list("english"), word_list("other")
    english = sum(key in ours for key in keys)
    other = sum(key in theirs for key in keys)
    if len(keys) < _FEWEST_WORDS:
        return "The text is not in English." if other > english else ""
    if other > english or (other and english < 0.2 * len(keys)) or (len(keys) >= 8 and english < 0.08 * len(keys)):
        return "The text is not in English."
    return ""
