"""Numbers, text and containers of Python itself."""

from __future__ import annotations

import collections
import functools
import keyword
import math
import re
import struct
import unicodedata
from decimal import Decimal
from fractions import Fraction
from pathlib import PosixPath, PurePosixPath, PureWindowsPath
from types import EllipsisType, NoneType, NotImplementedType
from typing import Any
from uuid import UUID

from autograder.transfer._codec import (
    DECODERS,
    ENCODERS,
    SMALL,
    ForeignError,
    Reader,
    UnfitError,
    Writer,
    check_spread,
    exactly,
    fields,
    plain,
    step,
)
from autograder.transfer._frame import refuse

_LONG = 16  # lists this long and longer of one kind of number travel as a buffer
_PLAIN = {str, bool, NoneType}
_SPECIAL = ("nan", "-nan", "inf", "-inf")
_CONSTANTS = {"Ellipsis": ..., "NotImplemented": NotImplemented}
_FACTORIES: dict[str, type] = {kind.__name__: kind for kind in (int, float, str, list, dict, set)}
_PATHS: dict[str, Any] = {kind.__name__: kind for kind in (PurePosixPath, PureWindowsPath, PosixPath)}
_HEX = re.compile(r"-?[1-9a-f][0-9a-f]*")
_DECIMAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:E[-+][0-9]{1,19})?|Infinity|s?NaN[0-9]*)")
_MOST_CLASSES = 100
_BIT_PER_DIGIT = math.log2(10)

# What the class of a named tuple has; anything else has been added by the one who wrote it.
_NAMED_TUPLE = {*vars(collections.namedtuple("_Sample", "")), "__orig_bases__", "__annotations__", "__replace__"}


def _int(writer: Writer, value: int) -> Any:
    if -SMALL <= value < SMALL:
        return value
    if value.bit_length() > writer.bounds.digits * _BIT_PER_DIGIT:
        raise UnfitError(f"An integer has more than {writer.bounds.digits:,} digits")
    writer.weigh(value.bit_length() // 4)
    return {"int": format(value, "x")}  # hexadecimal: linear in time, and outside Python's limit on decimal digits


def _read_int(reader: Reader, text: Any) -> int:
    if len(exactly(text, str)) > reader.bounds.digits * _BIT_PER_DIGIT / 4 + 2 or not _HEX.fullmatch(text):
        raise refuse("an integer is malformed or too long")
    return int(text, 16)


def _float(writer: Writer, value: float) -> Any:
    if math.isfinite(value):
        return value
    if value != value:
        return {"float": "nan" if math.copysign(1, value) > 0 else "-nan"}
    return {"float": "inf" if value > 0 else "-inf"}


def _read_float(reader: Reader, text: Any) -> float:
    if text not in _SPECIAL:
        raise refuse("a number is none")
    return float(text)  # a new object each time: a set may hold several NaN


def _decimal(writer: Writer, value: Decimal) -> Any:
    text = str(value)
    if len(text) > writer.bounds.digits:
        raise UnfitError(f"A Decimal has more than {writer.bounds.digits:,} digits")
    writer.weigh(len(text))
    return {"decimal": text}


def _read_decimal(reader: Reader, text: Any) -> Decimal:
    if len(exactly(text, str)) > reader.bounds.digits or not _DECIMAL.fullmatch(text):
        raise refuse("a Decimal is malformed or too long")
    return Decimal(text)


def _read_fraction(reader: Reader, payload: Any) -> Fraction:
    above, below = (exactly(one, int) for one in fields(payload, 2))
    reader.spend((above.bit_length() + below.bit_length()) // 1000)  # the common divisor takes a while
    if below <= 0:
        raise refuse("a Fraction has no denominator")
    return Fraction(above, below)


def _fraction(writer: Writer, value: Fraction) -> Any:
    above, below = value.numerator, value.denominator
    writer.spend((above.bit_length() + below.bit_length()) // 1000)
    return {"fraction": [_int(writer, above), _int(writer, below)]}


def _bytes(writer: Writer, value: Any) -> Any:
    writer.weigh(len(value))
    return {type(value).__name__: writer.buffer(bytes(value), len(value))}


def _list(writer: Writer, value: list[Any]) -> Any:
    if len(value) >= _LONG:
        kinds = set(map(type, value))
        if kinds <= _PLAIN:
            writer.enter(value, len(value))
            writer.inside.pop()
            if kinds == {str}:
                return _texts(writer, value)
            writer.weigh(sum(len(text) for text in value if type(text) is str))
            return value
        if kinds == {int} or kinds == {float}:
            writer.spend(len(value))
            writer.weigh(8 * len(value))
            try:
                data = struct.pack(f"<{len(value)}{'q' if int in kinds else 'd'}", *value)
            except struct.error:  # an integer of more than 64 bits
                return writer.sequence(value, value)
            return {"ints" if int in kinds else "floats": writer.buffer(data, len(data))}
    return writer.sequence(value, value)


def _texts(writer: Writer, value: list[str]) -> Any:
    writer.weigh(sum(map(len, value)))
    joined = "\0".join(value)
    if joined.count("\0") >= len(value):
        return value
    data = joined.encode("utf-8", "surrogatepass")
    writer.spend(len(value))
    return {"texts": writer.buffer(data, len(data))}


def _read_texts(reader: Reader, number: Any) -> list[str]:
    text = str(reader.buffer(number), "utf-8", "surrogatepass")
    reader.spend(text.count("\0") + 1)
    return text.split("\0")


def _read_numbers(form: str, reader: Reader, number: Any) -> list[Any]:
    data = reader.buffer(number)
    if len(data) % 8:
        raise refuse("a list of numbers is cut off")
    reader.spend(len(data) // 8)
    return list(struct.unpack(f"<{len(data) // 8}{form}", data))


def _tuple(writer: Writer, value: tuple[Any, ...]) -> Any:
    kind: Any = type(value)
    if kind is tuple:
        return {"tuple": writer.sequence(value, value)}
    names = kind._fields
    if set(vars(kind)) - _NAMED_TUPLE - set(names) or not _names_fit(kind.__name__, names):
        raise ForeignError("(a named tuple with methods or odd names of its own)")
    if len(names) != len(value):
        raise ForeignError("(a tuple that does not have its fields)")
    writer.enter(value, len(value))
    encoded = []
    for name, one in zip(names, value, strict=True):
        try:
            encoded.append(writer.encode(one))
        except UnfitError as unfit:
            unfit.steps.append(f".{name}")
            raise
    writer.inside.pop()
    return {"named": [kind.__name__, list(names), encoded]}


def _names_fit(name: str, names: tuple[str, ...]) -> bool:
    """Tell whether a named tuple's names are safe to make a class of, and would come out as they are."""
    for position, one in enumerate((name, *names), start=-1):
        if type(one) is not str or len(one) > 100 or not one.isidentifier() or keyword.iskeyword(one):
            return False
        if unicodedata.normalize("NFKC", one) != one:  # as the parser does: two names could become one
            return False
        if position >= 0 and one.startswith("_") and one != f"_{position}":
            return False
    return len(names) <= 255 and len(set(names)) == len(names)


@functools.lru_cache(maxsize=1024)
def _named_tuple(name: str, names: tuple[str, ...]) -> Any:
    return collections.namedtuple(name, names, rename=True)  # renames to _0, _1, ... which is what those were


def _read_named(reader: Reader, payload: Any) -> Any:
    name, names, values = fields(payload, 3)
    names = tuple(exactly(names, list))
    if len(fields(values, len(names))) != len(names) or not _names_fit(name, names):
        raise refuse("a named tuple has odd names")
    before = _named_tuple.cache_info().misses
    kind = _named_tuple(name, names)
    reader.classes += _named_tuple.cache_info().misses - before
    if reader.classes > _MOST_CLASSES:
        raise refuse("it has too many kinds of named tuples")
    return kind._make(values)


def _pairs(writer: Writer, value: dict[Any, Any]) -> list[Any]:
    writer.enter(value, 2 * len(value))
    encoded, key = [], None
    try:
        for key, one in value.items():
            encoded.append(writer.encode(key))
            encoded.append(writer.encode(one))
    except UnfitError as unfit:
        unfit.steps.append(step(key))
        raise
    writer.inside.pop()
    return encoded


def _fill(target: Any, payload: Any) -> Any:
    """Put keys and values that alternate in a list into an empty dictionary."""
    keys, values = exactly(payload, list)[::2], payload[1::2]
    check_spread(keys)
    update = dict.update if type(target) is collections.Counter else type(target).update  # a Counter's own one adds
    update(target, zip(keys, values, strict=True))
    if len(target) != len(keys):
        raise refuse("a key is repeated")
    return target


def _read_set(kind: Any, payload: Any) -> Any:
    check_spread(exactly(payload, list))
    made = kind(payload)
    if len(made) != len(payload):
        raise refuse("an element is repeated")
    return made


def _default(writer: Writer, value: collections.defaultdict[Any, Any]) -> Any:
    factory = value.default_factory
    if factory is not None and not any(factory is one for one in _FACTORIES.values()):
        raise ForeignError("with a default of its own")
    return {"defaultdict": [None if factory is None else factory.__name__, _pairs(writer, value)]}


def _read_default(reader: Reader, payload: Any) -> Any:
    factory, pairs = fields(payload, 2)
    return _fill(collections.defaultdict(None if factory is None else _FACTORIES[exactly(factory, str)]), pairs)


def _read_deque(reader: Reader, payload: Any) -> Any:
    values, longest = fields(payload, 2)
    if longest is not None and (type(longest) is not int or not len(values) <= longest < SMALL):
        raise refuse("a deque is longer than it can be")
    return collections.deque(exactly(values, list), longest)


def _read_complex(reader: Reader, payload: Any) -> complex:
    real, imaginary = (exactly(one, float) for one in fields(payload, 2))
    return complex(real, imaginary)


def _read_handle(reader: Reader, payload: Any) -> object:
    if reader.resolve is None:
        raise refuse("it is not data")
    if not plain(payload):
        raise refuse("a description is not plain")
    return reader.resolve(payload)


ENCODERS.update(
    {
        int: _int,
        float: _float,
        complex: lambda w, value: {"complex": [_float(w, value.real), _float(w, value.imag)]},
        bytes: _bytes,
        bytearray: _bytes,
        Decimal: _decimal,
        Fraction: _fraction,
        UUID: lambda w, value: {"uuid": value.hex},
        EllipsisType: lambda w, value: {"constant": "Ellipsis"},
        NotImplementedType: lambda w, value: {"constant": "NotImplemented"},
        range: lambda w, value: {"range": [_int(w, part) for part in (value.start, value.stop, value.step)]},
        slice: lambda w, value: {"slice": w.sequence(value, (value.start, value.stop, value.step))},
        list: _list,
        tuple: _tuple,
        set: lambda w, value: {"set": w.sequence(value, value)},
        frozenset: lambda w, value: {"frozenset": w.sequence(value, value)},
        dict: lambda w, value: {"dict": _pairs(w, value)},
        collections.OrderedDict: lambda w, value: {"ordered": _pairs(w, value)},
        collections.Counter: lambda w, value: {"counter": _pairs(w, value)},
        collections.defaultdict: _default,
        collections.deque: lambda w, value: {"deque": [w.sequence(value, value), value.maxlen]},
    }
)
for _kind in _PATHS.values():
    ENCODERS[_kind] = lambda w, value: {"path": [type(value).__name__, w.encode(str(value))]}
DECODERS.update(
    {
        "int": _read_int,
        "float": _read_float,
        "complex": _read_complex,
        "bytes": lambda r, payload: bytes(r.buffer(payload)),
        "bytearray": lambda r, payload: bytearray(r.buffer(payload)),
        "decimal": _read_decimal,
        "fraction": _read_fraction,
        "uuid": lambda r, payload: UUID(hex=exactly(payload, str)),
        "constant": lambda r, payload: _CONSTANTS[payload],
        "range": lambda r, payload: range(*(exactly(part, int) for part in fields(payload, 3))),
        "slice": lambda r, payload: slice(*fields(payload, 3)),
        "ints": functools.partial(_read_numbers, "q"),
        "floats": functools.partial(_read_numbers, "d"),
        "texts": _read_texts,
        "tuple": lambda r, payload: tuple(exactly(payload, list)),
        "named": _read_named,
        "set": lambda r, payload: _read_set(set, payload),
        "frozenset": lambda r, payload: _read_set(frozenset, payload),
        "dict": lambda r, payload: _fill({}, payload),
        "ordered": lambda r, payload: _fill(collections.OrderedDict(), payload),
        "counter": lambda r, payload: _fill(collections.Counter(), payload),
        "defaultdict": _read_default,
        "deque": _read_deque,
        "path": lambda r, payload: _PATHS[fields(payload, 2)[0]](exactly(payload[1], str)),
        "handle": _read_handle,
    }
)
