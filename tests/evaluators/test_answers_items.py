import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.answers import Item, answer_text, clean_value, number_readings, problem_with
from evaluators.answers.items import ItemError

OPTIONS = {"a": "Apples", "b": "Bananas", "c": "Cherries"}
ITEMS = [
    Item("one", "choice", "Which?", OPTIONS),
    Item("some", "choices", "Which ones?", OPTIONS),
    Item("rate", "number", "How many?", unit="%", minimum=0, maximum=100, competency="B1", points=2),
    Item("order", "ranking", "In which order?", OPTIONS),
    Item("memo", "paragraph", "Why?", words=(2, 4)),
]
ONE, SOME, RATE, ORDER, MEMO = ITEMS
GARBAGE = [
    True,
    3.5,
    10**400,
    float("nan"),
    float("inf"),
    "zebra",
    ["a", "a"],
    [["a"]],
    ["zebra"],
    {"a": 1},
    "\ud800",
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.sampled_from("abc"),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.kind)
def test_item_survives_json(item):
    assert Item.from_dict(json.loads(json.dumps(item.to_dict()))) == item


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "Not Snake"},
        {"kind": "slider"},
        {"options": {"a": "only one"}},
        {"kind": "number", "minimum": 2, "maximum": 1},
        {"kind": "paragraph", "words": (5, 2)},
        {"points": -1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_unanswerable_question_is_refused(wrong):
    with pytest.raises(ItemError):
        Item(**{"id": "one", "kind": "choice", "prompt": "Which?", "options": OPTIONS, **wrong})


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (ONE, "b"),
        (SOME, ["c", "a"]),
        (RATE, "6,45 %"),
        (RATE, 6.45),
        (ORDER, ["c", "a", "b"]),
        (MEMO, "three plain words"),
    ],
)
def test_an_answer_has_no_problem(item, value):
    assert problem_with(item, value) is None
    assert answer_text(item, value)


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (["South", "West"], "South; West"),
        (["Women wait longer.", "The tool says: “no.”"], "Women wait longer.\nThe tool says: “no.”"),
        (["Who asks?", "Nobody"], "Who asks?\nNobody"),
        (["A sentence."], "A sentence."),
    ],
)
def test_ticked_words_share_a_line_and_ticked_sentences_do_not(labels, text):
    item = Item("some", "choices", "Which ones?", dict(zip("abc", [*labels, "Not ticked."], strict=False)))
    assert answer_text(item, ["a", "b"][: len(labels)]) == text


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.kind)
@pytest.mark.parametrize("value", [None, [], "", " \n"])
def test_nothing_is_unanswered(item, value):
    assert problem_with(item, value) == "Not answered yet."


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.kind)
@pytest.mark.parametrize("value", GARBAGE, ids=repr)
def test_garbage_is_a_problem_and_never_a_crash(item, value):
    if (item.kind, value) != ("number", 3.5):
        assert problem_with(item, value)


def test_a_ranking_names_every_option():
    assert problem_with(ORDER, ["a", "b"])
    assert clean_value(ORDER, ["a", "b"]) is None


@pytest.mark.parametrize(
    ("typed", "readings"),
    [
        ("6.45", [6.45]),
        ("6,45", [6.45]),
        (" 6,45 % ", [6.45]),
        ("−3", [-3]),
        ("1 234,5", [1234.5]),
        ("1'234", [1234]),
        ("1,234.5", [1234.5]),
        ("1.234,5", [1234.5]),
        ("1,234,567", [1234567]),
        ("0,125", [0.125]),
        ("1,234", [1234, 1.234]),
        ("€ 12", [12]),
        ("1e999", []),
        ("1_000", []),
        ("nan", []),
        ("about 5", []),
        ("2 more", [2]),
        ("2 more people", [2]),
        ("3,2 percentage points", [3.2]),
        ("1,234 people", [1234, 1.234]),
        ("2 thousand", []),
        ("2 and a half", []),
        ("2 hours", []),
        ("2 fewer", []),
        ("2 or 3", []),
        ("3 out of 20", []),
        ("many", []),
    ],
)
def test_numbers_are_read_as_people_write_them(typed, readings):
    assert number_readings(Item("n", "number", "How many?", unit="%"), typed) == readings


@pytest.mark.parametrize("typed", ["67 %", "67%", "% 67", "67 percent", "67 per cent", "0.67"])
def test_a_percent_sign_divides_by_100_where_the_question_has_no_unit(typed):
    assert number_readings(Item("n", "number", "Ratio?"), typed) == [0.67]


def test_bounds_settle_an_ambiguous_comma():
    assert number_readings(Item("n", "number", "Ratio?", maximum=10), "1,234") == [1.234]
    assert "two ways" in problem_with(Item("n", "number", "How many?"), "1,234")


@pytest.mark.parametrize(("text", "problem"), [("one", "1 word;"), ("1 2 3 4 5", "5 words; at most 4")])
def test_word_limits_are_told(text, problem):
    assert problem in problem_with(MEMO, text)


@given(value=json_values)
def test_any_value_can_be_looked_at_and_shown(value):
    for item in ITEMS:
        problem = problem_with(item, value)
        assert problem is None or problem.endswith(".")
        json.dumps([clean_value(item, value), answer_text(item, value)], allow_nan=False).encode("utf-8")
        answer_text(item, value).encode("utf-8")
