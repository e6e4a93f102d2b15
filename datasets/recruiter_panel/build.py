"""Make the tables of recruiter_panel: made-up résumés for four jobs, rated by twelve simulated recruiters.

Run `python datasets/recruiter_panel/build.py`; with `--check` nothing is written and the exit code is 1 if a committed
table differs from what this script makes. The datasheet, README.md, says what is planted and how it can be found again.
"""

import sys
from pathlib import Path

import numpy as np
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
SEED = 20260707
PER_JOB = 60
COMMON_PER_JOB = 6  # résumés that all recruiters rate
RATERS_EACH = (0, 1, 3, 7, 8)  # offsets in a circle of twelve: who rates the other résumés

# What recruiters say they value is much the same whatever their school.
SKILLS_FIRST = School(
    "skills first", weights=(0.80, 0.20, 0.45, 0.05, -0.05, -0.05, 0.00), stated=(45, 15, 25, 5, 5, 5, 0)
)
RECORD_FIRST = School(
    "track record first", weights=(0.20, 0.65, 0.05, 0.35, -0.30, -0.30, 0.35), stated=(40, 25, 15, 10, 5, 5, 0)
)
RECRUITERS = {
    "recruiter 1": Recruiter(SKILLS_FIRST, severity=0.2),
    "recruiter 2": Recruiter(SKILLS_FIRST, severity=-0.7, noise=0.4),
    "recruiter 3": Recruiter(SKILLS_FIRST, name_points_off=1.0),
    "recruiter 4": Recruiter(SKILLS_FIRST, severity=0.5, noise=0.6, halo=0.8),
    "recruiter 5": Recruiter(SKILLS_FIRST, severity=-0.1, drift_per_10=-0.16),
    "recruiter 6": Recruiter(SKILLS_FIRST, severity=0.1),
    "recruiter 7": Recruiter(RECORD_FIRST, severity=0.7),
    "recruiter 8": Recruiter(RECORD_FIRST, noise=0.4, name_points_off=1.0),
    "recruiter 9": Recruiter(RECORD_FIRST, severity=-0.5, noise=0.6, halo=0.8),
    "recruiter 10": Recruiter(RECORD_FIRST, severity=-0.1, drift_per_10=0.16),
    "recruiter 11": Recruiter(RECORD_FIRST, severity=0.1, name_points_off=1.0),
    "recruiter 12": Recruiter(RECORD_FIRST, severity=-0.2, noise=1.3, name_points_off=1.0),
}


def build() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(SEED)
    resumes = simulated_resumes(PER_JOB, seed=rng, jobs=JOBS)
    recruiters = simulated_recruiters(RECRUITERS, seed=rng)
    ratings = simulated_ratings(resumes, recruiters, seed=rng, common_per_job=COMMON_PER_JOB, offsets=RATERS_EACH)
    return {"resumes.csv.gz": yes_no(resumes), "recruiters.csv": recruiters, "ratings.csv.gz": ratings}


if __name__ == "__main__":
    sys.exit(build_all_or_check(FOLDER, build, __doc__))
