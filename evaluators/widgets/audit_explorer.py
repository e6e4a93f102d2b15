"""The audit of a selection by clicking: an anywidget whose browser half is audit_explorer.js."""

import os
from collections.abc import Mapping
from typing import Any

from evaluators.widgets._audit_desk import AuditDesk
from evaluators.widgets._display import assets
from evaluators.widgets._own_data import OwnDataExplorer, show_explorer

_TITLE = "Audit a selection on your own table"


class AuditExplorer(OwnDataExplorer):
    """The form of an audit, and its result.

    Parameters
    ----------
    desk : AuditDesk
        What does the work.
    title : str
        Heading.
    """

    _esm = assets("dom.js", "own_data.js", "audit_explorer.js")

    def __init__(self, desk: AuditDesk, title: str = _TITLE) -> None:
        from evaluators.screening.rules import load_rules

        rules = [[pack.key, f"{pack.title} ({pack.jurisdiction})"] for pack in load_rules().values()]
        super().__init__(desk, title, {"rules": rules})


def audit_explorer(
    tables: Mapping[str, Any] | None = None, *, folder: str | os.PathLike[str] = ".", title: str = _TITLE
) -> None:
    """Let somebody audit a selection by clicking: choose a table, say what its columns hold, read, save.

    The form does what the command ``hrlab audit`` does, with the same figures, and names its fields where the command
    names its options. It shows the columns with examples and what they seem to hold, and asks for outcome, groups,
    score, rules, reference and limit. A button saves the page and the JSON into `folder`. Nothing leaves the computer.

    Parameters
    ----------
    tables : mapping of str to table, optional
        Name -> any table with one row for each applicant, such as an example; offered before the files.
    folder : path, optional
        Where CSV, Excel and Parquet files are looked for; default the notebook's folder.
    title : str, optional
        Heading, plain text.

    See Also
    --------
    evaluators.screening.applicants.audit_applicants : The audit itself.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"sex": list("ffmm") * 50, "hired": [1, 0, 1, 1] * 50})
    >>> audit_explorer({"Example": people})  # doctest: +SKIP
    """
    desk = AuditDesk(tables or {}, folder)
    show_explorer(
        lambda: AuditExplorer(desk, title),
        title,
        "Here a form stands while the lab runs. Open this notebook in the lab to choose a table and audit it.",
    )
