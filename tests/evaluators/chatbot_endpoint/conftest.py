import json

import pytest
from werkzeug.wrappers import Response

from evaluators.chatbot import endpoint as module
from evaluators.chatbot.endpoint import Endpoint

PATH = "/v1/chat/completions"


class Server:
    """A real HTTP server that answers what it is told, one answer after another; the last one for ever."""

    def __init__(self, http):
        self.http, self.answers, self.asked = http, [], []
        http.expect_request(PATH, method="POST").respond_with_handler(self.handle)

    @property
    def url(self):
        return self.http.url_for("/v1")

    def handle(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if isinstance(answer, Response) else answer(request)

    def sent(self, at=-1):
        return json.loads(self.asked[at].get_data())

    def says(self, text, **more):
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"} | more
        self.answers.append(json_of({"id": "1", "object": "chat.completion", "model": "m", "choices": [choice]}))

    def streams(self, *parts, finish="stop", done=True):
        lines = [chunk({"content": part}) for part in parts]
        lines += [chunk({}, finish)] if finish else []
        body = "".join(f"data: {line}\n\n" for line in lines) + ("data: [DONE]\n\n" if done else "")
        self.answers.append(Response(body, content_type="text/event-stream"))


def chunk(delta, finish=None):
    return json.dumps({"id": "1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def json_of(body, status=200, **headers):
    text = body if isinstance(body, str) else json.dumps(body)
    return Response(text, status=status, content_type="application/json", headers=headers)


@pytest.fixture
def server(httpserver):
    return Server(httpserver)


@pytest.fixture
def waits(monkeypatch):
    """The seconds that would have been waited."""
    waited = []
    monkeypatch.setattr(module, "_sleep", waited.append)
    return waited


@pytest.fixture
def bot(server, waits):
    def make(**settings):
        return Endpoint(server.url, **({"model": "m", "key_variable": None, "timeout_s": 5.0} | settings))

    return make
