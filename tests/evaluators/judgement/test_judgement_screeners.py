"""Screeners: what one is, what each misbehaving one is told, and the process in which one runs."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from evaluators._validation import ColumnError
from evaluators.errors import LabError
from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.screener._code import find_screener, split_spec
from evaluators.judgement.screener.run import ScreenerRun, run_screener
from evaluators.judgement.screener.screeners import resumes_of, score_items, scored

TABLE = pd.DataFrame(
    {"cv": ["a", "b", "c", "d"], "years": [3, 10, 7, 1], "first": ["Ada", "Ben", "Cleo", "Dan"], "old": [0, 1, 1, 0]}
)
SEEN = TABLE[["years"]]


def asked(screener: Any, table: pd.DataFrame = TABLE) -> dict[Any, float]:
    return dict(score_items(screener, table, item="cv").to_dict())


def refused(screener: Any, table: pd.DataFrame = TABLE) -> ScreenerError:
    with pytest.raises(ScreenerError) as caught:
        score_items(screener, table, item="cv")
    return caught.value


# What a screener is.


def test_a_function_gets_one_resume_as_plain_values_without_what_is_withheld() -> None:
    got: list[dict[str, Any]] = []
    table = TABLE.assign(since=pd.to_datetime(["2026-03-31", None, "2026-01-01", None]), big=[1.5, np.nan, 2, 3])

    def score(resume: dict[str, Any]) -> float:
        got.append(resume)
        return float(resume["years"])

    found = score_items(score, table, item="cv", withheld=["first"])
    assert found.to_dict() == {"a": 3.0, "b": 10.0, "c": 7.0, "d": 1.0}
    assert (found.index.name, found.dtype) == ("cv", np.float64)
    assert got[0] == {"years": 3, "old": 0, "since": "2026-03-31T00:00:00", "big": 1.5}
    assert got[1] == {"years": 10, "old": 1, "since": None, "big": None}
    assert json.dumps(got)  # nothing of numpy or pandas is left
    assert type(got[0]["years"]) is int


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (1, 1.0),
        (True, 1.0),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (np.bool_(False), 0.0),
        (np.array(2.5), 2.5),
        (Decimal("0.25"), 0.25),
        (1e-300, 1e-300),
        (0.1 + 0.2, 0.3),  # 12 digits: sums in another order give the same score
    ],
)
def test_numbers_of_any_kind_are_scores(answer: Any, value: float) -> None:
    assert set(asked(lambda resume: answer).values()) == {value}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(None, "gave None for a", id="none"),
        pytest.param("0.7", "gave the text '0.7' for a", id="text"),
        pytest.param(float("nan"), "gave nan for a", id="nan"),
        pytest.param(np.inf, "gave inf for a", id="infinite"),
        pytest.param(np.array([1.0]), "ndarray of the shape (1,) for a", id="array"),
        pytest.param([1, 2], "list of 2 for a", id="list"),
        pytest.param(pd.NA, "gave NAType", id="pandas-na"),
        pytest.param(1j, "gave complex", id="complex"),
        pytest.param({"score": 1}, "gave dict", id="dict"),
    ],
)
def test_what_is_no_number_is_said_with_the_resume(answer: Any, said: str) -> None:
    assert said in refused(lambda resume: answer).problem


def test_the_resume_line_and_columns_of_a_failure_are_told() -> None:
    def score(resume: dict[str, Any]) -> float:
        return 1.0 if resume["years"] > 2 else helper(resume)

    def helper(resume: dict[str, Any]) -> float:
        return float(resume["salary"])  # the line

    found = refused(score)
    assert found.problem == "The screener failed on d: KeyError: 'salary'."
    line = Path(__file__).read_text("utf-8").splitlines().index('        return float(resume["salary"])  # the line')
    assert f"test_judgement_screeners.py, line {line + 1}, in helper" in found.hint
    assert "It was shown: years, first, old." in found.hint


class Scorer:
    def score(self, resume: dict[str, Any]) -> float:
        return 1.0


async def later(resume: dict[str, Any]) -> float:
    await asyncio.sleep(0)
    return 1.0


def no_argument() -> float:
    return 1.0


def by_name_only(resume: dict[str, Any], *, job: str) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("screener", "said", "hint"),
    [
        pytest.param(Scorer, "Scorer is a class", "Scorer(…)", id="class"),
        pytest.param(LogisticRegression, "LogisticRegression is a class", "train", id="estimator-class"),
        pytest.param(Scorer(), "A Scorer gives no scores", "my_pkg:screener.score", id="method"),
        pytest.param(3, "A int gives no scores", "a function", id="number"),
        pytest.param(later, "async", "asyncio.run", id="coroutine"),
        pytest.param(lambda resume, job: 1.0, "needs 2 arguments: resume, job", "one résumé", id="two-arguments"),
        pytest.param(by_name_only, "needs 2 arguments: resume, job", "one résumé", id="keyword-only"),
        pytest.param(no_argument, "takes no argument", "one résumé", id="no-argument"),
        pytest.param(LogisticRegression(), "a LogisticRegression, has not been trained", "fit", id="unfitted"),
        pytest.param(make_pipeline(StandardScaler(), LinearSVC()), "has not been trained", "fit", id="unfitted-pipe"),
    ],
)
def test_what_is_no_screener_is_told_what_to_do(screener: Any, said: str, hint: str) -> None:
    found = refused(screener)
    assert said in found.problem
    assert hint in found.hint


def test_a_method_and_a_function_with_defaults_are_screeners() -> None:
    assert asked(Scorer().score)["a"] == 1.0
    assert asked(lambda resume, weight=2: weight * resume["years"])["b"] == 20.0


def test_an_error_that_cannot_say_what_it_is() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    def score(resume: dict[str, Any]) -> float:
        raise MuteError

    assert refused(score).problem == "The screener failed on a: MuteError."


# Estimators: scikit-learn's own answers are what is expected.


def test_of_an_estimator_the_chance_of_the_highest_class_counts() -> None:
    model = LogisticRegression().fit(SEEN, TABLE["old"])
    expected = model.predict_proba(SEEN)[:, 1]
    found = score_items(model, TABLE, item="cv", withheld=["first", "old"])
    assert found.tolist() == pytest.approx(expected.tolist(), rel=1e-11)
    three = LogisticRegression().fit(SEEN, [2, 9, 5, 2])
    expected = three.predict_proba(SEEN)[:, 2]
    assert list(three.classes_) == [2, 5, 9]
    assert list(asked(three, TABLE[["cv", "years"]]).values()) == pytest.approx(expected.tolist(), rel=1e-11)


def test_then_the_decision_function_then_predict() -> None:
    svc = LinearSVC().fit(SEEN, TABLE["old"] == 1)
    expected = svc.decision_function(SEEN).tolist()
    assert list(asked(svc, TABLE[["cv", "years"]]).values()) == pytest.approx(expected, rel=1e-11)
    line = LinearRegression().fit(SEEN, TABLE["years"] * 2.0)
    assert list(asked(line, TABLE[["cv", "years"]]).values()) == pytest.approx([6, 20, 14, 2])


class Fixed:
    """An estimator that answers what it is told to."""

    def __init__(self, answer: Callable[[pd.DataFrame], Any]) -> None:
        self.answer = answer

    def predict(self, frame: pd.DataFrame) -> Any:
        return self.answer(frame)


@pytest.mark.parametrize(
    ("screener", "said"),
    [
        pytest.param(LogisticRegression().fit(SEEN, ["no", "yes", "yes", "no"]), "classes are words", id="words"),
        pytest.param(Fixed(lambda frame: [1, 2, 3]), "shape (3,) for 4 résumés", id="too-few"),
        pytest.param(Fixed(lambda frame: [["x"] for _ in frame.index]), "gives 'x', no numbers", id="texts"),
        pytest.param(Fixed(lambda frame: np.ones((4, 2))), "shape (4, 2) for 4 résumés", id="two-columns"),
        pytest.param(Fixed(lambda frame: [1, 2, np.nan, 4]), "gave nan for c", id="nan"),
        pytest.param(Fixed(lambda frame: 1 / 0), "failed on a: ZeroDivisionError", id="always"),
        pytest.param(Fixed(lambda frame: frame["pay"]), "failed on a: KeyError: 'pay'", id="column"),
    ],
)
def test_estimators_that_misbehave(screener: Any, said: str) -> None:
    assert said in refused(screener, TABLE[["cv", "years"]]).problem


def test_the_resume_at_which_an_estimator_fails_is_found() -> None:
    def answer(frame: pd.DataFrame) -> Any:
        if (frame["years"] == 7).any():
            raise ValueError("seven")
        return frame["years"]

    assert refused(Fixed(answer)).problem == "The screener failed on c: ValueError: seven."

    def together(frame: pd.DataFrame) -> Any:
        if len(frame) > 1:
            raise ValueError("crowd")
        return frame["years"]

    assert "4 résumés at once, though on none of them alone" in refused(Fixed(together)).problem


def test_one_class_only() -> None:
    class One(Fixed):
        classes_ = np.array([1])

        def predict_proba(self, frame: pd.DataFrame) -> Any:
            return np.ones((len(frame), 1))

    assert "one class only: 1" in refused(One(lambda frame: frame)).problem


# The table.


@pytest.mark.parametrize(
    ("table", "withheld", "said"),
    [
        pytest.param(TABLE.assign(cv=list("abca")), [], "a stands in the table twice", id="twice"),
        pytest.param(TABLE[["cv", "years"]], ["years"], "No column is left", id="nothing-to-see"),
        pytest.param(TABLE.head(0), [], "There are no résumés", id="no-rows"),
    ],
)
def test_tables_that_cannot_be_scored(table: pd.DataFrame, withheld: list[str], said: str) -> None:
    with pytest.raises(ScreenerError, match=said):
        score_items(lambda resume: 1.0, table, item="cv", withheld=withheld)


@pytest.mark.parametrize(("item", "withheld"), [("nr", []), ("cv", ["sex"])])
def test_columns_that_are_not_there(item: str, withheld: list[str]) -> None:
    with pytest.raises(ColumnError):
        score_items(lambda resume: 1.0, TABLE, item=item, withheld=withheld)


def test_any_table_will_do() -> None:
    pl = pytest.importorskip("polars")
    assert asked(lambda resume: resume["years"], pl.from_dict(TABLE.to_dict("list"))) == asked(lambda r: r["years"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_resumes_changes_no_score(years: list[int], random: Any) -> None:
    table = pd.DataFrame({"cv": [f"r{place}" for place in range(len(years))], "years": years})
    shuffled = table.iloc[random.sample(range(len(years)), len(years))]

    def score(resume: dict[str, Any]) -> float:
        return float(resume["years"] ** 0.5)

    assert asked(score, table) == asked(score, shuffled)


def test_what_is_odd_is_noted_and_changes_no_score() -> None:
    scores, notes = scored(lambda resume: resume.pop("years"), SEEN, list("abcd"), again=4)
    assert scores == [3.0, 10.0, 7.0, 1.0]
    assert len(notes) == 1
    assert "changes the résumé that it is given (a first)" in notes[0]
    calls: list[int] = []

    def counts(resume: dict[str, Any]) -> float:
        calls.append(1)
        return float(len(calls))

    scores, notes = scored(counts, SEEN, list("abcd"), again=2)
    assert scores == [1.0, 2.0, 3.0, 4.0]
    assert "another score for 2 of 2 résumés: a got 1, then 6" in notes[0]  # b is asked fifth, a sixth
    assert scored(lambda resume: resume["years"], SEEN, list("abcd"), again=10)[1] == ()


def test_lists_and_categories_arrive_as_they_are() -> None:
    table = pd.DataFrame({"skills": [["sql", "r"], None], "job": pd.Categorical(["x", None])})
    assert resumes_of(table) == [{"skills": ["sql", "r"], "job": "x"}, {"skills": None, "job": None}]


# Names of screeners.


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("screener", "does not say which module"),
        ("screener:", "does not say which module"),
        (":score", "does not say which module"),
        ("my pkg:score", "neither a module nor a file"),
        ("screener.py:2nd", "is no name"),
        ("model.joblib", "is a stored model"),
        ("model.PKL:x", "is a stored model"),
        (r"C:\screener.py", "does not say which module"),
    ],
)
def test_names_that_name_nothing(spec: str, said: str) -> None:
    with pytest.raises(ScreenerError, match=said):
        split_spec(spec)


def test_a_file_of_windows_is_a_file() -> None:
    assert split_spec(r"C:\tools\screener.py:score") == (r"C:\tools\screener.py", "score")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to import from; sys.path and sys.modules are as before afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield tmp_path  # type: ignore[misc]
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "spec", "said", "hint"),
    [
        pytest.param("", "b_nowhere:score", "There is no module 'b_nowhere'", "b_mine.py", id="no-module"),
        pytest.param("", "b_no.where:score", "There is no module 'b_no.where'", "b_mine.py", id="no-package"),
        pytest.param("", "b_nowhere.py:score", "There is no file b_nowhere.py", "looked for", id="no-file"),
        pytest.param("def score(r): ...", "b_mine:scroe", "b_mine has no 'scroe'", "'score'?", id="misspelt"),
        pytest.param("import b_lacking", "b_mine:score", "imports 'b_lacking', which is not", "pip", id="lacking"),
        pytest.param("x = 1\ny = x / 0", "b_mine.py:y", "ZeroDivisionError", "b_mine.py, line 2", id="raises"),
        pytest.param("def score(r)\n  pass", "b_mine:score", "SyntaxError", "b_mine.py, line 1", id="syntax"),
        pytest.param("", "json:score", "json was already there", "json.py:score", id="shadowed"),
    ],
)
def test_screeners_that_cannot_be_imported(here: Path, text: str, spec: str, said: str, hint: str) -> None:
    (here / "b_mine.py").write_text(text, "utf-8")
    (here / "json.py").write_text("def score(r): return 1", "utf-8")
    with pytest.raises(ScreenerError) as caught:
        find_screener(spec, here)
    assert said in caught.value.problem
    assert hint in caught.value.hint


def test_modules_files_and_dotted_names_are_found(here: Path) -> None:
    (here / "b_pkg").mkdir()
    (here / "b_pkg" / "__init__.py").write_text("", "utf-8")
    (here / "b_pkg" / "mine.py").write_text("class M:\n  score = 3\nmodel = M()\n", "utf-8")
    (here / "json.py").write_text("score = 5", "utf-8")
    assert find_screener("b_pkg.mine:model.score", here) == 3
    assert find_screener("b_pkg/mine.py:M.score", here) == 3
    assert find_screener("json.py:score", here) == 5
    assert json.loads("[1]") == [1]  # and Python's own is as it was


# The process. One file of screeners, one process a test.

SCREENERS = """
import os, sys, time

def good(resume):
    print("x" * 3_000_000)
    print('{"scores": [9, 9, 9, 9]}')
    print("last words")
    resume["years"] += 0
    return resume["years"] / 10

def forks(resume):
    os.fork()
    return resume["years"]

def never(resume):
    while True:
        time.sleep(0.01)

def exits(resume):
    sys.exit(3) if resume["years"] == 7 else 1
    return 1

def quits(resume):
    os._exit(0)

def asks(resume):
    return input("Which score? ")
"""


def run(folder: Path, spec: str, **settings: Any) -> ScreenerRun:
    (folder / "b_screeners.py").write_text(SCREENERS, "utf-8")
    return run_screener(spec, TABLE, item="cv", withheld=["first", "old"], folder=folder, **settings)


def failed(folder: Path, spec: str, **settings: Any) -> LabError:
    with pytest.raises(ScreenerError) as caught:
        run(folder, spec, **settings)
    return caught.value


def test_a_run_tells_scores_and_what_was_seen_and_printing_spoils_nothing(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise ImportError('mine')", "utf-8")  # replaces nothing of Python's
    found = run(tmp_path, "b_screeners:good")
    assert found.scores.to_dict() == {"a": 0.3, "b": 1.0, "c": 0.7, "d": 0.1}
    assert (found.how, found.columns, found.withheld) == ("call", ("years",), ("cv", "first", "old"))
    assert found.notes == ()
    assert found.printed.endswith("last words")
    assert len(found.printed) < 2000
    assert 0 <= found.import_seconds <= found.seconds
    assert "It could see: years. Withheld: cv, first, old." in found.summary()
    assert "do not show that a screener works" in found.summary()
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["scores"]["c"] == 0.7
    assert found.to_frame()["cv"].tolist() == list("abcd")
    assert found.chart().to_dict()["description"] == found.summary()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_copy_of_the_process_answers_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "b_screeners.py:forks", again=0).scores.tolist() == [3.0, 10.0, 7.0, 1.0]


def test_one_that_never_returns_is_ended(tmp_path: Path) -> None:
    found = failed(tmp_path, "b_screeners:never", timeout_s=0.5)
    assert "not done after 0.5 seconds and was ended at a, 1 of 4" in found.problem
    assert found.argument == "timeout_s"


def test_one_that_ends_its_process_is_told_so(tmp_path: Path) -> None:
    found = failed(tmp_path, "b_screeners:exits")
    assert found.problem == "The screener ended its process while it scored c: sys.exit(3)."
    assert "b_screeners.py, line " in found.hint


@pytest.mark.slow
def test_one_that_asks_gets_no_answer(tmp_path: Path) -> None:
    found = failed(tmp_path, "b_screeners:asks")
    assert "failed on a: EOFError" in found.problem
    assert "It printed last:\nWhich score?" in found.hint
    assert "by itself, with exit code 0, at a, 1 of 4" in failed(tmp_path, "b_screeners:quits").problem


def test_settings_that_make_no_sense_start_nothing(tmp_path: Path) -> None:
    for settings_, said in [({"timeout_s": 0}, "limit is 0"), ({"again": -1}, "cannot be scored again")]:
        assert said in failed(tmp_path, "b_screeners:good", **settings_).problem
    with pytest.raises(ScreenerError, match="There is no folder"):
        run_screener("a:b", TABLE, item="cv", folder=tmp_path / "nowhere")
    mixed = TABLE.assign(years=[1, "two", 3, 4])
    with pytest.raises(ScreenerError, match="'years' cannot be passed on"):
        run_screener("a:b", mixed, item="cv", folder=tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_the_parent_is_ended(tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "b_lives.py").write_text(
        "import os, subprocess, time\n"
        "def score(resume):\n"
        "    other = subprocess.Popen(['sleep', '600'])\n"
        "    open('pids', 'w').write(f'{os.getpid()} {other.pid} ')\n"
        "    time.sleep(600)\n",
        "utf-8",
    )
    program = (
        "import pandas as pd; from evaluators.judgement.screener.run import run_screener; "
        f"run_screener('b_lives:score', pd.DataFrame({{'cv': ['a'], 'n': [1]}}), item='cv', folder={str(tmp_path)!r})"
    )
    (tmp_path / "temporary").mkdir()
    settings_ = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    parent = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL, env=settings_)
    pids = tmp_path / "pids"
    latest = time.monotonic() + 60
    while not (pids.exists() and pids.read_text().endswith(" ")) and time.monotonic() < latest:
        time.sleep(0.05)
    started = [int(word) for word in pids.read_text().split()]
    parent.send_signal(how)
    parent.wait(30)
    latest = time.monotonic() + 30
    while any(map(alive, started)) and time.monotonic() < latest:
        time.sleep(0.05)
    assert not any(map(alive, started))
    assert list((tmp_path / "temporary").iterdir()) == []


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has asked for its end yet does not."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_a_slow_import_and_a_crash_are_told(tmp_path: Path) -> None:
    (tmp_path / "b_slow.py").write_text("import time\ntime.sleep(60)\n", "utf-8")
    found = failed(tmp_path, "b_slow:score", timeout_s=1)
    assert "was ended while it was imported" in found.problem
    assert "store the model and load it" in found.hint
    (tmp_path / "b_crash.py").write_text("import os\ndef score(resume):\n    os.abort()\n", "utf-8")
    if sys.platform != "win32":
        assert "by the signal SIGABRT, at a, 1 of 4" in failed(tmp_path, "b_crash:score").problem
    (tmp_path / "b_quits.py").write_text("import sys\nsys.exit()\n", "utf-8")
    assert "while it was imported: sys.exit(None)" in failed(tmp_path, "b_quits:score").problem


@pytest.mark.slow
def test_a_model_keeps_the_types_of_columns(tmp_path: Path) -> None:
    (tmp_path / "b_model.py").write_text(
        "class Model:\n"
        "    def predict(self, frame):\n"
        "        assert [str(each) for each in frame.dtypes] == ['category', 'int64', 'bool', 'datetime64[us]']\n"
        "        return frame['n'] * 2\n"
        "model = Model()\n",
        "utf-8",
    )
    table = pd.DataFrame(
        {"cv": ["a", "b"], "job": pd.Categorical(["x", "y"]), "n": [1, 2], "yes": [True, False],
         "day": pd.to_datetime(["2026-03-31", "2026-04-01"]).astype("datetime64[us]")}
    )  # fmt: skip
    assert run_screener("b_model:model", table, item="cv", folder=tmp_path).scores.tolist() == [2.0, 4.0]


# What somebody types who has only the docs


def packaged(folder: Path) -> None:
    inner = folder / "src" / "acme" / "scoring"
    inner.mkdir(parents=True)
    for each in (inner.parent, inner):
        (each / "__init__.py").write_text("", "utf-8")
    (inner / "weights.py").write_text("W = 2", "utf-8")
    (inner / "model.py").write_text("from .weights import W\ndef score(resume):\n    return W", "utf-8")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param(
            "src/acme/scoring/model.py:score",
            r"part of a package[^\n]*\n[^\n]*acme\.scoring\.model:…, and set PYTHONPATH=\S*src",
            id="relative-import",
        ),
        pytest.param("acme.scoring.model:score", r"lies in the folder src\.\n[^\n]*PYTHONPATH=src", id="src"),
        pytest.param("alone.py:score", r"no __init__\.py beside it", id="no-package"),
        pytest.param("notebook.py:score", r"comes from a notebook: take out", id="notebook"),
    ],
)
def test_files_of_packages_and_notebooks_are_told_how_to_be_named(here, spec, said):
    packaged(here)
    (here / "alone.py").write_text("from .weights import W", "utf-8")
    (here / "notebook.py").write_text("get_ipython().run_line_magic('pip', 'list')", "utf-8")
    with pytest.raises(ScreenerError, match=said):
        find_screener(spec, here)


def test_a_dict_asked_like_an_object_is_told():
    with pytest.raises(ScreenerError, match=r"A résumé is a dict: resume\['years'\]"):
        score_items(lambda resume: resume.years, pd.DataFrame({"cv": ["a"], "years": [3]}), item="cv")


def test_a_vectorizer_that_is_given_a_whole_table_is_told():
    class ByColumn:
        def predict(self, table: pd.DataFrame) -> list[float]:
            return [1.0 for _ in table]

    table = pd.DataFrame({"cv": ["a", "b", "c"], "text": ["x", "y", "z"], "job": ["i", "i", "i"]})
    with pytest.raises(ScreenerError, match=r"one for each column[^\n]*ColumnTransformer"):
        score_items(ByColumn(), table, item="cv")
