"""What an answer earns: a share from 0 to 1 and the reason, for any value whatever."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Literal, TypeAlias, cast

from evaluators.answers.items import (
    Item,
    clean_value,
    is_blank,
    number_readings,
    problem_with,
)
from evaluators.errors import LabError

Verdict = Literal["right", "partly", "wrong", "unanswered"]
Key: TypeAlias = str | float | Collection[str]
Partial: TypeAlias = Mapping[str, float] | Mapping[float, float] | Mapping[tuple[str, ...], float]


class AnswerKeyError(LabError, ValueError):
    """The key of a question does not fit the question."""


@dataclass(frozen=True)
class Credit:
    """What one answer earns.

    Attributes
    ----------
    share : float
        Part of the points earned, 0 to 1.
    verdict : {"right", "partly", "wrong", "unanswered"}
        The share in a word.
    reason : str
        One sentence for the learner; it does not give the key away.
    """

    share: float
    verdict: Verdict
    reason: str


def credit(
    item: Item,
    value: object,
    *,
    key: Key,
    tolerance: float = 0.0,
    partial: Partial | None = None,
) -> Credit:
    """Compare an answer with the key.

    - choice: everything for the key (or any of several keys), else what `partial` grants that option.
    - choices: (right ticks - wrong ticks) / number of right options, not below 0. Ticking every box earns
      nothing, unless every option is right.
    - number: everything within `tolerance` of the key, else what `partial` grants a typical wrong value. There
      the tolerance is as large as at the key in relation to the value (see `matches_mistake`). A comma that
      reads in two ways counts in the learner's favour.
    - ranking: what `partial` grants this very order, else Kendall's tau, not below 0: (pairs in the key's order
      - pairs against it) / all pairs, so that a random order earns little and a reversed one nothing.

    Parameters
    ----------
    item : Item
        The question; a paragraph is for a person to score.
    value : object
        Any value, as found in an answer sheet; garbage earns 0.
    key : str, float or collection of str
        Right option, accepted options, right ticks, right number, or the options in the right order.
    tolerance : float, optional
        Largest absolute distance of a number from the key, in the question's unit.
    partial : mapping, optional
        Wrong option, wrong number or wrong order (a tuple of options) -> share it earns.

    Returns
    -------
    Credit
        Share, verdict and reason.

    Raises
    ------
    AnswerKeyError
        If the key does not fit the question: the author's mistake, never the learner's.

    Examples
    --------
    >>> item = Item("rate", "number", "Impact ratio?", minimum=0)
    >>> credit(item, "0,67", key=0.667, tolerance=0.005).verdict
    'right'
    >>> credit(item, 1.5, key=0.667, tolerance=0.005, partial={1.5: 0.5}).share
    0.5
    """
    _check_key(item, key, tolerance=tolerance, partial=partial or {})
    if is_blank(value):
        return Credit(0.0, "unanswered", "You did not answer this question.")
    share = _share(item, value, key, tolerance, partial or {})
    if share is None:
        return Credit(0.0, "wrong", problem_with(item, value) or "The saved answer cannot be read.")
    if share >= 1:
        return Credit(1.0, "right", "Your answer is right.")
    if share > 0:
        return Credit(share, "partly", "Your answer is partly right.")
    return Credit(0.0, "wrong", "Your answer is not right.")


def credit_parts(item: Item, value: object, parts: Mapping[str, float], *, most: float = 1.0) -> Credit:
    """Add up what a written text does of what was asked of it, part by part.

    Parameters
    ----------
    item : Item
        A paragraph. Texts under its fewest words earn nothing; whether a long one loses is a part of its own.
    value : object
        Any value, as found in an answer sheet; garbage earns 0.
    parts : mapping of str to float
        What was asked, in words -> how far the text does it, 0 to 1. All weigh the same.
    most : float, optional
        The largest share that this text can earn, 0 to 1: less than 1 for a text that plays to the count.

    Returns
    -------
    Credit
        Share (2 decimals), verdict and reason.

    Raises
    ------
    AnswerKeyError
        If the question is no paragraph, there are no parts, or a share lies outside 0 to 1.

    Examples
    --------
    >>> reply = Item("reply", "paragraph", "What do you answer?", words=(3, 40))
    >>> credit_parts(reply, "I am so sorry.", {"is kind": 1, "says who does what": 0.5})
    Credit(share=0.75, verdict='partly', reason='Your text does 1 of 2 things that were asked, and 1 in part.')
    """
    if item.kind != "paragraph":
        raise AnswerKeyError(f"Question {item.id} has no text.", "Use credit for other questions.")
    if not 0 <= most <= 1:
        raise AnswerKeyError(f"Question {item.id}: a share lies outside 0 to 1.", "Correct it in the hidden test.")
    done, reason = done_of(item, parts, what="text")
    if is_blank(value):
        return Credit(0.0, "unanswered", "You did not answer this question.")
    problem = problem_with(item, value)
    if not isinstance(value, str) or (item.words and len(value.split()) < item.words[0]):
        return Credit(0.0, "wrong", problem or "The saved answer cannot be read.")
    share = min(round(most, 2), done)
    return Credit(share, "right" if share >= 1 else "partly" if share > 0 else "wrong", reason)


def done_of(item: Item, parts: Mapping[str, float], *, what: str) -> tuple[float, str]:
    """Return how far the parts of a question are done (0-1, 2 decimals), and that in a sentence.

    Parameters
    ----------
    item : Item
        The question.
    parts : mapping of str to float
        What was asked -> how far it is done, 0 to 1. All weigh the same.
    what : str
        What does it: ``"text"`` or ``"code"``.

    Raises
    ------
    AnswerKeyError
        If there are no parts, or a share lies outside 0 to 1.

    Examples
    --------
    >>> done_of(Item("f", "code", "Write f."), {"adds": 1, "multiplies": 0}, what="code")
    (0.5, 'Your code does 1 of 2 things that were asked.')
    """
    if not parts:
        raise AnswerKeyError(f"Question {item.id} has no parts.", "Name what was asked.")
    if not all(0 <= share <= 1 for share in parts.values()):
        raise AnswerKeyError(f"Question {item.id}: a share lies outside 0 to 1.", "Correct it in the hidden test.")
    share = round(math.fsum(parts.values()) / len(parts), 2)
    done = sum(part >= 1 for part in parts.values())
    some = sum(0 < part < 1 for part in parts.values())
    reason = f"Your {what} does {done} of {len(parts)} things that were asked"
    return share, reason + (f", and {some} in part." if some else ".")


def matches_number(item: Item, value: object, target: float, tolerance: float) -> bool:
    """Return whether some reading of a typed number lies within the tolerance of a target."""
    slack = tolerance + 1e-9 * max(1.0, abs(target))  # 0.1 + 0.2 is 0.3 to a recruiter
    return any(abs(number - target) <= slack for number in number_readings(item, value))


def matches_mistake(item: Item, value: object, mistake: float, *, key: float, tolerance: float) -> bool:
    """Return whether a typed number is a typical wrong one, rounded about as well as the key asks for.

    The tolerance grows and shrinks with the number: with a key of 0.67 and a tolerance of 0.006, the same rate
    in percent, 67, may be off by 0.6. A key of 0 leaves the tolerance as it is.

    Parameters
    ----------
    item : Item
        The question.
    value : object
        What was typed.
    mistake : float
        The typical wrong number.
    key : float
        The right number.
    tolerance : float
        Largest distance from the key, in the question's unit.

    Returns
    -------
    bool
        True if some reading of the answer is that number.

    Examples
    --------
    >>> ratio = Item("ratio", "number", "Impact ratio?", minimum=0)
    >>> matches_mistake(ratio, "67", 66.81, key=0.6681, tolerance=0.006)
    True
    >>> matches_mistake(ratio, "70", 66.81, key=0.6681, tolerance=0.006)
    False
    """
    return matches_number(item, value, mistake, tolerance * abs(mistake / key) if key else tolerance)


def _share(item: Item, value: object, key: Key, tolerance: float, partial: Partial) -> float | None:
    """Return the share that a value earns, or None if it is no answer."""
    if item.kind == "number":
        return _number_share(item, value, cast("float", key), tolerance, cast("Mapping[float, float]", partial))
    answer = clean_value(item, value)
    if answer is None:
        return None
    if item.kind == "choice":
        accepted = {key} if isinstance(key, str) else set(cast("Collection[str]", key))
        return 1.0 if answer in accepted else float(cast("Mapping[str, float]", partial).get(answer, 0.0))
    if item.kind == "choices":
        return _choices_share(item, set(answer), set(cast("Collection[str]", key)))
    known = cast("Mapping[tuple[str, ...], float]", partial).get(tuple(answer))
    return float(known) if known is not None else _ranking_share(answer, list(cast("Sequence[str]", key)))


def _choices_share(item: Item, ticked: set[str], wanted: set[str]) -> float:
    if ticked == set(item.options) != wanted:
        return 0.0
    return max(0.0, (len(ticked & wanted) - len(ticked - wanted)) / len(wanted))


def _ranking_share(order: list[str], key: list[str]) -> float:
    place = {option: position for position, option in enumerate(order)}
    signs = [1 if place[better] < place[worse] else -1 for better, worse in combinations(key, 2)]
    return max(0.0, sum(signs) / len(signs))


def _number_share(
    item: Item, value: object, key: float, tolerance: float, partial: Mapping[float, float]
) -> float | None:
    if not number_readings(item, value):
        return None
    if matches_number(item, value, key, tolerance):
        return 1.0
    shares = [
        share
        for mistake, share in partial.items()
        if matches_mistake(item, value, mistake, key=key, tolerance=tolerance)
    ]
    return float(max(shares, default=0.0))


def _check_key(item: Item, key: Key, *, tolerance: float, partial: Partial) -> None:
    """Raise unless the key could be an answer to the question."""
    hint = "Correct the key in the hidden test."
    if item.kind == "paragraph":
        raise AnswerKeyError(f"Question {item.id} is a paragraph.", "Let a person score it.")
    if any(not 0 <= share <= 1 for share in partial.values()):
        raise AnswerKeyError(f"Question {item.id}: a partial share lies outside 0 to 1.", hint)
    if item.kind == "number":
        if not all(_is_finite(number) for number in (key, tolerance, *partial)) or tolerance < 0:
            raise AnswerKeyError(f"Question {item.id}: key or tolerance is not a finite number.", hint)
        return
    if not isinstance(key, Collection) or (isinstance(key, str) and item.kind != "choice"):
        raise AnswerKeyError(f"Question {item.id}: the key {key!r} is not made of options.", hint)
    named = [key] if isinstance(key, str) else list(key)
    mistakes = chain.from_iterable(cast("Collection[Sequence[str]]", partial)) if item.kind == "ranking" else partial
    unknown = [option for option in chain(named, mistakes) if option not in item.options]
    if unknown:
        raise AnswerKeyError(f"Question {item.id} has no option {unknown[0]!r}.", hint)
    if len(set(named)) < len(named) or len(named) < (2 if item.kind == "ranking" else 1):
        raise AnswerKeyError(f"Question {item.id}: the key {named!r} is too short or repeats itself.", hint)


def _is_finite(number: object) -> bool:
    try:
        return not isinstance(number, bool | str) and math.isfinite(cast("float", number))
    except (TypeError, OverflowError):
        return False
