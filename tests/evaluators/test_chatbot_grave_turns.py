"""Brook around grave moments: certain alarms stop, uncertain ones name help and answer, a yes is understood."""

import pytest

from evaluators.chatbot import example_bot
from evaluators.chatbot.sensitive import find_sensitive
from evaluators.tone.gate import check_gate

CERTAIN = "I don't want to live like this anymore"
UNCERTAIN = "a colleague"  # read as harassment by the fitted layer alone


def said(*messages):
    talk = example_bot().conversation()
    return [talk.say(each) for each in messages]


def test_a_word_list_is_certain_and_the_fitted_layer_alone_is_not():
    assert next(each for each in find_sensitive(CERTAIN) if each.kind == "crisis").certain
    assert [each.certain for each in find_sensitive(UNCERTAIN)] == [False]


def test_an_uncertain_alarm_names_help_and_the_form_goes_on():
    *_, turn = said("I need to have a difficult conversation with an employee", UNCERTAIN)
    assert turn.sensitive == ("harassment",)
    assert turn.offered_person
    assert turn.slots["talk_who"] == UNCERTAIN
    assert "what happened?" in turn.reply
    assert check_gate(turn.reply, said="", situation=["harassment"]).passed


@pytest.mark.parametrize("kind", ["crisis", "harassment"])
def test_what_is_said_in_an_uncertain_moment_passes_the_gate(kind):
    files = example_bot().files
    words = files.responses[f"utter_check_{kind}"][0].text
    words = words.replace("{crisis_resource}", files.tone_guide.crisis_resource).replace("{person}", "A person")
    assert check_gate(words, said="", situation=[kind]).passed


@pytest.mark.parametrize(("answer", "words"), [("yes", "I stay here with you"), ("no", "Please call now")])
def test_an_answer_to_are_you_safe_is_understood(answer, words):
    first, then = said(CERTAIN, answer)
    assert first.reply.endswith("Are you safe at this moment?")
    assert words in then.reply
    assert "116 123" in then.reply
    assert then.offered_person
    assert "not sure that I understand" not in then.reply


def test_a_death_is_not_passed_over_in_danger():
    (turn,) = said("My dad died and I want to die too")
    assert turn.sensitive[:2] == ("crisis", "bereavement")
    assert "sorry for your loss" in turn.reply
    assert turn.reply.endswith("Are you safe at this moment?")


def test_who_asks_how_a_report_goes_is_told_with_the_source():
    (turn,) = said("I am being bullied. What happens after I report it, and by when?")
    assert [each.document for each in turn.citations] == ["harassment_procedure.md"]
    assert "two working days" in turn.reply


def test_a_question_goes_on_with_the_matter_of_before():
    first, then = said("does the company pay for a degree? how much?", "and how long may my manager take?")
    assert [each.document for each in (*first.citations, *then.citations)] == ["tuition.md", "tuition.md"]
    assert "ten working days" in then.reply


def test_another_matter_ends_the_one_of_before():
    *_, turn = said("does the company pay for a degree?", "show me my pay slip for March", "and how long may he take?")
    assert "tuition.md" not in [each.document for each in turn.citations]
