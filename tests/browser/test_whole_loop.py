"""The whole loop in a browser: a learner clicks, closes, comes back and hands in; the trainer sees and scores it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import Course
from tests.small_lab import LAB

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = pytest.mark.browser

SLOW_MS = 90_000
MEMO = "I would measure our own log before I say anything."


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(SLOW_MS)
    yield context.new_page()
    context.close()


def test_from_the_first_click_to_the_trainers_score(page, hrlab, course: Course, tmp_path: Path) -> None:
    start = hrlab(tmp_path, "--course", str(course.root)) + "hrlab"

    # A learner says who she is. A misspelt id is noticed, a right one is welcome.
    page.goto(start)
    fits_a_phone_and_is_accessible(page)
    sit_down(page, "HR staff", "adda")
    expect(page.get_by_role("alert")).to_contain_text("no learner id 'adda' on the roster")
    typed = page.get_by_label("Your learner id")
    expect(typed).to_have_value("adda")
    expect(typed).to_have_accessible_description(re.compile("no learner id 'adda'"))
    expect(page.get_by_role("radio", name=re.compile("^HR staff"))).to_be_checked()
    fits_a_phone_and_is_accessible(page)
    sit_down(page, "HR staff", "Ada")  # capital letters are mended
    expect(page.get_by_text("HR staff: ada")).to_be_visible()
    fits_a_phone_and_is_accessible(page)
    page.get_by_role("button", name="Fetch the lab").first.click()
    expect(page.get_by_text("0 of 4 answered").first).to_be_visible()

    # She answers two questions by clicking and closes the page.
    page.get_by_role("link", name="Start the lab").first.click()
    page.get_by_role("radio", name="A ratio").check(timeout=SLOW_MS)
    page.get_by_role("textbox", name=re.compile("impact ratio")).fill("0,67")
    page.keyboard.press("Tab")
    sheet = course.root / "desk" / "people" / "ada" / "labs" / LAB / "answers.json"
    wait_until(page, lambda: sheet.exists() and len(json.loads(sheet.read_text())["answers"]) == 2)
    page.goto("about:blank")

    # She comes back, finds them, answers the rest, and hands in from the page.
    page.goto(start)
    expect(page.get_by_text("2 of 4 answered").first).to_be_visible()
    page.get_by_role("link", name="Go on with the lab").first.click()
    expect(page.get_by_role("radio", name="A ratio")).to_be_checked(timeout=SLOW_MS)
    page.get_by_role("checkbox", name="Chance").check()
    page.get_by_role("checkbox", name="A proxy").check()
    page.get_by_role("textbox", name=re.compile("Write to the manager")).fill(MEMO)
    page.keyboard.press("Tab")
    wait_until(page, lambda: len(json.loads(sheet.read_text())["answers"]) == 4)
    page.get_by_role("link", name="Hand in").click()
    expect(page.get_by_text("All 4 questions are answered")).to_be_visible()
    page.get_by_role("button", name="Hand in").click()
    receipt = page.locator("#receipt")
    expect(receipt).to_contain_text("Checksum (SHA-256)")
    expect(receipt).to_contain_text("ada")
    fits_a_phone_and_is_accessible(page)

    # A fresh copy of the lab keeps her answers. What she changes afterwards is pointed out until she hands in again.
    page.get_by_text("The lab does not work any more?").click()
    page.get_by_role("button", name="Get a fresh copy of the lab").click()
    expect(page.get_by_text("You have a fresh copy of the lab")).to_be_visible()
    expect(page.get_by_text("All 4 questions are answered")).to_be_visible()
    expect(page.get_by_text("You changed answers after handing in")).to_have_count(0)
    sheet.write_text(sheet.read_text().replace(MEMO, MEMO + " "))
    page.goto(start)
    expect(page.get_by_text("You changed answers after handing in").first).to_be_visible()
    page.locator("#next").get_by_role("link", name="Check and hand in").click()
    page.get_by_role("button", name="Hand in again").click()
    expect(page.get_by_text("You changed answers after handing in")).to_have_count(0)

    # Another learner on the same computer starts with nothing.
    sit_down(page, "HR staff", "ben", at=start + "/who")
    expect(page.get_by_role("button", name="Fetch the lab").first).to_be_visible()
    assert page.request.get(f"{start}/lab/{LAB}").status == 404

    # The trainer collects and grades. A paragraph waits for a person, so the exit code is 1.
    assert hrlab_command("collect", course) == 0
    assert hrlab_command("grade", course) == 1
    sit_down(page, "Trainer", "", at=start + "/who")
    fits_a_phone_and_is_accessible(page)
    page.get_by_role("link", name="Open the report").click()
    row = page.get_by_role("row", name=re.compile("Ada Sample"))
    expect(row).to_contain_text("waits for a person")
    expect(row.get_by_role("cell").first).to_have_text("4")  # rule 1, impact 2, causes 1
    fits_a_phone_and_is_accessible(page)

    # She scores the paragraph in formgrader; the report counts it.
    page.goto(start.removesuffix("hrlab") + f"formgrader/gradebook/{LAB}/{LAB}")
    page.get_by_role("link", name=re.compile("Submission")).first.click()
    expect(page.get_by_text(MEMO).first).to_be_visible()
    page.wait_for_function("formgrader.grades?.loaded")  # until then nobody listens to the field
    score = page.locator("input.score").last
    score.fill("2.5")
    score.press("Tab")
    wait_until(page, lambda: memo_score(course) == 2.5)
    page.goto(f"{start}/report/{LAB}")
    expect(row).to_contain_text("complete")
    expect(row.get_by_role("cell").first).to_have_text("6.5")

    # The learner reads her feedback, which tells no hidden test.
    assert hrlab_command("feedback", course) == 0
    sit_down(page, "HR staff", "ada", at=start + "/who")
    page.get_by_role("link", name="Read your feedback").first.click()
    expect(page.get_by_text("6.5 of 7")).to_be_visible()
    assert "hidden_secret" not in page.content()
    fits_a_phone_and_is_accessible(page)
    page.get_by_role("link", name="Start page").click()
    expect(page.get_by_role("heading", name="What comes next")).to_be_visible()


def test_a_learners_own_server_has_no_trainers_tools(page, hrlab, course: Course, tmp_path: Path) -> None:
    start = hrlab(tmp_path, "--exchange", str(course.exchange), "--desk", str(tmp_path / "desk")) + "hrlab"
    root = start.removesuffix("hrlab")
    sit_down(page, "Trainer", "", at=start + "/who")
    expect(page.get_by_role("alert")).to_contain_text("This is a learner's place")
    sit_down(page, "Developer", "ben")
    for path in ("formgrader", f"hrlab/report/{LAB}"):
        assert page.request.get(root + path).status in (403, 404), path
    page.get_by_role("button", name="Fetch the lab").first.click()
    expect(page.get_by_role("link", name="Start the lab").first).to_have_attribute(
        "href", f"/lab/tree/people/ben/labs/{LAB}/{LAB}.ipynb"
    )
    config = page.request.get(root + "lab").text()
    for tool in ("@jupyter/nbgrader:formgrader", "@jupyter/nbgrader:create-assignment", "extension:announcements"):
        assert tool in config.split('"disabledExtensions"')[1].split("]")[0], tool
    # Forged requests from another site are refused.
    assert page.request.post(start + "/fetch", form={"lab": LAB}).status == 403


def sit_down(page, role: str, learner: str, *, at: str = "") -> None:
    """Answer "Who are you?"."""
    if at:
        page.goto(at)
    page.get_by_role("radio", name=re.compile(f"^{role}")).check()
    page.get_by_label("Your learner id").fill(learner)
    page.get_by_role("button", name="Go on").click()


def fits_a_phone_and_is_accessible(page) -> None:
    """Nothing is wider than 400 pixels, and axe finds nothing serious."""
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400, page.url
    page.set_viewport_size({"width": 1280, "height": 900})
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []


def wait_until(page, condition, timeout_s: int = 30) -> None:
    """Wait for something outside the page."""
    for _ in range(timeout_s * 10):
        if condition():
            return
        page.wait_for_timeout(100)
    pytest.fail("it did not happen in time")


def hrlab_command(command: str, course: Course) -> int:
    """Run a command on the course as a trainer does; return its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "autograder", command, "--course", str(course.root)], check=False, capture_output=True
    ).returncode


def memo_score(course: Course) -> float | None:
    """Return the score that a person gave to the paragraph, from the gradebook."""
    with course.gradebook() as book:
        score: float | None = book.find_grade("memo", LAB, LAB, "ada").manual_score
    return score
