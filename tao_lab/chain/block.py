"""Blocks: the extrinsics, and a header with hashes that fix the whole content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from tao_lab.chain.extrinsic import compact, split_extrinsics
from tao_lab.chain.merkle import EMPTY_ROOT, blake2_256
from tao_lab.chain.runtime import Runtime
from tao_lab.chain.store import StoredBlock

AURA_ENGINE = "0x61757261"  # "aura"
SLOT_BYTES = 8  # at the end of a header
NO_STATE_ROOT = EMPTY_ROOT  # state root of a block whose state was not kept


@dataclass(frozen=True)
class Header:
    """The header of a block; its hash is the block's name.

    Attributes:
        parent_hash: Hash of the block before.
        number: Height.
        state_root: Root of the state after this block, with `System.Events`; zeros if the state was not kept.
        extrinsics_root: Root of its extrinsics.
        slot: The author's time slot, in the digest.
    """

    parent_hash: bytes
    number: int
    state_root: bytes
    extrinsics_root: bytes
    slot: int

    @property
    def digest(self) -> dict[str, Any]:
        """The digest in the form of the runtime's type."""
        return {"logs": [{"PreRuntime": (AURA_ENGINE, "0x" + self.slot.to_bytes(SLOT_BYTES, "little").hex())}]}

    def encoded_logs(self, runtime: Runtime) -> list[bytes]:
        """SCALE bytes of each entry of the digest."""
        return [runtime.encode(runtime.digest_item_type, log, "digest") for log in self.digest["logs"]]

    def encode(self, runtime: Runtime) -> bytes:
        """SCALE bytes of `sp_runtime::generic::Header`."""
        number, digest = compact(self.number), encoded_digest(runtime, self.slot)
        return b"".join((self.parent_hash, number, self.state_root, self.extrinsics_root, digest))


def encoded_digest(runtime: Runtime, slot: int) -> bytes:
    """SCALE bytes of the digest of a block of this slot."""
    return _digest_start(runtime) + slot.to_bytes(SLOT_BYTES, "little")


@cache
def _digest_start(runtime: Runtime) -> bytes:
    """The bytes of the digest before the slot, which is at its end."""
    digest = Header(b"", 0, b"", b"", 0).digest
    return runtime.encode(runtime.item("System", "Digest").value_type, digest, "digest")[:-SLOT_BYTES]


def decode_header(runtime: Runtime, data: bytes) -> Header:
    """A header from its SCALE bytes.

    Raises:
        ValueError: The bytes are not a header.
    """
    value = runtime.core.decode(runtime.header_type, data, True)
    hashes = {name: bytes.fromhex(value[name][2:]) for name in ("parent_hash", "state_root", "extrinsics_root")}
    return Header(**hashes, number=value["number"], slot=int.from_bytes(data[-SLOT_BYTES:], "little"))


@dataclass(frozen=True)
class Block:
    """A block as it is stored."""

    number: int
    hash: bytes
    header: Header
    extrinsics: tuple[bytes, ...]

    @classmethod
    def from_stored(cls, runtime: Runtime, stored: StoredBlock) -> Block:
        """Make a block from a row of the store."""
        header = decode_header(runtime, stored.header)
        return cls(stored.number, stored.hash, header, tuple(split_extrinsics(stored.extrinsics)))

    @cached_property
    def extrinsic_hashes(self) -> tuple[bytes, ...]:
        """Hash of each extrinsic."""
        return tuple(blake2_256(data) for data in self.extrinsics)
