"""What takes a value apart and what puts it together again; the other modules register their types here."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Callable, Collection
from types import NoneType
from typing import Any

from autograder.transfer._frame import Bounds, TransferError, join, parse, refuse, split, too_large, too_many
from evaluators.errors import LabError

HINT = "Tests can look at numbers, text, dates, lists, dictionaries, sets, numpy arrays and pandas tables."

Encoder = Callable[["Writer", Any], Any]
Decoder = Callable[["Reader", Any], Any]

ENCODERS: dict[type, Encoder] = {}
DECODERS: dict[str, Decoder] = {}

# Modules that know the types of a library, by the library's name. The writer loads one when the program has loaded the
# library; the reader, when a frame needs it.
_LIBRARIES = {
    "numpy": "autograder.transfer._arrays",
    "pandas": "autograder.transfer._tables",
    "scipy.sparse": "autograder.transfer._sparse",
}
_TAGS = {
    "numpy": ("array", "objects", "masked", "scalar", "np_str", "np_bytes", "np_dtype", "np_constant"),
    "pandas": (
        *("frame", "series", "index", "range_index", "multi_index", "pd_numbers", "pd_text", "pd_dates", "pd_spans"),
        *("pd_objects", "pd_period", "pd_intervals", "categories", "timestamp", "delta", "period", "interval", "pd_na"),
    ),
    "scipy.sparse": ("sparse",),
}
_LIBRARY_OF_TAG = {tag: library for library, tags in _TAGS.items() for tag in tags}
_MOST_OF_ONE_HASH = 64

SMALL = 2**63  # what is smaller than this, on either side of zero, is a number in the JSON


class UnfitError(Exception):
    """Inside the writer: a value cannot cross; `steps` leads to it, the last step first."""

    def __init__(self, problem: str, hint: str = HINT) -> None:
        super().__init__(problem, hint)
        self.problem, self.hint, self.steps = problem, hint, list[str]()


class ForeignError(Exception):
    """Inside the writer: an object of a known type has something about it that is outside the closed set."""


class Writer:
    """Turn one value into a header and buffers.

    Parameters
    ----------
    describe : callable or None
        Describes what is outside the closed set.
    bounds : Bounds
        What the frame must keep.
    """

    def __init__(self, describe: Callable[[object], object] | None, bounds: Bounds) -> None:
        self.describe, self.bounds = describe, bounds
        self.buffers: list[Any] = []
        self.sizes: list[int] = []
        self.inside: list[int] = []  # the ids of the containers that are being walked, the outermost first
        self.bytes = self.items = self.spent = 0

    def pack(self, value: object) -> bytes:
        """Return the frame of a value."""
        try:
            header = self.encode(value)
            return join(header, self.buffers, self.sizes, self.bounds, self.spent)
        except UnfitError as unfit:
            where = "".join(reversed(unfit.steps))
            raise TransferError(f"{unfit.problem}, at {where}." if where else f"{unfit.problem}.", unfit.hint) from None
        except LabError:
            raise
        except RecursionError:
            raise TransferError("The value is nested too deeply to cross to the tests.", HINT) from None
        except Exception as error:
            problem = f"A value of the type {named(type(value))} could not be read ({named(type(error))})."
            raise TransferError(problem, HINT) from error

    def encode(self, value: Any) -> Any:
        """Return what stands in the header for a value: itself, a list, or a dictionary of one tag."""
        kind = type(value)
        if kind is str:
            self.weigh(len(value))
            return value
        if value is None or kind is bool or (kind is int and -SMALL <= value < SMALL):
            return value
        encoder = ENCODERS.get(kind) or self._find(kind)
        if encoder is None:
            return self.handle(value)
        kept = len(self.buffers), len(self.inside)
        try:
            return encoder(self, value)
        except ForeignError as reason:
            del self.buffers[kept[0] :], self.sizes[kept[0] :], self.inside[kept[1] :]
            return self.handle(value, f" {reason}")

    def part(self, value: Any) -> Any:
        """Encode a part of an object that is a handle as a whole if its part is outside the closed set."""
        encoder = ENCODERS.get(type(value))
        if encoder is None:
            raise ForeignError(f"with something of the type {named(type(value))}")
        return encoder(self, value)

    def handle(self, value: object, reason: str = "") -> Any:
        """Return what stands in the header for something that stays where it is."""
        if self.describe is None:
            raise UnfitError(f"A value of the type {named(type(value))}{reason} cannot cross to the tests")
        try:
            description = self.describe(value)
        except TransferError as error:
            raise UnfitError(error.problem.rstrip("."), error.hint) from error
        if not plain(description):
            raise UnfitError(f"The description of a value of the type {named(type(value))} is not plain JSON")
        return {"handle": self.encode(description)}

    def sequence(self, owner: object, values: Collection[object]) -> list[Any]:
        """Encode the elements of a container, in order."""
        self.enter(owner, len(values))
        position, encoded = 0, []
        try:
            for position, value in enumerate(values):  # noqa: B007  # the position is for the message
                encoded.append(self.encode(value))
        except UnfitError as unfit:
            unfit.steps.append(f"[{position}]")
            raise
        self.inside.pop()
        return encoded

    def enter(self, owner: object, size: int) -> None:
        """Note that a container of so many elements is being walked; `self.inside.pop()` when it is done."""
        if len(self.inside) >= self.bounds.depth:
            raise UnfitError(f"A value is nested more than {self.bounds.depth} levels deep")
        if id(owner) in self.inside:
            raise UnfitError(f"A value of the type {named(type(owner))} contains itself")
        self.inside.append(id(owner))
        self.items += size
        if self.items > self.bounds.items:
            raise too_many(self.bounds)

    def spend(self, items: int) -> None:
        """Count items that the header doesn't show."""
        self.spent += items
        if self.spent > self.bounds.items:
            raise too_many(self.bounds)

    def weigh(self, size: int) -> None:
        """Count bytes before anything of that size is copied."""
        self.bytes += size
        if self.bytes > self.bounds.bytes:
            raise too_large(self.bytes, self.bounds)

    def buffer(self, data: Any, size: int) -> int:
        """Add a buffer (bytes-like, its length in bytes) and return its number; its bytes are weighed by the caller."""
        self.buffers.append(data)
        self.sizes.append(size)
        return len(self.buffers) - 1

    def _find(self, kind: type) -> Encoder | None:
        """Return the encoder for a type that is not registered yet."""
        for library, module in _LIBRARIES.items():
            if library in sys.modules and module not in sys.modules:
                importlib.import_module(module)
        found = ENCODERS.get(kind)
        if found is None and kind.__mro__[1:] == (tuple, object) and "_fields" in kind.__dict__:
            return ENCODERS[tuple]  # which looks whether it is a plain named tuple
        return found


class Reader:
    """Turn a frame into the value it holds.

    Parameters
    ----------
    resolve : callable or None
        Makes something of the description of what is outside the closed set.
    bounds : Bounds
        What the frame must keep.
    """

    def __init__(self, resolve: Callable[[object], object] | None, bounds: Bounds) -> None:
        self.resolve, self.bounds = resolve, bounds
        self.buffers: list[memoryview | None] = []
        self.items = self.classes = 0

    def unpack(self, data: bytes) -> object:
        """Return the value in a frame."""
        try:
            header, buffers, self.items = split(data, self.bounds)
            self.buffers = [*buffers]
            value = parse(header, self.pair)
            if any(buffer is not None for buffer in self.buffers):
                raise refuse("a buffer belongs to nothing")
            return value
        except LabError:
            raise
        except Exception as error:
            raise refuse(f"it is malformed ({named(type(error))})") from error

    def pair(self, tag: str, payload: Any) -> object:
        """Return the value of a tag; whatever stands inside it has been decoded before."""
        decoder = DECODERS.get(tag)
        if decoder is None:
            library = _LIBRARY_OF_TAG.get(tag)
            if library is None:
                raise refuse("a tag is unknown")
            importlib.import_module(_LIBRARIES[library])
            decoder = DECODERS[tag]
        return decoder(self, payload)

    def buffer(self, number: object) -> memoryview:
        """Return a buffer; each can be had once, or a small frame could ask for the same one a million times."""
        if type(number) is not int or not 0 <= number < len(self.buffers):
            raise refuse("a buffer is missing")
        buffer = self.buffers[number]
        if buffer is None:
            raise refuse("a buffer is used twice")
        self.buffers[number] = None
        return buffer

    def spend(self, items: int) -> None:
        """Count items that the header doesn't show."""
        self.items += items
        if self.items > self.bounds.items:
            raise too_many(self.bounds)


def plain(value: object) -> bool:
    """Tell whether a description is plain JSON; numbers may be any."""
    if type(value) is list:
        return all(map(plain, value))
    if type(value) is dict:
        return all(type(key) is str and plain(one) for key, one in value.items())
    return type(value) in (NoneType, bool, int, float, str)


def check_spread(keys: list[Any]) -> None:
    """Refuse keys chosen to have equal hashes: a dictionary of them would take hours to fill."""
    if len(keys) <= _MOST_OF_ONE_HASH or set(map(type, keys)) == {str}:
        return
    if max(Counter(map(hash, keys)).values()) > _MOST_OF_ONE_HASH:
        raise refuse("its keys have been chosen to be slow")


def fields(payload: Any, count: int) -> list[Any]:
    """Return a payload that must be a list of so many."""
    if type(payload) is not list or len(payload) != count:
        raise refuse("a tag has the wrong contents")
    return payload


def exactly(value: Any, kind: type) -> Any:
    """Return a value that must have exactly a type."""
    if type(value) is not kind:
        raise refuse(f"{kind.__name__} expected")
    return value


def named(kind: type) -> str:
    """Return how a type is called in a message."""
    module, name = str(kind.__module__).partition(".")[0], str(kind.__qualname__)
    return (name if module in ("builtins", "__main__") else f"{module} {name}")[:80]


def step(key: object) -> str:
    """Return how a key is shown on the way to a value."""
    return f"[{key!r}]"[:60] if type(key) in (str, int, bool, NoneType, float) else f"[a {named(type(key))}]"
