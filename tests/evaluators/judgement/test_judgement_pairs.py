"""Paired comparisons and consensus rankings against published examples, other libraries and hand counts."""

import json
import math
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators._validation import ColumnError
from evaluators.judgement.errors import LevelError, NoAgreementError, PairError, PanelError
from evaluators.judgement.panel import Panel
from evaluators.judgement.ranking.consensus import consensus_ranking
from evaluators.judgement.ranking.pairs import bradley_terry

# Agresti (2002), Categorical Data Analysis, table 10.10: American League 1987, wins of the row against the column.
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ]
)


def comparisons(wins: np.ndarray, ties: np.ndarray | None = None, names: tuple[str, ...] | None = None) -> pd.DataFrame:
    named = names or tuple(f"i{number}" for number in range(len(wins)))
    rows = [
        (named[one], named[other], False)
        for one, other in permutations(range(len(wins)), 2)
        for _ in range(int(wins[one, other]))
    ]
    if ties is not None:
        rows += [
            (named[one], named[other], True)
            for one, other in combinations(range(len(wins)), 2)
            for _ in range(int(ties[one, other]))
        ]
    return pd.DataFrame(rows, columns=["won", "lost", "tie"])


def panel_of(ratings: object) -> Panel:
    values = np.array(ratings, dtype=float)
    return Panel(values, tuple("abcdefghijkl"[: len(values)]), tuple(f"r{number}" for number in range(values.shape[1])))


def test_a_published_league():
    found = bradley_terry(comparisons(WINS, names=TEAMS), winner="won", loser="lost")
    # Coefficients against Baltimore as in Agresti, to three places as in R's BradleyTerry2.
    beside = {each.item: each.strength - found["Baltimore"].strength for each in found}
    published = [1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0.0]
    assert [beside[team] for team in TEAMS] == pytest.approx(published, abs=1e-3)
    # choix 0.4.1: opt_pairwise and ilsr_pairwise without a prior.
    from_choix = [0.531153, 0.386206, 0.244283, 0.197415, 0.057495, -0.36635, -1.050203]
    assert [found[team].strength for team in TEAMS] == pytest.approx(from_choix, abs=1e-6)
    assert [each.item for each in found][:2] == ["Milwaukee", "Detroit"]
    assert (found["Boston"].wins, found["Boston"].losses, found.n_comparisons) == (40, 38, 273)
    assert found.chance("Milwaukee", "Baltimore") == pytest.approx(1 / (1 + math.exp(-1.5814)), abs=1e-4)


def log_linear(wins: np.ndarray, ties: np.ndarray):
    """Fit Davidson's model as Fienberg (1979) writes it: counts with one mean for each pair, by statsmodels."""
    import statsmodels.api as sm

    n, counts, rows = len(wins), [], []
    pairs = list(combinations(range(n), 2))
    for place, (one, other) in enumerate(pairs):
        for outcome, count in enumerate((wins[one, other], wins[other, one], ties[one, other])):
            row = np.zeros(n + 1 + len(pairs))
            row[n + 1 + place] = 1.0
            row[one] += (1.0, 0.0, 0.5)[outcome]
            row[other] += (0.0, 1.0, 0.5)[outcome]
            row[n] = float(outcome == 2)
            counts.append(count)
            rows.append(row)
    columns = np.array(rows)
    contrasts = columns[:, : n - 1] - columns[:, [n - 1]]  # strengths sum to 0
    fit = sm.GLM(counts, np.column_stack([contrasts, columns[:, n:]]), family=sm.families.Poisson()).fit(tol=1e-12)
    return fit.params[: n - 1], fit.bse[: n - 1], math.exp(fit.params[n - 1])


def test_ties_and_standard_errors_are_those_of_the_log_linear_model():
    rng = np.random.default_rng(6)
    wins = rng.integers(1, 9, size=(5, 5)) * (1 - np.eye(5, dtype=int))
    ties = np.triu(rng.integers(0, 5, size=(5, 5)), 1)
    strengths, errors, nu = log_linear(wins, ties)
    found = bradley_terry(comparisons(wins, ties), winner="won", loser="lost", tie="tie")
    assert [found[f"i{number}"].strength for number in range(4)] == pytest.approx(strengths, abs=1e-6)
    assert [found[f"i{number}"].standard_error for number in range(4)] == pytest.approx(errors, abs=1e-6)
    assert found.tie_parameter == pytest.approx(nu, rel=1e-6)
    row = found["i0"]
    assert row.high - row.strength == pytest.approx(1.959964 * row.standard_error, rel=1e-6)
    assert row.ties == ties[0].sum()
    assert "would tie" in found.summary()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_points_won_are_points_expected(seed, n):
    rng = np.random.default_rng(seed)
    wins = rng.integers(1, 6, size=(n, n)) * (1 - np.eye(n, dtype=int))
    table = comparisons(wins).sample(frac=1, random_state=seed)
    found = bradley_terry(table, winner="won", loser="lost")
    assert sum(each.strength for each in found) == pytest.approx(0, abs=1e-8)
    met = wins + wins.T
    for one in range(n):  # the likelihood equations
        expected = sum(met[one, other] * found.chance(f"i{one}", f"i{other}") for other in range(n) if other != one)
        assert wins[one].sum() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        pytest.param(
            [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")], "parts that never meet: a, b on one", id="parts"
        ),
        pytest.param([("a", "b"), ("b", "c"), ("c", "b")], "b, c never won against or tied with a", id="always-won"),
        pytest.param([("a", "b"), ("b", "a"), ("b", "c")], "c never won against or tied with a, b", id="always-lost"),
        pytest.param([("a", "b"), ("b", "b")], "Row 2: b is compared with itself", id="itself"),
        pytest.param([("a", "b"), (None, "b")], "Row 2 does not name the winner", id="nameless"),
        pytest.param([], "There are no comparisons", id="none"),
    ],
)
def test_comparisons_that_give_no_scale_are_refused(rows, problem):
    table = pd.DataFrame(rows, columns=["won", "lost"])
    with pytest.raises((PairError, PanelError), match=problem):
        bradley_terry(table, winner="won", loser="lost")


def test_ties_alone_give_no_scale():
    table = comparisons(np.zeros((3, 3)), ties=np.ones((3, 3)))
    with pytest.raises(PairError, match="Every comparison is a tie"):
        bradley_terry(table, winner="won", loser="lost", tie="tie")


def test_items_of_equal_strength_share_a_rank():
    # Everybody wins once against everybody; and two that are equal, above a third.
    level = bradley_terry(comparisons(np.ones((3, 3)) - np.eye(3)), winner="won", loser="lost")
    assert [row.rank for row in level] == [1, 1, 1]
    assert "all items are equally strong" in level.summary()
    two = bradley_terry(comparisons(np.array([[0, 1, 3], [1, 0, 3], [1, 1, 0]])), winner="won", loser="lost")
    assert [row.rank for row in two] == [1, 1, 3]


def test_a_tie_can_hold_the_scale_together():
    table = pd.DataFrame({"won": ["a", "a"], "lost": ["b", "b"], "tie": [False, True]})
    found = bradley_terry(table, winner="won", loser="lost", tie="tie")
    assert found["a"].strength > 0
    with pytest.raises(PairError):
        bradley_terry(table[:1], winner="won", loser="lost", tie="tie")
    with pytest.raises(PairError, match="the tie is 'maybe'"):
        bradley_terry(table.assign(tie=["maybe", "no"]), winner="won", loser="lost", tie="tie")
    with pytest.raises(ColumnError):
        bradley_terry(table, winner="won", loser="lots")
    with pytest.raises(PairError, match="two things"):
        bradley_terry(table, winner="won", loser="won")
    with pytest.raises(LevelError):
        bradley_terry(table, winner="won", loser="lost", tie="tie", alpha=0)


def test_a_scale_is_written_drawn_and_said():
    found = bradley_terry(comparisons(WINS, names=TEAMS), winner="won", loser="lost")
    assert "Strongest: Milwaukee (+0.53" in found.summary()
    assert found.chart().to_dict()["description"] == found.summary()
    assert found.to_frame()["rank"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    json.dumps(found.to_dict())
    with pytest.raises(PairError, match="was not compared"):
        found["Chicago"]


def condorcet() -> Panel:
    """Condorcet's 60 voters (1785): 23 ABC, 17 BCA, 2 BAC, 10 CAB, 8 CBA."""
    votes = {"abc": 23, "bca": 17, "bac": 2, "cab": 10, "cba": 8}
    columns = [[3 - order.index(name) for name in "abc"] for order, times in votes.items() for _ in range(times)]
    return panel_of(np.array(columns).T)


def test_condorcets_voters():
    # Young (1988), American Political Science Review 82(4): B, C, A by Kemeny, with 104 of 180 preferences;
    # Borda's scores are A 58, B 69, C 53.
    kemeny = consensus_ranking(condorcet(), method="kemeny", replicates=100)
    assert [row.item for row in kemeny] == ["b", "c", "a"]
    assert kemeny.unanimity == pytest.approx(104 / 180)
    borda = consensus_ranking(condorcet(), method="borda", replicates=100)
    assert {row.item: row.score for row in borda} == pytest.approx({"a": 58 / 120, "b": 69 / 120, "c": 53 / 120})
    assert [row.item for row in borda] == ["b", "a", "c"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_kemenys_order_has_the_fewest_disagreements(seed):
    rng = np.random.default_rng(seed)
    ratings = rng.integers(1, 5, size=(4, 5)).astype(float)
    ratings[rng.random(ratings.shape) < 0.2] = np.nan
    ratings[:, 0] = rng.integers(1, 5, size=4)
    panel = panel_of(ratings)
    fewest, best = math.inf, []
    for order in permutations(range(4)):
        against = sum(int((ratings[low] > ratings[high]).sum()) for high, low in combinations(order, 2))
        if against <= fewest:
            best, fewest = ([] if against < fewest else best) + [order], against
    expected = np.mean([[order.index(item) + 1 for item in range(4)] for order in best], axis=0)
    found = consensus_ranking(panel, method="kemeny", replicates=100)
    ranks = {row.item: row.rank for row in found}
    assert [ranks[item] for item in panel.items] == pytest.approx(expected.tolist())


def test_a_consensus_says_who_is_level_and_who_is_not_settled():
    said = consensus_ranking(panel_of([[5, 5, 5], [5, 5, 5], [3, 3, 3]]), replicates=100).summary()
    assert ": a, level with b; " in said
    assert "Not settled" not in said
    close = consensus_ranking(panel_of([[1, 2, 1], [5, 4, 4], [3, 3, 5]]), replicates=100).summary()
    assert "Not settled against 1 other, whose ranks overlap with that: c." in close
    assert "With 3 raters, intervals by drawing them again come out too short." in close


def test_the_mean_takes_severity_out():
    ratings = np.array([[5, np.nan], [3, 1], [2, 0.0], [np.nan, 4]])  # the second rater is 2 points stricter
    found = consensus_ranking(panel_of(ratings), replicates=100)
    assert [(row.item, row.score) for row in found] == [("d", 5.0), ("a", 4.0), ("b", 2.0), ("c", 1.0)]
    assert "some item had no rating" in found.notes[0]
    assert "cannot be told" in found.summary()


def test_ranks_are_surer_with_raters_who_agree():
    rng = np.random.default_rng(0)
    worth = np.arange(10.0)[:, None]
    calm, loud = (consensus_ranking(panel_of(worth + noise * rng.normal(size=(10, 12)))) for noise in (0.2, 6.0))
    width = [np.mean([row.high - row.low for row in found]) for found in (calm, loud)]
    assert width[0] < 0.5 < 2 < width[1]
    assert [row.item for row in calm][:2] == ["j", "i"]
    assert calm.chart().to_dict()["description"] == calm.summary()
    assert consensus_ranking(panel_of(worth + np.zeros((10, 3)))).to_dict()["items"][0]["rank"] == 1.0
    json.dumps(loud.to_dict())


def test_rankings_that_cannot_be_made_are_refused():
    with pytest.raises(LevelError, match="Kemeny's rule would try"):
        consensus_ranking(panel_of(np.ones((9, 2))), method="kemeny")
    with pytest.raises(LevelError, match="no method"):
        consensus_ranking(condorcet(), method="vote")
    with pytest.raises(NoAgreementError, match="There is one rater"):
        consensus_ranking(panel_of([[1.0], [2.0]]))
    with pytest.raises(NoAgreementError, match="Nobody rated b"):
        consensus_ranking(panel_of([[1.0, 2.0], [np.nan, np.nan]]))
    with pytest.raises(NoAgreementError, match="share no item"):
        consensus_ranking(panel_of([[1.0, np.nan], [np.nan, 2.0]]))
    nominal = Panel(np.ones((2, 2)), ("a", "b"), ("x", "y"), "nominal")
    with pytest.raises(NoAgreementError, match="only names"):
        consensus_ranking(nominal, method="borda")
