"""Somebody changes what a bot says, reads the whole answer, talks to the changed bot and takes the file along."""

import json

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
CELL = """
from evaluators.widgets import bot_workshop
bot_workshop(key="first")
""".strip()


def write_notebook(folder):
    cell = {"cell_type": "code", "id": "one", "source": CELL, "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "lab.ipynb").write_text(json.dumps(notebook))


def test_changed_words_are_scored_said_kept_and_taken_along(browser, voila, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    write_notebook(tmp_path)
    page = browser.new_page(viewport={"width": 400, "height": 800})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    address = voila(tmp_path)
    page.goto(address, timeout=SLOW_MS)
    reply = page.get_by_label("The reply", exact=True)
    reply.wait_for(timeout=SLOW_MS)
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)
    assert not page.get_by_text("javascript error").count()

    # By keyboard: another matter, and the studio holds its words.
    first = reply.input_value()
    scene = page.get_by_label("A person writes about")
    scene.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hr-bw-said")).to_contain_text("October", timeout=SLOW_MS)
    expect(reply).not_to_have_value(first, timeout=SLOW_MS)
    expect(scene).to_be_focused()
    scene.select_option("My pay is short")
    expect(reply).to_have_value(first, timeout=SLOW_MS)

    # What is typed goes into the bot, even where another part is chosen straight after it.
    reply.fill("Pay day. {person} knows.")
    page.get_by_label("Part of the answer to edit").select_option(index=1)
    expect(reply).not_to_have_value("Pay day. {person} knows.", timeout=SLOW_MS)
    now = page.locator(".hr-bw-two > div").nth(1)
    expect(now).to_contain_text("Pay day. A person from the HR team knows.", timeout=SLOW_MS)
    expect(page.locator(".hr-bw-difference")).to_contain_text("lower on")

    page.get_by_role("button", name="Send the message to Brook").click()
    expect(page.locator(".hr-chat, [class*=chat]").first).to_contain_text("Pay day.", timeout=SLOW_MS)
    with page.expect_download(timeout=SLOW_MS) as taken:
        page.get_by_role("button", name="Download domain.yml").click()
    assert "Pay day. {person} knows." in taken.value.path().read_text("utf-8")
    assert taken.value.suggested_filename == "domain.yml"

    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []

    page.goto(address, timeout=SLOW_MS)
    expect(reply).to_have_value("Pay day. {person} knows.", timeout=SLOW_MS)
    restore = page.get_by_role("button", name="Take all changes back")
    restore.click()
    page.get_by_role("button", name="Press again").click()
    expect(reply).to_have_value(first, timeout=SLOW_MS)
    expect(page.locator(".hr-bw-difference")).to_contain_text("first words still")
    assert errors == []
    page.close()
