"""What else Tarnbrook recorded: starters, surveys, services, licences, storage, deployments, access and costs."""

import numpy as np
import pandas as pd

FIRST_DAY = np.datetime64("2025-01-01")
DAYS = 546
MONTHS = tuple(str(month) for month in np.arange("2025-01", "2026-07", dtype="datetime64[M]"))
DAY_S = 86_400

WAVES = ("2025-03-17", "2025-10-13", "2026-04-20")
ANSWER = {"office": 0.78, "sales": 0.74, "it": 0.80, "quality": 0.70, "maintenance": 0.58}
ANSWER |= {"production": 0.52, "warehouse": 0.50, "drivers": 0.44}
SCORE = {"office": 3.85, "sales": 3.75, "it": 3.8, "quality": 3.6, "maintenance": 3.45}
SCORE |= {"production": 3.2, "warehouse": 3.1, "drivers": 3.25}
SCORE_A_DOUBLING = -0.22  # planted: what each doubling of a person's trouble with IT takes off
SCORE_SPREAD = 0.65
LAPTOPS = {"office": 980.0, "sales": 1140.0, "it": 1690.0, "quality": 980.0}  # others: a rugged one

# service: (down minutes in an ordinary month, how many outages they are, planned minutes)
SERVICES = {
    "Order system": (38, 1.1, 120),
    "Warehouse system": (64, 1.8, 120),
    "Production line terminals": (95, 2.6, 180),
    "Payroll and time": (26, 0.6, 240),
    "HR portal": (40, 0.9, 90),
    "Email and calendar": (12, 0.5, 0),
    "Sign-in": (9, 0.5, 30),
    "Network": (30, 1.2, 60),
}
# Planted: one day-long outage against many short ones with about the same sum in that month.
LONG_OUTAGE = ("Payroll and time", "2025-11-26T06:10:00", 610)
MANY_SHORT = ("HR portal", "2025-11", 61, 10)

# product: (who has it: role families and share, price a user and month, share that never used it, share that stopped)
PRODUCTS: dict[str, tuple[dict[str, float], float, float, float]] = {
    "Office Suite": ({"office": 1, "sales": 1, "it": 1, "quality": 1, "maintenance": 0.6}, 19.40, 0.01, 0.03),
    "Frontline Suite": ({"production": 0.9, "warehouse": 0.9, "drivers": 0.9, "maintenance": 0.4}, 3.20, 0.12, 0.15),
    "Order Desk": ({"sales": 0.95, "office": 0.35}, 46.00, 0.03, 0.06),
    "Meeting Rooms Plus": ({"office": 0.5, "sales": 0.7, "it": 1}, 8.50, 0.10, 0.20),
    "Diagram Studio": ({"office": 0.45, "quality": 0.6, "it": 0.9}, 12.00, 0.86, 0.09),
    "Analytics Premium": ({"office": 0.30, "sales": 0.45, "quality": 0.5, "it": 0.6}, 58.00, 0.34, 0.36),
    "Route Planner": ({"drivers": 0.55, "warehouse": 0.05}, 14.00, 0.04, 0.08),
    "HR Suite": ({"office": 0.12}, 31.00, 0.02, 0.05),
}
KEPT_AFTER_LEAVING = 0.18  # planted: licences that people who left still hold

# system: (GB in the first month, growth a month, retention class, years, date of the oldest record, price)
SYSTEMS = {
    "Mailboxes": (5_200, 1.021, "general correspondence", 3, "2014-02-03", 0.085),
    "Shared drives": (14_500, 1.016, "general business", 6, "2009-05-11", 0.060),
    "HR files": (640, 1.010, "employment records", 7, "2011-09-01", 0.120),
    "Recruitment": (310, 1.018, "unsuccessful applications", 1, "2017-06-19", 0.120),
    "Payroll": (420, 1.008, "payroll and tax", 6, "2020-09-30", 0.150),
    "Camera footage": (9_800, 1.004, "security footage", 0.08, "2024-11-20", 0.040),
    "Order archive": (3_900, 1.019, "commercial contracts", 7, "2016-04-04", 0.060),
    "Production traces": (6_100, 1.034, "food safety", 5, "2021-10-14", 0.050),
    "Backups": (31_000, 1.017, "backup copies", 0.25, "2023-03-06", 0.022),
}

# service: (deployments a week, median hours from commit, share that fails, median hours to restore)
TEAMS = {
    "Order system": (2.6, 30, 0.11, 2.2),
    "HR portal": (1.1, 96, 0.18, 5.5),
    "Warehouse system": (0.9, 150, 0.22, 3.4),
    "Payroll and time": (0.25, 420, 0.14, 9.0),
    "Customer website": (5.4, 9, 0.06, 0.7),
}
ACCESS = ("HR portal", "Order system", "Warehouse system", "Shared drives", "Payroll and time", "Remote access")
REVOKED_IN_TIME, REVOKED_LATE_DAYS, NEVER_REVOKED = 0.66, 24.0, 0.05


def _dates(days: np.ndarray) -> np.ndarray:
    return np.datetime_as_string(FIRST_DAY + np.asarray(days).astype("timedelta64[D]"), unit="D")


def _times(seconds: np.ndarray) -> np.ndarray:
    times = FIRST_DAY.astype("datetime64[s]") + np.asarray(seconds).astype("timedelta64[s]")
    return np.char.replace(np.datetime_as_string(times, unit="s"), "T", " ")


def _workday(days: np.ndarray) -> np.ndarray:
    """Move Saturdays and Sundays to Monday."""
    weekday = (np.asarray(days) + 2) % 7
    return np.asarray(days) + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))


def _day(date: str) -> int:
    return int((np.datetime64(date) - FIRST_DAY).astype(int))


def engagement(seed: int, company: pd.DataFrame) -> pd.DataFrame:
    """Ask everybody employed on the day of a survey; a blank score is somebody who did not answer."""
    rng = np.random.default_rng([seed, 3])
    own = rng.normal(0, 0.35, len(company))
    waves = []
    for wave in WAVES:
        score = company["role_family"].map(SCORE).to_numpy() + own + rng.normal(0, SCORE_SPREAD, len(company))
        score += SCORE_A_DOUBLING * np.round(np.log2(company["trouble"].to_numpy()), 9)
        answered = rng.random(len(company)) < company["role_family"].map(ANSWER).to_numpy()
        table = pd.DataFrame({"employee_id": company["employee_id"], "surveyed_on": wave})
        # Five questions from 1 to 5: their mean is a multiple of 0.2.
        table["score"] = pd.Series(np.clip(np.round(np.round(score, 6) * 5) / 5, 1, 5).round(1)).where(answered)
        day = _day(wave)
        waves.append(table[(company["start"] <= day) & (company["left"] >= day)])
    return pd.concat(waves, ignore_index=True)


def onboarding(seed: int, company: pd.DataFrame) -> pd.DataFrame:
    """Say when starters got their laptop and the last of their access."""
    rng = np.random.default_rng([seed, 4])
    new = company[company["starter"] & (company["start"] < DAYS)].sort_values("start", kind="stable", ignore_index=True)
    size, start, late = len(new), new["start"].to_numpy(), new["late"].to_numpy()
    days = np.where(late, 1 + np.floor(rng.gamma(1.6, 6.0, size)), -rng.integers(0, 6, size)).astype(int)
    delivered = np.where(late, _workday(start + days), start + np.where(days < -2, days - 2, 0))
    access = _workday(
        np.maximum(start, delivered - rng.integers(0, 3, size)) + np.floor(rng.gamma(0.7, 3.0, size)).astype(int)
    )
    employed = new["left"].to_numpy()
    got, ready = delivered <= np.minimum(employed, DAYS - 1), access <= np.minimum(employed, DAYS - 1)
    price = new["role_family"].map(LAPTOPS).fillna(1320.0).to_numpy()
    return pd.DataFrame(
        {
            "employee_id": new["employee_id"],
            "request": [f"REQ{1001 + place:06d}" for place in range(size)],
            "starts_on": _dates(start),
            "laptop_due_on": _dates(start),
            "laptop_delivered_on": np.where(got, _dates(delivered), ""),
            "access_complete_on": np.where(ready, _dates(access), ""),
            "laptop_price": price,
        }
    )


def outages(seed: int) -> pd.DataFrame:
    """List every time a service was down, planned or not."""
    rng = np.random.default_rng([seed, 5])
    rows = []
    for service, (minutes, often, planned) in SERVICES.items():
        for month in MONTHS:
            days = _days_of(month)
            first = _day(f"{month}-01") * DAY_S
            special = (service, month) == MANY_SHORT[:2]
            count = MANY_SHORT[2] if special else int(rng.poisson(often))
            for _ in range(count):
                length = max(int(round(float(rng.exponential(minutes / often)), 0)), 2)
                length = MANY_SHORT[3] if special else length
                begin = first + int(rng.integers(0, days * DAY_S - length * 60))
                serious = "1 - Critical" if length >= 60 and not special else "2 - High"
                rows.append((service, begin, begin + length * 60, "false", serious))
            if planned:
                sunday = _day(f"{month}-01") + (4 - _day(f"{month}-01")) % 7 + 7  # the second Sunday
                begin = sunday * DAY_S + 6 * 3600
                rows.append((service, begin, begin + planned * 60, "true", ""))
    begin = int((np.datetime64(LONG_OUTAGE[1]) - FIRST_DAY.astype("datetime64[s]")).astype(int))
    rows.append((LONG_OUTAGE[0], begin, begin + LONG_OUTAGE[2] * 60, "false", "1 - Critical"))
    table = pd.DataFrame(rows, columns=["service", "started_at", "ended_at", "planned", "priority"])
    table = table.sort_values(["started_at", "service"], kind="stable", ignore_index=True)
    return table.assign(started_at=_times(table["started_at"]), ended_at=_times(table["ended_at"]))


def _days_of(month: str) -> int:
    start = np.datetime64(month, "M")
    return int(((start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")).astype(int))


def services(down: pd.DataFrame) -> pd.DataFrame:
    """Sum the outages by service and month, as a monthly service report does."""
    minutes = (pd.to_datetime(down["ended_at"]) - pd.to_datetime(down["started_at"])).dt.total_seconds() / 60
    down = down.assign(minutes=minutes.round().astype(int), month=down["started_at"].str[:7])
    rows = []
    for service in SERVICES:
        for month in MONTHS:
            here = down[(down["service"] == service) & (down["month"] == month)]
            lengths = here.loc[here["planned"] == "false", "minutes"]
            planned = here.loc[here["planned"] == "true", "minutes"].sum()
            longest = lengths.max() if len(lengths) else 0
            agreed = _days_of(month) * 1440
            rows.append((service, month, agreed, lengths.sum(), planned, len(lengths), longest))
    columns = ["service", "month", "agreed_minutes", "down_minutes", "planned_down_minutes", "outages"]
    return pd.DataFrame(rows, columns=[*columns, "longest_outage_minutes"])


def licences(seed: int, company: pd.DataFrame) -> pd.DataFrame:
    """List who holds a licence on the last day, and when it was last used."""
    rng = np.random.default_rng([seed, 6])
    tables = []
    for product, (shares, price, never, stopped) in PRODUCTS.items():
        share = company["role_family"].map(shares).fillna(0.0).to_numpy()
        present = (company["left"] >= DAYS) & (company["start"] < DAYS)
        holds = (rng.random(len(company)) < share) & (
            present | (rng.random(len(company)) < KEPT_AFTER_LEAVING)
        ).to_numpy()
        people = company[holds]
        size = len(people)
        introduced = -int(rng.integers(400, 1600))
        assigned = np.maximum(
            np.maximum(people["start"].to_numpy(), introduced) + rng.integers(0, 30, size), introduced
        )
        end = np.minimum(people["left"].to_numpy(), DAYS - 1)
        assigned = np.minimum(assigned, end)
        ago = np.where(
            rng.random(size) < stopped / (1 - never), 95 + rng.exponential(160, size), rng.exponential(6, size)
        )
        used = np.maximum(end - np.floor(ago).astype(int), assigned)
        table = pd.DataFrame(
            {"product": product, "employee_id": people["employee_id"], "assigned_on": _dates(assigned)}
        )
        table["last_used_on"] = np.where(rng.random(size) < never, "", _dates(used))
        tables.append(table.assign(price_per_user_month=price))
    return pd.concat(tables, ignore_index=True)


def storage(seed: int) -> pd.DataFrame:
    """Say what each system held at the end of each month."""
    rng = np.random.default_rng([seed, 7])
    rows = []
    for system, (size, growth, kind, years, oldest, price) in SYSTEMS.items():
        held = float(size)
        for month in MONTHS:
            rows.append((system, month, round(held), kind, years, oldest, price))
            held = round(held * (growth + float(rng.normal(0, 0.004))), 3)
    columns = ["system", "month", "gigabytes", "retention_class", "retention_years", "oldest_record_on"]
    return pd.DataFrame(rows, columns=[*columns, "price_per_gb_month"])


def deployments(seed: int) -> pd.DataFrame:
    """List what went live: when it was written, when it was put to work, whether it broke and was mended."""
    rng = np.random.default_rng([seed, 8])
    rows = []
    for service, (weekly, lead, fails, restore) in TEAMS.items():
        count = int(rng.poisson(weekly * DAYS / 7))
        day = _workday(rng.integers(0, DAYS - 4, count))
        deployed = day * DAY_S + rng.integers(9 * 3600, 17 * 3600, count)
        hours = np.round(rng.lognormal(np.log(lead), 0.9, count), 4)
        committed = deployed - np.maximum(hours * 3600, 300).astype(int)
        failed = rng.random(count) < fails
        back = deployed + np.maximum(np.round(rng.lognormal(np.log(restore), 0.8, count), 4) * 3600, 240).astype(int)
        known = failed & (back < DAYS * DAY_S)
        table = pd.DataFrame({"service": service, "committed_at": _times(committed), "deployed_at": _times(deployed)})
        table["failed"] = np.where(failed, "true", "false")
        table["restored_at"] = np.where(known, _times(back), "")
        rows.append(table)
    return pd.concat(rows, ignore_index=True).sort_values(["deployed_at", "service"], kind="stable", ignore_index=True)


def access_requests(seed: int, company: pd.DataFrame) -> pd.DataFrame:
    """List the requests for access of starters and of people who left; rights are taken back late too often."""
    rng = np.random.default_rng([seed, 9])
    chosen = company[company["starter"] & (company["start"] < DAYS) | (company["left"] < DAYS)].reset_index(drop=True)
    who = np.repeat(np.arange(len(chosen)), 1 + rng.poisson(0.6, len(chosen)))
    people = chosen.iloc[who].reset_index(drop=True)
    size = len(people)
    asked = np.maximum(people["start"].to_numpy(), -900) * DAY_S + 8 * 3600
    asked += np.round(rng.normal(-4, 3, size)).astype(int) * DAY_S + rng.integers(0, 8 * 3600, size)
    approved = asked + np.round(rng.lognormal(10.2, 1.1, size)).astype(int)
    given = approved + np.round(rng.lognormal(9.6, 1.2, size)).astype(int)
    gone, end = people["left"].to_numpy() < DAYS, DAYS * DAY_S
    prompt = rng.random(size) < REVOKED_IN_TIME
    away = people["left"].to_numpy() * DAY_S + 17 * 3600
    later = _workday(people["left"].to_numpy() + 1 + np.floor(rng.exponential(REVOKED_LATE_DAYS, size)).astype(int))
    revoked = np.where(prompt, away, later * DAY_S + 9 * 3600) + rng.integers(-3600, 5 * 3600, size)
    taken = gone & (revoked < end) & (rng.random(size) >= NEVER_REVOKED)
    stays = given < np.where(gone, away, end)  # who left before the access came never got it
    table = pd.DataFrame({"employee_id": people["employee_id"], "system": rng.choice(ACCESS, size)})
    table["requested_at"] = _times(asked)
    table["approved_at"] = np.where(approved < np.where(gone, away, end), _times(approved), "")
    table["provisioned_at"] = np.where(stays, _times(given), "")
    table["revoked_at"] = np.where(taken & stays, _times(revoked), "")
    table["left_on"] = people["left_on"]
    table = table[asked < end].drop_duplicates(["employee_id", "system"])
    return table.sort_values(["requested_at", "employee_id", "system"], kind="stable", ignore_index=True)


def costs(company: pd.DataFrame, made: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Sum what IT cost by month and kind; people and contracts are made up, the rest follows from the tables."""
    tickets = pd.to_datetime(made["tickets"]["opened_at"]).dt.strftime("%Y-%m").value_counts()
    store = made["storage"].assign(euros=lambda table: table["gigabytes"] * table["price_per_gb_month"])
    stored = store.groupby("month")["euros"].sum()
    laptops = made["onboarding"].groupby(made["onboarding"]["starts_on"].str[:7])["laptop_price"].sum()
    held = made["licences"]
    rows = []
    for place, month in enumerate(MONTHS):
        last = str((np.datetime64(month, "M") + 1).astype("datetime64[D]") - 1)
        day = _day(last)
        people = int(((company["role_family"] == "it") & (company["start"] <= day) & (company["left"] >= day)).sum())
        paid = held.loc[held["assigned_on"] <= last, "price_per_user_month"].sum()
        rows += [
            (month, "IT staff", 5_150.0 * people),
            (month, "help desk contract", 21_000.0 + 11.5 * int(tickets[month])),
            (month, "licences", round(float(paid), 2)),
            (month, "storage", round(float(stored[month]), 2)),
            (month, "laptops for starters", round(float(laptops.get(month, 0.0)), 2)),
            (month, "network and telephone", 18_400.0 + 120.0 * (place // 6)),
        ]
    return pd.DataFrame(rows, columns=["month", "kind", "euros"])


def tables(seed: int, company: pd.DataFrame, tickets: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Make all of them."""
    down = outages(seed)
    made = {
        "engagement": engagement(seed, company),
        "onboarding": onboarding(seed, company),
        "services": services(down),
        "outages": down,
        "licences": licences(seed, company),
        "storage": storage(seed),
        "deployments": deployments(seed),
        "access_requests": access_requests(seed, company),
    }
    made["costs"] = costs(company, made | {"tickets": tickets})
    return made
