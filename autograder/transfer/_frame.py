"""The frame that values travel in: how it is laid out, and what is checked before any of it is believed.

A frame is `HRT` and a version byte, the length of the header and the number of buffers (4 bytes each), the length of
each buffer (8 bytes each), the header (JSON) and the buffers end to end; all numbers are little-endian. The lengths add
up to exactly the bytes at hand: buffers can neither overlap nor be announced larger than what arrived.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evaluators.errors import LabError

_MAGIC = b"HRT\x01"
_FIXED = struct.Struct("<4sII")
_LONG_NUMBER = re.compile(rb"[-+.0-9eE]{41}")  # the longest number that a writer makes has 24 characters
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))

SPOILT = "Nothing needs correcting by hand; report it if an honest submission causes it."


class TransferError(LabError, ValueError):
    """A value cannot cross between the learner's session and the trusted one, or bytes are not such a value."""


@dataclass(frozen=True)
class Bounds:
    """How large a value may be; the writer and the reader apply the same bounds.

    Parameters
    ----------
    bytes : int
        Length of the frame, bytes.
    depth : int
        Containers inside each other, levels. The reader counts brackets of the header: at most `2 * depth + 24`.
    items : int
        Elements: each one of a list, dictionary or array of objects counts as one or a few (a date about ten), each
        array as 10 more and each table or index as 100 more. Elements of arrays of numbers count by their bytes alone.
    digits : int
        Decimal digits of an integer or a Decimal.
    """

    bytes: int = 64 * 1024 * 1024
    depth: int = 50
    items: int = 2_000_000
    digits: int = 100_000


def refuse(problem: str, hint: str = SPOILT) -> TransferError:
    """Make the error for bytes that are not a value."""
    return TransferError(f"What came from the other session is not a value: {problem}.", hint)


def join(header: object, buffers: Sequence[Any], sizes: Sequence[int], bounds: Bounds, spent: int) -> bytes:
    """Put a frame together.

    Parameters
    ----------
    header : object
        What becomes the JSON.
    buffers : sequence of bytes-like
        The buffers.
    sizes : sequence of int
        Their lengths, bytes.
    bounds : Bounds
        What the frame must keep.
    spent : int
        Items that the buffers stand for.

    Returns
    -------
    bytes
        The frame.

    Raises
    ------
    TransferError
        If it exceeds a bound.
    """
    # Lone surrogates are legal in a str; as bytes of their own they neither fail nor join into one character.
    text = _ENCODER.encode(header).encode("utf-8", "surrogatepass")
    total = _FIXED.size + 8 * len(buffers) + len(text) + sum(sizes)
    if total > bounds.bytes:
        raise too_large(total, bounds)
    _check_header(text, bounds, spent)
    return b"".join(
        [_FIXED.pack(_MAGIC, len(text), len(buffers)), struct.pack(f"<{len(sizes)}Q", *sizes), text, *buffers]
    )


def split(data: bytes, bounds: Bounds) -> tuple[str, list[memoryview], int]:
    """Take a frame apart; nothing is allocated but the header's text.

    Parameters
    ----------
    data : bytes
        The frame, believed hostile.
    bounds : Bounds
        What it must keep.

    Returns
    -------
    str
        The header, nested no deeper and holding no more items or longer numbers than allowed.
    list of memoryview
        The buffers.
    int
        The header's items.

    Raises
    ------
    TransferError
        If it is not a frame.
    """
    if len(data) > bounds.bytes:
        raise too_large(len(data), bounds)
    if len(data) < _FIXED.size:
        raise refuse("it is too short")
    magic, header_size, count = _FIXED.unpack_from(data)
    if magic != _MAGIC:
        raise refuse("it does not begin as one")
    start = _FIXED.size + 8 * count
    if start + header_size > len(data):
        raise refuse("it is cut off")
    sizes = struct.unpack_from(f"<{count}Q", data, _FIXED.size)
    if start + header_size + sum(sizes) != len(data):
        raise refuse("its parts do not add up to its length")
    view = memoryview(data)
    text = bytes(view[start : start + header_size])
    items = _check_header(text, bounds, 0)
    buffers, position = [], start + header_size
    for size in sizes:
        buffers.append(view[position : position + size])
        position += size
    return text.decode("utf-8", "surrogatepass"), buffers, items


def parse(header: str, pair: Callable[[str, Any], object]) -> object:
    """Parse a header that `split` has checked.

    Parameters
    ----------
    header : str
        The JSON.
    pair : callable
        Called with the key and value of each JSON object, the innermost first; what it returns stands for that object.

    Returns
    -------
    object
        The value.

    Raises
    ------
    TransferError
        If the JSON is not what a writer makes.
    """

    def object_(pairs: list[tuple[str, Any]]) -> object:
        if len(pairs) != 1:
            raise refuse("a tag is missing or repeated")
        return pair(*pairs[0])

    def constant(name: str) -> object:
        raise refuse(f"{name} is not JSON")

    return json.JSONDecoder(object_pairs_hook=object_, parse_constant=constant).decode(header)


def too_large(size: int, bounds: Bounds) -> TransferError:
    """Make the error for a value of too many bytes."""
    return TransferError(
        f"The value takes {size / 2**20:,.1f} MiB; at most {bounds.bytes / 2**20:,.1f} MiB can cross to the tests.",
        "Keep only what the task asks for: a summary, or a smaller table.",
    )


def _check_header(text: bytes, bounds: Bounds, spent: int) -> int:
    """Check nesting, items and lengths of numbers of JSON text without parsing it; return its items."""
    # Without escaped quotes, every second piece between quotes is the inside of a string.
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    structure = b'""'.join(text.split(b'"')[::2])
    items = structure.count(b",") + structure.count(b"[") + structure.count(b"{")
    if items + spent > bounds.items:
        raise too_many(bounds)
    if _LONG_NUMBER.search(structure):
        raise refuse("a number is too long")
    brackets = structure.translate(None, _NO_BRACKETS)
    for _ in range(2 * bounds.depth + 24):  # each pass takes the innermost brackets away
        if not brackets:
            return items
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if brackets:
        raise refuse("it is nested too deeply, or its brackets do not match")
    return items


def too_many(bounds: Bounds) -> TransferError:
    """Make the error for a value of too many elements."""
    return TransferError(
        f"The value has too many elements; about {bounds.items:,} can cross to the tests.",
        "Keep only what the task asks for, or put long lists of numbers into a numpy array.",
    )
