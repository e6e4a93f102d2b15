"""Whether the parts of a bot fit together: each name that is used must be there."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluators.chatbot.files import Draft

# What `evaluators.chatbot.bot` carries out.
OWN_ACTIONS = frozenset(
    {
        *("action_change_medical_plan", "action_find_pay_stub", "action_hand_to_person"),
        *("action_plan_talk", "action_answer_from_policy"),
    }
)
RASA_ACTIONS = frozenset({"action_listen", "action_restart", "action_default_fallback", "action_session_start", "..."})
MAPPINGS = ("from_entity", "from_text", "from_intent", "from_trigger_intent", "custom")
SLOT_TYPES = ("text", "bool", "categorical", "float", "any", "list")

_FIELD = re.compile(r"\{(\w+)\}")
# Fields of replies that the persona, the tone guide and what was looked up fill.
GUIDE_FIELDS = (
    *("person", "crisis_resource", "office_hours", "bot_name", "asked_month", "latest_month"),
    *("policy_words", "policy_title", "policy_section", "policy_since"),
)


def check_together(draft: "Draft", own_actions: frozenset[str]) -> None:
    """Add to a draft's findings each name that is used and not there."""
    _check_intents(draft)
    _check_actions(draft, own_actions)
    _check_slots_and_forms(draft)
    for name, line, step in draft.steps:
        _check_step(draft, (name, line), step)
    for title, rule in draft.parts["rules"].items():
        for step in rule.condition:
            _check_step(draft, draft.where["rules", title], step)
    for title, wordings in draft.parts["responses"].items():
        for wording in wordings:
            texts = [wording.text, *(button.title for button in wording.buttons)]
            for slot in set(_FIELD.findall(" ".join(texts))) - set(GUIDE_FIELDS):
                _need_slot(draft, draft.where["responses", title], f"The response {title!r}", slot)
            for condition in wording.condition:
                _need_slot(draft, draft.where["responses", title], f"A condition of {title!r}", condition.name)


def _check_intents(draft: "Draft") -> None:
    from evaluators.chatbot.files import nearest

    for name, place in draft.declared.items():
        if not draft.intents.get(name) and name != "nlu_fallback":
            draft.add(place, f"The intent {name!r} has no examples.", "Write at least two under 'nlu'.")
    seen: dict[str, str] = {}
    for name, examples in draft.intents.items():
        place = draft.where["intent", name]
        if name not in draft.declared:
            draft.add(place, f"The intent {name!r} is not listed under 'intents'.", nearest(name, draft.declared))
        elif len(examples) == 1:
            draft.add(place, f"The intent {name!r} has one example.", "Write at least two; eight are better.")
        for example in examples:
            if seen.setdefault(example.casefold(), name) != name:
                draft.add(
                    place,
                    f"{example!r} is an example of {seen[example.casefold()]!r} and of {name!r}.",
                    "Keep it where it belongs.",
                )
    if len(draft.intents) < 2:
        where = next(iter(draft.declared.values()), ("the files", 0))
        draft.add(where, f"There are {len(draft.intents)} intents with examples.", "A bot tells at least two apart.")


def _check_actions(draft: "Draft", own_actions: frozenset[str]) -> None:
    from evaluators.chatbot.files import nearest

    known = OWN_ACTIONS | RASA_ACTIONS | own_actions
    for name, place in draft.actions.items():
        if name.startswith("utter_") and name not in draft.parts["responses"]:
            draft.add(place, f"The action {name!r} has no response.", nearest(name, draft.parts["responses"]))
        elif not name.startswith("utter_") and name not in known:
            draft.add(place, f"Nothing here carries out {name!r}.", nearest(name, known - RASA_ACTIONS))


def _check_slots_and_forms(draft: "Draft") -> None:
    from evaluators.chatbot.files import nearest

    for name, slot in draft.parts["slots"].items():
        place = draft.where["slots", name]
        if slot.type not in SLOT_TYPES:
            draft.add(place, f"The slot {name!r} has the type {slot.type!r}.", nearest(slot.type, SLOT_TYPES))
        if slot.type == "categorical" and not slot.values:
            draft.add(place, f"The slot {name!r} lists no values.", "Write them under 'values'.")
        for mapping in slot.mappings:
            if mapping.type not in MAPPINGS:
                draft.add(place, f"The slot {name!r} has a mapping {mapping.type!r}.", nearest(mapping.type, MAPPINGS))
            if mapping.type == "from_entity" and mapping.entity not in draft.entities:
                draft.add(
                    place,
                    f"The slot {name!r} is filled from an unknown entity {mapping.entity!r}.",
                    nearest(str(mapping.entity), draft.entities),
                )
            for intent in names_of(mapping.intent) + names_of(mapping.not_intent):
                _need_intent(draft, place, f"The slot {name!r}", intent)
    for title, form in draft.parts["forms"].items():
        place = draft.where["forms", title]
        for slot in form.required_slots:
            _need_slot(draft, place, f"The form {title!r}", slot)
            if not {f"utter_ask_{title}_{slot}", f"utter_ask_{slot}"} & draft.parts["responses"].keys():
                draft.add(
                    place, f"The form {title!r} has no question for {slot!r}.", f"Write a response 'utter_ask_{slot}'."
                )
            if slot in draft.parts["slots"] and not draft.parts["slots"][slot].mappings:
                draft.add(place, f"Nothing fills the slot {slot!r} of {title!r}.", "Give it 'mappings'.")


def names_of(value: Any) -> list[str]:
    """Return one name, several or none as a list."""
    return [value] if isinstance(value, str) else list(value or [])


def _check_step(draft: "Draft", place: tuple[str, int], step: Any) -> None:
    from evaluators.chatbot.files import nearest

    if step.user is not None or step.bot is not None:
        draft.add(place, "A step of a story gives whole sentences.", "Name an intent and an action.")
    for intent in [step.intent, *(each.get("intent") for each in step.or_ or [])]:
        if intent is not None:
            _need_intent(draft, place, "A step", str(intent).partition("/")[0])
    action = step.action
    if action is not None and action not in RASA_ACTIONS:
        known = draft.parts["responses"].keys() | draft.actions.keys() | draft.parts["forms"].keys()
        if action not in known:
            what = "response" if action.startswith("utter_") else "action under 'actions'"
            draft.add(place, f"A step does {action!r}, for which there is no {what}.", nearest(action, known))
    if step.active_loop is not None and step.active_loop not in draft.parts["forms"]:
        draft.add(place, f"There is no form {step.active_loop!r}.", nearest(step.active_loop, draft.parts["forms"]))
    for each in step.slot_was_set or []:
        name = next(iter(each), "") if isinstance(each, dict) else str(each)
        if name != "requested_slot":
            _need_slot(draft, place, "A step", name)


def _need_intent(draft: "Draft", place: tuple[str, int], who: str, name: str) -> None:
    from evaluators.chatbot.files import nearest

    if name not in draft.intents and name not in draft.declared and name != "nlu_fallback":
        draft.add(place, f"{who} names an unknown intent {name!r}.", nearest(name, draft.intents))


def _need_slot(draft: "Draft", place: tuple[str, int], who: str, name: str) -> None:
    from evaluators.chatbot.files import nearest

    if name not in draft.parts["slots"]:
        draft.add(place, f"{who} names an unknown slot {name!r}.", nearest(name, draft.parts["slots"]))
