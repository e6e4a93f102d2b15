"""Somebody talks to a bot in a notebook: with the keyboard, on a telephone, in Voilà and in JupyterLab."""

import json
import os
import re
import signal
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
pytestmark = pytest.mark.browser

SLOW_MS = 60_000
ECHO = """
import os, pathlib, time
from evaluators.chatbot.turn import Citation, Turn
from evaluators.widgets.chat import chat
pathlib.Path("kernel.pid").write_text(str(os.getpid()))

class Talk:
    def __init__(self):
        self.turns = []
    def resume(self, turns):
        self.turns.extend(turns)
    def say(self, text):
        if "slow" in text:
            time.sleep(1.5)
        if "fails once" in text and not Echo.failed:
            Echo.failed = True
            raise OSError("down")
        choices = ("Yes, please", "No") if "choose" in text else ()
        sources = (Citation("leave.md", "How long", "Twelve weeks.", "2026-01-01"),) if "leave" in text else ()
        turn = Turn(text, f"{len(self.turns) + 1}: {text}", why=("It repeats what you say.",), choices=choices,
            citations=sources, offered_person="person" in text)
        self.turns.append(turn)
        return turn

class Echo:
    name = "Echo"
    failed = False
    def conversation(self):
        return Talk()

chat(Echo(), key="echo", height=320, notice="Some words are grave.", hint="Try: leave.")
""".strip()
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


@pytest.fixture
def chat_folder(tmp_path: Path) -> Path:
    """A folder with a notebook that holds one chat."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_markdown_cell("# A talk"), new_code_cell(ECHO)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "lab.ipynb")
    return tmp_path


def test_a_conversation_by_keyboard_on_a_telephone_and_after_a_reload(browser, voila, chat_folder):
    page = browser.new_page(viewport={"width": 400, "height": 800})
    address = voila(chat_folder)
    box = opened(page, address)
    expect(page.get_by_text("Before you begin. Some words are grave.")).to_be_visible()
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)
    log = page.get_by_role("log", name="Talk to Echo")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(box).to_have_accessible_description("Try: leave. Enter sends. Shift + Enter begins a new line.")

    box.focus()
    page.keyboard.type("A long message, to the last letter: slow. Q")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line 🙂 نعم")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Echo is writing.")).to_be_attached()
    page.keyboard.type("choose a person")  # while the first is being answered
    expect(box).to_be_focused()
    page.keyboard.press("Enter")
    whole = "A long message, to the last letter: slow. Q\nsecond line 🙂 نعم"
    expect(replies(page)).to_have_text([f"Echo: 1: {whole}", "Echo: 2: choose a person"], use_inner_text=True)
    expect(box).to_have_value("")
    expect(page.get_by_text("Echo offered you a person. This is practice: nobody was contacted")).to_be_visible()

    tab_to(page, page.get_by_role("button", name="Yes, please"), back=True)
    page.keyboard.press("Enter")
    expect(replies(page).last).to_contain_text("3: Yes, please")
    expect(box).to_be_focused()
    expect(page.get_by_role("button", name="Yes, please")).to_have_count(0)
    page.keyboard.type(f"leave {HOSTILE}")
    page.keyboard.press("Enter")
    expect(replies(page).last).to_contain_text(f"4: leave {HOSTILE}")
    expect(page).to_have_title("A talk")
    page.get_by_text("Why did it say that?").last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It repeats what you say.").last).to_be_visible()
    page.get_by_text("leave.md, How long").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Twelve weeks.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert_accessible(page)

    box.fill("typed but not sent")
    box = opened(page, address)  # another kernel
    expect(box).to_have_value("typed but not sent")
    expect(replies(page)).to_have_count(4)
    page.get_by_role("button", name="Start again").click()
    expect(replies(page)).to_have_count(0)
    expect(box).to_be_focused()
    page.get_by_role("button", name="Bring the last conversation back").click()
    expect(replies(page)).to_have_count(4)
    box.press("Enter")
    expect(replies(page).last).to_contain_text("5: typed but not sent")  # it remembers what was said before
    page.close()


def test_a_conversation_in_jupyterlab_survives_running_the_cell_again(browser, jupyterlab, chat_folder):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{jupyterlab(chat_folder)}lab/tree/lab.ipynb")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=2 * SLOW_MS,
    )
    run_command(page, "notebook:run-all-cells")
    box = page.get_by_label("Write to Echo")
    box.wait_for(timeout=SLOW_MS)
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    box.click()
    page.keyboard.type("ddxxab, and to the end")  # JupyterLab's commands: delete, cut, insert above, insert below
    page.keyboard.press("Enter")
    expect(replies(page)).to_have_text(["Echo: 1: ddxxab, and to the end"], use_inner_text=True)
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")  # elsewhere this runs the cell
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(replies(page).last).to_have_text("Echo: 2: one\ntwo", use_inner_text=True)
    expect(box).to_be_focused()
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    expect(page.locator(".hrlab-standin:visible")).to_have_count(0)
    assert_accessible(page, ".hrlab")

    page.evaluate("() => { document.querySelector('.hr-chat').dataset.old = 'yes'; }")
    run_command(page, "notebook:run-all-cells")
    expect(page.locator(".hr-chat:not([data-old])")).to_have_count(1, timeout=SLOW_MS)
    expect(replies(page)).to_have_count(2)
    box.click()
    page.keyboard.type("three")
    page.keyboard.press("Enter")
    expect(replies(page).last).to_contain_text("3: three")
    page.close()


@pytest.mark.slow
def test_what_goes_wrong_is_said_and_nothing_is_lost(browser, voila, chat_folder):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    address = voila(chat_folder)
    box = opened(page, address)
    box.fill("this fails once")
    box.press("Enter")
    expect(page.get_by_text("Echo could not answer (OSError). That is not your mistake.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(replies(page)).to_have_text(["Echo: 1: this fails once"], use_inner_text=True)
    box.fill("x" * 20_001)
    box.press("Enter")
    expect(page.get_by_text("20,000 can be sent at once.")).to_be_visible()
    expect(box).to_have_value("x" * 20_001)

    os.kill(int((chat_folder / "kernel.pid").read_text()), signal.SIGKILL)
    box.fill("into the void")
    box.press("Enter")
    expect(page.get_by_text("NOT sent: the lab does not answer.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("into the void")).to_be_visible()
    box = opened(page, address)
    expect(box).to_have_value("into the void")
    expect(replies(page)).to_have_count(1)
    page.close()


@pytest.mark.slow
def test_five_hundred_turns_open_at_the_end_and_an_old_place_is_kept(browser, voila, chat_folder):
    turns = [
        {"said": f"message {n} " + "word " * 40, "reply": f"answer {n}", "why": ["It repeats."]} for n in range(500)
    ]
    entries = [
        {"id": f"m{n}", "said": turn["said"], "state": "answered", "name": "Echo", "trouble": "", "turn": turn}
        for n, turn in enumerate(turns)
    ]
    content = {"schema": 1, "chat": "echo", "current": {"id": "c", "by": "", "entries": entries}, "earlier": []}
    (chat_folder / "chat-echo.json").write_text(json.dumps(content))
    page = browser.new_page(viewport={"width": 400, "height": 800})
    box = opened(page, voila(chat_folder))
    expect(replies(page)).to_have_count(500)
    expect(replies(page).last).to_be_in_viewport()
    box.fill("x" * 3000)
    box.press("Enter")
    expect(replies(page)).to_have_count(501, timeout=SLOW_MS)
    page.locator(".hr-scroll").evaluate("(node) => { node.scrollTop = 0; }")
    expect(page.locator(".hr-mine").first).to_be_in_viewport()
    box.fill("hidden below, slow")
    box.press("Enter")
    expect(replies(page).last).to_contain_text("2: hidden below", timeout=SLOW_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.close()


@pytest.mark.slow
def test_the_flow_of_a_bot_opens_by_keyboard_on_a_telephone(browser, voila, chat_folder):
    notebook = nbformat.read(chat_folder / "lab.ipynb", as_version=4)
    scenarios = '{"pay_stub": [["where is it?"]], "grief": [["my father died", "a person, please", "thank you"]]}'
    notebook.cells.append(new_code_cell(f"from evaluators.widgets import flow_view\nflow_view(Echo(), {scenarios})"))
    nbformat.write(notebook, chat_folder / "lab.ipynb")
    page = browser.new_page(viewport={"width": 400, "height": 800})
    opened(page, voila(chat_folder))
    expect(page.get_by_role("img", name="Echo: 1 of 2 openings reached a person")).to_be_visible(timeout=SLOW_MS)
    situation = page.locator("summary", has_text="Grief: it reached a person at turn 2")
    expect(page.get_by_text("2: a person, please")).not_to_be_visible()
    situation.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2: a person, please")).to_be_visible()
    expect(page.get_by_text("1 more of its messages was not played.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert_accessible(page)
    page.close()


def opened(page, address: str):
    """Open the notebook and return the box to write in."""
    page.goto(address, timeout=SLOW_MS)
    box = page.get_by_label("Write to Echo")
    box.wait_for(timeout=SLOW_MS)
    return box


def replies(page):
    return page.get_by_role("log", name="Talk to Echo").locator(".hr-theirs")


def tab_to(page, target, *, back: bool = False) -> None:
    """Press Tab until something has the focus."""
    for _ in range(12):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if target.evaluate("(node) => node === document.activeElement"):
            return
    pytest.fail("the keyboard does not reach it")


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
