"""Any OpenAI-compatible chat endpoint as the bot: called with care, never with a key in a file or a log."""

import importlib.util
import math
import threading
import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field

from evaluators.chatbot._address import Address, check_address
from evaluators.chatbot._endpoint_errors import CallBudgetError, EndpointError, EndpointSettingError, check_whole
from evaluators.chatbot._guard import CRISIS_RESOURCE, PERSON, Guard
from evaluators.chatbot._messages_talk import Answered, Message, MessagesTalk
from evaluators.chatbot._offers import offers_person
from evaluators.chatbot._secret import Secret, check_variable, read_secret
from evaluators.chatbot._wire import Wire, call
from evaluators.chatbot._wire_failures import Failure
from evaluators.chatbot.turn import Talker

__all__ = [
    "CallBudget",
    "CallBudgetError",
    "Endpoint",
    "EndpointError",
    "EndpointSettingError",
    "MessagesTalk",
    "offers_person",
]

_LONGEST_WAIT_S = 60.0
_sleep = time.sleep


class CallBudget:
    """A number of calls that a run may make; tries after a failure count, too.

    Share one among several endpoints to bound them together.

    Parameters
    ----------
    limit : int
        1 or more calls.

    Attributes
    ----------
    limit, spent : int
        Calls allowed, and calls made.

    Raises
    ------
    EndpointSettingError
        If `limit` is no whole number of 1 or more.

    Examples
    --------
    >>> budget = CallBudget(2)
    >>> budget.spend(); budget.spend(); budget
    CallBudget(limit=2, spent=2)
    """

    def __init__(self, limit: int) -> None:
        check_whole(limit, 1, "A budget of calls", "budget")
        self.limit, self.spent = limit, 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"CallBudget(limit={self.limit}, spent={self.spent})"

    def spend(self, after: str = "") -> None:
        """Count a call that is about to be made.

        Parameters
        ----------
        after : str
            What went wrong with the try before, for the error's words.

        Raises
        ------
        CallBudgetError
            If the call would be one too many; it is not counted.
        """
        with self._lock:
            if self.spent < self.limit:
                self.spent += 1
                return
        raise CallBudgetError(
            f"The budget of {self.limit} calls is used up, so the next call was not made.{after and ' '}{after}",
            "Raise the budget if the cost is all right, or run fewer tests; tries after a failure count, too.",
            "budget",
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A bot behind an OpenAI-compatible chat endpoint (``POST <base_url>/chat/completions``).

    Each message is one call. What leaves this machine says `summary`. The key is read from the environment at each
    call, goes into one header to the host that is named here, and is taken out of whatever comes back. Redirects are
    not followed. The same call can get different replies from most models, also with a seed: run a test more than once.

    Attributes
    ----------
    base_url : str
        Such as ``"http://localhost:8080/v1"``. With a key, plain http is for this machine only.
    model : str
        The model's name as the endpoint knows it.
    system : str
        The system prompt; none by default. `evaluators.chatbot.prompts.system_prompt` writes one.
    key_variable : str or None
        Name of the environment variable that holds the key, never the key; None for an endpoint without a key. On this
        machine the variable may be unset.
    temperature : float or None
        0 for the steadiest replies; None leaves it out, for models that refuse it.
    seed : int or None
        Sent along, if given; servers need not heed it.
    max_tokens : int or None
        Sent along, if given.
    timeout_s : float
        Seconds for one try.
    retries : int
        Further tries after 408, 429, 5xx, a timeout or a lost connection; the waits are 0.5, 1, 2, … at most 8 seconds,
        or what the server asks for in Retry-After, if that is at most 60 seconds.
    budget : int or CallBudget
        Calls for all conversations of this endpoint together.
    max_reply_characters : int
        A longer reply is an error.
    history_turns : int
        How many earlier turns are sent with a message, at most.
    on_part : callable or None
        Gets each part of a reply as it comes; the replies are streamed then.
    guard : bool
        Whether messages about crisis and harassment are kept from the endpoint, now and in later calls, and answered
        here. What `find_sensitive` does not find is sent.
    guard_talker : Talker or None
        Who answers those, such as a bot of files; None for a short text of the project's.
    person, crisis_resource : str
        Who is named in that text.

    Raises
    ------
    EndpointSettingError
        If a setting cannot be, or the extra ``llm`` is not installed.

    References
    ----------
    .. [1] OpenAI, API reference, "Create chat completion", 2026.
    .. [2] RFC 9110, HTTP Semantics, 2022, section 10.2.3 (Retry-After) and 15.4 (redirection).

    Examples
    --------
    >>> bot = Endpoint("http://localhost:8080/v1", model="tiny", key_variable=None, budget=50)
    >>> bot.name, bot.calls
    ('tiny at localhost', CallBudget(limit=50, spent=0))
    >>> bot.summary().split(". ")[0]
    'Each message and up to 20 earlier turns go to tiny at http://localhost:8080/v1'
    """

    base_url: str
    _: KW_ONLY
    model: str
    system: str = field(default="", repr=False)
    key_variable: str | None = "OPENAI_API_KEY"
    temperature: float | None = 0.0
    seed: int | None = None
    max_tokens: int | None = None
    timeout_s: float = 60.0
    retries: int = 2
    budget: int | CallBudget = 200
    max_reply_characters: int = 20_000
    history_turns: int = 20
    on_part: Callable[[str], object] | None = field(default=None, repr=False)
    guard: bool = False
    guard_talker: Talker | None = field(default=None, repr=False)
    person: str = PERSON
    crisis_resource: str = field(default=CRISIS_RESOURCE, repr=False)
    _address: Address = field(init=False, repr=False)
    _calls: CallBudget = field(init=False, repr=False)

    def __post_init__(self) -> None:
        address = check_address(self.base_url)
        object.__setattr__(self, "_address", address)
        object.__setattr__(self, "base_url", address.url)
        check_variable(self.key_variable)
        self._check_numbers()
        calls = self.budget if isinstance(self.budget, CallBudget) else CallBudget(self.budget)
        object.__setattr__(self, "_calls", calls)
        if not isinstance(self.model, str) or not self.model.strip():
            raise EndpointSettingError("No model is named.", "Give the name that the endpoint knows it by.", "model")
        if importlib.util.find_spec("openai") is None:
            raise EndpointSettingError(
                "Endpoints are called through the openai client, which is not installed.",
                "Run `pip install 'hr-it-lab[llm]'`.",
            )

    def _check_numbers(self) -> None:
        check_whole(self.retries, 0, "The number of further tries", "retries")
        check_whole(self.history_turns, 0, "The number of earlier turns", "history_turns")
        check_whole(self.max_reply_characters, 1, "The longest reply", "max_reply_characters")
        if self.max_tokens is not None:
            check_whole(self.max_tokens, 1, "The number of tokens", "max_tokens")
        if not (math.isfinite(self.timeout_s) and 0 < self.timeout_s <= 3600):
            raise EndpointSettingError(
                f"A timeout of {self.timeout_s} s cannot be.", "Give seconds over 0, at most 3600.", "timeout_s"
            )
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise EndpointSettingError(
                f"A temperature of {self.temperature} cannot be.",
                "Give 0 to 2, or None to leave it out.",
                "temperature",
            )

    @property
    def name(self) -> str:
        """The model and the host."""
        return f"{self.model} at {self._address.host}"

    @property
    def calls(self) -> CallBudget:
        """The budget, with the calls made so far."""
        return self._calls

    def conversation(self) -> MessagesTalk:
        """Begin a conversation; it knows nothing of the others."""
        guard = Guard(self.guard_talker, self.person, self.crisis_resource) if self.guard else None
        return MessagesTalk(self._ask, self.system, self.history_turns, guard)

    def summary(self) -> str:
        """Say in plain words what leaves this machine, where to, and what was spent."""
        parts = ["the system prompt"] if self.system else []
        parts += [f"up to {self.history_turns} earlier turns"] if self.history_turns else []
        sent = " and ".join(["Each message", *parts]) + (" go to" if parts else " goes to")
        place = (
            "That is this machine." if self._address.local else "That is another machine: nobody's own data in tests."
        )
        if not self._address.encrypted and not self._address.local:
            place += " The way there is not encrypted."
        key = f"The key is read from {self.key_variable}." if self.key_variable else "No key is sent."
        kept = " Messages found to be about crisis or harassment are answered here instead." if self.guard else ""
        return (
            f"{sent} {self.model} at {self.base_url}. {place} {key}{kept} {self._calls.spent} of "
            f"{self._calls.limit} calls were made."
        )

    def _ask(self, messages: list[Message]) -> Answered:
        secret = self._secret()
        wire = Wire(
            address=self._address,
            model=self.model,
            temperature=self.temperature,
            seed=self.seed,
            max_tokens=self.max_tokens,
            timeout_s=self.timeout_s,
            max_reply_characters=self.max_reply_characters,
            key_variable=self.key_variable,
        )
        problem, hint, tried = "", "", 0
        while True:
            self._calls.spend(problem)
            tried += 1
            got = call(wire, secret, messages, on_part=self.on_part)
            if not isinstance(got, Failure):
                return got
            problem, hint = got.problem, got.hint
            if not got.again or tried > self.retries:
                break
            wait_s = min(8.0, 0.5 * 2 ** min(tried - 1, 10)) if got.wait_s is None else got.wait_s
            if wait_s > _LONGEST_WAIT_S:
                hint = f"The server asks to wait {math.ceil(wait_s):,} s; run it again then."
                break
            _sleep(wait_s)
        raise EndpointError(f"{problem}{f' That was try {tried}.' if tried > 1 else ''}", hint)

    def _secret(self) -> Secret:
        secret = read_secret(self.key_variable, needed=not self._address.local)
        if secret and not (self._address.encrypted or self._address.local):
            raise EndpointSettingError(
                f"The key would go to {self._address.host} unencrypted, so nothing was sent.",
                "Give an https:// address; plain http:// with a key is for this machine only.",
                "base_url",
            )
        return secret
