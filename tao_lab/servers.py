"""Jupyter servers for the lab: the same command and settings for a person, a test and a screenshot.

This module is a Jupyter server extension as well (`etc/jupyter/jupyter_server_config.d/tao-lab.json`): terminals and
kernels of any JupyterLab in the lab's environment find its commands, whoever started it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.parse
import webbrowser
from pathlib import Path
from types import FrameType
from typing import IO, Any

from tao_lab import paths, processes
from tao_lab.errors import LabError

ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP")  # Ctrl-C, a request to end, a closed terminal
SOLUTIONS = ("solutions", "solved", "exercises")  # folders that have them


def lab_command(folder: Path, notebook: str = "") -> list[str]:
    """JupyterLab at a folder, on this machine only.

    Args:
        folder: that it shows.
        notebook: in the folder, to open first; without one, JupyterLab opens what was open the last time.
    """
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    command += [f"--LabApp.default_url=/lab/tree/{notebook}"] if notebook else []
    # Jupyter refuses to run as root unless told to; a container is often root
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*command, *root]


def voila_command(notebooks: Path = paths.LABS / "dashboards", readers: int | None = None) -> list[str]:
    """Voila (`tao_lab.readers.server`) with the lab's template at a notebook or a folder, on this machine only.

    It refuses requests for any host that isn't this machine, as JupyterLab does unasked: a web page from elsewhere can
    make its own name mean this machine (DNS rebinding), and would then read what Voila answers.

    Args:
        notebooks: a notebook, or a folder of them.
        readers: how many people may have a page open at once; without it, as many as fit into memory.
    """
    command = [sys.executable, "-m", "tao_lab.readers.server", str(notebooks), "--template=tao-lab"]
    command += [] if readers is None else [f"--readers={readers}"]
    local = "--Voila.tornado_settings=allow_remote_access="  # a text without a letter is false
    return [*command, "--Voila.ip=127.0.0.1", local]


def free_port(first: int) -> int:
    """The first free port of this machine from a number on.

    Raises:
        LabError: none of the next fifty is free.
    """
    for port in range(first, min(first + 50, 65_536)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise LabError(f"ports {first} to {first + 49} are in use; choose another with --port")


def open_when_ready(address: str) -> None:
    """Open a browser at an address of this machine, as soon as a server listens there."""
    port = urllib.parse.urlsplit(address).port

    def wait() -> None:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    webbrowser.open(address)
                    return
            time.sleep(0.2)

    threading.Thread(target=wait, daemon=True).start()


def run(command: list[str]) -> int:
    """Run a server until it ends, or until this process is told to end; then the server ends with all its kernels.

    The first signal asks the server to close its kernels and terminals, a second one ends it at once.

    Args:
        command: of the server.

    Returns:
        The server's exit code; 0 where this process was told to end.
    """
    told: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def end(number: int, _: FrameType | None) -> None:
        told.append(number)
        for server in started:
            server.send_signal(signal.SIGTERM if len(told) == 1 else signal.SIGKILL)

    numbers = [getattr(signal, name) for name in ENDINGS if hasattr(signal, name)]
    # what was to be ignored from the start (`nohup`, `&` in a script) goes on being ignored
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, end)
    try:
        started.append(start(command))
        if told:  # while it was being started
            started[0].terminate()
        code = started[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0 if told else code


def start(command: list[str], output: IO[Any] | None = None) -> subprocess.Popen[bytes]:
    """Start a server that ends when this process does, even if that is killed (on Linux).

    It gets a session of its own, so that Ctrl-C reaches only the command that started it: Jupyter would ask back.

    Args:
        command: of the server.
        output: a file for what it prints; without one, it prints where this process does.
    """
    return subprocess.Popen(
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
        preexec_fn=processes.dying_with_this(),
    )


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _link_jupyter_server_extension(app: Any) -> None:
    """Before Jupyter's own parts are loaded: put the lab's commands first on PATH, for all that the server starts.

    A terminal is not a login shell, since that takes PATH from the system again; who chose another shell keeps it.
    """
    os.environ["PATH"] = _prepended("PATH", Path(sysconfig.get_path("scripts")))
    app.terminado_settings = {"shell_command": [os.environ.get("SHELL") or "sh"], **app.terminado_settings}


def _load_jupyter_server_extension(app: Any) -> None:
    """Once the list of files is there: leave solutions out of it, where students are to find none."""
    if paths.without_solutions():
        app.contents_manager.hide_globs = [*app.contents_manager.hide_globs, *SOLUTIONS]


def environment() -> dict[str, str]:
    """This process's environment, in which Jupyter takes template and settings from the checkout, as they are now.

    The settings keep JupyterLab from asking at its first start for news and updates, which need a network.
    """
    return {
        **os.environ,
        "PATH": _prepended("PATH", Path(sysconfig.get_path("scripts"))),
        "JUPYTER_PATH": _prepended("JUPYTER_PATH", paths.JUPYTER),
        "JUPYTER_CONFIG_PATH": _prepended("JUPYTER_CONFIG_PATH", paths.JUPYTER_CONFIG),
        "JUPYTER_PLATFORM_DIRS": "1",
    }


def _prepended(variable: str, path: Path) -> str:
    return os.pathsep.join(filter(None, (str(path), os.environ.get(variable, ""))))
