"""How long grading takes: `hrlab grade` beside `nbgrader autograde`, on the same submissions in one run.

Two labs: the résumé lab, which is answered by forms, and the code lab of the tests, which is plain nbgrader. For each
of them this prints the wall and CPU seconds of one submission

- by `nbgrader autograde`, as its user runs it,
- by `hrlab grade`, likewise, with the learners' code in the sandbox,
- and of the cells alone: every cell and test of the same submissions, one after the other in one warm IPython kernel,
  without sanitising, scoring or writing anything. Nobody can grade for less in one process.

`hrlab grade` starts a warm process and grades the instructor's solution first. So it has two rows: all submissions with
that start, and each further submission without it. nbgrader starts a kernel for each one and has no such difference.

    python benchmarks/grading.py                      # 100 submissions each: half an hour, most of it nbgrader's
    python benchmarks/grading.py --nbgrader 20        # nbgrader grades the first 20 only
    python benchmarks/grading.py --growth 2000        # ours only: time and memory up to 2,000 submissions

Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograder.catalogue import load_catalogue
from autograder.course import Course
from autograder.demo import draw_answers, sample_cohort
from autograder.grade import grade
from autograder.pipeline import imported_modules
from autograder.release import release
from autograder.sanitise import sanitise
from tests import code_lab

Files = dict[str, bytes]
FORMS = "resume_screening_audit"
PLAIN_CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'bench'\nc.Execute.timeout = 60\n"


@dataclass(frozen=True)
class Lab:
    """A released lab and what was handed in: learner -> files."""

    name: str
    course: Course
    submissions: dict[str, Files]


class Cost(NamedTuple):
    """Seconds of one submission."""

    wall: float
    cpu: float
    count: int


def forms_lab(folder: Path, size: int) -> Lab:
    """Release the résumé lab and draw a cohort of answers, as `hrlab demo` does, without its mishaps."""
    course = Course.new(folder)
    release(course, FORMS)
    items = load_catalogue(course, FORMS)
    notebook = (course.root / "release" / FORMS / f"{FORMS}.ipynb").read_bytes()
    rng = random.Random(2004)
    submissions = {}
    for number, sample in enumerate(sample_cohort(2004, size)):
        sheet = {"schema": 1, "lab": FORMS, "answers": draw_answers(items, sample.level, rng), "saved_at": ""}
        submissions[f"learner{number:04d}"] = {f"{FORMS}.ipynb": notebook, "answers.json": json.dumps(sheet).encode()}
    return Lab(FORMS, course, submissions)


def a_code_lab(folder: Path, size: int) -> Lab:
    """Release the code lab of the tests and draw its cohort."""
    (folder / "labs").mkdir(parents=True)
    course = Course.new(folder / "course", labs=code_lab.write_source(folder / "labs"))
    release(course, code_lab.LAB)
    submissions = {
        made.learner: {f"{code_lab.LAB}.ipynb": nbformat.writes(made.nb).encode(), **code_lab.FILES}
        for made in code_lab.cohort(size, seed=1)
    }
    return Lab(code_lab.LAB, course, submissions)


def lay_out(lab: Lab, course: Course, count: int) -> None:
    """Put submissions where nbgrader looks for them."""
    for learner, files in list(lab.submissions.items())[:count]:
        folder = course.root / "submitted" / learner / lab.name
        folder.mkdir(parents=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        (folder / "timestamp.txt").write_text(f"{datetime(2026, 3, 2, tzinfo=UTC):%Y-%m-%d %H:%M:%S} UTC")


def timed(run: Callable[[], object], count: int) -> Cost:
    """Return what a run costs for each of `count` submissions."""
    before, start = cpu_seconds(), time.perf_counter()
    run()
    cpu, wall = cpu_seconds() - before, time.perf_counter() - start
    return Cost(wall / count, cpu / count, count)


def cpu_seconds() -> float:
    """Return how long this machine's cores have been busy; sandboxed processes are nobody's children to ask."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + getattr(times, "irq", 0.0) + getattr(times, "softirq", 0.0))


def by_command(*command: str, folder: Path) -> Callable[[], object]:
    """Return a run of a command in a folder; exit code 1 only says that a person is needed."""

    def run() -> None:
        done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    return run


def measure(make: Callable[[Path, int], Lab], folder: Path, size: int, nbgrader: int) -> list[tuple[str, Cost]]:
    """Grade a lab both ways, and its cells alone."""
    lab = make(folder / "lab", size)
    ours, theirs = (Course(folder / name) for name in ("ours", "theirs"))
    for course, count in ((ours, size), (theirs, nbgrader)):
        shutil.copytree(lab.course.root, course.root)
        lay_out(lab, course, count)
    # The same source folder, and nbgrader's own steps.
    config = PLAIN_CONFIG + f"c.CourseDirectory.source_directory = {str(lab.course.labs_folder)!r}\n"
    (theirs.root / "nbgrader_config.py").write_text(config)
    grade_all = by_command("autograder", "grade", lab.name, "-q", folder=ours.root)
    first = _one_submission(ours, folder / "one", lab.name)
    start = timed(by_command("autograder", "grade", lab.name, "-q", folder=first.root), 1)
    whole = timed(grade_all, size)
    further = Cost(
        *((size * each - one) / (size - 1) for each, one in zip(whole[:2], start[:2], strict=True)), size - 1
    )
    rows = [("hrlab grade", whole), ("hrlab grade, each further", further)]
    if nbgrader:
        run = by_command("nbgrader", "autograde", lab.name, folder=theirs.root)
        rows.append(("nbgrader autograde", timed(run, nbgrader)))
    alone = [sys.executable, __file__, "--cells-alone", str(folder), lab.name, str(lab.course.root)]
    (folder / "submissions.json").write_text(
        json.dumps(
            {who: {name: data.decode() for name, data in files.items()} for who, files in lab.submissions.items()}
        )
    )
    said = json.loads(subprocess.run(alone, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    rows.append(("cells alone", Cost(said["wall"] / size, said["cpu"] / size, size)))
    feedback = timed(by_command("autograder", "feedback", lab.name, folder=ours.root), size)
    rows.append(("hrlab feedback", feedback))
    if nbgrader:
        run = by_command("nbgrader", "generate_feedback", lab.name, folder=theirs.root)
        rows.append(("nbgrader generate_feedback", timed(run, nbgrader)))
    return rows


def _one_submission(course: Course, folder: Path, lab: str) -> Course:
    """Copy a course with one of its submissions, for what the start costs."""
    shutil.copytree(course.root, folder)
    one = Course(folder)
    for learner in one.learners_with("submitted", lab)[1:]:
        shutil.rmtree(folder / "submitted" / learner)
    return one


def cells_alone(folder: Path, lab: str, root: Path) -> None:
    """Run the cells and tests of all submissions in one warm kernel and print the seconds; a process of its own."""
    from jupyter_client.manager import start_new_kernel

    from autograder.assignment import assignment_of

    os.environ["NBGRADER_EXECUTION"] = "autograde"
    assignment = assignment_of(Course(root), lab)
    (notebook,) = assignment.notebooks
    submissions = json.loads((folder / "submissions.json").read_text())
    work = folder / "alone"
    work.mkdir()
    os.chdir(work)
    manager, client = start_new_kernel(kernel_name="python3")
    client.execute_interactive("\n".join(f"import {name}" for name in imported_modules(assignment)), output_hook=_quiet)
    before, start = cpu_seconds(), time.perf_counter()
    for files in submissions.values():
        for name, data in {**{name: data.encode() for name, data in files.items()}, **assignment.files}.items():
            (work / name).write_bytes(data)
        client.execute_interactive("%reset -f", output_hook=_quiet)
        for planned in sanitise(files[f"{lab}.ipynb"], notebook).cells:
            source = planned.source_t or planned.source_s
            if source:
                client.execute_interactive(source, output_hook=_quiet, stop_on_error=False)
    wall, cpu = time.perf_counter() - start, cpu_seconds() - before
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    print(json.dumps({"wall": wall, "cpu": cpu}))


def _quiet(message: object) -> None:
    """Drop what a cell prints."""


def growth(folder: Path, most: int) -> None:
    """Grade ever larger cohorts' worth in one run and print how time and the coordinator's memory grow."""
    lab = forms_lab(folder / "lab", most)
    lay_out(lab, lab.course, most)
    start, done = time.perf_counter(), 0
    own = psutil.Process()
    print("submissions  seconds  a submission (ms)  coordinator (MB)")

    def progress(*_: object) -> None:
        nonlocal done
        done += 1
        if done % max(most // 8, 1) == 0:
            seconds = time.perf_counter() - start
            print(f"{done:11,d}  {seconds:7.1f}  {1000 * seconds / done:17.0f}  {own.memory_info().rss / 1e6:16.0f}")

    grade(lab.course, FORMS, progress=progress)


def show(title: str, rows: Iterable[tuple[str, Cost]]) -> None:
    """Print a lab's table."""
    found = dict(rows)
    print(f"\n{title}\n{'':28}{'submissions':>12}{'wall s each':>13}{'CPU s each':>12}")
    for name, cost in found.items():
        print(f"{name:28}{cost.count:12d}{cost.wall:13.3f}{cost.cpu:12.3f}")
    alone = found["cells alone"]
    for ours in ("hrlab grade", "hrlab grade, each further"):
        print(f"{ours}: ", end="")
        if theirs := found.get("nbgrader autograde"):
            times = theirs.wall / found[ours].wall, theirs.cpu / found[ours].cpu
            print("nbgrader takes {:.1f} times as long, {:.1f} times the CPU; ".format(*times), end="")
        cpu, wall = found[ours].cpu / alone.cpu, found[ours].wall / alone.wall
        print(f"{cpu:.2f} times the CPU of the cells alone, {wall:.2f} its wall.")
    if theirs := found.get("nbgrader generate_feedback"):
        print(f"Feedback: {theirs.wall / found['hrlab feedback'].wall:.1f} times ours.")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=100, help="submissions of each lab")
    parser.add_argument("--nbgrader", type=int, help="of which nbgrader grades so many; default all")
    parser.add_argument("--labs", nargs="+", choices=["forms", "code"], default=["forms", "code"])
    parser.add_argument("--growth", type=int, metavar="N", help="only ours: up to N submissions")
    parser.add_argument("--cells-alone", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.cells_alone:
        cells_alone(Path(chosen.cells_alone[0]), chosen.cells_alone[1], Path(chosen.cells_alone[2]))
        return
    with tempfile.TemporaryDirectory(prefix="hrlab-bench-") as temporary:
        folder = Path(temporary)
        if chosen.growth:
            growth(folder, chosen.growth)
            return
        makers = {"forms": ("A lab of forms", forms_lab), "code": ("A code lab", a_code_lab)}
        for name in chosen.labs:
            title, make = makers[name]
            theirs = chosen.size if chosen.nbgrader is None else min(chosen.nbgrader, chosen.size)
            show(
                f"{title}: {chosen.size} submissions, {os.cpu_count()} cores",
                measure(make, folder / name, chosen.size, theirs),
            )


if __name__ == "__main__":
    main()
