"""Places of cues, words and sentences; counts and school grades."""

import math
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.tone import RubricError, Text, count_syllables, find_cues, readability, score_reply
from evaluators.tone._phrases import PhraseBook

PIECES = st.sampled_from(
    [
        "I'm so sorry for your loss",
        "I’m SO so\u0301rry",
        "calm down",
        "at least you",
        "👩‍👩‍👧‍👦",
        "🙄",
        "e\u0301\u0302",
        "\u200b",
        "İ",
        "ﬁne",
        "“",
        "”",
        ". ",
        "!\n",
        "Thank you",
        "ＳＯＲＲＹ",
        "how are you?",
        " ",
        "не",
        "\u0301",
        "> ",
        "’",
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_places_of_cues_point_at_their_words(reply: str) -> None:
    for cue in find_cues(reply).cues:
        assert 0 <= cue.start < cue.end <= len(reply)
        assert reply[cue.start : cue.end] == cue.text
        assert not unicodedata.combining(cue.text[0])
        assert cue.end == len(reply) or not unicodedata.combining(reply[cue.end])


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_scored_and_adds_up(reply: str) -> None:
    if not reply.strip():
        return
    score = score_reply(reply, said=reply)
    for each in score.dimensions:
        if score.abstained:
            assert math.isnan(each.score)
            continue
        total = each.baseline + sum(cue.weight for cue in each.cues)
        assert each.score == pytest.approx(min(max(total, 0), 4), abs=1e-3)
        assert all(reply[cue.start : cue.end] == cue.text for cue in each.cues)


@pytest.mark.parametrize("lead", ["🙂 ", "👩‍👩‍👧‍👦👍🏽 ", "e\u0301e\u0301 ", "\u200b\u200b", "İİ "])
def test_emoji_and_marks_before_a_cue_do_not_move_it(lead: str) -> None:
    reply = f"{lead}I’m so sorry for your loss."
    (cue,) = [cue for cue in find_cues(reply).cues if cue.name == "condolence"]
    assert reply[cue.start : cue.end] == "I’m so sorry for your loss"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", 3),
        ("Dr. Ito is in at 3 p.m. today.", 1),
        ("It costs 3.50 euros. See www.example.org/a.b for more.", 2),
        ("- first\n- second\n\nDone", 3),
        ("Wait… what?!", 2),
        ("🙂", 0),
    ],
)
def test_sentences_are_counted_as_people_count_them(text: str, sentences: int) -> None:
    assert len(Text(text).sentences) == sentences


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("He said “no” and 'yes, now' twice.", ["“no”", "'yes, now'"]),
        ("The employees' pay isn't here.", []),
        ("> quoted line\nown line", ["> quoted line"]),
        ('An open " mark', []),
    ],
)
def test_quotations_are_found(text: str, places: list[str]) -> None:
    assert [text[start:end] for start, end in Text(text).quotations] == places


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("mat", 1),
        ("hired", 1),
        ("policy", 3),
        ("employee", 3),
        ("area", 3),
        ("doesn't", 2),
        ("created", 3),
        ("little", 2),
        ("wanted", 2),
        ("changes", 2),
        ("someone", 2),
        ("rhythm", 2),
        ("reimbursement", 4),
        ("insurance", 3),
        ("2026", 1),
    ],
)
def test_syllables_match_a_dictionary(word: str, syllables: int) -> None:
    assert count_syllables(word) == syllables


def test_the_grade_is_kincaids_formula_on_a_published_example() -> None:
    # 13 words, 1 sentence, 24 syllables: the example of the encyclopaedias, with reading ease 37.5. Three times over,
    # because under 30 words no grade is given.
    sentence = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."
    found = readability(" ".join([sentence] * 3))
    assert (found.words, found.sentences, found.syllables) == (39, 3, 72)
    assert found.grade == pytest.approx(0.39 * 13 + 11.8 * 24 / 13 - 15.59)
    assert pytest.approx(37.5, abs=0.05) == 206.835 - 1.015 * 13 - 84.6 * 24 / 13
    assert math.isnan(readability(sentence).grade)


def test_long_sentences_and_jargon_have_places() -> None:
    text = "🙂 " + "word " * 26 + "end. Your FSA (an account for medical bills) and your HSA end."
    found = readability(text)
    (place,) = found.long_sentences
    assert text[slice(*place)].startswith("🙂") or text[slice(*place)].startswith("word")
    assert text[slice(*place)].endswith("end.")
    assert [(each.word, each.explained) for each in found.jargon] == [("FSA", True), ("HSA", False)]
    assert [text[each.start : each.end] for each in found.jargon] == ["FSA", "HSA"]


def test_links_are_no_words() -> None:
    assert readability("See https://example.org/pay-stubs/2026 now.").words == 2


@pytest.mark.parametrize("phrase", ["~2 sorry", "(very)?", "{nowhere} sorry", "sorry (to", "any* start", "50$ off"])
def test_phrases_that_cannot_be_read_are_refused(phrase: str) -> None:
    with pytest.raises(RubricError):
        PhraseBook([[phrase]], {"list": ["a"]}, "here")


def test_the_phrase_language() -> None:
    book = PhraseBook([["^at least", "sorry ~1 wait*", "(a (b|c)|d) e"], ["{name}"]], {"name": ["x y"]}, "here")

    def found(text: str) -> list[str]:
        return [text[start:end] for _, start, end in book.find(Text(text))]

    assert found("At least. Not at least.") == ["At least"]
    assert found("sorry, long waiting; sorry for the wait") == ["sorry, long waiting"]
    assert found("a b e, a c e, d e, a e") == ["a b e", "a c e", "d e"]
    assert found("x  y") == ["x  y"]


def test_a_sentence_may_end_in_no_and_a_number_may_begin_with_it() -> None:
    assert len(Text("You said no. Dana will call you.").sentences) == 2
    assert len(Text("Come to room no. 5 at noon.").sentences) == 1


def test_a_long_hostile_text_takes_no_time_that_grows() -> None:
    assert find_cues("sorry " * 20_000).cues
    assert find_cues("He said “sorry”. What? " * 3_000).cues
    assert readability("a" * 50_000).words == 1
    assert Text("'" * 20_000).quotations == ()
