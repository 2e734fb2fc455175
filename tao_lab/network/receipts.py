"""What comes back from a network: receipts of calls, accounts, and the error of a call that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import bittensor as bt
from bittensor_core import Keypair

from tao_lab.chain.errors import ChainError, DispatchError

Signer: TypeAlias = bt.Wallet | Keypair
Amount: TypeAlias = bt.Balance


@dataclass(frozen=True)
class Receipt:
    """What became of an extrinsic.

    Attributes:
        block: Height of its block.
        index: Its place in the block.
        fee: What the signer paid for it.
        events: Its own events, decoded.
        refusals: Why calls inside it failed (of a batch, a proxy, a multisig, sudo), with the chain's sentences.
    """

    block: int
    index: int
    fee: Amount
    events: tuple[dict[str, Any], ...]
    refusals: tuple[DispatchError, ...] = ()


@dataclass(frozen=True)
class Account:
    """An account as the chain keeps it.

    Attributes:
        address: Its SS58 address.
        free: What it can spend, less the existential deposit.
        reserved: What deposits hold back.
        nonce: Number of its next extrinsic.
    """

    address: str
    free: Amount
    reserved: Amount
    nonce: int


class CallFailed(ChainError):  # noqa: N818 - named by what happened
    """A call that is in a block, and failed there: the fee is paid, nothing else happened.

    Attributes:
        name: The chain's own name of the error.
        sentence: What the chain says about it, for example how much was there and how much was needed; may be empty.
    """

    def __init__(self, call: str, error: DispatchError, receipt: Receipt) -> None:
        super().__init__(f"{error} ({call} failed in block {receipt.block}, fee {receipt.fee})")
        self.name, self.sentence, self.receipt = error.name or error.pallet, error.sentence, receipt
