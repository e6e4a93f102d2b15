"""What a bot's files say, as checked objects: Rasa 3.1's keys, and two of our own (persona, tone_guide)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SlotMapping(_Part):
    """How a slot gets its value from what a person says."""

    type: str
    entity: str | None = None
    intent: str | list[str] | None = None
    not_intent: str | list[str] | None = None
    value: Any = None
    role: str | None = None
    group: str | None = None
    action: str | None = None
    conditions: list[Any] = Field(default_factory=list)


class Slot(_Part):
    """Something the bot remembers, such as the plan that a person wants."""

    type: str = "text"
    values: list[str] = Field(default_factory=list)
    initial_value: Any = None
    influence_conversation: bool = True
    mappings: list[SlotMapping] = Field(default_factory=list)
    min_value: float | None = None
    max_value: float | None = None


class Button(_Part):
    """A choice that is offered beside a reply."""

    title: str
    payload: str = ""


class Condition(_Part):
    """When a wording of a response may be used: a slot has this value."""

    type: str = "slot"
    name: str
    value: Any = None


class Response(_Part):
    """One wording of a response; ``{name}`` stands for the value of a slot."""

    text: str
    id: str | None = None
    buttons: list[Button] = Field(default_factory=list)
    condition: list[Condition] = Field(default_factory=list)
    channel: str | None = None
    image: str | None = None
    custom: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class Form(_Part):
    """Slots to be filled one after another, as in a transaction."""

    required_slots: list[str] = Field(min_length=1)
    ignored_intents: list[str] = Field(default_factory=list)


class Persona(_Part):
    """Who the bot is: its own words for it."""

    name: str
    introduction: str = ""
    is_a_bot: str = ""
    voice: list[str] = Field(default_factory=list)
    never: list[str] = Field(default_factory=list)
    owner: str = ""
    date_checked: str = ""


class ToneGuide(_Part):
    """How the bot is to sound; ``person``, ``office_hours`` and ``crisis_resource`` stand in replies that hand over."""

    principles: list[str] = Field(default_factory=list)
    say: list[str] = Field(default_factory=list)
    avoid: list[str] = Field(default_factory=list)
    sentence_words: int = Field(default=20, ge=5, le=60)
    reading_grade: float = Field(default=8, ge=1, le=20)
    person: str = ""
    office_hours: str = ""
    crisis_resource: str = ""
    owner: str = ""
    date_checked: str = ""


class Step(_Part):
    """One line of a story or a rule."""

    intent: str | None = None
    user: str | None = None
    entities: list[Any] = Field(default_factory=list)
    action: str | None = None
    bot: str | None = None
    slot_was_set: list[Any] | None = None
    active_loop: str | None = None
    checkpoint: str | None = None
    or_: list[dict[str, Any]] | None = Field(default=None, alias="or")


class Story(_Part):
    """A conversation that may happen, from its first step."""

    story: str
    steps: list[Step] = Field(min_length=1)
    metadata: dict[str, Any] | None = None


class Rule(_Part):
    """What always follows, whatever was said before."""

    rule: str
    steps: list[Step] = Field(min_length=1)
    condition: list[Step] = Field(default_factory=list)
    conversation_start: bool = False
    wait_for_user_input: bool = True
    metadata: dict[str, Any] | None = None


PARTS: dict[str, type[_Part]] = {
    "slots": Slot,
    "responses": Response,
    "forms": Form,
    "persona": Persona,
    "tone_guide": ToneGuide,
    "stories": Story,
    "rules": Rule,
}
