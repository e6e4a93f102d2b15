"""The same scores as real `nbgrader autograde`, cell by cell: nbgrader's own test notebooks, a code lab, our lab."""

import json
import multiprocessing
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import nbgrader
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.course import Course
from autograder.grade import grade, load_graded
from autograder.gradebook import NO_RESPONSE
from autograder.results import Outcome
from autograder.settings import Settings
from tests import code_lab

LABS = Path(__file__).parents[2] / "labs"
AUDIT = "resume_screening_audit"
NBGRADER_TESTS = Path(nbgrader.__file__).parent / "tests"
APPS, PREPROCESSORS = NBGRADER_TESTS / "apps" / "files", NBGRADER_TESTS / "preprocessors" / "files"
TIMEOUT_S = 10
CONFIG = """\
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "same"
c.LateSubmissionPlugin.penalty_method = "zero"
c.Execute.iopub_timeout = 120  # a busy machine is no reason for nbgrader to give a submission up
c.Execute.startup_timeout = 300
"""
QUICK = f"c.Execute.timeout = {TIMEOUT_S}\n"
DUE, ON_TIME, LATE = "2026-03-02 12:00:00", "2026-03-01 09:30:00 UTC", "2026-03-02 16:00:00 UTC"
# nose is gone since Python 3.10; nbgrader's notebooks still import it. A helper beside the notebook, as courses have.
NOSE = """\
import unittest

_case = unittest.TestCase()
assert_equal, assert_raises = _case.assertEqual, _case.assertRaises
"""

Key = tuple[str, str, str]  # learner, notebook, cell
Scores = Mapping[str, tuple[float | None, bool]]


@dataclass
class Book:
    """What a gradebook says of one assignment, read without any code of ours.

    Parameters
    ----------
    scores : dict
        (learner, notebook, cell) -> automatic score and whether a person is asked for one.
    comments : dict
        (learner, notebook, cell) -> automatic comment.
    penalties : dict
        (learner, notebook) -> late penalty.
    """

    scores: dict[Key, tuple[float | None, bool]] = field(default_factory=dict)
    comments: dict[Key, str | None] = field(default_factory=dict)
    penalties: dict[tuple[str, str], float | None] = field(default_factory=dict)

    def of(self, learner: str) -> dict[str, Any]:
        """All that is said of a learner, None and no penalty alike."""
        return {
            "scores": {key[1:]: value for key, value in self.scores.items() if key[0] == learner},
            "comments": {key[1:]: value for key, value in self.comments.items() if key[0] == learner},
            "penalties": {key[1]: value or 0.0 for key, value in self.penalties.items() if key[0] == learner},
        }


def read_book(root: Path, assignment: str) -> Book:
    """Read a gradebook."""
    submitted = """
        join submitted_notebook sn on x.notebook_id = sn.id join notebook n on sn.notebook_id = n.id
        join submitted_assignment sa on sn.assignment_id = sa.id join assignment a on sa.assignment_id = a.id
        where a.name = ?"""
    cell = "join base_cell c on x.cell_id = c.id"
    book = Book()
    with sqlite3.connect(root / "gradebook.db") as db:
        for learner, notebook, name, score, person in db.execute(
            f"select sa.student_id, n.name, c.name, x.auto_score, x.needs_manual_grade from grade x {cell} {submitted}",
            [assignment],
        ):
            book.scores[learner, notebook, name] = (score, bool(person))
        for learner, notebook, name, comment in db.execute(
            f"select sa.student_id, n.name, c.name, x.auto_comment from comment x {cell} {submitted}", [assignment]
        ):
            book.comments[learner, notebook, name] = comment
        penalties = submitted.replace("join submitted_notebook sn on x.notebook_id = sn.id ", "").strip()
        for learner, notebook, penalty in db.execute(
            "select sa.student_id, n.name, sn.late_submission_penalty from submitted_notebook sn " + penalties,
            [assignment],
        ):
            book.penalties[learner, notebook] = penalty
    db.close()
    return book


# Notebooks


def read(path: Path) -> NotebookNode:
    nb: NotebookNode = nbformat.read(path, as_version=4)
    return nb


def write(nb: NotebookNode, path: Path) -> None:
    """Write a notebook; cells of older formats have no ids."""
    nb = deepcopy(nb)
    if nb.nbformat_minor < 5:
        for cell in nb.cells:
            cell.pop("id", None)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)


def apps(name: str) -> NotebookNode:
    return read(APPS / f"{name}.ipynb")


def joined(*notebooks: NotebookNode) -> NotebookNode:
    """Put the cells of several notebooks into one."""
    nb = deepcopy(notebooks[0])
    nb.cells = [deepcopy(cell) for each in notebooks for cell in each.cells]
    for number, cell in enumerate(nb.cells):
        cell.id = f"cell-{number}"
    return nb


def edited(nb: NotebookNode, /, **sources: str) -> NotebookNode:
    """Return a copy with other sources in some of its graded cells."""
    nb = deepcopy(nb)
    for grade_id, source in sources.items():
        code_lab.cell_of(nb, grade_id).source = source
    return nb


def insert(nb: NotebookNode, before: str, *sources: str) -> NotebookNode:
    """Return a copy with code cells that the learner added before a graded one."""
    nb = deepcopy(nb)
    place = code_lab.place_of(nb, before)
    nb.cells[place:place] = [new_code_cell(source) for source in sources]
    return nb


def hidden_tests() -> NotebookNode:
    """nbgrader's notebook with hidden tests, with the solution that they were written for."""
    right = apps("test")
    return edited(
        apps("test-hidden-tests"),
        squares=code_lab.cell_of(right, "squares").source,
        sum_of_squares=code_lab.cell_of(right, "sum_of_squares").source,
    )


def odds() -> NotebookNode:
    """Several of nbgrader's small notebooks: a file beside it, the environment, a manually graded code cell, time."""
    environment = apps("validating-environment-variable")
    environment.cells[1].source = "if not os.getenv('NBGRADER_EXECUTION'):\n    assert False"  # else it fails itself
    slow = edited(apps("timeout"), squares="def foo():\n    return True")
    manual = read(PREPROCESSORS / "manually-graded-code-cell.ipynb")
    # Plain cells that use what the learner wrote, and a test that needs one of them.
    spec = {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False}
    used = nbformat.v4.new_notebook(
        cells=[
            new_code_cell("tripled = triple(3)"),
            new_code_cell("tripled + 1"),
            new_code_cell(
                "assert tripled == 9",
                metadata={"nbgrader": {**spec, "grade": True, "points": 1, "grade_id": "tripled"}},
            ),
        ]
    )
    triple = new_code_cell(
        "def triple(n):\n    return 3 * n",
        metadata={"nbgrader": {**spec, "solution": True, "locked": False, "grade_id": "triple"}},
    )
    used.cells.insert(0, triple)
    return joined(apps("open_relative_file"), environment, slow, manual, used)


Answers = Callable[[dict[str, NotebookNode]], dict[str, NotebookNode]]  # from the release

PLAIN_SOURCES: dict[str, Callable[[], NotebookNode]] = {
    "p1": lambda: apps("submitted-changed"),
    "p2": hidden_tests,
    "p3": lambda: read(PREPROCESSORS / "test_taskcell.ipynb"),
    "odds": odds,
    "auto": lambda: apps("autotest-multi"),
}
_FOREVER = "import time\ndef foo():\n    time.sleep(3600)\n    return True"
PLAIN: dict[str, Answers] = {
    "right": lambda out: {
        "p1": apps("submitted-changed"),
        "p2": edited(
            out["p2"], **{cell: code_lab.cell_of(apps("test"), cell).source for cell in ("squares", "sum_of_squares")}
        ),
        "p3": read(PREPROCESSORS / "test_taskcell.ipynb"),
        "odds": edited(
            out["odds"],
            squares="def foo():\n    return True",
            foo="print('this is my code cell')",
            triple="def triple(n):\n    return n + n + n",
        ),
        "auto": edited(out["auto"], soln=apps("autotest-multi").cells[0].source),
    },
    "untouched": lambda out: {name: out[name] for name in ("p1", "p2", "odds", "auto")},  # and p3 is missing
    "halfway": lambda out: {
        "p1": edited(apps("submitted-grade-cell-changed"), quux="b = 2"),  # a test is commented out
        "p2": apps("test-hidden-tests"),  # written to fit the visible tests
        "p3": insert(
            edited(out["p3"], squares="def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]"),
            "sum_of_squares_equation",
            read(PREPROCESSORS / "infinite-recursion.ipynb").cells[0].source,
            read(PREPROCESSORS / "long-output.ipynb").cells[0].source,
        ),
        "odds": edited(out["odds"], squares=_FOREVER),
        "auto": edited(out["auto"], soln=apps("autotest-multi-changed").cells[0].source),
    },
    "late": lambda out: {"p1": insert(apps("submitted-locked-cell-changed"), "foo", "a = 1")},
}


def code_answers() -> dict[str, NotebookNode]:
    """The code lab's honest submissions and two mixtures of ways to be right."""
    made = {name: code_lab.honest(name).nb for name in ("half", "raises")}
    for number in (1, 2):
        ways = {name: list(found.values())[number % len(found)] for name, found in code_lab.RIGHT.items()}
        made[f"ways{number}"] = code_lab.submission(ways, memo="I would count again.").nb
    return made


_GOOD: dict[str, Any] = {
    "rate_black": 6.45, "impact_ratio": 0.67, "vendor_average": "average",
    "who_is_flagged": ["south", "west"], "more_hires": 2, "read_interval": "range", "lowest_ratio": 0.45,
    "above_median": 34.5, "beyond_placebo": ["name_race", "name_sex", "pronoun"], "struck_off": ["a", "c"],
    "rank_groups": ["female_white", "male_white", "female_black", "male_black"],
    "memo": "Measure our own log before anybody says anything about it.",
}  # fmt: skip
SHEETS: dict[str, dict[str, Any] | str] = {
    "good": _GOOD,
    "partly": {"rate_black": 0.0645, "impact_ratio": "1,49", "who_is_flagged": ["south"], "more_hires": 5},
    "damaged": '{"schema": 1, "lab": "resume_scr',
}


# Courses


def new_course(root: Path, sources: dict[str, dict[str, NotebookNode]], files: dict[str, bytes], config: str) -> Path:
    """Make an nbgrader course with nbgrader alone; each assignment has the same files."""
    for assignment, notebooks in sources.items():
        for name, data in files.items():
            path = root / "source" / assignment / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        for name, nb in notebooks.items():
            write(nb, root / "source" / assignment / f"{name}.ipynb")
    (root / "nbgrader_config.py").write_text(config)
    with pytest.MonkeyPatch.context() as patch:  # nbgrader starts a process to ask for this
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "not asked")
        course = Course(root)
        with course.gradebook() as book:
            for assignment in sources:
                book.update_or_create_assignment(assignment, duedate=DUE)
        for assignment in sources:
            course.call("generate_assignment", assignment)
    return root


def submit(
    root: Path, learner: str, assignment: str, notebooks: dict[str, NotebookNode], when: str = ON_TIME, **files: str
) -> None:
    """Lay a submission where nbgrader's collect puts it."""
    folder = root / "submitted" / learner / assignment
    folder.mkdir(parents=True)
    for name, nb in notebooks.items():
        write(nb, folder / f"{name}.ipynb")
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    (folder / "timestamp.txt").write_text(when)


def release_of(root: Path, assignment: str) -> dict[str, NotebookNode]:
    return {path.stem: read(path) for path in sorted((root / "release" / assignment).glob("*.ipynb"))}


def plain_course(root: Path) -> Path:
    files = {
        "jupyter.png": (APPS / "jupyter.png").read_bytes(),
        "data.txt": (APPS / "data.txt").read_bytes(),
        "autotests.yml": (APPS / "autotests.yml").read_bytes(),
        "nose/__init__.py": b"",
        "nose/tools.py": NOSE.encode(),
    }
    sources = {"ps1": {name: make() for name, make in PLAIN_SOURCES.items()}, "odd": {"odd": odd_source()}}
    new_course(root, sources, files, CONFIG + QUICK)
    out = release_of(root, "ps1")
    for learner, answer in PLAIN.items():
        submit(root, learner, "ps1", answer(out), LATE if learner == "late" else ON_TIME)
    for learner, difference in DIFFERENCES.items():
        submit(root, learner, "odd", {"odd": difference.edit(release_of(root, "odd")["odd"])})
    return root


def lab_course(root: Path) -> Path:
    new_course(root, {code_lab.LAB: {code_lab.LAB: code_lab.code_lab()}}, code_lab.FILES, CONFIG)
    shutil.copytree(LABS / AUDIT, root / "source" / AUDIT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "not asked")
        Course(root).call("generate_assignment", AUDIT)
    for learner, nb in code_answers().items():
        submit(root, learner, code_lab.LAB, {code_lab.LAB: nb}, LATE if learner == "half" else ON_TIME)
    for learner, sheet in SHEETS.items():
        answers = {"schema": 1, "lab": AUDIT, "answers": sheet, "saved_at": "2026-03-01T09:00:00+00:00"}
        text = sheet if isinstance(sheet, str) else json.dumps(answers)
        submit(root, learner, AUDIT, release_of(root, AUDIT), answers__json=text)
    return root


def make_twice(make: Callable[[Path], Path], folder: Path) -> None:
    """Make a course and a copy of it; also in a process of its own, since nbgrader starts kernels for AUTOTEST."""
    make(folder / "ours")
    shutil.copytree(folder / "ours", folder / "theirs")


def autograde(root: Path, assignments: list[str]) -> None:
    """Run real `nbgrader autograde`; in a process of its own, since it changes the folder and the environment.

    One learner after the other: some of the odd submissions end its whole run.
    """
    course = Course(root)
    for assignment in assignments:
        for learner in course.learners_with("submitted", assignment):
            course.nbgrader.autograde(assignment, learner)


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory, processes: ProcessPoolExecutor
) -> dict[str, tuple[Path, Path, "Future[None]"]]:
    """Two courses: ours, nbgrader's copy, and nbgrader's work, which goes on while we do ours."""
    found = {}
    for name, make, assignments in (
        ("plain", plain_course, ["ps1", "odd"]),
        ("labs", lab_course, [code_lab.LAB, AUDIT]),
    ):
        folder = tmp_path_factory.mktemp(name)
        processes.submit(make_twice, make, folder).result()
        theirs = folder / "theirs"
        found[name] = (folder / "ours", theirs, processes.submit(autograde, theirs, assignments))
    return found


@dataclass(frozen=True)
class Compared:
    """The gradebooks of nbgrader and of ours for one assignment, and our course."""

    nbgrader: Book
    ours: Book
    course: Course

    def same(self, learner: str) -> None:
        """Assert that both say the same of a learner."""
        assert self.nbgrader.of(learner)["scores"], "nothing was graded"
        assert self.ours.of(learner) == self.nbgrader.of(learner)


def compare(started: dict[str, Any], name: str, assignment: str) -> Compared:
    ours, theirs, done = started[name]
    grade(Course(ours), assignment)
    done.result()
    return Compared(read_book(theirs, assignment), read_book(ours, assignment), Course(ours))


@pytest.fixture(scope="module")
def plain(started: dict[str, Any]) -> Compared:
    return compare(started, "plain", "ps1")


@pytest.fixture(scope="module")
def code(started: dict[str, Any]) -> Compared:
    return compare(started, "labs", code_lab.LAB)


@pytest.fixture(scope="module")
def audit(started: dict[str, Any]) -> Compared:
    return compare(started, "labs", AUDIT)


# Honest submissions


@pytest.mark.parametrize("learner", PLAIN)
def test_nbgraders_own_notebooks(plain: Compared, learner: str) -> None:
    plain.same(learner)


def test_the_comparison_sees_every_kind_of_score(plain: Compared) -> None:
    """A count by hand of some cells, so that two equal mistakes would not pass."""
    scores, comments = plain.nbgrader.scores, plain.nbgrader.comments
    assert {key: scores[key] for key in scores if key[:2] == ("right", "p2")} == {
        ("right", "p2", "correct_squares"): (1.0, False),
        ("right", "p2", "squares_invalid_input"): (1.0, False),
        ("right", "p2", "correct_sum_of_squares"): (0.5, False),
        ("right", "p2", "sum_of_squares_uses_squares"): (0.5, False),
    }
    assert scores["halfway", "p2", "correct_squares"] == (0.0, False)  # a hidden test
    assert scores["halfway", "p3", "correct_squares"] == (1.0, False)
    assert scores["halfway", "p3", "squares_invalid_input"] == (0.0, False)
    assert scores["halfway", "p1", "bar"] == (0.0, False)
    assert scores["right", "odds", "open_file"] == (10.0, False)
    assert scores["right", "odds", "correct_squares"] == (1.0, False)
    assert scores["halfway", "odds", "correct_squares"] == (0.0, False)  # it takes too long
    assert scores["right", "odds", "foo"] == (None, True)
    assert scores["right", "odds", "tripled"] == (1.0, False)
    assert scores["untouched", "odds", "foo"] == (0.0, False)
    assert comments["untouched", "odds", "foo"] == NO_RESPONSE
    assert scores["untouched", "p3", "correct_squares"] == (0.0, False)  # the notebook is missing
    assert scores["right", "p3", "task1"] == (None, True)
    assert scores["late", "p1", "bar"] == (1.0, False)
    assert plain.nbgrader.penalties["late", "p1"] == 2.0  # foo and bar
    assert [scores["halfway", "auto", cell][0] for cell in ("test_multi", "cell-693350420ec62f1b")] == [1.0, 0.0]


@pytest.mark.parametrize("learner", code_answers())
def test_the_code_lab(code: Compared, learner: str) -> None:
    code.same(learner)


def test_the_code_labs_scores_are_those_of_a_persons_count(code: Compared) -> None:
    for name in ("half", "raises"):
        expected = code_lab.honest(name).nbgrader
        found = {key[2]: score for key, (score, _) in code.nbgrader.scores.items() if key[0] == name}
        assert {cell: found[cell] for cell in expected} == expected, name
    assert code.nbgrader.penalties["half", code_lab.LAB] == 5.5


@pytest.mark.parametrize("learner", SHEETS)
def test_our_lab(audit: Compared, learner: str) -> None:
    """All but the paragraph, which nbgrader knows nothing of: it stands in the answer sheet, not in the notebook."""
    memo = (AUDIT, "memo")
    found = {name: book.of(learner) for name, book in (("nbgrader", audit.nbgrader), ("ours", audit.ours))}
    written = learner == "good"
    assert found["nbgrader"]["scores"].pop(memo) == (0.0, False)
    assert found["nbgrader"]["comments"].pop(memo) == NO_RESPONSE
    assert found["ours"]["scores"].pop(memo) == ((None, True) if written else (0.0, False))
    assert found["ours"]["comments"].pop(memo) == (None if written else NO_RESPONSE)
    assert found["ours"] == found["nbgrader"]
    earned = sum(score or 0 for score, _ in found["nbgrader"]["scores"].values())
    assert (earned >= 12) == written
    assert (earned > 0) == (learner != "damaged")


# Differences on purpose


def odd_source() -> NotebookNode:
    """Three tests: of a function, of a value that may be worth a part of the points, of a plain cell's value."""

    def spec(grade_id: str, **flags: Any) -> dict[str, Any]:
        return {"nbgrader": {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False,
                             "grade_id": grade_id, **flags}}  # fmt: skip

    test = {"grade": True, "points": 2.0}
    answer = {"solution": True, "locked": False}
    cells = [
        new_markdown_cell("# Odd"),
        new_code_cell("import math"),  # not locked: nbgrader takes it as it comes
        new_code_cell("def rate(part, whole):\n    return part / whole", metadata=spec("rate", **answer)),
        new_code_cell("assert rate(1, 4) == 0.25", metadata=spec("test_rate", **test)),
        new_code_cell("found = [1, 2]", metadata=spec("found", **answer)),
        new_code_cell("float(len(found))", metadata=spec("test_found", **test)),
        new_code_cell("total = 11", metadata=spec("total", **answer)),
        new_code_cell("assert total == math.floor(11.9)", metadata=spec("test_total", **test)),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"odd-{number}"
    nb: NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=apps("test").metadata)
    return nb


FULL = {"test_rate": (2.0, False), "test_found": (2.0, False), "test_total": (2.0, False)}
ZERO = dict.fromkeys(FULL, (0.0, False))
UNKNOWN = dict.fromkeys(FULL, (None, True))
_RIGHT = {
    "rate": "def rate(part, whole):\n    return part / whole",
    "found": "found = [1, 2]",
    "total": "total = 11",
}


def without(nb: NotebookNode, *grade_ids: str) -> NotebookNode:
    nb = deepcopy(nb)
    nb.cells = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in grade_ids]
    return nb


def without_import(nb: NotebookNode) -> NotebookNode:
    nb = deepcopy(nb)
    nb.cells = [cell for cell in nb.cells if cell.source != "import math"]
    return nb


def swapped(nb: NotebookNode, first: str, second: str) -> NotebookNode:
    nb = deepcopy(nb)
    one, two = code_lab.place_of(nb, first), code_lab.place_of(nb, second)
    nb.cells[one], nb.cells[two] = nb.cells[two], nb.cells[one]
    return nb


def doubled(nb: NotebookNode, grade_id: str) -> NotebookNode:
    nb = deepcopy(nb)
    place = code_lab.place_of(nb, grade_id)
    copy = deepcopy(nb.cells[place])
    copy.id = "copied"
    nb.cells.insert(place, copy)
    return nb


@dataclass(frozen=True)
class Difference:
    """A submission that nbgrader and we treat differently on purpose.

    Parameters
    ----------
    edit : callable
        Makes the submission from the release.
    nbgrader, ours : dict
        Scored cell -> score and whether a person is asked, by hand.
    strict : dict
        What `Settings(strict=True)` gives: nbgrader's, but where that would mean no grade at all or points for a test
        that did not run.
    """

    edit: Callable[[NotebookNode], NotebookNode]
    nbgrader: Scores
    ours: Scores
    strict: Scores


def _answered(nb: NotebookNode) -> NotebookNode:
    return edited(nb, **_RIGHT)


_WARNS = (
    "import warnings\ndef rate(part, whole):\n    warnings.warn('think twice', stacklevel=1)\n    return part / whole"
)
_EQUAL = "class Any:\n    def __eq__(self, other):\n        return True\ntotal = Any()"
_MISSING = {**FULL, "test_rate": (None, True)}
DIFFERENCES: dict[str, Difference] = {
    "a_warning_is_no_failure": Difference(
        lambda nb: edited(_answered(nb), rate=_WARNS),
        nbgrader={**FULL, "test_rate": (0.0, False)}, ours=FULL, strict={**FULL, "test_rate": (0.0, False)},
    ),
    "a_deleted_test_is_restored": Difference(
        lambda nb: without(_answered(nb), "test_rate"), nbgrader=_MISSING, ours=FULL, strict=_MISSING
    ),
    "a_moved_test_goes_back": Difference(
        lambda nb: swapped(_answered(nb), "rate", "test_rate"),
        nbgrader={**FULL, "test_rate": (0.0, False)}, ours=FULL, strict={**FULL, "test_rate": (0.0, False)},
    ),
    "an_import_that_was_deleted_is_there": Difference(
        lambda nb: without_import(_answered(nb)),
        nbgrader={**FULL, "test_total": (0.0, False)}, ours=FULL, strict=FULL,
    ),
    "too_much_partial_credit_is_full": Difference(
        lambda nb: edited(_answered(nb), found="found = [1, 2, 3]"),
        nbgrader={**UNKNOWN, "test_rate": (2.0, False)}, ours=FULL, strict={},
    ),
    "a_notebook_that_ends_its_process_has_a_grade": Difference(
        lambda nb: edited(_answered(nb), found="import os\nos._exit(1)"),
        nbgrader=UNKNOWN, ours={**ZERO, "test_rate": (2.0, False)}, strict={**ZERO, "test_rate": (2.0, False)},
    ),
    "a_test_that_is_tagged_away_is_run": Difference(
        lambda nb: tagged(nb, "test_rate"),
        nbgrader={**ZERO, "test_rate": (2.0, False)}, ours=ZERO, strict=ZERO,
    ),
    "an_object_cannot_say_that_it_is_equal": Difference(
        lambda nb: edited(_answered(nb), total=_EQUAL),
        nbgrader=FULL, ours={**FULL, "test_total": (0.0, False)}, strict={**FULL, "test_total": (0.0, False)},
    ),
    "a_copied_cell_stops_nobody": Difference(
        lambda nb: doubled(_answered(nb), "found"), nbgrader=UNKNOWN, ours=FULL, strict=FULL
    ),
}  # fmt: skip


def tagged(nb: NotebookNode, grade_id: str) -> NotebookNode:
    nb = deepcopy(nb)
    code_lab.cell_of(nb, grade_id).metadata["tags"] = ["skip-execution"]
    return nb


@pytest.fixture(scope="module")
def odd(started: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Compared, Compared]:
    """The odd submissions, graded by nbgrader, by us, and by us strictly."""
    ours = started["plain"][0]
    strict = Path(shutil.copytree(ours, tmp_path_factory.mktemp("strict") / "course"))
    found = compare(started, "plain", "odd")
    grade(Course(strict), "odd", settings=Settings(strict=True))
    return found, Compared(found.nbgrader, read_book(strict, "odd"), Course(strict))


@pytest.mark.parametrize("learner", DIFFERENCES)
def test_differences_on_purpose(odd: tuple[Compared, Compared], learner: str) -> None:
    def scores(book: Book) -> dict[str, Any]:
        return {key[2]: value for key, value in book.scores.items() if key[0] == learner}

    difference = DIFFERENCES[learner]
    assert scores(odd[0].nbgrader) == difference.nbgrader
    assert scores(odd[0].ours) == difference.ours
    assert scores(odd[1].ours) == difference.strict


@pytest.mark.parametrize("learner", DIFFERENCES)
def test_the_trainer_is_told_of_each_difference(odd: tuple[Compared, Compared], learner: str) -> None:
    result = load_graded(odd[0].course, "odd", learner)
    assert result is not None
    assert result.outcome is Outcome.SCORED
    if DIFFERENCES[learner].ours != DIFFERENCES[learner].nbgrader:
        assert result.notes
