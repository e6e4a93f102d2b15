"""grading.toml: what a trainer may write, and what a mistake in it says."""

from dataclasses import fields
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.sandbox import Limits
from autograder.settings import Settings, read_settings


def read(folder: Path, text: str | bytes, **switches: object) -> Settings:
    """Write grading.toml into a course folder and read it."""
    folder.mkdir(exist_ok=True)
    (folder / "grading.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_settings(folder, **switches)


def test_without_the_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()
    assert read(tmp_path / "empty", "") == Settings()


def test_everything_that_can_be_set(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    values = {field.name: 7 for field in fields(Limits)}
    lines = "\n".join(f"{name} = {value}" for name, value in values.items())
    found = read(
        tmp_path / "course",
        f'network = true\nreadable = ["{tmp_path}/data", "../data"]\n[limits]\n{lines}\n',
        workers=3, strict=True,
    )  # fmt: skip
    assert found.limits == Limits(**values)
    assert (found.network, found.workers, found.strict) == (True, 3, True)
    assert found.readable == (tmp_path / "data", tmp_path / "data")  # a relative one begins at the course folder


def test_a_file_that_windows_notepad_wrote(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff[limits]\r\nmemory_mb = 512\r\n".encode()).limits.memory_mb == 512


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[limits\n", "cannot be read", id="not TOML"),
        pytest.param(b"\xff\xfe[\0l\0", "cannot be read", id="not UTF-8"),
        pytest.param("netwrok = true\n", "no setting netwrok", id="unknown name"),
        pytest.param("memory_mb = 512\n", "no setting memory_mb", id="a limit outside its table"),
        pytest.param("[limits]\nmemory = 512\n", r"\[limits\] has no setting memory", id="unknown limit"),
        pytest.param("limits = 512\n", "limits is 512", id="limits is no table"),
        pytest.param('network = "yes"\n', "network is 'yes'", id="network is text"),
        pytest.param('readable = "/srv"\n', "readable is '/srv'", id="readable is text"),
        pytest.param("readable = [1]\n", r"readable is \[1\]", id="readable holds a number"),
        pytest.param('readable = ["/no/such/folder"]\n', "there is no /no/such/folder", id="readable is not there"),
        pytest.param('[limits]\ncell_s = "60"\n', "limit cell_s is '60'", id="text for a number"),
        pytest.param("[limits]\ncell_s = true\n", "limit cell_s is True", id="true for a number"),
        pytest.param("[limits]\nprocesses = 1.5\n", "limit processes is 1.5", id="part of a process"),
        pytest.param("[limits]\nmemory_mb = 0\n", "limit memory_mb is 0", id="nothing"),
        pytest.param("[limits]\nwall_s = -1\n", "limit wall_s is -1", id="less than nothing"),
        pytest.param("[limits]\nwall_s = inf\n", "limit wall_s is inf", id="for ever"),
        pytest.param("[limits]\nwall_s = nan\n", "limit wall_s is nan", id="no number"),
    ],
)
def test_a_mistake_names_the_file_and_what_was_found(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(CourseError, match=said) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "grading.toml") in caught.value.problem
    assert caught.value.hint


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(CourseError) as caught:
        read(tmp_path, "[limits]\nmemory = 512\n")
    assert all(field.name in caught.value.hint for field in fields(Limits))


@pytest.mark.parametrize("place", [".", "source", "..", "/"])
def test_the_course_itself_cannot_be_made_readable(tmp_path: Path, place: str) -> None:
    """There learners' code would find hidden tests, keys and other learners' work."""
    (tmp_path / "course" / "source").mkdir(parents=True)
    with pytest.raises(CourseError, match="would find tests, keys or others' work"):
        read(tmp_path / "course", f'readable = ["{place}"]\n')


def test_a_link_cannot_make_the_course_readable(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "course")
    with pytest.raises(CourseError, match="would find tests"):
        read(tmp_path / "course", 'readable = ["../data"]\n')


@pytest.mark.parametrize(
    ("settings", "most"),
    [(Settings(workers=3), 3), (Settings(workers=3, cluster="tcp://host:8786"), 3)],
)
def test_a_number_of_workers_that_was_given_holds(settings: Settings, most: int) -> None:
    assert settings.at_a_time == most


def test_the_machine_is_kept_busy_and_so_is_a_cluster() -> None:
    assert Settings().at_a_time >= 1
    assert Settings(cluster="tcp://host:8786").at_a_time >= 16
