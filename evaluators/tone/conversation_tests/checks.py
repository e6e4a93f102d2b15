"""Whether an answer does what a test asks, with the words that decided it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evaluators.chatbot.sensitive_model import GATE
from evaluators.chatbot.turn import Turn
from evaluators.tone._text import Text
from evaluators.tone.conversation_tests._patterns import find_pattern
from evaluators.tone.conversation_tests.model import ANY_VALUE, Check
from evaluators.tone.gate import Gate, GateRules, check_gate


@dataclass(frozen=True, slots=True)
class Span:
    """A place in one of the answers.

    Attributes
    ----------
    step : int
        Number of the answer, from 1.
    start, end : int
        Its place in the reply, in characters; ``reply[start:end]`` are the words.
    """

    step: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one thing that was asked.

    Attributes
    ----------
    step : int
        Number of the answer it is about, from 1; 0 for the conversation as a whole.
    asked : str
        What was asked, such as ``'must say "sorry"'``; the same question always reads the same.
    outcome : str
        ``"passed"``, ``"failed"`` or ``"not told"`` (the bot does not say what it took a message for, or did).
    found : str
        What was found, in plain words.
    spans : tuple of Span
        The words that decided it.
    """

    step: int
    asked: str
    outcome: str
    found: str
    spans: tuple[Span, ...] = ()


class Answer:
    """An answer as checks look at it; what several checks need is worked out once."""

    def __init__(self, number: int, turn: Turn, situation: str, rules: GateRules | None) -> None:
        self.number, self.turn, self._rules = number, turn, rules
        self._situation = situation if situation in GATE else ""

    @cached_property
    def text(self) -> Text:
        """The reply."""
        return Text(self.turn.reply)

    @cached_property
    def asked_gate(self) -> Gate:
        """The gate where a test asks for it: also by the story's situation."""
        kinds = [self._situation] if self._situation else []
        return check_gate(self.text, said=self.turn.said, situation=kinds, rules=self._rules)

    @cached_property
    def any_gate(self) -> Gate:
        """The gate of harassment, whatever was said: it finds offers of a person, and promises of secrecy."""
        return check_gate(self.text, said="", situation=["harassment"], rules=self._rules)

    def span(self, start: int, end: int) -> Span:
        """Return a place in the reply."""
        return Span(self.number, start, end)


@dataclass(frozen=True, slots=True)
class Hit:
    """Whether a check is met by one answer, what was found, and where."""

    met: bool
    found: str
    spans: tuple[Span, ...] = ()


def meets(check: Check, answer: Answer) -> Hit:
    """Say whether one answer meets a check; ``within`` is for the caller, who knows the next answers."""
    return _MEETS[check.kind](check, answer)


def _say(check: Check, answer: Answer) -> Hit:
    text = answer.text
    words = [word.key for word in text.words]
    spans = []
    for wording in check.say or ():
        wanted = [word.key for word in Text(wording).words]
        for place in range(len(words) - len(wanted) + 1):
            if words[place : place + len(wanted)] == wanted:
                first, last = text.words[place], text.words[place + len(wanted) - 1]
                if text.sentence_at(first.start) == text.sentence_at(last.start):
                    spans.append(answer.span(*text.span(first.start, last.end)))
    spans = sorted(set(spans), key=lambda each: (each.start, each.end))
    said = ", ".join(f"'{answer.turn.reply[each.start : each.end]}'" for each in spans[:3])
    return Hit(bool(spans), f"it says {said}" if spans else "it does not say so", tuple(spans))


def _match(check: Check, answer: Answer) -> Hit:
    place = find_pattern(check.match or "", answer.turn.reply)
    if place is None:
        return Hit(False, "nothing fits the pattern")
    words = answer.turn.reply[slice(*place)]
    return Hit(True, f"'{words[:60]}' fits the pattern", (answer.span(*place),) if words else ())


def _cite(check: Check, answer: Answer) -> Hit:
    names = [each.document for each in answer.turn.citations]
    wanted = (check.cite or "").casefold().removesuffix(".md")
    met = any(not wanted or name.casefold().removesuffix(".md") == wanted for name in names)
    return Hit(met, f"it cites {', '.join(dict.fromkeys(names))}" if names else "it cites nothing")


def _intent(check: Check, answer: Answer) -> Hit:
    taken = answer.turn.intent
    return Hit(taken == check.intent, f"it took the message for {taken}" if taken else "it does not say what for")


def _action(check: Check, answer: Answer) -> Hit:
    done = answer.turn.actions
    return Hit(check.action in done, f"it did {', '.join(done)}" if done else "it does not say that it did anything")


def _offer_person(_: Check, answer: Answer) -> Hit:
    spans = _spans_of("person", answer, met=True)
    met = answer.turn.offered_person or bool(spans)
    return Hit(met, "a person is offered" if met else "no person is offered", spans)


def _ask_question(_: Check, answer: Answer) -> Hit:
    text = answer.text
    spans = []
    for start, end in text.sentences:
        place = text.folded.find("?", start, end)
        if place >= 0 and not text.quoted(place, place + 1):
            words = text.folded[start:end]
            first = start + len(words) - len(words.lstrip())
            spans.append(answer.span(*text.span(first, place + 1)))
    return Hit(bool(spans), "it asks" if spans else "it asks nothing", tuple(spans))


def _pass_gate(_: Check, answer: Answer) -> Hit:
    gate = answer.asked_gate
    if not gate.needed:
        return Hit(True, "the gate does not apply: nothing in the message speaks of danger or harassment")
    missing = [each.says for each in gate.requirements if not each.met]
    spans = tuple(answer.span(each.start, each.end) for each in gate.requirements if each.end > each.start)
    return Hit(not missing, f"what is missing: {'; '.join(missing)}" if missing else "the gate is passed", spans)


def _promise_secrecy(_: Check, answer: Answer) -> Hit:
    promised = any(each.name == "secrecy" and not each.met for each in answer.any_gate.requirements)
    spans = _spans_of("secrecy", answer, met=False)
    return Hit(promised, "it promises secrecy" if promised else "it promises no secrecy", spans)


def _spans_of(name: str, answer: Answer, *, met: bool) -> tuple[Span, ...]:
    return tuple(
        answer.span(each.start, each.end)
        for each in answer.any_gate.requirements
        if each.name == name and each.met == met and each.end > each.start
    )


_MEETS: Mapping[str, Callable[[Check, Answer], Hit]] = {
    "say": _say,
    "match": _match,
    "cite": _cite,
    "intent": _intent,
    "action": _action,
    "offer_person": _offer_person,
    "ask_question": _ask_question,
    "pass_gate": _pass_gate,
    "promise_secrecy": _promise_secrecy,
}


def check_path(
    number: int, intent: str, actions: tuple[str, ...], slots: Mapping[str, Any], turn: Turn
) -> list[CheckResult]:
    """Check what Rasa's own lines of a story say, as far as the bot tells."""
    results = []
    if intent:
        outcome = "not told" if turn.intent is None else "passed" if turn.intent == intent else "failed"
        found = f"it took the message for {turn.intent}" if turn.intent else "the bot does not tell"
        results.append(CheckResult(number, f"intent {intent}", outcome, found))
    if actions:
        rest = iter(turn.actions)
        outcome = "not told" if not turn.actions else "passed" if all(each in rest for each in actions) else "failed"
        found = f"it did {', '.join(turn.actions)}" if turn.actions else "the bot does not tell"
        results.append(CheckResult(number, f"action {', '.join(actions)}", outcome, found))
    for name, wanted in slots.items():
        value = turn.slots.get(name)
        right = value is not None if wanted == ANY_VALUE else value == wanted
        outcome = "not told" if not turn.slots else "passed" if right else "failed"
        asked = f"slot {name}" + ("" if wanted == ANY_VALUE else f" is {wanted}")
        results.append(
            CheckResult(number, asked, outcome, f"{name} is {value}" if turn.slots else "the bot does not tell")
        )
    return results
