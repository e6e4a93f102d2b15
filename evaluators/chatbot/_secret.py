"""A key that is read from the environment, sent in one header, and shown nowhere."""

import os
import re
from dataclasses import dataclass

from evaluators.chatbot._endpoint_errors import EndpointSettingError

_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_USABLE = re.compile(r"[\x21-\x7e]+")
_MARK = "[key removed]"
_RUN = 8  # letters in a row that count as a piece of a key; shorter keys ("none", "ollama") are no secrets


def check_variable(variable: str | None) -> None:
    """Refuse what is no name of an environment variable, without repeating it: it may be a key.

    Raises
    ------
    EndpointSettingError
        If it is not in capitals with an underscore.
    """
    if variable is not None and not (isinstance(variable, str) and _VARIABLE.fullmatch(variable)):
        raise EndpointSettingError(
            "The name of the key's environment variable is not in capitals with an underscore (it is not repeated "
            "here, in case it is the key itself).",
            "Put the key into an environment variable and give the variable's name, such as OPENAI_API_KEY.",
            "key_variable",
        )


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A key; its text form says nothing.

    Examples
    --------
    >>> secret = Secret("sk-0123456789abcdef")
    >>> secret, secret.masked("Wrong key: sk-0123456789abcdef!")
    (Secret(hidden), 'Wrong key: [key removed]!')
    >>> secret.masked("Wrong key: sk-012345678...")
    'Wrong key: [key removed]...'
    """

    _value: str = ""

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("A key is not written to files.")

    def __bool__(self) -> bool:
        return bool(self._value)

    def usable(self) -> bool:
        """Say whether the key can be sent in a header."""
        return _USABLE.fullmatch(self._value) is not None

    def header(self) -> str:
        """Return the value of the header that carries the key."""
        return f"Bearer {self._value}"

    def masked(self, text: str) -> str:
        """Return a text without the key and without any eight letters in a row of it."""
        if len(self._value) < _RUN:
            return text
        runs = {self._value[at : at + _RUN] for at in range(len(self._value) - _RUN + 1)}
        hidden = bytearray(len(text))
        for at in range(len(text) - _RUN + 1):
            if text[at : at + _RUN] in runs:
                hidden[at : at + _RUN] = b"\1" * _RUN
        parts: list[str] = []
        for at, letter in enumerate(text):
            if not hidden[at]:
                parts.append(letter)
            elif at == 0 or not hidden[at - 1]:
                parts.append(_MARK)
        return "".join(parts)

    def without(self, text: str) -> str:
        """Return a reply without the whole key; pieces of it may be ordinary words there, and stay."""
        return text.replace(self._value, _MARK) if len(self._value) >= _RUN else text

    def tail(self, text: str) -> int:
        """Return how many letters at the end of a text could be the beginning of the key, for a stream."""
        if len(self._value) < _RUN:
            return 0
        longest = min(len(text), len(self._value) - 1)
        return next((n for n in range(longest, 0, -1) if text.endswith(self._value[:n])), 0)


def read_secret(variable: str | None, *, needed: bool) -> Secret:
    """Read the key from the environment.

    Parameters
    ----------
    variable : str or None
        Name of the environment variable; None for no key.
    needed : bool
        Whether a variable that is not set is an error.

    Raises
    ------
    EndpointSettingError
        If the variable is not set, or holds what cannot be sent. The value is never repeated.
    """
    if variable is None:
        return Secret()
    secret = Secret(os.environ.get(variable, "").strip())  # hidden at once: tracebacks can show a frame's variables
    if not secret and needed:
        raise EndpointSettingError(
            f"The environment variable {variable} is not set, so there is no key to send.",
            f"Set {variable} in the shell before you start, or say that the endpoint needs no key (None).",
            "key_variable",
        )
    if secret and not secret.usable():
        raise EndpointSettingError(
            f"The environment variable {variable} holds a blank, a line break or a letter that no key has.",
            "Copy the key again, without quotes and without the lines around it.",
            "key_variable",
        )
    return secret
