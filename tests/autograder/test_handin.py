import errno
import hashlib
import io
import json
import os
import sys
import tracemalloc
import unicodedata
import zipfile
import zlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import nbformat
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nbgrader.utils import parse_utc

from autograder import handin
from autograder.course import Course
from autograder.errors import CourseError
from autograder.handin import (
    MANIFEST,
    Manifest,
    collect,
    hand_in,
    pack,
    read_handin,
    submitted_at,
    write_atomically,
)

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
NOTEBOOK = b'{"cells": []}'
ANSWERS = b'{"schema": 1}'


def lab_folder(folder, **more):
    files = {"audit.ipynb": NOTEBOOK, "answers.json": ANSWERS, **more}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def packed(folder, *, learner="maria", now=NOON, course="hr-2026"):
    return pack(folder, course=course, lab="audit", learner=learner, now=now)


def zipped(path, files, *, manifest=(), listed=None, raw_manifest=None, method=zipfile.ZIP_DEFLATED):
    """Write a hand-in by hand: any file names, any manifest."""
    listed = files if listed is None else listed
    content = {
        "schema_version": 1,
        "course": "hr-2026",
        "lab": "audit",
        "learner": "maria",
        "handed_in_at": NOON.isoformat(),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in listed.items()},
        **dict(manifest),
    }
    with zipfile.ZipFile(path, "w", method) as archive:
        if raw_manifest is not False:
            archive.writestr(MANIFEST, raw_manifest or json.dumps(content))
        for name, data in files.items():
            member = zipfile.ZipInfo("placeholder")
            member.filename = name  # ZipInfo(name) would tidy it up
            archive.writestr(member, data, method)
    return path


# Packing


def test_the_same_input_gives_the_same_bytes(tmp_path):
    one = lab_folder(tmp_path / "one", **{"b.txt": b"2", "a.txt": b"1"})
    two = lab_folder(tmp_path / "two", **{"a.txt": b"1", "b.txt": b"2"})
    os.utime(two / "a.txt", (0, 0))
    assert packed(one) == packed(two)
    assert packed(one)[1] == packed(one, now=NOON.astimezone(timezone(timedelta(hours=5))))[1]
    assert packed(one)[1] != packed(one, learner="jon")[1]


def test_what_a_hand_in_says_about_itself(tmp_path):
    manifest, data = packed(lab_folder(tmp_path / "audit", **{"data/log.csv": b"x"}))
    assert (manifest.course, manifest.lab, manifest.learner) == ("hr-2026", "audit", "maria")
    assert manifest.handed_in_at == NOON
    assert manifest.files == {
        "answers.json": hashlib.sha256(ANSWERS).hexdigest(),
        "audit.ipynb": hashlib.sha256(NOTEBOOK).hexdigest(),
        "data/log.csv": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",  # sha256 of "x", published
    }
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [MANIFEST, "answers.json", "audit.ipynb", "data/log.csv"]


def test_what_is_left_out(tmp_path):
    folder = lab_folder(
        tmp_path / "audit",
        **{
            ".ipynb_checkpoints/audit-checkpoint.ipynb": b"old",
            ".secret": b"token",
            "data/.DS_Store": b"mac",
            MANIFEST: b"forged",
            "timestamp.txt": b"forged",
            "kept.txt": b"kept",
        },
    )
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "salaries.csv").write_bytes(b"private")
    (folder / "link.csv").symlink_to(tmp_path / "outside" / "salaries.csv")
    (folder / "linked").symlink_to(tmp_path / "outside", target_is_directory=True)
    manifest, _ = packed(folder)
    assert set(manifest.files) == {"audit.ipynb", "answers.json", "kept.txt"}


@pytest.mark.parametrize(
    ("limit", "value", "more"),
    [("MAX_BYTES", 1000, {"large.bin": bytes(1001)}), ("MAX_FILES", 3, {"a": b"", "b": b""})],
)
def test_too_much_is_refused(tmp_path, monkeypatch, limit, value, more):
    monkeypatch.setattr(handin, limit, value)
    packed(lab_folder(tmp_path / "fine"))
    with pytest.raises(CourseError, match="too much to hand in"):
        packed(lab_folder(tmp_path / "large", **more))


def test_a_folder_without_the_notebook_is_refused(tmp_path):
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "answers.json").write_bytes(ANSWERS)
    with pytest.raises(CourseError, match=r"holds no audit\.ipynb"):
        packed(tmp_path / "audit")


def test_a_malformed_learner_id_is_refused(tmp_path):
    with pytest.raises(CourseError, match="learner id"):
        packed(lab_folder(tmp_path / "audit"), learner="../maria")


# What is packed can be read


def only_one_each(files):
    """Whether the names stay apart where case and accents' encoding do not count."""
    return len({unicodedata.normalize("NFC", name).casefold() for name in files}) == len(files)


names = st.text("abcABC019 _-.äß公🙂", min_size=1, max_size=12).filter(
    lambda name: not name.startswith((".", " ")) and not name.endswith((".", " "))
)
taken = {"audit.ipynb", "answers.json", MANIFEST, "timestamp.txt"}


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(names.filter(lambda name: name not in taken), st.binary(max_size=200), max_size=4))
def test_what_was_packed_is_read_back(tmp_path_factory, files):
    assume(only_one_each(files))
    folder = lab_folder(tmp_path_factory.mktemp("lab"), **files)
    manifest, data = packed(folder)
    path = folder.parent / f"{folder.name}.zip"
    path.write_bytes(data)
    found, contents = read_handin(path)
    assert found == manifest
    assert contents == {"audit.ipynb": NOTEBOOK, "answers.json": ANSWERS, **files}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
@pytest.mark.parametrize(
    "name",
    [
        "memo: draft.txt",
        "why?.md",
        'a "quote".txt',
        "a\\b.txt",
        "nul",
        "con.csv",
        "dot.",
        "space ",
        "COM1",
        "prn.d/x.csv",
    ],
)
def test_a_file_name_that_other_systems_refuse_does_not_spoil_the_hand_in(tmp_path, name):
    """A learner either learns of it before handing in, or the hand-in can be collected."""
    folder = lab_folder(tmp_path / "audit", **{name: b"mine"})
    found = refusal_or_files(folder, tmp_path / "x.zip")
    assert name in found or repr(name) in found


def refusal_or_files(folder, path):
    try:
        path.write_bytes(packed(folder)[1])
    except CourseError as error:
        return error.problem
    return read_handin(path)[1]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such file names")
def test_a_file_name_that_is_not_unicode_does_not_end_in_a_traceback(tmp_path):
    folder = lab_folder(tmp_path / "audit")
    (folder / os.fsdecode(b"r\xe9sum\xe9.txt")).write_bytes(b"from an old archive")
    assert "sum" in str(refusal_or_files(folder, tmp_path / "x.zip"))


TWINS = {
    "case": ("data.csv", "DATA.csv", "only in upper and lower case"),
    "case-of-a-folder": ("data/x.csv", "Data/y.csv", "only in upper and lower case"),
    "accents": ("r\u00e9sum\u00e9.csv", "re\u0301sume\u0301.csv", "only in how accents are stored"),
    "both": ("\u00e9t\u00e9.csv", "E\u0301te\u0301.csv", "only in upper and lower case"),
    "sharp-s": ("Stra\u00dfe.csv", "STRASSE.csv", "only in upper and lower case"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the two names are one file already")
@pytest.mark.parametrize("kind", TWINS)
def test_names_that_are_one_file_elsewhere_are_told_apart_before_they_are_handed_in(tmp_path, kind):
    """Collected on macOS or Windows, one of the two would be lost without a word."""
    first, second, said = TWINS[kind]
    folder = lab_folder(tmp_path / "audit", **{first: b"1", second: b"2"})
    with pytest.raises(CourseError, match=said) as caught:
        packed(folder)
    assert "Give the file another name" in caught.value.hint


@pytest.mark.parametrize("name", ["console.csv", "com.csv", "com10.csv", "nully.txt", "auxiliary/x.csv", "a.con"])
def test_names_that_only_look_like_devices_are_fine(tmp_path, name):
    path = tmp_path / "x.zip"
    path.write_bytes(packed(lab_folder(tmp_path / "audit", **{name: b"1"}))[1])
    assert name in read_handin(path)[1]


# Handing in


def test_a_hand_in_lies_with_the_learner_and_in_the_shared_folder(tmp_path):
    folder = lab_folder(tmp_path / "audit")
    receipt = hand_in(
        folder,
        course="hr-2026",
        lab="audit",
        learner="maria",
        keep=tmp_path / "kept",
        shared=tmp_path / "shared",
    )
    (kept,), (shared,) = (tmp_path / "kept").iterdir(), (tmp_path / "shared").iterdir()
    assert receipt.path == kept
    assert receipt.delivered
    assert kept.name == shared.name
    assert kept.read_bytes() == shared.read_bytes()
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == receipt.sha256
    assert kept.name.startswith("maria+audit+")
    assert read_handin(shared)[0] == receipt.manifest


def test_without_a_shared_folder_nothing_was_delivered(tmp_path):
    folder = lab_folder(tmp_path / "audit")
    receipt = hand_in(folder, course="c", lab="audit", learner="maria", keep=tmp_path / "kept", shared=None)
    assert not receipt.delivered
    assert receipt.path.is_file()


@pytest.mark.parametrize("failing", ["write_bytes", "replace"])
def test_a_full_disk_leaves_the_old_file_whole_and_nothing_beside_it(tmp_path, monkeypatch, failing):
    path = tmp_path / "report.html"
    path.write_bytes(b"old")

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((Path, failing) if failing == "write_bytes" else (os, failing)), full)
    with pytest.raises(CourseError, match="No space left on device"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


# Hostile and damaged files

GOOD = {"audit.ipynb": NOTEBOOK, "answers.json": ANSWERS}
HOSTILE = {
    "climbs-out": lambda path: zipped(path, {**GOOD, "../evil.txt": b"x"}),
    "climbs-out-in-the-middle": lambda path: zipped(path, {**GOOD, "data/../../evil.txt": b"x"}),
    "absolute": lambda path: zipped(path, {**GOOD, "/etc/evil": b"x"}),
    "backslash": lambda path: zipped(path, {**GOOD, "..\\evil.txt": b"x"}),
    "drive-letter": lambda path: zipped(path, {**GOOD, "C:evil.txt": b"x"}),
    "over-our-file-in-other-case": lambda path: zipped(path, {**GOOD, "Timestamp.TXT": b"2020-01-01"}),
    "twins-in-case": lambda path: zipped(path, {**GOOD, "data.csv": b"1", "DATA.csv": b"2"}),
    "twins-in-case-of-the-notebook": lambda path: zipped(path, {**GOOD, "Audit.ipynb": b"2"}),
    "twins-in-unicode": lambda path: zipped(path, {**GOOD, "r\u00e9sum\u00e9": b"1", "re\u0301sume\u0301": b"2"}),
    "twin-folders": lambda path: zipped(path, {**GOOD, "Data/x.csv": b"1", "data/y.csv": b"2"}),
    "file-and-folder-in-other-case": lambda path: zipped(path, {**GOOD, "Data": b"1", "data/x.csv": b"2"}),
    "windows-device": lambda path: zipped(path, {**GOOD, "nul": b"1"}),
    "windows-device-with-an-ending": lambda path: zipped(path, {**GOOD, "Con.csv": b"1"}),
    "windows-device-as-folder": lambda path: zipped(path, {**GOOD, "aux/log.csv": b"1"}),
    "windows-device-with-endings": lambda path: zipped(path, {**GOOD, "com1.tar.gz": b"1"}),
    "dot-at-the-end": lambda path: zipped(path, {**GOOD, "dot.": b"1"}),
    "space-at-the-end": lambda path: zipped(path, {**GOOD, "notes /x.csv": b"1"}),
    "nameless": lambda path: zipped(path, {**GOOD, ".": b"x"}),
    "changed-content": lambda path: zipped(path, {**GOOD, "answers.json": b"{}"}, listed=GOOD),
    "file-not-in-the-manifest": lambda path: zipped(path, {**GOOD, "extra.txt": b"x"}, listed=GOOD),
    "missing-file": lambda path: zipped(path, {"audit.ipynb": NOTEBOOK}, listed=GOOD),
    "missing-notebook": lambda path: zipped(path, {"answers.json": ANSWERS}),
    "missing-manifest": lambda path: zipped(path, GOOD, raw_manifest=False),
    "manifest-not-json": lambda path: zipped(path, GOOD, raw_manifest="maria's lab"),
    "manifest-without-time-zone": lambda path: zipped(path, GOOD, manifest={"handed_in_at": "2026-03-02T12:00:00"}),
    "manifest-without-learner": lambda path: zipped(path, GOOD, manifest={"learner": None}),
    "manifest-deeply-nested": lambda path: zipped(path, GOOD, raw_manifest="[" * 100_000),
    "learner-climbs-out": lambda path: zipped(path, GOOD, manifest={"learner": "../../maria"}),
    "lab-climbs-out": lambda path: zipped(path, {**GOOD, "../audit.ipynb": b""}, manifest={"lab": "../audit"}),
    "not-a-zip": lambda path: path.write_bytes(b"Dear trainer, please find attached"),
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(zipped(path, GOOD).read_bytes()[:-30]),
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_damaged_files_are_refused(tmp_path, name):
    path = tmp_path / "maria+audit+1.zip"
    HOSTILE[name](path)
    with pytest.raises(CourseError) as caught:
        read_handin(path)
    assert path.name in caught.value.problem
    assert "hand in again" in caught.value.hint
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_refusal_quotes_what_was_found(tmp_path):
    with pytest.raises(CourseError) as caught:
        read_handin(zipped(tmp_path / "x.zip", GOOD, manifest={"learner": "../../maria"}))
    assert "'../../maria'" in caught.value.problem


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(handin, "MAX_FILES", 2)
    read_handin(zipped(tmp_path / "fine.zip", GOOD))
    with pytest.raises(CourseError, match="larger than a hand-in may be"):
        read_handin(zipped(tmp_path / "x.zip", {**GOOD, "third": b""}))


BOMB = 30_000_000


def _honest_bomb(path):
    zipped(path, {**GOOD, "zeros": bytes(BOMB)})


def _lying_bomb(path, method=zipfile.ZIP_DEFLATED):
    """Say 10 bytes where 30 MB come out."""
    zipped(path, {**GOOD, "zeros": bytes(BOMB)}, method=method)
    data = path.read_bytes()
    assert data.count(BOMB.to_bytes(4, "little")) == 2
    path.write_bytes(data.replace(BOMB.to_bytes(4, "little"), (10).to_bytes(4, "little")))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(_honest_bomb, id="honest"),
        pytest.param(_lying_bomb, id="lying"),
        pytest.param(lambda path: _lying_bomb(path, zipfile.ZIP_BZIP2), id="lying-bzip2"),
    ],
)
def test_a_zip_bomb_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch, make):
    monkeypatch.setattr(handin, "MAX_BYTES", 100_000)
    path = tmp_path / "maria+audit+1.zip"
    make(path)
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(CourseError):
            read_handin(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < BOMB / 3


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_flipped_byte_is_noticed_or_harmless(tmp_path_factory, place, flip):
    """Damage ends in a CourseError, whatever the zip library makes of it."""
    folder = tmp_path_factory.getbasetemp() / "flipped"
    folder.mkdir(exist_ok=True)
    files = {"audit.ipynb": b"".join(b"%d " % (n * n) for n in range(300)), "answers.json": ANSWERS}
    path = zipped(folder / "x.zip", files)
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= flip
    path.write_bytes(data)
    try:
        _, contents = read_handin(path)
    except CourseError:
        return
    assert contents == files


def test_a_damaged_stream_is_a_damaged_file(tmp_path):
    path = zipped(tmp_path / "x.zip", {**GOOD, "data.bin": bytes(range(256)) * 4})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("data.bin").header_offset + 30 + len("data.bin")
    data[start] = 0xFF  # a block type that deflate does not have
    path.write_bytes(data)
    with pytest.raises(zlib.error):
        zlib.decompress(data[start:], wbits=-15)
    with pytest.raises(CourseError, match="damaged"):
        read_handin(path)


# Collecting


@pytest.fixture
def new_course(tmp_path):
    (tmp_path / "labs" / "audit").mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "labs" / "audit" / "audit.ipynb")
    course = Course.new(tmp_path / "new-course", labs=tmp_path / "labs", course_id="hr-2026")
    course.roster_file.write_text("learner_id\nmaria\njon\n")
    return course


@pytest.fixture
def arrive(new_course, tmp_path):
    """Put a hand-in into the shared folder, `minute` minutes after noon."""

    def put(learner, minute=0, *, answers=ANSWERS, course="hr-2026", into=None, **more):
        folder = lab_folder(tmp_path / f"{learner}-{minute}", **{"answers.json": answers, **more})
        _, data = packed(folder, learner=learner, now=NOON + timedelta(minutes=minute), course=course)
        path = (into or new_course.handins) / f"{learner}+audit+{minute:03}.zip"
        write_atomically(path, data)
        return path

    return put


def submitted(course, learner="maria"):
    return course.root / "submitted" / learner / "audit"


def test_the_newest_hand_in_wins(new_course, arrive):
    arrive("maria", 10, answers=b"second")
    arrive("maria", 5, answers=b"first")
    path = arrive("jon", 0, **{"data/log.csv": b"x"})
    found = collect(new_course, "audit")
    assert (found.new, found.unchanged, found.problems) == (("jon", "maria"), (), ())
    assert (submitted(new_course) / "answers.json").read_bytes() == b"second"
    folder = submitted(new_course, "jon")
    assert (folder / "audit.ipynb").read_bytes() == NOTEBOOK
    assert (folder / "data" / "log.csv").read_bytes() == b"x"
    assert (folder / "handin.sha256").read_text().strip() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.exists()


def test_nbgrader_reads_the_time_of_a_hand_in(new_course, arrive):
    arrive("maria", 7)
    collect(new_course, "audit")
    folder = submitted(new_course)
    at = datetime(2026, 3, 2, 12, 7, 0, 123456)
    assert parse_utc((folder / "timestamp.txt").read_text().strip()) == at
    assert submitted_at(folder) == at.replace(tzinfo=UTC)
    assert submitted_at(folder.parent) is None


def test_collecting_twice_changes_nothing(new_course, arrive):
    arrive("maria", 5)
    collect(new_course, "audit")
    (submitted(new_course) / "mark.txt").write_text("still the same folder")
    arrive("maria", 1, answers=b"older, came late")
    again = collect(new_course, "audit")
    assert (again.new, again.unchanged) == ((), ("maria",))
    assert (submitted(new_course) / "mark.txt").exists()
    assert (submitted(new_course) / "answers.json").read_bytes() == ANSWERS


def test_a_newer_hand_in_replaces_the_whole_folder(new_course, arrive):
    arrive("maria", 1, **{"draft.txt": b"old"})
    collect(new_course, "audit")
    arrive("maria", 2, answers=b"new")
    assert collect(new_course, "audit").new == ("maria",)
    assert (submitted(new_course) / "answers.json").read_bytes() == b"new"
    assert not (submitted(new_course) / "draft.txt").exists()
    assert [path.name for path in submitted(new_course).parent.iterdir()] == ["audit"]


def test_a_file_of_the_learner_cannot_pass_for_the_collectors_own(new_course):
    forged = {**GOOD, "timestamp.txt": b"2020-01-01 00:00:00 UTC", "handin.sha256": b"0" * 64}
    zipped(new_course.handins / "maria+audit+1.zip", forged)
    assert "over a file of the grader" in collect(new_course, "audit").problems[0]
    assert not submitted(new_course).exists()


def test_strangers_are_reported_and_not_collected(new_course, arrive):
    path = arrive("eve")
    found = collect(new_course, "audit")
    assert found.new == ()
    (problem,) = found.problems
    assert "'eve' is not on the roster" in problem
    assert path.name in problem
    assert path.exists()
    assert not submitted(new_course, "eve").exists()


def test_without_a_roster_everybody_is_collected(new_course, arrive):
    new_course.roster_file.unlink()
    arrive("eve")
    assert collect(new_course, "audit").new == ("eve",)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_damaged_hand_in_is_reported_left_in_place_and_stops_nobody(new_course, arrive, name):
    arrive("jon")
    path = new_course.handins / "maria+audit+001.zip"
    HOSTILE[name](path)
    before = path.read_bytes() if path.is_file() else None
    found = collect(new_course, "audit")
    assert found.new == ("jon",)
    (problem,) = found.problems
    assert path.name in problem
    assert path.exists()
    assert before is None or path.read_bytes() == before
    assert not list(new_course.root.parent.rglob("*evil*"))


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"data": b"a file", "data/log.csv": b"in a folder of that name"}, id="file-and-folder"),
        pytest.param({"n" * 300: b"x"}, id="name-too-long"),
        pytest.param({"timestamp.txt/x": b"x"}, id="folder-in-place-of-our-file"),
        pytest.param({"a\0b": b"x"}, id="null-character"),
    ],
)
def test_a_hand_in_that_cannot_be_unpacked_stops_nobody(new_course, arrive, more):
    path = zipped(new_course.handins / "jon+audit+1.zip", {**GOOD, **more}, manifest={"learner": "jon"})
    arrive("maria")
    found = collect(new_course, "audit")
    assert found.new == ("maria",)
    (problem,) = found.problems
    assert path.name in problem
    assert not submitted(new_course, "jon").exists()


def test_hand_ins_of_other_labs_are_left_alone_and_of_other_courses_named(new_course, arrive):
    arrive("maria", course="another")
    zipped(
        new_course.handins / "jon+tone+1.zip",
        {"tone.ipynb": NOTEBOOK},
        manifest={"lab": "tone", "learner": "jon"},
    )
    (new_course.handins / "jon+tone+2.zip").write_bytes(b"damaged, but of another lab")
    found = collect(new_course, "audit")
    assert (found.new, found.unchanged) == ((), ())
    assert found.problems == ("maria+audit+000.zip is for the course 'another', not for 'hr-2026'.",)


def test_more_folders_are_searched_deeply(new_course, arrive, tmp_path):
    download = tmp_path / "download"
    arrive("maria", 3, answers=b"from the LMS", into=download / "Maria López_12345")
    arrive("maria", 1)
    (download / "renamed by the LMS.zip").write_bytes(b"damaged")
    found = collect(new_course, "audit", folders=[download])
    assert found.new == ("maria",)
    assert (submitted(new_course) / "answers.json").read_bytes() == b"from the LMS"
    (problem,) = found.problems
    assert "renamed by the LMS.zip" in problem


def test_a_folder_that_is_not_there_is_named(new_course, tmp_path):
    with pytest.raises(CourseError, match=r"no folder .*gone") as caught:
        collect(new_course, "audit", folders=[tmp_path / "gone"])
    assert "--from" in caught.value.hint


def _fail_on(monkeypatch, owner, name, when):
    real = getattr(owner, name)

    def full(self, *args, **kwargs):
        if when(self):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, full)


@pytest.mark.parametrize(
    ("name", "when"),
    [
        pytest.param("write_bytes", lambda path: path.name == "audit.ipynb", id="writing-a-file"),
        pytest.param("write_text", lambda path: path.name == "handin.sha256", id="writing-the-last-file"),
        pytest.param("mkdir", lambda path: path.name == ".audit.new", id="making-the-folder"),
        pytest.param("rename", lambda path: path.name == ".audit.new", id="swapping-it-in"),
    ],
)
def test_a_full_disk_leaves_the_old_submission_whole(new_course, arrive, monkeypatch, name, when):
    arrive("maria", 1, answers=b"old")
    collect(new_course, "audit")
    before = {path.name: path.read_bytes() for path in submitted(new_course).iterdir()}
    arrive("maria", 2, answers=b"new")
    _fail_on(monkeypatch, Path, name, when)
    with pytest.raises(CourseError, match="No space left on device"):
        collect(new_course, "audit")
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in submitted(new_course).iterdir()} == before
    assert collect(new_course, "audit").new == ("maria",)
    assert (submitted(new_course) / "answers.json").read_bytes() == b"new"
    assert [path.name for path in submitted(new_course).parent.iterdir()] == ["audit"]


def test_manifests_of_a_later_version_are_read():
    text = json.dumps(
        {
            **Manifest(course="c", lab="l", learner="m", handed_in_at=NOON, files={}).model_dump(mode="json"),
            "new": 1,
        }
    )
    assert Manifest.model_validate_json(text).learner == "m"
