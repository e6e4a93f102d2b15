"""`hrlab tone`: tests in, results out, exit codes, and nothing written over what is read."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from autograder.cli import app
from evaluators.errors import LabError

NLU = """version: "3.1"
nlu:
  - intent: greet
    examples: |
      - hello there
      - good morning to you
  - intent: pay
    examples: |
      - my pay is wrong
      - I was paid too little
intents: [greet, pay]
rules:
  - rule: greet
    steps: [{intent: greet}, {action: utter_greet}]
  - rule: pay
    steps: [{intent: pay}, {action: utter_pay}]
responses:
  utter_greet: [{text: "Hello. What can I do for you?"}]
  utter_pay: [{text: "PAY"}]
"""
KIND = "I'm sorry, that should not happen. Payroll will call you today. Would you like that?"
TESTS = """version: "3.1"
stories:
  - story: pay is wrong
    metadata: {situation: payroll_error}
    steps:
      - user: my pay is wrong
        intent: pay
      - action: utter_pay
        must: [ask_question]
  - story: hello
    steps:
      - user: hello there
      - must: [{say: hello}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a bot and tests."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("evaluators.tone.conversation_tests.page._drawn", lambda run: "")  # charts are tested elsewhere
    bot(tmp_path, KIND)
    (tmp_path / "talks.yml").write_text(TESTS, encoding="utf-8")
    return tmp_path


def bot(folder: Path, pay: str) -> None:
    (folder / "bot.yml").write_text(NLU.replace("PAY", pay), encoding="utf-8")


def tone(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["tone", *map(str, arguments)])


def refused(*arguments: object) -> LabError:
    """Return the error that the command line turns into exit code 2."""
    result = tone(*arguments)
    assert isinstance(result.exception, LabError), result.output
    return result.exception


def test_a_run_prints_and_writes_what_was_asked_for(folder: Path) -> None:
    result = tone("bot.yml", "--tests", "talks.yml", "--out", "results")
    assert result.exit_code == 0, result.output
    assert "2 of 2 stories passed." in result.output
    assert "No person has rated our own HR replies." in result.output
    assert "pay is wrong" in (folder / "results" / "tone.html").read_text(encoding="utf-8")
    assert json.loads((folder / "results" / "tone.json").read_text(encoding="utf-8"))["counts"]["passed"] == 2
    assert ET.parse(folder / "results" / "tone.xml").getroot().get("tests") == "2"


def test_without_options_no_file_is_written_and_the_word_test_may_be_there(folder: Path) -> None:
    before = sorted(folder.iterdir())
    assert tone("test", "bot.yml", "--tests", "talks.yml").exit_code == 0
    assert tone("--tests", "talks.yml", "bot.yml", "-q").output == ""
    assert sorted(folder.iterdir()) == before


def test_json_on_the_screen_is_all_there_is(folder: Path) -> None:
    result = tone("bot.yml", "--tests", "talks.yml", "--json", "-", "--situation", "payroll_error")
    assert [each["name"] for each in json.loads(result.stdout)["stories"]] == ["pay is wrong"]


def test_a_planted_regression_is_seen_sentence_by_sentence(folder: Path) -> None:
    asked = ["bot.yml", "--tests", "talks.yml", "--accepted", "accepted.json"]
    assert tone(*asked, "--accept").exit_code == 0
    assert "Nothing got worse in 2 stories." in tone(*asked).output
    bot(folder, "Calm down, payroll will call you. Would you like that?")
    result = tone(*asked, "--junit", "out.xml")
    assert result.exit_code == 1
    assert "2 of 2 stories passed." in result.output  # no check failed: only the tone fell
    assert "1 of 2 stories got worse" in result.output
    assert "- I'm sorry, that should not happen." in result.output
    assert "+ Calm down, payroll will call you." in result.output
    assert ET.parse(folder / "out.xml").getroot().get("failures") == "1"
    assert tone(*asked, "--tolerance", "4").exit_code == 0
    assert tone(*asked, "--accept").exit_code == 0
    assert tone(*asked).exit_code == 0


def test_a_failed_check_and_a_limit_make_exit_code_1(folder: Path) -> None:
    assert tone("bot.yml", "--tests", "talks.yml", "--fail-under", "3.9").exit_code == 1
    bot(folder, "I'm sorry, payroll will call you today.")
    result = tone("bot.yml", "--tests", "talks.yml")
    assert result.exit_code == 1
    assert "must ask something (it asks nothing)" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "No tests are named", id="nothing"),
        pytest.param(["bot.yml"], "No tests are named", id="no-tests"),
        pytest.param(["nope.yml", "--tests", "talks.yml"], "no bot at nope.yml", id="bot"),
        pytest.param(["bot.yml", "--tests", "nope.yml"], "no file nope.yml", id="tests"),
        pytest.param(["bot.yml", "--tests", "bot.yml"], "not known here", id="no-test-file"),
        pytest.param(["bot.yml", "--tests", "talks.yml", "--accept"], "does not know where", id="accept"),
        pytest.param(
            ["bot.yml", "--tests", "talks.yml", "--accepted", "a.json"], "a.json cannot be read", id="accepted"
        ),
        pytest.param(["bot.yml", "--tests", "talks.yml", "--tolerance", "9"], "tolerance is 9", id="tolerance"),
        pytest.param(["bot.yml", "--tests", "talks.yml", "--situation", "x"], "no situation 'x'", id="situation"),
        pytest.param(["bot.yml", "--tests", "talks.yml", "--situation", "tuition"], "No story is about", id="no-story"),
        pytest.param(["bot.yml", "--tests", "talks.yml", "--html", "talks.yml"], "among what is read", id="over"),
        pytest.param(["bot.yml", "--tests", "talks.yml", "--html", "a", "--junit", "a"], "the same name", id="twice"),
        pytest.param(["bot.yml", "--tests", "talks.yml", "--model", "m"], "belongs to an endpoint", id="model"),
        pytest.param(["--tests", "talks.yml", "--endpoint", "http://localhost:1"], "needs a model", id="no-model"),
    ],
)
def test_bad_input_is_said(folder: Path, arguments: list[str], said: str) -> None:
    assert said in refused(*arguments).problem
    assert (folder / "talks.yml").read_text(encoding="utf-8") == TESTS


def test_the_tests_go_to_promptfoo(folder: Path) -> None:
    result = tone("--tests", "talks.yml", "--promptfoo", "p.yml", "--endpoint", "https://x.example/v1", "--model", "m")
    assert result.exit_code == 0, result.output
    value = yaml.safe_load((folder / "p.yml").read_text(encoding="utf-8"))
    assert value["providers"][0]["config"]["apiBaseUrl"] == "https://x.example/v1"
    assert len(value["tests"]) == 2


def test_an_endpoint_answers_within_its_budget(
    folder: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_KEY", "sk-secret-123")
    choice = {"index": 0, "message": {"role": "assistant", "content": KIND}, "finish_reason": "stop"}
    httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_json(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    )
    arguments = [
        "bot.yml", "--tests", "talks.yml", "--endpoint", httpserver.url_for("/v1"), "--model", "m",
        "--key-env", "LLM_KEY", "--budget", "1", "--timeout", "20", "--json", "out.json",
    ]  # fmt: skip
    result = tone(*arguments)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1, result.output
    value = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert [each["outcome"] for each in value["stories"]] == ["passed", "not run"]
    assert len(httpserver.log) == 1
    assert "sk-secret" not in result.output + json.dumps(value)


def test_a_table_of_replies_is_scored(folder: Path) -> None:
    (folder / "log.csv").write_text(f'Reply;said\n"{KIND}";my pay is wrong\n"Calm\x1b[31m down.";x\n', encoding="utf-8")
    result = tone("score", "log.csv", "--out", "scores")
    assert result.exit_code == 0, result.output
    assert "2 of 2 replies scored." in result.output
    assert "\x1b[31m" not in result.output
    assert {each.name for each in (folder / "scores").iterdir()} == {"log-tone.csv", "log-tone.html", "log-tone.json"}
    assert "sorry" not in (folder / "scores" / "log-tone.csv").read_text(encoding="utf-8")
    assert tone("score", "log.csv", "--print-only", "--fail-under", "3.9").exit_code == 1
    assert refused("score", "log.csv", "--reply", "answer").problem
    assert sorted(each.name for each in folder.iterdir()) == ["bot.yml", "log.csv", "scores", "talks.yml"]


@pytest.mark.slow
def test_results_do_not_depend_on_the_order_of_hashes(folder: Path) -> None:
    command = [sys.executable, "-m", "autograder", "tone", "bot.yml", "--tests", "talks.yml", "--accepted"]
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        ended = subprocess.run(
            [*command, f"{seed}.json", "--accept"], env=environment, capture_output=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
    assert (folder / "1.json").read_bytes() == (folder / "2.json").read_bytes()


def test_the_yardstick_is_neither_overwritten_nor_cut(folder: Path) -> None:
    bot(folder, KIND)
    assert tone("bot.yml", "--tests", "talks.yml", "--accepted", "a.json", "--accept").exit_code == 0
    before = Path("a.json").read_bytes()
    for more in (["--json", "a.json"], ["--promptfoo", "a.json"]):
        assert "among what is read" in str(refused("bot.yml", "--tests", "talks.yml", "--accepted", "a.json", *more))
    part = ["--accepted", "a.json", "--accept", "--situation", "payroll_error"]
    assert "a whole run" in str(refused("bot.yml", "--tests", "talks.yml", *part))
    assert Path("a.json").read_bytes() == before


@pytest.mark.parametrize("option", ["--html", "--junit", "--promptfoo", "--out"])
def test_a_result_that_was_asked_for_is_not_left_out(folder: Path, option: str) -> None:
    bot(folder, KIND)
    assert "would write nothing" in str(refused("bot.yml", "--tests", "talks.yml", option, "-"))


def test_where_nothing_can_be_compared_ci_hears_of_it(folder: Path) -> None:
    bot(folder, KIND)
    Path("other.yml").write_text('version: "3.1"\nstories:\n- story: hi\n  steps:\n  - user: good evening\n')
    tone("bot.yml", "--tests", "other.yml", "--accepted", "a.json", "--accept")
    result = tone("bot.yml", "--tests", "talks.yml", "--accepted", "a.json")
    assert result.exit_code == 1
    assert "Nothing could be compared" in result.output
