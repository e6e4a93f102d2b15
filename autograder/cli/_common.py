"""What the commands share: consoles, options, JSON, the progress of grading."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from autograder.course import COURSE_ENV

if TYPE_CHECKING:
    from autograder.grade import Graded

app = typer.Typer(
    name="hrlab",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

CourseOption = Annotated[
    Path | None,
    typer.Option("--course", help=f"Course folder; default the current folder when it is one, else ${COURSE_ENV}."),
]
DbOption = Annotated[
    str,
    typer.Option(
        "--db", help="Gradebook, such as postgresql://user@host/course; default the one in nbgrader_config.py."
    ),
]
LabsArgument = Annotated[list[str] | None, typer.Argument(help="Labs; default all that apply.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]

# Arguments of the library whose options have other names.
_OPTIONS = {
    "groups": "--group",
    "date": "--month",
    "selected_values": "--selected-is",
    "intersections": "--no-intersections",
    "mapping": "--map",
    "targets": "--sla",
    "people_key": "--key",
    "people": "--hr",
    "steps": "--step",
    "day_first": "--day-first or --month-first",
    "base_url": "--endpoint",
    "key_variable": "--key-env",
    "timeout_s": "--timeout",
    "raters": "--rater",
    "dimensions": "--dimension",
    "cues": "--cue",
    "swaps": "--swap",
    "withheld": "--withhold",
}


def option_of(argument: str) -> str:
    """Return the option for an argument that an error names, such as ``"encoding"`` or ``"mapping[opened_at]"``.

    Examples
    --------
    >>> option_of("encoding"), option_of("mapping[opened_at]")
    ('--encoding', '--map opened_at="…"')
    """
    name, _, key = argument.rstrip("]").partition("[")
    option = _OPTIONS.get(name, f"--{name.replace('_', '-')}")
    return f'{option} {key}="…"' if key else option


def say_error(problem: str, hint: str) -> None:
    """Print what went wrong and what to do."""
    err.print(f"[bold red]Error:[/] {escape(problem)}\n{escape(hint)}", soft_wrap=True)


def print_json(value: Any) -> None:
    """Print JSON for machines."""
    print(json.dumps(value, indent=1, default=str))


class GradingBar:
    """The progress of grading: done, failed, needs a person, a minute's worth, time left.

    On a terminal a bar comes up with the first graded submission and ends with the last; elsewhere a line is printed
    now and then, so that a log shows life.

    Parameters
    ----------
    title : str
        What stands before the bar.
    silent : bool
        Print nothing.
    first : str
        What goes on until the first submission is graded, which can take a while; shown on a terminal, and leaves
        nothing behind where there is nothing to grade.
    """

    _LINE_EVERY_S = 30.0

    def __init__(self, title: str, *, silent: bool, first: str = "") -> None:
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        self._title, self._silent = title, silent
        self._progress = Progress(
            TextColumn("{task.description}"), *columns, TextColumn("{task.fields[state]}"), console=err,
            disable=silent or not err.is_terminal,
        )  # fmt: skip
        self._first = first
        self._task = self._progress.add_task(title, total=None, state=first)
        self._done = self._failed = self._person = 0
        self.restart()

    def __enter__(self) -> Self:
        if self._first:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress.live.is_started:
            self._progress.live.transient = self._done == 0
            self._progress.stop()

    def restart(self) -> None:
        """Count seconds from now on."""
        self._start = self._last = time.monotonic()
        self._progress.reset(self._task)

    def advance(self, result: Graded, total: int) -> None:
        """Count one more; what `grade` calls."""
        self._done += 1
        self._failed += result.outcome != "scored"
        self._person += result.outcome != "scored" or result.waiting > 0
        seconds = max(time.monotonic() - self._start, 1e-9)
        state = f"{self._failed} failed, {self._person} for a person, {60 * self._done / seconds:.0f} a minute"
        self._progress.update(self._task, total=total, advance=1, state=state)
        self._progress.start()
        if self._progress.finished:
            self._progress.stop()
        now = time.monotonic()
        if not (self._silent or err.is_terminal) and (now - self._last > self._LINE_EVERY_S or self._done == total):
            self._last = now
            left = seconds / self._done * (total - self._done)
            err.print(f"{self._title}: {self._done} of {total}, {state}, {left:.0f} s left", soft_wrap=True)

    def waiting(self, seconds: float) -> None:
        """Say that another program holds the gradebook."""
        if not self._silent and time.monotonic() - self._last > 2:
            self._last = time.monotonic()
            err.print(f"Waiting for another program that uses the gradebook ({seconds:.0f} s).", soft_wrap=True)
