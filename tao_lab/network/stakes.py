"""Staking: change TAO into a subnet's alpha and back, by real calls, with amounts that have a unit.

Sources of the calls: `pallets/subtensor/src/staking/{add_stake,remove_stake,set_children,auto_parent}.rs`,
`coinbase/root.rs` (`do_root_register`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tao_lab.chain.errors import BadValue
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids, hotkey_exists
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.network.needs import Calls
from tao_lab.network.receipts import Receipt

if TYPE_CHECKING:
    import bittensor as bt
else:
    from tao_lab.network import sdk as bt

Hotkey: TypeAlias = "bt.Wallet | str"


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


def take_root_seat(net: Calls, wallet: bt.Wallet, lends: bool) -> Receipt:
    """Buy a seat on root; see `Network.take_root_seat`.

    A hotkey that has announced that it wants no children is left alone when it gets its seat. On a subnet that has not
    started such an announcement holds at once, and so has to come afterwards.
    """
    hotkey, state = hotkey_address(wallet), net.chain.state
    if lends:
        return net.call(wallet, MODULE, "root_register", hotkey=hotkey)
    alone: dict[bool, list[tuple[str, dict[str, Any]]]] = {True: [], False: []}  # by whether the subnet has started
    for netuid in all_netuids(state):
        chosen = state.get(MODULE, "ChildKeys", hotkey, netuid) or state.exists(
            MODULE, "PendingChildKeys", netuid, hotkey
        )
        if netuid != ROOT_NETUID and not chosen:
            started = bool(state.get(MODULE, "SubtokenEnabled", netuid))
            alone[started].append(("set_children", {"hotkey": hotkey, "netuid": netuid, "children": []}))
    new = [] if hotkey_exists(state, hotkey) else [("try_associate_hotkey", {"hotkey": hotkey})]
    seat = ("root_register", {"hotkey": hotkey})
    later = ("set_auto_parent_delegation_enabled", {"hotkey": hotkey, "enabled": False})
    calls = [*new, *alone[True], seat, *alone[False], later]
    return net.call(wallet, "Utility", "batch_all", calls=[net.chain.compose(MODULE, *call) for call in calls])


def staked(net: Calls, wallet: bt.Wallet, netuid: int, hotkey: Hotkey) -> bt.Balance:
    """The stake of a wallet's coldkey on a hotkey; see `Network.staked`."""
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
