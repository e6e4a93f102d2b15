"""Paragraphs of the answer sheet, shown in the manually graded cells that they belong to."""

from __future__ import annotations

import html
from typing import Any

from nbgrader.utils import is_grade, is_solution

from autograder.executed import NOTE
from evaluators.answers import answers_in

_BY_PERSON = "_by_person"  # ends the grade id of a person's part of a paragraph that is also scored automatically


def paragraph_of(grade_id: str) -> str:
    """Return the id of the question whose paragraph a manually graded cell shows.

    Examples
    --------
    >>> paragraph_of("memo"), paragraph_of("care_reply_by_person")
    ('memo', 'care_reply')
    """
    return grade_id.removesuffix(_BY_PERSON)


def show_paragraphs(nb: Any, sheet: bytes | None, lab: str) -> None:
    """Put each paragraph of an answer sheet into the manually graded Markdown cell that has the item's id.

    A cell whose id is the item's with ``_by_person`` behind it shows the paragraph as well: its tests score a part of
    it, a person the rest.

    A person reads and scores it there, in formgrader. An empty paragraph leaves the cell as released, which nbgrader
    scores 0 by itself.

    Parameters
    ----------
    nb : NotebookNode
        A sanitised submission; changed in place.
    sheet : bytes or None
        The learner's ``answers.json``.
    lab : str
        The lab; a sheet of another one is not used.
    """
    answers = answers_in(sheet, lab=lab) if sheet is not None else {}
    for cell in nb.cells:
        cell.metadata.pop(NOTE, None)  # only we write there
        if cell.cell_type == "markdown" and is_grade(cell) and is_solution(cell):
            text = answers.get(paragraph_of(cell.metadata.nbgrader["grade_id"]))
            if isinstance(text, str) and text.strip():
                cell.source = paragraph_cell(text)
                cell.metadata[NOTE] = {"paragraph": text}


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
