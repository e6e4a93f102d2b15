"""The answer sheet: a learner's answers, in one small file beside the notebook."""

import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

SCHEMA = 1
SheetStatus = Literal["new", "restored", "set aside"]

_LARGEST_SHEET = 1_000_000  # bytes


class AnswerSheet:
    """Answers of one learner to one lab, saved one at a time.

    Each change reads the file, puts in one answer and replaces the file whole, so that a second tab loses
    nothing and a power cut leaves the old sheet or the new one. A file that is not this lab's sheet is
    renamed, never overwritten. Where nothing can be written, answers stay in memory and `problem` says so.

    Use `AnswerSheet.open`.

    Attributes
    ----------
    lab : str
        Name of the lab.
    path : pathlib.Path
        Where the sheet is.
    status : {"new", "restored", "set aside"}
        What was found when it was opened.
    notice : str
        What the learner must be told about files set aside; empty if nothing.
    problem : str
        Why the last change is not on disk and what to do; empty if it is.
    saved_at : str
        Time of the last save (ISO 8601, UTC); empty if never.
    """

    def __init__(self, lab: str, path: Path) -> None:
        self.lab = lab
        self.path = path
        self.status: SheetStatus = "new"
        self.notice = ""
        self.problem = ""
        self.saved_at = ""
        self._saved: dict[str, Any] = {}
        self._unsaved: dict[str, Any] = {}
        self._in_memory: dict[str, Any] = {}

    @classmethod
    def open(cls, lab: str, folder: str | os.PathLike[str] = ".", filename: str = "answers.json") -> "AnswerSheet":
        """Open the sheet of a lab, and set a file aside that is no such sheet.

        Parameters
        ----------
        lab : str
            Name of the lab; a sheet of another lab is not used.
        folder : path-like, optional
            Where the notebook is.
        filename : str, optional
            Name of the sheet.

        Returns
        -------
        AnswerSheet
            New, restored, or new beside one that was set aside. Opening writes nothing.
        """
        sheet = cls(lab, Path(folder).absolute() / filename)
        try:
            sheet._read()
        except OSError as error:
            sheet.problem = _not_saved(error)
        if sheet._saved:
            sheet.status = "restored"
        if sheet.notice:
            sheet.status = "set aside"
        return sheet

    @property
    def answers(self) -> dict[str, Any]:
        """All answers: saved ones, those that could not be saved, and model answers over both."""
        return {**self._saved, **self._unsaved, **self._in_memory}

    def get(self, item: str) -> Any:
        """Return the answer to a question, or None."""
        return self.answers.get(item)

    def set(self, item: str, value: object) -> bool:
        """Record the answer to one question.

        Parameters
        ----------
        item : str
            Id of the question.
        value : JSON value
            The answer; None clears it.

        Returns
        -------
        bool
            Whether it is on disk. If not, `problem` says why, and the next change tries again.
        """
        self._in_memory.pop(item, None)
        self._unsaved[item] = value
        try:
            self._read()
            self._write({**self._saved, **self._unsaved})
        except (OSError, ValueError) as error:
            self.problem = _not_saved(error)
            return False
        self._saved.update(self._unsaved)
        self._unsaved.clear()
        self.problem = ""
        return True

    def fill(self, answers: Mapping[str, object]) -> None:
        """Put answers over the sheet in memory only: model answers, never a learner's."""
        self._in_memory.update(answers)

    def _read(self) -> None:
        """Take in what is on disk; set aside what is not this lab's sheet, or raise OSError if that fails."""
        try:
            content = _load(self.path, self.lab)
        except FileNotFoundError:
            return  # what this session knows stays known, and is written again at the next change
        except NotASheetError as error:
            self._set_aside(str(error))
        else:
            self._saved = content["answers"]
            self.saved_at = str(content.get("saved_at", ""))[:40]

    def _set_aside(self, reason: str) -> None:
        name = self.path.name
        self.notice = f"The file {name} could not be used, because {reason}. It could not be moved aside either."
        aside = _unused_name(self.path)
        self.path.rename(aside)
        self.notice = (
            f"The file {name} could not be used, because {reason}. It was kept under the name {aside.name}, "
            "and an empty answer sheet was started. If you miss answers, tell your trainer this file name."
        )

    def _write(self, answers: dict[str, Any]) -> None:
        saved_at = datetime.now(UTC).isoformat(timespec="seconds")
        content = {"schema": SCHEMA, "lab": self.lab, "answers": answers, "saved_at": saved_at}
        text = json.dumps(content, indent=1, allow_nan=False) + "\n"
        if len(text) > _LARGEST_SHEET:
            raise ValueError("the answers are too long")
        handle, name = tempfile.mkstemp(prefix=f"{self.path.name}.", suffix=".tmp", dir=self.path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            _replace(name, self.path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        self.saved_at = saved_at


def read_answers(folder: str | os.PathLike[str], *, lab: str, filename: str = "answers.json") -> dict[str, Any]:
    """Read the answers of a sheet without touching it, for pages and graders that only look.

    Parameters
    ----------
    folder : path-like
        Where the notebook is.
    lab : str
        Name of the lab.
    filename : str, optional
        Name of the sheet.

    Returns
    -------
    dict of str to JSON value
        Item id -> answer; empty where there is no sheet, or none of this lab that can be read.
    """
    try:
        answers: dict[str, Any] = _load(Path(folder) / filename, lab)["answers"]
    except (OSError, NotASheetError):
        return {}
    return answers


def answers_in(data: bytes, *, lab: str) -> dict[str, Any]:
    """Read the answers of a sheet from its bytes.

    Parameters
    ----------
    data : bytes
        The file's contents.
    lab : str
        Name of the lab.

    Returns
    -------
    dict of str to JSON value
        Item id -> answer; empty if it is no sheet of this lab.

    Examples
    --------
    >>> answers_in(b'{"schema": 1, "lab": "audit", "answers": {"rate": 6.45}}', lab="audit")
    {'rate': 6.45}
    """
    try:
        answers: dict[str, Any] = _parse(data, lab)["answers"]
    except NotASheetError:
        return {}
    return answers


class NotASheetError(ValueError):
    """A file is readable but is not an answer sheet."""


def _load(path: Path, lab: str) -> dict[str, Any]:
    """Read the sheet of a lab; NotASheetError says for the learner what else was found."""
    size = path.stat().st_size
    if not path.is_file():
        raise NotASheetError("it is not an ordinary file")
    if size > _LARGEST_SHEET:
        raise NotASheetError("it is too large")
    return _parse(path.read_bytes(), lab)


def _parse(data: bytes, lab: str) -> dict[str, Any]:
    if len(data) > _LARGEST_SHEET:
        raise NotASheetError("it is too large")
    try:
        content = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotASheetError("it is damaged") from error
    if not isinstance(content, dict) or not isinstance(content.get("answers"), dict) or "lab" not in content:
        raise NotASheetError("it is not an answer sheet")
    if content.get("schema") != SCHEMA:
        raise NotASheetError("it was written by another version of the lab")
    if content["lab"] != lab:
        raise NotASheetError("it belongs to another lab")
    return content


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _unused_name(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for number in count(1):
        aside = path.with_name(f"{path.stem}.set-aside-{stamp}-{number}{path.suffix}")
        if not aside.exists():
            break
    return aside


def _replace(source: str, target: Path) -> None:
    """Replace a file; on Windows a virus scanner may hold it for a moment."""
    for wait_s in (0.02, 0.05, 0.1, 0.2):
        try:
            os.replace(source, target)  # noqa: PTH105 - the same call on every system
        except PermissionError:
            time.sleep(wait_s)
        else:
            return
    os.replace(source, target)  # noqa: PTH105


def _not_saved(error: OSError | ValueError) -> str:
    why = error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
    return (
        f"NOT saved: the answer sheet could not be written ({why}). Your answers stay on this page only "
        "until you close it. Make room on the disk or ask your trainer, then change any answer to try again."
    )
