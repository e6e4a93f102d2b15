"""How long a study of a panel takes, and how wide the interval of its agreement is.

    python benchmarks/judgement.py                   # ours beside krippendorff and statsmodels, as ratios
    python benchmarks/judgement.py --study           # a whole study of 2,000 items rated by 50 raters
    python benchmarks/judgement.py --widths          # the table of docs/judge.md: about a minute
    python benchmarks/judgement.py --verdicts        # how often the wrong screener is stopped: a minute

All panels are drawn by a formula; nobody rated anything. The other libraries give a figure alone; ours is timed without
and with its interval. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from evaluators.judgement.agreement.alpha import krippendorff_alpha
from evaluators.judgement.agreement.kappa import fleiss_kappa
from evaluators.judgement.panel import Panel

FloatArray = npt.NDArray[np.float64]


def drawn(rng: np.random.Generator, items: int, raters: int, *, noise: float = 1.0, missing: float = 0.0) -> FloatArray:
    """Draw ratings from 1 to 7: what an item is worth, a rater's level, and noise."""
    worth, level = rng.normal(size=(items, 1)), 0.4 * rng.normal(size=(1, raters))
    ratings = np.clip(np.round(4 + 1.2 * (worth + level) + 1.2 * noise * rng.normal(size=(items, raters))), 1, 7)
    return np.where(rng.random(ratings.shape) < missing, np.nan, ratings)


def panel_of(ratings: FloatArray, scale: str = "interval") -> Panel:
    """Give items and raters names."""
    names = (
        tuple(f"i{row:06}" for row in range(ratings.shape[0])),
        tuple(f"r{row}" for row in range(ratings.shape[1])),
    )
    return Panel(ratings, *names, scale=scale)


def seconds(run: Callable[[], float], times: int) -> tuple[float, float]:
    """Return the shortest CPU time of several runs, and what they gave."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        value = run()
        taken.append(time.process_time() - start)
    return min(taken), value


def compare(items: int, raters: int, times: int) -> None:
    """Print our alpha and Fleiss' kappa beside other libraries'."""
    import krippendorff
    from statsmodels.stats.inter_rater import aggregate_raters
    from statsmodels.stats.inter_rater import fleiss_kappa as theirs

    rng = np.random.default_rng(2011)
    some = drawn(rng, items, raters, missing=0.2)
    whole = drawn(rng, items, raters)
    panel, named = panel_of(some), panel_of(whole, "nominal")
    rows = [
        (
            "Krippendorff's alpha (interval), 20 % missing",
            lambda: float(krippendorff.alpha(reliability_data=some.T, level_of_measurement="interval")),
            lambda draws: krippendorff_alpha(panel, replicates=draws).value,
        ),
        (
            "Krippendorff's alpha (ordinal), 20 % missing",
            lambda: float(krippendorff.alpha(reliability_data=some.T, level_of_measurement="ordinal")),
            lambda draws: krippendorff_alpha(panel, scale="ordinal", replicates=draws).value,
        ),
        (
            "Fleiss' kappa",
            lambda: float(theirs(aggregate_raters(whole.astype(int))[0])),
            lambda draws: fleiss_kappa(named, replicates=draws).value,
        ),
    ]
    print(f"{items:,} items, {raters} raters; CPU seconds, shortest of {times}")
    for name, other, ours in rows:
        t_other, v_other = seconds(other, times)
        t_few, v_ours = seconds(lambda ours=ours: ours(100), times)  # type: ignore[misc]
        t_many, _ = seconds(lambda ours=ours: ours(2000), times)  # type: ignore[misc]
        assert abs(v_ours - v_other) < 1e-9, (name, v_ours, v_other)
        again = 2000 * t_other  # what an interval would take if the other library were asked once a draw
        print(
            f"{name}: {v_ours:.4f} in both. Theirs, no interval: {t_other:.4f}. Ours with an interval of 100 draws: "
            f"{t_few:.4f} ({t_few / t_other:.1f} times), of 2,000 draws: {t_many:.4f} "
            f"({again / t_many:.0f} times faster than theirs asked once a draw)."
        )


def study() -> None:
    """Time a whole study of 100,000 ratings."""
    from evaluators.judgement.study.panel_study import judge_panel

    panel = panel_of(drawn(np.random.default_rng(3), 2000, 50))
    judge_panel(panel_of(drawn(np.random.default_rng(4), 30, 3)), replicates=100)  # imports are not timed
    wall, start = time.perf_counter(), time.process_time()
    found = judge_panel(panel)
    cpu, wall = time.process_time() - start, time.perf_counter() - wall
    print(f"{panel.n_ratings:,} ratings, {found.replicates} draws: {cpu:.1f} CPU seconds, {wall:.1f} on the clock")


def widths(panels: int) -> None:
    """Print the median width of the 95 % interval of alpha, by items and raters."""
    for noise in (1.0, 0.5):
        rng = np.random.default_rng(17)
        whole = krippendorff_alpha(panel_of(drawn(rng, 4000, 60, noise=noise)), replicates=100).value
        print(f"alpha of very many items and raters: {whole:.2f}; median width of the interval over {panels} panels")
        for items in (20, 50, 100, 200):
            cells = []
            for raters in (2, 4, 8):
                found = [
                    krippendorff_alpha(panel_of(drawn(rng, items, raters, noise=noise)), replicates=500, seed=each)
                    for each in range(panels)
                ]
                cells.append(float(np.median([each.high - each.low for each in found])))
            print(f"| {items} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")


def verdicts(panels: int) -> None:
    """Print how often screeners are stopped that copy planted unfairness, and such as see no group."""
    import sys
    from collections import Counter
    from pathlib import Path

    import pandas as pd

    from evaluators.judgement.screener.against_panel import screener_against_panel
    from evaluators.judgement.simulated import DEGREES, simulated_ratings, simulated_recruiters, simulated_resumes

    sys.path.insert(0, str(Path(__file__).parents[1] / "datasets" / "recruiter_panel"))
    from build import RECRUITERS  # type: ignore[import-not-found]

    features = ["skills_matched", "years_experience", "projects", "degree", "employers", "gap_years"]
    for per_job in (16, 60):
        stopped: Counter[str] = Counter()
        for seed in range(panels):
            rng = np.random.default_rng(1000 + seed)
            resumes = simulated_resumes(per_job, seed=rng)
            recruiters = simulated_recruiters(RECRUITERS, seed=rng)
            ratings = simulated_ratings(resumes, recruiters, seed=rng)
            panel = Panel.from_table(ratings, item="resume_id", rater="recruiter", rating="overall")
            mean = ratings.groupby("resume_id")["overall"].mean().reindex(resumes["resume_id"]).to_numpy()
            seen = resumes[features].assign(degree=resumes["degree"].map(list(DEGREES).index)).to_numpy(dtype=float)
            named = np.column_stack([seen, resumes["name_race"] == "Black"])
            capped = seen[:, 0] + 0.6 * seen[:, 2] + 0.25 * np.minimum(seen[:, 1], 12)
            fitted = [
                np.column_stack([np.ones(len(each)), each])
                @ np.linalg.lstsq(np.column_stack([np.ones(len(each)), each]), mean, rcond=None)[0]
                for each in (seen, named)
            ]
            school = fitted[0] + 0.5 * resumes["well_known_school"].to_numpy(dtype=float)
            tried = {"copy": [mean, fitted[1]], "fair": [fitted[0], capped, seen[:, 0], school]}
            for kind, scores in tried.items():
                for score in scores:
                    found = screener_against_panel(
                        panel, pd.concat([resumes, pd.Series(score, name="score")], axis="columns"), item="resume_id",
                        score="score", within="job", features=features, groups=["name_race", "name_sex"],
                        replicates=100,
                    )  # fmt: skip
                    stopped[kind] += bool(found.blocked_by)
        print(
            f"{4 * per_job} résumés: stopped {stopped['copy']} of {2 * panels} that copy planted unfairness and "
            f"{stopped['fair']} of {4 * panels} that see no group"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", action="store_true", help="time a whole study")
    parser.add_argument("--widths", action="store_true", help="print the table of docs/judge.md")
    parser.add_argument("--verdicts", action="store_true", help="print how often screeners are stopped")
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--raters", type=int, default=10)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--panels", type=int, help="default 60 for widths, 25 for verdicts")
    options = parser.parse_args()
    if options.study:
        study()
    elif options.widths:
        widths(options.panels or 60)
    elif options.verdicts:
        verdicts(options.panels or 25)
    else:
        compare(options.items, options.raters, options.times)
