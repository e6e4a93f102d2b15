import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import evaluators.data
from evaluators.data import (
    AlteredDatasetError,
    DatasetFolderError,
    UnknownDatasetError,
    datasheet,
    load_adviser_applications,
    load_adviser_probe,
    load_adviser_scores,
    load_resume_callbacks,
)

CHECKOUT = Path(__file__).resolve().parents[2]
REGISTRY = """
project = "hr-it-lab"
[datasets.resume_callbacks]
file = "table.csv"
sha256 = "0000"
datasheet = "README.md"
"""


def test_columns_have_types_that_say_what_they_are():
    resumes = load_resume_callbacks()
    assert resumes.shape == (4870, 22)
    assert not resumes.isna().any(axis=None)
    assert resumes["called_back"].dtype == bool
    assert resumes["called_back"].sum() == 392  # 235 + 157, Bertrand and Mullainathan, table 1
    assert set(resumes["race"].cat.categories) == {"White", "Black"}
    assert resumes["quality"].cat.ordered
    assert resumes["quality"].max() == "high"
    assert pd.api.types.is_integer_dtype(resumes["years_experience"])


def test_applications_have_types_and_missing_demographics_where_nothing_was_said():
    applications = load_adviser_applications()
    assert applications.shape == (8000, 19)
    unseen = ["sex", "race", "age_band"]
    assert set(applications.columns[applications.isna().any()]) == set(unseen)
    assert "" not in set(applications[unseen].stack())
    assert applications["hired"].dtype == applications["good_after_12_months"].dtype == bool
    assert applications["education"].max() == "bachelor's degree"
    assert pd.api.types.is_integer_dtype(applications["gap_months"])
    applications.loc[0, "hired"] = not applications.loc[0, "hired"]  # a caller's change is the caller's own
    assert load_adviser_applications()["hired"].sum() == 1597


def test_scores_and_probe_have_types_and_are_the_callers_own():
    scores, probe = load_adviser_scores(), load_adviser_probe()
    assert scores.shape == (4000, 9)
    assert set(scores.columns[scores.isna().any()]) == {"sex", "race"}
    assert scores["good_after_12_months"].dtype == probe["has_placebo"].dtype == bool
    assert probe.shape == (5, 24)
    scores.loc[0, "score"] = probe.loc[0, "effect"] = -1e6
    assert load_adviser_scores()["score"].min() >= 0
    assert load_adviser_probe()["effect"].min() > -100


def test_the_current_folder_plays_no_part(tmp_path, monkeypatch):
    planted = tmp_path / "datasets"
    planted.mkdir()
    (planted / "registry.toml").write_text(REGISTRY)
    (planted / "table.csv").write_text("called_back\ntrue\n")
    monkeypatch.chdir(tmp_path)
    assert len(load_resume_callbacks()) == 4870


def test_a_changed_or_missing_file_is_refused(tmp_path):
    (tmp_path / "registry.toml").write_text(REGISTRY)
    with pytest.raises(AlteredDatasetError, match=r"table\.csv is named in registry\.toml but cannot be read"):
        load_resume_callbacks(tmp_path)
    (tmp_path / "table.csv").write_text("called_back\ntrue\n")
    with pytest.raises(AlteredDatasetError, match="sha256 differs"):
        load_resume_callbacks(tmp_path)


@pytest.mark.parametrize(
    "registry",
    [
        pytest.param(None, id="no-registry"),
        pytest.param(b'project = "another"\n', id="another-project"),
        pytest.param(b"not toml", id="not-toml"),
        pytest.param(b"\xff\xfe", id="not-text"),
        pytest.param(b'project = "hr-it-lab"\n', id="no-data-sets-listed"),
    ],
)
def test_a_folder_that_is_not_ours_is_refused(tmp_path, registry):
    if registry is not None:
        (tmp_path / "registry.toml").write_bytes(registry)
    with pytest.raises((DatasetFolderError, UnknownDatasetError), match="Hint: "):
        load_resume_callbacks(tmp_path)


def test_a_foreign_datasets_folder_beside_the_package_is_passed_over(tmp_path, monkeypatch):
    foreign = tmp_path / "datasets"  # as Hugging Face's package would lie in site-packages
    foreign.mkdir()
    monkeypatch.setattr(evaluators.data, "_INSTALLED_FOLDERS", (foreign, CHECKOUT / "datasets"))
    assert len(load_resume_callbacks()) == 4870
    monkeypatch.setattr(evaluators.data, "_INSTALLED_FOLDERS", (foreign,))
    with pytest.raises(DatasetFolderError, match=r"Install hr-it-lab again\."):
        load_resume_callbacks()


def test_datasheet_names_harms_and_licence():
    text = datasheet("resume_callbacks", folder=CHECKOUT / "datasets")
    assert "## Known harms" in text
    assert "## Licence" in text
    assert all(f"`{column}`" in text for column in load_resume_callbacks())
    sheet = datasheet("adviser_applications")
    assert "## Known harms" in sheet
    assert all(f"`{column}`" in sheet for column in load_adviser_applications())
    for name, load in {"adviser_scores": load_adviser_scores, "adviser_probe": load_adviser_probe}.items():
        sheet = datasheet(name)
        assert "## Known harms" in sheet
        assert all(f"`{column}`" in sheet for column in load())
    with pytest.raises(UnknownDatasetError, match=r"Choose one of: .*resume_callbacks"):
        datasheet("resumes")


@pytest.mark.parametrize("kind", [AlteredDatasetError, DatasetFolderError, UnknownDatasetError])
def test_errors_cross_a_process(kind):
    assert str(pickle.loads(pickle.dumps(kind("problem", "hint")))) == "problem\nHint: hint"


def test_the_wheel_carries_its_data(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    code = (
        "import evaluators.data as d;"
        "print(d.__file__, len(d.load_resume_callbacks()), len(d.datasheet('resume_callbacks')))"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )
    file, rows, sheet_length = run.stdout.split()
    assert Path(file).is_relative_to(installed)
    assert rows == "4870"
    assert int(sheet_length) == len(datasheet("resume_callbacks"))


def test_what_somebody_changes_is_theirs_alone() -> None:
    mine = load_resume_callbacks()
    mine.loc[0, "called_back"] = True
    mine["years_experience"] += 1
    mine["more"] = 1
    with pytest.raises(ValueError, match="read-only"):
        mine["jobs_listed"].to_numpy()[0] = 99
    other = load_resume_callbacks()
    assert other["called_back"].sum() == 392
    assert other["years_experience"].sum() == mine["years_experience"].sum() - 4870
    assert "more" not in other
