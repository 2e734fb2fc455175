"""A bar for every cell of a notebook that takes longer than a moment, whatever the cell does.

`import tao_lab` starts it, for the running cell and for every later one, so it is on screen before a cell's other
imports. Its own thread draws it. It shows no end, because the end is unknown; if the cell shows a bar that counts
steps, this one disappears.
"""

from __future__ import annotations

import contextvars
import os
import sys
from collections.abc import Callable
from threading import Event, Thread, get_ident
from time import monotonic
from types import FrameType
from typing import Any

AFTER = 0.7  # seconds that a cell runs before its bar shows
EVERY = 1.0  # seconds between two counts of the seconds
NOTHING = {"text/html": "", "text/plain": ""}  # the content of a bar that has disappeared


class WaitingBar:
    """The bar of one notebook.

    Args:
        publish: takes a bundle of data, `transient` and `update`, as IPython's display publisher does.
        after: seconds before the bar shows.
    """

    def __init__(self, publish: Callable[..., Any], after: float = AFTER) -> None:
        self._publish = publish
        self._after = after
        self._over = Event()
        self._thread: Thread | None = None

    def begin(self, *_: Any) -> None:
        """A cell begins in this thread."""
        self.end()
        self._over = Event()
        # the thread draws into the cell that runs here, which Jupyter keeps in a context variable
        run = contextvars.copy_context().run
        self._thread = Thread(target=run, args=(self._watch, self._over, get_ident()), daemon=True)
        self._thread.start()

    def end(self, *_: Any) -> None:
        """The cell is done, or has a bar of its own."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _watch(self, over: Event, cell: int) -> None:
        began = monotonic()
        if over.wait(self._after):
            return
        place = {"transient": {"display_id": os.urandom(8).hex()}}
        shown = False
        while not over.is_set():
            what = doing(sys._current_frames().get(cell))
            self._publish(_bar(what, monotonic() - began), update=shown, **place)
            shown = True
            over.wait(EVERY)
        self._publish(NOTHING, update=shown, **place)


def doing(frame: FrameType | None) -> str:
    """What a thread is doing, in words for the reader.

    Args:
        frame: the innermost one of the thread.
    """
    words = "Working"
    while frame is not None:
        file = frame.f_code.co_filename
        if "/numba/core/" in file.replace("\\", "/"):
            return "Compiling, the first time only"
        if frame.f_code.co_name == "_input_request":
            return "Waiting for your answer"
        if file.startswith("<frozen importlib"):
            words = "Loading programs"
        frame = frame.f_back
    return words


def _bar(what: str, seconds: float) -> dict[str, str]:
    words = f"{what} … {seconds:.0f} s"
    return {"text/html": f'<div role="status"><progress></progress> {words}</div>', "text/plain": words}


_bars: list[WaitingBar] = []


def watch(shell: Any) -> None:
    """Give each cell of this notebook a bar, beginning with the one that runs."""
    if not _bars:
        bar = WaitingBar(shell.display_pub.publish)
        _bars.append(bar)
        shell.events.register("pre_run_cell", bar.begin)
        shell.events.register("post_run_cell", bar.end)
        bar.begin()


def give_way() -> None:
    """Hide this bar for the rest of the cell, because another bar shows."""
    for bar in _bars:
        bar.end()
