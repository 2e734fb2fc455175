"""The commands of `docs/subnet-171.md` work as they are typed, in two terminals."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tao_lab.paths import ROOT

PAGE = ROOT / "docs" / "subnet-171.md"
SECONDS = 400.0  # until something is given up; no measure of speed


def typed(heading: str) -> str:
    """The commands below a heading of the page."""
    section = PAGE.read_text().split(f"\n## {heading}")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))


def shell(commands: str, folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """A terminal with its own process group, in which these commands run."""
    return subprocess.Popen(
        ["sh", "-c", commands],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@pytest.mark.slow
def test_a_student_earns_on_subnet_171_by_typing_what_the_page_says(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": path, "OMP_NUM_THREADS": "1"}
    first = shell(f"exec {typed('First terminal').strip()} --port 0", tmp_path, environment)
    second, said = None, ""
    try:
        assert first.stdout is not None
        url = first.stdout.readline().split()[0]
        commands = typed("Second terminal").replace("ws://127.0.0.1:9944", url).replace("$NODE &", "$NODE --port 0 &")
        last = commands.strip().splitlines()[-1]
        second = shell(f"{commands}\nuntil {last}; do sleep 1; done", tmp_path, environment)  # an epoch may be to come
        assert second.stdout is not None
        deadline = time.monotonic() + SECONDS
        while ") earns: incentive" not in said:
            line = second.stdout.readline()
            said += line
            assert line, said
            assert time.monotonic() < deadline, said
        for words in ("has 1 τ now", "[not serving]", "1 of 1 answered; weights on 1"):
            assert words in said, said
    finally:
        for terminal in (second, first):
            if terminal is not None:
                os.killpg(terminal.pid, signal.SIGKILL)
                terminal.communicate()
