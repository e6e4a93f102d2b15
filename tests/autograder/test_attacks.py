"""No attack earns a point or leaves anything behind; no honest submission, however odd, loses one."""

import json
import os
import shutil
import signal
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from autograder.assignment import assignment_from_source
from autograder.errors import CourseError
from autograder.handin import read_handin
from autograder.pipeline import Grader
from autograder.results import Outcome, Result, Submission
from autograder.sandbox import Limits, SandboxMissing
from autograder.submissions import read_submission
from tests import code_lab
from tests.autograder.attacks import ATTACKS, ODD, Attack, Odd
from tests.autograder.attacks.attack import (
    CANARY,
    CHECKS,
    ESCAPED,
    MAX_RESULT_BYTES,
    NOT_WALLED,
    files_left,
    lay_out,
    leaks,
    notebook_bytes,
    processes_left,
)
from tests.autograder.attacks.files import HOSTILE_ZIPS
from tests.autograder.attacks.measured import MEASURED
from tests.autograder.attacks.today import Today
from tests.code_lab import EMPTY, FILES, HIDDEN_MARK, HONEST, LAB, POINTS, SOLUTION_MARK, STYLES, honest

# Attacks that are slow to refuse, since something has to run until a limit ends it.
SLOW_FAMILIES = {"does not end", "takes too much"}
# What the fixtures claim about nbgrader 0.9.6, tried again in the slow tier: one or two of each family.
DEFEATS_TODAY = (
    "input_transformer",
    "ast_transformer",
    "do_execute",
    "post_run_cell",
    "execute_result_before_each_cell",
    "names_of_builtins",
    "equals_everything_object",
    "frames",
    "lying_score",
    "shadow_numpy",
    "solution_by_absolute_path",
    "gradebook_written",
    "tag_skip_execution",
)


QUICK = 2  # attacks of a family that every run tries; the others are in the slow tier


def parameters(attacks: list[Attack]) -> list[object]:
    """Name each attack; slow families, and all but the first few of the others, are for the slow tier."""
    seen: dict[str, int] = {}
    found = []
    for attack in attacks:
        seen[attack.family] = seen.get(attack.family, 0) + 1
        slow = attack.family in SLOW_FAMILIES or seen[attack.family] > QUICK
        found.append(pytest.param(attack, id=attack.name, marks=[pytest.mark.slow] if slow else []))
    return found


@dataclass
class Graded:
    """What came of a submission: the result and all that a learner could get to see of it."""

    result: Result
    shown: str

    @property
    def scores(self) -> Mapping[str, float | None]:
        return {name: score for name, score in self.result.scores.items() if name in POINTS}


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    """A warm grader of the code lab; the instructor's solution has earned full marks when it is there."""
    source = nbformat.writes(code_lab.code_lab())
    assignment = assignment_from_source(LAB, {LAB: source}, files=FILES)
    limits = Limits(cell_s=10, wall_s=90, cpu_s=40, memory_mb=1200, disk_mb=150, file_mb=100, output_kb=500)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HRLAB_CANARY", CANARY)
        try:
            made = Grader(assignment, limits=limits)
        except SandboxMissing as error:
            pytest.skip(error.problem)
        with made:
            yield made


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course folder as attacks look for it: the instructor's notebook, and a gradebook with hidden tests."""
    root = tmp_path / "course"
    code_lab.write_source(root / "source")
    with sqlite3.connect(root / "gradebook.db") as book:
        book.execute("create table source_cell (source text)")
        book.execute("create table grade (manual_score float)")
        book.execute("insert into source_cell values (?)", (f"hidden_mark = '{HIDDEN_MARK}'",))
        book.execute("insert into grade values (null)")
    book.close()
    return root


def grade_submission(grader: Grader, attack: Attack, course: Path, learner: str = "mallory") -> Graded:
    """Lay a submission out as files, read it as the grader does, and grade it."""
    folder = course / "submitted" / learner / LAB
    lay_out(attack, folder, course=course)
    result = grader.grade(read_submission(folder, learner=learner))
    outputs = [
        json.dumps(cell.get("outputs", []))
        for notebook in result.notebooks
        if notebook.executed
        for cell in json.loads(notebook.executed)["cells"]
        if not (cell["metadata"].get("nbgrader") or {}).get("grade")  # a test's own traceback quotes the test
    ]
    return Graded(result, "\n".join([*outputs, *result.messages]))


def violations(attack: Attack, graded: Graded, course: Path) -> list[str]:
    """Return the checks that do not hold after an attack."""
    left = processes_left()
    for process in left:  # also when the test fails: nothing may stay on this machine
        os.kill(process, signal.SIGKILL)
    with sqlite3.connect(f"file:{course / 'gradebook.db'}?mode=ro", uri=True, timeout=1) as book:
        manual = book.execute("select manual_score from grade").fetchall()
    book.close()
    size = sum(len(notebook.executed.encode()) for notebook in graded.result.notebooks)
    outside = ["root:x:0:0"] if any("passwd" in target for target in attack.links.values()) else []
    places = [Path.home() / ".ipython", Path.home() / ".local", course]
    held = {
        "no_leak": not leaks(graded.shown),
        "no_outside_content": not any(text in graded.shown for text in [*outside, SOLUTION_MARK]),
        "no_process": not left,
        "no_file": files_left(*(place for place in places if place.exists())) == [],
        "no_flood": size < MAX_RESULT_BYTES,
        "gradebook_untouched": manual == [(None,)],
        "walled": NOT_WALLED not in graded.shown,
    }
    assert held.keys() == CHECKS.keys()
    # What holds for one must hold for all, but for the words that an attack without walls would print.
    return [check for check, fine in held.items() if not fine]


# The collection itself


def test_every_attack_has_a_name_and_a_reason():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert len({odd.name for odd in ODD}) == len(ODD)
    assert not [
        attack.name for attack in ATTACKS if not (attack.why.endswith(".") or attack.family == "odd file names")
    ]
    assert {check for attack in ATTACKS for check in attack.checks} <= CHECKS.keys()
    assert MEASURED.keys() <= {attack.name for attack in ATTACKS}


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack.name) for attack in ATTACKS])
def test_an_attack_is_a_notebook_unless_it_means_not_to_be(attack):
    data = notebook_bytes(attack)
    if attack.raw is None and attack.notebook and attack.family != "metadata and tags":
        nb = nbformat.reads(data.decode(), as_version=4)
        nbformat.validate(nb)
        assert HIDDEN_MARK not in data.decode()
        assert SOLUTION_MARK not in data.decode()


@pytest.mark.parametrize("odd", [pytest.param(odd, id=odd.name) for odd in ODD])
def test_an_odd_submission_is_a_notebook(odd):
    nbformat.validate(odd.submission().nb)


def test_a_cohort_has_no_two_alike_and_is_the_same_each_time():
    cohort = code_lab.cohort(100, seed=4)
    notebooks = [nbformat.writes(submission.nb) for submission in cohort]
    assert len(set(notebooks)) == 100
    assert notebooks == [nbformat.writes(submission.nb) for submission in code_lab.cohort(100, seed=4)]
    totals = [sum(submission.expected.values()) for submission in cohort]
    assert 5 < sum(totals) / 100 < 9.5
    assert len(set(totals)) > 8


# Against our grader


@pytest.mark.parametrize("attack", parameters(ATTACKS))
def test_an_attack_earns_what_an_empty_submission_earns(attack, grader, course):
    graded = grade_submission(grader, attack, course)
    assert graded.result.outcome is not Outcome.GRADER_FAILED, graded.result.notes
    if graded.result.outcome is Outcome.SCORED:
        assert attack.stops is not True, "nothing of it should have been scored"
        assert graded.scores == dict(attack.expected)
    else:
        assert attack.stops is not False, graded.result.messages
        assert graded.result.messages, "the learner is told why"
    assert violations(attack, graded, course) == []
    if attack.next_learner:
        after = grade_submission(grader, Attack("after", "", "", answers=False), course.parent / "next", "ben")
        assert after.scores == EMPTY


def grade_files(grader: Grader, nb: nbformat.NotebookNode) -> Graded:
    files = {f"{LAB}.ipynb": nbformat.writes(nb).encode(), **FILES}
    return Graded(grader.grade(Submission("ada", files)), "")


@pytest.mark.parametrize("odd", [pytest.param(odd, id=odd.name) for odd in ODD])
def test_an_odd_but_honest_submission_keeps_its_points(odd: Odd, grader):
    if odd.needs:
        pytest.importorskip(odd.needs)
    submission = odd.submission()
    graded = grade_files(grader, submission.nb)
    assert graded.scores == submission.expected, graded.result.notes


@pytest.mark.parametrize("name", [*HONEST, *STYLES])
def test_an_honest_submission_earns_what_a_person_counted(name, grader):
    submission = honest(name)
    graded = grade_files(grader, submission.nb)
    assert graded.scores == submission.expected, graded.result.notes


@pytest.mark.parametrize("way", [f"{solution}/{way}" for solution, ways in code_lab.WRONG.items() for way in ways])
def test_a_wrong_answer_loses_its_own_points_only(way, grader):
    solution, _, name = way.partition("/")
    submission = code_lab.submission({**code_lab.BEST, solution: code_lab.WRONG[solution][name]})
    graded = grade_files(grader, submission.nb)
    assert graded.scores == submission.expected, graded.result.notes


def test_what_an_attack_leaves_in_the_grader_is_not_there_for_the_next(grader, course):
    for attack in ATTACKS:
        if attack.name in ("shell_replaced", "builtins_module", "replaced_session_functions", "forged_garbage"):
            grade_submission(grader, attack, course, learner=attack.name)
    assert grade_files(grader, honest("perfect").nb).scores == POINTS
    assert grade_files(grader, honest("untouched").nb).scores == EMPTY


# Hand-ins as zip files


@pytest.mark.parametrize("name", HOSTILE_ZIPS)
def test_a_hostile_zip_file_is_refused_or_unpacks_to_harmless_names(name, tmp_path):
    path = tmp_path / f"mallory+{LAB}+1.zip"
    path.write_bytes(HOSTILE_ZIPS[name]())
    try:
        manifest, files = read_handin(path)
    except CourseError:
        return
    assert manifest.lab == LAB
    for member in files:
        assert (tmp_path / "out" / member).resolve().is_relative_to(tmp_path / "out")
        assert not set(member) & set('\\:*?"<>|\x00\n')
        assert max(len(part.encode()) for part in member.split("/")) <= 255
    assert sum(map(len, files.values())) < 100_000_000
    with zipfile.ZipFile(path) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist()), "two members of one name"
    assert not list(tmp_path.rglob(f"*{ESCAPED}*"))


# Against nbgrader as it is: an attack that does not defeat it would prove nothing


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Today:
    """A released course, graded by nbgrader inside bubblewrap."""
    if shutil.which("bwrap") is None:
        pytest.skip("no attack is run without bubblewrap (Debian's package: bubblewrap)")
    made = Today(tmp_path_factory.mktemp("today") / "first")
    assert made.honest.score == 10.0, made.honest.log
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", DEFEATS_TODAY)
def test_attacks_defeat_nbgrader(name, today, tmp_path):
    attack = next(attack for attack in ATTACKS if attack.name == name)
    verdict = today.copy(tmp_path / "copy").grade(attack)
    assert verdict.score is not None, verdict.log
    assert verdict.score == MEASURED[name]
    assert verdict.score > 0


@pytest.mark.slow
def test_start_up_files_reach_the_next_learner_of_nbgrader(today, tmp_path):
    course = today.copy(tmp_path / "copy")
    attack = next(attack for attack in ATTACKS if attack.name == "plant_ipython_startup")
    course.grade(attack)
    assert course.grade(Attack("after", "", "", answers=False), "ben").score == 10.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["untouched", "half", "warns"])
def test_hand_counts_of_honest_submissions_are_nbgraders(name, today, tmp_path):
    submission = honest(name)
    data = nbformat.writes(submission.nb).encode()
    verdict = today.copy(tmp_path / "copy").grade(Attack(name, "", "", raw=data))
    assert {test: verdict.cells[test] for test in POINTS} == submission.nbgrader
