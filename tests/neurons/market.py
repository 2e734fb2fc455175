"""A subnet with a validator and miners, made through real calls, in a `Network` of this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bittensor as bt
from bittensor_core import Keypair

from tao_lab.chain.genesis import FAUCET_URI, SUDO_URI
from tao_lab.network import Network, address
from tao_lab.units import RAO_PER_TAO

MODULE, ADMIN = "SubtensorModule", "AdminUtils"
TEMPO, RATE = 20, 5


@dataclass
class Market:
    """A network with one subnet that is ready for work; validators have a permit."""

    net: Network
    netuid: int
    owner: bt.Wallet
    validators: list[bt.Wallet]
    miners: list[bt.Wallet]

    def read(self, item: str, *keys: Any) -> Any:
        return self.net.chain.state.get(MODULE, item, *keys)

    def uid(self, wallet: bt.Wallet) -> Any:
        return self.read("Uids", self.netuid, wallet.hotkey.ss58_address)

    def incentive(self, wallet: bt.Wallet) -> int:
        return int(self.read("Incentive", self.netuid)[self.uid(wallet)])

    def weights(self, wallet: bt.Wallet) -> dict[int, int]:
        return dict(self.read("Weights", self.netuid, self.uid(wallet)))

    def hyper(self, setter: str, **args: Any) -> None:
        root(self.net, f"sudo_set_{setter}", netuid=self.netuid, **args)

    def to_epoch(self) -> None:
        """Make blocks until the next epoch has run."""
        before = self.read("SubnetEpochIndex", self.netuid)
        while self.read("SubnetEpochIndex", self.netuid) == before:
            self.net.run(blocks=1)

    def register(self, wallet: bt.Wallet) -> bt.Wallet:
        self.net.call(wallet, MODULE, "burned_register", netuid=self.netuid, hotkey=wallet.hotkey.ss58_address)
        return wallet


def root(net: Network, name: str, **args: Any) -> None:
    """A call of AdminUtils as root; fails if it failed."""
    sudo, faucet = Keypair.from_uri(SUDO_URI), Keypair.from_uri(FAUCET_URI)
    if net.balance(sudo).rao < RAO_PER_TAO:
        net.call(faucet, "Balances", "transfer_keep_alive", dest=address(sudo), value=RAO_PER_TAO)
    receipt = net.call(sudo, "Sudo", "sudo", call=net.chain.compose(ADMIN, name, args))
    (result,) = [event["attributes"] for event in receipt.events if event["event_id"] == "Sudid"]
    assert "Err" not in str(result), (name, result)


def open_market(
    *, validators: int = 1, miners: int = 3, path: Path | None = None, wallets: Path | None = None
) -> Market:
    """Make the network, the subnet and its people, and wait until the validators have their permits."""
    net = Network(path)
    owner = net.wallet("owner", tao=5_000)
    net.call(owner, MODULE, "register_network", hotkey=owner.hotkey.ss58_address)
    market = Market(net, 1, owner, [], [])
    root(net, "sudo_set_admin_freeze_window", window=0)
    net.run(blocks=market.read("StartCallDelay"))
    net.call(owner, MODULE, "start_call", netuid=1)
    market.hyper("tempo", tempo=TEMPO)
    market.hyper("weights_set_rate_limit", weights_set_rate_limit=RATE)
    market.hyper("commit_reveal_weights_enabled", enabled=False)
    for number in range(validators):
        wallet = market.register(net.wallet(f"validator{number}", tao=1_000))
        stake = {"hotkey": wallet.hotkey.ss58_address, "netuid": 1, "amount_staked": 500 * RAO_PER_TAO}
        net.call(wallet, MODULE, "add_stake", **stake)
        market.validators.append(wallet)
    for number in range(miners):
        market.miners.append(market.register(net.wallet(f"miner{number}", tao=1_000)))
        net.run(blocks=1)
    market.to_epoch()
    return market
