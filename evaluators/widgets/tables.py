"""Tables that a screen reader can walk and a phone can scroll."""

import math
import numbers
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias

from evaluators.widgets._display import show

if TYPE_CHECKING:
    import pandas as pd

Formats: TypeAlias = Mapping[str, Callable[[Any], str]]

_CELL = "padding:.45em .8em;border-bottom:1px solid rgba(128,128,128,.3)"


def table_html(
    frame: "pd.DataFrame", caption: str, *, decimals: int = 2, max_rows: int = 30, formats: Formats | None = None
) -> str:
    """Render a frame as an HTML table with a caption and header cells.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; an index other than row numbers becomes row headers.
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
    names, numeric, rows, indexed = _cells(frame.head(max_rows), decimals, formats or {})
    head = "".join(
        f'<th scope="col" style="{_style(right)}">{escape(name)}</th>'
        for name, right in zip(names, numeric, strict=True)
    )
    body = "".join(f"<tr>{_row(row, numeric, indexed=indexed)}</tr>" for row in rows)
    more = f" (first {max_rows} of {len(frame):,} rows)" if len(frame) > max_rows else ""
    title = escape(caption + more)
    return (
        f'<div class="hrlab-table" role="region" aria-label="{escape(caption, quote=True)}" tabindex="0" '
        'style="overflow-x:auto;max-width:46rem;margin:.75em 0">'
        '<table style="border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums">'
        f'<caption style="text-align:left;font-weight:600;padding:.4em 0">{title}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def show_table(
    frame: "pd.DataFrame", caption: str, *, decimals: int = 2, max_rows: int = 30, formats: Formats | None = None
) -> None:
    """Display a frame as an accessible table (see `table_html`)."""
    names, _, rows, _ = _cells(frame.head(max_rows), decimals, formats or {})
    show(
        table_html(frame, caption, decimals=decimals, max_rows=max_rows, formats=formats),
        "\n".join([caption, *(" | ".join(row) for row in (names, *rows))]),
    )


def _cells(
    frame: "pd.DataFrame", decimals: int, formats: Formats
) -> tuple[list[str], list[bool], list[list[str]], bool]:
    """Return the heads, which columns hold numbers, the rows as text, and whether the first column is the index."""
    indexed = frame.index.name is not None or frame.index.dtype.kind not in "iu"
    names = [str(name) for name in (*([frame.index.name or ""] if indexed else []), *frame.columns)]
    numeric = [*([False] if indexed else []), *(dtype.kind in "iuf" for dtype in frame.dtypes)]
    writers = [formats.get(name, partial(_text, decimals=decimals)) for name in names]
    rows = [
        [write(value) for value, write in zip(row, writers, strict=True)]
        for row in frame.itertuples(index=indexed, name=None)
    ]
    return names, numeric, rows, indexed


def _row(row: list[str], numeric: list[bool], *, indexed: bool) -> str:
    cells = []
    for position, (text, right) in enumerate(zip(row, numeric, strict=True)):
        tag = 'th scope="row"' if indexed and position == 0 else "td"
        cells.append(f'<{tag} style="{_style(right)}">{escape(text)}</{tag.split()[0]}>')
    return "".join(cells)


def _style(right: bool) -> str:
    return f"{_CELL};text-align:{'right' if right else 'left'}"


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
