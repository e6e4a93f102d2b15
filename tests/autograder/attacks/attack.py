"""Submissions that try to earn what they did not answer, or to harm the grader; and odd ones that are honest.

Every attack is a named fixture over the code lab (tests/code_lab.py): what it does, what it must score, and what must
not be there afterwards. The answers in it are wrong or missing, so whatever score it gets, it must be an empty one's.
ATTACKS_TABLE_GOES_HERE
"""

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.code_lab import EMPTY, FILES, HIDDEN_MARK, LAB, SOLUTION_MARK, WRONG, cell_of, place_of, released

CANARY = "canary-of-the-graders-environment"  # the variable HRLAB_CANARY of the process that grades
COURSE = "@COURSE@"  # in a cell, stands for the path of the course folder
OUTSIDE = "@OUTSIDE@"  # in a cell, stands for the name of the process-id namespace in which the grader runs
Edit = Callable[[NotebookNode], None]

# Attacks that could end processes of whoever runs the tests. They do nothing where they are not walled in: a sandbox
# that has no process-id namespace of its own fails the test by what they print, not by what they kill.
UNLESS_WALLED = f"""
import os
if os.readlink("/proc/self/ns/pid") == "{OUTSIDE}":
    raise SystemExit("not" + " walled in: the attack was not carried out")  # a traceback may quote this line
"""
NOT_WALLED = "not walled in"
ESCAPED = "hrlab-attack-was-here"  # part of the name of every file that an attack leaves outside its own folder
SLEEP_S = "98765.4"  # what a process that outlives its submission sleeps: no other process has that in its command

CHECKS = {
    "no_leak": "No words of a hidden test, of a solution or of the grader's environment are in what the learner gets.",
    "no_outside_content": "Nothing that a link points to is stored with the result.",
    "no_process": "No process that the attack started is there (`processes_left`).",
    "no_file": "No file that the attack wrote is there, outside its own folder (`files_left`).",
    "no_flood": "The result is smaller than `MAX_RESULT_BYTES`.",
    "gradebook_untouched": "No score in the gradebook but what the grader wrote, and nobody holds its lock.",
    "walled": f"The attack was carried out: the result does not say {NOT_WALLED!r}.",
}
MAX_RESULT_BYTES = 20_000_000

WRONG_ANSWERS = {
    "selection_rate": WRONG["selection_rate"]["percent"].source,
    "impact_ratios": WRONG["impact_ratios"]["series"].source,
    "flagged": 'flagged = ["north"]\nPath("flagged.txt").write_text("north")',
    "screener": WRONG["screener"]["always_yes"].source,
    "applicant": WRONG["applicant"]["no_error"].source,
    "sort_applicants": WRONG["sort_applicants"]["lowest_first"].source,
    "summary": WRONG["summary"]["neither"].source,
}


@dataclass(frozen=True)
class Attack:
    """A hostile submission.

    Parameters
    ----------
    name : str
        Short and unique; tests are called by it.
    family : str
        A row of the table of families.
    why : str
        What it does and why that would work.
    edit : callable
        Changes the released notebook, whose answers are wrong by then (`answers`).
    answers : bool
        Whether wrong answers are put in before the edit; otherwise the cells are as released.
    raw : bytes, optional
        The notebook's bytes, in place of an edited one; None and `notebook` False leaves it out.
    notebook : bool
        Whether there is a notebook file.
    files : mapping of str to bytes
        Other files handed in; names are relative, and may be hostile.
    links : mapping of str to str
        Symlinks handed in: name -> target, which may hold `COURSE`.
    hard_links, special : mapping of str to str
        Hard links, and ``"fifo"``, ``"socket"`` or ``"folder"`` in place of files.
    expected : mapping of str to float
        Automatic points of each test cell; an empty submission's, unless stated.
    stops : bool or None
        Whether no cell can be scored, so that the submission fails with a reason in words; False if it is scored
        in spite of everything, None if either will do.
    checks : tuple of str
        Names in `CHECKS`: what must hold afterwards besides the score.
    next_learner : bool
        Whether the attack is on the learner graded next, who must get an empty score for an empty submission, too.
    """

    name: str
    family: str
    why: str
    edit: Edit = lambda nb: None
    answers: bool = True
    raw: bytes | None = None
    notebook: bool = True
    files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    hard_links: Mapping[str, str] = field(default_factory=dict)
    special: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, float] = field(default_factory=lambda: dict(EMPTY))
    stops: bool | None = False
    checks: tuple[str, ...] = ()
    next_learner: bool = False


# Edits, to be put together


def text(source: str) -> str:
    """Take the common indent and the empty ends from a cell's source."""
    return dedent(source).strip("\n")


def steps(*edits: Edit) -> Edit:
    """Do one edit after the other."""

    def edit(nb: NotebookNode) -> None:
        for step in edits:
            step(nb)

    return edit


def first(source: str) -> Edit:
    """Add a cell after the title, before everything of the instructor's."""
    return lambda nb: nb.cells.insert(1, new_code_cell(text(source)))


def before(grade_id: str, source: str) -> Edit:
    """Add a cell before one of the instructor's."""
    return lambda nb: nb.cells.insert(place_of(nb, grade_id), new_code_cell(text(source)))


def last(source: str) -> Edit:
    """Add a cell at the end."""
    return lambda nb: nb.cells.append(new_code_cell(text(source)))


def answer(**sources: str) -> Edit:
    """Change solution cells."""

    def edit(nb: NotebookNode) -> None:
        for grade_id, source in sources.items():
            cell_of(nb, grade_id).source = text(source)

    return edit


def notebook_bytes(attack: Attack, *, course: Path | str = "/nowhere") -> bytes | None:
    """Make the notebook file of an attack; None if it has none."""
    if attack.raw is not None or not attack.notebook:
        return attack.raw
    nb = released()
    if attack.answers:
        answer(**WRONG_ANSWERS)(nb)
    attack.edit(nb)
    try:
        outside = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # no Linux: no such attack can be walled in here
        outside = ""
    made: str = nbformat.writes(nb, version=nbformat.NO_CONVERT) if "nbformat" in nb else ""
    return made.replace(COURSE, str(course)).replace(OUTSIDE, outside).encode("utf-8", "surrogatepass")


def lay_out(attack: Attack, folder: Path, *, course: Path | str = "/nowhere") -> None:
    """Write an attack as a submission folder, where an operating system lets its names and kinds of files exist."""
    folder.mkdir(parents=True)
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    data = notebook_bytes(attack, course=course)
    if data is not None:
        (folder / f"{LAB}.ipynb").write_bytes(data)
    for name, content in attack.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # a name that this system does not take cannot be handed in on it
            path.write_bytes(content)
    for name, target in attack.links.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target.replace(COURSE, str(course)))
    for name, target in attack.hard_links.items():
        (folder / name).unlink(missing_ok=True)
        os.link(target.replace(COURSE, str(course)), folder / name)
    for name, kind in attack.special.items():
        path = folder / name
        if path.exists():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        os.mkfifo(path) if kind == "fifo" else path.mkdir()


def leaks(shown: str) -> list[str]:
    """Return the words in a text that only the grader may know."""
    return [mark for mark in (HIDDEN_MARK, SOLUTION_MARK, CANARY) if mark in shown]


def processes_left() -> list[int]:
    """Return the processes that attacks started and that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if SLEEP_S.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:  # it has just ended
            continue
    return found


def files_left(*roots: Path) -> list[Path]:
    """Return the files below some folders that attacks wrote outside their own."""
    return [path for root in roots for path in root.rglob(f"*{ESCAPED}*")]
