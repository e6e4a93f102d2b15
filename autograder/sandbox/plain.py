"""Sessions where nothing can be forked (Windows): each is a new Python process that connects back. No walls."""

from __future__ import annotations

import contextlib
import hmac
import importlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from autograder.errors import GraderError
from autograder.sandbox.channel import Channel
from autograder.sandbox.limits import Limits

Entry = Callable[[Channel, Limits, dict[str, Any]], None]

_TOKEN_BYTES = 32


def load(settings: dict[str, Any]) -> tuple[Entry, dict[str, str]]:
    """Import what sessions need.

    Parameters
    ----------
    settings : dict
        `modules`, `entry` ("package.module:function"), `search` (folders to look in last) and `prepare` (what the entry
        point's module is told beforehand, if it has a function of that name).

    Returns
    -------
    callable, dict of str to str
        The entry point; module -> why it could not be imported.
    """
    sys.path.extend(settings["search"])
    failed = {}
    for name in settings["modules"]:
        try:
            importlib.import_module(name)
        except (Exception, SystemExit) as error:  # the cell that imports it will say so itself
            failed[name] = f"{type(error).__name__}: {error}"[:500]
    name, _, function = settings["entry"].partition(":")
    module = importlib.import_module(name)
    entry: Entry = getattr(module, function)
    if hasattr(module, "prepare"):
        module.prepare(settings["prepare"])
    return entry, failed


class PlainProcess:
    """A process of its own for one session; what `Session` needs to know of it.

    Parameters
    ----------
    settings : dict
        As for `load`.
    environment : dict of str to str
        Environment variables of the process.
    limits : Limits
        What the entry point is told; only the coordinator can keep them.
    start_s : float
        Seconds that the start may take.
    """

    def __init__(
        self, settings: dict[str, Any], environment: dict[str, str], limits: Limits, start_s: float = 120
    ) -> None:
        self._folder = tempfile.mkdtemp(prefix="session-")
        self._killed = False
        token = secrets.token_bytes(_TOKEN_BYTES)
        told = json.dumps({**settings, "token": token.hex(), "limits": asdict(limits)})
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(start_s)
            windows = sys.platform == "win32"
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-m", "autograder.sandbox.plain", str(server.getsockname()[1])],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment | {"HOME": self._folder},
                cwd=self._folder,
                creationflags=0x200 if windows else 0,  # a process group of its own, so that it can be interrupted
                start_new_session=not windows,
            )
            assert self._process.stdin is not None
            with contextlib.suppress(OSError), self._process.stdin as stdin:
                stdin.write(told.encode())
            try:
                self.connection = self._accept(server, token)
            except OSError:
                self.close()
                raise GraderError(
                    "A session did not start.", f"Does `python -c 'import {settings['entry'].partition(':')[0]}'` work?"
                ) from None

    @staticmethod
    def _accept(server: socket.socket, token: bytes) -> socket.socket:
        while True:  # others on this machine may connect as well
            connection, _ = server.accept()
            with contextlib.suppress(OSError):
                connection.settimeout(5)
                if hmac.compare_digest(connection.recv(_TOKEN_BYTES, socket.MSG_WAITALL), token):
                    return connection
            connection.close()

    def interrupt(self) -> None:
        """Interrupt what the session does."""
        with contextlib.suppress(OSError):
            self._process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))

    def kill(self) -> None:
        """End the process and those it started."""
        import psutil

        if self._process.poll() is None:
            self._killed = True
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(self._process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        child.kill()
            self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process if it still lives, and remove its folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def report(self, timeout_s: float) -> dict[str, Any] | None:
        """Return how it ended (`ended`, `code`, `said`); None if it lives on after some seconds."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        return {"ended": "killed" if self._killed else "exited", "code": code, "said": ""}


def main(port: int) -> None:
    """Be the session's process: import, connect back, call the entry point, end.

    Parameters
    ----------
    port : int
        Where the coordinator listens on this machine.
    """
    told = json.loads(sys.stdin.buffer.read())
    signal.signal(getattr(signal, "SIGBREAK", signal.SIGINT), signal.default_int_handler)
    code = 1
    try:
        entry, _ = load(told)
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(bytes.fromhex(told["token"]))
        limits = Limits(**told["limits"])
        channel = Channel(connection, message_mb=limits.message_mb)
        options = json.loads(channel.receive())
        channel.send(b"ready")
        entry(channel, limits, options)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]))
