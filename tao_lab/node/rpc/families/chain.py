"""`chain_*`: blocks and their headers. Blocks are final at once, so all heads are the same.

Source: `substrate/client/rpc-api/src/chain/mod.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.block import Block
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import hex_of, list_of, number_of
from tao_lab.node.rpc.registry import Subscription, method, subscription

Json = Any


@method("chain_getFinalizedHead", "chain_getFinalisedHead")
def finalized_head(node: Node) -> str:
    """Hash of the newest block."""
    return node.head()


@method("chain_getBlockHash", "chain_getHead", params="hash")
def block_hash(node: Node, number: Json = None) -> Json:
    """Hash at a height (a number, hex, or a list of them), or null; of the newest block without one."""
    if isinstance(number, list):
        return [node.hash_at(number_of(one, "height")) for one in list_of(number, "heights", limits.MOST_HEIGHTS)]
    return node.head() if number is None else node.hash_at(number_of(number, "height"))


@method("chain_getHeader", params="hash")
def header(node: Node, at: Json = None) -> Json:
    """Header of a block, or null."""
    height = node.find(at)
    return None if height is None else node.header(node.chain.block(height).header)


@method("chain_getBlock", params="hash")
def block(node: Node, at: Json = None) -> Json:
    """Header and extrinsics of a block, or null."""
    height = node.find(at)
    if height is None:
        return None
    found = node.chain.block(height)
    extrinsics = [hex_of(data) for data in found.extrinsics]
    return {"block": {"header": node.header(found.header), "extrinsics": extrinsics}, "justifications": None}


class Heads(Subscription):
    """First the newest block's header, then the header of each new block."""

    def begin(self) -> None:
        """Tell the newest header."""
        self.on_block(self.session.node.chain.head)

    def on_block(self, block: Block) -> None:
        """Tell a new header."""
        self.tell(self.session.node.header(block.header))


@subscription(
    "chain_subscribeNewHeads",
    "chain_subscribeNewHead",
    "subscribe_newHead",
    ends=("chain_unsubscribeNewHeads", "chain_unsubscribeNewHead", "unsubscribe_newHead"),
)
class NewHeads(Heads):
    """New blocks."""

    notification = "chain_newHead"


@subscription("chain_subscribeAllHeads", ends=("chain_unsubscribeAllHeads",))
class AllHeads(Heads):
    """New blocks of all forks; there are none."""

    notification = "chain_allHead"


@subscription(
    "chain_subscribeFinalizedHeads",
    "chain_subscribeFinalisedHeads",
    ends=("chain_unsubscribeFinalizedHeads", "chain_unsubscribeFinalisedHeads"),
)
class FinalizedHeads(Heads):
    """Final blocks."""

    notification = "chain_finalizedHead"
