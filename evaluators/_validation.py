"""Checks of tables that people bring, with errors that say what to do."""

from difflib import get_close_matches

import pandas as pd

from evaluators.errors import LabError


class ColumnError(LabError, LookupError):
    """A table lacks a column, or has it twice."""


def require_columns(frame: pd.DataFrame, *names: str) -> None:
    """Check that the table has each column exactly once.

    Parameters
    ----------
    frame : DataFrame, shape (n_rows, n_columns)
        The table to check.
    *names : str
        The columns that must be there.

    Raises
    ------
    ColumnError
        If a column is missing (with the nearest name as a hint) or occurs twice.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"sex": ["f"]}), "sx")
    Traceback (most recent call last):
        ...
    evaluators._validation.ColumnError: The table has no column 'sx'.
    Hint: Did you mean 'sex'? Its columns are: sex.
    """
    present = [str(column) for column in frame.columns]
    for name in names:
        if name not in present:
            near = get_close_matches(name, present, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ColumnError(
                f"The table has no column {name!r}.",
                f"{hint}Its columns are: {', '.join(present) or 'none'}.",
            )
        if present.count(name) > 1:
            raise ColumnError(f"The table has the column {name!r} more than once.", "Rename or drop one of them.")
