"""Many readers of one dashboard: how long each waits and what each costs, here and with stock Voila.

Readers are real connections (`tao_lab.bench._reader`): page, scripts, WebSocket, state of all widgets. They come all at
once, which is the worst case in a class, and one after another. The comparison is with stock Voila, which starts a
kernel for each reader. On a machine with other work, look at a reader's processor time and at its ratio to stock
Voila's.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tao_lab import paths, servers
from tao_lab.bench import _browser
from tao_lab.bench._reader import reading

LEAVING = 20  # places of earlier readers, whose kernels wait a few seconds
DASHBOARD = "consensus.ipynb"
FOLDER = paths.LABS / "dashboards"
MOST_SECONDS = 3.0  # for a page
MOST_KERNEL = 150.0  # MiB of one kernel
MOST_MEMORY = 8_192.0  # MiB of all
TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Visited:
    """What was measured.

    Attributes:
        single: seconds until a page's widgets were there, one reader after another.
        crowd: the same with all readers at once.
        processor: seconds of a processor for each reader of the crowd, in the server and all that it started.
        kernels: MiB of each kernel: its own memory, and its part of what it shares (PSS).
        memory: MiB of the server and all that it started.
    """

    single: tuple[float, ...]
    crowd: tuple[float, ...]
    processor: float
    kernels: tuple[float, ...]
    memory: float

    @property
    def free_machine(self) -> float:
        """Seconds that the whole crowd takes where nothing else runs: its processor time over the processors."""
        return self.processor * len(self.crowd) / (os.cpu_count() or 1)


def measure(readers: int, said: Callable[[str], None]) -> Visited:
    """Let readers open a dashboard of the lab's own server.

    Args:
        readers: how many at once.
        said: called with each step as a sentence.
    """
    command = servers.voila_command(FOLDER, readers=readers + LEAVING)
    return _measure(command, readers, min(5, readers), said, "the lab's server")


def measure_peer(readers: int, said: Callable[[str], None]) -> Visited:
    """The same with stock Voila and the lab's template."""
    command = [sys.executable, "-m", "voila", str(FOLDER), "--template=tao-lab", "--Voila.ip=127.0.0.1"]
    return _measure(command, readers, 1, said, "stock Voila")


def _measure(command: list[str], readers: int, alone: int, said: Callable[[str], None], name: str) -> Visited:
    with _browser.served(command, "--Voila.token") as (address, server):
        parts = urlsplit(address)
        token = parse_qs(parts.query)["token"][0]
        return asyncio.run(_visit(f"http://{parts.netloc}", token, server, (readers, alone), said, name))


async def _visit(
    address: str, token: str, server: int, counts: tuple[int, int], said: Callable[[str], None], name: str
) -> Visited:
    readers, alone = counts
    said(f"{name} starts")
    for page in sorted(FOLDER.glob("*.ipynb")):  # waits until each has run
        async with reading(address, page.name, token):
            pass
    single = []
    for number in range(alone):
        said(f"{name}: one reader after another, {number + 1} of {alone}")
        async with reading(address, DASHBOARD, token) as reader:
            single.append(reader.state)
    said(f"{name}: {readers} at once")
    old = set(_tree(server))
    before = sum(_processor(process) for process in old)
    async with AsyncExitStack() as open_pages:
        coming = [open_pages.enter_async_context(reading(address, DASHBOARD, token)) for _ in range(readers)]
        crowd = await asyncio.gather(*coming)
        tree = _tree(server)
        processor = sum(_processor(process) for process in tree) - before
        memory = {process: _pss(process) for process in tree}
    return Visited(
        tuple(single),
        tuple(reader.state for reader in crowd),
        processor / readers,
        tuple(memory[process] for process in set(tree) - old),
        sum(memory.values()),
    )


def _tree(process: int) -> list[int]:
    """A process and all that came from it."""
    parents = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            parents[int(file.parent.name)] = int(_numbers(file)[1])
    found = [process]
    for parent in found:  # the list grows inside the loop
        found += [child for child, of in parents.items() if of == parent]
    return found


def _processor(process: int) -> float:
    """Seconds of a processor that a process has used; 0 if it has ended."""
    try:
        numbers = _numbers(Path("/proc") / str(process) / "stat")
    except OSError:
        return 0.0
    return (int(numbers[11]) + int(numbers[12])) / TICK


def _numbers(file: Path) -> list[str]:
    """The system's numbers about a process, after its name."""
    return file.read_text().rpartition(")")[2].split()


def _pss(process: int) -> float:
    """MiB: a page of memory that several processes share counts in part for each."""
    for line in (Path("/proc") / str(process) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"the system does not say what memory process {process} has")
