"""`terminal`: run a command from a cell as in a terminal, and show its output."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

SECONDS = 60
COLUMNS = "100"
STYLE = (
    "background:#1E1E1E;color:#F2F2F2;padding:8px 12px;border-radius:4px;line-height:1.4;overflow-x:auto;"
    "width:fit-content;min-width:min(62em,100%);max-width:100%;box-sizing:border-box;font-family:monospace"
)


@dataclass(frozen=True, repr=False)
class Ended:
    """A command that has ended.

    Attributes:
        command: the command line.
        output: everything it printed, including errors.
        code: its exit code; 0 means success.
    """

    command: str
    output: str
    code: int

    def _repr_html_(self) -> str:
        command, _, output = repr(self).partition("\n")
        typed = f'<span style="white-space:pre-wrap;display:block;max-width:62em">{escape(command)}</span>'
        return f'<pre style="{STYLE}">{typed}{escape(output)}</pre>'

    def __repr__(self) -> str:
        ended = f"\n(ended with exit code {self.code})" if self.code else ""
        return f"$ {self.command}\n{self.output}{ended}"


def terminal(command: str) -> Ended:
    """Run a command of this environment (`btcli …`, `tao-lab …`) and show what it prints.

    Args:
        command: one line, as you would type it; it is not run by a shell.
    """
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": programs, "NO_COLOR": "1", "COLUMNS": COLUMNS, "TERM": "dumb"}
    words = shlex.split(command)
    try:
        done = subprocess.run(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return Ended(command, f"{words[0]}: no such command", 127)
    except subprocess.TimeoutExpired:
        return Ended(command, f"{words[0]}: stopped after {SECONDS} s", 124)
    return Ended(command, done.stdout.rstrip(), done.returncode)
