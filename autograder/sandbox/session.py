"""What the coordinator holds of a session: the channel to it, and the way to end it and to learn how it ended."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import Any, Protocol

from autograder.sandbox.channel import Channel
from autograder.sandbox.limits import Limits

_END_S = 20.0  # for a killed session to be gone


class Process(Protocol):
    """How a session's process is told to end, and tells that it did."""

    def interrupt(self) -> None:
        """Send it SIGINT."""

    def kill(self) -> None:
        """End it and what it started."""

    def report(self, timeout_s: float) -> dict[str, Any] | None:
        """Return how it ended (`ended`, `code`, `said`); None if it lives on after some seconds."""


class Session:
    """One session; leaving its `with` block kills everything that it started.

    Attributes
    ----------
    channel : Channel
        Messages to and from the entry point.
    exit_code : int or None
        Exit code of its process, or minus the signal that ended it; None while it lives, or if nobody knows.
    said : str
        The end of what it wrote to its standard output and error: for people who look for a fault, not to be trusted.
    """

    def __init__(self, channel: Channel, process: Process, on_end: Callable[[Session], None]) -> None:
        self.channel = channel
        self.exit_code: int | None = None
        self.said = ""
        self._process, self._on_end = process, on_end
        self._ended = ""
        self._asking = threading.Lock()

    @property
    def ended(self) -> str:
        """Why it ended, "" while it lives.

        "memory" or "cpu" (a limit), "exited" (by itself, or by a crash), "killed" (by `kill`), "host" (the sandbox
        itself went away; not the session's doing).
        """
        gone = not self._ended and self.channel.hung_up()
        return self.wait(2.0 if gone else 0.0)  # the word comes a moment after the channel is closed

    def wait(self, timeout_s: float) -> str:
        """Wait until it has ended.

        Parameters
        ----------
        timeout_s : float
            How long, in seconds.

        Returns
        -------
        str
            As `ended`.
        """
        with self._asking:
            if not self._ended and (report := self._process.report(timeout_s)):
                self._ended, self.exit_code, self.said = report["ended"], report["code"], report["said"]
            return self._ended

    def interrupt(self) -> None:
        """Send SIGINT to the session's main process, which may ignore it."""
        self._process.interrupt()

    def kill(self) -> None:
        """End the session with all processes it started, and wait until they are gone."""
        if not self._ended:
            self._process.kill()
            if not self.wait(_END_S):
                self._ended = "killed"
        self._on_end(self)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        self.channel.close()


class Guarded:
    """The coordinator's end of a session's guard (guard.py).

    Parameters
    ----------
    status : socket.socket
        Leads to the guard.
    limits : Limits
        What the guard is to keep.
    """

    def __init__(self, status: socket.socket, limits: Limits) -> None:
        self._status, self._killed = status, False
        self._line = bytearray()
        self._tell(json.dumps(asdict(limits)).encode() + b"\n")

    def _tell(self, order: bytes) -> None:
        with contextlib.suppress(OSError):  # it is gone; `report` says why
            self._status.sendall(order)

    def interrupt(self) -> None:
        """Have SIGINT sent to the session's main process."""
        self._tell(b"i")

    def kill(self) -> None:
        """Have the session ended, with all it started."""
        self._killed = True
        self._tell(b"k")

    def report(self, timeout_s: float) -> dict[str, Any] | None:
        """Return how the session ended (`ended`, `code`, `said`); None if it lives on after some seconds."""
        end = time.monotonic() + timeout_s
        while not self._line.endswith(b"\n"):
            try:
                self._status.settimeout(max(1e-4, end - time.monotonic()))
                more = self._status.recv(65536)
            except TimeoutError:
                return None
            except OSError:
                more = b""
            if not more:
                return {"ended": "killed" if self._killed else "host", "code": None, "said": ""}
            self._line += more
        report: dict[str, Any] = json.loads(self._line)
        return report

    def close(self) -> None:
        """Let go of the guard; if the session still lives, that ends it."""
        self._status.close()
