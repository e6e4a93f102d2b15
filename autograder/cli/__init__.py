"""The command `hrlab`: parse, call one function, print, exit.

Exit codes: 0 done, 1 something needs a person or a stated limit is broken, 2 wrong use or bad input, 3 the tool failed.
"""

from __future__ import annotations

import io
import sys
import traceback
from typing import Annotated

import typer

from autograder.cli import (  # noqa: F401 - each adds its commands
    audit,
    courses,
    grading,
    house,
    incidents,
    judge,
    screener,
    tone,
)
from autograder.cli._common import app, option_of, say_error
from autograder.errors import GraderError
from evaluators import _quick_start  # noqa: F401 - before anything that imports jsonschema
from evaluators.errors import LabError

_INTERRUPTED = 130  # how typer ends when Ctrl-C was pressed


@app.callback(
    help="A lab where HR learns to read IT data and IT learns what recruiters value: lessons, graded labs, cohorts."
)
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; may stand anywhere.")] = False,
) -> None:
    """Describe --debug on the help page; `main` has read it already, since it may stand behind the command, too."""


def main() -> None:
    """Run the command; turn our errors into sentences and exit codes."""
    arguments = sys.argv[1:]
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    debug = "--debug" in own
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the pipe's encoding lacks must not stop a table
    try:
        app([argument for argument in own if argument != "--debug"] + arguments[len(own) :])
    except SystemExit as end:  # typer ends so: after its own messages about wrong use, and for our typer.Exit
        if end.code != _INTERRUPTED:
            raise
        say_error("Stopped.", "The same command goes on where it stopped.")
        raise SystemExit(3) from None
    except Exception as error:
        if debug:
            traceback.print_exc()
        if isinstance(error, LabError):
            option = f" Option: {option_of(error.argument)}." if error.argument else ""
            say_error(error.problem, error.hint + option)
        else:
            say_error(
                f"{type(error).__name__}: {error}",
                "This is our fault. Send us this message."
                if debug
                else "This is our fault. Run it again with --debug and send us what it prints.",
            )
        raise SystemExit(2 if isinstance(error, LabError) and not isinstance(error, GraderError) else 3) from None


__all__ = ["app", "main"]
