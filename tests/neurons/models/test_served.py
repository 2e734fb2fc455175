"""Models behind a server that speaks OpenAI's protocol: a real HTTP server on loopback that behaves, or does not."""

import http.server
import json
import os
import threading
import time
import traceback

import pytest

from tao_lab.errors import LabError
from tao_lab.neurons import models


class OpenAI(http.server.BaseHTTPRequestHandler):
    """Says the prompt's words again, one an event."""

    names, asked, key, slow, status, garbage = ["m1"], [], None, 0.0, 200, False
    reply = None  # sent with HTTP 200 in place of the words

    def do_GET(self):
        if self.key and self.headers.get("Authorization") != f"Bearer {self.key}":
            self._send(401, b"{}")
        else:
            self._send(200, json.dumps({"data": [{"id": name} for name in self.names]}).encode())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append(body)
        if self.status != 200:
            self._send(self.status, b'{"error": "the model is\\n busy"}')
            return
        if self.reply is not None:
            self._send(200, self.reply.encode())
            return
        self.send_response(200)
        self.end_headers()
        words = [{"choices": [{"delta": {"content": f"{word} "}}]} for word in body["messages"][-1]["content"].split()]
        for event in [{"choices": [{"delta": {"role": "assistant"}}]}, *words]:
            time.sleep(self.slow)
            self.wfile.write(f"data: {'{oops' if self.garbage else json.dumps(event)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, status, content):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def openai():
    handler = type("Handler", (OpenAI,), {"asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield handler
    server.shutdown()
    server.server_close()


def test_a_server_is_asked_with_the_settings(openai):
    model = models.load(openai.url)
    assert list(model.stream("one two", max_tokens=7, temperature=0.5, seed=9, stop="x")) == ["one ", "two "]
    assert openai.asked == [
        {
            "model": "m1",
            "messages": [{"role": "user", "content": "one two"}],
            "max_tokens": 7,
            "temperature": 0.5,
            "seed": 9,
            "stream": True,
            "stop": ["x"],
        }
    ]
    assert model.describe() == f"m1 at {openai.url}"


def test_one_of_several_models_is_chosen(openai):
    openai.names = ["m1", "m2"]
    assert models.load(openai.url, served="m2").describe().startswith("m2 at")
    with pytest.raises(LabError, match="has 2 models; say which: m1, m2"):
        models.load(openai.url)
    with pytest.raises(LabError, match="does not have the model m3; it has: m1, m2"):
        models.load(openai.url, served="m3")


def test_the_key_comes_from_the_environment(openai, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAO_LAB_API_KEY", raising=False)
    openai.key = "secret"
    with pytest.raises(LabError, match=r"refuses the key \(HTTP 401\); set TAO_LAB_API_KEY"):
        models.load(openai.url)
    monkeypatch.setenv("TAO_LAB_API_KEY", "secret")
    assert models.load(openai.url).generate("hi") == "hi "


def test_a_slow_server_is_given_up(openai):
    openai.slow = 0.4
    with pytest.raises(models.ModelTimeout) as caught:
        models.load(openai.url).generate("a b c d e f g h", timeout=1)
    assert "a b c d e f g h ".startswith(caught.value.partial)


def test_a_server_that_fails_is_quoted_in_one_line(openai):
    model = models.load(openai.url)
    openai.status = 503
    with pytest.raises(LabError, match=r'answered HTTP 503: {"error": "the model is\\n busy"}'):
        model.generate("hi")
    openai.status, openai.garbage = 200, True
    with pytest.raises(LabError, match=r"OpenAI's protocol does not know: \{oops"):
        model.generate("hi")


def test_no_server_at_all():
    with pytest.raises(LabError, match=r"does not answer .* usually ends in /v1"):
        models.load("http://127.0.0.1:9/v1")


def test_the_key_comes_from_a_file_env_in_a_folder_above_and_stays_out_of_the_environment(
    openai, monkeypatch, tmp_path
):
    monkeypatch.delenv("TAO_LAB_API_KEY", raising=False)
    (tmp_path / ".env").write_text("# of the school\nTAO_LAB_API_KEY = 'secret'\n")
    (tmp_path / "labs").mkdir()
    monkeypatch.chdir(tmp_path / "labs")
    openai.key = "secret"
    assert models.load(openai.url).generate("hi") == "hi "
    assert "TAO_LAB_API_KEY" not in os.environ
    monkeypatch.setenv("TAO_LAB_API_KEY", "another")
    with pytest.raises(LabError, match="refuses the key"):
        models.load(openai.url)


KEY = "sk-or-v1-0123456789"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"key": "other"}, 401),
        ({"reply": f'{{"error": "no credit for {KEY}"}}'}, 200),
        ({"status": 500, "reply": KEY}, 500),
        ({"reply": f"data: {{{KEY}\n\n"}, 200),
    ],
    ids=["refused", "an error with HTTP 200", "a server's fault", "no JSON"],
)
def test_a_key_is_never_printed(openai, change, status, caplog, capsys):
    caplog.set_level("DEBUG")
    model = models.load(openai.url, api_key=KEY)
    for name, value in change.items():
        setattr(openai, name, value)
    with pytest.raises(LabError) as caught:
        models.load(openai.url, api_key=KEY).generate("hi")
    shown = (
        "".join(traceback.format_exception(caught.value))
        + caplog.text
        + repr(model)
        + model.describe()
        + "".join(capsys.readouterr())
    )
    assert KEY not in shown


@pytest.mark.parametrize("key", ["sk one", "sk\none", "schlüssel", "sk\x00"])
def test_a_key_that_http_cannot_carry_is_refused_without_showing_it(openai, key):
    with pytest.raises(LabError, match="copy it again") as caught:
        models.load(openai.url, api_key=key)
    assert key not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("address", ["http://me:secret@127.0.0.1:9/v1", "http://127.0.0.1:9/v1?key=secret"])
def test_a_key_in_an_address_is_refused_without_showing_it(address):
    with pytest.raises(LabError, match="put the key into TAO_LAB_API_KEY") as caught:
        models.load(address)
    assert "secret" not in str(caught.value)


EVENT = 'data: {"choices": [{"delta": %s}]}\n\n'


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ('{"error": {"message": "out of memory"}}', "it began: .*out of memory"),
        ("<!doctype html><p>Log in</p>", "it began: <!doctype html><p>Log in"),
        ('{"model": "m1", "message": {"content": "hi"}, "done": false}', 'it began: {"model": "m1"'),
        ("", r"it began: \(nothing\)"),
        ('data: {"error": "overloaded"}\n\n', "protocol does not know: .*overloaded"),
        (EVENT % '{"reasoning_content": "Hmm"}', "only thought, and wrote no answer; allow more max_tokens"),
        (EVENT % '{"content": ""}' + "data: [DONE]\n\n", "without an answer"),
    ],
    ids=["an error", "a page", "Ollama's own format", "nothing", "an error event", "only thoughts", "an empty answer"],
)
def test_a_reply_without_an_answer_is_an_error_that_quotes_it_and_never_an_empty_text(openai, reply, says):
    openai.reply = reply
    with pytest.raises(LabError, match=says):
        models.load(openai.url).generate("hi")


def test_an_empty_event_between_two_pieces_is_skipped(openai):
    openai.reply = EVENT % '{"content": "a"}' + "data: {}\n\n" + EVENT % '{"content": "b"}'
    assert models.load(openai.url).generate("hi") == "ab"
