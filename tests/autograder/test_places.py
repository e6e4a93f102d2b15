import errno
from pathlib import Path

import nbformat
import pytest

from autograder.course import COURSE_ENV, Course
from autograder.errors import CourseError
from autograder.lab import places
from autograder.lab.places import find_places


@pytest.fixture
def labs(tmp_path):
    folder = tmp_path / "labs"
    for name in ("audit", "tone"):
        (folder / name).mkdir(parents=True)
        nbformat.write(nbformat.v4.new_notebook(), folder / name / f"{name}.ipynb")
    return folder


@pytest.fixture
def new_course(tmp_path, labs):
    return Course.new(tmp_path / "new-course", labs=labs, course_id="hr-2026")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch, labs):
    """A machine with a home folder of its own, no course in sight, and a release that only copies."""

    def released(course, lab):
        (course.outbound / lab).mkdir(parents=True)
        (course.outbound / lab / f"{lab}.ipynb").write_text("{}")

    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setattr(Path, "home", lambda: folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv(COURSE_ENV, raising=False)
    monkeypatch.setattr(places, "release", released)
    monkeypatch.setattr(places, "default_labs", lambda: labs)
    monkeypatch.setattr("autograder.course.default_labs", lambda: labs)
    return folder


def found(**kwargs):
    told = []
    return find_places(**{"course": None, "exchange": None, "desk": None, "tell": told.append, **kwargs}), told


def test_a_learners_machine(new_course, home):
    place, told = found(exchange=new_course.exchange)
    assert (place.desk, place.exchange, place.course) == (
        home / "hr-it-lab" / "hr-2026",
        new_course.exchange,
        None,
    )
    assert place.desk.is_dir()
    assert told == []


def test_a_shared_folder_is_known_by_its_labs_too(tmp_path):
    """Where only what learners fetch is shared, and hand-ins travel by mail."""
    (tmp_path / "shared" / "hr-2026" / "outbound").mkdir(parents=True)
    place, _ = found(exchange=tmp_path / "shared" / "hr-2026")
    assert place.exchange == tmp_path / "shared" / "hr-2026"


def test_a_trainers_machine(new_course):
    place, _ = found(course=new_course.root)
    assert (place.desk, place.exchange, place.course) == (
        new_course.root / "desk",
        new_course.exchange,
        new_course,
    )
    assert place.desk.is_dir()


@pytest.mark.parametrize("kind", ["course", "exchange"])
def test_a_desk_of_ones_own(new_course, tmp_path, kind):
    given = {"course": new_course.root, "exchange": new_course.exchange}[kind]
    place, _ = found(**{kind: given}, desk=tmp_path / "my" / "desk")
    assert place.desk == tmp_path / "my" / "desk"
    assert place.desk.is_dir()


def test_course_and_exchange_exclude_each_other(new_course):
    with pytest.raises(CourseError, match="both given"):
        found(course=new_course.root, exchange=new_course.exchange)


@pytest.mark.parametrize("folder", ["gone", "new-course", "new-course/exchange"])
def test_a_folder_that_is_not_shared_by_a_course(new_course, tmp_path, home, folder):
    with pytest.raises(CourseError, match="not a course's shared folder") as caught:
        found(exchange=tmp_path / folder)
    assert "exchange/<course id>" in caught.value.hint
    assert list(home.iterdir()) == []


def test_a_folder_given_as_course_must_be_one(new_course, tmp_path, monkeypatch, home):
    monkeypatch.setenv(COURSE_ENV, str(new_course.root))
    with pytest.raises(CourseError, match="gone is not a course folder"):
        found(course=tmp_path / "gone")
    assert list(home.iterdir()) == []


def test_the_environment_names_the_course(new_course, monkeypatch):
    monkeypatch.setenv(COURSE_ENV, str(new_course.root))
    assert found()[0].course == new_course


def test_a_wrong_environment_makes_no_practice_course(tmp_path, monkeypatch, home):
    monkeypatch.setenv(COURSE_ENV, str(tmp_path / "gone"))
    with pytest.raises(CourseError, match="gone is not a course folder"):
        found()
    assert list(home.iterdir()) == []


def test_the_course_one_stands_in(new_course, monkeypatch):
    monkeypatch.chdir(new_course.root)
    assert found()[0].course == new_course


def test_a_practice_course_is_made_once(home):
    place, told = found()
    assert place.course == Course(home / "hr-it-lab" / "practice")
    assert (place.course.id, place.course.released) == ("practice", ["audit", "tone"])
    assert place.desk == home / "hr-it-lab" / "practice" / "desk"
    assert place.exchange == place.course.exchange
    assert "practice course is made" in told[0]
    assert [line for line in told if "audit" in line]
    again, told = found()
    assert (again, told) == (place, [])


def test_a_practice_course_gets_labs_that_were_missing(home, labs):
    place, _ = found()
    (labs / "new_lab").mkdir()
    nbformat.write(nbformat.v4.new_notebook(), labs / "new_lab" / "new_lab.ipynb")
    again, told = found()
    assert again == place
    assert place.course.released == ["audit", "new_lab", "tone"]
    assert len(told) == 1


def test_without_labs_only_lessons(home, tmp_path, monkeypatch):
    monkeypatch.setattr(places, "default_labs", lambda: tmp_path / "not-installed")
    place, _ = found()
    assert (place.desk, place.exchange, place.course) == (home / "hr-it-lab" / "lessons", None, None)
    assert place.desk.is_dir()


@pytest.mark.parametrize(
    "error",
    [PermissionError(errno.EACCES, "Permission denied"), OSError(errno.ENOSPC, "No space left on device")],
)
def test_a_desk_that_cannot_be_made(new_course, monkeypatch, error):
    def failing(self, *args, **kwargs):
        raise error

    monkeypatch.setattr(Path, "mkdir", failing)
    with pytest.raises(CourseError, match=error.strerror):
        found(exchange=new_course.exchange)
