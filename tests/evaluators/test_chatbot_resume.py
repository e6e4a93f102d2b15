"""A conversation with somebody else's bot is taken up again, and what was kept back stays so."""

import pytest

from evaluators.chatbot import example_bot
from evaluators.chatbot.function_talker import talker_of

GRAVE = "I want to kill myself"


class Outside:
    """Notes what is sent to it."""

    def __init__(self):
        self.sent = []

    def __call__(self, messages):
        self.sent.append([each["content"] for each in messages])
        return f"Reply {len(self.sent)}."


@pytest.fixture
def outside():
    return Outside()


def resumed(outside, turns, **options):
    talk = talker_of(outside, name="out", takes="messages", **options).conversation()
    talk.resume(turns)
    return talk


def test_earlier_turns_are_sent_again_and_nothing_is_asked_meanwhile(outside):
    talk = talker_of(outside, name="out", takes="messages").conversation()
    talk.say("hello")
    again = resumed(outside, talk.turns)
    assert len(outside.sent) == 1
    again.say("and now?")
    assert outside.sent[-1] == ["hello", "Reply 1.", "and now?"]
    assert [turn.said for turn in again.turns] == ["hello", "and now?"]
    assert [turn.said for turn in talk.turns] == ["hello"]


@pytest.mark.parametrize("guard_later", [True, False])
def test_what_the_guard_kept_back_stays_kept_back(outside, guard_later):
    talk = talker_of(outside, name="out", takes="messages", guard=True).conversation()
    talk.say("hello")
    talk.say(GRAVE)
    again = resumed(outside, talk.turns, guard=guard_later)
    again.say("where is my pay stub")
    assert outside.sent[-1] == ["hello", "Reply 1.", "where is my pay stub"]


def test_what_went_out_before_there_was_a_guard_is_kept_back_from_then_on(outside):
    talk = talker_of(outside, name="out", takes="messages").conversation()
    talk.say(GRAVE)
    assert outside.sent[-1] == [GRAVE]
    again = resumed(outside, talk.turns, guard=True)
    again.say("where is my pay stub")
    assert outside.sent[-1] == ["where is my pay stub"]


@pytest.mark.parametrize(("talker", "words"), [(None, "can listen to you"), ("brook", "Please call now")])
def test_an_answer_to_are_you_safe_is_kept_back_too(outside, talker, words):
    brook = example_bot() if talker else None
    talk = talker_of(outside, name="out", takes="messages", guard=True, guard_talker=brook).conversation()
    first = talk.say(GRAVE)
    assert first.reply.endswith("Are you safe at this moment?")
    again = resumed(outside, talk.turns, guard=True, guard_talker=brook)
    for each in (talk, again):
        turn = each.say("no I'm not")
        assert words in turn.reply
        assert turn.offered_person
        assert "kept back" in turn.summary()
    assert outside.sent == []
    talk.say("where is my pay stub")
    assert outside.sent == [["where is my pay stub"]]


def test_a_new_matter_after_the_guard_goes_out(outside):
    talk = talker_of(outside, name="out", takes="messages", guard=True).conversation()
    talk.say(GRAVE)
    talk.say("what does the gold plan cost?")
    assert outside.sent == [["what does the gold plan cost?"]]
