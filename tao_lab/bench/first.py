"""How long until the first chart of each dashboard, in a browser that asks a server which has just started.

Every dashboard gets a new server and a browser with an empty cache. The clock starts when the server takes the first
request, while it still has to load the lab and run the page, and stops when the browser has painted the first chart.
On a machine with other work, look at the processor time: all that server, kernels and browser use until then.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tao_lab import paths, servers
from tao_lab.bench import _browser
from tao_lab.bench.room import _processor, _tree

FOLDER = paths.LABS / "dashboards"
MOST_SECONDS = 3.0
PAINTED = "[data-painted]"


@dataclass(frozen=True)
class Opened:
    """A dashboard, opened by the first reader of a server and by the second.

    Attributes:
        name: of its notebook.
        first: seconds until the first reader's chart.
        server: processor seconds of the server and its kernels until then.
        browser: processor seconds of the browser until then.
        second: seconds until the second reader's chart.
    """

    name: str
    first: float
    server: float
    browser: float
    second: float

    @property
    def free_machine(self) -> float:
        """Seconds where nothing else runs: never more than all processor time, because some process always works."""
        return min(self.first, self.server + self.browser)


def measure(name: str) -> Opened:
    """Open one dashboard, twice.

    Raises:
        LabError: no Playwright, no Chromium, or the server does not start.
    """
    with (
        _browser.open_browser() as visit,
        _browser.served(servers.voila_command(FOLDER / f"{name}.ipynb"), "--Voila.token") as (address, server),
    ):
        begin, before = time.perf_counter(), _seconds(server)
        visit.page.goto(address, wait_until="commit")
        visit.page.wait_for_selector(PAINTED)
        first, after = time.perf_counter() - begin, _seconds(server)
        begin = time.perf_counter()
        visit.page.goto(address, wait_until="commit")
        visit.page.wait_for_selector(PAINTED)
        second = time.perf_counter() - begin
    return Opened(name, first, after[0] - before[0], after[1] - before[1], second)


def _seconds(server: int) -> tuple[float, float]:
    """Processor seconds of the server with all that it started, and of the browser."""
    own = set(_tree(server))
    other = set(_tree(os.getpid())[1:]) - own
    return sum(map(_processor, own)), sum(map(_processor, other))


def measure_all(names: Iterable[str], said: Callable[[str], object]) -> list[Opened]:
    """Open dashboards one after another.

    Args:
        names: of them.
        said: called with each name.
    """
    found = []
    for name in names:
        said(name)
        found.append(measure(name))
    return found
