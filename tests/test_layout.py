"""The folders tell the story (CONTRIBUTING.md); these tests keep it true of every file that git knows or would add."""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def files() -> list[PurePosixPath]:
    """Tracked files and new ones that .gitignore does not name, as they lie on disk."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = sorted({PurePosixPath(name) for name in listed.split("\0") if name})
    return [path for path in paths if (ROOT / path).is_file()]


@pytest.fixture(scope="module")
def notebooks(files: list[PurePosixPath]) -> dict[str, dict[str, Any]]:
    """Each lesson and lab, parsed; there must be some, or the tests below would look at nothing."""
    found = [path for path in files if path.suffix == ".ipynb" and path.parts[0] in ("curriculum", "labs")]
    assert {path.parts[0] for path in found} == {"curriculum", "labs"}
    return {str(path): json.loads((ROOT / path).read_text(encoding="utf-8")) for path in found}


def inside(files: list[PurePosixPath], *folders: str) -> list[PurePosixPath]:
    """Give the files of some top-level folders; none at all is a failure."""
    found = [path for path in files if path.parts[0] in folders]
    assert {path.parts[0] for path in found} == set(folders)
    return found


def test_data_lessons_and_labs_are_not_importable(files: list[PurePosixPath]) -> None:
    # With an __init__.py, `import datasets` would find ours or Hugging Face's, depending on the folder one stands in.
    there = inside(files, "datasets", "labs", "curriculum")
    assert [str(path) for path in there if path.name == "__init__.py"] == []


def test_a_lesson_is_named_by_its_place(files: list[PurePosixPath]) -> None:
    lessons = [path for path in inside(files, "curriculum") if path.suffix == ".ipynb"]
    assert lessons
    pattern = re.compile(r"curriculum/\d\d_[a-z0-9_]+/\d\d_[a-z0-9_]+\.ipynb")
    assert [str(path) for path in lessons if not pattern.fullmatch(str(path))] == []


def test_a_lab_folder_holds_what_learners_may_see(files: list[PurePosixPath]) -> None:
    # `hrlab release` hands out everything that lies beside the notebook.
    there = [path for path in inside(files, "labs") if len(path.parts) > 2]
    labs = {path.parts[1] for path in there}
    assert labs
    for lab in labs:
        assert PurePosixPath("labs", lab, f"{lab}.ipynb") in there, f"labs/{lab}/ has no {lab}.ipynb"
    for path in there:
        assert path.suffix != ".py", f"{path}: a script beside a lab may hold its solutions"
        assert not path.name.startswith("answers"), f"{path}: this would overwrite the learner's own answers"
        assert not any(part.startswith(".") for part in path.parts), f"{path}: hidden files go out, too"


def test_notebooks_hold_no_outputs(notebooks: dict[str, dict[str, Any]]) -> None:
    for name, notebook in notebooks.items():
        for number, cell in enumerate(notebook["cells"]):
            where = f"{name}, cell {number}: run `make format`"
            assert not cell.get("outputs"), where
            assert cell.get("execution_count") is None, where
        assert "widgets" not in notebook["metadata"], f"{name} keeps the state of widgets: run `make format`"


def test_cells_have_ids_of_their_own(notebooks: dict[str, dict[str, Any]]) -> None:
    for name, notebook in notebooks.items():
        assert (notebook["nbformat"], notebook["nbformat_minor"]) >= (4, 5), f"{name} is in a format without cell ids"
        ids = [cell.get("id") for cell in notebook["cells"]]
        assert all(ids), f"{name} has cells without an id"
        assert len(set(ids)) == len(ids), f"{name} uses an id twice"


def test_no_file_names_a_home_folder(files: list[PurePosixPath]) -> None:
    # A path that only one machine has. `/home/jovyan` is the home in every Jupyter image, so it may be named.
    pattern = re.compile(rb"/home/(?!jovyan\b)\w+/|/Users/\w+/|[A-Z]:\\+Users\\+\w+|/root/\w+")
    assert pattern.search(b"see /home/" + b"ada/notes")
    found = []
    for path in files:
        if match := pattern.search((ROOT / path).read_bytes()):
            found.append(f"{path}: {match.group().decode()}")
    assert len(files) > 10
    assert found == []


def test_the_wheel_carries_code_data_and_lessons_but_no_labs(files: list[PurePosixPath], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    # Code goes in as it lies, templates, scripts and style sheets included; data and lessons go below evaluators.
    code = {str(path) for path in inside(files, "evaluators", "autograder")}
    moved = {
        str(PurePosixPath("evaluators", f"_{path.parts[0]}", *path.parts[1:]))
        for path in inside(files, "datasets", "curriculum")
    }
    assert code | moved <= packed
    assert {name for name in packed if "labs" in PurePosixPath(name).parts} == set(), "labs hold the answer keys"


def test_every_track_has_a_title(files: list[PurePosixPath]) -> None:
    tracks = {path.parts[1] for path in inside(files, "curriculum") if path.suffix == ".ipynb"}
    titles = tomllib.loads((ROOT / "curriculum" / "tracks.toml").read_text(encoding="utf-8"))
    assert titles.keys() == tracks
