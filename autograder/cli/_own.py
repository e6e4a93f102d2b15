"""What the commands for one's own files share: options, questions, where to write, and text that steers no terminal."""

from __future__ import annotations

import shlex
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column as Heading
from rich.table import Table

from autograder.cli._common import err, out
from evaluators.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evaluators.own_data import Column, FileFacts


# Options that read and write the same in each of these commands.
SheetOption = Annotated[str | None, typer.Option(help="Sheet of a workbook; default the first.")]
EncodingOption = Annotated[str | None, typer.Option(help="Encoding of a text file; default found out.")]
DelimiterOption = Annotated[str | None, typer.Option(help="What separates cells of a text file; default found out.")]
FolderOption = Annotated[
    Path | None, typer.Option("--out", help="Folder for the page and the JSON; default the current one.")
]
HtmlOption = Annotated[Path | None, typer.Option(help="Write the page to this file.")]
JsonOption = Annotated[
    Path | None, typer.Option("--json", help="Write JSON to this file; - prints it and nothing else.")
]
PrintOnlyOption = Annotated[bool, typer.Option("--print-only", help="Write no file.")]
AskOption = Annotated[bool, typer.Option("--ask", help="Ask for everything, step by step.")]


def is_terminal() -> bool:
    """Say whether somebody is there to answer questions."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_file(kinds: str) -> Path:
    """Ask for a file until one is there."""
    while True:
        path = Path(typer.prompt(f"Which file? ({kinds})", err=True).strip().strip("'\"")).expanduser()
        if path.is_file():
            return path
        err.print(f"There is no file {escape(str(path))}.", soft_wrap=True)


def show_columns(facts: FileFacts, columns: Sequence[Column]) -> None:
    """Show the columns of a file with their numbers and examples, and how the file was read."""
    shown = Table("No.", "Column", "Holds", "Empty", title=escape(plain(facts.name)))
    for number, column in enumerate(columns, start=1):
        empty = "–" if not column.rows else f"{1 - column.filled / column.rows:.0%}"
        shown.add_row(str(number), escape(plain(column.name)), escape(plain(column.examples)), empty)
    err.print(shown)
    for note in facts.notes:
        err.print(escape(plain(note)), soft_wrap=True)


def ask_numbers(question: str, names: Sequence[str], proposed: Sequence[str | None], *, most: int) -> list[str]:
    """Ask for columns by their numbers; return their names."""
    default = ",".join(str(names.index(name) + 1) for name in proposed if name in names) or "0"
    while True:
        answer = typer.prompt(f"{question} (0: none)", default=default, err=True)
        words = [word for word in str(answer).replace(",", " ").split() if word != "0"]
        if len(words) <= most and all(word.isdecimal() and 1 <= int(word) <= len(names) for word in words):
            return list(dict.fromkeys(names[int(word) - 1] for word in words))
        wanted = "one number" if most == 1 else "numbers with commas between"
        err.print(f"Please type {wanted}, from 0 to {len(names)}.")


def ask_number(question: str, *, default: int, most: int) -> int:
    """Ask for a number."""
    while True:
        answer = str(typer.prompt(question, default=str(default), err=True)).strip()
        if answer.isdecimal() and int(answer) <= most:
            return int(answer)
        err.print(f"Please type a number from 0 to {most}.")


def command_line(words: Sequence[str], settings: Mapping[str, Any] | None = None) -> str:
    """Write a command; `settings` are options as they were given: None and False are left out."""
    extra: list[str] = []
    for option, value in (settings or {}).items():
        if value is True:
            extra.append(option)
        elif value is not None and value is not False:
            for each in value if isinstance(value, list) else [value]:
                extra += [option, str(each)]
    return shlex.join([*words, *extra])


def targets(
    files: Sequence[Path], suffix: str, folder: Path | None, html: Path | None, json_file: Path | None
) -> dict[str, Path]:
    """Say which files are to be written, and refuse to write over a table that is read.

    Parameters
    ----------
    files : sequence of Path
        The tables; the first one names the files to write.
    suffix : str
        What follows its name, such as ``"audit"``.
    folder, html, json_file : Path, optional
        As the options say; ``-`` is the screen.

    Returns
    -------
    dict of str to Path
        ``"Page"`` and ``"JSON"``, as far as they are wanted.
    """
    if folder is None and (html or json_file):
        wanted = {"Page": html, "JSON": None if str(json_file) == "-" else json_file}
    else:
        base = folder or Path()
        stem = files[0].name.split(".")[0] or files[0].name
        wanted = {"Page": html or base / f"{stem}-{suffix}.html", "JSON": json_file or base / f"{stem}-{suffix}.json"}
    chosen = {kind: path for kind, path in wanted.items() if path is not None and str(path) != "-"}
    for path in chosen.values():
        for file in files:
            if path.exists() and file.exists() and path.samefile(file):
                raise LabError(f"{path} is the table itself.", "Name another file to write to; nothing was written.")
        if path.is_dir():
            raise LabError(f"{path} is a folder.", "Name a file, or give the folder with --out.")
    if len({path.resolve() for path in chosen.values()}) < len(chosen):
        raise LabError("The page and the JSON have the same name.", "Give each a name of its own.")
    return chosen


def write_texts(chosen: Mapping[str, Path], texts: Mapping[str, Callable[[], str]]) -> None:
    """Write the page and the JSON; all of them are made before the first is kept."""
    from autograder.files import write_atomically

    made = {kind: texts[kind]().encode("utf-8", "replace") for kind in chosen}
    for kind, path in chosen.items():
        write_atomically(path, made[kind])


def show_files(chosen: Mapping[str, Path]) -> None:
    """Print where the page and the JSON are."""
    for kind, path in chosen.items():
        out.print(f"{kind:5} {escape(plain(str(path)))}", soft_wrap=True)


def right(title: str) -> Heading:
    """Return a heading over figures."""
    return Heading(title, justify="right")


def plain(text: str) -> str:
    """Return text from a file without characters that would steer the terminal."""
    return "".join(
        "\ufffd" if unicodedata.category(letter) in {"Cc", "Cf", "Cs"} and letter != "\n" else letter for letter in text
    )
