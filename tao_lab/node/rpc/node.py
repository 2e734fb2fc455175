"""`Node`: a chain for clients, with everything that the families of methods need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tao_lab.chain.block import Header
from tao_lab.chain.chain import Chain
from tao_lab.chain.runtime import SPEC_NAME, SPEC_VERSION, TRANSACTION_VERSION
from tao_lab.chain.state import StorageReader
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.errors import UNKNOWN_BLOCK, RpcError, too_large
from tao_lab.node.rpc.params import bytes_of, hex_of

Json = Any


class GivesMoney(Protocol):
    """A faucet: `tao_lab.node.faucet.Faucet`, or a class's with its budget."""

    def give(self, account: str, rao: int, address: str) -> bytes:
        """Put a transfer to an account into the pool; returns the extrinsic's hash."""
        ...


class Classroom(Protocol):
    """The requests of students that a class answers; implemented by `tao_lab.classroom.room.Room`."""

    def describe(self) -> dict[str, Json]:
        """Public data of the class."""
        ...

    def join(self, code: str, name: str, account: str, signature: bytes) -> dict[str, Json]:
        """Add a student."""
        ...

    def open_subnet(self, netuid: int, tempo: int, commit_reveal: bool, signature: bytes) -> None:
        """Let root open a student's new subnet."""
        ...


class Node:
    """A chain with everything that the methods share.

    Attributes:
        chain: The chain.
        instant: Whether an extrinsic that can run makes a block at once; otherwise blocks come from elsewhere
            (`Network.run`, a `Producer`).
        faucet: The faucet, if the node has one.
        classroom: The class, if the node serves one.
    """

    def __init__(self, chain: Chain, *, instant: bool = True, faucet: GivesMoney | None = None) -> None:
        self.chain = chain
        self.instant = instant
        self.faucet = faucet
        self.classroom: Classroom | None = None
        self.runtime_version = _version(chain)

    def head(self) -> str:
        """Hash of the newest block; it is final."""
        return hex_of(self.chain.head.hash)

    def hash_at(self, height: int) -> str | None:
        """Hash of the block at a height, or None."""
        found = self.chain.block_hash(height) if height <= self.chain.head.number else None
        return None if found is None else hex_of(found)

    def find(self, at: Json) -> int | None:
        """Height of a block hash; the newest block's for null; None if there is no such block."""
        return self.chain.head.number if at is None else self.chain.number_of(bytes_of(at, "block hash"))

    def height(self, at: Json) -> int:
        """Height of a block hash; the head's for null.

        Raises:
            RpcError: There is no such block.
        """
        height = self.find(at)
        if height is None:
            raise RpcError(UNKNOWN_BLOCK, "Client error", f"UnknownBlock: no block {at:.80}")
        return height

    def state(self, at: Json = None) -> StorageReader:
        """The state after a block; at the head for null."""
        return self.chain.at(self.height(at))

    def values(self, keys: Sequence[str], state: StorageReader | None = None) -> list[tuple[str, str | None]]:
        """Values of checked keys, in hex; by default at the head.

        Raises:
            RpcError: They are too large for one answer.
        """
        state, size, found = state or self.state(), 0, []
        for key in keys:
            value = state.raw_get(bytes_of(key, "key"))
            size += len(key) + (0 if value is None else 2 * len(value))
            if size > limits.MOST_ANSWER:
                raise too_large()
            found.append((key, None if value is None else hex_of(value)))
        return found

    def call(self, api: str, method: str, arguments: bytes, at: Json = None) -> bytes:
        """A runtime API: SCALE arguments in, SCALE result out."""
        return self.chain.runtime_call(api, method, arguments, self.height(at))

    def header(self, header: Header) -> dict[str, Json]:
        """A header as a node shows it."""
        logs = [hex_of(log) for log in header.encoded_logs(self.chain.runtime)]
        return {
            "parentHash": hex_of(header.parent_hash),
            "number": hex(header.number),
            "stateRoot": hex_of(header.state_root),
            "extrinsicsRoot": hex_of(header.extrinsics_root),
            "digest": {"logs": logs},
        }

    def submit(self, data: bytes) -> bytes:
        """Check an extrinsic and put it in the pool; with `instant`, also in a block. Returns its hash."""
        name = self.chain.submit(data)
        self.seal(name)
        return name

    def seal(self, name: bytes) -> None:
        """Make a block for an extrinsic of the pool, if blocks are made at once and the extrinsic can run."""
        if not self.instant:
            return
        extrinsic = next(x for x in self.chain.pool if x.hash == name)
        info = self.chain.state.get("System", "Account", extrinsic.signer)
        if extrinsic.nonce == info["nonce"]:
            self.chain.produce_block()


def _version(chain: Chain) -> dict[str, Json]:
    """The runtime's version: the same at every block."""
    found = chain.runtime.constant("System", "Version")
    return {
        "specName": SPEC_NAME,
        "implName": found["impl_name"],
        "authoringVersion": found["authoring_version"],
        "specVersion": SPEC_VERSION,
        "implVersion": found["impl_version"],
        "apis": [list(api) for api in found["apis"]],
        "transactionVersion": TRANSACTION_VERSION,
        "stateVersion": 1,
    }
