"""Simulated résumés and recruiters: what is planted is there, seeds repeat, and odd plans are refused."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators._building import to_csv
from evaluators.data import SCREENER_LAB_TABLES, load_screener_lab
from evaluators.judgement.errors import PanelError
from evaluators.judgement.simulated import (
    CUES,
    JOBS,
    Recruiter,
    School,
    simulated_ratings,
    simulated_recruiters,
    simulated_resumes,
)

SKILLS = School("skills first", (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (70, 10, 20, 0, 0, 0, 0))
LAB = Path(__file__).resolve().parents[3] / "datasets" / "screener_lab"


def rated(plans: dict[str, Recruiter], *, per_job: int = 60, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    resumes = simulated_resumes(per_job, seed=seed)
    recruiters = simulated_recruiters(plans, seed=seed, jitter=0.0)
    return resumes, simulated_ratings(resumes, recruiters, seed=seed)


def test_names_signal_a_quarter_each_in_every_job():
    resumes = simulated_resumes(12, seed=3)
    counts = resumes.groupby(["job", "name_race", "name_sex"]).size()
    assert set(counts) == {3}
    assert len(counts) == 4 * len(JOBS)
    assert resumes["resume_id"].is_unique


def test_the_profile_says_what_the_columns_say():
    resumes = simulated_resumes(4, seed=8)
    for row in resumes.to_dict("records"):
        assert row["profile"].startswith(f"{row['first_name']} applies as {row['job']}.")
        assert ("out of work" in row["profile"]) == (row["gap_years"] > 0)
        claimed = row["skills"].split(";")
        assert sum(skill in JOBS[row["job"]] for skill in claimed) == row["skills_matched"]
        assert 1 <= len(claimed) - row["skills_matched"] <= 4
        assert row["profile"].endswith(f"Skills: {', '.join(claimed)}.")


def test_breaks_for_care_fall_on_women_only_and_move_nothing_else():
    without, with_care = simulated_resumes(60, seed=5), simulated_resumes(60, seed=5, care_breaks=0.6)
    assert without.drop(columns=["gap_years", "profile", "rating_after_12_months", "good_after_12_months"]).equals(
        with_care.drop(columns=["gap_years", "profile", "rating_after_12_months", "good_after_12_months"])
    )
    added = with_care["gap_years"] - without["gap_years"]
    women = without["name_sex"] == "female"
    assert (added[~women] == 0).all()
    assert set(added[women]) == {0, 1, 2, 3}
    assert (added[women] > 0).mean() == pytest.approx(0.6, abs=0.12)  # 120 women: 0.045 is one standard error


def test_severity_bias_and_weights_are_there():
    plans = {
        "plain": Recruiter(SKILLS, noise=0.0),
        "strict": Recruiter(SKILLS, noise=0.0, severity=-1.0),
        "unfair": Recruiter(SKILLS, noise=0.0, name_points_off=1.0),
    }
    resumes, ratings = rated(plans)
    wide = ratings.pivot(index="resume_id", columns="recruiter", values="overall").loc[resumes["resume_id"]]
    skills = resumes["skills_matched"].to_numpy(dtype=float)
    by_hand = np.clip(np.round(4 + (skills - skills.mean()) / skills.std()), 1, 7)
    assert wide["plain"].tolist() == by_hand.tolist()
    inside = ((wide["plain"] > 1) & (wide["plain"] < 7)).to_numpy()
    assert set((wide["plain"] - wide["strict"])[inside]) == {1}
    off = (
        wide["unfair"].groupby((resumes["name_race"] == "Black").to_numpy()).mean()
        - wide["plain"].groupby((resumes["name_race"] == "Black").to_numpy()).mean()
    )
    assert off[False] - off[True] == pytest.approx(1.0, abs=0.15)  # ratings are rounded and cut


def test_stated_points_sum_to_100_and_never_name_the_school():
    drawn = simulated_recruiters({f"r{number}": Recruiter(SKILLS) for number in range(30)}, seed=2)
    stated = drawn[[f"stated_{cue}" for cue in CUES]]
    assert set(stated.sum(axis=1)) == {100}
    assert set(drawn["stated_well_known_school"]) == {0}
    assert (stated >= 0).all(axis=None)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sets(st.integers(0, 4), min_size=1))
def test_everybody_rates_the_common_ones_and_the_others_are_shared_out(seed, common, offsets):
    resumes = simulated_resumes(8, seed=seed)
    recruiters = simulated_recruiters({f"r{number}": Recruiter(SKILLS) for number in range(5)}, seed=seed)
    ratings = simulated_ratings(resumes, recruiters, seed=seed, common_per_job=common, offsets=sorted(offsets))
    counts = ratings.groupby("resume_id").size().reindex(resumes["resume_id"]).to_numpy()
    first = resumes.groupby("job").cumcount().to_numpy() < common
    assert set(counts[first]) == {5}
    assert set(counts[~first]) == {len(offsets)}
    assert ratings["overall"].between(1, 7).all()
    for _, own in ratings.groupby("recruiter"):
        assert own["order"].tolist() == list(range(1, len(own) + 1))
    again = simulated_ratings(resumes, recruiters, seed=seed, common_per_job=common, offsets=sorted(offsets))
    assert again.equals(ratings)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(lambda: simulated_resumes(6, seed=1), "6 résumés for a job", id="six"),
        pytest.param(lambda: simulated_resumes(0, seed=1), "0 résumés", id="none"),
        pytest.param(lambda: simulated_resumes(4, seed=1, jobs={"cook": ("knife",)}), "asks for 1 skills", id="skills"),
        pytest.param(lambda: simulated_resumes(4, seed=1, care_breaks=60), "care_breaks is 60", id="share"),
        pytest.param(lambda: School("short", (1.0,), (100,)), "1 weights and 1 stated", id="school"),
    ],
)
def test_odd_plans_are_refused(make, problem):
    with pytest.raises(PanelError, match=problem):
        make()


# The data set of the lab, which is made with it


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(LAB / "build.py"))


def test_the_tables_of_the_lab_are_what_their_script_makes(script):
    for name, table in script["build"]().items():
        assert to_csv(table) == (LAB / name).read_bytes(), name


def test_the_datasheet_names_every_column_and_no_planted_figure(script):
    sheet = (LAB / "README.md").read_text("utf-8")
    for table in SCREENER_LAB_TABLES:
        for column in load_screener_lab(table).columns:
            assert f"`{column}`" in sheet or column.startswith("stated_"), column
    for planted in ("name_points_off", "severity=", "weight_"):
        assert planted not in sheet


def test_unseen_applications_come_from_the_same_recruiters(script):
    resumes, ratings = script["unseen"](77, 20)
    assert len(resumes) == 40
    assert len(ratings) == 40 * 8
    assert sorted(ratings["recruiter"].unique()) == sorted(load_screener_lab("stated")["recruiter"])
    assert resumes["gap_years"].groupby(resumes["name_sex"]).mean().idxmax() == "female"


def test_the_interview_is_a_dialogue_line_by_line():
    interview = load_screener_lab("interview")
    assert interview["line"].tolist() == list(range(1, 61))
    assert set(interview["speaker"].iloc[::2]) == {"You"}
    assert set(interview["speaker"].iloc[1::2]) == {"Ines"}
