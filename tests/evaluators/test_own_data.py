"""Files that people bring: kinds, encodings, titles above the header, and what cannot be read."""

import gzip
import hashlib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from evaluators._own_files import find_header
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
        pytest.param("people.csv", b"Applicants 2026\nsex,hired\nf,yes,1\n", "cannot be read", id="unclear-title"),
        pytest.param("people.csv", b"  \n\n", "no header line", id="blanks"),
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


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        pytest.param(
            "Applicants 2026\nsex,hired\nf,yes\n", "1 row above the header was skipped: Applicants 2026.", id="one"
        ),
        pytest.param(
            "Applicants\r\n\r\nConfidential,\r\nsex,hired\r\nf,yes\r\n",
            "2 rows above the header were skipped: Applicants; Confidential.",
            id="two-and-blanks",
        ),
        pytest.param(
            "Women, men and others;;\n;;\nsex;hired;score\nf;yes;1\n",
            "1 row above the header was skipped: Women, men and others.",
            id="another-delimiter",
        ),
        pytest.param(
            '"Of two\nlines"\nsex\thired\nf\tyes\n', "1 row above the header was skipped: Of two\nlines.", id="lines"
        ),
        pytest.param("Applicants\nsex,hired\n", "1 row above the header was skipped: Applicants.", id="no-rows"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_clear_title_above_the_header_of_a_text_file_is_skipped(
    tmp_path: Path, text: str, titles: str, encoding: str
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(encoding))
    values, facts = read(path)
    assert list(values)[:2] == ["sex", "hired"]
    assert values["sex"] == (() if text.endswith("hired\n") else ("f",))
    assert facts.notes == (titles,)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("sex,hired\nf,yes\n", id="none"),
        pytest.param("name\nAda\nBob\n", id="one-column"),
        pytest.param("text\nHello, my laptop is broken\nIt works, now, thanks\n", id="prose"),
        pytest.param("Applicants, all\nsex,hired\nf,yes\n", id="two-cells"),
        pytest.param("Applicants\nsex,sex\nf,yes\n", id="names-twice"),
        pytest.param("Applicants\nsex,,hired\nf,,yes\n", id="a-name-lacking"),
    ],
)
def test_what_is_not_clearly_a_title_is_the_header_as_before(tmp_path: Path, text: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    notes: list[str] = []
    assert find_header(path, "utf-8", None, notes) == (0, None)
    assert notes == []


def test_the_line_that_tells_excel_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("sep=;\nsex;a,b,c\nf;1\n", encoding="utf-8")
    values, facts = read(path)
    assert values == {"sex": ("f",), "a,b,c": ("1",)}
    assert "tells Excel" in facts.notes[0]


def test_cells_merged_over_several_rows_hold_their_value_in_each(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Applicants", None, None],
        ["id", "sex", "hired"],
        *([n, "f" if n == 1 else "m" if n == 3 else None, "yes" if n < 3 else "no"] for n in range(1, 7)),
    ):
        sheet.append(row)
    for cells in ("A1:C1", "B3:B4", "B5:B7"):
        sheet.merge_cells(cells)
    path = tmp_path / "people.xlsx"
    book.save(path)
    with open_own_table(path) as table:
        assert table.names == ("id", "sex", "hired")
        assert table.relation.fetchall() == [
            ("1", "f", "yes"), ("2", "f", "yes"), ("3", "m", "no"), ("4", "m", "no"), ("5", "m", "no"),
            ("6", None, "no"),
        ]  # fmt: skip
        assert any("merged over several rows (2 places, such as B3:B4)" in note for note in table.facts.notes)


def test_large_text_files_are_said_to_be_out_of_order(tmp_path: Path) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_text("sex,hired\nf,yes\n", encoding="utf-8")
    large.write_text("sex,hired\n" + "female applicant,yes\n" * 250_000, encoding="utf-8")
    with open_own_table(small) as first, open_own_table(large) as second:
        assert (first.in_order, second.in_order) == (True, False)
