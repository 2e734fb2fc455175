"""How long a day of a whole network takes: emission and epochs of 128 subnets of 256 neurons, block by block.

Two histories are measured, both in a file: one stores the state of every block, the other the state of every 360th.
Before the measurement every subnet has had an epoch, so that the rules are compiled and every key exists. A stopwatch
around the chain's functions measures the processor time of each phase in the same run.

The same run also measures a floor, the work that every program would have to do: it hashes as many messages as the
state tree does, inserts as many bytes into SQLite in one row a block, and runs the arithmetic of the epochs. The result
is printed as a ratio to it. After the run some blocks are made by the readable rules too, and their headers and the
state are compared.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tao_lab.bench.population import Size, populate
from tao_lab.chain import executive
from tao_lab.chain.blake2 import BLOCK_BYTES
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor import distribution, run_coinbase
from tao_lab.chain.pallets.subtensor.epochs import epoch_input, run_epochs
from tao_lab.chain.state_tree import StateTree
from tao_lab.chain.store import Store
from tao_lab.chain.twins import readable_only
from tao_lab.consensus.vectorized.epoch import epoch_terms
from tao_lab.economy import HotkeyEmission
from tao_lab.units import BLOCKS_PER_DAY, RAO_PER_TAO

DAYS_PER_YEAR = 365
KEPT_EVERY = 360  # blocks, with the history of epochs only
COMPARED = 8  # blocks that the readable rules make too
EPOCHS_TIMED = 20
AIMS = {"blocks": 45.0, "epochs": 15.0}  # seconds a day
FIT_SUBNETS, FIT_NEURONS = (8, 16, 32, 64), (32, 64, 128, 256)
FIT_TEMPO = 20  # blocks; short, so that a short run has epochs of every subnet


@dataclass(frozen=True)
class Floor:
    """What some blocks cost at least, seconds of the processor.

    Attributes:
        hashing: BLAKE2b of as many bytes as the state tree hashes, in one stream.
        storing: SQLite, one row a block with as many bytes as the file grows by.
        epochs: The epochs' arithmetic, on the inputs of one of them.
    """

    hashing: float
    storing: float
    epochs: float

    @property
    def seconds(self) -> float:
        """All together."""
        return self.hashing + self.storing + self.epochs


@dataclass
class Run:
    """What some blocks took, in all and by phase; bytes of the file and of the process.

    Attributes:
        blocks: How many.
        seconds: In all, by the clock.
        processor: Processor time in all; it is less than the clock's if the machine has other work.
        phases: Seconds of processor time by phase.
        file_bytes: What the blocks added to the file.
        memory: Resident bytes of the process before and after.
        floor: What the same blocks cost at least.
        compared: At how many blocks state and header were held against those of the readable rules.
    """

    blocks: int
    seconds: float
    processor: float
    phases: dict[str, float] = field(default_factory=dict)
    file_bytes: int = 0
    memory: tuple[int, int] = (0, 0)
    floor: Floor = field(default_factory=lambda: Floor(0.0, 0.0, 0.0))
    compared: int = 0

    @property
    def day(self) -> float:
        """Seconds of 7,200 such blocks."""
        return self.seconds / self.blocks * BLOCKS_PER_DAY

    @property
    def processor_day(self) -> float:
        """The same, of the processor."""
        return self.processor / self.blocks * BLOCKS_PER_DAY


def measure(size: Size, history: str, blocks: int, progress: Callable[[int], Any] = lambda step: None) -> Run:
    """Make blocks of a populated network, after one tempo to warm up.

    Args:
        size: How large the network is.
        history: `blocks` or `epochs`.
        blocks: How many are measured.
        progress: Called with the number of blocks made.

    Raises:
        AssertionError: The readable rules give another state.
    """
    every = 1 if history == "blocks" else KEPT_EVERY
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(Path(folder) / "chain.db")
        populate(Context(chain.runtime, chain.state, 1, executive.author(chain.state)), size)
        _produce(chain, size.tempo + 2, every, progress)
        before, memory, made = chain.store.size(), resident_bytes(), _Counts()
        with made.counting():
            seconds, processor, phases = _timed_blocks(chain, blocks, every, progress)
        written, after = chain.store.size() - before, resident_bytes()
        floor = measure_floor(chain, made, written, Path(folder))
        run = Run(blocks, seconds, processor, phases, written, (memory, after), floor, compare(chain))
        chain.close()
    return run


def _timed_blocks(
    chain: Chain, blocks: int, every: int, progress: Callable[[int], Any]
) -> tuple[float, float, dict[str, float]]:
    """Seconds by the clock and of the processor, and those of each phase."""
    with stopwatch() as phases:
        begin, processor = time.perf_counter(), time.process_time()
        _produce(chain, blocks, every, progress)
        seconds, processor = time.perf_counter() - begin, time.process_time() - processor
    return seconds, processor, _exclusive(phases, processor)


def _produce(chain: Chain, blocks: int, kept_every: int, progress: Callable[[int], Any]) -> None:
    for left in range(blocks, 0, -1):
        chain.produce_block(keep_state=left == 1 or left % kept_every == 0)
        progress(1)


# --- the floor --------------------------------------------------------------------------------------------------


@dataclass
class _Counts:
    """How much of what cannot be avoided some blocks do."""

    kept: int = 0  # blocks that were written to the file
    hashes: int = 0
    epochs: int = 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count inside a `with` block."""
        hash_all, commit = StateTree.update, Store.commit

        def update(tree: StateTree, *changes: Any) -> None:
            hash_all(tree, *changes)
            self.hashes += tree.hashed

        def count_epoch(*arguments: Any) -> Sequence[HotkeyEmission]:
            self.epochs += 1
            return run_epochs(*arguments)

        def count_commit(store: Store, *arguments: Any) -> None:
            self.kept += 1
            commit(store, *arguments)

        with ExitStack() as stack:
            for owner, name, function in (
                (StateTree, "update", update),
                (distribution, "run_epochs", count_epoch),
                (Store, "commit", count_commit),
            ):
                stack.callback(setattr, owner, name, getattr(owner, name))
                setattr(owner, name, function)
            yield


def measure_floor(chain: Chain, made: _Counts, written: int, folder: Path) -> Floor:
    """What blocks with these counts and bytes cost at least."""
    hashed = _seconds(lambda: hashlib.blake2b(bytes(made.hashes * BLOCK_BYTES), digest_size=32).digest())
    database = sqlite3.connect(folder / "floor.db", isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = NORMAL", "locking_mode = EXCLUSIVE"):
        database.execute(f"PRAGMA {setting}")
    database.execute("CREATE TABLE rows (block INTEGER PRIMARY KEY, data BLOB)")
    row = os.urandom(max(written, 0) // max(made.kept, 1))

    def store() -> None:
        for block in range(made.kept):
            database.execute("INSERT INTO rows VALUES (?, ?)", (block, row))

    stored = _seconds(store)
    database.close()
    inputs = epoch_input(chain.state, 1, chain.head.number, RAO_PER_TAO)
    computed = _seconds(lambda: [epoch_terms(inputs) for _ in range(EPOCHS_TIMED)])
    return Floor(hashed, stored, computed * made.epochs / EPOCHS_TIMED)


def _seconds(work: Callable[[], Any]) -> float:
    """Of the processor."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


# --- the readable rules -----------------------------------------------------------------------------------------


def compare(chain: Chain, blocks: int = COMPARED) -> int:
    """Make blocks at once, and the same blocks by the readable rules from a copy of the file; returns how many.

    Raises:
        AssertionError: A header, or the state in the end, is another one.
    """
    chain.produce_block()
    path = Path(chain.store.path).with_name("copy.db")
    chain.store.snapshot(path)
    readable = Chain(path)
    for _ in range(blocks):
        chain.produce_block()
        with readable_only():
            readable.produce_block()
        assert chain.head == readable.head, f"block {chain.head.number} differs from that of the readable rules"
    assert dict(chain.state.raw.items()) == dict(readable.state.raw.items()), "the state differs"
    readable.close()
    return blocks


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
        begin = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            seconds[phase] += time.process_time() - begin

    return timed


def _exclusive(watched: dict[str, float], processor: float) -> dict[str, float]:
    """Seconds of each phase without the phases inside it."""
    phases = {
        "coinbase": watched["hooks"] - watched["payout"],
        "epochs": watched["epochs"],
        "distribution": watched["payout"] - watched["epochs"],
        "state root": watched["state root"],
        "SQLite": watched["SQLite"],
    }
    return {**phases, "the rest": processor - sum(phases.values())}


# --- fit --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """Milliseconds of the processor for a block by size, and the exponent of the best power law through them."""

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
    return run.processor / run.blocks * 1e3
