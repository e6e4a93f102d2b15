"""The whole loop with a sample cohort: release, hand in, collect, grade, feedback, report.

Nobody in it is real. Each learner has a stated ability; whether they know the answer to an item is drawn from a Rasch
model (Rasch 1960), and whoever does not know makes one of the item's mistakes. Scores come out of the grading alone.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp
from pathlib import Path
from typing import Any

import nbformat

from autograder.catalogue import CatalogueItem
from autograder.course import Course
from autograder.feedback import write_feedback
from autograder.files import remove_tree, write_atomically, writing_to
from autograder.grade import Graded, grade
from autograder.handin import collect, pack
from autograder.lab.desk import Desk
from autograder.release import release
from autograder.report import write_report
from autograder.roster import Learner, set_roster
from autograder.sandbox import missing_walls
from autograder.scores import LabScores, lab_scores
from autograder.settings import Settings

ABILITIES = {"new to it": -1.2, "learning": 0.0, "able": 1.2, "expert": 2.6}  # logits
MISHAPS = {3: "untouched", 8: "corrupt sheet", 14: "deleted test cell", 20: "raises"}  # place among 24 -> mishap
MARKER = ".hrlab-demo"  # lies in a folder that a demo made, so that the next one may replace it
_PARAGRAPHS = {
    "new to it": """The numbers are different for women and men so the tool is unfair and we should stop using it at
once. Everybody can see that this is not right and somebody should be told about it soon.""",
    "learning": """The tool does not treat women and men alike. At a cut of 75 it invites 21 of 100 women and 32 of 100
men, which is under four fifths. I would tell the vendor that this looks bad and that we have to look at more data
before we decide anything. Perhaps first names should be left out, since they tell the tool who is a woman.""",
    "able": """We should not switch the tool on as it is. At a cut of 75 it would invite 21 of 100 women and 32 of 100
men, a ratio of 0.64, and with some 4,000 applicants chance is a poor explanation. The tool is never told sex, but “she”
instead of “he” alone lowers a score by 5 points. The version with plain profiles and without first names has a ratio of
about 1. I suggest that we try it and audit it again.""",
    "expert": """Please do not switch the tool on as it is; use the version with plain profiles and without first names
for three months. As it is, it would invite 453 of 2,185 women and 535 of 1,647 men, a ratio of 0.64; with so many
people chance is a poor explanation. It reads sex without being told: “she” instead of “he” alone lowers a score by 5
points, and the placebo by none. The plain version's ratio is about 1, and of 250 people invited 187 become good
advisers instead of 181, for 50 hours of work. That shows what the tool does on these applicants, not that anybody
meant it. Ana audits the plain version on our own applicants by 15 March; until then people read every résumé
near the cut.""",
}


@dataclass(frozen=True)
class SampleLearner:
    """One made-up member of the cohort: a roster entry, a stated ability level and what goes wrong, if anything."""

    learner: Learner
    level: str
    mishap: str


def sample_cohort(seed: int, size: int = 24) -> list[SampleLearner]:
    """Draw a cohort; the same seed gives the same people.

    Parameters
    ----------
    seed : int
        Seeds the draw of the levels.
    size : int
        Learners. From four on, each mishap happens to one of them.

    Returns
    -------
    list of SampleLearner
        As many of each level as can be, in drawn order.
    """
    mishaps = {1 + (place - 1) * size // 24: mishap for place, mishap in MISHAPS.items()}
    levels = (list(ABILITIES) * size)[:size]
    random.Random(seed).shuffle(levels)
    return [
        SampleLearner(
            Learner(f"learner{number:02d}", "Sample", f"Learner {number}", f"learner{number:02d}@example.org"),
            level,
            mishaps.get(number, ""),
        )
        for number, level in enumerate(levels, start=1)
    ]


def draw_answers(items: list[CatalogueItem], level: str, rng: random.Random) -> dict[str, Any]:
    """Draw an answer sheet from an ability level.

    Parameters
    ----------
    items : list of CatalogueItem
        The lab's items with their model answers.
    level : str
        One of `ABILITIES`.
    rng : random.Random
        Source of chance.

    Returns
    -------
    dict of str to JSON value
        Item id -> answer. Items grow harder through the lab, from -1.5 to 1.5 logits.
    """
    answers: dict[str, Any] = {}
    for place, item in enumerate(items):
        if item.kind == "code":  # stays as released
            continue
        difficulty = -1.5 + 3 * place / max(1, len(items) - 1)
        knows = rng.random() < 1 / (1 + exp(difficulty - ABILITIES[level]))
        if item.kind == "paragraph":
            answers[item.id] = _PARAGRAPHS[level].replace("\n", " ")
        elif rng.random() > 0.04:  # some questions are left open
            answers[item.id] = item.model_answer if knows else _mistake(item, rng)
    return answers


def _mistake(item: CatalogueItem, rng: random.Random) -> Any:
    options = list(item.spec.get("options") or {})
    if item.kind == "choice":
        return rng.choice([option for option in options if option != item.model_answer])
    if item.kind == "choices":
        picked = [option for option in options if (option in item.model_answer) != (rng.random() < 0.4)]
        return picked if set(picked) != set(item.model_answer) else picked[1:] or options
    if item.kind == "ranking":
        order = list(item.model_answer)
        i = rng.randrange(len(order) - 1)
        order[i], order[-1] = order[-1], order[i]
        return order
    # Typical slips with a number: upside down, a share typed for a percentage, a rate for a ratio.
    value = float(str(item.model_answer).split()[0].replace(",", "."))
    slips = [1 / value if value else 1.0, value / 100, value * 1.3, value + 1]
    return f"{rng.choice(slips):.3g}"


def hand_in_as(
    desk: Desk, sample: SampleLearner, lab: str, items: list[CatalogueItem], rng: random.Random, now: datetime
) -> None:
    """Fetch a lab, answer it and hand it in, as this learner would.

    Parameters
    ----------
    desk : Desk
        The learner's own desk.
    sample : SampleLearner
        Who answers.
    lab : str
        A released lab.
    items : list of CatalogueItem
        Its items.
    rng : random.Random
        Source of chance.
    now : datetime
        Time of the hand-in.
    """
    desk.fetch(lab)
    folder = desk.folder(lab)
    answers = draw_answers(items, sample.level, rng)
    sheet = {"schema": 1, "lab": lab, "answers": answers, "saved_at": now.isoformat(timespec="seconds")}
    text = json.dumps(sheet, indent=1)
    if sample.mishap == "corrupt sheet":
        text = text[: len(text) // 2]
    if sample.mishap != "untouched":
        (folder / "answers.json").write_text(text, encoding="utf-8")
    path = folder / f"{lab}.ipynb"
    if sample.mishap == "deleted test cell":
        nb = nbformat.read(path, as_version=4)
        doomed = next(item.id for item in items if not item.manual and item.id in answers)
        nb.cells = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != doomed]
        nbformat.write(nb, path)
    if sample.mishap == "raises":
        nb = nbformat.read(path, as_version=4)
        nb.cells.insert(2, nbformat.v4.new_code_cell("1 / 0  # tried something"))
        nbformat.write(nb, path)
    _, data = pack(folder, course=desk.course_id, lab=lab, learner=sample.learner.learner_id, now=now)
    name = f"{sample.learner.learner_id}+{lab}+{now:%Y%m%dT%H%M%S%fZ}.zip"
    assert desk.exchange is not None
    write_atomically(desk.exchange / "handins" / name, data)


@dataclass(frozen=True)
class DemoResult:
    """What the demo leaves.

    Parameters
    ----------
    course : Course
        The course folder.
    scores : LabScores
        Scores of the lab.
    cohort : list of SampleLearner
        Who handed in.
    report : Path
        The trainer's report.
    feedback : list of Path
        The learners' pages.
    """

    course: Course
    scores: LabScores
    cohort: list[SampleLearner]
    report: Path
    feedback: list[Path]


def run_demo(
    folder: Path,
    *,
    lab: str = "resume_screening_audit",
    size: int = 24,
    seed: int = 2004,
    labs: Path | None = None,
    step: Callable[[str], None] = lambda text: None,
    progress: Callable[[Graded, int], None] | None = None,
) -> DemoResult:
    """Run the whole loop in a folder.

    Parameters
    ----------
    folder : Path
        A new or empty folder, or one that an earlier demo made, which is replaced. It holds the course afterwards, with
        the learners' desks in ``desks/``.
    lab : str
        The lab to hand in.
    size : int
        Learners in the cohort.
    seed : int
        Seeds the cohort and its answers.
    labs : Path, optional
        Where the labs lie.
    step : callable, optional
        Told what begins now, in words.
    progress : callable, optional
        Told of each graded submission.

    Returns
    -------
    DemoResult
        Scores and pages.

    Raises
    ------
    LabError
        If the folder holds anything else, or whatever goes wrong on the way.
    """
    _remove_earlier(folder)
    step("Making a course and releasing the lab (its instructor version runs first)")
    course = Course.new(folder, labs=labs)
    write_atomically(course.root / MARKER, b"Made by `hrlab demo`, which may replace this folder.\n")
    items = release(course, lab)
    cohort = sample_cohort(seed, size)
    set_roster(course, [sample.learner for sample in cohort])
    step(f"{len(cohort)} learners hand in")
    rng = random.Random(seed)
    start = datetime.now(UTC) - timedelta(hours=len(cohort))
    for number, sample in enumerate(cohort):
        desk = Desk(course.root / "desks" / sample.learner.learner_id, course.exchange)
        hand_in_as(desk, sample, lab, items, rng, start + timedelta(minutes=50 * number))
    walls = not missing_walls()  # the sample cohort is ours, so it may also run without
    without = "" if walls else " (without a sandbox: see hrlab doctor)"
    step(f"Collecting and grading, several at a time{without}")
    collect(course, lab)
    grade(course, lab, settings=Settings(sandboxed=walls), progress=progress)
    step("Writing feedback and the report")
    feedback = write_feedback(course, lab)
    return DemoResult(course, lab_scores(course, lab), cohort, write_report(course, lab), feedback)


def _remove_earlier(folder: Path) -> None:
    """Empty a folder that an earlier demo made; the marker goes last, so that a broken-off removal can go on."""
    folder = folder.expanduser()
    if not (folder / MARKER).is_file():
        return
    with writing_to(folder):
        for path in sorted(folder.iterdir(), key=lambda path: path.name == MARKER):
            if path.is_dir() and not path.is_symlink():
                remove_tree(path)
            else:
                path.unlink()
