"""The tickets of Tarnbrook and their events, shaped like a published log of a real help desk."""

from typing import Any

import numpy as np
import pandas as pd

FIRST = np.datetime64("2025-01-01T00:00:00")
AS_OF = np.datetime64("2026-07-01T00:00:00")  # the moment of the export
DAYS = 546

# Tickets a person and year, before a person's trouble multiplies them.
RATES = {"office": 6.9, "sales": 6.4, "it": 5.0, "quality": 4.6, "maintenance": 2.6}
RATES |= {"production": 1.05, "warehouse": 1.6, "drivers": 0.85}
SCALE = 1.05  # so that there are about 12,000 tickets
FIRST_WEEKS = {"office": 1.3, "sales": 1.3, "it": 1.3, "quality": 1.1}  # extra tickets of a starter; others 0.4

WEEKDAYS = (23.9, 19.9, 19.6, 16.5, 15.4, 2.6, 2.3)  # Monday to Sunday
MONTHS = (1.10, 1.03, 1.00, 0.97, 0.96, 0.95, 0.87, 0.85, 1.14, 1.06, 1.03, 0.86)
HOLIDAYS = ("2025-01-01", "2025-04-21", "2025-12-25", "2025-12-26", "2026-01-01", "2026-04-06")
HOURS = (0.3, 0.2, 0.2, 0.2, 0.3, 0.8, 2.2, 5.8, 11.2, 12.6, 12.0, 9.0, 5.2, 6.4, 9.6, 9.0, 7.0, 3.6, 1.6, 1.0, 0.7)
HOURS += (0.5, 0.4, 0.3)

# category: (group, sub-categories, weight for everybody, extra weight of some role families)
CATEGORIES: dict[str, tuple[str, tuple[str, ...], float, dict[str, float]]] = {
    "Hardware": ("Desktop Support", ("Laptop", "Screen", "Dock", "Scanner"), 0.19, {}),
    "Access and accounts": ("Accounts and Access", ("Password", "Permission", "Locked out"), 0.20, {}),
    "Software": ("Business Applications", ("Install", "Error", "Update"), 0.13, {}),
    "Email and collaboration": ("Collaboration", ("Mailbox", "Calendar", "Meetings"), 0.11, {}),
    "Network": ("Network", ("Wi-Fi", "VPN", "Cable"), 0.10, {}),
    "Orders and stock": ("Business Applications", ("Order stuck", "Stock figure", "Report"), 0.07, {"sales": 0.12}),
    "Printing": ("Print and Devices", ("Jam", "Labels", "Driver"), 0.07, {"warehouse": 0.08}),
    "Payroll and HR": (
        "Payroll and HR Systems",
        ("Payslip", "Clock-in", "Holiday balance"),
        0.055,
        {"production": 0.05},
    ),
    "Production systems": ("Production Systems", ("Line terminal", "Recipe", "Scale"), 0.005, {"production": 0.35}),
    "Warehouse systems": ("Warehouse Systems", ("Handheld", "Pick list"), 0.005, {"warehouse": 0.35, "drivers": 0.3}),
    "Telephony": ("Telephony", ("Desk phone", "Mobile"), 0.04, {"drivers": 0.1}),
    "Security": ("Security", ("Phishing", "Lost device"), 0.025, {}),
}
DESK = "Service Desk"
AT_DESK = 0.44  # share of tickets that end at the service desk whatever their category
RESOLVERS = {DESK: 16, "Desktop Support": 7, "Business Applications": 9, "Accounts and Access": 5, "Network": 5}
RESOLVERS |= {"Collaboration": 4, "Print and Devices": 3, "Payroll and HR Systems": 3, "Production Systems": 4}
RESOLVERS |= {"Warehouse Systems": 4, "Telephony": 2, "Security": 3, "Field Support": 5}
CODES = ("SD", "DT", "BA", "AC", "NW", "CO", "PD", "PH", "PS", "WS", "TE", "SE", "FS")  # of resolvers, in that order
PASSING = ("Field Support", "Desktop Support", "Business Applications", "Network", "Accounts and Access")

PRIORITIES = {"1 - Critical": 0.011, "2 - High": 0.016, "3 - Moderate": 0.942, "4 - Low": 0.031}
TARGET_HOURS = {"1 - Critical": 4.0, "2 - High": 8.0, "3 - Moderate": 60.0, "4 - Low": 96.0}

# Hours to resolve before tickets wait for the morning: knots of the distribution (share of tickets below, hours), and
# by priority the median and a power that draws the others nearer to it. Critical tickets are not the fastest.
KNOTS = (
    (0.0, 0.04),
    (0.10, 0.25),
    (0.25, 2.0),
    (0.50, 13.4),
    (0.75, 190.0),
    (0.90, 435.0),
    (0.99, 3200.0),
    (1.0, 8000.0),
)
BY_PRIORITY = {
    "1 - Critical": (64.0, 0.5),
    "2 - High": (58.0, 0.32),
    "3 - Moderate": (13.4, 1.0),
    "4 - Low": (3.8, 1.0),
}
BY_GROUP = {DESK: -0.35, "Payroll and HR Systems": 0.8, "Security": 0.4, "Accounts and Access": -0.1}
NEVER = 0.02  # tickets that are forgotten

# Planted: the site of the ping-pong, the reorganisation, the group that slows down, the group that pauses the clock.
PING_PONG_SITE, PING_PONG = "Drumlough", ("Field Support", "Production Systems")
REASSIGNED, REASSIGNED_THERE = (0.40, 0.68), (1.6, 3.6)  # shape and mean of the number of reassignments
REORGANISED = np.datetime64("2026-01-12T00:00:00")
SLOW_GROUP, SLOW_MEDIAN, SLOW_SPREAD = "Desktop Support", 14.0, 0.75
DRIFT_A_MONTH, STEP_ON, STEP = 1.02, np.datetime64("2025-11-03T00:00:00"), 2.0
PAUSING_GROUP, PAUSING_BUSY_S = "Payroll and HR Systems", 10 * 3600

CLOCKS_CHANGE = np.array(["2025-03-30T01", "2025-10-26T01", "2026-03-29T01"], dtype="datetime64[h]")
UNCLEAR_HOURS = frozenset((CLOCKS_CHANGE - FIRST.astype("datetime64[h]")).astype(int).tolist())


def _day_weights() -> np.ndarray:
    """Weigh each day so that a year's weights add up to one."""
    days = FIRST.astype("datetime64[D]") + np.arange(DAYS)
    months = days.astype("datetime64[M]").astype(int) % 12
    weekday = (days.astype(int) + 3) % 7
    weights = np.array(WEEKDAYS)[weekday] * np.array(MONTHS)[months]
    weights[np.isin(days, np.array(HOLIDAYS, dtype="datetime64[D]"))] *= 0.15
    return weights / weights[:365].sum()


def _openings(rng: np.random.Generator, company: pd.DataFrame) -> pd.DataFrame:
    """Draw who opens a ticket and when."""
    before = np.concatenate([[0], np.cumsum(_day_weights())])
    first = np.clip(company["start"].to_numpy(), 0, DAYS)
    last = np.clip(company["left"].to_numpy() + 1, 0, DAYS)
    rates = company["role_family"].map(RATES).to_numpy() * company["trouble"].to_numpy() * SCALE
    counts = rng.poisson(np.round(rates * (before[last] - before[first]), 9))
    who = np.repeat(np.arange(len(company)), counts)
    at = before[first][who] + rng.random(len(who)) * (before[last] - before[first])[who]
    day = np.minimum(np.searchsorted(before, np.round(at, 12), side="right") - 1, last[who] - 1)
    # A starter asks more in the first three weeks.
    starters = np.flatnonzero(company["starter"].to_numpy() & (company["start"].to_numpy() < DAYS - 21))
    extra = company["role_family"].map(FIRST_WEEKS).fillna(0.4).to_numpy() + 0.5 * company["late"].to_numpy()
    new = np.repeat(starters, rng.poisson(extra[starters]))
    asked = company["start"].to_numpy()[new] + rng.choice([0, 0, 1, 1, 2, 4, 7, 8, 9, 11, 14, 18], len(new))
    stayed = asked < last[new]
    new, asked = new[stayed], asked[stayed]
    table = pd.DataFrame({"who": np.r_[who, new], "day": np.r_[day, asked]})
    table["new"] = np.r_[np.zeros(len(who), dtype=bool), np.ones(len(new), dtype=bool)]
    hour = rng.choice(24, size=len(table), p=np.array(HOURS) / sum(HOURS))
    seconds = table["day"].to_numpy() * 86_400 + hour * 3600 + rng.integers(0, 3600, len(table))
    table["opened"] = _no_such_hour(FIRST + seconds.astype("timedelta64[s]"))
    return table.sort_values(["opened", "who"], kind="stable", ignore_index=True)


def _no_such_hour(times: np.ndarray) -> np.ndarray:
    """Move times out of the hours that a change of clocks skips or repeats, so that local times are clear."""
    inside = np.isin(times.astype("datetime64[h]"), CLOCKS_CHANGE)
    after = times.astype("datetime64[h]") + np.timedelta64(1, "h")
    squeezed = after + (times - times.astype("datetime64[h]")).astype("timedelta64[s]") // 60
    return np.where(inside, squeezed, times)


def _about(rng: np.random.Generator, tickets: pd.DataFrame, company: pd.DataFrame) -> pd.DataFrame:
    """Say what each ticket is about, how urgent it is, and which groups it passes."""
    size = len(tickets)
    of = company.iloc[tickets["who"]].reset_index(drop=True)
    tickets["caller_id"], tickets["location"] = of["employee_id"], of["site"]
    tickets["category"] = ""
    for role in RATES:
        weights = np.array([base + more.get(role, 0.0) for _, _, base, more in CATEGORIES.values()])
        here = of["role_family"].eq(role)
        tickets.loc[here, "category"] = rng.choice(list(CATEGORIES), size=here.sum(), p=weights / weights.sum())
    tickets.loc[tickets["new"] & (rng.random(size) < 0.7), "category"] = "Access and accounts"
    pick = rng.random(size)
    tickets["subcategory"] = [
        CATEGORIES[name][1][int(share * len(CATEGORIES[name][1]))]
        for name, share in zip(tickets["category"], pick, strict=True)
    ]
    tickets["contact_type"] = rng.choice(["Phone", "Self service", "Email"], size=size, p=[0.988, 0.008, 0.004])
    tickets["priority"] = rng.choice(list(PRIORITIES), size=size, p=list(PRIORITIES.values()))
    own = tickets["category"].map({name: spec[0] for name, spec in CATEGORIES.items()})
    desk = (rng.random(size) < AT_DESK) & (own != PAUSING_GROUP)
    tickets["group"] = np.where(desk, DESK, own)
    there = tickets["location"].eq(PING_PONG_SITE).to_numpy()
    shape = np.where(there, REASSIGNED_THERE[0], REASSIGNED[0])
    mean = np.where(there, REASSIGNED_THERE[1], REASSIGNED[1])
    tickets["moves"] = np.minimum(rng.poisson(np.round(rng.gamma(shape) * mean / shape, 9)), 27)
    return tickets


def _hours(rng: np.random.Generator, tickets: pd.DataFrame) -> np.ndarray:
    """Draw hours to resolve; ranks of an impression become the published distribution."""
    size = len(tickets)
    impression = rng.normal(0, 1, size) + tickets["group"].map(BY_GROUP).fillna(0).to_numpy()
    impression += 0.28 * np.sqrt(np.minimum(tickets["moves"].to_numpy(), 9))
    rank = pd.Series(np.round(impression, 9)).rank(method="first").to_numpy()
    shares, hours = np.array(KNOTS).T
    drawn = np.exp(np.interp((rank - 0.5) / size, shares, np.log(hours)))
    middle, power = np.array(tickets["priority"].map(BY_PRIORITY).tolist()).T
    drawn = middle * (drawn / BY_PRIORITY["3 - Moderate"][0]) ** power
    slow = (tickets["group"].eq(SLOW_GROUP) & tickets["priority"].eq("3 - Moderate")).to_numpy()
    opened = tickets["opened"].to_numpy()
    months = (opened - FIRST) / np.timedelta64(86_400, "s") / 30.4375
    pace = SLOW_MEDIAN * DRIFT_A_MONTH**months * np.where(opened >= STEP_ON, STEP, 1.0)
    drawn = np.where(slow, pace * rng.lognormal(0, SLOW_SPREAD, size), drawn)
    return np.maximum(np.round(drawn, 4), 0.05)


def _in_working_time(rng: np.random.Generator, tickets: pd.DataFrame, hours: np.ndarray) -> np.ndarray:
    """Return times of resolution; most of those at night or at a weekend wait for the next morning."""
    opened = tickets["opened"].to_numpy().astype("datetime64[s]")
    done = opened + np.round(hours * 3600).astype("timedelta64[s]")
    day, weekday, hour = _clock(done)
    free = (hour < 7) | (hour >= 19) | (weekday >= 5)
    wait = free & (rng.random(len(done)) < 0.85) & (hours > 1)
    target = day + (hour >= 7).astype("timedelta64[D]")
    for _ in range(2):
        target = np.where((target.astype(int) + 3) % 7 >= 5, target + np.timedelta64(1, "D"), target)
    morning = target.astype("datetime64[s]") + (7 * 3600 + rng.integers(0, 4 * 3600, len(done))).astype(
        "timedelta64[s]"
    )
    return _no_such_hour(np.where(wait, morning, done))


def _clock(times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    day = times.astype("datetime64[D]")
    return day, (day.astype(int) + 3) % 7, (times - day).astype("timedelta64[h]").astype(int)


def _groups(rng: np.random.Generator, last: str, moves: int, site: str) -> list[str]:
    """Return the groups that a ticket passes, the last one included; no group follows itself."""
    if not moves:
        return [last]
    if site == PING_PONG_SITE and moves >= 2:
        passed = [PING_PONG[place % 2] for place in range(moves)]
        if passed[-1] == last:
            passed = [PING_PONG[(place + 1) % 2] for place in range(moves)]
        return [*passed, last] if passed[-1] != last else [DESK, *passed[1:], last]
    passed = [last]
    while len(passed) < moves:
        choice = PASSING[int(rng.integers(len(PASSING)))] if rng.random() < 0.8 else DESK
        if choice != passed[-1]:
            passed.append(choice)
    passed.append(DESK if passed[-1] != DESK else PASSING[int(rng.integers(len(PASSING)))])
    return passed[::-1]


def _steps(rng: np.random.Generator, ticket: Any, opened: int, done: int) -> list[tuple[int, str, str, bool]]:
    """Return what happens to a ticket: seconds, state, group and whether somebody new takes it on."""
    length = done - opened
    groups = _groups(rng, ticket.group, ticket.moves, ticket.location)
    first = min(int(rng.lognormal(6.9, 1.1)), int(0.35 * length)) + 1
    steps = [(opened, "New", groups[0], False), (opened + first, "Active", groups[0], True)]
    if rng.random() < 0.25:
        steps.pop()  # taken on in the same step that moves or resolves it
    start = opened + first
    pausing = ticket.group == PAUSING_GROUP
    busy = min(0.7, PAUSING_BUSY_S / max(length, 1)) if pausing else 0.7  # until then it may still move
    for place, group in zip(np.sort(rng.random(len(groups) - 1)), groups[1:], strict=True):
        steps.append((start + int(place * busy * (done - start)), "Active", group, True))
    free = steps[-1][0]  # nobody moves it any more
    if rng.random() < (0.97 if pausing else 0.17):
        state = "Awaiting User Info" if pausing or rng.random() < 0.75 else "Awaiting Vendor"
        begin = free + int((0.01 if pausing else 0.1) * (done - free))
        end = begin + int((0.15 + 0.6 * rng.random()) * (done - begin))
        if pausing:
            begin, end = free + min(3600, (done - free) // 4), done - min(PAUSING_BUSY_S, (done - free) // 4)
        steps += [(begin, state, groups[-1], False), (end, "Active", groups[-1], False)]
    notes = rng.poisson(rng.gamma(0.25) * (1.2 if length < 86_400 else 4.4))
    for share in rng.random(min(int(notes), 24)):
        steps.append((start + int(share * (done - start)), "", "", False))
    if ticket.reopened:
        steps += [
            (opened + int(0.6 * length), "Resolved", "", False),
            (opened + int(0.8 * length), "Active", "", False),
        ]
    return sorted(steps, key=lambda step: step[0])


GAP_S = 2  # seconds between two rows of a ticket, at least
RESOLVER_CODE = dict(zip(RESOLVERS, CODES, strict=True))


def _told(rng: np.random.Generator, ticket: Any) -> list[tuple[int, str, str, str, int, int]]:
    """Return a ticket's rows: seconds, state, group, resolver, reassignments and reopenings so far."""
    opened, done, closed = ticket.opened_s, ticket.done_s, ticket.closed_s
    rows: list[tuple[int, str, str, str, int, int]] = []
    group, person, state, moved, reopened, at = "", "", "New", 0, 0, opened - GAP_S
    steps = [*_steps(rng, ticket, opened, done), (done, "Resolved", "", True), (closed, "Closed", "", False)]
    for place, (when, to_state, to_group, taken) in enumerate(steps):
        if place and when < done:
            when = min(_by_day(when, opened, done), done - GAP_S * (len(steps) - place))
        if when // 3600 in UNCLEAR_HOURS:
            when = (when // 3600 + 1) * 3600 + when % 3600 // 60
        at = max(when, at + GAP_S)
        if to_group and group and to_group != group:
            moved, person = moved + 1, ""
        if state == "Resolved" and to_state == "Active":
            reopened += 1
        group, state = to_group or group, to_state or state
        if (taken or state == "Resolved") and not person:
            person = f"{RESOLVER_CODE[group]}-{1 + int(rng.integers(RESOLVERS[group])):02d}"
        rows.append((at, state, group, person, moved, reopened))
    return rows


def _by_day(second: int, opened: int, done: int) -> int:
    """Squeeze the hours of a day between the first and the last into those from 8 to 18, in the same order."""
    day, rest = divmod(second, 86_400)
    return day * 86_400 + 8 * 3600 + rest * 10 // 24 if opened // 86_400 < day < done // 86_400 else second


def _twice(rng: np.random.Generator, rows: list[Any], since: int) -> list[Any]:
    """Record every update a second time since the reorganisation: two teams' tools copy each other."""
    both = []
    for row, after in zip(rows, [*rows[1:], (rows[-1][0] + 7200,)], strict=True):
        both.append(row)
        if row[0] >= since:
            again = row[0] + 1 + int(rng.integers(min(after[0] - row[0] - 1, 900)))
            both.append((row[0] + 1 if again // 3600 in UNCLEAR_HOURS else again, *row[1:]))
    return both


def tickets_and_events(seed: int, company: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the list of tickets and the list of their events, as both stood at the moment of the export."""
    rng = np.random.default_rng([seed, 2])
    tickets = _about(rng, _openings(rng, company), company)
    size = len(tickets)
    done = _in_working_time(rng, tickets, _hours(rng, tickets))
    forgotten = rng.random(size) < NEVER
    done = np.where(forgotten, AS_OF + np.timedelta64(900, "D"), done)
    wait = 60 + 5 * 86_400 * np.where(rng.random(size) < 0.12, rng.random(size), 1.0)
    closed = _no_such_hour(done + np.round(wait).astype("timedelta64[s]"))
    for name, times in {"opened_s": tickets["opened"], "done_s": done, "closed_s": closed}.items():
        tickets[name] = _seconds(times)
    # One in about ninety is opened again; never one that took an hour or less.
    tickets["reopened"] = (rng.random(size) < 0.0155) & (tickets["done_s"] - tickets["opened_s"] > 3600)
    end, since = int(_seconds(AS_OF)), int(_seconds(REORGANISED))
    blocks, numbers = [], []
    for place, ticket in enumerate(tickets.itertuples(index=False)):
        rows = [row for row in _twice(rng, _told(rng, ticket), since) if row[0] < end]
        blocks += rows
        numbers += [place] * len(rows)
    columns = ["at", "incident_state", "assignment_group", "assigned_to", "reassignment_count", "reopen_count"]
    events = pd.DataFrame(blocks, columns=columns)
    events.insert(0, "place", numbers)
    return _written(tickets, events, end)


def _seconds(times: Any) -> Any:
    return (np.asarray(times).astype("datetime64[s]") - FIRST.astype("datetime64[s]")).astype(np.int64)


def _text(seconds: pd.Series) -> pd.Series:
    """Write seconds since the first day as local times; a missing one is empty."""
    known = seconds.fillna(0).to_numpy().astype("timedelta64[s]")
    text = pd.Series(np.datetime_as_string(FIRST + known, unit="s"), index=seconds.index).str.replace("T", " ")
    return text.where(seconds.notna(), "")


def _written(tickets: pd.DataFrame, events: pd.DataFrame, end: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    events["sys_mod_count"] = events.groupby("place").cumcount()
    last = events.groupby("place").tail(1).set_index("place")
    for name in (
        "incident_state",
        "assignment_group",
        "assigned_to",
        "reassignment_count",
        "reopen_count",
        "sys_mod_count",
    ):
        tickets[name] = last[name]
    settled = last["incident_state"].isin(["Resolved", "Closed"])
    tickets["resolved"] = tickets["done_s"].where(settled)
    tickets["closed"] = tickets["closed_s"].where(last["incident_state"].eq("Closed"))
    tickets["resolved_by"] = last["assigned_to"].where(settled, "")
    tickets["number"] = [f"INC{10_001 + place:07d}" for place in range(len(tickets))]
    # The clock stands still while the state is "Awaiting User Info": that is how this company counts its SLA.
    until = events.groupby("place")["at"].shift(-1).fillna(end)
    paused = (
        (until - events["at"])
        .where(events["incident_state"].eq("Awaiting User Info"), 0)
        .groupby(events["place"])
        .sum()
    )
    running = (tickets["resolved"].fillna(end) - tickets["opened_s"] - paused) / 3600
    tickets["made_sla"] = (running.round(6) <= tickets["priority"].map(TARGET_HOURS)).map(
        {True: "true", False: "false"}
    )
    tickets["opened_at"], tickets["sys_updated_at"] = _text(tickets["opened_s"]), _text(last["at"])
    tickets["resolved_at"], tickets["closed_at"] = _text(tickets["resolved"]), _text(tickets["closed"])
    events["sys_updated_at"] = _text(events["at"])
    repeated = [
        "number",
        "made_sla",
        "caller_id",
        "opened_at",
        "location",
        "category",
        "priority",
        "resolved_at",
        "closed_at",
    ]
    events = events.join(tickets[repeated], on="place")
    return tickets[list(TICKETS)], events[list(EVENTS)]


TICKETS = ("number", "opened_at", "incident_state", "priority", "category", "subcategory", "contact_type", "location")
TICKETS += ("caller_id", "assignment_group", "assigned_to", "reassignment_count", "reopen_count", "sys_mod_count")
TICKETS += ("made_sla", "resolved_by", "resolved_at", "closed_at", "sys_updated_at")
EVENTS = ("number", "incident_state", "reassignment_count", "reopen_count", "sys_mod_count", "made_sla", "caller_id")
EVENTS += ("opened_at", "sys_updated_at", "location", "category", "priority", "assignment_group", "assigned_to")
EVENTS += ("resolved_at", "closed_at")
