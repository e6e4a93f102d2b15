"""Words that tell a group are swapped, and the screener scores again: what is swapped, and what comes of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.panel import Panel
from evaluators.judgement.screener import swapping
from evaluators.judgement.screener.check import check_screener
from evaluators.judgement.screener.run import ScreenerRun
from evaluators.judgement.screener.swapping import group_swaps, swap_probe
from evaluators.screening.errors import ToolError

NAMES = {"f": ["Ann", "Amy", "Ada"], "m": ["Bob", "Ben", "Bill"]}
SEX = ["f", "m"] * 30
PEOPLE = pd.DataFrame(
    {
        "cv": [f"r{place:02}" for place in range(60)],
        "name": [NAMES[sex][place // 2 % 3] for place, sex in enumerate(SEX)],
        "sex": SEX,
        "years": [(place * 7) % 23 for place in range(60)],
    }
).assign(text=lambda table: table["name"] + " applies.")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[dict[str, Any]], float]], list[pd.DataFrame]]:
    """Let a function score in place of a process; what it was shown is kept."""

    def scoring(score: Callable[[dict[str, Any]], float]) -> list[pd.DataFrame]:
        shown: list[pd.DataFrame] = []

        def run(spec: str, items: pd.DataFrame, *, item: str, **_: object) -> ScreenerRun:
            shown.append(items.drop(columns=item))
            scores = pd.Series([score(row) for row in items.to_dict("records")], index=items[item], dtype=float)
            return ScreenerRun(spec, scores, "call", (), (), 0.0, 0.0)

        monkeypatch.setattr(swapping, "run_screener", run)
        return shown

    return scoring


def probed(**settings: Any) -> Any:
    swaps = group_swaps(PEOPLE, ["name"], groups=["sex"])
    return swap_probe("mine:score", PEOPLE, item="cv", swaps=swaps, withheld=["sex"], **settings)


def checked(score: Callable[[dict[str, Any]], float], probe: Any) -> Any:
    ratings = PEOPLE["years"].to_numpy(dtype=float)[:, None] + np.array([[0.0, 1.0]])
    scores = pd.Series([score(row) for row in PEOPLE.to_dict("records")], index=PEOPLE["cv"], name="score")
    run = ScreenerRun("mine:score", scores, "call", ("name",), ("cv", "sex"), 0.0, 0.0)
    panel = Panel(ratings, tuple(PEOPLE["cv"]), ("Ada", "Ben"))
    return check_screener(panel, PEOPLE, run, item="cv", groups=["sex"], replicates=100, probe=probe)


def test_a_name_in_a_text_is_swapped_and_nothing_else(calls):
    shown = calls(lambda resume: resume["years"])
    probed()
    assert len(shown) == 4  # as they are, once more in another order, swapped, placebo
    swapped, placebo = shown[2], shown[3]
    assert "sex" not in swapped
    assert list(swapped["years"]) == list(placebo["years"]) == list(PEOPLE["years"])
    for table, other in ((swapped, True), (placebo, False)):
        for name, text, was, sex in zip(table["name"], table["text"], PEOPLE["name"], SEX, strict=True):
            assert text == f"{name} applies."
            assert name != was
            assert (name in NAMES[sex]) is not other


def test_a_screener_that_looks_at_names_is_found(calls):
    def score(resume: dict[str, Any]) -> float:
        return float(resume["years"] + 5 * resume["text"].startswith("B"))

    calls(score)
    check = checked(score, probed())
    swap = check.limits[1]
    assert (swap.name, swap.result) == ("swap", "broken")
    assert "changes a score by +5.00 points on average (+5.00 to +5.00)" in swap.sentence  # what was put in
    assert "must not be used" in check.headline()
    assert check.to_dict()["probe"]["effects"][0]["effect"] == 5.0


def test_a_screener_that_does_not_is_cleared(calls):
    calls(lambda resume: resume["years"])
    limit = checked(lambda resume: resume["years"], probed()).limits[1]
    assert (limit.name, limit.result) == ("swap", "kept")


def test_names_that_it_does_not_see_cannot_move_it(calls):
    calls(lambda resume: resume["years"])
    swaps = group_swaps(PEOPLE, ["name"], groups=["sex"])
    probe = swap_probe("mine:score", PEOPLE, item="cv", swaps=swaps, withheld=["sex", "name", "text"])
    limit = checked(lambda resume: resume["years"], probe).limits[1]
    assert limit.result == "kept"
    assert "no such word stands in what the screener sees" in limit.sentence


def test_what_cannot_be_told_is_not_called_kept(calls):
    noise = np.random.default_rng(0)
    calls(lambda resume: resume["years"] / 10 + noise.normal(0, 1))
    limit = checked(lambda resume: resume["years"], probed()).limits[1]
    assert limit.result == "could not be checked"


def test_an_error_of_the_screener_is_told_once(monkeypatch):
    asked = []

    def run(*_: object, **__: object) -> ScreenerRun:
        asked.append(1)
        raise ScreenerError("The screener failed on résumé 3.", "Look at mine.py, line 2.")

    monkeypatch.setattr(swapping, "run_screener", run)
    with pytest.raises(ToolError, match="failed on résumé 3"):
        probed()
    assert asked == [1]  # not again for each résumé alone


def test_a_column_of_groups_is_swapped_itself():
    swap = group_swaps(PEOPLE, ["sex"], groups=["sex"])[0]
    assert (swap.name, swap.from_values, swap.to_values, swap.columns) == ("sex", ("f",), ("m",), ["sex"])


@pytest.mark.parametrize(
    ("columns", "groups", "said"),
    [
        pytest.param(["name"], [], "needs groups", id="no-groups"),
        pytest.param(["years"], ["sex"], "No words in 'years'", id="numbers"),
        pytest.param(["same"], ["sex"], "No words in 'same'", id="tells-nothing"),
        pytest.param(["name"], ["same"], "fewer than two groups", id="one-group"),
    ],
)
def test_swaps_that_cannot_be_made(columns, groups, said):
    with pytest.raises(ScreenerError, match=said):
        group_swaps(PEOPLE.assign(same="x"), columns, groups=groups)
