"""The warm process: imports the lab's libraries once, then forks a session for each request.

It runs inside bubblewrap (host.py starts it) and holds nothing that a session may not see: a session starts as its
copy. What a session is told goes over the session's own channel. Sessions are forked by one thread, one at a time.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import threading
from dataclasses import asdict, replace

from autograder.sandbox import walls
from autograder.sandbox.guard import Ways, guard
from autograder.sandbox.plain import Entry, load


def main(arguments: list[str]) -> None:
    """Serve until the control socket is closed.

    Parameters
    ----------
    arguments : list of str
        File descriptor of the control socket. The settings come over it, not for everybody's eyes in a process list:
        a line of JSON with `modules`, `entry`, `search`, `prepare`, `root` and `ways`.
    """
    control = socket.socket(fileno=int(arguments[0]))
    line = bytearray()
    while not line.endswith(b"\n"):
        if not (more := control.recv(65536)):
            return
        line += more
    settings = json.loads(line)
    ways = Ways(**settings["ways"])
    if settings["root"]:
        walls.stop_being_root()
    if ways.sandboxed:
        walls.hide_memory()
    entry, failed = load(settings)  # prints a traceback and ends if the entry point is missing
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if others:  # a lock that such a thread holds at the fork stays locked for ever
        sys.exit(f"these modules leave threads running, so that forking is not safe: {', '.join(sorted(others))}")
    why = _try_nesting(ways) if ways.nested else ""
    ways = replace(ways, nested=ways.nested and not why)
    gc.collect()
    gc.freeze()
    control.sendall(json.dumps({"failed": failed, "ways": asdict(ways), "why": why}).encode() + b"\n")
    _serve(control, entry, ways)


def _try_nesting(ways: Ways) -> str:
    """Return why sessions cannot have namespaces of their own, "" if they can."""
    out, into = os.pipe()
    if (child := os.fork()) == 0:
        try:
            walls.own_users_and_pids()
            if (inner := os.fork()) == 0:
                walls.own_files(1, network=ways.network, shown=ways.shown)
                walls.landlock(network=ways.network)
                walls.give_up_capabilities()
                os._exit(0)
            os._exit(1 if os.waitpid(inner, 0)[1] else 0)
        except BaseException as error:
            os.write(into, f"{error}".encode()[:4000])
        finally:
            os._exit(1)
    os.close(into)
    with os.fdopen(out, "rb") as reader:
        why = reader.read().decode(errors="replace")
    return why or "refused" if os.waitpid(child, 0)[1] else ""


def _serve(control: socket.socket, entry: Entry, ways: Ways) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # guards leave no zombies
    while True:
        request, received, _, _ = socket.recv_fds(control, 1, 2)
        if not request:
            return
        sys.stdout.flush()
        sys.stderr.flush()
        if len(received) == 2 and _fork() == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(control.detach())
                guard(socket.socket(fileno=received[1]), received[0], entry, ways)
            except BaseException as error:
                print(f"A session could not start: {error!r}", file=sys.stderr, flush=True)
            finally:
                os._exit(0)
        for number in received:
            os.close(number)


def _fork() -> int:
    """Fork, or write down why not; whoever asked sees its socket closed."""
    try:
        return os.fork()
    except OSError as error:
        print(f"A session could not be forked: {error}", file=sys.stderr, flush=True)
        return -1


if __name__ == "__main__":
    main(sys.argv[1:])
