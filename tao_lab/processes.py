"""Two ways to end a process when its parent ends, even if the parent is killed.

With `die_with`, Linux does it, without a thread: a process that forks must not have threads. But Linux watches only the
parent's *thread* that made the process. The threads that start the workers of a pool may end early, and other systems
have no such function. For these, `end_with` starts a thread that checks every second.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from threading import Thread

LOOK_SECONDS = 1.0
PR_SET_PDEATHSIG = 1  # linux/prctl.h

# Looked up here, because a process that was just forked from a process with threads must not load modules.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def end_with(parent: int) -> None:
    """End this process when its parent has ended; an initializer for the workers of a pool, on every system.

    Args:
        parent: process number, as the parent knows it (`os.getpid()`).
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def die_with(parent: int, number: int = signal.SIGTERM) -> None:
    """On Linux, get a signal when the parent's thread that made this process is gone; elsewhere nothing happens.

    Args:
        parent: process number, as the parent knows it (`os.getpid()`).
        number: of the signal.
    """
    if _prctl is None:
        return
    _prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # the parent has already ended
        os.kill(os.getpid(), number)


def dying_with_this() -> Callable[[], None] | None:
    """A function for `subprocess.Popen(preexec_fn=…)` that ends the new process together with this one."""
    return None if _prctl is None else partial(die_with, os.getpid())
