"""How a course is graded: command-line switches, and limits from ``grading.toml`` in the course folder."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.sandbox import Limits

FILE = "grading.toml"
_ON_CLUSTER = 64


@dataclass(frozen=True)
class Settings:
    """How to grade.

    Parameters
    ----------
    workers : int
        Submissions at a time; 0 for one each core.
    sandboxed : bool
        False runs learners' code without walls.
    strict : bool
        nbgrader's behaviour also where ours differs on purpose: anything on stderr scores 0, a deleted test stays
        deleted, a paragraph that a person scored waits for another look.
    limits : Limits
        What a submission may use.
    cluster : str
        Address of a Dask scheduler; "" grades on this machine.
    network : bool
        Whether cells reach the network.
    readable : tuple of Path
        Folders that cells may read besides Python's own and their own, such as a large data set.
    """

    workers: int = 0
    sandboxed: bool = True
    strict: bool = False
    limits: Limits = field(default_factory=Limits)
    cluster: str = ""
    network: bool = False
    readable: tuple[Path, ...] = ()

    @property
    def at_a_time(self) -> int:
        """Submissions that are graded at a time; a cluster gets enough to keep its workers busy."""
        return self.workers or (_ON_CLUSTER if self.cluster else os.cpu_count() or 1)


def read_settings(folder: Path, **switches: Any) -> Settings:
    """Read ``grading.toml`` of a course, if there is one.

    ```toml
    network = false                 # may cells reach the network?
    readable = ["/srv/large-data"]  # what cells may read besides what was handed in

    [limits]                        # the names and defaults are those of `autograder.sandbox.Limits`
    cell_s = 120
    memory_mb = 4096
    ```

    Parameters
    ----------
    folder : Path
        The course folder.
    **switches
        Fields of `Settings` that the command line gives.

    Returns
    -------
    Settings
        File and switches together.

    Raises
    ------
    CourseError
        If the file is no TOML, has a name or value that is not known, or lets cells read the course itself.
    """
    path = folder / FILE
    found: dict[str, Any] = {}
    if path.is_file():
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows' Notepad writes a mark first
        except (OSError, ValueError) as error:
            raise CourseError(f"{path} cannot be read: {error}.", "Write it as TOML, or delete it.") from error
    limits = _known(path, found.pop("limits", {}), [field.name for field in fields(Limits)], "[limits] ")
    _known(path, found, ["network", "readable"], "")
    if not isinstance(network := found.get("network", False), bool):
        raise CourseError(f"{path}: network is {network!r}.", "Write true or false.")
    readable = _readable(path, found.get("readable", []))
    try:
        bounds = Limits(**limits)
    except CourseError as error:
        raise CourseError(f"{path}: {error.problem}", error.hint) from None
    return Settings(limits=bounds, network=network, readable=readable, **switches)


def _readable(path: Path, places: Any) -> tuple[Path, ...]:
    """Return the folders that cells may read, absolute; a relative one begins at the course folder."""
    if not (isinstance(places, list) and all(isinstance(place, str) for place in places)):
        raise CourseError(f"{path}: readable is {places!r}.", 'Write a list of folders: readable = ["/srv/data"].')
    course = path.parent.resolve()
    found = []
    for name in places:
        place = (course / Path(name).expanduser()).resolve()
        if not place.exists():
            raise CourseError(f"{path}: readable names {name!r}, and there is no {place}.", "Write folders that exist.")
        if course.is_relative_to(place) or place.is_relative_to(course):
            raise CourseError(
                f"{path}: readable names {name!r}, where learners' code would find tests, keys or others' work.",
                "Put the data into a folder outside the course, and name that one.",
            )
        found.append(place)
    return tuple(found)


def _known(path: Path, table: Any, names: list[str], where: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise CourseError(f"{path}: limits is {table!r}.", "Write a table: [limits], then one line for each limit.")
    if strangers := sorted(table.keys() - set(names)):
        raise CourseError(
            f"{path}: {where}has no setting {', '.join(strangers)}.", f"The settings are: {', '.join(names)}."
        )
    return table
