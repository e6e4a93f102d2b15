"""The lessons on conversation tests and on handing over: what their sentences claim is what their data show."""

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "curriculum/03_designing_chatbot_tone"
TESTS, PERSON = "03_test_like_qa", "04_when_a_person_must_come"
CELLS = {
    lesson: {cell["id"]: cell for cell in json.loads((FOLDER / f"{lesson}.ipynb").read_text("utf-8"))["cells"]}
    for lesson in (TESTS, PERSON)
}


def source(lesson: str, cell_id: str) -> str:
    return "".join(CELLS[lesson][cell_id]["source"])


def checks(lesson: str) -> list[tuple[str, list[str], list[str], str]]:
    """Read the check questions from the code: id, keys of the options, their labels, right key."""
    code = "\n".join(source(lesson, name) for name, cell in CELLS[lesson].items() if cell["cell_type"] == "code")
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "lesson.check":
            item, _, options = node.args
            key = next(each.value.value for each in node.keywords if each.arg == "key")
            labels = [label.value for label in options.values]
            found.append((item.value, [each.value for each in options.keys], labels, key))
    return found


@pytest.mark.parametrize("lesson", CELLS)
def test_learners_see_no_code(lesson: str) -> None:
    code = [cell for cell in CELLS[lesson].values() if cell["cell_type"] == "code"]
    assert len(code) > 20
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in code)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert CELLS[lesson]["parameters"]["metadata"]["tags"] == ["parameters"]


@pytest.mark.parametrize("lesson", CELLS)
def test_right_answers_stand_in_different_places_and_are_seldom_the_longest(lesson: str) -> None:
    found = checks(lesson)
    assert len(found) >= 9
    places = [options.index(key) for _, options, _, key in found]
    assert max(places.count(place) for place in range(4)) <= 4
    assert len(set(places)) == 4
    longest = [item for item, options, labels, key in found if options[labels.index(max(labels, key=len))] == key]
    assert len(longest) <= 3, longest


@pytest.mark.parametrize("lesson", CELLS)
def test_heavy_parts_are_warned_of_ahead_and_say_where_to_turn(lesson: str) -> None:
    opening = source(lesson, "opening")
    assert "Before you begin" in opening
    assert "988" in opening
    assert "skip" in opening or "leave any of them closed" in opening
    assert "No human has rated these replies" in opening
    if lesson == PERSON:
        for name in ("round_3", "round_4"):
            assert "To skip it, go on to round 5." in source(lesson, name)


@pytest.fixture(scope="module")
def tested(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(TESTS)


@pytest.fixture(scope="module")
def handed(run_lesson: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_lesson(PERSON)


@pytest.mark.slow
def test_all_facts_hold_before_and_after(tested: dict[str, Any]) -> None:
    assert [story.outcome for run in (tested["before"], tested["now"]) for story in run.stories] == ["passed"] * 24
    assert "12 of 12 passed on Wednesday and on Friday" in tested["shown"]
    kept = [len(story.steps) for story in tested["before"].stories]
    assert kept == [len(story.steps) for story in tested["now"].stories]


@pytest.mark.slow
def test_what_was_planted_can_be_seen(tested: dict[str, Any]) -> None:
    pairs, planted = tested["pairs"], tested["PLANTED"]
    changed = {
        name for name, (old, new) in pairs.items() if [s.reply for s in old.steps] != [s.reply for s in new.steps]
    }
    assert changed == {*planted, *tested["changes"].reworded}
    assert len(changed) == 7
    for name, what in planted.items():
        old, new = pairs[name]
        offered = [any(step.offered_person for step in each.steps) for each in (old, new)]
        assert offered[0]
        if "no person" in what:
            assert not offered[1]
        if "colder" in what:
            assert new.minimum < old.minimum - 0.4
    assert "stays between us" in pairs["who reads this"][1].steps[0].reply
    assert "Submit form 7b." in pairs["a child with a fever"][1].steps[1].reply


@pytest.mark.slow
def test_the_mean_hides_what_the_lowest_reply_shows(tested: dict[str, Any]) -> None:
    replies = {name: tested[name].to_frame()["overall"] for name in ("before", "now")}
    assert 0 < replies["before"].mean() - replies["now"].mean() < 0.25  # the guess "by less than 0.25"
    assert replies["before"].min() - replies["now"].min() > 0.5
    assert f"from {replies['before'].mean():.2f} to {replies['now'].mean():.2f}" in tested["shown"]
    old, new = tested["pairs"]["a child with a fever"]
    assert [step.reply for step in old.steps].index(old.steps[1].reply) == 1
    assert min(new.steps, key=lambda step: step.tone.overall).number == 2
    assert sum(one.reply != other.reply for one, other in zip(old.steps, new.steps, strict=True)) == 2  # and the thanks


@pytest.mark.slow
def test_no_single_check_of_the_guess_catches_all_four(tested: dict[str, Any]) -> None:
    person, hard, low, secret = (tested[name] for name in ("person", "person_hard", "low_all", "secrecy"))
    assert set(person.names("false alarm")) == {"the pay stub of May", "another medical plan"}
    assert not hard.names("false alarm")
    assert {"wrong for the third month", "is my job safe"} <= set(hard.names("caught"))
    assert tested["missed_by_low"] == ["who reads this"]
    assert secret.names("caught") == ("who reads this",)
    assert not secret.names("false alarm")
    assert not low.names("false alarm")
    # by hand, from the replies: who offers a person, who promises
    now = tested["now"]
    without = {story.name for story in now.stories if not any(step.offered_person for step in story.steps)}
    assert without == {*person.names("caught"), *person.names("false alarm")}


@pytest.mark.slow
def test_limits_too_tight_and_too_loose(tested: dict[str, Any]) -> None:
    assert tested["strict"] == (0, 12)
    assert tested["low_most"] == 3
    assert tested["low_to"] > tested["low_from"]
    assert tested["mean_to"] - tested["mean_from"] < tested["low_to"] - tested["low_from"]
    frame = {name: tested[name].to_frame().groupby("story")["overall"].min() for name in ("before", "now")}
    for bound in (1.6, 1.9, 2.15, 2.3):
        caught = sum(frame["before"][name] >= bound > frame["now"][name] for name in tested["PLANTED"])
        assert tested["sweeps"]["minimum"].at(round(bound, 1))[0] == caught or bound == 2.15


@pytest.mark.slow
def test_one_wording_breaks_and_a_comparison_finds_all(tested: dict[str, Any]) -> None:
    verdicts = {key: trial.stories[0].verdict for key, trial in tested["literal_trials"].items()}
    assert verdicts == {"exact": "false alarm", "several": "quiet", "score": "quiet", "never": "quiet"}
    usual, two = tested["by_tolerance"]["0.25"], tested["by_tolerance"]["2"]
    assert set(tested["PLANTED"]) <= set(usual)
    assert 1 <= len(tested["extra"]) <= 3
    assert set(two) < set(tested["PLANTED"])
    assert tested["guarded_before"].passed
    assert {story.name for story in tested["guarded_now"].stories if story.outcome == "failed"} == set(
        tested["PLANTED"]
    )
    assert tested["REPORTS"]["wednesday"].count("<failure") == 0
    assert tested["REPORTS"]["friday"].count("<failure") == 4


@pytest.mark.slow
def test_friday_lost_the_way_to_a_person(handed: dict[str, Any]) -> None:
    assert {"wrong for the third month", "is my job safe"} <= set(handed["lost"]) <= set(handed["changes"].planted)
    assert all(path.person_after for path in handed["flow"].paths if path.situation in ("bereavement", "harassment"))
    assert "crisis" not in handed["openings"]
    own = handed["own"]
    assert own["good"] > max(own[name] for name in ("contact", "ticket", "kind")) + 1  # sympathy does not raise it


@pytest.mark.slow
def test_the_alarm_is_counted_right(handed: dict[str, Any]) -> None:
    from evaluators.chatbot import find_sensitive

    messages = pd.read_csv(ROOT / "datasets/hr_messages_lesson/messages.csv")
    rings = pd.Series([any(f.kind in ("crisis", "harassment") for f in find_sensitive(m)) for m in messages["message"]])
    grave = messages["kind"] != "ordinary"
    counts = handed["own_counts"]
    assert (counts.found, counts.missed) == ((rings & grave).sum(), (~rings & grave).sum())
    assert (counts.needless, counts.quiet) == ((rings & ~grave).sum(), (~rings & ~grave).sum())
    assert handed["certain"] < 16  # the guess "fewer than 16"
    assert handed["certain"] < counts.found
    assert handed["keen"].needless > counts.needless
    assert handed["keen"].missed <= counts.missed <= handed["loose"].missed
    assert f"By phrases alone, {handed['certain']} of 32" in handed["shown"]


@pytest.mark.slow
def test_the_gate_is_the_least_and_not_the_best(handed: dict[str, Any]) -> None:
    good = ("glad", "program", "line", "person", "stay")
    assert "The gate is passed" in handed["draw_four"](**{name: name in good for name in handed["SENTENCES"]})
    both = handed["draw_four"](**{name: name in (*good, "calm") for name in handed["SENTENCES"]})
    assert "one sentence still hurts" in both
    secret = handed["draw_four"](**{name: name in (*good, "secret") for name in handed["SENTENCES"]})
    assert "it promises secrecy" in secret
    for left_out in ("line", "person"):
        assert "missing" in handed["draw_four"](**{n: n in good and n != left_out for n in handed["SENTENCES"]})
    assert "Silence" in handed["draw_four"](**dict.fromkeys(handed["SENTENCES"], False))


@pytest.mark.slow
def test_limits_of_the_bot(handed: dict[str, Any]) -> None:
    assert handed["stops"] == ["ill", "fire"]
    assert "lazy" in handed["draw_coach"]("lazy")
    assert "finds one" in handed["draw_privacy"]("secret")
    assert "finds none" in handed["draw_privacy"]("plain")
    assert {each.document for each in handed["ANSWERS"]["note"].citations} == {"carers_leave.md"}
    assert not handed["ANSWERS"]["dog"].citations
    for order in handed["ORDERS"]:
        assert "It did not do what it was told." in handed["draw_order"](order)
    assert handed["STILL"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "settings"),
    [
        ("draw_two", {"which": "a child with a fever"}),
        ("draw_four", {"figure": "minimum", "bound": 1.9}),
        ("draw_tolerance", {"tolerance": "1"}),
        ("draw_versions", {"version": "friday", "share": 60}),
        ("draw_handover", {"which": "good"}),
        ("draw_three", {"care": 1.0}),
    ],
)
def test_what_a_picture_shows_is_also_said(
    tested: dict[str, Any], handed: dict[str, Any], draw: str, settings: dict[str, Any]
) -> None:
    names = handed if draw in ("draw_versions", "draw_handover", "draw_three") else tested
    html = names[draw](**settings)
    alternatives = re.findall(r'<svg role="img" aria-label="([^"]+)"', html)
    assert alternatives
    assert all(len(text) > 40 for text in alternatives)
    assert re.search(r"</figure><p>[^<]{60,}</p>", html)
    assert "nan" not in re.sub(r"<figure.*?</figure>", "", html, flags=re.S)
