"""Writing and deleting course files so that nothing is lost or half-written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
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


def remove_tree(folder: Path) -> None:
    """Delete a folder of course state, also where nbgrader left its files read-only."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)
