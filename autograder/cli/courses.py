"""Commands that make and look after a course, and its boards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.cli._common import CourseOption, DbOption, JsonOption, app, err, out, print_json
from autograder.course import DEFAULT_DB, Course

if TYPE_CHECKING:
    from autograder.gradebook import PenaltyChange
    from autograder.leaderboard import Standings

course_app = typer.Typer(help="Make and look after a course.", no_args_is_help=True)
app.add_typer(course_app, name="course")


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
    db: Annotated[
        str, typer.Option("--db", help="Gradebook; default gradebook.db in the folder, or postgresql://user@host/name.")
    ] = DEFAULT_DB,
) -> None:
    """Make a course folder."""
    course = Course.new(folder, labs=labs, course_id=course_id, exchange=exchange, db=db)
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
        print_json({"course": opened.id, "learners": learners, "labs": [vars(row) for row in rows]})
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


@course_app.command("due")
def course_due(
    lab: Annotated[str, typer.Argument(help="A released lab.")],
    when: Annotated[str, typer.Argument(help='Such as "2026-12-01 18:00"; "none" for no due date.')],
    zone: Annotated[str, typer.Option("--zone", help="Time zone, such as Europe/Berlin.")] = "UTC",
    course: CourseOption = None,
) -> None:
    """Set when a lab is due; the late penalty is the course's own (AssignLatePenalties in nbgrader_config.py)."""
    from autograder.lateness import due_of, parse_when, set_due

    opened = Course.open(course)
    changed = set_due(opened, opened.lab(lab), None if when.lower() == "none" else parse_when(when, zone))
    due = due_of(opened, lab)
    out.print(f"{lab} is due {due:%Y-%m-%d %H:%M} UTC." if due else f"{lab} has no due date.")
    _print_penalties(changed)


@course_app.command("extend")
def course_extend(
    lab: Annotated[str, typer.Argument(help="A released lab.")],
    learner: Annotated[str, typer.Argument(help="Learner id.")],
    days: Annotated[float, typer.Option(help="Days more than the others have; 0 takes them back.", min=0)] = 0.0,
    hours: Annotated[float, typer.Option(help="Hours more.", min=0)] = 0.0,
    course: CourseOption = None,
) -> None:
    """Give one learner more time, before or after the hand-in."""
    from datetime import timedelta

    from autograder.lateness import extend

    opened = Course.open(course)
    by = timedelta(days=days, hours=hours)
    changed = extend(opened, opened.lab(lab), learner, by)
    out.print(f"{learner} has {by} more for {lab}.")
    _print_penalties(changed)


def _print_penalties(changed: list[PenaltyChange]) -> None:
    for change in changed:
        before, after = (f"{points or 0:g}" for points in (change.before, change.after))
        out.print(f"  {change.learner}: late penalty {before} becomes {after} points ({change.notebook}).")


@app.command()
def leaderboard(
    lab: Annotated[str, typer.Argument(help="A released lab with a board.")],
    to: Annotated[
        Path | None,
        typer.Option("--out", "--html", help="File for the page; default leaderboard/LAB.html in the course folder."),
    ] = None,
    who: Annotated[bool, typer.Option("--who", help="Print, for you alone, whose each name is.")] = False,
    leave: Annotated[
        list[str] | None, typer.Option("--leave", help="Take this learner, who asked for it, off the board; repeat it.")
    ] = None,
    course: CourseOption = None,
    db: DbOption = "",
    as_json: JsonOption = False,
) -> None:
    """Rank those who chose to stand on a lab's board, under made-up names, and write the page for everybody."""
    from autograder.leaderboard import leave_board, standings, write_board

    if who and (as_json or to):
        raise typer.BadParameter("it is printed and goes into no file.", param_hint="--who")
    opened = Course.open(course, db=db)
    for learner in leave or ():
        leave_board(opened, opened.lab(lab), learner)
    found = standings(opened, lab)
    page = write_board(opened, found.board, to) if to or leave or not (who or as_json) else None
    if as_json:
        print_json(found.board.to_dict())
        return
    _print_board(found, who=who)
    if page:
        out.print(str(page), soft_wrap=True)


def _print_board(found: Standings, *, who: bool) -> None:
    from autograder.leaderboard import FEWEST

    if not found.board.places:
        out.print(f"Fewer than {FEWEST} are on the board of {found.board.lab}: it shows no names and no points yet.")
        if who:
            out.print(f"Joined: {escape(', '.join(found.joined)) or 'nobody'}.", soft_wrap=True)
        return
    learners = {place.pseudonym: learner for learner, place in found.places.items()} if who else {}
    table = Table("Place", "Name", f"Points of {round(found.board.maximum, 2):g}", *(["Learner"] if who else []))
    for place in found.board.places:
        more = [escape(learners[place.pseudonym])] if who else []
        table.add_row(str(place.rank), place.pseudonym, f"{place.points:g}", *more)
    out.print(table)
