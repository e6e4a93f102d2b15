"""Commands of a cohort: release, collect, grade, regrade, feedback, report, export."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.cli._common import (
    CourseOption,
    DbOption,
    GradingBar,
    JsonOption,
    LabsArgument,
    QuietOption,
    app,
    err,
    out,
    print_json,
)
from autograder.course import Course
from autograder.errors import CourseError

if TYPE_CHECKING:
    from autograder.grade import Graded
    from autograder.regrade import Regrade


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
        print_json([vars(result) for result in results])
    else:
        for result in results:
            out.print(f"{result.lab}: {len(result.new)} new, {len(result.unchanged)} unchanged.")
            for problem in result.problems:
                err.print(f"  Not collected: {escape(problem)}", soft_wrap=True)
    raise typer.Exit(1 if any(result.problems for result in results) else 0)


StrictOption = Annotated[
    bool, typer.Option("--strict-nbgrader", help="nbgrader's behaviour also where ours differs on purpose.")
]
UnsafeOption = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run learners' code without a sandbox, if you trust all of it.")
]
ClusterOption = Annotated[str, typer.Option("--cluster", help="Grade on a Dask cluster, such as tcp://scheduler:8786.")]
WorkersOption = Annotated[int, typer.Option(help="Submissions at a time; default one for each core.", min=0)]


@app.command()
def grade(
    labs: LabsArgument = None,
    course: CourseOption = None,
    learners: Annotated[list[str] | None, typer.Option("--learner", help="Grade these learners again.")] = None,
    workers: WorkersOption = 0,
    strict: StrictOption = False,
    unsafe: UnsafeOption = False,
    cluster: ClusterOption = "",
    db: DbOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score what was collected; exit code 1 if something needs a person.

    Works on any nbgrader course folder after `nbgrader generate_assignment`, too.
    """
    from autograder.grade import grade as grade_lab
    from autograder.results import Outcome
    from autograder.settings import read_settings

    opened = Course.open(course, db=db)
    settings = read_settings(opened.root, workers=workers, strict=strict, sandboxed=not unsafe, cluster=cluster)
    chosen = opened.chosen(labs, among=opened.gradable)
    again = _again(opened, chosen, learners, every=bool(labs)) if learners else {}
    results = []
    for lab in again or chosen:
        with GradingBar(lab, silent=quiet or as_json, first=_FIRST) as bar:
            results += grade_lab(
                opened, lab, learners=again.get(lab), settings=settings, progress=bar.advance, waiting=bar.waiting
            )
    waiting, failed = 0, []
    now = {(result.lab, result.learner) for result in results}
    for lab in again or chosen:
        items, learners = _for_a_person(opened, lab)
        waiting += items
        failed += [learner for learner in learners if (lab, learner) not in now]
    if as_json:
        print_json([vars(result) for result in results])
    elif not quiet:
        _print_graded(opened, results, waiting, failed)
    if any(result.outcome is Outcome.GRADER_FAILED for result in results):
        raise typer.Exit(3)
    raise typer.Exit(1 if waiting or failed or any(result.notes for result in results) else 0)


def _for_a_person(course: Course, lab: str) -> tuple[int, list[str]]:
    """Return the number of items that wait for a person, and whose submission has no score."""
    from autograder.scores import lab_scores

    if not course.learners_with("submitted", lab):
        return 0, []
    scores = lab_scores(course, lab)
    return sum(scores.waiting().values()), sorted(set(scores.graded) - set(scores.scored))


def _print_graded(course: Course, results: list[Graded], waiting: int, failed: list[str]) -> None:
    """Say how it went; `failed` are those whose submission got no score in an earlier run."""
    from autograder.results import Outcome

    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count or outcome is Outcome.SCORED)
    seconds = sum(result.seconds for result in results) / max(len(results), 1)
    each = f"; {seconds:.2f} s for each" if results else ""
    out.print(f"{told}; {waiting} items for a person to score{each}.", soft_wrap=True)
    if failed:
        names = ", ".join(failed[:_MOST_NAMES]) + (" …" if len(failed) > _MOST_NAMES else "")
        out.print(f"Still without a score, until they hand in anew: {escape(names)}.", soft_wrap=True)
    if any(result.outcome is Outcome.SCORED and "landlock" not in result.walls for result in results):
        out.print("Learners' code ran WITHOUT a sandbox.")
    if table := _notes_table(results):
        out.print(table)
    if results:
        out.print(
            f"All notes: {course.root / 'grading'}. Next: hrlab report, or formgrader in hrlab lab.", soft_wrap=True
        )


def _notes_table(results: list[Graded]) -> Table | None:
    """Return what a trainer should know, each note once with those whom it is about; failures first."""
    from autograder.results import Outcome

    about: dict[tuple[bool, str, str], list[str]] = {}
    for result in results:
        failed = result.outcome is not Outcome.SCORED
        for note in result.notes or ([str(result.outcome)] if failed else []):
            about.setdefault((not failed, result.lab, note), []).append(result.learner)
    if not about:
        return None
    rows = sorted(about.items(), key=lambda row: (row[0][0], row[0][1]))
    several = len({lab for _, lab, _ in about}) > 1
    table = Table("What to know", "Whom it is about", *(["Lab"] if several else []))
    for (scored, lab, note), learners in rows[:_MOST_NOTES]:
        names = ", ".join(learners[:_MOST_NAMES])
        more = f" and {len(learners) - _MOST_NAMES} more" if len(learners) > _MOST_NAMES else ""
        what = escape(note) if scored else f"[red]No score:[/] {escape(note)}"
        table.add_row(what, escape(names + more), *([lab] if several else []))
    if len(rows) > _MOST_NOTES:
        table.add_row(f"… and {len(rows) - _MOST_NOTES} other notes", "", *([""] if several else []))
    return table


_FIRST = "the instructor's own solution"
_MOST_NOTES, _MOST_NAMES = 40, 5


@app.command()
def regrade(
    lab: Annotated[str, typer.Argument(help="The lab whose tests, points or solutions have changed.")],
    course: CourseOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    workers: WorkersOption = 0,
    strict: StrictOption = False,
    unsafe: UnsafeOption = False,
    cluster: ClusterOption = "",
    db: DbOption = "",
    as_json: JsonOption = False,
) -> None:
    """Grade everybody again by the lab's present tests: show which scores change, then ask, then write.

    Exit code 1 if scores would change and nothing was written.
    """
    from autograder.regrade import Regrade
    from autograder.settings import read_settings

    opened = Course.open(course, db=db)
    settings = read_settings(opened.root, workers=workers, strict=strict, sandboxed=not unsafe, cluster=cluster)
    with GradingBar(lab, silent=as_json, first=_FIRST) as bar, Regrade(opened, lab, settings) as again:
        again.run(progress=bar.advance)
        if as_json:
            print_json(again.to_dict())
        else:
            _print_changes(again)
        if not again.anything:
            return
        if not (yes or (not as_json and sys.stdin.isatty() and typer.confirm("Write these scores?"))):
            out.print("Nothing was written. Run it with --yes to write.") if not as_json else None
            raise typer.Exit(1)
        again.write()
        if not as_json:
            out.print("Written. Scores and comments that a person gave are as they were.")


def _print_changes(again: Regrade) -> None:
    for line in again.lines():
        out.print(escape(line), soft_wrap=True)
    if not again.changes:
        out.print("No score changes.")
        return
    table = Table("Learner", "Item", "Was", "Becomes", "Person's score", "Total was", "Total becomes")
    for change in again.changes:
        item = change.grade_id if again.one_notebook else f"{change.notebook}/{change.grade_id}"
        numbers = (change.old_auto, change.new_auto, change.manual_score, change.old_total, change.new_total)
        table.add_row(change.learner, item, *["–" if number is None else f"{number:g}" for number in numbers])
    out.print(table)


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


@app.command()
def feedback(labs: LabsArgument = None, course: CourseOption = None, db: DbOption = "") -> None:
    """Write a page for each learner: what was right, what was not and why."""
    from autograder.feedback import write_feedback

    opened = Course.open(course, db=db)
    for lab in opened.chosen(labs, among=opened.gradable):
        pages = write_feedback(opened, lab)
        out.print(f"{lab}: {len(pages)} feedback pages in {opened.root / 'feedback'}", soft_wrap=True)


@app.command()
def report(labs: LabsArgument = None, course: CourseOption = None, db: DbOption = "") -> None:
    """Write one HTML page for the trainer: scores, items, competencies, who needs a person."""
    from autograder.report import write_report

    opened = Course.open(course, db=db)
    for lab in opened.chosen(labs, among=opened.gradable):
        out.print(str(write_report(opened, lab)), soft_wrap=True)


@app.command()
def export(
    labs: LabsArgument = None,
    course: CourseOption = None,
    format: Annotated[str, typer.Option(help="Only csv so far.")] = "csv",  # noqa: A002
    to: Annotated[Path | None, typer.Option(help="File to write, ready for Excel; default the screen.")] = None,
    db: DbOption = "",
) -> None:
    """Print the scores for other systems, as UTF-8."""
    from autograder.export import scores_csv, write_scores

    if format != "csv":
        raise typer.BadParameter(f"{format!r} is not a format; use csv.", param_hint="--format")
    opened = Course.open(course, db=db)
    chosen = opened.chosen(labs, among=opened.gradable)
    if to:
        write_scores(opened, chosen, to)
        return
    text = scores_csv(opened, chosen)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # a pipe on Windows would lack the letters of some names
    sys.stdout.write(text)
