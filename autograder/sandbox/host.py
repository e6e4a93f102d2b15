"""The coordinator's side: starts the warm process behind its walls, and asks it for sessions."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.errors import CourseError, GraderError
from autograder.sandbox import bubblewrap
from autograder.sandbox.channel import Channel, ChannelError
from autograder.sandbox.limits import Limits
from autograder.sandbox.plain import PlainProcess
from autograder.sandbox.session import Guarded, Session

_START_S = 180.0  # for importing the lab's libraries on a slow, busy machine
_READY_S = 60.0  # for a session to be forked and walled in
_END_S = 20.0  # for a killed server to be gone
_LOG_BYTES = 16_000


class SandboxMissing(CourseError):  # noqa: N818  (named for what is wrong, as the sentences that it carries)
    """The machine cannot wall in what learners wrote."""


class _Server:
    """A running server process, and the thread that keeps its log."""

    def __init__(self, host: Host, tmp_mb: int | None) -> None:
        self._control, theirs = socket.socketpair()
        self._log = b""
        self._asking = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        born = threading.Event()
        # bubblewrap ends when the thread ends that started it (--die-with-parent): not one that only wants a session.
        self._thread = threading.Thread(target=self._run, args=(host, tmp_mb, theirs, born), daemon=True)
        self._thread.start()
        born.wait()
        theirs.close()
        try:
            self.ready = self._wait_until_ready(host.settings())
        except BaseException:
            self.close()
            raise

    def _run(self, host: Host, tmp_mb: int | None, theirs: socket.socket, born: threading.Event) -> None:
        fds = [theirs.fileno()]
        try:
            command = host.command(fds, tmp_mb)
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=fds,
                env=host.environment(), cwd="/", start_new_session=True, bufsize=0,
            )  # fmt: skip
        except OSError as error:
            self._log = str(error).encode()
        finally:
            for number in fds[1:]:
                os.close(number)
            born.set()
        if self._process and self._process.stdout:
            with self._process, self._process.stdout as log:
                while more := log.read(4096):
                    self._log = (self._log + more)[-_LOG_BYTES:]

    def _wait_until_ready(self, settings: dict[str, Any]) -> dict[str, Any]:
        line = bytearray()
        self._control.settimeout(_START_S)
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(settings).encode() + b"\n")
            while not line.endswith(b"\n") and (more := self._control.recv(65536)):
                line += more
        if not line.endswith(b"\n"):
            if self._process:
                self._process.kill()
            self._thread.join(_END_S)
            said = f"The process that runs the cells did not start:\n{self.log or 'It said nothing.'}"
            raise GraderError(said, "Run `hrlab doctor`.")
        self._control.settimeout(None)
        ready: dict[str, Any] = json.loads(line)
        return ready

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def lives_on(self) -> bool:
        """Tell whether it is still there after a moment: its death is seen a little later than its silence."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process:
                self._process.wait(1.0)
        return self.alive

    @property
    def log(self) -> str:
        return self._log.decode(errors="replace").strip()

    def ask(self, fds: list[int]) -> None:
        with self._asking:
            socket.send_fds(self._control, [b"s"], fds)

    def close(self) -> None:
        self._control.close()
        if self._process:
            self._process.kill()
        self._thread.join(_END_S)


class Host:
    """A warm Python process behind walls, from which sessions are forked.

    Several threads may ask for sessions at the same time. If the process dies, the next session starts it anew.

    Parameters
    ----------
    modules : sequence of str
        What it imports before the first session; one that fails to import is left to the cell that imports it.
    entry : str
        What a session calls, as "package.module:function"; it gets the channel, the limits and the session's options.
    sandboxed : bool
        False for sessions without walls.
    readable : sequence of Path
        Files and folders that sessions may read, beside Python and our packages; also searched for modules, last.
    network : bool
        Whether sessions have the network.
    prepare : sequence of str
        What the warm process hands to the function `prepare` of the entry point's module, if there is one, before the
        first session. Every session can see it.

    Raises
    ------
    SandboxMissing
        If the sandbox is wanted and this machine cannot provide it.
    """

    nested = True  # False: as on a machine where a namespace cannot be made inside another one
    forks = hasattr(os, "fork")

    def __init__(
        self,
        modules: Sequence[str],
        *,
        entry: str,
        sandboxed: bool = True,
        readable: Sequence[Path] = (),
        network: bool = False,
        prepare: Sequence[str] = (),
    ) -> None:
        if sandboxed and (missing := bubblewrap.missing_walls()):
            raise SandboxMissing(
                " ".join(missing), "Or run it without a sandbox, if you trust every submission: --unsafe-no-sandbox."
            )
        self._modules, self._entry, self._prepare = list(modules), entry, list(prepare)
        self._sandboxed, self._network = sandboxed, network
        self._readable = [Path(place).absolute() for place in readable]
        self._places = bubblewrap.visible(self._readable) if sandboxed else []
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._sessions: set[Session] = set()
        self._closed = False

    @property
    def walls(self) -> tuple[str, ...]:
        """What stands around a session: of "bubblewrap", "namespaces", "landlock" and "limits"."""
        if not self.forks:
            return ()
        if not self._sandboxed:
            return ("limits",)
        nested = self._running().ready["ways"]["nested"]
        return ("bubblewrap", "namespaces", "landlock", "limits") if nested else ("bubblewrap", "landlock", "limits")

    @property
    def failed(self) -> dict[str, str]:
        """Module -> why it could not be imported."""
        return dict(self._running().ready["failed"]) if self.forks else {}

    def session(self, limits: Limits, **options: Any) -> Session:
        """Start a session.

        Parameters
        ----------
        limits : Limits
            Its bounds.
        **options : JSON-able
            What its entry point is told.

        Returns
        -------
        Session
            It has called its entry point, or is about to.

        Raises
        ------
        GraderError
            If it cannot be started.
        """
        told = json.dumps(options).encode()
        if not self.forks:
            return self._plain_session(limits, told)
        while True:
            server = self._running(limits)
            try:
                return self._forked_session(server, limits, told)
            except OSError as error:  # ChannelError too
                if server.lives_on():
                    raise GraderError(
                        f"A session did not start: {error}\n{server.log}", "Run `hrlab doctor`."
                    ) from None
                self._give_up(server)  # it died since the last session

    def _forked_session(self, server: _Server, limits: Limits, told: bytes) -> Session:
        ours, theirs = socket.socketpair()
        status, their_status = socket.socketpair()
        guarded = Guarded(status, limits)
        channel = Channel(ours, message_mb=limits.message_mb)
        own = None if server.ready["ways"]["nested"] or not self._sandboxed else server
        session = Session(channel, guarded, lambda session: self._forget(session, guarded, own))
        try:
            with theirs, their_status:
                server.ask([theirs.fileno(), their_status.fileno()])
            self._greet(session, told)
        except BaseException:
            session.__exit__(None, None, None)
            raise
        return session

    def _greet(self, session: Session, told: bytes) -> None:
        try:
            session.channel.send(told, timeout_s=_READY_S)
            if session.channel.receive(timeout_s=_READY_S) == b"ready":
                with self._lock:
                    self._sessions.add(session)
                return
        except ChannelError:
            if session.ended in ("", "host"):
                raise
        raise GraderError(f"A session did not start: {session.said.strip()}", "Run `hrlab doctor`.")

    def _plain_session(self, limits: Limits, told: bytes) -> Session:
        process = PlainProcess(self.settings(), self.environment(), limits)
        channel = Channel(process.connection, message_mb=limits.message_mb)
        session = Session(channel, process, lambda session: self._forget(session, process))
        try:
            self._greet(session, told)
        except BaseException:
            session.__exit__(None, None, None)
            raise
        return session

    def _forget(self, session: Session, process: Guarded | PlainProcess, own: _Server | None = None) -> None:
        with self._lock:
            self._sessions.discard(session)
        process.close()
        if own:
            own.close()

    def _running(self, limits: Limits | None = None) -> _Server:
        """Return a server that can fork; where namespaces cannot be nested, a new one for each session."""
        with self._lock:
            if self._closed:
                raise GraderError("The host is closed.", "Ask for sessions inside its `with` block.")
            if self._server is None or not self._server.alive:
                if self._server:
                    self._server.close()
                self._server = _Server(self, None)
            server = self._server
        if limits and self._sandboxed and not server.ready["ways"]["nested"]:
            return _Server(self, limits.disk_mb)
        return server

    def _give_up(self, server: _Server) -> None:
        with self._lock:
            if server is self._server:
                self._server = None
        server.close()

    def command(self, fds: list[int], tmp_mb: int | None) -> list[str]:
        """Return the command line of a server.

        Parameters
        ----------
        fds : list of int
            The control socket; the descriptors of files that bubblewrap makes up are added.
        tmp_mb : int, optional
            Megabytes that /tmp may hold, where sessions cannot mount their own.

        Returns
        -------
        list of str
            The command line.
        """
        line: list[str] = []
        if self._sandboxed:
            data = {}
            for path, text in bubblewrap.made_up_files().items():
                number, into = os.pipe()
                os.write(into, text.encode())
                os.close(into)
                data[path] = number
                fds.append(number)
            line = bubblewrap.arguments(self._places, data, network=self._network, tmp_mb=tmp_mb)
        return [*line, sys.executable, "-m", "autograder.sandbox.server", str(fds[0])]

    def settings(self) -> dict[str, Any]:
        """Return what a server is told before it serves."""
        shown = [str(place) for place in self._places if place.is_relative_to("/tmp")]
        nested = self._sandboxed and self.nested
        return {
            "modules": self._modules,
            "prepare": self._prepare,
            "entry": self._entry,
            "search": [str(place) for place in self._readable if place.is_dir()],
            "root": self._sandboxed and os.getuid() == 0,
            "ways": {"sandboxed": self._sandboxed, "nested": nested, "network": self._network, "shown": shown},
        }

    def environment(self) -> dict[str, str]:
        """Return the environment of a server and its sessions: nothing of the operator's, except what Windows needs."""
        kept = ("SYSTEMROOT", "TEMP", "PATH") if sys.platform == "win32" else ()
        path = dict.fromkeys((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"))
        source = bubblewrap.source_folder()
        return {
            "PATH": os.pathsep.join(path),
            "HOME": "/tmp" if self._sandboxed else str(Path.home()),
            "LANG": "C.UTF-8",
            "PYTHONSAFEPATH": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            **({"MPLCONFIGDIR": "/tmp/.matplotlib", "IPYTHONDIR": "/tmp/.ipython"} if self._sandboxed else {}),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "NBGRADER_EXECUTION": "autograde",
            **({"PYTHONPATH": str(source)} if source else {}),
            **{name: os.environ[name] for name in kept if name in os.environ},
        }

    def close(self) -> None:
        """End every session and the process."""
        with self._lock:
            self._closed = True
            sessions, server = [*self._sessions], self._server
        for session in sessions:
            session.__exit__(None, None, None)
        if server:
            server.close()

    def start(self) -> None:
        """Start the process now, not with the first session.

        Raises
        ------
        GraderError
            If it does not start, or the host is closed.
        """
        if self.forks:
            self._running()

    def __enter__(self) -> Host:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
