"""Forms, explorers, charts and tables without a kernel: what a browser would send is sent by hand."""

import json
import re

import pytest

from evaluators.answers import AnswerKeyError
from evaluators.screening import p_in_words
from evaluators.widgets import (
    Lab,
    Lesson,
    _display,
    _page,
    button,
    chart_html,
    checkbox,
    number_box,
    select,
    show_table,
    slider,
    table_html,
    tables,
)
from evaluators.widgets import explorer as explorer_module
from evaluators.widgets import lab as lab_module
from evaluators.widgets._finish import Finish
from evaluators.widgets._form import Form
from evaluators.widgets.explorer import Explorer

OPTIONS = {"a": "Apples", "b": "Bananas"}


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Widgets in the order in which they were shown, from a kernel in an empty folder."""
    widgets = []
    monkeypatch.chdir(tmp_path)
    for module in (_page, lab_module, explorer_module):
        monkeypatch.setattr(module, "show_widget", lambda make: widgets.append(make()))
    return widgets


def send(form: Form, value, seq=1):
    form.answer = {"seq": seq, "value": value}
    return form.status


def saved(tmp_path, name="answers.json"):
    return json.loads((tmp_path / name).read_text())["answers"]


def test_each_change_is_saved_and_confirmed(shown, tmp_path):
    lab = Lab("audit")
    lab.choice("rule", "Which?", OPTIONS)
    assert shown[0].status["text"] == "Not answered yet"
    assert send(shown[0], "b", seq=7) == {
        "seq": 7,
        "ok": True,
        "text": "Saved",
        "problem": "",
        "feedback": "",
    }
    assert saved(tmp_path) == {"rule": "b"}


def test_a_browser_cannot_store_another_shape(shown, tmp_path):
    Lab("audit").choice("rule", "Which?", OPTIONS)
    send(shown[0], {"forged": "x" * 100})
    assert saved(tmp_path) == {"rule": None}


def test_a_full_disk_is_said_on_the_form(shown, monkeypatch):
    Lab("audit").choice("rule", "Which?", OPTIONS)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    status = send(shown[0], "b")
    assert not status["ok"]
    assert "NOT saved" in status["text"]


def test_check_my_answers_lists_what_is_open_and_nothing_else(shown):
    lab = Lab("audit")
    lab.choice("rule", "Which?", OPTIONS)
    lab.number("impact", "How large?", maximum=100)
    lab.finish()
    send(shown[1], "1000")
    finish: Finish = shown[2]
    finish.clicks = 1
    assert finish.report["summary"] == "1 of 2 answered"
    assert [(entry["number"], entry["problem"]) for entry in finish.report["open"]] == [
        (1, "Not answered yet."),
        (2, "The number should be 100 or less."),
    ]


def test_of_two_questions_that_stand_for_each_other_one_is_enough(shown):
    lab = Lab("audit")
    for item in ("grave", "everyday"):
        lab.choice(item, "Which?", OPTIONS, points=3 if item == "grave" else 0)
    lab.either("grave", "everyday")
    lab.finish()
    finish: Finish = shown[2]
    finish.clicks = 1
    assert finish.report["summary"] == "0 of 1 answered"
    assert [entry["number"] for entry in finish.report["open"]] == [1]
    send(shown[1], "b")
    finish.clicks = 2
    assert finish.report["summary"] == "1 of 1 answered"
    assert finish.report["open"] == []
    assert lab.credit("grave", key="b", instead="everyday") == 3
    assert lab.credit("grave", key="b") == 0


def test_running_a_form_again_keeps_its_number(shown):
    lab = Lab("audit")
    for item in ("one", "two", "one"):
        lab.choice(item, "Which?", OPTIONS)
    assert [form.spec["number"] for form in shown] == [1, 2, 1]


def test_a_lesson_explains_each_option_and_a_guess_reveals_nothing(shown, tmp_path):
    lesson = Lesson("rates")
    lesson.predict("guess", "Which?", OPTIONS)
    lesson.check("chk", "Which?", OPTIONS, key="b", why={"a": "No: <5.", "b": "Yes."})
    guess, check = shown
    assert "right" not in send(guess, "a")["feedback"].lower()
    assert "Not quite" in send(check, "a")["feedback"]
    assert "No: &lt;5." in check.status["feedback"]
    assert "Right" in send(check, "b", seq=2)["feedback"]
    assert "b" not in json.dumps(check.spec["options"][0])
    assert "key" not in check.spec
    assert saved(tmp_path, "answers-rates.json") == {"guess": "a", "chk": "b"}


@pytest.mark.parametrize("options", [{"key": "zebra", "why": OPTIONS}, {"key": "a", "why": {"a": "Yes."}}])
def test_a_check_without_every_explanation_is_refused(shown, options):
    with pytest.raises(AnswerKeyError):
        Lesson("rates").check("chk", "Which?", OPTIONS, **options)


def test_an_explorer_redraws_with_clean_values(shown):
    def draw(cut, by, share, whole):
        return json.dumps([1 / (cut - 7), by, share, whole])

    controls = {
        "cut": slider("Cut", 0, 10, value=5),
        "by": select("By", OPTIONS, "b"),
        "share": number_box("Share", 0, 1, value=0.5, step=0.1),
        "whole": checkbox("Whole"),
    }
    Lesson("rates").explore(controls, draw)
    explorer: Explorer = shown[0]
    explorer.request = {"seq": 1, "values": {"cut": 99, "by": "zebra", "share": 1, "whole": True}}
    assert json.loads(explorer.drawing["html"]) == [pytest.approx(1 / 3), "b", 1.0, True]
    explorer.request = {"seq": 2, "values": {"cut": 7}}
    assert "cannot be drawn" in explorer.drawing["html"]
    assert explorer.drawing["seq"] == 2


@pytest.mark.parametrize(
    ("sent", "presses"), [(3, 3), (2.0, 2), (-1, 0), (10**9, 9_999), ("3", 0), (True, 0), (None, 0)]
)
def test_a_button_hands_on_how_often_it_was_pressed(shown, sent, presses):
    Lesson("rates").explore(
        {"draws": button("Draw one pool", help="Each press is another pool.")}, lambda draws: f"{draws!r}"
    )
    explorer: Explorer = shown[0]
    assert explorer.drawing["html"] == "0"
    assert explorer.spec["controls"][0]["label"] == "Draw one pool"
    explorer.request = {"seq": 1, "values": {"draws": sent}}
    assert explorer.drawing["html"] == str(presses)


def test_a_chart_is_an_image_with_a_text_alternative():
    altair = pytest.importorskip("altair")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": range(6000), "y": range(6000)})
    chart = altair.Chart(frame.head(3)).mark_bar(clip=True).encode(x="x:O", y="y:Q")
    one, two = chart_html(chart, alt='Bars "rise"'), chart_html(chart.properties(width=500), alt="Wider")
    assert 'role="img" aria-label="Bars &quot;rise&quot;"' in one
    ids = [set(re.findall(r'\bid="([^"]+)"', html)) for html in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]+)\)", one)) <= ids[0]
    assert chart_html(altair.Chart(frame).mark_point().encode(x="x:Q", y="y:Q"), alt="Many rows")
    with pytest.raises(ValueError, match="text alternative"):
        chart_html(chart, alt=" ")


def test_a_table_has_headers_a_caption_and_readable_numbers():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"count": [1200, 3], "rate": [0.5, None], "ok": [True, False]},
        index=pandas.Index(["<w>", "m"], name="group"),
    )
    html = table_html(frame, "Rates & counts")
    assert "Rates &amp; counts</span></caption>" in html
    assert html.count('<th scope="col"') == 4
    assert html.count('<th scope="row"') == 2
    for text in ("&lt;w&gt;", "1,200", "0.50", "–", "yes", "no"):
        assert f">{text}<" in html
    assert "first 1 of 2 rows" in table_html(frame, "Rates", max_rows=1)


def test_a_column_of_a_table_can_be_written_in_a_way_of_its_own(monkeypatch):
    pandas = pytest.importorskip("pandas")
    shown = []
    monkeypatch.setattr(tables, "show", lambda *both: shown.extend(both))
    frame = pandas.DataFrame({"p-value": [0.00004, float("nan")], "ratio": [0.5, 0.5]})
    show_table(frame, "Tests", formats={"p-value": p_in_words})
    html, text = shown
    assert 'text-align:right">&lt; 0.001</td>' in html
    assert 'text-align:right">–</td>' in html
    assert "< 0.001" in text


def test_a_grader_gets_no_live_widget(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    made = []
    _display.show_widget(lambda: made.append("a form"))
    assert made == []
