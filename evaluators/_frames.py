"""Any table that people bring (pandas, polars, PyArrow, DuckDB, Spark), as pandas columns."""

from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evaluators._validation import ColumnError, require_columns


def pandas_columns(frame: Any, *names: str) -> pd.DataFrame:
    """Fetch some columns of a table as a pandas frame; nothing else is read.

    Parameters
    ----------
    frame : table, shape (n_rows, n_columns)
        What narwhals knows: a pandas or polars frame (eager or lazy), a PyArrow table, DuckDB or Spark.
    *names : str
        The columns.

    Returns
    -------
    DataFrame, shape (n_rows, len(names))
        The columns in the order asked for; of a pandas frame, those of the frame itself with its index.

    Raises
    ------
    ColumnError
        If a column is missing or occurs twice, or `frame` is no table.

    Examples
    --------
    >>> pandas_columns(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), "b")["b"].tolist()
    [3, 4]
    """
    if isinstance(frame, pd.DataFrame):
        require_columns(frame, *names)
        present = [str(column) for column in frame.columns]
        chosen = frame.iloc[:, [present.index(name) for name in names]]
        return chosen if chosen.columns.equals(pd.Index(names)) else chosen.set_axis(list(names), axis="columns")
    try:
        table = nw.from_native(frame)
    except TypeError as error:
        raise ColumnError(
            f"A {type(frame).__name__} is no table.", "Give a pandas or polars frame, a PyArrow table or the like."
        ) from error
    require_columns(pd.DataFrame(columns=table.collect_schema().names()), *names)
    chosen = table.select(*names)
    return (chosen.collect() if isinstance(chosen, nw.LazyFrame) else chosen).to_pandas()
