import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.chatbot import Bot, BotFileError, example_bot, load_bot_files

SMALL = """
version: "3.1"
intents: [pay, leave, no]
entities: [month]
slots:
  month:
    type: text
    mappings: [{type: from_entity, entity: month}]
responses:
  utter_pay: [{text: "For {month}."}]
  utter_leave: [{text: "Leave."}]
rules:
  - rule: pay
    steps:
      - intent: pay
      - action: utter_pay
stories:
  - story: leave
    steps:
      - intent: leave
      - action: utter_leave
nlu:
  - intent: pay
    examples: |
      - my payslip for [March](month)
      - pay for [the month of May]{"entity": "month", "value": "May"}
  - intent: leave
    examples: |
      - book a day off
      - holiday please
  - intent: no
    examples:
      - text: nope
      - text: rather not
"""


def problems(tmp_path, text):
    file = tmp_path / "bot.yml"
    file.write_text(text, "utf-8")
    with pytest.raises(BotFileError) as caught:
        load_bot_files(file)
    return str(caught.value)


def test_a_small_bot_is_read(tmp_path):
    file = tmp_path / "bot.yml"
    file.write_text(SMALL, "utf-8")
    bot = load_bot_files(file)
    assert bot.intents["pay"] == ("my payslip for March", "pay for the month of May")
    assert bot.entity_values["month"] == {"march": "March", "the month of may": "May"}
    assert "no" in bot.intents  # a word, though YAML 1.1 reads it as false


def test_a_folder_is_read_as_one_bot_without_config_and_tests(tmp_path):
    head, tail = SMALL.split("nlu:")
    (tmp_path / "domain.yml").write_text(head, "utf-8")
    (tmp_path / "nlu.yml").write_text(f"nlu:{tail}", "utf-8")
    (tmp_path / "config.yml").write_text("pipeline: []", "utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test.yml").write_text("x: 1", "utf-8")
    assert set(load_bot_files(tmp_path).intents) == {"pay", "leave", "no"}


def test_all_problems_are_named_at_once_with_their_lines(tmp_path):
    wrong = (
        SMALL.replace("intent: leave\n      - action: utter_leave", "intent: leav\n      - action: utter_leaf")
        .replace("intents: [pay, leave, no]", "intents: [pay, leave, no, silent]")
        .replace("{month}", "{mont}")
    )
    said = problems(tmp_path, wrong)
    assert said.startswith("4 problems")
    assert "line 3: The intent 'silent' has no examples." in said
    assert "line 20: A step names an unknown intent 'leav'. Did you mean 'leave'?" in said
    assert "line 21: A step does 'utter_leaf', for which there is no response. Did you mean 'utter_leave'?" in said
    assert "names an unknown slot 'mont'. Did you mean 'month'?" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("responses:", "respones:", "'respones' is no part of a bot. Did you mean 'responses'?", id="key"),
        pytest.param("- rule: pay", "- rule: pay\n    stepps: []", "Did you mean 'steps'?", id="key in a rule"),
        pytest.param("type: text\n", "type: txet\n", "Did you mean 'text'?", id="slot type"),
        pytest.param("      - holiday please\n", "", "has one example", id="one example"),
        pytest.param("- holiday please", "- my payslip for March", "is an example of", id="in two intents"),
        pytest.param("- holiday please", "holiday please", "does not begin with a hyphen", id="no hyphen"),
        pytest.param("version", "slots: {}\nversion", "stands twice", id="key twice"),
        pytest.param('version: "3.1"', "version: [", "is not YAML here", id="no YAML"),
        pytest.param('version: "3.1"', "version: !!python/object:os.system x", "the tag", id="object"),
        pytest.param('{"entity": "month", "value": "May"}', "{nothing}", "cannot be read", id="entity mark"),
    ],
)
def test_a_problem_says_what_to_do(tmp_path, old, new, said):
    assert old in SMALL
    assert said in problems(tmp_path, SMALL.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
            "values of its aliases",
            id="billion laughs",
        ),
        pytest.param("a: &a [*a]", "aliases", id="alias of itself"),
        pytest.param("a: " + "[" * 500 + "]" * 500, "nested", id="deep"),
        pytest.param("a: " + "x" * 1_000_001, "larger than", id="large"),
        pytest.param("a: &a 1\nb: [" + "*a," * 200 + "]", "too many aliases", id="many aliases"),
    ],
)
def test_a_bomb_is_refused(tmp_path, text, said):
    assert said in problems(tmp_path, text)


@pytest.mark.parametrize("content", [b"", b"- a\n- b", b"\xff\xfe\x00", b"nlu: 3", b"rules: x", b"slots: [a]"])
def test_anything_else_is_an_error_and_no_crash(tmp_path, content):
    file = tmp_path / "bot.yml"
    file.write_bytes(content)
    with pytest.raises(BotFileError):
        load_bot_files(file)


@given(st.text(max_size=80))
@settings(max_examples=30, deadline=None)
def test_any_text_is_an_error_and_no_crash(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("bot") / "bot.yml"
    file.write_text(text, "utf-8", errors="replace")
    with pytest.raises(BotFileError):
        load_bot_files(file)


def test_no_file_and_no_folder(tmp_path):
    with pytest.raises(BotFileError, match="no bot"):
        load_bot_files(tmp_path / "none.yml")
    with pytest.raises(BotFileError, match="no YAML"):
        load_bot_files(tmp_path)


def test_the_error_survives_pickling(tmp_path):
    with pytest.raises(BotFileError) as caught:
        Bot.from_files(tmp_path / "none.yml")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_the_example_bot_has_the_ten_situations():
    files = example_bot().files
    situations = {"pay_stub", "tuition", "difficult_conversation", "ill_child", "bereavement", "harassment"}
    situations |= {"visa_leave", "layoff_rumour", "payroll_error", "mental_health"}
    assert situations <= files.intents.keys()
    assert min(len(examples) for examples in files.intents.values()) >= 8
    assert files.persona is not None
    assert files.tone_guide is not None
    assert "988" in files.tone_guide.crisis_resource
