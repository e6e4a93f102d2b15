"""One's own panel by clicking, without a kernel: what a browser would send is sent by hand."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from evaluators.widgets._desk import FieldError
from evaluators.widgets._judge_desk import JudgeDesk
from evaluators.widgets.judge_explorer import JudgeExplorer, judge_explorer
from tests.evaluators import own_data_forms
from tests.evaluators.own_data_forms import filled, written

PEOPLE = [f"K{n:02}" for n in range(24)]
MARKS = {
    name: [1 + (n + shift * (n % 4)) % 5 for n in range(24)] for name, shift in (("Ada", 0), ("Ben", 1), ("Cy", 2))
}
WORDS = dict(enumerate(("no", "lean no", "maybe", "lean yes", "yes"), start=1))
LONG, WIDE = "file:long.csv", "file:wide.csv"
send = partial(own_data_forms.send, source=LONG)


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawings out: they take most of the time, and the page's own tests look at them."""
    monkeypatch.setattr("evaluators.judgement.study.report._drawn", lambda *_: "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wide = pd.DataFrame({"Candidate": PEOPLE, **MARKS})
    long = wide.melt("Candidate", var_name="Interviewer", value_name="Score")
    long["Manner"] = [1 + (2 * mark + n) % 5 for n, mark in enumerate(long["Score"])]
    long["Rated at"] = [f"2026-03-{1 + n % 28:02}T{8 + n // 28:02}:00" for n in range(len(long))]
    wide["Average"] = wide[list(MARKS)].mean(axis=1).round(2)
    people = pd.DataFrame(
        {
            "candidate": PEOPLE,
            "years": [(7 * n) % 11 for n in range(24)],
            "degree": [("yes", "no", "no")[n % 3] for n in range(24)],
            "gender": ["f", "m"] * 12,
            "vacancy": ["cook"] * 12 + ["driver"] * 12,
        }
    )
    tool = pd.DataFrame(
        {"who": PEOPLE, "fit": [mark + n / 100 for n, mark in enumerate(MARKS["Ada"])], "page": range(24)}
    )
    for name, table in (("long", long), ("wide", wide), ("people", people), ("tool", tool)):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


@pytest.fixture
def explorer(folder: Path) -> JudgeExplorer:
    made = JudgeExplorer(JudgeDesk({}, folder), "Judge")
    send(made, "open")
    return made


def test_ratings_and_files_are_listed_and_tables_beside_them_by_their_kind(folder: Path) -> None:
    desk = JudgeDesk({"Ex": pd.DataFrame()}, folder, items={"Ex": pd.DataFrame()}, tool={"Bot": pd.DataFrame()})
    assert desk.sources() == {
        "table:Ex": "Ex", "file:long.csv": "long.csv", "file:people.csv": "people.csv", "file:tool.csv": "tool.csv",
        "file:wide.csv": "wide.csv", "items:Ex": "Ex", "tool:Bot": "Bot",
    }  # fmt: skip


def test_each_column_is_said_for_both_shapes(explorer: JudgeExplorer) -> None:
    proposed = explorer.table["proposed"]
    assert (proposed["shape"], proposed["item"], proposed["rater"]) == ("long", "Candidate", "Interviewer")
    assert (proposed["rating"], proposed["order"], proposed["dimensions"]) == ("Score", "Rated at", ["Manner"])
    assert any(text.startswith("'Interviewer' is taken as who rated: its name") for text in explorer.table["guesses"])
    send(explorer, "open", source=WIDE)
    proposed = explorer.table["proposed"]
    assert (proposed["shape"], proposed["item"], proposed["raters"]) == ("wide", "Candidate", ["Ada", "Ben", "Cy"])
    assert any("Left out: 'Average'" in text for text in explorer.table["guesses"])


@pytest.mark.parametrize(
    ("source", "changed", "options"),
    [
        pytest.param(LONG, {}, [], id="long"),
        pytest.param(WIDE, {"show_names": True}, ["--names"], id="wide-names"),
        pytest.param(
            WIDE, {"items": "file:people.csv", "measure": "icc", "fail_under": "0,9", "alpha": "0.1"},
            ["--items", "people.csv", "--cue", "years", "--cue", "degree", "--group", "gender", "--within", "vacancy",
             "--measure", "icc", "--fail-under", "0.9", "--alpha", "0.1"],
            id="items",
        ),
    ],
)  # fmt: skip
def test_the_saved_files_are_those_of_the_command(
    explorer: JudgeExplorer, folder: Path, source: str, changed: dict[str, Any], options: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from autograder.cli import app

    name = f"{source.removeprefix('file:').removesuffix('.csv')}-judge"
    send(explorer, "open", source=source)
    assert send(explorer, "run", filled(explorer, **changed), source=source)["problems"] == {}
    assert send(explorer, "save", source=source)["said"] == f"Saved in {folder}: {name}.html and {name}.json."
    monkeypatch.chdir(folder)
    ran = CliRunner().invoke(app, ["judge", f"{name[:4]}.csv", *options, "--yes", "--out", str(folder / "command")])
    assert ran.exit_code in (0, 1), ran.output
    assert written(folder, name) == written(folder / "command", name)


def test_raters_are_named_nowhere_unless_the_box_is_ticked(explorer: JudgeExplorer) -> None:
    assert send(explorer, "run", filled(explorer))["problems"] == {}
    saved = explorer._done
    assert saved is not None
    assert not re.search(r"\b(Ada|Ben|Cy)\b", saved.page + saved.numbers + saved.said)
    send(explorer, "run", filled(explorer, show_names=True))
    assert re.search(r"\bAda\b", explorer.result["page"])


def test_a_tool_is_set_beside_the_panel_and_may_count_from_the_lowest(explorer: JudgeExplorer) -> None:
    send(explorer, "aside", filled(explorer, tool="file:tool.csv"))
    assert explorer.aside["tool"] == {
        "key": "file:tool.csv", "names": ["who", "fit", "page"], "tool_item": "who", "tool_score": "fit",
    }  # fmt: skip
    found = {}
    for low in (False, True):
        reply = send(explorer, "run", filled(explorer, tool="file:tool.csv", tool_low=low))
        assert reply["problems"] == {}
        assert explorer._done is not None
        found[low] = explorer._done.found
    figures = [study.against.correlation.value for study in found.values()]
    assert figures[0] > 0.3
    assert figures[0] == pytest.approx(-figures[1])
    assert found[False].notes[-1] == "The tool's scores are 'fit' of tool.csv."
    assert found[True].notes[-1].startswith("The tool's lowest scores are its best")


def test_what_raters_saw_is_proposed_and_can_be_changed(explorer: JudgeExplorer) -> None:
    send(explorer, "aside", filled(explorer, items="file:people.csv"))
    seen = explorer.aside["items"]
    assert (seen["cues"], seen["groups"], seen["within"]) == (["years", "degree"], ["gender"], "vacancy")
    assert seen["guesses"][0] == "24 of 24 rated items are described in it."
    send(explorer, "run", filled(explorer, items="file:people.csv", cues=["years"], groups=[], within=""))
    assert explorer._done is not None
    assert [each.cue for each in explorer._done.found.importance] == ["years"]
    reply = send(explorer, "run", filled(explorer, items="file:people.csv", cues=["gender"], groups=["gender"]))
    assert reply["problems"] == {"cues": "“gender” is a group already. Use each column once."}


def test_low_numbers_can_be_the_best(explorer: JudgeExplorer) -> None:
    first = {}
    for low in (False, True):
        send(explorer, "run", filled(explorer, low_best=low))
        assert explorer._done is not None
        first[low] = explorer._done.found.panel.ratings
    assert (first[True] == 6 - first[False]).all()
    assert "Low numbers are the best here" in explorer.result["page"]


def test_words_of_a_known_order_are_filled_in_and_others_are_asked_for(explorer: JudgeExplorer, folder: Path) -> None:
    wide = pd.DataFrame({"Candidate": PEOPLE, **{name: [WORDS[m] for m in marks] for name, marks in MARKS.items()}})
    wide.to_csv(folder / "known.csv", index=False)
    send(explorer, "open", source="file:known.csv")
    assert explorer.table["proposed"]["levels"] == "no, lean no, maybe, lean yes, yes"
    own = {"no": "thorn", "lean no": "leaf", "maybe": "bud", "lean yes": "rose", "yes": "oak"}
    long = wide.melt("Candidate", var_name="Interviewer", value_name="Score").replace({"Score": own})
    long.to_csv(folder / "own.csv", index=False)
    send(explorer, "open", source="file:own.csv")
    assert sorted(explorer.table["words"]) == ["bud", "leaf", "oak", "rose", "thorn"]
    assert explorer.table["notes"][0].startswith("The order of these ratings is not known")
    reply = send(explorer, "run", filled(explorer), source="file:own.csv")
    assert "Name the words from the lowest to the highest" in reply["problems"]["levels"]
    typed = filled(explorer, levels="thorn, leaf, bud, rose, oak")
    assert send(explorer, "run", typed, source="file:own.csv")["problems"] == {}
    assert explorer._done is not None
    assert explorer._done.found.panel.level_names == ("thorn", "leaf", "bud", "rose", "oak")
    reply = send(explorer, "run", {**typed, "low_best": True}, source="file:own.csv")
    assert list(reply["problems"]) == ["levels"]


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"item": ""}, "item", "says what was rated"),
        ({"rater": ""}, "rater", "says who rated"),
        ({"rating": ""}, "rating", "holds the rating"),
        ({"rater": "Candidate"}, "rater", "“Candidate” is what was rated already"),
        ({"rating": "gone"}, "rating", "There is no column “gone”"),
        ({"shape": "wide", "raters": ["Score"]}, "raters", "at least two raters"),
        ({"shape": "wide", "raters": ["Score", "Manner"]}, "item", "'K00' stands in lines 2 and 26"),
        ({"order": "Interviewer", "rater": "Rated at"}, "order", "Line 2"),
        ({"fail_under": "much"}, "fail_under", "“much” does not fit"),
        ({"share": "30"}, "share", "above 0 and up to 0.99"),
        ({"alpha": "0.9"}, "alpha", "0.05"),
        ({"items": "file:gone.csv"}, "items", "not there any more"),
        ({"tool": "file:people.csv", "tool_score": "vacancy"}, "tool_score", "does not hold numbers only"),
        ({"tool": "file:people.csv", "tool_score": "candidate"}, "tool_score", "Choose the column"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    explorer: JudgeExplorer, changed: dict[str, Any], field: str, said: str
) -> None:
    reply = send(explorer, "run", filled(explorer, **changed))
    assert said in reply["problems"][field]
    assert explorer.result == {}


def test_one_table_that_cannot_be_read_does_not_hide_the_other(explorer: JudgeExplorer, folder: Path) -> None:
    (folder / "other.csv").write_text("name,x\nnobody,1\n")
    reply = send(explorer, "aside", filled(explorer, items="file:other.csv", tool="file:tool.csv"))
    assert list(reply["problems"]) == ["items"]
    assert list(explorer.aside) == ["tool"]
    (folder / "few.csv").write_text("who,fit\nK00,1\nK01,2\n")
    reply = send(explorer, "run", filled(explorer, tool="file:few.csv"))
    assert reply["problems"] == {"tool": "There is no score for K02 and 21 more. Give each rated item one."}
    (folder / "gap.csv").write_text("who,fit\n" + "\n".join(f"{name},{'' if name == 'K07' else 1}" for name in PEOPLE))
    reply = send(explorer, "run", filled(explorer, tool="file:gap.csv", tool_score="fit"))
    assert "gap.csv, line 9: 'fit' is empty" in reply["problems"]["tool_score"]


def test_a_table_without_raters_is_shown_with_what_is_not_clear(explorer: JudgeExplorer, folder: Path) -> None:
    (folder / "notes.csv").write_text("day,remark\nMonday,kind\nTuesday,slow\n")
    reply = send(explorer, "open", source="file:notes.csv")
    assert reply["problems"] == {}
    assert "Choose below which column is what." in explorer.table["notes"][-1]
    assert explorer.table["proposed"]["rating"] == ""
    (folder / "empty.csv").write_text("")
    assert "empty" in send(explorer, "open", source="file:empty.csv")["problems"]["source"]


def test_the_examples_belong_together_and_a_file_begins_without_them(folder: Path) -> None:
    read = {name: pd.read_csv(folder / f"{name}.csv") for name in ("long", "people", "tool")}
    desk = JudgeDesk({"Ex": read["long"]}, folder, items={"People": read["people"]}, tool={"Bot": read["tool"]})
    explorer = JudgeExplorer(desk, "Judge")
    assert explorer.table["proposed"]["items"] == "items:People"
    assert set(explorer.aside) == {"items", "tool"}
    reply = send(explorer, "run", explorer.table["proposed"], source="table:Ex")
    assert reply["problems"] == {}
    assert explorer._done is not None
    assert explorer._done.found.importance is not None
    assert explorer._done.found.against is not None
    assert explorer._done.stem == "ex-judge"
    send(explorer, "open", source=LONG)
    assert (explorer.table["proposed"]["items"], explorer.aside) == ("", {})
    with pytest.raises(FieldError, match="not there any more"):
        desk.look("table:gone", {})


def test_a_form_that_was_begun_is_there_the_next_day(explorer: JudgeExplorer, folder: Path) -> None:
    values = filled(explorer, show_names=True, tool="file:tool.csv", tool_item="who", tool_score="page")
    columns = [column["name"] for column in explorer.table["columns"]]
    explorer.kept = {"source": LONG, "columns": columns, "values": values}
    again = JudgeExplorer(JudgeDesk({"Example": pd.DataFrame({"a": [1]})}, folder), "Judge")
    assert again.table["source"] == LONG
    assert again.kept["values"]["tool_score"] == "page"
    assert again.aside["tool"]["names"] == ["who", "fit", "page"]
    assert again.reply["said"].startswith("Welcome back.")
    (folder / "long.csv").write_text("Candidate,Ada,Ben\nx,1,2\ny,2,1\n")  # another table under the same name
    other = JudgeExplorer(JudgeDesk({}, folder), "Judge")
    assert (other.kept, other.reply["said"]) == ({}, "")
    (folder / "long.csv").unlink()
    assert JudgeDesk({}, folder).kept_form() == {}
    (folder / ".hrlab-judge-form.json").write_text("[not json")
    assert JudgeDesk({}, folder).kept_form() == {}


def test_fields_of_the_form_are_those_that_python_reads(explorer: JudgeExplorer) -> None:
    script = (Path(judge_explorer.__code__.co_filename).parent / "judge_explorer.js").read_text("utf-8")
    drawn = set(re.findall(r'(?:labelled|column|tick|select|typed)\("(\w+)"', script))
    drawn |= set(re.findall(r'boxes\(form, [\w.]+, "(\w+)"', script))
    assert drawn == set(explorer.table["proposed"])


def test_without_a_kernel_a_sentence_stands_there(capsys: pytest.CaptureFixture[str]) -> None:
    judge_explorer()
    assert "Here a form stands while the lab runs" in capsys.readouterr().out


def test_a_file_that_is_dropped_is_copied_whole_and_replaces_nothing(explorer: JudgeExplorer, folder: Path) -> None:
    def drop(name: str, *pieces: bytes) -> dict[str, Any]:
        for place, piece in enumerate(pieces):
            content = {"file": name, "piece": place, "pieces": len(pieces)}
            explorer._handle_custom_msg(content, [memoryview(piece)])
        return send(explorer, "bring", filled(explorer))

    before = (folder / "wide.csv").read_bytes()
    assert drop("new.csv", b"a,b\n", b"1,2\n")["said"].startswith("new.csv is in the folder now.")
    assert (folder / "new.csv").read_bytes() == b"a,b\n1,2\n"
    assert ["file:new.csv", "new.csv"] in explorer.reply["sources"]
    assert drop("wide.csv", b"other")["said"].startswith("wide (2).csv is")
    assert drop("wide.csv", before)["said"].startswith("wide.csv is")  # the same file: no second copy
    assert (folder / "wide.csv").read_bytes() == before
    assert drop("../../.wide.csv", b"x")["said"].startswith("wide (3).csv is")
    assert "is of another kind" in drop("run.exe", b"x")["problems"]["bring"]
    assert "did not arrive" in send(explorer, "bring")["problems"]["bring"]
    assert sorted(path.name for path in folder.iterdir() if path.name[:2] in (".w", "wi", "ne", "ru", ".n")) == [
        "new.csv", "wide (2).csv", "wide (3).csv", "wide.csv",
    ]  # fmt: skip
    assert explorer.table["source"] == LONG  # what is open stays open
