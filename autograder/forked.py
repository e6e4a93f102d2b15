"""Kernels forked from a warm process instead of started from nothing.

A kernel spends most of its life importing: IPython, pandas, our widgets. Grading workers are forked from one server
process that has imported nbgrader (multiprocessing's forkserver). Each worker has a second server that has imported
what the lab imports, and forks from it a kernel for each submission, through jupyter_client's KernelProvisioner
interface: nbclient, nbgrader and papermill use it unchanged. docs/decisions/0004-grading-in-a-pool-of-processes.md.
"""

from __future__ import annotations

import ast
import contextlib
import multiprocessing
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

NAME = "hrlab-forked-provisioner"  # as in pyproject.toml's entry points
_GRADER = ("__main__", "evaluators._quick_start", "nbgrader.apps", "autograder.grade")
_KERNEL = ("__main__", "evaluators._quick_start", "ipykernel.ipkernel", "ipykernel.kernelapp")


def warm_context() -> Any:
    """Return how grading workers start: forked from a server that has imported nbgrader once.

    Returns
    -------
    multiprocessing context
        Where the system cannot fork (Windows), one that starts workers from nothing.
    """
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    # BLAS threads do not survive a fork, and grading keeps every core busy with other submissions anyway.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_GRADER])
    return context


def warm_up() -> None:
    """Start the server of `warm_context` now, so that it has imported nbgrader when the grading begins."""
    if warm_context().get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running

        ensure_running()


def use_forked_kernels(notebook: Path) -> None:
    """Fork the kernels that this process starts from a server of its own that has imported what a notebook imports.

    Parameters
    ----------
    notebook : Path
        The notebook as released; what a learner imports is never imported in the server.
    """
    if sys.platform != "win32":
        os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = NAME
        multiprocessing.get_context("forkserver").set_forkserver_preload([*_KERNEL, *imported_modules(notebook)])


def imported_modules(notebook: Path) -> list[str]:
    """List the modules that a notebook's code cells import, sorted; cells that do not parse are passed over.

    Parameters
    ----------
    notebook : Path
        The notebook.

    Returns
    -------
    list of str
        Dotted names, as imported.
    """
    import nbformat

    found = set()
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module)
    return sorted(found)


class ForkedProvisioner(LocalProvisioner):
    """Provide Python kernels by forking this process's fork server; other kernels are started as usual."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel; `cmd` is what would have started it."""
        if cmd[1:3] != ["-m", "ipykernel_launcher"]:
            return await super().launch_kernel(cmd, **kwargs)
        folder, environment = str(kwargs.get("cwd") or Path.cwd()), dict(kwargs.get("env") or os.environ)
        process = multiprocessing.get_context("forkserver").Process(
            target=_run_kernel, args=(cmd[3:], folder, environment)
        )
        process.start()
        self.process = _KernelProcess(process)  # type: ignore[assignment]  # what it uses of Popen
        self.pid = self.pgid = process.pid  # the kernel makes a process group of its own at once
        self.cwd = folder
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the kernel to end, then end whatever it left running."""
        result: int | None = await super().wait()
        if isinstance(self.pgid, int):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pgid, signal.SIGKILL)
        return result


class _KernelProcess:
    """A forked process with the methods of subprocess.Popen that provisioners use."""

    stdin = stdout = stderr = None

    def __init__(self, process: Any) -> None:
        self._process = process
        self.pid: int = process.pid

    def poll(self) -> int | None:
        code: int | None = self._process.exitcode
        return code

    def wait(self) -> int | None:
        self._process.join()
        return self.poll()

    def send_signal(self, signum: int) -> None:
        os.kill(self.pid, signum)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _run_kernel(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Be a kernel; runs in the forked process."""
    server = os.getppid()
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    random.seed()
    if "numpy" in sys.modules:  # every fork would draw the same numbers
        sys.modules["numpy"].random.seed()
    from ipykernel.kernelapp import launch_new_instance

    # The kernel ends itself when the server is gone, as it would with the program that started it.
    sys.argv = ["ipykernel_launcher", *arguments, f"--IPKernelApp.parent_handle={server}"]
    launch_new_instance()
    sys.stdout.flush()
    os._exit(0)
