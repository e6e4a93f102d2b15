"""Mockery, words taken back, harmless words that looked hurtful, stories of one's own, and who is said to do what."""

import pytest

from evaluators.tone import RubricError, Text, score_conversation, score_reply
from evaluators.tone._phrases import PhraseBook
from evaluators.tone._undoing import denied, excused, taken_back

SAID = "My pay is wrong for the third time and I'm really worried about rent."
FACTS = "The error is in the system. I will ask payroll to correct it by Friday."
WARM = ("emotional_reaction", "interpretation", "exploration", "non_dismissal", "advice_timing")
KIND = "I am so sorry, that must be very hard"


def warmth(reply: str) -> float:
    """Return the sum of the five dimensions that sympathy could raise."""
    score = score_reply(reply, said=SAID)
    return sum(score[key].score for key in WARM)


@pytest.mark.parametrize(
    "words",
    [
        "Oh sure, I am so sorry, how terrible for you. Congratulations.",
        f"Must be nice. {KIND}.",
        "Must be nice to have time to complain. I am so sorry.",
        f"{KIND}. Not.",
        f"{KIND}, not.",
        f"{KIND}, as if.",
        f"{KIND}. Just kidding.",
        f"{KIND}. LOL.",
        f"{KIND}, haha.",
        f"{KIND} /s",
        f"{KIND} 🙄",
        f"{KIND}. Want a medal?",
        f"Give me a break. {KIND}.",
        f"Bravo. {KIND}.",
        f"Slow clap. {KIND}.",
        f"Whatever. {KIND}.",
        f"Oh I bet. {KIND}.",
        f"How will you ever cope? {KIND}.",
        f"Here comes the drama. {KIND}.",
        f"{KIND}. Happy now?",
        f"Fine. {KIND}. Is that what you want to hear?",
        f"Should I say {KIND}?",
        f"Nobody cares, {KIND}.",
        "I wish I could say I am sorry, but I am not.",
        "I would be lying if I said I am so sorry.",
        "I'm sorry? No, I'm not.",
        "I'm so sorry, said no one ever.",
        "As though I am so sorry.",
        "I doubt that must be very hard.",
        "I am not sorry, that must not be very hard.",
        f"<!-- {KIND}. -->",
        f"{{{{{KIND}}}}}",
        f"~~{KIND}~~",
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_mocked_and_taken_back_words_raise_no_warmth(words: str, after: bool) -> None:
    assert warmth(f"{FACTS} {words}" if after else f"{words} {FACTS}") <= warmth(FACTS)


@pytest.mark.parametrize("joined", [", ", "; ", " - ", " and "])
def test_sympathy_joined_by_commas_is_piled_up(joined: str) -> None:
    heap = joined.join(
        ["I am so sorry", "how awful", "how terrible", "how painful", "how sad", "I hear you", "no wonder"]
    )
    honest, stuffed = (score_reply(f"{words}. {FACTS}", said=SAID) for words in (KIND, heap))
    assert stuffed["emotional_reaction"].score <= honest["emotional_reaction"].score
    assert stuffed.overall < honest.overall


@pytest.mark.parametrize(
    ("reply", "dimension"),
    [
        ("Whatever you need, I'm here.", "advice_timing"),
        ("Write what you saw or heard, and on which day.", "advice_timing"),
        ("If you need to leave early on Thursday, that's grand.", "advice_timing"),
        ("You must be worn out.", "advice_timing"),
        ("You should get the letter tomorrow.", "advice_timing"),
        ("Just reply with the date, and I'll book it for you.", "advice_timing"),
        ("Ask your manager for the dates, I'll do the rest.", "ownership"),
        ("I can't promise that this stays secret.", "ownership"),
        ("Please don't worry about the form for now.", "non_dismissal"),
        ("Poor thing, he must be miserable with that fever.", "non_dismissal"),
        ("Waiting can be worse than hearing bad news.", "non_dismissal"),
        ("I don't think that you are too sensitive.", "non_dismissal"),
        ("No problem at all.", "politeness"),
    ],
)
def test_harmless_words_cost_nothing(reply: str, dimension: str) -> None:
    listed = [cue for cue in score_reply(reply, said=SAID)[dimension].cues if not cue.name.startswith("word model")]
    assert [cue.text for cue in listed if cue.weight < 0] == []


@pytest.mark.parametrize(
    "reply",
    ["Nobody will lose their job, I promise.", "I promise nobody will be laid off.", "No one will lose their job."],
)
def test_a_promise_nobody_can_keep_costs(reply: str) -> None:
    assert score_reply(reply)["ownership"].score < 1


@pytest.mark.parametrize(
    "reply",
    [
        "Dana from HR will call you by Friday.",
        "Our lawyer will ring you on Monday.",
        "Priya Shah from benefits is going to write to you by noon.",
    ],
)
def test_a_named_person_and_a_day_are_who_and_when(reply: str) -> None:
    assert score_reply(reply)["ownership"].score == 3.0
    assert score_reply(reply.replace("Dana from HR", "Somebody"))["ownership"].score <= 3.0


def test_somebody_is_nobody() -> None:
    assert "I will" not in {cue.name for cue in score_reply("Somebody will call you by Friday.")["ownership"].cues}


TORN = "My manager tore apart my presentation in front of everyone."


def test_a_trouble_told_without_a_word_of_feeling_is_seen() -> None:
    assert score_reply("Ok.", said=TORN).severity == "troubled"
    assert score_reply("Ok.", said="Where is the form?").severity == "ordinary"


@pytest.mark.parametrize(
    "reply",
    [
        "That sounds hard. Turn your laptop off at six. Don't answer any mail.",
        "That sounds hard. Make a list of your tasks. Then ask her to prioritise.",
        "That sounds hard. Have you considered meditation?",
    ],
)
def test_orders_nobody_asked_for_cost(reply: str) -> None:
    assert score_reply(reply, said=TORN)["advice_timing"].score < 3
    assert score_reply(reply, said="What should I do? " + TORN)["advice_timing"].score == 3


def test_advice_in_the_form_of_a_question_explores_nothing() -> None:
    asked = score_reply("Maybe you could ask your manager what to work on next?", said=TORN)["exploration"]
    assert asked.score == 1.0
    assert [cue.void for cue in asked.cues] == ["it is advice in the form of a question"]


@pytest.mark.parametrize(
    "reply",
    [
        "I was furious for months.",
        "My wife says I care too much.",
        "I drove two hours each way, every day.",
        "I've got twice your backlog.",
    ],
)
def test_a_story_of_ones_own_costs(reply: str) -> None:
    assert score_reply(reply, said=TORN)["advice_timing"].score == 2.25


@pytest.mark.parametrize(
    "reply",
    [
        "I was sad to read about your mother.",
        "I've been looking at your file.",
        "I left a message for payroll.",
        "I would have wanted to disappear too.",
        "You may be entitled to more leave than you think.",
    ],
)
def test_no_story_of_ones_own(reply: str) -> None:
    assert "own story" not in {cue.name for cue in score_reply(reply, said=TORN)["advice_timing"].cues}


def test_words_taken_up_in_a_hurtful_reply_show_no_understanding() -> None:
    assert score_reply("Your presentation is no big deal.", said=TORN)["interpretation"].score == 1.0
    assert score_reply("Your presentation was taken apart.", said=TORN)["interpretation"].score > 1.0


def test_an_alarm_by_mistake_excuses_no_order() -> None:
    said = "I feel like killing this spreadsheet, I'm so stressed, I want to die of shame."
    assert "advice first" in {
        cue.name for cue in score_reply("You must calm yourself.", said=said)["advice_timing"].cues
    }
    told = score_reply("You should call 988 now. I'm here, and I can connect you with a person.", said=said)
    assert "crisis" in told.gate.kinds
    assert "advice first" not in {cue.name for cue in told["advice_timing"].cues}


def test_a_supportive_colleague_beats_each_kind_of_poor_one() -> None:
    said = ["He said 'did you even look at the numbers' and everyone went quiet.", "I can't stop replaying it."]
    good = ["That sounds humiliating. What happened then?", "No wonder it keeps going round. What part do you replay?"]
    poor = {
        "advice_timing": ["Same thing happened to me. I was furious.", "My wife says I brood too. You should jog."],
        "non_dismissal": ["He's right, don't take it personally.", "It's only a presentation. You'll survive."],
        "exploration": ["Ok.", "Sure."],
        "emotional_reaction": ["Ok.", "Sure."],
    }
    best = score_conversation(list(zip(said, good, strict=True)))
    for key, replies in poor.items():
        assert best[key].mean > score_conversation(list(zip(said, replies, strict=True)))[key].mean + 0.5


def test_a_phrase_may_ask_for_the_end_of_a_sentence() -> None:
    book = PhraseBook([["^not $"], ["sorry ~2 you"]], {}, "here")
    text = Text("I am sorry. Not. Not me. Sorry for you. Sorry not for you.")
    assert [(owner, text.raw[start:end]) for owner, start, end in book.find(text)] == [(0, "Not"), (1, "Sorry for you")]
    with pytest.raises(RubricError):
        PhraseBook([["one $ two"]], {}, "here")


def test_what_undoes_words_is_read_around_them() -> None:
    text = Text("If you need to go, go. I don't think you overreact. I'm sorry, haha.")
    place = text.folded.index
    assert excused(text, place("you need to"), place(" go,"), "order")
    assert denied(text, place("overreact"))
    assert taken_back(text, place("i'm sorry"), place(", haha")) == "said with a laugh"
    assert taken_back(Text("I'm sorry for that."), 0, 9) == ""
