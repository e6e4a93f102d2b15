"""The page for one's own tickets: its example reads, its guess has its answer, and it runs without the example."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaluators.data import load_tarnbrook
from evaluators.widgets._tickets_desk import TicketsDesk

NAME = "05_read_your_own_tickets"
NOTEBOOK = Path(__file__).parents[2] / f"curriculum/01_reading_it_data/{NAME}.ipynb"


def test_the_page_runs_and_holds_no_person(
    run_lesson: Callable[[str], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = run_lesson(NAME)
    shown = lesson["shown"] + capsys.readouterr().out
    events, tickets = load_tarnbrook("ticket_events"), load_tarnbrook("tickets")
    assert f"The example has {len(events):,} rows." in shown
    assert round(len(events) / len(tickets)) == 8  # "About an eighth of that"
    assert "Here a form stands while the lab runs" in shown
    assert events["caller_id"].iloc[0] not in shown
    right = [list(options).index(key) for _, options, key in lesson["asked"]]
    assert len(set(right)) > 1  # the right answer is not always in the same place


def test_the_page_runs_without_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    shown: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **_: shown.append(str(thing)))
    exec(code.replace("example: bool = True", "example: bool = False"), {})
    assert not any("The example has" in each for each in shown)


def test_the_example_is_recognised_and_its_first_tickets_read(tmp_path: Path) -> None:
    events, people = load_tarnbrook("ticket_events"), load_tarnbrook("people")
    first = events[events["opened_at"] < pd.Timestamp("2025-03-01")]
    desk = TicketsDesk({"tickets": first, "people": people}, tmp_path)
    proposed = desk.look("table:tickets", {})["proposed"]
    assert sum(map(bool, proposed.values())) == first.shape[1]
    aside = desk.look_aside("table:tickets", {"people": "table:people"})
    assert aside["key"] == "employee_id"
    assert "site" in aside["groups"]
    assert "manager_id" not in aside["groups"]
