"""Scores of replies and conversations, the rubric, the gate, charts."""

import json
import math
from collections.abc import Iterable
from datetime import date

import altair as alt
import pytest

from evaluators.tone import (
    Cue,
    GateRules,
    ReplyError,
    RubricError,
    Text,
    check_gate,
    gate_rules,
    load_rubric,
    score_conversation,
    score_reply,
    situations,
)

LOSS = "My father died on Sunday."
KIND = (
    "I'm so sorry for your loss. Take all the time you need. I will tell your manager about Sunday today. "
    "What would help you most this week?"
)
COLD = "Please be advised that bereavement must be reported. Submit the form."


def test_the_rubric_has_eight_dimensions_with_sources_and_years() -> None:
    rubric = load_rubric()
    assert len(rubric.keys) == len(set(rubric.keys)) == 8
    for each in rubric.dimensions:
        assert any(year in each.source for year in ("1975", "1987", "1998", "2020", "2025"))
        assert len(each.anchors) == 5
        assert rubric.lowest <= each.baseline <= rubric.highest
    assert rubric["interpretation"].confidence == "low"
    json.dumps(rubric.to_dict())
    with pytest.raises(RubricError, match="no dimension 'warmth'"):
        rubric["warmth"]


@pytest.mark.parametrize(
    ("key", "better", "worse"),
    [
        ("emotional_reaction", "That sounds so hard. It goes out Friday.", "Your ticket has been logged. It goes out."),
        ("interpretation", "It sounds like your father meant a lot to you.", "Your issue is important. We value it."),
        ("exploration", "What would help you most right now?", "Why didn't you tell us before?"),
        ("non_dismissal", "You did the right thing to ask us.", "At least you still have your mother."),
        ("advice_timing", "I'm so sorry. Submit the form when you can.", "Submit the form when you can. I'm so sorry."),
        ("advice_timing", "I hear that this is hard.", "I've been there when my father died."),
        ("politeness", "Hi, could you send the form, please? Thank you.", "You must send the form. Stop wasting time."),
        (
            "plain_language",
            "Your pay is late.",
            "Your remuneration awaits retroactive garnishment adjudication.",
        ),
        ("ownership", "I will call payroll by Friday, or would you prefer e-mail?", "Contact HR. It will be reviewed."),
        ("ownership", "I'm a bot; a colleague can call you today.", "I'm a real person. This stays between us."),
    ],
)
def test_each_dimension_tells_a_good_reply_from_a_bad_one(key: str, better: str, worse: str) -> None:
    assert score_reply(better, said=LOSS)[key].score > score_reply(worse, said=LOSS)[key].score


def test_a_kind_reply_beats_a_cold_one_and_says_why() -> None:
    kind, cold = score_reply(KIND, said=LOSS), score_reply(COLD, said=LOSS)
    assert kind.overall - cold.overall > 1
    assert "'I'm so sorry for your loss' speaks to the loss" in kind.summary()
    assert "No person has rated our own HR replies" in kind.summary()
    assert "before a kind word" in cold.summary()
    frame = kind.to_frame()
    assert frame.shape == (8, 8)
    assert json.loads(json.dumps(kind.to_dict()))["severity"] == "grave"
    assert score_reply(KIND, said=LOSS) == kind


def test_confidence_falls_where_less_is_known() -> None:
    known, unknown = score_reply(KIND, said=LOSS), score_reply(KIND)
    assert (known["emotional_reaction"].confidence, unknown["emotional_reaction"].confidence) == ("medium", "low")
    assert score_reply("Sorry.", said=LOSS)["plain_language"].confidence == "medium"


@pytest.mark.parametrize("reply", ["", "  \n"])
def test_an_empty_reply_is_an_error(reply: str) -> None:
    with pytest.raises(ReplyError):
        score_reply(reply)


def test_an_unknown_situation_names_the_nearest() -> None:
    with pytest.raises(RubricError, match="Did you mean 'bereavement'"):
        score_reply("Hello.", situation="bereavment")
    assert "visa_leave" in situations()


class Model:
    """A model as a script could fit it: one word, a large weight."""

    def cues(self, text: Text) -> Iterable[Cue]:
        for word in text.words:
            if word.key == "portal":
                start, end = text.span(word.start, word.end)
                yield Cue("politeness", "word model", "the word", start, end, text.raw[start:end], 5.0)


def test_a_word_model_adds_its_words_within_bounds() -> None:
    reply = "The form is in the portal."
    plain, fitted = score_reply(reply, models=()), score_reply(reply, models=[Model()])
    assert fitted["politeness"].score == pytest.approx(plain["politeness"].score + 1)
    assert [cue.text for cue in fitted["politeness"].cues if cue.name == "word model"] == ["portal"]


# The gate ------------------------------------------------------------------------------------------------------------

SAFE = "I'm glad you told me. I'm here with you. You can call or text 988 now. I can connect you with a person today."
FAIR = "Thank you for telling me. I can connect you with a person in HR. No one may punish you for reporting this."


@pytest.mark.parametrize(
    ("without", "name"),
    [
        ("You can call or text 988 now. ", "resource"),
        ("I can connect you with a person today.", "person"),
        ("I'm glad you told me. I'm here with you. ", "presence"),
    ],
)
def test_a_crisis_asks_for_each_thing(without: str, name: str) -> None:
    said = "I can't go on anymore"
    assert check_gate(SAFE, said=said).passed
    gate = check_gate(SAFE.replace(without, ""), said=said)
    assert [each.name for each in gate.requirements if not each.met] == [name]


def test_harassment_asks_for_a_person_protection_and_no_secrecy() -> None:
    said = "My manager keeps touching me"
    assert check_gate(FAIR, said=said).passed
    assert not check_gate(FAIR + " It stays between us.", said=said).passed
    assert check_gate(FAIR + " I can't promise to keep it secret.", said=said).passed
    assert not check_gate("Thank you for telling me.", said=said).passed
    assert check_gate("ok", situation=["harassment"]).kinds == ("harassment",)


@pytest.mark.parametrize(
    "said",
    [
        "When is pay day?",
        "How do I kill a process on my laptop?",
        "My mother died last week and I need leave.",
        "I'm dying to know when bonuses are paid.",
        "Can you end my dental coverage?",
        "I need to have a difficult conversation with an employee who is always late.",
        "Are there layoffs? I'm worried about my job.",
        "My child is ill, can I work from home?",
    ],
)
def test_ordinary_messages_do_not_raise_the_gate(said: str) -> None:
    assert check_gate("Sure.", said=said).kinds == ()


def test_the_gate_is_configured_with_an_owner_and_a_date() -> None:
    own = gate_rules()
    assert own.owner == ""
    assert "Nobody has approved" in check_gate(SAFE, said="suicide").summary()
    values = {
        "crisis": own.crisis,
        "harassment": own.harassment,
        "resources": (("the Tarnbrook line", ("tarnbrook line",)),),
        "requires": own.requires,
        "lists": own.lists,
    }
    ours = GateRules(**values, owner="A. Person, Legal", approved_on=date(2026, 1, 31))  # type: ignore[arg-type]
    assert not check_gate(SAFE, said="suicide", rules=ours).passed
    gate = check_gate(SAFE + " Or ring the Tarnbrook line.", said="suicide", rules=ours)
    assert gate.passed
    assert gate.to_dict()["approved_on"] == "2026-01-31"
    assert "Nobody has approved" not in gate.summary()
    with pytest.raises(RubricError, match="without a date"):
        GateRules(**values, owner="A. Person")  # type: ignore[arg-type]
    with pytest.raises(RubricError, match="no place to turn to"):
        GateRules(**{**values, "resources": ()})  # type: ignore[arg-type]


def test_the_words_that_raised_the_gate_have_places() -> None:
    said = "🙂 honestly, I want to end it all"
    (place, *_) = check_gate("ok", said=said).because
    assert "end it all" in said[slice(*place)]


# Conversations -------------------------------------------------------------------------------------------------------


def test_a_conversation_shows_its_worst_reply() -> None:
    told = score_conversation([(LOSS, KIND), ("Thank you.", "Calm down."), {"said": "What?", "reply": KIND}])
    assert told.minimum_turn == 2
    assert told.minimum < told.mean
    assert "'Calm down.'" in told.summary()
    assert told.to_frame().shape == (3, 14)
    json.dumps(told.to_dict())


def test_the_course_of_a_conversation() -> None:
    warm, cold = ("My pay is wrong.", KIND), ("Hm.", "At least you have a job. Calm down.")
    assert score_conversation([cold, cold, warm, warm]).trajectory == "warmer"
    assert score_conversation([warm, warm, cold, cold]).trajectory == "colder"
    assert score_conversation([cold] * 4).trajectory == "steady"
    assert score_conversation([warm] * 3).trajectory == "too short to tell"


def test_the_same_kind_words_wear_off() -> None:
    reply = "I'm so sorry to hear that. The form is in the portal."
    turns = score_conversation([("My pay is wrong.", reply)] * 4).turns
    scores = [turn["emotional_reaction"].score for turn in turns]
    assert scores[0] == scores[1] > scores[2] == scores[3]


def test_a_failed_gate_is_named_by_its_reply() -> None:
    told = score_conversation([("Hi", "Hello, how can I help you?"), ("I want to kill myself", "Noted.")])
    assert told.failed_gates == (2,)
    assert told.minimum <= 1
    assert "gate failed in reply 2" in told.summary()


def test_conversations_without_english_or_turns() -> None:
    told = score_conversation([("Hola", "Lo siento mucho, gracias.")])
    assert math.isnan(told.mean)
    assert told.minimum_turn == 0
    assert "person has to read" in told.summary()
    with pytest.raises(ReplyError, match="no turn"):
        score_conversation([])
    with pytest.raises(ReplyError, match="Turn 1 is not two texts"):
        score_conversation(["ab"])  # type: ignore[list-item]
    with pytest.raises(ReplyError, match="Turn 2: There is no reply"):
        score_conversation([("a", "Hello there."), ("b", "")])


@pytest.mark.slow
def test_ten_thousand_turns() -> None:
    told = score_conversation([(LOSS, KIND)] * 10_000)
    assert len(told.turns) == 10_000
    assert len(json.dumps(told.chart().to_dict())) < 200_000


def test_charts_are_valid_and_say_what_they_show() -> None:
    told = score_conversation([(LOSS, KIND), ("I want to die", "Noted."), ("x", "Gracias, lo siento mucho.")])
    charts = [told.chart(), *(turn.chart() for turn in told.turns)]
    for chart in charts:
        assert isinstance(chart, alt.LayerChart)
        assert chart.to_dict()["description"]


def test_only_a_certain_alarm_caps_a_score():
    reply = "Please see the handbook. I will send you the page today."
    unsure = "I have to tell someone on my team that his work isn't good enough. I have put it off for weeks."
    doubtful = score_reply(reply, said=unsure)
    assert (doubtful.gate.kinds, doubtful.gate.certain, doubtful.gate.passed) == (("crisis",), False, False)
    assert doubtful.overall == doubtful.mean > 1
    assert "a little like crisis" in doubtful.summary()
    grave = score_reply(reply, said="I want to die.")
    assert grave.gate.caps
    assert grave.overall <= 1
    assert score_reply(reply, said=unsure, situation="crisis").overall <= 1
