"""A lab's cells run in this process, and what each answer earns, for the tests of labs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from evaluators.answers import Credit, Item
from evaluators.widgets import Lab
from evaluators.widgets import lab as lab_module

LABS = {path.stem: path for path in sorted((Path(__file__).parents[1] / "labs").glob("*/*.ipynb"))}


@dataclass(frozen=True)
class Marked:
    """A question, its key, and what one answer earns."""

    item: Item
    key: Any  # of a text: what was asked, and how far it does it; of code None
    result: Credit
    reasons: list[str]  # why the answer is wrong (if the lab knows), then what is right


Mark: TypeAlias = Callable[..., dict[str, Marked]]


def run_cells(lab: str, answers: Mapping[str, object], folder: Path) -> dict[str, Marked]:
    marked: dict[str, Marked] = {}
    keys: dict[str, Any] = {}
    fill, credit, credit_text = Lab.model_answers, Lab.credit, Lab.credit_text

    def remember_key(self: Lab, item_id: str, **how: Any) -> float:
        keys[item_id] = how["key"]
        return credit(self, item_id, **how)

    def remember_parts(self: Lab, item_id: str, **how: Any) -> float:
        keys[item_id] = how["parts"]
        return credit_text(self, item_id, **how)

    def remember(item: Item, value: object, result: Credit, reasons: list[str]) -> float:
        marked[item.id] = Marked(item, keys.get(item.id), result, reasons)
        return result.share

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(Lab, "model_answers", lambda self, model: fill(self, {**model, **answers}))
        patch.setattr(Lab, "credit", remember_key)
        patch.setattr(Lab, "credit_text", remember_parts)
        patch.setattr(lab_module, "show_credit", remember)
        names: dict[str, Any] = {}
        for cell in cells(lab):
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
    return marked


def cells(lab: str) -> list[dict[str, Any]]:
    return json.loads(LABS[lab].read_text("utf-8"))["cells"]  # type: ignore[no-any-return]


def in_the_place_of(slips: list[tuple[str, object, float, str]], item: str, answer: object) -> dict[str, object]:
    """Gather one slip of each question, so that one run of the lab tries many: those in this slip's place."""
    by_item: dict[str, list[object]] = {}
    for name, value, *_ in slips:
        by_item.setdefault(name, []).append(value)
    place = by_item[item].index(answer)
    return {name: values[place] for name, values in by_item.items() if place < len(values)}
