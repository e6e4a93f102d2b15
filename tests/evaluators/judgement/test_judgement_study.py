"""The study of a panel: parts that fit, reasons for the others, what to do next, names that stay away."""

import json
import math
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluators.data import load_recruiter_panel
from evaluators.judgement.agreement.alpha import krippendorff_alpha
from evaluators.judgement.errors import LevelError, PanelError, ScreenerError
from evaluators.judgement.panel import Panel
from evaluators.judgement.reading import read_items, read_ratings, read_stated
from evaluators.judgement.study._words import raters_for
from evaluators.judgement.study.disputed import disputed_items
from evaluators.judgement.study.panel_study import PanelStudy, judge_panel
from evaluators.judgement.study.pseudonyms import pseudonyms_of
from evaluators.judgement.study.report import report_html, report_json

WRITTEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
CUES = ["skills_matched", "years_experience", "projects", "employers", "gap_years", "well_known_school"]
NAN = float("nan")


@cache
def whole(*, pseudonyms: bool = True) -> PanelStudy:
    ratings = read_ratings(load_recruiter_panel("ratings"))
    resumes = load_recruiter_panel("resumes")
    items = read_items(resumes, ratings.panel, cues=CUES, groups=["name_race"], within="job")
    stated, _ = read_stated(load_recruiter_panel("recruiters"), ratings.panel, CUES)
    scores = dict(zip(resumes["resume_id"], resumes["skills_matched"].astype(float), strict=True))
    return judge_panel(
        ratings.panel, items=items.frame, item=items.item, cues=CUES, groups=["name_race"], within="job",
        dimensions=ratings.dimensions, stated=stated, scores=scores, pseudonyms=pseudonyms, replicates=200,
        fail_under=0.6, file=ratings.file, layout=ratings.layout, notes=ratings.notes,
    )  # fmt: skip


@cache
def page() -> str:
    return report_html(whole(), written=WRITTEN)


def small(ratings: list[list[float]], **settings: object) -> PanelStudy:
    table = np.array(ratings, dtype=float)
    items = tuple(f"cv {row}" for row in range(len(table)))
    raters = ("Ada", "Ben", "Cleo", "Dan")[: table.shape[1]]
    return judge_panel(Panel(table, items, raters), replicates=100, **settings)  # type: ignore[arg-type]


def test_every_part_is_there_for_a_full_panel():
    found = whole()
    assert found.not_computed == ()
    parts = ("agreement", "raters", "policies", "importance", "schools", "stated", "consensus", "against")
    assert all(getattr(found, part) is not None for part in parts)
    assert found.measure is not None
    assert found.measure.measure == "krippendorff_alpha_interval"
    assert "1,512 missing" in found.why


def test_what_is_planted_leads_to_what_to_do_next():
    found = whole(pseudonyms=False)
    steps = " ".join(found.next_steps)
    assert "two schools of thought" in steps
    severe = next(step for step in found.next_steps if "differ in level" in step)
    assert [f"recruiter {number} " in severe for number in (2, 9, 4, 7, 6)] == [True, True, True, True, False]
    drift = next(step for step in found.next_steps if "order of their own" in step)
    assert "recruiter 5" in drift
    assert "recruiter 10" in drift
    halo = next(step for step in found.next_steps if "one dimension" in step)
    assert "recruiter 4" in halo
    assert "recruiter 9" in halo
    assert "its own shortlist shows adverse impact" in steps
    assert found.summary().splitlines()[0] == "What to do next"


@pytest.mark.parametrize("text", ["summary", "json", "html", "frame"])
def test_pseudonyms_leave_no_name_behind(text):
    found = whole()
    said = {
        "summary": found.summary,
        "json": lambda: report_json(found, written=WRITTEN),
        "html": page,
        "frame": lambda: found.to_frame().to_csv(),
    }[text]()
    assert "rater A" in said
    assert "recruiter 1" not in said.replace("recruiter_panel", "")
    assert set(found.names) == {f"recruiter {number}" for number in range(1, 13)}


def test_pseudonyms_change_names_only():
    other, own = whole(), whole(pseudonyms=False)
    assert other.measure is not None
    assert own.measure is not None
    assert other.measure.value == pytest.approx(own.measure.value, abs=1e-9)
    for name, pseudonym in other.names.items():
        assert other.raters is not None
        assert own.raters is not None
        assert other.raters.severity is not None
        assert own.raters.severity is not None
        assert other.raters.severity[pseudonym].deviation == pytest.approx(own.raters.severity[name].deviation)
        assert other.stated is not None
        assert own.stated is not None
        assert other.stated[pseudonym].moved == pytest.approx(own.stated[name].moved)


def test_pseudonyms_follow_the_names_and_not_the_alphabet():
    names = [f"rater {number}" for number in range(60)]
    found = pseudonyms_of(names)
    assert found == pseudonyms_of(reversed(names))
    assert len(set(found.values())) == 60
    assert list(found.values())[24:28] == ["rater Y", "rater Z", "rater AA", "rater AB"]
    assert list(found) != sorted(names)


@pytest.mark.parametrize(
    ("ratings", "missing"),
    [
        pytest.param([[1], [2], [3]], "There is one rater.", id="one-rater"),
        pytest.param([[3, 3], [3, 3]], "All ratings that can be compared are equal.", id="all-equal"),
        pytest.param([[1, NAN], [NAN, 2], [3, NAN]], "rated", id="no-overlap"),
        pytest.param([[1, 2]], "item", id="one-item"),
        pytest.param([[1, NAN], [2, NAN]], "Only 1 of 2 raters gave ratings.", id="idle"),
    ],
)
def test_degenerate_panels_give_reasons(ratings, missing):
    found = small(ratings, fail_under=0.5)
    assert found.measure is None
    assert missing in dict(found.not_computed)["Agreement"]
    assert found.unchecked
    assert not found.broken
    step = "All ratings are equal" if missing.startswith("All") else "Have at least two people rate the same items"
    assert step in found.next_steps[0]
    for text in (found.summary(), report_json(found, written=WRITTEN)):
        assert missing in text


def test_a_page_of_a_degenerate_panel_gives_the_reason():
    assert "There is one rater." in report_html(small([[1], [2], [3]]), written=WRITTEN)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from([1.0, 2.0, 5.0, NAN]), min_size=width, max_size=width), min_size=1, max_size=6
        )
    )
)
def test_no_panel_is_a_traceback(ratings):
    if all(math.isnan(value) for row in ratings for value in row):
        with pytest.raises(PanelError):
            small(ratings)
        return
    found = small(ratings)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["kind"] == "panel study"
    assert found.summary()
    assert (found.measure is None) == ("Agreement" in dict(found.not_computed))


def test_the_measure_that_was_asked_for():
    ratings = [[1, 2, 1], [3, 3, 4], [5, 4, 5], [2, 2, 3], [4, 5, 5]]
    icc = small(ratings, measure="icc", fail_under=0.99)
    assert icc.measure is not None
    assert icc.measure.measure == "icc_2_1"
    assert icc.broken
    assert small(ratings, measure="w").measure.measure == "kendalls_w"  # type: ignore[union-attr]
    assert small(ratings, measure="kappa").measure.measure == "weighted_kappa_quadratic"  # type: ignore[union-attr]
    alpha = small(ratings)
    expected = krippendorff_alpha(alpha.panel, replicates=100).value
    assert alpha.measure is not None
    assert alpha.measure.value == expected
    assert not small(ratings, fail_under=expected).broken  # at the limit is kept
    assert small(ratings, fail_under=expected + 1e-9).broken


def test_a_measure_that_does_not_fit_leaves_the_limit_unchecked():
    found = small([[1, 2, NAN], [NAN, 3, 4], [5, NAN, 5], [2, 2, NAN]], measure="icc", fail_under=0.1)
    assert found.measure is not None
    assert found.measure.measure.startswith("krippendorff")
    assert found.unchecked
    assert "could not be checked" in found.summary()
    assert "asked for does not fit" in found.why


@pytest.mark.parametrize(
    "settings",
    [{"measure": "gamma"}, {"alpha": 0.0}, {"replicates": 5}, {"fail_under": math.nan}],
    ids=["measure", "alpha", "replicates", "limit"],
)
def test_settings_that_make_no_sense(settings):
    with pytest.raises(LevelError):
        judge_panel(Panel(np.array([[1.0, 2], [2, 3]]), ("a", "b"), ("Ada", "Ben")), **settings)


def test_scores_must_be_there_for_all_that_was_rated():
    panel = whole().panel
    with pytest.raises(ScreenerError, match="have no score"):
        judge_panel(panel, scores={"R001": 1.0}, replicates=100)
    with pytest.raises(PanelError, match="No column of the items is named"):
        judge_panel(panel, items=load_recruiter_panel("resumes"), replicates=100)


def test_rated_items_that_nobody_described_are_said():
    panel = read_ratings(load_recruiter_panel("ratings")).panel
    resumes = load_recruiter_panel("resumes").iloc[:200]
    found = judge_panel(panel, items=resumes, item="resume_id", cues=CUES[:2], replicates=100)
    assert "40 of 240 rated items are not in the table of items: left out of what raters value." in found.notes
    assert found.importance is not None
    assert found.importance.n_items == 200
    none = judge_panel(panel, items=pd.DataFrame({"cv": ["x"], "y": [1]}), item="cv", cues=["y"], replicates=100)
    assert dict(none.not_computed)["What raters value"] == "The table of items describes none of the rated items."


def test_disputed_items_by_hand():
    # Ada, Ben and Cleo have the levels -1, 0 and 1 on a to c; on d Ben leaves his by three points.
    ratings = np.array([[1, 2, 3], [3, 4, 5], [2, 3, 4], [2, 6, 4.0]])
    panel = Panel(ratings, ("a", "b", "c", "d"), ("Ada", "Ben", "Cleo"))
    found = disputed_items(panel)
    assert found[0].item == "d"
    assert (found[0].low, found[0].high) == (2, 6)
    # levels: means 2, 3.75, 4 less 3.25; ratings of d without them: 3.25, 5.5, 3.25
    assert found[0].spread == pytest.approx(np.std([3.25, 5.5, 3.25], ddof=1))


def test_raters_for_a_reliable_mean_by_spearman_and_brown():
    for value in (0.2, 0.41, 0.5, 0.79):
        many = raters_for(value)
        assert many is not None
        assert many * value / (1 + (many - 1) * value) >= 0.8 - 1e-12
        assert (many - 1) * value / (1 + (many - 2) * value) < 0.8
    assert raters_for(0.8) == 1
    assert raters_for(-0.1) is None


def test_names_of_items_and_raters_are_escaped_on_the_page():
    panel = Panel(np.array([[1.0, 2], [4, 5], [2, 2]]), ("<b>x</b>", "\x1b[31m", "c"), ("<i>Ada</i>", "Ben"))
    html = report_html(judge_panel(panel, replicates=100), written=WRITTEN)
    assert "<b>x" not in html
    assert "<i>Ada" not in html
    assert "\x1b" not in html
    assert "http-equiv" not in html
    assert "src=" not in html


def test_the_page_says_that_it_is_no_review_and_when_it_was_written():
    html = page()
    assert "This is no performance review" in html
    assert "22 November 2026, 12:00 UTC" in html
    assert html.count('role="img"') == html.count("<svg") >= 8
    assert "Limit broken" in html


def test_the_same_twice():
    ratings = [[1, 2, 1], [3, 3, 4], [5, 4, 5], [2, 2, NAN], [4, 5, 5]]
    one, other = (report_json(small(ratings, pseudonyms=True), written=WRITTEN) for _ in range(2))
    assert one == other


@pytest.mark.slow
def test_a_hundred_thousand_ratings():
    rng = np.random.default_rng(3)
    worth = rng.normal(size=(2000, 1))
    ratings = np.clip(np.round(4 + worth + rng.normal(size=(2000, 50))), 1, 7)
    panel = Panel(ratings, tuple(f"i{row}" for row in range(2000)), tuple(f"r{row}" for row in range(50)))
    found = judge_panel(panel)
    assert found.replicates == 500
    assert "500 draws" in " ".join(found.notes)
    assert found.measure is not None
    assert found.measure.value == pytest.approx(0.47, abs=0.05)  # 1 of 2 parts of variance, less some for rounding
    assert found.agreement is not None
    assert "pairs of raters" in {each.measure: each.reason for each in found.agreement.not_fitting}["kendalls_tau_b"]


def test_where_all_ratings_are_equal_nobody_is_asked_for_a_second_rater() -> None:
    single = Panel(np.array([[3.0, 3.0], [3.0, 3.0], [np.nan, 5.0]]), tuple("abc"), ("Ada", "Ben"))
    assert judge_panel(single, replicates=100).next_steps[0].startswith("All ratings are equal")
