"""Cues: what raters could see of each item, as columns of numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.judgement._cells import name_of, names_of, natural
from evaluators.judgement.errors import CueError

FloatArray = npt.NDArray[np.float64]
_MOST_KINDS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Cues:
    """Cues of items, words turned into columns of 0 and 1.

    Parameters
    ----------
    items : tuple of str
        The items; none twice.
    names : tuple of str
        The cues, such as ``"years_experience"`` and ``"degree"``.
    matrix : array of float, shape (n_items, n_columns)
        A number has one column. Words have one for each word but the reference, 1 where the item has it.
    columns : tuple of str
        Names of the columns, such as ``"years_experience"`` and ``"degree: master"``.
    of_cue : tuple of int
        For each column, the place of its cue in `names`.

    Raises
    ------
    CueError
        If shapes do not fit, a name occurs twice, or a value is missing or infinite.

    Examples
    --------
    >>> cues = Cues(("cv 1", "cv 2"), ("years",), np.array([[3.0], [5.0]]), ("years",), (0,))
    >>> cues.n_columns
    1
    """

    items: tuple[str, ...]
    names: tuple[str, ...]
    matrix: FloatArray
    columns: tuple[str, ...]
    of_cue: tuple[int, ...]

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, dtype=np.float64)
        matrix.flags.writeable = False
        object.__setattr__(self, "matrix", matrix)
        if matrix.shape != (len(self.items), len(self.columns)) or len(self.of_cue) != len(self.columns):
            raise CueError("The cues' names do not fit their values.", "Give a row for each item, a name a column.")
        for kind, names in (("item", self.items), ("cue", self.names), ("column", self.columns)):
            if len(set(names)) < len(names):
                twice = sorted(name for name in set(names) if names.count(name) > 1)[0]
                raise CueError(f"There are two {kind}s called {twice!r}.", f"Describe each {kind} once.")
        if wrong := np.argwhere(~np.isfinite(matrix)).tolist():
            row, column = wrong[0]
            raise CueError(
                f"{self.items[row]} has no usable value of {self.columns[column]!r}.",
                "Fill in or leave out what is missing; a policy cannot be read from half a description.",
            )

    @classmethod
    def from_table(
        cls, frame: Any, *, item: str, cues: Sequence[str], reference: Mapping[str, str] | None = None
    ) -> "Cues":
        """Read cues from a table with one item a row.

        Parameters
        ----------
        frame : table, shape (n_items, n_columns)
            A pandas or polars frame, a PyArrow table or the like.
        item : str
            Column with the item's name, as in the panel.
        cues : sequence of str
            Columns with numbers (as text, too), yes and no (bool), or words.
        reference : mapping of str to str, optional
            Cue -> the word that the others are compared with; numbers as text are then words, too. By default the
            first level of an ordered category, else the word that comes most often.

        Returns
        -------
        Cues
            Items in the order of their names.

        Raises
        ------
        CueError
            If a cell is empty or infinite, an item comes twice, or a column of words has more than 12 of them.
        ColumnError
            If the table has no such column.

        Examples
        --------
        >>> table = pd.DataFrame({"cv": [1, 2, 3], "years": [3, 5, 1], "degree": ["none", "none", "master"]})
        >>> cues = Cues.from_table(table, item="cv", cues=["years", "degree"])
        >>> cues.columns, cues.matrix[:, 1].tolist()
        (('years', 'degree: master'), [0.0, 0.0, 1.0])
        """
        named = tuple(cues)
        if not named:
            raise CueError("There are no cues.", "Name the columns with what raters could see.", "cues")
        if len(set(named)) < len(named) or item in named:
            raise CueError("A column is named twice.", "Name each cue once, and not the column of items.", "cues")
        if unknown := sorted(set(reference or {}) - set(named)):
            raise CueError(f"reference names {unknown[0]!r}, which is no cue.", f"The cues are: {', '.join(named)}.")
        table = pandas_columns(frame, item, *named).reset_index(drop=True)
        if table.empty:
            raise CueError("The table of items has no rows.", "Give one row for each item.")
        items = names_of(table[item], "item")
        columns: list[str] = []
        of_cue: list[int] = []
        values: list[FloatArray] = []
        for place, name in enumerate(named):
            for column, value in _coded(table[name], name, (reference or {}).get(name)):
                columns.append(column)
                of_cue.append(place)
                values.append(value)
        order = sorted(range(len(items)), key=lambda row: natural(items[row]))
        matrix = np.column_stack(values)[order]
        return cls(tuple(items[row] for row in order), named, matrix, tuple(columns), tuple(of_cue))

    @property
    def n_columns(self) -> int:
        """Columns of numbers."""
        return len(self.columns)

    def rows(self, items: Sequence[str]) -> FloatArray:
        """Return the values of some items, in their order.

        Raises
        ------
        CueError
            If an item has no cues.
        """
        places = {name: place for place, name in enumerate(self.items)}
        lacking = [name for name in items if name not in places]
        if lacking:
            shown = ", ".join(lacking[:5]) + (", …" if len(lacking) > 5 else "")
            raise CueError(
                f"{len(lacking):,} of {len(items):,} rated items have no cues: {shown}.",
                "Give the table of items a row for each, under the same name.",
            )
        return self.matrix[[places[name] for name in items]]

    def only(self, *names: str) -> "Cues":
        """Return some of the cues.

        Raises
        ------
        CueError
            If there is no such cue.
        """
        for name in names:
            if name not in self.names:
                raise CueError(f"There is no cue {name!r}.", f"The cues are: {', '.join(self.names)}.")
        kept = [place for place, cue in enumerate(self.of_cue) if self.names[cue] in names]
        return Cues(
            self.items,
            tuple(names),
            self.matrix[:, kept],
            tuple(self.columns[place] for place in kept),
            tuple(names.index(self.names[self.of_cue[place]]) for place in kept),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per item: its name and its columns."""
        return pd.DataFrame(self.matrix, columns=list(self.columns)).assign(item=list(self.items))[
            ["item", *self.columns]
        ]


def _coded(column: pd.Series, name: str, reference: str | None) -> list[tuple[str, FloatArray]]:
    empty = column.isna() | column.map(lambda value: isinstance(value, str) and not value.strip()).astype(bool)
    if empty.any():
        row = int(np.flatnonzero(empty.to_numpy())[0])
        raise CueError(f"Row {row + 1}: {name!r} is empty.", "Fill it in, or give what is not known a word of its own.")
    numbers = column if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column) else None
    if numbers is None and reference is None and column.dtype != "category":  # numbers as text, or Decimals
        read = pd.to_numeric(column.astype(object), errors="coerce")
        numbers = None if read.isna().any() else read
    if numbers is not None:
        values = numbers.to_numpy(dtype=np.float64)
        if np.isinf(values).any():
            raise CueError(f"Row {int(np.flatnonzero(np.isinf(values))[0]) + 1}: {name!r} is infinite.", "Correct it.")
        return [(name, np.asarray(values))]
    words = column.map(name_of)
    counts = words.value_counts()
    levels = [name_of(level) for level in column.cat.categories] if column.dtype == "category" else []
    ordered = bool(levels) and bool(column.cat.ordered)
    present = [level for level in levels if level in counts.index] if ordered else sorted(counts.index, key=natural)
    if len(present) > _MOST_KINDS:
        raise CueError(
            f"{name!r} has {len(present)} different words.",
            f"A cue may have {_MOST_KINDS}: join rare ones, or turn the text into figures first.",
        )
    if reference is not None and reference not in present:
        raise CueError(f"{name!r} is never {reference!r}.", f"It is: {', '.join(present)}.", "reference")
    beside = reference or (present[0] if ordered else min(present, key=lambda word: (-int(counts[word]), word)))
    return [
        (f"{name}: {word}", np.asarray((words == word).to_numpy(dtype=np.float64)))
        for word in present
        if word != beside
    ] or [(name, np.zeros(len(words)))]
