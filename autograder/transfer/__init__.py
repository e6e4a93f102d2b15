"""Values that cross between the learner's session and the trusted one: data in a closed set of types, bounded in size.

No pickle, no evaluation, no import of a name that the bytes give. The writer may run in a process that the learner has
taken over; the reader believes nothing. Types are exact: a subclass, a function or an estimator is described by the one
who packs, and made into something by the one who unpacks. What a value holds twice may arrive as two equal copies.
"""

from __future__ import annotations

from collections.abc import Callable

from autograder.transfer import _dates, _values  # noqa: F401  # they register their types
from autograder.transfer._codec import Reader, Writer
from autograder.transfer._frame import Bounds, TransferError

__all__ = ["Bounds", "TransferError", "pack", "unpack"]

_BOUNDS = Bounds()


def pack(value: object, *, describe: Callable[[object], object] | None = None, bounds: Bounds = _BOUNDS) -> bytes:
    """Turn a value into bytes that `unpack` understands.

    Parameters
    ----------
    value : object
        Anything made of None, numbers, text, bytes, dates, Decimal, Fraction, UUID, paths, the containers of Python and
        collections, named tuples, numpy arrays and scalars, scipy sparse matrices and the objects of pandas.
    describe : callable, optional
        Called for whatever is outside that set, wherever it stands; returns a description of plain JSON values, or
        raises TransferError. Without it such an object is an error.
    bounds : Bounds, optional
        How large the value may be.

    Returns
    -------
    bytes
        One frame.

    Raises
    ------
    TransferError
        If the value cannot cross; the problem names the type and where in the value it stands.

    Examples
    --------
    >>> unpack(pack({"rates": (0.5, 1 / 3)}))
    {'rates': (0.5, 0.3333333333333333)}
    >>> unpack(pack([len], describe=lambda thing: {"handle": thing.__name__}), resolve=lambda told: told["handle"])
    ['len']
    """
    return Writer(describe, bounds).pack(value)


def unpack(data: bytes, *, resolve: Callable[[object], object] | None = None, bounds: Bounds = _BOUNDS) -> object:
    """Turn bytes from `pack` into the value.

    Parameters
    ----------
    data : bytes
        One frame, believed hostile.
    resolve : callable, optional
        Called with each description that `describe` returned; what it returns stands in the value. Where the
        description may come from a hostile process, the object's hash must not ask that process: it may be a key.
    bounds : Bounds, optional
        How large the value may be.

    Returns
    -------
    object
        The value, of exactly the types that were packed.

    Raises
    ------
    TransferError
        If the bytes are anything else. Only a LabError that `resolve` raises passes through as it is.
    """
    return Reader(resolve, bounds).unpack(data)
