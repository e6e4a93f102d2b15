"""A conversation whose answers come from outside: the messages that are sent, and the turns that are kept."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evaluators.chatbot._guard import Guard
from evaluators.chatbot._offers import offers_person
from evaluators.chatbot.sensitive_model import GATE
from evaluators.chatbot.turn import Talk, Turn

Message = dict[str, str]

_KEPT_BACK = "so it was kept back and answered here"
_SHORT = 8  # words; a longer message is more than an answer to a question
_YES_OR_NO = re.compile(
    r"^\W*(?:yes|yeah|yep|no|nope|nah|not|ok|okay|maybe|i am|i'm|im|i do|i don't|i dont|i can't|i cant|i think)\b"
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came from outside.

    Attributes
    ----------
    text : str
        The reply.
    why : tuple of str
        What is known about how it came about.
    """

    text: str
    why: tuple[str, ...] = ()


@dataclass(slots=True)
class MessagesTalk:
    """One person's conversation with a bot that is asked anew each time, with the turns so far.

    Attributes
    ----------
    turns : list of Turn
        What was said and answered; a call that failed adds none, so the same can be said again.
    """

    _ask: Callable[[list[Message]], Answered] = field(repr=False)
    _system: str = field(default="", repr=False)
    _history_turns: int = 20
    _guard: Guard | None = field(default=None, repr=False)
    turns: list[Turn] = field(default_factory=list)
    _kept_back: set[int] = field(default_factory=set, repr=False)
    _guard_talk: Talk | None = field(default=None, repr=False)

    def say(self, text: str) -> Turn:
        """Say something and get the answer.

        Parameters
        ----------
        text : str
            A message as typed; it is sent as a message of the user, never as part of the system prompt.

        Returns
        -------
        Turn
            Also kept in ``turns``.

        Raises
        ------
        EndpointError, FunctionTalkerError
            If no usable answer came; in ``evaluators.chatbot.endpoint`` and ``.function_talker``.
        CallBudgetError
            If the budget of calls is used up.
        """
        from evaluators.chatbot.sensitive import find_sensitive

        kinds = tuple(dict.fromkeys(each.kind for each in find_sensitive(text)))
        grave = next((kind for kind in GATE if kind in kinds), None)
        if self._guard is not None and (grave is not None or self._answers_the_guard(text)):
            if self._guard.talker is not None and self._guard_talk is None:
                self._guard_talk = self._guard.talker.conversation()
            if grave is None:
                reply, about = self._guard.answer_again(text, self._guard_talk), "answers what was asked here"
            else:
                reply, about = self._guard.answer(grave, text, self._guard_talk), f"may be about {grave}"
            why = (f"The message {about}, {_KEPT_BACK}, with a person first.",)
            turn = Turn(text, reply, why=why, offered_person=True, sensitive=kinds)
            self._kept_back.add(len(self.turns))
        else:
            answered = self._ask(self._messages(text))
            offered = offers_person(answered.text)
            turn = Turn(text, answered.text, why=answered.why, offered_person=offered, sensitive=kinds)
        self.turns.append(turn)
        return turn

    def resume(self, turns: Sequence[Turn]) -> None:
        """Take up a conversation that was closed; nothing is sent.

        What the guard answered stays kept back: the turn's `why` tells it, and with a guard `find_sensitive`, too.
        A guard's own bot hears those messages again, if it can take them up or is a bot of files.

        Parameters
        ----------
        turns : sequence of Turn
            What was said and answered, oldest first.

        Examples
        --------
        >>> from evaluators.chatbot.function_talker import talker_of
        >>> bot = talker_of(lambda messages: f"I know of {len(messages)} messages.", takes="messages")
        >>> talk = bot.conversation()
        >>> talk.resume([Turn("hello", "Hello.")])
        >>> talk.say("and now?").reply
        'I know of 3 messages.'
        """
        from evaluators.chatbot.bot import Bot
        from evaluators.chatbot.sensitive import find_sensitive

        self.turns, self._guard_talk = list(turns), None
        self._kept_back = {
            at
            for at, turn in enumerate(self.turns)
            if any(_KEPT_BACK in why for why in turn.why)
            or (self._guard is not None and not set(GATE).isdisjoint(each.kind for each in find_sensitive(turn.said)))
        }
        guard = self._guard.talker if self._guard is not None else None
        if guard is None or not self._kept_back:
            return
        self._guard_talk = guard.conversation()
        known = [self.turns[at] for at in sorted(self._kept_back)]
        if hasattr(self._guard_talk, "resume"):
            self._guard_talk.resume(known)
        elif isinstance(guard, Bot) and not guard.actions:
            for turn in known:
                self._guard_talk.say(turn.said)

    def _answers_the_guard(self, text: str) -> bool:
        """Tell whether a message is a short answer to a question with which the guard's last answer ended."""
        last = len(self.turns) - 1
        return (
            last in self._kept_back
            and self.turns[last].reply.rstrip().endswith("?")
            and len(text.split()) <= _SHORT
            and bool(_YES_OR_NO.match(text.casefold().replace("\u2019", "'")))
        )

    def _messages(self, text: str) -> list[Message]:
        """Return what is sent: a turn that the guard answered is never part of it."""
        messages = [{"role": "system", "content": self._system}] if self._system else []
        sent = [turn for at, turn in enumerate(self.turns) if at not in self._kept_back]
        for turn in sent[max(len(sent) - self._history_turns, 0) :]:
            messages += [{"role": "user", "content": turn.said}, {"role": "assistant", "content": turn.reply}]
        return [*messages, {"role": "user", "content": text}]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per turn."""
        columns = ["said", "reply", "offered_person", "sensitive"]
        return pd.DataFrame([{name: getattr(turn, name) for name in columns} for turn in self.turns], columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return all turns as JSON-able values."""
        return {"turns": [turn.to_dict() for turn in self.turns]}

    def summary(self) -> str:
        """Say in plain words what happened, and what that does not prove."""
        count = len(self.turns)
        offered = sum(turn.offered_person for turn in self.turns)
        return (
            f"{count} {'turn' if count == 1 else 'turns'}; the words of {offered} offer a person. That is read from "
            "the replies: it does not show that a person exists or answers."
        )
