"""Start what `hrlab lab` opens: one Jupyter server with Voilà, the start page and, for trainers, formgrader."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.course import Course, put_scripts_on_path

SHARE = Path(__file__).resolve().parent.parent / "share" / "jupyter"
SETTINGS = "HRLab"  # section of the server's configuration that carries the two folders to our extension


def server_arguments(desk: Path, *, exchange: Path | None, course: Course | None, options: list[str]) -> list[str]:
    """Return the command line of the Jupyter server.

    Parameters
    ----------
    desk : Path
        The desk, which is all that the file browser, kernels and Voilà start from.
    exchange : Path or None
        The course's shared folder.
    course : Course or None
        Given, the trainer's tools are loaded; a learner's own server has none.
    options : list of str
        More of Jupyter's own options, such as ``--port=9999``; they win.

    Returns
    -------
    list of str
        Arguments for `jupyter_server.serverapp.ServerApp`.
    """
    extensions = {
        "jupyterlab": True,
        "voila.server_extension": True,
        "autograder.lab.extension": True,
        # nbgrader's Submit needs POSIX permissions, Validate says "Success!" when all tests are hidden, and formgrader
        # is loaded by our extension, for trainers only.
        "nbgrader.server_extensions.formgrader": False,
        "nbgrader.server_extensions.validate_assignment": False,
        "nbgrader.server_extensions.assignment_list": False,
        "nbgrader.server_extensions.course_list": False,
        "notebook": False,
        "jupyterlab_jupytext": False,
        "jupyter_lsp": False,
    }
    return [
        f"--ServerApp.root_dir={desk}",
        f"--ServerApp.jpserver_extensions={extensions!r}",
        "--ServerApp.default_url=/hrlab",
        "--KernelManager.transport_encryption=auto",
        "--VoilaConfiguration.template=hrlab",
        "--VoilaConfiguration.extension_allowlist=anywidget",
        "--VoilaConfiguration.extension_allowlist=@voila-dashboards/widgets-manager8",
        f"--{SETTINGS}.desk={desk}",
        f"--{SETTINGS}.exchange={exchange or ''}",
        f"--{SETTINGS}.course={course.root if course else ''}",
        *options,
    ]


def serve(desk: Path, *, exchange: Path | None, course: Course | None, options: list[str]) -> None:
    """Run the server until it is stopped (see `server_arguments`)."""
    from jupyter_server.serverapp import ServerApp

    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(SHARE), os.environ.get("JUPYTER_PATH")]))
    put_scripts_on_path()
    ServerApp.launch_instance(server_arguments(desk, exchange=exchange, course=course, options=options))
