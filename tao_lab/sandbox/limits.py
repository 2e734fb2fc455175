"""Limits of a program in the box, and how it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tao_lab.errors import LabError

MIB = 1 << 20

Status = Literal["ended", "timeout", "output", "memory", "disk"]
REASONS = {
    "output": "printed more than is allowed",
    "memory": "used more memory than is allowed",
    "disk": "wrote more, or more files, than is allowed",
}


@dataclass(frozen=True)
class Limits:
    """Limits of a program, together with all processes that it starts.

    Attributes:
        seconds: time on the clock, from its first line on.
        memory: bytes of all its processes together; also the limit of each address space.
        processes: maximum number at a time, including threads.
        output: bytes on stdout, and the same on stderr; more ends the program.
        files: bytes of one file that it writes; with 0 its files must be empty.
        disk: bytes of all its files together.
        entries: files and folders that it may have at a time.
    """

    seconds: float = 5.0
    memory: int = 512 * MIB
    processes: int = 16
    output: int = 64 * 1024
    files: int = MIB
    disk: int = 64 * MIB
    entries: int = 1000

    def __post_init__(self) -> None:
        """Refuse limits that make no sense."""
        for name, value in vars(self).items():
            if not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0):
                raise LabError(f"Limits: {name} is {value!r}; allowed is a number from 0 on")


@dataclass(frozen=True)
class Outcome:
    """How a program ended.

    Attributes:
        status: "ended" if it ended normally, or why it was stopped: "timeout", "output", "memory" or "disk".
        code: exit code, negative or above 128 for a signal; None if it was stopped.
        stdout, stderr: text, at most `limits.output` bytes each; bytes that are not UTF-8 are replaced.
        seconds: time on the clock, from the program's first line on.
    """

    status: Status
    code: int | None
    stdout: str
    stderr: str
    seconds: float

    @property
    def problem(self) -> str:
        """Why it failed, in words; empty if it did not fail."""
        if self.status == "timeout":
            return f"did not end within {self.seconds:.1f} s"
        if self.status != "ended":
            return REASONS[self.status]
        if self.code == 0:
            return ""
        lines = self.stderr.strip().splitlines()
        return lines[-1][:200] if lines else f"ended with exit code {self.code}"
