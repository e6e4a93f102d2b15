"""How long a study of a panel takes, and how wide the interval of its agreement is.

    python benchmarks/judgement.py                   # ours beside krippendorff and statsmodels, as ratios
    python benchmarks/judgement.py --study           # a whole study of 2,000 items rated by 50 raters
    python benchmarks/judgement.py --widths          # the table of docs/judge.md: about a minute

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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", action="store_true", help="time a whole study")
    parser.add_argument("--widths", action="store_true", help="print the table of docs/judge.md")
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--raters", type=int, default=10)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--panels", type=int, default=60)
    options = parser.parse_args()
    if options.study:
        study()
    elif options.widths:
        widths(options.panels)
    else:
        compare(options.items, options.raters, options.times)
