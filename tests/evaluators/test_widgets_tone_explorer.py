"""One's own replies and bots by clicking, without a kernel: what a browser would send is sent by hand."""

import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from evaluators.widgets._tone_desk import OwnBot, ToneDesk
from evaluators.widgets.tone_explorer import ToneExplorer, tone_explorer
from tests.evaluators import own_data_forms
from tests.evaluators.own_data_forms import filled, written

BOT = """version: "3.1"
intents: [greet, pay]
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning
- intent: pay
  examples: |
    - my pay is wrong
    - my salary is too low
    - payroll made an error
responses:
  utter_greet:
  - text: Hello, how can I help?
  utter_pay:
  - text: Calm down. Fill in form 7.
  utter_default:
  - text: I did not understand that. Could you say it in other words?
rules:
- rule: greeting
  steps: [{intent: greet}, {action: utter_greet}]
- rule: pay
  steps: [{intent: pay}, {action: utter_pay}]
"""
TALKS = """stories:
- story: wrong pay
  metadata: {situation: payroll_error}
  steps:
  - user: my pay is wrong
  - never: [{say: calm down}]
- story: hello
  steps:
  - user: hello
  - must: [ask_question]
"""
KIND = "I'm sorry about that, Maria. I will call payroll today and tell you by 4."
LOG = "\n".join(
    [
        "Session ID,User message,Bot response,email,Ticket",
        f'a,"My pay is wrong, call 555 0100 22.","Hi Maria, {KIND}",maria@example.org,T1',
        'a,Again!,"Calm down, Maria.",maria@example.org,T2',
        "b,I want to kill myself.,Please fill in form 7.,x@example.org,T3",
        "b,Hola,Siento mucho su pérdida y le deseo mucha fuerza para los próximos días.,x@example.org,T4",
        "c,hello,,y@example.org,T5",
    ]
)
FILE = "file:log.csv"
BOT_FILE = "file:bot.yml"
send = partial(own_data_forms.send, source=FILE)


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawings out: they take most of the time, and the pages' own tests look at them."""
    monkeypatch.setattr("evaluators.reports.chart_html", lambda *_, **__: "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")
    (tmp_path / "bot.yml").write_text(BOT, encoding="utf-8")
    (tmp_path / "talks.yml").write_text(TALKS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def explorer(folder: Path) -> ToneExplorer:
    made = ToneExplorer(ToneDesk({}, folder))
    send(made, "open")
    return made


def test_tables_bots_and_tests_are_listed(folder: Path) -> None:
    (folder / "brook" / "tests").mkdir(parents=True)
    (folder / "brook" / "domain.yml").write_text(BOT)
    (folder / "brook" / "tests" / "talks.yml").write_text(TALKS)
    (folder / "notes.yml").write_text("shopping: [milk]")
    (folder / "stories.yml").write_text("stories:\n- story: a\n  steps:\n  - intent: greet\n")
    (folder / "empty").mkdir()
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("brook/domain.yml", BOT)
    listed = ToneDesk({"Example": pd.DataFrame()}, folder, {"Brook": OwnBot("bot.yml", "talks.yml")}).sources()
    assert listed == {
        "table:Example": "Example", "table:Brook": "Brook", "file:log.csv": "log.csv", "file:bot.yml": "bot.yml (bot)",
        "file:packed.zip": "packed.zip (bot)", "file:brook/": "brook/ (bot)", "tests:table:Brook": "the tests of Brook",
        "tests:file:talks.yml": "the tests in talks.yml", "tests:file:brook/": "the tests in brook/",
    }  # fmt: skip


def test_columns_are_recognised_by_their_names_and_the_rest_is_not_read(explorer: ToneExplorer) -> None:
    assert {field: column for field, column in explorer.table["proposed"].items() if field.startswith("columns")} == {
        "columns[reply]": "Bot response", "columns[said]": "User message", "columns[conversation]": "Session ID",
        "columns[situation]": "", "columns[id]": "",
    }  # fmt: skip
    assert explorer.table["guesses"][1] == "Not read: email, Ticket."


@pytest.mark.parametrize(
    ("values", "options"),
    [
        pytest.param({}, [], id="least"),
        pytest.param(
            {"columns[id]": "Ticket", "columns[conversation]": "", "quote": "replies", "show_names": True,
             "situation": "payroll_error"},
            ["--id", "Ticket", "--conversation", "", "--quote", "replies", "--show-names", "--situation",
             "payroll_error"],
            id="much",
        ),
        pytest.param({"columns[said]": "", "quote": "nothing"}, ["--said", "", "--quote", "nothing"], id="no-words"),
    ],
)  # fmt: skip
def test_scores_saved_by_clicking_are_those_of_the_command(
    explorer: ToneExplorer,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any],
    options: list[str],
) -> None:
    from autograder.cli import app

    monkeypatch.chdir(folder)
    assert send(explorer, "run", filled(explorer, **values))["problems"] == {}
    said = send(explorer, "save")["said"]
    assert said == f"Saved in {folder}: log-tone.html and log-tone.json and log-tone.csv."
    ran = CliRunner().invoke(app, ["tone", "score", "log.csv", *options, "--out", "command"])
    assert ran.exit_code == 0, ran.output
    assert written(folder, "log-tone") == written(folder / "command", "log-tone")
    assert (folder / "log-tone.csv").read_bytes() == (folder / "command" / "log-tone.csv").read_bytes()


@pytest.mark.parametrize("packed", [False, True], ids=["file", "zip"])
def test_a_run_saved_by_clicking_is_that_of_the_command(
    explorer: ToneExplorer, folder: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    from autograder.cli import app

    monkeypatch.chdir(folder)
    bot, tests = ("packed.zip", "packed.zip") if packed else ("bot.yml", "talks.yml")
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("mine/domain.yml", BOT)
        archive.writestr("mine/tests/talks.yml", TALKS)
    (folder / "better.yml").write_text(BOT.replace("Calm down. Fill in form 7.", KIND))
    kept = ["--accepted", "accepted.json"]
    first = CliRunner().invoke(app, ["tone", "better.yml", "--tests", tests, *kept, "--accept"])
    assert first.exit_code == 0, first.output
    source = f"file:{bot}"
    send(explorer, "open", source=source)
    assert explorer.table["proposed"]["tests"].startswith("tests:file:")
    assert explorer.table["files"]["accepted"] == ["accepted.json"]
    values = filled(explorer, tests=f"tests:file:{tests}", accepted="accepted.json", tolerance="0,5")
    reply = send(explorer, "run", values, source=source)
    assert reply["problems"] == {}
    assert "1 of 2" in reply["said"]
    send(explorer, "save", source=source)
    ran = CliRunner().invoke(app, ["tone", bot, "--tests", tests, *kept, "--tolerance", "0.5", "--out", "command"])
    assert ran.exit_code == 1, ran.output
    (folder / "command" / "tone.json").rename(folder / "command" / f"{Path(bot).stem}-tone.json")
    (folder / "command" / "tone.html").rename(folder / "command" / f"{Path(bot).stem}-tone.html")
    mine = written(folder, f"{Path(bot).stem}-tone")
    assert mine == written(folder / "command", f"{Path(bot).stem}-tone")
    assert mine[0]["diff"] is not None


def test_what_a_person_must_read_stands_on_the_page(explorer: ToneExplorer) -> None:
    assert send(explorer, "run", filled(explorer, **{"columns[id]": "Ticket"}))["said"] == "3 of 5 replies scored."
    page = explorer.result["page"]
    assert explorer._done is not None
    found = explorer._done.found
    assert "T3" in [row for row, _ in found.failed]
    assert found.failed_gates == len(found.failed)
    assert found.unscored() == (("The text is not in English.", ("T4",)), ("there is no reply", ("T5",)))
    for words in ("Row T3", "Row T4", "Conversations with the lowest means", "very few people"):
        assert words in page
    assert [each.conversation for each in found.conversations] == ["b", "a"]
    assert [each.replies for each in found.conversations] == [2, 2]


def test_names_and_addresses_are_covered_where_they_can_be_found(explorer: ToneExplorer) -> None:
    send(explorer, "run", filled(explorer))
    assert explorer._done is not None
    for text in (explorer.result["page"], explorer._done.numbers):
        assert "Hi Maria" not in text
        assert "555 0100" not in text
        assert "example.org" not in text
    send(explorer, "run", filled(explorer, quote="nothing"))
    assert "form 7" not in explorer._done.numbers
    send(explorer, "run", filled(explorer, quote="replies"))
    assert "kill myself" not in explorer.result["page"]
    assert "form 7" in explorer.result["page"]
    send(explorer, "run", filled(explorer, show_names=True))
    assert "Hi Maria" in explorer.result["page"]


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        pytest.param({"columns[reply]": ""}, "columns[reply]", "Choose the column", id="no-reply"),
        pytest.param({"columns[said]": "Bot response"}, "columns[said]", "Use each column once", id="twice"),
        pytest.param({"columns[id]": "gone"}, "columns[id]", "gone", id="column-gone"),
        pytest.param({"calibration": "gone.json"}, "calibration", "not there any more", id="calibration"),
        pytest.param({"quote": "everything"}, "quote", "cannot be quoted", id="quote"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    explorer: ToneExplorer, folder: Path, changed: dict[str, Any], field: str, said: str
) -> None:
    before = sorted(path.name for path in folder.iterdir())
    reply = send(explorer, "run", filled(explorer, **changed))
    assert list(reply["problems"]) == [field], reply["problems"]
    assert said in reply["problems"][field]
    assert explorer.result == {}
    send(explorer, "save")
    assert sorted(path.name for path in folder.iterdir()) == before


def test_tests_that_do_not_fit_are_said_at_their_field(explorer: ToneExplorer, folder: Path) -> None:
    send(explorer, "open", source=BOT_FILE)
    values = filled(explorer)
    for changed, field, said in (
        ({"tests": "tests:file:../x.yml"}, "tests", "Choose the tests"),
        ({"situation": "bereavement"}, "situation", "No story"),
        ({"accepted": "gone.json"}, "accepted", "not there"),
        ({"tolerance": "9"}, "tolerance", "from 0 to 4"),
    ):
        reply = send(explorer, "run", {**values, **changed}, source=BOT_FILE)
        assert list(reply["problems"]) == [field], reply["problems"]
        assert said in reply["problems"][field]
    (folder / "talks.yml").write_text("stories:\n- story: a\n  steps:\n  - user: hi\n  - must: [dance]\n")
    assert "dance" in send(explorer, "run", values, source=BOT_FILE)["problems"]["tests"]
    (folder / "bot.yml").write_text("intents: [greet]\nresponses: 3\n")
    (folder / "talks.yml").write_text(TALKS)
    assert "responses" in send(explorer, "run", values, source=BOT_FILE)["problems"]["source"]


def test_rubbish_from_the_browser_is_no_traceback(explorer: ToneExplorer, folder: Path) -> None:
    assert "columns[reply]" in send(explorer, "run", "rubbish")["problems"]
    for forged in ("file:../log.csv", "file:/etc/passwd", "file:../", ""):
        assert "not there any more" in send(explorer, "run", filled(explorer), source=forged)["problems"]["source"]
    assert "Choose the bot here" in send(explorer, "open", source="tests:file:talks.yml")["problems"]["source"]
    (folder / "odd.zip").write_bytes(b"PK no zip")
    send(explorer, "open", source="file:odd.zip")
    values = filled(explorer, tests="tests:file:talks.yml")
    assert "no zip file" in send(explorer, "run", values, source="file:odd.zip")["problems"]["source"]


def test_given_replies_and_bots_read_as_files_do(explorer: ToneExplorer, folder: Path) -> None:
    from evaluators.chatbot import Bot

    given = {"Replies": pd.read_csv(folder / "log.csv")}
    bots = {"Mine": OwnBot(lambda: Bot.from_files(folder / "bot.yml"), folder / "talks.yml")}
    other = ToneExplorer(ToneDesk(given, folder, bots))
    assert other.table["proposed"] == explorer.table["proposed"]
    assert send(other, "run", filled(other), source="table:Replies")["problems"] == {}
    send(explorer, "run", filled(explorer))
    assert other._done is not None
    assert explorer._done is not None
    mine, theirs = other._done.found.to_dict(), explorer._done.found.to_dict()
    assert mine | {"name": ""} == theirs | {"name": ""}
    send(other, "open", source="table:Mine")
    assert send(other, "run", filled(other), source="table:Mine")["problems"] == {}
    assert [story.outcome for story in other._done.found.stories] == ["failed", "passed"]


def test_long_work_says_how_far_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluators.widgets._tone_desk._EVERY_S", 0.0)
    explorer = ToneExplorer(ToneDesk({}, folder))
    told: list[dict[str, Any]] = []
    explorer.observe(lambda change: told.append(change["new"]), names="progress")
    send(explorer, "run", {"columns[reply]": "Bot response"})
    assert told[0] == {"words": "Scored 1 of 5", "share": 0.2}
    assert told[-1] == {}
    send(explorer, "run", {"tests": "tests:file:talks.yml"}, source=BOT_FILE)
    assert {"words": "Played 2 of 2", "share": 1.0} in told


def test_text_of_the_table_is_escaped(folder: Path) -> None:
    (folder / "odd.csv").write_text(LOG.replace("Calm down", "<script>alert(1)</script> calm down").replace("T2", "=1"))
    explorer = ToneExplorer(ToneDesk({}, folder))
    send(explorer, "open", source="file:odd.csv")
    send(explorer, "run", filled(explorer, **{"columns[id]": "Ticket"}), source="file:odd.csv")
    assert "<script>alert" not in explorer.result["page"]
    assert "&lt;script&gt;alert" in explorer.result["page"]


def test_a_sentence_stands_where_no_form_can(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    tone_explorer({"Example": pd.DataFrame({"reply": ["Hello."]})})
    assert "Here a form stands while the lab runs." in capsys.readouterr().out
