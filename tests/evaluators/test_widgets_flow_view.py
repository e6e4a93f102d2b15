"""The flow view: what was played is what stands on the page."""

import importlib
import re
from typing import Any

import pytest

from evaluators.chatbot.errors import FlowError
from evaluators.chatbot.turn import Turn
from evaluators.widgets.flow_view import _played, flow_html, flow_view, shipped_openings


class Counting:
    """Offers a person at the third message, or when asked; answers "again" alike."""

    name = "Count"

    def __init__(self) -> None:
        self.conversations = 0

    def conversation(self) -> Any:
        self.conversations += 1
        turns: list[Turn] = []

        class Talk:
            def say(self, text: str) -> Turn:
                place = len(turns) + 1
                reply = "Again?" if text == "again" else f"<b>{place}</b>"
                turns.append(Turn(text, reply, offered_person=place == 3 or text == "person"))
                return turns[-1]

        talk: Any = Talk()
        talk.turns = turns
        return talk


SCENARIOS = {
    "pay_stub": [["one", "two"]],
    "grief": [["person", "never said"], ["a", "b", "c"], ["a"]],
    "loop": [["again", "again"]],
}


def test_each_situation_opens_to_what_was_played() -> None:
    bot = Counting()
    flow, played = _played(bot, SCENARIOS, 8)
    assert bot.conversations == 5
    assert [[turn.said for turn in turns] for turns in played] == [
        ["one", "two"],
        ["person"],
        ["a", "b", "c"],
        ["a"],
        ["again", "again"],
    ]
    html = flow_html(flow, played, title="A <title>", notice="Grave & true.")
    summaries = [re.sub("<[^>]+>", "", each) for each in re.findall("<summary.*?</summary>", html)]
    assert summaries == [
        "○ Pay stub: it did not reach a person",
        "☎ Grief: 2 of 3 reached a person, half of them by turn 2, the last by turn 3",
        "↻ Loop: it did not reach a person; the same answer came twice",
    ]
    assert "1 more of its messages was not played." in html
    assert "never said" not in html
    assert "&lt;b&gt;1&lt;/b&gt;" in html
    assert "<b>1</b>" not in html
    assert "A &lt;title&gt;" in html
    assert "Grave &amp; true." in html
    assert 'role="img"' in html


def test_the_page_and_its_plain_text_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, str]] = []
    module = importlib.import_module("evaluators.widgets.flow_view")
    monkeypatch.setattr(module, "show", lambda html, text: shown.append((html, text)))
    flow_view(Counting(), {"grief": [["person"]]}, title="Mine")
    [(html, text)] = shown
    assert html.count("<details") == 1
    assert text.startswith("Mine\nCount: 1 of 1 openings reached a person")


def test_nothing_to_play_is_said() -> None:
    with pytest.raises(FlowError, match="no situations"):
        flow_view(Counting(), {})


def test_the_projects_own_tests_are_played_where_no_scenarios_are_given() -> None:
    openings = shipped_openings()
    assert all(message.strip() for each in openings.values() for talk in each for message in talk)
    assert "bereavement" in openings
