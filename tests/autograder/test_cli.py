"""The command line: help and docs, exit codes, sentences instead of tracebacks, output for machines."""

import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
import typer.main
from nbformat.v4 import new_code_cell, new_notebook

from autograder import cli
from autograder.course import Course
from autograder.errors import GraderError
from autograder.grade import Graded, Outcome
from autograder.roster import Learner, roster_of, set_roster
from tests.small_lab import LAB, RIGHT, hand_in

DOCS = Path(__file__).parents[2] / "docs" / "commands.md"


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Hrlab = Callable[..., Ended]


@pytest.fixture
def hrlab(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Hrlab:
    """Run `hrlab` in this process, in an empty folder."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.delenv("HRLAB_COURSE", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["hrlab", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


# Help and docs


def commands(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Name every command as it is typed, with what typer made of it."""
    for name, command in (group or typer.main.get_command(cli.app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_stands_in_the_docs(name: str) -> None:
    assert len(COMMANDS[name].help) > 15
    for parameter in COMMANDS[name].params:
        assert parameter.help, f"hrlab {name}: {parameter.name} has no help"
    docs = DOCS.read_text(encoding="utf-8")
    assert f"### `hrlab {name}" in docs
    section = docs.split(f"### `hrlab {name}", 1)[1].split("\n#", 1)[0]
    assert re.search(rf"^    hrlab {name}\b", section, re.MULTILINE), "an example"


def test_examples_in_the_docs_use_what_exists() -> None:
    examples = re.findall(r"^    hrlab (.+)$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(examples) >= len(COMMANDS)
    for example in examples:
        words = shlex.split(example.split("  #")[0].split(" > ")[0])
        name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
        name = "tone test" if name == "tone" else name  # the word may be left out
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        used = {word.split("=")[0] for word in words if word.startswith("-")}
        jupyters = {"--no-browser", "--port"} if name == "lab" else set()
        assert used <= known | jupyters | {"--debug"}, example


def test_help_of_all_commands(hrlab: Hrlab) -> None:
    ended = hrlab("--help")
    assert ended.code == 0
    assert "--debug" in ended.out
    for name in COMMANDS:
        assert name.split()[0] in ended.out


# Exit codes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["nonsense"], "No such command", id="command"),
        pytest.param(["grade", "--nonsense"], "No such option", id="option"),
        pytest.param(["grade", "--workers", "many"], "Invalid value for '--workers'", id="value"),
        pytest.param(["release", "nope"], f"There is no lab 'nope' in .*\nLabs that exist: {LAB}", id="lab"),
        pytest.param(["grade", LAB, "nope"], "There is no lab 'nope'", id="one-lab-of-two"),
        pytest.param(["grade", "--learner", "dora"], "was collected from dora", id="learner"),
        pytest.param(["collect", "--from", "nowhere"], "There is no folder nowhere", id="folder"),
        pytest.param(["course", "roster", "nope.csv"], "cannot be read", id="no-roster"),
        pytest.param(["course", "roster", "roster.csv"], "row 3: 'b/en' cannot be a learner id", id="roster"),
        pytest.param(["export", "--format", "xls"], "'xls' is not a format", id="format"),
        pytest.param(["check", "nowhere"], "There is no nowhere", id="check"),
        pytest.param(["course", "new", "full"], "full is not empty", id="not-empty"),
        pytest.param(["demo", "--out", "full"], "full is not empty", id="demo"),
    ],
)
def test_wrong_use_and_bad_input_are_2(
    hrlab: Hrlab, course: Course, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    Path("roster.csv").write_text("learner_id\nada\nb/en\n")
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    monkeypatch.setenv("HRLAB_COURSE", str(course.root))
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}

    ended = hrlab(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert re.search(said, ended.err), ended.err
    assert "Traceback" not in ended.err
    assert "Grading" not in ended.err, "no progress before there is some"
    assert {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()} == before
    assert Path("full/mine.txt").read_text() == "mine"


WORDS = {"when": "2026-12-01"}  # arguments that are read before the course is opened


def test_a_folder_that_is_not_a_course_is_2(hrlab: Hrlab, course: Course) -> None:
    commands_on_a_course = [
        (
            name,
            [
                WORDS.get(each.name, "x")
                for each in command.params
                if each.param_type_name == "argument" and each.required
            ],
        )
        for name, command in COMMANDS.items()
        if any(parameter.name == "course" for parameter in command.params)
    ]
    for name, words in commands_on_a_course:
        ended = hrlab(*name.split(), *words, "--course", ".")
        assert ended.code == 2, name
        assert "is not a course folder" in ended.err
        assert "hrlab course new" in ended.err


def test_a_folder_that_cannot_be_written_is_2(
    hrlab: Hrlab, course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    for arguments in (
        ["export", "--to", "scores.csv", "--course", course.root],
        ["report", "--course", course.root],
        ["course", "new", tmp_path / "new"],
    ):
        ended = hrlab(*arguments)
        assert ended.code == 2
        assert "Could not write" in ended.err
        assert "Read-only file system" in ended.err
        assert "Traceback" not in ended.err


def test_a_damaged_handin_is_1_and_the_others_are_collected(hrlab: Hrlab, course: Course, tmp_path: Path) -> None:
    hand_in(tmp_path / "desks", course, "ada", RIGHT)
    (course.handins / f"ben+{LAB}+1.zip").write_bytes(b"PK\x03\x04 and no more")
    ended = hrlab("collect", "--course", course.root)
    assert ended.code == 1
    assert f"{LAB}: 1 new, 0 unchanged." in ended.out
    assert f"Not collected: ben+{LAB}+1.zip" in ended.err

    ended = hrlab("collect", "--course", course.root, "--json")
    assert ended.code == 1
    (result,) = json.loads(ended.out)
    assert (result["lab"], result["new"], result["unchanged"], len(result["problems"])) == (LAB, [], ["ada"], 1)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        pytest.param(GraderError("The database is gone.", "Look for it."), 3, "The database is gone", id="ours"),
        pytest.param(KeyError("surprise"), 3, "KeyError: 'surprise'", id="unexpected"),
        pytest.param(KeyboardInterrupt(), 3, "Stopped.\nThe same command goes on where it stopped", id="ctrl-c"),
    ],
)
def test_our_own_failures_are_3(
    hrlab: Hrlab, course: Course, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    def fail(opened: Course) -> None:
        raise error

    monkeypatch.setattr("autograder.status.course_status", fail)
    status = ["course", "status", "--course", course.root]
    plain = hrlab(*status)
    assert plain.code == code
    assert said in plain.err
    assert "Traceback" not in plain.err
    if isinstance(error, KeyboardInterrupt):
        return
    for arguments in (["--debug", *status], [*status, "--debug"]):
        debug = hrlab(*arguments)
        assert debug.code == code
        assert said in debug.err
        assert "Traceback (most recent call last)" in debug.err


def test_a_notebook_that_fails_is_1(hrlab: Hrlab, tmp_path: Path) -> None:
    cells = [new_code_cell("x = 1"), new_code_cell("x / 0  # divides")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "bad.ipynb")
    ended = hrlab("check", tmp_path / "bad.ipynb")
    assert ended.code == 1
    assert re.search(r"failed 1 of 1 .*/bad\.ipynb\ncell 2:\nx / 0  # divides\nZeroDivisionError: ", ended.out)
    assert "0 of 1 notebooks ran to their end." in ended.out

    ended = hrlab("check", tmp_path / "bad.ipynb", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)[0]["problem"].startswith("cell 2:")


# What the commands do


def test_a_course_by_commands_alone(hrlab: Hrlab, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything between release, which the fixture did, and the export."""
    monkeypatch.chdir(course.root)
    Path("people.csv").write_text("learner_id;first_name\nada;Ada\nlukasz;Łukasz\n", encoding="utf-8")
    assert "The roster has 2 learners." in hrlab("course", "roster", "people.csv").out
    assert "Łukasz" in hrlab("course", "roster").out

    hand_in(course.root / "desks", course, "ada", RIGHT)
    assert hrlab("collect").code == 0
    (row,) = json.loads(hrlab("course", "status", "--json").out)["labs"]
    assert (row["lab"], row["released"], row["collected"], row["to_grade"]) == (LAB, True, 1, 1)

    graded = hrlab("grade", "--json")
    assert graded.code == 1, "the paragraph waits for a person"
    (result,) = json.loads(graded.out)
    assert (result["learner"], result["outcome"]) == ("ada", "scored")
    assert json.loads(hrlab("grade", "--json").out) == [], "nothing is graded twice"
    assert "1 items for a person to score" in hrlab("grade").out

    assert hrlab("feedback").code == 0
    assert list(course.root.glob(f"feedback/ada/{LAB}/*.html"))
    page = Path(hrlab("report").out.strip())
    assert "Łukasz" in page.read_text(encoding="utf-8")

    assert hrlab("export", "--to", "scores.csv").code == 0
    raw = Path("scores.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf"), "by this Excel knows UTF-8"
    rows = {row["learner_id"]: row for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig")))}
    assert (rows["ada"]["points"], rows["ada"]["maximum"], rows["ada"]["waiting"]) == ("4", "7", "1")
    assert rows["lukasz"]["first_name"] == "Łukasz"


def test_a_windows_pipe_gets_every_name(course: Course) -> None:
    set_roster(course, [Learner("lukasz", "Łukasz", "Sample")])
    assert roster_of(course)
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}

    def piped(*arguments: str) -> bytes:
        command = [sys.executable, "-m", "autograder", *arguments, "--course", str(course.root)]
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    assert "Łukasz" in piped("export").decode("utf-8")
    assert b"?ukasz" in piped("course", "roster"), "a table is for reading, so a letter may be lost, but no row"


def test_grading_a_learner_again(hrlab: Hrlab, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(course.root / "release" / LAB, course.root / "release" / "other")
    for learner, lab in (("ada", LAB), ("ada", "other"), ("ben", LAB)):
        (course.root / "submitted" / learner / lab).mkdir(parents=True)
    asked = []

    def grade(opened: Course, lab: str, *, learners: list[str] | None, **_: object) -> list[Graded]:
        asked.append((lab, learners))
        return [Graded(name, lab, Outcome.SCORED) for name in learners or []]

    class Scores:
        graded, scored = {"ada": None, "ben": None}, ["ada", "ben"]

        def waiting(self) -> dict[str, int]:
            return {}

    monkeypatch.setattr("autograder.grade.grade", grade)
    monkeypatch.setattr("autograder.scores.lab_scores", lambda opened, lab: Scores())
    monkeypatch.setattr(Course, "labs", property(lambda self: self.gradable))

    def again(*arguments: str) -> tuple[int, list[tuple[str, list[str] | None]]]:
        asked.clear()
        return hrlab("grade", "--course", course.root, *arguments).code, [*asked]

    assert again() == (0, [("other", None), (LAB, None)])
    assert again("--learner", "ben") == (0, [(LAB, ["ben"])]), "ben handed in one lab only"
    assert again("--learner", "ben", "--learner", "ada") == (0, [("other", ["ada"]), (LAB, ["ada", "ben"])])
    assert again("other", "--learner", "ada") == (0, [("other", ["ada"])])
    assert again("other", LAB, "--learner", "ben") == (2, []), "asked for, but not there: nothing is graded"
    assert again("--learner", "ada", "--learner", "cleo") == (2, [])
