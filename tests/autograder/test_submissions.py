"""Reading what a learner handed in: nothing is followed out, nothing blocks, and what is left out is named."""

import os
import socket
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder import submissions
from autograder.errors import CourseError
from autograder.handin import checksum_of, submission_id, submitted_at
from autograder.submissions import read_submission

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and these names need POSIX")
NOTEBOOK = b'{"cells": []}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission of one notebook, beside a file that is none of the learner's business."""
    (tmp_path / "salaries.csv").write_text("private")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "keys.json").write_text("private")
    here = tmp_path / "submitted" / "ada" / "ps1"
    here.mkdir(parents=True)
    (here / "p1.ipynb").write_bytes(NOTEBOOK)
    return here


def test_an_ordinary_submission(folder: Path) -> None:
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "data" / "deep" / "log.csv").write_text("x")
    (folder / "timestamp.txt").write_text("2026-03-02 12:07:00.123456 UTC\n")
    found = read_submission(folder)
    assert found.learner == "ada"
    assert {name: data for name, data in found.files.items() if name != "timestamp.txt"} == {
        "p1.ipynb": NOTEBOOK,
        "data/deep/log.csv": b"x",
    }
    assert found.timestamp == datetime(2026, 3, 2, 12, 7, 0, 123456, tzinfo=UTC)
    assert found.id == "2026-03-02 12:07:00.123456 UTC"
    assert found.notes == ()


def test_a_single_notebook(folder: Path) -> None:
    found = read_submission(folder / "p1.ipynb")
    assert (found.learner, dict(found.files)) == ("p1", {"p1.ipynb": NOTEBOOK})


def test_what_jupyter_and_git_leave_behind_is_no_part_of_it(folder: Path) -> None:
    for name in (".ipynb_checkpoints", "__pycache__", "data/__pycache__", ".git"):
        (folder / name).mkdir(parents=True)
        (folder / name / "old.ipynb").write_bytes(NOTEBOOK)
    found = read_submission(folder)
    assert (set(found.files), found.notes) == ({"p1.ipynb"}, ())


def _link_to_a_file(folder: Path) -> None:
    (folder / "odd").symlink_to(folder.parents[2] / "salaries.csv")


def _link_to_a_folder(folder: Path) -> None:
    (folder / "odd").symlink_to(folder.parents[2] / "private", target_is_directory=True)


def _link_round_in_a_circle(folder: Path) -> None:
    (folder / "odd").symlink_to(folder, target_is_directory=True)


def _link_to_nothing(folder: Path) -> None:
    (folder / "odd").symlink_to("gone")


def _hard_link(folder: Path) -> None:
    os.link(folder.parents[2] / "salaries.csv", folder / "odd")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "odd")


def _socket(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("odd")
    finally:
        os.chdir(here)


ODD = {
    "link to a file": (_link_to_a_file, "'odd' is a link"),
    "link to a folder": (_link_to_a_folder, "'odd' is a link"),
    "link round in a circle": (_link_round_in_a_circle, "'odd' is a link"),
    "link to nothing": (_link_to_nothing, "'odd' is a link"),
    "hard link": (_hard_link, "'odd' is a second name of another file (a hard link)"),
    "pipe": (_pipe, "'odd' is no ordinary file"),
    "socket": (_socket, "'odd' is no ordinary file"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_ordinary_file_is_left_out_and_named(folder: Path, kind: str) -> None:
    make, said = ODD[kind]
    make(folder)
    found = read_submission(folder)
    assert dict(found.files) == {"p1.ipynb": NOTEBOOK}
    assert found.notes == (f"{said}; it was left out.",)


@pytest.mark.parametrize("kind", sorted(ODD.keys() - {"hard link"}))
@pytest.mark.parametrize("name", ["timestamp.txt", "handin.sha256"])
def test_nor_are_our_own_files_read_through_one(folder: Path, kind: str, name: str) -> None:
    (folder.parents[2] / "salaries.csv").write_text("2026-03-02 12:00:00 UTC")
    ODD[kind][0](folder)
    (folder / "odd").rename(folder / name)
    assert (submitted_at(folder), submission_id(folder)) == (None, "")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root makes device files")
def test_a_device_is_not_even_opened(folder: Path) -> None:
    try:
        os.mknod(folder / "odd", 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        pytest.skip("this container makes no device files")
    assert read_submission(folder).notes == ("'odd' is no ordinary file; it was left out.",)


# Names


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such file names")
def test_a_name_that_is_no_text(folder: Path) -> None:
    (folder / os.fsdecode(b"r\xe9sum\xe9.txt")).write_text("from an old archive")
    found = read_submission(folder)
    assert set(found.files) == {"p1.ipynb"}
    assert found.notes == (r"'r\udce9sum\udce9.txt' has a name that is no text; it was left out.",)
    found.notes[0].encode()  # it can be printed and stored


@pytest.mark.parametrize("name", ["cv\u202efdp.exe", "a\u200bb.csv", "a\nb.csv", "bell\a.csv"])
def test_a_name_with_invisible_characters(folder: Path, name: str) -> None:
    (folder / name).write_text("x")
    found = read_submission(folder)
    assert set(found.files) == {"p1.ipynb"}
    (note,) = found.notes
    assert "invisible characters in its name" in note
    assert note.isprintable()


@pytest.mark.parametrize("name", ["Lebenslauf Jörg.csv", "履歴書.csv", "سيرة.csv", "🙂.csv", "-rf.csv", "a'b.csv"])
def test_names_from_anywhere_are_fine(folder: Path, name: str) -> None:
    (folder / name).write_text("x")
    found = read_submission(folder)
    assert (set(found.files), found.notes) == ({"p1.ipynb", name}, ())


def test_names_from_a_mac_come_composed(folder: Path) -> None:
    (folder / unicodedata.normalize("NFD", "résumé.csv")).write_text("x")
    assert set(read_submission(folder).files) == {"p1.ipynb", "résumé.csv"}


def test_two_spellings_of_one_name_do_not_replace_each_other_in_silence(folder: Path) -> None:
    (folder / unicodedata.normalize("NFD", "résumé.csv")).write_text("decomposed")
    (folder / "résumé.csv").write_text("composed")
    if len(list(folder.iterdir())) < 3:
        pytest.skip("this file system holds one of the two names only")
    found = read_submission(folder)
    assert found.files["résumé.csv"] == b"composed"
    assert "the same name as another file" in found.notes[0]


# Too much, not readable, gone


def test_more_bytes_than_a_submission_may_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "MOST_BYTES", 1000)
    (folder / "fits.bin").write_bytes(bytes(900))
    (folder / "last.bin").write_bytes(bytes(200))
    found = read_submission(folder)
    assert set(found.files) == {"fits.bin", "p1.ipynb"}
    assert found.notes == ("'last.bin' is more than a submission may hold; it was left out.",)


def test_a_huge_file_is_not_read(folder: Path) -> None:
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no place on the disk
    assert read_submission(folder).notes == ("'huge.bin' is more than a submission may hold; it was left out.",)
    with pytest.raises(CourseError, match="more than a submission may hold"):
        read_submission(folder / "huge.bin")


def test_more_files_than_a_submission_may_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "MOST_FILES", 5)
    for number in range(20):
        (folder / f"z{number:02}.txt").write_text("x")
    found = read_submission(folder)
    assert len(found.files) == 5
    assert found.notes == ("More than 5 files were handed in; the others were left out.",)


def test_many_odd_files_are_counted_not_listed(folder: Path) -> None:
    for number in range(50):
        (folder / f"link{number:02}").symlink_to("/etc/passwd")
    notes = read_submission(folder).notes
    assert len(notes) == submissions.MOST_NOTES + 1
    assert notes[-1] == "30 more were left out."


def test_folders_without_end(folder: Path) -> None:
    """Deeper than Python calls functions: what a learner can make with a loop must not end the whole run."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    try:
        found = read_submission(folder)
    finally:  # pytest clears up runs of long ago with a function that calls itself, and would end a later run
        subprocess.run(["rm", "-rf", folder / "d"], check=True)
    assert set(found.files) == {"p1.ipynb"}
    assert "lies too deep" in found.notes[0]


def test_a_file_that_may_not_be_read_takes_nothing_else_with_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "locked.csv").write_text("x")
    real = os.open

    def refusing(path: Path, *args: int, **kwargs: int) -> int:
        if Path(path).name == "locked.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    if os.geteuid() == 0:  # root may read everything
        monkeypatch.setattr("autograder.submissions.os.open", refusing)
    (folder / "locked.csv").chmod(0)
    found = read_submission(folder)
    assert dict(found.files) == {"p1.ipynb": NOTEBOOK}
    assert found.notes == ("'locked.csv' cannot be read (Permission denied); it was left out.",)


def test_a_file_that_vanishes_meanwhile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.csv").write_text("x")
    (folder / "b.csv").write_text("x")
    real = submissions._contents

    def vanishing(file: Path, most: int) -> bytes | str:
        (folder / "b.csv").unlink(missing_ok=True)
        return real(file, most)

    monkeypatch.setattr(submissions, "_contents", vanishing)
    found = read_submission(folder)
    assert set(found.files) == {"a.csv", "p1.ipynb"}
    assert found.notes == ("'b.csv' cannot be read (No such file or directory); it was left out.",)


def test_a_pipe_put_in_the_place_of_a_file_meanwhile_does_not_block(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text("x")
    real = os.open

    def swapping(path: Path, *args: int, **kwargs: int) -> int:
        if Path(path).name == "a.csv":
            Path(path).unlink()
            os.mkfifo(path)
        return real(path, *args, **kwargs)

    monkeypatch.setattr("autograder.submissions.os.open", swapping)
    assert read_submission(folder).notes == ("'a.csv' is no ordinary file; it was left out.",)


def test_a_folder_that_cannot_be_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "data").mkdir()
    real = os.scandir

    def refusing(path: Path) -> object:
        if Path(path).name == "data":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr("autograder.submissions.os.scandir", refusing)
    found = read_submission(folder)
    assert (set(found.files), found.notes) == ({"p1.ipynb"}, ("'data' cannot be read (Permission denied).",))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no folder with a submission"):
        read_submission(tmp_path / "gone")
    (tmp_path / "there").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "there")
    with pytest.raises(CourseError, match="no folder with a submission"):
        read_submission(tmp_path / "linked")


# Which hand-in it is, and when it came


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-03-02 12:00:00.000000 UTC", 12),
        ("2026-03-02 12:00:00 UTC", 12),
        ("2026-03-02 12:00:00.000000 Europe/Brussels", 11),  # nbgrader's exchange can be set to a zone
        ("yesterday", None),
        ("", None),
        ("12", None),
    ],
)
def test_when_it_came(folder: Path, text: str, hour: int | None) -> None:
    (folder / "timestamp.txt").write_text(text)
    assert submitted_at(folder) == (None if hour is None else datetime(2026, 3, 2, hour, tzinfo=UTC))


@pytest.mark.parametrize("text", ["../../../../srv/www/index", "0" * 63, "0" * 64 + "/..", "G" * 64, ""])
def test_only_a_checksum_is_taken_for_one(folder: Path, text: str) -> None:
    """By nbgrader's own exchange a learner can hand in a file of that name, and feedback is filed under it."""
    (folder / "handin.sha256").write_text(text)
    (folder / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC")
    assert checksum_of(folder) == ""
    assert submission_id(folder) == "2026-03-02 12:00:00 UTC"
    (folder / "handin.sha256").write_text("a" * 64 + "\n")
    assert checksum_of(folder) == submission_id(folder) == "a" * 64
