"""A running program in its box: its output, its use of resources, and its end with all processes it started."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from tao_lab.sandbox.limits import Limits, Outcome, Status
from tao_lab.sandbox.usage import family, processor_seconds

START_SECONDS = 10.0  # to build the box on a busy machine; not counted as the code's time
END_SECONDS = 10.0  # in which the kernel ends killed processes
STARTED = b"\x1estarted\n"  # the launcher's first bytes on stderr; the code's time begins here
WAIT_SECONDS = 0.02  # between two checks of a silent process
LOOK_SECONDS = 0.01  # between two checks of the box's use of resources,
STARTTIME = 19  # its index in /proc/PID/stat after the name, see proc(5)
LOOK_SHARE = 0.1  # which use at most this share of a processor

Look = Callable[[Sequence[int]], Status | None]


class Running:
    """A started command, read without blocking; a thread watches the resources of its processes.

    Attributes:
        limits: what the program may use.
        out: printed bytes that were not read yet.
        error: bytes printed on stderr.
        status: why it was stopped; None if it was not.
    """

    def __init__(self, command: Sequence[str], folder: Path, limits: Limits, uid: int, look: Look):
        """Start the command, and wait until the program's own text begins.

        Args:
            command: builds the box and starts the launcher in it.
            folder: where it starts.
            limits: what the program may use.
            uid: the user that only this box has; 0 if it runs as the caller.
            look: returns the limit that some processes exceed, if any.
        """
        self.limits, self._uid, self._look = limits, uid, look
        self.out, self.error = bytearray(), bytearray()
        self.status: Status | None = None
        self._unsent, self._last = b"", False
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._ready = selectors.DefaultSelector()
        self._pipes: list[IO[bytes]] = []
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self._pipes.append(pipe)
        self._ready.register(self._pipes[1], selectors.EVENT_READ, self.out)
        self._ready.register(self._pipes[2], selectors.EVENT_READ, self.error)
        self._over = threading.Event()
        self._guard = threading.Thread(target=self._watch, daemon=True)
        self._move(START_SECONDS, lambda: self.error.startswith(STARTED))
        self._first = {pid: _birth(pid) for pid in family(self._process.pid)}  # the box's own, and the launcher
        self._guard.start()
        self._beginning = time.monotonic()

    def ask(self, line: bytes | None, seconds: float) -> bytes | None:
        """Send a line, if any, and wait for the answer; None without an answer, and `status` or `code` says why."""
        if line is not None:
            self._send(line + b"\n")
        if not self._move(seconds, lambda: b"\n" in self.out) and self.status is None and self.code is None:
            self.status = "timeout"
        answer, newline, rest = bytes(self.out).partition(b"\n")
        if not newline:
            return None
        self.out[:] = rest
        return answer

    def outcome(self, stdin: bytes) -> Outcome:
        """Send its whole input, wait for its end, and end its remaining processes."""
        self._send(stdin, last=True)
        self._move(self.limits.seconds, lambda: False)
        seconds = time.monotonic() - self._beginning
        if self.code is None and self.status is None:
            self.status = "timeout"
        code = self.code
        self.close()
        out = bytes(self.out[: self.limits.output]).decode(errors="replace")
        return Outcome(self.status or "ended", None if self.status else code, out, self.printed, seconds)

    @property
    def printed(self) -> str:
        """Text on stderr so far; bytes that are not UTF-8 are replaced."""
        return bytes(self.error).removeprefix(STARTED)[: self.limits.output].decode(errors="replace")

    @property
    def code(self) -> int | None:
        """Exit code, if it has ended."""
        return self._process.poll()

    def processor_seconds(self) -> float:
        """How long its processes have had a processor, those that have ended included."""
        return processor_seconds(family(self._process.pid))

    def close(self) -> None:
        """End every process of the box, and read their remaining output."""
        if self._over.is_set():
            return
        self._over.set()
        self._guard.join()
        self._kill()
        self._drain()
        self._ready.close()
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()

    def _send(self, data: bytes, last: bool = False) -> None:
        stdin = self._pipes[0]
        if stdin.closed:
            return
        self._unsent += data
        self._last = last
        if stdin not in self._ready.get_map():
            self._ready.register(stdin, selectors.EVENT_WRITE)

    def _move(self, seconds: float, done: Callable[[], bool]) -> bool:
        """Read and write until something is done (True), or the program ends or the time is over (False)."""
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0 or self.status is not None:
                return False
            if self.code is not None:
                self._drain()
                return done()
            self._turn(min(left, WAIT_SECONDS))
        return True

    def _turn(self, seconds: float) -> bool:
        """Wait for pipes, and move their data; returns whether there were any."""
        if not (ready := self._ready.select(seconds)):
            if not self._ready.get_map():
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(seconds)
            return False
        for key, _ in ready:
            pipe = key.fileobj
            assert not isinstance(pipe, int)
            if key.data is None:
                self._write()
                continue
            try:
                chunk = os.read(key.fd, 1 << 16)
            except BlockingIOError:
                continue
            printed: bytearray = key.data
            printed += chunk
            over = len(printed) > self.limits.output + (len(STARTED) if printed is self.error else 0)
            if over:
                self.status = self.status or "output"
            if over or not chunk:
                self._ready.unregister(pipe)
        return True

    def _write(self) -> None:
        stdin = self._pipes[0]
        try:
            self._unsent = self._unsent[os.write(stdin.fileno(), self._unsent[: 1 << 16]) :]
        except BlockingIOError:
            return
        except OSError:  # nobody reads any more
            self._unsent, self._last = b"", True
        if not self._unsent:
            self._ready.unregister(stdin)
            if self._last:
                stdin.close()

    def _drain(self) -> None:
        """Read the rest from the pipes of a program that has ended."""
        while self._turn(0):
            pass

    def _watch(self) -> None:
        """Check the box's use of resources again and again; end the box if it uses too much."""
        pause = LOOK_SECONDS
        while not self._over.wait(pause):
            beginning = time.thread_time()
            if over := self._look(family(self._process.pid)):
                self.status = self.status or over
                self._kill()
                return
            pause = max(LOOK_SECONDS, (time.thread_time() - beginning) / LOOK_SHARE)

    def _kill(self) -> None:
        """End all processes of the box, and wait for their end."""
        deadline = time.monotonic() + END_SECONDS
        below = family(self._process.pid)
        while below and time.monotonic() < deadline:
            for pid in below:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)
            below = [pid for pid in {*below, *family(self._process.pid)} if _birth(pid)]
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        if self._uid:  # what has left the family
            everyone = ("/bin/sh", "-c", "kill -9 -1")
            subprocess.run(everyone, user=self._uid, group=self._uid, extra_groups=[], capture_output=True, check=False)
        # bubblewrap tells how the program has ended a moment before its room ends: nobody's children by then
        while time.monotonic() < deadline and any(born and born == _birth(pid) for pid, born in self._first.items()):
            time.sleep(0.001)


def _birth(pid: int) -> str:
    """Start time of a process in ticks; empty if it has ended. Process numbers are reused, start times are not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[STARTTIME]
