"""Make adviser_applications.csv.gz: made-up applications with a past that was unfair on purpose.

Run `python datasets/adviser_applications/build.py`; with `--check` nothing is written and the exit code is 1 if
the committed table differs from what this script makes. The datasheet, README.md, says which figures are
published and which are made up.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from evaluators._building import build_or_check

FILE = Path(__file__).with_name("adviser_applications.csv.gz")
NAMES = Path(__file__).parents[1] / "resume_callbacks" / "resume_callbacks.csv"
SEED = 2026
ROWS = 8000

# Workforce Intelligence Network 2019, customer service occupations: 57.6 % women, 72.4 % White, 17.3 % Black.
SEX = {"female": 0.576, "male": 0.424}
RACE = {"White": 0.724, "Black": 0.173, "Other": 0.103}
# Pew Research Center 2013: parents who took a significant amount of time off.
GAP_SHARE = {"female": 0.39, "male": 0.24}
# Bureau of Labor Statistics, January 2024: median years with the employer.
TENURE_BY_SEX = {"female": 3.6, "male": 4.2}
TENURE_BY_AGE = {"18-24": 1.3, "25-34": 2.7, "35-44": 4.6, "45-54": 7.0, "55+": 9.6}
TENURE_ALL = 3.9
AGE = {"18-24": (18, 25, 0.22), "25-34": (25, 35, 0.32), "35-44": (35, 45, 0.21), "45-54": (45, 55, 0.15)}
AGE |= {"55+": (55, 65, 0.10)}

# The planted unfairness, in log-odds points taken off the panel's rating, and the rating that got the job.
POINTS_OFF = {"female": 0.4, "Black": 0.5}
CUT = float(np.log(3))  # where nothing is taken off, one of four is hired

DISTRICTS = {  # shares of White and of Black applicants
    "Alder Park": (0.17, 0.03),
    "Bayside": (0.15, 0.03),
    "Cedar Hill": (0.14, 0.05),
    "Dunmore": (0.12, 0.05),
    "Elmhurst": (0.11, 0.08),
    "Fairfield": (0.10, 0.09),
    "Glenwood": (0.09, 0.13),
    "Harbor End": (0.05, 0.16),
    "Ironworks": (0.04, 0.18),
    "Juniper Flats": (0.03, 0.20),
}
GIRLS, BOYS = "St Brigid's Girls' School", "St Aidan's Boys' School"
EDUCATION = {"high school": 0.40, "some college": 0.30, "associate degree": 0.14, "bachelor's degree": 0.16}
LANGUAGES = {"English": 0.74, "English; Spanish": 0.16, "English; French": 0.05, "English; Mandarin": 0.05}
SOFTWARE = ("spreadsheet", "ticket system", "claims system", "telephone system", "knowledge base")
WORK = {  # what somebody did before, and what it is worth on the job
    "answered questions about bills": -0.8,
    "took orders by telephone": -0.5,
    "worked at a reception desk": -0.4,
    "dealt with claims by telephone and chat": 0.4,
    "settled complaints in the first call": 0.8,
    "trained new colleagues on the telephone": 0.9,
}
SPARE_TIME = {  # share among women, men; None: as often as anything else
    "{She} belongs to a women's professional network.": ("sex", 0.18, 0.01),
    "{She} is on the committee of a parents' association.": ("sex", 0.14, 0.06),
    "{She} coaches a boys' football team.": ("sex", 0.02, 0.14),
    "{She} is treasurer of an association of Black professionals.": ("Black", 0.14, 0.005),
    "{She} runs half marathons.": ("all", 0.12, 0.12),
    "{She} keeps a vegetable garden.": ("all", 0.12, 0.12),
}
PRONOUNS = {"female": ("She", "her"), "male": ("He", "his")}


def draw(rng: np.random.Generator, shares: dict[str, float], size: int = ROWS) -> np.ndarray:
    weights = np.array(list(shares.values()))
    return rng.choice(list(shares), size=size, p=weights / weights.sum())


def standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def first_names(rng: np.random.Generator, sex: np.ndarray, race: np.ndarray) -> np.ndarray:
    """Draw the field experiment's names; "Other" has no list of its own and draws from both."""
    listed = pd.read_csv(NAMES).groupby(["race", "sex"])["first_name"].unique()
    signal = np.where(race == "Other", rng.choice(["White", "Black"], ROWS), race)
    names = np.empty(ROWS, dtype=object)
    for pair in sorted(listed.index):
        here = (signal == pair[0]) & (sex == pair[1])
        names[here] = rng.choice(sorted(listed[pair]), here.sum())
    return names


def places(rng: np.random.Generator, sex: np.ndarray, race: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    white, black = np.array(list(DISTRICTS.values())).T
    share = {"White": white, "Black": black, "Other": (white + black) / 2}
    district = np.empty(ROWS, dtype=object)
    for label, weights in share.items():
        here = race == label
        district[here] = rng.choice(list(DISTRICTS), here.sum(), p=weights)
    local = district + " High School"
    own = np.where(sex == "female", GIRLS, BOYS)
    return district, np.where(rng.random(ROWS) < 0.12, own, local)


def profile(rng: np.random.Generator, name: str, sex: str, race: str, years: int, work: str) -> str:
    she, her = PRONOUNS[sex]
    long = {0: "less than a year", 1: "1 year"}.get(years, f"{years} years")
    said = [
        f"{name} has {long} of experience with customers.",
        f"In {her} last job {she.lower()} {work}.",
    ]
    for sentence, (kind, first, second) in SPARE_TIME.items():
        chosen = {"sex": sex == "female", "Black": race == "Black", "all": True}[kind]
        if rng.random() < (first if chosen else second):
            said.append(sentence.format(She=she))
            break
    return " ".join(said)


def build() -> pd.DataFrame:
    rng = np.random.default_rng(SEED)
    sex, race = draw(rng, SEX), draw(rng, RACE)
    age_band = draw(rng, {band: share for band, (_, _, share) in AGE.items()})
    age = np.array([rng.integers(AGE[band][0], AGE[band][1]) for band in age_band])
    years = np.floor((age - 17) * rng.beta(2, 3, ROWS)).astype(int)

    away = np.array([GAP_SHARE[label] for label in sex])
    has_gap = (age >= 25) & (rng.random(ROWS) < away)
    gap = np.where(has_gap, 6 + np.floor(rng.gamma(1.5, 9, ROWS)), 0).astype(int)
    median = np.array([TENURE_BY_AGE[band] * TENURE_BY_SEX[label] for band, label in zip(age_band, sex, strict=True)])
    tenure = np.round(12 * median / TENURE_ALL * rng.lognormal(0, 0.8, ROWS)).astype(int)
    tenure = np.clip(tenure, 1, 12 * np.maximum(age - 16, 1))

    education, languages = draw(rng, EDUCATION), draw(rng, LANGUAGES)
    knows = rng.random((ROWS, len(SOFTWARE))) < [0.7, 0.45, 0.25, 0.5, 0.3]
    software = ["; ".join(np.array(SOFTWARE)[row]) or "none" for row in knows]
    work = draw(rng, dict.fromkeys(WORK, 1.0))
    district, school = places(rng, sex, race)

    # How good somebody is depends on the work and on luck, never on sex, race, district, school, gap or tenure.
    merit = standard(
        0.9 * standard(np.log1p(years))
        + 0.4 * standard(np.array([list(EDUCATION).index(level) for level in education]))
        + 0.6 * standard(knows.sum(axis=1))
        + 0.3 * standard((languages != "English").astype(float))
        + 0.9 * standard(np.array([WORK[phrase] for phrase in work]))
        + rng.normal(0, 1.0, ROWS)
    )
    good = rng.random(ROWS) < 1 / (1 + np.exp(-(1.3 * merit - 0.2)))
    # Ranks of the panel's impression become a logistic scale, so that "points off" are exact log-odds. They are
    # taken within sex and race, so that every group has the same ratings and the unfairness is all in the points.
    impression = pd.Series(merit + rng.normal(0, 0.7, ROWS)).groupby([sex, race])
    share_below = ((impression.rank() - 0.5) / impression.transform("size")).to_numpy()
    rating = np.round(np.log(share_below / (1 - share_below)), 3)
    off = np.where(sex == "female", POINTS_OFF["female"], 0) + np.where(race == "Black", POINTS_OFF["Black"], 0)

    names = first_names(rng, sex, race)
    people = zip(names, sex, race, years.tolist(), work, strict=True)
    table = pd.DataFrame(
        {
            "application_id": np.arange(1, ROWS + 1),
            "month": rng.choice([f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)], ROWS),
            "first_name": names,
            "district": district,
            "school": school,
            "education": education,
            "years_experience": years,
            "gap_months": gap,
            "tenure_months": tenure,
            "languages": languages,
            "software": software,
            "profile": [profile(rng, *person) for person in people],
            "sex": sex,
            "race": race,
            "age_band": age_band,
            "panel_rating": rating,
            "points_off": np.round(off, 1),
            "hired": rating - off >= CUT,
            "good_after_12_months": good,
        }
    )
    for column, share in {"sex": 0.04, "race": 0.08, "age_band": 0.03}.items():
        table.loc[rng.random(ROWS) < share, column] = ""  # they did not say
    for column in ("hired", "good_after_12_months"):
        table[column] = table[column].map({True: "true", False: "false"})
    return table


if __name__ == "__main__":
    sys.exit(build_or_check(FILE, build, __doc__))
