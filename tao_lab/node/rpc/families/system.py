"""`system_*` and `rpc_methods`: data about this node.

Source: `substrate/client/rpc-api/src/system/mod.rs`; `substrate/frame/system/rpc`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import base58

from tao_lab import __version__
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.chain.executive import author
from tao_lab.node.rpc.families.lab import not_here
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import bytes_of, hex_of, text_of
from tao_lab.node.rpc.registry import METHODS, method

Json = Any
NAME = "TAO Lab"
PROPERTIES = {"ss58Format": 42, "tokenDecimals": 9, "tokenSymbol": "TAO"}
# libp2p's form of a peer's Ed25519 key: an identity multihash of its 36 bytes in Protocol Buffers.
PEER_ID_PREFIX = bytes.fromhex("002408011220")


@method("rpc_methods")
def rpc_methods(node: Node) -> Json:
    """The methods of this node; those of faucet and class only if it has them."""
    return {"methods": sorted(METHODS.keys() - not_here(node))}


@method("system_name")
def system_name(node: Node) -> str:
    """Name of the program."""
    return "tao-lab"


@method("system_version")
def system_version(node: Node) -> str:
    """The program's version."""
    return __version__


@method("system_chain")
def system_chain(node: Node) -> str:
    """The chain's name."""
    return NAME


@method("system_chainType")
def chain_type(node: Node) -> str:
    """The kind of chain: a local one, only on this machine."""
    return "Development"


@method("system_properties")
def properties(node: Node) -> Json:
    """How wallets show addresses and amounts."""
    return PROPERTIES


@method("system_health")
def health(node: Node) -> Json:
    """The health of this node, which has no peers and needs none."""
    return {"peers": 0, "isSyncing": False, "shouldHavePeers": False}


@method("system_peers")
def peers(node: Node) -> Json:
    """An empty list: there are no peers."""
    return []


@method("system_nodeRoles")
def node_roles(node: Node) -> Json:
    """The role of this node: it authors the blocks."""
    return ["Authority"]


@method("system_localPeerId")
def local_peer_id(node: Node) -> str:
    """A peer id, made from the author's name; it is not used, because there are no peers."""
    key = sha256(author(node.chain.state).encode()).digest()
    return base58.b58encode(PEER_ID_PREFIX + key).decode()


@method("system_localListenAddresses")
def local_listen_addresses(node: Node) -> Json:
    """An empty list: it does not listen for other nodes."""
    return []


@method("system_syncState")
def sync_state(node: Node) -> Json:
    """The node makes the blocks itself, so it is always in sync."""
    head = node.chain.head.number
    return {"startingBlock": 0, "currentBlock": head, "highestBlock": head}


@method("system_accountNextIndex", "account_nextIndex", params="account")
def account_next_index(node: Node, account: Json) -> int:
    """Nonce for the account's next extrinsic, after those that wait in the pool."""
    return node.chain.next_nonce(text_of(account, "account"))


@method("system_dryRun", "system_dryRunAt", params="extrinsic at")
def dry_run(node: Node, extrinsic: Json, at: Json = None) -> str:
    """An extrinsic's result if it were in the next block: an `ApplyExtrinsicResult` in SCALE. Nothing changes."""
    if node.height(at) != node.chain.head.number:
        raise InvalidTransaction("Call", "an extrinsic is tried on the newest block only")
    return hex_of(node.chain.dry_run(bytes_of(extrinsic, "extrinsic")))
