"""A check tried out on a good bot and a changed one: by hand, on a bot of three sentences."""

import pickle
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.chatbot.turn import Turn
from evaluators.data import dataset_folder
from evaluators.tone.conversation_tests import Check, ConversationTestError, StoryTone, TestStep, TestStory, run_tests
from evaluators.tone.conversation_tests.trial import VERDICTS, StoryTrial, load_changes, record, sweep_bound, try_check

GOOD = {
    "my pay is wrong": "I'm sorry, that should not happen. A person from the HR team can call you today.",
    "where is my pay stub": "Your pay stub is here: portal.",
    "thanks": "You're welcome.",
}
COLD = GOOD | {"my pay is wrong": "You must wait.", "thanks": "You are welcome."}
PLANTED = {"pay": "colder, and no person is offered"}


class Parrot:
    """Answers from a list, and counts how often it is asked."""

    def __init__(self, replies: dict[str, str]) -> None:
        self.name, self.replies, self.asked = "Parrot", replies, 0

    def conversation(self) -> "Parrot":
        return self

    def say(self, text: str) -> Turn:
        self.asked += 1
        reply = self.replies[text]
        return Turn(said=text, reply=reply, offered_person="person" in reply)


def story(name: str, *said: str, situation: str = "") -> TestStory:
    steps = tuple(TestStep(each, must=(Check(say=("never said by anybody",)),)) for each in said)
    return TestStory("here.yml", name, 1, steps, situation)


STORIES = (
    story("pay", "my pay is wrong", "thanks", situation="payroll_error"),
    story("stub", "where is my pay stub", situation="pay_stub"),
)


def tried(**asked):
    return try_check(STORIES, Parrot(GOOD), Parrot(COLD), planted=PLANTED, **asked)


def verdicts(trial) -> dict[str, str]:
    return {each.story: each.verdict for each in trial.stories}


def test_the_four_verdicts_by_hand():
    assert verdicts(tried(must=[Check(offer_person=True)])) == {"pay": "caught", "stub": "false alarm"}
    assert verdicts(tried(must=[Check(offer_person=True)], asked_of=["pay"])) == {"pay": "caught", "stub": "quiet"}
    assert verdicts(tried(must=[Check(offer_person=True)], asked_of=["stub"])) == {
        "pay": "missed",
        "stub": "false alarm",
    }
    assert verdicts(tried(never=[Check(promise_secrecy=True)])) == {"pay": "missed", "stub": "quiet"}
    assert verdicts(tried(never=[Check(say=("you must",))])) == {"pay": "caught", "stub": "quiet"}
    # one wording: it failed before, too, so that nothing is caught
    assert verdicts(tried(must=[Check(say=("my condolences",))])) == {"pay": "false alarm", "stub": "false alarm"}


@pytest.mark.parametrize(
    ("planted", "before", "now", "verdict"),
    [
        ("colder", False, True, "caught"),
        ("colder", False, False, "missed"),
        ("colder", True, True, "false alarm"),
        ("colder", True, False, "false alarm"),
        ("", False, True, "false alarm"),
        ("", True, False, "false alarm"),
        ("", False, False, "quiet"),
    ],
)
def test_what_a_verdict_means(planted, before, now, verdict):
    assert StoryTrial("a", planted, True, before, now).verdict == verdict
    assert verdict in VERDICTS


def test_the_stories_own_checks_are_left_aside_and_the_words_say_what_failed():
    trial = tried(never=[Check(say=("you must",))])
    assert trial.asked == 'never say "you must"'
    assert trial.stories[0].why == "never say \"you must\" (reply 1: it says 'You must')"
    assert trial.summary().startswith("It catches 1 of 1 that got worse (pay). No false alarm.")
    assert list(trial.to_frame()["verdict"]) == ["caught", "quiet"]
    assert trial.to_dict()["stories"][1]["verdict"] == "quiet"
    assert pickle.loads(pickle.dumps(trial)) == trial


def test_a_bound_of_tone_is_the_same_as_in_a_run():
    run = run_tests(Parrot(COLD), STORIES)
    low = run.stories[0].minimum
    for bound, verdict in ((round(low - 0.1, 2), "missed"), (round(low + 0.1, 2), "caught")):
        assert verdicts(tried(tone=StoryTone.model_validate({"minimum": bound})))["pay"] == verdict


def test_a_recording_answers_the_same_and_asks_the_bot_once():
    bot = Parrot(GOOD)
    heard = record(bot, STORIES)
    asked = bot.asked
    assert asked == 3
    run = run_tests(heard, STORIES)
    assert [step.reply for each in run.stories for step in each.steps] == [
        GOOD["my pay is wrong"], GOOD["thanks"], GOOD["where is my pay stub"],
    ]  # fmt: skip
    assert bot.asked == asked
    with pytest.raises(ConversationTestError, match="Nobody said 'thanks'"):
        heard.conversation().say("thanks")


def test_a_sweep_counts_as_the_checks_do():
    before, now = run_tests(Parrot(GOOD), STORIES), run_tests(Parrot(COLD), STORIES)
    sweep = sweep_bound(before, now, planted=PLANTED, figure="minimum")
    assert (sweep.planted, sweep.total) == (1, 2)
    assert (sweep.at(0), sweep.at(4)) == ((0, 0), (0, 2))
    assert sweep.at(0.02) == sweep.at(0)
    for bound in (0.5, 1.5, 2.0, 2.5, 3.0):
        trial = tried(tone=StoryTone.model_validate({"minimum": bound}))
        assert sweep.at(bound) == (len(trial.names("caught")), len(trial.names("false alarm")))
    assert len(sweep.to_frame()) == len(sweep.to_dict()["bounds"]) == 41
    assert "of 1" in sweep.summary()
    ownership = sweep_bound(before, now, planted=PLANTED, figure="ownership")
    assert max(ownership.caught) <= 1


@given(low=st.floats(0, 4), high=st.floats(0, 4))
@settings(max_examples=20, deadline=None)
def test_a_higher_bound_never_fails_less(low, high):
    before, now = runs()
    sweep = sweep_bound(before, now, planted=PLANTED)
    low, high = sorted((low, high))
    assert sum(sweep.at(low)) <= sum(sweep.at(high))


@cache
def runs():
    return run_tests(Parrot(GOOD), STORIES), run_tests(Parrot(COLD), STORIES)


def test_what_cannot_be_tried_is_said():
    with pytest.raises(ConversationTestError, match="Nothing is asked"):
        tried()
    with pytest.raises(ConversationTestError, match="no story 'leave'"):
        tried(must=[Check(offer_person=True)], asked_of=["leave"])
    with pytest.raises(ConversationTestError, match="different stories"):
        sweep_bound(runs()[0], replace(runs()[1], stories=runs()[1].stories[:1]), planted=PLANTED)
    with pytest.raises(ConversationTestError, match="no figure 'warmth'"):
        sweep_bound(*runs(), planted=PLANTED, figure="warmth")


def test_the_planted_changes_name_replies_of_the_bot_and_stories(tmp_path):
    changes = load_changes(dataset_folder("hr_bot_shortened") / "replies.yml")
    assert set(changes.after) <= set(changes.before)
    assert len(changes.after) == 11
    assert not set(changes.planted) & set(changes.reworded)
    (tmp_path / "bad.yml").write_text("wednesday: {}\n", "utf-8")
    with pytest.raises(ConversationTestError, match="does not say what was changed"):
        load_changes(tmp_path / "bad.yml")
    with pytest.raises(ConversationTestError, match="cannot be read"):
        load_changes(tmp_path / "none.yml")
