"""Forms: what a message fills, how an open form goes on, waits, begins anew and ends."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evaluators.chatbot._file_checks import names_of
from evaluators.chatbot.coach import talk_plan_of
from evaluators.chatbot.intents import OUT_OF_SCOPE, IntentGuess
from evaluators.chatbot.model import SlotMapping
from evaluators.chatbot.policies import is_question

if TYPE_CHECKING:
    from evaluators.chatbot._answer import Answer
    from evaluators.chatbot.bot import Conversation

_WORD = re.compile(r"[^\W_]+")
_ASIDE_WORDS = (
    6  # up to so many words, a message may be an aside ("stop", "are you a bot?") to a question for free text
)
_YES_WORDS = 8
_MOST_WAITING = 3
_GO_ON = re.compile(r"^\W*(?:(?:yes|ok|okay|please|let's|let us|we can|i want to)\W+)*(?:go on|continue|carry on)\b")
_LEAVING = ("stop", "ask_person", "start_over")
# Words that are mostly something else: they count as a value where the slot is asked for, or after one of these.
_COMMON = {
    "me": r"(?:only|just)\s+me",
    "i": r"(?:only|just)\s+i",
    "may": r"(?:for|of|in|from|and|last|until|since|about|my|the|your|actually|meant)\s+may\b(?!\s+i\b)",
    "march": r"(?:for|of|in|from|and|last|until|since|about|my|the|your|actually|sorry|no|wait|meant)\W+march\b",
}


def heard_in(talk: "Conversation", text: str, intent: str | None) -> dict[str, Any]:
    """Return the slots that a message fills by the words in it, or by its intent."""
    folded = text.casefold()
    words = f" {' '.join(_WORD.findall(folded))} "
    values: dict[str, str] = {}
    for entity, known in talk.bot.files.entity_values.items():
        asked = any(m.entity == entity for m in talk.bot.files.slots[talk._asked].mappings) if talk._asked else False
        fits = [
            said
            for said in known
            if f" {' '.join(_WORD.findall(said))} " in words
            and (asked or said not in _COMMON or words.split() == [said] or re.search(_COMMON[said], folded))
        ]
        if fits:
            values[entity] = known[max(fits, key=lambda said: (len(said), said))]
    heard: dict[str, Any] = {}
    for name, slot in talk.bot.files.slots.items():
        for mapping in slot.mappings:
            value = _mapped(talk, mapping, name, text, intent, values)
            if value is not None and (slot.type != "categorical" or value in slot.values):
                heard[name] = value
                break
    return heard


def _mapped(
    talk: "Conversation", mapping: SlotMapping, name: str, text: str, intent: str | None, values: dict[str, str]
) -> Any:
    wanted, refused = names_of(mapping.intent), names_of(mapping.not_intent)
    if mapping.type == "from_text":
        aside = intent in refused and len(text.split()) <= _ASIDE_WORDS
        return text.strip() if talk._asked == name and not aside and (not wanted or intent in wanted) else None
    if mapping.type == "from_entity" and talk._asked == name:  # asked for, a value counts whatever the intent
        return values.get(str(mapping.entity))
    if (wanted and intent not in wanted) or intent in refused:
        return None
    if mapping.type == "from_entity":
        return values.get(str(mapping.entity))
    if mapping.type == "from_intent" and talk._asked == name:
        # A yes that sets something going must be a plain one: in a long message it may be part of something else.
        return mapping.value if mapping.value is not True or len(text.split()) <= _YES_WORDS else None
    return None


def remember(talk: "Conversation", heard: Mapping[str, Any], answer: "Answer") -> None:
    """Keep what was heard, and say so."""
    for name, value in heard.items():
        before = talk.slots.get(name)
        if before != value:
            talk.slots[name] = value
            called = name.replace("_", " ")
            shown = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else f'"{value}"'
            answer.why.append(
                f'Noted for "{called}": {shown}.' if before is None else f'Corrected: "{called}" is now {shown}.'
            )


def begin(talk: "Conversation", answer: "Answer", form: str) -> None:
    """Open a form; one that is under way waits until this one is done."""
    if talk._form and talk._form != form and form not in talk._waiting and len(talk._waiting) < _MOST_WAITING:
        talk._waiting = (*talk._waiting, talk._form)
        answer.why.append(f"{_called(talk._form)} waits until this is done.")
    talk._form, talk._paused = form, False
    ask(talk, answer)


def still_waits(talk: "Conversation", answer: "Answer", guess: IntentGuess, heard: Mapping[str, Any]) -> bool:
    """Tell whether a form that was put aside for a grave matter stays so; a bare yes or no never takes it up again."""
    form = talk._form
    if form is None or not talk._paused:
        return False
    slots = talk.bot.files.slots
    wanted = [name for name in talk.bot.files.forms[form].required_slots if slots[name].type != "bool"]
    leaving = guess.intent in ("stop", "start_over")
    if leaving or any(name in heard for name in wanted) or _GO_ON.search(answer.text.casefold()):
        talk._paused = False
        for name in talk.bot.files.forms[form].required_slots:  # what sets something going is asked again
            if slots[name].type == "bool":
                talk.slots[name] = None
        return False
    return True


def fill(talk: "Conversation", answer: "Answer", guess: IntentGuess, heard: Mapping[str, Any]) -> None:
    """Take what a message says for the open form; answer anything else first, then ask again."""
    form = talk._form
    assert form is not None
    wanted = talk.bot.files.forms[form].required_slots
    filled = {name: value for name, value in heard.items() if name in wanted}
    if not filled and _GO_ON.search(answer.text.casefold()):
        answer.why.append("The words ask to go on, so the question that is open is asked again.")
        ask(talk, answer)
        return
    if not filled and _left(talk, answer, guess, form):
        return
    confirming = [name for name in wanted if talk.bot.files.slots[name].type == "bool"]
    if len(filled) > 1:  # "yes, but gold": ask again with the new value
        for name in confirming:
            filled.pop(name, None)
    news = any(talk.slots.get(name) != value for name, value in filled.items())
    changed = {name for name, value in filled.items() if talk.slots.get(name) not in (None, value)}
    remember(talk, filled, answer)
    if changed - set(confirming):
        for name in confirming:
            talk.slots[name] = None
    if filled:
        talk._missed = 0
        if not news:  # "what does gold cost?" with gold noted already
            _from_policy(talk, answer)
    elif not _aside(talk, answer, guess, form) and not answer.replies:
        _missed(talk, answer)
    if talk._form == form:
        ask(talk, answer)


def _left(talk: "Conversation", answer: "Answer", guess: IntentGuess, form: str) -> bool:
    """Leave the form, or begin it anew, where the message wants that."""
    intent = guess.intent
    if intent is None:
        return False
    leaving = any(plot.leaves(form) for plot in talk.bot._rules.get(intent, ()))
    if intent == "start_over":
        close(talk, resume=False)
        answer.why.append(f"{_called(form)} begins anew; what was noted for it is forgotten.")
        if "utter_start_over" in talk.bot.files.responses:
            answer.say("utter_start_over")
        begin(talk, answer, form)
        return True
    if leaving or intent in _LEAVING:
        talk._waiting = ()
        close(talk)
        answer.why.append(f"{_called(form)} was left; nothing was sent.")
        talk._follow(answer, intent)
        return True
    return False


def _aside(talk: "Conversation", answer: "Answer", guess: IntentGuess, form: str) -> bool:
    """Answer a question in between; say whether there was one."""
    intent = guess.intent
    if intent is None or intent == OUT_OF_SCOPE:
        return _from_policy(talk, answer)
    rules = talk.bot._rules.get(intent, [])
    stories = [plot for plot in talk.bot._stories if plot.turns[0].fits(intent, talk.slots)]
    plot = next(iter([*(each for each in rules if not each.weak), *stories]), None)
    if plot is None or form in plot.turns[0].actions:
        return False
    answer.why.append(f'"{plot.name}" answers in between.')
    answer.do(plot.turns[0].actions)
    return True


def _from_policy(talk: "Conversation", answer: "Answer") -> bool:
    if talk.bot.policies is None or not is_question(answer.text):
        return False
    finding = talk.bot.policies.find(answer.text)
    if finding.citation is not None:
        answer.quote(finding)
    return finding.citation is not None


def _missed(talk: "Conversation", answer: "Answer") -> None:
    """Say that an answer did not fit; from the second time on a person is offered with it."""
    talk._missed += 1
    answer.why.append(f'That does not answer the question for "{str(talk._asked).replace("_", " ")}".')
    name = f"utter_invalid_{talk._asked}"
    if name in talk.bot.files.responses:
        answer.say(name)
        if talk._missed > 1 and not answer.person:
            answer.reply("{person} can help, too.")
    else:
        answer.reply("I did not catch that; {person} can help, too.")


def ask(talk: "Conversation", answer: "Answer") -> None:
    """Ask for the next slot of the open form, or do what follows on a full one."""
    form = talk._form
    assert form is not None
    after = talk.bot._after_form.get(form, ())
    enough = "action_plan_talk" in after and bool(talk_plan_of(talk.slots).needs_person)
    for name in talk.bot.files.forms[form].required_slots:
        if talk.slots.get(name) is None and not enough:
            talk._asked = name
            specific = f"utter_ask_{form}_{name}"
            answer.say(specific if specific in talk.bot.files.responses else f"utter_ask_{name}")
            return
    answer.why.append(f"{_called(form)} {'ends early' if enough else 'has all that it needs'}.")
    talk._form = talk._asked = None
    answer.do(after)
    talk._form = form
    close(talk)
    if talk._form:
        answer.why.append(f"{_called(talk._form)} goes on.")
        ask(talk, answer)


def close(talk: "Conversation", *, resume: bool = True) -> None:
    """End the open form and forget what was noted for it; a form that waited is open again."""
    if talk._form:
        for name in talk.bot.files.forms[talk._form].required_slots:
            talk.slots[name] = None
    talk._form = talk._asked = None
    talk._missed, talk._paused = 0, False
    if resume and talk._waiting:
        *rest, talk._form = talk._waiting
        talk._waiting = tuple(rest)


def takes_any_text(talk: "Conversation", form: str) -> bool:
    """Tell whether a form has questions to which anything typed is an answer."""
    slots = (talk.bot.files.slots[name] for name in talk.bot.files.forms[form].required_slots)
    return any(mapping.type == "from_text" for slot in slots for mapping in slot.mappings)


def _called(form: str) -> str:
    return f'The form "{form.removesuffix("_form").replace("_", " ")}"'
