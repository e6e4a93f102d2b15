"""The audit by clicking, without a kernel: what a browser would send is sent by hand."""

import ast
import re
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from evaluators.data import load_resume_callbacks
from evaluators.widgets._audit_desk import AuditDesk, read_settings
from evaluators.widgets._desk import FieldError
from evaluators.widgets.audit_explorer import AuditExplorer, audit_explorer
from tests.evaluators import own_data_forms
from tests.evaluators.own_data_forms import written

PEOPLE = "sex,race,decision,hired,score,applied\n" + "".join(
    f"{sex},{race},{'offer' if place < chosen else 'declined'},{'yes' if place < chosen else 'no'},{50 + place % 40},"
    f"2026-0{1 + place % 3}-15\n"
    for sex, race, chosen in [("f", "x", 12), ("f", "y", 14), ("m", "x", 30), ("m", "y", 31)]
    for place in range(60)
)
FILE = "file:people.csv"
CHOSEN = {"outcome": "hired", "groups": ["sex"]}
send = partial(own_data_forms.send, source=FILE)


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawings out: they take most of the time, and the page's own tests look at them."""
    monkeypatch.setattr("evaluators.screening.report._drawn", lambda *_: "<figure></figure>")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def explorer(folder: Path) -> AuditExplorer:
    return AuditExplorer(AuditDesk({}, folder))


def test_tables_that_can_be_audited_are_listed_and_nothing_else(folder: Path) -> None:
    for name in ("b.XLSX", "c.parquet", "d.csv.gz", "notes.md", ".hidden.csv", "~$b.xlsx", "people-audit.json"):
        (folder / name).write_text("x")
    (folder / "sub.csv").mkdir()
    desk = AuditDesk({"Example": pd.DataFrame()}, folder)
    assert list(desk.sources().values()) == ["Example", "b.XLSX", "c.parquet", "d.csv.gz", "people.csv"]
    assert AuditDesk({}, folder / "gone").sources() == {}


def test_the_columns_are_shown_with_examples_and_guesses_with_reasons(explorer: AuditExplorer) -> None:
    columns = {column["name"]: column for column in explorer.table["columns"]}
    assert list(columns) == ["sex", "race", "decision", "hired", "score", "applied"]
    assert sorted(columns["sex"]["labels"]) == ["f", "m"]
    assert (columns["decision"]["says_yes_or_no"], columns["hired"]["says_yes_or_no"]) == (False, True)
    assert columns["applied"]["examples"] == "2026-01-15, 2026-02-15, 2026-03-15"
    assert explorer.table["proposed"] == {
        "outcome": "hired",
        "groups": ["sex", "race"],
        "score": "score",
        "date": "applied",
    }
    assert any(
        text.startswith("'hired' is taken as the outcome: its name says so") for text in explorer.table["guesses"]
    )


def test_a_table_of_any_kind_is_looked_at_like_a_file(folder: Path) -> None:
    import polars as pl

    frame = pd.read_csv(folder / "people.csv", dtype=object).assign(mixed=[None, 1, "a", True] * 60)
    tables = {"pandas": frame, "polars": pl.DataFrame(frame.drop(columns="mixed").to_dict("list"))}
    desk = AuditDesk(tables, folder)
    file = desk.look(FILE, {})
    assert desk.look("table:pandas", {})["columns"][:-1] == file["columns"]
    assert desk.look("table:polars", {})["columns"] == file["columns"]
    assert desk.look("table:pandas", {})["columns"][-1]["empty"] == "25%"
    twins = pd.DataFrame([["f", "yes", "m"]], columns=["sex", "hired", "sex"])
    with pytest.raises(FieldError, match="sex"):
        AuditDesk({"twins": twins}, folder).look("table:twins", {})
    with pytest.raises(FieldError, match="no table"):
        AuditDesk({"text": "sex,hired"}, folder).look("table:text", {})


@pytest.mark.parametrize(
    ("values", "options"),
    [
        pytest.param(CHOSEN, ["--outcome", "hired", "--group", "sex"], id="least"),
        pytest.param(
            {**CHOSEN, "groups": ["sex", "race"], "score": "score", "date": "applied", "rules": "ll144",
             "reference": "m", "fail_under": "0,8", "alpha": "0.01", "leave_small_out": True},
            ["--outcome", "hired", "--group", "sex", "--group", "race", "--score", "score", "--month", "applied",
             "--rules", "ll144", "--reference", "m", "--fail-under", "0.8", "--alpha", "0.01", "--leave-small-out"],
            id="much",
        ),
        pytest.param(
            {"outcome": "decision", "groups": ["sex", "race"], "selected_values": ["offer"], "intersections": False,
             "fail_under": "0.8", "alpha": "", "beyond_chance": False},
            ["--outcome", "decision", "--group", "sex", "--group", "race", "--selected-is", "offer",
             "--no-intersections", "--fail-under", "0.8"],
            id="own-words",
        ),
    ],
)  # fmt: skip
def test_the_saved_files_are_those_of_the_command(
    explorer: AuditExplorer, folder: Path, values: dict[str, Any], options: list[str]
) -> None:
    from autograder.cli import app

    assert send(explorer, "run", values)["problems"] == {}
    reply = send(explorer, "save")
    assert reply["said"] == f"Saved in {folder}: people-audit.html and people-audit.json."
    ran = CliRunner().invoke(app, ["audit", str(folder / "people.csv"), *options, "--out", str(folder / "command")])
    assert ran.exit_code in (0, 1), ran.output

    assert written(folder, "people-audit") == written(folder / "command", "people-audit")
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        "people-audit.html", "people-audit.json", "people.csv",
    ]  # fmt: skip


def test_the_page_names_what_the_form_has(folder: Path) -> None:
    rows = [f"{label},{word}" for label in ("f", "m", "NA") for word in ["yes"] * 20 + ["no"] * 30]
    (folder / "na.csv").write_text("\n".join(["sex,hired", *rows]))
    explorer = AuditExplorer(AuditDesk({}, folder))
    chosen = {**CHOSEN, "fail_under": "0.8", "beyond_chance": False}
    assert send(explorer, "run", chosen, source="file:na.csv")["problems"] == {}
    page = explorer.result["page"].partition("</style>")[2]
    assert "list it among the labels that are not missing" in page
    assert "a limit on chance beside it leaves out gaps that chance explains" in page
    script = (Path(audit_explorer.__code__.co_filename).parent / "audit_explorer.js").read_text("utf-8")
    assert '"Labels that are not missing, although they read so"' in script
    assert '"Count a broken limit only where chance hardly explains the gap"' in script


def test_no_sentence_of_the_library_names_an_option_of_a_command() -> None:
    package = Path(audit_explorer.__code__.co_filename).parents[1]
    said = 0
    for path in sorted({*package.glob("*.py"), *package.glob("screening/*.py"), *package.glob("itdata/**/*.py")}):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if ">>>" in text or "``" in text or path.name == "_building.py":  # what developers read
                continue
            said += 1
            assert not re.search(r"(?<!\w)--[a-z]{2}", text), (path.name, text)
    assert said > 1000


def test_the_published_figures_of_the_example(folder: Path) -> None:
    explorer = AuditExplorer(AuditDesk({"Résumés": load_resume_callbacks()}, folder))
    assert explorer.table["source"] == "table:Résumés"
    reply = send(explorer, "run", explorer.table["proposed"], source="table:Résumés")
    assert reply["said"].startswith("Result: evidence of adverse impact. It concerns Black")
    page = explorer.result["page"]
    for figure in ("157", "2,435", "235", "9.7 %", "6.4 %"):  # 235 of 2,435 and 157 of 2,435, as published
        assert f">{figure}<" in page
    send(explorer, "save", source="table:Résumés")
    assert (folder / "resumes-audit.json").is_file()


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        pytest.param({"groups": ["sex"]}, "outcome", "who was selected", id="no-outcome"),
        pytest.param({"outcome": "hired"}, "groups", "Tick at least one", id="no-groups"),
        pytest.param({**CHOSEN, "groups": ["sex", "hired"]}, "groups", "“hired” is the outcome", id="used-twice"),
        pytest.param({**CHOSEN, "score": "hired"}, "score", "“hired” is the outcome", id="outcome-as-score"),
        pytest.param({**CHOSEN, "fail_under": "80 %"}, "fail_under", "such as 0.8", id="percent"),
        pytest.param({**CHOSEN, "fail_under": "nan"}, "fail_under", "such as 0.8", id="not-a-number"),
        pytest.param({**CHOSEN, "alpha": "1"}, "alpha", "such as 0.05", id="level"),
        pytest.param({"outcome": "decision", "groups": ["sex"]}, "outcome", "offer", id="own-words-unexplained"),
        pytest.param({**CHOSEN, "score": "race"}, "score", "race", id="score-of-words"),
        pytest.param({**CHOSEN, "date": "race"}, "date", "race", id="date-of-words"),
        pytest.param({**CHOSEN, "reference": "nobody"}, "reference", "f, m", id="unknown-reference"),
        pytest.param({**CHOSEN, "groups": ["age"]}, "source", "age", id="column-gone"),
        pytest.param({**CHOSEN, "rules": "mars"}, "rules", "mars", id="unknown-rules"),
        pytest.param("rubbish", "outcome", "who was selected", id="rubbish"),
        pytest.param({"outcome": ["hired"], "groups": "sex"}, "groups", "Tick at least one", id="other-shapes"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    explorer: AuditExplorer, folder: Path, values: Any, field: str, said: str
) -> None:
    reply = send(explorer, "run", values)
    assert said in reply["problems"][field]
    assert "--" not in reply["problems"][field]
    assert explorer.result == {}
    send(explorer, "save")
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


def test_files_that_cannot_be_read_are_said_at_the_list(folder: Path) -> None:
    (folder / "bad.csv").write_bytes(b"")
    (folder / "empty.csv").write_text("sex,hired\n")
    explorer = AuditExplorer(AuditDesk({}, folder))  # bad.csv is the first
    assert explorer.reply["problems"]["source"].startswith("bad.csv is empty.")
    assert explorer.table == {}
    assert send(explorer, "open", source="file:empty.csv")["problems"] == {}
    assert "no rows" in send(explorer, "run", CHOSEN, source="file:empty.csv")["problems"]["source"]
    for forged in ("file:../people.csv", "file:/etc/passwd", "people.csv", ""):
        assert "not there any more" in send(explorer, "run", CHOSEN, source=forged)["problems"]["source"]


def test_a_new_file_turns_up_and_another_table_clears_the_result(explorer: AuditExplorer, folder: Path) -> None:
    send(explorer, "run", CHOSEN)
    assert explorer.result["page"]
    (folder / "more.csv").write_text(PEOPLE.replace("hired", "invited"))
    assert ["file:more.csv", "more.csv"] in send(explorer, "list")["sources"]
    assert explorer.result["page"]
    send(explorer, "open", source="file:more.csv")
    assert (explorer.result, explorer.table["proposed"]["outcome"]) == ({}, "invited")
    assert send(explorer, "save", source="file:more.csv")["said"] == ""
    assert list(folder.glob("*-audit.*")) == []


def test_a_folder_that_cannot_be_written_is_said_at_the_button(
    explorer: AuditExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(explorer, "run", CHOSEN)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    assert "No space left on device" in send(explorer, "save")["problems"]["save"]
    assert explorer.result["page"]


def test_an_error_that_nobody_foresaw_is_no_traceback(explorer: AuditExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("evaluators.screening.applicants.audit_applicants", broken)
    assert "ZeroDivisionError" in send(explorer, "run", CHOSEN)["problems"]["form"]


def test_text_of_the_table_is_escaped_in_the_page(folder: Path) -> None:
    (folder / "odd.csv").write_text("sex,hired\n" + "<script>alert(1)</script>,yes\nm,no\n" * 20)
    explorer = AuditExplorer(AuditDesk({}, folder))
    send(explorer, "run", CHOSEN, source="file:odd.csv")
    assert "<script>alert" not in explorer.result["page"]
    assert "&lt;script&gt;alert" in explorer.result["page"]


def test_a_limit_goes_with_chance_unless_somebody_unticks_it() -> None:
    assert read_settings(CHOSEN)["limit_alpha"] is None
    assert read_settings({**CHOSEN, "fail_under": "0.8"})["limit_alpha"] == 0.05
    assert read_settings({**CHOSEN, "fail_under": "0.8", "beyond_chance": False})["limit_alpha"] is None
    assert read_settings({**CHOSEN, "not_missing": " NA, ,none "})["not_missing"] == ["NA", "none"]


def test_a_saved_notebook_holds_none_of_the_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit_explorer(
        {"<b>Example</b>": pd.DataFrame({"name": ["Ada"], "hired": [1]})}, folder=folder, title="<i>Mine</i>"
    )
    printed = capsys.readouterr().out
    assert "Here a form stands while the lab runs" in printed
    assert "Ada" not in printed
