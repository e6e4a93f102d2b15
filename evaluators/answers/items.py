"""Questions, and whether a value is an answer to one of them.

An answer is a JSON value whose shape depends on the kind of the question:

========== ======================================= =============================
kind       answer                                  unanswered
========== ======================================= =============================
choice     key of an option                        null
choices    list of option keys                     null or an empty list
number     what was typed, as text, or a number    null or blank text
ranking    list of every option key, best first    null (never touched)
paragraph  text                                    null or blank text
code       none: it stands in a cell of its own
========== ======================================= =============================

Values come from files that anybody may have edited, so nothing here trusts their type.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from evaluators.errors import LabError

Kind = Literal["choice", "choices", "number", "ranking", "paragraph", "code"]

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9_]*")
_PERCENT = re.compile(r"^%|(?<=[\d\s])(%|per ?cent)$", re.IGNORECASE)
# "2 more" is 2, but words that change a number are not dropped: 2 thousand, 2 and a half, 2 hours for days.
_CHANGING = "and|day|doz|few|half|hour|hrs|hun|less|mil|min|mio|month|quart|sec|third|thou|times|tsd|week|year"
_WORDS_AFTER = re.compile(rf"(?<=\d)(\s+(?!{_CHANGING})[^\W\d_]{{3,}}){{1,4}}$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…][”’\"')]*$")
_LONGEST_TEXT = 20_000  # characters; a longer "answer" is an accident or an attack


class ItemError(LabError, ValueError):
    """A question was defined in a way that nobody could answer."""


@dataclass(frozen=True)
class Item:
    """One question of a lab: everything about it but its key.

    Parameters
    ----------
    id : str
        Stable name in snake_case; the answer sheet and the gradebook know the question by it.
    kind : {"choice", "choices", "number", "ranking", "paragraph", "code"}
        How it is answered.
    prompt : str
        The question, in plain text.
    options : mapping of str to str, optional
        Key -> label, for choice, choices and ranking.
    unit : str, optional
        Shown behind a number field, and accepted in the answer.
    minimum, maximum : float, optional
        Bounds of a sensible number, both included.
    words : tuple of (int, int), optional
        Fewest and most words of a paragraph.
    competency : str, optional
        Id such as ``"B1"`` (see the curriculum).
    points : float, optional
        What a right answer earns.

    Raises
    ------
    ItemError
        If the id, the kind, the options or the bounds make no sense.
    """

    id: str
    kind: Kind
    prompt: str
    options: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    words: tuple[int, int] | None = None
    competency: str = ""
    points: float = 1.0

    def __post_init__(self) -> None:
        if not _SNAKE_CASE.fullmatch(self.id):
            raise ItemError(f"The question id {self.id!r} is not snake_case.", "Use a-z, 0-9 and _ only.")
        if self.kind not in get_args(Kind):
            raise ItemError(f"Question {self.id}: unknown kind {self.kind!r}.", f"Use one of {get_args(Kind)}.")
        if self.kind in ("choice", "choices", "ranking") and len(self.options) < 2:
            raise ItemError(f"Question {self.id} has fewer than two options.", "Give key -> label pairs.")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ItemError(f"Question {self.id}: minimum is above maximum.", "Swap them.")
        if self.words is not None and not 0 <= self.words[0] <= self.words[1]:
            raise ItemError(f"Question {self.id}: words={self.words} is no range.", "Give (fewest, most).")
        if not (math.isfinite(self.points) and self.points >= 0):
            raise ItemError(f"Question {self.id}: points={self.points}.", "Give 0 or more.")

    def to_dict(self) -> dict[str, Any]:
        """Return the question as JSON values, in the order of the fields."""
        return {
            "id": self.id,
            "kind": self.kind,
            "prompt": self.prompt,
            "options": dict(self.options),
            "unit": self.unit,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "words": list(self.words) if self.words else None,
            "competency": self.competency,
            "points": self.points,
        }

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> "Item":
        """Rebuild a question from `to_dict`; keys of a later version are ignored."""
        known = {name: spec[name] for name in cls.__dataclass_fields__ if name in spec}
        if known.get("words") is not None:
            fewest, most = known["words"]
            known["words"] = (int(fewest), int(most))
        return cls(**known)


def problem_with(item: Item, value: object) -> str | None:
    """Say what keeps a value from being an answer, never what would be right.

    Parameters
    ----------
    item : Item
        The question.
    value : object
        Any value, as found in an answer sheet.

    Returns
    -------
    str or None
        A sentence for the learner, or None if the value is an answer.

    Examples
    --------
    >>> item = Item("rate", "number", "What share was shortlisted?", unit="%", minimum=0, maximum=100)
    >>> problem_with(item, "6,45 %") is None
    True
    >>> problem_with(item, "645")
    'The number should lie between 0 and 100 %.'
    """
    if item.kind == "code":
        return None
    if is_blank(value):
        return "Not answered yet."
    if item.kind == "number":
        return _problem_with_number(item, value)
    if item.kind == "paragraph":
        return _problem_with_paragraph(item, value)
    if clean_value(item, value) is None:
        return "The saved answer does not fit the options. Please answer again."
    return None


def is_blank(value: object) -> bool:
    """Return whether a value counts as no answer at all."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def number_readings(item: Item, value: object) -> list[float]:
    """List the numbers that a value may mean: none, one, or two when a comma is ambiguous.

    A decimal comma, thousands separators, a currency sign, the question's unit and words after the number
    ("2 more") are understood. ``"1,234"`` is read both ways unless the question's bounds rule one of them out.
    Where the question has no unit, as for a ratio, a percent sign divides by 100.

    Parameters
    ----------
    item : Item
        The question; its unit and bounds help to read.
    value : object
        Typed text or a number.

    Returns
    -------
    list of float
        Finite numbers, the English reading first.

    Examples
    --------
    >>> ratio = Item("ratio", "number", "Ratio?", minimum=0, maximum=2)
    >>> number_readings(ratio, "0,64"), number_readings(ratio, "1,234"), number_readings(ratio, "many")
    ([0.64], [1.234], [])
    >>> number_readings(ratio, "67 %")
    [0.67]
    """
    hundredths = not item.unit and isinstance(value, str) and _PERCENT.search(value.strip())
    candidates = [
        number / 100 if hundredths else number
        for number in map(_to_float, _spellings(item, value))
        if number is not None
    ]
    return [number for number in candidates if _in_bounds(item, number)] or candidates[:1]


def clean_value(item: Item, value: object) -> Any:
    """Return a value that a form can show: of the right shape, or None.

    Parameters
    ----------
    item : Item
        The question.
    value : object
        Any value, as found in an answer sheet or sent by a browser.

    Returns
    -------
    str, list of str or None
        A number comes back as the text to put into its field.
    """
    if item.kind in ("number", "paragraph"):
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        # A lone surrogate (half an emoji) can be neither saved as UTF-8 nor sent to a browser.
        return _text_of(value)[:_LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
    if item.kind == "code":
        return None
    if item.kind == "choice":
        return value if isinstance(value, str) and value in item.options else None
    if not isinstance(value, list | tuple) or not all(isinstance(key, str) for key in value):
        return None
    ticked = set(value)
    if len(ticked) < len(value) or not ticked <= item.options.keys():
        return None
    if item.kind == "ranking":
        return list(value) if len(value) == len(item.options) else None
    return [key for key in item.options if key in ticked]


def answer_text(item: Item, value: object) -> str:
    """Return an answer in the words that the learner saw; empty if there is none.

    Ticked words are joined by semicolons; ticked sentences stand on lines of their own.

    Examples
    --------
    >>> fruit = Item("fruit", "choices", "Which?", {"a": "Apples", "b": "Pears"})
    >>> answer_text(fruit, ["a", "b"])
    'Apples; Pears'
    >>> claims = Item("claims", "choices", "Which hold?", {"a": "It rains.", "b": "It is cold."})
    >>> print(answer_text(claims, ["a", "b"]))
    It rains.
    It is cold.
    """
    cleaned = clean_value(item, value)
    if is_blank(cleaned):
        return ""
    match item.kind:
        case "choice":
            return item.options[cleaned]
        case "choices":
            ticked = [item.options[key] for key in cleaned]
            return ("\n" if any(map(_SENTENCE_END.search, ticked)) else "; ").join(ticked)
        case "ranking":
            return " > ".join(item.options[key] for key in cleaned)
        case "number":
            text = str(cleaned).strip()
            return text if not item.unit or text.endswith(item.unit) else f"{text} {item.unit}"
        case _:
            return str(cleaned).strip()


def _problem_with_number(item: Item, value: object) -> str | None:
    readings = number_readings(item, value)
    if not readings:
        return "This is not a number. Write it in digits, for example 12.5."
    if len(readings) > 1:
        return "The comma can be read in two ways. Write 1234 or 1.234, without a thousands separator."
    if _in_bounds(item, readings[0]):
        return None
    unit = f" {item.unit}" if item.unit else ""
    if item.minimum is not None and item.maximum is not None:
        return f"The number should lie between {item.minimum:g} and {item.maximum:g}{unit}."
    if item.minimum is not None:
        return f"The number should be {item.minimum:g}{unit} or more."
    return f"The number should be {item.maximum:g}{unit} or less."


def _problem_with_paragraph(item: Item, value: object) -> str | None:
    if not isinstance(value, str):
        return "The saved answer is not a text. Please write it again."
    if item.words is None:
        return None
    fewest, most = item.words
    count = len(value.split())
    if count < fewest:
        return f"Your text has {count} {'word' if count == 1 else 'words'}; at least {fewest} are asked for."
    if count > most:
        return f"Your text has {count} words; at most {most} are asked for."
    return None


def _in_bounds(item: Item, number: float) -> bool:
    return (item.minimum is None or number >= item.minimum) and (item.maximum is None or number <= item.maximum)


def _text_of(value: str | float) -> str:
    if isinstance(value, str):
        return value
    try:
        return f"{value:.15g}"
    except OverflowError:  # an integer of hundreds of digits
        return ""


def _spellings(item: Item, value: object) -> list[str]:
    """Rewrite what was typed in the ways Python reads numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return []
    text = _text_of(value).strip().replace("\N{MINUS SIGN}", "-")[:100]
    text = _PERCENT.sub("", text).rstrip()
    text = _WORDS_AFTER.sub("", text.removesuffix(item.unit).rstrip())
    for sign in (item.unit, "%", "€", "$", "£"):
        text = (text.removesuffix(sign).removeprefix(sign) if sign else text).strip()
    text = re.sub(r"(?<=\d)[\s'’](?=\d{3}(\D|$))", "", text)  # 12 345 and 12'345
    if "," in text and "." in text:
        decimal = max(",.", key=text.rfind)
        return [text.replace("," if decimal == "." else ".", "").replace(",", ".")]
    if re.fullmatch(r"-?[1-9]\d{0,2}([,.]\d{3}){2,}", text):
        return [text.replace(",", "").replace(".", "")]
    if re.fullmatch(r"-?[1-9]\d{0,2},\d{3}", text):
        return [text.replace(",", ""), text.replace(",", ".")]
    return [text.replace(",", ".")]


def _to_float(text: str) -> float | None:
    if "_" in text:  # Python reads 1_000; nobody else does
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
