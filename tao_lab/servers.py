"""Jupyter servers for the lab: the same command and settings for a person, a test and a screenshot.

This module is also a Jupyter server extension (`etc/jupyter/jupyter_server_config.d/tao-lab.json`). Because of it,
terminals and kernels of every JupyterLab in the lab's environment find the lab's commands, and widgets answer promptly.
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
    """The command that starts JupyterLab in a folder, for this machine only.

    Args:
        folder: the folder to show.
        notebook: in the folder, to open first; without one, JupyterLab opens what was open the last time.
    """
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    command += [f"--LabApp.default_url=/lab/tree/{notebook}"] if notebook else []
    # Jupyter refuses to run as root without this option, and in a container the user is often root
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*command, *root]


def voila_command(notebooks: Path = paths.LABS / "dashboards", readers: int | None = None) -> list[str]:
    """The command that starts Voila (`tao_lab.readers`) with the lab's template, for this machine only.

    Like JupyterLab, it refuses requests for any other host name. Otherwise a web page from elsewhere could let its own
    name point to this machine (DNS rebinding) and read Voila's answers.

    Args:
        notebooks: a notebook, or a folder of them.
        readers: how many people may have a page open at once; without it, as many as fit into memory.
    """
    command = [sys.executable, "-m", "tao_lab.readers", str(notebooks), "--template=tao-lab"]
    command += [] if readers is None else [f"--readers={readers}"]
    local = "--Voila.tornado_settings=allow_remote_access="  # an empty text means false
    return [*command, "--Voila.ip=127.0.0.1", local]


def free_port(first: int) -> int:
    """The first free port of this machine, beginning with a number.

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
    """Run a server until it ends, or until this process gets a signal to end; then all kernels end too.

    After the first signal the server closes its kernels and terminals; a second signal ends it at once.

    Args:
        command: of the server.

    Returns:
        The server's exit code; 0 if this process got a signal to end.
    """
    told: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def end(number: int, _: FrameType | None) -> None:
        told.append(number)
        for server in started:
            server.send_signal(signal.SIGTERM if len(told) == 1 else signal.SIGKILL)

    numbers = [getattr(signal, name) for name in ENDINGS if hasattr(signal, name)]
    # a signal that was ignored from the start (`nohup`, `&` in a script) is still ignored
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, end)
    try:
        started.append(start(command))
        if told:  # the signal came while the server was starting
            started[0].terminate()
        code = started[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0 if told else code


def start(command: list[str], output: IO[Any] | None = None) -> subprocess.Popen[bytes]:
    """Start a server that ends together with this process, even if this process is killed (on Linux).

    The server runs in its own session, so Ctrl-C reaches only the command that started it; Jupyter would ask for a
    confirmation.

    Args:
        command: of the server.
        output: a file for the server's output; by default it goes where this process prints.
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
    """Before Jupyter's own parts are loaded, put the lab's commands first on PATH, for all programs of the server.

    Terminals don't start a login shell, because a login shell would take PATH from the system again. If the user has
    chosen another shell, it is kept.
    """
    os.environ["PATH"] = _prepended("PATH", Path(sysconfig.get_path("scripts")))
    app.terminado_settings = {"shell_command": [os.environ.get("SHELL") or "sh"], **app.terminado_settings}


def _load_jupyter_server_extension(app: Any) -> None:
    """Send at once what this server's kernels say, and leave out solutions if students should not see them."""
    from tao_lab.prompt_connection import PromptConnection

    if app.kernel_websocket_connection_class is PromptConnection.__base__:
        app.web_app.settings["kernel_websocket_connection_class"] = PromptConnection
    if paths.without_solutions():
        app.contents_manager.hide_globs = [*app.contents_manager.hide_globs, *SOLUTIONS]


def environment() -> dict[str, str]:
    """This process's environment variables, changed so that Jupyter uses the checkout's template and settings.

    With these settings JupyterLab does not ask for news and updates at its first start; these need a network.
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
