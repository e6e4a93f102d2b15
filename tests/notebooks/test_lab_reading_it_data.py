"""The lab on reading IT data: what it weighs, what typical slips earn, and its keys from the plain tables."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluators.data import load_tarnbrook
from tests.lab_runs import Mark, cells, in_the_place_of

LAB = "reading_it_data"
NUMBERS = {"half_year_tickets", "typical_wait", "backlog", "late_laptops", "hidden_cell", "unused_cost"}


def test_each_competency_has_at_least_three_questions(mark: Mark) -> None:
    marked = mark(LAB)
    points: Counter[str] = Counter()
    questions: Counter[str] = Counter()
    for each in marked.values():
        points[each.item.competency] += int(each.item.points)
        questions[each.item.competency] += 1
    points["A3"] += 4  # the paragraph, which a person scores
    assert points == {"A1": 7, "A2": 6, "A3": 12, "A4": 6, "A5": 6}
    assert min(questions.values()) >= 3
    assert len(marked) + 1 == 18


@pytest.fixture(scope="module")
def starters() -> pd.DataFrame:
    """Who started 150 days before the end or earlier and was there when the laptop was due, with what became of it."""
    table = load_tarnbrook("onboarding").merge(load_tarnbrook("people"), on="employee_id", validate="one_to_one")
    table = table[table["starts_on"] <= pd.Timestamp("2026-06-30") - pd.Timedelta(days=150)]
    table = table[table["left_on"].isna() | (table["left_on"] > table["laptop_due_on"])]
    return table.assign(
        late=~(table["laptop_delivered_on"] <= table["laptop_due_on"]),
        early=(table["exit_kind"] == "resigned") & ((table["left_on"] - table["starts_on"]).dt.days <= 150),
    )


def test_the_numbers_asked_for_follow_from_the_plain_tables(mark: Mark, starters: pd.DataFrame) -> None:
    found: dict[str, float] = {}
    tickets = load_tarnbrook("tickets")
    opened, solved = (tickets[name].dt.strftime("%Y-%m") for name in ("opened_at", "resolved_at"))
    found["half_year_tickets"] = (opened >= "2026-01").sum() / opened.between("2025-07", "2025-12").sum()
    there = tickets["location"] == "Ballyfern"
    found["backlog"] = tickets.loc[there, "resolved_at"].isna().sum()
    spring = [(there & when.between("2026-04", "2026-06")).sum() for when in (opened, solved)]
    before = (there & (opened < "2026-04")).sum() - (there & (solved < "2026-04")).sum()
    assert found["backlog"] == before + spring[0] - spring[1]
    assert 150 < spring[1] < 200  # the slide: "more than a hundred and fifty tickets solved"

    that_day = (tickets["assignment_group"] == "Service Desk") & (tickets["opened_at"].dt.normalize() == "2026-06-04")
    hours = (tickets["resolved_at"] - tickets["opened_at"])[that_day].dt.total_seconds() / 3600
    found["typical_wait"] = sorted(hours.fillna(np.inf))[len(hours) // 2]

    counts = starters.groupby("late")["early"].agg(["sum", "size"])
    found["late_laptops"] = (
        counts.loc[True, "sum"] - counts.loc[True, "size"] * starters[~starters["late"]]["early"].mean()
    )

    people, survey = load_tarnbrook("people"), load_tarnbrook("engagement").dropna()
    april = survey[survey["surveyed_on"] == "2026-04-20"].merge(people, on="employee_id")
    found["hidden_cell"] = ((april["site"] == "Mill Lane") & (april["role_family"] == "maintenance")).sum()

    held = load_tarnbrook("licences").query("product == 'Analytics Premium'").merge(people, on="employee_id")
    held = held[held["role_family"] == "office"]
    days = (pd.Timestamp("2026-06-30") - held["last_used_on"]).dt.days
    new = held["last_used_on"].isna() & ((pd.Timestamp("2026-06-30") - held["assigned_on"]).dt.days < 90)
    unused = (held["left_on"] < "2026-06-30") | (~(days <= 90) & ~new)
    found["unused_cost"] = 12 * held.loc[unused, "price_per_user_month"].sum()

    marked = mark(LAB)
    assert {name for name, each in marked.items() if each.item.kind == "number"} == set(found) == NUMBERS
    assert {name: marked[name].key for name in found} == pytest.approx(found)


@pytest.mark.slow
def test_no_number_can_be_copied_from_a_lesson(mark: Mark, run_lesson: Callable[[str], dict[str, Any]]) -> None:
    lessons = ("02_the_right_measure", "03_hr_meets_it", "04_what_data_costs")
    told = " ".join(run_lesson(lesson)["shown"] for lesson in lessons)
    where = {
        "backlog": r"The rest is a pile of (\d+) tickets",
        "late_laptops": r"So about (\d+) more than that",
        "unused_cost": r"([\d,]+) euros",
    }
    for item, phrase in where.items():
        found = {float(number.replace(",", "")) for number in re.findall(phrase, told)}
        assert found, item
        assert round(mark(LAB)[item].key) not in found, item


def test_the_orders_asked_for_follow_from_the_plain_tables(mark: Mark) -> None:
    people, tickets = load_tarnbrook("people"), load_tarnbrook("tickets")
    first, last = pd.Timestamp("2025-07-01"), pd.Timestamp("2026-06-30")
    days = (people["left_on"].fillna(last).clip(upper=last) - people["hired_on"].clip(lower=first)).dt.days + 1
    employed = days.clip(lower=0).groupby(people["site"], observed=True).sum()
    rates = tickets[tickets["opened_at"] >= first]["location"].value_counts() / employed
    order = rates[["Drumlough", "Harbour House", "Kilnard", "Quay Street"]].sort_values(ascending=False)
    marked = mark(LAB)
    assert [marked["rank_sites"].item.options[option] for option in marked["rank_sites"].key] == list(order.index)

    june = load_tarnbrook("storage").query("month == '2026-06'").set_index("system")
    price = (june["gigabytes"] * june["price_per_gb_month"]).sort_values(ascending=False)
    options = marked["dearest_system"].item.options
    assert [options[option] for option in marked["dearest_system"].key] == [
        system for system in price.index if system in options.values()
    ]


def test_the_figures_of_the_model_memo_are_those_of_the_tables(starters: pd.DataFrame) -> None:
    (source,) = ("".join(cell["source"]) for cell in cells(LAB) if "trainer-only" in cell["metadata"].get("tags", []))
    memo = " ".join(source.split())
    late, in_time = starters[starters["late"]], starters[~starters["late"]]
    assert f"Of {len(late)} starters whose laptop came late, {late['early'].sum()} resigned within 150" in memo
    assert f"days, {100 * late['early'].mean():.0f} of 100." in memo
    assert f"Of the {len(in_time)} whose laptop came in time it was {in_time['early'].sum()}" in memo
    assert f"it was {in_time['early'].sum()}, {100 * in_time['early'].mean():.0f} of 100." in memo

    from statsmodels.stats.proportion import confint_proportions_2indep

    counts = (late["early"].sum(), len(late), in_time["early"].sum(), len(in_time))
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert f"between {100 * low:.0f} and {100 * high:.0f} more of 100" in memo

    onboarding = load_tarnbrook("onboarding").merge(load_tarnbrook("people"), on="employee_id")
    recent = onboarding[onboarding["starts_on"] >= "2025-07-01"]
    price = round(recent["laptop_price"].mean())
    assert f"about {round(10 * price, -2):,} euros once" in memo
    assert f"at {price:,} euros each" in memo
    due = recent[recent["laptop_due_on"] < "2026-06-30"]
    late_ones = ~(due["laptop_delivered_on"] <= due["laptop_due_on"])
    assert f"{late_ones.sum()} of {len(due)} laptops came late" in memo


SLIPS: list[tuple[str, object, float, str]] = [
    ("half_year_tickets", "101 %", 1, ""),
    ("half_year_tickets", "1.94", 0, "A row is an event, not a ticket"),
    ("half_year_tickets", "101", 0.75, "without its sign"),
    ("half_year_tickets", "0,99", 0.25, "upside down"),
    ("half_year_tickets", "34", 0, "A factor comes from dividing"),
    ("one_ticket", ["paused", "moved", "tickets"], 0.5, "one ticket with 7 events"),
    ("one_ticket", ["paused", "idle"], 0, "leaves no row"),
    ("one_ticket", ["paused"], 0.5, "it changes once"),
    ("green_sla", "exceeded", 0, "means that the agreement was met"),
    ("same_uptime", "nothing", 0, "one long outage on the morning of pay day"),
    ("typical_wait", "96", 1, ""),
    ("typical_wait", "20,7", 0.5, "The open ones belong to the row"),
    ("typical_wait", "82.0", 0, "mean of the solved tickets"),
    ("backlog", "40 tickets", 1, ""),
    ("backlog", "26", 0.5, "The wrong way round"),
    ("backlog", "7", 0.25, "the change over the quarter"),
    ("backlog", "166", 0, "the number of the slide"),
    ("noise_or_signal", "works", 0, "go up and down without any form"),
    ("rank_sites", ["harbour_house", "quay_street", "kilnard", "drumlough"], 0.25, "order of the tickets"),
    ("rank_sites", ["harbour_house", "kilnard", "drumlough", "quay_street"], 0, "order of the employees"),
    ("rank_sites", ["harbour_house", "quay_street", "drumlough", "kilnard"], 2 / 3, ""),
    ("role_mix", ["drumlough", "offices", "cause"], 0.5, "so do other reasons"),
    ("role_mix", ["fewer", "offices"], 0, "compares a plant with an office"),
    ("role_mix", ["slide"], 0, "number of people only"),
    ("late_laptops", "22,0", 1, ""),
    ("late_laptops", "9.5", 0.5, "So many more of 100"),
    ("late_laptops", "19", 0.5, "at the rate of the others"),
    ("late_laptops", "3", 0, "not equally large"),
    ("one_site", "agree", 0, "is not “no problem”"),
    ("one_site", "half", 0, "how wide the interval is"),
    ("hidden_cell", "4", 0, "at most 4"),
    ("hidden_cell", "8", 0, "cells of the row"),
    ("hide_more", "row", 0, "column of maintenance"),
    ("hide_more", "total", 0, "still gives the number away"),
    ("which_version", ["b", "d", "e"], 0.5, "hides nothing here"),
    ("which_version", ["c", "d", "e"], 0.5, "The rule asks for 5"),
    ("which_version", ["d"], 0.5, "so the rule is kept"),
    ("unused_cost", "€78648", 1, ""),
    ("unused_cost", "109272", 0, "the price of all licences"),
    ("unused_cost", "6554", 0.5, "in a month"),
    ("unused_cost", "79344", 0.5, "too new to say"),
    ("unused_cost", "35496", 0.25, "never used"),
    ("dearest_system", ["backups", "shared_drives", "production_traces", "mailboxes"], 0.25, "order of the gigabytes"),
    ("dearest_system", ["mailboxes", "shared_drives", "production_traces", "backups"], 0.25, "price of one gigabyte"),
    ("old_files", ["own_rule", "check", "how_many"], 0.5, "one date, of the oldest record"),
    ("old_files", ["cheap", "check"], 0, "the smallest part"),
    ("old_files", ["own_rule", "check", "saves_all"], 0.5, "younger than the rule stays"),
]


@pytest.mark.parametrize(("item", "answer", "share", "reason"), SLIPS)
def test_typical_slips_earn_a_part_and_a_reason(
    mark: Mark, item: str, answer: object, share: float, reason: str
) -> None:
    found = mark(LAB, in_the_place_of(SLIPS, item, answer))[item]
    assert found.result.share == pytest.approx(share)
    assert (len(found.reasons) > 1) == bool(reason)
    assert reason in found.reasons[0]
