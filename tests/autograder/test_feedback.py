"""What a learner reads: feedback on a code lab in a plain nbgrader course and on a lab of forms; in a real browser."""

import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.feedback import write_feedback
from autograder.grade import grade
from autograder.handin import collect
from autograder.report import TEMPLATES
from autograder.roster import Learner
from evaluators.reports import page
from tests import code_lab, small_lab
from tests.autograder.conftest import configure

CHROMIUM = next(filter(None, map(shutil.which, ("/usr/bin/chromium", "chromium"))), None)
LONG = "averylongwordthatneverends" * 8


def words(path: Path) -> str:
    """What stands on a page, without marks, one space between words."""
    text = re.sub(r"<style>.*?</style>", "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def question(path: Path, number: int) -> str:
    """What stands in the card of one question."""
    text = words(path)
    return (
        text.split(f" Question {number} ")[1].split(f" Question {number + 1} ")[0].split("Questions about")[0].strip()
    )


@pytest.fixture(scope="module")
def code_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The code lab in a course that is nothing of ours, graded once for this module."""
    root = tmp_path_factory.mktemp("code") / "course"
    root.mkdir()
    code_lab.write_source(root / "source")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "not asked")
        course = configure(root)
        course.call("generate_assignment", code_lab.LAB)
    (root / "grading.toml").write_text("[limits]\ncell_s = 3\n")
    sleeper = code_lab.submission(code_lab.BEST, memo="Count again.", first=["import os\nos._exit(3)"])
    handed_in = {name: code_lab.honest(name).nb for name in ("perfect", "half", "raises")} | {"stopped": sleeper.nb}
    for learner, nb in handed_in.items():
        folder = root / "submitted" / learner / code_lab.LAB
        folder.mkdir(parents=True)
        nbformat.write(nb, folder / f"{code_lab.LAB}.ipynb")
        (folder / "timestamp.txt").write_text("2026-03-02 12:00:00.000000 UTC")
    (root / "submitted" / "empty" / code_lab.LAB).mkdir(parents=True)
    grade(course, code_lab.LAB)
    return {path.parents[1].name: path for path in write_feedback(course, code_lab.LAB)}


@pytest.fixture(scope="module")
def form_pages(released: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The lab of forms, graded once for this module."""
    root = tmp_path_factory.mktemp("forms")
    shutil.copytree(released, root / "course")
    course = Course(root / "course")
    partly = {"rule": "count", "impact": "1,49", "causes": ["chance"], "memo": f"First.\n\nThen {LONG} <b>bold</b>."}
    for learner, answers in (("ada", small_lab.RIGHT), ("ben", partly), ("cleo", None)):
        small_lab.hand_in(root / "desks", course, learner, answers)
    collect(course, small_lab.LAB)
    grade(course, small_lab.LAB)
    return {path.parents[1].name: path for path in write_feedback(course, small_lab.LAB)}


# In words


def test_everything_right(code_pages: dict[str, Path]) -> None:
    text = words(code_pages["perfect"])
    assert "10 of 13 points so far 1 answer waits for your trainer, worth up to 3 points" in text
    assert "Worth another look" not in text
    assert question(code_pages["perfect"], 1) == (
        "Right test_selection_rate Every check of this question holds. 2 of 2 points"
    )


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "Right test_selection_rate Every check of this question holds. 2 of 2 points"),
        (2, "Not right test_impact_ratios A check of this question does not hold. 0 of 1 point"),
        (7, "Not right test_applicant A score below zero is an error. 0 of 1 point"),  # the test's own message
        (9, "Partly right test_summary Some of the checks of this question hold. 0.5 of 1 point"),
    ],
)
def test_each_question_says_why(code_pages: dict[str, Path], number: int, said: str) -> None:
    assert question(code_pages["half"], number) == said


def test_the_learners_own_error_is_quoted(code_pages: dict[str, Path]) -> None:
    assert "Your code stopped with an error while it was checked. AttributeError: 'Rule' object has no attribute" in (
        question(code_pages["half"], 6)
    )


def test_what_is_worth_another_look_is_linked(code_pages: dict[str, Path]) -> None:
    assert "Worth another look: questions 2 , 4 , 6 , 7 , 9 , 10 ." in words(code_pages["half"])
    text = code_pages["half"].read_text()
    links = re.findall(r'href="#(q\d+)"', text)
    assert links == ["q2", "q4", "q6", "q7", "q9", "q10"]
    assert all(f'id="{link}"' in text for link in links)


def test_cells_that_raised_are_named_once(code_pages: dict[str, Path]) -> None:
    text = words(code_pages["raises"])
    assert "When your notebook ran Cell 8 raised RuntimeError: not done Cell 14 raised NameError" in text
    assert text.count("RuntimeError: not done") == 1
    assert "does not define: flagged." in question(code_pages["raises"], 3)


def test_a_notebook_that_was_stopped_says_so(code_pages: dict[str, Path]) -> None:
    text = words(code_pages["stopped"])
    assert "When your notebook ran The notebook was stopped: the notebook ended its own process." in text
    assert "0 of 13 points so far" in text


def test_a_notebook_that_is_missing(code_pages: dict[str, Path]) -> None:
    text = words(code_pages["empty"])
    assert "Your lab could not be scored The notebook screening_code.ipynb is not among the files handed in." in text
    assert "Your trainer has been told." in text
    assert "Question" not in text.replace("Questions about", "")


def test_no_page_tells_a_hidden_test_or_a_solution(code_pages: dict[str, Path]) -> None:
    assert len(code_pages) == 5
    for path in code_pages.values():
        text = path.read_text()
        for secret in (code_lab.HIDDEN_MARK, code_lab.SOLUTION_MARK, "hidden_mark", "HIDDEN TESTS", "isinstance("):
            assert secret not in text


def test_a_lab_of_forms(form_pages: dict[str, Path]) -> None:
    assert "Right Which figure? Your answer: A ratio" in question(form_pages["ada"], 1)
    assert "Groups differ in size." in question(form_pages["ben"], 1)
    assert "Partly right What is the impact ratio? Your answer: 1,49" in question(form_pages["ben"], 2)
    assert "1 of 2 points" in question(form_pages["ben"], 2)
    assert "Waits for your trainer" in question(form_pages["ben"], 4)
    assert "Up to 3 points, once your trainer has read it" in question(form_pages["ben"], 4)
    assert "<b>bold</b>" not in form_pages["ben"].read_text()
    assert "Not answered" in question(form_pages["cleo"], 1)


def test_what_lateness_costs_stands_under_the_points() -> None:
    values = {
        "course": "c", "title": "t", "person": Learner("ada"), "result": None, "scored": True, "items": [], "earned": 3,
        "maximum": 4, "waiting": [], "handed_in": None,
    }  # fmt: skip
    values["result"] = type("Result", (), {"messages": ()})()
    late = page(TEMPLATES, "feedback.html", **values, penalty="1 point off for a day late.")
    assert '<p class="note warn">1 point off for a day late.</p>' in late
    for nothing in ({}, {"penalty": ""}):
        assert '<p class="note warn">' not in page(TEMPLATES, "feedback.html", **values, **nothing)


# In a browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """Chromium, driven by playwright."""
    if CHROMIUM is None:
        pytest.skip("NO BROWSER TEST RAN: install Chromium (Debian: apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="NO BROWSER TEST RAN: playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
def test_pages_can_be_read_on_a_phone_by_keyboard_and_by_a_screen_reader(
    chromium, code_pages: dict[str, Path], form_pages: dict[str, Path], width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(viewport={"width": width, "height": 800})
    for path in [*code_pages.values(), *form_pages.values()]:
        shown = context.new_page()
        requests: list[str] = []
        shown.on("request", lambda request, seen=requests: seen.append(request.url))
        shown.goto(path.as_uri())
        assert requests == [path.as_uri()]  # nothing is loaded
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.locator("h1").count() == 1
        assert [each["id"] for each in Axe().run(shown).response["violations"]] == []
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.textContent") == "Skip to the content"
        if shown.locator("a[href^='#q']").count():
            shown.keyboard.press("Tab")
            shown.keyboard.press("Enter")
            shown.wait_for_url(re.compile(r"#q\d+$"))  # the browser moves after the key, not with it
        shown.close()
    context.close()
