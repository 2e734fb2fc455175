"""How long a day of a whole network takes: emission and epochs of 128 subnets of 256 neurons, block by block.

Two histories are measured, both in a file: one stores the state of every block, the other the state of every 360th.
Before the measurement every subnet has had an epoch, so that the rules are compiled and every key exists. A stopwatch
around the chain's functions measures each phase in the same run.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tao_lab.bench.population import Size, populate
from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor import distribution, run_coinbase
from tao_lab.chain.state_tree import StateTree
from tao_lab.chain.store import Store
from tao_lab.units import BLOCKS_PER_DAY

DAYS_PER_YEAR = 365
KEPT_EVERY = 360  # blocks, with the history of epochs only
AIMS = {"blocks": 60.0, "epochs": 15.0}  # seconds a day
FIT_SUBNETS, FIT_NEURONS = (8, 16, 32, 64), (32, 64, 128, 256)
FIT_TEMPO = 20  # blocks; short, so that a short run has epochs of every subnet


@dataclass
class Run:
    """Seconds of some blocks, in all and by phase; bytes of the file and of the process.

    Attributes:
        blocks: How many.
        seconds: In all, by the clock.
        processor: Processor time in all; it is less than the clock's if the machine has other work.
        phases: Seconds by phase.
        file_bytes: What the blocks added to the file.
        memory: Resident bytes of the process before and after.
    """

    blocks: int
    seconds: float
    processor: float
    phases: dict[str, float] = field(default_factory=dict)
    file_bytes: int = 0
    memory: tuple[int, int] = (0, 0)

    @property
    def day(self) -> float:
        """Seconds of 7,200 such blocks."""
        return self.seconds / self.blocks * BLOCKS_PER_DAY


def measure(size: Size, history: str, blocks: int, progress: Callable[[int], Any] = lambda step: None) -> Run:
    """Make blocks of a populated network, after one tempo to warm up.

    Args:
        size: How large the network is.
        history: `blocks` or `epochs`.
        blocks: How many are measured.
        progress: Called with the number of blocks made.
    """
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(Path(folder) / "chain.db")
        populate(Context(chain.runtime, chain.state, 1, executive.author(chain.state)), size)
        _produce(chain, size.tempo + 2, KEPT_EVERY, progress)
        before, memory = chain.store.size(), resident_bytes()
        with stopwatch() as phases:
            begin, processor = time.perf_counter(), time.process_time()
            _produce(chain, blocks, 1 if history == "blocks" else KEPT_EVERY, progress)
            seconds, processor = time.perf_counter() - begin, time.process_time() - processor
        written, after = chain.store.size() - before, resident_bytes()
        run = Run(blocks, seconds, processor, _exclusive(phases, seconds), written, (memory, after))
        chain.close()
    return run


def _produce(chain: Chain, blocks: int, kept_every: int, progress: Callable[[int], Any]) -> None:
    for left in range(blocks, 0, -1):
        chain.produce_block(keep_state=left == 1 or left % kept_every == 0)
        progress(1)


def resident_bytes() -> int:
    """Memory of this process."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


# --- phases -----------------------------------------------------------------------------------------------------

WATCHED: tuple[tuple[str, Any, str], ...] = (
    ("hooks", executive, "run_hooks"),
    ("payout", run_coinbase, "distribute_emission"),
    ("epochs", distribution, "run_epochs"),
    ("state root", StateTree, "update"),
    ("SQLite", Store, "commit"),
)


@contextmanager
def stopwatch() -> Iterator[dict[str, float]]:
    """Time the watched functions of the chain, nested ones too."""
    seconds = {phase: 0.0 for phase, _, _ in WATCHED}
    with ExitStack() as stack:
        for phase, owner, name in WATCHED:
            real = getattr(owner, name)
            setattr(owner, name, _timed(real, phase, seconds))
            stack.callback(setattr, owner, name, real)
        yield seconds


def _timed(function: Callable[..., Any], phase: str, seconds: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        begin = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            seconds[phase] += time.perf_counter() - begin

    return timed


def _exclusive(watched: dict[str, float], seconds: float) -> dict[str, float]:
    """Seconds of each phase without the phases inside it."""
    phases = {
        "coinbase": watched["hooks"] - watched["payout"],
        "epochs": watched["epochs"],
        "distribution": watched["payout"] - watched["epochs"],
        "state root": watched["state root"],
        "SQLite": watched["SQLite"],
    }
    return {**phases, "the rest": seconds - sum(phases.values())}


# --- fit --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """Milliseconds of a block by size, and the exponent of the best power law through them."""

    of: str
    sizes: tuple[int, ...]
    milliseconds: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """1: the time grows in proportion to the size; 0: it does not depend on the size."""
        return float(np.polyfit(np.log(self.sizes), np.log(self.milliseconds), 1)[0])


def fit_subnets() -> Fit:
    """Cost of a block against the number of subnets, of 64 neurons each."""
    return Fit("subnets", FIT_SUBNETS, tuple(_short(subnets, 64) for subnets in FIT_SUBNETS))


def fit_neurons() -> Fit:
    """Cost of a block against the number of neurons, of each of 16 subnets."""
    return Fit("neurons", FIT_NEURONS, tuple(_short(16, neurons) for neurons in FIT_NEURONS))


def _short(subnets: int, neurons: int) -> float:
    size = Size(subnets, neurons, validators=neurons // 4, tempo=FIT_TEMPO)
    run = measure(size, "blocks", 2 * FIT_TEMPO)
    return run.seconds / run.blocks * 1e3
