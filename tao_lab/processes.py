"""Worker processes that do not outlive whoever they work for."""

from __future__ import annotations

import os
import time
from threading import Thread

LOOK_SECONDS = 1.0


def end_with(parent: int) -> None:
    """End this process once its parent is gone, also where that was killed: a pool's initializer.

    Args:
        parent: process number, as the parent knows it (`os.getpid()`).
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
