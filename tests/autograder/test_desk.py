import errno
import hashlib
import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.errors import CourseError
from autograder.handin import read_handin
from autograder.lab import desk as desk_module
from autograder.lab.desk import Desk, Profile, notebook_title
from evaluators.answers import AnswerSheet

SPECS = [
    {
        "id": "rule",
        "kind": "choice",
        "prompt": "Which figure?",
        "options": {"ratio": "A ratio", "count": "A count"},
        "points": 1,
        "number": 1,
    },
    {"id": "impact", "kind": "number", "prompt": "Impact ratio?", "minimum": 0, "maximum": 2, "number": 2},
    {"id": "memo", "kind": "paragraph", "prompt": "Write to the manager.", "words": [3, 60], "number": 3},
]


@pytest.fixture
def exchange(tmp_path):
    """The shared folder of a course with one released lab."""
    exchange = tmp_path / "exchange" / "hr-2026"
    lab = exchange / "outbound" / "audit"
    (lab / "data").mkdir(parents=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell("# A small audit")]), lab / "audit.ipynb")
    (lab / "data" / "log.csv").write_text("a,b\n1,2\n")
    (exchange / "handins").mkdir()
    (exchange / "items").mkdir()
    (exchange / "items" / "audit.json").write_text(json.dumps(SPECS))
    return exchange


@pytest.fixture
def desk(tmp_path, exchange):
    return Desk(tmp_path / "desk", exchange)


def answer(desk, answers, lab="audit"):
    sheet = {"schema": 1, "lab": lab, "answers": answers, "saved_at": ""}
    (desk.folder("audit") / "answers.json").write_text(json.dumps(sheet))


def problems(desk):
    return [question.problem for question in desk.questions("audit")]


# Who sits here


@pytest.mark.parametrize(("role", "learner"), [("hr", "maria"), ("developer", "j.smith@example.org"), ("trainer", "")])
def test_who_sits_here_is_remembered(desk, role, learner):
    assert desk.profile == Profile(None, "")
    desk.sit_down(role, learner)
    assert Desk(desk.root, None).profile == Profile(role, learner)


@pytest.mark.parametrize(
    ("role", "learner"),
    [("boss", "maria"), ("", "maria"), ("hr", ""), ("hr", "../maria"), ("trainer", "a b")],
)
def test_a_role_or_id_that_does_not_exist_changes_nothing(desk, role, learner):
    desk.sit_down("hr", "maria")
    with pytest.raises(CourseError):
        desk.sit_down(role, learner)
    assert desk.profile == Profile("hr", "maria")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"role": "hr"', id="cut-off"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"role": "hr"}', id="no-learner"),
        pytest.param(b'{"role": "hr", "learner": "\xff"}', id="not-utf-8"),
        pytest.param(b'{"role": "boss", "learner": "maria"}', id="unknown-role"),
        pytest.param(b'{"role": "hr", "learner": 7}', id="learner-is-a-number"),
        pytest.param(b'{"role": ["hr"], "learner": "maria"}', id="role-is-a-list"),
        pytest.param(b'{"role": "hr", "learner": "../maria"}', id="learner-leads-out-of-the-desk"),
    ],
)
def test_garbage_in_the_desk_file_means_nobody_sits_here(desk, content):
    desk.root.mkdir()
    (desk.root / "desk.json").write_bytes(content)
    assert desk.profile == Profile()


def test_a_full_disk_keeps_the_old_profile(desk, monkeypatch):
    desk.sit_down("hr", "maria")

    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(CourseError, match="No space left on device"):
        desk.sit_down("developer", "maria")
    assert desk.profile == Profile("hr", "maria")


def test_two_learners_on_one_computer_share_nothing(desk, exchange, curriculum):
    desk.sit_down("hr", "anna")
    desk.fetch("audit")
    answer(desk, {"rule": "ratio"})
    (lesson, *_) = desk.lessons()
    (desk.root / lesson.path).write_text("anna's notes")
    receipt = desk.hand_in("audit")
    (exchange / "feedback").mkdir()
    (exchange / "feedback" / f"{receipt.sha256}.html").write_text("for anna")

    desk.sit_down("hr", "bert")
    assert not desk.is_fetched("audit")
    assert problems(desk) == ["Not answered yet."] * 3
    assert desk.receipts("audit") == []
    assert desk.feedback("audit") is None
    (lesson, *_) = desk.lessons()
    assert (desk.root / lesson.path).read_text() != "anna's notes"
    with pytest.raises(CourseError, match="holds no audit"):
        desk.hand_in("audit")

    desk.sit_down("developer", "anna")
    assert problems(desk)[0] is None
    assert [line.sha256 for line in desk.receipts("audit")] == [receipt.sha256]
    assert desk.home == desk.root / "people" / "anna"


@pytest.mark.parametrize("first", [lambda desk: desk.sit_down("hr", "maria"), lambda desk: desk.fetch("audit")])
def test_a_desk_remembers_its_course(desk, first):
    first(desk)
    alone = Desk(desk.root, None)
    assert alone.course_id == "hr-2026"
    alone.sit_down("hr", "maria")
    assert alone.course_id == "hr-2026"


def test_a_desk_that_never_saw_its_course_goes_by_its_folder(tmp_path):
    assert Desk(tmp_path / "hr-2027", None).course_id == "hr-2027"


# Labs


def test_fetching_copies_the_whole_lab(desk, exchange):
    assert desk.labs() == ["audit"]
    assert not desk.is_fetched("audit")
    assert desk.title("audit") == "A small audit"
    desk.fetch("audit")
    assert desk.is_fetched("audit")
    source = exchange / "outbound" / "audit"
    for name in ("audit.ipynb", "data/log.csv"):
        assert (desk.folder("audit") / name).read_bytes() == (source / name).read_bytes()


def test_fetching_again_keeps_what_is_there_and_brings_what_is_missing(desk, exchange):
    desk.fetch("audit")
    (desk.folder("audit") / "audit.ipynb").write_text("my work")
    (desk.folder("audit") / "answers.json").write_text("my answers")
    (desk.folder("audit") / "data" / "log.csv").unlink()
    (exchange / "outbound" / "audit" / "audit.ipynb").write_text("a newer release")
    desk.fetch("audit")
    assert (desk.folder("audit") / "audit.ipynb").read_text() == "my work"
    assert (desk.folder("audit") / "answers.json").read_text() == "my answers"
    assert (desk.folder("audit") / "data" / "log.csv").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("lab", ["tone", "../outbound/audit", ""])
def test_a_lab_that_was_not_released_cannot_be_fetched(desk, lab):
    with pytest.raises(CourseError, match="no lab"):
        desk.fetch(lab)
    assert not desk.root.exists()


def test_a_lab_on_the_desk_is_listed_without_the_shared_folder(desk):
    desk.fetch("audit")
    alone = Desk(desk.root, None)
    assert alone.labs() == ["audit"]
    assert alone.title("audit") == "A small audit"
    assert alone.questions("audit") == []
    with pytest.raises(CourseError, match="to fetch"):
        alone.fetch("audit")


@pytest.fixture
def full_disk(monkeypatch):
    """Let a block write five bytes of its next file, by copying or in one go."""

    def write_bytes(path, data):
        with path.open("wb") as file:
            file.write(data[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    @contextmanager
    def full():
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", write_bytes)
            patch.setattr(
                shutil,
                "copyfile",
                lambda source, target: write_bytes(Path(target), Path(source).read_bytes()),
            )
            yield

    return full


def test_a_lab_that_was_fetched_half_is_whole_after_the_next_try(desk, exchange, full_disk):
    with full_disk(), pytest.raises(CourseError, match="No space left on device"):
        desk.fetch("audit")
    desk.fetch("audit")
    for name in ("audit.ipynb", "data/log.csv"):
        assert (desk.folder("audit") / name).read_bytes() == (exchange / "outbound" / "audit" / name).read_bytes()


def test_a_fresh_copy_keeps_answers_and_the_old_notebook(desk):
    desk.sit_down("hr", "maria")
    desk.fetch("audit")
    released = desk.notebook("audit").read_bytes()
    answer(desk, {"rule": "ratio"})
    kept = []
    for content in ("broken", "broken again"):
        desk.notebook("audit").write_text(content)
        kept.append(desk.fetch_fresh("audit"))
        assert desk.notebook("audit").read_bytes() == released
    assert [path.read_text() for path in kept] == ["broken", "broken again"]
    assert problems(desk)[0] is None
    _, files = read_handin(desk.hand_in("audit").path)
    assert set(files) == {"audit.ipynb", "answers.json", "data/log.csv"}


def test_a_fresh_copy_needs_a_released_lab_that_was_fetched(desk):
    with pytest.raises(CourseError, match="no fresh copy"):
        desk.fetch_fresh("audit")
    desk.fetch("audit")
    with pytest.raises(CourseError, match="no fresh copy"):
        Desk(desk.root, None).fetch_fresh("audit")
    assert (desk.is_released("audit"), Desk(desk.root, None).is_released("audit")) == (True, False)


def test_a_full_disk_keeps_the_notebook_that_was_to_be_replaced(desk, full_disk):
    desk.fetch("audit")
    desk.notebook("audit").write_text("my work")
    with full_disk(), pytest.raises(CourseError, match="No space left on device"):
        desk.fetch_fresh("audit")
    assert desk.notebook("audit").read_text() == "my work"


# Questions


def test_questions_say_what_is_missing(desk):
    assert problems(desk) == ["Not answered yet."] * 3
    desk.fetch("audit")
    assert problems(desk) == ["Not answered yet."] * 3
    answer(desk, {"rule": "count", "impact": "0,67", "memo": "Measure it first."})
    assert problems(desk) == [None, None, None]
    assert [(each.number, each.prompt) for each in desk.questions("audit")] == [
        (1, "Which figure?"),
        (2, "Impact ratio?"),
        (3, "Write to the manager."),
    ]


def test_questions_say_what_is_malformed(desk):
    desk.fetch("audit")
    answer(desk, {"rule": "moon", "impact": "67", "memo": "Too short"})
    rule, impact, memo = problems(desk)
    assert "does not fit the options" in rule
    assert "between 0 and 2" in impact
    assert "2 words; at least 3" in memo


@pytest.mark.parametrize("sheet", [b"garbage", b'{"schema": 1, "lab": "tone", "answers": {"rule": "ratio"}}'])
def test_a_sheet_that_is_not_this_labs_answers_nothing(desk, sheet):
    desk.fetch("audit")
    (desk.folder("audit") / "answers.json").write_bytes(sheet)
    assert problems(desk) == ["Not answered yet."] * 3
    assert (desk.folder("audit") / "answers.json").read_bytes() == sheet


@pytest.mark.parametrize("content", [None, "{ cut off"])
def test_a_lab_without_a_list_of_items_has_no_questions(desk, exchange, content):
    path = exchange / "items" / "audit.json"
    path.unlink()
    if content:
        path.write_text(content)
    assert desk.questions("audit") == []


def test_a_key_never_reaches_the_page(desk, exchange):
    """Even if a list of items carried one."""
    leaking = [{**spec, "value": "MODEL-ANSWER", "model_answer": "MODEL-ANSWER", "key": "KEY"} for spec in SPECS]
    (exchange / "items" / "audit.json").write_text(json.dumps(leaking))
    desk.fetch("audit")
    answer(desk, {"rule": "count", "impact": "x", "memo": "y"})
    shown = repr(desk.questions("audit"))
    assert "MODEL-ANSWER" not in shown
    assert "KEY" not in shown


# Hand-ins


@pytest.fixture
def seated(desk):
    desk.sit_down("hr", "maria")
    desk.fetch("audit")
    return desk


def test_handing_in_leaves_two_copies_and_a_receipt(seated, exchange):
    answer(seated, {"rule": "ratio"})
    receipt = seated.hand_in("audit")
    (shared,) = (exchange / "handins").iterdir()
    kept = seated.home / "handed-in" / shared.name
    assert kept.read_bytes() == shared.read_bytes()
    manifest, files = read_handin(shared)
    assert (manifest.course, manifest.lab, manifest.learner) == ("hr-2026", "audit", "maria")
    assert set(files) == {"audit.ipynb", "answers.json", "data/log.csv"}
    (line,) = seated.receipts("audit")
    assert (line.lab, line.learner, line.file, line.delivered) == ("audit", "maria", shared.name, True)
    assert line.sha256 == receipt.sha256 == hashlib.sha256(shared.read_bytes()).hexdigest()
    assert line.handed_in_at == manifest.handed_in_at


def test_receipts_are_listed_newest_first(seated):
    checksums = []
    for rule in ("count", "ratio", None):
        answer(seated, {"rule": rule})
        checksums.insert(0, seated.hand_in("audit").sha256)
    assert [receipt.sha256 for receipt in seated.receipts("audit")] == checksums
    assert seated.receipts("tone") == []


def test_answers_that_changed_after_the_hand_in_are_noticed(seated):
    assert not seated.has_changed("audit")
    seated.hand_in("audit")  # nothing answered yet
    assert not seated.has_changed("audit")
    answer(seated, {"rule": "ratio"})
    assert seated.has_changed("audit")
    seated.hand_in("audit")
    assert not seated.has_changed("audit")
    answer(seated, {"rule": "count"})
    assert seated.has_changed("audit")
    (seated.folder("audit") / "answers.json").unlink()
    assert seated.has_changed("audit")


def test_a_receipt_that_names_no_answer_sheet_raises_no_alarm(seated):
    path = seated.hand_in("audit").path.with_suffix(".json")
    line = json.loads(path.read_text())
    del line["answers_sha256"]
    path.write_text(json.dumps(line))
    answer(seated, {"rule": "ratio"})
    assert not seated.has_changed("audit")


def test_without_the_shared_folder_the_learner_has_to_send_the_file(seated):
    alone = Desk(seated.root, None)
    receipt = alone.hand_in("audit")
    assert not receipt.delivered
    assert receipt.path.is_file()
    (line,) = alone.receipts("audit")
    assert not line.delivered


def test_nobody_hands_in_without_a_name(desk, exchange):
    desk.fetch("audit")
    with pytest.raises(CourseError, match="who you are"):
        desk.hand_in("audit")
    assert list((exchange / "handins").iterdir()) == []


def test_a_lab_that_was_not_fetched_cannot_be_handed_in(desk, exchange):
    desk.sit_down("hr", "maria")
    with pytest.raises(CourseError, match=r"holds no audit\.ipynb"):
        desk.hand_in("audit")
    assert list((exchange / "handins").iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'{"lab": "audit"}', id="incomplete"),
        pytest.param(b"\xff", id="not-utf-8"),
        pytest.param(
            b'{"lab": "audit", "learner": "m", "handed_in_at": "2026-01-01T00:00:00", "sha256": "", "file": "",'
            b' "delivered": true}',
            id="no-time-zone",
        ),
    ],
)
def test_garbage_among_the_receipts_hides_no_other(seated, content):
    seated.hand_in("audit")
    seated.hand_in("audit")
    (seated.home / "handed-in" / "garbage.json").write_bytes(content)
    assert len([receipt for receipt in seated.receipts("audit") if receipt.learner == "maria"]) == 2


def test_feedback_is_found_by_the_checksum_of_the_newest_hand_in_that_has_one(seated, exchange):
    assert seated.feedback("audit") is None
    first = seated.hand_in("audit")
    answer(seated, {"rule": "ratio"})
    second = seated.hand_in("audit")
    assert seated.feedback("audit") is None
    pages = exchange / "feedback"
    pages.mkdir()
    (pages / f"{'0' * 64}.html").write_text("of another learner")
    assert seated.feedback("audit") is None
    (pages / f"{first.sha256}.html").write_text("on the first")
    assert seated.feedback("audit") == pages / f"{first.sha256}.html"
    (pages / f"{second.sha256}.html").write_text("on the second")
    assert seated.feedback("audit") == pages / f"{second.sha256}.html"
    assert seated.feedback("tone") is None
    assert Desk(seated.root, None).feedback("audit") is None


# Lessons


@pytest.fixture
def curriculum(tmp_path, monkeypatch):
    folder = tmp_path / "curriculum"
    for track, name, title in (
        ("02_audit", "01_rates_and_ratios", "Rates and ratios"),
        ("01_start", "02_tables", "Tables"),
        ("01_start", "01_hello", "Hello"),
    ):
        (folder / track).mkdir(parents=True, exist_ok=True)
        nbformat.write(new_notebook(cells=[new_markdown_cell(f"# {title}")]), folder / track / f"{name}.ipynb")
    (folder / "README.md").write_text("not a lesson")
    (folder / "tracks.toml").write_text('01_start = "First steps"\n')
    (folder / "01_start" / "notes.ipynb").write_text("not a lesson")
    monkeypatch.setattr(desk_module, "curriculum", lambda: folder)
    return folder


def test_lessons_are_laid_out_in_the_order_of_the_tracks(desk, curriculum):
    lessons = desk.lessons()
    assert [(lesson.track, lesson.name, lesson.title) for lesson in lessons] == [
        ("01_start", "01_hello", "Hello"),
        ("01_start", "02_tables", "Tables"),
        ("02_audit", "01_rates_and_ratios", "Rates and ratios"),
    ]
    # The last one has no title of its own and is called by its folder.
    assert [lesson.track_title for lesson in lessons] == ["First steps", "First steps", "Audit"]
    for lesson in lessons:
        source = curriculum / lesson.track / f"{lesson.name}.ipynb"
        assert lesson.path == f"lessons/{lesson.track}/{lesson.name}.ipynb"
        assert (desk.root / lesson.path).read_bytes() == source.read_bytes()


def test_a_learners_copy_is_never_replaced(desk, curriculum):
    lesson = desk.lessons()[0]
    (desk.root / lesson.path).write_text("with my notes")
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Hello again")]), curriculum / "01_start" / "01_hello.ipynb")
    (curriculum / "03_more").mkdir()
    shutil.copy(curriculum / "01_start" / "01_hello.ipynb", curriculum / "03_more" / "01_more.ipynb")
    assert [each.name for each in desk.lessons()] == [
        "01_hello",
        "02_tables",
        "01_rates_and_ratios",
        "01_more",
    ]
    assert (desk.root / lesson.path).read_text() == "with my notes"
    assert (desk.root / "lessons" / "03_more" / "01_more.ipynb").is_file()


def test_a_copy_that_nobody_changed_is_renewed_even_if_it_was_run(desk, curriculum):
    lesson, other = desk.lessons()[:2]
    copy = nbformat.read(desk.root / lesson.path, 4)
    copy.cells.append(new_code_cell("1 + 1"))
    nbformat.write(copy, curriculum / "01_start" / "01_hello.ipynb")  # now there is a cell that can be run
    desk.lessons()
    run = nbformat.read(desk.root / lesson.path, 4)
    assert [cell.source for cell in run.cells] == ["# Hello", "1 + 1"]
    run.cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(run, desk.root / lesson.path)
    (desk.root / other.path).write_text("with my notes")

    for name in ("01_hello", "02_tables"):
        nbformat.write(new_notebook(cells=[new_markdown_cell("# Newer")]), curriculum / "01_start" / f"{name}.ipynb")
    for _ in range(2):
        desk.lessons()
        assert nbformat.read(desk.root / lesson.path, 4).cells[0].source == "# Newer"
        assert (desk.root / other.path).read_text() == "with my notes"


def test_a_lesson_that_was_laid_out_half_is_whole_after_the_next_try(desk, curriculum, full_disk):
    with full_disk(), pytest.raises(CourseError, match="No space left on device"):
        desk.lessons()
    lesson = desk.lessons()[0]
    assert (desk.root / lesson.path).read_bytes() == (curriculum / "01_start" / "01_hello.ipynb").read_bytes()


def test_a_lesson_says_how_far_one_is(desk, curriculum):
    questions = (
        'lesson.predict("guess", "?", {})\nx = 1\nlesson.check(\n    "sure",\n    "?", {})\nlesson.explore({}, draw)'
    )
    nbformat.write(
        new_notebook(cells=[new_markdown_cell('lesson.check("text")'), new_code_cell(questions)]),
        curriculum / "02_audit" / "01_rates_and_ratios.ipynb",
    )

    def progress():
        return [(each.answered, each.questions) for each in desk.lessons()]

    assert progress() == [(0, 0), (0, 0), (0, 2)]
    folder = (desk.root / desk.lessons()[2].path).parent
    sheet = AnswerSheet.open("rates_and_ratios", folder, "answers-rates_and_ratios.json")
    sheet.set("guess", "a")
    sheet.set("no_longer_asked", "a")
    assert progress()[2] == (1, 2)
    sheet.set("guess", None)
    sheet.set("sure", "b")
    assert progress()[2] == (1, 2)
    sheet.path.write_text("garbage")
    assert progress()[2] == (0, 2)


def test_the_lessons_of_this_checkout_are_found(desk):
    folder = desk_module.curriculum()
    assert folder.is_dir()
    assert len(desk.lessons()) == len(sorted(folder.glob("[0-9]*/[0-9]*.ipynb"))) > 0
    assert all(lesson.questions for lesson in desk.lessons())


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        pytest.param([new_markdown_cell("intro\n# The title \n# Another")], "The title", id="first-heading"),
        pytest.param([new_code_cell("# a comment"), new_markdown_cell("# The title")], "The title", id="not-a-comment"),
        pytest.param([new_markdown_cell("## Only a section")], "01 some lesson", id="none"),
    ],
)
def test_titles(tmp_path, cells, title):
    path = tmp_path / "01_some_lesson.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    assert notebook_title(path) == title


@pytest.mark.parametrize("content", ["", "[]", '{"cells": [{}]}', '{"cells": 7}', "null"])
def test_a_notebook_that_cannot_be_read_goes_by_its_file_name(tmp_path, content):
    """A title comes from the learner's copy of a lab too, so anything may stand in it."""
    (tmp_path / "audit.ipynb").write_text(content)
    assert notebook_title(tmp_path / "audit.ipynb") == "audit"
    assert notebook_title(tmp_path / "missing_lab.ipynb") == "missing lab"
