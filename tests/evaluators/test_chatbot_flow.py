import json

import pytest

from evaluators.chatbot import Turn, example_bot
from evaluators.chatbot.errors import FlowError
from evaluators.chatbot.flow import bot_flow


class Echo:
    """Says "again" to everything, and fetches a person on "help"."""

    name = "Echo"

    def conversation(self):
        return EchoTalk()


class EchoTalk:
    def __init__(self):
        self.turns = []

    def say(self, text):
        reply = text if text.startswith("new") else "again"
        self.turns.append(Turn(text, reply, offered_person=text == "help"))
        return self.turns[-1]


def test_figures_are_those_of_a_hand_count():
    scenarios = {
        "reached": [["help"], ["new 1", "help"], ["new 1", "new 2", "new 3", "help"]],
        "round and round": [["a", "b", "help"], ["a", "a", "a"]],
        "well": [["new 1"], "new 2"],
    }
    flow = bot_flow(Echo(), scenarios)
    assert [path.person_after for path in flow.paths] == [1, 2, 4, 3, None, None, None]
    assert [path.outcome for path in flow.paths] == ["person"] * 4 + ["loop", "no person", "no person"]
    first, second, third = flow.situations
    assert (first.share, first.median_turns, first.most_turns, first.loops) == (1.0, 2.0, 4, 0)
    assert (second.openings, second.reached, second.share, second.loops) == (2, 1, 0.5, 1)
    assert (third.reached, third.median_turns, third.most_turns) == (0, None, None)
    assert flow.share == pytest.approx(4 / 7, abs=1e-4)
    assert flow.never == ("well",)
    assert flow.loops == ("round and round",)
    assert "4 of 7 openings reached a person, half of them by turn 2, the last by turn 4." in flow.summary()
    assert flow.to_frame()["most_turns"].tolist()[:2] == [4, 3]
    assert json.loads(json.dumps(flow.to_dict(), allow_nan=False))["situations"][2]["most_turns"] is None


def test_an_opening_ends_at_the_most_turns_and_at_the_first_offer():
    flow = bot_flow(Echo(), {"a": [["new 1", "new 2", "help", "x"]]}, max_turns=2)
    assert (flow.paths[0].turns, flow.paths[0].person_after) == (2, None)
    assert bot_flow(Echo(), {"a": [["help", "x"]]}).paths[0].turns == 1


@pytest.mark.parametrize("scenarios", [{}, {"a": []}, {"a": "text"}, {"a": [[]]}, {"a": [[1]]}, []])
def test_nothing_to_play_is_refused(scenarios):
    with pytest.raises(FlowError):
        bot_flow(Echo(), scenarios)


def test_no_turns_are_refused():
    with pytest.raises(FlowError, match="0 turns"):
        bot_flow(Echo(), {"a": [["x"]]}, max_turns=0)


def test_grave_situations_of_the_example_reach_a_person_at_once():
    flow = bot_flow(
        example_bot(),
        {
            "bereavement": [["my father died"]],
            "harassment": [["my boss touched me"]],
            "pay stub": [["payslip", "latest"]],
        },
    )
    assert [each.most_turns for each in flow.situations] == [1, 1, None]


def test_the_chart_has_a_text_alternative_and_fits_a_telephone():
    spec = bot_flow(Echo(), {"reached": [["help"]], "never": [["a", "b"]]}).chart().to_dict()
    assert "1 of 2 openings" in spec["description"]
    assert spec["width"] <= 270
    assert {layer["mark"]["type"] for layer in spec["layer"]} == {"bar", "point", "text"}
