import csv
import io
from types import SimpleNamespace

import pandas as pd
import pytest

from autograder import export
from autograder.catalogue import CatalogueItem
from autograder.export import scores_csv
from autograder.grade import Graded, Outcome
from autograder.roster import Learner
from autograder.scores import COLUMNS, LabScores

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
]


def item(name, points, *, manual=False, competency="B1"):
    kind = "paragraph" if manual else "choice"
    return CatalogueItem(name, 1, kind, "?", competency, points, manual, {}, "SECRET-KEY")


ITEMS = (
    item("rate", 2.0),
    item("rule", 1.0, competency="B2"),
    item("memo", 4.0, manual=True, competency="B2"),
)


def scores(rows, *, lab="audit", learners=(), failed=(), items=ITEMS):
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
    return LabScores(lab=lab, title="A lab", items=items, learners=people, graded=graded, table=table, comments={})


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
