"""The chat without a browser: what a page would send is sent by hand."""

import json
import os
import stat
import threading
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from evaluators.chatbot.turn import Citation, Turn
from evaluators.errors import LabError
from evaluators.widgets import _chat_room
from evaluators.widgets._chat_log import ChatLog, Conversation, Entry
from evaluators.widgets._chat_room import LONGEST, Room, fingerprint, room
from evaluators.widgets.chat import ChatError, ChatView, _transcript, chat, chat_turns

SPEC = {"title": "Talk to Echo"}


class EchoTalk:
    """Repeats what it hears and how many messages it knows."""

    def __init__(self, echo: "Echo") -> None:
        self.echo = echo
        self.turns: list[Turn] = []

    def say(self, text: str) -> Turn:
        self.echo.gate.wait(20)
        if text in self.echo.errors:
            raise self.echo.errors.pop(text)
        turn = Turn(
            text,
            f"{len(self.turns) + 1}: {text}",
            why=("It repeats.",),
            offered_person="person" in text,
            sensitive=tuple(kind for kind in ("crisis", "illness") if kind in text),
            choices=("yes", "no"),
            citations=(Citation("leave.md", "How long", "Twelve weeks.", "2026-01-01"),),
        )
        self.turns.append(turn)
        return turn


class Echo:
    """A talker that remembers nothing of an earlier kernel."""

    name = "Echo"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.errors: dict[str, Exception] = {}

    def conversation(self) -> EchoTalk:
        return EchoTalk(self)


class Resuming(Echo):
    def conversation(self) -> EchoTalk:
        talk = EchoTalk(self)
        talk.resume = talk.turns.extend  # type: ignore[attr-defined]
        return talk


@pytest.fixture(autouse=True)
def new_kernel() -> None:
    """Each test begins in a kernel without rooms."""
    _chat_room._ROOMS.clear()


def view(folder: Path, talker: Any = None) -> ChatView:
    return ChatView(room(folder / "chat-echo.json", "echo", talker or Echo()), SPEC)


def send(shown: ChatView, action: str, entry: str = "", text: Any = None) -> None:
    shown._heard(shown, {"action": action, "id": entry, "text": text}, [])
    shown._room.wait(20)


def said(shown: ChatView) -> list[tuple[str, str]]:
    return [(entry["said"], entry.get("reply", entry["state"])) for entry in shown.entries]


def test_messages_are_answered_in_order_while_one_goes_on_typing(tmp_path: Path) -> None:
    talker = Echo()
    talker.gate.clear()
    shown = view(tmp_path, talker)
    shown._heard(shown, {"action": "say", "id": "a", "text": "one"}, [])
    shown._heard(shown, {"action": "say", "id": "b", "text": "two"}, [])
    assert said(shown) == [("one", "waiting"), ("two", "waiting")]
    talker.gate.set()
    shown._room.wait(20)
    assert said(shown) == [("one", "1: one"), ("two", "2: two")]
    assert shown.entries[0]["why"] == ["It repeats."]
    assert shown.entries[0]["choices"] == ["yes", "no"]
    assert shown.entries[0]["citations"][0]["words"] == "Twelve weeks."


@pytest.mark.parametrize(
    "content",
    [
        *({"action": "say", "id": "x", "text": text} for text in ("", " \n", None, 7, ["a"], "a" * (LONGEST + 1))),
        {"action": "say", "id": "", "text": "a"},
        {"action": "remove", "id": "x", "text": "a"},
        {},
        [],
        None,
    ],
)
def test_what_no_page_would_send_is_left_alone(tmp_path: Path, content: object) -> None:
    shown = view(tmp_path)
    shown._heard(shown, content, [])
    assert shown.entries == []
    assert list(tmp_path.iterdir()) == []


def test_a_message_that_arrives_twice_is_one(tmp_path: Path) -> None:
    shown = view(tmp_path)
    send(shown, "say", "a", "one")
    send(shown, "say", "a", "one")
    assert said(shown) == [("one", "1: one")]


def test_a_cell_that_runs_again_goes_on_with_the_same_bot(tmp_path: Path) -> None:
    talker = Echo()
    first = view(tmp_path, talker)
    send(first, "say", "a", "one")
    second = view(tmp_path, talker)
    assert second.state["news"] == ""
    send(second, "say", "b", "two")
    assert said(second) == [("one", "1: one"), ("two", "2: two")] == said(first)


def test_views_of_old_runs_are_let_go(tmp_path: Path) -> None:
    views = [view(tmp_path) for _ in range(7)]
    assert views[0]._room.watchers == views[-4:]


def test_a_new_kernel_finds_the_conversation_and_says_that_nothing_is_remembered(tmp_path: Path) -> None:
    send(view(tmp_path), "say", "a", "one")
    _chat_room._ROOMS.clear()
    shown = view(tmp_path)
    assert said(shown) == [("one", "1: one")]
    assert shown.state["news"] == "Echo does not remember what stands above. From here it begins afresh."
    send(shown, "say", "b", "two")
    assert said(shown)[1:] == [
        ("Echo does not remember what stands above. From here it begins afresh.", "note"),
        ("two", "1: two"),
    ]
    assert shown.state["news"] == ""


def test_who_can_take_a_conversation_up_does(tmp_path: Path) -> None:
    send(view(tmp_path, Resuming()), "say", "a", "one")
    _chat_room._ROOMS.clear()
    shown = view(tmp_path, Resuming())
    assert shown.state["news"] == ""
    send(shown, "say", "b", "two")
    assert said(shown) == [("one", "1: one"), ("two", "2: two")]


def bot(folder: Path, reply: str = "Which plan: bronze or gold?") -> Any:
    from evaluators.chatbot import Bot

    folder.mkdir(exist_ok=True)
    (folder / "bot.yml").write_text(
        f"""version: "3.1"
intents: [greet, leave]
nlu:
- intent: greet
  examples: |
    - hello
    - good morning
    - hi there
- intent: leave
  examples: |
    - how much leave do I have
    - days of leave left
    - when is my leave
responses:
  utter_greet:
  - text: "Hello."
  - text: "Hello again."
  utter_leave:
  - text: "{reply}"
rules:
- rule: greet
  steps: [{{intent: greet}}, {{action: utter_greet}}]
- rule: leave
  steps: [{{intent: leave}}, {{action: utter_leave}}]
""",
        encoding="utf-8",
    )
    return Bot.from_files(folder / "bot.yml")


def test_a_bot_of_files_remembers_by_hearing_it_again_and_a_changed_one_is_named(tmp_path: Path) -> None:
    shown = view(tmp_path, bot(tmp_path / "a"))
    send(shown, "say", "a", "hello")
    assert said(shown) == [("hello", "Hello.")]
    _chat_room._ROOMS.clear()

    shown = view(tmp_path, bot(tmp_path / "b"))  # the same files elsewhere: the same bot
    assert shown.state["news"] == ""
    send(shown, "say", "b", "hello")
    assert said(shown)[1] == ("hello", "Hello again.")  # wordings take turns: it knows that it greeted before

    shown = view(tmp_path, bot(tmp_path / "c", "Ask payroll."))
    assert "has changed since" in shown.state["news"]
    assert said(shown) == [("hello", "Hello."), ("hello", "Hello again.")]
    send(shown, "say", "c", "hello")
    assert [reply for _, reply in said(shown)] == ["Hello.", "Hello again.", "note", "Hello."]
    _chat_room._ROOMS.clear()
    shown = view(tmp_path, bot(tmp_path / "c", "Ask payroll."))
    assert shown.state["news"] == ""  # it was said, and it stands in the conversation
    send(shown, "say", "d", "hello")
    assert said(shown)[-1] == ("hello", "Hello again.")


def test_fingerprints_follow_the_files(tmp_path: Path) -> None:
    one, same, other = bot(tmp_path / "a"), bot(tmp_path / "b"), bot(tmp_path / "c", "Ask payroll.")
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)


def test_errors_stand_in_plain_words_and_can_be_tried_again(tmp_path: Path) -> None:
    talker = Echo()
    talker.errors = {"one": LabError("The endpoint is down.", "Wait a minute."), "two": RuntimeError("secret path")}
    shown = view(tmp_path, talker)
    send(shown, "say", "a", "one")
    send(shown, "say", "b", "two")
    assert [entry["trouble"] for entry in shown.entries] == [
        "The endpoint is down. Wait a minute.",
        "Echo could not answer (RuntimeError). That is not your mistake.",
    ]
    send(shown, "again", "a")
    assert said(shown) == [("two", "failed"), ("one", "1: one")]
    send(shown, "again", "a")  # it has its answer
    send(shown, "again", "gone")
    assert said(shown) == [("two", "failed"), ("one", "1: one")]


def test_starting_again_can_be_taken_back_until_something_is_said(tmp_path: Path) -> None:
    talker = Resuming()
    shown = view(tmp_path, talker)
    send(shown, "say", "a", "one")
    send(shown, "start")
    assert (shown.entries, shown.state["undo"]) == ([], True)
    _chat_room._ROOMS.clear()
    shown = view(tmp_path, talker)  # a reload does not lose it
    assert shown.state["undo"] is True
    send(shown, "back")
    assert said(shown) == [("one", "1: one")]
    send(shown, "say", "b", "two")
    assert said(shown)[-1] == ("two", "2: two")
    send(shown, "start")
    send(shown, "say", "c", "three")
    assert said(shown) == [("three", "1: three")]
    send(shown, "back")
    assert shown.state["undo"] is False
    assert said(shown) == [("three", "1: three")]


def test_an_answer_that_comes_after_starting_again_stays_with_its_conversation(tmp_path: Path) -> None:
    talker = Echo()
    talker.gate.clear()
    shown = view(tmp_path, talker)
    shown._heard(shown, {"action": "say", "id": "a", "text": "one"}, [])
    shown._heard(shown, {"action": "start"}, [])
    shown._heard(shown, {"action": "say", "id": "b", "text": "two"}, [])
    talker.gate.set()
    shown._room.wait(20)
    assert said(shown) == [("two", "1: two")]


def test_a_message_without_answer_when_the_kernel_ended_can_be_tried_again(tmp_path: Path) -> None:
    log = ChatLog(tmp_path / "chat-echo.json", "echo")
    log.save(Conversation("c", "by", (Entry("a", "one", "waiting", "Echo"),)), ())
    shown = view(tmp_path)
    assert shown.entries[0]["trouble"] == "No answer had come when the lab was closed."
    send(shown, "again", "a")
    assert said(shown) == [("one", "1: one")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "it is damaged"),
        (b"\xff\xfe", "it is damaged"),
        (b"[" * 200_000, "it is damaged"),
        (b"[]", "it is not a conversation"),
        (b'{"chat": "echo", "schema": 2}', "it was written by another version of the lab"),
        (b'{"chat": "brook", "schema": 1}', "it belongs to another chat"),
        (b'{"chat": "echo", "schema": 1, "current": {"id": "a", "by": "", "entries": [7]}}', "it is damaged"),
    ],
)
def test_a_file_that_is_no_chat_is_kept_aside(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "chat-echo.json").write_bytes(content)
    shown = view(tmp_path)
    assert f"could not be used, because {reason}. It was kept under the name" in shown.state["notice"]
    [kept] = tmp_path.iterdir()
    assert kept.read_bytes() == content
    send(shown, "say", "a", "one")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    shown = ChatView(room(folder / "chat-echo.json", "echo", Echo()), SPEC)
    send(shown, "say", "a", "one")
    assert shown.state["problem"].startswith("NOT saved: the conversation could not be written (")
    assert said(shown) == [("one", "1: one")]
    folder.mkdir()
    send(shown, "say", "b", "two")
    assert shown.state["problem"] == ""
    assert [turn.said for turn in chat_turns("echo", folder=folder)] == ["one", "two"]


def test_two_tabs_lose_nothing_to_each_other(tmp_path: Path) -> None:
    path = tmp_path / "chat-echo.json"
    first = ChatView(Room(path, "echo", Echo()), SPEC)
    send(first, "say", "a", "one")
    second = ChatView(Room(path, "echo", Echo()), SPEC)  # another kernel
    send(first, "say", "b", "two")
    send(second, "say", "c", "three")
    answered = [entry.said for entry in ChatLog(path, "echo").current.entries if entry.state == "answered"]
    assert sorted(answered) == ["one", "three", "two"]
    send(second, "start")
    send(second, "say", "d", "four")
    send(first, "say", "e", "five")
    log = ChatLog(path, "echo")
    everything = {entry.said for each in (log.current, *log.earlier) for entry in each.entries}
    assert everything >= {"one", "two", "three", "four", "five"}


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back_from_the_file_as_it_was(tmp_path_factory: pytest.TempPathFactory, a: str, b: str) -> None:
    path = tmp_path_factory.mktemp("chat") / "chat-x.json"
    entry = Entry("a", a, "answered", b, Turn(a, b, why=(a, b), slots={"x": None}, choices=(b,)))
    ChatLog(path, "x").save(Conversation("c", "by", (entry,)), ())
    assert ChatLog(path, "x").current.entries == (entry,)


def test_a_half_character_does_not_stop_the_saving(tmp_path: Path) -> None:
    shown = view(tmp_path)
    send(shown, "say", "a", "half \ud83d")
    assert shown.state["problem"] == ""
    assert ChatLog(tmp_path / "chat-echo.json", "echo").notice == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a person", "Echo offered you a person. This is practice: nobody was contacted, and no person reads along."),
        ("a person, illness", "please talk to somebody you trust."),
        ("a person, crisis", "please talk to a person now. In the US call or text 988"),
    ],
)
def test_that_a_person_was_offered_is_said_with_care(tmp_path: Path, text: str, words: str) -> None:
    shown = view(tmp_path)
    send(shown, "say", "a", "hello")
    assert shown.state["offered"] == ""
    send(shown, "say", "b", text)
    assert words in shown.state["offered"]


def test_the_table_that_stands_in_is_escaped_and_complete(tmp_path: Path) -> None:
    shown = view(tmp_path)
    assert "No conversation is kept with this copy" in _transcript(shown._room, "Talk")["text/plain"]
    send(shown, "say", "a", "<script>alert(1)</script> person")
    bundle = _transcript(shown._room, "Talk & <b>")
    assert "<script>" not in bundle["text/html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in bundle["text/html"]
    assert bundle["text/plain"].splitlines()[1:] == [
        "You: <script>alert(1)</script> person",
        "Echo: 1: <script>alert(1)</script> person",
        "Source: leave.md, How long: Twelve weeks.",
        "Note: Echo offered a person.",
    ]


@pytest.mark.parametrize("key", ["", "Brook", "a/b", "../a", "a b", "-a", "a" * 61, None])
def test_a_key_that_can_name_no_file_is_refused(key: Any) -> None:
    with pytest.raises(ChatError, match="cannot name a conversation"):
        chat(Echo(), key=key)
    with pytest.raises(ChatError, match="cannot name a conversation"):
        chat_turns(key)


@pytest.mark.parametrize("height", [199, 2001, 300.0, True])
def test_a_height_that_is_none_is_refused(height: Any) -> None:
    with pytest.raises(ChatError, match="no height"):
        chat(Echo(), key="echo", height=height)


def test_whoever_cannot_talk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChatError, match="str cannot be talked to"):
        chat("Brook", key="echo", folder=tmp_path)  # type: ignore[arg-type]


def test_the_parts_of_an_answer_are_shown_where_they_are_told(tmp_path: Path) -> None:
    class Telling(Echo):
        def conversation(self) -> Any:
            talk = EchoTalk(self)

            def say(text: str, on_part: Any) -> Turn:
                on_part("He")
                return EchoTalk.say(talk, text)

            talk.say = say  # type: ignore[assignment,method-assign]
            return talk

    shown = view(tmp_path, Telling())
    parts: list[Any] = []
    shown.observe(lambda change: parts.append(change["new"]), names="coming")
    send(shown, "say", "a", "Hello")
    assert parts == [{"id": "a", "text": "He"}, {}]


def test_the_file_is_readable_json_with_ordinary_rights(tmp_path: Path) -> None:
    send(view(tmp_path), "say", "a", "one")
    content = json.loads((tmp_path / "chat-echo.json").read_text(encoding="utf-8"))
    assert content["current"]["entries"][0]["turn"]["reply"] == "1: one"
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "chat-echo.json").stat().st_mode) & 0o600 == 0o600


@pytest.mark.slow
def test_a_saved_notebook_shows_the_conversation_once(tmp_path: Path) -> None:
    log = ChatLog(tmp_path / "chat-brook.json", "brook")
    log.save(Conversation("c", "x", (Entry("a", "Hi <b>", "answered", "Brook", Turn("Hi <b>", "Hello.")),)), ())
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cell = new_code_cell('from evaluators.widgets.chat import chat\nchat(key="brook")')
    notebook = new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbclient's and zmq's own
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    table, widget = nbformat.from_dict(notebook).cells[0].outputs
    assert table.data["text/html"].count("Hi &lt;b&gt;") == 1
    assert "Hello." in table.data["text/plain"]
    assert list(widget.data) == ["application/vnd.jupyter.widget-view+json", "text/plain"]


def test_an_endpoint_tells_the_parts_of_its_answer(tmp_path: Path, httpserver: Any) -> None:
    pytest.importorskip("openai")
    from evaluators.chatbot.endpoint import Endpoint

    def chunk(delta: dict[str, str], finish: str | None = None) -> str:
        return "data: " + json.dumps(
            {"id": "1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        )  # as the OpenAI API streams

    chunks = [chunk({"content": "Good "}), chunk({"content": "morning"}), chunk({}, "stop")]
    body = "\n\n".join([*chunks, "data: [DONE]\n\n"])
    httpserver.expect_request("/v1/chat/completions").respond_with_data(body, content_type="text/event-stream")
    talker = Endpoint(httpserver.url_for("/v1"), model="m", key_variable=None, budget=3)
    shown = view(tmp_path, talker)
    parts: list[Any] = []
    shown.observe(lambda change: parts.append(change["new"]), names="coming")
    send(shown, "say", "a", "Hello")
    assert said(shown) == [("Hello", "Good morning")]
    assert parts[0] == {"id": "a", "text": "Good "}
    assert talker.calls.spent == 1
    assert shown.state["sent"].startswith("What you write is sent to m at ")
    assert view(tmp_path).state["sent"] == ""
