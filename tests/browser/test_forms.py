"""A recruiter's way through a lab: mouse, phone and keyboard, in Voilà and in JupyterLab."""

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = pytest.mark.browser

SLOW_MS = 60_000
ANSWERS = {
    "rule": "ratio",
    "causes": ["chance", "proxy"],
    "impact": "66,7",
    "steps": ["measure", "stop", "ask"],
    "memo": "Let us look at the rates.",
}


def test_clicking_through_a_lab_in_voila(browser, voila, lab_folder):
    address = voila(lab_folder)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    open_lab(page, address)

    expect(page).to_have_title("A small audit")
    expect(page.get_by_text("for trainers")).to_have_count(0)
    expect(page.get_by_text("the check runs")).to_be_visible()
    expect(page.get_by_text("There was an error when executing")).to_have_count(0)
    expect(page.get_by_text("Your answers are saved on this computer")).to_be_visible()
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)
    answer_by_mouse(page)
    wait_for_answers(lab_folder, ANSWERS)
    page.get_by_role("button", name="Check my answers").click()
    expect(page.locator(".hr-summary")).to_contain_text("5 of 5 answered")
    assert_accessible(page)
    assert [
        url for url in requests if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))
    ] == []

    open_lab(page, address)
    expect(page.get_by_text("Welcome back. 5 answers are restored")).to_be_visible()
    assert_restored(page)
    page.close()


def test_keyboard_only_on_a_phone(browser, voila, lab_folder):
    page = browser.new_page(viewport={"width": 400, "height": 800})
    open_lab(page, voila(lab_folder))
    assert page.evaluate("document.documentElement.scrollWidth") <= 400

    page.get_by_role("button", name="Check my answers").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".hr-summary")).to_contain_text("0 of 5 answered")
    page.get_by_role("link", name="Question 1:").focus()
    page.keyboard.press("Enter")  # puts the focus into the form
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("66,7")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Move down: Stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move down: Stop")).to_be_focused()
    expect(page.get_by_text("Stop: now place 2 of 3.")).to_be_attached()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.type(ANSWERS["memo"])
    page.keyboard.press("Tab")
    wait_for_answers(lab_folder, ANSWERS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert_accessible(page)
    page.close()


@pytest.mark.slow
def test_unfinished_and_malformed_answers_are_listed(browser, voila, lab_folder):
    page = browser.new_page()
    open_lab(page, voila(lab_folder))
    number = page.get_by_label("What is the impact ratio?")
    number.fill("667")
    number.blur()
    expect(page.get_by_text("The number should lie between 0 and 200 %.")).to_be_visible()
    page.get_by_role("button", name="Check my answers").click()
    expect(page.locator(".hr-summary")).to_contain_text("1 of 5 answered")
    expect(page.locator(".hr-result li")).to_have_count(5)
    page.close()


@pytest.mark.slow
def test_a_stopped_lab_is_said_plainly(browser, voila, lab_folder):
    page = browser.new_page()
    address = voila(lab_folder)
    open_lab(page, address)
    os.kill(int((lab_folder / "kernel.pid").read_text()), signal.SIGKILL)
    page.get_by_label("A ratio of rates").check()
    expect(page.get_by_text("NOT saved yet")).to_be_visible(timeout=SLOW_MS)
    page.close()


@pytest.mark.slow
def test_typing_then_closing_loses_nothing(browser, voila, lab_folder):
    address = voila(lab_folder)
    context = browser.new_context()
    page = context.new_page()
    open_lab(page, address)
    page.get_by_label("Write to the hiring manager.").fill("Typed and gone.")
    page.close()
    page = context.new_page()
    open_lab(page, address)
    expect(page.get_by_label("Write to the hiring manager.")).to_have_value("Typed and gone.")
    wait_for_answers(lab_folder, {"memo": "Typed and gone."})
    context.close()


def test_clicking_through_a_lab_in_jupyterlab(browser, jupyterlab, lab_folder):
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.goto(f"{jupyterlab(lab_folder)}lab/tree/lab.ipynb")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=2 * SLOW_MS,
    )
    run_command(page, "notebook:run-all-cells")
    expect(page.get_by_role("button", name="Check my answers")).to_be_visible(timeout=SLOW_MS)
    cells = page.locator(".jp-Notebook .jp-Cell").count()

    answer_by_mouse(page)
    page.get_by_label("A ratio of rates").focus()
    page.keyboard.type("ddxxab")  # JupyterLab's commands: delete, cut, insert above, insert below
    wait_for_answers(lab_folder, ANSWERS)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)
    assert_accessible(page, ".hrlab")

    run_command(page, "notebook:restart-run-all")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.get_by_text("Welcome back. 5 answers are restored")).to_be_visible(timeout=SLOW_MS)
    assert_restored(page)
    page.close()


def open_lab(page, address: str) -> None:
    page.goto(address, timeout=SLOW_MS)
    page.get_by_role("button", name="Check my answers").wait_for(timeout=SLOW_MS)


def answer_by_mouse(page) -> None:
    page.get_by_label("A ratio of rates").check()
    page.get_by_label("Chance").check()
    page.get_by_label("A proxy").check()
    page.get_by_label("What is the impact ratio?").fill("66,7")
    page.get_by_role("button", name="Move down: Stop").click()
    page.get_by_label("Write to the hiring manager.").fill(ANSWERS["memo"])


def assert_restored(page) -> None:
    expect(page.get_by_label("A ratio of rates")).to_be_checked(timeout=SLOW_MS)
    expect(page.get_by_label("A proxy")).to_be_checked()
    expect(page.get_by_label("None of these")).not_to_be_checked()
    expect(page.get_by_label("What is the impact ratio?")).to_have_value("66,7")
    expect(page.locator(".hr-ranking .hr-label")).to_have_text(["Measure", "Stop", "Ask"])
    expect(page.get_by_label("Write to the hiring manager.")).to_have_value(ANSWERS["memo"])


def wait_for_answers(folder: Path, answers: dict[str, object]) -> None:
    """Wait until the sheet holds exactly these answers."""
    path = folder / "answers.json"
    deadline = time.monotonic() + 20
    found = None
    while time.monotonic() < deadline and found != answers:
        found = json.loads(path.read_text())["answers"] if path.exists() else None
        time.sleep(0.1)
    assert found == answers


def assert_accessible(page, part: str | None = None) -> None:
    """Let axe look for serious mistakes, in the page or in one part of it."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page, context=part).response["violations"]
    assert [
        (violation["id"], node["target"], re.sub(r"\s+", " ", node["html"])[:120])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ] == []


def run_command(page, command: str) -> None:
    """Run a JupyterLab command without waiting for it to end."""
    page.evaluate("(command) => { window.jupyterapp.commands.execute(command); }", command)
