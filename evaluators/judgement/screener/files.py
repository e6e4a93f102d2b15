"""Résumés that stand in the table of ratings itself."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.panel import Panel
from evaluators.judgement.reading._names import is_summary

if TYPE_CHECKING:
    from evaluators.judgement.reading import Ratings, Sheet

_ROUNDED = 0.0501  # how far a mean may lie beside that of the ratings and still be it, with one decimal


def items_beside(sheet: "Sheet", ratings: "Ratings") -> pd.DataFrame:
    """Return one row per item with the further columns of a table of ratings.

    A column counts if it says the same in each row of an item. Ratings, their order and their means never count: a
    screener that saw them would only read off what it is compared with.

    Parameters
    ----------
    sheet : Sheet
        The table of ratings.
    ratings : Ratings
        What was read from it.

    Returns
    -------
    DataFrame, shape (n_items, n_columns)
        As texts, the column with the item's name first.

    Raises
    ------
    ScreenerError
        If there is no such column.

    Examples
    --------
    >>> from evaluators.judgement.reading import read_ratings, sheet_of_frame
    >>> table = pd.DataFrame({"cv": ["a", "a", "b"], "rater": ["x", "y", "x"], "rating": [1, 2, 3], "years": [5, 5, 7]})
    >>> items_beside(sheet_of_frame(table), read_ratings(table)).to_dict("list")
    {'cv': ['a', 'b'], 'years': ['5', '7']}
    """
    layout = ratings.layout
    used = {layout.item, *layout.raters, layout.rating, *layout.dimensions, layout.order}
    names = sheet.column(layout.item)
    known = set(ratings.panel.items)
    table = pd.DataFrame({layout.item: list(names)})
    for name in sheet.names:
        cells = pd.Series(sheet.column(name), dtype=object)
        if name in used or is_summary(name) or _is_mean(cells, names, ratings.panel):
            continue
        if cells.groupby(pd.Series(names, dtype=object)).nunique().max() == 1:
            table[name] = cells
    if table.shape[1] == 1:
        raise ScreenerError(
            "The table of ratings says nothing about the résumés that a screener could see.",
            "Name the table of the résumés, too.",
            "items",
        )
    rows = table[table[layout.item].isin(known)].drop_duplicates(layout.item)
    return rows.reset_index(drop=True)


def _is_mean(cells: pd.Series, names: Sequence[str], panel: Panel) -> bool:
    """Whether a column holds what the ratings of each item come to on average."""
    means = dict(zip(panel.items, np.nanmean(panel.ratings, axis=1).tolist(), strict=True))
    numbers = pd.to_numeric(cells.astype(str).str.replace(",", ".", regex=False), errors="coerce").tolist()
    apart = [abs(number - means[name]) for number, name in zip(numbers, names, strict=True) if name in means]
    return all(each <= _ROUNDED for each in apart)  # False where a cell is no number
