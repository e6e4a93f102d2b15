import errno
import os

import nbformat
import pytest

from autograder.course import Course
from autograder.errors import CourseError
from autograder.roster import Learner, read_roster, roster_of, set_roster

MARIA = Learner("maria", "María", "López", "maria@example.org")
JON = Learner("jon", "Jon", "Smith", "")


@pytest.fixture
def new_course(tmp_path):
    (tmp_path / "labs" / "audit").mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "labs" / "audit" / "audit.ipynb")
    return Course.new(tmp_path / "new-course", labs=tmp_path / "labs")


def read(tmp_path, content):
    path = tmp_path / "class.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_roster(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            "learner_id,first_name,last_name,email\nmaria,María,López,maria@example.org\njon,Jon,Smith,\n",
            id="comma",
        ),
        pytest.param(
            "learner_id;first_name;last_name;email\nmaria;María;López;maria@example.org\njon;Jon;Smith;\n",
            id="semicolon",
        ),
        pytest.param(
            "\ufefflearner_id,first_name,last_name,email\r\nmaria,María,López,maria@example.org\r\njon,Jon,Smith,\r\n",
            id="excel-bom-and-crlf",
        ),
        pytest.param(
            "Username,First_Name,Last_Name,E-Mail\nmaria,María,López,maria@example.org\njon,Jon,Smith,\n",
            id="aliases-any-case",
        ),
        pytest.param(
            " email , group ,student_id,last_name,first_name\n"
            'maria@example.org,A,maria," López ",María\n,"B, late", jon ,Smith,Jon\n',
            id="other-order-spaces-unknown-column",
        ),
        pytest.param(
            "id,first_name,last_name,email\n\nmaria,María,López,maria@example.org\n , ,,\n\njon,Jon,Smith\n\n",
            id="blank-and-short-rows",
        ),
    ],
)
def test_rosters_that_are_understood(tmp_path, content):
    assert read(tmp_path, content) == [MARIA, JON]


def test_only_the_id_is_required(tmp_path):
    (learner,) = read(tmp_path, "learner_id\nmaria\n")
    assert learner == Learner("maria")
    assert (learner.name, MARIA.name) == ("maria", "María López")


def test_the_column_learner_id_wins_over_its_aliases(tmp_path):
    """Moodle and others export a database id beside it."""
    assert read(tmp_path, "learner_id,id\nmaria,17\n") == [Learner("maria")]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(
            "first_name,email\nMaría,m@example.org\n",
            "no column learner_id (found: first_name, email)",
            id="no-id",
        ),
        pytest.param("", "no column learner_id (found: nothing)", id="empty"),
        pytest.param("learner_id,email\n", "names no learner", id="header-only"),
        pytest.param("learner_id,email\n,,\n\n", "names no learner", id="only-blank-rows"),
        pytest.param("learner_id,email\nmaria,\n,jon@example.org\n", "row 3: '' cannot be", id="blank-id"),
        pytest.param("email,learner_id\n,maria\njon@example.org\n", "row 3: there is no learner_id", id="short-row"),
        pytest.param("learner_id\nmaria\n\nmaria\n", "row 4: the learner id 'maria' stands in row 2 too.", id="twice"),
        pytest.param("learner_id\nAnna\nanna\n", "'anna' stands in row 2 too, as 'Anna'", id="twice-but-for-case"),
        pytest.param("learner_id\nmaria\n../jon\n", "row 3: '../jon' cannot be", id="bad-id"),
        pytest.param(
            'learner_id,first_name\nmaria,"Ma\nría"\na+b,\n',
            "row 3: 'a+b' cannot be",
            id="row-after-line-break",
        ),
        pytest.param(
            "learner_id,first_name\nmaria,María\n".encode("latin-1"), "not UTF-8 text (byte 31)", id="latin-1"
        ),
        pytest.param("learner_id\nmaria\n".encode("utf-16"), "not UTF-8 text (byte 0)", id="excel-unicode-text"),
    ],
)
def test_rosters_that_are_refused(tmp_path, content, found):
    with pytest.raises(CourseError) as caught:
        read(tmp_path, content)
    assert found in caught.value.problem
    assert "class.csv" in caught.value.problem
    assert caught.value.hint


def test_a_quote_that_is_never_closed_is_refused_in_words(tmp_path):
    rows = "".join(f"learner{number},Name\n" for number in range(12_000))
    with pytest.raises(CourseError):
        read(tmp_path, 'learner_id,first_name\nmaria,"María\n' + rows)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_roster_that_cannot_be_opened(tmp_path, name):
    with pytest.raises(CourseError, match="cannot be read"):
        read_roster(tmp_path / name)


def test_a_course_without_a_roster(new_course):
    assert roster_of(new_course) == {}


def test_a_roster_reaches_the_course_and_nbgraders_gradebook(new_course, monkeypatch):
    set_roster(new_course, [MARIA, JON])
    assert roster_of(new_course) == {"maria": MARIA, "jon": JON}
    corrected = Learner("jon", "Jón", "Smith", "jon@example.org")
    set_roster(new_course, [corrected])
    assert roster_of(new_course) == {"jon": corrected}
    with new_course.gradebook() as book:
        students = {s.id: (s.first_name, s.last_name, s.email) for s in book.students}
    assert students == {
        "maria": ("María", "López", "maria@example.org"),  # off the roster, scores kept
        "jon": ("Jón", "Smith", "jon@example.org"),
    }

    # A disk that fills up leaves the roster as it was.
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CourseError, match="No space left on device"):
        set_roster(new_course, [MARIA])
    monkeypatch.undo()
    assert roster_of(new_course) == {"jon": corrected}


def test_a_bad_roster_leaves_the_old_one(new_course, tmp_path):
    new_course.roster_file.write_text("learner_id\njon\n")
    bad = tmp_path / "bad.csv"
    bad.write_text("learner_id\nmaria\nmaria\n")
    with pytest.raises(CourseError, match="row 3"):
        set_roster(new_course, read_roster(bad))
    assert list(roster_of(new_course)) == ["jon"]
