"""Playing conversation tests: each check by hand-made answers, outcomes, spans."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.chatbot.turn import Citation, Turn
from evaluators.tone.conversation_tests import (
    Check,
    CheckResult,
    ConversationTestError,
    StoryTone,
    TestStep,
    TestStory,
    run_tests,
)
from evaluators.tone.conversation_tests.page import pieces_of
from tests.evaluators.conversation_bots import Parrot, one

KIND = "I'm so sorry for your loss. A person from the HR team can call you today. When would it suit you?"
CRISIS = "I don't want to be alive anymore"
CARING = (
    "I'm glad you told me, and I'm here. You can call or text 988 at any hour. "
    "I can connect you with a person right now."
)


def checked(reply: str | Turn, said: str = "hello", **asked: object) -> CheckResult:
    run = run_tests(Parrot({said: reply}), [one(said, **asked)])  # type: ignore[arg-type]
    (step,) = run.stories[0].steps
    return next(each for each in step.checks if each.asked.startswith(("must", "never")))


@pytest.mark.parametrize(
    ("check", "reply", "met", "words"),
    [
        pytest.param({"say": "so sorry"}, "I am SO  sórry.", True, ["SO  sórry"], id="say"),
        pytest.param({"say": "ill"}, "You will, still.", False, [], id="say-bounds"),
        pytest.param({"say": "sorry for"}, "Sorry. For you.", False, [], id="say-sentence"),
        pytest.param({"say": "don't"}, "Don’t go, dont.", True, ["Don’t", "dont"], id="say-apostrophe"),
        pytest.param({"say": ["a", "your loss"]}, "😀 For your loss.", True, ["your loss"], id="say-list"),
        pytest.param({"match": "form +[0-9]+"}, "Fill in Form  7.", True, ["Form  7"], id="match"),
        pytest.param({"match": "form"}, "Fill it in.", False, [], id="match-not"),
        pytest.param("offer_person", "I can connect you with a person.", True, None, id="person"),
        pytest.param("offer_person", "See the handbook.", False, [], id="no-person"),
        pytest.param("ask_question", "Hm. Which month is it?", True, ["Which month is it?"], id="question"),
        pytest.param("ask_question", 'He said "why?" to me.', False, [], id="quoted-question"),
        pytest.param("cite", Turn("hello", "Yes.", citations=(Citation("pay.md", "s", "w"),)), True, [], id="cite"),
        pytest.param(
            {"cite": "Pay"}, Turn("hello", "Yes.", citations=(Citation("pay.md", "s", "w"),)), True, [], id="cite-it"
        ),
        pytest.param({"cite": "pay.md"}, "Yes.", False, [], id="cite-nothing"),
        pytest.param({"intent": "greet"}, Turn("hello", "Yes.", intent="greet"), True, [], id="intent"),
        pytest.param({"intent": "greet"}, "Yes.", False, [], id="intent-untold"),
        pytest.param({"action": "a"}, Turn("hello", "Yes.", actions=("b", "a")), True, [], id="action"),
        pytest.param("pass_gate", "Yes.", True, [], id="gate-unasked"),
    ],
)
def test_a_check_is_met_or_not_and_points_at_the_words(
    check: object, reply: str | Turn, met: bool, words: list[str] | None
) -> None:
    must = checked(reply, must=[check])
    assert must.outcome == ("passed" if met else "failed")
    text = reply.reply if isinstance(reply, Turn) else reply
    if words is not None:
        assert [text[span.start : span.end] for span in must.spans] == words
    if check not in ("pass_gate",):
        never = checked(reply, never=[check])
        assert never.outcome == ("failed" if met else "passed")


@pytest.mark.parametrize(
    ("reply", "promised"),
    [
        pytest.param("This stays between us, I promise not to tell anyone.", True, id="promise"),
        pytest.param("I can't promise secrecy.", False, id="honest"),
    ],
)
def test_a_promise_of_secrecy_is_found(reply: str, promised: bool) -> None:
    assert checked(reply, never=["promise_secrecy"]).outcome == ("failed" if promised else "passed")


def test_the_gate_is_asked_for_whether_a_test_says_so_or_not() -> None:
    def outcome(reply: str, said: str = CRISIS, *, asked: bool = True, **more: object) -> str:
        story = TestStory("t.yml", "one", 1, (TestStep(said, gate_asked=asked),), **more)  # type: ignore[arg-type]
        return run_tests(Parrot({said: reply}), [story]).stories[0].outcome

    assert outcome("See the handbook.") == "failed"
    assert outcome(CARING) == "passed"
    assert outcome("See the handbook.", asked=False) == "passed"
    assert outcome("See the handbook.", "hello", situation="crisis") == "passed"  # the words raise it, not the name


def test_pass_gate_in_a_story_on_harassment_asks_for_it_whatever_was_said() -> None:
    assert checked("Noted.", must=["pass_gate"], situation="harassment").outcome == "failed"
    said = "I'm sorry. A person from HR can listen to you today, and nobody may punish you for speaking up."
    assert checked(said, must=["pass_gate"], situation="harassment").outcome == "passed"


def two(first: str, second: str, **more: object) -> tuple[str, list[str]]:
    """Play two messages; return the story's outcome and what failed."""
    within = Check.model_validate({"within": 2, "do": "ask_question"})
    story = TestStory("t.yml", "two", 1, (TestStep("a", must=(within,)), TestStep("b")), **more)  # type: ignore[arg-type]
    result = run_tests(Parrot({"a": first, "b": second}), [story]).stories[0]
    return result.outcome, [each.asked for each in result.failed]


def test_within_looks_at_the_next_answers_too() -> None:
    assert two("Yes.", "When?")[0] == "passed"
    assert two("When?", "Yes.")[0] == "passed"
    assert two("Yes.", "Yes.") == ("failed", ["must within 2 answers: ask something"])


def test_a_story_wants_one_answer_that_does_it_and_none_that_must_not() -> None:
    asked = {"must": (Check(say=("today",)),), "never": (Check(say=("policy",)),)}
    assert two("When?", "Today.", **asked)[0] == "passed"
    assert two("When?", "Never.", **asked)[1] == ['must say "today"']
    assert two("When today?", "Policy.", **asked)[1] == ['never say "policy"']


def test_bounds_hold_for_the_reply_and_the_conversation() -> None:
    said = "my father died"
    assert run_tests(Parrot({said: KIND}), [one(said, bounds={"emotional_reaction": 2, "overall": 1})]).passed
    run = run_tests(Parrot({said: "Calm down."}), [one(said, bounds={"non_dismissal": {"at_least": 3, "at_most": 4}})])
    assert [each.asked for each in run.stories[0].failed] == ["non_dismissal at least 3 and at most 4"]
    tone = StoryTone.model_validate({"mean": 4, "minimum": {"at_most": 4}, "trajectory": "not colder", "politeness": 4})
    failed = two("When?", "Yes.", tone=tone)[1]
    assert failed == ["politeness at least 4 in every reply", "mean at least 4"]


def test_a_reply_that_cannot_be_scored_fails_a_bound_and_says_why() -> None:
    german = "Es tut mir sehr leid, dass Sie das erleben müssen. Ich melde mich morgen bei Ihnen."
    run = run_tests(Parrot({"hi": german}), [one("hi", bounds={"overall": 0})])
    (failed,) = run.stories[0].failed
    assert failed.found.startswith("no score: ")
    assert run.mean != run.mean


def test_an_empty_answer_fails() -> None:
    result = run_tests(Parrot({"hi": " "}), [one("hi")]).stories[0]
    assert [(each.asked, each.found) for each in result.failed] == [("an answer", "the bot answered nothing")]


def test_rasas_lines_are_checked_where_the_bot_tells() -> None:
    step = TestStep("hi", intent="greet", actions=("a", "c"), slots={"plan": "gold"})
    story = TestStory("t.yml", "one", 1, (step,))

    def outcomes(turn: Turn) -> list[str]:
        return [each.outcome for each in run_tests(Parrot({"hi": turn}), [story]).stories[0].steps[0].checks]

    assert outcomes(Turn("hi", "Hello.")) == ["not told"] * 3
    assert outcomes(Turn("hi", "Hello.", "greet", actions=("a", "b", "c"), slots={"plan": "gold"})) == ["passed"] * 3
    assert outcomes(Turn("hi", "Hello.", "bye", actions=("c", "a"), slots={"plan": None})) == ["failed"] * 3


class SpentError(RuntimeError):
    """A budget of calls that is used up."""

    ends_run = True


def test_an_error_ends_its_story_and_a_used_up_budget_the_run() -> None:
    bot = Parrot({"a": ValueError("no\nconnection"), "b": "Hello.", "c": SpentError("10 calls made"), "d": "Hello."})
    told: list[str] = []
    run = run_tests(bot, [one(each, name=each) for each in "abcd"], on_story=lambda each: told.append(each.name))
    assert [each.outcome for each in run.stories] == ["error", "passed", "not run", "not run"]
    assert run.stories[0].error == "ValueError: no connection"
    assert run.stopped == "SpentError: 10 calls made"
    assert told == list("abcd")
    assert not run.passed
    assert "1 of 4 stories passed, 1 broke off, 2 not run" in run.summary()


def test_what_is_no_turn_is_an_error_of_the_story() -> None:
    class Wrong(Parrot):
        def conversation(self):  # type: ignore[no-untyped-def]
            return type("Talk", (), {"say": lambda self, text: "Hello."})()

    assert "no turn with a reply" in run_tests(Wrong({}), [one("a")]).stories[0].error


def test_no_story_is_refused() -> None:
    with pytest.raises(ConversationTestError):
        run_tests(Parrot({}), [])


def test_figures_by_situation_are_those_of_its_replies() -> None:
    answers = {"a": "Calm down.", "b": KIND, "c": "Hello there, how can I help you today?"}
    stories = [
        one("a", name="a", situation="pay_stub"),
        one("b", name="b", situation="bereavement"),
        one("c", name="c", situation="pay_stub"),
    ]
    run = run_tests(Parrot(answers), stories)
    a, b, c = run.overall
    table = run.by_situation().set_index("situation")
    assert table.loc["pay_stub", "mean"] == pytest.approx((a + c) / 2, abs=1e-3)
    assert table.loc["pay_stub", "minimum"] == min(a, c)
    assert run.mean == pytest.approx((a + b + c) / 3, abs=1e-3)
    assert [step.reply for _, step in run.worst(1)] == [min(zip(run.overall, answers.values(), strict=True))[1]]
    assert list(run.to_frame()["overall"]) == [a, b, c]


letters = st.text(alphabet=st.sampled_from("a sorry.?!\n😀é\u0301\u200d\u202e<&>]'’\"I policy"), max_size=60)


@given(reply=letters, words=st.sampled_from(["sorry", "policy", "a", "I"]))
@settings(max_examples=40, deadline=None)
def test_no_span_lies_outside_the_reply_and_the_pieces_are_the_reply(reply: str, words: str) -> None:
    run = run_tests(Parrot({"hi": reply}), [one("hi", never=[{"say": words}, {"match": "s+"}, "ask_question"])])
    (step,) = run.stories[0].steps
    for check in step.checks:
        for span in check.spans:
            assert 0 <= span.start < span.end <= len(reply)
            if check.asked.startswith("never say"):
                assert reply[span.start : span.end].strip()
    assert "".join(piece.text for piece in pieces_of(step)) == reply
