"""JupyterHub with the configuration in deploy/: two students get servers of their own, on one sandbox and one cache.

It needs `pip install jupyterhub` and `npm install configurable-http-proxy` on PATH, which the lab does not.
"""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests import states

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 300  # until something is given up; no measure of speed
PROXY = "configurable-http-proxy"
ASK = """
import json, os
from pathlib import Path
from tao_lab import sandbox
ran = sandbox.run("print(6 * 7)")
print(json.dumps({"sandbox": ran.stdout, "cache": os.environ["TAO_LAB_CACHE"], "home": os.environ["HOME"],
                  "limit": os.environ["MEM_LIMIT"]}))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("jupyterhub") is None or shutil.which(PROXY) is None, reason="JupyterHub isn't here"
    ),
]

until = partial(states.until, seconds=SECONDS)


@pytest.fixture
def hub(tmp_path):
    ports = []
    for _ in range(3):
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            ports.append(probe.getsockname()[1])
    mark = f"TAO_LAB_TEST_MARK={uuid.uuid4().hex}"
    environment = {**os.environ, **dict([mark.split("=")]), "TAO_LAB_CACHE": str(tmp_path / "cache")}
    settings = {
        "JupyterHub.bind_url": f"http://127.0.0.1:{ports[0]}",
        "JupyterHub.hub_port": ports[1],
        "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{ports[2]}",
        "JupyterHub.authenticator_class": "dummy",
        "DummyAuthenticator.password": "try",
        "JupyterHub.spawner_class": "simple",
        "SimpleLocalProcessSpawner.home_dir_template": f"{tmp_path}/homes/{{username}}",
    }
    command = [sys.executable, "-m", "jupyterhub", "-f", str(ROOT / "deploy" / "jupyterhub_config.py")]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, *(f"--{name}={value}" for name, value in settings.items())],
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        process.terminate()  # the hub ends the students' servers, whose environment it made itself
        process.wait()
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark.encode() in (entry / "environ").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)
        sys.stdout.write((tmp_path / "log").read_text()[-6000:])


def log_in(client, name):
    def page():
        with suppress(httpx.TransportError):
            answer = client.get("/hub/login")
            return answer if answer.status_code == 200 else None

    until(page)
    form = {"username": name, "password": "try", "_xsrf": client.cookies["_xsrf"]}
    client.post("/hub/login", data=form).raise_for_status()


def ready(client, name):
    page = client.get(f"/user/{name}/lab")  # by way of the hub, which says to the server who this is
    if page.status_code != 200 or not page.url.path.startswith(f"/user/{name}/"):
        return False
    answer = client.get(f"/user/{name}/api/status")
    return answer.status_code == 200 and "application/json" in answer.headers["content-type"]


def asked(client, hub, name):
    """What a kernel of the student's server says about its surroundings."""
    xsrf = next(cookie.value for cookie in client.cookies.jar if cookie.name == "_xsrf" and name in cookie.path)
    started = client.post(f"/user/{name}/api/kernels", json={"name": "python3"}, headers={"X-XSRFToken": xsrf})
    kernel = started.raise_for_status().json()["id"]
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    url = f"{hub.replace('http', 'ws')}/user/{name}/api/kernels/{kernel}/channels"
    with connect(url, additional_headers={"Cookie": cookies}, proxy=None, open_timeout=SECONDS) as channel:
        header = {"msg_id": "1", "msg_type": "execute_request", "username": "", "session": "", "version": "5.3"}
        content = {"code": ASK, "silent": False}
        told = {"header": {**header, "date": ""}, "parent_header": {}, "metadata": {}, "content": content}
        channel.send(json.dumps({**told, "channel": "shell"}))
        printed = ""
        while True:
            message = json.loads(channel.recv(timeout=SECONDS))
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed += message["content"]["text"]
            if message["msg_type"] == "execute_reply":
                assert message["content"]["status"] == "ok", message["content"]
                break
        while not printed.endswith("}\n"):
            message = json.loads(channel.recv(timeout=SECONDS))
            printed += message["content"].get("text", "")
    return json.loads(printed)


def test_two_students_have_labs_of_their_own_and_one_sandbox_and_cache(hub, tmp_path):
    said = {}
    for name in ("ana", "bo"):
        with httpx.Client(base_url=hub, follow_redirects=True, timeout=SECONDS) as client:
            log_in(client, name)
            client.get("/hub/spawn")
            until(lambda client=client, name=name: ready(client, name))
            listed = {entry["name"] for entry in client.get(f"/user/{name}/api/contents").json()["content"]}
            assert {"start.ipynb", "00-start-here.ipynb", "10-capstone.ipynb"} <= listed
            assert "solutions" not in listed
            said[name] = asked(client, hub, name)
    for name, about in said.items():
        assert about == {
            "sandbox": "42\n",
            "cache": str(tmp_path / "cache"),
            "home": str(tmp_path / "homes" / name),
            "limit": str(2**30),
        }
