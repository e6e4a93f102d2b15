"""`hrlab screener`: somebody's own screener in a process, tables, page and JSON, exit codes; the docs' own examples."""

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from autograder.cli import app
from evaluators.errors import LabError
from evaluators.judgement.screener.example import COMMAND, WORKFLOW, example_files
from evaluators.judgement.screener.run import ScreenerRun

DOCS = Path(__file__).parents[2] / "docs"
RATINGS = "cv,who,points\n" + "".join(
    f"r{place:02},{who},{(place * 7) % 24 + shift}\n" for place in range(24) for who, shift in [("x", 0), ("y", 1)]
)
RESUMES = "cv,years,sex\n" + "".join(f"r{place:02},{(place * 7) % 24},{'fm'[place % 2]}\n" for place in range(24))
SCREENER = """
def score(resume):
    return resume["years"]
def broken(resume):
    return resume["wage"]
"""
NAMED = ["--panel", "ratings.csv", "--items", "resumes.csv", "--item", "cv", "--rater", "who", "--rating", "points"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a screener, résumés and ratings."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name, text in [("ratings.csv", RATINGS), ("resumes.csv", RESUMES), ("b_mine.py", SCREENER)]:
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def unfair(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a screener have run that prefers men; test_judgement_screeners has the process, and so have others here."""

    def run(spec: str, items: pd.DataFrame, *, item: str, withheld: Sequence[str], **_: object) -> ScreenerRun:
        years, men = items["years"].astype(float).to_numpy(), (items["sex"] == "m").to_numpy()
        scores = pd.Series(years + 100.0 * men, index=items[item].tolist(), name="score")
        return ScreenerRun(spec, scores, "call", ("years", "sex"), (item, *withheld), 0.0, 0.0)

    monkeypatch.setattr("evaluators.judgement.screener.run.run_screener", run)


def screener(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["screener", *map(str, arguments)])


def refused(*arguments: object) -> LabError:
    """Return the error that the command line turns into exit code 2; nothing was written."""
    before = sorted(Path().rglob("*"))
    result = screener(*arguments)
    assert isinstance(result.exception, LabError), result.output
    assert sorted(Path().rglob("*")) == before
    return result.exception


def test_a_fair_follower_gets_a_page_and_json(folder: Path) -> None:
    result = screener(
        "b_mine:score", *NAMED, "--group", "sex", "--withhold", "sex", "--fail-under", "0.9", "--out", "o"
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in Path("o").iterdir()) == ["ratings-screener.html", "ratings-screener.json"]
    assert "Result: all limits are kept." in result.output
    assert "The screener could see: years." in result.output
    value = json.loads(Path("o/ratings-screener.json").read_text(encoding="utf-8"))
    assert value["against_panel"]["correlation"]["value"] == 1.0
    assert value["run"]["withheld"] == ["cv", "sex"]
    assert value["files"]["résumés"]["name"] == "resumes.csv"
    assert value["written_at"].endswith("+00:00")
    page = Path("o/ratings-screener.html").read_text(encoding="utf-8")
    assert "hrlab screener" in page
    assert "r00" not in page


@pytest.mark.usefixtures("unfair")
def test_an_unfair_one_ends_with_1_and_prints_json_alone(folder: Path) -> None:
    result = screener("b_mine.py:unfair", *NAMED, "--group", "sex", "--feature", "years", "--json", "-")
    assert result.exit_code == 1, result.output
    value = json.loads(result.stdout)
    assert [(limit["name"], limit["result"]) for limit in value["limits"]] == [("unfairness", "broken")]
    assert value["groups_seen"] == ["sex"]
    assert sorted(path.name for path in Path().iterdir()) == ["b_mine.py", "ratings.csv", "resumes.csv"]


@pytest.mark.usefixtures("unfair")
def test_without_groups_and_with_a_broken_limit(folder: Path) -> None:
    result = screener("b_mine:unfair", *NAMED, "--fail-under", "0.99", "--print-only")
    assert result.exit_code == 1, result.output
    assert "Result: 1 limit broken (order). NOBODY LOOKED AT FAIRNESS: no groups are named." in result.output


def test_a_screener_that_fails_is_told_with_its_line_and_writes_nothing(folder: Path) -> None:
    found = refused("b_mine:broken", *NAMED)
    assert found.problem == "The screener failed on r00: KeyError: 'wage'."
    assert 'b_mine.py, line 5, in broken: return resume["wage"]' in found.hint


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        pytest.param([], "No screener is named", "hrlab screener --example", id="nothing"),
        pytest.param(["b_mine:score"], "No ratings are named", "--panel ratings.csv", id="no-ratings"),
        pytest.param(["b_mine", *NAMED], "does not say which module", "screener.py:score", id="no-name"),
        pytest.param(["model.joblib", *NAMED], "is a stored model", "joblib.load", id="stored"),
        pytest.param(["b_mine:score", *NAMED, "--fail-under", "2"], "rank correlation is 2", "-1 to 1", id="limit"),
        pytest.param(["b_mine:score", *NAMED, "--fail-under-ratio", "0.8"], "needs groups", "sex", id="ratio"),
        pytest.param(["b_mine:score", *NAMED, "--group", "race"], "race", "cv, years, sex", id="no-such-group"),
        pytest.param(["b_mine:score", *NAMED, "--withhold", "age"], "age", "years", id="no-such-withheld"),
        pytest.param(["b_mine:score", *NAMED, "--timeout", "0"], "limit is 0", "over 0", id="no-time"),
        pytest.param(["b_mine:score", *NAMED, "--html", "resumes.csv"], "is the table itself", "another", id="over"),
        pytest.param(["b_mine:score", *NAMED, "--levels", "a,b|c"], "none of the levels a,b, c", "all", id="levels"),
        pytest.param(["b_mine:score", *NAMED[:4]], "were guessed", "--item cv", id="guessed"),
        pytest.param(
            ["b_mine:score", *NAMED[:2], *NAMED[4:]], "says nothing about the résumés", "table", id="no-items"
        ),
    ],
)
def test_wrong_use_is_told_before_anything_runs(folder: Path, arguments: list[str], said: str, hint: str) -> None:
    found = refused(*arguments)
    assert said in found.problem
    assert hint in found.hint


def test_an_example_is_written_into_a_new_folder_only(folder: Path) -> None:
    result = screener("--example", "new")
    assert result.exit_code == 0, result.output
    written = {path.relative_to("new").as_posix() for path in Path("new").rglob("*") if path.is_file()}
    assert written == set(example_files())
    assert "cd new" in result.output
    assert "is not empty" in refused("--example", "new").problem


# The docs.


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", (DOCS / "screener.md").read_text("utf-8"), flags=re.DOTALL)


def test_the_workflow_of_the_docs_is_that_of_the_example_and_pins_its_actions() -> None:
    workflow, hooks = blocks("yaml")
    assert workflow == WORKFLOW
    steps = yaml.safe_load(workflow)["jobs"]["screener"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert [name.split("@")[0].split("/")[1] for name in used] == ["checkout", "setup-python", "upload-artifact"]
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name) for name in used)
    keep = next(step for step in steps if step.get("uses", "").startswith("actions/upload-artifact"))
    assert keep["if"] == "${{ !cancelled() }}"
    assert keep["with"]["path"] == "checked/"
    assert yaml.safe_load(workflow)["permissions"] == {"contents": "read"}
    entry = yaml.safe_load(hooks)["repos"][0]["hooks"][0]["entry"]
    assert shlex.split(entry)[:2] == ["hrlab", "screener"]


def commands_of_the_docs() -> list[Any]:
    workflow, hooks = blocks("yaml")
    steps = yaml.safe_load(workflow)["jobs"]["screener"]["steps"]
    first = re.search(r"cd my_check\n +(hrlab .*?)\n\n", (DOCS / "screener.md").read_text("utf-8"), flags=re.DOTALL)
    assert first is not None
    return [
        pytest.param(next(step["run"] for step in steps if "hrlab" in step.get("run", "")), id="workflow"),
        pytest.param(yaml.safe_load(hooks)["repos"][0]["hooks"][0]["entry"], id="pre-commit", marks=pytest.mark.slow),
        pytest.param(first[1].replace("\\\n", " "), id="first", marks=pytest.mark.slow),
        pytest.param(COMMAND, id="readme", marks=pytest.mark.slow),
    ]


@pytest.mark.parametrize("command", commands_of_the_docs())
def test_the_commands_of_the_docs_run_on_the_example(folder: Path, command: str, monkeypatch: Any) -> None:
    screener("--example", "new", "--quiet")
    monkeypatch.chdir(folder / "new")
    words = shlex.split(command)
    assert words[:2] == ["hrlab", "screener"]
    result = screener(*words[2:])
    assert result.exit_code == 0, result.output
    if "--out" in words:
        assert sorted(path.name for path in Path("checked").iterdir()) == [
            "ratings-screener.html",
            "ratings-screener.json",
        ]


@pytest.mark.slow
def test_the_copycat_of_the_example_must_not_pass(folder: Path, monkeypatch: Any) -> None:
    screener("--example", "new", "--quiet")
    monkeypatch.chdir(folder / "new")
    command = next(line.strip() for line in Path("README.md").read_text("utf-8").splitlines() if "copycat --" in line)
    result = screener(*shlex.split(command)[2:])
    assert result.exit_code == 1, result.output
    assert "must not be used as it is, however well it follows the panel" in result.output


@pytest.mark.slow
def test_the_python_of_the_docs_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(blocks("python")[-1], {})
    assert "Whether the people chosen do well is another question" in capsys.readouterr().out


def test_a_swap_that_moves_scores_ends_with_1(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(spec: str, items: pd.DataFrame, *, item: str, withheld: Sequence[str] = (), **_: object) -> ScreenerRun:
        scores = items["years"].astype(float) + 100.0 * (items["sex"] == "m")
        return ScreenerRun(spec, scores.set_axis(items[item].tolist()), "call", ("sex",), (item, *withheld), 0.0, 0.0)

    for module in ("run", "swapping"):
        monkeypatch.setattr(f"evaluators.judgement.screener.{module}.run_screener", run)
    result = screener("b_mine:score", *NAMED, "--group", "sex", "--swap", "sex")
    assert result.exit_code == 1, result.output
    value = json.loads(Path("ratings-screener.json").read_text(encoding="utf-8"))
    assert [abs(each["effect"]) for each in value["probe"]["effects"]] == [100.0]
    assert {limit["name"]: limit["result"] for limit in value["limits"]}["swap"] == "broken"
    assert "Words swapped" in Path("ratings-screener.html").read_text(encoding="utf-8")


def test_a_swap_needs_groups(folder: Path) -> None:
    assert "A swap needs groups" in refused("b_mine:score", *NAMED, "--swap", "sex").problem
