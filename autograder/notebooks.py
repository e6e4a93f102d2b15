"""Run every lesson and every lab's instructor version from top to bottom, as CI does."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from autograder.errors import CourseError

TIMEOUT_S = 120  # for one notebook as a whole; ours take 5 to 20 s, CI machines are slow


@dataclass(frozen=True)
class Run:
    """How one notebook ran.

    Parameters
    ----------
    notebook : Path
        The notebook.
    seconds : float
        Wall time.
    problem : str
        "" if it ran to its end; otherwise the cell that failed or ran when time was up, its source and the error.
    """

    notebook: Path
    seconds: float
    problem: str


def find_notebooks(places: list[Path]) -> list[Path]:
    """List the notebooks in files and folders, sorted.

    Raises
    ------
    CourseError
        If a place does not exist or there is no notebook in any.
    """
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise CourseError(f"There is no {place}.", "Name notebooks or folders that hold some.")
        found += [place] if place.is_file() else sorted(place.rglob("*.ipynb"))
    found = [path for path in found if ".ipynb_checkpoints" not in path.parts]
    if not found:
        raise CourseError(
            f"There are no notebooks in {', '.join(map(str, places))}.", "Run `hrlab check` from a checkout."
        )
    return found


def run_notebooks(
    notebooks: list[Path],
    *,
    workers: int | None = None,
    timeout_s: int = TIMEOUT_S,
    started: Callable[[Path], None] | None = None,
    progress: Callable[[Run], None] | None = None,
) -> list[Run]:
    """Execute notebooks, several at once, each in a throw-away copy of its folder.

    Parameters
    ----------
    notebooks : list of Path
        What to run.
    workers : int, optional
        How many at a time; default one for each core.
    timeout_s : int
        Seconds that one notebook may take as a whole; then its kernel is killed.
    started : callable, optional
        Called with each notebook when it begins, from the thread that runs it.
    progress : callable, optional
        Called with each result as it comes.

    Returns
    -------
    list of Run
        In the order of `notebooks`.
    """
    from jupyter_core.utils import ensure_event_loop

    logging.getLogger("papermill").addHandler(logging.NullHandler())  # what it says of a failure is in the result
    results: dict[Path, Run] = {}
    stop = threading.Event()

    def run(path: Path) -> Run:
        if started:
            started(path)
        try:
            return _run(path, timeout_s, stop)
        finally:
            ensure_event_loop().close()  # nbclient opens one for each thread and leaves it open

    # Each notebook computes in a kernel process of its own, so threads are enough here.
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        try:
            for future in as_completed([pool.submit(run, path) for path in notebooks]):
                result = future.result()
                results[result.notebook] = result
                if progress:
                    progress(result)
        finally:  # stopped by hand, too
            stop.set()
            pool.shutdown(cancel_futures=True)
    return [results[path] for path in notebooks]


def _run(notebook: Path, timeout_s: int, stop: threading.Event) -> Run:
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    start = time.perf_counter()
    problem = ""
    with tempfile.TemporaryDirectory(prefix="hrlab-check-") as temporary:
        folder = Path(temporary) / notebook.parent.name
        shutil.copytree(notebook.parent, folder, ignore=shutil.ignore_patterns("answers*.json*", ".ipynb_checkpoints"))
        executed = folder / f"executed-{notebook.name}"
        with _Deadline(timeout_s, stop) as deadline:
            try:
                papermill.execute_notebook(
                    folder / notebook.name,
                    executed,
                    # Not cwd=folder: papermill would change the folder of this process, for all threads at once.
                    resources={"metadata": {"path": str(folder)}},
                    kernel_name="python3",
                    kernel_manager_class=deadline.kernel_manager,
                    config=Config(KernelManager=_connection(Path(temporary))),
                    progress_bar=False,
                    start_timeout=timeout_s,
                )
            except PapermillExecutionError as error:
                problem = f"cell {error.cell_index + 1}:\n{error.source}\n{error.ename}: {error.evalue}"
            except Exception as error:  # whatever a broken notebook leads to, the others still run
                problem = f"{_last_cell(executed)}{type(error).__name__}: {error}"
        if deadline.passed:
            problem = f"{_last_cell(executed)}was stopped: a notebook may take {timeout_s} s as a whole"
    return Run(notebook, round(time.perf_counter() - start, 1), problem)


def _last_cell(executed: Path) -> str:
    """Name the last cell that began and show its source, from papermill's own record; "" if none did."""
    try:
        cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
        began = [i for i, cell in enumerate(cells) if cell["metadata"].get("papermill", {}).get("start_time")]
        return f"cell {began[-1] + 1}:\n{''.join(cells[began[-1]]['source'])}\n"
    except (OSError, ValueError, KeyError, IndexError):
        return ""


def _connection(folder: Path) -> dict[str, str]:
    """Talk to the kernel through files in a folder of its own; two kernels that start together could take one port."""
    if os.name == "posix":
        return {"transport": "ipc", "ip": str(folder / "kernel")}
    return {"transport_encryption": "auto"}


class _Deadline:
    """Kills the kernels made within a ``with`` block when it lasts longer than `seconds` or `stop` is set."""

    def __init__(self, seconds: float, stop: threading.Event) -> None:
        from jupyter_client.manager import AsyncKernelManager

        managers: list[AsyncKernelManager] = []

        class Watched(AsyncKernelManager):
            def __init__(self, **kwargs: Any) -> None:
                super().__init__(**kwargs)
                managers.append(self)

        self.kernel_manager = Watched
        self.passed = False
        self._managers, self._seconds, self._stop = managers, seconds, stop
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        end = time.monotonic() + self._seconds
        while not self._ended.wait(0.2):
            self.passed = time.monotonic() > end
            if self.passed or self._stop.is_set():  # again and again: a kernel may have been about to start
                for manager in self._managers:
                    if manager.provisioner is not None:
                        asyncio.run(manager.provisioner.kill())
