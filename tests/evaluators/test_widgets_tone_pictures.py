"""A scored reply on a page: marks lie on the words, figures are the score's, and what people wrote stays text."""

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.tone import score_reply
from evaluators.widgets import dimension_bars, marked_reply


def plain(page: str) -> str:
    return html.unescape(re.sub("<[^>]+>", "", page))


def marks(page: str) -> list[tuple[str, str]]:
    return [(look, html.unescape(text)) for look, text in re.findall(r"3px (solid|dashed)[^>]*>([^<]*)<", page)]


def test_words_that_earned_have_a_line_and_words_that_cost_have_dashes() -> None:
    score = score_reply("👍🏽 I'm so sorry for your loss. Calm down.", said="My father died.")
    page = marked_reply(score, dimensions=["emotional_reaction", "non_dismissal"])
    assert marks(page) == [("solid", "I'm so sorry for your loss"), ("dashed", "Calm down")]
    assert "−" in plain(page)
    assert "tells the person how to feel (non-dismissal)" in plain(page)
    assert "<ul>" not in marked_reply(score, listed_words=False)


@settings(max_examples=30, deadline=None)
@given(text=st.text(alphabet="aé<>&'\"👍🏽\n .I'm sorryCalmdown", min_size=1, max_size=60))
def test_the_reply_stands_on_the_page_letter_by_letter(text: str) -> None:
    if not text.strip():
        return
    page = marked_reply(score_reply(f"I'm sorry. {text} Calm down."), listed_words=False)
    assert plain(page) == f"I'm sorry. {text} Calm down."
    assert set(re.findall(r"<(/?\w+)", page)) <= {"div", "/div", "span", "/span"}


def test_all_words_are_too_small_or_none() -> None:
    page = marked_reply(score_reply("Tuesday."), dimensions=["ownership"])
    assert "No listed words: nothing earned, nothing cost." in page


def test_another_language_has_no_figures() -> None:
    score = score_reply("Siento mucho su pérdida, de verdad lo siento mucho.")
    assert "No score: The text is not in English." in marked_reply(score)
    assert dimension_bars(score) == "<p>No score: The text is not in English.</p>"


@pytest.mark.parametrize("reply", ["Calm down.", "I'm sorry. I will call you today. Would you like that?"])
def test_bars_say_each_figure_in_words_too(reply: str) -> None:
    score = score_reply(reply, said="My pay is wrong.")
    page = html.unescape(dimension_bars(score))
    for each in score.dimensions:
        assert f"{each.name} {each.score:.1f}" in page
    assert f"As a whole {score.overall:.1f}." in page
    assert page.count("(low confidence)") >= sum(each.confidence == "low" for each in score.dimensions)
