"""How long an export of tickets takes to read and measure: ours beside a plain pandas script, in one run.

The export is made up: a CSV file of ServiceNow's 36 columns, one row an event, day-first times, "?" for missing,
5.7 rows a ticket. Both say how many tickets and events there are and the median and P90 of the hours to resolve by
priority, from the last row of each ticket, and must agree. Ours measures everything else that `hrlab incidents` tells,
too: waiting times with open tickets, SLA, arrivals and backlog by month, handling by location, and the paths. Printed
are wall and CPU seconds from start to end of a process of its own, and the most memory it held.

    python benchmarks/itdata.py                        # 880,000 tickets, 5 million events: some minutes
    python benchmarks/itdata.py --tickets 88000
    python benchmarks/itdata.py --no-pandas            # ours only
    python benchmarks/itdata.py --file events.csv      # an export of your own, in the same form

Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# A number from 0 to 1 that depends on a row and a salt alone: the same file on any machine.
_DRAW = "CREATE MACRO draw(a, salt) AS (hash(a * 1000003 + salt * 7919) % 1000000) / 1000000.0"
_CODE = "CREATE MACRO code(word, a, salt, many) AS word || ' ' || CAST(floor(pow(draw(a, salt), 2) * many) + 1 AS INT)"
_CLOCK = "CREATE MACRO clock(t) AS strftime(t, '%-d/%-m/%Y %H:%M')"
_TICKETS = """
CREATE TABLE tickets AS SELECT
    i, 'INC' || lpad(CAST(i AS VARCHAR), 8, '0') AS number,
    1 + CAST(floor(least(-ln(1 - draw(i, 1)) * 5.2, 57)) AS INT) AS events,
    TIMESTAMP '2025-01-01 06:00:00' + to_minutes(CAST(floor(draw(i, 2) * 780000) AS INT)) AS opened,
    exp(3.1 + 2.2 * sqrt(-2 * ln(1 - draw(i, 3) * 0.999999)) * cos(6.283185307 * draw(i, 4))) AS hours,
    CASE WHEN draw(i, 5) < 0.011 THEN '1 - Critical' WHEN draw(i, 5) < 0.027 THEN '2 - High'
         WHEN draw(i, 5) < 0.969 THEN '3 - Moderate' ELSE '4 - Low' END AS priority,
    draw(i, 6) < 0.06 AS open_still
FROM range(1, {tickets} + 1) AS t(i)
"""
_EVENTS = """
COPY (SELECT number,
    CASE WHEN k = 0 THEN 'New' WHEN k < events - 2 OR open_still THEN 'Active'
         WHEN k = events - 2 THEN 'Resolved' ELSE 'Closed' END AS incident_state,
    k < events - 1 OR open_still AS active, k // 3 AS reassignment_count, 0 AS reopen_count, k AS sys_mod_count,
    hours < 60 OR k = 0 AS made_sla, code('Caller', i, 7, 5244) AS caller_id, code('Opened by', i, 8, 200) AS opened_by,
    clock(opened) AS opened_at, '?' AS sys_created_by, clock(opened) AS sys_created_at,
    code('Updated by', i + k, 9, 800) AS sys_updated_by,
    clock(opened + to_minutes(CAST(floor(least(hours, 9000) * 60 * k / events) AS INT))) AS sys_updated_at,
    CASE WHEN draw(i, 10) < 0.99 THEN 'Phone' ELSE 'Email' END AS contact_type,
    code('Location', i, 11, 224) AS location, code('Category', i, 12, 52) AS category,
    code('Subcategory', i, 13, 250) AS subcategory, '?' AS u_symptom, '?' AS cmdb_ci, '2 - Medium' AS impact,
    '2 - Medium' AS urgency, priority, CASE WHEN draw(i + k, 16) < 0.1 THEN '?' ELSE code('Group', i + k // 3, 14, 70)
    END AS assignment_group, CASE WHEN k = 0 THEN '?' ELSE code('Resolver', i + k // 2, 15, 220) END AS assigned_to,
    true AS knowledge, false AS u_priority_confirmation, 'Do Not Notify' AS "notify", '?' AS problem_id, '?' AS rfc,
    '?' AS vendor, '?' AS caused_by, 'code 6' AS closed_code, code('Resolved by', i, 17, 220) AS resolved_by,
    CASE WHEN open_still THEN '?' ELSE clock(opened + to_minutes(CAST(floor(least(hours, 9000) * 60) AS INT))) END
        AS resolved_at,
    CASE WHEN open_still THEN '?' ELSE clock(opened + to_minutes(CAST(floor(least(hours, 9000) * 60) AS INT) + 7200))
    END AS closed_at
FROM tickets, range(0, events) AS e(k)) TO '{path}' (HEADER, DELIMITER ',')
"""


@dataclass(frozen=True)
class Cost:
    """What a process took, and what it found."""

    wall: float
    cpu: float
    mb: float
    read: float
    found: dict[str, float]


def make(path: Path, tickets: int) -> None:
    """Write the export."""
    import duckdb

    connection = duckdb.connect()
    for statement in (_DRAW, _CODE, _CLOCK, _TICKETS.format(tickets=tickets), _EVENTS.format(path=path)):
        connection.execute(statement)
    connection.close()


def ours(path: Path) -> tuple[float, dict[str, float]]:
    """Read and measure with `evaluators.itdata`."""
    from evaluators.itdata.reading import read_tickets
    from evaluators.itdata.tickets.measures import measure_tickets

    start = time.perf_counter()
    log = read_tickets(path, time_zone="Europe/Dublin").log
    read = time.perf_counter() - start
    measure_tickets(log, by=("location",))
    hours = log.hours()
    found = {"tickets": float(len(log)), "events": float(0 if log.events is None else len(log.events))}
    for priority, each in hours.groupby(log.tickets["priority"], observed=True):
        found |= {f"median {priority}": float(each.median()), f"P90 {priority}": float(each.quantile(0.9))}
    return read, found


def pandas_script(path: Path) -> tuple[float, dict[str, float]]:
    """Do what a data analyst would write in a few lines."""
    import pandas as pd

    start = time.perf_counter()
    rows = pd.read_csv(path, na_values=["?"], dtype=str)
    for name in ("opened_at", "sys_updated_at", "resolved_at", "closed_at"):
        local = pd.to_datetime(rows[name], format="%d/%m/%Y %H:%M")
        rows[name] = local.dt.tz_localize("Europe/Dublin", ambiguous=True, nonexistent="shift_forward").dt.tz_convert(
            "UTC"
        )
    rows["sys_mod_count"] = rows["sys_mod_count"].astype(int)
    rows = rows.sort_values(["number", "sys_updated_at", "sys_mod_count"], kind="stable")
    last = rows.drop_duplicates("number", keep="last")
    read = time.perf_counter() - start
    hours = (last["resolved_at"] - last["opened_at"]).dt.total_seconds() / 3600
    found = {"tickets": float(len(last)), "events": float(len(rows))}
    for priority, each in hours.groupby("P" + last["priority"].str[0]):
        found |= {f"median {priority}": float(each.median()), f"P90 {priority}": float(each.quantile(0.9))}
    return read, found


def measure(what: str, path: Path) -> Cost:
    """Measure one of the two in this process."""
    start = time.perf_counter()
    read, found = ours(path) if what == "ours" else pandas_script(path)
    return Cost(time.perf_counter() - start, time.process_time(), _peak() / 1e6, read, found)


def _peak() -> int:
    """Return the most memory this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    info = psutil.Process().memory_info()
    return int(getattr(info, "peak_wset", info.rss))


def in_a_process(what: str, path: Path) -> Cost:
    """Measure one of the two in a process of its own."""
    command = [sys.executable, __file__, "--measure", what, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    cost = Cost(**json.loads(done.stdout.splitlines()[-1]))
    print(f"{what:10}{cost.wall:>10.1f}{cost.read:>10.1f}{cost.cpu:>10.1f}{cost.mb:>12,.0f}", flush=True)
    return cost


def compare(path: Path, *, pandas: bool) -> None:
    """Print both and what lies between them."""
    print(f"{path.name}: {path.stat().st_size / 1e6:,.0f} MB, {os.cpu_count()} processors")
    print(f"{'':10}{'wall s':>10}{'read s':>10}{'CPU s':>10}{'peak MB':>12}")
    own = in_a_process("ours", path)
    if pandas:
        other = in_a_process("pandas", path)
        print(
            f"pandas takes {other.wall / own.wall:.1f} times our seconds, {other.cpu / own.cpu:.1f} times our CPU "
            f"seconds and {other.mb / own.mb:.1f} times our memory."
        )
        if own.found.keys() != other.found.keys() or any(
            abs(own.found[name] - other.found[name]) > 1e-6 for name in own.found
        ):
            sys.exit(f"The two do not agree:\n{own.found}\n{other.found}")
    print(", ".join(f"{name} {value:,.1f}" for name, value in own.found.items()))


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=880_000, help="tickets of the export that is made")
    parser.add_argument("--file", type=Path, help="an export of your own instead")
    parser.add_argument("--no-pandas", action="store_true", help="ours only")
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "FILE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(asdict(measure(chosen.measure[0], Path(chosen.measure[1])))))
        return
    if chosen.file:
        compare(chosen.file, pandas=not chosen.no_pandas)
        return
    with tempfile.TemporaryDirectory(prefix="hrlab-bench-") as folder:
        path = Path(folder, "events.csv")
        make(path, chosen.tickets)
        compare(path, pandas=not chosen.no_pandas)


if __name__ == "__main__":
    main()
