"""The lessons on HR meeting IT and on what data cost: what their sentences claim is what their data show."""

import json
import math
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaluators.data import load_tarnbrook

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "curriculum/01_reading_it_data"
MEETS, COSTS = "03_hr_meets_it", "04_what_data_costs"
CELLS = {
    lesson: {cell["id"]: cell for cell in json.loads((FOLDER / f"{lesson}.ipynb").read_text("utf-8"))["cells"]}
    for lesson in (MEETS, COSTS)
}
END = pd.Timestamp("2026-06-30")


def source(lesson: str, cell_id: str) -> str:
    return "".join(CELLS[lesson][cell_id]["source"])


def words(html: str) -> str:
    """Return what a drawing says, without the picture."""
    return re.sub(r"<svg.*?</svg>", "", html, flags=re.S)


def alternative(html: str) -> str:
    found = re.search(r'<svg role="img" aria-label="([^"]+)"', html)
    return found[1] if found else ""


@pytest.fixture(scope="module")
def meets(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(MEETS)


@pytest.fixture(scope="module")
def costs(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(COSTS)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return load_tarnbrook("people")


@pytest.mark.parametrize("lesson", CELLS)
def test_learners_see_no_code(lesson: str) -> None:
    code = [cell for cell in CELLS[lesson].values() if cell["cell_type"] == "code"]
    assert len(code) > 20
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in code)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert CELLS[lesson]["parameters"]["metadata"]["tags"] == ["parameters"]


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ["meets", "costs"])
def test_right_answers_stand_in_different_places_and_are_seldom_the_longest(
    lesson: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(lesson)["asked"]
    assert len(found) == 8
    places = [list(options).index(key) for _, options, key in found]
    assert max(places.count(place) for place in range(4)) <= 3
    assert len(set(places)) == 4
    longest = [item for item, options, key in found if options[key] == max(options.values(), key=len)]
    assert len(longest) <= 2, longest


@pytest.mark.slow
def test_todays_list_loses_the_tickets_of_those_who_left(meets: dict[str, Any], people: pd.DataFrame) -> None:
    tickets = load_tarnbrook("tickets")
    found = tickets["caller_id"].isin(people.loc[people["left_on"].isna(), "employee_id"])
    assert meets["today"].matched == found.sum()
    lost = (~found).groupby(tickets["location"].astype(object)).mean()
    assert meets["at_site"].to_dict() == pytest.approx(lost.to_dict())
    assert f"at Ashgrove it loses {lost['Ashgrove']:.0%} of the tickets" in meets["shown"]
    assert meets["every"].matched == len(tickets)
    assert meets["every"].quiet_people == (~people["employee_id"].isin(tickets["caller_id"])).sum() == 830
    assert "They seem to differ in capitals, leading zeros or a prefix" in meets["draw_join"]("sheet", "location")


@pytest.mark.slow
def test_rates_turn_the_order_of_the_sites(meets: dict[str, Any], people: pd.DataFrame) -> None:
    # Harbour House has most tickets, as the headline says, and Quay Street the highest rate.
    tickets = load_tarnbrook("tickets")
    first, last = pd.Timestamp("2025-01-01"), END
    start, stop = people["hired_on"].where(people["hired_on"] > first, first), people["left_on"].fillna(last)
    years = ((stop - start).dt.days + 1).clip(lower=0).groupby(people["site"].astype(object)).sum() / 365.25
    count = tickets["location"].astype(object).value_counts()
    rate = 100 * count / years
    assert count.idxmax() == "Harbour House"
    assert rate.idxmax() == "Quay Street"
    for site in rate.index:
        assert meets["long"][site].rate == pytest.approx(rate[site])
    assert meets["jumper"].label == "Northgate"
    assert "In March 2025 Northgate stood at 185, a year later at 351" in meets["shown"]
    one, other = meets["jumper"], meets["other"]["Northgate"]
    assert one.high > other.low  # "they overlap"
    assert meets["small"].low < meets["large"].high  # the check question says that they touch or overlap
    assert meets["draw_rate"]("resignations", "count", "2025-03").startswith("<p><strong>Not shown.")


@pytest.mark.slow
def test_late_laptops_and_early_exits_by_plain_pandas(meets: dict[str, Any], people: pd.DataFrame) -> None:
    rows = load_tarnbrook("onboarding").merge(people, on="employee_id")
    rows = rows[(rows["starts_on"] + pd.Timedelta(days=180) <= END) & ~(rows["left_on"] <= rows["laptop_due_on"])]
    late = rows["laptop_delivered_on"].isna() | (rows["laptop_delivered_on"] > rows["laptop_due_on"])
    early = ((rows["left_on"] - rows["starts_on"]).dt.days <= 180) & (rows["exit_kind"] == "resigned")
    half_year = meets["half_year"]
    assert (half_year.late_exits, half_year.late_people) == ((late & early).sum(), late.sum()) == (46, 189)
    assert (half_year.on_time_exits, half_year.on_time_people) == ((~late & early).sum(), (~late).sum()) == (40, 397)
    assert "**14 percentage points**, and true differences from 8 to 21 points" in meets["shown"]
    assert len(meets["rows_180"]) == len(rows)
    assert meets["full_year"].late_exits > meets["at_their_rate"]
    assert meets["quay"].difference_low < 0 < meets["half_year"].difference_high < meets["quay"].difference_high
    everything = meets["every_way"]
    assert everything.adjusted.low > 1  # "like with like, ... still resign about 2.0 times as often"
    assert 100 * meets["month"].difference_low < 0  # within 30 days nothing can be said


@pytest.mark.slow
def test_the_sign_turns_within_the_kind_of_work(meets: dict[str, Any], people: pd.DataFrame) -> None:
    tickets = load_tarnbrook("tickets")
    cohort = people[(people["hired_on"] <= "2025-01-01") & ~(people["left_on"] <= "2025-06-30")]
    counts = tickets.loc[tickets["opened_at"] < "2025-07-01", "caller_id"].value_counts()
    many = cohort["employee_id"].map(counts).fillna(0) >= 2
    gone = (cohort["exit_kind"] == "resigned") & (cohort["left_on"] <= END)
    assert len(cohort) == len(meets["cohort"]) == 2151
    naive = gone[many].mean() / gone[~many].mean()
    top = bottom = 0.0
    for _, part in cohort.groupby("role_family", observed=True):
        a, b = many[part.index], gone[part.index]
        top += (a & b).sum() * (~a).sum() / len(part)
        bottom += (~a & b).sum() * a.sum() / len(part)
    found = meets["two"]["kind of work"]
    assert found.naive.value == pytest.approx(naive)
    assert found.adjusted.value == pytest.approx(top / bottom)
    assert (f"{naive:.2f}", f"{top / bottom:.2f}") == ("0.77", "1.55")  # planted, as the datasheet says
    assert found.reverses
    assert not meets["two"]["way of being hired"].reverses
    assert "The sign turns." in meets["draw_sign"]("kind of work", 2)
    assert meets["raw_link"] < 0 < meets["fair_link"]
    assert [each.group for each in meets["top_tickets"][:2]] == ["Drumlough", "Ashgrove"]
    assert abs(meets["wanted"]["Harbour House"].ratio - 1) < 0.05  # "quite ordinary"
    ashgrove = meets["wanted"]["Ashgrove"]
    assert ashgrove.rate < meets["wanted"].overall < ashgrove.indirect


@pytest.mark.slow
def test_the_game_of_hidden_cells_needs_three_more(meets: dict[str, Any]) -> None:
    secret, names = meets["SECRET"], meets["CELL_NAMES"]
    assert len(meets["small_cells"]) == 1
    answer = int(meets["heads"][secret])
    assert answer < 5
    assert "<strong>Right.</strong>" in meets["draw_guess_cell"](answer)
    assert "Not that one" in meets["draw_guess_cell"](answer + 1)
    assert f">{answer}<" not in meets["draw_guess_cell"](0)

    def safe(*hidden: str) -> bool:
        return "<strong>Safe.</strong>" in meets["draw_hide"](**{name: name in hidden for name in names})

    assert not any(safe(*chosen) for size in range(3) for chosen in combinations(names, size))
    winners = [chosen for chosen in combinations(names, 3) if safe(*chosen)]
    assert len(winners) == 2  # a rectangle with either of the two other sites
    solved = meets["draw_hide"](**{name: number == 0 for number, name in enumerate(names)})
    assert f"exactly {answer}" in solved


@pytest.mark.slow
def test_two_reports_give_one_person_away(meets: dict[str, Any], people: pd.DataFrame) -> None:
    answers = load_tarnbrook("engagement").dropna(subset=["score"])
    answers = answers[answers["surveyed_on"] == "2026-04-20"].merge(people, on="employee_id")
    gone = answers[answers["left_on"].notna()]
    assert len(meets["alone"]) >= 4
    for place, row in meets["alone"].iterrows():
        one = gone[(gone["site"] == row["site"]) & (gone["role_family"] == row["kind of work"])]
        assert len(one) == 1
        assert meets["worked_out"](place) == pytest.approx(one["score"].iloc[0])
        assert min(row["answers in April"], row["answers in June"]) >= 5
    assert all(5 > abs(row["gone"]) > 0 for _, row in meets["alone"].iterrows())
    assert f"{len(meets['risky'].risky)} of the {meets['risky'].compared} groups" in meets["shown"]


@pytest.mark.slow
def test_a_list_without_names_recognises_hundreds(meets: dict[str, Any], people: pd.DataFrame) -> None:
    now = people[people["left_on"].isna()]
    sizes = now.groupby(["site", "department", now["hired_on"].dt.year], observed=True).size()
    assert meets["many"].alone == (sizes == 1).sum()
    assert f"it is {meets['many'].alone}, 18% of all" in meets["shown"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "settings"),
    [
        ("draw_join", {"staff": "today", "by": "quarter"}),
        ("draw_rate", {"what": "tickets", "show": "rate", "period": "2026-03"}),
        ("draw_laptop", {"days": 30, "kind": "all"}),
        ("draw_laptop", {"days": 360, "kind": "resigned"}),
        ("draw_reasons", dict.fromkeys(("site", "work", "season", "rush", "notice"), True)),
        ("draw_sign", {"strata": "site", "at_least": 5}),
        ("draw_standard", {"what": "resignations"}),
        ("draw_anonymity", dict.fromkeys(("site", "work", "department", "year", "hours"), True)),
        ("draw_costs", {"time": "before"}),
        ("draw_keep", {"kind": "backup copies", "years": "0.08"}),
        ("draw_forecast", {"system": "Recruitment", "growth": "amount", "ahead": 18}),
        ("draw_licences", {"days": 365, "reserve": 50, "product": "HR Suite"}),
        ("draw_waiting", {"exit_cost": 0, "share": 0, "spares": 5}),
        ("draw_waiting", {"exit_cost": 50000, "share": 100, "spares": 60}),
    ],
)
def test_the_ends_of_the_controls_draw_a_picture_with_words(
    draw: str, settings: dict[str, Any], meets: dict[str, Any], costs: dict[str, Any]
) -> None:
    html = (meets if draw in meets else costs)[draw](**settings)
    assert len(alternative(html)) > 40
    assert "<p>" in words(html)
    assert "nan" not in words(html).lower().replace("finance", "")


@pytest.mark.slow
def test_the_sums_of_money_by_plain_pandas(costs: dict[str, Any]) -> None:
    table = load_tarnbrook("costs")
    june = table[table["month"] == "2026-06"].set_index("kind")["euros"]
    assert costs["june"].sum() == pytest.approx(june.sum())
    assert 450_000 < june.sum() < 500_000  # "nearly half a million euros a month"
    assert f"Storage is {100 * june['storage'] / june.sum():.1f} of 100 euros" in costs["shown"]
    assert june["storage"] / june.sum() < 0.015  # the option "About 1 euro"
    store = load_tarnbrook("storage")
    last = store[store["month"] == "2026-06"]
    assert costs["cost"].euros_year == pytest.approx(12 * (last["gigabytes"] * last["price_per_gb_month"]).sum())
    days = pd.to_timedelta(last["retention_years"].astype(float) * 365.25, unit="D")
    assert (END - last["oldest_record_on"] > days).sum() == len(costs["plan"].overdue) == 7
    age = (END - last["oldest_record_on"]).dt.days / 365.25
    old = (1 - last["retention_years"] / age).clip(lower=0)
    assert costs["plan"].euros_year[1] == pytest.approx(
        12 * (last["gigabytes"] * last["price_per_gb_month"] * old).sum()
    )
    assert [each.retention_class for each in costs["flat_effect"].too_short] == ["payroll and tax"]
    assert "This rule would delete too early" in costs["draw_keep"]("payroll and tax", "3")
    assert "not allowed" in costs["draw_keep"]("payroll and tax", "3")
    assert "for ever" in words(costs["draw_keep"]("security footage", "inf"))


@pytest.mark.slow
def test_unused_licences_by_plain_pandas(costs: dict[str, Any], people: pd.DataFrame) -> None:
    rows = load_tarnbrook("licences").merge(people[["employee_id", "left_on"]], on="employee_id", how="left")
    for days, found in ((90, costs["ninety"]), (365, costs["year"])):
        left = rows["left_on"] < END
        idle = (END - rows["last_used_on"]).dt.days > days
        never = rows["last_used_on"].isna() & ((END - rows["assigned_on"]).dt.days >= days)
        unused = left | idle | never
        assert found.total.unused == unused.sum()
        assert found.total.euros_unused_year == pytest.approx(12 * rows.loc[unused, "price_per_user_month"].sum())
    assert 280_000 < costs["ninety"].total.euros_unused_year < 290_000  # the consultant's 280,000
    assert 0.28 < costs["ninety"].total.share_unused < 1 / 3  # and "nearly a third"
    ratio = costs["year"].total.euros_unused_year / costs["ninety"].total.euros_unused_year
    assert 0.55 < ratio < 0.65  # the option "They fall by about 40%"
    assert [each.product for each in costs["top"]] == ["Analytics Premium", "Diagram Studio"]
    assert costs["both_saved"] < costs["all_saved"] < costs["ninety"].total.euros_unused_year
    # Small groups stay hidden in the table of those who would lose a licence.
    assert "hidden" in costs["draw_licences"](365, 50, "HR Suite")


@pytest.mark.slow
def test_forecast_waiting_and_outages(costs: dict[str, Any]) -> None:
    share, amount = costs["by_share"].check, costs["by_amount"].check
    assert share[2] <= share[4] <= share[3]  # "the same share" hit
    assert not amount[2] <= amount[4] <= amount[3]  # "the same amount" missed
    assert costs["missed"] == ["Recruitment"]
    low, high = costs["far"]["percent"], costs["far"]["amount"]
    assert low[2] > high[3]  # neither range reaches the other
    assert (f"{100 * costs['gap'].difference_low:.0f}", f"{100 * costs['gap'].difference_high:.0f}") == ("8", "21")
    shelf = 20 * load_tarnbrook("onboarding")["laptop_price"].median()
    assert costs["even"] == pytest.approx(shelf / (100 * costs["gap"].difference_low * 5000))
    assert 0 < costs["even"] < 1
    times = load_tarnbrook("outages").query("not planned")
    november = times[(times["started_at"] >= "2025-11-01") & (times["started_at"] < "2025-12-01")]
    minutes = (november["ended_at"] - november["started_at"]).dt.total_seconds() / 60
    payroll = minutes[november["service"] == "Payroll and time"]
    portal = minutes[november["service"] == "HR portal"]
    assert costs["payroll"].longest_outage_minutes == payroll.max() == 610
    assert (costs["portal"].outages, costs["portal"].down_minutes) == (len(portal), portal.sum())
    assert costs["portal"].longest_outage_minutes == portal.max()
    assert "610 of them in one piece from 26 November, 06:10" in costs["shown"]
    assert costs["payroll"].down_minutes == pytest.approx(payroll.sum())
    assert math.isclose(costs["portal"].down_minutes, costs["payroll"].down_minutes, rel_tol=0.06)
    assert "15,250 euros" in costs["draw_outages"]("HR portal", 100, 30, 50)  # as the question on them says
    assert "cost 15,250 euros" in source(COSTS, "check_outages")


def test_laws_have_a_section_and_are_no_advice() -> None:
    text = source(COSTS, "explore_keep") + source(COSTS, "read_keep") + source(COSTS, "closing")
    for law in (
        "Taxes Consolidation Act 1997",
        "Organisation of Working Time Act 1997",
        "Employment Equality Act 1998",
    ):
        assert re.search(rf"{law}, section \d+", text)
    assert "no legal advice" in source(COSTS, "closing")
    assert "Not legal advice" in text
