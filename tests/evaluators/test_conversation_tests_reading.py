"""Files of conversation tests: the form, and every problem with file, line, story and step."""

import re
from pathlib import Path

import pytest
import yaml

from evaluators.tone.conversation_tests import ConversationTestError, StoryTone, load_tests
from evaluators.tone.conversation_tests._patterns import find_pattern, why_no_pattern
from evaluators.tone.conversation_tests.model import StepTone, _Tone
from evaluators.tone.rubric import load_rubric

ROOT = Path(__file__).parents[2]
OURS = {"tone", "must", "never"}


def written(folder: Path, text: str, name: str = "talks.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def story(steps: str, more: str = "") -> str:
    return f'version: "3.1"\nstories:\n  - story: one\n{more}    steps:\n{steps}'


def problem(folder: Path, text: str) -> str:
    with pytest.raises(ConversationTestError) as raised:
        load_tests(written(folder, text))
    return raised.value.problem


def test_the_example_in_the_docs_is_read_as_it_says(tmp_path: Path) -> None:
    docs = (ROOT / "docs" / "conversation_tests.md").read_text(encoding="utf-8")
    example = docs.split("```yaml\n")[1].split("```")[0]
    (read,) = load_tests(written(tmp_path, example))
    assert (read.name, read.situation, read.persona, read.tags) == (
        "a father died", "bereavement", "terse, in shock", ("grief", "first-contact"),
    )  # fmt: skip
    assert (read.tone.mean.at_least, read.tone.trajectory) == (2, "not colder")
    first, second = read.steps
    assert first.said == "my father died last night, i dont know what to do about work"
    assert (first.intent, first.actions) == ("bereavement", ("utter_bereavement",))
    assert {name: (bound.at_least, bound.at_most) for name, bound in first.bounds.items()} == {
        "overall": (1.5, None), "emotional_reaction": (2, None), "plain_language": (3, 4),
    }  # fmt: skip
    assert [check.kind for check in (*first.must, *first.never, *second.must)] == [
        "say", "within", "match", "offer_person",
    ]  # fmt: skip


def test_brooks_tests_hold_nothing_that_rasa_does_not_know_but_our_three_blocks() -> None:
    """Keys as in Rasa 3's schema of stories (rasa/shared/utils/schemas/stories.yml)."""
    value = yaml.safe_load((ROOT / "datasets/hr_bot/tests/conversations.yml").read_text(encoding="utf-8"))
    assert value["version"] == "3.1"
    for one in value["stories"]:
        assert set(one) - OURS <= {"story", "metadata", "steps"}
        for step in one["steps"]:
            assert set(step) - OURS in ({"user"}, {"user", "intent"}, {"action"}, {"slot_was_set"}, set())


def test_brooks_tests_are_read() -> None:
    stories = load_tests(ROOT / "datasets/hr_bot/tests")
    assert len(stories) >= 6
    assert {"bereavement", "crisis", "harassment"} <= {each.situation for each in stories}


def test_bounds_may_be_put_on_each_dimension_of_the_rubric() -> None:
    assert tuple(_Tone.model_fields) == (*load_rubric().keys, "overall")
    assert set(StepTone.model_fields) - set(_Tone.model_fields) == {"gate"}
    assert set(StoryTone.model_fields) - set(_Tone.model_fields) == {"mean", "minimum", "trajectory"}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param(
            "      - user: hi\n      - must: [sorry]\n", "line 6: story 'one', step 2: 'sorry' is no check", id="bare"
        ),
        pytest.param("      - user: hi\n      - must: offer_person\n", "step 2: 'must': write a list", id="no-list"),
        pytest.param(
            "      - user: hi\n      - tone: {warmth: 2}\n", "'warmth' is not known here; known are", id="key"
        ),
        pytest.param(
            "      - user: hi\n      - tone: {politness: 2}\n", "'politness' is not known here; 'politeness'", id="near"
        ),
        pytest.param(
            "      - user: hi\n      - tone: {overall: 7}\n",
            "line 6: story 'one', step 2: .*less than or equal to 4",
            id="scale",
        ),
        pytest.param("      - user: hi\n      - tone: {overall: warm}\n", "write a number from 0 to 4", id="word"),
        pytest.param(
            "      - user: hi\n      - tone: {overall: {at_least: 3, at_most: 1}}\n", "at_least is more than", id="ends"
        ),
        pytest.param("      - user: hi\n      - tone: {gate: off}\n", "'not needed'", id="gate"),
        pytest.param("      - user: hi\n      - must: [promise_secrecy]\n", "only stand under 'never:'", id="secrecy"),
        pytest.param("      - user: hi\n      - never: [pass_gate]\n", "only stand under 'must:'", id="gate-never"),
        pytest.param("      - user: hi\n      - must: [{within: 2}]\n", "'within' needs 'do", id="within"),
        pytest.param("      - user: hi\n      - must: [{do: offer_person}]\n", "'do' needs 'within", id="do"),
        pytest.param("      - user: hi\n      - must: [{say: a, match: b}]\n", "2 checks in one", id="two"),
        pytest.param("      - user: hi\n      - must: [{say: '?!'}]\n", "holds no word", id="signs"),
        pytest.param(
            "      - user: hi\n      - must: [{match: '(a'}]\n", "no pattern that can be used: missing \\)", id="regex"
        ),
        pytest.param(
            "      - user: hi\n      - must: [{match: '(?=a)b'}]\n", "no pattern that can be used", id="lookahead"
        ),
        pytest.param("      - user: hi\n      - must: [{match: 'a*'}]\n", "met by every text", id="always"),
        pytest.param("      - user: hi\n        must: [offer_person]\n", "in a step of its own", id="same-step"),
        pytest.param("      - action: utter_greet\n", "first step must be a message", id="first"),
        pytest.param("      - intent: greet\n", "The words are missing", id="no-words"),
        pytest.param("      - user: hi\n      - bot: hello\n", "'bot' is not known here: write what must be", id="bot"),
        pytest.param("      - user: hi\n      - checkpoint: c\n", "write the steps out", id="checkpoint"),
        pytest.param("      - user: ' '\n", "says nothing", id="silent"),
        pytest.param("      - user: hi\n      - {}\n", "step is empty", id="empty"),
        pytest.param(
            "      - user: hi\n      - tone: {overall: 1}\n      - tone: {overall: 2}\n", "bounded twice", id="twice"
        ),
    ],
)
def test_a_problem_names_file_line_story_and_step(tmp_path: Path, steps: str, said: str) -> None:
    found = problem(tmp_path, story(steps))
    assert found.startswith("1 problem in the conversation tests:\n- talks.yml, line ")
    assert re.search(said, found), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("- a\n", "must begin with", id="list"),
        pytest.param("stories: 3\n", "'stories' must be a list", id="no-stories"),
        pytest.param(
            'version: "2.0"\n' + story("      - user: hi\n").partition("\n")[2], "version is '2.0'", id="version"
        ),
        pytest.param(
            story("      - user: hi\n", "    metadata: {situation: bereavment}\n"),
            "'bereavement' may be meant",
            id="situation",
        ),
        pytest.param(
            story("      - user: hi\n", "    tone: {trajectory: colder}\n"), "'not colder' or 'warmer'", id="course"
        ),
        pytest.param(
            story("      - user: hi\n") + "  - story: one\n    steps:\n      - user: yes\n",
            "begins in line 3",
            id="same-name",
        ),
        pytest.param("a: &a [x, x]\nb: &b [*a, *a]\nstories: !!python/object:os.system x\n", "python", id="tag"),
        pytest.param("stories: [\n", "is not YAML here", id="yaml"),
    ],
)
def test_a_problem_of_the_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in problem(tmp_path, text)


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    found = problem(tmp_path, story("      - user: hi\n      - must: [sorry, calm]\n      - tone: {warmth: 1}\n"))
    assert found.startswith("3 problems")


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    assert "alias" in problem(tmp_path, bomb)


def test_steps_of_the_bot_are_put_together_and_marks_of_entities_taken_out(tmp_path: Path) -> None:
    steps = """
      - user: |
          the [gold]{"entity": "plan"} one for [me](cover)
        intent: choose
        entities: [plan]
      - slot_was_set:
          - plan: gold
          - cover
      - action: utter_a
        must: [offer_person]
      - active_loop: form
      - action: action_listen
      - action: utter_b
        tone: {gate: not needed}
      - user: 42
"""
    (read,) = load_tests(written(tmp_path, story(steps)))
    first, second = read.steps
    assert (first.said, first.actions, first.gate_asked) == ("the gold one for me", ("utter_a", "utter_b"), False)
    assert first.slots["plan"] == "gold"
    assert "cover" in first.slots
    assert (second.said, second.gate_asked) == ("42", True)


def test_files_are_told_apart_by_the_shortest_end_of_their_paths(tmp_path: Path) -> None:
    for name in ("a/x.yml", "b/x.yml", "b/y.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        written(tmp_path, story("      - user: hi\n"), name)
    assert [each.file for each in load_tests(tmp_path)] == ["a/x.yml", "b/x.yml", "b/y.yaml"]
    assert [each.file for each in load_tests([tmp_path / "a" / "x.yml"])] == ["x.yml"]


def test_missing_files_and_empty_folders_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConversationTestError, match=r"no file .*nope\.yml"):
        load_tests(tmp_path / "nope.yml")
    with pytest.raises(ConversationTestError, match=r"holds no \.yml"):
        load_tests(tmp_path)


def test_a_pattern_that_would_hang_python_is_answered() -> None:
    assert why_no_pattern("(a+)+$b?") == ""
    assert find_pattern("(a+)+$", "a" * 20_000 + "!") is None
    assert find_pattern("(x+x+)+y", "x" * 20_000) is None


@pytest.mark.parametrize(
    ("pattern", "text", "place"),
    [
        pytest.param("b+", "aBBc", (1, 3), id="capitals"),
        pytest.param(r"\bill\b", "will I be ill?", (10, 13), id="bounds"),
        pytest.param("call", "😀 e\u0301 call me", (5, 9), id="emoji"),
        pytest.param("^two$", "one\ntwo\nthree", (4, 7), id="lines"),
        pytest.param("a|b)", "", None, id="bracket"),
        pytest.param("x", "a\ud800x", (2, 3), id="half-a-pair"),
    ],
)
def test_patterns_point_at_the_text(pattern: str, text: str, place: tuple[int, int] | None) -> None:
    if place is None:
        assert why_no_pattern(pattern)
    else:
        assert find_pattern(pattern, text) == place


@pytest.mark.parametrize("said", ["0042", "1.10", "1e5", "true", "12345678901234567890.5"])
def test_what_a_person_says_stays_as_it_was_typed(tmp_path: Path, said: str) -> None:
    (read,) = load_tests(written(tmp_path, story(f"      - user: {said}\n")))
    assert read.steps[0].said == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (story("      - user: a\n      - tone: {overall: {at_least: true}}\n"), "write a number from 0 to 4"),
        (story("      - user: a\n      - tone: [2]\n"), "tone: write 'key: value'"),
        (story("      - user: a\n      - must:\n        - intent: ''\n"), "write the name"),
        (story("      -\n"), "line 5: story 'one', step 1: write 'key: value'"),
        (story("").replace("steps:", "steps: []"), "steps: something must stand here"),
        (story("      - user: a\n").replace("story: one", "story: '  '"), "has no name"),
        ("stories:\n\t- story: a\n", "line 2: The file is indented with a tab"),
        ("stories:\n- story: 'a\x07'\n", "line 2: The file holds a character that no text has"),
    ],
)
def test_problems_are_said_without_the_words_of_a_library(tmp_path: Path, text: str, said: str) -> None:
    found = problem(tmp_path, text)
    assert said in found
    assert found.startswith("1 problem ")
    assert "validation" not in found
    assert "instance of" not in found
