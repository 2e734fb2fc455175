"""Weights: how much of a block a call uses, in picoseconds of a reference machine and bytes of proof.

Source: `frame/support` of the Polkadot SDK (`Weight`); `RocksDbWeight` in its `weights/rocksdb_weights.rs`.
"""

from __future__ import annotations

from dataclasses import dataclass

DB_READ = 25_000_000  # picoseconds: System.DbWeight.read
DB_WRITE = 100_000_000  # picoseconds: System.DbWeight.write


@dataclass(frozen=True, slots=True)
class Weight:
    """Cost of a call: picoseconds of a reference machine, and bytes of proof."""

    ref_time: int = 0
    proof_size: int = 0

    def __add__(self, other: Weight) -> Weight:
        return Weight(self.ref_time + other.ref_time, self.proof_size + other.proof_size)

    def at_most(self, limit: Weight) -> Weight:
        """This weight, with each part limited to that of `limit`."""
        return Weight(min(self.ref_time, limit.ref_time), min(self.proof_size, limit.proof_size))

    def encodable(self) -> dict[str, int]:
        """The weight in the form of the runtime's `Weight`."""
        return {"ref_time": self.ref_time, "proof_size": self.proof_size}


def weight(base: int, reads: int = 0, writes: int = 0) -> Weight:
    """The usual form of a benchmark: a base in picoseconds, plus database reads and writes."""
    return Weight(base + reads * DB_READ + writes * DB_WRITE)


@dataclass(slots=True)
class Tally:
    """Counts database accesses while a call runs, to report its real weight."""

    reads: int = 0
    writes: int = 0

    def add(self, reads: int = 0, writes: int = 0) -> None:
        """Count more accesses."""
        self.reads += reads
        self.writes += writes

    @property
    def weight(self) -> Weight:
        """Weight of all of them."""
        return weight(0, self.reads, self.writes)
