"""The faucet gives play money to anyone, within limits. Only a development node has one.

The amounts are counted in memory, so a new start of the node resets them. A class has its own limits and budget.
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
    """The faucet gives nothing, because a limit would be passed."""


@dataclass
class Faucet:
    """Gives play money.

    Attributes:
        chain: The chain with the faucet's account.
        per_account: Maximum rao for one account.
        per_address: Maximum rao for all requests from one IP address.
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
            account: SS58 address of the receiver.
            rao: The amount.
            address: IP address of the request.

        Raises:
            FaucetRefuses: A limit would be passed.
            BadValue: The account is not an SS58 address.
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
