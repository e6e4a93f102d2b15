"""Tables that a screen reader can walk and a phone can scroll."""

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias

from evaluators.widgets._display import show

if TYPE_CHECKING:
    import pandas as pd

Formats: TypeAlias = Mapping[str, Callable[[Any], str]]
Table: TypeAlias = "pd.DataFrame | Mapping[str, Sequence[Any]]"
Cells: TypeAlias = tuple[list[str], list[bool], list[list[str]], bool]

_CELL = "padding:.45em .4em;border-bottom:1px solid rgba(128,128,128,.3)"
# A table may be wider than a telephone and scrolls there; its caption stays in sight and widens no table on a card.
_CAPTION = "display:block;position:sticky;left:0;width:max-content;max-width:min(46rem,calc(100vw - 6rem))"


def table_html(
    table: Table, caption: str, *, decimals: int = 2, max_rows: int = 30, formats: Formats | None = None
) -> str:
    """Render a table as HTML with a caption and header cells.

    Parameters
    ----------
    table : pandas.DataFrame, or mapping of str to sequence
        The table. Row headers are a frame's index, unless that holds row numbers, or a mapping's first column, if
        that holds words.
    caption : str
        What the table shows.
    decimals : int, optional
        Decimal places of numbers that are not whole.
    max_rows : int, optional
        Rows shown; the caption says when there are more.
    formats : mapping of str to callable, optional
        Column -> function that writes one of its values, such as `evaluators.screening.p_in_words`.

    Returns
    -------
    str
        HTML.
    """
    return _html(_cells(table, max_rows, decimals, formats or {}), _caption(table, caption, max_rows), caption)


def show_table(
    table: Table, caption: str, *, decimals: int = 2, max_rows: int = 30, formats: Formats | None = None
) -> None:
    """Display an accessible table (see `table_html`)."""
    cells = _cells(table, max_rows, decimals, formats or {})
    names, _, rows, _ = cells
    show(
        _html(cells, _caption(table, caption, max_rows), caption),
        "\n".join([caption, *(" | ".join(row) for row in (names, *rows))]),
    )


def _caption(table: Table, caption: str, max_rows: int) -> str:
    length = len(next(iter(table.values()), ())) if isinstance(table, Mapping) else len(table)
    return f"{caption} (first {max_rows} of {length:,} rows)" if length > max_rows else caption


def _html(cells: Cells, title: str, label: str) -> str:
    names, numeric, rows, indexed = cells
    head = "".join(
        f'<th scope="col" style="{_style(right)}">{escape(name)}</th>'
        for name, right in zip(names, numeric, strict=True)
    )
    body = "".join(f"<tr>{_row(row, numeric, indexed=indexed)}</tr>" for row in rows)
    return (
        f'<div class="hrlab-table" role="region" aria-label="{escape(label, quote=True)}" tabindex="0" '
        'style="overflow-x:auto;max-width:46rem;margin:.75em 0">'
        '<table style="border-collapse:collapse;margin:0;font-size:.875rem;font-variant-numeric:tabular-nums">'
        '<caption style="text-align:left;font-weight:600;padding:.4em 0">'
        f'<span style="{_CAPTION}">{escape(title)}</span></caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(table: Table, max_rows: int, decimals: int, formats: Formats) -> Cells:
    """Return the heads, which columns hold numbers, the rows as text, and whether the first column heads the rows."""
    if isinstance(table, Mapping):
        names, columns = list(table), [list(values)[:max_rows] for values in table.values()]
        numeric = [all(map(_is_number, values)) for values in columns]
        indexed = numeric[:1] == [False]
    else:
        frame = table.head(max_rows)
        indexed = frame.index.name is not None or frame.index.dtype.kind not in "iu"
        names = [str(name) for name in (*([frame.index.name or ""] if indexed else []), *frame.columns)]
        numeric = [*([False] if indexed else []), *(dtype.kind in "iuf" for dtype in frame.dtypes)]
        columns = [each.tolist() for each in (*([frame.index] if indexed else []), *(frame[name] for name in frame))]
    writers = [formats.get(name, partial(_text, decimals=decimals)) for name in names]
    rows = [[write(value) for value, write in zip(row, writers, strict=True)] for row in zip(*columns, strict=True)]
    return names, numeric, rows, indexed


def _row(row: list[str], numeric: list[bool], *, indexed: bool) -> str:
    cells = []
    for position, (text, right) in enumerate(zip(row, numeric, strict=True)):
        tag = 'th scope="row"' if indexed and position == 0 else "td"
        wide = f"min-width:{min(5.5, 1 + 0.75 * len(text)):g}em;" if tag != "td" else ""
        style = ("white-space:nowrap;" if right else wide) + _style(right)
        cells.append(f'<{tag} style="{style}">{escape(text)}</{tag.split()[0]}>')
    return "".join(cells)


def _style(right: bool) -> str:
    return f"{_CELL};text-align:{'right' if right else 'left'}"


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _text(value: object, decimals: int) -> str:
    """Write a value for people: 1,234 and 0.67, and a dash for what is missing."""
    if value is None or value != value:  # NaN and NaT differ from themselves
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        return f"{int(value):,}"
    if isinstance(value, numbers.Real):
        return f"{float(value):,.{decimals}f}" if math.isfinite(value) else str(value)
    return str(value)
