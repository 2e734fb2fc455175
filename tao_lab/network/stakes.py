"""Staking as a newcomer does it: TAO into a subnet's alpha and back, by the real calls, with amounts that have a unit.

Source of the calls: `pallets/subtensor/src/staking/{add_stake,remove_stake}.rs`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import bittensor as bt

from tao_lab.chain.errors import BadValue
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.network.needs import Calls
from tao_lab.network.receipts import Receipt

Hotkey: TypeAlias = bt.Wallet | str


def add_stake(
    net: Calls, wallet: bt.Wallet, netuid: int, amount: bt.Balance, hotkey: Hotkey, limit: bt.Balance | None
) -> Receipt:
    """Buy alpha and stake it; see `Network.stake`."""
    args = {"hotkey": hotkey_address(hotkey), "netuid": netuid, "amount_staked": _rao("amount", amount, 0)}
    return _call(net, wallet, "add_stake", args, limit)


def remove_stake(
    net: Calls, wallet: bt.Wallet, netuid: int, amount: bt.Balance | None, hotkey: Hotkey, limit: bt.Balance | None
) -> Receipt:
    """Sell staked alpha; see `Network.unstake`."""
    amount = staked(net, wallet, netuid, hotkey) if amount is None else amount
    args = {"hotkey": hotkey_address(hotkey), "netuid": netuid, "amount_unstaked": _rao("amount", amount, netuid)}
    return _call(net, wallet, "remove_stake", args, limit)


def staked(net: Calls, wallet: bt.Wallet, netuid: int, hotkey: Hotkey) -> bt.Balance:
    """What a wallet's coldkey has staked on a hotkey; see `Network.staked`."""
    address = str(wallet.coldkeypub.ss58_address)
    return bt.Balance.from_rao(stake_of_coldkey(net.chain.state, hotkey_address(hotkey), address, netuid), netuid)


def hotkey_address(hotkey: Hotkey) -> str:
    """SS58 address of a wallet's hotkey, or the address itself."""
    return str(hotkey.hotkey.ss58_address) if isinstance(hotkey, bt.Wallet) else hotkey


def _call(net: Calls, wallet: bt.Wallet, name: str, args: dict[str, Any], limit: bt.Balance | None) -> Receipt:
    if limit is None:
        return net.call(wallet, MODULE, name, **args)
    limits = {"limit_price": _rao("limit", limit, 0), "allow_partial": True}
    return net.call(wallet, MODULE, f"{name}_limit", **args, **limits)


def _rao(field: str, amount: bt.Balance, netuid: int) -> int:
    if not isinstance(amount, bt.Balance) or amount.netuid != netuid:
        allowed = f"an amount of alpha of subnet {netuid}: net.alpha(…, {netuid})" if netuid else "TAO: net.tao(…)"
        raise BadValue(field, amount, allowed)
    return int(amount.rao)
