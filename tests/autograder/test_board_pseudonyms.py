"""Made-up names: unique, secret, new for each lab, nobody's real name; and the secret they are drawn with."""

import hashlib
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.pseudonyms import FIRST, SECOND, course_secret, pseudonyms

SECRET = b"0" * 64
NAMES = [f"{first} {second}" for first in FIRST for second in SECOND]


def test_every_word_is_one_plain_word_and_stands_once() -> None:
    words = [*FIRST, *SECOND]
    assert len(FIRST) == len(SECOND) == 64
    assert len({word.casefold() for word in words}) == 128
    assert all(word.isascii() and word.isalpha() and word == word.capitalize() for word in words)


def test_a_name_is_drawn_by_hmac() -> None:
    """RFC 2104 by hand: H(K xor opad, H(K xor ipad, text)), with a key of 64 bytes, the block of SHA-256."""
    text = json.dumps(["board", "audit", "ada"]).encode()
    inner = hashlib.sha256(bytes(each ^ 0x36 for each in SECRET) + text).digest()
    digest = hashlib.sha256(bytes(each ^ 0x5C for each in SECRET) + inner).digest()
    # The last 12 bits: 6 for the animal, 6 above them for the first word.
    last = digest[-2] * 256 + digest[-1]
    name = f"{FIRST[last // 64 % 64]} {SECOND[last % 64]}"
    assert pseudonyms(["ada"], lab="audit", secret=SECRET) == {"ada": name}


@settings(max_examples=25)
@given(learners=st.lists(st.text(max_size=8), max_size=40), lab=st.text(max_size=5), secret=st.binary(max_size=70))
def test_names_are_unique_and_the_order_of_learners_does_not_matter(
    learners: list[str], lab: str, secret: bytes
) -> None:
    names = pseudonyms(learners, lab=lab, secret=secret)
    assert names.keys() == set(learners)
    assert len(set(names.values())) == len(names)
    assert set(names.values()) <= set(NAMES)
    assert names == pseudonyms(reversed(learners), lab=lab, secret=secret)


def test_more_learners_than_names() -> None:
    names = pseudonyms([f"id{n}" for n in range(5000)], lab="audit", secret=SECRET)
    assert len(set(names.values())) == 5000
    numbered = [name for name in names.values() if name.endswith(" 2")]
    assert len(numbered) == 5000 - 64 * 64
    assert {name.removesuffix(" 2") for name in numbered} <= set(NAMES)


def test_another_lab_and_another_secret_draw_other_names() -> None:
    learners = [f"id{n}" for n in range(200)]
    names = pseudonyms(learners, lab="audit", secret=SECRET)
    for other in (
        pseudonyms(learners, lab="tone", secret=SECRET),
        pseudonyms(learners, lab="audit", secret=b"1" * 64),
    ):
        # By chance one in 4096 keeps a name: 0.05 of 200 are to be expected, 5 or more in one case of 10^9.
        assert sum(names[learner] == other[learner] for learner in learners) < 5


def test_nobody_who_joins_changes_the_others_names() -> None:
    learners = [f"id{n}" for n in range(100)]
    before = pseudonyms(learners, lab="audit", secret=SECRET)
    after = pseudonyms([*learners, "newcomer"], lab="audit", secret=SECRET)
    # One newcomer can push away one other, who may push away the next: of 100 among 4096 that is a handful at most.
    assert sum(before[learner] != after[learner] for learner in learners) <= 2


@pytest.mark.parametrize("person", ["Rosa Héron", "quiet.otter", "OTTER@example.org", "Calm-Heron Smith"])
def test_no_word_of_a_real_name_is_in_a_made_up_one(person: str) -> None:
    learners = [f"id{n}" for n in range(2000)]
    words = {"heron", "quiet", "otter", "calm"} & {*person.casefold().replace("é", "e").replace("@", " ")
                                                    .replace(".", " ").replace("-", " ").split()}  # fmt: skip
    assert words
    found = {word for name in pseudonyms(learners, lab="audit", secret=SECRET, avoid=[person]).values()
             for word in name.casefold().split()}  # fmt: skip
    assert not words & found
    assert words <= {word for name in pseudonyms(learners, lab="audit", secret=SECRET).values()
                     for word in name.casefold().split()}  # fmt: skip


def test_a_roster_that_holds_every_word_gets_names_all_the_same() -> None:
    names = pseudonyms(["ada", "ben"], lab="audit", secret=SECRET, avoid=FIRST)
    assert len(set(names.values())) == 2


# The secret


def test_the_secret_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "course" / "leaderboard" / "secret"
    secret = course_secret(path)
    assert len(secret) == 64
    assert course_secret(path) == secret
    assert course_secret(tmp_path / "other" / "secret") != secret
    assert [each.name for each in path.parent.iterdir()] == ["secret"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_programs_that_make_it_at_once_agree(tmp_path: Path) -> None:
    for attempt in range(5):
        path = tmp_path / str(attempt) / "secret"
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(course_secret, [path] * 16))) == 1
        assert [each.name for each in path.parent.iterdir()] == ["secret"]


def test_a_drive_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    secret = course_secret(tmp_path / "secret")
    assert course_secret(tmp_path / "secret") == secret


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_secret_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = course_secret(path)
    path.chmod(0o644)
    assert course_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"abc", b"z" * 64, b"0" * 65, b"0" * 64 + b"\n\n"])
def test_a_damaged_secret_is_never_used(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(CourseError, match="damaged") as error:
        course_secret(tmp_path / "secret")
    assert "every board draws new names" in error.value.hint
    assert (tmp_path / "secret").read_bytes() == content


def test_a_folder_where_the_secret_should_be_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    with pytest.raises(CourseError, match="secret"):
        course_secret(tmp_path / "secret")
