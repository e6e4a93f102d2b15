"""Writing and deleting course files so that nothing is lost or half-written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import CourseError


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turn a full disk or a read-only folder into a sentence that says what to do.

    Parameters
    ----------
    path : Path
        The file or folder that the block writes.

    Raises
    ------
    CourseError
        Whenever the block raises an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"Could not write {path}: {error.strerror or error}.",
            "Check that the folder exists, that you may write to it and that the disk is not full; nothing was lost.",
        ) from error


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; its folder is made when it is missing.

    Raises
    ------
    CourseError
        If the folder cannot be made or written to, or the disk is full.
    """
    temporary = path.with_name(f".{path.name}.part")
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def replace_tree(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder beside its place, then swap it in; what stood there is gone.

    Whatever breaks it off, `finish_replacing` brings the old folder or the new one back, whole.

    Parameters
    ----------
    folder : Path
        The folder; those above it are made when they are missing.
    files : mapping of str to bytes
        All it is to hold: relative POSIX path -> contents.

    Raises
    ------
    CourseError
        If it cannot be written, or the disk is full; the old folder stays.
    """
    fresh, old = _beside(folder)
    with writing_to(folder):
        finish_replacing(folder)
        try:
            fresh.mkdir(parents=True)
            for name, data in files.items():
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            if folder.exists():
                folder.rename(old)
            fresh.rename(folder)
        finally:
            finish_replacing(folder)


def finish_replacing(folder: Path) -> None:
    """Clear up after a `replace_tree` that was broken off: the folder is the old one or the new one."""
    fresh, old = _beside(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)
    for leftover in (fresh, old):
        if leftover.exists():
            remove_tree(leftover)


def _beside(folder: Path) -> tuple[Path, Path]:
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")


@contextmanager
def held_alone(folder: Path, *, problem: str, hint: str) -> Iterator[None]:
    """Let one process at a time into the block; a process that dies lets go.

    Parameters
    ----------
    folder : Path
        Any folder that exists; nothing is written. Where the system cannot hold one (Windows, some network drives),
        everybody gets in.
    problem, hint : str
        What a second process is told.

    Raises
    ------
    CourseError
        If another process is in there.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(problem, hint) from None
        except OSError:  # a drive without such locks
            pass
        yield
    finally:
        os.close(handle)


def remove_tree(folder: Path) -> None:
    """Delete a folder of course state, also where nbgrader left its files read-only."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)
