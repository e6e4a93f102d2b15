"""The people of Tarnbrook: who works where, since when, who left, and how their first weeks and surveys went."""

import numpy as np
import pandas as pd

FIRST_DAY = np.datetime64("2025-01-01")
LAST_DAY = np.datetime64("2026-06-30")
DAYS = int((LAST_DAY - FIRST_DAY).astype(int)) + 1  # 546

SITES = {  # people of each role family, when every post is filled
    "Harbour House": {"office": 334, "sales": 60, "it": 40, "quality": 8, "maintenance": 5, "warehouse": 4},
    "Kilnard": {
        "production": 312,
        "warehouse": 41,
        "maintenance": 32,
        "office": 31,
        "quality": 24,
        "drivers": 6,
        "it": 4,
    },
    "Ballyfern": {
        "production": 270,
        "warehouse": 36,
        "maintenance": 26,
        "office": 24,
        "quality": 18,
        "drivers": 5,
        "it": 3,
    },
    "Drumlough": {
        "production": 196,
        "warehouse": 29,
        "maintenance": 16,
        "office": 15,
        "quality": 12,
        "drivers": 4,
        "it": 3,
    },
    "Mill Lane": {"production": 94, "warehouse": 12, "office": 8, "maintenance": 7, "quality": 5, "drivers": 3},
    "Oakfield": {"warehouse": 197, "drivers": 98, "office": 26, "maintenance": 6, "it": 3},
    "Ashgrove": {"warehouse": 114, "drivers": 72, "office": 15, "maintenance": 4},
    "Northgate": {"drivers": 43, "warehouse": 18, "sales": 12, "office": 6},
    "Quay Street": {"sales": 152, "office": 24, "it": 3},
}
HEAD_OFFICE = {  # departments of the office at Harbour House, with their posts; the first is the director's
    "Management": 5,
    "Finance": 60,
    "Human Resources": 28,
    "Legal": 6,
    "Communications": 4,
    "Procurement": 39,
    "Planning": 46,
    "Product Development": 32,
    "Customer Service": 114,
}
DEPARTMENTS = {  # departments of each role family elsewhere, with their shares
    "office": {"Site Administration": 0.5, "Planning": 0.5},
    "sales": {"Retail Sales": 0.62, "Food Service Sales": 0.38},
    "production": {"Preparation": 0.3, "Cooking": 0.3, "Packing": 0.4},
    "warehouse": {"Goods In": 0.25, "Picking": 0.45, "Dispatch": 0.3},
    "drivers": {"Transport": 1.0},
    "maintenance": {"Engineering": 1.0},
    "quality": {"Quality": 1.0},
    "it": {"IT": 1.0},
}
VACANT = 0.025  # posts that nobody held on the first day
TEAM = 12  # posts of a team; the first is its lead's

# Chances a year of leaving by resignation, and of resigning within 180 days when the laptop comes in time.
RESIGN = {"office": 0.06, "sales": 0.09, "it": 0.08, "quality": 0.08, "maintenance": 0.09}
RESIGN |= {"production": 0.25, "warehouse": 0.29, "drivers": 0.25}
EARLY = {"office": 0.06, "sales": 0.08, "it": 0.06, "quality": 0.07, "maintenance": 0.07}
EARLY |= {"production": 0.11, "warehouse": 0.13, "drivers": 0.11}
OTHER_EXITS = {"dismissed": 0.020, "retired": 0.018, "end of contract": 0.025}
EARLY_DAYS = 180
ENDED_EARLY = 0.05  # dismissed or at the end of a contract within these days, laptop or not
LATE_RATIO = 2.2  # planted: a late laptop multiplies the chance of resigning within 180 days

# Trouble with IT that no table shows: it multiplies a person's tickets, and to the power 0.9 the resignations.
TROUBLE = {0.45: 0.35, 1.0: 0.40, 2.0: 0.25}
SITE_TROUBLE = {"Harbour House": 0.85, "Kilnard": 1.0, "Ballyfern": 0.9, "Drumlough": 1.5, "Mill Lane": 0.7}
SITE_TROUBLE |= {"Oakfield": 0.8, "Ashgrove": 1.45, "Northgate": 1.2, "Quay Street": 1.0}
TROUBLE_POWER = 0.9

LATE_SHARE, LATE_AT_INTAKE, LATE_AT_ASHGROVE = 0.27, 0.40, 0.48
CHANNELS = {"job board": 0.38, "agency": 0.24, "referral": 0.20, "direct application": 0.12, "school or college": 0.06}
FULL_TIME = {"office": 37.5, "sales": 37.5, "it": 37.5, "quality": 37.5}
PART_TIME = {20.0: 0.5, 24.0: 0.3, 30.0: 0.2}


def posts() -> pd.DataFrame:
    """List every post with its site, department, role family and the post that leads it (-1: nobody does)."""
    rows = []
    for site, roles in SITES.items():
        for role, wanted in roles.items():
            shares = DEPARTMENTS[role]
            sizes = dict(zip(shares, _split(wanted, list(shares.values())), strict=True))
            if (site, role) == ("Harbour House", "office"):
                sizes = HEAD_OFFICE
            rows += [(site, name, role) for name, size in sizes.items() for _ in range(size)]
    table = pd.DataFrame(rows, columns=["site", "department", "role_family"])
    table["place"] = table.groupby(["site", "department", "role_family"]).cumcount()
    first = (
        table.index.to_series()
        .groupby([table[name] for name in ("site", "department", "role_family")])
        .transform("min")
    )
    table["lead"] = first + table["place"] // TEAM * TEAM
    leads = table.index == table["lead"]
    table.loc[leads, "lead"] = first[leads]
    heads = table.index == first
    office = table[table["role_family"].eq("office")].groupby("site").head(1).reset_index().set_index("site")["index"]
    table.loc[heads, "lead"] = table.loc[heads, "site"].map(office)
    managers = table.index.isin(office)
    table.loc[managers, "lead"] = 0
    table.loc[0, "lead"] = -1
    return table.assign(leads=leads | heads)


def _split(total: int, shares: list[float]) -> list[int]:
    """Split whole posts by shares; the last one takes what is left."""
    sizes = [int(total * share) for share in shares[:-1]]
    return [*sizes, total - sum(sizes)]


def _start(rng: np.random.Generator, day: int) -> int:
    """Move a start to a Monday and, now and then, to the next big intake in September or January."""
    for intake in ("2025-09-01", "2026-01-05"):
        first = int((np.datetime64(intake) - FIRST_DAY).astype(int))
        if 0 <= first - day <= 75 and rng.random() < 0.4:
            return first
    return day + (-(day + 2)) % 7  # day 0 was a Wednesday, day 5 a Monday


def _exit(rng: np.random.Generator, start: int, yearly: dict[str, float]) -> tuple[int, str]:
    """Draw the day and the kind of an exit when each kind has a constant chance."""
    total = sum(yearly.values())
    day = start + 1 + int(rng.exponential(365.25 / total))
    kinds = list(yearly)
    return day, kinds[int(np.searchsorted(np.cumsum(list(yearly.values())) / total, rng.random()))]


def everybody(seed: int) -> pd.DataFrame:
    """Make one row a person, with columns for the other tables that people.csv.gz does not show."""
    rng = np.random.default_rng([seed, 1])
    levels, weights = list(TROUBLE), list(TROUBLE.values())
    rows = []
    for post in posts().itertuples():
        role, calm = post.role_family, 0.35 if post.leads else 1.0
        start, starter = None, False
        while start is None or start < DAYS:
            trouble = SITE_TROUBLE[post.site] * levels[int(np.searchsorted(np.cumsum(weights)[:-1], rng.random()))]
            yearly = {"resigned": RESIGN[role] * calm * round(trouble**TROUBLE_POWER, 6)} | OTHER_EXITS
            if start is None and rng.random() < VACANT:
                start, starter = _start(rng, int(rng.integers(4, 40))), True
            if start is None:  # the person who held the post on the first day
                years = min(rng.exponential(1 / (RESIGN[role] * calm + 0.05)), 37.0)
                start = -1 - int(years * 365.25)
            late, early = False, False
            if starter:
                late = rng.random() < _late_share(post.site, start)
                early = rng.random() < EARLY[role] * (LATE_RATIO if late else 1) * calm
            left, kind = _exit(rng, max(start + EARLY_DAYS if starter else 0, 0), yearly)
            if early:
                left, kind = start + 8 + int(rng.random() * (EARLY_DAYS - 8)), "resigned"
            elif starter and rng.random() < ENDED_EARLY:
                left, kind = start + 30 + int(rng.random() * 120), str(rng.choice(["dismissed", "end of contract"]))
            rows.append((post.Index, start, left, kind, starter, late, trouble))
            start, starter = _start(rng, left + 12 + int(rng.exponential(22))), True
    people = pd.DataFrame(rows, columns=["post", "start", "left", "exit_kind", "starter", "late", "trouble"])
    return _described(rng, people)


def _late_share(site: str, start: int) -> float:
    if site == "Ashgrove":
        return LATE_AT_ASHGROVE
    month = (FIRST_DAY + start).astype("datetime64[M]").astype(int) % 12 + 1
    return LATE_AT_INTAKE if month in (1, 9) else LATE_SHARE


def _described(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    people = people.join(posts(), on="post")
    size = len(people)
    ids = rng.choice(np.arange(10_000, 100_000), size=size, replace=False)
    people["employee_id"] = [f"E{number:05d}" for number in ids]
    people["manager_id"] = _managers(people)
    people["hired_on"] = _days(people["start"])
    gone = people["left"] < DAYS
    people["left_on"] = _days(people["left"]).where(gone, "")
    people["exit_kind"] = people["exit_kind"].where(gone, "")
    full = people["role_family"].map(FULL_TIME).fillna(39.0).to_numpy()
    part = rng.choice(list(PART_TIME), size=size, p=list(PART_TIME.values()))
    people["weekly_hours"] = np.where((rng.random(size) < 0.14) & ~people["leads"], part, full)
    people["hired_by_channel"] = rng.choice(list(CHANNELS), size=size, p=list(CHANNELS.values()))
    return people.sort_values("employee_id", ignore_index=True)


def _managers(people: pd.DataFrame) -> pd.Series:
    """Name whoever held the leading post on a person's last day, or last held it before."""
    held = people.groupby("post")[["start", "employee_id"]].agg(list)
    named = []
    for lead, left in people[["lead", "left"]].itertuples(index=False):
        if lead < 0:
            named.append("")
            continue
        starts, ids = held.loc[lead]
        place = max(int(np.searchsorted(starts, min(left, DAYS - 1), side="right")) - 1, 0)
        named.append(ids[place])
    return pd.Series(named, index=people.index)


def _days(numbers: pd.Series) -> pd.Series:
    """Write days counted from the first one as dates."""
    dates = FIRST_DAY + numbers.to_numpy().astype("timedelta64[D]")
    return pd.Series(np.datetime_as_string(dates, unit="D"), index=numbers.index)


def people(company: pd.DataFrame) -> pd.DataFrame:
    """Return the table of people: who was employed on at least one day of the 18 months."""
    columns = ["employee_id", "site", "department", "role_family", "manager_id", "hired_on", "left_on", "exit_kind"]
    return company[[*columns, "weekly_hours", "hired_by_channel"]]
