"""The Jupyter server extension behind the start page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.lab.desk import Desk
from autograder.lab.pages import handlers
from autograder.lab.server import SETTINGS

# What a learner's JupyterLab does without: trainers' tools, pop-ups about news, and what only confuses.
_TRAINERS_ONLY = (
    "@jupyter/nbgrader:formgrader",
    "@jupyter/nbgrader:create-assignment",
    "@jupyter/nbgrader:menu",
)
_NOBODY = (
    "@jupyter/nbgrader:validate-assignment",
    "@jupyter/nbgrader:assignment-list",
    "@jupyter/nbgrader:course-list",
    "@jupyterlab/apputils-extension:announcements",
    "jupyterlab-jupytext",  # its server half is off
)
_DEVELOPERS_ONLY = ("@jupyterlab/extensionmanager-extension", "@jupyterlab/debugger-extension")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "autograder.lab.extension"}]


def _load_jupyter_server_extension(server: Any) -> None:
    settings = server.config[SETTINGS]
    desk = Desk(Path(settings.desk), Path(settings.exchange) if settings.exchange else None)
    course = Course(Path(settings.course)) if settings.course else None
    server.web_app.settings["page_config_hook"] = lambda _handler, page_config: hide_tools(page_config, desk)
    server.web_app.add_handlers(".*$", handlers(server.web_app.settings["base_url"], desk, course))
    if course:
        _load_formgrader(server, course)


def hide_tools(page_config: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """Switch off the parts of JupyterLab that are not for whoever sits at the desk.

    Parameters
    ----------
    page_config : dict
        What JupyterLab is told when it starts; ``disabledExtensions`` is added to.
    desk : Desk
        Its profile says who sits there.

    Returns
    -------
    dict
        The same configuration.
    """
    role = desk.profile.role
    hidden = [*_NOBODY]
    if role != "trainer":
        hidden += _TRAINERS_ONLY
    if role not in ("trainer", "developer"):
        hidden += _DEVELOPERS_ONLY
    disabled = page_config.setdefault("disabledExtensions", [])
    if isinstance(disabled, dict):
        disabled.update(dict.fromkeys(hidden, True))
    else:
        disabled.extend(name for name in hidden if name not in disabled)
    return page_config


def _load_formgrader(server: Any, course: Course) -> None:
    """Load nbgrader's formgrader on the course, which lies outside the folder that learners browse."""
    from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension

    before = Path.cwd()
    os.chdir(course.root)  # where nbgrader looks for nbgrader_config.py
    try:
        formgrader = FormgradeExtension(parent=server)
        formgrader.root_dir = str(course.root)
        formgrader.log = server.log
        formgrader.initialize([])
        formgrader.init_tornado_settings(server.web_app)
        formgrader.init_handlers(server.web_app)
    finally:
        os.chdir(before)
