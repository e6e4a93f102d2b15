import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from evaluators.screening import CountTable, LevelError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.bootstrap import bootstrap_ratios
from evaluators.screening.errors import SimulationError

FIELD_EXPERIMENT = CountTable.from_counts({"White": (235, 2435), "Black": (157, 2435)})
THREE = CountTable.from_counts({"x": (6, 30), "y": (12, 35), "z": (13, 35)})


def ratios_of_redrawn_rows(counts: CountTable, replicates: int, seed: int) -> pd.DataFrame:
    """Draw the rows with replacement, as a bootstrap is usually written."""
    groups = np.repeat(np.arange(len(counts)), [group.applicants for group in counts])
    hired = np.concatenate([np.arange(group.applicants) < group.selected for group in counts])
    drawn = np.random.default_rng(seed).integers(0, len(groups), (replicates, len(groups)))
    rates = np.stack([hired[drawn].mean(axis=1, where=groups[drawn] == place) for place in range(len(counts))], axis=1)
    return pd.DataFrame(rates / rates.max(axis=1, keepdims=True), columns=list(counts.labels))


def test_drawing_the_table_is_drawing_the_rows(monkeypatch):
    from evaluators.screening import bootstrap

    seen = {}
    original = bootstrap._percentiles
    monkeypatch.setattr(bootstrap, "_percentiles", lambda v, c: original(seen.setdefault(len(seen), v), c))
    found = bootstrap_ratios(THREE, replicates=1500, seed=4)
    rows = ratios_of_redrawn_rows(THREE, 1500, seed=5)
    for place, label in enumerate(THREE.labels):
        assert ks_2samp(seen[place], rows[label]).pvalue > 0.01
        assert (found[label].low, found[label].high) == pytest.approx(
            tuple(rows[label].quantile([0.025, 0.975])), abs=0.06
        )
    assert (found.lowest_low, found.lowest_high) == pytest.approx(
        tuple(rows.min(axis=1).quantile([0.025, 0.975])), abs=0.06
    )


def test_two_large_groups_agree_with_the_log_interval():
    # Katz: 0.668 with standard error sqrt(1/157 - 1/2435 + 1/235 - 1/2435) of the logarithm.
    error = math.sqrt(1 / 157 - 1 / 2435 + 1 / 235 - 1 / 2435)
    low, high = (157 / 235 * math.exp(sign * 1.96 * error) for sign in (-1, 1))
    found = bootstrap_ratios(FIELD_EXPERIMENT, reference="White", replicates=4000, seed=2)["Black"]
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.02)
    assert found.impact_ratio == pytest.approx(157 / 235)


def test_the_reference_is_chosen_again_in_each_draw():
    found = bootstrap_ratios(THREE, seed=3)
    assert sum(group.reference_share for group in found) == pytest.approx(1)
    assert 0 < found["y"].reference_share < found["z"].reference_share
    assert found["z"].high == 1.0
    assert found["z"].low < 1.0  # in other draws y is the highest
    named = bootstrap_ratios(THREE, reference="z", seed=3)["z"]
    assert (named.low, named.high, named.reference_share) == (1.0, 1.0, 1.0)


def test_people_of_unknown_groups_are_never_the_highest_or_largest():
    counts = CountTable.from_counts({"(missing)": (90, 100), "x": (5, 40), "y": (10, 50)})
    for reference in ("highest", "largest"):
        found = bootstrap_ratios(counts, reference=reference, seed=0)
        assert found["(missing)"].reference_share == 0
        assert found["(missing)"].impact_ratio == pytest.approx(4.5)
        assert found.lowest_ratio == pytest.approx(0.625)


def test_nobody_selected_is_said():
    found = bootstrap_ratios(CountTable.from_counts({"x": (0, 12), "y": (3, 15)}), seed=0)
    assert (found["x"].low, found["x"].high) == (0.0, 0.0)
    assert "Nobody was selected of x" in found.note
    assert "Fewer than 5 people were selected of y" in found.summary()
    assert 0 < found["x"].undefined_share < 0.2
    nobody = bootstrap_ratios(CountTable.from_counts({"x": (0, 12), "y": (0, 15)}), seed=0)
    assert math.isnan(nobody["x"].low)
    assert "no draw has an impact ratio" in nobody.summary()
    plain = json.loads(json.dumps(nobody.to_dict(), allow_nan=False))
    assert plain["lowest_ratio"] is None
    assert [group["low"] for group in plain["groups"]] == [None, None]


def test_a_seed_repeats_the_draws():
    first, second, other = (bootstrap_ratios(THREE, seed=seed) for seed in (1, np.random.default_rng(1), 2))
    assert first == second
    assert first != other
    assert first.to_frame()["group"].tolist() == ["x", "y", "z"]


@settings(max_examples=15, deadline=None)
@given(st.permutations("abc"))
def test_new_labels_in_the_same_order_change_nothing_but_labels(labels):
    renamed = CountTable.from_counts(
        {f"{place}{labels[place]}": (each.selected, each.applicants) for place, each in enumerate(THREE)}
    )
    expected = bootstrap_ratios(THREE, replicates=200, seed=6).to_frame().drop(columns="group")
    pd.testing.assert_frame_equal(
        bootstrap_ratios(renamed, replicates=200, seed=6).to_frame().drop(columns="group"), expected
    )


@pytest.mark.parametrize(
    ("error", "counts", "options"),
    [
        pytest.param(TooFewGroupsError, CountTable.from_counts({"x": (1, 2)}), {}, id="one-group"),
        pytest.param(UnknownGroupError, THREE, {"reference": "q"}, id="no-such-reference"),
        pytest.param(LevelError, THREE, {"confidence": 95}, id="percent"),
        pytest.param(SimulationError, THREE, {"replicates": 10}, id="few-draws"),
    ],
)
def test_what_cannot_be_drawn_is_refused(error, counts, options):
    with pytest.raises(error):
        bootstrap_ratios(counts, **options)
    with pytest.raises(UnknownGroupError, match="x, y, z"):
        bootstrap_ratios(THREE, replicates=100)["q"]
