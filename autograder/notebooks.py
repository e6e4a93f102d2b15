"""Run every lesson and every lab's instructor version from top to bottom, as CI does."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError


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
        "" if it ran to its end; otherwise the failing cell, its source and the error.
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
    timeout_s: int = 60,
    progress: Callable[[Run], None] | None = None,
) -> list[Run]:
    """Run notebooks by papermill, several at once, each in a throw-away copy of its folder.

    Parameters
    ----------
    notebooks : list of Path
        What to run.
    workers : int, optional
        How many at a time; default one for each core.
    timeout_s : int
        Seconds that one notebook may take as a whole.
    progress : callable, optional
        Called with each result as it comes.

    Returns
    -------
    list of Run
        In the order of `notebooks`.
    """
    results: dict[Path, Run] = {}
    # Each notebook computes in a kernel process of its own, so threads are enough here.
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        futures = [pool.submit(_run, path, timeout_s) for path in notebooks]
        for future in as_completed(futures):
            run = future.result()
            results[run.notebook] = run
            if progress:
                progress(run)
    return [results[path] for path in notebooks]


def _run(notebook: Path, timeout_s: int) -> Run:
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    start = time.perf_counter()
    problem = ""
    with tempfile.TemporaryDirectory(prefix="hrlab-check-") as temporary:
        folder = Path(temporary) / notebook.parent.name
        shutil.copytree(notebook.parent, folder, ignore=shutil.ignore_patterns("answers*.json*", ".ipynb_checkpoints"))
        try:
            papermill.execute_notebook(
                folder / notebook.name,
                folder / f"executed-{notebook.name}",
                cwd=folder,
                kernel_name="python3",
                progress_bar=False,
                execution_timeout=timeout_s,
            )
        except PapermillExecutionError as error:
            problem = f"cell {error.cell_index + 1}:\n{error.source}\n{error.ename}: {error.evalue}"
        except CellTimeoutError as error:
            problem = f"a cell ran longer than {timeout_s} s: {str(error).splitlines()[0]}"
        except (DeadKernelError, OSError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - start
    if not problem and seconds > timeout_s:
        problem = f"took {seconds:.0f} s; a notebook may take {timeout_s} s"
    return Run(notebook, round(seconds, 1), problem)
