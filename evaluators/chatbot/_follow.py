"""Rules and stories as turns: what is said, under which conditions, and what the bot then does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluators.chatbot.model import Condition, Rule, Step, Story


@dataclass(frozen=True, slots=True)
class PlotTurn:
    """One message of a story, and what follows on it."""

    intents: tuple[str, ...]
    slots: tuple[tuple[str, Any], ...]
    actions: tuple[str, ...]

    def fits(self, intent: str, slots: Mapping[str, Any]) -> bool:
        """Tell whether a message with this intent may stand here."""
        return intent in self.intents and all(_holds(slots.get(name), value) for name, value in self.slots)


@dataclass(frozen=True, slots=True)
class Plot:
    """A story or a rule; `weak` rules (affirm, deny) give way to a story under way."""

    name: str
    turns: tuple[PlotTurn, ...]
    weak: bool = False
    ends_form: bool = False

    def leaves(self, form: str) -> bool:
        """Tell whether the rule ends an open form."""
        return self.ends_form and form not in self.turns[0].actions


_ANY = object()


def _holds(found: Any, wanted: Any) -> bool:
    return found is not None if wanted is _ANY else bool(found == wanted)


def slots_agree(conditions: Sequence[Condition], slots: Mapping[str, Any]) -> bool:
    """Tell whether all conditions of a wording hold."""
    return all(slots.get(each.name) == each.value for each in conditions)


def plots_of(stories: Iterable[Story]) -> tuple[Plot, ...]:
    """Return stories as turns; one that begins with no message is left out."""
    found = (Plot(story.story, _turns(story.steps)) for story in stories)
    return tuple(plot for plot in found if plot.turns)


def rules_of(rules: Iterable[Rule]) -> tuple[dict[str, list[Plot]], dict[str, tuple[str, ...]]]:
    """Return rules by the intent they answer, and for each form what follows once it is full."""
    by_intent: dict[str, list[Plot]] = {}
    after_form: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        loops = [step.active_loop for step in rule.condition if step.active_loop]
        closing = [
            n for n, step in enumerate(rule.steps) if "active_loop" in step.model_fields_set and not step.active_loop
        ]
        turns = _turns(rule.steps)
        if loops and closing and not turns:
            rest = rule.steps[closing[0] + 1 :]
            after_form[loops[0]] = tuple(step.action for step in rest if step.action)
            continue
        conditions = tuple(pair for step in rule.condition for pair in _slot_pairs(step))
        for turn in turns[:1]:
            full = PlotTurn(turn.intents, turn.slots + conditions, turn.actions)
            for intent in turn.intents:
                plot = Plot(rule.rule, (full,), weak=intent in ("affirm", "deny"), ends_form=bool(closing))
                by_intent.setdefault(intent, []).append(plot)
    return by_intent, after_form


def _turns(steps: Sequence[Step]) -> tuple[PlotTurn, ...]:
    turns: list[PlotTurn] = []
    for step in steps:
        intents = [step.intent] if step.intent else [str(each["intent"]) for each in step.or_ or [] if "intent" in each]
        if intents:
            names = tuple(str(intent).partition("/")[0] for intent in intents)
            turns.append(PlotTurn(names, _slot_pairs(step), ()))
        elif turns:
            last = turns[-1]
            actions = (*last.actions, step.action) if step.action else last.actions
            turns[-1] = PlotTurn(last.intents, last.slots + _slot_pairs(step), actions)
    return tuple(turns)


def _slot_pairs(step: Step) -> tuple[tuple[str, Any], ...]:
    pairs: list[tuple[str, Any]] = []
    for each in step.slot_was_set or []:
        pairs += list(each.items()) if isinstance(each, dict) else [(str(each), _ANY)]
    return tuple((name, value) for name, value in pairs if name != "requested_slot")
