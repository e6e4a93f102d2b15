"""The page for one's own panel: its example is read, its guess has its answer, and it runs without the example."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluators.judgement.reading import panel_of
from evaluators.judgement.study._words import raters_for
from evaluators.judgement.study.panel_study import judge_panel
from evaluators.widgets._judge_desk import JudgeDesk

NAME = "05_judge_your_own_panel"
NOTEBOOK = Path(__file__).parents[2] / f"curriculum/04_recruiter_criteria/{NAME}.ipynb"


def code_of(notebook: Path) -> str:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


@pytest.fixture(scope="module")
def lesson(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(NAME)


def test_the_page_runs_and_its_right_answers_stand_in_three_places(
    run_lesson: Callable[[str], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = run_lesson(NAME)
    shown = lesson["shown"] + capsys.readouterr().out
    assert "Here a form stands while the lab runs" in shown
    assert "no human has rated" in " ".join(NOTEBOOK.read_text("utf-8").split())
    right = [list(options).index(key) for _, options, key in lesson["asked"]]
    assert sorted(right) == [0, 1, 2]


def test_the_page_runs_without_the_example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    shown: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **_: shown.append(str(thing)))
    names: dict[str, Any] = {}
    exec(code_of(NOTEBOOK).replace("example: bool = True", "example: bool = False"), names)
    assert (names["ratings"], names["items"], names["tool"]) == ({}, {}, {})
    assert not any("planted" in each for each in shown)


def test_the_example_is_recognised_and_all_parts_can_be_computed(lesson: dict[str, Any], tmp_path: Path) -> None:
    desk = JudgeDesk(lesson["ratings"], tmp_path, items=lesson["items"], tool=lesson["tool"])
    source = next(iter(desk.sources()))
    seen = desk.look(source, {})
    proposed, aside = seen["proposed"], seen["aside"]
    assert (proposed["item"], proposed["rater"], proposed["rating"]) == ("resume_id", "recruiter", "overall")
    assert aside["items"]["cues"] == lesson["SEEN"]
    assert (aside["items"]["groups"], aside["items"]["within"]) == (["name_race", "name_sex"], "job")
    assert aside["tool"]["tool_score"] == "score"
    read = desk._ratings(desk._sheet(source), proposed)
    assert (read.panel.n_items, read.panel.n_raters) == (120, 12)  # "12 raters gave 1 to 7 points to 120 résumés"
    assert read.panel.values().tolist() == list(range(1, 8))
    described, _ = desk._described(proposed, read)
    scores, _ = desk._scores(proposed, read)
    found = judge_panel(read.panel, **described, dimensions=read.dimensions, scores=scores, replicates=200)
    assert found.not_computed == ()


def test_the_guess_has_its_answer(lesson: dict[str, Any]) -> None:
    from evaluators.judgement.agreement.alpha import krippendorff_alpha
    from evaluators.judgement.reading import guess_layout, sheet_of_frame

    sheet = sheet_of_frame(next(iter(lesson["ratings"].values())))
    panel = panel_of(sheet, guess_layout(sheet)).panel
    assert raters_for(krippendorff_alpha(panel, replicates=100).value) == 6  # "About six"


def test_commands_on_the_page_have_only_options_that_there_are() -> None:
    from typer.main import get_command

    from autograder.cli import app

    text = "\n".join(line for line in json.loads(NOTEBOOK.read_text("utf-8"))["cells"][-1]["source"])
    lines = re.findall(r"^    hrlab (\w+) (.*)$", text, flags=re.MULTILINE)
    assert {command for command, _ in lines} == {"judge", "screener"}
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for command, rest in lines:
        known = {option for parameter in commands[command].params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", rest)) <= known
