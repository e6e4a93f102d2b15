"""Somebody looks at the tone of their own log and their own bot by clicking, with a keyboard on a phone's screen."""

import json
import shutil
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
NOTEBOOK = Path(__file__).parents[2] / "curriculum/03_designing_chatbot_tone/05_your_own_bot.ipynb"
BOT = """intents: [greet, pay]
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
- intent: pay
  examples: |
    - my pay is wrong
    - my salary is too low
responses:
  utter_greet: [{text: "Hello, how can I help?"}]
  utter_pay: [{text: "Calm down. Fill in form 7."}]
rules:
- rule: greeting
  steps: [{intent: greet}, {action: utter_greet}]
- rule: pay
  steps: [{intent: pay}, {action: utter_pay}]
"""
TALKS = """stories:
- story: wrong pay
  steps:
  - user: my pay is wrong
  - never: [{say: calm down}]
- story: hello
  steps:
  - user: hello
  - must: [ask_question]
"""


def test_a_long_log_is_chosen_corrected_scored_and_saved_then_a_bot(browser, voila, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    shutil.copy(NOTEBOOK, tmp_path / "lab.ipynb")
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.goto(voila(tmp_path), timeout=SLOW_MS)
    go = page.get_by_role("button", name="Look at the tone")
    go.wait_for(timeout=SLOW_MS)
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)

    rows = [
        f'chat{n // 4},my pay is wrong {n},"Hi Maria, I am sorry. Payroll looks at it today."' for n in range(1_998)
    ]
    rows += ['chat500,why,"Calm down, Maria."', 'chat500,hola,"Siento mucho lo ocurrido, le llamamos mañana mismo."']
    (tmp_path / "log.csv").write_text("\n".join(["Chat,User said this,What it wrote", *rows]))
    (tmp_path / "mine.yml").write_text(BOT)
    (tmp_path / "talks.yml").write_text(TALKS)
    page.get_by_role("button", name="Look again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("4 tables and bots are there.")).to_be_visible(timeout=SLOW_MS)
    which = page.get_by_label("Which replies, or which bot?")
    which.select_option("log.csv")
    expect(page.get_by_text("log.csv: 3 columns.")).to_be_visible(timeout=SLOW_MS)

    go.focus()
    page.keyboard.press("Enter")
    reply = page.get_by_label("What the bot replied")
    expect(reply).to_be_focused(timeout=SLOW_MS)  # "What it wrote" is nobody's usual name
    expect(reply).to_have_accessible_description(
        "Each row needs one. Choose the column that holds what the bot replied."
    )
    reply.select_option("What it wrote")
    page.get_by_label("Which conversation it is of").select_option("Chat")
    go.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar", name="How far the work is")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("of 2,000")).to_be_visible()
    page.get_by_text("All 3 columns with examples").click()  # the page answers while the work goes on
    expect(page.get_by_role("region", name="Columns of the table")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="1,999 of 2,000 replies scored.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    result = page.frame_locator("iframe[title='How it reads']")
    expect(result.get_by_role("heading", name="By dimension")).to_be_visible(timeout=SLOW_MS)
    expect(result.get_by_text("Row 1999", exact=False).first).to_be_visible()
    expect(result.get_by_text("Row 2000", exact=False)).to_be_visible()
    expect(result.get_by_text("Maria")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []

    page.get_by_role("button", name="Save page and numbers").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("log-tone.html and log-tone.json and log-tone.csv")).to_be_visible(timeout=SLOW_MS)
    numbers = json.loads((tmp_path / "log-tone.json").read_text())
    assert len(numbers["conversations"]) == 501  # 1,998 replies by fours make 500, the last of them with two; and one
    assert numbers["worst"][0]["row"] == "1999"

    which.select_option("mine.yml (bot)")
    tests = page.get_by_label("Which conversations are played to it?")
    expect(tests).to_have_value("tests:file:talks.yml", timeout=SLOW_MS)
    expect(page.locator("iframe[title='How it reads']")).to_have_count(0)
    go.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="1 of 2 stories")).to_be_visible(timeout=SLOW_MS)
    expect(result.get_by_text("wrong pay").first).to_be_visible(timeout=SLOW_MS)
    page.close()
