"""The recruiter panel is what its script makes, with labels that hold no separator."""

import gzip
import runpy
from pathlib import Path

import pytest

from evaluators._building import to_csv

FOLDER = Path(__file__).resolve().parents[2] / "datasets" / "recruiter_panel"
SCRIPT = FOLDER / "build.py"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPT))


def test_the_tables_are_what_their_script_makes(script):
    for name, table in script["build"]().items():
        committed = (FOLDER / name).read_bytes()
        assert to_csv(table) == (gzip.decompress(committed) if name.endswith(".gz") else committed), name


def test_each_job_asks_for_ten_skills_of_its_own(script):
    asked = [skill for skills in script["JOBS"].values() for skill in skills]
    assert len(asked) == len(set(asked)) == 40
    assert not any(";" in skill for skill in asked)


def test_the_datasheet_names_every_column(script):
    sheet = (FOLDER / "README.md").read_text("utf-8")
    for table in script["build"]().values():
        for column in table.columns:
            assert f"`{column}`" in sheet or column.startswith(("stated_", "weight_")), column
