"""The bench for conversation tests: what it writes, also for people who see no colour, and the file that it makes."""

import re
from importlib import import_module

import pytest

from evaluators.chatbot.turn import Turn
from evaluators.tone.conversation_tests import TestRun, load_tests, run_tests, sentence_changes
from evaluators.tone.conversation_tests.trial import sweep_bound, try_check

bench = import_module("evaluators.widgets.conversation_bench")  # its function of the same name hides it in the package

TEXT = """\
version: "3.1"

stories:
  - story: pay
    metadata:
      situation: payroll_error
    steps:
      - user: |
          my pay is wrong
      - must:
          - say: days

  - story: stub
    steps:
      - user: |
          where is my pay stub
"""


class Two:
    """Answers two messages."""

    name = "Two"

    def __init__(self, pay: str) -> None:
        self.pay = pay

    def conversation(self) -> "Two":
        return self

    def say(self, text: str) -> Turn:
        return Turn(said=text, reply=self.pay if "wrong" in text else "It is in the <portal>.")


GOOD, COLD = Two("I'm sorry. You hear from us in two days."), Two("Noted. You hear from us in two days.")


@pytest.fixture
def stories(tmp_path):
    (tmp_path / "talks.yml").write_text(TEXT, "utf-8")
    return load_tests(tmp_path / "talks.yml")


def test_each_changed_sentence_says_in_words_that_it_changed():
    html = bench.sentences_html(sentence_changes("I'm sorry. Two days. Shall I?", "Noted <b>. Two days."))
    words = re.sub("<[^>]*>", "", html.replace("</li>", "|")).split("|")
    assert words == ["gone: I&#x27;m sorry.", "new: Noted &lt;b&gt;.", "as before: Two days.", "gone: Shall I?", ""]


def test_a_conversation_shows_what_was_asked_before_and_now(stories):
    before, now = run_tests(GOOD, stories), run_tests(COLD, stories)
    html = bench.story_html(before.stories[0], now.stories[0])
    assert "before ✓ passed, now ✓ passed" in html
    assert "gone:" in html
    assert "not one word changed" in bench.story_html(before.stories[1], now.stories[1])
    assert "&lt;portal&gt;" in bench.story_html(before.stories[1], now.stories[1])


@pytest.mark.parametrize(
    ("kind", "block"),
    [
        ("minimum", "tone:\n  minimum: 2.1"),
        ("emotional_reaction", "tone:\n  emotional_reaction: 2.1"),
        ("must person", "must:\n  - offer_person"),
        ("must ask", "must:\n  - ask_question"),
        ("must words", 'must:\n  - say: ["sorry", "it\'s #1: so"]'),
        ("never words", 'never:\n  - say: ["sorry", "it\'s #1: so"]'),
        ("never secrecy", "never:\n  - promise_secrecy"),
    ],
)
def test_the_file_with_a_check_asks_just_that(kind, block, tmp_path):
    made, asked = bench.check_of(kind, 2.1, ["sorry", "it's #1: so"])
    assert made == block
    file = tmp_path / "made.yml"
    file.write_text(bench.with_block(TEXT, made, ["pay"]), "utf-8")
    pay, stub = load_tests(file)
    assert {"tone": pay.tone, "must": list(pay.must), "never": list(pay.never)} == {
        "tone": asked.get("tone", stub.tone), "must": asked.get("must", []), "never": asked.get("never", []),
    }  # fmt: skip
    assert (stub.must, stub.never) == ((), ())
    assert pay.steps == load_tests(file)[0].steps
    assert pay.situation == "payroll_error"


def test_the_table_says_each_verdict_in_words_with_a_mark(stories):
    _, asked = bench.check_of("must words", 0, ["sorry"])
    trial = try_check(stories, GOOD, COLD, planted={"pay": "colder"}, **asked)
    html = bench.trial_html(trial)
    assert re.findall(r"</span> ([a-z ]+)</strong>", html) == ["caught", "false alarm"]
    assert "fails now" in html
    assert "fails before and now" in html
    assert "It catches 1 of 1 that got worse (pay). False alarms: stub." in html


def test_the_sweep_is_said_in_words_too(stories):
    sweep = sweep_bound(run_tests(GOOD, stories), run_tests(COLD, stories), planted={"pay"})
    html = bench.sweep_html(sweep, 2.0)
    assert re.search(r'<svg role="img" aria-label="At least 2.0: \d of 1 caught', html)
    assert re.search(r"</figure><p>At least 2.0: \d of 1 caught", html)


def test_what_cannot_be_built_is_said():
    with pytest.raises(bench.BenchError, match="no kind of check"):
        bench.check_of("must kind", 0, [])
    with pytest.raises(bench.BenchError, match="no story 'leave'"):
        bench.with_block(TEXT, "must:\n  - ask_question", ["leave"])
    with pytest.raises(bench.BenchError, match="no story 'leave'"):
        bench.show_story(TestRun("Two", ()), TestRun("Two", ()), "leave")


def test_the_bench_and_the_viewer_can_be_shown(stories, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **_: shown.append(str(thing)))
    monkeypatch.setattr("evaluators.widgets._display.display", lambda thing, **_: shown.append(str(thing)))
    bench.conversation_bench(
        stories, GOOD, COLD, planted={"pay": "colder"}, hard=["pay"], file_text=TEXT, wordings={"sorry": ["sorry"]}
    )
    bench.conversation_viewer(run_tests(GOOD, stories), run_tests(COLD, stories), title="Look", notice="Note")
    assert "Your check:" in shown[0]
    assert "data:text/yaml;base64," in shown[0]
    assert any("gone:" in each for each in shown)
