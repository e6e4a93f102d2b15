"""Measures of agreement against published tables, hand counts and other libraries."""

import json
import math
from functools import partial
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluators.judgement.agreement.alpha import krippendorff_alpha
from evaluators.judgement.agreement.concordance import kendalls_tau, kendalls_w
from evaluators.judgement.agreement.intraclass import FORMS, icc
from evaluators.judgement.agreement.kappa import cohens_kappa, fleiss_kappa
from evaluators.judgement.agreement.panel_agreement import rater_agreement
from evaluators.judgement.agreement.result import BOOTSTRAP
from evaluators.judgement.errors import LevelError, NoAgreementError
from evaluators.judgement.panel import Panel

NAN = float("nan")
SCALES = ("nominal", "ordinal", "interval", "ratio")

# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section D: 4 observers, 12 units.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T
# Shrout and Fleiss (1979), table 2: 6 targets, 4 judges.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
# Fleiss (1971), table 1: of 6 psychiatrists, how many found depression, personality disorder, schizophrenia, neurosis,
# and other, in each of 30 patients.
FLEISS = """00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 00501 30012 51000
02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"""
# Zar (2010), Biostatistical Analysis, 5th edition, example 20.5: wing, tail and bill of 12 birds.
ZAR = np.array(
    [
        [10.4, 10.8, 11.1, 10.2, 10.3, 10.2, 10.7, 10.5, 10.8, 11.2, 10.6, 11.4],
        [7.4, 7.6, 7.9, 7.2, 7.4, 7.1, 7.4, 7.2, 7.8, 7.7, 7.8, 8.3],
        [17.0, 17.0, 20.0, 14.5, 15.5, 13.0, 19.5, 16.0, 21.0, 20.0, 18.0, 22.0],
    ]
).T


def panel_of(ratings: object, **settings: object) -> Panel:
    values = np.array(ratings, dtype=float)
    rows, columns = values.shape
    return Panel(
        values, tuple(f"i{row}" for row in range(rows)), tuple(f"r{row}" for row in range(columns)), **settings
    )


def two_way(table: list[list[int]]) -> Panel:
    """Make two raters' ratings from a table of counts, rows the first rater."""
    return panel_of([(a, b) for a, row in enumerate(table) for b, count in enumerate(row) for _ in range(count)])


@pytest.mark.parametrize(
    ("scale", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorffs_own_example(scale, published):
    found = krippendorff_alpha(panel_of(KRIPPENDORFF), scale=scale)
    assert round(found.value, 3) == published
    # The twelfth unit has one rating and pairs with nothing: 40 pairable values are left of 41.
    assert (found.n_items, found.n_ratings) == (11, 40)
    assert found.low < found.value < found.high <= 1
    assert "1 of 12 items do not count" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("form", "published", "low", "high"),
    [
        # Values: Shrout and Fleiss (1979), table 4. Limits: pingouin 0.7.0, with its rounding set to 5 places.
        ("1,1", 0.17, -0.133, 0.723),
        ("2,1", 0.29, 0.019, 0.761),
        ("3,1", 0.71, 0.342, 0.946),
        ("1,k", 0.44, -0.884, 0.912),
        ("2,k", 0.62, 0.071, 0.927),
        ("3,k", 0.91, 0.676, 0.986),
    ],
)
def test_shrout_and_fleiss_table(form, published, low, high):
    found = icc(panel_of(SHROUT_FLEISS), form=form)
    assert round(found.value, 2) == published
    assert (round(found.low, 3), round(found.high, 3)) == (low, high)


@pytest.mark.parametrize(
    ("ratings", "values", "limits"),
    [
        # pingouin 0.7.0, intraclass_corr: the six forms and their 95 % limits.
        pytest.param(
            [[5, 4, 4], [5, 3, 4], [5, 2, 1], [2, 2, 5], [5, 1, 3], [5, 1, 4]],
            [-0.227929, -0.0625, -0.104895, -1.256637, -0.214286, -0.398230],
            [(-0.42, 0.39), (-0.22, 0.45), (-0.38, 0.55), (-7.78, 0.65), (-1.19, 0.71), (-4.92, 0.79)],
            id="negative",
        ),
        pytest.param(
            [
                [1, 3, 5, 2],
                [2, 2, 4, 2],
                [5, 3, 3, 3],
                [3, 3, 3, 5],
                [5, 4, 4, 4],
                [2, 5, 3, 2],
                [5, 1, 5, 4],
                [1, 1, 3, 1],
            ],
            [0.172654, 0.172973, 0.173241, 0.454962, 0.455516, 0.455980],
            [(-0.10, 0.64), (-0.10, 0.64), (-0.11, 0.64), (-0.57, 0.88), (-0.58, 0.88), (-0.61, 0.88)],
            id="low",
        ),
        pytest.param(
            [[1, 3], [5, 3], [5, 5], [5, 4], [3, 3]],
            [0.526316, 0.5, 0.45, 0.689655, 0.666667, 0.620690],
            [(-0.39, 0.94), (-0.78, 0.94), (-0.57, 0.92), (-1.29, 0.97), (-6.98, 0.97), (-2.64, 0.96)],
            id="two-raters",
        ),
    ],
)
def test_iccs_as_pingouin_has_them(ratings, values, limits):
    for form, value, (low, high) in zip(("1,1", "2,1", "3,1", "1,k", "2,k", "3,k"), values, limits, strict=True):
        found = icc(panel_of(ratings), form=form, replicates=100)
        assert found.value == pytest.approx(value, abs=1e-6)
        assert (found.low, found.high) == (pytest.approx(low, abs=0.0051), pytest.approx(high, abs=0.0051))


def test_an_icc_far_below_nought_claims_no_lower_limit():
    found = icc(panel_of([[3, 4, 5, 4], [4, 3, 3, 5], [2, 5, 4, 1]]), form="2,k")
    assert found.low == -math.inf
    assert found.to_dict()["low"] is None
    assert "95% interval up to 0.96" in found.line()


def test_where_the_formula_for_limits_breaks_down_the_bootstrap_stands_in():
    found = icc(panel_of([[1, 2, 5], [1, 5, 1]]), form="2,1")
    assert found.value == pytest.approx(-12 / 17)
    assert found.interval == BOOTSTRAP
    assert (found.low, found.high) == (found.bootstrap_low, found.bootstrap_high) or math.isnan(found.low)
    assert any("breaks down" in note for note in found.notes)


def test_icc_f_test_of_shrout_and_fleiss():
    # pingouin 0.7.0: F 1.79467849 with 5 and 18, p 0.16476881; F 11.02724796 with 5 and 15, p 0.00013457.
    test = icc(panel_of(SHROUT_FLEISS), form="1,1").test
    assert (test.statistic, test.df, test.p_value) == (pytest.approx(1.79467849), (5, 18), pytest.approx(0.16476881))
    test = icc(panel_of(SHROUT_FLEISS), form="3,k").test
    assert (test.statistic, test.df) == (pytest.approx(11.02724796), (5, 15))
    assert test.p_value == pytest.approx(0.00013457, rel=1e-4)


def test_fleiss_own_example():
    rows = [[level for level, count in enumerate(row) for _ in range(int(count))] for row in FLEISS.split()]
    assert len(rows) == 30
    assert {len(row) for row in rows} == {6}
    found = fleiss_kappa(panel_of(rows, scale="nominal"))
    assert round(found.value, 3) == 0.430
    assert "56 of 100 pairs of ratings of one item are equal" in found.means  # Fleiss: 0.556
    assert round(found.value, 9) == round(statsmodels_fleiss(np.array(rows)), 9)


def statsmodels_fleiss(ratings: np.ndarray) -> float:
    from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

    return float(fleiss_kappa(aggregate_raters(ratings)[0], method="fleiss"))


def test_kappa_of_a_table_that_sas_prints():
    # SAS/STAT, AGREE statistics, as printed in statsmodels' tests: simple 0.4842, weighted (linear) 0.4701.
    panel = two_way([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
    assert round(cohens_kappa(panel).value, 4) == 0.4842
    assert round(cohens_kappa(panel, weights="linear").value, 4) == 0.4701


def test_the_prevalence_paradox_by_hand():
    # 85 of 100 equal in both: expected 0.5 and 0.78, so kappa is 0.7 and 0.07 / 0.22.
    assert cohens_kappa(two_way([[40, 9], [6, 45]])).value == pytest.approx(0.7, abs=0.001)
    skewed = cohens_kappa(two_way([[80, 10], [5, 5]]))
    assert skewed.value == pytest.approx(0.07 / 0.22)
    assert "85 of 100 pairs" in skewed.means
    assert "prevalence paradox" in skewed.does_not_mean


def test_weights_count_distances_and_not_places():
    # Ratings 1, 2, 5: two raters differ by one step once. Quadratic: observed 1/3, expected by hand 59 / 9.
    panel = panel_of([[1, 1], [1, 2], [5, 5]])
    by_pairs = [(a - b) ** 2 for a in (1, 1, 5) for b in (1, 2, 5)]
    assert sum(by_pairs) == 59
    assert cohens_kappa(panel, weights="quadratic").value == pytest.approx(1 - (1 / 3) / (59 / 9))


def test_kendalls_w_of_zars_birds():
    # Zar: W 0.913 without, 0.924 with the correction for ties; chi-squared 30.50 with 11 degrees of freedom.
    found = kendalls_w(panel_of(ZAR))
    assert round(found.value, 4) == 0.9241
    assert round(found.test.statistic, 2) == 30.50
    assert found.test.df == (11,)
    assert found.test.p_value == pytest.approx(0.0013235, rel=1e-3)


def test_w_by_hand():
    # Two judges in opposite order: every item has the same sum of ranks.
    assert kendalls_w(panel_of([[1, 3], [2, 2], [3, 1]])).value == 0
    assert kendalls_w(panel_of([[1, 10], [2, 20], [3, 30]])).value == 1


panels = st.integers(2, 5).flatmap(
    lambda k: st.lists(
        st.lists(st.sampled_from([1.0, 2.0, 3.0, 5.0, NAN]), min_size=k, max_size=k), min_size=2, max_size=8
    )
)
full_panels = st.integers(2, 5).flatmap(
    lambda k: st.lists(st.lists(st.sampled_from([1.0, 2.0, 3.0, 5.0]), min_size=k, max_size=k), min_size=2, max_size=8)
)


def by_definition(ratings: np.ndarray, scale: str) -> float:
    """Compute alpha pair by pair, as the definition has it; NaN if it is undefined."""
    units = [row[~np.isnan(row)] for row in ratings if (~np.isnan(row)).sum() >= 2]
    values = np.concatenate(units) if units else np.array([])
    if len(units) < 2 or len(np.unique(values)) < 2:
        return NAN

    def distance(a: float, b: float) -> float:
        if scale == "nominal":
            return float(a != b)
        if scale == "ordinal":
            between = sum((values == each).sum() for each in np.unique(values) if min(a, b) <= each <= max(a, b))
            return float(between - ((values == a).sum() + (values == b).sum()) / 2) ** 2 if a != b else 0.0
        return (a - b) ** 2 if scale == "interval" else ((a - b) / (a + b)) ** 2

    observed = sum(2 * distance(a, b) / (len(unit) - 1) for unit in units for a, b in combinations(unit, 2))
    expected = sum(2 * distance(a, b) for a, b in combinations(values, 2)) / (len(values) - 1)
    return 1 - observed / expected


@settings(max_examples=20, deadline=None)
@given(panels, st.sampled_from(SCALES))
def test_alpha_is_its_definition(ratings, scale):
    assume(np.isfinite(np.array(ratings)).any())
    expected = by_definition(np.array(ratings), scale)
    if math.isnan(expected):
        with pytest.raises(NoAgreementError):
            krippendorff_alpha(panel_of(ratings), scale=scale, replicates=100)
    else:
        found = krippendorff_alpha(panel_of(ratings), scale=scale, replicates=100)
        assert found.value == pytest.approx(expected, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(panels, st.sampled_from(SCALES))
def test_alpha_as_the_krippendorff_package_has_it(ratings, scale):
    # GPL, so only in the dev extra; compared with 0.9.0.
    package = pytest.importorskip("krippendorff")
    values = np.array(ratings)
    assume(not math.isnan(by_definition(values, scale)))
    expected = package.alpha(reliability_data=values.T, level_of_measurement=scale)
    assert krippendorff_alpha(panel_of(ratings), scale=scale, replicates=100).value == pytest.approx(expected, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(full_panels, st.sampled_from([None, "linear", "quadratic"]))
def test_kappa_as_scikit_learn_has_it(ratings, weights):
    from sklearn.metrics import cohen_kappa_score

    values = np.array(ratings)
    pairs = [(values[:, a].astype(int), values[:, b].astype(int)) for a, b in combinations(range(values.shape[1]), 2)]
    defined = [(a, b) for a, b in pairs if len(set(a) | set(b)) > 1]
    assume(defined)
    kappas = [cohen_kappa_score(a, b, weights=weights, labels=[1, 2, 3, 4, 5]) for a, b in defined]
    found = cohens_kappa(panel_of(ratings), weights=weights, replicates=100)
    assert found.value == pytest.approx(np.mean(kappas), abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(full_panels)
def test_orders_as_scipy_has_them(ratings):
    from scipy.stats import friedmanchisquare, kendalltau

    values = np.array(ratings)
    assume((np.ptp(values, axis=0) > 0).all())
    taus = [kendalltau(values[:, a], values[:, b]).statistic for a, b in combinations(range(values.shape[1]), 2)]
    assert kendalls_tau(panel_of(ratings), replicates=100).value == pytest.approx(np.mean(taus), abs=1e-9)
    if len(values) > 2:  # scipy asks for three
        chi = friedmanchisquare(*values).statistic
        assert kendalls_w(panel_of(ratings), replicates=100).test.statistic == pytest.approx(chi, abs=1e-8)


def test_pairs_count_only_what_both_rated():
    from scipy.stats import kendalltau

    ratings = np.array([[1, 2, NAN], [2, 1, 3], [3, NAN, 1], [4, 4, 2], [5, 5, 5]])
    taus = []
    for a, b in combinations(range(3), 2):
        both = ~np.isnan(ratings[:, [a, b]]).any(axis=1)
        taus.append(kendalltau(ratings[both, a], ratings[both, b]).statistic)
    found = kendalls_tau(panel_of(ratings))
    assert found.value == pytest.approx(np.mean(taus))
    assert (found.n_ratings, found.missing) == (13, 2)


MEASURES = {
    "cohen": cohens_kappa,
    "quadratic": partial(cohens_kappa, weights="quadratic"),
    "fleiss": fleiss_kappa,
    **{f"alpha-{scale}": partial(krippendorff_alpha, scale=scale) for scale in SCALES},
    **{f"icc-{form}": partial(icc, form=form) for form in FORMS},
    "w": kendalls_w,
    "tau": kendalls_tau,
}


@pytest.mark.parametrize(
    "name", [name for name in MEASURES if name not in ("icc-1,1", "icc-2,k", "icc-3,1", "icc-3,k")]
)
def test_drawing_weights_is_drawing_items(name):
    # The same draws, but with the drawn items written out one by one: a panel of its own for each.
    measure = MEASURES[name]
    ratings = np.array([[1, 2, 2], [2, 3, 2], [4, 5, 3], [3, 3, 5], [5, 5, 4], [1, 3, 1.0], [4, 2, 4]])
    drawn = np.random.default_rng(3).multinomial(7, np.full(7, 1 / 7), size=100)
    values = []
    for counts in drawn:
        try:
            values.append(measure(panel_of(np.repeat(ratings, counts, axis=0)), replicates=100).value)
        except NoAgreementError:
            values.append(NAN)
    found = measure(panel_of(ratings), replicates=100, seed=3)
    low, high = np.nanquantile(values, [0.025, 0.975])
    assert (found.bootstrap_low, found.bootstrap_high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("name", MEASURES)
def test_perfect_agreement_is_one(name):
    found = MEASURES[name](panel_of([[1, 1, 1], [2, 2, 2], [5, 5, 5], [3, 3, 3]]))
    assert (found.value, found.low, found.high) == (1, 1, 1)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize(
    ("ratings", "said"),
    [
        pytest.param([[1], [2], [3]], "one rater", id="one-rater"),
        pytest.param([[1, NAN], [2, NAN], [3, NAN]], "Only 1 of 2 raters", id="one-who-rated"),
        pytest.param([[1, NAN], [NAN, 2], [3, NAN], [NAN, 4]], "No item was rated by", id="no-overlap"),
        pytest.param([[1, 2], [NAN, 2], [3, NAN]], "One item was rated by", id="one-item"),
        pytest.param([[3, 3], [3, 3], [3, 3]], "equal|same mean", id="all-equal"),
    ],
)
def test_degenerate_panels_are_refused(name, ratings, said):
    with pytest.raises(NoAgreementError, match=said):
        MEASURES[name](panel_of(ratings))


@pytest.mark.parametrize("name", MEASURES)
@settings(max_examples=6, deadline=None)
@given(ratings=panels)
def test_any_panel_gives_a_figure_with_its_interval_or_says_why_not(name, ratings):
    assume(np.isfinite(np.array(ratings)).any())
    try:
        found = MEASURES[name](panel_of(ratings), replicates=100)
    except NoAgreementError:
        return
    assert found.value <= 1
    assert math.isnan(found.low) or found.low <= found.high <= 1
    if found.interval != BOOTSTRAP:
        assert found.low - 1e-9 <= found.value <= found.high + 1e-9
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.words in found.summary().replace("\n", " ")


@pytest.mark.parametrize("name", MEASURES)
def test_the_order_of_items_and_raters_does_not_matter(name):
    ratings = np.array(SHROUT_FLEISS, dtype=float)
    mixed = ratings[[3, 0, 5, 1, 2, 4]][:, [2, 0, 3, 1]]
    one, other = (MEASURES[name](panel_of(each), replicates=100) for each in (ratings, mixed))
    assert one.value == pytest.approx(other.value, abs=1e-9)


def test_a_shift_of_one_rater_matters_to_agreement_and_not_to_consistency():
    shifted = panel_of(np.array([[1, 4], [2, 5], [3, 6], [4, 7]]))
    assert icc(shifted, form="3,1").value == 1
    assert icc(shifted, form="2,1").value < 0.4
    assert kendalls_w(shifted).value == 1


def test_complete_items_only_where_a_measure_needs_them():
    ratings = [*SHROUT_FLEISS, [1, NAN, 9, 9], [NAN, 2, 2, 2]]
    for measure in (icc, kendalls_w, fleiss_kappa):
        whole, part = measure(panel_of(SHROUT_FLEISS)), measure(panel_of(ratings))
        assert part.value == whole.value
        assert part.notes[0] == "2 of 8 items do not count: they were not rated by all raters."


def test_a_pair_with_one_item_in_common_has_no_kappa():
    # Ada and Ben share three items and differ in none; each shares one with Cleo. Of one item kappa would be 0 or
    # nothing at all, and pull the mean to 0.
    ratings = [[1, 1, NAN], [2, 2, NAN], [3, 3, NAN], [4, NAN, 5], [NAN, 4, 5]]
    for weights in (None, "linear", "quadratic"):
        found = cohens_kappa(panel_of(ratings), weights=weights, replicates=100)
        assert found.value == 1
        assert found.name.endswith(", of 1 pair")
    with pytest.raises(NoAgreementError, match="No two raters rated two items in common"):
        cohens_kappa(panel_of([[1, 2, NAN], [NAN, 1, 2], [1, NAN, 2]]))


def test_tau_of_many_levels_holds_no_table_for_each_pair():
    import tracemalloc

    ratings = np.random.default_rng(3).normal(size=(400, 12))
    tracemalloc.start()
    found = kendalls_tau(panel_of(ratings), replicates=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert abs(found.value) < 0.1
    assert peak < 60e6  # 66 pairs with 400 x 400 cells each would take 169 MB and more


def test_words_fit_the_figure():
    items = np.random.default_rng(4).integers(1, 8, size=60)
    nearly = np.stack([items, items], axis=1).astype(float)
    nearly[0, 1] += 1
    said = krippendorff_alpha(panel_of(nearly), replicates=100).summary()
    assert "100% less" not in said  # they do differ, if in one of sixty
    opposed = rater_agreement(panel_of([[1, 7], [2, 6], [3, 5], [5, 3], [6, 2], [7, 1]]), replicates=100)
    assert "agree less than they would by luck" in opposed["krippendorff_alpha_interval"].means
    assert opposed["icc_2_1"].means.startswith("Ratings of one item differ as much as ratings of different items, or")


def test_notes_say_whose_they_are():
    rng = np.random.default_rng(5)
    ratings = rng.integers(1, 6, size=(30, 3)).astype(float)
    ratings[:4, 2] = NAN
    lines = rater_agreement(panel_of(ratings), replicates=100).summary().splitlines()
    (lost,) = [line for line in lines if "were not rated by all raters" in line]
    assert lost.startswith("ICC(1,1), ICC(2,1)")
    assert "Kendall's W: 4 of 30 items" in lost


def test_fleiss_needs_no_fixed_raters():
    # Two ratings of each item, by different pairs of three people.
    mixed = [[1, 1, NAN], [NAN, 2, 1], [2, NAN, 2], [2, 2, NAN]]
    assert fleiss_kappa(panel_of(mixed)).value == pytest.approx(
        statsmodels_fleiss(np.array([[1, 1], [2, 1], [2, 2], [2, 2]]))
    )
    with pytest.raises(NoAgreementError, match="different numbers of ratings"):
        fleiss_kappa(panel_of([[1, 1, NAN], [2, 2, 1], [2, 1, NAN]]))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda panel: cohens_kappa(panel, weights="cubic"),
        lambda panel: krippendorff_alpha(panel, scale="likert"),
        lambda panel: icc(panel, form="2"),
        lambda panel: icc(panel, confidence=95),
        lambda panel: kendalls_w(panel, replicates=10),
        lambda panel: rater_agreement(panel, confidence=0),
    ],
)
def test_settings_that_make_no_sense(wrong):
    with pytest.raises(LevelError):
        wrong(panel_of(SHROUT_FLEISS))


def test_the_same_seed_gives_the_same_interval():
    one, same, other = (kendalls_tau(panel_of(SHROUT_FLEISS), seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_all_measures_that_fit_numbers():
    found = rater_agreement(panel_of(SHROUT_FLEISS))
    assert [each.measure for each in found][:2] == ["krippendorff_alpha_interval", "krippendorff_alpha_ordinal"]
    assert {each.measure for each in found.not_fitting} == {
        "krippendorff_alpha_nominal",
        "krippendorff_alpha_ratio",
        "cohens_kappa",
        "fleiss_kappa",
    }
    assert found["icc_2_k"].value == icc(panel_of(SHROUT_FLEISS), form="2,k").value
    assert list(found.to_frame()["measure"]) == [each.measure for each in found]
    json.dumps(found.to_dict(), allow_nan=False)
    assert "agree and all be wrong" in found.summary()
    assert found.chart().to_dict()["description"] == found.summary()
    assert found["icc_2_1"].chart().to_dict()["description"] == found["icc_2_1"].summary()
    with pytest.raises(NoAgreementError, match="near miss"):
        found["fleiss_kappa"]
    with pytest.raises(NoAgreementError, match="no measure 'omega'"):
        found["omega"]


@pytest.mark.parametrize(
    ("scale", "fitting"),
    [
        ("nominal", {"krippendorff_alpha_nominal", "cohens_kappa", "fleiss_kappa"}),
        (
            "ordinal",
            {
                "krippendorff_alpha_ordinal",
                "kendalls_w",
                "kendalls_tau_b",
                "weighted_kappa_linear",
                "weighted_kappa_quadratic",
            },
        ),
    ],
)
def test_the_scale_decides_what_fits(scale, fitting):
    found = rater_agreement(panel_of(SHROUT_FLEISS, scale=scale))
    assert {each.measure for each in found} == fitting
    assert all(each.reason.endswith(".") for each in found.not_fitting)


def test_two_levels_need_no_weights():
    found = rater_agreement(panel_of([[0, 0], [0, 1], [1, 1], [1, 1]]))
    assert found["cohens_kappa"].value == 0.5
    assert "weighted_kappa_linear" not in {each.measure for each in found}


def test_measures_of_complete_items_drop_out_where_there_are_none():
    found = rater_agreement(panel_of([[1, 2, NAN], [2, NAN, 2], [NAN, 3, 3], [1, 1, NAN]]))
    reasons = {each.measure: each.reason for each in found.not_fitting}
    assert reasons["icc_2_1"] == reasons["kendalls_w"] == "No item was rated by all raters; two are needed."
    assert "krippendorff_alpha_interval" in {each.measure for each in found}


def test_a_panel_that_fits_nothing_is_an_error():
    with pytest.raises(NoAgreementError, match="one rater"):
        rater_agreement(panel_of([[1], [2]]))


def test_many_different_numbers_are_no_scale_for_kappa():
    ratings = np.random.default_rng(0).normal(size=(15, 3))
    found = rater_agreement(panel_of(ratings))
    assert "there are 45" in {each.measure: each.reason for each in found.not_fitting}["weighted_kappa_linear"]


@pytest.mark.slow
def test_intervals_hold_the_true_value_as_often_as_they_say():
    # Ratings drawn with a known ICC(2,1) of 1 / (1 + 0.25 + 1) and ICC(3,1) of 1 / 2; 20 items, 6 raters, 600 panels.
    rng = np.random.default_rng(5)
    inside = {"1": 0, "2": 0, "3": 0}
    for _ in range(600):
        items, raters = rng.normal(size=(20, 1)), 0.5 * rng.normal(size=(1, 6))
        noise = rng.normal(size=(20, 6))
        for form, value, ratings in (
            ("1", 0.5, items + noise),
            ("2", 1 / 2.25, items + raters + noise),
            ("3", 0.5, items + raters + noise),
        ):
            found = icc(panel_of(ratings), form=f"{form},1", replicates=100)
            inside[form] += found.low <= value <= found.high
    assert all(0.93 <= hits / 600 <= 0.97 for hits in inside.values()), inside
