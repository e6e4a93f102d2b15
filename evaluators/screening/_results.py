"""What the results of audits share: a group by its label, and values for JSON."""

import math
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

from evaluators.screening.errors import UnknownGroupError

Row = TypeVar("Row")


def find_group(rows: Iterable[Row], label: str, where: str, *, named: str = "group") -> Row:
    """Return the row of a group, or say which groups there are.

    Parameters
    ----------
    rows : iterable
        A result's groups.
    label : str
        The group asked for.
    where : str
        Ends the sentence "There is no group 'x' …".
    named : str
        Attribute that holds a row's label.

    Raises
    ------
    UnknownGroupError
        If no row has this label.
    """
    by_label = {attrgetter(named)(row): row for row in rows}
    if label not in by_label:
        raise UnknownGroupError(f"There is no group {label!r} {where}.", f"The groups are: {', '.join(by_label)}.")
    return by_label[label]


def plain(value: Any) -> Any:
    """Return JSON-able values: numpy numbers as Python's, NaN and infinity as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
