"""Processes that do not outlive whoever they work for, even if that is killed: two ways to watch a parent.

Linux itself can do it (`die_with`), without a thread, which a process that forks must not have. It watches the parent's
*thread* that made the process. Workers of a pool are made by threads that come and go, and other systems have nothing
of the kind: there a thread looks every second (`end_with`).
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

# Found here, since a process that was just forked from one with threads must load nothing.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def end_with(parent: int) -> None:
    """End this process once its parent is gone: a pool's initializer, on every system.

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
    if os.getppid() != parent:  # it is gone already
        os.kill(os.getpid(), number)


def dying_with_this() -> Callable[[], None] | None:
    """What `subprocess.Popen(preexec_fn=…)` takes so that the new process ends with this one."""
    return None if _prctl is None else partial(die_with, os.getpid())
