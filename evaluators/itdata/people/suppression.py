"""Tables that may be shown: small groups hidden, and enough beside them that nobody can work them out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators._frames import pandas_columns
from evaluators._plain import json_able
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.people._protection import cells_to_hide, feasible_range, sums

if TYPE_CHECKING:
    import altair as alt

TOTAL = "Total"
HIDDEN = "hidden"
_MISSING = "(missing)"
_MOST_CELLS = 600


@dataclass(frozen=True, slots=True)
class SuppressedCell:
    """One cell of a table that may be shown.

    Parameters
    ----------
    row, column : str
        Labels; ``"Total"`` for a margin. A table of one column has the column ``"Total"``.
    count : int or None
        People; None if hidden.
    figures : tuple of (str, float or None)
        Figures of the cell; None if hidden, missing, or not given for totals.
    hidden : bool
        Whether the cell is hidden: because it is small, or so that a small one stays unknown. Which of the two is
        not said, since that would tell who is small.
    """

    row: str
    column: str
    count: int | None
    figures: tuple[tuple[str, float | None], ...]
    hidden: bool


@dataclass(frozen=True, slots=True)
class SuppressedTable:
    """Result of `suppress`. It holds nothing that is hidden, nor sums from which that follows.

    Parameters
    ----------
    cells : tuple of SuppressedCell
        Row by row, totals last.
    rows, columns : str
        What the rows and columns are; `columns` is empty in a table of one column.
    counts : str
        What is counted.
    k : int
        Groups of fewer people are hidden.
    margins : bool
        Whether totals are among the cells.
    """

    cells: tuple[SuppressedCell, ...]
    rows: str
    columns: str
    counts: str
    k: int
    margins: bool = True

    @property
    def row_labels(self) -> tuple[str, ...]:
        """Labels of the rows, ``"Total"`` last."""
        return tuple(dict.fromkeys(cell.row for cell in self.cells))

    @property
    def column_labels(self) -> tuple[str, ...]:
        """Labels of the columns, ``"Total"`` last."""
        return tuple(dict.fromkeys(cell.column for cell in self.cells))

    def cell(self, row: str, column: str = TOTAL) -> SuppressedCell:
        """Return one cell.

        Raises
        ------
        MeasureError
            If there is no such cell.
        """
        for cell in self.cells:
            if (cell.row, cell.column) == (row, column):
                return cell
        raise MeasureError(
            f"There is no cell {row!r}, {column!r}.",
            f"Rows: {', '.join(self.row_labels)}. Columns: {', '.join(self.column_labels)}.",
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a cell, totals included; hidden counts and figures are missing.

        Returns
        -------
        DataFrame, shape (n_cells, 4 + n_figures)
            ``row``, ``column``, ``count`` (``Int64``), ``hidden`` and the figures.
        """
        records = [
            {"row": cell.row, "column": cell.column, "count": cell.count, "hidden": cell.hidden, **dict(cell.figures)}
            for cell in self.cells
        ]
        frame = pd.DataFrame(records).astype({"count": "Int64"})
        return frame.astype({name: float for name, _ in self.cells[0].figures})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for what is hidden or missing."""
        return json_able(self)

    def text(self) -> str:
        """Return the counts as a plain table, to be read or pasted.

        Examples
        --------
        >>> made = pd.DataFrame({"site": ["x", "x", "y", "y"], "role": ["a", "b"] * 2, "people": [40, 3, 25, 30]})
        >>> print(suppress(made, k=5, counts="people", rows="site", columns="role").text())
        site        a       b  Total
        x      hidden  hidden     43
        y      hidden  hidden     55
        Total      65      33     98
        """
        heads = [self.rows, *(self.column_labels if self.columns else (self.counts,))]
        lines = [heads]
        for row in self.row_labels:
            found = [self.cell(row, column) for column in self.column_labels]
            lines.append([row, *(HIDDEN if cell.hidden else f"{cell.count:,}" for cell in found)])
        wide = [max(len(line[place]) for line in lines) for place in range(len(heads))]
        return "\n".join(
            "  ".join(
                each.ljust(width) if not place else each.rjust(width)
                for place, (each, width) in enumerate(zip(line, wide, strict=True))
            ).rstrip()
            for line in lines
        )

    def ranges(self) -> pd.DataFrame:
        """Work out what a reader with pencil and paper can know of the hidden cells, from what is shown alone.

        Returns
        -------
        DataFrame, shape (n_hidden, 4)
            ``row``, ``column``, ``low`` and ``high``: the lowest and highest count that fits; `high` may be infinite.
        """
        shape = (len(self.row_labels), len(self.column_labels))
        hidden = np.array([cell.hidden for cell in self.cells])
        shown = np.array([float(cell.count or 0) for cell in self.cells])
        equations = sums(shape) if self.margins else np.zeros((0, len(self.cells)))
        records = []
        for place in np.flatnonzero(hidden).tolist():
            low, high = feasible_range(shown, hidden, place, equations=equations)
            records.append((self.cells[place].row, self.cells[place].column, low, high))
        return pd.DataFrame(records, columns=["row", "column", "low", "high"])

    def summary(self) -> str:
        """Say in plain words what is hidden and why, without saying which cells are small.

        Returns
        -------
        str
            One paragraph a line.
        """
        hidden = sum(cell.hidden for cell in self.cells)
        lines = [f"{self.counts} by {self.rows}{f' and {self.columns}' if self.columns else ''}: {self._many(hidden)}."]
        small = "Groups of 1 person" if self.k == 2 else f"Groups of 1 to {self.k - 1} people"
        if hidden and not self.margins:
            lines.append(
                f"{small} are hidden. Nothing else is, because no totals are shown: whoever "
                "finds the totals elsewhere may work the hidden cells out."
            )
        elif hidden:
            lines.append(
                f"{small} are hidden, and enough other cells that nobody can work these out "
                f"from the totals: for each small group both 0 and {self.k} people would fit what is shown. Empty "
                "groups are shown as 0 unless they had to be hidden too."
            )
        else:
            lines.append(f"No group has {'1 person' if self.k == 2 else f'1 to {self.k - 1} people'}.")
        if self.cells[0].figures:
            lines.append(
                "A figure of a large group can still tell on each of its people: if nobody or everybody left (0% or "
                "100%), it is known of all of them."
            )
        lines.append(
            "This protects the table alone. Somebody who holds a second table of the same people, or knows some of "
            "them, may still find out more, so publish one version and keep to it."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw the table: shown counts as numbers, hidden cells as grey fields.

        Returns
        -------
        altair.LayerChart
            It holds nothing that is hidden. The description holds the summary and the table as text.
        """
        from evaluators.itdata.people._charts.suppression import table_chart  # Altair is slow to import

        return table_chart(self)

    def _many(self, hidden: int) -> str:
        return f"cells hidden: {hidden} of {len(self.cells)}" if hidden else "no cell needs to be hidden"


def suppress(
    table: Any,
    *,
    k: int,
    counts: str,
    rows: str,
    columns: str | None = None,
    figures: str | Sequence[str] = (),
    margins: bool = True,
) -> SuppressedTable:
    """Hide groups of fewer than k people, and what would give them away.

    *Primary*: cells and totals of 1 to k - 1 people are hidden with all their figures. *Complementary*: further cells
    are hidden until for every small cell both 0 people and k or more fit all shown cells and totals (linear programming
    on the sums [1]_, [2]_). Cells with few people go first, then empty ones, then totals.

    Parameters
    ----------
    table : table, shape (n_groups, n_columns)
        One row for each group (each pair of labels): a pandas or polars frame or the like. Pairs that do not occur
        count as 0.
    k : int
        Smallest group that may be shown, at least 2; many organisations take 5 or 10.
    counts : str
        Column with the number of people.
    rows, columns : str
        Columns with the labels; without `columns` the table has one column and a grand total.
    figures : str or sequence of str
        Columns of numbers with figures of the groups (rates, means, their limits), hidden with their cell. They are
        not summed to totals. Figures that add up (number of tickets) do not belong here if their totals stand
        elsewhere: hide them in a table of their own.
    margins : bool
        Whether totals are shown. Without them only small cells are hidden, which is right only if the reader cannot
        find the totals anywhere.

    Returns
    -------
    SuppressedTable

    Raises
    ------
    MeasureError
        If a count is missing, negative or no whole number, a figure is no number, a pair of labels occurs twice, a
        label is ``"Total"``, a column is named twice, `k` is below 2, or the table is empty or has more than 600 cells.
    ColumnError
        If a column is missing.

    References
    ----------
    .. [1] Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley, chapter 4, Magnitude tabular data.
    .. [2] Kelly, J. P., Golden, B. L., Assad, A. A. (1992). Cell Suppression: Disclosure Protection for Sensitive
       Tabular Data. Networks 22(4), 397-417.

    Examples
    --------
    >>> made = pd.DataFrame({"site": ["Cork", "Galway", "Sligo"], "people": [120, 34, 4]})
    >>> print(suppress(made, k=10, counts="people", rows="site").text())
    site    people
    Cork       120
    Galway  hidden
    Sligo   hidden
    Total      158
    """
    if k < 2:
        raise MeasureError(f"Groups of fewer than {k} people cannot be hidden.", "Give k = 5, 10 or the like.")
    labels = [rows] if columns is None else [rows, columns]
    figures = (figures,) if isinstance(figures, str) else tuple(figures)
    used = [*labels, counts, *figures]
    if twice := next((name for place, name in enumerate(used) if name in used[:place]), ""):
        raise MeasureError(f"The column {twice!r} is named twice.", "Name each column for one purpose.")
    if odd := set(figures) & {"row", "column", "count", "hidden"}:
        raise MeasureError(f"A figure is called {min(odd)!r}, as a column of the result is.", "Rename it.")
    frame = pandas_columns(table, *used).reset_index(drop=True)
    if frame.empty:
        raise MeasureError("The table has no row.", "Count the groups first.")
    numbers = _whole(frame, counts)
    named = [_labels(frame[name]) for name in labels]
    if columns is None:
        named.append(pd.Series(TOTAL, index=frame.index))
    row_labels, column_labels = (list(dict.fromkeys(each)) for each in named)
    at = list(zip(named[0], named[1], strict=True))
    if len(set(at)) < len(at):
        first, second = at[int(np.flatnonzero(pd.Index(at).duplicated())[0])]
        pair = first if columns is None else f"{first}, {second}"
        raise MeasureError(f"The group {pair!r} occurs in two rows.", "Give one row for each group, with its count.")
    size = (len(row_labels) + margins) * (len(column_labels) + (margins and columns is not None))
    if size > _MOST_CELLS:
        raise MeasureError(
            f"The table has {size:,} cells; up to {_MOST_CELLS} can be protected exactly.",
            "Merge labels or make several tables of groups that share no total.",
        )
    inner = np.zeros((len(row_labels), len(column_labels)))
    for (row, column), number in zip(at, numbers, strict=True):
        inner[row_labels.index(row), column_labels.index(column)] = number
    whole = inner
    if margins:
        whole = np.vstack([inner, inner.sum(axis=0)])
        row_labels.append(TOTAL)
        if columns is not None:
            whole = np.column_stack([whole, whole.sum(axis=1)])
            column_labels.append(TOTAL)
    flat = whole.ravel()
    hidden = (flat > 0) & (flat < k)
    if margins and hidden.any():
        hidden = cells_to_hide(flat, hidden, width=float(k), equations=sums(whole.shape))
    given = _figures(frame, figures)
    place_of = {pair: place for place, pair in enumerate(at)}
    cells = []
    for place, (row, column) in enumerate((row, column) for row in row_labels for column in column_labels):
        own = place_of.get((row, column))
        shown = () if own is None else given[own]
        values = [None] * len(figures) if own is None or hidden[place] else [_or_none(each) for each in shown]
        cells.append(
            SuppressedCell(
                row,
                column,
                None if hidden[place] else int(flat[place]),
                tuple(zip(figures, values, strict=True)),
                bool(hidden[place]),
            )
        )
    return SuppressedTable(tuple(cells), rows, columns or "", counts, k, margins)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _labels(values: pd.Series) -> pd.Series:
    named = values.astype(object).where(values.notna(), _MISSING).astype(str)
    if (named == TOTAL).any():
        raise MeasureError(f"A group is called {TOTAL!r}.", "Leave totals out of the table; they are added up here.")
    return named


def _figures(frame: pd.DataFrame, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return figures as numbers, NaN where missing."""
    made = np.empty((len(frame), len(names)))
    for place, name in enumerate(names):
        made[:, place] = pd.to_numeric(frame[name].astype(object), errors="coerce").to_numpy(
            dtype=float, na_value=np.nan
        )
        wrong = np.flatnonzero(np.isnan(made[:, place]) & frame[name].notna().to_numpy())
        if len(wrong):
            raise MeasureError(
                f"In row {wrong[0] + 1} the column {name!r} has {frame[name].iloc[wrong[0]]!r}, which is no number.",
                "Figures are numbers: rates, means, their limits.",
            )
    return made


def _whole(frame: pd.DataFrame, counts: str) -> NDArray[np.float64]:
    read = pd.to_numeric(frame[counts], errors="coerce").astype("Float64")
    numbers = np.asarray(read.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0) & (numbers == np.round(numbers))))
    if len(wrong):
        raise MeasureError(
            f"In row {wrong[0] + 1} the column {counts!r} has {frame[counts].iloc[wrong[0]]!r} instead of a number of "
            "people.",
            "Give whole numbers of 0 or more.",
        )
    return numbers
