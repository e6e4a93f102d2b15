"""A bot that comes as a zip file: unpacked with bounds into a folder of its own, and gone afterwards."""

import os
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from evaluators.chatbot._yaml import MAX_BYTES
from evaluators.chatbot.errors import BotFileError
from evaluators.errors import LabError

MAX_MEMBERS = 1_000
MAX_TOTAL_BYTES = 20_000_000
_ENDINGS = (".yml", ".yaml", ".md")
_PLAIN = re.compile(r"[^\x00-\x1f<>:\"|?*\\]{1,200}")


@contextmanager
def unpacked(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the folder of a bot, also of one that is packed in a zip file.

    Of a zip file, YAML and Markdown files are unpacked into a temporary folder; everything else in it stays where it
    is. Nothing of it is run.

    Parameters
    ----------
    path : path
        A ``.zip`` file; any other path is given back as it is.

    Yields
    ------
    Path
        The folder, valid until the end. If all files lie in one folder, that one.

    Raises
    ------
    BotFileError
        If the file is no zip file, is encrypted or damaged, holds no part of a bot, names files outside of itself, or
        is larger than a bot can be.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "brook.zip")
    ...     with zipfile.ZipFile(file, "w") as archive:
    ...         archive.writestr("brook/domain.yml", "intents: []")
    ...     with unpacked(file) as bot:
    ...         print(bot.name, [each.name for each in bot.iterdir()])
    brook ['domain.yml']
    """
    file = Path(path)
    if file.suffix.casefold() != ".zip" or file.is_dir():
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="hrlab-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary, file.stem or "bot")
        folder.mkdir()
        try:
            with zipfile.ZipFile(file) as archive:
                _unpack(archive, folder, file.name)
        except OSError as error:
            raise BotFileError(f"{file.name} cannot be read: {error.strerror or error}.", "Check the file.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
            if isinstance(error, BotFileError):
                raise
            raise BotFileError(
                f"{file.name} is no zip file that can be read.", "Pack the bot's folder again, without a password."
            ) from error
        inside = sorted(folder.iterdir())
        alone = len(inside) == 1 and inside[0].is_dir() and inside[0].name not in ("tests", "policies")
        try:
            yield inside[0] if alone else folder
        except LabError as error:  # a folder of ours means nothing to the reader
            shown = error.problem.replace(str(folder), file.name)
            error.problem, error.args = shown, (shown, error.hint)
            raise


def _unpack(archive: zipfile.ZipFile, folder: Path, name: str) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise BotFileError(f"{name} holds more than {MAX_MEMBERS:,} files.", "Pack the bot's folder alone.")
    total, taken = 0, set[str]()
    for member in members:
        place = PurePosixPath(member.filename)
        if member.is_dir() or place.suffix.casefold() not in _ENDINGS:
            continue
        if any(part.startswith((".", "__")) and part != ".." for part in place.parts):  # what systems add
            continue
        if place.is_absolute() or ".." in place.parts or not all(map(_PLAIN.fullmatch, place.parts)):
            raise BotFileError(f"{name} names a file outside of itself or oddly.", "Pack the bot's folder again.")
        if stat.S_ISLNK(member.external_attr >> 16) or place.as_posix().casefold() in taken:
            raise BotFileError(f"{name} holds a link, or a file twice.", "Pack the bot's folder again.")
        taken.add(place.as_posix().casefold())
        with archive.open(member) as packed:  # what the directory of the file says of its size can be a lie
            data = packed.read(MAX_BYTES + 1)
        total += len(data)
        if len(data) > MAX_BYTES or total > MAX_TOTAL_BYTES:
            raise BotFileError(
                f"{name} holds more than a bot can be.",
                f"A file has at most {MAX_BYTES // 1_000_000} MB, all have {MAX_TOTAL_BYTES // 1_000_000} MB.",
            )
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    if not taken:
        raise BotFileError(f"{name} holds no YAML file.", "Pack the folder with the bot's .yml files.")
