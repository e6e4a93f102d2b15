"""Charts of counts, of counts above the median and of the bootstrap: what they draw, and their text alternative."""

import pandas as pd
import pytest

from evaluators.reports import chart_html
from evaluators.screening import CountTable, bootstrap_ratios, count_above_median

COUNTS = CountTable.from_counts({"x": (12, 40), "y": (48, 80), "(missing)": (0, 3)})


def values(spec: object, key: str) -> list[dict[str, object]]:
    """Return all rows anywhere in a chart that have this field."""
    if isinstance(spec, dict):
        return [row for each in spec.values() for row in values(each, key)]
    if not isinstance(spec, list):
        return []
    return [row for row in spec if isinstance(row, dict) and "group" in row and key in row] + [
        row for each in spec for row in values(each, key)
    ]


def test_rates_are_drawn_with_their_people() -> None:
    spec = COUNTS.chart().to_dict()
    rows = {row["group"]: (row["rate"], row["text"]) for row in values(spec, "rate")}
    assert rows == {"x": (0.3, "12 of 40"), "y": (0.6, "48 of 80"), "(missing)": (0.0, "0 of 3")}
    assert "x 12 of 40 (30.0%)" in spec["description"]


def test_of_many_groups_the_largest_are_drawn_and_that_is_said() -> None:
    many = CountTable.from_counts({f"g{number:03d}": (number, 1_000 + number) for number in range(300)})
    spec = many.chart().to_dict()
    drawn = {row["group"] for row in values(spec, "rate")}
    assert drawn == {f"g{number:03d}" for number in range(270, 300)}
    assert "30 largest of 300 groups" in " ".join(spec["title"]["subtitle"])
    assert "and 270 smaller groups" in spec["description"]


def test_scoring_rates_are_drawn_with_and_without_ties() -> None:
    people = pd.DataFrame({"sex": list("ffmm"), "race": list("xyxy"), "score": [70, 80, 80, 95]})
    scoring = count_above_median(people, groups=["sex", "race"], score="score")
    spec = scoring.chart().to_dict()
    rows = {(row["group"], row["kind"]): row["rate"] for row in values(spec, "rate") if row["group"] in {"f", "m"}}
    assert rows == {
        ("f", "above the median"): 0.0,
        ("f", "above or exactly on it"): 0.5,
        ("m", "above the median"): 0.5,
        ("m", "above or exactly on it"): 1.0,
    }
    assert spec["description"] == scoring.summary()
    assert [each["title"]["text"] for each in spec["vconcat"]] == ["sex", "race", "sex × race"]


def test_ratios_and_how_far_they_moved_are_drawn() -> None:
    ratios = bootstrap_ratios(COUNTS, seed=1)
    spec = ratios.chart().to_dict()
    rows = {row["group"]: row for row in values(spec, "impact_ratio")}
    assert rows["x"] == {"group": "x", "impact_ratio": 0.5, "low": ratios["x"].low, "high": ratios["x"].high}
    assert set(rows) == {"(missing)", "x", "y"}
    assert spec["description"] == ratios.summary()


@pytest.mark.parametrize(
    "drawable",
    [
        pytest.param(COUNTS, id="counts"),
        pytest.param(CountTable.from_counts({"x": (0, 4), "y": (0, 8)}), id="nobody"),
        pytest.param(CountTable.from_counts({"x": (4, 4)}), id="everybody"),
        pytest.param(bootstrap_ratios(CountTable.from_counts({"x": (0, 4), "y": (0, 8)})), id="no-ratio"),
        pytest.param(
            count_above_median(
                pd.DataFrame({"sex": ["f", "m", "f"], "score": [1, 1, None]}), groups="sex", score="score"
            ),
            id="one-score",
        ),
    ],
)
def test_every_chart_can_be_drawn(drawable) -> None:
    assert "<svg" in chart_html(drawable.chart(), alt="a chart")
