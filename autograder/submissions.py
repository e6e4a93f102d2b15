"""Read what a learner handed in, without following anything out of the folder."""

from __future__ import annotations

import os
import stat
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import CourseError
from autograder.handin import submission_id, submitted_at
from autograder.results import Submission

MOST_FILES = 2000
MOST_BYTES = 200 * 1024 * 1024
_IGNORED_FOLDERS = {".ipynb_checkpoints", "__pycache__", ".git"}


def read_submission(path: Path, *, learner: str = "") -> Submission:
    """Read a submission folder, or a single notebook, into memory.

    Only ordinary files count. Symbolic and hard links, devices, pipes and names that not every system takes are left
    out, each with a sentence in `Submission.notes`.

    Parameters
    ----------
    path : Path
        ``submitted/<learner>/<assignment>``, or a notebook.
    learner : str
        Whose it is.

    Returns
    -------
    Submission
        Everything that was handed in.

    Raises
    ------
    CourseError
        If there is nothing at that path, or far too much.
    """
    if path.is_file() and not path.is_symlink():
        return Submission(learner or path.stem, {path.name: path.read_bytes()})
    if path.is_symlink() or not path.is_dir():
        raise CourseError(f"{path} is no folder with a submission.", "Collect first, or name another learner.")
    files: dict[str, bytes] = {}
    notes: list[str] = []
    left = MOST_BYTES
    for here, folders, names in os.walk(path):
        for name in [*folders]:
            if name in _IGNORED_FOLDERS or Path(here, name).is_symlink():
                folders.remove(name)
                if name not in _IGNORED_FOLDERS:
                    notes.append(f"{name!a} is a link; it was left out.")
        for name in sorted(names):
            file = Path(here, name)
            relative = file.relative_to(path).as_posix()
            if problem := _problem(file, relative):
                notes.append(f"{relative[:100]!a} {problem}; it was left out.")
                continue
            data = _contents(file, left)
            if data is None or len(files) >= MOST_FILES:
                notes.append(f"{relative[:100]!a} is more than a submission may hold; it was left out.")
                continue
            left -= len(data)
            files[unicodedata.normalize("NFC", relative)] = data
    when = submitted_at(path)
    timestamp = datetime.fromisoformat(when) if isinstance(when, str) and when else when if when else None
    if isinstance(timestamp, datetime) and timestamp.tzinfo is None:
        timestamp = timestamp.replace(tzinfo=UTC)
    return Submission(learner or path.parent.name, files, timestamp, tuple(notes[:20]), submission_id(path))


def _problem(file: Path, name: str) -> str:
    """Say why a file is left out; "" if it may stay."""
    found = file.lstat()
    if stat.S_ISLNK(found.st_mode):
        return "is a link"
    if not stat.S_ISREG(found.st_mode):
        return "is no ordinary file"
    if found.st_nlink > 1:
        return "is a second name of another file (a hard link)"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "has a name that is no text"
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in name):
        return "has invisible characters in its name"
    return ""


def _contents(file: Path, most: int) -> bytes | None:
    """Read a file; None if it is larger than `most` bytes. A link put in its place meanwhile is not followed."""
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(most + 1)
    return data if len(data) <= most else None
