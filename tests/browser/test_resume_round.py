"""Somebody rates résumés with the keyboard alone on a phone's screen, stops, goes on, finds their place and saves."""

import csv
import json
import time

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
CELL = 'from evaluators.widgets.resume_round import resume_round\nresume_round(key="d1", n=12)'
STEPS = (5, 2, 7, 4, 1, 6, 3, 5, 2, 6, 4)


def test_a_round_by_keyboard_alone(browser, voila, tmp_path):
    import nbformat
    from axe_playwright_python.sync_playwright import Axe
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_markdown_cell("# Your reading"), new_code_cell(CELL)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "lab.ipynb")
    page = browser.new_page(viewport={"width": 400, "height": 800})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    address = voila(tmp_path)
    page.goto(address, timeout=SLOW_MS)
    page.get_by_role("button", name="Begin").wait_for(timeout=SLOW_MS)
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)
    assert violations(Axe, page) == []
    page.get_by_role("button", name="Begin").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Card 1 of 12")).to_be_focused()
    expect(page.get_by_role("term").filter(has_text="Skills the job asks for")).to_be_visible()
    assert page.get_by_text("after 12 months").count() == page.get_by_text("signals").count() == 0
    page.keyboard.press("8")  # no step of this scale
    page.keyboard.press("0")
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    assert violations(Axe, page) == []

    for place in range(5):
        one_card(page, place)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    wait_for_ratings(tmp_path, 5)

    page.goto(address, timeout=SLOW_MS)  # another day
    expect(page.get_by_text("Welcome back. 5 cards rated so far.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("heading", name="Card 6 of 12")).to_be_visible()
    page.get_by_role("button", name="Stop here and see my place").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Rate at least 10 to compare.")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Back to the cards (7 open)").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Card 6 of 12")).to_be_focused()
    for place in range(5, 11):
        one_card(page, place)
    page.get_by_role("button", name="Skip this card").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You skipped this card.")).to_be_visible()
    page.get_by_role("button", name="See my place among the panel").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Your place among the panel")).to_be_focused(timeout=SLOW_MS)
    expect(page.get_by_text("You rated 11 of 12 résumés.")).to_be_visible()
    expect(page.get_by_role("heading", name="How far you go with the panel")).to_be_visible()
    expect(page.get_by_role("img", name="Map of the panel with your star.")).to_be_visible()
    expect(page.get_by_text("that needs")).to_be_visible()  # nothing on names from 11 résumés
    expect(page.get_by_text("What this does not prove.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert violations(Axe, page) == []

    page.get_by_role("button", name="Save my ratings").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Written beside this notebook: ratings_d1.csv")).to_be_visible(timeout=SLOW_MS)
    with (tmp_path / "ratings_d1.csv").open(newline="") as file:
        mine = list(csv.DictReader(file))
    assert [int(row["overall"]) for row in mine] == list(STEPS)
    assert [int(row["order"]) for row in mine] == list(range(1, 12))
    assert errors == []
    page.close()


def one_card(page, place):
    """Rate a card by its key."""
    expect(page.get_by_role("heading", name=f"Card {place + 1} of 12")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press(str(STEPS[place]))
    expect(page.get_by_role("radio", checked=True)).to_have_count(1)
    expect(page.locator(".hr-rr-next")).to_be_focused()
    page.keyboard.press("Enter")


def wait_for_ratings(folder, count):
    deadline = time.monotonic() + SLOW_MS / 1000
    kept = 0
    while kept != count and time.monotonic() < deadline:
        time.sleep(0.1)
        answers = json.loads((folder / "resume-round-d1.json").read_text())["answers"]
        kept = sum(len(card["scores"]) for name, card in answers.items() if name.startswith("card "))
    assert kept == count


def violations(axe, page):
    found = axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
