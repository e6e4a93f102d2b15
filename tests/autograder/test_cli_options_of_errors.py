"""An error of the library names an argument; a command names its option instead, one that it has."""

import ast
import pickle
import re
from pathlib import Path

import pytest
import typer

from autograder.cli import app, main
from autograder.cli._common import _OPTIONS, option_of
from evaluators.errors import LabError
from evaluators.itdata.errors import ExportError


@pytest.mark.parametrize(
    ("text", "option"),
    [
        pytest.param("Number,Opened\nA,3/2/2026\n", "--day-first or --month-first", id="day-first"),
        pytest.param("Number,Raised\nA,2026-02-03\n", '--map opened_at="…"', id="column"),
    ],
)
def test_the_hint_ends_with_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str, option: str
) -> None:
    (tmp_path / "list.csv").write_text(text)
    monkeypatch.setattr("sys.argv", ["hrlab", "incidents", str(tmp_path / "list.csv"), "--yes", "--print-only"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert f"Option: {option}." in " ".join(capsys.readouterr().err.split())


# Modules that no command calls, and settings of an endpoint that no option sets, so that no command can meet the error.
NOT_CALLED = ("widgets", "flow.py", "function_talker.py", "trial.py")
NOT_SET = {"temperature", "seed", "retries", "history_turns"}
# Arguments of evaluators.judgement that no command takes: they are set in a notebook.
NOT_SET |= {"draws", "form", "method", "placed", "sizes", "tie", "weights", "words"}


def test_every_argument_that_an_error_names_is_an_option() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    own_files = [commands[name] for name in ("audit", "incidents", "judge", "screener")]
    own_files += commands["tone"].commands.values()
    there = {option for one in own_files for each in one.params for option in [*each.opts, *each.secondary_opts]}
    for option in _OPTIONS.values():
        assert set(option.split(" or ")) <= there
    named = set()
    for path in (Path(__file__).parents[2] / "evaluators").rglob("*.py"):
        if {path.name, path.parent.name} & set(NOT_CALLED):
            continue
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Error") and len(call.args) == 3:
                named |= {each.value for each in ast.walk(call.args[2]) if isinstance(each, ast.Constant)} - {""}
    assert {"day_first", "sheet", "encoding", "time_zone", "mapping[number]", "situation", "base_url"} <= named, named
    for argument in named - {"mapping[", "]"} - NOT_SET:  # the two ends of an f-string
        assert set(re.split(" or | ", option_of(argument))) & there, argument


def test_an_argument_survives_a_worker() -> None:
    error = pickle.loads(pickle.dumps(ExportError("Two ways.", "Say which.", "day_first")))
    assert (error.problem, error.hint, error.argument) == ("Two ways.", "Say which.", "day_first")
    assert str(error) == "Two ways.\nHint: Say which. (Argument: day_first)"
    assert str(LabError("Gone.", "Look again.")) == "Gone.\nHint: Look again."
