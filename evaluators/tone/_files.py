"""Write a file whole or not at all."""

from pathlib import Path

from evaluators.tone.errors import RatingsError


def write_whole(path: Path, text: str) -> None:
    """Write UTF-8 with the same line ends on every system; the folder is made when it is missing.

    Raises
    ------
    RatingsError
        If the folder cannot be made or written to, or the disk is full; what was there before stays.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise RatingsError(f"{path} cannot be written: {error.strerror or error}.", "Name another place.") from error
