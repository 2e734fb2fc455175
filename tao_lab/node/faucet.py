"""The faucet: play money for whoever asks, within limits. Only a node for play has one.

What it has given is counted in memory: a node that starts again starts over. A class with a budget may bring limits of
its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bittensor_core import Keypair

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import ChainError
from tao_lab.chain.genesis import FAUCET_URI
from tao_lab.units import RAO_PER_TAO, in_tao

MOST_PER_ACCOUNT_TAO = 10_000
MOST_PER_ADDRESS_TAO = 100_000


class FaucetRefuses(ChainError):  # noqa: N818 - named by what happened
    """The faucet gives nothing: a limit would be passed."""


@dataclass
class Faucet:
    """Gives play money.

    Attributes:
        chain: Where the money is.
        per_account: Rao that one account gets in all.
        per_address: Rao that all askers of one IP address get in all.
    """

    chain: Chain
    per_account: int = MOST_PER_ACCOUNT_TAO * RAO_PER_TAO
    per_address: int = MOST_PER_ADDRESS_TAO * RAO_PER_TAO
    _key: Keypair = field(default_factory=lambda: Keypair.from_uri(FAUCET_URI))
    _accounts: Counter[str] = field(default_factory=Counter)
    _addresses: Counter[str] = field(default_factory=Counter)

    def give(self, account: str, rao: int, address: str) -> bytes:
        """Put a transfer to an account into the pool; returns the extrinsic's hash.

        Args:
            account: Who gets it, an SS58 address.
            rao: How much.
            address: IP address of whoever asks.

        Raises:
            FaucetRefuses: A limit would be passed.
            BadValue: The account isn't one.
            InvalidTransaction: The faucet is empty.
        """
        with self.chain.lock:
            for who, given, most in (
                (f"account {account}", self._accounts[account], self.per_account),
                (f"address {address or 'of this process'}", self._addresses[address], self.per_address),
            ):
                if given + rao > most:
                    raise FaucetRefuses(
                        f"{who} has had {in_tao(given)} of {in_tao(most)}; {in_tao(rao)} more is too much"
                    )
            args = {"dest": account, "value": rao}
            name = self.chain.submit(self.chain.sign(self._key, "Balances", "transfer_keep_alive", args))
            self._accounts[account] += rao
            self._addresses[address] += rao
            return name
