"""The study of one's own panel by clicking: an anywidget whose browser half is judge_explorer.js."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from evaluators.widgets._display import assets
from evaluators.widgets._judge_desk import JudgeDesk
from evaluators.widgets._own_data import OwnDataExplorer, show_explorer

if TYPE_CHECKING:
    import pandas as pd

_TITLE = "Judge your own panel"


class JudgeExplorer(OwnDataExplorer):
    """The form of a study of ratings, and its result; made with a `JudgeDesk`."""

    _esm = assets("dom.js", "own_data.js", "judge_explorer.js")


def judge_explorer(
    ratings: "Mapping[str, pd.DataFrame] | None" = None,
    *,
    items: "Mapping[str, pd.DataFrame] | None" = None,
    tool: "Mapping[str, pd.DataFrame] | None" = None,
    folder: str | os.PathLike[str] = ".",
    title: str = _TITLE,
) -> None:
    """Let somebody study the ratings of their own panel by clicking: choose tables, check the columns, read, save.

    The form does what the command ``hrlab judge`` does, with the same figures. It says in words what each column was
    taken for, and lets it be changed. Raters get other names unless a box is ticked. A button saves the page and the
    JSON into `folder`. Nothing leaves the computer.

    Parameters
    ----------
    ratings : mapping of str to DataFrame, optional
        Name -> ratings, a row for each rating or for each item, such as an example; offered before the files.
    items, tool : mapping of str to DataFrame, optional
        Name -> what was rated, one row each; and name -> a tool's scores, a row for each item. They are offered as
        tables beside the ratings; the first of each is chosen with `ratings`, and not with files.
    folder : path, optional
        Where CSV, Excel and Parquet files are looked for; default the notebook's folder.
    title : str, optional
        Heading, plain text.

    See Also
    --------
    evaluators.judgement.study.panel_study.judge_panel : The study itself.

    Examples
    --------
    >>> from evaluators.data import load_recruiter_panel
    >>> judge_explorer({"Example": load_recruiter_panel("ratings")})  # doctest: +SKIP
    """
    desk = JudgeDesk(ratings or {}, folder, items=items, tool=tool)
    show_explorer(
        lambda: JudgeExplorer(desk, title),
        title,
        "Here a form stands while the lab runs. Open this notebook in the lab to choose ratings and study them.",
    )
