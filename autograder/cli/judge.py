"""Study the ratings of one's own panel: the command, and the questions it asks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from autograder.cli._common import QuietOption, app, err, out
from autograder.cli._own import (
    AskOption,
    DelimiterOption,
    EncodingOption,
    FolderOption,
    HtmlOption,
    JsonOption,
    PrintOnlyOption,
    SheetOption,
    ask_file,
    ask_numbers,
    command_line,
    is_terminal,
    plain,
    right,
    show_columns,
    show_files,
    targets,
    write_texts,
)
from evaluators.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evaluators.judgement.reading import ItemsTable, Layout, Ratings, Sheet
    from evaluators.judgement.study.panel_study import PanelStudy

_LOOKS = {"good": "green", "warn": "yellow", "bad": "bold red", "": "bold"}
_WIDE = 90  # letters; narrower terminals get no blanks beside the cells


@app.command()
def judge(
    file: Annotated[
        Path | None, typer.Argument(help="Ratings: CSV, Excel or Parquet, a row for each rating or item; none: ask.")
    ] = None,
    items: Annotated[
        Path | None, typer.Option(help="Table of what was rated, such as résumés: then also what the raters value.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="With --items: a screener, as my_pkg.screener:score or screener.py:score, to set beside them."
        ),
    ] = None,
    item: Annotated[str | None, typer.Option(help="Column that says what was rated.")] = None,
    rater: Annotated[
        list[str] | None,
        typer.Option(help="Column that says who rated; repeat it to name the columns of a wide table."),
    ] = None,
    rating: Annotated[str | None, typer.Option(help="Column with the rating, of a long table.")] = None,
    order: Annotated[str | None, typer.Option(help="Column with a number or time: the order of rating.")] = None,
    dimension: Annotated[
        list[str] | None, typer.Option(help="Column with ratings of one side of the same thing; repeat it.")
    ] = None,
    wide: Annotated[
        bool | None,
        typer.Option("--wide/--long", help="Whether a row is an item with a column for each rater; default found out."),
    ] = None,
    levels: Annotated[
        str | None,
        typer.Option(help='Levels from lowest to highest: "no,maybe,yes"; "6,5,4,3,2,1" says that 1 is the best.'),
    ] = None,
    scale: Annotated[
        str | None, typer.Option(help="What ratings can be used for: nominal, ordinal, interval or ratio.")
    ] = None,
    cue: Annotated[
        list[str] | None, typer.Option(help="With --items: column with what raters could see; repeat it.")
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="With --items: column with groups, such as sex; no cue; repeat it.")
    ] = None,
    within: Annotated[
        str | None, typer.Option(help="With --items: column with the job; shortlists are made within each.")
    ] = None,
    stated: Annotated[
        Path | None, typer.Option(help="With --items: what raters say each cue counts; a row a rater, a column a cue.")
    ] = None,
    share: Annotated[float, typer.Option(help="With --model: share of the items on a shortlist.")] = 0.25,
    withhold: Annotated[
        list[str] | None, typer.Option(help="With --model: column that the screener does not see; repeat it.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="With --model: seconds that the screener may take.")] = 60.0,
    measure: Annotated[
        str | None, typer.Option(help="Measure to speak of: alpha, icc, kappa or w; default what fits best.")
    ] = None,
    fail_under: Annotated[
        float | None, typer.Option(help="Exit code 1 if the measure lies under this, such as 0.6.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="Significance level; intervals have the rest of 1.")] = 0.05,
    replicates: Annotated[
        int | None, typer.Option(help="Draws of the items; default 2,000, and 500 beyond 20,000 ratings.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Where the draws start.")] = 0,
    pseudonyms: Annotated[
        bool, typer.Option("--pseudonyms/--names", help="Whether raters are called rater A, rater B, …")
    ] = True,
    sheet: SheetOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    folder: FolderOption = None,
    html: HtmlOption = None,
    json_file: JsonOption = None,
    print_only: PrintOnlyOption = False,
    ask: AskOption = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take guessed columns without asking.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Study your own panel's ratings: how far raters agree, what they value, a screener beside them; page and JSON."""
    from evaluators.judgement.reading import read_sheet, split_levels
    from evaluators.judgement.study.panel_study import judge_panel

    if file is None:
        if not is_terminal():
            raise LabError("No file is named.", "Name one: hrlab judge ratings.csv --items resumes.csv.")
        file, ask = ask_file("CSV, Excel or Parquet"), True
    for option, value in (
        ("--model", model),
        ("--stated", stated),
        ("--cue", cue),
        ("--group", group),
        ("--within", within),
    ):
        if value and items is None:
            raise LabError(f"{option} needs the table of what was rated.", "Name it with --items.")
    read = [each for each in (file, items, stated) if each is not None]
    chosen_files = {} if print_only else targets(read, "judge", folder, html, json_file)
    to_screen = json_file is not None and str(json_file) == "-"
    chosen_levels = None if levels is None else split_levels(levels)
    given = _Given(item, list(rater or []), rating, order, list(dimension or []), wide, chosen_levels, scale)
    table = read_sheet(file, sheet=sheet, encoding=encoding, delimiter=delimiter)
    if ask:
        _ask_columns(table, given)
    found = _read(table, given)
    described = None
    if items is not None:
        described = _items(items, found, cue or [], group or [], within or "")
    settings: dict[str, Any] = {
        "--items": items, "--model": model, "--levels": levels, "--scale": scale, "--cue": cue, "--group": group,
        "--within": within, "--stated": stated, "--share": share if share != 0.25 else None, "--withhold": withhold,
        "--timeout": timeout if timeout != 60.0 else None, "--measure": measure, "--fail-under": fail_under,
        "--alpha": alpha if alpha != 0.05 else None, "--replicates": replicates, "--seed": seed or None,
        "--names": not pseudonyms, "--sheet": sheet, "--encoding": encoding, "--delimiter": delimiter,
    }  # fmt: skip
    if not ask or (described is not None and described.guessed):
        _confirm(file, found, described, settings, yes=yes, asked=ask, quiet=quiet, names=not pseudonyms)
    notes = [*found.notes, *(described.sentences if described else ())]
    said: Any = None
    if stated is not None and described is not None:
        from evaluators.judgement.reading import read_stated

        said, stated_notes = read_stated(stated, found.panel, described.cues)
        notes += stated_notes
    scores, name = None, ""
    if model is not None and described is not None:
        scores, name, model_notes = _scores(model, described, found, withhold or [], timeout)
        notes += model_notes
    with err.status("Counting"):
        study = judge_panel(
            found.panel,
            items=None if described is None else described.frame,
            item="" if described is None else described.item,
            cues=() if described is None else described.cues,
            groups=[] if described is None else _named(described, group or []),
            within=None if described is None or not within else _named(described, [within])[0],
            dimensions=found.dimensions,
            stated=said,
            scores=scores,
            screener=f"the screener {name}" if name else "the screener",
            share=share,
            measure=measure or "",
            fail_under=fail_under,
            pseudonyms=pseudonyms,
            alpha=alpha,
            replicates=replicates,
            seed=seed,
            notes=notes,
            file=found.file,
            layout=found.layout,
        )
    if to_screen:
        from evaluators.judgement.study.report import report_json

        print(report_json(study, written=datetime.now(UTC)))
    elif not quiet:
        _show(study)
    _write(study, chosen_files)
    if not quiet and not to_screen:
        show_files(chosen_files)
        if ask:
            out.print("\nThe same without questions:", soft_wrap=True)
            out.print(escape(_command(file, found.layout, settings)), soft_wrap=True)
    raise typer.Exit(1 if study.broken or study.unchecked else 0)


class _Given:
    """What is known of the columns; filled by options or questions."""

    def __init__(
        self,
        item: str | None,
        raters: list[str],
        rating: str | None,
        order: str | None,
        dimensions: list[str],
        wide: bool | None,
        levels: list[str] | None,
        scale: str | None,
    ) -> None:
        self.item, self.raters, self.rating, self.order = item or "", raters, rating or "", order or ""
        self.dimensions, self.wide, self.levels, self.scale = dimensions, wide, levels, scale


def _read(table: Sheet, given: _Given) -> Ratings:
    from evaluators.judgement.reading import guess_layout, panel_of

    layout = guess_layout(
        table,
        item=given.item,
        raters=given.raters,
        rating=given.rating,
        dimensions=given.dimensions,
        order=given.order,
        wide=given.wide,
        levels=given.levels,
        scale=given.scale,
    )
    return panel_of(table, layout, levels=given.levels, scale=given.scale)


def _items(file: Path, found: Ratings, cues: Sequence[str], groups: Sequence[str], within: str) -> ItemsTable:
    from evaluators.judgement.reading import read_items, read_sheet

    table = read_sheet(file)
    same = found.layout.item if found.layout.item in table.names else ""
    return read_items(
        table,
        found.panel,
        item=same,
        cues=cues,
        groups=[table.named(each) for each in groups],
        within=table.named(within) if within else "",
    )


def _named(described: ItemsTable, names: Sequence[str]) -> list[str]:
    """Return columns as they are written in the table of items."""
    there = {str(each).casefold(): str(each) for each in described.frame.columns}
    return [name if name in described.frame.columns else there[name.strip().casefold()] for name in names]


def _scores(
    model: str, described: ItemsTable, found: Ratings, withhold: Sequence[str], timeout: float
) -> tuple[Mapping[str, float], str, list[str]]:
    """Run the screener on what was rated; return its scores, what to call it, and what to know."""
    from evaluators.judgement.screener.run import run_screener

    rated = described.frame[described.frame[described.item].isin(found.panel.items)]
    with err.status("Running the screener"):
        run = run_screener(
            model, rated.reset_index(drop=True), item=described.item, withheld=_named(described, withhold),
            timeout_s=timeout,
        )  # fmt: skip
    scores = {str(name): float(score) for name, score in run.scores.items()}
    shown = f"The screener {model} saw these columns: {', '.join(run.columns)}."
    return scores, model, [shown, *run.notes]


def _confirm(
    file: Path,
    found: Ratings,
    described: ItemsTable | None,
    settings: Mapping[str, Any],
    *,
    yes: bool,
    asked: bool,
    quiet: bool,
    names: bool,
) -> None:
    """Say what was guessed, and have a person confirm it; who rated is named on a screen only, or where it may be."""
    if quiet and yes:
        return
    said = [] if asked else found.sentences(names=names or is_terminal())
    guessed = (found.guessed and not asked) or (described is not None and described.guessed)
    if not guessed:
        return
    for sentence in [*said, *(described.sentences if described is not None else ())]:
        err.print(escape(plain(sentence)), soft_wrap=True)
    if yes:
        return
    if not is_terminal():
        more = dict(settings)
        if described is not None:
            more["--cue"] = list(described.cues)
        if found.panel.level_names and not settings.get("--levels"):
            more["--levels"] = "|".join(found.panel.level_names)
        raise LabError(
            "The columns were guessed, and nobody is there to confirm them.",
            f"Name them, or take the guess with --yes. The guess is: {_command(file, found.layout, more)}",
        )
    if not typer.confirm("Is that right?", default=True, err=True):
        raise LabError("The columns are not right.", "Name them, or run hrlab judge --ask.")


def _ask_columns(table: Sheet, given: _Given) -> None:
    """Show the columns with examples and ask which is what."""
    from evaluators.judgement.reading import guess_layout

    columns = table.columns()
    show_columns(table.facts, columns)
    names = [column.name for column in columns]
    proposed: Layout | None = None
    try:
        proposed = guess_layout(table, levels=given.levels, scale=given.scale)
    except LabError as error:
        err.print(escape(plain(error.problem)), soft_wrap=True)
    wide = proposed.wide if proposed is not None else False
    question = "Is a row one item, with a column for each rater (no: a row is one rating)?"
    given.wide = typer.confirm(question, default=wide, err=True)
    same = proposed if proposed is not None and proposed.wide == given.wide else None

    def one(question: str, guess: str, *, needed: bool) -> str:
        while True:
            answer = ask_numbers(question, names, [guess], most=1)
            if answer or not needed:
                return next(iter(answer), "")
            err.print("It is needed.")

    given.item = one("Number of the column that says what was rated", same.item if same else "", needed=True)
    if given.wide:
        while len(given.raters) < 2:
            guessed = list(same.raters) if same else []
            given.raters = ask_numbers("Numbers of the raters' columns", names, guessed, most=len(names))
        return
    given.raters = [one("Number of the column that says who rated", same.raters[0] if same else "", needed=True)]
    given.rating = one("Number of the column with the rating", same.rating if same else "", needed=True)
    given.dimensions = ask_numbers(
        "Numbers of columns that rate sides of the same thing", names, list(same.dimensions) if same else [],
        most=len(names),
    )  # fmt: skip
    given.order = one("Number of the column with the order or time", same.order if same else "", needed=False)


def _command(file: Path, layout: Layout, settings: Mapping[str, Any]) -> str:
    """Write the command that does the same."""
    pairs = [("--item", layout.item), *(("--rater", name) for name in layout.raters)]
    pairs += [("--rating", layout.rating), ("--order", layout.order)]
    pairs += [("--dimension", name) for name in layout.dimensions]
    words = [word for option, name in pairs if name for word in (option, name)]
    shape = ["--wide"] if layout.wide else []
    return command_line(["hrlab", "judge", str(file), *shape, *words], settings)


def _write(study: PanelStudy, chosen: dict[str, Path]) -> None:
    from evaluators.judgement.study.report import report_html, report_json

    written = datetime.now(UTC)
    page, values = (lambda: report_html(study, written=written)), (lambda: report_json(study, written=written))
    with err.status("Writing"):
        write_texts(chosen, {"Page": page, "JSON": values})


def _show(study: PanelStudy) -> None:
    """Print what to do next, the tables, the limit and what it does not show."""
    from evaluators.judgement.study import _tables as tables
    from evaluators.judgement.study import _words as words

    out.print(f"[{_LOOKS[words.look(study)]}]{escape(plain(words.headline(study)))}[/]", soft_wrap=True)
    if study.why:
        _say([study.why])
    out.print("\n[bold]What to do next[/]")
    _say(f"{number}. {step}" for number, step in enumerate(study.next_steps, start=1))
    if study.layout is not None:
        out.print()
        _say([study.layout.shape])
    for grid in tables.grids(study):
        heads = [right(plain(head)) if place in grid.figures else plain(head) for place, head in enumerate(grid.heads)]
        shown = Table(
            *heads, title=escape(plain(grid.title)), title_justify="left", padding=(0, 0 if out.width < _WIDE else 1)
        )
        for row in grid.rows:
            shown.add_row(*(escape(plain(cell)) for cell in row))
        out.print(shown)
        if grid.more:
            _say([grid.more])
        if grid.title == tables.RATERS:
            _say([words.NO_REVIEW])
    if study.schools is not None:
        _say(study.schools.summary().splitlines()[:-1])
    if study.against is not None:
        _say(line for line in study.against.summary().splitlines() if line)
    _say(f"Not computed: {part}. {reason}" for part, reason in study.not_computed)
    _say([*study.notes, *(study.file.notes if study.file else ())])
    if study.fail_under is not None:
        look = "yellow" if study.unchecked else "bold red" if study.broken else "green"
        out.print(f"[{look}]{escape(plain(words.limit_sentence(study)))}[/]", soft_wrap=True)
    _say([words.NOT_SHOWN])
    if study.pseudonyms:
        if is_terminal() and out.is_terminal:
            who = ", ".join(f"{other} is {name}" for name, other in study.names.items())
            _say([f"Who is who, on this screen only: {who}."])
        else:
            _say(["Raters have other names here. --names shows their own."])


def _say(lines: Any) -> None:
    for line in lines:
        out.print(escape(plain(line)), soft_wrap=True)
