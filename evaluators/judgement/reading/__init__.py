"""Ratings as people have them: files in long or wide form, guessed with a reason for each column, read with care.

>>> import pandas as pd
>>> found = read_ratings(pd.DataFrame({"Candidate": ["Kim", "Lee"], "Ada": ["4", "2"], "Ben": ["5", "n/a"]}))
>>> print(found.layout.shape)
A row is taken as one item, with a column for each of 2 raters (a wide table).
>>> found.panel.n_ratings
3
"""

from evaluators.judgement.reading._marks import split_levels
from evaluators.judgement.reading._sheet import Sheet, read_sheet, sheet_of_frame
from evaluators.judgement.reading.items import ItemsTable, read_items, read_stated
from evaluators.judgement.reading.layout import Layout, RoleGuess, guess_layout
from evaluators.judgement.reading.ratings import Ratings, panel_of, read_ratings

__all__ = [
    "ItemsTable",
    "Layout",
    "Ratings",
    "RoleGuess",
    "Sheet",
    "guess_layout",
    "panel_of",
    "read_items",
    "read_ratings",
    "read_sheet",
    "read_stated",
    "sheet_of_frame",
    "split_levels",
]
