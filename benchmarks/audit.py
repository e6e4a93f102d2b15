"""How long an audit takes: ours beside fairlearn's, on the same applicants in one run.

Each audit gives the selection rates and impact ratios of 3 sexes, of 7 groups and of their 21 combinations, then the
same again from bootstrap draws. Printed are wall and CPU seconds, and by how many MB the process grew at most beyond
what Python, the libraries and the applicants took already.

    python benchmarks/audit.py                              # ours on 10 million rows, fairlearn on 100,000
    python benchmarks/audit.py --rows 1000000               # ours on a million rows
    python benchmarks/audit.py --fairlearn-rows 1000000     # fairlearn on a million rows: some minutes
    python benchmarks/audit.py --fairlearn-rows 0           # ours only

fairlearn draws rows, and 1,000 draws take it hours where there are many: it makes a few, and the seconds of all are
the seconds of these, scaled. Such figures are marked. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

GROUPS = ["sex", "race"]
SEXES = ["female", "male", "non-binary"]
RACES = ["Asian", "Black", "Hispanic", "Native American", "Pacific Islander", "Two or more", "White"]


@dataclass(frozen=True)
class Cost:
    """What one audit took, and the lowest impact ratio of sex, race and both."""

    wall: float
    cpu: float
    mb: float
    lowest: list[float]


def applicants(rows: int) -> pd.DataFrame:
    """Draw applicants whose groups are categories; everybody's chance is 30 %, but less for women."""
    rng = np.random.default_rng(2004)
    sexes = rng.choice(3, rows, p=[0.48, 0.5, 0.02]).astype(np.int8)
    races = rng.choice(7, rows, p=[0.1, 0.15, 0.2, 0.02, 0.01, 0.05, 0.47]).astype(np.int8)
    hired = rng.random(rows) < np.where(sexes == 0, 0.25, 0.3)
    return pd.DataFrame(
        {
            "sex": pd.Categorical.from_codes(sexes, SEXES),
            "race": pd.Categorical.from_codes(races, RACES),
            "hired": hired.astype(np.int8),
        }
    )


def measured(run: Callable[[], list[float]]) -> Cost:
    """Run an audit and watch the clock, the processor and the memory."""
    own = psutil.Process()
    refs = Path("/proc/self/clear_refs")
    if refs.exists():
        refs.write_text("5")  # the peak starts anew
    before, cpu, start = own.memory_info().rss, time.process_time(), time.perf_counter()
    lowest = run()
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    return Cost(wall, cpu, max(_peak() - before, 0) / 1e6, lowest)


def _peak() -> int:
    """Return the most memory this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    info = psutil.Process().memory_info()
    return int(getattr(info, "peak_wset", info.rss))


def ours(source: pd.DataFrame | Path, replicates: int) -> Callable[[], list[float]]:
    """Return our audit of a frame or a file."""
    from evaluators.screening.bootstrap import bootstrap_ratios
    from evaluators.screening.counts import count_tables
    from evaluators.screening.files import count_file
    from evaluators.screening.rates import impact_ratios

    count = count_file if isinstance(source, Path) else count_tables

    def run() -> list[float]:
        tables = count(source, groups=GROUPS, outcome="hired").values()
        if replicates:
            for counts in tables:
                bootstrap_ratios(counts, replicates=replicates, seed=1)
        return [min(impact_ratios(counts).values()) for counts in tables]

    return run


def fairlearns(frame: pd.DataFrame, replicates: int) -> Callable[[], list[float]]:
    """Return fairlearn's audit of a frame, one metric frame for each attribute and one for both."""
    from fairlearn.metrics import MetricFrame, selection_rate

    options = {"n_boot": replicates, "ci_quantiles": [0.025, 0.975], "random_state": 1} if replicates else {}

    def run() -> list[float]:
        lowest = []
        for columns in (["sex"], ["race"], GROUPS):
            found = MetricFrame(
                metrics=selection_rate,
                y_true=frame["hired"],
                y_pred=frame["hired"],
                sensitive_features=frame[columns],
                **options,
            )
            lowest.append(float(found.ratio()))
            if replicates:
                found.ratio_ci()
        return lowest

    return run


def measure(what: str, rows: int, replicates: int) -> Cost:
    """Measure one audit in this process."""
    frame = applicants(rows)
    if what == "fairlearn":
        return measured(fairlearns(frame, replicates))
    if what == "strings":
        frame = frame.astype({"sex": "str", "race": "str"})
    if what != "parquet":
        return measured(ours(frame, replicates))
    with tempfile.TemporaryDirectory(prefix="hrlab-bench-") as folder:
        path = Path(folder, "applicants.parquet")
        frame.to_parquet(path)
        del frame
        return measured(ours(path, replicates))


def in_a_process(what: str, rows: int, replicates: int) -> Cost:
    """Measure one audit in a process of its own."""
    command = [sys.executable, __file__, "--measure", what, str(rows), str(replicates)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def show(who: str, rows: int, replicates: int, cost: Cost, note: str = "") -> None:
    """Print one line of the table."""
    print(f"{who:34}{rows:>12,}{replicates:>8,}{cost.wall:>11.2f}{cost.cpu:>11.2f}{cost.mb:>9.0f}  {note}", flush=True)


def compare(rows: int, replicates: int, theirs: int, their_replicates: int) -> None:
    """Print ours, fairlearn's and what lies between them."""
    print(f"{'':34}{'rows':>12}{'draws':>8}{'wall s':>11}{'CPU s':>11}{'MB over':>9}")
    names = {"categories": "ours, from categories", "strings": "ours, from strings", "parquet": "ours, from Parquet"}
    for what, name in names.items():
        show(name, rows, replicates, in_a_process(what, rows, replicates))
    if not theirs:
        return
    same = in_a_process("categories", theirs, replicates)
    show(names["categories"], theirs, replicates, same)
    point = in_a_process("fairlearn", theirs, 0)
    show("fairlearn, no bootstrap", theirs, 0, point)
    few = in_a_process("fairlearn", theirs, their_replicates)
    show("fairlearn", theirs, their_replicates, few)
    factor = replicates / their_replicates
    drawn = Cost(max(few.wall - point.wall, 0) * factor, max(few.cpu - point.cpu, 0) * factor, few.mb, few.lowest)
    whole = Cost(point.wall + drawn.wall, point.cpu + drawn.cpu, few.mb, few.lowest)
    show("fairlearn, scaled", theirs, replicates, whole, f"scaled from {their_replicates} draws, not measured")
    print(f"\nOn the same {theirs:,} rows:")
    print("lowest impact ratio     sex     race     both")
    for name, found in (("ours", same.lowest), ("fairlearn", point.lowest)):
        print(f"{name:19}" + "".join(f"{ratio:9.5f}" for ratio in found))
    if not np.allclose(same.lowest, point.lowest, rtol=1e-12):
        sys.exit("The two do not agree.")
    plain = in_a_process("categories", theirs, 0)
    print(f"Without a bootstrap fairlearn takes {point.cpu / plain.cpu:,.0f} times our CPU seconds;")
    print(f"with {replicates:,} draws {whole.cpu / same.cpu:,.0f} times (scaled).")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="applicants of our audit")
    parser.add_argument("--replicates", type=int, default=1000, help="our bootstrap draws")
    parser.add_argument("--fairlearn-rows", type=int, default=100_000, help="applicants of fairlearn's; 0: ours only")
    parser.add_argument("--fairlearn-replicates", type=int, default=4, help="fairlearn's draws, at least 1")
    parser.add_argument("--measure", nargs=3, metavar=("WHAT", "ROWS", "DRAWS"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        what, rows, replicates = chosen.measure
        print(json.dumps(asdict(measure(what, int(rows), int(replicates)))))
        return
    compare(chosen.rows, chosen.replicates, chosen.fairlearn_rows, max(chosen.fairlearn_replicates, 1))


if __name__ == "__main__":
    main()
