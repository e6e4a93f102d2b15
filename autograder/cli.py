"""The command `hrlab`: parse, call one function, print, exit.

Exit codes: 0 done, 1 something needs a person or a stated limit is broken, 2 wrong use or bad input, 3 the tool failed.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from autograder.course import COURSE_ENV, Course, default_labs
from autograder.errors import CourseError, GraderError
from evaluators import _quick_start  # noqa: F401 - before anything that imports jsonschema
from evaluators.errors import LabError

if TYPE_CHECKING:
    from autograder.grade import Graded
    from autograder.notebooks import Run

app = typer.Typer(
    name="hrlab",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
course_app = typer.Typer(help="Make and look after a course.", no_args_is_help=True)
app.add_typer(course_app, name="course")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_INTERRUPTED = 130  # how typer ends when Ctrl-C was pressed

CourseOption = Annotated[
    Path | None,
    typer.Option("--course", help=f"Course folder; default the current folder when it is one, else ${COURSE_ENV}."),
]
LabsArgument = Annotated[list[str] | None, typer.Argument(help="Labs; default all that apply.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


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
        _say_error("Stopped.", "The same command goes on where it stopped.")
        raise SystemExit(3) from None
    except Exception as error:
        if debug:
            traceback.print_exc()
        if isinstance(error, LabError):
            _say_error(error.problem, error.hint)
        else:
            _say_error(
                f"{type(error).__name__}: {error}",
                "This is our fault. Send us this message."
                if debug
                else "This is our fault. Run it again with --debug and send us what it prints.",
            )
        raise SystemExit(2 if isinstance(error, LabError) and not isinstance(error, GraderError) else 3) from None


def _say_error(problem: str, hint: str) -> None:
    err.print(f"[bold red]Error:[/] {escape(problem)}\n{escape(hint)}", soft_wrap=True)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, default=str))


# Courses


@course_app.command("new")
def course_new(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    labs: Annotated[Path | None, typer.Option(help="Folder of the labs' instructor versions.")] = None,
    course_id: Annotated[
        str, typer.Option("--id", help="Names the course on pages and in the exchange.")
    ] = "hr-it-lab",
    exchange: Annotated[
        Path | None,
        typer.Option(help="Folder shared with learners on this machine; default one inside the course folder."),
    ] = None,
) -> None:
    """Make a course folder."""
    course = Course.new(folder, labs=labs, course_id=course_id, exchange=exchange)
    out.print(f"Made the course {course.id} in {course.root}\nLabs it can release: {', '.join(course.labs)}")
    out.print("Next: hrlab course roster FILE, then hrlab release, both with --course or in that folder.")


@course_app.command("roster")
def course_roster(
    file: Annotated[Path | None, typer.Argument(help="CSV with a column learner_id; none: show the roster.")] = None,
    course: CourseOption = None,
) -> None:
    """Set or show who takes part."""
    from autograder.roster import read_roster, roster_of, set_roster

    opened = Course.open(course)
    if file:
        learners = read_roster(file)
        set_roster(opened, learners)
        out.print(f"The roster has {len(learners)} learners.")
        return
    table = Table("Learner id", "Name", "E-mail")
    for learner in roster_of(opened).values():
        table.add_row(learner.learner_id, learner.name, learner.email)
    out.print(table)


@course_app.command("status")
def course_status(course: CourseOption = None, as_json: JsonOption = False) -> None:
    """Show what is released, handed in, graded and waiting."""
    from autograder.roster import roster_of
    from autograder.status import course_status as status_of

    opened = Course.open(course)
    rows, learners = status_of(opened), len(roster_of(opened))
    if as_json:
        _print_json({"course": opened.id, "learners": learners, "labs": [vars(row) for row in rows]})
        return
    table = Table("Lab", "Released", "Arrived", "Collected", "To grade", "Paragraphs to score")
    for row in rows:
        counts = (row.arrived, row.collected, row.to_grade, row.paragraphs)
        table.add_row(row.lab, "yes" if row.released else "no", *map(str, counts))
    out.print(f"{opened.id}: {learners} learners on the roster, {opened.root}", soft_wrap=True)
    out.print(table)
    for row in rows:
        if row.problem:
            err.print(escape(row.problem), soft_wrap=True)


@app.command()
def release(labs: LabsArgument = None, course: CourseOption = None, quiet: QuietOption = False) -> None:
    """Prove that labs can be solved, strip them, and put them where learners fetch them."""
    from autograder.release import release as release_lab

    opened = Course.open(course)
    for lab in opened.chosen(labs, among=opened.labs):
        items = release_lab(opened, lab)
        if not quiet:
            points = sum(item.points for item in items)
            out.print(f"Released {lab}: {len(items)} items, {points:g} points, the instructor version earns them all.")


@app.command()
def collect(
    labs: LabsArgument = None,
    course: CourseOption = None,
    folders: Annotated[
        list[Path] | None,
        typer.Option("--from", help="More folders with hand-in files, such as an LMS download."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also collect what was handed in anew after its learner had got feedback.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring in what learners handed in; exit code 1 if a file could not be collected."""
    from autograder.handin import collect as collect_lab

    opened = Course.open(course)
    chosen = opened.chosen(labs, among=opened.released)
    results = [collect_lab(opened, lab, folders=folders, again=again) for lab in chosen]
    if as_json:
        _print_json([vars(result) for result in results])
    else:
        for result in results:
            out.print(f"{result.lab}: {len(result.new)} new, {len(result.unchanged)} unchanged.")
            for problem in result.problems:
                err.print(f"  Not collected: {escape(problem)}", soft_wrap=True)
    raise typer.Exit(1 if any(result.problems for result in results) else 0)


@app.command()
def grade(
    labs: LabsArgument = None,
    course: CourseOption = None,
    learners: Annotated[list[str] | None, typer.Option("--learner", help="Grade these learners again.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Submissions at a time; default one for each core.", min=1)
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score what was collected; exit code 1 if something needs a person.

    Learners' notebooks are executed as you, without a sandbox, as nbgrader does.
    """
    from autograder.grade import Outcome
    from autograder.grade import grade as grade_lab
    from autograder.scores import lab_scores

    opened = Course.open(course)
    chosen = opened.chosen(labs, among=opened.released)
    again = _again(opened, chosen, learners, every=bool(labs)) if learners else {}
    results, waiting = [], 0
    for lab in again or chosen:
        with _GradingBar(lab, silent=quiet or as_json) as bar:
            results += grade_lab(opened, lab, learners=again.get(lab), workers=workers, progress=bar.advance)
        waiting += sum(lab_scores(opened, lab).waiting().values())
    if as_json:
        _print_json([vars(result) for result in results])
    elif not quiet:
        counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
        out.print(
            ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) + f"; {waiting} paragraphs to score."
        )
        for result in results:
            for note in result.notes:
                out.print(f"  {result.learner}: {escape(note)}", soft_wrap=True)
    if any(result.outcome is Outcome.GRADER_FAILED for result in results):
        raise typer.Exit(3)
    raise typer.Exit(1 if waiting or any(result.notes for result in results) else 0)


def _again(course: Course, labs: list[str], learners: list[str], *, every: bool) -> dict[str, list[str]]:
    """Return whom to grade again in which lab: in `every` one of these labs, or in those that they handed in."""
    handed_in = {lab: set(course.learners_with("submitted", lab)) for lab in labs}
    for learner in learners:
        missing = [lab for lab, names in handed_in.items() if learner not in names]
        if missing and (every or len(missing) == len(labs)):
            raise CourseError(
                f"Nothing of {', '.join(missing)} was collected from {learner}.",
                "Check the learner's id, or run `hrlab collect` first.",
            )
    chosen = {lab: sorted(names.intersection(learners)) for lab, names in handed_in.items()}
    return {lab: names for lab, names in chosen.items() if names}


class _GradingBar:
    """A progress bar that comes up with the first graded submission and ends with the last."""

    def __init__(self, title: str, *, silent: bool) -> None:
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[newest]}"))
        self._progress = Progress(TextColumn("{task.description}"), *columns, console=err, disable=silent)
        self._task = self._progress.add_task(title, total=None, newest="")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress.live.is_started:
            self._progress.stop()

    def restart(self) -> None:
        """Count seconds from now on."""
        self._progress.reset(self._task)

    def advance(self, result: Graded, total: int) -> None:
        """Count one more; what `grade` calls."""
        self._progress.update(self._task, total=total, advance=1, newest=f"{result.learner}: {result.outcome}")
        self._progress.start()
        if self._progress.finished:
            self._progress.stop()


@app.command()
def feedback(labs: LabsArgument = None, course: CourseOption = None) -> None:
    """Write a page for each learner: what was right, what was not and why."""
    from autograder.feedback import write_feedback

    opened = Course.open(course)
    for lab in opened.chosen(labs, among=opened.released):
        pages = write_feedback(opened, lab)
        out.print(f"{lab}: {len(pages)} feedback pages in {opened.root / 'feedback'}", soft_wrap=True)


@app.command()
def report(labs: LabsArgument = None, course: CourseOption = None) -> None:
    """Write one HTML page for the trainer: scores, items, competencies, who needs a person."""
    from autograder.report import write_report

    opened = Course.open(course)
    for lab in opened.chosen(labs, among=opened.released):
        out.print(str(write_report(opened, lab)), soft_wrap=True)


@app.command()
def export(
    labs: LabsArgument = None,
    course: CourseOption = None,
    format: Annotated[str, typer.Option(help="Only csv so far.")] = "csv",  # noqa: A002
    to: Annotated[Path | None, typer.Option(help="File to write, ready for Excel; default the screen.")] = None,
) -> None:
    """Print the scores for other systems, as UTF-8."""
    from autograder.export import scores_csv, write_scores

    if format != "csv":
        raise typer.BadParameter(f"{format!r} is not a format; use csv.", param_hint="--format")
    opened = Course.open(course)
    chosen = opened.chosen(labs, among=opened.released)
    if to:
        write_scores(opened, chosen, to)
        return
    text = scores_csv(opened, chosen)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # a pipe on Windows would lack the letters of some names
    sys.stdout.write(text)


# The whole loop, the server and the notebooks


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

    with _GradingBar("Grading", silent=quiet) as bar:

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
        _print_json([vars(run) for run in runs])
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
