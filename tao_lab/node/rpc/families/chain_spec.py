"""`chainSpec_v1_*`: name and properties of the chain.

Source: `paritytech/json-rpc-interface-spec`, `src/api/chainSpec*.md`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.node.rpc.families.system import NAME, PROPERTIES
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import hex_of
from tao_lab.node.rpc.registry import method

Json = Any


@method("chainSpec_v1_chainName")
def chain_name(node: Node) -> str:
    """The chain's name."""
    return NAME


@method("chainSpec_v1_genesisHash", "archive_v1_genesisHash")
def genesis_hash(node: Node) -> str:
    """Hash of block 0."""
    return hex_of(node.chain.genesis_hash)


@method("chainSpec_v1_properties")
def properties(node: Node) -> Json:
    """How wallets show addresses and amounts."""
    return PROPERTIES
