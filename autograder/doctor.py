"""What works on this machine, and what to install where something does not."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from autograder.course import put_scripts_on_path
from autograder.sandbox import missing_walls


@dataclass(frozen=True)
class Finding:
    """One thing that works or does not.

    Parameters
    ----------
    what : str
        The thing, in a sentence.
    state : {"ok", "missing", "optional"}
        "missing" is needed; "optional" is missing and needed by some only.
    todo : str
        What to do; "" if it works.
    """

    what: str
    state: Literal["ok", "missing", "optional"]
    todo: str = ""


def examine() -> list[Finding]:
    """Look at everything that hr-it-lab needs.

    Returns
    -------
    list of Finding
        What is needed first.
    """
    put_scripts_on_path()
    found, absent = [], []
    for name in ("nbgrader", "jupyterlab", "voila", "ipython"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            absent.append(name)
    findings = [
        Finding(" with ".join([f"Python {sys.version.split()[0]}", *([", ".join(found)] if found else [])]), "ok")
    ]
    if absent:
        todo = "Activate the environment, or make it again: `make env`."
        findings.append(Finding(f"Not installed here: {', '.join(absent)}", "missing", todo))
    if shutil.which("alembic"):
        findings.append(Finding("nbgrader can make gradebooks (alembic)", "ok"))
    else:
        findings.append(
            Finding("nbgrader cannot make gradebooks: alembic is not on PATH", "missing", "Activate the environment.")
        )
    if walls := missing_walls():
        findings.append(
            Finding(
                "Learners' code cannot be walled in, so `hrlab grade` refuses",
                "missing",
                " ".join(walls) + " Or grade with --unsafe-no-sandbox if you trust every submission.",
            )
        )
    else:
        findings.append(Finding("The sandbox for learners' code: bubblewrap, namespaces, Landlock", "ok"))
    for what, module, extra in (
        ("A gradebook in PostgreSQL", "psycopg", "postgres"),
        ("Grading on several machines with Dask", "distributed", "cluster"),
    ):
        if importlib.util.find_spec(module):
            findings.append(Finding(what, "ok"))
        else:
            findings.append(Finding(what, "optional", f'Needs `pip install "hr-it-lab[{extra}]"`.'))
    return findings
