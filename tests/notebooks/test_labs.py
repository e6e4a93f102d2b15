"""Every lab: its points agree, and neither the length nor the place of an option tells the answer."""

import ast
from collections import Counter
from collections.abc import Mapping

import pytest

from evaluators.answers import Item
from tests.lab_runs import LABS, Mark, Marked, cells

every_lab = pytest.mark.parametrize("lab", LABS)


def right_options(marked: Mapping[str, Marked]) -> list[tuple[Item, str]]:
    """The single choices of a lab, each with its key."""
    found = []
    for each in marked.values():
        if each.item.kind == "choice":
            keys = [each.key] if isinstance(each.key, str) else list(each.key)
            assert len(keys) == 1, each.item.id
            found.append((each.item, keys[0]))
    return found


def is_longest(option: str, options: Mapping[str, str]) -> bool:
    """Whether an option's label is longer than every other one."""
    return all(len(options[option]) > len(label) for other, label in options.items() if other != option)


@every_lab
def test_the_model_answers_are_right(lab: str, mark: Mark) -> None:
    assert {item_id: each.result.share for item_id, each in mark(lab).items() if each.result.share < 1} == {}


@every_lab
def test_the_right_option_is_rarely_the_longest(lab: str, mark: Mark) -> None:
    choices = right_options(mark(lab))
    longest = [item.id for item, key in choices if is_longest(key, item.options)]
    assert len(longest) <= len(choices) / 3, longest
    for item, key in choices:
        others = [len(label) for option, label in item.options.items() if option != key]
        assert len(item.options[key]) <= 1.3 * max(others), item.id


@every_lab
def test_right_options_stand_in_different_places(lab: str, mark: Mark) -> None:
    choices = right_options(mark(lab))
    places = Counter(list(item.options).index(key) for item, key in choices)
    assert len(choices) < 4 or (len(places) >= 3 and max(places.values()) <= len(choices) / 2), places


@every_lab
def test_forms_and_gradebook_agree_on_the_points(lab: str, mark: Mark) -> None:
    in_gradebook = {
        meta["grade_id"]: meta["points"]
        for meta in (cell["metadata"].get("nbgrader", {}) for cell in cells(lab))
        if meta.get("grade") and not meta["solution"]
    }
    assert in_gradebook == {item_id: each.item.points for item_id, each in mark(lab).items()}


@every_lab
def test_the_model_memo_is_the_one_that_a_person_sees(lab: str) -> None:
    by_id = {cell["metadata"].get("nbgrader", {}).get("grade_id"): "".join(cell["source"]) for cell in cells(lab)}
    memo = " ".join(by_id["memo"].split())
    typed = by_id["model_answers"].partition('"memo": ')[2].partition(",\n    }")[0]
    assert ast.literal_eval(f"({typed})") == memo
    assert 80 <= len(memo.split()) <= 180
