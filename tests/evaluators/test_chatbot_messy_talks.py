"""Brook in messy conversations: grave messages inside a form, buttons, bare yeses, other languages, wrong topics."""

import pytest

from evaluators.chatbot import example_bot
from evaluators.chatbot._language import reads_as_other_language
from evaluators.chatbot.hr_system import PretendHR
from evaluators.chatbot.intents import IntentModel
from evaluators.chatbot.sensitive import find_sensitive


def said(*messages, hr=None):
    talk = example_bot().conversation(hr=hr)
    return [talk.say(each) for each in messages]


def test_a_yes_to_are_you_safe_never_confirms_the_plan_under_way():
    hr = PretendHR()
    *_, grave, yes, go_on = said(
        "change medical plan", "gold", "only me", "I want to kill myself", "yes", "go on", hr=hr
    )
    assert grave.reply.endswith("Are you safe at this moment?")
    assert "I stay here with you" in yes.reply
    assert hr.changes == []
    assert go_on.reply.endswith("Shall I do that?")


def test_a_no_to_are_you_safe_is_not_taken_for_an_answer_to_a_form():
    *_, turn = said("change medical plan", "bronze", "I want to kill myself", "no")
    assert "Please call now" in turn.reply
    assert "covered" not in turn.reply


def test_a_death_inside_a_form_is_no_value_and_the_form_waits():
    hr = PretendHR()
    *_, death, thanks, resumed = said(
        "change medical plan", "gold", "my husband died yesterday", "thank you", "the whole family", hr=hr
    )
    assert "sorry for your loss" in death.reply
    assert "five paid days" in death.reply
    assert "can wait" in death.reply
    assert "change you to" not in death.reply
    assert death.slots["cover"] is None
    assert thanks.reply == "You're welcome. I'm here whenever you need me."
    assert resumed.slots["cover"] == "family"
    assert resumed.reply.endswith("Shall I do that?")


def test_a_husband_who_is_gone_does_not_begin_a_plan_change():
    (turn,) = said("my husband is gone")
    assert "sorry for your loss" in turn.reply
    assert "bronze" not in turn.reply
    assert turn.intent is None
    assert "Not sure enough" not in turn.summary()


def test_an_illness_inside_a_form_is_named_and_its_values_count():
    *_, turn = said("change medical plan", "gold", "my daughter is very sick, put the whole family on it")
    assert "a lot to carry" in turn.reply
    assert turn.slots["cover"] == "family"


@pytest.mark.parametrize("answer", ["only me", "gold, only me", "Only  me"])
def test_the_bots_own_buttons_and_values_raise_no_alarm(answer):
    assert [each.certain for each in find_sensitive("only me")] == [False, False]  # as a message of its own it would
    *_, turn = said("change medical plan", "gold", answer)
    assert turn.sensitive == ()
    assert turn.reply.endswith("Shall I do that?")


def test_what_brook_proposes_as_an_answer_raises_no_alarm():
    text = example_bot().files.responses["utter_ask_talk_who"][0].text
    proposed = text.split("such as: ")[1].rstrip(".")
    assert find_sensitive(proposed) == ()


@pytest.mark.parametrize("kind", ["bereavement", "illness"])
def test_where_only_the_fitted_layer_reads_a_death_or_an_illness_a_person_is_named(kind, monkeypatch):
    from evaluators.chatbot import bot as module
    from evaluators.chatbot.sensitive import _SIMILAR, SensitiveFinding

    def guessed(text, *, words=None):
        return (SensitiveFinding(kind, text, 0, len(text), _SIMILAR, clear=False),)

    monkeypatch.setattr(module, "find_sensitive", guessed)
    for messages in (["thanks"], ["where is my pay stub"], ["hello there"], ["asdfgh"]):
        turn = said(*messages)[-1]
        assert turn.sensitive == (kind,)
        assert turn.offered_person
        assert "person from the HR team" in turn.reply
    question = said("where is my pay stub")[-1].reply
    assert question.endswith("You can also say: the latest.")


@pytest.mark.parametrize("asked", ["what is the policy on dogs", "show me my pay stub for December"])
def test_a_yes_to_an_offer_fetches_the_person_who_was_offered(asked):
    hr = PretendHR()
    offer, yes, okay = said(asked, "yes please", "ok", hr=hr)
    assert "?" in offer.reply
    assert "I have asked a person" in yes.reply
    assert yes.actions == ("action_hand_to_person", "utter_handed_over")
    assert hr.handed_over == ["E0001"]
    assert okay.reply.startswith("All right.")


def test_who_is_told_that_an_advance_exists_can_ask_for_it():
    first, then = said("I was paid too little", "i have no money for rent")
    assert "say so" in first.reply
    assert "advance on the same day" in then.reply
    assert then.offered_person


def test_after_harassment_will_he_find_out_is_about_the_report():
    _, turn = said("my boss keeps touching me", "will he find out?")
    assert [each.document for each in turn.citations] == ["harassment_procedure.md"]
    assert "decision" not in turn.reply


def test_after_strain_does_my_manager_find_out_is_answered():
    _, turn = said("i'm completely burnt out", "does my manager find out")
    assert "Your manager is not told." in turn.reply


def test_little_words_alone_make_no_intent():
    model = IntentModel.fit(
        {
            "layoffs": ["will there be layoffs", "will we all be fired", "will the site close"],
            "pay": ["where is my pay stub", "show me my payslip", "I need the pay slip of May"],
        }
    )
    guess = model.predict("will we be")
    assert guess.intent is None
    assert model.predict("will they close it").best == "layoffs"


@pytest.mark.parametrize(
    "text",
    [
        "Ich will nicht mehr leben",
        "Meine Mutter ist gestorben",
        "Hola, ¿dónde está mi nómina?",
        "не хочу жить",
        "我想死",
    ],
)
def test_another_language_is_not_guessed_at_and_help_is_named(text):
    (turn,) = said(text)
    assert "English only" in turn.reply
    assert "116 123" in turn.reply
    assert turn.offered_person
    assert turn.citations == ()


def test_english_is_not_taken_for_another_language():
    examples = [text for texts in example_bot().files.intents.values() for text in texts]
    assert [text for text in examples if reads_as_other_language(text)] == []
    assert not any(map(reads_as_other_language, ["", "🙂", "E0001", "our El Paso office", "no", "I WANT A PERSON"]))


def test_a_person_begins_a_sentence_with_a_capital_also_after_the_crisis_line():
    (turn,) = said("YOU IDIOTS PAID ME WRONG AGAIN")
    assert ". a person" not in turn.reply


def test_a_month_is_written_as_a_name():
    (turn,) = said("december pay stub")
    assert "for December yet" in turn.reply


def test_a_partner_can_be_added_late():
    *_, turn = said("change medical plan", "gold", "only me", "hmm wait my partner too")
    assert "covering you and your partner" in turn.reply


def test_no_figure_of_a_search_is_over_the_whole():
    policies = example_bot().policies
    finding = policies.find("i have no money for rent", topic="payroll_error")
    assert finding.citation.section == "An advance"
    for question in ("money for rent after an error?", "the weekend is a public holiday", "I failed the exam"):
        for topic in ("payroll_error", "pay_stub", "tuition"):
            assert policies.find(question, topic=topic).score <= 1
        assert policies.find(question).score <= 1


def test_how_long_i_may_be_away_is_no_question_after_a_death_where_a_child_is_ill():
    _, turn = said("my daughter has leukemia", "how long can i be away")
    assert "death" not in turn.reply
    assert "bereavement_leave.md" not in [each.document for each in turn.citations]


def test_somebody_who_is_dying_is_not_spoken_of_as_lost():
    (turn,) = said("my mother is dying")
    assert "for your loss" not in turn.reply
    assert turn.offered_person


def test_a_month_that_is_also_a_word_is_heard_as_a_correction():
    _, turn = said("i want my february payslip", "actually march")
    assert "March > E0001" in turn.reply
