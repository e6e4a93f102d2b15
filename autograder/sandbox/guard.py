"""The process outside each session that watches it: signals, memory, its end, and what it leaves behind.

server (warm) -> guard -> session. The guard is in the server's process namespace, where the session cannot see it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.sandbox import walls
from autograder.sandbox.channel import Channel
from autograder.sandbox.limits import Limits
from autograder.sandbox.plain import Entry

_LOOK_S = 0.2  # between two looks at the memory
_SAID_BYTES = 8000  # kept of what a session wrote to its standard output and error


@dataclass(frozen=True)
class Ways:
    """How the sessions of a server are walled in.

    Parameters
    ----------
    sandboxed : bool
        Whether the server is inside bubblewrap.
    nested : bool
        Whether each session gets namespaces of its own.
    network : bool
        Whether they have the network.
    shown : tuple of str
        Files and folders below /tmp that stay visible.
    """

    sandboxed: bool
    nested: bool
    network: bool
    shown: tuple[str, ...] = ()


def guard(status: socket.socket, session: int, entry: Entry, ways: Ways) -> None:
    """Start a session and watch it until it ends; then say on `status` how it ended.

    Parameters
    ----------
    status : socket.socket
        Where the limits come from first, then b"i" (interrupt) and b"k" (kill); closed means kill.
    session : int
        File descriptor of the session's channel.
    entry : callable
        What the session runs.
    ways : Ways
        Its walls.
    """
    line = bytearray()
    while not line.endswith(b"\n"):
        if not (byte := status.recv(1)):
            return
        line += byte
    limits = Limits(**json.loads(line))
    folder = None if ways.sandboxed else tempfile.mkdtemp(prefix="session-")
    if ways.nested:
        walls.own_users_and_pids()
    if sys.platform == "linux":
        walls.adopt_orphans()
    wake_in, wake_out = socket.socketpair()
    wake_in.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_in.fileno())
    said_out, said_in = os.pipe()
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        for held in (status, wake_in, wake_out):
            held.detach()  # closed by number, so that no collected object closes somebody else's file later
        _be_session(session, said_in, entry, limits, ways, folder)
    os.close(session)
    os.close(said_in)
    wake_in.detach()  # the signal handler writes to it until the end
    try:
        report = _watch(child, status, wake_out, said_out, limits, ways)
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        status.sendall(json.dumps(report).encode() + b"\n")


def _watch(
    child: int, status: socket.socket, wake: socket.socket, said_out: int, limits: Limits, ways: Ways
) -> dict[str, Any]:
    said, reason = b"", ""
    status.setblocking(False)
    wake.setblocking(False)
    os.set_blocking(said_out, False)
    inputs = select.poll()
    for source in (status.fileno(), wake.fileno(), said_out):
        inputs.register(source, select.POLLIN)
    while not (ended := _reap(child)):
        for source, _ in inputs.poll(_LOOK_S * 1000):
            if source == said_out:
                said = (said + (more := _read(said_out)))[-_SAID_BYTES:]
                if not more:
                    inputs.unregister(said_out)
            elif source == wake.fileno():
                wake.recv(100)
            elif b"k" in (order := status.recv(100)) or not order:
                reason = reason or "killed"
            elif order:
                os.kill(child, signal.SIGINT)
        if not reason and holds_more_than(limits.memory_mb):
            reason = "memory"
        if reason:
            _kill(child, ways)
    if not ways.nested:
        _kill_all()
    said = (said + _read(said_out))[-_SAID_BYTES:]
    code, used = ended
    word = reason if reason and code == -signal.SIGKILL else _word(code, used, limits)
    return {"ended": word, "code": code, "said": said.decode(errors="replace")}


def _reap(child: int) -> tuple[int, resource.struct_rusage] | None:
    """Return how the session ended (exit code, or minus the signal) and what it used; None while it lives."""
    pid, state, used = os.wait4(child, os.WNOHANG)
    return (os.waitstatus_to_exitcode(state), used) if pid else None


def _word(code: int, used: resource.struct_rusage, limits: Limits) -> str:
    if code == -signal.SIGXCPU or (code == -signal.SIGKILL and used.ru_utime + used.ru_stime >= limits.cpu_s - 0.5):
        return "cpu"
    if code == -signal.SIGKILL:  # not by us: by the kernel, out of memory, or by a person
        return "memory" if used.ru_maxrss / 1024 > limits.memory_mb / 2 else "killed"
    return "exited"


def _read(said_out: int) -> bytes:
    try:
        return os.read(said_out, 65536)
    except BlockingIOError:
        return b""


def _kill(child: int, ways: Ways) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)  # the first process of a namespace takes all others with it
    if not ways.nested:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)


def _kill_all() -> None:
    """Kill what a session without a process namespace left behind: its orphans are ours (on Linux)."""
    while left := descendants(os.getpid()):
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.wait()


def descendants(pid: int) -> list[int]:
    """List the processes below a process, by /proc; on systems without it, by psutil.

    Parameters
    ----------
    pid : int
        The process.

    Returns
    -------
    list of int
        Process ids, without `pid`.
    """
    if not Path("/proc/self/task").is_dir():
        import psutil

        return [process.pid for process in psutil.Process(pid).children(recursive=True)]
    found: list[int] = []
    waiting = [pid]
    while waiting:
        with contextlib.suppress(OSError):  # it ended
            for thread in os.listdir(f"/proc/{(parent := waiting.pop())}/task"):  # noqa: PTH208  (names only, often)
                with contextlib.suppress(OSError):
                    children = [*map(int, Path(f"/proc/{parent}/task/{thread}/children").read_bytes().split())]
                    found += children
                    waiting += children
    return found


def holds_more_than(memory_mb: int) -> bool:
    """Tell whether the processes below this one hold more than some megabytes together.

    Parameters
    ----------
    memory_mb : int
        The megabytes.

    Returns
    -------
    bool
        What they share (also with the warm server that they were forked from) counts in parts; that costs more to
        find out, and is asked only when the plain sum is above.
    """
    pids = descendants(os.getpid())
    return sum(map(_resident_mb, pids)) > memory_mb and sum(map(_share_mb, pids)) > memory_mb


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * resource.getpagesize() / 1024**2
    except FileNotFoundError:
        if sys.platform == "linux":
            return 0.0
    except OSError:
        return 0.0
    import psutil

    with contextlib.suppress(psutil.Error):
        return float(psutil.Process(pid).memory_info().rss / 1024**2)
    return 0.0


def _share_mb(pid: int) -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):  # it ended, or hides: then the plain number counts
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return _resident_mb(pid)


def _be_session(session: int, said: int, entry: Entry, limits: Limits, ways: Ways, folder: str | None) -> None:
    """Be the session: put up the walls, call the entry point, end. Never returns."""
    code = 1
    try:
        _prepare(session, said, limits, ways, folder)
        channel = Channel(socket.socket(fileno=3), message_mb=limits.message_mb)
        options = json.loads(channel.receive())
        channel.send(b"ready")
        entry(channel, limits, options)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        with contextlib.suppress(BaseException):
            traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code & 255)


def _prepare(session: int, said: int, limits: Limits, ways: Ways, folder: str | None) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, source in enumerate((nothing, said, said, session)):
        if source != number:
            os.dup2(source, number)
    os.set_inheritable(3, False)
    if sys.platform == "linux":
        walls.close_from(4)
        walls.end_with_parent()
        walls.hide_memory(False)  # or programs cannot use their own /proc/self
    else:
        os.closerange(4, 4096)
    for name in ("SIGCHLD", "SIGTERM", "SIGINT", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)
    if ways.sandboxed:
        with contextlib.suppress(OSError):  # if the machine itself runs out of memory, this goes first
            Path("/proc/self/oom_score_adj").write_text("1000")
        if ways.nested:
            walls.own_files(limits.disk_mb, network=ways.network, shown=ways.shown)
        else:
            with contextlib.suppress(OSError):  # where none can be made, or only powerless ones, there is no need
                walls.own_users_only()
        folder = "/tmp/work"
        Path(folder).mkdir(mode=0o700)
        walls.limit(limits, own_users=ways.nested)
        walls.landlock(network=ways.network)
        walls.give_up_capabilities()
    else:
        assert folder is not None
        walls.limit(limits, own_users=False)
        os.environ |= {"MPLCONFIGDIR": f"{folder}/.matplotlib", "IPYTHONDIR": f"{folder}/.ipython"}
    os.chdir(folder)
    os.environ["HOME"] = os.environ["PWD"] = folder
    random.seed()
    if "numpy" in sys.modules:  # every session would draw the same numbers
        sys.modules["numpy"].random.seed()
