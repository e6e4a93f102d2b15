"""The board of a lab: who stands on it, in which order, and that no page links a made-up name with a person."""

import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from autograder import cli
from autograder.board_settings import BoardSettings, board_faults, board_settings
from autograder.catalogue import CatalogueItem
from autograder.course import Course
from autograder.errors import CourseError
from autograder.export import scores_csv
from autograder.feedback import write_feedback
from autograder.grade import grade
from autograder.handin import collect
from autograder.lateness import set_due
from autograder.leaderboard import FEWEST, Board, Place, board_html, leave_board, standings, write_board
from autograder.pseudonyms import FIRST, SECOND, pseudonyms
from autograder.release import release
from autograder.report import report_html
from autograder.roster import Learner, set_roster
from autograder.scores import lab_scores
from tests.small_lab import LAB, RIGHT, hand_in, small_lab, write_lab

CHROMIUM = next(filter(None, map(shutil.which, ("/usr/bin/chromium", "chromium"))), None)
ENTRY = {"opt_in": "on_the_board", "cells": ["rule", "impact", "causes"]}
ASK = 'lab.choice("on_the_board", "Stand on the board?", {"yes": "Yes", "no": "No"}, points=0, voluntary=True)'
NAME = re.compile(rf"\b({'|'.join(FIRST)}) ({'|'.join(SECOND)})\b")

YES = {"on_the_board": "yes"}
GOOD = {"impact": 0.67, "causes": ["chance", "proxy"]}  # 3 of the 4 points that count
ANSWERS: dict[str, dict[str, Any]] = {
    "ada": {**RIGHT, **YES},
    "ben": {**GOOD, "rule": "count", **YES},
    "cleo": {**GOOD, **YES},
    "dan": {"impact": "1,49", **YES},  # half of 2 points
    "eve": {**RIGHT, "on_the_board": "no"},
    "fay": RIGHT,
    "gus": YES,
    "hal": {"rule": "count", **YES},  # his code claims more, see `forge`
    "ivy": {**RIGHT, "on_the_board": "no"},  # her code says yes for her
    "odd": {**RIGHT, "on_the_board": ["yes"]},
}
# Hand counts: place, points.
PLACES = {"ada": (1, 4.0), "ben": (2, 3.0), "cleo": (2, 3.0), "dan": (4, 1.0), "gus": (5, 0.0), "hal": (5, 0.0)}
FORGERY = f"""
import json
from IPython.display import publish_display_data
sheet = {{"schema": 1, "lab": "{LAB}", "saved_at": "", "title": "Quiet Otter", "pseudonym": "Quiet Otter",
         "answers": {{"rule": "count", "on_the_board": "yes", "points": 99, "pseudonym": "Quiet Otter"}}}}
open("answers.json", "w").write(json.dumps(sheet))
credit = {{"item": "rule", "points": 99, "earned": 99, "share": 1, "answer": "", "answered": True,
          "verdict": "right", "message": ""}}
publish_display_data({{"application/vnd.hrlab.credit+json": credit}})
99
"""


def forge(nb: nbformat.NotebookNode) -> None:
    """Claim points, a name and a board of one's own, in every place that a learner can write to."""
    nb.cells.insert(0, new_code_cell(FORGERY))
    nb.cells.append(new_code_cell(FORGERY))
    nb.metadata["hrlab"] = {"leaderboard": {"opt_in": "rule", "cells": ["memo"], "title": "Quiet Otter wins"}}


def lab_with_board(entry: object = ENTRY, ask: str = ASK) -> nbformat.NotebookNode:
    """The small lab, with a question for the board at its end."""
    nb = small_lab()
    locked = {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False}
    form = new_code_cell(ask, metadata={"nbgrader": {**locked, "grade_id": "form_on_the_board"}})
    nb.cells.insert(len(nb.cells) - 1, form)
    nb.metadata["hrlab"] = {"leaderboard": entry}
    return nb


@pytest.fixture(scope="module", autouse=True)
def new_gradebooks_ask_no_other_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "not asked")
        yield


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a board, released, handed in and graded; never changed, copy it."""
    root = tmp_path_factory.mktemp("board")
    course = Course.new(root / "course", labs=write_lab(root / "labs", lab_with_board()), course_id="cohort")
    release(course, LAB)
    people = {name: Learner(name, name.title(), "Sample", f"{name}@example.org") for name in ANSWERS}
    people["gus"] = Learner("gus", "Quiet", "Otter", "gus@example.org")  # called like a made-up name
    people["dan"] = Learner("dan", "Dan", "<script>alert(1)</script>", "dan@example.org")
    set_roster(course, list(people.values()))
    for learner, answers in ANSWERS.items():
        hand_in(root / "desks", course, learner, answers, edit=forge if learner in ("hal", "ivy") else None)
    collect(course, LAB)
    grade(course, LAB)
    return course.root


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Course:
    """A graded course with a board of one's own."""
    shutil.copytree(graded, tmp_path / "course", copy_function=shutil.copy2)
    (tmp_path / "course").chmod(0o700)
    return Course(tmp_path / "course")


Hrlab = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hrlab(course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hrlab:
    """Run `hrlab` on the course; how it ended and what it said comes back."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> tuple[int, str, str]:
        words = ["hrlab", *map(str, arguments), "--course", str(course.root)]
        monkeypatch.setattr(sys, "argv", words)
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def ranks(course: Course) -> dict[str, tuple[int, float]]:
    return {learner: (place.rank, place.points) for learner, place in standings(course, LAB).places.items()}


def words(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)))


def with_labs(course: Course, labs: Path) -> Course:
    """The same course, its labs' sources elsewhere."""
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"c.CourseDirectory.source_directory = {str(labs)!r}\n")
    return Course(course.root)


# Who stands where


def test_places_are_those_of_the_gradebook_and_equal_points_share_one(course: Course) -> None:
    assert ranks(course) == PLACES
    board = standings(course, LAB).board
    assert [(place.rank, place.shared) for place in board.places] == [
        (1, False), (2, True), (2, True), (4, False), (5, True), (5, True),
    ]  # fmt: skip
    assert (board.maximum, board.median) == (4.0, 2.0)  # 0 0 1 3 3 4
    same_rank = [place.pseudonym for place in board.places if place.rank == 2]
    assert same_rank == sorted(same_rank)


def test_code_of_a_learner_earns_no_points_no_name_and_no_place(course: Course) -> None:
    places = standings(course, LAB).places
    assert (places["hal"].points, places["hal"].rank) == (0.0, 5)
    assert places["hal"].pseudonym != "Quiet Otter"
    assert "ivy" not in places  # her code wrote "yes" while it ran; she handed in "no"
    assert "Quiet Otter wins" not in board_html(standings(course, LAB).board)


def test_only_the_answer_yes_joins(course: Course) -> None:
    assert {"eve", "fay", "ivy", "odd"}.isdisjoint(standings(course, LAB).joined)


def test_nobody_is_called_as_a_learner_is(course: Course) -> None:
    # A secret by which, if the roster's own names were allowed, somebody on the board would be called "Quiet …".
    secrets = (f"{number:064x}" for number in range(10_000))
    secret = next(
        each
        for each in secrets
        if any(
            "Quiet" in name and learner in PLACES
            for learner, name in pseudonyms(ANSWERS, lab=LAB, secret=each.encode()).items()
        )
    )
    (course.root / "leaderboard").mkdir()
    (course.root / "leaderboard" / "secret").write_text(secret)
    every = {place.pseudonym for place in standings(course, LAB).board.places}
    assert len(every) == 6
    assert not {"Quiet", "Otter"} & {word for name in every for word in name.split()}


def test_lateness_costs_nothing_on_the_board(course: Course) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(
        config.read_text() + 'c.AssignLatePenalties.plugin_class = "autograder.lateness.PercentPerDay"\n'
        "c.PercentPerDay.percent = 50\n"
    )
    late = Course(course.root)
    set_due(late, LAB, datetime(2026, 3, 2, 11, tzinfo=UTC))
    assert lab_scores(late, LAB).totals()["ada"] == 2.0  # 4, less half
    assert ranks(late) == PLACES


def test_a_score_that_a_person_put_right_counts_but_never_beyond_the_question(course: Course) -> None:
    with course.gradebook() as book:
        for learner, manual, extra in (("ada", 0.0, None), ("dan", 1.0, 5.0)):
            mark = book.find_grade("rule", LAB, LAB, learner)
            mark.manual_score, mark.extra_credit = manual, extra
        book.db.commit()
    assert ranks(course) == {**PLACES, "ada": (1, 3.0), "ben": (1, 3.0), "cleo": (1, 3.0), "dan": (4, 2.0)}


def test_a_hand_in_that_is_not_graded_yet_is_not_on_the_board(course: Course, tmp_path: Path) -> None:
    hand_in(tmp_path / "desks", course, "ada", {**RIGHT, **YES}, minute=5)
    collect(course, LAB)
    assert "ada" not in ranks(course)
    assert ranks(course)["ben"] == (1, 3.0)


# Few, none, and those who change their mind


def test_who_changes_their_mind_is_gone_at_the_next_run(course: Course, tmp_path: Path) -> None:
    page = write_board(course, standings(course, LAB).board)
    name = standings(course, LAB).places["ben"].pseudonym
    assert name in page.read_text()
    hand_in(tmp_path / "desks", course, "ben", {**ANSWERS["ben"], "on_the_board": "no"}, minute=5)
    collect(course, LAB)
    grade(course, LAB)
    write_board(course, standings(course, LAB).board)
    assert name not in page.read_text()
    assert [path.name for path in page.parent.iterdir() if path.name != "secret"] == [page.name]
    assert ranks(course) == {"ada": (1, 4.0), "cleo": (2, 3.0), "dan": (3, 1.0), "gus": (4, 0.0), "hal": (4, 0.0)}


def test_who_leaves_is_gone_until_they_hand_in_anew_and_say_yes(course: Course, tmp_path: Path) -> None:
    leave_board(course, LAB, "dan")
    assert ranks(course).keys() == PLACES.keys() - {"dan"}
    hand_in(tmp_path / "desks", course, "dan", ANSWERS["dan"], minute=5)
    collect(course, LAB)
    grade(course, LAB)
    assert ranks(course) == PLACES
    with pytest.raises(CourseError, match="Nothing of 'small_audit' was collected from 'nobody'"):
        leave_board(course, LAB, "nobody")


@pytest.mark.parametrize("damage", ["{", "[]", "null"])
def test_nobody_is_put_back_by_a_damaged_file(course: Course, damage: str) -> None:
    leave_board(course, LAB, "dan")
    (course.root / "leaderboard" / f"{LAB}.left.json").write_text(damage)
    with pytest.raises(CourseError, match="who has left the board"):
        standings(course, LAB)


def test_a_board_of_fewer_than_five_shows_neither_names_nor_points(course: Course) -> None:
    old = write_board(course, standings(course, LAB).board)
    assert NAME.search(old.read_text())
    for learner in ("gus", "hal"):
        leave_board(course, LAB, learner)
    found = standings(course, LAB)
    assert (len(found.joined), FEWEST) == (4, 5)
    assert found.places == {}
    assert found.board.to_dict()["places"] == []
    assert write_board(course, found.board) == old
    assert NAME.search(old.read_text()) is None
    assert "Fewer than 5 stand on this board so far" in words(old.read_text())
    assert "Median" not in old.read_text()
    write_feedback(course, LAB)
    said = words(course.notebook("feedback", LAB, "ada").with_suffix(".html").read_text())
    assert "It is not shown yet: fewer than 5 are on it" in said
    assert NAME.search(said) is None


def test_nobody_joined(course: Course) -> None:
    for learner in PLACES:
        leave_board(course, LAB, learner)
    found = standings(course, LAB)
    assert (found.joined, found.board.places) == ((), ())
    assert "It is shown once 5 have joined." in words(board_html(found.board))
    assert not (course.root / "leaderboard" / "secret").exists()  # nothing to draw, nothing is made


# What links a name with a person


def test_only_ones_own_feedback_links_a_name_with_a_person(course: Course, hrlab: Hrlab) -> None:
    places = standings(course, LAB).places
    names = {place.pseudonym: learner for learner, place in places.items()}
    assert hrlab("leaderboard", LAB)[0] == 0
    hrlab("feedback"), hrlab("report"), hrlab("export", "--to", course.root / "scores.csv")
    assert hrlab("leaderboard", LAB, "--json")[0] == 0
    holders: dict[Path, set[str]] = {}
    for path in course.root.rglob("*"):
        if path.is_file() and (found := {name for name in names if name.encode() in path.read_bytes()}):
            holders[path] = found
    board = course.root / "leaderboard" / f"{LAB}.html"
    own = {course.notebook("feedback", LAB, learner).with_suffix(".html"): learner for learner in places}
    copies = set(holders) - {board} - own.keys()
    assert holders.pop(board) == set(names)
    assert {path.parent for path in copies} == {course.exchange / "feedback"}
    assert len(copies) == len(own) == 6
    for path, found in holders.items():
        assert len(found) == 1
        learner = names[found.pop()]
        assert own.get(path, learner) == learner
        assert words(path.read_text()).count("Sample") <= 1


def test_the_page_and_the_json_know_no_learner(course: Course, hrlab: Hrlab) -> None:
    for text in (board_html(standings(course, LAB).board), hrlab("leaderboard", LAB, "--json")[1]):
        told = words(text)
        for learner in ANSWERS:
            assert re.search(rf"\b{learner}\b", told, re.IGNORECASE) is None
        assert "Sample" not in text
    for text in (scores_csv(course, [LAB]), report_html(course, lab_scores(course, LAB))):
        assert set(NAME.findall(text)) <= {("Quiet", "Otter")}  # a learner's own name
        assert "on_the_board" not in text


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_secret_and_folder_are_the_trainers_alone(course: Course) -> None:
    write_board(course, standings(course, LAB).board)
    folder = course.root / "leaderboard"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600


def test_feedback_tells_ones_own_place(course: Course) -> None:
    found = standings(course, LAB)
    write_feedback(course, LAB)
    pages = {learner: course.notebook("feedback", LAB, learner).with_suffix(".html").read_text() for learner in ANSWERS}
    ada, ben = (found.places[learner].pseudonym for learner in ("ada", "ben"))
    assert f"you are “{ada}”: place 1 of 6, with 4 of 4 points" in words(pages["ada"])
    assert f"you are “{ben}”: place 2 of 6, shared with others, with 3 of 4 points" in words(pages["ben"])
    for learner in ("eve", "fay", "ivy", "odd"):
        assert "board of this lab" not in pages[learner]
    assert "<script>alert" not in pages["dan"]


def test_feedback_comes_also_where_the_board_is_broken(course: Course) -> None:
    standings(course, LAB)
    (course.root / "leaderboard" / "secret").write_text("damaged")
    assert len(write_feedback(course, LAB)) == len(ANSWERS)
    said = words(course.notebook("feedback", LAB, "ada").with_suffix(".html").read_text())
    assert "4 of 7 points so far" in said
    assert "board" not in said


# The command


def test_the_command_prints_the_board_and_writes_the_page(course: Course, hrlab: Hrlab, tmp_path: Path) -> None:
    code, said, _ = hrlab("leaderboard", LAB)
    page = course.root / "leaderboard" / f"{LAB}.html"
    assert code == 0
    assert str(page) in said
    assert "ada" not in said
    for place in standings(course, LAB).board.places:
        assert place.pseudonym in said
        assert place.pseudonym in page.read_text()
    for option in ("--out", "--html"):
        assert hrlab("leaderboard", LAB, option, tmp_path / f"{option}.html")[0] == 0
        assert len(NAME.findall((tmp_path / f"{option}.html").read_text())) == 6


def test_json_holds_what_the_page_shows(course: Course, hrlab: Hrlab) -> None:
    code, said, _ = hrlab("leaderboard", LAB, "--json")
    told = json.loads(said)
    assert code == 0
    assert [(place["rank"], place["points"]) for place in told["places"]] == sorted(
        PLACES.values(), key=lambda place: place[0]
    )
    assert told["places"][0].keys() == {"rank", "shared", "pseudonym", "points"}
    assert not (course.root / "leaderboard" / f"{LAB}.html").exists()


def test_who_is_printed_and_goes_into_no_file(course: Course, hrlab: Hrlab) -> None:
    code, said, _ = hrlab("leaderboard", LAB, "--who")
    assert code == 0
    for learner, place in standings(course, LAB).places.items():
        assert re.search(rf"{place.pseudonym}\W+{place.points:g}\W+{learner}\W", said)
    assert not (course.root / "leaderboard" / f"{LAB}.html").exists()
    for more in (("--json",), ("--out", course.root / "who.html")):
        assert hrlab("leaderboard", LAB, "--who", *more)[0] == 2
    assert not (course.root / "who.html").exists()


def test_leave_writes_the_page_anew(course: Course, hrlab: Hrlab) -> None:
    hrlab("leaderboard", LAB)
    name = standings(course, LAB).places["hal"].pseudonym
    for arguments in (("--leave", "hal", "--json"), ("--leave", "gus", "--who")):
        assert hrlab("leaderboard", LAB, *arguments)[0] == 0
        assert name not in (course.root / "leaderboard" / f"{LAB}.html").read_text()
    code, said, _ = hrlab("leaderboard", LAB, "--who")
    assert (code, "Joined: ada, ben, cleo, dan." in said) == (0, True)


def test_a_lab_without_a_board(course: Course, tmp_path: Path) -> None:
    moved = with_labs(course, write_lab(tmp_path / "labs", small_lab()))
    with pytest.raises(CourseError, match="has no board") as error:
        standings(moved, LAB)
    assert "docs/grading.md" in error.value.hint
    write_feedback(moved, LAB)
    assert not (course.root / "leaderboard").exists()


# What a notebook says of its board


def test_a_notebook_without_an_entry_has_no_board() -> None:
    every: list[dict[str, Any]] = [{}, {"hrlab": {}}, {"hrlab": "x"}, {"hrlab": {"other": 1}}]
    assert [board_settings(metadata) for metadata in every] == [None] * 4


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ([], r"leaderboard is \[\]"),
        ({**ENTRY, "cell": ["rule"]}, "knows no cell, only opt_in, cells, title, about"),
        ({"cells": ["rule"]}, "opt_in, the id of the question .* is missing"),
        ({"opt_in": 3, "cells": ["rule"]}, "opt_in is no text"),
        ({**ENTRY, "title": None}, "title is no text"),
        ({"opt_in": "join"}, "cells is no list"),
        ({"opt_in": "join", "cells": []}, "cells is no list"),
        ({"opt_in": "join", "cells": "rule"}, "cells is no list"),
        ({"opt_in": "join", "cells": ["rule", 3]}, "cells is no list"),
        ({"opt_in": "join", "cells": ["rule", "rule"]}, "would count its points twice"),
    ],
)
def test_a_malformed_entry_is_named(entry: object, fault: str) -> None:
    with pytest.raises(CourseError, match=f"lab.ipynb has a board .*{fault}") as error:
        board_settings({"hrlab": {"leaderboard": entry}}, where="lab.ipynb")
    example = error.value.hint.removeprefix("It should read like ").removesuffix(".")
    assert board_settings(json.loads(f"{{{example}}}")) is not None


def item(name: str, *, manual: bool = False) -> CatalogueItem:
    return CatalogueItem(name, 1, "choice", "?", "", 1.0, manual, {}, None)


@pytest.mark.parametrize(
    ("form", "cells", "fault"),
    [
        (None, ("rule",), "question 'join' is not asked"),
        ({"kind": "number", "points": 0}, ("rule",), "is no choice with an option 'yes'"),
        ({"kind": "choice", "options": {"on": "", "off": ""}, "points": 0}, ("rule",), "no choice with an option"),
        ({"kind": "choice", "options": {"yes": "", "no": ""}, "points": 1.0}, ("rule",), "earns points"),
        ({"kind": "choice", "options": {"yes": "", "no": ""}, "points": 0}, ("rule", "memo"), "a person scores"),
        ({"kind": "choice", "options": {"yes": "", "no": ""}, "points": 0}, ("ruel",), "'ruel', which is no scored"),
        ({"kind": "choice", "options": {"yes": "", "no": ""}, "points": 0}, ("rule",), ""),
    ],
)
def test_a_board_that_does_not_fit_its_lab(form: dict[str, Any] | None, cells: tuple[str, ...], fault: str) -> None:
    items = [item("rule"), item("memo", manual=True)]
    found = board_faults(BoardSettings("join", cells), items, {"join": form} if form else {})
    assert len(found) == bool(fault)
    assert fault in "".join(found)


@pytest.mark.slow
def test_such_a_lab_is_not_released(tmp_path: Path) -> None:
    labs = write_lab(
        tmp_path / "labs", lab_with_board({**ENTRY, "cells": ["rule", "memo"]}, ask=ASK.replace('"yes"', '"on"'))
    )
    course = Course.new(tmp_path / "course", labs=labs)
    with pytest.raises(CourseError, match=r"counts 'memo', which a person scores; .* no choice with an option 'yes'"):
        release(course, LAB)
    assert course.gradable == []


def test_cells_that_went_since_the_release_are_named(course: Course, tmp_path: Path) -> None:
    moved = with_labs(course, write_lab(tmp_path / "labs", lab_with_board({**ENTRY, "cells": ["rule", "gone"]})))
    with pytest.raises(CourseError, match="counts 'gone', which is no scored cell"):
        standings(moved, LAB)


# The page


def example(title: str = "Board", *, names: int = 6) -> Board:
    points = (9.0, 8.5, 6.0, 5.0, 2.0, 0.0)[:names]
    places = tuple(Place(rank, False, f"{FIRST[rank]} {SECOND[rank]}", each) for rank, each in enumerate(points, 1))
    return Board("lab", title, "Points for <b>ranks</b>.", ((3, "Which?", 4.0), (5, "score & rank", 6.0)), 10.0, places)


def test_the_page_says_what_points_and_places_are_and_escapes_what_it_is_given() -> None:
    html = board_html(example("<script>x</script>"), written=datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert "<script>" not in html
    assert "<b>ranks</b>" not in html
    text = words(html)
    assert "Written 2026-03-02 12:00 UTC" in text
    assert "6 learners who chose to stand here, under made-up names. Median of this board: 5.5 of 10 points." in text
    assert "Question 3 : Which? (up to 4)" in text.replace("3:", "3 :")
    assert "A high place is no proof that a screener" in text
    assert "http" not in html
    widths = re.findall(r'width="([\d.]+)%" height="11" fill="#0072B2"', html)
    assert [float(width) for width in widths] == [89.1, 84.15, 59.4, 49.5, 19.8, 0.0]  # of 99 %


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Chromium, driven by playwright."""
    if CHROMIUM is None:
        pytest.skip("NO BROWSER TEST RAN: install Chromium (Debian: apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="NO BROWSER TEST RAN: playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("names", [6, 0])
def test_the_page_can_be_read_on_a_phone_and_by_a_screen_reader(chromium: Any, tmp_path: Path, names: int) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    (tmp_path / "board.html").write_text(board_html(example(names=names)))
    shown = chromium.new_page()
    requests: list[str] = []
    shown.on("request", lambda request: requests.append(request.url))
    shown.goto((tmp_path / "board.html").as_uri())
    for width in (1280, 400):
        shown.set_viewport_size({"width": width, "height": 800})
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.locator(".scroll").evaluate_all("all => all.every(each => each.scrollWidth <= each.clientWidth)")
    assert [each["id"] for each in Axe().run(shown).response["violations"]] == []
    assert requests == [(tmp_path / "board.html").as_uri()]
    shown.close()
