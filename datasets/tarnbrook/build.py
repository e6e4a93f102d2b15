"""Make the tables of Tarnbrook, a made-up employer: its people, and what its IT department recorded about them.

Run `python datasets/tarnbrook/build.py`; with `--check` nothing is written and the exit code is 1 if a committed
table differs from what this script makes. The datasheet, README.md, says what was planted and what the figures were
calibrated to. people.py, tickets.py and estate.py beside this script make the parts.
"""

import runpy
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from evaluators._building import build_all_or_check

FOLDER = Path(__file__).parent
SEED = 7


def part(name: str) -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / f"{name}.py"))


def build() -> dict[str, pd.DataFrame]:
    people = part("people")
    company = people["everybody"](SEED)
    tickets, events = part("tickets")["tickets_and_events"](SEED, company)
    tables = {
        "people": people["people"](company),
        "tickets": tickets,
        "ticket_events": events,
        **part("estate")["tables"](SEED, company, tickets),
    }
    return {f"{name}.csv.gz": table for name, table in tables.items()}


if __name__ == "__main__":
    sys.exit(build_all_or_check(FOLDER, build, __doc__))
