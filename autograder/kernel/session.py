"""What runs in a session: cells, one after the other, and whatever the other session asks for.

`serve` is the entry point of `autograder.sandbox`: it answers the coordinator's requests until the channel closes. The
same code serves both sessions. The trusted one runs the instructor's cells and tests; the learner's one runs what the
learner wrote, and nothing that it says is trusted.
"""

from __future__ import annotations

import ast
import json
import linecache
import os
import random
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from autograder.kernel.outputs import Outputs, install_streams
from autograder.kernel.protocol import ANSWER, APPLY, CALLBACK, QUERY, REQUEST, message, parts
from autograder.kernel.remote import (
    MISSING,
    LearnerCodeStopped,
    Peer,
    ValueCannotCross,
    random_state,
    set_random_state,
)
from autograder.kernel.shell import prepare, shell, text_of
from autograder.sandbox import Channel, Limits
from autograder.sandbox.channel import ChannelClosed
from autograder.transfer import TransferError, pack, unpack

__all__ = ["Session", "prepare", "serve"]  # `prepare` and `serve` are what the sandbox looks for here

# Files that may cross to the trusted session when a cell wrote them: data, nothing that Python would run.
DATA_FILES = frozenset(
    f".{kind}"
    for kind in (
        *("json", "jsonl", "csv", "tsv", "txt", "md", "parquet", "feather", "arrow", "xlsx", "ods", "xml", "html"),
        *("yaml", "yml", "toml", "ini", "npy", "npz", "png", "jpg", "jpeg", "gif", "svg", "pdf", "sqlite", "db", "log"),
        "dat",
    )
)
MOST_FILES = 200


def most_bytes(limits: Limits) -> int:
    """Return how many bytes of names, or of files, may go into one message."""
    return min(limits.message_mb, 64) * 3 << 18  # three quarters: there are names and lengths, too


def serve(channel: Channel, limits: Limits, options: Mapping[str, Any]) -> None:
    """Answer requests until the coordinator closes the channel.

    Parameters
    ----------
    channel : Channel
        The link to the coordinator.
    limits : Limits
        What a cell may put out.
    options : mapping
        ``{"trusted": bool}``.
    """
    Session(channel, limits, trusted=bool(options.get("trusted"))).serve()


class Session:
    """One session: a shell, its outputs, and the other side's objects."""

    def __init__(self, channel: Channel, limits: Limits, *, trusted: bool) -> None:
        self.channel = channel
        self.peer = Peer(self._ask, trusted=trusted)
        self.trusted = trusted
        self.most_bytes = most_bytes(limits)
        self.shell = shell()
        self.outputs = Outputs(limits.output_kb)
        self.shell.collect(self.outputs)
        self.descriptors = install_streams(self.outputs)
        self.imported: dict[str, Any] = {}  # learner's name -> what was assigned here
        self.given: dict[str, Any] = {}  # the same, without what is missing
        self.problems: dict[str, str] = {}  # learner's name -> why it could not cross
        self.shared: frozenset[str] = frozenset()
        self.imports: dict[str, str] = {}  # name that the solution imports -> its statement, run here instead
        self.seen: dict[str, tuple[int, int]] = {}
        self.theirs: set[str] = set()  # files of the learner's, in the trusted session
        self.random: list[Any] = []
        self.count = 0
        self.asking = 0  # questions to the other session that wait for an answer
        if trusted:
            self.peer.rebound = self._rebound
            _notice_seeding(self.random.clear)
        sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]
        sys.path.insert(0, str(Path.cwd()))  # what the instructor ships beside the notebook can be imported

    # --- requests --------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Answer requests until the channel closes."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with suppress(ChannelClosed):
            while True:
                kind, op, body = parts(self.channel.receive(None))
                if kind == REQUEST:
                    self.channel.send(message(ANSWER, op, self.handle(op, body)))

    def handle(self, op: str, body: bytes) -> bytes:
        """Answer one request."""
        if op == APPLY and not self.trusted:
            if not self.asking:  # else what the outer call has printed so far goes along
                self.outputs.start()
            with _interruptible():
                return self.peer.serve_apply(body, self._rebind, self._printed)
        if op == CALLBACK and self.trusted:
            return self.peer.serve_callback(body)
        request: Any = unpack(body)
        if op == "assign" and self.trusted:
            self._assign(request["names"], request["exported"])
            return b""
        if op == "run":
            return pack(self._run(request))
        if op == "export":
            return pack(self._export_all(request["names"]))
        if op == "files":
            self.imports |= request.get("imports", {})
            theirs = request.get("theirs", False)
            return pack(
                self._take_files(request["files"], request["may"]) if theirs else self._write_files(request["files"])
            )
        if op == "changed":
            return pack(self._changed_files(request["bytes"]))
        raise ValueError(f"There is no operation {op!r}.")

    def _ask(self, op: str, body: bytes) -> bytes:
        """Ask the other session, and answer what it asks meanwhile."""
        self.asking += 1
        try:
            with _interrupted_later():
                self.channel.send(message(QUERY, op, body))
                while True:
                    kind, asked, data = parts(self.channel.receive(None))
                    if kind == ANSWER:
                        return data
                    self.channel.send(message(ANSWER, asked, self.handle(asked, data)))
        finally:
            self.asking -= 1

    def _run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run a cell and return its outputs and, of a test, why it failed."""
        self.outputs.start()
        self.peer.used, self.peer.hints = set(), set()
        self.peer.allowed = request.get("allowed", ())
        self.peer.mutable = request.get("mutable", ())
        self.shared = frozenset(request.get("shared", ()))
        self.random[:] = random_state() if self.trusted else []
        self.count += 1
        self.shell.execution_count = self.count
        error: BaseException | None = None
        try:
            with _interruptible():
                result: Any = self.shell.run_cell(request["source"], store_history=False)  # type: ignore[no-untyped-call]
                error = result.error_before_exec or result.error_in_exec
        except BaseException as caught:  # what gets past IPython: an interrupt at the wrong moment, a patched shell
            error = caught
            self.outputs.error(type(caught).__name__, str(caught), [])
        if error is not None and not any(output["output_type"] == "error" for output in self.outputs.found):
            self.outputs.error(type(error).__name__, text_of(error), [])
        answer = {**self._collected(), "count": self.count, "updates": _jsonable(self.outputs.updates)}
        if self.trusted:
            answer |= {"used": sorted(self.peer.used), "hints": sorted(self.peer.hints)}
            if error is not None:
                answer["reason"] = list(self._reason(error))
        return answer

    def _collected(self) -> dict[str, Any]:
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        self.descriptors.drain(self.outputs)
        return {"outputs": _jsonable(self.outputs.found)}

    def _printed(self) -> list[list[str]]:
        """Return what was printed since the last call, to be printed where the test stands."""
        outputs = self._collected()["outputs"]
        self.outputs.found.clear()
        return [[output["name"], output["text"]] for output in outputs if output["output_type"] == "stream"]

    # --- names -----------------------------------------------------------------------------------------------------

    def _export(self, name: str) -> dict[str, Any]:
        """Pack one name for the other session."""
        value = self.shell.user_ns.get(name, MISSING)
        if value is MISSING:
            return {"missing": True}
        try:
            known = {"known": _known(value)}
            return known if isinstance(value, ModuleType) else {**known, "frame": self.peer.pack(value)}
        except TransferError as error:
            return {"problem": error.problem}
        except Exception as error:
            return {"problem": f"It could not be read: {type(error).__name__}."}

    def _export_all(self, names: Iterable[str]) -> dict[str, Any]:
        """Pack names for the other session, as far as they go into one message together."""
        found, left = {}, self.most_bytes
        for name in names:
            found[name] = packed = self._export(name)
            left -= len(packed.get("frame", b""))
            if left < 0:
                found[name] = {"problem": "The values are too large together."}
                left += len(packed["frame"])
        return found

    def _assign(self, names: Iterable[str], data: bytes) -> None:
        """Take over the learner's names: those that were asked for, whatever came."""
        try:
            exported = unpack(data)
        except TransferError:
            exported = None
        for name in names:
            found = exported.get(name) if isinstance(exported, dict) else None
            packed = found if isinstance(found, dict) else {}
            self.problems.pop(name, None)
            value = self._imported(name, packed)
            if value is not MISSING:
                pass
            elif isinstance(frame := packed.get("frame"), bytes):
                try:
                    value = self.peer.unpack(frame, label=name)
                except TransferError as error:
                    self.problems[name] = error.problem
            elif "problem" in packed:
                self.problems[name] = str(packed["problem"])[:1000]
            if value is MISSING:
                self.shell.user_ns.pop(name, None)
            else:
                self.shell.user_ns[name] = self.given[name] = value
            self.imported[name] = value

    def _imported(self, name: str, packed: Mapping[str, Any]) -> Any:
        """Import here what the learner's session has imported, where the instructor's solution imports the same."""
        if name not in self.imports or not packed.get("known"):
            return MISSING
        found: dict[str, Any] = {}
        with suppress(Exception):  # then it is as if nothing had been imported
            exec(self.imports[name], found)
        return found[name] if name in found and _known(found.get(name)) == packed["known"] else MISSING

    def _rebound(self) -> dict[str, Any]:
        """Return what a test has rebound, deleted or reseeded since the learner's session last heard of it."""
        here = {name: self.shell.user_ns.get(name, MISSING) for name in {*self.imported, *self.shared}}
        changed = {name: value for name, value in here.items() if value is not self.imported.get(name, MISSING)}
        self.imported.update(changed)
        found: dict[str, Any] = {
            # Only what the solution cells read, or what was there before: another value may be what a test expects.
            "set": {
                name: value
                for name, value in changed.items()
                if value is not MISSING and (name in self.shared or value is self.given.get(name))
            },
            "deleted": [name for name, value in changed.items() if value is MISSING],
        }
        state = random_state()
        if repr(state) != repr(self.random):
            self.random[:] = found["random"] = state
        return found

    def _rebind(self, request: Mapping[str, Any]) -> None:
        """Follow, in the learner's session, what a test has rebound."""
        self.shell.user_ns.update(request.get("set", {}))
        for name in request.get("deleted", ()):
            self.shell.user_ns.pop(name, None)
        if "random" in request:
            set_random_state(request["random"])

    # --- files -----------------------------------------------------------------------------------------------------

    def _write_files(self, files: Mapping[str, bytes]) -> list[str]:
        for name, data in files.items():
            with suppress(OSError, ValueError):  # a learner's name that is too long, a file too large: a test will say
                path = Path.cwd() / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        self._changed_files(0)
        return []

    def _take_files(self, files: Mapping[str, bytes], may: Iterable[str] | None) -> list[str]:
        """Write a learner's files, but not over the instructor's: shipped, or written by a cell of this session.

        Parameters
        ----------
        files : mapping of str to bytes
            The files.
        may : iterable of str or None
            The instructor's that the solution wrote, too; None takes all, for that is how it is found out.

        Returns
        -------
        list of str
            The instructor's files that were written over.
        """
        here = {name: Path(name) for name in files if _is_file(name)}
        # What a cell of this session has written since is not the learner's any more.
        self.theirs -= {name for name, path in here.items() if self.seen.get(name) != _state(path)}
        own = here.keys() - self.theirs
        differ = {name for name in own if here[name].read_bytes() != files[name]}
        written = differ if may is None else differ.intersection(may)
        taken = {name: data for name, data in files.items() if name not in own or name in written}
        self.theirs |= taken.keys()
        self._write_files(taken)
        return sorted(written)

    def _changed_files(self, most: int) -> dict[str, bytes]:
        """Return the data files that were written since the last call, `most` bytes together."""
        found: dict[str, bytes] = {}
        for path in _files_below(Path.cwd()):
            state = _state(path)
            name = path.relative_to(Path.cwd()).as_posix()
            if self.seen.get(name) != state:
                self.seen[name] = state
                if state[1] <= most and len(found) < MOST_FILES:
                    most -= state[1]
                    found[name] = path.read_bytes()
        return found

    # --- why a test failed -------------------------------------------------------------------------------------------

    def _reason(self, error: BaseException) -> tuple[str, str]:
        """Return why a test failed: a word for the kind of failure, and what a learner may read of it."""
        if isinstance(error, ValueCannotCross):
            return "cannot_cross", str(error)
        if isinstance(error, LearnerCodeStopped):
            return "stopped", str(error)
        if isinstance(error, NotImplementedError):  # what nbgrader puts in the place of a solution
            return "not_answered", ""
        if remote := getattr(error, "_hrlab_remote", None):
            return "learner_raised", str(remote)
        if isinstance(error, NameError) and error.name in self.imported:
            return "missing_name", " ".join(filter(None, [f"{error.name}.", self.problems.get(error.name, "")]))
        if isinstance(error, KeyboardInterrupt):
            return "time", ""
        statement = _failing_statement(error.__traceback__)
        if isinstance(statement, ast.Raise) or (isinstance(statement, ast.Assert) and statement.msg is not None):
            return "message", text_of(error)
        return ("check" if isinstance(error, AssertionError) else "error"), ""


def _failing_statement(trace: TracebackType | None) -> ast.stmt | None:
    """Return the statement of a cell that raised; None if the error comes from a library."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return None
    name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
    if Path(name).is_file():  # a module, not a cell
        return None
    with suppress(SyntaxError):
        tree = ast.parse("".join(linecache.getlines(name)))
        found = [node for node in ast.walk(tree)
                 if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or line)]  # fmt: skip
        return max(found, key=lambda node: node.lineno, default=None)
    return None


def _state(path: Path) -> tuple[int, int]:
    stat = path.lstat()
    return stat.st_mtime_ns, stat.st_size


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the ordinary data files in a folder; never through a link, never a device."""
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        for name in names:
            path = Path(here, name)
            if path.suffix.lower() in DATA_FILES and path.is_file() and not path.is_symlink():
                yield path


def _known(value: Any) -> str:
    """Return where a library keeps an object, "" for an object of the notebook's own."""
    if isinstance(value, ModuleType):
        return value.__name__
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not (isinstance(module, str) and isinstance(name, str)) or module == "__main__" or module not in sys.modules:
        return ""
    return f"{module}:{name}" if vars(sys.modules[module]).get(name) is value else ""


def _jsonable(value: Any) -> Any:
    return json.loads(json.dumps(value, default=repr))


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt: while a cell runs, and only then."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_IGN)


@contextmanager
def _interrupted_later() -> Iterator[None]:
    """Put a SIGINT off to the end, so that no message is torn."""
    arrived: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_IGN)
        if arrived and before is signal.default_int_handler:
            raise KeyboardInterrupt


def _notice_seeding(then: Callable[[], object]) -> None:
    """Call a function whenever a test seeds the global random numbers, be it with the same number as before."""
    modules: list[Any] = [random, *filter(None, [sys.modules.get("numpy.random")])]
    for module in modules:
        for name in ("seed", "setstate", "set_state"):
            if (function := getattr(module, name, None)) is not None:
                setattr(module, name, _before(then, function))


def _before(then: Callable[[], object], function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def seed(*args: Any, **kwargs: Any) -> Any:
        then()
        return function(*args, **kwargs)

    return seed
