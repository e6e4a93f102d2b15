"""Pictures of lessons, and texts that learners write: what is seen is also said, what is written is kept."""

import json
import math
import re

import altair as alt
import pytest

from evaluators.widgets import Lesson, _page, bars, labels_in_lines, line_at, look, picture, ratio_ranges, say
from evaluators.widgets._form import Form

ROWS = [
    {"label": "men / 40 of 100", "value": 40, "text": "40%"},
    {"label": "women / 26 of 80", "value": 32.5, "text": "32%"},
]


def test_a_picture_carries_its_text_alternative_and_both_marks() -> None:
    base = alt.Chart(alt.InlineData(values=[{"x": 1, "kind": "a"}, {"x": 2, "kind": "b"}]))
    looks = look("kind", {"a": ("#111111", "diamond"), "b": ("#222222", "circle")})
    html = picture([base.mark_point().encode(x="x:Q", **looks), line_at(1.5)], message="Two <marks>.", height=90)
    assert 'aria-label="Two &lt;marks&gt;."' in html
    assert {"#111111", "#222222"} <= set(re.findall(r'(?:stroke|fill)="(#\w+)"', html))
    assert looks["shape"].to_dict()["scale"] == {"domain": ["a", "b"], "range": ["diamond", "circle"]}


def test_bars_write_their_figures_and_break_long_labels() -> None:
    html = bars(ROWS, axis="Passed, of 100", top=50, message="Men 40%, women 32%.", line=40)
    for shown in ("men", "40 of 100", "women", "26 of 80", "40%", "32%", "Passed, of 100"):
        assert f">{shown}<" in html, shown
    assert [tick for tick in (">0<", ">12.5<", ">25<", ">37.5<", ">50<") if tick not in html] == []
    assert "stroke-dasharray" in html
    assert "stroke-dasharray" not in bars(ROWS, axis="Passed", top=50, message="Men 40%, women 32%.")


@pytest.mark.parametrize(
    ("top", "marks"),
    [(43.2, "0 10 20 30 40"), (250, "0 50 100 150 200 250"), (840, "0 200 400 600 800"), (12, "0 3 6 9 12")],
)
def test_bars_mark_their_axis_at_round_places(top: float, marks: str) -> None:
    rows = [{"label": "a", "value": top, "text": "all"}]
    html = bars(rows, axis="Minutes", top=top, message="All.")
    assert re.findall(r">(\d[\d.]*)<", html) == marks.split()


def test_bars_of_nothing_are_drawn_all_the_same() -> None:
    assert ">0<" in bars([{"label": "a", "value": 0, "text": "none"}], axis="People", top=0, message="None.")


def test_ratios_are_drawn_with_their_intervals_and_an_open_end_is_cut() -> None:
    rows = [
        {"label": "women / 26 of 80", "ratio": 0.81, "low": 0.55, "high": 1.17, "verdict": "too little data to tell"},
        {"label": "few / 0 of 3", "ratio": 0.0, "low": 0.0, "high": math.inf, "verdict": "too little data to tell"},
    ]
    html = ratio_ranges(rows, message="Women 0.81, few 0.00.", end=1.5)
    for shown in ("26 of 80", "0.8", "1.5", "too little data to tell", "evidence of adverse impact"):
        assert f">{shown}<" in html, shown
    assert ">2<" not in html
    assert ">2<" in ratio_ranges(rows, message="Women 0.81, few 0.00.")
    assert "NaN" not in html
    assert "stroke-dasharray" in html  # the line at four fifths


def test_a_line_stands_upright_or_lies_level() -> None:
    assert set(line_at(0.8).to_dict()["encoding"]) == {"x"}
    assert set(line_at(0.8, "y", dash=(1, 0)).to_dict()["encoding"]) == {"y"}
    assert labels_in_lines("kind").to_dict()["field"] == "kind"


def test_say_shows_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda thing: shown.append(thing.data))
    say("Of **100**")
    assert shown == ["Of **100**"]


def test_a_text_of_the_learners_own_is_kept_and_never_marked(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    forms: list[Form] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_page, "show_widget", lambda make: forms.append(make()))
    Lesson("memo").write("page", "Write.", words=(2, 5), help="Short.")
    (form,) = forms
    assert (form.spec["mode"], form.spec["points"], form.spec["words"]) == ("write", 0.0, None)
    assert form.spec["help"] == "Short. A good length: 2 to 5 words."
    form.answer = {"seq": 1, "value": "Please wait."}
    assert (form.status["text"], form.status["problem"], form.status["feedback"]) == ("Saved", "", "")
    form.answer = {"seq": 2, "value": "No"}
    assert (form.status["text"], form.status["problem"]) == ("Saved", "")  # nobody asks for more words
    assert json.loads((tmp_path / "answers-memo.json").read_text())["answers"] == {"page": "No"}
