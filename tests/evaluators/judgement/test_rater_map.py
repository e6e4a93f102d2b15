"""The map of a panel: its arithmetic against scikit-learn, and what it finds of what was planted."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.data import load_recruiter_panel
from evaluators.judgement import Cues, Panel, rater_severity
from evaluators.judgement.errors import CueError, LevelError, NoAgreementError, NoPolicyError, UnknownRaterError
from evaluators.judgement.raters import _map_fit as fit
from evaluators.judgement.raters.rater_map import rater_map
from evaluators.reports.charts import chart_html

CUES = ["skills_matched", "years_experience", "projects", "degree", "employers", "gap_years", "well_known_school"]
# Points for one standard deviation of each cue, as the datasheet of recruiter_panel gives them.
SCHOOLS = {
    "skills first": (0.80, 0.20, 0.45, 0.05, -0.05, -0.05, 0.00),
    "track record first": (0.20, 0.65, 0.05, 0.35, -0.30, -0.30, 0.35),
}


@pytest.fixture(scope="module")
def cues():
    resumes = load_recruiter_panel("resumes")
    return Cues.from_table(resumes.assign(degree=resumes["degree"].cat.codes), item="resume_id", cues=CUES)


def panel_with(mine=None, cues=None):
    table = load_recruiter_panel("ratings")[["resume_id", "recruiter", "overall"]]
    if mine is not None:
        table = pd.concat([table, mine], ignore_index=True)
    return Panel.from_table(table, item="resume_id", rater="recruiter", rating="overall", levels=range(1, 8))


def learner(cues, weights, seed, *, n=30, noise=0.5):
    """Return ratings of somebody who follows a policy; None as weights: rates at random."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(cues.items), n, replace=False)
    seen = ((cues.matrix - cues.matrix.mean(axis=0)) / cues.matrix.std(axis=0))[rows]
    if weights is None:
        steps = rng.integers(1, 8, n)
    else:
        steps = np.clip(np.round(4 + seen @ np.array(weights) + noise * rng.normal(size=n)), 1, 7).astype(int)
    names = [cues.items[row] for row in rows]
    return pd.DataFrame({"resume_id": names, "recruiter": "you", "overall": steps})


def test_weights_are_those_of_scikit_learns_ridge():
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(3)
    seen, ratings = rng.normal(size=(25, 4)), rng.normal(size=25)
    theirs = Ridge(alpha=2.5).fit(seen, (ratings - ratings.mean()) / ratings.std()).coef_
    assert fit.point_weights(fit.Rated("a", seen, ratings), 2.5) == pytest.approx(theirs, abs=1e-10)


def test_a_draw_counts_as_if_its_items_stood_there_so_often():
    rng = np.random.default_rng(4)
    seen, ratings = rng.normal(size=(8, 2)), rng.normal(size=8)
    drawn = np.array([3, 0, 1, 1, 0, 2, 0, 1])
    repeated = fit.Rated("a", np.repeat(seen, drawn, axis=0), np.repeat(ratings, drawn))
    one = fit.weights_of(fit.Rated("a", seen, ratings), drawn[None].astype(float), 1.5)[0]
    assert one == pytest.approx(fit.point_weights(repeated, 1.5), abs=1e-10)
    own = fit.drawn_correlations(ratings, seen.T, drawn[None].astype(float))[0]
    theirs = [np.corrcoef(repeated.ratings, repeated.cues[:, place])[0, 1] for place in (0, 1)]
    assert own == pytest.approx(theirs, abs=1e-10)


def test_axes_are_those_of_scikit_learns_principal_components():
    from sklearn.decomposition import PCA

    weights = np.random.default_rng(5).normal(size=(9, 5))
    middle, axes, shares = fit.main_axes(weights)
    theirs = PCA(svd_solver="full").fit(weights)
    assert shares == pytest.approx(theirs.explained_variance_ratio_, abs=1e-10)
    assert np.abs(axes.T @ theirs.components_.T).round(8).tolist() == np.eye(5).tolist()
    assert middle == pytest.approx(theirs.mean_)
    assert (axes[np.abs(axes).argmax(axis=0), range(5)] > 0).all()


def test_the_pull_is_noise_over_signal_by_hand():
    # One column, so least squares by hand: weights 1 of standardised ratings, residuals ±0.5 of points.
    cues = np.array([[-1.0], [-1.0], [1.0], [1.0]])
    ratings = np.array([-1.5, -0.5, 0.5, 1.5])  # mean 0, standard deviation sqrt(1.25)
    # weight = 1/sqrt(1.25); residual squares 4 * 0.25 / 1.25 = 0.8; df 4 - 1 - 1 = 2; pull 1 * 0.4 / 0.8
    assert fit.fitting_pull([fit.Rated("a", cues, ratings)]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("places", "first", "index"),
    [
        # 0, 1 | 10, 11: total 4 * 30.25 - ... by hand: mean 5.5, squares 2*(5.5²+4.5²)=101; within 4 * 0.25 = 1
        ([0.0, 10.0, 1.0, 11.0], [True, False, True, False], 1 / 101),
        # at least two on each side, though 100 stands alone: mean 20.4; the best cut is 0,1 | ... by sums of squares
        ([0.0, 0.0, 0.0, 100.0], [True, True, False, False], 5000 / 7500),
    ],
)
def test_a_split_leaves_the_least_within(places, first, index):
    found, left = fit.split_in_two(np.array(places)[None, :, None])
    assert found[0].tolist() == first
    assert left[0] == pytest.approx(index)


def test_an_ellipse_holds_its_share_of_normal_points():
    rng = np.random.default_rng(6)
    points = rng.normal(size=(40_000, 2)) * [3.0, 1.0]
    long, short, turn = fit.ellipse_of(points, confidence=0.95)
    inside = (points[:, 0] / long) ** 2 + (points[:, 1] / short) ** 2 <= 1
    assert inside.mean() == pytest.approx(0.95, abs=0.005)
    assert min(turn, np.pi - turn) == pytest.approx(0, abs=0.02)


def test_the_two_planted_schools_are_found(cues):
    found = rater_map(panel_with(), cues)
    truth = load_recruiter_panel("recruiters").groupby("school_of_thought")["recruiter"].apply(set)
    assert {frozenset(group.raters) for group in found.groups} == {frozenset(each) for each in truth}
    skills = next(group for group in found.groups if "recruiter 1" in group.raters)
    assert skills.counts == ("skills matched", "projects")
    record = next(group for group in found.groups if "recruiter 7" in group.raters)
    assert {"years experience", "well known school", "degree"} <= set(record.counts)
    assert found.share_x > 0.8
    assert found.one_cloud < 0.01
    assert found.placed is None
    assert "policy says which cues" in found.summary()


@pytest.mark.parametrize("school", SCHOOLS)
def test_a_learner_of_a_school_lands_there_and_moves_nobody(cues, school):
    alone = rater_map(panel_with(), cues, replicates=200)
    found = rater_map(panel_with(learner(cues, SCHOOLS[school], 11)), cues, placed="you", replicates=200)
    one_of_them = "recruiter 1" if school == "skills first" else "recruiter 7"
    assert one_of_them in found.group(found.placed.verdict).raters
    assert {each.rater for each in found.placed.nearest} <= set(found.group(found.placed.verdict).raters)
    assert found.raters[:-1] == alone.raters
    assert found.groups == alone.groups
    assert found.raters[-1].rater == "you"
    assert found.placed.by_luck < 0.05
    json.dumps(found.to_dict())


def test_a_learner_of_the_mean_of_both_schools_is_told_to_be_between(cues):
    both = np.mean(list(SCHOOLS.values()), axis=0)
    verdicts = []
    for seed in range(6):
        found = rater_map(panel_with(learner(cues, both, seed)), cues, placed="you", replicates=200)
        verdicts.append(found.placed.verdict)
        assert (found.placed.verdict == "between") == (found.placed.sure < 0.9)
        assert "You are " in found.summary()
    assert verdicts.count("between") >= 3


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "least"), [(0.5, 79), (1.0, 75)])
def test_how_often_simulated_learners_land_in_their_school(cues, noise, least):
    landed = 0
    for school, weights in SCHOOLS.items():
        one_of_them = "recruiter 1" if school == "skills first" else "recruiter 7"
        for seed in range(40):
            mine = learner(cues, weights, seed, noise=noise)
            found = rater_map(panel_with(mine), cues, placed="you", replicates=100)
            best = max(found.placed.follows, key=lambda each: each.correlation)
            landed += found.placed.by_luck < 0.05 and one_of_them in found.group(best.group).raters
    assert landed >= least


@pytest.mark.slow
def test_who_rates_at_random_is_told_to_fit_neither(cues):
    verdicts = [
        rater_map(panel_with(learner(cues, None, seed)), cues, placed="you", replicates=100).placed.verdict
        for seed in range(60)
    ]
    assert verdicts.count("neither") >= 52  # 57 expected; fewer than 52 in 1 of 100 such tests by the binomial


def test_one_cloud_is_not_cut_in_two():
    rng = np.random.default_rng(8)
    told = 0
    for _ in range(20):
        seen = rng.normal(size=(60, 4))
        weights = np.array([0.6, 0.4, 0.2, 0.0]) + 0.15 * rng.normal(size=(10, 4))
        ratings = seen @ weights.T + 0.5 * rng.normal(size=(60, 10))
        items = tuple(f"cv {number}" for number in range(60))
        panel = Panel(ratings, items, tuple("abcdefghij"))
        names = ("p", "q", "r", "s")
        told += bool(rater_map(panel, Cues(items, names, seen, names, (0, 1, 2, 3)), replicates=100).groups)
    assert told <= 4  # 1 of 20 expected


def small(n_raters=3, n=12, seed=0):
    rng = np.random.default_rng(seed)
    seen = rng.normal(size=(n, 2))
    ratings = seen @ rng.normal(size=(2, n_raters)) + 0.3 * rng.normal(size=(n, n_raters))
    items = tuple(f"cv {number}" for number in range(n))
    raters = tuple(f"r{number}" for number in range(n_raters))
    return Panel(ratings, items, raters), Cues(items, ("skills", "years"), seen, ("skills", "years"), (0, 1))


@given(order=st.permutations(range(4)), seed=st.integers(0, 50))
@settings(max_examples=15, deadline=None)
def test_the_order_of_raters_changes_no_place(order, seed):
    panel, cues = small(4, seed=seed)
    found = rater_map(panel, cues, replicates=100)
    turned = rater_map(panel.only(raters=[panel.raters[place] for place in order]), cues, replicates=100)
    for each in found:
        other = turned[each.rater]
        assert (other.x, other.y) == pytest.approx((each.x, each.y), abs=1e-8)
    assert "too few raters" in found.summary()


def test_wrong_use_is_said_in_words():
    panel, cues = small()
    with pytest.raises(UnknownRaterError, match="no rater 'Zoe'"):
        rater_map(panel, cues, placed="Zoe")
    with pytest.raises(NoAgreementError, match="2 raters have enough"):
        rater_map(panel, cues, placed="r0")
    with pytest.raises(NoAgreementError, match=r"r0 is not on the map: 9 ratings"):
        rater_map(*small(n=9))
    with pytest.raises(NoPolicyError, match="one column of cues"):
        rater_map(panel, cues.only("skills"))
    with pytest.raises(CueError, match="'yeers'"):
        rater_map(panel, cues, words={"yeers": "years"})
    with pytest.raises(LevelError):
        rater_map(panel, cues, replicates=10)
    with pytest.raises(UnknownRaterError, match="no groups"):
        rater_map(panel, cues).group("A")
    flat = Cues(cues.items, cues.names, cues.matrix * [1, 0], cues.columns, cues.of_cue)
    with pytest.raises(NoPolicyError, match="years is the same"):
        rater_map(panel, flat)
    same = Panel(np.repeat(panel.ratings[:, :1], 3, axis=1), panel.items, panel.raters)
    with pytest.raises(NoPolicyError, match="same cues"):
        rater_map(same, cues)


def test_whoever_gave_too_little_is_refused_or_left_out():
    panel, cues = small(5)
    few = panel.ratings.copy()
    few[:3, 0] = np.nan
    few[:, 1] = 4.0
    found = rater_map(Panel(few, panel.items, panel.raters), cues)
    assert [each.rater for each in found] == ["r2", "r3", "r4"]
    assert found.notes == (
        "r0 is not on the map: 9 ratings, 10 are the fewest.",
        "r1 is not on the map: one rating for all items.",
    )
    for name, why in (("r0", "9 ratings"), ("r1", "one rating for all")):
        with pytest.raises(NoPolicyError, match=f"{name} cannot be placed: {why}"):
            rater_map(Panel(few, panel.items, panel.raters), cues, placed=name)


def test_the_chart_says_what_colour_says_by_shape_and_letter(cues):
    found = rater_map(panel_with(learner(cues, SCHOOLS["skills first"], 2)), cues, placed="you", replicates=100)
    drawn = found.chart()
    spec = drawn.to_dict()
    assert spec["description"] == found.summary()
    points = next(layer for layer in spec["layer"] if "shape" in layer["encoding"])
    assert points["encoding"]["shape"]["scale"]["domain"] == ["group A", "group B", "you"]
    assert len(set(points["encoding"]["shape"]["scale"]["range"])) == 3
    written = {row["words"] for rows in spec["datasets"].values() for row in rows if "words" in row}
    assert {str(number) for number in range(1, 13)} <= written
    assert {"skills matched", "years experience", "few gap years"} <= written


def test_letters_are_large_enough_for_a_telephone(cues):
    panel = panel_with()
    for drawn in (rater_map(panel, cues, replicates=100).chart(), rater_severity(panel).chart()):
        svg = chart_html(drawn, alt="The panel")
        width = float(re.search(r'viewBox="0 0 (\d+)', svg)[1])
        shrunk = min(1.0, 296 / width)  # what is left for a chart in a box of a page 400 pixels wide
        sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)px"', svg)]
        assert len(sizes) > 12
        assert min(sizes) * shrunk >= 11.5
