"""The lessons on rows and on measures: figures on the pages against plain pandas, and every end of their games."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaluators.data import load_tarnbrook

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "curriculum/01_reading_it_data"
NAMES = ("01_what_is_a_row", "02_the_right_measure")
CELLS = {
    name: {cell["id"]: cell for cell in json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))["cells"]}
    for name in NAMES
}
END = pd.Timestamp("2026-07-01")


def source(name: str, cell_id: str) -> str:
    return re.sub(r"\s+", " ", "".join(CELLS[name][cell_id]["source"]))


@pytest.fixture(scope="module")
def row(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(NAMES[0])


@pytest.fixture(scope="module")
def measure(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(NAMES[1])


@pytest.fixture(scope="module")
def tickets() -> pd.DataFrame:
    table = load_tarnbrook("tickets").set_index("number")
    hours = (table["resolved_at"] - table["opened_at"]).dt.total_seconds() / 3600
    return table.assign(hours=hours, month=table["opened_at"].dt.strftime("%Y-%m"))


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return load_tarnbrook("ticket_events")


def test_the_slide_counts_rows_and_the_page_counts_tickets(
    row: dict[str, Any], tickets: pd.DataFrame, events: pd.DataFrame
) -> None:
    spring = {year: [f"{year}-0{month}" for month in (4, 5, 6)] for year in (2025, 2026)}
    when = events["sys_updated_at"].dt.strftime("%Y-%m")
    rows = {year: int(when.isin(months).sum()) for year, months in spring.items()}
    opened = {year: int(tickets["month"].isin(months).sum()) for year, months in spring.items()}
    assert f"April to June last year: {rows[2025]:,} tickets. April to June this year: {rows[2026]:,}." in source(
        NAMES[0], "opening"
    )
    assert f"“{rows[2026]:,} tickets in three months.”" in source(NAMES[0], "opening")
    assert f"Behind the {rows[2026]:,} rows are **{opened[2026]:,} tickets**" in row["shown"]
    assert f"{rows[2025]:,} rows and {opened[2025]:,} tickets" in row["shown"]
    callers = tickets.loc[tickets["month"].isin(spring[2026]), "caller_id"].nunique()
    assert f"came from {callers:,} different people" in row["shown"]
    assert 1.9 < rows[2026] / rows[2025] < 2.1  # planted: each update is recorded twice
    assert 0.95 < opened[2026] / opened[2025] < 1.05


def test_lives_are_told_row_by_row(row: dict[str, Any], tickets: pd.DataFrame, events: pd.DataFrame) -> None:
    assert len(row["LIVES"]) == 6
    for number, story in row["stories"].items():
        own = events[events["number"] == number]
        assert len(story) == len(own) == tickets.loc[number, "sys_mod_count"] + 1
        assert [place.state for place in story] == own["incident_state"].tolist()
        assert story.resolved_hours == pytest.approx(tickets.loc[number, "hours"], abs=1.01)  # clocks change
        drawn = row["draw_life"](number)
        assert drawn.count("<tr>") == len(own) + 1
        assert not set(own["assigned_to"].dropna()) & set(re.findall(r"[A-Z]{2}-\d\d", drawn))  # nobody is named
    short, *_, doubled = row["stories"].values()
    assert (len(short), short.silent, len(doubled), doubled.silent) == (4, 0, 8, 4)


def test_green_and_people_wait(row: dict[str, Any], tickets: pd.DataFrame) -> None:
    pay = tickets[tickets["assignment_group"] == "Payroll and HR Systems"]
    limits = {"1 - Critical": 4, "2 - High": 8, "3 - Moderate": 60, "4 - Low": 96}
    target = pay["priority"].map(limits).astype(float)
    waited = pay["hours"].fillna((END - pay["opened_at"]).dt.total_seconds() / 3600)
    kept = (waited <= target) & pay["hours"].notna()
    decided = pay["hours"].notna() | (waited > target)
    assert f"{kept.sum() / decided.sum():.0%}" == "30%"
    assert f"By the wall clock it is {kept.sum() / decided.sum():.0%}." in row["shown"]
    marked = pay[pay["hours"].notna() | ~pay["made_sla"]]["made_sla"].mean()
    assert f"Yet the mark says {marked:.0%} kept." in row["shown"]
    assert f"{100 * marked:.0f} of 100 tickets. Green." in source(NAMES[0], "opening")
    assert row["pay"].median > 7 * 24  # "… more than a week"
    assert "half of the questions about pay wait longer than 10 days" in row["shown"]
    moderate = (pay["priority"] == "3 - Moderate").mean()
    assert moderate > 0.9  # "Nearly all of its tickets are of moderate priority: 60 hours"


@pytest.mark.parametrize("promise", [12, 480])
def test_a_generous_promise_turns_every_group_green(row: dict[str, Any], promise: int) -> None:
    drawn = row["draw_clock"]("Payroll and HR Systems", promise)
    share = int(re.search(r"with \d+ hours for a moderate ticket, in (\d+)%", drawn)[1])  # type: ignore[index]
    assert share < 30 if promise == 12 else share > 60


def test_uptime_in_minutes_and_pieces(row: dict[str, Any]) -> None:
    outages = load_tarnbrook("outages")
    portal = outages[(outages["service"] == "HR portal") & ~outages["planned"]]
    minutes = (portal["ended_at"] - portal["started_at"]).dt.total_seconds() / 60
    services = load_tarnbrook("services")
    own = services[services["service"] == "HR portal"]
    up = 1 - own["down_minutes"].sum() / (own["agreed_minutes"].sum() - own["planned_down_minutes"].sum())
    assert f"up {up:.1%} of the time" in source(NAMES[0], "opening").replace("was up", "up")
    assert f"{up:.2%} over 18 months, down for {minutes.sum() / 60:.0f} hours" in row["shown"]
    for month, said in (
        ("2025-10", "down 3 times, once for 190 minutes"),
        ("2025-11", "in November 61 times, 10 minutes each"),
    ):
        some = minutes[portal["started_at"].dt.strftime("%Y-%m") == month]
        assert said in row["shown"]
        assert f"{len(some)} times" in said
        assert f"{some.max():.0f} minutes" in said
    longest = portal.loc[minutes.idxmax() if minutes.max() == 190 else minutes[minutes == 190].index[0]]
    assert 12 <= longest["started_at"].hour < 18  # "one lost afternoon"
    assert "99.9%, day and night: down for 1.4 minutes a day" in row["draw_minutes"](2, 400)
    assert "leaves **43 minutes**" in row["shown"]
    assert "288 hours of work" in row["draw_minutes"](2, 400)  # 43.2 minutes × 400 people
    assert "Never down without notice." in row["draw_outages"]("Order system", 10)


def test_who_is_not_in_the_file(row: dict[str, Any], tickets: pd.DataFrame) -> None:
    people = load_tarnbrook("people")
    stayed = people[people["left_on"].isna() & (people["hired_on"] <= "2025-01-01")]
    counts = stayed["employee_id"].map(tickets["caller_id"].value_counts()).fillna(0)
    by_role = counts.groupby(stayed["role_family"], observed=True)
    made = counts[stayed["role_family"] == "production"]
    assert f"Of {len(made):,} people who were in production all the time, {(made == 0).sum()} opened no" in row["shown"]
    assert 0.28 < (made == 0).mean() < 0.38  # "About one in three"
    assert by_role.mean()["drivers"] / by_role.mean()["office"] == pytest.approx(1 / 7, abs=0.01)  # "a seventh"
    assert (counts[stayed["role_family"] == "office"] == 0).sum() == 0
    licences = load_tarnbrook("licences")
    studio = licences[licences["product"] == "Diagram Studio"]
    lately = studio["last_used_on"] >= pd.Timestamp("2026-06-30") - pd.Timedelta(days=90)
    gone = studio["employee_id"].isin(people.loc[people["left_on"] < "2026-06-30", "employee_id"])
    assert f"We hold {len(studio)} licences of Diagram Studio" in source(NAMES[0], "opening")
    assert f"Of {len(studio)} licences of Diagram Studio, {(lately & ~gone).sum()} were used" in row["shown"]
    assert "drivers" not in row["draw_silent"](400)
    assert "production 174 of 551" in row["draw_silent"](400)


def test_mean_median_and_p90_without_the_longest(measure: dict[str, Any], tickets: pd.DataFrame) -> None:
    hours = tickets["hours"].dropna().sort_values()
    assert f"a ticket takes {hours.mean() / 24:.1f} days" in source(NAMES[1], "opening")
    assert hours.median() < 24  # "Half of all tickets are solved within a day"
    for removed in (0, 100, 1000):
        rest = hours.iloc[: len(hours) - removed]
        drawn = measure["draw_longest"](removed)
        assert f"{len(rest):,} are left" in drawn
        assert f"Median {rest.median():.0f} hours" in drawn
        assert f"Mean {rest.mean() / 24:.1f} days" in drawn or f"Mean {rest.mean():.0f} hours" in drawn
    less = hours.iloc[:-100]
    assert f"by {1 - less.mean() / hours.mean():.0%}. The P90 falls by" in measure["shown"]
    assert 1 - less.mean() / hours.mean() > 2 * (1 - less.quantile(0.9) / hours.quantile(0.9))
    assert f"Only {(hours > hours.mean()).mean():.0%} of the tickets take longer" in measure["shown"]
    critical, low = (tickets.loc[tickets["priority"] == name, "hours"].median() for name in ("1 - Critical", "4 - Low"))
    assert critical > 10 * low


def test_a_report_forgets_what_is_still_open(measure: dict[str, Any], tickets: pd.DataFrame) -> None:
    means = tickets.groupby("month")["hours"].mean()
    opening = source(NAMES[1], "opening")
    assert f"tickets of January {means['2026-01']:.0f} hours, of June {means['2026-06']:.0f} hours" in opening
    assert 3 < means["2026-01"] / means["2026-06"] < 4  # "Three times as fast"
    may = tickets[tickets["month"] == "2025-05"]
    there = may[may["resolved_at"] <= "2025-06-01"]
    assert f"seen as May ended: mean {there['hours'].mean():.0f} hours" in measure["shown"]
    assert f"As May ended, {len(may) - len(there)} slow tickets were still open" in measure["shown"]
    first, last = measure["draw_report"](4, 0), measure["draw_report"](17, 52)
    assert f"{len(there)} are solved, {len(may) - len(there)} still wait" in first
    assert "seen at the end of the log" in last
    still = tickets["resolved_at"].isna()
    age = (END - tickets.loc[still, "opened_at"]).dt.total_seconds() / 3600
    assert f"{still.sum()} are open at the end; half of these have been open for {age.median() / 24:.0f} days" in (
        measure["draw_flow"]("all")
    )
    assert "420 are open" in measure["asked"][-1][1]["both"]
    assert still.sum() == 420
    opened, solved = (tickets[name].dt.strftime("%Y-%m").eq("2025-09").sum() for name in ("opened_at", "resolved_at"))
    assert f"It grew by {opened - solved} in September 2025 alone" in measure["shown"]
    assert "Group: Service Desk" in measure["draw_flow"]("group=Service Desk")


def test_one_site_plays_ping_pong(measure: dict[str, Any], tickets: pd.DataFrame, events: pd.DataFrame) -> None:
    there = tickets["location"] == "Drumlough"
    passed = tickets.groupby(there)["reassignment_count"].mean()
    assert (
        f"is passed on {passed[True]:.1f} times on average, one from elsewhere {passed[False]:.2f}" in measure["shown"]
    )
    rows = events.astype({"assignment_group": "str"})
    rows = rows[rows["assignment_group"] != rows.groupby("number")["assignment_group"].shift()]
    back = rows["assignment_group"] == rows.groupby("number")["assignment_group"].shift(2)
    returned = back.groupby(rows["number"]).any().reindex(tickets.index).groupby(there).mean()
    assert f"**{returned[True]:.0%} of Drumlough's tickets came back to a group" in measure["shown"]
    assert f"(elsewhere {returned[False]:.0%})" in measure["shown"]
    asked = tickets.index.isin(events.loc[events["incident_state"] == "Awaiting User Info", "number"])
    shares = pd.Series(asked, index=tickets.index).groupby(there).mean()
    assert f"At Drumlough {shares[True]:.0%} of tickets were in *Awaiting User Info*" in measure["shown"]
    assert abs(shares[True] - shares[False]) < 0.02  # "as often as all others"
    medians = tickets.groupby(there)["hours"].median()
    assert medians[True] > 48  # "half of its tickets are not solved within two days"
    assert 20 < medians[False] < 26  # "elsewhere half are solved within about one"


def test_any_story_can_be_told_and_the_step_is_found(measure: dict[str, Any]) -> None:
    values = measure["value"]
    assert len(measure["pairs"]) == 18 * 17 // 2
    assert f"{1 - values['2026-06'] / values['2026-02']:.0%} faster since February" in source(NAMES[1], "opening")
    assert max(values, key=values.get) == "2026-02"  # "the slowest month of all 18"
    assert "28% faster" in measure["draw_window"](13, 17)
    assert "slower" in measure["draw_window"](17, 9)
    assert "Choose two different months" in measure["draw_window"](3, 3)
    early = measure["early"]
    assert [point.label for point in early if point.signal] == [
        "2025-08",
        *(f"2025-{month}" for month in (11, 12)),
        *(f"2026-0{month}" for month in range(1, 7)),
    ]
    assert "From November 2025 on every month lies above: 8 of 8." in measure["shown"]
    assert 1.8 < measure["after"] / measure["before"] < 2.6  # planted: it doubles
    assert not any(point.signal for point in measure["recent"])


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_stand_in_different_places_and_are_seldom_the_longest(
    row: dict[str, Any], measure: dict[str, Any], name: str
) -> None:
    found = {NAMES[0]: row, NAMES[1]: measure}[name]["asked"]
    assert len(found) >= 5
    places = [list(options).index(key) for _, options, key in found]
    assert max(places.count(place) for place in range(4)) <= 3
    longest = [item for item, options, key in found if options[key] == max(options.values(), key=len)]
    assert len(longest) <= 2, longest


@pytest.mark.parametrize("name", NAMES)
def test_learners_see_no_code(name: str) -> None:
    code = [cell for cell in CELLS[name].values() if cell["cell_type"] == "code"]
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in code)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
