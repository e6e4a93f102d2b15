"""Messages between the coordinator and a session: one letter, the name of the operation, a line end, the body.

``R`` asks a session to do something, ``A`` answers, ``Q`` is a question that a session asks while it works on a
request. The coordinator passes a question on to the other session as a request without reading its body.
"""

from __future__ import annotations

REQUEST, ANSWER, QUERY = b"R", b"A", b"Q"

APPLY = "apply"  # the only question that the trusted session may ask: use an object of the learner's
CALLBACK = "callback"  # the only one that the learner's may ask: call a function that a test handed over


def message(kind: bytes, op: str, body: bytes) -> bytes:
    """Return a message.

    Examples
    --------
    >>> parts(message(ANSWER, "run", b"..."))
    (b'A', 'run', b'...')
    """
    return kind + op.encode() + b"\n" + body


def parts(data: bytes) -> tuple[bytes, str, bytes]:
    """Split a message into kind, operation and body.

    Raises
    ------
    ValueError
        If it is no message.
    """
    end = data.find(b"\n", 1, 64)
    if data[:1] not in (REQUEST, ANSWER, QUERY) or end < 0:
        raise ValueError("This is no message.")
    return data[:1], data[1:end].decode("ascii", "replace"), data[end + 1 :]
