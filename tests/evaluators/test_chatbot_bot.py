import json
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import RidgeClassifier

from evaluators.chatbot import HRSystemError, IntentError, IntentModel, PretendHR, example_bot, find_sensitive
from evaluators.chatbot.intents import _RIDGE, _Ridge

SMALL = {
    "pay": ["where is my pay stub", "I need my payslip"],
    "leave": ["book a day off", "how much holiday is left"],
    "parking": ["is there a parking space", "where can I park the car"],
}


@pytest.fixture
def talk():
    return example_bot().conversation()


def test_two_examples_an_intent_are_enough():
    model = IntentModel.fit(SMALL)
    assert model.predict("my payslip").best == "pay"
    assert model.predict("park the car").best == "parking"
    assert 0 < model.threshold < 1
    assert 0 <= model.answered <= model.accuracy <= 1


def test_unknown_words_make_the_model_abstain():
    guess = IntentModel.fit(SMALL).predict("zxqv")
    assert (guess.intent, guess.confidence) == (None, 0.0)
    assert "A person should answer" in guess.summary()


@pytest.mark.parametrize("examples", [{}, {"a": ["x", "y"]}, {"a": ["x", "y"], "b": ["z", " Z "]}])
def test_too_few_examples_are_refused(examples):
    with pytest.raises(IntentError, match=r"intents|different examples"):
        IntentModel.fit(examples)


def test_two_fits_agree_whatever_the_order():
    one = IntentModel.fit(SMALL)
    other = IntentModel.fit({name: SMALL[name][::-1] for name in reversed(SMALL)})
    assert one.predict("holiday").to_dict() == other.predict("holiday").to_dict()
    assert one.threshold == other.threshold


def test_the_words_add_up_to_the_lead_over_the_next_best():
    model = example_bot().model
    guess = model.predict("pay stub payslip please")
    scores = (model._features.transform(["pay stub payslip please"]) @ model._slopes)[0]
    order = scores.argsort()
    total = sum(each.weight for each in guess.words)
    assert total == pytest.approx(scores[order[-1]] - scores[order[-2]], abs=1e-3)
    assert guess.to_frame()["word"].tolist()[0] in {"pay", "stub", "payslip"}


def test_the_ridge_is_that_of_scikit_learn_and_its_held_out_scores_those_of_a_fit_without_them():
    chance = np.random.default_rng(0)
    values, labels = chance.normal(size=(40, 60)), np.repeat(np.arange(4), 10)
    ridge = _Ridge.fit(values @ values.T, labels, 4)
    expected = RidgeClassifier(alpha=_RIDGE, fit_intercept=False).fit(values, labels)
    assert values.T @ ridge.weights == pytest.approx(expected.coef_.T, abs=1e-9)
    rest = np.array([0, 3, 11, 27, 39])
    kept = np.setdiff1d(np.arange(40), rest)
    without = RidgeClassifier(alpha=_RIDGE, fit_intercept=False).fit(values[kept], labels[kept])
    assert ridge.held_out(rest) == pytest.approx(without.decision_function(values[rest]), abs=1e-9)
    assert np.isneginf(ridge.held_out(np.arange(10))[:, 0]).all()


def test_the_bots_own_examples_are_recognised():
    bot = example_bot()
    pairs = [(name, text) for name, texts in bot.files.intents.items() for text in texts]
    pairs = pairs[::5]
    right = sum(bot.model.predict(text).best == name for name, text in pairs)
    assert right >= 0.95 * len(pairs)


def test_a_medical_plan_is_changed(talk):
    before = talk.hr.medical_plan("E0001")
    assert "Which plan" in talk.say("I want to change my medical plan").reply
    assert "Who should be covered" in talk.say("gold please").reply
    turn = talk.say("for the whole family")
    assert "gold, covering your family" in turn.reply
    assert talk.hr.medical_plan("E0001") == before  # nothing is changed before the yes
    turn = talk.say("yes")
    assert talk.hr.medical_plan("E0001") == ("gold", "family")
    assert talk.hr.changes[0].receipt in turn.reply
    assert turn.slots["plan"] is None  # the next change begins anew


def test_a_no_changes_nothing(talk):
    before = talk.hr.medical_plan("E0001")
    for text in ("I want to change my medical plan", "gold please", "for the whole family"):
        talk.say(text)
    assert "changed nothing" in talk.say("no").reply
    assert talk.hr.medical_plan("E0001") == before
    assert talk.hr.changes == []


def test_a_form_can_be_left_and_a_question_answered_in_between(talk):
    talk.say("I want to change my medical plan")
    turn = talk.say("are you a bot")
    assert "computer program" in turn.reply
    assert "Which plan" in turn.reply
    assert "nothing was changed" in talk.say("stop").reply
    assert talk.hr.changes == []


def test_danger_comes_before_an_open_form_which_waits(talk):
    talk.say("I want to change my medical plan")
    turn = talk.say("gold please, I want to die anyway")
    assert turn.sensitive == ("crisis",)
    assert turn.offered_person
    assert "988" in turn.reply
    assert "gold" not in turn.reply
    assert talk.hr.handed_over == ["E0001"]
    assert "Who should be covered" in talk.say("gold please").reply


def test_an_ill_child_is_heard_before_the_plan(talk):
    turn = talk.say("I want to change my medical plan, my child is ill")
    assert turn.sensitive == ("illness",)
    assert turn.reply.startswith("I'm sorry, that is a lot to carry.")
    assert "Which plan" in turn.reply
    assert turn.offered_person


def test_a_story_goes_on(talk):
    talk.say("I heard there will be layoffs")
    assert "action_hand_to_person" in talk.say("yes please").actions
    assert talk.hr.handed_over == ["E0001"]


def test_a_yes_out_of_the_blue_goes_to_a_person(talk):
    turn = talk.say("yes")
    assert turn.offered_person
    assert turn.actions == ()


def test_the_pay_stub_is_found(talk):
    assert "March > E0001" in talk.say("where is my pay stub for March").reply


def test_braces_in_a_message_are_no_fields(talk):
    for text in ("{person} {receipt}", "{0.__class__}", "%s {!r}"):
        assert talk.say(text).offered_person


@given(st.lists(st.text(max_size=40), max_size=5))
@settings(max_examples=10, deadline=None)
def test_any_message_gets_an_answer(texts):
    talk = example_bot().conversation()
    for text in texts:
        turn = talk.say(text)
        assert turn.reply
        assert turn.why
        assert not math.isnan(turn.confidence)
        json.dumps(turn.to_dict())


def test_the_same_messages_get_the_same_answers():
    said = ["hello", "hello", "gold please", "I am not sure", "my dad died", "yes"]
    one, other = example_bot().conversation(), example_bot().conversation()
    assert [one.say(text) for text in said] == [other.say(text) for text in said]
    assert one.to_frame().shape == (6, 7)
    assert "6 turns" in one.summary()


@pytest.mark.slow
def test_ten_thousand_turns_need_twice_the_memory_of_five_thousand():
    said = ["hello", "I want to change my medical plan", "gold please", "for the whole family", "yes", "blorp"]
    said += [text.replace("gold", "silver") for text in said]
    talk = example_bot().conversation()
    for text in said:  # what is remembered of messages is there before the memory is measured
        talk.say(text)
    talk = example_bot().conversation()
    used = {}
    tracemalloc.start()
    for number in range(10_000):
        talk.say(said[number % len(said)])
        if number + 1 in (5_000, 10_000):
            used[number + 1] = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(talk.turns) == 10_000
    assert len(talk.hr.changes) == 10_000 // 6
    assert len(talk.slots) == len(example_bot().files.slots)
    assert talk._follows == talk._waiting == ()
    assert 1.8 < used[10_000] / used[5_000] < 2.2
    assert used[10_000] < 10_000 * 4_000  # bytes


def test_a_bot_without_its_own_words_still_offers_a_person(tmp_path):
    from evaluators.chatbot import Bot

    file = tmp_path / "bot.yml"
    file.write_text(
        "intents: [a, b]\nresponses:\n"
        "  utter_sensitive_crisis: [{text: 'Please wait.'}]\n  utter_fallback: [{text: Eh.}]\n"
        "nlu:\n- intent: a\n  examples: |\n    - one\n    - two\n- intent: b\n  examples: |\n    - red\n    - blue\n",
        "utf-8",
    )
    talk = Bot.from_files(file).conversation()
    turn = talk.say("I want to die")
    assert "Please wait." in turn.reply
    assert "988" in turn.reply
    assert "a person from the HR team" in turn.reply.lower().replace("hr", "HR")
    assert "erson from the HR team" in talk.say("green").reply
    assert talk.say("my manager harassed me").offered_person


def test_the_pretend_hr_system_says_no():
    hr = PretendHR(seed=3)
    assert hr.medical_plan("E0002") == PretendHR(seed=3).medical_plan("E0002")
    with pytest.raises(HRSystemError, match="no employee"):
        hr.medical_plan("X")
    with pytest.raises(HRSystemError, match="no plan"):
        hr.change_medical_plan("E0001", plan="platinum", cover="me")
    with pytest.raises(HRSystemError, match="no month"):
        hr.pay_stub("E0001", month="Smarch")
    assert hr.changes == []


def test_grave_replies_of_the_example_never_promise_secrecy():
    for text in ("my boss touched me", "I want to die"):
        reply = example_bot().conversation().say(text).reply
        assert find_sensitive(text)
        assert "confidential" not in reply
