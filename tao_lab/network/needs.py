"""The methods that people, stakes and subnet 171 need of a network, so that these modules don't import `Network`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tao_lab.chain.chain import Chain
from tao_lab.network.receipts import Amount, Receipt, Signer

if TYPE_CHECKING:
    import bittensor as bt
else:
    from tao_lab.network import sdk as bt


class Calls(Protocol):
    """A chain, and calls signed by wallets. `Network` has all of it."""

    chain: Chain
    wallets: Path

    @property
    def block_number(self) -> int:
        """Height of the newest block."""
        ...

    def call(self, signer: Signer, pallet: str, name: str, **args: Any) -> Receipt:
        """Sign a call, and make the block that contains it."""
        ...

    def sudo(self, pallet: str, name: str, **args: Any) -> Receipt:
        """Make a call as the chain's root."""
        ...

    def fund(self, who: Signer | str, rao: int) -> None:
        """Let the faucet fill an account's free balance up to this number of rao."""
        ...

    def remember(self, wallet: bt.Wallet) -> None:
        """Call a wallet's hotkey by the wallet's name in tables and charts."""
        ...

    def lock_cost(self) -> Amount:
        """The present cost of creating a subnet."""
        ...

    def run(self, *, blocks: int | None = None, epochs: int | None = None, subnet: int | None = None) -> int:
        """Make blocks, and return the height."""
        ...

    def progress(self, total: int, words: str, least: int = 20) -> AbstractContextManager[Callable[[int], Any]]:
        """A progress bar for at least `least` steps; yields the function that counts them."""
        ...
