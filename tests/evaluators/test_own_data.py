"""Files that people bring: kinds, encodings, titles above the header, and what cannot be read."""

import gzip
import hashlib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from evaluators._validation import ColumnError
from evaluators.own_data import TableError, column_named, open_own_table
from evaluators.screening.errors import FileReadError

ROWS = "sex,town,hired\nf,Köln,yes\nm,Łódź,no\nf,,no\n"
LATIN = "sex;town;hired\nf;Köln;yes\nm;Orléans;no\nf;;no\n"


def read(path: Path, **options: object) -> tuple[dict[str, tuple[str, ...]], object]:
    """Return each column's values (commonest first, then as they come) and the facts."""
    with open_own_table(path, **options) as table:
        return {column.name: column.values for column in table.columns()}, table.facts


@pytest.mark.parametrize(
    ("data", "encoding", "town"),
    [
        pytest.param(ROWS.encode(), "utf-8", "Łódź", id="utf-8"),
        pytest.param(ROWS.encode("utf-8-sig"), "utf-8", "Łódź", id="utf-8-with-its-mark"),
        pytest.param(LATIN.encode("cp1252"), "cp1252", "Orléans", id="windows-1252"),
        pytest.param(ROWS.encode("utf-16"), "utf-16", "Łódź", id="utf-16"),
        pytest.param(ROWS.encode("utf-16-be"), "utf-16-be", "Łódź", id="utf-16-without-its-mark"),
        pytest.param(ROWS.replace(",", "\t").encode(), "utf-8", "Łódź", id="tabs"),
        pytest.param(ROWS.replace("\n", "\r\n").encode(), "utf-8", "Łódź", id="windows-line-ends"),
    ],
)
def test_text_in_any_usual_encoding(tmp_path: Path, data: bytes, encoding: str, town: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(data)
    values, facts = read(path)
    assert values == {"sex": ("f", "m"), "town": ("Köln", town), "hired": ("no", "yes")}
    assert (facts.name, facts.kind, facts.encoding) == ("people.csv", "CSV", encoding)
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert facts.size_bytes == len(data)
    assert any("Windows-1252" in note for note in facts.notes) == (encoding == "cp1252")


def test_a_letter_far_down_decides_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"town\n" + b"Bonn\n" * 300_000 + "Köln\n".encode("cp1252"))
    with open_own_table(path) as table:
        assert table.facts.encoding == "cp1252"
        assert table.relation.filter("town = 'Köln'").fetchall() == [("Köln",)]


def test_packed_text_and_parquet(tmp_path: Path) -> None:
    packed = tmp_path / "people.csv.gz"
    packed.write_bytes(gzip.compress(LATIN.encode("cp1252")))
    assert read(packed)[0]["town"] == ("Köln", "Orléans")
    parquet = tmp_path / "people.parquet"
    pd.DataFrame({"sex": ["f", None], "score": [1.5, 2.0], "day": pd.to_datetime(["2026-01-02", None])}).to_parquet(
        parquet
    )
    with open_own_table(parquet) as table:
        sex, score, day = table.columns()
    assert (sex.filled, sex.rows, sex.numbers) == (1, 2, False)
    assert (score.numbers, day.dates) == (True, True)


def workbook(path: Path, *rows: list[object], sheet: str = "Applicants") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.create_sheet("Notes").append(["see the manual"])
    book.save(path)
    return path


def test_a_workbook_with_a_merged_title_above_its_header(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "people.xlsx",
        ["Applicants of 2026"],
        [],
        ["sex", "hired", "score"],
        ["f", True, 7],
        ["m", False, None],
        [None, None, None],
        ["=1+1", False, 8.5],
    )
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A1:C1")
    book.active["A7"].data_type = "s"  # text that begins like a formula
    book.save(path)
    values, facts = read(path)
    assert values["hired"] == ("False", "True")
    assert values["score"] == ("7", "8.5")
    assert (facts.kind, facts.sheet) == ("Excel", "Applicants")
    assert facts.notes == (
        "The workbook has 2 sheets; the first, 'Applicants', was read.",
        "1 row above the header was skipped: Applicants of 2026.",
    )
    assert read(path, sheet="Notes")[0] == {"see the manual": ()}
    with (
        pytest.raises(TableError, match=r"no sheet 'Other'[\s\S]*Applicants, Notes"),
        open_own_table(path, sheet="Other"),
    ):
        pass


def test_a_row_wider_than_the_header_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "people.xlsx", ["sex", "hired", "score"], ["f", "yes", 1, None, "a stray remark"])
    with pytest.raises(TableError, match="more cells than the header has names"), open_own_table(path):
        pass


def test_columns_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("sex,Sex,hired\nf,m,1\n", encoding="utf-8")
    with open_own_table(path) as table:
        assert table.names == ("sex (1)", "Sex (2)", "hired")
        assert table.facts.notes == ("Several columns are called 'sex'; they were given numbers, such as 'sex (1)'.",)
        assert column_named(table, "HIRED ") == "hired"
        with pytest.raises(ColumnError, match=r"2 columns called 'sex'[\s\S]*'sex \(1\)', 'Sex \(2\)'"):
            column_named(table, "sex")
        with pytest.raises(ColumnError, match=r"no column 'hird'[\s\S]*Did you mean 'hired'"):
            column_named(table, "hird")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        pytest.param("missing.csv", None, "There is no file", id="missing"),
        pytest.param("folder.csv", "folder", "is a folder", id="folder"),
        pytest.param("empty.csv", b"", "is empty", id="empty"),
        pytest.param("people.docx", b"PK\x03\x04", "neither CSV nor Excel nor Parquet", id="kind"),
        pytest.param("people.csv", b"PK\x03\x04" + bytes(9), "no text but a workbook", id="workbook-called-csv"),
        pytest.param("people.xlsx", b"sex,hired\n", "no Excel workbook", id="csv-called-workbook"),
        pytest.param("people.xlsx", b"PK\x03\x04" + bytes(99), "is damaged", id="damaged-workbook"),
        pytest.param("people.xlsx", b"\xd0\xcf\x11\xe0" + bytes(99), "password", id="locked-workbook"),
        pytest.param("people.parquet", b"sex,hired\n", "no Parquet", id="csv-called-parquet"),
        pytest.param("people.parquet", b"PAR1" + bytes(99), "cannot be read", id="damaged-parquet"),
        pytest.param("people.csv", bytes(range(256)), "is no text", id="bytes"),
        pytest.param("people.csv", b"town\nK\x81ln\n", "neither UTF-8 nor UTF-16", id="unknown-encoding"),
        pytest.param("people.csv.gz", b"sex,hired\n", "cannot be unpacked", id="not-packed"),
        pytest.param("people.csv", b"Applicants 2026\nsex,hired\nf,yes\n", "cannot be read", id="title-in-csv"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_so(tmp_path: Path, name: str, data: object, said: str) -> None:
    path = tmp_path / name
    if isinstance(data, bytes):
        path.write_bytes(data)
    elif data:
        path.mkdir()
    with pytest.raises((TableError, FileReadError), match=said), open_own_table(path) as table:
        table.relation.fetchall()


def test_a_file_that_nobody_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "people.csv"
    path.write_text(ROWS, encoding="utf-8")

    def locked(*_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(TableError, match=r"Permission denied[\s\S]*Close it in other programs"), open_own_table(path):
        pass


def test_a_large_file_is_read_once_and_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"sex,Sex,score\n" + b"f,NA,01\n,\xfc,\n" * 50)
    with open_own_table(path) as table:
        small = (table.facts, table.names, table.columns(), table.relation.fetchall())
    monkeypatch.setattr("evaluators.own_data._LARGE_BYTES", 100)
    with open_own_table(path) as table:
        assert (table.facts, table.names, table.columns(), table.relation.fetchall()) == small
    assert small[3][:2] == [("f", "NA", "01"), (None, "ü", None)]
    path.write_bytes(path.read_bytes() + b"one,too,many,cells\n")
    with pytest.raises(FileReadError, match=r"people\.csv cannot be read"), open_own_table(path):
        pass
