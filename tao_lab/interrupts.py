"""Ctrl-C, and the alarm of a time limit, wait until a few lines are done that must not stop halfway.

And a program that serves until Ctrl-C hears of it without being interrupted.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` wraps it for enums: 10 microseconds more in every block
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
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


@contextmanager
def asked_to_end() -> Iterator[threading.Event]:
    """In the main thread, an event that Ctrl-C and SIGTERM set, for a program that serves until then."""
    asked, signals = threading.Event(), SimpleQueue[int | None]()

    def hear() -> None:
        signals.get()
        asked.set()

    # A handler may run while its own thread waits for the event, with the event's lock in hand: if it set the event
    # itself, it could wait for that lock for ever. A `SimpleQueue` has no such lock.
    listener = threading.Thread(target=hear, daemon=True)
    listener.start()
    before = {
        number: signal.signal(number, lambda number, _: signals.put(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signals.put(None)
        listener.join()
