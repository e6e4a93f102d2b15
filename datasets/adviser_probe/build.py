"""Make adviser_probe.csv: what a probe found in the tool whose scores are in adviser_scores.

Run `python datasets/adviser_probe/build.py`; with `--check` nothing is written and the exit code is 1 if the
committed table differs from what this script makes. The datasheet, README.md, says what was swapped.
"""

import runpy
import sys
from pathlib import Path

import pandas as pd

from evaluators._building import build_or_check
from evaluators.screening.probe import probe
from evaluators.screening.screener import FEATURES
from evaluators.screening.swaps import NumberSwap, PronounSwap, Swap, name_swap

FILE = Path(__file__).with_name("adviser_probe.csv")
SCORES = Path(__file__).parents[1] / "adviser_scores" / "build.py"
RESUMES = 1200
SEED = 7


def build() -> pd.DataFrame:
    tool = runpy.run_path(str(SCORES))
    past, scored = tool["halves"]()
    known = past.dropna(subset=["race"])
    swaps = [
        name_swap("race"),
        name_swap("sex"),
        PronounSwap(),
        Swap.from_data(known, column="district", group="race", from_group="White", to_group="Black"),
        NumberSwap("career gap", "gap_months", low=6, to=0),
    ]
    found = probe(
        tool["train"](past, "score"), scored[list(FEATURES)], swaps=swaps, sample=RESUMES, cut=75.0, seed=SEED
    )
    table = found.to_frame().assign(matters=found.matters)
    numbers = table.select_dtypes("float").columns
    return table.assign(**{name: table[name].round(4) for name in numbers})


if __name__ == "__main__":
    sys.exit(build_or_check(FILE, build, __doc__))
