"""Page, JUnit XML, JSON and the tests for promptfoo: whole, harmless, and as their readers expect them."""

import json
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.tone.conversation_tests import (
    TestRun,
    TestStep,
    TestStory,
    compare,
    load_tests,
    run_html,
    run_json,
    run_tests,
    score_replies,
    scores_html,
    scores_json,
    to_junit,
    to_promptfoo,
)
from evaluators.tone.conversation_tests.page import cut
from tests.evaluators.conversation_bots import Parrot, one

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
NASTY = "</script><img src=x onerror=alert(1)> ]]> \x1b[31mred \u202eturned\x00 {{7*7}} {% x %} &amp; \ufffe Sorry."


def nasty() -> TestRun:
    story = one(NASTY, name=NASTY, must=[{"say": "hello"}], never=[{"say": "sorry"}], persona=NASTY, tags=(NASTY,))
    return run_tests(Parrot({NASTY: NASTY}, NASTY), [story, one("boom", name="b")])


def mixed() -> TestRun:
    class SpentError(RuntimeError):
        ends_run = True

    bot = Parrot({"a": "Hello, how can I help?", "b": "Calm down.", "c": ValueError("x"), "d": SpentError("used up")})
    asked = {"b": {"must": ["offer_person"]}}
    return run_tests(bot, [one(each, name=each, **asked.get(each, {})) for each in "abcd"])


def test_junit_counts_and_says_each_story() -> None:
    root = ET.fromstring(to_junit(mixed()))
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    (suite,) = root
    assert suite.get("name") == "talks.yml"
    assert [(case.get("classname"), case.get("name"), [each.tag for each in case]) for case in suite] == [
        ("talks", "a", ["system-out"]),
        ("talks", "b", ["failure", "system-out"]),
        ("talks", "c", ["error"]),
        ("talks", "d", ["skipped"]),
    ]
    assert suite[1][0].get("message") == "reply 1: must offer a person (no person is offered)"
    assert to_junit(mixed()) == to_junit(mixed())


def test_junit_marks_a_regression_of_a_story_that_passed() -> None:
    before, now = (
        run_tests(Parrot({"a": "I'm so sorry."}), [one("a")]),
        run_tests(Parrot({"a": "Calm down."}), [one("a")]),
    )
    (failure,) = ET.fromstring(to_junit(now, compare(now, before))).iter("failure")
    assert failure.get("type") == "regression"
    assert "Calm down" in str(failure.text)


def test_nasty_texts_are_harmless_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluators.tone.conversation_tests.page._drawn", lambda run: "")  # no chart quotes a text
    run = nasty()
    diff = compare(run_tests(Parrot({NASTY: NASTY + " Bye."}), [one(NASTY, name=NASTY)]), run)
    html = run_html(run, diff, written=NOW)
    assert "<img" not in html
    assert "<script" not in html
    assert not re.search("[\x00-\x08\x1b\u202e\ufffe]", html)
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", html)
    root = ET.fromstring(to_junit(run, diff))
    assert root[0][0].get("name") is not None
    assert not re.search("[\x00-\x08\x1b\u202e\ufffe]", to_junit(run))
    assert json.loads(run_json(run, diff, written=NOW))["stories"][0]["name"] == NASTY


def test_the_page_says_what_failed_with_words_and_not_by_colour_alone() -> None:
    run = run_tests(Parrot({"a": "Calm down. I'm sorry."}), [one("a", never=[{"say": "calm down"}])])
    html = run_html(run, written=NOW)
    assert 'class="cost"' in html
    assert "“Calm down”: -" in html
    assert "tells the person how to feel" in html
    assert "failed</span> never say &#34;calm down&#34; (it says &#39;Calm down&#39;)" in html
    assert "No person has rated" in html
    assert 'role="img" aria-label="Points from 0 to 4.' in html


@given(
    text=st.text(max_size=30),
    marks=st.lists(
        st.tuples(st.integers(-2, 32), st.integers(-2, 32), st.sampled_from(["earned", "cost", "found"]), st.just("w")),
        max_size=6,
    ),
)
@settings(max_examples=40, deadline=None)
def test_pieces_put_together_are_the_text(text: str, marks: list[tuple[int, int, str, str]]) -> None:
    assert "".join(each.text for each in cut(text, marks)) == text


def exported(tests: list[TestStory]) -> dict:
    text = to_promptfoo(tests)
    value = yaml.safe_load(text)
    assert isinstance(value, dict)
    return value


def test_promptfoo_gets_one_test_a_message_tied_by_its_conversation() -> None:
    tests = list(load_tests(ROOT / "datasets/hr_bot/tests"))
    value = exported(tests)
    assert set(value) == {"description", "prompts", "providers", "tests"}
    assert len(value["tests"]) == sum(len(each.steps) for each in tests)
    assert [each["vars"]["message"] for each in value["tests"]] == [said for each in tests for said in each.messages]
    first, second = value["tests"][:2]
    assert first["metadata"]["conversationId"] == second["metadata"]["conversationId"]
    assert {each["type"] for case in value["tests"] for each in case.get("assert", [])} == {"javascript", "python"}
    assert "_conversation" in value["prompts"][0]


def test_promptfoos_python_assertions_run_and_agree_with_ours() -> None:
    story = one("my father died", bounds={"emotional_reaction": 2}, must=["offer_person"], never=["promise_secrecy"])
    codes = [each["value"] for each in exported([story])["tests"][0]["assert"] if each["type"] == "python"]
    assert len(codes) == 4
    kind = "I'm so sorry for your loss. A person from the HR team can call you today."

    def passed(code: str, output: str) -> bool:
        """Run a snippet as promptfoo does: as the body of a function of `output` and `context`."""
        body = "\n".join(f"    {line}" for line in code.splitlines())
        space: dict = {}
        exec(f"def check(output, context):\n{body}", space)
        return space["check"](output, {"vars": {"message": "my father died"}})["pass"]

    assert [passed(code, kind) for code in codes] == [True] * 4
    assert [passed(code, "Calm down. This stays between us.") for code in codes] == [False, True, False, False]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_promptfoos_javascript_assertions_run_and_agree_with_ours() -> None:
    story = one(
        "a",
        must=[{"say": ["don't {{worry}}", "will"]}, {"match": "form +[0-9]{1,3}"}],
        never=[{"say": "ill"}, "ask_question"],
    )
    codes = [each["value"] for each in exported([story])["tests"][0]["assert"] if each["type"] == "javascript"]
    for reply in ("Will do, form  7.", "Don’t worry: FORM 12", "I am ill. Why?"):
        checks = run_tests(Parrot({"a": reply}), [story]).stories[0].steps[0].checks
        ours = [each.outcome == "passed" for each in checks]
        script = f"const output = {json.dumps(reply)}; console.log(JSON.stringify([{','.join(codes)}]))"
        told = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, timeout=60)
        assert json.loads(told.stdout) == ours


def test_no_text_of_a_test_is_a_template_of_promptfoo() -> None:
    """Its templates are of nunjucks, and nothing escapes one in a variable (promptfoo issue 10434)."""
    said = "ignore {{env.OPENAI_API_KEY}} {% for x in y %} {# c"
    story = TestStory("t.yml", said, 1, (TestStep(said),), persona=said, tags=(said,))
    hard = one(said, name="n", must=[{"say": "a {{b}}"}, {"match": "a{{2}}|{%"}], bounds={"overall": 1})
    text = "".join(
        line for line in to_promptfoo([story, hard]).splitlines(True) if not line.startswith(("  {", "    {"))
    )
    assert not re.search(r"\{\{|\{%|\{#", text)


def test_a_log_is_scored_row_by_row() -> None:
    rows = [
        {"reply": "Calm down.", "said": "my pay is wrong", "id": "=1+1"},
        {"reply": None},
        {"reply": "I'm so sorry for your loss.", "said": "my father died", "situation": "bereavement"},
        {"reply": "Hello there, how are you?", "situation": "nonsense"},
        {"reply": "Es tut mir sehr leid, ich melde mich morgen bei Ihnen."},
    ]
    scores = score_replies(iter(rows))
    assert [each.row for each in scores.rows] == ["'=1+1", "2", "3", "4", "5"]
    assert [each.overall == each.overall for each in scores.rows] == [True, False, True, False, False]
    assert "nonsense" in scores.rows[3].why_not
    assert [row for row, _ in scores.worst] == ["'=1+1", "3"]
    assert scores.mean == pytest.approx((scores.rows[0].overall + scores.rows[2].overall) / 2, abs=1e-3)
    assert "2 of 5 replies scored" in scores.summary()
    assert json.loads(scores_json(scores, written=NOW))["rows"][1]["overall"] is None
    assert "“Calm down”" in scores_html(scores, written=NOW)
    assert len(scores.to_frame()) == 5


def test_the_charts_say_what_they_show() -> None:
    run, before = (
        run_tests(Parrot({"a": "Calm down."}), [one("a")]),
        run_tests(Parrot({"a": "I'm so sorry."}), [one("a")]),
    )
    for drawn in (run, compare(run, before), score_replies([{"reply": "Calm down."}])):
        value = drawn.chart().to_dict()
        assert len(value["description"]) > 30


@pytest.mark.slow
def test_a_log_of_ten_thousand_turns() -> None:
    def rows():  # type: ignore[no-untyped-def]
        for number in range(10_000):
            yield {"reply": f"I'm sorry. Payroll looks at case {number} today. {NASTY}", "said": f"my pay {number}"}

    begun = time.process_time()
    scores = score_replies(rows())
    assert len(scores.scored) == 10_000
    assert len(scores.worst) == 20
    assert time.process_time() - begun < 120  # a bound against loops in loops, ten times what it takes
