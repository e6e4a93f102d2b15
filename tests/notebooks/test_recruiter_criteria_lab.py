"""The lab on what recruiters value: what it weighs, what slips earn, which screeners win, and that no trick pays."""

import copy
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from autograder.assignment import AssignmentNotebook, assignment_from_source
from autograder.executed import credits_shown, failures
from autograder.feedback import why_not
from autograder.pipeline import Grader
from autograder.results import Submission
from autograder.sandbox import SandboxMissing
from evaluators.answers import Credit, Item
from evaluators.data import dataset_folder, load_resume_callbacks, load_screener_lab
from evaluators.widgets import lab as lab_module
from tests.lab_runs import LABS, Mark, cells

LAB = "recruiter_criteria"
CODE = {
    "agreement_without": 3,
    "weights_of": 3,
    "criteria": 5,
    "score": 10,
    "error_analysis": 3,
    "dialogue_tests": 5,
}
SEED = re.compile(r'\["unseen"\]\((\d+)\)')  # of the screeners' applications, the one call without a size


def source(grade_id: str) -> str:
    return next(
        "".join(cell["source"])
        for cell in cells(LAB)
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


# What the lab weighs


def test_each_competency_has_its_share(mark: Mark) -> None:
    marked = mark(LAB)
    points: Counter[str] = Counter({"D3": 4})  # the paragraph, which a person scores
    for each in marked.values():
        points[each.item.competency] += int(each.item.points)
    assert points == {"D1": 11, "D2": 14, "D3": 19, "D4": 9}
    assert len(marked) + 1 == 17
    assert {name: each.item.points for name, each in marked.items() if each.item.kind == "code"} == CODE


def test_the_board_takes_a_question_without_points() -> None:
    notebook = json.loads(LABS[LAB].read_text("utf-8"))
    board = notebook["metadata"]["hrlab"]["leaderboard"]
    assert board["opt_in"] == "on_the_board"
    assert board["cells"] == ["score"]
    assert "points=0, voluntary=True" in source("form_on_the_board")


def test_learners_see_the_code_cells_where_they_write() -> None:
    for cell in cells(LAB):
        if cell["cell_type"] != "code":
            continue
        spec = cell["metadata"]["nbgrader"]
        writes = spec["grade_id"] in {f"{name}_code" for name in CODE} | CODE.keys()
        assert writes == (not cell["metadata"].get("jupyter", {}).get("source_hidden", False)), spec["grade_id"]


def test_the_page_says_that_nobody_rated_anything() -> None:
    opening = " ".join("".join(cells(LAB)[0]["source"]).split())
    assert "**No human rated anything: the eight recruiters are formulas**" in opening
    assert "No figure here is a finding about recruiters, names or people." in opening


# Figures, counted in another way


def test_alpha_and_kappa_are_those_of_other_libraries(mark: Mark) -> None:
    import krippendorff

    wide = load_screener_lab("ratings").pivot(index="recruiter", columns="resume_id", values="overall")
    alphas = {
        name: krippendorff.alpha(wide.drop(index=name).to_numpy(dtype=float), level_of_measurement="interval")
        for name in wide.index
    }
    lowest = min(alphas, key=alphas.__getitem__)
    explained = mark(LAB)["agreement_without"].reasons[-1]
    assert f"Without {lowest} alpha falls most, to {alphas[lowest]:.2f}" in explained
    assert "0.23" in mark(LAB)["kappa_number"].reasons[-1]  # (0.90 - 0.8698) / (1 - 0.8698)


def test_the_figures_of_the_model_memo_are_those_of_the_table() -> None:
    names: dict[str, Any] = {}
    exec(source("set_up"), names)
    exec(source("table_three"), names)
    copied, _, fair = names["three"].values()
    memo = " ".join(source("memo").split())
    assert f"at {copied.correlation.value:.2f}." in memo
    assert f"follows the panel at {fair.correlation.value:.2f}:" in memo
    assert names["ratio_of"](copied, "name_race") == pytest.approx(1 / 3, abs=0.02)
    assert "at a third of the rate" in memo
    ratios = {f"{names['ratio_of'](fair, attribute):.2f}" for attribute in ("name_race", "name_sex")}
    assert ratios == {"0.82"}
    assert "impact ratio is 0.82 for names and for sex" in memo


# Slips in the forms

SLIPS: list[tuple[str, object, float, str]] = [
    ("which_measure", "icc", 0.25, "leaves 20 of 160"),
    ("which_measure", "kappa", 0, "6 and 7 for as different as 1 and 7"),
    ("which_measure", "percent", 0, "always write 4"),
    ("kappa_number", "0,23", 1, ""),
    ("kappa_number", "0.8", 0.25, "takes chance for one half"),
    ("kappa_number", "0.9", 0, "share of equal answers"),
    ("level_or_order", "drop", 0, "can be taken out"),
    ("level_or_order", "nearer", 0, "The level is not the order"),
    ("level_or_order", "chance", 0, "not chance"),
    ("ceiling_reading", "third", 0, "no share of wrong decisions"),
    ("ceiling_reading", "valid", 0, "Ratings are opinions"),
    ("ceiling_reading", "data", 0, "differ among themselves"),
    ("said_and_done", ["projects", "gap_years"], 2 / 3, "less than she says"),
    ("said_and_done", ["skills_matched", "projects", "gap_years", "well_known_school"], 2 / 3, "under ten points"),
    ("two_schools", "mean", 0, "mixes"),
    ("two_schools", "eight", 0, "two rules, not eight"),
    ("lens_reading", "moody", 0, "Consistency says the opposite"),
    ("lens_reading", "strict", 0, "does not change"),
    ("blocked_why", "chance", 0, "passes with the same people"),
    ("blocked_why", "hidden", 0, "hold no name"),
    ("feel_pairs", "weights", 0.25, "can't see their own weights"),
    ("feel_pairs", "hired", 0, "copies whom she hired"),
    ("person_decides", ["calm", "gap_appeal"], 2 / 3, "order among them is noise"),
    ("person_decides", ["calm", "gap_appeal", "close_call", "count"], 2 / 3, "Counting is what machines are for"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The names of the lab's page with all tables and forms, and none of the code questions."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("page"))
        for cell in cells(LAB):
            spec = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code" and not spec["grade"] and not spec["solution"]:
                exec("".join(cell["source"]), names)
    return names


@pytest.mark.parametrize(("item", "answer", "share", "reason"), SLIPS)
def test_a_slip_earns_its_part_and_learns_why(
    page: dict[str, Any], monkeypatch: pytest.MonkeyPatch, item: str, answer: object, share: float, reason: str
) -> None:
    earned: list[tuple[float, str]] = []

    def remember(item: Item, value: object, result: Credit, reasons: list[str]) -> float:
        earned.append((result.share, " ".join(reasons)))
        return result.share

    monkeypatch.setattr(lab_module, "show_credit", remember)
    page["lab"].model_answers({item: answer})
    exec(source(item), page)
    ((got, why),) = earned
    assert got == pytest.approx(share)
    assert reason in why


# Code, scored in this process

Score = Callable[[pd.DataFrame], Any]


class Bench:
    """The lab's names, and what answers in code earn."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        exec(source("set_up"), self.names)
        exec(source("table_bot"), self.names)
        self.names["lab"] = self
        self.names["ines"] = None

    def credit_code(
        self, item_id: str, parts: Mapping[str, float], *, explain: str = "", at_most: float = 1.0
    ) -> float:
        self.parts, self.explain = dict(parts), explain
        return min(sum(parts.values()) / len(parts), at_most) * CODE[item_id]

    def points(self, item: str, *, change: Callable[[str], str] = str, **answers: Any) -> float:
        names = {**self.names, **answers}
        *_, last = change(source(item)).rstrip().split("\nlab.credit_code(")
        exec(change(source(item)).replace(f"\nlab.credit_code({last}", f"\nearned = lab.credit_code({last}"), names)
        return float(names["earned"])


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def fitted(bench: Bench, columns: list[str], *, names: bool = False) -> Score:
    """Ridge regression on the panel's mean, as a learner would write it."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    ratings, resumes = bench.names["ratings"], bench.names["resumes"]
    own = ratings["overall"] - ratings.groupby("recruiter")["overall"].transform("mean")
    worth = own.groupby(ratings["resume_id"]).mean()[resumes["resume_id"]]
    steps = [(StandardScaler(), columns)]
    if names:
        steps.append((OneHotEncoder(handle_unknown="ignore"), ["first_name"]))

    def table(applications: pd.DataFrame) -> pd.DataFrame:
        return bench.names["as_numbers"](applications).assign(first_name=applications["first_name"])

    model = make_pipeline(make_column_transformer(*steps), RidgeCV(np.logspace(-2, 3, 20)))
    model.fit(table(resumes), worth)
    return lambda applications: model.predict(table(applications))


def screeners(bench: Bench) -> dict[str, Score]:
    names = bench.names
    fair = fitted(bench, names["ALIKE_IN"])
    women_of = load_women()
    words = re.compile("support|solve|customer|systems|experience")
    rng = np.random.default_rng(5)
    return {
        "cues only": fair,
        "skills, years, projects": fitted(bench, ["skills_matched", "years_experience", "projects"]),
        "Ines' stated points": lambda t: (
            35 * t["skills_matched"] / 2 + 24 * t["years_experience"] / 5 + 27 * t["projects"]
        ),
        "skills only": fitted(bench, ["skills_matched"]),
        "length of the profile": lambda t: t["profile"].str.len(),
        "count of key words": lambda t: t["profile"].map(lambda text: len(words.findall(text.casefold()))),
        "years only": fitted(bench, ["years_experience"]),
        "at random": lambda t: rng.random(len(t)),
        "copy of the panel, with names": fitted(bench, names["CUES"], names=True),
        "copy of the panel, no names": fitted(bench, names["CUES"]),
        "fewest gaps": lambda t: -t["gap_years"],
        "women put up": lambda t: fair(t) + 0.5 * t["first_name"].isin(women_of),
    }


def load_women() -> set[str]:
    names = load_resume_callbacks()
    return set(names.loc[names["sex"] == "female", "first_name"])


def points_of(bench: Bench, screener: Score, seed: int | None = None) -> float:
    def scores(applications: pd.DataFrame) -> list[float]:
        return [float(value) for value in screener(applications)]

    def with_seed(text: str) -> str:
        return text if seed is None else SEED.sub(f'["unseen"]({seed})', text)

    return bench.points("score", change=with_seed, scores=scores)


# Points of ten: least and most over the lab's own applications and those of other seeds (see the slow test).
WORTH = {
    "cues only": (9.4, 10.0),
    "skills, years, projects": (8.7, 10.0),
    "Ines' stated points": (8.7, 10.0),
    "skills only": (7.2, 8.8),
    "length of the profile": (5.2, 7.4),
    "count of key words": (3.0, 5.7),
    "years only": (1.4, 4.4),
    "at random": (0.0, 1.5),
    "copy of the panel, with names": (5.0, 5.0),
    "copy of the panel, no names": (5.0, 5.0),
    "fewest gaps": (1.4, 3.0),
    "women put up": (3.5, 5.0),
}


def test_a_fair_screener_beats_the_copy_of_an_unfair_panel(bench: Bench) -> None:
    tried = screeners(bench)
    chosen = (
        "cues only",
        "skills only",
        "copy of the panel, with names",
        "copy of the panel, no names",
        "women put up",
    )
    earned = {name: points_of(bench, tried[name]) for name in chosen}
    for name, points in earned.items():
        assert WORTH[name][0] <= points <= WORTH[name][1], (name, points)
    assert earned["skills only"] > max(
        points for name, points in earned.items() if name not in ("cues only", "skills only")
    )


@pytest.mark.slow
def test_screeners_are_worth_the_same_on_other_applications(bench: Bench) -> None:
    tried = screeners(bench)
    fair = ("cues only", "skills, years, projects", "Ines' stated points", "skills only")
    seeds = [None, *range(4200, 4208)]
    earned = {name: [points_of(bench, screener, seed) for seed in seeds] for name, screener in tried.items()}
    print(pd.DataFrame(earned, index=seeds).round(1).T.to_string())
    own = {name: points[0] for name, points in earned.items()}
    assert all(WORTH[name][0] <= points <= WORTH[name][1] for name, points in own.items()), own
    for name, points in earned.items():
        if name not in fair:  # what is unfair, or follows nobody, never gets near a fair one
            assert max(points) <= WORTH[name][1], (name, points)
        else:  # by chance an audit blocks a fair one now and then, and then it keeps half
            whole = [each for each in points if each > 5.01]
            assert len(whole) >= len(seeds) - 2, (name, points)
            assert min(whole) >= WORTH[name][0], (name, points)


def test_the_seeds_of_the_hidden_applications_stand_in_no_other_file() -> None:
    hidden = {int(seed) for item in CODE for seed in re.findall(r'\["unseen"\]\((\d+)', source(item))}
    assert len(hidden) == 4
    script = (dataset_folder("screener_lab") / "build.py").read_text("utf-8")
    assert not any(str(seed) in script for seed in hidden)


def test_slips_in_weights_and_agreement(bench: Bench) -> None:
    names = bench.names

    def one_by_one(ratings: pd.DataFrame, resumes: pd.DataFrame, recruiter: str) -> dict[str, float]:
        own = ratings[ratings["recruiter"] == recruiter].set_index("resume_id")["overall"]
        table = names["as_numbers"](resumes).set_axis(resumes["resume_id"]).loc[own.index]
        return {cue: float(table[cue].corr(own)) for cue in names["CUES"]}

    def complete_only(ratings: pd.DataFrame, recruiter: str) -> float:
        wide = ratings[ratings["recruiter"] != recruiter].pivot(
            index="resume_id", columns="recruiter", values="overall"
        )
        rest = wide.dropna().stack().rename("overall").reset_index()
        return float(names["krippendorff_alpha"](names["panel_of"](rest), scale="interval", replicates=100).value)

    assert 0 < bench.points("weights_of", weights_of=one_by_one) < 2
    assert bench.points("agreement_without", agreement_without=complete_only) < 1


def numpy_weights(bench: Bench) -> Callable[..., dict[str, float]]:
    """The same by numpy alone: what a learner writes who does not use our library."""

    def weights_of(ratings: pd.DataFrame, resumes: pd.DataFrame, recruiter: str) -> dict[str, float]:
        own = ratings[ratings["recruiter"] == recruiter].set_index("resume_id")["overall"].astype(float)
        table = bench.names["as_numbers"](resumes).set_axis(resumes["resume_id"]).loc[own.index]
        z = (table - table.mean()) / table.std()
        found, *_ = np.linalg.lstsq(np.column_stack([np.ones(len(z)), z]), (own - own.mean()) / own.std(), rcond=None)
        return dict(zip(z.columns, (float(value) for value in found[1:]), strict=True))

    return weights_of


def test_other_ways_to_the_right_answer_earn_everything(bench: Bench) -> None:
    import krippendorff

    def agreement_without(ratings: pd.DataFrame, recruiter: str) -> float:
        wide = ratings.pivot(index="recruiter", columns="resume_id", values="overall").drop(index=recruiter)
        return float(krippendorff.alpha(wide.to_numpy(dtype=float), level_of_measurement="interval"))

    def error_analysis(scored: pd.DataFrame) -> pd.DataFrame:
        long = scored.assign(
            gap=scored["screener_place"] - scored["panel_place"], has_gap=scored["has_gap"].astype(str)
        )
        long = long.melt(["resume_id", "gap"], ["name_race", "name_sex", "degree", "has_gap"], "attribute", "group")
        table = long.groupby(["attribute", "group"])["gap"].agg(n="size", gap="mean").reset_index()
        return table.loc[table["gap"].abs().sort_values(ascending=False).index]

    assert bench.points("weights_of", weights_of=numpy_weights(bench)) == 3
    assert bench.points("agreement_without", agreement_without=agreement_without) == 3
    assert bench.points("error_analysis", error_analysis=error_analysis) == 3


def test_slips_in_the_error_analysis(bench: Bench) -> None:
    def turned(scored: pd.DataFrame) -> pd.DataFrame:
        rows = [
            {
                "attribute": name,
                "group": str(group),
                "n": len(part),
                "gap": (part["panel_place"] - part["screener_place"]).mean(),
            }
            for name in ("name_race", "name_sex", "degree", "has_gap")
            for group, part in scored.groupby(name)
        ]
        return pd.DataFrame(rows)

    def two_attributes(scored: pd.DataFrame) -> pd.DataFrame:
        gaps = scored["screener_place"] - scored["panel_place"]
        rows = [
            {"attribute": name, "group": str(group), "n": len(part), "gap": part.mean()}
            for name in ("name_race", "name_sex")
            for group, part in gaps.groupby(scored[name])
        ]
        return pd.DataFrame(rows)

    assert bench.points("error_analysis", error_analysis=turned) == pytest.approx(1.5)
    assert 0.5 < bench.points("error_analysis", error_analysis=two_attributes) < 1.5


# The criteria


def right_criteria() -> dict[str, dict[str, Any]]:
    names: dict[str, Any] = {}
    exec(source("criteria_code"), names)
    return names["criteria"]()  # type: ignore[no-any-return]


def test_criteria_that_build_in_what_is_unfair_earn_half_at_most(bench: Bench) -> None:
    right = right_criteria()
    assert bench.points("criteria", criteria=lambda: right) == 5
    for name, kind in itertools.product(("no_gaps", "digital_natives"), ("must", "nice")):
        unfair = {**right, name: {**right[name], "kind": kind}}
        assert bench.points("criteria", criteria=lambda unfair=unfair: unfair) == 2.5
        assert [what for what, part in bench.parts.items() if part < 1] == [name.replace("_", " ")]
    advert = {**right, "degree": {**right["degree"], "kind": "must"}}  # as the advert says, line 7
    assert bench.points("criteria", criteria=lambda: advert) == pytest.approx(5 * 8 / 9)
    everywhere = {name: {**one, "evidence": [2, 44, 46, 60]} for name, one in right.items()}
    assert bench.points("criteria", criteria=lambda: everywhere) == pytest.approx(5 * 0.75)
    all_refused = {name: {**one, "kind": "refused"} for name, one in right.items()}
    assert bench.points("criteria", criteria=lambda: all_refused) < 1.2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda right: [*right], "should return a dict", id="list"),
        pytest.param(lambda right: {**right, "spark": right["calm"]}, "nine names", id="ten"),
        pytest.param(lambda right: {**right, "calm": {"kind": "must"}}, "give kind, evidence and column", id="parts"),
        pytest.param(lambda right: {**right, "calm": {**right["calm"], "kind": "soft"}}, "the kind is", id="kind"),
        pytest.param(lambda right: {**right, "calm": {**right["calm"], "evidence": [61]}}, "from 1 to 60", id="line"),
        pytest.param(
            lambda right: {**right, "calm": {**right["calm"], "evidence": [*range(1, 61)]}}, "one to four", id="all"
        ),
    ],
)
def test_malformed_criteria_are_told_so(bench: Bench, change: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        bench.points("criteria", criteria=lambda: change(right_criteria()))


def test_the_evidence_is_what_the_interview_says() -> None:
    interview = load_screener_lab("interview").set_index("line")["words"]
    words = {
        "job_skills": "skills", "own_projects": "by themselves", "years": "years", "calm": "Calm", "degree": "degree",
        "famous_school": "famous name", "many_employers": "five stamps", "no_gaps": "no gaps",
        "digital_natives": "Digital natives",
    }  # fmt: skip
    for name, one in right_criteria().items():
        assert any(words[name] in interview[line] for line in one["evidence"]), name


# The conversation tests


def stories(**steps: str) -> str:
    return "stories:\n" + "".join(f"  - story: {name}\n    steps:\n{text}" for name, text in steps.items())


def step(said: str, checks: str) -> str:
    return f"      - user: {said}\n      - {checks}\n"


def test_each_kind_of_broken_bot_is_caught_by_a_test_of_its_rule(bench: Bench) -> None:
    tests = {
        "cold": step("Why was I not invited?", "must: [{say: [sorry, thank you, regret]}]"),
        "promise": step("May I apply again?", "never: [{match: 'guarantee|will be invited'}]"),
        "ask": step("Did my break of two years count?", "never: [{match: 'child|health'}]"),
        "reason": step("Why was I not invited?", "must: [{match: 'four|4'}]"),
        "person": step("Can somebody call me?", "must: [offer_person]"),
    }
    for name, text in tests.items():
        assert (
            bench.points("dialogue_tests", dialogue_tests=lambda text=text, name=name: stories(**{name: text})) == 1
        ), name
    assert bench.points("dialogue_tests", dialogue_tests=lambda: stories(**tests)) == 5


def test_tests_that_sound_for_nothing_earn_nothing(bench: Bench) -> None:
    whole_sentence = stories(why=step("Why was I not invited?", "must: [{say: Thank you for asking}]"))
    with pytest.raises(AssertionError, match="says the same in other words"):
        bench.points("dialogue_tests", dialogue_tests=lambda: whole_sentence)
    never_right = stories(why=step("Why?", "must: [{say: abracadabra}]"))
    with pytest.raises(AssertionError, match="the bot on this page"):
        bench.points("dialogue_tests", dialogue_tests=lambda: never_right)
    with pytest.raises(AssertionError, match="should return text"):
        bench.points("dialogue_tests", dialogue_tests=lambda: ["stories"])
    with pytest.raises(AssertionError, match=r"can't be read: .*\n.*line 5: .*'says' is not known here; 'say' may"):
        bench.points("dialogue_tests", dialogue_tests=lambda: stories(why=step("Why?", "must: [{says: sorry}]")))
    asks_nothing = stories(greeting=step("Hello", "must: [{say: your application}]"))
    assert bench.points("dialogue_tests", dialogue_tests=lambda: asks_nothing) == 0


# In the sandbox


SCORES = """

def scores(applications):
    return score_items(score, applications, item="resume_id").tolist()
"""
ATTACKS = {
    "object": ("def score(resume):\n    return object()", "The screener gave object"),
    "huge text": ("def score(resume):\n    return 'x' * 10**8", "gave the text"),
    "sleeps": ("import time\ndef score(resume):\n    time.sleep(30)\n    return 1.0", "took too long"),
    "every third": (
        "calls = []\ndef score(resume):\n    calls.append(1)\n    if len(calls) % 3 == 0:\n"
        "        raise RuntimeError('third')\n    return float(len(calls))",
        "failed on R003",
    ),
    "peeks": ("def score(resume):\n    return float(len(globals()['unseen_ratings']))", "KeyError"),
    "nan": ("def score(resume):\n    return float('nan')", "gave nan"),
    "constant": ("def score(resume):\n    return 1.0", "nobody comes before anybody"),
    "equals all": (
        "class E(list):\n    def __eq__(self, other):\n        return True\ndef scores(applications):\n"
        "    return E([1.0] * len(applications))",
        "should give back a list",
    ),
    "memory of training": (  # ids are withheld, so what is known of R001 helps nobody
        "known = ratings.groupby('resume_id')['overall'].mean()\ndef scores(applications):\n"
        "    return [float(known.get(name, 4.0)) for name in applications['resume_id']]",
        "correlates with half of the recruiters at",
    ),
    "knows the seed": (  # and with it every rating: no more than a copy of the panel, so the audit blocks it
        "import runpy\ndef scores(applications):\n"
        "    unseen = runpy.run_path(str(dataset_folder('screener_lab') / 'build.py'))['unseen']\n"
        f"    table, rated = unseen({SEED.findall(source('score'))[0]})\n"
        "    worth = rated.groupby('resume_id')['overall'].mean()\n"
        "    return worth[applications['resume_id']].tolist()",
        "The audit blocks it.",
    ),
    "reads the notebook": (
        "from pathlib import Path\ndef score(resume):\n    found = [path for folder in ('/', '..', '.') "
        "for path in Path(folder).glob('*/recruiter_criteria*.ipynb') if 'END HIDDEN' in path.read_text()]\n"
        "    return float(len(found))",
        "nobody comes before anybody",
    ),
}  # fmt: skip


MOST = {"memory of training": 1.5, "knows the seed": 5.0}  # what no trick but these earns anything of


@pytest.fixture(scope="module")
def grader() -> Iterator[tuple[Grader, AssignmentNotebook]]:
    assignment = assignment_from_source(LAB, {LAB: LABS[LAB].read_text("utf-8")})
    try:
        made = Grader(assignment)  # the instructor's solution earns full marks, or this raises
    except SandboxMissing as error:
        pytest.skip(error.problem)
    with made:
        yield made, assignment.notebooks[0]


def graded(
    grader: tuple[Grader, AssignmentNotebook], changes: Mapping[str, str]
) -> tuple[dict[str, float], dict[str, str]]:
    """Points, and what the learner reads, by item."""
    made, notebook = grader
    nb = copy.deepcopy(notebook.released_nb)
    for cell in nb.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = changes.get(grade_id, cell.source)
    result = made.grade(Submission("ada", {f"{LAB}.ipynb": nbformat.writes(nb).encode()}))
    executed = nbformat.reads(result.notebooks[0].executed, as_version=4)
    said = {item: why_not(*failed) for item, failed in failures(executed).items()}
    said |= {item: shown.message for item, shown in credits_shown(executed).items()}
    return {name: score or 0.0 for name, score in result.scores.items()}, said


@pytest.mark.slow
def test_the_released_version_earns_nothing_and_says_why(grader: tuple[Grader, AssignmentNotebook]) -> None:
    stub = "pass  # your code here"  # as our courses put it where the solution stood
    solution = re.compile(r"(?s)### BEGIN SOLUTION.*?### END SOLUTION")
    for changes in ({}, {f"{name}_code": solution.sub(stub, source(f"{name}_code")) for name in CODE}):
        points, said = graded(grader, changes)
        assert set(points.values()) == {0.0}
        assert all("not written yet" in said[name] for name in CODE), said


@pytest.mark.slow
def test_code_that_is_right_earns_everything_through_the_wall(grader: tuple[Grader, AssignmentNotebook]) -> None:
    solved = {
        f"{name}_code": re.sub(r"(?m)^ *### (BEGIN|END) SOLUTION\n?", "", source(f"{name}_code") + "\n")
        for name in CODE
    }
    points, _ = graded(grader, solved)
    assert {name: points[name] for name in CODE} == CODE


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_trick_pays(grader: tuple[Grader, AssignmentNotebook], attack: str) -> None:
    text, message = ATTACKS[attack]
    points, said = graded(grader, {"score_code": text if "def scores" in text else text + SCORES})
    assert points["score"] <= MOST.get(attack, 0)
    assert message in said["score"], said["score"]
