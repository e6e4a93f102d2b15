"""Somebody studies her own panel by clicking, with a keyboard on a phone's screen, and goes on the next day."""

import json
import shutil
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
NOTEBOOK = Path(__file__).parents[2] / "curriculum/04_recruiter_criteria/05_judge_your_own_panel.ipynb"
PEOPLE = 30


def write_tables(folder: Path) -> None:
    """Thirty candidates, three raters side by side with an average, what they saw, and a tool's scores."""
    rows, seen, scores = ["Candidate,Ada,Ben,Cleo,Average"], ["Candidate,years,sex"], ["Candidate,fit"]
    for n in range(PEOPLE):
        marks = [1 + (n + shift * (n % 4)) % 5 for shift in (0, 1, 2)]
        rows.append(",".join(map(str, [f"K{n:02}", *marks, round(sum(marks) / 3, 2)])))
        seen.append(f"K{n:02},{(7 * n) % 11},{'fm'[n % 2]}")
        scores.append(f"K{n:02},{marks[0] + n / 100}")
    folder.mkdir(exist_ok=True)
    for name, lines in (("panel", rows), ("people", seen), ("tool", scores)):
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")


def test_a_panel_is_chosen_corrected_studied_and_saved_and_the_form_is_there_the_next_day(browser, voila, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    shutil.copy(NOTEBOOK, tmp_path / "lab.ipynb")
    page = browser.new_page(viewport={"width": 400, "height": 800})
    address = voila(tmp_path)
    page.goto(address, timeout=SLOW_MS)
    study = page.get_by_role("button", name="Study the panel", exact=True)
    study.wait_for(timeout=SLOW_MS)
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)
    expect(page.get_by_label("Table of what was rated")).to_have_value("items:Example: its 120 résumés")
    expect(page.get_by_role("checkbox", name="skills_matched")).to_be_checked()  # of the example, without a click

    elsewhere = tmp_path / "elsewhere"
    write_tables(elsewhere)
    bring = page.get_by_label("Or copy a file into this folder")
    bring.set_input_files(elsewhere / "people.csv")
    expect(page.get_by_text("people.csv is in the folder now.")).to_be_visible(timeout=SLOW_MS)
    bring.set_input_files(NOTEBOOK)
    expect(bring).to_be_focused(timeout=SLOW_MS)  # it is of another kind
    dropped = page.evaluate_handle(  # as from a folder on the desktop, and larger than one piece
        "text => { const held = new DataTransfer(); held.items.add(new File([text], 'panel.csv')); return held; }",
        (elsewhere / "panel.csv").read_text("utf-8") + "\n" + " " * 1_200_000,
    )
    page.get_by_label("1. The ratings").dispatch_event("drop", {"dataTransfer": dropped})
    expect(page.get_by_text("panel.csv is in the folder now.")).to_be_visible(timeout=SLOW_MS)
    assert (tmp_path / "panel.csv").stat().st_size > 1_200_000
    shutil.copy(elsewhere / "tool.csv", tmp_path)
    page.get_by_role("button", name="Look again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("4 tables are there.")).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Which table holds the ratings?").select_option("panel.csv")
    expect(page.get_by_text("panel.csv: 5 columns.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("'Ada', 'Ben', 'Cleo' are taken as the raters: they hold ratings alike")).to_be_visible()
    expect(page.get_by_label("What is a row?")).to_have_value("wide")
    expect(page.get_by_label("Table with a tool’s scores")).to_have_value("")  # the example's are not for this file

    item = page.get_by_label("Who or what was rated?")
    item.select_option("not in this table")
    study.focus()
    page.keyboard.press("Enter")
    expect(item).to_be_focused(timeout=SLOW_MS)
    expect(item).to_have_accessible_description("Such as the candidate’s number. The page shows it: take numbers, "
        "not names. Choose the column that says what was rated.")  # fmt: skip
    item.select_option("Candidate")

    page.get_by_label("Table of what was rated").select_option("people.csv")
    page.get_by_label("Table with a tool’s scores").select_option("tool.csv")  # at once: neither choice is lost
    expect(page.get_by_label("Its column with the scores")).to_have_value("fit", timeout=SLOW_MS)
    expect(page.get_by_role("checkbox", name="years")).to_be_checked()
    expect(page.get_by_text("30 of 30 rated items are described in it.")).to_be_visible()

    study.focus()
    page.keyboard.press("Enter")
    result = page.frame_locator("iframe[title='The study of the panel']")
    expect(result.get_by_role("heading", name="What to do next")).to_be_visible(timeout=SLOW_MS)
    expect(result.get_by_text("rater A").first).to_be_visible()
    assert not any(name in page.locator("iframe").get_attribute("srcdoc") for name in ("Ada", "Ben", "Cleo"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []

    page.get_by_role("button", name="Save page and numbers").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("panel-judge.html and panel-judge.json")).to_be_visible(timeout=SLOW_MS)
    numbers = json.loads((tmp_path / "panel-judge.json").read_text("utf-8"))
    assert numbers["panel"]["raters"] == ["rater A", "rater B", "rater C"]
    assert len(numbers["consensus"]["items"]) == PEOPLE
    assert numbers["screener"] == "the tool"
    assert not any(name in json.dumps(numbers) for name in ("Ada", "Ben", "Cleo"))

    page.get_by_label("Show the raters’ own names.").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("You changed something.")).to_be_visible(timeout=SLOW_MS)
    kept = tmp_path / ".hrlab-judge-form.json"
    for _ in range(100):  # the form is kept a moment after it was changed
        if kept.exists() and json.loads(kept.read_text("utf-8"))["values"]["show_names"]:
            break
        page.wait_for_timeout(100)
    page.close()

    page = browser.new_page(viewport={"width": 400, "height": 800})  # the next day: a new kernel
    page.goto(address, timeout=SLOW_MS)
    expect(page.get_by_text("Welcome back. What you had filled in is here again.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_label("Which table holds the ratings?")).to_have_value("file:panel.csv")
    expect(page.get_by_label("Show the raters’ own names.")).to_be_checked()
    expect(page.get_by_label("Its column with the scores")).to_have_value("fit")
    page.close()
