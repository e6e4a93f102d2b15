"""A learner moves the map of tickets and the trend, with a keyboard on a phone's screen."""

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 90_000
CELL = """
from evaluators.data import load_tarnbrook_log
from evaluators.widgets import path_explorer, trend_explorer
log = load_tarnbrook_log()
path_explorer(log)
trend_explorer(log, only="group=Desktop Support")
""".strip()


def test_map_and_trend_follow_the_keys(browser, voila, tmp_path):
    import nbformat
    from axe_playwright_python.sync_playwright import Axe
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_markdown_cell("# Our tickets"), new_code_cell(CELL)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "lab.ipynb")
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.goto(voila(tmp_path), timeout=SLOW_MS)
    ways, trend = (page.locator(".hr-explorer").filter(has_text=text) for text in ("Draw steps", "Window from"))
    expect(ways).to_contain_text("All tickets: 12,158.", timeout=SLOW_MS)

    ways.get_by_label("Tickets of").select_option(label="Drumlough (1,165)")
    expect(ways).to_contain_text("Tickets of Drumlough: 1,165.", timeout=SLOW_MS)
    ways.get_by_label("Look at").focus()
    page.keyboard.type("One group: Field")
    expect(ways).to_contain_text("Coming to Field Support", timeout=SLOW_MS)
    drawn = ways.get_by_text("different steps are drawn").inner_text()
    ways.get_by_label("Draw steps made by at least").focus()
    page.keyboard.press("End")
    expect(ways.get_by_text("different steps are drawn")).not_to_have_text(drawn, timeout=SLOW_MS)

    start = trend.get_by_label("Window from")
    start.focus()
    for _ in range(13):
        page.keyboard.press("ArrowRight")
    expect(start).to_have_attribute("aria-valuetext", "February 2026")
    expect(trend).to_contain_text("is down by 28%", timeout=SLOW_MS)
    expect(trend).to_contain_text("The chart says: no signal.", timeout=SLOW_MS)
    expect(start).to_be_focused()
    page.keyboard.press("End")
    expect(trend).to_contain_text("Only 1 month of this window can be used.", timeout=SLOW_MS)

    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []
    page.close()
