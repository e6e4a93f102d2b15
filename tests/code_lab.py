"""A code lab as any nbgrader course has one: functions, frames, an estimator, a class. Nothing of ours is in it.

Ten automatic points in nine test cells and three for a paragraph that a person reads. `RIGHT` and `WRONG` hold ways
to answer each solution cell, with the points that a person counted for them; `submission` puts ways together and
`cohort` does so a hundred times. The data is small enough to count by hand:

=====  ==========  =====  ====  =====
group  applicants  hired  rate  ratio
=====  ==========  =====  ====  =====
north          16      8  0.5   1.0
south          16      4  0.25  0.5
east            8      3  0.375 0.75
all            40     15  0.375
=====  ==========  =====  ====  =====
"""

import functools
import random
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

LAB = "screening_code"
POINTS = {
    "test_selection_rate": 2.0,
    "test_impact_ratios": 1.0,
    "test_flagged": 1.0,
    "test_flagged_file": 1.0,
    "test_screener": 1.0,
    "test_screener_score": 1.0,
    "test_applicant": 1.0,
    "test_sort_applicants": 1.0,
    "test_summary": 1.0,
}
MANUAL = {"memo": 3.0}
EMPTY = dict.fromkeys(POINTS, 0.0)
HIDDEN_MARK = (
    "HIDDEN-TEST-OF-THE-CODE-LAB"  # stands in every hidden test and nowhere else: where it turns up, one leaked
)
SOLUTION_MARK = "SOLUTION-OF-THE-CODE-LAB"  # the same for the instructor's solution


def _applicants() -> bytes:
    """Forty applicants: 16 from the north (8 hired), 16 from the south (4), 8 from the east (3)."""
    rows = ["applicant,group,hired"]
    for group, size, hired in (("north", 16, 8), ("south", 16, 4), ("east", 8, 3)):
        rows += [f"{group}-{number:02d},{group},{int(number < hired)}" for number in range(size)]
    return "\n".join([rows[0], *sorted(rows[1:], key=lambda row: row[-4::-1])]).encode() + b"\n"


FILES = {"applicants.csv": _applicants()}  # what the instructor ships beside the notebook

# The instructor's solution of each cell: what is given, then what stands between the markers.
_SOLUTIONS = {
    "selection_rate": (
        'def selection_rate(selected, applicants):\n    """Share of the applicants who were selected."""\n',
        """
        if applicants <= 0:
            raise ValueError("Without applicants there is no rate.")
        return selected / applicants
        """,
    ),
    "impact_ratios": (
        'def impact_ratios(log):\n    """Columns rate and ratio (to the highest), a row for each group, sorted."""\n',
        """
        rates = log.groupby("group")["hired"].mean()
        return pd.DataFrame({"rate": rates, "ratio": rates / rates.max()})
        """,
    ),
    "flagged": (
        "# flagged: the groups with a ratio under 0.8; write them into flagged.txt, too, one a line, sorted.\n",
        """
        ratios = impact_ratios(log)["ratio"]
        flagged = list(ratios.index[ratios < 0.8])
        Path("flagged.txt").write_text("\\n".join(sorted(flagged)) + "\\n")
        """,
    ),
    "screener": (
        "# screener: an estimator, fitted on `training`, that predicts `invited` from experience and skill.\n",
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        screener = make_pipeline(StandardScaler(), LogisticRegression())
        screener.fit(training[["experience", "skill"]], training["invited"])
        """,
    ),
    "applicant": (
        "# Applicant(name, score) with stage() and equality by value; ScoreError, a ValueError, below zero.\n",
        """
        class ScoreError(ValueError):
            pass

        class Applicant:
            def __init__(self, name, score):
                if score < 0:
                    raise ScoreError(f"{name} has a score below zero.")
                self.name, self.score = name, score

            def stage(self):
                return "interview" if self.score >= 50 else "declined"

            def __eq__(self, other):
                return isinstance(other, Applicant) and (self.name, self.score) == (other.name, other.score)

            def __hash__(self):
                return hash((self.name, self.score))
        """,
    ),
    "sort_applicants": (
        'def sort_applicants(people):\n    """Sort a list of (name, score) in place, the highest score first."""\n',
        "people.sort(key=lambda person: -person[1])",
    ),
    "summary": (
        "# summary: a dict with the overall rate and the group with the lowest one, as `rate` and `lowest`.\n",
        """
        summary = {
            "rate": float(log["hired"].mean()),
            "lowest": log.groupby("group")["hired"].mean().idxmin(),
        }
        """,
    ),
}

# What learners see of a test, what they don't, and the value that a cell with partial credit ends in.
_TESTS = {
    "test_selection_rate": (
        'assert selection_rate(1, 4) == 0.25, "One of four is a quarter."',
        """
        assert abs(selection_rate(30, 120) - 0.25) < 1e-9
        assert round(selection_rate(2, 3), 4) == 0.6667
        assert isinstance(selection_rate(3, 7), float)
        try:
            selection_rate(1, 0)
        except ValueError:
            pass
        else:
            raise AssertionError("Without applicants there is no rate.")
        """,
        "",
    ),
    "test_impact_ratios": (
        'assert list(impact_ratios(log).columns) == ["rate", "ratio"], "Two columns, rate and ratio."',
        """
        groups = pd.Index(["east", "north", "south"], name="group")
        expected = pd.DataFrame({"rate": [0.375, 0.5, 0.25], "ratio": [0.75, 1.0, 0.5]}, index=groups)
        before = log.copy()
        pd.testing.assert_frame_equal(impact_ratios(log), expected, check_dtype=False, check_index_type=False)
        pd.testing.assert_frame_equal(log, before)
        other = pd.DataFrame({"group": ["x", "x", "y", "y"], "hired": [1, 1, 1, 0]})
        np.testing.assert_allclose(impact_ratios(other)["ratio"].to_numpy(), [1.0, 0.5])
        """,
        "",
    ),
    "test_flagged": (
        "found = sorted(flagged)",
        'assert found == ["east", "south"], "Two groups are under four fifths."\nassert len(found) == 2',
        "",
    ),
    "test_flagged_file": (
        'lines = Path("flagged.txt").read_text().split()',
        'assert lines == ["east", "south"], "One group a line."',
        "",
    ),
    "test_screener": (
        'held_back = people_like_those(seed=11)\npredicted = screener.predict(held_back[["experience", "skill"]])\n'
        "assert len(predicted) == len(held_back)",
        """
        truth = held_back["invited"].to_numpy()
        again = np.asarray(screener.predict(held_back[["experience", "skill"]]))
        assert (again == truth).mean() >= 0.9, "At least nine of ten must be right."
        """,
        "",
    ),
    "test_screener_score": (
        "",
        """
        unseen = people_like_those(seed=12)
        assert screener.score(unseen[["experience", "skill"]], unseen["invited"]) >= 0.9
        """,
        "",
    ),
    "test_applicant": (
        'ada = Applicant("Ada", 71)\nassert ada.stage() == "interview"\nassert ada == Applicant("Ada", 71)',
        """
        assert ada != Applicant("Ada", 20)
        assert Applicant("Ben", 20).stage() == "declined"
        assert isinstance(ada, Applicant)
        try:
            Applicant("Cleo", -1)
        except ScoreError as error:
            assert isinstance(error, ValueError)
        else:
            raise AssertionError("A score below zero is an error.")
        """,
        "",
    ),
    "test_sort_applicants": (
        'people = [("Ben", 20), ("Ada", 71)]\nassert sort_applicants(people) is None\nassert people[0] == ("Ada", 71)',
        """
        many = [("a", 3), ("b", 9), ("c", 5), ("d", 1)]
        sort_applicants(many)
        assert many == [("b", 9), ("c", 5), ("a", 3), ("d", 1)]
        assert len(many) == 4 and sum(score for _, score in many) == 18
        """,
        "",
    ),
    "test_summary": (
        "",
        """
        rate_is_right = abs(summary["rate"] - 0.375) < 0.001
        lowest_is_right = summary["lowest"] == "south"
        """,
        "float(0.5 * rate_is_right + 0.5 * lowest_is_right)",
    ),
}
_TESTS_OF = {
    "flagged": ("test_flagged", "test_flagged_file"),
    "screener": ("test_screener", "test_screener_score"),
}
SOLUTIONS = tuple(_SOLUTIONS)
TESTS_OF = {name: _TESTS_OF.get(name, (f"test_{name}",)) for name in SOLUTIONS}

_DATA = """
log = pd.read_csv("applicants.csv")

def people_like_those(seed, size=200):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"experience": rng.uniform(0, 20, size), "skill": rng.uniform(0, 100, size)})
    frame["invited"] = (5 * frame["experience"] + frame["skill"] > 100).astype(int)
    return frame

training = people_like_those(seed=7)
"""


def _text(source: str) -> str:
    return dedent(source).strip("\n")


def _nbgrader(grade_id: str, **kwargs: Any) -> dict[str, Any]:
    spec = {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False}
    return {"nbgrader": {**spec, "grade_id": grade_id, **kwargs}}


def code_lab() -> NotebookNode:
    """Make the instructor's version."""
    cells = [
        new_markdown_cell("# Screening in code"),
        new_code_cell(
            "from pathlib import Path\n\nimport numpy as np\nimport pandas as pd", metadata=_nbgrader("set_up")
        ),
        new_code_cell(_text(_DATA), metadata=_nbgrader("data")),
    ]
    for name, (given, body) in _SOLUTIONS.items():
        lines = f"### BEGIN SOLUTION\n# {SOLUTION_MARK}\n{_text(body)}\n### END SOLUTION"
        source = given + (indent(lines, "    ") if given.startswith("def") else lines)
        cells.append(new_code_cell(source, metadata=_nbgrader(name, solution=True, locked=False)))
        for test in TESTS_OF[name]:
            seen, hidden, value = _TESTS[test]
            mark = f'hidden_mark = "{HIDDEN_MARK}"'
            source = f"# Scored later.\n{seen}\n### BEGIN HIDDEN TESTS\n{mark}\n{_text(hidden)}\n### END HIDDEN TESTS"
            cells.append(
                new_code_cell(f"{source}\n{value}".strip(), metadata=_nbgrader(test, grade=True, points=POINTS[test]))
            )
    memo = _nbgrader("memo", grade=True, solution=True, locked=False, points=MANUAL["memo"])
    cells += [
        new_markdown_cell("## What would you tell the hiring manager?"),
        new_markdown_cell("Two groups are under four fifths; few people, so count again next month.", metadata=memo),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"code-lab-{number:02d}"
    return new_notebook(cells=cells, metadata={"kernelspec": _KERNEL})


_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@functools.cache
def _released() -> NotebookNode:
    from nbgrader.preprocessors import (
        ClearHiddenTests,
        ClearMarkScheme,
        ClearOutput,
        ClearSolutions,
        ComputeChecksums,
        LockCells,
    )

    nb = code_lab()
    # In the order of nbgrader's generate_assignment, without the steps that need a gradebook.
    for step in (LockCells, ClearSolutions, ClearOutput, ClearHiddenTests, ClearMarkScheme, ComputeChecksums):
        nb, _ = step().preprocess(nb, {})
    return nb


def released() -> NotebookNode:
    """Make what learners get: no solutions, no hidden tests."""
    return deepcopy(_released())


def cell_of(nb: NotebookNode, grade_id: str) -> NotebookNode:
    """Find a cell by its grade id."""
    return next(
        cell
        for cell in nb.cells
        if isinstance(spec := cell.metadata.get("nbgrader"), dict) and spec.get("grade_id") == grade_id
    )


def place_of(nb: NotebookNode, grade_id: str) -> int:
    """Find where a cell stands."""
    return nb.cells.index(cell_of(nb, grade_id))


def write_source(folder: Path) -> Path:
    """Write the lab into an nbgrader course's source folder and return that folder."""
    (folder / LAB).mkdir(parents=True)
    nbformat.write(code_lab(), folder / LAB / f"{LAB}.ipynb")
    for name, data in FILES.items():
        (folder / LAB / name).write_bytes(data)
    return folder


# Ways to answer


@dataclass(frozen=True)
class Way:
    """One way to answer a solution cell.

    Parameters
    ----------
    source : str
        The cell as the learner leaves it.
    earned : mapping of str to float
        Points it gets by a person's count, for the tests of this cell.
    nbgrader : mapping of str to float, optional
        What nbgrader 0.9.6 gives, where that differs.
    before : str
        A cell that the learner added before it, if any.
    """

    source: str
    earned: Mapping[str, float]
    nbgrader: Mapping[str, float] = field(default_factory=dict)
    before: str = ""


def _ways(name: str, sources: Mapping[str, str], **lost: Mapping[str, float]) -> dict[str, Way]:
    """Make ways that earn full points, but for what is said of them."""
    full = {test: POINTS[test] for test in TESTS_OF[name]}
    return {way: Way(_text(source), {**full, **lost.get(way, {})}) for way, source in sources.items()}


RIGHT: dict[str, dict[str, Way]] = {
    "selection_rate": _ways(
        "selection_rate",
        {
            "plain": """
            def selection_rate(selected, applicants):
                if applicants <= 0:
                    raise ValueError("nobody applied")
                return selected / applicants
            """,
            "lambda": """
            def refuse():
                raise ValueError("nobody applied")
            selection_rate = lambda selected, applicants: selected / applicants if applicants else refuse()
            """,
            "partial": """
            from functools import partial
            def rate(smallest, selected, applicants):
                if applicants < smallest:
                    raise ValueError("nobody applied")
                return selected / applicants
            selection_rate = partial(rate, 1)
            """,
            "numpy_float": """
            def selection_rate(selected, applicants):
                if not applicants:
                    raise ValueError("nobody applied")
                return np.float64(selected) / applicants
            """,
            "callable_object": """
            class Rate:
                def __call__(self, selected, applicants):
                    if applicants == 0:
                        raise ValueError("nobody applied")
                    return selected / applicants
            selection_rate = Rate()
            """,
            "decorated": """
            from functools import lru_cache
            @lru_cache
            def selection_rate(selected: int, applicants: int) -> float:
                '''Share of the selected.'''
                if applicants < 1:
                    raise ValueError("nobody applied")
                return selected / applicants
            """,
            "closure": """
            def make_rate(message):
                def rate(selected, applicants):
                    try:
                        return selected / applicants
                    except ZeroDivisionError:
                        raise ValueError(message) from None
                return rate
            selection_rate = make_rate("nobody applied")
            """,
        },
    ),
    "impact_ratios": _ways(
        "impact_ratios",
        {
            "groupby": """
            def impact_ratios(log):
                rates = log.groupby("group")["hired"].mean()
                return pd.DataFrame({"rate": rates, "ratio": rates / rates.max()})
            """,
            "loop": """
            def impact_ratios(log):
                rows = {}
                for group in sorted(set(log["group"])):
                    hired = log.loc[log["group"] == group, "hired"]
                    rows[group] = sum(hired) / len(hired)
                best = max(rows.values())
                index = pd.Index(list(rows), name="group")
                return pd.DataFrame({"rate": rows.values(), "ratio": [r / best for r in rows.values()]}, index=index)
            """,
            "named_aggregation": """
            def impact_ratios(log):
                out = log.groupby("group").agg(rate=("hired", "mean"))
                out["ratio"] = out["rate"] / out["rate"].max()
                return out
            """,
            "pivot": """
            def impact_ratios(log):
                out = log.pivot_table(index="group", values="hired", aggfunc="mean").rename(columns={"hired": "rate"})
                return out.assign(ratio=lambda frame: frame["rate"].div(frame["rate"].max()))
            """,
        },
    ),
    "flagged": _ways(
        "flagged",
        {
            "list": """
            flagged = ["east", "south"]
            Path("flagged.txt").write_text("east\\nsouth\\n")
            """,
            "tuple": """
            rates = log.groupby("group")["hired"].mean()
            flagged = tuple(g for g, r in rates.items() if r / rates.max() < 0.8)
            with open("flagged.txt", "w") as file:
                print(*flagged, sep="\\n", file=file)
            """,
            "set": """
            flagged = {"south", "east"}
            Path("flagged.txt").write_text("\\n".join(sorted(flagged)))
            """,
            "generator": """
            flagged = (group for group in ("south", "east"))
            Path("flagged.txt").write_text("east\\nsouth")
            """,
            "pandas_index": """
            rates = log.groupby("group")["hired"].mean()
            flagged = rates.index[rates < 0.8 * rates.max()]
            flagged.to_series().to_csv("flagged.txt", index=False, header=False)
            """,
            "sorted_array": """
            flagged = np.array(["south", "east"])
            flagged.sort()
            np.savetxt("flagged.txt", flagged, fmt="%s")
            """,
            "filled_in_place": """
            flagged = []
            for group, hired in log.groupby("group")["hired"]:
                if hired.mean() < 0.4:
                    flagged.append(group)
            Path("flagged.txt").write_text("\\n".join(flagged))
            """,
        },
    ),
    "screener": _ways(
        "screener",
        {
            "pipeline": """
            from sklearn.linear_model import LogisticRegression
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler
            screener = make_pipeline(StandardScaler(), LogisticRegression())
            screener.fit(training[["experience", "skill"]], training["invited"])
            """,
            "tree": """
            from sklearn.tree import DecisionTreeClassifier
            more = people_like_those(seed=70, size=4000)
            screener = DecisionTreeClassifier(random_state=0).fit(more[["experience", "skill"]], more["invited"])
            """,
            "bare_regression": """
            from sklearn.linear_model import LogisticRegression
            screener = LogisticRegression(max_iter=1000)
            screener = screener.fit(training[["experience", "skill"]], training["invited"])
            """,
            "own_estimator": """
            from sklearn.base import BaseEstimator, ClassifierMixin
            class Rule(ClassifierMixin, BaseEstimator):
                def fit(self, X, y):
                    self.classes_ = np.unique(y)
                    return self
                def predict(self, X):
                    return (5 * X["experience"] + X["skill"] > 100).astype(int).to_numpy()
            screener = Rule().fit(training[["experience", "skill"]], training["invited"])
            """,
        },
    ),
    "applicant": _ways(
        "applicant",
        {
            "class": """
            class ScoreError(ValueError):
                pass
            class Applicant:
                def __init__(self, name, score):
                    if score < 0:
                        raise ScoreError(name)
                    self.name = name
                    self.score = score
                def stage(self):
                    return "interview" if self.score >= 50 else "declined"
                def __eq__(self, other):
                    return self.name == other.name and self.score == other.score
            """,
            "dataclass": """
            from dataclasses import dataclass
            class ScoreError(ValueError):
                '''A score that cannot be.'''
            @dataclass(frozen=True)
            class Applicant:
                name: str
                score: int
                def __post_init__(self):
                    if self.score < 0:
                        raise ScoreError(f"{self.score} is below zero")
                def stage(self):
                    return ("declined", "interview")[self.score >= 50]
            """,
            "slots_and_property": """
            class ScoreError(ValueError):
                def __init__(self, name, score):
                    super().__init__(f"{name}: {score}")
                    self.score = score
            class Person:
                __slots__ = ("name", "_score")
                def __init__(self, name, score):
                    self.name, self.score = name, score
                @property
                def score(self):
                    return self._score
                @score.setter
                def score(self, value):
                    if value < 0:
                        raise ScoreError(self.name, value)
                    self._score = value
            class Applicant(Person):
                __slots__ = ()
                def stage(self):
                    return "interview" if self.score >= 50 else "declined"
                def __eq__(self, other):
                    if not isinstance(other, Applicant):
                        return NotImplemented
                    return (self.name, self.score) == (other.name, other.score)
                def __hash__(self):
                    return hash(self.name)
            """,
            "named_tuple": """
            from collections import namedtuple
            class ScoreError(ValueError): ...
            class Applicant(namedtuple("Base", "name score")):
                def __new__(cls, name, score):
                    if score < 0:
                        raise ScoreError()
                    return super().__new__(cls, name, score)
                def stage(self):
                    return "interview" if self.score >= 50 else "declined"
            """,
        },
    ),
    "sort_applicants": _ways(
        "sort_applicants",
        {
            "key": """
            def sort_applicants(people):
                people.sort(key=lambda person: person[1], reverse=True)
            """,
            "slice": """
            def sort_applicants(people):
                people[:] = sorted(people, key=lambda person: -person[1])
            """,
            "bubbles": """
            def sort_applicants(people):
                for end in range(len(people), 1, -1):
                    for i in range(end - 1):
                        if people[i][1] < people[i + 1][1]:
                            people[i], people[i + 1] = people[i + 1], people[i]
            """,
            "pop_and_append": """
            def sort_applicants(people):
                left = [people.pop() for _ in range(len(people))]
                while left:
                    best = max(left, key=lambda person: person[1])
                    left.remove(best)
                    people.append(best)
            """,
        },
    ),
    "summary": _ways(
        "summary",
        {
            "dict": """
            summary = {"rate": 0.375, "lowest": "south"}
            """,
            "numpy_values": """
            rates = log.groupby("group")["hired"].mean()
            summary = {"rate": log["hired"].mean(), "lowest": np.str_(rates.idxmin())}
            """,
            "ordered": """
            from collections import OrderedDict
            summary = OrderedDict(rate=15 / 40)
            summary["lowest"] = "south"
            """,
            "series": """
            summary = pd.Series({"rate": 0.375, "lowest": "south"})
            """,
            "by_a_function": """
            def summarise(frame):
                rates = frame.groupby("group")["hired"].mean()
                return {"rate": frame["hired"].mean(), "lowest": rates.sort_values().index[0], "groups": len(rates)}
            summary = summarise(log)
            """,
        },
    ),
}

WRONG: dict[str, dict[str, Way]] = {
    "selection_rate": _ways(
        "selection_rate",
        {
            "upside_down": "def selection_rate(selected, applicants):\n    return applicants / max(selected, 1)",
            "percent": "def selection_rate(selected, applicants):\n    return 100 * selected / applicants",
            "no_error": "def selection_rate(selected, applicants):\n    return selected / applicants",
            "whole_numbers": "def selection_rate(selected, applicants):\n    return selected // (applicants or 1)",
        },
        **{key: {"test_selection_rate": 0.0} for key in ("upside_down", "percent", "no_error", "whole_numbers")},
    ),
    "impact_ratios": _ways(
        "impact_ratios",
        {
            "to_the_mean": """
            def impact_ratios(log):
                rates = log.groupby("group")["hired"].mean()
                return pd.DataFrame({"rate": rates, "ratio": rates / rates.mean()})
            """,
            "series": """
            def impact_ratios(log):
                return log.groupby("group")["hired"].mean()
            """,
            "changes_the_log": """
            def impact_ratios(log):
                log["rate"] = log.groupby("group")["hired"].transform("mean")
                out = log.groupby("group")[["rate"]].first()
                return out.assign(ratio=out["rate"] / out["rate"].max())
            """,
        },
        **{key: {"test_impact_ratios": 0.0} for key in ("to_the_mean", "series")},
        # The visible line changes the log before the hidden test copies it: the test does not notice.
        changes_the_log={"test_impact_ratios": 1.0},
    ),
    "flagged": _ways(
        "flagged",
        {
            "all": 'flagged = ["east", "north", "south"]\nPath("flagged.txt").write_text("\\n".join(flagged))',
            "no_file": 'flagged = ["south", "east"]',
            "only_the_file": 'Path("flagged.txt").write_text("east\\nsouth")',
            "none": "flagged = None",
        },
        all={"test_flagged": 0.0, "test_flagged_file": 0.0},
        none={"test_flagged": 0.0, "test_flagged_file": 0.0},
        no_file={"test_flagged_file": 0.0},
        only_the_file={"test_flagged": 0.0},
    ),
    "screener": _ways(
        "screener",
        {
            "always_yes": """
            from sklearn.dummy import DummyClassifier
            screener = DummyClassifier(strategy="constant", constant=1)
            screener.fit(training[["experience", "skill"]], training["invited"])
            """,
            "never_fitted": """
            from sklearn.linear_model import LogisticRegression
            screener = LogisticRegression()
            """,
            "no_score_method": """
            class Rule:
                def predict(self, X):
                    return [int(5 * e + s > 100) for e, s in zip(X["experience"], X["skill"])]
            screener = Rule()
            """,
        },
        always_yes={"test_screener": 0.0, "test_screener_score": 0.0},
        never_fitted={"test_screener": 0.0, "test_screener_score": 0.0},
        no_score_method={"test_screener_score": 0.0},
    ),
    "applicant": _ways(
        "applicant",
        {
            "no_equality": """
            class ScoreError(ValueError):
                pass
            class Applicant:
                def __init__(self, name, score):
                    if score < 0:
                        raise ScoreError(name)
                    self.score = score
                def stage(self):
                    return "interview" if self.score >= 50 else "declined"
            """,
            "no_error": """
            from dataclasses import dataclass
            class ScoreError(ValueError):
                pass
            @dataclass
            class Applicant:
                name: str
                score: int
                def stage(self):
                    return "interview" if self.score >= 50 else "declined"
            """,
        },
        **{key: {"test_applicant": 0.0} for key in ("no_equality", "no_error")},
    ),
    "sort_applicants": _ways(
        "sort_applicants",
        {
            "new_list": "def sort_applicants(people):\n    return sorted(people, key=lambda person: -person[1])",
            "lowest_first": "def sort_applicants(people):\n    people.sort(key=lambda person: person[1])",
        },
        **{key: {"test_sort_applicants": 0.0} for key in ("new_list", "lowest_first")},
    ),
    "summary": _ways(
        "summary",
        {
            "half_the_rate": 'summary = {"rate": log["hired"].mean(), "lowest": "east"}',
            "half_the_group": 'summary = {"rate": 37.5, "lowest": "south"}',
            "neither": 'summary = {"rate": -1.0, "lowest": None}',
        },
        half_the_rate={"test_summary": 0.5},
        half_the_group={"test_summary": 0.5},
        neither={"test_summary": 0.0},
    ),
}
BEST = {name: next(iter(ways.values())) for name, ways in RIGHT.items()}


@dataclass(frozen=True)
class Submission:
    """A submission and what it is worth.

    Parameters
    ----------
    learner : str
        Who handed it in.
    nb : NotebookNode
        The notebook.
    expected : mapping of str to float
        Grade id -> automatic points by a person's count.
    nbgrader : mapping of str to float
        The same as nbgrader 0.9.6 counts it.
    """

    learner: str
    nb: NotebookNode
    expected: Mapping[str, float]
    nbgrader: Mapping[str, float]


def submission(
    ways: Mapping[str, Way], *, learner: str = "ada", memo: str = "", note: str = "", first: Iterable[str] = ()
) -> Submission:
    """Put a submission together.

    Parameters
    ----------
    ways : mapping of str to Way
        Solution cell -> how it is answered; cells that are not named stay as released and earn nothing.
    learner : str
        Who hands it in.
    memo : str
        The paragraph for the person; "" leaves it as released.
    note : str
        A comment that goes into each answered cell.
    first : iterable of str
        Cells that the learner added after the title.
    """
    nb, expected, strict = released(), dict(EMPTY), dict(EMPTY)
    for name, way in ways.items():
        cell_of(nb, name).source = f"# {note}\n{way.source}" if note else way.source
        if way.before:
            nb.cells.insert(place_of(nb, name), new_code_cell(way.before))
        expected.update(way.earned)
        strict.update({**way.earned, **way.nbgrader})
    if memo:
        cell_of(nb, "memo").source = memo
    nb.cells[1:1] = [new_code_cell(source) for source in first]
    return Submission(learner, nb, expected, strict)


def _warning(name: str) -> Way:
    """Answer right, and warn whenever the answer is used: on stderr, which is a zero to nbgrader."""
    warn = "import warnings\nwarnings.warn('think twice', stacklevel=1)"
    source = BEST[name].source
    if source.startswith("def"):  # warns inside the test cells, where nbgrader takes it for a failure
        head, rest = source.split("\n", 1)
        return Way(f"{head}\n{indent(warn, '    ')}\n{rest}", BEST[name].earned, dict.fromkeys(TESTS_OF[name], 0.0))
    return Way(f"{warn}\n{source}", BEST[name].earned)


HONEST = ("perfect", "half", "warns", "raises", "untouched")


def honest(name: str) -> Submission:
    """Make an honest submission.

    Parameters
    ----------
    name : str
        One of `HONEST`, or ``"solution/way"`` from `RIGHT`, with all else right, or ``"added_cells"`` (each answer
        is computed in a cell that the learner added) or ``"one_cell"`` (all of them in the first solution cell).
    """
    if name == "perfect":
        return submission(BEST, memo="I would count again.")
    if name == "half":  # 2 + 0 + 1 + 0 + 1 + 0 + 0 + 1 + 0.5
        wrong = {
            "impact_ratios": WRONG["impact_ratios"]["to_the_mean"],
            "flagged": WRONG["flagged"]["no_file"],
            "screener": WRONG["screener"]["no_score_method"],
            "applicant": WRONG["applicant"]["no_error"],
            "summary": WRONG["summary"]["half_the_rate"],
        }
        return submission({**BEST, **wrong})
    if name == "warns":
        return submission({solution: _warning(solution) for solution in SOLUTIONS})
    if name == "raises":  # three cells stop before they answer; the others are right
        broken = {
            "flagged": Way("raise RuntimeError('not done')", {}),
            "applicant": Way("class Applicant:\n    name = undefined_name", {}),
            "summary": Way("summary = {'rate': 0.375\n", {}),
        }
        return submission({**BEST, **broken})
    if name == "untouched":
        return submission({})
    if name == "added_cells":
        moved = {key: Way("# See the cell above.", way.earned, before=way.source) for key, way in BEST.items()}
        return submission(moved)
    if name == "one_cell":
        everything = Way("\n".join(way.source for way in BEST.values()), BEST["selection_rate"].earned)
        rest = {key: Way("# See the first one.", way.earned) for key, way in BEST.items()}
        return submission({**rest, "selection_rate": everything})
    solution, way = name.split("/")
    return submission({**BEST, solution: RIGHT[solution][way]})


STYLES = ("added_cells", "one_cell", *(f"{solution}/{way}" for solution, ways in RIGHT.items() for way in ways))


def cohort(n: int, seed: int = 0) -> list[Submission]:
    """Make n submissions, no two alike, most answers right, some wrong or missing; the same seed, the same ones."""
    rng = random.Random(seed)
    made = []
    for number in range(n):
        ways = {}
        for solution in SOLUTIONS:
            kind = rng.choices((RIGHT, WRONG, None), weights=(70, 22, 8))[0]
            if kind is not None:
                ways[solution] = kind[solution][rng.choice(list(kind[solution]))]
        memo = rng.choice(("", "Two groups are low.", "Few people: count again.")) and f"My view, {number}: few people."
        made.append(submission(ways, learner=f"learner{number:04d}", memo=memo, note=f"answer {number:04d}"))
    return made
