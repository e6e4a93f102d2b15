import json
import pickle
from fractions import Fraction

import aedt_audit
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from fairlearn.metrics import MetricFrame, selection_rate
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.data import load_resume_callbacks
from evaluators.screening import (
    ColumnError,
    CountError,
    CountTable,
    GroupCount,
    LevelError,
    OutcomeError,
    UnknownGroupError,
    _counting,
    count_table,
    impact_ratios,
)
from evaluators.screening.counts import count_tables
from evaluators.screening.errors import FileReadError, TooManyGroupsError, UnknownRulesError
from evaluators.screening.small import small_categories


def as_dict(counts: CountTable) -> dict[str, tuple[int, int]]:
    return {group.label: (group.selected, group.applicants) for group in counts}


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param([True, False, True, False], id="bool"),
        pytest.param([1, 0, 1, 0], id="integers"),
        pytest.param([1.0, 0.0, 1.0, 0.0], id="floats"),
        pytest.param(["yes", "No", " YES", "no"], id="words"),
        pytest.param(["selected", "rejected", "hired", "not selected"], id="other-words"),
        pytest.param(pd.Categorical(["1", "0", "1", "0"]), id="categorical"),
        pytest.param(pd.array([True, False, True, False], dtype="boolean"), id="nullable-bool"),
    ],
)
def test_counts_agree_however_the_outcome_is_written(outcome):
    frame = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hired": outcome})
    assert as_dict(count_table(frame, group="sex", outcome="hired")) == {"f": (1, 2), "m": (1, 2)}


def test_missing_and_blank_groups_are_a_group_of_their_own():
    frame = pd.DataFrame({"sex": ["f", None, " ", np.nan, "f "], "hired": [1, 0, 1, 0, 0]})
    counts = count_table(frame, group="sex", outcome="hired")
    assert as_dict(counts) == {"(missing)": (1, 3), "f": (1, 2)}
    assert [group.is_missing for group in counts] == [True, False]


def test_labels_of_mixed_types_are_compared_as_text():
    frame = pd.DataFrame({"code": [1, 1.0, "1", 2.5, True, None], "hired": [1, 0, 1, 0, 1, 0]}, dtype=object)
    assert as_dict(count_table(frame, group="code", outcome="hired"))["2.5"] == (0, 1)
    assert sum(group.applicants for group in count_table(frame, group="code", outcome="hired")) == 6


def test_several_columns_give_intersections_that_occur():
    frame = pd.DataFrame(
        {
            "sex": pd.Categorical(["female", "female", "male", None], categories=["female", "male", "other"]),
            "race": pd.Categorical(["Black", "White", "Black", "White"]),
            "hired": [True, True, False, True],
        }
    )
    counts = count_table(frame, group=["sex", "race"], outcome="hired")
    assert as_dict(counts) == {
        "(missing) × White": (1, 1),
        "female × Black": (1, 1),
        "female × White": (1, 1),
        "male × Black": (0, 1),
    }
    assert counts["(missing) × White"].is_missing


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.booleans()), min_size=1), st.randoms())
def test_the_order_of_rows_changes_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    first, second = (
        count_table(pd.DataFrame(each, columns=["group", "hired"]), group="group", outcome="hired")
        for each in (rows, shuffled)
    )
    assert first == second


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        pytest.param(["yes", "no", "maybe"], "'maybe' (1 row has no clear outcome)", id="three-values"),
        pytest.param([1, 0, None], "nothing", id="missing"),
        pytest.param([3.5, 2.0, 1.0], "3.5", id="scores"),
        pytest.param([True, False, pd.NA], "nothing", id="missing-flag"),
    ],
)
def test_an_unclear_outcome_names_row_and_value(outcome, found):
    frame = pd.DataFrame({"sex": ["f", "m", "m"], "hired": outcome})
    with pytest.raises(OutcomeError, match="'hired'") as caught:
        count_table(frame, group="sex", outcome="hired")
    assert found in str(caught.value)


def test_a_missing_column_hints_at_the_nearest_name():
    frame = pd.DataFrame({"sex": ["f"], "hired": [True]})
    with pytest.raises(ColumnError, match="Did you mean 'hired'"):
        count_table(frame, group="sex", outcome="hird")
    with pytest.raises(ColumnError, match="more than once"):
        count_table(frame[["sex", "sex", "hired"]], group="sex", outcome="hired")


def test_there_must_be_rows_and_a_group_column():
    empty = pd.DataFrame({"sex": [], "hired": []})
    with pytest.raises(CountError, match="no rows"):
        count_table(empty, group="sex", outcome="hired")
    with pytest.raises(CountError, match="at least one group column"):
        count_table(empty, group=[], outcome="hired")


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param((5, 4), id="more-than-all"),
        pytest.param((-1, 4), id="negative"),
        pytest.param((0, 0), id="nobody"),
        pytest.param((0.5, 4), id="share"),
        pytest.param((1, 2, 3), id="three-numbers"),
    ],
)
def test_impossible_counts_are_refused(pair):
    with pytest.raises(CountError):
        CountTable.from_counts({"x": pair})


def test_a_table_is_sorted_and_takes_numpy_integers():
    counts = CountTable.from_counts({"y": (np.int64(1), np.int64(2)), "x": (0, 1)})
    assert counts.labels == ("x", "y")
    assert type(counts["y"].selected) is int
    with pytest.raises(CountError, match="from_counts"):
        CountTable((GroupCount("y", 1, 2), GroupCount("x", 1, 2)))
    with pytest.raises(UnknownGroupError, match="x, y"):
        counts["z"]


@pytest.mark.parametrize(
    "kind",
    [ColumnError, CountError, FileReadError, OutcomeError, TooManyGroupsError, UnknownGroupError, UnknownRulesError],
)
def test_errors_cross_a_process(kind):
    copy = pickle.loads(pickle.dumps(kind("problem", "hint")))
    assert (type(copy), str(copy)) == (kind, "problem\nHint: hint")


SAMPLE = pd.DataFrame(
    {
        "sex": ["f", "f ", " m", None, "m", " ", "x", "m"],
        "grade": [1, 2, 1, 2.5, None, 1, 2, 1],
        "hired": ["yes", "No", "1", "0", "TRUE", "rejected", "hired", "n"],
    }
)
BY_HAND = {
    "sex": {"(missing)": (0, 2), "f": (1, 2), "m": (2, 3), "x": (1, 1)},
    "grade": {"(missing)": (1, 1), "1": (2, 4), "2": (1, 2), "2.5": (0, 1)},
    "sex × grade": {
        "(missing) × 1": (0, 1),
        "(missing) × 2.5": (0, 1),
        "f × 1": (1, 1),
        "f × 2": (0, 1),
        "m × (missing)": (1, 1),
        "m × 1": (1, 2),
        "x × 2": (1, 1),
    },
}


def _duckdb_relation(frame: pd.DataFrame) -> object:
    duckdb = pytest.importorskip("duckdb")
    return duckdb.connect().from_arrow(pa.Table.from_pandas(frame))


def _spark_frame(frame: pd.DataFrame) -> object:
    sql = pytest.importorskip("pyspark.sql")
    session = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    types = {"sex": "string", "grade": "double", "hired": "string", "score": "double"}
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return session.createDataFrame(list(rows), ", ".join(f"{name} {types[name]}" for name in frame))


BACKENDS = [
    pytest.param(lambda frame: frame, id="pandas"),
    pytest.param(lambda frame: frame.astype({"sex": object, "hired": object}), id="pandas-objects"),
    pytest.param(lambda frame: frame.astype("category"), id="pandas-categories"),
    pytest.param(lambda frame: pa.Table.from_pandas(frame).to_pandas(types_mapper=pd.ArrowDtype), id="pandas-arrow"),
    pytest.param(pa.Table.from_pandas, id="pyarrow"),
    pytest.param(lambda frame: pa.Table.from_pandas(frame.astype("category")), id="pyarrow-dictionaries"),
    pytest.param(pl.from_pandas, id="polars"),
    pytest.param(lambda frame: pl.from_pandas(frame).with_columns(pl.col("sex").cast(pl.Categorical)), id="polars-cat"),
    pytest.param(lambda frame: pl.from_pandas(frame).lazy(), id="polars-lazy"),
    pytest.param(_duckdb_relation, id="duckdb"),
    pytest.param(
        _spark_frame,
        id="pyspark",
        # PySpark 4 says itself that it has not been tried with pandas 3.
        marks=[pytest.mark.slow, pytest.mark.filterwarnings("ignore")],
    ),
]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_kind_of_table_gives_the_hand_counts(backend):
    tables = count_tables(backend(SAMPLE), groups=["sex", "grade"], outcome="hired")
    assert {name: as_dict(counts) for name, counts in tables.items()} == BY_HAND
    assert tables["sex"].people_missing == 2
    assert tables["sex × grade"].people_missing == 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_kind_of_table_refuses_an_unclear_outcome(backend):
    unclear = SAMPLE.assign(hired=["yes", "No", "perhaps", None, "TRUE", "perhaps", "hired", "n"])
    with pytest.raises(OutcomeError, match=r"'hired' has .*\(3 rows have no clear outcome\)"):
        count_tables(backend(unclear), groups=["sex"], outcome="hired")


@pytest.mark.parametrize("backend", BACKENDS[:-1])
def test_every_kind_of_table_needs_rows_and_columns(backend):
    with pytest.raises(CountError, match="no rows"):
        count_tables(backend(SAMPLE.head(0)), groups=["sex"], outcome="hired")
    with pytest.raises(ColumnError, match="Did you mean 'sex'"):
        count_tables(backend(SAMPLE), groups=["sx"], outcome="hired")


def test_a_bool_or_number_is_an_outcome_in_every_engine():
    frame = pl.DataFrame({"sex": ["f", "f", "m"], "flag": [True, False, True], "number": [1.0, 0.0, 1.0]})
    for outcome in ("flag", "number"):
        assert as_dict(count_table(frame.lazy(), group="sex", outcome=outcome)) == {"f": (1, 2), "m": (1, 1)}


def test_groups_alone_are_the_margins_of_the_intersections():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({name: rng.choice(list("abc"), 400) for name in ("sex", "race", "age")})
    frame["hired"] = rng.integers(0, 2, 400)
    tables = count_tables(frame, groups=["sex", "race", "age"], outcome="hired")
    for name in ("sex", "race", "age"):
        expected = frame.groupby(name)["hired"].agg(["sum", "count"])
        assert as_dict(tables[name]) == {label: (row["sum"], row["count"]) for label, row in expected.iterrows()}
    assert tables["sex × race × age"].applicants == 400
    assert list(count_tables(frame, groups=["sex", "race"], outcome="hired", intersections=False)) == ["sex", "race"]


def test_more_rows_than_a_piece_holds_are_counted_once(monkeypatch):
    monkeypatch.setattr(_counting, "_PIECE_ROWS", 3)
    for frame in (SAMPLE, SAMPLE.astype("category"), pa.Table.from_pandas(SAMPLE)):
        tables = count_tables(frame, groups=["sex", "grade"], outcome="hired")
        assert {name: as_dict(counts) for name, counts in tables.items()} == BY_HAND


def test_columns_with_many_values_are_counted_without_a_table_of_all_pairs(monkeypatch):
    monkeypatch.setattr(_counting, "_DENSE_CELLS", 4)
    tables = count_tables(SAMPLE, groups=["sex", "grade"], outcome="hired")
    assert {name: as_dict(counts) for name, counts in tables.items()} == BY_HAND


def test_a_column_of_names_is_no_group_and_scores_are_no_outcome(monkeypatch):
    monkeypatch.setattr(_counting, "MOST_CELLS", 50)
    people = pd.DataFrame({"name": np.arange(60), "sex": "f", "score": np.linspace(0, 1, 60), "hired": 1})
    for frame in (people, pl.from_pandas(people)):
        with pytest.raises(TooManyGroupsError, match="more than 50 combinations"):
            count_table(frame, group="name", outcome="hired")
        with pytest.raises(OutcomeError, match="'score' has"):
            count_table(frame, group="sex", outcome="score")


def test_what_is_no_table_or_no_single_value_is_refused():
    with pytest.raises(ColumnError, match="list is no table"):
        count_table([1, 2], group="sex", outcome="hired")
    lists = {"skills": [["sql"], ["r"]], "hired": [1, 0]}
    for frame in (pd.DataFrame(lists), pa.table(lists), pl.DataFrame(lists)):
        with pytest.raises(ColumnError, match="lists"):
            count_table(frame, group="skills", outcome="hired")


@pytest.mark.parametrize("groups", [["sex", "sex"], ["hired"]])
def test_a_column_has_one_part_to_play(groups):
    with pytest.raises(CountError, match="named twice"):
        count_tables(SAMPLE, groups=groups, outcome="hired")


def test_labels_that_would_run_together_are_refused():
    frame = pd.DataFrame({"a": ["x × y", "x"], "b": ["z", "y × z"], "hired": [1, 0]})
    with pytest.raises(CountError, match="same label"):
        count_tables(frame, groups=["a", "b"], outcome="hired")


tables_of_counts = st.dictionaries(
    st.sampled_from("abcde"), st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1
).map(lambda drawn: CountTable.from_counts({k: (chosen, chosen + more) for k, (chosen, more) in drawn.items()}))


@settings(max_examples=30, deadline=None)
@given(tables_of_counts, st.data())
def test_merging_groups_keeps_everybody(counts, data):
    into = data.draw(st.dictionaries(st.sampled_from(counts.labels), st.sampled_from("abz")))
    merged = counts.merged(into)
    assert (merged.selected, merged.applicants) == (counts.selected, counts.applicants)
    assert set(merged.labels) == {into.get(label, label) for label in counts.labels}


@settings(max_examples=30, deadline=None)
@given(st.lists(tables_of_counts, min_size=1, max_size=4), st.randoms())
def test_sums_do_not_depend_on_the_order(tables, random):
    total = CountTable.sum_of(tables)
    assert total == CountTable.sum_of(random.sample(tables, len(tables)))
    assert total.applicants == sum(group.applicants for counts in tables for group in counts)


def test_a_table_as_frame_and_as_plain_values():
    counts = CountTable.from_counts({"x": (1, 3), "(missing)": (0, 1)})
    assert counts.to_frame().to_dict("list") == {
        "group": ["(missing)", "x"],
        "selected": [0, 1],
        "applicants": [1, 3],
        "rate": [0.0, 1 / 3],
        "share": [0.25, 0.75],
    }
    assert json.loads(json.dumps(counts.to_dict()))["people_missing"] == 1
    with pytest.raises(UnknownGroupError):
        counts.merged({"y": "x"})


@pytest.mark.parametrize(
    ("where", "white", "black", "ratio"),
    [
        pytest.param({}, (235, 2435), (157, 2435), 1.50, id="all"),
        pytest.param({"city": "Chicago"}, (109, 1352), (73, 1352), 1.49, id="chicago"),
        pytest.param({"city": "Boston"}, (126, 1083), (84, 1083), 1.50, id="boston"),
        pytest.param({"sex": "female"}, (184, 1860), (125, 1886), 1.49, id="women"),
        pytest.param({"sex": "male"}, (51, 575), (32, 549), 1.52, id="men"),
    ],
)
def test_bertrand_and_mullainathan_table_1(where, white, black, ratio):
    callbacks = load_resume_callbacks()
    for column, value in where.items():
        callbacks = callbacks[callbacks[column] == value]
    counts = count_table(callbacks, group="race", outcome="called_back")
    assert as_dict(counts) == {"Black": black, "White": white}
    assert float(counts["White"].rate / counts["Black"].rate) == pytest.approx(ratio, abs=0.006)


LL144_SEX = {"Male": (667, 1390), "Female": (555, 1181)}
LL144_RACE = {
    "Hispanic or Latino": (204, 408, 0.97),
    "White": (412, 797, 1.00),
    "Black": (170, 390, 0.84),
    "Native Hawaiian or Pacific Islander": (52, 119, 0.85),
    "Asian": (302, 616, 0.95),
    "Native American": (18, 41, 0.85),
    "Two or more": (96, 213, 0.87),
}


def test_the_example_tables_of_local_law_144():
    assert impact_ratios(CountTable.from_counts(LL144_SEX))["Female"] == pytest.approx(0.979, abs=0.0005)
    counts = CountTable.from_counts({label: pair[:2] for label, pair in LL144_RACE.items()})
    ratios = impact_ratios(counts)
    assert ratios == pytest.approx({label: row[2] for label, row in LL144_RACE.items()}, abs=0.0051)
    # 41 of 2,584 people are under 2 %, and no other category is.
    assert [small.group.label for small in small_categories(counts)] == ["Native American"]


def test_other_libraries_count_the_same():
    rng = np.random.default_rng(8)
    people = pd.DataFrame({"sex": rng.choice(["f", "m"], 300), "race": rng.choice(list("abc"), 300)})
    people["hired"] = rng.integers(0, 2, 300)
    counts = count_table(people, group=["sex", "race"], outcome="hired")
    theirs = MetricFrame(
        metrics=selection_rate,
        y_true=people["hired"],
        y_pred=people["hired"],
        sensitive_features=people[["sex", "race"]],
    ).by_group
    assert {tuple(group.label.split(" × ")): float(group.rate) for group in counts} == pytest.approx(theirs.to_dict())
    audited = aedt_audit.selection_rates(people, by=["sex", "race"], outcome="hired")
    assert sorted((group.selected, group.applicants) for group in counts) == sorted(
        zip(audited["selected"], audited["n"], strict=True)
    )


@pytest.mark.parametrize(
    ("share", "people", "flagged"),
    [
        pytest.param(Fraction(2, 100), None, ["tiny"], id="exactly-2-percent-is-not-under-it"),
        pytest.param(None, 30, ["edge", "tiny"], id="people"),
        pytest.param(0.021, 3, ["edge", "tiny"], id="either"),
        pytest.param(None, None, [], id="no-limit"),
    ],
)
def test_small_categories_are_flagged_with_their_figures(share, people, flagged):
    counts = CountTable.from_counts({"(missing)": (0, 1), "big": (90, 961), "edge": (5, 20), "tiny": (1, 18)})
    small = small_categories(counts, share=share, people=people)
    assert [each.group.label for each in small] == flagged
    assert all(each.group == counts[each.group.label] for each in small)


def test_small_limits_are_checked():
    counts = CountTable.from_counts({"x": (1, 2)})
    with pytest.raises(LevelError, match="smallest share"):
        small_categories(counts, share=Fraction(2))
    with pytest.raises(LevelError, match="number of people"):
        small_categories(counts, people=-1)
    assert "100.0% of all; 1 was selected (50.0%)" in small_categories(counts, people=5)[0].sentence()
