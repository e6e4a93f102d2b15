import copy
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters import markdown2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.executed import learner_paragraphs
from autograder.preprocessors import paragraph_cell, restore_locked_cells


def cell(grade_id, *, source=None, kind=new_code_cell, **kwargs):
    nbgrader = {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False}
    return kind(
        source or f"# {grade_id} as released",
        metadata={"nbgrader": {**nbgrader, "grade_id": grade_id, **kwargs}},
    )


def released():
    """A lab whose every cell has a grade id: set-up, a solution, two tests, a paragraph for a person, an end."""
    return new_notebook(
        cells=[
            cell("set_up"),
            cell("solution", solution=True, locked=False),
            cell("test_a", grade=True, points=1),
            cell("test_b", grade=True, points=2),
            cell("memo", kind=new_markdown_cell, solution=True, grade=True, locked=False, points=4),
            cell("finish"),
        ]
    )


NAMES = ["set_up", "solution", "test_a", "test_b", "memo", "finish"]


def names(nb):
    return [each.metadata.get("nbgrader", {}).get("grade_id", each.source) for each in nb.cells]


def submission(original, *, without=()):
    nb = copy.deepcopy(original)
    nb.cells = [each for each in nb.cells if each.metadata.get("nbgrader", {}).get("grade_id") not in without]
    return nb


# Cells that are gone


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param([], id="none"),
        pytest.param(["set_up"], id="first"),
        pytest.param(["test_a"], id="middle"),
        pytest.param(["finish"], id="last"),
        pytest.param(["test_a", "test_b"], id="consecutive"),
        pytest.param(["set_up", "solution", "finish"], id="both-ends"),
        pytest.param(NAMES, id="all"),
    ],
)
def test_deleted_cells_come_back_where_they_stood(gone):
    nb = submission(released(), without=gone)
    assert restore_locked_cells(nb, released()) == gone
    assert names(nb) == NAMES
    assert [each.source for each in nb.cells] == [each.source for each in released().cells]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_deleted_the_released_order_comes_back(data):
    gone = data.draw(st.sets(st.sampled_from(NAMES)))
    extras = data.draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 99)), max_size=4))
    nb = submission(released(), without=gone)
    added = []
    for place, number in extras:
        nb.cells.insert(place, new_code_cell(f"# my own {number}"))
        added.append(f"# my own {number}")
    missing = restore_locked_cells(nb, released())
    assert missing == [name for name in NAMES if name in gone]
    assert [name for name in names(nb) if name in NAMES] == NAMES
    assert sorted(name for name in names(nb) if name not in NAMES) == sorted(added)
    before = names(nb)
    assert restore_locked_cells(nb, released()) == []
    assert names(nb) == before


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        pytest.param(["test_a"], ["# Part 1", "import math", "test_a", "half = 1", "test_b"], id="first"),
        pytest.param(["test_b"], ["# Part 1", "import math", "test_a", "half = 1", "test_b"], id="last"),
        pytest.param(["test_a", "test_b"], ["# Part 1", "import math", "test_a", "half = 1", "test_b"], id="both"),
    ],
)
def test_a_deleted_cell_comes_back_behind_the_ordinary_cells_before_it(gone, expected):
    """Cells without a grade id, such as imports that a test needs, are part of most nbgrader courses."""
    original = new_notebook(
        cells=[
            new_markdown_cell("# Part 1"),
            new_code_cell("import math"),
            cell("test_a", grade=True, points=1),
            new_code_cell("half = 1"),
            cell("test_b", grade=True, points=1),
        ]
    )
    nb = submission(original, without=gone)
    restore_locked_cells(nb, original)
    assert names(nb) == expected


def test_a_learners_own_cells_stay(tmp_path):
    nb = submission(released(), without=["test_a"])
    nb.cells.insert(2, new_code_cell("my_check = 1"))
    nb.cells.append(new_markdown_cell("My notes"))
    restore_locked_cells(nb, released())
    assert set(names(nb)) == {*NAMES, "my_check = 1", "My notes"}
    assert names(nb)[-1] == "My notes"
    assert names(nb).index("my_check = 1") in (2, 3)  # between the cells that stand left and right of the gap


# Cells that were changed


def test_locked_cells_are_as_released():
    nb = submission(released())
    edited = nb.cells[2]
    edited.source = "assert True"
    edited.metadata["tags"] = ["skip-execution"]
    edited.metadata["nbgrader"]["points"] = 100
    edited.outputs = [nbformat.v4.new_output("stream", text="100")]
    nb.cells[5] = new_markdown_cell("gone", metadata=nb.cells[5].metadata)
    assert restore_locked_cells(nb, released()) == []
    original = released()
    for index in (2, 5):
        for key in ("cell_type", "source", "metadata"):
            assert nb.cells[index][key] == original.cells[index][key]
    assert nb.cells[2].outputs == []


def test_a_cell_that_was_unlocked_by_the_learner_is_still_locked():
    nb = submission(released())
    nb.cells[3].source = "pass"
    nb.cells[3].metadata["nbgrader"].update(locked=False, grade=False, solution=True)
    restore_locked_cells(nb, released())
    assert nb.cells[3].source == "# test_b as released"


def test_the_learners_solution_and_paragraph_are_kept():
    nb = submission(released())
    nb.cells[1].source = "answer = 42"
    nb.cells[4].source = "My memo"
    restore_locked_cells(nb, released())
    assert (nb.cells[1].source, nb.cells[4].source) == ("answer = 42", "My memo")


def test_the_released_notebook_is_not_shared_with_the_submission():
    original = released()
    nb = submission(original, without=["test_a"])
    restore_locked_cells(nb, original)
    for each in nb.cells:
        each.source = "changed"
        each.metadata["tags"] = ["changed"]
    assert original.cells[2].source == "# test_a as released"
    assert all("tags" not in each.metadata for each in original.cells)


@pytest.mark.parametrize("minor", [4, 5])
def test_the_restored_notebook_is_valid(minor):
    """Older front ends write format 4.4, whose cells have no ids."""
    nb = submission(released(), without=["test_a"])
    nb.nbformat_minor = minor
    if minor < 5:
        for each in nb.cells:
            del each["id"]
    nbformat.validate(nb)
    restore_locked_cells(nb, released())
    nbformat.validate(nb)


# Paragraphs


class Page(HTMLParser):
    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data):
        self.tags.append(("comment", data))

    def handle_data(self, data):
        self.text += data


def check_shows_exactly(text):
    page = Page(markdown2html(paragraph_cell(text)))
    assert page.text.split() == text.split()
    ((tag, attributes),) = page.tags
    assert tag == "div"
    assert attributes.keys() <= {"class", "style"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<script>alert(1)</script>", id="script"),
        pytest.param("</div><img src=x onerror=alert(1)>", id="closes-the-box"),
        pytest.param("<!-- hidden --> <b>bold</b> &amp; &lt;", id="html-and-entities"),
        pytest.param("`code` and ```\nfence\n```", id="backticks"),
        pytest.param("It costs $5 to $10, or $$x^2$$", id="dollars"),
        pytest.param("impact_ratio_of_women and *stars* and __init__", id="underscores-and-stars"),
        pytest.param("One.\n\nTwo.\n\n\n    Four spaces.\n\n# No heading\n\n- no list", id="blank-lines"),
        pytest.param("One.\r\n\r\n**Two**\r\n", id="windows-line-ends"),
        pytest.param("One.\r\r**Two**", id="old-mac-line-ends"),
        pytest.param("One.\n \t\n[x](javascript:alert(1)) <javascript:alert(1)>", id="javascript-links"),
        pytest.param("see https://example.org/a_b_c and [1]: https://example.org", id="links"),
        pytest.param("Fair? 🙂 👩🏽‍💻 — ñandú, 公平", id="emoji"),
        pytest.param("a | b\n--|--\n1 | 2", id="table"),
        pytest.param("\\[x\\] \\(y\\) \\begin{equation}z\\end{equation} \\\\", id="latex"),
        pytest.param("![i](attachment:x.png) {{ cell }} {% if %}", id="attachment-and-template"),
    ],
)
def test_a_paragraph_shows_exactly_what_was_written(text):
    check_shows_exactly(text)


characters = st.characters(
    exclude_categories=["Cs"], exclude_characters=[*map(chr, range(9)), *map(chr, range(14, 32)), "\x7f"]
)
fragments = st.sampled_from(
    ["\n", "\n\n", "\r", "\r\n", "\n    ", "<", ">", "&", "</div>", "<script>", "&#10;", "&lt;", "$", "$$", "`", "```",
     "_", "**", "#", "- ", "1. ", "| ", "~~~", "---", "=", "![", "[a](javascript:b)", "https://a.b", "\\", "\\["]
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(fragments, st.text(characters, max_size=8)), max_size=12).map("".join))
def test_any_paragraph_shows_exactly_what_was_written(text):
    check_shows_exactly(text)


def test_line_breaks_are_shown():
    page = Page(markdown2html(paragraph_cell("First\n\nSecond")))
    assert page.text.strip() == "First\n\nSecond"
    assert "pre-wrap" in page.tags[0][1]["style"]


def test_paragraphs_are_read_back_from_the_graded_cells_only():
    nb = released()
    nb.cells[4].metadata["hrlab"] = {"paragraph": "Measure first."}
    nb.cells[0].metadata["hrlab"] = {"paragraph": "not a graded cell"}
    assert learner_paragraphs(nb) == {"memo": "Measure first."}
