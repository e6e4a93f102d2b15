"""Transactions and the coach, as people go through them: corrected, interrupted, cancelled, begun anew."""

import pytest

from evaluators.chatbot import PretendHR, example_bot


@pytest.fixture
def talk():
    return example_bot().conversation()


def said(talk, *messages):
    return [talk.say(text) for text in messages][-1]


def test_a_correction_before_the_yes_counts(talk):
    turn = said(talk, "I want to change my medical plan", "gold", "me and my wife", "no, bronze")
    assert "bronze, covering you and your partner" in turn.reply
    assert talk.hr.changes == []
    said(talk, "yes")
    assert talk.hr.medical_plan("E0001") == ("bronze", "me and partner")


def test_everything_in_one_message_needs_only_the_yes(talk):
    assert "gold, covering your family" in said(talk, "change my health insurance to gold for my family").reply


def test_a_value_that_cannot_be_is_named_and_asked_again(talk):
    said(talk, "I want to change my medical plan")
    turn = said(talk, "platinum")
    assert "three plans only" in turn.reply
    assert "Which plan would you like" in turn.reply
    assert not turn.offered_person
    assert said(talk, "diamond").offered_person  # the second time, a person


def test_starting_over_forgets_and_asks_from_the_top(talk):
    turn = said(talk, "I want to change my medical plan", "gold", "only me", "start over")
    assert "we begin again" in turn.reply
    assert "Which plan" in turn.reply
    assert turn.slots["plan"] is turn.slots["cover"] is None


def test_cancelling_forgets_and_the_next_change_begins_anew(talk):
    turn = said(talk, "I want to change my medical plan", "gold", "cancel")
    assert "nothing was changed" in turn.reply
    assert turn.slots["plan"] is None
    assert "Which plan" in said(talk, "I want to change my medical plan").reply


def test_one_transaction_waits_for_another(talk):
    turn = said(talk, "I want to change my medical plan", "silver", "where is my payslip")
    assert "Which month" in turn.reply
    turn = said(talk, "october")
    assert "October > E0001" in turn.reply
    assert "Who should be covered" in turn.reply
    assert turn.slots["plan"] == "silver"


def test_a_question_about_a_rule_in_between_is_quoted(talk):
    turn = said(talk, "I want to change my medical plan", "gold", "how much does gold cost?")
    assert "80 euros a month" in turn.reply
    assert turn.citations[0].document == "medical_plan.md"
    assert "Who should be covered" in turn.reply


def test_the_plan_that_one_has_is_not_changed():
    hr = PretendHR()
    plan, _ = hr.medical_plan("E0001")
    talk = example_bot().conversation(hr=hr)
    cover = {"me": "only me", "me and partner": "me and my partner", "family": "the whole family"}[
        hr.medical_plan("E0001")[1]
    ]
    turn = said(talk, "I want to change my medical plan", plan, cover, "yes")
    assert "already" in turn.reply
    assert hr.changes == []


def test_the_pay_stub_of_a_month(talk):
    assert "Which month" in said(talk, "where is my pay stub").reply
    assert "did not find a month" in said(talk, "Smarch").reply
    assert "March > E0001" in said(talk, "march please").reply
    assert "May > E0001" in said(talk, "and May?").reply
    turn = said(talk, "december")
    assert turn.offered_person
    assert "latest of this year is October" in turn.reply


def test_the_latest_pay_stub_can_be_asked_for(talk):
    assert "October > E0001" in said(talk, "payslip please", "the latest").reply


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("May I have my March payslip", "March > E0001"),
        ("payslip for may please", "May > E0001"),
        ("may I see my pay stub", "Which month"),
    ],
)
def test_a_word_that_is_also_a_month_is_read_by_its_neighbours(talk, text, month):
    assert month in said(talk, text).reply


@pytest.mark.parametrize("text", ["tell me about your data", "can you tell me who you are"])
def test_me_is_not_who_should_be_covered(talk, text):
    assert said(talk, text).slots["cover"] is None


def test_the_coach_makes_a_plan_of_four_answers(talk):
    turn = said(talk, "I need to have a difficult conversation with an employee")
    assert "no legal advice" in turn.reply
    assert "no names" in turn.reply
    turn = said(
        talk, "somebody in my team", "three reports came late in May", "reports on the day agreed", "next Friday"
    )
    for words in ("Thank you for making time", "three reports came late in May", "How do you see it?", "next Friday"):
        assert words in turn.reply
    assert turn.offered_person
    assert turn.slots["talk_what"] is None  # what was told is not kept


@pytest.mark.parametrize(
    ("told", "matter"),
    [("she is often ill", "health"), ("I may have to dismiss him", "a dismissal"), ("he stole a laptop", "the law")],
)
def test_the_coach_stops_where_a_person_is_needed(talk, told, matter):
    turn = said(talk, "I need to have a difficult conversation with an employee", "a colleague", told)
    assert f"may touch {matter}" in turn.reply
    assert turn.offered_person
    assert "How do you see it" not in turn.reply
    assert talk.hr.handed_over == ["E0001"]


def test_the_coach_is_left_when_harassment_is_told(talk):
    turn = said(talk, "I need to have a difficult conversation with an employee", "a man", "he harasses a trainee")
    assert turn.sensitive == ("harassment",)
    assert "Third" not in said(talk, "please have somebody call me").reply  # no answer to the coach


def test_the_coach_can_be_left_and_asked_what_it_is(talk):
    turn = said(talk, "I need to have a difficult conversation with an employee", "are you a bot?")
    assert "computer program" in turn.reply
    assert "First" in turn.reply
    assert "stopped" in said(talk, "stop").reply


def test_starting_over_without_a_form_forgets_everything(talk):
    turn = said(talk, "hello", "start over")
    assert "begin again" in turn.reply
    assert set(turn.slots.values()) == {None}
