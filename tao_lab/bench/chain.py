"""The chain's speed: a whole extrinsic compared with its signature check, and blocks at two heights.

A whole extrinsic is: decode the bytes, check signature, nonce and fee, run the call, and write its block to a file. It
is compared with `bittensor_core.verify` alone, on the same payloads in the same run. Height: two chains, one at 1,000
blocks and one much higher, make their next blocks in turns. The limits in seconds are for a machine without other work.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import bittensor_core
from bittensor_core import Keypair

from tao_lab.bench.economy import DAYS_PER_YEAR
from tao_lab.bench.population import Size, populate
from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.extrinsic import signed_payload
from tao_lab.chain.genesis import Genesis
from tao_lab.network import Network
from tao_lab.units import BLOCKS_PER_DAY, RAO_PER_TAO

SENDERS = 200
EXTRINSICS = 4_000
PER_BLOCK = 500
LEAST_RATIO = 0.15
LOW, HIGH = 1_000, 100_000
TURNS = 500
MOST_GROWTH = 1.1
MOST_EMPTY = 0.25e-3  # processor seconds of an empty block with its history
IDLE_SUBNETS, IDLE_BLOCKS = 128, 300
LEAST_IDLE = 400  # blocks a second of processor time
EPOCHS, MOST_EPOCHS = 10, 1.0  # of one subnet of 16 neurons, and their processor seconds
YEAR_BLOCKS, MOST_YEAR = 7_200, 600.0  # blocks that are measured, and seconds of a year


@dataclass(frozen=True)
class Extrinsics:
    """Seconds for one extrinsic: only its signature check, and all of it."""

    bare: float
    whole: float

    @property
    def ratio(self) -> float:
        """Speed of whole extrinsics divided by the speed of signature checks."""
        return self.bare / self.whole


@dataclass(frozen=True)
class Idle:
    """Processor seconds for a block and its bytes in the file, on a chain without extrinsics."""

    subnets: int
    seconds: float
    bytes_per_block: float


@dataclass(frozen=True)
class Small:
    """Processor seconds of a network with one subnet of 4 validators and 12 miners.

    Attributes:
        epochs: Of ten epochs at mainnet's tempo with the state of every block, in memory.
        year: Of a year with the history of epochs on a file, by a day of it.
    """

    epochs: float
    year: float


@dataclass(frozen=True)
class Height:
    """Median processor seconds of an empty block at two heights, and bytes of the file for a block."""

    low: int
    high: int
    seconds_low: float
    seconds_high: float
    bytes_per_block: float

    @property
    def growth(self) -> float:
        """Time of a block at the greater height over that at the smaller."""
        return self.seconds_high / self.seconds_low


def measure_extrinsics() -> Extrinsics:
    """Send transfers between many accounts through a chain on disk; verify the same signatures bare, in turns."""
    keys = [Keypair.from_uri(f"//bench//{number}") for number in range(SENDERS)]
    genesis = Genesis(balances={key.ss58_address: 1_000 * RAO_PER_TAO for key in keys})
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(Path(folder) / "chain.db", genesis)
        bare = whole = 0.0
        for start in range(0, EXTRINSICS, PER_BLOCK):
            batch = [_transfer(chain, keys, number) for number in range(start, start + PER_BLOCK)]
            decoded = [chain.decode(data) for data in batch]
            checks = [(signed_payload(x, chain.genesis_hash, chain.genesis_hash), x) for x in decoded]
            begin = time.perf_counter()
            for payload, extrinsic in checks:
                bittensor_core.verify(payload, extrinsic.signature, extrinsic.signer, extrinsic.signature_kind)
            middle = time.perf_counter()
            for data in batch:
                chain.submit(data)
            block = chain.produce_block()
            whole += time.perf_counter() - middle
            bare += middle - begin
            if len(block.extrinsics) != PER_BLOCK + 1:
                raise AssertionError(f"{len(block.extrinsics) - 1} of {PER_BLOCK} extrinsics are in the block")
        chain.close()
    return Extrinsics(bare / EXTRINSICS, whole / EXTRINSICS)


def _transfer(chain: Chain, keys: list[Keypair], number: int) -> bytes:
    dest = keys[(number * 7 + 1) % SENDERS].ss58_address
    args = {"dest": dest, "value": 1_000 + number}
    nonce = number // SENDERS
    return chain.sign(keys[number % SENDERS], "Balances", "transfer_keep_alive", args, nonce=nonce)


def measure_height(high: int = HIGH) -> Height:
    """Make two chains on disk, one low and one at `high` blocks, and let them make blocks in turns."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "high.db"
        low_chain, high_chain = Chain(Path(folder) / "low.db"), Chain(file)
        for chain, height in ((low_chain, LOW), (high_chain, high)):
            for _ in range(height):
                chain.produce_block()
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(TURNS):
            for chain, seconds in zip((low_chain, high_chain), times, strict=True):
                begin = time.process_time()
                chain.produce_block()
                seconds.append(time.process_time() - begin)
        low_chain.close()
        high_chain.close()
        size = file.stat().st_size / (high + TURNS)
    return Height(LOW, high, statistics.median(times[0]), statistics.median(times[1]), size)


def measure_idle() -> Idle:
    """Blocks of a chain with 128 running subnets, hardly any neurons, and no extrinsics: emission only."""
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(Path(folder) / "idle.db")
        size = Size(IDLE_SUBNETS, neurons=4, validators=1, tempo=10_000)
        populate(Context(chain.runtime, chain.state, 1, executive.author(chain.state)), size)
        for _ in range(3):
            chain.produce_block()
        before, begin = chain.store.size(), time.process_time()
        for _ in range(IDLE_BLOCKS):
            chain.produce_block()
        seconds = (time.process_time() - begin) / IDLE_BLOCKS
        written = (chain.store.size() - before) / IDLE_BLOCKS
        chain.close()
    return Idle(IDLE_SUBNETS, seconds, written)


def measure_small() -> Small:
    """Ten epochs of the lab's usual network, and a day of the same on a file."""
    with _usual() as net:
        begin = time.process_time()
        net.run(epochs=EPOCHS)
        epochs = time.process_time() - begin
    with tempfile.TemporaryDirectory() as folder, _usual(Path(folder) / "year.db") as net:
        begin = time.process_time()
        net.run(blocks=YEAR_BLOCKS, history="epochs")
        day = (time.process_time() - begin) / YEAR_BLOCKS * BLOCKS_PER_DAY
    return Small(epochs, day * DAYS_PER_YEAR)


def _usual(path: Path | None = None) -> Network:
    """A network with one subnet, whose every rule has been used once."""
    net = Network(path)
    subnet = net.create_subnet(owner=net.wallet("alice"))
    net.populate(subnet, validators=4, miners=12)
    net.run(epochs=1)
    return net
