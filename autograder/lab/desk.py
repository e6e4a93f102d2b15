"""A learner's desk: the folder where fetched labs, answers and receipts lie.

```text
DESK/
  desk.json             who sits here (role and learner id) and the id of the course
  people/<learner>/     one folder for each learner who ever sat here, so that two on one computer share nothing
    labs/<lab>/         fetched labs, each with its answer sheet
    lessons/<track>/    lessons, each with its answer sheet
    handed-in/          a copy and the receipt of every hand-in
    set-aside/          notebooks that a fresh copy of their lab took the place of
```
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal, get_args

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
    answers_sha256 : str or None
        Checksum of the answer sheet handed in, "" if there was none; None in a receipt that does not say.
    """

    lab: str
    learner: str
    handed_in_at: datetime
    sha256: str
    file: str
    delivered: bool
    answers_sha256: str | None = None


@dataclass(frozen=True)
class Lesson:
    """A lesson of the curriculum as it lies on the desk.

    Parameters
    ----------
    track, name, title : str
        Its track's folder, its own name and its first heading.
    track_title : str
        What the track is called: as curriculum/tracks.toml has it, else by the folder's name.
    path : str
        Where its notebook lies, relative to the desk.
    questions : int
        How many questions it asks.
    answered : int
        How many of them have an answer.
    """

    track: str
    name: str
    title: str
    track_title: str
    path: str
    questions: int
    answered: int


@dataclass(frozen=True)
class Desk:
    """A learner's folder and the course folder it exchanges labs with.

    Parameters
    ----------
    root : Path
        The desk's folder; made when needed.
    exchange : Path or None
        The course's shared folder (``exchange/<course id>``); None where this machine does not see one.
    """

    root: Path
    exchange: Path | None

    @property
    def course_id(self) -> str:
        """Id of the course: the name of its shared folder, also where that was seen only once."""
        if self.exchange:
            return self.exchange.name
        known = self._noted().get("course")
        return known if isinstance(known, str) and known else self.root.name

    @property
    def profile(self) -> Profile:
        """Who sits here; blank if unknown."""
        noted = self._noted()
        role, learner = noted.get("role"), noted.get("learner")
        if not isinstance(role, str) or role not in get_args(Role) or not isinstance(learner, str):
            return Profile()
        try:
            return Profile(role, check_id(learner, "learner id") if learner else "")  # type: ignore[arg-type]
        except CourseError:
            return Profile()

    @property
    def home(self) -> Path:
        """Where everything of whoever sits here lies; the desk itself while nobody has given an id."""
        learner = self.profile.learner
        return self.root / "people" / learner if learner else self.root

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
        self._note(role=role, learner=learner)

    def _noted(self) -> dict[str, Any]:
        """Read desk.json; nothing if it cannot be read."""
        return _read_object(self.root / "desk.json")

    def _note(self, **changes: str) -> None:
        """Change desk.json; the course is noted too while its shared folder is in sight."""
        before = self._noted()
        after = {**before, **({"course": self.exchange.name} if self.exchange else {}), **changes}
        if after != before:
            write_atomically(self.root / "desk.json", json.dumps(after).encode())

    # Labs

    def labs(self) -> list[str]:
        """Names of the labs that were released or lie on the desk already, sorted."""
        found = {path.stem for path in self.home.glob("labs/*/*.ipynb") if path.stem == path.parent.name}
        if self.exchange:
            found |= {path.stem for path in self.exchange.glob("outbound/*/*.ipynb") if path.stem == path.parent.name}
        return sorted(found)

    def folder(self, lab: str) -> Path:
        """Where a lab lies, or would lie, on the desk."""
        return self.home / "labs" / lab

    def notebook(self, lab: str) -> Path:
        """Where a lab's notebook lies, or would lie, on the desk."""
        return self.folder(lab) / f"{lab}.ipynb"

    def title(self, lab: str) -> str:
        """Return a lab's title."""
        if self.is_fetched(lab) or self.exchange is None:
            return notebook_title(self.notebook(lab))
        return notebook_title(self.exchange / "outbound" / lab / f"{lab}.ipynb")

    def is_fetched(self, lab: str) -> bool:
        """Tell whether the lab lies on the desk."""
        return self.notebook(lab).is_file()

    def is_released(self, lab: str) -> bool:
        """Tell whether the lab can be fetched from here."""
        return self.exchange is not None and (self.exchange / "outbound" / lab / f"{lab}.ipynb").is_file()

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
        self._note()

    def fetch_fresh(self, lab: str) -> Path:
        """Replace a lab's notebook by the released one; answers and other files stay.

        Returns
        -------
        Path
            Where the old notebook lies now: in ``set-aside``, outside the folder that is handed in.

        Raises
        ------
        CourseError
            If the lab was not fetched before or is not released, or the desk cannot be written; the old notebook is
            in its place then.
        """
        if not (self.is_fetched(lab) and self.is_released(lab)) or self.exchange is None:
            raise CourseError(f"There is no fresh copy of {lab!r}.", "Ask your trainer whether it was released.")
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        names = (self.home / "set-aside" / f"{lab}.{stamp}-{number}.ipynb" for number in count(1))
        aside = next(path for path in names if not path.exists())
        write_atomically(aside, self.notebook(lab).read_bytes())
        write_atomically(self.notebook(lab), (self.exchange / "outbound" / lab / f"{lab}.ipynb").read_bytes())
        self.fetch(lab)
        return aside

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
            keep=self.home / "handed-in",
            shared=self.exchange / "handins" if self.exchange else None,
        )
        line = {
            "lab": lab,
            "learner": learner,
            "handed_in_at": receipt.manifest.handed_in_at.isoformat(),
            "sha256": receipt.sha256,
            "file": receipt.path.name,
            "delivered": receipt.delivered,
            "answers_sha256": receipt.manifest.files.get("answers.json", ""),
        }
        write_atomically(receipt.path.with_suffix(".json"), (json.dumps(line, indent=1) + "\n").encode())
        return receipt

    def receipts(self, lab: str) -> list[KeptReceipt]:
        """Return the receipts for a lab, newest first."""
        found = []
        for path in self.home.glob("handed-in/*.json"):
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                content["handed_in_at"] = datetime.fromisoformat(content["handed_in_at"])
                receipt = KeptReceipt(**content)
            except (OSError, ValueError, TypeError, KeyError):
                continue
            if receipt.lab == lab and receipt.handed_in_at.tzinfo is not None:
                found.append(receipt)
        return sorted(found, key=lambda receipt: receipt.handed_in_at, reverse=True)

    def has_changed(self, lab: str) -> bool:
        """Tell whether the answers differ from those in the newest hand-in; False if nothing was handed in."""
        newest = next(iter(self.receipts(lab)), None)
        if newest is None or newest.answers_sha256 is None:
            return False
        try:
            now = hashlib.sha256((self.folder(lab) / "answers.json").read_bytes()).hexdigest()
        except OSError:
            now = ""
        return now != newest.answers_sha256

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
        """Lay every lesson of the curriculum on the desk and list them in the order of the tracks.

        A copy in which nobody changed a cell is renewed when the curriculum has a newer one; others are left alone.
        """
        found, titles = [], _track_titles(curriculum())
        laid_file = self.home / "lessons" / "laid-out.json"
        laid = _read_object(laid_file)
        before = dict(laid)
        for source in sorted(curriculum().glob("[0-9]*/[0-9]*.ipynb")):
            key = f"{source.parent.name}/{source.name}"
            target = self.home / "lessons" / key
            newest = _checksum_of_cells(source)
            if not target.exists() or (laid.get(key) not in (None, newest) and _checksum_of_cells(target) == laid[key]):
                write_atomically(target, source.read_bytes())
                laid[key] = newest
            name = source.stem.partition("_")[2]  # 01_tables keeps its answers in answers-tables.json
            asked = _questions_in(source)
            answers = read_answers(target.parent, lab=name, filename=f"answers-{name}.json")
            found.append(
                Lesson(
                    track=source.parent.name,
                    name=source.stem,
                    title=notebook_title(source),
                    track_title=titles.get(source.parent.name) or _by_name(source.parent.name),
                    path=target.relative_to(self.root).as_posix(),
                    questions=len(asked),
                    answered=sum(answers.get(item) is not None for item in asked),
                )
            )
        if laid != before:
            write_atomically(laid_file, json.dumps(laid).encode())
        return found


def _read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object; an empty one if it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _checksum_of_cells(notebook: Path) -> str:
    """Return a checksum of what the cells say; outputs, which running it changes, do not count."""
    try:
        cells = json.loads(notebook.read_bytes())["cells"]
        said = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except (OSError, ValueError, KeyError, TypeError):
        return "cannot be read"
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _track_titles(folder: Path) -> dict[str, str]:
    path = folder / "tracks.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _by_name(track: str) -> str:
    return track.partition("_")[2].replace("_", " ").capitalize()


def _questions_in(lesson: Path) -> set[str]:
    """Ids of the questions that a lesson's notebook asks with `lesson.predict` and `lesson.check`."""
    try:
        cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return set(re.findall(r"""\blesson\.(?:predict|check)\(\s*["'](\w+)["']""", code))


def curriculum() -> Path:
    """Where the lessons lie: in an installed package, else in this checkout."""
    import evaluators

    package = Path(evaluators.__file__).parent
    installed = package / "_curriculum"
    return installed if installed.is_dir() else package.parent / "curriculum"
