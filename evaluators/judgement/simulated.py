"""Made-up résumés, and recruiters that are formulas: data in which everything is known, to try a method on.

Nobody rated anything. A simulated recruiter adds what a résumé shows, weighted, to a level of their own, and noise;
what is planted can be found again, or not, and that is what such data is for. No figure here is a finding about
recruiters, names or people. `datasets/recruiter_panel` and `datasets/screener_lab` are made with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.judgement._simulated_resumes import CUES, DEGREES, JOBS, rows_of, simulated_resumes, standard
from evaluators.judgement.errors import PanelError

__all__ = [
    "CUES",
    "DEGREES",
    "HIGHEST",
    "JOBS",
    "LOWEST",
    "MIDDLE",
    "Recruiter",
    "School",
    "simulated_ratings",
    "simulated_recruiters",
    "simulated_resumes",
]

FloatArray = npt.NDArray[np.float64]

LOWEST, MIDDLE, HIGHEST = 1, 4, 7  # of the scale on which recruiters rate


@dataclass(frozen=True, slots=True)
class School:
    """What a school of thought among recruiters counts, and what it says.

    Parameters
    ----------
    name : str
        What it is called.
    weights : tuple of float, shape (7,)
        Points of the scale (1-7) for one standard deviation of each of `CUES`; the degree counts as 0, 1, 2.
    stated : tuple of int, shape (7,)
        What its recruiters say each cue counts, as points of 100.

    Raises
    ------
    PanelError
        If there is not one number for each cue.
    """

    name: str
    weights: tuple[float, ...]
    stated: tuple[int, ...]

    def __post_init__(self) -> None:
        if not len(self.weights) == len(self.stated) == len(CUES):
            raise PanelError(
                f"The school {self.name!r} has {len(self.weights)} weights and {len(self.stated)} stated points.",
                f"Give one of each for {', '.join(CUES)}.",
            )


@dataclass(frozen=True, slots=True)
class Recruiter:
    """What is planted in one simulated recruiter.

    Parameters
    ----------
    school : School
        What the recruiter counts.
    severity : float
        Points added to every rating; below 0, a strict one.
    noise : float
        Standard deviation, in points, of what nothing explains.
    drift_per_10 : float
        Points by which the level moves in ten ratings.
    halo : float
        How far (0-1) the ratings of single dimensions follow the overall impression.
    name_points_off : float
        Points taken off for a first name that signals Black.
    """

    school: School
    severity: float = 0.0
    noise: float = 0.5
    drift_per_10: float = 0.0
    halo: float = 0.0
    name_points_off: float = 0.0


def simulated_recruiters(
    plans: Mapping[str, Recruiter], *, seed: int | np.random.Generator, jitter: float = 0.05
) -> pd.DataFrame:
    """Draw each recruiter's own weights, and what they say, around those of their school.

    Parameters
    ----------
    plans : mapping of str to Recruiter
        Name -> what is planted.
    seed : int or Generator
        What makes it repeatable; a generator goes on from where it is.
    jitter : float
        Standard deviation, in points of the scale, of a recruiter's weights around the school's.

    Returns
    -------
    DataFrame, shape (n_recruiters, 21)
        ``recruiter``, ``school_of_thought``, ``stated_…`` (points, sum 100) and ``weight_…`` for each of `CUES`,
        ``severity``, ``noise``, ``drift_per_10``, ``halo``, ``name_points_off``. Nobody says that a famous school
        counts.

    Examples
    --------
    >>> school = School("skills first", (0.8, 0.2, 0.4, 0, 0, 0, 0), (50, 20, 30, 0, 0, 0, 0))
    >>> drawn = simulated_recruiters({"Ada": Recruiter(school), "Ben": Recruiter(school, severity=-1)}, seed=1)
    >>> drawn[["recruiter", "severity"]].values.tolist()
    [['Ada', 0.0], ['Ben', -1.0]]
    """
    rng = np.random.default_rng(seed)
    rows = []
    for name, plan in plans.items():
        weights = np.round(np.array(plan.school.weights) + jitter * rng.normal(size=len(CUES)), 2)
        points = np.clip(np.array(plan.school.stated) + rng.integers(-4, 5, size=len(CUES)), 0, None)
        points[-1] = 0  # nobody says that a school's name counts
        points[0] += 100 - points.sum()
        rows.append(
            {"recruiter": name, "school_of_thought": plan.school.name}
            | {f"stated_{cue}": int(value) for cue, value in zip(CUES, points, strict=True)}
            | {f"weight_{cue}": float(value) for cue, value in zip(CUES, weights, strict=True)}
            | {"severity": plan.severity, "noise": plan.noise, "drift_per_10": plan.drift_per_10, "halo": plan.halo}
            | {"name_points_off": plan.name_points_off}
        )
    return pd.DataFrame(rows)


def simulated_ratings(
    resumes: pd.DataFrame,
    recruiters: pd.DataFrame,
    *,
    seed: int | np.random.Generator,
    common_per_job: int | None = None,
    offsets: Sequence[int] = (0,),
) -> pd.DataFrame:
    """Let the formulas rate: level, weighted cues, drift and noise, less the points off, rounded and cut to 1-7.

    Cues count in standard deviations of the given résumés. Of the points off for names the mean is given back, so
    that a recruiter's level stays the planted one.

    Parameters
    ----------
    resumes, recruiters : DataFrame
        As `simulated_resumes` and `simulated_recruiters` return them.
    seed : int or Generator
        What makes it repeatable; a generator goes on from where it is.
    common_per_job : int, optional
        Résumés of each job that everybody rates; by default all.
    offsets : sequence of int
        Who rates each other résumé: places in a circle of all recruiters, redrawn for every so many résumés.

    Returns
    -------
    DataFrame, shape (n_ratings, 7)
        ``resume_id``, ``recruiter``, ``order`` (1 is the first of this recruiter), ``overall``, ``skills``,
        ``experience``, ``presentation`` (all 1-7).

    Examples
    --------
    >>> school = School("skills first", (0.8, 0.2, 0.4, 0, 0, 0, 0), (50, 20, 30, 0, 0, 0, 0))
    >>> two = simulated_recruiters({"Ada": Recruiter(school), "Ben": Recruiter(school)}, seed=1)
    >>> ratings = simulated_ratings(simulated_resumes(8, seed=1), two, seed=1)
    >>> len(ratings), ratings["overall"].between(1, 7).all().item()
    (64, True)
    """
    rng = np.random.default_rng(seed)
    seen = np.column_stack(
        [standard(resumes[cue].map(DEGREES.index) if cue == "degree" else resumes[cue].astype(float)) for cue in CUES]
    )
    signals_black = (resumes["name_race"] == "Black").to_numpy(dtype=float)
    dimensions = {
        "skills": standard(resumes["skills_matched"]),
        "experience": standard(resumes["years_experience"]),
        "presentation": -standard(resumes["typing_errors"]),
    }
    given = _who_rates(resumes, len(recruiters), rng, common_per_job, offsets)
    frames = []
    for place, rater in enumerate(rows_of(recruiters)):
        rows = rng.permutation(np.flatnonzero(given[:, place]))
        order = np.arange(1, len(rows) + 1)
        weights = np.array([rater[f"weight_{cue}"] for cue in CUES])
        leaning = seen[rows] @ weights - rater["name_points_off"] * signals_black[rows]
        overall = (
            MIDDLE
            + rater["name_points_off"] * signals_black.mean()
            + rater["severity"]
            + leaning
            + rater["drift_per_10"] * (order - order.mean()) / 10
            + rater["noise"] * rng.normal(size=len(rows))
        )
        frame = {"resume_id": resumes["resume_id"].to_numpy()[rows], "recruiter": rater["recruiter"], "order": order}
        frame["overall"] = _on_scale(overall)
        for name, true in dimensions.items():
            own = MIDDLE + rater["severity"] + (1 - rater["halo"]) * true[rows]
            own = own + rater["halo"] * (overall - overall.mean())
            frame[name] = _on_scale(own + 0.6 * rng.normal(size=len(rows)))
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def _who_rates(
    resumes: pd.DataFrame, n_raters: int, rng: np.random.Generator, common: int | None, offsets: Sequence[int]
) -> npt.NDArray[np.bool_]:
    """Return who rates what, shape (n_resumes, n_raters)."""
    if common is None:
        return np.ones((len(resumes), n_raters), dtype=bool)
    given = np.zeros((len(resumes), n_raters), dtype=bool)
    everybody = [np.flatnonzero(resumes["job"] == job)[:common] for job in dict.fromkeys(resumes["job"])]
    together = np.concatenate(everybody)
    given[together] = True
    rest = rng.permutation(np.setdiff1d(np.arange(len(resumes)), together))
    for start in range(0, len(rest), n_raters):
        circle = rng.permutation(n_raters)
        for place, row in enumerate(rest[start : start + n_raters]):
            given[row, circle[[(place + offset) % n_raters for offset in offsets]]] = True
    return given


def _on_scale(values: FloatArray) -> npt.NDArray[np.int64]:
    return np.clip(np.round(values), LOWEST, HIGHEST).astype(int)
