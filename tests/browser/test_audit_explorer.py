"""Somebody audits a table by clicking, with a keyboard on a phone's screen."""

import json
import shutil
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
NOTEBOOK = Path(__file__).parents[2] / "curriculum/02_auditing_resume_screening/05_audit_your_own_data.ipynb"


def test_a_table_is_chosen_corrected_audited_and_saved(browser, voila, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    shutil.copy(NOTEBOOK, tmp_path / "lab.ipynb")
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.goto(voila(tmp_path), timeout=SLOW_MS)
    page.get_by_role("button", name="Audit", exact=True).wait_for(timeout=SLOW_MS)
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)

    rows = [f"{sex},{'offer' if n < chosen else 'no'}" for sex, chosen in (("f", 12), ("m", 30)) for n in range(60)]
    (tmp_path / "people.csv").write_text("\n".join(["sex,answer", *rows]))
    page.get_by_role("button", name="Look again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 tables are there.")).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Which table?").select_option("people.csv")
    expect(page.get_by_text("people.csv: 2 columns.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("checkbox", name="sex f, m")).to_be_checked()

    audit = page.get_by_role("button", name="Audit", exact=True)
    audit.focus()
    page.keyboard.press("Enter")
    outcome = page.get_by_label("Who was selected?")
    expect(outcome).to_be_focused(timeout=SLOW_MS)  # the field with the problem, which is read out with it
    expect(outcome).to_have_accessible_description("A column with yes and no, or the like. Each row needs one. "
        "Choose the column that says who was selected, or a column with scores, or both.")  # fmt: skip
    outcome.select_option("answer")
    page.get_by_label("offer", exact=True).focus()
    page.keyboard.press("Space")
    audit.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Result: evidence of adverse impact. It concerns f.").first).to_be_visible(timeout=SLOW_MS)
    result = page.frame_locator("iframe[title='The result of the audit']")
    expect(result.get_by_role("heading", name="By sex")).to_be_visible(timeout=SLOW_MS)
    expect(result.get_by_role("img")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []

    page.get_by_role("button", name="Save page and numbers").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("people-audit.html and people-audit.json")).to_be_visible(timeout=SLOW_MS)
    groups = json.loads((tmp_path / "people-audit.json").read_text())["selection"]["families"]["sex"]["groups"]
    assert {each["group"]: each["selected"] for each in groups} == {"f": 12, "m": 30}
    page.get_by_label("Compare each group with").select_option("m")
    expect(page.get_by_text("You changed something.")).to_be_visible(timeout=SLOW_MS)
    page.close()
