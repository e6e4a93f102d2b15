"""What is planted in the recruiter panel is found again in its ratings."""

import numpy as np
import pandas as pd
import pytest

from evaluators.data import RECRUITER_PANEL_TABLES, UnknownDatasetError, load_recruiter_panel
from evaluators.judgement.agreement.panel_agreement import rater_agreement
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.policies.lens import lens_model
from evaluators.judgement.policies.mixed import capture_mixed_policy
from evaluators.judgement.policies.policy import Policies, capture_policies
from evaluators.judgement.policies.stated import stated_against_recovered
from evaluators.judgement.raters.rater_report import rater_report
from evaluators.judgement.screener.against_panel import screener_against_panel

CUES = ["skills_matched", "years_experience", "projects", "degree", "employers", "gap_years", "well_known_school"]
SKILLS_FIRST = [f"recruiter {number}" for number in range(1, 7)]
RECORD_FIRST = [f"recruiter {number}" for number in range(7, 13)]
BIASED = ["recruiter 3", "recruiter 8", "recruiter 11", "recruiter 12"]


@pytest.fixture(scope="module")
def resumes() -> pd.DataFrame:
    table = load_recruiter_panel("resumes")
    return table.assign(degree=table["degree"].cat.codes.astype(int))


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return load_recruiter_panel("recruiters").set_index("recruiter")


def panel_of(rating: str) -> Panel:
    ratings = load_recruiter_panel("ratings")
    return Panel.from_table(
        ratings, item="resume_id", rater="recruiter", rating=rating, order="order", levels=range(1, 8)
    )


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of("overall")


@pytest.fixture(scope="module")
def cues(resumes) -> Cues:
    return Cues.from_table(resumes, item="resume_id", cues=[*CUES, "name_race"], reference={"name_race": "White"})


@pytest.fixture(scope="module")
def policies(panel, cues) -> Policies:
    return capture_policies(panel, cues)


def test_the_tables_fit_together():
    tables = {name: load_recruiter_panel(name) for name in RECRUITER_PANEL_TABLES}
    assert {name: table.shape for name, table in tables.items()} == {
        "resumes": (240, 17),
        "ratings": (1368, 7),
        "recruiters": (12, 21),
    }
    ratings = tables["ratings"]
    assert set(ratings["resume_id"]) == set(tables["resumes"]["resume_id"])
    assert set(ratings["recruiter"]) == set(tables["recruiters"]["recruiter"])
    assert ratings.groupby("resume_id").size().value_counts().to_dict() == {5: 216, 12: 24}
    assert (ratings.groupby("recruiter")["order"].agg(["min", "max", "nunique"]) == [1, 114, 114]).all().all()
    assert ratings[["overall", "skills", "experience", "presentation"]].stack().between(1, 7).all()
    assert (tables["recruiters"].filter(like="stated_").sum(axis=1) == 100).all()
    assert tables["resumes"]["well_known_school"].dtype == bool
    with pytest.raises(UnknownDatasetError, match="no table called"):
        load_recruiter_panel("people")


def test_names_go_with_nothing_that_matters(resumes):
    black = resumes["name_race"] == "Black"
    for column in [*CUES, "rating_after_12_months"]:
        values = resumes[column].astype(float)
        gap = values[black].mean() - values[~black].mean()
        assert abs(gap) < 3 * values.std() * (2 / 120) ** 0.5, column
    assert resumes.groupby(["job", "name_race", "name_sex"], observed=True).size().eq(15).all()


def test_the_text_says_what_the_columns_say(resumes):
    for row in resumes.itertuples():
        assert row.profile.startswith(f"{row.first_name} applies as {row.job}.")
        assert row.skills.replace(";", ", ") in row.profile
        assert ("well-known university" in row.profile) == row.well_known_school
        assert ("out of work" in row.profile) == (row.gap_years > 0)


def test_planted_weights_are_recovered(policies, truth, cues):
    apart = np.append(cues.matrix[:, :7].std(axis=0), 1.0)
    for policy in policies:
        planted = np.append(truth.loc[policy.rater, [f"weight_{cue}" for cue in CUES]], 0.0).astype(float)
        planted[-1] = -truth.loc[policy.rater, "name_points_off"]
        found = np.array([each.weight for each in policy]) * apart
        noise = truth.loc[policy.rater, "noise"]
        # Four standard errors of a weight with so many ratings, rounding and drift, and what the ends of the scale cut.
        error = 4 * np.hypot(noise, 0.5) / 114**0.5 * np.append(np.ones(7), 2.0)
        assert (np.abs(found - planted) < error + 0.05).all(), policy.rater


def test_the_name_bias_of_four_recruiters_is_found_and_no_other(policies):
    assert [policy.rater for policy in policies if policy["name_race: Black"].found] == BIASED
    assert policies.panel["name_race: Black"].found
    for rater in BIASED:
        assert policies[rater]["name_race: Black"].weight == pytest.approx(-1.0, abs=0.45)


def test_the_two_schools_part_by_their_weights(policies):
    from scipy.cluster.hierarchy import fcluster, linkage

    weights = np.array([[each.standardised for each in list(policy)[:7]] for policy in policies])
    cluster = fcluster(linkage(weights, "ward"), 2, "maxclust")
    assert len(set(cluster[:6])) == len(set(cluster[6:])) == 1
    assert cluster[0] != cluster[6]


def test_the_schools_agree_more_within_than_between(panel):
    whole, skills, record = (
        {row.measure: row.value for row in rater_agreement(each, replicates=100)}
        for each in (panel, panel.only(raters=SKILLS_FIRST), panel.only(raters=RECORD_FIRST))
    )
    measure = "krippendorff_alpha_interval"
    assert min(skills[measure], record[measure]) > whole[measure] + 0.05


def test_severity_drift_and_halo_are_found_and_no_other(panel, truth):
    dimensions = {name: panel_of(name) for name in ("skills", "experience", "presentation")}
    report = rater_report(panel, dimensions=dimensions, replicates=500)
    assert {row.rater for row in report.severity if row.found} == {f"recruiter {number}" for number in (2, 4, 7, 9)}
    for row in report.severity:
        planted = truth.loc[row.rater, "severity"] - truth["severity"].mean()
        assert row.deviation == pytest.approx(planted, abs=0.3)
    assert {row.rater for row in report.drift if row.found} == {"recruiter 5", "recruiter 10"}
    for row in report.drift:
        assert row.slope == pytest.approx(truth.loc[row.rater, "drift_per_10"], abs=0.08)
    assert {row.rater for row in report.halo if row.found} == {"recruiter 4", "recruiter 9"}
    noisiest = min(report.rest, key=lambda row: row.correlation)
    assert noisiest.rater == "recruiter 12"


def test_words_and_deeds(panel, cues, truth):
    stated = {
        rater: {cue: float(truth.loc[rater, f"stated_{cue}"]) for cue in CUES} for rater in SKILLS_FIRST + RECORD_FIRST
    }
    found = stated_against_recovered(panel, cues.only(*CUES), stated)
    for rater in RECORD_FIRST:
        assert found[rater].moved > 25
        skills = next(each for each in found[rater].cues if each.cue == "skills_matched")
        assert skills.gap < -10
    for rater in SKILLS_FIRST:
        assert found[rater].moved < 25
        assert found[rater].correlation > 0.9


def test_the_lens_shows_whose_weights_fit_the_task(panel, cues, resumes):
    outcome = dict(zip(resumes["resume_id"], resumes["good_after_12_months"], strict=True))
    found = lens_model(panel, cues, outcome, replicates=100)
    assert min(found[rater].knowledge for rater in SKILLS_FIRST) > max(found[rater].knowledge for rater in RECORD_FIRST)
    assert max(abs(row.identity_gap) for row in found) < 1e-6
    assert min(found, key=lambda row: row.consistency).rater == "recruiter 12"


def test_a_screener_that_copies_a_biased_recruiter_must_not_win(panel, cues, policies, resumes):
    weights = {name: np.array([each.weight for each in policies[name]]) for name in ("recruiter 11", "recruiter 8")}
    weights["the panel"] = np.array([each.weight for each in policies.panel])
    blind = weights["the panel"] * np.append(np.ones(7), 0.0)
    seen = cues.rows(tuple(resumes["resume_id"]))
    scored = {name: seen @ each for name, each in {**weights, "blind": blind}.items()}
    found = {
        name: screener_against_panel(
            panel,
            resumes.assign(score=scores),
            item="resume_id",
            score="score",
            within="job",
            groups=["name_race", "name_sex"],
            replicates=200,
        )
        for name, scores in scored.items()
    }
    assert [name for name, each in found.items() if each.may_win] == ["blind"]
    assert all(each.reaches_ceiling for each in found.values())
    assert found["the panel"].correlation.value > found["blind"].correlation.value > 0.8
    assert found["blind"].panel_audit["name_race"]["Black"].impact_ratio == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
def test_the_mixed_model_recovers_how_far_recruiters_differ(panel, cues, truth):
    found = capture_mixed_policy(panel, cues)
    of_all = panel.ratings[panel.rated].std(ddof=1)
    for each in found.spreads[:7]:
        planted = truth[f"weight_{each.column}"].std(ddof=1)
        assert each.spread * of_all == pytest.approx(planted, abs=0.12)
    assert found.severity_spread == pytest.approx(truth["severity"].std(ddof=1), abs=0.1)
