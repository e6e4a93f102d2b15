"""One call of an endpoint through the ``openai`` client: an answer, or in plain words why there is none.

Nothing here raises what the client raised: such an error holds the request, and with it the key. It is turned into
words, and the error is raised by the caller, outside of any ``except``.
"""

import os
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from evaluators.chatbot._address import Address
from evaluators.chatbot._messages_talk import Answered, Message
from evaluators.chatbot._secret import Secret
from evaluators.chatbot._wire_failures import SHAPE_HINT, Failure, UnusableAnswerError, failure_of, one_line

_SENT = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent"}
_LOOKED_AT = {"content-type", "content-length", "content-encoding", "transfer-encoding", "retry-after", "location"}
_MEGABYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Wire:
    """What one call needs to know."""

    address: Address
    model: str
    temperature: float | None
    seed: int | None
    max_tokens: int | None
    timeout_s: float
    max_reply_characters: int
    key_variable: str | None


@dataclass(slots=True)
class _Reply:
    """A reply in the making; what could be the beginning of the key is held back until it is known not to be."""

    wire: Wire
    secret: Secret
    on_part: Callable[[str], object] | None
    parts: list[str] = field(default_factory=list)
    held: str = ""
    length: int = 0
    finish: str = ""

    def add(self, text: str) -> None:
        self.length += len(text)
        if self.length > self.wire.max_reply_characters:
            raise UnusableAnswerError(_too_long(self.wire.max_reply_characters))
        text = self.secret.without(self.held + text)
        cut = len(text) - self.secret.tail(text)
        self.held = text[cut:]
        self._give(text[:cut])

    def end(self) -> Answered:
        self._give(self.held)
        why = [f"{self.wire.model} at {self.wire.address.host} answered; it does not say why."]
        if self.finish == "length":
            why.append("The reply was cut off at the model's limit of tokens.")
        elif self.finish == "content_filter":
            why.append("The provider's filter took words out of the reply.")
        return Answered("".join(self.parts), tuple(why))

    def _give(self, text: str) -> None:
        if text:
            self.parts.append(text)
            if self.on_part is not None:
                self.on_part(text)


def call(
    wire: Wire, secret: Secret, messages: list[Message], *, on_part: Callable[[str], object] | None = None
) -> Answered | Failure:
    """Call the endpoint once.

    Parameters
    ----------
    wire : Wire
        What to call.
    secret : Secret
        The key, possibly empty.
    messages : list of dict
        What is sent, oldest first.
    on_part : callable, optional
        Gets each part of the reply as it comes; the reply is streamed then. What it raises is raised.
    """
    import httpx2
    import openai

    stream = on_part is not None
    asked: dict[str, Any] = {"model": wire.model, "messages": messages, "stream": stream}
    optional = {"temperature": wire.temperature, "seed": wire.seed, "max_tokens": wire.max_tokens}
    asked |= {name: value for name, value in optional.items() if value is not None}
    reply = _Reply(wire, secret, on_part)
    with (
        httpx2.Client(
            follow_redirects=False,
            timeout=httpx2.Timeout(wire.timeout_s, connect=min(wire.timeout_s, 10.0)),
            verify=_certificates(wire.address),
            trust_env=not wire.address.local,  # what goes to this machine goes through no proxy
            event_hooks={
                "request": [lambda request: _dress(request, wire, secret)],
                "response": [lambda response: _look(response, wire, stream)],
            },
        ) as http,
        openai.OpenAI(api_key="-", base_url=wire.address.url, max_retries=0, http_client=http) as client,
    ):
        failure: Failure | None = None
        answer: Any = None
        try:
            answer = client.chat.completions.create(**asked)
            if not stream:
                _read(answer, reply)
        except Exception as error:  # whatever it is, it holds the request: only words of it go on
            failure = failure_of(error, wire, secret)
        if failure is None and stream:
            failure = _listen(iter(answer), reply, wire, secret)
    return failure or reply.end()


def _certificates(address: Address) -> ssl.SSLContext | bool:
    """Return what https is checked with; it takes long to read, so it is kept as long as its place is the same."""
    if address.local and not address.encrypted:
        return False
    return _read_certificates(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))


@lru_cache(maxsize=2)
def _read_certificates(file: str, folder: str) -> ssl.SSLContext:
    import httpx2

    return httpx2.create_ssl_context()


def _dress(request: Any, wire: Wire, secret: Secret) -> None:
    """Send only the headers that are needed, and the key only to the host that was named."""
    for name in list(request.headers):
        if name.lower() not in _SENT:
            del request.headers[name]
    request.headers["User-Agent"] = "hr-it-lab"
    request.headers["Accept-Encoding"] = "identity"
    if secret and request.url.raw_host.decode("ascii").rstrip(".") == wire.address.host:
        request.headers["Authorization"] = secret.header()


def _look(response: Any, wire: Wire, stream: bool) -> None:
    """Refuse answers that are not worth reading, and bound the rest in bytes and in time."""
    for name in list(response.headers):
        if name.lower() not in _LOOKED_AT:
            del response.headers[name]
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnusableAnswerError(
            Failure("The endpoint answered in packed form, although that was not asked for.", SHAPE_HINT)
        )
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if response.is_success and kind != "text/event-stream" and stream:
        hint = "Leave on_part out: this endpoint may not stream its replies."
        raise UnusableAnswerError(
            Failure(f"A stream was asked for, but the answer is of type {one_line(kind)!r}.", hint)
        )
    if response.is_success and not stream and not kind.endswith("json"):
        raise UnusableAnswerError(Failure(f"The answer is of type {one_line(kind)!r}, not JSON.", SHAPE_HINT))
    limit = 2 * _MEGABYTE + (400 if stream else 12) * wire.max_reply_characters
    response.stream = _bounded(response.stream, limit, time.monotonic() + wire.timeout_s)


def _bounded(stream: Any, limit: int, until: float) -> Any:
    import httpx2

    class Bounded(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for part in stream:
                size += len(part)
                if size > limit:
                    raise UnusableAnswerError(
                        Failure(
                            f"The endpoint's answer is over {limit / _MEGABYTE:.1f} MB, and was dropped.", SHAPE_HINT
                        )
                    )
                if time.monotonic() > until:
                    raise httpx2.ReadTimeout("The answer took too long as a whole.")
                yield part

        def close(self) -> None:
            stream.close()

    return Bounded()


def _read(answer: Any, reply: _Reply) -> None:
    """Take the reply out of an answer; the client checks nothing, so everything may be anything."""
    choice = _first(getattr(answer, "choices", None))
    if choice is None:
        raise UnusableAnswerError(
            Failure("The endpoint's answer holds no choices, so there is no reply in it.", SHAPE_HINT)
        )
    reply.finish = str(getattr(choice, "finish_reason", "") or "")
    message = getattr(choice, "message", None)
    reply.add(_words(message, "answer"))
    if not "".join([*reply.parts, reply.held]).strip():
        raise UnusableAnswerError(_empty())


def _words(message: Any, where: str) -> str:
    text = getattr(message, "content", None)
    if text is None and isinstance(getattr(message, "refusal", None), str):
        text = message.refusal
    if text is None and (getattr(message, "tool_calls", None) or getattr(message, "function_call", None)):
        hint = "Switch the endpoint's tools off for these tests: a tool call has no words to judge."
        raise UnusableAnswerError(Failure("The model asked for a tool instead of answering.", hint))
    if not isinstance(text, str):
        what = "nothing" if text is None else f"a {type(text).__name__}"
        raise UnusableAnswerError(Failure(f"Where the {where} should have its text, there is {what}.", SHAPE_HINT))
    return text


def _listen(chunks: Iterator[Any], reply: _Reply, wire: Wire, secret: Secret) -> Failure | None:
    """Take the parts of a stream, until the server says that it was the last one."""
    while True:
        failure: Failure | None = None
        chunk: Any = None
        text = ""
        try:
            chunk = next(chunks, None)
            if chunk is not None:
                text = _part(chunk, reply)
        except Exception as error:  # as in `call`
            failure = failure_of(error, wire, secret)
        if failure is None and text:
            try:
                reply.add(text)
            except UnusableAnswerError as error:
                failure = error.failure
        if failure is not None:
            begun = bool(reply.parts)
            return Failure(failure.problem, failure.hint, failure.again and not begun, failure.wait_s)
        if chunk is None:
            break
    if not reply.finish:
        hint = "Say it again; if it stays so, leave on_part out."
        return Failure("The stream broke off before the reply was complete.", hint, not reply.parts)
    return None if "".join([*reply.parts, reply.held]).strip() else _empty()


def _part(chunk: Any, reply: _Reply) -> str:
    choices = getattr(chunk, "choices", None)
    if choices == []:
        return ""  # a chunk that counts tokens
    choice = _first(choices)
    if choice is None:
        raise UnusableAnswerError(Failure("A part of the endpoint's stream holds no choices.", SHAPE_HINT))
    reply.finish = str(getattr(choice, "finish_reason", "") or "") or reply.finish
    delta = getattr(choice, "delta", None)
    if delta is None or (getattr(delta, "content", None) is None and not getattr(delta, "tool_calls", None)):
        refusal = getattr(delta, "refusal", None)
        return refusal if isinstance(refusal, str) else ""
    return _words(delta, "stream")


def _first(choices: Any) -> Any:
    return choices[0] if isinstance(choices, list) and choices else None


def _empty() -> Failure:
    hint = "Raise max_tokens, or look in the endpoint's own log why the model says nothing."
    return Failure("The endpoint answered with an empty reply.", hint)


def _too_long(limit: int) -> Failure:
    hint = "Ask for shorter replies in the system prompt, set max_tokens, or raise max_reply_characters."
    return Failure(f"The reply is longer than {limit:,} characters, and was dropped.", hint)
