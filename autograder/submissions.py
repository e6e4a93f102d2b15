"""Read what a learner handed in, without following anything out of the folder."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import CourseError
from autograder.handin import submission_id, submitted_at
from autograder.results import Submission

MOST_FILES = 2000
MOST_BYTES = 200 * 1024 * 1024
MOST_FOLDERS_DEEP = 30
MOST_NOTES = 20
_IGNORED_FOLDERS = {".ipynb_checkpoints", "__pycache__", ".git"}


def read_submission(path: Path, *, learner: str = "") -> Submission:
    """Read a submission folder, or a single notebook, into memory.

    Only ordinary files count. Symbolic and hard links, devices, pipes, files that cannot be read and names that not
    every system takes are left out, each with a sentence in `Submission.notes`. Names are in Unicode's composed form.

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
        data = _contents(path, MOST_BYTES)
        if isinstance(data, str):
            raise CourseError(f"{path} {data}.", "Name another file.")
        return Submission(learner or path.stem, {path.name: data})
    if path.is_symlink() or not path.is_dir():
        raise CourseError(f"{path} is no folder with a submission.", "Collect first, or name another learner.")
    files: dict[str, bytes] = {}
    notes: list[str] = []
    left = MOST_BYTES
    for name, problem in _walk(path, notes):
        composed = unicodedata.normalize("NFC", name)
        if not problem and composed in files:
            problem = "has the same name as another file on some systems"
        if not problem and len(files) >= MOST_FILES:
            notes.append(f"More than {MOST_FILES} files were handed in; the others were left out.")
            break
        data = problem or _contents(path / name, left)
        if isinstance(data, str):
            notes.append(f"{name[:100]!r} {data}; it was left out.")
        else:
            left -= len(data)
            files[composed] = data
    if len(notes) > MOST_NOTES:
        notes[MOST_NOTES:] = [f"{len(notes) - MOST_NOTES} more were left out."]
    return Submission(learner or path.parent.name, files, submitted_at(path), tuple(notes), submission_id(path))


def _walk(top: Path, notes: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each file's relative name and why it is left out, "" if it may stay; sorted, composed names first."""
    folders = [top]
    while folders:
        here = folders.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: (_is_decomposed(entry.name), entry.name))
        except OSError as error:
            notes.append(f"{here.relative_to(top).as_posix()[:100]!r} cannot be read ({error.strerror}).")
            continue
        inner = []
        for entry in entries:
            name = Path(entry.path).relative_to(top).as_posix()
            if not entry.is_dir(follow_symlinks=False):
                yield name, _problem(Path(entry.path), name)
            elif entry.name in _IGNORED_FOLDERS:
                continue
            elif name.count("/") >= MOST_FOLDERS_DEEP:
                notes.append(f"{name[:100]!r} lies too deep; it was left out.")
            else:
                inner.append(Path(entry.path))
        folders += reversed(inner)


def _is_decomposed(name: str) -> bool:
    return not unicodedata.is_normalized("NFC", name)


def _problem(file: Path, name: str) -> str:
    """Say why a file is left out; "" if it may stay."""
    if stat.S_ISLNK(_mode(file)):
        return "is a link"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "has a name that is no text"
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in name):
        return "has invisible characters in its name"
    return ""


def _mode(file: Path) -> int:
    try:
        return file.lstat().st_mode
    except OSError:  # it is gone; reading it says so
        return 0


def _contents(file: Path, most: int) -> bytes | str:
    """Read an ordinary file, or say why not; nothing is followed or waited for, also if it is swapped meanwhile."""
    try:
        before = file.lstat()
        if not stat.S_ISREG(before.st_mode):  # opening a device can do something
            return "is no ordinary file"
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                return "is no ordinary file"
            if found.st_nlink > 1:
                return "is a second name of another file (a hard link)"
            data = stream.read(most + 1) if found.st_size <= most else None
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "is more than a submission may hold" if data is None or len(data) > most else data
