"""Why an endpoint gave no answer, in plain words, without the key, and whether another try may help."""

import email.utils
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluators.chatbot._secret import Secret

if TYPE_CHECKING:
    from evaluators.chatbot._wire import Wire

SHAPE_HINT = "Check that the address belongs to an OpenAI-compatible chat endpoint; many end in /v1."


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer, what to do, and whether another try may help (after so many seconds)."""

    problem: str
    hint: str
    again: bool = False
    wait_s: float | None = None


class UnusableAnswerError(Exception):
    """An answer that is not read any further; carries the `Failure`."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.problem)
        self.failure = failure


def failure_of(error: BaseException, wire: "Wire", secret: Secret) -> Failure:
    """Put an error of the client into plain words."""
    import openai

    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    for each in chain:
        if isinstance(each, UnusableAnswerError):
            return Failure(secret.masked(each.failure.problem), each.failure.hint)
    where = secret.masked(wire.address.url)
    if isinstance(error, openai.APITimeoutError):
        hint = "Raise timeout_s, or see whether the server is busy."
        return Failure(f"No answer from {where} within {wire.timeout_s:g} s.", hint, again=True)
    if isinstance(error, openai.APIStatusError):
        return _status(error, wire, secret)
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in chain):
        hint = "Ask whoever runs it for a valid certificate, or for the one to put into SSL_CERT_FILE."
        return Failure(f"The certificate of {where} was not accepted.", hint)
    if any(isinstance(each, ssl.SSLError) for each in chain):
        hint = "See whether the server speaks https at all: on this machine many use http:// only."
        return Failure(f"No encrypted connection to {where} came about.", hint)
    if any(isinstance(each, socket.gaierror) for each in chain):
        hint = "Check the spelling of the address and the connection of this machine."
        return Failure(f"The host of {where} was not found.", hint, again=True)
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        hint = "Start the server, and check the port in the address."
        return Failure(f"Nothing listens at {where}: the connection was refused.", hint, again=True)
    if isinstance(error, openai.APIConnectionError):
        hint = "Check the address, the connection, and HTTPS_PROXY if there is a proxy."
        return Failure(f"The connection to {where} could not be made, or broke off.", hint, again=True)
    if isinstance(error, openai.APIError):
        return Failure(
            f"The endpoint reported an error in its stream.{_said(error.body, secret)}", "Say it again.", True
        )
    if isinstance(error, (ValueError, RecursionError)):
        return Failure(f"What {where} answered is not JSON that can be read.", SHAPE_HINT)
    return Failure(f"What {where} answered could not be read ({type(error).__name__}).", SHAPE_HINT)


def _status(error: Any, wire: "Wire", secret: Secret) -> Failure:
    status = int(error.status_code)
    headers = error.response.headers
    where = secret.masked(wire.address.url)
    said = _said(error.body, secret)
    if 300 <= status < 400:
        target = one_line(secret.masked(str(headers.get("location", ""))))[:120] or "nowhere"
        hint = "Nothing was sent there. If you trust that address, give it as base_url."
        return Failure(f"{where} redirects to {target}, and redirects are not followed.", hint)
    if status in (401, 403):  # the server's words may repeat a piece of the key
        key = f"the key in {wire.key_variable}" if secret else "a call without a key"
        hint = (
            f"Check that {wire.key_variable} holds a valid key for this endpoint."
            if wire.key_variable
            else ("Give key_variable, the name of the environment variable that holds the key.")
        )
        return Failure(f"{where} did not accept {key} (status {status}).", hint)
    if status == 404:
        hint = "Check the model's name and the address; many addresses end in /v1."
        return Failure(f"{where} knows no such address or model (status 404).{said}", hint)
    if status == 429:
        if str(getattr(error, "code", "")) == "insufficient_quota":
            hint = "Look at the plan and the bill of the account that the key belongs to."
            return Failure(f"The account of this key has no calls left (status 429).{said}", hint)
        hint = "Wait, or ask for a higher limit; fewer tests at a time help, too."
        return Failure(f"{where} takes no more calls at the moment (status 429).{said}", hint, True, _pause(headers))
    if status >= 500 or status == 408:
        hint = "Try again later, or look into the server's log."
        return Failure(f"{where} failed (status {status}).{said}", hint, True, _pause(headers))
    hint = "If it is about temperature, seed or max_tokens: some models take None only."
    return Failure(f"{where} refused the call (status {status}).{said}", hint)


def _pause(headers: Any) -> float | None:
    """Read Retry-After (RFC 9110, section 10.2.3): seconds, or a date."""
    value = str(headers.get("retry-after", "")).strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, when - time.time())


def _said(body: Any, secret: Secret) -> str:
    """Return the server's own words, short, on one line, without the key."""
    words = body.get("message") if isinstance(body, dict) else body
    if not isinstance(words, str) or words.lstrip().startswith("<"):
        return ""
    text = one_line(secret.masked(words[:20_000]))
    if not text:
        return ""
    return f' It says: "{text if len(text) <= 200 else text[:199] + "…"}"'


def one_line(text: str) -> str:
    """Return a text on one line, without letters that cannot be printed."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
