"""The bot and a conversation with it: what is said, what it answers, and in plain words why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaluators.chatbot._answer import Answer
from evaluators.chatbot._follow import Plot, plots_of, rules_of
from evaluators.chatbot._forms import close, fill, heard_in, remember, still_waits, takes_any_text
from evaluators.chatbot._language import reads_as_other_language
from evaluators.chatbot._new_replies import reworded
from evaluators.chatbot.errors import ConversationError
from evaluators.chatbot.files import BotFiles, load_bot_files
from evaluators.chatbot.hr_system import PretendHR
from evaluators.chatbot.intents import OUT_OF_SCOPE, IntentGuess, IntentModel
from evaluators.chatbot.packed import unpacked
from evaluators.chatbot.policies import SURE, Policies, asks_amount, asks_policy, is_question
from evaluators.chatbot.sensitive import SensitiveFinding, SensitiveWords, find_sensitive
from evaluators.chatbot.sensitive_model import GATE
from evaluators.chatbot.turn import Turn

Action = Callable[["Conversation"], Mapping[str, Any]]

_KEPT = 1  # version of the form in which conversations are kept
_MOST_TURNS = 20_000
_CLEAR = 0.9
_SHORT = 5  # words; a longer "yes, but …" is no plain yes
_GOES_ON = ("affirm", "deny", "thank", "ask_bot")  # after these the matter of before is still the matter


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
    policies : Policies or None
        What it may quote; None where it has no policies.
    """

    files: BotFiles
    model: IntentModel
    words: SensitiveWords | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    policies: Policies | None = None
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
        as_of: date | None = None,
    ) -> "Bot":
        """Load a bot from a YAML file, a folder or a zip file of one, and fit its model.

        A folder called ``policies`` in the bot's folder holds what it may quote; see `Policies.load`.

        Parameters
        ----------
        path : path
            As in `evaluators.chatbot.files.load_bot_files`, or a ``.zip`` file that `unpacked` takes.
        words : SensitiveWords, optional
            A word list of your own for grave matters.
        actions : mapping of str to callable, optional
            Actions of your own, by the name that the files use.
        as_of : date, optional
            The day on which policies must be in force; by default today.

        Raises
        ------
        BotFileError
            If the files do not make a bot; all problems at once.
        IntentError
            If its examples cannot be told apart.
        PolicyError
            If a policy cannot be read.
        """
        own = dict(actions or {})
        with unpacked(path) as place:
            files = load_bot_files(place, own_actions=own)
            shelf = place / "policies"
            policies = Policies.load(shelf, as_of=as_of) if shelf.is_dir() else None
        rules, after_form = rules_of(files.rules)
        return cls(
            files=files,
            model=IntentModel.fit(files.intents),
            words=words,
            actions=own,
            policies=policies,
            _rules=rules,
            _stories=plots_of(files.stories),
            _after_form=after_form,
        )

    @property
    def name(self) -> str:
        """What the bot calls itself."""
        return self.files.persona.name if self.files.persona else "HR bot"

    def with_replies(self, replies: Mapping[str, str | Sequence[str]]) -> "Bot":
        """Return a bot that says the same things in other words; this one stays as it is.

        Parameters
        ----------
        replies : mapping of str to str or sequence of str
            Reply, such as ``"utter_bereavement"`` -> its new words. A reply with several wordings takes as many texts,
            in their order; conditions and buttons stay. ``{person}``, ``{office_hours}``, ``{crisis_resource}``,
            ``{bot_name}``, a slot, and what the old words had may stand in braces.

        Raises
        ------
        BotReplyError
            If there is no such reply, a text is empty or too long, their number does not fit, or a field is unknown.

        Examples
        --------
        >>> from evaluators.chatbot import example_bot
        >>> colder = example_bot().with_replies({"utter_thank": "Noted."})
        >>> colder.conversation().say("thank you").reply
        'Noted.'
        """
        return replace(self, files=reworded(self.files, replies))

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
    _waiting: tuple[str, ...] = ()
    _missed: int = 0
    _paused: bool = False
    _matter: str | None = None
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
        answer = Answer(self, text)
        found = find_sensitive(text, words=self.bot.words)
        if self._repeats_the_bot(text):  # a button such as "only me" is no message about danger
            found = tuple(each for each in found if each.certain)
        kinds = tuple(each.kind for each in found)
        guess: IntentGuess | None = None
        if not text.strip():
            answer.why.append("The message was empty.")
            answer.fallback()
        elif any(each.kind in GATE and each.certain for each in found):
            self._first_a_person(answer, found)
        else:
            guess = self.bot.model.predict(text)
            if self._tells_of_a_death(guess, found):  # "my husband is gone" is nothing to choose a plan by
                guess, answer.explained = replace(guess, intent=None), True
                answer.why.append("What else the words could mean begins a form, so the death alone is answered.")
            elif self._guesses_a_death(guess, found):  # "how long can I be away?" of somebody whose child is ill
                guess, answer.explained = replace(guess, intent=None), True
                answer.why.append("It is a little like a question after a death, but nobody spoke of one.")
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
            citations=tuple(answer.citations),
        )
        self.turns.append(turn)
        return turn

    def to_frame(self) -> pd.DataFrame:
        """Return one row per turn."""
        columns = ["said", "reply", "intent", "confidence", "offered_person", "sensitive", "actions"]
        return pd.DataFrame([{name: getattr(turn, name) for name in columns} for turn in self.turns], columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return all turns as JSON-able values, from which `from_dict` takes the conversation up again."""
        return {
            "kept": _KEPT,
            "bot": self.bot.name,
            "employee_id": self.employee_id,
            "hr": {"seed": self.hr.seed, "people": self.hr.people},
            "turns": [turn.to_dict() for turn in self.turns],
        }

    @classmethod
    def from_dict(cls, bot: Bot, kept: Mapping[str, Any]) -> "Conversation":
        """Take up a conversation that `to_dict` kept, by saying everything again to a fresh pretend HR system.

        Parameters
        ----------
        bot : Bot
            The bot that answered.
        kept : mapping
            What `to_dict` returned, perhaps by way of JSON.

        Raises
        ------
        ConversationError
            If `kept` is something else, or the bot answers otherwise today, since its files have changed.

        Examples
        --------
        >>> from evaluators.chatbot import example_bot
        >>> talk = example_bot().conversation()
        >>> turn = talk.say("I want to change my medical plan")
        >>> again = Conversation.from_dict(example_bot(), talk.to_dict())
        >>> again.turns == talk.turns
        True
        """
        begin_anew = "Begin a new conversation; the old one can still be read in the file."
        try:
            version, who, hr = kept["kept"], kept["employee_id"], kept["hr"]
            said = [(turn["said"], turn["reply"]) for turn in kept["turns"]]
            seed, people = hr["seed"], hr["people"]
        except (TypeError, KeyError, AttributeError) as error:
            raise ConversationError(f"This is no kept conversation: {error!r} is missing.", begin_anew) from error
        fine = version == _KEPT and isinstance(who, str) and len(said) <= _MOST_TURNS
        fine = fine and all(isinstance(each, str) for pair in said for each in pair)
        if not (fine and all(type(each) is int for each in (seed, people)) and 0 < people <= 100_000):
            raise ConversationError("This kept conversation holds values that cannot be.", begin_anew)
        talk = cls(bot, employee_id=who, hr=PretendHR(seed=seed, people=people))
        for number, (text, reply) in enumerate(said, start=1):
            if talk.say(text).reply != reply:
                raise ConversationError(
                    f"Turn {number}: the bot answers otherwise than it did when the conversation was kept.", begin_anew
                )
        return talk

    def summary(self) -> str:
        """Say in plain words what happened, and what that does not prove."""
        count = len(self.turns)
        offered = sum(turn.offered_person for turn in self.turns)
        return (
            f"{count} {'turn' if count == 1 else 'turns'}; a person was offered or fetched in {offered}. "
            "That says what the bot did, not how it felt to the person."
        )

    def _first_a_person(self, answer: Answer, found: tuple[SensitiveFinding, ...]) -> None:
        """Answer danger and harassment: a death is not passed over, and who asks how a report goes is told."""
        grave = [each for each in found if each.kind in GATE and each.certain]
        self._follows, self._matter = (), grave[0].kind
        if "grave_matter" in self.slots:
            self.slots["grave_matter"] = grave[0].kind
        for each in found:
            if each.kind == "bereavement" and each.certain:
                answer.grave(each)
        for each in grave:
            answer.grave(each)
        for each in found:
            if each.kind in GATE and not each.certain:
                answer.check_in(each)
        policies = self.bot.policies
        if grave[0].kind == "harassment" and policies is not None and is_question(answer.text):
            finding = policies.find(answer.text, topic="harassment")
            if finding.citation is not None and not finding.only_summary:
                answer.quote(finding)

    def _answer(self, answer: Answer, guess: IntentGuess, found: tuple[SensitiveFinding, ...]) -> None:
        for each in found:
            if each.kind in GATE:  # it only reads so: a place to turn to first, and the answer all the same
                answer.check_in(each)
        guessed = tuple(each.kind for each in found if each.kind not in GATE and not each.certain)
        deaths = (each for each in found if each.kind == "bereavement")
        death = next((each for each in deaths if each.certain or guess.intent == each.kind), None)
        found = tuple(each for each in found if each.kind not in GATE and each.certain)
        if found:  # a death, an illness: first the person, then the matter
            answer.grave(found[0])
        heard = heard_in(self, answer.text, guess.intent)
        if death is not None and not self._is_for_the_form(guess):
            answer.pause(death)
            heard = {} if self._paused else heard
        self._go_on(answer, guess, heard, bool(found))
        answer.soft_offer(guessed)
        if self._paused and death is not None:
            answer.waits()

    def _go_on(self, answer: Answer, guess: IntentGuess, heard: dict[str, Any], comforted: bool) -> None:
        """Answer the matter of a message: as part of a form, from a policy, or by a rule or story."""
        if self._form and takes_any_text(self, self._form) and self._asked in heard:
            answer.why.append("The bot had asked a question, so what was typed is kept as the answer to it.")
        elif not answer.explained:
            answer.why.append(guess.because())
        if not heard and guess.intent not in _GOES_ON and reads_as_other_language(answer.text):
            answer.other_language()
            return
        if self._form and still_waits(self, answer, guess, heard):
            heard = {}
        elif self._form:
            fill(self, answer, guess, heard)
            return
        remember(self, heard, answer)
        if self._from_policies(answer, guess):
            return
        if guess.intent is None or (guess.intent == OUT_OF_SCOPE and OUT_OF_SCOPE not in self.bot._rules):
            if not comforted:
                answer.fallback()
            return
        self._follow(answer, guess.intent)

    def _from_policies(self, answer: Answer, guess: IntentGuess) -> bool:
        """Answer from a policy where one is asked for, or where no intent is sure; say whether that was done."""
        policies = self.bot.policies
        known = guess.intent if guess.intent != OUT_OF_SCOPE else None
        asked = asks_policy(answer.text)
        figure = asks_amount(answer.text) and not self._quotes(known)
        if policies is not None and known is None and self._matter is not None:  # "And if I fail?"
            about = policies.find(answer.text, topic=self._matter)
            near = is_question(answer.text) or about.score >= SURE  # or "I have no money for rent"
            if about.citation is not None and not about.only_summary and near:
                answer.why.append("It may go on with the matter of before.")
                answer.quote(about)
                answer.offering("utter_policy_more", "If that is not what you asked, {person} can tell you more.")
                return True
        if policies is None or not (asked or figure or (known is None and is_question(answer.text))):
            return False
        topic = known if any(known in each.topics for each in policies.current) else None
        finding = policies.find(answer.text, topic=topic)
        if finding.citation is not None and (asked or finding.score >= SURE):
            answer.quote(finding)
            answer.offering("utter_policy_more", "If that is not what you asked, {person} can tell you more.")
            return True
        if asked and (known is None or topic is not None):
            answer.no_policy(finding)
            return True
        if known is None:
            answer.why.append(finding.reason)
        return False

    def _quotes(self, intent: str | None) -> bool:
        """Tell whether what follows on an intent quotes a policy anyway."""
        plots = [*self.bot._rules.get(str(intent), ()), *self.bot._stories]
        return any(
            intent in plot.turns[0].intents and "action_answer_from_policy" in plot.turns[0].actions for plot in plots
        )

    def _follow(self, answer: Answer, intent: str) -> None:
        """Do what a rule wants, else what a story that still fits wants, else what a story begins with."""
        if intent not in _GOES_ON:
            self._matter = None
        fitting = [
            (plot, place + 1)
            for plot, place in self._follows
            if place + 1 < len(plot.turns) and plot.turns[place + 1].fits(intent, self.slots)
        ]
        beginning = [(plot, 0) for plot in self.bot._stories if plot.turns[0].fits(intent, self.slots)]
        rule = next((plot for plot in self.bot._rules.get(intent, ()) if plot.turns[0].fits(intent, self.slots)), None)
        told = fitting or beginning
        if rule is not None and not (fitting and rule.weak):
            answer.why.append(f'The rule "{rule.name}" says what to do then.')
            self._follows = tuple(told)
            answer.do(rule.turns[0].actions)
        elif told:
            plot, place = told[0]
            self._follows = tuple(each for each in told if each[0].turns[each[1]].actions == plot.turns[place].actions)
            begun = "goes on" if fitting else "begins"
            answer.why.append(f'The story "{plot.name}" {begun} here and says what to do.')
            answer.do(plot.turns[place].actions)
        elif intent in ("affirm", "deny") and len(answer.text.split()) <= _SHORT and self.turns:
            last = self.turns[-1]
            asked = last.offered_person and "?" in last.reply and "action_hand_to_person" not in last.actions
            if intent == "affirm" and asked:
                answer.accept()
            else:
                answer.leave_it()
        else:
            answer.why.append(f'No rule and no story says what to do on "{intent.replace("_", " ")}" at this point.')
            answer.fallback()

    def _repeats_the_bot(self, text: str) -> bool:
        """Tell whether a message is a button of the last answer, or nothing but values that an open form knows."""
        said = " ".join(text.split()).casefold()
        if not (self.turns and said):
            return False
        known = {word for each in self.bot.files.entity_values.values() for value in each for word in value.split()}
        bare = self._form is not None and known.issuperset(said.replace(",", " ").split())
        return bare or said in (each.casefold() for each in self.turns[-1].choices)

    def _tells_of_a_death(self, guess: IntentGuess, found: tuple[SensitiveFinding, ...]) -> bool:
        """Tell whether the words for an intent that begins a form are the very words that tell of a death."""
        death = next((each for each in found if each.kind == "bereavement" and each.certain), None)
        begins = any(
            action in self.bot.files.forms
            for plot in self.bot._rules.get(str(guess.intent), ())
            for action in plot.turns[0].actions
        )
        spoke = [each.word for each in guess.words if each.weight > 0]
        return death is not None and begins and bool(spoke) and spoke[0] in death.words.casefold().split()

    def _guesses_a_death(self, guess: IntentGuess, found: tuple[SensitiveFinding, ...]) -> bool:
        """Tell whether a message would be answered as after a death though none was told of."""
        if guess.intent != "bereavement" or any(each.kind == "bereavement" for each in found):
            return False
        return self._matter not in (None, "bereavement") or (self._matter is None and guess.confidence < _CLEAR)

    def _is_for_the_form(self, guess: IntentGuess) -> bool:
        """Tell whether a message has an intent with which the open form begins."""
        plots = self.bot._rules.get(str(guess.intent), ())
        return any(self._form in plot.turns[0].actions for plot in plots)

    def _close(self) -> None:
        close(self)
