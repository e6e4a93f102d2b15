"""Hidden cells stay hidden: attempts to recover them, k-anonymity and retention by hand."""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.people.privacy import check_retention, differencing, k_anonymity
from evaluators.itdata.people.suppression import TOTAL, SuppressedTable, suppress


def cells(matrix: list[list[int]]) -> pd.DataFrame:
    return pd.DataFrame(
        [(f"r{row}", f"c{column}", number) for row, line in enumerate(matrix) for column, number in enumerate(line)],
        columns=["site", "role", "people"],
    )


def hide(matrix: list[list[int]], k: int = 5) -> SuppressedTable:
    return suppress(cells(matrix), k=k, counts="people", rows="site", columns="role")


def recovered(table: SuppressedTable) -> dict[tuple[str, str], set[int]]:
    """Attack: fill the hidden inner cells with all small numbers and keep what fits the totals shown."""
    rows, columns = table.row_labels[:-1], table.column_labels[:-1]
    hidden = [(row, column) for row in rows for column in columns if table.cell(row, column).hidden]
    known = {pair: table.cell(*pair).count or 0 for pair in itertools.product(rows, columns)}
    fits: dict[tuple[str, str], set[int]] = {pair: set() for pair in hidden}
    for guess in itertools.product(range(13), repeat=len(hidden)):
        tried = known | dict(zip(hidden, guess, strict=True))
        sums = {(row, TOTAL): sum(tried[row, column] for column in columns) for row in rows}
        sums |= {(TOTAL, column): sum(tried[row, column] for row in rows) for column in columns}
        sums[TOTAL, TOTAL] = sum(tried.values())
        if all(table.cell(*pair).hidden or table.cell(*pair).count == number for pair, number in sums.items()):
            for pair, number in zip(hidden, guess, strict=True):
                fits[pair].add(number)
    return fits


def test_one_small_cell_hides_a_rectangle() -> None:
    table = hide([[40, 3, 20], [25, 30, 20], [50, 60, 20]])
    hidden = {(cell.row, cell.column) for cell in table.cells if cell.hidden}
    assert hidden == {("r0", "c1"), ("r0", "c2"), ("r1", "c1"), ("r1", "c2")}
    assert table.cell("r0", TOTAL).count == 63
    assert table.cell(TOTAL, TOTAL).count == 268


def test_trying_all_numbers_leaves_small_cells_between_zero_and_k() -> None:
    matrix = [[9, 3], [8, 2]]
    table = hide(matrix)
    fits = recovered(table)
    for row, line in enumerate(matrix):
        for column, number in enumerate(line):
            if number < 5:
                assert min(fits[f"r{row}", f"c{column}"]) == 0
                assert max(fits[f"r{row}", f"c{column}"]) >= 5


def test_the_ranges_are_those_that_trying_finds() -> None:
    table = hide([[7, 3], [5, 4]])
    fits = recovered(table)
    ranges = {(row, column): (low, high) for row, column, low, high in table.ranges().itertuples(index=False)}
    assert fits
    for pair, values in fits.items():
        assert (min(values), max(values)) == ranges[pair]


@given(
    st.lists(st.lists(st.integers(0, 30) | st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=4),
    st.sampled_from([3, 5, 10]),
)
@settings(max_examples=15, deadline=None)
def test_no_small_cell_is_known_more_closely_than_k(matrix: list[list[int]], k: int) -> None:
    table = hide(matrix, k)
    ranges = {(row, column): (low, high) for row, column, low, high in table.ranges().itertuples(index=False)}
    whole = np.array(matrix)
    whole = np.vstack([whole, whole.sum(axis=0)])
    whole = np.column_stack([whole, whole.sum(axis=1)])
    for (row, column), number in zip(
        itertools.product(table.row_labels, table.column_labels), whole.ravel().tolist(), strict=True
    ):
        cell = table.cell(row, column)
        if 0 < number < k:
            low, high = ranges[row, column]
            assert low == 0
            assert high >= k
        assert cell.count is None if cell.hidden else cell.count == number


def test_a_table_of_one_column_hides_a_second_group() -> None:
    made = pd.DataFrame({"site": ["Cork", "Galway", "Sligo"], "people": [120, 34, 4]})
    table = suppress(made, k=10, counts="people", rows="site")
    assert [cell.hidden for cell in table.cells] == [False, True, True, False]
    assert table.ranges()[["low", "high"]].to_numpy().tolist() == [[0, 38], [0, 38]]


def test_two_small_groups_whose_sum_is_small_take_a_third_with_them() -> None:
    made = pd.DataFrame({"site": list("abc"), "people": [50, 2, 3]})
    table = suppress(made, k=10, counts="people", rows="site")
    assert table.cell("a").hidden  # else b and c together would be known to be 5 people


def test_a_tiny_company_shows_nothing() -> None:
    table = hide([[1, 0], [0, 2]])
    assert table.cell(TOTAL, TOTAL).hidden
    assert table.ranges()["high"].min() >= 5


def test_figures_go_with_their_cell_and_nothing_hidden_is_left_anywhere() -> None:
    made = cells([[40, 3], [25, 30]]).assign(rate=[1.5, 987.25, 2.5, 3.5])
    table = suppress(made, k=5, counts="people", rows="site", columns="role", figures=["rate"])
    assert dict(table.cell("r0", "c1").figures) == {"rate": None}
    everything = json.dumps(table.to_dict()) + table.summary() + table.text() + table.to_frame().to_csv()
    everything += json.dumps(table.chart().to_dict()) + repr(table)
    assert "987" not in everything
    assert "2.5" not in everything  # hidden to protect the small cell
    small = table.to_frame().query("row == 'r0' and column == 'c1'")
    assert small["count"].isna().all()


def test_without_small_groups_nothing_is_hidden() -> None:
    table = hide([[40, 0], [25, 30]])
    assert not any(cell.hidden for cell in table.cells)
    assert "no cell needs to be hidden" in table.summary()


def test_without_totals_only_small_cells_are_hidden_and_it_says_so() -> None:
    table = suppress(cells([[40, 3], [25, 30]]), k=5, counts="people", rows="site", columns="role", margins=False)
    assert sum(cell.hidden for cell in table.cells) == 1
    assert table.ranges()["high"].tolist() == [np.inf]
    assert "no totals" in table.summary()


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        pytest.param({"people": [-1, 3, 4, 5]}, {}, "In row 1", id="negative"),
        pytest.param({"people": [1.5, 3, 4, 5]}, {}, "In row 1", id="half-a-person"),
        pytest.param({"people": [None, 3, 4, 5]}, {}, "In row 1", id="missing"),
        pytest.param({"site": ["r0"] * 4}, {}, "two rows", id="twice"),
        pytest.param({"site": ["Total", "r0", "r1", "r1"]}, {}, "Total", id="total"),
        pytest.param({}, {"k": 1}, "fewer than 1", id="k"),
    ],
)
def test_tables_that_make_no_sense_are_refused(
    change: dict[str, list[object]], options: dict[str, int], said: str
) -> None:
    made = cells([[40, 3], [25, 30]]).assign(**change)
    with pytest.raises(MeasureError) as caught:
        suppress(made, **{"k": 5, **options}, counts="people", rows="site", columns="role")
    assert said in str(caught.value)


def test_the_text_is_a_table_of_one_width() -> None:
    lines = hide([[40, 3], [25, 30]]).text().splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1


def test_k_and_l_are_counted_by_hand() -> None:
    made = pd.DataFrame(
        {
            "site": ["x", "x", "x", "y", "y", None],
            "role": ["a", "a", "a", "a", "b", "b"],
            "reason": ["pay", "pay", "pay", "move", "pay", "pay"],
        }
    )
    found = k_anonymity(made, quasi_identifiers=["site", "role"], sensitive="reason", wanted=3)
    assert (found.k, found.classes, found.alone, found.below) == (1, 4, 3, 3)
    assert (found.diversity, found.given_away) == (1, 3)
    # Without role: x 3, y 2, missing 1. Without site: a 4, b 2.
    assert found.without == (("site", 2, 2), ("role", 1, 3))
    assert "Leaving out site would help most" in found.summary()


def test_k_anonymity_refuses_what_makes_no_sense() -> None:
    made = pd.DataFrame({"site": ["x"]})
    for options in (
        {"quasi_identifiers": []},
        {"quasi_identifiers": ["site"], "wanted": 1},
        {"quasi_identifiers": ["site"], "sensitive": "site"},
    ):
        with pytest.raises(MeasureError):
            k_anonymity(made, **options)  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="no row"):
        k_anonymity(made.iloc[:0], quasi_identifiers=["site"])


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("ab")), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_the_smallest_class_is_what_counting_finds(rows: list[tuple[str, str]]) -> None:
    found = k_anonymity(pd.DataFrame(rows, columns=["site", "role"]), quasi_identifiers=["site", "role"])
    sizes = [rows.count(row) for row in set(rows)]
    assert found.k == min(sizes)
    assert found.below == sum(size for size in sizes if size < 5)


def test_two_tables_that_differ_by_few_people_are_named_not_told() -> None:
    march, april = hide([[40, 31], [25, 30]]), hide([[39, 31], [25, 30]])
    found = differencing(march, april, k=5)
    assert ("r0", "c0") in found.risky
    assert ("r0", "c1") not in found.risky
    assert "39" not in found.summary() + json.dumps(found.to_dict())
    assert "none differs" in differencing(march, march, k=5).summary()


def test_differencing_refuses_groups_that_are_no_groups() -> None:
    one = pd.DataFrame({"site": ["x", "x"], "count": [1, 2]})
    with pytest.raises(JoinError, match="two rows"):
        differencing(one, one, k=5, groups=["site"])
    with pytest.raises(MeasureError, match="both tables"):
        differencing(one.iloc[:1], one.iloc[:1].assign(site="y"), k=5, groups=["site"])


def test_rows_kept_too_long_are_counted_by_hand() -> None:
    made = pd.DataFrame(
        {
            "closed": ["2019-05-01", "2023-06-30", "2026-01-01", None, "2001-01-01"],
            "kind": ["ticket", "ticket", "ticket", "ticket", "chat"],
        }
    )
    found = check_retention(made, date="closed", retention_class="kind", years={"ticket": 3}, as_of="2026-06-30")
    (ticket, chat) = found.lines
    # Three years from 30 June 2023 end with this day.
    assert (ticket.rows, ticket.overdue, ticket.undated, ticket.oldest) == (4, 1, 1, "2019-05-01")
    assert (chat.years, chat.overdue) == (None, 0)
    assert "No rule was given for 1 row (chat)" in found.summary()
    with pytest.raises(MeasureError):
        check_retention(made, date="kind", retention_class="kind", years={"ticket": 3}, as_of="2026-06-30")


def test_columns_named_twice_and_figures_that_are_words_are_refused() -> None:
    made = pd.DataFrame({"site": ["x", "y"], "people": [40, 3], "rate": ["a", "b"], "count": [1, 2]})
    for options in (
        {"rows": "site", "columns": "site"},
        {"rows": "site", "figures": ["people"]},
        {"rows": "site", "figures": "rate"},
        {"rows": "site", "figures": ["count"]},
    ):
        with pytest.raises(MeasureError):
            suppress(made, k=5, counts="people", **options)  # type: ignore[arg-type]
    known = suppress(
        made.assign(rate=pd.Series([1, pd.NA], dtype=object)), k=2, counts="people", rows="site", figures="rate"
    )
    assert dict(known.cell("x").figures) == {"rate": 1.0}
    assert "0% or 100%" in known.summary()
    with pytest.raises(MeasureError, match="50,001 cells"):
        suppress(pd.DataFrame({"site": range(50_000), "people": 9}), k=5, counts="people", rows="site")


def test_what_one_table_hides_and_the_other_shows_is_named() -> None:
    one = pd.DataFrame({"site": ["x", "y", "z"], "count": [40, None, None]})
    other = pd.DataFrame({"site": ["x", "y", "z"], "count": [40, 31, None]})
    found = differencing(one, other, k=5, groups=["site"])
    assert (found.compared, found.risky, found.uncovered) == (1, (), (("y",),))
    assert "Hidden in one table and shown in the other: y." in found.summary()
    assert found.to_frame()["why"].tolist() == ["hidden in one table"]


def test_leaving_out_a_column_that_does_not_help_is_not_advised() -> None:
    found = k_anonymity(pd.DataFrame({"a": range(4), "b": range(4)}), quasi_identifiers=["a", "b"], wanted=2)
    assert "would not help" in found.summary()
    assert "4 share them with nobody" in found.summary()
    with pytest.raises(MeasureError, match="named twice"):
        k_anonymity(pd.DataFrame({"a": [1]}), quasi_identifiers=["a", "a"])


@pytest.mark.parametrize(
    ("closed", "years", "day", "late"),
    [
        ("2023-02-28", 1, "2024-02-29", 1),
        ("2024-02-29", 1, "2025-02-28", 0),
        ("2024-02-29", 1, "2025-03-01", 1),
        ("2023-06-30", 3, "2026-06-30", 0),
        ("2023-06-30", 3, "2026-07-01", 1),
        ("2023-06-30", math.inf, "2026-07-01", 0),
    ],
)
def test_years_end_on_their_date_whatever_the_leap_days(closed: str, years: float, day: str, late: int) -> None:
    made = pd.DataFrame({"closed": [closed], "kind": ["ticket"]})
    found = check_retention(made, date="closed", retention_class="kind", years={"ticket": years}, as_of=day)
    assert found.overdue == late


def test_records_dated_by_numbers_or_day_first_are_refused() -> None:
    for closed in (2023, "03/04/2023", "2027-01-01"):
        with pytest.raises(MeasureError):
            check_retention(
                pd.DataFrame({"closed": [closed], "kind": ["t"]}),
                date="closed",
                retention_class="kind",
                years={"t": 3},
                as_of="2026-06-30",
            )
