"""Questions of a lab that are answered in a code cell: announced, left out of the check, scored by parts."""

from pathlib import Path
from typing import Any

import pytest

from evaluators.answers import Item, problem_with
from evaluators.answers.marking import AnswerKeyError
from evaluators.answers.mime import CREDIT_MIME, ITEM_MIME
from evaluators.widgets import Lab, _display


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_display, "display", lambda thing, **_: found.append(thing))
    return found


def test_a_code_question_is_numbered_and_not_open(shown: list[dict[str, Any]]) -> None:
    lab = Lab("tried")
    lab.number("first", "How many?")
    lab.code("double", "Write double(n).", competency="D1", points=3)
    (spec,) = (each[ITEM_MIME] for each in shown if ITEM_MIME in each and each[ITEM_MIME]["id"] == "double")
    assert (spec["kind"], spec["number"], spec["points"], spec["competency"]) == ("code", 2, 3, "D1")
    lab.model_answers({"first": 4})
    lab.finish()
    assert any("1 of 1 answered" in str(each.get("text/plain", "")) for each in shown if isinstance(each, dict))
    assert problem_with(Item("double", "code", "Write double(n)."), None) is None


@pytest.mark.parametrize(
    ("parts", "points", "verdict", "said"),
    [
        pytest.param({"adds": 1, "tells errors": 1.0}, 3.0, "right", "2 of 2 things", id="all"),
        pytest.param(
            {"adds": 1, "tells errors": 0}, 1.5, "partly", "Not done, or only in part: tells errors.", id="half"
        ),
        pytest.param(
            {"adds": 0.5, "tells errors": 0.25}, 1.14, "partly", "0 of 2 things that were asked, and 2", id="part"
        ),
        pytest.param({"adds": 0, "tells errors": 0}, 0.0, "wrong", "0 of 2 things", id="none"),
    ],
)
def test_code_is_scored_by_its_parts(
    shown: list[dict[str, Any]], parts: dict[str, float], points: float, verdict: str, said: str
) -> None:
    lab = Lab("tried")
    lab.code("double", "Write double(n).", points=3)
    assert lab.credit_code("double", parts, explain="It should double.") == points  # shares have two decimals
    credit = shown[-1][CREDIT_MIME]
    assert (credit["verdict"], credit["answered"], credit["earned"]) == (verdict, True, points)
    assert said in credit["message"]
    assert credit["message"].endswith("It should double.")
    assert "Your answer" not in shown[-1]["text/html"]


def test_what_code_must_not_do_bounds_what_it_earns(shown: list[dict[str, Any]]) -> None:
    lab = Lab("tried")
    lab.code("double", "Write double(n).", points=4)
    parts = {"adds": 1, "tells errors": 1, "shouts at nobody": 0.5}
    assert lab.credit_code("double", parts, at_most=0.5) == 2.0
    assert "2 of 3 things" in shown[-1][CREDIT_MIME]["message"]
    assert lab.credit_code("double", {"adds": 0.25}, at_most=0.5) == 1.0


def test_code_that_was_never_asked_for_earns_nothing(shown: list[dict[str, Any]]) -> None:
    assert Lab("tried").credit_code("double", {"adds": 1}) == 0
    assert "did not run" in shown[-1]["text/plain"]


@pytest.mark.parametrize("parts", [{}, {"adds": 1.2}, {"adds": -0.1}])
def test_parts_that_make_no_sense_are_the_authors_mistake(shown: list[dict[str, Any]], parts: dict[str, float]) -> None:
    lab = Lab("tried")
    lab.code("double", "Write double(n).")
    with pytest.raises(AnswerKeyError):
        lab.credit_code("double", parts)
