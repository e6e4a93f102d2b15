"""Audit a selection on one's own file: the command, and the questions it asks."""

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
    ask_number,
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

    from evaluators.own_data import OwnTable
    from evaluators.screening.applicants import ApplicantAudit
    from evaluators.screening.guesses import ColumnGuess

_LOOKS = {"evidence of adverse impact": "bold red", "too little data to tell": "yellow", "none seen": "green"}
_WIDE = 90  # letters; narrower terminals get no blanks beside the cells
_SHORT = {"evidence of adverse impact": "evidence", "too little data to tell": "too little data"}


@app.command()
def audit(
    file: Annotated[
        Path | None, typer.Argument(help="CSV, Excel or Parquet file, one row for each applicant; none: ask.")
    ] = None,
    outcome: Annotated[str | None, typer.Option(help="Column that says who was selected: yes/no, 1/0.")] = None,
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="Column with groups, such as sex; repeat it.")
    ] = None,
    score: Annotated[str | None, typer.Option(help="Column with the scores of a tool.")] = None,
    month: Annotated[str | None, typer.Option(help="Column with dates: follow the ratios month by month.")] = None,
    selected_is: Annotated[
        list[str] | None,
        typer.Option(help="Value of the outcome that means selected, where it is not yes/no; repeat it."),
    ] = None,
    not_missing: Annotated[
        list[str] | None, typer.Option(help="Label that is a group although it reads like not known, such as NA.")
    ] = None,
    rules: Annotated[str | None, typer.Option(help="Rules whose tables are wanted: ugesp, ll144 or eu_ai_act.")] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            help="Group that others are compared with: highest, largest or a label; repeat it for labels. "
            "label:highest names a group called highest."
        ),
    ] = None,
    fail_under: Annotated[
        float | None, typer.Option(help="Exit code 1 if an impact ratio lies under this, such as 0.8.")
    ] = None,
    alpha: Annotated[
        float | None,
        typer.Option(help="Significance level, default 0.05; given with --fail-under it is part of the limit."),
    ] = None,
    intervals: Annotated[
        str, typer.Option(help="What makes the intervals of the ratios: koopman, katz or bootstrap.")
    ] = "koopman",
    replicates: Annotated[int | None, typer.Option(help="Draws of the bootstrap; default 1,000.")] = None,
    seed: Annotated[int | None, typer.Option(help="Where the bootstrap's draws start; default 0.")] = None,
    no_intersections: Annotated[
        bool, typer.Option("--no-intersections", help="Leave combinations of two columns out.")
    ] = False,
    leave_small_out: Annotated[
        bool, typer.Option("--leave-small-out", help="Do not compare groups under 2 %; they stay in the tables.")
    ] = False,
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
    """Audit a selection on your own file: rates, impact ratios, how sure they are; a page and JSON to keep."""
    from evaluators.own_data import column_named, open_own_table
    from evaluators.screening.applicants import audit_applicants

    if file is None:
        if not is_terminal():
            raise LabError("No file is named.", "Name one: hrlab audit applicants.csv --outcome selected --group sex.")
        file, ask = ask_file("CSV, Excel or Parquet"), True
    chosen_files = {} if print_only else targets([file], "audit", folder, html, json_file)
    to_screen = json_file is not None and str(json_file) == "-"
    with open_own_table(file, sheet=sheet, encoding=encoding, delimiter=delimiter) as table:
        chosen = _Columns(
            outcome=outcome and column_named(table, outcome),
            groups=[column_named(table, name) for name in groups or []],
            score=score and column_named(table, score),
            month=month and column_named(table, month),
        )
        guesses: tuple[ColumnGuess, ...] = ()
        if ask:
            rules = _ask_columns(table, chosen, rules)
        elif not chosen.groups or not (chosen.outcome or chosen.score):
            guesses = _guess(file, table, chosen, yes=yes)
        with err.status("Counting"):
            found = audit_applicants(
                table.relation,
                groups=chosen.groups,
                outcome=chosen.outcome,
                score=chosen.score,
                date=chosen.month,
                selected_values=selected_is or [],
                not_missing=not_missing or [],
                rules=rules,
                reference=reference or ["highest"],
                alpha=0.05 if alpha is None else alpha,
                intersections=not no_intersections,
                leave_small_out=leave_small_out,
                fail_under=fail_under,
                limit_alpha=alpha if fail_under is not None else None,
                file=table.facts,
                guesses=guesses,
                intervals=intervals,
                replicates=replicates,
                seed=seed,
                in_file_order=table.in_order,
            )
    if to_screen:
        from evaluators.screening.report import report_json

        print(report_json(found, written=datetime.now(UTC)))
    elif not quiet:
        _show(found)
    _write(found, chosen_files)
    if not quiet and not to_screen:
        show_files(chosen_files)
        if ask:
            out.print("\nThe same without questions:", soft_wrap=True)
            settings: dict[str, Any] = {
                "--selected-is": selected_is, "--not-missing": not_missing, "--reference": reference,
                "--fail-under": fail_under, "--alpha": alpha, "--replicates": replicates, "--seed": seed,
                "--intervals": intervals if intervals != "koopman" else None, "--no-intersections": no_intersections,
                "--leave-small-out": leave_small_out, "--sheet": sheet, "--encoding": encoding,
                "--delimiter": delimiter,
            }  # fmt: skip
            out.print(escape(_command(file, chosen, rules, settings)), soft_wrap=True)
    raise typer.Exit(1 if found.broken or found.unchecked else 0)


class _Columns:
    """Which column says what; filled by options, guesses or questions."""

    def __init__(self, *, outcome: str | None, groups: list[str], score: str | None, month: str | None) -> None:
        self.outcome, self.groups, self.score, self.month = outcome or None, groups, score or None, month or None

    def take(self, guesses: Sequence[ColumnGuess]) -> tuple[ColumnGuess, ...]:
        """Fill what is empty; return the guesses that were used."""
        used = []
        named = {self.outcome, self.score, self.month, *self.groups}
        given = bool(self.groups)
        for guess in guesses:
            if guess.column in named:
                continue
            if guess.role == "group" and not given:
                self.groups.append(guess.column)
            elif guess.role == "outcome" and self.outcome is None:
                self.outcome = guess.column
            elif guess.role == "score" and self.score is None:
                self.score = guess.column
            elif guess.role == "date" and self.month is None:
                self.month = guess.column
            else:
                continue
            used.append(guess)
        return tuple(used)

    def options(self) -> list[str]:
        """Return the options that name these columns."""
        pairs = [("--outcome", self.outcome), *(("--group", name) for name in self.groups)]
        pairs += [("--score", self.score), ("--month", self.month)]
        return [word for option, name in pairs if name is not None for word in (option, name)]


def _guess(file: Path, table: OwnTable, chosen: _Columns, *, yes: bool) -> tuple[ColumnGuess, ...]:
    """Guess the columns that are not named, say so, and have a person confirm it."""
    from evaluators.screening.guesses import guess_columns

    columns = table.columns()
    used = chosen.take(guess_columns(columns))
    listed = f"The columns of {table.facts.name}: {', '.join(table.names) or 'none'}."
    if not chosen.groups or not (chosen.outcome or chosen.score):
        lacking = "the groups (--group)" if not chosen.groups else "the outcome (--outcome) or the score (--score)"
        raise LabError(f"Which column holds {lacking} is not clear from {table.facts.name}.", listed)
    for guess in used:
        err.print(escape(plain(guess.sentence())), soft_wrap=True)
    if yes:
        return used
    if not is_terminal():
        raise LabError(
            "The columns were guessed, and nobody is there to confirm them.",
            f"Name them, or take the guess with --yes. The guess is: {_command(file, chosen, None)}",
        )
    if not typer.confirm("Is that right?", default=True, err=True):
        raise LabError("The columns are not right.", f"Name them, or run hrlab audit --ask. {listed}")
    return used


def _ask_columns(table: OwnTable, chosen: _Columns, rules: str | None) -> str | None:
    """Show the columns with examples and ask which is what; return the rules."""
    from evaluators.screening.guesses import guess_columns
    from evaluators.screening.rules import load_rules

    columns = table.columns()
    show_columns(table.facts, columns)
    proposed = _Columns(outcome=chosen.outcome, groups=list(chosen.groups), score=chosen.score, month=chosen.month)
    proposed.take(guess_columns(columns))
    names = [column.name for column in columns]
    while True:
        outcome = ask_numbers("Who was selected: number of the outcome column", names, [proposed.outcome], most=1)
        score = ask_numbers("Number of the column with a tool's scores", names, [proposed.score], most=1)
        if outcome or score:
            break
        err.print("An audit needs an outcome or a score.")
    groups: list[str] = []
    while not groups:
        groups = ask_numbers("Numbers of the group columns, such as 2,3", names, proposed.groups, most=len(columns))
    month = ask_numbers("Number of a date column, to look month by month", names, [proposed.month], most=1)
    chosen.outcome, chosen.score = next(iter(outcome), None), next(iter(score), None)
    chosen.month, chosen.groups[:] = next(iter(month), None), groups
    packs = list(load_rules().values())
    for number, pack in enumerate(packs, start=1):
        err.print(f"{number}  {escape(pack.title)} ({escape(pack.jurisdiction)})", soft_wrap=True)
    default = next((number for number, pack in enumerate(packs, start=1) if pack.key == rules), 0)
    answer = ask_number("Number of the rules whose tables you want (0: none)", default=default, most=len(packs))
    return packs[answer - 1].key if answer else None


def _command(file: Path, chosen: _Columns, rules: str | None, settings: Mapping[str, Any] | None = None) -> str:
    """Write the command that does the same; `settings` are the other options as they were given."""
    extra = ["--rules", rules] if rules else []
    return command_line(["hrlab", "audit", str(file), *chosen.options(), *extra], settings)


def _write(found: ApplicantAudit, chosen: dict[str, Path]) -> None:
    from evaluators.screening.report import report_html, report_json

    written = datetime.now(UTC)
    page, values = (lambda: report_html(found, written=written)), (lambda: report_json(found, written=written))
    write_texts(chosen, {"Page": page, "JSON": values})


def _show(found: ApplicantAudit) -> None:
    """Print the result, a table for each attribute, the limit and the notes."""
    from evaluators.screening import _applicants_words as words

    out.print(f"[bold]{escape(plain(words.headline(found)))}[/]", soft_wrap=True)
    out.print(escape(words.meaning(found)), soft_wrap=True)
    for name, families in found.audits:
        done = "Selected" if name == "selection" else "Above median"
        for family, each in families:
            table = Table(
                plain(family), *(right(title) for title in ("People", done, "Rate", "Ratio", "Interval", "p adj.")),
                _whole("Verdict"), title=escape(plain(f"By {family}, against {each.reference}")), title_justify="left",
                padding=(0, 0 if out.width < _WIDE else 1),
            )  # fmt: skip
            for group in [*each.compared, each[each.reference], *each.left_out]:
                row = group.to_dict()
                verdict = row["verdict"]
                look = _LOOKS.get(verdict, "")
                table.add_row(
                    escape(plain(group.group)),
                    f"{group.applicants:,}",
                    f"{group.selected:,}",
                    f"{group.rate:.1%}",
                    _number(group.impact_ratio),
                    _interval(group.ratio_low, group.ratio_high),
                    "< .001" if group.p_adjusted < 0.001 else _number(group.p_adjusted, digits=3),
                    f"[{look}]{_SHORT.get(verdict, verdict)}[/]" if look else verdict,
                )
            out.print(table)
    for column, stability in found.over_time:
        out.print(escape(plain(f"{column}, month by month: {stability.summary()}")), soft_wrap=True)
    for sentence in [*words.limit_sentences(found), *found.notes, *(found.file.notes if found.file else ())]:
        out.print(escape(plain(sentence)), soft_wrap=True)
    out.print(words.WHAT_IT_DOES_NOT_SHOW, soft_wrap=True)


def _whole(title: str) -> Any:
    from rich.table import Column as Heading

    return Heading(title, min_width=len("too little"))


def _number(value: float, *, digits: int = 2) -> str:
    return "–" if value != value else f"{value:.{digits}f}"


def _interval(low: float, high: float) -> str:
    if low != low:
        return "–"
    return f"{low:.2f} and up" if high == float("inf") else f"{low:.2f}–{high:.2f}"
