"""Swapping a hotkey: everything that belongs to one hotkey goes to another, on one subnet or on all.

Source: `pallets/subtensor/src/swap/swap_hotkey.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor import rate_limits
from tao_lab.chain.pallets.subtensor.children import swap_relations
from tao_lab.chain.pallets.subtensor.lock_swaps import swap_hotkey_locks
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    all_netuids,
    coldkey_owns_hotkey,
    failed,
    hotkey_exists,
    is_subnet_account,
    mechanism_index,
)
from tao_lab.chain.pallets.subtensor.root_claims import move_root_claims
from tao_lab.chain.pallets.subtensor.stake import (
    decrease_stake,
    increase_stake,
    stake_of,
    stake_of_coldkey,
    stakers,
)
from tao_lab.chain.pallets.subtensor.tao import recycle_tao
from tao_lab.chain.state import StorageReader

LIMITED_CALLS = ("LastTxBlock", "LastTxBlockDelegateTake", "LastTxBlockChildKeyTake")
MEMBER_ITEMS = ("Prometheus", "Axons", "NeuronCertificates")  # by (netuid, hotkey)


@call(MODULE, weight=weight(1_242_038_000, reads=182, writes=99))
def swap_hotkey(ctx: Context, origin: Origin, hotkey: str, new_hotkey: str, netuid: int | None) -> None:
    """Replace one's hotkey by another, with its stake, on a subnet or (None) on all."""
    _swap(ctx, ensure_signed(origin), hotkey, new_hotkey, netuid, keep_stake=False)


@call(MODULE, weight=weight(275_300_000, reads=52, writes=35))
def swap_hotkey_v2(
    ctx: Context, origin: Origin, hotkey: str, new_hotkey: str, netuid: int | None, keep_stake: bool
) -> None:
    """Replace one's hotkey by another on a subnet or on all; the stake may stay where it is."""
    _swap(ctx, ensure_signed(origin), hotkey, new_hotkey, netuid, keep_stake)


def _swap(ctx: Context, coldkey: str, old: str, new: str, netuid: int | None, keep_stake: bool) -> None:
    _ensure_may_swap(ctx, coldkey, old, new, netuid)
    for name in LIMITED_CALLS:
        rate_limits.set_last_block(ctx, rate_limits.last_block(ctx, name, old), name, new)
    if netuid is None:
        _swap_everywhere(ctx, coldkey, old, new, keep_stake)
    else:
        _swap_on_subnet(ctx, coldkey, old, new, netuid, keep_stake)
    rate_limits.set_last_block(ctx, ctx.block, "LastTxBlock", coldkey)


def _ensure_may_swap(ctx: Context, coldkey: str, old: str, new: str, netuid: int | None) -> None:
    state = ctx.state
    if not coldkey_owns_hotkey(state, coldkey, old):
        raise failed("NonAssociatedColdKey", f"{coldkey} does not own {old}")
    if hotkey_exists(state, new) and not coldkey_owns_hotkey(state, coldkey, new):
        raise failed("NonAssociatedColdKey", f"{new} belongs to somebody else")
    if old == new:
        raise failed("NewHotKeyIsSameWithOld")
    if rate_limits.exceeds(ctx, "TxRateLimit", rate_limits.last_block(ctx, "LastTxBlock", coldkey)):
        raise failed(
            "HotKeySetTxRateLimitExceeded",
            f"a coldkey may swap a hotkey once in {state.get(MODULE, 'TxRateLimit')} blocks",
        )
    if netuid is None:
        member = any(member for _, member in state.entries(MODULE, "IsNetworkMember", new))
    else:
        member = state.exists(MODULE, "IsNetworkMember", new, netuid)
    if member:
        raise failed("HotKeyAlreadyRegisteredInSubNet", f"{new} is registered already")
    if netuid in (None, ROOT_NETUID) and not _is_clean_on_root(state, new):
        raise failed("NewHotKeyNotCleanForRootSwap", f"{new} has stake or claims on root")


def _is_clean_on_root(state: StorageReader, hotkey: str) -> bool:
    claimed = state.entries(MODULE, "RootClaimed", ROOT_NETUID, hotkey)
    return not state.get(MODULE, "RootClaimable", hotkey) and not claimed and not stake_of(state, hotkey, ROOT_NETUID)


def _ensure_interval(ctx: Context, coldkey: str, netuid: int) -> None:
    last = ctx.state.get(MODULE, "LastHotkeySwapOnNetuid", netuid, coldkey)
    interval = ctx.runtime.constant(MODULE, "HotkeySwapOnSubnetInterval")
    if last + interval >= ctx.block:
        raise failed(
            "HotKeySwapOnSubnetIntervalNotPassed",
            f"a hotkey may be swapped on subnet {netuid} once in {interval} blocks",
        )


def recycle(ctx: Context, coldkey: str, cost: int, error: str) -> None:
    """Charge rao and take them out of the issuance; the account must stay alive.

    Raises:
        DispatchError: `error`.
    """
    try:
        recycle_tao(ctx, coldkey, cost)
    except DispatchError as refusal:
        raise failed(error, f"{coldkey} cannot pay {cost} rao ({refusal.sentence})") from refusal


def _swap_everywhere(ctx: Context, coldkey: str, old: str, new: str, keep_stake: bool) -> None:
    state, netuids = ctx.state, all_netuids(ctx.state)
    affected = [
        netuid
        for netuid in netuids
        if state.get(MODULE, "IsNetworkMember", old, netuid) or state.get(MODULE, "ChildKeys", old, netuid)
    ]
    for netuid in affected:
        if state.get(MODULE, "LastHotkeySwapOnNetuid", netuid, coldkey):
            _ensure_interval(ctx, coldkey, netuid)
    recycle(ctx, coldkey, ctx.runtime.constant(MODULE, "KeySwapCost"), "NotEnoughBalanceToPaySwapHotKey")
    staked = [] if keep_stake else stakers(state, old)
    swap_hotkey_locks(ctx, old, new, netuids)
    _rename_hotkey(ctx, coldkey, old, new)
    for netuid in netuids:
        _move(ctx, old, new, netuid, keep_stake)
    for staker, _ in staked:
        hotkeys = state.get(MODULE, "StakingHotkeys", staker)
        if old in hotkeys:
            others = [hotkey for hotkey in hotkeys if hotkey not in (old, new)]
            state.put(MODULE, "StakingHotkeys", staker, [*others, new])
    for netuid in affected:
        state.put(MODULE, "LastHotkeySwapOnNetuid", netuid, coldkey, ctx.block)
    ctx.deposit_event(MODULE, "HotkeySwapped", coldkey=coldkey, old_hotkey=old, new_hotkey=new)


def _rename_hotkey(ctx: Context, coldkey: str, old: str, new: str) -> None:
    """What belongs to a hotkey as such: its owner, its take, when it last made limited calls."""
    _ensure_no_system_account(new)
    ctx.state.remove(MODULE, "Owner", old)
    ctx.state.put(MODULE, "Owner", new, coldkey)
    owned = [hotkey for hotkey in ctx.state.get(MODULE, "OwnedHotkeys", coldkey) if hotkey != old]
    ctx.state.put(MODULE, "OwnedHotkeys", coldkey, owned if new in owned else [*owned, new])
    for name in LIMITED_CALLS:
        rate_limits.remove_last_block(ctx, name, old)
    _rename(ctx, "Delegates", (old,), (new,))


def _swap_on_subnet(ctx: Context, coldkey: str, old: str, new: str, netuid: int, keep_stake: bool) -> None:
    state = ctx.state
    _ensure_interval(ctx, coldkey, netuid)
    _ensure_no_system_account(new)
    recycle(ctx, coldkey, ctx.runtime.constant(MODULE, "KeySwapOnSubnetCost"), "NotEnoughBalanceToPaySwapHotKey")
    state.put(MODULE, "Owner", new, coldkey)
    owned = state.get(MODULE, "OwnedHotkeys", coldkey)
    if new not in owned:
        state.put(MODULE, "OwnedHotkeys", coldkey, [*owned, new])
    swap_hotkey_locks(ctx, old, new, [netuid])
    _move(ctx, old, new, netuid, keep_stake)
    state.put(MODULE, "LastHotkeySwapOnNetuid", netuid, coldkey, ctx.block)
    ctx.deposit_event(MODULE, "HotkeySwappedOnSubnet", coldkey=coldkey, old_hotkey=old, new_hotkey=new, netuid=netuid)


def _ensure_no_system_account(hotkey: str) -> None:
    if is_subnet_account(hotkey):
        raise failed("CannotUseSystemAccount", f"{hotkey} is a subnet's own account")


# --- what moves on each subnet ----------------------------------------------------------------------------------


def _move(ctx: Context, old: str, new: str, netuid: int, keep_stake: bool) -> None:
    """`perform_hotkey_swap_on_one_subnet`."""
    state = ctx.state
    member = state.get(MODULE, "IsNetworkMember", old, netuid)
    state.remove(MODULE, "IsNetworkMember", old, netuid)
    state.put(MODULE, "IsNetworkMember", new, netuid, member)
    if member:
        _move_neuron(ctx, old, new, netuid)
    if state.exists(MODULE, "ChildkeyTake", old, netuid):
        state.put(MODULE, "ChildkeyTake", new, netuid, state.get(MODULE, "ChildkeyTake", old, netuid))
        state.remove(MODULE, "ChildkeyTake", old, netuid)
    swap_relations(ctx, old, new, netuid)
    if state.exists(MODULE, "AutoStakeDestinationColdkeys", old, netuid):
        coldkeys = state.get(MODULE, "AutoStakeDestinationColdkeys", old, netuid)
        for coldkey in coldkeys:
            state.put(MODULE, "AutoStakeDestination", coldkey, netuid, new)
        state.remove(MODULE, "AutoStakeDestinationColdkeys", old, netuid)
        state.put(MODULE, "AutoStakeDestinationColdkeys", new, netuid, coldkeys)
    has_owner = state.exists(MODULE, "SubnetOwnerHotkey", netuid)
    if has_owner and state.get(MODULE, "SubnetOwnerHotkey", netuid) == old:
        _ensure_no_system_account(new)
        state.put(MODULE, "SubnetOwnerHotkey", netuid, new)
        ctx.deposit_event(MODULE, "SubnetOwnerHotkeySet", netuid, new)
    if not keep_stake:
        _move_stake(ctx, old, new, netuid)


def _move_neuron(ctx: Context, old: str, new: str, netuid: int) -> None:
    """UID, addresses, certificate and open commits of a member."""
    state = ctx.state
    uid = state.get(MODULE, "Uids", netuid, old)
    if uid is not None:
        state.remove(MODULE, "Uids", netuid, old)
        state.put(MODULE, "Uids", netuid, new, uid)
        state.put(MODULE, "Keys", netuid, uid, new)
    for item in MEMBER_ITEMS:
        _rename(ctx, item, (netuid, old), (netuid, new))
    for mecid in range(state.get(MODULE, "MechanismCountCurrent", netuid)):
        index = mechanism_index(netuid, mecid)
        _rename(ctx, "WeightCommits", (index, old), (index, new))
    loaded = state.get(MODULE, "LoadedEmission", netuid)
    if loaded is not None:
        renamed = [(new if entry[0] == old else entry[0], *entry[1:]) for entry in loaded]
        state.put(MODULE, "LoadedEmission", netuid, renamed)


def _rename(ctx: Context, item: str, before: tuple[int | str, ...], after: tuple[int | str, ...]) -> None:
    if ctx.state.exists(MODULE, item, *before):
        ctx.state.put(MODULE, item, *after, ctx.state.get(MODULE, item, *before))
        ctx.state.remove(MODULE, item, *before)


def _move_stake(ctx: Context, old: str, new: str, netuid: int) -> None:
    """Stake of every coldkey, and the records of dividends."""
    state = ctx.state
    for item, before, after in (
        ("TotalHotkeyAlphaLastEpoch", (old, netuid), (new, netuid)),
        ("AlphaDividendsPerSubnet", (netuid, old), (netuid, new)),
    ):
        total = state.get(MODULE, item, *before) + state.get(MODULE, item, *after)
        state.remove(MODULE, item, *before)
        state.put(MODULE, item, *after, total)
    power = state.get(MODULE, "VotingPower", netuid, old)
    state.remove(MODULE, "VotingPower", netuid, old)
    if power:
        state.put(MODULE, "VotingPower", netuid, new, power + state.get(MODULE, "VotingPower", netuid, new))
    for coldkey in sorted({coldkey for coldkey, staked_on in stakers(state, old) if staked_on == netuid}):
        rao = stake_of_coldkey(state, old, coldkey, netuid)
        decrease_stake(ctx, old, coldkey, netuid, rao)
        increase_stake(ctx, new, coldkey, netuid, rao)
    if netuid == ROOT_NETUID:
        move_root_claims(ctx, old, new)
        _rename(ctx, "AutoParentDelegationEnabled", (old,), (new,))


def forget_old_swaps(ctx: Context, netuids: list[int]) -> None:
    """Remove records of swaps that no longer limit anything: each subnet's once in an interval."""
    interval = ctx.runtime.constant(MODULE, "HotkeySwapOnSubnetInterval")
    for netuid in netuids:
        if netuid % interval == ctx.block % interval:
            for coldkey, block in ctx.state.entries(MODULE, "LastHotkeySwapOnNetuid", netuid):
                if block + interval < ctx.block:
                    ctx.state.remove(MODULE, "LastHotkeySwapOnNetuid", netuid, coldkey)
