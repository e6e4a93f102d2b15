"""Labs and lessons in real kernels, without a browser."""

import json
import re
import shutil
import warnings

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

ITEM = "application/vnd.hrlab.item+json"
SHEET = "application/vnd.hrlab.sheet+json"
CREDIT = "application/vnd.hrlab.credit+json"
OPEN = 'from evaluators.widgets import Lab\nlab = Lab("audit")'
FORMS = [
    'lab.choice("rule", "Which figure?", {"ratio": "A ratio", "count": "A <b>count</b>"}, competency="B1", points=2)',
    'lab.choices("causes", "Why?", {"chance": "Chance", "proxy": "A proxy", "none": "None"}, points=2)',
    'lab.number("impact", "How large?", unit="%", minimum=0, decimals_hint=1)',
    'lab.ranking("steps", "In which order?", {"stop": "Stop", "measure": "Measure", "ask": "Ask"}, points=3)',
    'lab.paragraph("memo", "Write.", words=(2, 40), points=4)',
    "lab.finish()",
]
ANSWERS = {
    "rule": "count",
    "causes": ["proxy"],
    "impact": "66,7",
    "steps": ["measure", "stop", "ask"],
    "memo": "Look at the rates.",
}


def executed(folder, *sources):
    """Run cells in a kernel whose folder is `folder`; nothing may reach stderr."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources], metadata={"kernelspec": kernel})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbclient's and zmq's own
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    for cell in notebook.cells:
        assert [output for output in cell.outputs if output.get("name") == "stderr"] == []
    return notebook


def found(notebook, mime):
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    return [output.data[mime] for output in outputs if mime in output.get("data", {})]


def write_sheet(folder, answers, lab="audit"):
    content = {"schema": 1, "lab": lab, "answers": answers, "saved_at": "2026-11-22T03:00:00+00:00"}
    (folder / "answers.json").write_text(json.dumps(content))


def test_answers_are_restored_in_another_folder_and_scored(tmp_path):
    home, grader = tmp_path / "home", tmp_path / "grader"
    home.mkdir()
    write_sheet(home, ANSWERS)
    shutil.copytree(home, grader)
    notebook = executed(
        grader,
        OPEN,
        *FORMS,
        'lab.credit("rule", key="ratio", why={"count": "A count is no rate."}, explain="It is a ratio.")',
        'lab.credit("causes", key=["chance", "proxy"])',
        'lab.credit("impact", key=66.67, tolerance=0.05)',
        'lab.credit("steps", key=["stop", "measure", "ask"])',
        'lab.credit("never_asked", key="a")',
    )
    [sheet] = found(notebook, SHEET)
    assert (sheet["lab"], sheet["status"], sheet["answered"]) == ("audit", "restored", 5)
    assert [item["id"] for item in found(notebook, ITEM)] == list(ANSWERS)
    assert [item["number"] for item in found(notebook, ITEM)] == [1, 2, 3, 4, 5]
    marks = found(notebook, CREDIT)
    assert [(credit["item"], credit["verdict"], credit["earned"]) for credit in marks] == [
        ("rule", "wrong", 0),
        ("causes", "partly", 1),
        ("impact", "right", 1),
        ("steps", "partly", 1),
        ("never_asked", "unanswered", 0),
    ]
    assert marks[0]["message"] == "Your answer is not right. A count is no rate. It is a ratio."
    assert marks[0]["competency"] == "B1"
    assert "did not run" in marks[4]["message"]
    assert json.loads((grader / "answers.json").read_text())["answers"] == ANSWERS
    for cell in notebook.cells[: 1 + len(FORMS)]:
        assert [output.output_type for output in cell.outputs] in (["display_data"], ["display_data"] * 2)


def test_nbgrader_reads_partial_credit(tmp_path):
    utils = pytest.importorskip("nbgrader.utils")
    write_sheet(tmp_path, ANSWERS)
    notebook = executed(tmp_path, OPEN, *FORMS, 'lab.credit("causes", key=["chance", "proxy"])')
    cell = notebook.cells[-1]
    cell.metadata["nbgrader"] = {
        "grade": True,
        "solution": False,
        "points": 2,
        "grade_id": "t",
        "locked": True,
    }
    assert utils.determine_grade(cell) == (1.0, 2.0)


@pytest.mark.parametrize(
    "content", ["not json", json.dumps({"schema": 1, "lab": "tone", "answers": {"rule": "ratio"}})]
)
def test_a_foreign_sheet_is_said_loudly_and_kept(tmp_path, content):
    (tmp_path / "answers.json").write_text(content)
    notebook = executed(tmp_path, OPEN, FORMS[0])
    [sheet] = found(notebook, SHEET)
    assert sheet["status"] == "set aside"
    assert "kept under the name" in sheet["notice"]
    assert 'role="alert"' in notebook.cells[0].outputs[0].data["text/html"]
    assert [path.read_text() for path in tmp_path.iterdir()] == [content]


def test_malformed_answers_are_shown_as_problems(tmp_path):
    write_sheet(tmp_path, {"rule": 7, "causes": "proxy", "impact": [1], "steps": ["stop"], "memo": {"a": 1}})
    notebook = executed(tmp_path, OPEN, *FORMS, 'lab.credit("rule", key="ratio")')
    assert found(notebook, CREDIT)[0]["verdict"] == "wrong"
    assert "5 of 5 answered" in notebook.cells[6].outputs[0].data["text/plain"]
    assert notebook.cells[6].outputs[0].data["text/plain"].count("Question ") == 5


def test_model_answers_stay_in_memory(tmp_path):
    notebook = executed(
        tmp_path,
        OPEN,
        'lab.model_answers({"rule": "ratio", "impact": 6.5})',
        *FORMS,
        'lab.credit("rule", key="ratio")',
    )
    assert found(notebook, CREDIT)[0]["earned"] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_saved_page_shows_each_answer_once_and_escaped(tmp_path):
    exporters = pytest.importorskip("nbconvert.exporters")
    write_sheet(tmp_path, ANSWERS)
    notebook = executed(tmp_path, OPEN, FORMS[0], FORMS[4])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        html, _ = exporters.HTMLExporter(exclude_input=True).from_notebook_node(nbformat.from_dict(notebook))
    body = re.sub(r"(?s)<script.*?</script>", "", html[html.index("<body") :])  # they hold the widgets' state
    assert body.count("A &lt;b&gt;count&lt;/b&gt;") == 1
    assert body.count("Look at the rates.") == 1
    assert "object at 0x" not in body


def test_a_lesson_runs_without_a_learner(tmp_path):
    notebook = executed(
        tmp_path,
        'from evaluators.widgets import Lesson, checkbox, select, slider\nlesson = Lesson("rates")',
        'lesson.predict("guess", "Which is higher?", {"a": "A", "b": "B"})',
        'lesson.check("chk", "What?", {"a": "A", "b": "B"}, key="b", why={"a": "No base.", "b": "Yes."})',
        'lesson.explore({"cut": slider("Cut", 0, 10, value=5), "by": select("By", {"g": "gender"}), '
        '"all": checkbox("All")}, lambda cut, by, all: f"<p>{cut} {by} {all}</p>")',
    )
    assert "<p>5 g False</p>" in notebook.cells[3].outputs[0].data["text/html"]
    assert list(tmp_path.iterdir()) == []
