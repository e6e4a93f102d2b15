"""A conversation whose answers come from outside: the messages that are sent, and the turns that are kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evaluators.chatbot._guard import GUARDED, Guard
from evaluators.chatbot._offers import offers_person
from evaluators.chatbot.turn import Talk, Turn

Message = dict[str, str]


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
        grave = next((kind for kind in GUARDED if kind in kinds), None)
        if self._guard is not None and grave is not None:
            if self._guard.talker is not None and self._guard_talk is None:
                self._guard_talk = self._guard.talker.conversation()
            reply = self._guard.answer(grave, text, self._guard_talk)
            why = (f"The message may be about {grave}, so it was kept back and answered here, with a person first.",)
            turn = Turn(text, reply, why=why, offered_person=True, sensitive=kinds)
            self._kept_back.add(len(self.turns))
        else:
            answered = self._ask(self._messages(text))
            offered = offers_person(answered.text)
            turn = Turn(text, answered.text, why=answered.why, offered_person=offered, sensitive=kinds)
        self.turns.append(turn)
        return turn

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
