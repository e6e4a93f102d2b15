"""A learner's desk: the folder where fetched labs, answers and receipts lie.

```text
DESK/
  desk.json             who sits here: role and learner id
  labs/<lab>/           fetched labs, each with its answer sheet
  lessons/<track>/      lessons, each with its answer sheet
  handed-in/            a copy and the receipt of every hand-in
```
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from autograder.course import check_id, notebook_title
from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.handin import Receipt, hand_in
from evaluators.answers import Item, problem_with, read_answers

Role = Literal["hr", "developer", "trainer"]


@dataclass(frozen=True)
class Profile:
    """Who sits at the desk.

    Parameters
    ----------
    role : {"hr", "developer", "trainer"} or None
        None until somebody said so on the start page.
    learner : str
        Learner id as on the roster; "" until it was given.
    """

    role: Role | None = None
    learner: str = ""


@dataclass(frozen=True)
class Question:
    """One question of a lab as the start page shows it.

    Parameters
    ----------
    number : int
        Its number on the page.
    prompt : str
        The question.
    problem : str or None
        What is missing or malformed about its answer, never what is right; None if it is answered.
    """

    number: int
    prompt: str
    problem: str | None


@dataclass(frozen=True)
class KeptReceipt:
    """A receipt as it lies on the desk.

    Parameters
    ----------
    lab, learner : str
        What was handed in, by whom.
    handed_in_at : datetime
        When, UTC.
    sha256 : str
        Checksum of the file handed in.
    file : str
        Name of the copy in ``handed-in``.
    delivered : bool
        False where the learner still has to send the file to the trainer.
    """

    lab: str
    learner: str
    handed_in_at: datetime
    sha256: str
    file: str
    delivered: bool


@dataclass(frozen=True)
class Lesson:
    """A lesson of the curriculum: track folder, name, title and where its notebook lies on the desk."""

    track: str
    name: str
    title: str
    path: str


@dataclass(frozen=True)
class Desk:
    """A learner's folder and the course folder it exchanges labs with.

    Parameters
    ----------
    root : Path
        The learner's folder; made when needed.
    exchange : Path or None
        The course's shared folder (``exchange/<course id>``); None where this machine does not see one.
    """

    root: Path
    exchange: Path | None

    @property
    def course_id(self) -> str:
        """Id of the course: its shared folder has that name, and so has a desk that lost sight of it."""
        return self.exchange.name if self.exchange else self.root.name

    @property
    def profile(self) -> Profile:
        """Who sits here; blank if unknown."""
        try:
            content = json.loads((self.root / "desk.json").read_text(encoding="utf-8"))
            role, learner = content["role"], content["learner"]
        except (OSError, ValueError, KeyError, TypeError):
            return Profile()
        known = role in get_args(Role) if isinstance(role, str) else False
        return Profile(role, learner) if known and isinstance(learner, str) else Profile()

    def sit_down(self, role: str, learner: str) -> None:
        """Remember who sits here.

        Raises
        ------
        CourseError
            If the role is unknown or the learner id malformed (a trainer needs none).
        """
        if role not in get_args(Role):
            raise CourseError(f"There is no role {role!r}.", "Choose one on the start page.")
        if role != "trainer" or learner:
            check_id(learner, "learner id")
        write_atomically(self.root / "desk.json", json.dumps({"role": role, "learner": learner}).encode())

    # Labs

    def labs(self) -> list[str]:
        """Names of the labs that were released or lie on the desk already, sorted."""
        found = {path.stem for path in self.root.glob("labs/*/*.ipynb") if path.stem == path.parent.name}
        if self.exchange:
            found |= {path.stem for path in self.exchange.glob("outbound/*/*.ipynb") if path.stem == path.parent.name}
        return sorted(found)

    def folder(self, lab: str) -> Path:
        """Where a lab lies, or would lie, on the desk."""
        return self.root / "labs" / lab

    def title(self, lab: str) -> str:
        """Return a lab's title."""
        name = f"{lab}.ipynb"
        if self.is_fetched(lab) or self.exchange is None:
            return notebook_title(self.folder(lab) / name)
        return notebook_title(self.exchange / "outbound" / lab / name)

    def is_fetched(self, lab: str) -> bool:
        """Tell whether the lab lies on the desk."""
        return (self.folder(lab) / f"{lab}.ipynb").is_file()

    def fetch(self, lab: str) -> None:
        """Copy a released lab to the desk; a file that is there already is kept.

        Raises
        ------
        CourseError
            If there is no such lab, or the desk cannot be written.
        """
        if lab not in self.labs() or self.exchange is None:
            raise CourseError(f"There is no lab {lab!r} to fetch.", "Ask your trainer whether it was released.")
        source = self.exchange / "outbound" / lab
        for path in sorted(source.rglob("*")):
            target = self.folder(lab) / path.relative_to(source)
            if path.is_file() and not target.exists():
                write_atomically(target, path.read_bytes())

    def questions(self, lab: str) -> list[Question]:
        """Return the questions of a lab with what is missing or malformed, in order; empty if it has no forms."""
        if self.exchange is None:
            return []
        try:
            specs = json.loads((self.exchange / "items" / f"{lab}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        answers = read_answers(self.folder(lab), lab=lab)
        return [
            Question(spec["number"], spec["prompt"], problem_with(Item.from_dict(spec), answers.get(spec["id"])))
            for spec in specs
        ]

    # Hand-ins

    def hand_in(self, lab: str) -> Receipt:
        """Hand a lab in and keep the receipt.

        Raises
        ------
        CourseError
            If nobody said who sits here, or a file cannot be written; an earlier hand-in stays as it is.
        """
        learner = self.profile.learner
        if not learner:
            raise CourseError("Nobody has said who you are.", "Enter your learner id on the start page first.")
        receipt = hand_in(
            self.folder(lab),
            course=self.course_id,
            lab=lab,
            learner=learner,
            keep=self.root / "handed-in",
            shared=self.exchange / "handins" if self.exchange else None,
        )
        line = {
            "lab": lab,
            "learner": learner,
            "handed_in_at": receipt.manifest.handed_in_at.isoformat(),
            "sha256": receipt.sha256,
            "file": receipt.path.name,
            "delivered": receipt.delivered,
        }
        write_atomically(receipt.path.with_suffix(".json"), (json.dumps(line, indent=1) + "\n").encode())
        return receipt

    def receipts(self, lab: str) -> list[KeptReceipt]:
        """Return the receipts for a lab, newest first."""
        found = []
        for path in self.root.glob("handed-in/*.json"):
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                content["handed_in_at"] = datetime.fromisoformat(content["handed_in_at"])
                receipt = KeptReceipt(**content)
            except (OSError, ValueError, TypeError, KeyError):
                continue
            if receipt.lab == lab and receipt.handed_in_at.tzinfo is not None:
                found.append(receipt)
        return sorted(found, key=lambda receipt: receipt.handed_in_at, reverse=True)

    def feedback(self, lab: str) -> Path | None:
        """Return the feedback page on the newest hand-in that has one."""
        if self.exchange:
            for receipt in self.receipts(lab):
                path = self.exchange / "feedback" / f"{receipt.sha256}.html"
                if path.is_file():
                    return path
        return None

    # Lessons

    def lessons(self) -> list[Lesson]:
        """Lay every lesson of the curriculum on the desk and list them in the order of the tracks."""
        found = []
        for source in sorted(curriculum().glob("[0-9]*/[0-9]*.ipynb")):
            target = self.root / "lessons" / source.parent.name / source.name
            if not target.exists():  # a learner's copy, with what they changed in it, is never replaced
                write_atomically(target, source.read_bytes())
            found.append(
                Lesson(
                    source.parent.name,
                    source.stem,
                    notebook_title(source),
                    target.relative_to(self.root).as_posix(),
                )
            )
        return found

    def has_started(self, lesson: Lesson) -> bool:
        """Tell whether a lesson's answer sheet lies on the desk."""
        name = lesson.name.split("_", 1)[1]  # 01_rates_and_ratios keeps its answers in answers-rates_and_ratios.json
        return ((self.root / lesson.path).parent / f"answers-{name}.json").exists()


def curriculum() -> Path:
    """Where the lessons lie: in an installed package, else in this checkout."""
    import evaluators

    package = Path(evaluators.__file__).parent
    installed = package / "_curriculum"
    return installed if installed.is_dir() else package.parent / "curriculum"
