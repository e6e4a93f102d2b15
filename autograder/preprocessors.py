"""Two steps that nbgrader's autograde takes in our courses, before it executes a submission.

They are named in a course's nbgrader_config.py, so `nbgrader autograde`, formgrader's button and `hrlab grade` all
take them.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution

from autograder.executed import NOTE
from evaluators.answers import read_answers


class RestoreCells(NbGraderPreprocessor):
    """Put the locked cells of the released notebook back: deleted ones where they stood, changed ones as they were.

    A learner who deletes a question by accident still gets it scored, and a tag such as ``skip-execution`` on a test
    cell has no effect. What was missing is noted in the notebook's metadata, for the trainer's report.
    """

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return the notebook with every locked cell as it was released."""
        here = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir
        released = Path(coursedir.format_path(coursedir.release_directory, ".", here["assignment"]))
        original = nbformat.read(released / f"{here['notebook']}.ipynb", as_version=nbformat.current_nbformat)
        nb.metadata.pop(NOTE, None)  # only we write there
        if missing := restore_locked_cells(nb, original):
            nb.metadata[NOTE] = {"restored": missing}
        return nb, resources


def restore_locked_cells(nb: Any, original: Any) -> list[str]:
    """Overwrite a submission's locked cells with the released ones, and add those that are gone.

    Parameters
    ----------
    nb : NotebookNode
        The submission; changed in place.
    original : NotebookNode
        The released notebook.

    Returns
    -------
    list of str
        Grade ids of the cells that were missing, in the order of the released notebook.
    """
    place = {name: i for i, cell in reversed([*enumerate(nb.cells)]) for name in _names(cell)}
    missing = []
    last = -1  # where the released cell before this one now stands
    for cell in original.cells:
        found = next((place[name] for name in _names(cell) if name in place), None)
        grade_id = _grade_id(cell)
        if found is not None:
            last = found
            if grade_id and is_locked(cell):
                nb.cells[last] = _copy(cell, nb)
        elif grade_id:
            last += 1
            nb.cells.insert(last, _copy(cell, nb))
            place = {name: i + (i >= last) for name, i in place.items()}
            missing.append(grade_id)
    return missing


def _names(cell: Any) -> list[tuple[str, str]]:
    """Return what a cell can be recognised by: its grade id, else its cell id or its source."""
    if grade_id := _grade_id(cell):
        return [("grade id", grade_id)]
    return [("cell id", cell.id), ("source", cell.source)] if "id" in cell else [("source", cell.source)]


def _copy(cell: Any, nb: Any) -> Any:
    """Copy a released cell into a submission, which may be of an older notebook format without cell ids."""
    copy = nbformat.from_dict(cell)
    if (nb.nbformat, nb.nbformat_minor) < (4, 5):
        copy.pop("id", None)
    return copy


def _grade_id(cell: Any) -> str | None:
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return grade_id if isinstance(grade_id, str) else None


class ShowParagraphs(NbGraderPreprocessor):
    """Show each paragraph of the answer sheet in the manually graded cell that has the item's id.

    A person reads and scores it there, in formgrader. An empty paragraph leaves the cell as released, which nbgrader
    scores 0 by itself.
    """

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return the notebook with the learner's paragraphs in place."""
        answers = read_answers(Path(resources["metadata"]["path"]), lab=resources["nbgrader"]["assignment"])
        for cell in nb.cells:
            cell.metadata.pop(NOTE, None)  # only we write there
            if cell.cell_type == "markdown" and is_grade(cell) and is_solution(cell):
                text = answers.get(cell.metadata.nbgrader["grade_id"])
                if isinstance(text, str) and text.strip():
                    cell.source = paragraph_cell(text)
                    cell.metadata[NOTE] = {"paragraph": text}
        return nb, resources


def paragraph_cell(text: str) -> str:
    """Return a learner's text as a Markdown cell that shows exactly these characters.

    Parameters
    ----------
    text : str
        What the learner wrote; never trusted as HTML or Markdown.

    Returns
    -------
    str
        Source of a Markdown cell.

    Examples
    --------
    >>> print(paragraph_cell("Not <b>this</b>."))
    <div class="tex2jax_ignore mathjax_ignore" style="white-space: pre-wrap">Not &lt;b&gt;this&lt;/b&gt;.</div>
    """
    # Blank lines would end the HTML block and make what follows Markdown, so line ends are written as entities.
    # formgrader's MathJax would read dollars as formulas; the classes keep it out.
    lines = text.strip().replace("\r\n", "\n").replace("\r", "\n")
    escaped = html.escape(lines, quote=False).translate({ord("\n"): "&#10;", ord("$"): "&#36;"})
    return f'<div class="tex2jax_ignore mathjax_ignore" style="white-space: pre-wrap">{escaped}</div>'
