"""What a session may use before it is stopped."""

from __future__ import annotations

from dataclasses import dataclass, fields

from autograder.errors import CourseError


@dataclass(frozen=True)
class Limits:
    """Bounds of one session; every one is a number above zero.

    Parameters
    ----------
    cpu_s : int
        CPU seconds of each process of the session.
    wall_s : float
        Wall seconds of a whole submission; the coordinator keeps this one.
    cell_s : float
        Wall seconds of one cell; the coordinator keeps this one.
    memory_mb : int
        Megabytes that all processes of the session hold together (their pages in memory and their files in /tmp).
    processes : int
        How many processes and threads may live at a time.
    file_mb : int
        Megabytes of the largest file.
    disk_mb : int
        Megabytes of all files together; they are in memory, and gone when the session ends.
    output_kb : int
        Kilobytes of text and pictures that one cell may put out; whoever runs the cells keeps this one.
    message_mb : int
        Megabytes of the largest message that crosses the channel, in either direction.

    Raises
    ------
    CourseError
        If a limit is not a number above zero.

    Examples
    --------
    >>> Limits(memory_mb=512).memory_mb
    512
    """

    cpu_s: int = 300
    wall_s: float = 900.0
    cell_s: float = 60.0
    memory_mb: int = 2048
    processes: int = 64
    file_mb: int = 100
    disk_mb: int = 512
    output_kb: int = 1000
    message_mb: int = 64

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            kinds = (int,) if field.type == "int" else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < 1e9:
                number = "whole number" if field.type == "int" else "number"
                raise CourseError(
                    f"The limit {field.name} is {value!r}.", f"Give a {number} above zero, as in `{field.default!r}`."
                )
