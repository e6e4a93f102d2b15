"""A course: one folder that holds everything about a cohort, laid out as nbgrader expects it.

```text
COURSE/
  nbgrader_config.py   written by `hrlab course new`; a trainer may edit it
  roster.csv           who takes part
  gradebook.db         nbgrader's gradebook
  release/             what learners get            submitted/   what they handed in
  exchange/<id>/       the shared folder            autograded/  executed and scored
  catalogue/           items of each released lab   feedback/ reports/ grading/
```

The labs' instructor versions stay where they are (`source_directory` points there), so an improved lab reaches the
course with the next release. The gradebook and the catalogue hold keys all the same: nobody but its owner can open a
course folder, and learners on a shared machine need an exchange folder elsewhere (`hrlab course new --exchange`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, GraderError
from autograder.files import write_atomically, writing_to
from evaluators.errors import LabError

COURSE_ENV = "HRLAB_COURSE"
DEFAULT_DB = "sqlite:///gradebook.db"
CONFIG_NAME = "nbgrader_config.py"
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9_@-])?")
_WINDOWS_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}

_CONFIG = """\
# Written by `hrlab course new`. nbgrader, formgrader and hrlab read this file; edit what you need.
from pathlib import Path

c = get_config()  # noqa: F821
here = Path(__file__).resolve().parent

c.CourseDirectory.course_id = {course_id!r}
c.CourseDirectory.root = str(here)
c.CourseDirectory.source_directory = {labs!r}  # the labs' instructor versions
c.CourseDirectory.db_url = {db}  # or "postgresql+psycopg://user@host/course"
c.Exchange.root = {exchange}
c.ExchangeReleaseAssignment.force = True  # releasing again replaces what learners fetch

# What learners find where the instructor's solution stood: harmless in a lab that is answered by clicking.
c.ClearSolutions.code_stub = {{"python": "pass  # your code here"}}
c.ClearSolutions.text_stub = "*Your paragraph from the form above appears here for your trainer.*"

# `hrlab grade` takes nbgrader's steps in sandboxed sessions; nbgrader's own autograde says so and stops.
c.Autograde.sanitize_preprocessors = ["autograder.preprocessors.GradeWithHrlab"]
c.Execute.timeout = 60  # seconds a cell may take
c.KernelManager.transport_encryption = "auto"
"""


def check_id(value: str, what: str) -> str:
    """Return `value` if it can name a person, lab or course in file names on every system.

    Parameters
    ----------
    value : str
        The id as somebody typed it.
    what : str
        What it names, for the message: "learner id", "course id".

    Returns
    -------
    str
        The id, unchanged.

    Raises
    ------
    CourseError
        If it is empty, longer than 64 characters, holds anything but letters, digits, ``.``, ``_``, ``-``, ``@``, ends
        with a dot or is a name that Windows keeps for itself, such as ``con``.

    Examples
    --------
    >>> check_id("maria.lopez", "learner id")
    'maria.lopez'
    """
    if not _ID.fullmatch(value) or value.split(".")[0].lower() in _WINDOWS_DEVICES:
        raise CourseError(
            f"{value!r} cannot be a {what}.",
            "Use 1 to 64 letters, digits, dots, dashes, underscores or @, with no dot at the ends.",
        )
    return value


@dataclass(frozen=True)
class Course:
    """A course folder on disk; cheap to make, everything is read when asked for.

    Parameters
    ----------
    root : Path
        The course folder, absolute.
    db : str
        URL of the gradebook's database; "" for the one in the course's configuration.
    """

    root: Path
    db: str = ""

    @classmethod
    def new(
        cls,
        root: Path | str,
        *,
        labs: Path | None = None,
        course_id: str = "hr-it-lab",
        exchange: Path | None = None,
        db: str = DEFAULT_DB,
    ) -> Course:
        """Make a course folder with its nbgrader configuration.

        Parameters
        ----------
        root : Path or str
            A folder that does not exist yet or is empty.
        labs : Path, optional
            Where the labs' instructor versions lie; default the `labs` folder of this checkout.
        course_id : str
            Names the course in the exchange folder and on the pages.
        exchange : Path, optional
            A folder that trainer and learners share; default ``exchange`` in the course folder, which nobody but you
            can open, since the gradebook and the keys lie there too.
        db : str
            URL of the gradebook's database; a relative SQLite path begins in the course folder.

        Returns
        -------
        Course
            The new course, without roster and with nothing released.

        Raises
        ------
        CourseError
            If the folder holds something, `labs` holds no labs, or the folder can't be written.
        """
        root = Path(root).expanduser().resolve()
        labs = (labs or default_labs()).expanduser().resolve()
        check_id(course_id, "course id")
        if root.is_file() or (root.is_dir() and any(root.iterdir())):
            raise CourseError(f"{root} is not empty.", "Name a new folder; an existing course is never overwritten.")
        if not _labs_in(labs):
            raise CourseError(
                f"{labs} holds no labs (no <lab>/<lab>.ipynb).",
                "Pass --labs with the labs folder of a checkout.",
            )
        from autograder.database import database_url

        place = 'str(here / "exchange")' if exchange is None else repr(str(exchange.expanduser().resolve()))
        url = repr(database_url(db, root))  # absolute: nbgrader would begin where it stands
        if db == DEFAULT_DB:
            url = "f\"sqlite:///{here / 'gradebook.db'}\""
        config = _CONFIG.format(course_id=course_id, labs=str(labs), exchange=place, db=url)
        write_atomically(root / CONFIG_NAME, config.encode())
        course = cls(root)
        with writing_to(course.handins):
            root.chmod(0o700)  # the keys, the gradebook and everybody's work
            course.outbound.mkdir(parents=True, exist_ok=True)
            course.handins.mkdir(exist_ok=True)
            for shared in (course.exchange, course.outbound):
                shared.chmod(0o755)
            course.handins.chmod(0o1733)  # learners may add a file here and nobody but the trainer may list them
        return course

    @classmethod
    def open(cls, root: Path | str | None = None, *, db: str = "") -> Course:
        """Find a course: the folder given, else the current one, else the one named by ``$HRLAB_COURSE``.

        Parameters
        ----------
        root : Path or str, optional
            A course folder, ours or any of nbgrader's.
        db : str
            URL of the gradebook's database, instead of the one in the course's configuration.

        Returns
        -------
        Course
            The course found.

        Raises
        ------
        CourseError
            If there is none; an explicit folder is never replaced by another.
        """
        if root is not None:
            candidates = [Path(root)]
        else:
            candidates = [Path.cwd(), *([Path(os.environ[COURSE_ENV])] if os.environ.get(COURSE_ENV) else [])]
        for candidate in candidates:
            folder = candidate.expanduser().resolve()
            if is_course(folder):
                return cls(folder, db)
        raise CourseError(
            f"{candidates[-1]} is not a course folder (no {CONFIG_NAME} and no gradebook.db beside a folder source).",
            f"Make one with `hrlab course new DIR`, or name one with --course DIR or ${COURSE_ENV}.",
        )

    @cached_property
    def config(self) -> Any:
        """The course's nbgrader configuration (a traitlets Config), with what nbgrader takes from the folder."""
        from traitlets.config import Config
        from traitlets.config.loader import PyFileConfigLoader

        from autograder.database import database_url

        try:
            named = (self.root / CONFIG_NAME).is_file()
            config = PyFileConfigLoader(CONFIG_NAME, path=str(self.root)).load_config() if named else Config()
            if not config.CourseDirectory.get("root"):
                config.CourseDirectory.root = str(self.root)
            config.CourseDirectory.db_url = database_url(
                self.db or str(config.CourseDirectory.get("db_url") or DEFAULT_DB), self.root
            )
            return config
        except LabError:
            raise
        except Exception as error:
            raise CourseError(
                f"{self.root / CONFIG_NAME} cannot be read: {error}.", "Undo your last edit of that file."
            ) from error

    @property
    def id(self) -> str:
        """The course id."""
        return str(self.config.CourseDirectory.get("course_id") or self.root.name)

    @property
    def labs_folder(self) -> Path:
        """Where the instructor versions lie."""
        return self.folder("source")

    def folder(self, step: str) -> Path:
        """Folder of one of nbgrader's steps (source, release, submitted, autograded, feedback), as configured."""
        return self.root / str(self.config.CourseDirectory.get(f"{step}_directory", step))

    @property
    def labs(self) -> list[str]:
        """Names of the labs that this course can release, sorted."""
        return _labs_in(self.labs_folder)

    @property
    def released(self) -> list[str]:
        """Names of the labs that learners can fetch, sorted."""
        return _labs_in(self.outbound)

    @property
    def gradable(self) -> list[str]:
        """Names of the labs that were released, by us or by `nbgrader generate_assignment`, sorted."""
        return sorted({path.parent.name for path in self.folder("release").glob("[!.]*/*.ipynb")})

    @property
    def exchange(self) -> Path:
        """The folder that trainer and learners share."""
        return Path(self.config.Exchange.get("root", self.root / "exchange")) / self.id

    @property
    def outbound(self) -> Path:
        """Released labs, one folder each."""
        return self.exchange / "outbound"

    @property
    def handins(self) -> Path:
        """Where learners' hand-ins arrive, one zip file each."""
        return self.exchange / "handins"

    @property
    def roster_file(self) -> Path:
        """The roster, a CSV file."""
        return self.root / "roster.csv"

    def lab(self, name: str) -> str:
        """Return `name` if the course has such a lab.

        Raises
        ------
        CourseError
            If it has not; the message names the ones that exist.
        """
        known = sorted({*self.labs, *self.gradable})
        if name not in known:
            raise CourseError(
                f"There is no lab {name!r} in {self.labs_folder}.", f"Labs that exist: {', '.join(known) or 'none'}."
            )
        return name

    def chosen(self, names: list[str] | None, *, among: list[str]) -> list[str]:
        """Return the labs named on the command line, or all of `among` when none is named."""
        return [self.lab(name) for name in names] if names else among

    def title(self, lab: str) -> str:
        """Return a lab's title: the first heading of its notebook, its name where it has several notebooks."""
        return notebook_title(self.labs_folder / lab / f"{lab}.ipynb")

    def notebook(self, step: str, lab: str, learner: str = ".") -> Path:
        """Path of a lab's notebook in one of nbgrader's steps: release, submitted, autograded, feedback."""
        return self.folder(step) / learner / lab / f"{lab}.ipynb"

    def learners_with(self, step: str, lab: str) -> list[str]:
        """Ids of the learners who have a folder for this lab in one of nbgrader's steps, sorted."""
        return sorted(path.parent.name for path in self.folder(step).glob(f"*/{lab}") if path.is_dir())

    @cached_property
    def nbgrader(self) -> Any:
        """nbgrader's own API on this course (an NbGraderAPI); slow to import, so made when first used."""
        put_scripts_on_path()
        from nbgrader.apps import NbGraderAPI
        from nbgrader.coursedir import CourseDirectory

        return NbGraderAPI(CourseDirectory(config=self.config), config=self.config, log_level="ERROR")

    @contextmanager
    def gradebook(self) -> Iterator[Any]:
        """Open nbgrader's gradebook for the length of a ``with`` block."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self.nbgrader.gradebook as book:
                yield book
        except SQLAlchemyError as error:
            reason = str(error).splitlines()[0]
            if any(sign in reason for sign in ("unable to open", "readonly", "read-only", "disk is full", "disk I/O")):
                raise CourseError(
                    f"The gradebook of {self.root} could not be written: {reason}.",
                    "Check that you may write to the folder and that the disk is not full; nothing was lost.",
                ) from error
            raise GraderError(
                f"The gradebook of {self.root} could not be used: {reason}.",
                "Close other programs that use it; restore gradebook.db from a copy if it is damaged.",
            ) from error

    def call(self, action: str, *args: Any, **kwargs: Any) -> None:
        """Run one of nbgrader's own steps and raise its error in our words.

        Parameters
        ----------
        action : str
            Name of an NbGraderAPI method that reports success, such as ``"generate_assignment"``.
        *args, **kwargs
            Passed on.

        Raises
        ------
        GraderError
            If nbgrader says that the step failed; the message carries its last log line.
        """
        result = getattr(self.nbgrader, action)(*args, **kwargs)
        if not result["success"]:
            lines = [line for line in (result.get("error") or result.get("log") or "").splitlines() if line.strip()]
            raise GraderError(
                f"nbgrader could not {action.replace('_', ' ')}: {lines[-1] if lines else 'no reason given'}.",
                "Mend what it names and run the command again; run with --debug to see more.",
            )


def put_scripts_on_path() -> None:
    """Let nbgrader find `alembic`, which it calls by name, also where the environment is not activated."""
    scripts = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "").split(os.pathsep)
    if scripts not in path:
        os.environ["PATH"] = os.pathsep.join([scripts, *path])


def is_course(folder: Path) -> bool:
    """Tell whether a folder is a course: it holds an nbgrader configuration for one, or its sources and gradebook."""
    config = folder / CONFIG_NAME
    if config.is_file() and "CourseDirectory" in config.read_text(encoding="utf-8", errors="replace"):
        return True
    return (folder / "source").is_dir() and ((folder / "gradebook.db").is_file() or config.is_file())


def notebook_title(path: Path) -> str:
    """Return the first heading of a notebook, its file name where it has none."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            for line in "".join(cell["source"]).splitlines():
                if cell["cell_type"] == "markdown" and line.startswith("# "):
                    return line[2:].strip()
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return path.stem.replace("_", " ")


def default_labs() -> Path:
    """Return the `labs` folder of this checkout."""
    return Path(__file__).resolve().parent.parent / "labs"


def _labs_in(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/*.ipynb") if path.stem == path.parent.name)
