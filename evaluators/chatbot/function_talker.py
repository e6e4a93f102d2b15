"""A Python function as the bot: whatever answers, as long as it takes words and returns words."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from evaluators.chatbot._endpoint_errors import EndpointSettingError, FunctionTalkerError, check_whole
from evaluators.chatbot._guard import CRISIS_RESOURCE, PERSON, Guard
from evaluators.chatbot._messages_talk import Answered, Message, MessagesTalk
from evaluators.chatbot.turn import Talker

__all__ = ["FunctionTalker", "FunctionTalkerError", "talker_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTalker:
    """A bot that is a Python function; made by `talker_of`.

    Attributes
    ----------
    function : callable
        Takes a message or a list of messages, returns the reply.
    name : str
        What the bot is called.
    takes : {"text", "messages"}
        ``"text"``: the message alone. ``"messages"``: a list of dicts with ``role`` (``system``, ``user``,
        ``assistant``) and ``content``, oldest first, the new message last.
    system : str
        The system prompt; only with ``takes="messages"``.
    history_turns : int
        How many earlier turns are in the list at most.
    guard : bool
        Whether messages about crisis and harassment are kept from the function and answered here.
    guard_talker : Talker or None
        Who answers those; None for a short text of the project's.
    person, crisis_resource : str
        Who is named in that text.
    """

    function: Callable[[Any], str]
    name: str
    takes: Literal["text", "messages"] = "text"
    system: str = field(default="", repr=False)
    history_turns: int = 20
    guard: bool = False
    guard_talker: Talker | None = field(default=None, repr=False)
    person: str = PERSON
    crisis_resource: str = field(default=CRISIS_RESOURCE, repr=False)

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise EndpointSettingError(
                f"The bot is to be a function, but it is a {type(self.function).__name__}.",
                "Give a function that takes a message and returns the reply, without calling it.",
                "function",
            )
        check_whole(self.history_turns, 0, "The number of earlier turns", "history_turns")
        if self.takes not in ("text", "messages"):
            raise EndpointSettingError(
                f'A function can take "text" or "messages", not {self.takes!r}.', "Choose one of the two.", "takes"
            )

    def conversation(self) -> MessagesTalk:
        """Begin a conversation."""
        guard = Guard(self.guard_talker, self.person, self.crisis_resource) if self.guard else None
        return MessagesTalk(self._ask, self.system, self.history_turns, guard)

    def _ask(self, messages: list[Message]) -> Answered:
        said: Any = messages[-1]["content"] if self.takes == "text" else messages
        try:
            reply: object = self.function(said)
        except Exception as error:
            raise FunctionTalkerError(
                f"The function {self.name} stopped with {type(error).__name__}: {error}",
                "Call it with the same message by hand, and mend what it says; the conversation can go on then.",
            ) from error
        if inspect.iscoroutine(reply):
            reply.close()
            raise FunctionTalkerError(
                f"The function {self.name} is asynchronous: it returned a coroutine, not a reply.",
                "Wrap it: def answer(text): return asyncio.run(your_function(text)).",
            )
        if not isinstance(reply, str) or not reply.strip():
            what = "an empty reply" if isinstance(reply, str) else f"a {type(reply).__name__}, not text"
            raise FunctionTalkerError(
                f"The function {self.name} returned {what}.", "Let it return what the bot says, as a str."
            )
        return Answered(reply, (f"The function {self.name} answered; it does not say why.",))


def talker_of(
    function: Callable[[Any], str],
    *,
    name: str = "",
    takes: Literal["text", "messages"] = "text",
    system: str = "",
    history_turns: int = 20,
    guard: bool = False,
    guard_talker: Talker | None = None,
    person: str = PERSON,
    crisis_resource: str = CRISIS_RESOURCE,
) -> FunctionTalker:
    """Make a bot of a Python function.

    Parameters
    ----------
    function : callable
        Takes a message (or, with ``takes="messages"``, the messages so far) and returns the reply. Each conversation
        begins afresh: what the function itself remembers between conversations, it must forget by itself.
    name : str
        What the bot is called; default the function's own name.
    takes, system, history_turns, guard, guard_talker, person, crisis_resource
        As in `FunctionTalker`.

    Returns
    -------
    FunctionTalker
        A `Talker`: it can be tested, scored and drawn like a bot of files.

    Raises
    ------
    EndpointSettingError
        If `function` cannot be called, or `takes` is neither of the two.

    Examples
    --------
    >>> bot = talker_of(lambda text: f"You said: {text}. I can ask someone from HR to call you.", name="Echo")
    >>> turn = bot.conversation().say("hello")
    >>> turn.reply, turn.offered_person
    ('You said: hello. I can ask someone from HR to call you.', True)
    """
    called = name or str(getattr(function, "__name__", "") or type(function).__name__)
    return FunctionTalker(
        function=function,
        name=called,
        takes=takes,
        system=system,
        history_turns=history_turns,
        guard=guard,
        guard_talker=guard_talker,
        person=person,
        crisis_resource=crisis_resource,
    )
