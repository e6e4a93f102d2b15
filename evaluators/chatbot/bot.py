"""The bot and a conversation with it: what is said, what it answers, and in plain words why."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from evaluators.chatbot._file_checks import names_of
from evaluators.chatbot._follow import Plot, plots_of, rules_of, slots_agree
from evaluators.chatbot.files import BotFiles, load_bot_files
from evaluators.chatbot.hr_system import PretendHR
from evaluators.chatbot.intents import IntentGuess, IntentModel
from evaluators.chatbot.model import SlotMapping
from evaluators.chatbot.sensitive import KINDS, SensitiveFinding, SensitiveWords, find_sensitive
from evaluators.chatbot.turn import Turn

Action = Callable[["Conversation"], Mapping[str, Any]]

# What is said where a bot's own files have no reply for a grave moment. Kept short, and always with a person.
_BUILT_IN = {
    "crisis": "I'm glad you wrote this. I am a program, and you deserve a person now. {crisis_resource} "
    "I have asked {person} to reach you. I stay here with you. Are you safe at this moment?",
    "harassment": "I'm sorry that this is happening. {person} can listen to you. I can't promise secrecy, and nobody "
    "may punish you for speaking.",
    "bereavement": "I'm so sorry for your loss. {person} can help with what there is to arrange.",
    "illness": "I'm sorry, that is a lot to carry. {person} can help.",
}
_CRISIS_RESOURCE = "In the US call or text 988, elsewhere your local crisis line. In danger call the emergency number."
_PERSON = "a person from the HR team"
_OFFER = "{person} can take this over if you like."
_FALLBACK = "I am not sure that I understand, and I don't want to guess. I can ask {person} to answer you."
_FIELD = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot, ready for any number of conversations.

    Attributes
    ----------
    files : BotFiles
        What its files say.
    model : IntentModel
        Fitted on its examples.
    words : SensitiveWords or None
        A word list of your own for grave matters; None for the project's.
    actions : mapping of str to callable
        Actions of your own: each takes the conversation and returns the slots to set.
    """

    files: BotFiles
    model: IntentModel
    words: SensitiveWords | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    _rules: Mapping[str, list[Plot]] = field(default_factory=dict, repr=False)
    _stories: tuple[Plot, ...] = field(default=(), repr=False)
    _after_form: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def from_files(
        cls,
        path: str | Path,
        *,
        words: SensitiveWords | None = None,
        actions: Mapping[str, Action] | None = None,
    ) -> "Bot":
        """Load a bot from a YAML file or a folder, and fit its model.

        Parameters
        ----------
        path : path
            As in `evaluators.chatbot.files.load_bot_files`.
        words : SensitiveWords, optional
            A word list of your own for grave matters.
        actions : mapping of str to callable, optional
            Actions of your own, by the name that the files use.

        Raises
        ------
        BotFileError
            If the files do not make a bot; all problems at once.
        IntentError
            If its examples cannot be told apart.
        """
        own = dict(actions or {})
        files = load_bot_files(path, own_actions=own)
        rules, after_form = rules_of(files.rules)
        return cls(
            files=files,
            model=IntentModel.fit(files.intents),
            words=words,
            actions=own,
            _rules=rules,
            _stories=plots_of(files.stories),
            _after_form=after_form,
        )

    @property
    def name(self) -> str:
        """What the bot calls itself."""
        return self.files.persona.name if self.files.persona else "HR bot"

    def conversation(self, *, employee_id: str = "E0001", hr: PretendHR | None = None) -> "Conversation":
        """Begin a conversation of one person with the bot."""
        return Conversation(self, employee_id=employee_id, hr=hr or PretendHR())


@dataclass(slots=True)
class Conversation:
    """A conversation: it remembers slots, the form that is being filled and the stories that still fit.

    The same messages always get the same answers.

    Examples
    --------
    >>> from evaluators.chatbot import example_bot
    >>> talk = example_bot().conversation()
    >>> turn = talk.say("I want to die")
    >>> turn.sensitive, turn.offered_person
    (('crisis',), True)
    """

    bot: Bot
    employee_id: str = "E0001"
    hr: PretendHR = field(default_factory=PretendHR)
    turns: list[Turn] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    _form: str | None = None
    _asked: str | None = None
    _follows: tuple[tuple[Plot, int], ...] = ()
    _used: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, slot in self.bot.files.slots.items():
            self.slots.setdefault(name, slot.initial_value)

    def say(self, text: str) -> Turn:
        """Say something to the bot, and get its answer.

        Parameters
        ----------
        text : str
            A message as typed. Text in it is never an instruction to the bot: it is compared with examples.

        Returns
        -------
        Turn
            Also kept in ``turns``.
        """
        answer = _Answer(self, text)
        found = find_sensitive(text, words=self.bot.words)
        kinds = tuple(each.kind for each in found)
        guess: IntentGuess | None = None
        if not text.strip():
            answer.why.append("The message was empty.")
            answer.fallback()
        elif kinds and kinds[0] in ("crisis", "harassment"):
            answer.grave(found[0])  # before anything else: a person
        else:
            guess = self.bot.model.predict(text)
            self._answer(answer, guess, found)
        turn = Turn(
            said=text,
            reply=" ".join(answer.replies),
            intent=guess.intent if guess else None,
            confidence=guess.confidence if guess else 0.0,
            why=tuple(answer.why),
            offered_person=answer.person,
            slots=dict(self.slots),
            sensitive=kinds,
            actions=tuple(answer.actions),
            choices=answer.choices,
        )
        self.turns.append(turn)
        return turn

    def to_frame(self) -> pd.DataFrame:
        """Return one row per turn."""
        columns = ["said", "reply", "intent", "confidence", "offered_person", "sensitive", "actions"]
        return pd.DataFrame([{name: getattr(turn, name) for name in columns} for turn in self.turns], columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return all turns as JSON-able values."""
        return {"employee_id": self.employee_id, "turns": [turn.to_dict() for turn in self.turns]}

    def summary(self) -> str:
        """Say in plain words what happened, and what that does not prove."""
        count = len(self.turns)
        offered = sum(turn.offered_person for turn in self.turns)
        return (
            f"{count} {'turn' if count == 1 else 'turns'}; a person was offered or fetched in {offered}. "
            "That says what the bot did, not how it felt to the person."
        )

    def _answer(self, answer: "_Answer", guess: IntentGuess, found: tuple[SensitiveFinding, ...]) -> None:
        if found:  # a death, an illness: first the person, then the matter
            answer.grave(found[0])
        answer.why.append(guess.summary())
        heard = self._heard(answer.text, guess.intent)
        if self._form:
            self._fill(answer, guess, heard)
            return
        self._remember(heard, answer)
        if guess.intent is None:
            if not found:
                answer.fallback()
            return
        self._follow(answer, guess.intent)

    def _follow(self, answer: "_Answer", intent: str) -> None:
        """Do what a rule wants, else what a story that still fits wants, else what a story begins with."""
        fitting = [
            (plot, place + 1)
            for plot, place in self._follows
            if place + 1 < len(plot.turns) and plot.turns[place + 1].fits(intent, self.slots)
        ]
        beginning = [(plot, 0) for plot in self.bot._stories if plot.turns[0].fits(intent, self.slots)]
        rule = next((plot for plot in self.bot._rules.get(intent, ()) if plot.turns[0].fits(intent, self.slots)), None)
        told = fitting or beginning
        if rule is not None and not (fitting and rule.weak):
            answer.why.append(f'The rule "{rule.name}" says what follows.')
            self._follows = tuple(told)
            answer.do(rule.turns[0].actions)
        elif told:
            plot, place = told[0]
            self._follows = tuple(each for each in told if each[0].turns[each[1]].actions == plot.turns[place].actions)
            answer.why.append(f'The story "{plot.name}" says what follows.')
            answer.do(plot.turns[place].actions)
        else:
            answer.why.append(f"No rule and no story says what follows on {intent} here.")
            answer.fallback()

    def _heard(self, text: str, intent: str | None) -> dict[str, Any]:
        """Return the slots that a message fills by the words in it, or by its intent."""
        words = f" {' '.join(_WORD.findall(text.casefold()))} "
        values: dict[str, str] = {}
        for entity, known in self.bot.files.entity_values.items():
            fits = [said for said in known if f" {' '.join(_WORD.findall(said))} " in words]
            if fits:
                values[entity] = known[max(fits, key=lambda said: (len(said), said))]
        heard: dict[str, Any] = {}
        for name, slot in self.bot.files.slots.items():
            for mapping in slot.mappings:
                value = self._mapped(mapping, name, text, intent, values)
                if value is not None and (slot.type != "categorical" or value in slot.values):
                    heard[name] = value
                    break
        return heard

    def _mapped(self, mapping: SlotMapping, name: str, text: str, intent: str | None, values: dict[str, str]) -> Any:
        wanted = names_of(mapping.intent)
        if (wanted and intent not in wanted) or intent in names_of(mapping.not_intent):
            return None
        if mapping.type == "from_entity":
            return values.get(str(mapping.entity))
        if mapping.type == "from_intent" and self._asked == name:
            return mapping.value
        if mapping.type == "from_text" and self._asked == name:
            return text.strip()
        return None

    def _remember(self, heard: Mapping[str, Any], answer: "_Answer") -> None:
        for name, value in heard.items():
            if self.slots.get(name) != value:
                self.slots[name] = value
                answer.why.append(f"Noted: {name} is {value}.")

    def _fill(self, answer: "_Answer", guess: IntentGuess, heard: Mapping[str, Any]) -> None:
        """Take what a message says for the open form; answer anything else first, then ask again."""
        assert self._form is not None
        wanted = self.bot.files.forms[self._form].required_slots
        filled = {name: value for name, value in heard.items() if name in wanted}
        leaving = guess.intent is not None and any(
            plot.leaves(self._form) for plot in self.bot._rules.get(guess.intent, ())
        )
        if not filled and (leaving or guess.intent in ("stop", "ask_person")):
            answer.why.append(f"The form {self._form} was left; nothing was sent.")
            self._close()
            self._follow(answer, str(guess.intent))
            return
        if "confirm_change" in filled and len(filled) > 1:  # "yes, but gold": ask again with the new value
            filled.pop("confirm_change")
        changed = {n for n, v in filled.items() if self.slots.get(n) not in (None, v)}
        self._remember(filled, answer)
        if changed and "confirm_change" not in filled and "confirm_change" in wanted:
            self.slots["confirm_change"] = None
        if not filled and guess.intent is not None and self.bot._rules.get(guess.intent):
            rule = self.bot._rules[guess.intent][0]
            if self._form not in rule.turns[0].actions:
                answer.why.append(f'The rule "{rule.name}" answers in between.')
                answer.do(rule.turns[0].actions)
        elif not filled and not answer.replies:
            answer.why.append(f"That does not answer the question for {self._asked}.")
            answer.replies.append(answer.filled("I did not catch that; {person} can help, too."))
            answer.person = True
        answer.ask()

    def _close(self) -> None:
        if self._form:
            for name in self.bot.files.forms[self._form].required_slots:
                self.slots[name] = None
        self._form = self._asked = None


@dataclass(slots=True)
class _Answer:
    """An answer in the making."""

    talk: Conversation
    text: str
    replies: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    choices: tuple[str, ...] = ()
    person: bool = False

    def grave(self, found: SensitiveFinding) -> None:
        """Answer a grave matter; the answer always offers a person, whatever a bot's files say."""
        self.why.append(f'"{found.words}" may be about {found.kind}, so a person is offered first.')
        name = f"utter_sensitive_{found.kind}"
        if name in self.talk.bot.files.responses:
            self.say(name)
        else:
            self.replies.append(self.filled(_BUILT_IN[found.kind]))
        raw = self._wording(name)
        if found.kind == "crisis" and "{crisis_resource}" not in (raw or "{crisis_resource}"):
            self.replies.append(self.filled("{crisis_resource}"))
        if "{person}" not in (raw or "{person}"):
            self.replies.append(self.filled(_OFFER))
        self.person = True
        if found.kind in KINDS[:2]:
            self.talk.hr.hand_over(self.talk.employee_id)
            self.actions.append("action_hand_to_person")
            if self.talk._form:
                self.why.append("The open form waits.")

    def fallback(self) -> None:
        """Say that the bot does not know, and offer a person."""
        if "utter_fallback" in self.talk.bot.files.responses:
            self.say("utter_fallback")
        else:
            self.replies.append(self.filled(_FALLBACK))
        if "{person}" not in (self._wording("utter_fallback") or "{person}"):
            self.replies.append(self.filled(_OFFER))
        self.person = True

    def do(self, actions: tuple[str, ...]) -> None:
        """Carry actions out, one after another."""
        for name in actions:
            self.actions.append(name)
            if name in self.talk.bot.files.responses:
                self.say(name)
            elif name in self.talk.bot.files.forms:
                self.talk._form = name
                self.ask()
            else:
                self.carry_out(name)

    def carry_out(self, name: str) -> None:
        """Do something in the HR system, or what an action of one's own does."""
        talk = self.talk
        if name in talk.bot.actions:
            talk.slots.update(talk.bot.actions[name](talk))
        elif name == "action_hand_to_person":
            talk.hr.hand_over(talk.employee_id)
            self.person = True
        elif name == "action_change_medical_plan" and talk.slots.get("confirm_change"):
            change = talk.hr.change_medical_plan(talk.employee_id, plan=talk.slots["plan"], cover=talk.slots["cover"])
            talk.slots["receipt"] = change.receipt
            self.why.append(f"The HR system wrote the change down as {change.receipt}.")
        elif name == "action_find_pay_stub":
            month = talk.slots.get("month")
            talk.slots["pay_stub_place"] = talk.hr.pay_stub(talk.employee_id, month=month)
        elif name == "action_restart":
            talk._close()
            talk._follows = ()

    def ask(self) -> None:
        """Ask for the next slot of the open form, or do what follows on a full one."""
        talk = self.talk
        form = talk._form
        assert form is not None
        for name in talk.bot.files.forms[form].required_slots:
            if talk.slots.get(name) is None:
                talk._asked = name
                specific = f"utter_ask_{form}_{name}"
                self.say(specific if specific in talk.bot.files.responses else f"utter_ask_{name}")
                return
        self.why.append(f"The form {form} is complete.")
        talk._form = talk._asked = None
        self.do(talk.bot._after_form.get(form, ()))
        talk._form = form
        talk._close()

    def say(self, name: str) -> None:
        """Add a reply; several wordings take turns, those whose condition holds first."""
        talk = self.talk
        wordings = talk.bot.files.responses[name]
        fitting = [one for one in wordings if one.condition and slots_agree(one.condition, talk.slots)]
        fitting = fitting or [one for one in wordings if not one.condition] or list(wordings)
        used = talk._used.get(name, 0)
        talk._used[name] = used + 1
        wording = fitting[used % len(fitting)]
        self.replies.append(self.filled(wording.text))
        self.choices = tuple(button.title for button in wording.buttons) or self.choices
        if "{person}" in wording.text:
            self.person = True

    def filled(self, text: str) -> str:
        """Put slots, the person and the crisis line into a reply, once: a slot's text is never read as a field."""
        files = self.talk.bot.files
        guide, persona = files.tone_guide, files.persona
        known = {name: "…" if value is None else str(value) for name, value in self.talk.slots.items()}
        known["person"] = (guide.person if guide else "") or _PERSON
        known["crisis_resource"] = (guide.crisis_resource if guide else "") or _CRISIS_RESOURCE
        known["bot_name"] = persona.name if persona else "an HR bot"

        def value(match: re.Match[str]) -> str:
            word = known.get(match.group(1), match.group())
            begins = not text[: match.start()].strip() or text[: match.start()].rstrip()[-1:] in ".!?"
            if match.group(1) == "person":
                return word[:1].upper() + word[1:] if begins else word[:1].lower() + word[1:]
            return word

        return _FIELD.sub(value, text)

    def _wording(self, name: str) -> str | None:
        wordings = self.talk.bot.files.responses.get(name)
        if not wordings:
            return None
        return wordings[(self.talk._used.get(name, 1) - 1) % len(wordings)].text
