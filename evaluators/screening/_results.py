"""What the results of audits share: a group by its label."""

from collections.abc import Iterable
from operator import attrgetter
from typing import TypeVar

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
