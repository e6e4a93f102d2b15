"""Rates and ratios against published tables."""

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluators.data import load_resume_callbacks
from evaluators.screening import (
    FOUR_FIFTHS,
    CountTable,
    GroupCount,
    UnknownGroupError,
    audit_selection,
    bootstrap_ratios,
    count_table,
    falls_below,
    impact_ratios,
    reference_group,
    selection_rates,
)
from evaluators.screening.rates import reference_to

group_counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.dictionaries(st.sampled_from("abcdef"), group_counts, min_size=2)


@pytest.mark.parametrize(
    ("rows", "white", "black", "white_percent", "black_percent", "white_to_black"),
    [
        pytest.param({}, (235, 2435), (157, 2435), 9.65, 6.45, 1.50, id="all"),
        pytest.param({"city": "Chicago"}, (109, 1352), (73, 1352), 8.06, 5.40, 1.49, id="Chicago"),
        pytest.param({"city": "Boston"}, (126, 1083), (84, 1083), 11.63, 7.76, 1.50, id="Boston"),
        pytest.param({"sex": "female"}, (184, 1860), (125, 1886), 9.89, 6.63, 1.49, id="women"),
        pytest.param({"sex": "male"}, (51, 575), (32, 549), 8.87, 5.83, 1.52, id="men"),
    ],
)
def test_bertrand_and_mullainathan_table_1(rows, white, black, white_percent, black_percent, white_to_black):
    resumes = load_resume_callbacks()
    for column, value in rows.items():
        resumes = resumes[resumes[column] == value]
    counts = count_table(resumes, group="race", outcome="called_back")
    assert counts == CountTable.from_counts({"White": white, "Black": black})
    rates = selection_rates(counts)
    assert round(100 * rates["White"], 2) == white_percent
    assert round(100 * rates["Black"], 2) == black_percent
    assert round(impact_ratios(counts, reference="Black")["White"], 2) == white_to_black


LL144_RACE = {
    "Hispanic or Latino": (204, 408, 0.97),
    "White": (412, 797, 1.00),
    "Black or African American": (170, 390, 0.84),
    "Native Hawaiian or Pacific Islander": (52, 119, 0.85),
    "Asian": (302, 616, 0.95),
    "Native American or Alaska Native": (18, 41, 0.85),
    "Two or more races": (96, 213, 0.87),
}
LL144_SCORING_RACE = {
    "Hispanic": (18, 28, 1.00),
    "White": (15, 40, 0.58),
    "Black": (16, 32, 0.78),
    "Native Hawaiian or Pacific Islander": (5, 8, 0.97),
    "Asian": (10, 24, 0.65),
}


@pytest.mark.parametrize(
    ("published", "digits"),
    [
        pytest.param({"Male": (667, 1390, 1.0), "Female": (555, 1181, 0.979)}, 3, id="selection-by-sex"),
        pytest.param(LL144_RACE, 2, id="selection-by-race"),
        pytest.param({"Male": (50, 92, 1.0), "Female": (34, 76, 0.82)}, 2, id="above-median-by-sex"),
        pytest.param(LL144_SCORING_RACE, 2, id="above-median-by-race"),
    ],
)
def test_examples_of_the_new_york_city_rule(published, digits):
    counts = CountTable.from_counts({label: row[:2] for label, row in published.items()})
    ratios = {label: round(ratio, digits) for label, ratio in impact_ratios(counts).items()}
    assert ratios == {label: row[2] for label, row in published.items()}


def test_eeoc_questions_and_answers_1979():
    counts = CountTable.from_counts({"White": (60, 100), "a": (45, 100), "b": (48, 100), "c": (51, 100)})
    assert impact_ratios(counts) == {"White": 1.0, "a": 0.75, "b": 0.8, "c": 0.85}
    below = {group.label: falls_below(group, counts["White"]) for group in counts}
    assert below == {"White": False, "a": True, "b": False, "c": False}


def test_urban_institute_pairs():
    counts = CountTable.from_counts({"White": (86, 241), "Black": (54, 241)})
    percents = {label: round(100 * rate, 1) for label, rate in selection_rates(counts).items()}
    assert percents == {"White": 35.7, "Black": 22.4}


def test_exactly_four_fifths_is_not_below_though_floats_say_so():
    assert 64 / 100 < 0.8 * (80 / 100)  # what floats would do
    assert not falls_below(GroupCount("x", 64, 100), GroupCount("y", 80, 100))
    assert falls_below(GroupCount("x", 63, 100), GroupCount("y", 80, 100))


@settings(deadline=None, max_examples=40)
@given(group_counts, group_counts)
def test_four_fifths_agrees_with_whole_number_arithmetic(first, second):
    (s1, n1), (s2, n2) = first, second
    assert falls_below(GroupCount("x", s1, n1), GroupCount("y", s2, n2)) == (5 * s1 * n2 < 4 * s2 * n1)
    assert FOUR_FIFTHS.threshold == Fraction(4, 5)


def test_a_reference_that_was_never_chosen_gives_no_ratios():
    counts = CountTable.from_counts({"x": (1, 4), "y": (0, 4)})
    assert all(math.isnan(ratio) for ratio in impact_ratios(counts, reference="y").values())
    assert not falls_below(counts["x"], counts["y"])


@pytest.mark.parametrize(
    ("counts", "rule", "expected"),
    [
        pytest.param({"x": (1, 4), "y": (1, 2)}, "highest", "y", id="highest"),
        pytest.param({"x": (1, 2), "y": (2, 4)}, "highest", "y", id="highest-tie-takes-more-people"),
        pytest.param({"x": (1, 2), "y": (1, 2)}, "highest", "x", id="full-tie-takes-first-label"),
        pytest.param({"x": (1, 4), "y": (1, 2)}, "largest", "x", id="largest"),
        pytest.param({"x": (1, 4), "y": (2, 4)}, "largest", "y", id="largest-tie-takes-higher-rate"),
        pytest.param({"(missing)": (9, 9), "y": (1, 2)}, "highest", "y", id="missing-is-passed-over"),
        pytest.param({"f × (missing)": (9, 9), "f × y": (1, 2)}, "largest", "f × y", id="missing-part"),
        pytest.param({"(missing)": (9, 9), "y": (1, 2)}, "(missing)", "(missing)", id="missing-if-named"),
        pytest.param({"(missing)": (1, 2)}, "highest", "(missing)", id="only-missing"),
    ],
)
def test_reference_group(counts, rule, expected):
    assert reference_group(CountTable.from_counts(counts), rule).label == expected


def test_an_unknown_reference_says_which_groups_exist():
    with pytest.raises(UnknownGroupError, match="The groups are: x, y"):
        impact_ratios(CountTable.from_counts({"x": (1, 2), "y": (1, 2)}), reference="z")


@settings(deadline=None, max_examples=40)
@given(tables, st.integers(2, 50))
def test_ratios_do_not_depend_on_scale(counts, factor):
    assume(any(selected for selected, _ in counts.values()))
    scaled = {label: (selected * factor, n * factor) for label, (selected, n) in counts.items()}
    assert impact_ratios(CountTable.from_counts(counts)) == impact_ratios(CountTable.from_counts(scaled))


def test_a_group_that_is_called_like_a_rule_can_be_named():
    counts = CountTable.from_counts({"highest": (1, 10), "largest": (2, 10), "label:x": (9, 20), "x": (3, 5)})
    assert reference_group(counts, "highest").label == "x"
    assert reference_group(counts, "largest").label == "label:x"
    for label in counts.labels:
        assert reference_group(counts, reference_to(label)).label == label
    assert reference_group(counts, "label:largest").label == "largest"
    assert audit_selection(counts, reference="label:highest").reference == "highest"
    assert bootstrap_ratios(counts, reference="label:highest")["highest"].reference_share == 1
    with pytest.raises(UnknownGroupError, match="There is no group 'y'"):
        reference_group(counts, "label:y")
