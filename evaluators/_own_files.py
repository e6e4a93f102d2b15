"""What kind of file somebody brings, in which encoding, and a checksum of it."""

import codecs
import gzip
import hashlib
import zlib
from pathlib import Path
from typing import IO

from evaluators.errors import LabError

SAVE_AGAIN = 'Open it in the program that made it and save it as "Excel workbook (.xlsx)" or "CSV UTF-8".'
LOCKED_HINT = "Close it in other programs, such as Excel, and check that you may read it."
_TEXT, _PARQUET, _EXCEL = (".csv", ".tsv", ".txt"), (".parquet", ".pq"), (".xlsx", ".xlsm")
_PIECE = 1 << 20


class TableError(LabError, ValueError):
    """A file of people's own that cannot be read as a table: missing, locked, empty, damaged or of another kind."""


def kind_of(file: Path) -> str:
    """Say what kind of file it is, and refuse what is not what its name says."""
    if not file.exists():
        raise TableError(f"There is no file {file}.", "Check the spelling and the folder.")
    if file.is_dir():
        raise TableError(f"{file} is a folder.", "Name one file.")
    if not file.stat().st_size:
        raise TableError(f"{file} is empty.", "Export it again.")
    try:
        with file.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise TableError(f"{file} cannot be opened: {error.strerror or error}.", LOCKED_HINT) from error
    name = file.name.casefold().removesuffix(".gz")
    zipped = file.name.casefold().endswith(".gz")
    if name.endswith(_PARQUET) and not zipped:
        if start[:4] != b"PAR1":
            raise TableError(f"{file} is no Parquet file, whatever its name says.", "Export it again.")
        return "Parquet"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(f"{file} is a workbook with a password, or one of the old kind (.xls).", SAVE_AGAIN)
    if name.endswith(_EXCEL) and not zipped:
        if not start.startswith(b"PK"):
            raise TableError(f"{file} is no Excel workbook, whatever its name says.", SAVE_AGAIN)
        return "Excel"
    if name.endswith(_TEXT):
        if start.startswith(b"PK"):
            raise TableError(f"{file} is no text but a workbook or an archive.", "If it is Excel, name it .xlsx.")
        return "CSV"
    raise TableError(
        f"{file} is neither CSV nor Excel nor Parquet.",
        f"Names of files that can be read end in {', '.join((*_TEXT, *_EXCEL, *_PARQUET))}.",
    )


def checksum(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _opened(file: Path) -> IO[bytes]:
    return gzip.open(file) if file.suffix.casefold() == ".gz" else file.open("rb")  # type: ignore[return-value]


def find_encoding(file: Path) -> str:
    """Find out the encoding of a text file from all its bytes."""
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp1252")}
    try:
        with _opened(file) as stream:
            start = stream.read(_PIECE)
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            if b"\0" in start:  # text has none, but for UTF-16, where every second byte of Latin letters is one
                even, odd = start[::2].count(0), start[1::2].count(0)
                if max(even, odd) * 4 > len(start) and min(even, odd) * 20 < max(even, odd):
                    return "utf-16-be" if even > odd else "utf-16-le"
                raise TableError(f"{file} is no text.", SAVE_AGAIN)
            piece = start
            while decoders:
                for name in list(decoders):
                    try:
                        decoders[name].decode(piece, final=not piece)
                    except UnicodeDecodeError:
                        del decoders[name]
                if not piece:
                    break
                piece = stream.read(_PIECE)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TableError(f"{file} cannot be unpacked: {error}.", "Export it again.") from error
    if not decoders:
        raise TableError(
            f"{file} is neither UTF-8 nor UTF-16 nor Windows-1252.",
            'Save it as "CSV UTF-8", or name its encoding with --encoding, such as latin-1.',
        )
    return next(iter(decoders))
