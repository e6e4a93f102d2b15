"""What a file of conversation tests says, as checked objects: Rasa's test stories with blocks of our own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from evaluators.tone._text import Text
from evaluators.tone.conversation_tests._patterns import why_no_pattern

FLAGS = ("offer_person", "ask_question", "pass_gate", "promise_secrecy")
NAMED = ("say", "match", "cite", "intent", "action")
ONLY_MUST = ("pass_gate", "within")
ONLY_NEVER = ("promise_secrecy",)
ANY_VALUE = "any value…"  # of a slot that a story names without one
_CHECKS = ", ".join((*NAMED, *FLAGS, "within"))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bound(_Part):
    """The points (0-4) that a score must have; a number alone means at least."""

    at_least: float | None = Field(default=None, ge=0, le=4)
    at_most: float | None = Field(default=None, ge=0, le=4)

    @model_validator(mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"at_least": value}
        if not isinstance(value, dict):
            raise ValueError("write a number from 0 to 4, or {at_least: 1, at_most: 3}")
        return value

    @field_validator("at_least", "at_most", mode="before")
    @classmethod
    def _points(cls, value: Any) -> Any:
        if isinstance(value, bool | str):
            raise ValueError("write a number from 0 to 4")
        return value

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is more than at_most")
        return self

    def holds(self, score: float) -> bool:
        """Say whether a score is within; NaN never is."""
        low, high = self.at_least, self.at_most
        return score == score and (low is None or score >= low - 1e-9) and (high is None or score <= high + 1e-9)

    def words(self) -> str:
        """Say what is asked, such as ``"at least 2"``."""
        parts = [
            f"{name} {value:g}" for name, value in (("at least", self.at_least), ("at most", self.at_most))
            if value is not None
        ]  # fmt: skip
        return " and ".join(parts)


class _Tone(_Part):
    emotional_reaction: Bound | None = None
    interpretation: Bound | None = None
    exploration: Bound | None = None
    non_dismissal: Bound | None = None
    advice_timing: Bound | None = None
    politeness: Bound | None = None
    plain_language: Bound | None = None
    ownership: Bound | None = None
    overall: Bound | None = None

    def bounds(self) -> dict[str, Bound]:
        """Return what is bounded, dimensions and the score as a whole, in the order of the rubric."""
        named = {name: getattr(self, name) for name in _Tone.model_fields}
        return {name: bound for name, bound in named.items() if bound is not None}


class StepTone(_Tone):
    """The block ``tone`` of a step."""

    gate: Literal["not needed"] | None = None


class StoryTone(_Tone):
    """The block ``tone`` of a story: bounds that each reply keeps, and those of the conversation."""

    mean: Bound | None = None
    minimum: Bound | None = None
    trajectory: Literal["not colder", "warmer"] | None = None


class Check(_Part):
    """One thing that must or must never be; exactly one kind of it is set."""

    say: tuple[str, ...] | None = None
    match: str | None = None
    cite: str | None = None
    intent: str | None = None
    action: str | None = None
    offer_person: bool | None = None
    ask_question: bool | None = None
    pass_gate: bool | None = None
    promise_secrecy: bool | None = None
    within: int | None = Field(default=None, ge=1, le=20)
    do: "Check | None" = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value not in (*FLAGS, "cite"):
                raise ValueError(f"{value[:60]!r} is no check; to look for words write 'say: …'. Checks are {_CHECKS}")
            value = {value: None}
        if not isinstance(value, dict):
            raise ValueError(f"this is no check. Checks are {_CHECKS}")
        made = {**value, **{flag: True for flag in FLAGS if flag in value and value[flag] is None}}
        if "cite" in made and made["cite"] is None:
            made["cite"] = ""
        kinds = [name for name in (*NAMED, *FLAGS, "within") if name in made]
        if "do" in made and "within" not in made:
            raise ValueError("'do' needs 'within: 2', the number of answers in which it is to happen")
        if "within" in made and not made.get("do"):
            raise ValueError("'within' needs 'do: …', the check that is to be met")
        if len(kinds) > 1:
            raise ValueError(f"these are {len(kinds)} checks in one ({', '.join(kinds)}); begin each with a hyphen")
        for flag in FLAGS:
            if made.get(flag, True) is not True:
                raise ValueError(f"'{flag}' stands alone; for the opposite use 'never:'")
        return made

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.kind:
            raise ValueError(f"this is no check. Checks are {_CHECKS}")
        if self.do is not None and self.do.within is not None:
            raise ValueError("'within' cannot stand inside 'within'")
        return self

    @field_validator("say", mode="before")
    @classmethod
    def _wordings(cls, value: Any) -> Any:
        wordings = [value] if isinstance(value, str) else value
        if (
            not isinstance(wordings, list | tuple)
            or not wordings
            or not all(isinstance(each, str) for each in wordings)
        ):
            raise ValueError("write words, or a list of wordings; numbers in quotes")
        for each in wordings:
            if not Text(each).words:
                raise ValueError(f"{each[:40]!r} holds no word; for signs use 'match: …'")
        return tuple(wordings)

    @field_validator("match")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        if value is not None and (why := why_no_pattern(value)):
            raise ValueError(f"{value[:60]!r} is no pattern that can be used: {why}. Patterns are those of RE2")
        return value

    @field_validator("cite", "intent", "action")
    @classmethod
    def _stripped(cls, value: str | None, info: ValidationInfo) -> str | None:
        name = None if value is None else value.strip()
        if name == "" and info.field_name != "cite":
            raise ValueError("write the name that it is to have")
        return name

    @property
    def kind(self) -> str:
        """Which check it is."""
        return next((name for name in (*NAMED, *FLAGS, "within") if getattr(self, name) is not None), "")

    def words(self) -> str:
        """Say what it looks for, such as ``'say "sorry"'``; the same check always says the same."""
        if self.kind == "say" and self.say is not None:
            return "say " + " or ".join(f'"{" ".join(each.split())}"' for each in self.say)
        if self.kind == "within" and self.do is not None:
            return f"within {self.within} answers: {self.do.words()}"
        if self.kind in FLAGS:
            return self.kind.replace("_", " ").replace("offer person", "offer a person").replace(
                "ask question", "ask something"
            ).replace("pass gate", "pass the gate")  # fmt: skip
        value = getattr(self, self.kind)
        return f"{self.kind} {value}" if value else f"{self.kind} a document"


class RawStep(_Part):
    """One entry of ``steps``."""

    user: str | None = None
    intent: str | None = None
    entities: Any = None
    action: str | None = None
    slot_was_set: list[dict[str, Any] | str] | None = None
    active_loop: str | None = None
    tone: StepTone | None = None
    must: tuple[Check, ...] = ()
    never: tuple[Check, ...] = ()

    @field_validator("must", "never", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return _a_list(value)


class Metadata(_Part):
    """What a story says of itself."""

    situation: str = ""
    persona: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""


class RawStory(_Part):
    """One entry of ``stories``."""

    story: str = Field(min_length=1, max_length=200)
    metadata: Metadata = Metadata()
    tone: StoryTone | None = None
    must: tuple[Check, ...] = ()
    never: tuple[Check, ...] = ()
    steps: tuple[RawStep, ...] = Field(min_length=1)

    @field_validator("must", "never", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return _a_list(value)


def _a_list(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise ValueError("write a list: each check on a line of its own, after a hyphen")
    return value


@dataclass(frozen=True, slots=True)
class TestStep:
    """A message and what is asked of the answer.

    Attributes
    ----------
    said : str
        The message.
    line : int
        Where it stands in its file.
    intent : str
        What the bot should take it for; empty where nothing is asked.
    actions : tuple of str
        What the bot should do, in order.
    slots : mapping
        What the bot should remember afterwards.
    bounds : mapping of str to Bound
        Dimensions, and ``"overall"``.
    gate_asked : bool
        False where the message only sounds alarming.
    must, never : tuple of Check
        Checks on the answer.
    """

    __test__ = False  # pytest takes names that begin so for tests of its own

    said: str
    line: int = 0
    intent: str = ""
    actions: tuple[str, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    bounds: Mapping[str, Bound] = field(default_factory=dict)
    gate_asked: bool = True
    must: tuple[Check, ...] = ()
    never: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class TestStory:
    """A conversation and what is asked of it.

    Attributes
    ----------
    file, name : str
        Together they tell stories apart.
    line : int
        Where it begins in its file.
    steps : tuple of TestStep
        The messages in order.
    situation, persona, note : str
        As in the file; empty where it says nothing. A situation is one of `evaluators.tone.situations`.
    tags : tuple of str
        As in the file.
    tone : StoryTone
        Bounds for the conversation.
    must, never : tuple of Check
        What at least one answer does, and what none does.
    """

    __test__ = False

    file: str
    name: str
    line: int
    steps: tuple[TestStep, ...]
    situation: str = ""
    persona: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    tone: StoryTone = field(default_factory=StoryTone)
    must: tuple[Check, ...] = ()
    never: tuple[Check, ...] = ()

    @property
    def messages(self) -> tuple[str, ...]:
        """What the person says, in order."""
        return tuple(step.said for step in self.steps)
