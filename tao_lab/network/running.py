"""Making many blocks: a day, a year, some epochs of a subnet; and stopping between two of them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import BadValue
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.units import BLOCKS_PER_DAY

KEPT_EVERY = 360  # blocks, with the history of epochs: mainnet's tempo
PROGRESS_BLOCKS = 300  # a run of more blocks shows a progress bar


class Progress(Protocol):
    """What shows a bar: see `Network.progress`."""

    def __call__(self, total: int, words: str, least: int) -> AbstractContextManager[Callable[[int], Any]]:
        """A bar for `total` steps, if there are `least`; gives the function that counts them."""
        ...


class RunStopped(KeyboardInterrupt):
    """Ctrl-C or the notebook's stop button has ended a run between two blocks; the message says how to go on."""


@contextmanager
def stop_between_blocks() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C wait for the end of a block; gives a function that says whether it was pressed.

    Pressed twice it does what it always does, at once: a rule of a student may never end. Where the program has its
    own answer to Ctrl-C, and in other threads, which never hear of it, nothing changes.
    """
    pressed = False

    def press(number: int, frame: Any) -> None:
        nonlocal pressed
        if pressed:
            signal.default_int_handler(number, frame)
        pressed = True

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def number_of_blocks(height: int, blocks: int | None, days: int | None, to_block: int | None) -> int:
    """How many blocks are to be made: that many, or the blocks of some days, or up to a height."""
    if blocks is not None:
        return blocks
    return max(to_block - height, 0) if to_block is not None else (days or 0) * BLOCKS_PER_DAY


def run_blocks(chain: Chain, progress: Progress, count: int, history: str) -> None:
    """Make blocks.

    Args:
        chain: The chain.
        progress: Shows a bar.
        count: How many.
        history: `blocks` keeps the state of every block, `epochs` of each 360th and of the last.

    Raises:
        RunStopped: Ctrl-C; the state of the newest block is kept.
        BlockFailed: A rule raised; the blocks before stay.
    """
    begin = chain.head.number
    end = begin + count
    with stop_between_blocks() as stopped, progress(count, "blocks", least=PROGRESS_BLOCKS) as step:
        for number in range(begin + 1, end + 1):
            is_last = number == end or stopped()
            chain.produce_block(keep_state=history == "blocks" or is_last or number % KEPT_EVERY == 0)
            step(1)
            if is_last and number != end:
                kept = "" if history == "blocks" else f", history={history!r}"
                call = f"run(to_block={end}{kept})"
                raise RunStopped(f"{number - begin:,} of {count:,} blocks are made. {_how_to_go_on(chain, call)}")


def run_epochs(chain: Chain, progress: Progress, count: int, netuid: int) -> None:
    """Make blocks until a subnet has had some epochs.

    Raises:
        RunStopped: Ctrl-C.
        BlockFailed: A rule raised; the blocks before stay.
    """
    state, expected = chain.state, count * int(chain.state.get(MODULE, "Tempo", netuid))
    words = f"{count} epochs of subnet {netuid}"
    with stop_between_blocks() as stopped, progress(expected, words, least=PROGRESS_BLOCKS) as step:
        for done in range(count):
            before = state.get(MODULE, "LastEpochBlock", netuid)
            while state.get(MODULE, "LastEpochBlock", netuid) == before:
                if stopped():
                    call = f"run(epochs={count - done}, subnet={netuid})"
                    raise RunStopped(f"{done} of {count} epochs are done. {_how_to_go_on(chain, call)}")
                chain.produce_block()
                step(1)


def _how_to_go_on(chain: Chain, call: str) -> str:
    again = "" if chain.store.path == ":memory:" else f", or later with Network({chain.store.path!r}).{call}"
    return f"The chain is whole up to block {chain.head.number:,}. Go on with net.{call}{again}"


def check_run(blocks: int | None, epochs: int | None, days: int | None, to_block: int | None, history: str) -> None:
    """Refuse what no run can be.

    Raises:
        BadValue: See `Network.run`.
    """
    lengths = {"blocks": blocks, "epochs": epochs, "days": days, "to_block": to_block}
    given = {name: length for name, length in lengths.items() if length is not None}
    if len(given) != 1:
        raise BadValue("run", given, "one of blocks=…, epochs=…, days=… and to_block=…")
    if history not in ("blocks", "epochs") or (history == "epochs" and epochs is not None):
        raise BadValue("history", history, "'blocks', or with blocks=…, days=… or to_block=… 'epochs'")
    ((name, length),) = given.items()
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise BadValue(name, length, "a whole number from 0 on")
