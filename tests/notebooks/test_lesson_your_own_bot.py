"""The page for one's own bot: its examples read, its guess has its answer, and it runs without the examples."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluators.data import dataset_folder, load_hr_replies
from evaluators.tone import load_rubric, score_reply
from evaluators.widgets._tone_desk import ToneDesk

NAME = "05_your_own_bot"
NOTEBOOK = Path(__file__).parents[2] / f"curriculum/03_designing_chatbot_tone/{NAME}.ipynb"


def test_the_page_runs_and_quotes_nobody_before_it_is_asked(
    run_lesson: Callable[[str], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = run_lesson(NAME)
    shown = lesson["shown"] + capsys.readouterr().out
    assert "Here a form stands while the lab runs" in shown
    assert load_hr_replies()["said"].iloc[0] not in shown
    assert (lesson["bots"]["Example: Brook (a bot)"][1]).is_dir()
    right = [list(options).index(key) for _, options, key in lesson["asked"]]
    assert len(set(right)) == 3  # the right answer is not always in the same place


def test_the_page_runs_without_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    shown: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **_: shown.append(str(thing)))
    names: dict[str, Any] = {}
    exec(code.replace("example: bool = True", "example: bool = False"), names)
    assert (names["replies"], names["bots"]) == ({}, {})
    assert not any("Datasheet" in each for each in shown)


def test_the_guess_has_its_answer_and_the_example_its_columns(tmp_path: Path) -> None:
    replies = load_hr_replies()
    desk = ToneDesk({"replies": replies}, tmp_path)
    proposed = desk.look("table:replies", {})["proposed"]
    found = desk.run("table:replies", proposed).found
    plain = [
        score_reply(row["reply"], said=row["said"], situation=row["situation"]) for row in replies.to_dict("records")
    ]
    means = {key: sum(score[key].score for score in plain) / len(plain) for key in load_rubric().keys}
    assert found.means() == pytest.approx(means, abs=1e-3)
    assert min(("politeness", "interpretation", "plain_language"), key=means.__getitem__) == "interpretation"
    assert {replies["situation"].nunique(), len(replies)} == {10, 48}  # "48 replies ... over ten situations"


def test_the_warning_stands_before_anything_else_is_shown() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    opening = "".join(cells[0]["source"])
    assert "call or text 988" in opening
    assert "no words: figures only" in opening
    assert "no human has rated" in "".join("".join(cell["source"]) for cell in cells)
    assert (dataset_folder("hr_bot") / "tests").is_dir()
