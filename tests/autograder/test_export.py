import csv
import io
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import nbgrader
import pandas as pd
import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder import cli, export
from autograder.catalogue import CatalogueItem
from autograder.course import Course
from autograder.export import scores_csv
from autograder.grade import Graded, Outcome
from autograder.roster import Learner
from autograder.scores import COLUMNS, LabScores, Late, lab_scores

COURSE = SimpleNamespace(id="hr-2026")
HEAD = [
    "course",
    "lab",
    "learner_id",
    "first_name",
    "last_name",
    "email",
    "state",
    "points",
    "maximum",
    "waiting",
    "late_penalty",
    "late",
]


def item(name, points, *, manual=False, competency="B1"):
    kind = "paragraph" if manual else "choice"
    return CatalogueItem(name, 1, kind, "?", competency, points, manual, {}, "SECRET-KEY")


ITEMS = (
    item("rate", 2.0),
    item("rule", 1.0, competency="B2"),
    item("memo", 4.0, manual=True, competency="B2"),
)


def scores(rows, *, lab="audit", learners=(), failed=(), items=ITEMS, late=()):
    """Make the scores of a lab; a row is (learner, item, score), with score None while it waits for a person."""
    by_id = {each.id: each for each in items}
    table = pd.DataFrame(
        [(who, what, by_id[what].competency, by_id[what].points, score, score is None) for who, what, score in rows],
        columns=COLUMNS,
    ).astype({"score": float, "points": float, "needs_person": bool})
    graded = {who: Graded(who, lab, Outcome.SCORED, (), 1.0) for who, _, _ in rows}
    graded |= {who: Graded(who, lab, outcome, ("why",), 1.0) for who, outcome in failed}
    people = {person.learner_id: person for person in learners}
    people |= {who: Learner(who) for who in graded if who not in people}
    return LabScores(lab, "A lab", items, people, graded, table, comments={}, late=dict(late))


@pytest.fixture
def exported(monkeypatch):
    """Export hand-made scores and read the CSV back as a list of dicts."""

    def rows(*made):
        by_lab = {each.lab: each for each in made}
        monkeypatch.setattr(export, "lab_scores", lambda course, lab: by_lab[lab])
        text = scores_csv(COURSE, [each.lab for each in made])
        return list(csv.DictReader(io.StringIO(text)))

    return rows


MARIA = [("maria", "rate", 2.0), ("maria", "rule", 0.5), ("maria", "memo", 3.0)]
JON = [("jon", "rate", 0.0), ("jon", "rule", 1.0), ("jon", "memo", None)]


def test_one_row_a_learner_with_every_column(exported):
    rows = exported(scores(MARIA, learners=[Learner("maria", "María", "López, M.", "m@example.org")]))
    assert rows == [
        {
            "course": "hr-2026",
            "lab": "audit",
            "learner_id": "maria",
            "first_name": "María",
            "last_name": "López, M.",
            "email": "m@example.org",
            "state": "scored",
            "points": "5.5",
            "maximum": "7",
            "waiting": "0",
            "late_penalty": "0",
            "late": "",
            "audit.rate": "2",
            "audit.rule": "0.5",
            "audit.memo": "3",
        }
    ]
    assert list(rows[0]) == [*HEAD, "audit.rate", "audit.rule", "audit.memo"]


def test_states(exported):
    rows = exported(
        scores(
            MARIA + JON,
            learners=[Learner("ann"), Learner("jon"), Learner("maria")],
            failed=[("eve", Outcome.SUBMISSION_FAILED), ("max", Outcome.GRADER_FAILED)],
        )
    )
    found = {row["learner_id"]: (row["state"], row["points"], row["waiting"], row["audit.memo"]) for row in rows}
    assert found == {
        "ann": ("nothing graded", "", "", ""),
        "eve": ("submission failed", "", "", ""),
        "jon": ("waits for a person", "1", "1", ""),
        "maria": ("scored", "5.5", "0", "3"),
        "max": ("grader failed", "", "", ""),
    }
    assert [row["learner_id"] for row in rows] == sorted(found)
    assert {row["maximum"] for row in rows} == {"7"}


def test_lateness_is_taken_off_and_said(exported):
    late = {"maria": Late(1.25, timedelta(days=2)), "jon": Late(3.0, timedelta(minutes=5))}
    rows = {row["learner_id"]: row for row in exported(scores(MARIA + JON, late=late))}
    columns = ("points", "late_penalty", "late", "audit.rate")
    assert [rows["maria"][column] for column in columns] == ["4.25", "1.25", "2 days", "2"]
    assert [rows["jon"][column] for column in columns] == ["0", "3", "5 minutes", "0"]  # never below zero


@pytest.mark.parametrize(
    ("points", "time", "sentence"),
    [
        (1.5, timedelta(days=2), "1.5 points off for 2 days late."),
        (1.0, timedelta(hours=25), "1 point off for 1 day 1 hour late."),
        (2.0, timedelta(hours=4, minutes=30, seconds=59), "2 points off for 4 hours 30 minutes late."),
        (0.333333, timedelta(seconds=1), "0.33 points off for 1 minute late."),
        (3.0, timedelta(days=3, minutes=59), "3 points off for 3 days late."),
        (3.0, timedelta(0), "3 points off for lateness."),
    ],
)
def test_what_lateness_costs_in_words(points, time, sentence):
    assert Late(points, time).sentence == sentence


def test_several_labs_stand_below_each_other(exported):
    rows = exported(
        scores(MARIA),
        scores([("maria", "rate", 1.0)], lab="tone", items=(item("rate", 3.0),)),
    )
    assert [(row["lab"], row["points"], row["maximum"]) for row in rows] == [
        ("audit", "5.5", "7"),
        ("tone", "1", "3"),
    ]
    assert [row["tone.rate"] for row in rows] == ["", "1"]
    assert [row["audit.rate"] for row in rows] == ["2", ""]


def test_an_item_scored_zero_is_not_an_empty_field(exported):
    (row,) = exported(scores(JON))
    assert (row["audit.rate"], row["audit.memo"]) == ("0", "")


def test_a_learner_whose_every_item_waits(exported):
    memo = (item("memo", 4.0, manual=True),)
    (row,) = exported(scores([("maria", "memo", None)], items=memo))
    assert (row["state"], row["points"], row["waiting"], row["audit.memo"]) == (
        "waits for a person",
        "0",
        "1",
        "",
    )


def test_a_lab_that_nobody_handed_in(exported):
    (row,) = exported(scores([], learners=[Learner("maria")]))
    assert (row["state"], row["points"], row["waiting"]) == ("nothing graded", "", "")


def test_the_order_of_the_gradebook_does_not_matter(exported):
    rows = MARIA + JON
    mixed = [rows[i] for i in (4, 0, 5, 2, 3, 1)]
    assert exported(scores(mixed)) == exported(scores(rows))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_quoted(exported, start):
    bad = f'{start}HYPERLINK("https://evil.example";"x")'
    (row,) = exported(scores(MARIA, learners=[Learner("maria", bad, bad, bad)]))
    for column in ("first_name", "last_name", "email"):
        assert row[column].startswith("'")
        assert row[column][1:] == bad


@pytest.mark.parametrize("name", ["O'Neil", "a=b", "Jean-Luc", 'Ann "Annie"', "two\nlines", "Zoë, PhD"])
def test_ordinary_names_stay_as_they_are(exported, name):
    (row,) = exported(scores(MARIA, learners=[Learner("maria", name)]))
    assert row["first_name"] == name


def test_the_key_is_never_exported(monkeypatch):
    monkeypatch.setattr(export, "lab_scores", lambda course, lab: scores(MARIA))
    assert "SECRET-KEY" not in scores_csv(COURSE, ["audit"])


# The figures that the export and the report share


def test_totals_waiting_and_competencies_by_hand():
    made = scores(MARIA + JON)
    assert made.totals().to_dict() == {"maria": 5.5, "jon": 1.0}
    assert made.waiting() == {"jon": 1}
    assert made.maximum == 7
    assert made.scored == ["jon", "maria"]
    shares = made.competencies()
    assert shares["B1"].to_dict() == {"maria": 1.0, "jon": 0.0}
    assert shares["B2"].to_dict() == pytest.approx({"maria": 3.5 / 5, "jon": 1.0})  # jon's memo does not count yet


# A course folder that only nbgrader has touched

NOTEBOOKS = Path(nbgrader.__file__).parent / "tests" / "apps" / "files"
CONFIG = """\
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "plain"
c.AssignLatePenalties.plugin_class = "autograder.lateness.PercentPerDay"
c.PercentPerDay.percent = 25
"""
DUE = "2026-03-02 12:00:00"
BY_NOTEBOOK = {"foo": 1.0, "bar": 1.0, "baz": 2.0, "quux": 3.0}


@pytest.fixture(scope="module", params=["with_config", "without_config"])
def plain_folder(request, tmp_path_factory):
    """Two notebooks with the same grade ids; submissions as nbgrader's collect lays them out; graded by `hrlab`."""
    root = tmp_path_factory.mktemp(request.param) / "Course 1"
    (root / "source" / "ps1").mkdir(parents=True)
    for name in ("p1", "p2"):
        shutil.copy(NOTEBOOKS / "submitted-changed.ipynb", root / "source" / "ps1" / f"{name}.ipynb")
    if request.param == "with_config":
        (root / "nbgrader_config.py").write_text(CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "not asked")  # it starts a process
        patch.chdir(root)
        api = NbGraderAPI(CourseDirectory(root=str(root)), log_level="ERROR")
        with api.gradebook as book:
            book.update_or_create_assignment("ps1", duedate=DUE)
        assert api.generate_assignment("ps1")["success"]
    for learner, notebooks in {
        "ada": {"p1": "submitted-changed", "p2": "submitted-unchanged"},
        "ben": {"p1": "submitted-changed"},
    }.items():
        folder = root / "submitted" / learner / "ps1"
        folder.mkdir(parents=True)
        for name, file in notebooks.items():
            shutil.copy(NOTEBOOKS / f"{file}.ipynb", folder / f"{name}.ipynb")
        (folder / "timestamp.txt").write_text("2026-03-04 12:00:00 UTC" if learner == "ben" else "2026-03-01 12:00:00")
    assert run("grade", "--course", root, "ps1", "--quiet") == 1  # paragraphs wait
    return root


def run(*words):
    """Run `hrlab` in this process and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["hrlab", *map(str, words)])
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def test_items_of_several_notebooks_have_both_names(plain_folder):
    made = lab_scores(Course.open(plain_folder), "ps1")
    assert {item.id: item.points for item in made.items} == {
        f"{notebook}/{cell}": points for notebook in ("p1", "p2") for cell, points in BY_NOTEBOOK.items()
    }
    assert [item.number for item in made.items] == list(range(1, 9))
    assert [item.manual for item in made.items] == [False, False, True, True] * 2
    found = made.table.set_index(["learner", "item"])["score"].dropna().to_dict()
    assert found == {
        ("ada", "p1/foo"): 1, ("ada", "p1/bar"): 1,
        ("ada", "p2/foo"): 1, ("ada", "p2/bar"): 0, ("ada", "p2/baz"): 0, ("ada", "p2/quux"): 0,
        ("ben", "p1/foo"): 1, ("ben", "p1/bar"): 1,
        ("ben", "p2/foo"): 0, ("ben", "p2/bar"): 0, ("ben", "p2/baz"): 0, ("ben", "p2/quux"): 0,
    }  # fmt: skip
    assert made.waiting() == {"ada": 2, "ben": 2}


def test_late_penalties_come_from_the_gradebook(plain_folder):
    course = Course.open(plain_folder)
    configured = (plain_folder / "nbgrader_config.py").exists()
    made = lab_scores(course, "ps1")
    # 25 percent a day of ben's 2 points, for two days; without a configuration nbgrader takes nothing off
    assert made.late == ({"ben": Late(1.0, timedelta(days=2))} if configured else {})
    assert made.totals().to_dict() == {"ada": 3.0, "ben": 1.0 if configured else 2.0}


def test_a_person_scores_and_an_extension_counts(plain_folder, tmp_path):
    course = Course(Path(shutil.copytree(plain_folder, tmp_path / "course")))
    with course.gradebook() as book:
        grade = book.find_grade("quux", "p1", "ps1", "ben")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.0, 0.5, False
        book.find_comment("quux", "p1", "ps1", "ben").manual_comment = "Name the owner."
        book.grant_extension("ps1", "ben", hours=47)
        book.find_submission_notebook("p1", "ps1", "ben").late_submission_penalty = 0.75
        book.find_submission_notebook("p2", "ps1", "ben").late_submission_penalty = 0.5
        book.db.commit()
    made = lab_scores(course, "ps1")
    assert made.late == {"ben": Late(1.25, timedelta(hours=1))}
    assert made.totals()["ben"] == 1 + 1 + 2.5 - 1.25
    assert made.comments == {("ben", "p1/quux"): "Name the owner."}
    assert run("feedback", "--course", course.root, "ps1") == 0
    page = (course.root / "feedback" / "ben" / "ps1" / "ps1.html").read_text()
    for words in ("Name the owner.", "1.25 points off for 1 hour late.", "3.25 of 14"):
        assert words in page
    assert run("report", "--course", course.root, "ps1") == 0
    assert "1.25 points off for 1 hour late." in (course.root / "reports" / "ps1.html").read_text()


def test_feedback_report_and_export_of_a_plain_course(plain_folder, capsys):
    assert run("feedback", "--course", plain_folder, "ps1") == 0
    pages = {path.parents[1].name: path.read_text() for path in plain_folder.glob("feedback/*/*/*.html")}
    assert pages.keys() == {"ada", "ben"}
    for item in ("p1/foo", "p2/quux"):
        assert item in pages["ada"]
    assert "An answer!" in pages["ada"]
    assert pages["ada"].count("Waits for your trainer") == 2
    assert pages["ben"].count("The notebook p2.ipynb was not handed in.") == 4
    assert "assert a == 1" not in pages["ada"]
    assert run("report", "--course", plain_folder, "ps1") == 0
    report = (plain_folder / "reports" / "ps1.html").read_text()
    assert "p2/bar" in report
    assert "The notebook p2.ipynb was not handed in and earns nothing." in report
    capsys.readouterr()
    assert run("export", "--course", plain_folder, "ps1") == 0
    rows = {row["learner_id"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert list(rows["ada"])[len(HEAD) :] == [f"ps1.{name}/{cell}" for name in ("p1", "p2") for cell in BY_NOTEBOOK]
    assert (rows["ada"]["points"], rows["ada"]["waiting"], rows["ada"]["ps1.p2/bar"]) == ("3", "2", "0")
    assert run("course", "status", "--course", plain_folder) == 0
    assert "ps1" in capsys.readouterr().out


def test_a_plain_course_is_graded_once(plain_folder, capsys):
    assert run("grade", "--course", plain_folder, "ps1") == 1
    assert "0 scored" in capsys.readouterr().out
