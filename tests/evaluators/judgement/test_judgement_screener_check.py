"""A screener's check: limits, fairness first, the page."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluators.data import load_recruiter_panel
from evaluators.judgement import Panel
from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.reading import read_ratings, sheet_of_frame
from evaluators.judgement.screener.check import BROKEN, KEPT, UNCHECKED, ScreenerCheck, check_limits, check_screener
from evaluators.judgement.screener.files import items_beside
from evaluators.judgement.screener.report import screener_html, screener_json
from evaluators.judgement.screener.run import ScreenerRun
from evaluators.judgement.screener.screeners import score_items, shown_columns
from evaluators.screening.errors import LevelError

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
FEATURES = ("skills_matched", "years_experience", "projects")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return Panel.from_table(load_recruiter_panel("ratings"), item="resume_id", rater="recruiter", rating="overall")


def run_of(
    score: Any, resumes: pd.DataFrame, *, item: str = "resume_id", withheld: tuple[str, ...] = ()
) -> ScreenerRun:
    """What `run_screener` returns, without a process."""
    scores = score_items(score, resumes, item=item, withheld=withheld)
    seen = tuple(shown_columns(resumes, item=item, withheld=withheld)[1].columns)
    return ScreenerRun("b_mine:score", scores, "call", seen, (item, *withheld), 1.0, 0.5)


def fair(resume: dict[str, Any]) -> float:
    return float(resume["skills_matched"] + 0.6 * resume["projects"] + 0.25 * min(resume["years_experience"], 12))


def copycat(resume: dict[str, Any]) -> float:
    return fair(resume) - 2 * (resume["name_race"] == "Black")


def checked(panel: Panel, score: Any, *, withheld: tuple[str, ...] = (), **settings: Any) -> ScreenerCheck:
    resumes = load_recruiter_panel("resumes")
    return check_screener(
        panel,
        resumes,
        run_of(score, resumes, withheld=withheld),
        item="resume_id",
        within="job",
        replicates=100,
        **settings,
    )


def test_one_that_copies_planted_unfairness_must_not_pass_however_well_it_follows(panel: Panel) -> None:
    asked: dict[str, Any] = {"groups": ["name_race", "name_sex"], "features": FEATURES, "fail_under": 0.6}
    found = checked(panel, copycat, **asked)
    results = {limit.name: limit.result for limit in found.limits}
    assert results == {"unfairness": BROKEN, "order": KEPT}
    assert not found.passed
    assert found.headline() == ("Result: this screener must not be used as it is, however well it follows the panel.")
    assert "It puts White (name_race)" in found.limits[0].sentence
    assert found.groups_seen == ("name_race", "name_sex")
    other = checked(panel, fair, withheld=("name_race", "name_sex"), **asked)
    assert other.passed
    assert other.groups_seen == ()
    assert other.headline() == "Result: all limits are kept."
    assert "could not see the columns of groups. That alone makes nothing fair" in other.summary()
    assert "Whether the people whom it puts first do well in the job is another question" in other.summary()


def test_without_groups_it_says_loudly_that_nobody_looked(panel: Panel) -> None:
    found = checked(panel, copycat, fail_under=0.6)
    assert found.passed
    assert not found.audited
    assert found.headline() == "Result: the limit is kept. NOBODY LOOKED AT FAIRNESS: no groups are named."
    assert "A screener that copies unfair recruiters perfectly looks perfect here" in found.summary()
    none = checked(panel, fair)
    assert none.limits == ()
    assert none.to_dict()["passed"] is None
    assert "no limit was stated" in none.headline()


# Eight résumés, three raters of one mind; a screener of the same order, or of its reverse.

KIND = {"x": 0, "y": 1, "z": 0}
RATINGS = pd.DataFrame(
    [(name, rater, place + kind) for place, name in enumerate("abcdefgh") for rater, kind in KIND.items()],
    columns=["cv", "who", "points"],
)  # fmt: skip
SMALL = pd.DataFrame({"cv": list("abcdefgh"), "n": range(8), "sex": list("fmfmfmfm"), "one": "same"})


def small(score: Any, **settings: Any) -> ScreenerCheck:
    table = Panel.from_table(RATINGS, item="cv", rater="who", rating="points")
    return check_screener(table, SMALL, run_of(score, SMALL, item="cv"), item="cv", replicates=100, **settings)


@pytest.mark.parametrize(
    ("settings", "name", "result"),
    [
        pytest.param({"fail_under": 1.0}, "order", KEPT, id="order-at-the-limit"),
        pytest.param({"fail_under_overlap": 1.0}, "shortlist", KEPT, id="shortlist-at-the-limit"),
        pytest.param({"below_ceiling_fails": True}, "ceiling", KEPT, id="as-good-as-a-rater"),
        # Of the two best (g: f, h: m) one of each: 1 of 4 against 1 of 4.
        pytest.param({"fail_under_ratio": 1.0, "groups": ["sex"]}, "ratio", KEPT, id="ratio-at-the-limit"),
        pytest.param({"groups": ["one"]}, "unfairness", UNCHECKED, id="one-group-only"),
        pytest.param(
            {"groups": ["sex"], "features": ["n"]}, "unfairness", UNCHECKED, id="too-few-to-tell-who-is-alike"
        ),
        pytest.param({"fail_under_ratio": 0.8, "groups": ["one"]}, "ratio", UNCHECKED, id="ratio-of-one-group"),
    ],
)
def test_limits_of_a_perfect_follower(settings: dict[str, Any], name: str, result: str) -> None:
    found = small(lambda resume: resume["n"], **settings)
    assert {limit.name: limit.result for limit in found.limits}[name] == result
    assert found.passed == (result == KEPT)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        pytest.param({"fail_under": -0.99}, "order", id="order"),
        pytest.param({"fail_under_overlap": 0.01}, "shortlist", id="shortlist"),
        pytest.param({"below_ceiling_fails": True}, "ceiling", id="ceiling"),
    ],
)
def test_limits_of_a_reversed_follower(settings: dict[str, Any], name: str) -> None:
    found = small(lambda resume: -resume["n"], **settings)
    assert [(limit.name, limit.result) for limit in found.limits] == [(name, BROKEN)]
    assert not found.passed


def test_a_ratio_under_the_limit_names_the_group() -> None:
    # Both on the shortlist are m: 2 of 4 against 0 of 4.
    found = small(lambda resume: resume["n"] + 9 * (resume["sex"] == "m"), fail_under_ratio=0.8, groups=["sex"])
    ratio = next(limit for limit in found.limits if limit.name == "ratio")
    assert ratio.result == BROKEN
    assert "f has an impact ratio of 0.000, under the limit of 0.8 (sex)." in ratio.sentence


@pytest.mark.parametrize(
    ("settings", "error", "argument"),
    [
        ({"fail_under": 1.5}, ScreenerError, "fail_under"),
        ({"fail_under": float("nan")}, ScreenerError, "fail_under"),
        ({"fail_under_overlap": 0}, ScreenerError, "fail_under_overlap"),
        ({"share": 1}, ScreenerError, "share"),
        ({"fail_under_ratio": 0.8}, ScreenerError, "groups"),
        ({"fail_under_ratio": 80, "groups": ["sex"]}, LevelError, ""),
    ],
)
def test_limits_that_make_no_sense(settings: dict[str, Any], error: type[Exception], argument: str) -> None:
    with pytest.raises(error) as caught:
        check_limits(**settings)
    assert getattr(caught.value, "argument", "") == argument


def test_page_and_json_escape_what_is_in_the_data_and_name_nobody() -> None:
    table = SMALL.assign(sex=["<i>f", "m"] * 4)
    panel = Panel.from_table(RATINGS, item="cv", rater="who", rating="points")
    found = check_screener(
        panel, table, run_of(lambda resume: resume["n"], table, item="cv"), item="cv", groups=["sex"],
        replicates=100, fail_under=0.5, notes=["A <b>note</b>."],
    )  # fmt: skip
    html = screener_html(found, written=NOW)
    assert "&lt;i&gt;f" in html
    assert "<i>f" not in html
    assert "A &lt;b&gt;note&lt;/b&gt;." in html
    assert "<script" not in html
    assert 'src="' not in html
    assert html.count('role="img" aria-label=') == 2
    assert "22 November 2026" in html
    value = json.loads(screener_json(found, written=NOW))
    assert (value["schema"], value["kind"], value["passed"], value["audited"]) == (1, "screener check", True, True)
    assert value["run"]["scores"]["h"] == 7.0
    assert [limit["name"] for limit in value["limits"]] == ["unfairness", "order"]
    assert found.to_frame()["result"].tolist() == ["kept", "kept"]


def test_a_page_without_groups_says_that_nobody_looked() -> None:
    html = screener_html(small(lambda resume: resume["n"]), written=NOW)
    assert "<b>Nobody looked.</b>" in html
    assert "NOBODY LOOKED AT FAIRNESS" in html


def test_the_table_of_ratings_may_tell_the_resumes_but_never_the_ratings() -> None:
    long = RATINGS.merge(SMALL[["cv", "sex"]], on="cv").assign(nth=range(24))
    found = items_beside(sheet_of_frame(long), read_ratings(long, item="cv", raters=["who"], rating="points"))
    assert found.columns.tolist() == ["cv", "sex"]
    assert len(found) == 8
    wide = RATINGS.pivot(index="cv", columns="who", values="points").reset_index()
    wide["average"] = wide[["x", "y", "z"]].mean(axis=1)
    wide["seen as"] = wide["average"].round(1)
    wide["years"] = np.arange(8) * 3
    read = read_ratings(wide, item="cv", raters=["x", "y", "z"])
    assert items_beside(sheet_of_frame(wide), read).columns.tolist() == ["cv", "years"]
    with pytest.raises(ScreenerError, match="says nothing about the résumés"):
        items_beside(sheet_of_frame(RATINGS), read_ratings(RATINGS, item="cv", raters=["who"], rating="points"))


def test_scores_that_run_the_wrong_way_are_told_first(panel: Panel) -> None:
    found = checked(panel, lambda resume: -fair(resume))
    assert found.meaning()[0].startswith("The screener orders the other way round than the panel does")
    assert checked(panel, fair).meaning()[0].startswith("The screener follows the panel better than one of its raters")


def test_a_page_is_not_green_where_the_audit_could_not_tell(panel: Panel) -> None:
    found = checked(panel, fair, withheld=("name_race", "name_sex"), groups=["name_sex"], features=FEATURES)
    assert found.passed
    assert found.against.audit is not None
    assert found.against.audit.verdict.value.startswith("too little data")
    assert '<div class="note warn">\n  <p class="verdict">' in screener_html(found, written=NOW)
