"""Make the tables of recruiter_panel: made-up résumés for four jobs, rated by twelve simulated recruiters.

Run `python datasets/recruiter_panel/build.py`; with `--check` nothing is written and the exit code is 1 if a committed
table differs from what this script makes. The datasheet, README.md, says what is planted and how it can be found again.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from evaluators._building import build_all_or_check
from evaluators.data import load_resume_callbacks

FOLDER = Path(__file__).parent
SEED = 20260707
PER_JOB = 60
COMMON_PER_JOB = 6  # résumés that all recruiters rate
RATERS_EACH = (0, 1, 3, 7, 8)  # offsets in a circle of twelve: who rates the other résumés

# What each job asks for. Labels of the ESCO classification of the European Commission.
JOBS = {
    "service desk agent": (
        "use ICT ticketing system",
        "provide ICT support",
        "solve ICT system problems",
        "support ICT system users",
        "operating systems",
        "maintain computer hardware",
        "identify ICT user needs",
        "prioritise requests",
        "handle helpdesk problems",
        "provide technical documentation",
    ),
    "data analyst": (
        "SQL",
        "Python (computer programming)",
        "apply statistical analysis techniques",
        "use spreadsheets software",
        "perform data cleansing",
        "deliver visual presentation of data",
        "interpret current data",
        "define data quality criteria",
        "report analysis results",
        "use databases",
    ),
    "HR officer": (
        "recruit employees",
        "interview people",
        "employment law",
        "manage payroll",
        "negotiate employment agreements",
        "carry out job analysis",
        "gather feedback from employees",
        "develop employee retention programs",
        "protect employee rights",
        "observe confidentiality",
    ),
    "customer adviser": (
        "handle customer complaints",
        "answer incoming calls",
        "respond to customers' inquiries",
        "process customer orders",
        "process refunds",
        "use customer relationship management software",
        "apply conflict management",
        "guarantee customer satisfaction",
        "communicate by telephone",
        "keep records of customer interaction",
    ),
}
DEGREES = ("none", "bachelor", "master")
CUES = (
    "skills_matched",
    "years_experience",
    "projects",
    "degree",
    "employers",
    "gap_years",
    "well_known_school",
)
SKILLS_FIRST, RECORD_FIRST = "skills first", "track record first"
# Points of the scale for one standard deviation of each cue (the degree as 0, 1 and 2).
POLICIES = {
    SKILLS_FIRST: (0.80, 0.20, 0.45, 0.05, -0.05, -0.05, 0.00),
    RECORD_FIRST: (0.20, 0.65, 0.05, 0.35, -0.30, -0.30, 0.35),
}
# What recruiters say they value, as points of 100: much the same whatever their school.
STATED = {SKILLS_FIRST: (45, 15, 25, 5, 5, 5, 0), RECORD_FIRST: (40, 25, 15, 10, 5, 5, 0)}
JITTER = 0.05
# Recruiter -> severity, noise, drift (points per 10 ratings), halo (0-1), points off for a name that signals Black.
RECRUITERS = {
    "recruiter 1": (SKILLS_FIRST, 0.2, 0.5, 0.0, 0.0, 0.0),
    "recruiter 2": (SKILLS_FIRST, -0.7, 0.4, 0.0, 0.0, 0.0),
    "recruiter 3": (SKILLS_FIRST, 0.0, 0.5, 0.0, 0.0, 1.0),
    "recruiter 4": (SKILLS_FIRST, 0.5, 0.6, 0.0, 0.8, 0.0),
    "recruiter 5": (SKILLS_FIRST, -0.1, 0.5, -0.16, 0.0, 0.0),
    "recruiter 6": (SKILLS_FIRST, 0.1, 0.5, 0.0, 0.0, 0.0),
    "recruiter 7": (RECORD_FIRST, 0.7, 0.5, 0.0, 0.0, 0.0),
    "recruiter 8": (RECORD_FIRST, 0.0, 0.4, 0.0, 0.0, 1.0),
    "recruiter 9": (RECORD_FIRST, -0.5, 0.6, 0.0, 0.8, 0.0),
    "recruiter 10": (RECORD_FIRST, -0.1, 0.5, 0.16, 0.0, 0.0),
    "recruiter 11": (RECORD_FIRST, 0.1, 0.5, 0.0, 0.0, 1.0),
    "recruiter 12": (RECORD_FIRST, -0.2, 1.3, 0.0, 0.0, 1.0),
}
LOWEST, MIDDLE, HIGHEST = 1, 4, 7


def resumes(rng: np.random.Generator) -> pd.DataFrame:
    names = load_resume_callbacks()[["first_name", "race", "sex"]].drop_duplicates().sort_values("first_name")
    everything = [skill for asked in JOBS.values() for skill in asked]
    rows = []
    for job, asked in JOBS.items():
        signals = [(race, sex) for race in ("Black", "White") for sex in ("female", "male")] * (PER_JOB // 4)
        others = [skill for skill in everything if skill not in asked]
        for race, sex in [signals[place] for place in rng.permutation(PER_JOB)]:
            fitting = names[(names["race"] == race) & (names["sex"] == sex)]["first_name"].tolist()
            merit = rng.normal()
            matched = int(np.clip(round(6 + 1.2 * merit + 1.5 * rng.normal()), 1, 10))
            years = int(np.clip(round(rng.gamma(2.2, 3.0)), 0, 22))
            skills = [asked[place] for place in rng.choice(10, matched, replace=False)]
            skills += [others[place] for place in rng.choice(30, int(rng.integers(1, 5)), replace=False)]
            rows.append(
                {
                    "job": job,
                    "first_name": fitting[int(rng.integers(len(fitting)))],
                    "name_race": race,
                    "name_sex": sex,
                    "skills": ";".join(skills[place] for place in rng.permutation(len(skills))),
                    "skills_matched": matched,
                    "years_experience": years,
                    "projects": int(np.clip(round(2 + 0.5 * merit + 1.2 * rng.normal()), 0, 6)),
                    "degree": DEGREES[int(rng.choice(3, p=[0.35, 0.45, 0.2]))],
                    "employers": int(1 + rng.binomial(5, min(0.75, 0.2 + years / 40))),
                    "gap_years": int(rng.choice(4, p=[0.6, 0.2, 0.12, 0.08])),
                    "well_known_school": bool(rng.random() < 0.35),
                    "typing_errors": int(rng.choice(5, p=[0.4, 0.25, 0.15, 0.12, 0.08])),
                }
            )
    table = pd.DataFrame(rows)
    table.insert(0, "resume_id", [f"R{number:03}" for number in range(1, len(table) + 1)])
    table["profile"] = [profile_of(row) for row in table.itertuples()]
    worth = (
        0.6 * standard(table["skills_matched"])
        + 0.4 * standard(table["projects"])
        + 0.2 * standard(table["years_experience"])
        + 0.8 * rng.normal(size=len(table))
    )
    table["rating_after_12_months"] = np.clip(np.round(60 + 12 * worth), 0, 100).astype(int)
    table["good_after_12_months"] = table["rating_after_12_months"] >= 65
    return table


def profile_of(row: object) -> str:
    def many(number: int, thing: str) -> str:
        return f"{number} {thing}{'' if number == 1 else 's'}"

    degree = {"none": "No degree.", "bachelor": "Bachelor's degree", "master": "Master's degree"}[row.degree]
    if row.degree != "none":
        degree += " from a well-known university." if row.well_known_school else "."
    elif row.well_known_school:
        degree = "No degree; attended a well-known university."
    gap = f" {many(row.gap_years, 'year')} out of work." if row.gap_years else ""
    return (
        f"{row.first_name} applies as {row.job}. {many(row.years_experience, 'year')} of experience with "
        f"{many(row.employers, 'employer')}.{gap} {degree} {many(row.projects, 'project')} of their own. Skills: "
        f"{row.skills.replace(';', ', ')}."
    )


def standard(column: pd.Series) -> np.ndarray:
    values = column.to_numpy(dtype=float)
    return (values - values.mean()) / values.std()


def recruiters(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for name, (school, severity, noise, drift, halo, name_bias) in RECRUITERS.items():
        weights = np.round(np.array(POLICIES[school]) + JITTER * rng.normal(size=len(CUES)), 2)
        points = np.clip(np.array(STATED[school]) + rng.integers(-4, 5, size=len(CUES)), 0, None)
        points[-1] = 0  # nobody says that a school's name counts
        points[0] += 100 - points.sum()
        rows.append(
            {"recruiter": name, "school_of_thought": school}
            | {f"stated_{cue}": int(value) for cue, value in zip(CUES, points, strict=True)}
            | {f"weight_{cue}": float(value) for cue, value in zip(CUES, weights, strict=True)}
            | {"severity": severity, "noise": noise, "drift_per_10": drift, "halo": halo, "name_points_off": name_bias}
        )
    return pd.DataFrame(rows)


def who_rates(table: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return who rates what, shape (n_resumes, n_recruiters): some résumés all, the others five of them."""
    given = np.zeros((len(table), len(RECRUITERS)), dtype=bool)
    common = np.concatenate([np.flatnonzero(table["job"] == job)[:COMMON_PER_JOB] for job in JOBS])
    given[common] = True
    rest = rng.permutation(np.setdiff1d(np.arange(len(table)), common))
    n = len(RECRUITERS)
    for start in range(0, len(rest), n):
        circle = rng.permutation(n)
        for place, row in enumerate(rest[start : start + n]):
            given[row, circle[[(place + offset) % n for offset in RATERS_EACH]]] = True
    return given


def ratings(table: pd.DataFrame, raters: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    seen = np.column_stack(
        [standard(table[cue].map(DEGREES.index) if cue == "degree" else table[cue].astype(float)) for cue in CUES]
    )
    signals_black = (table["name_race"] == "Black").to_numpy(dtype=float)
    dimensions = {
        "skills": standard(table["skills_matched"]),
        "experience": standard(table["years_experience"]),
        "presentation": -standard(table["typing_errors"]),
    }
    given = who_rates(table, rng)
    frames = []
    for place, rater in enumerate(raters.itertuples()):
        rows = rng.permutation(np.flatnonzero(given[:, place]))
        order = np.arange(1, len(rows) + 1)
        weights = np.array([getattr(rater, f"weight_{cue}") for cue in CUES])
        leaning = seen[rows] @ weights - rater.name_points_off * signals_black[rows]
        overall = (
            MIDDLE
            + rater.name_points_off * signals_black.mean()
            + rater.severity
            + leaning
            + rater.drift_per_10 * (order - order.mean()) / 10
            + rater.noise * rng.normal(size=len(rows))
        )
        frame = {"resume_id": table["resume_id"].to_numpy()[rows], "recruiter": rater.recruiter, "order": order}
        frame["overall"] = on_scale(overall)
        for name, true in dimensions.items():
            own = MIDDLE + rater.severity + (1 - rater.halo) * true[rows] + rater.halo * (overall - overall.mean())
            frame[name] = on_scale(own + 0.6 * rng.normal(size=len(rows)))
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def on_scale(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(values), LOWEST, HIGHEST).astype(int)


def yes_no(table: pd.DataFrame) -> pd.DataFrame:
    flags = table.select_dtypes("bool").columns
    return table.assign(**{name: table[name].map({True: "true", False: "false"}) for name in flags})


def build() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(SEED)
    table, raters = resumes(rng), recruiters(rng)
    return {
        "resumes.csv.gz": yes_no(table),
        "recruiters.csv": raters,
        "ratings.csv.gz": ratings(table, raters, rng),
    }


if __name__ == "__main__":
    sys.exit(build_all_or_check(FOLDER, build, __doc__))
