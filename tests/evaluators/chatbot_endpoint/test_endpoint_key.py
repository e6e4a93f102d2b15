import json
import logging
import pickle
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Response

from evaluators.chatbot._secret import Secret
from evaluators.chatbot.endpoint import Endpoint, EndpointError, EndpointSettingError

KEY = "sk-Zq81vQ0nT7wXy55LmN3bKe"
PIECES = {KEY[at : at + 8] for at in range(len(KEY) - 7)}


def assert_clean(text):
    found = sorted(piece for piece in PIECES if piece in text)
    assert not found


def everything(error):
    """All that a page, a log or a debugger may show of an error, with the variables of each frame."""
    first = error.__traceback__.tb_next  # the test's own frame knows the key
    shown = traceback.TracebackException(type(error), error, first, capture_locals=True)
    return "\n".join(["".join(shown.format()), str(error), repr(error), repr(error.args), repr(pickle.dumps(error))])


@pytest.fixture
def keyed(bot, monkeypatch):
    monkeypatch.setenv("HR_BOT_KEY", f" {KEY}\n")
    return lambda **more: bot(key_variable="HR_BOT_KEY", **more)


def test_the_key_goes_into_one_header_only(server, keyed):
    server.says("ok")
    endpoint = keyed()
    talk = endpoint.conversation()
    talk.say("hello")
    request = server.asked[0]
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert_clean(request.get_data(as_text=True) + request.url)
    assert_clean(str({k: v for k, v in request.headers.items() if k != "Authorization"}))
    assert_clean(repr(endpoint) + repr(talk) + endpoint.summary() + str(talk.turns))


ECHO = json.dumps(
    {"error": {"message": f"Incorrect API key provided: {KEY}, or {KEY[3:14]}…", "code": KEY, "type": KEY}}
)


@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Response(ECHO, status=401, content_type="application/json"), id="401"),
        pytest.param(Response(ECHO, status=400, content_type="application/json"), id="400"),
        pytest.param(Response(ECHO, status=404, content_type="application/json"), id="404"),
        pytest.param(Response(ECHO, status=429, content_type="application/json"), id="429"),
        pytest.param(Response(f"Bearer {KEY} is no key", status=500), id="500-plain"),
        pytest.param(Response("x" * 190 + KEY, status=500), id="500-cut-within-the-key"),
        pytest.param(Response("", status=307, headers={"Location": f"http://x/?key={KEY}"}), id="redirect"),
        pytest.param(Response("{}", content_type=f"text/{KEY}"), id="type"),
        pytest.param(Response("{" + KEY, content_type="application/json"), id="not-json"),
        pytest.param(Response(f"data: {ECHO}\n\n", content_type="text/event-stream"), id="in-a-stream"),
        pytest.param(Response("", status=500, headers={"x-request-id": KEY, "Set-Cookie": f"k={KEY}"}), id="header"),
    ],
)
def test_a_key_that_comes_back_is_shown_nowhere(server, keyed, answer, parts, caplog, capfd):
    caplog.set_level(logging.DEBUG, logger="openai")
    caplog.set_level(logging.DEBUG, logger="httpx2")
    server.answers = [answer]
    with pytest.raises(EndpointError) as caught:
        keyed(retries=1, on_part=print if parts else None).conversation().say("hello")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert_clean(everything(caught.value))
    assert_clean(caplog.text + "".join(capfd.readouterr()))


def test_a_key_in_a_reply_is_taken_out(server, keyed):
    server.says(f"Your key is {KEY}. Anything else?")
    turn = keyed().conversation().say("what is the key?")
    assert turn.reply == "Your key is [key removed]. Anything else?"


@pytest.mark.parametrize("size", [1, 5, 30])
def test_a_key_in_the_parts_of_a_stream_is_taken_out(server, keyed, size):
    text = f"Your key is {KEY}. It begins with sk-Zq"
    server.streams(*[text[at : at + size] for at in range(0, len(text), size)])
    parts = []
    turn = keyed(on_part=parts.append).conversation().say("what is the key?")
    assert turn.reply == "".join(parts) == "Your key is [key removed]. It begins with sk-Zq"
    assert not any(piece in part for piece in PIECES for part in parts)


def test_the_key_does_not_follow_a_redirect(server, keyed):
    with HTTPServer(host="127.0.0.1") as other:
        server.answers = [Response("", status=307, headers={"Location": other.url_for("/v1/chat/completions")})]
        with pytest.raises(EndpointError):
            keyed().conversation().say("hello")
        assert other.log == []


def test_a_key_is_never_sent_in_the_open(monkeypatch):
    monkeypatch.setenv("HR_BOT_KEY", KEY)
    for host in ("api.example.org", "localhost.example.org", "10.0.0.5", "127.1"):
        talk = Endpoint(f"http://{host}/v1", model="m", key_variable="HR_BOT_KEY").conversation()
        with pytest.raises(EndpointSettingError, match="unencrypted, so nothing was sent") as caught:
            talk.say("hello")
        assert_clean(everything(caught.value))


def test_a_missing_key_is_named_by_its_variable(monkeypatch):
    monkeypatch.delenv("HR_BOT_KEY", raising=False)
    with pytest.raises(EndpointSettingError, match="HR_BOT_KEY is not set"):
        Endpoint("https://api.example.org/v1", model="m", key_variable="HR_BOT_KEY").conversation().say("hello")


def test_this_machine_needs_no_key(server, bot, monkeypatch):
    monkeypatch.delenv("HR_BOT_KEY", raising=False)
    server.says("ok")
    assert bot(key_variable="HR_BOT_KEY").conversation().say("hello").reply == "ok"
    assert "Authorization" not in server.asked[0].headers


@pytest.mark.parametrize("given_key", [KEY, "AIzaSyD0abcdefgh", "0123456789abcdef", "HEXHEXHEX1234"])
def test_a_key_in_place_of_its_variables_name_is_not_repeated(given_key):
    with pytest.raises(EndpointSettingError, match="not repeated") as caught:
        Endpoint("https://api.example.org/v1", model="m", key_variable=given_key)
    assert given_key not in str(caught.value) + repr(caught.value.args)


@pytest.mark.parametrize(
    "url", [f"https://user:{KEY}@api.example.org/v1", f"https://api.example.org/v1?key={KEY}", f"https://x/v1#{KEY}"]
)
def test_a_key_in_the_address_is_refused_and_not_repeated(url):
    with pytest.raises(EndpointSettingError) as caught:
        Endpoint(url, model="m")
    assert_clean(str(caught.value) + repr(caught.value.args))


@pytest.mark.parametrize("value", [f"{KEY}\n{KEY}", f'"{KEY}" # mine', f"{KEY}\u20ac"])
def test_a_key_that_cannot_be_sent_is_not_repeated(bot, monkeypatch, value):
    monkeypatch.setenv("HR_BOT_KEY", value)
    with pytest.raises(EndpointSettingError, match="a blank, a line break") as caught:
        bot(key_variable="HR_BOT_KEY").conversation().say("hello")
    assert_clean(everything(caught.value))


def test_a_secret_is_not_pickled():
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(Secret(KEY))


@given(st.text(max_size=30), st.text(max_size=30), st.integers(0, 14), st.integers(8, 25))
@settings(max_examples=40, deadline=None)
def test_no_piece_of_a_key_is_left(before, after, start, length):
    masked = Secret(KEY).masked(before + KEY[start : start + length] + after)
    assert not any(piece in masked for piece in PIECES)
    assert "[key removed]" in masked


@given(st.text(alphabet="sk-Zq81v ab", max_size=60))
@settings(max_examples=40, deadline=None)
def test_other_text_is_left_alone(text):
    assert Secret(KEY).without(text) == Secret(KEY).masked(text) == text
    assert Secret().masked(text) == text
