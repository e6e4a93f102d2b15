import gzip
import json

import pytest
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Response

from evaluators.chatbot.endpoint import EndpointError


def reply(message, **more):
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"} | more]})


def of_type(body, kind="application/json", **headers):
    return Response(body, content_type=kind, headers=headers)


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        pytest.param(of_type("{}"), "no choices", id="no-choices"),
        pytest.param(of_type('{"choices": []}'), "no choices", id="empty-choices"),
        pytest.param(of_type('{"choices": "abc"}'), "no choices", id="choices-are-a-word"),
        pytest.param(of_type('{"choices": [5]}'), "there is nothing", id="choice-is-a-number"),
        pytest.param(of_type('{"choices": [{}]}'), "there is nothing", id="no-message"),
        pytest.param(of_type(reply({"content": None})), "there is nothing", id="null-content"),
        pytest.param(of_type(reply({"content": ["a"]})), "there is a list", id="content-is-a-list"),
        pytest.param(of_type(reply({"content": " \n"})), "empty reply", id="blank"),
        pytest.param(of_type("[1, 2]"), "no choices", id="a-list"),
        pytest.param(of_type("null"), "no choices", id="null"),
        pytest.param(of_type("{not json"), "not JSON", id="not-json"),
        pytest.param(of_type(b"\xff\xfe\x00"), "not JSON", id="bytes"),
        pytest.param(of_type("[" * 200_000), "not JSON|could not be read", id="deep"),
        pytest.param(of_type(""), "not JSON", id="empty-body"),
        pytest.param(of_type("<html>", "text/html"), "'text/html', not JSON", id="html"),
        pytest.param(of_type(reply({"content": "hi"}), "text/plain"), "not JSON", id="wrong-type"),
        pytest.param(
            of_type(reply({"content": None, "tool_calls": [{"id": "1", "type": "function"}]})),
            "asked for a tool",
            id="tool",
        ),
        pytest.param(of_type(b" " * 3_000_000), r"over 2\.2 MB", id="huge"),
        pytest.param(
            of_type(gzip.compress(b" " * 9_000_000), **{"Content-Encoding": "gzip"}), "packed form", id="gzip-bomb"
        ),
        pytest.param(of_type(reply({"content": "x" * 20_001})), "longer than 20,000", id="long-reply"),
        pytest.param(
            of_type(iter([b"{}"]), **{"Content-Length": "900"}), "could not be made, or broke off", id="body-broken-off"
        ),
    ],
)
def test_an_answer_of_no_use_is_said_in_words(server, bot, answer, match):
    server.answers = [answer]
    talk = bot(retries=0).conversation()
    with pytest.raises(EndpointError, match=match) as caught:
        talk.say("hello")
    assert caught.value.hint
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert talk.turns == []


def stream(*lines, **headers):
    body = "".join(f"data: {line}\n\n" for line in lines)
    return Response(iter([body.encode()]), content_type="text/event-stream", headers=headers)


PART = '{"choices": [{"index": 0, "delta": {"content": "Dear"}, "finish_reason": null}]}'


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        pytest.param(stream(PART), "broke off before", id="no-end"),
        pytest.param(stream(PART, "[DONE]"), "broke off before", id="no-finish-reason"),
        pytest.param(stream(PART, **{"Content-Length": "900"}), "could not be made, or broke off", id="cut"),
        pytest.param(stream(PART, "{oops"), "not JSON", id="not-json"),
        pytest.param(stream(PART, "5"), "no choices", id="a-number"),
        pytest.param(stream('{"error": {"message": "model crashed"}}'), "model crashed", id="error-inside"),
        pytest.param(stream(PART, '{"choices": [{"delta": {"tool_calls": [{"index": 0}]}}]}'), "a tool", id="tool"),
        pytest.param(stream(PART, '{"choices": [{"delta": {"content": 5}}]}'), "a int", id="content-is-a-number"),
        pytest.param(stream("[DONE]"), "broke off before", id="empty"),
        pytest.param(of_type(reply({"content": "hi"})), "Leave on_part out", id="no-stream"),
        pytest.param(stream(" " * 11_000_000), "MB, and was dropped", id="huge"),
    ],
)
def test_a_stream_of_no_use_is_said_in_words(server, bot, answer, match):
    server.answers = [answer]
    talk = bot(retries=0, on_part=lambda part: None).conversation()
    with pytest.raises(EndpointError, match=match) as caught:
        talk.say("hello")
    assert caught.value.__context__ is None
    assert talk.turns == []


def test_a_stream_that_has_begun_is_not_begun_again(server, bot):
    server.answers = [stream(PART, **{"Content-Length": "900"})]
    parts = []
    with pytest.raises(EndpointError):
        bot(on_part=parts.append).conversation().say("hello")
    assert parts == ["Dear"]
    assert len(server.asked) == 1


def test_a_refusal_is_the_reply(server, bot):
    server.answers = [of_type(reply({"content": None, "refusal": "I can't help with that."}))]
    assert bot().conversation().say("hello").reply == "I can't help with that."


@pytest.mark.parametrize(("reason", "words"), [("length", "cut off"), ("content_filter", "filter")])
def test_a_reply_that_is_not_whole_says_so(server, bot, reason, words):
    server.says("Dear", finish_reason=reason)
    assert words in bot().conversation().say("hello").summary()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(server, bot, status):
    with HTTPServer(host="127.0.0.1") as other:
        target = other.url_for("/v1/chat/completions")
        server.answers = [Response("", status=status, headers={"Location": target})]
        with pytest.raises(EndpointError, match=f"redirects to {target}"):
            bot().conversation().say("hello")
        assert other.log == []
    assert len(server.asked) == 1
