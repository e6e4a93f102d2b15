"""A learner presses the buttons of a lesson's simulators, with a keyboard on a phone's screen."""

import shutil
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
LESSON = Path(__file__).parents[2] / "curriculum/02_auditing_resume_screening/02_chance_or_pattern.ipynb"
BUTTONS = {  # what a press does -> what the page then says
    "Draw one pool": "Every red light here is a false alarm.",
    "Draw 1,000 pools": "1,000 fair pools of 1,000 people.",
    "Shuffle 1,000 times": "That share is the p-value.",
    "Run 100 trials": "trials noticed the gap that is really there.",
    "Draw another firm": "The slice for the headline would be family",
}


def test_each_simulator_waits_for_a_press_and_then_answers(browser, voila, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    shutil.copy(LESSON, tmp_path / "lab.ipynb")
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.goto(voila(tmp_path), timeout=SLOW_MS)
    page.get_by_role("button", name="Draw another firm").wait_for(timeout=SLOW_MS)
    for button, said in BUTTONS.items():
        simulator = page.locator(".hr-explorer").filter(has=page.get_by_role("button", name=button))
        expect(simulator).not_to_contain_text(said)
        page.get_by_role("button", name=button).focus()
        page.keyboard.press("Enter")
        expect(simulator).to_contain_text(said, timeout=SLOW_MS)
        expect(simulator.get_by_role("img")).to_have_count(1)
        expect(page.get_by_role("button", name=button)).to_be_focused()
    page.get_by_role("button", name="Draw one pool").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Of these 2 pools of 1,000 people")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []
    page.close()
