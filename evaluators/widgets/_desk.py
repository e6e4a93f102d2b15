"""What the explorers of own data do behind the page, whatever they make of a table: list, look, run, save."""

import json
import os
import re
import tempfile
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators.errors import LabError

if TYPE_CHECKING:
    from evaluators.own_data import Column

_TEXT = (".csv", ".tsv", ".txt")
ENDINGS = (*_TEXT, *(f"{ending}.gz" for ending in _TEXT), ".xlsx", ".xlsm", ".parquet", ".pq")
FILE, TABLE = "file:", "table:"
_MOST_BYTES = 200 << 20


class FieldError(Exception):
    """What is wrong with some fields of the form: field name -> sentence.

    Parameters
    ----------
    problems : mapping of str to str
        Field -> sentence.
    aside : mapping of str to object
        What was found in further tables all the same.
    """

    def __init__(self, problems: Mapping[str, str], aside: Mapping[str, Any] | None = None) -> None:
        super().__init__(dict(problems))
        self.problems = dict(problems)
        self.aside = dict(aside or {})


@dataclass(frozen=True, slots=True)
class Done:
    """A result as it is shown and saved.

    Parameters
    ----------
    found : object
        The library's result.
    said : str
        Its first sentence.
    page, numbers : str
        HTML and JSON, as the command writes them.
    stem : str
        How the names of both files begin, such as ``"export-audit"``.
    """

    found: Any
    said: str
    page: str
    numbers: str
    stem: str


class Desk(ABC):
    """The tables that can be chosen, and what is done with one.

    Parameters
    ----------
    tables : mapping of str to object
        Name -> what the desk can work on; offered before the files.
    folder : path
        Where files are looked for and results are saved.
    """

    endings: tuple[str, ...] = ENDINGS
    takes: tuple[str, ...] = ENDINGS  # endings of files that can be copied into the folder
    form = ""  # under which name a half-filled form is kept in the folder; empty: it is not

    def __init__(self, tables: Mapping[str, Any], folder: str | os.PathLike[str]) -> None:
        self.tables = dict(tables)
        self.folder = Path(folder).absolute()
        self._coming: tuple[str, bytearray] | None = None
        self.on_progress: Callable[[str, float], None] = lambda _words, _share: None  # long work tells how far it is

    @abstractmethod
    def look(self, source: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Look into a table: ``columns`` with examples, ``guesses``, ``notes`` and ``proposed`` values of fields.

        ``aside`` is what `look_aside` finds with these values, where the form begins with a further table.
        """

    @abstractmethod
    def run(self, source: str, sent: Mapping[str, Any]) -> Done:
        """Do the work as the form says; FieldError names the fields that do not fit."""

    def look_aside(self, source: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Look into the further tables that the form names beside `source`, if it has any."""
        return {}

    def sources(self) -> dict[str, str]:
        """Return what can be chosen: key -> label; given tables first, then files by name."""
        given = {f"{TABLE}{name}": name for name in self.tables}
        try:
            there = sorted(path.name for path in self.folder.iterdir() if path.is_file())
        except OSError:
            return given
        files = [name for name in there if name.casefold().endswith(self.endings) and not name.startswith((".", "~$"))]
        return given | {f"{FILE}{name}": name for name in files}

    def save(self, done: Done) -> tuple[str, ...]:
        """Write the page and the JSON beside the notebook, each whole or not at all; return their names."""
        files = {f"{done.stem}.html": done.page, f"{done.stem}.json": done.numbers}
        for name, text in files.items():
            _write(self.folder / name, text.encode("utf-8", "replace"))
        return tuple(files)

    def take(self, name: str, piece: bytes, *, first: bool) -> None:
        """Take a piece of a file that is copied into the folder; nothing is written yet."""
        if first or self._coming is None or self._coming[0] != name:
            self._coming = (name, bytearray())
        if len(self._coming[1]) <= _MOST_BYTES:
            self._coming[1].extend(piece)

    def bring(self) -> str:
        """Write the file whose pieces were taken into the folder, under a name that is free; return the name."""
        coming, self._coming = self._coming, None
        if coming is None:
            raise FieldError({"bring": "The file did not arrive. Try again."})
        name, data = re.split(r"[/\\\x00]", coming[0])[-1].lstrip(".~$ "), bytes(coming[1])
        ending = next((each for each in self.takes if name.casefold().endswith(each)), None)
        if ending is None:
            raise FieldError({"bring": f"“{name}” is of another kind. Files end in {', '.join(self.takes)}."})
        if len(data) > _MOST_BYTES:
            raise FieldError({"bring": f"“{name}” is larger than {_MOST_BYTES >> 20} MB. Copy it there yourself."})
        stem, often = name[: -len(ending)] or "table", 1
        while (path := self.folder / name).exists() and not (path.is_file() and path.read_bytes() == data):
            often += 1
            name = f"{stem} ({often}){ending}"
        _write(path, data)
        return name

    def keep_form(self, kept: Mapping[str, Any]) -> None:
        """Keep a half-filled form in a hidden file; where that fails, nothing is kept and nothing is said."""
        if self.form:
            with suppress(OSError, ValueError, TypeError):
                _write(self._form_file, json.dumps(dict(kept), ensure_ascii=True).encode())

    def kept_form(self) -> dict[str, Any]:
        """Return the form that was kept, with its source; empty if there is none, or its table is gone."""
        try:
            kept = json.loads(self._form_file.read_text("utf-8")) if self.form else None
        except (OSError, ValueError):
            return {}
        if not isinstance(kept, dict) or kept.get("source") not in self.sources():
            return {}
        return kept if isinstance(kept.get("values"), dict) else {}

    @property
    def _form_file(self) -> Path:
        return self.folder / f".hrlab-{self.form}-form.json"

    def in_words(self, error: LabError) -> str:
        """Return an error as sentences for a page; the page names the folder once."""
        return f"{error.problem} {error.hint}".replace(f"{self.folder}{os.sep}", "")

    def stem(self, source: str, made: str) -> str:
        """Return how the names of the saved files begin: the source's own name, and what was made of it."""
        name = self.name(source)
        return f"{(name.split('.')[0] or name) if source.startswith(FILE) else plain_stem(name)}-{made}"

    def name(self, source: str, *, field: str = "source") -> str:
        """Return the name of a source; FieldError beside its field if it is not there."""
        sources = self.sources()
        if source not in sources:
            raise FieldError({field: "This table is not there any more. Press “Look again” and choose another."})
        return sources[source]


def shown_column(column: "Column") -> dict[str, Any]:
    """Return a column as the table of columns shows it."""
    return {
        "name": column.name,
        "examples": column.examples,
        "empty": f"{1 - column.filled / column.rows:.0%}" if column.rows else "–",
    }


def reading_of(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a file is to be read, as far as the form says: ``sheet`` and ``encoding``."""
    return {name: text_of(sent, name).strip() or None for name in ("sheet", "encoding")}


def text_of(sent: Mapping[str, Any], name: str) -> str:
    """Return a text that the form sent, empty if it is none."""
    value = sent.get(name)
    return value if isinstance(value, str) else ""


def texts_of(sent: Mapping[str, Any], name: str) -> list[str]:
    """Return the texts of a list that the form sent."""
    value = sent.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def note_twice(chosen: Iterable[tuple[str, str | None]], words: Mapping[str, str], problems: dict[str, str]) -> None:
    """Say beside the field where a column is chosen for a second thing.

    Parameters
    ----------
    chosen : iterable of (str, str or None)
        Field and column, in the order of the form.
    words : mapping of str to str
        Field -> what its column is, inside a sentence.
    problems : dict of str to str
        Receives the sentences.
    """
    taken: dict[str, str] = {}
    for field, column in chosen:
        if column and column in taken:
            problems[field] = f"“{column}” is {words[taken[column]]} already. Use each column once."
        elif column:
            taken[column] = field


def number_of(
    sent: Mapping[str, Any],
    name: str,
    problems: dict[str, str],
    *,
    most: float = 1.0,
    zero: bool = False,
    such_as: str = "0.8",
) -> float | None:
    """Read a number that somebody typed, with a point or a comma; None if the field is empty.

    Parameters
    ----------
    sent : mapping of str to object
        What the form sent.
    name : str
        The field.
    problems : dict of str to str
        Receives a sentence if the number does not fit.
    most : float
        The largest number that fits.
    zero : bool
        Whether 0 fits; what is below never does.
    such_as : str
        An example that fits.
    """
    typed = text_of(sent, name).strip()
    if not typed:
        return None
    try:
        number = float(typed.replace(",", "."))
    except ValueError:
        number = float("nan")
    if not (0 < number <= most or (zero and number == 0)):
        span = f"from 0 to {most:g}" if zero else f"above 0 and up to {most:g}"
        problems[name] = f"“{typed}” does not fit. Type a number {span}, such as {such_as}."
        return None
    return number


def plain_stem(name: str) -> str:
    """Return a table's name as the start of a file name: small letters without accents, and hyphens."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", letters)[:40].strip("-") or "table"


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)  # as an ordinary file, so that it can be passed on
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
