"""The scenarios of datasets/hr_bot/tests: they hold on Brook, and they notice when an answer gets worse."""

from collections import Counter

import pytest
import yaml

from evaluators.chatbot import example_bot
from evaluators.data import dataset_folder
from evaluators.tone.conversation_tests import ConversationTestError, compare, load_tests, run_tests
from tests.evaluators.scenario_mutants import KINDS, mutants, recorded

TESTS = dataset_folder("hr_bot") / "tests"
SITUATIONS = (
    "pay_stub", "tuition", "difficult_conversation", "ill_child", "bereavement", "harassment", "visa_leave",
    "layoff_rumour", "payroll_error", "mental_health",
)  # fmt: skip


@pytest.fixture(scope="module")
def run():
    return run_tests(example_bot(), load_tests(TESTS))


def test_every_scenario_holds_on_brook(run):
    failed = {
        f"{story.file}: {story.name}": [
            f"{one.step}: {one.asked}: {one.found}"
            for one in (*story.checks, *(check for step in story.steps for check in step.checks))
            if one.outcome == "failed"
        ]
        for story in run.stories
        if story.outcome != "passed"
    }
    assert failed == {}


def test_nothing_got_worse_since_the_accepted_run(run):
    assert compare(run, TESTS / "accepted.json").regressions == ()


def test_the_ten_situations_have_six_stories_and_several_people_each():
    stories = load_tests([TESTS / f"{name}.yml" for name in SITUATIONS])
    assert len(stories) >= 60
    for name in SITUATIONS:
        own = [story for story in stories if story.situation == name]
        assert len(own) >= 6
        assert len({story.persona for story in own}) >= 5
        assert all(2 <= len(story.steps) <= 6 for story in own)
        assert len({message for story in own for message in story.messages}) > 2 * len(own) - 2


def test_every_persona_is_described_and_every_description_used():
    people = yaml.safe_load((TESTS / "personas.yml").read_text("utf-8"))["personas"]
    assert all(set(each) == {"persona", "speaks", "needs"} for each in people)
    assert {each["persona"] for each in people} == {story.persona for story in load_tests(TESTS)}


def test_no_message_is_an_example_that_the_bot_learned():
    known = {" ".join(each.casefold().split()) for own in example_bot().files.intents.values() for each in own}
    said = [message for story in load_tests(TESTS) for message in story.messages if len(message.split()) > 6]
    learned = [each for each in said if " ".join(each.casefold().split()) in known]
    assert len(learned) <= len(said) // 5


def test_a_persona_without_a_name_is_named_with_its_line(tmp_path):
    file = tmp_path / "personas.yml"
    file.write_text("personas:\n  - speaks: little\n", encoding="utf-8")
    with pytest.raises(ConversationTestError, match=r"personas.yml, line 2: A persona is '- persona"):
        load_tests(file)


@pytest.mark.slow
def test_scenarios_notice_when_an_answer_gets_worse():
    bot, made, caught = example_bot(), Counter(), Counter()
    for story in load_tests(TESTS):
        for kind, _, talker in mutants(recorded(bot, story)):
            made[kind] += 1
            caught[kind] += run_tests(talker, [story]).stories[0].outcome == "failed"
    score = {kind: caught[kind] / made[kind] for kind in KINDS}
    assert min(made[kind] for kind in KINDS) > 50
    assert all(score[kind] == 1 for kind in ("emptied", "dismissal", "promised secrecy"))
    assert score["missing person"] >= 0.95
    assert score["missing citation"] >= 0.95
    assert score["wrong amount"] >= 0.95
    assert score["cold wording"] >= 0.95
    # Where only the kind sentences go and the facts stay, less is noticed: later answers may be brief.
    assert score["kind words gone"] >= 0.5
