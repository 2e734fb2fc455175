"""`system_*` and `rpc_methods`: who this node is.

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
# How libp2p writes a peer's Ed25519 key: a multihash of its 36 bytes as they are, in Protocol Buffers.
PEER_ID_PREFIX = bytes.fromhex("002408011220")


@method("rpc_methods")
def rpc_methods(node: Node) -> Json:
    """What this node answers; a faucet and a class only where it has them."""
    return {"methods": sorted(METHODS.keys() - not_here(node))}


@method("system_name")
def system_name(node: Node) -> str:
    """The program."""
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
    """What kind of chain this is: nobody's but this machine's."""
    return "Development"


@method("system_properties")
def properties(node: Node) -> Json:
    """How wallets show addresses and amounts."""
    return PROPERTIES


@method("system_health")
def health(node: Node) -> Json:
    """One node, which needs no others."""
    return {"peers": 0, "isSyncing": False, "shouldHavePeers": False}


@method("system_peers")
def peers(node: Node) -> Json:
    """Nobody."""
    return []


@method("system_nodeRoles")
def node_roles(node: Node) -> Json:
    """It authors the blocks."""
    return ["Authority"]


@method("system_localPeerId")
def local_peer_id(node: Node) -> str:
    """The name that this node would have among others; made from its author's name, since it talks to none."""
    key = sha256(author(node.chain.state).encode()).digest()
    return base58.b58encode(PEER_ID_PREFIX + key).decode()


@method("system_localListenAddresses")
def local_listen_addresses(node: Node) -> Json:
    """It listens for no other node."""
    return []


@method("system_syncState")
def sync_state(node: Node) -> Json:
    """It makes the blocks, so it has them all."""
    head = node.chain.head.number
    return {"startingBlock": 0, "currentBlock": head, "highestBlock": head}


@method("system_accountNextIndex", "account_nextIndex", params="account")
def account_next_index(node: Node, account: Json) -> int:
    """Nonce of the account's next extrinsic, behind those that wait."""
    return node.chain.next_nonce(text_of(account, "account"))


@method("system_dryRun", "system_dryRunAt", params="extrinsic at")
def dry_run(node: Node, extrinsic: Json, at: Json = None) -> str:
    """What would become of an extrinsic in the next block: an `ApplyExtrinsicResult` in SCALE. Nothing changes."""
    if node.height(at) != node.chain.head.number:
        raise InvalidTransaction("Call", "an extrinsic is tried on the newest block only")
    return hex_of(node.chain.dry_run(bytes_of(extrinsic, "extrinsic")))
