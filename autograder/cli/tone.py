"""Test how a chatbot sounds: conversation tests, scores of one's own replies, and a fit on one's own ratings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from autograder.cli._common import QuietOption, app, err, out
from autograder.cli._own import (
    DelimiterOption,
    EncodingOption,
    HtmlOption,
    JsonOption,
    PrintOnlyOption,
    SheetOption,
    plain,
    right,
    show_files,
    targets,
    write_texts,
)
from evaluators.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluators.chatbot.turn import Talker
    from evaluators.tone.conversation_tests import ReplyScores, RunDiff, StoryResult, TestRun

_FIRST = "test"
_SHOWN = 20
_LOOKS = {"passed": "green", "failed": "bold red", "error": "bold red", "not run": "yellow"}
_EXAMPLE = "hrlab tone my_bot --tests my_bot/tests, or without a bot for the example: --tests datasets/hr_bot/tests"

SituationOption = Annotated[
    str | None, typer.Option(help="One situation, such as bereavement: its stories only, or what each reply is about.")
]
CalibrationOption = Annotated[
    Path | None, typer.Option(help="What hrlab tone fit wrote: scores as your own raters would give them.")
]
GateOption = Annotated[Path | None, typer.Option(help="Your own gate rules (TOML), with resources and an owner.")]


class _TestFirst(TyperGroup):
    """`hrlab tone BOT …` is `hrlab tone test BOT …`: what begins with no subcommand belongs to the test run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_FIRST, *args]
        return list(super().parse_args(ctx, args))


tone_app = typer.Typer(
    cls=_TestFirst,
    help="Test how a chatbot sounds: hrlab tone BOT --tests FILE plays written talks and checks the answers.",
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(tone_app, name="tone")


@tone_app.callback()
def _tone(context: typer.Context) -> None:
    """Test how a chatbot sounds: hrlab tone BOT --tests FILE plays written talks and checks the answers."""
    if context.invoked_subcommand is None:
        raise LabError("No tests are named.", f"For example {_EXAMPLE}. docs/conversation_tests.md explains the files.")


@tone_app.command(_FIRST)
def play(
    bot: Annotated[
        Path | None,
        typer.Argument(help="The bot: a .yml file, a folder of them, or a .zip of it; default Brook, the example."),
    ] = None,
    tests: Annotated[
        list[Path] | None,
        typer.Option(help="File or folder of conversation tests (YAML), or a .zip with a folder tests; repeat it."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Address of an OpenAI-compatible endpoint that answers in the bot's place.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="With --endpoint: the model's name there.")] = None,
    key_env: Annotated[
        str | None, typer.Option(help="With --endpoint: environment variable that holds the key; never the key itself.")
    ] = None,
    budget: Annotated[int | None, typer.Option(help="With --endpoint: calls at most; the rest is not run.")] = None,
    timeout: Annotated[float | None, typer.Option(help="With --endpoint: seconds to wait for an answer.")] = None,
    accepted: Annotated[
        Path | None, typer.Option(help="The run you accepted last (JSON): show what changed since.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Keep this run as --accepted from now on.")] = False,
    tolerance: Annotated[float, typer.Option(help="Points a score may fall before it counts as worse.")] = 0.25,
    fail_under: Annotated[
        float | None, typer.Option(help="Exit code 1 if the mean of all replies lies under this, such as 2.")
    ] = None,
    situation: SituationOption = None,
    calibration: CalibrationOption = None,
    gate: GateOption = None,
    html: HtmlOption = None,
    json_file: JsonOption = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML for CI to this file.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the page, the JSON and the JUnit XML together.")
    ] = None,
    promptfoo: Annotated[
        Path | None, typer.Option(help="Write the tests for promptfoo to this file, and play nothing.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Play conversation tests to a bot: what failed, how it reads, and which reply got colder than the accepted run."""
    from evaluators.tone import conversation_tests as talks

    if not tests:
        raise LabError("No tests are named.", f"For example {_EXAMPLE}. docs/conversation_tests.md explains the files.")
    _only_json_prints({"--html": html, "--junit": junit, "--promptfoo": promptfoo, "--out": folder})
    if accept and situation:
        raise LabError(
            "--accept keeps a whole run, and --situation plays a part of it.",
            "Leave one of them out; nothing was changed.",
        )
    stories = every = talks.load_tests(tests)
    if situation:
        from evaluators.tone import score_reply

        score_reply("Hello.", situation=situation)  # an unknown one is said with those there are
        chosen = tuple(each for each in stories if each.situation == situation)
        if not chosen:
            raise LabError(f"No story is about {situation}.", "Leave --situation out, or write one.")
        stories = chosen
    read = [*tests, *(each for each in (bot, calibration, gate) if each)]
    if promptfoo is not None:
        _may_write([promptfoo], [*read, *([accepted] if accepted else [])])
        named: dict[str, str] = {"base_url": endpoint or "", "key_env": key_env or "OPENAI_API_KEY"}
        text = talks.to_promptfoo(stories, **(named | ({"model": model} if model else {})))
        write_texts({"promptfoo": promptfoo}, {"promptfoo": lambda: text})
        if not quiet:
            out.print(f"{len(stories)} stories for promptfoo: {escape(plain(str(promptfoo)))}", soft_wrap=True)
        return
    if accept and accepted is None:
        raise LabError("--accept does not know where to.", "Name the file, too: --accepted accepted.json --accept.")
    before = None
    if accepted is not None and (accepted.exists() or not accept):
        from evaluators.tone.conversation_tests.accepted import without

        before = without(talks.load_accepted(accepted), stories, every)
    if not 0 <= tolerance <= 4:
        raise LabError(f"The tolerance is {tolerance}.", "Give points from 0 to 4, such as 0.25.", "tolerance")
    chosen_files = _files(folder, html, json_file, junit)
    yardstick = [accepted] if accepted else []
    _may_write([*chosen_files.values(), *(yardstick if accept else [])], [*read, *([] if accept else yardstick)])
    talker = _talker(bot, endpoint, model, key_env, budget, timeout)
    more = _scoring(calibration, gate)
    with err.status("Talking") as status:

        def on_story(result: StoryResult) -> None:
            status.update(f"Talking: {escape(plain(result.name))}")

        run = talks.run_tests(talker, stories, on_story=None if quiet else on_story, **more)
    diff = None if before is None else talks.compare(run, before, tolerance=tolerance)
    to_screen = json_file is not None and str(json_file) == "-"
    written = datetime.now(UTC)
    texts = {
        "Page": lambda: talks.run_html(run, diff, written=written),
        "JSON": lambda: talks.run_json(run, diff, written=written),
        "JUnit": lambda: talks.to_junit(run, diff),
    }
    with err.status("Writing"):
        write_texts(chosen_files, texts)
        if accept and accepted is not None and all(each.outcome in ("passed", "failed") for each in run.stories):
            write_texts({"Accepted": accepted}, {"Accepted": lambda: talks.accepted_text(run)})
            chosen_files = {**chosen_files, "Accepted": accepted}
    if to_screen:
        print(talks.run_json(run, diff, written=written))
    elif not quiet:
        _show(run, diff)
    under = fail_under is not None and not run.mean >= fail_under
    if not quiet and not to_screen:
        if under:
            out.print(f"[bold red]Under the limit:[/] mean {_points(run.mean)}, asked for {fail_under:g}.")
        for kind, path in chosen_files.items():
            out.print(f"{kind:8} {escape(plain(str(path)))}", soft_wrap=True)
    if accept and "Accepted" not in chosen_files:
        talks.accepted_text(run)  # says why there is no yardstick, after the run itself was shown
    worse = diff is not None and (bool(diff.regressions) or not diff.compared) and not accept
    raise typer.Exit(1 if not run.passed or worse or under else 0)


@tone_app.command("score")
def score(
    file: Annotated[Path, typer.Argument(help="CSV, Excel or Parquet file, one row for each reply.")],
    reply: Annotated[
        str | None, typer.Option(help="Column with the replies; default reply, response, answer or the like.")
    ] = None,
    said: Annotated[
        str | None, typer.Option(help="Column with what the person had said; default said, message or the like.")
    ] = None,
    conversation: Annotated[
        str | None,
        typer.Option(
            help="Column that says which conversation a reply is of; default conversation, session id or the like. "
            "Rows stand in the order in which things were said."
        ),
    ] = None,
    row_id: Annotated[
        str | None, typer.Option("--id", help="Column that says which row is which; default id, if it is there.")
    ] = None,
    situation: SituationOption = None,
    situation_column: Annotated[
        str | None, typer.Option(help="Column with the situation of each reply; default situation, if it is there.")
    ] = None,
    quote: Annotated[
        str, typer.Option(help="What the page and the JSON quote: both, replies (not what people said) or nothing.")
    ] = "both",
    show_names: Annotated[
        bool, typer.Option("--show-names", help="Do not cover names after a greeting, addresses and long numbers.")
    ] = False,
    calibration: CalibrationOption = None,
    gate: GateOption = None,
    fail_under: Annotated[
        float | None, typer.Option(help="Exit code 1 if the mean of all replies lies under this, such as 2.")
    ] = None,
    sheet: SheetOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the table, the page and the JSON; default the current one.")
    ] = None,
    html: HtmlOption = None,
    json_file: JsonOption = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write the scores, one row a reply and no words, to this file.")
    ] = None,
    print_only: PrintOnlyOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score the replies of your own table, such as a chatbot's log: scores by row, the lowest replies, and why."""
    from evaluators.tone.conversation_tests import score_file, scores_csv, scores_html, scores_json

    _only_json_prints({"--html": html, "--csv": csv, "--out": folder})
    alone = csv is not None and folder is None and html is None and json_file is None
    chosen = {} if print_only or alone else targets([file], "tone", folder, html, json_file)
    if csv is not None or (chosen and folder is not None) or (not print_only and not alone and not (html or json_file)):
        chosen = {**chosen, "Table": csv or (folder or Path()) / f"{file.name.split('.')[0] or file.name}-tone.csv"}
    _may_write(list(chosen.values()), [file, *(each for each in (calibration, gate) if each)])
    more = _scoring(calibration, gate)
    named = {
        "reply": reply, "said": said, "conversation": conversation, "situation": situation_column, "id": row_id,
    }  # fmt: skip
    with err.status("Scoring") as status:

        def on_progress(done: int, count: int) -> None:
            if done % 500 == 0:
                status.update(f"Scoring: {done:,} of {count:,}")

        scores = score_file(
            file,
            named,
            sheet=sheet,
            encoding=encoding,
            delimiter=delimiter,
            situation=situation or "",
            quote=quote,
            hide_names=not show_names,
            on_progress=None if quiet else on_progress,
            **more,
        )
    written = datetime.now(UTC)
    texts = {
        "Page": lambda: scores_html(scores, written=written),
        "JSON": lambda: scores_json(scores, written=written),
        "Table": lambda: scores_csv(scores),
    }
    with err.status("Writing"):
        write_texts(chosen, texts)
    if json_file is not None and str(json_file) == "-":
        print(scores_json(scores, written=written))
    elif not quiet:
        _show_scores(scores)
    under = fail_under is not None and not scores.mean >= fail_under
    if not quiet and str(json_file) != "-":
        if under:
            out.print(f"[bold red]Under the limit:[/] mean {_points(scores.mean)}, asked for {fail_under:g}.")
        show_files(chosen)
    raise typer.Exit(1 if under else 0)


@tone_app.command("fit")
def fit(
    ratings: Annotated[
        Path, typer.Argument(help="Ratings: a table with the columns rater, reply_id, dimension, score.")
    ],
    replies: Annotated[
        Path | None, typer.Option(help="The replies: a table with reply_id, reply and, where known, said.")
    ] = None,
    embeddings: Annotated[
        Path | None, typer.Option(help="Folder of a model2vec model, for similar meanings; needs the extra deep.")
    ] = None,
    target: Annotated[Path, typer.Option("--out", help="Where to write what was learnt; for --calibration.")] = Path(
        "calibration.json"
    ),
    quiet: QuietOption = False,
) -> None:
    """Fit the scores to your own people's ratings, and say how far the two agree."""
    from evaluators.tone.fit import fit_files

    _may_write([target], [ratings, *([replies] if replies else [])])
    with err.status("Fitting"):
        learnt = fit_files(ratings, replies, embeddings=embeddings)
    learnt.save(target)
    if not quiet:
        _say(learnt.summary().splitlines())
        out.print(f"Calibration {escape(plain(str(target)))}", soft_wrap=True)


def _talker(
    bot: Path | None,
    endpoint: str | None,
    model: str | None,
    key_env: str | None,
    budget: int | None,
    timeout: float | None,
) -> Talker:
    """Return who answers: the bot of files, the example, or an endpoint that is given the bot's persona."""
    from evaluators.chatbot import Bot, example_bot

    if endpoint is None:
        given = {"--model": model, "--key-env": key_env, "--budget": budget, "--timeout": timeout}
        lonely = [name for name, value in given.items() if value is not None]
        if lonely:
            raise LabError(f"{', '.join(lonely)} belongs to an endpoint.", "Name it, too: --endpoint URL.")
        return example_bot() if bot is None else Bot.from_files(bot)
    if model is None:
        raise LabError("The endpoint needs a model.", "Name it as the endpoint does: --model NAME.")
    from evaluators.chatbot.endpoint import Endpoint

    settings: dict[str, Any] = {"key_variable": key_env, "budget": budget, "timeout_s": timeout}
    if bot is not None:
        from evaluators.chatbot.prompts import system_prompt

        files = Bot.from_files(bot).files
        settings["system"] = system_prompt(files.persona, files.tone_guide)
    known = {name: value for name, value in settings.items() if value is not None}
    talker: Talker = Endpoint(base_url=endpoint, model=model, **known)
    return talker


def _scoring(calibration: Path | None, gate: Path | None) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if calibration is not None:
        from evaluators.tone.fit import Calibration

        more["calibration"] = Calibration.load(calibration)
    if gate is not None:
        from evaluators.tone.gate import load_gate_rules

        more["rules"] = load_gate_rules(gate)
    return more


def _files(folder: Path | None, html: Path | None, json_file: Path | None, junit: Path | None) -> dict[str, Path]:
    named = {"Page": html, "JSON": json_file, "JUnit": junit}
    defaults = {"Page": "tone.html", "JSON": "tone.json", "JUnit": "tone.xml"}
    chosen: dict[str, Path] = {}
    for kind, path in named.items():
        if path is not None and str(path) != "-":
            chosen[kind] = path
        elif path is None and folder is not None:
            chosen[kind] = folder / defaults[kind]
    return chosen


def _only_json_prints(given: dict[str, Path | None]) -> None:
    """Refuse ``-`` where it does not stand for the screen: a result that was asked for is never left out."""
    for option, path in given.items():
        if path is not None and str(path) == "-":
            raise LabError(f"{option} - would write nothing.", "Only --json can be printed; name a file.")


def _may_write(written: Sequence[Path], read: Sequence[Path]) -> None:
    """Refuse to write over what is read, into a folder's place, or two things to one file."""
    for path in written:
        if path.is_dir():
            raise LabError(f"{path} is a folder.", "Name a file.")
        for file in read:
            inside = (
                file.is_dir() and path.suffix in (".yml", ".yaml") and path.resolve().is_relative_to(file.resolve())
            )
            if inside or (path.exists() and file.exists() and path.samefile(file)):
                raise LabError(
                    f"{path} is, or would be, among what is read.", "Name another file; nothing was written."
                )
    if len({path.resolve() for path in written}) < len(written):
        raise LabError("Two results have the same name.", "Give each a file of its own; nothing was written.")


def _show(run: TestRun, diff: RunDiff | None) -> None:
    from evaluators.tone.conversation_tests.results import NOT_SHOWN, failure, headline

    out.print(f"[bold]{escape(plain(headline(run)))}[/]", soft_wrap=True)
    bad = [each for each in run.stories if each.outcome != "passed"]
    for story in bad[:_SHOWN]:
        look = _LOOKS[story.outcome]
        word = "broke off" if story.outcome == "error" else story.outcome
        out.print(f"[{look}]{word.capitalize()}:[/] {escape(plain(story.name))} ({escape(story.file)})", soft_wrap=True)
        _say(f"  {each}" for each in [story.error, *(failure(check) for check in story.failed[:_SHOWN])] if each)
    if len(bad) > _SHOWN:
        out.print(f"{len(bad) - _SHOWN} more stories did not pass; --html shows all.")
    table = Table(
        "Situation", right("Stories"), right("Passed"), right("Replies"), right("Mean"), right("Lowest"),
        title="How it reads, 0 (hurts) to 4 (best)", title_justify="left",
    )  # fmt: skip
    for row in run.by_situation().to_dict("records"):
        table.add_row(
            escape(row["situation"].replace("_", " ")), str(row["stories"]), str(row["passed"]), str(row["replies"]),
            _points(row["mean"]), _points(row["minimum"]),
        )  # fmt: skip
    out.print(table)
    if diff is not None:
        out.print("\n[bold]Since the accepted run[/]")
        _say(diff.summary().splitlines())
        _show_sentences(diff)
    _say([NOT_SHOWN])


def _show_sentences(diff: RunDiff) -> None:
    """Print the sentences that changed in replies that got worse."""
    for story in diff.regressions[:_SHOWN]:
        for step in story.steps:
            changed = [each for each in step.sentences if each.kind != "same"] if step.regression else []
            if changed:
                out.print(f"{escape(plain(story.name))}, reply {step.number}:", soft_wrap=True)
            for each in changed:
                for sign, words, look in (("-", each.before, "red"), ("+", each.now, "cyan")):
                    if words:
                        out.print(f"  [{look}]{sign} {escape(plain(words))}[/]", soft_wrap=True)


def _show_scores(scores: ReplyScores) -> None:
    _say(scores.summary().splitlines())
    table = Table("Dimension", right("Mean"), title="Means, 0 (hurts) to 4 (best)", title_justify="left")
    for name, value in scores.means().items():
        table.add_row(name.replace("_", " "), _points(value))
    out.print(table)
    for row, step in scores.worst[:5]:
        words = " ".join(step.reply.split())
        short = words if len(words) <= 100 else f"{words[:99]}…"
        overall = step.tone.overall if step.tone else float("nan")
        out.print(f"Row {escape(plain(row))}, {_points(overall)}: {escape(plain(short))}", soft_wrap=True)


def _points(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _say(lines: Any) -> None:
    for line in lines:
        out.print(escape(plain(line)), soft_wrap=True)
