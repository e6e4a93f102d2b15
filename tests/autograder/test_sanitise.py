"""What of a submission counts: equal to nbgrader on honest ones, the instructor's notebook whatever a learner did."""

import copy
import json
import pickle
import shutil
import time
from collections import Counter
from pathlib import Path

import nbformat
import nbgrader
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearOutput, DeduplicateIds, OverwriteCells, OverwriteKernelspec
from nbgrader.utils import compute_checksum

from autograder.assignment import Assignment, assignment_from_source, assignment_of
from autograder.course import Course
from autograder.sanitise import MAX_CELLS, UnreadableNotebook, sanitise
from tests.autograder.test_assignment import cell, check, generate, solution

FILES = Path(nbgrader.__file__).parent / "tests"
SOURCES = {
    "small": "apps/files/submitted-unchanged.ipynb",  # the instructor's version of all submitted-*.ipynb
    "hidden": "apps/files/test-hidden-tests.ipynb",
    "task": "preprocessors/files/test_taskcell.ipynb",
    "manual": "preprocessors/files/manually-graded-code-cell.ipynb",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sanitise")
    (root / "source" / "ps1").mkdir(parents=True)
    for name, file in SOURCES.items():
        shutil.copy(FILES / file, root / "source" / "ps1" / f"{name}.ipynb")
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    generate(root)
    return root


@pytest.fixture(scope="module")
def assignment(root: Path) -> Assignment:
    return assignment_of(Course(root), "ps1")


def by_nbgrader(root: Path, name: str, submitted: str):
    """Sanitise a submission with nbgrader's own preprocessors on a real gradebook.

    Without CheckCellMetadata, which changes nothing and stops nbgrader's whole run at a copied cell: what
    DeduplicateIds leaves of the copy's metadata is not valid.
    """
    db_url = f"sqlite:///{root / 'gradebook.db'}"
    resources = {"nbgrader": {"assignment": "ps1", "notebook": name, "student": "ada", "db_url": db_url}}
    nb = nbformat.reads(submitted, as_version=4)
    for step in (ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells):
        nb, resources = step()(nb, resources)
    return nb


def graded(nb):
    """List what nbgrader's scoring reads of the cells that it knows, in order."""
    keys = ("grade_id", "points", "checksum", "grade", "solution", "locked", "task")
    return [
        (each.cell_type, each.source, *(each.metadata.nbgrader.get(key) for key in keys))
        for each in nb.cells
        if each.metadata.get("nbgrader", {}).get("grade_id")
    ]


def everything(nb):
    return [(each.cell_type, each.source) for each in nb.cells]


def index_of(nb, grade_id):
    return next(
        n for n, each in enumerate(nb["cells"]) if each["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


# Equal to nbgrader: honest submissions


def untouched(nb, source):
    return


def solved(nb, source):
    answers = {each["metadata"].get("nbgrader", {}).get("grade_id"): each["source"] for each in source["cells"]}
    for each in nb["cells"]:
        if each["metadata"].get("nbgrader", {}).get("solution"):
            each["source"] = answers[each["metadata"]["nbgrader"]["grade_id"]]


def answered(nb, source):
    for each in nb["cells"]:
        if each["metadata"].get("nbgrader", {}).get("solution"):
            each["source"] = ["My answer = 1\n", "second line"]


def executed(nb, source):
    for number, each in enumerate(nb["cells"]):
        if each["cell_type"] == "code":
            each["execution_count"] = number
            each["outputs"] = [{"output_type": "stream", "name": "stderr", "text": ["a\n", "b"]}]


def with_own_cells(nb, source):
    for place in (len(nb["cells"]), 2, 0):
        nb["cells"].insert(
            place, {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "x=1"}
        )
        nb["cells"].insert(place, {"cell_type": "markdown", "metadata": {"tags": ["mine"]}, "source": "# Notes"})


def with_changed_plain_cells(nb, source):
    for each in nb["cells"]:
        if "nbgrader" not in each["metadata"]:
            each["source"] = "mine = 1"


def without_plain_text(nb, source):
    nb["cells"] = [each for each in nb["cells"] if "nbgrader" in each["metadata"] or each["cell_type"] == "code"]


def saved_elsewhere(nb, source):
    nb["nbformat_minor"] = 4
    nb["metadata"] = {"kernelspec": {"name": "other", "display_name": "Other"}, "colab": {"provenance": []}}
    for each in nb["cells"]:
        each.pop("id", None)
        each["source"] = each["source"].splitlines(keepends=True) if isinstance(each["source"], str) else each["source"]
        each["metadata"]["jupyter"] = {"source_hidden": True}


def copied_below(nb, source):
    """Copy a solution cell, as people do before they try something else; nbgrader takes the last copy."""
    place = next(
        (n for n, each in enumerate(nb["cells"]) if each["metadata"].get("nbgrader", {}).get("solution")), None
    )
    if place is not None:
        second = copy.deepcopy(nb["cells"][place])
        second.pop("id", None)
        second["source"] = "second = 2"
        nb["cells"].insert(place + 1, second)


HONEST = [untouched, solved, answered, executed, with_own_cells, with_changed_plain_cells, without_plain_text,
          saved_elsewhere, copied_below]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Cell is missing an id field")
@pytest.mark.parametrize("strict", [False, True], ids=["ours", "strict"])
@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("edit", HONEST)
def test_an_honest_submission_is_what_nbgrader_makes_of_it(root, assignment, edit, name, strict):
    notebook = assignment.notebook(name)
    nb = json.loads(notebook.released)
    edit(nb, json.loads(notebook.source))
    submitted = json.dumps(nb)
    ours, theirs = sanitise(submitted, notebook, strict=strict), by_nbgrader(root, name, submitted)
    assert graded(ours.nb) == graded(theirs)
    assert everything(ours.nb) == everything(theirs)
    assert ours.nb.metadata.kernelspec == theirs.metadata.kernelspec
    assert ours.restored == ()
    if edit is not copied_below:
        assert ours.notes == ()
    # Each cell that a kernel would run is run, in one session or in both.
    ran = [planned.source_t or planned.source_s for planned in ours.cells if planned.source_t or planned.source_s]
    assert ran == [source for kind, source in everything(theirs) if kind == "code" and source.strip()] or (
        edit is with_changed_plain_cells  # the trusted session runs a plain cell as the instructor wrote it
    )


@pytest.mark.filterwarnings("ignore:Cell is missing an id field")
@pytest.mark.parametrize(
    "file",
    [
        "apps/files/submitted-unchanged.ipynb",
        "apps/files/submitted-changed.ipynb",
        "apps/files/submitted-grade-cell-changed.ipynb",
        "apps/files/submitted-locked-cell-changed.ipynb",
        "preprocessors/files/submitted-answer-cell-type-changed.ipynb",
        "preprocessors/files/submitted-changed.ipynb",
        "preprocessors/files/submitted-grade-cell-changed.ipynb",
        "preprocessors/files/submitted-grade-cell-type-changed.ipynb",
        "preprocessors/files/submitted-locked-cell-changed.ipynb",
    ],
)
def test_nbgraders_own_submissions_are_what_nbgrader_makes_of_them(root, assignment, file):
    nb = json.loads((FILES / file).read_text())
    for number, each in enumerate(nb["cells"]):
        each["id"] = f"c{number}"  # without one, nbgrader stops its whole run at a cell of another type
    submitted = json.dumps(nb | {"nbformat_minor": 5})
    for strict in (False, True):
        ours = sanitise(submitted, assignment.notebook("small"), strict=strict)
        assert graded(ours.nb) == graded(by_nbgrader(root, "small", submitted))


# Different from nbgrader, on purpose, one by one


def edited(assignment, name, edit):
    nb = json.loads(assignment.notebook(name).released)
    edit(nb)
    return json.dumps(nb)


def delete(*grade_ids):
    def edit(nb):
        for grade_id in grade_ids:
            del nb["cells"][index_of(nb, grade_id)]

    return edit


@pytest.mark.filterwarnings("ignore:Cell is missing an id field")
@pytest.mark.parametrize("grade_id", ["correct_squares", "squares", "sum_of_squares"])
def test_a_deleted_graded_cell_comes_back_unless_strict(root, assignment, grade_id):
    submitted = edited(assignment, "hidden", delete(grade_id))
    notebook = assignment.notebook("hidden")
    ours = sanitise(submitted, notebook)
    assert ours.restored == (grade_id,)
    assert any(grade_id in note for note in ours.notes)
    assert everything(ours.nb) == everything(sanitise(notebook.released, notebook).nb)
    strict = sanitise(submitted, notebook, strict=True)
    assert strict.restored == ()
    assert graded(strict.nb) == graded(by_nbgrader(root, "hidden", submitted))


def test_a_deleted_solution_earns_nothing_and_is_not_run(assignment):
    notebook = assignment.notebook("hidden")
    ours = sanitise(edited(assignment, "hidden", delete("squares", "sum_of_squares")), notebook)
    back = [planned for planned in ours.cells if planned.grade_id in ours.restored]
    assert len(back) == 2
    for planned in back:
        assert (planned.source_t, planned.source_s) == (None, None)
        # nbgrader's determine_grade gives 0 to an answer whose checksum is the released one's
        assert compute_checksum(planned.cell) == planned.cell.metadata.nbgrader.checksum


@pytest.mark.filterwarnings("ignore:Cell is missing an id field")
def test_moved_cells_go_back_unless_strict(root, assignment):
    def edit(nb):
        nb["cells"].append(nb["cells"].pop(index_of(nb, "squares")))

    submitted = edited(assignment, "hidden", edit)
    notebook = assignment.notebook("hidden")
    ours = sanitise(submitted, notebook)
    assert everything(ours.nb) == everything(sanitise(notebook.released, notebook).nb)
    assert any("squares stood in another place" in note for note in ours.notes)
    strict = sanitise(submitted, notebook, strict=True)
    assert everything(strict.nb) == everything(by_nbgrader(root, "hidden", submitted))


def test_of_copies_the_one_in_its_place_counts(assignment):
    """nbgrader takes the last, wherever it stands: a scratch copy at the end would be the answer."""

    def edit(nb):
        scratch = copy.deepcopy(nb["cells"][index_of(nb, "squares")])
        scratch["source"] = "scratch"
        scratch["id"] = "scratch"
        nb["cells"][index_of(nb, "squares")]["source"] = "def squares(n): ..."
        nb["cells"].append(scratch)

    ours = sanitise(edited(assignment, "hidden", edit), assignment.notebook("hidden"))
    assert [p.cell.source for p in ours.cells if p.grade_id == "squares"] == ["def squares(n): ..."]
    assert ours.cells[-1].source_s == "scratch"
    assert ours.cells[-1].cell.metadata == {}
    assert any("squares was there 2 times" in note for note in ours.notes)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"tags": ["skip-execution", "raises-exception"]}, id="skipped"),
        pytest.param({"nbgrader": {"grade": False}}, id="not-graded"),
        pytest.param({"nbgrader": {"solution": True, "locked": False}}, id="a-solution"),
        pytest.param({"nbgrader": {"points": 1000}}, id="points"),
        pytest.param({"nbgrader": {"schema_version": 99}}, id="too-new"),
        pytest.param({"nbgrader": {"schema_version": 0}}, id="too-old"),
        pytest.param({"nbgrader": {"schema_version": "x", "points": None, "grade": 7, "odd": []}}, id="rubbish"),
        pytest.param({"nbgrader": {"cell_type": "markdown", "checksum": "0" * 32}}, id="checksum"),
        pytest.param({"editable": True, "deletable": True, "run_control": {"frozen": True}}, id="other"),
    ],
)
def test_metadata_of_graded_cells_is_the_instructors(assignment, change):
    """Of these, nbgrader believes the tags, and stops the whole run at wrong flags and schema versions."""

    def edit(nb):
        metadata = nb["cells"][index_of(nb, "correct_squares")]["metadata"]
        for key, value in change.items():
            metadata[key] = {**metadata[key], **value} if key == "nbgrader" else value

    notebook = assignment.notebook("hidden")
    ours = sanitise(edited(assignment, "hidden", edit), notebook)
    as_released = sanitise(notebook.released, notebook)
    assert ours.nb == as_released.nb
    assert [p.source_t for p in ours.cells] == [p.source_t for p in as_released.cells]


@pytest.mark.filterwarnings("ignore:Cell is missing an id field")
def test_nbgrader_believes_tags_and_stops_at_flags(root, assignment):
    """If this fails, a newer nbgrader has closed the hole, and the test above may say so."""

    def tag(nb):
        nb["cells"][index_of(nb, "correct_squares")]["metadata"]["tags"] = ["skip-execution"]

    nb = by_nbgrader(root, "hidden", edited(assignment, "hidden", tag))
    assert nb.cells[index_of(nb, "correct_squares")].metadata.tags == ["skip-execution"]

    def flag(nb):
        nb["cells"][index_of(nb, "correct_squares")]["metadata"]["nbgrader"]["solution"] = True

    with pytest.raises(RuntimeError, match="Inconsistent checksums"):
        by_nbgrader(root, "hidden", edited(assignment, "hidden", flag))


def test_metadata_that_was_lost_does_not_lose_the_answers(assignment):
    """Some front ends drop what they do not know; nbgrader then finds nothing to score."""
    notebook = assignment.notebook("hidden")

    def edit(nb):
        nb["cells"][index_of(nb, "squares")]["source"] = "def squares(n): return n"
        for each in nb["cells"]:
            each["metadata"] = {}

    nb = new_notebook(cells=[solution("def f(): return 1", "f"), check("assert f() == 1", "t")])
    text = json.dumps(nb)
    with_ids = assignment_from_source("ps", {"nb": text}).notebooks[0]
    submitted = json.loads(with_ids.released)
    submitted["cells"][0].update(source="def f(): return 2", metadata={})
    submitted["cells"][1]["metadata"] = {}
    ours = sanitise(json.dumps(submitted), with_ids)
    assert [(p.grade_id, p.source_s) for p in ours.cells] == [("f", "def f(): return 2"), ("t", None)]
    assert ours.restored == ()
    assert all("had lost its nbgrader metadata" in note for note in ours.notes)
    # Without ids either, tests are known by their text and what was answered is a cell of the learner's own.
    ours = sanitise(edited(assignment, "hidden", edit), notebook)
    assert "def squares(n): return n" in [p.source_s for p in ours.cells]


# Which session runs what


def small():
    nb = new_notebook(
        cells=[
            new_markdown_cell("# Title"),
            cell("import math\nlimit = 3"),
            cell("base = limit + 1", "given", locked=True),
            solution("def f(x): return x", "f"),
            cell("shown = f(2)"),
            check("assert f(1) == 1\n### BEGIN HIDDEN TESTS\nassert f(2) == 2, 'KEY'\n### END HIDDEN TESTS", "test_f"),
            cell("Why?", "essay", kind=new_markdown_cell, grade=True, solution=True, points=2),
            solution("g = 2", "g"),
            check("assert g == 2 and limit", "test_g"),
            cell("Draw.", "draw", kind=new_markdown_cell, task=True, locked=True, points=3),
            cell("", None),
        ]
    )
    return assignment_from_source("ps", {"nb": json.dumps(nb)}).notebooks[0]


NOTEBOOK = small()
ROLES = ["text", "trusted", "trusted", "learner", "trusted", "test", "text", "learner", "test", "text", "trusted"]


def submission():
    return json.loads(NOTEBOOK.released)


def test_a_submission_as_released_needs_no_session_of_the_learners():
    ours = sanitise(NOTEBOOK.released, NOTEBOOK)
    assert [planned.role for planned in ours.cells] == ROLES
    assert not ours.learner_code
    assert ours.notes == ()
    for planned, released in zip(ours.cells, NOTEBOOK.released_nb.cells, strict=True):
        assert planned.source_s in (None, released.source)
        assert (planned.source_t is not None) == (planned.role in ("trusted", "test") and bool(released.source))
    assert "KEY" in ours.cells[5].source_t


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        pytest.param(lambda nb: nb["cells"].append(new_code_cell("")), False, id="empty-cell"),
        pytest.param(lambda nb: nb["cells"].append(new_markdown_cell("Notes")), False, id="text"),
        pytest.param(lambda nb: nb["cells"][6].update(source="Because."), False, id="paragraph"),
        pytest.param(lambda nb: nb["cells"][5].update(source="pass"), False, id="changed-test"),
        pytest.param(lambda nb: nb["cells"][2].update(source="base = 9"), False, id="changed-locked"),
        pytest.param(lambda nb: nb["cells"].pop(5), False, id="deleted-test"),
        pytest.param(lambda nb: nb["cells"][3].update(source="def f(x): return x"), True, id="solution"),
        pytest.param(lambda nb: nb["cells"][1].update(source="limit = 9"), True, id="plain"),
        pytest.param(lambda nb: nb["cells"].pop(1), True, id="deleted-plain"),
        pytest.param(lambda nb: nb["cells"].append(new_code_cell("x = 1")), True, id="own-cell"),
        pytest.param(
            lambda nb: nb["cells"].append(new_code_cell("x = 1", metadata={"tags": ["skip-execution"]})),
            False,
            id="skipped",
        ),
        pytest.param(lambda nb: nb["cells"].append(copy.deepcopy(nb["cells"][1])), True, id="copy"),
    ],
)
def test_learner_code_is_code_that_a_learner_wrote(edit, expected):
    nb = submission()
    edit(nb)
    assert sanitise(json.dumps(nb), NOTEBOOK).learner_code is expected


def test_a_plain_cell_that_was_changed():
    nb = submission()
    nb["cells"][1]["source"] = "import math\nlimit = 99\nmine = 1"
    ours = sanitise(json.dumps(nb), NOTEBOOK)
    planned = ours.cells[1]
    assert (planned.role, planned.source_t, planned.source_s) == (
        "learner", "import math\nlimit = 3", "import math\nlimit = 99\nmine = 1"
    )  # fmt: skip
    assert planned.cell.source == planned.source_s
    assert ours.changed_plain == {"limit"}  # math is a module, mine is nobody's


def test_a_plain_cell_that_was_deleted_or_moved_runs_for_the_tests():
    nb = submission()
    plain = nb["cells"].pop(1)
    ours = sanitise(json.dumps(nb), NOTEBOOK)
    assert (ours.cells[1].role, ours.cells[1].source_s) == ("trusted", None)
    assert ours.cells[1].source_t == "import math\nlimit = 3"
    assert ours.changed_plain == {"limit"}
    assert ours.restored == ()
    nb["cells"].append(plain)
    ours = sanitise(json.dumps(nb), NOTEBOOK)
    assert [p.source_t for p in ours.cells].count("import math\nlimit = 3") == 1
    assert [p.source_s for p in ours.cells if p.source_s][-1] == "import math\nlimit = 3"


def test_what_replaces_a_deleted_solution_stands_before_its_test():
    nb = submission()
    del nb["cells"][5], nb["cells"][3]
    nb["cells"].insert(4, new_code_cell("def f(x): return x  # mine"))
    ours = sanitise(json.dumps(nb), NOTEBOOK)
    order = [p.grade_id or p.cell.source for p in ours.cells]
    assert order[3:7] == ["f", "shown = f(2)", "def f(x): return x  # mine", "test_f"]
    assert [p.source_s for p in ours.cells if p.grade_id == "f"] == [None]


def test_an_instructors_own_tag_is_honoured():
    skipped = check("assert False", "t")
    skipped.metadata["tags"] = ["skip-execution"]
    notebook = assignment_from_source("ps", {"nb": json.dumps(new_notebook(cells=[skipped]))}).notebooks[0]
    assert sanitise(notebook.released, notebook).cells[0].source_t is None


def test_pictures_in_a_paragraph_stay():
    nb = submission()
    picture = {"drawing.png": {"image/png": "aGVsbG8="}}
    nb["cells"][6].update(source="![](attachment:drawing.png)", attachments=picture)
    nb["cells"][9].update(attachments=picture)  # the instructor's own text
    ours = sanitise(json.dumps(nb), NOTEBOOK)
    assert ours.nb.cells[6].attachments == picture
    assert "attachments" not in ours.nb.cells[9]
    nbformat.validate(ours.nb)


# Files that are odd or broken


def test_formats_of_old():
    old = nbformat.convert(nbformat.reads(NOTEBOOK.released, as_version=4), 3)
    for worksheet in old.worksheets:
        for each in worksheet.cells:
            if each.metadata.get("nbgrader", {}).get("grade_id") == "g":
                each.input = "g = 22"
    ours = sanitise(json.dumps(old), NOTEBOOK)
    as_released = sanitise(NOTEBOOK.released, NOTEBOOK)
    assert [p.source_t for p in ours.cells] == [p.source_t for p in as_released.cells]
    assert [p.source_s for p in ours.cells if p.grade_id == "g"] == ["g = 22"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(b" \n", "empty", id="blank"),
        pytest.param("{", "damaged", id="not-json"),
        pytest.param("\x89PNG\r\n", "damaged", id="picture-as-text"),
        pytest.param(b"\x89PNG\r\n\xff", "not text", id="picture"),
        pytest.param('{"cells": []}'.encode("utf-16"), "not text", id="utf-16"),
        pytest.param("[]", "another kind", id="list"),
        pytest.param("3", "another kind", id="number"),
        pytest.param("{}", "no list of cells", id="no-cells"),
        pytest.param('{"cells": {"a": 1}}', "no list of cells", id="cells-not-a-list"),
        pytest.param('{"cells": [], "nbformat": 5}', "newer Jupyter", id="too-new"),
        pytest.param("[" * 100_000, "nested too deeply", id="deep"),
        pytest.param('{"cells": [' + '{"a":' * 100_000, "nested too deeply", id="deep-objects"),
        pytest.param('{"n": ' + "9" * 5000 + "}", "damaged", id="huge-number"),
        pytest.param("[" + "[]," * 2_000_000 + "[]]", "holds too much", id="many-values"),
        pytest.param(json.dumps({"cells": [{}] * (MAX_CELLS + 1)}), "10001 cells", id="many-cells"),
    ],
)
def test_a_file_that_is_no_notebook_says_so(text, reason):
    with pytest.raises(UnreadableNotebook, match=reason) as caught:
        sanitise(text, NOTEBOOK)
    assert caught.value.problem.startswith("The notebook cannot be read: ")
    assert caught.value.problem.endswith(".")
    assert len(str(caught.value)) < 250
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_file_that_is_too_large_is_not_even_read():
    with pytest.raises(UnreadableNotebook, match=r"larger than 0\.001 MB"):
        sanitise(NOTEBOOK.released, NOTEBOOK, max_bytes=1000)


def test_a_byte_order_mark_is_no_harm():
    assert sanitise(b"\xef\xbb\xbf" + NOTEBOOK.released.encode(), NOTEBOOK).notes == ()


def test_text_that_cannot_be_written_is_replaced():
    nb = submission()
    nb["cells"][3]["source"] = "x = '\ud800'"
    nb["cells"].append({"cell_type": "code", "source": "\udfff", "metadata": {}})
    ours = sanitise(json.dumps(nb), NOTEBOOK)
    assert ours.cells[3].source_s == "x = '\ufffd'"
    compute_checksum(ours.cells[3].cell)
    json.dumps(ours.nb, ensure_ascii=False).encode()


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
odd_cell = odd | st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading", "x"]) | odd,
        "source": odd,
        "id": st.sampled_from(["released-0", "added-0", "a b", "é", "x" * 65]) | odd,
        "outputs": odd,
        "attachments": odd
        | st.dictionaries(st.text(max_size=4), st.dictionaries(st.text(max_size=4), odd, max_size=2)),
        "metadata": odd
        | st.fixed_dictionaries(
            {},
            optional={
                "nbgrader": odd | st.fixed_dictionaries({"grade_id": st.sampled_from(["f", "test_f"]) | odd}),
                "tags": odd,
            },
        ),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(odd_cell, max_size=5), odd, st.sampled_from([1, 2, 3, 4, 5]) | odd, st.booleans())
def test_any_json_is_graded_or_refused_with_a_reason(cells, metadata, version, worksheets):
    nb = {"metadata": metadata, "nbformat": version, "nbformat_minor": metadata}
    nb |= {"worksheets": [{"cells": cells}, cells]} if worksheets else {"cells": cells}
    try:
        ours = sanitise(json.dumps(nb), NOTEBOOK)
    except UnreadableNotebook:
        return
    holds(ours, nb)


# Whatever a learner does


def instructors_program():
    """List what the trusted session must run, from the instructor's notebook and nbgrader's gradebook alone."""
    source = json.loads(NOTEBOOK.source)["cells"]
    return [each["source"] for each in source if each["cell_type"] == "code" and each["source"]
            and not each["metadata"].get("nbgrader", {}).get("solution")]  # fmt: skip


VALIDATOR = MetadataValidator()


def valid(nb):
    """Check as nbformat and nbgrader do, cell by cell that is new: validating takes most of the time of the tests."""
    assert len({each.id for each in nb.cells}) == len(nb.cells)
    new = [each for each in nb.cells if json.dumps(each) not in SEEN]
    nbformat.validate({**nb, "cells": new})
    VALIDATOR.validate_nb(nbformat.from_dict({"cells": new}))
    SEEN.update(map(json.dumps, new))


SEEN = set()


def holds(ours, submitted):
    """Check all that must be true of every sanitised submission."""
    assert [p.source_t for p in ours.cells if p.source_t] == instructors_program()
    known = [p for p in ours.cells if p.grade_id]
    assert [p.grade_id for p in known] == [c.grade_id for c in NOTEBOOK.cells]
    for planned, expected in zip(known, NOTEBOOK.cells, strict=True):
        meta = planned.cell.metadata.nbgrader
        assert (planned.cell.cell_type, meta.grade_id, meta.checksum) == (
            expected.cell_type, expected.grade_id, expected.checksum
        )  # fmt: skip
        assert (meta.grade, meta.solution, meta.task) == (expected.grade, expected.solution, expected.task)
        if expected.points is not None:
            assert meta.points == expected.points
        if expected.locked:
            assert planned.cell.source == expected.source
            assert "tags" not in planned.cell.metadata
    for planned in ours.cells:
        assert "KEY" not in (planned.source_s or "")
        assert planned.role != "test" or planned.source_s is None
        assert "nbgrader" not in planned.cell.metadata or planned.grade_id
        assert planned.cell.get("outputs", []) == []
    assert [p.cell for p in ours.cells] == ours.nb.cells
    valid(ours.nb)
    if not ours.learner_code:
        released = {each.source for each in NOTEBOOK.released_nb.cells}
        assert {p.source_s for p in ours.cells if p.source_s} <= released
    # What the learner wrote and nbgrader would run is run.
    mine = Counter(p.source_s for p in ours.cells if p.source_s)
    for each in submitted.get("cells", ()):
        if isinstance(each, dict) and each.get("cell_type") == "code" and isinstance(each.get("source"), str):
            metadata = each.get("metadata") if isinstance(each.get("metadata"), dict) else {}
            text = each["source"].encode("utf-8", "replace").decode()
            if "nbgrader" not in metadata and "tags" not in metadata and text.strip() and text == each["source"]:
                locked = [c.source for c in NOTEBOOK.released_nb.cells if c.metadata.get("nbgrader")]
                assert mine[text] or text in locked or each.get("id") in ids()


def ids():
    return {each["id"] for each in NOTEBOOK.released_nb.cells if each.metadata.get("nbgrader")}


places = st.integers(0, 10)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("delete"), places),
        st.tuples(st.just("copy"), places, places),
        st.tuples(st.just("move"), places, places),
        st.tuples(st.just("tag"), places),
        st.tuples(st.just("type"), places, st.sampled_from(["code", "markdown", "raw"])),
        st.tuples(st.just("source"), places, st.sampled_from(["", "x = 1", "pass", "#", "import math\nlimit = 3"])),
        st.tuples(st.just("flags"), places, st.dictionaries(
            st.sampled_from(["grade", "solution", "locked", "task", "points", "schema_version"]), odd, max_size=3)),
        st.tuples(st.just("rename"), places, st.sampled_from(["f", "test_f", "nobody", "", None])),
        st.tuples(st.just("strip"), places),
        st.tuples(st.just("id"), places, places),
        st.tuples(st.just("insert"), places),
    ),
    max_size=8,
)  # fmt: skip


def apply(nb, edit):
    kind, place, *rest = edit
    cells = nb["cells"]
    if kind == "insert":
        cells.insert(place, {"cell_type": "code", "source": f"own = {place}", "metadata": {}, "id": f"own{len(cells)}"})
        return
    if not cells:
        return
    one = cells[place % len(cells)]
    if kind == "delete":
        cells.remove(one)
    elif kind == "copy":
        cells.insert(rest[0], copy.deepcopy(one))
    elif kind == "move":
        cells.remove(one)
        cells.insert(rest[0], one)
    elif kind == "tag":
        one["metadata"]["tags"] = ["skip-execution", "raises-exception"]
    elif kind == "type":
        one["cell_type"] = rest[0]
    elif kind == "source":
        one["source"] = rest[0]
    elif kind == "flags":
        one["metadata"].setdefault("nbgrader", {}).update(rest[0])
    elif kind == "rename":
        one["metadata"].setdefault("nbgrader", {})["grade_id"] = rest[0]
    elif kind == "strip":
        one["metadata"] = {}
    elif kind == "id":
        one["id"] = cells[rest[0] % len(cells)].get("id")


@settings(max_examples=150, deadline=None)
@given(edits)
def test_whatever_is_edited_the_instructors_cells_are_the_instructors(steps):
    nb = submission()
    for step in steps:
        apply(nb, step)
    submitted = json.dumps(nb)
    ours = sanitise(submitted, NOTEBOOK)
    holds(ours, nb)
    assert sanitise(submitted, NOTEBOOK) == ours
    again = sanitise(json.dumps(ours.nb), NOTEBOOK)
    assert again.restored == ()
    assert everything(again.nb) == everything(ours.nb)


@settings(max_examples=60, deadline=None)
@given(edits)
def test_strictly_too_nothing_of_a_test_is_the_learners(steps):
    nb = submission()
    for step in steps:
        apply(nb, step)
    ours = sanitise(json.dumps(nb), NOTEBOOK, strict=True)
    program = Counter(p.source_t for p in ours.cells if p.source_t)
    assert program <= Counter(instructors_program())
    assert all("KEY" not in (p.source_s or "") for p in ours.cells)
    counts = Counter(p.grade_id for p in ours.cells if p.grade_id)
    assert set(counts.values()) <= {1}
    valid(ours.nb)


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param([{"cell_type": "code", "source": f"x = {n}"} for n in range(MAX_CELLS - 20)], id="without-ids"),
        pytest.param([{"cell_type": "code", "id": "added-1"}] * (MAX_CELLS - 20), id="one-id"),
        pytest.param([{"metadata": {"nbgrader": {"grade_id": "f"}}}] * (MAX_CELLS - 20), id="copies"),
    ],
)
def test_time_grows_with_the_number_of_cells_only(cells):
    nb = submission()
    nb["cells"] += cells
    text = json.dumps(nb)
    start = time.process_time()
    sanitise(text, NOTEBOOK)
    assert time.process_time() - start < 5  # about 0.7 s
