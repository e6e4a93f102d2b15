"""Every lab: its points agree, and neither the length nor the place of an option tells the answer."""

import ast
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from evaluators.answers import Credit, Item
from evaluators.data import load_adviser_probe, load_adviser_scores
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


@pytest.fixture(scope="module")
def mark(tmp_path_factory: pytest.TempPathFactory) -> Mark:
    """Run a lab's cells in this process, on its model answers with some of them replaced; the same run only once."""
    runs: dict[str, dict[str, Marked]] = {}
    folder = tmp_path_factory.mktemp("desk")

    def run(lab: str, answers: Mapping[str, object] | None = None) -> dict[str, Marked]:
        name = json.dumps([lab, answers])
        if name not in runs:
            runs[name] = run_cells(lab, answers or {}, folder)
        return runs[name]

    return run


def run_cells(lab: str, answers: Mapping[str, object], folder: Path) -> dict[str, Marked]:
    marked: dict[str, Marked] = {}
    keys: dict[str, Any] = {}
    fill, credit = Lab.model_answers, Lab.credit

    def remember_key(self: Lab, item_id: str, **how: Any) -> float:
        keys[item_id] = how["key"]
        return credit(self, item_id, **how)

    def remember(item: Item, value: object, result: Credit, reasons: list[str]) -> float:
        marked[item.id] = Marked(item, keys[item.id], result, reasons)
        return result.share

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(Lab, "model_answers", lambda self, model: fill(self, {**model, **answers}))
        patch.setattr(Lab, "credit", remember_key)
        patch.setattr(lab_module, "show_credit", remember)
        names: dict[str, Any] = {}
        for cell in cells(lab):
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
    return marked


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


def test_the_audit_lab_weighs_its_five_competencies(mark: Mark) -> None:
    marked = mark(AUDIT)
    points: Counter[str] = Counter()
    for each in marked.values():
        points[each.item.competency] += int(each.item.points)
    points["B5"] += 4  # the paragraph, which a person scores
    assert points == {"B1": 10, "B2": 7, "B3": 8, "B4": 6, "B5": 8}
    assert 12 <= len(marked) + 1 <= 20


def test_the_model_memo_is_the_one_that_a_person_sees_and_its_figures_are_those_of_the_tables() -> None:
    by_id = {cell["metadata"].get("nbgrader", {}).get("grade_id"): "".join(cell["source"]) for cell in cells(AUDIT)}
    memo = " ".join(by_id["memo"].split())
    typed = by_id["model_answers"].partition('"memo": ')[2].partition(",\n    }")[0]
    assert ast.literal_eval(f"({typed})") == memo
    assert 80 <= len(memo.split()) <= 180

    scores = load_adviser_scores()
    people, invited = scores["sex"].value_counts(), scores.loc[scores["score"] >= 75, "sex"].value_counts()
    for sex in ("female", "male"):
        assert f"{invited[sex]} of {people[sex]:,}" in memo
    rates = invited / people
    assert f"{100 * rates['female']:.0f} against {100 * rates['male']:.0f} of 100" in memo
    assert f"a ratio of {rates['female'] / rates['male']:.2f}." in memo
    for version, count in {"score": 181, "score_plain_no_name": 187}.items():
        best = scores[scores[version] >= scores[version].quantile(0.75)]
        assert 250 * best["good_after_12_months"].mean() == pytest.approx(count, abs=0.5)
        assert str(count) in memo
    probe = load_adviser_probe().set_index("swap")
    assert f"{-probe.loc['pronoun', 'effect']:.0f} points" in memo
    assert probe.loc["pronoun", "placebo_move"] == 0


SLIPS: list[tuple[str, object, float, str]] = [
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
    ("lowest_ratio", "0,45", 1, ""),
    ("lowest_ratio", "44.9 %", 1, ""),
    ("lowest_ratio", "45", 0.75, "without its sign"),
    ("lowest_ratio", "2.23", 0.25, "upside down"),
    ("lowest_ratio", "0.70", 0.25, "furthest apart in points"),
    ("lowest_ratio", "0.64", 0, "average of the five"),
    ("lowest_ratio", "14.6", 0, "percentage points"),
    ("above_median", "34,5", 1, ""),
    ("above_median", "0.345", 0.5, "multiply by 100"),
    ("above_median", "53.6", 0.5, "at the median, not above it"),
    ("above_median", "46.7", 0.25, "Divide by all women"),
    ("what_the_table_says", ["black_women"], 0.5, "Add up the applicants"),
    ("what_the_table_says", ["black_women", "in_no_figure", "black_men"], 0.5, "too little data"),
    ("same_score", "overrates", 0, "had to be better than men"),
    ("beyond_placebo", ["name_race", "name_sex", "pronoun", "gap"], 2 / 3, "smaller than what matters"),
    ("beyond_placebo", ["name_race", "name_sex", "pronoun", "district"], 2 / 3, "no change at all"),
    ("one_name", "proof", 0, "one other name among many"),
    ("still_reads", "gap", 0, "hardly goes by it"),
    ("struck_off", ["a"], 0.5, "Compare C with D"),
    ("struck_off", ["a", "b", "c", "e"], 0, "Nothing betters B"),
    ("what_it_costs", "19", 1, ""),
    ("what_it_costs", "18.5", 1, ""),
    ("what_it_costs", "7.4", 0.5, "fewer of 100"),
    ("what_it_costs", "74", 0.25, "1,000 invited"),
]


@pytest.mark.parametrize(("item", "answer", "share", "reason"), SLIPS)
def test_slips_in_the_audit_lab_earn_a_part_and_a_reason(
    mark: Mark, item: str, answer: object, share: float, reason: str
) -> None:
    slips: dict[str, list[object]] = {}
    for name, value, *_ in SLIPS:
        slips.setdefault(name, []).append(value)
    place = slips[item].index(answer)  # one run of the lab tries one slip of each question
    found = mark(AUDIT, {name: values[place] for name, values in slips.items() if place < len(values)})[item]
    assert found.result.share == pytest.approx(share)
    assert (len(found.reasons) > 1) == bool(reason)
    assert reason in found.reasons[0]


def test_the_ranking_is_explained_in_the_words_of_its_options(mark: Mark) -> None:
    found = mark(AUDIT)["rank_groups"]
    places = [found.reasons[-1].index(found.item.options[option]) for option in found.key]
    assert places == sorted(places)
