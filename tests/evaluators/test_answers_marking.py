import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.answers import AnswerKeyError, Item, credit, credit_parts
from tests.evaluators.test_answers_items import GARBAGE, ITEMS, MEMO, ONE, ORDER, RATE, SOME, json_values

KEYS = {"one": "b", "some": ["a", "c"], "rate": 6.45, "order": ["c", "a", "b"]}


@pytest.mark.parametrize(
    ("item", "value", "share"),
    [
        pytest.param(ONE, "b", 1, id="the-option"),
        pytest.param(ONE, "a", 0, id="another-option"),
        pytest.param(SOME, ["c", "a"], 1, id="both-ticks"),
        pytest.param(SOME, ["a"], 0.5, id="one-of-two"),
        pytest.param(SOME, ["a", "b"], 0, id="one-right-one-wrong"),
        pytest.param(SOME, ["a", "b", "c"], 0, id="everything-ticked"),
        pytest.param(RATE, "6,45", 1, id="decimal-comma"),
        pytest.param(RATE, 6.5, 1, id="on-the-edge-of-the-tolerance"),
        pytest.param(RATE, 6.51, 0, id="just-outside"),
        pytest.param(ORDER, ["c", "a", "b"], 1, id="the-order"),
        pytest.param(ORDER, ["a", "c", "b"], 1 / 3, id="one-pair-of-three-swapped"),
        pytest.param(ORDER, ["b", "a", "c"], 0, id="reversed"),
    ],
)
def test_shares_match_hand_counts(item, value, share):
    assert credit(item, value, key=KEYS[item.id], tolerance=0.05 if item is RATE else 0).share == pytest.approx(share)


def test_typical_mistakes_earn_a_part():
    assert credit(ONE, "a", key="b", partial={"a": 0.5}).verdict == "partly"
    assert credit(RATE, "93,55", key=6.45, tolerance=0.01, partial={93.55: 0.25}).share == 0.25


RATIO = Item("ratio", "number", "Impact ratio?", minimum=0)


@pytest.mark.parametrize(
    ("typed", "share"),
    [
        pytest.param("67 %", 1, id="percent-sign"),
        pytest.param("67", 0.75, id="percent-without-its-sign"),
        pytest.param("66.3", 0.75, id="0.6-is-to-67-as-0.006-to-0.67"),
        pytest.param("66", 0, id="too-far-off"),
        pytest.param("1.49", 0.25, id="upside-down-cut-off"),
        pytest.param("1.52", 0, id="not-quite-upside-down"),
        pytest.param("0.0067", 0.1, id="a-small-mistake"),
        pytest.param("0.01", 0, id="has-a-small-tolerance"),
    ],
)
def test_mistakes_may_be_rounded_as_well_as_the_key(typed, share):
    partial = {66.81: 0.75, 1 / 0.6681: 0.25, 0.006681: 0.1}
    assert credit(RATIO, typed, key=0.6681, tolerance=0.006, partial=partial).share == share


def test_a_key_of_zero_leaves_the_tolerance_of_a_mistake_as_it_is():
    assert credit(RATE, "5.1", key=0, tolerance=0.2, partial={5: 0.5}).share == 0.5
    assert credit(RATE, "5.3", key=0, tolerance=0.2, partial={5: 0.5}).share == 0


def test_a_typical_wrong_order_earns_what_the_author_grants_it():
    trap = ("a", "c", "b")  # would earn a third by its pairs
    assert credit(ORDER, list(trap), key=["c", "a", "b"], partial={trap: 0.1}).share == 0.1
    assert credit(ORDER, ["c", "b", "a"], key=["c", "a", "b"], partial={trap: 0.1}).share == pytest.approx(1 / 3)


def test_several_options_may_be_right():
    assert credit(ONE, "a", key={"a", "b"}).verdict == "right"


def test_ticking_everything_is_right_when_everything_is():
    assert credit(SOME, ["a", "b", "c"], key=["a", "b", "c"]).share == 1


@pytest.mark.parametrize("item", ITEMS[:4], ids=lambda item: item.kind)
@pytest.mark.parametrize("value", GARBAGE, ids=repr)
def test_garbage_earns_nothing_and_says_why(item, value):
    result = credit(item, value, key=KEYS[item.id])
    assert (result.share, result.verdict) == (0, "wrong")
    assert result.reason.endswith(".")


@pytest.mark.parametrize("item", ITEMS[:4], ids=lambda item: item.kind)
def test_no_answer_is_not_a_wrong_answer(item):
    assert credit(item, None, key=KEYS[item.id]).verdict == "unanswered"


@given(value=json_values | st.lists(st.sampled_from("abc")))
def test_any_value_earns_a_share_from_0_to_1(value):
    for item in ITEMS[:4]:
        result = credit(item, value, key=KEYS[item.id], tolerance=0 if item is not RATE else 1)
        assert 0 <= result.share <= 1
        assert (result.verdict == "right") == (result.share == 1)


@given(order=st.permutations(["a", "b", "c"]), key=st.permutations(["a", "b", "c"]))
def test_a_ranking_and_its_reverse_never_both_earn(order, key):
    assert min(credit(ORDER, order, key=key).share, credit(ORDER, order[::-1], key=key).share) == 0


@pytest.mark.parametrize(
    ("item", "options"),
    [
        (ONE, {"key": "zebra"}),
        (ONE, {"key": 3}),
        (ONE, {"key": "a", "partial": {"zebra": 1}}),
        (ONE, {"key": "a", "partial": {"b": 2}}),
        (SOME, {"key": "a"}),
        (SOME, {"key": []}),
        (RATE, {"key": float("nan")}),
        (RATE, {"key": "6"}),
        (RATE, {"key": 6, "tolerance": -1}),
        (ORDER, {"key": ["a"]}),
        (ORDER, {"key": ["c", "a", "b"], "partial": {("a", "zebra"): 0.5}}),
        (MEMO, {"key": "a"}),
    ],
)
def test_a_key_that_cannot_fit_is_the_authors_error(item, options):
    with pytest.raises(AnswerKeyError):
        credit(item, None, **options)


def test_a_numpy_key_is_a_number():
    numpy = pytest.importorskip("numpy")
    assert credit(Item("n", "number", "How many?"), "2", key=numpy.float64(2)).share == 1


@pytest.mark.parametrize(
    ("value", "parts", "most", "share", "verdict"),
    [
        pytest.param("one two three", {"a": 1, "b": 1}, 1, 1, "right", id="everything"),
        pytest.param("one two three", {"a": 1, "b": 0.5}, 1, 0.75, "partly", id="one-and-a-half-of-two"),
        pytest.param("one two three", {"a": 1, "b": 1, "c": 0}, 1, 0.67, "partly", id="two-of-three"),
        pytest.param("one two three", {"a": 1, "b": 1}, 0.25, 0.25, "partly", id="a-text-that-plays-to-the-count"),
        pytest.param("one two three", {"a": 0, "b": 0}, 1, 0, "wrong", id="nothing"),
        pytest.param("one two", {"a": 1, "b": 1}, 1, 0, "wrong", id="too-short"),
        pytest.param("one " * 99, {"a": 1, "b": 1}, 1, 1, "right", id="length-is-for-the-parts-to-judge"),
        pytest.param(["one"], {"a": 1, "b": 1}, 1, 0, "wrong", id="no-text"),
        pytest.param("  ", {"a": 1, "b": 1}, 1, 0, "unanswered", id="blank"),
    ],
)
def test_a_text_earns_its_parts(value, parts, most, share, verdict):
    found = credit_parts(Item("text", "paragraph", "What?", words=(3, 9)), value, parts, most=most)
    assert (found.share, found.verdict) == (share, verdict)


@pytest.mark.parametrize(
    ("item", "parts", "most"), [(ONE, {"a": 1}, 1), (MEMO, {}, 1), (MEMO, {"a": 1.5}, 1), (MEMO, {"a": 1}, 2)]
)
def test_parts_that_make_no_sense_are_the_authors_mistake(item, parts, most):
    with pytest.raises(AnswerKeyError):
        credit_parts(item, "one two three", parts, most=most)
