"""A question that nobody has to answer: saved like any other, never called open."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluators.widgets import Lab, _page
from evaluators.widgets import lab as lab_module

OPTIONS = {"yes": "Yes", "no": "No"}


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Widgets in the order in which they were shown, from a kernel in an empty folder."""
    widgets: list[Any] = []
    monkeypatch.chdir(tmp_path)
    for module in (_page, lab_module):
        monkeypatch.setattr(module, "show_widget", lambda make: widgets.append(make()))
    return widgets


@pytest.mark.parametrize(("answer", "summary"), [(None, "0 of 1 answered"), ("yes", "0 of 1 answered")])
def test_it_is_neither_open_nor_counted(shown: list[Any], tmp_path: Path, answer: str | None, summary: str) -> None:
    lab = Lab("audit")
    lab.choice("rule", "Which?", {"a": "A ratio", "b": "A count"})
    lab.choice("on_the_board", "Stand on the board?", OPTIONS, points=0, voluntary=True)
    lab.finish()
    assert "points" in shown[1].spec
    assert shown[1].spec["points"] == 0
    if answer:
        shown[1].answer = {"seq": 1, "value": answer}
        assert json.loads((tmp_path / "answers.json").read_text())["answers"] == {"on_the_board": "yes"}
    shown[2].clicks = 1
    assert shown[2].report["summary"] == summary
    assert [entry["number"] for entry in shown[2].report["open"]] == [1]
    shown[0].answer = {"seq": 1, "value": "a"}
    shown[2].clicks = 2
    assert (shown[2].report["summary"], shown[2].report["open"]) == ("1 of 1 answered", [])
