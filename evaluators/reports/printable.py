"""Text of people's own tables, without the characters that no page can show."""

import re
from typing import Any

# Control characters, marks that turn the direction of writing, and what is no character at all.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_ESCAPED = re.compile(r"\\u[0-9a-f]{4}")


def printable(text: str) -> str:
    r"""Return a text with a replacement character for each one that cannot be shown.

    Examples
    --------
    >>> printable("red \x1b[31m")
    'red \ufffd[31m'
    """
    return _UNPRINTABLE.sub("\ufffd", text)


def printable_spec(value: Any) -> Any:
    """Return a chart's specification, plain JSON, with nothing unprintable in its texts and expressions.

    The library that draws charts ends the whole process at a control character.
    """
    if isinstance(value, dict):
        return {printable_spec(key): printable_spec(each) for key, each in value.items()}
    if isinstance(value, list):
        return [printable_spec(each) for each in value]
    return printable(_ESCAPED.sub(_shown, value)) if isinstance(value, str) else value


def _shown(escaped: re.Match[str]) -> str:
    """Return an expression's escape as it is, or what stands for a character that cannot be shown."""
    return "\ufffd" if _UNPRINTABLE.match(chr(int(escaped[0][2:], 16))) else escaped[0]
