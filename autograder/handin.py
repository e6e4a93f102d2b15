"""Hand-ins: a learner's lab folder as one zip file with a manifest, and the receipt for it.

One path for every system: nbgrader's exchange needs POSIX permissions and folder names with colons, so it does not
work on Windows. A zip file can be dropped into the course's shared folder, mailed or uploaded to an LMS, and is checked
when the trainer collects it.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from autograder.course import Course, check_id
from autograder.errors import CourseError
from autograder.files import remove_tree, write_atomically, writing_to
from autograder.roster import roster_of

MANIFEST = "handin.json"
MAX_BYTES = 50_000_000  # of all files together, unpacked
MAX_FILES = 500
_OURS = {MANIFEST, "timestamp.txt", "handin.sha256"}  # written when a hand-in is collected
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)  # on Windows


class Manifest(BaseModel):
    """What a hand-in says about itself; the zip file's first member."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = 1
    course: str
    lab: str
    learner: str
    handed_in_at: AwareDatetime
    files: dict[str, str]  # name -> sha256


@dataclass(frozen=True)
class Receipt:
    """What a learner keeps: proof of what was handed in and when.

    Parameters
    ----------
    manifest : Manifest
        Course, lab, learner, time and files.
    sha256 : str
        Checksum of the zip file, 64 hexadecimal digits.
    path : Path
        The copy that stays with the learner.
    delivered : bool
        True where it also lies in the course's shared folder; otherwise the learner still has to send the file.
    """

    manifest: Manifest
    sha256: str
    path: Path
    delivered: bool


def pack(folder: Path, *, course: str, lab: str, learner: str, now: datetime) -> tuple[Manifest, bytes]:
    """Put a learner's lab folder into a zip file.

    Parameters
    ----------
    folder : Path
        Holds ``<lab>.ipynb`` and, if a question was answered, ``answers.json``. Hidden files and links are left out.
    course, lab, learner : str
        Ids for the manifest.
    now : datetime
        Time of the hand-in, with a time zone.

    Returns
    -------
    manifest : Manifest
        What the zip file says about itself.
    data : bytes
        The zip file; the same input gives the same bytes.

    Raises
    ------
    CourseError
        If the lab's notebook is missing or the files are more or larger than a hand-in may be.
    """
    check_id(learner, "learner id")
    paths = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if path.is_file() and not path.is_symlink() and not hidden and name not in _OURS:
            paths[name] = path
    if f"{lab}.ipynb" not in paths:
        raise CourseError(f"{folder} holds no {lab}.ipynb.", "Fetch the lab first, on the start page.")
    if problem := _problem_with_names(list(paths)):
        raise CourseError(f"{folder}: {problem}.", "Give the file another name, or move it out of the lab's folder.")
    size = sum(path.stat().st_size for path in paths.values())
    if len(paths) > MAX_FILES or size > MAX_BYTES:
        raise CourseError(
            f"{folder} holds {len(paths)} files, {size / 1e6:.0f} MB: too much to hand in.",
            f"At most {MAX_FILES} files and {MAX_BYTES / 1e6:.0f} MB; move away what is not part of the lab.",
        )
    files = {name: path.read_bytes() for name, path in paths.items()}
    manifest = Manifest(
        course=course,
        lab=lab,
        learner=learner,
        handed_in_at=now.astimezone(UTC),
        files={name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {MANIFEST: manifest.model_dump_json(indent=1).encode(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return manifest, stream.getvalue()


def hand_in(folder: Path, *, course: str, lab: str, learner: str, keep: Path, shared: Path | None) -> Receipt:
    """Hand a lab in: keep a copy with the learner and put one into the course's shared folder.

    Parameters
    ----------
    folder : Path
        The learner's lab folder.
    course, lab, learner : str
        Ids for the manifest.
    keep : Path
        Folder for the learner's own copy.
    shared : Path or None
        The course's ``handins`` folder; None where this machine does not see it.

    Returns
    -------
    Receipt
        Time, checksum and where the copy lies.

    Raises
    ------
    CourseError
        If there is nothing to hand in or a file cannot be written; an earlier hand-in stays as it is.
    """
    manifest, data = pack(folder, course=course, lab=lab, learner=learner, now=datetime.now(UTC))
    sha256 = hashlib.sha256(data).hexdigest()
    name = f"{learner}+{lab}+{manifest.handed_in_at:%Y%m%dT%H%M%S%fZ}+{sha256[:8]}.zip"
    write_atomically(keep / name, data)
    if shared is not None:
        write_atomically(shared / name, data)
    return Receipt(manifest, sha256, keep / name, delivered=shared is not None)


def read_handin(path: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Read and check a hand-in.

    Parameters
    ----------
    path : Path
        The zip file, from anybody.

    Returns
    -------
    manifest : Manifest
        What it says about itself; every file matches its checksum.
    files : dict of str to bytes
        Relative POSIX path -> content, the manifest left out.

    Raises
    ------
    CourseError
        If it is not a zip file, too large, has no valid manifest, a file differs from its checksum or a name would
        lead out of the folder.
    """
    hint = "Ask the learner to hand in again from the start page; the file was left where it is."
    try:
        contents = _unzip(path)
        manifest = Manifest.model_validate_json(contents.pop(MANIFEST, b""))
        for value, what in ((manifest.learner, "learner id"), (manifest.lab, "lab name")):
            check_id(value, what)
    except ValidationError as error:
        raise CourseError(f"{path.name} cannot be collected: its {MANIFEST} is missing or malformed.", hint) from error
    except CourseError as error:
        raise CourseError(f"{path.name} cannot be collected: {error.problem}", hint) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise CourseError(f"{path.name} cannot be collected: it is damaged ({error}).", hint) from error
    if problem := _problem_with_names(list(contents)):
        raise CourseError(f"{path.name} cannot be collected: {problem}.", hint)
    for name, data in contents.items():
        if manifest.files.get(name) != hashlib.sha256(data).hexdigest():
            raise CourseError(f"{path.name}: {name} is not what the manifest says was handed in.", hint)
    if f"{manifest.lab}.ipynb" not in contents or set(manifest.files) != set(contents):
        raise CourseError(f"{path.name}: files that the manifest names are missing.", hint)
    return manifest, contents


def _unzip(path: Path) -> dict[str, bytes]:
    """Read a zip file into memory, never more of it than a hand-in may hold."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_FILES + 1 or sum(member.file_size for member in members) > MAX_BYTES + 100_000:
            raise CourseError("it is larger than a hand-in may be.", "")
        contents = {}
        for member in members:
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise CourseError(f"{member.filename!r} is packed in a way that no hand-in is.", "")
            with archive.open(member) as stream:
                data = stream.read(member.file_size + 1)  # bounded, whatever the header promises
            if len(data) != member.file_size:
                raise zipfile.BadZipFile(f"{member.filename!r} is not as long as it says")
            contents[member.filename] = data
    return contents


def _problem_with_names(names: list[str]) -> str:
    """Say which file name could not be unpacked on every system, or would lead out of its folder; "" if none."""
    files = {_folded(name) for name in names}
    spelt: dict[str, str] = {}  # as systems compare names that ignore case and accents' encoding -> as it is written
    for name in names:
        parts = name.split("/")
        if "" in parts or ".." in parts or "." in parts or _folded(parts[0]) in _OURS:
            return f"the name {name!r} would lead out of the folder or over a file of the grader"
        if set(name) & set('\\:*?"<>|') or not name.isprintable() or any(_for_few_systems(part) for part in parts):
            return f"the name {name!r} does not work on every system"
        paths = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
        if any(_folded(path) in files for path in paths[:-1]):
            return f"the name {name!r} uses a file as a folder"
        for path in paths:
            other = spelt.setdefault(_folded(path), path)
            if other != path:
                how = "how accents are stored" if _nfc(other) == _nfc(path) else "upper and lower case"
                return f"the names {other!r} and {path!r} differ only in {how}: one name on other computers"
    return ""


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    """Return a name as macOS and Windows compare it."""
    return _nfc(_nfc(name).casefold())


def _for_few_systems(part: str) -> bool:
    """Tell whether a file or folder name is one that Windows keeps for itself, changes or cannot hold."""
    return bool(_DEVICE.fullmatch(part)) or part.endswith((".", " ")) or len(part.encode()) > 200


@dataclass(frozen=True)
class Collected:
    """What a collection found.

    Parameters
    ----------
    lab : str
        The lab.
    new : tuple of str
        Learners whose hand-in is new or newer than the one collected before.
    unchanged : tuple of str
        Learners whose newest hand-in had been collected already.
    problems : tuple of str
        A sentence for each file that was left where it is.
    """

    lab: str
    new: tuple[str, ...]
    unchanged: tuple[str, ...]
    problems: tuple[str, ...]


def collect(course: Course, lab: str, *, folders: list[Path] | None = None, again: bool = False) -> Collected:
    """Bring each learner's newest hand-in into nbgrader's ``submitted`` folder.

    Parameters
    ----------
    course : Course
        The course.
    lab : str
        The lab.
    folders : list of Path, optional
        More places to look for hand-ins, such as an unpacked download of an LMS; the course's shared folder is always
        searched. What learners submitted through nbgrader's own exchange is collected too.
    again : bool
        Collect also what was handed in anew after its learner had got feedback.

    Returns
    -------
    Collected
        Who is new, who is unchanged, and what could not be collected.
    """
    roster = roster_of(course)
    newest: dict[str, tuple[datetime, Path]] = {}
    problems = []
    for folder in [course.handins, *(folders or [])]:
        if not folder.is_dir():
            raise CourseError(f"There is no folder {folder}.", "Check the path given with --from.")
        for path in sorted(folder.rglob("*.zip")):
            try:
                manifest, _ = read_handin(path)
            except CourseError as error:
                if f"+{lab}+" in path.name or "+" not in path.name:
                    problems.append(error.problem)
                continue
            if manifest.lab != lab:
                continue
            if manifest.course != course.id:
                problems.append(f"{path.name} is for the course {manifest.course!r}, not for {course.id!r}.")
            elif roster and manifest.learner not in roster:
                problems.append(f"{path.name}: {manifest.learner!r} is not on the roster.")
            else:
                # A learner's clock may be ahead; a file cannot have been made after it arrived.
                when = min(manifest.handed_in_at, datetime.fromtimestamp(path.stat().st_mtime, UTC))
                newest[manifest.learner] = max((when, path), newest.get(manifest.learner, (when, path)))
    new, unchanged = [], []
    for learner, (when, path) in sorted(newest.items()):
        target = course.folder("submitted") / learner / lab
        collected = submitted_at(target)
        if collected is not None and (when <= collected or _sha256(path) == submission_id(target)):
            unchanged.append(learner)
        elif not again and collected is not None and course.notebook("feedback", lab, learner).parent.exists():
            problems.append(f"{path.name} came after the feedback, which tells what is right; --again collects it.")
        else:
            _store(target, path, when)
            new.append(learner)
    if any((course.exchange / "inbound").glob(f"*+{lab}+*")):  # learners of a hub, with nbgrader's own Submit
        before = {learner: submitted_at(course.folder("submitted") / learner / lab) for learner in [*new, *unchanged]}
        course.call("collect", lab)
        new += [name for name in course.learners_with("submitted", lab) if name not in before]
    return Collected(lab, tuple(new), tuple(unchanged), tuple(problems))


def submission_id(folder: Path) -> str:
    """Return what tells this submission from the learner's other ones: its checksum, else its time, else ""."""
    return checksum_of(folder) or _line(folder / "timestamp.txt")


def checksum_of(folder: Path) -> str:
    """Return the checksum of the collected hand-in file, "" where the submission came another way.

    A learner who submits by nbgrader's own exchange can bring a file of that name, so only a checksum is taken from it.
    """
    text = _line(folder / "handin.sha256")
    return text if re.fullmatch("[0-9a-f]{64}", text) else ""


def _line(path: Path) -> str:
    """Return a small text file's content; "" if there is none, or it is a link, a pipe or something else odd."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return ""
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            return stream.read(200).decode(errors="replace").strip()
    except OSError:
        return ""


def submitted_at(folder: Path) -> datetime | None:
    """Return when the submission in this folder was handed in (UTC), None if unknown."""
    text = _line(folder / "timestamp.txt")
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=UTC)
    except ValueError:
        if not re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d", text):
            return None
    from nbgrader.utils import parse_utc  # slow, and needed only where an exchange writes another zone

    try:
        when: datetime = parse_utc(text).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return when


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _store(target: Path, handin: Path, when: datetime) -> None:
    """Write a submission folder beside its place, then swap it in."""
    manifest, files = read_handin(handin)
    fresh, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
    with writing_to(target):
        for leftover in (fresh, old):
            if leftover.exists():
                remove_tree(leftover)
        for name, data in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (fresh / "timestamp.txt").write_text(f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC", encoding="utf-8")
        (fresh / MANIFEST).write_text(
            manifest.model_copy(update={"files": {}}).model_dump_json() + "\n", encoding="utf-8"
        )
        (fresh / "handin.sha256").write_text(_sha256(handin) + "\n", encoding="utf-8")
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
        if old.exists():
            remove_tree(old)
