"""Make adviser_scores.csv.gz: what a screening tool, and four other versions of it, give made-up applicants.

Run `python datasets/adviser_scores/build.py`; with `--check` nothing is written and the exit code is 1 if the
committed table differs from what this script makes. The tool learns from every second application of
adviser_applications and scores the others. The datasheet, README.md, says what it learned from.
"""

import sys
from pathlib import Path

import pandas as pd

from evaluators._building import build_or_check
from evaluators.data import load_adviser_applications
from evaluators.screening.blinding import plain_profiles
from evaluators.screening.screener import FEATURES, Screener, train_screener

FILE = Path(__file__).with_name("adviser_scores.csv.gz")
BIAS = 1.5  # the past that the tool learned from took half as many points off again as `hired` in the data
GOOD = "good_after_12_months"

# Column with the scores -> what this version does not read, and whether its profiles are written plainly.
VERSIONS: dict[str, tuple[set[str], bool]] = {
    "score": (set(), False),
    "score_no_name": ({"first_name"}, False),
    "score_plain": (set(), True),
    "score_plain_no_name": ({"first_name"}, True),
    "score_no_profile": ({"first_name", "profile"}, False),
}


def halves() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the applications that the tool learns from, and those that it scores."""
    applications = load_adviser_applications()
    odd = applications["application_id"] % 2 == 1
    return applications[odd].reset_index(drop=True), applications[~odd].reset_index(drop=True)


def written_plainly(applications: pd.DataFrame) -> pd.DataFrame:
    return applications.assign(profile=plain_profiles(applications).to_numpy())


def train(past: pd.DataFrame, version: str) -> Screener:
    dropped, plainly = VERSIONS[version]
    learned_from = written_plainly(past) if plainly else past
    return train_screener(learned_from, bias=BIAS, features=[name for name in FEATURES if name not in dropped])


def build() -> pd.DataFrame:
    past, scored = halves()
    plain = written_plainly(scored)
    table = scored[["application_id", "sex", "race"]].copy()
    for version, (_, plainly) in VERSIONS.items():
        table[version] = train(past, version).score(plain if plainly else scored).round(1)
    return table.assign(**{GOOD: scored[GOOD].map({True: "true", False: "false"})})


if __name__ == "__main__":
    sys.exit(build_or_check(FILE, build, __doc__))
