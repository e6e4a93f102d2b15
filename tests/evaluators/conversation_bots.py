"""Bots whose answers a test decides, and stories without a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluators.chatbot.turn import Turn
from evaluators.tone.conversation_tests import Bound, Check, TestStep, TestStory


@dataclass
class Talking:
    """A conversation with a bot that knows its answers by heart."""

    answers: Mapping[str, Any]
    turns: list[Turn] = field(default_factory=list)

    def say(self, text: str) -> Turn:
        answer = self.answers[text]
        if isinstance(answer, Exception):
            raise answer
        turn = answer if isinstance(answer, Turn) else Turn(text, answer)
        self.turns.append(turn)
        return turn


@dataclass
class Parrot:
    """A bot that knows its answers by heart: message -> reply, turn, or exception."""

    answers: Mapping[str, Any]
    name: str = "Parrot"

    def conversation(self) -> Talking:
        return Talking(self.answers)


def one(said: str, *, name: str = "one", must: Any = (), never: Any = (), bounds: Any = None, **more: Any) -> TestStory:
    """A story of one message."""
    checks: Callable[[Any], tuple[Check, ...]] = lambda given: tuple(Check.model_validate(each) for each in given)  # noqa: E731
    limits = {key: Bound.model_validate(value) for key, value in (bounds or {}).items()}
    step = TestStep(said, must=checks(must), never=checks(never), bounds=limits)
    return TestStory("talks.yml", name, 1, (step,), **more)
