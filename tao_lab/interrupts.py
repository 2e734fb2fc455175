"""Ctrl-C, and the alarm of a time limit, wait until a few lines are done that must not stop halfway."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` wraps it for enums: 10 microseconds more in every block
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

WAITING = [int(getattr(signal, name)) for name in ("SIGINT", "SIGALRM") if hasattr(signal, name)]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait for the end of the `with` block; then they do what they always do.

    Python handles signals in the main thread only, between any two steps. In other threads this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: dict[int, FrameType | None] = {}
    handlers = {number: found for number in WAITING if callable(found := _signal.getsignal(number))}
    try:
        for number in handlers:
            _signal.signal(number, came.__setitem__)
        yield
    finally:
        for number in reversed(handlers):  # Ctrl-C last, so that it cannot interrupt this
            _signal.signal(number, handlers[number])
        for number in sorted(came):
            handlers[number](number, came[number])
