"""An answer in the making: what the bot says and does on one message."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluators.chatbot._follow import slots_agree
from evaluators.chatbot._forms import begin, close, takes_any_text
from evaluators.chatbot.coach import talk_plan_of
from evaluators.chatbot.errors import HRSystemError
from evaluators.chatbot.hr_system import COVER_WORDS, MONTHS
from evaluators.chatbot.policies import PolicyFinding
from evaluators.chatbot.sensitive import KINDS, SensitiveFinding
from evaluators.chatbot.turn import Citation

if TYPE_CHECKING:
    from evaluators.chatbot.bot import Conversation

# What is said where a bot's own files have no reply for a grave moment. Kept short, and always with a person.
_BUILT_IN = {
    "crisis": "I'm glad you wrote this. I am a program, and you deserve a person now. {crisis_resource} "
    "I have asked {person} to reach you. I stay here with you. Are you safe at this moment?",
    "harassment": "I'm sorry that this is happening. {person} can listen to you. I can't promise secrecy, and nobody "
    "may punish you for speaking.",
    "bereavement": "I'm so sorry for your loss. {person} can help with what there is to arrange.",
    "illness": "I'm sorry, that is a lot to carry. {person} can help.",
}
_CHECKS = {
    "crisis": "In case you are not safe: {crisis_resource} {person} can speak with you, too; I'm here.",
    "harassment": "In case somebody treats you badly: {person} can listen to you, nobody may punish you for telling, "
    "and I can't promise secrecy.",
    "bereavement": "If you have lost somebody: {person} can take over what there is to arrange.",
    "illness": "If somebody is ill, or it is all too much: {person} can help with what comes with it.",
}
_KIND_WORDS = {
    "crisis": "danger to somebody's life",
    "harassment": "harassment, abuse or discrimination",
    "bereavement": "a death",
    "illness": "a serious illness or strain",
}
_CRISIS_RESOURCE = "In the US call or text 988, elsewhere your local crisis line. In danger call the emergency number."
_PERSON = "a person from the HR team"
_HOURS = "in office hours"
_OFFER = "{person} can take this over if you like."
_WAITS = "What we had begun can wait. Tell me when you want to go on with it."
_HANDED_OVER = "I have asked {person} to get in touch with you. They are there {office_hours}."
_OK = "All right."
_OTHER_LANGUAGE = (
    "I can read English only, so I can't tell what you wrote. I can ask {person} to answer you. Shall I? "
    "If somebody is in danger: {crisis_resource}"
)
_FALLBACK = "I am not sure that I understand, and I don't want to guess. I can ask {person} to answer you."
_QUOTE = (
    "Our policy says: \u201c{policy_words}\u201d ({policy_title}, {policy_section}, in force since {policy_since}.)"
)
_SUMMARY = (
    "The policy in short: \u201c{policy_words}\u201d ({policy_title}, {policy_section}, in force since {policy_since}.)"
)
_NO_POLICY = "I found nothing in our policies that answers this, and I don't want to guess. {person} can tell you."
_DYING = re.compile(
    r"\b(?:is|are|'s|was told \w+ is)\s+(?:\w+\s+)?dying\b|\b(?:going|about) to die\b|\bhospice\b", re.I
)
_DEAD = re.compile(r"\b(?:died|dead|passed|buried|funeral|lost|death|gone|late|killed)\b", re.I)
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(slots=True)
class Answer:
    """What was said, done and noted so far."""

    talk: "Conversation"
    text: str
    replies: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    choices: tuple[str, ...] = ()
    person: bool = False
    extra: dict[str, str] = field(default_factory=dict)
    explained: bool = False  # whether `why` says already what the message was taken for

    def grave(self, found: SensitiveFinding) -> None:
        """Answer a grave matter; the answer always offers a person, whatever a bot's files say."""
        about = _KIND_WORDS.get(found.kind, found.kind)
        self.why.append(f'The words "{found.words}" may be about {about}, so a person is offered first.')
        kind = (
            "illness"
            if found.kind == "bereavement" and _DYING.search(self.text) and not _DEAD.search(self.text)
            else found.kind
        )
        name = f"utter_sensitive_{kind}"
        if name in self.talk.bot.files.responses:
            self.say(name)
        else:
            self.reply(_BUILT_IN.get(kind, _OFFER))
        raw = self._wording(name)
        if found.kind == "crisis" and "{crisis_resource}" not in (raw or "{crisis_resource}"):
            self.reply("{crisis_resource}")
        if "{person}" not in (raw or "{person}"):
            self.reply(_OFFER)
        self.person = True
        if found.kind in KINDS[:2]:
            self.talk.hr.hand_over(self.talk.employee_id)
            self.actions.append("action_hand_to_person")
            self.why.append("A person was asked to get in touch.")
            if self.talk._form and takes_any_text(self.talk, self.talk._form):
                close(self.talk)
                self.why.append(
                    "The questions under way were put away, so that nothing said now is taken for an answer."
                )
        self.pause(found)

    def pause(self, found: SensitiveFinding) -> None:
        """Let an open form wait where somebody is in danger, is harassed, or has lost somebody."""
        if self.talk._form and found.kind != "illness" and not takes_any_text(self.talk, self.talk._form):
            if not self.talk._paused:
                self.why.append("The questions under way wait, and nothing said now is taken for an answer to them.")
            self.talk._paused = True

    def soft_offer(self, kinds: Sequence[str]) -> None:
        """Offer a person where a message only reads like a death or an illness and nothing else in the answer does."""
        for kind in kinds:
            if self.person:
                return
            self.why.append(
                f"The message reads like others about {_KIND_WORDS[kind]}; that is a guess, so a person is only named."
            )
            before, self.replies = self.replies, []
            self.offering(f"utter_check_{kind}", _CHECKS[kind])
            # An open form's question stays last, so that it is plain what is asked.
            last = 1 if self.talk._form and not self.talk._paused and before else 0
            self.replies = [*before[: len(before) - last], *self.replies, *before[len(before) - last :]]

    def other_language(self) -> None:
        """Say that only English is read, and where to turn."""
        self.why.append("The message reads as another language than English, so the bot does not guess at it.")
        self.offering("utter_other_language", _OTHER_LANGUAGE)

    def waits(self) -> None:
        """Say that what was begun can wait."""
        if "utter_form_waits" in self.talk.bot.files.responses:
            self.say("utter_form_waits")
        else:
            self.reply(_WAITS)

    def accept(self) -> None:
        """Fetch the person who was offered just now."""
        self.why.append("A person was offered just before, so the yes is for that.")
        self.actions.append("action_hand_to_person")
        self.carry_out("action_hand_to_person")
        if "utter_handed_over" in self.talk.bot.files.responses:
            self.actions.append("utter_handed_over")
            self.say("utter_handed_over")
        else:
            self.reply(_HANDED_OVER)

    def leave_it(self) -> None:
        """Take a yes or no after which nothing is left to do."""
        self.why.append("Nothing was asked that this could settle, so it is only taken note of.")
        if "utter_ok" in self.talk.bot.files.responses:
            self.actions.append("utter_ok")
            self.say("utter_ok")
        else:
            self.reply(_OK)

    def check_in(self, found: SensitiveFinding) -> None:
        """Name a place to turn to where a message only reads like danger or harassment; the answer goes on."""
        about = _KIND_WORDS[found.kind]
        self.why.append(f'"{found.words}" reads like messages about {about}, so help is named before the answer.')
        name = f"utter_check_{found.kind}"
        self.offering(name, _CHECKS[found.kind])
        if found.kind == "crisis" and "{crisis_resource}" not in (self._wording(name) or "{crisis_resource}"):
            self.reply("{crisis_resource}")

    def fallback(self) -> None:
        """Say that the bot does not know, and offer a person."""
        self.why.append("So the bot says that it is not sure, and offers a person.")
        self.offering("utter_fallback", _FALLBACK)

    def no_policy(self, finding: PolicyFinding) -> None:
        """Say that no policy answers; nothing is said about a rule without a source."""
        self.why.append(f"A policy was asked for. {finding.reason} So nothing is claimed.")
        self.offering("utter_policy_unknown", _NO_POLICY)

    def quote(self, finding: PolicyFinding) -> None:
        """Quote a policy and say where it stands."""
        source = finding.citation
        assert source is not None
        year, month, day = source.valid_from.split("-")
        self.extra |= {
            "policy_words": source.words,
            "policy_title": finding.title,
            "policy_section": f'section "{source.section}"',
            "policy_since": f"{int(day)} {MONTHS[int(month) - 1]} {year}",
        }
        self.why.append(finding.reason)
        self.citations.append(source)
        shelf = self.talk.bot.policies
        topics = [each.topics for each in (shelf.current if shelf else ()) if each.document == source.document]
        self.talk._matter = next((topic for each in topics for topic in each), None)
        name, standard = ("utter_policy_summary", _SUMMARY) if finding.only_summary else ("utter_policy_answer", _QUOTE)
        if name in self.talk.bot.files.responses:
            self.say(name)
        else:
            self.reply(standard)

    def offering(self, name: str, standard: str) -> None:
        """Say a response, or our own words where there is none; either way a person is offered."""
        if name in self.talk.bot.files.responses:
            self.say(name)
        else:
            self.reply(standard)
        if "{person}" not in (self._wording(name) or "{person}"):
            self.reply(_OFFER)
        self.person = True

    def do(self, actions: tuple[str, ...]) -> None:
        """Carry actions out, one after another."""
        for name in actions:
            self.actions.append(name)
            if name in self.talk.bot.files.responses:
                self.say(name)
            elif name in self.talk.bot.files.forms:
                begin(self.talk, self, name)
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
            self.why.append("A person was asked to get in touch.")
        elif name == "action_change_medical_plan":
            self._change_plan()
        elif name == "action_find_pay_stub":
            self._find_pay_stub()
        elif name == "action_plan_talk":
            self._plan_talk()
        elif name == "action_answer_from_policy":
            self._answer_from_policy()
        elif name == "action_restart":
            close(talk)
            talk._follows, talk._waiting, talk._matter = (), (), None
            for slot, about in talk.bot.files.slots.items():
                talk.slots[slot] = about.initial_value
            self.why.append("What was noted so far is forgotten.")

    def _change_plan(self) -> None:
        slots, hr, who = self.talk.slots, self.talk.hr, self.talk.employee_id
        slots["change_state"] = "no"
        if not slots.get("confirm_change"):
            self.why.append("There was no yes, so nothing was changed.")
        elif hr.medical_plan(who) == (slots["plan"], slots["cover"]):
            slots["change_state"] = "same"
            self.why.append("The HR system has this plan already, so nothing was changed.")
        else:
            change = hr.change_medical_plan(who, plan=slots["plan"], cover=slots["cover"])
            slots["receipt"], slots["change_state"] = change.receipt, "done"
            self.why.append(f"The HR system wrote the change down as {change.receipt}.")

    def _find_pay_stub(self) -> None:
        slots, hr = self.talk.slots, self.talk.hr
        month = slots.get("month")
        try:
            slots["pay_stub_place"], slots["stub_found"] = hr.pay_stub(self.talk.employee_id, month=month), True
            self.why.append(f"The HR system said where the pay stub lies: {slots['pay_stub_place']}.")
        except HRSystemError as error:
            slots["pay_stub_place"], slots["stub_found"] = None, False
            self.why.append(f"The HR system found none: {error.problem}")
        shown = str(month or "latest")
        shown = shown.title() if shown.title() in MONTHS else shown
        self.extra |= {"asked_month": shown, "latest_month": hr.latest_month}
        slots["month"] = None

    def _plan_talk(self) -> None:
        slots = self.talk.slots
        plan = talk_plan_of(slots)
        self.reply(plan.text().replace("{", "(").replace("}", ")").replace("(person)", "{person}"))
        if plan.needs_person:
            self.talk.hr.hand_over(self.talk.employee_id)
            self.actions.append("action_hand_to_person")
            slots["plan_state"] = "person"
            self.why.append(
                f"The answers may touch {' and '.join(plan.needs_person)}; a bot must not plan such a talk."
            )
        else:
            slots["plan_state"] = "made"
            self.why.append("The plan follows a fixed pattern and uses the words that were typed.")

    def _answer_from_policy(self) -> None:
        bot = self.talk.bot
        if bot.policies is None:
            self.offering("utter_policy_unknown", _NO_POLICY)
            return
        guess = bot.model.predict(self.text)
        finding = bot.policies.find(self.text, topic=guess.intent)
        if finding.citation is None:
            self.no_policy(finding)
        else:
            self.quote(finding)

    def say(self, name: str) -> None:
        """Add a reply; several wordings take turns, those whose condition holds first."""
        talk = self.talk
        wordings = talk.bot.files.responses[name]
        fitting = [one for one in wordings if one.condition and slots_agree(one.condition, talk.slots)]
        fitting = fitting or [one for one in wordings if not one.condition] or list(wordings)
        used = talk._used.get(name, 0)
        talk._used[name] = used + 1
        wording = fitting[used % len(fitting)]
        self.reply(wording.text)
        self.choices = tuple(button.title for button in wording.buttons) or self.choices

    def reply(self, text: str) -> None:
        """Add words of a reply, with their fields filled."""
        self.replies.append(self.filled(text))
        self.person = self.person or "{person}" in text

    def filled(self, text: str) -> str:
        """Put slots, the person and the crisis line into a reply, once: a slot's text is never read as a field."""
        files = self.talk.bot.files
        guide, persona = files.tone_guide, files.persona
        known = {name: "…" if value is None else str(value) for name, value in self.talk.slots.items()}
        known |= self.extra
        if "cover" in known:
            known["cover"] = COVER_WORDS.get(known["cover"], known["cover"])
        known["person"] = (guide.person if guide else "") or _PERSON
        known["office_hours"] = (guide.office_hours if guide else "") or _HOURS
        known["crisis_resource"] = (guide.crisis_resource if guide else "") or _CRISIS_RESOURCE
        known["bot_name"] = persona.name if persona else "an HR bot"

        def value(match: re.Match[str]) -> str:
            word = known.get(match.group(1), match.group())
            before = text[: match.start()].rstrip()
            if before.endswith("{crisis_resource}"):  # the field ends a sentence where its words do
                before = known["crisis_resource"].rstrip()
            begins = not before or before[-1] in ".!?"
            if match.group(1) == "person":
                return word[:1].upper() + word[1:] if begins else word[:1].lower() + word[1:]
            return word

        return _FIELD.sub(value, text)

    def _wording(self, name: str) -> str | None:
        wordings = self.talk.bot.files.responses.get(name)
        if not wordings:
            return None
        return wordings[(self.talk._used.get(name, 1) - 1) % len(wordings)].text
