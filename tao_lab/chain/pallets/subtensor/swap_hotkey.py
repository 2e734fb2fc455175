"""Swapping a hotkey: move everything that belongs to one hotkey to another, on one subnet or on all.

The calls declare the weight of the worst case. A swap that moves stake pays for all of it. One that keeps the stake on
the old hotkey later reports the real weight: `spent` counts the database accesses as the source does. A swap on one
subnet that is refused before anything is moved pays for its checks only.

For a day after a swap has moved stake, the owner may not move it by another swap (`StakeMoveCooldownUntil`, since spec
473). So stakers have time to leave. Each swap is recorded as a step from one name to the next (`HotkeySuccessor`,
`HotkeyRoot`): so a neuron can be followed through all of its names.

Sources: `pallets/subtensor/src/swap/swap_hotkey.rs` of spec 475 (`check_swap_hotkey`, `swap_hotkey_precheck_weight`,
`swap_hotkey_v2_dispatch_weight`); `record_hotkey_swap_on_netuid` and `record_hotkey_swap_lineage`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import CallArgs, Origin, Post, Tally, Weight, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.measured_weights import measured_weight
from tao_lab.chain.pallets.subtensor import rate_limits
from tao_lab.chain.pallets.subtensor.baskets import escrow, has_fund, move_basket
from tao_lab.chain.pallets.subtensor.child_threshold import queue_check
from tao_lab.chain.pallets.subtensor.children import swap_relations
from tao_lab.chain.pallets.subtensor.collateral import ensure_no_split, rename_hotkey
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
    subnet_exists,
)
from tao_lab.chain.pallets.subtensor.root_claims import move_root_stake_age
from tao_lab.chain.pallets.subtensor.stake import (
    decrease_stake,
    increase_stake,
    stake_of,
    stake_of_coldkey,
    stakers,
)
from tao_lab.chain.pallets.subtensor.tao import coldkey_balance, recycle_tao
from tao_lab.chain.state import StorageReader
from tao_lab.chain.twins import has_twin
from tao_lab.units import in_tao

STAKE_MOVING = measured_weight(MODULE, "swap_hotkey") or Weight()
PRECHECK_READS = 20
BASKET_ITEMS = ("BasketClaimed", "PendingBasketDeposits", "BasketLiquidityUsed")  # by hotkey
LIMITED_CALLS = ("LastTxBlockDelegateTake", "LastTxBlockChildKeyTake")
MEMBER_ITEMS = ("Prometheus", "Axons", "NeuronCertificates")  # by (netuid, hotkey)


@call(MODULE, weight=STAKE_MOVING)
def swap_hotkey(ctx: Context, origin: Origin, hotkey: str, new_hotkey: str, netuid: int | None) -> Post:
    """Replace one's hotkey by another, with its stake, on a subnet or (None) on all."""
    return _swap(ctx, ensure_signed(origin), hotkey, new_hotkey, netuid, keep_stake=False)


def _weight_of_v2(args: CallArgs) -> Weight:
    """A swap of all subnets, or one that moves stake, is declared as heavy as `swap_hotkey`."""
    lighter = args["netuid"] is not None and args["keep_stake"]
    return weight(275_300_000, reads=53, writes=39) if lighter else STAKE_MOVING


@call(MODULE, weight=_weight_of_v2)
def swap_hotkey_v2(
    ctx: Context, origin: Origin, hotkey: str, new_hotkey: str, netuid: int | None, keep_stake: bool
) -> Post:
    """Replace one's hotkey by another on a subnet or on all; with `keep_stake`, the stake stays on the old one."""
    return _swap(ctx, ensure_signed(origin), hotkey, new_hotkey, netuid, keep_stake)


def _swap(ctx: Context, coldkey: str, old: str, new: str, netuid: int | None, keep_stake: bool) -> Post:
    spent = Tally()
    looked = weight(0, reads=PRECHECK_READS + 2 * _basket_rows(ctx.state, old, netuid))
    with _refunding(looked if netuid is not None else None):
        _ensure_may_swap(ctx, coldkey, old, new, netuid, keep_stake)
    spent.add(reads=4 + hotkey_exists(ctx.state, new))
    spent.add(reads=0 if not keep_stake else 1 if netuid is not None else len(all_netuids(ctx.state)))
    moved = [] if keep_stake else _subnets_with_stake(ctx.state, old, netuid)
    for place, where in enumerate(moved, start=1):
        positions = len(ctx.state.raw_keys(ctx.state.key(MODULE, "AlphaV2", old)))
        scanned = spent.weight + weight(0, reads=positions + place)
        with _refunding(looked + scanned if netuid is not None else None):
            _ensure_cooled_down(ctx, old, where)
    for name in LIMITED_CALLS:
        rate_limits.set_last_block(ctx, rate_limits.last_block(ctx, name, old), name, new)
        spent.add(1, 1)
    if netuid is None:
        _swap_everywhere(ctx, coldkey, old, new, keep_stake, spent)
    else:
        _swap_on_subnet(ctx, coldkey, old, new, netuid, keep_stake, spent)
    until = ctx.block + ctx.runtime.constant(MODULE, "HotkeySwapOnSubnetInterval")
    for where in moved:
        ctx.state.put(MODULE, "StakeMoveCooldownUntil", where, new, until)
    queue_check(ctx, new)
    queue_check(ctx, old)
    return Post(weight=spent.weight if keep_stake else None)


@contextmanager
def _refunding(looked: Weight | None) -> Iterator[None]:
    """A swap that is refused in here pays for `looked`; None: for all that it was declared with."""
    try:
        yield
    except DispatchError as error:
        error.weight = looked
        raise


def _basket_rows(state: StorageReader, hotkey: str, netuid: int | None) -> int:
    """Rows of a validator's basket that a swap on root moves (`basket_claimed_swap_rows`)."""
    items = BASKET_ITEMS if netuid == ROOT_NETUID else ()
    return sum(len(state.raw_keys(state.key(MODULE, item, hotkey))) for item in items)


def _ensure_may_swap(ctx: Context, coldkey: str, old: str, new: str, netuid: int | None, keep_stake: bool) -> None:
    state = ctx.state
    if netuid is not None and not subnet_exists(state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")
    if not coldkey_owns_hotkey(state, coldkey, old):
        raise failed("NonAssociatedColdKey", f"{coldkey} does not own {old}")
    if hotkey_exists(state, new) and not coldkey_owns_hotkey(state, coldkey, new):
        raise failed("NonAssociatedColdKey", f"{new} belongs to somebody else")
    if old == new:
        raise failed("NewHotKeyIsSameWithOld")
    if keep_stake:
        ensure_no_split(state, coldkey, old, netuid)
    if netuid is None:
        member = any(member for _, member in state.entries(MODULE, "IsNetworkMember", new))
    else:
        member = state.exists(MODULE, "IsNetworkMember", new, netuid)
    if member:
        raise failed("HotKeyAlreadyRegisteredInSubNet", f"{new} is registered already")
    if netuid in (None, ROOT_NETUID) and not _is_clean_on_root(state, new):
        raise failed("NewHotKeyNotCleanForRootSwap", f"{new} has stake or a basket on root")


def _is_clean_on_root(state: StorageReader, hotkey: str) -> bool:
    return not has_fund(state, hotkey) and not stake_of(state, hotkey, ROOT_NETUID)


def _ensure_interval(ctx: Context, coldkey: str, netuid: int) -> None:
    last = ctx.state.get(MODULE, "LastHotkeySwapOnNetuid", netuid, coldkey)
    interval = ctx.runtime.constant(MODULE, "HotkeySwapOnSubnetInterval")
    if last and last + interval >= ctx.block:
        raise failed(
            "HotKeySwapOnSubnetIntervalNotPassed",
            f"a hotkey may be swapped on subnet {netuid} once in {interval} blocks",
        )


def _subnets_with_stake(state: StorageReader, hotkey: str, netuid: int | None) -> list[int]:
    """Subnets on which a swap moves stake: `netuid`, or all that exist if it is None (`moved_stake_netuids`)."""
    netuids = {where for (_, where), share in state.entries(MODULE, "AlphaV2", hotkey) if share["mantissa"]}
    return sorted(where for where in netuids if (subnet_exists(state, where) if netuid is None else where == netuid))


def _ensure_cooled_down(ctx: Context, hotkey: str, netuid: int) -> None:
    until = ctx.state.get(MODULE, "StakeMoveCooldownUntil", netuid, hotkey)
    if ctx.block < until:
        sentence = f"a swap brought {hotkey} its stake on subnet {netuid}; another may move it from block {until} on"
        raise failed("HotKeySwapOnSubnetIntervalNotPassed", sentence)


def _pay(ctx: Context, coldkey: str, cost: int) -> None:
    """Take the price out of the issuance.

    Raises:
        DispatchError: `NotEnoughBalanceToPaySwapHotKey`; `InsufficientTaoBalance` if it has the price, but would then
            fall below the existential deposit.
    """
    available = coldkey_balance(ctx, coldkey)
    if cost > available:
        sentence = f"{coldkey} has {in_tao(available)}, a swap costs {in_tao(cost)}"
        raise failed("NotEnoughBalanceToPaySwapHotKey", sentence)
    recycle_tao(ctx, coldkey, cost)


def _swap_everywhere(ctx: Context, coldkey: str, old: str, new: str, keep_stake: bool, spent: Tally) -> None:
    state, netuids = ctx.state, all_netuids(ctx.state)
    spent.add(reads=2 * len(netuids) + 1)
    affected = [
        netuid
        for netuid in netuids
        if state.get(MODULE, "IsNetworkMember", old, netuid) or state.get(MODULE, "ChildKeys", old, netuid)
    ]
    bonded = [  # it has lost its seat there, but its collateral moves
        netuid
        for netuid in netuids
        if netuid not in affected and state.exists(MODULE, "MinerCollateral", netuid, old, coldkey)
    ]
    for netuid in affected:
        _ensure_interval(ctx, coldkey, netuid)
    _pay(ctx, coldkey, ctx.runtime.constant(MODULE, "KeySwapCost"))
    staked = [(coldkey, where) for coldkey, where in stakers(state, old) if coldkey != escrow()]  # a basket moves below
    spent.add(reads=len(netuids) + 3, writes=2)  # the last swap where there was one, collateral elsewhere; the price
    swap_hotkey_locks(ctx, old, new, netuids, spent)
    _rename_hotkey(ctx, coldkey, old, new, keep_stake, spent)
    for netuid in netuids:
        _move(ctx, old, new, netuid, keep_stake, spent)
    for staker, _ in [] if keep_stake else staked:
        hotkeys = state.get(MODULE, "StakingHotkeys", staker)
        spent.add(reads=1)
        if old in hotkeys:
            others = [hotkey for hotkey in hotkeys if hotkey not in (old, new)]
            state.put(MODULE, "StakingHotkeys", staker, [*others, new])
            spent.add(writes=1)
    for netuid in affected:
        _record(ctx, coldkey, old, new, netuid, spent)
    for netuid in bonded:
        _record_names(ctx, old, new, netuid)
    ctx.deposit_event(MODULE, "HotkeySwapped", coldkey=coldkey, old_hotkey=old, new_hotkey=new)


def _rename_hotkey(ctx: Context, coldkey: str, old: str, new: str, keep_stake: bool, spent: Tally) -> None:
    """Move data that belongs to no subnet: the hotkey's owner, its take, the blocks of its last limited calls.

    Stake that stays needs the old hotkey and its owner.
    """
    _ensure_no_system_account(new)
    if not keep_stake:
        ctx.state.remove(MODULE, "Owner", old)
    ctx.state.put(MODULE, "Owner", new, coldkey)
    owned = [hotkey for hotkey in ctx.state.get(MODULE, "OwnedHotkeys", coldkey) if keep_stake or hotkey != old]
    ctx.state.put(MODULE, "OwnedHotkeys", coldkey, owned if new in owned else [*owned, new])
    for name in ("LastTxBlock", *LIMITED_CALLS):
        rate_limits.remove_last_block(ctx, name, old)
        spent.add(1, 2)
    spent.add(2, 2)
    if _rename(ctx, "Delegates", (old,), (new,)):
        spent.add(2, 2)


def _swap_on_subnet(
    ctx: Context, coldkey: str, old: str, new: str, netuid: int, keep_stake: bool, spent: Tally
) -> None:
    state = ctx.state
    _ensure_interval(ctx, coldkey, netuid)
    _ensure_no_system_account(new)
    _pay(ctx, coldkey, ctx.runtime.constant(MODULE, "KeySwapOnSubnetCost"))
    state.put(MODULE, "Owner", new, coldkey)
    spent.add(3 + 1 + 1 + 1 + 1, 1 + 1)  # the last swap, the new hotkey, the price, the payment, the owner
    owned = state.get(MODULE, "OwnedHotkeys", coldkey)
    if new not in owned:
        state.put(MODULE, "OwnedHotkeys", coldkey, [*owned, new])
        spent.add(1, 1)
    swap_hotkey_locks(ctx, old, new, [netuid], spent)
    _move(ctx, old, new, netuid, keep_stake, spent)
    _record(ctx, coldkey, old, new, netuid, spent)
    ctx.deposit_event(MODULE, "HotkeySwappedOnSubnet", coldkey=coldkey, old_hotkey=old, new_hotkey=new, netuid=netuid)


def _record(ctx: Context, coldkey: str, old: str, new: str, netuid: int, spent: Tally) -> None:
    """Remember when a coldkey swapped a hotkey on a subnet, and the hotkey's names from the first to the last."""
    ctx.state.put(MODULE, "LastHotkeySwapOnNetuid", netuid, coldkey, ctx.block)
    _record_names(ctx, old, new, netuid)
    spent.add(1, 4)


def _record_names(ctx: Context, old: str, new: str, netuid: int) -> None:
    """Add a step to a hotkey's names on a subnet (`record_hotkey_swap_lineage`)."""
    state = ctx.state
    first = state.get(MODULE, "HotkeyRoot", netuid, old) or old
    state.remove(MODULE, "HotkeySuccessor", netuid, new)
    state.put(MODULE, "HotkeySuccessor", netuid, old, new)
    state.put(MODULE, "HotkeyRoot", netuid, new, first)


def _ensure_no_system_account(hotkey: str) -> None:
    if is_subnet_account(hotkey):
        raise failed("CannotUseSystemAccount", f"{hotkey} is a subnet's own account")


# --- what moves on each subnet ----------------------------------------------------------------------------------


def _move(ctx: Context, old: str, new: str, netuid: int, keep_stake: bool, spent: Tally) -> None:
    """`perform_hotkey_swap_on_one_subnet`."""
    state = ctx.state
    member = state.get(MODULE, "IsNetworkMember", old, netuid)
    state.remove(MODULE, "IsNetworkMember", old, netuid)
    state.put(MODULE, "IsNetworkMember", new, netuid, member)
    spent.add(1, 2)
    if member:
        _move_neuron(ctx, old, new, netuid, spent)
    if _rename(ctx, "ChildkeyTake", (old, netuid), (new, netuid)):
        spent.add(1, 2)
    if not keep_stake:
        rename_hotkey(ctx, netuid, state.get(MODULE, "Owner", new), old, new)
    swap_relations(ctx, old, new, netuid, spent)
    if state.exists(MODULE, "AutoStakeDestinationColdkeys", old, netuid):
        coldkeys = state.get(MODULE, "AutoStakeDestinationColdkeys", old, netuid)
        for coldkey in coldkeys:
            state.put(MODULE, "AutoStakeDestination", coldkey, netuid, new)
        state.remove(MODULE, "AutoStakeDestinationColdkeys", old, netuid)
        state.put(MODULE, "AutoStakeDestinationColdkeys", new, netuid, coldkeys)
    has_owner = state.exists(MODULE, "SubnetOwnerHotkey", netuid)
    spent.add(reads=int(has_owner))
    if has_owner and state.get(MODULE, "SubnetOwnerHotkey", netuid) == old:
        _ensure_no_system_account(new)
        state.put(MODULE, "SubnetOwnerHotkey", netuid, new)
        ctx.deposit_event(MODULE, "SubnetOwnerHotkeySet", netuid, new)
        spent.add(writes=1)
    if not keep_stake:
        _move_stake(ctx, old, new, netuid, spent)


def _move_neuron(ctx: Context, old: str, new: str, netuid: int, spent: Tally) -> None:
    """Move UID, addresses, certificate and open commits of a neuron."""
    state = ctx.state
    uid = state.get(MODULE, "Uids", netuid, old)
    if uid is not None:
        state.remove(MODULE, "Uids", netuid, old)
        state.put(MODULE, "Uids", netuid, new, uid)
        state.put(MODULE, "Keys", netuid, uid, new)
        spent.add(1, 3)
    moved = sum(_rename(ctx, item, (netuid, old), (netuid, new)) for item in MEMBER_ITEMS)
    for mecid in range(state.get(MODULE, "MechanismCountCurrent", netuid)):
        index = mechanism_index(netuid, mecid)
        moved += _rename(ctx, "WeightCommits", (index, old), (index, new))
    spent.add(moved, 2 * moved)
    loaded = state.get(MODULE, "LoadedEmission", netuid)
    if loaded is not None:
        renamed = [(new if entry[0] == old else entry[0], *entry[1:]) for entry in loaded]
        state.put(MODULE, "LoadedEmission", netuid, renamed)
        spent.add(1, 2)


def _rename(ctx: Context, item: str, before: tuple[int | str, ...], after: tuple[int | str, ...]) -> bool:
    """Move an entry to another key; returns whether it exists."""
    exists = ctx.state.exists(MODULE, item, *before)
    if exists:
        ctx.state.put(MODULE, item, *after, ctx.state.get(MODULE, item, *before))
        ctx.state.remove(MODULE, item, *before)
    return exists


def _move_stake(ctx: Context, old: str, new: str, netuid: int, spent: Tally) -> None:
    """Move the stake of every coldkey, and the records of dividends."""
    state = ctx.state
    for item, before, after in (
        ("TotalHotkeyAlphaLastEpoch", (old, netuid), (new, netuid)),
        ("AlphaDividendsPerSubnet", (netuid, old), (netuid, new)),
    ):
        total = state.get(MODULE, item, *before) + state.get(MODULE, item, *after)
        state.remove(MODULE, item, *before)
        if total or item == "AlphaDividendsPerSubnet":
            state.put(MODULE, item, *after, total)
        else:
            state.remove(MODULE, item, *after)
    power = state.get(MODULE, "VotingPower", netuid, old)
    state.remove(MODULE, "VotingPower", netuid, old)
    if power:
        state.put(MODULE, "VotingPower", netuid, new, power + state.get(MODULE, "VotingPower", netuid, new))
    staked = [(coldkey, where) for coldkey, where in stakers(state, old) if coldkey != escrow()]  # a basket moves below
    spent.add(3 * 2 + len(staked), 3 * 2 + len(staked))
    for coldkey in sorted({coldkey for coldkey, staked_on in staked if staked_on == netuid}):
        rao = stake_of_coldkey(state, old, coldkey, netuid)
        decrease_stake(ctx, old, coldkey, netuid, rao)
        increase_stake(ctx, new, coldkey, netuid, rao)
        spent.add(3, 2)
        if netuid == ROOT_NETUID:
            move_root_stake_age(ctx, (coldkey, old), (coldkey, new))
            spent.add(2, 2)
        hotkeys = state.get(MODULE, "StakingHotkeys", coldkey)
        if old in hotkeys and new not in hotkeys:
            state.put(MODULE, "StakingHotkeys", coldkey, [*hotkeys, new])
            spent.add(writes=1)
    if netuid == ROOT_NETUID:
        move_basket(ctx, old, new, spent)
        if _rename(ctx, "AutoParentDelegationEnabled", (old,), (new,)):
            spent.add(1, 2)


@has_twin
def forget_old_swaps(ctx: Context, netuids: list[int]) -> None:
    """Remove records of swaps that are too old to limit a new one; for each subnet once in an interval."""
    interval = ctx.runtime.constant(MODULE, "HotkeySwapOnSubnetInterval")
    for netuid in netuids:
        if netuid % interval == ctx.block % interval:
            for coldkey, block in ctx.state.entries(MODULE, "LastHotkeySwapOnNetuid", netuid):
                if block + interval < ctx.block:
                    ctx.state.remove(MODULE, "LastHotkeySwapOnNetuid", netuid, coldkey)
            for hotkey, until in ctx.state.entries(MODULE, "StakeMoveCooldownUntil", netuid):
                if until <= ctx.block:
                    ctx.state.remove(MODULE, "StakeMoveCooldownUntil", netuid, hotkey)
