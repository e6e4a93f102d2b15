"""Assignments read from real nbgrader courses, and made in memory: both must be what nbgrader's gradebook says."""

import json
import os
import pickle
import shutil
import time
from pathlib import Path

import nbformat
import nbgrader.api
import pytest
from alembic.script import ScriptDirectory
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.assignment import Assignment, assignment_from_source, assignment_of
from autograder.course import Course
from autograder.errors import CourseError, GraderError
from tests.small_lab import LAB, small_lab, write_lab

FILES = Path(nbgrader.__file__).parent / "tests"
NOTEBOOKS = {
    "test": "apps/files/test.ipynb",
    "hidden": "apps/files/test-hidden-tests.ipynb",
    "task": "preprocessors/files/test_taskcell.ipynb",
    "manual": "preprocessors/files/manually-graded-code-cell.ipynb",
    "zero": "apps/files/validation-zero-points.ipynb",
}
CONFIG = """\
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "plain"
c.CourseDirectory.ignore.append("*.secret")
c.Autograde.exclude_overwriting = {"ps1": ["helper.py", "data/own.csv"]}
c.ExecutePreprocessor.timeout = 7
c.LimitOutput.max_lines = 50
"""


def generate(root: Path, name: str = "ps1") -> None:
    """Generate an assignment with nbgrader's own API."""
    folder = Path(nbgrader.__file__).parent / "alembic"
    with pytest.MonkeyPatch.context() as patch:
        # For each new database nbgrader asks a process of its own for this, which takes seconds to start.
        patch.setattr(nbgrader.api, "get_alembic_version", lambda: ScriptDirectory(str(folder)).get_current_head())
        config = Course(root).config
        api = NbGraderAPI(CourseDirectory(root=str(root), config=config), config=config, log_level="ERROR")
        done = api.generate_assignment(name)
    assert done["success"], done


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that nobody of ours has touched; never changed, copy it."""
    root = tmp_path_factory.mktemp("plain")
    source = root / "source" / "ps1"
    (source / "data").mkdir(parents=True)
    (source / "__pycache__").mkdir()
    for name, file in NOTEBOOKS.items():
        shutil.copy(FILES / file, source / f"{name}.ipynb")
    for file, text in {"helper.py": "x = 1", "data/own.csv": "a\n1", "key.secret": "", "__pycache__/a.pyc": ""}.items():
        (source / file).write_text(text)
    (source / "jupyter.png").write_bytes(b"\x89PNG\r\n\xff")
    (root / "shared.txt").write_text("shared")
    (source / "link.txt").symlink_to(root / "shared.txt")
    (root / "nbgrader_config.py").write_text(CONFIG)
    generate(root)
    return root


@pytest.fixture
def own(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "course", symlinks=True))


# Any nbgrader course


def test_an_assignment_is_what_the_gradebook_says(plain):
    assignment = assignment_of(Course(plain), "ps1")
    assert [notebook.name for notebook in assignment.notebooks] == sorted(NOTEBOOKS)
    assert assignment.max_score == 6 + 3 + 8 + 1 + 0  # as the notebooks say
    hidden = assignment.notebook("hidden")
    tests = [cell for cell in hidden.cells if cell.grade and not cell.solution]
    assert sum("HIDDEN TESTS" in cell.source for cell in tests) == 2
    assert "HIDDEN TESTS" not in hidden.released
    assert all(len(cell.checksum) == 32 for cell in hidden.cells)
    stubs = [cell for cell in hidden.cells if cell.solution]
    assert stubs
    assert all("raise NotImplementedError" in cell.source for cell in stubs if cell.cell_type == "code")
    tasks = [cell for cell in assignment.notebook("task").cells if cell.task]
    assert [cell.points for cell in tasks] == [2.0]
    assert assignment.notebook("absent") is None


def test_files_and_settings_are_the_courses(plain):
    assignment = assignment_of(Course(plain), "ps1")
    assert assignment.files == {
        "helper.py": b"x = 1",
        "data/own.csv": b"a\n1",
        "jupyter.png": b"\x89PNG\r\n\xff",
        "link.txt": b"shared",
    }
    assert assignment.keep_files == {"helper.py", "data/own.csv"}
    assert (assignment.cell_timeout_s, assignment.max_lines, assignment.max_traceback_lines) == (7, 50, 100)


def test_made_in_memory_it_is_the_same(plain):
    """The same notebooks, without course, database or files: nothing differs."""
    from_course = assignment_of(Course(plain), "ps1")
    source = plain / "source" / "ps1"
    config = Course(plain).config
    before = snapshot(plain)
    made = assignment_from_source(
        "ps1", {path.stem: path.read_text() for path in source.glob("*.ipynb")}, files=from_course.files, config=config
    )
    assert snapshot(plain) == before
    assert (made.keep_files, made.cell_timeout_s, made.max_lines) == (from_course.keep_files, 7, 50)
    for ours, theirs in zip(made.notebooks, from_course.notebooks, strict=True):
        assert (ours.name, ours.source, ours.cells) == (theirs.name, theirs.source, theirs.cells)
        # Generating validates and gives an id to cells of old formats; nothing else differs.
        cells = [without_id(nb) for nb in (ours.released_nb, theirs.released_nb)]
        assert cells[0] == cells[1]


def without_id(nb):
    return [{key: value for key, value in cell.items() if key != "id"} for cell in nb.cells]


def snapshot(root: Path):
    return {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def test_our_own_courses_are_nbgrader_courses(tmp_path):
    course = Course.new(tmp_path / "course", labs=write_lab(tmp_path / "labs", small_lab()))
    generate(course.root, LAB)
    assignment = assignment_of(course, LAB)
    (notebook,) = assignment.notebooks
    assert notebook.name == LAB
    assert assignment.max_score == 7
    assert "hidden_secret" in notebook.by_id["rule"].source
    assert assignment.cell_timeout_s == 60


def test_a_course_without_configuration(own):
    (own / "nbgrader_config.py").unlink()
    assignment = assignment_of(Course(own), "ps1")
    assert assignment.max_score == 18
    assert assignment.cell_timeout_s == 30
    assert "key.secret" in assignment.files


@pytest.mark.parametrize("timeout", [None, -1])
def test_a_course_without_time_limit(own, timeout):
    (own / "nbgrader_config.py").write_text(f"c = get_config()\nc.Execute.timeout = {timeout}\n")
    assert assignment_of(Course(own), "ps1").cell_timeout_s is None


def test_it_can_be_sent_anywhere(plain):
    assignment = assignment_of(Course(plain), "ps1")
    fresh = pickle.dumps(assignment)
    for notebook in assignment.notebooks:
        assert notebook.released_nb.cells
        assert notebook.learner_names is not None
    assert pickle.dumps(assignment) == fresh  # what was read from it does not travel
    assert pickle.loads(fresh) == assignment


def test_a_name_that_does_not_exist(plain):
    with pytest.raises(CourseError, match=r"no assignment 'ps2'[\s\S]*ps1"):
        assignment_of(Course(plain), "ps2")


def test_an_assignment_that_was_never_generated(own):
    shutil.copytree(own / "source" / "ps1", own / "source" / "ps2", symlinks=True)
    with pytest.raises(CourseError, match=r"never generated[\s\S]*nbgrader generate_assignment ps2"):
        assignment_of(Course(own), "ps2")
    (own / "gradebook.db").unlink()
    with pytest.raises(CourseError, match=r"never generated"):
        assignment_of(Course(own), "ps1")
    assert not (own / "gradebook.db").exists()


@pytest.mark.parametrize(("folder", "what"), [("release", "released"), ("source", "instructor")])
def test_a_notebook_that_is_gone(own, folder, what):
    (own / folder / "ps1" / "test.ipynb").unlink()
    with pytest.raises(CourseError, match=rf"{what} version of 'test' is missing[\s\S]*generate_assignment ps1"):
        assignment_of(Course(own), "ps1")


def test_a_release_that_does_not_fit_the_gradebook(own):
    path = own / "release" / "ps1" / "test.ipynb"
    nb = json.loads(path.read_text())
    gone = next(cell for cell in nb["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "squares")
    nb["cells"].remove(gone)
    path.write_text(json.dumps(nb))
    with pytest.raises(CourseError, match=r"'test' do not fit together: squares"):
        assignment_of(Course(own), "ps1")


def test_a_kernel_for_another_language(own):
    path = own / "release" / "ps1" / "test.ipynb"
    nb = json.loads(path.read_text())
    nb["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    path.write_text(json.dumps(nb))
    with pytest.raises(CourseError, match=r"'test' is for the kernel 'ir' \(R\)"):
        assignment_of(Course(own), "ps1")


@pytest.mark.parametrize("damage", ["dangling link", "pipe"])
def test_a_file_that_cannot_be_read_is_named(own, damage):
    path = own / "source" / "ps1" / "odd.txt"
    path.symlink_to(own / "nowhere") if damage == "dangling link" else os.mkfifo(path)
    with pytest.raises(CourseError, match=r"odd\.txt cannot be read"):
        assignment_of(Course(own), "ps1")


def test_a_gradebook_that_is_damaged(own):
    (own / "gradebook.db").write_bytes(b"not a database, but long enough to look at" * 50)
    with pytest.raises(GraderError, match=r"gradebook of .* could not be read"):
        assignment_of(Course(own), "ps1")


# In memory


def cell(source, grade_id=None, *, kind=new_code_cell, **flags):
    if grade_id is None:
        return kind(source)
    every = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False, **flags}
    return kind(source, metadata={"nbgrader": {**every, "grade_id": grade_id}})


def check(source, grade_id):
    return cell(source, grade_id, grade=True, locked=True, points=1)


def solution(source, grade_id):
    return cell(f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", grade_id, solution=True)


def made(*cells):
    nb = new_notebook(
        cells=list(cells),
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    return assignment_from_source("ps", {"nb": json.dumps(nb)}).notebooks[0]


@pytest.mark.parametrize("version", ["v0", "v1", "v2"])
def test_metadata_of_older_nbgrader_versions_is_upgraded(version):
    texts = [(FILES / f"apps/files/test{suffix}.ipynb").read_text() for suffix in ("", f"-{version}")]
    new, old = (assignment_from_source("ps", {"test": text}).notebooks[0] for text in texts)
    assert [(c.grade_id, c.points, c.locked) for c in old.cells] == [
        (c.grade_id, c.points, c.locked) for c in new.cells
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("{", "not a notebook", id="not-json"),
        pytest.param("[]", "not a notebook", id="no-object"),
        pytest.param((FILES / "apps/files/too-new.ipynb").read_text(), "too new: 10", id="too-new"),
        pytest.param(
            (FILES / "preprocessors/files/duplicate-grade-ids.ipynb").read_text(), "Duplicate grade id: id1", id="twice"
        ),
        pytest.param(
            json.dumps(new_notebook(cells=[cell("### BEGIN SOLUTION", "a", solution=True)])), "no end", id="end"
        ),
        pytest.param(json.dumps(new_notebook(cells=[cell("### AUTOTEST x", "a")])), "AUTOTEST", id="autotest"),
        pytest.param(
            json.dumps(new_notebook(metadata={"kernelspec": {"name": "ir", "display_name": "R"}})),
            "kernel 'ir'",
            id="r",
        ),
        pytest.param(
            json.dumps(new_notebook(metadata={"kernelspec": {"name": "x", "display_name": "x", "language": "julia"}})),
            "julia",
            id="julia",
        ),
    ],
)
def test_an_instructor_version_that_cannot_be_used(text, problem):
    with pytest.raises(CourseError, match=problem):
        assignment_from_source("ps", {"nb": text})


def test_configuration_counts_in_memory_too():
    config = Config()
    config.ClearSolutions.code_stub = {"python": "pass  # yours"}
    config.Execute.timeout = 3
    nb = new_notebook(cells=[cell("x = 1", "a", solution=True)])
    assignment = assignment_from_source("ps", {"nb": json.dumps(nb)}, config=config)
    assert assignment.notebooks[0].released_nb.cells[0].source == "pass  # yours"
    assert assignment.cell_timeout_s == 3


# Whose names


def test_names_that_are_the_learners():
    notebook = made(
        cell("import numpy as np\nrows = [1, 2]\nlimit = 3"),
        solution("import numpy as np\nhelper = 1\nrows.append(3)\ndef mean(x): return np.mean(x) + helper", "a"),
        check("assert mean(rows) == 2\nassert limit == 3", "test_a"),
        cell("result = mean([1])", "locked", locked=True),
        solution("final = 4\nlimit.real\nresult + 1", "b"),
        check("assert 'final' in globals()\nassert result == 1 and np", "test_b"),
    )
    names = notebook.learner_names
    assert names[0] == set()
    assert names[2] == {"mean", "rows"}  # limit is only read, helper is nothing to a test, np is a module
    assert names[3] == {"mean", "rows"}
    assert names[5] == {"mean", "rows", "final"}
    assert set(names) == {0, 2, 3, 5}


def test_a_name_that_a_locked_cell_binds_anew_is_not_the_learners():
    notebook = made(
        solution("x = 1\ny = 1", "a"),
        cell("x = 2\nif y: y = 3", "locked", locked=True),
        check("assert x == 2 and y", "t"),
        solution("x = 4", "b"),
        check("assert x == 4", "u"),
    )
    assert notebook.learner_names[1] == {"x", "y"}
    assert notebook.learner_names[2] == {"y"}
    assert notebook.learner_names[4] == {"x", "y"}


def test_what_only_the_solution_imports():
    notebook = made(
        cell("import math"),
        solution("import numpy as np\nimport os\nfrom statistics import median\nmath = np\nimport json\njson = 1", "a"),
        check("assert np.mean([1]) == median([1]) == math.e and json", "t"),
    )
    assert notebook.solution_imports == {"np": "import numpy as np", "median": "from statistics import median"}
    assert notebook.learner_names[2] == {"math", "json"}  # bound by more than an import


def test_hidden_tests_and_magics_count():
    notebook = made(
        solution("%matplotlib inline\nsecret = 1", "a"),
        check("### BEGIN HIDDEN TESTS\nassert secret == 1\n### END HIDDEN TESTS", "t"),
    )
    assert notebook.learner_names[1] == {"secret"}
    assert "secret" not in notebook.released


def test_names_that_a_test_sets_for_the_learners_function():
    notebook = made(
        solution("def net(x): return x * (1 - rate)", "a"),
        check("import math\nrate = 0.2\nother = 1\nassert net(10) == 8", "t"),
    )
    assert notebook.shared_names == {"rate"}


def test_a_paragraph_is_no_code():
    notebook = made(
        cell("x = 1", "essay", kind=new_markdown_cell, grade=True, solution=True, points=2), check("x", "t")
    )
    assert notebook.learner_names == {1: frozenset()}
    assert [role for role, _ in notebook.plan] == ["text", "test"]


def test_a_course_of_many_cells_is_read_fast():
    cells = [
        each
        for n in range(100)
        for each in (solution(f"def f{n}(x): return x + {n}", f"s{n}"), check(f"assert f{n}(1) == {n + 1}", f"t{n}"))
    ]
    notebook = made(*cells)
    start = time.process_time()
    assert notebook.learner_names[199] == {f"f{n}" for n in range(100)}
    assert time.process_time() - start < 2


def test_equal_assignments_are_equal():
    text = nbformat.writes(new_notebook(cells=[check("assert True", "t")]))
    one, other = (assignment_from_source("ps", {"nb": text}) for _ in range(2))
    assert one == other
    assert isinstance(one, Assignment)
