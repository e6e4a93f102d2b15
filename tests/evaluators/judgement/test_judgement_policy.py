"""Policies, importance and stated weights against published figures, other libraries and planted weights."""

import json
import math
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators._validation import ColumnError
from evaluators.judgement.errors import (
    CueError,
    LevelError,
    NoAgreementError,
    NoPolicyError,
    PanelError,
    UnknownRaterError,
)
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies._designs import variance_inflation
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.policies.importance import cue_importance, general_dominance, relative_weights
from evaluators.judgement.policies.mixed import capture_mixed_policy
from evaluators.judgement.policies.policy import capture_policies, capture_policy
from evaluators.judgement.policies.stated import stated_against_recovered

NAN = float("nan")
# Correlations of R's data set `swiss` (47 provinces): Agriculture, Examination, Education, Catholic, Infant.Mortality
# and, last, Fertility.
SWISS = np.array(
    [
        [1.0, -0.68654221, -0.63952252, 0.40109505, -0.06085861, 0.35307918],
        [-0.68654221, 1.0, 0.6984153, -0.57274181, -0.1140216, -0.64588271],
        [-0.63952252, 0.6984153, 1.0, -0.15385892, -0.09932185, -0.66378886],
        [0.40109505, -0.57274181, -0.15385892, 1.0, 0.17549591, 0.4636847],
        [-0.06085861, -0.1140216, -0.09932185, 0.17549591, 1.0, 0.41655603],
        [0.35307918, -0.64588271, -0.66378886, 0.4636847, 0.41655603, 1.0],
    ]
)
SINGLE = [[place] for place in range(5)]


def made(n: int = 80, weights: tuple[float, ...] = (1.0, 0.5, 0.0), noise: float = 0.5, seed: int = 0, raters: int = 1):
    """Return a panel whose ratings follow planted weights, and the cues."""
    rng = np.random.default_rng(seed)
    seen = rng.normal(size=(n, len(weights)))
    ratings = (seen @ np.array(weights))[:, None] + noise * rng.normal(size=(n, raters))
    items = tuple(f"i{number}" for number in range(n))
    names = tuple(f"c{number}" for number in range(len(weights)))
    cues = Cues(items, names, seen, names, tuple(range(len(weights))))
    return Panel(ratings, items, tuple(f"r{number}" for number in range(raters))), cues


def test_words_become_columns_beside_their_reference():
    table = pd.DataFrame(
        {
            "cv": [2, 10, 1],
            "degree": pd.Categorical(["b", "none", "m"], ["none", "b", "m"], ordered=True),
            "remote": [True, False, True],
            "town": ["x", "y", "y"],
        }
    )
    cues = Cues.from_table(table, item="cv", cues=["degree", "remote", "town"])
    assert cues.items == ("1", "2", "10")
    assert cues.columns == ("degree: b", "degree: m", "remote", "town: x")  # y comes more often
    assert cues.matrix.tolist() == [[0, 1, 1, 0], [1, 0, 1, 1], [0, 0, 0, 0]]
    assert cues.only("town", "degree").of_cue == (1, 1, 0)
    assert Cues.from_table(table, item="cv", cues=["town"], reference={"town": "x"}).columns == ("town: y",)


@pytest.mark.parametrize("make", [str, Decimal, float], ids=["text", "decimal", "float"])
def test_numbers_are_numbers_however_they_are_kept(make):
    table = pd.DataFrame({"cv": [1, 2, 3], "years": pd.Series([make(each) for each in (3, 5, 10)], dtype=object)})
    assert Cues.from_table(table, item="cv", cues=["years"]).matrix[:, 0].tolist() == [3, 5, 10]
    words = Cues.from_table(table, item="cv", cues=["years"], reference={"years": "10"})
    assert words.columns == ("years: 3", "years: 5")


def test_other_tables_are_read_as_well():
    import polars as pl

    table = {"cv": ["a", "b", "c"], "years": [1, 2, 3], "degree": ["x", "y", "x"]}
    one, two = (
        Cues.from_table(make(table), item="cv", cues=["years", "degree"]) for make in (pd.DataFrame, pl.DataFrame)
    )
    assert one.columns == two.columns == ("years", "degree: y")
    assert one.matrix.tolist() == two.matrix.tolist() == [[1, 0], [2, 1], [3, 0]]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param({"years": [1.0, NAN, 3.0]}, "Row 2: 'years' is empty", id="empty"),
        pytest.param({"years": [1.0, math.inf, 3.0]}, "Row 2: 'years' is infinite", id="infinite"),
        pytest.param({"years": ["1", " ", "3"]}, "Row 2: 'years' is empty", id="blank"),
        pytest.param({"cv": ["a", "b", "b"]}, "two items called 'b'", id="twice"),
        pytest.param({"cv": ["a", None, "b"]}, "Row 2 does not name the item", id="nameless"),
    ],
)
def test_cues_that_cannot_be_used_say_where(change, found):
    table = pd.DataFrame({"cv": ["a", "b", "c"], "years": [1.0, 2.0, 3.0]} | change)
    with pytest.raises((CueError, PanelError), match=re.escape(found)):
        Cues.from_table(table, item="cv", cues=["years"])


def test_cues_name_columns_that_are_not_there():
    table = pd.DataFrame({"cv": ["a"], "years": [1.0], "text": ["x"]})
    with pytest.raises(ColumnError, match="yers"):
        Cues.from_table(table, item="cv", cues=["yers"])
    with pytest.raises(CueError, match="named twice"):
        Cues.from_table(table, item="cv", cues=["years", "years"])
    with pytest.raises(CueError, match="no cues"):
        Cues.from_table(table, item="cv", cues=[])
    with pytest.raises(CueError, match="which is no cue"):
        Cues.from_table(table, item="cv", cues=["text"], reference={"years": "x"})
    wide = pd.DataFrame({"cv": range(13), "text": [f"t{number}" for number in range(13)]})
    with pytest.raises(CueError, match="13 different words"):
        Cues.from_table(wide, item="cv", cues=["text"])


def test_a_linear_policy_by_hand():
    # Ratings 1, 2, 2, 4, 5, 5 of items with 0 to 5 years: slope 15.5 / 17.5; residual sum of squares 14.83 - 13.73.
    items = tuple("abcdef")
    cues = Cues(items, ("years",), np.arange(6.0)[:, None], ("years",), (0,))
    given_ = np.array([1, 2, 2, 4, 5, 5.0])
    found = capture_policy(Panel(given_[:, None], items, ("Ada",)), cues, rater="Ada")
    assert found["years"].weight == pytest.approx(15.5 / 17.5)
    squares = ((given_ - given_.mean()) ** 2).sum()
    left = squares - 15.5**2 / 17.5
    assert found.r_squared == pytest.approx(1 - left / squares)
    # Student's t with 4 degrees of freedom: 2.776445.
    assert found["years"].high - found["years"].weight == pytest.approx(2.776445 * math.sqrt(left / 4 / 17.5), rel=1e-5)
    assert found["years"].standardised == pytest.approx(np.corrcoef(np.arange(6), given_)[0, 1])


def test_cross_validation_is_leaving_each_item_out():
    panel, cues = made(40, noise=1.0)
    values, seen = panel.ratings[:, 0], np.column_stack([np.ones(40), cues.matrix])
    squares = 0.0
    for out in range(40):
        kept = np.arange(40) != out
        weights = np.linalg.lstsq(seen[kept], values[kept], rcond=None)[0]
        squares += (values[out] - seen[out] @ weights) ** 2
    expected = 1 - squares / ((values - values.mean()) ** 2).sum()
    found = capture_policy(panel, cues, rater="r0")
    assert found.cross_validated_r_squared == pytest.approx(expected)
    assert found.cross_validated_r_squared < found.adjusted_r_squared < found.r_squared


def test_what_is_rated_by_rule_is_recovered_exactly():
    panel, cues = made(noise=0.0)
    found = capture_policy(panel, cues, rater="r0")
    assert [each.weight for each in found] == pytest.approx([1.0, 0.5, 0.0], abs=1e-9)
    assert (found.r_squared, found.cross_validated_r_squared, found.consistency) == pytest.approx((1, 1, 1))
    assert [each.found for each in found] == [True, True, False]


def test_severity_does_not_move_the_panels_policy():
    panel, cues = made(raters=3)
    moved = Panel(panel.ratings + np.array([0.0, 5.0, -3.0]), panel.items, panel.raters)
    holes = np.where(np.arange(240).reshape(80, 3) % 5 == 0, np.nan, moved.ratings)
    found = capture_policy(Panel(holes, panel.items, panel.raters), cues)
    assert [each.weight for each in found] == pytest.approx([1.0, 0.5, 0.0], abs=0.15)
    assert found.rater == "the panel"


@pytest.mark.parametrize(
    ("change", "problem", "hint"),
    [
        pytest.param(lambda seen: seen[:14], "rated 14 items, too few for 3 cues", "15 are the fewest", id="few"),
        pytest.param(lambda seen: seen * [1, 1, 0], "c2 is the same in all items", "Leave such a cue out", id="flat"),
        pytest.param(
            lambda seen: np.column_stack([seen[:, 0], seen[:, 1], seen[:, 0] + seen[:, 1]]),
            "c0, c1, c2 repeat each other",
            "leave one out",
            id="repeating",
        ),
    ],
)
def test_policies_that_cannot_be_told_are_refused(change, problem, hint):
    panel, cues = made()
    seen = change(cues.matrix)
    less = panel.only(items=panel.items[: len(seen)])
    with pytest.raises(NoPolicyError) as error:
        capture_policy(less, Cues(less.items, cues.names, seen, cues.columns, cues.of_cue), rater="r0")
    assert problem in error.value.problem
    assert hint in error.value.hint


def test_a_rater_with_one_rating_for_all_and_an_unknown_one():
    panel, cues = made(raters=2)
    flat = Panel(np.column_stack([panel.ratings[:, 0], np.full(80, 3.0)]), panel.items, panel.raters)
    found = capture_policies(flat, cues)
    assert [each.rater for each in found] == ["r0"]
    assert "r1 gave all items the same rating" in found.not_computed[0]
    assert found.panel is not None
    with pytest.raises(UnknownRaterError):
        capture_policy(panel, cues, rater="Eve")
    with pytest.raises(LevelError, match="no model"):
        capture_policy(panel, cues, rater="r0", model="cubic")
    with pytest.raises(CueError, match="have no cues"):
        capture_policy(panel, Cues(("x",), ("c",), np.ones((1, 1)), ("c",), (0,)), rater="r0")
    names = Panel(panel.ratings, panel.items, panel.raters, "nominal")
    with pytest.raises(NoAgreementError, match="only names"):
        capture_policy(names, cues, rater="r0")
    parted = panel.ratings.copy()
    parted[:40, 0] = parted[40:, 1] = np.nan
    assert "No policy of the panel" in capture_policies(Panel(parted, panel.items, panel.raters), cues).not_computed[0]


def test_overlapping_cues_are_warned_of():
    panel, cues = made()
    seen = cues.matrix.copy()
    seen[:, 2] = seen[:, 0] + 0.2 * seen[:, 2]
    inflation = variance_inflation(seen)
    # The variance inflation factor is 1 / (1 - R²) of a cue on the others.
    others = np.column_stack([np.ones(80), seen[:, 1:]])
    left = seen[:, 0] - others @ np.linalg.lstsq(others, seen[:, 0], rcond=None)[0]
    assert inflation[0] == pytest.approx(seen[:, 0].var() / left.var())
    found = capture_policy(panel, Cues(cues.items, cues.names, seen, cues.columns, cues.of_cue), rater="r0")
    assert "nearly follow from others" in found.notes[0]
    assert "c0" in found.notes[0]
    assert "c1" not in found.notes[0]


def test_an_ordinal_policy_of_two_levels_is_logistic_regression():
    import statsmodels.api as sm

    panel, cues = made(noise=1.5)
    yes = (panel.ratings > 0).astype(float)
    found = capture_policy(Panel(yes, panel.items, panel.raters), cues, rater="r0", model="ordinal")
    fit = sm.Logit(yes[:, 0], sm.add_constant(cues.matrix)).fit(disp=False)
    assert [each.weight for each in found] == pytest.approx(fit.params[1:], abs=2e-4)
    assert [each.low for each in found] == pytest.approx(fit.conf_int()[1:, 0], abs=2e-3)


def test_an_ordinal_policy_recovers_planted_log_odds():
    rng = np.random.default_rng(3)
    seen = rng.normal(size=(600, 2))
    leaning = seen @ [1.2, -0.6] + rng.logistic(size=600)
    steps = np.digitize(leaning, [-2, -0.5, 0.4, 2.5]).astype(float)  # steps of unequal width
    items = tuple(f"i{number}" for number in range(600))
    cues = Cues(items, ("a", "b"), seen, ("a", "b"), (0, 1))
    found = capture_policy(Panel(steps[:, None], items, ("Ada",)), cues, rater="Ada", model="ordinal")
    assert [each.weight for each in found] == pytest.approx([1.2, -0.6], abs=0.2)
    spread_ = (1.2**2 + 0.6**2) / (1.2**2 + 0.6**2 + math.pi**2 / 3)
    assert found.r_squared == pytest.approx(spread_, abs=0.06)
    assert math.isnan(found.cross_validated_r_squared)
    assert found.to_dict()["cross_validated_r_squared"] is None


def test_an_ordinal_policy_says_when_nothing_settles():
    panel, cues = made(noise=0.0, weights=(1.0,))
    parted = (panel.ratings > 0).astype(float)
    with pytest.raises(NoPolicyError, match="does not settle"):
        capture_policy(Panel(parted, panel.items, panel.raters), cues, rater="r0", model="ordinal")
    with pytest.raises(NoPolicyError, match="80 different values"):
        capture_policy(panel, cues, rater="r0", model="ordinal")
    with pytest.raises(NoPolicyError, match="mean ratings"):
        capture_policy(panel, cues, model="ordinal")


def test_an_ordinal_fit_that_stops_early_is_refused(monkeypatch):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    panel, cues = made(n=120)
    panel = Panel(np.clip(np.round(panel.ratings), -2, 2), panel.items, panel.raters)
    assert capture_policy(panel, cues, rater="r0", model="ordinal")["c0"].found
    whole = OrderedModel.fit
    monkeypatch.setattr(OrderedModel, "fit", lambda self, **how: whole(self, **(how | {"maxiter": 1})))
    with pytest.raises(NoPolicyError, match="does not settle"):
        capture_policy(panel, cues, rater="r0", model="ordinal")


def test_relative_weights_and_dominance_of_a_published_example():
    # Grömping (2006), Journal of Statistical Software 17(1): metric lmg of R's relaimpo, which is general dominance.
    dominance = general_dominance(SWISS[None], SINGLE)[0]
    assert dominance == pytest.approx([0.05709122, 0.17117303, 0.26013468, 0.10557015, 0.11276592], abs=1e-6)
    # The Python package relativeImp 0.0.2, on the same data.
    weights = relative_weights(SWISS[None])[0]
    assert weights == pytest.approx([0.048417, 0.154708, 0.271964, 0.114680, 0.116966], abs=2e-6)
    assert dominance.sum() == pytest.approx(0.7067350, abs=1e-6)  # R² of lm(Fertility ~ ., swiss)
    assert weights.sum() == pytest.approx(0.7067350, abs=1e-6)


def test_columns_of_one_cue_count_together():
    together = general_dominance(SWISS[None], [[0, 1], [2], [3, 4]])[0]
    assert together.sum() == pytest.approx(0.7067350, abs=1e-6)
    beside = SWISS[:5, 5]

    def r_squared(columns: list[int]) -> float:
        return float(beside[columns] @ np.linalg.solve(SWISS[np.ix_(columns, columns)], beside[columns]))

    whole = r_squared([0, 1, 2, 3, 4])
    first = r_squared([2]) / 3  # alone
    first += (r_squared([0, 1, 2]) - r_squared([0, 1]) + r_squared([2, 3, 4]) - r_squared([3, 4])) / 6
    first += (whole - r_squared([0, 1, 3, 4])) / 3
    assert together[1] == pytest.approx(first)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0.0, 3.0))
def test_importance_adds_up_to_r_squared(seed, columns, noise):
    panel, cues = made(30, weights=tuple(np.linspace(1, -1, columns)), noise=noise + 0.1, seed=seed)
    found = cue_importance(panel, cues, rater="r0", replicates=100)
    r_squared = capture_policy(panel, cues, rater="r0").r_squared
    assert sum(each.relative_weight for each in found) == pytest.approx(r_squared, abs=1e-7)
    assert sum(each.dominance for each in found) == pytest.approx(r_squared, abs=1e-7)
    assert min(each.relative_weight for each in found) >= 0


def test_importance_of_unrelated_cues_is_their_squared_correlation():
    rng = np.random.default_rng(5)
    seen = np.linalg.qr(np.column_stack([np.ones(50), rng.normal(size=(50, 3))]))[0][:, 1:]
    given_ = seen @ [3.0, 2.0, 1.0] + 0.1 * rng.normal(size=50)
    items = tuple(f"i{number}" for number in range(50))
    cues = Cues(items, tuple("abc"), seen, tuple("abc"), (0, 1, 2))
    found = cue_importance(Panel(given_[:, None], items, ("Ada",)), cues, rater="Ada", replicates=200)
    for place, each in enumerate(found):
        squared = np.corrcoef(seen[:, place], given_)[0, 1] ** 2
        assert (each.relative_weight, each.dominance) == pytest.approx((squared, squared))
        assert each.low < each.relative_weight < each.high
    assert found["a"].share > found["b"].share > found["c"].share


def test_many_cues_have_relative_weights_only():
    panel, cues = made(70, weights=(1.0,) * 13)
    found = cue_importance(panel, cues, rater="r0", replicates=100)
    assert all(math.isnan(each.dominance) for each in found)
    assert "8,192 subsets" in found.notes[-1]
    panel, cues = made(70, weights=(1.0,) * 10)
    found = cue_importance(panel, cues, rater="r0", replicates=2000)
    assert sum(each.dominance for each in found) == pytest.approx(found.r_squared)
    assert all(math.isnan(each.dominance_low) for each in found)


def test_a_mixed_policy_is_restricted_maximum_likelihood():
    from scipy.optimize import minimize

    rng = np.random.default_rng(8)
    n, raters = 15, 8
    seen = rng.normal(size=n)
    slopes, levels = 1.0 + 0.6 * rng.normal(size=raters), 0.8 * rng.normal(size=raters)
    ratings = levels + np.outer(seen, slopes) + 0.5 * rng.normal(size=(n, raters))
    items = tuple(f"i{number}" for number in range(n))
    cues = Cues(items, ("a",), seen[:, None], ("a",), (0,))
    found = capture_mixed_policy(Panel(ratings, items, tuple(f"r{each}" for each in range(raters))), cues)

    whole = np.column_stack([np.ones(n), (seen - seen.mean()) / seen.std(ddof=1)])

    def deviance(logs):
        level, slope, noise = np.exp(2 * logs)
        inverse = np.linalg.inv(whole @ np.diag([level, slope]) @ whole.T + noise * np.eye(n))
        within = whole.T @ inverse @ whole
        weights = np.linalg.solve(raters * within, sum(whole.T @ inverse @ ratings[:, each] for each in range(raters)))
        left = ratings - (whole @ weights)[:, None]
        fit = sum(left[:, each] @ inverse @ left[:, each] for each in range(raters))
        return fit - raters * np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(raters * within)[1]

    best = np.exp(minimize(deviance, np.log([0.8, 0.6, 0.5]), method="Nelder-Mead", options={"xatol": 1e-6}).x)
    assert found.severity_spread == pytest.approx(best[0], rel=2e-3)
    assert found.spreads[0].spread * ratings.std(ddof=1) == pytest.approx(best[1], rel=2e-3)
    assert found.noise == pytest.approx(best[2], rel=2e-3)
    # A complete design: the typical weight is the mean of the raters' own.
    own = [np.polyfit(seen, ratings[:, each], 1)[0] for each in range(raters)]
    assert found.weights[0].weight == pytest.approx(np.mean(own), rel=1e-4)
    drawn_in = [value for _, value in found.spreads[0].raters]
    assert np.corrcoef(drawn_in, own)[0, 1] > 0.999
    assert 0 < found.r_squared_panel < found.r_squared_all < 1
    assert "differ most over a" in found.summary()
    assert found.chart().to_dict()["description"] == found.summary()
    json.dumps(found.to_dict())


def test_a_mixed_policy_needs_raters():
    panel, cues = made(raters=4)
    with pytest.raises(NoPolicyError, match="There are 4 raters"):
        capture_mixed_policy(panel, cues)


def test_stated_weights_beside_recovered_ones():
    panel, cues = made(400, weights=(3.0, 1.0, 0.0), noise=0.0)
    found = stated_against_recovered(panel, cues, {"r0": {"c0": 2, "c1": 2}})["r0"]
    apart = cues.matrix.std(axis=0) * [3.0, 1.0, 0.0]
    recovered = 100 * apart / apart.sum()
    assert [each.stated for each in found.cues] == [50, 50, 0]
    assert [each.recovered for each in found.cues] == pytest.approx(recovered.tolist(), abs=1e-6)
    assert found.moved == pytest.approx(recovered[0] - 50)
    assert found.biggest.cue in ("c0", "c1")
    assert found.correlation == pytest.approx(np.corrcoef([50, 50, 0], recovered)[0, 1])
    squared = stated_against_recovered(panel, cues, {"r0": {"c0": 9, "c1": 1}}, by="r_squared")["r0"]
    assert squared.moved < 3  # of three to one in weight, nine to one in variance


def test_stated_weights_in_words_and_errors():
    panel, cues = made(raters=2)
    found = stated_against_recovered(panel, cues, {"r0": {"c2": 100}, "r1": {"c0": 60, "c1": 30, "c2": 10}})
    assert "r0: 9" in found.summary()
    assert "Biggest gap: c2 counts less than stated" in found.summary()
    assert found.chart().to_dict()["description"] == found.summary()
    assert len(found.to_frame()) == 6
    json.dumps(found.to_dict())
    for said, problem in (
        ({"r0": {"c9": 1}}, "which is no cue"),
        ({"r0": {"c0": -1}}, "cannot be shared out"),
        ({"r0": {"c0": 0}}, "cannot be shared out"),
        ({"r0": {"c0": None}}, "cannot be shared out"),
        ({"r0": {"c0": "much"}}, "cannot be shared out"),
        ({}, "Nobody stated anything"),
    ):
        with pytest.raises(CueError, match=problem):
            stated_against_recovered(panel, cues, said)
    with pytest.raises(UnknownRaterError):
        stated_against_recovered(panel, cues, {"Eve": {"c0": 1}})
    with pytest.raises(LevelError, match="by"):
        stated_against_recovered(panel, cues, {"r0": {"c0": 1}}, by="feel")


def test_two_cues_always_lie_on_a_line_and_have_no_correlation():
    panel, cues = made(weights=(1.0, 0.5))
    found = stated_against_recovered(panel, cues, {"r0": {"c0": 10, "c1": 90}})
    assert math.isnan(found["r0"].correlation)
    assert "correlation" not in found.summary().splitlines()[0]


def test_policies_are_written_drawn_and_said():
    panel, cues = made(raters=2)
    found = capture_policies(panel, cues)
    assert len(found.to_frame()) == 9  # two raters and the panel, three cues
    assert found.summary().startswith("r0: what counts, strongest first: c0 for (+")
    assert "not what anybody thought" in found.summary()
    assert found.chart().to_dict()["description"] == found.summary()
    assert found["r0"].chart().to_dict()["description"] == found["r0"].summary()
    json.dumps(found.to_dict())
    importance = cue_importance(panel, cues, replicates=100)
    assert importance.chart().to_dict()["description"] == importance.summary()
    assert cue_importance(panel, cues, replicates=100).to_dict() == importance.to_dict()
    json.dumps(importance.to_dict())
    with pytest.raises(NoPolicyError, match="no cue"):
        found["r0"]["c9"]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 9.0), st.floats(-5.0, 5.0))
def test_standardised_weights_do_not_depend_on_units(seed, unit, shift):
    panel, cues = made(40, seed=seed)
    other = Cues(cues.items, cues.names, cues.matrix * unit + shift, cues.columns, cues.of_cue)
    one, two = (capture_policy(panel, each, rater="r0") for each in (cues, other))
    assert [each.standardised for each in two] == pytest.approx([each.standardised for each in one], abs=1e-7)
    order = np.random.default_rng(seed).permutation(40)
    mixed_up = panel.only(items=[panel.items[place] for place in order])
    again = capture_policy(mixed_up, cues, rater="r0")
    assert [each.weight for each in again] == pytest.approx([each.weight for each in one], abs=1e-9)
