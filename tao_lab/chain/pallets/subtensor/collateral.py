"""Collaterals of miners: how much alpha a coldkey has locked on its hotkeys, and how much it may still take out.

A collateral belongs to one stake: one (hotkey, coldkey) on one subnet. Other coldkeys that stake on the same hotkey are
not affected. For each coldkey the chain stores the sum of its collaterals and the list of hotkeys that have one, at
most 32 on a subnet. A collateral is only a number beside the stake; the alpha itself does not move. The checks in this
file refuse a withdrawal that would leave less stake than this number.

Source: `pallets/subtensor/src/subnets/collateral.rs` as it is public in coldint/subtensor at 4211af94. The rule is
`tao_lab.economy.collateral`; the payments and calls are in `collateral_calls`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE, all_netuids, failed
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.state import StorageReader
from tao_lab.economy import collateral as rule
from tao_lab.economy.collateral import Collateral
from tao_lab.units import U64_MAX

MAX_HOTKEYS = 32  # on which a coldkey may have collateral on one subnet (`MAX_COLDKEY_COLLATERAL_HOTKEYS`)


# --- what is stored ---------------------------------------------------------------------------------------------


def collateral_of(state: StorageReader, netuid: int, hotkey: str, coldkey: str) -> Collateral | None:
    """The collateral of a stake, or None."""
    stored = state.get(MODULE, "MinerCollateral", netuid, hotkey, coldkey)
    return None if stored is None else decoded(stored)


def decoded(stored: dict[str, Any]) -> Collateral:
    """A stored `MinerCollateralState`."""
    return Collateral(stored["locked"], stored["drain_ratio"]["bits"], stored["min_locked"], stored["earned"])


def locked_on(state: StorageReader, netuid: int, hotkey: str, coldkey: str) -> int:
    """Rao of alpha that a stake must keep (`get_miner_collateral_locked`)."""
    found = collateral_of(state, netuid, hotkey, coldkey)
    return 0 if found is None else found.locked


def locked_of_coldkey(state: StorageReader, netuid: int, coldkey: str) -> int:
    """Rao of alpha that a coldkey must keep on all its hotkeys together."""
    return int(state.get(MODULE, "ColdkeyMinerCollateral", netuid, coldkey))


def bonded_hotkeys(state: StorageReader, netuid: int) -> set[str]:
    """Hotkeys with a collateral on a subnet."""
    if not state.raw_keys(state.key(MODULE, "MinerCollateral", netuid), limit=1):
        return set()
    return {hotkey for (hotkey, _), _ in state.entries(MODULE, "MinerCollateral", netuid)}


def has_collateral(state: StorageReader, hotkey: str, coldkey: str, netuid: int | None) -> bool:
    """Whether a stake has a collateral, on a subnet or (None) on any."""
    netuids = all_netuids(state) if netuid is None else [netuid]
    return any(state.exists(MODULE, "MinerCollateral", where, hotkey, coldkey) for where in netuids)


def put_collateral(ctx: Context, netuid: int, hotkey: str, coldkey: str, collateral: Collateral | None) -> None:
    """Store a collateral or (None) remove it, with the coldkey's sum and list.

    Raises:
        DispatchError: `ColdkeyCollateralPositionsFull`; nothing is stored.
    """
    before = locked_on(ctx.state, netuid, hotkey, coldkey)
    hotkeys = _listed(ctx.state, netuid, coldkey)
    if collateral is None:
        _put_list(ctx, netuid, coldkey, [other for other in hotkeys if other != hotkey])
    elif hotkey not in hotkeys:
        if len(hotkeys) >= MAX_HOTKEYS:
            sentence = f"{coldkey} has collateral on {len(hotkeys)} hotkeys of subnet {netuid}, allowed: {MAX_HOTKEYS}"
            raise failed("ColdkeyCollateralPositionsFull", sentence)
        _put_list(ctx, netuid, coldkey, [*hotkeys, hotkey])
    _put_row(ctx, netuid, hotkey, coldkey, collateral)
    _change_sum(ctx, netuid, coldkey, (0 if collateral is None else collateral.locked) - before)


def _put_row(ctx: Context, netuid: int, hotkey: str, coldkey: str, collateral: Collateral | None) -> None:
    if collateral is None:
        ctx.state.remove(MODULE, "MinerCollateral", netuid, hotkey, coldkey)
    else:
        stored = {**collateral._asdict(), "drain_ratio": {"bits": collateral.drain_ratio}}
        ctx.state.put(MODULE, "MinerCollateral", netuid, hotkey, coldkey, stored)


def _change_sum(ctx: Context, netuid: int, coldkey: str, change: int) -> None:
    if not change:
        return
    total = min(max(locked_of_coldkey(ctx.state, netuid, coldkey) + change, 0), U64_MAX)
    if total:
        ctx.state.put(MODULE, "ColdkeyMinerCollateral", netuid, coldkey, total)
    else:
        ctx.state.remove(MODULE, "ColdkeyMinerCollateral", netuid, coldkey)


def _listed(state: StorageReader, netuid: int, coldkey: str) -> list[str]:
    return list(state.get(MODULE, "ColdkeyCollateralHotkeys", netuid, coldkey))


def _put_list(ctx: Context, netuid: int, coldkey: str, hotkeys: list[str]) -> None:
    if hotkeys:
        ctx.state.put(MODULE, "ColdkeyCollateralHotkeys", netuid, coldkey, hotkeys)
    else:
        ctx.state.remove(MODULE, "ColdkeyCollateralHotkeys", netuid, coldkey)


# --- what may leave ---------------------------------------------------------------------------------------------


def ensure_hotkey_covers_collateral(state: StorageReader, coldkey: str, hotkey: str, netuid: int, alpha: int) -> None:
    """Refuse a withdrawal that would leave less of a stake than its collateral.

    Raises:
        DispatchError: `StakeUnavailable`.
    """
    locked = locked_on(state, netuid, hotkey, coldkey)
    if not locked:
        return
    staked = stake_of_coldkey(state, hotkey, coldkey, netuid)
    if alpha > max(staked - locked, 0):
        sentence = f"{locked} of {staked} rao on {hotkey} are collateral on subnet {netuid}; the call asks for {alpha}"
        raise failed("StakeUnavailable", sentence)


# --- locking and opening ----------------------------------------------------------------------------------------


def current_drain_ratio(state: StorageReader, netuid: int) -> int:
    """Alpha that comes free for each alpha earned, for those who register now; raw U64F64 value."""
    return int(state.get(MODULE, "CollateralDrainRatio", netuid)["bits"])


def credit(ctx: Context, netuid: int, hotkey: str, coldkey: str, alpha: int) -> int:
    """Lock alpha that is staked already (`credit_miner_collateral`); returns all that is locked, rao.

    Raises:
        DispatchError: `ColdkeyCollateralPositionsFull`.
    """
    there = collateral_of(ctx.state, netuid, hotkey, coldkey)
    if there is None:
        there = Collateral(0, current_drain_ratio(ctx.state, netuid))
    locked = min(there.locked + alpha, U64_MAX)
    put_collateral(ctx, netuid, hotkey, coldkey, there._replace(locked=locked))
    return locked


def renew_drain_ratio(ctx: Context, netuid: int, hotkey: str, coldkey: str) -> None:
    """Give a collateral, if there is one, the subnet's ratio of today: its hotkey has registered again."""
    there = collateral_of(ctx.state, netuid, hotkey, coldkey)
    if there is not None:
        renewed = there._replace(drain_ratio=current_drain_ratio(ctx.state, netuid))
        put_collateral(ctx, netuid, hotkey, coldkey, renewed)


def settle(ctx: Context, netuid: int, hotkey: str, coldkey: str, emission: int, capturable: int) -> int:
    """Let a payment to a hotkey open or fill its owner's collateral (`settle_miner_collateral`).

    Args:
        ctx: Block under construction.
        netuid: The subnet.
        hotkey: The hotkey that earned it.
        coldkey: Its owner.
        emission: Rao of alpha that the hotkey earned, nominators' part included.
        capturable: Rao of them that are the owner's own.

    Returns:
        Rao of alpha that this payment locks; the caller stakes them on the hotkey itself.
    """
    there = collateral_of(ctx.state, netuid, hotkey, coldkey)
    if there is None or not emission:
        return 0
    settled = rule.settle(there, emission, capturable)
    put_collateral(ctx, netuid, hotkey, coldkey, settled.collateral)
    return settled.captured


# --- swaps of keys ----------------------------------------------------------------------------------------------


def ensure_no_split(state: StorageReader, coldkey: str, hotkey: str, netuid: int | None) -> None:
    """Refuse to rename a hotkey without its stake if a collateral is locked on it.

    Raises:
        DispatchError: `KeepStakeBlockedByCollateral`.
    """
    if has_collateral(state, hotkey, coldkey, netuid):
        raise failed("KeepStakeBlockedByCollateral", f"{hotkey} has collateral, which goes with its stake")


def rename_hotkey(ctx: Context, netuid: int, coldkey: str, old: str, new: str) -> None:
    """Move the collateral to another hotkey of the same coldkey, and add to that one's (`swap_miner_collateral`)."""
    moving = collateral_of(ctx.state, netuid, old, coldkey)
    if moving is None:
        return
    hotkeys = _listed(ctx.state, netuid, coldkey)
    if new in hotkeys:
        hotkeys.remove(old)
    else:
        hotkeys[hotkeys.index(old)] = new  # in place, because the list may be full
    _put_list(ctx, netuid, coldkey, hotkeys)
    _put_row(ctx, netuid, old, coldkey, None)
    _put_row(ctx, netuid, new, coldkey, _merged(ctx.state, netuid, new, coldkey, moving))


def _merged(state: StorageReader, netuid: int, hotkey: str, coldkey: str, moving: Collateral) -> Collateral:
    there = collateral_of(state, netuid, hotkey, coldkey)
    return moving if there is None else rule.merge(there, moving)


def move_to_coldkey(ctx: Context, netuid: int, old: str, new: str) -> None:
    """Give all collaterals of a coldkey on a subnet to another coldkey (`transfer_coldkey_miner_collateral`).

    Raises:
        DispatchError: `ColdkeyCollateralPositionsFull`, `ColdkeyCollateralIncomplete`.
    """
    for hotkey in _listed(ctx.state, netuid, old):
        moving = collateral_of(ctx.state, netuid, hotkey, old)
        if moving is not None:
            put_collateral(ctx, netuid, hotkey, new, _merged(ctx.state, netuid, hotkey, new, moving))
            put_collateral(ctx, netuid, hotkey, old, None)
    left = locked_of_coldkey(ctx.state, netuid, old)
    if left:
        raise failed(
            "ColdkeyCollateralIncomplete", f"{left} rao of collateral on subnet {netuid} are on no listed hotkey"
        )
