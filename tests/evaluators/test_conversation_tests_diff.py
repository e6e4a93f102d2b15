"""The accepted run: kept, compared, found again; a planted regression is seen sentence by sentence."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.tone.conversation_tests import (
    AcceptedRunError,
    TestRun,
    TestStep,
    TestStory,
    accept,
    accepted_text,
    compare,
    run_html,
    run_tests,
    sentence_changes,
    to_junit,
)
from evaluators.tone.conversation_tests.accepted import KeptStep, KeptStory, kept, without
from evaluators.tone.conversation_tests.diff import _pairs, sentences_of
from tests.evaluators.conversation_bots import Parrot, one

KIND = "I'm so sorry for your loss. Would you like a person to call you today?"
COLD = "At least he is at peace. Would you like a person to call you today?"
DIED = "my father died"
GERMAN = "Es tut mir sehr leid, ich melde mich morgen bei Ihnen."
CARING = "I'm glad you told me, and I'm here. You can call or text 988. I can connect you with a person right now."
CRISIS = "I don't want to be alive anymore"


def ran(reply: object, said: str = DIED, **more: object) -> TestRun:
    return run_tests(Parrot({said: reply}), [one(said, **more)])  # type: ignore[arg-type]


def test_a_run_beside_itself_has_no_changes(tmp_path: Path) -> None:
    run = ran(KIND, must=["offer_person"])
    diff = compare(run, accept(run, tmp_path / "deep" / "accepted.json"))
    assert (diff.stories, diff.new, diff.gone, diff.compared) == ((), (), (), 1)
    assert "Nothing got worse in 1 story." in diff.summary()
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["accepted.json"]


def test_a_colder_reply_is_a_regression_shown_by_sentence_and_word() -> None:
    diff = compare(ran(COLD), ran(KIND))
    (story,) = diff.regressions
    (step,) = story.steps
    assert [(each.kind, each.before, each.now) for each in step.sentences] == [
        ("changed", "I'm so sorry for your loss.", "At least he is at peace."),
        ("same", "Would you like a person to call you today?", "Would you like a person to call you today?"),
    ]
    fell = {each.dimension: each for each in step.fell}
    assert {"overall", "emotional_reaction", "non_dismissal"} <= set(fell)
    assert fell["emotional_reaction"].words[0].startswith("gone: +")
    assert "loss" in fell["emotional_reaction"].words[0]
    assert any(each.startswith("new: -") and "At least" in each for each in fell["non_dismissal"].words)
    assert "1 of 1 story got worse" in diff.summary()
    assert set(diff.to_frame()["dimension"]) >= {"overall", "non_dismissal"}


def test_the_other_way_round_it_is_an_improvement() -> None:
    diff = compare(ran(KIND), ran(COLD))
    assert not diff.regressions
    assert [each.name for each in diff.improvements] == ["one"]
    assert {"overall", "non_dismissal"} <= {each.dimension for each in diff.stories[0].steps[0].rose}


def test_the_tolerance_decides_what_is_worse() -> None:
    worse = compare(ran(COLD), ran(KIND)).stories[0].steps[0].fell
    most = -min(each.change for each in worse)
    assert not compare(ran(COLD), ran(KIND), tolerance=most).regressions
    assert compare(ran(COLD), ran(KIND), tolerance=most - 0.01).regressions
    with pytest.raises(AcceptedRunError, match="tolerance is -1"):
        compare(ran(COLD), ran(KIND), tolerance=-1)


@pytest.mark.parametrize(
    ("before", "now", "said", "asked", "problem"),
    [
        pytest.param(
            KIND, COLD, DIED, {"never": [{"say": "at least"}]}, 'never say "at least": failed, and had not', id="check"
        ),
        pytest.param(CARING, "See the handbook.", CRISIS, {}, "the gate failed, and had not", id="gate"),
        pytest.param(KIND, GERMAN, DIED, {}, "the reply can no longer be scored", id="language"),
        pytest.param(KIND, " ", DIED, {}, "there is no reply any more", id="empty"),
        pytest.param(KIND, ValueError("gone"), DIED, {}, "it broke off and had not", id="error"),
    ],
)
def test_what_is_worse_besides_scores(before: str, now: object, said: str, asked: dict, problem: str) -> None:
    (story,) = compare(ran(now, said, **asked), ran(before, said, **asked), tolerance=4).regressions
    assert problem in [*story.problems, *(each for step in story.steps for each in step.problems)]


def stories(*names: str, file: str = "talks.yml") -> list[TestStory]:
    return [TestStory(file, name, 1, (TestStep(f"hello {name}"), TestStep("and then?"))) for name in names]


def answers(*names: str) -> dict[str, str]:
    return {"and then?": "We will see. When?"} | {
        f"hello {name}": f"Hello, how can I help with {name}?" for name in names
    }


def test_the_order_of_stories_makes_no_difference() -> None:
    names = [f"story {letter}" for letter in "abcdefgh"]
    bot = Parrot(answers(*names))
    before = run_tests(bot, stories(*names))
    mixed = names[:]
    random.Random(7).shuffle(mixed)
    diff = compare(run_tests(bot, stories(*mixed)), before)
    assert (diff.stories, diff.new, diff.gone, diff.compared) == ((), (), (), 8)


def test_new_gone_moved_and_renamed_stories_are_told_apart() -> None:
    bot = Parrot(answers("a", "b", "c", "d"))
    before = run_tests(bot, [*stories("a", "b"), *stories("c", file="other.yml")])
    renamed = TestStory("talks.yml", "a, renamed", 1, stories("a")[0].steps)
    diff = compare(run_tests(bot, [*stories("c"), renamed, *stories("d")]), before)
    assert (diff.new, diff.gone, diff.compared) == (("d",), ("b",), 2)
    assert [(each.name, each.was) for each in diff.stories] == [("a, renamed", "a")]


def test_twins_are_not_taken_for_each_other() -> None:
    twins = [TestStory("talks.yml", name, 1, (TestStep("hello a"),)) for name in ("x", "y")]
    others = [TestStory("talks.yml", name, 1, (TestStep("hello a"),)) for name in ("v", "w")]
    bot = Parrot(answers("a"))
    diff = compare(run_tests(bot, others), run_tests(bot, twins))
    assert (set(diff.new), set(diff.gone), diff.compared) == ({"v", "w"}, {"x", "y"}, 0)


def test_a_changed_test_is_compared_as_far_as_it_says_the_same() -> None:
    bot = Parrot({"a": KIND, "b": "Hello, how can I help?", "c": "Hello, how can I help?"})
    before = run_tests(bot, [TestStory("t.yml", "s", 1, (TestStep("a"), TestStep("b")))])
    bot = Parrot({"a": COLD, "c": "Calm down."})
    (story,) = compare(run_tests(bot, [TestStory("t.yml", "s", 1, (TestStep("a"), TestStep("c")))]), before).stories
    assert [each.number for each in story.steps] == [1]
    assert "from message 2 on" in story.note


def test_the_same_run_is_kept_as_the_same_bytes() -> None:
    assert accepted_text(ran(KIND)) == accepted_text(ran(KIND))


def test_a_run_that_is_not_whole_is_no_yardstick(tmp_path: Path) -> None:
    target = tmp_path / "accepted.json"
    accept(ran(KIND), target)
    kept = target.read_bytes()
    with pytest.raises(AcceptedRunError, match="one broke off or was not run"):
        accept(ran(ValueError("gone")), target)
    assert target.read_bytes() == kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("{", "is no JSON", id="json"),
        pytest.param("[" * 100_000, "is no JSON", id="deep"),
        pytest.param("[]", "holds 'something else'", id="list"),
        pytest.param(
            '{"schema": "hr-it-lab conversation tests 1"}', "holds 'hr-it-lab conversation tests 1'", id="other"
        ),
        pytest.param('{"schema": "hr-it-lab accepted conversations 1", "stories": [3]}', "is damaged", id="damaged"),
    ],
)
def test_a_file_that_is_no_accepted_run_is_said(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "accepted.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(AcceptedRunError, match=said):
        compare(ran(KIND), file)
    with pytest.raises(AcceptedRunError, match="cannot be read"):
        compare(ran(KIND), tmp_path / "nope.json")


def test_a_run_survives_its_file(tmp_path: Path) -> None:
    strange = "Sorry \ud800 </script> \x1b[31m\u202e 😀 é. Bye."
    run = ran(strange)
    assert not compare(run, accept(run, tmp_path / "a.json")).stories
    json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))


letters = st.text(alphabet=st.sampled_from('ab .?!\n😀é\u0301\u200d’"“”1'), max_size=60)


@given(before=letters, now=letters)
@settings(max_examples=40, deadline=None)
def test_no_word_of_a_reply_is_lost_in_its_sentences(before: str, now: str) -> None:
    assert "".join("".join(sentences_of(now)).split()) == "".join(now.split())
    changes = sentence_changes(before, now)
    assert [each.before for each in changes if each.before] == list(sentences_of(before))
    assert [each.now for each in changes if each.now] == list(sentences_of(now))


def test_stories_that_were_not_run_are_neither_worse_nor_compared() -> None:
    from evaluators.tone.conversation_tests.results import StoryResult

    before = ran(KIND)
    stopped = TestRun("parrot", (StoryResult.of(one(DIED), "not run", (), error="the budget"),))
    diff = compare(stopped, before)
    assert (diff.regressions, diff.compared) == ((), 0)
    assert diff.summary().startswith("Nothing could be compared")
    assert "Not run: one." in diff.summary()


def test_lower_scores_of_the_same_words_are_not_put_down_to_the_bot() -> None:
    before = kept(ran(KIND))
    (story,) = before.stories
    (step,) = story.steps
    higher = replace(step, tone={key: min(4.0, score + 1) for key, score in step.tone.items()})
    diff = compare(ran(KIND), replace(before, stories=(replace(story, steps=(higher,)),)))
    assert diff.regressions[0].steps[0].same_words
    assert "1 reply has the same words and lower scores" in diff.summary()
    assert "The words are the same" in run_html(ran(KIND), diff, written=datetime(2026, 11, 22, tzinfo=UTC))


def test_another_bot_is_named() -> None:
    before = replace(kept(ran(KIND)), bot="old bot")
    assert "The accepted run is one of another bot, old bot." in compare(ran(KIND), before).summary()


def test_what_was_not_chosen_is_not_gone() -> None:
    tests = [one(DIED, name="a"), one("hello", name="b")]
    before = kept(run_tests(Parrot({DIED: KIND, "hello": "Hello."}), tests))
    chosen = tests[:1]
    run = run_tests(Parrot({DIED: KIND}), chosen)
    assert compare(run, before).gone == ("b",)
    assert compare(run, without(before, chosen, tests)).gone == ()
    assert [each.name for each in without(before, chosen, chosen).stories] == ["a", "b"]  # deleted: still missed


def test_two_thousand_stories_find_their_earlier_selves() -> None:
    def story(name: str, said: str) -> KeptStory:
        return KeptStory("a.yml", name, "passed", (KeptStep(said, "Hello.", {}, (), False, {}),), {})

    before = tuple(story(f"s{number}", f"m{number}") for number in range(2_000))
    pairs, new, gone = _pairs(before, tuple(story(f"t{number}", f"m{number}") for number in reversed(range(2_000))))
    assert (len(pairs), new, gone) == (2_000, (), ())
    assert all(old.messages == now.messages for old, now in pairs)
    twins = (story("a", "x"), story("b", "x"))
    assert _pairs(twins, (story("c", "x"),))[1:] == (("c",), ("a", "b"))  # whose it was, nobody can tell


def test_junit_holds_the_changed_sentences() -> None:
    text = to_junit(ran(COLD), compare(ran(COLD), ran(KIND)))
    assert "- I'm so sorry for your loss." in text
    assert "+ At least he is at peace." in text
    assert "- Would you like" not in text
