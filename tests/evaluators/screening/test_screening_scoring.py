import json

import aedt_audit
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.screening import ColumnError, CountError, CountTable, impact_ratios
from evaluators.screening.errors import ScoreError
from evaluators.screening.scoring import ScoringCounts, count_above_median

# New York City's example for scoring tools: above the median, of all, impact ratio.
SEX = {"Male": (50, 92, 1.00), "Female": (34, 76, 0.82)}
RACE = {
    "Hispanic or Latino": (18, 28, 1.00),
    "White": (15, 40, 0.58),
    "Black": (16, 32, 0.78),
    "Native Hawaiian or Pacific Islander": (5, 8, 0.97),
    "Asian": (10, 24, 0.65),
}


def duckdb_relation(frame: pd.DataFrame) -> object:
    return pytest.importorskip("duckdb").connect().from_arrow(pa.Table.from_pandas(frame))


def spark_frame(frame: pd.DataFrame) -> object:
    sql = pytest.importorskip("pyspark.sql")
    session = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    score = {"i": "bigint", "f": "double", "b": "boolean"}.get(frame["score"].dtype.kind, "string")
    return session.createDataFrame(list(rows), f"sex string, score {score}")


BACKENDS = [
    pytest.param(lambda frame: frame, id="pandas"),
    pytest.param(pa.Table.from_pandas, id="pyarrow"),
    pytest.param(pl.from_pandas, id="polars"),
    pytest.param(lambda frame: pl.from_pandas(frame).lazy(), id="polars-lazy"),
    pytest.param(duckdb_relation, id="duckdb"),
    pytest.param(spark_frame, id="pyspark", marks=[pytest.mark.slow, pytest.mark.filterwarnings("ignore")]),
]
SEXES = ["f", "f", "f", None, "m", "m", "m ", "m"]


@pytest.mark.parametrize(("name", "table"), [("sex", SEX), ("race", RACE)])
def test_new_york_citys_example(name, table):
    # As many of 168 people above the median as not, and the same with the 132 whose race is known.
    rows = [
        (label, above)
        for label, (chosen, of, _) in table.items()
        for above in [True] * chosen + [False] * (of - chosen)
    ]
    frame = pd.DataFrame(rows, columns=[name, "above"])
    balance = 2 * int(frame["above"].sum()) - len(frame)
    extra = pd.DataFrame({name: None, "above": [balance < 0] * abs(balance)})
    frame = pd.concat([frame, extra]) if balance else frame
    frame["score"] = np.where(frame["above"], 80, 20) + np.arange(len(frame)) / 1000
    found = count_above_median(frame, groups=name, score="score")
    assert found.at_median == 0
    counts = CountTable(tuple(group for group in found.above[name] if not group.is_missing))
    assert {group.label: (group.selected, group.applicants) for group in counts} == {
        label: row[:2] for label, row in table.items()
    }
    assert impact_ratios(counts) == pytest.approx({label: row[2] for label, row in table.items()}, abs=0.0051)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("scores", "median", "ties", "above"),
    [
        pytest.param([1, 2, 3, 4, 5, 6, 7, 8], 4.5, 0, {"(missing)": 0, "f": 0, "m": 4}, id="even"),
        pytest.param([1, 2, 3, 4, 5, 6, 7, np.nan], 4.0, 1, {"(missing)": 0, "f": 0, "m": 3}, id="odd"),
        pytest.param([9, 5, 5, 5, 5, 1, 1, 9], 5.0, 4, {"(missing)": 0, "f": 1, "m": 1}, id="ties"),
        pytest.param([0.1, 0.2, 0.3, 0.1, 0.3, 0.2, 0.2, 0.3], 0.2, 3, {"(missing)": 0, "f": 1, "m": 2}, id="tenths"),
        pytest.param([7] * 8, 7.0, 8, {"(missing)": 0, "f": 0, "m": 0}, id="all-the-same"),
        pytest.param(["1", " 2 ", "3e0", "", "5.", "-6", "7", None], 2.5, 0, {"f": 1, "m": 2}, id="text"),
    ],
)
def test_the_median_is_exact_in_every_engine(backend, scores, median, ties, above):
    found = count_above_median(backend(pd.DataFrame({"sex": SEXES, "score": scores})), groups="sex", score="score")
    assert (found.median, found.at_median) == (median, ties)
    assert {group.label: group.selected for group in found.above["sex"]} == above
    assert found.people + found.without_score == 8
    assert found.at_or_above["sex"].selected - found.above["sex"].selected == ties


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("scores", "error", "match"),
    [
        pytest.param([1.0, np.inf], ScoreError, "infinite", id="infinite"),
        pytest.param([np.nan, np.nan], ScoreError, "Nobody has a score", id="none"),
        pytest.param(["12", "good"], ScoreError, "'good'", id="words"),
        pytest.param(["12", "3,5"], ScoreError, "'3,5'", id="decimal-comma"),
        pytest.param([], CountError, "no rows", id="no-rows"),
    ],
)
def test_scores_that_are_none_are_refused(backend, scores, error, match):
    frame = pd.DataFrame({"sex": ["f", "m"][: len(scores)], "score": scores})
    frame = frame if len(scores) else frame.astype({"sex": "str", "score": float})
    with pytest.raises(error, match=match):
        count_above_median(backend(frame), groups="sex", score="score")


@pytest.mark.parametrize("backend", BACKENDS[:-1])
def test_yes_and_no_are_no_scores_and_columns_must_exist(backend):
    frame = pd.DataFrame({"sex": ["f", "m"], "score": [True, False]})
    with pytest.raises(ScoreError, match="yes or no"):
        count_above_median(backend(frame), groups="sex", score="score")
    with pytest.raises(ColumnError, match="Did you mean 'score'"):
        count_above_median(backend(frame), groups="sex", score="scor")
    with pytest.raises(CountError, match="named twice"):
        count_above_median(backend(frame), groups=["sex", "score"], score="score")


people = st.lists(
    st.tuples(st.sampled_from("xyz"), st.integers(-3, 3) | st.floats(-2, 2, allow_nan=False)), min_size=1, max_size=25
)


def counted(rows: list[tuple[str, float]], score: object = float) -> ScoringCounts:
    frame = pd.DataFrame({"group": [row[0] for row in rows], "score": [score(row[1]) for row in rows]})
    return count_above_median(frame, groups="group", score="score")


@settings(max_examples=25, deadline=None)
@given(people, st.randoms())
def test_counts_are_those_of_the_definition_in_any_order(rows, random):
    found = counted(random.sample(rows, len(rows)))
    scores = pd.Series([float(row[1]) for row in rows])
    assert found.median == pytest.approx(scores.median())
    middle = np.sort(scores)[(len(rows) - 1) // 2]  # nobody lies between the two middle scores
    for group in found.above["group"]:
        assert group.selected == sum(label == group.label and score > middle for label, score in rows)
    assert found.above["group"].selected <= len(rows) / 2
    assert found.at_or_above["group"].selected >= len(rows) / 2


@settings(max_examples=15, deadline=None)
@given(people)
def test_another_unit_of_the_score_changes_no_count(rows):
    assert counted(rows).above == counted(rows, lambda score: 8 * float(score)).above


def test_aedt_audit_counts_the_same():
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 301), "score": rng.integers(0, 40, 301)})
    theirs = aedt_audit.scoring_rates(frame, by=["sex"], score="score").set_index("sex")
    ours = count_above_median(frame, groups="sex", score="score").to_frame().set_index("group")
    assert ours["scoring_rate"].to_dict() == pytest.approx(theirs["rate"].to_dict())


def test_the_result_says_who_is_left_out_and_who_is_tied():
    frame = pd.DataFrame({"sex": list("ffmmm"), "race": list("xyxyy"), "score": [70, 80, 80, 95, None]})
    found = count_above_median(frame, groups=["sex", "race"], score="score")
    assert list(found.above) == ["sex", "race", "sex × race"]
    assert found.scored["sex"] == CountTable.from_counts({"f": (2, 2), "m": (2, 3)})
    said = found.summary()
    assert "2 people score exactly 80 and do not count as above" in said
    assert "f from 0.0% to 50.0%, m from 50.0% to 100.0%" in said
    assert "1 person has no score and is left out: 1 of 3 m, 1 of 3 y." in said
    rows = found.to_frame().set_index(["column", "group"])
    assert rows.loc[("sex", "m"), ["people", "above", "at_median", "without_score"]].tolist() == [2, 1, 1, 1]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["median"] == 80


def test_a_group_without_any_score_is_listed_without_a_rate():
    frame = pd.DataFrame({"sex": list("ffmx"), "score": [1, 1, 1, None]})
    found = count_above_median(frame, groups="sex", score="score")
    assert "x" not in found.above["sex"].labels
    assert found.to_dict()["groups"][2]["scoring_rate"] is None
    assert "Nobody is above the median" in found.summary()
    assert "1 of 1 x" in found.summary()
