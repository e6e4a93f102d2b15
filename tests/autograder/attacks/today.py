"""What nbgrader's own autograde makes of a submission, run where an attack can reach nothing but its course.

`python -m tests.autograder.attacks.today COURSE LEARNER` is the process that grades; `Today` starts it inside
bubblewrap with process ids, network, home and temporary folder of its own, so that whatever an attack does to the
grader ends with the grader. Without bubblewrap no attack is run.
"""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from tests.autograder.attacks.attack import CANARY, Attack, lay_out, leaks
from tests.code_lab import LAB, honest, write_source

_CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "code-course"
c.Execute.timeout = 20
"""
_GRADES = """
select base_cell.name, grade.auto_score, grade.manual_score from grade
join base_cell on base_cell.id = grade.cell_id
join submitted_notebook on submitted_notebook.id = grade.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
where submitted_assignment.student_id = ?
"""
_LIMITS = {
    resource.RLIMIT_AS: 5 * 2**30,
    resource.RLIMIT_FSIZE: 400 * 2**20,
    resource.RLIMIT_CPU: 120,
    resource.RLIMIT_CORE: 0,
}


def boxed(command: list[str], *, work: Path, cache: Path) -> list[str] | None:
    """Put bubblewrap around a command that may write to one folder only; None where there is no bubblewrap."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return None
    (work / "home").mkdir(exist_ok=True)
    environment = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")),
        "HOME": str(work / "home"),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "PYTHONPYCACHEPREFIX": str(cache),
        "HRLAB_CANARY": CANARY,
    }
    walls = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--new-session", "--die-with-parent"]
    places = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"]
    own = ["--bind", str(work), str(work)]
    if cache.parent != work:  # compiled by the first course and its first run, only read by its copies
        own += ["--bind" if work.parent == cache.parent else "--ro-bind", str(cache), str(cache)]
    own += ["--ro-bind", str(Path.cwd()), str(Path.cwd()), "--chdir", str(Path.cwd())]
    variables = ["--clearenv", *(word for name, value in environment.items() for word in ("--setenv", name, value))]
    return [bwrap, *walls, "--cap-drop", "ALL", *places, *own, *variables, "--", *command]


def _bound() -> None:
    for which, value in _LIMITS.items():
        resource.setrlimit(which, (value, value))


_PERFECT = Attack("perfect", "", "", raw=nbformat.writes(honest("perfect").nb).encode())


@dataclass
class Verdict:
    """What nbgrader's gradebook says after a run.

    Parameters
    ----------
    success : bool
        Whether nbgrader says that it graded the submission.
    score : float or None
        Points of 13, those given by hand included; None if there is no score, or no gradebook that can be read.
    cells : dict of str to float or None
        Automatic points of each test cell.
    leaked : bool
        Whether words of a hidden test, of the solution or of the grader's environment stand in the learner's folder.
    log : str
        The end of what nbgrader said.
    """

    success: bool
    score: float | None
    cells: dict[str, float | None] = field(default_factory=dict)
    leaked: bool = False
    log: str = ""


class Today:
    """A course folder with the code lab released, graded by nbgrader.

    Parameters
    ----------
    work : Path
        A new folder for the course, its home folder and what Python compiles.

    Attributes
    ----------
    honest : Verdict
        What the right answers got: without full marks here, an attack's score means nothing.
    """

    def __init__(self, work: Path) -> None:
        self.work, self.root, self.cache = work, work / "course", work / "compiled"
        self.root.mkdir(parents=True)
        (self.root / "nbgrader_config.py").write_text(_CONFIG)
        write_source(self.root / "source")
        self._run("generate", LAB, timeout_s=120, check=True)
        warm = work / "warm"  # one run, so that no later one has to compile what a kernel imports
        shutil.copytree(self.root, warm / "course")
        other = object.__new__(Today)
        other.work, other.root, other.cache = warm, warm / "course", self.cache
        self.honest = other.grade(_PERFECT, timeout_s=180)
        shutil.rmtree(warm)

    def copy(self, work: Path) -> "Today":
        """Copy the course, so that the next attack finds nothing of the one before."""
        other = object.__new__(Today)
        other.work, other.root, other.cache = work, work / "course", self.cache
        shutil.copytree(self.root, other.root)
        return other

    def grade(self, attack: Attack, learner: str = "mallory", *, timeout_s: float = 90) -> Verdict:
        """Lay an attack out as a submission and grade it."""
        lay_out(attack, self.root / "submitted" / learner / LAB, course=self.root)
        return self.verdict(learner, self._run("autograde", learner, timeout_s=timeout_s))

    def verdict(self, learner: str, log: str) -> Verdict:
        """Read what nbgrader recorded; the gradebook may be locked or be no database by now."""
        try:
            book = sqlite3.connect(f"file:{self.root / 'gradebook.db'}?mode=ro", uri=True, timeout=1)
            grades = book.execute(_GRADES, (learner,)).fetchall()
            book.close()
        except sqlite3.Error as error:
            return Verdict(False, None, leaked=self._leaked(learner), log=f"{log[-2000:]}\n{error}")
        score = sum(manual if manual is not None else auto or 0.0 for _, auto, manual in grades) if grades else None
        cells = {name: auto for name, auto, _ in grades}
        return Verdict("GRADED" in log, score, cells, self._leaked(learner), log[-2000:])

    def _leaked(self, learner: str) -> bool:
        """Look at the outputs of the executed notebook; the sources of its test cells always come back."""
        path = self.root / "autograded" / learner / LAB / f"{LAB}.ipynb"
        try:
            cells = json.loads(path.read_text())["cells"]
        except (OSError, ValueError):
            return False
        outputs = json.dumps([cell.get("outputs") for cell in cells if not _is_test(cell)])
        return bool(leaks(outputs))

    def _run(self, *words: str, timeout_s: float, check: bool = False) -> str:
        command = [sys.executable, "-m", "tests.autograder.attacks.today", str(self.root), *words]
        inside = boxed(command, work=self.work, cache=self.cache)
        assert inside is not None, "never run an attack without bubblewrap"
        log = self.work / "log.txt"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                inside, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, preexec_fn=_bound
            )
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                pass
            finally:
                process.kill()  # bubblewrap's first process: everything inside dies with it
                process.wait()
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 20_000))
            said = stream.read().decode(errors="replace")
        if check and process.returncode:
            raise RuntimeError(said)
        return said


def _is_test(cell: dict[str, Any]) -> bool:
    return bool(cell.get("metadata", {}).get("nbgrader", {}).get("grade"))


def _main(root: Path, act: str, learner: str) -> None:
    import evaluators._quick_start  # noqa: F401  (keeps two seconds of imports out of each run)

    os.chdir(root)
    if act == "generate":
        import ipykernel.kernelapp  # noqa: F401
        import sklearn.linear_model  # noqa: F401  (compiled once, here, for all the runs to come)

    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config, PyFileConfigLoader

    config = Config(PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())
    config.CourseDirectory.root = str(root)
    api = NbGraderAPI(config=config)
    result = api.generate_assignment(LAB) if act == "generate" else api.autograde(LAB, learner)
    print(result.get("log") or "", result.get("error") or "")
    if not result["success"]:
        raise SystemExit(1)
    print("GRADED")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
