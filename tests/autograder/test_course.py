import errno
import pickle
import stat
import sys

import nbformat
import pytest

from autograder.course import CONFIG_NAME, COURSE_ENV, Course, check_id, is_course
from autograder.errors import CourseError, GraderError
from autograder.files import remove_tree, writing_to
from evaluators.errors import LabError


def labs_folder(folder, *names):
    for name in names:
        (folder / name).mkdir(parents=True)
        nbformat.write(nbformat.v4.new_notebook(), folder / name / f"{name}.ipynb")
    return folder


@pytest.fixture
def labs(tmp_path):
    return labs_folder(tmp_path / "labs", "tone", "audit")


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Stand in a folder that is no course, with no course in the environment."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv(COURSE_ENV, raising=False)
    return folder


# A new course


def test_nbgrader_reads_the_configuration_of_a_new_course(tmp_path, labs, monkeypatch):
    from nbgrader.apps import NbGrader

    root = tmp_path / "my course"
    course = Course.new(root, labs=labs, course_id="hr-2026")
    monkeypatch.chdir(root)
    app = NbGrader()
    app.load_config_file()
    assert app.config.CourseDirectory.course_id == "hr-2026"
    assert app.config.CourseDirectory.root == str(root)
    assert app.config.CourseDirectory.source_directory == str(labs)
    assert app.config.Exchange.root == str(root / "exchange")
    assert "autograder.preprocessors.GradeWithHrlab" in app.config.Autograde.sanitize_preprocessors
    assert (course.id, course.labs_folder, course.labs) == ("hr-2026", labs, ["audit", "tone"])
    assert (course.exchange, course.released) == (root / "exchange" / "hr-2026", [])
    assert course.handins.is_dir()


def test_a_path_with_quotes_and_braces_survives_the_configuration(tmp_path):
    labs = labs_folder(tmp_path / "the trainer's {labs} \\n", "audit")
    assert Course.new(tmp_path / "course", labs=labs).labs == ["audit"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_learners_may_drop_a_hand_in_but_not_list_them(tmp_path, labs):
    mode = stat.S_IMODE(Course.new(tmp_path / "course", labs=labs).handins.stat().st_mode)
    assert mode & stat.S_IWOTH
    assert mode & stat.S_IXOTH
    assert mode & stat.S_ISVTX
    assert not mode & (stat.S_IROTH | stat.S_IRGRP)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, labs):
    root = tmp_path / "thesis"
    root.mkdir()
    (root / "chapter.txt").write_text("mine")
    with pytest.raises(CourseError, match="is not empty"):
        Course.new(root, labs=labs)
    assert [path.name for path in root.iterdir()] == ["chapter.txt"]
    assert (root / "chapter.txt").read_text() == "mine"


def test_a_file_is_not_replaced_by_a_course(tmp_path, labs):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(CourseError, match="is not empty"):
        Course.new(tmp_path / "notes", labs=labs)
    assert (tmp_path / "notes").read_text() == "mine"


def test_an_existing_course_is_not_overwritten(tmp_path, labs):
    course = Course.new(tmp_path / "course", labs=labs, course_id="first")
    with pytest.raises(CourseError, match="never overwritten"):
        Course.new(course.root, labs=labs, course_id="second")
    assert Course(course.root).id == "first"


def test_an_empty_folder_becomes_a_course(tmp_path, labs):
    (tmp_path / "course").mkdir()
    assert Course.new(tmp_path / "course", labs=labs).id == "hr-it-lab"


@pytest.mark.parametrize("name", ["missing", "empty", "other-name"])
def test_a_labs_folder_without_labs_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other-name" / "audit").mkdir(parents=True)
    (tmp_path / "other-name" / "audit" / "draft.ipynb").write_text("{}")
    with pytest.raises(CourseError, match="holds no labs") as caught:
        Course.new(tmp_path / "course", labs=tmp_path / name)
    assert "--labs" in caught.value.hint
    assert not (tmp_path / "course").exists()


def test_a_malformed_course_id_is_refused_before_anything_is_written(tmp_path, labs):
    with pytest.raises(CourseError, match="course id"):
        Course.new(tmp_path / "course", labs=labs, course_id="../up")
    assert not (tmp_path / "course").exists()


# Finding a course


def test_an_explicit_folder_is_never_replaced(tmp_path, labs, monkeypatch):
    course = Course.new(tmp_path / "course", labs=labs)
    monkeypatch.chdir(course.root)
    monkeypatch.setenv(COURSE_ENV, str(course.root))
    (tmp_path / "other").mkdir()
    with pytest.raises(CourseError, match="other is not a course folder"):
        Course.open(tmp_path / "other")


def test_the_current_folder_comes_before_the_environment(tmp_path, labs, nowhere, monkeypatch):
    here, there = (Course.new(tmp_path / name, labs=labs) for name in ("here", "there"))
    monkeypatch.setenv(COURSE_ENV, str(there.root))
    assert Course.open() == there
    monkeypatch.chdir(here.root)
    assert Course.open() == here
    assert Course.open(there.root) == there


def test_no_course_anywhere(nowhere):
    with pytest.raises(CourseError, match="nowhere is not a course folder") as caught:
        Course.open()
    assert "hrlab course new" in caught.value.hint


def test_a_wrong_environment_variable_is_named(nowhere, tmp_path, monkeypatch):
    monkeypatch.setenv(COURSE_ENV, str(tmp_path / "gone"))
    with pytest.raises(CourseError, match="gone is not a course folder"):
        Course.open()


def test_an_nbgrader_configuration_without_a_course_id_is_no_course(tmp_path):
    (tmp_path / CONFIG_NAME).write_text("c = get_config()\nc.Execute.timeout = 30\n")
    assert not is_course(tmp_path)


def test_a_broken_configuration_is_named(tmp_path, labs):
    course = Course.new(tmp_path / "course", labs=labs)
    with (course.root / CONFIG_NAME).open("a") as file:
        file.write("c.Execute.timeout = = 30\n")
    with pytest.raises(CourseError, match="cannot be read") as caught:
        _ = Course(course.root).id
    assert CONFIG_NAME in caught.value.problem


def test_an_unknown_lab_is_answered_with_those_that_exist(tmp_path, labs):
    course = Course.new(tmp_path / "course", labs=labs)
    assert course.lab("tone") == "tone"
    with pytest.raises(CourseError, match="no lab 'tune'") as caught:
        course.chosen(["audit", "tune"], among=[])
    assert "audit, tone" in caught.value.hint
    assert course.chosen(None, among=["audit"]) == ["audit"]


# Ids


@pytest.mark.parametrize("value", ["a", "7", "maria.lopez", "m_lopez-2", "maria@example.org", "A" * 64])
def test_ids_that_are_accepted(value):
    assert check_id(value, "learner id") == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "../x",
        "..",
        ".hidden",
        "a/b",
        "a\\b",
        "a+b",
        "a b",
        "a\n",
        "ä",
        "１",
        "-x",
        "@x",
        "a:b",
        "a" * 65,
    ],
)
def test_ids_that_are_refused(value):
    with pytest.raises(CourseError, match="learner id") as caught:
        check_id(value, "learner id")
    assert repr(value) in caught.value.problem


@pytest.mark.parametrize("value", ["con", "NUL", "com1", "aux.txt", "maria."])
def test_ids_that_windows_cannot_use_as_a_file_name_are_refused(value):
    with pytest.raises(CourseError):
        check_id(value, "learner id")


# Disks and errors


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(OSError(errno.ENOSPC, "No space left on device"), "No space left on device", id="full"),
        pytest.param(PermissionError(errno.EACCES, "Permission denied"), "Permission denied", id="not-allowed"),
        pytest.param(OSError("strange"), "strange", id="no-errno"),
    ],
)
def test_disk_errors_become_sentences_with_a_hint(tmp_path, error, reason):
    with pytest.raises(CourseError) as caught, writing_to(tmp_path / "scores.csv"):
        raise error
    assert caught.value.problem == f"Could not write {tmp_path / 'scores.csv'}: {reason}."
    assert "disk is not full" in caught.value.hint
    assert caught.value.__cause__ is error


def test_other_errors_pass_through_writing_to(tmp_path):
    with pytest.raises(KeyError), writing_to(tmp_path):
        raise KeyError("x")


@pytest.mark.parametrize("kind", [CourseError, GraderError])
def test_errors_survive_pickling(kind):
    error = pickle.loads(pickle.dumps(kind("What happened.", "What to do.")))
    assert type(error) is kind
    assert (error.problem, error.hint) == ("What happened.", "What to do.")
    assert str(error) == "What happened.\nHint: What to do."
    assert isinstance(error, LabError)


def test_a_step_that_nbgrader_refuses_is_a_grader_error(tmp_path, labs):
    course = Course.new(tmp_path / "course", labs=labs)

    class Refusing:
        def generate_assignment(self, lab):
            return {"success": False, "log": "[INFO] converting\n[ERROR] no kernel\n\n", "error": None}

    object.__getattribute__(course, "__dict__")["nbgrader"] = Refusing()
    with pytest.raises(GraderError, match=r"could not generate assignment: \[ERROR\] no kernel"):
        course.call("generate_assignment", "audit")


def test_read_only_folders_are_removed(tmp_path):
    folder = tmp_path / "release" / "audit"
    folder.mkdir(parents=True)
    (folder / "audit.ipynb").write_text("{}")
    (folder / "audit.ipynb").chmod(0o444)
    folder.chmod(0o555)
    remove_tree(tmp_path / "release")
    assert not (tmp_path / "release").exists()
