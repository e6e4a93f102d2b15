"""`hrlab check`: real kernels on notebooks of a few cells."""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.errors import CourseError
from autograder.notebooks import find_notebooks, run_notebooks


def write(folder: Path, name: str, *sources: str) -> Path:
    """Write a notebook with a title and these code cells into a folder of its own."""
    path = folder / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_markdown_cell(f"# {name}"), *map(new_code_cell, sources)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_runs_in_a_copy_of_its_own_folder_without_answers(tmp_path: Path) -> None:
    # At once, so that a folder that belongs to the whole process would be noticed.
    source = """
from pathlib import Path
assert Path("beside.txt").read_text() == Path.cwd().name == "NAME"
assert not list(Path().glob("answers*"))
Path("left.txt").touch()"""
    notebooks = [write(tmp_path, name, source.replace("NAME", name)) for name in ("one", "two", "three")]
    for path in notebooks:
        (path.parent / "beside.txt").write_text(path.stem)
        (path.parent / "answers.json").write_text("{}")
        (path.parent / "answers.json.corrupt").write_text("{")
    before, here = contents(tmp_path), Path.cwd()

    runs = run_notebooks(notebooks, workers=3)

    assert [(run.notebook, run.problem) for run in runs] == [(path, "") for path in notebooks]
    assert contents(tmp_path) == before
    assert Path.cwd() == here


def test_a_failing_cell_is_shown_and_the_others_still_run(tmp_path: Path) -> None:
    bad = write(tmp_path, "bad", "x = 1", "x / 0  # divides", "raise SystemExit")
    good = write(tmp_path, "good", "1 + 1")
    dead = write(tmp_path, "dead", "import os; os._exit(1)")
    broken = write(tmp_path, "broken")
    broken.write_text('{"cells": [{"cell_type": "poem"}], "nbformat": 4}')
    notebooks = [bad, good, dead, broken]
    begun, done = [], []

    runs = run_notebooks(notebooks, workers=2, started=begun.append, progress=done.append)

    assert runs[0].problem == "cell 3:\nx / 0  # divides\nZeroDivisionError: division by zero"
    assert runs[1].problem == ""
    assert runs[2].problem.startswith("cell 2:\nimport os; os._exit(1)\nDeadKernelError: ")
    assert "Error: " in runs[3].problem
    assert sorted(begun) == sorted(run.notebook for run in done) == sorted(notebooks)


def test_the_time_limit_is_for_the_whole_notebook(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    first = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid()))"
    slow = write(tmp_path, "slow", first, *["time.sleep(3)  # short enough by itself"] * 4)

    (run,) = run_notebooks([slow], timeout_s=8)

    assert re.match(r"cell [2-6]:\n.*(short enough by itself|getpid\(\)\)\))\n", run.problem)
    assert run.problem.endswith("was stopped: a notebook may take 8 s as a whole")
    assert 8 <= run.seconds < 12
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_cell_without_end_is_stopped(tmp_path: Path) -> None:
    endless = write(tmp_path, "endless", "while True:\n    pass")
    (run,) = run_notebooks([endless], timeout_s=6)
    assert run.problem == "cell 2:\nwhile True:\n    pass\nwas stopped: a notebook may take 6 s as a whole"


def test_stopped_by_hand_leaves_no_kernel_behind(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    write_pid = f"import os; open({str(pid)!r}, 'w').write(str(os.getpid()))"
    endless = write(tmp_path, "endless", write_pid, "while True:\n    pass")
    waits = f"import os, time\nwhile not os.path.exists({str(pid)!r}):\n    time.sleep(0.05)"
    short = write(tmp_path, "short", waits)

    def interrupt(run: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_notebooks([endless, short], workers=2, progress=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_several_run_at_once(tmp_path: Path) -> None:
    # Each waits for the other, so one after the other they would never end.
    meet = """
import time
from pathlib import Path
Path(r"{mine}").touch()
while not Path(r"{other}").exists():
    time.sleep(0.05)"""
    a, b = tmp_path / "a.here", tmp_path / "b.here"
    first = write(tmp_path, "first", meet.format(mine=a, other=b))
    second = write(tmp_path, "second", meet.format(mine=b, other=a))
    assert [run.problem for run in run_notebooks([first, second], workers=2, timeout_s=60)] == ["", ""]


def test_find_notebooks(tmp_path: Path) -> None:
    one, two = write(tmp_path, "one"), write(tmp_path, "two")
    checkpoint = tmp_path / "one" / ".ipynb_checkpoints" / "one-checkpoint.ipynb"
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(one.read_bytes())
    assert find_notebooks([tmp_path]) == [one, two]
    assert find_notebooks([two]) == [two]
    with pytest.raises(CourseError, match=r"There is no .*three"):
        find_notebooks([tmp_path / "three"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="notebook"):
        find_notebooks([tmp_path / "empty"])
