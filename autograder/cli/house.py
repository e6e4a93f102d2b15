"""Commands around the house: the demo, the server, the notebooks' check, what works on this machine."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.markup import escape
from rich.table import Table

from autograder.cli._common import CourseOption, GradingBar, JsonOption, QuietOption, app, err, out, print_json
from autograder.course import default_labs

if TYPE_CHECKING:
    from autograder.notebooks import Run


@app.command()
def demo(
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="New or empty folder, or that of an earlier demo; default a temporary one."),
    ] = None,
    size: Annotated[int, typer.Option(help="Learners in the sample cohort.", min=1, max=999)] = 24,
    seed: Annotated[int, typer.Option(help="Seeds the sample cohort and its answers.")] = 2004,
    quiet: QuietOption = False,
) -> None:
    """Run the whole loop with a sample cohort, to feedback and report."""
    from autograder.demo import run_demo

    where = folder or Path(tempfile.mkdtemp(prefix="hrlab-demo-"))

    with GradingBar("Grading", silent=quiet) as bar:

        def step(text: str) -> None:
            bar.restart()  # its clock is for grading alone
            if not quiet:
                err.print(text)

        result = run_demo(where, size=size, seed=seed, step=step, progress=bar.advance)
    if quiet:
        return
    scores = result.scores
    totals, waiting, shares = scores.totals(), scores.waiting(), scores.competencies()
    table = Table("Learner", "Level", "Points", *shares.columns, "To score", "Note", title=scores.title)
    by_learner = shares.to_dict("index")
    notes = []
    for sample in result.cohort:
        name = sample.learner.learner_id
        graded = scores.graded[name]
        table.add_row(
            name,
            sample.level,
            f"{round(totals[name], 2):g} of {scores.maximum:g}" if name in totals.index else str(graded.outcome),
            *[f"{by_learner[name][column]:.0%}" if name in by_learner else "–" for column in shares.columns],
            str(waiting.get(name, 0)),
            "see below" if graded.notes else "",
        )
        notes += [f"{name}: {note}" for note in graded.notes]
    out.print(table)
    for note in notes:
        out.print(escape(note), soft_wrap=True)
    out.print()
    out.print(f"Course      {result.course.root}", soft_wrap=True)
    out.print(f"Report      {result.report}", soft_wrap=True)
    out.print(f"Feedback    {result.course.root / 'feedback'}: {len(result.feedback)} pages", soft_wrap=True)
    out.print(f"Look at it  hrlab lab --course {result.course.root}", soft_wrap=True)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(
    context: typer.Context,
    course: CourseOption = None,
    exchange: Annotated[
        Path | None,
        typer.Option(help="A learner's server: the course's shared folder (…/exchange/<course id>)."),
    ] = None,
    desk: Annotated[
        Path | None, typer.Option(help="Where fetched labs and answers lie; default ~/hr-it-lab/<course id>.")
    ] = None,
) -> None:
    """Open the start page in the browser: lessons, labs, hand-in; for trainers formgrader and the report.

    With --exchange it is a learner's server, without any trainer's tool. Further options go to Jupyter, such as
    --no-browser --port=9999.
    """
    from autograder.lab.places import find_places
    from autograder.lab.server import serve

    places = find_places(course=course, exchange=exchange, desk=desk, tell=lambda text: err.print(text, soft_wrap=True))
    serve(places.desk, exchange=places.exchange, course=places.course, options=context.args)


@app.command()
def check(
    places: Annotated[
        list[Path] | None, typer.Argument(help="Notebooks or folders; default curriculum/ and labs/.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Notebooks at a time; default one for each core.", min=1)] = None,
    timeout: Annotated[int, typer.Option(help="Seconds that a notebook may take as a whole.", min=1)] = 120,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run every lesson and every lab's instructor version by papermill; exit code 1 if one fails."""
    from autograder.lab.desk import curriculum
    from autograder.notebooks import find_notebooks, run_notebooks

    notebooks = find_notebooks(places or [curriculum(), default_labs()])
    with _CheckStatus(len(notebooks), silent=as_json or quiet) as status:
        runs = run_notebooks(
            notebooks, workers=workers, timeout_s=timeout, started=status.started, progress=status.finished
        )
    failed = [run for run in runs if run.problem]
    if as_json:
        print_json([vars(run) for run in runs])
    elif quiet:
        for run in failed:
            err.print(escape(f"{run.notebook}, {run.problem}"), soft_wrap=True)
    else:
        out.print(f"{len(runs) - len(failed)} of {len(runs)} notebooks ran to their end.")
    raise typer.Exit(1 if failed else 0)


class _CheckStatus:
    """One line for each finished notebook and, on a terminal, one that says what runs now."""

    def __init__(self, total: int, *, silent: bool) -> None:
        self._total, self._silent = total, silent
        self._running: list[Path] = []
        self._done = 0
        self._lock = threading.Lock()  # notebooks begin in threads of their own
        self._status = err.status("Starting")

    def __enter__(self) -> Self:
        if not self._silent:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def started(self, notebook: Path) -> None:
        with self._lock:
            self._running.append(notebook)
            self._update()

    def finished(self, run: Run) -> None:
        with self._lock:
            self._done += 1
            self._running.remove(run.notebook)
            self._update()
        if self._silent:
            return
        mark = "[red]failed[/]" if run.problem else "[green]ok[/]    "
        place = escape(f"{run.notebook.parent.name}/{run.notebook.name}")
        out.print(f"{mark} {self._done} of {self._total}  {run.seconds:5.1f} s  {place}", soft_wrap=True)
        if run.problem:
            out.print(escape(run.problem), soft_wrap=True)

    def _update(self) -> None:
        names = ", ".join(path.stem for path in self._running)
        self._status.update(f"Running {len(self._running)} of {self._total}: {escape(names)}")


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what works on this machine and what to install; exit code 1 if grading would refuse."""
    from autograder.doctor import examine

    findings = examine()
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        marks = {"ok": "[green]ok[/]     ", "missing": "[red]missing[/]", "optional": "[yellow]without[/]"}
        for finding in findings:
            out.print(f"{marks[finding.state]}  {escape(finding.what)}", soft_wrap=True)
            if finding.todo:
                out.print(f"         {escape(finding.todo)}", soft_wrap=True)
    raise typer.Exit(1 if any(finding.state == "missing" for finding in findings) else 0)
