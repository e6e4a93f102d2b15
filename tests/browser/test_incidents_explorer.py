"""Somebody reads an export of tickets by clicking, with a keyboard on a phone's screen."""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
NOTEBOOK = Path(__file__).parents[2] / "curriculum/01_reading_it_data/05_read_your_own_tickets.ipynb"


def rows() -> list[str]:
    """Return 240 tickets, all in the first five days of twelve months: no date says which number is the day."""
    made = ["Ticket ID,Raised,Resolved,Prio,Status,Caller"]
    for n in range(240):
        opened = datetime(2025, n // 20 + 1, n % 5 + 1, 9, 30)
        times = [f"{time.day}/{time.month}/{time:%Y %H:%M}" for time in (opened, opened + timedelta(hours=n % 5 + 1))]
        made.append(f"T{n},{times[0]},{times[1]},P{n % 3 + 1},Resolved,C{n % 10}")
    return made


def test_an_export_is_chosen_corrected_read_saved_and_moved(browser, voila, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    shutil.copy(NOTEBOOK, tmp_path / "lab.ipynb")
    page = browser.new_page(viewport={"width": 400, "height": 800}, timezone_id="Europe/Dublin")
    page.goto(voila(tmp_path), timeout=SLOW_MS)
    go = page.get_by_role("button", name="Read the tickets")
    go.wait_for(timeout=SLOW_MS)
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)
    expect(page.get_by_role("region", name="Your figures over time, to move")).to_have_count(0)

    (tmp_path / "tickets.csv").write_text("\n".join(rows()))
    people = ["staff_id,site", *(f"C{n},{'North' if n < 6 else 'South'}" for n in range(12))]
    (tmp_path / "people.csv").write_text("\n".join(people))
    page.get_by_role("button", name="Look again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("4 tables are there.")).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Which table?").select_option("tickets.csv")
    expect(page.get_by_text("tickets.csv: 6 columns.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_label("Number of the ticket")).to_have_value("Ticket ID")
    expect(page.get_by_label("Where are the people?")).to_have_value("Europe/Dublin")

    go.focus()
    page.keyboard.press("Enter")
    opened = page.get_by_label("When it was opened")
    expect(opened).to_be_focused(timeout=SLOW_MS)  # "Raised" is nobody's usual name
    expect(opened).to_have_accessible_description("Choose the column that holds: when it was opened.")
    opened.select_option("Raised")
    go.focus()
    page.keyboard.press("Enter")
    day = page.get_by_label("Which day is 3/2/2026?")
    expect(day).to_be_focused(timeout=SLOW_MS)
    expect(page.get_by_text("Day and month cannot be told apart")).to_be_visible()
    day.select_option("3 February: the day comes first")
    page.get_by_text("Tickets and people: rates").click()
    page.get_by_label("Table of people").select_option("people.csv")
    expect(page.get_by_label("The column that holds what the tickets call")).to_have_value("staff_id", timeout=SLOW_MS)
    page.get_by_role("checkbox", name="site").focus()
    page.keyboard.press("Space")
    go.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="240 tickets in 240 rows")).to_be_visible(timeout=SLOW_MS)
    result = page.frame_locator("iframe[title='What the tickets say']")
    expect(result.get_by_role("heading", name="How long people wait")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("region", name="The ways of your tickets, to move")).to_contain_text("Not for this table.")
    moved = page.get_by_role("region", name="Your figures over time, to move")
    before = moved.locator(".hr-picture").inner_html()
    moved.get_by_role("combobox", name="Figure").select_option("Tickets opened")
    expect(moved.get_by_role("img").first).to_be_visible()
    page.wait_for_function(
        "([box, old]) => box.innerHTML !== old", arg=[moved.locator(".hr-picture").element_handle(), before]
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []

    page.get_by_role("button", name="Save page and numbers").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("tickets-incidents.html and tickets-incidents.json")).to_be_visible(timeout=SLOW_MS)
    numbers = json.loads((tmp_path / "tickets-incidents.json").read_text())
    assert numbers["measures"]["tickets"] == 240
    assert numbers["measures"]["resolve"]["overall"]["median"] == 3  # 1, 2, 3, 4 and 5 hours, 48 times each
    groups = {row["group"]: row["people"] for row in numbers["staff"]["rates"][0]["rows"]}
    assert groups == {"North": 6, "South": 6}

    page.get_by_label("Which table?").select_option("people.csv")
    expect(page.get_by_text("people.csv: 2 columns.")).to_be_visible(timeout=SLOW_MS)
    expect(moved).to_have_count(0)
    page.close()
