"""Ratings as people have them: long and wide, in any usual file, read with the file's own line in each error."""

import codecs
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluators._own_files import TableError
from evaluators._validation import ColumnError
from evaluators.data import load_recruiter_panel
from evaluators.judgement.errors import CueError, PanelError
from evaluators.judgement.panel import Panel
from evaluators.judgement.reading import read_items, read_ratings, read_stated
from evaluators.judgement.reading._marks import read_marks
from evaluators.judgement.reading._names import is_summary, plain_name


def written(folder: Path, text: str, name: str = "ratings.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def wide(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"Candidate": ["Kim", "Lee", "Max", "Noa"], **columns})


# What people write as a rating


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        pytest.param(["1", "5", "3.5"], [1, 5, 3.5], id="numbers"),
        pytest.param(["3,5", "4"], [3.5, 4], id="decimal-comma"),
        pytest.param(["80 %", "65%"], [80, 65], id="percent"),
        pytest.param(["4/5", "3 / 5"], [4, 3], id="parts"),
        pytest.param(["3 out of 5", "5 of 5"], [3, 5], id="parts-in-words"),
        pytest.param(["★★★☆☆", "★", "5 stars"], [3, 1, 5], id="stars"),
        pytest.param(["4 - Good", "2: poor", "4"], [4, 2, 4], id="numbered"),
        pytest.param(["no", "YES", "Strong Yes"], [0, 1, 2], id="words"),
        pytest.param(["Strong no", "No", "Yes", "Strong yes"], [0, 1, 2, 3], id="four-words"),
        pytest.param(["sehr gut", "schlecht", "gut"], [2, 0, 1], id="german"),
        pytest.param(["oui", "non", "peut-être"], [2, 0, 1], id="french"),
        pytest.param(["A", "C", "B+", "B-"], [3, 0, 2, 1], id="letters"),
        pytest.param(["n/a", "k.A.", "-", "2"], [np.nan, np.nan, np.nan, 2], id="not-rated"),
    ],
)
def test_marks(texts, values):
    found = read_marks(texts)
    assert found.odd == ()
    np.testing.assert_array_equal([found.value(text) for text in texts], values)


def test_levels_that_fall_turn_ratings_round():
    found = read_marks(["1", "6", "2"], levels=["6", "5", "4", "3", "2", "1"])
    assert [found.value(text) for text in ("1", "2", "6")] == [6, 5, 1]
    assert "turned round" in found.sentence


def test_named_levels_win_over_words_for_not_rated():
    found = read_marks(["-", "o", "+"], levels=["-", "o", "+"])
    assert [found.value(text) for text in "-o+"] == [0, 1, 2]
    assert found.level_names == ("-", "o", "+")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        pytest.param(["3,5", "2.5"], "comma .* and some a point", id="comma-and-point"),
        pytest.param(["1,234", "2,500"], "two ways", id="thousands"),
    ],
)
def test_numbers_that_can_be_read_in_two_ways(texts, said):
    with pytest.raises(PanelError, match=said):
        read_marks(texts)


@pytest.mark.parametrize("levels", [["one"], ["1", "3", "2"], ["a", "A"], []])
def test_levels_that_make_no_sense(levels):
    if not levels:
        assert read_marks(["1"], levels=levels).value("1") == 1  # none named is none
        return
    with pytest.raises(PanelError, match="level"):
        read_marks(["1"], levels=levels)


# Long and wide


def test_the_panel_of_the_data_set_is_read_as_by_hand():
    table = load_recruiter_panel("ratings")
    found = read_ratings(table)
    expected = Panel.from_table(table, item="resume_id", rater="recruiter", rating="overall", order="order")
    np.testing.assert_array_equal(found.panel.ratings, expected.ratings)
    np.testing.assert_array_equal(found.panel.order, expected.order)
    assert (found.panel.items, found.panel.raters) == (expected.items, expected.raters)
    assert list(found.dimensions) == ["skills", "experience", "presentation"]
    halo = Panel.from_table(table, item="resume_id", rater="recruiter", rating="presentation")
    np.testing.assert_array_equal(found.dimensions["presentation"].ratings, halo.ratings)
    assert found.layout.shape == "A row is taken as one rating (a long table)."


def test_a_wide_table_of_the_same_gives_the_same():
    table = load_recruiter_panel("ratings")
    turned = table.pivot(index="resume_id", columns="recruiter", values="overall").reset_index()
    found = read_ratings(turned)
    expected = read_ratings(table).panel
    np.testing.assert_array_equal(found.panel.ratings, expected.ratings)
    assert found.panel.raters == expected.raters
    assert "a wide table" in found.layout.shape


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(st.sampled_from(["1", "2", "3", "4,5", "", "n/a"]), min_size=2, max_size=4), min_size=2, max_size=7
    ).filter(
        lambda rows: (
            len({len(row) for row in rows}) == 1 and any(cell in "1234,5" and cell for row in rows for cell in row)
        )
    )
)
def test_wide_and_long_give_the_same_panel(rows):
    raters = ["Ada", "Ben", "Cleo", "Dan"][: len(rows[0])]
    across = pd.DataFrame(rows, columns=raters).assign(cv=[f"cv {place}" for place in range(len(rows))])
    down = across.melt(id_vars="cv", var_name="rater", value_name="rating").sample(frac=1, random_state=1)
    one = read_ratings(across, item="cv", raters=raters, wide=True)
    other = read_ratings(down, item="cv", raters=["rater"], rating="rating")
    np.testing.assert_array_equal(one.panel.ratings, other.panel.ratings)
    assert (one.panel.items, one.panel.raters) == (other.panel.items, other.panel.raters)
    there = {(each["item"], each["rater"]): each["rating"] for each in one.panel.to_frame().to_dict("records")}
    written_down = {
        (f"cv {row}", rater): float(cell.replace(",", "."))
        for row, cells in enumerate(rows)
        for rater, cell in zip(raters, cells, strict=True)
        if cell not in ("", "n/a")
    }
    assert there == written_down


@pytest.mark.parametrize(
    ("head", "layout"),
    [
        pytest.param("Interviewer,Candidate,Score", ("Candidate", "Interviewer", "Score"), id="english"),
        pytest.param("Bewerber,Bewertet von,Note", ("Bewerber", "Bewertet von", "Note"), id="german"),
        pytest.param("Évaluateur,Candidat,Note globale", ("Candidat", "Évaluateur", "Note globale"), id="french"),
        pytest.param("candidato,entrevistador,puntuación", ("candidato", "entrevistador", "puntuación"), id="spanish"),
        pytest.param("cv_id,reviewer_name,overall", ("cv_id", "reviewer_name", "overall"), id="snake"),
    ],
)
def test_headers_of_long_tables(tmp_path, head, layout):
    names = head.split(",")
    item, rater, rating = (names.index(name) for name in layout)
    rows = []
    for place, (who, what, mark) in enumerate([("Ada", "x", 3), ("Ben", "x", 4), ("Ada", "y", 1), ("Ben", "y", 2)]):
        cells = [""] * 3
        cells[item], cells[rater], cells[rating] = what, who, str(mark)
        rows.append(",".join(cells))
        assert place < 4
    found = read_ratings(written(tmp_path, "\n".join([head, *rows])))
    assert (found.layout.item, found.layout.raters, found.layout.rating) == (layout[0], (layout[1],), layout[2])
    assert found.panel.ratings.tolist() == [[3, 4], [1, 2]]
    assert len(found.layout.guesses) == 3


def test_a_rater_column_without_a_usual_name_is_found_by_its_shape():
    table = pd.DataFrame({"cv": list("aabbcc"), "wer": ["Ada", "Ben"] * 3, "rating": [1, 2, 3, 4, 5, 4]})
    found = read_ratings(table)
    assert found.layout.raters == ("wer",)
    assert "names each row once" in " ".join(found.sentences())


@pytest.mark.parametrize("name", ["Average", "Ø", "Total", "Durchschnitt", "Mittelwert", "Std", "Rank", "Moyenne"])
def test_columns_of_totals_are_left_out_and_said(name):
    found = read_ratings(wide(Ada=[1, 2, 3, 4], Ben=[2, 2, 4, 4], **{name: [1.5, 2, 3.5, 4]}))
    assert found.panel.raters == ("Ada", "Ben")
    assert f"Left out: {name!r}" in " ".join(found.sentences())


def test_a_column_of_means_without_such_a_name_is_left_out():
    found = read_ratings(wide(Ada=[1, 2, 3, 4], Ben=[2, 2, 4, 4], Result2=["1.5", "2", "3.5", "4"]))
    assert found.panel.raters == ("Ada", "Ben")
    assert "the mean of the other columns" in " ".join(found.sentences())


def test_a_third_rater_who_always_lies_between_is_kept():
    found = read_ratings(wide(Ada=[1, 2, 3, 4], Ben=[3, 4, 5, 4], Cleo=[2, 3, 4, 4]))
    assert found.panel.raters == ("Ada", "Ben", "Cleo")


def test_columns_that_are_no_ratings_are_left_out_and_said():
    table = wide(
        years=[3, 4, 8, 1], Ada=[1, 2, 3, 4], Ben=[2, 2, 4, 4], Salary2=[41000, 52000, 38000, 61000],
        Comment=["fine", "late", "no", "good talk"],
    )  # fmt: skip
    found = read_ratings(table)
    assert found.panel.raters == ("Ada", "Ben")
    assert {name for name, _ in found.layout.left_out} == {"years", "Salary2", "Comment"}


@pytest.mark.parametrize(
    ("last", "said"),
    [
        pytest.param("Average;2,5;3", "Line 5 was left out", id="named"),
        pytest.param(";2,5;3", "Line 5 was left out", id="without-a-name"),
        pytest.param("Summe;7,5;9\nMittelwert;2,5;3", "Lines 5, 6 were left out", id="two"),
    ],
)
def test_trailing_totals_are_left_out_and_said(tmp_path, last, said):
    found = read_ratings(written(tmp_path, f"Bewerber;Anna;Bernd\nKim;1,5;2\nLee;3;4\nMax;3;3\n{last}\n"))
    assert found.panel.items == ("Kim", "Lee", "Max")
    assert said in " ".join(found.notes)


def test_somebody_called_like_a_total_in_the_middle_is_kept():
    found = read_ratings(pd.DataFrame({"cv": ["Max", "Kim", "Lee"], "Ada": [1, 2, 3], "Ben": [2, 3, 3]}))
    assert "Max" in found.panel.items


# Files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    path = written(tmp_path, "Bewerber;Jörg;Zoë\nKöhler;3;4\nMüller;2;2\n", encoding=encoding)
    found = read_ratings(path)
    assert found.panel.raters == ("Jörg", "Zoë")
    assert found.panel.items == ("Köhler", "Müller")
    assert ("Windows-1252" in " ".join(found.file.notes)) == (encoding == "cp1252")
    if encoding == "utf-8-sig":
        assert path.read_bytes().startswith(codecs.BOM_UTF8)


def test_a_workbook_with_a_title_two_sheets_and_stray_rows(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Panel"
    for row in [["Ratings of spring"], [], ["Candidate", "Ada", "Ben"], ["Kim", 3, 4], [], ["Lee", "n/a", 2]]:
        page.append(row)
    book.create_sheet("Notes").append(["nothing"])
    book.save(tmp_path / "r.xlsx")
    found = read_ratings(tmp_path / "r.xlsx")
    np.testing.assert_array_equal(found.panel.ratings, [[3, 4], [np.nan, 2]])
    assert found.file.sheet == "Panel"
    page["B6"] = "five"
    book.save(tmp_path / "r.xlsx")
    with pytest.raises(PanelError, match="Row 6, 'Ada': 'five' is no number"):
        read_ratings(tmp_path / "r.xlsx")
    with pytest.raises(TableError, match="no sheet 'Spring'"):
        read_ratings(tmp_path / "r.xlsx", sheet="Spring")


def test_parquet(tmp_path):
    table = load_recruiter_panel("ratings")
    table.to_parquet(tmp_path / "r.parquet")
    np.testing.assert_array_equal(read_ratings(tmp_path / "r.parquet").panel.ratings, read_ratings(table).panel.ratings)


LONG = "candidate,rater,rating\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(LONG + "a,Ada,3\n\nb,Ada,good\n", "Line 4, 'rating': 'good' is no number", id="no-number"),
        pytest.param(LONG + "a,Ada,3\nb,Ada,2\na,Ada,4\n", "Ada rated a twice, in lines 2 and 4", id="twice"),
        pytest.param(LONG + "a,Ada,3\n,Ada,2\nb,Ben,1\n", "Line 3 has a rating and does not say of what", id="item"),
        pytest.param(LONG + "a,Ada,3\nb,,2\nb,Ben,1\n", "Line 3 has a rating and does not say whose", id="rater"),
        pytest.param(LONG + "a,Ada,inf\nb,Ben,2\nb,Ada,3\n", "Line 2, 'rating': 'inf' is no number", id="infinite"),
        pytest.param("cv,Ada,Ben\na,1,2\nb,2,3\na,1,2\n", "'a' stands in lines 2 and 4", id="wide-twice"),
        pytest.param(LONG + "a,Ada,3,9\n", "line 2: more cells than the header", id="too-many-cells"),
        pytest.param(LONG + 'a,Ada,"3\nb,Ben,2\n', "quotation marks", id="quotes"),
        pytest.param(LONG, "a header and no rows", id="no-rows"),
        pytest.param("rater,cv 1,cv 2\nAda,1,2\nBen,2,3\n", "Turn the table round", id="turned"),
        pytest.param("candidate,note\na,fine\nb,bad talk\n", "no column says who rated", id="nothing"),
        pytest.param(LONG + "a,Ada,meh\nb,Ada,wow\na,Ben,wow\n", "order of these ratings is not known", id="words"),
        pytest.param(LONG + "a,Ada,n/a\na,Ben,-\n", "has no rating", id="nothing-rated"),
        pytest.param("candidate,rater,a1,b1\nx,Ada,1,2\nx,Ben,2,3\n", "These could be: a1, b1", id="which-rating"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, said):
    with pytest.raises((PanelError, TableError), match=said) as raised:
        read_ratings(written(tmp_path, text))
    assert raised.value.hint


def test_an_order_that_cannot_be_read():
    table = pd.DataFrame(
        {"cv": ["a", "b", "a"], "rater": ["Ada", "Ada", "Ben"], "rating": [1, 2, 3], "when": ["1", "soon", "1"]}
    )
    with pytest.raises(PanelError, match="Row 2, 'when': 'soon' does not say when"):
        read_ratings(table, order="when")


def test_times_are_an_order():
    times = ["2026-03-02 14:30", "2026-03-02 09:00", "2026-03-03"]
    table = pd.DataFrame({"cv": list("abc"), "rater": ["Ada"] * 3, "rating": [1, 2, 3], "rated_at": times})
    found = read_ratings(table)
    assert found.panel.order is not None
    assert found.panel.order[:, 0].tolist() == [2, 1, 3]


def test_columns_that_are_not_there_and_columns_named_twice():
    table = wide(Ada=[1, 2, 3, 4], Ben=[2, 2, 4, 4])
    with pytest.raises(ColumnError, match="no column 'Bem'"):
        read_ratings(table, raters=["Ada", "Bem"])
    with pytest.raises(PanelError, match="stands for two things"):
        read_ratings(table, item="Ada", raters=["Ada", "Ben"])
    assert read_ratings(table, item="candidate", raters=["ada", "BEN"]).panel.raters == ("Ada", "Ben")


def test_who_rated_nothing_is_left_out_and_counted():
    found = read_ratings(wide(Ada=[1, 2, None, 4], Ben=[2, 2, None, 4], Cleo=["n/a", "-", None, ""]), item="Candidate",
                         raters=["Ada", "Ben", "Cleo"])  # fmt: skip
    assert (found.panel.items, found.panel.raters) == (("Kim", "Lee", "Noa"), ("Ada", "Ben"))
    assert "1 item without any rating: left out." in found.notes
    assert "1 rater without any rating: left out." in found.notes
    assert not any(name in note for note in found.notes for name in ("Ada", "Ben", "Cleo", "Max"))


def test_sentences_without_names_name_nobody():
    found = read_ratings(pd.DataFrame({"cv": ["a", "a"], "rater": ["Ada", "Ben"], "rating": [1, 2]}))
    assert "Ada" in " ".join(found.layout.sentences())
    assert not any(name in " ".join(found.layout.sentences(names=False)) for name in ("Ada", "Ben"))


def test_names_of_columns():
    assert [plain_name(each) for each in ("Bewertet von", "Évaluateur", "ratedBy")] == [
        "bewertet_von", "evaluateur", "rated_by",
    ]  # fmt: skip
    assert not any(map(is_summary, ["Meanwell", "Anna", "Max", "Max Summers", "Totti", "O.", "Total Recall"]))


# The other tables


@pytest.fixture
def panel() -> Panel:
    return Panel(np.array([[4.0, 5.0], [2.0, 3.0], [1, 2]]), ("a", "b", "c"), ("Ada", "Ben"))


def test_items_are_found_by_their_names_and_cues_by_what_they_hold(panel):
    table = pd.DataFrame({
        "no": [1, 2, 3, 4], "cv": ["B", "a", "c", "z"], "years": ["3", "5,5", "1", ""],
        "remote": ["yes", "no", "yes", "no"],
        "sex": ["f", "m", "f", "m"], "score": [1, 2, 3, 4], "gap": ["1", "", "2", "0"], "land": ["x"] * 4,
    })  # fmt: skip
    found = read_items(table, panel)
    assert found.item == "cv"
    assert found.frame["cv"].tolist() == ["b", "a", "c", "z"]  # spelt as in the ratings
    assert found.cues == ("no", "years", "remote")
    assert found.frame["remote"].tolist() == [True, False, True, False]
    said = " ".join(found.sentences)
    assert all(part in said for part in ("'sex' (a group", "'score' (its name", "'gap' (empty", "'land' (the same"))


@pytest.mark.parametrize(
    ("columns", "cues", "said"),
    [
        pytest.param({"cv": ["a", "b", "a"], "years": [1, 2, 3]}, (), "'a' stands in rows 1 and 3", id="twice"),
        pytest.param({"cv": ["x", "y", "z"], "years": [1, 2, 3]}, (), "No column .* holds the names", id="others"),
        pytest.param({"cv": ["a", "", "c"], "years": [1, 2, 3]}, (), "row 2: no item is named", id="no-name"),
        pytest.param({"cv": list("abc"), "years": ["1", "", "3"]}, ("years",), "row 2: 'years' is empty", id="empty"),
    ],
)
def test_items_that_cannot_be_used(panel, columns, cues, said):
    with pytest.raises(CueError, match=said):
        read_items(pd.DataFrame(columns), panel, cues=cues)


def test_stated_weights(panel):
    table = pd.DataFrame(
        {"Name": ["ada", "Eve", "Ben"], "stated_years": ["70", "1", "n/a"], "Skills": ["30", "1", "100"]}
    )
    stated, notes = read_stated(table, panel, ["years", "skills", "gap"])
    assert stated == {"Ada": {"years": 70, "skills": 30}, "Ben": {"skills": 100}}
    assert len(notes) == 2
    with pytest.raises(CueError, match="row 1, 'stated_years': 'a lot' is no number"):
        read_stated(table.assign(stated_years=["a lot", "1", "2"]), panel, ["years"])
    with pytest.raises(CueError, match="called like a cue"):
        read_stated(table, panel, ["degree"])
    with pytest.raises(CueError, match="names of the raters"):
        read_stated(table.assign(Name="nobody"), panel, ["years"])


# What a second pair of eyes found


def long_of(raters: list[str], column: str = "Score", items: tuple[str, ...] = ("a", "b", "c", "d")) -> pd.DataFrame:
    return pd.DataFrame({"Candidate": items, "Interviewer": raters, column: [2, 3, 5, 4]})


@pytest.mark.parametrize(
    "other", ["ANNA MÜLLER", "Anna  Müller", "Anna Mu\u0308ller"], ids=["capitals", "blanks", "accent-of-its-own"]
)
def test_one_person_in_two_spellings_does_not_count_as_two(other):
    with pytest.raises(PanelError, match=r"look alike and rated nothing in common \(row 1 and row 2\)"):
        read_ratings(long_of(["Anna Müller", other, "Ben", "Ben"]))


def test_two_who_are_called_nearly_alike_and_rated_the_same_are_two():
    found = read_ratings(long_of(["a", "A", "a", "A"], items=("x", "x", "y", "z")))
    assert found.panel.raters == ("A", "a")


def test_items_in_two_spellings_are_told():
    found = read_ratings(long_of(["Ada", "Ben", "Ada", "Ben"], items=("Kim", "KIM", "Lee", "Lee")))
    assert "Names of items that differ in capitals or blanks only (1, such as 'Kim' and 'KIM')" in found.notes[-1]
    assert found.panel.n_items == 3


@pytest.mark.parametrize(("column", "told"), [("Gesamtnote", True), ("Note", True), ("Score", False)])
def test_marks_of_which_1_may_be_the_best_are_told(column, told):
    found = read_ratings(long_of(["Ada", "Ben", "Ada", "Ben"], column))
    assert any("6,5,4,3,2,1" in note for note in found.notes) is told
    turned = read_ratings(long_of(["Ada", "Ben", "Ada", "Ben"], column), levels=["6", "5", "4", "3", "2", "1"])
    assert not any("is taken as points" in note for note in turned.notes)


def test_german_days_are_an_order(tmp_path):
    rows = [f"{'abc'[place // 2]};{'Ada' if place % 2 else 'Ben'};{place + 1};{12 - place}.03.2026 9:05" for place in
            range(6)]  # fmt: skip
    found = read_ratings(written(tmp_path, "\n".join(["Kandidat;Interviewer;Punkte;Datum", *rows])))
    assert found.layout.order == "Datum"
    np.testing.assert_array_equal(found.panel.order, [[3, 3], [2, 2], [1, 1]])


def test_a_cover_sheet_is_passed_over(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "Round of spring"
    page = book.create_sheet("Ratings")
    for row in (["Candidate", "Ada", "Ben"], ["Kim", 1, 2], ["Lee", 3, 3]):
        page.append(row)
    book.save(tmp_path / "r.xlsx")
    found = read_ratings(tmp_path / "r.xlsx")
    assert (found.file.sheet, found.panel.ratings.tolist()) == ("Ratings", [[1, 2], [3, 3]])
    assert "The workbook has 2 sheets; 'Ratings' was read." in found.file.notes


def test_names_in_two_rows_of_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Candidate", "Skills", None, "Manner", None], [None, "Ada", "Ben", "Ada", "Ben"], ["Kim", 1, 2, 3, 4]):
        book.active.append(row)
    book.save(tmp_path / "r.xlsx")
    with pytest.raises(TableError, match="Names in two rows must be put into one"):
        read_ratings(tmp_path / "r.xlsx")
