"""What a network returns: receipts of calls, accounts, and the error of a call that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from bittensor_core import Keypair

from tao_lab.chain.errors import ChainError, DispatchError

if TYPE_CHECKING:
    import bittensor as bt
else:
    from tao_lab.network import sdk as bt

Signer: TypeAlias = "bt.Wallet | Keypair"
Amount: TypeAlias = "bt.Balance"


@dataclass(frozen=True)
class Receipt:
    """The result of an extrinsic.

    Attributes:
        block: Height of its block.
        index: Its number in the block, from 0.
        fee_rao: What the signer paid for it, in rao.
        events: Its own events, decoded.
        refusals: Why calls inside it failed (of a batch, a proxy, a multisig, sudo), with the chain's sentences.
    """

    block: int
    index: int
    fee_rao: int
    events: tuple[dict[str, Any], ...]
    refusals: tuple[DispatchError, ...] = ()

    @property
    def fee(self) -> Amount:
        """What the signer paid for it, as an amount of TAO."""
        return bt.Balance.from_rao(self.fee_rao)

    def __repr__(self) -> str:
        """Everything, with the fee as an amount: a notebook shows it."""
        parts = (f"{name}={getattr(self, name)!r}" for name in ("block", "index", "fee", "events", "refusals"))
        return f"Receipt({', '.join(parts)})"


@dataclass(frozen=True)
class Account:
    """An account as the chain stores it.

    Attributes:
        address: Its SS58 address.
        free: The free balance. All of it except the existential deposit can be spent.
        reserved: The balance that is locked in deposits.
        nonce: Number of its next extrinsic.
    """

    address: str
    free: Amount
    reserved: Amount
    nonce: int


class CallFailed(ChainError):  # noqa: N818 - named by what happened
    """A call that is in a block, but failed there: the fee is paid, and nothing else changed.

    Attributes:
        name: The chain's own name of the error.
        sentence: An explanation, for example how much the account had and how much it needed; may be empty.
    """

    def __init__(self, call: str, error: DispatchError, receipt: Receipt) -> None:
        super().__init__(f"{error} ({call} failed in block {receipt.block}, fee {receipt.fee})")
        self.name, self.sentence, self.receipt = error.name or error.pallet, error.sentence, receipt
