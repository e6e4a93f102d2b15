"""The lens model: its identity, its parts by other means, planted cases and refusals."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.judgement.errors import CueError, LevelError, NoPolicyError, UnknownRaterError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.policies.lens import lens_model


def made(n: int, k: int, raters: int, seed: int, noise: float = 1.0):
    rng = np.random.default_rng(seed)
    seen = rng.normal(size=(n, k))
    came = seen @ rng.normal(size=k) + noise * rng.normal(size=n)
    ratings = seen @ rng.normal(size=(k, raters)) + noise * rng.normal(size=(n, raters))
    items = tuple(f"i{number}" for number in range(n))
    names = tuple(f"c{number}" for number in range(k))
    cues = Cues(items, names, seen, names, tuple(range(k)))
    return (
        Panel(ratings, items, tuple(f"r{number}" for number in range(raters))),
        cues,
        dict(zip(items, came, strict=True)),
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 3), st.booleans(), st.floats(0.0, 0.3))
def test_the_identity_holds(seed, k, raters, binary, lost):
    panel, cues, came = made(40, k, raters, seed)
    rng = np.random.default_rng(seed)
    if binary:
        middle = float(np.median(list(came.values())))
        came = {name: value > middle for name, value in came.items()}
    panel = Panel(np.where(rng.random(panel.ratings.shape) < lost, np.nan, panel.ratings), panel.items, panel.raters)
    found = lens_model(panel, cues, came, replicates=100)
    for row in found:
        r_e, r_s = row.predictability, row.consistency
        right = row.knowledge * r_e * r_s + row.unmodelled * math.sqrt((1 - r_e**2) * (1 - r_s**2))
        assert row.achievement == pytest.approx(right, abs=1e-6)
        assert abs(row.identity_gap) < 1e-6
        given_ = panel.ratings[:, panel.raters.index(row.rater)]
        kept = ~np.isnan(given_)
        outcome = np.array([float(came[name]) for name in panel.items])
        assert row.achievement == pytest.approx(np.corrcoef(given_[kept], outcome[kept])[0, 1], abs=1e-9)


def test_the_parts_are_correlations_of_two_regressions():
    import statsmodels.api as sm

    panel, cues, came = made(60, 3, 1, seed=4)
    whole = sm.add_constant(cues.matrix)
    outcome = np.array(list(came.values()))
    world, rater = sm.OLS(outcome, whole).fit(), sm.OLS(panel.ratings[:, 0], whole).fit()
    row = lens_model(panel, cues, came, replicates=100)["r0"]
    assert row.predictability == pytest.approx(math.sqrt(world.rsquared))
    assert row.consistency == pytest.approx(math.sqrt(rater.rsquared))
    assert row.knowledge == pytest.approx(np.corrcoef(world.fittedvalues, rater.fittedvalues)[0, 1])
    assert row.unmodelled == pytest.approx(np.corrcoef(world.resid, rater.resid)[0, 1])


def test_a_rater_who_sees_more_than_the_cues():
    rng = np.random.default_rng(1)
    seen, unseen = rng.normal(size=(200, 2)), rng.normal(size=200)
    came = seen @ [1.0, 0.0] + unseen
    ratings = np.column_stack([seen @ [1.0, 0.0] + unseen + 0.3 * rng.normal(size=200), seen @ [0.0, 1.0]])
    items = tuple(f"i{number}" for number in range(200))
    cues = Cues(items, ("a", "b"), seen, ("a", "b"), (0, 1))
    found = lens_model(Panel(ratings, items, ("Ada", "Ben")), cues, dict(zip(items, came, strict=True)), replicates=200)
    assert found["Ada"].unmodelled > 0.9
    assert "something useful" in found.summary()
    assert abs(found["Ben"].knowledge) < 0.2
    assert math.isnan(found["Ben"].unmodelled)  # follows the cues to the letter
    assert found["Ben"].consistency == pytest.approx(1)
    assert abs(found["Ben"].identity_gap) < 1e-6
    assert "Most is lost by the weights" in found.summary()


def test_what_luck_leaves_over_is_no_insight():
    # Of 40 items, residuals of nothing correlate beyond 0.2 in one of five raters; none of them sees anything.
    panel, cues, outcome = made(40, 2, 8, seed=3)
    found = lens_model(panel, cues, outcome, replicates=100)
    assert any(abs(row.unmodelled) > 0.2 for row in found)
    assert "seems to see" not in found.summary()


def test_the_p_value_of_what_is_left_is_that_of_one_more_cue():
    import statsmodels.api as sm

    panel, cues, outcome = made(40, 2, 1, seed=3)
    row = lens_model(panel, cues, outcome, replicates=100)["r0"]
    fit = sm.OLS(panel.ratings[:, 0], sm.add_constant(np.column_stack([cues.matrix, list(outcome.values())]))).fit()
    assert row.unmodelled_p_value == pytest.approx(fit.pvalues[-1])


def test_a_rater_without_a_rule_loses_nothing_that_can_be_named():
    panel, cues, outcome = made(40, 3, 1, seed=5)
    noise = Panel(np.random.default_rng(8).normal(size=(40, 1)), panel.items, ("Ada",))
    row = lens_model(noise, cues, outcome, replicates=200)["Ada"]
    assert row.knowledge_high - row.knowledge_low > 1
    said = lens_model(noise, cues, outcome, replicates=200).summary()
    assert "cannot be told" in said
    assert "Most is lost" not in said


def test_outcomes_may_be_named_by_numbers_and_be_empty():
    panel, cues, outcome = made(40, 2, 1, seed=3)
    items = tuple(str(number) for number in range(40))
    panel, cues = Panel(panel.ratings, items, panel.raters), Cues(items, cues.names, cues.matrix, cues.names, (0, 1))
    came = pd.Series([pd.NA, *list(outcome.values())[1:]], dtype="Float64")  # its index is 0, 1, 2, …
    assert lens_model(panel, cues, came, replicates=100)["r0"].n_items == 39


def test_items_without_an_outcome_do_not_count():
    panel, cues, came = made(40, 2, 2, seed=2)
    fewer = {name: came[name] for name in panel.items[:25]} | {"i30": math.nan, "elsewhere": 1.0}
    found = lens_model(panel, cues, fewer, replicates=100)
    assert [row.n_items for row in found] == [25, 25]
    assert found.panel is not None
    assert found.to_dict()["panel"]["n_items"] == 25
    assert len(found.to_frame()) == 3
    assert found.chart().to_dict()["description"] == found.summary()
    assert lens_model(panel, cues, fewer, replicates=100).to_dict() == found.to_dict()
    json.dumps(found.to_dict())
    with pytest.raises(UnknownRaterError):
        found["Eve"]


def test_what_cannot_be_told_is_refused():
    panel, cues, came = made(40, 2, 2, seed=2)
    with pytest.raises(NoPolicyError, match="outcome is the same"):
        lens_model(panel, cues, dict.fromkeys(panel.items, True))
    with pytest.raises(NoPolicyError, match="rated 9 items"):
        lens_model(panel, cues, {name: came[name] for name in panel.items[:9]})
    with pytest.raises(CueError, match="outcome of i3 is 'good'"):
        lens_model(panel, cues, came | {"i3": "good"})
    with pytest.raises(CueError, match="infinite"):
        lens_model(panel, cues, came | {"i3": math.inf})
    with pytest.raises(LevelError):
        lens_model(panel, cues, came, replicates=5)
    flat = Panel(np.column_stack([panel.ratings[:, 0], np.full(40, 2.0)]), panel.items, panel.raters)
    assert "r1 gave all items the same rating" in lens_model(flat, cues, came, replicates=100).not_computed[0]
