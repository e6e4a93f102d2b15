"""Made-up résumés: what people claim, what is on the record, a first name, and how they would have done."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.data import load_resume_callbacks
from evaluators.judgement.errors import PanelError

FloatArray = npt.NDArray[np.float64]

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
# What each job asks for. Labels of the ESCO classification of the European Commission; which ten is our choice.
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


def simulated_resumes(
    per_job: int,
    *,
    seed: int | np.random.Generator,
    jobs: Mapping[str, Sequence[str]] = JOBS,
    care_breaks: float = 0.0,
) -> pd.DataFrame:
    """Make up résumés, and how the people would have done.

    Merit, which nobody sees, moves skills and projects. First names are those of the experiment in
    `evaluators.data.load_resume_callbacks`; what they signal is a quarter each in every job and moves nothing else,
    but for `care_breaks`.

    Parameters
    ----------
    per_job : int
        Résumés for each job, a multiple of 4.
    seed : int or Generator
        What makes it repeatable; a generator goes on from where it is.
    jobs : mapping of str to sequence of str
        Job -> the ten skills that it asks for. A résumé also claims one to four skills of `JOBS` that belong elsewhere.
    care_breaks : float
        Share (0-1) of the résumés with a woman's name that show one to three years out of work besides other
        gaps: then a rule on gaps is a rule on sex. The résumés of one seed are otherwise the same with and without;
        how the people do is drawn anew, and breaks have no part in it.

    Returns
    -------
    DataFrame, shape (n_jobs * per_job, 17)
        ``resume_id`` (R001, …), ``job``, ``first_name``, ``name_race``, ``name_sex``, ``skills`` (labels with ``;``
        between), the `CUES`, ``typing_errors``, ``profile`` (a text), ``rating_after_12_months`` (0-100) and
        ``good_after_12_months`` (65 or more). The datasheet of recruiter_panel says what each means.

    Raises
    ------
    PanelError
        If `per_job` is no multiple of 4, a job does not ask for ten skills, or `care_breaks` is no share.

    Examples
    --------
    >>> resumes = simulated_resumes(8, seed=1)
    >>> len(resumes), (resumes["name_sex"] == "female").sum().item()
    (32, 16)
    >>> simulated_resumes(8, seed=1).equals(resumes)
    True
    """
    _check_resumes(per_job, jobs, care_breaks)
    rng = np.random.default_rng(seed)
    names = load_resume_callbacks()[["first_name", "race", "sex"]].drop_duplicates().sort_values("first_name")
    fitting = {kind: rows["first_name"].tolist() for kind, rows in names.groupby(["race", "sex"], observed=True)}
    everything = list(dict.fromkeys(skill for asked in [*JOBS.values(), *jobs.values()] for skill in asked))
    rows: list[dict[str, Any]] = []
    for job, asked in jobs.items():
        signals = [(race, sex) for race in ("Black", "White") for sex in ("female", "male")] * (per_job // 4)
        others = [skill for skill in everything if skill not in asked]
        for race, sex in [signals[place] for place in rng.permutation(per_job)]:
            merit = rng.normal()
            matched = int(np.clip(round(6 + 1.2 * merit + 1.5 * rng.normal()), 1, 10))
            years = int(np.clip(round(rng.gamma(2.2, 3.0)), 0, 22))
            skills = [asked[place] for place in rng.choice(10, matched, replace=False)]
            skills += [others[place] for place in rng.choice(len(others), int(rng.integers(1, 5)), replace=False)]
            rows.append(
                {
                    "job": job,
                    "first_name": fitting[race, sex][int(rng.integers(len(fitting[race, sex])))],
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
    if care_breaks:
        on_break = (table["name_sex"] == "female") & (rng.random(len(table)) < care_breaks)
        table["gap_years"] += np.where(on_break, rng.integers(1, 4, size=len(table)), 0)
    table["profile"] = [_profile(row) for row in rows_of(table)]
    worth = (
        0.6 * standard(table["skills_matched"])
        + 0.4 * standard(table["projects"])
        + 0.2 * standard(table["years_experience"])
        + 0.8 * rng.normal(size=len(table))
    )
    table["rating_after_12_months"] = np.clip(np.round(60 + 12 * worth), 0, 100).astype(int)
    table["good_after_12_months"] = table["rating_after_12_months"] >= 65
    return table


def standard(column: pd.Series) -> FloatArray:
    """Return a column in its own standard deviations; all 0 if it never changes."""
    values: FloatArray = column.to_numpy(dtype=np.float64)
    scaled: FloatArray = (values - values.mean()) / (values.std() or 1.0)
    return scaled


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain dicts: column -> value."""
    return [{str(column): value for column, value in row.items()} for row in table.to_dict("records")]


def _check_resumes(per_job: int, jobs: Mapping[str, Sequence[str]], care_breaks: float) -> None:
    if per_job < 4 or per_job % 4:
        raise PanelError(f"{per_job} résumés for a job.", "Give a multiple of 4: names signal four kinds of people.")
    for job, asked in jobs.items():
        if len(set(asked)) != 10:
            raise PanelError(f"{job!r} asks for {len(set(asked))} skills.", "Give ten, none of them twice.")
    if not 0 <= care_breaks <= 1:
        raise PanelError(f"care_breaks is {care_breaks}.", "Give a share from 0 to 1.")


def _profile(row: Mapping[str, Any]) -> str:
    degree = {"none": "No degree.", "bachelor": "Bachelor's degree", "master": "Master's degree"}[row["degree"]]
    if row["degree"] != "none":
        degree += " from a well-known university." if row["well_known_school"] else "."
    elif row["well_known_school"]:
        degree = "No degree; attended a well-known university."
    gap = f" {_many(row['gap_years'], 'year')} out of work." if row["gap_years"] else ""
    return (
        f"{row['first_name']} applies as {row['job']}. {_many(row['years_experience'], 'year')} of experience with "
        f"{_many(row['employers'], 'employer')}.{gap} {degree} {_many(row['projects'], 'project')} of their own. "
        f"Skills: {row['skills'].replace(';', ', ')}."
    )


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
