"""What a conversation is made of, whoever answers: a bot of files, an endpoint, or a Python function."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, runtime_checkable

from evaluators._plain import plain


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an answer has its facts from.

    Attributes
    ----------
    document : str
        Name of the policy's file, such as ``"medical_leave.md"``.
    section : str
        Heading under which the words stand.
    words : str
        The sentence of the policy that carries the answer.
    valid_from : str
        The day the policy is in force from, as ``"2026-01-01"``; empty if the policy does not say.
    """

    document: str
    section: str
    words: str
    valid_from: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the fields as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and the answer to it.

    Attributes
    ----------
    said, reply : str
        The message and the answer.
    intent : str or None
        What the message was taken for; None where the bot was not sure or did not ask.
    confidence : float
        0 to 1; 0 where the model was not asked.
    why : tuple of str
        The steps to the answer, in plain words; empty where whoever answered does not tell.
    offered_person : bool
        Whether the answer offers a person, or one was asked to get in touch.
    slots : dict
        What the bot remembers after this turn.
    sensitive : tuple of str
        Kinds of grave matter that were found, of `KINDS`.
    actions : tuple of str
        What was done, in order.
    choices : tuple of str
        Buttons beside the answer.
    citations : tuple of Citation
        The policies that the answer stands on.
    """

    said: str
    reply: str
    intent: str | None = None
    confidence: float = 0.0
    why: tuple[str, ...] = ()
    offered_person: bool = False
    slots: dict[str, Any] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return dict(plain(asdict(self)))

    def summary(self) -> str:
        """Say in plain words how the answer came about."""
        return " ".join(self.why)


@runtime_checkable
class Talk(Protocol):
    """One person's conversation: say something, get a turn; earlier turns are kept in order."""

    @property
    def turns(self) -> Sequence[Turn]:
        """What was said and answered so far."""

    def say(self, text: str) -> Turn:
        """Say something and get the answer."""


@runtime_checkable
class Talker(Protocol):
    """Whoever can be talked to: each conversation begins afresh and knows nothing of the others."""

    @property
    def name(self) -> str:
        """What the other side is called, for people to read."""

    def conversation(self) -> Talk:
        """Begin a conversation."""
