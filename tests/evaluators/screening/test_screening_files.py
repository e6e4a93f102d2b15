import gzip

import numpy as np
import pandas as pd
import pytest

from evaluators.screening import ColumnError, CountError, CountTable, OutcomeError, count_table
from evaluators.screening.counts import count_tables
from evaluators.screening.errors import FileReadError, ScoreError
from evaluators.screening.files import count_file, count_files, open_table
from evaluators.screening.scoring import count_above_median

PLAIN = "sex,hired\nf,1\nf,0\nm,1\n"
BY_HAND = CountTable.from_counts({"f": (1, 2), "m": (1, 1)})


def write(folder, content, name="applicants.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("content", "name", "options"),
    [
        pytest.param(PLAIN, "a.csv", {}, id="comma"),
        pytest.param(PLAIN.replace(",", ";"), "a.csv", {}, id="semicolon"),
        pytest.param(PLAIN.replace(",", "\t"), "a.tsv", {}, id="tab"),
        pytest.param(PLAIN.replace(",", "~"), "a.txt", {"delimiter": "~"}, id="own-delimiter"),
        pytest.param(PLAIN.replace("\n", "\r\n"), "a.csv", {}, id="windows-lines"),
        pytest.param("\ufeff" + PLAIN, "a.csv", {}, id="byte-order-mark"),
        pytest.param(PLAIN.encode("utf-16"), "a.csv", {}, id="utf-16"),
        pytest.param(gzip.compress(PLAIN.encode()), "a.csv.gz", {}, id="gzip"),
        pytest.param('"sex","hired"\n"f","1"\n"f","0"\n" m ","1"', "a.csv", {}, id="quoted-and-no-last-newline"),
        pytest.param("sex,hired\n\nf,1\nf,0\n\nm,1.0\n", "a.csv", {}, id="blank-lines"),
        pytest.param(PLAIN, "export [1] (2)*.csv", {}, id="name-like-a-pattern"),
    ],
)
def test_a_file_is_counted_however_it_was_saved(tmp_path, content, name, options):
    write(tmp_path, "sex,hired\nz,1\n", "export 1 (2).csv")
    assert count_file(write(tmp_path, content, name), groups="sex", outcome="hired", **options)["sex"] == BY_HAND


def test_quotes_umlauts_and_odd_column_names(tmp_path):
    path = write(tmp_path, 'sex,"Race, ""own words""",hired\nf,"Ä,\nb",1\nm,"x ""y""",0\n')
    tables = count_file(path, groups=["sex", 'Race, "own words"'], outcome="hired")
    assert tables['Race, "own words"'].labels == ('x "y"', "Ä,\nb")
    assert len(tables) == 3
    older = write(tmp_path, "Geschlecht;Zusage\nmännlich;ja\n".replace("ja", "1"), encoding="cp1252")
    assert count_file(older, groups="Geschlecht", outcome="Zusage", encoding="cp1252")["Geschlecht"].selected == 1


@pytest.fixture(scope="module")
def applicants():
    rng = np.random.default_rng(11)
    return pd.DataFrame(
        {
            "sex": rng.choice(["female", "male ", "", "NA", "x"], 700),
            "grade": rng.choice(["1", "2.0", "2", "", "n/a"], 700),
            "hired": rng.choice(["yes", "No", "1", "0"], 700),
            "score": rng.choice(["10", "12.5", "7", ""], 700),
        }
    )


@pytest.mark.parametrize("as_text", [True, False])
def test_a_file_gives_what_reading_it_with_pandas_gives(tmp_path, applicants, as_text):
    path = tmp_path / "applicants.csv"
    applicants.to_csv(path, index=False)
    read = pd.read_csv(path, dtype=str if as_text else None)
    what = {"groups": ["sex", "grade"], "outcome": "hired"}
    assert count_file(path, **what) == count_tables(read, **what)
    with open_table(path) as table:
        scored = count_above_median(table, groups=["sex"], score="score")
    assert scored == count_above_median(read, groups=["sex"], score="score")


def test_a_parquet_file_gives_what_its_frame_gives(tmp_path):
    rng = np.random.default_rng(12)
    frame = pd.DataFrame(
        {
            "sex": pd.Categorical(rng.choice(["f", "m", None], 300)),
            "grade": rng.choice([1.0, 2.5, np.nan], 300),
            "hired": rng.random(300) < 0.3,
        }
    )
    path = tmp_path / "applicants.parquet"
    frame.to_parquet(path)
    what = {"groups": ["sex", "grade"], "outcome": "hired"}
    assert count_file(path, **what) == count_tables(frame, **what)


def test_words_for_missing_are_a_choice(tmp_path):
    path = write(tmp_path, "race,hired\nNA,1\nWhite,0\n,1\n")
    assert count_file(path, groups="race", outcome="hired")["race"].people_missing == 2
    kept = count_file(path, groups="race", outcome="hired", missing_words=[""])["race"]
    assert kept.labels == ("(missing)", "NA", "White")


def test_several_files_are_one_count(tmp_path):
    may, june = write(tmp_path, PLAIN, "may.csv"), write(tmp_path, "hired;sex\n1;f\n0;x\n", "june.csv")
    tables = count_files([may, june], groups="sex", outcome="hired")
    assert tables == {"sex": CountTable.from_counts({"f": (2, 3), "m": (1, 1), "x": (0, 1)})}
    with pytest.raises(CountError, match="no file"):
        count_files([], groups="sex", outcome="hired")


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        pytest.param("", "a.csv", "is empty", id="empty"),
        pytest.param("\n\n", "a.csv", "no header line", id="blank"),
        pytest.param("sex,hired\nf,1\nm,0,SECRET\n", "a.csv", "Line: 3", id="a-cell-too-many"),
        pytest.param("sex,hired\nf,1\nSECRET\n", "a.csv", "Line: 3", id="a-cell-too-few"),
        pytest.param('sex,hired\n"f,1\nm,0\n', "a.csv", "unterminated quote", id="open-quote"),
        pytest.param("sex,hired\nmännlich,1\n".encode("cp1252"), "a.csv", "not in the encoding utf-8", id="encoding"),
        pytest.param("männlich,hired\nf,1\n".encode("cp1252"), "a.csv", "not in the encoding", id="encoding-of-header"),
        pytest.param(PLAIN, "a.csv.gz", "cannot be read", id="not-gzip"),
        pytest.param(PLAIN, "a.parquet", "cannot be read", id="not-parquet"),
        pytest.param(PLAIN, "a.xlsx", "neither CSV nor Parquet", id="excel"),
    ],
)
def test_a_bad_file_says_what_is_wrong_and_nothing_about_people(tmp_path, content, name, found):
    with pytest.raises(FileReadError, match=found) as caught:
        count_file(write(tmp_path, content, name), groups="sex", outcome="hired")
    assert name in caught.value.problem
    assert caught.value.hint
    assert "SECRET" not in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(FileReadError, match="no file"):
        count_file(tmp_path / "none.csv", groups="sex", outcome="hired")
    with pytest.raises(FileReadError, match="is a folder"):
        count_file(tmp_path, groups="sex", outcome="hired")
    with pytest.raises(FileReadError, match="'klingon'"):
        count_file(write(tmp_path, PLAIN), groups="sex", outcome="hired", encoding="klingon")


def test_problems_inside_a_file_are_those_of_a_frame(tmp_path):
    with pytest.raises(CountError, match="no rows"):
        count_file(write(tmp_path, "sex,hired\n"), groups="sex", outcome="hired")
    with pytest.raises(OutcomeError, match=r"In row 1 of the data .* 'maybe' \(2 rows have no clear outcome\)"):
        count_file(write(tmp_path, "sex,hired\nf,maybe\nm,maybe\nm,1\n"), groups="sex", outcome="hired")
    with pytest.raises(ColumnError, match="Did you mean 'Sex'"):
        count_file(write(tmp_path, "Sex,hired\nf,1\n"), groups="sex", outcome="hired")
    with pytest.raises(ColumnError, match=r"Did you mean 'sex \(1\)'"):
        count_file(write(tmp_path, "sex,Sex,,hired\nf,m,,1\n"), groups="sex", outcome="hired")


@pytest.mark.slow
def test_a_million_rows_are_counted_as_by_pandas(tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 1_000_000), "hired": rng.integers(0, 2, 1_000_000)})
    path = tmp_path / "applicants.csv"
    frame.to_csv(path, index=False)
    assert count_file(path, groups="sex", outcome="hired")["sex"] == count_table(frame, group="sex", outcome="hired")


def test_an_unclear_outcome_is_named_with_its_first_row(tmp_path):
    rows = [f"{sex},{'no' if number % 3 else 'yes'}\n" for number in range(50_000) for sex in "fm"]
    rows[77_776] = "f,perhaps\n"
    rows[90_000] = "f,another\n"
    path = write(tmp_path, "sex,hired\n" + "".join(rows))
    with pytest.raises(OutcomeError, match=r"In row 77,777 of the data .* 'perhaps' \(2 rows have"):
        count_file(path, groups="sex", outcome="hired")
    frame = pd.read_csv(path).replace({"hired": {"perhaps": None}})
    frame.to_parquet(tmp_path / "people.parquet")
    with pytest.raises(OutcomeError, match=r"In row 77,777 of the data .* has nothing \(2 rows have"):
        count_file(tmp_path / "people.parquet", groups="sex", outcome="hired")


def test_a_relation_in_no_known_order_names_no_row(tmp_path):
    with open_table(write(tmp_path, "sex,hired\nf,yes\nm,maybe\n")) as table:
        with pytest.raises(OutcomeError, match=r"^The outcome column 'hired' has 'maybe'"):
            count_tables(table, groups=["sex"], outcome="hired")
        with pytest.raises(OutcomeError, match=r"^In row 2 of the data"):
            count_tables(table, groups=["sex"], outcome="hired", in_file_order=True)
        with pytest.raises(ScoreError, match=r"^In row 1 of the data .* the score column 'hired' has 'yes'"):
            count_above_median(table, groups="sex", score="hired", in_file_order=True)


def test_lines_above_the_header_are_skipped_on_request(tmp_path):
    path = write(tmp_path, 'A title\n"of two\nlines"\nsex,hired\nf,1\nm,0\n')
    assert count_file(path, groups="sex", outcome="hired", skip_lines=3)["sex"].labels == ("f", "m")
