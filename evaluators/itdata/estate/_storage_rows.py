"""The rows of storage by system and month that costs and forecasts start from."""

from typing import Any

import pandas as pd

from evaluators.itdata._cells import has_column, labels, months, numbers, rows_of
from evaluators.itdata.errors import MeasureError


def by_month(storage: Any) -> pd.DataFrame:
    """Return system, month, gigabytes and euros, one row for each system and month, months rising."""
    frame = rows_of(storage, "system", "month", "gigabytes", "price_per_gb_month")
    gigabytes = numbers(frame, "gigabytes", hint="Give the gigabytes stored; 0 if none.")
    price = numbers(frame, "price_per_gb_month", hint="Give euros for a gigabyte and month.")
    table = pd.DataFrame(
        {
            "system": labels(frame, "system"),
            "month": months(frame, "month"),
            "gigabytes": gigabytes,
            "euros": gigabytes * price,
        }
    )
    if has_column(storage, "retention_class"):
        classes = rows_of(storage, "retention_class")["retention_class"].astype("string").fillna("")
        twice = table.assign(name=classes).duplicated(["system", "month", "name"])
        if twice.any():
            row = table[twice].iloc[0]
            raise MeasureError(
                f"{row['system']!r} has {row['month']:%Y-%m} more than once for {classes[twice].iloc[0]!r}.",
                "Keep one row for each system, month and class.",
            )
    return table.groupby(["system", "month"], as_index=False, sort=True)[["gigabytes", "euros"]].sum()


def holes(stamps: "pd.Series[Any]") -> list[pd.Timestamp]:
    """Return the months that lack between the first and the last."""
    every = pd.date_range(stamps.min(), stamps.max(), freq="MS")
    return list(every.difference(pd.DatetimeIndex(stamps)))
