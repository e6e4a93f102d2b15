"""What the notebook of a lab says about its board: which question asks who wants to stand there, which cells count."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograder.errors import CourseError

if TYPE_CHECKING:
    from autograder.catalogue import CatalogueItem
    from autograder.course import Course

YES = "yes"  # the answer that puts somebody on the board; no other answer does
_KEYS = ("opt_in", "cells", "title", "about")
_EXAMPLE = '"hrlab": {"leaderboard": {"opt_in": "on_the_board", "cells": ["score_screener"]}}'


@dataclass(frozen=True, slots=True)
class BoardSettings:
    """The board of a lab, as its source notebook's metadata describes it.

    Parameters
    ----------
    opt_in : str
        Id of the choice, without points, whose answer ``yes`` puts a learner on the board.
    cells : tuple of str
        Ids of the automatically scored items whose points rank.
    title : str
        Heading of the page; "" for one made from the lab's title.
    about : str
        What the points are, in the author's words; "" for the list of the questions alone.
    """

    opt_in: str
    cells: tuple[str, ...]
    title: str = ""
    about: str = ""


def board_settings(metadata: Mapping[str, Any], *, where: str = "The notebook") -> BoardSettings | None:
    """Read a notebook's metadata.

    Parameters
    ----------
    metadata : mapping
        The metadata of a whole notebook.
    where : str
        What an error calls the notebook.

    Returns
    -------
    BoardSettings or None
        None where the lab has no board.

    Raises
    ------
    CourseError
        If the entry is there and malformed; the message names its key.

    Examples
    --------
    >>> board_settings({"hrlab": {"leaderboard": {"opt_in": "join", "cells": ["rank"]}}})
    BoardSettings(opt_in='join', cells=('rank',), title='', about='')
    >>> board_settings({"title": "A lab without a board"}) is None
    True
    """
    ours = metadata.get("hrlab")
    if not isinstance(ours, Mapping) or "leaderboard" not in ours:
        return None
    entry = ours["leaderboard"]
    if fault := _fault(entry):
        raise CourseError(
            f"{where} has a board in its metadata that cannot be used: {fault}.", f"It should read like {_EXAMPLE}."
        )
    return BoardSettings(entry["opt_in"], tuple(entry["cells"]), entry.get("title", ""), entry.get("about", ""))


def _fault(entry: Any) -> str:
    """Say what is malformed about the entry; "" if nothing is."""
    if not isinstance(entry, Mapping):
        return f"leaderboard is {entry!r}"
    if unknown := sorted(str(key) for key in entry.keys() - set(_KEYS)):
        return f"leaderboard knows no {', '.join(unknown)}, only {', '.join(_KEYS)}"
    for key in ("opt_in", "title", "about"):
        if not isinstance(entry.get(key, ""), str):
            return f"{key} is no text"
    if not entry.get("opt_in"):
        return "opt_in, the id of the question that asks who wants to stand there, is missing"
    cells = entry.get("cells")
    if not isinstance(cells, list) or not cells or not all(isinstance(cell, str) and cell for cell in cells):
        return "cells is no list of grade ids"
    if len(set(cells)) < len(cells):
        return "cells names one twice, which would count its points twice"
    return ""


def board_of_lab(course: Course, lab: str) -> BoardSettings | None:
    """Read what the source notebook of a lab says about its board; None where the lab has none, or no such notebook.

    Raises
    ------
    CourseError
        If the entry is malformed.
    """
    path = course.labs_folder / lab / f"{lab}.ipynb"
    try:
        metadata = json.loads(path.read_bytes())["metadata"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return board_settings(metadata, where=str(path)) if isinstance(metadata, dict) else None


def board_faults(
    settings: BoardSettings, items: Sequence[CatalogueItem], forms: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Say what of a board does not fit its lab, for the release.

    Parameters
    ----------
    settings : BoardSettings
        The board.
    items : sequence of CatalogueItem
        The lab's scored items.
    forms : mapping
        Item id -> what its form showed, for every form of the lab.

    Returns
    -------
    list of str
        Parts of a sentence; none if all fits.
    """
    faults = cell_faults(settings, items)
    form = forms.get(settings.opt_in)
    asked = f"the board's question {settings.opt_in!r}"
    if form is None:
        faults.append(f"{asked} is not asked")
    elif form.get("kind") != "choice" or YES not in form.get("options", {}):
        faults.append(f"{asked} is no choice with an option {YES!r}")
    elif form.get("points") or settings.opt_in in {item.id for item in items}:
        faults.append(f"{asked} earns points, and nobody may be paid for standing there (points=0, no scored cell)")
    return faults


def cell_faults(settings: BoardSettings, items: Sequence[CatalogueItem]) -> list[str]:
    """Say which cells of a board are none that a test scores."""
    manual = {item.id: item.manual for item in items}
    return [
        f"the board counts {cell!r}, which " + ("a person scores" if cell in manual else "is no scored cell")
        for cell in settings.cells
        if manual.get(cell, True)
    ]
