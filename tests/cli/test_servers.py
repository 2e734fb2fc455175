"""A server ends with the command that started it, and with it every kernel and terminal; its terminals know the lab."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import connect

from tao_lab import paths
from tests import states

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
SECONDS = 180  # until something is given up; no measure of speed
# Told to end, it ends its kernel and then itself, as Jupyter does.
SERVER = """
import signal, subprocess, sys
kernel = subprocess.Popen(["sleep", "600"], start_new_session=True)
def end(*_):
    kernel.kill()
    sys.exit(kernel.wait() * 0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    signal.pause()
"""
COMMAND = [
    sys.executable,
    "-c",
    f"import sys\nfrom tao_lab import servers\nsys.exit(servers.run({[sys.executable, '-c', SERVER]}))",
]
LAB = [sys.executable, "-m", "tao_lab.cli"]


def as_in_a_terminal():
    """What a command begun in a terminal hears; one begun in the background hands on that it ignores some."""
    for name in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)


class Run:
    """A command whose processes are known by a mark in their environment, which they all inherit."""

    def __init__(self, command, **options):
        self.mark = f"TAO_LAB_TEST_MARK={uuid.uuid4().hex}"
        self.token = uuid.uuid4().hex
        environment = {**os.environ, "JUPYTER_TOKEN": self.token}
        environment |= dict([self.mark.split("=")])
        options |= {"start_new_session": True, "preexec_fn": as_in_a_terminal}
        self.process = subprocess.Popen(command, env=environment, **options)

    def left(self):
        """Command lines of the processes that are there."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found

    def ask(self, address, path, content=None):
        data = None if content is None else json.dumps(content).encode()
        asked = Request(f"{address}{path}", data, {"Authorization": f"token {self.token}"})
        return json.loads(urlopen(asked, timeout=SECONDS).read())


def listens(address):
    try:
        socket.create_connection(tuple(urlsplit(address).netloc.split(":"))).close()
    except ConnectionRefusedError:
        return False
    return True


def refused(address, host="rebound.example"):
    """Whether a server refuses a page that has made its own name mean this machine."""
    try:
        urlopen(Request(address, headers={"Host": host}), timeout=SECONDS).close()
    except HTTPError as error:
        return error.code == 403
    return False


@contextmanager
def running(command, **options):
    run = Run(command, **options)
    try:
        yield run
    finally:
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if run.mark.encode() in (process / "environ").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
        run.process.wait()


until = partial(states.until, seconds=SECONDS)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_a_server_and_its_kernels_end_with_their_command(name):
    with running(COMMAND, stdout=subprocess.PIPE, text=True) as run:
        assert run.process.stdout.readline() == "ready\n"
        until(lambda: len(run.left()) == 3)  # a process that was just started has no environment for a moment
        run.process.send_signal(getattr(signal, name))
        until(lambda: not run.left())
        assert run.process.wait() == (-signal.SIGKILL if name == "SIGKILL" else 0)


def test_a_server_that_ends_hands_on_its_exit_code():
    code = f"import sys\nfrom tao_lab import servers\nsys.exit(servers.run([{sys.executable!r}, '-c', 'exit(7)']))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Jupyter's own files apart from the user's."""
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    # a terminal must not find the commands only since the tests' own PATH has them
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path


def address_in(log):
    found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
    return found and found[0]


# By hand the extension is found where the installed package has it; here, where the checkout has it.
BY_HAND = [
    sys.executable,
    "-m",
    "jupyterlab",
    "--allow-root",
    "--no-browser",
    "--ServerApp.root_dir=/",
    "--ServerApp.ip=127.0.0.1",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "name"),
    [
        pytest.param(
            [*LAB, "lab", "--no-browser", "--without-solutions", "--work"], "SIGTERM", id="tao-lab lab, told to end"
        ),
        pytest.param([*LAB, "lab", "--no-browser", "--work"], "SIGKILL", id="killed"),
        pytest.param(BY_HAND, "SIGTERM", id="by hand"),
    ],
)
def test_a_terminal_finds_the_labs_commands_and_nothing_outlives_the_command(home, monkeypatch, command, name):
    if command[-1] == "--work":
        command = [*command, str(home / "work")]
        (home / "work" / "solutions").mkdir(parents=True)
    else:
        monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(paths.JUPYTER_CONFIG))
    log = home / "log"
    with log.open("w") as output, running(command, stdout=output, stderr=output) as run:
        address = until(lambda: address_in(log))
        until(lambda: listens(address))
        assert refused(f"{address}/api?token={run.token}")
        listed = {entry["name"] for entry in run.ask(address, "/api/contents/")["content"]}
        assert ("solutions" in listed) == ("lab" in command and "--without-solutions" not in command)
        run.ask(address, "/api/kernels", {"name": "python3"})
        terminal = run.ask(address, "/api/terminals", {})["name"]
        url = f"{address.replace('http', 'ws')}/terminals/websocket/{terminal}?token={run.token}"
        with connect(url) as terminal:
            # a command for each name: only bash takes two at once, and a terminal's shell may be any
            terminal.send(json.dumps(["stdin", "command -v tao-lab; command -v btcli; echo its $((40 + 2))\r"]))
            shown = ""
            while "its 42" not in shown:
                kind, *text = json.loads(terminal.recv(timeout=SECONDS))
                shown += text[0] if kind == "stdout" else ""
        folder = Path(sys.executable).parent
        assert {f"{folder}/tao-lab", f"{folder}/btcli"} <= {line.strip() for line in shown.splitlines()}
        until(lambda: any("ipykernel" in line for line in run.left()))
        run.process.send_signal(getattr(signal, name))
        until(lambda: not run.left())


@pytest.mark.slow
def test_dashboards_and_their_kernels_end_with_a_closed_terminal(home):
    master, slave = pty.openpty()
    # the terminal becomes the command's own, so that closing it reaches the command
    take = "import fcntl, os, sys, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\nos.execv(sys.argv[1], sys.argv[1:])"
    with running(
        [sys.executable, "-c", take, *LAB, "dashboards", "--no-browser"], stdin=slave, stdout=slave, stderr=slave
    ) as run:
        os.close(slave)
        shown = b""
        while not (found := re.search(rb"http://(localhost|127\.0\.0\.1):(\d+)", shown)):
            shown += os.read(master, 4096)
        page = f"http://127.0.0.1:{found[2].decode()}/voila/render/consensus.ipynb"
        assert refused(page)
        assert refused(page.rpartition("/voila/")[0])
        answer = urlopen(page, timeout=SECONDS)
        until(lambda: any("readers.nursery" in line for line in run.left()))  # what kernels are forked from
        os.close(master)
        until(lambda: not run.left())
        answer.close()
