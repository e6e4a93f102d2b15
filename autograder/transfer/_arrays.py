"""numpy's scalars and arrays; imported when numpy is."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from autograder.transfer._codec import DECODERS, ENCODERS, ForeignError, Reader, Writer, exactly, fields
from autograder.transfer._frame import refuse

# The types by their text: a closed list, so that nothing has to be interpreted. Always little-endian.
_TYPES: dict[str, np.dtype[Any]] = {
    text: np.dtype(text)
    for text in ("|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16")
}
_LONG_DOUBLES = {text: np.dtype(text) for text in (np.dtype(np.longdouble).str, np.dtype(np.clongdouble).str)}
_TYPES |= {text: dtype for text, dtype in _LONG_DOUBLES.items() if text.startswith("<")}
_SIZED = re.compile(r"\|S[0-9]{1,9}|<U[0-9]{1,8}")
_MOMENT = re.compile(r"<[mM]8(\[[0-9]{0,9}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?")
_COST = 10
_LAST_CHARACTER = 0x10FFFF
_CONSTANTS = {"masked": np.ma.masked}


def type_text(dtype: np.dtype[Any]) -> str:
    """Return the text of a type of numbers, times or text; ForeignError if it is another type."""
    if dtype.kind not in "biufcmMSU" or dtype.metadata:
        raise ForeignError(f"with the type {str(dtype)[:40]}")
    text = dtype.newbyteorder("<").str
    if text not in _TYPES and not _SIZED.fullmatch(text) and not _MOMENT.fullmatch(text):
        raise ForeignError(f"with the type {str(dtype)[:40]}")
    return text


def read_type(text: Any) -> np.dtype[Any]:
    """Return the type of a text that `type_text` made."""
    known = _TYPES.get(exactly(text, str))
    if known is not None:
        return known
    if not _SIZED.fullmatch(text) and not _MOMENT.fullmatch(text):
        raise refuse("an array has a type outside the closed set")
    dtype: np.dtype[Any] = np.dtype(text)
    return dtype


def encode_array(writer: Writer, value: Any) -> Any:
    """Encode an array, exactly of the class ndarray."""
    writer.spend(_COST)
    if value.dtype.kind == "O":
        if value.dtype.metadata:
            raise ForeignError("with metadata")
        writer.enter(value, value.size)
        encoded = writer.encode(value.ravel().tolist())
        writer.inside.pop()
        return {"objects": [list(value.shape), encoded]}
    text = type_text(value.dtype)
    writer.weigh(value.nbytes)
    if not value.dtype.itemsize:
        writer.spend(value.size)
    flat = np.ascontiguousarray(value, read_type(text)).reshape(-1)
    data: Any = flat.view(np.uint8) if flat.nbytes else b""
    return {"array": [text, list(value.shape), writer.buffer(data, flat.nbytes)]}


def _shape(reader: Reader, shape: Any) -> tuple[tuple[int, ...], int]:
    """Check an array's shape; return it and how many elements it has."""
    if len(exactly(shape, list)) > 64 or any(type(length) is not int for length in shape):
        raise refuse("an array has an impossible shape")
    if any(not 0 <= length <= reader.bounds.bytes for length in shape):
        raise refuse("an array has an impossible shape")
    return tuple(shape), math.prod(shape)


def _read_array(reader: Reader, payload: Any) -> Any:
    text, shape, number = fields(payload, 3)
    dtype, data = read_type(text), reader.buffer(number)
    shape, count = _shape(reader, shape)
    reader.spend(_COST if dtype.itemsize else _COST + count)
    if count * dtype.itemsize != len(data):
        raise refuse("an array has more or fewer elements than it says")
    if not data:
        return np.empty(shape, dtype)
    array = np.frombuffer(data, dtype).copy()
    # Bytes that are no values of these types would make numpy misbehave later, in the middle of a test.
    if dtype.kind == "b" and array.view(np.uint8).max() > 1:
        raise refuse("an array of booleans holds something else")
    if dtype.kind == "U" and array.view("<u4").max() > _LAST_CHARACTER:
        raise refuse("an array of text holds something else")
    return array.reshape(shape)


def _read_objects(reader: Reader, payload: Any) -> Any:
    shape, values = fields(payload, 2)
    shape, count = _shape(reader, shape)
    reader.spend(_COST)
    if len(exactly(values, list)) != count:
        raise refuse("an array has more or fewer elements than it says")
    return np.fromiter(values, dtype=object, count=count).reshape(shape)


def _masked(writer: Writer, value: Any) -> Any:
    if value.dtype.kind == "O":  # its elements are not walked as those of other arrays are
        raise ForeignError("of objects")
    mask, fill = np.ma.getmask(value), value._fill_value
    writer.enter(value, 0)
    encoded = [
        encode_array(writer, np.asarray(value.data)),
        None if mask is np.ma.nomask else encode_array(writer, np.asarray(mask)),
        None if fill is None else encode_array(writer, np.asarray(fill)),
        bool(value.hardmask),
    ]
    writer.inside.pop()
    return {"masked": encoded}


def _read_masked(reader: Reader, payload: Any) -> Any:
    data, mask, fill, hard = fields(payload, 4)
    array = np.ma.MaskedArray(exactly(data, np.ndarray), hard_mask=exactly(hard, bool))
    if mask is not None:
        if exactly(mask, np.ndarray).dtype != np.bool_ or mask.shape != data.shape:
            raise refuse("a mask does not belong to its array")
        array = np.ma.MaskedArray(data, mask, hard_mask=hard)
    if fill is not None:
        if exactly(fill, np.ndarray).shape:
            raise refuse("a fill value is an array")
        array.fill_value = fill[()]
    return array


def _scalar(writer: Writer, value: Any) -> Any:
    text = type_text(value.dtype)
    return {"scalar": [text, value.astype(read_type(text)).tobytes().hex()]}


def _read_scalar(reader: Reader, payload: Any) -> Any:
    text, data = fields(payload, 2)
    dtype, data = read_type(text), bytes.fromhex(exactly(data, str))
    if len(data) != dtype.itemsize or dtype.kind in "SU" or (dtype.kind == "b" and data > b"\x01"):
        raise refuse("a number is malformed")
    return np.frombuffer(data, dtype)[0]


def _dtype(writer: Writer, value: Any) -> Any:
    return {"np_dtype": "|O" if value.kind == "O" and not value.metadata else type_text(value)}


ENCODERS.update(
    {
        np.ndarray: encode_array,
        np.ma.MaskedArray: _masked,
        type(np.ma.masked): lambda w, value: {"np_constant": "masked"},
        np.str_: lambda w, value: {"np_str": w.encode(str(value))},
        np.bytes_: lambda w, value: {"np_bytes": w.encode(bytes(value))},
    }
)
for _kind in {*np.sctypeDict.values()} - {np.str_, np.bytes_, np.void, np.object_}:
    ENCODERS[_kind] = _scalar
ENCODERS.update(dict.fromkeys((type(np.dtype(kind)) for kind in np.sctypeDict.values()), _dtype))
DECODERS.update(
    {
        "array": _read_array,
        "objects": _read_objects,
        "masked": _read_masked,
        "scalar": _read_scalar,
        "np_str": lambda r, payload: np.str_(exactly(payload, str)),
        "np_bytes": lambda r, payload: np.bytes_(exactly(payload, bytes)),
        "np_dtype": lambda r, payload: np.dtype(object) if payload == "|O" else read_type(payload),
        "np_constant": lambda r, payload: _CONSTANTS[payload],
    }
)
