"""Somebody rates replies with the keyboard alone on a phone's screen, stops, goes on, compares and saves."""

import csv
import json
import time

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
CELL = 'from evaluators.widgets import rating_round\nrating_round(key="c1", n=10)'


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
    expect(page.get_by_text("Before you begin.")).to_be_visible()
    assert violations(Axe, page) == []
    page.get_by_role("button", name="Begin").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Card 1 of 10")).to_be_focused()

    rated = skipped = 0
    for place in range(5):
        rated, skipped = one_card(page, place, rated, skipped)
    assert skipped == 1  # the first that was announced
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    wait_for_ratings(tmp_path, 3 * rated)

    page.goto(address, timeout=SLOW_MS)  # another day
    expect(page.get_by_text(f"Welcome back. {rated} cards rated so far.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("heading", name="Card 6 of 10")).to_be_visible()
    page.get_by_role("button", name="Back", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Card 5 of 10")).to_be_focused()
    page.get_by_role("button", name="Next card").focus()
    page.keyboard.press("Enter")
    for place in range(5, 10):
        rated, skipped = one_card(page, place, rated, skipped)
    assert (rated, skipped) == (9, 1)

    expect(page.get_by_role("heading", name="How you compare")).to_be_focused(timeout=SLOW_MS)
    expect(page.get_by_role("heading", name="You and the rubric", exact=True)).to_be_visible()
    expect(page.get_by_text("What this does not prove.")).to_be_visible()
    expect(page.get_by_role("img", name="You against the rubric, Emotional reaction")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert violations(Axe, page) == []

    page.get_by_role("button", name="Save my ratings").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Written beside this notebook: ratings_c1.csv")).to_be_visible(timeout=SLOW_MS)
    with (tmp_path / "ratings_c1.csv").open(newline="") as file:
        mine = list(csv.DictReader(file))
    assert len(mine) == 9 * 3
    assert {row["score"] for row in mine if row["dimension"] == "ownership"} == {"1"}

    others = ["rater,reply_id,dimension,score"]
    others += [f"{who},{row['reply_id']},{row['dimension']},{row['score']}" for who in ("a", "b") for row in mine]
    (tmp_path / "cohort.csv").write_text("\n".join(others))
    page.get_by_label("The cohort’s file").set_input_files(tmp_path / "lab.ipynb")
    expect(page.get_by_text("lab.ipynb is neither CSV nor Excel")).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("The cohort’s file").set_input_files(tmp_path / "cohort.csv")
    expect(page.get_by_role("heading", name="You and the cohort")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("9 of 9 cards the same step, 0 one step apart, 0 further.").first).to_be_visible()
    expect(page.get_by_text("lab.ipynb is neither CSV nor Excel")).to_have_count(0)
    assert violations(Axe, page) == []
    assert errors == []
    page.close()


def one_card(page, place, rated, skipped):
    """Rate a card by its keys, or skip the first that is announced; the focus stands on the card's heading."""
    expect(page.get_by_role("heading", name=f"Card {place + 1} of 10")).to_be_visible()
    see = page.get_by_role("button", name="Show the card")
    if see.count():
        expect(page.get_by_text("This card is about something hard")).to_be_visible()
        if not skipped:
            page.get_by_role("button", name="Skip this card").focus()
            page.keyboard.press("Enter")
            return rated, 1
        see.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=f"Card {place + 1} of 10")).to_be_focused()
    page.keyboard.press("Tab")
    for key in (str(place % 5), str((place + 1) % 5), "1"):
        page.keyboard.press(key)
    expect(page.locator(".hr-rr-scale input:checked")).to_have_count(3)
    expect(page.locator(".hr-rr-next")).to_be_focused()
    page.keyboard.press("Enter")
    return rated + 1, skipped


def wait_for_ratings(folder, count):
    deadline = time.monotonic() + SLOW_MS / 1000
    kept = 0
    while kept != count and time.monotonic() < deadline:
        time.sleep(0.1)
        answers = json.loads((folder / "rating-c1.json").read_text())["answers"]
        kept = sum(len(card["scores"]) for name, card in answers.items() if name.startswith("card "))
    assert kept == count


def violations(axe, page):
    found = axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
