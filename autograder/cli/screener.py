"""Check a screener, a function or a model, against a panel's ratings and against limits: on a desk and in CI."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from autograder.cli._common import QuietOption, app, err, out
from autograder.cli._own import (
    DelimiterOption,
    EncodingOption,
    FolderOption,
    HtmlOption,
    JsonOption,
    PrintOnlyOption,
    SheetOption,
    command_line,
    is_terminal,
    plain,
    right,
    show_files,
    targets,
    write_texts,
)
from evaluators.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluators.judgement.reading import Ratings
    from evaluators.judgement.screener.check import ScreenerCheck

_USE = (
    "For example: hrlab screener my_pkg.screener:score --panel ratings.csv --items resumes.csv --group sex. "
    "hrlab screener --example FOLDER writes one that runs. docs/screener.md explains it."
)
_LOOKS = {"kept": "green", "broken": "bold red", "could not be checked": "yellow"}
_SEEN = {"evidence": "bold red", "they part": "yellow", "treated otherwise": "bold red", "too little data": "yellow"}
_NEEDED = {"item": "--item", "rater": "--rater", "raters": "--rater", "rating": "--rating"}


@app.command()
def screener(
    spec: Annotated[
        str | None,
        typer.Argument(metavar="SCREENER", help="my_pkg.module:name or file.py:name; a function or a model."),
    ] = None,
    panel: Annotated[
        Path | None, typer.Option(help="CSV, Excel or Parquet file with the recruiters' ratings, long or wide.")
    ] = None,
    items: Annotated[
        Path | None, typer.Option(help="Table of the résumés, one a row; default further columns of the ratings.")
    ] = None,
    item: Annotated[str, typer.Option(help="Column with the résumé's name, in both tables.")] = "",
    rater: Annotated[
        list[str] | None, typer.Option(help="Column that says who rated; repeat it where each rater has a column.")
    ] = None,
    rating: Annotated[str, typer.Option(help="Column with the rating, where a row is one rating.")] = "",
    levels: Annotated[
        str | None,
        typer.Option(help='Levels from lowest to highest: "no,maybe,yes"; with | between where one has a comma.'),
    ] = None,
    scale: Annotated[str | None, typer.Option(help="What ratings are: ordinal, interval, ratio.")] = None,
    within: Annotated[str, typer.Option(help="Column with the job: compare and shortlist within each.")] = "",
    features: Annotated[
        list[str] | None, typer.Option("--feature", help="Column with what may count, such as years; repeat it.")
    ] = None,
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="Column with groups of people, such as sex; repeat it.")
    ] = None,
    withheld: Annotated[
        list[str] | None, typer.Option("--withhold", help="Column that the screener must not see; repeat it.")
    ] = None,
    swap: Annotated[
        list[str] | None,
        typer.Option(help="Column whose words tell a group, such as a first name: swap them and score again; repeat."),
    ] = None,
    share: Annotated[float, typer.Option(help="Share of the résumés on the shortlist.")] = 0.25,
    fail_under: Annotated[
        float | None, typer.Option(help="Exit code 1 if the rank correlation with the panel is under this.")
    ] = None,
    fail_under_overlap: Annotated[
        float | None, typer.Option(help="Exit code 1 if the two shortlists share less than this of the panel's.")
    ] = None,
    fail_under_ratio: Annotated[
        float | None, typer.Option(help="Exit code 1 if a group's impact ratio is under this, such as 0.8.")
    ] = None,
    below_ceiling_fails: Annotated[
        bool,
        typer.Option(
            "--below-ceiling-fails", help="Exit code 1 if it follows the panel less well than one rater does."
        ),
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds for its import and all scores.")] = 60.0,
    sheet: SheetOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    folder: FolderOption = None,
    html: HtmlOption = None,
    json_file: JsonOption = None,
    print_only: PrintOnlyOption = False,
    example: Annotated[
        Path | None, typer.Option(help="Write a small example that runs into this folder, and do nothing else.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take guessed columns without asking.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Check your own screener against recruiters' ratings: order, shortlist, human ceiling, groups; a page and JSON."""
    if example is not None:
        _write_example(example, quiet=quiet)
        return
    if spec is None or panel is None:
        raise LabError("No screener is named." if spec is None else "No ratings are named (--panel).", _USE)
    from evaluators._frames import pandas_columns
    from evaluators.judgement.reading import panel_of, read_items, read_sheet, sheet_of_frame, split_levels
    from evaluators.judgement.reading.layout import guess_layout
    from evaluators.judgement.screener.check import check_limits, check_screener
    from evaluators.judgement.screener.files import items_beside
    from evaluators.judgement.screener.run import run_screener
    from evaluators.judgement.screener.swapping import group_swaps, swap_probe

    chosen_groups, chosen_features = _once(groups), _once(features)
    check_limits(
        fail_under=fail_under,
        fail_under_overlap=fail_under_overlap,
        fail_under_ratio=fail_under_ratio,
        groups=chosen_groups,
        share=share,
    )
    files = [panel, *([items] if items is not None else [])]
    chosen_files = {} if print_only else targets(files, "screener", folder, html, json_file)
    reading: dict[str, Any] = {"sheet": sheet, "encoding": encoding, "delimiter": delimiter}
    table = read_sheet(panel, **reading)
    words = None if levels is None else split_levels(levels)
    layout = guess_layout(table, item=item, raters=_once(rater), rating=rating, levels=words, scale=scale)
    ratings = panel_of(table, layout, levels=words, scale=scale)
    own = sheet_of_frame(items_beside(table, ratings)) if items is None else read_sheet(items, **reading)
    name = item if item in own.names else ""
    read = read_items(own, ratings.panel, item=name, groups=chosen_groups, within=within)
    again = _guessed(ratings, words)
    if again and not yes:
        _confirm(ratings, command_line(["hrlab", "screener", spec, "--panel", str(panel)], {"--items": items}), again)
    rated = read.frame[read.frame[read.item].isin(set(ratings.panel.items))].reset_index(drop=True)
    pandas_columns(rated, *([within] if within else []), *chosen_features, *chosen_groups)  # before anything is run
    swaps = group_swaps(rated, _once(swap), groups=chosen_groups) if swap else ()
    with err.status("Scoring"):
        run = run_screener(spec, rated, item=read.item, withheld=_once(withheld), timeout_s=timeout)
        probe = None
        if swaps:
            hidden = _once(withheld)
            probe = swap_probe(spec, rated, item=read.item, swaps=swaps, withheld=hidden, timeout_s=timeout)
    notes = [*ratings.notes, *(() if items is not None else ("The résumés' columns come from the table of ratings.",))]
    if left := len(read.frame) - len(rated):
        notes.append(f"{left:,} of {len(read.frame):,} résumés were not scored: nobody rated them.")
    with err.status("Comparing"):
        check = check_screener(
            ratings.panel,
            rated,
            run,
            item=read.item,
            share=share,
            within=within or None,
            features=chosen_features,
            groups=chosen_groups,
            fail_under=fail_under,
            fail_under_overlap=fail_under_overlap,
            fail_under_ratio=fail_under_ratio,
            below_ceiling_fails=below_ceiling_fails,
            notes=notes,
            probe=probe,
            files=[("ratings", ratings.file), *([("résumés", read.file)] if items is not None else [])],
        )
    to_screen = json_file is not None and str(json_file) == "-"
    _write(check, chosen_files, to_screen=to_screen)
    if not quiet and not to_screen:
        _show(check)
        show_files(chosen_files)
    raise typer.Exit(0 if check.passed else 1)


def _once(names: Sequence[str] | None) -> list[str]:
    return list(dict.fromkeys(names or []))


def _guessed(ratings: Ratings, levels: Sequence[str] | None) -> list[str]:
    """Return the options that name what was guessed of the ratings and matters here."""
    options = [
        word
        for guess in ratings.layout.guesses
        if guess.role in _NEEDED
        for column in guess.columns
        for word in (_NEEDED[guess.role], column)
    ]
    words = ratings.panel.level_names if levels is None else ()
    return [*options, *(["--levels", "|".join(words)] if words else [])]


def _confirm(ratings: Ratings, command: str, again: Sequence[str]) -> None:
    """Say what was guessed and have a person confirm it."""
    more = f"{command} {command_line(again)}"
    if not is_terminal():
        raise LabError(
            "The columns of the ratings were guessed, and nobody is there to confirm them. "
            + " ".join(each.sentence() for each in ratings.layout.guesses if each.role in _NEEDED),
            f"Name them, or take the guess with --yes. The guess is: {more} …",
        )
    for sentence in ratings.sentences():
        err.print(escape(plain(sentence)), soft_wrap=True)
    if not typer.confirm("Is that right?", default=True, err=True):
        raise LabError("The columns are not right.", f"Name them: {more} …")


def _write(check: ScreenerCheck, chosen: dict[str, Path], *, to_screen: bool) -> None:
    from evaluators.judgement.screener.report import screener_html, screener_json

    written = datetime.now(UTC)
    texts = {
        "Page": lambda: screener_html(check, written=written),
        "JSON": lambda: screener_json(check, written=written),
    }
    with err.status("Writing"):
        write_texts(chosen, texts)
    if to_screen:
        print(texts["JSON"]())


def _show(check: ScreenerCheck) -> None:
    """Print the result, the limits, and a table for each question."""
    from evaluators.judgement.screener import _tables as tables

    found = check.against
    broken = any(limit.result == "broken" for limit in check.limits)
    look = "bold red" if broken else "bold yellow" if not (check.groups and check.passed) else "bold"
    out.print(f"[{look}]{escape(plain(check.headline()))}[/]", soft_wrap=True)
    for line in check.meaning():
        out.print(escape(plain(line)), soft_wrap=True)
    for limit in check.limits:
        out.print(
            f"[{_LOOKS[limit.result]}]{limit.result.capitalize()}[/]: {escape(plain(limit.sentence))}", soft_wrap=True
        )
    _print("Does it order like the panel?", ("Rank correlation of", "Value", "Interval"), tables.order_rows(found))
    _print(
        f"Best {found.share:.0%}: the same shortlist?", ("Shared", "Share", "Interval"), tables.shortlist_rows(found)
    )
    if parts := tables.part_rows(found):
        _print("Places of 100 higher (+) or lower than with the panel", ("Of", "Places", "Interval", ""), parts)
    for name, reference, rows in tables.audit_rows(found):
        heads = ("Group", "People", "Shortlisted", "Rate", "Ratio", "Interval", "Verdict", "Panel's rate")
        _print(f"Its shortlist by {name}, against {reference}", heads, rows)
    if alike := tables.alike_rows(found):
        _print("People who are alike in the features", ("Group", "Places", "Interval", ""), alike)
    for line in [*found.notes, *check.sight(), *check.all_notes()]:
        out.print(escape(plain(line)), soft_wrap=True)


def _print(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(
        heads[0],
        *(right(head) for head in heads[1:]),
        title=escape(plain(title)),
        title_justify="left",
        padding=(0, 0 if out.width < 100 else 1),
    )
    for row in rows:
        cells = [escape(plain(cell)) for cell in row]
        table.add_row(*(f"[{_SEEN[cell]}]{cell}[/]" if cell in _SEEN else cell for cell in cells))
    out.print(table)


def _write_example(folder: Path, *, quiet: bool) -> None:
    """Write an example into a folder that is new or empty."""
    from autograder.files import write_atomically
    from evaluators.judgement.screener.example import COMMAND, example_files

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LabError(f"{folder} is there already and is not empty.", "Name a new folder; nothing was written.")
    made = example_files()
    for name, text in made.items():
        write_atomically(folder / name, text.encode("utf-8"))
    if not quiet:
        for name in made:
            out.print(escape(plain(str(folder / name))), soft_wrap=True)
        out.print(f"\nTry it:\ncd {escape(plain(str(folder)))}\n{escape(COMMAND)}", soft_wrap=True)
