"""Swapping a coldkey takes three steps: announce, wait, swap. During the wait the owner of a stolen key can dispute it.

The announcement holds only the hash of the new coldkey. Until the swap the old coldkey can do nothing else
(`guards.check_coldkey_swap`).

Sources of spec 475: `pallets/subtensor/src/swap/{swap_coldkey,coldkey_lineage}.rs` (`do_swap_coldkey_tracked`, …);
`macros/dispatches.rs` (calls 71, 73, 125 to 128, 133).
"""

from __future__ import annotations

import bittensor_core

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import DB_READ, Origin, Weight, call, ensure_root, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.pallets.subtensor.baskets import move_claimed
from tao_lab.chain.pallets.subtensor.collateral import move_to_coldkey
from tao_lab.chain.pallets.subtensor.leasing import move_leases
from tao_lab.chain.pallets.subtensor.lock_swaps import swap_coldkey_locks
from tao_lab.chain.pallets.subtensor.locks import set_accept_locked_alpha
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    all_netuids,
    failed,
    hotkey_exists,
    is_subnet_account,
)
from tao_lab.chain.pallets.subtensor.root_claims import add_root_staker, move_root_stake_age, remove_root_staker
from tao_lab.chain.pallets.subtensor.stake import decrease_stake, increase_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import recycle_tao, transfer_all_tao_and_kill
from tao_lab.chain.state import Storage, StorageReader

MOST_HOTKEYS, MOST_POSITIONS = 256, 1_024  # that one swap moves


def coldkey_hash(coldkey: str) -> str:
    """The hash in an announcement: BLAKE2b-256 of the public key, `0x…`."""
    return "0x" + blake2_256(bytes(bittensor_core.ss58_decode(coldkey))).hex()


def _charge(ctx: Context, coldkey: str, cost: int) -> None:
    """Take the price of a swap out of the issuance; the account must stay alive (`charge_swap_cost`)."""
    try:
        recycle_tao(ctx, coldkey, cost)
    except DispatchError as refusal:
        sentence = f"{coldkey} cannot pay {cost} rao ({refusal.sentence})"
        raise failed("NotEnoughBalanceToPaySwapColdKey", sentence) from refusal


@call(MODULE, weight=weight(47_248_000, reads=4, writes=3))
def announce_coldkey_swap(ctx: Context, origin: Origin, new_coldkey_hash: str) -> None:
    """Announce a swap, possible after `ColdkeySwapAnnouncementDelay` blocks. Only the first announcement costs TAO."""
    who, state = ensure_signed(origin), ctx.state
    announced = state.get(MODULE, "ColdkeySwapAnnouncements", who)
    if announced is None:
        _charge(ctx, who, ctx.runtime.constant(MODULE, "KeySwapCost"))
    else:
        earliest = announced[0] + state.get(MODULE, "ColdkeySwapReannouncementDelay")
        if ctx.block < earliest:
            raise failed("ColdkeySwapReannouncedTooEarly", f"another announcement is possible from block {earliest} on")
    when = ctx.block + state.get(MODULE, "ColdkeySwapAnnouncementDelay")
    state.put(MODULE, "ColdkeySwapAnnouncements", who, (when, new_coldkey_hash))
    ctx.deposit_event(MODULE, "ColdkeySwapAnnounced", who=who, new_coldkey_hash=new_coldkey_hash)


@call(MODULE, weight=weight(288_156_000, reads=37, writes=15))
def swap_coldkey_announced(ctx: Context, origin: Origin, new_coldkey: str) -> None:
    """Do an announced swap."""
    who, state = ensure_signed(origin), ctx.state
    announced = state.get(MODULE, "ColdkeySwapAnnouncements", who)
    if announced is None:
        raise failed("ColdkeySwapAnnouncementNotFound")
    when, announced_hash = announced
    if announced_hash != coldkey_hash(new_coldkey):
        raise failed("AnnouncedColdkeyHashDoesNotMatch", "a different coldkey was announced")
    if ctx.block < when:
        raise failed("ColdkeySwapTooEarly", f"the announced swap is possible from block {when} on")
    state.remove(MODULE, "ColdkeySwapAnnouncements", who)
    _swap(ctx, who, new_coldkey)


@call(MODULE, weight=weight(17_890_000, reads=2, writes=1))
def clear_coldkey_swap_announcement(ctx: Context, origin: Origin) -> None:
    """Remove an announcement, from `ColdkeySwapReannouncementDelay` blocks after the swap became possible."""
    who, state = ensure_signed(origin), ctx.state
    announced = state.get(MODULE, "ColdkeySwapAnnouncements", who)
    if announced is None:
        raise failed("ColdkeySwapAnnouncementNotFound")
    earliest = announced[0] + state.get(MODULE, "ColdkeySwapReannouncementDelay")
    if ctx.block < earliest:
        raise failed("ColdkeySwapClearTooEarly", f"the announcement may be withdrawn from block {earliest} on")
    state.remove(MODULE, "ColdkeySwapAnnouncements", who)
    ctx.deposit_event(MODULE, "ColdkeySwapCleared", who=who)


@call(MODULE, weight=weight(23_293_000, reads=2, writes=1))
def dispute_coldkey_swap(ctx: Context, origin: Origin) -> None:
    """Freeze a coldkey whose swap was announced; only root can free it."""
    coldkey, state = ensure_signed(origin), ctx.state
    if not state.exists(MODULE, "ColdkeySwapAnnouncements", coldkey):
        raise failed("ColdkeySwapAnnouncementNotFound")
    if state.exists(MODULE, "ColdkeySwapDisputes", coldkey):
        raise failed("ColdkeySwapAlreadyDisputed")
    state.put(MODULE, "ColdkeySwapDisputes", coldkey, ctx.block)
    ctx.deposit_event(MODULE, "ColdkeySwapDisputed", coldkey=coldkey)


@call(MODULE, weight=weight(8_857_000, writes=2))
def reset_coldkey_swap(ctx: Context, origin: Origin, coldkey: str) -> None:
    """Root removes announcement and dispute."""
    ensure_root(origin)
    _forget(ctx, coldkey)
    ctx.deposit_event(MODULE, "ColdkeySwapReset", who=coldkey)


@call(MODULE, weight=weight(312_301_000, reads=37, writes=19))
def swap_coldkey(ctx: Context, origin: Origin, old_coldkey: str, new_coldkey: str, swap_cost: int) -> None:
    """Root swaps a coldkey at once, at a cost of its choice."""
    ensure_root(origin)
    if swap_cost:
        _charge(ctx, old_coldkey, swap_cost)
    _swap(ctx, old_coldkey, new_coldkey)
    _forget(ctx, old_coldkey)


@call(MODULE, weight=Weight(5 * DB_READ))
def schedule_swap_coldkey(ctx: Context, origin: Origin, new_coldkey: str) -> None:
    """An older call, which always fails."""
    raise failed("Deprecated", "use announce_coldkey_swap")


def _forget(ctx: Context, coldkey: str) -> None:
    ctx.state.remove(MODULE, "ColdkeySwapAnnouncements", coldkey)
    ctx.state.remove(MODULE, "ColdkeySwapDisputes", coldkey)


def _swap(ctx: Context, old: str, new: str) -> None:
    """Give identity, subnets, stake, hotkeys and balance of a coldkey to another (`do_swap_coldkey`)."""
    state = ctx.state
    if state.get(MODULE, "StakingHotkeys", new):
        raise failed("ColdKeyAlreadyAssociated", f"{new} has stake already")
    if hotkey_exists(state, new):
        raise failed("NewColdKeyIsHotkey", f"{new} is a hotkey")
    _ensure_light_enough(state, old)
    identity = state.get(MODULE, "IdentitiesV2", old)
    if identity is not None and not state.exists(MODULE, "IdentitiesV2", new):
        state.remove(MODULE, "IdentitiesV2", old)
        state.put(MODULE, "IdentitiesV2", new, identity)
    set_accept_locked_alpha(ctx, new, accepts=True)  # until the old coldkey's choice is copied with the locks
    move_leases(ctx, old, new)
    for netuid in all_netuids(state):
        if state.get(MODULE, "SubnetOwner", netuid) == old:
            state.put(MODULE, "SubnetOwner", netuid, new)
        _move_auto_stake(ctx, netuid, old, new)
        _move_stake(ctx, netuid, old, new)
        move_to_coldkey(ctx, netuid, old, new)
    _move_hotkeys(ctx, old, new)
    swap_coldkey_locks(ctx, old, new)
    transfer_all_tao_and_kill(ctx, old, new)
    _remember(state, old, new)
    ctx.deposit_event(MODULE, "ColdkeySwapped", old_coldkey=old, new_coldkey=new)


def _ensure_light_enough(state: StorageReader, coldkey: str) -> None:
    """Refuse a coldkey with more stakes than one call moves (since spec 463)."""
    hotkeys = state.get(MODULE, "StakingHotkeys", coldkey)
    keys = (state.key(MODULE, "AlphaV2", hotkey, coldkey) for hotkey in hotkeys)
    positions = sum(len(list(state.raw_keys(key))) for key in keys)
    if len(hotkeys) > MOST_HOTKEYS or positions > MOST_POSITIONS:
        sentence = f"{coldkey} has {positions} stakes on {len(hotkeys)} hotkeys"
        raise failed("ColdkeySwapTooHeavy", f"{sentence}, allowed: {MOST_POSITIONS} on {MOST_HOTKEYS}")


def _remember(state: Storage, old: str, new: str) -> None:
    """Store who became whom, and the first coldkey of the line (`record_coldkey_swap_lineage`)."""
    if old == new:
        return
    first = state.get(MODULE, "ColdkeyRoot", old) or old
    state.remove(MODULE, "ColdkeySuccessor", new)
    state.put(MODULE, "ColdkeySuccessor", old, new)
    state.put(MODULE, "ColdkeyRoot", new, first)


def _move_auto_stake(ctx: Context, netuid: int, old: str, new: str) -> None:
    hotkey = ctx.state.get(MODULE, "AutoStakeDestination", old, netuid)
    if hotkey is None:
        return
    ctx.state.remove(MODULE, "AutoStakeDestination", old, netuid)
    ctx.state.put(MODULE, "AutoStakeDestination", new, netuid, hotkey)
    coldkeys = ctx.state.get(MODULE, "AutoStakeDestinationColdkeys", hotkey, netuid)
    others = [coldkey for coldkey in coldkeys if coldkey not in (old, new)]
    ctx.state.put(MODULE, "AutoStakeDestinationColdkeys", hotkey, netuid, [*others, new])


def _move_stake(ctx: Context, netuid: int, old: str, new: str) -> None:
    for hotkey in ctx.state.get(MODULE, "StakingHotkeys", old):
        rao = stake_of_coldkey(ctx.state, hotkey, old, netuid)
        decrease_stake(ctx, hotkey, old, netuid, rao)
        increase_stake(ctx, hotkey, new, netuid, rao)
        if netuid == ROOT_NETUID:
            move_claimed(ctx, hotkey, old, new)
            move_root_stake_age(ctx, (old, hotkey), (new, hotkey))
            if stake_of_coldkey(ctx.state, hotkey, new, netuid):
                add_root_staker(ctx, new)
    if netuid == ROOT_NETUID:
        remove_root_staker(ctx, old)


def _move_hotkeys(ctx: Context, old: str, new: str) -> None:
    """Lists of hotkeys that a coldkey owns or has stake on."""
    state = ctx.state
    for item in ("StakingHotkeys", "OwnedHotkeys"):
        moving, there = state.get(MODULE, item, old), state.get(MODULE, item, new)
        state.remove(MODULE, item, old)
        state.put(MODULE, item, new, [*there, *(hotkey for hotkey in moving if hotkey not in there)])
        for hotkey in moving if item == "OwnedHotkeys" else []:
            if is_subnet_account(hotkey):
                raise failed("CannotUseSystemAccount", f"{hotkey} is a subnet's own account")
            state.put(MODULE, "Owner", hotkey, new)
