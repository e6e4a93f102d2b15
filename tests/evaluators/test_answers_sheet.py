import errno
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.answers import AnswerSheet
from evaluators.answers.sheet import read_answers


def opened(folder, lab="audit"):
    return AnswerSheet.open(lab, folder)


def test_answers_come_back_in_another_folder(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    sheet = opened(here)
    assert sheet.status == "new"
    assert not (here / "answers.json").exists()
    assert sheet.set("rate", "6,45")
    assert sheet.set("memo", "Grüße 🙂")
    (there / "answers.json").write_bytes((here / "answers.json").read_bytes())
    again = opened(there)
    assert (again.status, again.notice, again.answers) == (
        "restored",
        "",
        {"rate": "6,45", "memo": "Grüße 🙂"},
    )
    assert again.saved_at.endswith("+00:00")
    assert [path.name for path in here.iterdir()] == ["answers.json"]


def test_the_file_is_as_documented(tmp_path):
    opened(tmp_path).set("rate", "6")
    content = json.loads((tmp_path / "answers.json").read_text())
    assert content.pop("saved_at")
    assert content == {"schema": 1, "lab": "audit", "answers": {"rate": "6"}}


def test_two_tabs_lose_nothing(tmp_path):
    one, two = opened(tmp_path), opened(tmp_path)
    one.set("a", "1")
    two.set("b", "2")
    one.set("c", "3")
    assert opened(tmp_path).answers == {"a": "1", "b": "2", "c": "3"}


FOREIGN = {
    "cut-off": b'{"schema": 1, "lab": "au',
    "not-an-object": b"[1, 2]",
    "not-utf-8": b'{"schema": 1, "lab": "audit", "answers": {"a": "\xff"}}',
    "nan": b'{"schema": 1, "lab": "audit", "answers": {"a": NaN}}',
    "other-lab": b'{"schema": 1, "lab": "tone", "answers": {"a": "1"}}',
    "other-schema": b'{"schema": 2, "lab": "audit", "answers": {"a": "1"}}',
    "answers-is-a-list": b'{"schema": 1, "lab": "audit", "answers": ["a"]}',
    "too-deep": b"[" * 200_000,
    "too-large": b'{"schema": 1, "lab": "audit", "answers": {}}' + b" " * 1_000_000,
    "huge-number": b'{"schema": 1, "lab": "audit", "answers": {"a": ' + b"9" * 10_000 + b"}}",
    "empty": b"",
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_foreign_sheet_is_kept_aside(tmp_path, content):
    path = tmp_path / "answers.json"
    path.write_bytes(content)
    sheet = opened(tmp_path)
    assert (sheet.status, sheet.answers) == ("set aside", {})
    assert sheet.set("a", "mine")
    [aside] = [found for found in tmp_path.iterdir() if found != path]
    assert aside.read_bytes() == content
    assert aside.name in sheet.notice
    assert opened(tmp_path).answers == {"a": "mine"}


def test_two_foreign_sheets_are_both_kept(tmp_path):
    for content in ("first", "second"):
        (tmp_path / "answers.json").write_text(content)
        opened(tmp_path)
    assert sorted(path.read_text() for path in tmp_path.iterdir()) == ["first", "second"]


def test_a_sheet_that_turns_foreign_under_way_is_kept_too(tmp_path):
    sheet = opened(tmp_path)
    sheet.set("a", "1")
    (tmp_path / "answers.json").write_text("scribble")
    assert sheet.set("b", "2")
    assert opened(tmp_path).answers == {"a": "1", "b": "2"}
    assert "scribble" in [path.read_text() for path in tmp_path.iterdir()]


def test_a_folder_in_the_way_is_kept_aside(tmp_path):
    (tmp_path / "answers.json").mkdir()
    assert opened(tmp_path).set("a", "1")


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_full_disk_keeps_the_old_sheet_and_says_so(tmp_path, monkeypatch, call):
    sheet = opened(tmp_path)
    sheet.set("a", "old")
    before = (tmp_path / "answers.json").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        assert not sheet.set("a", "new")
    assert "NOT saved" in sheet.problem
    assert "No space left" in sheet.problem
    assert sheet.get("a") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["answers.json"]
    assert (tmp_path / "answers.json").read_bytes() == before
    assert sheet.set("b", "2")  # room again: the kept answer goes to disk with the next one
    assert sheet.problem == ""
    assert opened(tmp_path).answers == {"a": "new", "b": "2"}


def test_a_foreign_sheet_that_cannot_be_moved_is_not_overwritten(tmp_path, monkeypatch):
    (tmp_path / "answers.json").write_text("theirs")

    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    sheet = opened(tmp_path)
    assert sheet.status == "set aside"
    assert "NOT saved" in sheet.problem
    assert not sheet.set("a", "1")
    assert (tmp_path / "answers.json").read_text() == "theirs"


def test_windows_holding_the_file_for_a_moment_is_waited_for(tmp_path, monkeypatch):
    real, refusals = os.replace, [1, 2]

    def busy(source, target):
        if refusals:
            refusals.pop()
            raise PermissionError(errno.EACCES, "Access is denied")
        real(source, target)

    monkeypatch.setattr(os, "replace", busy)
    assert opened(tmp_path).set("a", "1")


def test_an_answer_too_long_for_the_sheet_is_not_saved(tmp_path):
    sheet = opened(tmp_path)
    assert not sheet.set("a", "x" * 1_000_001)
    assert "too long" in sheet.problem
    assert not (tmp_path / "answers.json").exists()


def test_model_answers_never_reach_the_disk(tmp_path):
    sheet = opened(tmp_path)
    sheet.fill({"a": "model"})
    sheet.set("b", "2")
    assert sheet.get("a") == "model"
    assert read_answers(tmp_path, lab="audit") == {"b": "2"}


def test_looking_at_a_sheet_moves_nothing(tmp_path):
    (tmp_path / "answers.json").write_text("theirs")
    assert read_answers(tmp_path, lab="audit") == {}
    assert [path.name for path in tmp_path.iterdir()] == ["answers.json"]


@given(
    answers=st.dictionaries(
        st.text(min_size=1, max_size=10),
        st.none() | st.text(st.characters(codec="utf-8"), max_size=50) | st.lists(st.text(max_size=3), max_size=3),
        max_size=4,
    )
)
def test_what_is_set_is_read_back(answers):
    with tempfile.TemporaryDirectory() as folder:
        sheet = opened(folder)
        for item, value in answers.items():
            assert sheet.set(item, value)
        assert opened(folder).answers == answers
