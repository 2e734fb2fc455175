"""The server's side of the nursery: it starts it, asks for pages, and asks these for kernels.

Nothing here takes long to load, so the nursery starts before Voila itself is loaded: two cores load at once.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from tao_lab import processes, servers
from tao_lab.errors import LabError

CAN_FORK = sys.platform == "linux" and hasattr(os, "pidfd_open")
NURSERY = "tao_lab.readers.nursery"  # by its name: to load it is its own process's work
# One thread each: libraries like OpenBLAS start threads when numpy is loaded.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
VOILA = {"SERVER_SOFTWARE": "voila"}  # in the environment of pages and kernels; the lab checks it
MOST_BYTES = 65_536  # of an answer from a page's process, read at once


class Forked:
    """A kernel that another process forked, with the methods of `subprocess.Popen` that Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._handle = handle  # refers to this process even if another process later gets its number

    def poll(self) -> int | None:
        """None while it runs, then 0; only its parent knows the real exit code."""
        return self._look(0)

    def wait(self) -> int:
        """Wait until it has ended."""
        return self._look(None) or 0

    def _look(self, milliseconds: int | None) -> int | None:
        if self.returncode is None:
            ended = select.poll()
            ended.register(self._handle, select.POLLIN)
            if ended.poll(milliseconds):
                self.returncode = 0
                os.close(self._handle)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel, if it still runs."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)  # type: ignore[attr-defined,unused-ignore]

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


@dataclass(frozen=True)
class Ran:
    """What a page's cells did.

    Attributes:
        outputs: by code cell, in nbformat; None if the page cannot be kept.
        reason: why it cannot be kept.
        stage: if a dashboard is all that the page shows, its number as a widget (`model_id`) and what its script needs
            (`state`).
    """

    outputs: list[Any] | None
    reason: str | None
    stage: dict[str, Any] | None


class Nursery:
    """The server's side of the process that has loaded the lab."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", NURSERY, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                env={
                    **servers.environment(),
                    **VOILA,
                    **dict.fromkeys(THREADS, "1"),
                    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
                },
                pass_fds=[theirs.fileno()],
                preexec_fn=processes.dying_with_this(),
            )

    def page(self, path: Path | None) -> Page:
        """A process that runs a notebook's cells; without a path, a process that has only the lab loaded."""
        if self._process.poll() is not None:  # it was ended, and so were all its pages
            self._channel.close()
            self._start()
        ours, theirs = socket.socketpair()
        with theirs:
            request = json.dumps({"page": None if path is None else str(path)}).encode()
            socket.send_fds(self._channel, [request], [theirs.fileno()])
        return Page(ours)

    def close(self) -> None:
        """End it, with its pages and their kernels."""
        self._channel.close()
        self._process.kill()
        self._process.wait()


class Page:
    """A process that forks kernels which have run a page's cells.

    Args:
        channel: to the process.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = Lock()  # one request at a time

    def ran(self) -> Ran:
        """Wait until the cells have run.

        Raises:
            LabError: the process has ended.
        """
        said = b""
        while not said.endswith(b"\n"):
            part = self._channel.recv(MOST_BYTES)
            if not part:
                raise LabError("the process that runs this page has ended; its last words are above")
            said += part
        return Ran(**json.loads(said))

    def fork(self, file: str, cwd: str, env: dict[str, str]) -> Forked:
        """A new kernel for one reader.

        Args:
            file: connection file.
            cwd: folder in which it works.
            env: its environment.

        Raises:
            LabError: the page's process has ended.
        """
        request = json.dumps({"file": file, "cwd": cwd, "env": env}).encode() + b"\n"
        with self._lock:
            try:
                self._channel.sendall(request)
                answer, handles, _, _ = socket.recv_fds(self._channel, MOST_BYTES, 1)
            except OSError:
                answer, handles = b"", []
        if not handles:
            raise LabError("the process of this page has ended")
        return Forked(json.loads(answer)["pid"], handles[0])
