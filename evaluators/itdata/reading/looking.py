"""A first look at an export: its columns with examples, and what each seems to hold."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluators.itdata.reading._fields import FIELDS, match_columns
from evaluators.itdata.reading._files import open_export
from evaluators.own_data import Column, FileFacts, column_of


@dataclass(frozen=True, slots=True)
class ExportLook:
    """What the first rows of an export show.

    Parameters
    ----------
    facts : FileFacts
        Which file it is.
    columns : tuple of Column
        Its columns with examples, in the file's order.
    mapping : dict of str to str
        What was recognised: our name -> column of the file. See `read_tickets` for our names.
    kind : str
        Whose export it looks like; ``"mapped"`` if nobody's.
    lacking : tuple of str
        Of ``"number"`` and ``"opened_at"``, what no column was recognised for: name them in a mapping.
    notes : tuple of str
        What was found out or skipped.
    """

    facts: FileFacts
    columns: tuple[Column, ...]
    mapping: Mapping[str, str]
    kind: str
    lacking: tuple[str, ...]
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a column of the file.

        Returns
        -------
        DataFrame, shape (n_columns, 3)
            ``column``, ``examples`` and ``taken_as`` (our name, or empty).
        """
        names = {column: name for name, column in self.mapping.items()}
        rows = [(each.name, each.examples, names.get(each.name, "")) for each in self.columns]
        return pd.DataFrame(rows, columns=["column", "examples", "taken_as"])

    def to_dict(self) -> dict[str, Any]:
        """Return what was recognised as plain values for JSON; examples are not in it, since they may be people."""
        return {
            "file": self.facts.to_dict(),
            "kind": self.kind,
            "columns": [each.name for each in self.columns],
            "mapping": dict(self.mapping),
            "lacking": list(self.lacking),
            "notes": list(self.notes),
        }

    def summary(self) -> str:
        """Say which column seems to hold what.

        Returns
        -------
        str
            Lines of text.
        """
        lines = [f"{self.facts.name} has {len(self.columns)} columns."]
        lines += [f"{column!r} is taken as {name}." for name, column in self.mapping.items()]
        lines += [f"No column is recognised as {name}." for name in self.lacking]
        return "\n".join([*lines, *self.notes])


def look_at_export(
    path: "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]",
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    rows: int = 1000,
) -> ExportLook:
    r"""Look at the first rows of an export, before it is read.

    Parameters
    ----------
    path : path or sequence of path
        As in `read_tickets`.
    sheet, encoding, delimiter
        As in `read_tickets`.
    rows : int
        How many rows to look at.

    Returns
    -------
    ExportLook

    Raises
    ------
    TableError, ExportError
        If the file cannot be opened as a table.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "list.csv")
    ...     _ = file.write_text("Ticket ID;Raised;Prio\n7;2026-03-02 09:00;high\n", encoding="utf-8")
    ...     look = look_at_export(file)
    >>> look.mapping, look.lacking, look.columns[2].examples
    ({'number': 'Ticket ID'}, ('opened_at',), 'high')
    """
    with open_export(path, sheet=sheet, encoding=encoding, delimiter=delimiter) as source:
        cells = source.sample(rows)
        columns = tuple(column_of(name, [row[place] for row in cells]) for place, name in enumerate(source.names))
        notes: list[str] = list(source.facts.notes)
        mapping, kind = match_columns(source.names, None, notes, partly=True)
        lacking = [name for name in ("number", "opened_at") if name not in mapping]
        ordered = {name: mapping[name] for name in FIELDS if name in mapping}
        return ExportLook(source.facts, columns, ordered, kind, tuple(lacking), tuple(notes))
