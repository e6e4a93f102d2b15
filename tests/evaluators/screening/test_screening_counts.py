import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.screening import (
    ColumnError,
    CountError,
    CountTable,
    GroupCount,
    OutcomeError,
    UnknownGroupError,
    count_table,
)


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
        pytest.param(["yes", "no", "maybe"], "'maybe' (1 such rows)", id="three-values"),
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


@pytest.mark.parametrize("kind", [ColumnError, CountError, OutcomeError, UnknownGroupError])
def test_errors_cross_a_process(kind):
    copy = pickle.loads(pickle.dumps(kind("problem", "hint")))
    assert (type(copy), str(copy)) == (kind, "problem\nHint: hint")
