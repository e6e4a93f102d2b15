"""Messages between the coordinator and a session, over one connected stream socket.

A frame is a length (8 bytes, big-endian) and that many bytes. Nothing that arrives is trusted: a length above the
limit is refused before memory is set aside for it.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from collections import deque

from evaluators.errors import LabError

_LENGTH = struct.Struct(">Q")
_CHUNK = 1 << 20


class ChannelError(LabError, OSError):
    """Talking to a session failed; what happened to the session is in `Session.ended`."""


class ChannelTimeout(ChannelError, TimeoutError):  # noqa: N818  (named for what happened)
    """The other side did not send, or did not read, in time."""


class ChannelClosed(ChannelError, ConnectionError):  # noqa: N818
    """The other side is gone."""


class MessageTooBig(ChannelError):  # noqa: N818
    """A message is larger than the channel carries."""


class Channel:
    """Send and receive whole messages.

    One thread may receive while others send. A timeout or an interrupt in the middle of a message loses no bytes: the
    next `receive` goes on where the last one stopped, and the next `send` first sends the rest of the last message.

    Parameters
    ----------
    connection : socket.socket
        A connected stream socket; the channel owns it from now on.
    message_mb : float
        Largest message in either direction, in megabytes (1024 * 1024 bytes).
    """

    def __init__(self, connection: socket.socket, *, message_mb: float = 64) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._largest = int(message_mb * 1024 * 1024)
        self._incoming = bytearray()  # of one frame, never more
        self._outgoing: tuple[bytes, deque[int]] = (b"", deque())  # a frame, and the sizes of what was sent of it
        self._sending = threading.Lock()

    def send(self, data: bytes, timeout_s: float | None = None) -> None:
        """Send one message.

        Parameters
        ----------
        data : bytes
            The message.
        timeout_s : float, optional
            How many seconds the other side may take to read it; for ever if not given.

        Raises
        ------
        ChannelTimeout
            If it was not read in time. What is left of it is sent before the next message.
        ChannelClosed
            If the other side is gone.
        MessageTooBig
            If the message is larger than the channel carries; nothing was sent.
        """
        if len(data) > self._largest:
            raise self._too_big(len(data))
        end = None if timeout_s is None else time.monotonic() + timeout_s
        with self._sending:
            self._flush(end)
            self._outgoing = (_LENGTH.pack(len(data)) + data, deque())
            self._flush(end)

    def _flush(self, end: float | None) -> None:
        frame, sent = self._outgoing
        view = memoryview(frame)
        while (start := sum(sent)) < len(frame):
            try:
                # `extend` and `map` keep Python's signal handlers out until the number of bytes is noted.
                sent.extend(map(self._socket.send, (view[start : start + _CHUNK],)))
            except BlockingIOError:
                self._wait(select.POLLOUT if hasattr(select, "poll") else 0, end, "did not read a message")
            except OSError:
                raise self._closed() from None

    def receive(self, timeout_s: float | None = None) -> bytes:
        """Return the next message.

        Parameters
        ----------
        timeout_s : float, optional
            How many seconds it may take to arrive; for ever if not given.

        Returns
        -------
        bytes
            The message.

        Raises
        ------
        ChannelTimeout
            If it did not arrive in time. What came of it is kept for the next call.
        ChannelClosed
            If the other side is gone.
        MessageTooBig
            If its length is above what the channel carries; the channel is of no use afterwards.
        """
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            size = _LENGTH.size
            if len(self._incoming) >= size:
                (length,) = _LENGTH.unpack_from(self._incoming)
                if length > self._largest:
                    raise self._too_big(length)
                size += length
                if len(self._incoming) == size:
                    data, self._incoming = bytes(memoryview(self._incoming)[_LENGTH.size :]), bytearray()
                    return data
            before = len(self._incoming)
            try:
                # No signal handler runs between taking the bytes and keeping them: it is one call for the interpreter.
                deque(map(self._incoming.__iadd__, map(self._socket.recv, (min(size - before, _CHUNK),))), 0)
            except BlockingIOError:
                self._wait(select.POLLIN if hasattr(select, "poll") else 0, end, "sent no message")
                continue
            except OSError:
                raise self._closed() from None
            if len(self._incoming) == before:
                raise self._closed()

    def _wait(self, event: int, end: float | None, what: str) -> None:
        left = None if end is None else max(0.0, end - time.monotonic())
        try:
            if hasattr(select, "poll"):
                poll = select.poll()
                poll.register(self._socket, event)
                ready = bool(poll.poll(None if left is None else left * 1000))
            else:  # Windows
                writers = [self._socket] if what.startswith("did not read") else []
                readers = [] if writers else [self._socket]
                ready = any(select.select(readers, writers, [], left))
        except (OSError, ValueError):  # another thread closed it
            raise self._closed() from None
        if not ready:
            raise ChannelTimeout(f"The session {what} in time.", "It hangs or is busy: interrupt it or end it.")

    def _too_big(self, size: int) -> MessageTooBig:
        return MessageTooBig(
            f"A message of {size / 1024**2:,.0f} MB is too big: {self._largest / 1024**2:,.0f} MB at most.",
            "Keep results small, or raise message_mb.",
        )

    @staticmethod
    def _closed() -> ChannelClosed:
        return ChannelClosed("The other side of the channel is gone.", "Session.ended says why.")

    def hung_up(self) -> bool:
        """Tell, without waiting, whether the other side is gone; messages of it may still be there to receive."""
        if self._socket.fileno() < 0:
            return False
        try:
            if not hasattr(select, "poll"):
                return self._socket.recv(1, socket.MSG_PEEK) == b""
            poll = select.poll()
            poll.register(self._socket, getattr(select, "POLLRDHUP", 0))
            return bool(poll.poll(0))
        except BlockingIOError:
            return False
        except (OSError, ValueError):
            return True

    def fileno(self) -> int:
        """Return the socket's file descriptor, -1 when closed."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the channel; the other side sees ChannelClosed. Closing twice does no harm."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits in `receive`
        self._socket.close()
