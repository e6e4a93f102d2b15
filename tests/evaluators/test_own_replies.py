"""Scores of one's own file: order, columns, what is covered; and bots that come packed."""

import math
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.chatbot.errors import BotFileError
from evaluators.chatbot.packed import unpacked
from evaluators.errors import LabError
from evaluators.tone import score_conversation
from evaluators.tone.conversation_tests import guess_columns, score_file, score_replies, scores_html
from evaluators.tone.conversation_tests.hiding import COVER, hide_personal, names_in
from evaluators.tone.conversation_tests.page import pieces_of


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("Hi Maria Lopez, your pay is right.", "Hi ▒▒▒▒▒ ▒▒▒▒▒, your pay is right."),
        ("Hi There, how are you?", "Hi There, how are you?"),
        ("Dear Colleague, thank you.", "Dear Colleague, thank you."),
        ("Thank you, José! Today I will call.", "Thank you, ▒▒▒▒! Today I will call."),
        ("Hello Anna Your form is here.", "Hello ▒▒▒▒ Your form is here."),
        ("My manager Tom shouts at Ms. O’Neill.", "My manager ▒▒▒ shouts at Ms. ▒▒▒▒▒▒▒."),
        ("my name is Ada", "my name is ▒▒▒"),
        ("Kind regards,\nAda King", "Kind regards,\n▒▒▒ ▒▒▒▒"),
        ("Write to a.b+c@mail.example.org.", "Write to ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒."),
        ("My number is +44 (0)20 7946 0958.", "My number is ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒."),
        ("Staff number E12345 or EMP-004211", "Staff number ▒▒▒▒▒▒ or ▒▒▒▒▒▒▒▒▒▒"),
        ("Call 988, 116 123, or text 741741.", "Call 988, 116 123, or text 741741."),
        ("In 2026 you get 15 days.", "In 2026 you get 15 days."),
        ("I am sorry. Payroll pays on Friday.", "I am sorry. Payroll pays on Friday."),
    ],
)
def test_plain_cases_are_covered_and_help_is_not(text: str, covered: str) -> None:
    assert hide_personal(text) == covered


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("Hi Mdear Ana@.org 0123456789+()-\n\u0301é😀’"), max_size=60))
def test_a_covered_text_keeps_its_length_and_every_other_letter(text: str) -> None:
    covered = hide_personal(text)
    assert len(covered) == len(text)
    assert all(new in (old, COVER) for old, new in zip(text, covered, strict=True))
    assert hide_personal(covered) == covered or COVER in covered


def test_a_conversation_in_a_table_is_scored_as_a_conversation() -> None:
    talk = [
        ("My father died on Sunday.", "I'm so sorry for your loss."), ("Thanks.", "Fill in form 7."),
        ("Where?", "Calm down."), ("What?", "You should have read the policy."),
    ]  # fmt: skip
    mixed = [
        row
        for said, reply in talk
        for row in ({"said": said, "reply": reply, "conversation": "x"}, {"said": "", "reply": "Hello, how are you?"})
    ]
    scores = score_replies(mixed)
    whole = score_conversation(talk)
    assert [row.overall for row in scores.rows[::2]] == [turn.overall for turn in whole.turns]
    (row,) = scores.conversations
    assert (row.replies, row.minimum, row.trajectory) == (4, whole.minimum, whole.trajectory)
    assert row.mean == pytest.approx(whole.mean, abs=5e-4)
    assert "1 conversation; 1 got colder." in scores.summary()


def test_a_name_found_in_one_row_is_covered_in_the_others() -> None:
    rows = [{"reply": "Calm down, Maria.", "said": "Tom and Maria did it."}, {"reply": "Hi Maria, I am sorry."}]
    scores = score_replies(rows)
    assert [step.reply for _, step in scores.worst] == ["Calm down, ▒▒▒▒▒.", "Hi ▒▒▒▒▒, I am sorry."]
    assert scores.worst[0][1].said == "Tom and ▒▒▒▒▒ did it."  # nothing gives Tom away, and the docs say so
    assert names_in("Hi There, dear Employee, thanks Payroll") == frozenset()


def test_words_that_cost_still_stand_where_the_covered_reply_has_them() -> None:
    scores = score_replies([{"reply": "Hi Maria, calm down, Maria.", "said": "My name is Ada."}])
    ((_, step),) = scores.worst
    assert step.tone is not None
    assert [step.reply[each.start : each.end] for each in step.tone.words] == [each.text for each in step.tone.words]
    assert any("calm down" in each.text for each in step.tone.words)
    assert "Hi Maria" not in step.reply
    open_words = score_replies([{"reply": "Hi Maria, calm down, Maria."}], hide_names=False)
    assert open_words.rows[0].overall == score_replies([{"reply": "Hi Maria, calm down, Maria."}]).rows[0].overall


def test_rows_of_a_large_file_keep_their_order(tmp_path: Path) -> None:
    filler = "I will look at it today. " * 400  # 10,000 characters a row: beyond the 4 MB that are read in any order
    rows = [f'"{filler if number % 2 else "Calm down."}",{number}' for number in range(900)]
    (tmp_path / "log.csv").write_text("reply,note\n" + "\n".join(rows))
    assert (tmp_path / "log.csv").stat().st_size > 4 << 20
    from evaluators.own_data import open_own_table

    with open_own_table(tmp_path / "log.csv", keep_order=True) as table:
        assert table.in_order
        assert [int(row[0]) for row in table.relation.project("note").fetchall()] == list(range(900))


def test_guessed_columns_can_be_left_out_or_named(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("answer,said,Text\nCalm down.,I want to die,I'm sorry.\n")
    assert guess_columns(["Text", "said", "answer"]) == {"reply": "answer", "said": "said"}
    assert score_file(file, {}).failed_gates == 1
    assert score_file(file, {"said": ""}).failed_gates == 0
    kinder = score_file(file, {"said": "", "reply": "text"})
    assert kinder.mean > score_file(file, {"said": ""}).mean
    with pytest.raises(LabError, match="no column 'gone'") as caught:
        score_file(file, {"reply": "gone"})
    assert caught.value.argument == "reply"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(LabError, match="Say which one holds the replies") as caught:
        score_file(file, {})
    with pytest.raises(LabError, match="cannot be quoted"):
        score_replies([{"reply": "Hello."}], quote="all")


def test_a_row_without_words_has_no_score_in_a_conversation_too() -> None:
    rows = [
        {"reply": None, "conversation": "a", "id": 1}, {"reply": "Hello, how are you?", "conversation": "a", "id": 2},
        {"reply": "Hello, how are you?", "conversation": "a", "situation": "weather", "id": 3},
        {"reply": float("nan"), "conversation": float("nan"), "id": 4},
    ]  # fmt: skip
    told: list[int] = []
    scores = score_replies(rows, on_progress=told.append)
    assert [math.isnan(each.overall) for each in scores.rows] == [True, False, True, True]
    assert [each.row for each in scores.rows] == ["1", "2", "3", "4"]
    assert told[-1] == 4
    assert scores.unscored()[0] == ("there is no reply", ("1", "4"))


def packed(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([("../bot.yml", b"a: 1")], "outside"),
        ([("/etc/bot.yml", b"a: 1")], "outside"),
        ([("a\x00.yml", b"a: 1"), ("c:\\bot.yml", b"a: 1")], "outside|no zip file"),
        ([("bot.yml", b"a: 1"), ("BOT.yml", b"b: 1")], "twice"),
        ([("bot.yml", b" " * 30_000_000)], "more than a bot"),
        ([(f"{number}.yml", b" " * 900_000) for number in range(30)], "more than a bot"),
        ([(f"{number}.yml", b"") for number in range(1_001)], "more than 1,000 files"),
        ([("readme.txt", b"hello"), ("__MACOSX/._bot.yml", b"x")], "no YAML"),
    ],
    ids=["up", "root", "odd-name", "twice", "bomb", "many-bombs", "many", "nothing"],
)
def test_a_zip_that_is_no_bot_is_refused(tmp_path: Path, members: list[tuple[str, bytes]], said: str) -> None:
    file = packed(tmp_path / "bot.zip", *members)
    with pytest.raises(BotFileError, match=said), unpacked(file):
        pytest.fail("it was unpacked")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bot.zip"]


def test_an_error_in_a_packed_bot_names_the_zip_and_not_our_folder(tmp_path: Path) -> None:
    from evaluators.chatbot import Bot

    file = packed(tmp_path / "mine.zip", ("mine/domain.yml", b"responses: 3\n"), ("mine/picture.png", b"x"))
    with pytest.raises(BotFileError, match=r"mine\.zip") as caught:
        Bot.from_files(file)
    assert "/tmp" not in caught.value.problem.replace(str(tmp_path), "")


def test_no_reply_to_a_cry_for_help_is_read_first() -> None:
    scores = score_replies(
        [
            {"said": "I want to kill myself", "reply": "", "conversation": "a"},
            {"said": "I want to kill myself", "reply": "4.5", "conversation": "a"},
            {"said": "where is my pay stub", "reply": "", "conversation": "a"},
            {"said": "", "reply": "Please open the page Pay.", "conversation": "a"},
        ]
    )
    assert [each.gate_needed and not each.gate_passed for each in scores.rows] == [True, True, False, False]
    assert scores.failed_gates == 2 == scores.conversations[0].failed_gates
    assert [row for row, _ in scores.failed] == ["1", "2"]
    assert "There is no reply." in scores_html(scores, written=datetime(2026, 11, 22, tzinfo=UTC))


def test_figures_are_no_replies() -> None:
    scores = score_replies([{"reply": "4.5"}, {"reply": "2026-11-01"}, {"reply": "Thank you."}])
    assert [each.why_not for each in scores.rows] == ["The text holds no words."] * 2 + [""]


def test_what_is_wrong_with_every_row_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from evaluators.tone.conversation_tests import replies_scoring

    def damaged(*_: object, **__: object) -> None:
        raise LabError("The list of words is damaged.", "")

    monkeypatch.setattr(replies_scoring, "score_reply", damaged)
    with pytest.raises(LabError, match="damaged"):
        score_replies([{"reply": "Thank you."}])


@pytest.mark.parametrize(
    ("words", "encoding", "names"),
    [
        (
            ";".join(["Antwort", "Frage"]) + "\r\nIch höre, bitte warten;Grüße\r\nDas tut mir leid, ja;ü\r\n",
            "cp1252",
            2,
        ),
        (',reply\n0,"Sorry, I will look."\n1,Calm down.\n', "utf-8", 1),  # pandas writes its index so
    ],
)
def test_header_is_not_taken_for_a_title(words: str, encoding: str, names: int, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(words.encode(encoding))
    scores = score_file(file, {"reply": "Antwort" if names == 2 else "reply"})
    assert len(scores.rows) == 2


def test_small_words_do_not_mark_the_whole_reply() -> None:
    step = score_replies([{"reply": "I am sorry, that is hard. Please call Ana at HR today. Ticket 6."}]).worst[0][1]
    assert step.tone is not None
    whole = [each for each in step.tone.words if each.whole]
    assert [(each.start, each.end) for each in whole] == [(0, len(step.reply))]
    pieces = {each.text: each.kind for each in pieces_of(step)}
    assert pieces[" call Ana at HR today. Ticket 6."] == ""
    assert next(kind for text, kind in pieces.items() if text.startswith("I")) == "earned"
