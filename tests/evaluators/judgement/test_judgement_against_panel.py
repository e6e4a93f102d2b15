"""A screener against a panel: hand counts, scipy and scikit-learn as oracles, and screeners that must not win."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators._validation import ColumnError
from evaluators.judgement._alike import alike_gaps
from evaluators.judgement.errors import LevelError, NoAgreementError, ScreenerError
from evaluators.judgement.panel import Panel
from evaluators.judgement.raters.rest import against_the_rest
from evaluators.judgement.screener.against_panel import screener_against_panel
from evaluators.screening.counts import CountTable
from evaluators.screening.families import audit_families


def made(n: int = 60, raters: int = 5, seed: int = 0, noise: float = 0.7):
    rng = np.random.default_rng(seed)
    skill, years = rng.normal(size=n), rng.normal(size=n)
    ratings = (skill + 0.5 * years)[:, None] + noise * rng.normal(size=(n, raters)) + np.linspace(-1, 1, raters)
    items = tuple(f"i{number:03}" for number in range(n))
    table = pd.DataFrame(
        {
            "cv": items,
            "skill": skill,
            "years": years,
            "job": np.where(np.arange(n) % 3 == 0, "x", "y"),
            "sex": np.where(np.arange(n) % 2 == 0, "f", "m"),
            "score": skill + 0.5 * rng.normal(size=n),
        }
    )
    return Panel(ratings, items, tuple(f"r{number}" for number in range(raters))), table


def compared(panel: Panel, table: pd.DataFrame, **settings_: object):
    return screener_against_panel(panel, table, item="cv", score="score", **({"replicates": 100} | settings_))


def test_figures_by_other_libraries():
    from scipy.stats import spearmanr
    from sklearn.metrics import cohen_kappa_score

    panel, table = made()
    found = compared(panel, table)
    worth = panel.ratings.mean(axis=1)  # complete: severity cancels
    assert found.correlation.value == pytest.approx(spearmanr(table["score"], worth).statistic)
    human, machine = [], []
    for place in range(5):
        rest = np.delete(panel.ratings, place, axis=1).mean(axis=1)
        human.append(spearmanr(panel.ratings[:, place], rest).statistic)
        machine.append(spearmanr(table["score"], rest).statistic)
    assert found.ceiling.value == pytest.approx(np.mean(human))
    assert found.ceiling.value == pytest.approx(against_the_rest(panel, replicates=100).ceiling)
    assert found.screener.value == pytest.approx(np.mean(machine))
    assert found.difference.value == pytest.approx(np.mean(machine) - np.mean(human))
    theirs, own = (set(np.argsort(-values)[:15].tolist()) for values in (worth, table["score"].to_numpy()))
    assert found.shortlisted == 15
    assert found.overlap.value == pytest.approx(len(theirs & own) / 15)
    assert found.overlap_by_luck == 0.25

    def bands(values):
        ranks = np.argsort(np.argsort(-values))
        return np.where(ranks < 15, 2, np.where(ranks < 30, 1, 0))

    kappa = cohen_kappa_score(bands(table["score"].to_numpy()), bands(worth), weights="quadratic")
    assert found.kappa.value == pytest.approx(kappa)


def test_shortlists_are_made_within_jobs():
    # Job x is rated 3 points higher throughout; within jobs the scores follow the ratings, over all they do not.
    ratings = np.array([[4, 4], [5, 5], [6, 6], [7, 7], [1, 1], [2, 2], [3, 3], [4, 4.0]])
    table = pd.DataFrame({"cv": list("abcdefgh"), "score": [1, 2, 3, 4, 5, 6, 7, 8], "job": list("xxxxyyyy")})
    panel = Panel(ratings, tuple("abcdefgh"), ("Ada", "Ben"))
    apart, over_all = compared(panel, table, within="job"), compared(panel, table)
    assert (apart.overlap.value, over_all.overlap.value) == (1.0, 0.0)
    assert apart.correlation.value == pytest.approx(1.0)
    assert over_all.correlation.value < 0
    assert (apart.shortlisted, apart.overlap_by_luck, apart.kappa.value) == (2, 0.25, 1.0)


def test_a_screener_that_matches_biased_raters_must_not_win():
    panel, table = made(n=300)
    woman = (table["sex"] == "f").to_numpy()
    biased = Panel(panel.ratings - 2.0 * woman[:, None], panel.items, panel.raters)
    copies = table.assign(score=table["skill"] + 0.5 * table["years"] - 2.0 * woman)
    blind = table.assign(score=table["skill"] + 0.5 * table["years"])
    follows, fair = (compared(biased, each, groups=["sex"]) for each in (copies, blind))
    assert follows.correlation.value > fair.correlation.value + 0.1
    assert follows.reaches_ceiling
    assert not follows.may_win
    assert "f (sex)" in follows.blocked_by[0]
    assert "must not win" in follows.summary()
    assert fair.may_win
    assert "panel's own shortlist shows adverse impact" in fair.summary()
    # The audit is that of evaluators.screening, of the shortlist by hand.
    best = np.argsort(-copies["score"].to_numpy())[:75]
    counts = {label: (int(rows[best].sum()), int(rows.sum())) for label, rows in (("f", woman), ("m", ~woman))}
    expected = audit_families({"sex": CountTable.from_counts(counts)})
    assert follows.audit["sex"]["f"].impact_ratio == expected["sex"]["f"].impact_ratio
    gaps = {row.group: row for row in fair.groups}
    assert gaps["f"].found
    assert gaps["f"].gap > 5
    assert gaps["f"].gap == pytest.approx(gaps["f"].screener - gaps["f"].panel)


def test_people_who_are_alike_are_treated_alike():
    import statsmodels.api as sm

    panel, table = made(n=90)
    woman = (table["sex"] == "f").to_numpy()
    merit = (table["skill"] + 0.5 * table["years"]).to_numpy()
    features = ["skill", "years"]
    unfair, fair = (
        compared(panel, table.assign(score=score), groups=["sex"], features=features)
        for score in (merit - 0.6 * woman, merit)
    )
    # The cut alone does not tell with so few, the places do: least squares by hand, of features, places and bends.
    places = 100 * ((merit - 0.6 * woman).argsort().argsort() + 0.5) / 90
    of = (table[features].rank() - 0.5) / 90
    bends = [(of - quarter).clip(lower=0) for quarter in (0.25, 0.5, 0.75)]
    fit = sm.OLS(places, sm.add_constant(np.column_stack([table[features], of, *bends, ~woman]))).fit()
    (row,) = unfair.alike
    assert (row.group, row.reference) == ("m", "f")
    assert row.gap == pytest.approx(fit.params[-1])
    assert (row.low, row.high) == pytest.approx(tuple(fit.conf_int()[-1]))
    assert row.p_adjusted == pytest.approx(fit.pvalues[-1])
    assert row.found
    assert "m (sex)" in unfair.blocked_by[-1]
    assert "among people who are alike in the features" in unfair.blocked_by[-1]
    assert not fair.alike[0].found
    assert fair.may_win
    assert "no group was found to be put higher or lower" in fair.summary()
    shuffled = compared(
        panel.only(items=panel.items[::-1]), table.assign(score=merit - 0.6 * woman), groups=["sex"], features=features
    )
    assert shuffled.alike[0].gap == pytest.approx(row.gap)
    assert [each.gap for each in shuffled.features] == pytest.approx([each.gap for each in unfair.features])


def blamed(table: pd.DataFrame, score: np.ndarray, group: str, features: list[str]) -> bool:
    """Whether a screener is found to put people elsewhere who are alike."""
    places = 100 * (pd.Series(score).rank().to_numpy() - 0.5) / len(table)
    jobs = np.zeros(len(table), dtype=np.int64)
    gaps, untold = alike_gaps(table, [group], features, places, jobs, item="cv", alpha=0.05)
    assert not untold
    return any(row.found for row in gaps)


def skewed(n: int, *, seed: int, group_ahead: float):
    rng = np.random.default_rng(seed)
    veteran = rng.random(n) < 0.5
    years = np.exp(rng.normal(size=n) + group_ahead * veteran)  # few have very many
    skill = rng.normal(size=n)
    ratings = (years + skill)[:, None] + rng.normal(size=(n, 3))
    items = tuple(f"i{number:03}" for number in range(n))
    table = pd.DataFrame({"cv": items, "years": years, "skill": skill, "veteran": np.where(veteran, "yes", "no")})
    return Panel(ratings, items, ("Ada", "Ben", "Cleo")), table.assign(score=years + skill)


def test_a_fair_screener_is_not_blocked_for_a_bend_in_a_feature():
    # The score counts years and skill and nothing else. Places bend where years have a long tail, and one group has
    # more years: a straight line would lay the bend on the group, and block 97 of 100 such screeners.
    blocked = 0
    for seed in range(20):
        _, table = skewed(240, seed=seed, group_ahead=1.0)
        blocked += blamed(table, table["score"].to_numpy(), "veteran", ["years", "skill"])
    assert blocked <= 1
    panel, table = skewed(240, seed=1, group_ahead=1.0)
    unfair = table.assign(score=table["score"] - 1.0 * (table["veteran"] == "yes"))
    (row,) = compared(panel, unfair, groups=["veteran"], features=["years", "skill"]).alike
    assert row.found


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param(lambda years: np.minimum(years, 4), id="no-more-than-four"),
        pytest.param(lambda years: np.minimum(years, 6), id="no-more-than-six"),
        pytest.param(lambda years: 1.5 * (years >= 5), id="five-are-asked-for"),
        pytest.param(np.log1p, id="less-and-less"),
    ],
)
def test_a_fair_screener_may_stop_counting(counts):
    # Whole years as on résumés. A line and a rank alone blamed 18, 19, 7 and 3 of 20 such screeners.
    blocked = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        years = rng.negative_binomial(2.5, 0.28, size=240).astype(float)  # 6 in the middle, 25 in the tail
        veteran = rng.random(240) < np.where(years > 7, 0.8, 0.1)
        skill = rng.integers(0, 9, size=240).astype(float)
        table = pd.DataFrame({"cv": [f"i{n:03}" for n in range(240)], "years": years, "skill": skill, "vet": veteran})
        blocked += blamed(table, counts(years) / counts(years).std() + skill / skill.std(), "vet", ["years", "skill"])
    assert blocked <= 1


def test_jobs_with_better_people_are_no_unequal_treatment():
    # Places are made within jobs: in the job with the stronger people, who are mostly women, everybody stands lower.
    rng = np.random.default_rng(2)
    n = 200
    job = np.repeat(["x", "y"], n // 2)
    woman = rng.random(n) < np.where(job == "x", 0.9, 0.1)
    skill = rng.normal(size=n) + 2.0 * (job == "x")
    items = tuple(f"i{number:03}" for number in range(n))
    panel = Panel(skill[:, None] + rng.normal(size=(n, 3)), items, ("Ada", "Ben", "Cleo"))
    table = pd.DataFrame(
        {"cv": items, "skill": skill, "job": job, "sex": np.where(woman, "f", "m"), "score": skill + rng.normal(size=n)}
    )
    (row,) = compared(panel, table, within="job", groups=["sex"], features=["skill"]).alike
    assert not row.found
    assert row.low < 0 < row.high


def test_many_groups_do_not_hide_unequal_treatment():
    panel, table = made(n=300)
    people = pd.Series([f"g{number % 14}" for number in range(300)])
    table = table.assign(people=people, score=table["skill"] + 0.5 * table["years"] - 3.0 * (people == "g3"))
    found = compared(panel, table, groups=["people"], features=["skill", "years"])
    assert [row.group for row in found.alike if row.found] == ["g3"]
    assert not found.may_win


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"copy": lambda table: (table["sex"] == "f") * 1.0}, "follow from the features", id="a-proxy"),
        pytest.param({"copy": lambda table: [math.nan] * len(table)}, "'copy' is empty", id="empty-cells"),
    ],
)
def test_a_look_that_cannot_be_made_does_not_let_a_screener_win(change, said):
    panel, table = made(n=80)
    table = table.assign(**{name: make(table) for name, make in change.items()})
    found = compared(panel, table, groups=["sex"], features=["skill", "copy"])
    assert said in found.alike_untold[0]
    assert not found.may_win
    assert said in found.summary()
    assert found.to_dict()["alike_untold"] == list(found.alike_untold)


def test_few_items_show_neither_that_it_follows_nor_that_it_does_not():
    panel, table = made(n=12)
    luck = compared(
        panel, table.assign(score=table["skill"] + 2 * np.random.default_rng(0).normal(size=12)), groups=["sex"]
    )
    assert luck.difference.low < -0.1
    assert luck.difference.high > 0
    assert luck.summary().startswith("12 items are too few to tell whether the screener follows the panel")
    assert "too small to tell adverse impact" in luck.summary()


def test_names_do_not_decide_how_far_the_shortlists_of_raters_overlap():
    panel, table = made(n=40)
    coarse = Panel(np.clip(np.round(panel.ratings + 4), 3, 5), panel.items, panel.raters)  # three steps: many are equal
    found = compared(coarse, table)
    names = {name: f"i{39 - place:03}" for place, name in enumerate(panel.items)}
    renamed = Panel.from_table(
        coarse.to_frame().assign(item=lambda rows: rows["item"].map(names)), item="item", rater="rater", rating="rating"
    )
    other = compared(renamed, table.assign(cv=table["cv"].map(names)))
    assert other.overlap_raters == pytest.approx(found.overlap_raters)
    assert other.overlap_screener == pytest.approx(found.overlap_screener)


def test_ties_at_the_edge_of_a_shortlist_are_said():
    panel, table = made(n=40)
    found = compared(panel, table.assign(score=(table["skill"] > 0) * 1.0))
    above = int((table["skill"] > 0).sum())
    assert f"{above} items have equal values at the edge of the screener's shortlist" in found.summary()
    assert "at the edge" not in compared(panel, table).summary()


def test_nobody_wins_without_an_audit():
    panel, table = made()
    found = compared(panel, table)
    assert found.audit is None
    assert not found.may_win
    assert "was not audited" in found.summary()
    one = compared(panel, table.assign(sex="f"), groups=["sex"])
    assert not one.may_win
    assert "No audit." in one.summary()


def test_where_they_part_is_found_by_feature():
    panel, table = made(n=200, noise=0.2)
    found = compared(panel, table.assign(score=table["skill"] - 0.5 * table["years"]), features=["skill", "years"])
    rows = {row.feature: row for row in found.features}
    assert rows["years"].found
    assert rows["years"].high < -10
    assert "rewards years less than the panel does" in found.summary()
    same = compared(panel, table.assign(score=panel.ratings.mean(axis=1)), features=["skill", "years"])
    assert [row.gap for row in same.features] == [0, 0]
    assert same.correlation.value == pytest.approx(1.0)
    few = compared(panel.only(items=panel.items[:9]), table, features=["skill", "years"])
    assert "rated 9 items, too few for 2 cues" in few.summary()
    assert "191 of 200 items do not count" in few.summary()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.0, 0.5), st.booleans())
def test_only_the_order_of_scores_counts(seed, lost, coarse):
    panel, table = made(n=30, seed=seed)
    holes = np.random.default_rng(seed).random(panel.ratings.shape) < lost
    holes[:, :2] = False
    ratings = np.round(panel.ratings) if coarse else panel.ratings
    panel = Panel(np.where(holes, np.nan, ratings), panel.items, panel.raters)
    one = compared(panel, table)
    other = compared(panel, table.assign(score=np.exp(table["score"]) * 3).sample(frac=1, random_state=seed))
    assert other.to_dict() == one.to_dict()
    assert -1 <= one.correlation.low <= one.correlation.high <= 1
    assert 0 <= one.overlap.value <= 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(lambda table: table[1:], "1 of 60 rated items have no score: i000", id="lacking"),
        pytest.param(lambda table: table.assign(score=1.0), "All scores are the same", id="equal"),
        pytest.param(lambda table: table.assign(score=["good", *table["score"][1:]]), "i000 is 'good'", id="word"),
        pytest.param(lambda table: table.assign(score=[math.nan, *table["score"][1:]]), "i000 is nan", id="nan"),
        pytest.param(lambda table: table.assign(score=[math.inf, *table["score"][1:]]), "i000 is inf", id="infinite"),
        pytest.param(lambda table: pd.concat([table, table[:1]]), "i000 stands in the table twice", id="twice"),
    ],
)
def test_scores_that_cannot_be_compared_are_refused(change, problem):
    panel, table = made()
    with pytest.raises(ScreenerError, match=problem):
        compared(panel, change(table))


def test_panels_and_arguments_that_make_no_sense():
    panel, table = made()
    with pytest.raises(NoAgreementError, match="There is one rater"):
        compared(panel.only(raters=["r0"]), table)
    with pytest.raises(NoAgreementError, match="are equal"):
        compared(Panel(np.ones((60, 2)), panel.items, ("Ada", "Ben")), table)
    three = compared(panel.only(items=panel.items[:3]), table)
    assert math.isnan(three.ceiling.value)
    assert "cannot be told" in three.summary()
    assert not three.reaches_ceiling
    for shares in ({"share": 0}, {"share": 0.8, "reserve": 0.2}, {"reserve": -0.1}):
        with pytest.raises(ScreenerError, match="shares are"):
            compared(panel, table, **shares)
    with pytest.raises(ColumnError):
        compared(panel, table, groups=["race"])
    with pytest.raises(LevelError):
        compared(panel, table, replicates=3)


def test_the_result_is_written_drawn_and_said():
    panel, table = made()
    found = compared(panel, table, features=["skill", "years"], groups=["sex"], within="job")
    assert found.chart().to_dict()["description"] == found.summary()
    json.dumps(found.to_dict())
    assert found.to_frame()["figure"].is_unique
    assert found.disagreement()["feature"].tolist() == ["skill", "years"]
    assert "Agreement with a panel is not validity" in found.summary()
    assert compared(panel, table, reserve=0.0).kappa.value <= 1
