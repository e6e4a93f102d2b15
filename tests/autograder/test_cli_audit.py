"""`hrlab audit`: files in, table, page and JSON out, exit codes, questions."""

import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from autograder.cli import app
from evaluators.data import load_resume_callbacks
from evaluators.errors import LabError

PEOPLE = "sex,race,hired,score\n" + "".join(
    f"{sex},{race},{'yes' if place < chosen else 'no'},{50 + place % 40}\n"
    for sex, race, chosen in [("f", "x", 12), ("f", "y", 14), ("m", "x", 30), ("m", "y", 31)]
    for place in range(60)
)
NAMED = ["--outcome", "hired", "--group", "sex"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with people.csv beside it."""
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def audit(*arguments: object, answers: str | None = None) -> Result:
    return CliRunner().invoke(app, ["audit", *map(str, arguments)], input=answers)


def refused(*arguments: object) -> LabError:
    """Return the error that the command line turns into exit code 2."""
    result = audit(*arguments)
    assert isinstance(result.exception, LabError), result.output
    assert list(Path().iterdir()) == []
    return result.exception


def test_a_page_and_json_are_written_where_one_stands(folder: Path) -> None:
    result = audit("../people.csv", *NAMED)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in Path().iterdir()) == ["people-audit.html", "people-audit.json"]
    value = json.loads(Path("people-audit.json").read_text(encoding="utf-8"))
    groups = {each["group"]: each for each in value["selection"]["families"]["sex"]["groups"]}
    assert (groups["f"]["selected"], groups["f"]["applicants"]) == (26, 120)
    assert groups["f"]["impact_ratio"] == pytest.approx(26 / 61)
    assert value["written_at"].endswith("+00:00")
    assert "Result: evidence of adverse impact. It concerns f." in result.output
    assert "hrlab audit" in Path("people-audit.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param([], 0, id="no-limit"),
        pytest.param(["--fail-under", "0.8"], 1, id="broken"),
        pytest.param(["--fail-under", "0.8", "--alpha", "0.05"], 1, id="broken-beyond-chance"),
        pytest.param(["--fail-under", "0.4"], 0, id="kept"),
        pytest.param(["--fail-under", "0.8", "--alpha", "0.0000001"], 0, id="kept-by-its-level"),
    ],
)
def test_exit_codes(folder: Path, options: list[str], code: int) -> None:
    result = audit("../people.csv", *NAMED, "--print-only", *options)
    assert result.exit_code == code, result.output
    assert list(Path().iterdir()) == []


def test_a_limit_that_nobody_could_check_needs_a_person(folder: Path) -> None:
    Path("../none.csv").write_text("sex,hired\nf,0\nm,0\n", encoding="utf-8")
    result = audit("../none.csv", *NAMED, "--fail-under", "0.8", "--print-only")
    assert result.exit_code == 1
    assert "could not be checked" in result.output


def test_the_field_experiment_from_a_csv(folder: Path) -> None:
    load_resume_callbacks().to_csv("../callbacks.csv", index=False)
    result = audit("../callbacks.csv", "--outcome", "called_back", "--group", "race", "--json", "-", "--rules", "ll144")
    value = json.loads(result.stdout)
    black = next(each for each in value["selection"]["families"]["race"]["groups"] if each["group"] == "Black")
    assert (black["selected"], black["applicants"]) == (157, 2435)
    assert black["impact_ratio"] == pytest.approx(0.66809, abs=1e-5)  # 157/235; published as 1.50 the other way
    assert value["verdict"] == "evidence of adverse impact"
    assert list(Path().iterdir()) == []  # - is the screen


def test_workbooks_and_parquet_give_what_csv_gives(folder: Path) -> None:
    import pandas as pd

    people = pd.read_csv("../people.csv")
    people.to_parquet("../people.parquet")
    book = openpyxl.Workbook()
    book.active.append(["Applicants"])
    for row in [list(people), *people.itertuples(index=False)]:
        book.active.append(list(row))
    book.save("../people.xlsx")
    found = []
    for name in ("people.csv", "people.parquet", "people.xlsx"):
        result = audit(f"../{name}", *NAMED, "--group", "race", "--score", "score", "--json", "-")
        value = json.loads(result.stdout)
        found.append({part: value[part] for part in ("people", "selection", "scores", "scoring")})
    assert found[0]["people"] == 240
    assert found[0] == found[1] == found[2]


def test_guesses_are_said_and_need_a_yes(folder: Path) -> None:
    error = refused("../people.csv")
    assert "nobody is there to confirm" in error.problem
    assert "hrlab audit ../people.csv --outcome hired --group sex --group race --score score" in error.hint
    result = audit("../people.csv", "--yes", "--print-only")
    assert result.exit_code == 0
    assert "'hired' is taken as the outcome: its name says so" in result.stderr
    assert "By sex × race" in result.output


def test_a_person_confirms_or_refuses_the_guess(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.cli.audit.is_terminal", lambda: True)
    assert audit("../people.csv", "--print-only", answers="y\n").exit_code == 0
    result = audit("../people.csv", "--print-only", answers="n\n")
    assert isinstance(result.exception, LabError)
    assert "hrlab audit --ask" in result.exception.hint


def test_questions_lead_to_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.cli.audit.is_terminal", lambda: True)
    # file (one that is not there first), outcome, score, groups (a slip first), month, rules
    result = audit("--json", "first.json", answers="nope.csv\n../people.csv\n3\n0\n9\n1,2\n0\n2\n")
    assert result.exit_code == 0, result.output
    assert "There is no file nope.csv" in result.output
    assert "Please type numbers with commas between, from 0 to 4." in result.output
    command = "hrlab audit ../people.csv --outcome hired --group sex --group race --rules ll144"
    assert command in result.output.splitlines()
    again = audit(*command.split()[2:], "--json", "-")
    first = json.loads(Path("first.json").read_text(encoding="utf-8"))
    assert json.loads(again.stdout)["selection"] == first["selection"]


def test_without_a_file_and_a_terminal(folder: Path) -> None:
    assert "No file is named" in refused().problem


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        pytest.param("", NAMED, "is empty", id="empty"),
        pytest.param("sex,hired\n", NAMED, "no rows", id="no-rows"),
        pytest.param("sex,hired\nf,yes\nm,maybe\n", NAMED, "'maybe'", id="three-values"),
        pytest.param("sex,hired\nf,yes\nm,\n", NAMED, "has nothing", id="open-outcome"),
        pytest.param("sex,hired\nf,yes\nf,no\n", NAMED, "only one group", id="one-group"),
        pytest.param("sex,hird\nf,yes\n", NAMED, "no column 'hired'", id="no-outcome"),
        pytest.param("sex,sex,hired\nf,f,yes\n", NAMED, "2 columns called 'sex'", id="same-name"),
        pytest.param("name,town\nAda,Bonn\n", ["--yes"], "is not clear", id="nothing-to-guess"),
        pytest.param("sex,hired\nf,yes\nm\n", NAMED, "cannot be read", id="ragged"),
        pytest.param(PEOPLE, [*NAMED, "--rules", "gdpr"], "no rules called", id="rules"),
        pytest.param(PEOPLE, [*NAMED, "--alpha", "5"], "alpha is 5", id="alpha"),
        pytest.param(PEOPLE, [*NAMED, "--fail-under", "80"], "limit is 80", id="limit-in-percent"),
        pytest.param(PEOPLE, [*NAMED, "--reference", "z"], "No column has the group 'z'", id="reference"),
        pytest.param(PEOPLE, [*NAMED, "--json", "../file.csv"], "is the table itself", id="over-the-table"),
        pytest.param(PEOPLE, [*NAMED, "--html", "a", "--json", "a"], "same name", id="one-name-for-two"),
    ],
)
def test_bad_input_writes_nothing(folder: Path, text: str, options: list[str], said: str) -> None:
    Path("../file.csv").write_text(text, encoding="utf-8")
    assert said in refused("../file.csv", *options).problem
    assert Path("../file.csv").read_text(encoding="utf-8") == text


def test_labels_cannot_steer_the_terminal_or_the_markup(folder: Path) -> None:
    Path("../odd.csv").write_text(
        PEOPLE.replace("\nm,", "\n=cmd(),").replace("\nf,", "\n[red]\x1b[31m,"), encoding="utf-8"
    )
    result = audit("../odd.csv", *NAMED, "--print-only")
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "[red]\ufffd[31m" in result.output
    assert "=cmd()" in result.output


def test_the_command_itself_ends_with_2_and_a_sentence(folder: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "autograder", "audit", "nope.csv"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "There is no file nope.csv" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_bootstrap_intervals_stand_with_their_seed_on_page_and_in_json(folder: Path) -> None:
    result = audit("../people.csv", *NAMED, "--intervals", "bootstrap", "--replicates", "400", "--seed", "5")
    assert result.exit_code == 0, result.output
    said = "bootstrap, 400 draws, seed 5, percentile"
    assert said in Path("people-audit.html").read_text(encoding="utf-8")
    value = json.loads(Path("people-audit.json").read_text(encoding="utf-8"))
    assert value["intervals"] == {"method": "bootstrap", "name": said, "replicates": 400, "seed": 5}
    again = audit(
        "../people.csv", *NAMED, "--intervals", "bootstrap", "--replicates", "400", "--seed", "5", "--json", "-"
    )
    assert json.loads(again.stdout)["selection"] == value["selection"]


def test_a_seed_without_the_bootstrap_is_refused(folder: Path) -> None:
    assert "draw nothing" in refused("../people.csv", *NAMED, "--seed", "5").problem


def test_the_command_after_questions_has_the_options_that_were_given(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.cli.audit.is_terminal", lambda: True)
    options = [
        "--reference",
        "m",
        "--fail-under",
        "0.5",
        "--alpha",
        "0.01",
        "--no-intersections",
        "--intervals",
        "katz",
    ]
    result = audit("../people.csv", "--ask", "--print-only", *options, answers="3\n0\n1,2\n0\n0\n")
    line = next(line for line in result.output.splitlines() if line.startswith("hrlab audit"))
    for option, value in (("--reference", "m"), ("--fail-under", "0.5"), ("--alpha", "0.01"), ("--intervals", "katz")):
        assert f"{option} {value}" in line
    assert "--no-intersections" in line
    first, again = (json.loads(audit(*line.split()[2:], "--json", "-").stdout) for _ in range(2))
    assert first["selection"] == again["selection"]
    assert first["selection"]["families"]["sex"]["reference_rule"] == "m"


def test_errors_of_a_file_name_the_row(folder: Path) -> None:
    Path("../odd.csv").write_text("A title\nsex,hired,score\nf,yes,1\nm,no,2\nm,maybe,many\n", encoding="utf-8")
    assert "In row 3 of the data (not counting the header)" in refused("../odd.csv", *NAMED).problem
    error = refused("../odd.csv", "--group", "sex", "--score", "score")
    assert error.problem == "In row 3 of the data (not counting the header) the score column 'score' has 'many'."


def test_the_table_fits_a_terminal_of_eighty_letters(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.cli.audit.out.width", 80)
    result = audit("../people.csv", *NAMED, "--group", "race", "--print-only")
    tables = [line for line in result.output.splitlines() if line[:1] in "┏┃┡│└"]
    assert tables
    assert all(line[-1] in "┓┃┩│┘" for line in tables)
    assert "referen…" not in result.output
