"""The items of a lab, read from a run of its instructor version.

Running the instructor version before a lab is released proves that the lab can be solved: a lab that does not earn full
marks with its own model answers is not released.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.assignment import assignment_of
from autograder.board_settings import board_faults, board_settings
from autograder.course import Course
from autograder.errors import CourseError
from autograder.executed import shown
from autograder.files import write_atomically
from autograder.paragraphs import paragraph_of
from evaluators.answers.mime import ITEM_MIME


@dataclass(frozen=True)
class CatalogueItem:
    """One graded item of a lab.

    Parameters
    ----------
    id : str
        The item's id, which is also the grade id of its scored cell.
    number : int
        Its number on the page, from 1.
    kind : str
        "choice", "choices", "number", "ranking", "paragraph", "code" for a code cell without a form, or "task" for
        nbgrader's tasks, whose answers may stand anywhere.
    prompt : str
        The question.
    competency : str
        Id of the competency, such as "B1"; "" where none is stated.
    points : float
        Most points it can earn.
    manual : bool
        True where a person scores it.
    spec : dict
        The form's own description, for checking an answer; empty for code.
    model_answer : object
        The instructor's answer, plain JSON. Never leaves the course folder.
    notebook : str
        The notebook that it stands in, without ``.ipynb``.
    cell : str
        Grade id of its scored cell: the item's id, or what follows the notebook's name in it.
    """

    id: str
    number: int
    kind: str
    prompt: str
    competency: str
    points: float
    manual: bool
    spec: dict[str, Any]
    model_answer: Any
    notebook: str = ""
    cell: str = ""


def run_notebook(notebook: Path, *, timeout_s: int = 120, keep_answers: bool = False) -> Any:
    """Execute a notebook in a throw-away copy of its folder and return it with its outputs.

    Parameters
    ----------
    notebook : Path
        The notebook; the folder it lies in is copied with it and stays untouched.
    timeout_s : int
        Seconds a cell may take.
    keep_answers : bool
        Take an answer sheet along that lies beside the notebook.

    Returns
    -------
    NotebookNode
        The executed notebook. Errors in cells are kept as outputs.
    """
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="hrlab-") as temporary:
        folder = Path(temporary) / notebook.parent.name
        left_out = [".ipynb_checkpoints", *([] if keep_answers else ["answers*.json*"])]
        shutil.copytree(notebook.parent, folder, ignore=shutil.ignore_patterns(*left_out))
        nb = nbformat.read(folder / notebook.name, as_version=4)
        client = NotebookClient(
            nb,
            timeout=timeout_s,
            allow_errors=True,
            resources={"metadata": {"path": str(folder)}},
            config=Config(KernelManager={"transport_encryption": "auto"}),
        )
        client.execute()
    return nb


def build_catalogue(course: Course, lab: str) -> list[CatalogueItem]:
    """Run a lab's instructor version and list its items.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        The lab.

    Returns
    -------
    list of CatalogueItem
        In the order of the notebook.

    Raises
    ------
    CourseError
        If a cell of the instructor version raises, an item does not earn its full points, or the board that the
        notebook's metadata describes does not fit the lab.
    """
    from nbgrader.utils import determine_grade, is_grade, is_solution

    path = course.labs_folder / lab / f"{lab}.ipynb"
    nb = run_notebook(path)
    forms = {spec["id"]: spec for cell in nb.cells for spec in shown(cell, ITEM_MIME)}
    items: list[CatalogueItem] = []
    faults: list[str] = []
    for index, cell in enumerate(nb.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                faults.append(f"cell {index + 1} raised {output.ename}: {output.evalue}")
        if not is_grade(cell):
            continue
        item_id, points = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
        manual = is_solution(cell)
        score, _ = (None, points) if manual else determine_grade(cell)
        spec = forms.get(item_id, {})
        asked = spec or (forms.get(paragraph_of(item_id), {}) if manual else {})
        if not manual and score != points:
            faults.append(f"{item_id} earns {score:g} of {points:g} points")
        if spec and float(spec["points"]) != points:
            faults.append(f"{item_id} has {spec['points']:g} points in its form and {points:g} in its scored cell")
        items.append(
            CatalogueItem(
                id=item_id,
                number=len(items) + 1,
                kind=asked.get("kind", "code"),
                prompt=asked.get("prompt", item_id) + ("" if spec or not asked else " (a person's part)"),
                competency=asked.get("competency", ""),
                points=points,
                manual=manual,
                spec={key: value for key, value in spec.items() if key != "value"},
                model_answer=spec.get("value"),
                notebook=lab,
                cell=item_id,
            )
        )
    if faults:
        raise CourseError(
            f"The instructor version {path} does not earn full marks: {'; '.join(faults)}.",
            "Mend the lab; nothing was released.",
        )
    board = board_settings(nb.metadata, where=str(path))
    if board and (faults := board_faults(board, items, forms)):
        raise CourseError(
            f"The board of {path} does not fit its lab: {'; '.join(faults)}.",
            "Mend its metadata; nothing was released.",
        )
    return items


def save_catalogue(course: Course, lab: str, items: list[CatalogueItem]) -> None:
    """Write the catalogue for the trainer and, without model answers, for the learners' start page."""
    public = [
        {**item.spec, "id": item.id, "number": item.number} for item in items if item.spec and item.kind != "code"
    ]
    for path, content in (
        (course.root / "catalogue" / f"{lab}.json", [asdict(item) for item in items]),
        (course.exchange / "items" / f"{lab}.json", public),
    ):
        write_atomically(path, (json.dumps(content, indent=1) + "\n").encode())


def load_catalogue(course: Course, lab: str) -> list[CatalogueItem]:
    """Return the items of a released lab; of an assignment that nbgrader released, what its gradebook knows.

    Raises
    ------
    CourseError
        If the lab was never released.
    """
    try:
        text = (course.root / "catalogue" / f"{lab}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return _items_of(course, lab)
    return [CatalogueItem(**{"notebook": lab, "cell": item["id"], **item}) for item in json.loads(text)]


def _items_of(course: Course, lab: str) -> list[CatalogueItem]:
    if not (course.folder("release") / lab).is_dir():
        raise CourseError(f"The lab {lab!r} was not released yet.", f"Run `hrlab release {lab}` first.")
    assignment = assignment_of(course, lab)
    scored = [
        (notebook, cell) for notebook in assignment.notebooks for cell in notebook.cells if cell.points is not None
    ]
    return [
        CatalogueItem(
            id=item_id(notebook.name, cell.grade_id, several=len(assignment.notebooks) > 1),
            number=number,
            kind="task" if cell.task else "paragraph" if cell.cell_type == "markdown" else "code",
            prompt=item_id(notebook.name, cell.grade_id, several=len(assignment.notebooks) > 1),
            competency="",
            points=float(cell.points or 0.0),
            manual=cell.solution or cell.task or cell.cell_type != "code",
            spec={},
            model_answer=None,
            notebook=notebook.name,
            cell=cell.grade_id,
        )
        for number, (notebook, cell) in enumerate(scored, start=1)
    ]


def item_id(notebook: str, cell: str, *, several: bool) -> str:
    """Return an item's id: its cell's grade id, after the notebook's name where an assignment has several.

    Examples
    --------
    >>> item_id("p1", "squares", several=True)
    'p1/squares'
    """
    return f"{notebook}/{cell}" if several else cell
