"""Blocks at fixed times: a thread makes a block every few seconds, like the real network's authors every 12 seconds.

Each block has the time at which it was made. If a block fails (a student's rule, a call with a bug), the error is in
the log, and the next block comes as usual.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tao_lab.chain.errors import BadValue
from tao_lab.units import FASTEST_SECONDS, SLOWEST_SECONDS

if TYPE_CHECKING:
    from tao_lab.chain.chain import Chain

log = logging.getLogger(__name__)


class Producer:
    """Makes blocks until it is closed.

    Attributes:
        seconds: Time between two blocks; may be changed while it runs.
    """

    def __init__(self, chain: Chain, seconds: float, *, clock: Callable[[], float] = time.time) -> None:
        """Begin.

        Args:
            chain: The chain that gets the blocks.
            seconds: Time between two blocks.
            clock: The Unix time in seconds.

        Raises:
            BadValue: `seconds` is out of range.
        """
        if not FASTEST_SECONDS <= seconds <= SLOWEST_SECONDS:
            raise BadValue("block seconds", seconds, f"{FASTEST_SECONDS} to {SLOWEST_SECONDS:,.0f}")
        self.seconds = seconds
        self._chain, self._clock = chain, clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tao-lab-blocks", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a block that is being made is finished."""
        self._stop.set()
        self._thread.join()

    def __enter__(self) -> Producer:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _run(self) -> None:
        due = time.monotonic() + self.seconds
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            self._produce()
            due = max(due + self.seconds, time.monotonic())  # missed blocks are not made later

    def _produce(self) -> None:
        with self._chain.lock:
            if not self._chain.is_open:
                self._stop.set()
                return
            try:
                self._chain.produce_block(self._time_ms())
            except Exception:
                log.exception("block %d was not made", self._chain.head.number + 1)

    def _time_ms(self) -> int:
        """The present time; if the chain is ahead of the clock, the parent's time plus the block time."""
        now, parent = round(self._clock() * 1_000), int(self._chain.state.get("Timestamp", "Now"))
        return now if now > parent else parent + round(self.seconds * 1_000)
