"""The genesis: the state at the beginning of a chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bittensor_core import Keypair

from tao_lab.units import RAO_PER_TAO

AUTHORITY_URI = "//TaoLab//authority"
SUDO_URI = "//TaoLab//sudo"
FAUCET_URI = "//TaoLab//faucet"
FAUCET_TAO = 1_000_000
DEV_NAMES = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")  # the accounts of every development chain
DEV_TAO = 1_000_000
START_MS = 1_767_225_600_000  # 2026-01-01 00:00 UTC


@cache  # a key takes milliseconds, and every chain begins with three keys
def _address(uri: str) -> str:
    return str(Keypair.from_uri(uri).ss58_address)


@dataclass(frozen=True)
class Genesis:
    """State before the first block. Two chains with equal genesis and equal blocks have equal hashes.

    Attributes:
        balances: Free rao by account.
        sudo: Account that may call as root.
        authority: Account that authors every block and receives the fees.
        time_ms: Unix time of the first block, in milliseconds.
        number: Height of the first block; not zero if the chain continues the state of another chain.
        fill: Writes the rest of the first state; it gets the `Context`.
    """

    balances: Mapping[str, int] = field(default_factory=lambda: {_address(FAUCET_URI): FAUCET_TAO * RAO_PER_TAO})
    sudo: str = field(default_factory=lambda: _address(SUDO_URI))
    authority: str = field(default_factory=lambda: _address(AUTHORITY_URI))
    time_ms: int = START_MS
    number: int = 0
    fill: Callable[[Any], None] | None = None


def dev_genesis() -> Genesis:
    """A development chain: //Alice, //Bob, … have 1,000,000 τ each, and //Alice may call as root.

    Source: `get_account_id_from_seed` and `localnet_config` in `node/src/chain_spec/localnet.rs`.
    """
    faucet = {_address(FAUCET_URI): FAUCET_TAO * RAO_PER_TAO}
    people = {_address(dev_uri(name)): DEV_TAO * RAO_PER_TAO for name in DEV_NAMES}
    return Genesis(balances=faucet | people, sudo=_address(dev_uri("Alice")))


def dev_uri(name: str) -> str:
    """The text from which a development account's key is made."""
    return f"//{name}"
