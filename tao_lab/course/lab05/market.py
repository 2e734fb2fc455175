"""A small subnet for the experiments of lab 05: one owner, validators with stake, and miners, each with its own keys.

Keys are computed from a seed, so an experiment gives exactly the same result each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import bittensor as bt

from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.network import Network
from tao_lab.network.population import seeded_wallet
from tao_lab.network.receipts import CallFailed
from tao_lab.neurons.peers import client, read_peers
from tao_lab.neurons.validator.limits import Limits, read_limits
from tao_lab.neurons.validator.program import in_own_loop
from tao_lab.units import RAO_PER_TAO

MODULE, ADMIN = "SubtensorModule", "AdminUtils"
TEMPO = 20
SEED = 5
STAKE_TAO = 100
SPARE_TAO = 20  # for a seat, which costs more with each that is taken, and for fees


@dataclass(frozen=True)
class Market:
    """A subnet of your own network, with its neurons.

    Attributes:
        net: the network.
        netuid: the subnet.
        validators: wallets, with stake; they have a permit.
        miners: wallets, by name.
    """

    net: Network
    netuid: int
    validators: tuple[bt.Wallet, ...]
    miners: dict[str, bt.Wallet]

    def read(self, item: str, *keys: Any) -> Any:
        """An item of the pallet's storage."""
        return self.net.chain.state.get(MODULE, item, *keys)

    def set(self, setter: str, **args: Any) -> None:
        """Change a hyperparameter of the subnet, as root."""
        self.net.sudo(ADMIN, f"sudo_set_{setter}", netuid=self.netuid, **args)

    def uid(self, wallet: bt.Wallet) -> int:
        """UID of a wallet's hotkey."""
        return int(self.read("Uids", self.netuid, hotkey(wallet)))

    def stored(self, wallet: bt.Wallet) -> dict[int, int]:
        """The row of weights that the chain stores for a validator: u16 by UID."""
        return dict(self.read("Weights", self.netuid, self.uid(wallet)))

    def earned(self, wallet: bt.Wallet) -> int:
        """Rao of alpha that the last epoch gave to a neuron."""
        return self.net.metagraph(self.netuid)[hotkey(wallet)].emission

    def limits(self, wallet: bt.Wallet, ahead: int = 1) -> Limits:
        """What the chain allows a validator in the next block, or in a later one."""
        return in_own_loop(lambda: self._read_limits(hotkey(wallet), ahead))

    async def _read_limits(self, address: str, ahead: int) -> Limits:
        async with client(self.net) as connection:
            now = await read_limits(connection, self.netuid, await read_peers(connection, self.netuid), address)
        return replace(now, block=now.block + ahead)

    def say(self, wallet: bt.Wallet, name: str, **args: Any) -> str:
        """Make a call with a wallet's hotkey; returns the chain's name of the error, or an empty text."""
        try:
            self.net.call(wallet.hotkey, MODULE, name, netuid=self.netuid, **args)
        except CallFailed as error:
            return error.name
        except InvalidTransaction as error:
            cause = error.__cause__
            return cause.name if isinstance(cause, DispatchError) else str(error)
        return ""

    def send(self, wallet: bt.Wallet, uids: Sequence[int], values: Sequence[int], version_key: int = 0) -> str:
        """Set weights; returns the chain's name of the error, or an empty text."""
        return self.say(wallet, "set_weights", dests=[*uids], weights=[*values], version_key=version_key)

    def to_epoch(self) -> None:
        """Make blocks until the next epoch has run."""
        self.net.run(epochs=1, subnet=self.netuid)

    def register(self, name: str, stake_tao: int = 0) -> bt.Wallet:
        """Bring somebody to the subnet: a UID, and stake for a validator."""
        wallet = fund(self.net, name, stake_tao)
        self.net.call(wallet, MODULE, "burned_register", netuid=self.netuid, hotkey=hotkey(wallet))
        if stake_tao:
            self.net.stake(wallet, self.netuid, self.net.tao(stake_tao))
        return wallet


def open_market(
    net: Network,
    miners: Sequence[str],
    *,
    validators: int = 1,
    kind: str = "code",
    commit_reveal: bool = False,
    stake_tao: int = STAKE_TAO,
) -> Market:
    """Create a subnet, bring people to it, and wait for the first epoch, which gives the validators their permits.

    Args:
        net: the network.
        miners: their names.
        validators: number of validators, all with the same stake.
        kind: of work.
        commit_reveal: whether weights are committed first.
        stake_tao: of each validator.
    """
    owner = seeded_wallet(net, "owner", SEED)
    for number in range(validators):  # money comes first, so that all take their seats well before the first epoch
        fund(net, f"validator-{number}", stake_tao)
    for name in miners:
        fund(net, name.replace(" ", "-"))
    netuid = net.create_subnet(owner, kind=kind, tempo=TEMPO, commit_reveal=commit_reveal)
    net.sudo(ADMIN, "sudo_set_admin_freeze_window", window=0)  # so that settings change at any block
    empty = Market(net, netuid, (), {})
    staked = tuple(empty.register(f"validator-{number}", stake_tao) for number in range(validators))
    people = {name: empty.register(name.replace(" ", "-")) for name in miners}
    market = Market(net, netuid, staked, people)
    market.to_epoch()
    return market


def fund(net: Network, name: str, stake_tao: int = 0) -> bt.Wallet:
    """Give somebody the money for a seat and a stake, unless it is there; returns the wallet."""
    wallet, needed = seeded_wallet(net, name, SEED), (stake_tao + SPARE_TAO) * RAO_PER_TAO
    if net.balance(wallet).rao < needed:
        net.fund(wallet, needed)
    return wallet


def hotkey(wallet: bt.Wallet) -> str:
    """Address of a wallet's hotkey."""
    return str(wallet.hotkey.ss58_address)
