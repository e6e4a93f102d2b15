"""Somebody edits a reply and watches the scores: highlights, comparison, keyboard, re-run and reload."""

import json
import re
import time

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
CELL = """
from evaluators.widgets import tone_studio
tone_studio("Calm down.", said="My father died on Sunday.", key="first")
""".strip()


def test_typing_changes_bars_and_marks(browser, voila, tmp_path):
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
    row = page.locator("[data-dimension='emotional_reaction']")
    before = row.inner_text()
    expect(page.locator(".hr-ts-behind .hr-ts-cost").first).to_contain_text("Calm down")

    # Emoji of two units, of a sequence, and a letter with a combining mark stand ahead of the words.
    text = "👍👩🏽‍💻 Jose\u0301, I'm so sorry for your loss. Calm down 😀."
    reply.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(text)
    expect(page.locator(".hr-ts-behind .hr-ts-earned").first).to_contain_text(
        "I'm so sorry for your loss", timeout=SLOW_MS
    )
    expect(page.locator(".hr-ts-behind .hr-ts-cost").first).to_contain_text("Calm down")
    expect(row).not_to_have_text(before)
    expect(reply).to_be_focused()
    assert page.locator(".hr-ts-behind").first.text_content() == text + "\u200b"
    places = page.evaluate(MARKS_AND_LETTERS)
    assert places["mark"] == pytest.approx(places["letters"], abs=2)  # the mark lies where the box draws the words

    # A mark moves with the words at once, before the next score is there.
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.insert_text("Dear ")
    expect(page.locator(".hr-ts-behind .hr-ts-cost").first).to_contain_text("Calm down")

    cue = page.get_by_role("button", name="tells the person how to feel").first
    cue.focus()
    page.keyboard.press("Enter")
    expect(reply).to_be_focused()
    assert (
        page.evaluate("(b => b.value.slice(b.selectionStart, b.selectionEnd))(document.activeElement)") == "Calm down"
    )
    expect(page.locator(".hr-studio .hr-hidden[role=status]")).to_contain_text("Emotional reaction", timeout=SLOW_MS)

    page.get_by_role("button", name="Compare two wordings").focus()
    page.keyboard.press("Enter")
    second = page.get_by_label("Second wording", exact=True)
    second.fill("It is noted.")
    expect(page.locator(".hr-ts-summary")).to_contain_text("The second is lower on Emotional reaction", timeout=SLOW_MS)
    expect(row).to_contain_text(re.compile(r"second \d\.\d lower"))
    first_box, second_box = (
        page.get_by_label(name, exact=True).bounding_box() for name in ("First wording", "Second wording")
    )
    assert second_box["y"] > first_box["y"] + first_box["height"]  # stacked on a phone
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []

    wait_until_kept(tmp_path, ["Dear " + text, "It is noted."])
    page.goto(address, timeout=SLOW_MS)
    expect(page.get_by_label("Second wording", exact=True)).to_have_value("It is noted.", timeout=SLOW_MS)
    expect(page.get_by_label("First wording", exact=True)).to_have_value("Dear " + text)
    page.get_by_role("button", name="Back to the start").click()
    expect(page.get_by_label("The reply", exact=True)).to_have_value("Calm down.")
    page.get_by_role("button", name="Undo: bring my text back").click()
    expect(page.get_by_label("First wording", exact=True)).to_have_value("Dear " + text)
    page.get_by_label("First wording", exact=True).fill("Siento mucho su pérdida, de verdad lo siento mucho.")
    expect(page.get_by_text("The text is not in English.").first).to_be_visible(timeout=SLOW_MS)
    assert errors == []
    page.close()


def test_side_by_side_and_kept_over_a_re_run_in_jupyterlab(browser, jupyterlab, tmp_path):
    write_notebook(tmp_path)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{jupyterlab(tmp_path)}lab/tree/lab.ipynb", timeout=SLOW_MS)
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=2 * SLOW_MS,
    )
    run_all(page)
    reply = page.get_by_label("The reply", exact=True)
    reply.wait_for(timeout=SLOW_MS)
    reply.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Thank you. dd Take your time.\nI will ask today.", delay=15)  # "dd" deletes a cell, elsewhere
    expect(reply).to_have_value("Thank you. dd Take your time.\nI will ask today.")
    page.get_by_role("button", name="Compare two wordings").click()
    first, second = (page.get_by_label(name, exact=True).bounding_box() for name in ("First wording", "Second wording"))
    assert first["y"] == pytest.approx(second["y"], abs=2)
    assert second["x"] > first["x"] + first["width"]
    wait_until_kept(tmp_path, ["Thank you. dd Take your time.\nI will ask today.", "Calm down."])
    run_all(page)
    expect(page.get_by_text("Welcome back. Your wording is restored.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_label("First wording", exact=True)).to_have_value(
        "Thank you. dd Take your time.\nI will ask today.", timeout=SLOW_MS
    )
    page.close()


MARKS_AND_LETTERS = """() => {
  const box = document.querySelector(".hr-ts-paper textarea"), behind = document.querySelector(".hr-ts-behind");
  const marked = [...behind.querySelectorAll("span")].find((span) => span.textContent.startsWith("I'm so"));
  const mark = marked.getBoundingClientRect();
  const copy = behind.cloneNode(), range = document.createRange();
  const style = getComputedStyle(box);
  for (const name of ["font", "lineHeight", "padding", "letterSpacing", "whiteSpace", "overflowWrap"]) copy.style[name] = style[name];
  copy.textContent = box.value;
  box.parentNode.append(copy);
  const at = box.value.indexOf(marked.textContent);
  range.setStart(copy.firstChild, at);
  range.setEnd(copy.firstChild, at + marked.textContent.length);
  const letters = range.getBoundingClientRect();
  copy.remove();
  return { mark: [mark.x, mark.right], letters: [letters.x, letters.right] };
}"""  # noqa: E501 - one list of names


def write_notebook(folder):
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_markdown_cell("# Words that help"), new_code_cell(CELL)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "lab.ipynb")


def run_all(page):
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")


def wait_until_kept(folder, replies):
    deadline = time.monotonic() + SLOW_MS / 1000
    kept = {}
    while time.monotonic() < deadline:
        file = folder / "studio-first.json"
        kept = json.loads(file.read_text())["answers"] if file.exists() else {}
        if kept.get("replies") == replies and kept.get("compare") is True:
            return
        time.sleep(0.1)
    pytest.fail(f"kept: {kept!r}")
