"""Every lab: its points agree, and neither the length nor the place of an option tells the answer."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from evaluators.answers import Credit, Item
from evaluators.widgets import Lab
from evaluators.widgets import lab as lab_module

LABS = {path.stem: path for path in sorted((Path(__file__).parents[2] / "labs").glob("*/*.ipynb"))}
every_lab = pytest.mark.parametrize("lab", LABS)


@dataclass(frozen=True)
class Marked:
    """A question, its key, and what one answer earns."""

    item: Item
    key: Any
    result: Credit
    reasons: list[str]  # why the answer is wrong (if the lab knows), then what is right


Mark: TypeAlias = Callable[..., dict[str, Marked]]


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mark:
    """Run a lab's cells in this process, on its model answers with some of them replaced."""

    def run(lab: str, answers: Mapping[str, object] | None = None) -> dict[str, Marked]:
        marked: dict[str, Marked] = {}
        keys: dict[str, Any] = {}
        fill, credit = Lab.model_answers, Lab.credit

        def remember_key(self: Lab, item_id: str, **how: Any) -> float:
            keys[item_id] = how["key"]
            return credit(self, item_id, **how)

        def remember(item: Item, value: object, result: Credit, reasons: list[str]) -> float:
            marked[item.id] = Marked(item, keys[item.id], result, reasons)
            return result.share

        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(Lab, "model_answers", lambda self, model: fill(self, {**model, **(answers or {})}))
            patch.setattr(Lab, "credit", remember_key)
            patch.setattr(lab_module, "show_credit", remember)
            names: dict[str, Any] = {}
            for cell in cells(lab):
                if cell["cell_type"] == "code":
                    exec("".join(cell["source"]), names)
        return marked

    return run


def cells(lab: str) -> list[dict[str, Any]]:
    return json.loads(LABS[lab].read_text("utf-8"))["cells"]  # type: ignore[no-any-return]


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


AUDIT = "resume_screening_audit"


def test_the_audit_lab_weighs_both_competencies_alike(mark: Mark) -> None:
    points: Counter[str] = Counter()
    for each in mark(AUDIT).values():
        points[each.item.competency] += int(each.item.points)
    points["B2"] += 4  # the paragraph, which a person scores
    assert points == {"B1": 12, "B2": 12}


@pytest.mark.parametrize(
    ("item", "answer", "share", "reason"),
    [
        ("rate_black", "6,4", 1, ""),
        ("rate_black", "0.0645", 0.5, "multiply by 100"),
        ("rate_black", "9.65", 0.25, "the other group"),
        ("impact_ratio", "67 %", 1, ""),
        ("impact_ratio", "66.8%", 1, ""),
        ("impact_ratio", "67", 0.75, "without its sign"),
        ("impact_ratio", "66,8", 0.75, "without its sign"),
        ("impact_ratio", "1.49", 0.25, "upside down"),
        ("impact_ratio", "1,5", 0.25, "upside down"),
        ("impact_ratio", "150 %", 0.25, "upside down"),
        ("impact_ratio", "3.2", 0, "percentage points"),
        ("impact_ratio", "3.2 %", 0, "comes from dividing"),
        ("more_hires", "2 more", 1, ""),
        ("more_hires", "5", 0.5, "in all"),
        ("more_hires", "1.8", 0.5, "people come whole"),
        ("more_hires", "4,8", 0.25, "in all, and people come whole"),
        ("more_hires", "3", 0.5, "two rates equal"),
        ("more_hires", "1", 0, "4 of 20"),
        ("rank_groups", ["female_white", "female_black", "male_white", "male_black"], 0.25, "order of the callbacks"),
        ("rank_groups", ["female_black", "female_white", "male_white", "male_black"], 0.25, "résumés sent"),
        ("rank_groups", ["female_white", "male_white", "male_black", "female_black"], 2 / 3, ""),
    ],
)
def test_slips_in_the_audit_lab_earn_a_part_and_a_reason(
    mark: Mark, item: str, answer: object, share: float, reason: str
) -> None:
    found = mark(AUDIT, {item: answer})[item]
    assert found.result.share == pytest.approx(share)
    assert (len(found.reasons) == 2) == bool(reason)
    assert reason in found.reasons[0]


def test_the_ranking_is_explained_in_the_words_of_its_options(mark: Mark) -> None:
    found = mark(AUDIT)["rank_groups"]
    places = [found.reasons[-1].index(found.item.options[option]) for option in found.key]
    assert places == sorted(places)
