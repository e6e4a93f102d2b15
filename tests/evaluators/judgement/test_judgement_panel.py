"""Panels against tables counted by hand, and what cannot be read."""

import json
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators._validation import ColumnError
from evaluators.judgement.errors import LevelError, NoAgreementError, PanelError, UnknownRaterError
from evaluators.judgement.panel import Panel

NAN = float("nan")


def table(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["cv", "who", "mark"])


def read(frame: object, **settings: object) -> Panel:
    return Panel.from_table(frame, **({"item": "cv", "rater": "who", "rating": "mark"} | settings))


def test_a_table_becomes_a_matrix_in_the_order_of_names():
    panel = read(table(("cv 10", "Ben", 4), ("cv 2", "Ada", 3), ("cv 10", "Ada", 5), ("cv 2", "Ben", None)))
    assert (panel.items, panel.raters) == (("cv 2", "cv 10"), ("Ada", "Ben"))
    np.testing.assert_array_equal(panel.ratings, [[3, NAN], [5, 4]])
    assert (panel.n_items, panel.n_raters, panel.n_ratings, panel.missing) == (2, 2, 3, 1)
    assert panel.scale == "interval"
    assert panel.to_frame().values.tolist() == [["cv 2", "Ada", 3], ["cv 10", "Ada", 5], ["cv 10", "Ben", 4]]


def test_words_get_their_places_on_the_scale():
    panel = read(
        table((1, "a", "yes"), (1, "b", " no "), (2, "a", ""), (2, "b", "maybe")), levels=["no", "maybe", "yes"]
    )
    np.testing.assert_array_equal(panel.ratings, [[2, 0], [NAN, 1]])
    assert (panel.scale, panel.levels, panel.level_names) == ("ordinal", (0, 1, 2), ("no", "maybe", "yes"))


def test_words_without_an_order_are_names():
    panel = read(table((1, "a", "hold"), (1, "b", "call")), scale="nominal")
    assert panel.level_names == ("call", "hold")
    assert panel.ratings.tolist() == [[1, 0]]


def test_numbers_written_as_text_and_whole_floats_as_names():
    panel = read(table((1.0, "a", "4"), (2.0, "a", "3.5")))
    assert panel.items == ("1", "2")
    assert panel.ratings.ravel().tolist() == [4, 3.5]


def test_polars_frames_are_read_too():
    panel = read(pl.DataFrame({"cv": ["x", "x"], "who": ["a", "b"], "mark": [1, None]}))
    np.testing.assert_array_equal(panel.ratings, [[1, NAN]])


@pytest.mark.parametrize(
    ("rows", "settings", "said"),
    [
        pytest.param([(1, "a", 3), (2, "a", 4), (1, "a", 5)], {}, "a rated 1 twice, in rows 1 and 3", id="twice"),
        pytest.param([(1, "a", 3), (1, "b", "good")], {}, "Row 2: the rating 'good' is no number", id="word"),
        pytest.param([(1, "a", 3), (1, "b", np.inf)], {}, "Row 2: the rating is infinite", id="infinite"),
        pytest.param([(1, "a", 3), (1, "b", 7)], {"levels": [1, 2, 3]}, "Row 2: the rating 7 is not on", id="level"),
        pytest.param([(1, "a", "no"), (1, "b", "nay")], {"levels": ["no", "yes"]}, "Row 2: the rating 'nay'", id="nay"),
        pytest.param([(1, "a", 3), (None, "b", 4)], {}, "Row 2 does not name the item", id="no-item"),
        pytest.param([(1, "a", 3), (1, "  ", 4)], {}, "Row 2 does not name the rater", id="no-rater"),
        pytest.param([(1, "a", None)], {}, "There is no rating at all", id="none"),
        pytest.param([], {}, "has no rows", id="empty"),
        pytest.param([(1, "a", 3)], {"levels": [3, 2]}, "do not ascend", id="descending"),
        pytest.param([(1, "a", "x")], {"levels": ["x", "x"]}, "two have the same", id="level-twice"),
        pytest.param([(1, "a", 3)], {"scale": "likert"}, "There is no scale 'likert'", id="scale"),
        pytest.param([(1, "a", pd.Timestamp("2026-01-01"))], {}, "The ratings are dates", id="dates"),
        pytest.param([(1, "a", 3)], {"levels": [1, None]}, "A level is no number", id="level-none"),
        pytest.param([(1, "a", 3 + 1j)], {}, "The ratings are complex numbers", id="complex"),
        pytest.param([(1, "a", 1e300), (1, "b", 2)], {}, "The rating of 1 by a is 1e\\+300", id="huge"),
        pytest.param([(1, "a", 3)], {"rater": "cv"}, "One column stands for two things", id="one-column"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_row(rows, settings, said):
    with pytest.raises(PanelError, match=said):
        read(table(*rows), **settings)


@pytest.mark.parametrize(
    "levels",
    [
        pytest.param(np.array([1, 2, 3]), id="array"),
        pytest.param(pd.Series([1, 2, 3]), id="series"),
        pytest.param(["1", "2", "3"], id="words"),
    ],
)
def test_levels_come_in_many_shapes(levels):
    panel = read(table((1, "a", 3.0), (2, "a", None), (1, "b", 2.0)), levels=levels)  # 3.0, since a cell is empty
    assert panel.ratings[0, 0] - panel.ratings[0, 1] == 1
    assert len(panel.levels) == 3


def test_an_order_may_be_numbers_as_text():
    frame = table((1, "a", 3), (2, "a", 4), (3, "a", 4))
    for order in (["10", "9", "100"], [Decimal(10), Decimal(9), Decimal(100)]):
        np.testing.assert_array_equal(read(frame.assign(n=order), order="n").order[:, 0], [2, 1, 3])


def test_numbers_that_are_names_are_written_alike():
    panel = read(table((1, "a", 3.0), (1, "b", 2.0)).astype({"mark": "category"}), scale="nominal")
    assert panel.level_names == ("2", "3")


def test_a_missing_column_has_a_hint():
    with pytest.raises(ColumnError, match="'mark'"):
        read(table((1, "a", 3)), rating="marks")


def test_an_empty_second_row_is_no_second_rating():
    assert read(table((1, "a", 3), (1, "a", None))).n_ratings == 1


def test_the_order_is_counted_for_each_rater():
    frame = table((1, "a", 3), (2, "a", 4), (1, "b", 3), (2, "b", None)).assign(
        when=["2026-03-02 14:30", "2026-03-02 09:00", "2026-03-02 11:00", None]
    )
    np.testing.assert_array_equal(read(frame, order="when").order, [[2, 1], [1, NAN]])
    with pytest.raises(PanelError, match="Row 1 does not say when"):
        read(frame.assign(when="noon"), order="when")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"items": ("x",)}, "shape", id="shape"),
        pytest.param({"items": ("x", "x")}, "two items called 'x'", id="items"),
        pytest.param({"raters": ("a", "a")}, "two raters called 'a'", id="raters"),
        pytest.param({"ratings": np.array([[1, 2], [np.inf, 1]])}, "of y by a is infinite", id="infinite"),
        pytest.param({"ratings": np.array([["good", "bad"]] * 2)}, "no table of numbers", id="words"),
        pytest.param({"levels": (1.0, 2.0)}, "of y by b is not on the scale", id="level"),
        pytest.param({"order": np.ones((1, 2))}, "another shape", id="order"),
    ],
)
def test_a_panel_by_hand_is_checked(change, said):
    whole = {"ratings": np.array([[1.0, 2], [2, 3]]), "items": ("x", "y"), "raters": ("a", "b")}
    assert Panel(**whole).n_ratings == 4
    with pytest.raises((PanelError, ValueError), match=said):
        Panel(**(whole | change))


def test_nobody_changes_a_panel_afterwards():
    ratings = np.array([[1.0, 2], [2, 3]])
    panel = Panel(ratings, ("x", "y"), ("a", "b"))
    ratings[0, 0] = 9
    assert panel.ratings[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        panel.ratings[0, 0] = 9


def test_parts_of_a_panel():
    panel = Panel(np.array([[1.0, 2], [2, 3]]), ("x", "y"), ("a", "b"), order=np.array([[1, 2], [2, 1]]))
    part = panel.only(raters=["b"], items=["y", "x"])
    assert (part.ratings.ravel().tolist(), part.order.ravel().tolist()) == ([3, 2], [1, 2])
    with pytest.raises(UnknownRaterError, match="no rater 'c'"):
        panel.only(raters=["c"])


def test_json_and_errors_cross_a_process():
    panel = Panel(np.array([[1, NAN]]), ("x",), ("a", "b"))
    assert json.loads(json.dumps(panel.to_dict()))["ratings"] == [[1, None]]
    for kind in (PanelError, UnknownRaterError, NoAgreementError, LevelError):
        assert str(pickle.loads(pickle.dumps(kind("found", "do")))) == str(kind("found", "do"))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_order_of_rows_does_not_matter(data):
    n, k = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    rows = [(f"cv {i}", f"r{j}", data.draw(st.sampled_from([1, 2, None]))) for i in range(n) for j in range(k)]
    rows.append(("cv 0", "r9", 1))
    shuffled = data.draw(st.permutations(rows))
    one, other = read(table(*rows)), read(table(*shuffled))
    assert one.to_dict() == other.to_dict()
