"""`author_*`: extrinsics on their way into a block.

Source: `substrate/client/rpc-api/src/author/mod.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tao_lab.chain.block import Block
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import bytes_of, hex_of
from tao_lab.node.rpc.registry import Subscription, method, subscription

if TYPE_CHECKING:
    from tao_lab.node.rpc.session import Session

Json = Any


@method("author_submitExtrinsic", params="extrinsic")
def submit(node: Node, extrinsic: Json) -> str:
    """Check an extrinsic and put it in the pool; returns its hash."""
    return hex_of(node.submit(bytes_of(extrinsic, "extrinsic")))


@method("author_pendingExtrinsics")
def pending(node: Node) -> list[str]:
    """What waits for a block."""
    return [hex_of(extrinsic.data) for extrinsic in node.chain.pool]


@subscription("author_submitAndWatchExtrinsic", ends=("author_unwatchExtrinsic",), params="bytes")
class ExtrinsicStatus(Subscription):
    """The status of an extrinsic: waiting, in a block, or dropped."""

    notification = "author_extrinsicUpdate"

    def __init__(self, session: Session, extrinsic: Json) -> None:
        super().__init__(session)
        self._hash = session.node.chain.submit(bytes_of(extrinsic, "extrinsic"))

    def begin(self) -> None:
        """Report that it waits, and make its block if blocks are made at once."""
        self.tell("ready")
        self.session.node.seal(self._hash)

    def on_block(self, block: Block) -> None:
        """Report that it is in the block, or that no block will contain it."""
        if self._hash in block.extrinsic_hashes:
            self.tell({"inBlock": hex_of(block.hash)})
            self.tell({"finalized": hex_of(block.hash)})
        elif any(refusal.hash == self._hash for refusal in self.session.node.chain.refused):
            self.tell("invalid")
        else:
            return
        self.end()
