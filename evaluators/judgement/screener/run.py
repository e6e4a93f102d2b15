"""Run somebody's own screener in a process of its own, with a limit on its time."""

import contextlib
import json
import math
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import plain
from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.screener._code import split_spec
from evaluators.judgement.screener.screeners import shown_columns

if TYPE_CHECKING:
    import altair as alt

_CHILD = "evaluators.judgement.screener._child"
REQUEST, ITEMS, PROGRESS, IMPORTING = "request.json", "items.arrow", "progress", "import"  # what the process reads
_KEPT_BYTES = 64 * 1024
_SHOWN_LINES, _SHOWN_LETTERS = 12, 1500
_AGAIN = 10
_AFTER_S, _START_S = 2.0, 120.0


@dataclass(frozen=True, slots=True, eq=False)
class ScreenerRun:
    """What a screener gave, and what it could see; `run_screener` makes it.

    Parameters
    ----------
    spec : str
        Which screener it was, as it was named.
    scores : Series of float, shape (n_items,)
        Its scores, indexed by the résumés' names.
    how : str
        ``"call"`` for a function, otherwise the estimator's method.
    columns, withheld : tuple of str
        Columns that it saw, and columns that were withheld, the résumé's name among them.
    seconds, import_seconds : float
        How long all of it took, and the import alone (s).
    notes : tuple of str
        What was odd and changed no score.
    printed : str
        The end of what it printed.
    """

    spec: str
    scores: pd.Series
    how: str
    columns: tuple[str, ...]
    withheld: tuple[str, ...]
    seconds: float
    import_seconds: float
    notes: tuple[str, ...] = ()
    printed: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per résumé: its name (the column is called as in the table) and ``score``."""
        return self.scores.reset_index()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        fields = ("spec", "how", "columns", "withheld", "seconds", "import_seconds", "notes", "printed")
        return {
            **{name: plain(getattr(self, name)) for name in fields},
            "scores": {str(name): float(score) for name, score in self.scores.items()},
        }

    def summary(self) -> str:
        """Say in plain words what was scored, what the screener saw, and what that does not show."""
        low, high = float(self.scores.min()), float(self.scores.max())
        by = "a function, one résumé at a time" if self.how == "call" else f"{self.how}, all résumés at once"
        return "\n".join(
            [
                f"{self.spec} ({by}) gave {len(self.scores):,} scores from {low:.4g} to {high:.4g}, "
                f"{self.scores.nunique():,} different ones, in {self.seconds:.1f} seconds "
                f"({self.import_seconds:.1f} of them for its import).",
                f"It could see: {', '.join(self.columns)}. Withheld: {', '.join(self.withheld)}.",
                *self.notes,
                "Scores alone do not show that a screener works: set them beside a panel's ratings, and audit them.",
            ]
        )

    def chart(self) -> "alt.Chart":
        """Draw how the scores spread; the description holds the summary."""
        from evaluators.judgement._charts.screener import scores_chart  # Altair is slow to import

        return scores_chart(self)


def run_screener(
    spec: str,
    items: Any,
    *,
    item: str,
    withheld: Sequence[str] = (),
    timeout_s: float = 60.0,
    folder: str | os.PathLike[str] = ".",
    again: int = _AGAIN,
) -> ScreenerRun:
    r"""Import a screener in a process of its own, let it score résumés, and end the process.

    The process has a limit on its time and takes what it started with it when it ends, also when this one is ended. Its
    standard input is empty, and what it prints cannot be taken for scores. **It is no sandbox**: the screener is your
    own code and may do whatever you may do. Do not run code of strangers with it.

    Parameters
    ----------
    spec : str
        ``"my_pkg.screener:score"``, or ``"screener.py:score"`` for a file; a name may have dots. See `score_items` for
        what a screener is.
    items, item, withheld
        As for `score_items`.
    timeout_s : float
        Seconds for the import and all scores; the start of Python itself does not count.
    folder : path
        Where the process stands and what it looks for modules in first, as ``python -m`` does (also where
        PYTHONSAFEPATH is set, since you name the module). Python's own and this library's modules are loaded before
        that, so that a file of yours called ``random.py`` replaces none of them in this library.
    again : int
        So many résumés are scored a second time, to notice scores that depend on chance; 0 for none.

    Returns
    -------
    ScreenerRun
        Scores and what goes with them.

    Raises
    ------
    ScreenerError
        If it cannot be found or imported, fails, gives no finite number for a résumé, takes too long or ends itself.
    ColumnError
        If the table has no such column.

    Examples
    --------
    >>> table = pd.DataFrame({"cv": ["a", "b"], "years": [3, 10]})
    >>> with tempfile.TemporaryDirectory() as here:
    ...     _ = Path(here, "mine.py").write_text("def score(resume):\n    return resume['years'] / 10")
    ...     run_screener("mine:score", table, item="cv", folder=here).scores.to_dict()
    {'a': 0.3, 'b': 1.0}
    """
    split_spec(spec)
    where = Path(folder).resolve()
    if not where.is_dir():
        raise ScreenerError(f"There is no folder {folder}.", "Name the folder in which the screener lies.")
    if not (math.isfinite(timeout_s) and timeout_s > 0):
        raise ScreenerError(f"The limit is {timeout_s} seconds.", "Give a number over 0, such as 60.", "timeout_s")
    if again < 0:
        raise ScreenerError(f"{again} résumés cannot be scored again.", "Give 0 or more.")
    hidden = [withheld] if isinstance(withheld, str) else list(dict.fromkeys(withheld))
    names, shown = shown_columns(items, item=item, withheld=hidden)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="hrlab-screener-", ignore_cleanup_errors=True) as place:
        question, key = Path(place), f"{secrets.token_hex(16)}.json"
        _write_items(shown, question / ITEMS)
        request = {"spec": spec, "folder": str(where), "names": list(names), "again": again, "answer": key}
        (question / REQUEST).write_text(json.dumps(request), "utf-8")
        code, printed = _run_child(question, where, timeout_s)
        step = _step_of(question / PROGRESS, names)
        answer = _answer_of(question / key, len(names))
    seconds = time.perf_counter() - start
    said = _last_lines(printed)
    if answer is None:
        raise _no_answer(code, step, timeout_s, said)
    if "problem" in answer:
        raise ScreenerError(answer["problem"], answer["hint"] + (f"\nIt printed last:\n{said}" if said else ""))
    scores = pd.Series(answer["scores"], index=pd.Index(names, name=item), name="score", dtype="float64")
    return ScreenerRun(
        spec=spec,
        scores=scores,
        how=answer["how"],
        columns=tuple(map(str, shown.columns)),
        withheld=tuple(dict.fromkeys([item, *hidden])),
        seconds=seconds,
        import_seconds=answer["import_s"],
        notes=tuple(answer["notes"]),
        printed=said,
    )


def _write_items(shown: pd.DataFrame, path: Path) -> None:
    """Write what the screener may see; types of columns are kept, and nothing in it can run."""
    import pyarrow as pa  # type: ignore[import-untyped]

    for name in shown.columns:
        try:
            pa.array(shown[name], from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            said = " ".join(str(error).split())[:200]
            raise ScreenerError(
                f"The column {name!r} cannot be passed on: it mixes kinds of values ({said}).",
                "Make them all numbers or all texts, or withhold the column.",
                "withheld",
            ) from None
    table = pa.Table.from_pandas(shown, preserve_index=False)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _run_child(question: Path, where: Path, timeout_s: float) -> tuple[int | None, bytes]:
    """Run the process; return its exit code, None if it took too long, and the end of what it printed."""
    settings = {"PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8:backslashreplace"}
    # -P: nothing of the current folder is loaded before the screener itself is.
    command = [sys.executable, "-P", "-m", _CHILD, str(question)]
    with _process(command, where, {**settings, **os.environ}) as process:
        kept = bytearray()
        reader = threading.Thread(target=_drain, args=(process.stdout, kept), daemon=True)
        reader.start()
        code: int | None = None
        _await_start(process, question / PROGRESS)
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(timeout_s)
        _end(process)
        reader.join(_AFTER_S)  # something that it started may still hold the pipe
        return code, bytes(kept)


def _await_start(process: "subprocess.Popen[bytes]", progress: Path) -> None:
    """Wait until Python has started and the screener's turn has come."""
    latest = time.monotonic() + _START_S
    while not progress.exists() and process.poll() is None and time.monotonic() < latest:
        time.sleep(0.02)


@contextlib.contextmanager
def _process(command: list[str], where: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process in a group of its own; nothing of the group is left at the end, whatever happens."""
    group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    process = subprocess.Popen(
        command,
        cwd=where,
        env=environment,
        stdin=subprocess.PIPE,  # stays open as long as this process lives: the other one waits for its end
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        **group,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            _end(process)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and what it started, and wait for it."""
    if sys.platform == "win32":
        if process.poll() is None:
            subprocess.run(
                ["taskkill", "/T", "/F", "/PID", str(process.pid)],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of the dead
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _drain(stream: IO[bytes], kept: bytearray) -> None:
    """Read all that is printed, so that nothing waits, and keep the end."""
    with contextlib.suppress(OSError, ValueError):
        while part := stream.read(65536):
            kept += part
            if len(kept) > 2 * _KEPT_BYTES:
                del kept[:-_KEPT_BYTES]


def _step_of(path: Path, names: Sequence[str]) -> str:
    """Say what the process did last."""
    try:
        word, number = path.read_text("ascii").split()
        place = int(number)
    except (OSError, ValueError):
        return "before it was imported"
    if word == IMPORTING:
        return "while it was imported"
    return f"at {names[place]}, {place + 1:,} of {len(names):,}" if place < len(names) else "when it was asked again"


def _answer_of(path: Path, n_items: int) -> dict[str, Any] | None:
    """Return a whole answer, or None."""
    try:
        answer = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(answer, dict):
        return None
    whole = isinstance(answer.get("problem"), str) or len(answer.get("scores", ())) == n_items
    return answer if whole else None


def _last_lines(printed: bytes) -> str:
    """Return the last lines of what was printed."""
    lines = printed[-_KEPT_BYTES:].decode("utf-8", "replace").replace("\r", "\n").split("\n")
    return "\n".join([line for line in lines if line.strip()][-_SHOWN_LINES:])[-_SHOWN_LETTERS:]


def _no_answer(code: int | None, step: str, timeout_s: float, said: str) -> ScreenerError:
    """Say why there is no answer."""
    printed = f"\nIt printed last:\n{said}" if said else ""
    if code is None:
        hint = (
            "Train beforehand, store the model and load it: what stands in the module itself runs at each import. "
            if "imported" in step
            else "Let it score fewer résumés, or make it faster. "
        )
        return ScreenerError(
            f"The screener was not done after {timeout_s:g} seconds and was ended {step}.",
            f"{hint}Or give it longer.{printed}",
            "timeout_s",
        )
    if code < 0:
        try:
            how = f"by the signal {signal.Signals(-code).name}"
        except ValueError:
            how = f"by the signal {-code}"
        hint = "A crash in a compiled library, too little memory, or somebody ended it."
    else:
        how, hint = f"by itself, with exit code {code}", "os._exit ends a process at once, and so does a fork's copy."
    return ScreenerError(f"The screener's process was ended {how}, {step}, and gave no scores.", f"{hint}{printed}")
