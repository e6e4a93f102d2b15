import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.chatbot.coach import plan_talk, talk_plan_of

FINE = {"who": "a colleague", "what": "three reports came late in May", "want": "reports on time", "day": "Friday"}


def test_the_plan_uses_the_words_that_were_typed():
    plan = plan_talk(**FINE)
    assert FINE["what"] in plan.observation
    assert FINE["want"] in plan.next_step
    assert FINE["day"] in plan.next_step
    assert plan.question.count("?") == 1
    assert "{person}" in plan.fetch_person
    assert plan.to_frame()["part"].tolist() == ["opening", "observation", "question", "next_step", "fetch_person"]
    assert "no legal advice" in plan.summary()
    assert plan == talk_plan_of({f"talk_{part}": words for part, words in FINE.items()})


@pytest.mark.parametrize(
    ("what", "matter"),
    [
        ("she smells of alcohol", "health"),
        ("he says that he is depressed", "health"),
        ("I have to let her know of her dismissal", "a dismissal"),
        ("colleagues say he bullies them", "a complaint about harassment or discrimination"),
        ("he took money, maybe I call the police", "the law"),
    ],
)
def test_some_matters_are_for_a_person(what, matter):
    plan = plan_talk(**FINE | {"what": what})
    assert matter in plan.needs_person
    assert plan.opening == plan.question == ""
    assert "{person}" in plan.text()
    assert json.loads(json.dumps(plan.to_dict()))["needs_person"] == list(plan.needs_person)


def test_words_that_judge_are_named():
    assert plan_talk(**FINE | {"what": "he is always rude"}).watch == ("always", "rude")
    assert plan_talk(**FINE).watch == ()


@given(st.text(max_size=400), st.text(max_size=400))
@settings(max_examples=30, deadline=None)
def test_any_text_makes_a_plan_or_a_reason(what, want):
    plan = plan_talk(**FINE | {"what": what, "want": want})
    assert bool(plan.needs_person) != bool(plan.opening)
    assert len(plan.text()) < 2_500
