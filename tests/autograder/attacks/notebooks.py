"""Attacks by the notebook file: metadata and tags, copied and retyped cells, kernels, files that are no notebooks."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from tests.autograder.attacks.attack import COURSE, Attack, steps
from tests.code_lab import LAB, POINTS, cell_of, place_of, released

_TAGS = "metadata and tags"
_COPIES = "copied, moved and retyped cells"
_KERNELS = "kernels"
_BROKEN = "files that are no notebook"

Change = Callable[[NotebookNode], Any]


def _each_test(change: Change) -> Change:
    """Do something to every test cell."""

    def edit(nb: NotebookNode) -> None:
        for test in POINTS:
            change(cell_of(nb, test))

    return edit


def _spec(**values: Any) -> Change:
    """Change the nbgrader metadata of the test cells."""
    return _each_test(lambda cell: cell.metadata.nbgrader.update(values))


def _tag(*tags: str) -> Change:
    return _each_test(lambda cell: cell.metadata.update(tags=list(tags)))


def _copied(grade_id: str, *, after: int, source: str | None = None) -> Change:
    """Copy a cell, grade id and all, to before (0) or behind (1) the original."""

    def edit(nb: NotebookNode) -> None:
        cell = deepcopy(cell_of(nb, grade_id))
        cell.id = f"copy-of-{grade_id.replace('_', '-')}-{after}"[:64]
        cell.source = cell.source if source is None else source
        nb.cells.insert(place_of(nb, grade_id) + after, cell)

    return edit


def _retype(cell: NotebookNode) -> None:
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]


def _tests_first(nb: NotebookNode) -> None:
    tests = [cell_of(nb, test) for test in POINTS]
    nb.cells = tests + [cell for cell in nb.cells if cell not in tests]


def _delete_tests(nb: NotebookNode) -> None:
    nb.cells = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in POINTS]


def _forge_outputs(cell: NotebookNode) -> None:
    points = str(POINTS[cell.metadata.nbgrader.grade_id])
    cell.outputs = [new_output("execute_result", {"text/plain": points}, execution_count=1)]
    cell.execution_count = 1
    cell.metadata.tags = ["skip-execution"]


def _metadata(**values: Any) -> Change:
    return lambda nb: nb.metadata.update(values)


def _kernel(name: str, language: str) -> Change:
    spec = {"name": name, "display_name": name, "language": language}
    return _metadata(kernelspec=spec, language_info={"name": language})


def _json(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """Make a released notebook whose JSON is changed by hand, past nbformat."""
    content = json.loads(json.dumps(released()))
    change(content)
    return json.dumps(content).encode()


def _broken(name: str, why: str, raw: bytes, *, stops: bool | None = True) -> Attack:
    return Attack(f"notebook_{name}", _BROKEN, why, raw=raw, stops=stops)


def _cell(index: int, **values: Any) -> bytes:
    return _json(lambda nb: nb["cells"][index].update(values))


_EMPTY_CELL = {"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [], "execution_count": None}

NOTEBOOKS = [
    Attack(
        "tag_skip_execution",
        _TAGS,
        "The tag skip-execution on the test cells: no outputs, so full marks. No code at all.",
        _tag("skip-execution"),
        answers=False,
    ),
    Attack(
        "tag_skip_everything",
        _TAGS,
        "The same tag on every cell of the notebook.",
        lambda nb: [cell.metadata.update(tags=["skip-execution"]) for cell in nb.cells],
        answers=False,
    ),
    Attack("tag_raises_exception", _TAGS, "The tag that says that an error is expected.", _tag("raises-exception")),
    Attack(
        "tags_of_other_tools",
        _TAGS,
        "Tags that other tools read, and metadata that nbclient and papermill read.",
        steps(_tag("parameters", "injected-parameters", "remove-cell"), _each_test(_forge_outputs), _tag("nbval-skip")),
    ),
    Attack(
        "forged_outputs_kept", _TAGS, "Outputs forged in the file, with the tag that skips.", _each_test(_forge_outputs)
    ),
    Attack("points_raised", _TAGS, "A hundred points for each test.", _spec(points=100)),
    Attack("points_that_are_no_numbers", _TAGS, "Points that are text, missing, negative.", _spec(points="many")),
    Attack("points_negative", _TAGS, "Points below zero.", _spec(points=-5.0)),
    Attack("not_graded", _TAGS, "Tests are said to be neither graded nor locked.", _spec(grade=False, locked=False)),
    Attack(
        "manually_graded",
        _TAGS,
        "Tests are said to be solutions, too: a person would score them.",
        _spec(solution=True),
    ),
    Attack("said_to_be_tasks", _TAGS, "Tests are said to be tasks.", _spec(task=True, grade=False)),
    Attack("checksum_forged", _TAGS, "Checksums that belong to no source.", _spec(checksum="0" * 32)),
    Attack(
        "tests_emptied",
        _TAGS,
        "The sources of the tests are emptied, and their lock is taken off.",
        steps(_spec(locked=False), _each_test(lambda cell: cell.update(source="pass"))),
    ),
    Attack(
        "grade_ids_renamed",
        _TAGS,
        "Other grade ids, which the gradebook does not know.",
        _each_test(lambda cell: cell.metadata.nbgrader.update(grade_id="my_" + cell.metadata.nbgrader.grade_id)),
    ),
    Attack(
        "grade_ids_odd", _TAGS, "Grade ids that are paths, markup or not even text.", _spec(grade_id="../../<b>x</b>\n")
    ),
    Attack(
        "grade_ids_swapped",
        _TAGS,
        "A solution cell has the test's id, and the test cell the solution's.",
        lambda nb: [
            cell_of(nb, "selection_rate").metadata.nbgrader.update(grade_id="swap"),
            cell_of(nb, "test_selection_rate").metadata.nbgrader.update(grade_id="selection_rate"),
            cell_of(nb, "swap").metadata.nbgrader.update(grade_id="test_selection_rate"),
        ],
    ),
    *(
        Attack(
            f"schema_version_{name}", _TAGS, "A schema version that stops nbgrader's run.", _spec(schema_version=value)
        )
        for name, value in (("old", 1), ("new", 99), ("text", "three"), ("none", None))
    ),
    Attack(
        "metadata_is_a_list",
        _TAGS,
        "nbgrader metadata that is no object.",
        _each_test(lambda c: c.metadata.update(nbgrader=[1])),
    ),
    Attack(
        "metadata_gone",
        _TAGS,
        "No nbgrader metadata anywhere.",
        lambda nb: [cell.metadata.clear() for cell in nb.cells],
    ),
    Attack(
        "copied_before",
        _COPIES,
        "An empty copy of a test cell stands before it.",
        _copied("test_selection_rate", after=0, source="pass"),
    ),
    Attack(
        "copied_behind",
        _COPIES,
        "An empty copy of a test cell stands behind it.",
        _copied("test_selection_rate", after=1, source="pass"),
    ),
    Attack(
        "copied_both",
        _COPIES,
        "Copies on both sides, and of a solution and of the paragraph.",
        steps(
            _copied("test_summary", after=0),
            _copied("test_summary", after=1),
            _copied("summary", after=1),
            _copied("memo", after=1),
        ),
    ),
    Attack("tests_are_text", _COPIES, "Test cells are made Markdown, which no kernel runs.", _each_test(_retype)),
    Attack(
        "tests_are_raw",
        _COPIES,
        "Test cells are made raw.",
        steps(_each_test(_retype), _each_test(lambda c: c.update(cell_type="raw"))),
    ),
    Attack("tests_deleted", _COPIES, "Test cells are deleted.", _delete_tests),
    Attack("everything_deleted", _COPIES, "A notebook without cells.", lambda nb: nb.cells.clear(), stops=None),
    Attack("tests_first", _COPIES, "Tests stand before everything else.", _tests_first),
    Attack(
        "cell_ids_doubled",
        _COPIES,
        "All cells have one id.",
        raw=_json(lambda nb: [cell.update(id="same") for cell in nb["cells"]]),
        stops=None,
    ),
    Attack("kernel_bash", _KERNELS, "The notebook asks for a shell's kernel.", _kernel("bash", "bash")),
    Attack(
        "kernel_unknown", _KERNELS, "The notebook asks for a kernel that is not there.", _kernel("no-such-kernel", "x")
    ),
    Attack("kernel_path", _KERNELS, "The kernel's name is a path.", _kernel("../../../tmp/evil", "python")),
    Attack("kernel_missing", _KERNELS, "No kernel and no language at all.", lambda nb: nb.metadata.clear()),
    Attack(
        "language_other", _KERNELS, "Another language.", _metadata(language_info={"name": "R", "file_extension": ".r"})
    ),
    _broken("empty", "No bytes at all.", b""),
    _broken("broken_json", "JSON that ends in the middle.", json.dumps(released()).encode()[:-300]),
    _broken("binary", "A picture's bytes.", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20),
    _broken("encoding", "Text in another encoding.", json.dumps(released()).encode("utf-16")),
    _broken("surrogates", "Lone surrogates in a source.", _cell(4, source="x = '\ud800'"), stops=None),
    _broken("list", "JSON that is no object.", b"[]"),
    _broken("number", "JSON that is a number.", b"NaN"),
    _broken("cells_are_text", "Cells that are no list.", _json(lambda nb: nb.update(cells="all of them"))),
    _broken(
        "cells_are_numbers", "Cells that are no objects.", _json(lambda nb: nb.update(cells=[1, None, "x"])), stops=None
    ),
    _broken("source_is_a_number", "A source that is no text.", _cell(4, source=42), stops=None),
    _broken("source_is_a_list", "A source that is a list of lists.", _cell(4, source=[["a"], 1]), stops=None),
    _broken("outputs_garbage", "Outputs that are no outputs.", _cell(5, outputs=[{"output_type": "?"}, 7]), stops=None),
    _broken("metadata_null", "Metadata that is null.", _cell(4, metadata=None), stops=None),
    _broken("unknown_cell_type", "A cell type that there is not.", _cell(4, cell_type="prophecy"), stops=None),
    _broken("deep", "JSON 100,000 levels deep.", b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    _broken(
        "deep_metadata",
        "Metadata 900 levels deep.",
        _cell(4, metadata=json.loads('{"a":' * 900 + "1" + "}" * 900)),
        stops=None,
    ),
    _broken("format_3", "An old format.", _json(lambda nb: nb.update(nbformat=3, nbformat_minor=0)), stops=None),
    _broken("format_99", "A format that does not exist yet.", _json(lambda nb: nb.update(nbformat=99)), stops=None),
    _broken("huge", "A notebook of 60 MB.", _cell(4, source="# " + "x" * 60_000_000), stops=None),
    Attack(
        "many_cells",
        _BROKEN,
        "3,000 cells that the learner added.",
        lambda nb: nb.cells.extend(NotebookNode(_EMPTY_CELL, id=f"many-{number}") for number in range(3000)),
        stops=None,
    ),
    Attack("notebook_missing", _BROKEN, "No notebook at all.", notebook=False, stops=True),
    Attack(
        "notebook_is_a_folder",
        _BROKEN,
        "A folder with the notebook's name.",
        notebook=False,
        special={f"{LAB}.ipynb": "folder"},
        stops=True,
    ),
    Attack(
        "notebook_is_a_pipe",
        _BROKEN,
        "A named pipe with the notebook's name.",
        notebook=False,
        special={f"{LAB}.ipynb": "fifo"},
        stops=True,
    ),
    Attack(
        "notebook_is_the_solution",
        _BROKEN,
        "A symlink to the instructor's notebook with the notebook's name.",
        links={f"{LAB}.ipynb": f"{COURSE}/source/{LAB}/{LAB}.ipynb"},
        stops=True,
        checks=("no_leak", "no_outside_content"),
    ),
    Attack(
        "notebook_is_endless",
        _BROKEN,
        "A symlink to a device that never ends.",
        links={f"{LAB}.ipynb": "/dev/zero"},
        stops=True,
    ),
]
