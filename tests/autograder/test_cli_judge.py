"""`hrlab judge`: ratings in, tables, page and JSON out, exit codes, questions, names that stay away."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from autograder.cli import app
from evaluators.errors import LabError

rng = np.random.default_rng(8)
ITEMS = [f"cv{number:02d}" for number in range(30)]
YEARS = rng.integers(0, 10, 30)
SKILLS = rng.integers(0, 8, 30)
RATERS = {"Ada": 0.0, "Ben": 0.8, "Cleo": -0.5}
RATINGS = {
    rater: np.clip(np.round(1 + 0.5 * SKILLS + 0.2 * YEARS + level + rng.normal(0, 0.5, 30)), 1, 7).astype(int)
    for rater, level in RATERS.items()
}
WIDE = pd.DataFrame({"cv": ITEMS, **RATINGS})
LONG = WIDE.melt(id_vars="cv", var_name="interviewer", value_name="rating")
RESUMES = pd.DataFrame({"cv": ITEMS, "years": YEARS, "skills": SKILLS, "sex": ["f", "m"] * 15})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with the tables beside it."""
    monkeypatch.setenv("COLUMNS", "200")
    LONG.to_csv(tmp_path / "long.csv", index=False)
    WIDE.to_csv(tmp_path / "wide.csv", index=False)
    RESUMES.to_csv(tmp_path / "resumes.csv", index=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


FAST = ["--replicates", "100"]


def judge(*arguments: object, answers: str | None = None) -> Result:
    return CliRunner().invoke(app, ["judge", *map(str, arguments), *FAST], input=answers)


def refused(*arguments: object) -> LabError:
    """Return the error that the command line turns into exit code 2."""
    result = judge(*arguments)
    assert isinstance(result.exception, LabError), result.output
    assert list(Path().iterdir()) == []
    return result.exception


NAMED = ["--item", "cv", "--rater", "interviewer", "--rating", "rating"]
ACROSS = ["--item", "cv", "--rater", "Ada", "--rater", "Ben", "--rater", "Cleo"]


def test_a_page_and_json_are_written_where_one_stands(folder: Path) -> None:
    result = judge("../long.csv", *NAMED)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in Path().iterdir()) == ["long-judge.html", "long-judge.json"]
    value = json.loads(Path("long-judge.json").read_text(encoding="utf-8"))
    assert (value["schema"], value["kind"]) == (1, "panel study")
    assert (value["panel"]["items"], value["panel"]["ratings"]) == (30, 90)
    assert value["measure"]["measure"] == "krippendorff_alpha_interval"
    assert value["written_at"].endswith("+00:00")
    assert "What to do next" in result.output
    assert "A row is taken as one rating (a long table)." in result.output


def test_long_and_wide_give_the_same_figures(folder: Path) -> None:
    for name, options in (("long", NAMED), ("wide", ACROSS)):
        assert judge(f"../{name}.csv", *options, "--json", f"{name}-judge.json", "--quiet").exit_code == 0
    one, other = (json.loads(Path(f"{name}-judge.json").read_text(encoding="utf-8")) for name in ("long", "wide"))
    assert one["columns"]["shape"] == "long"
    assert other["columns"]["shape"] == "wide"
    for each in (one, other):
        for key in ("written_at", "file", "columns"):
            del each[key]
    assert one == other


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param([], 0, id="no-limit"),
        pytest.param(["--fail-under", "0.1"], 0, id="kept"),
        pytest.param(["--fail-under", "0.999"], 1, id="broken"),
        pytest.param(["--fail-under", "0.1", "--measure", "w"], 0, id="kept-w"),
        pytest.param(["--fail-under", "0.999", "--measure", "icc"], 1, id="broken-icc"),
    ],
)
def test_exit_codes(folder: Path, options: list[str], code: int) -> None:
    result = judge("../long.csv", *NAMED, "--print-only", *options)
    assert result.exit_code == code, result.output
    assert list(Path().iterdir()) == []


def test_a_limit_that_nobody_can_check_needs_a_person(folder: Path) -> None:
    Path("../one.csv").write_text("cv,interviewer,rating\na,Ada,3\nb,Ada,4\n", encoding="utf-8")
    result = judge("../one.csv", *NAMED, "--fail-under", "0.5", "--print-only")
    assert result.exit_code == 1, result.output
    assert "could not be checked" in result.output
    assert "There is one rater." in result.output


def test_nobody_is_named_unless_asked_for(folder: Path) -> None:
    result = judge("../wide.csv", *ACROSS)
    written = [path.read_text(encoding="utf-8") for path in Path().iterdir()]
    assert len(written) == 2
    for text in [result.output, *written]:
        assert "rater A" in text
        assert not any(name in text for name in RATERS)
    named = judge("../wide.csv", *ACROSS, "--names", "--print-only")
    assert all(name in named.output for name in RATERS)


def test_what_raters_value_and_a_screener(folder: Path) -> None:
    Path("mine.py").write_text("def score(resume):\n    return resume['skills']\n", encoding="utf-8")
    result = judge(
        "../long.csv", *NAMED, "--items", "../resumes.csv", "--cue", "years", "--cue", "skills", "--group", "sex",
        "--model", "mine.py:score", "--withhold", "sex", "--json", "long-judge.json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    value = json.loads(Path("long-judge.json").read_text(encoding="utf-8"))
    assert {each["cue"] for each in value["importance"]["cues"]} == {"years", "skills"}
    assert value["against"]["correlation"]["value"] > 0.5
    assert value["against"]["audit"] is not None
    assert "The screener mine.py:score saw these columns: years, skills." in result.output


def test_a_screener_that_fails_writes_nothing(folder: Path) -> None:
    Path("../bad.py").write_text("def score(resume):\n    return resume['nothing']\n", encoding="utf-8")
    error = refused("../long.csv", *NAMED, "--items", "../resumes.csv", "--cue", "years", "--model", "../bad.py:score")
    assert "cv" in error.problem


def test_stated_weights(folder: Path) -> None:
    Path("../said.csv").write_text("rater,years,skills\nAda,90,10\nBen,50,50\n", encoding="utf-8")
    result = judge(
        "../long.csv", *NAMED, "--items", "../resumes.csv", "--cue", "years", "--cue", "skills", "--stated",
        "../said.csv", "--names", "--json", "long-judge.json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    value = json.loads(Path("long-judge.json").read_text(encoding="utf-8"))
    assert [row["rater"] for row in value["stated"]["raters"]] == ["Ada", "Ben"]
    assert value["stated"]["raters"][0]["moved"] > value["stated"]["raters"][1]["moved"]


def test_guesses_need_somebody_to_confirm_them(folder: Path) -> None:
    error = refused("../wide.csv")
    assert "nobody is there to confirm" in error.problem
    assert "hrlab judge ../wide.csv --wide --item cv --rater Ada --rater Ben --rater Cleo" in error.hint
    result = judge("../wide.csv", "--yes", "--print-only")
    assert result.exit_code == 0, result.output
    assert "3 columns are taken as the raters" in result.output


def test_words_in_an_order_that_is_named(folder: Path) -> None:
    words = {1: "no", 2: "maybe", 3: "yes"}
    table = LONG.assign(rating=[words[min(3, int(mark) // 2 + 1)] for mark in LONG["rating"]])
    table.to_csv("../words.csv", index=False)
    result = judge(
        "../words.csv", *NAMED, "--levels", "no,maybe,yes", "--measure", "kappa", "--json", "words-judge.json"
    )
    assert result.exit_code == 0, result.output
    value = json.loads(Path("words-judge.json").read_text(encoding="utf-8"))
    assert value["panel"]["levels"] == ["no", "maybe", "yes"]
    assert value["measure"]["measure"] == "weighted_kappa_quadratic"
    guessed = judge("../words.csv", *NAMED, "--print-only")
    assert isinstance(guessed.exception, LabError)  # the order of words is a guess, too
    assert "--levels 'no|maybe|yes'" in guessed.exception.hint


def test_questions_step_by_step(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.cli.judge.is_terminal", lambda: True)
    result = judge("../long.csv", "--ask", "--print-only", answers="n\n1\n2\n3\n0\n0\n")
    assert result.exit_code == 0, result.output
    assert "The same without questions:" in result.output
    assert "hrlab judge ../long.csv --item cv --rater interviewer --rating rating" in result.output
    wide = judge("../wide.csv", "--ask", "--print-only", answers="y\n1\n2,3,4\n")
    assert wide.exit_code == 0, wide.output
    assert "--wide --item cv --rater Ada --rater Ben --rater Cleo" in wide.output


def test_no_is_an_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.cli.judge.is_terminal", lambda: True)
    result = judge("../long.csv", answers="n\n")
    assert isinstance(result.exception, LabError)
    assert "--ask" in result.exception.hint


def test_json_for_machines(folder: Path) -> None:
    result = judge("../long.csv", *NAMED, "--json", "-")
    assert json.loads(result.stdout)["kind"] == "panel study"
    assert list(Path().iterdir()) == []
    quiet = judge("../long.csv", *NAMED, "--quiet", "--print-only")
    assert quiet.output == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "No file is named", id="no-file"),
        pytest.param(["../none.csv"], "There is no file", id="missing"),
        pytest.param(["../long.csv", "--model", "x:y"], "--model needs the table", id="model-alone"),
        pytest.param(["../long.csv", *NAMED, "--measure", "gamma"], "no measure 'gamma'", id="measure"),
        pytest.param(["../long.csv", *NAMED, "--scale", "big"], "no scale 'big'", id="scale"),
        pytest.param(["../long.csv", "--item", "cw"], "no column 'cw'", id="column"),
        pytest.param(["../long.csv", *NAMED, "--html", "../long.csv"], "is the table itself", id="over-the-table"),
        pytest.param(["../long.csv", *NAMED, "--levels", "1,2,3"], "none of the levels", id="levels"),
    ],
)
def test_wrong_use(folder: Path, arguments: list[str], said: str) -> None:
    assert said in refused(*arguments).problem
    assert Path("../long.csv").read_text(encoding="utf-8").startswith("cv,interviewer")


def test_a_log_names_nobody_and_quiet_says_nothing(folder: Path) -> None:
    told = judge("../wide.csv", "--yes", "--print-only")
    assert "3 columns are taken as the raters" in told.output
    assert not [name for name in RATERS if name in told.output]
    assert judge("../wide.csv", "--yes", "--quiet").output == ""
    assert "Ada" in judge("../wide.csv", "--yes", "--names", "--print-only").output
