from pathlib import Path

import pytest

from evaluators.chatbot import IntentModel, example_bot
from evaluators.chatbot.intents import OUT_OF_SCOPE, clean

FOLDER = Path(__file__).parent / "chatbot_intents"
UNANSWERED = (None, OUT_OF_SCOPE)


def lines(name):
    return [line for line in (FOLDER / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def held_out():
    return [tuple(line.split(" | ")) for line in lines("held_out.txt")]


def test_the_measuring_messages_are_not_among_the_examples(held_out):
    examples = {clean(text) for texts in example_bot().files.intents.values() for text in texts}
    kept = [clean(text) for _, text in held_out] + [clean(text) for text in lines("out_of_scope.txt")]
    assert len(kept) == len(set(kept)) >= 140
    # "cancel" and "hey" are what anybody types; the longer messages must be new to the bot.
    assert {text for text in kept if text in examples and len(text.split()) > 2} == set()


def test_most_held_out_messages_are_answered_and_rightly(held_out):
    guesses = [example_bot().model.predict(text).intent for _, text in held_out]
    answered = [(want, got) for (want, _), got in zip(held_out, guesses, strict=True) if got not in UNANSWERED]
    assert len(answered) / len(held_out) >= 0.80
    assert sum(want == got for want, got in answered) / len(answered) >= 0.87


def test_most_messages_about_something_else_are_refused():
    refused = [example_bot().model.predict(text).intent in UNANSWERED for text in lines("out_of_scope.txt")]
    assert sum(refused) / len(refused) >= 0.87


def test_the_models_own_figures_are_near_what_the_datasheet_says():
    model = example_bot().model
    assert model.accuracy == pytest.approx(0.68, abs=0.06)
    assert model.right_when_answered >= 0.85
    assert model.answered >= 0.45
    assert model.strangers_refused >= 0.6
    assert "offered a person" in model.summary()


def test_every_intent_has_enough_examples_and_none_stands_twice():
    intents = example_bot().files.intents
    assert len(intents) == 22
    assert min(len(texts) for name, texts in intents.items() if name not in ("choose_month", "start_over")) >= 25
    said = [clean(text) for texts in intents.values() for text in texts]
    assert len(said) == len(set(said))


def test_out_of_scope_is_never_an_answer_of_the_model():
    examples = {
        "pay": ["where is my pay stub", "I need my payslip", "show me my payslip"],
        "leave": ["book a day off", "how much holiday is left", "I want a free day"],
        OUT_OF_SCOPE: ["what is the weather", "tell me a joke", "who won the match"],
    }
    model = IntentModel.fit(examples)
    guess = model.predict("tell me a joke about the weather")
    assert guess.intent == OUT_OF_SCOPE
    assert "not there for" in guess.because()
    assert "A person should answer" in guess.summary()


@pytest.mark.parametrize("typed", ["my paysilp please", "PAYSLIP!!!", "paysllip"])
def test_slips_of_the_keyboard_do_not_hide_a_word(typed):
    assert example_bot().model.predict(typed).best == "pay_stub"
