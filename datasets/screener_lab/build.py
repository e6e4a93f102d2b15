"""Make the tables of screener_lab: made-up résumés of a made-up ferry company, rated by eight simulated recruiters.

Run `python datasets/screener_lab/build.py`; with `--check` nothing is written and the exit code is 1 if a committed
table differs from what this script makes. What is planted stands here and nowhere else: a lab rests on it. The lab's
tests take the same recruiters from here for résumés that no learner has seen; their seed stands in the tests only.
"""

import sys
from pathlib import Path

import pandas as pd

from evaluators._building import build_all_or_check, yes_no
from evaluators.judgement.simulated import (
    JOBS,
    Recruiter,
    School,
    simulated_ratings,
    simulated_recruiters,
    simulated_resumes,
)

FOLDER = Path(__file__).parent
SEED = 20260919
PER_JOB = 80
COMMON_PER_JOB = 10  # résumés that all recruiters rate
RATERS_EACH = (0, 1, 3, 4, 6)  # offsets in a circle of eight: who rates the other résumés
CARE_BREAKS = 0.6  # share of the résumés with a woman's name that show years out of work for care
ASKED = {job: JOBS[job] for job in ("service desk agent", "customer adviser")}

HANDS_ON = School("hands on", weights=(0.65, 0.20, 0.55, 0.05, -0.05, -0.10, 0.05), stated=(45, 15, 30, 0, 5, 5, 0))
STEADY_RECORD = School(
    "steady record", weights=(0.45, 0.50, 0.15, 0.25, -0.30, -0.60, 0.30), stated=(45, 20, 25, 0, 5, 5, 0)
)
RECRUITERS = {
    "recruiter A": Recruiter(HANDS_ON, severity=0.3),
    "recruiter B": Recruiter(STEADY_RECORD, severity=-0.9),
    "recruiter C": Recruiter(HANDS_ON, name_points_off=1.2),
    "recruiter D": Recruiter(HANDS_ON, severity=0.6),
    "recruiter E": Recruiter(STEADY_RECORD, noise=0.4, name_points_off=1.2),
    "recruiter F": Recruiter(STEADY_RECORD, severity=0.2, name_points_off=1.2),
    "recruiter G": Recruiter(HANDS_ON, severity=-0.3, noise=1.2),
    "recruiter H": Recruiter(STEADY_RECORD, severity=-0.2, name_points_off=1.2),
}


def recruiters() -> pd.DataFrame:
    return simulated_recruiters(RECRUITERS, seed=SEED)


def resumes(per_job: int, seed: int) -> pd.DataFrame:
    return simulated_resumes(per_job, seed=seed, jobs=ASKED, care_breaks=CARE_BREAKS)


def unseen(seed: int, per_job: int = 120) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = resumes(per_job, seed)
    return table, simulated_ratings(table, recruiters(), seed=seed + 1)


def build() -> dict[str, pd.DataFrame]:
    table, raters = resumes(PER_JOB, SEED + 1), recruiters()
    rated = simulated_ratings(table, raters, seed=SEED + 2, common_per_job=COMMON_PER_JOB, offsets=RATERS_EACH)
    said = raters.filter(regex="^(recruiter|stated_.*)$")
    return {
        "resumes.csv": yes_no(table.drop(columns=["typing_errors"])),
        "ratings.csv": rated[["resume_id", "recruiter", "order", "overall"]],
        "stated.csv": said,
    }


if __name__ == "__main__":
    sys.exit(build_all_or_check(FOLDER, build, __doc__))
